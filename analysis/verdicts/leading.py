"""What chapter 1.1 shows beside its verdicts: the figures of each chart and table that no verdict holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analysis import regression
from analysis.linkages import embodied_inputs, input_shares, output_multipliers, rank_stability
from analysis.tables import InputOutputTable, sectors
from analysis.uncertainty import (
    Noise,
    calibrate_noise,
    choice_ranges,
    flow_draws,
    linkage_draws,
    linkage_standard_errors,
    probability_of_key_sector,
    rank_intervals,
    rank_probability,
)
from analysis.verdicts.claims import declared, groups
from analysis.verdicts.evidence import (
    content_per_100,
    embodied_research_ratio,
    linkage_panel,
    linkage_regression,
    linkages_of,
    manufacturing_sectors,
    sources_of_growth,
    table_of,
)
from analysis.verdicts.place import DELTA, HOME, YEAR
from analysis.verdicts.rule import Verdict

YEARS = (2002, 2007, 2012, 2017)
# How inputs are read: the table as published, then the three assumptions about what is local.
READINGS = {
    "technology": "competitive",
    "supply pool": "supply pool",
    "exports first": "exports first",
    "net inflow": "net inflow",
}
# Short enough to stand in a chart; the full names are in io/sectors.
SHORT = {
    "C12": "Chemicals and medicines",
    "C16": "Machinery",
    "C17": "Transport equipment",
    "C18": "Electrical machinery",
    "C19": "Electronics",
    "C29": "Information and software",
    "C30": "Finance",
    "C32": "Business services",
    "C33": "Research and technical services",
}
# Sizes of noise that are assumed; a third is measured, see noise_levels.
ASSUMED_NOISE = (0.1, 0.2)
DRAWS, SEED = 2000, 2017
# Research content takes one table at a time, so fewer of them.
RESEARCH_DRAWS = 400


def sector_names() -> pd.Series:
    """Return the English names of the sectors, the longest ones shortened."""
    return sectors()["name_en"].replace(dict(zip(sectors()["name_en"][list(SHORT)], SHORT.values(), strict=True)))


def _primary_settings(claim_id: str) -> dict[str, Any]:
    claim = declared()[claim_id]
    return claim.settings(claim.primary)


def _readings(year: int) -> dict[str, str]:
    """Admissible readings of a year: in 2002 net trade alone is published, which two assumptions cannot use."""
    return {name: key for name, key in READINGS.items() if year > 2002 or key in ("competitive", "net inflow")}


def pull_readings(sector: str, region: str = HOME, years: Sequence[int] = YEARS) -> pd.DataFrame:
    """Backward linkage of one sector and its rank, by year, under every reading of the inputs.

    Parameters
    ----------
    sector : str
        Its code.
    region : str
        One of the delta, or China.
    years : sequence of int
        Table years.

    Returns
    -------
    DataFrame
        One row a year and reading: ``year``, ``reading``, ``linkage`` (yuan of output for one of final demand),
        ``rank`` (1 is the strongest), ``of`` (sectors with output), ``leader`` (code of the strongest) and
        ``leader_linkage``.
    """
    rows = []
    for year in years:
        for reading, imports in _readings(year).items():
            linkage = linkages_of(region, year, imports)["backward"]
            rows.append(
                {
                    "year": year,
                    "reading": reading,
                    "linkage": linkage[sector],
                    "rank": int((linkage > linkage[sector]).sum()) + 1,
                    "of": len(linkage),
                    "leader": linkage.idxmax(),
                    "leader_linkage": linkage.max(),
                }
            )
    return pd.DataFrame(rows)


def pull_by_region(sector: str, year: int, regions: Sequence[str] = (*DELTA, "China")) -> pd.DataFrame:
    """Backward linkage of one sector in several regions, with its rank, by technology and by the supply pool.

    Returns
    -------
    DataFrame
        One row a region: ``technology``, ``technology_rank``, ``supply_pool``, ``supply_pool_rank`` and ``stays``, the
        share of the indirect output that the supply pool leaves inside the region, in per cent.
    """
    rows = {}
    for region in regions:
        read = pull_readings(sector, region, [year]).set_index("reading")
        row: dict[str, Any] = {}
        for reading in ("technology", "supply pool"):
            name = reading.replace(" ", "_")
            row |= {name: read.loc[reading, "linkage"], f"{name}_rank": read.loc[reading, "rank"]}
        rows[region] = row | {"stays": 100 * (row["supply_pool"] - 1) / (row["technology"] - 1)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def strongest_pulls(year: int, count: int, region: str = HOME) -> pd.DataFrame:
    """Sectors with the strongest backward linkage of technology, with what each assumption leaves of it.

    Returns
    -------
    DataFrame
        ``sector`` and one column a reading, in yuan of output for one of final demand; the strongest first.
    """
    values = {name: linkages_of(region, year, imports)["backward"] for name, imports in _readings(year).items()}
    top = pd.DataFrame(values).sort_values("technology", ascending=False).head(count)
    top.insert(0, "sector", sector_names()[top.index])
    return top


@cache
def table_noise(region: str = HOME, years: tuple[int, int] = (2012, 2017)) -> Noise:
    """Measure how far apart the flows of two tables of a region are; real change between the years is in it."""
    return calibrate_noise(*(table_of(region, year) for year in years))


def noise_levels(region: str = HOME) -> dict[str, float | Noise]:
    """Return the sizes of noise that rankings are put to, by name: two that are assumed, and the measured one."""
    measured = table_noise(region)
    return {f"{cv:g}": cv for cv in ASSUMED_NOISE} | {f"{measured.cv:.2f}": measured}


@cache
def _pull_draws(region: str, year: int, imports: str, cv: float | Noise) -> pd.DataFrame:
    measures = ["backward", "backward_index", "forward_index"]
    return linkage_draws(table_of(region, year, imports), measures, DRAWS, cv, SEED)


def pull_ranges(reading: str, region: str = HOME, year: int = YEAR) -> pd.DataFrame:
    """Ranges of the backward linkages and of their ranks, at every level of noise.

    Parameters
    ----------
    reading : str
        How inputs are read: a key of ``READINGS``.
    region : str
        One of the delta, or China.
    year : int
        Table year.

    Returns
    -------
    DataFrame
        One row a sector and level of noise, the strongest sector first: ``code``, ``sector``, ``reading``, ``noise``
        (coefficient of variation of a flow), ``rank`` and ``linkage`` as published (yuan of output for one of final
        demand), ``best_rank`` and ``worst_rank`` in 95 % of the draws, ``lower`` and ``upper`` of the linkage over the
        draws, ``delta_lower`` and ``delta_upper`` by the delta method, ``first`` and ``key``, the shares of draws in
        which the sector has the strongest backward linkage, and in which both its indices are above one.
    """
    imports = READINGS[reading]
    frames = []
    for level, cv in noise_levels(region).items():
        draws = _pull_draws(region, year, imports, cv)
        ranges = rank_intervals(draws["backward"])
        band = linkage_standard_errors(table_of(region, year, imports), "backward", cv)
        frames.append(
            pd.DataFrame(
                {
                    "sector": sector_names()[ranges.index],
                    "reading": reading,
                    "noise": level,
                    "rank": band["value"].rank(ascending=False, method="min").astype(int),
                    "linkage": band["value"],
                    **ranges[["best_rank", "worst_rank", "lower", "upper"]],
                    "delta_lower": band["lower"],
                    "delta_upper": band["upper"],
                    "first": rank_probability(draws["backward"]),
                    "key": probability_of_key_sector(draws[["backward_index", "forward_index"]])["key"],
                }
            )
        )
    joined = pd.concat(frames).rename_axis("code").reset_index()
    return joined.sort_values("rank", kind="stable").reset_index(drop=True)


def rank_chances(reading: str, codes: Sequence[str], region: str = HOME, year: int = YEAR) -> pd.DataFrame:
    """Shares of draws in which a sector is first, and in which it is a key sector, a column for each level of noise.

    Returns
    -------
    DataFrame
        One row for each sector that is first in one draw in a hundred at some level, or is among ``codes``; the
        strongest first. ``reading``, ``sector``, ``rank``, then ``first, <noise>`` and ``key, <noise>``. Without the
        key columns for the technology reading, whose forward linkages are inflated (see the methods page).
    """
    ranges = pull_ranges(reading, region, year)
    kept = set(ranges.loc[ranges["first"] >= 0.01, "code"]) | set(codes)
    ranges = ranges[ranges["code"].isin(kept)]
    result = ranges.drop_duplicates("code").set_index("code")[["reading", "sector", "rank"]]
    for name in ("first", *(["key"] if reading != "technology" else [])):
        wide = ranges.pivot(index="code", columns="noise", values=name)
        for level in noise_levels(region):
            result[f"{name}, {level}"] = wide[level]
    return result


def rank_moves(reading: str, codes: Sequence[str], region: str = HOME, year: int = YEAR) -> pd.DataFrame:
    """Ranks that a sector's pull moves through: with noise, and with each choice of method in its turn.

    The noise gives 95 % of the draws from best to worst rank; a choice gives all its options from best to worst, the
    rest as in the reading and the year. The options are the table years that admit the reading, the three import
    assumptions, and 38 sectors or all mining, all utilities and all services merged into one each, which leaves the
    ranks of the others among themselves.

    Returns
    -------
    DataFrame
        One row a source: ``reading``, ``what changes``, ``median sector`` and one column for each of the codes.
    """
    imports = READINGS[reading]

    def pull(year: int, imports: str) -> pd.Series:
        return linkages_of(region, year, imports)["backward"]

    group = sectors()["group"]
    coarse = group.where(group.isin(["mining", "utilities", "services"]), group.index.to_series())
    merged = table_of(region, year).aggregate(coarse)
    merged = merged if imports == "competitive" else merged.local(imports)
    choices: dict[str, dict[Any, pd.Series]] = {
        "table year": {y: pull(y, imports) for y in YEARS if reading in _readings(y)},
        "sectors merged": {38: pull(year, imports), merged.n: output_multipliers(merged)},
    }
    if imports != "competitive":
        local = [name for name, key in _readings(year).items() if key != "competitive"]
        choices["import assumption"] = {name: pull(year, name) for name in local}
    ranges = pull_ranges(reading, region, year)
    moved = {
        f"noise of {level}": rows["worst_rank"] - rows["best_rank"]
        for level, rows in ranges.set_index("code").groupby("noise", sort=False)
    } | {name: choice_ranges(options)["moved_by_choice"] for name, options in choices.items()}
    rows = [
        {"reading": reading, "what changes": name, "median sector": float(ranks.median())}
        | {sector_names()[code]: int(ranks[code]) for code in codes}
        for name, ranks in moved.items()
    ]
    return pd.DataFrame(rows)


@cache
def delta_order(sector: str, year: int = YEAR, regions: tuple[str, ...] = DELTA) -> pd.DataFrame:
    """Backward linkage of a sector in the provinces of the delta, and what of it stays, with measured noise.

    Each table has the noise that its own region's tables show (:func:`table_noise`), independent of the others.

    Returns
    -------
    DataFrame
        One row a region: ``noise``; ``lower`` and ``upper`` of the linkage of technology in 95 % of the draws,
        ``longest``, the share of draws in which it is the largest of the regions; ``stays_lower`` and ``stays_upper``
        (per cent, supply pool) and ``least``, the share in which least stays.
    """
    pulls, stays = {}, {}
    for place, region in enumerate(regions):
        noise = table_noise(region)
        # The same seed gives both readings the same flows, so that the ratio is one of a single table.
        drawn = {
            imports: linkage_draws(table_of(region, year, imports), "backward", DRAWS, noise, SEED + place)
            for imports in ("competitive", "supply pool")
        }
        pulls[region] = drawn["competitive"][sector]
        stays[region] = 100 * (drawn["supply pool"][sector] - 1) / (pulls[region] - 1)
    length, share = rank_intervals(pd.DataFrame(pulls)), rank_intervals(pd.DataFrame(stays))
    result = pd.DataFrame({"noise": {region: table_noise(region).cv for region in regions}})
    result[["lower", "upper"]] = length[["lower", "upper"]]
    result["longest"] = rank_probability(pd.DataFrame(pulls))
    result[["stays_lower", "stays_upper"]] = share[["lower", "upper"]]
    result["least"] = rank_probability(-pd.DataFrame(stays))
    return result.rename_axis("region")


def research_ranges(year: int = YEAR, region: str = HOME) -> pd.DataFrame:
    """Ranks of manufacturing products by the research services in them, at every level of noise.

    Returns
    -------
    DataFrame
        One row a product and level of noise, as in :func:`research_content`, all suppliers: ``code``, ``sector``,
        ``noise``, ``best_rank`` and ``worst_rank`` in 95 % of the draws, ``first``; and ``ratio_lower`` and
        ``ratio_upper``, of integrated products over other manufacturing, the same on all rows of a level.
    """
    table, codes = table_of(region, year), manufacturing_sectors()
    members = codes.intersection(list(groups()["assembly"]["narrow"]))
    others = codes.difference(members)
    frames = []
    for level, cv in noise_levels(region).items():
        content = _research_draws(table, cv)[codes]
        # Draws keep output, so that the weights in both means are those of the table.
        own, rest = (content[part] @ table.output[part] / table.output[part].sum() for part in (members, others))
        lower, upper = np.quantile(own / rest, [0.025, 0.975])
        ranges = rank_intervals(content)[["best_rank", "worst_rank"]]
        ranges.insert(0, "sector", sector_names()[codes])
        ranges.insert(1, "noise", level)
        frames.append(ranges.assign(first=rank_probability(content), ratio_lower=lower, ratio_upper=upper))
    return pd.concat(frames).rename_axis("code").reset_index()


def _research_draws(table: InputOutputTable, cv: float | Noise) -> pd.DataFrame:
    """Draw research services in a unit of each product: i_S' A L of every draw, see ``embodied_inputs``."""
    A, chosen = flow_draws(table, RESEARCH_DRAWS, cv, SEED).coefficients, (table.sectors == "C33").astype(float)
    total = np.linalg.solve(np.eye(table.n) - A.transpose(0, 2, 1), chosen[:, None])[:, :, 0]
    return pd.DataFrame(total - chosen, columns=table.sectors)


