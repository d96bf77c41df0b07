"""The measurements behind section 2.2, recomputed by other ways, and what the pages say of them in words."""

import math

import nbformat
import numpy as np
import pandas as pd
import pytest

from analysis.data import read
from analysis.tables import load, sectors
from analysis.uncertainty import calibrate_noise, flow_draws
from analysis.verdicts import conditions, groups
from analysis.verdicts.evidence import DELTA, verdict
from book._tools.notebooks import ROOT

PAGES = ROOT / "book/en/2-foundations/2-2-three-conditions"
NAMED = ["C12", "C13", "C16", "C18", "C19"]
MAKERS = [f"C{n:02d}" for n in range(6, 22)]


def flows(region, year):
    """Cells of a stored table as it lies on disk."""
    return read(f"io/{region.lower()}_{year}").set_index(["row", "column"])["value"]


def estimates(claim):
    """Estimates of a verdict by the options of its choices."""
    v = verdict(claim)
    return v.readings.set_index(list(v.claim.choices))["value"].sort_index()


def words(page):
    """All prose of a page."""
    notebook = nbformat.read(PAGES / page, as_version=4)
    return " ".join("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown").split())


def test_makers_are_the_manufacturing_sectors():
    listed = sectors()
    assert listed.index[listed["group"] == "manufacturing"].tolist() == MAKERS
    assert list(groups()["base parts"]["named"]) == NAMED


# ---- 2.2.1 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2012, 2017])
def test_imported_part_of_base_inputs_by_loops(year):
    """Supply pool: of each product, imports over own output and all inflows, weighted by what makers buy."""
    cell = flows("Shanghai", year)
    abroad = bought = 0.0
    for code in NAMED:
        pool = cell[code, "GO"] + cell[code, "IM"] + cell[code, "IF"]
        used = sum(cell[code, user] for user in MAKERS)
        abroad += used * cell[code, "IM"] / pool
        bought += used
    share = conditions.imported_part("Shanghai", year, NAMED, "supply pool", "manufacturing")
    assert share == pytest.approx(100 * abroad / bought)


def test_change_of_the_imported_part_is_that_of_the_verdict():
    table = conditions.imported_parts(NAMED).set_index(["region", "year"])
    for region, first, last, imports in [
        ("Shanghai", 2012, 2017, "supply pool"),
        ("Shanghai", 2012, 2017, "exports first"),
        ("China", 2007, 2017, "net inflow"),
        ("China", 2017, 2020, "published"),
    ]:
        change = table.loc[(region, last), imports] - table.loc[(region, first), imports]
        declared = estimates("2.2.1-substitution")[region, f"{first}-{last}", imports, "named", "manufacturing"]
        assert declared == pytest.approx(change)


def test_published_imports_of_the_nation():
    """Nothing but sums of two files."""
    imported, all_flows = read("io/china_2020_imports"), read("io/china_2020")
    sums = [
        frame.loc[frame["row"].isin(NAMED) & frame["column"].isin(MAKERS), "value"].sum()
        for frame in (imported, all_flows)
    ]
    share = conditions.imported_part("China", 2020, NAMED, "published", "manufacturing")
    assert share == pytest.approx(100 * sums[0] / sums[1])
    # what the page says: the supply pool is below the published part, and so is exports first
    row = conditions.imported_parts(NAMED).query("region == 'China' and year == 2017").iloc[0]
    assert row["supply pool"] < row["exports first"] < row["published"]


def test_value_added_rate_from_the_cells():
    rates = {}
    for year in (2002, 2012, 2017):
        cell = flows("Shanghai", year)
        added = sum(cell[item, code] for item in ("VA001", "VA002", "VA003", "VA004") for code in NAMED)
        rates[year] = 100 * added / sum(cell[code, "GO"] for code in NAMED)
    shown = conditions.base_rates(NAMED).set_index(["region", "year"])["rate"]
    assert shown["Shanghai"][[2002, 2012, 2017]].to_dict() == pytest.approx(rates)
    declared = estimates("2.2.1-rate")
    assert declared["2012-2017", "named", "value added", "actual"] == pytest.approx(rates[2017] - rates[2012])
    assert declared["2002-2017", "named", "value added", "actual"] == pytest.approx(rates[2017] - rates[2002])
    # what the page says of the order
    latest = shown.xs(2017, level="year")
    assert latest["Anhui"] < latest["Shanghai"] < latest["Jiangsu"] < latest["Zhejiang"]
    change = (latest - shown.xs(2012, level="year"))[list(DELTA)]
    assert change.idxmax() == "Shanghai"


