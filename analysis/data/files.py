"""An analyst's own tables on disk: a CSV file with a YAML description beside it, or one Parquet file for large ones."""

from __future__ import annotations

import io
import json
import math
import os
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from .reading import MOST_YAML_MB, file_bytes, load_yaml
from .records import DataError, checksum
from .sheets import optional, refuse_unsafe
from .writing import whole_files

# Where a Parquet file of ours keeps its description and the labels of its blocks.
_DESCRIPTION = b"shanghai-chains"
# Columns that are read at a time: enough to be fast, few enough to take little room.
_COLUMNS = 256


def write_pair(path: str | Path, frame: pd.DataFrame, description: Mapping[str, Any]) -> None:
    """Write a frame as CSV, and beside it a description with the checksum.

    Parameters
    ----------
    path : str or Path
        Ends in ``.csv``; the description gets the same name with ``.yaml``.
    frame : DataFrame
        Without its index. Floating-point numbers are written so that they come back the same.
    description : mapping
        Plain values.

    Raises
    ------
    DataError
        If the path does not end in ``.csv``, cannot be written, or a label is not safe in a spreadsheet; what was there
        is then as it was.
    """
    path = _ending(path, ".csv")
    texts = frame.select_dtypes(exclude="number")
    refuse_unsafe(path, (label for column in texts for label in texts[column].unique()))
    content = frame.to_csv(index=False, lineterminator="\n").encode()
    text = yaml.safe_dump({**description, "sha256": checksum(content)}, allow_unicode=True, sort_keys=False)
    with whole_files(path, path.with_suffix(".yaml")) as (table, beside):
        table.write_bytes(content)
        beside.write_text(text, encoding="utf-8", newline="\n")


