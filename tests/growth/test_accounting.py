"""Perpetual inventory and growth accounting: identities and sums written out."""

import numpy as np
import pandas as pd
import pytest

from analysis.growth import growth_accounting, perpetual_inventory, steady_state_capital
from analysis.labels import InputError


def test_stock_is_the_sum_of_what_is_left_of_each_investment(tie):
    rng = np.random.default_rng(3)
    investment = pd.DataFrame(rng.uniform(1, 9, (6, 2)), index=range(2000, 2006), columns=["Shanghai", "Jiangsu"])
    initial = pd.Series({"Shanghai": 40.0, "Jiangsu": 70.0})
    stock = perpetual_inventory(investment, 0.1, initial)
    left = 0.9 ** np.arange(5, -1, -1)
    expected = left @ investment + 0.9**6 * initial
    tie(perpetual_inventory, stock.loc[2005], expected, kind="naive", source="sum of all vintages", rtol=1e-13)
    alone = perpetual_inventory(investment["Jiangsu"], 0.1, 70.0)
    np.testing.assert_array_equal(alone, stock["Jiangsu"])


def test_steady_state_grows_at_the_rate_of_investment(tie):
    investment = pd.Series(10 * 1.05 ** np.arange(8), index=range(2000, 2008))
    stock = perpetual_inventory(investment, 0.08, steady_state_capital(10.0, 0.08, 0.05))
    growth, source = stock.pct_change().iloc[1:], "capital grows as fast as investment"
    tie(steady_state_capital, growth, 0.05, kind="identity", source=source, rtol=1e-12)


def test_cobb_douglas_growth_is_recovered(tie):
    years = range(2000, 2010)
    inputs = pd.DataFrame({"capital": 5 * 1.09 ** np.arange(10), "labour": 3 * 1.01 ** np.arange(10)}, index=years)
    output = 1.02 ** np.arange(10) * inputs["capital"] ** 0.4 * inputs["labour"] ** 0.6
    shares = pd.DataFrame({"capital": 0.4, "labour": 0.6}, index=years)
    parts = growth_accounting(output, inputs, shares)
    source = "growth of a Cobb-Douglas function"
    tie(growth_accounting, parts["tfp"], np.log(1.02), kind="identity", source=source, rtol=1e-11)
    np.testing.assert_allclose(parts[["capital", "labour", "tfp"]].sum(axis=1), parts["output"], rtol=1e-12)


def test_cost_shares_are_those_of_both_years():
    years = [2000, 2001]
    inputs = pd.DataFrame({"capital": [1.0, np.e], "labour": [1.0, 1.0]}, index=years)
    shares = pd.DataFrame({"capital": [0.3, 0.5], "labour": [0.7, 0.5]}, index=years)
    parts = growth_accounting(pd.Series([1.0, np.e], years), inputs, shares)
    assert parts.loc[2001].to_dict() == pytest.approx({"output": 1, "capital": 0.4, "labour": 0, "tfp": 0.6})


def test_bad_input_is_named():
    with pytest.raises(InputError, match="2001 is followed by 2003"):
        perpetual_inventory(pd.Series({2001: 1.0, 2003: 1.0}), 0.1, 1.0)
    with pytest.raises(InputError, match="depreciation_rate is 10: a number that is a fraction from 0 to 1"):
        perpetual_inventory(pd.Series({2001: 1.0}), 10, 1.0)
    with pytest.raises(InputError, match="initial stock"):
        perpetual_inventory(pd.Series({2001: 1.0}), 0.1, -1.0)
    with pytest.raises(InputError, match="more than zero"):
        steady_state_capital(1.0, 0.05, -0.05)
    years = [2000, 2001]
    with pytest.raises(InputError, match="do not sum to one in 2001"):
        growth_accounting(
            pd.Series([1.0, 2], years),
            pd.DataFrame({"capital": [1.0, 2]}, index=years),
            pd.DataFrame({"capital": [1.0, 0.9]}, index=years),
        )
