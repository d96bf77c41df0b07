"""Sections 1.2.1 to 1.2.4, four of the seven bottlenecks: what decides the claims, and what the pages show beside them.

The functions that a declaration names come first; they take its choices as keywords. Then one indicator for each
section, for the chart that sums the chapter up, and the frames of the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
import pandas as pd

from analysis import growth
from analysis.ledger import Interval, RuleResult, audit, load_rules
from analysis.ledger import load as load_ledger
from analysis.linkages import (
    average_propagation_length,
    betweenness_centrality,
    eigenvector_centrality,
    foreign_shares,
    hypothetical_extraction,
    import_content,
    influence_vector,
    leontief_inverse,
    output_multipliers,
    positions,
    vertical_specialisation,
)
from analysis.scenarios import sourcing_shift, supply_loss
from analysis.tables import ASSUMPTIONS, InputOutputTable
from analysis.tables.domestic import load_domestic
from analysis.uncertainty import MEASURES, choice_ranges, linkage_draws, rank_intervals, rank_probability
from analysis.verdicts.claims import groups
from analysis.verdicts.evidence import (
    content_per_100,
    industrial_sectors,
    linkages_of,
    manufacturing_sectors,
    shanghai,
    table_of,
)
from analysis.verdicts.leading import noise_levels, sector_names, table_noise
from analysis.verdicts.place import DELTA, HOME, OTHERS, YEAR
from analysis.verdicts.rule import ROUNDING, Estimate

PROVINCES = OTHERS
REGIONS = (*DELTA, "China")
# Years with outflows and inflows apart, and those that tell abroad from other provinces.
GROSS_YEARS, FOREIGN_YEARS = (2007, 2012, 2017), (2012, 2017)
DRAWS, SEED = 400, 2017
# The nation's table with imports apart is put together from two files; many readings ask for it.
_domestic = cache(load_domestic)


# ---- 1.2.1 Strengthen ------------------------------------------------------------------------------------------------


def high_end_quotient(*, of: str, group: str, region: str, year: int, measure: str, base: str) -> float:
    """Share of a group in a region's manufacturing over its share in the base."""
    codes = list(groups()[of][group])

    def share(regions: Sequence[str]) -> float:
        values = [_sector_values(table_of(name, year), measure)[manufacturing_sectors()] for name in regions]
        whole = pd.concat(values, axis=1).sum(axis=1)
        part: float = whole[codes].sum() / whole.sum()
        return part

    return share([region]) / share(_members(base))


def _sector_values(table: InputOutputTable, measure: str) -> pd.Series:
    return table.output if measure == "output" else table.total_value_added


def _members(benchmark: str) -> tuple[str, ...]:
    return ("China",) if benchmark == "China" else PROVINCES


def foreign_inputs(region: str, year: int, imports: str) -> pd.DataFrame:
    """Foreign inputs of every sector by product, where all users of a product draw on abroad alike.

    Parameters
    ----------
    region : str
        One of the delta, or China.
    year : int
        2012 or 2017; for China any table year.
    imports : str
        Which inputs are local: a key of :data:`~analysis.tables.ASSUMPTIONS`; for China in 2017 also ``"published"``.

    Returns
    -------
    DataFrame, n x n
        Products by users, in the unit of the table.
    """
    if imports == "published":
        return _domestic(year).imported
    local = table_of(region, year, imports)
    return local.imported.mul(_from_abroad(region, year), axis=0)


def _from_abroad(region: str, year: int) -> pd.Series:
    """Share of foreign imports in what a region takes in; the nation takes in nothing else."""
    table = table_of(region, year)
    if region == "China":
        return pd.Series(1.0, table.sectors)
    return foreign_shares(table).reindex(table.sectors, fill_value=0.0)


def _foreign_share(products: Sequence[str], users: str, origin: str, region: str, year: int, imports: str) -> float:
    codes = list(manufacturing_sectors()) if users == "manufacturing" else list(groups()["assembly"]["narrow"])
    flows = table_of(region, year).Z.loc[list(products), codes]
    if origin == "the nation's import table":
        nation = table_of("China", year).Z.loc[list(products), codes]
        abroad = flows * _domestic(year).imported.loc[list(products), codes] / nation.where(nation > 0, 1.0)
    else:
        abroad = foreign_inputs(region, year, imports).loc[list(products), codes]
    return float(abroad.to_numpy().sum() / flows.to_numpy().sum())


def foreign_input_share(*, of: str, group: str, users: str, origin: str, region: str, year: int, imports: str) -> float:
    """Part of some inputs of a region's industries that comes from abroad, in per cent."""
    return 100 * _foreign_share(groups()[of][group], users, origin, region, year, imports)


def foreign_input_ratio(*, of: str, group: str, users: str, origin: str, region: str, year: int, imports: str) -> float:
    """Foreign share of some inputs over that of all other manufactured inputs."""
    inside = groups()[of][group]
    others = [code for code in manufacturing_sectors() if code not in inside]
    key, rest = (_foreign_share(codes, users, origin, region, year, imports) for codes in (inside, others))
    return key / rest


def loss_of_foreign_inputs(region: str, year: int, imports: str) -> pd.DataFrame:
    """Output at risk if a foreign product stops coming and nothing takes its place, product by product.

    Supply-driven (Ghosh): a yuan of input that is missing takes a yuan of its user's output, which its users miss in
    turn, and so on inside the region. Nobody substitutes, and nobody waits: an upper end, not a forecast.

    Parameters
    ----------
    region, year, imports
        As in :func:`foreign_inputs`.

    Returns
    -------
    DataFrame
        One row a manufactured product: ``first users`` and ``users further on``, which holds the first, in the unit of
        the table.
    """
    abroad = foreign_inputs(region, year, imports).loc[manufacturing_sectors()]
    onward = linkages_of(region, year, imports)["forward"].reindex(abroad.columns, fill_value=0.0)
    return pd.DataFrame({"first users": abroad.sum(axis=1), "users further on": abroad @ onward})


