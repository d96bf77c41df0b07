"""One group of methods over many tables: regions, years, import assumptions, or the files of a folder."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from analysis.cli.find import expand, find_table, treated
from analysis.cli.methods import run
from analysis.data import compute_chunks, whole_files
from analysis.data.sheets import optional
from analysis.tables import TableError

# Kinds of a column that several tables fill, the most general last.
_KINDS = {bool: "bool", int: "int64", float: "float64", str: "string"}


def sweep(
    group: str,
    names: Sequence[str],
    imports: Sequence[str],
    said: Mapping[str, Any],
    options: Mapping[str, Any],
    output: str,
    *,
    keep: str | Path | None = None,
    **how: Any,
) -> dict[str, Any]:
    """Compute a group for every table under every import assumption, and write one tidy file.

    Parameters
    ----------
    group : str
        Key of :data:`analysis.cli.GROUPS`.
    names : sequence of str
        As for :func:`analysis.cli.find.expand`.
    imports : sequence of str
        ``"published"``, or assumptions with dashes.
    said, options
        As for :func:`analysis.cli.find.find_table` and :func:`analysis.cli.methods.run`.
    output : str
        Ends in ``.csv`` or ``.parquet``. A row of each table's result starts with ``table``, ``region``, ``year`` and
        ``imports``; what a table has no column for is missing.
    keep : str or Path, optional
        Folder in which finished tables stay, so that a run that was stopped continues.
    **how
        ``workers``, ``scheduler`` and ``progress`` of :func:`analysis.data.compute_chunks`.

    Returns
    -------
    dict
        ``results`` (tables under an assumption), ``rows``, ``columns``, and ``refused``: what could not be computed,
        each with ``table``, ``imports`` and the reason.

    Raises
    ------
    TableError
        If no result at all could be computed, or a name stands for nothing.
    DataError
        As for :func:`analysis.data.compute_chunks`.
    """
    if output.endswith(".parquet"):
        optional("pyarrow", output, "Parquet")
    kinds = list(dict.fromkeys(imports))
    chunks = [
        {"table": n, "imports": kind, "file": seal} for n in expand(names) for seal in [_seal(n)] for kind in kinds
    ]
    about = {"what": "sweep", "group": group, "said": dict(said), "options": dict(options)}
    with TemporaryDirectory() as temporary:
        again = partial(
            compute_chunks, partial(_one, group, dict(said), dict(options)), chunks, about, keep=keep or temporary
        )
        columns: dict[str, str] = {}
        refused, rows = [], 0
        for chunk, document in zip(chunks, again(**how), strict=True):
            if "refused" in document:
                refused.append({key: chunk[key] for key in ("table", "imports")} | document)
                continue
            rows += len(document["columns"]["table"])
            for name, values in document["columns"].items():
                columns[name] = _kind(columns.get(name, "bool"), values)
        if not rows:
            reasons = "; ".join(dict.fromkeys(entry["refused"] for entry in refused))
            raise TableError(f"none of the {len(chunks)} results could be computed: {reasons}")
        # All is there now: read back table by table, so that the whole is never in memory.
        frames = (_frame(document["columns"], columns) for document in again() if "columns" in document)
        _write(frames, columns, output)
    return {"results": len(chunks) - len(refused), "rows": rows, "columns": list(columns), "refused": refused}


def _seal(name: str) -> str:
    """Return a digest of the file that a name stands for, and of the description beside it; of our own, nothing."""
    path = Path(name)
    if not path.is_file():
        return ""
    beside = path.with_suffix(".yaml")
    content = path.read_bytes() + (beside.read_bytes() if beside.is_file() else b"")
    return hashlib.sha256(content).hexdigest()


def _one(group: str, said: dict[str, Any], options: dict[str, Any], chunk: dict[str, Any]) -> dict[str, Any]:
    """Compute one table under one assumption; what the table cannot carry is a result too."""
    name, imports = chunk["table"], chunk["imports"]
    # of its own tables the project knows all that a file may leave out
    stated = said if chunk["file"] else {}
    try:
        published = find_table(name, stated)
        table = treated(published, imports, group, options["measure"])
        frame = run(group, table, {**options, "published": published, "quiet": True})
    except ValueError as problem:
        return {"refused": str(problem)}
    frame = frame.reset_index(names=[level or "sector" for level in frame.index.names])
    first = {"table": name, "region": table.region, "year": table.year, "imports": imports}
    columns = {key: [value] * len(frame) for key, value in first.items()}
    return {"columns": columns | {str(key): frame[key].tolist() for key in frame}}


def _kind(before: str, values: list[Any]) -> str:
    """Return the kind of a column that holds these values too; a missing text or truth is none."""
    order = list(_KINDS.values())
    kinds = {_KINDS[type(value)] for value in values if value is not None}
    return max([before, *kinds], key=order.index)


def _frame(found: dict[str, list[Any]], columns: dict[str, str]) -> pd.DataFrame:
    count = len(found["table"])
    return pd.DataFrame({name: _cells(found.get(name, [None] * count), kind) for name, kind in columns.items()})


def _cells(values: list[Any], kind: str) -> pd.Series:
    """Return a column; whole numbers and truths that may be missing keep their kind."""
    nullable = {"bool": "boolean", "int64": "Int64"}.get(kind, kind)
    return pd.Series(values, dtype=nullable)


def _write(frames: Iterator[pd.DataFrame], columns: dict[str, str], output: str) -> None:
    with whole_files(output) as (half,):
        if output.endswith(".csv"):
            with half.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerow(columns)
                for frame in frames:
                    frame.to_csv(file, index=False, header=False, lineterminator="\n")
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"bool": pa.bool_(), "int64": pa.int64(), "float64": pa.float64(), "string": pa.string()}
        schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        with pq.ParquetWriter(half, schema) as writer:
            for frame in frames:
                writer.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
