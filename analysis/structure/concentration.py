"""Concentration and inequality of a distribution.

Every function takes a Series, or a DataFrame with one distribution a column, and returns one number a distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, numeric_frame, numeric_series


def herfindahl(values: pd.Series | pd.DataFrame, *, normalised: bool = False) -> float | pd.Series:
    """Herfindahl-Hirschman index, H = Σ_i s_i², s the shares.

    Parameters
    ----------
    values : Series, n, or DataFrame, n x m
        Not negative, positive in total.
    normalised : bool
        (H - 1/n) / (1 - 1/n) instead, which is zero for equal shares.

    Returns
    -------
    float, or Series of m
        From 1/n (normalised: 0) to 1. Its inverse is the number of equal parts with the same concentration.

    Raises
    ------
    InputError
        For values that are negative or not finite, a total of zero, or, if normalised, a single value.

    References
    ----------
    Hirschman (1945); Herfindahl (1950).
    """

    def index(s: np.ndarray) -> Any:
        h = (s**2).sum(axis=0)
        return (h - 1 / len(s)) / (1 - 1 / len(s)) if normalised else h

    if normalised and len(values) < 2:
        raise InputError("the normalised index needs two values or more")
    return _each(values, index)


def gini(values: pd.Series | pd.DataFrame) -> float | pd.Series:
    """Gini coefficient, ``G = Σ_i Σ_j |x_i - x_j| / (2 n² x̄)``.

    Parameters
    ----------
    values : Series, n, or DataFrame, n x m
        Not negative, positive in total. Of location quotients it is the locational Gini coefficient.

    Returns
    -------
    float, or Series of m
        From 0 (all equal) to 1 - 1/n (one has all).

    Raises
    ------
    InputError
        For values that are negative or not finite, or a total of zero.

    References
    ----------
    Gini (1912); Krugman (1991), Geography and Trade, for the locational form.
    """

    def index(s: np.ndarray) -> Any:
        rank = np.arange(1, len(s) + 1)[:, None]
        return (2 * (rank * np.sort(s, axis=0)).sum(axis=0) - (len(s) + 1)) / len(s)

    return _each(values, index)


def theil(values: pd.Series | pd.DataFrame) -> float | pd.Series:
    """Theil's first index, T = (1/n) Σ_i (x_i / x̄) ln(x_i / x̄).

    Parameters
    ----------
    values : Series, n, or DataFrame, n x m
        Not negative, positive in total; a zero adds nothing, which is the limit of its term.

    Returns
    -------
    float, or Series of m
        From 0 (all equal) to ln n (one has all).

    Raises
    ------
    InputError
        For values that are negative or not finite, or a total of zero.

    Notes
    -----
    Some packages give the second index, here :func:`mean_log_deviation`, under this name.

    References
    ----------
    Theil (1967), Economics and Information Theory, chapter 4.
    """

    def index(s: np.ndarray) -> Any:
        return (s * np.log(len(s) * s, out=np.zeros(s.shape), where=s > 0)).sum(axis=0)

    return _each(values, index)


def mean_log_deviation(values: pd.Series | pd.DataFrame) -> float | pd.Series:
    """Theil's second index, L = (1/n) Σ_i ln(x̄ / x_i).

    Parameters
    ----------
    values : Series, n, or DataFrame, n x m
        Positive.

    Returns
    -------
    float, or Series of m
        From 0 (all equal), without upper bound.

    Raises
    ------
    InputError
        For values that are not positive or not finite.

    References
    ----------
    Theil (1967), Economics and Information Theory, chapter 4.
    """
    return _each(values, lambda s: -np.log(len(s) * s).mean(axis=0), "positive")


def _each(
    values: pd.Series | pd.DataFrame, index: Callable[[np.ndarray], Any], sign: str = "not negative"
) -> pd.Series | float:
    single = isinstance(values, pd.Series)
    frame = numeric_series(values, "values", sign).to_frame() if single else numeric_frame(values, "values", sign)
    total = frame.sum()
    empty = total.index[total == 0]
    if len(empty):
        raise InputError("the total is zero" + ("" if single else f" in {few(empty)}") + ": nothing to distribute")
    result = index((frame / total).to_numpy())
    return float(result[0]) if single else pd.Series(result, index=frame.columns)
