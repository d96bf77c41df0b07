import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from analysis.labels import InputError
from analysis.linkages import (
    Households,
    closed_inverse,
    closed_output_multipliers,
    employment_multipliers,
    household_coefficients,
    income_multipliers,
    leontief_inverse,
    leontief_price_model,
    output_multipliers,
    primary_input_coefficients,
)
from analysis.tables import TableError
from tests.examples import case, closed, miller_blair, table, tables
from tests.linkages.test_core import germany


def netherlands():
    """Domestic flows of the Netherlands 2000; imported inputs and product taxes are primary inputs here."""
    c = case("netherlands_2000")
    other = np.subtract(c["value_added"], c["compensation"])
    primary = {"VA001": c["compensation"], "imports": c["imports"], "net tax": c["net_tax_on_products"], "other": other}
    rest = np.array(c["x"]) - np.sum(c["Z"], axis=1) - c["household_consumption"]
    final = {"FU102": c["household_consumption"], "rest": rest}
    return table(
        c["Z"], c["x"], sectors=c["sectors"], final=final, value_added=primary, column_tolerance=1, unit="million EUR"
    )


def test_netherlands_2000(tie):
    c, t = case("netherlands_2000"), netherlands()
    e = c["expected"]
    # The type II column was computed from household coefficients printed, and so rounded, to two digits.
    homes = Households(
        household_coefficients(t, consumption=["FU102"]).income,
        pd.Series(c["household_coefficients_rounded"], index=t.sectors),
    )
    income = income_multipliers(t, households=homes)
    printed = {"effect": e["income_effects_typeI"], "multiplier": e["income_multipliers_typeI"]}
    for column, expected in printed.items():
        tie(income_multipliers, income[column], expected, kind="published", source=c["source"], atol=5e-4)
    found, expected = income["multiplier_closed"], e["income_multipliers_typeII"]
    tie(income_multipliers, found, expected, kind="published", source=c["source"], rtol=5e-4)
    exact = household_coefficients(t, consumption=["FU102"], total=c["household_total"])
    np.testing.assert_allclose(exact.consumption, c["household_coefficients_rounded"], atol=0.05)


def test_germany_1995_employment(tie):
    c = case("germany_1995")
    employed = employment_multipliers(germany(), pd.Series(c["employment"], index=c["sectors"]))
    found, expected = employed["effect"], c["expected"]["employment_multipliers"]
    tie(employment_multipliers, found, expected, kind="published", source=c["source"], atol=5e-5)


def problem_2_1():
    c = case("miller_blair_problem_2_1")
    Zc, xc = np.array(c["closed_Z"], float), np.array(c["closed_x"], float)
    t = closed(c["Z"], c["x"])
    homes = Households(
        pd.Series(Zc[2, :2] / xc[:2], index=t.sectors), pd.Series(Zc[:2, 2] / xc[2], index=t.sectors), Zc[2, 2] / xc[2]
    )
    return c, t, homes, Zc / xc


def test_miller_blair_problem_2_1_closed(tie):
    c, t, homes, Ac = problem_2_1()
    L = closed_inverse(t, homes)
    np.testing.assert_allclose(L, np.linalg.inv(np.eye(3) - Ac), rtol=1e-12)
    # Printed to three digits of a rounded A, hence 2e-3.
    tie(closed_inverse, L, c["expected"]["closed_L"], kind="published", source=c["source"], atol=2e-3)
    assert L.index.tolist() == ["S1", "S2", "households"]
    np.testing.assert_allclose((L @ c["closed_f"])[:2], c["expected"]["closed_x_new"][:2], atol=0.5)


def test_bordered_forms_against_the_whole_inverse(tie):
    _, t, homes, Ac = problem_2_1()
    whole = np.linalg.inv(np.eye(3) - Ac)
    found, source = closed_output_multipliers(t, homes), "inverting with households"
    tie(closed_output_multipliers, found, whole[:2, :2].sum(axis=0), kind="naive", source=source, rtol=1e-12)
    employment = pd.Series([30.0, 8.0], index=t.sectors)
    employed = employment_multipliers(t, employment, homes)
    np.testing.assert_allclose(
        employed["effect_closed"], (employment / t.output).to_numpy() @ whole[:2, :2], rtol=1e-12
    )
    np.testing.assert_allclose(employed["multiplier"], employed["effect"] / employed["coefficient"], rtol=1e-14)


