import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.linkages import extract_group, hypothetical_extraction, leontief_inverse, output_multipliers
from analysis.scenarios import EFFECTS, final_demand_shock, import_substitution, sourcing_shift, supply_loss
from analysis.tables import ASSUMPTIONS, ImportTreatmentError, TableError, load
from tests.examples import miller_blair, table, tables

# Each example builds some dozen tables.
few = settings(max_examples=10)


def shanghai():
    return load("Shanghai", 2017)


def arrays(t, assumption):
    """Everything a naive solution needs, from the competitive table and its local shares alone."""
    x = t.output.to_numpy()
    A = t.Z.to_numpy() / np.where(x > 0, x, 1)
    v = t.total_value_added.to_numpy() / np.where(x > 0, x, 1)
    return x, A, v, t.final_uses.to_numpy(), t.local_shares(assumption).to_numpy(), t.local(assumption)


def rounds(A, f):
    """Total requirements by adding up round after round."""
    total, term = f.copy(), f
    while np.abs(term).max() > 1e-15 * max(np.abs(total).max(), 1e-300):
        term = A @ term
        total = total + term
    return total


def all_scenarios(t):
    code = t.output.idxmax()
    yield final_demand_shock(t, {code: 10.0})
    yield final_demand_shock(t, {code: 10.0}, bought="locally")
    yield import_substitution(t, {code: 0.3})
    yield sourcing_shift(t, {code: -0.3}, [code, t.final_uses.columns[0]])
    yield supply_loss(t, {code: 0.4})


def exports(t):
    return t.trade.sum(axis=None)


@few
@given(tables())
def test_every_unit_spent_ends_as_value_added_or_outside(t):
    for scenario in all_scenarios(t):
        for assumption, after in scenario.tables.items():
            before = t.local(assumption)
            spent = (after.final_uses.sum(axis=None) + after.imported_final.sum(axis=None)) - t.final_uses.sum(
                axis=None
            )
            sold = exports(after) - exports(before)
            found = scenario.cases.loc[assumption].sum()
            # The balancing column of a scaled row is the one thing beside; random tables have none.
            assert found["value_added"] + found["leakage"] == pytest.approx(spent + sold, abs=1e-7)


@few
@given(tables())
def test_effects_are_differences_of_tables(t):
    for scenario in all_scenarios(t):
        assert list(scenario.cases.columns) == list(EFFECTS)
        for assumption, after in scenario.tables.items():
            effects, before = scenario.cases.loc[assumption], t.local(assumption)
            np.testing.assert_allclose(effects["output"], after.output - before.output, atol=1e-8)
            difference = after.total_value_added - before.total_value_added
            np.testing.assert_allclose(effects["value_added"], difference, atol=1e-8)
            assert after.vintage.endswith(scenario.name) and after.assumption == assumption


@few
@given(tables())
def test_ranges_and_totals_are_over_the_assumptions(t):
    for scenario in all_scenarios(t):
        stacked = np.stack([scenario.cases.loc[a].to_numpy() for a in ASSUMPTIONS])
        for k, effect in enumerate(EFFECTS):
            np.testing.assert_array_equal(scenario.range[effect]["lowest"], stacked[:, :, k].min(axis=0))
            np.testing.assert_array_equal(scenario.range[effect]["highest"], stacked[:, :, k].max(axis=0))
        assert scenario.range.index.tolist() == t.sectors.tolist()
        np.testing.assert_allclose(scenario.totals[list(ASSUMPTIONS)], stacked.sum(axis=1).T, atol=1e-12)
        assert (scenario.totals["lowest"] == scenario.totals[list(ASSUMPTIONS)].min(axis=1)).all()
        assert (scenario.totals["highest"] == scenario.totals[list(ASSUMPTIONS)].max(axis=1)).all()
        pd.testing.assert_frame_equal(scenario.effects, scenario.cases.loc["supply pool"], check_exact=True)


# --- final demand


