"""Sections 1.2.5 to 1.2.7: the numbers that decide by a second path, and what the pages say of them in words."""

import csv
from itertools import combinations, pairwise
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.verdicts import bottlenecks, groups, innovation
from analysis.verdicts.evidence import DELTA, EAST, manufacturing_sectors, verdict

DATA = Path(__file__).parents[2] / "data"
CODES = [f"C{i:02}" for i in range(1, 39)]
TRIO = ["C16", "C17", "C19"]
REST = [f"C{i:02}" for i in range(6, 22) if f"C{i:02}" not in TRIO]


def rows(name):
    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def science():
    """Research statistics, straight from the file: series, region, year."""
    return {(r["series"], r["region"], int(r["year"])): float(r["value"]) for r in rows("statistics/province_rd")}


@pytest.fixture(scope="module")
def sectors():
    """Value added and output by year, region and sector, straight from the file."""
    return {
        (int(r["year"]), r["region"], r["code"]): {key: float(r[key]) for key in ("value_added", "output")}
        for r in rows("io/province_sectors")
    }


def table(region, year):
    cells = {(r["row"], r["column"]): float(r["value"]) for r in rows(f"io/{region.lower()}_{year}")}
    flows = pd.DataFrame([[cells[i, j] for j in CODES] for i in CODES], CODES, CODES)
    output = pd.Series([cells[i, "GO"] for i in CODES], CODES)
    inflow = pd.Series([sum(cells.get((i, c), 0.0) for c in ("IM", "IF", "IMIF")) for i in CODES], CODES)
    return flows, output, inflow


def test_manufacturing_is_what_the_tests_take_it_for():
    assert sorted([*TRIO, *REST]) == list(manufacturing_sectors())
    assert list(groups()["assembly"]["narrow"]) == TRIO


# ---- 1.2.5 ----------------------------------------------------------------------------------------------------------


def knowledge(science, outcome="invention_patents_granted", research="rd_expenditure_yearbook", lag=1):
    found = []
    for (series, region, year), value in science.items():
        before = science.get((research, region, year - lag))
        if series == outcome and region not in ("China", "Tibet") and 2011 <= year <= 2020 and before:
            found.append({"region": region, "year": year, "y": log(value), "x": log(before)})
    return pd.DataFrame(found)


def test_place_is_the_distance_to_a_line_that_others_draw(science):
    """Estimated without Shanghai, then predicted: no dummies."""
    frame = knowledge(science)
    others, own = frame[frame["region"] != "Shanghai"], frame[frame["region"] == "Shanghai"]
    fit = smf.ols("y ~ x + C(year)", others).fit()
    distance = own["y"] - fit.predict(own)
    value = verdict("1.2.5-yield").primary["value"]
    assert value == pytest.approx(100 * (exp(distance.mean()) - 1), rel=1e-8)
    by_year = innovation.forge_indicator().query("region == 'Shanghai'").set_index("year")["value"]
    assert by_year.to_dict() == pytest.approx(dict(zip(own["year"], 100 * np.expm1(distance), strict=True)))


def test_interval_of_the_place_is_that_of_the_line(science):
    """The clustered sandwich by a loop over the other provinces, at the mean of Shanghai's rows."""
    frame = knowledge(science)
    others, own = frame[frame["region"] != "Shanghai"], frame[frame["region"] == "Shanghai"]

    def design(part):
        years = [(part["year"] == year).astype(float) for year in range(2011, 2021)]
        return np.column_stack([part["x"], *years])

    X = design(others)
    beta, *_ = np.linalg.lstsq(X, others["y"], rcond=None)
    e = others["y"].to_numpy() - X @ beta
    meat = np.zeros((11, 11))
    for region in others["region"].unique():
        score = X[others["region"] == region].T @ e[others["region"] == region]
        meat += np.outer(score, score)
    bread = np.linalg.inv(X.T @ X)
    n, G, K = len(frame), 30, 11 + len(own)
    at = design(own).mean(axis=0)
    error = sqrt(G / (G - 1) * (n - 1) / (n - K) * at @ bread @ meat @ bread @ at)
    place = innovation.place_of("Shanghai")
    assert place.standard_error == pytest.approx(error, rel=1e-8)
    row = verdict("1.2.5-yield").primary
    half = stats.t.ppf(0.975, place.degrees_of_freedom) * error
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(100 * np.expm1([place.mean - half, place.mean + half])))


