"""Pages that a reader can turn: numbers, controls and charts for scripts that run in the page, without a kernel.

Each page first shows a still chart of its first setting, for print and for readers without scripts; where scripts run,
what is displayed here takes its place. All numbers are computed here; the page only chooses among them and adds up.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.show.page import _check_name
from analysis.tables import available
from analysis.verdicts import leading
from analysis.verdicts.evidence import DELTA, table_of

if TYPE_CHECKING:
    import altair

LOCAL = ("supply pool", "exports first", "net inflow")
REGIONS = (*DELTA, "China")
# Results are kept to this many decimals: finer than the billionth that the tests ask for, coarser than the digits in
# which two processors differ.
DECIMALS = 9
# Colours are variables of the style sheet, so that they follow the theme.
COLOURS = {
    "ink": "var(--explore-ink)",
    "muted": "var(--explore-muted)",
    "faint": "var(--explore-faint)",
    "first": "var(--explore-1)",
    "second": "var(--explore-2)",
    "third": "var(--explore-3)",
}
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif'


# ---- the linkage map ------------------------------------------------------------------------------------------------


def map_states(regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Linkage indices of every sector in every table, under each import assumption that the table can carry.

    Parameters
    ----------
    regions : sequence of str
        Of the delta, or China.

    Returns
    -------
    DataFrame
        One row a region, year, assumption and sector: ``region``, ``year``, ``imports``, ``code``, ``sector``,
        ``role``, ``backward_index``, ``forward_index`` (average sector = 1); see
        :func:`analysis.verdicts.leading.linkage_map`. Tables that publish net trade only carry net inflow alone.
    """
    years = available().groupby("region")["year"].apply(list)
    parts = []
    for region in regions:
        for year in years[region]:
            for imports in LOCAL if table_of(region, year).gross_trade else LOCAL[-1:]:
                found = leading.linkage_map(year, imports, region)
                parts.append(found.rename_axis("code").reset_index().assign(region=region, year=year, imports=imports))
    columns = ["region", "year", "imports", "code", "sector", "role", "backward_index", "forward_index"]
    return pd.concat(parts, ignore_index=True)[columns]


def fields(states: pd.DataFrame) -> pd.Series:
    """Name the field of the map in which each row lies: an index that is not above one is not above the average."""
    pulls, pushes = states["backward_index"] > 1, states["forward_index"] > 1
    names = {
        (True, True): "pulls and pushes",
        (True, False): "pulls",
        (False, True): "pushes",
        (False, False): "neither",
    }
    return pd.Series([names[key] for key in zip(pulls, pushes, strict=True)], index=states.index, name="field")


def turning(states: pd.DataFrame, region: str = "Shanghai", year: int = 2017) -> pd.Series:
    """Say which sectors of a table change their field of the map with the import assumption.

    Returns
    -------
    Series
        By code, true where a sector lies in more than one field.
    """
    one = states[(states["region"] == region) & (states["year"] == year)]
    return fields(one).groupby(one["code"]).nunique() > 1


def map_data(states: pd.DataFrame) -> dict[str, Any]:
    """Return the rows of :func:`map_states` as the page reads them.

    Returns
    -------
    dict
        ``sectors``: code, name and role of each; ``states``: region, year, assumption, and the two indices of the
        sectors in their order, ``None`` for a sector without output.
    """
    sectors = states.drop_duplicates("code").sort_values("code")
    codes = list(sectors["code"])
    found = []
    for (region, year, imports), part in states.groupby(["region", "year", "imports"], sort=False):
        part = part.set_index("code").reindex(codes)
        found.append(
            {
                "region": region,
                "year": int(year),
                "imports": imports,
                "backward": _numbers(part["backward_index"]),
                "forward": _numbers(part["forward_index"]),
            }
        )
    return {"sectors": sectors[["code", "sector", "role"]].to_dict("records"), "states": found}


