"""Likeness and specialisation of regional structures.

Every function takes one table: sectors in rows, regions in columns, in one unit and none negative.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from analysis.labels import InputError, few, numeric_frame, numeric_series, same_labels


def shares(values: pd.DataFrame) -> pd.DataFrame:
    """Share of each sector in its region, s_ir = x_ir / Σ_j x_jr.

    Parameters
    ----------
    values : DataFrame, n x m
        Sectors in rows, regions in columns.

    Returns
    -------
    DataFrame, n x m
        Fractions; each column sums to one.

    Raises
    ------
    InputError
        For values that are negative or not finite, or regions whose total is zero.
    """
    values = numeric_frame(values, "values", "not negative")
    total = values.sum()
    empty = total.index[total == 0]
    if len(empty):
        raise InputError(f"the total is zero in {few(empty)}: leave it out")
    return values / total


def location_quotient(values: pd.DataFrame, reference: pd.Series) -> pd.DataFrame:
    """Location quotient, LQ_ir = (x_ir / x_r) / (x_i / x).

    Parameters
    ----------
    values : DataFrame, n x m
        Sectors in rows, regions in columns.
    reference : Series, n
        The same sectors in the nation, or whatever the regions are held against.

    Returns
    -------
    DataFrame, n x m
        Above one where a region is specialised. Sectors that the reference lacks are left out, if the regions lack
        them too.

    Raises
    ------
    InputError
        As :func:`shares`; and for a sector that a region has and the reference lacks.

    References
    ----------
    Florence (1939); Miller & Blair (2009), section 8.2.1.
    """
    reference = numeric_series(reference, "reference", "not negative")
    own, base = shares(values), shares(reference.to_frame("reference"))["reference"]
    same_labels(values=own, reference=base)
    lacking = base == 0
    orphans = own.index[lacking & (own > 0).any(axis=1)]
    if len(orphans):
        raise InputError(f"regions have sectors that the reference lacks: {few(orphans)}")
    return own[~lacking].div(base[~lacking], axis=0)


def krugman_index(values: pd.DataFrame) -> pd.DataFrame:
    """Krugman index of each pair of regions, ``K_rq = Σ_i |s_ir - s_iq|``.

    Parameters
    ----------
    values : DataFrame, n x m
        Sectors in rows, regions in columns.

    Returns
    -------
    DataFrame, m x m
        From 0 (the same structure) to 2 (no sector in common).

    Raises
    ------
    InputError
        As :func:`shares`.

    References
    ----------
    Krugman (1991), Geography and Trade, p. 76.
    """
    return _pairwise(shares(values), "cityblock")


def cosine_similarity(values: pd.DataFrame) -> pd.DataFrame:
    """Cosine of each pair of structures, Σ_i x_ir x_iq / √(Σ_i x_ir² Σ_i x_iq²).

    Parameters
    ----------
    values : DataFrame, n x m
        Sectors in rows, regions in columns; shares give the same as values.

    Returns
    -------
    DataFrame, m x m
        From 0 (no sector in common) to 1 (the same structure). Large sectors rule it, and values near one are the
        rule at coarse sectors.

    Raises
    ------
    InputError
        As :func:`shares`.

    References
    ----------
    UNIDO (1979), World industry since 1960, as its structural similarity coefficient; Jaffe (1986).
    """
    unit = shares(values)
    unit = unit / np.sqrt((unit**2).sum())
    result: pd.DataFrame = unit.T @ unit
    return result


def bray_curtis(values: pd.DataFrame) -> pd.DataFrame:
    """Bray-Curtis dissimilarity of each pair of regions, ``Σ_i |x_ir - x_iq| / Σ_i (x_ir + x_iq)``.

    Parameters
    ----------
    values : DataFrame, n x m
        Sectors in rows, regions in columns. Of levels it also measures difference in size; of :func:`shares` it is
        half the Krugman index.

    Returns
    -------
    DataFrame, m x m
        From 0 to 1; the similarity of the same name is one less this.

    Raises
    ------
    InputError
        As :func:`shares`.

    References
    ----------
    Bray & Curtis (1957), Ecological Monographs 27(4).
    """
    shares(values)  # its refusals hold here too
    return _pairwise(numeric_frame(values, "values", "not negative"), "braycurtis")


def _pairwise(columns: pd.DataFrame, metric: str) -> pd.DataFrame:
    rows = columns.to_numpy().T
    return pd.DataFrame(cdist(rows, rows, metric), index=columns.columns, columns=columns.columns)
