"""The cells of a table that carry noise, the sums they keep, and the size of the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, number, numeric_frame
from analysis.tables import InputOutputTable, TableError
from analysis.uncertainty.noise import Noise

LARGEST = 2.0


@dataclass(frozen=True, eq=False)
class Cells:
    """Observed intermediate flows, and the part of each that is local.

    Attributes
    ----------
    flows : ndarray, R x n
        What is observed, and what gets the noise. Its row and column sums are kept.
    local : ndarray, R x n
        Share of each cell that belongs to Z; the first n rows of ``local * flows`` are Z.
    """

    flows: np.ndarray
    local: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """Row sums."""
        return self.flows @ np.ones(self.flows.shape[1])

    @property
    def columns(self) -> np.ndarray:
        """Column sums."""
        return self.flows.T @ np.ones(len(self.flows))

    def split(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Z and the imported flows in a stack of drawn cells; for a competitive table, nothing is imported apart."""
        n = drawn.shape[-1]
        Z = (drawn * self.local)[..., :n, :]
        rest = drawn[..., n:, :] if drawn.shape[-2] > n else drawn - Z
        return Z, rest


def cells_of(table: InputOutputTable) -> Cells:
    """Return what a table observes about intermediate flows.

    A competitive table observes Z. Behind a table made local by an assumption stands the same competitive Z: the noise
    is in the whole flow, and the assumption splits it. Where local and imported flows are published apart, both are
    observed, and each has noise of its own.

    Raises
    ------
    TableError
        For negative flows, which log-normal noise cannot meet.
    """
    Z = table.Z.to_numpy()
    if table.imports == "competitive":
        cells = Cells(Z, np.ones_like(Z))
    elif table.assumption == "published":
        imported = table.imported.to_numpy()
        cells = Cells(np.vstack([Z, imported]), np.vstack([np.ones_like(Z), np.zeros_like(Z)]))
    else:
        whole = Z + table.imported.to_numpy()
        cells = Cells(whole, np.divide(Z, whole, out=np.zeros_like(Z), where=whole != 0))
    negative = np.argwhere(cells.flows < 0)
    if len(negative):
        listed = [
            f"{table.sectors[i % table.n]} to {table.sectors[j]} ({cells.flows[i, j]:g})" for i, j in negative[:4]
        ]
        raise TableError(
            f"table {table.region} {table.year} has negative intermediate flows, {few(listed)}; {len(negative)} in all:"
            " multiplicative noise needs flows that are not; correct or merge them"
        )
    return cells


def cell_noise(table: InputOutputTable, cv: float | pd.DataFrame | Noise) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the coefficient of variation of each observed cell, and what results say about it.

    Raises
    ------
    InputError
        If a coefficient of variation is negative, not finite or above 2, or a frame has other labels than the table.
    """
    if isinstance(cv, Noise):
        values, about = np.full((table.n, table.n), cv.cv), {"cv": cv.cv, "reading": cv.reading}
    elif isinstance(cv, pd.DataFrame):
        frame = numeric_frame(cv, "cv", "not negative")
        for axis, labels in (("rows", frame.index), ("columns", frame.columns)):
            lacking, extra = table.sectors.difference(labels), labels.difference(table.sectors)
            if len(lacking) or len(extra):
                raise InputError(f"{axis} of cv lack {few(lacking) or 'nothing'}, and have beside: {few(extra) or '-'}")
        values = frame.loc[table.sectors, table.sectors].to_numpy()
        about = {"cv": "by cell", "reading": SENSITIVITY}
    else:
        cv = number(cv, "cv", "zero or more, such as 0.2, or a DataFrame of them,", lambda share: share >= 0)
        values, about = np.full((table.n, table.n), cv), {"cv": cv, "reading": SENSITIVITY}
    if values.max() > LARGEST:
        raise InputError(f"cv reaches {values.max():g}: above {LARGEST:g} a flow says nothing; a share is meant (0.2)")
    if table.imports == "local" and table.assumption == "published":
        values = np.vstack([values, values])
    return values, about


SENSITIVITY = "sensitivity range: the size of the noise is assumed"
