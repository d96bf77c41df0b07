"""The measurements that decide the declared claims of chapters 1.1 and 2.1, and what those of other chapters share.

Every function takes the choices and fixed settings of its claim as keywords and returns the quantity in the claim's
unit, as a number or as an :class:`~analysis.verdicts.rule.Estimate` with its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd

from analysis import growth, regression, structure
from analysis.data import compute_once, read
from analysis.ledger import Interval
from analysis.ledger import load as load_ledger
from analysis.linkages import embodied_inputs, input_shares, output_multipliers, rasmussen_linkages
from analysis.tables import InputOutputTable, load, sectors
from analysis.verdicts.claims import Claim, declared, groups
from analysis.verdicts.place import DELTA, HOME, IMPORTS, YEAR, moved, resettled
from analysis.verdicts.rule import ROUNDING, Estimate, Verdict, estimates, judge

MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
# The eastern region of the National Bureau of Statistics.
EAST = ("Beijing", "Tianjin", "Hebei", "Shanghai", "Jiangsu", "Zhejiang", "Fujian", "Shandong", "Guangdong", "Hainan")

# A specification curve asks for the same table dozens of times, and each reading checks every sum anew.
_read = cache(read)


def verdict(claim_id: str) -> Verdict:
    """Judge one declared claim.

    A claim is measured once in a process, or once for several, see :func:`~analysis.data.compute_once`.

    Parameters
    ----------
    claim_id : str
        As in :func:`~analysis.verdicts.claims.declared`.

    Returns
    -------
    Verdict
        With all readings.

    Raises
    ------
    KeyError
        If no claim of that id is declared.
    """
    found = _judged(claim_id)
    # Copies cost nothing until changed, and keep what a page does to its frames from the next one.
    return replace(found, readings=found.readings.copy(deep=False), flips=found.flips.copy(deep=False))


@cache
def _judged(claim_id: str) -> Verdict:
    claim = _settled(claim_id)
    if claim.cannot_be_tested:
        return judge(claim)
    document = compute_once(_estimates, claim_id, {"place": [HOME, YEAR, IMPORTS], "claim": repr(claim)})
    found = iter(document["estimates"])
    return judge(claim, lambda **_: Estimate(*next(found)))


def _settled(claim_id: str) -> Claim:
    claim = declared()[claim_id]
    return resettled(claim, HOME, YEAR, IMPORTS) if moved() else claim


def _estimates(claim_id: str) -> dict[str, list[list[Any]]]:
    """Return what every specification of a claim says, in their order, as plain numbers and texts."""
    claim = _settled(claim_id)
    found = estimates(claim, measurement(claim))
    return {"estimates": [[each.value, each.lower, each.upper, each.interval] for each in found]}


def measurement(claim: Claim) -> Callable[..., Any]:
    """Find the function that measures a claim's quantity, by the name that its declaration gives."""
    module, name = claim.evidence.split(".")
    result: Callable[..., Any] = getattr(import_module(f"analysis.verdicts.{module}"), name)
    return result


def verdicts(section: str = "") -> dict[str, Verdict]:
    """Judge all declared claims of a section and its parts, in the order of the paper."""
    return {key: verdict(key) for key, claim in declared().items() if _within(claim, section)}


def _within(claim: Claim, section: str) -> bool:
    return not section or claim.section == section or claim.section.startswith(section + ".")


@cache
def table_of(region: str, year: int, imports: str = "competitive") -> InputOutputTable:
    """Load a table, as published (``"competitive"``) or made local under a named assumption; kept once loaded."""
    table = load(region, year)
    return table if imports == "competitive" else table.local(imports)


@cache
def linkages_of(region: str, year: int, imports: str = "competitive", weights: str = "equal") -> pd.DataFrame:
    """Backward and forward linkages of such a table, see :func:`~analysis.linkages.rasmussen_linkages`."""
    return rasmussen_linkages(table_of(region, year, imports), weights)


@cache
def manufacturing_sectors() -> pd.Index:
    """Return the codes of manufacturing."""
    listed = sectors()
    return listed.index[listed["group"] == "manufacturing"]


@cache
def industrial_sectors() -> pd.Index:
    """Return the codes of mining, manufacturing and utilities."""
    listed = sectors()
    return listed.index[listed["group"].isin(["mining", "manufacturing", "utilities"])]


