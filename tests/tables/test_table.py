import copy
import dataclasses
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.tables import (
    ASSUMPTIONS,
    ImportTreatmentError,
    InputOutputTable,
    InterregionalTable,
    TableError,
    parse_unit,
)
from tests.examples import parts, table, tables

Z = [[150.0, 500.0], [200.0, 100.0]]
x = [1000.0, 2000.0]


def with_cell(frame_name, row, column, value):
    given_parts = parts(Z, x, exports=[50, 30], inflows=[20, 10])
    frame = given_parts[frame_name].astype(object)
    frame.loc[row, column] = value
    return given_parts | {frame_name: frame}


def balanced(t):
    signs = pd.Series({c: -1 if c in ("IM", "IF", "IMIF") else 1 for c in t.trade})
    rows = t.Z.sum(axis=1) + t.final_uses.sum(axis=1) + t.trade.mul(signs).sum(axis=1) + t.error
    columns = t.Z.sum() + t.value_added.sum() + (t.imported.sum() if t.imports == "local" else 0)
    np.testing.assert_allclose(rows, t.output, atol=1e-8)
    np.testing.assert_allclose(columns, t.output, atol=1e-8)


# --- what a table refuses


def test_unbalanced_row_is_named_with_its_size():
    wrong = with_cell("final_uses", "S2", "FU102", 1000.0)
    message = r"row S2 does not balance: output is 680 100 million CNY more than its uses \(tolerance 1e-06\); 1 fail"
    with pytest.raises(TableError, match=message):
        InputOutputTable(**wrong)


def test_unbalanced_column_is_named_with_its_size():
    message = r"column S1 does not balance: output is 0\.5 100 million CNY less than its inputs"
    with pytest.raises(TableError, match=message):
        InputOutputTable(**with_cell("value_added", "VA001", "S1", 650.5))


def test_the_widest_gap_is_named_first():
    wrong = with_cell("value_added", "VA001", "S1", 650.5)
    wrong["value_added"].loc["VA001", "S2"] -= 2
    with pytest.raises(TableError, match=r"column S2 does not balance: output is 2 .* more than its inputs.*; 2 fail"):
        InputOutputTable(**wrong)


def test_a_gap_within_the_stated_tolerance_of_the_source_passes():
    wrong = with_cell("value_added", "VA001", "S1", 650.5)
    InputOutputTable(**wrong, column_tolerance=0.5)
    with pytest.raises(TableError, match="column S1"):
        InputOutputTable(**wrong, column_tolerance=0.49, row_tolerance=1)


@pytest.mark.parametrize(
    ("frame", "row", "column"),
    [("Z", "S1", "S2"), ("final_uses", "S2", "FU102"), ("trade", "S1", "EX"), ("value_added", "VA001", "S2")],
)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("12", "'12' at row {}, column {}, which is not a number"),
        (True, "True at row {}, column {}, which is not a number"),
        (3j, "3j at row {}, column {}, which is not a number"),
        (np.nan, "nan at row {}, column {}"),
        (np.inf, "inf at row {}, column {}"),
        (None, "at row {}, column {}"),
    ],
)
def test_cells_that_are_no_numbers_are_named(frame, row, column, value, message):
    with pytest.raises(TableError, match=f"{frame} holds.*" + message.format(row, column)):
        InputOutputTable(**with_cell(frame, row, column, value))


@pytest.mark.parametrize(("frame", "column"), [("imported", "S2"), ("imported_final", "FU102")])
def test_flows_told_apart_are_named_too(frame, column):
    right = table(Z, x, exports=[50, 30], inflows=[20, 10]).local("supply pool")
    wrong = {each.name: getattr(right, each.name) for each in dataclasses.fields(right) if each.init}
    wrong[frame] = wrong[frame].astype(object)
    assert {*map(str, getattr(InputOutputTable(**wrong), frame).dtypes)} == {"float64"}
    wrong[frame].loc["S1", column] = "12"
    with pytest.raises(TableError, match=f"{frame} holds '12' at row S1, column {column}, which is not a number"):
        InputOutputTable(**wrong)


