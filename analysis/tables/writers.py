"""Write tables in the layouts of others; what a layout has no place for is refused, never dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.sheets import Sheet, write_sheet
from analysis.tables.published import PROVINCES
from analysis.tables.table import FINAL_USES, TRADE, VALUE_ADDED, InputOutputTable, TableError, parse_unit

# Our name of a column -> the published one, where they differ.
_PUBLISHED = {"EXOF": "FU302", "IMIF": "FU304"}
_TOTALS = {"TII": "Total intermediate inputs", "TVA": "Total value added", "TI": "Total inputs"}
_FINAL = {"FU101": "P3_S14", "FU102": "P3_S14", "THC": "P3_S14", "FU103": "P3_S13", "TC": "P3", "FU201": "P51G",
          "FU202": "P52", "GCF": "P5G"}  # fmt: skip
_PRIMARY = {"VA001": "D1", "VA002": "D29X39", "VA003": "P51C", "VA004": "B2A3N", "TVA": "B1G"}


def to_published(table: InputOutputTable, path: str | Path) -> None:
    """Write a table as China's statistical offices lay theirs out, with its totals; money in 10,000 where it is yuan.

    Parameters
    ----------
    table : InputOutputTable
        Competitive, or local; a local one has a second block of rows for imported products, which says where inputs
        come from and not by which assumption.
    path : str or Path
        Ends in ``.csv`` or ``.xlsx``.

    Raises
    ------
    TableError
        If the table has final uses or value added that this layout has no place for.
    DataError
        If the path has another ending, or a workbook needs a package that is not installed.
    """
    write_sheet(path, _published(table))


def to_eurostat(table: InputOutputTable, path: str | Path) -> None:
    """Write a table as cells with Eurostat's codes, in millions (SDMX-CSV, as of ``naio_10_cp1700``).

    Parameters
    ----------
    table : InputOutputTable
        Competitive (``TOTAL``) or local (``DOM`` and ``IMP``). Rural and urban households become one, and what leaves
        for other provinces joins the exports, since Eurostat knows nations only.
    path : str or Path
        Ends in ``.csv``.

    Raises
    ------
    TableError
        If the table has uses or value added without a code there, or a published error, which has no place.
    DataError
        If the path has another ending.
    """
    if Path(path).suffix != ".csv":
        raise TableError(f"{path}: cells with Eurostat's codes are written as .csv")
    write_sheet(path, _eurostat(table))


def _published(table: InputOutputTable) -> Sheet:
    known = {*FINAL_USES, "THC", "TC", "GCF"}
    strange = [c for c in table.final_uses.columns if c not in known]
    strange += [row for row in table.value_added.index if row not in (*VALUE_ADDED, "TVA")]
    if strange:
        raise TableError(
            f"{table.region} {table.year}: {', '.join(strange)} have no place in the published layout, which knows"
            f" {', '.join((*FINAL_USES, *VALUE_ADDED))}"
        )
    scale, currency = parse_unit(table.unit)
    unit = "10,000 CNY" if currency == "CNY" else table.unit
    factor = scale / parse_unit(unit)[0]
    local = table.imports == "local"
    codes, finals = list(table.sectors), list(table.final_uses.columns)
    leaving = [c for c in table.trade.columns if TRADE[c] > 0]
    entering = [c for c in table.trade.columns if TRADE[c] < 0]
    error = ["ERR"] if table.error.ne(0).any() else []
    heads = [*codes, "TIU", *finals, *(_PUBLISHED.get(c, c) for c in leaving), "TFU"]
    heads += [*(_PUBLISHED.get(c, c) for c in entering), *error, "GO"]
    labels = ["Code", "Description", "DescriptionInChinese", *(["Origin"] if local else [])]
    chinese = {english: zh for zh, english in PROVINCES.items() if zh != "全国"}
    place = chinese.get(table.region, table.region)
    # A workbook or CSV opened by hand then says what it is, and the reader need not be told.
    rows: Sheet = [
        [f"{table.year}年{place}投入产出表 Input-Output Table of {table.region} {table.year}"],
        [f"Unit: {unit.replace('CNY', 'yuan')}" if currency == "CNY" else f"Unit: {unit}"],
        [*labels, *heads],
    ]
    blocks = [("Domestic" if local else "", table.Z, table.final_uses)]
    if local:
        blocks.append(("Imports", table.imported, table.imported_final))
    for origin, Z, final in blocks:
        imported = origin == "Imports"
        for code in codes:
            outward = [0.0 if imported else float(table.trade[c][code]) for c in leaving]
            used, last = float(Z.loc[code].sum()), [float(final[c][code]) for c in finals]
            ends = sum(last) + sum(outward)
            cells = [*map(float, Z.loc[code]), used, *last, *outward, ends]
            cells += [float(table.trade[c][code]) for c in entering]
            cells += [0.0 if imported else float(table.error[code])] * len(error)
            cells.append(used + ends if imported else float(table.output[code]))
            names = table.names.loc[code]
            rows.append([code, names["name_en"], names["name_zh"], *([origin] if local else []),
                         *(value * factor for value in cells)])  # fmt: skip
    inputs = table.Z.sum(axis=0) + (table.imported.sum(axis=0) if local else 0.0)
    added = {} if list(table.value_added.index) == ["TVA"] else dict(table.value_added.iterrows())
    below: dict[Any, pd.Series] = {
        "TII": inputs,
        **added,
        "TVA": table.total_value_added,
        "TI": inputs + table.total_value_added,
    }
    for row, values in below.items():
        name = {**VALUE_ADDED, **_TOTALS}[row]
        empty = [None] * (len(heads) - len(codes))
        rows.append([row, name, None, *(["TOT"] if local else []), *(float(v) * factor for v in values), *empty])
    return rows


def _eurostat(table: InputOutputTable) -> Sheet:
    where = f"{table.region} {table.year}"
    if table.error.ne(0).any():
        at: Any = table.error.abs().idxmax()
        raise TableError(
            f"{where} balances only with a published error, {table.error[at]:.6g} {table.unit} in {at}, which"
            " Eurostat's layout has no place for"
        )
    scale, currency = parse_unit(table.unit)
    unit = "MIO_EUR" if currency == "EUR" else "MIO_NAC"
    factor = scale / 1e6
    final = {c: _FINAL.get(c, c) for c in table.final_uses.columns}
    primary = {row: _PRIMARY.get(row, row) for row in table.value_added.index}
    strange = [c for c, code in final.items() if not code.startswith("P")]
    strange += [row for row, code in primary.items() if not code.startswith(("D", "B", "P51C", "K1"))]
    if strange:
        raise TableError(f"{where}: {', '.join(strange)} have no code of Eurostat's")
    local, year, geo = table.imports == "local", str(table.year), table.region
    rows: Sheet = [["freq", "unit", "stk_flow", "prd_use", "prd_ava", "geo", "TIME_PERIOD", "OBS_VALUE"]]

    def add(kind: str, frame: pd.DataFrame) -> None:
        for column in frame.columns:
            for row, value in zip(frame.index, frame[column], strict=True):
                rows.append(["A", unit, kind, column, row, geo, year, float(value) * factor])

    def uses(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.rename(columns=final).T.groupby(level=0, sort=False).sum().T

    kind = "DOM" if local else "TOTAL"
    add(kind, table.Z)
    add(kind, uses(table.final_uses))
    add(kind, table.exports.to_frame("P6"))
    add(kind, table.value_added.rename(index=primary))
    add(kind, table.output.to_frame("P1").T)
    if local:
        add("IMP", table.imported)
        add("IMP", uses(table.imported_final))
    else:
        add(kind, table.inflows.to_frame("P7").T)
    return rows
