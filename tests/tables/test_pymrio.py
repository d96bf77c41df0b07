"""Tables from a pymrio system: pymrio's own results on its own test system, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pymrio
import pytest

from analysis.linkages import (
    ghosh_inverse,
    interregional_multipliers,
    leontief_inverse,
    output_multipliers,
    primary_input_multipliers,
    rasmussen_linkages,
    technical_coefficients,
    total_linkages,
)
from analysis.tables import TableError, from_pymrio, interregional_from_pymrio

SOURCE = "pymrio 0.7.0 on its test system (six regions, eight sectors)"
WHEN = {"year": 2010, "price_basis": "basic prices"}


@pytest.fixture(scope="module")
def solved():
    return pymrio.load_test().calc_all(include_ghosh=True)


@pytest.fixture
def fresh():
    return pymrio.load_test()


def with_value_added(system):
    """Make the one factor input what inputs leave of output: the test system's own is another number."""
    left = (pymrio.calc_x(system.Z, system.Y)["indout"] - system.Z.sum(axis=0)).to_numpy()
    system.factor_inputs.F = pd.DataFrame([left], system.factor_inputs.F.index, system.Z.columns)
    return system


# --- pymrio's own numbers


def test_the_whole_system_agrees_with_pymrio(solved, tie):
    table = from_pymrio(solved, **WHEN)
    # the whole system trades with nobody
    assert not table.imported.any(axis=None) and not table.imported_final.any(axis=None)
    assert not table.trade.any(axis=None)
    pairs = {"kind": "naive", "source": SOURCE, "rtol": 1e-9}
    tie(from_pymrio, table.output, solved.x["indout"], **pairs)
    tie(from_pymrio, table.intermediate_uses + table.final_demand, solved.x["indout"], **pairs)
    tie(technical_coefficients, technical_coefficients(table), solved.A, **pairs)
    tie(leontief_inverse, leontief_inverse(table), solved.L, **pairs)
    tie(output_multipliers, output_multipliers(table), solved.L.sum(axis=0), **pairs)
    tie(ghosh_inverse, ghosh_inverse(table), solved.G, **pairs)
    sums = np.column_stack([solved.L.sum(axis=0), solved.G.sum(axis=1)])
    for function in (total_linkages, rasmussen_linkages):
        tie(function, function(table)[["backward", "forward"]], sums, **pairs)
        tie(function, function(table)[["backward_index", "forward_index"]], sums / sums.mean(axis=0), **pairs)
    assert list(table.sectors) == [" ".join(pair) for pair in solved.Z.index]
    assert (table.unit, table.imports, table.vintage) == ("million USD", "local", "testmrio v1")
    assert table.names.loc["reg2 food", "name_en"] == "food"


def test_multipliers_of_an_extension_agree_with_pymrio(fresh, tie):
    solved = with_value_added(fresh).calc_all()
    table = from_pymrio(solved, value_added="factor_inputs", **WHEN)
    assert list(table.value_added.index) == ["Value Added"]
    assert solved.factor_inputs.M.shape == (1, 48)
    # Of one factor that is all value added, each multiplier is one; those of a part of it are not.
    split = np.linspace(0.2, 0.9, 48)
    fresh.factor_inputs.F = pd.concat([solved.factor_inputs.F * split, solved.factor_inputs.F * (1 - split)])
    fresh.factor_inputs.F.index = pd.Index(["wages", "profits"], name="inputtype")
    fresh.factor_inputs.unit = pd.DataFrame({"unit": "M.USD"}, index=fresh.factor_inputs.F.index)
    fresh.factor_inputs.S = fresh.factor_inputs.M = None
    theirs = fresh.factor_inputs.calc_system(x=solved.x, Y=solved.Y, L=solved.L).M
    ours = primary_input_multipliers(from_pymrio(fresh, value_added="factor_inputs", **WHEN))
    assert theirs.loc["wages"].std() > 0.01
    tie(primary_input_multipliers, ours.loc[["wages", "profits"]], theirs, kind="naive", source=SOURCE, rtol=1e-9)


