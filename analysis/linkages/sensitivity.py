"""How much a single coefficient matters: fields of influence, elasticities, tolerable limits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.labels import number
from analysis.linkages.core import coefficients, describe, full_inverse
from analysis.linkages.embodied import known_sectors
from analysis.tables import InputOutputTable, TableError


def field_of_influence(
    table: InputOutputTable, row: str, column: str, change: float = 0.0, inverse: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Change of the Leontief inverse per unit of change of one coefficient a_ij: ``L_·i L_j· / (1 - ε l_ji)``.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    row, column : str
        The coefficient: input i of sector j.
    change : float
        ε, the change of the coefficient. Zero gives the first-order field; otherwise ε times the result is the
        exact change of L.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, n x n
        Per unit of the coefficient.

    Raises
    ------
    TableError
        If a sector is unknown, or the change is not below 1 / l_ji, where the economy would need more inputs than it
        makes.

    References
    ----------
    Sonis & Hewings (1989); Sherman & Morrison (1950); Miller & Blair (2009), section 12.3.
    """
    known_sectors(table, [row])
    known_sectors(table, [column])
    L = full_inverse(table, inverse)
    i, j = table.sectors.get_loc(row), table.sectors.get_loc(column)
    rest = 1 - number(change, "change") * L[j, i]
    if not rest > 0:
        raise TableError(
            f"a change of {change:g} in the input of {row} to {column} reaches 1 / l = {1 / L[j, i]:.6g}: no finite"
            " output would meet final demand"
        )
    field = pd.DataFrame(np.outer(L[:, i], L[j]) / rest, index=table.sectors, columns=table.sectors)
    field.attrs = describe(table, row=row, column=column, change=change)
    return field


def fields_of_influence(table: InputOutputTable, inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Size of every first-order field of influence: ``‖L_·i‖ ‖L_j·‖``, its Frobenius norm.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, n x n
        In row i and column j, the influence of a_ij, the input of i to j. Columns of sectors without output hold the
        influence that an input would have if the sector started up.

    Raises
    ------
    TableError
        If ``inverse`` has other sectors than the table.

    References
    ----------
    Sonis & Hewings (1989); Miller & Blair (2009), section 12.3.
    """
    L = full_inverse(table, inverse)
    down = np.sqrt(np.einsum("ij,ij->j", L, L))
    across = np.sqrt(np.einsum("ij,ij->i", L, L))
    norms = pd.DataFrame(np.multiply.outer(down, across), index=table.sectors, columns=table.sectors, copy=False)
    norms.attrs = describe(table)
    return norms


def coefficient_elasticities(table: InputOutputTable, inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Elasticity of total output to each coefficient: (i'L)_i a_ij x_j / (i'x).

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local. Final demand (less imports, in a competitive table) is held constant.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, n x n
        Per cent of all output per per cent of a_ij, for a small change. The sum over all coefficients is
        (i'L Z i) / (i'x), which is the mean of (i'L)_i weighted by intermediate uses.

    Raises
    ------
    TableError
        If ``inverse`` has other sectors than the table, or the table has no output.

    References
    ----------
    Schintke & Stäglin (1988); Miller & Blair (2009), section 12.3.
    """
    x = table.output.to_numpy()
    if not x.sum():
        raise TableError(f"table {table.region} {table.year} has no output")
    multiplier = full_inverse(table, inverse).sum(axis=0)
    elasticities: pd.DataFrame = multiplier[:, None] * table.Z / x.sum()
    elasticities.attrs = describe(table)
    return elasticities


def tolerable_limits(table: InputOutputTable, bound: float = 0.01, inverse: pd.DataFrame | None = None) -> pd.DataFrame:
    """Largest relative rise of each coefficient that moves no sector's output by more than a bound.

    r_ij = p / (a_ij (p l_ji + x_j max_k (l_ki / x_k))), the exact solution of the finite change of L; the smaller,
    the more important the coefficient.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    bound : float
        p, a share of output: 0.01 for one per cent.
    inverse : DataFrame, n x n, optional
        The Leontief inverse of the table.

    Returns
    -------
    DataFrame, n x n
        Shares of the coefficient: 0.2 says that it may rise by a fifth. Infinite where the coefficient is zero, or
        the input is a product that nobody makes here, so that no output moves.

    Raises
    ------
    InputError
        If the bound is not above zero.
    TableError
        If the table has negative flows, for which the bound on the output of every sector does not hold, or
        ``inverse`` has other sectors than the table.

    Notes
    -----
    The maximum runs over the sectors k that have output: the others have none that could move by a share.

    References
    ----------
    Jílek (1971); Schintke & Stäglin (1988); Miller & Blair (2009), section 12.3.
    """
    number(bound, "bound", "above zero", lambda b: b > 0)
    A, x = coefficients(table), table.output.to_numpy()
    if (A < 0).any():
        i, j = np.argwhere(A < 0)[0]
        raise TableError(f"the input of {table.sectors[i]} to {table.sectors[j]} is negative: limits need flows >= 0")
    L = full_inverse(table, inverse)
    busy = x > 0
    reach = (L[busy] / x[busy, None]).max(axis=0)
    whole = A * (bound * L.T + np.multiply.outer(reach, x))
    limits = np.divide(bound, whole, out=np.full_like(whole, np.inf), where=whole > 0)
    result = pd.DataFrame(limits, index=table.sectors, columns=table.sectors)
    result.attrs = describe(table, bound=bound)
    return result
