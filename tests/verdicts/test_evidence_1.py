"""Section 1.1: the headline numbers by a second path, and every statement that its pages make in words."""

import csv
from itertools import permutations
from math import factorial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.data import chunks, read
from analysis.linkages import embodied_inputs
from analysis.regression import cluster_influence, fixed_effects
from analysis.uncertainty import flow_draws, linkage_draws, probability_of_key_sector, rank_intervals, rank_probability
from analysis.verdicts import evidence, groups, leading
from analysis.verdicts.evidence import (
    DELTA,
    linkage_panel,
    linkage_regression,
    manufacturing_sectors,
    sources_of_growth,
    table_of,
    verdict,
)

IO = Path(__file__).parents[2] / "data/io"
CODES = [f"C{i:02}" for i in range(1, 39)]
TRIO = ["C16", "C17", "C19"]
FINAL = ["FU101", "FU102", "FU103", "FU201", "FU202"]


def plain(region, year):
    """Return flows, output, final uses, inflows and outflows of a table as arrays, straight from its CSV file."""
    with open(IO / f"{region.lower()}_{year}.csv", encoding="utf-8", newline="") as file:
        cells = {(row["row"], row["column"]): float(row["value"]) for row in csv.DictReader(file)}
    block = np.array([[cells[i, j] for j in CODES] for i in CODES])

    def columns(*names):
        return np.array([sum(cells.get((i, name), 0.0) for name in names) for i in CODES])

    return block, columns("GO"), columns(*FINAL), columns("IM", "IF", "IMIF"), columns("EX", "OF", "EXOF")


def multipliers(Z, x, share):
    A = share[:, None] * Z / np.where(x > 0, x, np.inf)
    return np.linalg.inv(np.eye(len(x)) - A).sum(axis=0)[x > 0]


def rank_of_electronics(values, x):
    place = [code for code, output in zip(CODES, x, strict=True) if output > 0].index("C19")
    return values[place], int((values > values[place]).sum()) + 1


def test_headline_of_electronics_from_the_file():
    Z, x, _, inflow, _ = plain("Shanghai", 2017)
    technology = multipliers(Z, x, np.ones(38))
    supply = x + inflow
    pool = multipliers(Z, x, np.divide(x, supply, out=np.zeros(38), where=supply > 0))
    assert rank_of_electronics(technology, x) == (pytest.approx(4.78, abs=0.005), 1)
    assert rank_of_electronics(pool, x) == (pytest.approx(1.66, abs=0.005), 6)
    assert x.sum() / supply.sum() == pytest.approx(0.576, abs=0.0005)

    read_by_us = leading.pull_readings("C19", years=[2017]).set_index("reading")
    assert read_by_us.loc["technology", "linkage"] == pytest.approx(rank_of_electronics(technology, x)[0], rel=1e-9)
    assert read_by_us.loc["supply pool", "linkage"] == pytest.approx(rank_of_electronics(pool, x)[0], rel=1e-9)
    stays = 100 * (rank_of_electronics(pool, x)[0] - 1) / (rank_of_electronics(technology, x)[0] - 1)
    assert verdict("1.1.1-stays").primary["value"] == pytest.approx(stays, rel=1e-9)


def test_pull_from_the_power_series():
    """The backward linkage without any inverse or factorisation: one round of supply after the other."""
    Z, x, *_ = plain("Shanghai", 2017)
    A = Z / np.where(x > 0, x, np.inf)
    total = demand = np.ones(38)
    for _ in range(400):
        demand = demand @ A
        total = total + demand
    active = total[x > 0]
    index = dict(zip([c for c, o in zip(CODES, x, strict=True) if o > 0], active / active.mean(), strict=True))
    expected = np.mean([index[code] for code in TRIO])
    assert verdict("1.1.1-pull").primary["value"] == pytest.approx(expected, rel=1e-9)


