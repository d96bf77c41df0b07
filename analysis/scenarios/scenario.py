"""A scenario's result: effects by sector, under every import assumption."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few
from analysis.linkages.core import coefficients
from analysis.tables import ASSUMPTIONS, InputOutputTable, InterregionalTable, TableError

EFFECTS = {
    "direct": "first-round change in deliveries of local producers",
    "output": "change in local output",
    "value_added": "change in local value added",
    "leakage": "change in inflows from outside, by product",
}


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a change does to a region, compared with its published table.

    Attributes
    ----------
    name : str
        What is changed.
    assumption : str
        The import assumption that :attr:`effects` speaks of.
    unit : str
        Of all effects.
    cases : DataFrame
        Index ``assumption``, ``sector``; columns :data:`EFFECTS`.
    tables : dict of str to InputOutputTable
        The local table after the change, by assumption; its accounts balance.

    Notes
    -----
    All scenarios keep input coefficients, value added per unit of output and prices as they are, and let every sector
    expand. They say what the accounts imply, not what would happen.
    """

    name: str
    assumption: str
    unit: str
    cases: pd.DataFrame
    tables: dict[str, InputOutputTable]

    @property
    def effects(self) -> pd.DataFrame:
        """Effects by sector under the main assumption."""
        frame: pd.DataFrame = self.cases.xs(self.assumption)  # type: ignore[assignment]  # one of two levels
        frame.attrs = {"scenario": self.name, "assumption": self.assumption, "unit": self.unit}
        return frame

    @property
    def range(self) -> pd.DataFrame:
        """Lowest and highest effect by sector over the import assumptions; columns have levels effect, end."""
        groups = self.cases.groupby(level="sector", sort=False)
        frame = pd.concat({"lowest": groups.min(), "highest": groups.max()}, axis=1).swaplevel(axis=1)
        frame = frame[[(effect, end) for effect in EFFECTS for end in ("lowest", "highest")]]
        frame.columns.names = ["effect", "end"]
        frame.attrs = {"scenario": self.name, "unit": self.unit}
        return frame

    @property
    def totals(self) -> pd.DataFrame:
        """Effects on the whole region: one column for each assumption, and ``lowest`` and ``highest``."""
        frame = self.cases.groupby(level="assumption", sort=False).sum().T
        frame = frame.assign(lowest=frame.min(axis=1), highest=frame.max(axis=1))
        frame.attrs = {"scenario": self.name, "unit": self.unit}
        return frame


