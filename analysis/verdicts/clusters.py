"""The measurements that decide the claims of chapter 3.3, and what its pages show of the six clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis import growth, regression, structure
from analysis.data import read
from analysis.linkages import (
    betweenness_centrality,
    eigenvector_centrality,
    embodied_inputs,
    extract_group,
    foreign_shares,
    import_content,
    influence_vector,
    input_shares,
    local_content,
    output_multipliers,
    rasmussen_linkages,
    upstreamness,
)
from analysis.tables import InputOutputTable, load_detailed, sectors
from analysis.uncertainty import flow_draws, linkage_draws, rank_intervals, rank_probability
from analysis.verdicts.claims import groups
from analysis.verdicts.evidence import (
    content_per_100,
    function_quotients,
    industrial_sectors,
    linkages_of,
    manufacturing_sectors,
    province_sectors,
    table_of,
)
from analysis.verdicts.leading import DRAWS, SEED, sector_names, table_noise
from analysis.verdicts.place import DELTA
from analysis.verdicts.rule import Estimate

LOCAL = ("supply pool", "exports first", "net inflow")
# What stands for a cluster in the tables.
CLUSTERS = {
    "3.3.1": "Integrated circuits",
    "3.3.2": "Artificial intelligence",
    "3.3.3": "Biomedicine",
    "3.3.4": "High-end equipment",
    "3.3.5": "Communications internet",
    "3.3.6": "New-energy vehicles",
}


# For charts and column heads.
SHORT = {
    "Integrated circuits": "Chips",
    "Artificial intelligence": "AI",
    "Biomedicine": "Biomedicine",
    "High-end equipment": "Equipment",
    "Communications internet": "Communications",
    "New-energy vehicles": "Vehicles",
}


# ---- what decides the claims ----------------------------------------------------------------------------------------


def advantage(*, of: str, group: str, year: int, measure: str, base: str) -> float:
    """Location quotient of Shanghai in the sectors of a group, taken together."""
    return float(function_quotients(groups()[of][group], year, measure, base)["Shanghai"])


def growth_lead(*, of: str, group: str, period: str, measure: str, region: str, against: str) -> float:
    """Growth of a group's sectors less growth of other sectors, percentage points a year, current prices."""
    codes = list(groups()[of][group])
    whole = industrial_sectors() if against == "other industry" else sectors().index
    first, last = (_values(int(year), measure, region) for year in period.split("-"))
    if region == "sum of provinces":
        # Tibet has no table before 2012.
        common = first.columns.intersection(last.columns)
        first, last = first[common].sum(axis=1), last[common].sum(axis=1)
    years = int(period[-4:]) - int(period[:4])
    rates = [
        growth.compound_growth_rate(first[part].sum(), last[part].sum(), years)
        for part in (codes, whole.difference(codes))
    ]
    return 100 * float(rates[0] - rates[1])


def _values(year: int, measure: str, region: str) -> pd.DataFrame | pd.Series:
    rows = province_sectors(year).pivot(index="code", columns="region", values=measure.replace(" ", "_"))
    return rows.drop(columns="China") if region == "sum of provinces" else rows[region]


def completeness(*, sector: str, measure: str, year: int, imports: str) -> float:
    """Part of a sector's product or supply that is made at home, Shanghai less the best of the three, in points."""
    made = made_at_home(sector, measure, year, imports)
    return float(made["Shanghai"] - made.drop("Shanghai").max())


def made_at_home(sector: str, measure: str, year: int, imports: str, regions: Sequence[str] = DELTA) -> pd.Series:
    """Part of a sector's product, or of what local users buy of it, that is made at home, in per cent.

    Parameters
    ----------
    sector : str
        Its code.
    measure : {"value added in the province", "value added in China", "own share of supply"}
        Value added in a unit of final demand, that of the province alone or with all other provinces; or the local
        share in what local users buy.
    year : int
        Table year; for value added in China one that tells imports from inflows.
    imports : str
        Import assumption.
    regions : sequence of str
        Provinces.

    Returns
    -------
    Series
        By province.
    """
    rows = {}
    for region in regions:
        local = table_of(region, year, imports)
        if measure == "value added in the province":
            rows[region] = local_content(local)[sector]
        elif measure == "value added in China":
            content = import_content(local, _foreign(region, year))
            rows[region] = 1 - content.loc[sector, "abroad"]
        else:
            rows[region] = table_of(region, year).local_shares(imports)[sector]
    return 100 * pd.Series(rows)


def _foreign(region: str, year: int) -> pd.Series:
    """Foreign share in the inflows of each product; nought where nothing comes in at all."""
    table = table_of(region, year)
    return foreign_shares(table).reindex(table.sectors, fill_value=0.0)


@cache
def detailed_of(year: int, imports: str = "competitive") -> InputOutputTable:
    """Load the nation's detailed table, as published or made domestic under a named assumption; kept once loaded."""
    table = load_detailed(year)
    return table if imports == "competitive" else table.local(imports)


