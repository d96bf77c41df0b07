"""The measurements behind section 3.3, recomputed by other ways, and what the pages say of them in words."""

import re

import nbformat
import numpy as np
import pandas as pd
import pytest

from analysis import ledger
from analysis.data import read
from analysis.show.cards import audited_frame, card_frame
from analysis.tables import load, load_detailed
from analysis.verdicts import clusters, groups
from analysis.verdicts.evidence import DELTA, verdict
from book._tools.notebooks import ROOT

PAGES = sorted((ROOT / "book/en/3-strategy/3-3-six-clusters").glob("*.ipynb"))
FIELDS = ["C12", "C16", "C17", "C19", "C29"]


def estimates(claim):
    v = verdict(claim)
    return v.readings.set_index(list(v.claim.choices))["value"].sort_index()


def by_hand(region, year, assumption):
    """Local input coefficients, value-added coefficients and output, from the raw file."""
    rows = read(f"io/{region.lower()}_{year}").pivot(index="row", columns="column", values="value")
    codes = [c for c in rows.columns if re.fullmatch(r"C\d\d|\d{3}", c)]
    x = rows.loc[codes, "GO"]
    out = rows.loc[codes, [c for c in ("EX", "OF", "EXOF") if c in rows]].sum(axis=1)
    into = rows.loc[codes, [c for c in ("IM", "IF", "IMIF") if c in rows]].sum(axis=1)
    if assumption == "supply pool":
        own, outside = x, into
    elif assumption == "net inflow":
        own, outside = x, (into - out).clip(lower=0)
    else:
        own, outside = (x - out).clip(lower=0), into - (out - x).clip(lower=0)
    share = (own / (own + outside)).where(own > 0, 0.0)
    A = (rows.loc[codes, codes] / x.where(x > 0)).fillna(0.0)
    v = (rows.loc[[f"VA00{k}" for k in range(1, 5)], codes].sum() / x.where(x > 0)).fillna(0.0)
    return A, share, v, x


def series(A, steps=400):
    """Leontief inverse as a sum of rounds."""
    total = term = np.eye(len(A))
    for _ in range(steps):
        term = term @ A
        total = total + term
    return total


# ---- the concordance ------------------------------------------------------------------------------------------------


def test_clusters_stand_on_the_declared_groups():
    behind = {code for section in clusters.CLUSTERS for code in clusters.cluster_sectors(section)}
    assert sorted(behind) == FIELDS == sorted(groups()["six fields"]["narrow"])
    assert clusters.cluster_sectors("3.3.4") == list(groups()["equipment"]["machinery and transport"])
    assert clusters.cluster_sectors("3.3.5") == list(groups()["communications"]["both"])
    assert clusters.cluster_sectors("3.3.6") == list(groups()["vehicles"]["narrow"])


def test_names_of_the_clusters_agree():
    rows = read("report/clusters").drop_duplicates("section").set_index("section")["name_en"]
    assert rows.to_dict() == clusters.CLUSTERS


@pytest.mark.parametrize("year", [2017, 2020])
def test_parts_lie_where_the_concordance_says(year):
    names = read("io/concordance_national").query("year == @year").set_index("code")
    common = read("io/concordance_42_38").query("year == 2017").set_index("code_42")["code"]
    rows = read("report/cluster_parts").query("year == @year")
    for row in rows.itertuples():
        inside = common[names.loc[row.code, "code_42"]] in clusters.cluster_sectors(row.section)
        if row.belongs == "beside":
            assert inside, row
        if row.belongs == "near":
            assert not inside, row
    # Chinese names of a few, read off the published lists
    chinese = {
        "Electronic components": "电子元器件",
        "Medicines": "医药制品",
        "Cars": "汽车整车",
        "Ships": "船舶及相关装置",
    }
    chinese |= {"Communication equipment": "通信设备", "Telecommunications": "电信", "Batteries": "电池"}
    for name, zh in chinese.items():
        codes = set(rows.loc[rows["name_en"] == name, "code"])
        assert {names.loc[code, "name_zh"] for code in codes} == {zh}


def test_medical_devices_are_parted_from_2018_on():
    rows = read("report/cluster_parts")
    devices = rows[rows["name_en"] == "Medical devices"]
    assert devices["year"].tolist() == [2020]
    names = read("io/concordance_national").set_index(["year", "code"])["name_zh"]
    assert names[2020, devices["code"].item()] == "医疗仪器设备及器械"
    assert not names[2017].str.contains("医疗").any()