def linkage_map(year: int, imports: str, region: str = HOME) -> pd.DataFrame:
    """Both linkage indices of every sector, with the role in which the paper names it.

    Returns
    -------
    DataFrame
        ``sector``, ``backward_index``, ``forward_index`` (average sector = 1) and ``role``: integrated product, base
        industry (both in the primary reading of the declared groups) or other.
    """
    linkages = linkages_of(region, year, imports)[["backward_index", "forward_index"]]
    roles = pd.Series("other", index=linkages.index)
    roles[list(groups()["assembly"]["narrow"])] = "integrated product"
    roles[list(groups()["base"]["narrow"])] = "base industry"
    return linkages.assign(role=roles).assign(sector=sector_names()[linkages.index])


def stability(side: str, region: str = HOME) -> pd.DataFrame:
    """Spearman correlation of the linkage ranks of 2017 with those of earlier tables, under every reading.

    Parameters
    ----------
    side : {"backward", "forward"}
        Which linkage.
    region : str
        One of the delta, or China.

    Returns
    -------
    DataFrame
        One row a reading, one column an earlier year; missing where the year does not admit the reading.
    """
    rows = {}
    for reading, imports in READINGS.items():
        years = [year for year in YEARS if reading in _readings(year)]
        ranks = rank_stability({year: linkages_of(region, year, imports)[side] for year in years})
        rows[reading] = ranks.loc[max(years), [year for year in years if year < max(years)]]
    return pd.DataFrame(rows).T.reindex(columns=[y for y in YEARS if y < max(YEARS)]).rename_axis("reading")