def test_substitution_by_a_second_computation():
    """The share of growth that local sourcing takes away, over the six orders of change, from the files alone."""
    parts = []
    for year in (2007, 2017):
        Z, x, final, _, out = plain("Shanghai", year)
        uses = Z.sum(axis=1) + final + out
        share = np.divide(x, uses, out=np.full(38, np.nan), where=uses > 0)
        parts.append({"A": Z / np.where(x > 0, x, np.inf), "r": share, "f": final + out})
    for own, other in (parts, parts[::-1]):
        own["r"] = np.where(np.isnan(own["r"]), np.nan_to_num(other["r"], nan=1.0), own["r"])
    idle = [~np.any(own["A"], axis=0) for own in parts]
    for (own, nothing), (other, _) in zip(
        zip(parts, idle, strict=True), zip(parts[::-1], idle[::-1], strict=True), strict=True
    ):
        own["A"] = np.where(nothing, other["A"], own["A"])

    def output(changed):
        now = {key: parts[key in changed][key] for key in ("A", "r", "f")}
        return np.linalg.solve(np.eye(38) - now["r"][:, None] * now["A"], now["r"] * now["f"])

    effect = sum(
        output(order[: order.index("r") + 1]) - output(order[: order.index("r")]) for order in permutations("Arf")
    ) / factorial(3)
    group = [CODES.index(code) for code in TRIO]
    change = (output("Arf") - output(""))[group].sum()
    assert change == pytest.approx(plain("Shanghai", 2017)[1][group].sum() - plain("Shanghai", 2007)[1][group].sum())
    assert verdict("1.1.3-substitution").primary["value"] == pytest.approx(100 * effect[group].sum() / change, rel=1e-6)


def test_shares_of_growth_divide_by_growth():
    """A share of growth means what it says only while the group grows, in every specification."""
    for period in ("2007-2017", "2007-2012", "2012-2017"):
        for imports in ("supply pool", "net inflow"):
            effects = sources_of_growth("Shanghai", period, imports).sum(axis=1)
            for codes in groups()["assembly"].values():
                assert effects[list(codes)].sum() > 0


def test_service_content_from_the_files():
    changes = []
    for year in (2007, 2017):
        Z, x, *_ = plain("Shanghai", year)
        services = [CODES.index(code) for code in ("C29", "C30", "C32", "C33")]
        users = [CODES.index(code) for code in manufacturing_sectors()]
        changes.append(100 * Z[np.ix_(services, users)].sum() / x[users].sum())
    assert verdict("1.1.4-services").primary["value"] == pytest.approx(changes[1] - changes[0], rel=1e-9)


# Ranks under noise ---------------------------------------------------------------------------------------------------

FIRST, SECOND, MEASURED = leading.noise_levels()


def test_noise_levels_are_two_assumed_and_one_measured():
    assert list(leading.noise_levels().values())[:2] == [0.1, 0.2]
    noise = leading.noise_levels()[MEASURED]
    assert (MEASURED, noise.source) == ("0.44", "Shanghai 2012 and Shanghai 2017")
    assert "real differences included" in noise.reading
    assert leading.table_noise("China").cv == pytest.approx(0.11, abs=0.005)


@pytest.fixture(scope="module")
def ranks():
    return {reading: leading.pull_ranges(reading) for reading in ("technology", "supply pool")}


def test_ranges_are_the_same_each_time(ranks):
    leading._pull_draws.cache_clear()
    pd.testing.assert_frame_equal(leading.pull_ranges("supply pool"), ranks["supply pool"], check_exact=True)


def test_ranges_hold_what_they_are_ranges_of(ranks):
    for reading, frame in ranks.items():
        published = leading.pull_readings("C19", years=[2017]).set_index("reading").loc[reading]
        electronics = frame[frame["code"] == "C19"]
        assert set(electronics["rank"]) == {published["rank"]}
        assert frame["rank"].between(frame["best_rank"], frame["worst_rank"]).mean() > 0.98
        assert frame["linkage"].between(frame["delta_lower"], frame["delta_upper"]).all()
        for _, rows in frame.groupby("noise"):
            assert rows["first"].sum() == pytest.approx(1)
        wide = frame.assign(width=frame["worst_rank"] - frame["best_rank"]).pivot(
            index="code", columns="noise", values="width"
        )
        assert wide.mean().is_monotonic_increasing


