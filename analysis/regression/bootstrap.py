"""The wild cluster bootstrap, for inference with few clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.labels import InputError, few, number, whole_number
from analysis.regression.panel import Regression

_WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])


@dataclass(frozen=True)
class BootstrapTest:
    """A test by the wild cluster bootstrap, and the interval that inverts it.

    Attributes
    ----------
    term : str
        Regressor.
    estimate : float
        As in the regression.
    null : float
        Value tested.
    p_value : float
        Two-sided and symmetric.
    lower, upper : float
        Ends of the values not rejected at the regression's level; infinite where no value however far is rejected.
    confidence : float
        That level.
    draws : int
        Sets of cluster weights.
    enumerated : bool
        Whether these were all sets there are, so that no chance is in the result.
    weights : str
        "rademacher" or "webb".
    seed : int or None
        Of the draws; None if enumerated.
    clusters : int
        Number of clusters.
    """

    term: str
    estimate: float
    null: float
    p_value: float
    lower: float
    upper: float
    confidence: float
    draws: int
    enumerated: bool
    weights: str
    seed: int | None
    clusters: int


def wild_cluster_bootstrap(
    regression: Regression,
    term: str,
    *,
    null: float = 0.0,
    draws: int = 9999,
    weights: str = "rademacher",
    seed: int = 0,
) -> BootstrapTest:
    """Test one coefficient, and find its interval, by the restricted wild cluster bootstrap of t.

    The model is estimated with the coefficient held at the null. The residuals of each cluster are multiplied by one
    random weight, added to the fitted values, and the full model estimated again; the p value is the share of the
    draws whose t is as far from zero as the one observed. The interval holds all null values that are not rejected.

    Parameters
    ----------
    regression : Regression
        From :func:`fixed_effects`.
    term : str
        One of its regressors.
    null : float
        Value to test.
    draws : int
        Number of draws. With Rademacher weights and 2^G <= draws, all 2^G sets are used instead.
    weights : {"rademacher", "webb"}
        ±1; or six points, which give more different draws where clusters are fewer than about ten.
    seed : int
        Of the draws.

    Returns
    -------
    BootstrapTest
        P value and interval.

    Raises
    ------
    InputError
        For a term that the regression lacks, unknown weights, or fewer than 99 draws.

    Notes
    -----
    With random draws the observed t counts as one of them: p = (1 + #) / (1 + draws). With G clusters and Rademacher
    weights no p value is below 2^(1 - G): at five clusters or fewer, no interval at 95 % is bounded. No model is
    estimated again in the computation: numerator and variance of t are polynomials in the null.

    References
    ----------
    Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90(3); Webb (2023), Canadian Journal of
    Economics 56(3); Roodman, Nielsen, MacKinnon & Webb (2019), Stata Journal 19(1).
    """
    if term not in regression.table.index:
        raise InputError(f"the regression has no term {term!r}: it has {few(regression.table.index)}")
    if weights not in ("rademacher", "webb"):
        raise InputError(f"weights must be 'rademacher' or 'webb', not {weights!r}")
    number(null, "null")
    whole_number(seed, "seed")
    if whole_number(draws, "draws") < 99:
        raise InputError(f"{draws} draws are too few: take 999 or more")
    design, G = regression.design, regression.clusters
    position: Any = regression.table.index.get_loc(term)
    others = np.delete(design.X, position, axis=1)
    x = _residual(design.X[:, [position]], others)[:, 0]
    y = _residual(design.y[:, None], others)[:, 0]
    size = x @ x
    estimate = float(regression.table["estimate"].iloc[position])
    error = float(regression.table["standard_error"].iloc[position])
    # The correction for few clusters multiplies every variance alike; keep it, so that t is the regression's own.
    scores = np.bincount(design.codes, x * (y - x * estimate))
    if not scores @ scores > 0:
        raise InputError("the regression leaves no residuals to draw from")
    correction = error**2 * size**2 / (scores @ scores)

    V, enumerated = _weights(G, draws, weights, seed)
    # Restricted residuals are e - d x, with e = y - b x and d the null less the estimate b: two columns cover all.
    parts = {}
    for name, residual in [("e", y - x * estimate), ("x", x)]:
        spread = np.zeros((regression.n, G))
        spread[np.arange(regression.n), design.codes] = residual
        refitted = _residual(design.effects.remove(spread / design.effects.root), design.X)
        by_cluster = np.zeros((G, G))
        np.add.at(by_cluster, design.codes, x[:, None] * refitted)
        parts[name] = np.bincount(design.codes, x * residual) @ V, by_cluster @ V
    (top_e, side_e), (top_x, side_x) = parts["e"], parts["x"]
    square, cross, tail = (side_e**2).sum(0), (side_e * side_x).sum(0), (side_x**2).sum(0)

    def p_value(value: float) -> float:
        d = value - estimate
        numerator = (top_e - d * top_x) ** 2
        variance = correction * (square - 2 * d * cross + d**2 * tail)
        observed = (d / error) ** 2
        far = np.count_nonzero(numerator >= observed * variance * (1 - 1e-9))
        return float(far / V.shape[1] if enumerated else (far + 1) / (V.shape[1] + 1))

    level = 1 - regression.confidence
    lower, upper = (_bound(p_value, estimate, side * error, level) for side in (-1, 1))
    return BootstrapTest(
        term=term,
        estimate=estimate,
        null=float(null),
        p_value=float(p_value(null)),
        lower=lower,
        upper=upper,
        confidence=regression.confidence,
        draws=V.shape[1],
        enumerated=enumerated,
        weights=weights,
        seed=None if enumerated else seed,
        clusters=G,
    )


def _residual(columns: np.ndarray, basis: np.ndarray) -> np.ndarray:
    if basis.shape[1] == 0:
        return columns
    Q = np.linalg.qr(basis)[0]
    result: np.ndarray = columns - Q @ (Q.T @ columns)
    return result


def _weights(G: int, draws: int, kind: str, seed: int) -> tuple[np.ndarray, bool]:
    if kind == "rademacher" and 2**G <= draws:
        bits = np.arange(2**G)[None, :] >> np.arange(G)[:, None] & 1
        return 1.0 - 2.0 * bits, True
    points = np.array([-1.0, 1.0]) if kind == "rademacher" else _WEBB
    return np.random.default_rng(seed).choice(points, size=(G, draws)), False


def _bound(p_value: Callable[[float], float], estimate: float, step: float, level: float) -> float:
    inside, outside = 0.0, 2.0
    while p_value(estimate + outside * step) > level:
        inside, outside = outside, 2 * outside
        if outside > 1e6:
            return float(np.copysign(np.inf, step))
    while outside - inside > 1e-6 * outside:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_value(estimate + middle * step) > level else (inside, middle)
    return float(estimate + outside * step)
