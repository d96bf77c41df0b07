"""The estimate of an interregional table from what each region publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.interregional.accounts import RegionalAccounts
from analysis.interregional.gravity import gravity_prior
from analysis.labels import InputError, few, numeric_frame
from analysis.linkages import BalancingError, balance_stack
from analysis.tables import InputOutputTable, InterregionalTable

TRANSIT = {"pool": 0.0, "netted": 1.0}
MISFITS = {
    "error": "what trade leaves unexplained stands in the error column",
    "uses": "the region's uses are balanced to what its supply leaves for them, by GRAS",
}
# Own cells of flexible units, beside a mean prior of one: used only where the margins cannot be met without them.
_OWN = 1e-6
# Room left for other units beyond what a kept unit sends and receives, so that balancing does not crawl.
_ROOM = 1.01


@dataclass(frozen=True, eq=False)
class InterregionalEstimate:
    """An estimated table, and what was done to reach it.

    Attributes
    ----------
    table : InterregionalTable
        With ``estimated`` true.
    accounts : RegionalAccounts
        From which it was estimated.
    options : dict
        All choices, by name.
    shipments : ndarray, n x R x R
        Trade between regions by product, from row to column, in the unit of the table; goods in transit count at each
        stage. The diagonal is empty.
    margins : ndarray, 2 x U x n
        Outflow and inflow of the units as the shipments have them.
    """

    table: InterregionalTable
    accounts: RegionalAccounts
    options: Mapping[str, Any]
    shipments: np.ndarray = field(repr=False)
    margins: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)

    @cached_property
    def adjustments(self) -> pd.DataFrame:
        """Margins that were changed: ``unit``, ``code``, ``margin``, ``published``, ``used``, ``change``, ``trust``.

        Sorted by size. With margin noise, the noise is part of the change.
        """
        found, a = [], self.accounts.arrays
        for k, name in enumerate(("outflow", "inflow")):
            published, used = a[name], self.margins[k]
            u, i = np.nonzero(np.abs(used - published) > 1e-9 * max(published.max(), 1e-300))
            found.append(
                pd.DataFrame(
                    {
                        "unit": self.accounts.membership.index.to_numpy()[u],
                        "code": self.accounts.sectors.to_numpy()[i],
                        "margin": name,
                        "published": published[u, i],
                        "used": used[u, i],
                        "change": used[u, i] - published[u, i],
                        "trust": self.trust[u],
                    }
                )
            )
        listed = pd.concat(found, ignore_index=True)
        return listed.sort_values("change", key=np.abs, ascending=False, ignore_index=True, kind="stable")

    @property
    def adjusted_share(self) -> float:
        """Sum of absolute adjustments as a share of all published margins."""
        a = self.accounts.arrays
        published = np.stack([a["outflow"], a["inflow"]])
        return float(np.abs(self.margins - published).sum() / published.sum())

    @cached_property
    def misfit(self) -> pd.DataFrame:
        """By product: sum over regions beside the nation, and published outflow beside inflow.

        Columns, in the unit of the table: for ``output``, ``inputs`` (intermediate inputs of the sector),
        ``value_added``, ``uses`` (intermediate and final uses of the product), ``exports``, ``imports`` and ``error``
        the sum over regions, and with ``_nation`` the nation's, where the accounts know it; ``outflow`` and ``inflow``
        over all units, as published.
        """
        a, whole = self.accounts.arrays, self.table.total()

        def items(table: InputOutputTable) -> dict[str, pd.Series]:
            return {
                "output": table.output,
                "inputs": table.Z.sum(axis=0),
                "value_added": table.total_value_added,
                "uses": table.intermediate_uses + table.final_demand,
                "exports": table.trade["EX"],
                "imports": table.trade["IM"],
                "error": table.error,
            }

        columns, nation = items(whole), self.accounts.nation
        if nation is not None:
            columns |= {f"{name}_nation": values for name, values in items(nation).items()}
        columns |= {name: pd.Series(a[name].sum(axis=0), index=whole.sectors) for name in ("outflow", "inflow")}
        return pd.DataFrame(columns, index=whole.sectors)

    def trade(self) -> pd.Series:
        """Shipments between regions, indexed by ``origin``, ``user`` and ``code``; goods in transit count again."""
        regions = self.accounts.regions
        index = pd.MultiIndex.from_product([regions, regions, self.accounts.sectors], names=["origin", "user", "code"])
        return pd.Series(self.shipments.transpose(1, 2, 0).ravel(), index=index, name="shipment")


def estimate_interregional(
    accounts: RegionalAccounts,
    *,
    distances: pd.DataFrame | None = None,
    decay: float = 0.0,
    effects: pd.DataFrame | None = None,
    prior: pd.DataFrame | np.ndarray | None = None,
    noise: np.ndarray | None = None,
    trust: Mapping[str, float] | float | None = None,
    outflow_weight: float = 0.5,
    transit: str | float = "pool",
    misfit: str = "error",
    cap: float = 0.5,
    tolerance: float = 1e-9,
) -> InterregionalEstimate:
    r"""Estimate the flows between regions from what each region publishes.

    For each product, with O outflow, I inflow, x output, M all that comes in, E all that goes out:

    1. *Margins.* Outflows and inflows over all units are brought to one sum, ``G = w ΣO + (1 - w) ΣI``. Unit u takes
       part by ``1 - trust_u``: ``O_u' = O_u (1 + (α - 1)(1 - trust_u))``, α such that ΣO' = G; inflows alike. G is
       raised where units that are kept could not trade all they do with the others.
    2. *Trade.* ``S_uv = a_u b_v K_uv`` with the prior K, balanced to the margins by RAS; units are added up to
       regions. With ``K = d^-decay`` this is the doubly constrained gravity model.
    3. *Transit.* Of what leaves a region, ``(1 - θ) x E / (x + M) + θ min(x, E)`` is its own product, the rest came in
       before. θ = 0 is the supply pool: all users and destinations draw alike. θ = 1 nets out transit as far as it can
       be: own output leaves first. What came in is traced back to its origin through all regions, one linear system of
       R equations a product.
    4. *Users.* All users of a product in a region draw on own output, each other region and imports in the same
       proportion (Chenery 1953, Moses 1955): ``Z_rs = diag(o_rs) Z_s`` with o the origin shares.

    Rows and columns then balance by construction, to the rounding of the machine.

    Parameters
    ----------
    accounts : RegionalAccounts
        See :func:`delta_accounts`; the choice of the rest of China is made there.
    distances : DataFrame, U x U, optional
        Between the units, see :func:`distances_between`. Without them, distance plays no part.
    decay : float
        Exponent of distance, see :func:`gravity_decay`.
    effects : DataFrame, U x U, optional
        Factors of pairs on top of distance, see :func:`pair_effects` and :func:`spread_effects`.
    prior : DataFrame U x U or ndarray n x U x U, optional
        A prior K of one's own, for all products or each, in place of distances and effects: such as the pattern of an
        observed table.
    noise : ndarray, 2 x U x n, optional
        Factors on the published outflow and inflow, see :func:`margin_noise`.
    trust : mapping of unit to float, or float, optional
        1: the unit's margins are kept; 0: it takes its full part in bringing the sums together. By default 1 for a unit
        that is a region by itself and 0 for the others. Units below 1 may keep tiny own cells, where the margins cannot
        be met otherwise.
    outflow_weight : float
        w, how far the sum of outflows is trusted beside that of inflows, in [0, 1].
    transit : {"pool", "netted"} or float
        θ: 0, 1 or between.
    misfit : {"error", "uses"}
        Where a region's trade after step 1 differs from its published balance: stays in the error column, or its
        flows and final uses are balanced to it by GRAS, each product's by a tenfold cut at most.
    cap : float
        Largest sum of absolute adjustments of margins in step 1, as a share of all margins after noise.
    tolerance : float
        Of balancing the trade, see :func:`analysis.linkages.balance_stack`.

    Returns
    -------
    InterregionalEstimate
        Same unit as the accounts. No flow is negative; final uses are where the region's own table has them so.

    Raises
    ------
    InputError
        For options out of range, or labels or shapes that do not fit.
    BalancingError
        If margins that are kept cannot be brought together, or the adjustments exceed the cap.

    Notes
    -----
    An estimate: no flow between two regions has been observed. Under the supply pool, imports and inflows that merely
    pass through spread over all users; under netting, none that own output could have served.

    References
    ----------
    Chenery (1953); Moses (1955); Wilson (1970); Junius & Oosterhaven (2003); Miller & Blair (2009), chapters 3 and 8.
    """
    a = accounts.arrays
    theta = _theta(transit)
    if misfit not in MISFITS:
        raise InputError(f"unknown misfit {misfit!r}: one of {', '.join(MISFITS)}")
    if not 0 <= outflow_weight <= 1:
        raise InputError(f"outflow_weight must lie in [0, 1], not {outflow_weight}")
    weights = _trust(trust, accounts)
    outflow, inflow = a["outflow"], a["inflow"]
    if noise is not None:
        noise = np.asarray(noise, dtype=float)
        if noise.shape != (2, *outflow.shape) or not (np.isfinite(noise).all() and (noise >= 0).all()):
            raise InputError(f"noise must be 2 x {outflow.shape[0]} x {outflow.shape[1]} factors, none negative")
        outflow, inflow = outflow * noise[0], inflow * noise[1]
    sent, received = _reconcile(outflow, inflow, weights, outflow_weight, accounts)
    share = (np.abs(sent - outflow).sum() + np.abs(received - inflow).sum()) / max((outflow + inflow).sum(), 1e-300)
    if share > cap:
        worst = (np.abs(sent - outflow) + np.abs(received - inflow)).sum(axis=0)
        raise BalancingError(
            f"margins would change by {share:.1%} in total, more than the cap of {cap:.1%}; most in"
            f" {few(accounts.sectors[np.argsort(-worst)[:4]])}: raise the cap, or look at these products"
        )
    K = _prior(accounts, distances, decay, effects, prior)
    K = K + np.where(np.eye(len(weights), dtype=bool) & (weights < 1), _OWN, 0.0)
    trade = balance_stack(K, sent.T, received.T, tolerance=tolerance)
    member = a["member"]
    S = np.einsum("ur,iuv,vs->irs", member, trade, member, optimize=True)
    inside = np.arange(S.shape[1])
    S[:, inside, inside] = 0.0
    single = member.sum(axis=0) == 1
    margins = np.stack([sent, received])
    for region in np.flatnonzero(single):
        unit = int(np.argmax(member[:, region]))
        margins[0, unit], margins[1, unit] = S[:, region, :].sum(axis=1), S[:, :, region].sum(axis=1)
    options = {
        "decay": decay,
        "distances": distances is not None,
        "effects": effects is not None,
        "prior": prior is not None,
        "noise": noise is not None,
        "outflow_weight": outflow_weight,
        "transit": transit,
        "misfit": misfit,
        "cap": cap,
    }
    table = _table(accounts, S, theta, misfit, options)
    return InterregionalEstimate(table, accounts, options, S, margins, weights)


def margin_noise(
    accounts: RegionalAccounts, spread: float, seed: int | list[int] | np.random.Generator, common: float = 0.0
) -> np.ndarray:
    """Draw factors for outflow and inflow of every unit and product: lognormal, with a mean of one.

    ``exp(σ z - σ²/2)`` with ``z = √c z_i + √(1 - c) z_ui``: z_i is the same for all units, z_ui is not.

    Parameters
    ----------
    accounts : RegionalAccounts
    spread : float
        σ, standard deviation of the logarithms.
    seed : int, list of int or Generator
    common : float
        c in [0, 1], the share of the variance that all units share: a product that everybody counts otherwise.

    Returns
    -------
    ndarray, 2 x U x n
        Outflow and inflow are drawn apart, as provinces count them apart.

    Raises
    ------
    InputError
        If the spread is negative or not finite, or ``common`` is not in [0, 1].
    """
    if not (np.isfinite(spread) and spread >= 0 and 0 <= common <= 1):
        raise InputError(f"spread must be a number not below zero and common in [0, 1], not {spread} and {common}")
    draw = np.random.default_rng(seed)
    sides, units, products = 2, *accounts.arrays["outflow"].shape
    shared, own = draw.standard_normal((sides, 1, products)), draw.standard_normal((sides, units, products))
    result: np.ndarray = np.exp(spread * (np.sqrt(common) * shared + np.sqrt(1 - common) * own) - spread**2 / 2)
    return result


def margin_misfit(accounts: RegionalAccounts, noise: np.ndarray | None = None) -> float:
    """Gap between all outflow and all inflow, product by product: Σ|ΣO - ΣI| over the mean of ΣΣO and ΣΣI.

    Parameters
    ----------
    accounts : RegionalAccounts
    noise : ndarray, 2 x U x n, optional
        See :func:`margin_noise`.

    Returns
    -------
    float
        Zero if what all units send of each product is what all receive.
    """
    both = np.stack([accounts.arrays["outflow"], accounts.arrays["inflow"]])
    sums = (both if noise is None else both * noise).sum(axis=1)
    return float(np.abs(sums[0] - sums[1]).sum() / (sums.sum() / 2))


def _theta(transit: Any) -> float:
    if isinstance(transit, str):
        if transit not in TRANSIT:
            raise InputError(f"unknown transit {transit!r}: one of {', '.join(TRANSIT)}, or a number between 0 and 1")
        return TRANSIT[transit]
    if not 0 <= transit <= 1:
        raise InputError(f"transit must lie between 0 (pool) and 1 (netted), not {transit}")
    return float(transit)


def _trust(trust: Any, accounts: RegionalAccounts) -> np.ndarray:
    kept = accounts.kept
    if trust is None:
        return kept.to_numpy(dtype=float)
    given = pd.Series(trust, kept.index if np.isscalar(trust) else None, dtype=float)
    unknown = given.index.difference(kept.index)
    if len(unknown):
        raise InputError(f"trust names {few(unknown)}, which are no units of these accounts")
    weights = given.reindex(kept.index).where(lambda s: s.notna(), kept.astype(float)).to_numpy()
    if not ((weights >= 0) & (weights <= 1)).all():
        raise InputError("trust must lie in [0, 1]: 1 keeps a margin, 0 gives it its full part in the adjustment")
    return weights


def _prior(
    accounts: RegionalAccounts, distances: pd.DataFrame | None, decay: float, effects: Any, prior: Any
) -> np.ndarray:
    """Prior of trade between units, n x U x U, with a mean of one off the diagonal."""
    units, n = accounts.membership.index, len(accounts.sectors)
    U = len(units)
    away = ~np.eye(U, dtype=bool)
    if prior is None:
        if distances is None:
            distances = pd.DataFrame(1.0, units, units)
        given = gravity_prior(_of_units(distances, units, "distances"), decay,
                              None if effects is None else _of_units(effects, units, "effects")).to_numpy()  # fmt: skip
        K = np.broadcast_to(given, (n, U, U))
    elif distances is not None or effects is not None or decay:
        raise InputError("give a prior, or distances with a decay and effects, not both")
    else:
        K = prior
        if isinstance(prior, pd.DataFrame):
            K = np.broadcast_to(numeric_frame(_of_units(prior, units, "prior"), "prior", "not negative"), (n, U, U))
        K = np.asarray(K, dtype=float)
        if K.shape != (n, U, U) or not (np.isfinite(K).all() and (K >= 0).all()):
            raise InputError(f"the prior must be {n} x {U} x {U} (or {U} x {U} with labels), without negative cells")
    K = np.where(away, K, 0.0)
    mean = K.sum(axis=(1, 2), keepdims=True) / away.sum()
    return K / np.where(mean > 0, mean, 1.0)


def _of_units(frame: pd.DataFrame, units: pd.Index, name: str) -> pd.DataFrame:
    lacking = units.difference(frame.index).union(units.difference(frame.columns))
    if len(lacking):
        raise InputError(f"{name} lack {few(lacking)}: every unit of the accounts needs a row and a column")
    return frame.loc[units][units]


def _reconcile(
    outflow: np.ndarray, inflow: np.ndarray, trust: np.ndarray, weight: float, accounts: RegionalAccounts
) -> Any:
    """Bring outflows and inflows of each product to one sum, each unit by how little it is trusted."""
    free = (1 - trust)[:, None]
    totals = np.stack([outflow.sum(axis=0), inflow.sum(axis=0)])
    loose = np.stack([(outflow * free).sum(axis=0), (inflow * free).sum(axis=0)])
    fixed = totals - loose
    goal = weight * totals[0] + (1 - weight) * totals[1]
    agree = np.abs(totals[0] - totals[1]) <= 1e-9 * totals.max(axis=0)
    # What units that are kept send and receive must fit between them and the others.
    kept = trust == 1
    if kept.any() and not kept.all():
        both = (outflow[kept] + inflow[kept]).max(axis=0)
        goal = np.maximum(goal, _ROOM * np.maximum(both, fixed.max(axis=0)))
    # Where only one side can move, it moves to the other.
    tiny = 1e-12 * totals.max(axis=0)
    rigid = loose <= tiny
    goal = np.where(rigid[0], totals[0], np.where(rigid[1], totals[1], goal))
    lost = (rigid.all(axis=0) & ~agree) | (goal < fixed.max(axis=0) * (1 - 1e-9))
    if lost.any():
        gap = (totals[0] - totals[1])[lost]
        raise BalancingError(
            f"outflow and inflow of {few(accounts.sectors[lost])} differ by {few([f'{g:.6g}' for g in gap])}, and every"
            " margin is to be kept: trust some units less than 1"
        )
    moved = []
    for k, values in enumerate((outflow, inflow)):
        step = np.divide(goal - totals[k], loose[k], out=np.zeros_like(goal), where=~rigid[k])
        moved.append(np.maximum(values * (1 + step * free), 0.0))
    sent, received = moved
    # One sum to the last digit, on the side of the units that may move, or of all of them.
    ratio = sent.sum(axis=0) / np.where(received.sum(axis=0) > 0, received.sum(axis=0), 1.0)
    return sent, received * np.where(received.sum(axis=0) > 0, ratio, 1.0)


def _table(
    accounts: RegionalAccounts, S: np.ndarray, theta: float, misfit: str, options: Mapping[str, Any]
) -> InterregionalTable:
    """From shipments by product to flows by user: transit traced, users proportional."""
    a = accounts.arrays
    R, n = a["output"].shape
    x, imports, exports = a["output"].T, a["imports"].T, a["exports"].T  # n x R
    out = S.sum(axis=2)
    M, E = imports + S.sum(axis=1), exports + out
    supply = x + M
    pooled = np.divide(x, supply, out=np.zeros_like(x), where=supply > 0)
    # Where more leaves than there is, stocks are run down: nothing tells whose, so that the pool applies.
    netting = np.where(E > supply, 0.0, theta)
    own_out = (1 - netting) * E * pooled + netting * np.minimum(x, E)
    own_share_out = np.divide(own_out, E, out=np.ones_like(E), where=E != 0)
    left = supply - E
    own_share = np.divide(x - own_out, left, out=pooled.copy(), where=left > 1e-9 * np.maximum(supply, 1e-300))
    own_share = np.clip(own_share, 0.0, 1.0)
    # Composition of what comes into r: M_r m_r = IM_r e_0 + Σ_s S_sr (own_s e_s + (1 - own_s) m_s).
    eye = np.eye(R)
    passing = S * (1 - own_share_out)[:, :, None]
    system = np.where(M > 0, M, 1.0)[:, :, None] * eye - passing.transpose(0, 2, 1)
    right = np.concatenate([(S * own_share_out[:, :, None]).transpose(0, 2, 1), imports[:, :, None]], axis=2)
    arriving = np.linalg.solve(system, right)  # n x R (where) x R + 1 (from, imports last)
    nothing = M <= 0
    arriving[nothing] = 0.0
    # A product that is used where there is neither output nor inflow counts as imported.
    arriving[nothing, R] = 1.0
    arriving = np.maximum(arriving, 0.0)
    arriving /= arriving.sum(axis=2, keepdims=True)
    spread = np.concatenate([np.broadcast_to(eye, (n, R, R)), np.zeros((n, R, 1))], axis=2)
    local = own_share[:, :, None] * spread + (1 - own_share)[:, :, None] * arriving  # n x user x origin
    leaving = own_share_out[:, :, None] * spread + (1 - own_share_out)[:, :, None] * arriving

    Z, final = a["Z"], a["final"]
    uses = Z.sum(axis=2) + final.sum(axis=2)  # R x n
    loose = left.T - uses
    if misfit == "uses":
        Z, final = _balanced_uses(Z, final, uses, uses + loose - a["error"])
        loose = left.T - Z.sum(axis=2) - final.sum(axis=2)
    regions, codes = accounts.regions, accounts.sectors
    first = accounts.tables[regions[0]]
    pairs = pd.MultiIndex.from_product([regions, codes], names=["region", "code"])
    columns = pd.MultiIndex.from_product([regions, first.final_uses.columns], names=["region", "use"])
    k = final.shape[2]
    origin = local[:, :, :R]
    flows = np.einsum("irq,rij->qirj", origin, Z).reshape(R * n, R * n)
    bought = np.einsum("irq,rik->qirk", origin, final).reshape(R * n, R * k)
    abroad = local[:, :, R]
    added = a["value_added"]
    # Own products in exports and in what is unexplained, through whichever region.
    exported = np.einsum("irq,ir->qi", leaving[:, :, :R], exports).ravel()
    unexplained = np.einsum("irq,ri->qi", origin, loose).ravel()
    chosen = ", ".join(f"{name} {value}" for name, value in options.items())
    return InterregionalTable(
        Z=pd.DataFrame(flows, pairs, pairs),
        final_uses=pd.DataFrame(bought, pairs, columns),
        value_added=pd.DataFrame(added.transpose(1, 0, 2).reshape(-1, R * n), first.value_added.index, pairs),
        output=pd.Series(a["output"].ravel(), pairs),
        exports=pd.Series(exported, pairs),
        error=pd.Series(unexplained, pairs),
        imported=pd.DataFrame(np.einsum("ir,rij->irj", abroad, Z).reshape(n, R * n), codes, pairs),
        imported_final=pd.DataFrame(np.einsum("ir,rik->irk", abroad, final).reshape(n, R * k), codes, columns),
        reexports=pd.Series((leaving[:, :, R] * exports).T.ravel(), pairs),
        year=first.year,
        unit=first.unit,
        price_basis=first.price_basis,
        vintage=first.vintage,
        estimated=True,
        provenance=f"estimated from {accounts.provenance or 'the regions own tables'}",
        notes=(
            "Flows between regions are estimates: none was observed.",
            "Users of a product in a region draw on all origins in the same proportion.",
            f"Options: {chosen}.",
        ),
    )


def _balanced_uses(
    Z: np.ndarray, final: np.ndarray, uses: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Balance each region's flows and final uses to other row sums; inputs keep theirs, final uses stretch."""
    Z, final = Z.copy(), final.copy()
    n = Z.shape[1]
    target = np.maximum(target, 0.1 * uses)
    off = np.abs(target - uses).max(axis=1) > 1e-9 * np.abs(uses).max()
    for r in np.flatnonzero(off):
        inputs, bought = Z[r].sum(axis=0), final[r].sum(axis=0)
        # Only uses with a positive sum stretch, so that inventories keep theirs.
        stretch = np.where(bought > 0, bought, 0.0)
        new = bought + (target[r].sum() - uses[r].sum()) * stretch / stretch.sum()
        if (new[bought > 0] <= 0).any():
            raise BalancingError("the misfit of a region exceeds its final uses: leave it in the error column")
        block = balance_stack(
            np.hstack([Z[r], final[r]])[None], target[r][None], np.concatenate([inputs, new])[None], tolerance=1e-10
        )[0]
        Z[r], final[r] = block[:, :n], block[:, n:]
    return Z, final


__all__ = [
    "MISFITS",
    "TRANSIT",
    "InterregionalEstimate",
    "estimate_interregional",
    "margin_misfit",
    "margin_noise",
]
