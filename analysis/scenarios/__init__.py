"""What if: changes to a region's table, worked out under every import assumption."""

from __future__ import annotations

from analysis.scenarios.regions import demand_across_regions
from analysis.scenarios.scenario import EFFECTS, Scenario
from analysis.scenarios.shocks import final_demand_shock, import_substitution, sourcing_shift, supply_loss

__all__ = [
    "EFFECTS",
    "Scenario",
    "demand_across_regions",
    "final_demand_shock",
    "import_substitution",
    "sourcing_shift",
    "supply_loss",
]