@pytest.mark.parametrize("imports", ["competitive", "local"])
def test_the_trade_of_a_region_agrees_with_pymrio(solved, imports, tie):
    theirs = solved.get_gross_trade().totals
    for region in solved.get_regions():
        table = from_pymrio(solved, region, imports=imports, **WHEN)
        trade = theirs.loc[region]
        pairs = {"kind": "naive", "source": SOURCE, "rtol": 1e-9, "atol": 1e-9}
        tie(from_pymrio, table.exports, trade["exports"], **pairs)
        tie(from_pymrio, table.output, solved.x.loc[region, "indout"], **pairs)
        if imports == "local":
            bought = table.imported.sum(axis=1) + table.imported_final.sum(axis=1)
            tie(from_pymrio, technical_coefficients(table), solved.A.loc[region, region], **pairs)
        else:
            bought = table.inflows
            technology = solved.A[region].groupby("sector", sort=False).sum()
            tie(technical_coefficients, technical_coefficients(table), technology, **pairs)
        tie(from_pymrio, bought, trade["imports"], **pairs)


def test_an_interregional_table_holds_the_same(solved, tie):
    table = interregional_from_pymrio(solved, estimated=True, **WHEN)
    assert table.regions == list(solved.get_regions())
    whole = from_pymrio(solved, **WHEN)
    home = pd.Series(solved.Z.index.get_level_values(0), whole.sectors)
    pd.testing.assert_series_equal(table.home, home, check_names=False)
    pairs = {"kind": "naive", "source": SOURCE, "rtol": 1e-9}
    tie(interregional_from_pymrio, leontief_inverse(table.accounts), solved.L, **pairs)
    within = [solved.L.loc[pair[0], pair].sum() for pair in solved.L]
    parts = interregional_multipliers(whole, home)[["total", "intra"]]
    tie(interregional_multipliers, parts, np.column_stack([solved.L.sum(axis=0), within]), **pairs)


def test_what_calc_all_would_compute_is_not_asked_for(fresh, solved):
    assert fresh.x is None
    table = from_pymrio(solved, **WHEN)
    np.testing.assert_allclose(from_pymrio(fresh, **WHEN).output, table.output, rtol=1e-14)
    coefficients = SimpleNamespace(A=solved.A, x=solved.x, Y=solved.Y, unit=solved.unit)
    np.testing.assert_allclose(from_pymrio(coefficients, **WHEN).Z, table.Z, rtol=1e-12)
    # x may be a column as well, and rows may come in another order
    other = SimpleNamespace(Z=solved.Z, Y=solved.Y.iloc[::-1], x=solved.x["indout"].iloc[::-1], unit=solved.unit)
    np.testing.assert_array_equal(from_pymrio(other, **WHEN).final_uses, table.final_uses)
    assert from_pymrio(other, **WHEN).vintage == "as given"


@pytest.mark.parametrize(
    ("spelt", "unit"),
    [
        ("M.EUR", "million EUR"), ("mUSD", "million USD"), ("million USD",) * 2, ("Mill USD", "million USD"),
        ("Mio. EUR", "million EUR"), ("mn EUR", "million EUR"), ("1000 USD", "thousand USD"),
        ("000 USD", "thousand USD"), ("kUSD", "thousand USD"), ("thousand USD",) * 2, ("CNY", "CNY"),
        ("bn USD",) * 2, ("billion USD", "bn USD"),
    ],
)  # fmt: skip
def test_units_are_read_as_the_parsers_of_pymrio_write_them(fresh, spelt, unit):
    fresh.unit["unit"] = spelt
    assert from_pymrio(fresh, **WHEN).unit == unit.replace("bn", "billion")


# --- what is refused


def without(system, *names):
    for name in names:
        setattr(system, name, None)


def double_row(system):
    system.Z = system.Z.rename(index={"mining": "food"}, columns={"mining": "food"})


def spoil(system, name, value):
    frame = getattr(system, name)
    if isinstance(value, str):
        frame = frame.astype(object)
    frame.iloc[2, 3] = value
    setattr(system, name, frame)


def mixed(system):
    system.unit.iloc[3:5] = "kg"


def unbalanced(system):
    system.x = pymrio.calc_x(system.Z, system.Y)
    system.x.loc[("reg2", "trade"), "indout"] += 5e5


def sectors_differ(system):
    rename = {("reg1", "mining"): ("reg1", "quarries")}
    index = pd.MultiIndex.from_tuples([rename.get(pair, pair) for pair in system.Z.index])
    system.Z = system.Z.set_axis(index).set_axis(index, axis=1)
    system.Y = system.Y.set_axis(index)


