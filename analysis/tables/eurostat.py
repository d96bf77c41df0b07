"""Eurostat's symmetric input-output tables: product by product (``naio_10_cp1700``), industry by industry (``1750``).

One row a cell, as its data browser and its bulk files give them: SDMX-CSV, or tab-separated text with the dimensions in
the first column and the years beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.sheets import Sheet
from analysis.labels import counted
from analysis.tables.cells import amount
from analysis.tables.draft import Draft, LayoutError
from analysis.tables.published import Statement
from analysis.tables.table import parse_unit

# What is used, and who uses it, in the editions of the tables.
_ROWS = ("prd_ava", "ind_ava", "prod_na", "t_rows2")
_COLUMNS = ("prd_use", "ind_use", "induse", "t_cols2")
_VALUES = ("OBS_VALUE", "values", "value")
_TIMES = ("TIME_PERIOD", "time")

_UNITS = {"MIO_EUR": "million EUR", "THS_EUR": "thousand EUR"}
_NATIONAL = {"MIO_NAC": "million", "THS_NAC": "thousand", "T_NAC": "thousand"}

_TOTALS = {"TOTAL", "CPA_TOTAL", "TU", "TFU", "TS_BP", "P2", "TII"}
_TAXES = ("D21X31", "D21_M_D31", "D21_31")
# The finest published parts of value added come first; each alternative must be whole.
_ADDED = (
    ("D1", "D29X39", "P51C", "B2A3N"), ("D1", "D29X39", "K1", "B2A3N"), ("D1", "D29_M_D39", "K1", "B2N_B3N"),
    ("D1", "D29X39", "B2A3G"), ("D1", "D29_M_D39", "B2G_B3G"), ("B1G",),
)  # fmt: skip
_FINAL = (
    (("P3_S13", "P3_S14", "P3_S15"), ("P3_S13", "P3_S14"), ("P3",)),
    (
        ("P51G", "P52", "P53"), ("P51G", "P52_P53"), ("P51G", "P5M"), ("P51", "P52", "P53"), ("P51G", "P52"), ("P5G",),
        ("P5",),
    ),
)  # fmt: skip


def looks_eurostat(rows: Sheet) -> bool:
    """Whether a sheet has Eurostat's dimensions in its first row."""
    heads = _heads(rows)
    return any(name in heads for name in _ROWS) and any(name in heads for name in _COLUMNS)


