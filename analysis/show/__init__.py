"""Charts and tables in the house style: the only layer that draws.

A chapter draws with a helper of this module and puts the result on the page with `chart` or `table`::

    fig = show.intervals(data, "sector", "estimate", "low", "high", title="...", xlabel="...")
    show.chart(fig, data, "name-of-the-chart")

seaborn and matplotlib are imported when the first chart is drawn, not before.
"""

from __future__ import annotations

from analysis.show.charts import (
    contributions,
    dumbbells,
    intervals,
    lines,
    panels,
    quadrant,
    ranges,
    slopes,
    specification_curve,
)
from analysis.show.matrix import link_matrix
from analysis.show.page import chart, glue_text, table, table_html, with_ranges

__all__ = [
    "chart",
    "contributions",
    "dumbbells",
    "glue_text",
    "intervals",
    "lines",
    "link_matrix",
    "panels",
    "quadrant",
    "ranges",
    "slopes",
    "specification_curve",
    "table",
    "table_html",
    "with_ranges",
]
