"""Income, employment and prices: multipliers of the open model, and of the model closed to households (type II)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.labels import as_series, number, numeric_series
from analysis.linkages.core import Factored, describe, leontief_inverse
from analysis.tables import InputOutputTable, TableError


@dataclass(frozen=True)
class Households:
    """What households earn and spend, the row and the column that close the model.

    Attributes
    ----------
    income : Series, n
        Income paid per unit of output, h.
    consumption : Series, n
        Consumption of each product per unit of household income, c.
    own : float
        What households pay to households (domestic service) per unit of income.
    """

    income: pd.Series
    consumption: pd.Series
    own: float = 0.0


def household_coefficients(
    table: InputOutputTable,
    income: Sequence[str] = ("VA001",),
    consumption: Sequence[str] = ("FU101", "FU102"),
    total: float | None = None,
) -> Households:
    """Coefficients of households from a table: h = income / x, c = consumption / total.

    Parameters
    ----------
    table : InputOutputTable
        Competitive (consumption of any origin) or local (of local products).
    income : sequence of value-added rows
        What households earn.
    consumption : sequence of final-use columns
        What they spend.
    total : float, optional
        Household income, in the unit of the table; by default all that the income rows pay.

    Returns
    -------
    Households

    Raises
    ------
    TableError
        If a row or column is not in the table or named twice, or household income is not above zero.

    References
    ----------
    Miller & Blair (2009), section 2.5.
    """
    _known(table, income, table.value_added.index, "income")
    _known(table, consumption, table.final_uses.columns, "consumption")
    if total is not None:
        number(total, "total")
    paid = table.value_added.loc[list(income)].sum()
    total = paid.sum() if total is None else total
    if not total > 0:
        raise TableError(f"household income of {table.region} {table.year} is {total:g}: the model cannot be closed")
    x = table.output
    return Households(
        income=(paid / x.where(x > 0, 1.0)).rename("income per unit of output"),
        consumption=(table.final_uses[list(consumption)].sum(axis=1) / total).rename("consumption per unit of income"),
    )


def closed_inverse(table: InputOutputTable, households: Households) -> pd.DataFrame:
    """Leontief inverse of the model closed to households, L̄ = (I - Ā)⁻¹ with Ā = [[A, c], [h', own]].

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    households : Households
        See :func:`household_coefficients`.

    Returns
    -------
    DataFrame, (n + 1) x (n + 1)
        The last label is ``households``.

    Raises
    ------
    TableError
        If households spend so much that no finite output results, or the sectors do not match.

    Notes
    -----
    A bordered inverse: with σ = 1 / (1 - own - h'Lc), L̄ = [[L + σ Lc h'L, σ Lc], [σ h'L, σ]].

    References
    ----------
    Miller & Blair (2009), section 2.5.
    """
    L = leontief_inverse(table).to_numpy()
    h, c = _coefficients(table, households)
    Lc, hL = L @ c, h @ L
    sigma = _feedback(households, h @ Lc)
    labels = [*table.sectors, "households"]
    whole = np.block([[L + sigma * np.outer(Lc, hL), sigma * Lc[:, None]], [sigma * hL, np.array([sigma])]])
    result = pd.DataFrame(whole, index=labels, columns=labels)
    result.attrs = describe(table)
    return result


def closed_output_multipliers(table: InputOutputTable, households: Households) -> pd.Series:
    """Total output multipliers with consumption out of income (type II, truncated): i' L̄ over the n sectors.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    households : Households
        See :func:`household_coefficients`.

    Returns
    -------
    Series, m
        Output of all sectors per unit of final demand, households' own "output" left out.

    Raises
    ------
    TableError
        As :func:`closed_inverse`.

    References
    ----------
    Miller & Blair (2009), section 6.2.
    """
    effects = _effects(table, pd.Series(1.0, index=table.sectors), households)
    return effects["effect_closed"].rename(f"closed output multiplier, {table.imports}")


def income_multipliers(
    table: InputOutputTable, income: Sequence[str] = ("VA001",), households: Households | None = None
) -> pd.DataFrame:
    """Income effects h'L and multipliers h'L ĥ⁻¹, and with households given those of the closed model.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    income : sequence of value-added rows
        What counts as income.
    households : Households, optional
        See :func:`household_coefficients`.

    Returns
    -------
    DataFrame, m rows
        ``coefficient`` (income per unit of output), ``effect`` (per unit of final demand), ``multiplier`` (type I,
        effect over coefficient); with households ``effect_closed`` and ``multiplier_closed`` (type II). Multipliers
        are missing where the coefficient is zero.

    Raises
    ------
    TableError
        If a row is not in the table or named twice, or as :func:`closed_inverse`.

    References
    ----------
    Miller & Blair (2009), section 6.2.
    """
    _known(table, income, table.value_added.index, "income")
    return _multipliers(table, table.value_added.loc[list(income)].sum(), households, "income")


def employment_multipliers(
    table: InputOutputTable, employment: pd.Series, households: Households | None = None
) -> pd.DataFrame:
    """Employment effects e'L and multipliers e'L ê⁻¹, and with households given those of the closed model.

    Parameters
    ----------
    table : InputOutputTable
        Competitive (employment wherever the inputs are made, at local labour intensity) or local.
    employment : Series, n
        Persons, or any other physical use, by sector; not negative.
    households : Households, optional
        See :func:`household_coefficients`.

    Returns
    -------
    DataFrame, m rows
        Columns as in :func:`income_multipliers`, in the unit of employment per unit of the table.

    Raises
    ------
    TableError
        If employment lacks a sector, or is positive in one without output; or as :func:`closed_inverse`.
    InputError
        If employment is missing, infinite, negative or given twice.

    References
    ----------
    Miller & Blair (2009), section 6.2.
    """
    lacking = [s for s in table.sectors if s not in as_series(employment, "employment").index]
    if lacking:
        raise TableError(f"employment lacks sectors {lacking}")
    values = numeric_series(employment, "employment", "not negative")[table.sectors]
    idle = values[~table.active & (values > 0)]
    if len(idle):
        raise TableError(
            f"employment is above zero in sectors without output {idle.index.tolist()}: correct it or merge the sectors"
        )
    return _multipliers(table, values, households, "employment")


def leontief_price_model(table: InputOutputTable, change: pd.Series) -> pd.Series:
    """Price changes that a change of primary costs passes on, Δp = L' Δv.

    Parameters
    ----------
    table : InputOutputTable
        Local: imported inputs keep their price. On a competitive table they follow the local price of the product.
    change : Series
        Δv, change of primary cost per unit of output (0.05: costs rise by five per cent of the product's price);
        sectors left out do not change.

    Returns
    -------
    Series, m
        Relative change of price, 0.1 for ten per cent. All costs are passed on, and no buyer substitutes.

    Raises
    ------
    TableError
        If a sector is unknown or has no output.
    InputError
        If there is no change, one is missing or infinite, or a sector is given twice.

    References
    ----------
    Miller & Blair (2009), section 2.6.
    """
    given = numeric_series(as_series(change, "price change"), "price change")
    wrong = [s for s in given.index if s not in table.sectors or not table.active[s]]
    if wrong:
        raise TableError(
            f"price changes are for sectors of {table.region} {table.year} that have output: no output in, or no"
            f" sector called, {wrong}"
        )
    v = given.reindex(table.sectors, fill_value=0.0).to_numpy()
    prices = pd.Series(Factored(table).rows(v), index=table.sectors, name="price change")[table.active]
    prices.attrs = describe(table)
    return prices


def _known(table: InputOutputTable, names: Iterable[str], have: pd.Index, what: str) -> None:
    names = list(names)
    lacking = [name for name in names if name not in have]
    twice = sorted({name for name in names if names.count(name) > 1})
    if lacking or not names:
        raise TableError(f"{what}: table {table.region} {table.year} has no {lacking}, only {list(have)}")
    if twice:
        raise TableError(f"{what}: {twice} would count twice: name each once")


def _coefficients(table: InputOutputTable, given: Households) -> tuple[np.ndarray, np.ndarray]:
    for series in (given.income, given.consumption):
        if not series.index.equals(table.sectors):
            raise TableError(f"households have other sectors than {table.region} {table.year}: build them from it")
    return given.income.to_numpy(), given.consumption.to_numpy()


def _feedback(given: Households, spent: float) -> float:
    rest = 1 - given.own - spent
    if not rest > 0:
        raise TableError(
            f"of each unit of income households bring about {given.own + spent:.6g} of income again, which must be"
            " below one: give the household income that the consumption is paid from"
        )
    return 1 / rest


def _effects(table: InputOutputTable, per_output: pd.Series, given: Households | None) -> pd.DataFrame:
    L = Factored(table)
    if given is None:
        total = L.rows(per_output.to_numpy())
        return pd.DataFrame({"effect": total}, index=table.sectors)[table.active]
    h, c = _coefficients(table, given)
    total, income = L.rows(np.column_stack([per_output.to_numpy(), h])).T
    sigma = _feedback(given, income @ c)
    closed = total + sigma * (total @ c) * income
    return pd.DataFrame({"effect": total, "effect_closed": closed}, index=table.sectors)[table.active]


def _multipliers(table: InputOutputTable, values: pd.Series, given: Households | None, unit: str) -> pd.DataFrame:
    x = table.output
    direct = values / x.where(x > 0, 1.0)
    result = _effects(table, direct, given)
    result.insert(0, "coefficient", direct[table.active])
    divisor = result["coefficient"].where(result["coefficient"] != 0)
    result.insert(2, "multiplier", result["effect"] / divisor)
    if given is not None:
        result["multiplier_closed"] = result["effect_closed"] / divisor
    result.attrs = describe(table, unit=f"{unit} per {table.unit}")
    return result
