"""Backward and forward linkages, direct, total and net; key sectors; and how stable their ranks are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, numeric_frame, numeric_series
from analysis.linkages.core import Factored, active_block, describe, full_inverse
from analysis.tables import InputOutputTable, TableError


def direct_linkages(table: InputOutputTable) -> pd.DataFrame:
    """Direct linkages of Chenery and Watanabe: i'A backward, B i forward.

    Parameters
    ----------
    table : InputOutputTable
        On a competitive table inputs and uses of any origin, so that forward may exceed one; on a local one, local.

    Returns
    -------
    DataFrame, m rows, one for each sector with output
        ``name_en``, ``backward`` (intermediate inputs per unit of output), ``forward`` (intermediate uses per unit of
        output), and both divided by their mean.

    References
    ----------
    Chenery & Watanabe (1958); Miller & Blair (2009), section 12.2.
    """
    active, Z = table.active.to_numpy(), table.Z.to_numpy()
    x = table.output.to_numpy()[active]
    return _normalised(table, Z.sum(axis=0)[active] / x, Z.sum(axis=1)[active] / x, "equal")


def total_linkages(table: InputOutputTable, weights: str = "equal") -> pd.DataFrame:
    """Total linkages: i'L backward, G i = x̂⁻¹ L x forward; one factorisation and two solves, no inverse.

    Parameters
    ----------
    table : InputOutputTable
        See :func:`rasmussen_linkages`, which adds the dispersion of each linkage.
    weights : {"equal", "output"}
        How the mean is taken for the normalised indices.

    Returns
    -------
    DataFrame, m rows, one for each sector with output
        ``name_en``, ``backward``, ``forward``, ``backward_index``, ``forward_index``.

    Raises
    ------
    ValueError
        For unknown weights.

    References
    ----------
    Rasmussen (1957); Jones (1976) for Ghosh forward linkages; Miller & Blair (2009), section 12.2.
    """
    L, x = Factored(table), table.output.to_numpy()
    active = x > 0
    backward, forward = L.rows(np.ones(len(x)))[active], L.columns(x)[active] / x[active]
    return _normalised(table, backward, forward, weights)


def rasmussen_linkages(
    table: InputOutputTable, weights: str = "equal", inverse: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Total backward and forward linkages, normalised, with their dispersion.

    Backward: column sums of the Leontief inverse, i'L. Forward: row sums of the Ghosh inverse, G i. Normalised by
    their mean over the sectors that have output, so that one is the average sector.

    Parameters
    ----------
    table : InputOutputTable
        A competitive table gives linkages of technology, a local one linkages with local suppliers and users.
    weights : {"equal", "output"}
        How the mean is taken for the normalised indices.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, m rows, one for each sector with output
        ``name_en``, ``backward``, ``forward``, ``backward_index``, ``forward_index``, ``backward_dispersion`` and
        ``forward_dispersion``: coefficients of variation of the sector's column of L and row of G (sample standard
        deviation over the sectors with output), low where the linkage spreads evenly. ``attrs`` hold region, year,
        imports and assumption.

    Raises
    ------
    ValueError
        For unknown weights.
    TableError
        If ``inverse`` has other sectors than the table.

    Notes
    -----
    In a competitive table, uses of a row exceed its local output where imports are large, so that Ghosh forward
    linkages are inflated for sectors with little output of their own. Read them on a local table.

    References
    ----------
    Rasmussen (1957); Jones (1976) for Ghosh forward linkages; Miller & Blair (2009), section 12.2.
    """
    L = full_inverse(table, inverse)
    # Column sums run over all rows: the product of an idle sector may be needed all the same, from outside.
    backward = L.sum(axis=0)[table.active.to_numpy()]
    _, L, x = active_block(table, L)
    forward = L @ x / x
    result = _normalised(table, backward, forward, weights)
    # Row i of G is L_i· x̂ / x_i, so that its moments need no second matrix.
    result["backward_dispersion"] = _variation(L.sum(axis=0), np.einsum("ij,ij->j", L, L))
    result["forward_dispersion"] = _variation(forward, np.einsum("ij,ij,j->i", L, L, x**2) / x**2)
    return result


