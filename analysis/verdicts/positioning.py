"""What decides the claims of section 3.1, the links between the paper's frameworks, and what the page shows of both.

Functions that measure a claim take its choices and fixed settings as keywords and return the quantity in its unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.data import read
from analysis.ledger import load as load_ledger
from analysis.linkages import extract_group, hypothetical_extraction, leontief_inverse, local_content
from analysis.structure import cosine_similarity
from analysis.tables import InputOutputTable
from analysis.uncertainty import linkage_draws
from analysis.verdicts.claims import groups
from analysis.verdicts.conditions import LOCAL, value_rates
from analysis.verdicts.evidence import (
    _years,
    function_quotients,
    industrial_sectors,
    manufacturing_sectors,
    provincial_product,
    research_panel,
    resident_population,
    row_of,
    table_of,
)
from analysis.verdicts.leading import sector_names, table_noise
from analysis.verdicts.place import DELTA

NEIGHBOURS = tuple(region for region in DELTA if region != "Shanghai")
DRAWS, SEED = 1000, 2017

# Kinds of aims that a measure can serve, and the frameworks whose parts they are.
FRAMEWORKS = {
    "highland": "highlands",
    "role": "roles",
    "cluster": "clusters",
    "support": "supports",
    "bottleneck": "bottlenecks",
}
# Names short enough for the edge of a matrix; the full ones are in report/framework_links.
SHORT = {
    "measures": {
        "base": "Base",
        "technology": "Technology",
        "infrastructure": "Infrastructure",
        "regions": "Regional chains",
        "firms": "Firms",
        "talent": "Talent",
    },
    "bottlenecks": {
        "strengthen": "Strengthen",
        "supplement": "Supplement",
        "extend": "Extend",
        "nurture": "Nurture",
        "forge": "Forge",
        "fuse": "Fuse",
        "integrate": "Integrate",
    },
    "clusters": {
        "chips": "Chips",
        "intelligence": "Intelligence",
        "biomedicine": "Biomedicine",
        "equipment": "Equipment",
        "communications": "Communications",
        "vehicles": "Vehicles",
    },
    "highlands": {"source": "Source", "gathering": "Gathering", "value": "Value", "firms": "Best firms"},
    "roles": {"innovation": "Innovation", "value": "Value", "cluster": "Clusters", "actor": "Firms"},
    "supports": {"infrastructure": "Infrastructure", "base": "Base", "data": "Data", "statistics": "Statistics"},
}
MARKS = {
    "named": "named in the measure's section",
    "meant": "meant there, as we read it",
    "": "drawn from the other side only",
    "narrow": "sector stands for the cluster",
    "wide": "sector holds a part of it",
}


# ---- Frameworks: which measure serves what --------------------------------------------------------------------------


def measure_links() -> pd.DataFrame:
    """Link the six measures with what they serve, and say which text draws the link.

    Returns
    -------
    DataFrame
        One row for each measure and aim that are linked: ``measure``, ``kind`` (a key of ``FRAMEWORKS``), ``aim``,
        ``by_measure`` and ``by_aim`` (whether the text on the measure, and that on the aim, was read as linking them),
        ``grounds`` (``"named"`` or ``"meant"`` for links by the measure, else empty) and ``term_zh``, the words on
        which these rest.
    """
    links, keys = read("report/framework_links"), ["measure", "kind", "aim"]
    own = links[(links["framework"] == "measures") & links["links"].isin(FRAMEWORKS)]
    own = own.rename(columns={"part": "measure", "links": "kind", "target": "aim"})[keys]
    parts = {part: kind for kind, part in FRAMEWORKS.items()}
    back = links[links["framework"].isin(parts) & (links["links"] == "measure")]
    back = back.assign(kind=back["framework"].map(parts)).rename(columns={"target": "measure", "part": "aim"})[keys]
    both = pd.concat([own, back]).drop_duplicates(ignore_index=True)
    listed = pd.MultiIndex.from_frame(both)
    for name, rows in {"by_measure": own, "by_aim": back}.items():
        both[name] = listed.isin(pd.MultiIndex.from_frame(rows))
    grounds = read("report/measure_grounds").rename(columns={"links": "kind", "target": "aim"})
    return both.merge(grounds, how="left", on=keys).fillna({"grounds": "", "term_zh": ""})


def names_of(framework: str) -> pd.Series:
    """English names of the parts of a framework, in the paper's order."""
    links = read("report/framework_links")
    return links[links["framework"] == framework].drop_duplicates("part").set_index("part")["part_en"]


