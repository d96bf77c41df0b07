"""One door for tables from outside: the layout is told from the file, and nothing about it is guessed."""

from __future__ import annotations

from pathlib import Path

from analysis.data import DataError, read_sheets
from analysis.data.sheets import kind
from analysis.tables.draft import Draft, LayoutError
from analysis.tables.eurostat import draft_eurostat, looks_eurostat
from analysis.tables.published import Statement, draft_published, looks_published
from analysis.tables.stored import csv_parts
from analysis.tables.table import InputOutputTable

LAYOUTS = {
    "tidy": "this project's own: a CSV file of block, row, column, value, and a YAML description beside it",
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
    "row_tolerance",
    "column_tolerance",
)


def read_table(path: str | Path, **options) -> InputOutputTable:
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
    if tolerance is not None and not tolerance >= 0:
        raise LayoutError(f"{path}: a tolerance is not negative, and {tolerance} was given")
    said = Statement(unit, year, region, tolerance)
    suffix = kind(path)
    if suffix == ".csv" and path.with_suffix(".yaml").is_file():
        return _tidy(path, said)
    sheets = read_sheets(path)
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
        known = "; ".join(f"{name}: {what}" for name, what in LAYOUTS.items())
        raise LayoutError(f"{path}: no table found in {len(chosen)} sheet(s). Layouts that are read: {known}")
    (name, rows), *_ = fitting.items()
    source = f"{path}, sheet {name}" if name else str(path)
    file_name = f"{path.name}, sheet {name}" if name else path.name
    if looks_eurostat(rows):
        return draft_eurostat(rows, source, file_name, said, flows)
    if flows is not None:
        raise LayoutError(f"{source}: flows can be chosen in files of Eurostat only; this one tells what it tells")
    return draft_published(rows, source, file_name, said)


def _tidy(path: Path, said: Statement) -> Draft:
    parts = csv_parts(path)
    stated = {"unit": said.unit, "year": said.year, "region": said.region}
    for what, value in stated.items():
        if value is not None and str(value) != str(parts.get(what)):
            raise LayoutError(
                f"{path}: states the {what} {parts.get(what)}, and {value} was given: correct one of them"
            )
    lacking = [name for name in _TIDY if name not in parts]
    if lacking:
        raise LayoutError(f"{path} does not hold a table written by to_csv: it lacks {', '.join(lacking)}")
    if said.tolerance is not None:
        parts |= {"row_tolerance": said.tolerance, "column_tolerance": said.tolerance}
    return Draft(str(path), parts)