@pytest.mark.parametrize("kind", [InputOutputTable, InterregionalTable])
def test_what_a_table_keeps_to_itself_is_neither_given_nor_shown(kind):
    assert [
        each.name for each in dataclasses.fields(kind) if each.name.startswith("_") and (each.init or each.repr)
    ] == []


def test_missing_value_of_a_nullable_column_is_refused():
    wrong = parts(Z, x)
    wrong["output"] = pd.Series([1000.0, None], index=wrong["output"].index, dtype="Float64")
    with pytest.raises(TableError, match="output holds nan at row S2"):
        InputOutputTable(**wrong)


def test_exact_decimals_are_numbers():
    assert InputOutputTable(**with_cell("Z", "S1", "S2", Decimal("500.0"))).Z.loc["S1", "S2"] == 500.0


def test_negative_output():
    with pytest.raises(TableError, match=r"negative output in S2 \(-2000\)"):
        table([[1.0, 1.0], [1.0, 1.0]], [1000.0, -2000.0])


def test_duplicate_sectors():
    with pytest.raises(TableError, match=r"output has duplicate row labels \['S1'\]"):
        table(Z, x, sectors=["S1", "S1"])


@pytest.mark.parametrize("name", ["Z", "final_uses", "trade", "value_added", "error"])
def test_missing_sectors_and_wrong_shapes(name):
    right = parts(Z, x, exports=[50, 30], inflows=[20, 10]) | {"error": pd.Series(0.0, index=["S1", "S2"])}
    axis = "columns" if name == "value_added" else "index"
    lacking = right[name].drop(**{axis: ["S2"]})
    with pytest.raises(TableError, match=rf"{name} has 1 \w+ where 2 sectors are expected \(missing \['S2'\]"):
        InputOutputTable(**right | {name: lacking})
    with pytest.raises(TableError, match=rf"{name} has 2 \w+ where 2 sectors .*missing \['S2'\], not known \['S9'\]"):
        InputOutputTable(**right | {name: right[name].rename(**{axis: {"S2": "S9"}})})


def test_a_matrix_that_is_not_square():
    right = parts(Z, x)
    with pytest.raises(TableError, match="Z has 3 columns where 2 sectors are expected"):
        InputOutputTable(**right | {"Z": right["Z"].assign(S3=0.0)})
    with pytest.raises(TableError, match="at least one sector"):
        table(np.empty((0, 0)), [])


def test_sectors_in_another_order_are_put_in_order():
    right = parts(Z, x, exports=[50, 30], inflows=[20, 10])
    turned = right | {"Z": right["Z"].iloc[::-1, ::-1], "trade": right["trade"].iloc[::-1]}
    assert InputOutputTable(**turned) == InputOutputTable(**right)


@pytest.mark.parametrize("unit", ["CNY million", "100 million", "bushels CNY", "million cny", "", "yuan"])
def test_unknown_unit(unit):
    with pytest.raises(TableError, match="unknown unit"):
        table(Z, x, unit=unit)


def test_units_are_read():
    assert parse_unit("100 million CNY") == (1e8, "CNY")
    assert parse_unit("10,000 CNY") == (1e4, "CNY")
    assert parse_unit("EUR") == (1.0, "EUR")


def test_spectral_radius_not_below_one():
    # Columns sum to 1.2 and 1.1; negative value added keeps the accounts balanced.
    with pytest.raises(TableError, match=r"spectral radius of the input coefficients is 1\.1"):
        table([[600.0, 500.0], [600.0, 600.0]], [1000.0, 1000.0])
    # Exactly one: a closed system without primary inputs.
    with pytest.raises(TableError, match=r"spectral radius of the input coefficients is 1\.0000"):
        table([[500.0, 500.0], [500.0, 500.0]], [1000.0, 1000.0])


def test_a_column_above_one_alone_is_no_reason_to_refuse():
    t = table([[0.0, 1200.0], [100.0, 0.0]], [1000.0, 1000.0])
    assert t.total_value_added["S2"] == -200