@given(tables())
def test_closed_forms_against_inverting_the_bordered_matrix(tie, t):
    local = t.local("supply pool")
    wages, bought = local.value_added.loc["VA001"], local.final_uses["FU102"]
    homes = household_coefficients(local, ["VA001"], ["FU102"], total=2 * wages.sum() + bought.sum())
    found, expected = homes.consumption * (2 * wages.sum() + bought.sum()), bought
    source = "coefficients times totals are the accounts"
    tie(household_coefficients, found, expected, kind="identity", source=source, rtol=1e-12)
    tie(household_coefficients, homes.income * local.output, wages, kind="identity", source=source, rtol=1e-12)
    n = t.n
    A = np.zeros((n + 1, n + 1))
    A[:n, :n] = np.eye(n) - np.linalg.inv(leontief_inverse(local))
    A[n, :n], A[:n, n] = homes.income, homes.consumption
    whole = np.linalg.inv(np.eye(n + 1) - A)
    source = "inverting with households"
    tie(closed_inverse, closed_inverse(local, homes), whole, kind="naive", source=source, rtol=1e-7, atol=1e-9)
    active = local.active.to_numpy()
    income = income_multipliers(local, households=homes)
    expected = whole[n, :n][active]
    tie(income_multipliers, income["effect_closed"], expected, kind="naive", source=source, rtol=1e-7)
    ratio = income["multiplier_closed"] / income["multiplier"]
    np.testing.assert_allclose(ratio, whole[n, n], rtol=1e-7)  # the same for all sectors
    assert (closed_output_multipliers(local, homes) >= output_multipliers(local) - 1e-9).all()


def test_multipliers_are_missing_where_nothing_is_paid():
    t = closed([[10.0, 20.0], [5.0, 5.0]], [100.0, 100.0], value_added={"VA001": [85.0, 0.0], "VA004": [0.0, 75.0]})
    income = income_multipliers(t)
    assert np.isnan(income.loc["S2", "multiplier"])
    assert income.loc["S2", "effect"] > 0
    assert income.attrs["unit"] == "income per 100 million CNY"


def test_price_model_of_miller_blair(tie):
    c, t = case("miller_blair_2x2"), miller_blair()
    change = leontief_price_model(t, pd.Series(c["value_added_change"], index=t.sectors))
    tie(leontief_price_model, change, c["expected"]["price_change"], kind="published", source=c["source"], rtol=1e-12)
    assert leontief_price_model(t, pd.Series({"S1": 0.1})).equals(change)


@given(tables())
def test_all_primary_costs_make_prices_of_one(tie, t):
    local = t.local("net inflow")
    prices = leontief_price_model(local, primary_input_coefficients(local).sum())
    tie(leontief_price_model, prices, 1, kind="identity", source="all costs make prices of one", rtol=1e-9)


def test_what_households_refuse():
    t = miller_blair()
    with pytest.raises(TableError, match=r"has no \['FU101'\], only \['FU102'\]"):
        household_coefficients(t)
    with pytest.raises(TableError, match=r"has no \['VA009'\]"):
        household_coefficients(t, income=["VA009"])
    with pytest.raises(TableError, match="household income of Shanghai 2017 is 0"):
        household_coefficients(t, consumption=["FU102"], total=0)
    with pytest.raises(TableError, match=r"has no \['VA009'\]"):
        income_multipliers(t, ["VA009"])
    # All value added is spent on local products: nothing leaks, so the round never ends.
    with pytest.raises(TableError, match="households bring about 1 of income again"):
        closed_inverse(t, household_coefficients(t, consumption=["FU102"]))
    other = household_coefficients(table([[1.0]], [2.0]), consumption=["FU102"])
    with pytest.raises(TableError, match="households have other sectors"):
        income_multipliers(t, households=other)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_employment_must_be_a_count(value):
    with pytest.raises(InputError, match=r"employment is (negative|not a finite number) at S2 = "):
        employment_multipliers(miller_blair(), pd.Series([1.0, value], index=["S1", "S2"]))


def test_employment_and_prices_need_the_tables_sectors():
    t = table([[1.0, 0.0], [0.0, 0.0]], [10.0, 0.0])
    with pytest.raises(TableError, match=r"lacks sectors \['S2'\]"):
        employment_multipliers(t, pd.Series({"S1": 1.0}))
    with pytest.raises(TableError, match=r"sectors without output \['S2'\]"):
        employment_multipliers(t, pd.Series({"S1": 1.0, "S2": 1.0}))
    with pytest.raises(TableError, match=r"no sector called, \['S2', 'S9'\]"):
        leontief_price_model(t, pd.Series({"S1": 1.0, "S2": 1.0, "S9": 0.1}))
    with pytest.raises(InputError, match="price change is not a finite number at S1 = nan"):
        leontief_price_model(t, pd.Series({"S1": np.nan}))
