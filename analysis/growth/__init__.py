"""Growth: rates, index and structural decomposition, shift-share, accounting."""

from __future__ import annotations

from analysis.growth.accounting import growth_accounting, perpetual_inventory, steady_state_capital
from analysis.growth.lmdi import lmdi, logarithmic_mean, value_added_lmdi
from analysis.growth.rates import (
    ShareIdentity,
    compound_growth_rate,
    contribution_to_growth,
    deflate,
    share_identity,
)
from analysis.growth.sda import polar_sda, shapley_sda
from analysis.growth.shift_share import dynamic_shift_share, shift_share
from analysis.growth.sources import output_growth_sources

__all__ = [
    "ShareIdentity",
    "compound_growth_rate",
    "contribution_to_growth",
    "deflate",
    "dynamic_shift_share",
    "growth_accounting",
    "lmdi",
    "logarithmic_mean",
    "output_growth_sources",
    "perpetual_inventory",
    "polar_sda",
    "shapley_sda",
    "share_identity",
    "shift_share",
    "steady_state_capital",
    "value_added_lmdi",
]