def test_weights_of_the_parts_in_both_years():
    table = clusters.parts_by_year("3.3.3").set_index("sector")
    assert table["share 2017"].isna()["Medical devices"] and table["share 2020"].notna().all()
    old, whole = load_detailed(2017), load("China", 2017)
    assert table.loc["Medicines", "share 2017"] == pytest.approx(100 * old.output["050"] / whole.output["C12"])
    new = load_detailed(2020)
    supply = new.output["077"] + new.trade.loc["077", "IM"]
    assert table.loc["Medical devices", "imported"] == pytest.approx(100 * new.trade.loc["077", "IM"] / supply)


def test_three_pairs_cannot_be_parted():
    pairs = clusters.inseparable()
    assert pairs["sector"].str[-4:-1].tolist() == ["C19", "C29", "C17"]
    assert clusters.shared_with("3.3.3") == []


# ---- the card -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("section", "region", "year"), [("3.3.1", "Shanghai", 2017), ("3.3.5", "Zhejiang", 2012)])
def test_card_by_rounds_of_supply(section, region, year):
    codes = clusters.cluster_sectors(section)
    found = clusters.card(section, region, year)
    kept, pull, loss = {}, {}, {}
    for assumption in clusters.LOCAL:
        A, share, v, x = by_hand(region, year, assumption)
        L = pd.DataFrame(series(A.mul(share, axis=0).to_numpy()), A.index, A.index)
        weights = x[codes] / x[codes].sum()
        kept[assumption] = 100 * float((v @ L)[codes] @ weights)
        pull[assumption] = float(L.sum()[codes] @ weights)
        # Extraction by its definition: final demand of the others, in an economy without the group.
        rest = [c for c in A.index if c not in codes]
        demand = (x - A.mul(share, axis=0) @ x)[rest]
        left = series(A.mul(share, axis=0).loc[rest, rest].to_numpy()) @ demand.to_numpy()
        loss[assumption] = 100 * (x.sum() - left.sum()) / x.sum()
    for measure, values in {"kept": kept, "local pull": pull, "loss": loss}.items():
        row = found.loc[measure]
        assert row["value"] == pytest.approx(values["supply pool"], rel=1e-6)
        assert row["lower"] == pytest.approx(min(values.values()), rel=1e-6)
        assert row["upper"] == pytest.approx(max(values.values()), rel=1e-6)
    A, _, _, x = by_hand(region, year, "supply pool")
    technology = series(A.to_numpy(), 2000).sum(axis=0)
    weights = x[codes] / x[codes].sum()
    assert found.loc["pull", "value"] == pytest.approx(float(pd.Series(technology, A.index)[codes] @ weights), rel=1e-6)
    assert found.loc["share", "value"] == pytest.approx(100 * x[codes].sum() / x.sum())


def test_card_of_2002_leaves_out_what_two_assumptions_cannot_give():
    found = clusters.card("3.3.6", "Shanghai", 2002)
    assert found.loc[[*clusters.ASSUMED, "outside"], "value"].isna().all()
    assert found.loc[["output", "pull", "upstreamness", "quotient"], "value"].notna().all()


def test_card_of_outside_supply_and_upstreamness():
    table = load("Jiangsu", 2017)
    x, E, M = (v[["C12"]].sum() for v in (table.output, table.exports, table.inflows))
    found = clusters.card("3.3.3", "Jiangsu", 2017)
    assert found.loc["outside", "value"] == pytest.approx(100 * M / (x + M))
    used = table.output - table.exports + table.inflows - table.final_uses["FU202"]
    delta = table.Z.div(used.where(table.active), axis=0).fillna(0.0).to_numpy()
    steps = np.linalg.solve(np.eye(table.n) - delta, np.ones(table.n))[table.sectors.get_loc("C12")]
    assert found.loc["upstreamness", "value"] == pytest.approx(steps)
    assert E > 0


def test_card_on_the_page():
    frame = card_frame(clusters.cards("3.3.1", ["Shanghai"], (2002, 2017)), "year")
    assert frame.columns.tolist() == ["2002", "2017"]
    row = frame.loc["Value added that stays, per 100 yuan of final demand (yuan)"]
    assert row["2002"] == "n/a"
    assert row["2017"] == "27 (15–69)"
    assert frame.loc["Output (100 million yuan)", "2017"] == "5,774"