def _years(period: str) -> tuple[int, int]:
    start, end = period.split("-")
    return int(start), int(end)


def _group_mean(values: pd.Series, codes: Iterable[str], weights: pd.Series | None = None) -> float:
    codes = list(codes)
    return float(np.average(values[codes], weights=None if weights is None else weights[codes]))


def pull_index(*, of: str, group: str, region: str, year: int, imports: str, average: str) -> float:
    """Mean backward linkage index of a group; with ``average="output"`` sectors count by their output."""
    return _mean_index("backward_index", groups()[of][group], region, year, imports, average)


local_pull_index = pull_index


def push_index(*, of: str, group: str, region: str, year: int, imports: str, average: str) -> float:
    """Mean forward linkage index of a group; with ``average="output"`` sectors count by their output."""
    return _mean_index("forward_index", groups()[of][group], region, year, imports, average)


def _mean_index(side: str, codes: Iterable[str], region: str, year: int, imports: str, average: str) -> float:
    weights = table_of(region, year, imports).output if average == "output" else None
    return _group_mean(linkages_of(region, year, imports, average)[side], codes, weights)


def pull_that_stays(*, sector: str, region: str, year: int, imports: str) -> float:
    """Local over total indirect output that a unit of final demand for a sector calls for, in per cent."""
    total = output_multipliers(table_of(region, year, "competitive"))[sector] - 1
    local = output_multipliers(table_of(region, year, imports))[sector] - 1
    return float(100 * local / total)


def _research(table: InputOutputTable, suppliers: Sequence[str], depth: str) -> pd.Series:
    return input_shares(table, suppliers) if depth == "direct" else embodied_inputs(table, suppliers)


def embodied_research_ratio(
    *, of: str, group: str, suppliers: Sequence[str], region: str, year: int, imports: str, depth: str
) -> float:
    """Research content of a group's products over that of the other manufacturing sectors, output-weighted."""
    table = table_of(region, year, imports)
    content = _research(table, suppliers, depth)
    members = groups()[of][group]
    others = [c for c in manufacturing_sectors() if c not in members]
    return _group_mean(content, members, table.output) / _group_mean(content, others, table.output)


def substitution_effect(*, of: str, group: str, region: str, period: str, imports: str, weights: str) -> float:
    """Part of a group's output growth that comes from local shares of supply, in per cent."""
    effects = sources_of_growth(region, period, imports, weights).loc[list(groups()[of][group])]
    return float(100 * effects["local_sourcing"].sum() / effects.to_numpy().sum())


@cache
def sources_of_growth(region: str, period: str, imports: str, weights: str = "shapley") -> pd.DataFrame:
    """Split output growth between two tables by source and sector, in the tables' unit and current prices."""
    start, end = (table_of(region, year, "competitive") for year in _years(period))
    return growth.output_growth_sources(start, end, assumption=imports, method=weights)


def content_per_100(table: InputOutputTable, suppliers: Sequence[str], users: Iterable[str], depth: str) -> float:
    """Return what some suppliers provide for 100 yuan of some users' output, direct or in all rounds, in yuan."""
    return 100 * _group_mean(_research(table, suppliers, depth), users, table.output)


def service_content_change(*, of: str, group: str, region: str, period: str, imports: str, depth: str) -> float:
    """Change in service inputs per 100 yuan of manufacturing output between two tables."""
    first, last = (
        content_per_100(table_of(region, year, imports), groups()[of][group], manufacturing_sectors(), depth)
        for year in _years(period)
    )
    return last - first


def finance_content_change(
    *, suppliers: Sequence[str], scope: str, region: str, period: str, imports: str, depth: str
) -> float:
    """Change in financial services per 100 yuan of output of manufacturing, or of its assembly industries."""
    users = manufacturing_sectors() if scope == "manufacturing" else groups()["assembly"]["narrow"]
    first, last = (content_per_100(table_of(region, year, imports), suppliers, users, depth) for year in _years(period))
    return last - first