def test_ranks_by_another_generator_and_balancing():
    """The chance to be first, from plain arrays: other random numbers, a plain loop of scaling, no library."""
    Z, x, *_ = plain("Shanghai", 2017)
    rng, cv = np.random.default_rng(5), leading.noise_levels()[MEASURED].cv
    sd, electronics, wins, draws = np.sqrt(np.log1p(cv**2)), CODES.index("C19"), 0, 300
    for _ in range(draws):
        drawn = Z * rng.lognormal(-(sd**2) / 2, sd, Z.shape)
        for _ in range(60):
            for axis in (1, 0):
                sums = drawn.sum(axis=axis, keepdims=True)
                drawn = drawn * np.divide(Z.sum(axis=axis, keepdims=True), sums, out=np.ones_like(sums), where=sums > 0)
        linkages = np.linalg.inv(np.eye(38) - drawn / np.where(x > 0, x, np.inf)).sum(axis=0)
        wins += linkages[electronics] == linkages.max()
    chance = leading.rank_chances("technology", ["C19"]).loc["C19", f"first, {MEASURED}"]
    assert wins / draws == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / draws))


def test_prose_on_who_is_first(ranks):
    """1.1.1, cover: first by technology nearly always; among local suppliers the first place is open."""
    chance = leading.rank_chances("technology", ["C19"])
    assert chance.loc["C19", f"first, {FIRST}"] == 1
    assert chance.loc["C19", f"first, {MEASURED}"] > 0.9
    assert set(chance.index[:2]) == {"C19", "C08"}
    pool = leading.rank_chances("supply pool", ["C12", "C16", "C17", "C19", "C29"])
    assert 0.4 < pool.loc["C17", f"first, {MEASURED}"] < 0.6
    assert pool.loc["C23", f"first, {MEASURED}"] > 0.3
    assert (pool.loc["C19", [f"first, {level}" for level in leading.noise_levels()]] < 0.01).all()
    keys = [f"key, {level}" for level in leading.noise_levels()]
    assert (pool.loc[["C16", "C17", "C19", "C29"], keys] == 0).all(axis=None)
    assert (pool.loc["C12", keys].max() < 0.2) and (pool.loc["C23", keys].min() > 0.9)
    ranges = ranks["technology"].query("noise == @MEASURED").set_index("code")
    assert (ranges.loc[ranges["rank"].between(4, 10), "worst_rank"] >= 9).all()
    assert (ranges.loc[ranges["rank"] <= 3, "worst_rank"] <= 5).all()


def test_prose_on_noise_by_size():
    """1.1.1: with as much noise for each size of flow as the two tables show, the findings are the same."""
    table = table_of("Shanghai", 2017)
    by_size = leading.table_noise().by_size["log_sd"]
    inputs = (table.Z / table.output.where(table.active, 1)).to_numpy()
    place = np.searchsorted([0.001, 0.01, 0.05], inputs)
    cv = pd.DataFrame(np.sqrt(np.expm1(by_size.to_numpy()[place] ** 2)), table.sectors, table.sectors)
    assert by_size.is_monotonic_decreasing and len(by_size) == 4
    for reading, sector, low, high in [("technology", "C19", 0.9, 0.96), ("supply pool", "C17", 0.45, 0.57)]:
        local = table_of("Shanghai", 2017, leading.READINGS[reading])
        draws = linkage_draws(local, ["backward", "backward_index", "forward_index"], 1000, cv, 3)
        assert low < rank_probability(draws["backward"])[sector] < high
    ranges, key = rank_intervals(draws["backward"]), probability_of_key_sector(draws)["key"]
    assert ranges.loc["C19", "best_rank"] >= 3
    assert (key[["C16", "C17", "C19", "C29"]] == 0).all() and key["C12"] < 0.25


