"""The measurements behind section 2.1, recomputed by other ways, and what the pages say of them in words."""

import math
import re

import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.data import read
from analysis.tables import load
from analysis.verdicts import advantages, evidence, groups
from analysis.verdicts.evidence import DELTA, verdict
from analysis.verdicts.rule import ROUNDING, SAMPLING
from book._tools.notebooks import ROOT

PAGES = sorted((ROOT / "book/en/2-foundations/2-1-six-advantages").glob("*.ipynb"))


def estimates(claim):
    """Estimates of a verdict by the options of its choices."""
    v = verdict(claim)
    return v.readings.set_index(list(v.claim.choices))["value"]


# ---- 2.1.1 ----------------------------------------------------------------------------------------------------------


def test_growth_of_industry_by_logarithms():
    """5.26 % from the yearly steps of the one series that spans all years."""
    rows = read("statistics/shanghai")
    rows = rows[(rows["series"] == "va_industry") & (rows["source"] == "energy_panel")].set_index("year")["value"]
    steps = np.diff(np.log(rows.loc[2015:2019]))
    assert len(steps) == 4
    assert estimates("2.1.1-growth")["revised series 2015-2019"] == pytest.approx(100 * math.expm1(steps.mean()))
    assert round(100 * math.expm1(steps.mean()), 2) == 5.26


def test_chained_real_growth():
    chained = 1.011 * 1.064 * 1.019 * 1.004
    assert estimates("2.1.1-growth")["chained real growth 2015-2019"] == pytest.approx(100 * (chained**0.25 - 1))


def test_one_figure_is_one_vintage():
    with pytest.raises(KeyError, match="0 figures"):
        evidence.shanghai("va_industry", 2016, "preliminary")
    with pytest.raises(KeyError, match="2 figures"):
        evidence.shanghai("va_industry", 2015, "")


def test_printed_share_of_product_misses_every_product():
    readings = verdict("2.1.1-share").readings
    assert (readings["reading"] == "contradicts").all()
    first = readings.iloc[2]
    # 9670.68 over 3.82 trillion yuan, which stands for 38,150 to 38,250
    assert (first["lower"], first["upper"]) == pytest.approx((967067.5 / 38250, 967068.5 / 38150))
    assert first["interval"] == ROUNDING


@pytest.mark.parametrize("period", ["2007-2012", "2012-2017", "2007-2017"])
def test_effects_on_value_added_by_loops(period):
    """Logarithmic means written out, sector by sector; sectors without output have no effect."""
    first, last = (load("Shanghai", int(year)) for year in period.split("-"))
    codes = evidence.industrial_sectors()
    totals = [t.output[codes].sum() for t in (first, last)]
    sums = {"scale": 0.0, "structure": 0.0, "value_added_rate": 0.0}
    for code in codes:
        x0, x1 = first.output[code], last.output[code]
        if x0 == 0 and x1 == 0:
            continue
        v0, v1 = first.value_added[code].sum(), last.value_added[code].sum()
        mean = (v1 - v0) / math.log(v1 / v0)
        sums["scale"] += mean * math.log(totals[1] / totals[0])
        sums["structure"] += mean * math.log(x1 / totals[1] / (x0 / totals[0]))
        sums["value_added_rate"] += mean * math.log(v1 / x1 / (v0 / x0))
    effects = evidence.value_added_effects(period).sum()
    assert effects.to_dict() == pytest.approx(sums)
    change = last.value_added[codes].to_numpy().sum() - first.value_added[codes].to_numpy().sum()
    assert effects.sum() == pytest.approx(change)


def test_rate_effect_splits_over_the_items_of_value_added():
    items = advantages.value_added_rate_items("2012-2017")
    effect = evidence.value_added_effects("2012-2017")["value_added_rate"]
    assert items.sum(axis=1).to_dict() == pytest.approx(effect[items.index].to_dict())
    assert effect.drop(items.index).abs().max() < 1e-9
    # what the page says: not profits, and mostly oil
    assert items.sum().idxmin() == "operating surplus"
    assert items.sum(axis=1).nlargest(2).index.tolist() == ["C12", "C11"]


