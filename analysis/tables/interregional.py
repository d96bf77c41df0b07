"""The :class:`InterregionalTable`: several regions and the flows between them, one sector list for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import data
from analysis.tables.table import (
    InputOutputTable,
    SealedFrames,
    TableError,
    explained,
    finite_numbers,
    label_text,
    parse_unit,
)

WORD = "estimated"
KIND = "interregional table"
_BLOCKS = ("Z", "final_uses", "imported", "imported_final", "value_added")
_VECTORS = ("output", "exports", "error", "reexports")
_DESCRIPTION = ("year", "unit", "price_basis", "vintage", "estimated", "provenance", "notes", "tolerance")


@dataclass(frozen=True, eq=False)
class InterregionalTable(SealedFrames):
    """Regions that trade with each other and with the world outside, checked cell by cell when they are built.

    With Z the flows from every region's sectors to every region's sectors, f their deliveries to final users, e exports
    and d the part that is left unexplained, every row keeps ``x = Z i + f + e + d`` and every column ``x' = i'Z + i'm +
    i'v`` with m imported inputs and v value added (Miller & Blair 2009, section 3.3).

    Parameters
    ----------
    Z : DataFrame, R n x R n
        Flows between the pairs (region, code), rows and columns alike, not negative.
    final_uses : DataFrame, R n x R k
        Rows as Z; columns are pairs (region of the user, use). What a final use draws from stocks is negative.
    value_added : DataFrame, v x R n
        Primary inputs.
    output : Series, R n
        Gross output.
    exports : Series, R n
        Own products that leave for the world outside the regions.
    imported : DataFrame, n x R n, optional
        Imported products (rows are codes) by using region and sector; without it, none.
    imported_final : DataFrame, n x R k, optional
        Imported products by region and kind of final use.
    reexports : Series, R n, optional
        Imported products that leave again, by region and code: in no identity of a producer, but part of the trade that
        a statistical office counts.
    error : Series, R n, optional
        What the uses leave of output unexplained.
    year, unit, price_basis, vintage
        What the figures speak of. The unit is a scale and a currency, see :func:`analysis.tables.parse_unit`.
    estimated : bool
        Whether flows between regions were estimated, not observed. The word then goes with every copy on disk.
    provenance : str
        Where the figures come from, in a sentence.
    notes : tuple of str
        What a user should know: assumptions, adjustments.
    tolerance : float
        Largest gap in an identity, as a share of the largest output.

    Raises
    ------
    TableError
        For labels that differ or repeat, a region that lacks a sector, values that are not finite, negative flows or
        output, inputs of a sector without output, or an identity that fails; with region, sector and size.

    Notes
    -----
    Frames that leave the table are copies: the table itself cannot be altered. Functions that work on an interregional
    system take :attr:`accounts` together with :attr:`home` and :attr:`final_home`.
    """

    Z: pd.DataFrame
    final_uses: pd.DataFrame
    value_added: pd.DataFrame
    output: pd.Series
    exports: pd.Series
    year: int
    unit: str
    price_basis: str
    vintage: str
    estimated: bool
    provenance: str
    # Zeros take the place of what a table is made without: the table that is there has all four.
    imported: pd.DataFrame = None  # type: ignore[assignment]
    imported_final: pd.DataFrame = None  # type: ignore[assignment]
    reexports: pd.Series = None  # type: ignore[assignment]
    error: pd.Series = None  # type: ignore[assignment]
    notes: tuple[str, ...] = ()
    tolerance: float = 1e-6
    _sealed: bool = field(default=False, repr=False, init=False)

    def __post_init__(self) -> None:
        """Check labels, numbers, signs and identities."""
        parse_unit(self.unit)
        if not isinstance(self.estimated, bool) or not str(self.provenance).strip():
            raise TableError(f"{self._where}: say whether it is estimated (True or False), and where it comes from")
        pairs = self.output.index
        if not isinstance(pairs, pd.MultiIndex) or pairs.nlevels != 2 or not len(pairs):
            raise TableError(f"{self._where}: output needs an index of pairs (region, code)")
        regions, codes = pairs.unique(0), pairs.unique(1)
        if not pairs.equals(pd.MultiIndex.from_product([regions, codes])):
            raise TableError(
                f"{self._where}: {len(regions)} regions with {len(codes)} sectors need {len(regions) * len(codes)}"
                f" rows, region by region, all sectors in one order, not {len(pairs)}"
            )
        pairs = pairs.set_names(["region", "code"])
        codes = codes.rename("code")
        uses = pd.DataFrame(self.final_uses).columns
        if not isinstance(uses, pd.MultiIndex) or set(uses.unique(0)) - set(regions):
            raise TableError(
                f"{self._where}: columns of final_uses are pairs (region, use), of regions {list(regions)}"
            )
        uses = uses.set_names(["region", "use"])
        nothing = pd.Series(0.0, index=pairs)
        checked = {
            "output": self._vector(self.output, "output", pairs),
            "exports": self._vector(self.exports, "exports", pairs),
            "error": nothing if self.error is None else self._vector(self.error, "error", pairs),
            "reexports": nothing if self.reexports is None else self._vector(self.reexports, "reexports", pairs),
            "Z": self._frame(self.Z, "Z", pairs, pairs),
            "final_uses": self._frame(self.final_uses, "final_uses", pairs, uses),
            "value_added": self._frame(self.value_added, "value_added", None, pairs),
        }
        for name, columns in (("imported", pairs), ("imported_final", uses)):
            given = getattr(self, name)
            given = pd.DataFrame(0.0, index=codes, columns=columns) if given is None else given
            checked[name] = self._frame(given, name, codes, columns)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "_sealed", True)
        self._check_signs()
        self._check_identities()

    @property
    def _where(self) -> str:
        return f"interregional table {self.year}"

    @property
    def regions(self) -> list[str]:
        """Regions, in order."""
        return list(self.output.index.unique(0))

    @property
    def sectors(self) -> pd.Index:
        """Codes of the sectors, in order."""
        return self.output.index.unique(1)

    @property
    def uses(self) -> pd.Index:
        """Kinds of final use, in order."""
        return self.final_uses.columns.unique(1)

    @property
    def total_value_added(self) -> pd.Series:
        """Value added by region and sector."""
        return self.value_added.sum(axis=0)

    @property
    def labels(self) -> pd.Index:
        """One label a row, such as ``"Shanghai C01"``: the sectors of :attr:`accounts`."""
        return pd.Index([f"{region} {code}" for region, code in self.output.index])

    @property
    def home(self) -> pd.Series:
        """Region of each row of :attr:`accounts`: what the functions of several regions ask for."""
        return pd.Series(self.output.index.get_level_values(0).to_numpy(), index=self.labels, name="region")

    @property
    def industry(self) -> pd.Series:
        """Sector code of each row of :attr:`accounts`."""
        return pd.Series(self.output.index.get_level_values(1).to_numpy(), index=self.labels, name="code")

    @property
    def final_home(self) -> pd.Series:
        """Region of each final use of :attr:`accounts`."""
        columns = self.final_uses.columns
        return pd.Series(
            columns.get_level_values(0).to_numpy(),
            index=[f"{use[0]} {use[1]}" for use in columns],
            name="region",
        )

    @cached_property
    def accounts(self) -> InputOutputTable:
        """The same figures as one local table whose sectors are the pairs, for every method of a local table.

        Imported products stand in the row of the same code in the region that uses them.
        """
        labels, columns = self.labels, self.final_home.index
        n = len(self.sectors)

        def own_rows(frame: pd.DataFrame, of_column: np.ndarray) -> np.ndarray:
            """Spread product rows over pairs: each column's products lie in its own region's rows."""
            spread = np.zeros((len(labels), frame.shape[1]))
            for k, region in enumerate(self.regions):
                at = np.flatnonzero(of_column == region)
                spread[np.ix_(np.arange(k * n, (k + 1) * n), at)] = frame.to_numpy()[:, at]
            return spread

        home, final_home = self.home.to_numpy(), self.final_home.to_numpy()
        largest = max(float(self.output.max()), 1e-300)
        return InputOutputTable(
            Z=pd.DataFrame(self.Z.to_numpy(), labels, labels),
            final_uses=pd.DataFrame(self.final_uses.to_numpy(), labels, columns),
            trade=pd.DataFrame({"EX": self.exports.to_numpy()}, labels),
            value_added=pd.DataFrame(self.value_added.to_numpy(), self.value_added.index, labels),
            output=pd.Series(self.output.to_numpy(), labels),
            error=pd.Series(self.error.to_numpy(), labels),
            imported=pd.DataFrame(own_rows(self.imported, home), labels, labels, copy=False),
            imported_final=pd.DataFrame(own_rows(self.imported_final, final_home), labels, columns),
            imports="local",
            assumption="published",
            year=self.year,
            region=", ".join(self.regions) + (f" ({WORD})" if self.estimated else ""),
            unit=self.unit,
            price_basis=self.price_basis,
            vintage=self.vintage,
            row_tolerance=self.tolerance * largest,
            column_tolerance=self.tolerance * largest,
        )

    def trade(self, final: bool = True) -> pd.Series:
        """Deliveries of each product from each region to each region.

        Parameters
        ----------
        final : bool
            With what final users buy, or of inputs only.

        Returns
        -------
        Series, R R n
            Indexed by ``origin``, ``user`` and ``code``; deliveries inside a region are among them.
        """
        R, n = len(self.regions), len(self.sectors)
        flows = self.Z.to_numpy().reshape(R, n, R, n).sum(axis=3)
        if final:
            columns = self.final_uses.columns.get_level_values(0)
            bought = np.stack([self.final_uses.to_numpy()[:, columns == r].sum(axis=1) for r in self.regions], axis=1)
            flows = flows + bought.reshape(R, n, R)
        index = pd.MultiIndex.from_product([self.regions, self.regions, self.sectors], names=["origin", "user", "code"])
        return pd.Series(flows.transpose(0, 2, 1).ravel(), index=index, name="delivery")

    def region(self, name: str) -> InputOutputTable:
        """Return what the region itself would publish: inputs from all suppliers, outflow, inflow, exports, imports.

        Parameters
        ----------
        name : str
            One of :attr:`regions`.

        Returns
        -------
        InputOutputTable
            Competitive. Trade columns: ``EX`` exports with re-exports, ``OF`` deliveries to the other regions, ``IM``
            imports, ``IF`` deliveries from the other regions.

        Raises
        ------
        TableError
            If there is no such region.
        """
        if name not in self.regions:
            raise TableError(f"{self._where}: no region {name!r}; the regions are {', '.join(self.regions)}")
        n = len(self.sectors)
        flows = self.trade().unstack("code")[list(self.sectors)]
        away = [r for r in self.regions if r != name]
        # what one region has of these is a frame, as their columns have two levels
        imported: Any = self.imported[name]
        bought: Any = self.imported_final[name]
        value_added: Any = self.value_added[name]
        trade = pd.DataFrame(
            {
                "EX": self.exports[name] + self.reexports[name],
                "OF": flows.loc[name].loc[away].sum(),
                "IM": imported.sum(axis=1) + bought.sum(axis=1) + self.reexports[name],
                "IF": flows.xs(name, level="user").loc[away].sum(),
            }
        )
        R, codes = len(self.regions), self.sectors
        Z = self.Z[name].to_numpy().reshape(R, n, n).sum(axis=0)
        final = self.final_uses[name]
        used = final.to_numpy().reshape(R, n, final.shape[1]).sum(axis=0)
        gap = self.tolerance * float(self.output.max()) * R
        return InputOutputTable(
            Z=pd.DataFrame(Z, codes, codes) + imported,
            final_uses=pd.DataFrame(used, codes, final.columns) + bought,
            trade=trade,
            value_added=value_added,
            output=self.output[name],
            error=self.error[name],
            year=self.year,
            region=name,
            unit=self.unit,
            price_basis=self.price_basis,
            vintage=self.vintage,
            row_tolerance=gap,
            column_tolerance=gap,
        )

    def total(self, name: str = "all regions") -> InputOutputTable:
        """Add up the regions to one table with imports among the flows: what a national table would show.

        Parameters
        ----------
        name : str
            What to call it.

        Returns
        -------
        InputOutputTable
            Competitive, with ``EX`` (re-exports included) and ``IM``.
        """
        parts = [self.region(r) for r in self.regions]
        trade = sum((t.trade[["EX", "IM"]] for t in parts[1:]), parts[0].trade[["EX", "IM"]])
        first = parts[0]

        def added(block: str) -> Any:
            return sum((getattr(t, block) for t in parts[1:]), getattr(first, block))

        return InputOutputTable(
            Z=added("Z"),
            final_uses=added("final_uses"),
            value_added=added("value_added"),
            output=added("output"),
            error=added("error"),
            trade=trade,
            year=self.year,
            region=name,
            unit=self.unit,
            price_basis=self.price_basis,
            vintage=self.vintage,
            row_tolerance=first.row_tolerance * len(parts),
            column_tolerance=first.column_tolerance * len(parts),
        )

    def cells(self) -> pd.DataFrame:
        """List all figures, a row a cell.

        Returns
        -------
        DataFrame
            Columns ``block``, ``region`` and ``row`` of the supplier, ``user_region`` and ``column`` of the user (all
            text, empty where there is none), and ``value``; of an estimate, ``estimated_value``.
        """
        parts = []
        for name in _BLOCKS:
            block = getattr(self, name)
            cells = block.to_numpy()
            rows = block.index if isinstance(block.index, pd.MultiIndex) else [("", r) for r in block.index]
            left = pd.DataFrame(list(rows), columns=["region", "row"]).loc[
                np.repeat(np.arange(len(block)), cells.shape[1])
            ]
            right = pd.DataFrame(list(block.columns) * len(block), columns=["user_region", "column"])
            part = pd.concat([left.reset_index(drop=True), right], axis=1)
            parts.append(part.assign(block=name, value=cells.ravel()))
        for name in _VECTORS:
            vector = getattr(self, name)
            left = pd.DataFrame(list(vector.index), columns=["region", "row"])
            parts.append(left.assign(user_region="", column="", block=name, value=vector.to_numpy()))
        frame = pd.concat(parts, ignore_index=True)[["block", "region", "row", "user_region", "column", "value"]]
        return frame.rename(columns={"value": self._head})

    @classmethod
    def from_cells(cls, frame: pd.DataFrame, **description: Any) -> InterregionalTable:
        """Build a table from what :meth:`cells` lists.

        Parameters
        ----------
        frame : DataFrame
            Rows of a block together, in the order of :meth:`cells`.
        **description
            ``year``, ``unit``, ``price_basis``, ``vintage``, ``estimated``, ``provenance``; ``notes`` and ``tolerance``
            if wanted.

        Raises
        ------
        TableError
            If a block or the column of values is missing, or the accounts do not hold. The column of estimates is
            called ``estimated_value``, of other tables ``value``.
        """
        head = f"{WORD}_value" if description.get("estimated") else "value"
        wanted = {"block", "region", "row", "user_region", "column", head}
        if not wanted <= set(frame):
            raise TableError(f"cells of an interregional table have columns {sorted(wanted)}, not {list(frame)}")
        parts = dict(list(frame.groupby("block", sort=False)))
        if lacking := [name for name in (*_BLOCKS, *_VECTORS) if name not in parts]:
            raise TableError(f"the cells lack {', '.join(lacking)}")
        blocks: dict[str, Any] = {name: _block(parts[name], head, name) for name in _BLOCKS}
        for name in _VECTORS:
            pairs = pd.MultiIndex.from_frame(parts[name][["region", "row"]])
            blocks[name] = pd.Series(parts[name][head].to_numpy(dtype=float), index=pairs)
        return cls(**blocks, **description | {"notes": tuple(description.get("notes", ()))})

    @property
    def file_name(self) -> str:
        """Name for a copy on disk; of an estimate it says so."""
        return f"interregional_{self.year}_{WORD}.csv" if self.estimated else f"interregional_{self.year}.csv"

    def to_csv(self, path: str | Path) -> None:
        """Write the table to disk: a tidy CSV file and a YAML description beside it.

        Parameters
        ----------
        path : str or Path
            Ends in ``.csv``. The name of a file with estimates holds the word *estimated*, as do its column heads and
            its description. :attr:`file_name` is such a name.

        Raises
        ------
        TableError
            If the table is an estimate and the name of the file does not say so.
        """
        data.write_pair(path, self.cells(), self._described(path))

    def to_parquet(self, path: str | Path) -> None:
        """Write the table as one Parquet file, which suits a large one; see :meth:`to_csv`.

        Parameters
        ----------
        path : str or Path
            Ends in ``.parquet``; of an estimate, the name says so.

        Raises
        ------
        TableError
            If the table is an estimate and the name of the file does not say so.
        DataError
            If pyarrow is not installed, or the file cannot be written.
        """
        blocks = {name: getattr(self, name) for name in _BLOCKS}
        blocks |= {name: getattr(self, name).to_frame(name) for name in _VECTORS}
        data.write_blocks(path, blocks, self._described(path))

    def _described(self, path: str | Path) -> dict[Any, Any]:
        if self.estimated and WORD not in Path(path).name:
            name = Path(self.file_name).with_suffix(Path(path).suffix)
            raise TableError(f"{path}: this table is an estimate and its file says so: call it {name}")
        description = {name: getattr(self, name) for name in _DESCRIPTION} | {"notes": list(self.notes)}
        return description | {"kind": f"{WORD} {KIND}" if self.estimated else KIND}

    @property
    def _head(self) -> str:
        return f"{WORD}_value" if self.estimated else "value"

    @classmethod
    def read_csv(cls, path: str | Path) -> InterregionalTable:
        """Read a table that :meth:`to_csv` wrote; all its identities are checked again.

        Parameters
        ----------
        path : str or Path
            Of the CSV file.

        Returns
        -------
        InterregionalTable
            Equal to the one that was written.

        Raises
        ------
        DataError
            If a file is missing, or the two do not belong together.
        TableError
            If the description is not that of an interregional table, the head of the column does not say whether the
            values are estimates, or the accounts do not hold.
        """
        frame, description = data.read_pair(path)
        with explained(path, f"an {KIND}"):
            cls._check_kind(path, description, f"{WORD}_value" in frame)
            return cls.from_cells(frame, **description)

    @classmethod
    def read_parquet(cls, path: str | Path) -> InterregionalTable:
        """Read a table that :meth:`to_parquet` wrote; all its identities are checked again.

        Parameters
        ----------
        path : str or Path
            Of the Parquet file.

        Returns
        -------
        InterregionalTable
            Equal to the one that was written.

        Raises
        ------
        DataError
            If the file is missing, damaged or of another kind.
        TableError
            If the description is not that of an interregional table, or the accounts do not hold.
        """
        return cls.from_blocks(path, *data.read_blocks(path))

    @classmethod
    def from_blocks(
        cls, path: str | Path, blocks: dict[str, pd.DataFrame], description: dict[Any, Any]
    ) -> InterregionalTable:
        """Build a table from what a Parquet file holds; see :meth:`read_parquet`.

        Parameters
        ----------
        path : str or Path
            Of the file, for messages.
        blocks : dict of str to DataFrame
            By name of the attribute; a vector is a frame of one column.
        description : dict
            What :meth:`to_parquet` says beside them.

        Raises
        ------
        TableError
            If the description is not that of an interregional table, or the accounts do not hold.
        """
        with explained(path, f"an {KIND}"):
            cls._check_kind(path, description, str(description["kind"]).startswith(WORD))
            vectors = {name: blocks[name][name] for name in _VECTORS}
            notes = tuple(description.pop("notes"))
            parts: dict[str, Any] = {**{name: blocks[name] for name in _BLOCKS}, **vectors, **description}
        return cls(**parts, notes=notes)

    @staticmethod
    def _check_kind(path: str | Path, description: dict[str, Any], estimated: bool) -> None:
        """Take the kind out of a description, and refuse one that does not say alike whether it estimates."""
        kind = description.pop("kind")
        if kind != (f"{WORD} {KIND}" if description["estimated"] else KIND) or estimated != description["estimated"]:
            raise TableError(f"{path}: an interregional table has kind and column heads that say whether it is {WORD}")

    def _vector(self, series: Any, what: str, pairs: pd.MultiIndex) -> pd.Series:
        return self._frame(pd.Series(series).to_frame(what), what, pairs, None)[what].rename(None)

    def _frame(self, frame: Any, what: str, rows: pd.Index | None, columns: pd.Index | None) -> pd.DataFrame:
        frame = pd.DataFrame(frame)
        for axis, wanted, have in (("row", rows, frame.index), ("column", columns, frame.columns)):
            if have.has_duplicates:
                raise TableError(f"{self._where}: {what} has {axis} {have[have.duplicated()][0]} more than once")
            if wanted is not None and not have.equals(wanted):
                lacking, extra = wanted.difference(have), have.difference(wanted)
                if len(lacking) or len(extra):
                    raise TableError(
                        f"{self._where}: {what} has other {axis}s than the table: missing {list(lacking[:3])}, not"
                        f" known {list(extra[:3])}"
                    )
                frame = frame.reindex(wanted, axis=0 if axis == "row" else 1)
        values = finite_numbers(frame, f"{self._where}: {what}")
        index = frame.index if rows is None else rows
        return pd.DataFrame(values, index=index, columns=frame.columns if columns is None else columns)

    def _check_signs(self) -> None:
        Z, x = self.Z.to_numpy(), self.output.to_numpy()
        if x.min() < 0:
            k = int(x.argmin())
            raise TableError(
                f"{self._where}: output of {label_text(self.output.index[k])} is negative: {x[k]:.6g} {self.unit}"
            )
        for name, block in (("Z", Z), ("imported", self.imported.to_numpy())):
            if block.min() < 0:
                i, j = np.unravel_index(block.argmin(), block.shape)
                frame = getattr(self, name)
                raise TableError(
                    f"{self._where}: {name} has {np.count_nonzero(block < 0)} negative flows, the largest from"
                    f" {label_text(frame.index[i])} to {label_text(frame.columns[j])}: {block[i, j]:.6g} {self.unit}"
                )
        inputs = Z.sum(axis=0) + self.imported.to_numpy().sum(axis=0) + np.abs(self.value_added.to_numpy()).sum(axis=0)
        fed = np.flatnonzero((x == 0) & (inputs > self.tolerance * x.max()))
        if len(fed):
            raise TableError(
                f"{self._where}: inputs but no output in {[label_text(self.output.index[k]) for k in fed[:5]]}"
            )

    def _check_identities(self) -> None:
        x = self.output.to_numpy()
        Z = self.Z.to_numpy()
        used = Z.sum(axis=1) + self.final_uses.to_numpy().sum(axis=1) + self.exports.to_numpy() + self.error.to_numpy()
        spent = Z.sum(axis=0) + self.imported.to_numpy().sum(axis=0) + self.value_added.to_numpy().sum(axis=0)
        limit = self.tolerance * x.max()
        for side, total, what in (("row", used, "uses"), ("column", spent, "inputs")):
            gap = x - total
            k = int(np.abs(gap).argmax())
            if abs(gap[k]) > limit:
                more = "more" if gap[k] > 0 else "less"
                raise TableError(
                    f"{self._where}: {side} {label_text(self.output.index[k])} does not balance: output is"
                    f" {abs(gap[k]):.6g} {self.unit} {more} than its {what} (tolerance {limit:.3g});"
                    f" {np.count_nonzero(np.abs(gap) > limit)} {side}s fail"
                )


def _block(cells: pd.DataFrame, head: str, name: str) -> pd.DataFrame:
    single = name in ("imported", "imported_final", "value_added")
    rows = pd.Index(cells["row"].unique()) if single else pd.MultiIndex.from_frame(cells[["region", "row"]]).unique()
    columns = pd.MultiIndex.from_frame(cells[["user_region", "column"]]).unique()
    values = cells[head].to_numpy(dtype=float).reshape(len(rows), len(columns))
    return pd.DataFrame(values, index=rows, columns=columns)
