"""Linkages of an input-output table: pure functions, found by their textbook names."""

from __future__ import annotations

from analysis.linkages.balance import Balance, BalancingError, balance_stack, gras, ras
from analysis.linkages.core import (
    allocation_coefficients,
    ghosh_inverse,
    leontief_inverse,
    output_multipliers,
    primary_input_coefficients,
    primary_input_multipliers,
    technical_coefficients,
)
from analysis.linkages.dependence import (
    final_demand_content,
    foreign_shares,
    import_content,
    input_origins,
    local_content,
    value_added_in_exports,
    vertical_specialisation,
)
from analysis.linkages.embodied import embodied_inputs, input_shares
from analysis.linkages.extraction import extract_group, hypothetical_extraction
from analysis.linkages.households import (
    Households,
    closed_inverse,
    closed_output_multipliers,
    employment_multipliers,
    household_coefficients,
    income_multipliers,
    leontief_price_model,
)
from analysis.linkages.network import betweenness_centrality, eigenvector_centrality, influence_vector
from analysis.linkages.position import (
    INVENTORIES,
    average_propagation_length,
    downstreamness,
    positions,
    structural_paths,
    upstreamness,
)
from analysis.linkages.rasmussen import (
    direct_linkages,
    key_sectors,
    net_linkages,
    rank_stability,
    rasmussen_linkages,
    total_linkages,
)
from analysis.linkages.regions import (
    aflq,
    cilq,
    flq,
    interregional_feedback,
    interregional_multipliers,
    regional_coefficients,
    rlq,
    spillover_multipliers,
)
from analysis.linkages.sensitivity import (
    coefficient_elasticities,
    field_of_influence,
    fields_of_influence,
    tolerable_limits,
)
from analysis.linkages.trade import (
    koopman_wang_wei,
    new_revealed_comparative_advantage,
    value_added_in_regional_exports,
    wang_wei_zhu,
)

__all__ = [
    "INVENTORIES",
    "Balance",
    "BalancingError",
    "Households",
    "aflq",
    "allocation_coefficients",
    "average_propagation_length",
    "balance_stack",
    "betweenness_centrality",
    "cilq",
    "closed_inverse",
    "closed_output_multipliers",
    "coefficient_elasticities",
    "direct_linkages",
    "downstreamness",
    "eigenvector_centrality",
    "embodied_inputs",
    "employment_multipliers",
    "extract_group",
    "field_of_influence",
    "fields_of_influence",
    "final_demand_content",
    "flq",
    "foreign_shares",
    "ghosh_inverse",
    "gras",
    "household_coefficients",
    "hypothetical_extraction",
    "import_content",
    "income_multipliers",
    "influence_vector",
    "input_origins",
    "input_shares",
    "interregional_feedback",
    "interregional_multipliers",
    "key_sectors",
    "koopman_wang_wei",
    "leontief_inverse",
    "leontief_price_model",
    "local_content",
    "net_linkages",
    "new_revealed_comparative_advantage",
    "output_multipliers",
    "positions",
    "primary_input_coefficients",
    "primary_input_multipliers",
    "rank_stability",
    "ras",
    "rasmussen_linkages",
    "regional_coefficients",
    "rlq",
    "spillover_multipliers",
    "structural_paths",
    "technical_coefficients",
    "tolerable_limits",
    "total_linkages",
    "upstreamness",
    "value_added_in_exports",
    "value_added_in_regional_exports",
    "vertical_specialisation",
    "wang_wei_zhu",
]