def test_prose_on_bands_beside_draws(ranks):
    """1.1.1: the two ways of drawing a range agree, least well at the largest noise."""
    gaps = {}
    for level in leading.noise_levels():
        rows = pd.concat(ranks.values()).query("noise == @level")
        ratio = (rows["delta_upper"] - rows["delta_lower"]) / (rows["upper"] - rows["lower"])
        gaps[level] = (ratio - 1).abs().max()
    assert gaps[FIRST] < 0.08
    assert gaps[MEASURED] < 0.2


def test_prose_on_choices_and_noise():
    """1.1.1: the import assumption moves ranks more than the largest noise; merging other sectors hardly does."""
    moves = {r: leading.rank_moves(r, TRIO).set_index("what changes") for r in ("technology", "supply pool")}
    pool = moves["supply pool"].drop(columns="reading").astype(float)
    assert (pool.loc["import assumption"] > pool.loc[f"noise of {MEASURED}"]).all()
    assert (pool.loc[f"noise of {MEASURED}"] >= pool.loc[f"noise of {FIRST}"]).all()
    assert pool.loc["table year", "median sector"] < pool.loc[f"noise of {MEASURED}", "median sector"]
    technology = moves["technology"].drop(columns="reading").astype(float)
    assert technology.loc["table year", "median sector"] > technology.loc[f"noise of {MEASURED}", "median sector"]
    assert technology.loc["table year", "Electronics"] == 0
    for frame in moves.values():
        assert (frame.filter(like="merged", axis=0).drop(columns="reading").astype(float) <= 2).all(axis=None)


def test_prose_on_order_in_the_delta():
    """Chapter 1.1: longest chain and smallest part at home, in every draw."""
    order = leading.delta_order("C19")
    assert order.loc["Shanghai", ["longest", "least"]].tolist() == [1, 1]
    published = leading.pull_by_region("C19", 2017).loc[list(DELTA)]
    assert published["technology"].between(order["lower"], order["upper"]).all()
    assert published["stays"].between(order["stays_lower"], order["stays_upper"]).all()


def test_research_draws_are_the_content_of_drawn_tables():
    table = table_of("Shanghai", 2017)
    drawn = leading._research_draws(table, 0.1)
    flows = flow_draws(table, leading.RESEARCH_DRAWS, 0.1, leading.SEED)
    for k in (0, 7):
        content = embodied_inputs(flows.draw(k), ["C33"])
        np.testing.assert_allclose(drawn.loc[k, content.index], content, rtol=1e-9)


def test_prose_on_research_ranks():
    """1.1.2: transport equipment is first in most draws only, and clothing is next."""
    ranges = leading.research_ranges().set_index(["noise", "code"])
    first = ranges["first"].unstack()
    assert first.loc[FIRST, "C17"] > 0.95
    assert 0.5 < first.loc[MEASURED, "C17"] < 0.75
    assert (first.drop(columns="C17").idxmax(axis=1) == "C08").all()
    ratio = verdict("1.1.2-embodied").primary["value"]
    assert ranges["ratio_lower"].lt(ratio).all() and ranges["ratio_upper"].gt(ratio).all()
    assert ranges.loc[SECOND, "ratio_lower"].min() > 1
    electronics = ranges.loc[(MEASURED, "C19")]
    assert (electronics["best_rank"], electronics["worst_rank"]) == (pytest.approx(3, abs=2), pytest.approx(12, abs=2))


# The growth panel ---------------------------------------------------------------------------------------------------


def test_panel_rows_are_what_they_say():
    panel = linkage_panel()
    rows = read("io/province_sectors").set_index(["region", "code", "year"])
    for row in panel.sample(25, random_state=1).itertuples():
        first, last = (int(year) for year in row.period.split("-"))
        start, end = (rows.loc[(row.region, row.code, year), "output"] for year in (first, last))
        assert row.growth == pytest.approx(100 * np.log(end / start) / (last - first))
        assert row.forward_linkage == rows.loc[(row.region, row.code, first), "forward_linkage"]
    assert "China" not in set(panel["region"])
    assert panel[["backward", "forward"]].std().to_numpy() == pytest.approx(1)
    assert not panel.duplicated(["region", "code", "period"]).any()


