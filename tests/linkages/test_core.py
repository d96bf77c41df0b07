import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.linkages import (
    allocation_coefficients,
    ghosh_inverse,
    leontief_inverse,
    output_multipliers,
    primary_input_coefficients,
    primary_input_multipliers,
    technical_coefficients,
)
from analysis.tables import ASSUMPTIONS, TableError
from tests.examples import case, closed, codes, miller_blair, table, tables


def germany():
    """Domestic flows of Germany 1995; imported inputs and product taxes are primary inputs here."""
    c = case("germany_1995")
    primary = {"VA001": c["compensation"], "imports": c["imports"], "net tax on products": c["net_tax_on_products"]}
    primary["other value added"] = list(np.subtract(c["gva"], c["compensation"]))
    uses = dict(c["final_uses"])
    exports = uses.pop("exports")
    return table(
        c["Z"],
        c["x"],
        sectors=c["sectors"],
        final=uses,
        exports=exports,
        value_added=primary,
        column_tolerance=1,
        unit="million EUR",
        region="Germany",
        year=1995,
    )


# --- published numbers


def test_miller_blair_two_sectors(tie):
    c, t = case("miller_blair_2x2"), miller_blair()
    e = c["expected"]
    tie(technical_coefficients, technical_coefficients(t), e["A"], kind="published", source=c["source"], atol=1e-15)
    tie(leontief_inverse, leontief_inverse(t), e["L"], kind="published", source=c["source"], atol=5e-9)
    found, expected = output_multipliers(t), e["output_multipliers"]
    tie(output_multipliers, found, expected, kind="published", source=c["source"], atol=5e-7)
    np.testing.assert_allclose(leontief_inverse(t) @ e["f_new"], e["x_new"], atol=0.05)
    labour = leontief_inverse(t) @ e["f_new"] * c["labour_coefficients"]
    np.testing.assert_allclose(labour, e["labour_new"], atol=0.05)


def test_miller_blair_problem_2_1(tie):
    c = case("miller_blair_problem_2_1")
    t, e = closed(c["Z"], c["x"]), c["expected"]
    assert t.final_demand.tolist() == e["f"]
    np.testing.assert_allclose(technical_coefficients(t), e["A"], atol=1e-15)
    tie(leontief_inverse, leontief_inverse(t), e["L"], kind="published", source=c["source"], atol=5e-3)
    np.testing.assert_allclose(leontief_inverse(t) @ c["f_new"], e["x_new"], atol=0.05)
    A, layer, output = technical_coefficients(t).to_numpy(), np.array(c["f_new"], float), np.zeros(2)
    rounds = []
    for _ in range(26):
        output, layer = output + layer, A @ layer
        rounds.append(output)
    for count, digits in ((4, 2), (25, 1)):
        expected, off = e[f"x_new_after_{count}_rounds"], 0.5 * 10.0**-digits
        tie(technical_coefficients, rounds[count], expected, kind="published", source=c["source"], atol=off)


def test_miller_blair_problem_2_2(tie):
    c = case("miller_blair_problem_2_2")
    x = np.array(c["expected"]["x"], float)
    t = closed(np.array(c["A"]) * x, x)
    tie(leontief_inverse, leontief_inverse(t), c["expected"]["L"], kind="published", source=c["source"], atol=5e-4)
    np.testing.assert_allclose(leontief_inverse(t) @ c["f"], x, atol=1e-9)


def test_germany_1995(tie):
    c, t = case("germany_1995"), germany()
    e = c["expected"]
    A, L, G = technical_coefficients(t).to_numpy(), leontief_inverse(t).to_numpy(), ghosh_inverse(t).to_numpy()
    gva = ["VA001", "other value added"]
    pairs = {
        technical_coefficients: (np.diag(A)[:3], [e["a_11"], e["a_22"], e["a_33"]]),
        leontief_inverse: (np.diag(L)[:3], e["leontief_diagonal_first_3"]),
        output_multipliers: (output_multipliers(t), e["backward"]),
        ghosh_inverse: (G[:, 0], e["ghosh_column_1"]),
        primary_input_coefficients: (primary_input_coefficients(t).loc[gva].sum(), e["gva_coefficients"]),
        primary_input_multipliers: (primary_input_multipliers(t).loc[gva].sum(), e["gva_multipliers"]),
    }
    for function, (found, printed) in pairs.items():
        tie(function, found, printed, kind="published", source=c["source"], atol=5e-5)


# --- identities


@given(tables())
def test_inverse_solves_its_equation(tie, t):
    A, L = technical_coefficients(t).to_numpy(), leontief_inverse(t).to_numpy()
    tie(leontief_inverse, L - A @ L, np.eye(t.n), kind="identity", source="L - AL = I", atol=1e-10)
    np.testing.assert_allclose(L - L @ A, np.eye(t.n), atol=1e-10)
    series = sum(np.linalg.matrix_power(A, k) for k in range(400))
    tie(leontief_inverse, L, series, kind="naive", source="the sum of 400 rounds", rtol=1e-6, atol=1e-6)