def test_rate_at_the_mix_of_the_first_year():
    cells = {year: flows("Shanghai", year) for year in (2007, 2017)}
    output = {code: cells[2007][code, "GO"] for code in NAMED}
    change = 0.0
    for code, weight in output.items():
        rate = {year: (cell["VA001", code] + cell["VA004", code]) / cell[code, "GO"] for year, cell in cells.items()}
        change += 100 * weight * (rate[2017] - rate[2007]) / sum(output.values())
    declared = estimates("2.2.1-rate")["2007-2017", "named", "compensation and surplus", "of the first year"]
    assert declared == pytest.approx(change)


def test_what_the_page_says_of_the_rate():
    declared = estimates("2.2.1-rate")
    assert (declared["2012-2017"] > 0).all()
    assert (declared["2007-2017"] > 0).mean() > 0.9
    long = declared["2002-2017"]
    assert (long.drop(["materials"], level="group").drop(["compensation and surplus"], level="measure") < 0).all()
    assert (long["materials"] > 0).all() and (long["named", "compensation and surplus"] > 0).all()
    # most of the rise is that of chemicals
    first, last = (load("Shanghai", year) for year in (2012, 2017))
    rate = [t.total_value_added[NAMED] / t.output[NAMED] for t in (first, last)]
    weight = [t.output[NAMED] / t.output[NAMED].sum() for t in (first, last)]
    own = (rate[1] - rate[0]) * (weight[0] + weight[1]) / 2
    assert own["C12"] > 0.5 * (rate[1] @ weight[1] - rate[0] @ weight[0])


@pytest.mark.parametrize("imports", conditions.LOCAL)
def test_content_at_home_by_rounds(imports):
    """Value added of a product, of its suppliers, of theirs, and so on, added up round by round."""
    table = load("Zhejiang", 2017)
    local = table.Z.mul(table.local_shares(imports), axis=0)
    active = table.output > 0
    A = local.loc[active, active] / table.output[active]
    v = (table.total_value_added / table.output)[active]
    content, power = v.copy(), v.copy()
    for _ in range(400):
        power = power @ A
        content += power
    weights = table.output[NAMED]
    expected = 100 * (content[NAMED] @ weights) / weights.sum()
    assert conditions.content_at_home("Zhejiang", 2017, NAMED, imports) == pytest.approx(expected)
    assert conditions.content_at_home("Zhejiang", 2017, NAMED, imports, "equal") == pytest.approx(
        100 * content[NAMED].mean()
    )


def test_order_of_value_at_home():
    home = conditions.home_content(NAMED)
    for imports in ("supply pool", "exports first"):
        assert home[imports].idxmin() == "Shanghai"
        assert home.drop(index="Shanghai")[imports].idxmin() == "Zhejiang"
    assert home.loc[list(DELTA), "net inflow"].idxmin() != "Shanghai"
    assert home.loc["Shanghai", "lowest"] > 0.99
    four = home.loc[list(DELTA)]
    assert ((four["lower"] < four["supply pool"]) & (four["supply pool"] < four["upper"])).all()
    assert four["lowest"].sum() == pytest.approx(1)


def test_every_choice_flips_the_value_at_home():
    v = verdict("2.2.1-content")
    assert set(v.flips["choice"]) == set(v.claim.choices)


def test_profile_of_base_sectors():
    profile = conditions.base_profile(NAMED)
    cell = flows("Shanghai", 2017)
    pool = cell["C19", "GO"] + cell["C19", "IM"] + cell["C19", "IF"]
    row = profile.loc["C19"]
    assert row["abroad"] == pytest.approx(100 * cell["C19", "IM"] / pool)
    assert row["provinces"] == pytest.approx(100 * cell["C19", "IF"] / pool)
    mean = verdict("2.2.1-parts").primary["value"]
    assert profile["push"].mean() == pytest.approx(mean)


