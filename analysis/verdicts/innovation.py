"""Sections 1.2.5 to 1.2.7, three of the seven bottlenecks: what decides the claims, and what the pages show.

The functions that a declaration names come first; they take its choices as keywords. Then one indicator for each
section, for the chart that sums the chapter up, and the frames of the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any, cast

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis import regression, structure
from analysis.data import read
from analysis.linkages import embodied_inputs
from analysis.uncertainty import flow_draws
from analysis.verdicts import bottlenecks
from analysis.verdicts.claims import groups
from analysis.verdicts.evidence import (
    EAST,
    MUNICIPALITIES,
    content_per_100,
    industrial_sectors,
    manufacturing_sectors,
    province_sectors,
    provincial_product,
    provincial_value_added,
    research_panel,
    resident_population,
    table_of,
)
from analysis.verdicts.leading import READINGS, YEARS, sector_names, table_noise
from analysis.verdicts.place import DELTA
from analysis.verdicts.rule import Estimate

PROVINCES = tuple(region for region in DELTA if region != "Shanghai")
REGIONS = (*DELTA, "China")
FINANCE, RESEARCH = "C30", "C33"
SERVICES = {"finance and research": (FINANCE, RESEARCH), "finance": (FINANCE,), "research": (RESEARCH,)}
DRAWS, SEED = 400, 2017
CONFIDENCE = 0.95
# From this year on the panel counts the people who live in Zhejiang, before it those who are registered there.
RESIDENT_IN_ZHEJIANG = 2015


# ---- 1.2.5 Forge -----------------------------------------------------------------------------------------------------

_OUTCOMES = {
    "granted": "invention_patents_granted",
    "filed": "invention_patents_filed",
    "in force": "invention_patents_in_force",
}
_INPUTS = {"spending": "rd_expenditure_yearbook", "people": "rd_personnel_fte"}


@dataclass(frozen=True)
class Place:
    """Where a province stands beside the line that the others draw, in logarithms.

    Attributes
    ----------
    by_year : DataFrame
        ``deviation`` and its ``standard_error``, which is the line's, by year.
    mean, standard_error : float
        Over the years.
    slope : float
        Of the line.
    degrees_of_freedom : int
        Of the t distribution behind intervals.
    """

    by_year: pd.DataFrame
    mean: float
    standard_error: float
    slope: float
    degrees_of_freedom: int

    @property
    def reach(self) -> float:
        """Standard errors between the estimate and an end of its 95 % interval."""
        return float(stdtrit(self.degrees_of_freedom, 0.5 + CONFIDENCE / 2))


@cache
def knowledge_rows(outcome: str = "granted", research: str = "spending", lag: int = 1) -> pd.DataFrame:
    """Logarithms of patents and of lagged research by province and year, 2011 to 2020, complete rows only, no Tibet."""
    patents = research_panel(_OUTCOMES[outcome]).drop(columns=["China", "Tibet"]).stack()
    inputs = research_panel(_INPUTS[research]).drop(columns=["China", "Tibet"])
    inputs.index = inputs.index + lag
    panel = pd.DataFrame({"patents": np.log(patents), "research": np.log(inputs.stack())}).dropna().reset_index()
    return panel[panel["year"].between(2011, 2020)].reset_index(drop=True)


@cache
def place_of(
    region: str = "Shanghai",
    outcome: str = "granted",
    research: str = "spending",
    lag: int = 1,
    line: str = "across provinces",
    sample: str = "without Tibet",
) -> Place:
    """Set a province beside the knowledge production function of the others.

    Parameters
    ----------
    region : str
        A province. Its own rows have no part in the line.
    outcome, research, lag, line, sample : str, int
        Options of the claim ``1.2.5-yield``. The line across provinces has year effects and compares large provinces
        with small ones. The line within provinces has the slope of two-way fixed effects, and runs through the mean of
        the others: the deviation is then the province's fixed effect less their mean.

    Returns
    -------
    Place
        With errors clustered by province.
    """
    rows = knowledge_rows(outcome, research, lag)
    if sample == "eastern provinces":
        rows = rows[rows["region"].isin([*EAST, region])]
    own, others = rows[rows["region"] == region], rows[rows["region"] != region]
    if line == "across provinces":
        # A dummy for each year of the province fits its rows exactly, so that its coefficient is the distance to a
        # line in which these rows count for nothing, and its error is that of the line there.
        marks = {f"year {y}": ((rows["region"] == region) & (rows["year"] == y)) * 1.0 for y in own["year"]}
        names = list(marks)
        fit = regression.fixed_effects(
            rows.assign(**marks), "patents", ["research", *names], effects=["year"], clusters="region"
        )
        deviation, covariance = fit.table.loc[names, "estimate"].to_numpy(), fit.covariance.loc[names, names].to_numpy()
        freedom = fit.degrees_of_freedom - 1
    else:
        fit = regression.fixed_effects(others, "patents", ["research"], effects=["region", "year"], clusters="region")
        slope, error = fit.table.loc["research", ["estimate", "standard_error"]]
        centre = others.groupby("year")[["patents", "research"]].mean().loc[own["year"]]
        across = (own["research"].to_numpy() - centre["research"].to_numpy())[:, None]
        deviation = own["patents"].to_numpy() - centre["patents"].to_numpy() - slope * across[:, 0]
        # The line runs through the mean of the others, which is known as well as their spread allows.
        level = others["patents"] - slope * others["research"]
        level = (level - level.groupby(others["year"]).transform("mean")).groupby(others["region"]).mean()
        covariance = error**2 * across @ across.T + level.var() / len(level)
        freedom = fit.degrees_of_freedom
    errors = np.sqrt(np.diag(covariance))
    return Place(
        by_year=pd.DataFrame({"deviation": deviation, "standard_error": errors}, pd.Index(own["year"], name="year")),
        mean=float(deviation.mean()),
        standard_error=float(np.sqrt(covariance.mean())),
        slope=float(fit.table.loc["research", "estimate"]),
        degrees_of_freedom=freedom,
    )


@cache
def places(
    outcome: str = "granted",
    research: str = "spending",
    lag: int = 1,
    line: str = "across provinces",
    sample: str = "without Tibet",
) -> pd.DataFrame:
    """Every province beside the line of all others, in per cent, the highest first.

    Returns
    -------
    DataFrame
        ``value``, ``lower`` and ``upper`` (95 %, of the line), ``log`` (the value before it became per cent), ``rank``
        by the value, and ``best_rank`` and ``worst_rank``: a province is surely above another if its interval lies
        above the other's.
    """
    every = knowledge_rows(outcome, research, lag)["region"].unique()
    names = [n for n in every if sample != "eastern provinces" or n in EAST]
    rows = {}
    for name in names:
        place = place_of(name, outcome, research, lag, line, sample)
        half = place.reach * place.standard_error
        ends = (place.mean, place.mean - half, place.mean + half)
        rows[name] = dict(zip(("value", "lower", "upper"), _percent(np.array(ends)), strict=True)) | {"log": ends[0]}
    frame = pd.DataFrame(rows).T.rename_axis("region").sort_values("value", ascending=False)
    above = (frame["lower"].to_numpy()[:, None] > frame["upper"].to_numpy()).sum(axis=0)
    below = (frame["upper"].to_numpy()[:, None] < frame["lower"].to_numpy()).sum(axis=0)
    return frame.assign(rank=range(1, len(frame) + 1), best_rank=above + 1, worst_rank=len(frame) - below)


@cache
def place_means(
    outcome: str = "granted",
    research: str = "spending",
    lag: int = 1,
    line: str = "across provinces",
    sample: str = "without Tibet",
) -> pd.Series:
    """Mean logarithmic distance of every province from the line of all others: :func:`place_of` without its error.

    Parameters
    ----------
    outcome, research, lag, line, sample : str, int
        As in :func:`place_of`.
    """
    rows = knowledge_rows(outcome, research, lag)
    if sample == "eastern provinces":
        rows = rows[rows["region"].isin(EAST)]
    places, names = pd.factorize(rows["region"])
    years = np.eye(rows["year"].nunique())[pd.factorize(rows["year"])[0]]
    values = rows[["patents", "research"]].to_numpy()
    means = {}
    for i, name in enumerate(names):
        own = places == i
        marks, points, groups_left = years[~own], values[~own], np.unique(places[~own], return_inverse=True)[1]
        centre = (marks.T @ points) / marks.sum(axis=0)[:, None]
        design = np.column_stack([points, marks])
        if line == "within provinces":
            member = np.eye(groups_left.max() + 1)[groups_left]
            design = design - member @ ((member.T @ design) / member.sum(axis=0)[:, None])
        slope = np.linalg.lstsq(design[:, 1:], design[:, 0], rcond=None)[0][0]
        apart = (values[own] - years[own] @ centre).mean(axis=0)
        means[name] = float(apart[0] - slope * apart[1])
    return pd.Series(means)


def place_readings(region: str = "Shanghai", years: tuple[int, int] = (2011, 2020)) -> pd.DataFrame:
    """Place of a province in two years under each outcome and measure of research, in per cent of the line.

    Returns
    -------
    DataFrame
        One row an outcome and measure: ``outcome``, ``research``, and for each year its value with ``lower`` and
        ``upper``. Across provinces, lag of one year.
    """
    rows = []
    for outcome, research in product(_OUTCOMES, _INPUTS):
        place = place_of(region, outcome, research)
        row = {"outcome": outcome, "research": research}
        for year in years:
            value, error = place.by_year.loc[year]
            ends = _percent(value + place.reach * error * np.array([0, -1, 1]))
            row |= dict(zip((f"{year}", f"{year} lower", f"{year} upper"), ends, strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


def place_changes(first: int = 2011, last: int = 2020) -> pd.Series:
    """How far each province moved against the line of the others between two years, in per cent, falls first.

    Not declared; it decides nothing.
    """
    moves = {}
    for name in knowledge_rows()["region"].unique():
        deviation = place_of(name).by_year["deviation"]
        moves[name] = float(_percent(deviation[last] - deviation[first]))
    return pd.Series(moves, name="change").rename_axis("region").sort_values()


def _percent(logs: Any) -> Any:
    return 100 * np.expm1(logs)


def yield_gap(
    *, region: str, outcome: str, research: str, lag: int, line: str, sample: str, inference: str
) -> Estimate:
    """Invention patents of a province above or below the line of the others, in per cent."""
    place = place_of(region, outcome, research, lag, line, sample)
    half = place.reach * place.standard_error
    if inference == "the spread of provinces":
        others = place_means(outcome, research, lag, line, sample).drop(region)
        half = float(stdtrit(len(others) - 1, 0.5 + CONFIDENCE / 2) * others.std())
    value, lower, upper = (float(_percent(place.mean + step)) for step in (0, -half, half))
    return Estimate(value, lower, upper)


def in_logarithms(readings: pd.DataFrame) -> pd.DataFrame:
    """Turn readings in per cent into log points, in which intervals of every size can be drawn."""
    columns = ["value", "lower", "upper"]
    return readings.assign(**{name: 100 * np.log1p(readings[name] / 100) for name in columns})


def basic_research_shares() -> pd.DataFrame:
    """Share of basic research in research spending, by year and region, in per cent."""
    return 100 * research_panel("rd_expenditure_basic") / research_panel("rd_expenditure_yearbook")


def basic_research_lead(*, region: str, year: int, benchmark: str) -> float:
    """Share of basic research in a region less that of the benchmark, in percentage points."""
    shares = basic_research_shares().loc[year]
    other = shares[list(PROVINCES)].max() if benchmark == "the highest of the three provinces" else shares[benchmark]
    return float(shares[region] - other)


@cache
def growth_rows(outcome: str, form: str, lag: int, sample: str) -> pd.DataFrame:
    """Log product and lagged log research spending by province and year, or their yearly changes, 2011 to 2020."""
    if outcome == "product":
        values = provincial_product("total product")
    elif outcome == "industrial value added":
        values = provincial_value_added("industry")
    else:
        values = research_panel("hightech_mfg_revenue")
    spending = research_panel("rd_expenditure_yearbook")
    left_out = ["China", "Tibet", *(MUNICIPALITIES if sample == "without the four municipalities" else ())]
    kept = [frame.drop(columns=left_out, errors="ignore") for frame in (values, spending)]
    logs = [cast("pd.DataFrame", np.log(frame)) for frame in kept]
    if form == "yearly changes":
        # A year that is missing leaves two changes out; none is taken over two years.
        logs = [frame.reindex(range(frame.index.min(), frame.index.max() + 1)).diff() for frame in logs]
    logs[1].index = logs[1].index + lag
    stacked = [frame.rename_axis(index="year", columns="region").stack() for frame in logs]
    panel = pd.DataFrame(dict(zip(("product", "research"), stacked, strict=True))).dropna().reset_index()
    return panel[panel["year"].between(2011, 2020)].reset_index(drop=True)


@cache
def growth_fit(
    outcome: str = "product", form: str = "levels", lag: int = 1, sample: str = "without Tibet"
) -> regression.Regression:
    """Product on research spending of earlier years, clustered by province; the defaults are the primary specification.

    Levels have effects for provinces and years; yearly changes, in which a province's own level drops out, for years.
    """
    effects = ["region", "year"] if form == "levels" else ["year"]
    return regression.fixed_effects(
        growth_rows(outcome, form, lag, sample), "product", ["research"], effects=effects, clusters="region"
    )


@cache
def research_growth(*, outcome: str, form: str, lag: int, inference: str, sample: str) -> Estimate:
    """Per cent more product for one per cent more research spending."""
    fit = growth_fit(outcome, form, lag, sample)
    if inference == "wild bootstrap":
        test = regression.wild_cluster_bootstrap(fit, "research", seed=0)
        return Estimate(test.estimate, test.lower, test.upper)
    return Estimate(*fit.table.loc["research", ["estimate", "lower", "upper"]])


def research_handed_on(
    *, of: str, group: str, suppliers: Sequence[str], region: str, year: int, imports: str, measure: str
) -> float:
    """Bought research that a group's products carry to other industries of the region, over other manufacturing's."""
    members = list(groups()[of][group])
    rest = manufacturing_sectors().difference(members)
    flows = handed_on(region, year, imports, tuple(suppliers))
    base = flows["output"] if measure == "per yuan of output" else flows["held"]
    rates = [flows["handed_on"][codes].sum() / base[codes].sum() for codes in (members, rest)]
    return float(rates[0] / rates[1])


@cache
def handed_on(
    region: str, year: int, imports: str, suppliers: tuple[str, ...] = (RESEARCH,), within: bool = False
) -> pd.DataFrame:
    """Bought research that manufactured products hold, and the part that goes on to other industries of the region.

    Research of any origin counts as held (technology table); products count as handed on as far as they are local.
    What a sector buys from itself counts only if ``within``.

    Returns
    -------
    DataFrame
        One row a manufacturing sector: ``output``, ``held`` and ``handed_on``, in 100 million yuan.
    """
    codes = manufacturing_sectors()
    content = embodied_inputs(table_of(region, year), suppliers)[codes]
    table = table_of(region, year, imports)
    flows = table.Z.loc[codes].sum(axis=1)
    if not within:
        flows = flows - pd.Series({code: table.Z.loc[code, code] for code in codes})
    output = table.output[codes]
    return pd.DataFrame({"output": output, "held": content * output, "handed_on": content * flows})


def handed_on_within() -> pd.Series:
    """Ratios of claim ``1.2.5-hubs``, primary year and assumption, if what a sector buys from itself counted too.

    Returns
    -------
    Series
        ``per yuan of output`` and ``share of what the products hold``. Not declared; it decides nothing.
    """
    members = pd.Index(groups()["assembly"]["narrow"])
    rest = manufacturing_sectors().difference(members)
    flows = handed_on("Shanghai", 2017, "supply pool", within=True)
    own, other = flows.loc[members].sum(), flows.loc[rest].sum()
    rates = {"per yuan of output": "output", "share of what the products hold": "held"}
    return pd.Series(
        {name: (own["handed_on"] / own[base]) / (other["handed_on"] / other[base]) for name, base in rates.items()}
    )


def research_hubs(year: int = 2017, regions: Sequence[str] = DELTA) -> pd.DataFrame:
    """Bought research that goes on to other industries of the region, by region, from two kinds of manufacturing.

    Returns
    -------
    DataFrame
        One row a region and kind (``integrated products``, ``other manufacturing``): ``held``, research in 100 yuan of
        product, ``passed``, what of it goes on to other industries of the region, both in yuan, and ``share`` in per
        cent under the supply pool, with ``lower`` and ``upper`` over the three import assumptions; ``own_sector``, the
        per cent that stays in the region inside the sector that sells it, under the supply pool.
    """
    members = pd.Index(groups()["assembly"]["narrow"])
    kinds = {"integrated products": members, "other manufacturing": manufacturing_sectors().difference(members)}
    local = [name for name in READINGS.values() if name != "competitive"]
    rows = []
    for region, (kind, codes) in product(regions, kinds.items()):
        sums = {name: handed_on(region, year, name).loc[codes].sum() for name in local}
        main = sums["supply pool"]
        shares = [100 * part["handed_on"] / part["held"] for part in sums.values()]
        with_own = handed_on(region, year, "supply pool", within=True).loc[codes, "handed_on"].sum()
        rows.append(
            {
                "region": region,
                "kind": kind,
                "held": 100 * main["held"] / main["output"],
                "passed": 100 * main["handed_on"] / main["output"],
                "share": 100 * main["handed_on"] / main["held"],
                "lower": min(shares),
                "upper": max(shares),
                "own_sector": 100 * (with_own - main["handed_on"]) / main["held"],
            }
        )
    return pd.DataFrame(rows)


def examined_fits() -> dict[str, regression.Regression]:
    """Regressions of section 1.2.5 by name."""
    rows = knowledge_rows()
    return {
        "Patents, across provinces": regression.fixed_effects(
            rows, "patents", ["research"], effects=["year"], clusters="region"
        ),
        "Patents, within provinces": regression.fixed_effects(
            rows, "patents", ["research"], effects=["region", "year"], clusters="region"
        ),
        "Product, levels": growth_fit(),
        "Product, yearly changes": growth_fit(form="yearly changes"),
    }


@cache
def examined() -> pd.DataFrame:
    """Examine the regressions of section 1.2.5 as a referee would, a column for each.

    Returns
    -------
    DataFrame
        ``estimate``, ``lower``, ``upper`` (clustered), ``bootstrap_lower`` and ``bootstrap_upper``, ``unequal`` (p
        value of equal variance), ``curvature`` and ``curvature_p``, ``serial``, ``serial_without`` and ``serial_p``
        (see :func:`~analysis.regression.diagnostics`), ``effective`` (provinces that carry the estimate), ``lowest``
        and ``highest`` (one province left out), and of the row that moves the estimate most: ``row``, ``row_shift`` in
        standard errors, ``row_without``.
    """
    columns = {}
    for name, fit in examined_fits().items():
        test = regression.diagnostics(fit, "region", "year")
        ends = regression.wild_cluster_bootstrap(fit, "research", seed=0)
        clusters, single = regression.cluster_influence(fit, "research"), heaviest_rows(fit)
        without = clusters["estimate_without"]
        columns[name] = {
            **fit.table.loc["research", ["estimate", "lower", "upper"]],
            "bootstrap_lower": ends.lower,
            "bootstrap_upper": ends.upper,
            "unequal": test.loc["unequal variance", "p_value"],
            "curvature": test.loc["curvature", "value"],
            "curvature_p": test.loc["curvature", "p_value"],
            "serial": test.loc["serial correlation", "value"],
            "serial_without": test.loc["serial correlation", "without"],
            "serial_p": test.loc["serial correlation", "p_value"],
            "effective": clusters.attrs["effective_clusters"],
            "lowest": without.min(),
            "highest": without.max(),
            "row": f"{single['region'].iloc[0]} {single['year'].iloc[0]}",
            "row_shift": single["shift"].iloc[0],
            "row_without": single["estimate_without"].iloc[0],
        }
    return pd.DataFrame(columns)


def heaviest_rows(fit: regression.Regression, count: int = 5) -> pd.DataFrame:
    """Rows that move the slope on research most, the strongest first.

    Returns
    -------
    DataFrame
        ``region``, ``year``, and the columns of :func:`~analysis.regression.row_influence`.
    """
    influence = regression.row_influence(fit, "research")
    order = influence["shift"].abs().sort_values(ascending=False).index[:count]
    return fit.design.data.loc[order, ["region", "year"]].join(influence)


def research_before_and_after(lags: Sequence[int] = (2, 1, 0, -1, -2)) -> pd.DataFrame:
    """Estimate the elasticity of product to research of earlier, the same, and later years.

    A research series that leads, and does not follow, has its weight on the earlier years. This was not declared, and
    decides nothing.

    Returns
    -------
    DataFrame
        One row a form and lag: ``form``, ``lag`` (negative: research of later years), ``value``, ``lower``, ``upper``.
    """
    rows = []
    for form, lag in product(("levels", "yearly changes"), lags):
        value, lower, upper = growth_fit(form=form, lag=lag).table.loc["research", ["estimate", "lower", "upper"]]
        rows.append({"form": form, "lag": lag, "value": value, "lower": lower, "upper": upper})
    return pd.DataFrame(rows)


# ---- 1.2.6 Fuse ------------------------------------------------------------------------------------------------------


def finance_ratio(
    *, of: str, group: str, suppliers: Sequence[str], region: str, year: int, benchmark: str, imports: str, depth: str
) -> float:
    """Financial services in a group's products over those in other manufacturing, or in the nation's same group."""
    members = list(groups()[of][group])
    table = table_of(region, year, imports)
    if benchmark == "other manufacturing":
        other = content_per_100(table, suppliers, manufacturing_sectors().difference(members), depth)
    else:
        other = content_per_100(table_of("China", year, imports), suppliers, members, depth)
    return content_per_100(table, suppliers, members, depth) / other


def reach_lead(*, year: int, services: str, imports: str, depth: str) -> float:
    """Finance and research in 100 yuan of manufacturing output, Shanghai less the lowest of the three, in yuan."""
    values = {
        region: content_per_100(table_of(region, year, imports), SERVICES[services], manufacturing_sectors(), depth)
        for region in DELTA
    }
    return values["Shanghai"] - min(values[region] for region in PROVINCES)


def services_bought(year: int = 2017, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Finance and research in 100 yuan of manufacturing output, any origin, by region, in yuan.

    Returns
    -------
    DataFrame
        One row a region: for ``finance`` and ``research``, the direct input with 95 % of the draws, and the same over
        all rounds of supply.
    """
    rows = {}
    for region in regions:
        row: dict[str, Any] = {}
        for service in ("finance", "research"):
            drawn = _service_draws(service).set_index(["region", "year"]).loc[(region, year)]
            row |= {service: drawn["value"], f"{service}_lower": drawn["lower"], f"{service}_upper": drawn["upper"]}
            row[f"{service}_all"] = content_per_100(
                table_of(region, year), SERVICES[service], manufacturing_sectors(), "all rounds"
            )
        rows[region] = row
    return pd.DataFrame(rows).T.rename_axis("region")


