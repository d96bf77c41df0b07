"""What chapter 4 shows, worked out once more by other ways: loops, series instead of inverses, sums of raw files."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import read
from analysis.interregional import delta_accounts, distances_between, estimate_interregional
from analysis.tables import load
from analysis.verdicts import groups, measures
from analysis.verdicts.evidence import verdict

MAKERS = [f"C{k:02d}" for k in range(6, 22)]
ASSUMPTIONS = ["supply pool", "exports first", "net inflow"]


def share(table, assumption):
    """Local share of each product, from the raw columns."""
    x = table.output.to_numpy()
    leaves = table.exports.to_numpy()
    comes = table.inflows.to_numpy()
    out = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] == 0:
            continue
        if assumption == "supply pool":
            out[i] = x[i] / (x[i] + comes[i])
        elif assumption == "exports first":
            kept = max(x[i] - leaves[i], 0)
            foreign = comes[i] - max(leaves[i] - x[i], 0)
            out[i] = kept / (kept + foreign) if kept + foreign else 0
        else:
            out[i] = x[i] / (x[i] + max(comes[i] - leaves[i], 0))
    return pd.Series(out, table.sectors)


def coefficients(table):
    A = np.zeros((table.n, table.n))
    for j, x in enumerate(table.output):
        if x > 0:
            A[:, j] = table.Z.iloc[:, j] / x
    return A


def summed(A, first, rounds=400):
    """Sum the rounds of demand one by one."""
    total = np.zeros(len(first))
    step = np.asarray(first, dtype=float)
    for _ in range(rounds):
        total += step
        step = A @ step
    return total


@pytest.mark.parametrize("assumption", ASSUMPTIONS)
@pytest.mark.parametrize("year", [2007, 2012, 2017])
def test_new_infrastructure_round_by_round(assumption, year):
    table = load("Shanghai", year)
    r, A = share(table, assumption), coefficients(table)
    demand = pd.Series(0.0, table.sectors)
    demand[["C18", "C19", "C25", "C29"]] = 2.5
    output = summed(r.to_numpy()[:, None] * A, r * demand)
    effects = measures.scenario_effects("infrastructure", "equal parts", year, assumption)
    np.testing.assert_allclose(effects["output"], output, atol=1e-9)
    rate = (table.total_value_added / table.output.where(table.output > 0)).fillna(0)
    np.testing.assert_allclose(effects["value_added"], rate * output, atol=1e-9)
    # What is not value added here, left with the inputs.
    assert effects["value_added"].sum() + effects["leakage"].sum() == pytest.approx(10, abs=1e-6)
    assert measures.output_per_yuan(
        scenario="infrastructure", split="equal parts", imports=assumption, year=year, region="Shanghai"
    ) == pytest.approx(output.sum() / 10)


@pytest.mark.parametrize("assumption", ASSUMPTIONS[:2])
def test_replaced_inflows_round_by_round(assumption):
    table = load("Shanghai", 2017)
    r, A = share(table, assumption), coefficients(table)
    more = pd.Series(0.0, table.sectors)
    more[["C16", "C19"]] = 0.1 * (1 - r[["C16", "C19"]])
    used = table.Z.sum(axis=1) + table.final_uses.sum(axis=1)
    output = summed((r + more).to_numpy()[:, None] * A, more * used)
    effects = measures.scenario_effects("base", "key inputs", 2017, assumption)
    np.testing.assert_allclose(effects["output"], output, rtol=1e-8, atol=1e-8)
    # A yuan that comes in no longer is a yuan of value added here.
    assert effects["leakage"].sum() == pytest.approx(-effects["value_added"].sum())


def test_nothing_to_replace_under_net_inflow():
    assert measures.per_100("base", "key inputs", 2017, "net inflow") == 0
    assert "net inflow" not in set(
        measures.scenario_readings("base").query("year == 2017 and option == 'key inputs'")["imports"]
    )


def test_saved_inputs_cost_their_suppliers():
    table = load("Shanghai", 2017)
    r, A = share(table, "supply pool"), coefficients(table)
    lost, gain = np.zeros(table.n), 0.0
    for code in ["C12", "C16", "C17", "C19"]:
        saved = 0.01 * table.output[code]
        gain += saved
        inputs = table.Z[code].to_numpy()
        lost += saved * inputs / inputs.sum()
    output = summed(r.to_numpy()[:, None] * A, -r * lost)
    rate = (table.total_value_added / table.output.where(table.output > 0)).fillna(0).to_numpy()
    effects = measures.scenario_effects("firms", "fewer inputs", 2017, "supply pool")
    assert effects["value_added"].sum() == pytest.approx(gain + rate @ output)
    # All that is saved was value added somewhere: what stays here no longer goes elsewhere.
    assert effects["value_added"].sum() == pytest.approx(-effects["leakage"].sum())
    price = measures.scenario_effects("firms", "dearer products", 2017, "supply pool")
    assert price["value_added"].sum() == pytest.approx(gain)


def test_draws_without_noise_are_the_table(monkeypatch):
    """One draw whose flows are the published ones gives the published effects, for every kind of shock."""
    table = load("Shanghai", 2017)
    monkeypatch.setattr(measures, "_drawn", lambda region, year: coefficients(table)[None])
    monkeypatch.setattr(measures, "DRAWS", 1)
    for scenario in ("base", "technology", "infrastructure", "projects", "firms", "talent"):
        for option in measures.options(scenario):
            for imports in ASSUMPTIONS:
                drawn = measures.drawn_value_added.__wrapped__(scenario, option, 2017, imports)
                point = measures.scenario_effects(scenario, option, 2017, imports)["value_added"]
                np.testing.assert_allclose(drawn.iloc[0], point, atol=1e-8)


def test_the_projects_cost_what_the_figures_say():
    assert measures.shock_size("projects") == 148 * 10
    effects = measures.scenario_effects("projects", "all investment", 2017, "net inflow")
    assert effects["value_added"].sum() + effects["leakage"].sum() == pytest.approx(1480, rel=1e-6)


def test_trade_with_markets_from_the_raw_rows():
    rows = read("io/province_sectors").query("year == 2017 and region != 'China'")
    best, here = 0.0, 0.0
    for region, part in rows.groupby("region"):
        total = part["outflow"].sum() + part["inflow"].sum()
        here, best = (total, best) if region == "Shanghai" else (here, max(best, total))
    assert verdict("4-node").primary["value"] == pytest.approx(here / best)


def test_home_share_by_user():
    table = load("Shanghai", 2012)
    r = share(table, "supply pool")
    bought = home = 0.0
    for product in ("C16", "C19"):
        for user in MAKERS:
            bought += table.Z.loc[product, user]
            home += r[product] * table.Z.loc[product, user]
    assert measures.home_share("Shanghai", 2012, ["C16", "C19"], "Shanghai", "supply pool") == pytest.approx(
        100 * home / bought
    )


def test_value_kept_round_by_round():
    table = load("Shanghai", 2017)
    r, A = share(table, "supply pool"), coefficients(table)
    rate = (table.total_value_added / table.output.where(table.output > 0)).fillna(0).to_numpy()
    kept = {}
    for code in MAKERS:
        unit = np.zeros(table.n)
        unit[table.sectors.get_loc(code)] = 1
        kept[code] = rate @ summed(r.to_numpy()[:, None] * A, unit)
    inflow = table.trade["IM"] + table.trade["IF"]
    own = sum(kept[c] * inflow[c] for c in ("C16", "C19")) / sum(inflow[c] for c in ("C16", "C19"))
    others = [c for c in MAKERS if c not in ("C16", "C19")]
    rest = sum(kept[c] * inflow[c] for c in others) / sum(inflow[c] for c in others)
    assert verdict("4.1-worth").primary["value"] == pytest.approx(own / rest)


def test_wages_of_high_end_goods_round_by_round():
    table = load("Shanghai", 2017)
    r, A = share(table, "supply pool"), coefficients(table)
    wage = (table.value_added.loc["VA001"] / table.output.where(table.output > 0)).fillna(0).to_numpy()
    fields = ["C12", "C16", "C17", "C19"]
    means = []
    for codes in (fields, [c for c in MAKERS if c not in fields]):
        basket = np.array([table.output[c] if c in codes else 0 for c in table.sectors])
        means.append(wage @ summed(r.to_numpy()[:, None] * A, basket / basket.sum()))
    assert verdict("4.6-pay").primary["value"] == pytest.approx(means[0] / means[1])
    shown = measures.pay_and_people(fields).set_index("product")
    assert shown.loc["Other manufacturing", "pay"] == pytest.approx(100 * means[1])


def test_division_of_two_provinces_by_hand():
    mixes = []
    for region in ("Shanghai", "Anhui"):
        output = load(region, 2017).output[["C12", "C16", "C17", "C19"]]
        mixes.append([value / sum(output) for value in output])
    gap = sum(abs(a - b) for a, b in zip(*mixes, strict=True))
    codes = groups()["joint chains"]["named"]
    assert measures.division(2017, codes)["Shanghai - Anhui"] == pytest.approx(gap)
    change = measures.division(2017, codes).mean() - measures.division(2012, codes).mean()
    assert verdict("4.4-division").primary["value"] == pytest.approx(change)


def test_gathering_is_a_slope_within_industries():
    rows = read("statistics/industry_quotients").pivot(index=["region", "industry"], columns="year", values="quotient")
    rows = rows[[2013, 2016]].dropna()
    rows = rows[(rows > 0).all(axis=1)]
    x = np.log2(rows[2013])
    y = 100 * np.log(rows[2016] / rows[2013]) / 3
    industry = rows.index.get_level_values("industry")
    x, y = (v - v.groupby(industry).transform("mean") for v in (x, y))
    assert verdict("4.6-gather").primary["value"] == pytest.approx(float((x * y).sum() / (x**2).sum()))


def test_people_are_scaled_to_the_city():
    persons = measures.persons_per_output("Shanghai", 2017)
    table = load("Shanghai", 2017)
    people = read("statistics/employment").query("year == 2017")["persons"].sum() * 1e4
    heads = read("statistics/province_value_added").query("series == 'population' and year == 2017")
    heads = heads[~heads["note"].fillna("").str.contains("registered")].set_index("region")["value"]
    assert (persons * table.output).sum() == pytest.approx(people * heads["Shanghai"] / heads.sum())
    national = measures.persons_per_output("Shanghai", 2017, "national")
    food = read("statistics/employment").query("year == 2017 and code == 'C06'")["persons"].item() * 1e4
    assert national["C06"] == pytest.approx(food / load("China", 2017).output["C06"])


@pytest.fixture(scope="module")
def estimated():
    accounts = delta_accounts(2017, "residual")
    units = accounts.membership.index
    between = distances_between(pd.Series(units, index=units), "centres")
    return estimate_interregional(accounts, distances=between, decay=1.74, transit="pool").table


def test_reach_round_by_round(estimated):
    t = estimated
    n, regions = len(t.sectors), t.regions
    Z, x = t.Z.to_numpy(), t.output.to_numpy()
    A = np.array([Z[:, j] / x[j] if x[j] else 0 * Z[:, j] for j in range(len(x))]).T
    first = np.zeros(len(x))
    for code in ("C18", "C19", "C25", "C29"):
        i = t.sectors.get_loc(code)
        here = [t.Z.loc[(r, code), "Shanghai"].sum() + t.final_uses.loc[(r, code), "Shanghai"].sum() for r in regions]
        abroad = t.imported.loc[code, "Shanghai"].sum() + t.imported_final.loc[code, "Shanghai"].sum()
        for k in range(len(regions)):
            first[k * n + i] = 2.5 * here[k] / (sum(here) + abroad)
    output = pd.Series(summed(A, first).reshape(len(regions), n).sum(axis=1), regions)
    whole = pd.Series(x.reshape(len(regions), n).sum(axis=1), regions).drop("Shanghai")
    away, three = output.drop("Shanghai"), ["Jiangsu", "Zhejiang", "Anhui"]
    ratio = (away[three].sum() / away.sum()) / (whole[three].sum() / whole.sum())
    assert verdict("4.3-reach").primary["value"] == pytest.approx(ratio, rel=1e-6)


def test_moved_purchases_keep_the_accounts(estimated):
    """All that moves is bought in the three; the world loses what came from abroad, by value added too."""
    system = measures._System(estimated)
    codes = groups()["joint chains"]["named"]
    effects = system.resourced(codes, 0.1)
    gained = effects["direct"][["Jiangsu", "Zhejiang", "Anhui"]].sum()
    assert gained == pytest.approx(-effects.loc["Rest of China", "direct"] + effects.attrs["from abroad"])
    lost = sum(
        0.1
        * (
            estimated.Z.loc[("Rest of China", c), "Shanghai"].sum()
            + estimated.final_uses.loc[("Rest of China", c), "Shanghai"].sum()
        )
        for c in codes
    )
    assert -effects.loc["Rest of China", "direct"] == pytest.approx(lost)
    abroad = sum(
        0.1 * (estimated.imported.loc[c, "Shanghai"].sum() + estimated.imported_final.loc[c, "Shanghai"].sum())
        for c in codes
    )
    assert effects.attrs["from abroad"] == pytest.approx(abroad)
    # What the regions earn is what no longer goes abroad, less what their new inputs bring in from there.
    assert 0 < effects["value_added"].sum() < abroad
    assert system.resourced(codes, 0.2)["value_added"].sum() > 1.9 * effects["value_added"].sum()


def test_ranks_and_ranges_hold_the_primary_reading():
    for scenario in ("base", "infrastructure", "talent"):
        gain = measures.gainers(scenario, 10)
        assert (gain["best_rank"] <= gain["rank"]).all() and (gain["rank"] <= gain["worst_rank"]).all()
        assert (gain["lower"] <= gain["value_added"]).all() and (gain["value_added"] <= gain["upper"]).all()
        people = measures.jobs(scenario)
        assert people["lowest"] <= people["scaled"] < people["national"] <= people["highest"]