def industrial_growth(*, measure: str) -> float:
    """Annual growth of Shanghai's industrial value added, in per cent."""
    if measure == "revised series 2015-2019":
        start, end = (shanghai("va_industry", year, "latest revised") for year in (2015, 2019))
        return float(100 * growth.compound_growth_rate(start, end, 4))
    if measure == "first releases 2015-2018":
        start, end = (shanghai("va_industry", year, "preliminary") for year in (2015, 2018))
        return float(100 * growth.compound_growth_rate(start, end, 3))
    # Above-scale industry stands in where the whole of industry has no published real rate.
    rates = [
        shanghai("va_industry_above_scale_growth", 2016, "published"),
        shanghai("va_industry_growth", 2017, "preliminary"),
        shanghai("va_industry_growth", 2018, "preliminary"),
        shanghai("va_industry_above_scale_growth", 2019, "implied"),
    ]
    return float(100 * (float(np.prod(1 + np.array(rates) / 100)) ** (1 / len(rates)) - 1))


def industrial_share(*, measure: str) -> Estimate | float:
    """Industry in Shanghai's gross domestic product of 2019, in per cent."""
    if measure == "revised series":
        return 100 * shanghai("va_industry", 2019, "latest revised") / shanghai("gdp_nominal", 2019, "latest revised")
    printed = load_ledger().interval("s2.1.1-c06")
    if measure == "printed value added over verified product":
        share = 100 * printed / shanghai("gdp_nominal", 2019, "final")
    else:
        # The first release is known as 3.82 trillion yuan only: three digits, so half a unit of the third either side.
        product = shanghai("gdp_nominal", 2019, "preliminary")
        share = 100 * printed / Interval(product - 50, product + 50, True, False)
    return Estimate(share.midpoint, share.lower, share.upper, ROUNDING)


def shanghai(series: str, year: int, vintage: str) -> float:
    """One figure of Shanghai, of the vintage whose name begins so.

    Raises
    ------
    KeyError
        If none or more than one figure fits.
    """
    rows = _read("statistics/shanghai")
    fits = (rows["series"] == series) & (rows["year"] == year) & rows["vintage"].str.startswith(vintage)
    values = rows.loc[fits, "value"]
    if len(values) != 1:
        raise KeyError(f"{len(values)} figures of {series} in {year}, vintage {vintage!r}: name one")
    return float(values.iloc[0])


def value_added_rate_effect(*, period: str, scope: str, detail: str) -> float:
    """Part of the change in value added that comes from value-added rates, in per cent of the change."""
    effects = value_added_effects(period, scope, detail)
    return float(100 * effects["value_added_rate"].sum() / effects.to_numpy().sum())


def value_added_effects(period: str, scope: str = "industry", detail: str = "38 sectors") -> pd.DataFrame:
    """Scale, structure and value-added-rate effects (LMDI-I) on Shanghai's industrial value added, by sector."""
    codes = industrial_sectors() if scope == "industry" else manufacturing_sectors()
    parts = []
    for year in _years(period):
        table = table_of("Shanghai", year, "competitive")
        parts += [table.output[codes], table.total_value_added[codes]]
    if detail == "one sector":
        parts = [pd.Series({scope: part.sum()}) for part in parts]
    return growth.value_added_lmdi(*parts)


def emerging_lead(*, measure: str) -> Estimate | float:
    """Growth of strategic emerging industries less that of the rest, percentage points a year."""
    if measure == "printed shares 2015-2019":
        ledger = load_ledger()
        share0, share1, output0, output1 = (ledger.interval(f"s2.1.1-c{number}") for number in ("11", "12", "05", "07"))
        whole = growth.compound_growth_rate(output0, output1, 4)
        # Both leads are over the whole. What widens that of the emerging industries narrows that of the rest, so that
        # the difference of the two intervals has the exact bounds.
        emerging = growth.share_identity(share0, share1, 4, whole).lead
        rest = growth.share_identity(100 - share0, 100 - share1, 4, whole).lead
        return _points(emerging - rest)
    if measure == "real growth 2016-2018":
        share = shanghai("sei_mfg_share_above_scale", 2015, "published") / 100
        emerging = [shanghai("sei_mfg_growth", year, kind) for year, kind in _RELEASES]
        whole = [shanghai("gross_output_above_scale_growth", year, kind) for year, kind in _RELEASES]
        return float(np.mean((np.array(emerging) - np.array(whole)) / (1 - share)))
    last, kind = (2017, "published") if measure.endswith("2017") else (2018, "preliminary")
    return _lead(
        shanghai("sei_mfg_gross_output", 2015, "published"),
        shanghai("sei_mfg_gross_output", last, kind),
        shanghai("gross_output_above_scale", 2015, "rounded"),
        shanghai("gross_output_above_scale", last, kind),
        last - 2015,
    )