def test_pair_of_the_paper_is_mostly_rate():
    """Two factors: Δ ln rate over Δ ln value added, from the printed figures."""
    row = advantages.value_added_sources().loc["2015-2019, paper"]
    value, output = math.log(9670.68 / 7109.94), math.log(35487.05 / 33211.57)
    assert row["rate_share"] == pytest.approx(100 * (value - output) / value)
    assert row["structure"] == pytest.approx(0, abs=1e-9)
    assert row["change"] == pytest.approx(9670.68 - 7109.94)


def test_vintages_of_value_added_lie_apart():
    wide = advantages.value_added_vintages().pivot(index="year", columns="series", values="value")
    both = wide.dropna(subset=["first releases", "revised series"])
    assert both.index.tolist() == [2015, 2018]
    assert (both["revised series"] > both["first releases"]).all()
    assert wide.loc[2015, "the paper's pair"] == pytest.approx(wide.loc[2015, "first releases"])
    assert abs(wide.loc[2019, "the paper's pair"] / wide.loc[2019, "revised series"] - 1) < 0.002


def test_lead_of_emerging_industries():
    readings = verdict("2.1.1-emerging").readings
    # from the printed figures, the rest being what the shares leave
    emerging = (0.315 * 35487.05 / (0.243 * 33211.57)) ** 0.25
    rest = (0.685 * 35487.05 / (0.757 * 33211.57)) ** 0.25
    assert readings.loc[0, "value"] == pytest.approx(100 * (emerging - rest), abs=0.001)
    assert readings.loc[0, "lower"] < 100 * (emerging - rest) < readings.loc[0, "upper"]
    # rates of the rest that make the published whole of 0.8, 6.8 and 1.4 %
    rests = [(whole - 0.26 * part) / 0.74 for whole, part in ((0.8, 1.5), (6.8, 5.7), (1.4, 3.8))]
    assert readings.loc[3, "value"] == pytest.approx(np.mean([1.5, 5.7, 3.8]) - np.mean(rests))


def test_emerging_industries_grew_by_more_than_volume_and_price():
    gap = advantages.emerging_break()
    assert gap.loc["emerging", "carried_forward"] == pytest.approx(8064.1 * 1.015 * 1.057)
    assert gap.loc["whole", "carried_forward"] == pytest.approx(31000 * 1.008 * 1.068)
    assert gap.loc["emerging", "unexplained"] > 5 * gap.loc["whole", "unexplained"] > 0


# ---- 2.1.2 and 2.1.3 ------------------------------------------------------------------------------------------------


def test_centres_stand_at_both_ends_of_dependence():
    table = load("Shanghai", 2017)
    outside = advantages.outside_supply(table)
    electronics = table.trade.loc["C19", ["IM", "IF"]].sum()
    assert outside["C19"] == pytest.approx(100 * electronics / (electronics + table.output["C19"]))
    ranked = outside[evidence.manufacturing_sectors()].sort_values(ascending=False)
    assert ranked.index[-1] == "C17"
    assert "C20" in ranked.index[:4]
    served = advantages.centre_sectors()
    assert served["code"].value_counts().to_dict() == {"C20": 2, "C17": 2, "C19": 1, "C16": 1}
    assert served["outside_supply"].mean() < ranked.mean()


def test_quotient_by_hand():
    rows = read("io/province_sectors")
    rows = rows[rows["year"] == 2017].set_index(["region", "code"])["value_added"]
    codes = ["C32", "C33"]
    weight = {r: rows[r][codes].sum() / rows[r].sum() for r in ("Zhejiang", "China")}
    quotients = evidence.function_quotients(codes, 2017, "value added", "China")
    assert quotients["Zhejiang"] == pytest.approx(weight["Zhejiang"] / weight["China"])
    assert quotients.index.tolist() == list(DELTA)


def test_what_the_page_says_of_functions():
    by_year = {
        year: evidence.function_quotients(["C32", "C33"], year, "value added", "China") for year in (2007, 2012, 2017)
    }
    assert all(q.idxmax() == "Shanghai" for q in by_year.values())
    assert by_year[2007]["Shanghai"] > by_year[2012]["Shanghai"] > by_year[2017]["Shanghai"]
    assert by_year[2012].idxmin() == "Zhejiang"
    assert by_year[2017].drop("Shanghai").idxmax() == "Zhejiang"
    v = verdict("2.1.3-functions")
    below = v.readings[v.readings["value"] < 0]
    assert below[["year", "measure", "group"]].drop_duplicates().to_numpy().tolist() == [
        [2017, "value added", "business services"]
    ]


