"""The measurements that decide the claims of part 4, and the scenarios that its pages show.

The shocks are stated in ``report/scenarios``. Each is worked out on the tables of Shanghai for three years, under every
import assumption, and in draws with the noise that two tables of the city show; what concerns other provinces is worked
out on estimated interregional tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations, product
from typing import Any, cast

import numpy as np
import pandas as pd

from analysis import interregional, regression, scenarios, structure
from analysis.data import document, read
from analysis.ledger import load as load_ledger
from analysis.linkages import leontief_inverse, local_content, primary_input_multipliers
from analysis.tables import ASSUMPTIONS, InputOutputTable, InterregionalTable
from analysis.uncertainty import flow_draws
from analysis.verdicts.claims import groups
from analysis.verdicts.conditions import imported_part
from analysis.verdicts.evidence import (
    EAST,
    _coefficient,
    _years,
    manufacturing_sectors,
    province_sectors,
    resident_population,
    table_of,
)
from analysis.verdicts.leading import sector_names, table_noise
from analysis.verdicts.place import DELTA, HOME, OTHERS, YEAR
from analysis.verdicts.rule import Estimate

# 2002 publishes net trade only, which two of the import assumptions cannot use.
YEARS = (2017, 2012, 2007)
LOCAL = tuple(ASSUMPTIONS)
DRAWS, SEED = 400, 2017
NEIGHBOURS = OTHERS
# What decides an interregional estimate and is not known: how fast trade decays with distance (1.74 is what the
# published tables of eight regions show), which distances count, what becomes of goods in transit, what the rest of
# China is, and the year.
ESTIMATES: dict[str, tuple[Any, ...]] = {
    "decay": (1.74, 0, 1, 2.5),
    "distances": ("centres", "capitals"),
    "transit": ("pool", "netted"),
    "rest": ("residual", "sum"),
    "year": (2017, 2012),
}


# ---- what decides the claims ----------------------------------------------------------------------------------------

_FLOWS = {
    ("other provinces", "sent out"): ["outflow"],
    ("other provinces", "taken in"): ["inflow"],
    ("other provinces", "both ways"): ["outflow", "inflow"],
    ("abroad", "sent out"): ["exports"],
    ("abroad", "taken in"): ["imports"],
    ("abroad", "both ways"): ["exports", "imports"],
}


def node_lead(*, market: str, flow: str, size: str, year: int) -> float:
    """Shanghai's trade with a market over that of the province that has most of it beside Shanghai."""
    trade = market_trade(market, flow, size, year)
    return float(trade[HOME] / trade.drop(HOME).max())


def market_trade(market: str, flow: str = "both ways", size: str = "whole", year: int = YEAR) -> pd.Series:
    """Trade of each province with a market, in 100 million yuan, or per yuan of its value added.

    Provinces whose table does not tell trade with other provinces from that with the world are left out.

    Parameters
    ----------
    market : {"other provinces", "abroad"}
        With whom.
    flow : {"both ways", "sent out", "taken in"}
        Which way.
    size : {"whole", "per yuan of value added"}
        What it is set against.
    year : int
        2012 or 2017.
    """
    rows = province_sectors(year)
    rows = rows[(rows["trade"] == "split") & (rows["region"] != "China")]
    sums = rows.groupby("region")[["outflow", "inflow", "exports", "imports", "value_added"]].sum()
    trade = sums[_FLOWS[market, flow]].sum(axis=1)
    return trade if size == "whole" else trade / sums["value_added"]


def home_share_change(*, of: str, group: str, region: str, home: str, period: str, imports: str, users: str) -> float:
    """Change in the part of some bought inputs that is made at home, percentage points."""
    first, last = (home_share(region, year, groups()[of][group], home, imports, users) for year in _years(period))
    return last - first


def home_share(
    region: str, year: int, codes: Sequence[str], home: str, imports: str, users: str = "manufacturing"
) -> float:
    """Part of what users buy of some products that is made in the region, or in the nation, in per cent.

    Parameters
    ----------
    region : str
        One of the delta.
    year : int
        Table year; with ``home="China"`` one that tells imports from inflows of other provinces.
    codes : sequence of str
        The products.
    home : str
        The region itself, or ``"China"``.
    imports : str
        Import assumption.
    users : {"manufacturing", "all sectors"}
        Who buys.
    """
    if home == "China":
        return 100 - imported_part(region, year, codes, imports, users)
    table, codes = table_of(region, year), list(codes)
    buyers = manufacturing_sectors() if users == "manufacturing" else table.sectors
    bought = table.Z.loc[codes, buyers].sum(axis=1)
    return 100 * float((table.local_shares(imports)[codes].fillna(0.0) * bought).sum() / bought.sum())


