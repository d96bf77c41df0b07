"""What readers say of files in every layout, whole and spoilt, and what writers call rows and columns, stays.

``python -m tests.tables.test_said`` writes down what is said now, after a change that is meant.
"""

import copy
import re
import tempfile
from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis.tables import TableError, inspect, load, read_draft, to_csv, to_eurostat, to_published
from tests.tables.layouts import Accounts, bulk, compiled, eurostat, printed, sdmx, write_csv, write_tsv

PLACE = Path(__file__).with_suffix(".yaml")
N = 4
CNY, CZK = {"unit": "10,000 CNY"}, {"unit": "million CZK"}
# rows of a layout; where its figures begin; what the caller says
LAYOUTS = {
    **{f"compiled, trade {trade}": (compiled(Accounts(N, trade)), 1, 3, CNY)
       for trade in ("apart", "together", "net", "nation")},
    "compiled, imports": (compiled(Accounts(N, imports=True, idle=False)), 1, 4, CNY),
    "printed": (printed(Accounts(N)), 5, 3, {}),
    "printed without codes": (printed(Accounts(N), codes=False, language="zh"), 4, 2, {}),
    "printed in English, imports": (
        printed(Accounts(N, imports=True), False, "en", "Input-Output Table of Jiangsu, 2017", "Unit: 10,000 yuan"),
        4, 2, {},
    ),
    "Eurostat": (sdmx(eurostat(N)[0]), 1, 8, CZK),
    "Eurostat, totals": (sdmx(eurostat(N, kinds=("TOTAL",))[0]), 1, 8, CZK),
    "Eurostat, bulk": (bulk(eurostat(N)[0]), 1, 1, CZK),
}  # fmt: skip


def number(change):
    """Change the figure in the second row, third column of a table, or the third of a list."""

    def spoil(rows, top, left):
        i, j = (top + 2, left) if len(rows) > 60 else (top + 1, left + 2)
        cell = rows[i][j]
        value, flag = (float(cell.split()[0]), cell[len(cell.split()[0]) :]) if isinstance(cell, str) else (cell, None)
        new = change(value)
        rows[i][j] = new if flag is None or isinstance(new, str) else f"{new:.1f}{flag}"

    return spoil


def in_line(position, change):
    """Change a figure, counted from the end, in the second row."""

    def spoil(rows, top, left):
        rows[top + 1][position] = change(rows[top + 1][position])

    return spoil


def headed(code, change):
    """Change a column of a compiled file, by its heading."""

    def spoil(rows, top, left):
        at = rows[0].index(code)
        for row in rows[top : top + N]:
            row[at] = change(row[at])

    return spoil


def together(*spoils):
    def spoil(rows, top, left):
        for one in spoils:
            one(rows, top, left)

    return spoil


EVERYWHERE = {
    "whole": lambda rows, top, left: None,
    "a figure negative": number(lambda value: -abs(value) - 1e4),
    "a figure larger": number(lambda value: value * 2 + 1e4),
    "a figure blank": number(lambda value: ""),
    "a figure in words": number(lambda value: "n.a."),
    "a row lost": lambda rows, top, left: rows.pop(top + 1),
    "a row twice": lambda rows, top, left: rows.insert(top + 1, list(rows[top + 1])),
    "cut short": lambda rows, top, left: rows.__delitem__(slice(top + 2, None)),
    "no figures": lambda rows, top, left: rows.__delitem__(slice(top, None)),
}
IN_TABLES = {
    "output larger": in_line(-1, lambda value: value * 1.5),
    "output negative": in_line(-1, lambda value: -value),
    "output nought": in_line(-1, lambda value: 0.0),
    "a column lost": lambda rows, top, left: [row.pop(left + N + 1) for row in rows if len(row) > left + N + 1],
    "a heading unknown": lambda rows, top, left: [
        rows[i].__setitem__(left + N + 1, "旅游 Tourism") for i in range(top) if len(rows[i]) > left + N + 1
    ],
    "a total that is no sum": lambda rows, top, left: rows[top].__setitem__(left + N, rows[top][left + N] * 1.5),
    "a row without a heading": lambda rows, top, left: [
        rows[top + N + 2].__setitem__(j, "") for j in range(left) if rows[top + N + 2][j]
    ],
    "a row unknown": lambda rows, top, left: [
        rows[top + N + 2].__setitem__(j, "旅游 Tourism") for j in range(left) if rows[top + N + 2][j]
    ],
}
COMPILED = {
    "more leaves than is made": together(headed("OF", lambda v: v + 1e8), headed("IF", lambda v: v + 1e8)),
    "exports negative": together(headed("OF", lambda v: v - 1e8), headed("IF", lambda v: v - 1e8)),
    "rows close with an error": together(headed("ERR", lambda v: v + 1e4), headed("EX", lambda v: v - 1e4)),
    "codes twice": lambda rows, top, left: rows[top + 1].__setitem__(0, rows[top][0]),
}


