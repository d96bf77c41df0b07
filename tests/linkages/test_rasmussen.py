import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

from analysis.linkages import (
    allocation_coefficients,
    direct_linkages,
    ghosh_inverse,
    key_sectors,
    leontief_inverse,
    net_linkages,
    rank_stability,
    rasmussen_linkages,
    technical_coefficients,
    total_linkages,
)
from analysis.tables import ImportTreatmentError, TableError
from tests.examples import case, miller_blair, table, tables
from tests.linkages.test_core import germany


def test_germany_1995():
    c, linkages = case("germany_1995"), rasmussen_linkages(germany())
    np.testing.assert_allclose(linkages["backward"], c["expected"]["backward"], atol=5e-5)
    np.testing.assert_allclose(linkages["forward"], c["expected"]["forward"], atol=5e-5)


def test_trap_a_digit_swapped_in_a_published_value_is_noticed():
    wrong = case("germany_1995")["mistaken"]["forward_industry"]
    assert abs(rasmussen_linkages(germany())["forward"]["industry_group"] - wrong) > 0.02


def test_trap_dispersion_runs_over_the_sectors_own_column_and_row():
    t = germany()
    linkages, L, G = rasmussen_linkages(t), leontief_inverse(t), ghosh_inverse(t)
    np.testing.assert_allclose(linkages["backward_dispersion"], stats.variation(L, axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(linkages["forward_dispersion"], stats.variation(G, axis=1, ddof=1), rtol=1e-12)
    assert not np.allclose(linkages["backward_dispersion"], stats.variation(L, axis=1, ddof=1), rtol=1e-2)
    assert not np.allclose(linkages["forward_dispersion"], stats.variation(G, axis=0, ddof=1), rtol=1e-2)


def test_trap_forward_linkages_are_not_row_sums_of_the_leontief_inverse():
    t = germany()
    assert not np.allclose(rasmussen_linkages(t)["forward"], leontief_inverse(t).sum(axis=1), rtol=1e-2)


def test_direct_linkages_of_miller_blair():
    direct = direct_linkages(miller_blair())
    np.testing.assert_allclose(direct["backward"], [0.35, 0.3], rtol=1e-14)
    np.testing.assert_allclose(direct["forward"], [0.65, 0.15], rtol=1e-14)
    np.testing.assert_allclose(direct["backward_index"], [0.35 / 0.325, 0.3 / 0.325], rtol=1e-14)


@given(tables())
def test_linkages_are_sums_of_the_matrices(t):
    active = t.sectors[t.active]
    linkages, direct = rasmussen_linkages(t), direct_linkages(t)
    np.testing.assert_allclose(linkages["backward"], leontief_inverse(t).sum()[active], rtol=1e-9)
    np.testing.assert_allclose(linkages["forward"], ghosh_inverse(t).sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(direct["backward"], technical_coefficients(t).sum()[active], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(direct["forward"], allocation_coefficients(t).sum(axis=1), rtol=1e-9, atol=1e-12)
    if len(active) > 1:
        expected = stats.variation(leontief_inverse(t).loc[active, active], axis=0, ddof=1)
        np.testing.assert_allclose(linkages["backward_dispersion"], expected, rtol=1e-6, atol=1e-7)
        expected = stats.variation(ghosh_inverse(t), axis=1, ddof=1)
        np.testing.assert_allclose(linkages["forward_dispersion"], expected, rtol=1e-6, atol=1e-7)
    pd.testing.assert_frame_equal(linkages[total_linkages(t).columns], total_linkages(t), rtol=1e-9)
    pd.testing.assert_frame_equal(linkages, rasmussen_linkages(t, inverse=leontief_inverse(t)))


@given(tables())
def test_normalised_linkages_average_one(t):
    for linkages in (total_linkages(t), rasmussen_linkages(t), direct_linkages(t)):
        np.testing.assert_allclose(linkages[["backward_index", "forward_index"]].mean(), 1, rtol=1e-9)
    weighted = total_linkages(t, weights="output")
    share = t.output[t.active] / t.output.sum()
    np.testing.assert_allclose(share @ weighted[["backward_index", "forward_index"]], 1, rtol=1e-9)


@given(tables())
def test_net_linkages_average_one_by_output(t):
    local = t.local("supply pool")
    net = net_linkages(local)
    assert net @ local.output[local.active] == pytest.approx(local.output.sum())
    naive = leontief_inverse(local).sum() * (local.final_demand + local.exports) / local.output.where(local.active)
    np.testing.assert_allclose(net, naive[local.active], rtol=1e-9, atol=1e-9)


def test_net_linkages_of_miller_blair():
    e = case("miller_blair_2x2")
    expected = np.array(e["expected"]["output_multipliers"]) * e["f"] / e["x"]
    np.testing.assert_allclose(net_linkages(miller_blair()), expected, atol=1e-6)
    with pytest.raises(ImportTreatmentError, match=r"net_linkages needs a local table.*table\.local"):
        net_linkages(miller_blair(local=False))


def test_key_sectors():
    indices = pd.DataFrame(
        {"backward_index": [1.1, 1.1, 0.9, 1.0], "forward_index": [1.1, 0.9, 1.1, 1.0]}, index=list("abcd")
    )
    assert key_sectors(indices).tolist() == ["key", "pull", "push", "weak"]


def test_results_say_what_they_speak_of():
    linkages = rasmussen_linkages(miller_blair())
    assert linkages.attrs == {
        "region": "Shanghai",
        "year": 2017,
        "imports": "local",
        "assumption": "supply pool",
        "weights": "equal",
    }
    assert linkages["name_en"].tolist() == ["S1", "S2"]


def test_one_sector_is_average_and_evenly_spread():
    linkages = rasmussen_linkages(table([[25.0]], [100.0]))
    assert linkages[["backward_index", "forward_index"]].to_numpy().tolist() == [[1, 1]]
    assert linkages[["backward_dispersion", "forward_dispersion"]].to_numpy().tolist() == [[0, 0]]


def test_an_economy_without_inputs_has_average_direct_linkages():
    direct = direct_linkages(table(np.zeros((2, 2)), [1.0, 2.0]))
    assert direct[["backward", "forward"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert (direct[["backward_index", "forward_index"]] == 1).all(axis=None)


def test_unknown_weights_and_an_empty_economy_are_refused():
    with pytest.raises(ValueError, match="weights must be"):
        rasmussen_linkages(miller_blair(), weights="value")
    with pytest.raises(TableError, match="no sector with output"):
        total_linkages(table([[0.0]], [0.0]))


def test_rank_stability_by_hand():
    values = {
        2012: pd.Series([3.0, 2.0, 1.0, 9.0], index=list("abcz")),
        2017: pd.Series([1.0, 2.0, 3.0], index=list("cba")),
        2020: pd.Series([1.0, 2.0, 3.0], index=list("abc")),
    }
    result = rank_stability(values)
    np.testing.assert_allclose(result, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])
    assert result.attrs["sectors"] == 3


def test_rank_stability_refuses_what_has_no_ranks():
    a = pd.Series([1.0, 2.0, 3.0], index=list("abc"))
    with pytest.raises(TableError, match="at least two"):
        rank_stability({1: a})
    with pytest.raises(TableError, match="2 sectors in common"):
        rank_stability({1: a, 2: a[["a", "b"]]})
    with pytest.raises(TableError, match=r"2 has no value for \['b'\]"):
        rank_stability({1: a, 2: a.where(a != 2)})
    with pytest.raises(TableError, match="2 has the same value in all sectors"):
        rank_stability({1: a, 2: a * 0})