def push_change(period: tuple[int, int], imports: str, codes: Sequence[str]) -> pd.DataFrame:
    """Forward linkage index of some sectors at two dates, with what stands behind it.

    Returns
    -------
    DataFrame
        One row a sector: ``sector``; for both years the index, ``local_use`` (what users in the region, whatever its
        origin, use as an input per yuan of the sector's output) and ``local_share`` (of supply).
    """
    result = pd.DataFrame({"sector": sector_names()[list(codes)]})
    for year in period:
        table = table_of(HOME, year)
        result[f"index_{year}"] = linkages_of(HOME, year, imports)["forward_index"]
        result[f"local_use_{year}"] = table.intermediate_uses / table.output.where(table.active)
        result[f"local_share_{year}"] = table.local_shares(imports)
    return result


def research_content(year: int, region: str = HOME, suppliers: Sequence[str] = ("C33",)) -> pd.DataFrame:
    """Research and technical services in 100 yuan of each manufacturing product, most first.

    Returns
    -------
    DataFrame
        ``sector``; ``bought directly``, ``through all suppliers`` (technology, suppliers wherever they are) and ``from
        local suppliers`` (supply pool), in yuan; ``role`` as in :func:`linkage_map`.
    """
    table, local = table_of(region, year), table_of(region, year, "supply pool")
    codes = manufacturing_sectors()
    content = pd.DataFrame(
        {
            "bought directly": 100 * input_shares(table, suppliers),
            "through all suppliers": 100 * embodied_inputs(table, suppliers),
            "from local suppliers": 100 * embodied_inputs(local, suppliers),
        }
    ).loc[codes]
    content.insert(0, "sector", sector_names()[codes])
    members = content.index.isin(groups()["assembly"]["narrow"])
    content["role"] = np.where(members, "integrated product", "other manufacturing")
    return content.sort_values("through all suppliers", ascending=False)