_AIMS = {
    "bottlenecks and clusters": ("bottleneck", "cluster"),
    "bottlenecks": ("bottleneck",),
    "clusters": ("cluster",),
    "bottlenecks and all four lists": tuple(FRAMEWORKS),
}


def unserved(*, links: str, aims: str) -> float:
    """Count the aims that no measure serves."""
    return float(len(unserved_aims(links, _AIMS[aims])))


def unserved_aims(links: str = "either side", kinds: Sequence[str] = tuple(FRAMEWORKS)) -> list[tuple[str, str]]:
    """List the aims that no measure serves.

    Parameters
    ----------
    links : {"either side", "the measure's section", "named in it"}
        Which links count.
    kinds : sequence of str
        Keys of ``FRAMEWORKS``.

    Returns
    -------
    list of (kind, aim)
        In the paper's order.
    """
    drawn = measure_links()
    if links == "the measure's section":
        drawn = drawn[drawn["by_measure"]]
    elif links == "named in it":
        drawn = drawn[drawn["grounds"] == "named"]
    served = set(zip(drawn["kind"], drawn["aim"], strict=True))
    every = [(kind, part) for kind in kinds for part in names_of(FRAMEWORKS[kind]).index]
    return [aim for aim in every if aim not in served]


def open_pairs() -> pd.DataFrame:
    """Pair bottlenecks with the clusters that they hold back, and find the measures that serve both.

    Returns
    -------
    DataFrame
        One row for each cluster that the text on a bottleneck speaks of: ``bottleneck``, ``cluster`` (names),
        ``measures`` (those that serve both, links of either side; empty if none does) and ``closed``.
    """
    links, drawn, measures = read("report/framework_links"), measure_links(), names_of("measures")
    pairs = links[(links["framework"] == "bottlenecks") & (links["links"] == "cluster")]
    serving = drawn.groupby(["kind", "aim"])["measure"].agg(set).to_dict()
    rows = []
    for bottleneck, cluster in zip(pairs["part"], pairs["target"], strict=True):
        joint = serving.get(("bottleneck", bottleneck), set()) & serving.get(("cluster", cluster), set())
        rows.append(
            {
                "bottleneck": names_of("bottlenecks")[bottleneck],
                "cluster": names_of("clusters")[cluster],
                "measures": "; ".join(name for part, name in measures.items() if part in joint),
                "closed": bool(joint),
            }
        )
    return pd.DataFrame(rows)


def parts_without_measure() -> pd.DataFrame:
    """List, for each framework, the parts that no measure serves by any link.

    Returns
    -------
    DataFrame
        One row for each framework with such a part: ``framework``, ``section``, ``parts`` and ``without`` (numbers),
        ``which``. The measures themselves and the formula, whose parts are lists, are left out.
    """
    links, drawn = read("report/framework_links"), measure_links()
    direct = links[links["links"] == "measure"]
    served = set(zip(direct["framework"], direct["part"], strict=True))
    served |= {(FRAMEWORKS[kind], aim) for kind, aim in zip(drawn["kind"], drawn["aim"], strict=True)}
    rows = []
    for row in read("report/frameworks").itertuples():
        names = names_of(row.id)
        left = [name for part, name in names.items() if (row.id, part) not in served]
        if left and row.id not in ("measures", "formula"):
            counted = {"parts": len(names), "without": len(left), "which": "; ".join(left)}
            rows.append({"framework": row.name_en, "section": row.section} | counted)
    return pd.DataFrame(rows)


