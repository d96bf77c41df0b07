import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.linkages import (
    aflq,
    cilq,
    flq,
    interregional_feedback,
    interregional_multipliers,
    leontief_inverse,
    regional_coefficients,
    rlq,
    spillover_multipliers,
    technical_coefficients,
)
from analysis.tables import ImportTreatmentError, TableError
from tests.examples import case, closed, miller_blair, tables

# --- interregional multipliers


def two_regions():
    c = case("miller_blair_interregional")
    t = closed(c["Z"], c["x"], sectors=["r1", "r2", "r3", "s1", "s2"])
    return c["expected"], t, pd.Series(c["regions"], index=t.sectors)


def test_miller_blair_two_regions(tie):
    e, t, regions = two_regions()
    source = case("miller_blair_interregional")["source"]
    multipliers = interregional_multipliers(t, regions)
    of_r = multipliers[multipliers["region"] == "r"]
    np.testing.assert_allclose(technical_coefficients(t), e["A"], rtol=1e-12)
    expected = {
        "intra": e["intra_output_mult"],
        "spillover": e["inter_output_mult"],
        "single_region": np.sum(e["single_region_inverse_r"], axis=0),
    }
    for part, values in expected.items():
        tie(interregional_multipliers, of_r[part], values, kind="computed", source=source, rtol=1e-12)
    feedback = interregional_feedback(t, regions, "r")
    tie(interregional_feedback, feedback, e["feedback_matrix_r"], kind="computed", source=source, rtol=1e-10)
    spread = spillover_multipliers(t, regions).loc[of_r.index, "s"]
    tie(spillover_multipliers, spread, e["inter_output_mult"], kind="computed", source=source, rtol=1e-12)
    np.testing.assert_allclose(of_r["feedback"], feedback.sum(), rtol=1e-10)


def test_regions_come_in_the_order_of_the_table():
    _, t, regions = two_regions()
    backwards = regions.map({"r": "z", "s": "a"})
    assert spillover_multipliers(t, backwards).columns.tolist() == ["z", "a"]
    assert interregional_multipliers(t, backwards)["region"].tolist() == ["z", "z", "z", "a", "a"]


def test_miller_blair_shock_with_and_without_feedback():
    e, t, regions = two_regions()
    shock = np.array(e["shock_f_r"])
    with_feedback = leontief_inverse(t).iloc[:3, :3] @ shock
    alone = with_feedback - interregional_feedback(t, regions, "r") @ shock
    np.testing.assert_allclose(with_feedback, e["x_r_with_feedback"], rtol=1e-12)
    np.testing.assert_allclose(alone, e["x_r_single_region"], rtol=1e-12)
    assert 1 - alone.sum() / with_feedback.sum() == pytest.approx(e["feedback_share"], rel=1e-10)
    np.testing.assert_allclose(leontief_inverse(t).iloc[3:, :3] @ shock, e["spillover_to_s"], rtol=1e-12)


@given(tables(most=7), st.randoms(use_true_random=False))
def test_parts_of_a_multiplier_add_up(tie, t, random):
    local = t.local("supply pool")
    regions = pd.Series([random.choice("abc") for _ in local.sectors], index=local.sectors)
    multipliers, spread = interregional_multipliers(local, regions), spillover_multipliers(local, regions)
    parts = multipliers["single_region"] + multipliers["feedback"] + multipliers["spillover"]
    total, source = multipliers["total"], "parts sum to the multiplier"
    tie(interregional_multipliers, parts, total, kind="identity", source=source, rtol=1e-10)
    tie(spillover_multipliers, spread.sum(axis=1), total, kind="identity", source=source, rtol=1e-10)
    own = [spread.loc[s, regions[s]] for s in spread.index]
    np.testing.assert_allclose(own, multipliers["intra"], rtol=1e-10)
    assert (multipliers[["feedback", "spillover"]] >= -1e-9).all(axis=None)
    for region in regions.unique():
        inside = (regions == region).to_numpy()
        alone = np.linalg.inv(np.eye(inside.sum()) - technical_coefficients(local).loc[inside, inside])
        found, expected = interregional_feedback(local, regions, region), leontief_inverse(local).loc[inside, inside]
        source = "two inverses, with and without the other regions"
        tie(interregional_feedback, found, expected - alone, kind="naive", source=source, atol=1e-8)


def test_one_region_has_neither_feedback_nor_spillover():
    t = miller_blair()
    multipliers = interregional_multipliers(t, pd.Series("all", index=t.sectors))
    np.testing.assert_allclose(multipliers[["feedback", "spillover"]], 0, atol=1e-14)


def test_what_regions_refuse():
    t = miller_blair()
    one = pd.Series("r", index=t.sectors)
    for method in (interregional_multipliers, spillover_multipliers):
        with pytest.raises(ImportTreatmentError, match=f"{method.__name__} needs a local table"):
            method(miller_blair(local=False), one)
        with pytest.raises(TableError, match=r"sectors \['S2'\] have no region"):
            method(t, one.iloc[:1])
    with pytest.raises(TableError, match=r"sectors \['S1'\] are given more than one region"):
        interregional_multipliers(t, pd.Series("r", index=["S1", "S1", "S2"]))
    with pytest.raises(TableError, match=r"no sector lies in 'q': the regions are \['r'\]"):
        interregional_feedback(t, one, "q")


