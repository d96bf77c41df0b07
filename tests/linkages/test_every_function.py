"""What must hold for every function of a table: import treatment, order, unit, idle sectors, twins, one sector."""

import dataclasses
import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis.linkages
from analysis import growth, linkages, scenarios
from analysis.growth import output_growth_sources
from analysis.linkages import (
    direct_linkages,
    extract_group,
    final_demand_content,
    household_coefficients,
    hypothetical_extraction,
    positions,
    technical_coefficients,
    total_linkages,
    value_added_in_exports,
    vertical_specialisation,
)
from analysis.tables import ASSUMPTIONS, ImportTreatmentError
from tests.examples import table, tables

# Each example calls some fifty functions.
few = settings(max_examples=6)


def homes(t):
    wages, bought = t.value_added.loc["VA001"].sum(), t.final_uses["FU102"].sum()
    return household_coefficients(t, ["VA001"], ["FU102"], total=2 * wages + abs(bought))


def regions(t):
    """Every other sector, in the order of the names, lies in the same region; an idle one in the first."""
    named = sorted(s for s in t.sectors if s != "idle")
    return pd.Series({s: "ab"[k % 2] for k, s in enumerate(named)} | {"idle": "a"})[list(t.sectors)]


def buyers(t):
    return pd.Series({"FU102": "a", "FU202": regions(t).max()})


def first(t):
    return sorted(t.sectors[t.active])[0]


# How each function that takes a table is called; a function that is missing here fails the first test.
PLAIN = (
    "technical_coefficients allocation_coefficients leontief_inverse ghosh_inverse output_multipliers"
    " primary_input_coefficients primary_input_multipliers direct_linkages total_linkages rasmussen_linkages"
    " net_linkages fields_of_influence coefficient_elasticities tolerable_limits average_propagation_length"
    " hypothetical_extraction input_origins local_content import_content final_demand_content"
    " vertical_specialisation value_added_in_exports income_multipliers influence_vector betweenness_centrality"
    " eigenvector_centrality"
).split()
CALLS = {name: getattr(linkages, name) for name in PLAIN} | {
    "upstreamness": lambda t: linkages.upstreamness(t, "none"),
    "downstreamness": lambda t: linkages.downstreamness(t, "none"),
    "positions": lambda t: positions(t, "none"),
    "structural_paths": lambda t: linkages.structural_paths(t, first(t), count=5).set_index("path")["value"],
    "embodied_inputs": lambda t: linkages.embodied_inputs(t, [first(t)]),
    "input_shares": lambda t: linkages.input_shares(t, [first(t)]),
    "field_of_influence": lambda t: linkages.field_of_influence(t, first(t), first(t)),
    "extract_group": lambda t: extract_group(t, [first(t)]),
    "household_coefficients": lambda t: pd.DataFrame({"w": homes(t).income, "c": homes(t).consumption}),
    "closed_inverse": lambda t: linkages.closed_inverse(t, homes(t)),
    "closed_output_multipliers": lambda t: linkages.closed_output_multipliers(t, homes(t)),
    "employment_multipliers": lambda t: linkages.employment_multipliers(t, t.total_value_added / 10, homes(t)),
    "leontief_price_model": lambda t: linkages.leontief_price_model(
        t, (t.value_added.loc["VA001"] / t.output.where(t.active, 1.0))[t.active] / 10
    ),
    "interregional_multipliers": lambda t: linkages.interregional_multipliers(t, regions(t)),
    "spillover_multipliers": lambda t: linkages.spillover_multipliers(t, regions(t)),
    "interregional_feedback": lambda t: linkages.interregional_feedback(t, regions(t), "a"),
    "value_added_in_regional_exports": lambda t: linkages.value_added_in_regional_exports(t, regions(t), buyers(t)),
    "new_revealed_comparative_advantage": lambda t: linkages.new_revealed_comparative_advantage(
        t, regions(t), buyers(t), pd.Series(t.sectors, t.sectors).replace({"S1": "S2"})
    ),
    "koopman_wang_wei": lambda t: linkages.koopman_wang_wei(t, regions(t), buyers(t)),
    "wang_wei_zhu": lambda t: linkages.wang_wei_zhu(t, regions(t), buyers(t)),
    "foreign_shares": lambda t: linkages.foreign_shares(t),
}
# These need imports taken out of the flows; the last two also a system without trade outside.
CLOSED = {"koopman_wang_wei", "wang_wei_zhu"}
LOCAL = CLOSED | set(
    "net_linkages hypothetical_extraction extract_group input_origins local_content import_content"
    " final_demand_content vertical_specialisation value_added_in_exports interregional_multipliers"
    " spillover_multipliers interregional_feedback value_added_in_regional_exports"
    " new_revealed_comparative_advantage".split()
)
# These read what a table publishes, or correct for it: they have tests of their own for what they refuse.
PUBLISHED = {"foreign_shares"}
GENERAL = sorted(set(CALLS) - CLOSED - PUBLISHED)
# What is in the unit of the table: all columns, or those named.
ALL = [*CLOSED, "hypothetical_extraction", "extract_group", "value_added_in_exports", "value_added_in_regional_exports"]
MONEY = dict.fromkeys(ALL, ...) | {
    "final_demand_content": ["local", "outside_in_production", "outside_directly", "total"],
    "vertical_specialisation": ["exports", "imported"],
}


