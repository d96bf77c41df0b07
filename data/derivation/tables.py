"""Bring published tables to the common sectors and to 100 million CNY, and measure how well they balance."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from .sectors import CODES, LIST_OF_YEAR, TO_COMMON
from .source import FINAL_USES, MARGINS, TRADE, VALUE_ADDED, PublishedTable, SourceError, subtotal_gaps

# Published figures are in 10,000 CNY.
TO_HUNDRED_MILLION = -4

# A published subtotal may miss the sum of its parts by this much (10,000 CNY), and two publications of one table may
# differ by as much; known larger gaps are listed by file and subtotal.
SUBTOTAL_GAP = Decimal("0.5")
KNOWN_GAPS = {
    "2002_江苏.csv": {"TIU": 2.1, "TII": 2.5, "TVA": 2.1, "TI": 2.5, "GO": 1790.2},
    "2002_福建.csv": {"TIU": 6876.3, "TII": 6876.3, "TI": 6876.3},
}

# The smallest tolerance worth stating, in 100 million CNY: one yuan. Sums in binary floating point stay far below it.
ONE_YUAN = Decimal("1e-8")


@dataclass(frozen=True)
class CommonTable:
    """A table in the 38 common sectors, in 100 million CNY, exact.

    Attributes
    ----------
    region, year : str, int
    cells : dict of dict of Decimal
        Rows are the common sectors and the four value-added rows; columns the common sectors, final uses, trade, the
        error column where the table has one, and output. Value-added rows have sector columns only.
    gaps : dict
        Largest miss of each published subtotal in 10,000 CNY, with its place.
    """

    region: str
    year: int
    cells: dict
    gaps: dict

    @property
    def uses(self):
        """Columns that are not sectors, in published order."""
        return tuple(column for column in self.cells[CODES[0]] if column not in CODES)

    @property
    def trade(self):
        """Trade columns in our names."""
        return tuple(column for column in self.uses if column in SIGNS)

    def row_gaps(self):
        """Return {sector: output minus everything that should add up to it}."""
        return {
            code: row["GO"]
            - sum(row[column] for column in (*CODES, *FINAL_USES))
            - sum(SIGNS[column] * row[column] for column in self.trade)
            - row.get("ERR", 0)
            for code, row in ((code, self.cells[code]) for code in CODES)
        }

    def column_gaps(self):
        """Return {sector: output minus intermediate inputs and value added}."""
        return {
            code: self.cells[code]["GO"] - sum(self.cells[row][code] for row in (*CODES, *VALUE_ADDED))
            for code in CODES
        }

    def records(self):
        """Yield (row, column, value) for every cell of the table, row by row."""
        for row in CODES:
            for column in (*CODES, *self.uses):
                yield row, column, self.cells[row][column]
        for row in VALUE_ADDED:
            for column in CODES:
                yield row, column, self.cells[row][column]


SIGNS = dict(TRADE.values())


def check_subtotals(table):
    """Return the subtotal gaps of a published table; an unknown large one is an error."""
    gaps = subtotal_gaps(table)
    known = KNOWN_GAPS.get(table.name, {})
    for total, (gap, where) in gaps.items():
        if gap > max(SUBTOTAL_GAP, Decimal(str(known.get(total, 0)))):
            raise SourceError(
                f"{table.name}: published {total} differs from the sum of its parts by {gap} (10,000 CNY) at {where}"
            )
    return gaps


def aggregate(cells, rows, columns):
    """Sum cells into coarser rows and columns; labels that a mapping does not name are left out.

    Parameters
    ----------
    cells : dict of dict of Decimal
    rows, columns : dict of str to str
        Published label -> coarser label.
    """
    order = list(dict.fromkeys(columns.values()))
    result = {}
    for row, target in rows.items():
        sums = result.setdefault(target, dict.fromkeys(order, Decimal(0)))
        for column, value in cells[row].items():
            if column in columns:
                sums[columns[column]] += value
    return result


def to_common(table, region, year, sectors):
    """Aggregate a published table to the common sectors and shift its figures to 100 million CNY.

    Parameters
    ----------
    table : PublishedTable
    sectors : dict of str to str
        Published sector -> common sector.
    """
    uses = {column: column for column in FINAL_USES}
    uses |= {column: TRADE[column][0] for column in table.trade}
    uses |= {column: column for column in ("ERR", "GO") if column in table.cells[table.sectors[0]]}
    for row in table.sectors:
        for column in (*table.sectors, *uses):
            table.value(row, column)
    scaled = {
        row: {column: value.scaleb(TO_HUNDRED_MILLION) for column, value in cells.items()}
        for row, cells in table.cells.items()
    }
    cells = aggregate(scaled, sectors, sectors | uses)
    cells |= aggregate(scaled, {row: row for row in VALUE_ADDED}, sectors)
    return CommonTable(region, year, cells, check_subtotals(table))


def province(table, region, year):
    """Return a table of the 42-sector provincial layout in common sectors."""
    return to_common(table, region, year, TO_COMMON[LIST_OF_YEAR[year]])


def match_by_output(detailed, published):
    """Find which detailed sectors make up each published one, from their order and their output.

    Both lists run in the order of the industrial classification, so the members of a sector are neighbours: they are
    taken one by one until their outputs reach the published output.

    Returns
    -------
    dict of str to str
        Detailed sector -> published sector.
    """
    mapping, waiting = {}, list(detailed.sectors)
    for code in published.sectors:
        target, total = published.value("TI", code), Decimal(0)
        while total < target - SUBTOTAL_GAP:
            if not waiting:
                raise SourceError(f"{detailed.name}: sectors run out before the output of {code} in {published.name}")
            total += detailed.value("TI", waiting[0])
            mapping[waiting.pop(0)] = code
        if abs(total - target) > SUBTOTAL_GAP:
            raise SourceError(
                f"{detailed.name}: no run of sectors adds up to the output of {code} in {published.name}; "
                f"{total} is nearest to {target}"
            )
    if waiting:
        raise SourceError(f"{detailed.name}: sectors from {waiting[0]} on belong to none in {published.name}")
    return mapping


def compare(detailed, published, mapping):
    """Aggregate the detailed table and return the largest difference from the published one, by block.

    Returns
    -------
    dict of str to tuple
        ``Z``, each shared use column, and each value-added row -> (absolute difference, row, column), in 10,000 CNY.
        More than `SUBTOTAL_GAP` anywhere is an error.
    """
    margins = {row: row for row in MARGINS}
    shared = {
        column: column
        for column in detailed.cells[detailed.sectors[0]]
        if column not in mapping and column in published.cells[published.sectors[0]]
    }
    coarse = aggregate(detailed.cells, mapping | margins, mapping | shared)
    largest = {}
    for row in (*published.sectors, *MARGINS):
        for column in (*published.sectors, *(() if row in margins else shared)):
            block = row if row in margins else column if column in shared else "Z"
            gap = abs(published.value(row, column) - coarse[row][column])
            largest[block] = max(largest.get(block, (Decimal(-1), "", "")), (gap, row, column))
    for block, (gap, row, column) in largest.items():
        if gap > SUBTOTAL_GAP:
            raise SourceError(
                f"{published.name}: {block} differs from {detailed.name} by {gap} (10,000 CNY) "
                f"in row {row}, column {column}"
            )
    return largest


def split_table(parts):
    """Add domestic and imported rows to one table, as the nation's table with one kind of row would have them.

    Returns
    -------
    PublishedTable
        Rows of the 42 sectors (domestic plus imported) and the margins; columns as published, without output.
    """
    domestic, imports, margins = parts["Domestic"], parts["Imports"], parts["TOT"]
    cells = {
        row: {
            column: value + imports.value(row, column)
            for column, value in domestic.cells[row].items()
            if column != "GO"
        }
        for row in domestic.sectors
    }
    return PublishedTable(domestic.name, domestic.sectors, cells | margins.cells, domestic.names)


def round_up(gap):
    """Round up to one significant digit, clear of the gap itself by half a yuan, and to one yuan at least."""
    bound = gap + ONE_YUAN / 2
    if bound <= ONE_YUAN:
        return ONE_YUAN
    step = Decimal(1).scaleb(bound.adjusted())
    return (bound / step).to_integral_value(rounding=ROUND_CEILING) * step


def tolerance(table):
    """State the tolerance of a table: its own largest miss by row and by column, rounded up."""
    rows, columns = table.row_gaps(), table.column_gaps()
    return {
        "row": round_up(max(abs(gap) for gap in rows.values())),
        "column": round_up(max(abs(gap) for gap in columns.values())),
    }


def text(value):
    """Write a decimal number plainly: no exponent, no trailing zeros, no negative nought."""
    if value == 0:
        return "0"
    return format(value.normalize(), "f")
