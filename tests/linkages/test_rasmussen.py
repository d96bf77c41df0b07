import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

from analysis.labels import InputError
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


def test_germany_1995(tie):
    c, linkages = case("germany_1995"), rasmussen_linkages(germany())
    total = total_linkages(germany())
    for side in ("backward", "forward"):
        printed = c["expected"][side]
        tie(rasmussen_linkages, linkages[side], printed, kind="published", source=c["source"], atol=5e-5)
        tie(total_linkages, total[side], printed, kind="published", source=c["source"], atol=5e-5)


def test_trap_a_digit_swapped_in_a_published_value_is_noticed():
    wrong = case("germany_1995")["mistaken"]["forward_industry"]
    assert abs(rasmussen_linkages(germany())["forward"]["industry_group"] - wrong) > 0.02


def test_trap_dispersion_runs_over_the_sectors_own_column_and_row(tie):
    t = germany()
    linkages, L, G = rasmussen_linkages(t), leontief_inverse(t), ghosh_inverse(t)
    spread = {"backward": stats.variation(L, axis=0, ddof=1), "forward": stats.variation(G, axis=1, ddof=1)}
    source = "scipy: variation of the columns of L and the rows of G"
    for side, expected in spread.items():
        found = linkages[f"{side}_dispersion"]
        tie(rasmussen_linkages, found, expected, kind="naive", source=source, rtol=1e-12)
    assert not np.allclose(linkages["backward_dispersion"], stats.variation(L, axis=1, ddof=1), rtol=1e-2)
    assert not np.allclose(linkages["forward_dispersion"], stats.variation(G, axis=0, ddof=1), rtol=1e-2)


def test_trap_forward_linkages_are_not_row_sums_of_the_leontief_inverse():
    t = germany()
    assert not np.allclose(rasmussen_linkages(t)["forward"], leontief_inverse(t).sum(axis=1), rtol=1e-2)


def test_direct_linkages_of_miller_blair(tie):
    direct = direct_linkages(miller_blair())
    source = "by hand from the flows of Miller & Blair (2009), table 2.3"
    expected = [[0.35, 0.65], [0.3, 0.15]]
    tie(direct_linkages, direct[["backward", "forward"]], expected, kind="computed", source=source, rtol=1e-14)
    np.testing.assert_allclose(direct["backward_index"], [0.35 / 0.325, 0.3 / 0.325], rtol=1e-14)


@given(tables())
def test_linkages_are_sums_of_the_matrices(tie, t):
    active = t.sectors[t.active]
    linkages, direct = rasmussen_linkages(t), direct_linkages(t)
    total, source = total_linkages(t), "sums of the matrices"
    sums = {"backward": leontief_inverse(t).sum()[active], "forward": ghosh_inverse(t).sum(axis=1)}
    for side, expected in sums.items():
        tie(rasmussen_linkages, linkages[side], expected, kind="naive", source=source, rtol=1e-9)
        tie(total_linkages, total[side], expected, kind="naive", source=source, rtol=1e-9)
    sums = {"backward": technical_coefficients(t).sum()[active], "forward": allocation_coefficients(t).sum(axis=1)}
    for side, expected in sums.items():
        tie(direct_linkages, direct[side], expected, kind="naive", source=source, rtol=1e-9, atol=1e-12)
    if len(active) > 1:
        expected = stats.variation(leontief_inverse(t).loc[active, active], axis=0, ddof=1)
        np.testing.assert_allclose(linkages["backward_dispersion"], expected, rtol=1e-6, atol=1e-7)
        expected = stats.variation(ghosh_inverse(t), axis=1, ddof=1)
        np.testing.assert_allclose(linkages["forward_dispersion"], expected, rtol=1e-6, atol=1e-7)
    pd.testing.assert_frame_equal(linkages[total.columns], total, rtol=1e-9)
    pd.testing.assert_frame_equal(linkages, rasmussen_linkages(t, inverse=leontief_inverse(t)))


@given(tables())
def test_normalised_linkages_average_one(t):
    for linkages in (total_linkages(t), rasmussen_linkages(t), direct_linkages(t)):
        np.testing.assert_allclose(linkages[["backward_index", "forward_index"]].mean(), 1, rtol=1e-9)
    weighted = total_linkages(t, weights="output")
    share = t.output[t.active] / t.output.sum()
    np.testing.assert_allclose(share @ weighted[["backward_index", "forward_index"]], 1, rtol=1e-9)


@given(tables())
def test_net_linkages_average_one_by_output(tie, t):
    local = t.local("supply pool")
    net = net_linkages(local)
    assert net @ local.output[local.active] == pytest.approx(local.output.sum())
    naive = leontief_inverse(local).sum() * (local.final_demand + local.exports) / local.output.where(local.active)
    expected, source = naive[local.active], "with the inverse and final demand of the accounts"
    tie(net_linkages, net, expected, kind="naive", source=source, rtol=1e-9, atol=1e-9)


def test_net_linkages_of_miller_blair(tie):
    e = case("miller_blair_2x2")
    expected = np.array(e["expected"]["output_multipliers"]) * e["f"] / e["x"]
    found = net_linkages(miller_blair())
    tie(net_linkages, found, expected, kind="computed", source=e["source"], atol=1e-6)
    with pytest.raises(ImportTreatmentError, match=r"net_linkages needs a local table.*table\.local"):
        net_linkages(miller_blair(local=False))


def test_key_sectors(tie):
    indices = pd.DataFrame(
        {"backward_index": [1.1, 1.1, 0.9, 1.0], "forward_index": [1.1, 0.9, 1.1, 1.0]}, index=list("abcd")
    )
    expected = ["key", "pull", "push", "weak"]
    tie(key_sectors, key_sectors(indices), expected, kind="naive", source="by hand, the four classes")


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


def test_rank_stability_by_hand(tie):
    values = {
        2012: pd.Series([3.0, 2.0, 1.0, 9.0], index=list("abcz")),
        2017: pd.Series([1.0, 2.0, 3.0], index=list("cba")),
        2020: pd.Series([1.0, 2.0, 3.0], index=list("abc")),
    }
    result = rank_stability(values)
    expected = [[1, 1, -1], [1, 1, -1], [-1, -1, 1]]
    tie(rank_stability, result, expected, kind="naive", source="by hand", rtol=1e-12)
    assert result.attrs["sectors"] == 3


def test_rank_stability_refuses_what_has_no_ranks():
    a = pd.Series([1.0, 2.0, 3.0], index=list("abc"))
    with pytest.raises(TableError, match="at least two"):
        rank_stability({1: a})
    with pytest.raises(TableError, match=r"2 sectors in common.*Not in all: c"):
        rank_stability({1: a, 2: a[["a", "b"]]})
    with pytest.raises(InputError, match="the indicator of 2 is not a finite number at b = nan"):
        rank_stability({1: a, 2: a.where(a != 2)})
    with pytest.raises(TableError, match="2 has the same value in all sectors"):
        rank_stability({1: a, 2: a * 0})
