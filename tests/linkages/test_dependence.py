import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.linkages import (
    embodied_inputs,
    final_demand_content,
    foreign_shares,
    import_content,
    input_origins,
    input_shares,
    leontief_inverse,
    local_content,
    technical_coefficients,
    value_added_in_exports,
    vertical_specialisation,
)
from analysis.tables import ASSUMPTIONS, ImportTreatmentError, TableError
from tests.examples import miller_blair, table, tables

ASSUMED = st.sampled_from(sorted(ASSUMPTIONS))


def two_origins():
    return table(
        [[150.0, 500.0], [200.0, 100.0]],
        [1000.0, 2000.0],
        trade={"EX": [300, 0], "OF": [100, 500], "IM": [200, 0], "IF": [50, 500]},
    )


@given(tables(), ASSUMED)
def test_local_and_imported_content_are_all_there_is(tie, t, assumption):
    local = t.local(assumption)
    both, source = local_content(local) + import_content(local)["outside"], "local and imported content sum to one"
    tie(local_content, both, 1, kind="identity", source=source, rtol=1e-10)
    tie(import_content, both, 1, kind="identity", source=source, rtol=1e-10)
    source = "inputs of a unit of output sum to one"
    tie(input_origins, input_origins(local).sum(axis=1), 1, kind="identity", source=source, rtol=1e-10)
    assert local_content(local).between(-1e-9, 1 + 1e-9).all()


def test_trap_imports_are_not_read_as_value_added(tie):
    local = two_origins().local("supply pool")
    L, x = leontief_inverse(local), local.output
    v = local.total_value_added / x
    tie(local_content, local_content(local), v @ L, kind="naive", source="v'L with the inverse", rtol=1e-12)
    wrong = (1 - local.Z.sum() / x) @ L
    np.testing.assert_allclose(wrong, 1)
    assert (local_content(local) < 0.95).all()


def test_foreign_and_provincial_content_by_hand(tie):
    t = two_origins()
    local, foreign = t.local("supply pool"), foreign_shares(t)
    tie(foreign_shares, foreign, [0.8, 0.0], kind="naive", source="by hand")
    content = import_content(local, foreign)
    m = (local.imported.T * foreign).T.sum() / local.output
    found, expected = content["abroad"], m @ leontief_inverse(local)
    tie(import_content, found, expected, kind="naive", source="m'L with the inverse", rtol=1e-12)
    np.testing.assert_allclose(content["abroad"] + content["other_provinces"], content["outside"], rtol=1e-12)


@given(tables(), ASSUMED)
def test_final_demand_is_local_or_from_outside(tie, t, assumption):
    local = t.local(assumption)
    assume((local.final_uses + local.imported_final).sum().abs().min() > 1e-6)
    content = final_demand_content(local)
    whole = (local.final_uses + local.imported_final).sum()
    found, source = content.loc[whole.index, "total"], "origins of each final use sum to it"
    tie(final_demand_content, found, whole, kind="identity", source=source, rtol=1e-8, atol=1e-8)
    if "exports" in content.index:
        assert content.loc["exports", "outside_directly"] == 0
        assert content.loc["exports", "total"] == pytest.approx(local.exports.sum())
    # All local value added is for some final use.
    assert content["local"].sum() == pytest.approx(local.total_value_added.sum())
    assert content["outside_in_production"].sum() == pytest.approx(local.imported.to_numpy().sum(), abs=1e-8)


def test_foreign_part_of_final_demand():
    t = two_origins()
    content = final_demand_content(t.local("supply pool"), foreign_shares(t))
    everything = (t.local("supply pool").imported.sum(axis=1) + t.local("supply pool").imported_final.sum(axis=1))["S1"]
    assert content["abroad"].sum() == pytest.approx(0.8 * everything)
    assert (content["abroad"] <= content["outside_in_production"] + content["outside_directly"] + 1e-9).all()
    assert content.attrs["unit"] == "100 million CNY"


