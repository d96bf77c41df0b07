"""A region's profile: its measures by other roads, its words against its numbers, and the page that comes out."""

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.cli import REFUSED, cli
from analysis.linkages import leontief_inverse
from analysis.profile import Profile, page, print_pdf, profile, words
from analysis.profile.measure import local_tables
from analysis.profile.page import SECTIONS, _signed
from analysis.tables import (
    Draft,
    ImportTreatmentError,
    InputOutputTable,
    TableError,
    inspect,
    load,
    load_detailed,
    published_names,
    sectors,
    short_names,
    to_common_sectors,
)
from analysis.tables.domestic import load_domestic
from tests.tables.layouts import Accounts, compiled, write_csv

DRAWS = 20
ALTS = {
    "linkages": words.linkage_alt,
    "position": words.position_alt,
    "dependence": words.dependence_alt,
    "ranks": words.ranks_alt,
    "clusters": words.clusters_alt,
    "comparison": words.comparison_alt,
}
CALLED = {"position": "position in the chain", "ranks": "ranges of ranks"}
TEXTS = {
    "structure": words.overview,
    "linkages": words.linkages,
    "position": words.position,
    "dependence": words.dependence,
    "ranks": words.ranks,
    "clusters": words.clusters,
    "comparison": words.comparison,
}


def generated(n=42, trade="apart", seed=3, **changes):
    """A table in the published layout's codes, third sector idle, as the readers would hand it over."""
    accounts = Accounts(n, trade, seed=seed)
    given = accounts.expected() | {"region": "Nowhere", "error": pd.Series(accounts.error / 1e4, accounts.codes)}
    return InputOutputTable(**given | changes)


@pytest.fixture(scope="module")
def jiangsu():
    return profile(load("Jiangsu", 2017), load("China", 2017), draws=DRAWS)


def case(name) -> Profile:
    national = load("China", 2017)
    if name == "42 sectors, one idle":
        return profile(generated(), national, draws=DRAWS)
    if name == "net trade alone":
        return profile(load("Anhui", 2002), load("Jiangsu", 2002), draws=DRAWS)
    if name == "detailed":
        return profile(load_detailed(2017), national, draws=DRAWS)
    if name == "local as published":
        return profile(load_domestic(2017), national, draws=DRAWS)
    return profile(generated(6), None, draws=DRAWS)


CASES = (
    "42 sectors, one idle",
    "net trade alone",
    "detailed",
    "local as published",
    "sectors of its own, no reference",
)


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_table_gets_its_texts(name):
    p = case(name)
    for section, write in TEXTS.items():
        if getattr(p, section) is None:
            assert (section == "comparison" and p.reference is None) or p.left_out[CALLED.get(section, section)]
            continue
        for line in write(p):
            assert line.endswith(".") and not re.search(r"\b(nan|inf)\b", line), line
    for section, write in ALTS.items():
        if getattr(p, section) is not None:
            alt = write(p)
            assert len(alt) >= 60 and re.search(r"\d", alt) and not re.search(r"\b(nan|inf)\b", alt)
            assert not re.match(r"(an?|the)?\s*(chart|figure|image|graph|plot)\b", alt, re.IGNORECASE)


def test_what_a_table_cannot_carry_is_left_out_with_the_reason():
    net = case("net trade alone")
    assert list(net.local) == ["net inflow"]
    assert set(net.left_out) == {"import assumption supply pool", "import assumption exports first"}
    assert all("net outflow only" in why for why in net.left_out.values())
    published = case("local as published")
    assert published.main == "published" and not published.left_out
    assert "pull" not in published.comparison and "different ways" in words.comparison(published)[-1]
    own = case("sectors of its own, no reference")
    assert "no list" in own.left_out["clusters"]


def test_an_assumption_that_the_table_cannot_carry_is_refused():
    with pytest.raises(ImportTreatmentError, match="net outflow only"):
        profile(load("Anhui", 2002), imports="supply pool")
    with pytest.raises(ImportTreatmentError, match="holds local flows already"):
        local_tables(load_domestic(2017), "net inflow", {})


