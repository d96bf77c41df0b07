"""The estimate: known answers, identities, invariances, and the delta's own tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.interregional import (
    DELTA,
    REST,
    RegionalAccounts,
    delta_accounts,
    distances_between,
    estimate_interregional,
    margin_noise,
    published_accounts,
)
from analysis.labels import InputError
from analysis.linkages import BalancingError, interregional_multipliers
from analysis.tables import load
from tests.interregional.examples import own_table, proportional, random_accounts
from tests.tables.test_interregional import miller_blair

SPLIT = ("EX", "OF", "IM", "IF")
# Each example estimates one to three tables.
few = settings(max_examples=12)


# --- known answers


@few
@given(st.integers(2, 4), st.integers(1, 3), st.integers(0, 500))
def test_a_table_with_proportional_users_comes_back(tie, R, n, seed):
    t = proportional(R, n, seed)
    flows = t.trade().to_numpy().reshape(R, R, n).transpose(2, 0, 1)
    found = estimate_interregional(published_accounts(t), prior=flows, transit="netted", tolerance=1e-11).table
    source = "the table whose margins were kept"
    for block in ("Z", "final_uses", "imported", "exports"):
        tie(estimate_interregional, getattr(found, block), getattr(t, block), kind="identity", source=source, atol=1e-6)
    assert found.estimated


def test_two_regions_need_no_prior(tie):
    """With two regions the margins say everything: the textbook example, users made proportional by hand."""
    t = miller_blair()
    found = estimate_interregional(published_accounts(t), transit="netted").table
    Z, final = t.Z.to_numpy().reshape(2, 2, 2, 2), t.final_uses.to_numpy().reshape(2, 2, 2)
    expected = np.zeros_like(Z)
    for i in range(2):
        for s in range(2):
            used = [Z[r, i, s].sum() + final[r, i, s] for r in range(2)]
            for r in range(2):
                expected[r, i, s] = used[r] / sum(used) * Z[:, i, s].sum(axis=0)
    tie(estimate_interregional, found.Z, expected.reshape(4, 4), kind="naive", source="cell by cell", rtol=1e-9)
    np.testing.assert_allclose(found.trade(), t.trade(), rtol=1e-9)
    # The textbook's multipliers are near: only the users differ.
    mine, theirs = (interregional_multipliers(x.accounts, x.home)["total"] for x in (found, t))
    np.testing.assert_allclose(mine, theirs, rtol=0.05)


def small(own=60.0):
    """Build two regions and one product: a makes 100 and passes goods on, b makes 50."""
    a = own_table("a", [[20.0]], [100.0], own, {"EX": 30, "OF": 40, "IM": 50, "IF": 0})
    b = own_table("b", [[10.0]], [50.0], 80, {"EX": 0, "OF": 0, "IM": 0, "IF": 40})
    return RegionalAccounts({"a": a, "b": b})


def test_supply_pool_by_hand(tie):
    t = estimate_interregional(small()).table
    # Two thirds of all that a has (100 made, 50 imported) are its own, for every user and destination.
    expected = [[20 * 2 / 3, 10 * 40 / 90 * 2 / 3], [0, 10 * 50 / 90]]
    tie(estimate_interregional, t.Z, expected, kind="naive", source="by hand", rtol=1e-12)
    assert t.exports["a"].item() == pytest.approx(20)
    assert t.reexports["a"].item() == pytest.approx(10)
    assert t.imported.to_numpy().tolist() == [pytest.approx([20 / 3, 10 * 40 / 90 / 3])]


def test_netted_transit_by_hand(tie):
    # 70 of the 100 that a makes leave: local users share the other 30 with 50 of imports.
    t = estimate_interregional(small(), transit="netted").table
    expected = [[20 * 30 / 80, 10 * 40 / 90], [0, 10 * 50 / 90]]
    tie(estimate_interregional, t.Z, expected, kind="naive", source="by hand", rtol=1e-12)
    assert t.reexports.sum() == 0
    half = estimate_interregional(small(), transit=0.5).table
    # Half way: of what leaves, half at the pool's two thirds, half all own.
    out = (70 * 2 / 3 + 70) / 2
    assert half.Z.iloc[0, 0] == pytest.approx(20 * (100 - out) / 80)


def test_transit_beyond_output_is_traced_to_where_it_was_made():
    """A port makes nothing: what it sends on was made in a or abroad, and none of it is the port's."""
    a = own_table("a", [[10.0]], [100.0], 50, {"EX": 0, "OF": 40, "IM": 0, "IF": 0})
    port = own_table("port", [[0.0]], [0.0], 5, {"EX": 6, "OF": 29, "IM": 10, "IF": 30})
    b = own_table("b", [[20.0]], [50.0], 69, {"EX": 0, "OF": 0, "IM": 0, "IF": 39})
    tables = {"a": a, "port": port, "b": b}
    # a sends 30 to the port and 10 to b; the port sends on.
    prior = np.array([[[0, 30, 10], [0, 0, 29], [0, 0, 0]]], float)
    for transit in ("pool", "netted"):
        t = estimate_interregional(RegionalAccounts(tables), prior=prior, transit=transit).table
        assert t.Z.loc["port"].sum().sum() == 0
        # Three quarters of what the port has come from a, the rest from abroad, whatever the assumption.
        arriving = (10 + 29 * 0.75) / 39
        share = arriving * 39 / 89
        assert t.Z.loc[("a", "C01"), ("b", "C01")] == pytest.approx(20 * share)
        assert t.exports["a"].item() == pytest.approx(6 * 0.75)
        assert t.reexports["port"].item() == pytest.approx(6 * 0.25)