# ---- 2.1.4 ----------------------------------------------------------------------------------------------------------


def test_lead_that_the_printed_shares_allow():
    """1.04 points, from levels: the nation at 100, the delta at its share, and the nation that its growth implies."""
    delta = 25.8 * 1.1041**4
    nation = (delta / 0.268 / 100) ** 0.25 - 1
    lead = 10.41 - 100 * nation
    row = verdict("2.1.4-lead").primary
    assert row["value"] == pytest.approx(lead, abs=0.001)
    assert round(lead, 2) == 1.04
    corners = [
        g - 100 * ((s0 * (1 + g / 100) ** 4 / s1) ** 0.25 - 1)
        for s0 in (25.75, 25.85)
        for s1 in (26.75, 26.85)
        for g in (10.405, 10.415)
    ]
    assert (row["lower"], row["upper"]) == pytest.approx((min(corners), max(corners)))


def test_every_source_gives_a_smaller_lead_than_printed():
    sources = advantages.delta_by_source().set_index("source")
    assert (sources["lead"] < 4.18).all()
    assert sources.index[sources["lead"] < 0].tolist() == ["Tables, national table"]
    growth = sources["growth_delta"] - sources["growth_nation"]
    assert growth.to_dict() == pytest.approx(sources["lead"].to_dict())
    declared = estimates("2.1.4-share")
    assert sources.loc["Provinces as compiled", "share_change"] == pytest.approx(
        declared["statistics 2013-2017", "industry"]
    )
    assert sources.loc["Tables, sum of provinces", "share_change"] == pytest.approx(
        declared["tables 2012-2017", "industry"]
    )


def test_panel_mixes_vintages():
    """Two provinces stand before their cut in 2013 and after it in 2017; that moves the delta's share."""
    ratio = advantages._census_ratio()
    cut = ratio.loc[2013] < 0.75
    assert ratio.columns[cut].tolist() == ["Inner Mongolia", "Jilin"]
    assert ratio.loc[2017, ["Inner Mongolia", "Jilin"]].tolist() == pytest.approx([1, 1], abs=0.001)
    gain = advantages.delta_by_source().set_index("source")["share_change"]
    assert gain["Provinces as compiled"] > gain["Provinces, one vintage"] > 0


def test_provinces_exceed_the_nation_less_in_2017():
    """Why the delta gains on the sum of provinces and loses on the national table."""
    sources = advantages.delta_by_source().set_index("source")
    by_sum, by_nation = sources.loc["Tables, sum of provinces"], sources.loc["Tables, national table"]
    excess = [by_nation[share] / by_sum[share] - 1 for share in ("share_first", "share_last")]
    assert excess[0] > excess[1] > 0
    assert by_sum["share_change"] > 0 > by_nation["share_change"]


def test_shift_share_of_the_delta():
    effects = advantages.delta_shift_share()
    rows = read("io/province_sectors")
    rows = rows[rows["code"].isin(evidence.industrial_sectors())]
    totals = rows.pivot_table(index="region", columns="year", values="value_added", aggfunc="sum")
    growth = 100 * (totals[2017] / totals[2012] - 1)
    assert effects["change"].to_dict() == pytest.approx(growth[list(DELTA)].to_dict())
    provinces = totals.drop("China")
    assert effects["national"].tolist() == pytest.approx(
        [100 * (provinces[2017].sum() / provinces[2012].sum() - 1)] * 4
    )
    assert (effects.loc[["Shanghai", "Jiangsu"], "regional"] < 0).all()
    assert effects["regional"].idxmax() == "Anhui" and effects["mix"].idxmax() == "Shanghai"
    assert effects.loc["Zhejiang", "regional"] > 0


def test_people_are_counted_once_and_where_they_live():
    raw = read("statistics/province_value_added")
    raw = raw[raw["series"] == "population"].pivot(index="year", columns="region", values="value")
    people = evidence.resident_population()
    assert people.loc[1992, "Sichuan"] == raw.loc[1992, "Sichuan"] - raw.loc[1992, "Chongqing"]
    assert people.loc[1997:, "Sichuan"].equals(raw.loc[1997:, "Sichuan"])
    assert people["Guangdong"].isna().pipe(lambda gap: gap.index[gap].tolist()) == list(range(2009, 2015))
    assert people.drop(columns="Guangdong").notna().all().all()


