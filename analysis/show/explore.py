"""Pages that a reader can turn: numbers, controls and charts for scripts that run in the page, without a kernel.

Each page first shows a still chart of its first setting, for print and for readers without scripts; where scripts run,
what is displayed here takes its place. All numbers are computed here; the page only chooses among them and adds up.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analysis.interregional import load_estimated
from analysis.scenarios import demand_across_regions, final_demand_shock
from analysis.show.page import _check_name
from analysis.show.verdicts import box, threshold
from analysis.tables import available
from analysis.verdicts import ClaimError, clusters, leading, measures, restrict
from analysis.verdicts.evidence import table_of
from analysis.verdicts.place import DELTA

if TYPE_CHECKING:
    import altair

    from analysis.tables import InterregionalTable
    from analysis.verdicts import Verdict

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
# Text, place, how it is aligned, and how far from the place it stands.
_Corner = tuple[str, int | str, int | str, Literal["left", "right"], Literal["top", "bottom"], int, int]
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
    for (region, _, imports), part in states.groupby(["region", "year", "imports"], sort=False):
        year = int(part["year"].iloc[0])
        part = part.set_index("code").reindex(codes)
        found.append(
            {
                "region": region,
                "year": year,
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
    rule: dict[str, Any] = {"color": COLOURS["muted"], "strokeWidth": 1}
    places: tuple[_Corner, ...] = (
        ("pulls and pushes", "width", 0, "right", "top", -5, 5),
        ("pushes", 0, 0, "left", "top", 5, 5),
        ("neither", 0, "height", "left", "bottom", 5, -5),
        ("pulls", "width", "height", "right", "bottom", -5, -5),
    )
    corners = [
        nothing.mark_text(
            text=text, align=align, baseline=baseline, dx=dx, dy=dy, color=COLOURS["muted"], fontStyle="italic"
        ).encode(x=alt.value(x), y=alt.value(y))
        for text, x, y, align, baseline, dx, dy in places
    ]
    path, points = alt.NamedData("path"), alt.NamedData("points")
    followed: dict[str, Any] = {"color": COLOURS["third"], "opacity": 1}
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


# ---- the board of verdicts ------------------------------------------------------------------------------------------

# Choices that stand in many tests, and may be restricted in all of them at once.
COMMON = ("year", "imports", "average", "depth")
# Claims that an option must stand in to be offered there.
OFTEN = 10
# Of estimates, as in all charts: some are regressions and draws, whose last digits differ from machine to machine. What
# a specification says is taken as it is.
DIGITS = 6


def testable(judged: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Leave out the claims that cannot be tested."""
    return {key: v for key, v in judged.items() if not v.readings.empty}


def switches(judged: Mapping[str, Verdict]) -> pd.DataFrame:
    """Say how many words change if one common option is left out of every test.

    Parameters
    ----------
    judged : mapping of claim id to Verdict
        Claims that cannot be tested are left out.

    Returns
    -------
    DataFrame
        One row an option: ``choice``, ``option``, ``claims`` (tests that have it), ``changed`` (of these, how many get
        another word) and ``left`` (how many have no specification left to judge by).
    """
    rows: dict[tuple[str, Any], dict[str, int]] = {}
    for v in testable(judged).values():
        for choice, option in ((c, o) for c, every in v.claim.choices.items() if c in COMMON for o in every):
            row = rows.setdefault((choice, option), {"claims": 0, "changed": 0, "left": 0})
            row["claims"] += 1
            try:
                others = [o for o in v.claim.choices[choice] if o != option]
                row["changed"] += restrict(v, {choice: others}).outcome != v.outcome
            except ClaimError:
                row["left"] += 1
    frame = pd.DataFrame([{"choice": c, "option": str(o), **row} for (c, o), row in rows.items()])
    order = frame["choice"].map({choice: place for place, choice in enumerate(COMMON)})
    frame = frame.assign(order=order)[frame["claims"] >= OFTEN]
    years = frame["option"].where(frame["choice"] == "year", "")
    return frame.assign(years=years).sort_values(["order", "years"], kind="stable", ignore_index=True)[list(frame)[:5]]


