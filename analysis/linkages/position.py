"""Where a sector stands in the chain: distance to final use, distance from primary inputs, length of paths."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.labels import as_series, few, numeric_series, whole_number
from analysis.linkages.core import Factored, coefficients, describe, full_inverse
from analysis.linkages.embodied import known_sectors
from analysis.tables import ImportTreatmentError, InputOutputTable, TableError

INVENTORIES = ("FU202", "P52", "P52_P53", "P5M")
"""Columns of inventory change: of China's tables, and as Eurostat codes it."""

_MOST_BRANCHES = 200_000


def upstreamness(
    table: InputOutputTable, correction: str = "open economy", inventories: str | None = "FU202"
) -> pd.Series:
    """Average distance from final use, U = (I - Δ)⁻¹ i.

    With the correction, Δ_ij = Z_ij / (x_i - E_i + M_i - N_i): what leaves (E) and what enters (M) is taken to be used
    in the same proportions as what is used here, and additions to stocks (N) wait for a use of the same kind. Without
    it, Δ = B = x̂⁻¹ Z.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    correction : {"open economy", "none"}
        ``"none"`` is right for a closed economy or a table of the whole world, and refused for a table with inflows
        inside its flows.
    inventories : str or None
        Final-use column that holds the change in inventories; None where the table has none.

    Returns
    -------
    Series, m, steps
        At least one: one for a sector whose whole product goes to final use. For the sectors that have output.

    Raises
    ------
    ImportTreatmentError
        If no correction is asked for a table whose flows hold inflows.
    TableError
        If the inventories column is not there, a sector has no domestic use left after the correction, or
        intermediate uses exceed it by so much that no finite distance exists.
    ValueError
        For an unknown correction.

    Notes
    -----
    Uncorrected, this is the Ghosh forward linkage to the last digit: never count both as two pieces of evidence.

    References
    ----------
    Antràs, Chor, Fally & Hillberry (2012), equations 3 and 9; Antràs & Chor (2018) for inventories.
    """
    return positions(table, correction, inventories)["upstreamness"]


def downstreamness(
    table: InputOutputTable, correction: str = "open economy", inventories: str | None = "FU202"
) -> pd.Series:
    """Average distance from primary inputs, D = (I - x̂ Δ x̂⁻¹)'⁻¹ i, with Δ as in :func:`upstreamness`.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    correction : {"open economy", "none"}
        With the correction, flows are scaled to x_i / (x_i - E_i + M_i - N_i) of themselves, as for upstreamness.
        ``"none"`` gives D = L' i.
    inventories : str or None
        Final-use column that holds the change in inventories; None where the table has none.

    Returns
    -------
    Series, m, steps
        At least one: one for a sector that buys no inputs. For the sectors that have output.

    Raises
    ------
    ImportTreatmentError, TableError, ValueError
        As :func:`upstreamness`.

    Notes
    -----
    Uncorrected, this is the total backward linkage to the last digit: never count both as two pieces of evidence. On a
    local table, imported inputs count as primary.

    The correction keeps up- and downstreamness on the same flows. It raises the rows of net exporters, so that inputs
    and value added no longer sum to output by column; where a region exports most of what it makes, distances grow
    long. Show the uncorrected measure of a local table beside it.

    References
    ----------
    Fally (2012); Antràs & Chor (2018).
    """
    return positions(table, correction, inventories)["downstreamness"]