def parts_of(section: str, year: int, *belongs: str) -> pd.Series:
    """Names of the detailed sectors of a cluster by code, from ``report/cluster_parts``.

    Parameters
    ----------
    section : str
        Section of the paper that names the cluster.
    year : int
        2017 or 2020.
    *belongs : {"core", "near", "beside"}
        Which of them.
    """
    rows = read("report/cluster_parts")
    rows = rows[(rows["section"] == section) & (rows["year"] == year) & rows["belongs"].isin(belongs)]
    return rows.set_index("code")["name_en"]


@cache
def _common_sector(year: int) -> pd.Series:
    """Sector of the 38 that holds each detailed sector."""
    fine, to_38 = read("io/concordance_national"), read("io/concordance_42_38")
    middle = fine[fine["year"] == year].set_index("code")["code_42"]
    # The list of 2017 also serves 2020.
    return middle.map(to_38[to_38["year"] == 2017].set_index("code_42")["code"])


def chip_push(*, product: str, year: int, imports: str, average: str) -> float:
    """Forward linkage index of electronics, or of electronic components in the nation's detailed table."""
    if product == "components in China":
        index = rasmussen_linkages(detailed_of(year, imports), average)["forward_index"]
        return float(index[parts_of("3.3.1", year, "core").index].mean())
    region = product.removeprefix("electronics in ")
    return float(linkages_of(region, year, imports, average)["forward_index"]["C19"])


def users_growth(
    *, suppliers: Sequence[str], depth: str, period: str, outcome: str, control: str, inference: str
) -> Estimate:
    """Percentage points of annual growth for one standard deviation more of some suppliers in a product."""
    result = users_regression(tuple(suppliers), depth, period, outcome, control)
    if inference == "wild bootstrap":
        test = regression.wild_cluster_bootstrap(result, "content", seed=0)
        return Estimate(test.estimate, test.lower, test.upper)
    return Estimate(*result.table.loc["content", ["estimate", "lower", "upper"]])


@cache
def users_regression(
    suppliers: tuple[str, ...] = ("C29",),
    depth: str = "direct",
    period: str = "2007-2017",
    outcome: str = "output",
    control: str = "none",
) -> regression.Regression:
    """Growth of the delta's sectors on what they held of some suppliers in the table before, clustered by sector.

    Effects of province and period, and of sector and period: a sector is compared with the same sector in the other
    three provinces.
    """
    return regression.fixed_effects(
        users_panel(suppliers, depth, period, outcome),
        outcome="growth",
        regressors=["content", *(["log_size"] if control == "initial size" else [])],
        effects=["region_period", "sector_period"],
        clusters="code",
    )


@cache
def users_panel(
    suppliers: tuple[str, ...] = ("C29",), depth: str = "direct", period: str = "2007-2017", outcome: str = "output"
) -> pd.DataFrame:
    """Growth from one table of the delta to the next and the content of some suppliers in the first.

    Returns
    -------
    DataFrame
        One row a province, sector (the suppliers left out) and period: ``growth`` in percentage points a year (log
        change), ``content`` in standard deviations of the sample, ``yuan`` of the suppliers in 100 yuan of product,
        wherever they are, ``log_size``, and the keys of the fixed effects.
    """
    start, end = (int(year) for year in period.split("-"))
    years = [year for year in (2002, 2007, 2012, 2017) if start <= year <= end]
    value = "output" if outcome == "output" else "total_value_added"
    content = input_shares if depth == "direct" else embodied_inputs
    parts = []
    for region in DELTA:
        for first, last in pairwise(years):
            before, after = table_of(region, first), table_of(region, last)
            part = pd.DataFrame(
                {
                    "yuan": 100 * content(before, suppliers),
                    "before": getattr(before, value),
                    "after": getattr(after, value),
                }
            ).drop(index=list(suppliers))
            # A rate of growth needs a value at both ends.
            part = part[(part["before"] > 0) & (part["after"] > 0) & part["yuan"].notna()]
            parts.append(part.assign(region=region, period=f"{first}-{last}", years=last - first))
    panel = pd.concat(parts).rename_axis("code").reset_index()
    return panel[["region", "code", "period", "yuan"]].assign(
        growth=100 * np.log(panel["after"] / panel["before"]) / panel["years"],
        content=(panel["yuan"] - panel["yuan"].mean()) / panel["yuan"].std(),
        log_size=np.log(panel["before"]),
        region_period=panel["region"] + " " + panel["period"],
        sector_period=panel["code"] + " " + panel["period"],
    )


