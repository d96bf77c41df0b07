"""Persons employed by sector in the nation, added up to the 38 common sectors."""

from decimal import Decimal

from . import records
from .input_output import COMPILED
from .sectors import CODES
from .source import SourceError, number, read_csv
from .tables import text

SOURCE = "io/china_national/china_employment.csv"
# Years of the tables that the file covers.
YEARS = (2002, 2007, 2012, 2017)
# Sections of the classification of 2011 whose divisions the 38 sectors part -> common sector of each division. The
# file's own codes look like ours and are others: its C01 is the first division of manufacturing.
DIVISIONS = {
    "B": "02 03 04 04 05 05 05",
    "C": "06 06 06 06 07 08 08 09 09 10 10 10 11 12 12 12 12 13 14 14 15 16 16 17 17 18 19 20 21 21 21",
    "D": "22 23 24",
}
SECTIONS = dict(zip("AEFGHIJKLMNOPQRS", "01 25 27 26 28 29 30 31 32 33 34 34 35 36 37 38".split(), strict=True))
TO_COMMON = {code: f"C{common}" for code, common in SECTIONS.items()} | {
    f"{section}{k:02d}": f"C{common}"
    for section, commons in DIVISIONS.items()
    for k, common in enumerate(commons.split(), start=1)
}
# International organisations: a few thousand people, in no sector of the tables.
LEFT_OUT = "T"


def write(folder, sources):
    """Write employment by common sector and year; parts are compared with the sums that the file prints."""
    path = sources / SOURCE
    header, lines = read_csv(path)
    people = {}
    for line, cells in enumerate(lines, start=2):
        row = dict(zip(header, cells, strict=True))
        for year in YEARS:
            people[row["Code"], year] = number(row[str(year)], f"{path.name}, line {line}, {year}")
    codes = {code for code, _ in people}
    if absent := sorted({*TO_COMMON, *DIVISIONS, LEFT_OUT, "TOT"} - codes):
        raise SourceError(f"{path.name}: rows are missing: {', '.join(absent)}")
    for year in YEARS:
        for section, commons in DIVISIONS.items():
            parts = [people[f"{section}{k:02d}", year] for k in range(1, len(commons.split()) + 1)]
            _compare(path.name, f"section {section} in {year}", sum(parts), people[section, year], len(parts))
        sections = [people[code, year] for code in (*SECTIONS, *DIVISIONS, LEFT_OUT)]
        _compare(path.name, f"the nation in {year}", sum(sections), people["TOT", year], len(sections))
    rows = [
        ("China", str(year), common, text(sum(people[code, year] for code, c in TO_COMMON.items() if c == common)))
        for year in YEARS
        for common in CODES
    ]
    record = {
        "kind": "statistics",
        "title": {
            "en": "China: persons employed by sector, 2002-2017",
            "zh": "中国：分部门就业人数，2002—2017年",
        },
        "publisher": records.NATIONAL_BUREAU,
        "region": "China",
        "year": f"{YEARS[0]}-{YEARS[-1]}",
        "reference": "Employed persons as an open package carries them: the total is the bureau's, the split by "
        "division of industry is the compiler's estimate",
        "compiled_by": COMPILED["nation"],
        "licence": records.LICENCES["nation"],
        "unit": "10,000 persons",
        "price_basis": "not applicable",
        "vintage": "as compiled",
        "derived": "Divisions of mining, manufacturing and utilities, and sections of the rest, are added up to the 38 "
        "sectors; they agree with the sums that the file prints, but for rounding. International organisations, a "
        "few thousand persons, are left out.",
        "notes": [
            "The file does not say how the split by division was estimated.",
            "There is no such table for Shanghai: its people by sector can only be estimated from these.",
        ],
        "key": ["region", "year", "code"],
        "columns": {
            "region": {"description": "The nation", "allowed": ["China"]},
            "year": {"dtype": "int", "description": "Year", "allowed": list(YEARS)},
            "code": {"description": "Sector of the 38, see io/sectors", "allowed": list(CODES)},
            "persons": {"dtype": "float", "description": "Persons employed, in units of 10,000", "minimum": 0},
        },
    }
    records.write(folder, "statistics/employment", rows, record)


def _compare(name, what, found, printed, parts):
    """Refuse parts that miss their printed sum by more than rounding to whole units explains."""
    if abs(found - printed) > Decimal(parts + 1) / 2:
        raise SourceError(f"{name}: parts of {what} add up to {found}, printed is {printed}")