def map_chart() -> dict[str, Any]:
    """Return the moving linkage map as a Vega specification; the page fills its data sets.

    ``points`` holds a row a sector, ``path`` the followed sector over the years, ``frame`` two corners that keep the
    axes while only the year changes.
    """
    import altair as alt

    axes = {
        name: channel(f"{field}:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6, format=".1f"))
        for name, channel, field, title in (
            ("x", alt.X, "backward", "Backward linkage index: pull"),
            ("y", alt.Y, "forward", "Forward linkage index: push"),
        )
    }
    roles = ["integrated product", "base industry", "other"]
    by_role = {
        "color": alt.Color(
            "role:N",
            scale=alt.Scale(domain=roles, range=[COLOURS[name] for name in ("first", "second", "muted")]),
            legend=None,
        ),
        "shape": alt.Shape(
            "role:N", scale=alt.Scale(domain=roles, range=["square", "triangle-up", "circle"]), legend=None
        ),
    }
    nothing = alt.Chart(alt.InlineData(values=[{}]))
    rule = {"color": COLOURS["muted"], "strokeWidth": 1}
    corners = [
        nothing.mark_text(
            text=text, align=align, baseline=baseline, dx=dx, dy=dy, color=COLOURS["muted"], fontStyle="italic"
        ).encode(x=alt.value(x), y=alt.value(y))
        for text, x, y, align, baseline, dx, dy in (
            ("pulls and pushes", "width", 0, "right", "top", -5, 5),
            ("pushes", 0, 0, "left", "top", 5, 5),
            ("neither", 0, "height", "left", "bottom", 5, -5),
            ("pulls", "width", "height", "right", "bottom", -5, -5),
        )
    ]
    path, points = alt.NamedData("path"), alt.NamedData("points")
    followed = {"color": COLOURS["third"], "opacity": 1}
    chart = alt.layer(
        nothing.mark_rule(**rule).encode(x=alt.datum(1)),
        nothing.mark_rule(**rule).encode(y=alt.datum(1)),
        *corners,
        alt.Chart(alt.NamedData("frame")).mark_point(opacity=0, color=COLOURS["faint"]).encode(**axes),
        alt.Chart(path).mark_line(**followed, strokeWidth=2).encode(**axes, order="year:O"),
        alt.Chart(path, name="years").mark_point(**followed, filled=True, size=30).encode(**axes),
        alt.Chart(points, name="sectors").mark_point(filled=True, size=75, opacity=1).encode(**axes, **by_role),
        alt.Chart(points)
        .transform_filter("datum.followed")
        .mark_point(**followed, size=300, strokeWidth=2.5, shape="circle")
        .encode(**axes),
    ).properties(width="container", height=440)
    spec = _compiled(chart)
    # the years of the path come first: they keep their place, and names make way
    years = _labels("years", "datum.datum.name", f"'{COLOURS['third']}'", "datum.datum.year", ["sectors_marks"])
    names = _labels(
        "sectors", "datum.datum.sector", "datum.datum.ink", "datum.datum.order", ["years_marks", "years_labels"]
    )
    spec["marks"] += [years, names]
    return spec


def linkage_map(states: pd.DataFrame, still: str, sector: str = "C19") -> None:
    """Display the linkage map with controls for region, year, import assumption and a sector to follow.

    Parameters
    ----------
    states : DataFrame
        From :func:`map_states`.
    still : str
        Name of the figure that shows Shanghai's map of 2017 under the supply pool.
    sector : str
        The sector that is followed at first.
    """
    data = map_data(states) | {"charts": {"map": map_chart()}}
    names = {row["code"]: row["sector"] for row in data["sectors"]}
    years = {str(year): str(year) for year in sorted(states["year"].unique())}
    controls = [
        _radios("region", "Region", {name: name for name in dict.fromkeys(states["region"])}, "Shanghai"),
        _radios("year", "Table of", years, "2017"),
        _radios("imports", "What is local", {name: name for name in LOCAL}, LOCAL[0]),
        _choice("sector", "Follow over the years", names, sector),
    ]
    columns = ["Sector", "Pull", "Rank", "Push", "Rank of push", "Field"]
    shown = [
        '<div class="explore-chart" data-chart="map"></div>',
        '<p class="explore-key"><span><b class="key-1" aria-hidden="true">■</b> integrated product</span>'
        ' <span><b class="key-2" aria-hidden="true">▲</b> base industry</span>'
        ' <span><b class="key-0" aria-hidden="true">●</b> other sector</span>'
        ' <span><b class="key-3" aria-hidden="true">◯</b> followed, with its path</span></p>',
        "<details open><summary>The numbers of this setting</summary>",
        _table("explore-map", "Linkage indices of every sector", columns, ["Pull", "Rank", "Push", "Rank of push"]),
        '<p class="table-note">The average sector with output is 1; strongest pull first. Sectors without output are'
        " left out.</p></details>",
    ]
    _explorer("map", "Settings of the linkage map", controls, shown, data, still=still)


# ---- what all of them share -----------------------------------------------------------------------------------------


def _compiled(chart: altair.TopLevelMixin) -> dict[str, Any]:
    """Return a chart in the house style as Vega, which no script needs to compile."""
    import vl_convert

    ink, faint = COLOURS["ink"], COLOURS["faint"]
    parts = {"font": FONT, "view": {"stroke": None}}
    axis = {"labelColor": ink, "titleColor": ink, "titleFontWeight": "normal", "labelFontSize": 12, "titleFontSize": 13}
    axis |= {
        "domainColor": COLOURS["muted"],
        "tickColor": COLOURS["muted"],
        "gridColor": faint,
        "grid": False,
        "aria": False,
    }
    text = {"fontSize": 12, "color": ink}
    # a description of the whole, and a table, say more than a list of marks
    chart = chart.configure(**parts, axis=axis, text=text, mark={"aria": False})
    spec = vl_convert.vegalite_to_vega(chart.to_dict())
    del spec["$schema"]
    return spec | {"background": None}


def _labels(marks: str, text: str, colour: str, order: str, avoid: Sequence[str]) -> dict[str, Any]:
    """Return texts beside the symbols of a chart, in their order; where there is no room they are left out."""
    return {
        "type": "text",
        "name": f"{marks}_labels",
        "from": {"data": f"{marks}_marks"},
        "interactive": False,
        "aria": False,
        "encode": {
            "update": {
                "text": {"signal": text},
                "fill": {"signal": colour},
                "font": {"value": FONT},
                "fontSize": {"value": 12},
            }
        },
        "transform": [
            {
                "type": "label",
                "size": {"signal": "[width, height]"},
                "sort": {"field": order},
                "anchor": ["right", "left", "top", "bottom", "top-right", "bottom-right", "top-left", "bottom-left"],
                "offset": [4],
                "avoidMarks": list(avoid),
                "padding": 0,
            }
        ],
    }


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else round(float(value), DECIMALS) for value in values]