def kept_value_ratio(*, of: str, group: str, region: str, imports: str, year: int, weights: str, kept: str) -> float:
    """Value added, or compensation, kept in a yuan of a group's products over that in other manufactured products."""
    table = table_of(region, year, imports)
    content = local_content(table) if kept == "value added" else primary_input_multipliers(table).loc["VA001"]
    members = list(groups()[of][group])
    others = [code for code in manufacturing_sectors() if code not in members]
    inflows = table_of(region, year).inflows
    own, rest = (
        np.average(content[codes], weights=inflows[codes] if weights == "inflows" else None)
        for codes in (members, others)
    )
    return float(own / rest)


def output_per_yuan(*, scenario: str, split: str, region: str, imports: str, year: int) -> float:
    """Output that a yuan of a scenario's demand calls for in the region, in yuan."""
    effects = scenario_effects(scenario, split, year, imports, region)
    return float(effects["output"].sum() / shock_size(scenario))


def delta_reach(
    *, scenario: str, split: str, transit: str, decay: float, distances: str, rest: str, year: int
) -> float:
    """Share of the three provinces in the output called for in other provinces, over their share in that output."""
    estimate = _estimate(year, rest, transit, decay, distances)
    called = estimate.called_for(_demand(scenario, split))
    others = estimate.output.drop(HOME)
    neighbours = list(NEIGHBOURS)
    share = called["output"].drop(HOME)
    return float((share[neighbours].sum() / share.sum()) / (others[neighbours].sum() / others.sum()))


def division_change(*, of: str, group: str, period: str, measure: str, index: str) -> float:
    """Change of the mean distance between the four provinces in their mix of a group's sectors."""
    first, last = (division(year, groups()[of][group], measure, index) for year in _years(period))
    return float(last.mean() - first.mean())


def division(year: int, codes: Sequence[str], measure: str = "output", index: str = "Krugman") -> pd.Series:
    """Distance between each pair of the four in their mix of some sectors.

    Parameters
    ----------
    year : int
        Table year.
    codes : sequence of str
        Sectors; their sum is the whole.
    measure : {"output", "value added"}
        What is compared.
    index : {"Krugman", "cosine"}
        Sum of absolute differences of shares, from 0 to 2; or one less the cosine, from 0 to 1.
    """
    value = "output" if measure == "output" else "total_value_added"
    mix = pd.DataFrame({region: getattr(table_of(region, year), value)[list(codes)] for region in DELTA})
    matrix = structure.krugman_index(mix) if index == "Krugman" else 1 - structure.cosine_similarity(mix)
    return pd.Series({f"{a} - {b}": matrix.loc[a, b] for a, b in combinations(DELTA, 2)}, name=year)


def gathering(*, period: str, start: str, effects: str, sample: str, inference: str) -> Estimate:
    """Change in a location quotient of employment, per cent a year, for twice the quotient at the start."""
    return _coefficient(gathering_regression(period, start, effects, sample), "twice", inference)


@cache
def gathering_regression(
    period: str = "2013-2016", start: str = "same year", effects: str = "industry", sample: str = "all provinces"
) -> regression.Regression:
    """Growth of location quotients on their logarithm to the base of two, clustered by province.

    Parameters
    ----------
    period, start, effects, sample : str
        Options of the claim ``4.6-gather``.
    """
    return regression.fixed_effects(
        gathering_panel(period, start, sample),
        outcome="growth",
        regressors=["twice"],
        effects=["industry"] if effects == "industry" else ["industry", "region"],
        clusters="region",
    )


def gathering_panel(period: str, start: str, sample: str) -> pd.DataFrame:
    """Return ``growth`` of location quotients, per cent a year, and ``twice``, their logarithm at the start."""
    first, last = _years(period)
    rows = read("statistics/industry_quotients")
    wide = rows.pivot(index=["region", "industry"], columns="year", values="quotient")
    before = wide[first if start == "same year" else first - 1]
    panel = pd.DataFrame({"first": wide[first], "last": wide[last], "before": before}).dropna()
    panel = panel[(panel > 0).all(axis=1)].reset_index()
    if sample == "eastern provinces":
        panel = panel[panel["region"].isin(EAST)]
    return panel.assign(
        growth=100 * np.log(panel["last"] / panel["first"]) / (last - first), twice=np.log2(panel["before"])
    )


def pay_ratio(*, of: str, group: str, region: str, imports: str, year: int, average: str) -> float:
    """Compensation in the region in a yuan of a group's products over that in other manufactured products."""
    table = table_of(region, year, imports)
    paid = primary_input_multipliers(table).loc["VA001"]
    members = list(groups()[of][group])
    others = [code for code in manufacturing_sectors() if code not in members]
    own, rest = (
        np.average(paid[codes], weights=table.output[codes] if average == "output" else None)
        for codes in (members, others)
    )
    return float(own / rest)