def draft_eurostat(rows: Sheet, source: str, file_name: str, said: Statement, flows: str | None = None) -> Draft:
    """Read a table of one country and year.

    Parameters
    ----------
    rows : list of lists
        Cells of the file.
    source : str
        File, for messages.
    file_name : str
        For the vintage.
    said : Statement
        Country and year, where the file has several; the unit, where the file is in national currency, whose name it
        does not say.
    flows : {"domestic", "total"}, optional
        Domestic and imported flows apart, or together. Apart where the file has both, if it is not said.

    Returns
    -------
    Draft
        In the unit of the file. Taxes less subsidies on products are a primary input. Where no tolerance is stated, it
        is what the rounding of the printed figures can add up to.

    Raises
    ------
    LayoutError
        For dimensions that are missing or ambiguous, and for domestic flows without the imported ones.

    References
    ----------
    Eurostat (2008), Manual of Supply, Use and Input-Output Tables, chapter 11.
    """
    cells, decimals = _cells(rows, source)
    notes: list[str] = []
    cells, geo = _one(cells, "geo", said.region, source)
    cells, year = _one(cells, "time", None if said.year is None else str(said.year), source)
    if not re.match(r"[0-9]{4}(?![0-9])", year):
        raise LayoutError(f"{source}: the time {year!r} is no year such as 2015")
    cells, unit = _unit(cells, said.unit, source, notes)
    kinds = set(cells["stk_flow"])
    flows = flows or ("domestic" if {"DOM", "IMP"} <= kinds else "total")
    wanted = {"domestic": ["DOM", "IMP"], "total": ["TOTAL"]}.get(flows)
    if wanted is None:
        raise LayoutError(f"{source}: flows are 'domestic' or 'total', not {flows!r}")
    lacking = [kind for kind in wanted if kind not in kinds]
    if lacking:
        raise LayoutError(
            f"{source}: {flows} flows need stk_flow {' and '.join(wanted)}, and the file has"
            f" {', '.join(sorted(kinds))}: imports must be told from domestic flows cell by cell, or both be together"
            " (TOTAL)"
        )
    found = {}
    for kind in wanted:
        part = cells[cells["stk_flow"] == kind]
        twice = part[part.duplicated(["row", "column"])]
        if len(twice):
            r, c = twice.iloc[0][["row", "column"]]
            raise LayoutError(
                f"{source}: {counted(len(twice), 'cell')} given twice, first row {r}, column {c} ({kind})"
            )
        found[kind] = part.pivot(index="row", columns="column", values="value")
    main = found[wanted[0]]
    if "P1" not in main.index:
        raise LayoutError(f"{source}: no output (row P1) for any sector of {geo} {year}")
    codes = _sectors(main, source, notes)
    absent = sum(int(frame.reindex(codes, columns=codes).isna().sum().sum()) for frame in found.values())
    if absent:
        notes.append(f"missing or kept secret, and read as nought: {counted(absent, 'flow')}")

    def block(frame: pd.DataFrame, index: list[str], columns: list[str]) -> pd.DataFrame:
        return frame.reindex(index=index, columns=columns).fillna(0.0).rename_axis(index=None, columns=None)

    if main.loc["P1"].reindex(codes).isna().any():
        raise LayoutError(f"{source}: no output (row P1) for every sector of {geo} {year}")
    final = _whole(main.columns, _FINAL[0], "consumption (P3)", source)
    final += _whole(main.columns, _FINAL[1], "capital formation (P5)", source)
    added = next((parts for parts in _ADDED if set(parts) <= set(main.index)), None)
    if added is None:
        raise LayoutError(f"{source}: no value added: rows {' or '.join(' + '.join(p) for p in _ADDED)}")
    primary = [*(row for row in _TAXES if row in main.index), *added]
    output: pd.Series = block(main, ["P1"], codes).T["P1"]
    trade = {"EX": block(main, codes, ["P6"])["P6"]}
    if flows == "total":
        if "P7" not in main.index:
            raise LayoutError(f"{source}: total flows hold imports, and the row of imports (P7) is missing")
        trade["IM"] = block(main, ["P7"], codes).T["P7"]
    terms = len(codes) + len(final) + len(primary) + 2
    rounding = terms * 0.5 * 10.0**-decimals
    # Figures in full precision close to about nine digits, after conversions and sums.
    tolerance = max(rounding, 1e-9 * float(output.max())) if said.tolerance is None else said.tolerance
    labels = pd.DataFrame({"name_en": codes, "name_zh": codes}, index=pd.Index(codes))
    parts: dict[str, Any] = {
        "Z": block(main, codes, codes),
        "final_uses": block(main, codes, final),
        "trade": pd.DataFrame(trade),
        "value_added": block(main, primary, codes),
        "output": output,
        "error": None,
        "imported": block(found["IMP"], codes, codes) if flows == "domestic" else None,
        "imported_final": block(found["IMP"], codes, final) if flows == "domestic" else None,
        "year": int(year[:4]),
        "region": geo,
        "unit": unit,
        "price_basis": "basic prices",
        "vintage": f"as published in {file_name}",
        "names": labels,
        "imports": "local" if flows == "domestic" else "competitive",
        "assumption": "published" if flows == "domestic" else "",
        "row_tolerance": tolerance,
        "column_tolerance": tolerance,
    }
    totals = []
    if "TU" in main.columns:
        uses = parts["Z"].sum(axis=1) + parts["final_uses"].sum(axis=1) + trade["EX"]
        totals.append(("TU", block(main, codes, ["TU"])["TU"], uses))
    if "B1G" in main.index and added != ("B1G",):
        totals.append(("B1G", block(main, ["B1G"], codes).T["B1G"], parts["value_added"].loc[list(added)].sum(axis=0)))
    return Draft(source, parts, totals=totals, notes=notes)


def _heads(rows: Sheet) -> list[str]:
    """Names of the columns; the dimensions that share the first one are taken apart."""
    first = [str(cell or "") for cell in rows[0]] if rows else []
    if first and "\\" in first[0]:
        names, _, time = first[0].partition("\\")
        return [*names.split(","), time, *first[1:]]
    return first


def _cells(rows: Sheet, source: str) -> tuple[pd.DataFrame, int]:
    """Return cells as columns row, column, geo, time, unit, stk_flow, value; and the decimals that are printed."""
    heads = _heads(rows)
    if "\\" in str(rows[0][0]):
        names = str(rows[0][0]).partition("\\")[0].split(",")
        years = [str(cell).strip() for cell in rows[0][1:]]
        records = []
        for k, row in enumerate(rows[1:], start=2):
            if not row or not row[0]:
                continue
            parts = [part.strip() for part in str(row[0]).split(",")]
            if len(parts) != len(names):
                raise LayoutError(f"{source}, row {k}: {len(parts)} dimensions, the first row names {len(names)}")
            records += [[*parts, year, cell] for year, cell in zip(years, row[1:], strict=False)]
        frame = pd.DataFrame(records, columns=[*names, "time", "value"])
    else:
        records = [
            [*row[: len(heads)], *[None] * (len(heads) - len(row))]
            for row in rows[1:]
            if any(c is not None for c in row)
        ]
        frame = pd.DataFrame(records, columns=heads)
    if frame.empty:
        raise LayoutError(f"{source}: the headings are there, and no cell below them: the file was cut short")
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if twice:
        raise LayoutError(f"{source}: the first row names {', '.join(twice)} more than once")
    chosen = {
        "row": _ROWS, "column": _COLUMNS, "value": _VALUES, "time": _TIMES, "geo": ("geo",), "unit": ("unit",),
        "stk_flow": ("stk_flow",),
    }  # fmt: skip
    renamed = {}
    for name, choices in chosen.items():
        have = next((c for c in choices if c in frame), None)
        if have is None:
            raise LayoutError(f"{source}: no column {' or '.join(choices)}: a symmetric table of Eurostat has one")
        renamed[have] = name
    frame = frame.rename(columns=renamed)[list(chosen)]
    # Flags stand behind the figure (p provisional, c confidential ...); a colon is a figure that is not told.
    texts = frame["value"].map(lambda cell: "" if pd.isna(cell) else re.sub(r" +[a-z]+$", "", str(cell)))
    missing = texts.isin(["", ":"])
    amounts = [np.nan if absent else amount(text) for text, absent in zip(texts, missing, strict=True)]
    wrong = next((k for k, value in enumerate(amounts) if isinstance(value, str)), None)
    if wrong is not None:
        at = frame.iloc[wrong]
        raise LayoutError(f"{source}: row {at['row']}, column {at['column']}: {amounts[wrong]}")
    printed = texts[~missing].str.extract(r"\.(\d+)$")[0].dropna()
    frame["value"] = np.array(amounts, dtype=float)
    for name in ("row", "column", "geo", "time", "unit", "stk_flow"):
        blank = np.flatnonzero(frame[name].isna())
        if len(blank):
            raise LayoutError(
                f"{source}: {counted(len(blank), 'cell')} without {name}, the first of them cell {blank[0] + 1}"
            )
        frame[name] = frame[name].astype(str)
    return frame[~missing], int(printed.str.len().max()) if len(printed) else 0


