"""The one table a year that is stored: it is the estimate it says it is, to the last stored digit, and it balances."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import read, record
from analysis.interregional import (
    DELTA,
    delta_accounts,
    distances_between,
    eight_regions,
    estimate_interregional,
    gravity_decay,
    load_estimated,
    pair_effects,
    reference_estimate,
)
from analysis.interregional.__main__ import YEARS, reference_cells
from analysis.interregional.reference import estimated_id
from analysis.tables import load, load_eight_regions


@pytest.mark.parametrize("year", YEARS)
def test_stored_cells_come_out_again(year):
    kept, again = read(estimated_id(year)), reference_cells(year)
    labels = ["block", "region", "row", "user_region", "column"]
    pd.testing.assert_frame_equal(kept[labels], again[labels])
    largest = kept.loc[kept["block"] == "output", "estimated_value"].max()
    # a digit may round the other way on another machine
    assert (kept["estimated_value"] - again["estimated_value"]).abs().max() <= 1.1e-5 < 1e-9 * largest


def test_reference_is_what_its_record_says(tie):
    known, accounts = load_eight_regions(2007), delta_accounts(2017, "residual")
    units, wide = accounts.membership.index, eight_regions()
    between = distances_between(wide, "centres").loc[known.regions, known.regions]
    decay = gravity_decay(known.trade(), between)
    pairs = pair_effects(known.trade(), known.regions, between, decay)
    # pair by pair: what two provinces trade beyond distance is what their regions do; inside a region, nothing
    effects = pd.DataFrame(1.0, units, units)
    for u in units:
        for v in units:
            if wide[u] != wide[v]:
                effects.loc[u, v] = pairs.loc[wide[u], wide[v]]
    distances = distances_between(pd.Series(units, index=units), "centres")
    wanted = estimate_interregional(accounts, distances=distances, decay=decay, effects=effects, transit="pool")
    found = reference_estimate(2017)
    tie(
        reference_estimate,
        found.table.Z,
        wanted.table.Z,
        kind="naive",
        source="estimated step by step from the published table of 2007",
        atol=1e-6,
    )


def test_loaded_table_is_the_stored_one_and_balances(tie):
    found, cells = load_estimated(2017), read(estimated_id(2017))
    assert found.estimated and "estimate" in found.notes[0].lower()
    flows = cells[cells["block"] == "Z"].set_index(["region", "row", "user_region", "column"])["estimated_value"]
    tie(
        load_estimated,
        found.Z.stack(["region", "code"], future_stack=True).to_numpy(),
        flows.to_numpy(),
        kind="identity",
        source="cells of the stored file",
    )
    # sums over the file itself
    uses = cells[cells["block"].isin(["Z", "final_uses", "exports", "error"])]
    made = uses.groupby(["region", "row"], sort=False)["estimated_value"].sum()
    output = cells[cells["block"] == "output"].set_index(["region", "row"])["estimated_value"]
    assert (made - output).abs().max() <= 1e-6 * output.max()
    inputs = cells[cells["block"].isin(["Z", "imported", "value_added"])]
    spent = inputs.groupby(["user_region", "column"], sort=False)["estimated_value"].sum()
    assert (spent - output).abs().max() <= 1e-6 * output.max()
    assert (flows >= 0).all()


@pytest.mark.parametrize("name", DELTA)
def test_output_of_the_four_is_the_published_one(name):
    assert np.allclose(load_estimated(2012).output[name], load(name, 2012).output, rtol=0, atol=1e-5)


@pytest.mark.parametrize("year", YEARS)
def test_name_title_kind_and_head_say_estimated(year):
    found = record(estimated_id(year))
    for text in (found.id, found.kind, found.title["en"], list(found.columns)[-1]):
        assert "estimated" in text
    assert "估计" in found.title["zh"]