def research_by_year(years: Sequence[int] = YEARS, region: str = HOME) -> pd.DataFrame:
    """Research and technical services in 100 yuan of product, all suppliers, all rounds, by year.

    Returns
    -------
    DataFrame
        One row for each integrated product, and one for all other manufacturing (weighted by output); years as columns.
    """
    members = list(groups()["assembly"]["narrow"])
    others = [code for code in manufacturing_sectors() if code not in members]
    rows = {
        sector_names()[code]: [content_per_100(table_of(region, year), ["C33"], [code], "all rounds") for year in years]
        for code in members
    }
    rows["Other manufacturing"] = [
        content_per_100(table_of(region, year), ["C33"], others, "all rounds") for year in years
    ]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[str(year) for year in years]).rename_axis("sector")


def research_ratios(regions: Sequence[str] = (*DELTA, "China"), years: Sequence[int] = YEARS) -> pd.DataFrame:
    """Research content of integrated products over that of other manufacturing, by region and year."""
    fixed = _primary_settings("1.1.2-embodied")
    rows = {
        region: [embodied_research_ratio(**fixed | {"region": region, "year": year}) for year in years]
        for region in regions
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[str(year) for year in years]).rename_axis("region")


def growth_sources(codes: Sequence[str], period: str, imports: str, region: str = HOME) -> pd.DataFrame:
    """Split output growth of some sectors into four parts, 100 million yuan at current prices.

    Returns
    -------
    DataFrame
        One row a sector and source: ``sector``, ``source`` (use in the region, exports and outflows, local sourcing,
        technology) and ``effect``. The effects of a sector add up to the change of its output.
    """
    effects = sources_of_growth(region, period, imports)
    parts = pd.DataFrame(
        {
            # The balancing column, where a table has one, is part of what is used in the region.
            "use in the region": effects.drop(columns=["exports", "local_sourcing", "technology"]).sum(axis=1),
            "exports and outflows": effects["exports"],
            "local sourcing": effects["local_sourcing"],
            "technology": effects["technology"],
        }
    ).loc[list(codes)]
    parts.index = pd.Index(sector_names()[list(codes)], name="sector")
    return parts.reset_index().melt("sector", var_name="source", value_name="effect")


