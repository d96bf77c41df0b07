"""Intervals with open and closed ends, and arithmetic on them.

A printed figure is never one number: "8.0 %" stands for every number that rounds to it. An interval says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_End = tuple[float, bool]
"""Where an interval ends, and whether the end belongs to it."""


class IntervalError(ValueError):
    """An interval that cannot be, or an operation that no interval answers."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A non-empty set of consecutive real numbers.

    Parameters
    ----------
    lower, upper : float
        Ends, ``lower <= upper``. Infinite ends are allowed and are always open.
    lower_closed, upper_closed : bool
        Whether the end itself belongs to the set.

    Raises
    ------
    IntervalError
        If an end is not a number, the ends are in the wrong order, or nothing lies between them.

    Notes
    -----
    Arithmetic gives the smallest interval that holds ``x op y`` for every x in one operand and y in the other, ends
    included or not as they are attained (Moore, Kearfott and Cloud 2009, ch. 2). Two uses of the same interval count
    as independent: ``x - x`` is not zero. :func:`~analysis.ledger.evaluate` deals with that.
    Ends are floats: right to about one part in 10^15.
    """

    lower: float
    upper: float
    lower_closed: bool = True
    upper_closed: bool = True

    def __post_init__(self) -> None:
        """Refuse what is not an interval."""
        for name in ("lower", "upper"):
            end = getattr(self, name)
            if type(end) is not float:
                try:
                    end = float(end)
                except (TypeError, ValueError, OverflowError) as problem:
                    raise IntervalError(f"The {name} end is {end!r}, which is not a number.") from problem
                object.__setattr__(self, name, end)
            if math.isnan(end):
                raise IntervalError(f"The {name} end is not a number: give both ends, or inf for an open side.")
            if math.isinf(end):
                object.__setattr__(self, f"{name}_closed", False)
        if self.lower > self.upper:
            raise IntervalError(f"The lower end {self.lower:g} lies above the upper end {self.upper:g}: swap them.")
        if self.lower == self.upper and not (self.lower_closed and self.upper_closed):
            raise IntervalError(f"Nothing lies between {self.lower:g} and {self.upper:g}: a point needs closed ends.")

    @classmethod
    def point(cls, value: float) -> Interval:
        """One number as an interval."""
        return cls(value, value)

    @property
    def is_point(self) -> bool:
        """Whether the interval holds a single number."""
        return self.lower == self.upper

    @property
    def width(self) -> float:
        """Upper end minus lower end."""
        return self.upper - self.lower

    @property
    def midpoint(self) -> float:
        """Half-way between the ends; an error where a side is open without end."""
        if math.isinf(self.width):
            raise IntervalError(f"{self} has no midpoint: one of its sides has no end.")
        return self.lower + self.width / 2

    def contains(self, value: float) -> bool:
        """Whether a number lies in the interval."""
        above = value > self.lower or (self.lower_closed and value == self.lower)
        below = value < self.upper or (self.upper_closed and value == self.upper)
        return above and below

    __contains__ = contains

    def overlaps(self, other: Interval) -> bool:
        """Whether some number lies in both intervals."""
        return self.may_be_below(other) and other.may_be_below(self)

    def may_be_below(self, other: Interval, strictly: bool = False) -> bool:
        """Whether some x here and y in ``other`` have ``x <= y`` (or ``x < y``)."""
        if strictly or not (self.lower_closed and other.upper_closed):
            return self.lower < other.upper
        return self.lower <= other.upper

    def hull(self, other: Interval) -> Interval:
        """Smallest interval that holds both."""
        lower, lower_closed = _least([self._low, other._low])
        upper, upper_closed = _greatest([self._high, other._high])
        return Interval(lower, upper, lower_closed, upper_closed)

    @property
    def _low(self) -> _End:
        return self.lower, self.lower_closed

    @property
    def _high(self) -> _End:
        return self.upper, self.upper_closed

    def __neg__(self) -> Interval:
        """Mirror at zero."""
        return Interval(-self.upper, -self.lower, self.upper_closed, self.lower_closed)

    def __add__(self, other: Interval | float) -> Interval:
        """Sum."""
        other = as_interval(other)
        return Interval(
            self.lower + other.lower,
            self.upper + other.upper,
            self.lower_closed and other.lower_closed,
            self.upper_closed and other.upper_closed,
        )

    __radd__ = __add__

    def __sub__(self, other: Interval | float) -> Interval:
        """Difference."""
        return self + -as_interval(other)

    def __rsub__(self, other: Interval | float) -> Interval:
        """Difference, this interval last."""
        return as_interval(other) + -self

    def __mul__(self, other: Interval | float) -> Interval:
        """Product."""
        other = as_interval(other)
        ends = [_product(a, b) for a in (self._low, self._high) for b in (other._low, other._high)]
        # zero times anything is attained as soon as zero is, whatever the other end
        if self.contains(0) or other.contains(0):
            ends = [(value, closed or value == 0) for value, closed in ends]
        (lower, lower_closed), (upper, upper_closed) = _least(ends), _greatest(ends)
        return Interval(lower, upper, lower_closed, upper_closed)

    __rmul__ = __mul__

    def __truediv__(self, other: Interval | float) -> Interval:
        """Quotient; an error where the divisor may be zero."""
        return self * as_interval(other)._reciprocal()

    def __rtruediv__(self, other: Interval | float) -> Interval:
        """Quotient, this interval below."""
        return as_interval(other) * self._reciprocal()

    def _reciprocal(self) -> Interval:
        if self.contains(0) or self.lower < 0 < self.upper:
            raise IntervalError(f"Division by {self}, which holds zero.")
        lower = -math.inf if self.upper == 0 else 1 / self.upper
        upper = math.inf if self.lower == 0 else 1 / self.lower
        return Interval(lower, upper, self.upper_closed, self.lower_closed)

    def __pow__(self, exponent: Interval | float) -> Interval:
        """Power: any whole number as exponent; another exponent needs a base that is not negative."""
        exponent = as_interval(exponent)
        if exponent.is_point and exponent.lower.is_integer():
            return self._whole_power(int(exponent.lower))
        if self.lower < 0:
            raise IntervalError(f"{self} may be negative: its power {exponent} is not a real number.")
        if exponent.is_point:
            power = exponent.lower
            if power < 0:
                return (self ** (-power))._reciprocal()
            return Interval(self.lower**power, self.upper**power, self.lower_closed, self.upper_closed)
        return exp(exponent * log(self))

    def _whole_power(self, power: int) -> Interval:
        if power < 0:
            return self._whole_power(-power)._reciprocal()
        if power == 0:
            return Interval.point(1)
        low, high = (self.lower**power, self.lower_closed), (self.upper**power, self.upper_closed)
        if power % 2 == 0 and self.lower < 0 < self.upper:
            upper, upper_closed = _greatest([low, high])
            return Interval(0, upper, True, upper_closed)
        (lower, lower_closed), (upper, upper_closed) = sorted([low, high], key=lambda end: end[0])
        if self.is_point:
            return Interval.point(lower)
        return Interval(lower, upper, lower_closed, upper_closed)

    def __format__(self, spec: str) -> str:
        """Both ends in the given number format, with their brackets; a point without."""
        spec = spec or ".12g"
        if self.is_point:
            return format(self.lower, spec)
        lower, upper = (str(end).replace("inf", "∞") if math.isinf(end) else format(end, spec) for end in self._ends)
        return f"{'[' if self.lower_closed else '('}{lower}, {upper}{']' if self.upper_closed else ')'}"

    def __str__(self) -> str:
        """As in "[7.95, 8.05)"."""
        return format(self, "")

    @property
    def _ends(self) -> tuple[float, float]:
        return self.lower, self.upper

    def prose(self, decimals: int = 2) -> str:
        """Word the interval for a sentence.

        Parameters
        ----------
        decimals : int
            Digits after the point. Ends that print alike are given once.
        """
        lower, upper = (format(end, f",.{decimals}f").replace("-", "\N{MINUS SIGN}") for end in self._ends)
        match math.isinf(self.lower), math.isinf(self.upper):
            case True, True:
                return "any number"
            case False, True:
                return f"{'at least' if self.lower_closed else 'over'} {lower}"
            case True, False:
                return f"{'at most' if self.upper_closed else 'under'} {upper}"
        return lower if lower == upper else f"{lower} to {upper}"


def as_interval(value: Interval | float) -> Interval:
    """Turn a number into a point; leave an interval as it is."""
    return value if isinstance(value, Interval) else Interval.point(value)


def exp(interval: Interval | float) -> Interval:
    """Exponential of every number in the interval."""
    return _rising(math.exp, as_interval(interval))


def log(interval: Interval | float) -> Interval:
    """Natural logarithm; an error where the interval reaches below zero or holds it."""
    interval = as_interval(interval)
    if interval.lower < 0 or interval.contains(0):
        raise IntervalError(f"Logarithm of {interval}, which is not positive throughout.")
    return _rising(lambda end: -math.inf if end == 0 else math.log(end), interval)


def sqrt(interval: Interval | float) -> Interval:
    """Square root; an error where the interval reaches below zero."""
    return as_interval(interval) ** 0.5


def minimum(*intervals: Interval | float) -> Interval:
    """Least of one number drawn from each interval."""
    given = [as_interval(i) for i in intervals]
    lower, lower_closed = _least([i._low for i in given])
    upper = min(i.upper for i in given)
    # the top is attained only if every interval that ends there attains it
    return Interval(lower, upper, lower_closed, all(i.upper_closed for i in given if i.upper == upper))


def maximum(*intervals: Interval | float) -> Interval:
    """Greatest of one number drawn from each interval."""
    return -minimum(*(-as_interval(i) for i in intervals))


def _rising(function: Callable[[float], float], interval: Interval) -> Interval:
    return Interval(function(interval.lower), function(interval.upper), interval.lower_closed, interval.upper_closed)


def _product(a: _End, b: _End) -> _End:
    # a bounded number times zero is zero, also where the number may be as large as one likes
    value = 0.0 if 0 in (a[0], b[0]) else a[0] * b[0]
    return value, a[1] and b[1]


def _least(ends: Sequence[_End]) -> _End:
    value = min(value for value, _ in ends)
    return value, any(closed for other, closed in ends if other == value)


def _greatest(ends: Sequence[_End]) -> _End:
    value = max(value for value, _ in ends)
    return value, any(closed for other, closed in ends if other == value)
