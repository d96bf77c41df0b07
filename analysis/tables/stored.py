"""The project's own tables, and tables on disk."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import data
from analysis.labels import few
from analysis.tables.interregional import InterregionalTable
from analysis.tables.table import FINAL_USES, TRADE, InputOutputTable, TableError, explained

_BLOCKS = ("Z", "final_uses", "trade", "value_added", "imported", "imported_final")
_VECTORS = ("output", "error")
_WHAT = "an input-output table"
_DESCRIPTION = (
    "year", "region", "unit", "price_basis", "vintage", "imports", "assumption", "row_tolerance", "column_tolerance",
)  # fmt: skip


def sectors() -> pd.DataFrame:
    """Return the 38 common sectors.

    Returns
    -------
    DataFrame
        Index ``code``; ``name_en``, ``name_zh`` and ``group`` (agriculture, mining, manufacturing, utilities,
        construction or services).
    """
    return data.read("io/sectors").set_index("code")


def available() -> pd.DataFrame:
    """Return the region and year of every table that :func:`load` knows, sorted."""
    listed = data.catalogue()
    tables = listed.loc[listed["kind"] == "input-output table", ["region", "year"]]
    return tables.astype({"year": int}).sort_values(["region", "year"])


def load(region: str, year: int) -> InputOutputTable:
    """Load one of the project's tables, as published: competitive, in the 38 common sectors.

    Parameters
    ----------
    region : str
        English name, such as ``"Shanghai"``.
    year : int
        2002, 2007, 2012, 2017; for China 2020 too.

    Returns
    -------
    InputOutputTable
        In 100 million CNY at current producers' prices.

    Raises
    ------
    DataError
        If there is no such table, or its file does not match its record.
    """
    return _stored(f"io/{region.lower()}_{year}", sectors())


def load_detailed(year: int) -> InputOutputTable:
    """Load the nation's table in its own detailed sectors, as published: competitive.

    Parameters
    ----------
    year : int
        2017 (149 sectors) or 2020 (153).

    Returns
    -------
    InputOutputTable
        In 100 million CNY at current producers' prices; sector names as compiled, see ``io/concordance_national``.

    Raises
    ------
    DataError
        If there is no such table, or its file does not match its record.
    """
    listed = data.catalogue()
    found = listed.index[(listed["kind"] == "detailed table") & (listed["year"].astype(str) == str(year))]
    if len(found) != 1:
        years = sorted(listed.loc[listed["kind"] == "detailed table", "year"].astype(int))
        raise data.DataError(f"io/china_{year}", f"no detailed national table of {year}: there are those of {years}")
    names = data.read("io/concordance_national")
    return _stored(found[0], names[names["year"] == year].set_index("code"))


def load_other_provinces(year: int) -> InputOutputTable:
    """Load the sum of all provinces outside the Yangtze River Delta, in the 38 common sectors.

    Parameters
    ----------
    year : int
        2012 or 2017.

    Returns
    -------
    InputOutputTable
        Competitive, in 100 million CNY. Outflow and inflow hold what these provinces send to each other.

    Raises
    ------
    DataError
        If there is no such table, or its file does not match its record.
    """
    return _stored(f"io/other_provinces_{year}", sectors())


def load_eight_regions(year: int) -> InterregionalTable:
    """Load a published table of China's eight regions in 17 sectors.

    Parameters
    ----------
    year : int
        2002 or 2007.

    Returns
    -------
    InterregionalTable
        In 100 million CNY. Change in inventories is a final use of the producing region; imports, published by user and
        not by product, are the primary input ``IM``.

    Raises
    ------
    DataError
        If there is no such table, or its file does not match its record.

    Notes
    -----
    The publishers combined surveys with a model: a benchmark to agree with, not the truth.
    """
    record_id = f"io/eight_regions_{year}"
    record, frame = data.record(record_id), data.read(record_id)
    codes = data.read("io/sectors_17")["code"].tolist()
    flows = frame.pivot(index=["region", "row"], columns=["user_region", "column"], values="value")
    regions = [region for region in frame["region"].unique() if region]
    pairs = pd.MultiIndex.from_product([regions, codes])
    uses = pd.MultiIndex.from_product([regions, list(FINAL_USES)])
    primary = frame.loc[frame["region"] == "", "row"].unique()
    return InterregionalTable(
        Z=flows.loc[pairs, pairs],
        # Only the producing region's own stocks are told: no others change.
        final_uses=flows.reindex(columns=uses).loc[pairs].fillna(0.0),
        value_added=flows.loc[[("", row) for row in primary], pairs].droplevel(0),
        output=flows["", "GO"].loc[pairs],
        exports=flows["", "EX"].loc[pairs],
        error=flows["", "ERR"].loc[pairs],
        year=int(record.year),
        **record.terms,
        estimated=False,
        provenance=record.reference,
        notes=record.notes,
    )


def _stored(record_id: str, names: pd.DataFrame) -> InputOutputTable:
    record, frame = data.record(record_id), data.read(record_id)
    flows = frame.pivot(index="row", columns="column", values="value")
    codes = list(record.layout["sectors"])
    return InputOutputTable(
        Z=flows.loc[codes, codes],
        final_uses=flows.loc[codes, [c for c in FINAL_USES if c in flows]],
        trade=flows.loc[codes, [c for c in TRADE if c in flows]],
        value_added=flows.loc[list(record.layout["primary"]), codes],
        output=flows.loc[codes, "GO"],
        **({"error": flows.loc[codes, "ERR"]} if "ERR" in flows else {}),
        year=int(record.year),
        region=record.region,
        **record.terms,
        names=names,
        row_tolerance=record.tolerance["row"],
        column_tolerance=record.tolerance["column"],
    )


def to_csv(table: InputOutputTable, path: str | Path) -> None:
    """Write a table to disk: a tidy CSV file and a YAML description beside it.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    path : str or Path
        Ends in ``.csv``.
    """
    parts = []
    for name in _BLOCKS:
        block = getattr(table, name)
        if block is not None:
            cells = block.rename_axis("row").reset_index().melt("row", var_name="column")
            parts.append(cells.assign(block=name))
    for name in _VECTORS:
        cells = getattr(table, name).rename_axis("row").rename("value").reset_index()
        parts.append(cells.assign(block=name, column=""))
    frame = pd.concat(parts, ignore_index=True)[["block", "row", "column", "value"]]
    data.write_pair(path, frame, _described(table))


def to_parquet(table: InputOutputTable, path: str | Path) -> None:
    """Write a table as one Parquet file with its description inside: the form for large tables.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    path : str or Path
        Ends in ``.parquet``. A row of the file is a supplier, a column a user.

    Raises
    ------
    DataError
        If pyarrow is not installed, or the file cannot be written.
    """
    blocks = {name: getattr(table, name) for name in _BLOCKS if getattr(table, name) is not None}
    vectors = {name: getattr(table, name).to_frame(name) for name in _VECTORS}
    data.write_blocks(path, blocks | vectors, _described(table))


def _described(table: InputOutputTable) -> dict[Any, Any]:
    description = {name: getattr(table, name) for name in _DESCRIPTION}
    return description | {"sectors": {code: list(map(str, names)) for code, *names in table.names.itertuples()}}


def read_csv(path: str | Path) -> InputOutputTable:
    """Read a table that :func:`to_csv` wrote; all its identities are checked again.

    Parameters
    ----------
    path : str or Path
        Of the CSV file.

    Returns
    -------
    InputOutputTable
        Equal to the one that was written.

    Raises
    ------
    DataError
        If a file is missing, or the two do not belong together.
    TableError
        If the description is not that of a table, or the accounts do not hold.
    """
    return _whole(path, csv_parts(path))


def read_parquet(path: str | Path) -> InputOutputTable:
    """Read a table that :func:`to_parquet` wrote; all its identities are checked again.

    Parameters
    ----------
    path : str or Path
        Of the Parquet file.

    Returns
    -------
    InputOutputTable
        Equal to the one that was written.

    Raises
    ------
    DataError
        If the file is missing, damaged or of another kind, or pyarrow is not installed.
    TableError
        If the description is not that of a table, or the accounts do not hold.
    """
    return _whole(path, parquet_parts(path))


def _whole(path: str | Path, parts: dict[Any, Any] | InterregionalTable) -> InputOutputTable:
    if isinstance(parts, InterregionalTable):
        raise TableError(f"{path} holds an interregional table: read it with read_table, or with InterregionalTable")
    with explained(path, _WHAT):
        return InputOutputTable(**parts)


def csv_parts(path: str | Path) -> dict[Any, Any] | InterregionalTable:
    """Return what a tidy file says as keyword arguments of a table, before its accounts are checked.

    A file that holds an interregional table is one already.
    """
    frame, description = data.read_pair(path)
    if "kind" in description:
        return InterregionalTable.read_csv(path)
    with explained(path, _WHAT):
        if not pd.api.types.is_numeric_dtype(frame["value"]):
            line, text = _first_wrong(frame["value"])
            raise TableError(f"{path}, line {line}, column value: {text!r} is not a number")
        twice = frame[frame.duplicated(["block", "row", "column"])]
        if len(twice):
            block, row, column = twice.iloc[0][["block", "row", "column"]]
            raise TableError(
                f"{path}, line {twice.index[0] + 2}: {block}, row {row}, column {column} stands a second time;"
                f" {len(twice)} cells do"
            )
        parts = dict(list(frame.groupby("block", sort=False)))
        blocks = {name: _block(parts[name]) for name in _BLOCKS if name in parts}
        strange = sorted({*map(str, parts)} - {*_BLOCKS, *_VECTORS})
        if strange:
            raise TableError(f"{path}: blocks {few(strange)} are none of {', '.join((*_BLOCKS, *_VECTORS))}")
        vectors = {name: parts[name].set_index("row")["value"].rename_axis(None) for name in _VECTORS}
        return _named(path, blocks | vectors, description)


def parquet_parts(path: str | Path, most_mb: float = math.inf) -> dict[Any, Any] | InterregionalTable:
    """Return what a Parquet file of ours says; see :func:`csv_parts`."""
    blocks, description = data.read_blocks(path, most_mb)
    if "kind" in description:
        return InterregionalTable.from_blocks(path, blocks, description)
    with explained(path, _WHAT):
        vectors = {name: blocks.pop(name)[name].rename(None) for name in _VECTORS}
        strange = sorted(set(blocks) - set(_BLOCKS))
        if strange:
            raise TableError(f"{path}: blocks {few(strange)} are none of {', '.join((*_BLOCKS, *_VECTORS))}")
        return _named(path, blocks | vectors, description)


def _named(path: str | Path, parts: dict[Any, Any], description: dict[Any, Any]) -> dict[Any, Any]:
    """Add to the parts of a table what its description says of it, and the names of its sectors."""
    listed = description.pop("sectors")
    for code, both in listed.items():
        if not isinstance(both, list) or len(both) != 2 or not all(isinstance(text, str) for text in (code, *both)):
            raise TableError(f"{path}: names of sector {code} are {both!r}: one in English, one in Chinese is meant")
    names = pd.DataFrame.from_dict(listed, orient="index", columns=["name_en", "name_zh"])
    lacking = sorted(set(parts["output"].index) - set(names.index))
    if lacking:
        raise TableError(f"{path}: the description has no names for sectors {few(lacking)}")
    return parts | description | {"names": names}


def _first_wrong(values: pd.Series) -> tuple[int, str]:
    """Line and text of the first cell of a file that is no number."""
    wrong = values[pd.to_numeric(values, errors="coerce").isna()]
    return int(wrong.index[0]) + 2, str(wrong.iloc[0])


def _block(cells: pd.DataFrame) -> pd.DataFrame:
    wide = cells.pivot(index="row", columns="column", values="value")
    return wide.loc[cells["row"].unique(), cells["column"].unique()].rename_axis(index=None, columns=None)
