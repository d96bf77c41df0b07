"""What a chapter puts on its page: a chart with its data, a table, a number in a sentence."""

from __future__ import annotations

import html
import io
import math
import numbers
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from analysis.show.style import house

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING = "n/a"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Decimals = int | Mapping[str, int]


def chart(fig: Figure, data: pd.DataFrame, name: str, *, decimals: Decimals = 2, note: str = "") -> None:
    """Display a figure as SVG and, folded away below it, the table that it draws.

    The caption, the number and the alternative text come from the cell's metadata
    (``mystnb: {figure: {caption, name}, image: {alt}}``).

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    data : DataFrame
        What the figure draws, tidy; the first column (or the named index) names the rows.
    name : str
        Lower-case words joined by hyphens; names the CSV file.
    decimals : int or mapping of column to int
        Decimals of the floating-point columns, in the table and in the CSV.
    note : str
        Units or source, printed under the table.
    """
    from IPython.display import display

    _check_name(name)
    display({"image/svg+xml": svg(fig), "text/plain": f"<chart {name}>"}, raw=True)
    inner = table_html(data, "The data of this chart", name, decimals=decimals, note=note)
    folded = f'<details class="chart-data">\n<summary>The data of this chart</summary>\n{inner}\n</details>'
    display({"text/html": folded, "text/plain": f"<data of the chart {name}>"}, raw=True)


def table(data: pd.DataFrame, caption: str, name: str, *, decimals: Decimals = 2, note: str = "") -> None:
    """Display an accessible table; see `table_html`."""
    from IPython.display import display

    page = table_html(data, caption, name, decimals=decimals, note=note)
    display({"text/html": page, "text/plain": f"<table {name}: {caption}>"}, raw=True)


def glue_text(name: str, value: object, spec: str = "") -> None:
    """Glue a formatted value, for a sentence to use as ``{glue:text}`name```.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens.
    value : str or number
        The value. A number that is not finite is refused: a sentence must not say "nan".
    spec : str
        Format specification, as in ``format``; a floating-point number needs one.

    Raises
    ------
    ValueError
        If the name is malformed, the number not finite, or a floating-point number comes without `spec`.
    """
    from myst_nb import glue

    _check_name(name)
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        if not math.isfinite(value):
            raise ValueError(f"cannot glue {name!r}: its value is {value}; state in words why there is no number")
        if not spec:
            raise ValueError(f"cannot glue {name!r}: {value!r} needs a format specification such as '.1f'")
    text = format(value, spec)
    glue(name, _minus(text) if isinstance(value, numbers.Real) else text, display=False)


def with_ranges(data: pd.DataFrame, row: str, column: str, decimals: int = 2) -> pd.DataFrame:
    """Lay out estimates as text, each with its range: ``0.18 (0.09 to 0.32)``.

    Parameters
    ----------
    data : DataFrame
        A row an estimate: ``value``, ``lower``, ``upper`` beside the columns of its names.
    row, column : str
        Columns that name the row and the column of the layout; both in the order in which names first appear.
    decimals : int
        Of all three numbers.

    Returns
    -------
    DataFrame
        Indexed by ``row``; a combination that is not there is an empty text.

    Raises
    ------
    ValueError
        If two estimates have the same names.
    """
    if data.duplicated([row, column]).any():
        twice = data.loc[data.duplicated([row, column]), [row, column]].iloc[0].tolist()
        raise ValueError(f"two estimates are called {twice}: nothing tells which is to be shown")
    ends = zip(data["value"], data["lower"], data["upper"], strict=True)
    shown = [(_fixed(v, decimals), _fixed(low, decimals), _fixed(high, decimals)) for v, low, high in ends]
    texts = data.assign(text=[_minus(f"{v} ({low} to {high})") for v, low, high in shown])
    wide = texts.pivot(index=row, columns=column, values="text").fillna("")
    return wide.loc[list(dict.fromkeys(data[row])), list(dict.fromkeys(data[column]))].rename_axis(columns=None)


def svg(fig: Figure) -> str:
    """Return the figure as an SVG text that holds neither date nor version nor random name."""
    buffer = io.StringIO()
    with house():
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    lines = (line.rstrip() for line in buffer.getvalue().splitlines())
    return "\n".join(line for line in lines if not line.startswith("<!-- Created with")) + "\n"