def supply_balance(codes: Sequence[str], years: Sequence[int] = YEARS[1:], region: str = HOME) -> pd.DataFrame:
    """Output, inflows, outflows and use in the region of some sectors, with the local share of supply.

    Returns
    -------
    DataFrame
        One row a sector and year: ``sector``, ``year``, ``output``, ``inflows``, ``outflows`` and ``use`` (intermediate
        and final) in 100 million yuan, ``supply pool`` and ``net inflow`` in per cent.
    """
    rows = []
    for code in codes:
        for year in years:
            table = table_of(region, year)
            rows.append(
                {
                    "sector": sector_names()[code],
                    "year": year,
                    "output": table.output[code],
                    "inflows": table.inflows[code],
                    "outflows": table.exports[code],
                    "use": table.intermediate_uses[code] + table.final_demand[code],
                    **{name: 100 * table.local_shares(name)[code] for name in ("supply pool", "net inflow")},
                }
            )
    return pd.DataFrame(rows)


def service_content(
    suppliers: Sequence[str], regions: Sequence[str] = (*DELTA, "China"), years: Sequence[int] = YEARS
) -> pd.DataFrame:
    """Direct service inputs of any origin in 100 yuan of manufacturing output.

    Returns
    -------
    DataFrame
        One row a region, year and service: ``region``, ``year``, ``code``, ``service``, ``yuan``.
    """
    rows = [
        {
            "region": region,
            "year": year,
            "code": code,
            "service": sector_names()[code],
            "yuan": content_per_100(table_of(region, year), [code], manufacturing_sectors(), "direct"),
        }
        for region in regions
        for year in years
        for code in suppliers
    ]
    return pd.DataFrame(rows)