def finance_in_products(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Financial services in 100 yuan of each manufactured product, direct and over all rounds, in yuan.

    Returns
    -------
    DataFrame
        One row a sector, most direct finance first: ``sector``, ``direct``, ``all rounds``.
    """
    table, codes = table_of(region, year), manufacturing_sectors()
    values = {
        depth: [content_per_100(table, (FINANCE,), [code], depth) for code in codes]
        for depth in ("direct", "all rounds")
    }
    frame = pd.DataFrame(values, index=codes).sort_values("direct", ascending=False)
    frame.insert(0, "sector", sector_names()[frame.index])
    return frame.rename_axis("code")


def finance_ratio_without(code: str, depth: str, year: int = 2017) -> float:
    """Ratio of claim ``1.2.6-finance``, as declared but for one sector that is taken out of other manufacturing."""
    members = list(groups()["assembly"]["narrow"])
    table = table_of("Shanghai", year)
    rest = manufacturing_sectors().difference([*members, code])
    own, other = (content_per_100(table, (FINANCE,), users, depth) for users in (members, rest))
    return own / other


@cache
def chain_levels(measure: str = "per head", research: str = "research services") -> pd.DataFrame:
    """Size of the three chains by year and province, before they are scaled: industry, research, finance.

    Industry is value added of manufacturing, finance that of finance, research that of research and technical
    services, or research spending; in 10,000 yuan a head, or in per cent of all value added. Tibet is left out, and
    Guangdong in 2012 where heads are counted.
    """
    people = resident_population()
    parts = []
    for year in YEARS:
        rows = province_sectors(year)
        values = rows[~rows["region"].isin(["China", "Tibet"])].pivot(
            index="region", columns="code", values="value_added"
        )
        frame = pd.DataFrame(
            {
                "industry": values[manufacturing_sectors()].sum(axis=1),
                "research": values[RESEARCH],
                "finance": values[FINANCE],
            }
        )
        if research == "research spending":
            spending = research_panel("rd_expenditure_yearbook")
            if year not in spending.index:
                continue
            # 10,000 yuan to 100 million
            frame["research"] = spending.loc[year, frame.index] / 1e4
        base = people.loc[year, frame.index] if measure == "per head" else values.sum(axis=1) / 100
        parts.append(frame.div(base, axis=0).dropna().assign(year=year).set_index("year", append=True).swaplevel())
    return pd.concat(parts)


_NORMALISATIONS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "smallest to largest, all years": lambda x: (x - x.min()) / (x.max() - x.min()),
    "smallest to largest, one year": lambda x: (x - x.min()) / (x.max() - x.min()),
    "share of the largest": lambda x: x / x.max(),
    "ranks": lambda x: x.rank() / len(x),
}


@cache
def coordination(
    measure: str = "per head",
    normalisation: str = "smallest to largest, all years",
    definition: str = "standard",
    research: str = "research services",
) -> pd.DataFrame:
    """Coupling, development and coordination of the three chains, by year and province.

    Parameters
    ----------
    measure, normalisation, definition, research : str
        Options of the claim ``1.2.6-coupled``. Scores are shares of a range of provinces: they say how a province
        stands among the others, and change with them.
    """
    levels, scale = chain_levels(measure, research), _NORMALISATIONS[normalisation]
    by_year = normalisation.endswith("one year")
    scores = levels.groupby("year", group_keys=False).apply(scale) if by_year else scale(levels)
    # A province that is last in all three is at the bottom of every scale: its coupling is not defined.
    scores = scores[(scores > 0).any(axis=1)]
    return structure.coupling_coordination(scores, definition=definition)


def coordination_ranks(year: int = 2017, regions: Sequence[str] = DELTA) -> pd.DataFrame:
    """Coordination of some provinces under every declared way of measuring it, and the ranks that come of it.

    Returns
    -------
    DataFrame
        One row a region and way: ``region``, ``measure``, ``normalisation``, ``definition``, ``research``,
        ``coordination`` and ``rank`` among all provinces (``of``).
    """
    rows = []
    for measure, normalisation, definition, research in product(
        ("per head", "share of value added"),
        _NORMALISATIONS,
        ("standard", "revised"),
        ("research services", "research spending"),
    ):
        if year < 2010 and research == "research spending":
            continue
        values = coordination(measure, normalisation, definition, research)["coordination"].loc[year]
        ranks = values.rank(ascending=False, method="min").astype(int)
        rows += [
            {
                "region": region,
                "measure": measure,
                "normalisation": normalisation,
                "definition": definition,
                "research": research,
                "coordination": values[region],
                "rank": ranks[region],
                "of": len(values),
            }
            for region in regions
        ]
    return pd.DataFrame(rows)


def coordination_lead(*, year: int, measure: str, normalisation: str, definition: str, research: str) -> float:
    """Coupling coordination of Shanghai less the mean of the three provinces."""
    values = coordination(measure, normalisation, definition, research)["coordination"].loc[year]
    return float(values["Shanghai"] - values[list(PROVINCES)].mean())


_CONVERSIONS = {
    "technology contracts": ("tech_market_contract_value_by_seller", "rd_expenditure_yearbook", 1.0),
    "technology contracts per patent in force": (
        "tech_market_contract_value_by_seller",
        "invention_patents_in_force",
        1.0,
    ),
    # Revenue is in 100 million yuan, spending in 10,000.
    "high-technology revenue": ("hightech_mfg_revenue", "rd_expenditure_yearbook", 1e4),
}


def conversions(measure: str, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Technology sold or revenue earned for each unit of research, by year and region.

    Returns
    -------
    DataFrame
        Years by regions, and "the three provinces" added up: yuan for a yuan of research spending, or 10,000 yuan for
        a patent. Years in which either side is missing are left out.
    """
    top, bottom, scale = _CONVERSIONS[measure]
    sides = []
    for series in (top, bottom):
        frame = research_panel(series)
        frame["the three provinces"] = frame[list(PROVINCES)].sum(axis=1, skipna=False)
        sides.append(frame[[*regions, "the three provinces"]])
    return (scale * sides[0] / sides[1]).dropna()


def conversion_ratio(*, region: str, measure: str, year: int, benchmark: str) -> float:
    """Technology sold or revenue earned from a unit of research in a region, over the same in the benchmark."""
    values = conversions(measure).loc[year]
    return float(values[region] / values[benchmark])


def contracts_without(left_out: str = "Beijing", year: int = 2019, region: str = "Shanghai") -> pd.Series:
    """Ratio of claim ``1.2.6-conversion`` to the nation less one province, and what that one sells of the whole.

    Returns
    -------
    Series
        ``ratio``, contracts for a yuan of research in the region over those in the nation but for the one, and
        ``share`` of the one in the nation's contracts, in per cent. Not declared; it decides nothing.
    """
    contracts, spending = (research_panel(series).loc[year] for series in _CONVERSIONS["technology contracts"][:2])
    rest = (contracts["China"] - contracts[left_out]) / (spending["China"] - spending[left_out])
    share = 100 * contracts[left_out] / contracts["China"]
    return pd.Series({"ratio": contracts[region] / spending[region] / rest, "share": share})


# ---- 1.2.7 Integrate -------------------------------------------------------------------------------------------------


def _scope(scope: str) -> pd.Index | None:
    return {"manufacturing": manufacturing_sectors(), "industry": industrial_sectors(), "all sectors": None}[scope]


@cache
def structures(year: int, scope: str, measure: str) -> pd.DataFrame:
    """Value added or output of the sectors in scope by province; Tibet, which lacks two of the tables, is left out."""
    rows = province_sectors(year)
    values = rows[~rows["region"].isin(["China", "Tibet"])].pivot(
        index="code", columns="region", values=measure.replace(" ", "_")
    )
    codes = _scope(scope)
    return values if codes is None else values.loc[codes]


@cache
def distances(year: int, index: str, scope: str, measure: str) -> pd.DataFrame:
    """Distance of structure of each pair of provinces: the Krugman index, or one less the cosine."""
    # A few provincial sectors lose money: their value added is below nought, and no share can be.
    values = structures(year, scope, measure).clip(lower=0)
    return structure.krugman_index(values) if index == "Krugman" else 1 - structure.cosine_similarity(values)


def _mean_distance(matrix: pd.DataFrame, pairs: Any) -> float:
    first, second = (matrix.index.get_indexer(names) for names in zip(*pairs, strict=True))
    return float(np.mean(matrix.to_numpy()[first, second]))


def _pairs(regions: Sequence[str], of: str | None = None) -> list[tuple[str, str]]:
    return [pair for pair in combinations(regions, 2) if of is None or of in pair]


def distance_ratio(*, year: int, index: str, scope: str, measure: str, benchmark: str, pairs: str) -> float:
    """Mean distance of structure between the four over that between the benchmark's pairs of provinces."""
    matrix = distances(year, index, scope, measure)
    own = _pairs(DELTA, "Shanghai" if pairs == "those of Shanghai" else None)
    others = list(matrix) if benchmark == "all provinces" else [name for name in EAST if name not in DELTA]
    return _mean_distance(matrix, own) / _mean_distance(matrix, _pairs(others))


def distance_change(*, period: str, index: str, scope: str, measure: str, against: str) -> float:
    """Change of the mean distance between the four; with ``against="all provinces"``, less the change of all pairs."""
    first, last = (distances(int(year), index, scope, measure) for year in period.split("-"))
    change = _mean_distance(last, _pairs(DELTA)) - _mean_distance(first, _pairs(DELTA))
    if against == "themselves":
        return change
    common = [name for name in first if name in last]
    return change - (_mean_distance(last, _pairs(common)) - _mean_distance(first, _pairs(common)))


@cache
def alike_by_chance(year: int, scope: str = "manufacturing", measure: str = "value added") -> float:
    """Share of all sets of four provinces whose mean Krugman index is at most that of the delta, in per cent."""
    matrix = distances(year, "Krugman", scope, measure)
    values = matrix.to_numpy()
    sets = np.array(list(combinations(range(len(matrix)), 4)))
    means = np.mean([values[sets[:, i], sets[:, j]] for i, j in combinations(range(4), 2)], axis=0)
    return float(100 * np.mean(means <= _mean_distance(matrix, _pairs(DELTA)) + 1e-12))


def pair_distances(years: Sequence[int] = YEARS) -> pd.DataFrame:
    """Krugman index of each pair of the four by year, manufacturing, value added, and its range over other readings.

    Returns
    -------
    DataFrame
        ``pair``, ``year``, ``value``, ``lower`` and ``upper`` (value added and output, manufacturing and industry).
    """
    rows = []
    for year, pair in product(years, _pairs(DELTA)):
        read_as = [
            distances(year, "Krugman", scope, measure).loc[pair]
            for scope, measure in product(("manufacturing", "industry"), ("value added", "output"))
        ]
        rows.append(
            {"pair": " - ".join(pair), "year": year, "value": read_as[0], "lower": min(read_as), "upper": max(read_as)}
        )
    return pd.DataFrame(rows)


def manufacturing_quotients(year: int = 2017, measure: str = "value added") -> pd.DataFrame:
    """Location quotients of manufacturing in the four, within manufacturing, the sum of provinces being the base.

    Returns
    -------
    DataFrame
        One row a sector: ``sector``, the four, ``spread`` (largest less smallest), and ``specialised``, how many of the
        four lie above one; the widest spread first.
    """
    values = structures(year, "manufacturing", measure).clip(lower=0)
    frame = structure.location_quotient(values[list(DELTA)], values.sum(axis=1))
    frame = frame.assign(spread=frame.max(axis=1) - frame.min(axis=1), specialised=(frame > 1).sum(axis=1))
    frame.insert(0, "sector", sector_names()[frame.index])
    return frame.sort_values("spread", ascending=False)


@cache
def levels_per_head(measure: str = "product per head") -> pd.DataFrame:
    """Product, industrial value added or research spending by year and province, in yuan a head at current prices."""
    if measure == "product per head":
        return provincial_product()
    people = resident_population()
    if measure == "industrial value added per head":
        return (1e4 * provincial_value_added("industry") / people).dropna(how="all")
    return (research_panel("rd_expenditure_yearbook").drop(columns="China") / people).dropna(how="all")


def gradient(first: int = 2000, last: int = 2020) -> pd.DataFrame:
    """Product per head of the three provinces, Shanghai being 100, by year.

    Returns
    -------
    DataFrame
        ``year``, ``region``, ``share``. Zhejiang starts in 2015: before, registered people are counted there.
    """
    values = levels_per_head().loc[first:last, list(DELTA)]
    share = 100 * values[list(PROVINCES)].div(values["Shanghai"], axis=0)
    share.loc[share.index < RESIDENT_IN_ZHEJIANG, "Zhejiang"] = np.nan
    return share.rename_axis(index="year", columns="region").stack().dropna().rename("share").reset_index()


def step_below(region: str = "Anhui") -> pd.Series:
    """By how much the next of the four exceeds a province in product per head, in per cent of it, from 2015 on."""
    values = levels_per_head().loc[RESIDENT_IN_ZHEJIANG:2020, list(DELTA)]
    return 100 * (values.drop(columns=region).min(axis=1) / values[region] - 1)


def dispersion_without_zhejiang(first: int = 2002, last: int = 2017) -> float:
    """Theil index of product per head among Shanghai, Jiangsu and Anhui in the last year over the first."""
    values = _theil(levels_per_head().loc[[first, last], ["Shanghai", "Jiangsu", "Anhui"]])
    return float(values[last] / values[first])


def _theil(levels: pd.DataFrame) -> pd.Series:
    """Theil index of each row."""
    return cast("pd.Series", structure.theil(levels.T))


def zhejiang_jump() -> float:
    """Rise of Zhejiang's population in the panel where it passes from registered to resident people, in per cent."""
    people = resident_population()["Zhejiang"]
    return float(100 * (people[RESIDENT_IN_ZHEJIANG] / people[RESIDENT_IN_ZHEJIANG - 1] - 1))


def break_at_anhui(*, year: int, measure: str) -> float:
    """Log gap between Anhui and the lowest of the others over the widest gap between neighbours among these."""
    logs = cast("pd.Series", np.log(levels_per_head(measure).loc[year, list(DELTA)]))
    others = logs.drop("Anhui").sort_values()
    return float((others.iloc[0] - logs["Anhui"]) / np.diff(others).max())


def dispersion_ratio(*, period: str, measure: str, index: str) -> Estimate | float:
    """Dispersion among the four in the last year over the first."""
    first, last = (int(year) for year in period.split("-"))
    levels = levels_per_head(measure).loc[[first, last], list(DELTA)]
    if index == "Theil":
        values = _theil(levels)
        return float(values[last] / values[first])
    result = regression.sigma_convergence(levels)
    return Estimate(result.ratio, result.lower, result.upper)


def medicine_quotient(*, year: int, members: str) -> float:
    """Lowest location quotient of employment in medicines among the four, or without Anhui."""
    quotients = industry_quotients("Medicines").loc[year, list(DELTA)]
    return float((quotients if members == "all four" else quotients.drop("Anhui")).min())


def industry_quotients(industry: str) -> pd.DataFrame:
    """Location quotients of employment in an industry, all provinces being the base, years by provinces."""
    rows = read("statistics/industry_quotients")
    return rows[rows["industry"] == industry].pivot(index="year", columns="region", values="quotient")


# ---- One indicator for each section ----------------------------------------------------------------------------------


def forge_indicator() -> pd.DataFrame:
    """Invention patents above or below the line of the other provinces, by year, in per cent.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``, ``lower``, ``upper``: 95 % intervals, of the line. The nation is the line.
    """
    parts = []
    for region in DELTA:
        place = place_of(region)
        years = place.by_year
        half = place.reach * years["standard_error"]
        ends = {"value": years["deviation"], "lower": years["deviation"] - half, "upper": years["deviation"] + half}
        parts.append(_percent(pd.DataFrame(ends)).reset_index().assign(region=region))
    found: pd.DataFrame = pd.concat(parts, ignore_index=True)[_INDICATOR]
    return found


def fuse_indicator() -> pd.DataFrame:
    """Finance and research that 100 yuan of manufacturing output buys directly, of any origin, in yuan.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``, ``lower``, ``upper``: 95 % of the draws with the noise that each region's own
        tables show.
    """
    return _service_draws("finance and research").copy()


_ENDS = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]