def test_place_within_is_a_fixed_effect(science):
    """Full dummies for all provinces but Shanghai, and its own mean beside theirs."""
    frame = knowledge(science, "invention_patents_filed", "rd_personnel_fte", 2)
    others, own = frame[frame["region"] != "Shanghai"], frame[frame["region"] == "Shanghai"]
    codes = pd.factorize(others["region"])[0]
    fit = smf.ols("y ~ x + C(region) + C(year)", others).fit(cov_type="cluster", cov_kwds={"groups": codes})
    slope = fit.params["x"]
    centre = others.groupby("year")[["x", "y"]].mean()
    left = [row.y - centre["y"][row.year] - slope * (row.x - centre["x"][row.year]) for row in own.itertuples()]
    place = innovation.place_of("Shanghai", "filed", "people", 2, "within provinces")
    assert place.mean == pytest.approx(np.mean(left))
    assert place.slope == pytest.approx(slope)
    across = np.mean([row.x - centre["x"][row.year] for row in own.itertuples()])
    level = {}
    for row in others.itertuples():
        level.setdefault(row.region, []).append(row.y - centre["y"][row.year] - slope * (row.x - centre["x"][row.year]))
    spread = np.var([np.mean(values) for values in level.values()], ddof=1)
    assert place.standard_error**2 == pytest.approx((fit.bse["x"] * across) ** 2 + spread / len(level))


def test_spread_of_provinces_by_hand(science):
    frame = knowledge(science)
    means = {}
    for region in frame["region"].unique():
        fit = smf.ols("y ~ x + C(year)", frame[frame["region"] != region]).fit()
        own = frame[frame["region"] == region]
        means[region] = (own["y"] - fit.predict(own)).mean()
    own = means.pop("Shanghai")
    half = stats.t.ppf(0.975, 28) * np.std(list(means.values()), ddof=1)
    readings = verdict("1.2.5-yield").readings
    row = readings[(readings["inference"] == "the spread of provinces") & (readings["changed"] == 1)].iloc[0]
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(100 * np.expm1([own - half, own + half])), rel=1e-6)
    assert len(means) == 29


@pytest.mark.parametrize("line", ["across provinces", "within provinces"])
@pytest.mark.parametrize("sample", ["without Tibet", "eastern provinces"])
def test_means_of_all_places_are_those_of_each(line, sample):
    """By least squares without the province's rows; place_of has dummies for them or removes effects in turn."""
    means = innovation.place_means("in force", "people", 2, line, sample)
    each = [innovation.place_of(region, "in force", "people", 2, line, sample).mean for region in means.index]
    assert means.tolist() == pytest.approx(each, rel=1e-9)
    assert len(means) == (30 if sample == "without Tibet" else 10)


def test_ranks_of_places_follow_from_intervals():
    places = innovation.places()
    assert len(places) == 30
    for region, row in places.iterrows():
        others = places.drop(region)
        assert row["best_rank"] == 1 + sum(others["lower"] > row["upper"])
        assert row["worst_rank"] == 30 - sum(others["upper"] < row["lower"])
        assert row["best_rank"] <= row["rank"] <= row["worst_rank"]


def test_log_points_turn_back():
    readings = verdict("1.2.5-yield").readings
    logs = innovation.in_logarithms(readings)
    for row, turned in zip(readings.itertuples(), logs.itertuples(), strict=True):
        assert 100 * (exp(turned.lower / 100) - 1) == pytest.approx(row.lower)


def test_change_of_place_is_that_of_residuals_from_two_lines(science):
    panel = knowledge(science)
    others = panel[panel["region"] != "Shanghai"]
    fit = smf.ols("y ~ x + C(year)", others).fit()
    own = panel[panel["region"] == "Shanghai"].sort_values("year")
    off = (own["y"] - fit.predict(own)).to_numpy()
    changes = innovation.place_changes()
    assert changes["Shanghai"] == pytest.approx(100 * (exp(off[-1] - off[0]) - 1), rel=1e-8)
    assert changes.is_monotonic_increasing and list(changes.index[:3]) == ["Yunnan", "Hainan", "Guizhou"]


