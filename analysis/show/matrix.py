"""A matrix of links: which rows serve which columns, in blocks, with what nothing serves marked out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.show.charts import _canvas, _legend_below, _legend_height
from analysis.show.style import FAINT, INK, PALETTE, SMALL, house, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Marker, colour and whether it is filled, in the order of the marks.
STYLES = (
    ("o", PALETTE[0], True),
    ("o", PALETTE[0], False),
    ("x", PALETTE[0], True),
    ("s", PALETTE[2], True),
    ("s", PALETTE[2], False),
)
STEP = 0.25  # inches from row to row


def link_matrix(
    data: pd.DataFrame,
    *,
    rows: Mapping[str, Sequence[str]],
    columns: Mapping[str, Sequence[str]],
    marks: Sequence[str],
    title: str,
    unserved: str = "nothing serves it",
    weak: Sequence[str] = (),
    shade: Sequence[str] = ("row", "column"),
) -> Figure:
    """Draw a mark for each link between a row and a column, in blocks of groups; shade what no link reaches.

    Two groups that no link joins have no block between them, so that one group of columns can serve two groups of
    rows, and a chain of links reads as one picture.

    Parameters
    ----------
    data : DataFrame
        One row a link: ``row_group``, ``row``, ``column_group``, ``column``, ``mark``.
    rows, columns : mapping of group to its names
        All that are drawn, in order, those without a link too. The name of a group stands over it.
    marks : sequence of str
        Kinds of links, five at most, in the order of the legend; those that no link has are left out of it.
    title : str
        What is shown.
    unserved : str
        What the shading of a row or column means, in the legend.
    weak : sequence of str
        Marks that do not count as a link when it comes to shading.
    shade : sequence of {"row", "column"}
        What is shaded, within a block, if no link reaches it.
    """
    from matplotlib.patches import Rectangle

    _check(data, rows, columns, marks)
    # The name of a group of rows takes a line of its own over them; that of columns stands over their names.
    shown = {name: wrap(name, 1.15, SMALL) for names in rows.values() for name in names}
    broken = {name for name, text in shown.items() if "\n" in text}
    across, down = _places(columns, 0.5), _places(rows, 1.3 if len(rows) > 1 else 0.5, broken)
    kinds = [mark for mark in marks if (data["mark"] == mark).any()]
    blocks = {(str(r), str(c)): block for (r, c), block in data.groupby(["row_group", "column_group"], sort=False)}
    strong = {key: block[~block["mark"].isin(weak)] for key, block in blocks.items()}
    empty = [gap for gap in _unserved(strong, rows, columns) if gap[2] in shade]
    lines = [line for text in shown.values() for line in text.split("\n")]
    left = max(*(text_width(n, SMALL) for n in lines), *(text_width(g, SMALL, "bold") for g in rows)) + 0.22
    names = max(text_width(name, SMALL, "bold") for _, name in across)
    top, bottom = -0.7, max(down.values()) + 0.6
    legend = [*kinds, *([unserved] if empty else [])]
    tint: dict[str, Any] = {"facecolor": PALETTE[1], "alpha": 0.22, "linewidth": 0}
    with house():
        fig, ax = _canvas(
            STEP * (bottom - top),
            title,
            left=left,
            right=0.12,
            bottom=0.15 + _legend_height(len(legend), 1),
            above=names + 0.3,
        )
        ax.set(xlim=(-0.6, max(across.values()) + 0.6), ylim=(bottom, top), xticks=[], yticks=[])
        for row_group, column_group, axis, name in empty:
            spans = {
                "column": [across[column_group, n] for n in columns[column_group]],
                "row": [down[row_group, n] for n in rows[row_group]],
            }
            spans[axis] = [
                (across if axis == "column" else down)[column_group if axis == "column" else row_group, name]
            ]
            (x, wide), (y, high) = ((min(s) - 0.5, max(s) - min(s) + 1) for s in (spans["column"], spans["row"]))
            ax.add_patch(Rectangle((x, y), wide, high, **tint))
        for row_group, column_group in blocks:
            at = [(across[column_group, c], down[row_group, r]) for c in columns[column_group] for r in rows[row_group]]
            ax.scatter([x for x, _ in at], [y for _, y in at], s=6, color=FAINT, linewidth=0, zorder=2)
        handles = []
        for kind in kinds:
            marker, colour, filled = STYLES[list(marks).index(kind)]
            part = data[data["mark"] == kind]
            xs = [across[key] for key in zip(part["column_group"], part["column"], strict=True)]
            ys = [down[key] for key in zip(part["row_group"], part["row"], strict=True)]
            paint: dict[str, Any] = (
                {"color": colour}
                if marker == "x"
                else {"facecolor": colour if filled else "white", "edgecolor": colour}
            )
            handles.append(ax.scatter(xs, ys, marker=marker, s=42, linewidth=1.4, zorder=3, **paint))
        _legend_below(fig, [*handles, *([Rectangle((0, 0), 1, 1, **tint)] if empty else [])], legend, 1)
        reached = {
            axis: {(r if axis == "row" else c, n) for r, c, a, n in empty if a == axis} for axis in ("row", "column")
        }
        stress: dict[str, Any]
        for key, x in across.items():
            stress = {"color": PALETTE[1], "weight": "bold"} if key in reached["column"] else {"color": INK}
            ax.text(x, top, key[1], rotation=90, ha="center", va="bottom", fontsize=SMALL, **stress)
        for group, members in columns.items():
            middle = (across[group, members[0]] + across[group, members[-1]]) / 2
            ax.text(middle, top - (names + 0.08) / STEP, group, ha="center", va="bottom", fontsize=SMALL, weight="bold")
        for key, y in down.items():
            stress = {"color": PALETTE[1], "weight": "bold"} if key in reached["row"] else {"color": INK}
            ax.text(-0.7, y, shown[key[1]], ha="right", va="center", fontsize=SMALL, linespacing=0.95, **stress)
        for group, members in rows.items():
            if len(rows) > 1:
                ax.text(
                    -0.7, down[group, members[0]] - 1, group, ha="right", va="center", fontsize=SMALL, weight="bold"
                )
        for side in ax.spines.values():
            side.set_visible(False)
    return fig


def _places(
    groups: Mapping[str, Sequence[str]], gap: float, broken: Collection[str] = ()
) -> dict[tuple[str, str], float]:
    """Place the names of all groups one after the other, with a gap between groups; two that are broken lie apart."""
    places, at = {}, 0.0
    for group, names in groups.items():
        for name, after in zip(names, [*names[1:], ""], strict=True):
            places[group, name] = at
            at += 1.25 if name in broken and after in broken else 1
        at += gap
    return places


def _unserved(
    blocks: Any, rows: Mapping[str, Sequence[str]], columns: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, str, str]]:
    """Rows and columns of a block that no link reaches: row group, column group, which of the two, and the name."""
    return [
        (row_group, column_group, axis, name)
        for (row_group, column_group), block in blocks.items()
        for axis, names in (("row", rows[row_group]), ("column", columns[column_group]))
        for name in names
        if name not in set(block[axis])
    ]


def _check(data: pd.DataFrame, rows: Any, columns: Any, marks: Any) -> None:
    wanted = ["row_group", "row", "column_group", "column", "mark"]
    absent = [name for name in wanted if name not in data.columns]
    if absent:
        raise ValueError(f"the frame has no columns {absent}; it has {list(data.columns)}")
    if data.empty:
        raise ValueError("the frame has no rows: nothing to draw")
    if len(marks) > len(STYLES):
        raise ValueError(f"{len(marks)} kinds of marks, and {len(STYLES)} styles; join some")
    for axis, groups in (("row", rows), ("column", columns)):
        known = {(group, name) for group, names in groups.items() for name in names}
        strange = set(zip(data[f"{axis}_group"], data[axis], strict=True)) - known
        if strange:
            raise ValueError(f"links name {axis}s that are not drawn: {sorted(strange)}")
    odd = sorted(set(data["mark"]) - set(marks))
    if odd:
        raise ValueError(f"links have marks {odd}, and only {list(marks)} are declared")
    twice = data[data.duplicated(wanted[:4])]
    if len(twice):
        raise ValueError(f"a row and a column are linked twice: {twice[wanted[:4]].to_numpy().tolist()}")
