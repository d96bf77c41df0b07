"""What section 2.1 shows beside its verdicts: the figures of each chart and table that no verdict holds."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis import growth, regression
from analysis.data import read
from analysis.ledger import load as load_ledger
from analysis.linkages import rasmussen_linkages
from analysis.tables import InputOutputTable, load
from analysis.verdicts.evidence import (
    content_per_100,
    industrial_sectors,
    knowledge_panel,
    manufacturing_sectors,
    province_sectors,
    provincial_value_added,
    research_panel,
    resident_population,
    shanghai,
    value_added_effects,
)
from analysis.verdicts.place import DELTA
from analysis.verdicts.rule import Verdict

VALUE_ADDED = {
    "VA001": "compensation of employees",
    "VA002": "net taxes on production",
    "VA003": "depreciation",
    "VA004": "operating surplus",
}

# The manufacturing innovation centres that the paper names, and the sector of the tables that each serves.
CENTRES = {
    "Integrated circuits": ("national", "C19"),
    "Smart sensors": ("national", "C20"),
    "Connected vehicles": ("municipal", "C17"),
    "Additive manufacturing": ("municipal", "C16"),
    "Marine engineering equipment": ("municipal", "C17"),
    "Laser technology": ("municipal", "C20"),
}


def value_added_vintages() -> pd.DataFrame:
    """Collect Shanghai's industrial value added from 2015 to 2019 by vintage, with the paper's pair.

    Returns
    -------
    DataFrame
        Columns year, value (100 million yuan, current prices), series. First releases are those before the fourth
        economic census.
    """
    rows = read("statistics/shanghai")
    rows = rows[(rows["series"] == "va_industry") & rows["year"].between(2015, 2019)]
    kinds = {"latest revised": "revised series", "preliminary": "first releases"}
    parts = [
        rows.loc[rows["vintage"].str.startswith(start), ["year", "value"]].assign(series=name)
        for start, name in kinds.items()
    ]
    ledger, printed = load_ledger(), ("s2.1.1-c04", "s2.1.1-c06")
    pair = pd.DataFrame(
        {
            "year": [ledger.figure(key).year_start for key in printed],
            "value": [ledger.interval(key).midpoint for key in printed],
        }
    )
    return pd.concat([*parts, pair.assign(series="the paper's pair")], ignore_index=True)


def value_added_sources(periods: tuple[str, ...] = ("2007-2012", "2012-2017")) -> pd.DataFrame:
    """Split the change of Shanghai's industrial value added, on the tables and on the paper's own pair.

    Returns
    -------
    DataFrame
        One row a period: scale, structure, value_added_rate and change (100 million yuan, current prices), and
        rate_share, the part of the change that the rate makes, in per cent. The last row, of the paper's figures, has
        one sector and therefore no structure; it joins two vintages.
    """
    rows = {f"{period}, tables": value_added_effects(period).sum() for period in periods}
    ledger = load_ledger()
    output0, output1, value0, value1 = (
        pd.Series({"industry": ledger.interval(f"s2.1.1-c{number}").midpoint}) for number in ("05", "07", "04", "06")
    )
    rows["2015-2019, paper"] = growth.value_added_lmdi(output0, value0, output1, value1).sum()
    frame = pd.DataFrame(rows).T.rename_axis("period")
    change = frame.sum(axis=1)
    return frame.assign(change=change, rate_share=100 * frame["value_added_rate"] / change)


def value_added_rate_items(period: str = "2012-2017") -> pd.DataFrame:
    """Split each sector's value-added-rate effect over the items of value added: which of them rose against output.

    The effect of the rate r = Σ_k r_k is Λ(v1, v0) ln(r1 / r0) = Λ(v1, v0) / Λ(r1, r0) · Σ_k (r_k1 - r_k0), with Λ the
    logarithmic mean: linear in the items.

    Returns
    -------
    DataFrame, n x 4
        Industrial sectors in rows, items in columns, 100 million yuan at current prices; rows sum to the effects.
    """
    first, last = (load("Shanghai", int(year)) for year in period.split("-"))
    codes = [c for c in industrial_sectors() if first.output[c] > 0 and last.output[c] > 0]
    rates = [t.value_added[codes] / t.output[codes] for t in (first, last)]
    values = [t.total_value_added[codes] for t in (first, last)]
    weight = growth.logarithmic_mean(*values) / growth.logarithmic_mean(*(rate.sum() for rate in rates))
    result: pd.DataFrame = ((rates[1] - rates[0]) * weight).T.rename(columns=VALUE_ADDED)
    return result


def emerging_break() -> pd.DataFrame:
    """Compare published output of 2017 with what published real growth makes of 2015, emerging and whole industry.

    Returns
    -------
    DataFrame
        Rows emerging and whole; ``published`` and ``carried_forward`` (100 million yuan; the latter at prices of 2015)
        and ``unexplained``, the gap in per cent: prices, and whatever changed in the list of industries.
    """
    series = {
        "emerging": ("sei_mfg_gross_output", "published", "sei_mfg_growth"),
        "whole": ("gross_output_above_scale", "rounded", "gross_output_above_scale_growth"),
    }
    rows = {}
    for name, (level, vintage, rate) in series.items():
        carried = shanghai(level, 2015, vintage)
        for year in (2016, 2017):
            carried *= 1 + shanghai(rate, year, "published") / 100
        published = shanghai(level, 2017, "published")
        gap = 100 * (published / carried - 1)
        rows[name] = {"published": published, "carried_forward": carried, "unexplained": gap}
    return pd.DataFrame(rows).T


def outside_supply(table: InputOutputTable) -> pd.Series:
    """Share of each product's supply that comes from outside the region, M / (x + M), in per cent.

    Parameters
    ----------
    table : InputOutputTable
        With gross inflows, not net ones.

    Returns
    -------
    Series, n
        One less the supply-pool share; sectors without supply are left out.
    """
    pool = table.output + table.inflows
    return (100 * table.inflows / pool)[pool > 0]


def centre_sectors(year: int = 2017) -> pd.DataFrame:
    """List the innovation centres with the sector that each serves and that sector's supply from outside Shanghai."""
    table = load("Shanghai", year)
    outside = outside_supply(table)
    return pd.DataFrame(
        [
            {
                "centre": centre,
                "level": level,
                "code": code,
                "sector": table.names.loc[code, "name_en"],
                "outside_supply": outside[code],
            }
            for centre, (level, code) in CENTRES.items()
        ]
    )