def bought_by_manufacturing(code: str, regions: Sequence[str], years: Sequence[int] = YEARS) -> pd.DataFrame:
    """Share of all uses of a product, inside the region, that manufacturing buys as an input, in per cent.

    Returns
    -------
    DataFrame
        Regions by years.
    """
    shares = {}
    for year in years:
        for region in regions:
            table = table_of(region, year)
            used = table.intermediate_uses[code] + table.final_demand[code]
            shares[region, year] = 100 * table.Z.loc[code, manufacturing_sectors()].sum() / used
    return pd.Series(shares).unstack()[list(years)].loc[list(regions)].rename_axis("region")


def service_change(period: tuple[int, int], region: str = HOME) -> pd.DataFrame:
    """Change of each producer service in 100 yuan of manufacturing output.

    Returns
    -------
    DataFrame
        One row a service of the primary reading: ``service``, both years and ``change`` in yuan, ``part`` of the sum of
        the changes in per cent.
    """
    content = service_content(groups()["producer services"]["narrow"], [region], period)
    wide = content.pivot(index=["code", "service"], columns="year", values="yuan").reset_index("service")
    change = wide[period[1]] - wide[period[0]]
    return wide.assign(change=change, part=100 * change / change.sum())


@cache
def logged_linkage_regression(control: str = "none", linkage: str = "technology") -> regression.Regression:
    """Growth on the logarithms of both linkages: a check outside the declared specifications.

    A forward linkage runs into the thousands where a sector has next to no output; in logarithms no row can carry the
    estimate alone.

    Parameters
    ----------
    control : {"none", "initial size"}
        Whether log initial output is held constant.
    linkage : {"technology", "local"}
        Which linkages.

    Returns
    -------
    Regression
        Terms in percentage points a year for one standard deviation of the logarithm; province-period and
        sector-period effects, clustered by province.
    """
    panel = linkage_panel(linkage)
    logs = {name: np.log(panel[f"{name}_linkage"]) for name in ("backward", "forward")}
    return regression.fixed_effects(
        panel.assign(**{name: (values - values.mean()) / values.std() for name, values in logs.items()}),
        outcome="growth",
        regressors=["backward", "forward", *(["log_size"] if control == "initial size" else [])],
        effects=["region_period", "sector_period"],
        clusters="region",
    )


