import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.linkages import (
    koopman_wang_wei,
    leontief_inverse,
    new_revealed_comparative_advantage,
    value_added_in_regional_exports,
    wang_wei_zhu,
)
from analysis.tables import TableError
from tests.examples import case, closed, table, tables
from tests.linkages.test_position import leather


def world():
    c, t = case("leather"), leather()
    regions = pd.Series(np.repeat(c["countries"], 3), index=t.sectors)
    return c["expected"], t, regions, pd.Series(c["countries"], index=c["countries"])


def test_leather_value_added_in_exports(tie):
    e, t, regions, final = world()
    matrix = value_added_in_regional_exports(t, regions, final)
    expected, source = e["value_added_in_exports"], case("leather")["source"]
    tie(value_added_in_regional_exports, matrix, expected, kind="published", source=source, rtol=1e-11)
    abroad = regions.to_numpy()[:, None] != regions.to_numpy()
    np.testing.assert_allclose(matrix.where(abroad, 0).sum(axis=0), e["foreign_content"], rtol=1e-11)
    np.testing.assert_allclose(matrix.where(abroad, 0).sum(axis=1), e["exported_by_others"], rtol=1e-11)


def test_leather_nine_terms(tie):
    e, t, regions, final = world()
    terms = koopman_wang_wei(t, regions, final)
    expected = pd.DataFrame(e["kww"]).set_index("Country")
    found, source = terms[expected.columns], case("leather")["source"]
    tie(koopman_wang_wei, found, expected, kind="published", source=source, rtol=1e-10)
    assert terms.index.tolist() == expected.index.tolist()
    exports = value_added_in_regional_exports(t, regions, final).sum().groupby(regions, sort=False).sum()
    found, source = terms.sum(axis=1), "nine terms sum to exports"
    tie(koopman_wang_wei, found, exports, kind="identity", source=source, rtol=1e-12)


@pytest.mark.parametrize("example", ["ex1", "ex2"])
def test_koopman_wang_wei_worked_examples(example, tie):
    c, source = case("kww_two_examples")[example], case("kww_two_examples")["source"]
    Z, Y = np.array(c["Z"], float), np.array(c["Y"], float)
    names = [n for n in c if n not in ("Z", "Y", "va")]
    t = closed(Z, Z.sum(axis=1) + Y.sum(axis=1), final={n: Y[:, k] for k, n in enumerate(names)}, sectors=names)
    here = pd.Series(names, index=names)
    terms = koopman_wang_wei(t, here, here)
    grouped = pd.DataFrame(
        {
            "GE": terms.sum(axis=1),
            "DVA": terms[["DVA_FIN", "DVA_INT", "DVA_INTrex"]].sum(axis=1),
            "RDV": terms[["RDV_FIN", "RDV_INT"]].sum(axis=1),
            "FVA": terms[["FVA_FIN", "FVA_INT"]].sum(axis=1),
            "PDC": terms[["DDC", "FDC"]].sum(axis=1),
        }
    )
    grouped["VS"] = grouped["FVA"] + terms["FDC"]
    grouped["VS_share"], grouped["VAX"] = grouped["VS"] / grouped["GE"], grouped["DVA"] / grouped["GE"]
    for name in names:
        for term, value in c[name].items():
            tie(koopman_wang_wei, grouped.loc[name, term], value, kind="published", source=source, atol=1e-12)


def test_leather_sixteen_terms(tie):
    e, t, regions, final = world()
    terms = wang_wei_zhu(t, regions, final)
    expected = pd.DataFrame(e["wwz"], columns=e["wwz_columns"]).set_index(["sector", "importer"])
    assert terms.index.tolist() == expected.index.tolist()
    found, source = terms[expected.columns], case("leather")["source"]
    tie(wang_wei_zhu, found, expected, kind="published", source=source, rtol=1e-11)


def test_leather_comparative_advantage(tie):
    e, t, regions, final = world()
    industries = pd.Series(t.sectors.str.split(".").str[1], index=t.sectors)
    found = new_revealed_comparative_advantage(t, regions, final, industries)
    expected, source = e["new_revealed_comparative_advantage"], case("leather")["source"]
    tie(new_revealed_comparative_advantage, found, expected, kind="published", source=source, rtol=1e-11)