# --- identities and invariances


options = st.fixed_dictionaries(
    {"transit": st.sampled_from(["pool", "netted", 0.3]), "misfit": st.sampled_from(["error", "uses"])}
)


@few
@given(st.integers(2, 4), st.integers(1, 3), st.integers(0, 500), options)
def test_what_holds_for_every_estimate(R, n, seed, chosen):
    accounts, _ = random_accounts(R, n, seed)
    estimate = estimate_interregional(accounts, cap=2.0, **chosen)
    t, largest = estimate.table, max(table.output.max() for table in accounts.tables.values())
    rows = t.Z.sum(axis=1) + t.final_uses.sum(axis=1) + t.exports + t.error
    columns = t.Z.sum() + t.imported.sum() + t.value_added.sum()
    np.testing.assert_allclose(rows, t.output, atol=1e-7 * largest)
    np.testing.assert_allclose(columns, t.output, atol=1e-7 * largest)
    for block in (t.Z, t.final_uses, t.imported, t.imported_final, t.exports.to_frame(), t.reexports.to_frame()):
        assert block.to_numpy().min() >= 0
    # Each region's inputs are the published ones, from wherever.
    for r, table in accounts.tables.items():
        np.testing.assert_allclose(t.region(r).Z.sum(), table.Z.sum(), rtol=1e-7)
        if chosen["misfit"] == "error":
            np.testing.assert_allclose(t.region(r).Z, table.Z, rtol=1e-7)
            np.testing.assert_allclose(t.region(r).final_uses, table.final_uses, rtol=1e-7)
    # Margins that agree are kept.
    np.testing.assert_allclose(estimate.shipments.sum(axis=2).T, accounts.arrays["outflow"], rtol=1e-7)
    np.testing.assert_allclose(estimate.shipments.sum(axis=1).T, accounts.arrays["inflow"], rtol=1e-7)
    assert not len(estimate.adjustments[estimate.adjustments["change"].abs() > 1e-6])


