"""What chapters 3.4 and 3.5 show, worked out once more by other ways."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import read
from analysis.tables import load, load_detailed
from analysis.verdicts import areas, groups
from analysis.verdicts.evidence import verdict
from tests.verdicts.test_measures import MAKERS, coefficients, share, summed

SERVICES = ["C29", "C30", "C32", "C33"]


def test_investment_round_by_round():
    table = load("Shanghai", 2017)
    r, A = share(table, "supply pool"), coefficients(table)
    spent = table.final_uses["FU201"]
    output = summed(r.to_numpy()[:, None] * A, r * spent / spent.sum())
    assert verdict("3.4.1-investment").primary["value"] == pytest.approx(output.sum())


def test_services_of_the_four_by_sums():
    found = {}
    for year in (2012, 2017):
        bought = made = 0.0
        for region in ("Shanghai", "Jiangsu", "Zhejiang", "Anhui"):
            table = load(region, year)
            bought += table.Z.loc[SERVICES, MAKERS].to_numpy().sum()
            made += table.output[MAKERS].sum()
        found[year] = 100 * bought / made
    assert groups()["producer services"]["narrow"] == tuple(SERVICES)
    assert verdict("3.4.2-services").primary["value"] == pytest.approx(found[2017] - found[2012])


def test_supply_that_ends_in_manufacturing_round_by_round():
    """Sell on in shares, round by round, instead of inverting."""
    table = load("Shanghai", 2017)
    r = share(table, "supply pool").to_numpy()
    x = table.output.to_numpy()
    B = np.array([r[i] * table.Z.iloc[i].to_numpy() / x[i] if x[i] else np.zeros(table.n) for i in range(table.n)])
    makers = np.isin(table.sectors, MAKERS)
    ends = np.zeros(table.n)
    step = makers.astype(float)
    for _ in range(400):
        step = B @ step
        ends += step
    ends = pd.Series(ends, table.sectors)[x > 0]
    chain = ["C26", "C27", "C29", "C30", "C32"]
    others = [c for c in ends.index if c not in chain]
    own, rest = (np.average(ends[codes], weights=table.output[codes]) for codes in (chain, others))
    assert verdict("3.4.3-services").primary["value"] == pytest.approx(own / rest)


def test_openness_is_the_slope_left_by_province_and_sector():
    rows = read("io/province_sectors").query("region != 'China' and year in [2012, 2017]")
    first = rows[(rows["year"] == 2012) & (rows["trade"] == "split")].set_index(["region", "code"])
    last = rows[rows["year"] == 2017].set_index(["region", "code"])
    data = first.join(last["value_added"].rename("end"), how="inner")
    data = data[(data["value_added"] > 0) & (data["end"] > 0) & (data["output"] > 0)]
    x = (data["imports"] + data["exports"]) / (data["output"] + data["imports"] + data["inflow"])
    y = 20 * np.log(data["end"] / data["value_added"])
    x = (x - x.mean()) / x.std()
    # Dummies for every province and sector, by least squares.
    frame = data.reset_index()
    dummies = pd.get_dummies(frame[["region", "code"]].astype(str), dtype=float).to_numpy()
    design = np.column_stack([x.to_numpy(), dummies])
    slope = np.linalg.lstsq(design, y.to_numpy(), rcond=None)[0][0]
    assert verdict("3.4.3-openness").primary["value"] == pytest.approx(slope, rel=1e-6)


def test_equipment_from_abroad_by_product():
    found = {}
    for year in (2012, 2017):
        table = load("Shanghai", year)
        whole = abroad = 0.0
        for code in ("C16", "C17"):
            spent = table.final_uses.loc[code, "FU201"]
            comes = table.trade.loc[code, "IM"] + table.trade.loc[code, "IF"]
            whole += spent
            abroad += spent * comes / (table.output[code] + comes) * table.trade.loc[code, "IM"] / comes
        found[year] = 100 * abroad / whole
    assert verdict("3.5.1-replace").primary["value"] == pytest.approx(found[2017] - found[2012])
    shown = areas.imported_equipment_path().query("region == 'Shanghai'").set_index("year")["value"]
    assert shown.to_dict() == pytest.approx(found)


def test_buyers_of_online_services():
    table = load("Shanghai", 2012)
    households = table.final_uses.loc["C29", ["FU101", "FU102"]].sum()
    bought = areas.service_buyers("information services in Shanghai", 2012)
    assert bought["manufacturing"] / bought["households"] == pytest.approx(
        table.Z.loc["C29", MAKERS].sum() / households
    )
    nation = load_detailed(2017)
    internet = areas.service_buyers("internet services in China", 2017)
    # All but what goes to stock.
    final = nation.final_uses.loc["123"].drop("FU202", errors="ignore").sum()
    kept = internet.drop("manufacturing").sum()
    assert kept == pytest.approx(nation.Z.loc["123"].sum() + final)
    shares = areas.buyer_shares({"internet": ("internet services in China", 2017)})
    assert shares.drop(columns=["of", "manufacturing"]).sum(axis=1).item() == pytest.approx(100)
    assert shares["households"].item() == pytest.approx(100 * internet["households"] / kept)


def test_pull_on_a_stage_round_by_round():
    table = load("Shanghai", 2017)
    r, A = share(table, "supply pool"), coefficients(table)
    local = r.to_numpy()[:, None] * A

    def on(stage, codes):
        basket = np.array([table.output[c] if c in codes else 0.0 for c in table.sectors])
        basket /= basket.sum()
        output = pd.Series(summed(local, local @ basket), table.sectors)
        return 100 * output[list(groups()["stages"][stage])].sum()

    others = [c for c in MAKERS if c != "C17"]
    ratios = {stage: on(stage, ["C17"]) / on(stage, others) for stage in groups()["stages"]}
    assert verdict("3.5.3-anchors").primary["value"] == pytest.approx(min(ratios.values()))
    shown = areas.stage_pull_table().set_index("stage")["ratio"]
    assert shown.to_dict() == pytest.approx(ratios)


def test_dependence_of_the_stages_by_product():
    table = load("Shanghai", 2017)
    worst = {"abroad": 0.0, "outside": 0.0}
    for codes in groups()["stages"].values():
        whole = abroad = outside = 0.0
        for code in codes:
            bought = table.Z.loc[code, "C17"]
            comes = table.trade.loc[code, "IM"] + table.trade.loc[code, "IF"]
            away = bought * comes / (table.output[code] + comes)
            whole, outside = whole + bought, outside + away
            abroad += away * table.trade.loc[code, "IM"] / comes if comes else 0
        worst = {"abroad": max(worst["abroad"], abroad / whole), "outside": max(worst["outside"], outside / whole)}
    readings = verdict("3.5.3-secure").readings
    pool = readings[
        (readings["chain"] == "vehicles") & (readings["imports"] == "supply pool") & (readings["year"] == 2017)
    ]
    pool = pool.set_index("outside")["value"]
    assert pool["abroad"] == pytest.approx(100 * worst["abroad"])
    assert pool["outside the city"] == pytest.approx(100 * worst["outside"])


def test_lingang_names_all_sixteen_and_only_sectors_that_exist():
    links = read("report/framework_links").query("framework == 'lingang'")
    chains = read("report/lingang")
    assert set(chains["chain"]) == set(links["part"])
    assert chains["part"].value_counts().to_dict() == {"seven": 7, "five": 5, "four": 4}
    named = chains[chains["fit"] != "none"]
    assert set(named["code"]) <= set(load("Shanghai", 2017).sectors)
    assert set(named.loc[named["part"] == "seven", "code"]) == set(groups()["frontier chains"]["narrow"])
    assert set(named.loc[named["part"] == "five", "code"]) == set(groups()["service chains"]["narrow"])
    shown = areas.lingang_chains()
    assert shown["backward"].notna().sum() == len(named)
    held = shown.dropna(subset="backward")
    assert (held["backward_low"] <= held["backward"]).all() and (held["backward"] <= held["backward_high"]).all()


def test_years_to_double():
    pace = areas.doubling().set_index("what")
    assert pace.loc["Needed by 2025, from 2020", "years"] == pytest.approx(5)
    assert pace.loc["Needed by 2035, from 2020", "years"] == pytest.approx(15)
    for row in pace.itertuples():
        assert (1 + row.growth / 100) ** row.years == pytest.approx(2)
        assert row.years_low <= row.years <= row.years_high