def test_the_audit_on_the_page_holds_all_rules_of_a_section():
    figures = ledger.load()
    results = ledger.audit(figures, ledger.load_rules())
    uses = ledger.standing(figures, results, read("report/claims"))["rules"]
    for section in ("3.3.1", "3.3.3", "3.3.5"):
        expected = {rule for figure in figures.by_section(section) for rule in uses[figure.id]}
        assert set(audited_frame(results, figures, section)["Rule"]) == expected
    with pytest.raises(ValueError, match=r"3\.3\.6"):
        audited_frame(results, figures, "3.3.6")


def test_places_draw_what_they_say():
    places = clusters.places("3.3.1").set_index("measure")
    first = places.loc["Backward linkage, every supplier"]
    assert (first["place"], first["best"], first["worst"]) == (1, 1, 1)
    kept = {r: clusters.card("3.3.1", r, 2017).loc["kept", "value"] for r in DELTA}
    assert min(kept, key=kept.get) == "Shanghai"
    row = places.loc["Value added that stays, per 100 yuan of final demand"]
    assert row["place"] == row["worst"] == 4 and row["lowest"] > 99
    assert row["under other assumptions"] == "exports first: 4, net inflow: 3"


# ---- the fields together --------------------------------------------------------------------------------------------


def test_advantage_from_the_sector_panel():
    rows = read("io/province_sectors").query("year == 2017").set_index(["region", "code"])["value_added"]
    part = {r: rows[r][FIELDS].sum() / rows[r].sum() for r in ("Shanghai", "China")}
    found = estimates("3.3-advantage")[2017, "value added", "China", "narrow"]
    assert found == pytest.approx(part["Shanghai"] / part["China"])
    against_nation = verdict("3.3-advantage").readings.query("base == 'China'")
    assert (against_nation["reading"] == "supports").all()


def test_growth_of_the_fields_from_two_tables():
    values = {}
    for year in (2012, 2017):
        table = load("Shanghai", year)
        added = table.value_added.sum()
        values[year] = added[FIELDS].sum(), added.drop(FIELDS).sum()
    rates = [100 * ((b / a) ** 0.2 - 1) for a, b in zip(values[2012], values[2017], strict=True)]
    found = estimates("3.3-growth")
    key = ("2012-2017", "value added", "Shanghai", "narrow", "all other sectors")
    assert found[key] == pytest.approx(rates[0] - rates[1])
    industry = found[(*key[:4], "other industry")]
    # The rest of industry stood still, so that the lead over it is the growth of the fields.
    assert industry == pytest.approx(rates[0], abs=0.2)
    nation = found[("2012-2017", "value added", "China")].xs("all other sectors", level="against")
    assert nation["narrow"] > 0 > nation["manufacturing"]
    rows = (
        read("io/province_sectors")
        .query("region == 'Shanghai'")
        .pivot(index="code", columns="year", values="value_added")
    )
    shown = clusters.growth_of_fields().set_index("sector")["growth"]
    for name, codes in {"Electronics": ["C19"], "All five": FIELDS, "The four kinds of goods": FIELDS[:4]}.items():
        first, last = rows.loc[codes, [2012, 2017]].sum()
        assert shown[name] == pytest.approx(100 * ((last / first) ** 0.2 - 1))
    key = ("2012-2017", "value added", "Shanghai", "manufacturing", "other industry")
    assert shown["The four kinds of goods"] - shown["Other industry"] == pytest.approx(found[key])
    # Electronics and other industry stood still, machinery nearly.
    assert shown[["Electronics", "Other industry"]].abs().max() < 0.1
    assert 0 < shown["Machinery"] < 2 < 9 < shown[["Chemicals and medicines", "Transport equipment"]].min()


# ---- 3.3.1 ----------------------------------------------------------------------------------------------------------


def test_completeness_by_rounds_of_supply():
    kept = {}
    for region in DELTA:
        A, share, v, _ = by_hand(region, 2017, "supply pool")
        kept[region] = 100 * float((v.to_numpy() @ series(A.mul(share, axis=0).to_numpy()))[A.index.get_loc("C19")])
    lead = kept.pop("Shanghai") - max(kept.values())
    assert estimates("3.3.1-control")["value added in the province", 2017, "supply pool"] == pytest.approx(lead)


