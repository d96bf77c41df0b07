"""Chapters that run for another province: nothing of Shanghai's stays in them, and their numbers are the province's."""

import ast
import re

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

from analysis.growth import output_growth_sources
from analysis.tables import load, sectors
from analysis.verdicts import ClaimError, declared, groups, judge, place
from analysis.verdicts.evidence import measurement
from book._tools import elsewhere
from book._tools.notebooks import ROOT

CHAPTERS = elsewhere.listed()["chapters"]
MANUFACTURING = list(sectors().index[sectors()["group"] == "manufacturing"])


def notebook(name):
    return nbformat.read(ROOT / "book" / "en" / f"{name}.ipynb", as_version=4)


def test_every_chapter_runs_elsewhere_or_says_why_not():
    lists = elsewhere.listed()
    parts = (ROOT / "book" / "en").glob("[1-4]-*/**/*.ipynb")
    there = {str(p.relative_to(ROOT / "book" / "en").with_suffix("")) for p in parts if p.stem != "index"}
    assert set(lists["chapters"]) | set(lists["left_out"]) == there
    assert not set(lists["chapters"]) & set(lists["left_out"])
    assert all(len(why) > 30 for why in lists["left_out"].values())


@pytest.mark.parametrize("region", [r for r in place.DELTA if r != "Shanghai"])
@pytest.mark.parametrize("name", CHAPTERS, ids=lambda name: name.rpartition("/")[2])
def test_nothing_that_was_written_for_shanghai_is_left(name, region):
    moved = elsewhere.resettled_notebook(notebook(name), CHAPTERS[name], region, 2012, "exports first")
    for cell in moved.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"Shanghai|\bcity\b|Hangzhou|\{glue|\{numref|\]\(#", cell.source), cell.source
            continue
        tree = ast.parse(cell.source)
        assert "glue_text(" not in cell.source
        # a list that names several regions has Shanghai among them as one of them
        lists = [n for n in ast.walk(tree) if isinstance(n, ast.List | ast.Tuple) and elsewhere._regions(n)]
        several = {id(each) for n in lists for each in n.elts}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in several:
                assert not re.search(r"Shanghai|\bcity\b", node.value), node.value
        caption = cell.metadata.get("caption", "")
        own = {" ".join(new.split()) for new in CHAPTERS[name].get("texts", {}).values()}
        assert caption in own or not re.search(r"Shanghai|\bcity\b", caption)
    kept = [cell.source for cell in moved.cells if cell.cell_type == "markdown"]
    for opening in CHAPTERS[name]["keep"]:
        assert sum(text.startswith(opening) for text in kept) == 1
    charts = sum("chart(" in c.source or "curve(" in c.source for c in moved.cells if c.cell_type == "code")
    original = sum("figure" in c.metadata.get("mystnb", {}) for c in notebook(name).cells)
    assert charts == original == sum("caption" in c.metadata for c in moved.cells)


def test_every_title_that_states_a_finding_is_replaced():
    """A title of a chart in these chapters either names what is drawn, or is in the list; the former are held here."""
    named = re.compile(
        r"(Output behind|Who (pulls|leads)|Ranks of|Local (pull|push) of|Sources of|Producer services in|"
        r"Change in|Part of|Research (services|content|in)|Value added (in|at)|Inputs (that|of)|Value added kept|"
        r"Where the value|Reach$|What provinces buy|"
        r"Where manufactured|Foreign (inputs|share)|What \w+'s (industry|manufacturing)|Steps at home|"
        r"Value along the chain in|Length of|Parts made|Does an)"
    )
    for name, settings in CHAPTERS.items():
        moved = elsewhere.resettled_notebook(notebook(name), settings, "Jiangsu", 2017, "supply pool")
        for cell in moved.cells:
            if cell.cell_type == "code":
                for call in (n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)):
                    titles = [k.value.value for k in call.keywords if k.arg == "title"]
                    if getattr(call.func, "id", "") == "curve":
                        titles.append(call.args[1].value)
                    for title in titles:
                        assert named.match(title), title


