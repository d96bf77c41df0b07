"""Sheets of cells as a publisher lays them out: CSV and tab-separated text, Excel workbooks old and new."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
from pathlib import Path

from .records import DataError
from .writing import whole_files

Cell = str | float | None
Sheet = list[list[Cell]]

WORKBOOKS = (".xlsx", ".xlsm", ".xls")
TEXTS = (".csv", ".tsv", ".txt")
# Official files of mainland China that are not in UTF-8 are in this superset of GBK and GB2312.
_ENCODINGS = ("utf-8-sig", "gb18030")


def read_sheets(path: str | Path) -> dict[str, Sheet]:
    """Read every sheet of a file as rows of cells.

    Parameters
    ----------
    path : str or Path
        Ends in ``.csv``, ``.tsv`` or ``.txt`` (also packed, ``.gz``), ``.xlsx``, ``.xlsm`` or ``.xls``.

    Returns
    -------
    dict of str to list of lists
        Sheets by name, in order; a text file has one without a name. A cell is a text without blanks around it, a
        number, or None if empty. Texts stay texts, even where they look like numbers.

    Raises
    ------
    DataError
        If the file is missing, of another kind or damaged, needs a package that is not installed, or holds an Excel
        error or a formula that was never worked out.
    """
    path = Path(path)
    suffix = kind(path)
    if not path.is_file():
        raise DataError(path, "no such file")
    if suffix in (".xlsx", ".xlsm"):
        sheets = _xlsx(path)
    elif suffix == ".xls":
        sheets = _xls(path)
    else:
        sheets = {"": _text(path, suffix)}
    return {name: [[_clean(cell) for cell in row] for row in rows] for name, rows in sheets.items()}


def kind(path: Path) -> str:
    """Return the kind of a file by its name; one that nobody reads here is an error."""
    suffix = path.with_suffix("").suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if suffix not in (*WORKBOOKS, *TEXTS):
        raise DataError(path, f"files of kind {suffix or 'without an ending'} are not read: {', '.join(TEXTS)} (also"
                              f" .gz), {', '.join(WORKBOOKS)} are")  # fmt: skip
    return suffix


def place(row: int, column: int | None = None) -> str:
    """Name a row, or a cell, as a spreadsheet does: ``row 7``, ``cell C7``. Both count from nought."""
    if column is None:
        return f"row {row + 1}"
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"cell {letters}{row + 1}"


def optional(package: str, path: Path | str, purpose: str):
    """Import a package that only some files need; its absence is an error that says what to install."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise DataError(
            path, f"{purpose} needs the package {package}, which is not installed: pip install {package}"
        ) from None


def _clean(cell) -> Cell:
    if isinstance(cell, str):
        return cell.strip() or None
    if cell is None or isinstance(cell, bool):
        return None if cell is None else str(cell)
    return float(cell) if isinstance(cell, int | float) else str(cell)


def _text(path: Path, suffix: str) -> Sheet:
    content = path.read_bytes()
    if path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as problem:
            raise DataError(path, f"not readable as gzip: {problem}") from problem
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise DataError(path, f"the text is neither in {' nor in '.join(_ENCODINGS)}")
    first = text.partition("\n")[0]
    delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
    # Headings above a table may hold no delimiter at all.
    if not first.count(delimiter):
        delimiter = max(",;\t", key=text.count)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as problem:
        raise DataError(path, f"not readable as CSV: {problem}") from problem


def _xlsx(path: Path) -> dict[str, Sheet]:
    openpyxl = optional("openpyxl", path, "a workbook of Excel 2007 or later")
    try:
        books = [openpyxl.load_workbook(path, data_only=values) for values in (True, False)]
    except Exception as problem:  # openpyxl lets zip, XML and key errors through, each as it comes
        raise DataError(path, f"not readable as a workbook: {problem}") from problem
    sheets = {}
    for values, formulas in zip(*(book.worksheets for book in books), strict=True):
        rows = [[cell.value for cell in row] for row in values.iter_rows()]
        for row in formulas.iter_rows():
            for cell in row:
                value = rows[cell.row - 1][cell.column - 1]
                where = f"sheet {values.title}, {place(cell.row - 1, cell.column - 1)}"
                if cell.data_type == "f" and value is None:
                    raise DataError(
                        path, f"{where}: a formula without a value: open and save the file in a spreadsheet"
                    )
                if cell.data_type == "e" or (cell.data_type == "f" and str(value).startswith("#")):
                    raise DataError(path, f"{where} holds the error {value}: correct it in the spreadsheet")
        sheets[values.title] = rows
    return sheets


def _xls(path: Path) -> dict[str, Sheet]:
    xlrd = optional("xlrd", path, "a workbook of Excel 97 to 2003")
    try:
        book = xlrd.open_workbook(str(path))
    except Exception as problem:  # xlrd lets struct and assertion errors through, each as it comes
        raise DataError(path, f"not readable as a workbook: {problem}") from problem
    sheets = {}
    for sheet in book.sheets():
        rows = []
        for i in range(sheet.nrows):
            for j, cell in enumerate(sheet.row(i)):
                if cell.ctype == xlrd.XL_CELL_ERROR:
                    text = xlrd.error_text_from_code.get(cell.value, cell.value)
                    raise DataError(path, f"sheet {sheet.name}, {place(i, j)} holds the error {text}: correct it")
            rows.append([None if cell.ctype in (0, 6) else cell.value for cell in sheet.row(i)])
        sheets[sheet.name] = rows
    return sheets


def write_sheet(path: str | Path, rows: Sheet) -> None:
    """Write rows of cells as a CSV file or a workbook.

    Parameters
    ----------
    path : str or Path
        Ends in ``.csv`` or ``.xlsx``.
    rows : list of lists
        Cells; numbers are written so that they come back the same.

    Raises
    ------
    DataError
        For another ending, a workbook without the package that writes it, or a place that cannot be written to; what
        was there is then as it was.
    """
    path = Path(path)
    if path.suffix == ".csv":
        text = io.StringIO()
        plain = ([repr(c) if isinstance(c, float) else "" if c is None else c for c in row] for row in rows)
        csv.writer(text, lineterminator="\n").writerows(plain)
        with whole_files(path) as (half,):
            half.write_bytes(text.getvalue().encode())
    elif path.suffix == ".xlsx":
        book = optional("openpyxl", path, "a workbook of Excel 2007 or later").Workbook()
        for row in rows:
            book.active.append(row)
        # in memory first: a workbook that cannot be finished on a full disk complains once more when it is forgotten
        packed = io.BytesIO()
        book.save(packed)
        with whole_files(path) as (half,):
            half.write_bytes(packed.getvalue())
    else:
        raise DataError(path, "give the path of a .csv or .xlsx file")