def _one(cells: pd.DataFrame, dimension: str, said: Any, source: str) -> tuple[pd.DataFrame, str]:
    """Keep one country, or one year."""
    have = sorted(set(cells[dimension]))
    said = said if said is not None else (have[0] if len(have) == 1 else None)
    what = {"geo": "country (region=...)", "time": "year (year=...)"}[dimension]
    match = [value for value in have if value == said or (dimension == "time" and value[:4] == said)]
    if len(match) != 1:
        listed = ", ".join(have[:12]) + (" ..." if len(have) > 12 else "")
        raise LayoutError(f"{source}: say which {what}: the file has {listed}" + (f", not {said}" if said else ""))
    return cells[cells[dimension] == match[0]], match[0]


def _unit(cells: pd.DataFrame, said: Any, source: str, notes: list[str]) -> tuple[pd.DataFrame, str]:
    have = sorted(set(cells["unit"]))
    if len(have) > 1:
        # Of several, the one that the caller names; euros have one name, national currencies are the caller's word.
        chosen = [u for u in have if _UNITS.get(u) == said] or [u for u in have if u in _NATIONAL] if said else []
        if len(chosen) != 1:
            raise LayoutError(f"{source}: has units {', '.join(have)}: say which (unit=...), such as 'million EUR'")
        cells, have = cells[cells["unit"] == chosen[0]], chosen
    unit = have[0]
    if unit in _UNITS:
        if said is not None and said != _UNITS[unit]:
            raise LayoutError(f"{source}: is in {_UNITS[unit]}, and {said} was given: correct one of them")
        return cells, _UNITS[unit]
    scale = _NATIONAL.get(unit)
    if scale is None:
        raise LayoutError(f"{source}: unit {unit} is no amount of money")
    if said is None:
        raise LayoutError(
            f"{source}: is in {scale}s of national currency: name it (unit='{scale} CZK'); it is never guessed"
        )
    if not said.startswith(f"{scale} "):
        raise LayoutError(f"{source}: is in {scale}s of national currency, and {said} was given: correct one of them")
    parse_unit(said)
    notes.append(f"the currency of {said} is as stated by the caller: the file says {unit}")
    return cells, said


def _sectors(main: pd.DataFrame, source: str, notes: list[str]) -> list[str]:
    """Codes on both sides, without totals; where a sector and its parts are both there, whichever make the whole."""
    codes = [c for c in main.index if c in main.columns and c not in _TOTALS and not re.fullmatch(r"[PDB]\d.*", c)]
    if not codes:
        raise LayoutError(f"{source}: no sector stands in both rows and columns")
    for code in list(codes):
        parts = [c for c in codes if re.fullmatch(re.escape(code) + "[A-Z]", c)]
        if not parts:
            continue
        whole, made = main.loc["P1"].get(code, np.nan), main.loc["P1"].reindex(parts).sum()
        # "Of which" rows show a part only; a full division replaces its whole.
        gone = [code] if np.isclose(whole, made, rtol=1e-6, atol=1.0) else parts
        codes = [c for c in codes if c not in gone]
        notes.append(f"{', '.join(gone)} is left out: {code} and {', '.join(parts)} overlap")
    return codes


def _whole(have: Collection[str], choices: Iterable[Sequence[str]], what: str, source: str) -> list[str]:
    parts = next((parts for parts in choices if set(parts) <= set(have)), None)
    if parts is None:
        raise LayoutError(f"{source}: no {what}: columns {' or '.join(' + '.join(p) for p in choices)}")
    return list(parts)
