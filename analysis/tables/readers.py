"""One door for tables from outside: the layout is told from the file, and nothing about it is guessed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import DataError, read_sheets
from analysis.data.labels import fault
from analysis.data.reading import MOST_MB
from analysis.data.sheets import Sheet, kind, place
from analysis.labels import counted, few, mismatch
from analysis.tables.cells import MOST
from analysis.tables.draft import Draft, LayoutError
from analysis.tables.eurostat import draft_eurostat, looks_eurostat
from analysis.tables.interregional import InterregionalTable
from analysis.tables.published import Statement, cut_short, draft_published, looks_published
from analysis.tables.stored import csv_parts, parquet_parts
from analysis.tables.table import TRADE, InputOutputTable

LAYOUTS = {
    "tidy": "this project's own: a CSV file of block, row, column, value, and a YAML description beside it; or Parquet",
    "published": "as the National Bureau of Statistics of China and the provinces publish: CSV, .xlsx or .xls",
    "eurostat": "symmetric tables of Eurostat (naio_10_cp1700, naio_10_cp1750): SDMX-CSV or tab-separated text",
}

_TIDY = (
    "Z",
    "final_uses",
    "trade",
    "value_added",
    "output",
    "unit",
    "year",
    "region",
    "price_basis",
    "vintage",
    "names",
    "row_tolerance",
    "column_tolerance",
)
_OPTIONAL = ("error", "imported", "imported_final", "imports", "assumption")
_TEXTS = ("unit", "region", "price_basis", "vintage", "imports", "assumption")


def read_table(path: str | Path, **options: Any) -> InputOutputTable:
    """Read an input-output table from a file in any layout of :data:`LAYOUTS`, and hold it to its accounts.

    Parameters
    ----------
    path : str or Path
        The layout is told from the content.
    **options
        As for :func:`read_draft`.

    Returns
    -------
    InputOutputTable
        In the sectors of the file, with its codes. Competitive, or local with the assumption ``"published"`` where
        the file tells imported flows apart.

    Raises
    ------
    DataError
        If the file is missing, of another kind, damaged, or needs a package that is not installed.
    LayoutError
        If no layout fits, if something that the file does not say is not stated, or if the accounts do not hold; the
        message names file, sheet, row, column and size.
    """
    return read_draft(path, **options).table()


def read_draft(
    path: str | Path,
    *,
    unit: str | None = None,
    year: int | None = None,
    region: str | None = None,
    sheet: str | None = None,
    tolerance: float | None = None,
    flows: str | None = None,
    most_mb: float | None = None,
) -> Draft:
    """Read what a file says, without holding it to its accounts; see :func:`read_table`.

    Parameters
    ----------
    path : str or Path
        Of the file.
    unit : str, optional
        Unit of the figures in the file, such as ``"10,000 CNY"`` (万元), where the file does not state it. Tables in
        yuan come out in 100 million CNY.
    year, region : optional
        What the table speaks of, where neither a heading nor the file name says it; or which of several.
    sheet : str, optional
        Of a workbook in which several sheets hold a table.
    tolerance : float, optional
        Largest gap in a row or column that the source itself shows, in the unit of the file. One published unit if
        it is not stated; for Eurostat, what rounding can add up to. A tidy file states its own.
    flows : {"domestic", "total"}, optional
        For Eurostat files that hold both.
    most_mb : float, optional
        Largest file, once unpacked, that is read, in MB; ``analysis.data.reading.MOST_MB`` if it is not stated. A
        tidy file, which is not packed, has no limit.

    Returns
    -------
    Draft
        Its ``table()`` holds it to its accounts, and ``inspect`` says all that is wrong.

    Raises
    ------
    DataError, LayoutError
        As :func:`read_table`, but for the accounts.
    """
    path = Path(path)
    if tolerance is not None and not (tolerance >= 0 and np.isfinite(tolerance)):
        raise LayoutError(f"{path}: a tolerance is a finite number, 0 or more, and {tolerance} was given")
    said = Statement(unit, year, region, tolerance)
    if path.suffix == ".parquet":
        draft = _tidy(path, said, parquet_parts(path, MOST_MB if most_mb is None else most_mb))
    elif kind(path) == ".csv" and os.path.exists(path.with_suffix(".yaml")):
        draft = _tidy(path, said, csv_parts(path))
    else:
        draft = _sheet(path, read_sheets(path, MOST_MB if most_mb is None else most_mb), sheet, said, flows)
    return _safe(draft)


def _sheet(path: Path, sheets: Mapping[str, Sheet], sheet: str | None, said: Statement, flows: str | None) -> Draft:
    if sheet is not None and sheet not in sheets:
        raise LayoutError(f"{path}: no sheet {sheet!r}: there are {', '.join(map(repr, sheets))}")
    chosen = {name: rows for name, rows in sheets.items() if sheet in (None, name)}
    fitting = {name: rows for name, rows in chosen.items() if looks_eurostat(rows) or looks_published(rows)}
    if len(fitting) > 1:
        raise LayoutError(f"{path}: sheets {', '.join(map(repr, fitting))} all hold a table: say which (sheet=...)")
    if not fitting:
        if any(
            rows and [c for c in rows[0] if c][:4] == ["block", "row", "column", "value"] for rows in chosen.values()
        ):
            raise DataError(path, f"a tidy table has its description beside it, and {path.stem}.yaml is missing")
        for name, rows in chosen.items():
            if (top := cut_short(rows)) is not None:
                where = f"{path}, sheet {name}" if name else f"{path}"
                raise LayoutError(
                    f"{where}: {place(top)} has the headings of a table, and no rows of totals (TII, TI) below: it"
                    " was cut short, or they have other codes"
                )
        known = "; ".join(f"{name}: {what}" for name, what in LAYOUTS.items())
        raise LayoutError(f"{path}: no table found in {counted(len(chosen), 'sheet')}. Layouts that are read: {known}")
    (name, rows), *_ = fitting.items()
    source = f"{path}, sheet {name}" if name else str(path)
    file_name = f"{path.name}, sheet {name}" if name else path.name
    if looks_eurostat(rows):
        return draft_eurostat(rows, source, file_name, said, flows)
    if flows is not None:
        raise LayoutError(f"{source}: flows can be chosen in files of Eurostat only; this one tells what it tells")
    return draft_published(rows, source, file_name, said)


def _tidy(path: Path, said: Statement, parts: dict[Any, Any] | InterregionalTable) -> Draft:
    if isinstance(parts, InterregionalTable):
        return _interregional(path, parts, said)
    stated = {"unit": said.unit, "year": said.year, "region": said.region}
    for what, value in stated.items():
        if value is not None and str(value) != str(parts.get(what)):
            raise LayoutError(
                f"{path}: states the {what} {parts.get(what)}, and {value} was given: correct one of them"
            )
    lacking = [name for name in _TIDY if name not in parts]
    strange = sorted(map(str, set(parts) - {*_TIDY, *_OPTIONAL}))
    if lacking or strange:
        wrong = f"it lacks {', '.join(lacking)}" if lacking else f"unknown entries {', '.join(strange)}"
        raise LayoutError(f"{path} does not hold a table written by to_csv: {wrong}")
    no_text = [name for name in _TEXTS if not isinstance(parts.get(name, ""), str)]
    if no_text or type(parts["year"]) is not int:
        name = no_text[0] if no_text else "year"
        raise LayoutError(f"{path}: the {name} in the description is {parts[name]!r}: correct the YAML file")
    _refuse_gaps(path, parts)
    if said.tolerance is not None:
        parts |= {"row_tolerance": said.tolerance, "column_tolerance": said.tolerance}
    return Draft(str(path), parts)


def _refuse_gaps(path: Path, parts: Mapping[str, Any]) -> None:
    """Refuse blocks whose sectors are not those of the output, and cells that are missing or not finite."""
    sectors = parts["output"].index
    strange = [column for column in parts["trade"] if column not in TRADE]
    if strange:
        raise LayoutError(f"{path}: unknown trade columns {few(strange)}: use {', '.join(TRADE)}")
    imports, apart = parts.get("imports", "competitive"), {"imported", "imported_final"} & set(parts)
    if imports not in ("competitive", "local") or len(apart) != (2 if imports == "local" else 0):
        raise LayoutError(
            f"{path}: imports are {imports!r}, with {len(apart)} blocks of imported flows: 'competitive' has none,"
            " 'local' has imported and imported_final"
        )
    for name in ("row_tolerance", "column_tolerance"):
        limit = parts[name]
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not (0 <= limit < np.inf):
            raise LayoutError(
                f"{path}: the {name} in the description is {limit!r}: a finite number, 0 or more, is meant"
            )
    if not len(sectors):
        raise LayoutError(f"{path}: holds no sector")
    if twice := mismatch(sectors, sectors.unique()):
        raise LayoutError(f"{path}: the output {twice}: every sector stands there once")
    for name, axes in (("Z", (0, 1)), ("final_uses", (0,)), ("trade", (0,)), ("value_added", (1,)), ("error", (0,)),
                       ("imported", (0, 1)), ("imported_final", (0,))):  # fmt: skip
        block = parts.get(name)
        if block is None:
            continue
        for axis in axes:
            if wrong := mismatch(block.axes[axis], sectors):
                raise LayoutError(f"{path}: beside the sectors of the output, {name} {wrong}")
        frame = pd.DataFrame(block)
        beyond = np.argwhere(~(np.abs(frame.to_numpy(dtype=float)) <= MOST))
        if len(beyond):
            i, j = map(int, beyond[0])
            raise LayoutError(
                f"{path}: {name}, row {frame.index[i]}, column {frame.columns[j]}:"
                f" {float(frame.to_numpy()[i, j]):g} is no amount: every cell holds a number"
            )
    wrong = parts["output"][~(parts["output"].abs() <= MOST)]
    if len(wrong):
        raise LayoutError(f"{path}: output of {wrong.index[0]}: {wrong.iloc[0]:g} is no amount")


def _safe(draft: Draft) -> Draft:
    """Refuse labels that a spreadsheet would run or a terminal obey: they come from a stranger, and go into exports."""
    parts = draft.parts
    labels = [("region", "", parts["region"]), ("price basis", "", parts["price_basis"])]
    labels += [("sector", code, code) for code in parts["output"].index]
    labels += [("name of sector", code, name) for code, *both in parts["names"].itertuples() for name in both]
    labels += [("final use", code, code) for code in parts["final_uses"]]
    labels += [("primary input", code, code) for code in parts["value_added"].index]
    for what, code, label in labels:
        if found := fault(label):
            at = draft.rows.get(code, "")
            raise LayoutError(f"{draft.source}{f', {at}' if at else ''}: the {what} {label!r} {found}")
    return draft


def _interregional(path: Path, system: InterregionalTable, said: Statement) -> Draft:
    """Take a system as one local table whose sectors are the pairs, or the table of the region that is asked for."""
    for what in ("unit", "year"):
        value = getattr(said, what)
        if value is not None and value != getattr(system, what):
            raise LayoutError(f"{path}: states the {what} {getattr(system, what)}, and {value} was given: correct one")
    if said.tolerance is not None:
        raise LayoutError(f"{path}: an interregional table states its own tolerance, a share of its largest output")
    return Draft.of(system.accounts if said.region is None else system.region(said.region))