def verdicts_data(judged: Mapping[str, Verdict]) -> list[dict[str, Any]]:
    """Return the testable claims as the page reads them.

    Returns
    -------
    list of dict
        ``id``, ``word`` (as declared), ``unit``, ``choices`` (name and options, the primary one first), and, for every
        combination of options with the last choice moving fastest: ``readings``, one letter each (s supports, c
        contradicts, u undecided, - not admissible), and ``numbers``, value and ends of the interval, ``None`` where not
        admissible; ends that are the value itself are left out.
    """
    found = []
    for v in testable(judged).values():
        names = list(v.claim.choices)
        rows = v.readings.set_index(names)
        if len(names) == 1:
            rows.index = pd.MultiIndex.from_arrays([rows.index], names=names)
        every = pd.MultiIndex.from_product(list(v.claim.choices.values()), names=names)
        rows = rows.reindex(every)
        found.append(
            {
                "id": v.claim.id,
                "word": v.outcome,
                "unit": v.claim.unit,
                "choices": [[name, [str(o) for o in v.claim.choices[name]]] for name in names],
                "readings": "".join("-" if pd.isna(r) else r[0] for r in rows["reading"]),
                "numbers": [_estimate(*row) for row in rows[["value", "lower", "upper"]].itertuples(index=False)],
            }
        )
    return found


def _estimate(value: float, lower: float, upper: float) -> list[float] | None:
    if pd.isna(value):
        return None
    ends = [value, lower, upper] if lower < upper else [value]
    return [float(f"{end:.{DIGITS}g}") for end in ends]


def verdicts(judged: Mapping[str, Verdict], still: str) -> None:
    """Display every testable claim with its options to switch, for itself or in all claims at once.

    Parameters
    ----------
    judged : mapping of claim id to Verdict
        In the order in which they are shown.
    still : str
        Identifier of the table that shows the words as declared.
    """
    common = switches(judged)
    boxes = []
    for choice in dict.fromkeys(common["choice"]):
        options = common.loc[common["choice"] == choice, "option"]
        boxes.append(_checks({f"{choice}={o}": o for o in options}, f"Admit in all tests: {choice}"))
    parts = {"": "the whole paper"} | {f"{n}": f"part {n}" for n in (1, 2, 3, 4)}
    words = {"": "all", "changed": "changed"} | {word: word for word in ("supported", "mixed", "contradicted")}
    controls = [
        *boxes,
        _choice("part", "Claims of", parts, ""),
        _radios("show", "Show", words, ""),
        '<input type="text" name="off" value="" hidden>',
    ]
    shown = [_claim(v) for v in testable(judged).values()]
    _explorer("verdicts", "Options of all tests", controls, shown, verdicts_data(judged), still=still)


def _claim(v: Verdict) -> str:
    """Return one claim, folded up; the page fills its word and, once it is opened, its options."""
    claim, anchor = v.claim, box(v.claim.id)
    needed, name = threshold(v), claim.id.replace(".", "-")
    columns = ["Option", "Admitted", "The number if only this changes", "It then"]
    return (
        f'<details class="claim" data-claim="{claim.id}" data-section="{claim.section}">'
        f'<summary><span class="claim-word"></span> <span class="claim-section">{claim.section}</span>'
        f' <span class="claim-statement">{html.escape(claim.statement)}</span></summary>'
        f"<p>{html.escape(claim.quantity)}. The claim needs it {html.escape(needed)}."
        f' <a href="#{anchor}">The verdict in its section<span class="visually-hidden"> {claim.section}, '
        f"{html.escape(claim.statement)}</span></a></p>"
        f'<p class="claim-counts"></p>{_table(name, f"Options of the test of claim {claim.id}", columns)}</details>'
    )


# ---- the scenario of the clusters' demand ---------------------------------------------------------------------------

EFFECTS = {"output": "output", "value_added": "value added", "leakage": "leakage"}
BOUGHT = {"anywhere": "Shanghai's own, who buy outside too", "locally": "elsewhere, of Shanghai's products"}
# Multipliers are computed from a change of this size, in 100 million yuan: large, so that the change of a total does
# not drown in the digits of the total.
LARGE = 10_000.0
# A little finer than the other results, since sliders multiply them.
MULTIPLIER_DECIMALS = 10


def sliders() -> pd.DataFrame:
    """List the sectors that the six clusters stand on: one slider each, for all clusters that share the sector.

    Returns
    -------
    DataFrame
        One row a sector: ``code``, ``sector``, ``clusters`` (their short names).
    """
    listed: dict[str, list[str]] = {}
    for section, name in clusters.CLUSTERS.items():
        for code in clusters.cluster_sectors(section):
            listed.setdefault(code, []).append(clusters.SHORT[name])
    rows = [(code, leading.sector_names()[code], ", ".join(names)) for code, names in sorted(listed.items())]
    return pd.DataFrame(rows, columns=["code", "sector", "clusters"])


