"""Fixed effects against statsmodels with a full set of dummies."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.labels import InputError
from analysis.regression import elasticity, fixed_effects

FORMULAS = {
    (): "y ~ x + z",
    ("province",): "y ~ x + z + C(province)",
    ("province", "year"): "y ~ x + z + C(province) + C(year)",
    ("province", "sector", "year"): "y ~ x + z + C(province) + C(sector) + C(year)",
}


@pytest.mark.parametrize("effects", FORMULAS)
@pytest.mark.parametrize("weights", [None, "size"])
@pytest.mark.parametrize("clusters", ["province", None])
def test_equals_statsmodels_with_dummies(panel, effects, weights, clusters, tie):
    ours = fixed_effects(panel, "y", ["x", "z"], effects=effects, clusters=clusters, weights=weights, confidence=0.9)
    model = (
        smf.ols(FORMULAS[effects], panel)
        if weights is None
        else smf.wls(FORMULAS[effects], panel, weights=panel[weights])
    )
    if clusters:
        theirs = model.fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(panel[clusters])[0]}, use_t=True)
    else:
        theirs = model.fit(cov_type="HC1", use_t=True)
    terms = ["x", "z"]
    estimates, errors = ours.table.loc[terms, "estimate"], ours.table.loc[terms, "standard_error"]
    tie(fixed_effects, estimates, theirs.params[terms], kind="naive", source="statsmodels with all dummies", rtol=1e-10)
    tie(fixed_effects, errors, theirs.bse[terms], kind="naive", source="statsmodels: standard errors", rtol=1e-9)
    np.testing.assert_allclose(ours.table.loc[terms, "p_value"], theirs.pvalues[terms], rtol=1e-7)
    np.testing.assert_allclose(ours.table.loc[terms, ["lower", "upper"]], theirs.conf_int(0.1).loc[terms], rtol=1e-8)
    np.testing.assert_allclose(ours.covariance.loc[terms, terms], theirs.cov_params().loc[terms, terms], rtol=1e-8)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, atol=1e-11)
    np.testing.assert_allclose(ours.residuals, theirs.resid, atol=1e-11)
    if not effects:
        assert ours.r2_within == pytest.approx(theirs.rsquared, rel=1e-12)
        assert ours.table.loc["constant", "estimate"] == pytest.approx(theirs.params["Intercept"], rel=1e-11)
    assert ours.absorbed == theirs.df_model - 2 + 1 if effects else ours.absorbed == 0


def test_crossed_effects_with_redundant_dummies(panel):
    """Year dummies are combinations of province-year ones: the rank, not the count, enters the correction."""
    data = panel.assign(province_year=panel["province"] + panel["year"].astype(str))
    redundant = fixed_effects(data, "y", ["x", "z"], effects=["province_year", "year", "province"], clusters="province")
    plain = fixed_effects(data, "y", ["x", "z"], effects=["province_year"], clusters="province")
    assert redundant.absorbed == plain.absorbed == data["province_year"].nunique()
    np.testing.assert_allclose(redundant.table, plain.table, rtol=1e-9)


def test_within_r2_is_that_of_the_demeaned_regression(panel):
    ours = fixed_effects(panel, "y", ["x", "z"], effects=["province"])
    demeaned = panel[["y", "x", "z"]] - panel.groupby("province")[["y", "x", "z"]].transform("mean")
    assert ours.r2_within == pytest.approx(smf.ols("y ~ x + z - 1", demeaned).fit().rsquared, rel=1e-12)


def test_table_is_tidy(panel):
    table = fixed_effects(panel, "y", ["x", "z"], effects=["province"], clusters="province").table
    assert table.columns.tolist() == [
        "estimate", "standard_error", "lower", "upper", "t", "p_value", "n", "clusters",
    ]  # fmt: skip
    assert table["clusters"].tolist() == [9, 9] and table["n"].tolist() == [len(panel)] * 2


def test_elasticity_is_that_of_the_power_law(tie):
    data = pd.DataFrame({"x": [1.0, 2, 4, 8], "noise": [1.01, 0.99, 0.99, 1.01]})
    data["y"] = 3 * data["x"] ** 0.7 * data["noise"]
    logs = np.log(data[["x", "y"]])
    result = elasticity(data, "y", ["x"])
    ours, theirs = result.table.loc["x", "estimate"], smf.ols("y ~ x", logs).fit().params["x"]
    tie(elasticity, ours, theirs, kind="naive", source="statsmodels on logarithms", rtol=1e-12)
    assert result.table.loc["x", "estimate"] == pytest.approx(0.7, abs=0.02)


def test_bad_input_is_named(panel):
    with pytest.raises(InputError, match="no column nothing"):
        fixed_effects(panel, "y", ["nothing"])
    with pytest.raises(InputError, match=r"missing values in x \(2 rows\)"):
        fixed_effects(panel.assign(x=panel["x"].where(panel.index > 1)), "y", ["x"])
    with pytest.raises(InputError, match="not numeric: sector"):
        fixed_effects(panel, "y", ["sector"])
    with pytest.raises(InputError, match="year does not vary within year"):
        fixed_effects(panel, "y", ["x", "year"], effects=["year"])
    with pytest.raises(InputError, match="combination of the other regressors"):
        fixed_effects(panel.assign(w=panel["x"] + 2 * panel["z"]), "y", ["x", "z", "w"])
    with pytest.raises(InputError, match="one value"):
        fixed_effects(panel[panel["province"] == "P1"], "y", ["x"], clusters="province")
    with pytest.raises(InputError, match="cannot bear"):
        fixed_effects(panel.iloc[:3], "y", ["x", "z"])
    with pytest.raises(InputError, match="size is not positive in rows 0"):
        fixed_effects(panel.assign(size=panel["size"].where(panel.index > 0, 0.0)), "y", ["x"], weights="size")
    with pytest.raises(InputError, match="x has no logarithm"):
        elasticity(panel, "size", ["x"])
    with pytest.raises(InputError, match="different columns"):
        fixed_effects(panel, "y", ["y"])
