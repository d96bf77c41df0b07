"""Several regions: interregional multipliers, location quotients.

An interregional table is an :class:`~analysis.tables.InputOutputTable` whose sectors are region-sector pairs; a Series
says which region each belongs to.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.labels import InputError, as_series, few, number, numeric_frame, numeric_series, same_labels
from analysis.linkages.core import coefficients, describe, full_inverse
from analysis.tables import InputOutputTable, TableError


def interregional_multipliers(
    table: InputOutputTable, regions: pd.Series, inverse: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Output multipliers parted into the own region, its feedback, and spillovers to others.

    With L the inverse of the whole system and A_rr the coefficients inside region r:

    - intra: i'L_rr, output in the own region;
    - single_region: i'(I - A_rr)⁻¹, what a table of the region alone would show;
    - feedback: intra less single_region, what comes back through other regions;
    - spillover: i'L_sr summed over the other regions s.

    Parameters
    ----------
    table : InputOutputTable
        Local: flows between the regions are in Z, imports from the rest of the world are not.
    regions : Series, n
        Region of each sector of the table.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, m rows, one for each sector with output
        ``region``, ``total``, ``intra``, ``single_region``, ``feedback``, ``spillover``.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector has no region, or ``inverse`` has other sectors than the table.

    References
    ----------
    Miller (1966); Miller & Blair (2009), sections 3.3 and 6.3.
    """
    table.require("local", "interregional_multipliers")
    region = region_of(table, regions)
    L, A = full_inverse(table, inverse), coefficients(table)
    intra, single = np.empty(table.n), np.empty(table.n)
    for name in region.unique():
        own = np.flatnonzero(region == name)
        block = np.ix_(own, own)
        intra[own] = L[block].sum(axis=0)
        single[own] = linalg.solve((np.eye(len(own)) - A[block]).T, np.ones(len(own)))
    total = L.sum(axis=0)
    columns = {
        "region": region,
        "total": total,
        "intra": intra,
        "single_region": single,
        "feedback": intra - single,
        "spillover": total - intra,
    }
    result = pd.DataFrame(columns, index=table.sectors)[table.active]
    result.attrs = describe(table)
    return result


