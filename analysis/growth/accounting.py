"""Capital stocks by perpetual inventory, and growth accounting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, as_series, few, number, numeric_frame, numeric_series, same_labels


def perpetual_inventory(
    investment: pd.Series | pd.DataFrame, depreciation_rate: float, initial: float | pd.Series
) -> pd.Series | pd.DataFrame:
    """Capital stock at the end of each year, K_t = (1 - δ) K_(t-1) + I_t.

    Parameters
    ----------
    investment : Series or DataFrame, t rows
        Gross investment at constant prices, not negative, consecutive years in the index; one column a region.
    depreciation_rate : float
        δ, a fraction a year, from 0 to 1.
    initial : float or Series
        Stock at the end of the year before the first, at the same prices; one a column, if there are columns. See
        :func:`steady_state_capital` for a guess.

    Returns
    -------
    Series or DataFrame, t rows
        In the unit of the investment.

    Raises
    ------
    InputError
        For a rate outside 0 to 1, a gap in the years, or values that are negative or not finite.

    References
    ----------
    Goldsmith (1951), A perpetual inventory of national wealth; OECD (2009), Measuring Capital, chapter 15.
    """
    number(depreciation_rate, "depreciation_rate", "a fraction from 0 to 1", lambda d: 0 <= d <= 1)
    flat = isinstance(investment, pd.Series)
    flows = numeric_frame(
        investment.to_frame() if isinstance(investment, pd.Series) else investment, "investment", "not negative"
    )
    _consecutive(flows.index)
    if isinstance(initial, pd.Series):
        initial = numeric_series(initial, "the initial stock", "not negative")
        same_labels(columns_of_the_investment=flows.columns, initial=initial)
        stock: np.ndarray | float = initial.to_numpy()
    else:
        stock = number(initial, "the initial stock", "not negative, or a Series of them", lambda k: k >= 0)
    stocks = np.empty(flows.shape)
    for year, flow in enumerate(flows.to_numpy()):
        stocks[year] = (1 - depreciation_rate) * stock + flow
        stock = stocks[year]
    result = pd.DataFrame(stocks, index=flows.index, columns=flows.columns)
    return result.iloc[:, 0].rename("capital") if flat else result


def steady_state_capital(
    first_investment: float | pd.Series, depreciation_rate: float, growth_rate: float
) -> float | pd.Series:
    """Stock that would grow as fast as investment does, K_0 = I_1 / (g + δ).

    Parameters
    ----------
    first_investment : float or Series
        Investment of the first year.
    depreciation_rate, growth_rate : float
        Fractions a year; their sum must be positive.

    Returns
    -------
    float or Series
        Stock at the end of the year before the first. A guess, whose error fades at the rate of depreciation.

    Raises
    ------
    InputError
        If the two rates do not sum to something positive, or a value is not a finite number.

    References
    ----------
    Harberger (1978), in Modern Growth Theory, p. 25.
    """
    for name, rate in (("depreciation_rate", depreciation_rate), ("growth_rate", growth_rate)):
        number(rate, name)
    if np.ndim(first_investment):
        first_investment = numeric_series(as_series(first_investment, "first_investment"), "first_investment")
    else:
        number(first_investment, "first_investment")
    if not depreciation_rate + growth_rate > 0:
        raise InputError(f"growth {growth_rate} and depreciation {depreciation_rate} must sum to more than zero")
    return first_investment / (growth_rate + depreciation_rate)


def growth_accounting(output: pd.Series, inputs: pd.DataFrame, cost_shares: pd.DataFrame) -> pd.DataFrame:
    """Split the growth of output into that of the inputs and of total factor productivity.

    ``Δ ln Y_t = Σ_k s̄_kt Δ ln X_kt + Δ ln TFP_t``, with s̄ the mean of the cost shares of both years (Törnqvist).

    Parameters
    ----------
    output : Series, t
        At constant prices, positive, consecutive years in the index.
    inputs : DataFrame, t x k
        Quantities (capital, labour), positive.
    cost_shares : DataFrame, t x k
        Share of each input in cost; each year's sum to one.

    Returns
    -------
    DataFrame, (t - 1) x (k + 2)
        ``output``, one contribution an input, and ``tfp``, as log changes a year. Contributions and tfp sum to output.

    Raises
    ------
    InputError
        For labels that differ, gaps in the years, values that are not positive, or shares that do not sum to one.

    Notes
    -----
    TFP is the residual: it holds whatever the inputs do not measure, errors included.

    References
    ----------
    Solow (1957), Review of Economics and Statistics 39(3); Jorgenson & Griliches (1967).
    """
    output = numeric_series(output, "output", "positive")
    inputs = numeric_frame(inputs, "inputs", "positive")
    shares = numeric_frame(cost_shares, "cost_shares", "not negative")
    same_labels(output=output, inputs=inputs, cost_shares=shares)
    same_labels(inputs=inputs.columns, cost_shares=shares.columns)
    _consecutive(output.index)
    off = shares.index[(shares.sum(axis=1) - 1).abs() > 1e-6]
    if len(off):
        raise InputError(f"cost shares do not sum to one in {few(off)}")
    growth = np.log(output).diff().iloc[1:]
    logs: Any = np.log(inputs)
    contributions = logs.diff().iloc[1:] * shares.rolling(2).mean().iloc[1:]
    result = pd.concat([growth.rename("output"), contributions], axis=1)
    outcome: pd.DataFrame = result.assign(tfp=growth - contributions.sum(axis=1))
    return outcome


def _consecutive(years: pd.Index) -> None:
    if not pd.api.types.is_numeric_dtype(years):
        raise InputError(f"years must be numbers, consecutive and ascending, not {few(years)}")
    steps = np.diff(years.to_numpy())
    if (steps != 1).any():
        breaks = [f"{years[i]} is followed by {years[i + 1]}" for i in np.flatnonzero(steps != 1).tolist()]
        raise InputError(f"years must be consecutive and ascending, but {few(breaks, 3)}")
