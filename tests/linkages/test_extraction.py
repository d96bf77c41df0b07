import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.linkages import extract_group, ghosh_inverse, hypothetical_extraction, leontief_inverse
from analysis.tables import ASSUMPTIONS, ImportTreatmentError, TableError
from tests.examples import case, closed, miller_blair, table, tables


def without(t, gone):
    """Loss of output by sector, by taking rows and columns out of the accounts and inverting again."""
    active = t.sectors[t.active]
    x = t.output[active].to_numpy()
    Z = t.Z.loc[active, active].to_numpy()
    S = active.get_indexer(gone)
    f, v = x - Z.sum(axis=1), x - Z.sum(axis=0)
    eye = np.eye(len(x))
    A, B = Z / x, Z / x[:, None]
    rest = A.copy()
    rest[S], rest[:, S] = 0, 0
    total = x - np.linalg.solve(eye - rest, np.where(np.isin(np.arange(len(x)), S), 0, f))
    rest = A.copy()
    rest[:, S] = 0
    backward = x - np.linalg.solve(eye - rest, f)
    rest = B.copy()
    rest[S] = 0
    forward = x - np.linalg.solve((eye - rest).T, v)
    return np.column_stack([total, backward, forward])


def test_miller_blair_sector_1(tie):
    c, t = case("miller_blair_2x2"), miller_blair()
    found, expected = hypothetical_extraction(t).loc["S1", "total"], c["expected"]["extraction_of_sector_1"]
    tie(hypothetical_extraction, found, expected, kind="computed", source=c["source"], rtol=1e-12)
    found, expected = extract_group(t, ["S1"])["total"], c["expected"]["extraction_of_sector_1_by_sector"]
    tie(extract_group, found, expected, kind="computed", source=c["source"], rtol=1e-12)


@given(tables(), st.sampled_from(sorted(ASSUMPTIONS)))
def test_every_sector_and_mode_against_inverting_again(tie, t, assumption):
    local = t.local(assumption)
    closed_form = hypothetical_extraction(local)
    for sector in closed_form.index:
        naive = without(local, [sector])
        found, expected = closed_form.loc[sector, ["total", "backward", "forward"]], naive.sum(axis=0)
        tie(hypothetical_extraction, found, expected, kind="naive", source="inverting again", rtol=1e-9, atol=1e-8)
        np.testing.assert_allclose(extract_group(local, [sector]), naive, rtol=1e-9, atol=1e-8)


@given(tables(idle=False), st.data())
def test_groups_against_inverting_again(tie, t, data):
    local = t.local("supply pool")
    group = data.draw(st.lists(st.sampled_from(list(t.sectors)), min_size=1, unique=True))
    found, expected = extract_group(local, group), without(local, group)
    tie(extract_group, found, expected, kind="naive", source="inverting again", rtol=1e-9, atol=1e-8)


@given(tables(idle=False))
def test_extracting_everything_loses_everything(t):
    local = t.local("supply pool")
    np.testing.assert_allclose(extract_group(local, list(t.sectors))["total"], t.output, rtol=1e-9)


def test_trap_exports_are_part_of_what_is_lost():
    t = table([[150.0, 500.0], [200.0, 100.0]], [1000.0, 2000.0], exports=[300.0, 1000.0]).local("supply pool")
    without_exports = leontief_inverse(t) @ t.final_demand
    wrong = leontief_inverse(t)["S1"].sum() * without_exports["S1"] / leontief_inverse(t).loc["S1", "S1"]
    right = hypothetical_extraction(t).loc["S1", "total"]
    assert right == pytest.approx(without(t, ["S1"])[:, 0].sum())
    assert abs(right - wrong) > 100


def test_trap_forward_is_ghosh_and_not_a_row_struck_from_leontief():
    t = miller_blair()
    A, f = t.Z / t.output, t.final_demand
    struck = A.copy()
    struck.loc["S1"] = 0
    leontief = (t.output - np.linalg.solve(np.eye(2) - struck, f)).sum()
    ghosh = hypothetical_extraction(t).loc["S1", "forward"]
    assert ghosh == pytest.approx(without(t, ["S1"])[:, 2].sum())
    assert abs(ghosh - leontief) > 1


def test_scale_and_what_the_result_says():
    t = miller_blair()
    result, tenfold = hypothetical_extraction(t), hypothetical_extraction(closed(t.Z * 10, t.output * 10))
    np.testing.assert_allclose(result * 10, tenfold, rtol=1e-12)
    assert result.attrs["unit"] == "100 million CNY"
    assert result.attrs["output"] == 3000
    np.testing.assert_allclose(result["others"], result["total"] - t.output)
    assert hypothetical_extraction(t, leontief_inverse(t)).equals(result)
    assert extract_group(t, ["S2"]).attrs["extracted"] == ["S2"]


def test_one_sector():
    result = hypothetical_extraction(closed([[25.0]], [100.0])).loc["S1"]
    assert result[["total", "backward", "forward", "others"]].tolist() == pytest.approx([100, 25, 25, 0])


def test_ghosh_form_of_a_group():
    t = miller_blair()
    G, x = ghosh_inverse(t).to_numpy(), t.output.to_numpy()
    expected = x[0] / G[0, 0] * (G[0] - [1, 0])
    np.testing.assert_allclose(extract_group(t, ["S1"])["forward"], expected, rtol=1e-12)


def test_refusals():
    with pytest.raises(ImportTreatmentError, match="hypothetical_extraction needs a local table"):
        hypothetical_extraction(miller_blair(local=False))
    with pytest.raises(ImportTreatmentError, match="extract_group needs a local table"):
        extract_group(miller_blair(local=False), ["S1"])
    with pytest.raises(TableError, match=r"has no sectors \['S9'\]"):
        extract_group(miller_blair(), ["S9"])
    with pytest.raises(TableError, match=r"sectors \['S1'\] are given twice"):
        extract_group(miller_blair(), ["S1", "S1"])
    with pytest.raises(TableError, match="has no sectors"):
        extract_group(miller_blair(), [])
    idle = table([[1.0, 0.0], [0.0, 0.0]], [10.0, 0.0]).local("supply pool")
    with pytest.raises(TableError, match=r"sectors \['S2'\] have no output"):
        extract_group(idle, ["S2"])