@few
@given(st.integers(0, 200), st.sampled_from(["pool", "netted"]))
def test_unit_and_order_do_not_matter(seed, transit):
    accounts, _ = random_accounts(3, 2, seed)
    t = estimate_interregional(accounts, transit=transit).table
    rescaled = {
        r: own_table(r, 1e4 * x.Z, 1e4 * x.output, 1e4 * x.final_demand, {c: 1e4 * x.trade[c] for c in SPLIT})
        for r, x in accounts.tables.items()
    }
    larger = estimate_interregional(RegionalAccounts(rescaled), transit=transit).table
    np.testing.assert_allclose(larger.Z, 1e4 * t.Z, rtol=1e-6, atol=1e-4)
    turned = RegionalAccounts({r: accounts.tables[r] for r in ("r2", "r0", "r1")})
    other = estimate_interregional(turned, transit=transit).table
    np.testing.assert_allclose(other.Z.loc[t.Z.index, t.Z.columns], t.Z, rtol=1e-6, atol=1e-8)


@few
@given(st.integers(0, 100))
def test_a_product_that_nobody_makes_or_uses_stays_empty(seed):
    accounts, _ = random_accounts(3, 2, seed)
    codes = ["C01", "C02", "none"]
    wider = {}
    for r, x in accounts.tables.items():
        Z = np.zeros((3, 3))
        Z[:2, :2] = x.Z
        trade = {c: [*x.trade[c], 0.0] for c in SPLIT}
        wider[r] = own_table(r, Z, [*x.output, 0.0], [*x.final_demand, 0.0], trade, codes)
    t, before = (estimate_interregional(a).table for a in (RegionalAccounts(wider), accounts))
    kept = [pair for pair in t.Z.index if pair[1] != "none"]
    np.testing.assert_allclose(t.Z.loc[kept, kept], before.Z, rtol=1e-7, atol=1e-9)
    assert t.Z.xs("none", level=1).to_numpy().sum() == 0
    assert t.output.xs("none", level=1).sum() == 0


def test_nearer_places_trade_more():
    accounts, _ = random_accounts(3, 2, 5)
    km = pd.DataFrame([[0, 1, 9], [1, 0, 9], [9, 9, 0]], accounts.regions, accounts.regions, dtype=float)
    near = estimate_interregional(accounts, distances=km, decay=1.0).trade()
    none = estimate_interregional(accounts).trade()
    assert near["r0", "r1"].sum() >= none["r0", "r1"].sum()
    same = estimate_interregional(accounts, distances=km, decay=0.0).trade()
    np.testing.assert_allclose(same, none)


# --- margins that disagree


def disagreeing(factor=1.5):
    """Make three regions of which r2 consists of two units; all inflows are larger than outflows by a factor."""
    accounts, _ = random_accounts(3, 2, 3, transit=False)
    tables = {}
    for r, x in accounts.tables.items():
        trade = {c: x.trade[c] * (factor if c == "IF" else 1.0) for c in SPLIT}
        tables[r] = own_table(r, x.Z, x.output, x.final_demand, trade, list(x.sectors))
    units = {r: tables[r].trade[["OF", "IF"]].set_axis(["outflow", "inflow"], axis=1) for r in ("r0", "r1")}
    third = tables["r2"].trade[["OF", "IF"]].set_axis(["outflow", "inflow"], axis=1)
    units |= {"r2a": third * 1.5, "r2b": third * 0.5}
    return RegionalAccounts(tables, pd.concat(units), {"r0": "r0", "r1": "r1", "r2a": "r2", "r2b": "r2"})


def test_kept_margins_stay_and_the_others_take_the_misfit():
    accounts = disagreeing()
    estimate = estimate_interregional(accounts, cap=3.0)
    changed = estimate.adjustments
    assert set(changed["unit"]) == {"r2a", "r2b"}
    outflow, inflow = accounts.arrays["outflow"], accounts.arrays["inflow"]
    np.testing.assert_allclose(estimate.margins[0, :2], outflow[:2], rtol=1e-7)
    np.testing.assert_allclose(estimate.margins[1, :2], inflow[:2], rtol=1e-7)
    # Both sums are half way between what was published, or more where the kept units need room.
    goal = (outflow.sum(axis=0) + inflow.sum(axis=0)) / 2
    room = np.maximum(
        (outflow[:2] + inflow[:2]).max(axis=0), np.maximum(outflow[:2].sum(axis=0), inflow[:2].sum(axis=0))
    )
    np.testing.assert_allclose(estimate.margins[0].sum(axis=0), np.maximum(goal, 1.01 * room), rtol=1e-7)
    # The list adds up to the share.
    assert changed["change"].abs().sum() / (outflow.sum() + inflow.sum()) == pytest.approx(estimate.adjusted_share)
    assert estimate.table.error.abs().sum() > 0


