"""The blind test: the method on published interregional tables of which it sees only what each region publishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.interregional.accounts import (
    RegionalAccounts,
    delta_accounts,
    distances_between,
    eight_regions,
    published_accounts,
)
from analysis.interregional.estimate import InterregionalEstimate, estimate_interregional, margin_misfit, margin_noise
from analysis.interregional.gravity import gravity_decay, pair_effects
from analysis.labels import InputError
from analysis.linkages import flq
from analysis.tables import InterregionalTable, TableError, load_eight_regions

FOCUS = "East Coast"
MEASURES = {
    "flows": "sum of absolute errors of flows between regions, over the sum of published flows",
    "gain": "how far the error of flows lies below that of proportionality with the same margins",
    "correlation": "of flows between regions, level",
    "log_correlation": "of flows between regions, logarithms, where both are positive",
    "intra": "mean absolute error of intra-regional multipliers",
    "spillover": "mean absolute error of total spillover multipliers",
    "feedback": "mean absolute error of interregional feedbacks",
    "partners": "sum of absolute errors of the focus region's spillovers by sector and partner, over their sum",
}
METHODS = {
    "published flows": "the published flows between regions, users proportional: what no better trade model can mend",
    "proportionality": "no prior: balanced to the margins alone",
    "distance": "gravity with the decay of the earlier table",
    "pairs": "gravity with the decay and the effects of pairs of the earlier table",
    "pattern": "the flows of the earlier table as prior",
    "FLQ": "Flegg's location quotients, the best of 0.1 to 0.4 by its error of flows",
}
# Share of the noise of margins that all regions have in common, by what the rows with noise are called.
_NOISE = {"noisy": 0.0, "noisy, half in common": 0.5}
_DELTAS = (0.1, 0.2, 0.3, 0.4)


def agreement(estimate: InterregionalTable, published: InterregionalTable, focus: str | None = None) -> pd.Series:
    """Compare an estimated table with a published one of the same regions, sectors and output.

    Parameters
    ----------
    estimate, published : InterregionalTable
    focus : str, optional
        Region whose spillovers are compared partner by partner; by default all regions.

    Returns
    -------
    Series
        The measures of :data:`MEASURES` but ``gain``. Errors of multipliers are means over regions and sectors with
        output, in units of the multiplier.

    Raises
    ------
    TableError
        If regions, sectors or outputs differ, or there is no such focus.
    """
    if not estimate.output.index.equals(published.output.index):
        raise TableError("the tables differ in regions or sectors")
    apart = (estimate.output - published.output).abs()
    if apart.max() > 1e-6 * published.output.max():
        raise TableError(f"output differs in {apart.idxmax()}, by {apart.max():.6g} {published.unit}")
    return _measures(estimate.Z.to_numpy(), estimate.trade(), published, focus)


def _measures(Z: np.ndarray, trade: pd.Series, published: InterregionalTable, focus: str | None) -> pd.Series:
    regions, n, x = published.regions, len(published.sectors), published.output.to_numpy()
    if focus is not None and focus not in regions:
        raise TableError(f"no region {focus!r} to compare; the regions are {', '.join(regions)}")
    seen = published.trade()
    origin, user = (seen.index.get_level_values(k).to_numpy() for k in (0, 1))
    between = origin != user
    found, true = trade.reindex(seen.index).to_numpy()[between], seen.to_numpy()[between]
    both = (found > 0) & (true > 0)
    spread, known = (_multipliers(flows, x, len(regions), n) for flows in (Z, published.Z.to_numpy()))
    active = (x > 0).reshape(len(regions), n)
    gaps = {name: np.abs(spread[name] - known[name])[active].mean() for name in ("intra", "spillover", "feedback")}
    at = range(len(regions)) if focus is None else [regions.index(focus)]
    errors = total = 0.0
    for r in at:
        others = [s for s in range(len(regions)) if s != r]
        mine, theirs = (m["by_region"][others, r][:, active[r]] for m in (spread, known))
        errors, total = errors + np.abs(mine - theirs).sum(), total + theirs.sum()
    return pd.Series(
        {
            "flows": np.abs(found - true).sum() / true.sum(),
            "correlation": np.corrcoef(found, true)[0, 1],
            "log_correlation": np.corrcoef(np.log(found[both]), np.log(true[both]))[0, 1],
            **gaps,
            "partners": errors / total,
        }
    )


def _multipliers(Z: np.ndarray, x: np.ndarray, R: int, n: int) -> dict[str, np.ndarray]:
    """Output multipliers by region of effect (R x R x n), and their parts (R x n)."""
    A = np.divide(Z, x, out=np.zeros_like(Z), where=x > 0)
    by_region = np.linalg.inv(np.eye(R * n) - A).reshape(R, n, R, n).sum(axis=1)
    intra = by_region[np.arange(R), np.arange(R)]
    blocks = A.reshape(R, n, R, n)[np.arange(R), :, np.arange(R)]
    single = np.linalg.inv(np.eye(n) - blocks).sum(axis=1)
    return {
        "by_region": by_region,
        "intra": intra,
        "spillover": by_region.sum(axis=0) - intra,
        "feedback": intra - single,
    }


def learned(table: InterregionalTable, distances: pd.DataFrame) -> tuple[float, pd.DataFrame]:
    """Learn the decay with distance, and what pairs of regions trade beyond it, from a published table.

    Parameters
    ----------
    table : InterregionalTable
    distances : DataFrame, R x R

    Returns
    -------
    float, DataFrame R x R
        See :func:`gravity_decay` and :func:`pair_effects`.
    """
    trade = table.trade()
    decay = gravity_decay(trade, distances)
    return decay, pair_effects(trade, table.regions, distances, decay)


def learned_from(year: int, measure: str = "centres") -> tuple[float, pd.DataFrame]:
    """Learn decay and effects of pairs from the published table of eight regions of one year.

    Parameters
    ----------
    year : int
        2002 or 2007.
    measure : {"capitals", "centres"}
        See :func:`distances_between`.

    Returns
    -------
    float, DataFrame R x R
        See :func:`learned`.
    """
    known = load_eight_regions(year)
    return learned(known, distances_between(eight_regions(), measure).loc[known.regions, known.regions])


def quotient_flows(accounts: RegionalAccounts, delta: float) -> tuple[np.ndarray, pd.Series]:
    """Flows between regions by Flegg's location quotients: a baseline that needs no margins of trade.

    Own inputs are the region's own coefficients times the quotient, capped at one; own final uses the simple quotient.
    What is lacking comes from the others by what they have left beyond own uses and exports.

    Parameters
    ----------
    accounts : RegionalAccounts
    delta : float
        See :func:`analysis.linkages.flq`.

    Returns
    -------
    ndarray R n x R n, Series
        Flows between sectors, which need not balance, and deliveries with final uses by origin, user and code.
    """
    a, regions, codes = accounts.arrays, accounts.regions, accounts.sectors
    x, Z, final = a["output"], a["Z"], a["final"].sum(axis=2)
    R, n = x.shape
    nation = pd.Series(x.sum(axis=0), codes)
    own, bought = np.zeros_like(Z), np.zeros_like(final)
    for r in range(R):
        region = pd.Series(x[r], codes)
        own[r] = flq(region, nation, delta).reindex(columns=codes).fillna(1.0).clip(upper=1).to_numpy() * Z[r]
        quotient = x[r] / x[r].sum() / (nation.to_numpy() / nation.sum())
        bought[r] = np.minimum(quotient, 1.0) * final[r]
    spare = np.maximum(x - a["exports"] - own.sum(axis=2) - bought, 0.0)
    flows, trade = np.zeros((R, n, R, n)), np.zeros((R, R, n))
    for s in range(R):
        others = spare.copy()
        others[s] = 0.0
        total = others.sum(axis=0)
        share = np.divide(others, total, out=np.zeros_like(others), where=total > 0)
        flows[:, :, s] = share[:, :, None] * (Z[s] - own[s])
        trade[:, s] = share * (Z[s].sum(axis=1) + final[s] - own[s].sum(axis=1) - bought[s])
        flows[s, :, s] = own[s]
        trade[s, s] = own[s].sum(axis=1) + bought[s]
    index = pd.MultiIndex.from_product([regions, regions, codes], names=["origin", "user", "code"])
    return flows.reshape(R * n, R * n), pd.Series(trade.ravel(), index)


def blind_estimate(
    method: str, train: int = 2002, test: int = 2007, measure: str = "centres", **options: Any
) -> InterregionalEstimate:
    """Estimate a published table of eight regions from what its regions publish, by one of :data:`METHODS`.

    Parameters
    ----------
    method : str
        A key of :data:`METHODS`; not ``"FLQ"``, which gives no balanced table.
    train, test : int
        Year of the table that parameters come from, and of the one that is estimated: 2002 or 2007.
    measure : {"capitals", "centres"}
        See :func:`distances_between`.
    **options
        Of :func:`estimate_interregional`. Transit is netted out by default: the published tables record none.

    Returns
    -------
    InterregionalEstimate

    Raises
    ------
    InputError
        For an unknown method.
    """
    known = load_eight_regions(train)
    accounts, distances = published_accounts(load_eight_regions(test)), distances_between(eight_regions(), measure)
    return estimate_interregional(
        accounts, **_choices(method, known, distances, lambda: load_eight_regions(test)), **{"transit": 1.0} | options
    )


def _choices(method: str, known: Any, distances: pd.DataFrame, target: Any) -> dict[str, Any]:
    distances = distances.loc[known.regions, known.regions]
    if method == "proportionality":
        return {}
    if method == "distance":
        return {"distances": distances, "decay": gravity_decay(known.trade(), distances)}
    if method == "pairs":
        decay, effects = learned(known, distances)
        return {"distances": distances, "decay": decay, "effects": effects}
    if method in ("pattern", "published flows"):
        table = known if method == "pattern" else target()
        R, n = len(table.regions), len(table.sectors)
        flows = table.trade().to_numpy().reshape(R, R, n).transpose(2, 0, 1)
        # A product that was not traded between two regions may be now: a millionth of the largest flow to start from.
        floor = 0.0 if method == "published flows" else 1e-6
        return {"prior": np.maximum(flows, floor * flows.max(axis=(1, 2), keepdims=True))}
    raise InputError(f"unknown method {method!r}: one of {', '.join(m for m in METHODS if m != 'FLQ')}")


def blind_test(
    train: int = 2002,
    test: int = 2007,
    measure: str = "centres",
    focus: str = FOCUS,
    draws: int = 20,
    seed: int = 1,
    misfit: float | None = None,
) -> pd.DataFrame:
    """Compare estimates with the published table of eight regions, method by method.

    Parameters
    ----------
    train, test : int
        Year of the table that parameters come from, and of the one that is estimated and compared.
    measure : {"capitals", "centres"}
        See :func:`distances_between`.
    focus : str
        Region of the measure ``partners``.
    draws : int
        Of margin noise, in the rows with noisy margins; measures are their means.
    seed : int
    misfit : float, optional
        Mean gap between all outflow and all inflow that the noise makes, see :func:`margin_misfit`; by default that of
        the 31 provinces in 2017.

    Returns
    -------
    DataFrame
        Rows ``(margins, method)``: margins ``exact``; ``exact, pool`` (the supply pool in place of netted transit);
        ``noisy``. Columns: :data:`MEASURES`.

    Raises
    ------
    InputError
        If no draw is asked for.

    Notes
    -----
    Exact margins flatter: real provinces' outflows and inflows do not agree. The published tables are themselves partly
    modelled, and Shanghai, Jiangsu and Zhejiang are one region in them: flows inside the delta are tested by nothing.
    """
    if draws < 1:
        raise InputError(f"draws must be at least 1, not {draws}")
    known, published = load_eight_regions(train), load_eight_regions(test)
    distances, accounts = distances_between(eight_regions(), measure), published_accounts(published)
    methods = [name for name in METHODS if name != "FLQ"]
    choices = {name: _choices(name, known, distances, lambda: published) for name in methods}

    def compared(name: str, transit: float = 1.0, **options: Any) -> pd.Series:
        table = estimate_interregional(accounts, transit=transit, **choices[name], **options).table
        return agreement(table, published, focus)

    rows = {("exact", name): compared(name) for name in methods}
    quotients = [_measures(*quotient_flows(accounts, delta), published, focus) for delta in _DELTAS]
    rows["exact", "FLQ"] = min(quotients, key=lambda found: found["flows"])
    for name in ("published flows", "proportionality", "pairs"):
        rows["exact, pool", name] = compared(name, transit=0.0)
    wanted, spreads = margin_misfit(delta_accounts(2017)) if misfit is None else misfit, {}
    for margins, common in _NOISE.items():
        spreads[margins] = spread = noise_spread(accounts, wanted, draws, seed, common)
        noises = [margin_noise(accounts, spread, [seed, k], common) for k in range(draws)]
        for name in methods:
            found = [compared(name, noise=noise, trust=0.0, cap=np.inf) for noise in noises]
            rows[margins, name] = pd.concat(found, axis=1).mean(axis=1)
    result = pd.DataFrame(rows).T.rename_axis(["margins", "method"])
    base = result["flows"].xs("proportionality", level="method")
    gain = 1 - result["flows"] / base.reindex(result.index.get_level_values(0)).to_numpy()
    result.insert(1, "gain", gain)
    result.attrs |= {"train": train, "test": test, "noise_spread": spreads, "draws": draws, "focus": focus}
    return result


def noise_spread(
    accounts: RegionalAccounts, misfit: float, draws: int = 20, seed: int = 1, common: float = 0.0
) -> float:
    """Find the spread of margin noise that makes outflow and inflow differ as much as is wanted.

    Parameters
    ----------
    accounts : RegionalAccounts
    misfit : float
        Mean of :func:`margin_misfit` over the draws, in (0, 1].
    draws, seed : int
    common : float
        See :func:`margin_noise`.

    Returns
    -------
    float
        For :func:`margin_noise`.

    Raises
    ------
    InputError
        If no spread between 0 and 3 does.
    """

    def mean(spread: float) -> float:
        found = [margin_misfit(accounts, margin_noise(accounts, spread, [seed, k], common)) for k in range(draws)]
        return float(np.mean(found)) - misfit

    low, high = 0.0, 3.0
    if mean(low) > 0 or mean(high) < 0:
        raise InputError(f"no spread of noise between 0 and 3 makes a misfit of {misfit:g}")
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if mean(middle) > 0 else (middle, high)
    return (low + high) / 2
