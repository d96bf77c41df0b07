"""The :class:`InputOutputTable`: flows, final uses, trade, value added and output of one region in one year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.data import DataError

FINAL_USES = {
    "FU101": "Rural household consumption",
    "FU102": "Urban household consumption",
    "FU103": "Government consumption",
    "FU201": "Gross fixed capital formation",
    "FU202": "Change in inventories",
}

# Sign with which each published trade column enters the row identity; the columns themselves are stored positive.
TRADE: dict[Any, int] = {"EX": 1, "OF": 1, "EXOF": 1, "NOF": 1, "IM": -1, "IF": -1, "IMIF": -1}

VALUE_ADDED: dict[Any, str] = {
    "VA001": "Compensation of employees",
    "VA002": "Net taxes on production",
    "VA003": "Depreciation of fixed capital",
    "VA004": "Operating surplus",
}

ASSUMPTIONS = {
    "supply pool": "every user, exports included, draws own output and inflows in the proportion of their supply",
    "exports first": "own output fills exports and outflows first, local users share what is left with the inflows",
    "net inflow": "no sector both buys and sells outside: only the net inflow is foreign to local users",
}

_SCALES = {"": 1.0, "thousand": 1e3, "10,000": 1e4, "million": 1e6, "100 million": 1e8, "billion": 1e9}


class TableError(ValueError):
    """A table that is not a valid input-output table; the message says where, by how much, and what to do."""


class ImportTreatmentError(TableError):
    """A table whose treatment of imports does not fit the method."""


def parse_unit(unit: str) -> tuple[float, str]:
    """Split a unit such as ``"100 million CNY"`` into its scale and its currency.

    Parameters
    ----------
    unit : str
        A scale (none, thousand, 10,000, million, 100 million, billion), a blank, and an ISO 4217 currency code.

    Returns
    -------
    tuple of float and str
        Units of the currency in one unit of the table, and the currency.

    Raises
    ------
    TableError
        If the scale or the currency is not understood.
    """
    scale, _, currency = str(unit).rpartition(" ")
    if scale not in _SCALES or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        known = ", ".join(repr(f"{s} CNY".strip()) for s in _SCALES)
        raise TableError(f"unknown unit {unit!r}: write a scale and an ISO currency code, such as {known}")
    return _SCALES[scale], currency


def label_text(label: object) -> str:
    """Write a label, or a pair of them, as a message does."""
    return " ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def finite_numbers(frame: pd.DataFrame, what: str, advice: str = "") -> np.ndarray:
    """Return the values of a frame as floats, all of them finite.

    Parameters
    ----------
    frame : DataFrame
        Its labels name the place of what is wrong.
    what : str
        What the frame is called in messages.
    advice : str
        What to do about a cell that is no number.

    Raises
    ------
    TableError
        If there is a cell that is not a finite number.
    """
    try:
        values = frame.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as problem:
        raise TableError(f"{what} holds a value that is not a number: {problem}") from None
    # the sum tells at once, without another matrix: it is finite if all are, but for an overflow
    if not np.isfinite(values.sum()):
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            i, j = wrong[0]
            raise TableError(
                f"{what} holds {values[i, j]} at row {label_text(frame.index[i])}, column"
                f" {label_text(frame.columns[j])} ({len(wrong)} such cells){advice}"
            )
    return values


@contextmanager
def explained(path: str | Path, what: str) -> Iterator[None]:
    """Turn what goes wrong while a description is read into an error that names the file."""
    try:
        yield
    except (TableError, DataError):
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise TableError(f"{path} does not hold {what} written by this project: {problem}") from problem


class SealedFrames:
    """What tables share: once built, their figures cannot be changed from outside, and equal figures make equal tables.

    For frozen dataclasses with a field ``_sealed`` that is set when all is checked.
    """

    def __getattribute__(self, name: str) -> Any:
        """Hand out shallow copies of frames, so that the table's own numbers cannot be changed from outside."""
        value = object.__getattribute__(self, name)
        if isinstance(value, pd.DataFrame | pd.Series) and object.__getattribute__(self, "_sealed"):
            return value.copy(deep=False)
        return value

    def __eq__(self, other: object) -> bool:
        """Tables are equal when all their figures and descriptions are."""
        if not isinstance(other, type(self)):
            return NotImplemented
        for each in fields(self):  # type: ignore[arg-type]  # of the dataclasses that this is for
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            same = mine.equals(theirs) if isinstance(mine, pd.DataFrame | pd.Series) else mine == theirs
            if not same:
                return False
        return True

    __hash__ = None  # type: ignore[assignment]  # the data model's way to say that there is none


