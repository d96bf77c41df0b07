"""Growth rates, contributions, deflation, and what a change of share says about growth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, as_series, few, numeric_frame, numeric_series, same_labels


def compound_growth_rate(start: Any, end: Any, years: float) -> Any:
    """Compound rate of growth a year, (end / start)^(1 / years) - 1.

    Parameters
    ----------
    start, end : float, array, Series or interval
        Levels in the first and in the last year, positive, in one unit and price basis. An interval is an object with
        bounds ``lower`` and ``upper`` and its own arithmetic, such as :class:`analysis.ledger.Interval`.
    years : float
        Years between the two.

    Returns
    -------
    float, array, Series or interval
        A fraction a year (0.08 is 8 %). From intervals, the interval of all rates that the bounds admit.

    Raises
    ------
    InputError
        For levels that are not positive or not finite, or years that are not positive.
    """
    for name, value in [("start", start), ("end", end), ("years", years)]:
        _above(0, name, value)
    if isinstance(start, pd.Series) and isinstance(end, pd.Series):
        same_labels(start=start, end=end)
    return (end / start) ** (1 / years) - 1


def contribution_to_growth(start: pd.Series, end: pd.Series) -> pd.DataFrame:
    """Split the growth rate of a total over its parts, (x_i1 - x_i0) / Σ_j x_j0.

    Parameters
    ----------
    start, end : Series, n
        The parts in both years, in one unit. They may be negative (net exports, inventories); the first total may not.

    Returns
    -------
    DataFrame, n x 2
        ``change`` in the unit of the input, and ``contribution`` as a fraction of the first total; the contributions
        sum to the total's growth rate.

    Raises
    ------
    InputError
        For labels that differ, values that are not finite, or a total at the start that is not positive.
    """
    start, end = numeric_series(start, "start"), numeric_series(end, "end")
    same_labels(start=start, end=end)
    if start.sum() <= 0:
        raise InputError(f"the total at the start is {start.sum():g}: growth needs a positive one")
    change = end - start
    return pd.DataFrame({"change": change, "contribution": change / start.sum()})


@dataclass(frozen=True)
class ShareIdentity:
    """What a change of a part's share in a whole says about the part's growth.

    Attributes
    ----------
    relative : float or interval
        Growth factor of the part over that of the whole, a year, (s1 / s0)^(1 / years).
    part_rate : float or interval
        Growth rate of the part, a fraction a year.
    lead : float or interval
        Growth rate of the part less that of the whole, a fraction a year.
    """

    relative: Any
    part_rate: Any
    lead: Any


def share_identity(share0: Any, share1: Any, years: float, whole_rate: Any) -> ShareIdentity:
    """Growth lead implied by a change of share.

    ``s1 / s0 = ((1 + g_part) / (1 + g_whole))^years``, hence
    ``g_part - g_whole = (1 + g_whole) ((s1 / s0)^(1 / years) - 1)``.

    Parameters
    ----------
    share0, share1 : float or interval
        Share of the part in the whole (a region in its nation) in the first and last year, both as fractions or both
        in %.
    years : float
        Years between the two.
    whole_rate : float or interval
        Growth rate of the whole, a fraction a year.

    Returns
    -------
    ShareIdentity
        Intervals if an argument is one.

    Raises
    ------
    InputError
        For shares or years that are not positive, or a rate of -100 % or less.

    Notes
    -----
    An identity, not a model: it holds exactly if shares and rates speak of the same things at the same prices. Rates at
    constant prices need shares at constant prices.
    """
    _above(-1, "the rate of the whole, a fraction,", whole_rate)
    lead = compound_growth_rate(share0, share1, years)
    # each argument occurs once in each line, so that interval arithmetic gives the exact bounds
    return ShareIdentity(relative=1 + lead, part_rate=(1 + whole_rate) * (1 + lead) - 1, lead=(1 + whole_rate) * lead)


def _above(floor: float, name: str, value: object) -> None:
    if isinstance(value, pd.DataFrame):
        raise InputError(f"{name} has {value.shape[1]} columns: take one Series at a time")
    if isinstance(value, pd.Series):
        value = numeric_series(value, name)
        low = value[value <= floor]
        if len(low):
            raise InputError(f"{name} must be above {floor}, not {few(f'{k} = {v:g}' for k, v in low.items())}")
        return
    try:
        lowest = np.asarray(value if isinstance(value, str) else getattr(value, "lower", value), dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not a number: {value!r}") from None
    if not lowest.size or not (np.isfinite(lowest) & (lowest > floor)).all():
        raise InputError(f"{name} must be finite and above {floor}, not {value}")


def deflate(values: pd.Series | pd.DataFrame, deflator: pd.Series, base: Any) -> pd.Series | pd.DataFrame:
    """Values at the prices of a base year, values / (deflator / deflator[base]).

    Parameters
    ----------
    values : Series or DataFrame, t rows
        At current prices, years in the index.
    deflator : Series
        Price index by year, on any base, positive. Its name says what it measures, and is kept with the result.
    base : label
        The year whose prices are wanted.

    Returns
    -------
    Series or DataFrame
        In the unit of `values`; ``attrs`` hold ``price_basis`` and ``deflator``.

    Raises
    ------
    InputError
        If the deflator has no name, lacks the base year or a year of the values, or is not positive.
    """
    if not as_series(deflator, "the deflator").name:
        raise InputError("the deflator has no name: name the Series after what it measures and who publishes it")
    index = numeric_series(deflator, f"deflator {deflator.name}", "positive")
    if base not in index.index:
        raise InputError(f"deflator {deflator.name} lacks the base year {base}: it has {few(index.index)}")
    if not isinstance(values, pd.DataFrame):
        as_series(values, "values")
    lacking = values.index.difference(index.index)
    if len(lacking):
        raise InputError(f"deflator {deflator.name} lacks {few(lacking)}: shorten the values, or find the deflator")
    scale = index.loc[values.index] / index[base]
    result: pd.Series | pd.DataFrame
    if isinstance(values, pd.DataFrame):
        result = numeric_frame(values, "values").div(scale, axis=0)
    else:
        result = numeric_series(values, "values").div(scale)
    attrs: dict[Any, Any] = {**values.attrs, "price_basis": f"{base} prices", "deflator": deflator.name}
    result.attrs.update(attrs)
    return result
