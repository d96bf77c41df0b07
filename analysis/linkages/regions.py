"""Several regions: interregional multipliers, value added in trade between regions, location quotients.

An interregional table is an :class:`InputOutputTable` whose sectors are region-sector pairs; a Series says which
region each belongs to.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.labels import InputError, numeric_series, same_labels
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
    region = _regions(table, regions)
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
    region = _regions(table, regions)
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
    belongs = _regions(table, regions)
    own = np.flatnonzero(belongs == region)
    if not len(own):
        raise TableError(f"no sector lies in {region!r}: the regions are {belongs.unique().tolist()}")
    block = np.ix_(own, own)
    alone = linalg.inv(np.eye(len(own)) - coefficients(table)[block])
    labels = table.sectors[own]
    feedback = pd.DataFrame(full_inverse(table, None)[block] - alone, index=labels, columns=labels)
    feedback.attrs = describe(table, feedback_of=region)
    return feedback


def value_added_in_regional_exports(
    table: InputOutputTable, regions: pd.Series, final_regions: pd.Series
) -> pd.DataFrame:
    """Value added of every sector in the exports of every sector, v̂ L ê, in a system of regions.

    Parameters
    ----------
    table : InputOutputTable
        Local, all regions in it; deliveries to the outside world (its trade columns) count as exports.
    regions : Series, n
        Region of each sector.
    final_regions : Series
        Region of each final-use column.

    Returns
    -------
    DataFrame, n x n, in the unit of the table
        Row: sector that earns; column: sector that exports. Column sums over the rows of other regions are vertical
        specialisation (foreign content); row sums over the columns of other regions are value added that others
        export.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector or final use has no region.

    References
    ----------
    Hummels, Ishii & Yi (2001); Koopman, Wang & Wei (2014), section 2; Kummritz & Quast (2016) for the worked example.
    """
    table.require("local", "value_added_in_regional_exports")
    home, exports, _ = _exports_between(table, regions, final_regions)
    v = (table.total_value_added / table.output.where(table.active, 1.0)).to_numpy()
    result = pd.DataFrame(v[:, None] * full_inverse(table, None) * exports, index=home.index, columns=home.index)
    result.attrs = describe(table, unit=table.unit)
    return result


def koopman_wang_wei(table: InputOutputTable, regions: pd.Series, final_regions: pd.Series) -> pd.DataFrame:
    """Gross exports of each region in the nine terms of Koopman, Wang and Wei.

    Parameters
    ----------
    table, regions, final_regions
        As in :func:`value_added_in_regional_exports`; without trade with the outside world, for the decomposition
        holds for a closed system.

    Returns
    -------
    DataFrame, regions x 9, in the unit of the table
        Own value added in exports: ``DVA_FIN`` (final goods), ``DVA_INT`` (inputs, used up by the buyer),
        ``DVA_INTrex`` (inputs, exported again to third regions); come home: ``RDV_FIN``, ``RDV_INT``; counted twice:
        ``DDC``; value added of others: ``FVA_FIN``, ``FVA_INT``; counted twice: ``FDC``. Rows sum to gross exports.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector or final use has no region, or the table trades with the outside, has imported inputs or an error
        column.

    References
    ----------
    Koopman, Wang & Wei (2014), equation 36.
    """
    table.require("local", "koopman_wang_wei")
    outside = {
        "exports": table.exports.abs().sum(),
        "imported inputs": table.imported.abs().to_numpy().sum(),
        "error": table.error.abs().sum(),
    }
    if any(outside.values()):
        raise TableError(f"the nine terms hold for a closed system, but the table has {outside}")
    home, exports, Y = _exports_between(table, regions, final_regions)
    L, A = full_inverse(table, None), coefficients(table)
    v = (table.total_value_added / table.output.where(table.active, 1.0)).to_numpy()
    names = list(home.unique())
    own = {r: np.flatnonzero(home == r) for r in names}
    # Output that region r needs of itself alone for a final demand or an export of its own.
    alone = {r: np.linalg.inv(np.eye(len(own[r])) - A[np.ix_(own[r], own[r])]) for r in names}
    at_home = {r: alone[r] @ Y[r][own[r]] for r in names}
    for_export = {r: alone[r] @ exports[own[r]] for r in names}

    terms = pd.DataFrame(
        0.0,
        index=names,
        columns=["DVA_FIN", "DVA_INT", "DVA_INTrex", "RDV_FIN", "RDV_INT", "DDC", "FVA_FIN", "FVA_INT", "FDC"],
    )
    for s in names:
        here, others = own[s], [r for r in names if r != s]
        v_own = v[here] @ L[here]  # own value added in a unit of any product
        v_foreign = v @ L[:, here] - v_own[here]  # others' value added in a unit of own product
        final_exports = sum((Y[r][here] for r in others), np.zeros(len(here)))
        terms.loc[s, "DVA_FIN"] = v_own[here] @ final_exports
        terms.loc[s, "FVA_FIN"] = v_foreign @ final_exports
        for r in others:
            there = own[r]
            terms.loc[s, "DVA_INT"] += v_own[there] @ Y[r][there]
            terms.loc[s, "DVA_INTrex"] += v_own[there] @ sum(
                (Y[t][there] for t in others if t != r), np.zeros(len(there))
            )
            terms.loc[s, "RDV_FIN"] += v_own[there] @ Y[s][there]
            sold_back = v_own[there] @ A[np.ix_(there, here)]
            terms.loc[s, "RDV_INT"] += sold_back @ at_home[s]
            terms.loc[s, "DDC"] += sold_back @ for_export[s]
            passed_on = v_foreign @ A[np.ix_(here, there)]
            terms.loc[s, "FVA_INT"] += passed_on @ at_home[r]
            terms.loc[s, "FDC"] += passed_on @ for_export[r]
    terms.attrs = describe(table, unit=table.unit)
    return terms


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
    return cilq(region, nation) * quotient[quotient > 0] / np.log2(1 + quotient[quotient > 0])


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
        As :func:`cilq`.
    ValueError
        If δ is not in [0, 1).

    References
    ----------
    Flegg & Webber (1997); Miller & Blair (2009), section 8.2.
    """
    if not 0 <= delta < 1:
        raise ValueError(f"delta must be at least 0 and below 1, not {delta}")
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
    InputError, ValueError
        As :func:`flq`.

    References
    ----------
    Flegg & Webber (2000); Miller & Blair (2009), section 8.2.
    """
    matrix = flq(region, nation, delta)
    quotient = _quotient(region, nation)[matrix.columns]
    return matrix * np.log2(1 + quotient).where(quotient > 1, 1.0)


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
        If the sectors differ.

    References
    ----------
    Miller & Blair (2009), section 8.2.

    Notes
    -----
    A quotient above one is taken as one: it says that the region can export, not that it buys more than the nation.
    Some authors let AFLQ exceed one; this function does not.
    """
    same_labels(national=national, quotients=quotients)
    if isinstance(quotients, pd.Series):
        return national.mul(quotients.clip(upper=1), axis=0)
    return national[quotients.columns] * quotients.clip(upper=1)


