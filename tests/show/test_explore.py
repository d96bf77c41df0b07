"""What the explorable pages calculate with is what the functions say."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis.show import explore
from analysis.verdicts import leading
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
