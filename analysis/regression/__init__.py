"""Regressions with honest intervals: fixed effects, few clusters, convergence, influence, diagnostics."""

from __future__ import annotations

from analysis.regression.bootstrap import BootstrapTest, wild_cluster_bootstrap
from analysis.regression.convergence import (
    Convergence,
    SigmaConvergence,
    beta_convergence,
    panel_convergence,
    sigma_convergence,
)
from analysis.regression.diagnostics import diagnostics
from analysis.regression.influence import cluster_influence, row_influence
from analysis.regression.panel import Regression, elasticity, fixed_effects

__all__ = [
    "BootstrapTest",
    "Convergence",
    "Regression",
    "SigmaConvergence",
    "beta_convergence",
    "cluster_influence",
    "diagnostics",
    "elasticity",
    "fixed_effects",
    "panel_convergence",
    "row_influence",
    "sigma_convergence",
    "wild_cluster_bootstrap",
]
