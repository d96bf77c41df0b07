"""What regions publish, and the rest of the nation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data import read
from analysis.interregional import (
    DELTA,
    REST,
    RegionalAccounts,
    delta_accounts,
    distances_between,
    eight_regions,
    margin_misfit,
    published_accounts,
    rest_of_nation,
)
from analysis.tables import InterregionalTable, TableError, load, load_other_provinces
from tests.interregional.examples import own_table, proportional, random_accounts

YEARS = (2012, 2017)


def test_accounts_hold_what_regions_publish_and_no_flow_between_them(tie):
    t = proportional(3, 2)
    accounts = published_accounts(t)
    trade = t.trade()
    for r in t.regions:
        others = [s for s in t.regions if s != r]
        for i in t.sectors:
            expected = [sum(trade[r, s, i] for s in others), sum(trade[s, r, i] for s in others)]
            found = accounts.units.loc[(r, i)]
            tie(published_accounts, found, expected, kind="naive", source="sums of flows", rtol=1e-12)
    # A round trip that keeps every margin, between three regions in both directions, leaves no trace.
    Z, final = t.Z, t.final_uses
    for a, b, sign in (
        ("r0", "r1", 1),
        ("r1", "r2", 1),
        ("r2", "r0", 1),
        ("r0", "r2", -1),
        ("r2", "r1", -1),
        ("r1", "r0", -1),
    ):
        Z.loc[(a, "C01"), (b, "C02")] += 0.01 * sign
        final.loc[(a, "C01"), (b, "FU102")] += 0.0
    twin = InterregionalTable(**parts(t) | {"Z": Z})
    assert (twin.trade() != trade).any()
    for name, table in published_accounts(twin).tables.items():
        pd.testing.assert_frame_equal(table.Z, accounts.tables[name].Z)
        pd.testing.assert_frame_equal(table.trade, accounts.tables[name].trade)


def parts(t):
    names = (
        "final_uses value_added output exports imported imported_final reexports error year unit price_basis vintage"
    )
    return {name: getattr(t, name) for name in [*names.split(), "estimated", "provenance"]}


def nation_of(accounts):
    """Add up regions to a nation: trade among them is inside."""
    tables = list(accounts.tables.values())
    total = {b: sum(getattr(t, b) for t in tables[1:]) + getattr(tables[0], b) for b in ("Z", "final_uses", "output")}
    trade = sum((t.trade for t in tables[1:]), tables[0].trade)
    nation = own_table("China", total["Z"], total["output"], total["final_uses"]["FU102"],
                       {"EX": trade["EX"], "OF": 0, "IM": trade["IM"], "IF": 0}, list(trade.index))  # fmt: skip
    return nation


@settings(max_examples=15)
@given(st.integers(0, 200))
def test_remainder_of_a_sum_is_the_part_that_was_left_out(tie, seed):
    accounts, _ = random_accounts(3, 3, seed, transit=False)
    left_out = accounts.tables["r2"]
    rest, changes = rest_of_nation(
        nation_of(accounts),
        {r: accounts.tables[r] for r in ("r0", "r1")},
        left_out.trade["OF"] + 5,
        left_out.trade["IF"],
    )
    assert not len(changes)
    source = "the region left out"
    for name in ("Z", "final_uses", "value_added", "output"):
        tie(rest_of_nation, getattr(rest, name), getattr(left_out, name), kind="identity", source=source, atol=1e-7)
    net = (rest.trade["OF"] - rest.trade["IF"]).to_numpy()
    expected = (left_out.trade["OF"] - left_out.trade["IF"]).to_numpy()
    tie(rest_of_nation, net, expected, kind="identity", source=source, atol=1e-7)
    np.testing.assert_allclose(rest.error, left_out.error, atol=1e-7)


def test_negative_remainders_are_mended_and_listed():
    accounts, _ = random_accounts(3, 3, 7, transit=False)
    nation, four = nation_of(accounts), {r: accounts.tables[r] for r in ("r0", "r1")}
    Z, x = nation.Z.to_numpy().copy(), nation.output.to_numpy()
    short = sum(t.Z.to_numpy() for t in four.values())
    moved = Z[0, 1] - short[0, 1] + 2.0
    Z[0, 1] -= moved  # two below what the regions use themselves
    Z[1, 1] += moved
    trade = {"EX": nation.trade["EX"], "OF": 0, "IM": nation.trade["IM"], "IF": 0}
    trade["EX"] = trade["EX"] - accounts.tables["r2"].trade["EX"] - np.array([1.0, 0, 0])
    nation = own_table("China", Z, x, nation.final_uses["FU102"], trade, list(nation.sectors))
    rest, changes = rest_of_nation(nation, four, accounts.tables["r2"].trade["OF"], accounts.tables["r2"].trade["IF"])
    exact = nation.Z - sum(t.Z for t in four.values())
    assert exact.iloc[0, 1] == pytest.approx(-2)
    assert (rest.Z.to_numpy() >= 0).all()
    np.testing.assert_allclose(rest.Z.sum(), exact.sum(), rtol=1e-9)
    uses = exact.sum(axis=1) + nation.final_demand - sum(t.final_demand for t in four.values())
    np.testing.assert_allclose(rest.Z.sum(axis=1) + rest.final_demand, uses, rtol=1e-9)
    cell = changes[(changes["code"] == "C01") & (changes["user"] == "C02")].iloc[0]
    assert [cell["published"], cell["used"]] == pytest.approx([-2, 0])
    foreign = changes[changes["block"] == "foreign trade"].set_index(["code", "user"])
    assert foreign.loc[("C01", "EX"), ["published", "used"]].tolist() == pytest.approx([-1, 0])
    assert foreign.loc[("C01", "IM"), "used"] - foreign.loc[("C01", "IM"), "published"] == pytest.approx(1)


@pytest.mark.parametrize("year", YEARS)
def test_nation_less_four(tie, year):
    accounts = delta_accounts(year)
    nation, rest = load("China", year), accounts.tables[REST]
    for name in ("output", "total_value_added"):
        expected = getattr(nation, name) - sum(getattr(load(r, year), name) for r in DELTA)
        tie(delta_accounts, getattr(rest, name), expected, kind="identity", source="nation less four", rtol=1e-9)
    uses = sum(t.intermediate_uses + t.final_demand for t in accounts.tables.values())
    np.testing.assert_allclose(uses, nation.intermediate_uses + nation.final_demand, rtol=1e-9)
    net = sum(t.trade["EX"] - t.trade["IM"] for t in accounts.tables.values())
    np.testing.assert_allclose(net, nation.trade["EX"] - nation.trade["IM"], atol=1e-6)
    # Nothing is negative but inventories.
    assert (rest.Z >= 0).all(axis=None)
    assert (rest.final_uses.drop(columns="FU202") >= 0).all(axis=None)
    assert (rest.trade >= 0).all(axis=None)
    exact = nation.Z - sum(load(r, year).Z for r in DELTA)
    listed = accounts.adjustments[accounts.adjustments["block"] == "flows and final uses"]
    emptied = listed[(listed["published"] < 0) & listed["user"].str.startswith("C")]
    found = emptied.set_index(["code", "user"])["published"]
    # Every negative flow of the exact remainder is listed, but for those below a millionth of the largest.
    assert found.sum() == pytest.approx(exact.where(exact < 0, 0.0).sum().sum(), rel=1e-3)
    # Outflow and inflow of the rest balance those of the four.
    gap = sum(t.trade["OF"] - t.trade["IF"] for t in accounts.tables.values())
    np.testing.assert_allclose(gap, 0, atol=1e-6)


@pytest.mark.parametrize("year", YEARS)
def test_other_provinces_added_up(tie, year):
    accounts, panel = delta_accounts(year, "sum"), read("io/province_sectors")
    rest, rows = accounts.tables[REST], panel[(panel["year"] == year) & ~panel["region"].isin(["China", *DELTA])]
    by_code = rows.groupby("code")[["output", "value_added", "intermediate_use"]].sum()
    source = "a sum over the panel of provinces"
    tie(delta_accounts, rest.output, by_code["output"], kind="naive", source=source, rtol=1e-9)
    tie(delta_accounts, rest.intermediate_uses, by_code["intermediate_use"], kind="naive", source=source, rtol=1e-9)
    # Splitting a column that holds both kinds of trade keeps what leaves in all.
    published = load_other_provinces(year).trade
    for abroad, inside in (("EX", "OF"), ("IM", "IF")):
        np.testing.assert_allclose(rest.trade[abroad] + rest.trade[inside], published[abroad] + published[inside])
    split = set(accounts.adjustments["region"])
    assert split == ({"Hubei", "Qinghai", "Inner Mongolia"} if year == 2012 else set())


def test_provinces_do_not_agree_with_each_other():
    # Sums over the published panel, by a loop.
    panel = read("io/province_sectors").query("year == 2017 and region != 'China'")
    gap = total = 0.0
    for _, rows in panel.groupby("code"):
        gap += abs(rows["outflow"].sum() - rows["inflow"].sum())
        total += (rows["outflow"].sum() + rows["inflow"].sum()) / 2
    assert 0.45 < gap / total < 0.47
    assert margin_misfit(delta_accounts(2017)) == pytest.approx(gap / total)


def test_misfit_by_hand(tie):
    accounts, _ = random_accounts(3, 2)
    noise = np.ones((2, 3, 2))
    noise[0, :, 0] = 2.0
    out = accounts.units["outflow"].unstack().sum()
    expected = out["C01"] / ((3 * out["C01"] + 2 * out["C02"]) / 2)
    tie(margin_misfit, margin_misfit(accounts, noise), expected, kind="naive", source="by hand", rtol=1e-9)
    assert margin_misfit(accounts) == pytest.approx(0, abs=1e-12)


def test_distances_between_regions_by_hand(tie):
    km = read("statistics/distances").set_index(["measure", "region", "other"])["distance"]
    places = pd.Series({"Shanghai": "delta", "Anhui": "delta", "Hebei": "Hebei"})
    found = distances_between(places, "capitals")
    expected = 2 / (1 / km["capitals", "Shanghai", "Hebei"] + 1 / km["capitals", "Anhui", "Hebei"])
    tie(distances_between, found.loc["delta", "Hebei"], expected, kind="naive", source="by hand", rtol=1e-12)
    assert found.loc["Hebei", "delta"] == found.loc["delta", "Hebei"]
    alone = distances_between(pd.Series({r: r for r in DELTA}))
    assert alone.loc["Shanghai", "Jiangsu"] == pytest.approx(km["centres", "Shanghai", "Jiangsu"])
    with pytest.raises(TableError, match="unknown measure 'road'"):
        distances_between(places, "road")
    with pytest.raises(TableError, match="no distances for Taiwan"):
        distances_between(pd.Series({"Taiwan": "a"}))


def test_the_east_coast_is_shanghai_jiangsu_and_zhejiang(tie):
    found = eight_regions()
    members = sorted(found.index[found == "East Coast"])
    tie(eight_regions, members, ["Jiangsu", "Shanghai", "Zhejiang"], kind="published", source="list of the publication")
    assert found.value_counts().sum() == 31


def test_bad_accounts_are_named():
    accounts, _ = random_accounts(2, 2)
    tables = accounts.tables
    with pytest.raises(TableError, match="at least two regions"):
        RegionalAccounts({"r0": tables["r0"]})
    with pytest.raises(TableError, match="does not publish"):
        RegionalAccounts({"a": load("Shanghai", 2002), "b": load("Anhui", 2002)})
    with pytest.raises(TableError, match="other year and unit"):
        RegionalAccounts({"a": load("Shanghai", 2012), "b": load("Anhui", 2017)})
    with pytest.raises(TableError, match="r1 has other sectors"):
        RegionalAccounts(
            tables | {"r1": own_table("r1", [[1.0]], [9.0], 2, dict.fromkeys(("EX", "OF", "IM", "IF"), 1))}
        )
    with pytest.raises(TableError, match="together with their membership"):
        RegionalAccounts(tables, accounts.units)
    membership = {"r0": "r0", "r1": "r1"}
    with pytest.raises(TableError, match="r0 C01: margins differ from the table of r0 by 1"):
        RegionalAccounts(tables, accounts.units + 1, membership)
    with pytest.raises(TableError, match="missing or negative in"):
        RegionalAccounts(tables, -accounts.units, membership)
    with pytest.raises(TableError, match="units lie in r0, but the regions are r0, r1"):
        RegionalAccounts(tables, accounts.units, {"r0": "r0", "r1": "r0"})
    with pytest.raises(TableError, match="unknown rest 'other'"):
        delta_accounts(2017, "other")