def city_multipliers(bought: str, year: int = 2017) -> dict[str, pd.DataFrame]:
    """Effects in Shanghai of one yuan of final demand for each slider's product, under each import assumption.

    Parameters
    ----------
    bought : {"anywhere", "locally"}
        As in :func:`analysis.scenarios.final_demand_shock`.
    year : int
        Of the table.

    Returns
    -------
    dict of str to DataFrame
        By assumption; rows are sectors (for leakage, products), columns effect and slider.
    """
    table = table_of("Shanghai", year)
    found = {
        code: final_demand_shock(table, {code: LARGE}, bought=bought).cases[list(EFFECTS)] / LARGE
        for code in sliders()["code"]
    }
    wide = pd.concat(found, axis=1, names=["slider", "effect"]).swaplevel(axis=1)
    return {name: wide.loc[name] for name in LOCAL}


def region_multipliers(table: InterregionalTable, bought: str) -> pd.DataFrame:
    """Effects by region and sector of one yuan of demand in Shanghai for each slider's product; columns as above."""
    found = {
        code: demand_across_regions(table, {code: 1.0}, "Shanghai", bought=bought)[list(EFFECTS)]
        for code in sliders()["code"]
    }
    result: pd.DataFrame = pd.concat(found, axis=1, names=["slider", "effect"]).swaplevel(axis=1)
    return result


def scenario_data(year: int = 2017) -> dict[str, Any]:
    """Return all that the scenario page adds up; every effect is that of one yuan, by slider.

    Returns
    -------
    dict
        ``sliders``, ``sectors``, ``regions``; ``city``: by way of buying, assumption and effect, a list over sectors a
        slider; ``across``: by way of buying and effect, a list over regions and sectors a slider, from the stored
        estimate; ``others``: by way of buying and effect, for each estimate and slider, a list over regions.
    """
    stored, estimated = load_estimated(year), measures.estimated_tables(year)
    city, across, others = {}, {}, {}
    for bought in BOUGHT:
        by_imports = city_multipliers(bought, year)
        city[bought] = {name: _lists(frame, MULTIPLIER_DECIMALS) for name, frame in by_imports.items()}
        across[bought] = _lists(region_multipliers(stored, bought), MULTIPLIER_DECIMALS)
        sums = [region_multipliers(t, bought).groupby(level="region", sort=False).sum() for t in estimated]
        every = [_lists(frame, DECIMALS) for frame in sums]
        others[bought] = {effect: [one[effect] for one in every] for effect in EFFECTS}
    names = leading.sector_names()
    return {
        "sliders": sliders().to_dict("records"),
        "sectors": [names[code] for code in stored.sectors],
        "regions": list(stored.regions),
        "city": city,
        "across": across,
        "others": others,
    }


def _lists(frame: pd.DataFrame, decimals: int) -> dict[str, list[list[float]]]:
    """Return columns effect, slider as lists, a list a slider; what is nought is not minus nought."""
    rounded = frame.round(decimals) + 0.0
    return {effect: [list(rounded[effect][code]) for code in rounded[effect]] for effect in EFFECTS}


