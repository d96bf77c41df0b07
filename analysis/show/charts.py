"""Charts by purpose. Each takes a tidy frame and returns a figure; none reads, computes or displays.

Titles say what is shown, labels sit beside what they name, and axes start where the reader expects.
What is drawn is first rounded to six significant digits, so that every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

from analysis.show.labels import inches, name_ends, name_points
from analysis.show.style import (
    FAINT,
    FONT_SIZE,
    INK,
    LINE,
    MUTED,
    PALETTE,
    SMALL,
    WIDTH,
    house,
    looks,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of the ranges of one row, the innermost first, in points.
THICKNESS = (7.0, 3.5, 1.2)


def quadrant(
    data: pd.DataFrame,
    x: str,
    y: str,
    label: str,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    highlight: Sequence[str] = (),
    group: str | None = None,
    centre: tuple[float, float] = (1.0, 1.0),
    corners: tuple[str, str, str, str] = ("", "", "", ""),
) -> Figure:
    """Draw a scatter that two lines cut into four fields, with the points named in place.

    Parameters
    ----------
    data : DataFrame
        One row a point.
    x, y, label : str
        Columns of the coordinates and of the names.
    title, xlabel, ylabel : str
        Texts; the axis texts name the unit.
    highlight : sequence of str
        Names that are drawn strong and named first. The others are named as far as there is room; all of them
        are in the table under the chart.
    group : str, optional
        Column whose values get a colour and a marker each (six at most).
    centre : tuple of float
        Where the two lines cross.
    corners : tuple of str
        What the fields mean: top right, top left, bottom left, bottom right.
    """
    import seaborn as sns

    data = _drawn(data, [x, y], [label] + ([group] if group else []))
    _check_members(highlight, data[label], "highlight")
    groups = list(dict.fromkeys(data[group])) if group else []
    colours, markers = looks(groups)
    with house():
        fig, ax = _canvas(4.4, title, left=0.62, right=0.15, bottom=0.55 + _legend_height(len(groups), 3))
        ax.axvline(centre[0], color=MUTED, lw=0.8)
        ax.axhline(centre[1], color=MUTED, lw=0.8)
        if group:
            point_colours = data[group].map(colours)
            sns.scatterplot(data, x=x, y=y, hue=group, style=group, palette=colours, markers=markers, s=34, ax=ax)
            handles, names = ax.get_legend_handles_labels()
            if (legend := ax.get_legend()) is not None:
                legend.remove()
            _legend_below(fig, handles, names, 3)
        else:
            point_colours = data[label].isin(list(highlight)).map({True: PALETTE[0], False: MUTED})
            ax.scatter(data[x], data[y], s=30, c=point_colours, linewidth=0.4, edgecolor="white")
        ax.set(ylabel=ylabel)
        _name_across(ax, xlabel)
        ax.margins(0.09)
        name_points(ax, data[x], data[y], data[label], point_colours, highlight, corners)
    return fig


def slopes(
    data: pd.DataFrame,
    x: str,
    y: str,
    label: str,
    *,
    title: str,
    ylabel: str,
    highlight: Sequence[str] = (),
    ranks: bool = False,
) -> Figure:
    """Draw how things move over a few years, each named at its end.

    Parameters
    ----------
    data : DataFrame
        One row for each thing and year, none missing.
    x, y, label : str
        Columns of the year, the value (or rank) and the name.
    title, ylabel : str
        Texts.
    highlight : sequence of str
        Names that are drawn in colour; the others stay grey. None means that all are coloured, up to six.
    ranks : bool
        Whether `y` holds ranks: then the first is on top.
    """
    import seaborn as sns

    data = _drawn(data, [x, y], [label])
    _check_members(highlight, data[label], "highlight")
    names = list(dict.fromkeys(data[label]))
    counts = data.groupby(label)[x].nunique()
    years = sorted(data[x].unique())
    short = sorted(counts.index[counts < len(years)])
    if short:
        raise ValueError(f"{short} have no value in some of the years {years}")
    coloured = list(highlight) or (names if len(names) <= len(PALETTE) else [])
    colours = {n: FAINT for n in names} | looks(coloured)[0]
    named = coloured or names
    ends = data[data[x] == years[-1]].set_index(label)[y]
    texts = {n: wrap(f"{ends[n]:g} {n}" if ranks else n, 1.7, SMALL) for n in named}
    right = max(text_width(line, SMALL) for t in texts.values() for line in t.split("\n")) + 0.25
    with house():
        height = max(
            2.6, 0.17 * len(names) if ranks else 0, 1.15 * LINE * sum(t.count("\n") + 1 for t in texts.values())
        )
        fig, ax = _canvas(height, title, left=0.62, right=right, bottom=0.35)
        for strong in (False, True):
            part = data[data[label].isin(coloured) == strong]
            if len(part):
                sns.lineplot(
                    part,
                    x=x,
                    y=y,
                    hue=label,
                    palette=colours,
                    estimator=None,
                    errorbar=None,
                    legend=False,
                    marker="o",
                    markersize=5 if strong else 3,
                    markeredgewidth=0,
                    linewidth=2 if strong else 1,
                    ax=ax,
                )
        ax.set(xlabel="", ylabel=ylabel, xticks=years)
        ax.set_xticklabels([f"{year:g}" for year in years])
        if ranks:
            ax.invert_yaxis()
        name_ends(
            ax,
            {n: (years[-1], ends[n]) for n in named},
            texts,
            {n: colours[n] if n in coloured else INK for n in named},
        )
    return fig


def lines(
    data: pd.DataFrame,
    x: str,
    y: str,
    label: str,
    *,
    title: str,
    ylabel: str,
    zero: bool = False,
    low: str | None = None,
    high: str | None = None,
) -> Figure:
    """Draw one line for each name over `x`, named at its end, with an optional band.

    Parameters
    ----------
    data : DataFrame
        One row for each point; gaps in `x` stay gaps in the axis.
    x, y, label : str
        Columns.
    title, ylabel : str
        Texts.
    zero : bool
        Whether the axis starts at nought, as it should where the height itself is compared.
    low, high : str, optional
        Columns of the band.
    """
    band = [c for c in (low, high) if c is not None]
    if len(band) == 1:
        raise ValueError("a band needs both its lower and its upper column")
    data = _drawn(data, [x, y, *band], [label]).sort_values([label, x], kind="stable")
    names = list(dict.fromkeys(data.sort_values(x, kind="stable")[label]))
    colours, markers = looks(names)
    texts = {n: wrap(n, 1.5, SMALL) for n in names}
    right = max(text_width(line, SMALL) for t in texts.values() for line in t.split("\n")) + 0.25
    with house():
        fig, ax = _canvas(2.9, title, left=0.62, right=right, bottom=0.35)
        ends = {}
        for name, marker in markers.items():
            part = data[data[label] == name]
            if band:
                ax.fill_between(part[x], part[low], part[high], color=colours[name], alpha=0.15, linewidth=0)
            ax.plot(part[x], part[y], color=colours[name], lw=2, marker=marker, ms=4)
            ends[name] = (part[x].iloc[-1], part[y].iloc[-1])
        if zero:
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        _zero_line(ax, "y")
        _whole_numbers(ax, data[x])
        ax.set(xlabel="", ylabel=ylabel)
        _room_for_ticks(ax)
        name_ends(ax, ends, texts, colours)
    return fig


def intervals(
    data: pd.DataFrame,
    label: str,
    estimate: str,
    low: str | None = None,
    high: str | None = None,
    *,
    title: str,
    xlabel: str,
    highlight: Sequence[str] = (),
    reference: float | None = None,
    reference_label: str = "",
) -> Figure:
    """Draw an estimate a row with its interval, in the order of the frame.

    Parameters
    ----------
    data : DataFrame
        One row an estimate, the first on top.
    label, estimate : str
        Columns of the names and of the values.
    low, high : str, optional
        Columns of the bounds; without them only dots are drawn.
    title, xlabel : str
        Texts; `xlabel` names the unit and what the interval is.
    highlight : sequence of str
        Names drawn in the first colour.
    reference, reference_label : float and str, optional
        A value to compare with, drawn as a line, and its name.
    """
    bounds = [c for c in (low, high) if c is not None]
    if len(bounds) == 1:
        raise ValueError("an interval needs both its lower and its upper column")
    data = _drawn(data, [estimate, *bounds], [label])
    _check_members(highlight, data[label], "highlight")
    if bounds:
        outside = data[(data[estimate] < data[low]) | (data[estimate] > data[high])]
        if len(outside):
            raise ValueError(f"the estimate lies outside its interval for {list(outside[label])}")
    texts = [wrap(str(n), 2.0, SMALL) for n in data[label]]
    left = max(text_width(line, SMALL) for t in texts for line in t.split("\n")) + 0.15
    step = 0.24 if all("\n" not in t for t in texts) else 0.36
    with house():
        fig, ax = _canvas(
            step * len(data) + 0.15, title, left=left, right=0.2, bottom=0.55, above=0.2 if reference_label else 0.0
        )
        rows = np.arange(len(data))
        strong = data[label].isin(list(highlight)).to_numpy() | (len(highlight) == 0)
        colour = np.where(strong, PALETTE[0], MUTED)
        if bounds:
            ax.hlines(rows, data[low], data[high], color=colour, lw=2)
        ax.scatter(data[estimate], rows, c=colour, s=30, zorder=3)
        if reference is not None:
            ax.axvline(reference, color=MUTED, lw=0.8, zorder=0)
            ax.text(reference, -0.75, reference_label, ha="center", va="bottom", fontsize=SMALL, color=MUTED)
        ax.set_yticks(rows, texts)
        ax.set_ylim(len(data) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", color=FAINT, lw=0.5)
        ax.set_axisbelow(True)
        _name_across(ax, xlabel)
    return fig


def ranges(
    data: pd.DataFrame,
    label: str,
    level: str,
    estimate: str,
    low: str,
    high: str,
    *,
    panel: str,
    title: str,
    xlabel: str,
    estimate_label: str = "estimate",
) -> Figure:
    """Draw, a row each, an estimate and one range for each level of something: the lower the level, the thicker.

    Parameters
    ----------
    data : DataFrame
        One row for each panel, label and level; levels in the order in which they first appear, three at most.
    label, level : str
        Columns of the names and of the levels, which are the legend.
    estimate, low, high : str
        Columns of the values. An estimate may lie outside a range: that is worth seeing.
    panel : str
        Column of what groups the rows; each group stands under its name.
    title, xlabel : str
        Texts; `xlabel` names the unit.
    estimate_label : str
        What the estimate is called in the legend.
    """
    data = _drawn(data, [estimate, low, high], [label, level, panel])
    levels = list(dict.fromkeys(data[level]))
    if len(levels) > len(THICKNESS):
        raise ValueError(f"{len(levels)} levels, and {len(THICKNESS)} line widths; leave some out")
    upside = data[data[low] > data[high]]
    if len(upside):
        raise ValueError(f"the range of {list(upside[label])} ends below where it starts")
    rows, texts = {}, []
    for name, part in data.groupby(panel, sort=False):
        texts.append(wrap(str(name), 2.0, SMALL, "bold"))
        for one in dict.fromkeys(part[label]):
            rows[name, one] = len(texts)
            texts.append(wrap(str(one), 1.7, SMALL))
    headings = set(range(len(texts))) - set(rows.values())
    data["row"] = [rows[key] for key in zip(data[panel], data[label], strict=True)]
    left = max(text_width(line, SMALL) for t in texts for line in t.split("\n")) + 0.15
    # Names of two lines need the room of one and a half rows.
    step = 0.22 if all("\n" not in t for t in texts) else 0.33
    with house():
        legend = [f"{level} {name}" for name in levels] + [estimate_label]
        fig, ax = _canvas(
            step * len(texts) + 0.1, title, left=left, right=0.2, bottom=0.55 + _legend_height(len(legend), 2)
        )
        handles: list[Any] = []
        for name, width in zip(levels, THICKNESS, strict=False):
            part = data[data[level] == name]
            handles.append(ax.hlines(part["row"], part[low], part[high], color=PALETTE[0], lw=width))
        shown = data.drop_duplicates("row")
        handles.append(
            ax.scatter(shown[estimate], shown["row"], s=20, color="white", edgecolor=INK, linewidth=1.1, zorder=3)
        )
        _legend_below(fig, handles, legend, 2)
        ax.set_yticks(range(len(texts)), texts)
        for tick, text in enumerate(ax.get_yticklabels()):
            text.set_fontweight("bold" if tick in headings else "normal")
        ax.set_ylim(len(texts) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", color=FAINT, lw=0.5)
        ax.set_axisbelow(True)
        _name_across(ax, xlabel)
    return fig


def panels(
    data: pd.DataFrame,
    panel: str,
    label: str,
    estimate: str,
    low: str,
    high: str,
    *,
    title: str,
    highlight: Sequence[str] = (),
    reference: Mapping[str, float] | None = None,
) -> Figure:
    """Draw estimates with intervals in one panel above the other, each with a scale of its own.

    For what is measured in different units: nothing can be compared from panel to panel, and nothing suggests it.

    Parameters
    ----------
    data : DataFrame
        One row for each panel and label, in the order in which they first appear; a panel may lack a label.
    panel : str
        Column of what is measured, with its unit; it stands above its panel.
    label, estimate, low, high : str
        Columns of the names, the values and their bounds.
    title : str
        Text.
    highlight : sequence of str
        Names drawn in the first colour; none means all.
    reference : mapping of panel to number, optional
        A value to compare with, drawn as a line in its panel.
    """
    data = _drawn(data, [estimate, low, high], [panel, label])
    _check_members(highlight, data[label], "highlight")
    _check_members(reference or {}, data[panel], "reference")
    outside = data[(data[estimate] < data[low]) | (data[estimate] > data[high])]
    if len(outside):
        raise ValueError(f"the estimate lies outside its interval for {list(outside[label])}")
    twice = data.loc[data.duplicated([panel, label]), [panel, label]]
    if len(twice):
        raise ValueError(f"a panel has the same name twice: {twice.to_dict('records')}")
    names = list(dict.fromkeys(data[label]))
    left = max(text_width(wrap(str(n), 1.7, SMALL), SMALL) for n in names) + 0.15
    headings = {one: wrap(str(one), WIDTH - 0.2, SMALL, "bold") for one in dict.fromkeys(data[panel])}
    step, ticks = 0.19, 0.3
    heights = [
        ((text.count("\n") + 1) * LINE, step * (data[panel] == one).sum() + 0.08) for one, text in headings.items()
    ]
    whole = sum(heading + rows + ticks for heading, rows in heights)
    with house():
        fig, frame = _canvas(whole, title, left=left, right=0.2, bottom=0.05)
        box, total = frame.get_position(), fig.get_figheight()
        frame.remove()
        top = box.y1
        for (one, text), (heading, room) in zip(headings.items(), heights, strict=True):
            part = data[data[panel] == one]
            fig.text(0.1 / WIDTH, top, text, ha="left", va="top", size=SMALL, weight="bold", linespacing=1.2)
            ax = fig.add_axes((box.x0, top - (heading + room) / total, box.width, room / total))
            rows = np.arange(len(part))
            strong = part[label].isin(list(highlight)).to_numpy() | (len(highlight) == 0)
            colour = np.where(strong, PALETTE[0], MUTED)
            ax.hlines(rows, part[low], part[high], color=colour, lw=2)
            ax.scatter(part[estimate], rows, c=colour, s=24, zorder=3)
            if reference and one in reference:
                ax.axvline(reference[one], color=INK, lw=0.8, zorder=0)
            ax.set_yticks(rows, [wrap(str(n), 1.7, SMALL) for n in part[label]])
            ax.set_ylim(len(part) - 0.4, -0.6)
            ax.tick_params(axis="y", length=0)
            ax.locator_params(axis="x", nbins=6)
            ax.spines["left"].set_visible(False)
            ax.grid(axis="x", color=FAINT, lw=0.5)
            ax.set_axisbelow(True)
            top -= (heading + room + ticks) / total
    return fig


def dumbbells(data: pd.DataFrame, label: str, values: Sequence[str], *, title: str, xlabel: str) -> Figure:
    """Draw two to four values a row on one line, in the order of the frame: what is compared is the gap between them.

    Parameters
    ----------
    data : DataFrame
        One row a thing, the first on top.
    label : str
        Column of the names.
    values : sequence of str
        Columns of the values; their names are the legend.
    title, xlabel : str
        Texts; `xlabel` names the unit.
    """
    values = list(values)
    if not 2 <= len(values) <= 4:
        raise ValueError(f"two to four values make a row, and {len(values)} are given")
    data = _drawn(data, values, [label])
    texts = [wrap(str(n), 2.0, SMALL) for n in data[label]]
    left = max(text_width(line, SMALL) for t in texts for line in t.split("\n")) + 0.15
    step = 0.24 if all("\n" not in t for t in texts) else 0.36
    with house():
        fig, ax = _canvas(
            step * len(data) + 0.15, title, left=left, right=0.2, bottom=0.55 + _legend_height(len(values), 2)
        )
        rows = np.arange(len(data))
        ax.hlines(rows, data[values].min(axis=1), data[values].max(axis=1), color=FAINT, lw=3, zorder=1)
        colours, markers = looks(values)
        handles = [
            ax.scatter(data[name], rows, color=colours[name], marker=marker, s=34, zorder=3)
            for name, marker in markers.items()
        ]
        _legend_below(fig, handles, values, 2)
        ax.set_yticks(rows, texts)
        ax.set_ylim(len(data) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", color=FAINT, lw=0.5)
        ax.set_axisbelow(True)
        _name_across(ax, xlabel)
    return fig


def contributions(
    data: pd.DataFrame,
    label: str,
    part: str,
    value: str,
    *,
    title: str,
    xlabel: str,
    total_label: str = "sum",
) -> Figure:
    """Draw a signed decomposition: a bar a row, its parts to the right and left of nought, their sum as a mark.

    Parameters
    ----------
    data : DataFrame
        One row for each bar and part.
    label, part, value : str
        Columns of the bar, the part and the signed contribution; the order of first appearance is kept.
    title, xlabel : str
        Texts; `xlabel` names the unit.
    total_label : str
        What the mark of the sum is called in the legend.
    """
    data = _drawn(data, [value], [label, part])
    twice = data.loc[data.duplicated([label, part]), [label, part]]
    if len(twice):
        raise ValueError(f"a bar has the same part twice: {twice.to_dict('records')}")
    bars, parts = list(dict.fromkeys(data[label])), list(dict.fromkeys(data[part]))
    colours, _ = looks(parts)
    wide = data.pivot(index=label, columns=part, values=value).reindex(index=bars, columns=parts).fillna(0.0)
    texts = [wrap(str(n), 1.7, SMALL) for n in bars]
    left = max(text_width(line, SMALL) for t in texts for line in t.split("\n")) + 0.15
    with house():
        fig, ax = _canvas(
            0.42 * len(bars) + 0.15, title, left=left, right=0.25, bottom=0.55 + _legend_height(len(parts) + 1, 2)
        )
        rows = np.arange(len(bars))
        ahead, behind = np.zeros(len(bars)), np.zeros(len(bars))
        handles: list[Any] = []
        for name, colour in colours.items():
            step = wide[name].to_numpy()
            start = np.where(step >= 0, ahead, behind)
            handles.append(ax.barh(rows, step, left=start, color=colour, height=0.62, edgecolor="white", linewidth=0.6))
            ahead, behind = ahead + np.maximum(step, 0), behind + np.minimum(step, 0)
        totals = [float(f"{total:.6g}") for total in wide.sum(axis=1)]
        handles.append(
            ax.scatter(totals, rows, marker="D", s=30, color="white", edgecolor=INK, linewidth=1.2, zorder=3)
        )
        _legend_below(fig, handles, [*map(str, parts), total_label], 2)
        ax.axvline(0, color=INK, lw=0.8)
        ax.set_yticks(rows, texts)
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", color=FAINT, lw=0.5)
        ax.set_axisbelow(True)
        _name_across(ax, xlabel)
    return fig


def specification_curve(
    data: pd.DataFrame,
    estimate: str,
    low: str | None,
    high: str | None,
    choices: Sequence[str],
    *,
    title: str,
    ylabel: str,
    primary: str = "primary",
    reference: float = 0.0,
) -> Figure:
    """Draw an estimate for each specification, sorted, over a matrix that marks the choices made in each.

    Parameters
    ----------
    data : DataFrame
        One row a specification.
    estimate : str
        Column of the estimates.
    low, high : str or None
        Columns of the bounds, if the estimates have any.
    choices : sequence of str
        Columns that say which option each specification takes.
    title, ylabel : str
        Texts.
    primary : str
        Column of booleans; exactly one row is the primary specification.
    reference : float
        The value that separates the verdicts.
    """
    bounds = [c for c in (low, high) if c is not None]
    if len(bounds) == 1:
        raise ValueError("an interval needs both its lower and its upper column")
    data = _drawn(data, [estimate, *bounds], [*choices, primary])
    if data[primary].sum() != 1:
        raise ValueError(f"exactly one specification is the primary one, and {int(data[primary].sum())} are marked")
    data = data.sort_values([estimate, *choices], kind="stable").reset_index(drop=True)
    options = [(c, str(o)) for c in choices for o in dict.fromkeys(data[c].astype(str).sort_values())]
    columns = np.arange(len(data))
    chosen = data.index[data[primary].astype(bool)][0]
    left = max(
        0.62,
        max(text_width(o, SMALL) for _, o in options) + 0.2,
        max(text_width(c, SMALL, "bold") for c in choices) + 0.2,
    )
    slots = len(options) + len(choices)
    with house():
        matrix = 0.19 * slots
        fig, (ax, grid) = _canvas(2.1 + matrix + 0.1, title, left=left, right=0.15, bottom=0.12, split=(2.1, matrix))
        colour = np.where(columns == chosen, PALETTE[1], PALETTE[0])
        order = np.argsort(columns == chosen, kind="stable")  # the primary one is drawn last, over the others
        if bounds:
            ax.vlines(columns[order], data[low].iloc[order], data[high].iloc[order], color=colour[order], lw=1.6)
        sizes = np.where(columns == chosen, 46, 20)
        ax.scatter(columns[order], data[estimate].iloc[order], c=colour[order], s=sizes[order], zorder=3, marker="o")
        ax.axhline(reference, color=INK, lw=0.8)
        # the estimates rise: over the left of a point, and under its right, there is room
        over = chosen > len(data) / 2
        ax.annotate(
            "primary",
            (chosen, data[(high if over else low) if bounds else estimate].iloc[chosen]),
            xytext=(0, 9 if over else -6),
            textcoords="offset points",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
            zorder=5,
            ha="right" if over else "left",
            va="baseline" if over else "top",
            color=PALETTE[1],
            fontsize=SMALL,
            weight="bold",
        )
        ax.set_ylabel(ylabel)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.margins(x=0.03, y=0.12)
        ticks, texts, row = [], [], 0
        for choice in choices:
            ticks.append(row)
            texts.append((choice, True))
            row += 1
            for option in [o for c, o in options if c == choice]:
                hit = order[(data[choice].astype(str) == option).to_numpy()[order]]
                grid.scatter(columns, np.full(len(data), row), s=7, color=FAINT, linewidth=0)
                grid.scatter(columns[hit], np.full(len(hit), row), s=20, linewidth=0, c=colour[hit])
                ticks.append(row)
                texts.append((option, False))
                row += 1
        grid.set_yticks(ticks, [t for t, _ in texts])
        for tick, (_, is_heading) in zip(grid.get_yticklabels(), texts, strict=True):
            tick.set(fontsize=SMALL, fontweight="bold" if is_heading else "normal", color=INK)
        grid.set_ylim(slots - 0.5, -0.6)
        grid.set_xlim(ax.get_xlim())
        grid.set_xticks([])
        grid.tick_params(axis="y", length=0)
        for side in ("left", "bottom"):
            grid.spines[side].set_visible(False)
    return fig


def _drawn(data: pd.DataFrame, values: list[str], names: list[str]) -> pd.DataFrame:
    """Return a copy with the columns that are drawn, values rounded; refuse what cannot be drawn."""
    absent = [c for c in [*values, *names] if c not in data.columns]
    if absent:
        raise ValueError(f"the frame has no columns {absent}; it has {list(data.columns)}")
    if data.empty:
        raise ValueError("the frame has no rows: nothing to draw")
    data = data[list(dict.fromkeys([*values, *names]))].reset_index(drop=True)
    for column in values:
        numbers = pd.to_numeric(data[column]).astype(float)
        bad = data.index[~np.isfinite(numbers)]
        if len(bad):
            raise ValueError(
                f"column {column!r} is not a finite number in rows {list(bad)}: leave them out, and say so"
            )
        data[column] = [float(f"{v:.6g}") for v in numbers]
    return data


def _check_members(wanted: Iterable[str], there: pd.Series, what: str) -> None:
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        raise ValueError(f"{what} names {unknown}, which the frame does not have")


@overload
def _canvas(
    height: float, title: str, *, left: float, right: float, bottom: float, above: float = 0.0, split: None = None
) -> tuple[Figure, Axes]: ...


@overload
def _canvas(
    height: float, title: str, *, left: float, right: float, bottom: float, split: tuple[float, float]
) -> tuple[Figure, tuple[Axes, Axes]]: ...


def _canvas(
    height: float,
    title: str,
    *,
    left: float,
    right: float,
    bottom: float,
    above: float = 0.0,
    split: tuple[float, float] | None = None,
) -> tuple[Figure, Axes | tuple[Axes, Axes]]:
    """Return a figure of the house width around a plot `height` inches high, and its axes (two if `split`)."""
    from matplotlib.figure import Figure

    text = wrap(title, WIDTH - 0.2, FONT_SIZE + 1, "bold")
    top = 0.12 + (text.count("\n") + 1) * LINE * 1.15 + 0.1 + above
    total = top + height + bottom
    fig = Figure(figsize=(WIDTH, total))
    fig.text(
        0.1 / WIDTH, 1 - 0.1 / total, text, ha="left", va="top", size=FONT_SIZE + 1, weight="bold", linespacing=1.2
    )
    across = (WIDTH - left - right) / WIDTH
    if split is None:
        return fig, fig.add_axes((left / WIDTH, bottom / total, across, height / total))
    upper, lower = split
    return fig, (
        fig.add_axes((left / WIDTH, (bottom + height - upper) / total, across, upper / total)),
        fig.add_axes((left / WIDTH, bottom / total, across, lower / total)),
    )


def _name_across(ax: Axes, text: str) -> None:
    """Name the horizontal axis; a name wider than the axis ends where the axis ends, so that it stays in the frame."""
    ax.set_xlabel(text, loc="right" if text_width(text) > inches(ax)[0] else "center")


def _legend_height(entries: int, columns: int) -> float:
    return -(-entries // columns) * LINE * 1.2


def _legend_below(fig: Figure, handles: list[Any], names: list[str], columns: int) -> None:
    fig.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0.01, 0.0),
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        handlelength=1.2,
        columnspacing=1.2,
    )


def _zero_line(ax: Axes, axis: str) -> None:
    low, high = ax.get_ylim() if axis == "y" else ax.get_xlim()
    if low < 0 < high:
        ax.axhline(0, color=MUTED, lw=0.8, zorder=0)


def _room_for_ticks(ax: Axes) -> None:
    """Move the left end of the axes inwards where long numbers would push the name of the axis off the figure."""
    low, high = ax.get_ylim()
    widest = max(text_width(f"{tick:g}", SMALL) for tick in ax.get_yticks() if low <= tick <= high)
    box = ax.get_position()
    left = max(box.x0, (widest + 0.34) / WIDTH)
    ax.set_position((left, box.y0, box.x1 - left, box.height))


def _whole_numbers(ax: Axes, values: pd.Series) -> None:
    """Mark years at the years of the data: all of them, or every so many when they are dense."""
    if (values % 1 == 0).all():
        years = np.array(sorted(values.unique()))
        ticks = years[:: -(-len(years) // 8)]
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