# ---- 2.2.2 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("region", "years"), [("Shanghai", (2012, 2017)), ("China", (2017, 2020))])
def test_electronics_and_services_in_vehicles(region, years):
    yuan = []
    for year in years:
        cell = flows(region, year)
        yuan.append(100 * (cell["C19", "C17"] + cell["C29", "C17"]) / cell["C17", "GO"])
    declared = estimates("2.2.2-vehicles")[region, f"{years[0]}-{years[1]}", "both", "direct"]
    assert declared == pytest.approx(yuan[1] - yuan[0])
    bought = conditions.vehicle_inputs().groupby(["region", "year"])["yuan"].sum()
    assert bought[region][list(years)].tolist() == pytest.approx(yuan)


def test_all_rounds_of_electronics_in_vehicles():
    """A L by powers of A."""
    content = []
    for year in (2012, 2017):
        table = load("Shanghai", year)
        active = table.output > 0
        A = (table.Z / table.output.where(active)).loc[active, active].to_numpy()
        at = table.sectors[active].get_indexer(["C19", "C29", "C17"])
        power, total = np.eye(len(A)), np.zeros_like(A)
        for _ in range(2000):
            power = power @ A
            total += power
        content.append(100 * (total[at[0], at[2]] + total[at[1], at[2]]))
    declared = estimates("2.2.2-vehicles")["Shanghai", "2012-2017", "both", "all rounds"]
    assert declared == pytest.approx(content[1] - content[0])


def test_order_of_vehicles_in_drawn_tables():
    """One draw after the other, each as a table of its own."""
    order = conditions.vehicle_order()
    table = load("Zhejiang", 2017)
    noise = calibrate_noise(load("Zhejiang", 2012), table)
    drawn = flow_draws(table, 5, noise, conditions.SEED + DELTA.index("Zhejiang"))
    for k in range(5):
        one = drawn.draw(k)
        yuan = 100 * (one.Z.loc["C19", "C17"] + one.Z.loc["C29", "C17"]) / one.output["C17"]
        assert order.loc["Zhejiang", "lower"] * 0.5 < yuan < order.loc["Zhejiang", "upper"] * 2
    assert order["lowest"].sum() == pytest.approx(1) == order["highest"].sum()
    assert order.loc["Zhejiang", "lowest"] > 0.95 and order["highest"].max() < 0.95
    # a change of a fifth of a yuan is far inside the noise
    change = abs(verdict("2.2.2-vehicles").primary["value"])
    assert change < 0.2 < 0.1 * (order.loc["Shanghai", "upper"] - order.loc["Shanghai", "lower"])


def test_research_through_parts_by_loops():
    table = load("Shanghai", 2017)
    A = (table.Z / table.output.where(table.output > 0)).fillna(0.0).to_numpy()
    inverse = np.linalg.inv(np.eye(len(A)) - A)
    codes = list(table.sectors)
    research = inverse[codes.index("C33")].copy()
    research[codes.index("C33")] -= 1
    machines = ["C16", "C17", "C19"]
    total = sum(research[codes.index(part)] * table.Z.loc[part, machine] for part in NAMED for machine in machines)
    expected = 100 * total / table.output[machines].sum()
    assert conditions.research_through_parts(table, machines, NAMED) == pytest.approx(expected)


def test_ways_of_research_add_up():
    """Direct purchases and what comes with each input are all there is, since A L = A + A L A."""
    ways = conditions.research_in_machines()
    assert (ways["yuan"] > 0).all()
    table = load("Jiangsu", 2012)
    machines = ["C16", "C17", "C19"]
    every = conditions.research_through_parts(table, machines, list(table.sectors))
    direct = 100 * table.Z.loc["C33", machines].sum() / table.output[machines].sum()
    listed = ways[(ways["region"] == "Jiangsu") & (ways["year"] == 2012)]["yuan"].sum()
    assert every + direct == pytest.approx(listed)


