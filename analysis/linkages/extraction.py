"""Hypothetical extraction: what output is lost when a sector, or a group, stops trading with the others.

All results are closed forms of the Leontief inverse; nothing is inverted again (Dietzenbacher & van der Linden 1997;
Miller & Blair 2009, section 12.2). Three readings:

total
    The sector disappears: its row, its column and its final demand.
backward
    It no longer buys inputs (its column of A is zero), its own deliveries to itself included, and still meets the
    final demand for its product.
forward
    It no longer sells to other sectors, in Ghosh's supply-driven reading (its row of B is zero). Deleting the row of
    A in the demand-driven model gives another number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.linkages.core import active_block, describe, full_inverse
from analysis.linkages.embodied import known_sectors
from analysis.tables import InputOutputTable, TableError


def hypothetical_extraction(table: InputOutputTable, inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Loss of output when one sector is extracted, for each sector in turn and in every mode.

    With l_jj the diagonal of L, the losses of the whole economy are

    - total: ``(i'L)_j x_j / l_jj``,
    - backward: ``((i'L)_j - 1) x_j / l_jj``,
    - forward: ``((L x)_j / x_j - 1) x_j / l_jj``.

    Parameters
    ----------
    table : InputOutputTable
        Local. Exports count as final demand.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, m rows, one for each sector with output, in the unit of the table
        ``output``, ``total``, ``backward``, ``forward``, and ``others``: the total loss less the sector's own output.
        ``attrs["output"]`` is the output of all sectors.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive: the loss would fall on producers elsewhere.
    TableError
        If ``inverse`` has other sectors than the table.

    References
    ----------
    Dietzenbacher & van der Linden (1997); Miller & Blair (2009), section 12.2.
    """
    table.require("local", "hypothetical_extraction")
    active, L, x = active_block(table, full_inverse(table, inverse))
    weight = x / np.diagonal(L)
    total = L.sum(axis=0) * weight
    losses = {
        "output": x,
        "total": total,
        "backward": total - weight,
        "forward": (L @ x / x - 1) * weight,
        "others": total - x,
    }
    result = pd.DataFrame(losses, index=active)
    result.attrs = describe(table, unit=table.unit, output=float(x.sum()))
    return result


def extract_group(table: InputOutputTable, sectors: Sequence[str], inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Loss of output by sector when a group S of sectors is extracted together.

    - total: ``L_·S L_SS⁻¹ x_S``,
    - backward: ``(L_·S - I_·S) L_SS⁻¹ x_S``,
    - forward: ``x_S' G_SS⁻¹ (G_S· - I_S·)``, with ``G = x̂⁻¹ L x̂``.

    Flows inside the group stop too.

    Parameters
    ----------
    table : InputOutputTable
        Local.
    sectors : sequence of sector codes
        One or more sectors with output.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, m x 3, one row for each sector with output, in the unit of the table
        ``total``, ``backward``, ``forward``; their sums are the loss of the economy.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector is unknown, given twice, or has no output, or ``inverse`` has other sectors than the table.

    References
    ----------
    Dietzenbacher, van der Linden & Steenge (1993); Miller & Blair (2009), section 12.2 and appendix on partitioned
    inverses.
    """
    table.require("local", "extract_group")
    chosen = known_sectors(table, sectors)
    idle = [s for s in chosen if not table.active[s]]
    if idle:
        raise TableError(f"sectors {idle} have no output in {table.region} {table.year}: there is nothing to extract")
    active, L, x = active_block(table, full_inverse(table, inverse))
    S = active.get_indexer(pd.Index(chosen))
    block = L[np.ix_(S, S)]
    weight = linalg.solve(block, x[S])
    total = L[:, S] @ weight
    backward = total.copy()
    backward[S] -= weight
    # x_S' G_SS⁻¹ G_S· = i' L_SS⁻¹ L_S· x̂
    share = linalg.solve(block.T, np.ones(len(S)))
    forward = share @ L[S] * x
    forward[S] -= share * x[S]
    result = pd.DataFrame({"total": total, "backward": backward, "forward": forward}, index=active)
    result.attrs = describe(table, unit=table.unit, extracted=chosen)
    return result
