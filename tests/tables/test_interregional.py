"""The interregional table: identities, labels, conversions, and the word that goes with an estimate."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data import DataError, read
from analysis.linkages import interregional_multipliers, spillover_multipliers, value_added_in_regional_exports
from analysis.tables import InterregionalTable, TableError, load_eight_regions, load_other_provinces
from tests.examples import case


def build(R=2, n=2, seed=0, **options):
    """Make an interregional table that balances, with imports, exports, stocks drawn down, and a loose end."""
    rng = np.random.default_rng(seed)
    regions, codes = [f"r{k}" for k in range(R)], [f"C{k:02d}" for k in range(1, n + 1)]
    pairs = pd.MultiIndex.from_product([regions, codes])
    uses = pd.MultiIndex.from_product([regions, ["FU102", "FU202"]])
    Z = rng.uniform(0, 10, (R * n, R * n))
    final = rng.uniform(0, 30, (R * n, 2 * R))
    final[:, 1::2] -= 15
    exports, error = rng.uniform(0, 20, R * n), rng.uniform(-1, 1, R * n)
    imported, bought = rng.uniform(0, 3, (n, R * n)), rng.uniform(0, 3, (n, 2 * R))
    x = Z.sum(axis=1) + final.sum(axis=1) + exports + error
    # Room for value added in every column.
    final[:, 0] += 200
    x = x + 200
    left = x - Z.sum(axis=0) - imported.sum(axis=0)
    parts = {
        "Z": pd.DataFrame(Z, pairs, pairs),
        "final_uses": pd.DataFrame(final, pairs, uses),
        "value_added": pd.DataFrame([0.7 * left, 0.3 * left], ["VA001", "VA004"], pairs),
        "output": pd.Series(x, pairs),
        "exports": pd.Series(exports, pairs),
        "error": pd.Series(error, pairs),
        "imported": pd.DataFrame(imported, codes, pairs),
        "imported_final": pd.DataFrame(bought, codes, uses),
        "reexports": pd.Series(rng.uniform(0, 1, R * n), pairs),
        "year": 2017,
        "unit": "100 million CNY",
        "price_basis": "current producers' prices",
        "vintage": "first",
        "estimated": True,
        "provenance": "drawn at random",
    }
    return parts | options


def made(*args, **options):
    return InterregionalTable(**build(*args, **options))


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**31))
def test_a_region_and_the_sum_of_regions_balance_by_construction(tie, R, n, seed):
    t = made(R, n, seed)
    whole = t.total()
    # each region may be off by as much
    own, regions = t.region(t.regions[0]), len(t.regions)
    assert whole.row_tolerance == regions * own.row_tolerance > 0
    assert whole.column_tolerance == regions * own.column_tolerance > 0
    np.testing.assert_allclose(whole.output, t.output.groupby(level=1).sum()[list(whole.sectors)])
    # All uses of a product, wherever it was made, are what is made and imported less what leaves or is left over.
    used = t.output + t.imported.T.groupby(level=0).sum().T.stack().reorder_levels([1, 0]).reindex(t.output.index)
    used = used + t.imported_final.T.groupby(level=0).sum().T.stack().reorder_levels([1, 0]).reindex(t.output.index)
    uses = (used - t.exports - t.error).groupby(level=1).sum()[list(whole.sectors)]
    found = whole.intermediate_uses + whole.final_demand
    tie(InterregionalTable.total, found, uses, kind="identity", source="supply of each product", rtol=1e-9)
    # What the regions deliver to one another is a flow inside the whole: only foreign trade is left.
    assert list(whole.trade) == ["EX", "IM"]
    outflow = sum(t.region(r).trade["OF"].sum() for r in t.regions)
    inflow = sum(t.region(r).trade["IF"].sum() for r in t.regions)
    assert outflow == pytest.approx(inflow)


def test_axes_have_names():
    t = made(2, 2)
    pairs, uses = ["region", "code"], ["region", "use"]
    assert [list(axis.names) for axis in t.Z.axes] == [pairs, pairs]
    assert [list(axis.names) for axis in t.final_uses.axes] == [pairs, uses]
    assert [list(axis.names) for axis in t.imported_final.axes] == [["code"], uses]
    for part in (t.output, t.exports, t.error, t.reexports):
        assert list(part.index.names) == pairs
    assert t.trade().name == "delivery" and list(t.trade().index.names) == ["origin", "user", "code"]


def test_trade_by_a_loop(tie):
    t = made(3, 2)
    trade, inputs = t.trade(), t.trade(final=False)
    for origin in t.regions:
        for user in t.regions:
            for code in t.sectors:
                cells = sum(t.Z.loc[(origin, code), (user, j)] for j in t.sectors)
                assert inputs[origin, user, code] == pytest.approx(cells)
                cells += sum(t.final_uses.loc[(origin, code), (user, k)] for k in t.uses)
                found = trade[origin, user, code]
                tie(InterregionalTable.trade, found, cells, kind="naive", source="cell by cell", rtol=1e-9)


def test_what_a_region_publishes_by_a_loop(tie):
    t = made(3, 2)
    own = t.region("r1")
    for i in t.sectors:
        flow = sum(t.Z.loc[(r, i), ("r1", "C02")] for r in t.regions) + t.imported.loc[i, ("r1", "C02")]
        tie(InterregionalTable.region, own.Z.loc[i, "C02"], flow, kind="naive", source="cell by cell", rtol=1e-9)
        sold = sum(t.trade()["r1", s, i] for s in ("r0", "r2"))
        bought = sum(t.trade()[s, "r1", i] for s in ("r0", "r2"))
        assert own.trade.loc[i, ["OF", "IF"]].tolist() == pytest.approx([sold, bought])
    assert own.imports == "competitive"
    with pytest.raises(TableError, match="no region 'Hebei'"):
        t.region("Hebei")


def test_methods_for_several_regions_take_it():
    t = made(3, 3)
    multipliers = interregional_multipliers(t.accounts, t.home)
    A = t.Z.to_numpy() / t.output.to_numpy()
    L = np.linalg.inv(np.eye(9) - A)
    np.testing.assert_allclose(multipliers["intra"], [L[3 * (k // 3) : 3 * (k // 3) + 3, k].sum() for k in range(9)])
    np.testing.assert_allclose(spillover_multipliers(t.accounts, t.home)["r2"], L[6:].sum(axis=0))
    earned = value_added_in_regional_exports(t.accounts, t.home, t.final_home)
    assert list(earned.index) == list(t.labels)
    assert list(t.industry[:3]) == ["C01", "C02", "C03"]


def test_imported_products_stand_in_the_rows_of_the_user():
    t = made(2, 2)
    spread = t.accounts.imported
    assert spread.loc["r1 C01", "r1 C02"] == t.imported.loc["C01", ("r1", "C02")]
    assert spread.loc["r0 C01", "r1 C02"] == 0
    assert t.accounts.imported_final.to_numpy().sum() == pytest.approx(t.imported_final.to_numpy().sum())


def miller_blair():
    """Build the two-region example of Miller & Blair with the same two sectors in both regions."""
    c = case("miller_blair_interregional")
    Z, x = np.array(c["Z"])[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])], np.array(c["x"])[[0, 1, 3, 4]]
    pairs = pd.MultiIndex.from_product([["r", "s"], ["1", "2"]])
    uses = pd.MultiIndex.from_product([["r", "s"], ["FU102"]])
    final = np.zeros((4, 2))
    final[[0, 1, 2, 3], [0, 0, 1, 1]] = x - Z.sum(axis=1)
    return InterregionalTable(
        Z=pd.DataFrame(Z, pairs, pairs), final_uses=pd.DataFrame(final, pairs, uses), output=pd.Series(x, pairs),
        value_added=pd.DataFrame([x - Z.sum(axis=0)], ["VA001"], pairs), exports=pd.Series(0.0, pairs), year=2009,
        unit="USD", price_basis="current", vintage="book", estimated=False, provenance=c["source"],
    )  # fmt: skip


def test_coefficients_of_the_textbook_example():
    t, e = miller_blair(), np.array(case("miller_blair_interregional")["expected"]["A"])
    kept = [0, 1, 3, 4]
    A = t.accounts.Z.to_numpy() / t.accounts.output.to_numpy()
    np.testing.assert_allclose(A, e[np.ix_(kept, kept)], rtol=1e-12)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**31))
def test_a_table_comes_back_equal_to_the_last_digit(tmp_path_factory, R, n, seed):
    t = made(R, n, seed, notes=("first", "second"))
    path = tmp_path_factory.mktemp("disk") / t.file_name
    t.to_csv(path)
    assert InterregionalTable.read_csv(path) == t


def test_an_estimate_says_so_wherever_it_goes(tmp_path):
    t = made()
    assert "estimated" in t.file_name
    t.to_csv(tmp_path / t.file_name)
    assert "estimated_value" in (tmp_path / t.file_name).read_text().splitlines()[0]
    assert "estimated interregional table" in (tmp_path / t.file_name).with_suffix(".yaml").read_text()
    assert "estimated" in t.accounts.region
    with pytest.raises(TableError, match="is an estimate and its file says so: call it interregional_2017_estimated"):
        t.to_csv(tmp_path / "table.csv")
    seen = miller_blair()
    seen.to_csv(tmp_path / "seen.csv")
    assert InterregionalTable.read_csv(tmp_path / "seen.csv") == seen


def test_cells_that_are_no_table_are_refused():
    t = made()
    known = {name: getattr(t, name) for name in ("year", "unit", "price_basis", "vintage", "provenance")}
    cells = t.cells()
    assert InterregionalTable.from_cells(cells, **known, estimated=True) == t
    assert len(cells) == sum(getattr(t, b).size for b in set(cells["block"]))
    with pytest.raises(TableError, match="'value'"):
        InterregionalTable.from_cells(cells, **known, estimated=False)
    with pytest.raises(TableError, match="the cells lack imported, output"):
        InterregionalTable.from_cells(cells[~cells["block"].isin(["imported", "output"])], **known, estimated=True)


def test_a_file_of_another_kind_or_a_changed_digit_is_an_error(tmp_path):
    t = made()
    path = tmp_path / t.file_name
    t.to_csv(path)
    text = path.with_suffix(".yaml").read_text()
    path.with_suffix(".yaml").write_text(text.replace("estimated: true", "estimated: false"))
    with pytest.raises(TableError, match="column heads"):
        InterregionalTable.read_csv(path)
    path.with_suffix(".yaml").write_text(text)
    path.write_text(path.read_text().replace("r0", "r9", 1))
    with pytest.raises(DataError, match="do not belong together"):
        InterregionalTable.read_csv(path)


def put(row, column, value):
    def change(block):
        block.loc[row, column] = value
        return block

    return change


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("Z", put(("r0", "C01"), ("r1", "C02"), -3.0), r"1 negative flows, the largest from r0 C01 to r1 C02: -3"),
        ("Z", put(("r0", "C01"), ("r1", "C02"), np.nan), r"Z holds nan at row r0 C01, column r1 C02"),
        ("value_added", put("VA004", ("r1", "C02"), np.nan), "value_added holds nan at row VA004, column r1 C02"),
        ("output", lambda s: s.replace(s.iloc[3], np.nan), "output holds nan"),
        ("Z", lambda b: b.astype(object).where(b != b.iloc[0, 0], "x"), "not a number"),
        ("output", lambda s: s.replace(s.iloc[3], -1.0), "output of r1 C02 is negative: -1"),
        ("output", lambda s: s + np.array([5.0, 0, 0, 0]), r"row r0 C01 does not balance: output is 5 .* more than"),
        ("value_added", lambda b: b * 2, r"column r. C0. does not balance: output is .* less than its inputs"),
        ("output", lambda s: s.iloc[:3], "2 regions with 2 sectors need 4 rows"),
        ("output", lambda s: s.droplevel(0), r"pairs \(region, code\)"),
        ("exports", lambda s: s.rename({"C01": "C09"}), "exports has other rows than the table: missing"),
        ("final_uses", lambda b: b.rename(columns={"r1": "r7"}), r"pairs \(region, use\)"),
        ("imported", lambda b: b.rename({"C01": "C02"}), "imported has row C02 more than once"),
        ("provenance", lambda s: " ", "where it comes from"),
    ],
)
def test_bad_input_is_named(part, change, message):
    parts = build(2, 2)
    parts[part] = change(parts[part] if isinstance(parts[part], str) else parts[part].copy())
    with pytest.raises(TableError, match=message):
        InterregionalTable(**parts)


def test_inputs_without_output_are_named():
    parts = build(2, 2)
    gone = ("r1", "C01")
    for name in ("Z", "final_uses"):
        parts[name].loc[gone] = 0.0
    for name in ("output", "exports", "error"):
        parts[name][gone] = 0.0
    with pytest.raises(TableError, match=r"inputs but no output in \['r1 C01'\]"):
        InterregionalTable(**parts)
    # what is smaller than the tolerance, which is a part of the largest output, is no input
    whole = build(2, 2)
    parts["exports"] += whole["Z"][gone].drop(gone).reindex(parts["exports"].index, fill_value=0.0)
    for name in ("Z", "imported", "value_added"):
        parts[name][gone] = 0.0
    parts["value_added"].iloc[0] += whole["Z"].loc[gone].drop(gone).reindex(parts["output"].index, fill_value=0.0)
    parts["value_added"].loc[parts["value_added"].index[0], gone] = 0.5 * 1e-6 * parts["output"].max()
    assert InterregionalTable(**parts).output[gone] == 0


def test_the_order_of_given_rows_does_not_matter_and_the_table_cannot_be_altered():
    parts = build(2, 2)
    turned = parts | {"Z": parts["Z"].iloc[::-1, ::-1], "value_added": parts["value_added"].iloc[:, ::-1]}
    t = InterregionalTable(**turned)
    assert t == InterregionalTable(**parts)
    frame = t.Z
    frame.iloc[0, 0] = 99.0
    assert t.Z.iloc[0, 0] != 99.0


def test_the_published_tables_of_eight_regions(tmp_path):
    rows = read("io/eight_regions_2007").set_index(["region", "row", "user_region", "column"])["value"]
    t = load_eight_regions(2007)
    assert not t.estimated
    assert (len(t.regions), len(t.sectors)) == (8, 17)
    assert t.Z.loc[("East Coast", "S10"), ("Centre", "S11")] == rows["East Coast", "S10", "Centre", "S11"]
    assert t.final_uses.loc[("East Coast", "S10"), ("Centre", "FU201")] == rows["East Coast", "S10", "Centre", "FU201"]
    # Only the producing region's stocks change.
    stocks = t.final_uses.xs("FU202", axis=1, level=1)
    assert stocks.loc[("East Coast", "S10"), "East Coast"] == rows["East Coast", "S10", "East Coast", "FU202"]
    assert stocks.loc[("East Coast", "S10")].drop("East Coast").eq(0).all()
    # Value added of the nation in the year, 100 million CNY, as the publication adds it up.
    assert t.total_value_added.sum() - t.value_added.loc["IM"].sum() == pytest.approx(266043.8, abs=0.05)
    assert t.error.sum() / t.output.sum() == pytest.approx(0.0138, abs=1e-4)
    t.to_csv(tmp_path / t.file_name)
    assert InterregionalTable.read_csv(tmp_path / t.file_name) == t


def test_other_provinces_and_the_four_are_all_provinces():
    panel = read("io/province_sectors").query("year == 2017 and region != 'China'")
    named = panel["region"].isin(["Shanghai", "Jiangsu", "Zhejiang", "Anhui"])
    t = load_other_provinces(2017)
    by_code = panel[~named].groupby("code")["outflow"].sum()
    np.testing.assert_allclose(t.trade["OF"], by_code[t.sectors], rtol=1e-9)
    with pytest.raises(DataError, match="other_provinces_2007"):
        load_other_provinces(2007)