def medicine_quotient(*, measure: str, year: int | Literal["latest"], base: str, whole: str) -> float:
    """Location quotient of Shanghai in medicines (employment), or in chemicals with medicines (tables)."""
    if measure == "employment in medicines":
        found = employment_quotients("Medicines", base)
        return float(found.loc[2016 if year == "latest" else year, "Shanghai"])
    values = province_sectors(2017 if year == "latest" else year).pivot(
        index="code", columns="region", values=measure.partition(" of ")[0].replace(" ", "_")
    )
    if whole == "industry":
        values = values.loc[industrial_sectors()]
    reference = values["China"] if base == "China" else values[list(DELTA)].sum(axis=1)
    return float(structure.location_quotient(values[list(DELTA)], reference).loc["C12", "Shanghai"])


def employment_quotients(industry: str, base: str = "China") -> pd.DataFrame:
    """Location quotients of employment in an industry, by year and province.

    Parameters
    ----------
    industry : str
        As in ``statistics/industry_quotients``.
    base : {"China", "delta"}
        What a province is compared with.
    """
    rows = read("statistics/industry_quotients")
    rows = rows[rows["industry"] == industry]
    column = "quotient" if base == "China" else "quotient_delta"
    return rows.pivot(index="year", columns="region", values=column).dropna(axis=1, how="all")


def imported_content_ratio(*, product: str, year: int, imports: str, average: str) -> float:
    """Content from abroad of a product over that of all manufacturing."""
    if product == "medicines in China":
        table, codes = detailed_of(year, imports), list(_inside("3.3.3", year).index)
        common = _common_sector(year)
        makers = common.index[common.isin(manufacturing_sectors())]
        content = import_content(table)["outside"]
    else:
        region = product.rpartition(" ")[2]
        table, codes, makers = table_of(region, year, imports), ["C12"], manufacturing_sectors()
        content = (
            import_content(table)["outside"]
            if region == "China"
            else import_content(table, _foreign(region, year))["abroad"]
        )
    makers = makers[table.active[makers]]
    weights = table.output[makers] if average == "output" else None
    own = np.average(content[codes], weights=table.output[codes])
    return float(own / np.average(content[makers], weights=weights))


def _inside(section: str, year: int) -> pd.Series:
    """Core parts of a cluster that lie in the sectors of the 38 that stand for it."""
    core = parts_of(section, year, "core")
    return core[_common_sector(year)[core.index].isin(cluster_sectors(section)).to_numpy()]


def pull_lead(*, of: str, group: str, region: str, imports: str, year: int, member: str, rivals: str) -> float:
    """Backward linkage of a group less that of the strongest rival, in yuan of output per yuan."""
    members = list(groups()[of][group])
    against = groups()["six fields"]["narrow"] if rivals == "other fields" else manufacturing_sectors()
    others = [code for code in against if code not in members]
    pull = linkages_of(region, year, imports)["backward"]
    output = table_of(region, year, imports).output[members]
    own = pull[members].max() if member == "strongest" else np.average(pull[members], weights=output)
    return float(own - pull[others].max())


def input_change(*, of: str, group: str, region: str, inputs: str, period: str, depth: str) -> float:
    """Change in some inputs per 100 yuan of a group's product between two tables, suppliers anywhere."""
    first, last = (
        content_per_100(table_of(region, int(year)), groups()[inputs]["narrow"], list(groups()[of][group]), depth)
        for year in period.split("-")
    )
    return last - first


_CENTRALITY: dict[str, Callable[..., pd.Series]] = {
    "influence": influence_vector,
    "eigenvector": eigenvector_centrality,
    "betweenness": betweenness_centrality,
}


def centrality(*, of: str, group: str, region: str, measure: str, imports: str, year: int) -> float:
    """Mean centrality of a group over that of the average sector."""
    return float(centrality_of(region, year, imports, measure)[list(groups()[of][group])].mean())


@cache
def centrality_of(region: str, year: int, imports: str = "competitive", measure: str = "influence") -> pd.Series:
    """Centrality of each sector over that of the average sector."""
    values = _CENTRALITY[measure](table_of(region, year, imports))
    result: pd.Series = values / values.mean()
    return result


def localisation_gain(*, sector: str, scope: str, neighbour: str, year: int, imports: str) -> float:
    """Change in Shanghai's value added in 100 yuan of a sector's product if it bought as locally as a neighbour."""
    gains = localisation_gains(sector, scope, year, imports)
    return float(gains.max() if neighbour == "best" else gains.mean())