def test_what_the_page_says_of_research():
    declared = estimates("2.2.2-research")
    assert (declared["2012-2017"] > -0.02).all()
    assert (declared["2012-2017"] > 0).mean() > 0.8
    ways = conditions.research_in_machines().query("way == 'through parts and materials'")
    shanghai = ways[ways["region"] == "Shanghai"].set_index("year")["yuan"]
    assert shanghai[2017] / shanghai[2002] == pytest.approx(1 / 3, abs=0.03)
    assert shanghai[2012] < shanghai[2017] < shanghai[2007]
    nation = conditions.vehicle_inputs().query("region == 'China' and input == 'electronics'")["yuan"]
    assert nation.is_monotonic_increasing
    for kind in ("electronics", "information services"):
        change = {}
        for region in ("Shanghai", "China"):
            level = conditions.vehicle_inputs([region]).query("input == @kind").set_index("year")["yuan"]
            change[region] = level[2017] - level[2012]
        assert change["China"] > 0
        assert abs(change["Shanghai"]) < 0.05 if kind == "electronics" else change["Shanghai"] < 0


# ---- 2.2.3 ----------------------------------------------------------------------------------------------------------


def test_local_purchases_by_loops():
    cell = flows("Shanghai", 2017)
    codes = sectors().index
    local = bought = 0.0
    for code in codes:
        own, out, inside = cell[code, "GO"], cell[code, "EX"] + cell[code, "OF"], cell[code, "IM"] + cell[code, "IF"]
        kept = max(own - out, 0)
        outside = inside - max(out - own, 0)
        share = kept / (kept + outside) if kept + outside else 0.0
        used = sum(cell[code, user] for user in MAKERS)
        local += share * used
        bought += used
    assert conditions.local_purchases("Shanghai", 2017, "exports first") == pytest.approx(100 * local / bought)


def test_a_local_table_holds_the_same_purchases():
    table = load("Anhui", 2012).local("supply pool")
    share = table.Z[MAKERS].sum().sum() / (table.Z[MAKERS] + table.imported[MAKERS]).sum().sum()
    assert conditions.local_purchases("Anhui", 2012, "supply pool") == pytest.approx(100 * share)


def test_basket_of_the_first_year():
    first, last = load("Shanghai", 2012), load("Shanghai", 2017)
    weights = first.Z[MAKERS].sum(axis=1)
    moved = (last.local_shares("supply pool") - first.local_shares("supply pool")) @ weights / weights.sum()
    declared = estimates("2.2.3-local")["2012-2017", "supply pool", "manufacturing", "all inputs", "of the first year"]
    assert declared == pytest.approx(100 * moved)


def test_effects_of_products_add_up_to_the_change():
    effects = conditions.purchase_basket(count=38)["effect"]
    assert effects.sum() == pytest.approx(verdict("2.2.3-local").primary["value"])
    assert effects["C03"] > 0 and effects["C19"] < 0


def test_what_the_page_says_of_purchases():
    v = verdict("2.2.3-local")
    assert set(v.readings.loc[v.readings["reading"] == "supports", "imports"]) == {"net inflow"}
    assert set(v.flips["choice"]) == {"imports"}
    latest = conditions.purchases_by_region().query("year == 2017").set_index("region").loc[list(DELTA)]
    assert latest["supply pool"].idxmin() == "Shanghai" and latest["net inflow"].idxmin() != "Shanghai"
    order = conditions.purchase_order()
    assert order.loc["Shanghai", "lowest"] > 0.99
    assert order["share"].to_dict() == pytest.approx(latest["supply pool"].to_dict())


@pytest.mark.parametrize("region", DELTA)
@pytest.mark.parametrize("year", [2007, 2012, 2017])
def test_accounts_give_the_shares_of_the_tables(region, year):
    """The panel of accounts knows no flows, and yields for all buyers together what the tables do."""
    for imports in conditions.LOCAL:
        from_accounts = conditions.provincial_purchases(year, imports).loc[region, "share"]
        from_table = conditions.local_purchases(region, year, imports, "all sectors")
        assert from_accounts == pytest.approx(from_table, abs=1e-6)