def test_what_the_page_says_of_the_place():
    for region, sign in (("Shanghai", -1), ("Anhui", 1)):
        readings = innovation.place_readings(region)
        assert (sign * (readings["2020"] - readings["2011"]) > 0).all()
        assert len(readings) == 6
    wide = innovation.forge_indicator().pivot(index="year", columns="region", values="value")
    assert (wide.loc[2020, "Anhui"] > wide.loc[2020, "Shanghai"]) and (
        wide.loc[2011, "Anhui"] < wide.loc[2011, "Shanghai"]
    )
    assert (wide["Zhejiang"] > 20).all()
    assert (wide["Jiangsu"].abs() < 21).all()
    places = innovation.places()
    assert places.index[:3].tolist() == ["Hainan", "Beijing", "Heilongjiang"] and places.index[-1] == "Inner Mongolia"
    assert (places.loc[["Zhejiang", "Anhui"], "lower"] > 0).all()
    assert innovation.place_of().slope == pytest.approx(1, abs=0.02)
    assert verdict("1.2.5-yield").counts["supports"] == 0


def test_basic_research_from_the_file(science):
    def share(region, year=2019):
        return 100 * science["rd_expenditure_basic", region, year] / science["rd_expenditure_yearbook", region, year]

    values = verdict("1.2.5-basic").readings.set_index(["year", "benchmark"])["value"]
    assert values[2019, "China"] == pytest.approx(share("Shanghai") - share("China"))
    assert values[2019, "Beijing"] == pytest.approx(share("Shanghai") - share("Beijing"))
    best = max(share(region) for region in ("Jiangsu", "Zhejiang", "Anhui"))
    assert values[2019, "the highest of the three provinces"] == pytest.approx(share("Shanghai") - best)
    assert max(share(region) for region in ("Jiangsu", "Zhejiang")) < 3
    assert all(share("Beijing", year) > 11 for year in range(2010, 2021))


def test_growth_with_all_dummies(science):
    product = {}
    for r in rows("statistics/province_gdp"):
        if r["vintage"].startswith("post-4th") and r["series"] == "gdp_nominal":
            product[r["region"], int(r["year"])] = float(r["value"])
    frame = pd.DataFrame(
        [
            {
                "region": region,
                "year": year,
                "y": log(value),
                "x": log(science["rd_expenditure_yearbook", region, year - 1]),
            }
            for (region, year), value in product.items()
            if 2011 <= year <= 2020 and region not in ("China", "Tibet")
        ]
    )
    assert len(frame) == 300
    slope = smf.ols("y ~ x + C(region) + C(year)", frame).fit().params["x"]
    readings = verdict("1.2.5-growth").readings.set_index(["outcome", "form", "lag", "inference", "sample"])["value"]
    assert readings["product", "levels", 1, "clustered", "without Tibet"] == pytest.approx(slope)
    frame = frame.sort_values(["region", "year"])
    changes = frame.assign(**frame.groupby("region")[["y", "x"]].diff()).dropna()
    slope = smf.ols("y ~ x + C(year)", changes).fit().params["x"]
    assert readings["product", "yearly changes", 1, "clustered", "without Tibet"] == pytest.approx(slope)


def test_no_change_is_taken_over_a_missing_year():
    """Revenue of 2017 is missing: neither 2017 nor 2018 has a yearly change."""
    panel = innovation.growth_rows("high-technology revenue", "yearly changes", 1, "without Tibet")
    assert sorted(panel["year"].unique()) == [2012, 2013, 2014, 2015, 2016, 2019, 2020]


def test_examined_regressions():
    """The heaviest row and province by leaving them out for good; what the page says of the rest."""
    found, fits = innovation.examined(), innovation.examined_fits()
    frame = innovation.knowledge_rows()
    region, year = found.loc["row", "Patents, across provinces"].split()
    kept = frame[(frame["region"] != region) | (frame["year"] != int(year))]
    slope = smf.ols("patents ~ research + C(year)", kept).fit().params["research"]
    assert found.loc["row_without", "Patents, across provinces"] == pytest.approx(slope)
    slopes = [
        smf.ols("patents ~ research + C(year)", frame[frame["region"] != name]).fit().params["research"]
        for name in frame["region"].unique()
    ]
    assert found.loc[["lowest", "highest"], "Patents, across provinces"].tolist() == pytest.approx(
        [min(slopes), max(slopes)]
    )
    residuals = fits["Patents, across provinces"].residuals
    wide = frame.assign(e=residuals).pivot(index="year", columns="region", values="e")
    both = pd.DataFrame({"now": wide.stack(), "before": wide.shift().stack()}).dropna()
    slope = np.polyfit(both["before"], both["now"], 1)[0]
    assert found.loc["serial", "Patents, across provinces"] == pytest.approx(slope, abs=0.002)
    # effective number of independent years in ten, with that correlation
    lags = np.arange(1, 10)
    assert 1 < 10 / (1 + 2 * ((1 - lags / 10) * slope**lags).sum()) < 1.5
    assert (found.loc["curvature_p"] > 0.1).all() and (found.loc["unequal"] < 0.01).all()


