"""Shift-share analysis: a region's growth against that of the nation and of its industries."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, numeric_frame, numeric_series, same_labels


def shift_share(
    region0: pd.Series,
    region1: pd.Series,
    nation0: pd.Series,
    nation1: pd.Series,
    *,
    method: str = "classic",
) -> pd.DataFrame:
    """Split a region's change, industry by industry, into national growth, industry mix and a regional rest.

    With r and n the values of region and nation, G the growth rate of the nation, g_i and h_i those of industry i in
    the nation and in the region: national r_i0 G, mix r_i0 (g_i - G), regional r_i0 (h_i - g_i). Esteban-Marquillas
    splits the last with the homothetic value b_i = r_0 n_i0 / n_0 (the region's total in the nation's structure) into
    competitive b_i (h_i - g_i) and allocation (r_i0 - b_i)(h_i - g_i).

    Parameters
    ----------
    region0, region1, nation0, nation1 : Series, n
        Employment, output or value added by industry in the first and last year, none negative.
    method : {"classic", "esteban-marquillas"}
        Three effects, or four.

    Returns
    -------
    DataFrame, n x 3 or n x 4
        Columns national, mix, regional (or competitive and allocation), in the unit of the input. They sum to the
        region's change.

    Raises
    ------
    InputError
        For labels that differ, values that are negative or not finite, totals of zero, an industry that the region
        has and the nation lacks, or, in the second form, an industry that the region lacks at the start and that
        therefore has no growth rate.

    References
    ----------
    Dunn (1960), Papers of the Regional Science Association 6; Esteban-Marquillas (1972), Regional and Urban
    Economics 2(3).
    """
    if method not in ("classic", "esteban-marquillas"):
        raise InputError(f"method must be 'classic' or 'esteban-marquillas', not {method!r}")
    given = {"region0": region0, "region1": region1, "nation0": nation0, "nation1": nation1}
    given = {name: numeric_series(values, name, "not negative") for name, values in given.items()}
    same_labels(**given)
    index = given["region0"].index
    r0, r1, n0, n1 = (values.to_numpy() for values in given.values())
    for name, total in [("region0", r0.sum()), ("nation0", n0.sum())]:
        if total == 0:
            raise InputError(f"{name} is zero in every industry")
    alone = (n0 == 0) & (r0 > 0)
    if alone.any():
        raise InputError(f"the region has industries at the start that the nation lacks: {few(index[alone])}")
    # an industry new to the nation is new to the region too: all it adds is regional
    growth = np.divide(n1, n0, out=np.ones(len(n0)), where=n0 > 0) - 1
    nation = n1.sum() / n0.sum() - 1
    regional = r1 - r0 * (1 + growth)
    effects = {"national": r0 * nation, "mix": r0 * (growth - nation)}
    if method == "classic":
        effects["regional"] = regional
    else:
        if (r0 == 0).any():
            raise InputError(
                f"industries without a regional growth rate, as they start at zero: {few(index[r0 == 0])}: "
                "aggregate them, or use the classic form"
            )
        homothetic = r0.sum() * n0 / n0.sum()
        effects["competitive"] = homothetic * regional / r0
        effects["allocation"] = regional - effects["competitive"]
    result = pd.DataFrame(effects, index=index)
    result.attrs["method"] = f"shift-share, {method}"
    return result


def dynamic_shift_share(region: pd.DataFrame, nation: pd.DataFrame, *, method: str = "classic") -> pd.DataFrame:
    """Shift-share for each pair of neighbouring years, so that the region's changing structure enters.

    Parameters
    ----------
    region, nation : DataFrame, n x t
        Industries in rows, years in columns, in ascending order.
    method : {"classic", "esteban-marquillas"}
        See :func:`shift_share`.

    Returns
    -------
    DataFrame, (t - 1) n rows
        Effects by year (the later one of the pair) and industry. Their sum over years and industries is the region's
        change over the whole time.

    Raises
    ------
    InputError
        As :func:`shift_share`, and for years that differ, are out of order, or are fewer than two.

    References
    ----------
    Barff & Knight (1988), Growth and Change 19(2).
    """
    region, nation = numeric_frame(region, "region", "not negative"), numeric_frame(nation, "nation", "not negative")
    same_labels(years_of_the_region=region.columns, years_of_the_nation=nation.columns)
    years = region.columns
    if len(years) < 2 or not years.is_monotonic_increasing:
        raise InputError(f"years must be at least two, in ascending order, not {few(years)}")
    pieces: dict[Any, pd.DataFrame] = {
        year: shift_share(region[before], region[year], nation[before], nation[year], method=method)
        for before, year in pairwise(years)
    }
    result: pd.DataFrame = pd.concat(pieces, names=["year", str(region.index.name or "industry")])
    result.attrs["method"] = f"dynamic shift-share, {method}"
    return result