def _services_in_draws(services: str, region: str, year: int, draws: int, seed: int) -> np.ndarray:
    table, users = table_of(region, year), list(manufacturing_sectors())
    drawn = flow_draws(table, draws, table_noise(region), seed).Z
    bought, columns = table.sectors.get_indexer(list(SERVICES[services])), table.sectors.get_indexer(users)
    content: np.ndarray = 100 * drawn[:, bought][:, :, columns].sum(axis=(1, 2)) / table.output[users].sum()
    return content


def reach_in_draws(services: str = "finance and research", year: int = 2017, draws: int = 2000) -> pd.Series:
    """Put the difference of claim ``1.2.6-reach`` to the noise of the tables, of which the declared reading has none.

    Each region's table is drawn by itself, with a seed of its own. Not declared; it decides nothing.

    Returns
    -------
    Series
        ``lower`` and ``upper``, 95 % of the draws of Shanghai less the lowest of the three, in yuan, and ``lowest``,
        the per cent of draws in which Shanghai is the lowest of the four.
    """
    drawn = {
        region: _services_in_draws(services, region, year, draws, SEED + place) for place, region in enumerate(DELTA)
    }
    lead = drawn["Shanghai"] - np.min([drawn[region] for region in PROVINCES], axis=0)
    lower, upper = np.quantile(lead, _ENDS)
    return pd.Series({"lower": lower, "upper": upper, "lowest": 100 * np.mean(lead < 0)})


