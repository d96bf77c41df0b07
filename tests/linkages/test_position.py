import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given

from analysis.labels import InputError
from analysis.linkages import (
    average_propagation_length,
    downstreamness,
    leontief_inverse,
    positions,
    structural_paths,
    technical_coefficients,
    total_linkages,
    upstreamness,
)
from analysis.tables import ImportTreatmentError, TableError
from tests.examples import case, closed, miller_blair, table, tables


def leather():
    """Build the world of three countries and three industries."""
    c = case("leather")
    sectors = [f"{country}.{industry}" for country in c["countries"] for industry in c["industries"]]
    final = {country: np.array(c["F"])[:, k] for k, country in enumerate(c["countries"])}
    return closed(c["Z"], c["x"], final=final, sectors=sectors, row_tolerance=1e-6)


def steps(shares):
    """Distance by adding up the rounds, one by one."""
    total, layer = np.zeros(len(shares)), np.ones(len(shares))
    for _ in range(3000):
        total, layer = total + layer, shares @ layer
    return total


def used(t):
    return t.output - t.exports + t.inflows - t.final_uses["FU202"]


# --- published flows, positions without trade


def test_leather_world(tie):
    c, t = case("leather"), leather()
    e = c["expected"]
    for measure in (upstreamness, downstreamness):
        found, expected = measure(t, "none"), e[measure.__name__]
        tie(measure, found, expected, kind="computed", source=c["source"], rtol=1e-12)


def test_trap_positions_are_not_those_of_the_imported_block():
    c, t = case("leather"), leather()
    x = np.array(c["x"])
    imported = np.where(np.kron(np.eye(3), np.ones((3, 3))) == 0, c["Z"], 0)
    wrong = {
        upstreamness: np.linalg.solve(np.eye(9) - imported / x[:, None], np.ones(9))[0],
        downstreamness: np.linalg.solve((np.eye(9) - imported / x).T, np.ones(9))[0],
    }
    for measure, off in ((upstreamness, 0.8), (downstreamness, 0.4)):
        assert wrong[measure] == pytest.approx(c["mistaken"][f"{measure.__name__}_first"], abs=1e-6)
        assert abs(measure(t, "none").iloc[0] - wrong[measure]) > off


def test_trap_upstreamness_is_not_the_row_sums_of_the_leontief_inverse():
    t = miller_blair()
    assert not np.allclose(upstreamness(t, "none"), leontief_inverse(t).sum(axis=1), rtol=0.05)
    np.testing.assert_allclose(upstreamness(t, "none"), steps((t.Z.T / t.output).T.to_numpy()), rtol=1e-12)


@given(tables())
def test_uncorrected_positions_are_the_linkages_themselves(tie, t):
    local, linkages = t.local("supply pool"), total_linkages(t.local("supply pool"))
    for measure, side in ((upstreamness, "forward"), (downstreamness, "backward")):
        found, source = measure(local, "none"), f"uncorrected, the {side} linkage"
        tie(measure, found, linkages[side], kind="identity", source=source, rtol=1e-9)


# --- the open economy


def proper(t):
    """Whether the open-economy correction is defined: domestic uses left, and enough of them."""
    y = used(t)[t.active]
    final = (t.final_uses["FU102"] + t.error)[t.active]
    return (y > 1e-6).all() and (final > 1e-6).all()


@given(tables())
def test_corrected_positions_add_up_the_rounds(tie, t):
    assume(proper(t))
    active = t.sectors[t.active]
    y, x = used(t)[active].to_numpy(), t.output[active].to_numpy()
    Z = t.Z.loc[active, active].to_numpy()
    U, D = upstreamness(t), downstreamness(t)
    assume(U.max() < 50)
    source = "the sum of 3000 rounds"
    tie(upstreamness, U, steps(Z / y[:, None]), kind="naive", source=source, rtol=1e-8)
    tie(downstreamness, D, steps((Z / y[:, None] * x[:, None] / x).T), kind="naive", source=source, rtol=1e-8)
    pair = np.column_stack([steps(Z / y[:, None]), steps((Z / y[:, None] * x[:, None] / x).T)])
    tie(positions, positions(t), pair, kind="naive", source=source, rtol=1e-8)
    assert (U >= 1 - 1e-9).all()
    assert (D >= 1 - 1e-9).all()


@given(tables(trade=False, idle=False, inventories=False))
def test_without_trade_and_stocks_the_correction_changes_nothing(t):
    local = t.local("supply pool")
    np.testing.assert_allclose(upstreamness(t), upstreamness(local, "none"), rtol=1e-9)
    np.testing.assert_allclose(downstreamness(t), downstreamness(local, "none"), rtol=1e-9)