def localisation_gains(sector: str, scope: str, year: int, imports: str, region: str = "Shanghai") -> pd.Series:
    """Value added kept in a region of 100 yuan of a product at each neighbour's local shares, less that at its own.

    Only what the sector itself buys changes its origin; its recipe, and all other purchases, stay.

    Parameters
    ----------
    sector : str
        Code of the buyer.
    scope : {"vehicle parts", "manufactured inputs", "all inputs"}
        Which inputs: those from its own sector, from manufacturing, or all.
    year : int
        Table year.
    imports : str
        Import assumption that gives the local shares of all provinces.
    region : str
        Whose value added.

    Returns
    -------
    Series
        Yuan, by neighbour.
    """
    table = table_of(region, year)
    own = table.local_shares(imports)
    moved = {
        "vehicle parts": [sector],
        "manufactured inputs": list(manufacturing_sectors()),
        "all inputs": list(table.sectors),
    }[scope]
    A = _per_output(table, table.Z)
    v = _per_output(table, table.total_value_added.to_frame().T).iloc[0]
    local = A.mul(own, axis=0)
    kept = {}
    for other in (region, *(r for r in DELTA if r != region)):
        changed = local.copy()
        shares = own.copy()
        shares[moved] = table_of(other, year).local_shares(imports)[moved]
        # What the region does not make at all cannot be bought there.
        shares[~table.active] = 0.0
        changed[sector] = A[sector] * shares
        inverse = np.linalg.inv(np.eye(table.n) - changed.to_numpy())
        kept[other] = 100 * float((v.to_numpy() @ inverse)[table.sectors.get_loc(sector)])
    values = pd.Series(kept)
    result: pd.Series = (values - values[region]).drop(region)
    return result


def _per_output(table: InputOutputTable, flows: pd.DataFrame) -> pd.DataFrame:
    return flows.div(table.output.where(table.active), axis=1).fillna(0.0)


def vehicle_electronics_change(*, product: str, period: str, inputs: str, depth: str) -> float:
    """Change in electronics per 100 yuan of vehicles between two tables, suppliers anywhere."""
    first, last = (vehicle_electronics(product, int(year), inputs, depth) for year in period.split("-"))
    return last - first


def vehicle_electronics(product: str, year: int, inputs: str = "electronics", depth: str = "direct") -> float:
    """Return the electronics in 100 yuan of vehicles, suppliers anywhere, in yuan.

    Parameters
    ----------
    product : str
        ``"transport equipment in"`` one of the delta or China, or ``"cars in China"``: cars and car parts of the
        detailed tables.
    year : int
        Table year.
    inputs : {"electronics", "with electrical machinery"}
        The latter holds batteries and motors.
    depth : {"direct", "all rounds"}
        Bought directly, or through all suppliers.
    """
    suppliers = ["C19"] if inputs == "electronics" else ["C18", "C19"]
    if product != "cars in China":
        return content_per_100(table_of(product.rpartition(" ")[2], year), suppliers, ["C17"], depth)
    common = _common_sector(year)
    fine = list(common.index[common.isin(suppliers)])
    return content_per_100(detailed_of(year), fine, list(_inside("3.3.6", year).index), depth)


# ---- the card of a cluster ------------------------------------------------------------------------------------------


def cluster_sectors(section: str) -> list[str]:
    """Codes of the sectors that stand for a cluster, in the narrow reading."""
    rows = read("report/clusters")
    return list(rows.loc[(rows["section"] == section) & (rows["reading"] == "narrow"), "code"])


def shared_with(section: str) -> list[str]:
    """Sections of the clusters that stand on one of the same sectors."""
    own = set(cluster_sectors(section))
    return [other for other in CLUSTERS if other != section and own & set(cluster_sectors(other))]


def fit(section: str) -> pd.DataFrame:
    """Say how well the sectors of the tables stand for a cluster.

    Returns
    -------
    DataFrame
        One row a sector: ``Sector``, ``Reading``, ``Of the cluster``, ``Besides`` and ``Shared with``, the clusters
        that it stands for too.
    """
    rows = read("report/clusters")
    narrow = rows[rows["reading"] == "narrow"]
    own = rows[rows["section"] == section]
    shared = [
        ", ".join(narrow.loc[(narrow["code"] == code) & (narrow["section"] != section), "name_en"]) or "none"
        for code in own["code"]
    ]
    return pd.DataFrame(
        {
            "Sector": sector_names()[own["code"]].to_numpy() + " (" + own["code"].to_numpy() + ")",
            "Reading": own["reading"].to_numpy(),
            "Of the cluster": own["holds"].to_numpy(),
            "Besides": own["besides"].to_numpy(),
            "Shared with": shared,
        }
    )


# Name of each measure, its unit, and the decimals that it is shown with.
MEASURES = {
    "output": ("Output", "100 million yuan", 0),
    "value added": ("Value added", "100 million yuan", 0),
    "share": ("Share in the region's output", "%", 1),
    "quotient": ("Location quotient by value added (nation = 1)", "", 2),
    "outside": ("Supply that comes from outside", "%", 0),
    "pull": ("Backward linkage, every supplier", "yuan of output per yuan", 2),
    "upstreamness": ("Upstreamness, steps to final use", "", 2),
    "local pull": ("Backward linkage, local suppliers", "yuan of output per yuan", 2),
    "push": ("Forward linkage, local users", "yuan of output per yuan", 2),
    "kept": ("Value added that stays, per 100 yuan of final demand", "yuan", 0),
    "loss": ("Output lost if extracted, share of the region's", "%", 1),
    "others' loss": ("Of it, output of other sectors", "%", 1),
}
ASSUMED = ("local pull", "push", "kept", "loss", "others' loss")


