"""Entry checks shared by the methods that take plain labelled data: numbers that are numbers, labels that match."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd


class InputError(ValueError):
    """Data that a method cannot work with; the message says what is wrong, where, and what to do."""


def few(labels: Iterable[object], most: int = 6) -> str:
    """Name the first labels of a list, and say how many more there are."""
    labels = list(labels)
    rest = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(map(str, labels[:most])) + rest


def counted(count: int, what: str) -> str:
    """Say how many there are, in the singular or the plural."""
    return f"{count} {what}{'s' * (count != 1)}"


def number(value: object, name: str, meant: str = "finite", fits: Callable[[float], bool] | None = None) -> float:
    """Return a single number.

    Parameters
    ----------
    value : number
        Neither text nor truth value, and finite.
    name : str
        What the value is called in messages.
    meant : str
        What `fits` asks for, in words that follow "a number that is".
    fits : callable, optional
        Whether the method can bear the value.

    Returns
    -------
    float

    Raises
    ------
    InputError
        Names the value and what is meant.
    """
    if (
        not isinstance(value, Real)
        or isinstance(value, bool)
        or not np.isfinite(float(value))
        or (fits and not fits(float(value)))
    ):
        raise InputError(f"{name} is {_brief(value)}: a number that is {meant} is meant")
    return float(value)


def fraction(value: object, name: str) -> float:
    """Return a number above 0 and below 1; see :func:`number`."""
    return number(value, name, "between 0 and 1, such as 0.95", lambda share: 0 < share < 1)


def whole_number(value: object, name: str, least: int = 0) -> int:
    """Return a whole number of `least` or more; see :func:`number`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} is {_brief(value)}: a whole number, {least} or more, is meant")
    return int(value)


def as_series(values: object, name: str) -> pd.Series:
    """Return what must be a Series, one label a value; see :func:`numeric_series` for numbers."""
    if not isinstance(values, pd.Series):
        shape = getattr(values, "shape", None)
        raise InputError(
            f"{name} is a {type(values).__name__}{f' of shape {shape}' if shape else ''}: a Series is meant, whose"
            " labels say what each value belongs to"
        )
    return values


def as_frame(values: object, name: str) -> pd.DataFrame:
    """Return what must be a DataFrame; see :func:`numeric_frame` for numbers."""
    if not isinstance(values, pd.DataFrame):
        shape = getattr(values, "shape", None)
        raise InputError(
            f"{name} is a {type(values).__name__}{f' of shape {shape}' if shape else ''}: a DataFrame is meant, whose"
            " labels say what each row and column is"
        )
    return values


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else f"a {type(value).__name__}"


def mismatch(have: pd.Index, wanted: pd.Index) -> str:
    """Say in which labels one list differs from another; nothing if they are equal."""
    have, wanted = pd.Index(have), pd.Index(wanted)
    if have.equals(wanted):
        return ""
    parts = {
        "repeats": have[have.duplicated()].unique(),
        "lacks": wanted[~wanted.isin(have)],
        "has beside": have[~have.isin(wanted)],
    }
    said = [f"{verb} {few(labels)}" for verb, labels in parts.items() if len(labels)]
    return ", ".join(said) or "has the same labels in another order"


def numeric_series(values: Any, name: str, sign: str = "any") -> pd.Series:
    """Return labelled values as floats.

    Parameters
    ----------
    values : Series or array_like, n
        An array gets labels 0 to n-1.
    name : str
        What the values are called in messages.
    sign : {"any", "not negative", "positive"}
        What the method can bear.

    Returns
    -------
    Series, n
        Floats; the index is that of the input.

    Raises
    ------
    InputError
        For duplicate labels, values that are not finite numbers, or the wrong sign, with the labels concerned.
    """
    if np.ndim(values) != 1:
        shape = np.shape(values)
        raise InputError(f"{name} has shape {shape}, where a Series is meant: take one of its columns")
    table = numeric_frame(pd.Series(values).to_frame(), name, sign, many=False)
    return table.iloc[:, 0].rename(getattr(values, "name", None))


def numeric_frame(values: Any, name: str, sign: str = "any", many: bool = True) -> pd.DataFrame:
    """Return a labelled table as floats; see :func:`numeric_series`."""
    table = pd.DataFrame(values)
    axes = [("row", table.index), ("column", table.columns)] if many else [("label", table.index)]
    for axis, labels in axes:
        if labels.has_duplicates:
            twice = labels[labels.duplicated()].unique()
            raise InputError(f"{name}: {axis} {few(twice)} occurs more than once: add up or rename")
    if table.empty:
        raise InputError(f"{name} is empty")
    wrong = [label for label, kind in table.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if wrong:
        where = f" in column {few(wrong)}" if many else ""
        raise InputError(f"{name} holds values that are not numbers{where}: convert them first")
    array = table.to_numpy(dtype=float, na_value=np.nan)
    bad = {"any": False, "not negative": array < 0, "positive": array <= 0}[sign]
    for mask, complaint in [(~np.isfinite(array), "not a finite number"), (bad, f"not {sign}".replace("not not ", ""))]:
        if np.any(mask):
            rows, columns = np.nonzero(mask)
            cells = [
                f"{table.index[i]}{f', {table.columns[j]}' if many else ''} = {array[i, j]:g}"
                for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
            ]
            raise InputError(f"{name} is {complaint} at {few(cells, 4)}")
    return pd.DataFrame(array, index=table.index, columns=table.columns)


def same_labels(**labelled: pd.Series | pd.DataFrame | pd.Index) -> None:
    """Refuse data whose row labels differ from those of the first argument, in content or in order.

    Raises
    ------
    InputError
        Names the labels that only one of the two has.
    """
    (first, base), *others = labelled.items()
    base = base if isinstance(base, pd.Index) else base.index
    for name, other in others:
        index = other if isinstance(other, pd.Index) else other.index
        if base.equals(index):
            continue
        lacking, extra = base.difference(index, sort=False), index.difference(base, sort=False)
        if len(lacking) or len(extra):
            parts = [f"only {first} has {few(lacking)}"] * bool(len(lacking))
            parts += [f"only {name} has {few(extra)}"] * bool(len(extra))
            raise InputError(f"labels of {first} and {name} differ: {'; '.join(parts)}: give both the same labels")
        raise InputError(f"{first} and {name} have the same labels in another order: reindex one of them")