def first_setting(year: int = 2017) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Value added, in million yuan, of a billion yuan more of each slider's product bought by Shanghai: still charts.

    Returns
    -------
    tuple of DataFrame
        By sector of the city, supply pool, with ``lower`` and ``upper`` over the import assumptions; and by region, in
        the stored estimate, with the range over all estimates of the year.
    """
    demand = dict.fromkeys(sliders()["code"], 10.0)
    shock = final_demand_shock(table_of("Shanghai", year), demand)
    value, ends = shock.effects["value_added"], shock.range["value_added"]
    city = pd.DataFrame({"sector": leading.sector_names()[value.index], "value": value, **ends})
    city = city.rename(columns={"lowest": "lower", "highest": "upper"})
    tables = [load_estimated(year), *measures.estimated_tables(year)]
    found = pd.DataFrame(
        [
            demand_across_regions(t, demand, "Shanghai")["value_added"].groupby(level="region", sort=False).sum()
            for t in tables
        ]
    )
    regions = pd.DataFrame({"value": found.iloc[0], "lower": found.min(), "upper": found.max()})
    numbers = ["value", "lower", "upper"]
    # 100 million yuan are a hundred millions
    city[numbers], regions[numbers] = 100 * city[numbers], 100 * regions[numbers]
    city = city.sort_values("value", ascending=False).reset_index(drop=True)
    return city, regions.rename_axis("region").reset_index()


def range_chart(title: str) -> dict[str, Any]:
    """Return a moving chart of values with ranges as a Vega specification; the page fills its data set ``rows``.

    A row has ``name``, ``value``, ``low``, ``high``, ``text`` and ``room``, up to where its text may reach.
    """
    import altair as alt

    rows = alt.Chart(alt.NamedData("rows"))
    limit = alt.ExprRef("containerSize()[0] < 450 ? 150 : 250")
    names = alt.Axis(labelLimit=limit, labelPadding=6, ticks=False, domain=False)
    y = alt.Y("name:N", sort=None, title=None, axis=names)
    axis = alt.Axis(tickCount=4, grid=True)
    line: dict[str, Any] = {"color": COLOURS["first"], "opacity": 1}
    chart = alt.layer(
        alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=COLOURS["muted"]).encode(x=alt.datum(0)),
        rows.mark_point(opacity=0, color=COLOURS["faint"]).encode(x=alt.X("room:Q", title=title, axis=axis), y=y),
        rows.mark_rule(**line, strokeWidth=2.5).encode(x="low:Q", x2="high:Q", y=y),
        rows.mark_point(**line, filled=True, size=85).encode(x="value:Q", y=y),
        rows.mark_text(align="left", dx=7).encode(x="high:Q", y=y, text="text:N"),
    ).properties(width="container", height=alt.Step(25))
    return _compiled(chart)


def scenario(still: str) -> None:
    """Display the scenario: five sliders, who buys, what is local, which effect; two charts and two tables.

    Parameters
    ----------
    still : str
        Name of the figure that shows the first setting.
    """
    charts = {
        "sectors": range_chart("Million yuan; line: all import assumptions"),
        "regions": range_chart("Estimated, million yuan; line: all estimates"),
    }
    data = scenario_data() | {"charts": charts}
    regions = [f"{name}, estimated" for name in data["regions"]]
    controls = [
        *(_slider(row["code"], row["sector"], row["clusters"]) for row in data["sliders"]),
        _radios("bought", "Who buys", BOUGHT, "anywhere"),
        _radios("imports", "What is local", {name: name for name in LOCAL}, LOCAL[0]),
        _radios("effect", "What is shown", EFFECTS, "value_added"),
    ]
    totals = ["Effect", "Shanghai", "Lowest", "Highest", *regions]
    by_sector = ["Sector", "Shanghai", *regions]
    note = (
        "Million yuan, against the tables of 2017. Shanghai: the city's own table, under the assumption that is chosen;"
        " lowest and highest over all three. Estimated: from an estimated interregional table; no flow between two"
        " provinces has been observed. Leakage is what comes from outside the city by its own table, and from abroad in"
        " the estimated one."
    )
    shown = [
        '<p class="explore-title" data-title="sectors"></p><div class="explore-chart" data-chart="sectors"></div>',
        '<p class="explore-title" data-title="regions"></p><div class="explore-chart" data-chart="regions"></div>',
        "<details open><summary>The sums of this setting</summary>",
        _table("explore-sums", "Effects on the city, and by province as estimated", totals, totals[1:]),
        f'<p class="table-note">{html.escape(note)}</p></details>',
        "<details><summary>Every sector and province</summary>",
        _table("explore-sectors", "The effect by sector and province", by_sector, by_sector[1:]),
        "</details>",
    ]
    _explorer("scenario", "Settings of the scenario", controls, shown, data, still=still)


def _slider(code: str, sector: str, names: str) -> str:
    """Return a slider from five billion yuan less to five more; it starts at one more."""
    return (
        f'<label class="explore-slider"><span>{html.escape(sector)} <small>{html.escape(names)}</small></span>'
        f'<input type="range" name="{code}" min="-5" max="5" step="0.5" value="1"><output></output></label>'
    )


# ---- what all of them share -----------------------------------------------------------------------------------------


def _compiled(chart: altair.TopLevelMixin) -> dict[str, Any]:
    """Return a chart in the house style as Vega, which no script needs to compile."""
    import vl_convert

    ink, faint = COLOURS["ink"], COLOURS["faint"]
    parts: dict[str, Any] = {"font": FONT, "view": {"stroke": None}}
    axis: dict[str, Any] = {
        "labelColor": ink,
        "titleColor": ink,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 13,
    }
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


def _checks(options: Mapping[str, str], legend: str) -> str:
    """Return a group of ticked boxes; options are labels by the name of the box."""
    items = "".join(
        f'<label><input type="checkbox" name="{html.escape(name)}" value="on" checked>'
        f"<span>{html.escape(label)}</span></label>"
        for name, label in options.items()
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
        f'<div class="explore" data-explore="{name}" data-still="{still}"{vega} hidden>',
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