def test_trust_divides_the_adjustment():
    accounts = disagreeing()
    estimate = estimate_interregional(accounts, trust={"r0": 0.5, "r1": 0.0, "r2a": 0.0, "r2b": 0.0}, cap=9)
    # Before own cells are taken off, half trusted units change by half the share of untrusted ones.
    relative = estimate.margins / np.stack([accounts.arrays["outflow"], accounts.arrays["inflow"]]) - 1
    np.testing.assert_allclose(relative[:, 0], relative[:, 2] / 2, rtol=1e-3)
    towards = estimate_interregional(accounts, outflow_weight=1.0, trust=0.0, cap=9)
    np.testing.assert_allclose(towards.margins[0], accounts.arrays["outflow"], rtol=1e-3)


def test_misfit_goes_to_uses_or_to_the_error_column():
    accounts = disagreeing(1.1)
    held, moved = (estimate_interregional(accounts, misfit=m, cap=9) for m in ("error", "uses"))
    published = accounts.tables["r2"]
    S = moved.shipments
    left = (
        published.output + published.trade["IM"] + S[:, :, 2].sum(axis=1) - published.trade["EX"] - S[:, 2].sum(axis=1)
    )
    third = moved.table.region("r2")
    # All that is left for local uses is used, but for what the region's own table leaves unexplained.
    np.testing.assert_allclose(third.intermediate_uses + third.final_demand, left - published.error, rtol=1e-7)
    np.testing.assert_allclose(third.Z.sum(), published.Z.sum(), rtol=1e-7)
    np.testing.assert_allclose(held.table.region("r2").final_uses, published.final_uses, rtol=1e-7)
    # The kept regions are not touched.
    np.testing.assert_allclose(moved.table.region("r0").final_uses, accounts.tables["r0"].final_uses, rtol=1e-7)


def test_what_cannot_be_done_is_an_error():
    accounts = disagreeing()
    with pytest.raises(BalancingError, match=r"change by .* in total, more than the cap of 1\.0%"):
        estimate_interregional(accounts, cap=0.01)
    with pytest.raises(BalancingError, match=r"outflow and inflow of C01, C02 differ by .* trust some units less"):
        estimate_interregional(accounts, trust=1.0)
    for wrong, message in (
        ({"transit": "none"}, "unknown transit 'none'"),
        ({"transit": 2.0}, "between 0"),
        ({"misfit": "gone"}, "unknown misfit 'gone'"),
        ({"outflow_weight": 2}, "outflow_weight must lie"),
        ({"trust": {"x": 1}}, "trust names x"),
        ({"trust": -1.0}, r"trust must lie in \[0, 1\]"),
        ({"noise": np.ones((2, 2))}, "noise must be 2 x 4 x 2"),
        ({"prior": np.ones((4, 4))}, "prior must be 2 x 4 x 4"),
        ({"prior": np.ones((2, 4, 4)), "decay": 1.0}, "give a prior, or distances"),
        ({"distances": pd.DataFrame([[1.0]], ["x"], ["x"])}, "distances lack r0"),
    ):
        with pytest.raises(InputError, match=message):
            estimate_interregional(accounts, **wrong)


def test_noise_has_a_mean_of_one_and_a_common_part(tie):
    accounts, _ = random_accounts(4, 3)
    draws = np.stack([margin_noise(accounts, 0.5, [1, k], 0.4) for k in range(4000)])
    log = np.log(draws)
    tie(margin_noise, draws.mean(), 1.0, kind="identity", source="lognormal with a mean of one", atol=0.02)
    assert log.std(axis=0).mean() == pytest.approx(0.5, abs=0.01)
    between = np.corrcoef(log[:, 0, 0, 0], log[:, 0, 1, 0])[0, 1]
    assert between == pytest.approx(0.4, abs=0.05)
    assert abs(np.corrcoef(log[:, 0, 0, 0], log[:, 1, 0, 0])[0, 1]) < 0.05
    assert (margin_noise(accounts, 0.0, 1) == 1).all()
    with pytest.raises(InputError, match="spread must be"):
        margin_noise(accounts, -1, 1)


