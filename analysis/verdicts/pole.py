"""The measurements of chapter 3.2, from the stored ensemble of estimated interregional tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import pandas as pd

from analysis.data import read
from analysis.interregional import (
    ABROAD,
    DELTA,
    EVERYWHERE,
    OTHERS,
    REST,
    RESTS,
    blind_test,
    delta_accounts,
    distances_between,
    estimate_interregional,
    load_estimated,
    margin_misfit,
    reference_estimate,
    system_results,
)
from analysis.structure import krugman_index
from analysis.verdicts.evidence import manufacturing_sectors, row_of, table_of
from analysis.verdicts.rule import ENSEMBLE, Estimate

REGIONS = (*DELTA, REST)
# Members that share an assumption, in words.
ASSUMED = {
    "all": "all estimates",
    "transit pool": "transit: hardly netted out",
    "transit netted": "transit: mostly netted out",
    "decay flat": "decay: low",
    "decay steep": "decay: high",
    "measure capitals": "distances: capitals",
    "measure centres": "distances: centres",
    "effects False": "pairs: distance alone",
    "effects True": "pairs: learned effects",
    "rest residual": "rest: nation less four",
    "rest sum": "rest: others added up",
    "misfit error": "misfit: left open",
    "misfit uses": "misfit: in the uses",
}
_COMPARED = ("output", "value_added", "exports", "imports")
_RECORD = "io/interregional_estimated_ensemble"


@cache
def _rows() -> pd.DataFrame:
    names = {f"estimated_{name}": name for name in ("value", "lower", "upper", "mean")}
    return read(_RECORD).rename(columns=names | {"region": "source"})


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


def pole_result(*, result: str, region: str, year: int, group: str, members: str) -> Estimate:
    """One result of a region for the delta's other three together, with the central 90 % of the members."""
    rows = ensemble_rows(result, year, group, members).set_index(["source", "target"])
    value, lower, upper = rows.loc[(region, OTHERS), ["value", "lower", "upper"]]
    return Estimate(value, lower, upper, ENSEMBLE)


def pull_map(year: int = 2017, group: str = "all", members: str = "all") -> pd.DataFrame:
    """Who pulls whom: output in each region per unit of final demand for each region's products, with ranges."""
    rows = ensemble_rows("pull", year, group, members).drop(columns="mean")
    return _in_order(rows, "source", "target")


def pull_maps(groups: Sequence[str], year: int = 2017) -> pd.DataFrame:
    """Stack the maps of :func:`pull_map` for several groups of products, one below the other."""
    return pd.concat([pull_map(year, group).assign(group=group) for group in groups], ignore_index=True)


