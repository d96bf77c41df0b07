"""How large the noise in a table is: two tables that should say the same, compared cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.labels import InputError, same_labels
from analysis.linkages import ras, technical_coefficients
from analysis.tables import InputOutputTable

# Edges of the size classes, in input per unit of output.
SIZES = (0.0, 0.001, 0.01, 0.05, np.inf)
# Below this share of its variance, a difference is all but used up by the sums that are made equal.
_LEAST = 0.05


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise found between two tables.

    Attributes
    ----------
    cv : float
        Coefficient of variation of a flow of one table, sqrt(exp(log_sd²) - 1).
    log_sd : float
        Standard deviation of the logarithm of a flow.
    cells : int
        Cells compared: positive in both tables.
    effective_cells : float
        (Σ w)² / Σ w² with the flows as weights: how many cells of equal size would weigh as much.
    covered : float
        Share of the two tables' flows in the cells compared.
    by_size : DataFrame
        One row for each class of coefficient size: ``cells``, ``share`` (of flows) and ``log_sd``, the cells of a
        class counting equally. Missing where a class has fewer than ten cells.
    source : str
        The two tables.
    reading : str
        What a range drawn with this noise may be called.
    """

    cv: float
    log_sd: float
    cells: int
    effective_cells: float
    covered: float
    by_size: pd.DataFrame
    source: str
    reading: str


def calibrate_noise(first: InputOutputTable, second: InputOutputTable) -> Noise:
    """Measure the noise of flows from two tables: two publications, two vintages, or two neighbouring years.

    The coefficients of ``second`` are given the outputs of ``first`` and balanced to its intermediate sums, since sums
    are what draws keep too. What is left, d = log(z₂ / z₁), is noise of both tables, so that one has
    ``log_sd = median(|d| / sqrt(1 - 2h + q)) / (0.6745 √2)``, the median weighted by the size of the flows. Balancing
    takes up part of the noise; 1 - 2h + q is the part it leaves in a cell to first order, with H = D (D'WD)⁻ D'W the
    projection on row and column effects D under the weights W = z₁, h its diagonal and q that of HH'.

    Parameters
    ----------
    first, second : InputOutputTable, n sectors
        Both competitive or both local, with the same sectors. Units may differ.

    Returns
    -------
    Noise
        Relative to the size of a flow; see there.

    Raises
    ------
    InputError
        For other sectors, another treatment of imports, or fewer than ten cells that can be compared.

    Notes
    -----
    The two tables are taken to be equally noisy and independent. Two vintages built on one survey share its errors,
    so that the noise found is too small; two years hold real change, so that it is too large. Sums, output and value
    added are not examined.

    References
    ----------
    Jackson (1986) and Dietzenbacher (2006) for random input-output tables; Huber & Ronchetti (2009), section 5.1, for
    the median absolute deviation; Miller & Blair (2009), section 7.4, for RAS.
    """
    if first.imports != second.imports:
        raise InputError(f"a {first.imports} table cannot be compared with a {second.imports} one: convert one of them")
    same_labels(sectors_of_the_first=first.sectors, sectors_of_the_second=second.sectors)
    x = first.output.to_numpy()
    a, b = (technical_coefficients(t).to_numpy() * x for t in (first, second))
    both = (a > 0) & (b > 0)
    if np.count_nonzero(both) < 10:
        raise InputError(f"only {np.count_nonzero(both)} flows are positive in both tables: ten are needed at least")
    covered = (a[both].sum() + b[both].sum()) / (np.abs(a).sum() + np.abs(b).sum())
    a, b = np.where(both, a, 0.0), np.where(both, b, 0.0)
    b = ras(b, a.sum(axis=1), a.sum(axis=0)).matrix
    left = _left_by_balancing(a)[both]
    difference = np.log(b[both] / a[both])
    size, coefficient = (a[both] + b[both]) / 2, (a / np.where(x > 0, x, 1.0))[both]
    kept = left > _LEAST
    if np.count_nonzero(kept) < 10:
        raise InputError(
            f"only {np.count_nonzero(kept)} flows are free to differ once row and column sums are equal: ten are needed"
        )
    difference = np.abs(difference[kept]) / np.sqrt(left[kept])
    size, coefficient = size[kept], coefficient[kept]
    log_sd = _robust(difference, size)
    classes = pd.cut(coefficient, SIZES)
    frame = pd.DataFrame({"class": classes, "difference": difference, "size": size})
    groups = frame.groupby("class", observed=False)
    by_size = pd.DataFrame(
        {
            "cells": groups.size(),
            "share": groups["size"].sum() / size.sum(),
            "log_sd": {
                name: _robust(g["difference"].to_numpy(), np.ones(len(g))) if len(g) >= 10 else np.nan
                for name, g in groups
            },
        }
    ).rename_axis("coefficient")
    source = " and ".join(
        f"{t.region} {t.year}" + (f" ({t.vintage})" if first.vintage != second.vintage else "") for t in (first, second)
    )
    if (first.region, first.year) == (second.region, second.year):
        reading = f"interval for noise as large as between {source}"
    else:
        reading = f"range for noise as large as between {source}, real differences included"
    return Noise(
        cv=float(np.sqrt(np.expm1(log_sd**2))),
        log_sd=log_sd,
        cells=len(size),
        effective_cells=float(size.sum() ** 2 / (size**2).sum()),
        covered=float(covered),
        by_size=by_size,
        source=source,
        reading=reading,
    )


def _robust(absolute: np.ndarray, weights: np.ndarray) -> float:
    """Estimate the standard deviation of one table's noise from the weighted median of absolute differences."""
    order = np.argsort(absolute, kind="stable")
    reached = np.cumsum(weights[order])
    middle = absolute[order][np.searchsorted(reached, reached[-1] / 2)]
    return float(middle / ndtri(0.75) / np.sqrt(2))


def _left_by_balancing(flows: np.ndarray) -> np.ndarray:
    """Share of the variance of independent log noise that is left in each cell once sums are restored: 1 - 2h + q."""
    inverse = sums_inverse(flows)
    squares = normal_matrix(flows**2)
    sandwich = inverse @ squares @ inverse
    result: np.ndarray = 1 - 2 * flows * _pairs(inverse, len(flows)) + _pairs(sandwich, len(flows))
    return result


def normal_matrix(weights: np.ndarray) -> np.ndarray:
    """D'WD for row and column effects D: row sums, column sums and the weights themselves."""
    rows, columns = np.diag(weights.sum(axis=1)), np.diag(weights.sum(axis=0))
    return np.block([[rows, weights], [weights.T, columns]])


def sums_inverse(flows: np.ndarray) -> np.ndarray:
    """(D'WD)⁻, the effect on row and column factors of a change in row and column sums."""
    K = normal_matrix(flows)
    scale = np.sqrt(np.where(np.diagonal(K) > 0, np.diagonal(K), 1.0))
    # Scaled, the eigenvalues lie between zero and two, so that one bound tells the free directions from the others.
    result: np.ndarray = np.linalg.pinv(K / np.outer(scale, scale), rcond=1e-11, hermitian=True) / np.outer(
        scale, scale
    )
    return result


def _pairs(matrix: np.ndarray, rows: int) -> np.ndarray:
    """Return d' M d for every cell, with d the indicator of its row and its column."""
    diagonal = np.diagonal(matrix)
    result: np.ndarray = diagonal[:rows, None] + diagonal[None, rows:] + 2 * matrix[:rows, rows:]
    return result