# ---- scenarios on the tables of Shanghai ----------------------------------------------------------------------------


@cache
def stated() -> dict[str, dict[str, Any]]:
    """Return the stated scenarios by name, as in ``report/scenarios``."""
    found: dict[str, dict[str, Any]] = document("report/scenarios")
    return found


def options(scenario: str) -> list[str]:
    """Return the readings of a scenario, the primary one first."""
    return list(stated()[scenario]["options"])


@cache
def shock_size(scenario: str) -> float:
    """Size of a scenario's demand, in 100 million yuan; that of the projects is the least the paper's figures allow."""
    shock = stated()[scenario]
    if "figures" not in shock:
        return float(shock["size"])
    lower = [load_ledger().interval(figure).lower for figure in shock["figures"]]
    return float(np.prod(lower))


@cache
def scenario_effects(
    scenario: str, option: str, year: int, imports: str = "supply pool", region: str = HOME
) -> pd.DataFrame:
    """Effects of a scenario on the region's sectors, against its published table.

    Parameters
    ----------
    scenario, option : str
        As in ``report/scenarios``; not ``"regions"``, which no table of one region carries.
    year : int
        Table year.
    imports : str
        Import assumption.
    region : str
        One of the delta.

    Returns
    -------
    DataFrame
        By sector, in 100 million yuan: ``direct`` (first-round change in deliveries of local producers), ``output``,
        ``value_added``, ``compensation``, ``leakage`` (change in inflows), and ``jobs``, in persons, estimated.
    """
    table, shock = table_of(region, year), stated()[scenario]
    if shock["kind"] == "value_added_rate":
        effects = _rate_effects(table, imports, shock["points"], shock["options"][option])
    else:
        effects = cast("pd.DataFrame", _cases(scenario, option, year, region).loc[imports])
    return _with_people(effects, table, imports)


@cache
def _cases(scenario: str, option: str, year: int, region: str) -> pd.DataFrame:
    """Effects of a scenario other than a better rate, under every import assumption that the table can carry."""
    table, shock = table_of(region, year), stated()[scenario]
    kind, choice = shock["kind"], shock["options"][option]
    # All assumptions are worked out at once, whichever is named; every table can carry this one.
    named = {"assumption": "net inflow"}
    if kind == "import_substitution":
        share = dict.fromkeys(groups()[choice["group"]][choice["reading"]], shock["share"])
        return scenarios.import_substitution(table, share, **named).cases
    if kind == "more_inputs":
        return scenarios.final_demand_shock(table, _more_inputs(table, scenario, option), **named).cases
    bought = "locally" if scenario == "talent" else "anywhere"
    demand = _demand(scenario, option, year, region)
    return scenarios.final_demand_shock(table, demand, bought=bought, **named).cases


def _demand(scenario: str, option: str, year: int = YEAR, region: str = HOME) -> dict[str, float]:
    """Demand of a scenario by product, in 100 million yuan."""
    choice, size = stated()[scenario]["options"][option], shock_size(scenario)
    if scenario == "infrastructure":
        return {code: size * share for code, share in choice.items()}
    table = table_of(region, year)
    if scenario == "projects":
        spent = table.final_uses["FU201"]
        weights = spent if choice == "all" else spent[list(choice)]
    else:
        weights = table.output[list(groups()[choice["group"]][choice["reading"]])]
    weights = weights[weights != 0]
    return {str(code): float(value) for code, value in (size * weights / weights.sum()).items()}


def _more_inputs(table: InputOutputTable, scenario: str, option: str) -> dict[str, float]:
    choice = stated()[scenario]["options"][option]
    codes = list(groups()[choice["group"]][choice["reading"]])
    bought = table.Z.loc[codes, manufacturing_sectors()].sum(axis=1)
    more: dict[str, float] = (stated()[scenario]["share"] * bought).to_dict()
    return more


def _rate_effects(table: InputOutputTable, imports: str, points: float, how: str) -> pd.DataFrame:
    """More value added in the six fields' manufacturing, by a better price, or by inputs that are no longer bought."""
    local = table.local(imports)
    gain = pd.Series(0.0, index=table.sectors)
    codes = list(groups()["six fields"]["manufacturing"])
    gain[codes] = points / 100 * table.output[codes]
    frame = pd.DataFrame(0.0, index=table.sectors, columns=["direct", "output", "value_added", "leakage"])
    frame["value_added"] = gain
    if how == "inputs":
        inputs = table.Z.sum(axis=0)
        saved = gain / inputs.where(inputs > 0, 1.0)
        lost = -(local.Z * saved).sum(axis=1)
        output = leontief_inverse(local) @ lost
        frame["direct"], frame["output"] = lost, output
        rate = (table.total_value_added / table.output.where(table.active)).fillna(0.0)
        frame["value_added"] += rate * output
        imported = (local.imported / table.output.where(table.active)).fillna(0.0)
        frame["leakage"] = -(local.imported * saved).sum(axis=1) + imported @ output
    return frame