def _points(fraction: Interval) -> Estimate:
    """Percentage points that the rounding of printed figures allows; the value is their middle."""
    lead = 100 * fraction
    return Estimate(lead.midpoint, lead.lower, lead.upper, ROUNDING)


_RELEASES = ((2016, "published"), (2017, "published"), (2018, "preliminary"))


def _lead(part0: float, part1: float, whole0: float, whole1: float, years: int) -> float:
    part = growth.compound_growth_rate(part0, part1, years)
    rest = growth.compound_growth_rate(whole0 - part0, whole1 - part1, years)
    return 100 * float(part - rest)


def functions_lead(*, of: str, group: str, year: int, measure: str, base: str) -> float:
    """Location quotient of Shanghai less the highest of the three provinces."""
    quotients = function_quotients(groups()[of][group], year, measure, base)
    return float(quotients["Shanghai"] - quotients.drop("Shanghai").max())


def function_quotients(codes: Iterable[str], year: int, measure: str, base: str) -> pd.Series:
    """Location quotients of some sectors taken together, for the four of the delta."""
    rows = province_sectors(year)
    values = rows.pivot(index="code", columns="region", values=measure.replace(" ", "_"))
    values = values.groupby(np.where(values.index.isin(codes), "inside", "outside")).sum()
    whole = values["China"] if base == "China" else values[list(DELTA)].sum(axis=1)
    return row_of(structure.location_quotient(values[list(DELTA)], whole), "inside")


def row_of(frame: pd.DataFrame, label: Any) -> pd.Series:
    """Row of a frame in which its label comes once."""
    return cast("pd.Series", frame.loc[label])


def province_sectors(year: int) -> pd.DataFrame:
    """Sector figures of all provinces and the nation in one table year."""
    rows = _read("io/province_sectors")
    return rows[rows["year"] == year]


def delta_lead(*, measure: str, scope: str) -> Estimate | float:
    """Growth of the delta's value added less the nation's, 2013 to 2017, percentage points a year."""
    if measure == "printed shares and growth":
        ledger = load_ledger()
        share0, share1, rate = (ledger.interval(f"s2.1.4-c{number}") for number in ("03", "04", "07"))
        # The printed rate is that of the delta: the identity is read from its side, with the nation's size in deltas.
        return _points(-growth.share_identity(1 / share0, 1 / share1, 4, rate / 100).lead)
    values = provincial_value_added(scope)
    rates = [
        growth.compound_growth_rate(values.loc[2013, names].sum(), values.loc[2017, names].sum(), 4)
        for names in (list(DELTA), list(values.columns))
    ]
    return 100 * float(rates[0] - rates[1])


def provincial_value_added(scope: str) -> pd.DataFrame:
    """Value added of industry or of the secondary sector by year and province, from the compiled yearbooks.

    The panel joins several vintages of the accounts; see its source record.
    """
    rows = _read("statistics/province_value_added")
    series = "va_industry" if scope == "industry" else "va_secondary"
    fits = (rows["series"] == series) & (rows["source"] == "energy_panel") & (rows["region"] != "China")
    return rows[fits].pivot(index="year", columns="region", values="value")


def delta_share_change(*, measure: str, scope: str) -> float:
    """Change in the delta's share of the provinces' value added, percentage points."""
    if measure == "statistics 2013-2017":
        values = provincial_value_added(scope)
        first, last = values.loc[2013], values.loc[2017]
    else:
        codes = industrial_sectors() if scope == "industry" else industrial_sectors().append(pd.Index(["C25"]))
        first, last = (_province_totals(year, codes) for year in (2012, 2017))
    share = [values[list(DELTA)].sum() / values.sum() for values in (first, last)]
    return 100 * float(share[1] - share[0])


