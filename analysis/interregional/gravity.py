"""Priors for trade between regions: gravity over distance, and the effects of pairs seen in a published table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, numeric_frame
from analysis.linkages import balance_stack


def gravity_prior(distances: pd.DataFrame, decay: float, effects: pd.DataFrame | None = None) -> pd.DataFrame:
    """Prior of trade between units, d_rs^-decay times the effect of the pair; nothing on the diagonal.

    What an origin sends and a destination receives of a product are left out: balancing to these margins brings them
    in, so that the balanced flows are those of a doubly constrained gravity model (Wilson 1970).

    Parameters
    ----------
    distances : DataFrame, U x U
        Distances between units in any unit of length; its scale does not matter. The diagonal is not read.
    decay : float
        Exponent, not negative. Zero: distance plays no part.
    effects : DataFrame, U x U, optional
        Factor of each pair, see :func:`spread_effects`.

    Returns
    -------
    DataFrame, U x U

    Raises
    ------
    InputError
        For labels that differ, distances or effects that are not positive, or a negative decay.
    """
    distances, away = _square(distances, "distances")
    if not decay >= 0:
        raise InputError(f"decay must not be negative, not {decay}")
    prior = np.where(away, distances.to_numpy() ** -float(decay), 0.0)
    if effects is not None:
        effects, _ = _square(effects, "effects", distances.index)
        prior = np.where(away, prior * effects.to_numpy(), 0.0)
    return pd.DataFrame(prior, distances.index, distances.columns)


def gravity_decay(flows: pd.Series, distances: pd.DataFrame) -> float:
    """Estimate the decay of trade with distance from observed flows, all products together.

    Poisson pseudo-likelihood of ``E T_rs,i = a_ri b_si d_rs^-decay`` with an effect of each origin and each destination
    for each product. Its first-order condition: fitted flows have the mean log distance of observed ones.

    Parameters
    ----------
    flows : Series
        Observed flows, indexed by origin, user and code; flows inside a region are not read.
    distances : DataFrame, R x R
        Distances between the regions.

    Returns
    -------
    float
        Between 0 and 6.

    Raises
    ------
    InputError
        For missing or negative flows, or flows that do not fall with distance at all.

    References
    ----------
    Santos Silva & Tenreyro (2006); Fally (2015) for the margins that Poisson regression keeps.
    """
    distances, away = _square(distances, "distances")
    T = _stacked(flows, distances.index, away)
    u, v, log = T.sum(axis=2), T.sum(axis=1), np.log(np.where(away, distances.to_numpy(), 1.0))
    observed = float((T * log).sum())

    def excess(decay: float) -> float:
        prior = np.broadcast_to(np.where(away, np.exp(-decay * log), 0.0), T.shape)
        return observed - float((balance_stack(prior, u, v, tolerance=1e-9) * log).sum())

    low, high = 0.0, 6.0
    if excess(low) > 0 or excess(high) < 0:
        raise InputError("the flows do not fall with distance at a rate between 0 and 6: there is no decay to estimate")
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return (low + high) / 2


def pair_effects(
    flows: pd.Series, regions: Any, distances: pd.DataFrame | None = None, decay: float = 0.0
) -> pd.DataFrame:
    """Effects of pairs of regions on trade, all products together, from observed flows.

    Poisson pseudo-likelihood of ``E T_rs,i = a_ri b_si d_rs^-decay e_rs``: the fitted trade of each pair, over all
    products, is the observed one. With distances, the effects are what distance does not explain.

    Parameters
    ----------
    flows : Series
        Observed flows, indexed by origin, user and code.
    regions : list of str
        Their order in the result.
    distances, decay
        Distance part that is taken as known; none by default.

    Returns
    -------
    DataFrame, R x R
        Effects with geometric mean one over the pairs of each origin and of each user: only ratios are identified. One
        on the diagonal, which is not estimated.

    Raises
    ------
    InputError
        For missing or negative flows, or a pair without any trade.
    """
    regions = pd.Index(regions)
    away = ~np.eye(len(regions), dtype=bool)
    if distances is None:
        distances = pd.DataFrame(1.0, regions, regions)
    base = gravity_prior(distances, decay).reindex(index=regions, columns=regions).to_numpy()
    T = _stacked(flows, regions, away)
    u, v, between = T.sum(axis=2), T.sum(axis=1), T.sum(axis=0)
    if (between[away] <= 0).any():
        r, s = np.argwhere(away & (between <= 0))[0]
        raise InputError(f"there is no trade from {regions[r]} to {regions[s]}: its effect cannot be estimated")
    effects = away.astype(float)
    for _ in range(500):
        fitted = balance_stack(np.broadcast_to(base * effects, T.shape), u, v, tolerance=1e-8).sum(axis=0)
        step = np.where(away, between / np.where(away, fitted, 1.0), 1.0)
        effects = effects * step
        if np.abs(step - 1).max() < 1e-7:
            break
    return pd.DataFrame(_normalised(effects, away), regions, regions)


def spread_effects(effects: pd.DataFrame, membership: Mapping[str, str] | pd.Series) -> pd.DataFrame:
    """Give each pair of units the effect of the pair of regions that they lie in; one inside a region.

    Parameters
    ----------
    effects : DataFrame, R x R
        See :func:`pair_effects`.
    membership : mapping of unit to region

    Returns
    -------
    DataFrame, U x U

    Raises
    ------
    InputError
        If a unit lies in a region that has no effects.

    Notes
    -----
    Nothing observed says how units of the same region trade with each other, beside distance: the effect one is a
    neutral value, not an estimate.
    """
    effects, _ = _square(effects, "effects")
    membership = pd.Series(membership, dtype=object)
    unknown = membership[~membership.isin(effects.index)]
    if len(unknown):
        raise InputError(f"no effects for the regions {few(unknown.unique())} of {few(unknown.index)}")
    at = effects.index.get_indexer(pd.Index(membership))
    values = effects.to_numpy()[np.ix_(at, at)]
    values = np.where(at[:, None] == at, 1.0, values)
    return pd.DataFrame(values, membership.index, membership.index)


def _square(frame: pd.DataFrame, name: str, labels: pd.Index | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.DataFrame(frame)
    if not frame.index.equals(frame.columns) and set(frame.index) == set(frame.columns):
        frame = frame[frame.index]
    labels = frame.index if labels is None else labels
    if not frame.index.equals(frame.columns) or set(frame.index) != set(labels):
        raise InputError(f"{name} must be square, with the labels {few(labels)} on both sides")
    frame = frame.loc[labels][labels]
    away = ~np.eye(len(frame), dtype=bool)
    off = numeric_frame(frame.where(away, 1.0), name, "positive")
    return off, away


def _stacked(flows: Any, regions: pd.Index, away: np.ndarray) -> np.ndarray:
    """Flows as an array, products x origins x users, with an empty diagonal."""
    if not isinstance(flows.index, pd.MultiIndex) or flows.index.nlevels != 3:
        raise InputError("flows need an index of origin, user and code")
    codes = flows.index.unique(2)
    wide = flows.reindex(pd.MultiIndex.from_product([codes, regions, regions]).reorder_levels([1, 2, 0]))
    T = wide.to_numpy(dtype=float).reshape(len(codes), len(regions), len(regions))
    T = np.where(away, T, 0.0)
    if not (T >= 0).all():
        raise InputError(f"{np.count_nonzero(~(T >= 0))} flows between the regions are missing or negative")
    return T


def _normalised(effects: Any, away: np.ndarray) -> Any:
    """Scale rows and columns to a geometric mean of one off the diagonal."""
    log = np.where(away, np.log(np.where(away, effects, 1.0)), 0.0)
    for _ in range(1000):
        rows = log.sum(axis=1) / away.sum(axis=1)
        log = np.where(away, log - rows[:, None], 0.0)
        columns = log.sum(axis=0) / away.sum(axis=0)
        log = np.where(away, log - columns, 0.0)
        if max(np.abs(rows).max(), np.abs(columns).max()) < 1e-13:
            break
    return np.exp(log)