def _with_people(effects: pd.DataFrame, table: InputOutputTable, imports: str) -> pd.DataFrame:
    output = table.output.where(table.active)
    paid = (table.value_added.loc["VA001"] / output).fillna(0.0)
    frame = effects.copy()
    frame["compensation"] = paid * frame["output"]
    frame["jobs"] = persons_per_output(table.region, table.year) * frame["output"]
    frame.attrs = {"unit": table.unit, "assumption": imports}
    return frame


@cache
def persons_per_output(region: str, year: int, level: str = "scaled") -> pd.Series:
    """Persons employed per 100 million yuan of a region's output, by sector: an estimate.

    No table of persons by sector exists for the region. The nation's persons per output by sector are taken
    (``"national"``) and scaled by one factor, so that as large a part of the region's people works as of the nation's
    (``"scaled"``).

    Parameters
    ----------
    region : str
        One of the delta.
    year : int
        2007, 2012 or 2017.
    level : {"scaled", "national"}
        The latter is too high for a region that makes more with each person.
    """
    rows = read("statistics/employment")
    people = rows[rows["year"] == year].set_index("code")["persons"] * 1e4
    nation, table = table_of("China", year), table_of(region, year)
    national = (people / nation.output.where(nation.active)).reindex(table.sectors).where(table.active, 0.0).fillna(0.0)
    if level == "national":
        return national
    scaled: pd.Series = national * (implied_employment(region, year) / float((national * table.output).sum()))
    return scaled


def implied_employment(region: str, year: int) -> float:
    """Persons employed in a region if as large a part of its people worked as of the nation's."""
    rows = read("statistics/employment")
    people = resident_population().loc[year]
    return float(rows.loc[rows["year"] == year, "persons"].sum() * 1e4 * people[region] / people.sum())


@cache
def _drawn(region: str, year: int) -> np.ndarray:
    """Input coefficients of the region's table, of any origin, with the noise that two of its tables show."""
    table = table_of(region, year)
    return flow_draws(table, DRAWS, table_noise(region), SEED).coefficients


@cache
def drawn_value_added(
    scenario: str, option: str, year: int, imports: str = "supply pool", region: str = HOME
) -> pd.DataFrame:
    """Value added of a scenario by sector in each draw, in 100 million yuan.

    Row sums of flows are kept in the draws, and so are local shares and what is replaced in the first round.
    """
    table, shock = table_of(region, year), stated()[scenario]
    A, r = _drawn(region, year), table.local_shares(imports).fillna(0.0).to_numpy()
    choice = shock["options"][option]
    v = (table.total_value_added / table.output.where(table.active)).fillna(0.0).to_numpy()
    extra: float | np.ndarray = 0.0
    if shock["kind"] == "value_added_rate":
        gain = np.zeros(table.n)
        place = table.sectors.get_indexer(list(groups()["six fields"]["manufacturing"]))
        gain[place] = shock["points"] / 100 * table.output.to_numpy()[place]
        extra = gain
        if choice == "price":
            return pd.DataFrame(np.tile(gain, (DRAWS, 1)), columns=table.sectors)
        inputs = A.sum(axis=1)
        saved = np.divide(gain, inputs, out=np.zeros_like(inputs), where=inputs > 0)
        direct = -(r[None, :] * (A @ saved[..., None])[..., 0])
    elif shock["kind"] == "import_substitution":
        codes = list(groups()[choice["group"]][choice["reading"]])
        share = pd.Series(0.0, table.sectors)
        share[codes] = shock["share"]
        more = share.to_numpy() * (1 - r)
        direct = more * (table.intermediate_uses + table.final_demand).to_numpy()
        r = r + more
    else:
        demand = (
            _more_inputs(table, scenario, option)
            if shock["kind"] == "more_inputs"
            else _demand(scenario, option, year, region)
        )
        direct = pd.Series(demand).reindex(table.sectors, fill_value=0.0).to_numpy()
        direct = direct if scenario == "talent" else r * direct
    direct = np.broadcast_to(direct, (len(A), table.n))
    output = np.linalg.solve(np.eye(table.n) - r[:, None] * A, direct[..., None])[..., 0]
    return pd.DataFrame(extra + v * output, columns=table.sectors)