def positions(
    table: InputOutputTable, correction: str = "open economy", inventories: str | None = "FU202"
) -> pd.DataFrame:
    """Upstreamness and downstreamness together, by one factorisation and two solves.

    Parameters
    ----------
    table, correction, inventories
        As in :func:`upstreamness`.

    Returns
    -------
    DataFrame, m x 2, steps
        ``upstreamness`` and ``downstreamness`` of the sectors that have output.

    Raises
    ------
    ImportTreatmentError, TableError, ValueError
        As :func:`upstreamness`.

    Notes
    -----
    Scaling the rows and columns of Δ by output leaves one matrix to factorise: D = x̂⁻¹ (I - Δ)'⁻¹ x.

    References
    ----------
    Antràs & Chor (2018).
    """
    active, used = _domestic_use(table, correction, inventories)
    x = table.output[active].to_numpy()
    Z = table.Z if len(active) == table.n else table.Z.loc[active, active]
    matrix = Z.to_numpy() / used.to_numpy()[:, None]
    negative = bool(matrix.min() < 0)
    np.negative(matrix, out=matrix)
    matrix[np.diag_indices(len(x))] += 1
    # LAPACK counts by columns: the transpose of a row-major matrix spares it a copy.
    turned = int(matrix.flags.c_contiguous)
    lu, pivots, singular = linalg.lapack.dgetrf(matrix.T if turned else matrix, overwrite_a=True)
    distances = {}
    ones = np.ones(len(x))
    for name, right, scale, trans in (("upstreamness", ones, ones, turned), ("downstreamness", x, x, 1 - turned)):
        solved = np.zeros(len(x)) if singular else linalg.lu_solve((lu, pivots), right, trans=trans) / scale
        # For flows that are not negative, a distance below one says that the sum over the rounds does not converge.
        short = active[~(solved >= 1 - 1e-9)].tolist()
        if singular or (short and not negative):
            raise TableError(
                f"{name} of {table.region} {table.year} has no finite value (at {few(short)}): intermediate uses exceed"
                " or exhaust domestic use; check inventories, the error column and the import assumption"
            )
        distances[name] = solved
    result = pd.DataFrame(distances, index=active)
    result.attrs = describe(table, correction=correction, unit="steps")
    return result