def test_negative_flows_are_judged_by_their_eigenvalues():
    # |A| has a radius of 1.1, A itself of 0.3: the accounts are fine.
    table([[700.0, -400.0], [400.0, -100.0]], [1000.0, 1000.0])
    with pytest.raises(TableError, match="spectral radius"):
        table([[0.0, -1200.0], [1200.0, 0.0]], [1000.0, 1000.0])


def test_inputs_without_output():
    with pytest.raises(TableError, match=r"inputs but no output in S2 \("):
        table([[150.0, 50.0], [0.0, 0.0]], [1000.0, 0.0])


def test_trade_import_and_name_descriptions_are_checked():
    with pytest.raises(TableError, match=r"unknown trade columns \['EXPORTS'\]"):
        table(Z, x, trade={"EXPORTS": [1, 1]})
    with pytest.raises(TableError, match="imports must be"):
        table(Z, x, imports="domestic")
    with pytest.raises(TableError, match="names its assumption"):
        table(Z, x, imports="local")
    with pytest.raises(TableError, match="holds other flows apart"):
        table(Z, x, imports="local", assumption="published")
    with pytest.raises(TableError, match="has no import assumption"):
        table(Z, x, assumption="supply pool")
    with pytest.raises(TableError, match=r"names lack \['S2'\]"):
        table(Z, x, names=pd.DataFrame({"name_en": ["A"], "name_zh": ["甲"]}, index=["S1"]))
    with pytest.raises(TableError, match=r"names lack \['name_zh'\]"):
        table(Z, x, names=pd.DataFrame({"name_en": ["A", "B"]}, index=["S1", "S2"]))


def test_every_refusal_is_a_value_error_that_names_the_table():
    with pytest.raises(ValueError, match="table Shanghai 2017"):
        table(Z, [1000.0, -1.0])


# --- what cannot be changed