def test_local_panel_starts_in_2007():
    assert set(linkage_panel("local")["period"]) == {"2007-2012", "2012-2017"}


@pytest.mark.parametrize("outcome", ["output", "value added"])
def test_weights_are_initial_output_whatever_the_outcome(outcome):
    panel = linkage_panel("technology", outcome, "manufacturing only")
    rows = read("io/province_sectors")
    rows = rows.assign(year=rows["year"].astype(str)).set_index(["region", "code", "year"])["output"]
    keys = pd.MultiIndex.from_arrays([panel["region"], panel["code"], panel["period"].str[:4]])
    assert panel["output"].to_numpy() == pytest.approx(rows[keys].to_numpy())
    fit = linkage_regression(outcome=outcome, weights="initial output", sample="manufacturing only")
    assert fit.design.weights == "output"


def test_growth_estimate_with_all_dummies():
    """The primary model on manufacturing by ordinary least squares with every dummy written out."""
    panel = linkage_panel("local", "output", "manufacturing only")
    dummies = pd.get_dummies(panel[["region_period", "sector_period"]], dtype=float).to_numpy()
    design = np.column_stack([panel[["backward", "forward"]], dummies])
    slope = np.linalg.lstsq(design, panel["growth"].to_numpy(), rcond=None)[0][:2]
    fit = linkage_regression(linkage="local", sample="manufacturing only")
    assert fit.table["estimate"].to_numpy() == pytest.approx(slope, rel=1e-6)


def test_one_row_carries_the_forward_estimate():
    row = leading.heaviest_row("forward")
    assert (row["region"], row["code"], row["period"]) == ("Tibet", "C14", "2012-2017")
    assert row["output"] < 0.01
    assert row["deviations"] > 50
    fit = linkage_regression()
    influence = cluster_influence(fit, "forward")
    assert influence.attrs["effective_clusters"] < 1.5
    assert influence["estimate_without"].idxmax() == "Tibet"
    panel = linkage_panel()
    without = panel[(panel["region"] != "Tibet") | (panel["code"] != "C14")]
    again = fixed_effects(
        without, "growth", ["backward", "forward"], effects=["region_period", "sector_period"], clusters="region"
    )
    assert again.table.loc["forward", "lower"] < 0 < again.table.loc["forward", "upper"]


def test_size_stands_behind_the_forward_linkage():
    plain_logs, sized = (leading.logged_linkage_regression(control) for control in ("none", "initial size"))
    assert plain_logs.table.loc["forward", "lower"] > 0
    assert sized.table.loc["forward", "lower"] < 0 < sized.table.loc["forward", "upper"]


def test_diagnostics_hold_what_the_regressions_say():
    shown = leading.growth_diagnostics().set_index(["linkage", "version"])
    assert len(shown) == 6
    declared = linkage_regression().table.loc["backward"]
    assert shown.loc[("backward", "as declared"), ["estimate", "lower", "upper"]].tolist() == pytest.approx(
        declared[["estimate", "lower", "upper"]].tolist()
    )
    assert (shown["effective provinces"] <= shown["provinces"]).all()
    assert shown.loc[("forward", "as declared"), "bootstrap lower"] < 0
    assert (shown["lowest without one"] <= shown["highest without one"]).all()


def test_one_change_lists_the_primary_and_its_neighbours():
    v = verdict("1.1.1-local-pull")
    shown = leading.one_change(v)
    assert shown["specification"].iloc[0] == "primary"
    assert len(shown) == int((v.readings["changed"] <= 1).sum())
    assert "imports: exports first" in set(shown["specification"])
    assert shown["specification"].is_unique


# What the pages say in words ----------------------------------------------------------------------------------------