def test_value_added_in_china_counts_inflows_of_provinces():
    within, china = (
        clusters.made_at_home("C19", f"value added in {where}", 2017, "supply pool")
        for where in ("the province", "China")
    )
    assert (china > within).all() and (china < 100).all()
    A, share, _, x = by_hand("Anhui", 2017, "supply pool")
    rows = read("io/anhui_2017").pivot(index="row", columns="column", values="value").loc[A.index]
    foreign = (rows["IM"] / (rows["IM"] + rows["IF"])).fillna(0.0)
    abroad = A.mul((1 - share) * foreign, axis=0).sum()
    content = float((abroad.to_numpy() @ series(A.mul(share, axis=0).to_numpy()))[A.index.get_loc("C19")])
    assert china["Anhui"] == pytest.approx(100 * (1 - content))
    assert x["C19"] > 0


def test_shanghai_is_never_the_most_complete():
    values = estimates("3.3.1-control")
    assert values.max() == pytest.approx(0)
    ties = values[np.isclose(values, 0)]
    assert set(ties.index.get_level_values("imports")) == {"net inflow"}
    assert set(ties.index.get_level_values("measure")) == {"own share of supply"}


def test_push_of_components_by_the_output_inverse():
    table = load_detailed(2017)
    share = table.output / (table.output + table.inflows)
    sales = table.Z.mul(share, axis=0).div(table.output, axis=0).fillna(0.0)
    linkage = pd.Series(np.linalg.solve(np.eye(table.n) - sales.to_numpy(), np.ones(table.n)), table.sectors)
    index = linkage / linkage[table.output > 0].mean()
    assert estimates("3.3.1-links")["components in China", 2017, "supply pool", "equal"] == pytest.approx(index["092"])


def test_what_the_page_says_of_chips():
    outside = clusters.over_years("3.3.1", "outside").set_index(["region", "year"])["value"]
    assert outside["Shanghai", 2007] < outside["Shanghai", 2012] < outside["Shanghai", 2017]
    for region in ("Jiangsu", "Anhui"):
        assert outside[region, 2007] > outside[region, 2012] > outside[region, 2017]
    assert outside["Zhejiang", 2017] > 3 * outside["Zhejiang", 2012]
    # Goods of other provinces count as wholly Chinese: the three lie above the nation itself, Shanghai near it.
    china = clusters.made_at_home("C19", "value added in China", 2017, "supply pool")
    A, share, v, _ = by_hand("China", 2017, "supply pool")
    nation = 100 * float((v.to_numpy() @ series(A.mul(share, axis=0).to_numpy()))[A.index.get_loc("C19")])
    assert clusters.parts("3.3.1", 2017).set_index("belongs").loc["whole", "kept"] == pytest.approx(nation)
    assert china.drop("Shanghai").min() > nation + 10
    assert abs(china["Shanghai"] - nation) < 5
    fine = clusters.parts("3.3.1", 2020).set_index("name")
    whole, pieces = fine[fine["belongs"] == "whole"].iloc[0], fine[fine["belongs"] != "whole"]
    assert whole["kept"] > pieces["kept"].max() and whole["kept_upper"] > pieces["kept_upper"].max() + 15
    links = verdict("3.3.1-links")
    assert set(links.flips["choice"]) == {"imports", "product"}
    values = links.readings.groupby(["product", "imports"])["value"].agg(["min", "max"])
    assert values.loc["components in China", "min"].min() > 1
    for product in ("electronics in China", "electronics in Shanghai"):
        assert values.loc[(product, "exports first"), "max"] < 1 < values.loc[(product, "net inflow"), "min"]


# ---- 3.3.2 ----------------------------------------------------------------------------------------------------------


def test_users_regression_with_dummies():
    panel = clusters.users_panel()
    row = panel.set_index(["region", "code", "period"]).loc[("Anhui", "C17", "2012-2017")]
    before, after = load("Anhui", 2012), load("Anhui", 2017)
    assert row["yuan"] == pytest.approx(100 * before.Z.loc["C29", "C17"] / before.output["C17"])
    assert row["growth"] == pytest.approx(20 * np.log(after.output["C17"] / before.output["C17"]))
    dummies = pd.get_dummies(panel[["region_period", "sector_period"]], dtype=float)
    design = np.column_stack([panel["content"], dummies])
    # The dummies of a period add up to one another; the slope is the same in every solution.
    slope = np.linalg.lstsq(design, panel["growth"], rcond=None)[0][0]
    primary = verdict("3.3.2-users").primary
    assert primary["value"] == pytest.approx(slope)
    assert primary["lower"] < 0 < primary["upper"]