@cache
def _service_draws(services: str) -> pd.DataFrame:
    rows = []
    for region, year in product(REGIONS, YEARS):
        lower, upper = np.quantile(_services_in_draws(services, region, year, DRAWS, SEED), _ENDS)
        value = content_per_100(table_of(region, year), SERVICES[services], manufacturing_sectors(), "direct")
        rows.append({"region": region, "year": year, "value": value, "lower": lower, "upper": upper})
    return pd.DataFrame(rows)[_INDICATOR]


def integrate_indicator() -> pd.DataFrame:
    """Mean Krugman index of each of the four to the other three, and of all pairs of provinces for the nation.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value`` (value added, manufacturing), ``lower`` and ``upper`` (the range over value
        added and output, manufacturing and all industry).
    """
    rows = []
    for region, year in product(REGIONS, YEARS):
        readings = {}
        for scope, measure in product(("manufacturing", "industry"), ("value added", "output")):
            matrix = distances(year, "Krugman", scope, measure)
            pairs = _pairs(list(matrix)) if region == "China" else _pairs(DELTA, region)
            readings[scope, measure] = _mean_distance(matrix, pairs)
        ends = {"lower": min(readings.values()), "upper": max(readings.values())}
        rows.append({"region": region, "year": year, "value": readings["manufacturing", "value added"]} | ends)
    return pd.DataFrame(rows)[_INDICATOR]