def card(section: str, region: str, year: int) -> pd.DataFrame:
    """Profile of the sectors that stand for a cluster, taken together; see :func:`profile`."""
    return profile(tuple(cluster_sectors(section)), region, year)


@cache
def profile(codes: tuple[str, ...], region: str, year: int) -> pd.DataFrame:
    """Profile of some sectors, taken together, in one region and year.

    Sizes, outside supply, the backward linkage by technology and upstreamness need no assumption on what is local. The
    others do: their value is that of the supply pool, ``lower`` and ``upper`` are the ends over all three assumptions.
    In 2002 two of them cannot be used, and these measures are missing. Upstreamness carries the correction for an open
    economy, which makes it long where most of the product leaves. Means over sectors are weighted by output.

    Parameters
    ----------
    codes : tuple of str
        Sectors.
    region : str
        One of the delta.
    year : int
        2002, 2007, 2012 or 2017.

    Returns
    -------
    DataFrame
        One row a measure (:data:`MEASURES`): ``value``, ``lower``, ``upper``; missing where the year does not admit
        it.
    """
    members = list(codes)
    table = table_of(region, year)
    own, everything = table.output[members].sum(), table.output.sum()
    rows = {
        "output": own,
        "value added": table.total_value_added[members].sum(),
        "share": 100 * own / everything,
        "quotient": function_quotients(members, year, "value added", "China")[region],
        "outside": _outside(table, members),
        "pull": _weighted(output_multipliers(table), table, members),
        "upstreamness": _weighted(upstreamness(table), table, members),
    }
    result = {name: (value, value, value) for name, value in rows.items()}
    assumed = [assumed_measures(table_of(region, year, name), members) for name in LOCAL if table.gross_trade]
    for name in ASSUMED:
        values = [found[name] for found in assumed] or [float("nan")]
        result[name] = (values[0], min(values), max(values))
    return pd.DataFrame.from_dict(result, orient="index", columns=["value", "lower", "upper"]).rename_axis("measure")


def _outside(table: InputOutputTable, codes: Sequence[str]) -> float:
    """Supply from outside in all supply, in per cent; not a number where only net trade is published."""
    if not table.gross_trade:
        return float("nan")
    inflows = table.inflows[codes].sum()
    share: float = 100 * inflows / (table.output[codes].sum() + inflows)
    return share


def _weighted(values: pd.Series, table: InputOutputTable, codes: Sequence[str]) -> float:
    return float(np.average(values[codes], weights=table.output[codes]))


def assumed_measures(local: InputOutputTable, codes: Sequence[str]) -> dict[str, float]:
    """Return the measures of :data:`ASSUMED` for some sectors of a local table, taken together.

    Parameters
    ----------
    local : InputOutputTable
        Local.
    codes : sequence of str
        Sectors with output.

    Returns
    -------
    dict of str to float
        ``local pull`` and ``push`` (output per unit, means weighted by output); ``kept``, ``loss`` and ``others' loss``
        in per cent.
    """
    linkages = rasmussen_linkages(local)
    own, everything = local.output[codes].sum(), local.output.sum()
    lost = extract_group(local, codes)["total"].sum()
    return {
        "local pull": _weighted(linkages["backward"], local, codes),
        "push": _weighted(linkages["forward"], local, codes),
        "kept": 100 * _weighted(local_content(local), local, codes),
        "loss": 100 * lost / everything,
        "others' loss": 100 * (lost - own) / everything,
    }


def cards(section: str, regions: Sequence[str] = DELTA, years: Sequence[int] = (2017,)) -> pd.DataFrame:
    """Collect cards of a cluster over several regions or years.

    Returns
    -------
    DataFrame
        One row a measure, region and year: ``measure`` (its name), ``unit``, ``decimals``, ``region``, ``year``,
        ``value``, ``lower``, ``upper``.
    """
    parts = [
        card(section, region, year).reset_index().assign(region=region, year=year)
        for region in regions
        for year in years
    ]
    rows = pd.concat(parts, ignore_index=True)
    about = rows["measure"].map(MEASURES)
    return rows.assign(key=rows["measure"], measure=about.str[0], unit=about.str[1], decimals=about.str[2].astype(int))


# ---- how firm a place among the four provinces is -------------------------------------------------------------------

DRAWN = {
    "pull": ("competitive", "backward"),
    "local pull": ("supply pool", "backward"),
    "push": ("supply pool", "forward"),
    "kept": ("supply pool", "local_content"),
}


