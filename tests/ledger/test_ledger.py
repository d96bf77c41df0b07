import dataclasses

import pandas as pd
import pytest

from analysis.data import catalogue, document, read
from analysis.ledger import Interval, Ledger, LedgerError, ReadingError, in_words, load, read_printed


@pytest.fixture(scope="module")
def ledger():
    return load()


def test_157_figures_six_without_a_number(ledger):
    assert len(ledger) == 157
    assert sum(figure.interval is None for figure in ledger.figures) == 6
    assert all(figure.printed for figure in ledger.figures)


def test_stated_bounds_follow_from_what_is_printed():
    frame = read("report/figures")
    for row in frame.itertuples():
        reading = read_printed(row.printed, row.qualifier, row.unit, row.kind)
        if reading is None:
            assert pd.isna(row.lower) and pd.isna(row.upper), row.id
            continue
        upper = float("inf") if pd.isna(row.upper) else row.upper
        stated = Interval(row.lower, upper, bool(row.lower_closed), bool(row.upper_closed))
        assert reading == stated, row.id


def test_a_fraction_is_not_rounded():
    with pytest.raises(ReadingError, match="no last digit"):
        read_printed("2/3", "rounded", "%")


# read off the paper once more, apart from the table
@pytest.mark.parametrize(
    ("figure", "interval"),
    [
        ("s2.1.1-c08", "[7.95, 8.05)"),
        ("s2.1.1-c04", "[7109.935, 7109.945)"),
        ("s1.2.1-c01", "(30000, ∞)"),
        ("s1.2.2-c02", "[20000, 24000]"),
        ("s1.2.2-c04", "[950, 1050]"),
        ("s2.1.4-c13", "[50, 100]"),
        ("s2.1.5-c13", "(54, 60)"),
        ("s2.1.5-c01", "[300, 400)"),
        ("s2.1.4-c08", "[4.18, 4.62]"),
        ("s1.2.7-c01", "4"),
        ("s3.5.1-c01", "2"),
    ],
)
def test_readings(ledger, figure, interval):
    assert str(ledger.interval(figure)) == interval


@pytest.mark.parametrize(
    ("printed", "qualifier", "unit", "words"),
    [
        ("8.0%", "rounded", "%", "8.0"),
        ("约4.4个百分点", "about", "pp", "about 4.4"),
        ("突破3万亿元", "over", "100m CNY", "over 30,000"),
        ("800亿～900亿元", "range", "100m CNY", "800 to 900"),
        ("2/3左右", "about", "%", "about 2/3"),
        ("三省一市", "exact", "count", "4"),
        ("2025年", "exact", "year", "2025"),
        ("排头兵", "none", "rank", "排头兵"),
    ],
)
def test_words(printed, qualifier, unit, words):
    assert in_words(printed, qualifier, unit) == words


def test_a_reading_needs_its_numbers():
    with pytest.raises(ReadingError, match="holds 0 numbers"):
        read_printed("领先", "rounded", "%")
    with pytest.raises(ReadingError, match="needs 2"):
        read_printed("800亿元", "range", "100m CNY")
    with pytest.raises(ReadingError, match="Unknown qualifier 'roughly'"):
        read_printed("8", "roughly")


def test_unknown_figures_are_refused_with_their_neighbours(ledger):
    with pytest.raises(LedgerError, match=r"section s2\.1\.3 has s2\.1\.3-c01"):
        ledger.figure("s2.1.3-c02")
    with pytest.raises(LedgerError, match="has no number"):
        ledger.interval("s3.3.6-c02")


def change(column, value, row=8):
    frame = read("report/figures")
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("lower", 9e9, "lies above the upper end"),
        ("upper", 1.0, "reads as|lies above"),
        ("unit", "bushels", "unknown unit 'bushels'"),
        ("qualifier", "roughly", "Unknown qualifier"),
        ("printed", "约1100亿元", "reads as .*the ledger says"),
        ("id", "s0-c01", "comes twice"),
    ],
)
def test_a_ledger_that_contradicts_itself_is_refused(column, value, message):
    with pytest.raises(ValueError, match=message):
        Ledger.from_frame(change(column, value))


def test_sections(ledger):
    assert [f.id for f in ledger.by_section("2.1.3")] == ["s2.1.3-c01"]
    assert len(ledger.by_section("2.1.4")) == 25  # with the notes
    assert {f.section for f in ledger.by_section("3.1")} == {"3.1", "3.1.1", "3.1.2", "3.1.3", "3.1.4"}
    assert not ledger.by_section("9")