def test_attributes_cannot_be_set():
    t = table(Z, x)
    for name in ("Z", "output", "year", "unit"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(t, name, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del t.Z


@pytest.mark.parametrize("name", ["Z", "final_uses", "trade", "value_added", "output", "error", "names"])
def test_changing_what_the_table_hands_out_does_not_reach_it(name):
    t = table(Z, x, exports=[50, 30], inflows=[20, 10])
    before, frame = copy.deepcopy(t), getattr(t, name)
    frame.iloc[0] = "x" if name == "names" else -1
    frame["new"] = 0
    frame.index.name = "changed"
    frame.attrs["x"] = 1
    if name != "names":
        with pytest.raises(ValueError, match="read-only"):
            getattr(t, name).to_numpy()[...] = 0
    assert t == before
    assert getattr(t, name).index.name is None
    assert not getattr(t, name).attrs


@pytest.mark.parametrize("name", ["Z", "final_uses", "trade", "value_added", "output", "error", "names"])
def test_changing_the_frames_a_table_was_built_from_does_not_reach_it(name):
    names = pd.DataFrame({"name_en": ["A", "B"], "name_zh": ["甲", "乙"]}, index=["S1", "S2"])
    given_parts = parts(Z, x, exports=[50, 30], inflows=[20, 10])
    given_parts |= {"names": names, "error": pd.Series(0.0, index=names.index)}
    t = InputOutputTable(**given_parts)
    before = copy.deepcopy(t)
    given_parts[name].iloc[0] = "x" if name == "names" else -1
    given_parts[name].index.name = "changed"
    assert t == before
    assert getattr(t, name).index.name is None


def test_arrays_a_table_was_built_from_are_copied():
    array = np.array(Z)
    given_parts = parts(array, x) | {"Z": pd.DataFrame(array, ["S1", "S2"], ["S1", "S2"], copy=False)}
    t = InputOutputTable(**given_parts)
    array[0, 0] = -1
    assert t.Z.iloc[0, 0] == 150


def test_equality_copies_and_pickles():
    t = table(Z, x)
    assert t == table(Z, x)
    assert t != table(Z, x, year=2012)
    assert t != table([[150.0, 499.0], [200.0, 100.0]], x)
    assert t != "table"
    assert pickle.loads(pickle.dumps(t)) == t
    with pytest.raises(TypeError, match="unhashable"):
        hash(t)


# --- what it reads


def test_trade_of_each_published_form():
    full = table(Z, x, trade={"EX": [50, 30], "OF": [5, 3], "IM": [20, 10], "IF": [2, 1]})
    assert full.exports.tolist() == [55, 33]
    assert full.inflows.tolist() == [22, 11]
    joint = table(Z, x, trade={"EXOF": [50, 30], "IMIF": [20, 10]})
    assert (joint.exports.tolist(), joint.inflows.tolist()) == ([50, 30], [20, 10])
    net = table(Z, x, trade={"NOF": [30, -20]})
    assert (net.exports.tolist(), net.inflows.tolist()) == ([30, 0], [0, 20])
    assert full.gross_trade
    assert joint.gross_trade
    assert not net.gross_trade
    none = table(Z, x)
    assert (none.exports.tolist(), none.inflows.tolist()) == ([0, 0], [0, 0])


def test_sums_and_idle_sectors():
    t = table([[150.0, 0.0], [200.0, 0.0]], [1000.0, 0.0], inflows=[0, 250])
    assert t.active.tolist() == [True, False]
    assert (t.n, t.sectors.tolist()) == (2, ["S1", "S2"])
    assert t.intermediate_uses.tolist() == [150, 200]
    assert t.final_demand.tolist() == [850, 50]
    assert t.total_value_added.tolist() == [650, 0]
    for name in ("exports", "inflows", "final_demand", "total_value_added", "intermediate_uses"):
        assert getattr(t, name).index.equals(t.sectors)


# --- aggregation


@given(tables(), st.randoms(use_true_random=False))
def test_aggregation_keeps_the_accounts(tie, t, random):
    groups = {s: f"G{random.randrange(3)}" for s in t.sectors}
    merged = t.aggregate(groups)
    balanced(merged)
    for name in ("Z", "final_uses", "trade", "value_added", "output", "error"):
        assert np.isclose(getattr(merged, name).to_numpy().sum(), getattr(t, name).to_numpy().sum())
    incidence = pd.get_dummies(pd.Series(groups), dtype=float)[list(merged.sectors)].loc[list(t.sectors)]
    expected, source = incidence.T @ t.Z @ incidence, "products with the incidence matrix"
    tie(InputOutputTable.aggregate, merged.Z, expected, kind="naive", source=source, atol=1e-9)
    np.testing.assert_allclose(merged.output, incidence.T @ t.output)
    assert merged.sectors.tolist() == list(dict.fromkeys(groups.values()))


@given(tables(), st.sampled_from(sorted(ASSUMPTIONS)))
def test_aggregating_a_local_table_keeps_it_local(t, assumption):
    local = t.local(assumption)
    one = local.aggregate(dict.fromkeys(t.sectors, "all"))
    balanced(one)
    assert (one.imports, one.assumption) == ("local", assumption)
    assert np.isclose(one.imported.to_numpy().sum(), local.imported.to_numpy().sum())


def test_aggregation_names_merged_sectors_and_adds_tolerances():
    names = pd.DataFrame({"name_en": ["Wheat", "Rice"], "name_zh": ["麦", "稻"]}, index=["S1", "S2"])
    t = table(Z, x, names=names, row_tolerance=0.5)
    one = t.aggregate({"S1": "A", "S2": "A"})
    assert one.names.loc["A"].tolist() == ["Wheat + Rice", "麦 + 稻"]
    assert one.row_tolerance == 1.0
    same = t.aggregate({"S1": "B", "S2": "A"})
    assert same.names.loc["B", "name_en"] == "Wheat"
    assert same.sectors.tolist() == ["B", "A"]
    assert same.row_tolerance == 0.5
    given_names = pd.DataFrame({"name_en": ["Grain"], "name_zh": ["谷"]}, index=["A"])
    assert t.aggregate({"S1": "A", "S2": "A"}, given_names).names.loc["A", "name_zh"] == "谷"


def test_concordances_with_gaps_or_doubles_are_refused():
    t = table(Z, x)
    with pytest.raises(TableError, match=r"lacks a new sector for \['S2'\]"):
        t.aggregate({"S1": "A"})
    with pytest.raises(TableError, match=r"lacks a new sector for \['S1'\]"):
        t.aggregate({"S1": None, "S2": "A"})
    with pytest.raises(TableError, match=r"names sectors \['S1'\] more than once"):
        t.aggregate(pd.Series(["A", "B", "A"], index=["S1", "S1", "S2"]))


# --- local tables


@given(tables(), st.sampled_from(sorted(ASSUMPTIONS)))
def test_local_flows_and_the_rest_add_up(tie, t, assumption):
    local = t.local(assumption)
    balanced(local)
    both, source = local.Z + local.imported, "local and imported flows sum to the flows"
    tie(InputOutputTable.local, both, t.Z, kind="identity", source=source, atol=1e-12)
    np.testing.assert_allclose(local.final_uses + local.imported_final, t.final_uses, atol=1e-12)
    assert local.trade.columns.tolist() == ["EXOF"]
    assert (local.exports <= t.exports + 1e-9).all()
    assert (local.inflows == 0).all()
    for name in ("output", "value_added", "names"):
        assert getattr(local, name).equals(getattr(t, name))


@given(tables())
def test_shares_lie_between_no_and_all_and_in_this_order(t):
    pool, first, net = (t.local_shares(a) for a in ("supply pool", "exports first", "net inflow"))
    for share in (pool, first, net):
        assert share.between(0, 1).all()
        assert (share[~t.active] == 0).all()
    assert (first <= pool + 1e-12).all()
    assert (pool <= net + 1e-12).all()


@given(tables(trade=False, idle=False))
def test_without_trade_everything_is_local(t):
    for assumption in ASSUMPTIONS:
        local = t.local(assumption)
        assert (local.imported == 0).all(axis=None)
        assert local.Z.equals(t.Z)


def test_supply_pool_by_hand(tie):
    t = table(Z, x, trade={"EX": [300, 0], "OF": [100, 500], "IM": [200, 0], "IF": [50, 500]})
    share = t.local_shares("supply pool")
    tie(InputOutputTable.local_shares, share, [1000 / 1250, 2000 / 2500], kind="naive", source="supply pool by hand")
    local = t.local("supply pool")
    uses = t.intermediate_uses + t.final_demand + t.exports
    np.testing.assert_allclose(share * uses, t.output)
    np.testing.assert_allclose(local.exports, [400 * 0.8, 500 * 0.8])


def test_exports_first_by_hand(tie):
    t = table(Z, x, trade={"EX": [300, 0], "OF": [100, 500], "IM": [200, 0], "IF": [50, 500]})
    share, source = t.local_shares("exports first"), "exports first by hand"
    tie(InputOutputTable.local_shares, share, [600 / 850, 1500 / 2000], kind="naive", source=source)
    # Transit: more leaves than is made, so nothing local stays, and the surplus of inflows is passed through.
    transit = table(Z, x, exports=[1200, 0], inflows=[900, 0])
    assert transit.local_shares("exports first").tolist() == [0, 1]
    local = transit.local("exports first")
    assert local.exports.tolist() == [1000, 0]
    balanced(local)


def test_net_inflow_by_hand(tie):
    t = table(Z, x, trade={"EX": [300, 0], "OF": [100, 500], "IM": [600, 0], "IF": [50, 100]})
    share = t.local_shares("net inflow")
    tie(InputOutputTable.local_shares, share, [1000 / 1250, 1], kind="naive", source="net inflow by hand")
    assert t.local("net inflow").exports.tolist() == [0, 400]


def test_what_leaves_without_being_made_is_no_local_output():
    # Sector 2 makes nothing: what it sends out comes from stocks.
    t = table([[10.0, 0.0], [0.0, 0.0]], [100.0, 0.0], final={"FU102": [90, 0], "FU202": [0, -5]}, exports=[0, 5])
    for assumption in ASSUMPTIONS:
        local = t.local(assumption)
        balanced(local)
        assert local.exports.tolist() == [0, 0]


def test_net_trade_refuses_assumptions_on_gross_trade():
    t = table(Z, x, trade={"NOF": [30, -500]}, year=2002)
    for assumption in ("supply pool", "exports first"):
        with pytest.raises(ImportTreatmentError, match=r"publishes net outflow only.*'net inflow'"):
            t.local(assumption)
    local = t.local("net inflow")
    balanced(local)
    assert t.local_shares("net inflow").tolist() == [1, 0.8]


def test_an_error_column_is_shared_like_the_uses():
    given_parts = parts(Z, x, exports=[0, 0], inflows=[250, 0])
    given_parts["final_uses"] = given_parts["final_uses"] - np.array([[10.0], [0.0]])
    t = InputOutputTable(**given_parts, error=pd.Series([10.0, 0.0], index=["S1", "S2"]))
    local = t.local("supply pool")
    assert local.error["S1"] == pytest.approx(8.0)
    balanced(local)


def test_unknown_assumption_and_local_twice():
    t = table(Z, x)
    with pytest.raises(TableError, match=r"unknown import assumption 'guess': one of supply pool"):
        t.local("guess")
    with pytest.raises(ImportTreatmentError, match=r"is local already \(supply pool\)"):
        t.local("supply pool").local("supply pool")


def test_negative_inflows_make_no_share():
    t = table(Z, x, exports=[0, 0], inflows=[-100, 0])
    with pytest.raises(TableError, match=r"local share outside \[0, 1\] under 'supply pool' in S1"):
        t.local("supply pool")


def test_require_says_which_conversion_to_call():
    t = table(Z, x)
    t.require("competitive", "a method")
    with pytest.raises(ImportTreatmentError, match=r"a method needs a local table.*is competitive: call table\.local"):
        t.require("local", "a method")
    with pytest.raises(ImportTreatmentError, match=r"before table\.local"):
        t.local("supply pool").require("competitive", "a method")


# --- what does not matter


@given(tables(), st.randoms(use_true_random=False), st.sampled_from([0.01, 3.0, 1e4]))
def test_order_and_unit_of_measure_do_not_matter(t, random, scale):
    order = list(t.sectors)
    random.shuffle(order)

    def turned(frame, rows=True, columns=False):
        frame = frame.loc[order] if rows else frame
        return (frame[order] if columns else frame) * scale

    other = dataclasses.replace(
        t,
        Z=turned(t.Z, columns=True),
        final_uses=turned(t.final_uses),
        trade=turned(t.trade),
        value_added=turned(t.value_added, rows=False, columns=True),
        output=turned(t.output),
        error=turned(t.error),
        names=t.names,
        row_tolerance=1e-6 * max(scale, 1),
        column_tolerance=1e-6 * max(scale, 1),
    )
    for assumption in ASSUMPTIONS:
        pd.testing.assert_series_equal(other.local_shares(assumption)[t.sectors], t.local_shares(assumption), rtol=1e-9)


def test_one_sector():
    t = table([[25.0]], [100.0], inflows=[100.0], exports=[0.0])
    local = t.local("supply pool")
    assert local.Z.iloc[0, 0] == 12.5
    assert local.imported_final.iloc[0, 0] == pytest.approx(87.5)
    balanced(local)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"S1": "One"}, "names are a dict"),
        (
            pd.DataFrame({"name_en": ["A", "B"], "name_zh": ["甲", "乙"]}, index=["S1", "S1"]),
            "names name a sector twice",
        ),
    ],
)
def test_names_come_as_one_row_a_sector(wrong, said):
    with pytest.raises(TableError, match=f"{said}: a DataFrame is meant, one row a sector"):
        table(Z, x, names=wrong)
