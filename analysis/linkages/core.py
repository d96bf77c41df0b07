"""Coefficients, inverses and multipliers (Miller & Blair 2009, chapters 2, 6 and 12).

Sectors without output have no technology: their columns of A are zero, and they are left out of everything that
divides by output (B, G). The labels of every result say which sectors it speaks of.

Functions that need the Leontief inverse accept one that is there already, so that it is computed once.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.labels import as_frame, mismatch, numeric_frame
from analysis.tables import InputOutputTable, TableError


def technical_coefficients(table: InputOutputTable) -> pd.DataFrame:
    """Input coefficients, A = Z x̂⁻¹.

    Parameters
    ----------
    table : InputOutputTable
        Competitive (coefficients of technology) or local (coefficients of local supply).

    Returns
    -------
    DataFrame, n x n
        Input of the row sector per unit of output of the column sector. The column of a sector without output is
        zero.

    References
    ----------
    Miller & Blair (2009), section 2.2.
    """
    return pd.DataFrame(coefficients(table), index=table.sectors, columns=table.sectors, copy=False)


def allocation_coefficients(table: InputOutputTable) -> pd.DataFrame:
    """Output (allocation) coefficients, B = x̂⁻¹ Z, of the sectors that have output.

    Parameters
    ----------
    table : InputOutputTable
        In a competitive table, the rows hold imports too, so that they may sum to more than one.

    Returns
    -------
    DataFrame, m x m
        Share of the row sector's output that the column sector uses; m sectors with output.

    References
    ----------
    Ghosh (1958); Miller & Blair (2009), section 12.1.
    """
    active = table.sectors[table.active]
    return table.Z.loc[active, active].div(table.output[active], axis=0)


def leontief_inverse(table: InputOutputTable) -> pd.DataFrame:
    """Total requirements, L = (I - A)⁻¹.

    Parameters
    ----------
    table : InputOutputTable
        On a competitive table L says what production takes wherever it happens; on a local one, what is made locally.

    Returns
    -------
    DataFrame, n x n
        Output of the row sector per unit of final demand for the column sector.

    References
    ----------
    Miller & Blair (2009), section 2.2.
    """
    matrix = leontief_matrix(table)
    # Inverting the transpose of a row-major matrix in place spares LAPACK, which counts by columns, a copy.
    turned = matrix.flags.c_contiguous
    L = linalg.inv(matrix.T if turned else matrix, overwrite_a=True, check_finite=False, assume_a="general")
    return pd.DataFrame(L.T if turned else L, index=table.sectors, columns=table.sectors, copy=False)


def ghosh_inverse(table: InputOutputTable, inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Total allocations, G = (I - B)⁻¹ = x̂⁻¹ L x̂, of the sectors that have output.

    Parameters
    ----------
    table : InputOutputTable
        See :func:`allocation_coefficients`.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, m x m
        Output of the column sector that a unit of primary input of the row sector supports.

    Raises
    ------
    TableError
        If ``inverse`` has other sectors than the table.

    Notes
    -----
    Scaling L spares a second inversion. The columns of A of idle sectors are zero, so L of the others is a block of L.

    References
    ----------
    Ghosh (1958); Miller & Blair (2009), section 12.1, where G = x̂⁻¹ L x̂ is shown.
    """
    active, L, x = active_block(table, full_inverse(table, inverse))
    G = L * x
    G /= x[:, None]
    return pd.DataFrame(G, index=active, columns=active, copy=False)


def output_multipliers(table: InputOutputTable) -> pd.Series:
    """Sum the columns of L, i'L: output in all sectors per unit of final demand for one.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local; the name of the result says which.

    Returns
    -------
    Series, m
        For the sectors that have output.

    References
    ----------
    Miller & Blair (2009), section 6.2.
    """
    # One factorisation and a solve cost a third of the inverse.
    total = Factored(table).rows(np.ones(table.n))
    return pd.Series(total, index=table.sectors, name=f"output multiplier, {table.imports}")[table.active]


def primary_input_coefficients(table: InputOutputTable) -> pd.DataFrame:
    """Value added, by row, and imported inputs of a local table, per unit of output.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.

    Returns
    -------
    DataFrame, v x m
        Rows are the value-added rows, and ``imported`` for a local table; columns the sectors that have output.

    References
    ----------
    Miller & Blair (2009), section 2.2.
    """
    active = table.sectors[table.active]
    rows = table.value_added
    if table.imports == "local":
        rows = pd.concat([rows, table.imported.sum(axis=0).to_frame("imported").T])
    return rows[active] / table.output[active]