def test_words_on_electronics():
    pull = leading.pull_readings("C19").set_index(["year", "reading"])
    for reading in ("technology", "net inflow"):
        assert (pull.xs(reading, level="reading")["rank"] == 1).all()
    technology, pool, net = (
        pull.xs(r, level="reading")["linkage"] for r in ("technology", "supply pool", "net inflow")
    )
    assert technology.between(3.5, 5.1).all()
    assert (net < technology).all()
    assert (pool < technology[pool.index] / 2).all()
    assert pool.is_monotonic_decreasing
    assert pull.loc[(2007, "supply pool"), "rank"] == 1
    assert pull.loc[(2017, "supply pool"), "leader"] == "C17"
    assert pull.loc[(2017, "exports first"), "leader"] == "C23"
    cars = leading.pull_readings("C17", years=[2012]).set_index("reading").loc["supply pool", "linkage"]
    assert abs(pull.loc[(2012, "supply pool"), "linkage"] - cars) < 0.0005
    assert pull.xs("exports first", level="reading")["rank"].min() > 20


def test_words_on_the_neighbours():
    shown = leading.pull_by_region("C19", 2017)
    assert shown["technology"].idxmax() == "Shanghai"
    assert shown["supply_pool"].idxmin() == "Shanghai"
    assert (shown["technology"] - shown["supply_pool"]).idxmax() == "Shanghai"
    assert shown.loc[["Jiangsu", "Anhui"], "stays"].between(45, 55).all()
    assert shown.loc["China", "stays"] > 55


def test_words_on_the_map():
    shown = leading.linkage_map(2017, "supply pool")
    assert (shown.loc[TRIO, "backward_index"] > 1).all()
    assert (shown.loc[["C12", "C29", *TRIO], "forward_index"] < 1).all()
    assert set(shown["forward_index"].nlargest(5).index) == {"C03", "C11", "C21", "C22", "C23"}


def test_words_on_ranks():
    shown = leading.stability("backward")
    assert (shown.loc[["technology", "net inflow"]] > 0.75).all(axis=None)
    assert shown.loc[["supply pool", "exports first"], 2007].max() < 0.7
    assert shown.loc[["supply pool", "exports first"], 2002].isna().all()


def test_words_on_the_push():
    push = leading.push_change((2007, 2017), "supply pool", ["C12", "C29"])
    fall = push["index_2017"] - push["index_2007"]
    assert (fall < 0).all()
    assert fall["C29"] / fall.sum() > 0.5
    assert push.loc["C29", "local_use_2007"] > 4 * push.loc["C29", "local_use_2017"]
    readings = verdict("1.1.1-push").readings
    assert set(readings.loc[readings["reading"] == "contradicts", "year"]) == {2012, 2017}
    assert set(verdict("1.1.1-push").flips["choice"]) == {"year"}
    local = verdict("1.1.1-local-pull").readings
    assert set(local.loc[local["reading"] == "contradicts", "imports"]) == {"exports first"}


def test_words_on_growth():
    pull, push = (verdict(f"1.1-growth-{name}") for name in ("pull", "push"))
    near = leading.one_change(pull).set_index("specification")
    assert near["value"].idxmax() == "outcome: value added"
    assert near.loc["outcome: value added", "reading"] == "supports"
    assert set(near.index[near["reading"] == "contradicts"]) == {
        "effects: province-period and sector",
        "effects: period",
    }
    above = pull.readings[pull.readings["reading"] == "supports"]
    assert (above["outcome"] == "value added").mean() > 0.8
    assert (pull.readings.query("outcome == 'output'")["reading"] == "undecided").mean() > 0.5
    near = leading.one_change(push).set_index("specification")
    widths = near["upper"] - near["lower"]
    assert widths.idxmax() == "weights: initial output"
    assert near.loc["control: initial size", "reading"] == "undecided"
    assert (push.readings["reading"] == "undecided").mean() > 0.5
    widths = (push.readings["upper"] - push.readings["lower"]).groupby(
        [push.readings["linkage"], push.readings["weights"]]
    )
    assert widths.median().idxmax() == ("technology", "initial output")
    assert widths.max().max() > 200
    assert widths.max().idxmin() == ("technology", "equal")


