"""Structure of regions: how alike, how specialised, how concentrated, how coordinated."""

from __future__ import annotations

from analysis.structure.concentration import gini, herfindahl, mean_log_deviation, theil
from analysis.structure.coupling import coupling_coordination
from analysis.structure.similarity import (
    bray_curtis,
    cosine_similarity,
    krugman_index,
    location_quotient,
    shares,
)

__all__ = [
    "bray_curtis",
    "cosine_similarity",
    "coupling_coordination",
    "gini",
    "herfindahl",
    "krugman_index",
    "location_quotient",
    "mean_log_deviation",
    "shares",
    "theil",
]
