"""Entry checks shared by the methods that take plain labelled data: numbers that are numbers, labels that match."""

from __future__ import annotations

import numpy as np
import pandas as pd


class InputError(ValueError):
    """Data that a method cannot work with; the message says what is wrong, where, and what to do."""


def few(labels, most: int = 6) -> str:
    """Name the first labels of a list, and say how many more there are."""
    labels = list(labels)
    rest = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(map(str, labels[:most])) + rest


def numeric_series(values, name: str, sign: str = "any") -> pd.Series:
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
    frame = numeric_frame(pd.Series(values).to_frame(), name, sign, many=False)
    return frame.iloc[:, 0].rename(getattr(values, "name", None))


def numeric_frame(values, name: str, sign: str = "any", many: bool = True) -> pd.DataFrame:
    """Return a labelled table as floats; see :func:`numeric_series`."""
    frame = pd.DataFrame(values)
    axes = [("row", frame.index), ("column", frame.columns)] if many else [("label", frame.index)]
    for axis, labels in axes:
        if labels.has_duplicates:
            twice = labels[labels.duplicated()].unique()
            raise InputError(f"{name}: {axis} {few(twice)} occurs more than once: add up or rename")
    if frame.empty:
        raise InputError(f"{name} is empty")
    wrong = [label for label, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if wrong:
        where = f" in column {few(wrong)}" if many else ""
        raise InputError(f"{name} holds values that are not numbers{where}: convert them first")
    array = frame.to_numpy(dtype=float, na_value=np.nan)
    bad = {"any": False, "not negative": array < 0, "positive": array <= 0}[sign]
    for mask, complaint in [(~np.isfinite(array), "not a finite number"), (bad, f"not {sign}".replace("not not ", ""))]:
        if np.any(mask):
            rows, columns = np.nonzero(mask)
            cells = [
                f"{frame.index[i]}{f', {frame.columns[j]}' if many else ''} = {array[i, j]:g}"
                for i, j in zip(rows, columns, strict=True)
            ]
            raise InputError(f"{name} is {complaint} at {few(cells, 4)}")
    return pd.DataFrame(array, index=frame.index, columns=frame.columns)


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