def delta_by_source() -> pd.DataFrame:
    """Measure the delta's share in the nation's industry, and its lead in growth, on every source there is.

    Returns
    -------
    DataFrame
        One row a source: first and last year, the delta's share in both (%), its change (points), growth of the delta
        and of the nation (% a year, current prices) and the lead (points). "One vintage" scales every province's
        figure by its product after the fourth census over its product in the panel, so that both years stand on one
        census; it assumes that industry's share in product is that of the panel.
    """
    panel = provincial_value_added("industry")
    revised = panel * _census_ratio()
    known = read("report/outside")
    known = known[(known["series"] == "va_industry_nominal") & (known["region"] == "China")]
    whole = known.set_index("year")["value"]
    delta = list(DELTA)
    totals = {
        "Provinces as compiled": (panel[delta].sum(axis=1), panel.sum(axis=1)),
        "Provinces, one vintage": (revised[delta].sum(axis=1), revised.sum(axis=1)),
        "Provinces as compiled, national accounts": (panel[delta].sum(axis=1), whole),
        "Provinces, one vintage, national accounts": (revised[delta].sum(axis=1), whole),
        "Tables, sum of provinces": _table_totals(national=False),
        "Tables, national table": _table_totals(national=True),
    }
    rows = []
    for source, (part, nation) in totals.items():
        first, last = (2012, 2017) if source.startswith("Tables") else (2013, 2017)
        share = 100 * part / nation
        rates = [100 * growth.compound_growth_rate(v[first], v[last], last - first) for v in (part, nation)]
        rows.append(
            {
                "source": source,
                "first": first,
                "last": last,
                "share_first": share[first],
                "share_last": share[last],
                "share_change": share[last] - share[first],
                "growth_delta": rates[0],
                "growth_nation": rates[1],
                "lead": rates[0] - rates[1],
            }
        )
    return pd.DataFrame(rows)