def _quotient(region, nation) -> pd.Series:
    """Compute simple location quotients, (R_i / R) / (N_i / N)."""
    region = numeric_series(region, "region", "not negative")
    nation = numeric_series(nation, "nation", "positive")
    same_labels(region=region, nation=nation)
    if not region.sum():
        raise InputError("the region has nothing in any sector")
    return region / region.sum() / (nation / nation.sum())


def _regions(table, regions: pd.Series) -> pd.Series:
    if regions.index.has_duplicates:
        raise TableError(f"sectors {regions.index[regions.index.duplicated()].tolist()} are given more than one region")
    region = regions.reindex(table.sectors)
    if region.isna().any():
        raise TableError(f"sectors {region.index[region.isna()].tolist()} have no region")
    return region


def _exports_between(table, regions, final_regions) -> tuple[pd.Series, np.ndarray, dict[str, np.ndarray]]:
    """Region of each sector, its exports to other regions and the world, and final demand by region of the user."""
    home = _regions(table, regions)
    lacking = [c for c in table.final_uses if c not in final_regions.index]
    unknown = sorted(set(final_regions[table.final_uses.columns.intersection(final_regions.index)]) - set(home))
    if lacking or unknown:
        raise TableError(f"final uses {lacking} have no region, or lie in regions {unknown} that have no sector")
    Z, final = table.Z.to_numpy(), table.final_uses
    Y = {r: final.loc[:, (final_regions[final.columns] == r).to_numpy()].sum(axis=1).to_numpy() for r in home.unique()}
    exports = table.exports.to_numpy().copy()
    for r in home.unique():
        own = (home == r).to_numpy()
        exports[own] += Z[np.ix_(own, ~own)].sum(axis=1) + sum((Y[s][own] for s in Y if s != r), np.zeros(own.sum()))
    return home, exports, Y