def spillover_multipliers(
    table: InputOutputTable, regions: pd.Series, inverse: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Output in each region per unit of final demand for each sector: column sums of the blocks of L.

    Parameters
    ----------
    table, regions, inverse
        As in :func:`interregional_multipliers`.

    Returns
    -------
    DataFrame, m x number of regions
        Rows are sectors with output, columns the regions where the output arises; the own region is among them.

    Raises
    ------
    ImportTreatmentError, TableError
        As :func:`interregional_multipliers`.

    References
    ----------
    Miller & Blair (2009), section 6.3.
    """
    table.require("local", "spillover_multipliers")
    region = region_of(table, regions)
    L = pd.DataFrame(full_inverse(table, inverse), index=table.sectors, columns=table.sectors, copy=False)
    result = L.groupby(region.to_numpy(), sort=False).sum().T[table.active]
    result.attrs = describe(table)
    return result


def interregional_feedback(table: InputOutputTable, regions: pd.Series, region: str) -> pd.DataFrame:
    """Feedback of a region on itself through the others, L_rr - (I - A_rr)⁻¹.

    Parameters
    ----------
    table, regions
        As in :func:`interregional_multipliers`.
    region : str
        The region r.

    Returns
    -------
    DataFrame, n_r x n_r

    Raises
    ------
    ImportTreatmentError, TableError
        As :func:`interregional_multipliers`; also if the region is not one of the table's.

    References
    ----------
    Miller (1966); Miller & Blair (2009), section 3.3.
    """
    table.require("local", "interregional_feedback")
    belongs = region_of(table, regions)
    own = np.flatnonzero(belongs == region)
    if not len(own):
        raise TableError(f"no sector lies in {region!r}: the regions are {belongs.unique().tolist()}")
    block = np.ix_(own, own)
    alone = linalg.inv(np.eye(len(own)) - coefficients(table)[block])
    labels = table.sectors[own]
    feedback = pd.DataFrame(full_inverse(table, None)[block] - alone, index=labels, columns=labels)
    feedback.attrs = describe(table, feedback_of=region)
    return feedback


def cilq(region: pd.Series, nation: pd.Series) -> pd.DataFrame:
    """Cross-industry location quotient, SLQ_i / SLQ_j = (R_i / N_i) / (R_j / N_j).

    Parameters
    ----------
    region, nation : Series, n
        Output, value added or employment by sector, not negative, with the same sectors.

    Returns
    -------
    DataFrame, n x m
        Row: supplier; column: user, of the m sectors that the region has. The diagonal is one.

    Raises
    ------
    InputError
        For labels that differ, values that are missing or negative, or a sector that the nation does not have.

    References
    ----------
    Flegg & Webber (1997); Miller & Blair (2009), section 8.2.
    """
    quotient = _quotient(region, nation)
    users = quotient[quotient > 0]
    return pd.DataFrame(
        np.divide.outer(quotient.to_numpy(), users.to_numpy()), index=quotient.index, columns=users.index
    )


def rlq(region: pd.Series, nation: pd.Series) -> pd.DataFrame:
    """Find Round's semilogarithmic quotient, SLQ_i / log2(1 + SLQ_j).

    Parameters
    ----------
    region, nation : Series, n
        As in :func:`cilq`.

    Returns
    -------
    DataFrame, n x m
        As in :func:`cilq`.

    Raises
    ------
    InputError
        As :func:`cilq`.

    References
    ----------
    Round (1978); Flegg & Webber (1997).
    """
    quotient = _quotient(region, nation)
    result: pd.DataFrame = cilq(region, nation) * quotient[quotient > 0] / np.log2(1 + quotient[quotient > 0])
    return result


def flq(region: pd.Series, nation: pd.Series, delta: float) -> pd.DataFrame:
    """Flegg's location quotient: λ CILQ_ij, and λ SLQ_i on the diagonal; λ = log2(1 + R / N)^δ.

    Parameters
    ----------
    region, nation : Series, n
        As in :func:`cilq`. The totals R and N give the size of the region.
    delta : float
        δ in [0, 1); the larger, the more is imported. There is no true value: 0.3 is usual.

    Returns
    -------
    DataFrame, n x m
        As in :func:`cilq`.

    Raises
    ------
    InputError
        As :func:`cilq`, or if δ is not in [0, 1).

    References
    ----------
    Flegg & Webber (1997); Miller & Blair (2009), section 8.2.
    """
    number(delta, "delta", "at least 0 and below 1", lambda d: 0 <= d < 1)
    quotient, matrix = _quotient(region, nation), cilq(region, nation)
    # One λ for the region as a whole, from totals: a λ by sector is another quantity.
    size = np.log2(1 + region.sum() / nation.sum()) ** delta
    own = matrix.index.get_indexer(matrix.columns)
    values = matrix.to_numpy(copy=True)
    values[own, np.arange(len(own))] = quotient.to_numpy()[own]
    return pd.DataFrame(size * values, index=matrix.index, columns=matrix.columns)


def aflq(region: pd.Series, nation: pd.Series, delta: float) -> pd.DataFrame:
    """Augmented Flegg quotient: FLQ_ij log2(1 + SLQ_j) for users in which the region is specialised (SLQ_j > 1).

    Parameters
    ----------
    region, nation, delta
        As in :func:`flq`.

    Returns
    -------
    DataFrame, n x m
        As in :func:`cilq`.

    Raises
    ------
    InputError
        As :func:`flq`.

    References
    ----------
    Flegg & Webber (2000); Miller & Blair (2009), section 8.2.
    """
    matrix = flq(region, nation, delta)
    quotient = _quotient(region, nation)[matrix.columns]
    result: pd.DataFrame = matrix * np.log2(1 + quotient).where(quotient > 1, 1.0)
    return result


def regional_coefficients(national: pd.DataFrame, quotients: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Estimate local input coefficients from national ones: a_ij min(1, LQ_ij).

    Parameters
    ----------
    national : DataFrame, n x n
        Technical coefficients of the nation.
    quotients : Series, n (by supplier) or DataFrame, n x m
        From one of the quotients of this module, or a simple one, which applies to the whole row.

    Returns
    -------
    DataFrame, n x m
        An estimate, for the users that the quotients hold.

    Raises
    ------
    InputError
        If the sectors differ, or a value is missing or, among the quotients, negative.

    Notes
    -----
    A quotient above one is taken as one: it says that the region can export, not that it buys more than the nation.
    Some authors let AFLQ exceed one; this function does not.

    References
    ----------
    Miller & Blair (2009), section 8.2.
    """
    national = numeric_frame(national, "national")
    same_labels(rows_of_national=national, columns_of_national=national.columns)
    if isinstance(quotients, pd.Series):
        quotients = numeric_series(quotients, "quotients", "not negative")
        same_labels(national=national, quotients=quotients)
        return national.mul(quotients.clip(upper=1), axis=0)
    quotients = numeric_frame(quotients, "quotients", "not negative")
    same_labels(national=national, quotients=quotients)
    strange = quotients.columns.difference(national.columns, sort=False)
    if len(strange):
        raise InputError(f"quotients have columns, that is users, that the nation lacks: {few(strange)}")
    return national[quotients.columns] * quotients.clip(upper=1)


def _quotient(region: pd.Series, nation: pd.Series) -> pd.Series:
    """Compute simple location quotients, (R_i / R) / (N_i / N)."""
    region = numeric_series(region, "region", "not negative")
    nation = numeric_series(nation, "nation", "positive")
    same_labels(region=region, nation=nation)
    if not region.sum():
        raise InputError("the region has nothing in any sector")
    return region / region.sum() / (nation / nation.sum())


def region_of(table: InputOutputTable, regions: pd.Series) -> pd.Series:
    """Region of each sector of a table, in its order; refuses sectors without one."""
    if as_series(regions, "regions").index.has_duplicates:
        raise TableError(f"sectors {regions.index[regions.index.duplicated()].tolist()} are given more than one region")
    region = regions.reindex(table.sectors)
    if region.isna().any():
        raise TableError(f"sectors {region.index[region.isna()].tolist()} have no region")
    return region
