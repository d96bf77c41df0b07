"""Demand of one region, followed through all of them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.interregional import load_estimated
from analysis.labels import InputError
from analysis.scenarios import demand_across_regions
from analysis.tables import InterregionalTable

REGIONS, CODES = ["North", "South"], ["goods", "services"]
PAIRS = pd.MultiIndex.from_product([REGIONS, CODES])


@pytest.fixture
def small():
    """Two regions, two sectors: all rows and columns balance by construction."""
    Z = np.array([[10.0, 5, 4, 2], [6, 8, 1, 3], [3, 2, 12, 6], [1, 4, 5, 9]])
    final = np.array([[30.0, 4], [25, 2], [5, 28], [2, 31]])
    exports = np.array([10.0, 4, 9, 3])
    imported = np.array([[2.0, 1, 3, 1], [1, 2, 1, 2]])
    output = Z.sum(axis=1) + final.sum(axis=1) + exports
    uses = pd.MultiIndex.from_product([REGIONS, ["use"]])
    return InterregionalTable(
        Z=pd.DataFrame(Z, PAIRS, PAIRS),
        final_uses=pd.DataFrame(final, PAIRS, uses),
        value_added=pd.DataFrame([output - Z.sum(axis=0) - imported.sum(axis=0)], ["VA"], PAIRS),
        output=pd.Series(output, PAIRS),
        exports=pd.Series(exports, PAIRS),
        imported=pd.DataFrame(imported, CODES, PAIRS),
        imported_final=pd.DataFrame([[3.0, 1], [2, 4]], CODES, uses),
        year=2017,
        unit="100 million CNY",
        price_basis="current producers' prices",
        vintage="made up",
        provenance="made up",
        estimated=True,
    )


def test_residents_buy_where_all_users_of_their_region_buy(small):
    found = demand_across_regions(small, {"goods": 10.0}, "North")["direct"]
    # goods used in the North: 15 + 30 from the North, 5 + 5 from the South, 3 + 3 from abroad
    assert found["North", "goods"] == pytest.approx(10 * 45 / 61)
    assert found["South", "goods"] == pytest.approx(10 * 10 / 61)
    assert found.sum() == pytest.approx(10 * 55 / 61)


def test_output_is_the_sum_of_all_rounds(small, tie):
    found = demand_across_regions(small, {"goods": 3.0, "services": -1.0}, "South", bought="locally")
    A = small.Z.to_numpy() / small.output.to_numpy()
    direct = np.array([0, 0, 3.0, -1])
    rounds = sum(np.linalg.matrix_power(A, k) @ direct for k in range(200))
    tie(demand_across_regions, found["output"], rounds, kind="naive", source="round by round", atol=1e-10)
    np.testing.assert_allclose(found["direct"], direct)


@pytest.mark.parametrize("bought", ["anywhere", "locally"])
def test_the_unit_does_not_matter(small, bought):
    parts = ("Z", "final_uses", "value_added", "output", "exports", "imported", "imported_final")
    tiny = dataclasses.replace(small, **{part: getattr(small, part) * 1e-6 for part in parts})
    found = demand_across_regions(tiny, {"goods": 3e-6}, "South", bought=bought)
    pd.testing.assert_frame_equal(found * 1e6, demand_across_regions(small, {"goods": 3.0}, "South", bought=bought))


@pytest.mark.parametrize("bought", ["anywhere", "locally"])
def test_value_added_and_leakage_add_up_to_the_demand(small, bought):
    found = demand_across_regions(small, {"goods": 10.0, "services": 4.0}, "North", bought=bought)
    assert found["value_added"].sum() + found["leakage"].sum() == pytest.approx(14, rel=1e-12)
    if bought == "anywhere":
        assert found.loc[("North", "goods"), "leakage"] > 10 * 6 / 61


def test_the_estimated_table_loses_nothing():
    found = demand_across_regions(load_estimated(2017), {"C19": 10.0}, "Shanghai")
    # stored to a thousand yuan
    assert found["value_added"].sum() + found["leakage"].sum() == pytest.approx(10, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "region", "bought", "message"),
    [
        ({"goods": 1}, "East", "anywhere", "unknown region 'East'"),
        ({"goods": 1}, "North", "abroad", "bought must be"),
        ({"steel": 1}, "North", "anywhere", "change names sectors steel"),
        ({"goods": float("nan")}, "North", "anywhere", "is not a finite number"),
    ],
)
def test_says_what_is_wrong(small, change, region, bought, message):
    with pytest.raises(InputError, match=message):
        demand_across_regions(small, change, region, bought=bought)
