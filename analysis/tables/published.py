"""The layout in which the National Bureau of Statistics of China and the provinces publish input-output tables.

Sectors in rows and columns, then intermediate use (``TIU``), final uses, trade and gross output (``GO``) to the right,
and intermediate input (``TII``), value added and total input (``TI``) below. The variants of 1997 to 2020 differ in how
many sectors there are (about 42, or about 150), in what they tell of trade, in whether imported inputs have rows of
their own, in the language of the headings, and in whether codes stand beside the names. Codes are believed first, names
where there are none.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.sheets import Cell, Sheet, place
from analysis.tables.cells import amount, number
from analysis.tables.draft import Draft, LayoutError
from analysis.tables.table import TRADE, TableError, parse_unit

PROVINCES = {
    "中国": "China", "全国": "China", "北京": "Beijing", "天津": "Tianjin", "河北": "Hebei", "山西": "Shanxi",
    "内蒙古": "Inner Mongolia", "辽宁": "Liaoning", "吉林": "Jilin", "黑龙江": "Heilongjiang", "上海": "Shanghai",
    "江苏": "Jiangsu", "浙江": "Zhejiang", "安徽": "Anhui", "福建": "Fujian", "江西": "Jiangxi", "山东": "Shandong",
    "河南": "Henan", "湖北": "Hubei", "湖南": "Hunan", "广东": "Guangdong", "广西": "Guangxi", "海南": "Hainan",
    "重庆": "Chongqing", "四川": "Sichuan", "贵州": "Guizhou", "云南": "Yunnan", "西藏": "Tibet", "陕西": "Shaanxi",
    "甘肃": "Gansu", "青海": "Qinghai", "宁夏": "Ningxia", "新疆": "Xinjiang",
}  # fmt: skip

# What a heading may say, without blanks and punctuation and in small letters; longer matches are tried as they stand.
_COLUMN_NAMES = {
    "TIU": r"中间使用(合计|小计)|totalintermediateuses?|intermediateuses?total",
    "FU101": r"农村居民(消费|消费支出)?|rural(households?)?(consumption)?(expenditure)?",
    "FU102": r"城镇居民(消费|消费支出)?|urban(households?)?(consumption)?(expenditure)?",
    "THC": r"居民(消费|消费支出)(合计|小计)?|(total)?households?(consumption)?(expenditure)?(total)?",
    "FU103": r"政府(消费|消费支出)?|government(consumption)?(expenditure)?",
    "TC": r"(最终)?消费(支出)?(合计|小计)|最终消费(支出)?|(total)?finalconsumption(expenditure)?(total)?",
    "FU201": r"固定资本形成(总额)?|grossfixedcapitalformation",
    "FU202": r"存货(增加|变动|净增加)|changesininventories|changeininventor(y|ies)|inventor(y|ies)(increase|changes?)",
    "GCF": r"资本形成(总额)?(合计|小计)|资本形成总额|(total)?grosscapitalformation(total)?",
    "TFU": r"最终使用(合计|小计)|(total)?finaluses?(total)?",
    "NOF": r"净流出|netoutflows?",
    "EX": r"(国外|境外)?出口|exports?",
    "OF": r"(国内)?省外流出|国内流出|outflows?to(other)?provinces|domesticoutflows?",
    "EXOF": r"流出|(流出|调出)含出口|出口(和|及|加)(国内)?(省外)?流出|(exports?and)?outflows?|outflowsincludingexports",
    "IM": r"(国外|境外)?进口|imports?",
    "IF": r"(国内)?省外流入|国内流入|inflows?from(other)?provinces|domesticinflows?",
    "IMIF": r"流入|(流入|调入)含进口|进口(和|及|加)(国内)?(省外)?流入|(importsand)?inflows?|inflowsincludingimports",
    "ERR": r"其他|其它|误差(项)?|统计误差|平衡项|others?|errors?|statisticaldiscrepancy",
    "GO": r"总产出|(total|gross)outputs?",
}
_ROW_NAMES = {
    "TII": r"中间投入(合计|小计)|totalintermediateinputs?|intermediateinputs?total",
    "VA001": r"劳动者报酬|(compensation|remuneration)of(employees|labou?rers)",
    "VA002": r"生产税净额|nettax(es)?onproduction",
    "VA003": r"固定资产折旧|depreciationoffixed(assets|capital)",
    "VA004": r"营业盈余|operatingsurplus",
    "TVA": r"增加值(合计|小计)|(total)?valueadded(total)?",
    "TI": r"总投入|totalinputs?",
}
_SUBTOTAL = r".*(合计|小计|总计|subtotal|total)|total.*|subtotal.*"
_GROUPS = r"(国内|进口)?(产品|品)?(中间|最初)投入|增加值|投入|(intermediate|primary)inputs?|inputs?|valueadded"
_ORIGINS = {
    "domestic": r"国内(产品|品)?(中间.*|投入.*)?|domestic(products?|inputs?|intermediate.*)?",
    "imported": r"进口(产品|品)?(中间.*|投入.*)?|imports?|imported(products?|inputs?|intermediate.*)?",
}

_VALUE_ADDED = ("VA001", "VA002", "VA003", "VA004")
# The finest published parts of a final use come first.
_FINAL = ((("FU101", "FU102", "FU103"), ("THC", "FU103"), ("TC",)), (("FU201", "FU202"), ("GCF",)))
_PARTS = {
    "THC": ("FU101", "FU102"),
    "TC": ("FU101", "FU102", "FU103"),
    "GCF": ("FU201", "FU202"),
}
# Codes of the tables of 2007; with exports apart, what they name is trade with other provinces alone.
_CODES_2007 = {"FU301": ("EX", "EX"), "FU302": ("EXOF", "OF"), "FU303": ("IM", "IM"), "FU304": ("IMIF", "IF")}
_BLANK = {"NA", "N/A", "-", "--", "—", "…", "..."}

_CHINESE_UNITS = {
    "元": "CNY",
    "千元": "thousand CNY",
    "万元": "10,000 CNY",
    "百万元": "million CNY",
    "亿元": "100 million CNY",
}
_ENGLISH_UNITS = {
    "thousand": "thousand CNY", "1000": "thousand CNY", "tenthousand": "10,000 CNY", "10thousand": "10,000 CNY",
    "10000": "10,000 CNY", "million": "million CNY", "100million": "100 million CNY", "billion": "billion CNY",
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """What the caller says of a file that does not say it itself."""

    unit: str | None = None
    year: int | None = None
    region: str | None = None
    tolerance: float | None = None


@dataclass
class _Line:
    """A row or a column of the sheet: its position, what it is, its names."""

    at: int
    key: str
    sector: bool
    zh: str = ""
    en: str = ""
    origin: str = ""


def looks_published(rows: Sheet) -> bool:
    """Whether a sheet has the headings of this layout."""
    return _corner(rows) is not None


def cut_short(rows: Sheet) -> int | None:
    """Row of a sheet that has the codes of this layout, where the rows of its totals are missing below; else None."""
    known = {*_COLUMN_NAMES, *_CODES_2007}
    return next((i for i, row in enumerate(rows) if sum(cell in known for cell in row) >= 3), None)


def draft_published(rows: Sheet, source: str, file_name: str, said: Statement) -> Draft:
    """Read a sheet in this layout.

    Parameters
    ----------
    rows : list of lists
        Cells of the sheet.
    source : str
        File and sheet, for messages.
    file_name : str
        The year and the region may stand here.
    said : Statement
        What the sheet may leave out. What it does not leave out must agree.

    Returns
    -------
    Draft
        In 100 million CNY; tables in other money stay in the unit of the file.

    Raises
    ------
    LayoutError
        For headings that are not those of a table, a unit, year or region that nobody states or that is stated twice
        differently, and cells that are not numbers, with their place.
    """
    corner = _corner(rows)
    if corner is None:
        raise LayoutError(
            f"{source}: no headings of an input-output table: neither codes (TII, TIU, GO ...) nor names (中间投入合计,"
            " 中间使用合计, total intermediate inputs ...) of its totals were found"
        )
    notes: list[str] = []
    lines, columns, first_row = (_coded if corner[0] == "codes" else _named)(rows, corner, source, notes)
    sheet = _Cells(rows, source)
    unit, year, region, prices = _described(rows[:first_row], source, file_name, said, notes)
    codes = [line.key for line in columns if line.sector]
    blocks = _blocks(lines, codes, source)
    local = "imported" in blocks
    across = {column.key: column.at for column in columns}
    found = {origin: sheet.frame(block, columns) for origin, block in blocks.items()}
    if sheet.blanks:
        notes.append(f"{sheet.blanks} blank cells are read as nought")
    # Yuan come out in the unit of all tables here; other money stays as it is.
    amount, currency = parse_unit(unit)
    kept = "100 million CNY" if currency == "CNY" else unit
    scale = amount / parse_unit(kept)[0]
    main, primary = found["domestic"], found["primary"]
    final = _final_columns(main, source)
    trade = [c for c in TRADE if c in main]
    if local and [c for c in trade if TRADE[c] < 0]:
        raise LayoutError(
            f"{source}: rows of imports stand apart, and so does an import column: one of them is too many"
        )
    value_added = [row for row in _VALUE_ADDED if row in primary.index] or ["TVA"]
    absent = [row for row in value_added if row not in primary.index]
    if absent:
        raise LayoutError(f"{source}: no value-added rows ({', '.join(_VALUE_ADDED)}, or their total TVA)")
    signs = {c: -1.0 if TRADE[c] < 0 and main[c].sum() < 0 else 1.0 for c in trade}
    for column in [c for c in trade if signs[c] < 0]:
        notes.append(f"{column} is published with a minus sign and is turned round")
    output = main["GO"] if "GO" in main else primary.loc["TI", codes] if "TI" in primary.index else None
    if output is None:
        raise LayoutError(f"{source}: neither gross output (GO, 总产出) nor total input (TI, 总投入) is published")
    tolerance = (1.0 if said.tolerance is None else said.tolerance) * scale
    flows: dict[str, Any] = {
        "Z": main[codes],
        "final_uses": main[final],
        "trade": main[trade] * pd.Series(signs, dtype=float),
        "value_added": primary.loc[value_added, codes],
        "output": output,
        "error": main["ERR"] if "ERR" in main else None,
        "imported": found["imported"][codes] if local else None,
        "imported_final": found["imported"][final] if local else None,
    }
    parts: dict[str, Any] = {key: None if part is None else part * scale for key, part in flows.items()}
    _drop_remainders(parts, tolerance, kept, notes)
    if local and "EX" in found["imported"]:
        again = float(found["imported"]["EX"].sum()) * scale
        if again:
            notes.append(f"imports that leave again, {again:.6g} {kept}, are in no part of a local table")
    names = {line.key: (line.en or line.zh, line.zh or line.en) for line in [*columns, *lines] if line.sector}
    labels = [(names[code][0] or code, names[code][1] or code) for code in codes]
    parts |= {
        "year": year,
        "region": region,
        "unit": kept,
        "price_basis": prices,
        "vintage": f"as published in {file_name}",
        "names": pd.DataFrame(labels, index=pd.Index(codes), columns=["name_en", "name_zh"]),
        "imports": "local" if local else "competitive",
        "assumption": "published" if local else "",
        "row_tolerance": tolerance,
        "column_tolerance": tolerance,
    }
    return Draft(
        source,
        parts,
        rows={line.key: place(line.at) for line in lines if line.origin != "imported"},
        columns={key: _column(at) for key, at in across.items()},
        totals=[(name, one * scale, other * scale) for name, one, other in _totals(found, codes, final, trade)],
        notes=notes,
    )


def _column(at: int) -> str:
    """Name a column as a spreadsheet does."""
    return place(0, at).removesuffix("1").replace("cell", "column")


def _plain(text: object) -> str:
    """Strip a label to its letters: no blanks, punctuation, accents of width or capitals."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(text))).lower()


