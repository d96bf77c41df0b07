"""From what was typed to a table: one of the project's own, or a file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.cli import ASSUMPTIONS, LOCAL
from analysis.data import catalogue, data_directory
from analysis.data.sheets import TEXTS, WORKBOOKS
from analysis.tables import Draft, InputOutputTable, TableError, available, load, load_detailed, load_other_provinces
from analysis.tables.domestic import load_domestic
from analysis.tables.published import PROVINCES
from analysis.tables.readers import read_draft


def own_tables() -> pd.DataFrame:
    """Return the project's tables: what to type, and what each is."""
    rows = [
        (f"{region} {year}", "38 common sectors, imports inside the flows") for region, year in available().to_numpy()
    ]
    listed = catalogue()
    for kind, suffix, what in (
        ("detailed table", " detailed", "sectors as published, imports inside the flows"),
        ("imports table", " domestic", "38 common sectors, imports told apart by the publisher"),
    ):
        years = sorted(listed.loc[listed["kind"] == kind, "year"].astype(int))
        rows += [(f"China {year}{suffix}", what) for year in years]
    years = sorted(listed.loc[listed["kind"] == "sum of input-output tables", "year"].astype(int))
    rows += [(f"Other provinces {year}", "all provinces outside the delta added up") for year in years]
    return pd.DataFrame(rows, columns=["table", "what"]).set_index("table")


def expand(names: Sequence[str]) -> list[str]:
    """Return what names stand for, one name a table.

    Parameters
    ----------
    names : sequence of str
        A folder stands for the files in it that may hold tables, a region for its tables of all years, a year for the
        tables of all regions (each of the project's own). Anything else stands for itself.

    Raises
    ------
    TableError
        If a folder holds no such file.
    """
    found: list[str] = []
    own, kinds = available().astype({"year": str}), (*TEXTS, *WORKBOOKS, ".parquet")
    for name in names:
        path = Path(name)
        if path.is_dir():
            files = [p for p in sorted(path.iterdir()) if p.suffix.lower() in kinds and p.is_file()]
            if not files:
                raise TableError(f"{name}: no file of this folder may hold a table ({', '.join(kinds)})")
            found += map(str, files)
            continue
        region = PROVINCES.get(name, name).lower()
        chosen = own[(own["year"] == name) | (own["region"].str.lower() == region)]
        found += [f"{row.region} {row.year}" for row in chosen.itertuples()] or [name]
    return list(dict.fromkeys(found))


def find_draft(text: str, said: dict[str, Any]) -> Draft:
    """Return what a name or a file says, its accounts not yet checked.

    Parameters
    ----------
    text : str
        Such as ``"Shanghai 2017"``, or a path. A file that is there goes before a name.
    said : dict
        ``unit``, ``year``, ``region``, ``sheet``, ``tolerance``, ``flows``, ``most_mb``: what the file does not say.

    Raises
    ------
    TableError, DataError
        If it is neither, or the file cannot be read.
    """
    path = Path(text)
    if os.path.isfile(path) or path.suffix.lower() in (*TEXTS, *WORKBOOKS, ".gz", ".parquet"):
        return read_draft(path, **said)
    stated = [f"--{key.replace('_', '-')}" for key, value in said.items() if value is not None]
    table = _own(text)
    if table is None:
        known = ", ".join(own_tables().index)
        raise TableError(f"{text!r} is no file that is read here, and no table of the project. Its tables: {known}")
    if stated:
        raise TableError(f"{', '.join(stated)} belongs to files: {text!r} is the project's own and states these itself")
    return Draft.of(table)


def find_table(text: str, said: dict[str, Any], imports: str | None = None) -> InputOutputTable:
    """Return a table whose accounts hold, with imports treated as was asked for; see :func:`treated`.

    Parameters
    ----------
    text, said
        As in :func:`find_draft`.
    imports : str, optional
        ``"published"``, or an assumption with dashes.

    Raises
    ------
    TableError, DataError
        As :func:`find_draft`; also if the accounts do not hold.
    """
    return treated(find_draft(text, said).table(), imports)


def treated(table: InputOutputTable, imports: str | None, group: str = "", measure: str = "") -> InputOutputTable:
    """Take imports out of the flows of a table, if that is asked for, and see whether a group can work with it.

    Parameters
    ----------
    table : InputOutputTable
        As published.
    imports : str, optional
        ``"published"``, or an assumption with dashes.
    group, measure : str
        What the table is for: a group of methods, and of ranks the measure. Some need local flows.

    Raises
    ------
    TableError
        If the table cannot carry the assumption, or local flows are needed and nobody says how to find them.
    """
    if imports in ASSUMPTIONS:
        table = table.local(ASSUMPTIONS[imports])
    needs_local = group if group in LOCAL else ""
    if group == "ranks" and measure in ("local_content", "extraction"):
        needs_local = f"ranks of {measure}"
    if needs_local and table.imports != "local":
        raise TableError(
            f"{needs_local} needs local flows, and {table.region} {table.year} holds imports inside its flows: give"
            f" --imports {', '.join(ASSUMPTIONS)} (each an assumption), or a table that tells imports apart"
        )
    return table


def _own(text: str) -> InputOutputTable | None:
    match = re.fullmatch(r"(.+?)[ _](\d{4})(?:[ _](detailed|domestic))?", text.strip())
    if not match:
        return None
    region, year, special = match[1].replace("_", " "), int(match[2]), match[3]
    region = PROVINCES.get(region, region).lower()
    if special:
        known = own_tables().index if region == "china" else ()
        loader = load_detailed if special == "detailed" else load_domestic
        return loader(year) if f"China {year} {special}" in known else None
    name = next((name for name in (*PROVINCES.values(), "Other provinces") if name.lower() == region), None)
    # The list of all tables takes a second to make, and one table needs only its own file.
    if name is None or not (data_directory() / "io" / f"{region.replace(' ', '_')}_{year}.csv").is_file():
        return None
    return load_other_provinces(year) if name == "Other provinces" else load(name, year)