def average_propagation_length(table: InputOutputTable, inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Average number of steps of the chains from one sector to another, (L (L - I)) / (L - I), cell by cell.

    Parameters
    ----------
    table : InputOutputTable
        Competitive (chains of technology, wherever they run) or local.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, n x n, steps
        At least one. Missing where no chain leads from the row to the column sector. Input and output coefficients
        give the same lengths.

    Raises
    ------
    TableError
        If the table has negative flows, for which steps have no average, or ``inverse`` has other sectors.

    References
    ----------
    Dietzenbacher, Romero & Bosma (2005), equation 5.
    """
    _no_negative_flows(table, "average_propagation_length")
    L = full_inverse(table, inverse)
    total = L.copy()
    total[np.diag_indices(table.n)] -= 1
    weighted = L @ total
    # Chains whose weight drowns in the rounding of the inverse are no chains: connection is a matter of the flows.
    linked = _connected(coefficients(table) > 0)
    lengths = np.divide(weighted, total, out=np.full_like(total, np.nan), where=linked & (total > 0))
    result = pd.DataFrame(lengths, index=table.sectors, columns=table.sectors, copy=False)
    result.attrs = describe(table)
    return result


def structural_paths(
    table: InputOutputTable, sector: str, count: int = 10, intensity: pd.Series | None = None
) -> pd.DataFrame:
    """Largest single chains behind a unit of final demand: ``s_k a_kl … a_ij``, exactly the first ``count`` of all.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local, without negative flows.
    sector : str
        Sector j whose final demand is followed upstream.
    count : int
        Number of chains.
    intensity : Series, n, optional
        What to count at the end of a chain, per unit of output and not negative (value added, employment, ...);
        output itself if not given.

    Returns
    -------
    DataFrame, at most ``count`` rows, largest first
        ``path`` (codes from the sector to its last supplier), ``steps``, ``value``, and ``share`` of the whole
        multiplier ``s'L_·j``, which is in ``attrs["total"]``.

    Raises
    ------
    TableError
        If the sector is unknown or idle, the table has negative flows, ``intensity`` lacks a sector, or so many chains
        are alike that the largest cannot be told in 200,000 branches.
    InputError
        If the count is not positive, or an intensity is missing or negative.

    References
    ----------
    Defourny & Thorbecke (1984); Lenzen (2007). The whole of a branch, its weight times (s'L)_k, bounds each of its
    chains, so that the search opens only the branches that can hold one of the largest.
    """
    known_sectors(table, [sector])
    _no_negative_flows(table, "structural_paths")
    whole_number(count, "count", 1)
    if not table.active[sector]:
        raise TableError(f"{sector} has no output in {table.region} {table.year}: no chain starts there")
    s = np.ones(table.n)
    if intensity is not None:
        lacking = [c for c in table.sectors if c not in as_series(intensity, "intensity").index]
        if lacking:
            raise TableError(f"the intensity lacks sectors {lacking}")
        s = numeric_series(intensity, "intensity", "not negative")[table.sectors].to_numpy()
    A, whole = coefficients(table), Factored(table).rows(s)
    start: Any = table.sectors.get_loc(sector)
    total = whole[start]
    # Heap of branches (open) and chains (closed), largest bound first; a chain on top beats all that is left. A chain
    # is its last sector and the chain before it; the running number keeps ties in the order in which they came up.
    heap: list[tuple[float, int, bool, Any, float]] = [(-total, 0, False, (start, None), 1.0)]
    found: list[tuple[Any, float]] = []
    opened, running = 0, 0
    while heap and len(found) < count:
        bound, _, closed, chain, weight = heapq.heappop(heap)
        if closed:
            found.append((_unwound(chain), -bound))
            continue
        opened += 1
        if opened > _MOST_BRANCHES:
            raise TableError(
                f"the multiplier of {sector} is spread over more than {_MOST_BRANCHES:,} branches before the {count}"
                f" largest chains are found: {len(found)} are certain; ask for no more"
            )
        last = chain[0]
        following: list[tuple[float, bool, Any, float]] = [
            (whole[k], False, (int(k), chain), weight * A[k, last]) for k in np.flatnonzero(A[:, last])
        ]
        for reach, done, longer, share in [(s[last], True, chain, weight), *following]:
            if share * reach > 0:
                running += 1
                heapq.heappush(heap, (-share * reach, running, done, longer, share))
    rows = [(tuple(table.sectors[path]), len(path) - 1, value, value / total) for path, value in found]
    result = pd.DataFrame(rows, columns=["path", "steps", "value", "share"])
    result.attrs = describe(table, sector=sector, total=float(total))
    return result


def _unwound(chain: Any) -> list[int]:
    sectors = []
    while chain is not None:
        last, chain = chain
        sectors.append(last)
    return sectors[::-1]


def _domestic_use(table: InputOutputTable, correction: str, inventories: str | None) -> tuple[pd.Index, pd.Series]:
    """Sectors with output, and what their rows of flows are divided by."""
    active = table.sectors[table.active]
    x = table.output[active]
    if correction == "none":
        if table.imports == "competitive" and (table.inflows.any() or not table.gross_trade):
            raise ImportTreatmentError(
                f"the flows of table {table.region} {table.year} hold inflows, so that uses exceed output: keep the"
                " correction 'open economy', or call table.local(assumption) first"
            )
        return active, x
    if correction != "open economy":
        raise ValueError(f"correction must be 'open economy' or 'none', not {correction!r}")
    used = x - table.exports[active] + table.inflows[active]
    if inventories is not None:
        if inventories not in table.final_uses:
            raise TableError(
                f"table {table.region} {table.year} has no final use {inventories!r}, only"
                f" {list(table.final_uses)}: name the column of inventory change, or pass inventories=None"
            )
        used = used - table.final_uses.loc[active, inventories]
    # What is left of a sector that exports everything is rounding, not a use.
    lost = active[used <= 1e-9 * (x + table.inflows[active])].tolist()
    if lost:
        raise TableError(
            f"no domestic use of {lost} is left in {table.region} {table.year} after exports and inventories, so that"
            " nothing tells who uses them: take the table before table.local(...), or aggregate"
        )
    return active, used


def _no_negative_flows(table: InputOutputTable, method: str) -> None:
    Z = table.Z.to_numpy()
    if (Z < 0).any():
        i, j = np.argwhere(Z < 0)[0]
        raise TableError(f"{method}: the flow from {table.sectors[i]} to {table.sectors[j]} is negative ({Z[i, j]:g})")


def _connected(direct: np.ndarray) -> np.ndarray:
    """Whether a chain of one step or more leads from row to column."""
    reach, n = direct.copy(), 0
    while reach.sum() > n:
        n = reach.sum()
        reach |= (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
    return reach