# --- location quotients


def quotients():
    c = case("location_quotients")
    return c, pd.Series(c["region"]), pd.Series(c["nation"])


def test_quotients_of_the_worked_example(tie):
    c, region, nation = quotients()
    e = c["expected"]
    for quotient in (cilq, rlq):
        found, expected = quotient(region, nation), e[quotient.__name__.upper()]
        tie(quotient, found, expected, kind="computed", source=c["source"], rtol=1e-12)
    for quotient in (flq, aflq):
        for delta, expected in e[quotient.__name__.upper()].items():
            found = quotient(region, nation, float(delta))
            tie(quotient, found, expected, kind="computed", source=c["source"], rtol=1e-12)
    # Without a size correction the matrix is CILQ with SLQ on its diagonal.
    np.testing.assert_allclose(flq(region, nation, 0), e["MOSLQ"], rtol=1e-12)
    np.testing.assert_allclose(np.diag(flq(region, nation, 0)), e["SLQ"], rtol=1e-12)


def test_trap_size_of_the_region_is_one_number_and_the_diagonal_is_simple():
    c, region, nation = quotients()
    right = flq(region, nation, 0.1).iloc[0]
    assert np.abs(right - c["mistaken"]["FLQ_0_1_row_1"]).max() > 0.1
    ratio = flq(region, nation, 0.3) / flq(region, nation, 0)
    np.testing.assert_allclose(ratio, ratio.iloc[0, 0], rtol=1e-12)


def test_trap_augmented_quotient_keeps_the_quotient():
    _, region, nation = quotients()
    plain, augmented = flq(region, nation, 0.3), aflq(region, nation, 0.3)
    simple = np.diag(flq(region, nation, 0))
    for j, quotient in enumerate(simple):
        factor = np.log2(1 + quotient) if quotient > 1 else 1
        np.testing.assert_allclose(augmented[j], plain[j] * factor, rtol=1e-12)


def test_trap_rounds_quotient_is_not_transposed():
    """The supplier's quotient stands above the logarithm of the user's: a row of CILQ over something by column."""
    c, region, nation = quotients()
    found = rlq(region, nation)
    simple = np.diag(flq(region, nation, 0))
    np.testing.assert_allclose(found / cilq(region, nation), np.tile(simple / np.log2(1 + simple), (6, 1)), rtol=1e-12)
    assert abs(found.iloc[0, 1] - c["mistaken"]["RLQ_row_1"][1]) > 1
    np.testing.assert_allclose(found[0], c["mistaken"]["RLQ_row_1"], rtol=1e-12)


def test_sectors_that_the_region_lacks_buy_nothing_and_sell_nothing():
    region, nation = pd.Series([0.0, 3.0, 1.0], index=list("abc")), pd.Series([5.0, 20.0, 10.0], index=list("abc"))
    matrix = flq(region, nation, 0.3)
    assert matrix.columns.tolist() == ["b", "c"]
    assert matrix.loc["a"].tolist() == [0, 0]
    simple = (3 / 4) / (20 / 35)
    assert matrix.loc["b", "b"] == pytest.approx(simple * np.log2(1 + 4 / 35) ** 0.3)


def test_regional_coefficients_are_national_ones_at_most(tie):
    national = pd.DataFrame([[0.2, 0.1], [0.3, 0.4]], index=list("ab"), columns=list("ab"))
    region, nation = pd.Series([3.0, 1.0], index=list("ab")), pd.Series([10.0, 10.0], index=list("ab"))
    by_user = regional_coefficients(national, cilq(region, nation))
    expected = [[0.2, 0.1], [0.1, 0.4]]
    tie(regional_coefficients, by_user, expected, kind="naive", source="by hand", rtol=1e-12)
    by_row = regional_coefficients(national, pd.Series([1.5, 0.5], index=list("ab")))
    np.testing.assert_allclose(by_row, [[0.2, 0.1], [0.15, 0.2]])
    with pytest.raises(InputError, match="labels of national and quotients differ"):
        regional_coefficients(national, pd.Series([1.5], index=["a"]))


def test_what_quotients_refuse():
    _, region, nation = quotients()
    with pytest.raises(InputError, match="delta is 1: a number that is at least 0 and below 1 is meant"):
        flq(region, nation, 1)
    with pytest.raises(InputError, match="region is negative at 0 = -1"):
        cilq(region.where(region != 170, -1.0), nation)
    with pytest.raises(InputError, match="nation is not positive at 0 = 0"):
        cilq(region, nation.where(nation != 24019, 0.0))
    with pytest.raises(InputError, match="nothing in any sector"):
        cilq(region * 0, nation)
    with pytest.raises(InputError, match="labels of region and nation differ"):
        aflq(region, nation.drop(0), 0.3)