def test_correction_by_hand():
    # Sector 1: output 100, exports 40, imports 60, stocks 20; 50 of the 100 left go to sector 2.
    t = table(
        [[0.0, 50.0], [0.0, 0.0]],
        [100.0, 200.0],
        final={"FU102": [50, 200], "FU202": [20, 0]},
        exports=[40, 0],
        inflows=[60, 0],
    )
    assert upstreamness(t).tolist() == [1.5, 1.0]
    assert upstreamness(t, inventories=None).tolist() == pytest.approx([1 + 50 / 120, 1.0])
    assert downstreamness(t).tolist() == pytest.approx([1.0, 1 + 50 * 100 / 100 / 200])
    assert upstreamness(t).attrs["correction"] == "open economy"


def test_uncorrected_positions_of_a_table_with_inflows_are_refused():
    t = table([[150.0, 500.0], [200.0, 100.0]], [1000.0, 2000.0], exports=[300, 0], inflows=[0, 100])
    for measure in (upstreamness, downstreamness):
        with pytest.raises(ImportTreatmentError, match=r"keep the correction 'open economy', or call table\.local"):
            measure(t, "none")
    net = table([[150.0, 500.0], [200.0, 100.0]], [1000.0, 2000.0], trade={"NOF": [30, 20]})
    with pytest.raises(ImportTreatmentError, match="hold inflows"):
        upstreamness(net, "none")


def test_what_positions_refuse():
    t = miller_blair(local=False)
    with pytest.raises(TableError, match=r"has no final use 'FU202', only \['FU102'\]"):
        upstreamness(t)
    with pytest.raises(ValueError, match="correction must be"):
        upstreamness(t, "closed")
    circle = table([[150.0, 0.0], [200.0, 100.0]], [1000.0, 2000.0], exports=[850, 1700])
    with pytest.raises(TableError, match=r"no finite value \(at S1, S2\): intermediate uses exceed or exhaust"):
        upstreamness(circle, inventories=None)
    out = table([[0.0, 0.0], [200.0, 100.0]], [1000.0, 2000.0], exports=[1000, 0])
    with pytest.raises(TableError, match=r"no domestic use of \['S1'\] is left"):
        upstreamness(out, inventories=None)
    # Inputs of 90 from domestic uses of 60, the rest from stocks that run down for good: no finite distance.
    stocks = {"FU102": [-60.0, 1010.0], "FU202": [70.0, 0.0]}
    runaway = table([[90.0, 0.0], [0.0, 0.0]], [100.0, 1010.0], final=stocks)
    with pytest.raises(TableError, match=r"upstreamness of Shanghai 2017 has no finite value \(at S1\)"):
        upstreamness(runaway)


# --- average propagation length


def test_propagation_length_of_miller_blair_adds_up_the_rounds(tie):
    t = miller_blair()
    A = technical_coefficients(t).to_numpy()
    powers = [np.linalg.matrix_power(A, k) for k in range(1, 200)]
    expected = sum(k * P for k, P in enumerate(powers, 1)) / sum(powers)
    found, source = average_propagation_length(t), "the sum of 199 rounds"
    tie(average_propagation_length, found, expected, kind="naive", source=source, rtol=1e-12)


@given(tables())
def test_propagation_length_adds_up_the_rounds_and_is_missing_without_a_chain(t):
    A = technical_coefficients(t).to_numpy()
    total, weighted, power = np.zeros_like(A), np.zeros_like(A), np.eye(t.n)
    for k in range(1, 600):
        power = power @ A
        total, weighted = total + power, weighted + k * power
    lengths = average_propagation_length(t).to_numpy()
    np.testing.assert_array_equal(np.isnan(lengths), total == 0)
    chained = total > 1e-9
    np.testing.assert_allclose(lengths[chained], (weighted[chained] / total[chained]), rtol=1e-5)
    assert (lengths[chained] >= 1 - 1e-9).all()


def test_propagation_length_of_a_single_line():
    # S1 -> S2 -> S3: two steps from first to last, and no way back.
    Z = np.zeros((3, 3))
    Z[0, 1] = Z[1, 2] = 10
    lengths = average_propagation_length(closed(Z, [100.0, 100.0, 100.0]))
    assert lengths.loc["S1", "S2"] == 1
    assert lengths.loc["S1", "S3"] == 2
    assert lengths.isna().sum().sum() == 6