def test_users_are_open_everywhere():
    readings = verdict("3.3.2-users").readings
    assert set(readings["reading"]) == {"undecided"}
    assert (readings["value"] > 0).any() and (readings["value"] < 0).any()
    heavy = clusters.users_panel().set_index(["region", "code", "period"])["content"].idxmax()
    assert heavy == ("Shanghai", "C32", "2007-2012")


def test_what_the_page_says_of_information():
    push = clusters.assumed_over_years("3.3.2", "push").pivot(index="year", columns="imports", values="value")
    assert (push.diff().iloc[1:] < 0).all().all()
    software = load_detailed(2020)
    uses = software.final_uses.loc["128"]
    assert uses["FU201"] / (software.intermediate_uses["128"] + uses.sum() + software.exports["128"]) > 0.5


# ---- 3.3.3 ----------------------------------------------------------------------------------------------------------


def test_quotients_of_medicines_sit_on_the_threshold():
    values = estimates("3.3.3-cluster").xs("employment in medicines", level="measure")
    assert values.between(0.98, 1.08).all()
    jobs = clusters.employment_quotients("Medicines")
    assert jobs.loc[2016, "Shanghai"] < 1 and (jobs.loc[2012:2015, "Shanghai"] > 1).all()
    assert (jobs[list(DELTA)].idxmax(axis=1) == "Zhejiang").all()
    assert jobs.loc[2016, list(DELTA)].idxmin() == "Jiangsu"


def test_quotient_of_chemicals_by_hand():
    rows = read("io/province_sectors").query("year == 2017").set_index(["region", "code"])["output"]
    industry = [c for c in rows["China"].index if "C02" <= c <= "C24"]
    share = {r: rows[r, "C12"] / rows[r][industry].sum() for r in ("Shanghai", "China")}
    found = estimates("3.3.3-cluster")["output of chemicals with medicines", "latest", "China", "industry"]
    assert found == pytest.approx(share["Shanghai"] / share["China"])


def test_imports_in_medicines_by_rounds():
    A, share, _, x = by_hand("China_2017_149".removesuffix("_2017_149"), 2017, "supply pool")
    assert len(A) == 38
    rows = read("io/china_2017_149").pivot(index="row", columns="column", values="value")
    codes = [c for c in rows.columns if re.fullmatch(r"\d{3}", c)]
    x = rows.loc[codes, "GO"]
    share = x / (x + rows.loc[codes, "IM"])
    A = (rows.loc[codes, codes] / x.where(x > 0)).fillna(0.0)
    outside = A.mul(1 - share, axis=0).sum().to_numpy() @ series(A.mul(share, axis=0).to_numpy())
    outside = pd.Series(outside, codes)
    # Manufacturing runs from grain milling (012) to repair (097) in this list.
    makers = [f"{k:03d}" for k in range(12, 98)]
    mean = np.average(outside[makers], weights=x[makers])
    found = estimates("3.3.3-inputs")["medicines in China", 2017, "supply pool", "output"]
    assert found == pytest.approx(outside["050"] / mean)


def test_what_the_page_says_of_medicines():
    values = estimates("3.3.3-inputs")
    assert (values.xs("medicines in China", level="product") < 0.7).all()
    table = load_detailed(2020)
    bought = table.Z["050"].sort_values(ascending=False).index[:4]
    assert set(bought) == {"050", "001", "003", "135"}  # medicines, crops, livestock, business services
    shares = clusters.largest_shares().set_index("cluster")["2020"]
    assert shares.idxmin() == "Biomedicine" and shares.idxmax() == "New-energy vehicles"
    national = load("China", 2020).output["C12"]
    assert shares["Biomedicine"] == pytest.approx(100 * table.output["050"] / national)


# ---- 3.3.4 ----------------------------------------------------------------------------------------------------------


def test_reach_of_equipment_by_rounds():
    A, share, _, x = by_hand("Shanghai", 2017, "supply pool")
    for reading, flows in {"competitive": A, "supply pool": A.mul(share, axis=0)}.items():
        pull = pd.Series(series(flows.to_numpy(), 2000).sum(axis=0), A.index)
        own = np.average(pull[["C16", "C17"]], weights=x[["C16", "C17"]])
        lead = own - max(pull[["C12", "C19", "C29"]])
        key = (reading, 2017, "machinery and transport", "mean by output", "other fields")
        assert estimates("3.3.4-linkage")[key] == pytest.approx(lead, abs=1e-5)