def per_100(scenario: str, option: str, year: int, imports: str, region: str = HOME) -> float:
    """Return what effects are set against: 1/100 of its demand, of what is replaced, or of the yuan gained."""
    shock, table = stated()[scenario], table_of(region, year)
    if shock["kind"] == "import_substitution":
        return float(scenario_effects(scenario, option, year, imports, region)["direct"].sum()) / 100
    if shock["kind"] == "more_inputs":
        return sum(_more_inputs(table, scenario, option).values()) / 100
    if shock["kind"] == "value_added_rate":
        codes = list(groups()["six fields"]["manufacturing"])
        gained: float = shock["points"] / 100 * float(table.output[codes].sum()) / 100
        return gained
    return shock_size(scenario) / 100


def scenario_readings(scenario: str, years: Sequence[int] = YEARS) -> pd.DataFrame:
    """Value added of a scenario in the city, per 100 yuan of the shock, under every reading.

    Returns
    -------
    DataFrame
        One row a reading, the primary first: ``option``, ``year``, ``imports``, ``value`` (yuan of value added per 100
        yuan of the shock), ``lower`` and ``upper`` in 95 % of the draws, ``output`` and ``leakage`` per 100 yuan,
        ``value_added`` (100 million yuan), and ``primary``. Readings in which nothing can be replaced are left out.
    """
    rows = []
    for option, year, imports in product(options(scenario), years, LOCAL):
        unit = per_100(scenario, option, year, imports)
        if not unit:
            continue
        effects = scenario_effects(scenario, option, year, imports).sum()
        drawn = drawn_value_added(scenario, option, year, imports).sum(axis=1)
        lower, upper = np.quantile(drawn / unit, [0.025, 0.975])
        value = effects["value_added"] / unit
        rows.append(
            {
                "option": option,
                "year": year,
                "imports": imports,
                "value": value,
                # The noise has no direction, but what it does to a multiplier has: the point may lie at an end.
                "lower": min(lower, value),
                "upper": max(upper, value),
                "output": effects["output"] / unit,
                "leakage": effects["leakage"] / unit,
                "value_added": effects["value_added"],
            }
        )
    frame = pd.DataFrame(rows)
    first = (frame["option"] == options(scenario)[0]) & (frame["year"] == years[0]) & (frame["imports"] == LOCAL[0])
    return frame.assign(primary=first)


def scenario_rows(scenario: str) -> pd.DataFrame:
    """Return readings of a scenario for a chart: the primary one, then what each choice alone does, with a label.

    Returns
    -------
    DataFrame
        The rows of :func:`scenario_readings` that differ from the primary in one choice at most, with ``reading``.
    """
    frame = scenario_readings(scenario)
    main = frame[frame["primary"]].iloc[0]
    names = [name for name in ("imports", "year", "option") if frame[name].nunique() > 1]
    changed = sum((frame[name] != main[name]).astype(int) for name in names)
    kept: pd.DataFrame = frame[changed <= 1].copy()
    labels = []
    for _, row in kept.iterrows():
        other = [str(row[name]) for name in names if row[name] != main[name]]
        labels.append(other[0] if other else f"primary: {main['option']}, {main['imports']}, {main['year']}")
    kept.insert(0, "reading", labels)
    return kept.sort_values("primary", ascending=False, kind="stable").reset_index(drop=True)


def scenario_span(scenario: str, column: str = "value") -> pd.Series:
    """Return the primary value and the range over every reading and draw: ``value``, ``lowest``, ``highest``."""
    frame = scenario_readings(scenario)
    main = frame[frame["primary"]].iloc[0]
    low, high = ("lower", "upper") if column == "value" else (column, column)
    return pd.Series({"value": main[column], "lowest": frame[low].min(), "highest": frame[high].max()})