def test_what_only_rounding_connects_is_not_connected():
    Z = np.zeros((3, 3))
    Z[0, 1] = Z[1, 2] = 10
    t = closed(Z, [100.0, 100.0, 100.0])
    rounded = leontief_inverse(t) + 1e-18 * (1 - np.eye(3))
    assert rounded.loc["S3", "S1"] > 0
    pd.testing.assert_frame_equal(average_propagation_length(t, rounded), average_propagation_length(t))


def test_negative_flows_have_no_lengths():
    t = table([[-1.0, 0.0], [0.0, 0.0]], [10.0, 10.0])
    with pytest.raises(TableError, match=r"average_propagation_length: the flow from S1 to S1 is negative \(-1\)"):
        average_propagation_length(t)
    with pytest.raises(TableError, match="structural_paths: the flow from S1"):
        structural_paths(t, "S1")


# --- structural paths


def all_paths(t, start, longest):
    A = technical_coefficients(t).to_numpy()
    for length in range(longest + 1):
        for tail in itertools.product(range(t.n), repeat=length):
            path = (start, *tail)
            yield path, np.prod([A[b, a] for a, b in itertools.pairwise(path)])


def test_paths_against_listing_all(tie):
    t = miller_blair()
    found = structural_paths(t, "S1", count=12)
    expected = sorted((value for _, value in all_paths(t, 0, 12)), reverse=True)[:12]
    source = "all paths of up to twelve steps listed"
    tie(structural_paths, found["value"], expected, kind="naive", source=source, rtol=1e-12)
    assert found["path"][0] == ("S1",)
    assert found["path"][1] == ("S1", "S2")
    assert found["steps"].tolist()[:2] == [0, 1]
    assert found.attrs["total"] == pytest.approx(1.518152, abs=5e-7)
    np.testing.assert_allclose(found["share"], found["value"] / found.attrs["total"])


def test_paths_of_an_intensity():
    t = miller_blair()
    labour = pd.Series([0.0, 0.25], index=["S1", "S2"])
    found = structural_paths(t, "S1", count=3, intensity=labour)
    assert found["path"][0] == ("S1", "S2")
    assert found["value"][0] == pytest.approx(0.2 * 0.25)
    assert found.attrs["total"] == pytest.approx(0.25 * 0.2640264, abs=1e-7)


@given(tables(most=4))
def test_paths_are_the_largest_and_never_more_than_the_multiplier(t):
    start = int(np.flatnonzero(t.active)[0])
    found = structural_paths(t, t.sectors[start], count=10)
    assert found["value"].is_monotonic_decreasing
    assert found["value"].sum() <= found.attrs["total"] * (1 + 1e-9)
    listed = sorted((value for _, value in all_paths(t, start, 4)), reverse=True)[: len(found)]
    assert (found["value"][: len(listed)] >= np.array(listed) * (1 - 1e-12)).all()
    np.testing.assert_allclose(
        found["value"], [np.prod([weight_of(t, a, b) for a, b in itertools.pairwise(p)]) for p in found["path"]]
    )


def weight_of(t, user, supplier):
    return t.Z.loc[supplier, user] / t.output[user]


def test_a_line_has_as_many_paths_as_sectors():
    Z = np.zeros((3, 3))
    Z[0, 1] = Z[1, 2] = 10
    found = structural_paths(closed(Z, [100.0, 100.0, 100.0]), "S3")
    assert found["path"].tolist() == [("S3",), ("S3", "S2"), ("S3", "S2", "S1")]
    np.testing.assert_allclose(found["value"], [1, 0.1, 0.01])
    assert found["share"].sum() == pytest.approx(1)


def test_too_many_chains_alike_are_refused(monkeypatch):
    monkeypatch.setattr("analysis.linkages.position._MOST_BRANCHES", 50)
    flat = closed(np.full((5, 5), 19.9), np.full(5, 100.0))
    with pytest.raises(TableError, match="spread over more than 50 branches before the 20"):
        structural_paths(flat, "S1", count=20)


def test_what_paths_refuse():
    t = miller_blair()
    with pytest.raises(TableError, match="has no sectors"):
        structural_paths(t, "S9")
    with pytest.raises(InputError, match="count is 0: a whole number, 1 or more"):
        structural_paths(t, "S1", count=0)
    with pytest.raises(TableError, match=r"intensity lacks sectors \['S2'\]"):
        structural_paths(t, "S1", intensity=pd.Series({"S1": 1.0}))
    with pytest.raises(InputError, match="intensity is negative at S2 = -1"):
        structural_paths(t, "S1", intensity=pd.Series({"S1": 1.0, "S2": -1.0}))
    idle = table([[1.0, 0.0], [0.0, 0.0]], [10.0, 0.0])
    with pytest.raises(TableError, match="S2 has no output"):
        structural_paths(idle, "S2")
