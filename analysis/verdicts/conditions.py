"""What decides the claims of section 2.2, and what its pages show beside the verdicts.

Functions that measure a claim take its choices and fixed settings as keywords and return the quantity in its unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from analysis.data import read
from analysis.linkages import embodied_inputs, foreign_shares, input_shares, local_content
from analysis.tables import InputOutputTable
from analysis.uncertainty import flow_draws, linkage_draws
from analysis.verdicts.claims import declared, groups
from analysis.verdicts.evidence import (
    _is_flagged,
    _years,
    content_per_100,
    linkages_of,
    manufacturing_sectors,
    province_sectors,
    table_of,
)
from analysis.verdicts.leading import sector_names, table_noise
from analysis.verdicts.place import DELTA, HOME, YEAR
from analysis.verdicts.rule import Estimate

YEARS = (2002, 2007, 2012, 2017)
LOCAL = ("supply pool", "exports first", "net inflow")
REGIONS = (*DELTA, "China")
DRAWS, SEED = 1000, 2017
# What the products that section 2.2.1 names are made in.
SHORT = {"C13": "Non-metal minerals", "C14": "Basic metals", "C15": "Metal products", "C20": "Instruments"}


# ---- 2.2.1 base capability ------------------------------------------------------------------------------------------


def imported_inputs_change(*, of: str, group: str, region: str, period: str, imports: str, users: str) -> float:
    """Change in the part of some bought inputs that comes from abroad, percentage points."""
    first, last = (imported_part(region, year, groups()[of][group], imports, users) for year in _years(period))
    return last - first


def imported_part(region: str, year: int, codes: Sequence[str], imports: str, users: str) -> float:
    """Part of what users buy of some products that comes from abroad, in per cent.

    Parameters
    ----------
    region : str
        One of the delta, or China.
    year : int
        A year whose table tells foreign imports apart: 2012 or 2017; for China any.
    codes : sequence of str
        The products.
    imports : str
        An import assumption, or ``"published"`` for the nation's tables of imported inputs (2017 and 2020).
    users : {"manufacturing", "all sectors"}
        Who buys.
    """
    table, codes = table_of(region, year), list(codes)
    buyers = manufacturing_sectors() if users == "manufacturing" else table.sectors
    bought = table.Z.loc[codes, buyers].sum(axis=1)
    if imports == "published":
        flows = read(f"io/{region.lower()}_{year}_imports")
        abroad = flows.loc[flows["row"].isin(codes) & flows["column"].isin(buyers), "value"].sum()
        return 100 * float(abroad / bought.sum())
    outside = (1 - table.local_shares(imports)[codes]) * bought
    # A nation's inflows are all foreign.
    foreign = pd.Series(1.0, codes) if region == "China" else foreign_shares(table).reindex(codes)
    return 100 * float((outside * foreign)[outside > 0].sum() / bought.sum())


def value_rate_change(*, of: str, group: str, region: str, period: str, measure: str, mix: str) -> float:
    """Change in value added per 100 yuan of a group's output; ``mix`` says whose weights the last year has."""
    codes, (first, last) = list(groups()[of][group]), (table_of(region, year) for year in _years(period))
    weights = [first.output[codes], (last if mix == "actual" else first).output[codes]]
    before, after = (100 * value_rates(table, measure)[codes] for table in (first, last))
    return float(np.average(after, weights=weights[1]) - np.average(before, weights=weights[0]))


_ITEMS = {
    "value added": ["VA001", "VA002", "VA003", "VA004"],
    "without net taxes": ["VA001", "VA003", "VA004"],
    "compensation and surplus": ["VA001", "VA004"],
}


def value_rates(table: InputOutputTable, measure: str = "value added") -> pd.Series:
    """Value added, or some of its items, over output, for the sectors with output."""
    return (table.value_added.loc[_ITEMS[measure]].sum() / table.output)[table.active]


def local_content_change(*, of: str, group: str, region: str, period: str, imports: str, average: str) -> float:
    """Change in value added at home per 100 yuan of a group's products."""
    codes = list(groups()[of][group])
    first, last = (content_at_home(region, year, codes, imports, average) for year in _years(period))
    return last - first


def content_at_home(region: str, year: int, codes: Sequence[str], imports: str, average: str = "output") -> float:
    """Value added in the region in 100 yuan of some of its products, over all rounds, see ``local_content``."""
    table, codes = table_of(region, year, imports), list(codes)
    weights = table.output[codes] if average == "output" else None
    return 100 * float(np.average(local_content(table)[codes], weights=weights))


