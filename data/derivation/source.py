"""Read input-output tables as the sources lay them out, in exact decimal arithmetic."""

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

VALUE_ADDED = ("VA001", "VA002", "VA003", "VA004")
FINAL_USES = ("FU101", "FU102", "FU103", "FU201", "FU202")
MARGINS = ("TII", *VALUE_ADDED, "TVA", "TI")

# Names of the trade columns: as published -> ours. A plus sign adds to the supply that a sector's output must cover,
# a minus sign is supply from elsewhere.
TRADE = {
    "EX": ("EX", 1),
    "OF": ("OF", 1),
    "FU302": ("EXOF", 1),
    "NOF": ("NOF", 1),
    "IM": ("IM", -1),
    "IF": ("IF", -1),
    "FU304": ("IMIF", -1),
}


LABELS = ("code", "Code", "Description", "DescriptionInChinese", "Origin")


class SourceError(ValueError):
    """A source file is missing, damaged, or does not hold what its own totals say."""


@dataclass(frozen=True)
class PublishedTable:
    """One published table: ``cells[row][column]`` in the unit of the source (10,000 CNY).

    Attributes
    ----------
    name : str
        The file the table was read from, for messages.
    sectors : tuple of str
        Codes of the published sectors, in published order.
    cells : dict of dict of Decimal
        Rows are sectors and value-added rows, columns are sectors, uses and trade. Blank cells are absent.
    names : dict of str to tuple of str
        Sector code to (English, Chinese) name where the file gives names, otherwise empty.
    """

    name: str
    sectors: tuple
    cells: dict
    names: dict

    @property
    def trade(self):
        """Published trade columns, in published order."""
        return tuple(column for column in self.cells[self.sectors[0]] if column in TRADE)

    def value(self, row, column):
        """Return one cell; a blank one is an error that names it."""
        try:
            return self.cells[row][column]
        except KeyError:
            raise SourceError(f"{self.name}: no figure in row {row}, column {column}") from None