def test_what_the_page_says_of_reach():
    readings = verdict("3.3.4-linkage").readings
    won = readings[readings["reading"] == "supports"]
    assert set(won["imports"]) == {"supply pool"} and set(won["year"]) == {2017}
    drawn = clusters.pull_lead_draws()
    assert 0.95 < (drawn > 0).mean() < 1
    pulls = clusters.pulls_of_fields().set_index("sector")
    for column in ("every supplier", "net inflow"):
        order = pulls[column].sort_values(ascending=False).index
        assert order[0] == "Electronics" and set(order[1:3]) == {"Machinery", "Transport equipment"}
    assert (pulls[["supply pool", "exports first"]].max() - pulls[["supply pool", "exports first"]].min() < 0.3).all()
    pool = pulls["supply pool"]
    assert pool["Machinery"] < pool["Electronics"] < pool["Transport equipment"]


def test_inputs_of_equipment_by_hand():
    content = {}
    for year in (2012, 2017):
        table = load("Shanghai", year)
        bought = table.Z.loc[["C19", "C20", "C29"], ["C16", "C17"]].to_numpy().sum()
        content[year] = 100 * bought / table.output[["C16", "C17"]].sum()
    found = estimates("3.3.4-transformation")["smart inputs", "2012-2017", "direct", "machinery and transport"]
    assert found == pytest.approx(content[2017] - content[2012])


def test_what_the_page_says_of_transformation():
    values = estimates("3.3.4-transformation")
    assert (values["smart inputs", "2012-2017"] > 0).all()
    late = values["smart inputs", "2007-2017"]
    assert (late[late > 0].index.get_level_values("group") == "machinery").all()
    assert (values["producer services", "2012-2017"] < 0).sum() == 5
    assert (values["producer services", "2002-2017"] > 0).all()
    kinds = clusters.smart_inputs_by_kind()
    whole = values.xs("direct", level="depth").xs("machinery and transport", level="group")["smart inputs"]
    assert kinds[2017].sum() - kinds[2012].sum() == pytest.approx(whole["2012-2017"])
    goods, services = (kinds.loc[kind] for kind in ("Electronics and instruments", "Information services"))
    assert goods[2007] < goods[2012] < goods[2017] and abs(goods[2017] - goods[2002]) < 0.1
    # The fall from 2007 to 2012 is more than all in the services.
    assert services[2012] - services[2007] < whole["2007-2012"] < 0
    assert services[2007] > 5 * services.drop(2007).max() and services[2017] < 0.1


# ---- 3.3.5 ----------------------------------------------------------------------------------------------------------


def test_influence_by_rounds():
    table = load("Shanghai", 2017)
    active = table.sectors[table.output > 0]
    flows = table.Z.loc[active, active]
    W = (flows / flows.sum()).to_numpy()
    alpha = 1 - flows.to_numpy().sum() / table.output.sum()
    total = term = np.ones(len(active)) * alpha / len(active)
    for _ in range(500):
        term = (1 - alpha) * W @ term
        total = total + term
    index = pd.Series(total / total.mean(), active)[["C19", "C29"]].mean()
    assert estimates("3.3.5-network")["influence", "competitive", 2017, "both"] == pytest.approx(index)


def test_push_of_communications_is_the_mean_of_its_halves():
    values = estimates("3.3.5-enable")
    halves = [values[half, 2017, "supply pool", "equal"] for half in ("equipment", "services")]
    assert values["both", 2017, "supply pool", "equal"] == pytest.approx(sum(halves) / 2)
    chips = estimates("3.3.1-links")["electronics in Shanghai", 2017, "supply pool", "equal"]
    assert halves[0] == pytest.approx(chips)  # clusters that share a sector share its numbers


def test_what_the_page_says_of_the_network():
    influence = clusters.centrality_over_years(["C19", "C29"]).set_index(["sector", "year"])
    services = influence.loc["Information and software"]
    assert services.loc[2007, "rank"] == 1 and services["influence"].idxmax() == 2007
    assert influence.loc["Electronics", "influence"].between(1.2, 1.4).all()
    late = estimates("3.3.5-network").xs(2017, level="year")["betweenness"]
    assert (late < 0.2).all()
    assert (clusters.centrality_of("Shanghai", 2017, "competitive", "betweenness") < 1).mean() > 0.5


