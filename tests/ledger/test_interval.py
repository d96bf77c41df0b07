import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.ledger.interval import Interval, IntervalError, exp, log, maximum, minimum, sqrt

ENDS = st.integers(-6, 6).map(lambda n: n / 2)


@st.composite
def intervals(draw, positive=False):
    low, high = sorted([draw(ENDS), draw(ENDS)])
    if positive:
        low, high = abs(low) + 0.5, abs(low) + 0.5 + (high - low)
    if low == high:
        return Interval(low, high)
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


def inside(interval, share):
    """A number of the interval, at a share of its width; an open end is never hit."""
    if share == 0 and not interval.lower_closed:
        share = 1e-6
    if share == 1 and not interval.upper_closed:
        share = 1 - 1e-6
    return min(max(interval.lower + share * interval.width, interval.lower), interval.upper)


SHARES = st.sampled_from([0, 0.25, 0.5, 0.9, 1])
OPERATIONS = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b]


@given(intervals(), intervals(), SHARES, SHARES)
def test_every_result_of_numbers_inside_lies_inside(a, b, s, t):
    x, y = inside(a, s), inside(b, t)
    for operation in OPERATIONS:
        assert operation(x, y) in operation(a, b)
    assert min(x, y) in minimum(a, b)
    assert max(x, y) in maximum(a, b)
    assert x**2 in a**2
    assert x**3 in a**3


@given(intervals(), intervals(positive=True), SHARES, SHARES)
def test_quotients_and_powers_of_positive_numbers_lie_inside(a, b, s, t):
    x, y = inside(a, s), inside(b, t)
    slack = 1e-12

    def near(value, interval):
        return interval.lower - slack <= value <= interval.upper + slack

    assert near(x / y, a / b)
    assert near(y**0.25, b**0.25)
    assert near(y**-0.5, b**-0.5)
    assert near(y**x, b**a)
    assert near(math.log(y), log(b)) and near(math.exp(x), exp(a)) and near(math.sqrt(y), sqrt(b))


@given(intervals(), intervals())
def test_closed_ends_are_attained_and_open_ones_are_not(a, b):
    for operation in OPERATIONS:
        result = operation(a, b)
        corners = {
            operation(x, y)
            for x, in_x in ((a.lower, a.lower_closed), (a.upper, a.upper_closed), (0, 0 in a))
            for y, in_y in ((b.lower, b.lower_closed), (b.upper, b.upper_closed), (0, 0 in b))
            if in_x and in_y
        }
        # a bilinear function on a box takes its extremes at corners, or along an edge where a factor is zero
        if result.lower_closed and operation is not OPERATIONS[2]:
            assert result.lower in corners
        if not result.lower_closed and operation is not OPERATIONS[2]:
            assert result.lower not in corners


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(7.95, 8.05, True, False), "[7.95, 8.05)"),
        (Interval(600, math.inf), "[600, ∞)"),
        (Interval(54, 60, False, False), "(54, 60)"),
        (Interval.point(23), "23"),
    ],
)
def test_text(interval, text):
    assert str(interval) == text


def test_prose():
    assert Interval(7.9935, 7.9936).prose(2) == "7.99"
    assert Interval(1234.5, 1300).prose(0) == "1,234 to 1,300"
    assert Interval(-0.5, 2.5).prose(1) == "\N{MINUS SIGN}0.5 to 2.5"
    assert Interval(600, math.inf, False).prose(0) == "over 600"
    assert Interval(600, math.inf).prose(0) == "at least 600"
    assert Interval(-math.inf, 600, True, False).prose(0) == "under 600"
    assert Interval(-math.inf, 600).prose(0) == "at most 600"
    assert Interval(-math.inf, math.inf).prose() == "any number"


def test_overlap_heeds_open_ends():
    left, right = Interval(1, 2, True, False), Interval(2, 3)
    assert not left.overlaps(right)
    assert Interval(1, 2).overlaps(right)
    assert left.may_be_below(right, strictly=True)
    assert not Interval(2, 3, False).may_be_below(Interval(1, 2))


def test_an_end_that_is_reached_in_one_of_two_ways_is_closed():
    assert Interval(-1, 1, True, False) * Interval(-1, 1) == Interval(-1, 1)
    assert Interval(-1, 1, True, False) * Interval(-1, 1, False, True) == Interval(-1, 1, True, False)


def test_the_least_reaches_a_top_that_all_reach():
    half_open = Interval(1, 2, True, False)
    assert minimum(Interval(0, 2), Interval(1, 2)) == Interval(0, 2)
    assert minimum(Interval(0, 2), half_open) == Interval(0, 2, True, False)
    assert maximum(Interval(-2, 0), -half_open) == Interval(-2, 0, False, True)


def test_zero_times_endless_is_zero():
    product = Interval(0, 5) * Interval(2, math.inf)
    assert (product.lower, product.lower_closed, product.upper) == (0, True, math.inf)


def test_division_next_to_an_open_zero_has_no_end():
    assert 1 / Interval(0, 4, False) == Interval(0.25, math.inf)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Interval(2, 1), "above the upper end"),
        (lambda: Interval(math.nan, 1), "lower end is not a number"),
        (lambda: Interval(1, 1, True, False), "Nothing lies between"),
        (lambda: 1 / Interval(-1, 1), "holds zero"),
        (lambda: Interval(-1, 1) ** 0.5, "may be negative"),
        (lambda: log(Interval(0, 1)), "not positive"),
        (lambda: Interval(0, math.inf).midpoint, "no midpoint"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(IntervalError, match=message):
        make()


def test_an_interval_is_immutable():
    with pytest.raises(AttributeError):
        Interval(1, 2).lower = 0