def test_convergence_slope_by_polynomial():
    product = evidence.provincial_product()
    growth = 100 * np.log(product.loc[2020] / product.loc[2000]) / 20
    slope = np.polyfit(np.log2(product.loc[2000]), growth, 1)[0]
    row = verdict("2.1.4-convergence").primary
    assert row["value"] == pytest.approx(slope)
    assert row["interval"] == SAMPLING
    assert product.loc[2019, "Shanghai"] == pytest.approx(1e4 * 37987.6 / 2481)


def test_eastern_provinces_cannot_tell():
    readings = verdict("2.1.4-convergence").readings
    assert set(readings.loc[readings["sample"] == "eastern provinces", "reading"]) == {"undecided"}
    head = readings[(readings["sample"] == "all provinces") & (readings["measure"] == "product per head")]
    assert set(head["reading"]) == {"supports"}


def test_agglomerations_on_one_unit():
    units = advantages.agglomerations().set_index("agglomeration")
    assert units["provinces"].tolist() == [4, 3, 1]
    one = advantages.delta_by_source().set_index("source").loc["Provinces, one vintage"]
    assert units.loc["Yangtze River Delta", "share"] == pytest.approx(one["share_last"])
    assert units["per_head"].idxmax() == "Yangtze River Delta"


# ---- 2.1.5 ----------------------------------------------------------------------------------------------------------


def test_share_of_research_by_hand():
    rows = read("statistics/province_rd")
    rows = rows[(rows["series"] == "rd_expenditure_yearbook") & (rows["year"] == 2019)].set_index("region")["value"]
    share = 100 * sum(rows[province] for province in DELTA) / rows["China"]
    assert verdict("2.1.5-research-share").primary["value"] == pytest.approx(share)


def test_a_missing_province_leaves_no_share():
    shares = advantages.delta_research_shares()
    years = shares.groupby("series")["year"].agg(list)
    assert 2014 not in years["invention patents in force"]
    assert 2014 in years["invention patents granted"]


def test_what_the_page_says_of_shares_in_research():
    shares = advantages.delta_research_shares().pivot(index="year", columns="series", values="share")
    assert shares.loc[2011].idxmin() == "invention patents in force" == shares.loc[2020].idxmax()
    assert shares["research spending"].idxmax() == 2019
    readings = verdict("2.1.5-knowledge").readings
    assert (readings["value"] > 0).all()
    means = readings.groupby("outcome")["value"].mean()
    assert means.idxmax() == "filed" and means.idxmin() == "in force"
    open_ones = readings[readings["reading"] == "undecided"]
    strict = (open_ones["sample"] == "without the four municipalities") | (open_ones["inference"] == "wild bootstrap")
    assert strict.mean() > 0.5


def test_elasticity_by_dummies():
    panel = evidence.knowledge_panel("granted", 1, "without Tibet")
    assert panel["year"].between(2011, 2020).all() and panel["region"].nunique() == 30
    spent = evidence.research_panel("rd_expenditure_yearbook")
    row = panel[(panel["region"] == "Anhui") & (panel["year"] == 2015)].iloc[0]
    assert row["research"] == spent.loc[2014, "Anhui"]
    fit = smf.ols("log_patents ~ log_research + C(region) + C(year)", panel).fit()
    v = verdict("2.1.5-knowledge")
    assert v.primary["value"] == pytest.approx(fit.params["log_research"])
    clustered = fit.get_robustcov_results(
        "cluster", groups=pd.factorize(panel["region"])[0], use_correction=True, df_correction=True
    )
    interval = clustered.conf_int()[list(fit.params.index).index("log_research")]
    assert (v.primary["lower"], v.primary["upper"]) == pytest.approx(tuple(interval), rel=1e-6)
    boot = v.readings.query(
        "outcome == 'granted' and lag == 1 and inference == 'wild bootstrap' and sample == 'without Tibet'"
    )
    assert boot["value"].item() == pytest.approx(v.primary["value"])
    assert boot["lower"].item() != pytest.approx(v.primary["lower"], abs=1e-4)