def number(text, where):
    """Turn published text into an exact decimal number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise SourceError(f"{where}: {text!r} is not a number") from None
    if not value.is_finite():
        raise SourceError(f"{where}: {text!r} is not a finite number")
    return value


def read_csv(path):
    """Return the header and the rows of a CSV file in UTF-8, with or without a byte-order mark."""
    path = Path(path)
    if not path.is_file():
        raise SourceError(f"{path.name}: the source folder has no such file in {path.parent.name}/")
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    if len(rows) < 2:
        raise SourceError(f"{path.name}: the file is empty")
    header, rows = rows[0], rows[1:]
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise SourceError(f"{path.name}, line {line}: {len(row)} cells, the header has {len(header)}")
    return header, rows


def read_table(path, size):
    """Read a square table with its margins: `size` sectors, value-added rows, final uses, trade, output.

    Two layouts are understood: provinces (first column ``code``) and the nation (``Code``, ``Description``,
    ``DescriptionInChinese``, and, where domestic and imported rows stand apart, ``Origin``). A table with origins comes
    back as a dict of three: ``Domestic``, ``Imports`` and ``TOT`` (the margins).
    """
    header, rows = read_csv(path)
    name = Path(path).name
    labels = [column for column in header if column in LABELS]
    by_origin = "Origin" in labels
    width = max(2, len(str(size)))
    sectors = tuple(f"{i:0{width}d}" for i in range(1, size + 1))
    absent = [code for code in sectors if code not in header]
    if absent:
        raise SourceError(f"{name}: columns of {len(absent)} of {size} sectors are missing: {', '.join(absent[:5])}")
    required = ("TIU", "GO") if by_origin else ("TIU", *FINAL_USES, "GO")
    absent = [column for column in required if column not in header]
    if absent:
        raise SourceError(f"{name}: columns are missing: {', '.join(absent)}")

    tables, names = {}, {}
    for line, row in enumerate(rows, start=2):
        record = dict(zip(header, row, strict=True))
        code = record[labels[0]]
        cells = tables.setdefault(record.get("Origin", ""), {})
        if code in cells:
            raise SourceError(f"{name}, line {line}: row {code} appears twice")
        if "Description" in record:
            names[code] = (record["Description"], record["DescriptionInChinese"])
        cells[code] = {
            column: number(text, f"{name}, row {code}, column {column}")
            for column, text in record.items()
            if column not in labels and text not in ("", "NA")
        }
    expected = {"Domestic": sectors, "Imports": sectors, "TOT": MARGINS} if by_origin else {"": (*sectors, *MARGINS)}
    for origin, codes in expected.items():
        absent = [code for code in codes if code not in tables.get(origin, {})]
        if absent:
            raise SourceError(f"{name}: {origin} rows are missing: {', '.join(absent[:5])}".replace(":  ", ": "))
        unknown = [code for code in tables[origin] if code not in codes]
        if unknown:
            raise SourceError(f"{name}: unknown rows: {', '.join(unknown[:5])}")
    fill_value_added(tables["TOT" if by_origin else ""], sectors, name)
    names = {code: names[code] for code in sectors if code in names}
    found = {origin: PublishedTable(name, sectors, tables[origin], names) for origin in expected}
    return found if by_origin else found[""]


def fill_value_added(cells, sectors, name):
    """Fill a blank value-added cell with what the published total of its column leaves for it.

    Guangxi 2002 prints no operating surplus for public administration; the total says it is nought. Two blanks in one
    column cannot be told apart and are an error.
    """
    for column in sectors:
        blank = [row for row in VALUE_ADDED if column not in cells[row]]
        if len(blank) > 1:
            raise SourceError(f"{name}: rows {', '.join(blank)} are all blank in column {column}")
        if blank and column not in cells["TVA"]:
            raise SourceError(f"{name}: rows {blank[0]} and TVA are both blank in column {column}")
        for row in blank:
            cells[row][column] = cells["TVA"][column] - sum(cells[r][column] for r in VALUE_ADDED if r != row)


def subtotal_gaps(table):
    """Largest difference between each published subtotal and the sum of its parts, with the place.

    Returns
    -------
    dict of str to tuple
        Subtotal -> (absolute difference in the unit of the source, code of the row or column where it is largest).
    """
    sectors, cells = table.sectors, table.cells
    columns = cells[sectors[0]]
    row_rules = {
        "TIU": sectors,
        "THC": ("FU101", "FU102"),
        "TC": ("FU101", "FU102", "FU103"),
        "GCF": ("FU201", "FU202"),
        "TFU": (*FINAL_USES, *(c for c in columns if c in ("EX", "OF", "FU302", "NOF"))),
    }
    gaps = {}
    for total, parts in row_rules.items():
        if total in columns:
            gaps[total] = max(
                (abs(table.value(row, total) - sum(table.value(row, part) for part in parts)), row) for row in sectors
            )
    column_rules = {"TII": sectors, "TVA": VALUE_ADDED, "TI": (*sectors, *VALUE_ADDED)}
    for total, parts in column_rules.items():
        gaps[total] = max(
            (abs(table.value(total, column) - sum(table.value(part, column) for part in parts)), column)
            for column in sectors
        )
    gaps["GO"] = max((abs(table.value(code, "GO") - table.value("TI", code)), code) for code in sectors)
    return gaps


def province_files(folder):
    """Return {(year, Chinese name): path} for the provincial tables in `folder`."""
    found = {}
    for path in sorted(Path(folder).glob("*.csv")):
        match = re.fullmatch(r"(\d{4})_(.+)\.csv", path.name)
        if match:
            found[int(match[1]), match[2]] = path
    if not found:
        raise SourceError(f"{Path(folder).name}/: no provincial table like 2017_….csv in the source folder")
    return found