def table_html(data: pd.DataFrame, caption: str, name: str, *, decimals: Decimals = 2, note: str = "") -> str:
    """Return a table with a caption, scoped headers and a link to its CSV.

    Parameters
    ----------
    data : DataFrame
        One level of columns. The first column, or the index if it is named, becomes the row headers.
    caption : str
        Says what the table shows.
    name : str
        Lower-case words joined by hyphens; names the CSV file and the anchor ``table-<name>``.
    decimals : int or mapping of column to int
        Decimals of the floating-point columns; in a mapping, a column that is not named gets two.
    note : str
        Units or source, printed under the table.

    Raises
    ------
    ValueError
        If there is no column or row, the columns have several levels or repeat a name, the name is malformed,
        or `decimals` names a column that is not there.
    """
    _check_name(name)
    data = _flat(data, decimals)
    numeric = {column: pd.api.types.is_numeric_dtype(data[column]) for column in data.columns}
    numeric = {
        column: is_number and not pd.api.types.is_bool_dtype(data[column]) for column, is_number in numeric.items()
    }
    places = {column: _places(decimals, column) for column in data.columns}

    def cell(column: str, value: object) -> str:
        return html.escape(_shown(value, places[column]))

    right = {column: ' class="number"' if numeric[column] else "" for column in data.columns}
    header = "".join(f'<th scope="col"{right[c]}>{html.escape(str(c))}</th>' for c in data.columns)
    rows = []
    for values in data.itertuples(index=False, name=None):
        first, *rest = zip(data.columns, values, strict=True)
        body = "".join(f"<td{right[c]}>{cell(c, v)}</td>" for c, v in rest)
        rows.append(f'<tr><th scope="row"{right[first[0]]}>{cell(*first)}</th>{body}</tr>')
    parts = [
        f'<div class="table-scroll" role="region" aria-labelledby="caption-{name}" tabindex="0">',
        f'<table class="data" id="table-{name}">',
        f'<caption id="caption-{name}">{html.escape(caption)}</caption>',
        f"<thead><tr>{header}</tr></thead>",
        "<tbody>",
        *rows,
        "</tbody>",
        "</table>",
        "</div>",
    ]
    if note:
        parts.append(f'<p class="table-note">{html.escape(note)}</p>')
    parts.append(
        f'<p class="table-csv"><a download="{name}.csv" href="{_csv_uri(data, places)}">'
        f'Download as CSV<span class="visually-hidden">: {html.escape(caption)}</span></a></p>'
    )
    return "\n".join(parts)


def _flat(data: pd.DataFrame, decimals: Decimals) -> pd.DataFrame:
    if isinstance(data.columns, pd.MultiIndex):
        raise ValueError(f"a table has one row of headers; flatten the columns {list(data.columns)}")
    if any(name is not None for name in data.index.names):
        data = data.reset_index()
    repeated = sorted({str(column) for column in data.columns[data.columns.duplicated()]})
    if repeated:
        raise ValueError(f"the table repeats the columns {repeated}; give each a name of its own")
    if data.empty:
        raise ValueError(f"the table is empty: {data.shape[0]} rows, {data.shape[1]} columns")
    unknown = sorted(set(decimals) - set(data.columns)) if isinstance(decimals, Mapping) else []
    if unknown:
        raise ValueError(f"decimals are given for {unknown}, which are not among {list(data.columns)}")
    return data


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: use lower-case letters and digits, joined by hyphens")


def _places(decimals: Decimals, column: str) -> int:
    return decimals.get(column, 2) if isinstance(decimals, Mapping) else decimals


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _fixed(value: float | numbers.Real, places: int) -> str:
    text = f"{value:.{places}f}"
    # a small negative number must not appear as minus nought
    return text.removeprefix("-") if float(text) == 0 else text


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _shown(value: object, places: int) -> str:
    """Return a cell as a reader sees it: thousands grouped from five digits on, so that a year stays a year."""
    if _is_missing(value):
        return MISSING
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return {"True": "yes", "False": "no"}.get(str(value), str(value))
    if isinstance(value, numbers.Integral):
        return _minus(f"{value:,}" if abs(int(value)) >= 10_000 else str(value))
    text = _fixed(value, places)
    return _minus(f"{float(text):,.{places}f}" if abs(float(value)) >= 10_000 else text)


def _csv_cell(value: object, places: int) -> str:
    if _is_missing(value):
        return ""
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return _fixed(value, places)
    text = str(value)
    # a spreadsheet runs a cell of text that starts like a formula
    if not isinstance(value, numbers.Integral) and text.startswith(("=", "+", "-", "@", "\t", "\r")):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def _csv_uri(data: pd.DataFrame, places: Mapping[str, int]) -> str:
    """Return the table as a link that holds the file itself, so that it works without a server."""
    lines = [",".join(_csv_cell(column, 0) for column in data.columns)]
    for values in data.itertuples(index=False, name=None):
        lines.append(",".join(_csv_cell(v, places[c]) for c, v in zip(data.columns, values, strict=True)))
    # spreadsheets take a file for UTF-8 by the byte order mark it starts with
    content = "\ufeff" + "\r\n".join(lines) + "\r\n"
    return "data:text/csv;charset=utf-8," + quote(content, safe=",;:/()*!~@$-_.")