# ---- 3.3.6 ----------------------------------------------------------------------------------------------------------


def test_gain_from_local_parts_by_two_runs():
    A, share, v, _ = by_hand("Shanghai", 2017, "supply pool")
    kept = []
    for origin in ("Shanghai", "Anhui"):
        flows = A.mul(share, axis=0)
        flows.loc["C17", "C17"] = A.loc["C17", "C17"] * by_hand(origin, 2017, "supply pool")[1]["C17"]
        kept.append(100 * float((v.to_numpy() @ series(flows.to_numpy()))[A.index.get_loc("C17")]))
    gains = clusters.localisation_gains("C17", "vehicle parts", 2017, "supply pool")
    assert gains["Anhui"] == pytest.approx(kept[1] - kept[0])
    assert gains.idxmax() == "Anhui"
    found = estimates("3.3.6-local")
    assert found["vehicle parts", "best", 2017, "supply pool"] == pytest.approx(gains.max())
    assert found["vehicle parts", "mean", 2017, "supply pool"] == pytest.approx(gains.mean())


def test_what_the_page_says_of_local_parts():
    values = estimates("3.3.6-local")
    others = values[values.index.get_level_values("imports") != "net inflow"]
    assert (others > 0).all()
    parts = values["vehicle parts"].xs("net inflow", level="imports")
    assert np.allclose(parts, 0)
    pull = estimates("3.3.6-pull")
    below = pull[pull < 1]
    assert set(below.index.get_level_values("imports")) == {"exports first"}
    assert set(below.index.get_level_values("year")) == {2012, 2017}


def test_electronics_in_vehicles_by_hand():
    direct = {y: load("China", y) for y in (2017, 2020)}
    content = {y: 100 * t.Z.loc["C19", "C17"] / t.output["C17"] for y, t in direct.items()}
    key = ("transport equipment in China", "2017-2020", "electronics", "direct")
    assert estimates("3.3.6-electronics")[key] == pytest.approx(content[2020] - content[2017])
    fine = {2017: (range(88, 94), ["077", "078"]), 2020: (range(90, 96), ["079", "080"])}
    cars = {}
    for year, (suppliers, makers) in fine.items():
        table = load_detailed(year)
        bought = table.Z.loc[[f"{k:03d}" for k in suppliers], makers].to_numpy().sum()
        cars[year] = 100 * bought / table.output[makers].sum()
    key = ("cars in China", "2017-2020", "electronics", "direct")
    assert estimates("3.3.6-electronics")[key] == pytest.approx(cars[2020] - cars[2017])


def test_change_in_electronics_drowns_in_noise():
    drawn = clusters.electronics_change_draws()
    assert len(drawn) == clusters.DRAWS
    primary = verdict("3.3.6-electronics").primary["value"]
    assert drawn.quantile(0.25) < primary < drawn.quantile(0.75)
    assert drawn.quantile(0.025) < 0 < drawn.quantile(0.975)
    nation = clusters.electronics_over_years(["China"])["yuan"]
    assert nation.is_monotonic_increasing


# ---- the pages ------------------------------------------------------------------------------------------------------


def test_what_the_chapter_page_says_of_order():
    behind = clusters.sectors_behind("kept").set_index("sector")
    assert behind["lower"].max() < behind["upper"].min()  # all ranges overlap
    first = {c: behind[c].idxmax() for c in ("value", "lower", "upper")}
    assert all(name.startswith("Information") for name in first.values())
    goods = behind.drop(index=first["value"])
    assert goods["lower"].idxmax() != goods["upper"].idxmax()
    quotients = {s: clusters.card(s, "Shanghai", 2017).loc["quotient", "value"] for s in clusters.CLUSTERS}
    assert sorted(quotients, key=quotients.get)[-2:] == ["3.3.4", "3.3.6"]


def test_every_figure_of_the_section_stands_on_its_page():
    for section in clusters.CLUSTERS:
        page = next(p for p in PAGES if p.stem.startswith(section.replace(".", "-")))
        text = page.read_text(encoding="utf-8")
        missing = [f.id for f in ledger.load().by_section(section) if f.id not in text]
        assert not missing


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_rerun_blocks_run(path):
    cells = nbformat.read(path, as_version=4).cells
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    blocks = [b for text in texts for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]
    assert len(blocks) == 1
    for block in blocks:
        exec(compile(block, str(path), "exec"), {})
