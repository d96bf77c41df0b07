"""Convergence among regions: of growth rates on levels (β), and of the levels' dispersion (σ)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from analysis.labels import (
    InputError,
    as_frame,
    few,
    fraction,
    number,
    numeric_frame,
    numeric_series,
    same_labels,
    whole_number,
)
from analysis.regression.bootstrap import wild_cluster_bootstrap
from analysis.regression.panel import Regression, fixed_effects


@dataclass(frozen=True, eq=False)
class Convergence:
    """A slope of growth on the initial level, and the speed that it implies.

    Attributes
    ----------
    estimate, lower, upper : float
        Change in annual log growth for one more log point of the initial level. Negative: convergence.
    p_value : float
        That the slope is zero.
    speed, speed_lower, speed_upper : float
        Share of the gap to the steady state that closes in a year, -ln(1 + slope · years) / years.
    half_life, half_life_lower, half_life_upper : float
        Years in which half the gap closes, ln 2 / speed; infinite where the speed is not positive.
    years : float
        Length of the span over which growth is measured.
    inference : str
        "robust", "clustered" or "wild bootstrap".
    regression : Regression
        All else.
    """

    estimate: float
    lower: float
    upper: float
    p_value: float
    speed: float
    speed_lower: float
    speed_upper: float
    half_life: float
    half_life_lower: float
    half_life_upper: float
    years: float
    inference: str
    regression: Regression = field(repr=False)


@dataclass(frozen=True, eq=False)
class SigmaConvergence:
    """The dispersion of levels by year, and the ratio of the last to the first with its interval.

    Attributes
    ----------
    by_year : DataFrame
        ``sd_log``, the standard deviation of logarithms, and ``cv``, the coefficient of variation.
    ratio, lower, upper : float
        sd_log of the last year over the first. Below one: convergence.
    p_value : float
        That the ratio is one.
    n : int
        Regions.
    """

    by_year: pd.DataFrame
    ratio: float
    lower: float
    upper: float
    p_value: float
    n: int


def beta_convergence(
    start: pd.Series,
    end: pd.Series,
    years: float,
    *,
    controls: pd.DataFrame | None = None,
    inference: str = "robust",
    confidence: float = 0.95,
    seed: int = 0,
) -> Convergence:
    """Regress growth on the initial level across regions, ``ln(y_1 / y_0) / T = a + b ln y_0 + controls``.

    Parameters
    ----------
    start, end : Series, n
        Levels (product per head) by region in the first and in the last year, positive.
    years : float
        T, years between the two.
    controls : DataFrame, n x k, optional
        With them the convergence is conditional: each region towards a level of its own.
    inference : {"robust", "wild bootstrap"}
        Errors robust to heteroskedasticity, or the wild bootstrap of each region, for few of them.
    confidence : float
        Level of the intervals.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Convergence
        Slope, speed and half-life with intervals; the latter two are those of the slope, transformed.

    Raises
    ------
    InputError
        For labels that differ, levels or years that are not positive, or a slope so steep that no speed corresponds.

    Notes
    -----
    Measurement error in the initial level enters both sides with opposite signs, and makes for convergence where there
    is none.

    References
    ----------
    Barro & Sala-i-Martin (1992), Journal of Political Economy 100(2).
    """
    start, end = numeric_series(start, "start", "positive"), numeric_series(end, "end", "positive")
    same_labels(start=start, end=end)
    number(years, "years", "positive", lambda t: t > 0)
    whole_number(seed, "seed")
    data = pd.DataFrame({"growth": np.log(end / start) / years, "initial_level": np.log(start)})
    if controls is not None:
        same_labels(start=start, controls=as_frame(controls, "controls"))
        data = data.join(numeric_frame(controls, "controls"))
    regression = fixed_effects(data, "growth", [c for c in data.columns if c != "growth"], confidence=confidence)
    return _speed(regression, years, inference, ("robust", "wild bootstrap"), seed)


def panel_convergence(
    levels: pd.DataFrame,
    *,
    effects: tuple[str, ...] = ("region", "year"),
    inference: str = "clustered",
    confidence: float = 0.95,
    seed: int = 0,
) -> Convergence:
    """Regress growth from each row of a panel to the next on the level of the first, with fixed effects.

    Parameters
    ----------
    levels : DataFrame, t x n
        Years in rows, evenly spaced and ascending; regions in columns; positive.
    effects : tuple of {"region", "year"}
        Region effects: each region converges to a level of its own. Year effects: common shocks drop out.
    inference : {"clustered", "wild bootstrap"}
        Clustered by region.
    confidence : float
        Level of the intervals.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Convergence
        As :func:`beta_convergence`.

    Raises
    ------
    InputError
        For uneven years, values that are not positive, or a slope so steep that no speed corresponds.

    Notes
    -----
    With region effects and few periods the slope is biased towards convergence, by an amount of the order of 1 over
    the number of periods (Nickell 1981): take the speed as an upper bound.

    References
    ----------
    Islam (1995), Quarterly Journal of Economics 110(4); Nickell (1981), Econometrica 49(6).
    """
    levels = numeric_frame(levels, "levels", "positive")
    if levels.shape[1] < 2:
        raise InputError(f"levels has one region, {few(levels.columns)}: convergence needs two or more")
    whole_number(seed, "seed")
    if not len(effects):
        raise InputError("effects are empty: name 'region', 'year' or both")
    if not pd.api.types.is_numeric_dtype(levels.index):
        raise InputError(f"years must be numbers, not {few(levels.index, 10)}")
    steps = np.diff(levels.index.to_numpy(dtype=float))
    if len(steps) < 1 or (steps <= 0).any() or not np.allclose(steps, steps[0]):
        raise InputError(f"years must be two or more, ascending and evenly spaced, not {few(levels.index, 10)}")
    logarithms: Any = np.log(levels)
    logs = logarithms.rename_axis(index="year", columns="region")
    growth = (logs.diff().shift(-1) / steps[0]).iloc[:-1]
    data = pd.DataFrame({"growth": growth.stack(), "initial_level": logs.iloc[:-1].stack()}).reset_index()
    regression = fixed_effects(
        data, "growth", ["initial_level"], effects=effects, clusters="region", confidence=confidence
    )
    return _speed(regression, float(steps[0]), inference, ("clustered", "wild bootstrap"), seed)


def sigma_convergence(levels: pd.DataFrame, *, confidence: float = 0.95) -> SigmaConvergence:
    """Follow the dispersion of levels over time, and compare the last year with the first.

    The same regions are seen twice, so that the two variances are not independent: the test is that of Pitman and
    Morgan, and the interval of the ratio of variances ``F (K ± √(K² - 1))``, with F the observed ratio, r the
    correlation of the two years' logs, and ``K = 1 + 2 (1 - r²) t² / (n - 2)``.

    Parameters
    ----------
    levels : DataFrame, t x n
        Years in rows, regions in columns, positive.
    confidence : float
        Level of the interval.

    Returns
    -------
    SigmaConvergence
        Dispersion by year, and the ratio with its interval.

    Raises
    ------
    InputError
        For values that are not positive, fewer than two years or three regions, or a year without dispersion.

    Notes
    -----
    Regions count alike, whatever their size. The interval is exact for normal logs of regions that are a sample; for a
    full count of provinces it says how far chance shocks alone would move the ratio.

    References
    ----------
    Pitman (1939); Morgan (1939), both Biometrika 31; Barro & Sala-i-Martin (1992).
    """
    levels = numeric_frame(levels, "levels", "positive")
    fraction(confidence, "confidence")
    periods, n = levels.shape
    if periods < 2 or n < 3:
        raise InputError(f"{periods} years and {n} regions: the comparison needs two years and three regions")
    logs: Any = np.log(levels)
    by_year = pd.DataFrame({"sd_log": logs.std(axis=1), "cv": levels.std(axis=1) / levels.mean(axis=1)})
    flat = by_year.index[by_year["sd_log"] == 0]
    if len(flat):
        raise InputError(f"all regions are equal in {few(flat)}: there is no dispersion to compare")
    first, last = logs.iloc[0], logs.iloc[-1]
    ratio = by_year["sd_log"].iloc[-1] / by_year["sd_log"].iloc[0]
    r = float(np.corrcoef(first, last)[0, 1])
    unexplained = max(1 - r**2, 0.0)
    spread = 1 + 2 * unexplained * stdtrit(n - 2, 0.5 + confidence / 2) ** 2 / (n - 2)
    factor = spread + np.sqrt(spread**2 - 1)
    # correlation of the sum and the difference of the two years, which is zero where the variances are equal
    distance = abs(ratio**2 - 1) / (2 * ratio)
    t = np.inf if unexplained == 0 else distance * np.sqrt((n - 2) / unexplained)
    return SigmaConvergence(
        by_year=by_year,
        ratio=float(ratio),
        lower=float(ratio / np.sqrt(factor)),
        upper=float(ratio * np.sqrt(factor)),
        p_value=float(2 * stdtr(n - 2, -t)),
        n=n,
    )


def _speed(regression: Regression, years: float, inference: str, known: tuple[str, str], seed: int) -> Convergence:
    if inference not in known:
        raise InputError(f"inference must be one of {few(known)}, not {inference!r}")
    found = regression.table.loc["initial_level", ["estimate", "lower", "upper", "p_value"]]
    estimate, lower, upper, p_value = map(float, found.to_numpy(dtype=float))
    if inference == "wild bootstrap":
        test = wild_cluster_bootstrap(regression, "initial_level", seed=seed)
        lower, upper, p_value = test.lower, test.upper, test.p_value
    if 1 + estimate * years <= 0:
        raise InputError(
            f"the slope, {estimate:.4g}, is below -1 / {years:g} years: regions overshoot, and no speed corresponds"
        )

    def speed(slope: float) -> float:
        # a bound beyond the overshooting slope admits any speed
        return np.inf if 1 + slope * years <= 0 else -np.inf if np.isinf(slope) else -np.log1p(slope * years) / years

    def half_life(rate: float) -> float:
        return np.log(2) / rate if rate > 0 else np.inf

    slow, middle, fast = speed(upper), speed(estimate), speed(lower)
    return Convergence(
        estimate=float(estimate),
        lower=float(lower),
        upper=float(upper),
        p_value=float(p_value),
        speed=float(middle),
        speed_lower=float(slow),
        speed_upper=float(fast),
        half_life=float(half_life(middle)),
        half_life_lower=float(half_life(fast)),
        half_life_upper=float(half_life(slow)),
        years=float(years),
        inference=inference,
        regression=regression,
    )
