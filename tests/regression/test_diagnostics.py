"""Diagnostics against statsmodels, and troubles that were put in and are found."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.stats.diagnostic import het_breuschpagan, linear_reset
from statsmodels.stats.outliers_influence import variance_inflation_factor

from analysis.labels import InputError
from analysis.regression import diagnostics, fixed_effects


def test_pooled_diagnostics_are_those_of_statsmodels(panel, tie):
    found = diagnostics(fixed_effects(panel, "y", ["x", "z"]))
    exog = sm.add_constant(panel[["x", "z"]])
    fit = sm.OLS(panel["y"], exog).fit()
    inflation = [variance_inflation_factor(exog, k) for k in (1, 2)]
    ours, source = found["value"][["variance inflation, x", "variance inflation, z"]], "statsmodels: inflation factors"
    tie(diagnostics, ours, inflation, kind="naive", source=source, rtol=1e-10)
    score, p_value, _, _ = het_breuschpagan(fit.resid, exog)
    ours = found.loc["unequal variance", ["value", "p_value"]].to_numpy(dtype=float)
    source = "statsmodels: Breusch-Pagan"
    tie(diagnostics, ours, [score / len(panel), p_value], kind="naive", source=source, rtol=1e-10)
    reset = linear_reset(sm.OLS(panel["y"], exog).fit(), power=2, use_f=True, cov_type="HC1")
    ours, source = found.loc["curvature", "p_value"], "statsmodels: RESET"
    tie(diagnostics, ours, float(reset.pvalue), kind="naive", source=source, rtol=1e-7)
    assert (found["without"] == [1, 1, 0, 0]).all()


@pytest.mark.parametrize("weights", [None, "size"])
def test_diagnostics_with_effects_written_out(panel, weights, tie):
    regression = fixed_effects(panel, "y", ["x", "z"], effects=["province"], clusters="province", weights=weights)
    found = diagnostics(regression)
    weight = None if weights is None else panel[weights]
    model = "x ~ z + C(province)", "x ~ C(province)"
    full, base = (smf.wls(f, panel, weights=1.0 if weight is None else weight).fit() for f in model)
    inflation, source = base.ssr / full.ssr, "statsmodels: the regressor on the other one and the effects"
    tie(diagnostics, found.loc["variance inflation, x", "value"], inflation, kind="naive", source=source, rtol=1e-9)
    fit = smf.wls("y ~ x + z + C(province)", panel, weights=1.0 if weight is None else weight).fit()
    z = (fit.fittedvalues - fit.fittedvalues.mean()) / fit.fittedvalues.std()
    again = smf.wls("y ~ x + z + C(province) + q", panel.assign(q=z**2), weights=1.0 if weight is None else weight).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(panel["province"])[0]}, use_t=True
    )
    expected = [again.params["q"] / panel["y"].std(), again.pvalues["q"]]
    ours = found.loc["curvature", ["value", "p_value"]].to_numpy(dtype=float)
    source = "statsmodels with the square and all dummies"
    tie(diagnostics, ours, expected, kind="naive", source=source, rtol=1e-7)


def troubled(rho=0.0, spread=0.0, bend=0.0, seed=3):
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(60):
        e = rng.normal()
        for year in range(12):
            x = rng.normal()
            e = rho * e + np.sqrt(1 - rho**2) * rng.normal()
            rows.append((f"P{unit}", year, x, x + bend * x**2 + e * np.exp(spread * x)))
    return pd.DataFrame(rows, columns=["unit", "year", "x", "y"])


def examined(data, effects=()):
    regression = fixed_effects(data, "y", ["x"], effects=[*effects, "year"], clusters="unit")
    return diagnostics(regression, "unit", "year")


def test_troubles_that_are_there_are_found_and_others_are_not():
    calm = examined(troubled())
    assert (calm["p_value"].dropna() > 0.05).all()
    for trouble, options in (
        ("serial correlation", {"rho": 0.5}),
        ("unequal variance", {"spread": 0.5}),
        ("curvature", {"bend": 0.3}),
    ):
        found = examined(troubled(**options))
        assert found.loc[trouble, "p_value"] < 0.001
        assert found["p_value"].dropna().idxmin() == trouble
    assert examined(troubled(rho=0.5)).loc["serial correlation", "lower"] < 0.5
    assert examined(troubled(rho=0.5)).loc["serial correlation", "upper"] > 0.4


def test_unit_effects_alone_make_residuals_correlate(tie):
    found = examined(troubled(), ["unit"]).loc["serial correlation"]
    assert found["without"] == pytest.approx(-1 / 11)
    assert found["lower"] < -1 / 11 < found["upper"]
    data = troubled(rho=0.4)
    regression = fixed_effects(data, "y", ["x"], effects=["unit", "year"], clusters="unit")
    pairs = data.assign(e=regression.residuals)
    pairs["before"] = pairs.groupby("unit")["e"].shift()
    fit = smf.ols("e ~ before", pairs.dropna()).fit()
    value = diagnostics(regression, "unit", "year").loc["serial correlation", "value"]
    tie(diagnostics, value, fit.params["before"], kind="naive", source="statsmodels: residual on its lag", rtol=1e-9)


def test_dummies_alone_have_no_curvature():
    data = pd.DataFrame({"d": [0.0, 1, 0, 1, 0, 1], "y": [1.0, 2, 1.5, 2.5, 0.5, 2.2]})
    assert "curvature" not in diagnostics(fixed_effects(data, "y", ["d"])).index


def test_bad_input_is_named(panel):
    regression = fixed_effects(panel, "y", ["x"], effects=["year"], clusters="province")
    with pytest.raises(InputError, match="both a unit and a time"):
        diagnostics(regression, unit="province")
    with pytest.raises(InputError, match="sector is no column of the regression"):
        diagnostics(regression, "sector", "year")
    with pytest.raises(InputError, match="province P0 occurs more than once at year 2007"):
        diagnostics(regression, "province", "year")
    once = panel.drop_duplicates("province")
    with pytest.raises(InputError, match="two neighbouring periods"):
        diagnostics(fixed_effects(once, "y", ["x"], clusters="province", weights="year"), "province", "year")