def numbers(result):
    """Every number of a result by its labels, in no order."""
    frame = result.to_frame("value") if isinstance(result, pd.Series) else result
    frame = frame.select_dtypes("number")
    return {(row, column): frame[column].iloc[k] for column in frame for k, row in enumerate(frame.index)}


def assert_same(found, expected, name, rtol=1e-7):
    assert found.keys() == expected.keys(), name
    values = np.array([[found[label], expected[label]] for label in expected])
    size = np.abs(values[np.isfinite(values)]).max(initial=0)
    # A number that is the difference of large ones is as exact as those are.
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=rtol, atol=1e-10 * size, err_msg=name)


def results(t, names=GENERAL):
    found = {}
    for name in names:
        if name == "eigenvector_centrality" and not np.diag(technical_coefficients(t)).any():
            continue  # perhaps no chain of inputs leads back
        if name in ("vertical_specialisation", "value_added_in_exports") and not t.exports[t.active].sum():
            continue
        if name == "new_revealed_comparative_advantage":
            earned = linkages.value_added_in_regional_exports(t, regions(t), buyers(t))
            own = regions(t).to_numpy()[:, None] == regions(t).to_numpy()
            if not earned.where(own, 0).sum(axis=1).groupby(regions(t)).sum().all():
                continue
        found[name] = numbers(CALLS[name](t))
    return found


def rebuilt(t, **parts):
    frames = {name: getattr(t, name) for name in ("Z", "final_uses", "trade", "value_added", "output")} | parts
    sectors = frames["output"].index
    rows = {name: frame if name == "value_added" else frame.reindex(sectors) for name, frame in frames.items()}
    return dataclasses.replace(t, **rows, names=None, error=None, row_tolerance=1e-4, column_tolerance=1e-4)


# --- import treatment


def test_every_function_of_a_table_is_here():
    takes = [
        name
        for name in analysis.linkages.__all__
        if inspect.isfunction(f := getattr(linkages, name)) and next(iter(inspect.signature(f).parameters)) == "table"
    ]
    assert sorted(takes) == sorted(CALLS)


def open_table():
    uses = {"FU102": [350.0, 1700.0], "FU202": [10.0, -20.0]}
    Z, inflows = np.array([[150.0, 500.0], [200.0, 100.0]]), [200.0, 500.0]
    x = np.array([1000.0, 2000.0])
    exports = x + inflows - Z.sum(axis=1) - uses["FU102"] - uses["FU202"]
    value_added = {"VA001": (x - Z.sum(axis=0)) * 0.6, "VA004": (x - Z.sum(axis=0)) * 0.4}
    trade = {"EX": exports / 2, "OF": exports / 2, "IM": [80.0, 0.0], "IF": [120.0, 500.0]}
    return table(Z, x, final=uses, trade=trade, value_added=value_added)