def test_the_main_assumption_is_the_one_asked_for():
    p = profile(load("Jiangsu", 2017), imports="net inflow", draws=DRAWS)
    assert list(p.local) == ["net inflow", "supply pool", "exports first"]
    local = load("Jiangsu", 2017).local("net inflow")
    pull = np.linalg.inv(np.eye(38) - local.Z.to_numpy() / local.output.to_numpy()).sum(axis=0)
    pd.testing.assert_series_equal(
        p.linkages["backward"].sort_index(), pd.Series(pull, local.sectors), check_names=False, rtol=1e-12
    )


def test_linkages_range_over_the_assumptions(jiangsu):
    table = load("Jiangsu", 2017)
    pulls = pd.DataFrame({name: leontief_inverse(table.local(name)).sum() for name in jiangsu.local})
    rows = jiangsu.linkages.sort_index()
    np.testing.assert_allclose(rows["backward"], pulls["supply pool"], rtol=1e-12)
    np.testing.assert_allclose(rows["backward_lowest"], pulls.min(axis=1), rtol=1e-12)
    np.testing.assert_allclose(rows["backward_highest"], pulls.max(axis=1), rtol=1e-12)
    np.testing.assert_allclose(rows["technology"], leontief_inverse(table).sum(), rtol=1e-12)
    textiles = rows.loc["C07"]
    said = words.linkages(jiangsu)[0]
    assert said.startswith("Textiles pulls hardest")
    assert f"{textiles['backward']:.2f}" in said and f"{pulls.loc['C07'].max():.2f}" in said


def test_dependence_is_what_does_not_stay(jiangsu):
    table = load("Jiangsu", 2017)
    for name, column in (("supply pool", "outside"), ("net inflow", "lowest"), ("exports first", "highest")):
        local = table.local(name)
        stays = (local.total_value_added / local.output) @ leontief_inverse(local)
        np.testing.assert_allclose(jiangsu.dependence[column].sort_index(), 100 * (1 - stays), rtol=1e-7)
    parts = jiangsu.dependence[["imported", "bought", "value_added"]].sum(axis=1)
    np.testing.assert_allclose(parts, 100)
    np.testing.assert_allclose(
        jiangsu.dependence[["abroad", "other_provinces"]].sum(axis=1), jiangsu.dependence["outside"]
    )


def test_clusters_are_those_of_the_cards(jiangsu):
    from analysis.verdicts import clusters

    for row in jiangsu.clusters.itertuples():
        card = clusters.profile(tuple(clusters.cluster_sectors(row.section)), "Jiangsu", 2017)
        mine = jiangsu.clusters.set_index("section").loc[row.section]
        for measure in clusters.ASSUMED:
            assert mine[measure] == pytest.approx(card.loc[measure, "value"])
            assert mine[f"{measure}_lowest"] == pytest.approx(card.loc[measure, "lower"])
            assert mine[f"{measure}_highest"] == pytest.approx(card.loc[measure, "upper"])
        assert row.share == pytest.approx(card.loc["share", "value"])


def test_the_comparison_is_that_of_shares(jiangsu):
    mine, nation = load("Jiangsu", 2017).output, load("China", 2017).output
    quotient = (mine / mine.sum()) / (nation / nation.sum())
    np.testing.assert_allclose(jiangsu.comparison["quotient"].sort_index(), quotient)
    gap = (mine / mine.sum() - nation / nation.sum()).abs().sum()
    assert jiangsu.alike["krugman"] == pytest.approx(gap)
    assert f"{50 * gap:.0f} % of output would have to change sector" in words.comparison(jiangsu)[0]


def test_idle_sectors_are_named_and_have_no_rates():
    p = case("42 sectors, one idle")
    assert p.structure.loc["03", ["rate", "leaves"]].isna().all()
    assert "03" not in p.linkages.index
    assert any("1 sector made nothing" in line for line in words.overview(p))


def settled_by_hand(table):
    """Sectors of which more leaves than is made, straight from the trade columns."""
    trade = table.trade
    outward = trade[[c for c in ("EX", "OF", "EXOF") if c in trade]].sum(axis=1)
    return set(outward.index[outward > table.output * (1 + 1e-12)])