def _two_languages(text: object) -> tuple[str, str]:
    """Part a bilingual label: its Chinese, and what is Latin without any Chinese."""
    text = re.sub(r"\s+", " ", str(text)).strip()
    if not re.search(r"[\u4e00-\u9fff]", text):
        return "", text
    last = max(m.end() for m in re.finditer(r"[\u4e00-\u9fff]", text))
    # A closing bracket belongs to the Chinese that it closes.
    last += len(re.match(r"[)）】」』]*", text[last:]).group())  # type: ignore[union-attr]  # an empty match always fits
    latin = text[last:].strip(" /()（）")
    if re.search(r"[A-Za-z]{2}", latin):
        return text[:last].strip(), latin
    return text, ""


def _meaning(text: object, names: dict[str, str]) -> str:
    """Return the code of a heading by its name in either language, or nothing."""
    for part in (*_two_languages(text), str(text)):
        plain = _plain(part)
        if plain:
            for code, pattern in names.items():
                if re.fullmatch(pattern, plain):
                    return code
    return ""


def _empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell in _BLANK)


def _code(cell: Cell) -> str:
    """Return a cell as a code: 1.0 is 1."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell).strip()


def _corner(rows: Sheet) -> tuple[str, int, int] | None:
    """Find where the headings stand: by codes (row and column of the codes), else by the names of two totals."""
    known = {*_COLUMN_NAMES, *_CODES_2007}
    for i, row in enumerate(rows):
        if sum(cell in known for cell in row) < 3:
            continue
        for j in range(len(row)):
            if sum(j < len(line) and line[j] in _ROW_NAMES for line in rows[i + 1 :]) >= 2:
                return "codes", i, j
    named = [[_meaning(cell, _ROW_NAMES | _COLUMN_NAMES) if cell is not None else "" for cell in row] for row in rows]
    down = max((i for i, row in enumerate(named) if "TII" in row), default=None)
    across = [j for row in named[:down] for j, key in enumerate(row) if key == "TIU"]
    return None if down is None or not across else ("names", down, max(across))


def _coded(
    rows: Sheet, corner: tuple[str, int, int], source: str, notes: list[str]
) -> tuple[list[_Line], list[_Line], int]:
    _, top, left = corner
    body = range(top + 1, len(rows))
    for i in body:
        if any(cell is not None for cell in rows[i][len(rows[top]) :]):
            raise LayoutError(f"{source}, {place(i)}: {len(rows[i])} cells, the headings have {len(rows[top])}")
    # Numbers in a spreadsheet lose the noughts that texts keep.
    width = max((len(code) for code in map(_code, rows[top]) if code.isdigit()), default=2)

    def padded(cell: Cell) -> str:
        code = _code(cell)
        return code.zfill(width) if code.isdigit() else code

    both = {padded(rows[i][left]) for i in body if left < len(rows[i])} & set(map(padded, rows[top])) - {""}
    label_columns = [
        j
        for j in range(max(map(len, rows)))
        if j == left or (j < len(rows[top]) and padded(rows[top][j]) not in both
                         and rows[top][j] not in {*_COLUMN_NAMES, *_CODES_2007})
    ]  # fmt: skip
    columns = []
    titled = _titled(rows, top, [j for j, cell in enumerate(rows[top]) if j != left and padded(cell) in both])
    for j, cell in enumerate(rows[top]):
        if j == left:
            continue
        code = padded(cell)
        heading = [rows[i][j] for i in range(top) if j < len(rows[i]) and rows[i][j] is not None]
        if code in both and code not in _ROW_NAMES:
            zh, en = _names(rows[i][j] for i in titled)
            columns.append(_Line(j, code, True, zh, en))
        elif code in _COLUMN_NAMES or code in _CODES_2007:
            columns.append(_Line(j, code, False))
        elif any(number(line[j]) is not None for line in rows[top + 1 :] if j < len(line)):
            named = [_meaning(text, _COLUMN_NAMES) for text in heading]
            key = next((n for n in reversed(named) if n), "")
            if any(column.key == "GO" for column in columns):
                # The accounts end with gross output; checks and shares that stand beyond it are somebody's own.
                notes.append(f"{_column(j)}, headed {cell!r}, stands beyond gross output and is left out")
                continue
            if not key and not (code and re.fullmatch(_SUBTOTAL, _plain(" ".join(map(str, heading)) or code))):
                raise LayoutError(
                    f"{source}, {place(top, j)}: a column of numbers headed {cell!r}, which is neither the code of"
                    f" a row nor a use known here ({', '.join(_COLUMN_NAMES)})"
                )
            if key:
                columns.append(_Line(j, key, False))
    columns = _settle_2007(columns)
    lines = _rows(rows, body, label_columns, source, lambda row: padded(row[left]) if left < len(row) else "", both)
    return lines, columns, top


def _named(
    rows: Sheet, corner: tuple[str, int, int], source: str, notes: list[str]
) -> tuple[list[_Line], list[_Line], int]:
    _, down, across = corner

    def isnumber(i: int, j: int) -> bool:
        return j < len(rows[i]) and rows[i][j] is not None and number(rows[i][j]) is not None

    first = next((j for j in range(across) if isnumber(down, j)), across)
    # The first row of flows is the one below the last row of headings, which may count the sectors.
    start = next((i for i in range(down) if isnumber(i, across) and not _counts(rows[i][first:across])), down)
    n = across - first
    columns = []
    titled = _titled(rows, start, range(first, across))
    for j in range(first, max(map(len, rows))):
        heading = [rows[i][j] for i in range(start) if j < len(rows[i]) and rows[i][j] is not None]
        if j < across:
            zh, en = _names(rows[i][j] for i in titled)
            columns.append(_Line(j, "", True, zh, en))
            continue
        key = next((m for m in (_meaning(text, _COLUMN_NAMES) for text in reversed(heading)) if m), "")
        if key:
            columns.append(_Line(j, key, False))
        elif any(column.key == "GO" for column in columns):
            continue
        elif any(isnumber(i, j) for i in range(start, len(rows))):
            headed = " / ".join(map(str, heading)) or "by nothing"
            raise LayoutError(
                f"{source}, {place(start, j)}: a column of numbers headed {headed}, which is no use known here"
            )
    keys = [f"{k + 1:0{max(2, len(str(n)))}d}" for k in range(n)]
    for column, key in zip(columns[:n], keys, strict=True):
        column.key = key
    lines: list[_Line] = []
    count: dict[str, int] = {}
    for line in _rows(rows, range(start, len(rows)), range(first), source, None, set()):
        if line.sector:
            k = count.get(line.origin, 0)
            count[line.origin] = k + 1
            if k >= n:
                raise LayoutError(f"{source}, {place(line.at)}: more rows than the {n} columns of sectors")
            line.key = keys[k]
            one, other = _plain(line.zh or line.en), _plain(columns[k].zh or columns[k].en)
            if one and other and one != other:
                raise LayoutError(
                    f"{source}: {place(line.at)} is {line.zh or line.en!r}, and the column in its place"
                    f" ({_column(columns[k].at)}) is {columns[k].zh or columns[k].en!r}: the order must be the same"
                )
        lines.append(line)
    return lines, columns, start


def _titled(rows: Sheet, above: int, columns: Sequence[int]) -> list[int]:
    """Rows that name sectors: a text over most of them. Title, unit and groups stand over one or two."""
    return [
        i
        for i in range(above)
        if len(rows[i]) > max(columns, default=0)
        and 2 * sum(isinstance(rows[i][j], str) and number(rows[i][j]) is None for j in columns) > len(columns)
    ]


def _counts(cells: Sequence[Cell]) -> bool:
    """Whether cells number the sectors: 1, 2, 3 ..."""
    numbers = [number(cell) for cell in cells if cell is not None]
    return len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))


def _names(texts: Iterable[Cell]) -> tuple[str, str]:
    """Chinese and English name from the texts over a column or beside a row, the nearest last."""
    zh = en = ""
    for text in texts:
        if isinstance(text, str) and not text.isdigit():
            one, other = _two_languages(text)
            zh, en = one or zh, other or en
    return zh, en


def _settle_2007(columns: list[_Line]) -> list[_Line]:
    apart = any(column.key in ("FU301", "EX") for column in columns)
    for column in columns:
        if column.key in _CODES_2007:
            column.key = _CODES_2007[column.key][apart]
    return columns


def _rows(rows: Sheet, body: Any, label_columns: Any, source: str, code_of: Any, sectors: Any) -> list[_Line]:
    """Tell the rows of a sheet: sectors by origin, value added, totals; empty ones and subtotals are left out."""
    lines, origin, closed = [], "", False
    for i in body:
        row = rows[i]
        texts = [row[j] for j in label_columns if j < len(row) and row[j] is not None]
        beside = [c for j, c in enumerate(row) if j not in label_columns and not _empty(c)]
        # where a code says that the row is a sector's, what stands there is meant as numbers, and refused cell by cell
        numbers = any(number(c) is not None for c in beside) or (code_of and beside and code_of(row) in sectors)
        for text in texts:
            for name, pattern in _ORIGINS.items():
                if any(part and re.fullmatch(pattern, _plain(part)) for part in _two_languages(text)):
                    # 进口 alone, and Imports, may also head a column of names; a name of a sector says more.
                    origin = name
        if not numbers or closed:
            continue
        code = code_of(row) if code_of else ""
        key = code if code in _ROW_NAMES else ""
        if code not in sectors and not key:
            key = next((m for t in texts if (m := _meaning(t, _ROW_NAMES))), "")
        if key:
            lines.append(_Line(i, key, False))
            closed = key == "TI"
        elif code in sectors or (not code_of and texts and not _is_subtotal(texts)):
            labels = [t for t in texts if isinstance(t, str) and t != code and not _is_origin(t) and not _is_group(t)]
            zh, en = _names(labels)
            lines.append(_Line(i, code, True, zh, en, origin))
        elif not _is_subtotal(texts):
            shown = " / ".join(map(str, texts)) or "nothing"
            raise LayoutError(
                f"{source}, {place(i)}: a row of numbers headed {shown}, which is neither a sector nor a row known here"
                f" ({', '.join(_ROW_NAMES)})"
            )
    return lines


def _is_subtotal(texts: Sequence[str]) -> bool:
    return any(
        p and re.fullmatch(_SUBTOTAL, _plain(p)) for t in texts if isinstance(t, str) for p in (*_two_languages(t), t)
    )


def _is_origin(text: str) -> bool:
    return any(p and re.fullmatch(x, _plain(p)) for p in _two_languages(text) for x in _ORIGINS.values())


def _is_group(text: str) -> bool:
    return any(part and re.fullmatch(_GROUPS, _plain(part)) for part in _two_languages(text))


def _blocks(lines: list[_Line], codes: Any, source: str) -> dict[str, list[_Line]]:
    """Part the rows into flows of the region, flows of imports, and what is below; every sector once in each."""
    blocks: dict[str, list[_Line]] = {"domestic": [], "imported": [], "primary": []}
    for line in lines:
        blocks["primary" if not line.sector else line.origin or "domestic"].append(line)
    if blocks["imported"] and not blocks["domestic"]:
        raise LayoutError(f"{source}: imported rows only; a table needs the domestic ones too")
    for name in ("domestic", "imported"):
        if name == "imported" and not blocks[name]:
            del blocks[name]
            continue
        have = [line.key for line in blocks[name]]
        twice = sorted({code for code in have if have.count(code) > 1})
        lacking = [code for code in codes if code not in have]
        if twice or lacking:
            which = f"{name} rows" if "imported" in blocks else "rows"
            at = next((place(line.at) for line in blocks[name] if line.key in twice), "")
            raise LayoutError(
                f"{source}: {which} do not fit the {len(codes)} columns of sectors:"
                + (f" {', '.join(twice[:5])} more than once, first at {at};" if twice else "")
                + (f" none for {', '.join(lacking[:5])}{' ...' if len(lacking) > 5 else ''}" if lacking else "")
            )
        order = {code: k for k, code in enumerate(codes)}
        unknown = [line for line in blocks[name] if line.key not in order]
        if unknown:
            raise LayoutError(f"{source}, {place(unknown[0].at)}: row {unknown[0].key} has no column of its own")
        blocks[name].sort(key=lambda line: order[line.key])
    known = [line.key for line in blocks["primary"]]
    again = [line for k, line in enumerate(blocks["primary"]) if line.key in known[:k]]
    if again:
        raise LayoutError(f"{source}, {place(again[0].at)}: row {again[0].key} stands here a second time")
    return blocks


class _Cells:
    """Numbers of a sheet, with blanks counted and anything else refused by its place."""

    def __init__(self, rows: Sheet, source: str) -> None:
        self.rows, self.source, self.blanks = rows, source, 0

    def frame(self, lines: list[_Line], columns: list[_Line]) -> pd.DataFrame:
        """Read the crossing of rows and columns; a column without any number there is left out."""
        twice = [c for k, c in enumerate(columns) if c.key in [d.key for d in columns[:k]]]
        if twice:
            raise LayoutError(
                f"{self.source}, {place(0, twice[0].at)}: column {twice[0].key} stands here a second time"
            )
        values, blanks = np.zeros((len(lines), len(columns))), np.zeros((len(lines), len(columns)), dtype=bool)
        for i, line in enumerate(lines):
            row = self.rows[line.at]
            for j, column in enumerate(columns):
                cell = row[column.at] if column.at < len(row) else None
                if _empty(cell):
                    blanks[i, j] = True
                    continue
                value = amount(cell)
                if isinstance(value, str):
                    raise LayoutError(
                        f"{self.source}, {place(line.at, column.at)} (row {line.key}, column {column.key}): {value}"
                    )
                values[i, j] = value
        whole = blanks.all(axis=0)
        figures = ~whole if lines and lines[0].sector else np.array([column.sector for column in columns])
        self.blanks += int(blanks[:, figures].sum())
        frame = pd.DataFrame(values, [line.key for line in lines], [column.key for column in columns])
        if lines and not lines[0].sector:
            # Below the flows, only sectors and their sum have figures; what is blank there says nothing.
            return frame.mask(blanks & np.array([not c.sector for c in columns]))
        result: pd.DataFrame = frame.loc[:, ~whole | np.array([column.sector for column in columns])]
        return result


def _final_columns(frame: pd.DataFrame, source: str) -> list[str]:
    """Columns of final use in the finest parts that are published."""
    chosen: list[str] = []
    for choices in _FINAL:
        parts = next((parts for parts in choices if set(parts) <= set(frame)), None)
        if parts is None:
            total = " TFU alone holds exports too." if "TFU" in frame else ""
            wanted = " or ".join(" + ".join(parts) for parts in choices)
            raise LayoutError(f"{source}: final uses lack {wanted}.{total} Take a table that publishes them")
        chosen += parts
    return chosen


def _drop_remainders(parts: Any, tolerance: float, unit: str, notes: list[str]) -> None:
    """Set to nought an output below one published unit where nothing is put in: the remainder of uses that cancel."""
    x = parts["output"].copy()
    inputs = parts["Z"].abs().sum(axis=0) + parts["value_added"].abs().sum(axis=0)
    if parts["imported"] is not None:
        inputs = inputs + parts["imported"].abs().sum(axis=0)
    for code in x.index[(inputs == 0) & (x != 0) & (x.abs() <= tolerance)]:
        notes.append(f"sector {code} has no inputs and an output of {x[code]:.2g} {unit}, which is set to nought")
        x[code] = 0.0
    parts["output"] = x


def _totals(found: Any, codes: list[str], final: list[str], trade: list[str]) -> list[tuple[str, pd.Series, pd.Series]]:
    """Put published totals beside the sums of their parts, in the unit of the file."""
    main, primary = found["domestic"], found["primary"]
    out = [("TIU", main["TIU"], main[codes].sum(axis=1))] if "TIU" in main else []
    for total, parts in _PARTS.items():
        if total in main and set(parts) <= set(main):
            out.append((total, main[total], main[list(parts)].sum(axis=1)))
    if "TFU" in main:
        leaving = [c for c in trade if TRADE[c] > 0]
        out.append(("TFU", main["TFU"], main[[*final, *leaving]].sum(axis=1)))
    inputs = sum(frame[codes].sum(axis=0) for name, frame in found.items() if name != "primary")
    if "TII" in primary.index:
        out.append(("TII", primary.loc["TII", codes], inputs))
    split = [row for row in _VALUE_ADDED if row in primary.index]
    if "TVA" in primary.index and split:
        out.append(("TVA", primary.loc["TVA", codes], primary.loc[split, codes].sum(axis=0)))
    if "TI" in primary.index:
        added = primary.loc[split or ["TVA"], codes].sum(axis=0)
        out.append(("TI", primary.loc["TI", codes], inputs + added))
        if "GO" in main:
            out.append(("GO", main["GO"], primary.loc["TI", codes]))
    if "imported" in found:
        imported = found["imported"]
        for total in ("GO", "IM"):
            if total in imported:
                uses = [*codes, *final, *(["EX"] if "EX" in imported else [])]
                out.append((f"{total} of imports", imported[total], imported[uses].sum(axis=1)))
    return out


def _described(
    rows: Sheet, source: str, file_name: str, said: Statement, notes: list[str]
) -> tuple[str, int, str, str]:
    """Take unit, year, region and price basis from the headings, the file name, and what the caller says."""
    texts = [unicodedata.normalize("NFKC", str(cell)) for row in rows for cell in row if isinstance(cell, str)]
    units = sorted({unit for text in texts for unit in _units(text)})
    if len(units) > 1:
        raise LayoutError(f"{source}: the headings state two units, {' and '.join(units)}")
    unit = _agreed("unit", units, said.unit, source, "such as '10,000 CNY' (万元)")
    parse_unit(unit)
    if not units:
        notes.append(f"the unit, {unit}, is as stated by the caller: the file does not say it")
    headed = [text for text in texts if re.search(r"投入产出|input.?output", text, re.I)]
    years = sorted({int(y) for text in headed for y in re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", text)})
    regions = sorted({region for text in headed for region in _regions(text)})
    if not years:
        years = sorted({int(y) for y in re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", file_name)})
    if not regions:
        regions = sorted(set(_regions(file_name.replace("_", " "))))
    if len(years) > 1 and said.year in years:
        years = [said.year]
    if len(regions) > 1 and said.region in regions:
        regions = [said.region]
    year = _agreed("year", years, said.year, source, "such as 2017")
    region = _agreed("region", regions, said.region, source, "such as Jiangsu")
    current = any(re.search(r"当年.{0,4}生产者价格|producers.{0,2} prices", text, re.I) for text in texts)
    prices = "current producers' prices" if current else "not stated in the file"
    return unit, int(year), region, prices


def _agreed(what: str, found: Any, said: Any, source: str, example: str) -> Any:
    if len(found) > 1:
        raise LayoutError(
            f"{source}: more than one {what} is named, {', '.join(map(str, found))}: say which ({what}=...)"
        )
    if not found and said is None:
        raise LayoutError(f"{source}: the {what} is not stated: give {what}, {example}; it is never guessed")
    if found and said is not None and str(found[0]) != str(said):
        raise LayoutError(f"{source}: states the {what} {found[0]}, and {said} was given: correct one of them")
    return found[0] if found else said


def _units(text: str) -> list[str]:
    plain = re.sub(r"\s", "", text)
    found = [_CHINESE_UNITS[m] for m in re.findall(r"(?:单位[::]?|\()(千元|万元|百万元|亿元|元)", plain)]
    amount = r"([\d,. ]*(?:ten |hundred )?(?:thousand|million|billion)?)"
    english = re.findall(rf"(?:unit\w*[:\s]*|in|\()\W*{amount} ?(?:yuan|rmb|cny)", text, re.I)
    # As this project writes units, in any currency.
    for stated in re.findall(r"unit\s*:\s*([\w, ]+?)\s*$", text, re.I):
        with contextlib.suppress(TableError):
            parse_unit(stated)
            found.append(stated)
    for match in english:
        key = re.sub(r"[\s,.]", "", match).lower().replace("hundred", "100")
        if key in _ENGLISH_UNITS:
            found.append(_ENGLISH_UNITS[key])
    return found


def _regions(text: str) -> list[str]:
    chinese = [english for zh, english in PROVINCES.items() if zh in text]
    # 内蒙古 and 中国 may stand beside a province in a title; a province is what is meant.
    chinese = [r for r in chinese if r != "China"] or chinese
    latin = [name for name in set(PROVINCES.values()) if re.search(rf"(?<![a-z]){name.lower()}(?![a-z])", text.lower())]
    latin = [r for r in latin if r != "China"] or latin
    return [*chinese, *(r for r in latin if r not in chinese)]
