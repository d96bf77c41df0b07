"""Names beside what they name, none over another.

Places are reckoned in inches from the lower left corner of the axes, with widths taken from the outlines of the
glyphs, so that every machine puts a name in the same place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from analysis.show.style import INK, LINE, MUTED, SMALL, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Box = tuple[float, float, float, float]  # left, bottom, right, top

_GAP = 0.055  # between a point and its name
_DOT = 0.04  # half the width of a point


def name_ends(
    ax: Axes, ends: Mapping[str, tuple[float, float]], texts: Mapping[str, str], colours: Mapping[str, str]
) -> None:
    """Write the name of each line to the right of its last point, moved up or down until none overlap.

    Parameters
    ----------
    ax : Axes
        The axes, with their final limits and position.
    ends : mapping of name to (x, y)
        The last points, in data units.
    texts, colours : mapping of name to str
        What to write, and its colour.
    """
    _, height = inches(ax)
    bottom, top = ax.get_ylim()
    at = {name: (y - bottom) / (top - bottom) * height for name, (_, y) in ends.items()}
    names = sorted(ends, key=lambda name: (at[name], name))
    tall = np.array([(texts[name].count("\n") + 1) * LINE for name in names])
    places = spread(np.array([at[name] for name in names]), tall)
    for name, place in zip(names, places, strict=True):
        ax.annotate(
            texts[name],
            ends[name],
            xytext=(1.04, place / height),
            textcoords="axes fraction",
            va="center",
            ha="left",
            fontsize=SMALL,
            color=colours[name],
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colours[name], "lw": 0.5, "shrinkB": 3, "relpos": (0, 0.5)},
        )


def spread(wanted: np.ndarray, tall: np.ndarray) -> np.ndarray:
    """Return places for labels stacked in the given order, none overlapping, as near as can be to those wanted.

    With ``r`` the room that the labels below take, the places ``p`` minimise the squares of ``p - wanted`` under
    ``p - r`` not falling: an isotonic regression of ``wanted - r``.

    Parameters
    ----------
    wanted : ndarray of shape (n,)
        Wanted middles, rising.
    tall : ndarray of shape (n,)
        Heights.

    Returns
    -------
    ndarray of shape (n,)
        Middles, each at least half of both heights above the one before.
    """
    from scipy.optimize import isotonic_regression

    room = np.concatenate([[0.0], np.cumsum((tall[:-1] + tall[1:]) / 2)])
    result: np.ndarray = isotonic_regression(wanted - room).x + room
    return result


def name_points(
    ax: Axes,
    x: pd.Series,
    y: pd.Series,
    names: pd.Series,
    colours: pd.Series,
    first: Sequence[str] = (),
    corners: Sequence[str] = ("", "", "", ""),
) -> None:
    """Write names beside points where there is room: those of `first` first, then from the outside inwards.

    Parameters
    ----------
    ax : Axes
        The axes, with their final limits and position.
    x, y, names, colours : Series
        One entry a point.
    first : sequence of str
        Names that are written strong; for want of room they may stand further off, at the end of a line.
    corners : sequence of str
        Texts in the corners: top right, top left, bottom left, bottom right.
    """
    width, height = inches(ax)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    points = np.column_stack([(x - x0) / (x1 - x0) * width, (y - y0) / (y1 - y0) * height])
    taken = [(a - _DOT, b - _DOT, a + _DOT, b + _DOT) for a, b in points]
    taken += _write_corners(ax, corners)
    scale = np.where(points.std(axis=0) > 0, points.std(axis=0), 1.0)
    outside = np.hypot(*((points - points.mean(axis=0)) / scale).T).round(6)
    order = sorted(range(len(points)), key=lambda i: (names.iloc[i] not in first, -outside[i], str(names.iloc[i])))
    for i in order:
        strong = names.iloc[i] in first
        weight = "bold" if strong else "normal"
        others = taken[:i] + taken[i + 1 :]
        # a strong name that finds no room is tried again in more and shorter lines
        for longest in (1.6, 0.9) if strong else (1.6,):
            text = wrap(str(names.iloc[i]), longest, SMALL, weight)
            size = (max(text_width(t, SMALL, weight) for t in text.split("\n")), (text.count("\n") + 1) * LINE * 0.95)
            spots = _spots(points[i], size, strong)
            spot = next((s for s in spots if _inside(s[0], width, height) and not _overlaps(s[0], others)), None)
            if spot is not None:
                break
        if spot is None:
            continue
        box, near = spot
        taken.append(box)
        middle = ((box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height)
        if not near:
            line = {"arrowstyle": "-", "lw": 0.5, "color": MUTED}
            ax.annotate("", points[i] / (width, height), middle, "axes fraction", "axes fraction", arrowprops=line)
        colour = INK if strong else colours.iloc[i]
        ax.text(
            *middle,
            text,
            transform=ax.transAxes,
            ha="center",
            va="center",
            fontsize=SMALL,
            color=colour,
            weight=weight,
            linespacing=1.05,
            bbox={"facecolor": "white", "linewidth": 0, "pad": 0.4},  # cuts the lines that it crosses
        )


def inches(ax: Axes) -> tuple[float, float]:
    """Return the width and the height of the axes."""
    box, (width, height) = ax.get_position(), cast("Figure", ax.figure).get_size_inches()
    return box.width * width, box.height * height


def _write_corners(ax: Axes, corners: Sequence[str]) -> list[Box]:
    width, height = inches(ax)
    boxes = []
    for text, (right, top) in zip(corners, ((1, 1), (0, 1), (0, 0), (1, 0)), strict=True):
        if text:
            long = text_width(text, SMALL) + 0.1
            left, bottom = (width - long) * right, (height - 1.2 * LINE) * top
            boxes.append((left, bottom, left + long, bottom + 1.2 * LINE))
            ax.text(
                0.01 + 0.98 * right,
                0.01 + 0.98 * top,
                text,
                transform=ax.transAxes,
                fontsize=SMALL,
                style="italic",
                color=MUTED,
                ha="right" if right else "left",
                va="top" if top else "bottom",
            )
    return boxes


def _spots(point: np.ndarray, size: tuple[float, float], strong: bool) -> Iterator[tuple[Box, bool]]:
    """Yield the places to try for a name, best first, and whether each touches its point."""
    long, tall = size
    right, left, middle = _GAP, -_GAP - long, -long / 2
    offsets = [(right, -tall / 2), (left, -tall / 2), (middle, _GAP), (middle, -_GAP - tall)]
    offsets += [(across, up) for up in (_GAP / 2, -_GAP / 2 - tall) for across in (right, left)]
    near = len(offsets)
    if strong:
        turns = np.arange(8) * np.pi / 4
        offsets += [(middle + r * np.cos(t), r * np.sin(t) - tall / 2) for r in (0.25, 0.45, 0.7, 1.0) for t in turns]
    for number, (across, up) in enumerate(offsets):
        a, b = point[0] + across, point[1] + up
        yield (a, b, a + long, b + tall), number < near


def _inside(box: Box, width: float, height: float) -> bool:
    return 0 <= box[0] and box[2] <= width and 0 <= box[1] and box[3] <= height


def _overlaps(box: Box, others: Sequence[Box]) -> bool:
    return any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in others)