@pytest.mark.parametrize("name", sorted(LOCAL))
def test_a_function_of_local_flows_refuses_technology_and_names_the_conversion(name):
    conversion = r"call table\.local\(assumption\) first, with one of " + ", ".join(map(repr, ASSUMPTIONS))
    with pytest.raises(
        ImportTreatmentError, match=rf"^{name} needs a local table, but .* is competitive: {conversion}"
    ):
        CALLS[name](open_table())


@pytest.mark.parametrize("name", sorted(set(CALLS) - CLOSED - PUBLISHED))
def test_a_function_takes_a_local_table(name):
    for assumption in ASSUMPTIONS:
        assert numbers(CALLS[name](open_table().local(assumption)))


@pytest.mark.parametrize("name", sorted(set(CALLS) - LOCAL))
def test_every_other_function_takes_technology_unless_inflows_spoil_it(name):
    if name in ("upstreamness", "downstreamness", "positions"):
        with pytest.raises(ImportTreatmentError, match=r"or call table\.local\(assumption\) first"):
            CALLS[name](open_table())
        assert numbers(getattr(linkages, name)(open_table()))  # the correction takes the inflows into account
    else:
        assert numbers(CALLS[name](open_table()))


def test_a_function_of_published_flows_refuses_a_local_table():
    local = open_table().local("supply pool")
    calls = {
        "final_demand_shock": lambda: scenarios.final_demand_shock(local, {"S1": 1.0}),
        "import_substitution": lambda: scenarios.import_substitution(local, {"S1": 0.1}),
        "sourcing_shift": lambda: scenarios.sourcing_shift(local, {"S1": 0.1}, ["S2"]),
        "supply_loss": lambda: scenarios.supply_loss(local, {"S1": 0.1}),
        "output_growth_sources": lambda: growth.output_growth_sources(local, local),
    }
    of_regions = {"demand_across_regions"}  # takes a system of regions, whose trade is in it
    assert set(calls) == {f for f in scenarios.__all__ if f.islower()} - of_regions | {output_growth_sources.__name__}
    for name, call in calls.items():
        with pytest.raises(ImportTreatmentError, match=rf"^{name} needs a competitive table.*before table\.local"):
            call()


# --- order and unit


@few
@given(tables(most=5), st.randoms(use_true_random=False), st.sampled_from([1e-7, 7.0, 1e4]))
def test_order_and_unit_do_not_matter(t, random, scale):
    order = list(t.sectors)
    random.shuffle(order)
    parts = {name: getattr(t, name) * scale for name in ("Z", "final_uses", "trade", "value_added", "output")}
    other = rebuilt(t, **parts | {"Z": parts["Z"].loc[order, order], "output": parts["output"][order]})
    local, turned = t.local("supply pool"), other.local("supply pool")
    assert turned.sectors.tolist() == order
    before, after = results(local), results(turned)
    assert before.keys() == after.keys()
    for name, expected in before.items():
        columns = MONEY.get(name, [])
        factor = {label: scale if columns is ... or label[1] in columns else 1 for label in expected}
        assert_same(after[name], {label: value * factor[label] for label, value in expected.items()}, name)


@few
@given(tables(most=5, trade=False, idle=False, inventories=False), st.randoms(use_true_random=False))
def test_order_and_unit_do_not_matter_to_the_terms_of_exports(t, random):
    if t.n < 2:
        return
    order = list(t.sectors)
    random.shuffle(order)
    local = t.local("supply pool")
    parts = {name: getattr(t, name) * 7 for name in ("Z", "final_uses", "trade", "value_added", "output")}
    turned = rebuilt(t, **parts | {"Z": parts["Z"].loc[order, order], "output": parts["output"][order]})
    for name in CLOSED:
        expected = {label: 7 * value for label, value in numbers(CALLS[name](local)).items()}
        assert_same(numbers(CALLS[name](turned.local("supply pool"))), expected, name)


# --- sectors that are not there