def read_pair(path: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read what :func:`write_pair` wrote.

    Parameters
    ----------
    path : str or Path
        Of the CSV file.

    Returns
    -------
    DataFrame, dict
        The frame, with text columns as text, and its description without the checksum.

    Raises
    ------
    DataError
        If a file is missing or the CSV is not the one that the description was written for.
    """
    path = _ending(path, ".csv")
    beside = path.with_suffix(".yaml")
    for wanted in (path, beside):
        if not os.path.lexists(wanted):
            raise DataError(wanted, "no such file; a table is a CSV file and a YAML description of the same name")
    content = file_bytes(path, math.inf)
    description = load_yaml(file_bytes(beside, MOST_YAML_MB), beside)
    if not isinstance(description, dict):
        raise DataError(beside, "describes no table: a mapping of entries such as year, region and sha256 is needed")
    if "sha256" not in description:
        raise DataError(beside, "describes no table: it has no sha256, the seal of the CSV file beside it")
    if checksum(content) != description.pop("sha256"):
        raise DataError(path, "the CSV file and its description do not belong together (sha256 differs): restore both")
    try:
        # Codes such as 01 stay what they are, however many rows there are; only the column of values holds numbers.
        head = pd.read_csv(io.BytesIO(content), nrows=0)
        texts = {name: str for name in head.columns if not name.endswith("value")}
        with warnings.catch_warnings():
            # cells beyond the headings would be dropped with a remark
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype=texts, index_col=False)
    except (ValueError, pd.errors.ParserWarning) as problem:
        raise DataError(path, f"not readable as CSV: {problem}") from problem
    return frame, description


def write_blocks(path: str | Path, blocks: Mapping[str, pd.DataFrame], description: Mapping[Any, Any]) -> None:
    """Write blocks of numbers as one Parquet file, with their description inside.

    Parameters
    ----------
    path : str or Path
        Ends in ``.parquet``.
    blocks : mapping of name to DataFrame
        Labels are texts, or tuples of texts. Blocks with the same rows stand beside each other, blocks with the same
        columns below each other: a column of the file is a user, and its rows are the suppliers, block by block.
    description : mapping
        Plain values.

    Raises
    ------
    DataError
        If the path has another ending, pyarrow is not installed, or the file cannot be written.
    """
    path = _ending(path, ".parquet")
    pa = optional("pyarrow", path, "Parquet")
    pq = optional("pyarrow.parquet", path, "Parquet")
    rows: list[Any] = []
    columns: list[Any] = []
    places: dict[str, Any] = {}
    for name, block in blocks.items():
        across = _family(columns, block.columns)
        # below the blocks that have the place already
        taken = {down for down, other in places.values() if other == across}
        places[name] = [_family(rows, block.index, taken), across]
    values = {tuple(places[name]): block.to_numpy(dtype=float) for name, block in blocks.items()}
    names, arrays = ["part", "row"], [
        pa.array(np.repeat([_first(places, 0, k) for k in range(len(rows))], [len(r) for r in rows])),
        pa.array([_said(label) for index in rows for label in index]),
    ]  # fmt: skip
    for k, users in enumerate(columns):
        for j, user in enumerate(users):
            parts = [
                pa.array(values[i, k][:, j]) if (i, k) in values else pa.nulls(len(index), pa.float64())
                for i, index in enumerate(rows)
            ]
            names.append(f"{_first(places, 1, k)}: {_said(user)}")
            arrays.append(pa.chunked_array(parts))
    inside = {
        "description": dict(description),
        "rows": [list(map(_plain, index)) for index in rows],
        "columns": [list(map(_plain, index)) for index in columns],
        "blocks": places,
    }
    table = pa.table(arrays, names=names).replace_schema_metadata(
        {_DESCRIPTION: json.dumps(inside, ensure_ascii=False).encode()}
    )
    with whole_files(path) as (half,):
        # one group of rows, so that a user's column lies together; flows repeat too seldom for a dictionary
        pq.write_table(
            table,
            half,
            row_group_size=max(1, len(table)),
            use_dictionary=["part", "row"],
            compression="zstd",
            write_statistics=False,
            write_page_checksum=True,
        )


def read_blocks(path: str | Path, most_mb: float = math.inf) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Read what :func:`write_blocks` wrote.

    Parameters
    ----------
    path : str or Path
        Ends in ``.parquet``.
    most_mb : float
        Largest table that is read, in megabytes of memory: a small file may stand for a huge one.

    Returns
    -------
    dict of str to DataFrame, dict
        Blocks, each stored by column as LAPACK likes it, and the description.

    Raises
    ------
    DataError
        If the file is missing, damaged, too large or not one of these, or pyarrow is not installed.
    """
    path = _ending(path, ".parquet")
    pa = optional("pyarrow", path, "Parquet")
    pq = optional("pyarrow.parquet", path, "Parquet")
    if not path.is_file():
        raise DataError(path, "no such file")
    try:
        with pq.ParquetFile(path, page_checksum_verification=True, memory_map=True) as file:
            inside = json.loads((file.schema_arrow.metadata or {})[_DESCRIPTION])
            rows, columns, places = inside["rows"], inside["columns"], inside["blocks"]
            starts = np.cumsum([0, *map(len, rows)])
            size = 8e-6 * sum(len(rows[i]) * len(columns[k]) for i, k in places.values())
            if size > most_mb or file.metadata.num_rows != starts[-1]:
                raise DataError(
                    path, f"stands for {size:.0f} MB in {file.metadata.num_rows} rows; {most_mb:g} MB in"
                    f" {starts[-1]} are read: allow more (most_mb=...) if you trust it"
                )  # fmt: skip
            found = {name: np.empty((len(rows[i]), len(columns[k])), order="F") for name, (i, k) in places.items()}
            names, at = file.schema_arrow.names[2:], 0
            for k, users in enumerate(columns):
                for first in range(0, len(users), _COLUMNS):
                    some = range(first, min(first + _COLUMNS, len(users)))
                    read = file.read(names[at + some.start : at + some.stop], use_threads=False)
                    for name, (i, other) in places.items():
                        if other == k:
                            for j in some:
                                part = read.column(j - first)[starts[i] : starts[i + 1]]
                                found[name][:, j] = part.to_numpy()
                at += len(users)
    except KeyError as problem:
        raise DataError(path, "a Parquet file, but not a table written here: it has no description inside") from problem
    except DataError:
        raise
    except (OSError, ValueError, TypeError, IndexError, AttributeError, pa.ArrowException) as problem:
        raise DataError(path, f"a damaged Parquet file: {str(problem).splitlines()[0]}; restore it") from problem
    blocks = {
        name: pd.DataFrame(values, _labels(rows[places[name][0]]), _labels(columns[places[name][1]]), copy=False)
        for name, values in found.items()
    }
    return blocks, inside["description"]


def _family(known: list[pd.Index], index: pd.Index, taken: Collection[int] = ()) -> int:
    """Return the number of the labels among those that are known and not taken, and make them known if they are new."""
    for k, other in enumerate(known):
        if k not in taken and other.equals(index):
            return k
    known.append(index)
    return len(known) - 1


def _first(places: Any, side: int, family: int) -> str:
    """Name a family of rows or columns by the first block that has it."""
    return str(next(name for name, place in places.items() if place[side] == family))


def _said(label: object) -> str:
    return " ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _plain(label: Any) -> Any:
    return list(map(str, label)) if isinstance(label, tuple) else str(label)


def _labels(labels: list[Any]) -> pd.Index:
    pairs = any(isinstance(label, list) for label in labels)
    return pd.MultiIndex.from_tuples(map(tuple, labels)) if pairs else pd.Index(labels)


def _ending(path: str | Path, suffix: str) -> Path:
    path = Path(path)
    if path.suffix != suffix:
        raise DataError(path, f"give the path of a {suffix} file")
    return path
