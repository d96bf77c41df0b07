"""Load a table and hold it to its record: types, allowed values, sums, and the checksum."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa

from .records import DataError, Record, broken_seal, checksum, locate, record

TRUTH = {"true": True, "false": False}


def _figure(text: str) -> float:
    """Read a finite number in ASCII; Python's own reading also takes inf, nan and 1_000."""
    value = float(text)
    if not math.isfinite(value) or "_" in text or not text.isascii():
        raise ValueError(text)
    return value


def _whole(text: str) -> int:
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return int(text)


_CONVERT = {"int": _whole, "float": _figure, "bool": TRUTH.__getitem__}
# Tables by id, with the record that they were checked against: analyses ask for the same few hundreds of times.
_kept: dict[str, tuple[Record, pd.DataFrame]] = {}


def _is_wrong(text: str, convert: Callable[[str], object]) -> bool:
    try:
        return text != "" and convert(text) is None
    except (ValueError, KeyError):
        return True


def parse(content: bytes, source: Record) -> pd.DataFrame:
    """Turn the bytes of a CSV file into typed columns, by the record.

    Raises
    ------
    DataError
        If the columns are not those of the record, or a cell does not have the type of its column.
    """
    file = f"{source.id}.csv"
    try:
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, pd.errors.ParserError) as problem:
        raise DataError(file, f"not readable as CSV: {problem}") from problem
    if list(frame.columns) != list(source.columns):
        raise DataError(file, f"columns are {list(frame.columns)}, the record has {list(source.columns)}")
    if frame.empty:
        raise DataError(file, "the table has no rows")
    typed = {}
    for name, column in source.columns.items():
        if column.dtype == "str":
            typed[name] = frame[name]
            continue
        texts, convert = frame[name].tolist(), _CONVERT[column.dtype]
        try:
            values = [None if text == "" else convert(text) for text in texts]
        except (ValueError, KeyError):
            i = next(i for i, text in enumerate(texts) if _is_wrong(text, convert))
            raise DataError(
                file, f"line {i + 2}, column {name}: {texts[i]!r} is not of type {column.dtype}", i + 2, name
            ) from None
        missing = any(value is None for value in values)
        # Only a column that may be empty gets a type that can be, so that ordinary ones stay plain numpy.
        target = {"int": "Int64" if missing else "int64", "float": "float64", "bool": "boolean" if missing else "bool"}
        typed[name] = pd.Series(values, dtype=target[column.dtype])
    return pd.DataFrame(typed)


def schema(source: Record) -> pa.DataFrameSchema:
    """Build the pandera schema that the ``columns`` and ``key`` of a record describe."""
    columns = {}
    for name, column in source.columns.items():
        checks = []
        if column.allowed:
            allowed = {*column.allowed, ""} if column.nullable else {*column.allowed}
            choices = ", ".join(map(str, column.allowed))
            checks.append(pa.Check.isin(sorted(allowed, key=str), error=f"must be one of {choices}"))
        if column.minimum is not None:
            checks.append(pa.Check.ge(column.minimum, error=f"must not be below {column.minimum}"))
        if column.maximum is not None:
            checks.append(pa.Check.le(column.maximum, error=f"must not be above {column.maximum}"))
        if column.pattern:
            full = f"(?:{column.pattern})?" if column.nullable else column.pattern
            checks.append(
                pa.Check(lambda s, full=full: s.str.fullmatch(full), error=f"must look like {column.pattern}")
            )
        if column.dtype == "str" and not column.nullable:
            checks.append(pa.Check(lambda s: s.str.strip() != "", error="must not be empty"))
        if column.dtype == "float":
            checks.append(pa.Check(lambda s: np.isfinite(s), error="must be finite"))
        columns[name] = pa.Column(
            checks=checks, nullable=column.nullable and column.dtype != "str", unique=column.unique, required=True
        )
    return pa.DataFrameSchema(columns, unique=list(source.key) or None, strict=True)


def _explain(file: str, problem: pandera.errors.SchemaErrors, frame: pd.DataFrame) -> DataError:
    """Turn the first failures pandera reports into a message with line, column and value."""
    cases = problem.failure_cases
    reports: list[str] = []
    first: tuple[int | None, object] = (None, None)
    for case in cases.sort_values("index", kind="stable", key=lambda s: s.astype(float)).itertuples():
        complaint = f"{case.failure_case!r} {case.check}"
        if case.check == "not_nullable":
            complaint = "the cell must not be empty"
        elif case.check in ("field_uniqueness", "multiple_fields_uniqueness"):
            complaint = f"{case.failure_case!r} must not repeat"
        index = None if pd.isna(case.index) else int(case.index)
        place = f"column {case.column}" if index is None else f"line {index + 2}, column {case.column}"
        if first == (None, None):
            first = (None if index is None else index + 2, case.column)
        reports.append(f"{place}: {complaint}")
    reports = list(dict.fromkeys(reports))
    more = f"; and {len(reports) - 3} more" if len(reports) > 3 else ""
    return DataError(file, "; ".join(reports[:3]) + more, *first)


def wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn rows of (row, column, value) into a matrix with both labels, in the order in which they first appear."""
    matrix = frame.pivot(index="row", columns="column", values="value")
    return matrix.loc[frame["row"].unique(), frame["column"].unique()]


def _check_layout(file: str, frame: pd.DataFrame, layout: Mapping[str, Any]) -> None:
    """Every cell of the declared blocks must be there once, and no other."""
    sectors, uses, primary = (list(layout.get(part, ())) for part in ("sectors", "uses", "primary"))
    expected = pd.MultiIndex.from_product([sectors, sectors + uses])
    expected = expected.append(pd.MultiIndex.from_product([primary, sectors]))
    found = pd.MultiIndex.from_frame(frame[["row", "column"]])
    missing, strange = expected.difference(found), found.difference(expected)
    for labels, complaint in ((missing, "missing"), (strange, "not part of the table")):
        if len(labels):
            row, column = labels[0]
            raise DataError(file, f"{len(labels)} cells are {complaint}, first row {row}, column {column}", row, column)


def _check_balance(file: str, frame: pd.DataFrame, source: Record) -> None:
    """Row and column identities of an input-output table; a single wrong cell is named by the two it breaks."""
    matrix, sectors, off = wide(frame), list(source.layout["sectors"]), {}
    for side, rule in source.balance.items():
        lines = matrix.loc[sectors] if side == "row" else matrix[sectors].T
        sums = lines[sectors + list(rule["add"])].sum(axis=1) - lines[list(rule.get("subtract", []))].sum(axis=1)
        # A column's total is output as well, which stands at the end of the row of the same sector.
        gap = matrix.loc[sectors, rule["total"]] - sums
        off[side] = gap[gap.abs() > source.tolerance[side]]
    if all(gap.empty for gap in off.values()):
        return
    places = []
    for side, gap in off.items():
        for code, size in gap.head(3).items():
            places.append(f"{side} {code} is off by {size:.6g}")
        if len(gap) > 3:
            places.append(f"and {len(gap) - 3} more {side}s")
    row, column = (gap.index[0] if len(gap) else None for gap in (off.get("row", []), off.get("column", [])))
    limits = ", ".join(f"{side} {limit:g}" for side, limit in source.tolerance.items())
    raise DataError(file, f"{'; '.join(places)} {source.unit} (tolerance: {limits})", row, column)


def _check_identities(file: str, frame: pd.DataFrame, source: Record) -> None:
    for rule in source.identities:
        parts = list(rule["add"]), list(rule.get("subtract", []))
        gap = frame[rule["total"]] - frame[parts[0]].sum(axis=1) + frame[parts[1]].sum(axis=1)
        off = gap[gap.abs() > rule["tolerance"]]
        if not off.empty:
            worst = off.abs().idxmax()
            label = ", ".join(str(frame.at[worst, column]) for column in source.key)
            formula = " + ".join(parts[0]) + "".join(f" - {name}" for name in parts[1])
            raise DataError(
                file,
                f"line {worst + 2} ({label}): {rule['total']} differs from {formula} by {off[worst]:.6g} "
                f"{source.unit} (tolerance {rule['tolerance']:g}); {len(off)} rows are off",
                worst + 2,
                rule["total"],
            )


def validate(frame: pd.DataFrame, source: Record) -> None:
    """Check typed columns against the record: allowed values, keys, layout, and every declared sum.

    Raises
    ------
    DataError
        Naming the file, and the row and column when they are known.
    """
    file = f"{source.id}.csv"
    try:
        schema(source).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as problem:
        raise _explain(file, problem, frame) from None
    if source.layout:
        _check_layout(file, frame, source.layout)
    if source.balance:
        _check_balance(file, frame, source)
    _check_identities(file, frame, source)


def read(record_id: str) -> pd.DataFrame:
    """Load a table, checked against its record.

    Parameters
    ----------
    record_id : str
        Folder and file stem, such as ``io/shanghai_2017``, ``io/province_sectors`` or ``statistics/shanghai``.

    Returns
    -------
    DataFrame
        Typed columns as the record describes them; ``attrs`` carries ``id``, ``unit``, ``price_basis`` and ``vintage``.

    Raises
    ------
    DataError
        If a file is missing, a cell breaks the schema, a sum does not hold, or the bytes are not those of the record.
        The message says where, and by how much, wherever a sum reaches.

    Notes
    -----
    The files are read each time, and checked against each other by their bytes. A table that passed is not parsed and
    checked again while neither file has changed.
    """
    source = record(record_id)
    content = locate(record_id, ".csv").read_bytes()
    intact = checksum(content) == source.sha256
    # The record is the same object as long as its text is, and vouches for the bytes.
    kept = _kept.get(record_id)
    if intact and kept is not None and kept[0] is source:
        return kept[1].copy(deep=False)
    seal_broken = broken_seal(record_id)
    try:
        frame = parse(content, source)
        validate(frame, source)
    except DataError as problem:
        if intact:
            raise
        message = str(problem).removeprefix(f"{problem.file}: ")
        raise DataError(problem.file, f"{message}; {seal_broken}", problem.row, problem.column) from None
    if not intact:
        raise DataError(f"{record_id}.csv", seal_broken)
    frame.attrs.update(id=source.id, unit=source.unit, price_basis=source.price_basis, vintage=source.vintage)
    _kept[record_id] = source, frame
    return frame.copy(deep=False)