def test_research_follows_as_much_as_it_leads():
    timing = innovation.research_before_and_after().set_index(["form", "lag"])
    assert (timing["lower"] > 0).all()
    for form in ("levels", "yearly changes"):
        assert timing.loc[(form, -1), "value"] > timing.loc[(form, 1), "value"]
        assert timing.loc[(form, -2), "value"] > timing.loc[(form, 2), "value"]


def test_research_handed_on_from_the_file():
    flows, output, inflow = table("Shanghai", 2017)
    A = flows / output.where(output > 0, np.inf)
    content = step = A.loc["C33"].to_numpy()
    for _ in range(400):
        step = step @ A.to_numpy()
        content = content + step
    content = pd.Series(content, CODES)
    local = (output / (output + inflow)).fillna(0)

    def rate(codes, base, within=False):
        sold = sum(content[i] * local[i] * flows.loc[i, j] for i in codes for j in CODES if within or i != j)
        return sold / sum(content[i] ** base * output[i] for i in codes)

    readings = verdict("1.2.5-hubs").readings.query("changed <= 1").set_index(["year", "imports", "group", "measure"])
    value = readings.loc[(2017, "supply pool", "narrow", "per yuan of output"), "value"]
    assert value == pytest.approx(rate(TRIO, 0) / rate(REST, 0), rel=1e-9)
    value = readings.loc[(2017, "supply pool", "narrow", "share of what the products hold"), "value"]
    assert value == pytest.approx(rate(TRIO, 1) / rate(REST, 1), rel=1e-9)
    counted = innovation.handed_on_within()
    assert counted["per yuan of output"] == pytest.approx(rate(TRIO, 0, True) / rate(REST, 0, True), rel=1e-9)
    assert counted["per yuan of output"] > 1 > counted["share of what the products hold"]
    hubs = innovation.research_hubs().set_index(["region", "kind"])
    shares = hubs["share"].unstack()
    assert (shares["integrated products"] < shares["other manufacturing"]).all()
    passed = hubs["passed"].unstack()
    ahead = passed["integrated products"] > passed["other manufacturing"]
    assert list(ahead[ahead].index) == ["Jiangsu"]
    own = 100 * (rate(TRIO, 1, True) - rate(TRIO, 1))
    assert hubs.loc[("Shanghai", "integrated products"), "own_sector"] == pytest.approx(own, rel=1e-9)


# ---- 1.2.6 ----------------------------------------------------------------------------------------------------------


def yuan(region, year, suppliers, users):
    flows, output, _ = table(region, year)
    return 100 * flows.loc[suppliers, users].to_numpy().sum() / output[users].sum()


def test_finance_and_reach_from_the_files():
    ratio = verdict("1.2.6-finance").readings.query("changed <= 1")
    own = yuan("Shanghai", 2017, ["C30"], TRIO)
    assert ratio.loc[ratio["primary"], "value"].iloc[0] == pytest.approx(own / yuan("Shanghai", 2017, ["C30"], REST))
    nation = ratio[ratio["benchmark"] == "the nation's same industries"]["value"].iloc[0]
    assert nation == pytest.approx(own / yuan("China", 2017, ["C30"], TRIO))
    rest = [code for code in REST if code != "C20"]
    without = own / yuan("Shanghai", 2017, ["C30"], rest)
    assert innovation.finance_ratio_without("C20", "direct") == pytest.approx(without)
    values = {r: yuan(r, 2017, ["C30", "C33"], [*TRIO, *REST]) for r in DELTA}
    lead = values["Shanghai"] - min(v for r, v in values.items() if r != "Shanghai")
    assert verdict("1.2.6-reach").primary["value"] == pytest.approx(lead)
    drawn = innovation.fuse_indicator().query("year == 2017").set_index("region")
    assert {r: drawn["value"][r] for r in DELTA} == pytest.approx(values)