def _census_ratio() -> pd.DataFrame:
    """Product after the fourth census over the product that stands beside the panel's value added, by year."""
    beside = read("statistics/province_value_added")
    beside = beside[(beside["series"] == "gdp_nominal") & (beside["source"] == "energy_panel")]
    after = read("statistics/province_gdp")
    after = after[after["vintage"].str.startswith("post-4th")]
    wide = [rows.pivot(index="year", columns="region", values="value") for rows in (after, beside)]
    return wide[0] / wide[1]


def _table_totals(national: bool) -> tuple[pd.Series, pd.Series]:
    parts = {}
    for year in (2012, 2017):
        rows = province_sectors(year)
        values = rows[rows["code"].isin(industrial_sectors())].groupby("region")["value_added"].sum()
        parts[year] = values[list(DELTA)].sum(), values["China"] if national else values.drop("China").sum()
    frame = pd.DataFrame(parts).T
    return frame[0], frame[1]


def delta_shift_share(first: int = 2012, last: int = 2017) -> pd.DataFrame:
    """Shift-share of industrial value added of the delta's four provinces against the sum of all provinces.

    Returns
    -------
    DataFrame
        One row a province: national, mix and regional effect and the change, in per cent of the first year's value.
    """
    wide = {}
    for year in (first, last):
        rows = province_sectors(year)
        rows = rows[rows["code"].isin(industrial_sectors()) & (rows["region"] != "China")]
        wide[year] = rows.pivot(index="code", columns="region", values="value_added")
    common = wide[first].columns.intersection(wide[last].columns)
    nation = [wide[year][common].sum(axis=1) for year in (first, last)]
    effects = {
        region: growth.shift_share(wide[first][region], wide[last][region], *nation).sum() / wide[first][region].sum()
        for region in DELTA
    }
    frame = 100 * pd.DataFrame(effects).T.rename_axis("region")
    return frame.assign(change=frame.sum(axis=1))


def delta_research_shares(first: int = 2011, last: int = 2020) -> pd.DataFrame:
    """Share of the delta in the nation's research and patents by year, in per cent; years with a gap are left out."""
    kinds = {
        "rd_expenditure_yearbook": "research spending",
        "invention_patents_in_force": "invention patents in force",
        "invention_patents_granted": "invention patents granted",
    }
    parts = []
    for series, name in kinds.items():
        values = research_panel(series).loc[first:last]
        share = 100 * values[list(DELTA)].sum(axis=1, skipna=False) / values["China"]
        parts.append(share.dropna().rename("share").reset_index().assign(series=name))
    return pd.concat(parts, ignore_index=True)


def knowledge_diagnostics(outcome: str = "granted", lag: int = 1, sample: str = "without Tibet") -> pd.Series:
    """Say how far the elasticity of patents to research spending rests on single provinces.

    Returns
    -------
    Series
        Estimate, its clustered and jackknife standard errors, rows, clusters, effective clusters, the lowest and
        highest estimate with one province left out and the names of those provinces, p values by t and by wild
        cluster bootstrap.
    """
    result = regression.elasticity(
        knowledge_panel(outcome, lag, sample),
        "patents",
        ["research"],
        effects=["region", "year"],
        clusters="region",
    )
    influence = regression.cluster_influence(result, "research")
    without = influence["estimate_without"]
    row = result.table.loc["research"]
    return pd.Series(
        {
            "estimate": row["estimate"],
            "standard_error": row["standard_error"],
            "jackknife_standard_error": influence.attrs["jackknife_standard_error"],
            "rows": result.n,
            "clusters": result.clusters,
            "effective_clusters": influence.attrs["effective_clusters"],
            "lowest": without.min(),
            "lowest_without": without.idxmin(),
            "highest": without.max(),
            "highest_without": without.idxmax(),
            "p_clustered": row["p_value"],
            "p_bootstrap": regression.wild_cluster_bootstrap(result, "research", seed=0).p_value,
        }
    )


def finance_uses(years: tuple[int, ...] = (2002, 2007, 2012, 2017)) -> pd.DataFrame:
    """Say who uses financial services in Shanghai: shares of all uses, by year, in per cent.

    Exports and outflows are net in 2002 and gross afterwards; the uses hold what comes from outside.
    """
    rows = []
    for year in years:
        table = load("Shanghai", year)
        industry = industrial_sectors()
        flows = table.Z.loc["C30"]
        uses = {
            "industry": flows[industry].sum(),
            "other sectors": flows.drop(industry).sum(),
            "final uses": table.final_uses.loc["C30"].sum(),
            "exports and outflow": table.exports["C30"],
        }
        total = sum(uses.values())
        rows += [{"year": str(year), "use": use, "share": 100 * value / total} for use, value in uses.items()]
    return pd.DataFrame(rows)