BAD = {
    "no Y": (lambda s: without(s, "Y"), {}, "the system has no final demand Y"),
    "no Z": (lambda s: without(s, "Z"), {}, r"has no flows Z, and not both A and x .*: call its calc_all\(\) first"),
    "no x": (
        lambda s: (without(s, "Z"), setattr(s, "A", s.Y)), {}, r"has no flows Z, and not both A and x .*: call its",
    ),
    "no region": (lambda s: None, {"region": "reg9"}, "no region 'reg9' in the system; its regions are reg1, reg2, "),
    "mixed units": (mixed, {}, r"mixes units: 'Mill USD' \(46 sectors\), 'kg' \(2 sectors\).*convert the flows"),
    "strange scale": (
        lambda s: s.unit.__setitem__("unit", "XYZ.USD"), {}, r"unit 'XYZ\.USD' is not understood: pass unit=",
    ),
    "strange unit": (lambda s: s.unit.__setitem__("unit", "cows"), {}, "unit 'cows' is not understood: pass unit="),
    "no unit": (lambda s: without(s, "unit"), {}, "the system has no unit: pass unit="),
    "wrong unit": (lambda s: None, {"unit": "cows"}, "unknown unit 'cows'"),
    "unbalanced": (unbalanced, {}, r"row reg2 trade does not balance: output is 500000 million USD more than its uses"),
    "other value added": (
        lambda s: None,
        {"value_added": "factor_inputs"},
        r"rows of 'factor_inputs' are not value added: in reg3 manufactoring they sum to 2\.0535e\+06 million USD,"
        r" where inputs leave 3\.1118e\+08 of output, a gap of 3\.09126e\+08 .*; 44 of 48 sectors differ",
    ),
    "emissions": (
        lambda s: None,
        {"value_added": "emissions"},
        r"rows of 'emissions' that are not in million USD: emission_type1 air \(kg\), emission_type2 water \(kg\)",
    ),
    "no extension": (
        lambda s: None, {"value_added": "land"}, "no extension 'land' .*; there are factor_inputs, emissions",
    ),
    "twice": (double_row, {}, "rows of Z repeat reg1 food, reg2 food"),
    "shapes": (
        lambda s: setattr(s, "Y", s.Y.iloc[:-1]), {}, r"Y has 47 rows .*: missing \['reg6 other'\], not known \[\]",
    ),
    "not square": (lambda s: setattr(s, "Z", s.Z.iloc[:, 1:]), {}, r"Z has 47 columns .* missing \['reg1 food'\]"),
    "gap": (lambda s: spoil(s, "Z", np.nan), {}, "Z holds nan at row reg1 manufactoring, column reg1 electricity"),
    "infinite": (lambda s: spoil(s, "Y", np.inf), {}, "Y holds inf at row reg1 manufactoring, column reg1 Gross fixed"),
    "text": (lambda s: spoil(s, "Z", "n.a."), {}, "Z holds a value that is not a number: .*n.a."),
    "one level": (lambda s: setattr(s, "Z", s.Z.droplevel(0)), {}, r"rows of Z are labelled by 1 level"),
    "users": (
        lambda s: setattr(s, "Y", s.Y.rename(columns={"reg6": "rest"})), {}, "Y has final uses in rest, but the rows",
    ),
    "lacking sector": (
        sectors_differ, {"region": "reg2"}, "reg2 buys products from other regions that it has no sector for: quarries",
    ),
    "imports": (lambda s: None, {"imports": "none"}, "imports must be 'competitive' or 'local', not 'none'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_system_is_refused_with_labels_and_sizes(fresh, name):
    change, options, message = BAD[name]
    change(fresh)
    with pytest.raises(TableError, match=message):
        from_pymrio(fresh, **WHEN | options)


def test_an_interregional_table_needs_the_same_sectors_everywhere(fresh):
    sectors_differ(fresh)
    with pytest.raises(TableError, match="need 54 rows"):
        interregional_from_pymrio(fresh, estimated=True, **WHEN)


def test_final_demand_may_have_no_categories(fresh):
    whole = from_pymrio(fresh, **WHEN)
    fresh.Y = fresh.Y.T.groupby("region", sort=False).sum().T
    table = from_pymrio(fresh, **WHEN)
    assert table.final_uses.columns[0] == "reg1 final demand"
    np.testing.assert_allclose(table.final_demand, whole.final_demand, rtol=1e-12)