@given(tables(), ASSUMED)
def test_exports_hold_local_value_added_and_imports_and_nothing_else(tie, t, assumption):
    local = t.local(assumption)
    assume(local.exports[local.active].sum() > 1e-6)
    vs, va = vertical_specialisation(local), value_added_in_exports(local)
    both, exports, source = vs["imported"] + va["by_exporter"], local.exports[local.active], "both sum to exports"
    tie(vertical_specialisation, both, exports, kind="identity", source=source, rtol=1e-8, atol=1e-9)
    assert va["by_earner"].sum() == pytest.approx(va["by_exporter"].sum())
    assert vs.attrs["share"] == pytest.approx(1 - va["by_earner"].sum() / va["exports"].sum(), abs=1e-9)
    naive = local.total_value_added / local.output.where(local.active) * (leontief_inverse(local) @ local.exports)
    found, expected, source = va["by_earner"], naive[local.active], "v̂ L e with the inverse"
    tie(value_added_in_exports, found, expected, kind="naive", source=source, rtol=1e-8, atol=1e-9)


def test_content_needs_a_local_table():
    t = miller_blair(local=False)
    methods = (input_origins, local_content, import_content, final_demand_content, vertical_specialisation)
    for method in (*methods, value_added_in_exports):
        with pytest.raises(ImportTreatmentError, match=rf"{method.__name__} needs a local table.*call table\.local"):
            method(t)


def test_foreign_shares_need_both_columns():
    with pytest.raises(ImportTreatmentError, match=r"trade columns \['EXOF', 'IMIF'\].*IM and IF"):
        foreign_shares(table([[1.0]], [10.0], trade={"EXOF": [3], "IMIF": [2]}))
    local = two_origins().local("supply pool")
    with pytest.raises(TableError, match=r"lack the imported products \['S2'\]"):
        import_content(local, pd.Series({"S1": 0.5}))
    with pytest.raises(TableError, match=r"leave \[0, 1\] in \['S1'\]"):
        import_content(local, pd.Series({"S1": 1.5, "S2": 0.0}))


def test_nothing_exported_and_nothing_used():
    with pytest.raises(TableError, match="has no exports of local output"):
        vertical_specialisation(miller_blair())
    assert "exports" not in final_demand_content(miller_blair()).index
    empty = table([[10.0]], [100.0], final={"FU102": [90.0], "FU202": [0.0]}).local("supply pool")
    with pytest.raises(TableError, match=r"final uses \['FU202'\] of Shanghai 2017 are zero in sum"):
        final_demand_content(empty)


# --- embodied inputs


@given(tables(), st.data())
def test_embodied_inputs_are_rows_of_all_rounds(tie, t, data):
    suppliers = data.draw(st.lists(st.sampled_from(list(t.sectors)), min_size=1, unique=True))
    A, L = technical_coefficients(t), leontief_inverse(t)
    active = t.sectors[t.active]
    found, expected = embodied_inputs(t, suppliers), (A @ L).loc[suppliers, active].sum()
    tie(embodied_inputs, found, expected, kind="naive", source="rows of A L", rtol=1e-7, atol=1e-10)
    found, expected = input_shares(t, suppliers), A.loc[suppliers, active].sum()
    tie(input_shares, found, expected, kind="naive", source="rows of A", rtol=1e-10, atol=1e-14)


def test_embodied_inputs_of_miller_blair(tie):
    found, source = embodied_inputs(miller_blair(), ["S2"]), "Miller & Blair (2009), table 2.4: L less I"
    tie(embodied_inputs, found, [0.2640264, 0.12211221], kind="published", source=source, atol=5e-9)


def test_unknown_and_doubled_suppliers():
    for method in (input_shares, embodied_inputs):
        with pytest.raises(TableError, match=r"has no sectors \['S9'\]"):
            method(miller_blair(), ["S1", "S9"])
        with pytest.raises(TableError, match=r"\['S1'\] are given twice"):
            method(miller_blair(), ["S1", "S1"])