def imported_parts(codes: Sequence[str], users: str = "manufacturing") -> pd.DataFrame:
    """Part of bought parts and materials that comes from abroad, by region and year.

    Returns
    -------
    DataFrame
        ``region``, ``year``, one column for each import assumption, and ``published`` where the nation's imported
        inputs are; per cent.
    """
    years = {region: (2012, 2017) for region in DELTA} | {"China": (2007, 2012, 2017, 2020)}
    rows = []
    for region in REGIONS:
        for year in years[region]:
            row = {"region": region, "year": year}
            row |= {imports: imported_part(region, year, codes, imports, users) for imports in LOCAL}
            if region == "China" and year >= 2017:
                row["published"] = imported_part(region, year, codes, "published", users)
            rows.append(row)
    return pd.DataFrame(rows)


def base_rates(codes: Sequence[str], regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Value added per 100 yuan of output of a group, by region and year; and at Shanghai's mix of sectors.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``rate``, ``at Shanghai's mix``.
    """
    codes, rows = list(codes), []
    for region in regions:
        for year in YEARS:
            table = table_of(region, year)
            rate = 100 * value_rates(table)[codes]
            own, city = (t.output[codes] for t in (table, table_of(HOME, year)))
            mixes = {"rate": own, f"at {HOME}'s mix": city}
            rows.append(
                {"region": region, "year": year}
                | {name: float(np.average(rate, weights=weights)) for name, weights in mixes.items()}
            )
    return pd.DataFrame(rows)


def base_profile(codes: Sequence[str], year: int = YEAR, region: str = HOME) -> pd.DataFrame:
    """Collect what each base sector earns, pushes and takes from outside.

    Returns
    -------
    DataFrame
        ``sector``; ``rate`` (value added, yuan in 100 of output), ``change`` of it since 2012; ``home`` (value added at
        home in 100 yuan of product), ``push`` (forward linkage index), ``abroad`` and ``provinces`` (parts of supply
        from outside, per cent), all three under the supply pool.
    """
    codes, table, before = list(codes), table_of(region, year), table_of(region, 2012)
    outside, foreign = 100 * (1 - table.local_shares("supply pool")), foreign_shares(table)
    frame = pd.DataFrame(
        {
            "sector": sector_names().replace({sector_names()[c]: name for c, name in SHORT.items()})[codes],
            "rate": 100 * value_rates(table)[codes],
            "change": 100 * (value_rates(table) - value_rates(before))[codes],
            "home": 100 * local_content(table_of(region, year, "supply pool"))[codes],
            "push": linkages_of(region, year, "supply pool")["forward_index"][codes],
            "abroad": (outside * foreign)[codes],
        }
    )
    return frame.assign(provinces=outside[codes] - frame["abroad"])


def home_content(codes: Sequence[str], year: int = YEAR) -> pd.DataFrame:
    """Value added at home in 100 yuan of base products, by region, under each import assumption.

    Returns
    -------
    DataFrame
        One row a region: one column an assumption; ``lower`` and ``upper`` of the supply pool in 95 % of the draws with
        the noise that the region's own tables show, and ``lowest``, the share of draws in which it is the lowest of the
        four (missing for the nation).
    """
    codes = list(codes)
    rows = {region: {imports: content_at_home(region, year, codes, imports) for imports in LOCAL} for region in REGIONS}
    drawn = _content_draws(tuple(codes), year)
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")
    frame["lower"], frame["upper"] = drawn.quantile(0.025), drawn.quantile(0.975)
    frame["lowest"] = drawn.idxmin(axis=1).value_counts(normalize=True).reindex(drawn.columns, fill_value=0)
    return frame


@cache
def _content_draws(codes: tuple[str, ...], year: int) -> pd.DataFrame:
    drawn = {}
    for place, region in enumerate(DELTA):
        table = table_of(region, year, "supply pool")
        content = linkage_draws(table, "local_content", DRAWS, table_noise(region), SEED + place)[list(codes)]
        drawn[region] = 100 * content @ table.output[list(codes)] / table.output[list(codes)].sum()
    return pd.DataFrame(drawn)


# ---- 2.2.2 joint innovation -----------------------------------------------------------------------------------------


def vehicle_communications_change(*, of: str, inputs: str, users: str, region: str, period: str, depth: str) -> float:
    """Change in electronics and information services per 100 yuan of transport equipment, any origin."""
    first, last = (
        content_per_100(table_of(region, year), groups()[of][inputs], users, depth) for year in _years(period)
    )
    return last - first


def research_through_parts_change(
    *, of: str, group: str, parts: str, suppliers: Sequence[str], region: str, period: str, imports: str, depth: str
) -> float:
    """Change in research services that reach 100 yuan of machines through the parts and materials in them."""
    first, last = (
        research_through_parts(
            table_of(region, year, imports), groups()[of][group], groups()["base parts"][parts], suppliers, depth
        )
        for year in _years(period)
    )
    return last - first


def research_through_parts(
    table: InputOutputTable,
    machines: Sequence[str],
    parts: Sequence[str],
    suppliers: Sequence[str] = ("C33",),
    depth: str = "all rounds",
) -> float:
    """Research services in the parts and materials of 100 yuan of machines, in yuan.

    Parameters
    ----------
    table : InputOutputTable
        Competitive for suppliers anywhere, local for those in the region.
    machines, parts, suppliers : sequence of str
        Sector codes of the products, of what they are made of, and of research services.
    depth : {"all rounds", "direct"}
        Whether all research behind a part counts, or only what its maker bought itself.

    Returns
    -------
    float
        Σ_i e_i a_ij over the parts i, averaged over the machines j by output; e_i is research in a unit of part i.
    """
    research = (input_shares if depth == "direct" else embodied_inputs)(table, list(suppliers))
    machines, parts = list(machines), [code for code in parts if table.active[code]]
    carried = table.Z.loc[parts, machines].mul(research[parts], axis=0).sum()
    return 100 * float(carried.sum() / table.output[machines].sum())


def vehicle_inputs(regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Electronics and information services bought for 100 yuan of transport equipment, by region, year and kind.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``input`` (electronics, information services), ``yuan``.
    """
    kinds = {"electronics": ["C19"], "information services": ["C29"]}
    rows = [
        {
            "region": region,
            "year": year,
            "input": name,
            "yuan": content_per_100(table_of(region, year), codes, ["C17"], "direct"),
        }
        for region in regions
        for year in (*YEARS, *((2020,) if region == "China" else ()))
        for name, codes in kinds.items()
    ]
    return pd.DataFrame(rows)


def vehicle_order(year: int = YEAR) -> pd.DataFrame:
    """Electronics and information services in 100 yuan of transport equipment with the noise of each region's tables.

    Returns
    -------
    DataFrame
        One row a province of the delta: ``yuan``, ``lower`` and ``upper`` in 95 % of the draws, ``lowest`` and
        ``highest``, the shares of draws in which it is so among the four.
    """
    drawn, seen = {}, {}
    for place, region in enumerate(DELTA):
        table = table_of(region, year)
        rows, column = table.sectors.get_indexer(["C19", "C29"]), table.sectors.get_loc("C17")
        flows = flow_draws(table, DRAWS, table_noise(region), SEED + place).Z[:, rows, column].sum(axis=1)
        drawn[region] = 100 * flows / table.output["C17"]
        seen[region] = content_per_100(table, ["C19", "C29"], ["C17"], "direct")
    draws = pd.DataFrame(drawn)
    return pd.DataFrame(
        {
            "yuan": seen,
            "lower": draws.quantile(0.025),
            "upper": draws.quantile(0.975),
            "lowest": _often(draws.idxmin(axis=1)),
            "highest": _often(draws.idxmax(axis=1)),
        }
    ).rename_axis("region")


def _often(names: pd.Series) -> pd.Series:
    return names.value_counts(normalize=True).reindex(list(DELTA), fill_value=0.0)


def research_in_machines(regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Research services in 100 yuan of machines: bought by their maker, through parts and materials, and otherwise.

    Returns
    -------
    DataFrame
        ``region``, ``year``, ``way``, ``yuan``; the primary reading of both groups, suppliers anywhere.
    """
    machines, parts = list(groups()["assembly"]["narrow"]), groups()["base parts"]["named"]
    rows = []
    for region in regions:
        for year in YEARS:
            table = table_of(region, year)
            total = content_per_100(table, ["C33"], machines, "all rounds")
            ways = {
                "bought by their maker": content_per_100(table, ["C33"], machines, "direct"),
                "through parts and materials": research_through_parts(table, machines, parts),
            }
            ways["through other inputs"] = total - sum(ways.values())
            rows += [{"region": region, "year": year, "way": way, "yuan": yuan} for way, yuan in ways.items()]
    return pd.DataFrame(rows)


# ---- 2.2.3 embeddedness ---------------------------------------------------------------------------------------------


def local_purchases_change(*, region: str, period: str, imports: str, buyers: str, inputs: str, basket: str) -> float:
    """Change in the part of inputs that is bought in the region; ``basket`` says whose purchases the last year has."""
    first, last = _years(period)
    before = local_purchases(region, first, imports, buyers, inputs)
    return local_purchases(region, last, imports, buyers, inputs, last if basket == "actual" else first) - before


def local_purchases(
    region: str,
    year: int,
    imports: str,
    buyers: str = "manufacturing",
    inputs: str = "all inputs",
    basket: int | None = None,
) -> float:
    """Part of inputs bought in the region, in per cent.

    Parameters
    ----------
    region, year, imports : str, int, str
        Whose table, and what is assumed to be local in it.
    buyers : {"manufacturing", "all sectors"}
        Who buys.
    inputs : {"all inputs", "manufactured inputs"}
        What.
    basket : int, optional
        Year whose purchases weigh the products; that of the table if none is given.
    """
    table, flows = table_of(region, year), table_of(region, basket or year).Z
    rows = manufacturing_sectors() if inputs == "manufactured inputs" else table.sectors
    columns = manufacturing_sectors() if buyers == "manufacturing" else table.sectors
    bought = flows.loc[rows, columns].sum(axis=1)
    return 100 * float(table.local_shares(imports)[rows] @ bought / bought.sum())


def local_purchases_for_size(*, year: int, imports: str, inputs: str, size: str, sample: str) -> Estimate:
    """Shanghai's part of inputs bought at home less what its size predicts; 95 % prediction interval."""
    return size_residual(HOME, year, imports, inputs, size, sample)


def size_residual(region: str, year: int, imports: str, inputs: str, size: str, sample: str) -> Estimate:
    """Return a province's part of inputs bought at home less what a line through all the others predicts for its size.

    The line is least squares on the logarithm of size; the interval is that of a single new province.
    """
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools import add_constant

    frame = provincial_purchases(year, imports, inputs, sample)
    logs = add_constant(np.log(frame[size]))
    others = frame.index != region
    fit = OLS(frame.loc[others, "share"], logs[others]).fit()
    expected = fit.get_prediction(logs.loc[[region]]).summary_frame(alpha=0.05).iloc[0]
    share = frame.loc[region, "share"]
    value, lower, upper = (float(share - expected[end]) for end in ("mean", "obs_ci_upper", "obs_ci_lower"))
    return Estimate(value, lower, upper)


@cache
def provincial_purchases(
    year: int, imports: str = "supply pool", inputs: str = "all inputs", sample: str = "all provinces"
) -> pd.DataFrame:
    """Part of inputs that each province buys at home, with its size.

    Provinces' own flows are not among the data, only their accounts, so that all buyers are taken together: what a
    province uses of each product weighs the product.

    Returns
    -------
    DataFrame
        One row a province: ``share`` (per cent), ``value added`` and ``output`` (100 million yuan).
    """
    rows = province_sectors(year)
    rows = rows[rows["region"] != "China"]
    if sample == "without flagged tables":
        rows = rows[~_is_flagged(rows)]
    size = rows.groupby("region")[["value_added", "output"]].sum().rename(columns={"value_added": "value added"})
    if inputs == "manufactured inputs":
        rows = rows[rows["code"].isin(manufacturing_sectors())]
    out, inside = (
        rows[columns].sum(axis=1)
        for columns in (["exports", "outflow", "exports_and_outflow"], ["imports", "inflow", "imports_and_inflow"])
    )
    local = local_share(rows["output"], out, inside, imports) * rows["intermediate_use"]
    sums = pd.DataFrame({"region": rows["region"], "local": local, "used": rows["intermediate_use"]})
    sums = sums.groupby("region").sum()
    return size.assign(share=100 * sums["local"] / sums["used"])[["share", "value added", "output"]]


def local_share(output: pd.Series, out: pd.Series, inside: pd.Series, assumption: str) -> pd.Series:
    """Apply the import assumptions of ``InputOutputTable.local_shares`` to accounts without flows.

    Parameters
    ----------
    output, out, inside : Series
        Output, all outflows and all inflows of each product.
    assumption : str
        One of the three.

    Returns
    -------
    Series
        Between nought and one; nought where there is no supply.
    """
    if assumption == "supply pool":
        own, outside = output, inside
    elif assumption == "exports first":
        own = (output - out).clip(lower=0)
        outside = (inside - (out - output).clip(lower=0)).clip(lower=0)
    else:
        own, outside = output, (inside - out).clip(lower=0)
    supply = own + outside
    return (own / supply.where(supply > 0)).fillna(0.0)


def purchases_by_region(buyers: str = "manufacturing", regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Part of inputs bought at home, by region and year, under each import assumption that the year admits.

    Returns
    -------
    DataFrame
        ``region``, ``year``, then the assumptions, per cent; missing for 2002 where only net trade is published.
    """
    rows = []
    for region in regions:
        for year in YEARS:
            admitted = LOCAL if table_of(region, year).gross_trade else ("net inflow",)
            shares = {imports: local_purchases(region, year, imports, buyers) for imports in admitted}
            rows.append({"region": region, "year": year} | shares)
    return pd.DataFrame(rows)[["region", "year", *LOCAL]]


def purchase_order(year: int = YEAR) -> pd.DataFrame:
    """Part of manufacturing's inputs bought at home under the supply pool, with the noise of each region's tables.

    Returns
    -------
    DataFrame
        One row a province of the delta: ``share``, ``lower`` and ``upper`` in 95 % of the draws (per cent), and
        ``lowest``, the share of draws in which it is the lowest of the four.
    """
    drawn = {}
    for place, region in enumerate(DELTA):
        table = table_of(region, year)
        columns = table.sectors.get_indexer(manufacturing_sectors())
        bought = flow_draws(table, DRAWS, table_noise(region), SEED + place).Z[:, :, columns].sum(axis=2)
        drawn[region] = 100 * bought @ table.local_shares("supply pool").to_numpy() / bought.sum(axis=1)
    draws = pd.DataFrame(drawn)
    return pd.DataFrame(
        {
            "share": {region: local_purchases(region, year, "supply pool") for region in DELTA},
            "lower": draws.quantile(0.025),
            "upper": draws.quantile(0.975),
            "lowest": _often(draws.idxmin(axis=1)),
        }
    ).rename_axis("region")


def purchase_basket(period: tuple[int, int] = (2012, 2017), region: str = HOME, count: int = 6) -> pd.DataFrame:
    """Products that move what manufacturing buys at home the most, under the supply pool.

    Returns
    -------
    DataFrame
        One row a product: ``sector``; ``share_<year>``, its local share (per cent); ``weight_<year>``, its part of
        manufacturing's purchases (per cent); ``effect``, percentage points: that of its local share, at the mean of
        both weights, and that of its weight, at the mean of both local shares against the whole, added.
    """
    parts = {}
    for year in period:
        table = table_of(region, year)
        bought = table.Z[manufacturing_sectors()].sum(axis=1)
        parts[year] = 100 * table.local_shares("supply pool"), 100 * bought / bought.sum()
    (s0, w0), (s1, w1) = (parts[year] for year in period)
    # The whole share cancels in the sum over products: weights add up to the same in both years.
    whole = ((s0 @ w0) + (s1 @ w1)) / 200
    effect = ((s1 - s0) * (w0 + w1) / 2 + (w1 - w0) * ((s0 + s1) / 2 - whole)) / 100
    first, last = period
    frame = pd.DataFrame(
        {
            "sector": sector_names()[s0.index],
            f"share_{first}": s0,
            f"share_{last}": s1,
            f"weight_{first}": w0,
            f"weight_{last}": w1,
            "effect": effect,
        }
    )
    return frame.loc[effect.abs().nlargest(count).index]


def size_lead(year: int = YEAR) -> pd.DataFrame:
    """Shanghai and its neighbours against what provinces of their size buy at home.

    Returns
    -------
    DataFrame
        One row a province of the delta, primary settings of the claim: ``share``, ``residual``, ``lower``, ``upper``.
    """
    claim = declared()["2.2.3-size"]
    settings = claim.settings(claim.primary) | {"year": year}
    shares = provincial_purchases(year, settings["imports"], settings["inputs"], settings["sample"])["share"]
    rows = {}
    for region in DELTA:
        found = size_residual(region, **settings)
        rows[region] = [shares[region], found.value, found.lower, found.upper]
    columns = ["share", "residual", "lower", "upper"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("region")