def primary_input_multipliers(table: InputOutputTable) -> pd.DataFrame:
    """Primary inputs embodied in a unit of final demand, V L.

    Parameters
    ----------
    table : InputOutputTable
        On a local table the rows, imports included, sum to one for every sector: each unit of final demand ends as
        local value added or as an import. On a competitive table value added alone sums to one, wherever it is earned.

    Returns
    -------
    DataFrame, v x m
        Rows as in :func:`primary_input_coefficients`.

    References
    ----------
    Miller & Blair (2009), section 6.2.
    """
    V = primary_input_coefficients(table)
    embodied = Factored(table).rows(V.reindex(columns=table.sectors, fill_value=0.0).to_numpy().T).T
    return pd.DataFrame(embodied, index=V.index, columns=table.sectors)[V.columns]


# Building blocks of the other modules: plain arrays, sectors in the order of the table.


def coefficients(table: InputOutputTable) -> np.ndarray:
    """Return A as a fresh array; see :func:`technical_coefficients`."""
    result: np.ndarray = table.Z.to_numpy() / _divisors(table)
    return result


def leontief_matrix(table: InputOutputTable) -> np.ndarray:
    """I - A as a fresh array, without a second matrix for I."""
    matrix: np.ndarray = table.Z.to_numpy() / -_divisors(table)
    matrix[np.diag_indices(table.n)] += 1
    return matrix


def _divisors(table: InputOutputTable) -> np.ndarray:
    """Output, and infinity where there is none: quicker than leaving out the columns of idle sectors."""
    x = table.output.to_numpy()
    return np.where(x > 0, x, np.inf)


class Factored:
    """The LU factors of I - A, for products with the Leontief inverse that do not need the inverse itself."""

    def __init__(self, table: InputOutputTable) -> None:
        """Factorise I - A of a table."""
        matrix = leontief_matrix(table)
        self._turned = matrix.flags.c_contiguous
        self._factors = linalg.lu_factor(matrix.T if self._turned else matrix, overwrite_a=True, check_finite=False)

    def columns(self, right: np.ndarray) -> np.ndarray:
        """L right, for a vector or a matrix of n rows."""
        result: np.ndarray = linalg.lu_solve(self._factors, right, trans=int(self._turned), check_finite=False)
        return result

    def rows(self, left: np.ndarray) -> np.ndarray:
        """L' left, for a vector or a matrix of n rows."""
        result: np.ndarray = linalg.lu_solve(self._factors, left, trans=int(not self._turned), check_finite=False)
        return result


def full_inverse(table: InputOutputTable, inverse: pd.DataFrame | None) -> np.ndarray:
    """L as an array, computed unless given; a given one must have the sectors of the table."""
    if inverse is None:
        return leontief_inverse(table).to_numpy()
    inverse = as_frame(inverse, "the inverse")
    for axis, labels in (("index", inverse.index), ("header", inverse.columns)):
        if not labels.equals(table.sectors):
            raise TableError(
                f"the inverse has {len(inverse)} sectors that are not the {table.n} of {table.region} {table.year}:"
                f" its {axis} {mismatch(labels, table.sectors)}. Pass leontief_inverse of the same table"
            )
    # The sum of a matrix is finite if its cells are, and takes no second matrix to find out.
    if any(kind.kind not in "iuf" for kind in inverse.dtypes) or not np.isfinite(inverse.to_numpy().sum()):
        numeric_frame(inverse, "the inverse")
    return inverse.to_numpy()


def active_block(table: InputOutputTable, L: np.ndarray) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Sectors with output, their block of a matrix, and their output."""
    mask = table.active.to_numpy()
    # A block is a copy, which a large table without idle sectors can do without.
    block = L if mask.all() else L[np.ix_(mask, mask)]
    return table.sectors[mask], block, table.output.to_numpy()[mask]


def describe(table: InputOutputTable, **more: Any) -> dict[Hashable | None, Any]:
    """Attributes that every labelled result carries."""
    attrs: dict[Hashable | None, Any] = {
        "region": table.region,
        "year": table.year,
        "imports": table.imports,
        "assumption": table.assumption,
    }
    attrs.update(more)
    return attrs
