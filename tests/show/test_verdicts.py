"""Verdicts on the page."""

from bs4 import BeautifulSoup

from analysis.show.verdicts import board_frame, decides, flips, number, overview_html, threshold, verdict_html
from analysis.verdicts import Claim, Estimate, judge
from analysis.verdicts.rule import ENSEMBLE, ROUNDING


def judged(evidence, **changes):
    basics = {
        "id": "1.1.1-x",
        "section": "1.1.1",
        "statement": "Prices <rise>.",
        "quantity": "Change",
        "unit": "%",
        "direction": "above",
        "threshold": 1,
        "choices": {"year": (2017, 2012)},
    }
    return judge(Claim(**(basics | changes)), evidence)


def test_numbers_carry_unit_and_sign():
    assert number(-1234.5678, "%", 1) == "−1,234.6 %"
    assert number(2, "") == "2.00"


def test_threshold_in_words():
    assert threshold(judged(lambda year: 2.0)) == "above 1.00 %"
    between = judged(lambda year: 2.0, direction="between", threshold=(7.95, 8.05))
    assert threshold(between) == "from 7.95 to under 8.05 %"


def test_interval_is_stated_where_there_is_one():
    assert decides(judged(lambda year: 2.0)) == "2.00 %"
    assert decides(judged(lambda year: Estimate(2, 1.5, 2.5))) == "2.00 %, 95 % interval 1.50 to 2.50"
    assert decides(judged(lambda year: Estimate(2, 1.5, 2.5, ROUNDING))) == "2.00 %, rounding allows 1.50 to 2.50"
    ensemble = judged(lambda year: Estimate(2, 1.5, 2.5, ENSEMBLE))
    assert decides(ensemble) == "2.00 %, central 90 % of the estimates 1.50 to 2.50"


def test_box_says_word_number_and_flip():
    v = judged(lambda year: 2.0 if year == 2017 else 0.5)
    box = BeautifulSoup(verdict_html(v), "html5lib").find(class_="verdict")
    text = box.get_text(" ", strip=True)
    assert "Mixed" in text and "2.00 %" in text and "Prices <rise>." in text
    assert "year: 2012 (0.50 %, contradicts it)" in text
    assert "verdict-mixed" in box["class"]


def test_box_of_an_untestable_claim_names_the_statistic():
    v = judge(Claim(id="y", section="1", statement="s", cannot_be_tested="Counts of firms."))
    assert "Counts of firms." in verdict_html(v)
    assert "Cannot be tested" in verdict_html(v)


def test_no_flip_is_said():
    assert flips(judged(lambda year: 2.0)) == "No single choice changes this reading."


def test_board_has_a_row_a_claim():
    rows = board_frame({"a": judged(lambda year: 2.0), "b": judged(lambda year: 0.0)})
    assert rows["Verdict"].tolist() == ["✓ supported", "✗ contradicted"]
    assert rows["Specifications in support"].tolist() == ["2 of 2", "0 of 2"]


def test_a_weakness_found_later_is_shown_and_marked():
    v = judged(lambda year: 2.0, found_later="The table of 2007 holds a break.", origin="ours")
    assert "The table of 2007 holds a break." in verdict_html(v)
    row = board_frame({"a": v}).iloc[0]
    assert row["Verdict"] == "✓ supported *"
    assert row["Whose"] == "ours"


def test_overview_links_each_claim_once_under_its_word():
    verdicts = {
        "1.1.1-x": judged(lambda year: 2.0),
        "2.1.4-y": judged(lambda year: 0.0, id="2.1.4-y", section="2.1.4"),
        "2.1.5-z": judged(None, id="2.1.5-z", section="2.1.5", cannot_be_tested="a count"),
    }
    page = BeautifulSoup(overview_html(verdicts, "All claims", "all"), "html.parser")
    words = [th.get_text().replace("\N{SOFT HYPHEN}", "").split(maxsplit=1)[1] for th in page.thead.find_all("th")[1:]]
    placed = {}
    for row in page.tbody.find_all("tr"):
        for word, cell in zip(words, row.find_all("td"), strict=True):
            placed |= {a["href"]: (row.th.get_text()[:3], word) for a in cell.find_all("a")}
    assert placed == {
        "#verdict-1-1-1-x": ("1.1", "supported"),
        "#verdict-2-1-4-y": ("2.1", "contradicted"),
        "#verdict-2-1-5-z": ("2.1", "cannot be tested"),
    }
    assert [td.get_text() for td in page.tfoot.find_all("td")] == ["1", "0", "1", "1"]