def heaviest_row(term: str) -> pd.Series:
    """Find the row of the linkage panel that lies farthest from the mean of a linkage.

    Returns
    -------
    Series
        ``region``, ``code``, ``sector``, ``period``, ``output`` (100 million yuan), the linkage as it is
        (``linkage``) and in standard deviations (``deviations``).
    """
    panel = linkage_panel()
    row = panel.loc[panel[term].abs().idxmax()]
    kept = row[["region", "code", "period", "output"]]
    extra = {"sector": sector_names()[row["code"]], "linkage": row[f"{term}_linkage"], "deviations": row[term]}
    result: pd.Series = pd.concat([kept, pd.Series(extra)])
    return result


def growth_diagnostics() -> pd.DataFrame:
    """Estimates of the growth regressions beside what shows whether their intervals can be trusted.

    Returns
    -------
    DataFrame
        One row a term and version: ``linkage``, ``version``, ``estimate``, ``lower``, ``upper`` (clustered errors),
        ``bootstrap lower`` and ``bootstrap upper`` (wild cluster bootstrap), ``lowest without one`` and ``highest
        without one`` (estimates with one province left out), ``provinces``, and ``effective provinces``, of which the
        estimate really consists.
    """
    versions = {
        "as declared": linkage_regression(),
        "in logarithms": logged_linkage_regression(),
        "in logarithms, initial size held": logged_linkage_regression("initial size"),
    }
    rows = []
    for term in ("backward", "forward"):
        for version, fit in versions.items():
            influence = regression.cluster_influence(fit, term)
            ends = regression.wild_cluster_bootstrap(fit, term)
            row = fit.table.loc[term]
            rows.append(
                {
                    "linkage": term,
                    "version": version,
                    "estimate": row["estimate"],
                    "lower": row["lower"],
                    "upper": row["upper"],
                    "bootstrap lower": ends.lower,
                    "bootstrap upper": ends.upper,
                    "lowest without one": influence["estimate_without"].min(),
                    "highest without one": influence["estimate_without"].max(),
                    "provinces": fit.clusters,
                    "effective provinces": influence.attrs["effective_clusters"],
                }
            )
    return pd.DataFrame(rows)


def one_change(verdict: Verdict) -> pd.DataFrame:
    """Primary specification of a verdict and those that differ from it in one choice, named by what is different.

    Returns
    -------
    DataFrame
        ``specification``, ``value``, ``lower``, ``upper``, ``reading``, the primary one first.
    """
    near = verdict.readings[verdict.readings["changed"] <= 1]
    choices = list(verdict.claim.choices)
    first = near.loc[near["primary"], choices].iloc[0]
    names = [
        "primary" if row["primary"] else next(f"{c}: {row[c]}" for c in choices if row[c] != first[c])
        for _, row in near.iterrows()
    ]
    result = near[["value", "lower", "upper", "reading"]]
    result.insert(0, "specification", names)
    return result.reset_index(drop=True)
