"""The measurements that decide the claims of chapters 3.4 and 3.5, and what their pages show.

No table stops at the border of a park, of the delta's zone or of Lingang: everything here speaks of Shanghai or of a
province.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from analysis import regression
from analysis.data import read
from analysis.ledger import Interval, audit, load_rules
from analysis.ledger import load as load_ledger
from analysis.linkages import foreign_shares, ghosh_inverse, leontief_inverse
from analysis.tables import ASSUMPTIONS, InputOutputTable, load_detailed, sectors
from analysis.uncertainty import linkage_draws, rank_intervals
from analysis.verdicts.claims import groups
from analysis.verdicts.clusters import _common_sector
from analysis.verdicts.evidence import (
    _coefficient,
    _is_flagged,
    _years,
    content_per_100,
    industrial_growth,
    industrial_sectors,
    linkages_of,
    manufacturing_sectors,
    table_of,
)
from analysis.verdicts.leading import sector_names, table_noise
from analysis.verdicts.measures import scenario_effects, shock_size
from analysis.verdicts.place import DELTA
from analysis.verdicts.rule import Estimate

LOCAL = tuple(ASSUMPTIONS)
DRAWS, SEED = 400, 2017
# The industries that stand for the anchors and the chains of section 3.5.3.
CHAINS = {"vehicles": "C17", "electronics": "C19", "machinery": "C16", "chemicals": "C12"}
HOUSEHOLDS = ["FU101", "FU102"]


# ---- what decides the claims of 3.4 ---------------------------------------------------------------------------------


def investment_pull(*, region: str, basket: str, imports: str, year: int) -> float:
    """Output that a yuan of investment calls for in the region, in yuan."""
    effects = scenario_effects("projects", basket, year, imports, region)
    return float(effects["output"].sum() / shock_size("projects"))


def services_change(*, of: str, group: str, region: str, period: str, depth: str) -> float:
    """Change in some services per 100 yuan of manufacturing output, suppliers anywhere, in yuan."""
    first, last = (services_content(region, year, groups()[of][group], depth) for year in _years(period))
    return last - first


def services_content(region: str, year: int, suppliers: Sequence[str], depth: str = "direct") -> float:
    """Return what some services provide for 100 yuan of manufacturing output, in yuan.

    Parameters
    ----------
    region : str
        One of the delta, or ``"all four"``, which count by their output.
    year : int
        Table year.
    suppliers : sequence of str
        Sectors, wherever they are.
    depth : {"direct", "all rounds"}
        Bought directly, or through all suppliers.
    """
    regions, makers = (DELTA if region == "all four" else (region,)), manufacturing_sectors()
    contents = [content_per_100(table_of(r, year), list(suppliers), makers, depth) for r in regions]
    weights = [table_of(r, year).output[makers].sum() for r in regions]
    return float(np.average(contents, weights=weights))


def push_on_manufacturing(
    *, of: str, group: str, region: str, imports: str, year: int, against: str, average: str
) -> float:
    """Compare what of a yuan of some services ends in manufacturing with that of other sectors."""
    table = table_of(region, year, imports)
    ends = ends_in_manufacturing(table)
    members = list(groups()[of][group])
    others = ends.index.difference(members)
    if against == "sectors outside manufacturing":
        others = others.difference(manufacturing_sectors())
    own, rest = (
        np.average(ends[codes], weights=table.output[codes] if average == "output" else None)
        for codes in (members, list(others))
    )
    return float(own / rest)


def ends_in_manufacturing(table: InputOutputTable) -> pd.Series:
    """Return the manufacturing output that a yuan of each sector's supply supports down the chain, in yuan.

    Row sums of Ghosh's G - I over the columns of manufacturing: supply that is sold on, in shares that stay.
    """
    G = ghosh_inverse(table)
    makers = G.columns.intersection(manufacturing_sectors())
    down = G.to_numpy() - np.eye(len(G))
    return pd.DataFrame(down, G.index, G.columns)[makers].sum(axis=1)


def openness_growth(*, trade: str, outcome: str, control: str, sample: str, weights: str) -> Estimate:
    """Percentage points of annual growth for one standard deviation more of foreign trade."""
    return _coefficient(openness_regression(trade, outcome, control, sample, weights), "openness", "clustered")


@cache
def openness_regression(
    trade: str = "imports and exports",
    outcome: str = "value added",
    control: str = "none",
    sample: str = "all provinces",
    weights: str = "equal",
) -> regression.Regression:
    """Growth from 2012 to 2017 on foreign trade over supply in 2012, effects of province and sector.

    Parameters
    ----------
    trade, outcome, control, sample, weights : str
        Options of the claim ``3.4.3-openness``.
    """
    return regression.fixed_effects(
        openness_panel(trade, outcome, sample),
        outcome="growth",
        regressors=["openness", *(["log_size"] if control == "initial size" else [])],
        effects=["region", "code"],
        clusters="region",
        weights="size" if weights == "initial output" else None,
    )


def openness_panel(trade: str, outcome: str, sample: str) -> pd.DataFrame:
    """Return ``growth`` by province and sector, and ``openness`` in standard deviations, with ``log_size``, ``size``.

    Openness is imports, exports or both over supply: output, imports, and inflow from other provinces.
    """
    rows = read("io/province_sectors")
    rows = rows[(rows["region"] != "China") & rows["year"].isin([2012, 2017])]
    if sample == "without flagged tables":
        rows = rows[~_is_flagged(rows)]
    if sample == "manufacturing only":
        rows = rows[rows["code"].isin(manufacturing_sectors())]
    value = outcome.replace(" ", "_")
    first, last = (rows[rows["year"] == year].set_index(["region", "code"]) for year in (2012, 2017))
    first = first[first["trade"] == "split"]
    panel = first.join(last[value].rename("end"), how="inner")
    panel = panel[(panel[value] > 0) & (panel["end"] > 0) & (panel["output"] > 0)].reset_index()
    supply = panel["output"] + panel["imports"] + panel["inflow"]
    flows = {"imports and exports": ["imports", "exports"], "imports": ["imports"], "exports": ["exports"]}[trade]
    openness = panel[flows].sum(axis=1) / supply
    return panel[["region", "code"]].assign(
        growth=100 * np.log(panel["end"] / panel[value]) / 5,
        openness=(openness - openness.mean()) / openness.std(),
        share=100 * openness,
        size=panel["output"],
        log_size=np.log(panel[value]),
    )


# ---- what decides the claims of 3.5 ---------------------------------------------------------------------------------


def imported_equipment_change(*, of: str, group: str, region: str, period: str, buyers: str, imports: str) -> float:
    """Change in the part of some equipment bought that comes from abroad, percentage points."""
    first, last = (imported_equipment(region, year, groups()[of][group], buyers, imports) for year in _years(period))
    return last - first


def imported_equipment(
    region: str, year: int, codes: Sequence[str], buyers: str = "investors", imports: str = "supply pool"
) -> float:
    """Part of what is bought of some equipment that comes from abroad, in per cent.

    Parameters
    ----------
    region : str
        One of the delta, or China, whose inflows are all foreign.
    year : int
        A year that tells imports from inflows of other provinces.
    codes : sequence of str
        The equipment.
    buyers : {"investors", "all users"}
        Gross fixed capital formation, or all local users, final and intermediate.
    imports : str
        Import assumption.
    """
    table, codes = table_of(region, year), list(codes)
    bought = table.final_uses["FU201"] if buyers == "investors" else table.intermediate_uses + table.final_demand
    outside = 1 - table.local_shares(imports).fillna(1.0)
    foreign = pd.Series(1.0, table.sectors) if region == "China" else foreign_shares(table).reindex(table.sectors)
    part = (outside * foreign.fillna(0.0) * bought)[codes].sum() / bought[codes].sum()
    return 100 * float(part)


_SERVICES = {"information": ["C29"], "information and business": ["C29", "C32"]}
# Internet services in the nation's detailed tables of either year.
_INTERNET = {2017: ["123"], 2020: ["127"]}


def industry_over_households(*, services: str, year: int, users: str) -> float:
    """Divide what industry buys of some online services by what households buy."""
    bought = service_buyers(services, year)
    return float(bought["manufacturing" if users == "manufacturing" else "industry"] / bought["households"])


def service_buyers(services: str, year: int) -> pd.Series:
    """Purchases of some online services by kind of user, in 100 million yuan, suppliers anywhere.

    Parameters
    ----------
    services : str
        ``"information services in"`` or ``"information and business services in"`` Shanghai or China, or
        ``"internet services in China"``, a sector of the nation's detailed tables.
    year : int
        Table year.

    Returns
    -------
    Series
        ``manufacturing``, ``industry`` (with mining and utilities), ``services``, ``farms and building``,
        ``households``, ``government`` and ``investment``.
    """
    kind, region = services.split(" services in ")
    if kind == "internet":
        table, codes = load_detailed(year), _INTERNET[year]
        common = _common_sector(year)
    else:
        table, codes = table_of(region, year), _SERVICES[kind]
        common = pd.Series(table.sectors, table.sectors)
    by_user = table.Z.loc[codes].sum()
    kinds = common[table.sectors].map(sectors()["group"])
    inside = {
        "manufacturing": common[table.sectors].isin(manufacturing_sectors()),
        "industry": common[table.sectors].isin(industrial_sectors()),
        "services": kinds == "services",
        "farms and building": kinds.isin(["agriculture", "construction"]),
    }
    finals = table.final_uses.loc[codes].sum()
    return pd.Series(
        {name: by_user[mask.to_numpy()].sum() for name, mask in inside.items()}
        | {
            "households": finals[HOUSEHOLDS].sum(),
            "government": finals["FU103"],
            "investment": finals["FU201"],
        }
    )


def weakest_stage(*, anchor: str, region: str, imports: str, year: int) -> float:
    """Pull on the stage of a chain that is pulled least, over the pull of other manufacturing on the same stage."""
    return float(stage_pulls(anchor, region, imports, year)["ratio"].min())


def stage_pulls(anchor: str, region: str, imports: str, year: int) -> pd.DataFrame:
    """Output of each stage that 100 yuan of final demand for an anchor call for, beside other manufacturing's.

    Returns
    -------
    DataFrame
        One row a stage, in the order of the paper: ``anchor`` and ``others`` in yuan, the first round included, the
        product itself not; others are weighted by output; ``ratio`` of the two.
    """
    table = table_of(region, year, imports)
    inverse = leontief_inverse(table).to_numpy() - np.eye(table.n)
    pull = 100 * pd.DataFrame(inverse, table.sectors, table.sectors)
    code = CHAINS[anchor]
    others = [c for c in manufacturing_sectors() if c != code]
    weights = table.output[others] / table.output[others].sum()
    rows = {}
    for stage, members in groups()["stages"].items():
        on_stage = pull.loc[list(members)].sum()
        rows[stage] = {"anchor": on_stage[code], "others": float(on_stage[others] @ weights)}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("stage")
    return frame.assign(ratio=frame["anchor"] / frame["others"])


def most_dependent_stage(*, chain: str, region: str, outside: str, imports: str, year: int) -> float:
    """Part bought outside of what a chain takes from the stage that depends most, in per cent."""
    return float(stage_dependence(chain, region, imports, year)[outside].max())


def stage_dependence(
    chain: str, region: str = "Shanghai", imports: str = "supply pool", year: int = 2017
) -> pd.DataFrame:
    """Show what a chain takes directly from each stage, and the part of it that comes from outside.

    Returns
    -------
    DataFrame
        One row a stage: ``inputs`` in yuan per 100 yuan of the chain's output, ``abroad`` and ``outside the city`` in
        per cent of them, ``other provinces`` the difference.
    """
    table = table_of(region, year)
    code = CHAINS[chain]
    bought = 100 * table.Z[code] / table.output[code]
    away = (1 - table.local_shares(imports).fillna(0.0)) * bought
    foreign = away * foreign_shares(table).reindex(table.sectors).fillna(0.0)
    rows = {}
    for stage, codes in groups()["stages"].items():
        members = list(codes)
        whole = bought[members].sum()
        rows[stage] = {
            "inputs": whole,
            "abroad": 100 * foreign[members].sum() / whole,
            "outside the city": 100 * away[members].sum() / whole,
        }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("stage")
    return frame.assign(**{"other provinces": frame["outside the city"] - frame["abroad"]})


# ---- what the pages show --------------------------------------------------------------------------------------------


def lingang_chains(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Concordance of Lingang's 7+5+4, with the linkages of the sectors that stand for them.

    Returns
    -------
    DataFrame
        ``part``, ``chain`` (English name), ``name_zh``, ``code``, ``sector``, ``fit``, ``holds``, ``besides``, and,
        where a sector stands for the chain: ``backward`` and ``forward`` linkage index under the supply pool, with
        ``backward_low`` to ``forward_high`` over all import assumptions and 95 % of the draws of each; ``technology``
        (backward index, all suppliers); ``backward_rank``, ``backward_best`` and ``backward_worst`` over the same.
    """
    chains = read("report/lingang").rename(columns={"chain": "key", "name_en": "chain"})
    spans = linkage_spans(year, region)
    names = sector_names()
    chains["code"] = chains["code"].where(chains["code"].isin(names.index))
    chains.insert(4, "sector", chains["code"].map(names))
    return chains.join(spans, on="code")


