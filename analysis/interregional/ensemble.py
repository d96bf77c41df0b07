"""What an estimated interregional table says, over all that had to be assumed to estimate it.

A member is one estimate, with every assumption drawn: decay and distances, what pairs trade beyond distance, the rest
of China, noise in the margins, transit, and where the misfit goes. Member k depends on the seed and on k alone, so that
neither their number nor their split over processes or machines matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import compute_chunks
from analysis.interregional.accounts import (
    DELTA,
    REST,
    RegionalAccounts,
    delta_accounts,
    distances_between,
    eight_regions,
    published_accounts,
)
from analysis.interregional.blind import learned, learned_from, noise_spread
from analysis.interregional.estimate import estimate_interregional, margin_misfit, margin_noise
from analysis.interregional.gravity import gravity_decay, gravity_prior, spread_effects
from analysis.labels import InputError, few
from analysis.linkages import BalancingError
from analysis.tables import InterregionalTable, load_eight_regions

RESULTS = {
    "pull": "output in the target region per unit of final demand for the source region's products",
    "spillover": "pull on the delta's other three together, and on all other regions",
    "strongest pull": "1 if no other of the delta's three has a larger pull from the source region",
    "share": "part of the source region's pull on others that falls on the delta's other three",
    "lead": "pull of the source region on the delta's other three, over theirs on it",
    "pole": "pull of the source region on the delta's other three, over the largest such pull among these three",
    "feedback": "the part of a region's own output that comes back through others",
    "value added": "share of the target region's value added in the source region's exports abroad",
    "neighbours' value added": "the same for the delta's other three together",
}
ABROAD = "Abroad"
OTHERS = "The delta's other three"
EVERYWHERE = "All other regions"
# Members of a chunk: what a worker computes before it reports, and what a run that was stopped does again at most.
_BATCH = 20
# Largest change of all margins together, as in the estimate itself.
_CAP = 0.5


@dataclass(frozen=True, eq=False)
class Assumptions:
    """Ranges from which the assumptions of a member are drawn, each apart from the others.

    Attributes
    ----------
    decay : (float, float)
        Uniform.
    effects : DataFrame, R x R, or None
        Factors of pairs of published regions; half of the members use them, see :func:`spread_effects`.
    pair_spread : float
        Standard deviation of the logarithm of what a pair of regions trades beyond prior and margins.
    inside_spread : float
        The same for pairs inside the delta, which no published table checks.
    cell_spread : float
        The same for each product of a pair.
    margin_spread : float
        Of :func:`margin_noise`.
    transit : (float, float)
        Uniform; 0 is the supply pool, 1 nets transit out.
    outflow_weight : (float, float)
        Uniform.
    measures, rests, misfits : tuple of str
        Each as likely; see :func:`distances_between`, :func:`delta_accounts` and :func:`estimate_interregional`.
    """

    decay: tuple[float, float]
    effects: pd.DataFrame | None
    pair_spread: float
    inside_spread: float
    cell_spread: float
    margin_spread: float
    transit: tuple[float, float] = (0.0, 1.0)
    outflow_weight: tuple[float, float] = (0.0, 1.0)
    measures: tuple[str, ...] = ("capitals", "centres")
    rests: tuple[str, ...] = ("residual", "sum")
    misfits: tuple[str, ...] = ("error", "uses")

    def __post_init__(self) -> None:
        """Refuse ranges that are none."""
        for name in ("decay", "transit", "outflow_weight"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise InputError(f"{name} is drawn between {low} and {high}: give a range from nought up")
        for name in ("pair_spread", "inside_spread", "cell_spread", "margin_spread"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise InputError(f"{name} must be a number not below nought, not {getattr(self, name)}")

    def draw(self, seed: int, number: int) -> tuple[dict[str, Any], np.random.Generator]:
        """Draw the assumptions of one member, and hand on the generator for its noise."""
        rng = np.random.default_rng([seed, number])
        uniform = {name: float(rng.uniform(*getattr(self, name))) for name in ("decay", "transit", "outflow_weight")}
        chosen = {
            name: str(rng.choice(getattr(self, many)))
            for name, many in (("measure", "measures"), ("rest", "rests"), ("misfit", "misfits"))
        }
        effects = bool(rng.integers(2)) and self.effects is not None
        return uniform | chosen | {"effects": effects}, rng


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members of an ensemble.

    Attributes
    ----------
    results : DataFrame
        A row a member; columns are quadruples ``measure``, ``group``, ``source``, ``target`` of :data:`RESULTS`.
    options : DataFrame
        The assumptions of each member.
    failed : tuple of int
        Members whose margins could not be balanced: extreme draws, counted and left out.
    seed : int
    """

    results: pd.DataFrame
    options: pd.DataFrame
    failed: tuple[int, ...] = ()
    seed: int = 0
    attrs: dict[str, Any] = field(default_factory=dict)

    def summary(self, level: float = 0.9) -> pd.DataFrame:
        """Return median and central range of every result.

        Parameters
        ----------
        level : float
            Share of the members inside the range.
        """
        return summarise(self.results, level)