def test_a_list_that_names_what_is_gone_is_refused():
    name = next(iter(CHAPTERS))
    with pytest.raises(elsewhere.ElsewhereError, match="no longer in the chapter"):
        elsewhere.resettled_notebook(notebook(name), {"keep": ["No such words"]}, "Jiangsu", 2017, "supply pool")


def test_code_keeps_periods_and_lists_of_regions():
    cells = [
        'frame = f(2017, "supply pool", regions=("Shanghai", "Jiangsu"), period=(2007, 2017))',
        'only = frame.loc["Shanghai"]\nonly = only.iloc[0]\nglue_text("a", only)',
        'chart(frame, title="Growth in Shanghai, 2007 to 2017, supply pool", note="In 2017")',
    ]
    first, second, third = elsewhere.resettled_code(cells, {}, "Anhui", 2012, "net inflow")
    assert first == "frame = f(2012, 'net inflow', regions=('Shanghai', 'Jiangsu'), period=(2007, 2017))"
    assert second == ""
    assert third == "chart(frame, title='Growth in Anhui, 2007 to 2017, net inflow', note='In 2012')"


def test_columns_over_time_keep_their_years():
    cell = 'show(["Shanghai", "Share 2012", "Share 2017"])\nshow(["Shanghai 2017", "Share"])'
    moved = elsewhere.resettled_code([cell], {}, "Anhui", 2012, "net inflow")
    assert moved == ["show(['Anhui', 'Share 2012', 'Share 2017'])\nshow(['Anhui 2012', 'Share'])"]


def test_pages_of_an_earlier_run_do_not_stay(monkeypatch, tmp_path):
    first, second = list(CHAPTERS)[:2]
    texts = dict.fromkeys((first, second), "old")

    def chapter(name, *_place):
        if texts[name] is None:
            raise elsewhere.ElsewhereError("no such year")
        return name, texts[name], {}, {}

    monkeypatch.setattr(elsewhere, "chapter", chapter)
    (tmp_path / "notes.html").write_text("my own")
    elsewhere.run([first, second], "Anhui", 2017, "supply pool", tmp_path)
    pages = {p.name for p in tmp_path.iterdir()}
    texts |= {first: "new", second: None}
    elsewhere.run([first, second], "Anhui", 2012, "supply pool", tmp_path)
    assert pages - {p.name for p in tmp_path.iterdir()} == {f"{second.rpartition('/')[2]}.html"}
    assert (tmp_path / f"{first.rpartition('/')[2]}.html").read_text() == "new"
    assert (tmp_path / "notes.html").read_text() == "my own"


def test_claims_keep_their_test_and_change_their_place():
    for claim in declared().values():
        if claim.cannot_be_tested or not claim.section.startswith(("1.1", "1.2.1", "1.2.3", "1.2.4")):
            continue
        moved = place.resettled(claim, "Zhejiang", 2017, "supply pool")
        assert (moved.threshold, moved.direction, moved.unit, moved.evidence) == (
            claim.threshold, claim.direction, claim.unit, claim.evidence,
        )  # fmt: skip
        assert len(moved.specifications()) == len(claim.specifications())
        # nobody asked for another year or assumption, so that the declared ones stay first
        unmoved = {name: option for name, option in claim.primary.items() if "Shanghai" not in str(option)}
        assert unmoved.items() <= moved.primary.items()
        assert "Shanghai" not in repr((moved.statement, moved.quantity, moved.choices, moved.fixed))
        assert moved.figures == () and moved.found_later == ""


