"""How sure a linkage or a ranking is: noise in the flows, first-order bands, and the choices of method."""

from __future__ import annotations

from analysis.uncertainty.delta import linkage_covariance, linkage_derivatives, linkage_standard_errors
from analysis.uncertainty.draws import MEASURES, FlowDraws, flow_draws, linkage_draws
from analysis.uncertainty.noise import Noise, calibrate_noise
from analysis.uncertainty.ranks import choice_ranges, probability_of_key_sector, rank_intervals, rank_probability

__all__ = [
    "MEASURES",
    "FlowDraws",
    "Noise",
    "calibrate_noise",
    "choice_ranges",
    "flow_draws",
    "linkage_covariance",
    "linkage_derivatives",
    "linkage_draws",
    "linkage_standard_errors",
    "probability_of_key_sector",
    "rank_intervals",
    "rank_probability",
]