@cache
def _drawn(region: str, year: int, imports: str) -> pd.DataFrame:
    """Linkages of drawn tables; each region has its own noise and draws of its own."""
    measures = ["backward"] if imports == "competitive" else ["backward", "forward", "local_content"]
    seed = SEED + DELTA.index(region)
    return linkage_draws(table_of(region, year, imports), measures, DRAWS, table_noise(region), seed)


@cache
def places(section: str, year: int = 2017) -> pd.DataFrame:
    """Place of Shanghai among the four provinces, measure by measure, and how firm it is.

    The noise is the one that each province's own tables show (:func:`~analysis.verdicts.leading.table_noise`); the
    import assumption is the second doubt, and moves no measure that needs none.

    Returns
    -------
    DataFrame
        One row a measure: ``measure``, ``place`` of Shanghai (1 is the highest), ``best`` and ``worst`` in 95 % of the
        draws, ``highest`` and ``lowest``, the shares of draws in which it is that, in per cent, and ``under other
        assumptions``: the places under each, in the order of :data:`LOCAL`.
    """
    codes = cluster_sectors(section)
    rows = []
    for name, (imports, measure) in DRAWN.items():
        found = pd.Series({r: card(section, r, year).loc[name, "value"] for r in DELTA})
        draws = pd.DataFrame(
            {
                r: np.average(_drawn(r, year, imports)[measure][codes], axis=1, weights=table_of(r, year).output[codes])
                for r in DELTA
            }
        )
        ranges = rank_intervals(draws).loc["Shanghai"]
        rows.append(
            {
                "measure": MEASURES[name][0],
                "place": int(found.rank(ascending=False)["Shanghai"]),
                "best": int(ranges["best_rank"]),
                "worst": int(ranges["worst_rank"]),
                "highest": 100 * rank_probability(draws)["Shanghai"],
                "lowest": 100 * rank_probability(-draws)["Shanghai"],
                "under other assumptions": _other_places(name, codes, year) if imports != "competitive" else "",
            }
        )
    return pd.DataFrame(rows)


def _other_places(name: str, codes: list[str], year: int) -> str:
    found = []
    for imports in LOCAL[1:]:
        values = pd.Series({r: assumed_measures(table_of(r, year, imports), codes)[name] for r in DELTA})
        found.append(f"{imports}: {int(values.rank(ascending=False, method='min')['Shanghai'])}")
    return ", ".join(found)


# ---- what finer sectors part ----------------------------------------------------------------------------------------


@cache
def parts(section: str, year: int = 2020) -> pd.DataFrame:
    """Detailed national sectors of a cluster and of what stands beside it, with the sectors of the 38 they are in.

    Returns
    -------
    DataFrame
        One row a sector: ``name``, ``belongs`` (core, near, beside, or whole for a sector of the 38), ``code``,
        ``output`` (100 million yuan), ``share`` (of its sector of the 38, per cent), ``pull`` (backward linkage by
        technology), ``upstreamness``, ``outside`` (imports in all supply, per cent), ``kept`` with ``kept_lower`` and
        ``kept_upper``: value added that stays in China, of 100 yuan of final demand, supply pool, and over all import
        assumptions; ``pull_low`` and ``pull_high``, the same for the backward linkage of domestic suppliers.
    """
    common = _common_sector(year)
    frames = []
    listed = read("report/cluster_parts")
    listed = listed[(listed["section"] == section) & (listed["year"] == year)].set_index("code")
    fine = _profile(detailed_of, year).loc[listed.index]
    inside = common[listed.index]
    whole = table_of("China", year)
    frames.append(
        fine.assign(
            name=listed["name_en"],
            belongs=listed["belongs"],
            share=100 * fine["output"] / whole.output[inside].to_numpy(),
        )
    )
    codes = cluster_sectors(section)
    coarse = _profile(_nation, year).loc[codes]
    names = sector_names()[codes] + " as a whole"
    frames.append(coarse.assign(name=names, belongs="whole", share=100.0))
    result = pd.concat(frames).rename_axis("code").reset_index()
    order = result["belongs"].map({"whole": 0, "core": 1, "near": 2, "beside": 3})
    columns = ["name", "belongs", "code", *(c for c in result if c not in ("name", "belongs", "code"))]
    return result.iloc[order.argsort(kind="stable")][columns].reset_index(drop=True)


def _nation(year: int, imports: str = "competitive") -> InputOutputTable:
    return table_of("China", year, imports)


def _profile(find: Callable[..., Any], year: int) -> pd.DataFrame:
    """Size, position and dependence of every sector of a national table."""
    table = find(year)
    local = {name: find(year, name) for name in LOCAL}
    kept = pd.DataFrame({name: 100 * local_content(t) for name, t in local.items()})
    pull = pd.DataFrame({name: output_multipliers(t) for name, t in local.items()})
    return pd.DataFrame(
        {
            "output": table.output,
            "pull": output_multipliers(table),
            "upstreamness": upstreamness(table),
            "outside": 100 * table.inflows / (table.output + table.inflows),
            "kept": kept["supply pool"],
            "kept_lower": kept.min(axis=1),
            "kept_upper": kept.max(axis=1),
            "domestic_pull": pull["supply pool"],
            "domestic_pull_lower": pull.min(axis=1),
            "domestic_pull_upper": pull.max(axis=1),
        }
    )