def test_another_year_or_assumption_goes_first_where_it_is_admitted():
    claim = declared()["1.1.1-local-pull"]
    moved = place.resettled(claim, "Jiangsu", 2012, "net inflow").primary
    assert (moved["year"], moved["imports"]) == (2012, "net inflow")
    # 2002 publishes net trade alone: the assumption gives way, not the year
    moved = place.resettled(claim, "Jiangsu", 2002, "supply pool").primary
    assert (moved["year"], moved["imports"]) == (2002, "net inflow")
    # a claim without such a choice stays as it was declared
    assert place.resettled(declared()["1.2.3-value"], "Jiangsu", 2012, "net inflow").primary["year"] == 2012
    assert place.resettled(declared()["1.1.3-substitution"], "Jiangsu", 2012, "supply pool").primary == (
        declared()["1.1.3-substitution"].primary
    )


def test_a_place_outside_the_delta_is_refused(monkeypatch):
    monkeypatch.setenv(place.REGION_VARIABLE, "Atlantis")
    with pytest.raises(ClaimError, match="one of Shanghai, Jiangsu, Zhejiang, Anhui"):
        place._chosen(place.REGION_VARIABLE, place.DELTA, "Shanghai")


def test_the_book_itself_stands_in_shanghai():
    assert (place.HOME, place.YEAR, place.IMPORTS) == ("Shanghai", 2017, "supply pool") and not place.moved()
    assert place.OTHERS == ("Jiangsu", "Zhejiang", "Anhui")


def judged_in(region, claim_id):
    claim = declared()[claim_id]
    return judge(place.resettled(claim, region, 2017, "supply pool"), measurement(claim)).primary["value"]


def test_claims_that_name_their_region_by_another_path():
    """Measures that take the region from the claim need no other process; here they are worked out from the flows."""
    key, made = ["C16", "C19"], {}
    for year in (2012, 2017):
        table = load("Jiangsu", year)
        bought = table.Z.loc[key, MANUFACTURING].sum(axis=1)
        made[year] = 100 * (bought * table.output[key] / (table.output + table.inflows)[key]).sum() / bought.sum()
    assert judged_in("Jiangsu", "4.1-self") == pytest.approx(made[2017] - made[2012])
    table = load("Jiangsu", 2017)
    x = table.output.to_numpy()
    pool = x / np.where(x + table.inflows > 0, x + table.inflows, 1.0)
    A = table.Z.to_numpy() / np.where(x > 0, x, 1.0)
    total, local = (np.linalg.inv(np.eye(38) - each).sum(axis=0)[18] - 1 for each in (A, pool[:, None] * A))
    assert table.sectors[18] == "C19"
    assert judged_in("Jiangsu", "1.1.1-stays") == pytest.approx(100 * local / total)


def text_of(page):
    return " ".join(BeautifulSoup(page, "html5lib").get_text(" ").split())


def decided(page, claim):
    box = BeautifulSoup(page, "html5lib").find(id=f"verdict-{claim.replace('.', '-')}")
    return box.find("strong").get_text().replace("\N{MINUS SIGN}", "-")


def test_jiangsu_markets():
    """The share of growth from local sourcing, by the decomposition itself, outside the claims."""
    title, page, here, there = elsewhere.chapter(_full("1-1-3-market"), "Jiangsu", 2017, "supply pool")
    effects = output_growth_sources(load("Jiangsu", 2007), load("Jiangsu", 2017), assumption="supply pool")
    members = effects.loc[["C16", "C17", "C19"]]
    share = 100 * members["local_sourcing"].sum() / members.to_numpy().sum()
    assert decided(page, "1.1.3-substitution") == f"{share:.1f} %"
    change = (load("Jiangsu", 2017).output - load("Jiangsu", 2007).output)[["C16", "C17", "C19"]].sum()
    assert members.to_numpy().sum() == pytest.approx(change)
    assert title.endswith(": Jiangsu") and there == {"1.1.3-substitution": "contradicted"}
    assert here["1.1.3-substitution"] == "mixed"
    text = text_of(page)
    assert "1.1.3-substitution: contradicted in Shanghai, mixed here" in text
    assert "The paper made its claims of Shanghai, not of Jiangsu" in text
    assert "held against are Shanghai, Zhejiang and Anhui." in text
    assert "There is no sign that local products displaced" not in text
    soup = BeautifulSoup(page, "html5lib")
    assert len(soup.find_all("img")) == 2 and not soup.find_all("script")
    names = [caption.get_text() for caption in soup.find_all("caption")]
    assert len(set(names)) == len(names)
    assert all(re.search(r"\d", image["alt"]) and len(image["alt"]) > 60 for image in soup.find_all("img"))


