"""Index decomposition: the logarithmic mean Divisia index, first form (LMDI-I)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.labels import InputError, few, number, numeric_frame, numeric_series, same_labels


def logarithmic_mean(a: npt.ArrayLike, b: npt.ArrayLike) -> np.ndarray:
    """Logarithmic mean, L(a, b) = (a - b) / (ln a - ln b), with L(a, a) = a and L(a, 0) = 0.

    Parameters
    ----------
    a, b : array_like
        Not negative, of shapes that broadcast.

    Returns
    -------
    ndarray
        In the unit of `a` and `b`.

    Raises
    ------
    InputError
        If a value is negative or not finite, or shapes or the labels of two Series do not fit.

    References
    ----------
    Carlson (1972), The logarithmic mean, American Mathematical Monthly 79.
    """
    if isinstance(a, pd.Series) and isinstance(b, pd.Series):
        same_labels(a=a, b=b)
    a, b = (_not_negative(values, name) for name, values in (("a", a), ("b", b)))
    try:
        a, b = np.broadcast_arrays(a, b)
    except ValueError:
        raise InputError(f"a has shape {a.shape}, and b {b.shape}: they do not fit") from None
    mean = np.zeros(a.shape)
    both = (a > 0) & (b > 0)
    low, high = np.minimum(a, b)[both], np.maximum(a, b)[both]
    # log1p keeps the digits where a and b nearly agree, where the textbook quotient is 0 / 0
    excess = (high - low) / low
    ratio = np.ones(low.shape)
    np.divide(excess, np.log1p(excess), out=ratio, where=excess > 0)
    mean[both] = low * ratio
    return mean


def lmdi(
    start: pd.DataFrame,
    end: pd.DataFrame,
    *,
    form: str = "additive",
    totals: tuple[pd.Series, pd.Series] | None = None,
    tolerance: float = 1e-9,
) -> pd.DataFrame:
    """Split a change into the effects of factors that multiply, sector by sector, without a residual.

    With V = Σ_i v_i and v_i = Π_k x_ik, the additive effect of factor k in sector i is
    ``L(v_i1, v_i0) ln(x_ik1 / x_ik0)``, and the multiplicative one the exponential of that over ``L(V1, V0)``.

    Parameters
    ----------
    start, end : DataFrame, n x k
        The factors in the first and in the last year: sectors in rows, factors in columns, none negative.
    form : {"additive", "multiplicative"}
        Effects that sum to V1 - V0, or whose product is V1 / V0.
    totals : pair of Series, n, optional
        The sectors' values v in both years, where published; the factors must multiply to them.
    tolerance : float
        Largest relative gap allowed between `totals` and the product of the factors.

    Returns
    -------
    DataFrame, n x k
        Additive: in the unit of v; the column sums are the factors' effects. Multiplicative: ratios; the column
        products are the factors' effects.

    Raises
    ------
    InputError
        For labels that differ, values that are negative or not finite, factors that do not multiply to `totals`, or
        (multiplicative) a total that is zero.

    Notes
    -----
    Zeros follow the analytical limits, so that the effects always add up. A sector that appears owes its whole value
    to the factor that was zero before; one that disappears, to the factor that became zero; a factor that moves while
    the sector is zero throughout has no effect. Where *several* factors are zero in the same year the limit depends
    on the way there, and is not unique: all are let vanish at the same speed, so that they share the effect equally.

    References
    ----------
    Ang, Zhang & Choi (1998), Energy 23(6), table 2; Ang & Liu (2001), Energy 26; Ang (2005), Energy Policy 33;
    Wood & Lenzen (2006), Energy Policy 34; Ang & Liu (2007), Energy Policy 35.
    """
    if form not in ("additive", "multiplicative"):
        raise InputError(f"form must be 'additive' or 'multiplicative', not {form!r}")
    number(tolerance, "tolerance", "zero or more", lambda t: t >= 0)
    start, end = numeric_frame(start, "start", "not negative"), numeric_frame(end, "end", "not negative")
    same_labels(start=start, end=end)
    same_labels(factors_at_the_start=start.columns, factors_at_the_end=end.columns)
    x0, x1 = start.to_numpy(), end.to_numpy()
    v0, v1 = x0.prod(axis=1), x1.prod(axis=1)
    for name, value, published in zip(("start", "end"), (v0, v1), totals or (None, None), strict=True):
        if published is not None:
            _check_product(name, pd.Series(value, index=start.index), published, tolerance)

    weight = logarithmic_mean(v1, v0)[:, None]
    alive = (v0 > 0) & (v1 > 0)
    effects = np.zeros(x0.shape)
    np.log(x1, out=effects, where=alive[:, None])
    effects -= np.log(x0, out=np.zeros(x0.shape), where=alive[:, None])
    effects *= weight
    for value, zero, sign in [(v1, x0 == 0, 1), (v0, x1 == 0, -1)]:
        one_sided = ~alive & (value > 0)
        vanishing = zero[one_sided]
        effects[one_sided] = sign * value[one_sided, None] * vanishing / vanishing.sum(axis=1, keepdims=True)

    if form == "multiplicative":
        total0, total1 = v0.sum(), v1.sum()
        if total0 == 0 or total1 == 0:
            raise InputError(f"the total goes from {total0:g} to {total1:g}: no ratio exists, use the additive form")
        effects = np.exp(effects / logarithmic_mean(total1, total0))
    result = pd.DataFrame(effects, index=start.index, columns=start.columns.rename("factor"))
    result.attrs["method"] = f"LMDI-I, {form}"
    return result


def value_added_lmdi(
    output0: pd.Series,
    value_added0: pd.Series,
    output1: pd.Series,
    value_added1: pd.Series,
    *,
    form: str = "additive",
) -> pd.DataFrame:
    """Split a change of value added into scale, structure and value-added rate.

    ``v_i = X · (x_i / X) · (v_i / x_i)``: total output, the sector's share in it, and its value-added rate; then
    :func:`lmdi`.

    Parameters
    ----------
    output0, value_added0, output1, value_added1 : Series, n
        Output and value added by sector in the first and in the last year, in one unit and one price basis.
    form : {"additive", "multiplicative"}
        See :func:`lmdi`.

    Returns
    -------
    DataFrame, n x 3
        Columns scale, structure, value_added_rate.

    Raises
    ------
    InputError
        As :func:`lmdi`, and for value added in a sector without output.

    Notes
    -----
    A sector without output has no value-added rate. The rate of the other year stands in for it, so that entry and exit
    of sectors count as structure. At current prices the scale effect holds price rises.
    """
    years = {}
    for year, output, value_added in [(0, output0, value_added0), (1, output1, value_added1)]:
        x = numeric_series(output, f"output{year}", "not negative")
        v = numeric_series(value_added, f"value_added{year}", "not negative")
        same_labels(**{f"output{year}": x, f"value_added{year}": v})
        idle = x.index[(x == 0) & (v > 0)]
        if len(idle):
            raise InputError(f"value_added{year} is positive where output{year} is zero: {few(idle)}")
        if x.sum() == 0:
            raise InputError(f"output{year} is zero in every sector")
        rate = np.divide(v.to_numpy(), x.to_numpy(), out=np.full(len(x), np.nan), where=x.to_numpy() > 0)
        years[year] = pd.DataFrame(
            {"scale": x.sum(), "structure": x / x.sum(), "value_added_rate": pd.Series(rate, index=x.index)}
        )
    same_labels(output0=years[0], output1=years[1])
    rates = [years[0]["value_added_rate"], years[1]["value_added_rate"]]
    # idle in both years: any rate gives no effect, as the sector's value is zero throughout
    first, last = [years[i].assign(value_added_rate=rates[i].fillna(rates[1 - i]).fillna(0.0)) for i in (0, 1)]
    return lmdi(first, last, form=form)


def _not_negative(values: npt.ArrayLike, name: str) -> np.ndarray:
    if isinstance(values, pd.Series):
        return numeric_series(values, name, "not negative").to_numpy()
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name} holds values that are not numbers: convert them first") from None
    wrong = np.argwhere(~(np.isfinite(array) & (array >= 0)))
    if len(wrong):
        places = few((f"{tuple(map(int, at)) or 'it'} = {array[tuple(at)]:g}" for at in wrong), 4)
        raise InputError(f"the logarithmic mean needs finite values that are not negative; {name} holds {places}")
    return array


def _check_product(year: str, product: pd.Series, published: pd.Series, tolerance: float) -> None:
    published = numeric_series(published, f"totals at the {year}", "not negative")
    same_labels(factors=product, totals=published)
    gap = (product - published).abs()
    off = gap > tolerance * published.abs().max()
    if off.any():
        worst: Any = gap.idxmax()
        raise InputError(
            f"at the {year}, the factors do not multiply to the totals in {few(product.index[off])}: in {worst} they"
            f" give {product[worst]:g}, the total is {published[worst]:g}"
        )
