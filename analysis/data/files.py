"""An analyst's own tables on disk: a CSV file with a YAML description and a checksum beside it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from .records import DataError, checksum
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
        If the path does not end in ``.csv``, or cannot be written; what was there is then as it was.
    """
    path = _csv(path)
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
    path = _csv(path)
    for wanted in (path, path.with_suffix(".yaml")):
        if not wanted.is_file():
            raise DataError(wanted, "no such file; a table is a CSV file and a YAML description of the same name")
    content = path.read_bytes()
    description = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    if not isinstance(description, dict) or checksum(content) != description.pop("sha256", None):
        raise DataError(path, "the CSV file and its description do not belong together (sha256 differs): restore both")
    return pd.read_csv(io.BytesIO(content), keep_default_na=False), description


def _csv(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".csv":
        raise DataError(path, "give the path of a .csv file")
    return path