@pytest.mark.parametrize("assumption", ASSUMPTIONS)
def test_demand_shock_round_by_round(assumption, tie):
    t = shanghai()
    _, A, v, _, r, _ = arrays(t, assumption)
    demand = np.zeros(t.n)
    demand[[18, 24]] = [100, -20]
    found = final_demand_shock(t, {"C19": 100.0, "C25": -20.0}).cases.loc[assumption]
    output = rounds(r[:, None] * A, r * demand)
    np.testing.assert_allclose(found["direct"], r * demand, atol=1e-12)
    tie(final_demand_shock, found["output"], output, kind="naive", source="round by round", atol=1e-10)
    np.testing.assert_allclose(found["value_added"], v * output, atol=1e-10)
    np.testing.assert_allclose(found["leakage"], (1 - r) * (demand + A @ output), atol=1e-8)
    assert found[["value_added", "leakage"]].sum(axis=None) == pytest.approx(80, abs=1e-7)


def test_local_demand_has_the_output_multiplier():
    t = shanghai()
    scenario = final_demand_shock(t, {"C20": 1.0}, bought="locally", assumption="exports first")
    for assumption in ASSUMPTIONS:
        multiplier = output_multipliers(t.local(assumption))["C20"]
        assert scenario.cases.loc[assumption]["output"].sum() == pytest.approx(multiplier, rel=1e-12)
    assert scenario.effects["output"].sum() == pytest.approx(output_multipliers(t.local("exports first"))["C20"])


@few
@given(tables(), st.floats(-3, 3))
def test_demand_shocks_are_linear(t, size):
    a, b = t.sectors[0], t.sectors[-1]
    shock = pd.Series(0.0, t.sectors)
    shock[a] += 0.01
    shock[b] += 0.01 * size
    both = final_demand_shock(t, shock)
    parts = [final_demand_shock(t, {a: 0.01}).cases, size * final_demand_shock(t, {b: 0.01}).cases]
    np.testing.assert_allclose(both.cases, sum(parts), atol=1e-8)


# --- sourcing


@pytest.mark.parametrize("assumption", ASSUMPTIONS)
def test_import_substitution_round_by_round(assumption, tie):
    t = shanghai()
    x, A, v, f, r, local = arrays(t, assumption)
    share = np.zeros(t.n)
    share[[18, 19]] = [0.25, 1.0]
    scenario = import_substitution(t, {"C19": 0.25, "C20": 1.0})
    found, raised = scenario.cases.loc[assumption], r + share * (1 - r)
    # The new equilibrium from scratch; what the published rows leave open stays as it is.
    rest = local.output.to_numpy() - local.Z.sum(axis=1) - local.final_uses.sum(axis=1)
    output = rounds(raised[:, None] * A, raised * f.sum(axis=1) + rest.to_numpy())
    tie(import_substitution, found["output"], output - x, kind="naive", source="round by round", atol=1e-7)
    np.testing.assert_allclose(found["value_added"], v * (output - x), atol=1e-7)
    outside = (1 - raised) * (A @ output + f.sum(axis=1)) - (1 - r) * (A @ x + f.sum(axis=1))
    np.testing.assert_allclose(found["leakage"], outside, atol=1e-7)
    np.testing.assert_allclose(found["direct"], (raised - r) * (A @ x + f.sum(axis=1)), atol=1e-8)
    after = scenario.tables[assumption]
    bought = after.Z.sum(axis=1) / (after.Z + after.imported).sum(axis=1).where(lambda s: s > 0, 1)
    np.testing.assert_allclose(bought[["C19", "C20"]], raised[[18, 19]], rtol=1e-10)
    assert found["output"].sum() >= 0 and found["leakage"].sum() <= 0


@few
@given(tables())
def test_substitution_for_all_users_is_their_shift(t):
    code = t.output.idxmax()
    users = [*t.sectors, *t.final_uses.columns]
    whole, shift = import_substitution(t, {code: 0.6}), sourcing_shift(t, {code: 0.6}, users)
    pd.testing.assert_frame_equal(whole.cases, shift.cases)
    # Inventories can be negative; output moves with what is replaced.
    signs = np.sign(whole.totals.loc["direct", list(ASSUMPTIONS)].round(9))
    assert (signs == np.sign(whole.totals.loc["output", list(ASSUMPTIONS)].round(9))).all()