@dataclass(frozen=True, eq=False)
class Before:
    """A local table taken apart: arrays in the order of its sectors."""

    table: InputOutputTable
    x: np.ndarray
    v: np.ndarray  # value-added rows per unit of output
    A: np.ndarray  # local inputs per unit of output
    M: np.ndarray  # imported inputs per unit of output
    final: np.ndarray
    imported_final: np.ndarray
    exports: np.ndarray

    @classmethod
    def of(cls, table: InputOutputTable) -> Before:
        """Take a local table apart."""
        x = table.output.to_numpy()

        def per_output(flows: np.ndarray) -> np.ndarray:
            result: np.ndarray = np.divide(flows, x, out=np.zeros_like(flows), where=x > 0)
            return result

        return cls(
            table,
            x,
            per_output(table.value_added.to_numpy()),
            coefficients(table),
            per_output(table.imported.to_numpy()),
            table.final_uses.to_numpy(),
            table.imported_final.to_numpy(),
            table.exports.to_numpy(),
        )

    def after(
        self,
        name: str,
        change: np.ndarray,
        *,
        x: np.ndarray | None = None,
        A: np.ndarray | None = None,
        final: np.ndarray | None = None,
        exports: np.ndarray | None = None,
        kept: np.ndarray | float = 1.0,
        extra: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> InputOutputTable:
        """Put the table together again with another output, sourcing or final use; its identities are checked anew.

        What is no longer local in ``A`` and ``final`` is imported. ``kept`` scales the balancing column, ``extra``
        holds a further final use, local and imported.
        """
        t, codes = self.table, self.table.sectors
        x = self.x + change if x is None else x
        A = self.A if A is None else A
        final = self.final if final is None else final
        columns = list(t.final_uses.columns)
        imported_final = self.imported_final + (self.final - final)
        if extra is not None:
            final, imported_final = np.column_stack([final, extra[0]]), np.column_stack([imported_final, extra[1]])
            columns.append("scenario")
        negative = [f"{code} ({value:.6g})" for code, value in zip(codes, x, strict=True) if value < -1e-9 * x.max()]
        if negative:
            raise InputError(f"{name}: output falls below zero in {few(negative)}: make the change smaller")
        x = np.maximum(x, 0)  # what rounding leaves below zero
        rest = 1e-10 * float(x.max())
        return replace(
            t,
            Z=pd.DataFrame(A * x, codes, codes),
            imported=pd.DataFrame((self.M + (self.A - A)) * x, codes, codes),
            value_added=pd.DataFrame(self.v * x, t.value_added.index, codes),
            final_uses=pd.DataFrame(final, codes, columns),
            imported_final=pd.DataFrame(imported_final, codes, columns),
            trade=pd.DataFrame({"EXOF": self.exports if exports is None else exports}, index=codes),
            error=t.error * kept,
            output=pd.Series(x, codes),
            vintage=f"{t.vintage}; {name}",
            row_tolerance=t.row_tolerance + rest,
            column_tolerance=t.column_tolerance + rest,
        )


def run(
    table: InputOutputTable,
    name: str,
    assumption: str,
    step: Callable[[Before, str], tuple[np.ndarray, np.ndarray, InputOutputTable]],
) -> Scenario:
    """Work a scenario out under every import assumption that the table can carry.

    ``step`` takes the local table, and returns the first-round change, the change of output, and the table after it.
    """
    table.require("competitive", name)
    possible = list(ASSUMPTIONS) if table.gross_trade else ["net inflow"]
    if assumption not in possible:
        raise TableError(
            f"import assumption {assumption!r} is unknown, or needs outflows and inflows apart, for"
            f" {table.region} {table.year}: one of {', '.join(possible)}"
        )
    frames, tables = {}, {}
    for each in possible:
        before = Before.of(table.local(each))
        direct, change, after = step(before, each)
        frames[each] = pd.DataFrame(
            {
                "direct": direct,
                "output": change,
                "value_added": before.v.sum(axis=0) * change,
                "leakage": _inflows(after) - _inflows(before.table),
            },
            index=table.sectors,
        )
        tables[each] = after
    cases = pd.concat(frames, names=["assumption", "sector"])
    return Scenario(name, assumption, table.unit, cases, tables)


def _inflows(table: InputOutputTable) -> np.ndarray:
    return (table.imported.sum(axis=1) + table.imported_final.sum(axis=1)).to_numpy()


def changes(
    table: InputOutputTable | InterregionalTable,
    change: Mapping[str, float] | pd.Series,
    what: str,
    low: float,
    high: float,
) -> np.ndarray:
    """Read a change by sector as an array; refuse sectors that are unknown, and values outside the bounds."""
    if not isinstance(change, Mapping | pd.Series):
        raise InputError(f"{what} is {change!r}: a mapping of sector to number is meant, such as {{'C01': 0.1}}")
    given: Any = pd.Series(change)
    text = [code for code, value in given.items() if not isinstance(value, Real) or isinstance(value, bool)]
    if text:
        raise InputError(f"{what} of {few(text)} is not a number: {few(map(repr, given[text]))}")
    given = given.astype(float)
    unknown = [code for code in given.index if code not in table.sectors]
    if unknown or not len(given) or given.index.has_duplicates:
        place = table.region if isinstance(table, InputOutputTable) else "the regions"
        raise InputError(
            f"{what} names sectors {few(given.index) or 'none'}: each once, from those of {place} {table.year}"
            + (f", which has no {few(unknown)}" if unknown else "")
        )
    wrong = given[~given.between(low, high) | ~np.isfinite(given)]
    if len(wrong):
        listed = few([f"{code} = {value:g}" for code, value in wrong.items()])
        raise InputError(f"{what} of {listed} is not a finite number from {low:g} to {high:g}")
    result: np.ndarray = given.reindex(table.sectors, fill_value=0.0).to_numpy()
    return result


def refuse_idle(table: InputOutputTable, change: np.ndarray, name: str) -> None:
    """Refuse to change what sectors without output do."""
    idle = table.sectors[(change != 0) & ~table.active.to_numpy()]
    if len(idle):
        raise InputError(
            f"{name}: {few(idle)} of {table.region} {table.year} has no output, so that its technology is not known"
        )