def without(code):
    """Leave out what a file of Eurostat says of some rows or columns."""

    def spoil(rows, top, left):
        said = [",".join(map(str, row[:left])).split(",") for row in rows]
        rows[top:] = [row for row, cells in list(zip(rows, said, strict=True))[top:]
                      if not any(re.fullmatch(code, cell) for cell in cells)]  # fmt: skip

    return spoil


EUROSTAT = {"no consumption": without("P3.*"), "no capital formation": without("P5.*"), "no output": without("P1")}


def spoils(layout):
    """Ways to spoil a layout."""
    more = EUROSTAT if layout.startswith("Eurostat") else IN_TABLES
    return EVERYWHERE | more | (COMPILED if layout == "compiled, trade apart" else {})


def described(draft):
    """The words in which a table is described."""
    parts = draft.parts
    axes = {name: list(map(str, parts[name].columns if name in ("final_uses", "trade") else parts[name].index))
            for name in ("Z", "final_uses", "trade", "value_added")}  # fmt: skip
    texts = {name: str(value) for name, value in parts.items() if isinstance(value, str | int | float)}
    names = {} if parts.get("names") is None else {c: list(map(str, parts["names"].loc[c])) for c in parts["Z"].index}
    totals = [name for name, _, _ in draft.totals]
    return texts | axes | {"names": names, "rows": dict(draft.rows), "columns": dict(draft.columns), "totals": totals}


def said(layout, spoil):
    """What is said of a file: a refusal, or findings; of a whole one also how it is described."""
    rows, top, left, stated = copy.deepcopy(LAYOUTS[layout])
    spoils(layout)[spoil](rows, top, left)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("2017_江苏.tsv" if "bulk" in layout else "2017_江苏.csv")
        path = write_tsv(path, rows) if "bulk" in layout else write_csv(path, rows)
        try:
            draft = read_draft(path, **stated)
        except TableError as refused:
            return [str(refused).replace(folder, "FOLDER")]
    lines = [
        f"{f.severity}, {f.subject}, {f.sector}, {f.where}, {'' if f.size is None else format(f.size, '.6g')}: {f.text}"
        for f in inspect(draft)
    ]
    try:
        draft.table()
    except TableError as refused:
        lines.append(str(refused).replace(folder, "FOLDER"))
    return {"findings": lines, **described(draft)} if spoil == "whole" else lines


def written():
    """The words in files that writers make: all that is no figure."""
    table = load("Shanghai", 2017).aggregate(
        {s: "G1" if k % 3 else "G2" for k, s in enumerate(load("Shanghai", 2017).sectors)},
        names=pd.DataFrame({"name_en": ["Most", "Others"], "name_zh": ["多数", "其他"]}, index=["G1", "G2"]),
    )
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for imports, one in (("competitive", table), ("local", table.local("supply pool"))):
            for write, suffixes in ((to_published, ".csv"), (to_eurostat, ".csv"), (to_csv, ".csv .yaml")):
                path = Path(folder) / "table.csv"
                try:
                    write(one, path)
                except TableError as refused:
                    found[f"{write.__name__}, {imports}"] = [str(refused).replace(folder, "FOLDER")]
                    continue
                for suffix in suffixes.split():
                    text = path.with_suffix(suffix).read_text(encoding="utf-8-sig")
                    words = [",".join(c for c in line.split(",") if not figure(c)) for line in text.splitlines()]
                    found[f"{write.__name__}, {imports}, {suffix}"] = list(dict.fromkeys(words))
    return found


def figure(cell):
    """Whether a cell is a number with digits behind the point."""
    return "." in cell and cell.strip("-").replace(".", "").replace("e-", "").isdigit()


SAID = yaml.safe_load(PLACE.read_text(encoding="utf-8")) if PLACE.exists() else {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_said_of_a_file_stays(layout):
    assert {spoil: said(layout, spoil) for spoil in spoils(layout)} == SAID[layout]


def test_what_writers_head_rows_and_columns_with_stays():
    assert written() == SAID["written"]


if __name__ == "__main__":
    now = {layout: {spoil: said(layout, spoil) for spoil in spoils(layout)} for layout in LAYOUTS}
    text = yaml.safe_dump(now | {"written": written()}, allow_unicode=True, width=120)
    PLACE.write_text(text, encoding="utf-8")