def parts_by_year(section: str) -> pd.DataFrame:
    """Detailed national sectors of a cluster, their weight in 2017 and 2020 and their place in 2020.

    Returns
    -------
    DataFrame
        One row a sector: ``sector``, ``belongs``; ``share 2017`` and ``share 2020`` (of its sector of the 38, per cent;
        missing where the list of 2017 does not part it), ``linkage`` (backward, every supplier), ``imported`` (of all
        supply, per cent) and ``steps`` (to final use).
    """
    latest, before = (parts(section, year).set_index(["name", "belongs"]) for year in (2020, 2017))
    renamed = {"share": "share 2020", "pull": "linkage", "outside": "imported", "upstreamness": "steps"}
    joined = latest[list(renamed)].rename(columns=renamed)
    joined.insert(0, "share 2017", before["share"].reindex(joined.index))
    return joined.rename_axis(["sector", "belongs"]).reset_index()


# ---- all six --------------------------------------------------------------------------------------------------------


def largest_shares() -> pd.DataFrame:
    """Find how much of its sectors a cluster can be at most: its detailed sectors in their national output.

    Returns
    -------
    DataFrame
        One row a cluster: ``section``, ``cluster``, and the share in 2017 and 2020, per cent. Detailed sectors too hold
        more than the cluster, and the nation is not Shanghai.
    """
    rows = []
    for section, name in CLUSTERS.items():
        row: dict[str, Any] = {"section": section, "cluster": name}
        for year in (2017, 2020):
            inside = detailed_of(year).output[_inside(section, year).index].sum()
            row[str(year)] = 100 * inside / table_of("China", year).output[cluster_sectors(section)].sum()
        rows.append(row)
    return pd.DataFrame(rows)


def overview(region: str = "Shanghai", year: int = 2017) -> pd.DataFrame:
    """Cards of all six clusters in one region and year, in the form of :func:`cards`, with ``cluster`` for its name."""
    rows = [cards(section, [region], [year]).assign(cluster=name) for section, name in CLUSTERS.items()]
    return pd.concat(rows, ignore_index=True)


def sectors_behind(measure: str, region: str = "Shanghai", year: int = 2017) -> pd.DataFrame:
    """One measure of the sectors that the six clusters stand on, each sector once.

    Returns
    -------
    DataFrame
        One row a sector: ``sector``, named with the clusters that it stands for, ``value``, ``lower``, ``upper`` over
        the import assumptions.
    """
    rows = read("report/clusters")
    rows = rows[rows["reading"] == "narrow"]
    result = []
    for code, part in rows.groupby("code"):
        found = profile((code,), region, year).loc[measure]
        name = f"{sector_names()[code]} ({', '.join(part['name_en'].map(SHORT))})"
        result.append({"sector": name, **found})
    return pd.DataFrame(result)


def inseparable() -> pd.DataFrame:
    """Pairs of clusters that stand on a common sector of the 38.

    Returns
    -------
    DataFrame
        One row a pair: ``first``, ``second``, ``sector`` (name and code).
    """
    names = sector_names()
    pairs = [
        {"first": CLUSTERS[one], "second": CLUSTERS[other], "sector": f"{names[code]} ({code})"}
        for one in CLUSTERS
        for other in shared_with(one)
        if other > one
        for code in sorted(set(cluster_sectors(one)) & set(cluster_sectors(other)))
    ]
    return pd.DataFrame(pairs)


# ---- single pages ---------------------------------------------------------------------------------------------------


def growth_of_fields(period: str = "2012-2017", region: str = "Shanghai") -> pd.DataFrame:
    """Growth of value added of the sectors behind the six fields, one by one and together, beside all others.

    Returns
    -------
    DataFrame
        One row a sector or group of sectors: ``sector``, ``first`` and ``last`` (value added, 100 million yuan, current
        prices) and ``growth``, per cent a year.
    """
    fields, goods = (list(groups()["six fields"][group]) for group in ("narrow", "manufacturing"))
    parts = {sector_names()[code]: [code] for code in fields}
    parts |= {
        "All five": fields,
        "The four kinds of goods": goods,
        "All other sectors": list(sectors().index.difference(fields)),
        "Other industry": list(industrial_sectors().difference(fields)),
    }
    start, end = (int(year) for year in period.split("-"))
    before, after = (_values(year, "value added", region) for year in (start, end))
    rows = [{"sector": name, "first": before[codes].sum(), "last": after[codes].sum()} for name, codes in parts.items()]
    result = pd.DataFrame(rows)
    rates = [
        growth.compound_growth_rate(a, b, end - start) for a, b in zip(result["first"], result["last"], strict=True)
    ]
    return result.assign(growth=100 * np.array(rates))