def test_what_the_page_says_of_finance():
    products = innovation.finance_in_products()
    rest = products["direct"].drop("C20")
    assert products["direct"]["C20"] > 4 * rest.max() and products["direct"]["C20"] > 10 * rest.median()
    assert yuan("China", 2017, ["C30"], ["C20"]) < 2
    assert rest.between(0.25, 3).all() and products["all rounds"].drop("C20").between(4, 11).all()
    now = innovation.fuse_indicator().set_index(["region", "year"])
    low, high = now.loc[("Shanghai", 2017), ["lower", "upper"]]
    assert low < now.loc[("Zhejiang", 2017), "value"] < high and low < now.loc[("Anhui", 2017), "value"] < high
    assert now.loc[("Shanghai", 2012), "upper"] < now.loc[("Shanghai", 2002), "lower"]
    reach = verdict("1.2.6-reach").readings
    assert set(reach.loc[reach["reading"] == "supports", "imports"]) == {"exports first"}
    assert yuan("Zhejiang", 2017, ["C30"], ["C20"]) > 8 and yuan("Shanghai", 2012, ["C30"], ["C20"]) > 12
    assert all(yuan("Shanghai", year, ["C30"], ["C20"]) < 2.6 for year in (2002, 2007))
    ratio = verdict("1.2.6-finance").readings.query("changed == 1 and year != 2017")["value"]
    assert len(ratio) == 3 and (ratio < 1).all()
    assert set(verdict("1.2.6-finance").flips["option"]) == {"all rounds", "broad"}


def test_lead_in_reach_under_the_noise_of_the_tables():
    drawn = innovation.reach_in_draws(draws=500)
    now = innovation.fuse_indicator().query("year == 2017").set_index("region")
    assert drawn["lower"] < 0 < verdict("1.2.6-reach").primary["value"] < drawn["upper"]
    # Errors of the two ends, added as independent ones, from the regions' own ranges: a rough second path
    spread = {region: (now.loc[region, "upper"] - now.loc[region, "lower"]) / 2 for region in ("Shanghai", "Jiangsu")}
    half = sqrt(sum(value**2 for value in spread.values()))
    assert (drawn["upper"] - drawn["lower"]) / 2 == pytest.approx(half, rel=0.15)
    assert 0 < drawn["lowest"] < 10


def test_coordination_by_hand(sectors):
    people = {}
    for r in rows("statistics/province_value_added"):
        if r["series"] == "population" and "registered" not in r["note"]:
            people[r["region"], int(r["year"])] = float(r["value"])
    levels = {}
    for year, region, _ in sectors:
        if region in ("China", "Tibet") or (region, year) not in people:
            continue
        made = sum(sectors[year, region, code]["value_added"] for code in [*TRIO, *REST])
        parts = [made, sectors[year, region, "C33"]["value_added"], sectors[year, region, "C30"]["value_added"]]
        levels[region, year] = np.array(parts) / people[region, year]
    # Chongqing left Sichuan before the first table, so that no head is counted twice
    every = np.array(list(levels.values()))
    low, high = every.min(axis=0), every.max(axis=0)

    def coordination(region):
        u = (levels[region, 2017] - low) / (high - low)
        return sqrt(u.prod() ** (1 / 3) / u.mean() * u.mean())

    lead = coordination("Shanghai") - np.mean([coordination(r) for r in ("Jiangsu", "Zhejiang", "Anhui")])
    assert verdict("1.2.6-coupled").primary["value"] == pytest.approx(lead, rel=1e-9)
    assert ("Guangdong", 2012) not in levels and len(levels) == 119