def net_linkages(table: InputOutputTable) -> pd.Series:
    """Net backward linkage of Oosterhaven and Stelder, (i'L)_j f_j / x_j.

    Output that the final demand for a sector's product brings about, per unit of the sector's own output. Above one,
    the others depend more on the sector than the sector on them.

    Parameters
    ----------
    table : InputOutputTable
        Local. Final demand f is all that is not used up as an input here: x - Z i, exports included.

    Returns
    -------
    Series, m
        For the sectors that have output. Weighted by output, they average one.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive: f would then hold imports.

    References
    ----------
    Oosterhaven & Stelder (2002); Dietzenbacher (2005); Miller & Blair (2009), section 12.2.
    """
    table.require("local", "net_linkages")
    active, x = table.active, table.output
    multiplier = pd.Series(Factored(table).rows(np.ones(table.n)), index=table.sectors)
    net = (multiplier * (x - table.intermediate_uses))[active] / x[active]
    net = net.rename("net backward linkage")
    net.attrs = describe(table)
    return net


def _normalised(table: InputOutputTable, backward: np.ndarray, forward: np.ndarray, weights: str) -> pd.DataFrame:
    """Linkages of the sectors with output, and what they are of the mean."""
    if weights not in ("equal", "output"):
        raise ValueError(f"weights must be 'equal' or 'output', not {weights!r}")
    active = table.active.to_numpy()
    if not active.any():
        raise TableError(f"table {table.region} {table.year} has no sector with output: it has no linkages")
    share = table.output.to_numpy()[active] if weights == "output" else np.ones(int(active.sum()))
    share = share / share.sum()
    columns = {"name_en": table.names["name_en"].array[active], "backward": backward, "forward": forward}
    for side in ("backward", "forward"):
        mean = columns[side] @ share
        # Without any intermediate flow, every direct linkage is zero, and so is its mean: all sectors are average.
        columns[f"{side}_index"] = columns[side] / mean if mean else np.ones(len(share))
    result = pd.DataFrame(columns, index=table.sectors[active])
    result.attrs = describe(table, weights=weights)
    return result


def _variation(sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Coefficient of variation of m cells from their sum and their sum of squares."""
    m = len(sums)
    if m < 2:
        return np.zeros(m)
    # Rounding alone can push the variance of equal cells below zero.
    variance = np.maximum(squares - sums**2 / m, 0) / (m - 1)
    result: np.ndarray = np.sqrt(variance) * m / sums
    return result


def key_sectors(linkages: pd.DataFrame) -> pd.Series:
    """Class of each sector by its two normalised linkages.

    Parameters
    ----------
    linkages : DataFrame
        From :func:`rasmussen_linkages`, :func:`total_linkages` or :func:`direct_linkages`.

    Returns
    -------
    Series of str
        ``"key"`` (both above one), ``"pull"`` (backward only), ``"push"`` (forward only) or ``"weak"``.

    Raises
    ------
    InputError
        If one of the two columns is lacking, a value is missing, or a label occurs twice.

    References
    ----------
    Miller & Blair (2009), section 12.2.
    """
    lacking = [column for column in ("backward_index", "forward_index") if column not in linkages]
    if lacking:
        raise InputError(f"linkages lack the columns {few(lacking)}, and have {few(linkages) or 'none'}")
    indices = numeric_frame(linkages.loc[:, linkages.columns.isin(["backward_index", "forward_index"])], "linkages")
    pull, push = indices["backward_index"] > 1, indices["forward_index"] > 1
    labels = np.select([pull & push, pull, push], ["key", "pull", "push"], "weak")
    return pd.Series(labels, index=linkages.index, name="class")


def rank_stability(values: Mapping[object, pd.Series]) -> pd.DataFrame:
    """Spearman rank correlation of an indicator between every two tables.

    Parameters
    ----------
    values : mapping of label (a year, an assumption) to Series by sector
        At least two. Ranks are taken over the sectors that all of them have.

    Returns
    -------
    DataFrame, k x k
        Correlations; ``attrs["sectors"]`` says over how many sectors.

    Raises
    ------
    TableError
        If fewer than two series, or fewer than three common sectors, are given, or a series has values that are all
        equal, so that no rank exists.
    InputError
        If a value is missing or infinite, or a sector occurs twice.

    References
    ----------
    Spearman (1904).
    """
    if len(values) < 2:
        raise TableError("rank stability needs at least two tables")
    checked = {label: numeric_series(series, f"the indicator of {label}") for label, series in values.items()}
    joined = pd.concat(checked, axis=1, join="inner")
    if len(joined) < 3:
        whole = pd.concat(checked, axis=1)
        raise TableError(
            f"the tables have {len(joined)} sectors in common; rank correlation needs three or more. Not in all:"
            f" {few(whole.index.difference(joined.index, sort=False))}"
        )
    for label, column in joined.items():
        if column.nunique() == 1:
            raise TableError(f"{label} has the same value in all sectors: there is no rank to compare")
    result = joined.corr(method="spearman")
    result.attrs["sectors"] = len(joined)
    return result