def test_words_on_research():
    content = leading.research_content(2017)
    assert content.index[:3].tolist() == ["C17", "C08", "C10"]
    assert content.index[-1] == "C14"
    assert content["through all suppliers"].iloc[0] > 1.2 * content["through all suppliers"].iloc[1]
    assert content.loc["C17", "from local suppliers"] > content.loc["C17", "through all suppliers"] / 2
    assert content.loc["C19", "from local suppliers"] < content.loc["C19", "through all suppliers"] / 2
    assert (content.loc[TRIO, "bought directly"] < content.loc[TRIO, "through all suppliers"] / 2).all()
    by_year = leading.research_by_year()
    others = by_year.loc["Other manufacturing", "2017"]
    assert by_year.loc[["Electronics", "Machinery"], "2017"].to_numpy() == pytest.approx(others, rel=0.02)
    assert by_year.loc["Transport equipment", "2007"] > 3 * by_year.loc["Transport equipment", ["2012", "2017"]].max()
    ratios = leading.research_ratios()
    assert ratios.loc["Shanghai", "2017"] == pytest.approx(verdict("1.1.2-embodied").primary["value"])
    assert ratios.loc["Zhejiang", "2017"] < 1 < ratios.loc["Anhui", "2017"] < 1.2
    assert ratios.loc["Jiangsu", "2017"] == ratios.loc["Jiangsu"].max()
    readings = verdict("1.1.2-embodied").readings
    below = readings[readings["reading"] == "contradicts"]
    assert (len(below), set(below["year"])) == (3, {2002})
    assert readings.query("year == 2007")["value"].min() > readings.query("year > 2007")["value"].max()


def test_words_on_markets():
    balance = leading.supply_balance(TRIO).set_index(["sector", "year"])
    for name in leading.sector_names()[TRIO]:
        start, end = balance.loc[(name, 2007)], balance.loc[(name, 2017)]
        assert end["inflows"] / start["inflows"] > end["output"] / start["output"]
        assert end["supply pool"] < start["supply pool"]
    assert (balance["outflows"] > balance["inflows"]).all()
    assert balance["net inflow"].to_numpy() == pytest.approx(100)
    effects = leading.growth_sources(TRIO, "2007-2017", "supply pool").pivot(index="sector", columns="source")["effect"]
    assert (effects["exports and outflows"] > 0).all()
    assert (effects["local sourcing"] < 0).all()
    assert -effects.loc["Electronics", "local sourcing"] > effects.loc["Electronics", "exports and outflows"]
    assert effects.loc["Electronics"].sum() < 0
    readings = verdict("1.1.3-substitution").readings
    assert (readings.query("imports == 'supply pool'")["value"] < -60).all()
    assert (readings.query("imports == 'net inflow'")["value"] > -30).all()
    support = readings[readings["reading"] == "supports"]
    assert set(zip(support["imports"], support["period"], strict=True)) == {("net inflow", "2007-2012")}
    assert support["changed"].min() >= 2
    jiangsu = leading.growth_sources(["C19"], "2007-2017", "supply pool", "Jiangsu").set_index("source")["effect"]
    assert jiangsu["local sourcing"] > jiangsu["exports and outflows"] > 0


def test_sources_add_up_to_the_change_of_output():
    shown = leading.growth_sources(CODES, "2012-2017", "net inflow").groupby("sector", sort=False)["effect"].sum()
    change = table_of("Shanghai", 2017).output - table_of("Shanghai", 2012).output
    assert shown.to_numpy() == pytest.approx(change.to_numpy(), abs=1e-6)