def finance_content(years: tuple[int, ...] = (2002, 2007, 2012, 2017)) -> pd.DataFrame:
    """Measure the financial services in 100 yuan of Shanghai's manufacturing output, by year.

    Returns
    -------
    DataFrame
        Columns year, rounds ("direct" or "all rounds of supply") and yuan, on the technology table.
    """
    depths = {"direct": "direct", "all rounds of supply": "all rounds"}
    rows = [
        {
            "year": year,
            "rounds": name,
            "yuan": content_per_100(load("Shanghai", year), ["C30"], manufacturing_sectors(), depth),
        }
        for year in years
        for name, depth in depths.items()
    ]
    return pd.DataFrame(rows)


def finance_linkage(years: tuple[int, ...] = (2007, 2012, 2017)) -> pd.DataFrame:
    """Measure the forward linkage of Shanghai's finance (average sector = 1) and its rank, by year and local reading.

    Returns
    -------
    DataFrame
        Columns year, imports, forward_index, rank.
    """
    rows = []
    for year in years:
        for imports in ("supply pool", "net inflow"):
            index = rasmussen_linkages(load("Shanghai", year).local(imports))["forward_index"].dropna()
            rank = int(index.rank(ascending=False)["C30"])
            rows.append({"year": year, "imports": imports, "forward_index": index["C30"], "rank": rank})
    return pd.DataFrame(rows)


def agglomerations(year: int = 2017) -> pd.DataFrame:
    """Compare three agglomerations on one unit, whole provinces, all on the fourth census.

    Returns
    -------
    DataFrame
        One row an agglomeration: provinces, value_added of industry (100 million yuan), share in the sum of all
        provinces (%), and per_head (yuan).
    """
    groups = {
        "Yangtze River Delta": DELTA,
        "Beijing, Tianjin, Hebei": ("Beijing", "Tianjin", "Hebei"),
        "Guangdong": ("Guangdong",),
    }
    values = (provincial_value_added("industry") * _census_ratio()).loc[year]
    people = resident_population().loc[year]
    rows = []
    for name, members in groups.items():
        part, heads = values[list(members)].sum(), people[list(members)].sum(skipna=False)
        rows.append(
            {
                "agglomeration": name,
                "provinces": len(members),
                "value_added": part,
                "share": 100 * part / values.sum(),
                "per_head": 1e4 * part / heads,
            }
        )
    return pd.DataFrame(rows)


PRINTED = {
    "2.1.1-growth": ("s2.1.1-c08", "Growth of Shanghai's industry"),
    "2.1.1-share": ("s2.1.1-c10", "Industry in Shanghai's product"),
    "2.1.4-lead": ("s2.1.4-c08", "Growth lead of the delta"),
    "2.1.5-research-share": ("s2.1.5-c08", "The delta's share of research spending"),
    "2.1.5-patent-share": ("s2.1.5-c09", "The delta's share of patents in force"),
}


def printed_and_measured(verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    """Set what was measured beside what is printed, for every claim that rests on one printed number.

    Parameters
    ----------
    verdicts : mapping of claim id to Verdict
        Those of :data:`PRINTED` among others.

    Returns
    -------
    DataFrame
        One row a claim: subject, unit, printed, measured (primary specification), lowest and highest (over all
        admissible specifications, their intervals included), and the last three over the printed number as
        measured_ratio, lowest_ratio, highest_ratio.
    """
    ledger = load_ledger()
    rows = []
    for key, (figure, subject) in PRINTED.items():
        v, printed = verdicts[key], ledger.interval(figure).midpoint
        row = {
            "measured": v.primary["value"],
            "lowest": v.readings["lower"].min(),
            "highest": v.readings["upper"].max(),
        }
        ratios = {f"{name}_ratio": value / printed for name, value in row.items()}
        rows.append({"subject": subject, "unit": v.claim.unit, "printed": printed} | row | ratios)
    return pd.DataFrame(rows)
