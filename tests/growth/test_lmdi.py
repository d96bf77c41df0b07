"""LMDI against published effects and limits, and against the mistake of taking the logarithm of zero as zero."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.growth import lmdi, logarithmic_mean, value_added_lmdi
from analysis.labels import InputError

CASES = Path(__file__).parents[1] / "cases"
CASE = json.loads((CASES / "lmdi_two_sectors_three_factors.json").read_text())
ZERO = json.loads((CASES / "lmdi_zero_limits.json").read_text())

# zeros are likely, and no number is so small that products underflow
FACTOR = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
TABLES = arrays(float, (2, 4, 3), elements=FACTOR)


def frame(values):
    return pd.DataFrame(values, columns=["a", "b", "c"][: len(values[0])])


@pytest.mark.parametrize(("before", "year"), [("1971", "1972"), ("1972", "1973"), ("1973", "1974")])
@pytest.mark.parametrize("form", ["additive", "multiplicative"])
def test_published_effects(before, year, form, tie):
    effects = lmdi(frame(CASE["factors"][before]), frame(CASE["factors"][year]), form=form)
    total = effects.sum() if form == "additive" else effects.prod()
    # ten digits are printed; the multiplicative ones have nine decimals
    tie(lmdi, total, CASE[form][year], kind="published", source=CASE["source"], rtol=1e-9, atol=5e-10)


@pytest.mark.parametrize("limit", ZERO["limits"])
def test_published_zero_limits(limit, tie):
    """A second factor carries v = x · y; where v is zero with x positive, y is zero."""
    x0, x1, v0, v1 = (limit[key] for key in ("x0", "x1", "v0", "v1"))
    y0, y1 = (v / x if x else 1.0 for v, x in [(v0, x0), (v1, x1)])
    effects = lmdi(frame([[x0, y0]]), frame([[x1, y1]]))
    tie(lmdi, effects.loc[0, "a"], limit["effect"], kind="published", source=ZERO["source"])


def test_trap_the_logarithm_of_zero_is_not_zero():
    """The value 10 · 0.5 falls to 0 · 0.7; with ln 0 taken as 0 the effects do not add up to the fall."""
    effects = lmdi(frame([[10, 0.5]]), frame([[0, 0.7]]))
    assert effects.loc[0].tolist() == [-5, 0]

    def log(x):
        return np.log(x) if x else 0.0

    mean = (0 - 5) / (log(0) - log(5))
    wrong = [mean * (log(0) - log(10)), mean * (log(0.7) - log(0.5))]
    np.testing.assert_allclose(wrong, ZERO["mistaken"]["logarithm_of_zero_is_zero"], atol=5e-5)
    assert abs(sum(wrong) - effects.loc[0].sum()) > 1


def test_factors_that_vanish_together_share_the_effect():
    assert lmdi(frame([[0, 0, 3.0]]), frame([[2.0, 5, 1]])).loc[0].tolist() == [5, 5, 0]


def test_zero_limits_are_what_small_numbers_tend_to():
    start, end = np.array([[0.0, 3, 2], [1, 1, 1]]), np.array([[2.0, 5, 1], [2, 0, 3]])
    tiny = 1e-300
    near = lmdi(frame(np.where(start == 0, tiny, start)), frame(np.where(end == 0, tiny, end)))
    # the approach is only logarithmic: at 1e-300 the rest is still of the order of 1 / ln(1e300)
    np.testing.assert_allclose(lmdi(frame(start), frame(end)), near, atol=0.05)


@given(TABLES)
def test_effects_add_up_and_reverse(tie, factors):
    start, end = frame(factors[0]), frame(factors[1])
    effects = lmdi(start, end)
    change = end.prod(axis=1) - start.prod(axis=1)
    scale = max(end.prod(axis=1).max(), start.prod(axis=1).max(), 1.0)
    total, source = effects.sum(axis=1) / scale, "effects sum to the change"
    tie(lmdi, total, change / scale, kind="identity", source=source, atol=1e-12)
    np.testing.assert_allclose(effects, -lmdi(end, start), atol=1e-12 * scale)


@given(TABLES)
def test_ratios_multiply(factors):
    start, end = frame(factors[0] + 0.5), frame(factors[1] + 0.5)
    ratio = lmdi(start, end, form="multiplicative").to_numpy().prod()
    assert ratio == pytest.approx(end.prod(axis=1).sum() / start.prod(axis=1).sum(), rel=1e-12)


def test_logarithmic_mean_near_equality_keeps_its_digits(tie):
    assert logarithmic_mean(3.0, 3.0) == 3.0
    near, source = logarithmic_mean(1.0, 1.0 + 1e-13), "its series where both values nearly agree"
    tie(logarithmic_mean, near, 1.0 + 5e-14, kind="identity", source=source, rtol=1e-15)
    apart, source = logarithmic_mean([1.0, 5.0], [2.0, 3.0]), "the textbook quotient"
    tie(logarithmic_mean, apart, [1 / np.log(2), 2 / np.log(5 / 3)], kind="naive", source=source, rtol=1e-14)
    assert logarithmic_mean(1.0, 0.0) == 0.0


def test_value_added_over_scale_structure_and_rate(tie):
    sectors = ["C01", "C02", "C03"]
    x0, v0 = pd.Series([100.0, 50, 0], sectors), pd.Series([30.0, 30, 0], sectors)
    x1, v1 = pd.Series([120.0, 80, 40], sectors), pd.Series([30.0, 60, 8], sectors)
    effects = value_added_lmdi(x0, v0, x1, v1)
    assert effects.columns.tolist() == ["scale", "structure", "value_added_rate"]
    total, change, source = effects.sum(axis=1), v1 - v0, "effects sum to the change"
    tie(value_added_lmdi, total, change, kind="identity", source=source, atol=1e-12)
    # the new sector is a change of structure: its own rate cannot have changed
    assert effects.loc["C03"].tolist() == pytest.approx([0, 8, 0], rel=1e-13)
    # written out for one sector
    mean = (30 - 60) / np.log(30 / 60)
    found, expected = effects.loc["C02", "scale"], mean * np.log(240 / 150)
    tie(value_added_lmdi, found, expected, kind="naive", source="the formula written out", rtol=1e-13)


def test_bad_input_is_named():
    start, end = frame([[1.0, 2], [3, 4]]), frame([[1.0, 2], [3, 5]])
    with pytest.raises(InputError, match=r"start is negative at 1, b = -4"):
        lmdi(frame([[1.0, 2], [3, -4]]), end)
    with pytest.raises(InputError, match=r"not a finite number at 0, a"):
        lmdi(frame([[np.nan, 2], [3, 4]]), end)
    with pytest.raises(InputError, match="only start has 1"):
        lmdi(start, end.iloc[:1])
    with pytest.raises(InputError, match="in 1 they give 15, the total is 21"):
        lmdi(start, end, totals=(pd.Series([2.0, 12]), pd.Series([2.0, 21])))
    with pytest.raises(InputError, match="no ratio exists"):
        lmdi(start * 0, end, form="multiplicative")
    with pytest.raises(InputError, match="value_added1 is positive where output1 is zero: 0"):
        one = pd.Series([1.0, 1])
        value_added_lmdi(one, one, pd.Series([0.0, 1]), one)