@few
@given(tables(), st.floats(-1, 1))
def test_a_shift_changes_only_what_its_users_buy(t, share):
    code = t.output.idxmax()
    scenario = sourcing_shift(t, {code: share}, [code])
    for assumption, after in scenario.tables.items():
        before = t.local(assumption)
        A, B = (each.Z / each.output.where(each.active, 1.0) for each in (before, after))
        r = before.Z.loc[code, code] / t.Z.loc[code, code] if t.Z.loc[code, code] else 0.0
        wanted = r + share * (1 - r) if share > 0 else r * (1 + share)
        whole = t.Z.loc[code, code] / t.output[code]
        assert B.loc[code, code] == pytest.approx(wanted * whole, abs=1e-12)
        B.loc[code, code] = A.loc[code, code]
        np.testing.assert_allclose(B, A, atol=1e-12)
        np.testing.assert_allclose(after.final_uses, before.final_uses, atol=1e-12)


@few
@given(tables(), st.floats(-1, 1), st.sampled_from(list(ASSUMPTIONS)))
def test_a_shift_round_by_round(tie, t, share, assumption):
    code, use = t.output.idxmax(), t.final_uses.columns[0]
    x, A, _, f, r, _ = arrays(t, assumption)
    k = t.sectors.get_loc(code)
    moved = r[k] + share * (1 - r[k]) if share > 0 else r[k] * (1 + share)
    AL, final = r[:, None] * A, r[:, None] * f
    rest = x - AL @ x - final.sum(axis=1)
    AL[k, k], final[k, 0] = moved * A[k, k], moved * f[k, 0]
    output = rounds(AL, rest + final.sum(axis=1))
    found = sourcing_shift(t, {code: share}, [code, use], assumption=assumption).effects
    tie(sourcing_shift, found["output"], output - x, kind="naive", source="round by round", atol=1e-7)
    assert found["direct"].sum() == pytest.approx((moved - r[k]) * (A[k, k] * x[k] + f[k, 0]), abs=1e-8)


# --- supply


@few
@given(tables(), st.floats(0.05, 1))
def test_supply_loss_is_partial_extraction(t, share):
    code = t.output.idxmax()
    scenario = supply_loss(t, {code: share})
    for assumption in ASSUMPTIONS:
        total = hypothetical_extraction(t.local(assumption)).loc[code, "total"]
        loss = -scenario.cases.loc[assumption]["output"].sum()
        assert loss == pytest.approx(share * total, rel=1e-9)


def test_the_loss_of_a_group_is_its_extraction(tie):
    t = shanghai()
    scenario = supply_loss(t, {"C18": 1, "C20": 1})
    for assumption in ASSUMPTIONS:
        expected = extract_group(t.local(assumption), ["C18", "C20"])["total"].reindex(t.sectors, fill_value=0.0)
        found, source = -scenario.cases.loc[assumption]["output"], "losing all is extraction"
        tie(supply_loss, found, expected, kind="identity", source=source, rtol=1e-9, atol=1e-9)
        after = scenario.tables[assumption]
        assert (after.output[["C18", "C20"]] == 0).all() and (after.Z.loc[["C18", "C20"]] == 0).all(axis=None)


@pytest.mark.parametrize("assumption", ASSUMPTIONS)
def test_supply_loss_with_exogenous_output(assumption, tie):
    t = shanghai()
    x, A, _, _, r, local = arrays(t, assumption)
    # Business services: sold locally under every assumption.
    k, others = 31, np.arange(t.n) != 31
    code = t.sectors[k]
    assert 0 < r[k]
    AL = r[:, None] * A
    rest = ((np.eye(t.n) - AL) @ x)[others]
    output = x.copy()
    output[k] = 0.7 * x[k]
    output[others] = rounds(AL[np.ix_(others, others)], rest + AL[others, k] * output[k])
    scenario = supply_loss(t, {code: 0.3})
    found, source = scenario.cases.loc[assumption]["output"], "output of the sector given, round by round"
    tie(supply_loss, found, output - x, kind="naive", source=source, atol=1e-7)
    # Users of the lost product get one share of it all alike, exports too, and the rest from outside.
    after = scenario.tables[assumption]
    wanted = AL[k] * output
    kept = after.Z.loc[code].to_numpy()[wanted > 0] / wanted[wanted > 0]
    assert 0 < kept[0] < 1
    np.testing.assert_allclose(kept, kept[0], rtol=1e-9)
    assert after.exports[code] == pytest.approx(kept[0] * local.exports[code], rel=1e-9, abs=1e-9)
    np.testing.assert_allclose((after.Z + after.imported).loc[code], A[k] * output, rtol=1e-9, atol=1e-9)