def smart_inputs_by_kind(region: str = "Shanghai", years: Sequence[int] = (2002, 2007, 2012, 2017)) -> pd.DataFrame:
    """Part the smart inputs into goods and services: yuan in 100 yuan of machinery and transport equipment.

    Returns
    -------
    DataFrame
        Index ``kind``: electronics and instruments, information services; one column a year. Direct purchases,
        suppliers anywhere.
    """
    users = list(groups()["equipment"]["machinery and transport"])
    kinds = {"Electronics and instruments": ["C19", "C20"], "Information services": ["C29"]}
    rows = {
        kind: {year: content_per_100(table_of(region, year), codes, users, "direct") for year in years}
        for kind, codes in kinds.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


def over_years(
    section: str, measure: str, regions: Sequence[str] = DELTA, years: Sequence[int] = (2007, 2012, 2017)
) -> pd.DataFrame:
    """One measure of a cluster's card by region and year: ``region``, ``year``, ``value``, ``lower``, ``upper``."""
    rows = [
        {"region": region, "year": year, **card(section, region, year).loc[measure]}
        for region in regions
        for year in years
    ]
    return pd.DataFrame(rows)


def assumed_over_years(section: str, measure: str, region: str = "Shanghai") -> pd.DataFrame:
    """One measure of a cluster under each import assumption: ``imports``, ``year``, ``value``."""
    codes = cluster_sectors(section)
    rows = [
        {"imports": imports, "year": year, "value": assumed_measures(table_of(region, year, imports), codes)[measure]}
        for imports in LOCAL
        for year in (2007, 2012, 2017)
    ]
    return pd.DataFrame(rows)


def pulls_of_fields(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Backward linkages of the sectors behind the six fields, by every supplier and by local ones.

    Returns
    -------
    DataFrame
        ``sector``, ``every supplier``, and one column an assumption; the strongest by technology first.
    """
    codes = list(groups()["six fields"]["narrow"])
    columns = {"every supplier": "competitive"} | {name: name for name in LOCAL}
    pulls = pd.DataFrame({k: linkages_of(region, year, name)["backward"][codes] for k, name in columns.items()})
    pulls.insert(0, "sector", sector_names()[codes])
    return pulls.sort_values("every supplier", ascending=False).reset_index(drop=True)


def centrality_over_years(codes: Sequence[str], years: Sequence[int] = (2002, 2007, 2012, 2017)) -> pd.DataFrame:
    """Influence of some sectors of Shanghai over that of the average sector, and its rank, by year.

    Returns
    -------
    DataFrame
        One row a sector and year: ``sector``, ``year``, ``influence``, ``rank``.
    """
    rows = []
    for year in years:
        values = centrality_of("Shanghai", year)
        ranks = values.rank(ascending=False).astype(int)
        rows += [
            {"sector": sector_names()[code], "year": year, "influence": values[code], "rank": ranks[code]}
            for code in codes
        ]
    return pd.DataFrame(rows)


def electronics_over_years(
    regions: Sequence[str] = (*DELTA, "China"), inputs: str = "electronics", depth: str = "direct"
) -> pd.DataFrame:
    """Electronics in 100 yuan of transport equipment by region and year: ``region``, ``year``, ``yuan``."""
    rows = [
        {
            "region": region,
            "year": year,
            "yuan": vehicle_electronics(f"transport equipment in {region}", year, inputs, depth),
        }
        for region in regions
        for year in (2002, 2007, 2012, 2017, *((2020,) if region == "China" else ()))
    ]
    return pd.DataFrame(rows)


def electronics_change_draws(first: int = 2012, last: int = 2017, region: str = "Shanghai") -> pd.Series:
    """Draw the change in direct electronics in 100 yuan of transport equipment, with the region's measured noise."""
    drawn = []
    for place, year in enumerate((first, last)):
        table = table_of(region, year)
        flows = flow_draws(table, DRAWS, table_noise(region), SEED + place).Z
        i, j = table.sectors.get_loc("C19"), table.sectors.get_loc("C17")
        drawn.append(100 * flows[:, i, j] / table.output["C17"])
    return pd.Series(drawn[1] - drawn[0], name="change")


def pull_lead_draws(year: int = 2017) -> pd.Series:
    """Draw the lead of Shanghai's equipment over the strongest other field, local suppliers, supply pool, in yuan."""
    members, fields = groups()["equipment"]["machinery and transport"], groups()["six fields"]["narrow"]
    pulls = _drawn("Shanghai", year, "supply pool")["backward"]
    own = np.average(pulls[list(members)], axis=1, weights=table_of("Shanghai", year).output[list(members)])
    result: pd.Series = (own - pulls[[code for code in fields if code not in members]].max(axis=1)).rename("lead")
    return result