def gainers(scenario: str, count: int = 8, year: int = YEAR) -> pd.DataFrame:
    """Sectors that gain most by a scenario, primary reading, with the range over assumptions and draws.

    Returns
    -------
    DataFrame
        One row a sector, the largest gain first: ``sector``, ``value_added`` in million yuan, ``lower`` and ``upper``
        over all import assumptions with 95 % of the draws of each, ``rank``, ``best_rank`` and ``worst_rank`` over the
        same, ``compensation`` in million yuan and ``jobs`` in persons (estimated).
    """
    option = options(scenario)[0]
    main = scenario_effects(scenario, option, year, LOCAL[0])
    lows, highs, bests, worsts = [], [], [], []
    for imports in LOCAL:
        if not per_100(scenario, option, year, imports):
            continue
        drawn = drawn_value_added(scenario, option, year, imports)
        point = scenario_effects(scenario, option, year, imports)["value_added"]
        ranks = drawn.rank(axis=1, ascending=False, method="min")
        lows.append(np.minimum(drawn.quantile(0.025), point))
        highs.append(np.maximum(drawn.quantile(0.975), point))
        bests.append(ranks.quantile(0.025, interpolation="lower"))
        worsts.append(ranks.quantile(0.975, interpolation="higher"))
    found = pd.DataFrame(
        {
            "sector": sector_names()[main.index],
            "value_added": 100 * main["value_added"],
            "lower": 100 * pd.concat(lows, axis=1).min(axis=1),
            "upper": 100 * pd.concat(highs, axis=1).max(axis=1),
            "rank": main["value_added"].rank(ascending=False, method="min").astype(int),
            "best_rank": pd.concat(bests, axis=1).min(axis=1).astype(int),
            "worst_rank": pd.concat(worsts, axis=1).max(axis=1).astype(int),
            "compensation": 100 * main["compensation"],
            "jobs": main["jobs"],
        }
    )
    found["best_rank"] = found[["rank", "best_rank"]].min(axis=1)
    found["worst_rank"] = found[["rank", "worst_rank"]].max(axis=1)
    return found.sort_values("value_added", ascending=False).head(count)


def jobs(scenario: str, year: int = YEAR) -> pd.Series:
    """Persons whose work a scenario takes in the city: ``scaled`` and ``national`` in the primary reading, and range.

    Returns
    -------
    Series
        ``scaled``, ``national``, and ``lowest`` and ``highest`` over import assumptions, options and both levels, but
        for those under which nothing can be replaced.
    """
    found = {}
    for option, imports, level in product(options(scenario), LOCAL, ("scaled", "national")):
        if not per_100(scenario, option, year, imports):
            continue
        output = scenario_effects(scenario, option, year, imports)["output"]
        found[option, imports, level] = float((persons_per_output(HOME, year, level) * output).sum())
    values, main = pd.Series(found), (options(scenario)[0], LOCAL[0])
    return pd.Series(
        {
            "scaled": found[(*main, "scaled")],
            "national": found[(*main, "national")],
            "lowest": values.min(),
            "highest": values.max(),
        }
    )


def spans() -> pd.DataFrame:
    """Put the scenarios that the tables of Shanghai carry side by side, in the order of the paper.

    Returns
    -------
    DataFrame
        ``section``, ``short``, ``shock``, ``value`` (yuan of value added in Shanghai per 100 yuan of the shock),
        ``lowest`` and ``highest`` over all readings and draws, ``persons`` per million yuan of the shock (estimated),
        ``readings``.
    """
    rows = []
    for scenario in ("projects", "base", "technology", "infrastructure", "talent"):
        span, shock = scenario_span(scenario), stated()[scenario]
        million = per_100(scenario, options(scenario)[0], YEARS[0], LOCAL[0]) * 100 * 100
        rows.append(
            {
                "section": shock["section"],
                "short": shock["short"],
                "shock": shock["en"],
                **span,
                "persons": jobs(scenario)["scaled"] / million,
                "readings": len(scenario_readings(scenario)),
            }
        )
    return pd.DataFrame(rows)


def home_paths(of: str = "key inputs", group: str = "narrow") -> pd.DataFrame:
    """Part of the key inputs of Shanghai's manufacturing that is made in the city, and in China, in per cent.

    Returns
    -------
    DataFrame
        ``made``, ``imports`` (assumption), and one column a year; a year that cannot tell is missing.
    """
    codes, rows = groups()[of][group], []
    for home, imports in product((HOME, "China"), LOCAL[:2]):
        row: dict[str, Any] = {"made": f"in {home}", "imports": imports}
        for year in sorted(YEARS):
            known = home == HOME or year > 2007
            row[str(year)] = home_share(HOME, year, codes, home, imports) if known else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def income_shares(codes: Sequence[str], years: Sequence[int] = (2002, 2007, 2012, 2017)) -> pd.DataFrame:
    """Return what 100 yuan of some sectors' output earn, by province and year.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``value_added``, ``compensation``, ``taxes``, ``depreciation`` and ``surplus``, in yuan.
    """
    names = dict(
        zip(("VA001", "VA002", "VA003", "VA004"), ("compensation", "taxes", "depreciation", "surplus"), strict=True)
    )
    rows = []
    for region, year in product((*DELTA, "China"), years):
        table = table_of(region, year)
        parts = 100 * table.value_added[list(codes)].sum(axis=1) / table.output[list(codes)].sum()
        rows.append({"region": region, "year": year, "value_added": parts.sum()} | parts.rename(names).to_dict())
    return pd.DataFrame(rows)


