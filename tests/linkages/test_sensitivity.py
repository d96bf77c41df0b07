import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.linkages import (
    coefficient_elasticities,
    field_of_influence,
    fields_of_influence,
    leontief_inverse,
    technical_coefficients,
    tolerable_limits,
)
from analysis.tables import TableError
from tests.examples import miller_blair, table, tables


def changed(t, i, j, change):
    """Leontief inverse after a change of one coefficient, inverted again."""
    A = technical_coefficients(t).to_numpy().copy()
    A[i, j] += change
    return np.linalg.inv(np.eye(t.n) - A)


@given(tables(), st.data())
def test_field_times_change_is_the_change_of_the_inverse(tie, t, data):
    i, j = data.draw(st.integers(0, t.n - 1)), data.draw(st.integers(0, t.n - 1))
    L = leontief_inverse(t).to_numpy()
    change = data.draw(st.floats(-0.5, 0.5)) / L[j, i] if L[j, i] > 1e-3 else 0.1
    field = field_of_influence(t, t.sectors[i], t.sectors[j], change)
    difference, source = changed(t, i, j, change) - L, "inverting again after the change"
    tie(field_of_influence, change * field, difference, kind="naive", source=source, rtol=1e-7, atol=1e-9)


@given(tables())
def test_norms_of_all_fields(tie, t):
    norms, L = fields_of_influence(t), leontief_inverse(t)
    for i in t.sectors:
        for j in t.sectors:
            field = field_of_influence(t, i, j, inverse=L)
            found, expected, source = norms.loc[i, j], np.linalg.norm(field), "norm of every field, one by one"
            tie(fields_of_influence, found, expected, kind="naive", source=source, rtol=1e-10)


def test_trap_fields_are_not_transposed():
    t = table([[10.0, 60.0, 5.0], [0.0, 20.0, 40.0], [3.0, 0.0, 1.0]], [100.0, 120.0, 90.0])
    norms, small = fields_of_influence(t), 1e-6
    L = leontief_inverse(t).to_numpy()
    for i, j in [(0, 1), (1, 0), (0, 2), (2, 1)]:
        derivative = np.linalg.norm((changed(t, i, j, small) - L) / small)
        assert norms.iloc[i, j] == pytest.approx(derivative, rel=1e-4)
        assert abs(norms.iloc[j, i] - derivative) > 0.02


def test_a_change_that_no_output_can_meet_is_refused():
    t = miller_blair()
    edge = 1 / leontief_inverse(t).loc["S2", "S1"]
    field_of_influence(t, "S1", "S2", 0.99 * edge)
    with pytest.raises(TableError, match=r"a change of 3\.8 in the input of S1 to S2 reaches 1 / l = 3\.7875"):
        field_of_influence(t, "S1", "S2", 3.8)
    with pytest.raises(TableError, match="has no sectors"):
        field_of_influence(t, "S1", "S9")


@given(tables())
def test_elasticities_are_derivatives_of_output(tie, t):
    elasticities = coefficient_elasticities(t)
    x = t.output.to_numpy()
    final = x - t.Z.to_numpy().sum(axis=1)
    A = technical_coefficients(t).to_numpy()
    for i, j in {(0, 0), (t.n - 1, 0), (0, t.n - 1)}:
        small = 1e-5
        derivative = (changed(t, i, j, small * A[i, j]) @ final - x).sum() / x.sum() / small
        # Output of idle sectors is outside the table: their products come from elsewhere, and final holds it.
        found, source = elasticities.iloc[i, j], "difference quotient with a second inverse"
        tie(coefficient_elasticities, found, derivative, kind="naive", source=source, rtol=1e-3, atol=1e-7)
    whole = leontief_inverse(t).sum(axis=0) @ t.intermediate_uses / x.sum()
    found, source = elasticities.to_numpy().sum(), "all sum to i'L Z i / i'x"
    tie(coefficient_elasticities, found, whole, kind="identity", source=source, rtol=1e-9)


@given(tables(), st.sampled_from([0.001, 0.01, 0.2]))
def test_at_the_limit_the_most_sensitive_sector_moves_by_the_bound(tie, t, bound):
    limits = tolerable_limits(t, bound)
    x, A = t.output.to_numpy(), technical_coefficients(t).to_numpy()
    final = x - t.Z.to_numpy().sum(axis=1)
    busy = x > 0
    for i, j in {(0, 0), (t.n - 1, 0), (0, t.n - 1)}:
        limit = limits.iloc[i, j]
        if not np.isfinite(limit) or A[i, j] < 1e-6:
            continue
        after = changed(t, i, j, limit * A[i, j]) @ final
        moved, source = np.max(after[busy] / x[busy] - 1), "output moves by the bound, inverting again"
        tie(tolerable_limits, moved, bound, kind="naive", source=source, rtol=1e-6)
    np.testing.assert_array_equal(np.isinf(limits), (A == 0) | ~busy[:, None])


def test_limits_refuse_negative_flows_and_bounds():
    with pytest.raises(ValueError, match="above zero"):
        tolerable_limits(miller_blair(), 0)
    with pytest.raises(TableError, match="input of S1 to S2 is negative"):
        tolerable_limits(table([[1.0, -1.0], [0.0, 0.0]], [10.0, 10.0]))


def test_one_sector_and_scale():
    t = table([[25.0]], [100.0])
    assert fields_of_influence(t).iloc[0, 0] == pytest.approx((4 / 3) ** 2)
    assert coefficient_elasticities(t).iloc[0, 0] == pytest.approx(1 / 3)
    other = dataclasses.replace(t, **{k: getattr(t, k) * 10 for k in ("Z", "final_uses", "value_added", "output")})
    for method in (fields_of_influence, coefficient_elasticities, tolerable_limits):
        np.testing.assert_allclose(method(other), method(t), rtol=1e-12)


def test_an_economy_without_output_has_no_elasticities():
    with pytest.raises(TableError, match="has no output"):
        coefficient_elasticities(table([[0.0]], [0.0]))
