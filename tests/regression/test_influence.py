"""Influence of clusters against hat matrices and regressions written out."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from analysis.labels import InputError
from analysis.regression import cluster_influence, fixed_effects, row_influence


@pytest.mark.parametrize("effects", [[], ["province", "year"]])
@pytest.mark.parametrize("weights", [None, "size"])
def test_leaving_out_equals_estimating_without(panel, effects, weights, tie):
    regression = fixed_effects(panel, "y", ["x", "z"], effects=effects, clusters="province", weights=weights)
    found = cluster_influence(regression, "x")
    formula = " + ".join(["y ~ x + z", *(f"C({name})" for name in effects)])
    for province, row in found.iterrows():
        rest = panel[panel["province"] != province]
        fit = smf.wls(formula, rest, weights=1.0 if weights is None else rest[weights]).fit()
        ours, theirs, source = row["estimate_without"], fit.params["x"], "statsmodels without the cluster"
        tie(cluster_influence, ours, theirs, kind="naive", source=source, rtol=1e-9)
        assert row["n"] == (panel["province"] == province).sum()
    np.testing.assert_allclose(found["leverage"].sum(), len(regression.table), rtol=1e-12)
    np.testing.assert_allclose(found["partial_leverage"].sum(), 1, rtol=1e-12)
    G, without = len(found), found["estimate_without"].to_numpy()
    jackknife = np.sqrt((G - 1) / G * ((without - without.mean()) ** 2).sum())
    assert found.attrs["jackknife_standard_error"] == pytest.approx(jackknife, rel=1e-12)
    assert 1 <= found.attrs["effective_clusters"] <= G


def test_partial_leverage_is_the_share_in_the_residual_variation(panel):
    found = cluster_influence(fixed_effects(panel, "y", ["x", "z"], clusters="province"), "x")
    left = smf.ols("x ~ z", panel).fit().resid ** 2
    wanted = left.groupby(panel["province"]).sum() / left.sum()
    np.testing.assert_allclose(found["partial_leverage"], wanted, rtol=1e-10)


@pytest.mark.parametrize("effects", [[], ["province"], ["province", "sector", "year"]])
@pytest.mark.parametrize("weights", [None, "size"])
def test_rows_are_those_of_statsmodels(panel, effects, weights, tie):
    regression = fixed_effects(panel, "y", ["x", "z"], effects=effects, clusters="province", weights=weights)
    found = row_influence(regression, "x")
    formula = " + ".join(["y ~ x + z", *(f"C({name})" for name in effects)])
    fit = smf.wls(formula, panel, weights=1.0 if weights is None else panel[weights]).fit()
    theirs = sm.OLS(fit.model.wendog, fit.model.wexog).fit().get_influence()
    pairs = {
        "leverage": theirs.hat_matrix_diag,
        "studentised_residual": theirs.resid_studentized_external,
        "cooks_distance": theirs.cooks_distance[0],
    }
    for column, expected in pairs.items():
        tie(row_influence, found[column], expected, kind="naive", source="statsmodels: influence", rtol=1e-7)
    for row in (0, 7, len(panel) - 1):
        rest = panel.drop(index=row)
        again = smf.wls(formula, rest, weights=1.0 if weights is None else rest[weights]).fit().params["x"]
        source = "statsmodels without the row"
        tie(row_influence, found["estimate_without"][row], again, kind="naive", source=source, rtol=1e-9)
    moved = (found["estimate_without"] - regression.table.loc["x", "estimate"]) / found["shift"]
    np.testing.assert_allclose(moved, regression.table.loc["x", "standard_error"], rtol=1e-6)


def test_a_row_with_an_effect_to_itself_changes_nothing(panel):
    data = panel.assign(region=panel["province"].where(panel.index != 3, "alone"))
    regression = fixed_effects(data, "y", ["x", "z"], effects=["region"])
    alone = row_influence(regression, "x").loc[3]
    assert alone["leverage"] == pytest.approx(1)
    assert (alone["shift"], alone["cooks_distance"]) == (0, 0) and np.isnan(alone["studentised_residual"])
    without = fixed_effects(data.drop(index=3), "y", ["x", "z"], effects=["region"]).table.loc["x", "estimate"]
    assert alone["estimate_without"] == pytest.approx(without, rel=1e-10)


def test_bad_input_is_named(panel):
    with pytest.raises(InputError, match="no term 'w'"):
        row_influence(fixed_effects(panel, "y", ["x"]), "w")
    with pytest.raises(InputError, match="4 rows and 3 estimates"):
        row_influence(fixed_effects(panel.iloc[:4], "y", ["x", "z"]), "x")
    with pytest.raises(InputError, match="has no clusters"):
        cluster_influence(fixed_effects(panel, "y", ["x"]), "x")
    data = pd.DataFrame({"g": [1, 1, 2, 2, 3, 3], "x": [0, 1, 0, 0, 0, 0], "y": [1.0, 2, 1, 3, 2, 2]})
    with pytest.raises(InputError, match="without g 1: x"):
        cluster_influence(fixed_effects(data, "y", ["x"], clusters="g"), "x")
