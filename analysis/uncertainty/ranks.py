"""What a ranking is worth: ranks over draws, and ranks over choices of method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, as_frame, few, fraction, numeric_frame, numeric_series, whole_number


def rank_intervals(draws: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Ranges of values and of ranks over draws, sector by sector.

    Parameters
    ----------
    draws : DataFrame, k draws x m sectors
        One measure of :func:`~analysis.uncertainty.linkage_draws`.
    level : float
        Share of the draws between the ends, the same number left out on either side.

    Returns
    -------
    DataFrame, m rows
        ``lower``, ``median``, ``upper`` of the value; ``best_rank``, ``median_rank``, ``worst_rank``, one for the
        largest value, equal values sharing the better rank. Ranks are ones that occur, the ends rounded outwards. The
        ``attrs`` of the draws stay, with ``reading``: an assumed size of noise makes these sensitivity ranges.

    Raises
    ------
    InputError
        For a level outside 0 to 1, fewer than two draws, or values that are missing.

    References
    ----------
    Goldstein & Spiegelhalter (1996) for intervals of ranks.
    """
    fraction(level, "level")
    values, ranks = _ranked(draws)
    lower, median, upper = np.quantile(values, [(1 - level) / 2, 0.5, (1 + level) / 2], axis=0)
    ordered, last = np.sort(ranks, axis=0), len(ranks) - 1
    # A level such as 0.8 has no exact binary form; without the small term a draw more would be kept now and then.
    left_out = int(last * (1 - level) / 2 + 1e-9)
    result = pd.DataFrame(
        {
            "lower": lower,
            "median": median,
            "upper": upper,
            "best_rank": ordered[left_out],
            "median_rank": ordered[last // 2],
            "worst_rank": ordered[last - left_out],
        },
        index=draws.columns,
    )
    result.attrs = {**draws.attrs, "draws": len(draws), "level": level}
    return result


def rank_probability(draws: pd.DataFrame, rank: int = 1) -> pd.Series:
    """Share of draws in which each sector is among the first.

    Parameters
    ----------
    draws : DataFrame, k draws x m sectors
        One measure of :func:`~analysis.uncertainty.linkage_draws`.
    rank : int
        1 for first, 5 for among the first five.

    Returns
    -------
    Series, m
        Between 0 and 1, adding up to ``rank`` unless values tie. It is known to 0.5 / sqrt(k) (one standard error)
        or better, given the noise.

    Raises
    ------
    InputError
        For a rank that is not from 1 to m; see also :func:`rank_intervals`.
    """
    _, ranks = _ranked(draws)
    if whole_number(rank, "rank") not in range(1, ranks.shape[1] + 1):
        raise InputError(f"rank is {rank}: from 1 to {ranks.shape[1]}, the number of sectors")
    name = "first" if rank == 1 else f"among the first {rank}"
    result = pd.Series((ranks <= rank).mean(axis=0), index=draws.columns, name=name)
    result.attrs = {**draws.attrs, "draws": len(draws), "rank": rank}
    return result


def probability_of_key_sector(draws: pd.DataFrame) -> pd.DataFrame:
    """Share of draws in which each sector is key, pulls, pushes or is weak.

    Parameters
    ----------
    draws : DataFrame, k draws x 2 m
        ``linkage_draws(table, ["backward_index", "forward_index"], ...)``: both from the same draws.

    Returns
    -------
    DataFrame, m x 4
        ``key`` (both indices above one), ``pull`` (backward only), ``push`` (forward only), ``weak``; rows sum to one.

    Raises
    ------
    InputError
        If the two indices are not there for the same sectors; see also :func:`rank_intervals`.

    References
    ----------
    Miller & Blair (2009), section 12.2, for the classes.
    """
    as_frame(draws, "draws")
    names = draws.columns.get_level_values(0) if draws.columns.nlevels == 2 else draws.columns[:0]
    if not {"backward_index", "forward_index"} <= set(names):
        raise InputError(
            f"draws lack one of the two indices, and hold {few(names.unique()) or 'no measures by name'}: call"
            " linkage_draws with ['backward_index', 'forward_index'], so that both come from the same draws"
        )
    # of two levels of columns, so that each is a frame
    backward: Any = draws["backward_index"]
    forward: Any = draws["forward_index"]
    if not backward.columns.equals(forward.columns):
        apart = backward.columns.symmetric_difference(forward.columns)
        raise InputError(f"only one of the indices has sectors {few(apart)}: draw both at once")
    pull, push = (_checked(side) > 1 for side in (backward, forward))
    classes = {"key": pull & push, "pull": pull & ~push, "push": ~pull & push, "weak": ~pull & ~push}
    result = pd.DataFrame({name: mask.mean(axis=0) for name, mask in classes.items()}, index=backward.columns)
    result.attrs = {**draws.attrs, "draws": len(draws)}
    return result


def choice_ranges(values: Mapping[Any, pd.Series], names: Sequence[str] = ("choice",)) -> pd.DataFrame:
    """How far the choices of method move each sector: import assumption, table year, aggregation, measure.

    These are ranges over choices, not over chance: no probability belongs to them.

    Parameters
    ----------
    values : mapping of choice to Series by sector
        At least two. With several dimensions the keys are tuples, such as ``("supply pool", 2017)``.
    names : sequence of str
        One for each dimension of the keys.

    Returns
    -------
    DataFrame, one row for each sector that all series have
        ``lower`` and ``upper`` of the value; ``best_rank`` and ``worst_rank``, over the common sectors; and for each
        dimension ``moved_by_<name>``: the largest difference of ranks that this choice alone makes, all others held
        at any of their options. ``attrs["sectors"]`` and ``attrs["choices"]`` count both.

    Raises
    ------
    InputError
        For fewer than two choices, keys that do not fit the names, missing values, or fewer than two common sectors.
    """
    if len(values) < 2:
        raise InputError(f"{len(values)} choice leaves nothing to compare: give two or more")
    keys = [key if isinstance(key, tuple) else (key,) for key in values]
    if not len(names):
        raise InputError("no names: name each dimension of the choices")
    if any(len(key) != len(names) for key in keys):
        raise InputError(f"keys {few(values)} do not each name the {len(names)} dimensions {few(names)}")
    checked = [numeric_series(series, f"values of {key}").rename(i) for i, (key, series) in enumerate(values.items())]
    joined = pd.concat(checked, axis=1, join="inner")
    if len(joined) < 2:
        raise InputError(f"the choices have {len(joined)} sectors in common: ranks need two or more")
    ranks = pd.DataFrame(_rank(joined.to_numpy().T), columns=joined.index)
    ranks.index = pd.MultiIndex.from_tuples(keys, names=list(names))
    result = pd.DataFrame({"lower": joined.min(axis=1), "upper": joined.max(axis=1)}).rename_axis("sector")
    result["best_rank"], result["worst_rank"] = ranks.min(), ranks.max()
    for name in names:
        others = [other for other in names if other != name]
        groups = ranks.groupby(level=others) if others else ranks.groupby(np.zeros(len(ranks)))
        result[f"moved_by_{name}"] = (groups.max() - groups.min()).max()
    result.attrs = {"sectors": len(joined), "choices": len(values)}
    return result


def _checked(draws: pd.DataFrame) -> np.ndarray:
    if len(draws) < 2:
        raise InputError(f"{len(draws)} draw has no spread: take some hundred")
    return numeric_frame(draws, "draws").to_numpy()


def _ranked(draws: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    if as_frame(draws, "draws").columns.nlevels > 1:
        raise InputError(f"draws hold several measures: take one, such as draws[{draws.columns[0][0]!r}]")
    values = _checked(draws)
    return values, _rank(values)


def _rank(values: np.ndarray) -> np.ndarray:
    from scipy import stats  # slow to load, and used here alone

    result: np.ndarray = stats.rankdata(-values, method="min", axis=1).astype(int)
    return result