@dataclass(frozen=True, eq=False)
class InputOutputTable(SealedFrames):
    """The accounts of one region in one year, checked cell by cell when they are built.

    Every row keeps the identity ``output = intermediate uses + final uses + exports - imports + error`` and every
    column ``output = intermediate inputs + imported inputs + value added`` (Miller & Blair 2009, section 2.2).

    Parameters
    ----------
    Z : DataFrame, n x n
        Intermediate flows from the row sector to the column sector.
    final_uses : DataFrame, n x k
        Domestic final uses, one column each.
    trade : DataFrame, n x m
        Trade columns as published, stored positive; their signs are in :data:`TRADE`.
    value_added : DataFrame, v x n
        Value-added rows.
    output : Series, n
        Gross output.
    year, region, unit, price_basis, vintage
        What the figures speak of. The unit is a scale and a currency, see :func:`parse_unit`.
    error : Series, n, optional
        The published balancing column.
    imported : DataFrame, n x n, optional
        Imported intermediate flows, for tables whose ``Z`` holds local flows only.
    imported_final : DataFrame, n x k, optional
        Imported final uses, in the same case.
    imports : {"competitive", "local"}
        ``"competitive"``: imports are inside ``Z`` and the final uses, and subtracted in ``trade``. ``"local"``: they
        are not.
    assumption : str
        For a local table, how local inputs were told from others: a key of :data:`ASSUMPTIONS`, or ``"published"``.
    names : DataFrame, optional
        ``name_en`` and ``name_zh`` for each sector code.
    row_tolerance, column_tolerance : float
        Largest gap, in ``unit``, that the source itself shows in a row or column identity.

    Raises
    ------
    TableError
        For shapes or labels that do not match, duplicate sectors, values that are not finite numbers, negative
        output, inputs of a sector without output, an identity that fails by more than the tolerance, an unknown
        unit, or a spectral radius of the coefficients that is not below one.

    Notes
    -----
    Frames that leave the table are copies (copy-on-write, so they cost nothing until changed): the table itself
    cannot be altered. Sectors without output stay in the table; :attr:`active` marks the others.
    """

    Z: pd.DataFrame
    final_uses: pd.DataFrame
    trade: pd.DataFrame
    value_added: pd.DataFrame
    output: pd.Series
    year: int
    region: str
    unit: str
    price_basis: str
    vintage: str
    # A table may be made without these; one that is there has an error column and names, and, if local, imported flows.
    error: pd.Series = None  # type: ignore[assignment]
    imported: pd.DataFrame = None  # type: ignore[assignment]
    imported_final: pd.DataFrame = None  # type: ignore[assignment]
    imports: str = "competitive"
    assumption: str = ""
    names: pd.DataFrame = None  # type: ignore[assignment]
    row_tolerance: float = 1e-6
    column_tolerance: float = 1e-6
    _sealed: bool = field(default=False, repr=False, init=False)

    def __post_init__(self) -> None:
        """Check labels, numbers, signs and identities."""
        parse_unit(self.unit)
        for side in ("row_tolerance", "column_tolerance"):
            limit = getattr(self, side)
            # whatever is not above such a limit would count as balanced
            if isinstance(limit, bool) or not isinstance(limit, Real) or not 0 <= float(limit) < np.inf:
                raise TableError(f"{self._where}: {side} is {limit!r}: a finite number, 0 or more, is meant")
        output = _numeric_series(self.output, "output", None, self)
        if not len(output):
            raise TableError(f"{self._where}: a table needs at least one sector")
        sectors = output.index
        zeros = pd.Series(0.0, index=sectors)
        checked: dict[str, Any] = {
            "output": output,
            "Z": _numeric_frame(self.Z, "Z", sectors, sectors, self),
            "final_uses": _numeric_frame(self.final_uses, "final_uses", sectors, None, self),
            "trade": _numeric_frame(self.trade, "trade", sectors, None, self),
            "value_added": _numeric_frame(self.value_added, "value_added", None, sectors, self),
            "error": zeros if self.error is None else _numeric_series(self.error, "error", sectors, self),
            "names": _names(self.names, sectors, self),
        }
        unknown = [c for c in checked["trade"].columns if c not in TRADE]
        if unknown:
            raise TableError(f"{self._where}: unknown trade columns {unknown}: use {', '.join(TRADE)}")
        if self.imports not in ("competitive", "local"):
            raise TableError(f"{self._where}: imports must be 'competitive' or 'local', not {self.imports!r}")
        if self.imports == "local":
            if self.assumption not in (*ASSUMPTIONS, "published"):
                raise TableError(
                    f"{self._where}: a local table names its assumption, one of {', '.join(ASSUMPTIONS)} or"
                    f" 'published', not {self.assumption!r}"
                )
            if self.imported is None or self.imported_final is None:
                raise TableError(
                    f"{self._where}: a local table holds other flows apart, in imported and imported_final"
                )
            checked["imported"] = _numeric_frame(self.imported, "imported", sectors, sectors, self)
            checked["imported_final"] = _numeric_frame(self.imported_final, "imported_final", sectors, None, self)
        elif self.assumption or self.imported is not None or self.imported_final is not None:
            raise TableError(f"{self._where}: a competitive table has no import assumption and no imported flows apart")
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_sealed", True)
        self._check_signs()
        self._check_identities()
        self._check_productive()

    @property
    def _where(self) -> str:
        return f"table {self.region} {self.year}"

    @property
    def sectors(self) -> pd.Index:
        """Sector codes, in order."""
        return self.output.index

    @property
    def n(self) -> int:
        """Number of sectors."""
        return len(self.output)

    @cached_property
    def active(self) -> pd.Series:
        """True for the sectors that have output."""
        return self.output > 0

    @cached_property
    def intermediate_uses(self) -> pd.Series:
        """Row sums of Z."""
        return self.Z.sum(axis=1)

    @cached_property
    def final_demand(self) -> pd.Series:
        """Domestic final uses, summed."""
        return self.final_uses.sum(axis=1)

    @cached_property
    def total_value_added(self) -> pd.Series:
        """Value added by sector."""
        return self.value_added.sum(axis=0)

    @cached_property
    def exports(self) -> pd.Series:
        """What leaves the region, abroad or to other provinces; where only a net figure is published, its surplus."""
        return self._trade_sum(1)

    @cached_property
    def inflows(self) -> pd.Series:
        """What enters the region, from abroad or other provinces; where only a net figure is published, its deficit."""
        return self._trade_sum(-1)

    @property
    def gross_trade(self) -> bool:
        """Whether outflows and inflows are published apart (they are one net column in 2002)."""
        return "NOF" not in self.trade

    def _trade_sum(self, sign: int) -> pd.Series:
        trade = self.trade
        total = trade[[c for c in trade.columns if TRADE[c] == sign and c != "NOF"]].sum(axis=1)
        if "NOF" in trade:
            total = total + (sign * trade["NOF"]).clip(lower=0)
        return total

    def _check_signs(self) -> None:
        output = self.output
        if (output < 0).any():
            raise TableError(f"{self._where}: negative output in {_listed(output[output < 0])}: correct the source")
        idle = (output == 0).to_numpy()
        parts = [self.Z, self.value_added, *([self.imported] if self.imports == "local" else [])]
        with np.errstate(over="ignore"):
            inputs = sum(np.abs(part.to_numpy()[:, idle]).sum(axis=0) for part in parts)
        fed = pd.Series(inputs, self.sectors[idle])
        fed = fed[fed > self.column_tolerance]
        if len(fed):
            raise TableError(f"{self._where}: inputs but no output in {_listed(fed)}: correct or merge the sector")

    def _check_identities(self) -> None:
        # in numpy: a simulation builds thousands of tables
        Z, trade = self.Z.to_numpy(), self.trade
        signs = np.array([TRADE[c] for c in trade.columns], dtype=float)
        with np.errstate(over="ignore", invalid="ignore"):
            uses = Z.sum(axis=1) + self.final_uses.to_numpy().sum(axis=1) + self.error.to_numpy()
            uses += trade.to_numpy() @ signs
            inputs = Z.sum(axis=0) + self.value_added.to_numpy().sum(axis=0)
            if self.imports == "local":
                inputs += self.imported.to_numpy().sum(axis=0)
        _check_gaps(self.output - uses, self.row_tolerance, f"{self._where}: row", "uses", self.unit)
        _check_gaps(self.output - inputs, self.column_tolerance, f"{self._where}: column", "inputs", self.unit)

    def _check_productive(self) -> None:
        A = self._coefficients()
        np.abs(A, out=A)
        if not np.isfinite(A).all():
            raise TableError(f"{self._where}: an output is too small for its inputs: no coefficient can be computed")
        # Column sums below one bound the spectral radius.
        if A.sum(axis=0).max() < 1:
            return
        # Otherwise y = (I - |A|')⁻¹ i >= 1 proves the radius below one (a non-singular M-matrix), at a fraction of the
        # cost of eigenvalues, which only a failing table, or one with negative flows, is left to.
        lu, pivots, info = linalg.lapack.dgetrf(np.eye(self.n) - A.T)
        # Rounding may leave a singular matrix with an inverse: its multipliers then have no limit that means anything.
        if info == 0:
            multipliers = linalg.lu_solve((lu, pivots), np.ones(self.n))
            if multipliers.min() >= 1 - 1e-9 and multipliers.max() < 1e9:
                return
        radius = np.abs(np.linalg.eigvals(self._coefficients())).max()
        if not radius < 1 - 1e-9:
            raise TableError(
                f"{self._where}: the spectral radius of the input coefficients is {radius:.6f}, so that no finite"
                " output meets any final demand: check output and intermediate inputs"
            )

    def _coefficients(self) -> np.ndarray:
        x, Z = self.output.to_numpy(), self.Z.to_numpy()
        with np.errstate(over="ignore"):
            quotients: np.ndarray = np.divide(Z, x, out=np.zeros(Z.shape), where=x > 0)
        return quotients

    def aggregate(
        self, concordance: Mapping[str, str] | pd.Series, names: pd.DataFrame | None = None
    ) -> InputOutputTable:
        """Merge sectors.

        Parameters
        ----------
        concordance : mapping of old to new sector codes
            Every sector of the table must be in it, once.
        names : DataFrame, optional
            ``name_en`` and ``name_zh`` of the new sectors. Without it, a new sector made of one old one keeps its
            name, and a merged one lists its members.

        Returns
        -------
        InputOutputTable
            With the new sectors in the order in which they first appear.

        Raises
        ------
        TableError
            If the concordance lacks a sector of the table, names it twice, or sends it nowhere.
        """
        concordance = pd.Series(concordance, dtype=object)
        twice = concordance.index[concordance.index.duplicated()].unique().tolist()
        if twice:
            raise TableError(f"{self._where}: the concordance names sectors {twice} more than once")
        target = concordance.reindex(self.sectors)
        lacking = target.index[target.isna()].tolist()
        if lacking:
            raise TableError(f"{self._where}: the concordance lacks a new sector for {lacking}")
        order = pd.Index(target.unique())
        largest = int(target.value_counts().max())

        def rows(frame: Any) -> Any:
            return frame.groupby(target.to_numpy()).sum().loc[order]

        def columns(frame: pd.DataFrame) -> pd.DataFrame:
            result: pd.DataFrame = rows(frame.T).T
            return result

        if names is None:
            joined = self.names.groupby(target.to_numpy())[["name_en", "name_zh"]].agg(" + ".join)
            names = joined.loc[order]
        local = self.imports == "local"
        return replace(
            self,
            Z=columns(rows(self.Z)),
            final_uses=rows(self.final_uses),
            trade=rows(self.trade),
            value_added=columns(self.value_added),
            output=rows(self.output),
            error=rows(self.error),
            **(
                {"imported": columns(rows(self.imported)), "imported_final": rows(self.imported_final)} if local else {}
            ),
            names=names,
            row_tolerance=self.row_tolerance * largest,
            column_tolerance=self.column_tolerance * largest,
        )

    def local_shares(self, assumption: str) -> pd.Series:
        """Share of local supply in what local users buy, under a named assumption.

        Parameters
        ----------
        assumption : {"supply pool", "exports first", "net inflow"}
            With x output, M inflows and E outflows of a sector:

            - ``"supply pool"``: x / (x + M). Own output and inflows form one pool for all users, exports included.
            - ``"exports first"``: max(x - E, 0) / (max(x - E, 0) + M). The regional purchase coefficient; where
              outflows exceed output, all output leaves, the share is zero, and the excess is transit trade.
            - ``"net inflow"``: x / (x + max(M - E, 0)). An upper bound: no cross-hauling.

        Returns
        -------
        Series, n
            Between 0 and 1; zero for a sector without output. No share is above that under ``"net inflow"``, and none
            below that under ``"exports first"``.

        Raises
        ------
        ImportTreatmentError
            If the table is local already, or publishes net trade only and the assumption needs gross flows.
        TableError
            If the assumption is unknown, or a share leaves [0, 1].

        Notes
        -----
        All three are assumptions: no provincial table says which user buys what from where. See Miller & Blair
        (2022), section 8.2 for the regional purchase coefficient.
        """
        if self.imports == "local":
            raise ImportTreatmentError(f"{self._where} is local already ({self.assumption})")
        if assumption not in ASSUMPTIONS:
            raise TableError(f"unknown import assumption {assumption!r}: one of {', '.join(ASSUMPTIONS)}")
        if assumption != "net inflow" and not self.gross_trade:
            raise ImportTreatmentError(
                f"{self._where} publishes net outflow only; {assumption!r} needs outflows and inflows apart. Use"
                " 'net inflow', an upper bound of local supply, or a later table"
            )
        if assumption not in self._shares:
            self._shares[assumption] = self._local_shares(assumption)
        return self._shares[assumption].copy(deep=False)

    @cached_property
    def _shares(self) -> dict[str, pd.Series]:
        """Local shares by assumption, once they were asked for."""
        return {}

    def _local_shares(self, assumption: str) -> pd.Series:
        x, E, M = self.output, self.exports, self.inflows
        if assumption == "supply pool":
            own, outside = x, M
        elif assumption == "exports first":
            own, outside = (x - E).clip(lower=0), M
        else:
            own, outside = x, (M - E).clip(lower=0)
        supply = own + outside
        share = own.div(supply.where(supply != 0, 1.0)).rename(f"local share, {assumption}")
        wrong = share[(share < 0) | (share > 1)]
        if len(wrong):
            raise TableError(f"{self._where}: local share outside [0, 1] under {assumption!r} in {_listed(wrong)}")
        return share

    def local(self, assumption: str) -> InputOutputTable:
        """Take imports and inflows out of the flows, under a named assumption.

        Parameters
        ----------
        assumption : str
            See :meth:`local_shares`. All users of a sector's product get the same share (Chenery 1953, Moses 1955).

        Returns
        -------
        InputOutputTable
            ``Z`` and ``final_uses`` hold local flows, ``imported`` and ``imported_final`` the rest, and the trade
            columns become one, ``EXOF``: what local output serves outside.

        Raises
        ------
        TableError
            See :meth:`local_shares`.
        """
        r = self.local_shares(assumption)
        Z, final, error = self.Z.mul(r, axis=0), self.final_uses.mul(r, axis=0), self.error * r
        if assumption == "supply pool":
            served = self.exports * r
        elif assumption == "exports first":
            served = pd.concat([self.exports, self.output], axis=1).min(axis=1)
        else:
            # What a sector without output sends out, from stocks, was made elsewhere.
            served = (self.exports - self.inflows).clip(lower=0).where(self.active, 0.0)
        return replace(
            self,
            Z=Z,
            final_uses=final,
            trade=served.to_frame("EXOF"),
            error=error,
            imported=self.Z - Z,
            imported_final=self.final_uses - final,
            imports="local",
            assumption=assumption,
        )

    def require(self, imports: str, method: str) -> None:
        """Refuse a method that does not fit the table's treatment of imports.

        Parameters
        ----------
        imports : {"competitive", "local"}
            What the method needs.
        method : str
            Its name, for the message.

        Raises
        ------
        ImportTreatmentError
            If the table is of the other kind.
        """
        if self.imports == imports:
            return
        advice = (
            "call table.local(assumption) first, with one of " + ", ".join(map(repr, ASSUMPTIONS))
            if imports == "local"
            else "use the table as loaded, before table.local(...)"
        )
        raise ImportTreatmentError(f"{method} needs a {imports} table, but {self._where} is {self.imports}: {advice}")


