"""What the library's own readers make of every published table: how far it balances, and what they say of it."""

import math
import re

import numpy as np

from analysis.tables import ASSUMPTIONS, LayoutError, inspect
from analysis.tables.draft import spectral_radius
from analysis.tables.readers import read_draft
from analysis.tables.table import TableError, parse_unit

from . import records
from .input_output import COMPILED, OWN_WORK
from .source import SourceError, province_files

UNIT = "10,000 CNY"
# What a reader allows where nobody states a tolerance: one published unit.
USUAL = 1.0
OUTCOMES = ("as it stands", "with a stated tolerance", "refused")
# Gaps are told to one yuan; sums in binary floating point are far more exact.
DECIMALS = 4

COLUMNS = {
    "file": {"description": "File below the folder io of the sources", "unique": True},
    "year": {"dtype": "int", "description": "Year, from the name of the file", "minimum": 1987},
    "region": {"description": "Region, from the name of the file", "nullable": True},
    "sectors": {"dtype": "int", "description": "Number of sectors", "nullable": True, "minimum": 1},
    "unit": {"description": "Unit as stated to the reader", "nullable": True},
    "imports": {
        "description": "Whether imported products stand inside the flows, or apart in rows of their own",
        "allowed": ["inside", "apart", ""],
        "nullable": True,
    },
    "trade": {"description": "Trade columns, in our names", "nullable": True},
    "assumptions": {
        "description": "Assumptions by which imports can be taken out of the flows",
        "nullable": True,
    },
    "output": {"dtype": "float", "description": "Gross output, 100 million CNY", "nullable": True},
    "value_added": {"dtype": "float", "description": "Value added, 100 million CNY", "nullable": True},
    "row_gap": {"dtype": "float", "description": "Largest gap of a row, 10,000 CNY", "nullable": True},
    "row": {"description": "Its sector", "nullable": True},
    "column_gap": {"dtype": "float", "description": "Largest gap of a column, 10,000 CNY", "nullable": True},
    "column": {"description": "Its sector", "nullable": True},
    "tolerance": {
        "dtype": "float",
        "description": "Tolerance with which the table is read, 10,000 CNY; 1 need not be stated",
        "nullable": True,
        "minimum": USUAL,
    },
    "spectral_radius": {
        "dtype": "float",
        "description": "Largest absolute eigenvalue of the input coefficients",
        "nullable": True,
        "minimum": 0,
    },
    "outcome": {"description": "How the table is read", "allowed": list(OUTCOMES)},
    "errors": {"dtype": "int", "description": "Errors at the usual tolerance", "minimum": 0},
    "warnings": {"dtype": "int", "description": "Warnings", "minimum": 0},
    "notes": {"dtype": "int", "description": "Notes", "minimum": 0},
    "said": {"description": "Errors, warnings and notes, in this order"},
}


def files(sources):
    """Return the provincial and national tables of a source folder, by their names below ``io``."""
    tables = sources / "io"
    national = [p for p in tables.glob("china_national/china_*.csv") if re.fullmatch(r"china_\d{4}_\d+", p.stem)]
    found = [*province_files(tables / "province_42").values(), *national]
    if not national:
        raise SourceError("china_national/: no national table like china_2017_149.csv in the source folder")
    return {path.relative_to(tables).as_posix(): path for path in sorted(found)}


def read_one(name, path):
    """Read a table as an analyst would, and return its row: cells as text."""
    try:
        draft = read_draft(path, unit=UNIT)
    except LayoutError as problem:
        year = re.search(r"\d{4}", path.name)
        said = str(problem).replace(str(path), path.name)
        return [name, year[0] if year else "", *[""] * 14, OUTCOMES[2], "1", "0", "0", f"error: {said}"]
    parts, findings = draft.parts, inspect(draft)
    # Tables come out in 100 million CNY; gaps are told in the unit of the file.
    scale = parse_unit(parts["unit"])[0] / parse_unit(UNIT)[0]
    gaps = {side: _largest(gap * scale) for side, gap in draft.gaps().items()}
    needed = max(abs(gap) for gap, _ in gaps.values())
    stated = None if needed <= USUAL else math.ceil(needed * 10) / 10
    try:
        table = read_draft(path, unit=UNIT, tolerance=stated).table()
        outcome = OUTCOMES[stated is not None]
    except TableError:
        table, outcome = None, OUTCOMES[2]
    return [
        name,
        str(parts["year"]),
        parts["region"],
        str(len(parts["output"])),
        UNIT,
        "apart" if parts["imports"] == "local" else "inside",
        " ".join(parts["trade"]),
        ", ".join(_carried(table)),
        f"{parts['output'].sum():.6f}",
        f"{parts['value_added'].to_numpy().sum():.6f}",
        *(cell for gap, sector in gaps.values() for cell in (f"{gap:.{DECIMALS}f}", sector)),
        f"{USUAL if stated is None else stated:.1f}",
        f"{spectral_radius(parts['Z'], parts['output']):.4f}",
        outcome,
        *(str(sum(f.severity == severity for f in findings)) for severity in ("error", "warning", "note")),
        "; ".join(f"{f.severity}: {f.text}" for f in findings),
    ]


def _largest(gap):
    """Return the largest gap with its sign, and its sector; what rounds to nought belongs to no sector."""
    at = int(np.abs(gap.to_numpy()).argmax())
    # Adding nought turns a negative nought into a plain one.
    value = round(float(gap.iloc[at]), DECIMALS) + 0.0
    return value, str(gap.index[at]) if value else ""


def _carried(table):
    """Import assumptions that the table can carry."""
    if table is None or table.imports == "local":
        return
    for assumption in ASSUMPTIONS:
        try:
            table.local(assumption)
        except TableError:
            continue
        yield assumption


def write(folder, sources):
    """Write a row for every table, and the record."""
    rows = [read_one(name, path) for name, path in files(sources).items()]
    record = {
        "kind": "verification record",
        "title": {
            "en": "What the readers make of every provincial and national table",
            "zh": "读取全部省级与全国投入产出表的结果",
        },
        **OWN_WORK,
        "year": f"{min(row[1] for row in rows)}-{max(row[1] for row in rows)}",
        "reference": "《中国地区投入产出表》 of 2002, 2007, 2012 and 2017, and 《中国投入产出表》, as compiled: "
        + COMPILED["nation"],
        "licence": "MIT",
        "derived": "Every file is read by analysis.tables.read_table with its unit stated, 10,000 CNY. Where rows or "
        "columns miss their sums by more than one unit, it is read again with a tolerance just as large as needed.",
        "notes": [
            "Gaps are output less uses (rows) and output less inputs (columns); rows close with the published error "
            "column where there is one.",
            "Said is what check prints: errors, warnings and notes at the usual tolerance, amounts in 100 million CNY.",
        ],
        "key": ["file"],
        "columns": COLUMNS,
    }
    records.write(folder, "verification/read_tables", rows, record)