def test_what_the_page_says_of_coordination():
    plain = innovation.coordination_ranks().query(
        "measure == 'per head' and definition == 'standard' and research == 'research services'"
    )
    for _, part in plain.groupby("normalisation"):
        assert part.sort_values("coordination")["region"].tolist() == ["Anhui", "Zhejiang", "Jiangsu", "Shanghai"]
    ways = innovation.coordination_ranks().pivot(
        index=["measure", "normalisation", "definition", "research"], columns="region", values="coordination"
    )
    behind = ways[ways.idxmax(axis=1) != "Shanghai"].reset_index()
    assert len(behind) == 4
    assert set(behind["measure"]) == {"share of value added"} and set(behind["normalisation"]) == {"ranks"}
    rising = innovation.coordination()["coordination"].unstack()[list(DELTA)]
    assert (rising.diff().iloc[1:] > 0).all(axis=None)
    head = innovation.chain_levels().loc[2017].loc[list(DELTA)]
    others = head.drop("Shanghai").max()
    assert (head.loc["Shanghai", ["research", "finance"]] > 2 * others[["research", "finance"]]).all()
    assert head["industry"].idxmax() == "Jiangsu"


def test_contracts_without_beijing(science):
    sold, spent = (
        {r: science[series, r, 2019] for r in ("Shanghai", "Beijing", "China")}
        for series in ("tech_market_contract_value_by_seller", "rd_expenditure_yearbook")
    )
    rest = (sold["China"] - sold["Beijing"]) / (spent["China"] - spent["Beijing"])
    found = innovation.contracts_without()
    assert found["ratio"] == pytest.approx(sold["Shanghai"] / spent["Shanghai"] / rest) and found["ratio"] > 1
    assert found["share"] == pytest.approx(100 * sold["Beijing"] / sold["China"])


def test_conversion_from_the_file(science):
    def contracts(region):
        name = "tech_market_contract_value_by_seller"
        return science[name, region, 2019] / science["rd_expenditure_yearbook", region, 2019]

    values = verdict("1.2.6-conversion").readings.set_index(["measure", "year", "benchmark"])["value"]
    assert values["technology contracts", 2019, "China"] == pytest.approx(contracts("Shanghai") / contracts("China"))
    three = ("Jiangsu", "Zhejiang", "Anhui")
    revenue, spending = "hightech_mfg_revenue", "rd_expenditure_yearbook"
    own = science[revenue, "Shanghai", 2019] / science[spending, "Shanghai", 2019]
    other = sum(science[revenue, r, 2019] for r in three) / sum(science[spending, r, 2019] for r in three)
    assert values["high-technology revenue", 2019, "the three provinces"] == pytest.approx(own / other)
    yuan_of_revenue = innovation.conversions("high-technology revenue")
    assert yuan_of_revenue.loc[2019, "Shanghai"] == pytest.approx(1e4 * own)
    assert (yuan_of_revenue.loc[2010, "Shanghai"] > yuan_of_revenue.loc[2010, "China"]) and (
        yuan_of_revenue.loc[2019, "Shanghai"] < 0.75 * yuan_of_revenue.loc[2019, "China"]
    )


# ---- 1.2.7 ----------------------------------------------------------------------------------------------------------


def krugman(sectors, year, a, b, codes=(*TRIO, *REST), key="value_added"):
    sides = []
    for region in (a, b):
        values = {code: max(sectors[year, region, code][key], 0) for code in codes}
        sides.append({code: value / sum(values.values()) for code, value in values.items()})
    return sum(abs(sides[0][code] - sides[1][code]) for code in codes)


def test_distances_by_loops(sectors):
    regions = {r for y, r, _ in sectors if y == 2017} - {"China", "Tibet"}
    assert len(regions) == 30
    own = np.mean([krugman(sectors, 2017, a, b) for a, b in combinations(DELTA, 2)])
    every = np.mean([krugman(sectors, 2017, a, b) for a, b in combinations(sorted(regions), 2)])
    assert verdict("1.2.7-converge").primary["value"] == pytest.approx(own / every)
    first = np.mean([krugman(sectors, 2002, a, b) for a, b in combinations(DELTA, 2)])
    assert verdict("1.2.7-closer").primary["value"] == pytest.approx(own - first)
    path = innovation.integrate_indicator().set_index(["region", "year"])["value"]
    shanghai = np.mean([krugman(sectors, 2017, "Shanghai", b) for b in DELTA if b != "Shanghai"])
    assert path["Shanghai", 2017] == pytest.approx(shanghai)
    assert path["China", 2017] == pytest.approx(every)


def test_eastern_benchmark_leaves_the_delta_out(sectors):
    others = [name for name in EAST if name not in DELTA]
    east = np.mean([krugman(sectors, 2017, a, b) for a, b in combinations(others, 2)])
    own = np.mean([krugman(sectors, 2017, a, b) for a, b in combinations(DELTA, 2)])
    readings = verdict("1.2.7-converge").readings.query("changed == 1").set_index("benchmark")["value"]
    assert readings["eastern provinces outside the delta"] == pytest.approx(own / east)
    assert len(others) == 7