def test_replace_reads_the_new_print_and_leaves_the_ledger_alone(ledger):
    other = ledger.replace("s2.1.1-c08", "5.3%")
    assert str(other.interval("s2.1.1-c08")) == "[5.25, 5.35)"
    assert str(ledger.interval("s2.1.1-c08")) == "[7.95, 8.05)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        ledger.figures = ()


def test_every_section_has_a_claim_and_every_figure_too(ledger):
    claims, sections = read("report/claims"), read("report/sections")
    assert set(claims["section"]) == set(sections["number"])
    assert {f.section for f in ledger.figures} <= set(sections["number"])
    used = {figure for figures in claims["figures"] for figure in figures.split(";") if figure}
    assert used == {figure.id for figure in ledger.figures}


def test_a_claim_names_the_missing_statistic_unless_the_data_are_here():
    claims = read("report/claims")
    assert ((claims["data_here"] == "yes") == (claims["missing_statistic"] == "")).all()


def test_declared_claims_stand_in_the_list_of_claims():
    claims = read("report/claims").set_index("id")
    chapters = [name for name in catalogue().index if name.startswith("report/tests_")]
    for declared in (row for chapter in chapters for row in document(chapter)):
        claim = claims.loc[declared["id"]]
        assert (claim["section"], claim["statement_en"]) == (declared["section"], declared["statement"])
        assert (claim["data_here"] == "no") == bool(declared.get("cannot_be_tested"))
        assert set(declared.get("figures", ())) <= set(claim["figures"].split(";"))


def test_26_frameworks_whose_links_lead_somewhere():
    frameworks, links = read("report/frameworks").set_index("id"), read("report/framework_links")
    assert len(frameworks) == 26
    parts = links.groupby("framework")["part"].nunique()
    assert parts.to_dict() == frameworks["parts"].to_dict()
    ends = {
        kind: set(links.loc[links["framework"] == f"{kind}s", "part"]) for kind in ("cluster", "bottleneck", "measure")
    }
    ends["section"] = set(read("report/sections")["number"])
    for row in links.itertuples():
        assert row.target in ends[row.links], row
    # a part keeps its name, and stands in some section
    assert (links.groupby(["framework", "part"])["part_en"].nunique() == 1).all()
    assert (links.groupby(["framework", "part"])["links"].agg(lambda kinds: "section" in set(kinds))).all()
    assert set(frameworks["section"]) <= ends["section"]


def test_every_bottleneck_and_cluster_is_met_by_some_measure():
    links, grounds = read("report/framework_links"), read("report/measure_grounds")
    measures = links[links["framework"] == "measures"]
    for kind, framework in (("cluster", "clusters"), ("bottleneck", "bottlenecks")):
        named = set(links.loc[links["framework"] == framework, "part"])
        assert named == set(measures.loc[measures["links"] == kind, "target"])
        # no measure names a way to fill gaps in a chain: one is only meant, as we read it
        strict = grounds[(grounds["links"] == kind) & (grounds["grounds"] == "named")]
        assert named - set(strict["target"]) == ({"supplement"} if kind == "bottleneck" else set())


def test_every_link_of_a_measure_has_its_grounds():
    links, grounds = read("report/framework_links"), read("report/measure_grounds")
    own = links[(links["framework"] == "measures") & links["links"].isin(["bottleneck", "cluster"])]
    keys = [
        set(rows.itertuples(index=False, name=None))
        for rows in (own[["part", "links", "target"]], grounds[["measure", "links", "target"]])
    ]
    assert keys[0] == keys[1]
    # words, not sentences, of the paper
    assert grounds["term_zh"].str.fullmatch(r"[一-鿿]{2,8}").all()


def test_outside_values_agree_with_the_statistics(ledger):
    outside = read("report/outside")
    for row in outside.itertuples():
        for figure in row.figures.split(";"):
            ledger.figure(figure)
        if row.record:
            table = read(row.record)
            same = table[
                (table["series"] == row.series) & (table["year"] == row.year) & (table["vintage"] == row.vintage)
            ]
            assert row.value in set(same.loc[same["region"] == row.region, "value"]), row.id
    nation = outside.set_index(["series", "year"])["value"]
    deflators = read("statistics/deflators").query("series == 'industry'").set_index("year")["value"]
    for year in (2013, 2017):
        implied = nation["va_industry_nominal", year] / nation["va_industry_constant_2015", year]
        assert implied == pytest.approx(deflators[year], abs=1e-6)


def test_glossary_has_both_languages():
    glossary = read("report/glossary")
    assert len(glossary) > 100
    assert glossary["term_zh"].str.contains("[一-鿿]").mean() > 0.95
    assert glossary["definition_en"].str.endswith(".").all()
