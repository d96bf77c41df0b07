"""Input-output tables: one immutable type that holds the accounts and checks them."""

from __future__ import annotations

from analysis.tables.common import published_names, short_names, to_common_sectors
from analysis.tables.draft import Draft, Finding, LayoutError, inspect
from analysis.tables.interregional import InterregionalTable
from analysis.tables.pymrio import from_pymrio, interregional_from_pymrio
from analysis.tables.readers import LAYOUTS, read_draft, read_table
from analysis.tables.stored import (
    available,
    load,
    load_detailed,
    load_eight_regions,
    load_other_provinces,
    read_csv,
    read_parquet,
    sectors,
    to_csv,
    to_parquet,
)
from analysis.tables.table import (
    ASSUMPTIONS,
    FINAL_USES,
    TRADE,
    VALUE_ADDED,
    ImportTreatmentError,
    InputOutputTable,
    TableError,
    parse_unit,
)
from analysis.tables.writers import to_eurostat, to_published

__all__ = [
    "ASSUMPTIONS",
    "FINAL_USES",
    "LAYOUTS",
    "TRADE",
    "VALUE_ADDED",
    "Draft",
    "Finding",
    "ImportTreatmentError",
    "InputOutputTable",
    "InterregionalTable",
    "LayoutError",
    "TableError",
    "available",
    "from_pymrio",
    "inspect",
    "interregional_from_pymrio",
    "load",
    "load_detailed",
    "load_eight_regions",
    "load_other_provinces",
    "parse_unit",
    "published_names",
    "read_csv",
    "read_draft",
    "read_parquet",
    "read_table",
    "sectors",
    "short_names",
    "to_common_sectors",
    "to_csv",
    "to_eurostat",
    "to_parquet",
    "to_published",
]