def test_diagnostics_agree_with_the_reading():
    found = advantages.knowledge_diagnostics()
    v = verdict("2.1.5-knowledge").primary
    assert found["estimate"] == pytest.approx(v["value"])
    assert found["lowest"] < found["estimate"] < found["highest"]
    assert 1 < found["effective_clusters"] < found["clusters"] == 30
    panel = evidence.knowledge_panel("granted", 1, "without Tibet")
    without = panel[panel["region"] != found["lowest_without"]]
    fit = smf.ols("log_patents ~ log_research + C(region) + C(year)", without).fit()
    assert found["lowest"] == pytest.approx(fit.params["log_research"])


# ---- 2.1.6 ----------------------------------------------------------------------------------------------------------


def test_finance_in_manufacturing_by_hand():
    content = advantages.finance_content().set_index(["rounds", "year"])["yuan"]
    table = load("Shanghai", 2017)
    makers = evidence.manufacturing_sectors()
    direct = 100 * table.Z.loc["C30", makers].sum() / table.output[makers].sum()
    assert content["direct", 2017] == pytest.approx(direct)
    A = table.Z.to_numpy() / table.output.where(table.active, 1).to_numpy()
    inverse = np.linalg.inv(np.eye(len(A)) - A)
    finance = table.sectors.get_loc("C30")
    total = pd.Series(inverse[finance] - (np.arange(len(A)) == finance), table.sectors)
    assert content["all rounds of supply", 2017] == pytest.approx(
        100 * np.average(total[makers], weights=table.output[makers])
    )
    declared = estimates("2.1.6-finance")["2007-2017", "competitive", "manufacturing", "direct"]
    assert declared == pytest.approx(content["direct", 2017] - content["direct", 2007])


def test_what_the_page_says_of_finance():
    uses = advantages.finance_uses().pivot(index="year", columns="use", values="share")
    assert uses.sum(axis=1).tolist() == pytest.approx([100] * 4)
    assert uses["industry"].idxmax() == "2007" and uses["industry"].idxmin() == "2017"
    assert uses.loc["2017"].idxmax() == "exports and outflow"
    linkage = advantages.finance_linkage().set_index(["year", "imports"])["forward_index"]
    assert (linkage[2007] > 1).all() and (linkage[2017] < 1).all()
    declared = verdict("2.1.6-finance").readings
    assert (declared.loc[declared["period"] != "2012-2017", "value"] < 0).all()


# ---- the pages ------------------------------------------------------------------------------------------------------


def test_growth_misses_and_shares_hit():
    """What the chapter page leads with."""
    judged = evidence.verdicts("2.1")
    beside = advantages.printed_and_measured(judged).set_index("subject")
    rates = beside.index.str.startswith("Growth")
    assert (beside.loc[rates, "highest_ratio"] < 1).all()
    assert beside["measured_ratio"].idxmin() == "Growth lead of the delta"
    assert ((beside.loc[~rates, "measured_ratio"] - 1).abs() < 0.06).all()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_rerun_blocks_run(path):
    cells = nbformat.read(path, as_version=4).cells
    blocks = [
        b for c in cells if c.cell_type == "markdown" for b in re.findall(r"```python\n(.*?)```", c.source, re.DOTALL)
    ]
    assert len(blocks) == (path.stem != "index")
    for block in blocks:
        exec(compile(block, str(path), "exec"), {})


def test_margins_of_the_first_place_in_functions():
    """2.1.3: by value added the lead of 2017 is smaller than the jump in Zhejiang's rate, by output it is not."""
    rates = {}
    for year in (2012, 2017):
        row = evidence.province_sectors(year).set_index(["region", "code"]).loc[("Zhejiang", "C32")]
        rates[year] = row["value_added"] / row["output"]
    jump = rates[2017] / rates[2012] - 1
    margins = {}
    for measure in ("value added", "output"):
        quotients = evidence.function_quotients(groups()["functions"]["both"], 2017, measure, "China").sort_values()
        assert quotients.index[-1] == "Shanghai"
        margins[measure] = 1 - quotients.iloc[-2] / quotients.iloc[-1]
    assert margins["value added"] < jump / 3
    assert margins["output"] > 0.4