@cache
def linkage_spans(year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Local linkage indices of each sector with their range over import assumptions and draws; see above."""
    lows: dict[str, list[pd.Series]] = {}
    highs: dict[str, list[pd.Series]] = {}
    bests, worsts = [], []
    for imports in LOCAL:
        table = table_of(region, year, imports)
        draws = linkage_draws(table, ["backward_index", "forward_index"], DRAWS, table_noise(region), SEED)
        point = linkages_of(region, year, imports)
        for side in ("backward", "forward"):
            found = rank_intervals(draws[f"{side}_index"])
            lows.setdefault(side, []).append(np.minimum(found["lower"], point[f"{side}_index"]))
            highs.setdefault(side, []).append(np.maximum(found["upper"], point[f"{side}_index"]))
            if side == "backward":
                rank = point["backward_index"].rank(ascending=False, method="min")
                bests.append(np.minimum(found["best_rank"], rank))
                worsts.append(np.maximum(found["worst_rank"], rank))
    main = linkages_of(region, year, LOCAL[0])
    frame = pd.DataFrame({"backward": main["backward_index"], "forward": main["forward_index"]})
    for side in ("backward", "forward"):
        frame[f"{side}_low"] = pd.concat(lows[side], axis=1).min(axis=1)
        frame[f"{side}_high"] = pd.concat(highs[side], axis=1).max(axis=1)
    frame["backward_rank"] = main["backward_index"].rank(ascending=False, method="min").astype(int)
    frame["backward_best"] = pd.concat(bests, axis=1).min(axis=1).astype(int)
    frame["backward_worst"] = pd.concat(worsts, axis=1).max(axis=1).astype(int)
    frame["technology"] = linkages_of(region, year, "competitive")["backward_index"]
    return frame


def services_by_province(years: Sequence[int] = (2002, 2012, 2017), group: str = "narrow") -> pd.DataFrame:
    """Return producer services per 100 yuan of manufacturing output by province and year, direct."""
    rows = [
        {
            "region": region,
            "year": year,
            "content": services_content(region, year, groups()["producer services"][group]),
        }
        for region in ("all four", *DELTA)
        for year in years
    ]
    return pd.DataFrame(rows)


def imported_equipment_path(imports: str = "supply pool") -> pd.DataFrame:
    """Foreign part of equipment bought by investors, in Shanghai and the nation, by year, with the other readings.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value`` (primary reading), ``lower`` and ``upper`` over buyers, assumption and group.
    """
    rows = []
    for region, years in (("Shanghai", (2012, 2017)), ("China", (2007, 2012, 2017, 2020))):
        for year in years:
            found = {
                (buyers, each, name): imported_equipment(region, year, codes, buyers, each)
                for buyers in ("investors", "all users")
                for each in ("supply pool", "exports first")
                for name, codes in groups()["equipment"].items()
            }
            value = found["investors", imports, "machinery and transport"]
            rows.append(
                {
                    "region": region,
                    "year": year,
                    "value": value,
                    "lower": min(found.values()),
                    "upper": max(found.values()),
                }
            )
    return pd.DataFrame(rows)


def stage_table(chains: Sequence[str] = ("vehicles", "electronics", "machinery"), year: int = 2017) -> pd.DataFrame:
    """Dependence of each stage by chain, supply pool, with the range over the assumptions that can tell.

    Returns
    -------
    DataFrame
        ``chain``, ``stage``, ``inputs``, ``abroad``, ``abroad_low``, ``abroad_high``, ``outside`` and its ends, in per
        cent of what the chain takes from the stage.
    """
    rows = []
    for chain in chains:
        found = {imports: stage_dependence(chain, imports=imports, year=year) for imports in LOCAL[:2]}
        for stage in found[LOCAL[0]].index:
            abroad = [frame.loc[stage, "abroad"] for frame in found.values()]
            away = [frame.loc[stage, "outside the city"] for frame in found.values()]
            rows.append(
                {
                    "chain": chain,
                    "stage": stage,
                    "inputs": found[LOCAL[0]].loc[stage, "inputs"],
                    "abroad": abroad[0],
                    "abroad_low": min(abroad),
                    "abroad_high": max(abroad),
                    "outside": away[0],
                    "outside_low": min(away),
                    "outside_high": max(away),
                }
            )
    return pd.DataFrame(rows)


def stage_pull_table(anchor: str = "vehicles", year: int = 2017, region: str = "Shanghai") -> pd.DataFrame:
    """Pull of an anchor on each stage against other manufacturing, with the range over import assumptions.

    Returns
    -------
    DataFrame
        ``stage``, ``anchor`` and ``others`` (yuan in the city per 100 yuan), ``ratio`` with ``lower`` and ``upper``
        over the local assumptions, and ``technology``, the ratio over all suppliers.
    """
    found = {imports: stage_pulls(anchor, region, imports, year) for imports in (*LOCAL, "competitive")}
    ratios = pd.DataFrame({imports: frame["ratio"] for imports, frame in found.items()})
    main = found[LOCAL[0]]
    return pd.DataFrame(
        {
            "anchor": main["anchor"],
            "others": main["others"],
            "ratio": main["ratio"],
            "lower": ratios[list(LOCAL)].min(axis=1),
            "upper": ratios[list(LOCAL)].max(axis=1),
            "technology": ratios["competitive"],
        }
    ).reset_index()


def doubling() -> pd.DataFrame:
    """How long a doubling takes at rates of growth that are printed or measured, and which rate two deadlines need.

    Returns
    -------
    DataFrame
        ``what``, ``growth`` (per cent a year), ``lower`` and ``upper`` (what rounding allows), ``years``, ``years_low``
        and ``years_high`` to double at that rate.
    """
    ledger = load_ledger()
    results = {result.id: result for result in audit(ledger, load_rules())}
    needed = results["K56"].values
    rows: list[tuple[str, Interval | float]] = [
        ("Needed by 2025, from 2020", needed["by_first"]),
        ("Needed by 2035, from 2020", needed["by_last"]),
        ("Industrial value added 2015-2019, as printed", ledger.interval("s2.1.1-c08")),
        ("Industrial value added 2015-2019, one vintage", industrial_growth(measure="revised series 2015-2019")),
        ("Gross industrial output 2015-2019, as printed", ledger.interval("s2.1.1-c09")),
        ("Strategic emerging industries 2015-2019, from printed shares", results["K10"].values["sei_growth"]),
    ]
    found = []
    for what, rate in rows:
        low, value, high = (rate, rate, rate) if isinstance(rate, float) else (rate.lower, rate.midpoint, rate.upper)
        years = [float(np.log(2) / np.log1p(r / 100)) for r in (high, value, low)]
        found.append(
            {"what": what, "growth": value, "lower": low, "upper": high}
            | dict(zip(("years_low", "years", "years_high"), years, strict=True))
        )
    return pd.DataFrame(found)


def buyer_shares(services: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """Shares of the users of :func:`service_buyers`, in per cent of industry, services, households, state, investment.

    Parameters
    ----------
    services : mapping of name to (services, year)
        What is shown under which name.
    """
    found = {name: service_buyers(*which) for name, which in services.items()}
    frame = pd.DataFrame.from_dict(found, orient="index")
    whole = frame.drop(columns="manufacturing").sum(axis=1)
    return (100 * frame.div(whole, axis=0)).rename_axis("of").reset_index()