def _names(names: pd.DataFrame | None, sectors: pd.Index, table: InputOutputTable) -> pd.DataFrame:
    if names is None:
        return pd.DataFrame({"name_en": sectors.astype(str), "name_zh": sectors.astype(str)}, index=sectors)
    both = pd.Index(["name_en", "name_zh"])
    if not isinstance(names, pd.DataFrame) or names.index.has_duplicates:
        kind = "name a sector twice" if isinstance(names, pd.DataFrame) else f"are a {type(names).__name__}"
        raise TableError(
            f"{table._where}: names {kind}: a DataFrame is meant, one row a sector, columns name_en, name_zh"
        )
    if names.index.equals(sectors) and names.columns.equals(both):
        return names.copy(deep=False)
    lacking = _missing(names.index, sectors) + _missing(names.columns, both)
    if lacking:
        raise TableError(f"{table._where}: names lack {lacking}: one row a sector, columns name_en and name_zh")
    return names.loc[sectors, both]


def _numeric_series(series: Any, what: str, sectors: pd.Index | None, table: InputOutputTable) -> pd.Series:
    return _numeric_frame(pd.Series(series).to_frame(what), what, sectors, None, table)[what].rename(None)


def _numeric_frame(
    frame: Any, what: str, rows: pd.Index | None, columns: pd.Index | None, table: InputOutputTable
) -> pd.DataFrame:
    frame = pd.DataFrame(frame)
    for axis, wanted, have in (("row", rows, frame.index), ("column", columns, frame.columns)):
        if have.has_duplicates:
            twice = have[have.duplicated()].unique().tolist()
            raise TableError(
                f"{table._where}: {what} has duplicate {axis} labels {twice}: aggregate them or give each a code"
                " of its own"
            )
        if wanted is not None and not have.equals(wanted):
            lacking, extra = _missing(have, wanted), _missing(wanted, have)
            if lacking or extra:
                raise TableError(
                    f"{table._where}: {what} has {len(have)} {axis}s where {len(wanted)} sectors are expected"
                    f" (missing {lacking}, not known {extra})"
                )
    if rows is not None and not frame.index.equals(rows):
        frame = frame.loc[rows]
    if columns is not None and not frame.columns.equals(columns):
        frame = frame[columns]
    for column, kind in frame.dtypes.items():
        if kind.kind in "iuf":
            continue
        bad = frame[column][[isinstance(v, bool) or not isinstance(v, Real | Decimal) for v in frame[column]]]
        if len(bad):
            raise TableError(
                f"{table._where}: {what} holds {bad.iloc[0]!r} at row {bad.index[0]}, column {column}, which is"
                f" not a number ({len(bad)} such cells in the column)"
            )
    values = finite_numbers(frame, f"{table._where}: {what}", ": fill or drop it on purpose")
    return pd.DataFrame(values, index=frame.index, columns=frame.columns)


def _check_gaps(gaps: pd.Series, tolerance: float, where: str, side: str, unit: str) -> None:
    # asked so that a gap that is not a number counts as one
    if not (np.abs(gaps.to_numpy()) <= tolerance).all():
        wrong = gaps[~(gaps.abs() <= tolerance)]
        first = wrong.abs().sort_values(ascending=False).index[0]
        direction = "more" if wrong[first] > 0 else "less"
        raise TableError(
            f"{where} {first} does not balance: output is {abs(wrong[first]):.6g} {unit} {direction} than its {side}"
            f" (tolerance {tolerance:g}); {len(wrong)} fail in all: {_listed(wrong)}"
        )


def _missing(have: Iterable[Any], wanted: Iterable[Any]) -> list[Any]:
    return [label for label in wanted if label not in have]


def _listed(series: pd.Series, most: int = 5) -> str:
    shown = ", ".join(f"{label} ({value:.6g})" for label, value in series.head(most).items())
    return shown + (f" and {len(series) - most} more" if len(series) > most else "")
