"""Regressions with honest intervals: fixed effects, clusters, few-cluster bootstrap, convergence, influence."""

from analysis.regression.bootstrap import BootstrapTest, wild_cluster_bootstrap
from analysis.regression.convergence import (
    Convergence,
    SigmaConvergence,
    beta_convergence,
    panel_convergence,
    sigma_convergence,
)
from analysis.regression.influence import cluster_influence
from analysis.regression.panel import Regression, elasticity, fixed_effects

__all__ = [
    "BootstrapTest",
    "Convergence",
    "Regression",
    "SigmaConvergence",
    "beta_convergence",
    "cluster_influence",
    "elasticity",
    "fixed_effects",
    "panel_convergence",
    "sigma_convergence",
    "wild_cluster_bootstrap",
]