def test_leather_value_added_in_output():
    e, t, _, _ = world()
    matrix = (t.total_value_added / t.output).to_numpy()[:, None] * leontief_inverse(t) * t.output
    ends = [matrix.iloc[0, 0], matrix.iloc[8, 8]]
    np.testing.assert_allclose(ends, [e["output_induced"]["first"], e["output_induced"]["last"]], atol=5e-9)
    np.testing.assert_allclose(matrix.sum(), t.output, rtol=1e-12)


def scattered(t, random):
    """Give the sectors and final uses of a table to regions at random."""
    local = t.local("supply pool")
    regions = pd.Series([random.choice("abc") for _ in local.sectors], index=local.sectors)
    final = pd.Series([random.choice(sorted(set(regions))) for _ in local.final_uses], index=local.final_uses.columns)
    return local, regions, final


@given(tables(most=6, trade=False, idle=False), st.randoms(use_true_random=False))
def test_sixteen_terms_are_all_of_exports_and_add_up_to_the_nine(tie, t, random):
    local, regions, final = scattered(t, random)
    if regions.nunique() < 2:
        with pytest.raises(TableError, match="lie in one region"):
            wang_wei_zhu(local, regions, final)
        return
    terms, nine = wang_wei_zhu(local, regions, final), koopman_wang_wei(local, regions, final)
    sums = terms.groupby(terms.index.get_level_values("sector").map(regions), sort=False).sum().loc[nine.index]
    groups = {
        ("DVA_FIN",): ["DVA_FIN"],
        ("DVA_INT", "DVA_INTrex"): ["DVA_INT", "DVA_INTrexI1", "DVA_INTrexF", "DVA_INTrexI2"],
        ("RDV_FIN",): ["RDV_FIN", "RDV_FIN2"],
        ("RDV_INT",): ["RDV_INT"],
        ("DDC",): ["DDC_FIN", "DDC_INT"],
        ("FVA_FIN",): ["MVA_FIN", "OVA_FIN"],
        ("FVA_INT",): ["MVA_INT", "OVA_INT"],
        ("FDC",): ["MDC", "ODC"],
    }
    assert sorted(term for many in groups.values() for term in many) == sorted(terms.columns)
    for few, many in groups.items():
        found, expected, source = sums[many].sum(axis=1), nine[list(few)].sum(axis=1), "sums of the nine terms"
        tie(wang_wei_zhu, found, expected, kind="identity", source=source, rtol=1e-8, atol=1e-8)


@given(tables(most=6, trade=False, idle=False), st.randoms(use_true_random=False))
def test_nine_terms_are_all_of_exports(t, random):
    local, regions, final = scattered(t, random)
    terms = koopman_wang_wei(local, regions, final)
    exports = value_added_in_regional_exports(local, regions, final).sum().groupby(regions, sort=False).sum()
    np.testing.assert_allclose(terms.sum(axis=1), exports, rtol=1e-8, atol=1e-8)


def test_value_added_in_trade_refusals():
    _, t, regions, final = world()
    for method in (value_added_in_regional_exports, koopman_wang_wei, wang_wei_zhu):
        with pytest.raises(TableError, match=r"final uses \['Germany'\] have no region"):
            method(t, regions, final.drop("Germany"))
        with pytest.raises(TableError, match=r"lie in regions \['Mars'\] that have no sector"):
            method(t, regions, final.replace("Germany", "Mars"))
    open_ = table([[10.0]], [100.0], exports=[5.0]).local("supply pool")
    for method in (koopman_wang_wei, wang_wei_zhu):
        with pytest.raises(TableError, match=r"without trade outside, but the table has exports of"):
            method(open_, pd.Series({"S1": "r"}), pd.Series({"FU102": "r"}))
    industries = pd.Series("any", index=t.sectors)
    with pytest.raises(TableError, match=r"sectors \['Argentina.Agriculture'\] have no industry"):
        new_revealed_comparative_advantage(t, regions, final, industries.iloc[1:])
    alone = closed([[10.0]], [100.0])
    with pytest.raises(TableError, match=r"regions \['r'\] earn nothing from exports"):
        here = pd.Series({"S1": "r"})
        new_revealed_comparative_advantage(alone, here, pd.Series({"FU102": "r"}), here)
