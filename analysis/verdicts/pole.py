"""The measurements of chapter 3.2, from the stored ensemble of estimated interregional tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pandas as pd

from analysis.data import read
from analysis.interregional.accounts import DELTA, REST, RESTS, delta_accounts, distances_between
from analysis.interregional.blind import blind_test
from analysis.interregional.ensemble import OTHERS
from analysis.interregional.estimate import estimate_interregional, margin_misfit
from analysis.verdicts.evidence import table_of
from analysis.verdicts.rule import ENSEMBLE, Estimate

REGIONS = (*DELTA, REST)
_COMPARED = ("output", "value_added", "exports", "imports")
_RECORD = "io/interregional_estimated_ensemble"


@cache
def _rows() -> pd.DataFrame:
    names = {f"estimated_{name}": name for name in ("value", "lower", "upper", "mean")}
    return read(_RECORD).rename(columns=names)


def ensemble_rows(measure: str, year: int = 2017, group: str = "all", members: str = "all") -> pd.DataFrame:
    """Median and range of one measure, by source and target.

    Parameters
    ----------
    measure : str
        One of :data:`analysis.interregional.RESULTS`.
    year : int
    group : str
        A cluster, the highly integrated products, or ``"all"``.
    members : str
        Members that share an assumption, or ``"all"``.

    Returns
    -------
    DataFrame
        Columns ``source``, ``target``, ``value``, ``lower``, ``upper``, ``mean``; estimates throughout.

    Raises
    ------
    KeyError
        If nothing is stored under these names.
    """
    rows = _rows()
    fits = (rows["measure"] == measure) & (rows["year"] == year) & (rows["group"] == group)
    found = rows[fits & (rows["subset"] == members)]
    if found.empty:
        raise KeyError(f"no {measure!r} of {group!r} in {year} is stored for members {members!r}")
    return found[["source", "target", "value", "lower", "upper", "mean"]].reset_index(drop=True)


def pole_result(*, result, region, year, group, members) -> Estimate:
    """One result of a region for the delta's other three together, with the central 90 % of the members."""
    rows = ensemble_rows(result, year, group, members).set_index(["source", "target"])
    return Estimate(*rows.loc[(region, OTHERS), ["value", "lower", "upper"]], ENSEMBLE)


def pull_map(year: int = 2017, group: str = "all", members: str = "all") -> pd.DataFrame:
    """Who pulls whom: output in each region per unit of final demand for each region's products, with ranges."""
    rows = ensemble_rows("pull", year, group, members)
    order = {name: k for k, name in enumerate(REGIONS)}
    return rows.drop(columns="mean").sort_values(["source", "target"], key=lambda s: s.map(order), ignore_index=True)


def own_and_spillover(year: int, members: str = "all") -> pd.DataFrame:
    """Intra-regional multiplier, feedback and spillovers of each of the delta's four, all products together."""
    pull = pull_map(year, "all", members)
    own = pull[pull["source"] == pull["target"]].assign(part="inside the region")
    away = pull[pull["source"] != pull["target"]].assign(part=lambda rows: "on " + rows["target"])
    back = ensemble_rows("feedback", year, "all", members).assign(part="of it, back through others")
    rows = pd.concat([own, back, away], ignore_index=True)
    rows = rows[rows["source"].isin(DELTA)]
    return rows[["source", "part", "value", "lower", "upper"]].reset_index(drop=True)


def leaders(groups: Sequence[str], year: int = 2017) -> pd.DataFrame:
    """Shanghai's lead, rank as a pole, and share of pull inside the delta, by group of products, with ranges."""
    parts = []
    for measure in ("lead", "pole", "share"):
        for group in groups:
            rows = ensemble_rows(measure, year, group).set_index("source").loc[["Shanghai"]]
            parts.append(rows.assign(measure=measure, group=group))
    columns = ["measure", "group", "value", "lower", "upper"]
    return pd.concat(parts)[columns].reset_index(drop=True)


def strongest_partners(groups: Sequence[str], year: int = 2017, source: str = "Shanghai") -> pd.DataFrame:
    """Share of members in which each of the other three is pulled most by a region, in per cent, by group."""
    parts = []
    for group in groups:
        rows = ensemble_rows("strongest pull", year, group)
        rows = rows[rows["source"] == source]
        parts.append(rows.set_index("target")["mean"].mul(100).rename(group))
    return pd.concat(parts, axis=1).T.rename_axis("group")


def exports_by_origin(year: int = 2017, members: str = "all") -> pd.DataFrame:
    """Whose value added is in the exports abroad of each of the delta's four, in per cent, with ranges."""
    rows = ensemble_rows("value added", year, "all", members)
    rows = rows[rows["source"].isin(DELTA)].drop(columns="mean")
    return rows.assign(**{name: 100 * rows[name] for name in ("value", "lower", "upper")}).reset_index(drop=True)


def what_moves_it(result: str, group: str, year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """One result under every assumption that members share: which of them moves it.

    Returns
    -------
    DataFrame
        A row a subset of the members: ``assumption``, ``value``, ``lower``, ``upper``.
    """
    rows = _rows()
    fits = (rows["measure"] == result) & (rows["year"] == year) & (rows["group"] == group) & (rows["members"] > 1)
    found = rows[fits & (rows["source"] == region) & (rows["target"] == OTHERS)]
    found = found.rename(columns={"subset": "assumption"})
    return found[["assumption", "value", "lower", "upper"]].reset_index(drop=True)


def relative_size(year: int, codes: Sequence[str] = ()) -> float:
    """Output of the other three over Shanghai's, of some sectors or of all."""
    made = {name: table_of(name, year).output for name in DELTA}
    sums = {name: (x[list(codes)] if codes else x).sum() for name, x in made.items()}
    return sum(value for name, value in sums.items() if name != "Shanghai") / sums["Shanghai"]


def blind_agreement(draws: int = 10) -> pd.DataFrame:
    """Estimates of the published table of 2007 beside that table, see :func:`analysis.interregional.blind_test`."""
    columns = ["flows", "gain", "correlation", "intra", "spillover", "partners"]
    return blind_test(draws=draws)[columns].reset_index()


def misfits(year: int) -> pd.DataFrame:
    """Say what provinces and nation leave unexplained, with either rest of China.

    Returns
    -------
    DataFrame
        A row a rest: sum over regions against the nation, in per cent, of output, value added, exports and imports;
        smallest and largest ratio of output by sector; ``margins``, the gap between all outflow and inflow by product,
        in per cent; ``adjusted``, how far margins were changed, in per cent of all.
    """
    rows = {}
    for rest, meaning in RESTS.items():
        accounts = delta_accounts(year, rest)
        units = accounts.membership.index
        estimate = estimate_interregional(accounts, distances=distances_between(pd.Series(units, index=units)))
        items = estimate.misfit
        whole = items.sum()
        ratio = items["output"] / items["output_nation"]
        rows[meaning] = {
            **{name: 100 * (whole[name] / whole[f"{name}_nation"] - 1) for name in _COMPARED},
            "smallest_ratio": ratio.min(),
            "largest_ratio": ratio.max(),
            "margins": 100 * margin_misfit(accounts),
            "adjusted": 100 * estimate.adjusted_share,
        }
    return pd.DataFrame(rows).T.rename_axis("rest")
