"""How much single clusters, and single rows, carry a result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.labels import InputError, few
from analysis.regression.panel import Regression, fixed_effects


def cluster_influence(regression: Regression, term: str) -> pd.DataFrame:
    """Leverage of each cluster, and the estimate without it.

    Parameters
    ----------
    regression : Regression
        Clustered, from :func:`fixed_effects`.
    term : str
        One of its regressors.

    Returns
    -------
    DataFrame, G rows
        One row a cluster: ``n``; ``leverage``, the trace of its block of the hat matrix of the regressors (they sum to
        k); ``partial_leverage``, its share in the variation of the term that identifies the estimate (they sum to
        one); ``estimate_without``; ``shift``, the change when it is left out, in standard errors. ``attrs`` hold
        ``effective_clusters`` = 1 / Σ partial_leverage², and ``jackknife_standard_error`` =
        √((G - 1)/G Σ (estimate_without - mean)²).

    Raises
    ------
    InputError
        For a regression without clusters, an unknown term, or a cluster without which the term is not identified.

    Notes
    -----
    Each estimate is computed anew, fixed effects included: a shortcut would be wrong where these cut across clusters.
    Where effective clusters are far fewer than clusters, or the jackknife error is far from the regression's, the
    regression's interval is not to be trusted.

    References
    ----------
    MacKinnon, Nielsen & Webb (2023), Stata Journal 23(4); Carter, Schnepel & Steigerwald (2017), Review of Economics
    and Statistics 99(4).
    """
    design = regression.design
    if regression.clusters_by is None:
        raise InputError("the regression has no clusters: name them in fixed_effects")
    if term not in regression.table.index:
        raise InputError(f"the regression has no term {term!r}: it has {few(regression.table.index)}")
    position = regression.table.index.get_loc(term)
    Q = np.linalg.qr(design.X)[0]
    # With the term last, the last column of Q is what the other regressors leave of it, at length one.
    order = [*np.delete(np.arange(design.X.shape[1]), position), position]
    partial = np.linalg.qr(design.X[:, order])[0][:, -1]
    result = pd.DataFrame(
        {
            "n": np.bincount(design.codes),
            "leverage": np.bincount(design.codes, (Q**2).sum(axis=1)),
            "partial_leverage": np.bincount(design.codes, partial**2),
        },
        index=design.names.rename(regression.clusters_by),
    )
    estimate, error = regression.table.loc[term, ["estimate", "standard_error"]].to_numpy(dtype=float)
    result["estimate_without"] = [_without(regression, cluster, term) for cluster in design.names]
    result["shift"] = (result["estimate_without"] - estimate) / error
    G = regression.clusters
    result.attrs["effective_clusters"] = float(1 / (result["partial_leverage"] ** 2).sum())
    result.attrs["jackknife_standard_error"] = float(result["estimate_without"].std(ddof=0) * np.sqrt(G - 1))
    return result


def row_influence(regression: Regression, term: str) -> pd.DataFrame:
    """Leverage and residual of each row, and the estimate without it.

    With h_i the leverage, e_i the residual and x̃_i the regressors less the fixed effects (all times the root of the
    weight), the estimates without row i are ``b - (X̃'X̃)⁻¹ x̃_i e_i / (1 - h_i)``.

    Parameters
    ----------
    regression : Regression
        From :func:`fixed_effects`.
    term : str
        One of its regressors.

    Returns
    -------
    DataFrame, n rows
        ``leverage``, the diagonal of the hat matrix, fixed effects included (they sum to the number of all estimates);
        ``studentised_residual``, by the standard deviation without the row; ``cooks_distance``; ``estimate_without``;
        ``shift``, the change when the row is left out, in the regression's standard errors. A row that has a fixed
        effect to itself is fitted exactly: leaving it out changes nothing, and its residual is missing.

    Raises
    ------
    InputError
        For an unknown term, or fewer than two degrees of freedom.

    References
    ----------
    Belsley, Kuh & Welsch (1980); Cook (1977), Technometrics 19(1).
    """
    design = regression.design
    if term not in regression.table.index:
        raise InputError(f"the regression has no term {term!r}: it has {few(regression.table.index)}")
    X, K = design.X, design.X.shape[1] + regression.absorbed
    freedom = regression.n - K
    if freedom < 2:
        raise InputError(f"{regression.n} rows and {K} estimates: the residuals without a row need one row more")
    position = regression.table.index.get_loc(term)
    inverse = np.linalg.inv(X.T @ X)
    leverage = design.effects.leverage() + np.einsum("ij,jk,ik->i", X, inverse, X)
    e = regression.residuals.to_numpy() * design.effects.root[:, 0]
    own = leverage > 1 - 1e-9
    rest = np.where(own, 1.0, 1 - leverage)
    squared = e @ e / freedom
    without = (e @ e - e**2 / rest) / (freedom - 1)
    shift = np.where(own, 0.0, -(X @ inverse[position]) * e / rest)
    estimate, error = regression.table.loc[term, ["estimate", "standard_error"]].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "leverage": leverage,
            "studentised_residual": np.where(own, np.nan, e / np.sqrt(without * rest)),
            "cooks_distance": np.where(own, 0.0, e**2 * leverage / (squared * rest**2 * K)),
            "estimate_without": estimate + shift,
            "shift": shift / error,
        },
        index=design.data.index,
    )


def _without(regression: Regression, cluster: object, term: str) -> float:
    design = regression.design
    kept = design.data[design.data[regression.clusters_by] != cluster]
    regressors = [name for name in regression.table.index if name != "constant"]
    try:
        again = fixed_effects(
            kept,
            regression.outcome,
            regressors,
            effects=regression.effects,
            clusters=regression.clusters_by,
            weights=design.weights,
        )
    except InputError as problem:
        raise InputError(f"without {regression.clusters_by} {cluster}: {problem}") from problem
    return float(again.table["estimate"][term])
