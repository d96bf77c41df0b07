"""Convergence: a known speed is found again, regressions are those of statsmodels, intervals invert their tests."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.labels import InputError
from analysis.regression import beta_convergence, panel_convergence, sigma_convergence

REGIONS = [f"P{i}" for i in range(31)]


def levels(speed=0.03, years=20, noise=0.02, seed=4):
    """Log levels that close a share of the gap to a common path of their own each year."""
    rng = np.random.default_rng(seed)
    logs = [rng.normal(8, 0.6, 31)]
    for _ in range(years):
        logs.append(9 + (logs[-1] - 9) * np.exp(-speed) + noise * rng.normal(size=31))
    return pd.DataFrame(np.exp(logs), index=range(2000, 2001 + years), columns=REGIONS)


def test_speed_without_noise_is_exact():
    panel = levels(noise=0)
    panel.iloc[-1] *= np.exp(1e-9 * np.arange(31) ** 2)  # a perfect fit has no errors to speak of
    found = beta_convergence(panel.loc[2000], panel.loc[2020], 20)
    assert found.speed == pytest.approx(0.03, abs=1e-6)
    assert found.half_life == pytest.approx(np.log(2) / 0.03, rel=1e-4)


def test_cross_section_is_statsmodels(tie):
    panel = levels()
    found = beta_convergence(panel.loc[2000], panel.loc[2020], 20)
    data = pd.DataFrame({"g": np.log(panel.loc[2020] / panel.loc[2000]) / 20, "l": np.log(panel.loc[2000])})
    fit = smf.ols("g ~ l", data).fit(cov_type="HC1", use_t=True)
    interval = fit.conf_int().loc["l"]
    ours, theirs = [found.estimate, found.lower, found.upper], [fit.params["l"], *interval]
    source = "statsmodels, HC1"
    tie(beta_convergence, ours, theirs, kind="naive", source=source, rtol=1e-10)
    assert found.speed == pytest.approx(-np.log(1 + 20 * fit.params["l"]) / 20, rel=1e-12)
    assert found.speed_lower < 0.03 < found.speed_upper
    assert found.half_life_lower == pytest.approx(np.log(2) / found.speed_upper)


def test_wild_bootstrap_and_controls():
    panel = levels(noise=0.1)
    controls = pd.DataFrame({"schooling": np.linspace(-1, 1, 31) ** 2}, index=REGIONS)
    robust = beta_convergence(panel.loc[2000], panel.loc[2020], 20, controls=controls)
    wild = beta_convergence(panel.loc[2000], panel.loc[2020], 20, controls=controls, inference="wild bootstrap")
    assert "schooling" in robust.regression.table.index
    assert wild.estimate == robust.estimate and wild.lower != robust.lower
    assert wild.upper - wild.lower == pytest.approx(robust.upper - robust.lower, rel=0.5)


def test_panel_with_two_way_effects_is_statsmodels(tie):
    panel = levels().iloc[::5]
    found = panel_convergence(panel)
    logs = np.log(panel)
    rows = [
        {"g": (logs.loc[y + 5, r] - logs.loc[y, r]) / 5, "l": logs.loc[y, r], "r": r, "y": y}
        for y in (2000, 2005, 2010, 2015)
        for r in REGIONS
    ]
    data = pd.DataFrame(rows)
    fit = smf.ols("g ~ l + C(r) + C(y)", data).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(data["r"])[0]}, use_t=True
    )
    interval = fit.conf_int().loc["l"]
    ours, theirs = [found.estimate, found.lower, found.upper], [fit.params["l"], *interval]
    source = "statsmodels with all dummies, clustered"
    tie(panel_convergence, ours, theirs, kind="naive", source=source, rtol=1e-9)
    assert found.years == 5 and found.regression.clusters == 31


def test_divergence_has_no_half_life():
    panel = levels(speed=-0.02)
    found = beta_convergence(panel.loc[2000], panel.loc[2020], 20)
    assert found.speed < 0 and found.half_life == found.half_life_upper == np.inf


def test_sigma_ratio_inverts_the_test(tie):
    found = sigma_convergence(levels(noise=0.1), confidence=0.9)
    panel = np.log(levels(noise=0.1))
    assert found.by_year.loc[2005, "sd_log"] == pytest.approx(panel.loc[2005].std(ddof=1))
    assert found.ratio == pytest.approx(panel.loc[2020].std() / panel.loc[2000].std())

    def p(ratio):
        """Pitman and Morgan: at the true ratio, the sum and the difference of the scaled years are uncorrelated."""
        scaled, last = panel.loc[2000] * ratio, panel.loc[2020]
        return stats.pearsonr(last - scaled, last + scaled).pvalue

    ends, source = [p(found.lower), p(found.upper), p(1)], "the interval inverts the test of Pitman and Morgan"
    tie(sigma_convergence, ends, [0.1, 0.1, found.p_value], kind="identity", source=source, rtol=1e-6)


def test_bad_input_is_named():
    panel = levels()
    with pytest.raises(InputError, match="start is not positive at P3"):
        beta_convergence(panel.loc[2000].where(panel.columns != "P3", 0.0), panel.loc[2020], 20)
    with pytest.raises(InputError, match="regions overshoot"):
        beta_convergence(panel.loc[2000], 1 / panel.loc[2020], 0.5)
    with pytest.raises(InputError, match="evenly spaced"):
        panel_convergence(panel.loc[[2000, 2005, 2020]])
    with pytest.raises(InputError, match="inference must be one of robust"):
        beta_convergence(panel.loc[2000], panel.loc[2020], 20, inference="guess")
    with pytest.raises(InputError, match="two years and three regions"):
        sigma_convergence(panel.iloc[:1])