def _in_order(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    order = {name: k for k, name in enumerate((*REGIONS, OTHERS, EVERYWHERE, ABROAD))}
    return rows.sort_values(list(columns), key=lambda names: names.map(order), kind="stable", ignore_index=True)


def pull_on_three(group: str, year: int = 2017, region: str = "Shanghai") -> pd.Series:
    """Output in the delta's other three together per unit of demand for a region's products: a median and its range."""
    rows = ensemble_rows("spillover", year, group).set_index(["source", "target"])
    return row_of(rows, (region, OTHERS))[["value", "lower", "upper"]].rename(None)


def stored_pull_on_three(group: str, codes: Sequence[str], year: int = 2017, region: str = "Shanghai") -> float:
    """Say what :func:`pull_on_three` is in the one table a year that is stored to download."""
    return float(system_results(load_estimated(year), {group: codes})["spillover", group, region, OTHERS])


def own_and_spillover(year: int, members: str = "all") -> pd.DataFrame:
    """Multipliers of each of the delta's four, all products together, with ranges.

    Returns
    -------
    DataFrame
        ``source``; ``part``: output inside the region, how much of it comes back through others, output in the delta's
        other three and in all other regions; ``value``, ``lower``, ``upper``.
    """
    pull, back, away = (ensemble_rows(measure, year, "all", members) for measure in ("pull", "feedback", "spillover"))
    parts = {
        "inside": pull[pull["source"] == pull["target"]],
        "back through others": back,
        "in the other three": away[away["target"] == OTHERS],
        "in all other regions": away[away["target"] == EVERYWHERE],
    }
    rows = pd.concat([rows.assign(part=part) for part, rows in parts.items()])
    rows = rows[rows["source"].isin(DELTA)]
    return _in_order(rows, "source")[["source", "part", "value", "lower", "upper"]]


def leaders(groups: Sequence[str], year: int = 2017) -> pd.DataFrame:
    """Shanghai's lead, rank as a pole, and share of pull inside the delta, by group of products, with ranges."""
    parts = []
    for measure in ("lead", "pole", "share"):
        for group in groups:
            rows = ensemble_rows(measure, year, group).set_index("source").loc[["Shanghai"]]
            parts.append(rows.assign(measure=measure, group=group))
    columns = ["measure", "group", "value", "lower", "upper"]
    return pd.concat(parts)[columns].reset_index(drop=True)


def leads_and_sizes(group: str, codes: Sequence[str], year: int = 2017) -> pd.DataFrame:
    """Lead of each of the delta's four, beside how much larger the other three are, and the one over the other.

    Parameters
    ----------
    group : str
        As stored.
    codes : sequence of str
        Its sectors.
    year : int

    Returns
    -------
    DataFrame
        Indexed by region: ``value``, ``lower``, ``upper`` of the lead; ``size``, output of the other three over the
        region's own; ``net``, ``net_lower``, ``net_upper``, the lead divided by it. If each region bought from each
        other what it sells to it, the lead would be the size, and ``net`` one.
    """
    rows = ensemble_rows("lead", year, group).set_index("source").loc[list(DELTA), ["value", "lower", "upper"]]
    rows["size"] = [relative_size(year, codes, region) for region in rows.index]
    for name, column in (("net", "value"), ("net_lower", "lower"), ("net_upper", "upper")):
        rows[name] = rows[column] / rows["size"]
    return rows.rename_axis("region")


def strongest_partners(
    groups: Sequence[str], year: int = 2017, source: str = "Shanghai", members: str = "all"
) -> pd.DataFrame:
    """Share of members in which each of the other three is pulled most by a region, in per cent, by group."""
    parts = []
    for group in groups:
        rows = ensemble_rows("strongest pull", year, group, members)
        rows = rows[rows["source"] == source]
        parts.append(rows.set_index("target")["mean"].mul(100).rename(group))
    return pd.concat(parts, axis=1).T.rename_axis("group")


def exports_by_origin(year: int = 2017, members: str = "all") -> pd.DataFrame:
    """Whose value added is in the exports abroad of each of the delta's four, in per cent, with ranges."""
    measures = ("value added", "neighbours' value added")
    rows = pd.concat([ensemble_rows(measure, year, "all", members) for measure in measures])
    rows = _in_order(rows[rows["source"].isin(DELTA)].drop(columns="mean"), "source", "target")
    return rows.assign(**{name: 100 * rows[name] for name in ("value", "lower", "upper")})


def alike(year: int = 2017) -> pd.DataFrame:
    """How far apart the four are in what they make: the Krugman index, from 0 to 2, by pair.

    Returns
    -------
    DataFrame
        ``pair``; ``value``, of value added in manufacturing; ``lower`` and ``upper``, smallest and largest of that, of
        output, and of both in all sectors. No flow between regions enters: only what is published.
    """
    found = []
    for codes in (manufacturing_sectors(), None):
        for measure in ("total_value_added", "output"):
            mix = pd.DataFrame({name: getattr(table_of(name, year), measure) for name in DELTA}).clip(lower=0)
            index = krugman_index(mix if codes is None else mix.loc[codes])
            found.append([index.loc[a, b] for a, b in combinations(DELTA, 2)])
    rows = pd.DataFrame(found)
    pairs = [f"{a} and {b}" for a, b in combinations(DELTA, 2)]
    return pd.DataFrame({"pair": pairs, "value": rows.iloc[0], "lower": rows.min(), "upper": rows.max()})


def what_moves_it(result: str, group: str, year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """One result under every assumption that members share: which of them moves it.

    Returns
    -------
    DataFrame
        A row a subset of the members: ``assumption``, ``value``, ``lower``, ``upper``.
    """
    rows = _rows()
    fits = (rows["measure"] == result) & (rows["year"] == year) & (rows["group"] == group) & (rows["members"] > 1)
    found = rows[fits & (rows["source"] == region) & (rows["target"] == OTHERS)].set_index("subset")
    found = found.loc[list(ASSUMED), ["value", "lower", "upper"]].rename(index=ASSUMED)
    return found.rename_axis("assumption").reset_index()


def relative_size(year: int, codes: Sequence[str] = (), region: str = "Shanghai") -> float:
    """Output of the delta's other three over a region's, of some sectors or of all."""
    made = {name: table_of(name, year).output for name in DELTA}
    sums = {name: (x[list(codes)] if codes else x).sum() for name, x in made.items()}
    ratio: float = sum(value for name, value in sums.items() if name != region) / sums[region]
    return ratio


def blind_agreement(draws: int = 10) -> pd.DataFrame:
    """Estimates of the published table of 2007 beside that table, see :func:`analysis.interregional.blind_test`."""
    return blind_test(draws=draws).reset_index()


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


def adjusted_margins(year: int, count: int = 8) -> tuple[pd.DataFrame, pd.Series]:
    """List what the stored table of a year changed in published margins.

    Parameters
    ----------
    year : int
    count : int
        How many of the largest.

    Returns
    -------
    DataFrame
        ``province``, ``sector``, ``margin``, ``published``, ``used``, in 100 million CNY: the largest changes.
    Series
        ``cells``, how many margins were changed; ``share``, all changes in per cent of all margins; ``delta``, how many
        were the delta's; ``negative``, how many cells of nation less four were negative and emptied; ``turned``, how
        many of its exports and imports changed sides; ``split``, how many figures of trade that provinces publish in
        one sum with another were split.
    """
    estimate = reference_estimate(year)
    changed, built = estimate.adjustments, estimate.accounts.adjustments
    names = table_of("Shanghai", year).names["name_en"]
    largest = changed.head(count)
    listed = pd.DataFrame(
        {
            "province": largest["unit"],
            "sector": largest["code"].map(names),
            "margin": largest["margin"],
            "published": largest["published"],
            "used": largest["used"],
        }
    )
    flows = built[built["block"] == "flows and final uses"]
    sums = {
        "cells": len(changed),
        "share": 100 * estimate.adjusted_share,
        "delta": int(changed["unit"].isin(DELTA).sum()),
        "negative": int(((flows["published"] < 0) & (flows["used"] == 0)).sum()),
        "turned": int((built["block"] == "foreign trade").sum()),
        "split": int(built["block"].isin(["trade sent", "trade received"]).sum()),
    }
    return listed, pd.Series(sums)
