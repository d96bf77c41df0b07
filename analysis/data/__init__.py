"""Find, check and load the project's tables: the only room that reads files.

Every table is a CSV file in the data folder with a source record (YAML) of the same name beside it. The record says
where the figures come from, what each column may hold, which sums must hold, and the checksum of the file.
"""

from __future__ import annotations

from .chunks import compute_chunks, compute_once
from .files import read_blocks, read_pair, write_blocks, write_pair
from .records import (
    Column,
    DataError,
    Record,
    catalogue,
    check_sums,
    data_directory,
    document,
    list_sums,
    record,
    seal,
)
from .sheets import read_sheets
from .tables import read
from .writing import whole_files

__all__ = [
    "Column",
    "DataError",
    "Record",
    "catalogue",
    "check_sums",
    "compute_chunks",
    "compute_once",
    "data_directory",
    "document",
    "list_sums",
    "read",
    "read_blocks",
    "read_pair",
    "read_sheets",
    "record",
    "seal",
    "whole_files",
    "write_blocks",
    "write_pair",
]