def key_share_of_loss(*, of: str, group: str, model: str, region: str, year: int, imports: str) -> float:
    """Part of what the loss of all foreign manufactured inputs puts at risk that some products make, in per cent."""
    loss = loss_of_foreign_inputs(region, year, imports)[model]
    return 100 * float(loss[list(groups()[of][group])].sum() / loss.sum())


def information_support(
    *, of: str, group: str, suppliers: Sequence[str], benchmark: str, depth: str, region: str, year: int, imports: str
) -> float:
    """Services of some suppliers in a group's products, over those in the products of a benchmark."""
    users, table = groups()[of][group], table_of(region, year, imports)
    against = table
    others: Iterable[str] = users
    if benchmark == "the nation's traditional industry":
        against = table_of("China", year, imports)
    elif benchmark == f"{HOME}'s integrated products":
        others = groups()["assembly"]["narrow"]
    else:
        others = table.sectors[table.active]
    return content_per_100(table, suppliers, users, depth) / content_per_100(against, suppliers, others, depth)


def foreign_content(
    region: str, year: int, imports: str, group: str = "manufacturing", depth: str = "all rounds"
) -> float:
    """Foreign inputs in 100 yuan of a group's products, weighted by output, in yuan.

    Inputs that local makers buy abroad count, in all local rounds; what is foreign in goods of other provinces does
    not, since no table says.
    """
    codes = list(manufacturing_sectors()) if group == "manufacturing" else list(groups()["assembly"]["narrow"])
    local = _domestic(year) if imports == "published" else table_of(region, year, imports)
    if depth == "direct":
        inputs = foreign_inputs(region, year, imports).sum(axis=0) / local.output.where(local.active, 1.0)
    elif region == "China":
        inputs = import_content(local)["outside"]
    else:
        inputs = import_content(local, _from_abroad(region, year))["abroad"]
    return 100 * float(np.average(inputs[codes], weights=local.output[codes]))


def foreign_content_lead(*, year: int, imports: str, group: str, depth: str) -> float:
    """Foreign inputs in 100 yuan of products, Shanghai less the highest of the three provinces."""
    values = {region: foreign_content(region, year, imports, group, depth) for region in DELTA}
    return values[HOME] - max(values[region] for region in PROVINCES)


# ---- 1.2.2 Supplement ------------------------------------------------------------------------------------------------

# Vintages under which the statistics hold the pillars, and half a unit of the last digit that is known.
_PILLARS = {2015: ("rounded", 50.0), 2018: ("preliminary", 50.0), 2020: ("published", 0.005)}
_ABOVE_SCALE = _PILLARS
_PILLAR_SHARE = {2015: "published", 2018: "preliminary"}


def place_in_band(*, measure: str, year: int) -> Estimate:
    """Where a published figure of the six pillars lies in the range that the paper prints, from 0 to 1."""
    if measure == "output":
        vintage, half = _PILLARS[year]
        value, band = shanghai("six_pillars_gross_output", year, vintage), load_ledger().interval("s1.2.2-c02")
    else:
        value, half = shanghai("six_pillars_share_above_scale", year, _PILLAR_SHARE[year]), 0.05
        band = load_ledger().interval("s1.2.2-c03")
    place, low, high = ((v - band.lower) / (band.upper - band.lower) for v in (value, value - half, value + half))
    return Estimate(place, low, high, ROUNDING)