def test_a_loss_that_another_one_exceeds_is_refused():
    # The first sector sells to the second only: without the second, no one needs it.
    t = table([[0.0, 50.0], [0.0, 0.0]], [50.0, 100.0])
    with pytest.raises(InputError, match="S1 loses more demand through the other sectors"):
        supply_loss(t, {"S1": 0.1, "S2": 0.9})
    assert supply_loss(t, {"S2": 0.9}).effects["output"].tolist() == pytest.approx([-45, -90])


# --- what is refused, and labels


def test_results_say_what_they_are():
    t = shanghai()
    scenario = supply_loss(t, {"C20": 0.1}, assumption="net inflow")
    assert scenario.effects.attrs == {"scenario": "supply_loss", "assumption": "net inflow", "unit": t.unit}
    assert scenario.range.attrs == {"scenario": "supply_loss", "unit": t.unit}
    assert scenario.totals.attrs == {"scenario": "supply_loss", "unit": t.unit}
    assert scenario.totals.columns.tolist() == [*ASSUMPTIONS, "lowest", "highest"]
    assert scenario.cases.index.names == ["assumption", "sector"]


def test_net_trade_leaves_one_assumption():
    t = load("Shanghai", 2002)
    with pytest.raises(TableError, match="one of net inflow"):
        final_demand_shock(t, {"C19": 1.0})
    scenario = final_demand_shock(t, {"C19": 1.0}, assumption="net inflow")
    assert scenario.totals.columns.tolist() == ["net inflow", "lowest", "highest"]


def test_what_scenarios_refuse():
    t, L = miller_blair(local=False), leontief_inverse(miller_blair())
    idle = table([[1.0, 0.0], [0.0, 0.0]], [10.0, 0.0])
    calls = {
        final_demand_shock: lambda each, change: final_demand_shock(each, change, bought="locally"),
        import_substitution: import_substitution,
        sourcing_shift: lambda each, change: sourcing_shift(each, change, ["S1"]),
        supply_loss: supply_loss,
    }
    for name, call in calls.items():
        with pytest.raises(ImportTreatmentError, match=f"{name.__name__} needs a competitive table"):
            call(miller_blair(), {"S1": 0.1})
        with pytest.raises(InputError, match="each once, from those of Shanghai 2017, which has no S9"):
            call(t, {"S9": 0.1})
        with pytest.raises(InputError, match="names sectors none"):
            call(t, {})
        with pytest.raises(InputError, match="not a finite number"):
            call(t, {"S1": np.nan})
        with pytest.raises(InputError, match="a mapping of sector to number is meant"):
            call(t, 0.1)
        with pytest.raises(InputError, match="S2 of Shanghai 2017 has no output"):
            call(idle, {"S2": 0.1})
    for call in (import_substitution, supply_loss):
        for share in (-0.1, 1.1):
            with pytest.raises(InputError, match="from 0 to 1"):
                call(t, {"S1": share})
    with pytest.raises(InputError, match="from -1 to 1"):
        sourcing_shift(t, {"S1": -1.1}, ["S1"])
    with pytest.raises(InputError, match="a share of zero is no loss"):
        supply_loss(t, {"S1": 0.0})
    with pytest.raises(InputError, match="bought must be"):
        final_demand_shock(t, {"S1": 1.0}, bought="abroad")
    with pytest.raises(TableError, match="import assumption 'magic' is unknown"):
        final_demand_shock(t, {"S1": 1.0}, assumption="magic")
    for users in ([], ["S1", "S1"], ["S9"]):
        with pytest.raises(InputError, match="users"):
            sourcing_shift(t, {"S1": 0.1}, users)
    too_much = -2 * t.output["S1"] / L.loc["S1", "S1"]
    with pytest.raises(InputError, match=r"output falls below zero in S1 \(-1000\)"):
        final_demand_shock(t, {"S1": too_much})