_INDICATOR = ["region", "year", "value", "lower", "upper"]


# ---- The seven side by side ------------------------------------------------------------------------------------------

# Section and indicator with its unit, the side on which the paper sees the gap, and what the interval is.
SEVEN = {
    "strengthen": ("1.2.1 Strengthen: foreign inputs in 100 yuan of products", "high", "import assumptions"),
    "supplement": ("1.2.2 Supplement: capital formation over depreciation", "low", "with or without inventories"),
    "extend": ("1.2.3 Extend: steps of production at home", "low", "import assumptions"),
    "nurture": ("1.2.4 Nurture: parts made at home, %", "low", "import assumptions"),
    "forge": ("1.2.5 Forge: inventions above the others' line, %", "low", "95 %, of the line"),
    "fuse": ("1.2.6 Fuse: finance and research in 100 yuan of products", "low", "95 % of draws"),
    "integrate": ("1.2.7 Integrate: distance of structure to the other three", "low", "value added or output, scope"),
}

_SOURCES = {
    "strengthen": bottlenecks.strengthen_indicator,
    "supplement": bottlenecks.supplement_indicator,
    "extend": bottlenecks.extend_indicator,
    "nurture": bottlenecks.nurture_indicator,
    "forge": forge_indicator,
    "fuse": fuse_indicator,
    "integrate": integrate_indicator,
}