def pillar_lead(*, measure: str) -> Estimate | float:
    """Growth of the six pillars less growth of other industry, percentage points a year."""
    kind, span = measure.rsplit(" ", 1)
    first, last = (int(year) for year in span.split("-"))
    if kind == "published output":
        ends = {year: _pillars_and_rest(year) for year in (first, last)}
        leads = [
            _lead(ends[first][a][b], ends[last][c][d], last - first)
            for a in range(3)
            for b in range(3)
            for c in range(3)
            for d in range(3)
        ]
        # The middle of the four ranges is the published pair itself.
        return Estimate(leads[len(leads) // 2], min(leads), max(leads), ROUNDING)
    if kind == "real growth":
        kinds = {2017: ("preliminary", "published"), 2018: ("preliminary", "preliminary")}
        ahead = [
            shanghai("six_pillars_growth", year, of_pillars) - shanghai("gross_output_above_scale_growth", year, of_all)
            for year, (of_pillars, of_all) in kinds.items()
        ]
        # What the pillars gain on the whole they gain on the rest, in proportion to its share.
        rest = 1 - shanghai("six_pillars_share_above_scale", 2015, "published") / 100
        return float(np.mean(ahead) / rest)
    values = {year: _table_pillars(year, kind.removeprefix("table ")) for year in (first, last)}
    return _lead(values[first], values[last], last - first)


def _pillars_and_rest(year: int) -> list[list[tuple[float, float]]]:
    """Pillars and the rest of above-scale output, at the ends and the middle of what the rounding allows."""
    pillars, half = shanghai("six_pillars_gross_output", year, _PILLARS[year][0]), _PILLARS[year][1]
    whole, wide = shanghai("gross_output_above_scale", year, _ABOVE_SCALE[year][0]), _ABOVE_SCALE[year][1]
    return [[(pillars + a * half, whole + b * wide - pillars - a * half) for b in (-1, 0, 1)] for a in (-1, 0, 1)]


def _table_pillars(year: int, measure: str) -> tuple[float, float]:
    values = _sector_values(table_of("Shanghai", year), measure)[industrial_sectors()]
    inside = float(values[list(groups()["six pillars"]["narrow"])].sum())
    return inside, float(values.sum()) - inside


def _lead(first: tuple[float, float], last: tuple[float, float], years: int) -> float:
    part, rest = (growth.compound_growth_rate(a, b, years) for a, b in zip(first, last, strict=True))
    return 100 * float(part - rest)


def churn_over_change(*, change: str, figures: str) -> Estimate:
    """Additions less losses of value added, over its yearly change."""
    ledger = load_ledger()
    added, lost = (ledger.interval(f"s1.2.2-{figure}") for figure in ("c05", "c04"))
    if figures == "10 % either side":
        added, lost = (Interval(0.9 * each.midpoint, 1.1 * each.midpoint, True, True) for each in (added, lost))
    net = added - lost
    if change == "the paper's end points":
        yearly = (ledger.interval("s2.1.1-c06") - ledger.interval("s2.1.1-c04")) / (2019 - 2015)
    elif change.startswith("latest revised"):
        ends = [shanghai("va_industry", year, "latest revised") for year in (2015, 2019)]
        yearly = Interval.point((ends[1] - ends[0]) / (2019 - 2015))
    else:
        ends = [shanghai("va_industry", year, "preliminary") for year in (2015, 2018)]
        yearly = Interval.point((ends[1] - ends[0]) / (2018 - 2015))
    ratio = net / yearly
    return Estimate(net.midpoint / yearly.midpoint, ratio.lower, ratio.upper, ROUNDING)


def investment_over_depreciation(*, measure: str) -> Estimate | float:
    """Yearly investment of Shanghai's industry over its depreciation."""
    ledger, depreciation = load_ledger(), table_of("Shanghai", 2017).value_added.loc["VA003"]
    if measure == "the paper's figures":
        ratio = ledger.interval("s1.2.2-c06") / ledger.interval("s1.2.2-c07")
        return Estimate(ratio.midpoint, ratio.lower, ratio.upper, ROUNDING)
    if measure == "the paper's investment over table of 2017":
        ratio = ledger.interval("s1.2.2-c06") / float(depreciation[manufacturing_sectors()].sum())
        return Estimate(ratio.midpoint, ratio.lower, ratio.upper, ROUNDING)
    if measure.startswith("industry"):
        return shanghai("industrial_investment", 2017, "published") / float(depreciation[industrial_sectors()].sum())
    return shanghai("manufacturing_investment", 2017, "published") / float(depreciation[manufacturing_sectors()].sum())


_BUILDING = ["C25", "C31"]


def renewal(region: str, year: int, measure: str = "fixed capital") -> float:
    """Capital formation of a whole region over its depreciation.

    Parameters
    ----------
    region : str
        One of the delta, or China.
    year : int
        Table year.
    measure : {"fixed capital", "with inventories", "without construction"}
        The second adds the change in inventories. The third leaves construction and real estate out of what is
        formed, and depreciation of real estate out of what is worn; the other sectors' buildings stay in it, so that
        the ratio is too low everywhere.
    """
    table = table_of(region, year)
    formed, worn = table.final_uses["FU201"], table.value_added.loc["VA003"]
    if measure == "with inventories":
        formed = formed + table.final_uses["FU202"]
    elif measure == "without construction":
        formed, worn = formed.drop(_BUILDING), worn.drop("C31")
    return float(formed.sum() / worn.sum())


def renewal_lead(*, year: int, measure: str) -> float:
    """Capital formation over depreciation, Shanghai less the lowest of the three provinces."""
    return renewal("Shanghai", year, measure) - min(renewal(region, year, measure) for region in PROVINCES)


# ---- 1.2.3 Extend ----------------------------------------------------------------------------------------------------


@cache
def chain_steps(region: str, year: int, account: str, measure: str) -> pd.Series:
    """Length of the chains of a region's sectors.

    Parameters
    ----------
    region : str
        One of the delta, or China.
    year : int
        Table year.
    account : str
        ``"anywhere"``, steps wherever they are taken, with the correction for an open economy; or ``"at home, <import
        assumption>"``, steps inside the region.
    measure : {"downstreamness", "upstreamness", "propagation length"}
        Distance from primary inputs, distance to final use, or the average number of steps from any supplier to the
        sector, each supplier counting by what it delivers.

    Returns
    -------
    Series
        Steps, by sector with output.
    """
    imports = "competitive" if account == "anywhere" else account.removeprefix("at home, ")
    table = table_of(region, year, imports)
    if measure == "propagation length":
        weights = leontief_inverse(table) - np.eye(table.n)
        lengths = average_propagation_length(table).fillna(0.0)
        steps = (lengths * weights).sum(axis=0) / weights.sum(axis=0).where(weights.sum(axis=0) > 0, 1.0)
        return steps[table.active]
    return positions(table, "open economy" if account == "anywhere" else "none")[measure]


def chain_length(region: str, year: int, account: str, measure: str, average: str = "output") -> float:
    """Mean length of the chains of a region's manufacturing, see :func:`chain_steps`."""
    codes, output = manufacturing_sectors(), table_of(region, year).output
    weights = output[codes] if average == "output" else None
    return float(np.average(chain_steps(region, year, account, measure)[codes], weights=weights))


def chain_length_ratio(*, year: int, account: str, measure: str, benchmark: str, average: str) -> float:
    """Mean length of the chains of Shanghai's manufacturing over that of the benchmark."""
    own, *others = (chain_length(r, year, account, measure, average) for r in (HOME, *_members(benchmark)))
    return own / float(np.mean(others))


def value_ratio(*, year: int, benchmark: str, group: str, mix: str) -> float:
    """Value added per yuan of output of Shanghai's manufacturing over that of the benchmark."""
    codes = list(manufacturing_sectors() if group == "manufacturing" else groups()["assembly"]["narrow"])
    own = table_of(HOME, year)
    tables = [table_of(region, year) for region in _members(benchmark)]
    output = sum((table.output[codes] for table in tables), pd.Series(0.0, codes))
    rate = sum(table.total_value_added[codes].sum() for table in tables) / output.sum()
    weights = own.output[codes] if mix == "own sectors" else output
    return float(np.average(own.total_value_added[codes] / own.output[codes], weights=weights) / rate)


def service_shift_lead(*, of: str, group: str, period: str, benchmark: str, imports: str, depth: str) -> float:
    """Change in services per 100 yuan of manufacturing output, Shanghai less the benchmark."""
    suppliers = groups()[of][group]

    def change(region: str) -> float:
        first, last = (
            content_per_100(table_of(region, int(year), imports), suppliers, manufacturing_sectors(), depth)
            for year in period.split("-")
        )
        return last - first

    return change(HOME) - float(np.mean([change(region) for region in _members(benchmark)]))


def tie_to_functions(region: str, year: int, side: str, group: str, imports: str) -> float:
    """Tie of a region's manufacturing to its own services.

    ``"services bought"``: local services of the group in 100 yuan of manufacturing output. ``"services sold"``: what
    local manufacturing buys of 100 yuan of the group's output.
    """
    table, suppliers = table_of(region, year, imports), list(groups()["city functions"][group])
    flow = table.Z.loc[suppliers, manufacturing_sectors()].to_numpy().sum()
    whole = table.output[manufacturing_sectors() if side == "services bought" else suppliers].sum()
    return 100 * float(flow / whole)


def function_tie(*, of: str, group: str, side: str, year: int, benchmark: str, imports: str) -> float:
    """Tie of Shanghai's manufacturing to the city's own functions, over that of the benchmark."""
    if of != "city functions":
        raise ValueError(f"the tie is one to the city's functions, not to {of!r}")
    own, *others = (tie_to_functions(r, year, side, group, imports) for r in (HOME, *_members(benchmark)))
    return own / float(np.mean(others))


# ---- 1.2.4 Nurture ---------------------------------------------------------------------------------------------------


def local_parts(*, of: str, group: str, parts: str, region: str, year: int, imports: str) -> float:
    """Part of what some industries buy of parts that is made in their region, in per cent."""
    rows, users = list(groups()["parts"][parts]), list(groups()[of][group])
    bought = table_of(region, year).Z.loc[rows, users].to_numpy().sum()
    return 100 * float(table_of(region, year, imports).Z.loc[rows, users].to_numpy().sum() / bought)


def local_parts_lead(*, of: str, group: str, parts: str, year: int, imports: str) -> float:
    """Part of parts made at home, Shanghai less the lowest of the three provinces, percentage points."""
    shares = {r: local_parts(of=of, group=group, parts=parts, region=r, year=year, imports=imports) for r in DELTA}
    return shares[HOME] - min(shares[region] for region in PROVINCES)


_CENTRALITY: dict[str, Callable[[InputOutputTable], pd.Series]] = {
    "influence": influence_vector,
    "eigenvector as supplier": eigenvector_centrality,
    "eigenvector as user": lambda table: eigenvector_centrality(table, "use"),
    "betweenness": betweenness_centrality,
}


@cache
def centrality(region: str, year: int, imports: str, measure: str) -> pd.Series:
    """Centrality of the sectors of a region's network of local flows, the average sector being one."""
    values = _CENTRALITY[measure](table_of(region, year, imports))
    return values / values.mean()


def assembly_centrality(*, of: str, group: str, measure: str, region: str, year: int, imports: str) -> float:
    """Mean centrality of a group of sectors; the average sector is one."""
    return float(centrality(region, year, imports, measure)[list(groups()[of][group])].mean())


_LOSS = {"in other sectors": "others", "in all sectors": "total", "of suppliers": "backward", "of users": "forward"}


@cache
def extraction(region: str, year: int, imports: str) -> pd.DataFrame:
    """Loss of output when a sector is extracted, see :func:`~analysis.linkages.hypothetical_extraction`."""
    return hypothetical_extraction(table_of(region, year, imports))


def largest_loss_ratio(*, of: str, group: str, loss: str, rivals: str, region: str, year: int, imports: str) -> float:
    """Largest loss from extracting a sector of the group, over the largest from extracting another."""
    losses = extraction(region, year, imports)[_LOSS[loss]]
    if rivals == "manufacturing":
        losses = losses[manufacturing_sectors()]
    inside = losses.index.isin(groups()[of][group])
    return float(losses[inside].max() / losses[~inside].max())


# ---- Indicators for the chapter's chart ------------------------------------------------------------------------------


def _indicator(measure: Callable[[str, int, str], float], years: Sequence[int], regions: Sequence[str]) -> pd.DataFrame:
    """Take a measure under the supply pool, with the range over all import assumptions."""
    rows = []
    for region in regions:
        for year in years:
            values = {imports: measure(region, year, imports) for imports in ASSUMPTIONS}
            row = {"value": values["supply pool"], "lower": min(values.values()), "upper": max(values.values())}
            rows.append({"region": region, "year": year} | row)
    return pd.DataFrame(rows)


def strengthen_indicator(years: Sequence[int] = FOREIGN_YEARS, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Foreign inputs in 100 yuan of manufactured products, in yuan: the higher, the more depends on abroad.

    Value under the supply pool, range over the three import assumptions and, for China in 2017, the published imports,
    which lie above all three. Years before 2012 do not tell abroad from other provinces.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``, ``lower``, ``upper``.
    """
    result = _indicator(foreign_content, years, regions)
    known = (result["region"] == "China") & (result["year"] == 2017)
    if known.any():
        published = foreign_content("China", 2017, "published")
        result.loc[known, "lower"] = result.loc[known, "lower"].clip(upper=published)
        result.loc[known, "upper"] = result.loc[known, "upper"].clip(lower=published)
    return result


def supplement_indicator(years: Sequence[int] = (2002, *GROSS_YEARS), regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Set fixed capital formation against depreciation: the higher, the more is built beyond what wears out.

    All of the economy, not industry alone: the tables do not say who invests. The range is that of fixed capital with
    and without the change in inventories; no import assumption enters.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``, ``lower``, ``upper``.
    """
    rows = []
    for region in regions:
        for year in years:
            both = [renewal(region, year, measure) for measure in ("fixed capital", "with inventories")]
            rows.append({"region": region, "year": year, "value": both[0], "lower": min(both), "upper": max(both)})
    return pd.DataFrame(rows)


def extend_indicator(years: Sequence[int] = GROSS_YEARS, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Count the steps at home behind a manufactured product: the higher, the longer the chain inside the region.

    Downstreamness on the local table, weighted by output. Value under the supply pool, range over the three import
    assumptions. A larger region keeps more steps at home: the nation's is no target for a province.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``, ``lower``, ``upper``.
    """
    return _indicator(lambda r, y, imports: chain_length(r, y, f"at home, {imports}", "downstreamness"), years, regions)


def nurture_indicator(years: Sequence[int] = GROSS_YEARS, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Take the share of the parts of integrated products made at home, in per cent: higher is more of them at home.

    Value under the supply pool, range over the three import assumptions. A larger region makes more of its own parts:
    the nation's share is no target for a province.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``, ``lower``, ``upper``.
    """
    fixed = {"of": "assembly", "group": "narrow", "parts": "parts"}
    return _indicator(lambda r, y, imports: local_parts(**fixed, region=r, year=y, imports=imports), years, regions)


# ---- Frames of the pages ---------------------------------------------------------------------------------------------


@cache
def _audit() -> tuple[RuleResult, ...]:
    return tuple(audit(load_ledger(), load_rules()))


def rules_on(section: str) -> pd.DataFrame:
    """Audit rules that use a figure of a section.

    Returns
    -------
    DataFrame
        ``Rule``, with its outcome, and ``What it shows``, with the condition on which it does.
    """
    ids = {figure.id for figure in load_ledger().by_section(section)}
    rows = [
        {
            "Rule": f"{result.id}, {result.outcome}",
            "What it shows": f"{result.rule.title} {result.explanation} {result.rule.condition}".rstrip(),
        }
        for result in _audit()
        if ids & set(result.rule.figures)
    ]
    return pd.DataFrame(rows)


def named(indicator: pd.DataFrame) -> pd.DataFrame:
    """Make an indicator's years words, for a chart whose rows they are."""
    return indicator.assign(year=indicator["year"].astype(str), over="all import assumptions")


def origin_of_products(year: int = YEAR, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Where the value of 100 yuan of manufactured products comes from, under the supply pool, in yuan.

    Returns
    -------
    DataFrame
        One row a region and origin: ``region``, ``origin`` (the region, other provinces, abroad) and ``yuan``.
    """
    codes, rows = manufacturing_sectors(), []
    for region in regions:
        local = table_of(region, year, "supply pool")
        outside = 100 * float(np.average(import_content(local)["outside"][codes], weights=local.output[codes]))
        abroad = foreign_content(region, year, "supply pool")
        values = {"the region itself": 100 - outside, "other provinces": outside - abroad, "abroad": abroad}
        rows += [{"region": region, "origin": origin, "yuan": yuan} for origin, yuan in values.items()]
    return pd.DataFrame(rows)


def outside_by_year(regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Take inputs from outside, other provinces or abroad, in 100 yuan of manufactured products, all rounds, in yuan.

    Returns
    -------
    DataFrame
        One row a region and year: ``region``, ``year``, and the reading under each import assumption; 2002 has net
        inflow only.
    """
    codes, rows = manufacturing_sectors(), []
    for region in regions:
        for year in (2002, *GROSS_YEARS):
            row = {"region": region, "year": year}
            for imports in ASSUMPTIONS:
                if not table_of(region, year).gross_trade and imports != "net inflow":
                    row[imports] = np.nan
                    continue
                local = table_of(region, year, imports)
                content = import_content(local)["outside"][codes]
                row[imports] = 100 * float(np.average(content, weights=local.output[codes]))
            rows.append(row)
    return pd.DataFrame(rows)


def specialisation(regions: Sequence[str] = REGIONS, years: Sequence[int] = GROSS_YEARS) -> pd.DataFrame:
    """Vertical specialisation: inputs from outside in 100 yuan of what leaves a region, in yuan.

    Returns
    -------
    DataFrame
        Index ``region``, one column a year, all under the supply pool. For the nation what leaves goes abroad; for a
        province to other provinces too.
    """
    shares = {
        (region, year): 100 * vertical_specialisation(table_of(region, year, "supply pool")).attrs["share"]
        for region in regions
        for year in years
    }
    return pd.Series(shares).unstack().loc[list(regions)].rename_axis("region")


def published_against_assumed(year: int) -> pd.Series:
    """Foreign inputs in 100 yuan of the nation's manufactured products: as published, and by each assumption."""
    return pd.Series({each: foreign_content("China", year, each) for each in ("published", *ASSUMPTIONS)})


def foreign_by_product(year: int = YEAR, region: str = HOME) -> pd.DataFrame:
    """Foreign share of the uses of each manufactured product by local industry, in per cent, highest first.

    Returns
    -------
    DataFrame
        ``sector``; ``value`` under the supply pool, ``lower`` and ``upper`` over supply pool and exports first, and
        ``nation``, the share in the nation's import table of the same year; ``key`` for the declared key inputs.
    """
    codes = manufacturing_sectors()
    own = pd.DataFrame(
        {
            each: (1 - table_of(region, year).local_shares(each)) * _from_abroad(region, year)
            for each in ("supply pool", "exports first")
        }
    ).loc[codes]
    nation = _domestic(year).imported.loc[codes].sum(axis=1) / table_of("China", year).intermediate_uses[codes]
    result = pd.DataFrame({"sector": sector_names()[codes]})
    result["value"], result["lower"] = 100 * own["supply pool"], 100 * own.min(axis=1)
    result["upper"], result["nation"] = 100 * own.max(axis=1), 100 * nation
    result["key"] = codes.isin(groups()["key inputs"]["narrow"])
    return result.sort_values("value", ascending=False)


@cache
def _loss_draws(region: str, year: int, imports: str, cv: float) -> pd.DataFrame:
    abroad = _from_abroad(region, year)[manufacturing_sectors()]

    def risk(local: InputOutputTable) -> pd.Series:
        onward = positions(local, "none")["upstreamness"].reindex(local.sectors, fill_value=0.0)
        return abroad * (local.imported.loc[abroad.index] @ onward)

    return linkage_draws(table_of(region, year, imports), risk, DRAWS, cv, SEED)


def loss_ranks(year: int = YEAR, region: str = HOME) -> pd.DataFrame:
    """Rank the foreign products by the output at risk, with the ranks that noise and choices move them through.

    Returns
    -------
    DataFrame
        Highest first: ``sector``; ``at_risk`` in per cent of the region's output (supply pool, users further on) and
        ``rank``; ``best_rank`` and ``worst_rank`` in 95 % of the draws with the noise measured between two tables;
        ``best_choice`` and ``worst_choice`` over supply pool or exports first, first users or users further on, and
        2012 or 2017.
    """
    table = table_of(region, year)
    loss = loss_of_foreign_inputs(region, year, "supply pool")["users further on"]
    *_, measured = noise_levels(region).values()
    noise = rank_intervals(_loss_draws(region, year, "supply pool", measured))
    options = {
        (imports, model, when): loss_of_foreign_inputs(region, when, imports)[model]
        for imports in ("supply pool", "exports first")
        for model in ("first users", "users further on")
        for when in FOREIGN_YEARS
    }
    choices = choice_ranges(options, ("imports", "model", "year"))
    result = pd.DataFrame(
        {
            "sector": sector_names()[loss.index],
            "at_risk": 100 * loss / table.output.sum(),
            "rank": loss.rank(ascending=False).astype(int),
            "best_rank": noise["best_rank"],
            "worst_rank": noise["worst_rank"],
            "best_choice": choices["best_rank"],
            "worst_choice": choices["worst_rank"],
        }
    )
    return result.sort_values("rank")


def cost_of_losing(codes: Sequence[str], share: float = 0.1, year: int = YEAR, region: str = HOME) -> pd.DataFrame:
    """Price the loss of a part of a product's supply, in per cent of the region's output.

    Returns
    -------
    DataFrame
        One row a product: ``sector``; ``abroad, replaced``, nothing, if another supplier steps in; ``abroad, not
        replaced, low`` and ``high`` over supply pool and exports first, see :func:`loss_of_foreign_inputs`; ``own
        makers, low`` and ``high`` over the import assumptions, if the same share of the region's own output of the
        product is lost and its users buy outside, see :func:`~analysis.scenarios.supply_loss`.
    """
    table, rows = table_of(region, year), []
    whole = table.output.sum()
    for code in codes:
        risk = [
            100 * share * loss_of_foreign_inputs(region, year, imports).loc[code, "users further on"] / whole
            for imports in ("supply pool", "exports first")
        ]
        own = -100 * supply_loss(table, {code: share}).totals.loc["output", ["lowest", "highest"]] / whole
        rows.append(
            {
                "sector": sector_names()[code],
                "abroad, replaced": 0.0,
                "abroad, not replaced, low": min(risk),
                "abroad, not replaced, high": max(risk),
                "own makers, low": own.min(),
                "own makers, high": own.max(),
            }
        )
    return pd.DataFrame(rows)


def information_by_user(regions: Sequence[str] = REGIONS, years: Sequence[int] = (2002, *GROSS_YEARS)) -> pd.DataFrame:
    """Information services in 100 yuan of product, all suppliers and rounds, of two kinds of industry, in yuan.

    Returns
    -------
    DataFrame
        One row a region and year: ``region``, ``year``, ``traditional`` and ``integrated``, weighted by output.
    """
    users = {
        "traditional": groups()["traditional industry"]["narrow"],
        "integrated": groups()["assembly"]["narrow"],
    }
    return pd.DataFrame(
        [
            {"region": region, "year": year}
            | {
                name: content_per_100(table_of(region, year), ["C29"], codes, "all rounds")
                for name, codes in users.items()
            }
            for region in regions
            for year in years
        ]
    )


def published_pillars() -> pd.DataFrame:
    """List what the city published of the six pillars.

    Returns
    -------
    DataFrame
        One row a year: ``year``, ``output`` and ``whole`` (above-scale output) in 100 million yuan, ``share`` as
        published (missing for 2020) and ``computed``, output over whole, in per cent.
    """
    rows = []
    for year, (vintage, _) in _PILLARS.items():
        output = shanghai("six_pillars_gross_output", year, vintage)
        whole = shanghai("gross_output_above_scale", year, vintage)
        share = (
            shanghai("six_pillars_share_above_scale", year, _PILLAR_SHARE[year]) if year in _PILLAR_SHARE else np.nan
        )
        rows.append({"year": year, "output": output, "whole": whole, "share": share, "computed": 100 * output / whole})
    return pd.DataFrame(rows)


def pillar_shares(regions: Sequence[str] = REGIONS, years: Sequence[int] = (2002, *GROSS_YEARS)) -> pd.DataFrame:
    """Share of the sectors of Shanghai's six pillars in industrial output, in per cent.

    Returns
    -------
    DataFrame
        Index ``region``, one column a year.
    """
    inside = list(groups()["six pillars"]["narrow"])
    shares = {}
    for region in regions:
        for year in years:
            output = table_of(region, year).output
            shares[region, year] = 100 * output[inside].sum() / output[industrial_sectors()].sum()
    return pd.Series(shares).unstack().loc[list(regions)].rename_axis("region")


def churn_and_change() -> pd.DataFrame:
    """Net additions of value added as printed, beside the yearly change by source, in 100 million yuan.

    Returns
    -------
    DataFrame
        ``what``, ``value``, ``lower``, ``upper``: what the rounding of the printed figures allows.
    """
    ledger = load_ledger()
    net = ledger.interval("s1.2.2-c05") - ledger.interval("s1.2.2-c04")
    printed = (ledger.interval("s2.1.1-c06") - ledger.interval("s2.1.1-c04")) / (2019 - 2015)
    revised = [shanghai("va_industry", year, "latest revised") for year in (2015, 2019)]
    first = [shanghai("va_industry", year, "preliminary") for year in (2015, 2018)]
    rows = [
        ("Additions less losses, as printed", net.midpoint, net.lower, net.upper),
        ("Change by the paper's end points", printed.midpoint, printed.lower, printed.upper),
        ("Change on the revised series, 2015 to 2019", *[(revised[1] - revised[0]) / (2019 - 2015)] * 3),
        ("Change on first releases, 2015 to 2018", *[(first[1] - first[0]) / (2018 - 2015)] * 3),
    ]
    return pd.DataFrame(rows, columns=["what", "value", "lower", "upper"])


_ITEMS = {"VA001": "wages", "VA002": "taxes", "VA003": "depreciation", "VA004": "surplus"}


def value_added_account(regions: Sequence[str] = REGIONS, years: Sequence[int] = (2002, *GROSS_YEARS)) -> pd.DataFrame:
    """Split manufacturing's value added into its four items, in per cent of it.

    Returns
    -------
    DataFrame
        One row a region and year: ``region``, ``year``, ``wages``, ``taxes``, ``depreciation``, ``surplus``, and
        ``rate``, value added in per cent of output.
    """
    codes, rows = manufacturing_sectors(), []
    for region in regions:
        for year in years:
            table = table_of(region, year)
            items = table.value_added[codes].sum(axis=1)
            parts = {name: 100 * items[code] / items.sum() for code, name in _ITEMS.items()}
            rate = 100 * items.sum() / table.output[codes].sum()
            rows.append({"region": region, "year": year} | parts | {"rate": rate})
    return pd.DataFrame(rows)


def home_and_anywhere(years: Sequence[int] = GROSS_YEARS, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Count the steps behind a manufactured product, wherever they are taken, and those at home.

    Returns
    -------
    DataFrame
        One row a region and year: ``region``, ``year``, ``anywhere``, ``at_home`` (supply pool), and ``part``, the
        steps at home in per cent of all, each less the last one, which is the maker's own.
    """
    rows = []
    for region in regions:
        for year in years:
            codes = manufacturing_sectors()
            table = table_of(region, year)
            # Both without a correction, so that the one is part of the other.
            both = [
                float(np.average(output_multipliers(each)[codes], weights=table.output[codes]))
                for each in (table, table_of(region, year, "supply pool"))
            ]
            part = 100 * (both[1] - 1) / (both[0] - 1)
            rows.append({"region": region, "year": year, "anywhere": both[0], "at_home": both[1], "part": part})
    return pd.DataFrame(rows)


def position_and_value(year: int = YEAR, region: str = HOME) -> pd.DataFrame:
    """Where each sector stands and how much of its output is value added.

    Returns
    -------
    DataFrame
        One row a sector with output: ``sector``, ``upstreamness`` and ``downstreamness`` (open economy, steps),
        ``rate`` (value added in per cent of output), and ``kind``: integrated (products), other
        manufacturing, or other.
    """
    table = table_of(region, year)
    frame = positions(table)
    frame["rate"] = 100 * table.total_value_added / table.output
    kinds = pd.Series("other", index=frame.index)
    kinds[manufacturing_sectors().intersection(frame.index)] = "manufacturing"
    kinds[list(groups()["assembly"]["narrow"])] = "integrated"
    frame["kind"] = kinds
    frame.insert(0, "sector", sector_names()[frame.index])
    return frame


def value_along_chain(year: int = YEAR, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Rank correlation of the value-added rate with the place in the chain, over all sectors and over manufacturing.

    Returns
    -------
    DataFrame
        Index ``region``: Spearman correlations with ``upstreamness`` and ``downstreamness``, all sectors, and the same
        for manufacturing alone; last ``downstreamness uncorrected, manufacturing``, the steps behind the product
        without the correction for an open economy.
    """
    rows = {}
    for region in regions:
        frame, row = position_and_value(year, region), {}
        for name, part in {
            "all sectors": frame,
            "manufacturing": frame[frame.index.isin(manufacturing_sectors())],
        }.items():
            for side in ("upstreamness", "downstreamness"):
                row[f"{side}, {name}"] = float(part[side].corr(part["rate"], method="spearman"))
        plain = output_multipliers(table_of(region, year))[part.index]
        row["downstreamness uncorrected, manufacturing"] = float(plain.corr(part["rate"], method="spearman"))
        rows[region] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def lengths_of_products(year: int = YEAR, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Place and length of integrated products' chains, weighted by output.

    Returns
    -------
    DataFrame
        Index ``region``: ``upstreamness`` and ``downstreamness`` (anywhere, open economy), ``propagation length``
        (anywhere), and the steps ``at home`` under each import assumption, behind the product.
    """
    codes, rows = list(groups()["assembly"]["narrow"]), {}
    for region in regions:
        weights = table_of(region, year).output[codes]
        row = {
            measure: np.average(chain_steps(region, year, "anywhere", measure)[codes], weights=weights)
            for measure in ("upstreamness", "downstreamness", "propagation length")
        }
        for imports in ASSUMPTIONS:
            steps = chain_steps(region, year, f"at home, {imports}", "downstreamness")[codes]
            row[f"at home, {imports}"] = np.average(steps, weights=weights)
        rows[region] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def services_in_products(
    group: str, regions: Sequence[str] = REGIONS, years: Sequence[int] = (2002, *GROSS_YEARS)
) -> pd.DataFrame:
    """Services that manufacturing buys directly for 100 yuan of output, of any origin, in yuan.

    Returns
    -------
    DataFrame
        Index ``region``, one column a year, for a declared reading of producer services.
    """
    values = {
        (region, year): content_per_100(
            table_of(region, year), groups()["producer services"][group], manufacturing_sectors(), "direct"
        )
        for region in regions
        for year in years
    }
    return pd.Series(values).unstack().loc[list(regions)].rename_axis("region")


def ties(year: int = YEAR, imports: str = "supply pool", regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Ties of manufacturing to its region's own trading, resource and science functions.

    Returns
    -------
    DataFrame
        Index ``region``: yuan bought for 100 yuan of manufacturing output, and yuan sold to manufacturing of 100 yuan
        of the services' output, for each function.
    """
    rows = {
        region: {
            f"{side.removeprefix('services ')}, {group}": tie_to_functions(region, year, side, group, imports)
            for side in ("services bought", "services sold")
            for group in ("resource allocation", "gateway", "science")
        }
        for region in regions
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


_RANKED: dict[str, Callable[[InputOutputTable], pd.Series]] = {
    "loss in other sectors": lambda table: hypothetical_extraction(table)["others"],
    "influence": influence_vector,
}


@cache
def leader_draws(measure: str, cv: float, region: str = HOME, year: int = YEAR) -> pd.DataFrame:
    """Draw the loss in other sectors or a centrality of all sectors under the supply pool, one row a draw."""
    table = table_of(region, year, "supply pool")
    if measure == "loss in other sectors":
        # Draws keep output, so that the loss of others is the whole loss less what the sector makes.
        whole = linkage_draws(table, "extraction", DRAWS, cv, SEED)
        return whole - table.output[whole.columns]
    return linkage_draws(table, measure if measure in MEASURES else _CENTRALITY[measure], DRAWS, cv, SEED)


def buyer_ranks(codes: Sequence[str], region: str = HOME, year: int = YEAR) -> pd.DataFrame:
    """Ranks of some sectors as buyers (eigenvector) at the largest noise: ``best_rank`` and ``worst_rank``."""
    *_, measured = noise_levels(region).values()
    return rank_intervals(leader_draws("eigenvector as user", measured, region, year)).loc[list(codes)]


def leader_ranges(region: str = HOME, year: int = YEAR, count: int = 8) -> pd.DataFrame:
    """Ranks of the sectors that lead, by loss when extracted and by influence, at every size of noise.

    Returns
    -------
    DataFrame
        One row a measure, sector and size of noise, for the first ``count`` sectors and the integrated products:
        ``measure``, ``code``, ``sector``, ``noise``, ``rank`` as published, ``best_rank``, ``worst_rank`` in 95 % of
        the draws, and ``first``, the share of draws in which it leads.
    """
    frames = []
    for measure, function in _RANKED.items():
        rank = function(table_of(region, year, "supply pool")).rank(ascending=False).astype(int)
        kept = rank[(rank <= count) | rank.index.isin(groups()["assembly"]["narrow"])].sort_values().index
        for level, cv in noise_levels(region).items():
            draws = leader_draws(measure, cv, region, year)
            ranges = rank_intervals(draws).loc[kept, ["best_rank", "worst_rank"]]
            ranges.insert(0, "measure", measure)
            ranges.insert(1, "sector", sector_names()[kept])
            ranges.insert(2, "noise", level)
            ranges.insert(3, "rank", rank[kept])
            frames.append(ranges.assign(first=rank_probability(draws)[kept]).rename_axis("code").reset_index())
    return pd.concat(frames, ignore_index=True).sort_values(["measure", "rank"], ascending=[False, True], kind="stable")


def leaders(regions: Sequence[str] = REGIONS, years: Sequence[int] = GROSS_YEARS) -> pd.DataFrame:
    """Manufacturing industry whose extraction costs the other sectors most, by region and year, under the supply pool.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``leader``, ``loss`` (in per cent of the region's output), ``second``, ``margin`` (first
        over second) and ``first``, the share of draws in which the leader leads, with noise as large as between two
        tables of the region.
    """
    rows = []
    for region in regions:
        for year in years:
            loss = extraction(region, year, "supply pool")["others"]
            loss = loss[manufacturing_sectors()].sort_values(ascending=False)
            draws = leader_draws("loss in other sectors", table_noise(region), region, year)
            rows.append(
                {
                    "region": region,
                    "year": year,
                    "leader": sector_names()[loss.index[0]],
                    "loss": 100 * loss.iloc[0] / table_of(region, year).output.sum(),
                    "second": sector_names()[loss.index[1]],
                    "margin": loss.iloc[0] / loss.iloc[1],
                    "first": rank_probability(draws[manufacturing_sectors()])[loss.index[0]],
                }
            )
    return pd.DataFrame(rows)


def centrality_table(year: int = YEAR, imports: str = "supply pool", region: str = HOME) -> pd.DataFrame:
    """Centrality of the integrated-product industries, the average sector being one, with their ranks.

    Returns
    -------
    DataFrame
        ``sector``, and for each measure its value and ``<measure>, rank``.
    """
    codes = list(groups()["assembly"]["narrow"])
    result = pd.DataFrame({"sector": sector_names()[codes]})
    for measure in _CENTRALITY:
        values = centrality(region, year, imports, measure)
        result[measure] = values[codes]
        result[f"{measure}, rank"] = values.rank(ascending=False, method="min")[codes].astype(int)
    return result


def parts_scenario(share: float = 0.1, year: int = YEAR, regions: Sequence[str] = DELTA) -> pd.DataFrame:
    """Find what a region gains if its assembly buys at home a share of the parts that it buys outside.

    Returns
    -------
    DataFrame
        Index ``region``; ``output`` and ``value_added``, each ``lowest``, supply pool and ``highest`` over the import
        assumptions, in per cent of the region's own, see :func:`~analysis.scenarios.sourcing_shift`.
    """
    rows = {}
    parts, users = list(groups()["parts"]["parts"]), list(groups()["assembly"]["narrow"])
    for region in regions:
        table = table_of(region, year)
        totals = sourcing_shift(table, dict.fromkeys(parts, share), users).totals
        whole = {"output": table.output.sum(), "value_added": table.total_value_added.sum()}
        rows[region] = {
            f"{effect}, {each}": 100 * totals.loc[effect, each] / whole[effect]
            for effect in whole
            for each in ("lowest", "supply pool", "highest")
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")
