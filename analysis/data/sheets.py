"""Sheets of cells as a publisher lays them out: CSV and tab-separated text, Excel workbooks old and new."""

from __future__ import annotations

import csv
import importlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from . import labels
from .reading import MOST_MB, file_bytes, refuse_size
from .records import DataError
from .writing import whole_files

Cell = str | float | None
Sheet = list[list[Cell]]

WORKBOOKS = (".xlsx", ".xlsm", ".xls")
TEXTS = (".csv", ".tsv", ".txt")
# Official files of mainland China that are not in UTF-8 are in this superset of GBK and GB2312.
_ENCODINGS = ("utf-8-sig", "gb18030")
_MARKS = {b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_OLD_WORKBOOK, _NEW_WORKBOOK = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
# A cell in memory weighs about this many bytes: a workbook that claims more cells than fit is not unfolded.
_CELL_BYTES = 50


def read_sheets(path: str | Path, most_mb: float = MOST_MB) -> dict[str, Sheet]:
    """Read every sheet of a file as rows of cells.

    Parameters
    ----------
    path : str or Path
        Ends in ``.csv``, ``.tsv`` or ``.txt`` (also packed, ``.gz``), ``.xlsx``, ``.xlsm`` or ``.xls``.
    most_mb : float
        Largest content, once unpacked, that is read.

    Returns
    -------
    dict of str to list of lists
        Sheets by name, in order; a text file has one without a name. A cell is a text without blanks around it, a
        number, or None if empty. Texts stay texts, even where they look like numbers.

    Raises
    ------
    DataError
        If the file is missing, too large, of another kind or damaged, needs a package that is not installed, or holds
        an Excel error or a formula that was never worked out.
    """
    path = Path(path)
    suffix = kind(path)
    content = file_bytes(path, most_mb)
    if suffix in (".xlsx", ".xlsm"):
        sheets = _xlsx(path, content, most_mb)
    elif suffix == ".xls":
        sheets = _xls(path, content, most_mb)
    else:
        sheets = {"": _text(path, content, suffix, most_mb)}
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


def optional(package: str, path: Path | str, purpose: str) -> ModuleType:
    """Import a package that only some files need; its absence is an error that says what to install."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise DataError(
            path, f"{purpose} needs the package {package}, which is not installed: pip install {package}"
        ) from None


def _clean(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell.strip() or None
    if cell is None or isinstance(cell, bool):
        return None if cell is None else str(cell)
    if isinstance(cell, int | float) and abs(cell) <= 1e308:
        return float(cell)
    # text is refused by its place where a number is meant
    return str(cell) if not isinstance(cell, int) else f"a number of {len(str(abs(cell)))} digits"


def _unpacked(path: Path, content: bytes, most_mb: float) -> bytes:
    """Unpack gzip, and stop where it gets larger than was allowed: a few bytes may stand for gigabytes."""
    most, parts, size = int(most_mb * 1e6), [], 0
    try:
        while content:
            stream = zlib.decompressobj(wbits=31)
            parts.append(stream.decompress(content, most + 1 - size))
            size += len(parts[-1])
            refuse_size(path, size, most_mb, "unpacks to more than")
            if not stream.eof:
                raise DataError(path, "not readable as gzip: it ends too early: fetch the file again")
            content = stream.unused_data
    except zlib.error as problem:
        raise DataError(path, f"not readable as gzip: {problem}") from problem
    return b"".join(parts)


def decoded(path: Path, content: bytes) -> str:
    """Return the text of a file in UTF-8 or GB 18030; anything else would come out as other characters than were meant.

    Raises
    ------
    DataError
        Names the encoding where it can be told, and says what to do.
    """
    for start, name in ((_OLD_WORKBOOK, "a workbook of Excel 97 to 2003 (.xls)"),
                        (_NEW_WORKBOOK, "a workbook (.xlsx) or another packed file")):  # fmt: skip
        if content.startswith(start):
            raise DataError(path, f"is {name}, not text: give the file the ending of its kind")
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    if marked:
        raise DataError(path, f"the text is in {marked}: save it as UTF-8")
    if b"\0" in content:
        raise DataError(path, "holds NUL bytes: it is binary, or text in UTF-16 without its mark: save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        if problem.reason == "unexpected end of data":
            raise DataError(path, "ends in the middle of a character: it was cut short: fetch it again") from problem
    other = DataError(path, f"the text is neither in {' nor in '.join(_ENCODINGS)}: save it as UTF-8")
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as problem:
        raise other from problem
    # Letters with accents (Latin-1) decode as rare characters, of which Chinese text has few among many common ones.
    wide = len(re.findall(rb"[\x81-\xfe][\x30-\xfe]", content))
    if 2 * len(re.findall(rb"[\xa1-\xf7][\xa1-\xfe]", content)) < wide:
        raise other
    return text


def _text(path: Path, content: bytes, suffix: str, most_mb: float) -> Sheet:
    if path.suffix.lower() == ".gz":
        content = _unpacked(path, content, most_mb)
    text = decoded(path, content)
    if not text.strip():
        raise DataError(path, "holds nothing but blanks: fetch or save the file again")
    first = text.partition("\n")[0]
    delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
    # Headings above a table may hold no delimiter at all.
    if not first.count(delimiter):
        delimiter = max(",;\t", key=text.count)
    if not text.count(delimiter):
        raise DataError(path, "has neither comma, semicolon nor tab: cells are parted by one of them")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as problem:
        raise DataError(path, f"not readable as CSV: line {reader.line_num}: {problem}") from problem
    if delimiter == ";":
        _refuse_two_readings(path, rows)
    return [[*row] for row in rows]


def _refuse_two_readings(path: Path, rows: list[list[str]]) -> None:
    """Refuse numbers such as 1,234 between semicolons, unless others show that the comma parts thousands."""
    commas = [c.strip() for row in rows for c in row if re.fullmatch(r"\s*-?\d{1,3}(,\d{3})+(\.\d*)?\s*", c)]
    if commas and not any(cell.count(",") > 1 or "." in cell for cell in commas):
        raise DataError(
            path,
            f"cells are parted by semicolons, so that the comma in {commas[0]} may part decimals or thousands: save the"
            " numbers with a decimal point and without separators",
        )


def _xlsx(path: Path, content: bytes, most_mb: float) -> dict[str, Sheet]:
    openpyxl = optional("openpyxl", path, "a workbook of Excel 2007 or later")
    if content.startswith(_OLD_WORKBOOK):
        raise DataError(path, "is protected by a password, or a workbook of Excel 97 to 2003 under a new name: save it"
                              " without a password as .xlsx")  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            # A member never yields more than it declares: what is declared bounds what is read.
            refuse_size(path, sum(member.file_size for member in packed.infolist()), most_mb, "unpacks to")
        books = [openpyxl.load_workbook(io.BytesIO(content), data_only=values) for values in (True, False)]
    except DataError:
        raise
    except zipfile.BadZipFile as problem:
        why = "it was cut short: fetch it again" if content.startswith(_NEW_WORKBOOK) else problem
        raise DataError(path, f"not readable as a workbook: {why}") from problem
    except Exception as problem:  # openpyxl lets zip, XML and key errors through, each as it comes
        raise DataError(path, f"not readable as a workbook: {problem}") from problem
    sheets = {}
    for sheet in books[0].worksheets:
        _refuse_extent(path, sheet.title, sheet.max_row, sheet.max_column, most_mb)
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


def _refuse_extent(path: Path, sheet: str, rows: int, columns: int, most_mb: float) -> None:
    """Refuse a sheet with so many cells, most of them empty, that they would fill the memory."""
    if rows * columns * _CELL_BYTES > most_mb * 1e6:
        raise DataError(
            path,
            f"sheet {sheet} reaches to {place(rows - 1, columns - 1)}, {rows * columns:,} cells: delete what stands far"
            " from the table, or allow more (--most-mb, in Python most_mb=)",
        )


def _xls(path: Path, content: bytes, most_mb: float) -> dict[str, Sheet]:
    xlrd = optional("xlrd", path, "a workbook of Excel 97 to 2003")
    if content.lstrip()[:1] == b"<":
        raise DataError(path, "is a web page under the name of a workbook: open and save it as .xlsx in a spreadsheet")
    if content.startswith(_NEW_WORKBOOK):
        raise DataError(path, "is a workbook of Excel 2007 or later under an old name: call it .xlsx")
    try:
        # what xlrd remarks on a damaged file is for no one who reads the results
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), ragged_rows=True)
    except Exception as problem:  # xlrd lets struct and assertion errors through, each as it comes
        raise DataError(path, f"not readable as a workbook: {problem}") from problem
    sheets = {}
    for sheet in book.sheets():
        _refuse_extent(path, sheet.name, sheet.nrows, sheet.ncols, most_mb)
        rows = []
        for i in range(sheet.nrows):
            for j, cell in enumerate(sheet.row(i)):
                if cell.ctype == xlrd.XL_CELL_ERROR:
                    text = xlrd.error_text_from_code.get(cell.value, cell.value)
                    raise DataError(path, f"sheet {sheet.name}, {place(i, j)} holds the error {text}: correct it")
            rows.append([None if cell.ctype in (0, 6) else cell.value for cell in sheet.row(i)])
        sheets[sheet.name] = rows
    return sheets


def refuse_unsafe(path: str | Path, cells: Iterable[object]) -> None:
    """Refuse to write labels that are not safe in a spreadsheet or a terminal."""
    if found := labels.unsafe(cells):
        raise DataError(path, f"not written: the label {found[0]!r} {found[1]}")


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
        For a label that a spreadsheet would run as a formula, another ending, a workbook without the package that
        writes it, or a place that cannot be written to; what was there is then as it was.
    """
    path = Path(path)
    refuse_unsafe(path, (cell for row in rows for cell in row))
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