def pay_and_people(codes: Sequence[str], year: int = YEAR) -> pd.DataFrame:
    """Compensation and persons in Shanghai per 100 yuan, and per million yuan, of some products, with their range.

    Returns
    -------
    DataFrame
        One row a product, and one for other manufacturing together: ``product``, ``pay`` (yuan in 100, supply pool),
        ``pay_low`` and ``pay_high`` over import assumptions, ``persons`` per million yuan (estimated), ``persons_low``
        and ``persons_high`` over assumptions and both levels of :func:`persons_per_output`.
    """
    others = [code for code in manufacturing_sectors() if code not in codes]
    output = table_of(HOME, year).output
    found: dict[str, dict[str, list[float]]] = {}
    for imports, level in product(LOCAL, ("scaled", "national")):
        table = table_of(HOME, year, imports)
        pay = 100 * primary_input_multipliers(table).loc["VA001"]
        # 100 million yuan are a hundred millions.
        people = persons_per_output(HOME, year, level) @ leontief_inverse(table) / 100
        rows = {sector_names()[code]: (pay[code], people[code]) for code in codes}
        rows["Other manufacturing"] = tuple(np.average(v[others], weights=output[others]) for v in (pay, people))
        for name, (paid, persons) in rows.items():
            kept = found.setdefault(name, {"pay": [], "persons": []})
            kept["pay"].append(float(paid))
            kept["persons"].append(float(persons))
    return pd.DataFrame(
        [
            {"product": name}
            | {
                f"{key}{end}": value
                for key, values in kept.items()
                for end, value in (("", values[0]), ("_low", min(values)), ("_high", max(values)))
            }
            for name, kept in found.items()
        ]
    )


# ---- scenarios on estimated interregional tables --------------------------------------------------------------------


class _System:
    """An estimated interregional table taken apart, with its inverse."""

    def __init__(self, table: InterregionalTable) -> None:
        self.regions, self.sectors = table.regions, table.sectors
        self.table = table
        x = table.output.to_numpy()
        per_output = np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
        self.x, self.A = x, table.Z.to_numpy() * per_output
        self.v = table.total_value_added.to_numpy() * per_output
        self.inverse = np.linalg.inv(np.eye(len(x)) - self.A)
        self.output = self._by_region(x)

    def _by_region(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values.reshape(len(self.regions), -1).sum(axis=1), index=self.regions)

    def _bought(self, region: str) -> tuple[np.ndarray, np.ndarray]:
        """Purchases of all users of a region by origin and product (regions x products), and from abroad."""
        t, shape = self.table, (len(self.regions), len(self.sectors))
        inside = t.Z[region].sum(axis=1) + t.final_uses[region].sum(axis=1)
        abroad = t.imported[region].sum(axis=1) + t.imported_final[region].sum(axis=1)
        return inside.to_numpy().reshape(shape), abroad.to_numpy()

    def called_for(self, demand: Mapping[str, float], region: str = HOME) -> pd.DataFrame:
        """Output and value added by region that a demand of a region's residents calls for."""
        inside, abroad = self._bought(region)
        d = pd.Series(demand).reindex(self.sectors, fill_value=0.0).to_numpy()
        whole = inside.sum(axis=0) + abroad
        shares = np.divide(inside, whole, out=np.zeros_like(inside), where=whole > 0)
        output = self.inverse @ (shares * d).ravel()
        return pd.DataFrame({"output": self._by_region(output), "value_added": self._by_region(self.v * output)})

    def resourced(self, codes: Sequence[str], share: float, region: str = HOME) -> pd.DataFrame:
        """Move a share of what a region's users buy from the rest of China and abroad to the three provinces.

        The three deliver more in the proportion in which they deliver the product already.
        """
        t = self.table
        n, place = len(self.sectors), {r: k for k, r in enumerate(self.regions)}
        inside, _ = self._bought(region)
        rest, users = place["Rest of China"], place[region]
        A, direct = self.A.copy(), np.zeros(len(self.x))
        columns = slice(users * n, (users + 1) * n)
        x = self.x[columns]
        moved_abroad = 0.0
        for code in codes:
            i = self.sectors.get_loc(code)
            row = rest * n + i
            by_neighbour = inside[[place[r] for r in NEIGHBOURS], i]
            weights = by_neighbour / by_neighbour.sum()
            imported = t.imported[region].loc[code].to_numpy()
            per_output = np.divide(imported, x, out=np.zeros_like(x), where=x > 0)
            from_rest = share * self.A[row, columns]
            final_rest = share * t.final_uses[region].to_numpy()[row].sum()
            final_abroad = share * t.imported_final[region].loc[code].sum()
            A[row, columns] -= from_rest
            direct[row] -= from_rest @ x + final_rest
            moved = from_rest + share * per_output
            moved_abroad += share * imported.sum() + final_abroad
            for weight, r in zip(weights, NEIGHBOURS, strict=True):
                to = place[r] * n + i
                A[to, columns] += weight * moved
                direct[to] += weight * (moved @ x + final_rest + final_abroad)
        output = np.linalg.solve(np.eye(len(self.x)) - A, direct)
        frame = pd.DataFrame(
            {
                "direct": self._by_region(direct),
                "output": self._by_region(output),
                "value_added": self._by_region(self.v * output),
            }
        )
        frame.attrs = {"from abroad": moved_abroad}
        return frame