def test_prediction_interval_by_hand():
    """Least squares and the interval of one new point, written out."""
    from scipy.stats import t as student

    frame = conditions.provincial_purchases(2017)
    others = frame.drop(index="Shanghai")
    x, y = np.log(others["value added"]), others["share"]
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    level = y.mean() - slope * x.mean()
    n = len(others)
    residual = math.sqrt(((y - level - slope * x) ** 2).sum() / (n - 2))
    at = math.log(frame.loc["Shanghai", "value added"])
    error = residual * math.sqrt(1 + 1 / n + (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    value = frame.loc["Shanghai", "share"] - level - slope * at
    row = verdict("2.2.3-size").primary
    reach = student.ppf(0.975, n - 2) * error
    assert [row["value"], row["lower"], row["upper"]] == pytest.approx([value, value - reach, value + reach])


def test_flagged_tables_are_left_out():
    """Hubei, Qinghai and Inner Mongolia lack a kind of trade in 2012."""
    every, some = (
        conditions.provincial_purchases(2012, sample=sample) for sample in ("all provinces", "without flagged tables")
    )
    gone = set(every.index) - set(some.index)
    assert {"Hubei", "Qinghai", "Inner Mongolia"} <= gone
    assert "Shanghai" in some.index and "China" not in every.index


def test_local_share_of_a_product_without_supply_is_nought():
    nought = pd.Series([0.0, 10.0])
    for assumption in conditions.LOCAL:
        share = conditions.local_share(nought, pd.Series([0.0, 15.0]), pd.Series([0.0, 20.0]), assumption)
        assert share[0] == 0
        expected = {"supply pool": 10 / 30, "exports first": 0.0, "net inflow": 10 / 15}[assumption]
        assert share[1] == pytest.approx(expected)


# ---- pages ----------------------------------------------------------------------------------------------------------


def test_words_of_the_chapter_fit_the_verdicts():
    outcomes = {key: verdict(key).outcome for key in ("2.2.1-rate", "2.2.1-substitution", "2.2.3-local", "2.2.3-size")}
    assert set(outcomes.values()) == {"mixed"}
    assert "nothing is decided is a finding too" in words("index.ipynb")
    shares = conditions.purchases_by_region().query("region == 'Shanghai' and year == 2017").iloc[0]
    # The page prints the lowest and the highest of the three as a range.
    assert shares["exports first"] < shares["supply pool"] < shares["net inflow"]


def test_research_through_parts_fell_over_every_longer_span_but_for_materials():
    assert "every one but some that count materials alone" in words("2-2-2-joint-innovation.ipynb")
    readings = verdict("2.2.2-research").readings
    rose = readings[readings["value"] > 0]
    assert not (rose["period"] == "2002-2017").any()
    assert set(rose.loc[rose["period"] == "2007-2017", "parts"]) == {"materials"}
    fell = readings[(readings["period"] == "2012-2017") & (readings["value"] < 0)]
    assert len(fell) < 0.1 * (readings["period"] == "2012-2017").sum()


def test_rates_since_2002_rose_where_the_page_says_so():
    assert "it rose for materials alone, and without taxes and wear for every group but parts alone" in words(
        "2-2-1-base-capability.ipynb"
    )
    readings = verdict("2.2.1-rate").readings.query("period == '2002-2017'")
    said = (readings["group"] == "materials") | (
        (readings["measure"] == "compensation and surplus") & (readings["group"] != "parts")
    )
    assert ((readings["value"] > 0) == said).all()


def test_push_follows_the_import_assumption_and_materials_mostly_push_more():
    readings = verdict("2.2.1-parts").readings.set_index(["imports", "group", "year", "average"])["value"].sort_index()
    assert (abs(readings["supply pool", "named"] - 1) < 0.05).all()
    assert (readings["net inflow", "named"] > 1).all()
    assert (readings["exports first", "named"] < 1).all()
    more = readings.xs("materials", level="group") > readings.xs("parts", level="group")
    assert more.mean() > 0.7
