"""An analyst's own tables on disk: a CSV file with a YAML description and a checksum beside it."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from .reading import MOST_YAML_MB, file_bytes, load_yaml
from .records import DataError, checksum
from .sheets import refuse_unsafe
from .writing import whole_files


def write_pair(path: str | Path, frame: pd.DataFrame, description: Mapping) -> None:
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
    path = _csv(path)
    texts = frame.select_dtypes(exclude="number")
    refuse_unsafe(path, (label for column in texts for label in texts[column].unique()))
    content = frame.to_csv(index=False, lineterminator="\n").encode()
    text = yaml.safe_dump({**description, "sha256": checksum(content)}, allow_unicode=True, sort_keys=False)
    with whole_files(path, path.with_suffix(".yaml")) as (table, beside):
        table.write_bytes(content)
        beside.write_text(text, encoding="utf-8", newline="\n")


def read_pair(path: str | Path) -> tuple[pd.DataFrame, dict]:
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
    path, beside = _csv(path), Path(path).with_suffix(".yaml")
    for wanted in (path, beside):
        if not wanted.exists():
            raise DataError(wanted, "no such file; a table is a CSV file and a YAML description of the same name")
    content = file_bytes(path, math.inf)
    description = load_yaml(file_bytes(beside, MOST_YAML_MB), beside)
    if not isinstance(description, dict) or "sha256" not in description:
        raise DataError(beside, "describes no table: it has no sha256, the seal of the CSV file beside it")
    if checksum(content) != description.pop("sha256"):
        raise DataError(path, "the CSV file and its description do not belong together (sha256 differs): restore both")
    try:
        # Codes such as 01 stay what they are, however many rows there are; only the column of values holds numbers.
        head = pd.read_csv(io.BytesIO(content), nrows=0)
        texts = {name: str for name in head if not name.endswith("value")}
        frame = pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype=texts, index_col=False)
    except ValueError as problem:
        raise DataError(path, f"not readable as CSV: {problem}") from problem
    return frame, description


def _csv(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".csv":
        raise DataError(path, "give the path of a .csv file")
    return path