def test_zhejiang_services():
    """Services bought for 100 yuan of manufacturing, straight from the flows."""
    _, page, _, _ = elsewhere.chapter(_full("1-1-4-joint-innovation"), "Zhejiang", 2017, "supply pool")

    def bought(year):
        table = load("Zhejiang", year)
        services = list(groups()["producer services"]["narrow"])
        return 100 * table.Z.loc[services, MANUFACTURING].to_numpy().sum() / table.output[MANUFACTURING].sum()

    assert decided(page, "1.1.4-services") == f"{bought(2017) - bought(2007):.2f} yuan"
    assert "A probable break in the series" not in text_of(page)


def test_anhui_parts_and_leaders():
    """The home-made part of parts, and the leader's margin, from the flows and from inverses without a sector."""
    _, page, _, _ = elsewhere.chapter(_full("1-2-4-nurture"), "Anhui", 2017, "supply pool")
    table, parts, users = load("Anhui", 2017), list(groups()["parts"]["parts"]), ["C16", "C17", "C19"]
    supply = (table.output + table.inflows)[parts]
    pool = table.output[parts] / supply
    bought = table.Z.loc[parts, users].sum(axis=1)
    share = 100 * (bought * pool).sum() / bought.sum()
    assert decided(page, "1.2.4-assembly") == f"{share:.2f} %"
    local = table.local("supply pool")
    x = local.output.to_numpy()
    A = local.Z.to_numpy() / np.where(x > 0, x, 1.0)
    final = local.output - local.Z.sum(axis=1)
    losses = {}
    for code in MANUFACTURING:
        others = table.sectors != code
        rest = np.linalg.solve(np.eye(others.sum()) - A[np.ix_(others, others)], final[others].to_numpy())
        losses[code] = local.output[others].sum() - rest.sum()
    ours = max(losses[code] for code in users)
    rest = max(loss for code, loss in losses.items() if code not in users)
    assert decided(page, "1.2.4-lead") == f"{ours / rest:.2f} times"


def _full(short):
    return next(name for name in CHAPTERS if name.endswith(short))


def test_a_chapter_that_stays_says_why(capsys, tmp_path):
    with pytest.raises(elsewhere.ElsewhereError, match="inside Shanghai, Lingang"):
        elsewhere.chapter("3-strategy/3-4-areas", "Jiangsu", 2017, "supply pool")
    assert elsewhere.main(["--region", "Jiangsu", "-o", str(tmp_path / "out"), "3-strategy/3-4-areas"]) == 1
    assert "does not run elsewhere" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_alternative_texts_say_what_runs_from_where_to_where():
    table = (
        "<table><tr><th>region</th><th>year</th><th>yuan</th><th>of</th></tr>"
        "<tr><th>Anhui</th><td>2007</td><td>−1.5</td><td>38</td></tr>"
        "<tr><th>China</th><td>2017</td><td>1,200</td><td>38</td></tr></table>"
    )
    assert elsewhere.described(table) == "2 rows of data. yuan runs from -1.5 (Anhui, 2007) to 1200 (China, 2017)."


def test_the_page_of_contents_names_everything():
    made = {next(iter(CHAPTERS)): ("Title", "", {"1.1.1-pull": "mixed"}, {"1.1.1-pull": "supported"})}
    text = text_of(
        elsewhere.contents(made, {"some/chapter": "its year has no such column"}, "Anhui", 2012, "net inflow")
    )
    assert "1.1.1-pull mixed supported" in text and "its year has no such column" in text
    for name in elsewhere.listed()["left_out"]:
        assert name in text