@cache
def _estimate(year: int, rest: str, transit: str, decay: float, distances: str) -> _System:
    accounts = interregional.delta_accounts(year, rest)
    units = accounts.membership.index
    between = interregional.distances_between(pd.Series(units, index=units), distances)
    estimate = interregional.estimate_interregional(accounts, distances=between, decay=float(decay), transit=transit)
    return _System(estimate.table)


def estimates(years: Sequence[int] = ESTIMATES["year"]) -> list[dict[str, Any]]:
    """Choices of every interregional estimate, the primary one first."""
    every = (dict(zip(ESTIMATES, choice, strict=True)) for choice in product(*ESTIMATES.values()))
    # Without decay distances do not enter.
    return [e for e in every if e["year"] in years and (e["decay"] or e["distances"] == "centres")]


def estimated_tables(year: int = 2017) -> list[InterregionalTable]:
    """Return the interregional tables of :func:`estimates` of one year, the primary one first."""
    names = ("year", "rest", "transit", "decay", "distances")
    return [_estimate(**{k: made[k] for k in names}).table for made in estimates((year,))]


def reach_estimates(scenario: str, option: str | None = None) -> pd.DataFrame:
    """Where 100 yuan of a scenario's demand in Shanghai become value added: a row an estimate, a column a region.

    Returns
    -------
    DataFrame
        In yuan, the primary estimate first; ``Abroad`` is the rest of the hundred.
    """
    found = []
    for choice in estimates():
        system = _estimate(**{k: choice[k] for k in ("year", "rest", "transit", "decay", "distances")})
        demand = _demand(scenario, option or options(scenario)[0], choice["year"])
        added = 100 * system.called_for(demand)["value_added"] / sum(demand.values())
        added["Abroad"] = 100 - added.sum()
        found.append(added)
    return pd.DataFrame(found).reset_index(drop=True)


def reach_by_region(scenario: str, option: str | None = None) -> pd.DataFrame:
    """Return ``value`` of the primary estimate, ``lowest`` and ``highest`` of :func:`reach_estimates`, by region."""
    frame = reach_estimates(scenario, option)
    result = pd.DataFrame({"value": frame.iloc[0], "lowest": frame.min(), "highest": frame.max()})
    return result.rename_axis("region")


def resourcing_gains(option: str | None = None) -> pd.DataFrame:
    """Who gains by the scenario ``"regions"``, over all interregional estimates.

    Returns
    -------
    DataFrame
        One row a region: ``best_rank`` and ``worst_rank`` of its gain over all estimates; ``value_added`` in the
        primary one, in 100 million yuan, with ``lowest`` and ``highest`` over all estimates of the same year; and
        ``per_100``, ``per_100_lowest`` and ``per_100_highest``, in yuan of value added for 100 yuan that move, over all
        estimates of both years.
    """
    shock = stated()["regions"]
    choice = shock["options"][option or options("regions")[0]]
    codes = groups()[choice["group"]][choice["reading"]]
    added, shares, years = [], [], []
    for made in estimates():
        system = _estimate(**{k: made[k] for k in ("year", "rest", "transit", "decay", "distances")})
        effects = system.resourced(codes, shock["share"])
        moved = effects["direct"].clip(lower=0).sum()
        added.append(effects["value_added"])
        shares.append(100 * effects["value_added"] / moved)
        years.append(made["year"])
    values, relative = pd.DataFrame(added), pd.DataFrame(shares)
    same = values[np.array(years) == years[0]]
    return pd.DataFrame(
        {
            "best_rank": relative.rank(axis=1, ascending=False).min().astype(int),
            "worst_rank": relative.rank(axis=1, ascending=False).max().astype(int),
            "value_added": values.iloc[0],
            "lowest": same.min(),
            "highest": same.max(),
            "per_100": relative.iloc[0],
            "per_100_lowest": relative.min(),
            "per_100_highest": relative.max(),
        }
    ).rename_axis("region")
