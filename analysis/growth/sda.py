"""Structural decomposition: what each factor of a model contributed to the change of its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, mismatch


def polar_sda(
    function: Callable[..., Any], start: Mapping[str, Any], end: Mapping[str, Any], *, form: str = "additive"
) -> pd.DataFrame | pd.Series:
    """Average of the two polar decompositions: factors change in the given order, and in the reverse one.

    Parameters
    ----------
    function : callable
        Takes the factors by name and returns the outcome: a number, an array or Series of n, or a DataFrame.
    start, end : mapping of str to anything
        The factors in the first and in the last year, under the same names.
    form : {"additive", "multiplicative"}
        Effects that sum to the change, or whose product is the ratio (then the mean is geometric).

    Returns
    -------
    DataFrame, n x k, or Series, k
        Effect of each factor (column) on each element of the outcome; for a single number, one effect a factor. The
        outcome's labels are kept; a DataFrame outcome is stacked.

    Raises
    ------
    InputError
        For factors that differ between the years, outcomes that change shape or labels or are not finite, or, if
        multiplicative, outcomes that are not positive.

    Notes
    -----
    2k outcomes are computed. For two factors this is the Shapley value; for more it is an approximation to the
    mean over all orders, which :func:`shapley_sda` gives exactly.

    References
    ----------
    Dietzenbacher & Los (1998), Economic Systems Research 10(4); Miller & Blair (2009), section 13.1.
    """
    names = _factor_names(start, end)
    evaluate = _Evaluation(function, start, end, form)
    effects: dict[str, Any] = {}
    first, last = evaluate(frozenset()), evaluate(frozenset(names))
    for order in (names, names[::-1]):
        path = [first, *(evaluate(frozenset(order[: i + 1])) for i in range(len(order) - 1)), last]
        for name, (before, after) in zip(order, pairwise(path), strict=True):
            effects[name] = effects.get(name, 0.0) + (after - before) / 2
    return evaluate.label({name: effects[name] for name in names}, "average of the two polar decompositions")


def shapley_sda(
    function: Callable[..., Any], start: Mapping[str, Any], end: Mapping[str, Any], *, form: str = "additive"
) -> pd.DataFrame | pd.Series:
    """Shapley decomposition: the mean effect of each factor over all orders in which the factors may change.

    The effect of factor k is ``Σ_S |S|! (K - |S| - 1)! / K! · (f(S ∪ k) - f(S))`` over the sets S of the other K - 1
    factors, where f(S) is the outcome with the factors of S as in the last year and the others as in the first.

    Parameters
    ----------
    function, start, end, form
        See :func:`polar_sda`.

    Returns
    -------
    DataFrame, n x k, or Series, k
        See :func:`polar_sda`.

    Raises
    ------
    InputError
        See :func:`polar_sda`.

    Notes
    -----
    The K! orders visit only 2^K different outcomes. Each is computed once and added to every factor with its weight, so
    that no more than K + 1 outcomes are held at a time.

    References
    ----------
    Shapley (1953); Dietzenbacher & Los (1998); Albrecht, François & Schoors (2002), Energy Policy 30;
    de Boer & Rodrigues (2020), Economic Systems Research 32(1).
    """
    names = _factor_names(start, end)
    evaluate = _Evaluation(function, start, end, form)
    k = len(names)
    weight = [factorial(size) * factorial(k - size - 1) / factorial(k) for size in range(k)]
    effects: dict[str, Any] = dict.fromkeys(names, 0.0)
    for code in range(2**k):
        changed = frozenset(name for bit, name in enumerate(names) if code >> bit & 1)
        outcome = evaluate(changed)
        for name in names:
            effects[name] = effects[name] + outcome * (
                weight[len(changed) - 1] if name in changed else -weight[len(changed)]
            )
    return evaluate.label(effects, "Shapley decomposition")


def _factor_names(start: Mapping[str, Any], end: Mapping[str, Any]) -> list[str]:
    names = list(start)
    if not names:
        raise InputError("a decomposition needs at least one factor")
    if set(names) != set(end):
        raise InputError(f"factors that only one year has: {few(sorted(set(names) ^ set(end)))}")
    return names


class _Evaluation:
    """The outcome with some factors changed, as a flat array (logarithms if multiplicative), and its labels."""

    def __init__(
        self, function: Callable[..., Any], start: Mapping[str, Any], end: Mapping[str, Any], form: str
    ) -> None:
        if form not in ("additive", "multiplicative"):
            raise InputError(f"form must be 'additive' or 'multiplicative', not {form!r}")
        self.function, self.start, self.end, self.form = function, start, end, form
        self.shape: tuple[int, ...] | None = None
        self.index: Any = None

    def __call__(self, changed: frozenset[str]) -> np.ndarray:
        outcome = self.function(**{name: (self.end if name in changed else self.start)[name] for name in self.start})
        if isinstance(outcome, pd.DataFrame):
            outcome = outcome.stack()
        values = np.asarray(outcome, dtype=float)
        index = outcome.index if isinstance(outcome, pd.Series) else pd.RangeIndex(values.size)
        if values.ndim > 1:
            raise InputError(f"the outcome has shape {values.shape}: return a number, n values, or a DataFrame")
        if self.index is None:
            self.shape, self.index = values.shape, index
        elif values.shape != self.shape or not index.equals(self.index):
            change = mismatch(index, self.index) or f"shape {values.shape}, not {self.shape}"
            raise InputError(
                f"the outcome changes shape or labels with the factors: with {few(sorted(changed))} changed, it"
                f" {change}; both years need the same sectors"
            )
        self._refuse(~np.isfinite(values), values, changed, "a finite number")
        if self.form == "multiplicative":
            self._refuse(values <= 0, values, changed, "positive: use the additive form, or leave it out")
            values = np.log(values)
        return values

    def _refuse(self, mask: np.ndarray, values: np.ndarray, changed: frozenset[str], wanted: str) -> None:
        if np.any(mask):
            where = f" at {few(self.index[np.atleast_1d(mask)])}" if values.ndim else ""
            raise InputError(f"with {few(sorted(changed)) or 'no factor'} changed, the outcome{where} is not {wanted}")

    def label(self, effects: dict[str, Any], method: str) -> pd.DataFrame | pd.Series:
        if self.form == "multiplicative":
            effects = {name: np.exp(effect) for name, effect in effects.items()}
        result: pd.DataFrame | pd.Series
        result = pd.DataFrame(effects, index=self.index) if self.shape else pd.Series(effects, dtype=float)
        if isinstance(result, pd.DataFrame):
            result.columns = result.columns.rename("factor")
        else:
            result.index = result.index.rename("factor")
        result.attrs["method"] = f"{method}, {self.form}"
        return result