def test_words_on_services():
    narrow = groups()["producer services"]["narrow"]
    content = leading.service_content(narrow)
    total = content.groupby(["region", "year"])["yuan"].sum().unstack()
    assert total.loc["Shanghai", 2007] > 2 * total.loc["Shanghai", [2002, 2012, 2017]].max()
    assert total.drop(index="Shanghai").max(axis=None) < 5
    information = content[content["code"] == "C29"].pivot(index="region", columns="year", values="yuan")
    assert information.loc["Shanghai", 2007] > 4 * information.drop(index="Shanghai").max(axis=None)
    assert (information.loc[["Shanghai", "Jiangsu", "Zhejiang"], 2017] < 0.1).all()
    change = leading.service_change((2007, 2017))
    assert change["change"].sum() == pytest.approx(verdict("1.1.4-services").primary["value"])
    assert change.loc["C29", "part"] > 66
    rest = change.drop(index="C29")["change"]
    assert rest.idxmin() == "C30"
    assert rest["C30"] / rest.sum() > 0.5
    shanghai = content[content["region"] == "Shanghai"].pivot(index="year", columns="code", values="yuan")
    assert shanghai.loc[2007].idxmax() == "C29"
    assert shanghai.loc[2007, "C32"] > 2 * shanghai.loc[2002, "C32"]
    assert shanghai.loc[2017, "C32"] > 0.85 * shanghai.loc[2007, "C32"]
    readings = verdict("1.1.4-services").readings
    from_2007 = readings["period"] == "2007-2017"
    assert (readings.loc[from_2007, "value"] > 0).sum() == 1
    assert readings.loc[~from_2007, "value"].min() > -1.2
    assert readings.query("period == '2012-2017' and changed == 1")["value"].abs().max() < 0.05
    highest = readings.loc[readings["value"].idxmax()]
    assert (highest["period"], highest["depth"]) == ("2002-2017", "all rounds")


def test_manufacturing_buys_a_share():
    bought = leading.bought_by_manufacturing("C29", (*DELTA, "China"))
    assert bought.gt(0).all(axis=None)
    assert bought.lt(100).all(axis=None)
    assert bought.loc["Shanghai", 2007] == bought.max(axis=None)


def test_strongest_pulls_are_sorted():
    shown = leading.strongest_pulls(2017, 12)
    assert shown["technology"].is_monotonic_decreasing
    assert shown.index[0] == "C19"
    assert shown.loc["C19", "supply pool"] == pytest.approx(
        leading.pull_readings("C19", years=[2017]).set_index("reading").loc["supply pool", "linkage"]
    )


def test_outcomes_that_the_pages_name():
    outcomes = {claim: verdict(claim).outcome for claim in ("1.1.1-pull", "1.1.3-substitution", "1.1.2-spillover")}
    assert outcomes == {
        "1.1.1-pull": "supported",
        "1.1.3-substitution": "contradicted",
        "1.1.2-spillover": "cannot be tested",
    }
    assert verdict("1.1.1-pull").counts["supports"] == len(verdict("1.1.1-pull").readings)


def test_what_a_page_does_to_a_verdict_stays_on_the_page():
    mine = verdict("1.1.1-pull")
    before = mine.readings["value"].tolist()
    mine.readings["value"] = 0.0
    mine.flips["own"] = 1
    again = verdict("1.1.1-pull")
    assert again.readings["value"].tolist() == before
    assert "own" not in again.flips


def test_a_claim_that_is_kept_is_not_measured_again(tmp_path, monkeypatch):
    """What was kept gives the same verdict to the last bit; another claim, or other code, is measured."""
    monkeypatch.setenv(chunks.KEEP_VARIABLE, str(tmp_path))
    evidence._judged.cache_clear()
    first = verdict("1.1.1-stays")
    assert len(list(tmp_path.iterdir())) == 1

    def no_more(claim):
        raise AssertionError(f"{claim.id} is measured")

    monkeypatch.setattr(evidence, "measurement", no_more)
    evidence._judged.cache_clear()
    again = verdict("1.1.1-stays")
    assert again.outcome == first.outcome
    pd.testing.assert_frame_equal(again.readings, first.readings, check_exact=True)
    pd.testing.assert_frame_equal(again.flips, first.flips, check_exact=True)
    with pytest.raises(AssertionError, match=r"1\.1-growth-pull is measured"):
        verdict("1.1-growth-pull")
    monkeypatch.setattr(chunks, "fingerprint", lambda: "other code")
    evidence._judged.cache_clear()
    with pytest.raises(AssertionError, match=r"1\.1\.1-stays is measured"):
        verdict("1.1.1-stays")
    evidence._judged.cache_clear()