def test_cosine_by_loops(sectors):
    def cosine(a, b):
        sides = [[sectors[2017, r, code]["value_added"] for code in [*TRIO, *REST]] for r in (a, b)]
        return np.dot(*sides) / sqrt(np.dot(sides[0], sides[0]) * np.dot(sides[1], sides[1]))

    matrix = innovation.distances(2017, "cosine", "manufacturing", "value added")
    for a, b in combinations(DELTA, 2):
        assert matrix.loc[a, b] == pytest.approx(1 - cosine(a, b))


def test_few_sets_of_four_are_as_alike():
    matrix = innovation.distances(2017, "Krugman", "manufacturing", "value added")
    pair = {frozenset(p): matrix.loc[p] for p in combinations(matrix, 2)}

    def spread(members):
        return sum(pair[frozenset(p)] for p in combinations(members, 2))

    sets = list(combinations(matrix, 4))
    alike = sum(spread(members) <= spread(DELTA) + 1e-9 for members in sets)
    assert innovation.alike_by_chance(2017) == pytest.approx(100 * alike / len(sets))
    assert innovation.alike_by_chance(2017, "all sectors") > 10 > 2.5 > innovation.alike_by_chance(2017)


def test_what_the_page_says_of_structures():
    pairs = innovation.pair_distances().pivot(index="pair", columns="year", values="value")
    assert pairs[2007].idxmin() == "Shanghai - Jiangsu" and pairs[2017].idxmin() == "Jiangsu - Anhui"
    path = innovation.integrate_indicator().pivot(index="year", columns="region", values="value")
    assert path["Shanghai"].loc[2007:].is_monotonic_increasing
    ends = innovation.integrate_indicator().set_index(["region", "year"]).loc["Shanghai"]
    assert ends.loc[2002, "upper"] < ends.loc[2017, "lower"]
    for scope, measure in (("manufacturing", "value added"), ("industry", "output")):
        last = innovation.distances(2017, "Krugman", scope, measure).loc[list(DELTA), list(DELTA)]
        assert min(combinations(DELTA, 2), key=lambda pair: last.loc[pair]) == ("Jiangsu", "Anhui")
    assert path.loc[2017].drop("China").idxmax() == "Shanghai"
    assert (path["China"] > path[list(DELTA)].max(axis=1)).all()
    quotients = innovation.manufacturing_quotients().drop(columns="sector")
    assert quotients.loc["C16", "specialised"] == 4
    assert quotients.loc[["C12", "C18"], "specialised"].tolist() == [3, 3] and quotients.loc["C18", "Shanghai"] > 0.95
    assert quotients.loc["C17", "Shanghai"] > 2 and quotients.loc["C17", ["Jiangsu", "Zhejiang", "Anhui"]].max() < 0.9
    assert {r for r in DELTA if quotients.loc["C07", r] > 1} == {"Zhejiang", "Jiangsu"}
    assert {r for r in DELTA if quotients.loc["C13", r] > 1} == {"Anhui"}
    readings = verdict("1.2.7-converge").readings.query("reading == 'contradicts'")
    assert len(readings) == 3
    assert readings[["year", "index", "scope"]].drop_duplicates().to_numpy().tolist() == [
        [2002, "cosine", "all sectors"]
    ]