def _province_totals(year: int, codes: Iterable[str]) -> pd.Series:
    rows = province_sectors(year)
    inside = rows["code"].isin(codes) & (rows["region"] != "China")
    return rows[inside].groupby("region")["value_added"].sum()


def provincial_product(measure: str = "product per head") -> pd.DataFrame:
    """Gross domestic product at current prices by year and province: yuan a head, or 100 million yuan."""
    rows = _read("statistics/province_gdp")
    fits = (rows["series"] == "gdp_nominal") & rows["vintage"].str.startswith("post-4th")
    product = rows[fits].pivot(index="year", columns="region", values="value")
    if measure == "total product":
        return product
    # 100 million yuan over 10,000 people is 10,000 yuan a head.
    return (1e4 * product / resident_population()).dropna(how="all")


def resident_population() -> pd.DataFrame:
    """Return the population by year and province, in units of 10,000; nothing where registered people are counted.

    Chongqing left Sichuan in 1997. The panel counts it twice before, the accounts do not: it is taken out of Sichuan.
    """
    rows = _read("statistics/province_value_added")
    rows = rows[(rows["series"] == "population") & ~rows["note"].str.contains("registered", na=False)]
    people = rows.pivot(index="year", columns="region", values="value")
    before = people.index < 1997
    people.loc[before, "Sichuan"] -= people.loc[before, "Chongqing"]
    return people


def convergence(*, period: str, measure: str, sample: str, inference: str) -> Estimate:
    """Change in annual growth, in percentage points, for twice the initial product."""
    first, last = _years(period)
    product = provincial_product(measure)
    names = [r for r in product.columns if sample != "without Tibet" or r != "Tibet"]
    names = [r for r in names if product.loc[[first, last], r].notna().all()]
    names = [r for r in names if sample != "eastern provinces" or r in EAST]
    result = regression.beta_convergence(
        product.loc[first, names], product.loc[last, names], years=last - first, inference=inference
    )
    scale = 100 * np.log(2)
    return Estimate(*(scale * value for value in (result.estimate, result.lower, result.upper)))


_RESEARCH = {
    "research expenditure": "rd_expenditure_yearbook",
    "invention patents in force": "invention_patents_in_force",
}


def research_panel(series: str) -> pd.DataFrame:
    """One series of the research statistics by year and region; a missing cell stays missing."""
    rows = _read("statistics/province_rd")
    return rows[rows["series"] == series].pivot(index="year", columns="region", values="value")


def delta_research_share(*, series: str, year: int, base: str) -> float:
    """Share of the delta in research spending or patents, in per cent."""
    values = research_panel(_RESEARCH[series]).loc[year]
    nation = values["China"] if base == "published nation" else values.drop("China").sum()
    return 100 * float(values[list(DELTA)].sum() / nation)


_OUTCOMES = {
    "granted": "invention_patents_granted",
    "filed": "invention_patents_filed",
    "in force": "invention_patents_in_force",
}


def knowledge_panel(outcome: str, lag: int, sample: str) -> pd.DataFrame:
    """Log patents and lagged log research spending by province and year, complete rows only, 2011 to 2020."""
    patents = research_panel(_OUTCOMES[outcome]).drop(columns="China").stack()
    spending = research_panel("rd_expenditure_yearbook").drop(columns="China")
    spending.index = spending.index + lag
    panel = pd.DataFrame({"patents": patents, "research": spending.stack()}).dropna().reset_index()
    left_out = ("Tibet", *(MUNICIPALITIES if sample == "without the four municipalities" else ()))
    panel = panel[~panel["region"].isin(left_out) & panel["year"].between(2011, 2020)]
    return panel.assign(log_patents=np.log(panel["patents"]), log_research=np.log(panel["research"]))


def research_elasticity(*, outcome: str, lag: int, inference: str, sample: str) -> Estimate:
    """Per cent more patents for one per cent more research spending, provinces and years apart."""
    result = regression.fixed_effects(
        knowledge_panel(outcome, lag, sample),
        outcome="log_patents",
        regressors=["log_research"],
        effects=["region", "year"],
        clusters="region",
    )
    return _coefficient(result, "log_research", inference)


def linkage_growth(
    *, term: str, linkage: str, outcome: str, effects: str, control: str, weights: str, sample: str
) -> Estimate:
    """Percentage points of annual growth for one standard deviation more of a linkage."""
    return _coefficient(linkage_regression(linkage, outcome, effects, control, weights, sample), term, "clustered")


