"""Chapter 3.2: its measurements out of the stored rows by hand, out of the raw tables, and out of single estimates."""

import csv
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.data import data_directory, read
from analysis.interregional import (
    DELTA,
    OTHERS,
    agreement,
    blind_estimate,
    delta_accounts,
    estimate_member,
    load_estimated,
)
from analysis.interregional.__main__ import cluster_groups, stored_assumptions
from analysis.linkages import spillover_multipliers
from analysis.tables import load, load_eight_regions
from analysis.verdicts import groups, pole
from analysis.verdicts.evidence import verdicts
from analysis.verdicts.rule import ENSEMBLE

HIGH = "Highly integrated products"


@pytest.fixture(scope="module")
def lines():
    with (data_directory() / "io/interregional_estimated_ensemble.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cells(lines, measure, year=2017, group="all", subset="all"):
    wanted = (str(year), subset, measure, group)
    return {
        (line["region"], line["target"]): [float(line[f"estimated_{end}"]) for end in ("value", "lower", "upper")]
        for line in lines
        if (line["year"], line["subset"], line["measure"], line["group"]) == wanted
    }


@pytest.mark.parametrize("result", ["lead", "pole", "share"])
@pytest.mark.parametrize(("year", "group", "members"), [(2017, HIGH, "all"), (2012, "all", "transit netted")])
def test_a_reading_is_its_stored_line(lines, result, year, group, members):
    found = pole.pole_result(result=result, region="Shanghai", year=year, group=group, members=members)
    assert [found.value, found.lower, found.upper] == cells(lines, result, year, group, members)["Shanghai", OTHERS]
    assert found.interval == ENSEMBLE


def test_verdicts_count_stored_lines(lines):
    judged = verdicts("3.2")
    for claim, result, limit in (("3.2-pull", "lead", 1), ("3.2-pole", "pole", 1), ("3.2-inside", "share", 0.5)):
        readings = judged[claim].readings
        assert len(readings) == 2 * 5 * 9
        above = below = 0
        for row in readings.itertuples():
            _, lower, upper = cells(lines, result, row.year, row.group, row.members)["Shanghai", OTHERS]
            above, below = above + (lower > limit), below + (upper < limit)
        counts = judged[claim].counts
        assert (counts["supports"], counts["contradicts"]) == (above, below)
    assert [judged[f"3.2-{name}"].outcome for name in ("pull", "pole", "inside")] == ["supported", "mixed", "mixed"]


def test_single_member_by_the_textbook_function(lines):
    """Pull, spillover and lead of a stored member, from the multipliers of its table."""
    _, table = estimate_member(lambda rest: delta_accounts(2017, rest), stored_assumptions(), 20, 0)
    spread, x = spillover_multipliers(table.accounts, table.home), table.accounts.output
    pull, size = {}, {}
    for region in DELTA:
        rows = [f"{region} {code}" for code in cluster_groups()[HIGH]]
        size[region] = x[rows].sum()
        pull[region] = {to: (spread.loc[rows, to] * x[rows]).sum() / size[region] for to in table.regions}
    kept = cells(lines, "pull", 2017, HIGH, "member 0")
    for pair in [(a, b) for a in DELTA for b in DELTA]:
        assert kept[pair][0] == pytest.approx(pull[pair[0]][pair[1]], abs=6e-5)
    three = [name for name in DELTA if name != "Shanghai"]
    out = sum(pull["Shanghai"][name] for name in three)
    back = sum(size[name] * pull[name]["Shanghai"] for name in three) / sum(size[name] for name in three)
    assert cells(lines, "spillover", 2017, HIGH, "member 0")["Shanghai", OTHERS][0] == pytest.approx(out, abs=6e-5)
    assert cells(lines, "lead", 2017, HIGH, "member 0")["Shanghai", OTHERS][0] == pytest.approx(out / back, abs=6e-5)


def test_map_is_whole_and_in_order(lines):
    found, kept = pole.pull_map(2017, HIGH), cells(lines, "pull", 2017, HIGH)
    pairs = [(a, b) for a in pole.REGIONS for b in pole.REGIONS]
    assert list(zip(found["source"], found["target"], strict=True)) == pairs
    for row in found.itertuples():
        assert [row.value, row.lower, row.upper] == kept[row.source, row.target]
    two = pole.pull_maps(["all", HIGH])
    assert two.groupby("group").size().to_dict() == {"all": 25, HIGH: 25}
    pd.testing.assert_frame_equal(two[two["group"] == HIGH].drop(columns="group").reset_index(drop=True), found)


def test_pull_on_three_is_not_far_from_the_sum_of_its_parts(lines):
    whole, parts = pole.pull_on_three(HIGH), cells(lines, "pull", 2017, HIGH)
    assert whole.tolist() == cells(lines, "spillover", 2017, HIGH)["Shanghai", OTHERS]
    # a median of sums is no sum of medians, and a range of sums is narrower than the sum of ranges
    three = [parts["Shanghai", name] for name in DELTA if name != "Shanghai"]
    assert whole["value"] == pytest.approx(sum(part[0] for part in three), rel=0.1)
    assert sum(part[1] for part in three) < whole["lower"] < whole["upper"] < sum(part[2] for part in three)


def test_multipliers_and_exports_come_from_their_lines(lines):
    found = pole.own_and_spillover(2012, "rest sum").set_index(["source", "part"])
    assert len(found) == 16
    for region in DELTA:
        wanted = cells(lines, "pull", 2012, "all", "rest sum")[region, region]
        assert found.loc[(region, "inside"), ["value", "lower", "upper"]].tolist() == wanted
        back = cells(lines, "feedback", 2012, "all", "rest sum")[region, region]
        assert found.loc[(region, "back through others"), "upper"] == back[2]
        away = cells(lines, "spillover", 2012, "all", "rest sum")
        assert found.loc[(region, "in the other three"), "value"] == away[region, OTHERS][0]
        assert found.loc[(region, "in all other regions"), "value"] == away[region, pole.EVERYWHERE][0]
    exports = pole.exports_by_origin(2017)
    kept = cells(lines, "value added")
    assert len(exports) == 4 * 7 and set(exports["source"]) == set(DELTA)
    row = exports.query("source == 'Anhui' and target == 'Abroad'").iloc[0]
    assert [row["value"], row["lower"], row["upper"]] == pytest.approx([100 * v for v in kept["Anhui", "Abroad"]])


def test_leaders_and_strongest_partners(lines):
    found = pole.leaders([HIGH, "Biomedicine"]).set_index(["measure", "group"])
    assert found.loc[("pole", "Biomedicine")].tolist() == cells(lines, "pole", 2017, "Biomedicine")["Shanghai", OTHERS]
    shares = pole.strongest_partners([HIGH], members="measure capitals")
    assert shares.loc[HIGH].sum() == pytest.approx(100, abs=0.02)
    wanted = ("2017", "measure capitals", "strongest pull", HIGH, "Shanghai", "Jiangsu")
    names = ("year", "subset", "measure", "group", "region", "target")
    kept = [line for line in lines if tuple(line[name] for name in names) == wanted]
    assert shares.loc[HIGH, "Jiangsu"] == pytest.approx(100 * float(kept[0]["estimated_mean"]))


def test_size_by_sums_over_the_raw_files():
    def made(name, codes):
        rows = read(f"io/{name.lower()}_2017")
        return rows[(rows["column"] == "GO") & rows["row"].isin(codes)]["value"].sum()

    codes = list(groups()["assembly"]["narrow"])
    sums = {name: made(name, codes) for name in DELTA}
    for region in DELTA:
        others = sum(value for name, value in sums.items() if name != region)
        assert pole.relative_size(2017, codes, region) == pytest.approx(others / sums[region], rel=1e-12)
    every = [f"C{k:02d}" for k in range(1, 39)]
    whole = {name: made(name, every) for name in DELTA}
    assert pole.relative_size(2017) == pytest.approx(sum(whole.values()) / whole["Shanghai"] - 1, rel=1e-12)


def test_lead_over_size_is_near_one_where_trade_is_even():
    """Shanghai is not alone in leading: that is what the page says, and it would be wrong if one of these failed."""
    found = pole.leads_and_sizes(HIGH, groups()["assembly"]["narrow"])
    np.testing.assert_allclose(found["net"], found["value"] / found["size"])
    for region in ("Shanghai", "Zhejiang", "Anhui"):
        assert found.loc[region, "lower"] > 1
        assert found.loc[region, "net_lower"] < 1 < found.loc[region, "net_upper"]


def test_likeness_by_loops():
    found = pole.alike(2017).set_index("pair")
    panel = read("io/province_sectors")
    rows = panel[(panel["year"] == 2017) & panel["code"].between("C06", "C21")]
    for a, b in combinations(DELTA, 2):
        shares = []
        for name in (a, b):
            mine = rows[rows["region"] == name].set_index("code")["value_added"].clip(lower=0)
            shares.append({code: value / mine.sum() for code, value in mine.items()})
        index = sum(abs(shares[0][code] - shares[1][code]) for code in shares[0])
        row = found.loc[f"{a} and {b}"]
        assert row["value"] == pytest.approx(index, abs=1e-9)
        assert row["lower"] <= row["value"] <= row["upper"]


@pytest.mark.parametrize("year", [2012, 2017])
def test_misfits_from_the_raw_panel(year):
    found, panel = pole.misfits(year), read("io/province_sectors")
    rows = panel[panel["year"] == year]
    nation, provinces = rows[rows["region"] == "China"], rows[rows["region"] != "China"]
    over = found.loc[pole.RESTS["sum"]]
    for name in ("output", "value_added"):
        assert over[name] == pytest.approx(100 * (provinces[name].sum() / nation[name].sum() - 1), abs=1e-6)
    ratio = provinces.groupby("code")["output"].sum() / nation.set_index("code")["output"]
    assert over["largest_ratio"] == pytest.approx(ratio.max()) and over["smallest_ratio"] == pytest.approx(ratio.min())
    if year == 2017:  # provinces that join both kinds of trade in 2012 are split before
        sums = provinces.groupby("code")[["outflow", "inflow"]].sum()
        gap = (sums["outflow"] - sums["inflow"]).abs().sum() / (sums.sum().sum() / 2)
        assert over["margins"] == pytest.approx(100 * gap)
    assert found.loc[pole.RESTS["residual"], ["output", "value_added"]].abs().max() < 1e-6


def test_adjustments_are_those_of_the_others_only():
    listed, sums = pole.adjusted_margins(2017)
    panel = read("io/province_sectors")
    rows = panel[panel["year"] == 2017].set_index(["region", "code"])
    names = load("Shanghai", 2017).names["name_en"]
    for row in listed.itertuples():
        code = names.index[names == row.sector][0]
        assert row.published == pytest.approx(rows.loc[(row.province, code), row.margin])
    change = (listed["used"] - listed["published"]).abs()
    assert (change.diff().dropna() <= 0).all()
    assert sums["delta"] == 0 and 0 < sums["share"] < 50
    # nation less four, cell by cell: flows, and final uses but for inventories
    codes, uses = [f"C{k:02d}" for k in range(1, 39)], ["FU101", "FU102", "FU103", "FU201"]
    square = {
        name: read(f"io/{name.lower()}_2017").pivot(index="row", columns="column", values="value")
        for name in ("China", *DELTA)
    }
    left = square["China"].loc[codes, codes + uses] - sum(square[name].loc[codes, codes + uses] for name in DELTA)
    # only changes above a millionth of the largest cell are listed
    assert sums["negative"] == (left < -1e-6 * left.abs().max().max()).sum().sum()


def test_blind_agreement_is_that_of_one_estimate():
    rows = pole.blind_agreement(2).set_index(["margins", "method"])
    published = load_eight_regions(2007)
    wanted = agreement(blind_estimate("pairs").table, published, "East Coast")
    for name in ("flows", "correlation", "intra", "spillover", "feedback", "partners"):
        assert rows.loc[("exact", "pairs"), name] == pytest.approx(wanted[name], rel=1e-9)
    base = rows.loc[("exact", "proportionality"), "flows"]
    assert rows.loc[("exact", "pairs"), "gain"] == pytest.approx(1 - wanted["flows"] / base)


def test_what_moves_it_names_every_group_of_members(lines):
    found = pole.what_moves_it("pole", HIGH)
    subsets = {line["subset"] for line in lines if int(line["members"]) > 1}
    assert set(pole.ASSUMED) == subsets and list(found["assumption"]) == list(pole.ASSUMED.values())
    row = found.set_index("assumption").loc["decay: high"]
    assert row.tolist() == cells(lines, "pole", 2017, HIGH, "decay steep")["Shanghai", OTHERS]


def test_stored_table_lies_in_the_ensemble():
    codes = groups()["assembly"]["narrow"]
    found, band = pole.stored_pull_on_three(HIGH, codes), pole.pull_on_three(HIGH)
    table = load_estimated(2017)
    A = table.Z.to_numpy() / np.where(table.output > 0, table.output, 1.0)
    demand = pd.Series(0.0, table.output.index)
    for code in codes:
        demand["Shanghai", code] = table.output["Shanghai", code]
    wave, made = (demand / demand.sum()).to_numpy(), np.zeros(len(demand))
    for _ in range(300):
        made, wave = made + wave, A @ wave
    by_region = pd.Series(made, table.output.index).groupby(level=0).sum()
    assert found == pytest.approx(by_region[["Jiangsu", "Zhejiang", "Anhui"]].sum(), abs=1e-9)
    assert band["lower"] < found < band["upper"]


def test_what_is_not_stored_is_an_error():
    with pytest.raises(KeyError, match="no 'pull' of 'chips' in 2017 is stored"):
        pole.ensemble_rows("pull", group="chips")