def test_gap_and_dispersion_by_hand():
    product, people = {}, {}
    for r in rows("statistics/province_gdp"):
        if r["vintage"].startswith("post-4th"):
            product[r["region"], int(r["year"])] = float(r["value"])
    for r in rows("statistics/province_value_added"):
        if r["series"] == "population":
            people[r["region"], int(r["year"])] = float(r["value"])
    head = {key: product[key] / people[key] for key in product if key[0] in DELTA and key in people}
    order = sorted(head[r, 2017] for r in DELTA)
    gaps = [log(b / a) for a, b in pairwise(order)]
    assert head["Anhui", 2017] == order[0]
    assert verdict("1.2.7-gap").primary["value"] == pytest.approx(gaps[0] / max(gaps[1:]))
    spread = {year: np.std([log(head[r, year]) for r in DELTA], ddof=1) for year in (2002, 2017)}
    row = verdict("1.2.7-catching-up").primary
    assert row["value"] == pytest.approx(spread[2017] / spread[2002])
    # Pitman and Morgan: the interval ends where sum and scaled difference of the two years are correlated just so
    x, y = (np.array([log(head[r, year]) for r in DELTA]) for year in (2002, 2017))
    limit = stats.t.ppf(0.975, 2)
    for end in (row["lower"], row["upper"]):
        r = np.corrcoef(y + end * x, y - end * x)[0, 1]
        assert abs(r) * sqrt(2 / (1 - r**2)) == pytest.approx(limit, rel=1e-6)

    def theil(year, members):
        values = np.array([head[r, year] for r in members])
        share = values / values.mean()
        return np.mean(share * np.log(share))

    three = ("Shanghai", "Jiangsu", "Anhui")
    assert innovation.dispersion_without_zhejiang() == pytest.approx(theil(2017, three) / theil(2002, three))
    readings = verdict("1.2.7-catching-up").readings
    value = readings.query("changed == 1 and index == 'Theil'")["value"].iloc[0]
    assert value == pytest.approx(theil(2017, DELTA) / theil(2002, DELTA))
    assert (readings["value"] < 1).all()
    assert innovation.zhejiang_jump() == pytest.approx(100 * (people["Zhejiang", 2015] / people["Zhejiang", 2014] - 1))
    # nobody gains a fifth of its people in a year: the count changed, and no other of the four jumps
    assert all(abs(people[r, 2015] / people[r, 2014] - 1) < 0.01 for r in DELTA if r != "Zhejiang")
    assert innovation.gradient().query("region == 'Zhejiang'")["year"].min() == 2015
    step = innovation.step_below()
    for year in (2015, 2020):
        order = sorted(head[r, year] for r in DELTA)
        assert step[year] == pytest.approx(100 * (order[1] / order[0] - 1))
    assert step.is_monotonic_decreasing
    values = verdict("1.2.7-gap").readings.query("year == 2017").set_index("measure")["value"]
    assert values["research spending per head"] < values["product per head"] < values["industrial value added per head"]


def test_medicines_from_the_file():
    found = {
        r["region"]: float(r["quotient"])
        for r in rows("statistics/industry_quotients")
        if r["industry"] == "Medicines" and r["year"] == "2016" and r["region"] in DELTA
    }
    readings = verdict("1.2.7-medicines").readings.query("changed <= 1 and year == 2016").set_index("members")["value"]
    assert readings["all four"] == min(found.values())
    assert readings["without Anhui"] == min(v for r, v in found.items() if r != "Anhui")
    assert 0.8 <= min(found.values()) and max(found.values()) < 1.15


# ---- The seven side by side -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", list(innovation.SEVEN))
def test_indicators_have_one_form(gap):
    module = innovation if hasattr(innovation, f"{gap}_indicator") else bottlenecks
    frame = getattr(module, f"{gap}_indicator")()
    assert list(frame.columns) == ["region", "year", "value", "lower", "upper"]
    assert set(DELTA) <= set(frame["region"]) <= {*DELTA, "China"}
    assert (frame["lower"] <= frame["value"]).all() and (frame["value"] <= frame["upper"]).all()
    assert not frame.duplicated(["region", "year"]).any()


def test_places_count_from_the_side_of_the_gap():
    places = innovation.seven_places((2017,)).set_index("indicator")["2017 place"]
    shown = innovation.seven(2017)
    assert len(places) == 7 and set(shown["indicator"]) == set(places.index)
    # the least alike of the four has the smallest gap, surely
    last = innovation.SEVEN["integrate"][0]
    part = shown[(shown["indicator"] == last) & shown["region"].isin(DELTA)].set_index("region")
    assert part.loc["Shanghai", "lower"] > part.drop("Shanghai")["upper"].max()
    assert places[last] == "4"
    # most from abroad; only Jiangsu's interval reaches into Shanghai's
    first = innovation.SEVEN["strengthen"][0]
    part = shown[(shown["indicator"] == first) & shown["region"].isin(DELTA)].set_index("region")
    assert (part["upper"] >= part.loc["Shanghai", "lower"]).drop("Shanghai").pipe(lambda s: s.index[s].tolist()) == [
        "Jiangsu"
    ]
    assert places[first] == "1 to 2"