def cluster_sectors(reading: str = "narrow") -> pd.DataFrame:
    """Find the sectors of the 38 that stand for each cluster, from report/clusters.

    Parameters
    ----------
    reading : {"narrow", "wide"}
        What stands for a cluster; wide adds what holds another part of it.

    Returns
    -------
    DataFrame
        ``cluster`` (a part of the framework), ``code``, ``reading``.
    """
    rows, links = read("report/clusters"), read("report/framework_links")
    sections = links[(links["framework"] == "clusters") & (links["links"] == "section")].set_index("target")["part"]
    kept = rows if reading == "wide" else rows[rows["reading"] == "narrow"]
    return kept.assign(cluster=kept["section"].map(sections))[["cluster", "code", "reading"]].reset_index(drop=True)


def sectors_in_no_cluster(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """List the manufacturing sectors that no cluster touches, the largest first.

    Returns
    -------
    DataFrame
        ``sector``, ``value_added`` (100 million yuan) and ``share`` in that of manufacturing, per cent.
    """
    value = table_of(region, year).total_value_added[manufacturing_sectors()]
    left = value[~value.index.isin(cluster_sectors("wide")["code"])].sort_values(ascending=False)
    return pd.DataFrame({"sector": sector_names()[left.index], "value_added": left, "share": 100 * left / value.sum()})


def framework_map() -> tuple[pd.DataFrame, dict[str, list[str]], dict[str, list[str]]]:
    """Lay the frameworks out as one matrix: measures against bottlenecks and clusters, sectors against clusters.

    Returns
    -------
    tuple
        Marks (``row_group``, ``row``, ``column_group``, ``column``, ``mark``); the rows of each group, and the columns
        of each group, in order.
    """
    marks = [_served_marks({"bottleneck": "Bottlenecks", "cluster": "Clusters"})]
    held = cluster_sectors("wide")
    codes = sorted(held["code"].unique())
    marks.append(
        pd.DataFrame(
            {
                "row_group": "Sectors",
                "row": sector_names()[held["code"]].to_numpy(),
                "column_group": "Clusters",
                "column": held["cluster"].map(SHORT["clusters"]),
                "mark": held["reading"].map(MARKS),
            }
        )
    )
    rows = {"Measures": list(SHORT["measures"].values()), "Sectors": list(sector_names()[codes])}
    columns = {"Bottlenecks": list(SHORT["bottlenecks"].values()), "Clusters": list(SHORT["clusters"].values())}
    return pd.concat(marks, ignore_index=True), rows, columns


def coverage() -> tuple[pd.DataFrame, dict[str, list[str]], dict[str, list[str]]]:
    """Lay out which measure serves which part of the 4+4+6+4 structure, as :func:`framework_map` does.

    Returns
    -------
    tuple
        Marks, rows and columns.
    """
    titles = {"highland": "Highlands", "role": "Roles", "cluster": "Clusters", "support": "Supports"}
    columns = {title: list(SHORT[FRAMEWORKS[kind]].values()) for kind, title in titles.items()}
    return _served_marks(titles), {"Measures": list(SHORT["measures"].values())}, columns


def _served_marks(titles: dict[str, str]) -> pd.DataFrame:
    drawn = measure_links()
    drawn = drawn[drawn["kind"].isin(titles)]
    return pd.DataFrame(
        {
            "row_group": "Measures",
            "row": drawn["measure"].map(SHORT["measures"]),
            "column_group": drawn["kind"].map(titles),
            "column": [SHORT[FRAMEWORKS[k]][a] for k, a in zip(drawn["kind"], drawn["aim"], strict=True)],
            "mark": drawn["grounds"].map(MARKS),
        }
    ).reset_index(drop=True)


def lists_off(*, mentions: str) -> float:
    """Count the mentions of a list of the formula whose number is not that of the entries named."""
    table = list_mentions()
    if mentions == "where the list stands":
        table = table[table["stands"]]
    return float((table["printed"] != table["named"]).sum())


_MENTIONS = {
    "highlands": ("s3.1-c01", "s3.1.1-c01"),
    "roles": ("s3.1-c02", "s3.1.2-c01"),
    "clusters": ("s3.1-c03", "s3.1.3-c01", "s3.1.4-c03", "s4.6-c03"),
    "supports": ("s3.1-c04", "s3.1.4-c01"),
}


def list_mentions() -> pd.DataFrame:
    """Collect every mention of a list of the formula: what is printed, and how many entries are named.

    Returns
    -------
    DataFrame
        ``list``, ``figure``, ``section``, ``printed``, ``named``, and ``stands``: whether it is where the formula or
        the list itself stands.
    """
    ledger = load_ledger()
    rows = []
    for framework, figures in _MENTIONS.items():
        for place, key in enumerate(figures):
            figure = ledger.figure(key)
            rows.append(
                {
                    "list": framework,
                    "figure": key,
                    "section": figure.section,
                    "printed": int(ledger.interval(key).midpoint),
                    "named": len(names_of(framework)),
                    "stands": place < 2,
                }
            )
    return pd.DataFrame(rows)


def twins() -> pd.DataFrame:
    """Set each highland beside the role of the same subject: which measures and bottlenecks each is linked with.

    Returns
    -------
    DataFrame
        One row a pair: ``highland``, ``role``, ``both`` (links that they share), ``highland only``, ``role only``.
        Links with single clusters are left out: both lists name all six or none.
    """
    links = read("report/framework_links")
    pairs = {"source": "innovation", "value": "value", "gathering": "cluster", "firms": "actor"}
    names = {
        kind: names_of(framework) for kind, framework in {"measure": "measures", "bottleneck": "bottlenecks"}.items()
    }
    rows = []
    for highland, role in pairs.items():
        sets = []
        for framework, part in (("highlands", highland), ("roles", role)):
            own = links[(links["framework"] == framework) & (links["part"] == part) & links["links"].isin(names)]
            sets.append([names[kind][target] for kind, target in zip(own["links"], own["target"], strict=True)])
        first, second = sets
        rows.append(
            {
                "highland": names_of("highlands")[highland],
                "role": names_of("roles")[role],
                "both": "; ".join(name for name in first if name in second),
                "highland only": "; ".join(name for name in first if name not in second),
                "role only": "; ".join(name for name in second if name not in first),
            }
        )
    return pd.DataFrame(rows)


# ---- 3.1.1 and 3.1.2 highlands and roles ----------------------------------------------------------------------------

_INVENTIONS = {
    "in force": "invention_patents_in_force",
    "granted": "invention_patents_granted",
    "filed": "invention_patents_filed",
}


def inventions_lead(*, inventions: str, size: str, year: int) -> float:
    """Inventions for their size, Shanghai over the highest of the three provinces."""
    density = invention_density(inventions, size, year)
    return float(density["Shanghai"] / density[list(NEIGHBOURS)].max())


def invention_density(inventions: str, size: str, year: int) -> pd.Series:
    """Invention patents of the delta's provinces for 10,000 people, 100 million yuan of product, or 100 researchers."""
    counted = row_of(research_panel(_INVENTIONS[inventions]), year)[list(DELTA)]
    if size == "research staff":
        return 100 * counted / row_of(research_panel("rd_personnel_fte"), year)[list(DELTA)]
    base = resident_population() if size == "people" else provincial_product("total product")
    return counted / row_of(base, year)[list(DELTA)]


def value_rate_lead(*, of: str, group: str, year: int, measure: str, mix: str, against: str) -> float:
    """Value added per 100 yuan of a group's output, Shanghai less the highest or the mean of the three provinces."""
    rates = value_rates_of_delta(groups()[of][group], year, measure, mix)
    others = rates[list(NEIGHBOURS)]
    return float(rates["Shanghai"] - (others.max() if against == "highest" else others.mean()))


def value_rates_of_delta(codes: Sequence[str], year: int, measure: str = "value added", mix: str = "own") -> pd.Series:
    """Value added per 100 yuan of some sectors' output in the delta's provinces, at their own mix or at the delta's."""
    codes, tables = list(codes), {region: table_of(region, year) for region in DELTA}
    common = sum(table.output[codes] for table in tables.values())
    rates = {
        region: np.average(value_rates(table, measure)[codes], weights=table.output[codes] if mix == "own" else common)
        for region, table in tables.items()
    }
    return 100 * pd.Series(rates)


def kept_value_lead(*, of: str, group: str, year: int, imports: str, against: str) -> float:
    """Value added at home in 100 yuan sold outside, Shanghai less the highest or the mean of the three provinces."""
    kept = pd.Series({region: kept_value(region, groups()[of][group], year, imports) for region in DELTA})
    others = kept[list(NEIGHBOURS)]
    return float(kept["Shanghai"] - (others.max() if against == "highest" else others.mean()))


def kept_value(region: str, codes: Sequence[str], year: int, imports: str) -> float:
    """Value added in the region in 100 yuan of some products that its own output serves outside."""
    table, codes = table_of(region, year, imports), list(codes)
    return 100 * float(np.average(local_content(table)[codes], weights=table.exports[codes]))


def kept_values(codes: Sequence[str], year: int = 2017) -> pd.DataFrame:
    """Value kept at home in what is sold outside, by province, under each import assumption.

    Returns
    -------
    DataFrame
        One row a province: one column an assumption, yuan in 100; ``lower`` and ``upper`` of the supply pool in 95 % of
        the draws with the noise of the province's own tables, and ``lowest``, the share of draws in which it is last.
    """
    codes, drawn = list(codes), {}
    for place, region in enumerate(DELTA):
        table = table_of(region, year, "supply pool")
        content = linkage_draws(table, "local_content", DRAWS, table_noise(region), SEED + place)[codes]
        drawn[region] = 100 * content @ table.exports[codes] / table.exports[codes].sum()
    draws = pd.DataFrame(drawn)
    rows = {region: {imports: kept_value(region, codes, year, imports) for imports in LOCAL} for region in DELTA}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")
    frame["lower"], frame["upper"] = draws.quantile(0.025), draws.quantile(0.975)
    frame["lowest"] = draws.idxmin(axis=1).value_counts(normalize=True).reindex(list(DELTA), fill_value=0.0)
    return frame


def highland_indicators(year: int = 2017, patents: int = 2019) -> pd.DataFrame:
    """Place Shanghai beside the three provinces on indicators of the highlands, where the data have one.

    Returns
    -------
    DataFrame
        One row a highland and indicator: ``highland``, ``indicator``, then the provinces of the delta.
    """
    fields, making = groups()["six fields"]["narrow"], groups()["six fields"]["manufacturing"]
    rows = {
        ("Source of innovation", "inventions in force for 10,000 people"): invention_density(
            "in force", "people", patents
        ),
        ("Source of innovation", "inventions granted for 100 researchers"): invention_density(
            "granted", "research staff", patents
        ),
        ("Gathering of clusters", "location quotient of the six fields, value added (China = 1)"): function_quotients(
            fields, year, "value added", "China"
        ),
        ("Creation of value", "value added in 100 yuan of high-end manufacturing"): value_rates_of_delta(making, year),
        ("Creation of value", "of it at home, in 100 yuan sold outside (supply pool)"): pd.Series(
            {region: kept_value(region, making, year, "supply pool") for region in DELTA}
        ),
    }
    frame = pd.DataFrame(rows).T[list(DELTA)]
    return frame.rename_axis(["highland", "indicator"]).reset_index()


# ---- 3.1.3 clusters -------------------------------------------------------------------------------------------------


def extraction_ratio(
    *, of: str, group: str, region: str, year: int, imports: str, loss: str, against: str, taken: str
) -> float:
    """Loss of a group for each yuan of its own that is taken out, over that of other sectors."""
    table, members = table_of(region, year, imports), list(groups()[of][group])
    wanted = table.sectors if against == "all other sectors" else manufacturing_sectors()
    others = [code for code in wanted if code not in members and table.active[code]]
    own, rest = (loss_per_yuan(table, codes, loss, taken) for codes in (members, others))
    return own / rest


def loss_per_yuan(
    table: InputOutputTable, codes: Sequence[str], loss: str = "output", taken: str = "one by one"
) -> float:
    """Loss of output, or value added, in the region when sectors are extracted, for each yuan of their own.

    Parameters
    ----------
    table : InputOutputTable
        Local.
    codes : sequence of str
        Sectors with output.
    loss : {"output", "value added"}
        What is lost, and what it is set against.
    taken : {"one by one", "as a group"}
        Whether each is extracted alone, and the losses added, or all at once.
    """
    codes = list(codes)
    own = table.output if loss == "output" else table.total_value_added
    rates = (own / table.output)[table.active]
    if taken == "as a group":
        lost = float(rates @ extract_group(table, codes)["total"])
    else:
        found = hypothetical_extraction(table)
        # x_j / l_jj, so that the column of L times it is the loss.
        scale = found["total"] - found["backward"]
        behind = local_content(table) if loss == "value added" else found["total"] / scale
        lost = float((behind * scale)[codes].sum())
    return lost / float(own[codes].sum())


def extraction_by_field(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Loss of output in the city for each yuan of a sector that is taken out, for the fields' sectors and the mean.

    Returns
    -------
    DataFrame
        One row a sector, and ``Other manufacturing``, ``All other sectors``: one column an import assumption; ``lower``
        and ``upper`` of the supply pool in 95 % of the draws with the noise of Shanghai's own tables.
    """
    members = list(groups()["six fields"]["narrow"])
    table = table_of(region, year, "supply pool")
    making = [c for c in manufacturing_sectors() if c not in members and table.active[c]]
    rest = [c for c in table.sectors[table.active] if c not in members]
    sets = {sector_names()[code]: [code] for code in members}
    sets |= {"Other manufacturing": making, "All other sectors": rest}
    drawn = linkage_draws(table, "extraction", DRAWS, table_noise(region), SEED)
    rows = {}
    for name, codes in sets.items():
        found = {imports: loss_per_yuan(table_of(region, year, imports), codes) for imports in LOCAL}
        lost = drawn[codes].sum(axis=1) / table.output[codes].sum()
        rows[name] = found | {"lower": lost.quantile(0.025), "upper": lost.quantile(0.975)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sector")


def mixing_change(*, of: str, group: str, region: str, period: str, measure: str, average: str) -> float:
    """Change in how mixed a group's inputs are, in per cent of the first year's."""
    first, last = (mixing(table_of(region, year), groups()[of][group], measure, average) for year in _years(period))
    return 100 * (last / first - 1)


def mixing(table: InputOutputTable, codes: Sequence[str], measure: str, average: str = "output") -> float:
    """Say how mixed the direct inputs of some sectors are, whatever their origin.

    Parameters
    ----------
    table : InputOutputTable
        As published.
    codes : sequence of str
        The sectors.
    measure : {"bought outside the own sector", "number of equal suppliers", "likeness of inputs"}
        Share of inputs that other sectors make; the exponential of the entropy of input shares, which is the number of
        suppliers if all delivered alike; mean cosine of the input shares of two of the sectors.
    average : {"output", "equal"}
        Weights of the sectors; a pair has the product of both.
    """
    codes = list(codes)
    weights = table.output[codes] if average == "output" else pd.Series(1.0, codes)
    shares = table.Z[codes] / table.Z[codes].sum()
    if measure == "bought outside the own sector":
        values = 1 - pd.Series(np.diag(shares.loc[codes].to_numpy()), codes)
    elif measure == "number of equal suppliers":
        positive = shares.where(shares > 0)
        values = np.exp(-(positive * np.log(positive)).sum())
    else:
        alike = cosine_similarity(shares)
        pairs = list(combinations(codes, 2))
        return float(
            np.average([alike.at[a, b] for a, b in pairs], weights=[weights[a] * weights[b] for a, b in pairs])
        )
    return float(np.average(values[codes], weights=weights))


def mixing_by_year(measure: str, codes: Sequence[str]) -> pd.DataFrame:
    """How mixed the inputs of some sectors are, by region and year.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value``.
    """
    rows = [
        {"region": region, "year": year, "value": mixing(table_of(region, year), codes, measure)}
        for region in (*DELTA, "China")
        for year in (2002, 2007, 2012, 2017, *((2020,) if region == "China" else ()))
    ]
    return pd.DataFrame(rows)


# ---- 3.1.4 supports -------------------------------------------------------------------------------------------------


def infrastructure_pull(
    *, of: str, group: str, region: str, year: int, imports: str, outcome: str, against: str
) -> float:
    """Compare what a yuan of new infrastructure calls for in the region with a yuan of ordinary investment."""
    table = table_of(region, year)
    codes = list(groups()[of][group])
    invested = table.final_uses["FU201"]
    usual = _equal(table, ["C25"]) if against == "construction" else invested / invested.sum()
    new, old = (called_for(region, year, demand, imports, outcome) for demand in (_equal(table, codes), usual))
    return new / old


def called_for(region: str, year: int, demand: pd.Series, imports: str, outcome: str) -> float:
    """Output or value added that some purchases call for, over all rounds.

    Parameters
    ----------
    region, year : str, int
        Whose table.
    demand : Series, n
        Purchases of each product, of any origin.
    imports : str
        An import assumption: then only what the region makes counts, in the purchases too. Or ``"competitive"``: all
        suppliers.
    outcome : {"output of industry", "value added of industry", "value added of all sectors"}
        What is added up.
    """
    table = table_of(region, year, imports)
    local = demand if imports == "competitive" else demand * table_of(region, year).local_shares(imports)
    output = leontief_inverse(table) @ local
    rates = (table.total_value_added / table.output.where(table.active)).fillna(0.0)
    made = output if outcome.startswith("output") else output * rates
    return float(made.sum() if outcome.endswith("all sectors") else made[industrial_sectors()].sum())


def infrastructure_calls(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Set the readings of new infrastructure beside ordinary investment: industry's output for 100 yuan of each.

    Returns
    -------
    DataFrame
        One row a kind of spending: one column an import assumption, and ``all suppliers``, yuan.
    """
    table = table_of(region, year)
    kinds = {name: list(codes) for name, codes in groups()["new infrastructure"].items()}
    demands = {f"New infrastructure: {name}": _equal(table, codes) for name, codes in kinds.items()}
    demands["All investment"] = table.final_uses["FU201"] / table.final_uses["FU201"].sum()
    demands["Construction"] = _equal(table, ["C25"])
    readings = {imports: imports for imports in LOCAL} | {"all suppliers": "competitive"}
    rows = {
        name: {
            shown: 100 * called_for(region, year, demand, imports, "output of industry")
            for shown, imports in readings.items()
        }
        for name, demand in demands.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("spending")


def _equal(table: InputOutputTable, codes: Sequence[str]) -> pd.Series:
    return pd.Series(table.sectors.isin(list(codes)) / len(codes), table.sectors)


def clusters_apart(*, detail: str, group: str) -> float:
    """Count the clusters that share no sector with another."""
    held = cluster_codes(detail, group)
    return float(
        sum(not any(codes & others for name, others in held.items() if name != own) for own, codes in held.items())
    )


def cluster_codes(detail: str = "38 sectors", reading: str = "narrow") -> dict[str, set[str]]:
    """Find the sectors that stand for each cluster, in the 38 or in the detailed national tables.

    Parameters
    ----------
    detail : {"38 sectors", "149 sectors", "153 sectors"}
        Of the provinces' tables, of the nation's of 2017, of the nation's of 2020.
    reading : {"narrow", "wide"}
        Wide adds sectors that hold a part of the cluster and lie elsewhere.
    """
    if detail == "38 sectors":
        rows = cluster_sectors(reading)
        return {str(name): codes for name, codes in rows.groupby("cluster", sort=False)["code"].agg(set).items()}
    links, rows = read("report/framework_links"), read("report/cluster_parts")
    sections = links[(links["framework"] == "clusters") & (links["links"] == "section")].set_index("target")["part"]
    kinds = ["core"] if reading == "narrow" else ["core", "near"]
    rows = rows[(rows["year"] == {"149 sectors": 2017, "153 sectors": 2020}[detail]) & rows["belongs"].isin(kinds)]
    found = rows.groupby(rows["section"].map(sections), sort=False)["code"].agg(set)
    return {str(name): codes for name, codes in found.items()}


def shared_sectors() -> pd.DataFrame:
    """Say for each cluster which others stand on one of its sectors, at each detail, narrow reading.

    Returns
    -------
    DataFrame
        ``cluster``, one column a detail: names of the other clusters, or ``none``.
    """
    names, columns = names_of("clusters"), {}
    for detail in ("38 sectors", "149 sectors", "153 sectors"):
        held = cluster_codes(detail)
        columns[detail] = {
            names[own]: "; ".join(names[o] for o in held if o != own and held[o] & codes) or "none"
            for own, codes in held.items()
        }
    return pd.DataFrame(columns).loc[list(names)].rename_axis("cluster").reset_index()