# --- the delta


@pytest.fixture(scope="module")
def km():
    units = delta_accounts(2017).membership.index
    return distances_between(pd.Series(units, index=units))


@pytest.mark.parametrize("year", [2012, 2017])
@pytest.mark.parametrize("rest", ["residual", "sum"])
@pytest.mark.parametrize("transit", ["pool", "netted"])
def test_the_delta(km, year, rest, transit):
    accounts = delta_accounts(year, rest)
    estimate = estimate_interregional(accounts, distances=km, decay=1.7, transit=transit)
    t = estimate.table
    assert t.regions == [*DELTA, REST]
    largest = t.output.max()
    gap = t.output - t.Z.sum(axis=1) - t.final_uses.sum(axis=1) - t.exports - t.error
    assert gap.abs().max() < 1e-6 * largest
    assert (t.output - t.Z.sum() - t.imported.sum() - t.value_added.sum()).abs().max() < 1e-6 * largest
    # Outflow and inflow of the four are kept to less than 1 (10,000 CNY).
    for r, name in enumerate(DELTA):
        published = load(name, year).trade
        np.testing.assert_allclose(estimate.shipments[:, r].sum(axis=1), published["OF"], rtol=0, atol=1e-4)
        np.testing.assert_allclose(estimate.shipments[:, :, r].sum(axis=1), published["IF"], rtol=0, atol=1e-4)
    assert not set(estimate.adjustments["unit"]) & set(DELTA)
    assert estimate.adjusted_share < 0.25
    # Flows are never negative; final uses only where the region's own inventories are.
    assert t.Z.to_numpy().min() >= 0
    assert t.final_uses.drop(columns="FU202", level=1).to_numpy().min() >= 0
    assert t.exports.min() >= 0
    # The sum over regions: the nation itself, or what the provinces add up to.
    whole, nation = t.total(), load("China", year)
    if rest == "residual":
        np.testing.assert_allclose(whole.output, nation.output, rtol=1e-9)
        np.testing.assert_allclose(whole.Z.sum(), nation.Z.sum(), rtol=1e-7)
        uses = nation.intermediate_uses + nation.final_demand
        np.testing.assert_allclose(whole.intermediate_uses + whole.final_demand, uses, rtol=1e-7)
        # Net foreign trade; gross differs by what was turned round.
        turned = accounts.adjustments.query("block == 'foreign trade' and user == 'EX'")
        added = (turned["used"] - turned["published"]).sum()
        assert (whole.trade["EX"] - nation.trade["EX"]).sum() == pytest.approx(added, rel=0.02, abs=1)
    misfit = estimate.misfit
    ratio = misfit["output"].sum() / misfit["output_nation"].sum()
    assert ratio == pytest.approx({"residual": 1.0, "sum": 1.07 if year == 2012 else 1.09}[rest], abs=0.005)


def test_transit_moves_shanghais_pull_on_itself(km):
    found = {}
    for transit in ("pool", "netted"):
        t = estimate_interregional(delta_accounts(2017), distances=km, decay=1.7, transit=transit).table
        m, x = interregional_multipliers(t.accounts, t.home), t.accounts.output
        mine = m[m["region"] == "Shanghai"]
        found[transit] = np.average(mine["intra"], weights=x[mine.index])
    # Under the pool as under the pool of the region's own table: what comes back from others adds a little.
    alone = load("Shanghai", 2017).local("supply pool")
    A = alone.Z.to_numpy() / alone.output.where(alone.output > 0, 1.0).to_numpy()
    x = alone.output.to_numpy()
    expected = np.linalg.inv(np.eye(38) - A).sum(axis=0) @ x / x.sum()
    assert 0 < found["pool"] - expected < 0.03
    assert found["netted"] < found["pool"] - 0.25