def test_goods_that_pass_through_are_said_to_and_lead_no_sentence():
    shanghai = profile(load("Shanghai", 2017), draws=2)
    more = settled_by_hand(load("Shanghai", 2017))
    said = next(line for line in words.overview(shanghai) if "more leaves than is made" in line)
    assert said.startswith(f"In {len(more)} sectors ")
    rows = shanghai.position
    passing = set(rows.index[rows["passing"]])
    assert passing and passing <= more
    stretch = rows["upstreamness"] / rows["local_upstreamness"]
    behind = rows["downstreamness"] / rows["local_downstreamness"]
    assert passing == {code for code in more & set(rows.index) if max(stretch[code], behind[code]) > 2}
    kept = words.settled(shanghai)
    assert set(kept.index) == set(rows.index) - passing
    first = words.position(shanghai)[0]
    assert f"{kept['upstreamness'].max():.1f} steps; " in first and f"{kept['downstreamness'].max():.1f} steps" in first
    assert f"In {len(passing)} sectors" in words.position(shanghai)[1]
    # net trade alone hides what passes through
    assert not case("net trade alone").position["passing"].any()


def test_positions_of_goods_that_pass_through_are_shown_where_there_are_no_others():
    p = profile(load("Shanghai", 2017), draws=2)
    whole = replace(p, position=p.position.assign(passing=True))
    assert len(words.settled(whole)) == len(p.position)
    assert "The table has them too." in words.position(whole)[1]


def test_a_sector_that_weighs_little_is_named_with_its_weight(jiangsu):
    shares = 100 * load("Jiangsu", 2017).output / load("Jiangsu", 2017).output.sum()
    for code, row in jiangsu.linkages.iterrows():
        named = words._weighed(jiangsu, row)
        told = f" ({shares[code]:.1f} % of output)" if shares[code] >= 0.05 else " (under 0.1 % of output)"
        assert named == row["sector"] + ("" if shares[code] >= 1 else told)
    assert (shares < 0.05).any() and (shares >= 1).any() and ((shares >= 0.05) & (shares < 1)).any()


def test_what_a_table_does_not_tell_is_said():
    assert any("cannot be told" in line for line in words.dependence(case("net trade alone")))
    assert any("does not tell inflows from abroad" in line for line in words.dependence(
        profile(load("Jiangsu", 2007), draws=2)))  # fmt: skip
    assert any("From abroad alone" in line for line in words.dependence(profile(load("Jiangsu", 2017), draws=2)))


def test_findings_name_the_columns_that_they_speak_of():
    found = inspect(Draft.of(load("Shanghai", 2017)))
    assert any(each.text.startswith("VA004 is negative") for each in found)
    said = [words.finding(each) for each in found]
    assert any(line.startswith("Operating surplus (VA004) is negative") for line in said)
    assert not any(line.startswith("VA0") for line in said)


def test_small_quotients_are_not_shown_as_nought(jiangsu):
    rows = pd.DataFrame({"sector": ["a", "b", "c"], "quotient": [0.0, 0.04, 2.25], "share": [0.0, 0.1, 3.0]})
    assert words._quotients(rows) == "a (none here), b (0.04) and c (2.2)"
    # 42 and 38 sectors are compared in those that they share
    assert "in the 38 sectors that they have in common" in words.comparison(case("42 sectors, one idle"))[0]
    assert "in common" not in words.comparison(jiangsu)[0]


def test_published_sectors_lead_to_the_common_ones():
    table = generated()
    common = to_common_sectors(table)
    assert sorted(common.sectors) == list(sectors().index)
    assert common.output.sum() == pytest.approx(table.output.sum())
    # 2017: general (16) and special machinery (17) are one common sector
    assert common.output["C16"] == pytest.approx(table.output[["16", "17"]].sum())
    assert to_common_sectors(load("Jiangsu", 2017)) == load("Jiangsu", 2017)
    fine = to_common_sectors(load_detailed(2017))
    np.testing.assert_allclose(fine.output.sort_index(), load("China", 2017).output, rtol=1e-6)


@pytest.mark.parametrize("other", ["name_en", "name_zh"])
def test_a_list_is_known_by_its_names_in_one_language(other):
    published = published_names(generated())[["name_en", "name_zh"]]
    named = published.assign(**{other: [f"Industry {k}" for k in range(42)]})
    assert sorted(to_common_sectors(generated(names=named)).sectors) == list(sectors().index)


def test_a_list_of_its_own_is_not_mistaken_for_the_nations():
    table = generated()
    named = table.names.assign(name_zh=[f"第{k}业" for k in range(42)], name_en=[f"Industry {k}" for k in range(42)])
    with pytest.raises(TableError, match="a list of its own"):
        to_common_sectors(generated(names=named))
    with pytest.raises(TableError, match="no list"):
        to_common_sectors(generated(7))


