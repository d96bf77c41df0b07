"""An interregional table estimated from what each region publishes, and its agreement with published ones."""

from analysis.interregional.accounts import (
    DELTA,
    REST,
    RESTS,
    RegionalAccounts,
    delta_accounts,
    distances_between,
    eight_regions,
    published_accounts,
    rest_of_nation,
)
from analysis.interregional.blind import (
    FOCUS,
    MEASURES,
    METHODS,
    agreement,
    blind_estimate,
    blind_test,
    learned,
    noise_spread,
    quotient_flows,
)
from analysis.interregional.estimate import (
    MISFITS,
    TRANSIT,
    InterregionalEstimate,
    estimate_interregional,
    margin_misfit,
    margin_noise,
)
from analysis.interregional.gravity import gravity_decay, gravity_prior, pair_effects, spread_effects

__all__ = [
    "DELTA",
    "FOCUS",
    "MEASURES",
    "METHODS",
    "MISFITS",
    "REST",
    "RESTS",
    "TRANSIT",
    "InterregionalEstimate",
    "RegionalAccounts",
    "agreement",
    "blind_estimate",
    "blind_test",
    "delta_accounts",
    "distances_between",
    "eight_regions",
    "estimate_interregional",
    "gravity_decay",
    "gravity_prior",
    "learned",
    "margin_misfit",
    "margin_noise",
    "noise_spread",
    "pair_effects",
    "published_accounts",
    "quotient_flows",
    "rest_of_nation",
    "spread_effects",
]