@cache
def linkage_regression(
    linkage: str = "technology",
    outcome: str = "output",
    effects: str = "province-period and sector-period",
    control: str = "none",
    weights: str = "equal",
    sample: str = "all provinces",
) -> regression.Regression:
    """Growth on both linkages of the table before, clustered by province; the defaults are the primary specification.

    Parameters
    ----------
    linkage, outcome, effects, control, weights, sample : str
        Options of the claims ``1.1-growth-pull`` and ``1.1-growth-push``.

    Returns
    -------
    Regression
        Terms ``backward`` and ``forward`` in percentage points a year for one standard deviation.
    """
    return regression.fixed_effects(
        linkage_panel(linkage, outcome, sample),
        outcome="growth",
        regressors=["backward", "forward", *(["log_size"] if control == "initial size" else [])],
        effects=_EFFECTS[effects],
        clusters="region",
        weights="output" if weights == "initial output" else None,
    )


_EFFECTS = {
    "province-period and sector-period": ["region_period", "sector_period"],
    "province-period and sector": ["region_period", "code"],
    "period": ["period"],
}


@cache
def linkage_panel(linkage: str = "technology", outcome: str = "output", sample: str = "all provinces") -> pd.DataFrame:
    """Growth from one table to the next and linkages in the first, by province and sector.

    Returns
    -------
    DataFrame
        ``growth`` in percentage points a year (log change), ``backward`` and ``forward`` in standard deviations of the
        sample, ``backward_linkage`` and ``forward_linkage`` as they are, ``output`` (initial), ``log_size`` (log of the
        initial value of the outcome), and the keys of the fixed effects.
    """
    rows = _read("io/province_sectors")
    rows = rows[rows["region"] != "China"]
    if sample == "without flagged tables":
        rows = rows[~_is_flagged(rows)]
    if sample == "manufacturing only":
        rows = rows[rows["code"].isin(manufacturing_sectors())]
    value = outcome.replace(" ", "_")
    prefix = "" if linkage == "technology" else "local_"
    parts = []
    years = sorted(rows["year"].unique())
    for first, last in pairwise(years):
        start, end = (rows[rows["year"] == year].set_index(["region", "code"]) for year in (first, last))
        part = start.join(end[value].rename("end"), how="inner").reset_index()
        parts.append(part.assign(period=f"{first}-{last}", years=last - first))
    panel = pd.concat(parts, ignore_index=True)
    linkages = {name: panel[f"{prefix}{name}_linkage"] for name in ("backward", "forward")}
    # A rate of growth needs a value at both ends; local linkages do not exist for 2002.
    panel = panel[(panel[value] > 0) & (panel["end"] > 0) & linkages["backward"].notna() & linkages["forward"].notna()]
    linkages = {name: values[panel.index] for name, values in linkages.items()}
    result: pd.DataFrame = panel[["region", "code", "period", "output"]].assign(
        growth=100 * np.log(panel["end"] / panel[value]) / panel["years"],
        log_size=np.log(panel[value]),
        region_period=panel["region"] + " " + panel["period"],
        sector_period=panel["code"] + " " + panel["period"],
        **{name: (values - values.mean()) / values.std() for name, values in linkages.items()},
        **{f"{name}_linkage": values for name, values in linkages.items()},
    )
    return result


def _is_flagged(rows: pd.DataFrame) -> pd.Series:
    """Rows of provincial tables that lack a kind of trade, or leave more than a million yuan unexplained somewhere."""
    off = rows["trade"].isin(["no outflow", "no exports"]) | (rows[["row_gap", "column_gap"]].abs() > 0.01).any(axis=1)
    return off.groupby([rows["region"], rows["year"]]).transform("any")


def _coefficient(result: regression.Regression, term: str, inference: str) -> Estimate:
    """One coefficient with its 95 % interval: clustered errors and t, or the wild cluster bootstrap."""
    if inference == "wild bootstrap":
        test = regression.wild_cluster_bootstrap(result, term, seed=0)
        return Estimate(test.estimate, test.lower, test.upper)
    return Estimate(*result.table.loc[term, ["estimate", "lower", "upper"]])