def test_short_names_are_short_and_each_is_there_once():
    for table in (generated(), load_detailed(2017), load("Jiangsu", 2017)):
        names = short_names(table)
        assert names.is_unique and names.str.len().max() <= 58 and not names.str.startswith("Manufacture of").any()


class Found(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.alts, self.links = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.ids += [attrs["id"]] if "id" in attrs else []
        if tag == "img":
            self.alts.append(attrs["alt"])
        self.links += [attrs[name] for name in ("href", "src") if name in attrs]


def test_the_command_makes_a_page_that_stands_alone(tmp_path, monkeypatch):
    accounts = Accounts(42, seed=3)
    # codes alone, as some compilations have them
    write_csv(tmp_path / "table.csv", [[line[0], *line[3:]] for line in compiled(accounts)])
    monkeypatch.chdir(tmp_path)
    arguments = ["profile", "table.csv", "--unit", "10,000 CNY", "--region", "Nowhere <b>", "--year", "2017",
                 "--draws", "20", "--reference", "Jiangsu 2017", "-o", "out.html", "--notebook", "kept.ipynb",
                 "--json"]  # fmt: skip
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    made = json.loads(result.stdout)
    assert made["written"] == ["out.html", "kept.ipynb"] and made["reference"] == "Jiangsu 2017"
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    found = Found(text)
    assert "script" not in found.tags and "<b>" not in text
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith(("#", "data:")) for link in found.links)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    p = profile(generated(region="Nowhere <b>"), load("Jiangsu", 2017), draws=20)
    # random accounts send out more than they make, so that one chart gives way to the reason
    assert len(found.alts) == sum(getattr(p, section) is not None for section in ALTS) >= 5
    for why in p.left_out.values():
        assert html.escape(why) in text
    assert {"zero sectors", "error column", "transit trade"} <= {each.subject for each in p.warned}
    for each in p.warned:
        assert html.escape(_signed(words.finding(each))) in text
    # the kernel and this process say the same of the same table
    assert found.alts[0] == words.linkage_alt(p)
    assert html.escape(words.dependence(p)[0]) in text
    for heading in SECTIONS.values():
        assert f">{heading}</h2>" in text
    assert (tmp_path / "kept.ipynb").is_file() and str(tmp_path) not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Jiangsu 2017", "-o", "page.txt"], "ends in .html"),
        (["Jiangsu 2017", "-o", "nowhere/page.html"], "there is no folder"),
        (["Jiangsu 1999"], "no table of the project"),
        (["Jiangsu 2002", "--imports", "supply-pool"], "net outflow only"),
        (["Jiangsu 2017", "--reference", "Atlantis 2017"], "no table of the project"),
    ],
)
def test_wrong_input_is_said_before_anything_runs(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["profile", *arguments])
    assert result.exit_code == REFUSED and said in result.stderr
    assert not list(tmp_path.iterdir())


def test_without_a_browser_the_refusal_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(TableError, match="CHROMIUM"):
        print_pdf(tmp_path / "page.html", tmp_path / "page.pdf")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nothing"))
    with pytest.raises(TableError, match="did not print"):
        print_pdf(tmp_path / "page.html", tmp_path / "page.pdf")


def test_a_chart_without_words_is_refused():
    picture = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}, "metadata": {}}
    with pytest.raises(TableError, match="no alternative text"):
        page({"cells": [{"cell_type": "code", "source": "", "outputs": [picture]}]}, "Title")


def test_lists_and_ranges_read_like_a_sentence():
    assert words._places(1, 1) == "keeps rank 1" and words._places(2, 5) == "stays between ranks 2 and 5"
    assert _signed("by -0.43 (A-1, 2007-2017)") == "by \N{MINUS SIGN}0.43 (A-1, 2007-2017)"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a, b", "c", "d"]) == "a, b; c and d"
    assert words._some(pd.Series(list("abcd")), 2) == "a, b and 2 more"
    assert words._some(pd.Series(list("abc")), 2) == "a, b and c"
    assert words.listed([]) == "" and words.listed(["a"]) == "a"
    assert words.span(1.234, 5.6, 1) == "1.2 to 5.6" and words.span(2.01, 2.04, 1, " %") == "2.0 %"
    assert words.plural(1, "sector") == "1 sector" and words.plural(2, "sector") == "2 sectors"
