"""The measurements behind section 3.1 and the map of frameworks, recomputed by other ways, and what the pages say."""

import csv
import itertools
import math

import nbformat
import numpy as np
import pytest

from analysis.data import read
from analysis.tables import load
from analysis.verdicts import groups, positioning
from analysis.verdicts.evidence import DELTA, verdict
from book._tools.notebooks import ROOT

BOOK = ROOT / "book/en/3-strategy"
FIELDS = ["C12", "C16", "C17", "C19", "C29"]
MAKING = ["C12", "C16", "C17", "C19"]


def estimates(claim):
    """Estimates of a verdict by the options of its choices."""
    v = verdict(claim)
    return v.readings.set_index(list(v.claim.choices))["value"].sort_index()


def words(page):
    """All prose of a page."""
    notebook = nbformat.read(BOOK / page, as_version=4)
    return " ".join("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown").split())


def stored(record):
    """Rows of a stored table, straight from the file."""
    with (ROOT / f"data/{record}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- Frameworks -----------------------------------------------------------------------------------------------------


def test_links_of_either_side_by_loops():
    rows = stored("report/framework_links")
    singular = {"highlands": "highland", "roles": "role", "supports": "support", "clusters": "cluster"}
    singular["bottlenecks"] = "bottleneck"
    by_measure = {
        (r["part"], r["links"], r["target"])
        for r in rows
        if r["framework"] == "measures" and r["links"] in ("cluster", "bottleneck")
    }
    by_aim = {
        (r["target"], singular[r["framework"]], r["part"])
        for r in rows
        if r["framework"] in singular and r["links"] == "measure"
    }
    links = positioning.measure_links()
    keys = ["measure", "kind", "aim"]
    assert set(links[keys].itertuples(index=False, name=None)) == by_measure | by_aim
    assert not links.duplicated(keys).any()
    for flag, wanted in (("by_measure", by_measure), ("by_aim", by_aim)):
        assert set(links.loc[links[flag], keys].itertuples(index=False, name=None)) == wanted
    assert (links["by_measure"] == (links["grounds"] != "")).all()
    # no measure speaks of a highland, a role or a support as such
    assert not links.loc[links["kind"].isin(["highland", "role", "support"]), "by_measure"].any()


def test_unserved_aims_by_sets():
    links = positioning.measure_links()
    seven = set(positioning.names_of("bottlenecks").index)
    named = links[(links["kind"] == "bottleneck") & (links["grounds"] == "named")]
    assert seven - set(named["aim"]) == {"supplement"}
    declared = estimates("3-coherent")
    assert declared["named in it", "bottlenecks"] == 1
    assert declared["either side", "bottlenecks and clusters"] == 0
    assert declared["the measure's section", "bottlenecks"] == 0
    assert positioning.unserved_aims() == [("support", "statistics")]
    assert verdict("3-coherent").outcome == "mixed"


def test_pairs_that_no_measure_joins():
    rows, links = stored("report/framework_links"), positioning.measure_links()
    found = positioning.open_pairs()
    assert len(found) == sum(r["framework"] == "bottlenecks" and r["links"] == "cluster" for r in rows)
    serves = {key: set(part["measure"]) for key, part in links.groupby(["kind", "aim"])}
    parts = {kind: positioning.names_of(kind) for kind in ("bottlenecks", "clusters")}
    codes = {kind: {name: part for part, name in names.items()} for kind, names in parts.items()}
    for row in found.itertuples():
        bottleneck = serves.get(("bottleneck", codes["bottlenecks"][row.bottleneck]), set())
        cluster = serves.get(("cluster", codes["clusters"][row.cluster]), set())
        assert row.closed == bool(bottleneck & cluster) == bool(row.measures)
    equipment = found[found["cluster"] == "High-end equipment"]
    # what the page says in words
    assert (len(equipment), (~equipment["closed"]).sum()) == (3, 2)
    assert found["cluster"].value_counts().idxmax() == "High-end equipment"
    assert set(found.loc[~found["closed"], "cluster"]) == {"High-end equipment"}
    assert links[links["kind"] == "cluster"].groupby("aim")["measure"].nunique().min() == 1


def test_what_the_map_shows():
    links, rows, columns = positioning.framework_map()
    assert sum(len(names) for names in rows.values()) == 6 + 7
    assert [len(names) for names in columns.values()] == [7, 6]
    served = links[(links["row_group"] == "Measures") & (links["column_group"] == "Clusters")]
    assert set(rows["Measures"]) - set(served["row"]) == {"Technology", "Firms"}
    assert served["column"].value_counts()["Chips"] == 4
    assert (served["column"].value_counts()[["Equipment", "Vehicles"]] == 1).all()
    held = links[links["row_group"] == "Sectors"]
    narrow = held[held["mark"] == positioning.MARKS["narrow"]]["row"].value_counts()
    assert set(narrow.index[narrow > 1]) == {"Transport equipment", "Electronics", "Information and software"}
    pairs = {(r["section"], r["code"]) for r in stored("report/clusters")}
    assert len(held) == len(pairs)


def test_short_names_cover_the_frameworks():
    for framework, names in positioning.SHORT.items():
        assert list(names) == list(positioning.names_of(framework).index), framework


def test_coverage_holds_every_link_with_the_four_lists():
    links, rows, columns = positioning.coverage()
    drawn = positioning.measure_links()
    assert len(links) == (drawn["kind"] != "bottleneck").sum()
    assert [len(names) for names in columns.values()] == [4, 4, 6, 4]
    assert "Statistics" not in set(links.loc[links["column_group"] == "Supports", "column"])
    assert list(rows["Measures"]) == list(positioning.SHORT["measures"].values())


def test_parts_without_a_measure_by_loops():
    rows = stored("report/framework_links")
    found = positioning.parts_without_measure().set_index("framework")
    titles = {r["id"]: r["name_en"] for r in stored("report/frameworks")}
    for framework in ("areas", "layouts", "economies", "lingang", "difficulties", "pole-chains"):
        parts = {r["part"] for r in rows if r["framework"] == framework}
        linked = {r["part"] for r in rows if r["framework"] == framework and r["links"] == "measure"}
        assert found.loc[titles[framework], "without"] == len(parts - linked)
        assert found.loc[titles[framework], "parts"] == len(parts)
    assert "Six near-term measures" not in found.index
    # what the page says of finance
    assert "Funding it" in found.loc["Three difficulties", "which"]
    assert "Featured finance chain" in found.loc["One pole, five chains", "which"]
    assert "the capital chain" in words("3-map.ipynb")


def test_sectors_in_no_cluster():
    left = positioning.sectors_in_no_cluster()
    touched = {r["code"] for r in stored("report/clusters")}
    table = load("Shanghai", 2017)
    makers = [f"C{n:02d}" for n in range(6, 22)]
    assert set(left.index) == set(makers) - touched
    value = table.value_added.sum()
    assert left["share"].sum() == pytest.approx(100 * value[list(left.index)].sum() / value[makers].sum())
    assert left.index[0] == "C06"


def test_mentions_of_the_lists():
    mentions = positioning.list_mentions()
    off = mentions[mentions["printed"] != mentions["named"]]
    assert off[["figure", "printed", "named"]].to_numpy().tolist() == [["s3.1.4-c03", 4, 6], ["s4.6-c03", 4, 6]]
    assert not off["stands"].any()
    assert estimates("3.1-complete").to_dict() == {"where the list stands": 0, "anywhere in the paper": 2}


def test_highlands_and_roles_are_twins():
    for row in positioning.twins().itertuples(index=False):
        assert row.both and not (set(row[3].split("; ")) & set(row[4].split("; ")) - {""})


# ---- 3.1.1 and 3.1.2 ------------------------------------------------------------------------------------------------


def test_inventions_for_people_by_hand():
    research = {
        r["region"]: float(r["value"])
        for r in stored("statistics/province_rd")
        if r["series"] == "invention_patents_in_force" and r["year"] == "2019" and r["region"] in DELTA
    }
    people = {
        r["region"]: float(r["value"])
        for r in stored("statistics/province_value_added")
        if r["series"] == "population" and r["year"] == "2019" and r["region"] in DELTA
    }
    density = {region: research[region] / people[region] for region in DELTA}
    lead = density.pop("Shanghai") / max(density.values())
    assert verdict("3.1.1-source").primary["value"] == pytest.approx(lead)


def test_what_the_page_says_of_inventions():
    declared = estimates("3.1.1-source")
    assert verdict("3.1.1-source").outcome == "supported"
    short = declared[declared < 1].reset_index()
    filed = short[short["inventions"] == "filed"]
    assert len(filed) == 8 and filed["year"].max() == 2018
    assert len(short) == 9 and short.loc[short["inventions"] != "filed", "value"].min() > 0.95


@pytest.mark.parametrize("year", [2007, 2017])
def test_value_rates_at_the_mix_of_the_delta(year):
    tables = {region: load(region, year) for region in DELTA}
    weight = {code: sum(t.output[code] for t in tables.values()) for code in MAKING}
    rates = {}
    for region, table in tables.items():
        rate = {c: (table.value_added.loc[["VA001", "VA003", "VA004"], c].sum() / table.output[c]) for c in MAKING}
        rates[region] = 100 * sum(rate[c] * weight[c] for c in MAKING) / sum(weight.values())
    city = rates.pop("Shanghai")
    declared = estimates("3.1.1-value")
    key = (year, "manufacturing", "without net taxes", "of the delta")
    assert declared[(*key, "highest")] == pytest.approx(city - max(rates.values()))
    assert declared[(*key, "mean")] == pytest.approx(city - sum(rates.values()) / 3)


def test_what_the_page_says_of_value():
    declared = estimates("3.1.1-value")
    assert (declared.xs("highest", level="against") < 0).all()
    primary = declared.xs("highest", level="against").xs("own", level="mix").xs("value added", level="measure")
    by_year = primary.xs("manufacturing", level="group")
    assert by_year[2007] < by_year[2017] < 0
    latest = declared.xs("mean", level="against")[2017]
    assert (latest > 0).mean() > 0.5
    kept = positioning.kept_values(MAKING)
    assert kept["supply pool"].idxmin() == "Shanghai" and kept.loc["Shanghai", "lowest"] > 0.99
    assert np.ptp(kept["net inflow"]) < 4
    assert load("Shanghai", 2017).value_added.sum().sum() > load("Anhui", 2017).value_added.sum().sum()


def test_kept_value_through_the_inverse():
    """Value added in exports, all sectors by all exporters, over what is exported."""
    table = load("Jiangsu", 2012).local("supply pool")
    active = table.output > 0
    A = (table.Z.loc[active, active] / table.output[active]).to_numpy()
    v = (table.value_added.sum() / table.output)[active].to_numpy()
    out = table.exports[active].where(table.output[active].index.isin(MAKING), 0.0)
    produced = np.linalg.solve(np.eye(len(A)) - A, out.to_numpy())
    expected = 100 * (v @ produced) / out.sum()
    assert positioning.kept_value("Jiangsu", MAKING, 2012, "supply pool") == pytest.approx(expected)


# ---- 3.1.3 ----------------------------------------------------------------------------------------------------------


def extracted(table, gone, loss):
    """Solve the table without some sectors, and count what is lost."""
    active = list(table.sectors[table.output > 0])
    left = [code for code in active if code not in gone]
    A = table.Z.loc[active, active] / table.output[active]
    final = table.output[active] - table.Z.loc[active, active].sum(axis=1)
    kept = np.linalg.solve(np.eye(len(left)) - A.loc[left, left].to_numpy(), final[left].to_numpy())
    rate = (table.value_added.sum() / table.output)[active] if loss == "value added" else 1 + 0 * table.output[active]
    return (rate * table.output[active]).sum() - (rate[left] * kept).sum(), (rate[gone] * table.output[gone]).sum()


@pytest.mark.parametrize("loss", ["output", "value added"])
def test_extraction_by_solving_again(loss):
    table = load("Shanghai", 2012).local("net inflow")
    single = [extracted(table, [code], loss) for code in MAKING]
    one_by_one = sum(lost for lost, _ in single) / sum(own for _, own in single)
    assert positioning.loss_per_yuan(table, MAKING, loss) == pytest.approx(one_by_one)
    lost, own = extracted(table, MAKING, loss)
    assert positioning.loss_per_yuan(table, MAKING, loss, "as a group") == pytest.approx(lost / own)


def test_ratio_of_losses():
    table = load("Shanghai", 2017).local("supply pool")
    rest = [c for c in table.sectors[table.output > 0] if c not in FIELDS]
    ratio = positioning.loss_per_yuan(table, FIELDS) / positioning.loss_per_yuan(table, rest)
    assert verdict("3.1.3-lead").primary["value"] == pytest.approx(ratio)
    assert verdict("3.1.3-lead").flips["option"].tolist() == ["value added"]


def test_what_the_page_says_of_extraction():
    lost = positioning.extraction_by_field()["supply pool"]
    assert lost.idxmin() == "Electronics"
    assert lost["Transport equipment"] == pytest.approx(lost["All other sectors"], abs=0.02)
    order = ["Electronics", "Chemicals and medicines", "Information and software", "Other manufacturing"]
    assert lost[order].is_monotonic_increasing
    assert lost["Machinery"] == pytest.approx(lost["Other manufacturing"], abs=0.01)


def test_measures_of_mixing_by_hand():
    table = load("Shanghai", 2017)
    cell = {(r, c): table.Z.at[r, c] for r in table.sectors for c in FIELDS}
    total = {c: sum(cell[r, c] for r in table.sectors) for c in FIELDS}
    weight = {c: table.output[c] for c in FIELDS}
    outside = sum(weight[c] * (1 - cell[c, c] / total[c]) for c in FIELDS) / sum(weight.values())
    assert positioning.mixing(table, FIELDS, "bought outside the own sector") == pytest.approx(outside)
    number = 0.0
    for c in FIELDS:
        shares = [cell[r, c] / total[c] for r in table.sectors if cell[r, c] > 0]
        number += math.exp(-sum(s * math.log(s) for s in shares)) / len(FIELDS)
    assert positioning.mixing(table, FIELDS, "number of equal suppliers", "equal") == pytest.approx(number)
    alike = []
    for a, b in itertools.combinations(FIELDS, 2):
        product = sum(cell[r, a] * cell[r, b] for r in table.sectors)
        norms = [math.sqrt(sum(cell[r, c] ** 2 for r in table.sectors)) for c in (a, b)]
        alike.append(product / norms[0] / norms[1])
    assert positioning.mixing(table, FIELDS, "likeness of inputs", "equal") == pytest.approx(np.mean(alike))


def test_number_of_equal_suppliers_is_their_number():
    table = load("Shanghai", 2017)
    single = table.aggregate(dict.fromkeys(table.sectors, "all"))
    assert positioning.mixing(single, ["all"], "number of equal suppliers") == pytest.approx(1)
    assert positioning.mixing(single, ["all"], "bought outside the own sector") == pytest.approx(0)


def test_what_the_page_says_of_borders():
    v = verdict("3.1.3-merge")
    assert v.outcome == "contradicted"
    above = v.readings[v.readings["value"] > 0]
    late = above[(above["region"] == "China") & (above["period"] == "2017-2020")]
    assert len(late) > len(above) / 2
    for measure in ("number of equal suppliers", "likeness of inputs"):
        level = positioning.mixing_by_year(measure, FIELDS).query("region == 'Shanghai'").set_index("year")["value"]
        assert level[2017] < level[2002]
    early = v.readings[v.readings["period"] != "2017-2020"]
    assert (early.groupby("region")["value"].apply(lambda values: (values < 0).mean()) > 0.5).all()


# ---- 3.1.4 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("imports", ["supply pool", "competitive"])
def test_infrastructure_by_rounds(imports):
    """Spend, then let every supplier buy in its turn."""
    table = load("Shanghai", 2017)
    share = 1.0 if imports == "competitive" else table.local_shares(imports)
    A = (table.Z.mul(share, axis=0) if imports != "competitive" else table.Z) / table.output.where(table.output > 0)
    A = A.fillna(0.0)
    industry = [f"C{n:02d}" for n in range(2, 25)]
    called = {}
    invested = table.final_uses["FU201"]
    bundle = 0 * invested
    bundle[["C18", "C19", "C25", "C29"]] = 0.25
    for name, demand in {"new": bundle, "usual": invested / invested.sum()}.items():
        step = demand * share
        output = step.copy()
        for _ in range(3000):
            step = A @ step
            output += step
        called[name] = output[industry].sum()
    declared = estimates("3.1.4-infrastructure")
    key = (imports, "four kinds", 2017, "output of industry", "all investment")
    assert declared[key] == pytest.approx(called["new"] / called["usual"])


def test_what_the_page_says_of_infrastructure():
    calls = positioning.infrastructure_calls()
    new, usual = (calls.loc[name] for name in ("New infrastructure: four kinds", "All investment"))
    assert new["supply pool"] > 2 * usual["supply pool"]
    assert max(new["exports first"], usual["exports first"]) < 2
    declared = estimates("3.1.4-infrastructure")
    assert declared["supply pool", "four kinds", 2017, "value added of all sectors", "all investment"] < 1
    invested = load("Shanghai", 2017).final_uses["FU201"]
    assert set(invested.nlargest(3).index) == {"C25", "C31", "C29"}


def test_clusters_that_share_a_sector():
    codes = {}
    for row in stored("report/clusters"):
        if row["reading"] == "narrow":
            codes.setdefault(row["section"], set()).add(row["code"])
    alone = [s for s in codes if not any(codes[s] & codes[o] for o in codes if o != s)]
    assert alone == ["3.3.3"]
    declared = estimates("3.1.4-statistics")
    assert declared["38 sectors", "narrow"] == len(alone)
    parts = {}
    for row in stored("report/cluster_parts"):
        if row["year"] == "2017" and row["belongs"] == "core":
            parts.setdefault(row["section"], set()).add(row["code"])
    assert len(parts) == 6 and sum(map(len, parts.values())) == len(set.union(*parts.values()))
    assert declared["149 sectors", "narrow"] == 6
    shared = positioning.shared_sectors().set_index("cluster")
    assert shared.loc["Biomedicine", "38 sectors"] == "none"
    assert (shared[["149 sectors", "153 sectors"]] == "none").all().all()


def test_groups_of_the_fields_are_those_declared_for_the_clusters():
    assert sorted(groups()["six fields"]["narrow"]) == sorted(positioning.cluster_sectors()["code"].unique()) == FIELDS
    assert set(read("report/clusters")["section"]) == {f"3.3.{n}" for n in range(1, 7)}


def test_clusters_that_measures_name_least_and_bottlenecks_most():
    assert "most and, with vehicles, the one that the measures name least" in words("3-map.ipynb")
    count = {framework: {} for framework in ("measures", "bottlenecks")}
    for row in stored("report/framework_links"):
        if row["framework"] in count and row["links"] == "cluster":
            named = count[row["framework"]]
            named[row["target"]] = named.get(row["target"], 0) + 1
    least = min(count["measures"].values())
    assert {cluster for cluster, n in count["measures"].items() if n == least} == {"equipment", "vehicles"}
    most = max(count["bottlenecks"].values())
    assert [cluster for cluster, n in count["bottlenecks"].items() if n == most] == ["equipment"]


def test_extraction_turns_on_the_unit():
    assert "nearly all that count value added and a minority of those that count output" in words(
        "3-1-positioning.ipynb"
    )
    ahead = verdict("3.1.3-lead").readings.assign(ahead=lambda r: r["value"] > 1).groupby("loss")["ahead"].mean()
    assert ahead["value added"] > 0.9
    assert ahead["output"] < 0.5


def test_bundle_of_new_infrastructure_is_equipment_by_half_and_investment_hardly():
    assert "is equipment by half" in verdict("3.1.4-infrastructure").claim.found_later
    bundle = groups()["new infrastructure"]["four kinds"]
    industry = [f"C{n:02d}" for n in range(2, 25)]
    assert sum(code in industry for code in bundle) == len(bundle) / 2
    spent = {r["row"]: float(r["value"]) for r in stored("io/shanghai_2017") if r["column"] == "FU201"}
    assert sum(spent.get(code, 0) for code in industry) < 0.1 * sum(spent.values())
