"""Rates, shares, deflation: identities, intervals, and figures worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.growth import compound_growth_rate, contribution_to_growth, deflate, share_identity
from analysis.labels import InputError
from analysis.ledger import Interval


@given(st.floats(0.1, 1e6), st.floats(-0.5, 1.0), st.integers(1, 30))
def test_compounding_the_rate_gives_the_end(tie, start, rate, years):
    found, source = compound_growth_rate(start, start * (1 + rate) ** years, years), "compounding gives the end"
    tie(compound_growth_rate, found, rate, kind="identity", source=source, atol=1e-9)


def test_rate_of_rounded_levels_is_an_interval():
    rate = compound_growth_rate(Interval(99.5, 100.5), Interval(209.5, 210.5), 5)
    assert rate.lower == pytest.approx((209.5 / 100.5) ** 0.2 - 1, rel=1e-13)
    assert rate.upper == pytest.approx((210.5 / 99.5) ** 0.2 - 1, rel=1e-13)


def test_rates_keep_labels():
    sectors = ["C01", "C02"]
    rates = compound_growth_rate(pd.Series([1.0, 2], sectors), pd.Series([2.0, 2], sectors), 1)
    assert rates.to_dict() == {"C01": 1.0, "C02": 0.0}


def test_contributions_sum_to_the_rate(tie):
    parts = contribution_to_growth(pd.Series({"a": 80.0, "b": -10}), pd.Series({"a": 90.0, "b": 5}))
    total, source = parts["contribution"].sum(), "contributions sum to the rate"
    tie(contribution_to_growth, total, 95 / 70 - 1, kind="identity", source=source, rtol=1e-12)
    assert parts.loc["b", "change"] == 15


@given(st.floats(0.01, 0.3), st.floats(-0.2, 0.3), st.floats(-0.2, 0.3), st.integers(1, 15))
def test_share_identity_recovers_the_rate_of_the_part(tie, share, part, whole, years):
    later = share * ((1 + part) / (1 + whole)) ** years
    found = share_identity(share, later, years, whole)
    source = "the share that two rates of growth lead to"
    tie(share_identity, found.part_rate, part, kind="identity", source=source, atol=1e-12)
    assert found.lead == pytest.approx(part - whole, abs=1e-12)
    assert found.relative == pytest.approx((1 + part) / (1 + whole), abs=1e-12)


def test_share_identity_on_rounded_figures_holds_all_corners():
    s0, s1, g = Interval(21.85, 21.95), Interval(23.05, 23.15), Interval(0.0605, 0.0615)
    lead = share_identity(s0, s1, 5, g).lead
    corners = [
        share_identity(a, b, 5, c).lead
        for a in (s0.lower, s0.upper)
        for b in (s1.lower, s1.upper)
        for c in (g.lower, g.upper)
    ]
    assert (lead.lower, lead.upper) == pytest.approx((min(corners), max(corners)), rel=1e-12)


def test_deflation_at_declared_prices(tie):
    values = pd.Series({2012: 100.0, 2017: 150.0})
    deflator = pd.Series({2012: 80.0, 2015: 90.0, 2017: 100.0}, name="producer prices")
    real = deflate(values, deflator, 2012)
    tie(deflate, real, [100.0, 120.0], kind="naive", source="by hand", rtol=1e-15)
    assert real.attrs == {"price_basis": "2012 prices", "deflator": "producer prices"}
    both = deflate(values.to_frame("a").assign(b=1.0), deflator, 2017)
    np.testing.assert_allclose(both["a"], real * 100 / 80)


def test_bad_input_is_named():
    deflator = pd.Series({2012: 80.0, 2017: 100.0}, name="producer prices")
    with pytest.raises(InputError, match="lacks the base year 2005"):
        deflate(pd.Series({2012: 1.0}), deflator, 2005)
    with pytest.raises(InputError, match="lacks 2020"):
        deflate(pd.Series({2020: 1.0}), deflator, 2012)
    with pytest.raises(InputError, match="the deflator is a list"):
        deflate(pd.Series({2012: 1.0}), [80.0, 100.0], 2012)
    with pytest.raises(InputError, match="has no name"):
        deflate(pd.Series({2012: 1.0}), deflator.rename(None), 2012)
    with pytest.raises(InputError, match="start must be finite and above 0, not -1"):
        compound_growth_rate(-1, 2, 3)
    with pytest.raises(InputError, match="years must be finite and above 0"):
        compound_growth_rate(1, 2, 0)
    with pytest.raises(InputError, match="above -1"):
        share_identity(0.2, 0.3, 5, -1.5)
    with pytest.raises(InputError, match="growth needs a positive one"):
        contribution_to_growth(pd.Series([1.0, -1]), pd.Series([1.0, 1]))