@few
@given(tables(most=5))
def test_an_idle_sector_changes_nothing_for_the_others(t):
    names = [*t.sectors, "idle"]
    rows = {name: getattr(t, name).reindex(names, fill_value=0.0) for name in ("Z", "final_uses", "trade", "output")}
    rows["Z"] = rows["Z"].reindex(columns=names, fill_value=0.0)
    other = rebuilt(t, **rows, value_added=t.value_added.reindex(columns=names, fill_value=0.0))
    before, after = results(t.local("supply pool")), results(other.local("supply pool"))
    assert before.keys() == after.keys()
    for name, expected in before.items():
        kept = {label: value for label, value in after[name].items() if "idle" not in str(label)}
        assert_same(kept, expected, name)


@pytest.mark.parametrize("name", sorted(set(CALLS) - CLOSED - PUBLISHED))
def test_one_sector(name):
    t = table(
        [[25.0]],
        [100.0],
        final={"FU102": [60.0], "FU202": [5.0]},
        exports=[30.0],
        inflows=[20.0],
        value_added={"VA001": [45.0], "VA004": [30.0]},
    ).local("supply pool")
    found = numbers(CALLS[name](t))
    assert found
    assert np.isfinite(list(found.values())).all()


def test_one_sector_exports_nothing_to_other_regions():
    t = table([[25.0]], [100.0], final={"FU102": [70.0], "FU202": [5.0]}).local("supply pool")
    assert set(numbers(CALLS["koopman_wang_wei"](t)).values()) == {0}


# --- twins: aggregation of sectors that are alike loses nothing


@few
@given(tables(most=5, idle=False), st.floats(0.1, 0.9))
def test_merging_twins_loses_nothing(t, share):
    """Split a sector into two that buy, sell and trade alike: sums and ratios of the whole stay what they were."""
    old = first(t)
    keys = pd.Series({s: s for s in t.sectors} | {"twin": old})
    weight = pd.Series({s: 1.0 for s in t.sectors} | {old: share, "twin": 1 - share})

    def rows(frame):
        return frame.loc[keys].set_axis(keys.index).mul(weight, axis=0)

    def columns(frame):
        return frame[keys].set_axis(keys.index, axis=1) * weight

    other = rebuilt(
        t,
        Z=columns(rows(t.Z)),
        final_uses=rows(t.final_uses),
        trade=rows(t.trade),
        value_added=columns(t.value_added),
        output=t.output[keys].set_axis(keys.index) * weight,
    )
    merged = other.aggregate(keys.to_dict())
    for name in ("Z", "final_uses", "trade", "value_added", "output"):
        np.testing.assert_allclose(getattr(merged, name), getattr(t, name), rtol=1e-12, atol=1e-9)
    whole, split = t.local("supply pool"), other.local("supply pool")
    alike = {
        "output_multipliers", "primary_input_multipliers", "primary_input_coefficients", "input_origins",
        "local_content", "import_content", "net_linkages", "upstreamness", "downstreamness", "positions",
        "income_multipliers", "employment_multipliers", "closed_output_multipliers",
    }  # fmt: skip
    calls = {name: CALLS[name] for name in alike}
    calls["total_linkages"] = lambda t: total_linkages(t, weights="output")
    calls["direct_linkages"] = lambda t: direct_linkages(t)[["backward", "forward"]]
    for name, call in calls.items():
        one, two = numbers(call(whole)), numbers(call(split))
        # Each of the twins is what the sector was: rows are sectors, or columns are.
        expected = {label: one[tuple(old if part == "twin" else part for part in label)] for label in two}
        assert_same(two, expected, name)
    pair = extract_group(split, [old, "twin"]).sum()
    single = hypothetical_extraction(whole).loc[old, ["total", "backward", "forward"]]
    np.testing.assert_allclose(pair, single, rtol=1e-8, atol=1e-8)
    assert_same(numbers(final_demand_content(split)), numbers(final_demand_content(whole)), "final_demand_content")
    if whole.exports.sum():
        for method in (value_added_in_exports, vertical_specialisation):
            money = MONEY[method.__name__]
            sums = [method(t).sum() if money is ... else method(t)[money].sum() for t in (split, whole)]
            np.testing.assert_allclose(*sums, rtol=1e-8)
