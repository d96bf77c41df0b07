"""What if: changes to a region's table, worked out under every import assumption."""

from __future__ import annotations

from analysis.scenarios.scenario import EFFECTS, Scenario
from analysis.scenarios.shocks import final_demand_shock, import_substitution, sourcing_shift, supply_loss

__all__ = [
    "EFFECTS",
    "Scenario",
    "final_demand_shock",
    "import_substitution",
    "sourcing_shift",
    "supply_loss",
]