@cache
def indicators() -> pd.DataFrame:
    """Collect the indicators of the seven sections: each has its own unit, and none is measured against another.

    Returns
    -------
    DataFrame
        ``gap`` (its verb), ``indicator`` (with its section and unit), ``region``, ``year``, ``value``, ``lower``,
        ``upper``.
    """
    parts = []
    for gap, (name, _, _) in SEVEN.items():
        parts.append(_SOURCES[gap]().assign(gap=gap, indicator=name))
    return pd.concat(parts, ignore_index=True)[["gap", "indicator", *_INDICATOR]]


def seven(year: int = 2017) -> pd.DataFrame:
    """Return the seven indicators of one year, section by section, Shanghai first."""
    rows = indicators()
    return rows[rows["year"] == year].drop(columns="year").reset_index(drop=True)


def seven_places(years: Sequence[int] = (2012, 2017)) -> pd.DataFrame:
    """Say where Shanghai stands among the four on each indicator, counted from the side of the gap.

    Returns
    -------
    DataFrame
        One row an indicator: ``indicator``, ``gap side``, and for each year Shanghai's value and the places among the
        four that the intervals leave open: 1 has the largest gap. Another stands surely before or behind it where
        the two intervals do not overlap; where both hang on one assumption this is too careful.
    """
    rows = []
    for gap, (name, side, interval) in SEVEN.items():
        row: dict[str, Any] = {"indicator": name, "gap side": side, "interval": interval}
        for year in years:
            frame = indicators()
            frame = frame[(frame["gap"] == gap) & (frame["year"] == year) & frame["region"].isin(DELTA)]
            frame = frame.set_index("region")
            sign = -1 if side == "high" else 1
            ends = np.sort(sign * frame[["lower", "upper"]].to_numpy(), axis=1)
            low, high = (pd.Series(ends[:, i], frame.index) for i in (0, 1))
            ahead = int((high.drop("Shanghai") < low["Shanghai"]).sum())
            behind = int((low.drop("Shanghai") > high["Shanghai"]).sum())
            first, last = 1 + ahead, len(frame) - behind
            row |= {
                f"{year}": frame.loc["Shanghai", "value"],
                f"{year} place": f"{first}" if first == last else f"{first} to {last}",
            }
        rows.append(row)
    return pd.DataFrame(rows)