@given(tables(), st.sampled_from(sorted(ASSUMPTIONS)))
def test_output_is_what_final_demand_requires(t, assumption):
    local = t.local(assumption)
    required = leontief_inverse(local) @ (local.final_demand + local.exports + local.error)
    np.testing.assert_allclose(required, t.output, rtol=1e-9, atol=1e-8)


@given(tables())
def test_ghosh_is_the_inverse_of_allocations_and_a_scaled_leontief(tie, t):
    B, G = allocation_coefficients(t), ghosh_inverse(t)
    naive, source = np.linalg.inv(np.eye(len(B)) - B), "inverting I - B"
    tie(ghosh_inverse, G, naive, kind="naive", source=source, rtol=1e-8, atol=1e-9)
    active = t.sectors[t.active]
    x = t.output[active].to_numpy()
    scaled, source = np.diag(1 / x) @ leontief_inverse(t).loc[active, active] @ np.diag(x), "G = x̂⁻¹ L x̂"
    tie(ghosh_inverse, G, scaled, kind="identity", source=source, rtol=1e-10)
    A, source = technical_coefficients(t).loc[active, active].to_numpy(), "B = x̂⁻¹ A x̂"
    tie(allocation_coefficients, B, A * x / x[:, None], kind="identity", source=source, rtol=1e-12)
    assert G.index.equals(active)


@given(tables(idle=False))
def test_primary_inputs_carried_forward_make_output(t):
    np.testing.assert_allclose(t.total_value_added @ ghosh_inverse(t), t.output, rtol=1e-9)


@given(tables())
def test_multipliers_are_column_sums_over_all_suppliers(tie, t):
    expected = leontief_inverse(t).sum(axis=0)[t.active]
    tie(output_multipliers, output_multipliers(t), expected, kind="naive", source="column sums of L", rtol=1e-10)


@given(tables(), st.sampled_from(sorted(ASSUMPTIONS)))
def test_each_unit_of_final_demand_ends_as_value_added_or_import(tie, t, assumption):
    local = primary_input_multipliers(t.local(assumption))
    assert local.index.tolist() == ["VA001", "VA004", "imported"]
    source = "primary inputs of a unit of final demand sum to one"
    tie(primary_input_multipliers, local.sum(), 1, kind="identity", source=source, rtol=1e-10)
    if t.active.all():
        np.testing.assert_allclose(primary_input_multipliers(t).sum(), 1, rtol=1e-10)
    columns = (
        primary_input_coefficients(t.local(assumption)).sum()
        + t.local(assumption).Z.sum()[t.active] / t.output[t.active]
    )
    source = "inputs of a unit of output sum to one"
    tie(primary_input_coefficients, columns, 1, kind="identity", source=source, rtol=1e-10)


@given(tables(), st.sampled_from(sorted(ASSUMPTIONS)))
def test_local_multipliers_do_not_exceed_those_of_technology(t, assumption):
    assert (output_multipliers(t.local(assumption)) <= output_multipliers(t) + 1e-9).all()


def test_idle_sectors_keep_their_place_in_inputs_and_leave_ratios():
    t = table([[150.0, 0.0], [200.0, 0.0]], [1000.0, 0.0], inflows=[0, 250])
    assert technical_coefficients(t)["S2"].tolist() == [0, 0]
    assert leontief_inverse(t).index.tolist() == ["S1", "S2"]
    # The input of S2 comes from outside, and counts in technology.
    assert output_multipliers(t)["S1"] == pytest.approx((1 + 0.2) / 0.85)
    assert output_multipliers(t.local("supply pool"))["S1"] == pytest.approx(1 / 0.85)
    for result in (allocation_coefficients(t), ghosh_inverse(t)):
        assert result.index.tolist() == ["S1"]


def test_one_sector():
    t = table([[25.0]], [100.0])
    assert leontief_inverse(t).iloc[0, 0] == pytest.approx(4 / 3)
    assert ghosh_inverse(t).iloc[0, 0] == pytest.approx(4 / 3)


def test_names_of_results_say_what_they_are():
    t = miller_blair(local=False)
    assert output_multipliers(t).name == "output multiplier, competitive"
    assert output_multipliers(miller_blair()).name == "output multiplier, local"


def test_an_inverse_of_another_table_is_refused():
    t = miller_blair()
    assert ghosh_inverse(t, leontief_inverse(t)).equals(ghosh_inverse(t))
    other = leontief_inverse(table([[1.0]], [2.0]))
    with pytest.raises(TableError, match="the inverse has 1 sectors that are not the 2 of Shanghai 2017"):
        ghosh_inverse(t, other)


def test_memory_layout_of_the_flows_does_not_matter():
    rng = np.random.default_rng(1)
    Z, x = rng.uniform(0, 10, (5, 5)), np.full(5, 100.0)
    by_rows, by_columns = table(np.ascontiguousarray(Z), x), table(np.asfortranarray(Z), x)
    expected = np.linalg.inv(np.eye(5) - Z / x)
    for t in (by_rows, by_columns):
        np.testing.assert_allclose(leontief_inverse(t), expected, rtol=1e-12)
        np.testing.assert_allclose(output_multipliers(t), expected.sum(axis=0), rtol=1e-12)
    assert leontief_inverse(by_rows).index.equals(codes(5))