def summarise(results: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Median and central range over members.

    Parameters
    ----------
    results : DataFrame
        Members in rows.
    level : float
        Share of the members inside the range, in (0, 1).

    Returns
    -------
    DataFrame
        A row a column of `results`: ``value`` (median), ``lower``, ``upper``, ``mean``.

    Raises
    ------
    InputError
        If the level is not between nought and one, or there is no member.
    """
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, not {level}")
    if not len(results):
        raise InputError("there is no member to summarise")
    cuts = results.quantile([0.5, (1 - level) / 2, (1 + level) / 2])
    return cuts.T.set_axis(["value", "lower", "upper"], axis=1).assign(mean=results.mean())


def system_results(table: InterregionalTable, groups: Mapping[str, Sequence[str]]) -> pd.Series:
    """Who pulls whom, what comes back, and whose value added is in exports.

    With L the inverse of the whole system, x output, e exports abroad and v the rates of value added:

    - pull of group g from region r on s: mean over the group's products of ``i'L_sr``, weighted by x; the own region
      is among the targets;
    - spillover of r: its pull on the delta's other three, and on all other regions;
    - strongest pull: which of the delta's other provinces r pulls most;
    - share: of the pull of r on all others, the part on the delta's other three;
    - lead: pull of r on these three, over the mean of their pulls on r, weighted by their output of the group;
    - pole: pull of r on these three, over the largest pull of one of them on its own other three;
    - feedback of r: ``i'L_rr - i'(I - A_rr)⁻¹``, weighted likewise;
    - value added of s in the exports of r: ``v_s'L_sr e_r / i'e_r``; what is left to one came from abroad;
    - neighbours' value added: the sum of these over the delta's other three.

    Parameters
    ----------
    table : InterregionalTable
    groups : mapping of name to sector codes
        Groups of products; all products together are added as ``"all"``.

    Returns
    -------
    Series
        Indexed by ``measure``, ``group``, ``source``, ``target``.

    Raises
    ------
    InputError
        For a group without sectors of the table.

    References
    ----------
    Miller & Blair (2009), section 6.3; Miller (1966).
    """
    codes, regions = table.sectors, table.regions
    R, n = len(regions), len(codes)
    member = {"all": np.ones(n)}
    for name, chosen in groups.items():
        belongs = codes.isin(list(chosen))
        if set(chosen) - set(codes) or not belongs.any():
            raise InputError(f"group {name!r} names {few(sorted(set(chosen) - set(codes)))}, no sectors of the table")
        member[name] = belongs.astype(float)
    x = table.output.to_numpy()
    A = np.divide(table.Z.to_numpy(), x, out=np.zeros((R * n, R * n)), where=x > 0)
    L = np.linalg.inv(np.eye(R * n) - A)
    to = L.reshape(R, n, R * n).sum(axis=1)  # target region x source product
    rows: dict[Any, Any] = {}
    for name, inside in member.items():
        weights: np.ndarray = x.reshape(R, n) * inside
        weights = np.divide(weights, weights.sum(axis=1, keepdims=True), where=weights.sum(axis=1, keepdims=True) > 0,
                            out=np.full((R, n), np.nan))  # fmt: skip
        pull = np.einsum("srj,rj->rs", to.reshape(R, R, n), weights)
        rows |= {("pull", name, r, s): pull[i, j] for i, r in enumerate(regions) for j, s in enumerate(regions)}
        size = (x.reshape(R, n) * inside).sum(axis=1)
        rows |= {("spillover", name, r, EVERYWHERE): pull[i].sum() - pull[i, i] for i, r in enumerate(regions)}
        rows |= {(measure, name, *at): value for measure, at, value in _delta_pull(pull, size, regions)}
    share = x.reshape(R, n) / x.reshape(R, n).sum(axis=1, keepdims=True)
    blocks = A.reshape(R, n, R, n)[np.arange(R), :, np.arange(R)]
    alone = np.linalg.inv(np.eye(n) - blocks).sum(axis=1)
    for i, r in enumerate(regions):
        rows["feedback", "all", r, r] = rows["pull", "all", r, r] - float(alone[i] @ share[i])
    value = table.value_added.sum(axis=0).to_numpy()
    earned = np.divide(value, x, out=np.zeros_like(x), where=x > 0)
    exports = table.exports.to_numpy().reshape(R, n)
    content = np.einsum("sirj,rj->rs", (earned[:, None] * L).reshape(R, n, R, n), exports)
    content /= exports.sum(axis=1, keepdims=True)
    for i, r in enumerate(regions):
        rows |= {("value added", "all", r, s): content[i, j] for j, s in enumerate(regions)}
        rows["value added", "all", r, ABROAD] = 1 - content[i].sum()
        if r in DELTA:
            near = [k for k, s in enumerate(regions) if s in DELTA and s != r]
            rows["neighbours' value added", "all", r, OTHERS] = content[i, near].sum()
    found = pd.Series(rows)
    return found.rename_axis(["measure", "group", "source", "target"]).sort_index()


def _delta_pull(pull: np.ndarray, size: np.ndarray, regions: list[str]) -> Iterator[tuple[str, tuple[Any, ...], float]]:
    """Yield how the delta's regions pull each other: which most, how much of it stays, who leads."""
    inside = [i for i, r in enumerate(regions) if r in DELTA]
    if len(inside) < 2:
        return
    out = {i: sum(pull[i, j] for j in inside if j != i) for i in inside}
    for i in inside:
        others = [j for j in inside if j != i]
        largest = max(pull[i, j] for j in others)
        for j in others:
            yield "strongest pull", (regions[i], regions[j]), float(pull[i, j] == largest)
        away = pull[i].sum() - pull[i, i]
        back = np.average([pull[j, i] for j in others], weights=size[others])
        yield "spillover", (regions[i], OTHERS), out[i]
        yield "share", (regions[i], OTHERS), out[i] / away
        yield "lead", (regions[i], OTHERS), out[i] / back
        yield "pole", (regions[i], OTHERS), out[i] / max(out[j] for j in others)


def places(units: pd.Index) -> pd.Series:
    """Say where each province lies for the noise of pairs: the delta's four by themselves, others in eight regions."""
    wide = eight_regions()
    return pd.Series({unit: unit if unit in DELTA else wide[unit] for unit in units})


def noisy_prior(
    base: pd.DataFrame, place: pd.Series, assumptions: Assumptions, products: int, rng: np.random.Generator
) -> np.ndarray:
    """Multiply a prior by lognormal factors: of each pair of places, and of each product of a pair of units.

    Parameters
    ----------
    base : DataFrame, U x U
    place : Series
        Place of each unit; pairs of units in the same pair of places share a factor.
    assumptions : Assumptions
    products : int
    rng : Generator

    Returns
    -------
    ndarray, n x U x U
    """
    names = pd.Index(place.unique())
    at = names.get_indexer(place.loc[base.index])
    inside = names.isin(DELTA)
    spread = np.where(np.outer(inside, inside), assumptions.inside_spread, assumptions.pair_spread)
    pairs = (spread * rng.standard_normal((len(names), len(names))))[np.ix_(at, at)]
    noise = assumptions.cell_spread * rng.standard_normal((products, len(names), len(names)))
    return base.to_numpy() * np.exp(pairs + noise[:, at][:, :, at])


def estimate_member(
    accounts: Callable[[str], RegionalAccounts], assumptions: Assumptions, seed: int, number: int
) -> tuple[dict[str, Any], InterregionalTable]:
    """Estimate the table of one member.

    Parameters
    ----------
    accounts : callable
        From the name of a rest of China to the accounts.
    assumptions : Assumptions
    seed, number : int

    Returns
    -------
    dict, InterregionalTable
        What was drawn, and the table.

    Raises
    ------
    BalancingError
        If the drawn margins cannot be brought together.
    """
    drawn, rng = assumptions.draw(seed, number)
    given = accounts(drawn["rest"])
    units = given.membership.index
    provinces = units.isin(eight_regions().index).all()
    membership = pd.Series(units, index=units) if provinces else eight_regions()
    distances = distances_between(membership, drawn["measure"]).loc[units, units]
    effects = assumptions.effects if drawn["effects"] else None
    if effects is not None and provinces:
        effects = spread_effects(effects, eight_regions()[units])
    base = gravity_prior(distances, drawn["decay"], effects)
    place = places(units) if provinces else pd.Series(units, index=units)
    prior = noisy_prior(base, place, assumptions, len(given.sectors), rng)
    noise = margin_noise(given, assumptions.margin_spread, rng) if assumptions.margin_spread else None
    estimate = estimate_interregional(
        given,
        prior=prior,
        noise=noise,
        outflow_weight=drawn["outflow_weight"],
        transit=drawn["transit"],
        misfit=drawn["misfit"],
        cap=_CAP,
    )
    return drawn, estimate.table


def interregional_ensemble(
    year: int,
    members: int | range,
    assumptions: Assumptions,
    groups: Mapping[str, Sequence[str]],
    seed: int = 0,
    *,
    workers: int = 1,
    scheduler: str = "",
    keep: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ensemble:
    """Estimate the table of the delta and the rest of China many times, and keep what each member says.

    Parameters
    ----------
    year : int
        2012 or 2017.
    members : int or range
        How many, or which: ``range(500, 1000)`` are the second half of a thousand.
    assumptions : Assumptions
        See :func:`calibrated_assumptions`.
    groups : mapping of name to sector codes
        See :func:`system_results`.
    seed : int
    workers, scheduler, keep, progress
        Processes on this machine, or a Dask cluster, and a folder from which a run that was stopped continues; see
        :func:`analysis.data.compute_chunks`. Progress is told in members.

    Returns
    -------
    Ensemble
        Equal to the last bit for one process, many, or a cluster.

    Raises
    ------
    InputError
        If there is no member, or every member fails.
    DataError
        If a cluster is asked for and is not there, or finished members cannot be kept.
    """
    numbers = range(members) if isinstance(members, int) else members
    if not len(numbers):
        raise InputError("an ensemble needs at least one member")
    batches = [list(numbers[i : i + _BATCH]) for i in range(0, len(numbers), _BATCH)]
    groups = {name: list(codes) for name, codes in groups.items()}
    about = {"what": "interregional ensemble", "year": year, "groups": groups, "seed": seed}
    documents = compute_chunks(
        partial(_batch, year, assumptions, groups, seed),
        batches,
        about | {"assumptions": _plain(assumptions)},
        workers=workers,
        scheduler=scheduler,
        keep=keep,
        progress=progress and (lambda done, _: progress(min(done * _BATCH, len(numbers)), len(numbers))),
    )
    rows, options, kept, failed = [], [], [], []
    columns: list[list[str]] = []
    for document in documents:
        columns = document["columns"] or columns
        for number, drawn, values in document["members"]:
            if values is None:
                failed.append(number)
            else:
                kept.append(number)
                options.append(drawn)
                rows.append(values)
    if not rows:
        raise InputError(f"none of the {len(failed)} members could be balanced: the margin noise is too large")
    index = pd.Index(kept, name="member")
    levels = pd.MultiIndex.from_tuples(map(tuple, columns), names=["measure", "group", "source", "target"])
    return Ensemble(
        results=pd.DataFrame(rows, index=index, columns=levels),
        options=pd.DataFrame(options, index=index),
        failed=tuple(failed),
        seed=seed,
    )


def _plain(assumptions: Assumptions) -> dict[str, Any]:
    """Return assumptions as values that can be written down."""
    values = {each.name: getattr(assumptions, each.name) for each in fields(assumptions)}
    return {k: v.to_dict("split") if isinstance(v, pd.DataFrame) else v for k, v in values.items()}


def _batch(year: int, assumptions: Any, groups: Any, seed: int, numbers: Sequence[int]) -> dict[str, Any]:
    """Estimate some members: what each drew, and its results, or none if it could not be balanced."""
    members, columns = [], []
    for number in numbers:
        try:
            drawn, table = estimate_member(lambda rest: delta_accounts(year, rest), assumptions, seed, number)
        except BalancingError:
            members.append([number, assumptions.draw(seed, number)[0], None])
        else:
            results = system_results(table, groups)
            columns = [list(label) for label in results.index]
            members.append([number, drawn, results.tolist()])
    return {"columns": columns, "members": members}


def decay_range() -> tuple[float, float]:
    """Smallest and largest decay that the published eight-region tables show: each measure, each region left out."""
    found = []
    for year in (2002, 2007):
        table = load_eight_regions(year)
        trade = table.trade()
        for measure in ("capitals", "centres"):
            distances = distances_between(eight_regions(), measure)
            for out in table.regions:
                rest = [r for r in table.regions if r != out]
                kept = trade[trade.index.isin(rest, level=0) & trade.index.isin(rest, level=1)]
                found.append(gravity_decay(kept, distances.loc[rest, rest]))
    return min(found), max(found)


def prior_error(train: int = 2002, test: int = 2007) -> tuple[float, float, float]:
    """Measure by how much published flows depart from what the method makes of their margins.

    Logarithms of published over estimated flows between regions, weighted by the published flow; estimated with exact
    margins and the decay of the earlier table.

    Parameters
    ----------
    train, test : int
        2002 or 2007.

    Returns
    -------
    tuple of three floats
        Standard deviation between pairs of regions, between products of a pair, and of the effects of pairs that the
        test table shows beyond distance.
    """
    known, published = load_eight_regions(train), load_eight_regions(test)
    distances = distances_between(eight_regions()).loc[known.regions, known.regions]
    decay, effects = learned(known, distances)
    estimate = estimate_interregional(
        published_accounts(published), distances=distances, decay=decay, effects=effects, transit="netted"
    )
    flows = pd.DataFrame({"seen": published.trade(), "found": estimate.trade()})
    flows = flows[(flows > 0).all(axis=1)]
    flows = flows[flows.index.get_level_values(0) != flows.index.get_level_values(1)]
    gap: Any = np.log(flows["seen"] / flows["found"])
    weight = flows["seen"]
    pair = [gap.index.get_level_values(0), gap.index.get_level_values(1)]
    mean = (gap * weight).groupby(pair).transform("sum") / weight.groupby(pair).transform("sum")
    centre = float(np.average(mean, weights=weight))
    between = np.sqrt(np.average((mean - centre) ** 2, weights=weight))
    within = np.sqrt(np.average((gap - mean) ** 2, weights=weight))
    shown = learned(published, distances)[1].to_numpy()
    beyond = np.log(shown[~np.eye(len(shown), dtype=bool)]).std()
    return float(between), float(within), float(beyond)


def coverage(
    assumptions: Assumptions, members: int = 200, level: float = 0.9, seed: int = 0, test: int = 2007
) -> float:
    """Share of published spillovers by partner that lie in the ensemble's range.

    Parameters
    ----------
    assumptions : Assumptions
        Margins are exact here, and transit netted out: the published tables record none.
    members : int
    level : float
    seed : int
    test : int
        2002 or 2007.

    Returns
    -------
    float
        Over all ordered pairs of the eight regions; each pair's spillover is the mean over products, weighted by
        output.
    """
    published = load_eight_regions(test)
    known = published_accounts(published)
    exact = replace(assumptions, margin_spread=0.0, transit=(1.0, 1.0), rests=("published",), misfits=("error",))
    tables = (estimate_member(lambda _: known, exact, seed, number)[1] for number in range(members))
    found = pd.DataFrame([system_results(table, {}) for table in tables])
    seen = system_results(published, {})
    levels = seen.index.to_frame()
    chosen = (levels["measure"] == "pull") & (levels["source"] != levels["target"])
    band = summarise(found.loc[:, chosen.to_numpy()], level)
    true = seen[chosen]
    return float(((band["lower"] <= true) & (true <= band["upper"])).mean())


def calibrated_assumptions(members: int = 200, level: float = 0.9, seed: int = 0) -> tuple[Assumptions, pd.DataFrame]:
    """Set the spreads by how far the method departs from a published table that it was not shown.

    The spreads of pairs and products start at the departures themselves (:func:`prior_error`) and are raised by a
    common factor until the published spillovers lie in the range as often as its level says. Pairs inside the delta,
    which the published tables hold as one region, get the spread of pairs and, on top of it, that of all that pairs
    trade beyond distance. The noise of margins is what makes consistent margins disagree as the provinces' do.

    Parameters
    ----------
    members, level, seed
        See :func:`coverage`.

    Returns
    -------
    Assumptions, DataFrame
        And a row a factor tried: ``factor``, ``coverage``.

    Raises
    ------
    InputError
        If four times the departures still do not cover.
    """
    between, within, beyond = prior_error()
    _, effects = learned_from(2002)
    spread = noise_spread(published_accounts(load_eight_regions(2007)), margin_misfit(delta_accounts(2017)))
    start = Assumptions(decay_range(), effects, between, float(np.hypot(between, beyond)), within, spread)
    tried = []
    for factor in (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0):
        wider = replace(
            start,
            pair_spread=factor * between,
            inside_spread=float(np.hypot(factor * between, beyond)),
            cell_spread=factor * within,
        )
        tried.append({"factor": factor, "coverage": coverage(wider, members, level, seed)})
        if tried[-1]["coverage"] >= level:
            return wider, pd.DataFrame(tried)
    raise InputError(f"even a range four times as wide holds {tried[-1]['coverage']:.0%} only, not {level:.0%}")


__all__ = [
    "ABROAD",
    "EVERYWHERE",
    "OTHERS",
    "REST",
    "RESULTS",
    "Assumptions",
    "Ensemble",
    "calibrated_assumptions",
    "coverage",
    "decay_range",
    "estimate_member",
    "interregional_ensemble",
    "noisy_prior",
    "places",
    "prior_error",
    "summarise",
    "system_results",
]
