"""The house style: one width, one typeface, one palette, the same bytes everywhere."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# Narrow enough that a phone of 360 pixels shrinks the type by a quarter at most; the style sheet enlarges it on
# a desktop.
WIDTH = 4.4  # inches
FONT_SIZE = 9.5  # points
SMALL = 9.0  # points
LINE = 1.3 * FONT_SIZE / 72  # inches from one line of text to the next

INK = "#1f2933"
MUTED = "#5b6672"
FAINT = "#c9d0d8"

# Okabe and Ito's hues, darkened until each reads as text on white (contrast of 4.5 and more).
# The order keeps neighbours apart for the common colour deficiencies; markers repeat the distinction in shape.
PALETTE = ("#0067a5", "#b84300", "#00755a", "#9c3f77", "#7a6000", "#4a5560")
MARKERS = ("o", "s", "^", "D", "v", "P")
# A region looks the same in every chart: the place of its colour and marker.
_OWN = {"Shanghai": 0, "Jiangsu": 1, "Zhejiang": 2, "Anhui": 3, "China": 5}

RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so every machine draws the same shapes
    "font.size": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "text.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "shanghai-chains",
}


def looks(names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return colours and markers of at most six names: regions have their own, the others what is left.

    Raises
    ------
    ValueError
        If there are more names than colours.
    """
    if len(names) > len(PALETTE):
        raise ValueError(f"{len(names)} names, and {len(PALETTE)} colours: draw fewer")
    free = iter(sorted(set(range(len(PALETTE))) - {_OWN[name] for name in names if name in _OWN}))
    places = {name: _OWN[name] if name in _OWN else next(free) for name in names}
    return {name: PALETTE[k] for name, k in places.items()}, {name: MARKERS[k] for name, k in places.items()}


@contextmanager
def house() -> Iterator[None]:
    """Draw, and save, in the house style; other settings of the session are left alone.

    Raises
    ------
    RuntimeError
        If the house typeface is not there.
    """
    import matplotlib as mpl

    font_file()
    settings: dict[Any, Any] = {**mpl.rcParamsDefault, **RC}
    with mpl.rc_context(settings):
        yield


@functools.cache
def font_file() -> str:
    """Return the file of the house typeface.

    Raises
    ------
    RuntimeError
        If it is gone: another face would give other charts without a word.
    """
    import matplotlib as mpl
    from matplotlib import font_manager

    (name,) = RC["font.sans-serif"]
    files = [font.fname for font in font_manager.fontManager.ttflist if font.name == name]
    there = [file for file in files if os.path.isfile(file)]
    if not there:
        raise RuntimeError(
            f"the font {name}, which comes with matplotlib, is gone: install matplotlib again, or remove its list of"
            f" fonts in {mpl.get_cachedir()}"
        )
    return there[0]


@functools.cache
def text_width(text: str, size: float = FONT_SIZE, weight: str = "normal") -> float:
    """Return the width in inches of one line of text, taken from the outlines of the glyphs.

    Measured without a renderer, so that it does not depend on how a machine rasterises type.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def wrap(text: str, width: float, size: float = FONT_SIZE, weight: str = "normal") -> str:
    """Break a text at its spaces so that no line is wider than `width` inches, if its words allow it."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size, weight) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
