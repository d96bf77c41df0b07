"""Coupling coordination of several systems."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, numeric_frame, numeric_series, same_labels


def coupling_coordination(
    scores: pd.DataFrame, weights: pd.Series | None = None, *, definition: str = "standard"
) -> pd.DataFrame:
    """Coupling C, development T and coupling coordination D = √(C T) of k systems.

    ``T = Σ_i w_i u_i``. The standard coupling is the geometric over the arithmetic mean,
    ``C = (Π u_i)^(1/k) / (Σ u_i / k)``. The revised one is
    ``C = √[(1 - Σ_{i<j} |u_i - u_j| / (k (k - 1) / 2)) · (Π_i (u_i / max u))^(1/(k - 1))]``.

    Parameters
    ----------
    scores : DataFrame, n x k
        One row an observation (region, year), one column a system; each score from 0 to 1, on a scale that the
        whole sample shares.
    weights : Series, k, optional
        Weight of each system in T, positive, summing to one; equal if not given.
    definition : {"standard", "revised"}
        How coupling is measured.

    Returns
    -------
    DataFrame, n x 3
        Columns coupling, development, coordination, each from 0 to 1.

    Raises
    ------
    InputError
        For fewer than two systems, scores outside 0 to 1, an observation whose scores are all zero, or weights that do
        not match or do not sum to one.

    Notes
    -----
    Many papers print other formulas under this name: without the factor k (so that C cannot exceed 1/k, or 1/2 for
    two systems), with a square root instead of a k-th, or with an exponent of the author's choice. Numbers of
    different papers are therefore not comparable. The standard C is near one for most data, so that D follows T; the
    revised one spreads further. Nothing here measures whether one system acts on another: D is high when all scores
    are high and alike, whatever the cause.

    References
    ----------
    Wang, Kong, Ren, Zhi & Dai (2021), Journal of Natural Resources 36(3), on the misuses, and for the revised form.
    """
    scores = numeric_frame(scores, "scores", "not negative")
    if (scores > 1).any(axis=None):
        beyond = scores.columns[(scores > 1).any()]
        raise InputError(f"scores exceed 1 in {few(beyond)}: scale each system to 0 to 1 over the whole sample")
    k = scores.shape[1]
    if k < 2:
        raise InputError("coupling needs two systems or more")
    nothing = scores.index[(scores == 0).all(axis=1)]
    if len(nothing):
        raise InputError(f"all scores are zero in {few(nothing)}: coupling is not defined there")
    weights = pd.Series(1 / k, scores.columns) if weights is None else numeric_series(weights, "weights", "positive")
    same_labels(systems=scores.columns, weights=weights)
    if abs(weights.sum() - 1) > 1e-9:
        raise InputError(f"weights sum to {weights.sum():g}, not to one")
    u = scores.to_numpy()
    if definition == "standard":
        coupling = u.prod(axis=1) ** (1 / k) / u.mean(axis=1)
    elif definition == "revised":
        first, second = np.triu_indices(k, 1)
        likeness = 1 - np.abs(u[:, first] - u[:, second]).mean(axis=1)
        relative = (u / u.max(axis=1, keepdims=True)).prod(axis=1) ** (1 / (k - 1))
        coupling = np.sqrt(likeness * relative)
    else:
        raise InputError(f"definition must be 'standard' or 'revised', not {definition!r}")
    result = pd.DataFrame({"coupling": coupling, "development": scores @ weights}, index=scores.index)
    result["coordination"] = np.sqrt(result["coupling"] * result["development"])
    result.attrs["definition"] = definition
    return result
