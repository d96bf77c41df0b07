"""What the explorable pages calculate with is what the functions say."""

import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis.interregional import load_estimated
from analysis.scenarios import demand_across_regions, final_demand_shock
from analysis.show import explore
from analysis.verdicts import leading, restrict
from analysis.verdicts.evidence import table_of, verdicts
from tests.notebooks.rules import DATA_BLOCK


@pytest.fixture(scope="module")
def states():
    return explore.map_states()


def test_map_holds_every_table_under_every_assumption_that_it_can_carry(states):
    found = states.groupby("region")[["year", "imports"]].apply(lambda rows: len(rows.drop_duplicates()))
    # net trade alone is published for the provinces of 2002; the nation has five tables
    assert found.to_dict() == {"Shanghai": 10, "Jiangsu": 10, "Zhejiang": 10, "Anhui": 10, "China": 15}
    only = states[(states["year"] == 2002) & (states["region"] != "China")]
    assert set(only["imports"]) == {"net inflow"}


@pytest.mark.parametrize(
    ("region", "year", "imports"),
    [("Shanghai", 2017, "supply pool"), ("Anhui", 2002, "net inflow"), ("China", 2020, "exports first")],
)
def test_map_data_are_the_linkages(states, region, year, imports):
    data = explore.map_data(states)
    codes = [row["code"] for row in data["sectors"]]
    wanted = leading.linkage_map(year, imports, region).reindex(codes)
    (state,) = (s for s in data["states"] if (s["region"], s["year"], s["imports"]) == (region, year, imports))
    for key in ("backward", "forward"):
        found = pd.Series(state[key], codes, dtype=float)
        assert (found.isna() == wanted[f"{key}_index"].isna()).all()
        np.testing.assert_allclose(found, wanted[f"{key}_index"], rtol=0, atol=1e-9)


def test_field_needs_more_than_the_average():
    rows = pd.DataFrame({"backward_index": [1.1, 1.1, 0.9, 1.0], "forward_index": [1.1, 1.0, 1.1, 0.9]})
    assert list(explore.fields(rows)) == ["pulls and pushes", "pulls", "pushes", "neither"]


def test_a_sector_turns_if_one_assumption_moves_it():
    states = pd.DataFrame(
        {
            "region": "Shanghai",
            "year": 2017,
            "code": ["C01", "C01", "C02", "C02"],
            "imports": ["supply pool", "net inflow"] * 2,
            "backward_index": [1.2, 0.8, 1.2, 1.3],
            "forward_index": 0.5,
        }
    )
    assert explore.turning(states).to_dict() == {"C01": True, "C02": False}


def test_charts_are_compiled_and_filled_in_the_page():
    spec = explore.map_chart()
    sets = {data["name"]: data for data in spec["data"]}
    assert all("values" not in sets[name] for name in ("points", "path", "frame"))
    assert "$schema" not in spec
    # a picture of its own colours would not follow the theme
    assert not re.search(r'"#[0-9a-f]{3,6}"|"black"|"white"', json.dumps(spec["marks"] + spec["axes"]))


def test_data_block_ends_only_where_it_ends():
    content = {"text": "</script><b>&amp;"}
    block = explore._data(content)
    assert len(DATA_BLOCK.findall(block)) == 1
    inner = block.removeprefix('<script type="application/json">').removesuffix("</script>")
    assert not set("<>&") & set(inner)
    assert json.loads(inner) == content


def test_controls_are_named_and_one_is_chosen():
    radios = explore._radios("year", "Table of", {"a": "A & B", "b": "B"}, "b")
    assert "<legend>Table of</legend>" in radios
    assert re.findall(r'value="(\w)" checked', radios) == ["b"]
    assert "A &amp; B" in radios
    choice = explore._choice("sector", "Follow", {"a": "A", "b": "B"}, "a")
    assert re.findall(r'value="(\w)" selected', choice) == ["a"]


@pytest.fixture(scope="module")
def judged():
    return verdicts("1.1.1") | verdicts("2.1.4") | verdicts("3.3.6")


def test_verdicts_hold_every_combination(judged):
    data = explore.verdicts_data(judged)
    assert [row["id"] for row in data] == list(explore.testable(judged))
    for row in data:
        v = judged[row["id"]]
        combinations = list(itertools.product(*v.claim.choices.values()))
        assert len(row["readings"]) == len(row["numbers"]) == len(combinations)
        found = v.readings.set_index(list(v.claim.choices))
        for letter, number, combination in zip(row["readings"], row["numbers"], combinations, strict=True):
            key = combination if len(combination) > 1 else combination[0]
            if key not in found.index:
                assert (letter, number) == ("-", None)
                continue
            reading, value = found.loc[key, "reading"], found.loc[key, "value"]
            assert letter == reading[0]
            assert number[0] == pytest.approx(value, rel=1e-5, abs=1e-12)


def test_switches_count_the_words_that_change(judged, monkeypatch):
    monkeypatch.setattr(explore, "OFTEN", 1)
    found = explore.switches(judged).set_index(["choice", "option"])
    others = {
        key: restrict(v, {"imports": [o for o in v.claim.choices["imports"] if o != "net inflow"]})
        for key, v in explore.testable(judged).items()
        if "net inflow" in v.claim.choices.get("imports", ())
    }
    row = found.loc[("imports", "net inflow")]
    assert row["claims"] == len(others) > 3
    assert row["changed"] == sum(v.outcome != judged[key].outcome for key, v in others.items()) > 0


def test_a_slider_stands_for_all_clusters_of_its_sector():
    found = explore.sliders().set_index("code")["clusters"]
    assert list(found.index) == ["C12", "C16", "C17", "C19", "C29"]
    assert found["C19"] == "Chips, Communications"
    assert found["C17"] == "Equipment, Vehicles"


@pytest.mark.parametrize("bought", explore.BOUGHT)
def test_multipliers_add_up_to_the_shock(bought):
    demand = {"C12": -1.5, "C17": 4.0, "C29": 2.5}
    shock = final_demand_shock(table_of("Shanghai", 2017), demand, bought=bought)
    for imports, frame in explore.city_multipliers(bought).items():
        for effect in explore.EFFECTS:
            found = sum(amount * frame[effect][code] for code, amount in demand.items())
            np.testing.assert_allclose(found, shock.cases.loc[imports, effect], rtol=0, atol=1e-9)


def test_first_setting_is_the_shock_and_its_range():
    city, regions = explore.first_setting()
    demand = dict.fromkeys(explore.sliders()["code"], 10.0)
    shock = final_demand_shock(table_of("Shanghai", 2017), demand)
    assert city["value"].sum() == pytest.approx(100 * shock.totals.loc["value_added", "supply pool"])
    assert (city["lower"] <= city["value"]).all() and (city["value"] <= city["upper"]).all()
    wanted = demand_across_regions(load_estimated(2017), demand, "Shanghai")["value_added"]
    assert regions.set_index("region").loc["Jiangsu", "value"] == pytest.approx(100 * wanted["Jiangsu"].sum())
    assert (regions["lower"] <= regions["value"]).all() and (regions["value"] <= regions["upper"]).all()
