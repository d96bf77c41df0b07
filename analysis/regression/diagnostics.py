"""What a referee asks of a regression: collinearity, unequal variance, functional form, serial correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from analysis.labels import InputError, few
from analysis.regression.panel import Regression, fixed_effects


def diagnostics(regression: Regression, unit: str | None = None, time: str | None = None) -> pd.DataFrame:
    """Size of the usual troubles of a regression, each beside the value that it has where there is none.

    Parameters
    ----------
    regression : Regression
        From :func:`fixed_effects`.
    unit, time : str, optional
        Columns that were effects or clusters of the regression, or its regressors: who was observed, and when (a
        number). With both, serial correlation is looked at; each unit must occur once at a time.

    Returns
    -------
    DataFrame, one row a diagnostic
        ``value``, ``lower`` and ``upper`` (its interval, missing where it has none), ``without`` (the value in the
        absence of trouble) and ``p_value`` (of that absence, missing where it is no hypothesis):

        - ``variance inflation, ...`` of each regressor: by how much the others, and not the effects, widen its
          variance, 1 / (1 - R²).
        - ``unequal variance``: share of the variation of squared residuals that the regressors explain; the test is
          Koenker's form of Breusch and Pagan's. Robust and clustered errors allow for it.
        - ``curvature``: coefficient of the square of the fitted values in standard deviations, over the standard
          deviation of the outcome, with the regression's kind of errors (Ramsey's RESET). Left out where the
          regressors determine the square.
        - ``serial correlation``: slope of a residual on the one a period before, errors clustered by unit. With unit
          effects it is -1 / (T - 1) in the absence of trouble, T the mean number of periods, to which it is compared.

    Raises
    ------
    InputError
        If only one of unit and time is given, one is not a column of the regression, a unit occurs twice at a time, or
        no two neighbouring periods of a unit are there.

    References
    ----------
    Breusch & Pagan (1979); Koenker (1981); Ramsey (1969); Wooldridge (2010), Econometric Analysis of Cross Section and
    Panel Data, section 10.5.4.
    """
    # half of what a chapter waits for before it starts, and few chapters come here
    from statsmodels.stats.diagnostic import het_breuschpagan
    from statsmodels.tools import add_constant

    design, terms = regression.design, [term for term in regression.table.index if term != "constant"]
    missing = np.nan
    rows = {}
    X = design.X[:, regression.table.index.get_indexer(pd.Index(terms))]
    if not regression.effects:
        root = design.effects.root
        X = X - root * (root.T @ X) / (root**2).sum()
    correlations = X.T @ X / np.multiply.outer(*[np.linalg.norm(X, axis=0)] * 2)
    for term, inflation in zip(terms, np.diag(np.linalg.inv(correlations)), strict=True):
        rows[f"variance inflation, {term}"] = (inflation, missing, missing, 1.0, missing)
    weighted = regression.residuals.to_numpy() * design.effects.root[:, 0]
    score, p_value, _, _ = het_breuschpagan(weighted, add_constant(design.data[terms].to_numpy(dtype=float)))
    rows["unequal variance"] = (score / regression.n, missing, missing, 0.0, p_value)
    curvature = _curvature(regression, terms)
    if curvature is not None:
        rows["curvature"] = curvature
    if (unit is None) != (time is None):
        raise InputError("serial correlation needs both a unit and a time")
    if unit is not None and time is not None:
        rows["serial correlation"] = _serial(regression, unit, time)
    result = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "lower", "upper", "without", "p_value"])
    return result.rename_axis("diagnostic")


def _curvature(regression: Regression, terms: Sequence[str]) -> Any:
    data, fitted = regression.design.data, regression.fitted
    square = "square of the fitted values"
    again = data.assign(**{square: ((fitted - fitted.mean()) / fitted.std()) ** 2})
    try:
        more = fixed_effects(
            again,
            regression.outcome,
            [*terms, square],
            effects=regression.effects,
            clusters=regression.clusters_by,
            weights=regression.design.weights,
            confidence=regression.confidence,
        )
    except InputError:  # the square is a combination of the regressors, as with dummies alone
        return None
    found = more.table.loc[square]
    size = data[regression.outcome].std()
    return (*(found[["estimate", "lower", "upper"]] / size), 0.0, found["p_value"])


def _serial(regression: Regression, unit: str, time: str) -> Any:
    data = regression.design.data
    lacking = [name for name in (unit, time) if name not in data]
    if lacking:
        raise InputError(f"{few(lacking)} is no column of the regression, which used {few(data.columns, 12)}")
    frame = data[[unit, time]].assign(now=regression.residuals)
    twice = frame[frame.duplicated([unit, time])]
    if len(twice):
        raise InputError(f"{unit} {twice[unit].iloc[0]} occurs more than once at {time} {twice[time].iloc[0]}")
    frame = frame.sort_values([unit, time])
    gaps = frame.groupby(unit)[time].diff()
    frame = frame.assign(before=frame.groupby(unit)["now"].shift())[gaps == gaps.min()]
    if frame.empty:
        raise InputError(f"no {unit} is observed in two neighbouring periods: there is no serial correlation to see")
    slope = fixed_effects(frame, "now", ["before"], clusters=unit, confidence=regression.confidence)
    found = slope.table.loc["before", ["estimate", "standard_error", "lower", "upper"]]
    value, error, lower, upper = found.to_numpy(dtype=float)
    periods = len(data) / data[unit].nunique()
    without = -1 / (periods - 1) if unit in regression.effects else 0.0
    p_value = 2 * stdtr(slope.degrees_of_freedom, -abs(value - without) / error)
    return value, lower, upper, without, p_value