def _data(content: object) -> str:
    """Return a block of data that HTML and XHTML take alike, and that no text in it can end."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json">{text}</script>'


def _radios(name: str, legend: str, options: Mapping[str, str], chosen: str) -> str:
    """Return a group of radio buttons; options are labels by value."""
    items = "".join(
        f'<label><input type="radio" name="{name}" value="{html.escape(value)}"{" checked" * (value == chosen)}>'
        f"<span>{html.escape(label)}</span></label>"
        for value, label in options.items()
    )
    return f"<fieldset><legend>{html.escape(legend)}</legend><div>{items}</div></fieldset>"


def _choice(name: str, label: str, options: Mapping[str, str], chosen: str) -> str:
    """Return a list to choose one option from; options are labels by value."""
    items = "".join(
        f'<option value="{html.escape(value)}"{" selected" * (value == chosen)}>{html.escape(text)}</option>'
        for value, text in options.items()
    )
    return (
        f'<label class="explore-choice"><span>{html.escape(label)}</span><select name="{name}">{items}</select></label>'
    )


def _table(name: str, caption: str, columns: Sequence[str], numeric: Sequence[str] = ()) -> str:
    """Return an empty table that the page fills."""
    head = "".join(
        f'<th scope="col"{" class=" + chr(34) + "number" + chr(34) if c in numeric else ""}>{html.escape(c)}</th>'
        for c in columns
    )
    return (
        f'<div class="table-scroll" role="region" aria-labelledby="caption-{name}" tabindex="0">'
        f'<table class="data" id="table-{name}"><caption id="caption-{name}">{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody></tbody></table></div>"
    )


def _explorer(
    name: str, title: str, controls: Sequence[str], shown: Sequence[str], data: object, *, still: str
) -> None:
    """Display controls, what they move, and the data; hidden until the page's script takes over from the still chart.

    Parameters
    ----------
    name : str
        Names the script, ``explore-<name>.js``.
    title : str
        What the controls are for.
    controls, shown : sequence of str
        HTML.
    data : object
        For JSON. What it holds under ``charts`` needs Vega.
    still : str
        Name of the figure that stands for this without scripts.
    """
    from IPython.display import display

    _check_name(name)
    vega = " data-vega" if isinstance(data, Mapping) and "charts" in data else ""
    lines = [
        f'<div class="explore" id="explore-{name}" data-explore="{name}" data-still="{still}"{vega} hidden>',
        f'<form class="explore-controls" aria-label="{html.escape(title)}" autocomplete="off">',
        *controls,
        '<button type="reset">Reset</button>',
        "</form>",
        '<p class="explore-says" role="status"></p>',
        *shown,
        _data(data),
        "</div>",
    ]
    display({"text/html": "\n".join(lines), "text/plain": f"<explorer {name}>"}, raw=True)
