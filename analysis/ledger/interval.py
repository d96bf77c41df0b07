"""Intervals with open and closed ends, and arithmetic on them.

A printed figure is never one number: "8.0 %" stands for every number that rounds to it. An interval says which.
"""

import math
from dataclasses import dataclass


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

    def __post_init__(self):
        """Refuse what is not an interval."""
        for name in ("lower", "upper"):
            try:
                end = float(getattr(self, name))
            except (TypeError, ValueError, OverflowError) as problem:
                raise IntervalError(f"The {name} end is {getattr(self, name)!r}, which is not a number.") from problem
            if math.isnan(end):
                raise IntervalError(f"The {name} end is not a number: give both ends, or inf for an open side.")
            object.__setattr__(self, name, end)
            if math.isinf(end):
                object.__setattr__(self, f"{name}_closed", False)
        if self.lower > self.upper:
            raise IntervalError(f"The lower end {self.lower:g} lies above the upper end {self.upper:g}: swap them.")
        if self.lower == self.upper and not (self.lower_closed and self.upper_closed):
            raise IntervalError(f"Nothing lies between {self.lower:g} and {self.upper:g}: a point needs closed ends.")

    @classmethod
    def point(cls, value):
        """One number as an interval."""
        return cls(value, value)

    @property
    def is_point(self):
        """Whether the interval holds a single number."""
        return self.lower == self.upper

    @property
    def width(self):
        """Upper end minus lower end."""
        return self.upper - self.lower

    @property
    def midpoint(self):
        """Half-way between the ends; an error where a side is open without end."""
        if math.isinf(self.width):
            raise IntervalError(f"{self} has no midpoint: one of its sides has no end.")
        return self.lower + self.width / 2

    def contains(self, value):
        """Whether a number lies in the interval."""
        above = value > self.lower or (self.lower_closed and value == self.lower)
        below = value < self.upper or (self.upper_closed and value == self.upper)
        return above and below

    __contains__ = contains

    def overlaps(self, other):
        """Whether some number lies in both intervals."""
        return self.may_be_below(other) and other.may_be_below(self)

    def may_be_below(self, other, strictly=False):
        """Whether some x here and y in ``other`` have ``x <= y`` (or ``x < y``)."""
        if strictly or not (self.lower_closed and other.upper_closed):
            return self.lower < other.upper
        return self.lower <= other.upper

    def hull(self, other):
        """Smallest interval that holds both."""
        lower, lower_closed = _least([self._low, other._low])
        upper, upper_closed = _greatest([self._high, other._high])
        return Interval(lower, upper, lower_closed, upper_closed)

    @property
    def _low(self):
        return self.lower, self.lower_closed

    @property
    def _high(self):
        return self.upper, self.upper_closed

    def __neg__(self):
        """Mirror at zero."""
        return Interval(-self.upper, -self.lower, self.upper_closed, self.lower_closed)

    def __add__(self, other):
        """Sum."""
        other = as_interval(other)
        return Interval(
            self.lower + other.lower,
            self.upper + other.upper,
            self.lower_closed and other.lower_closed,
            self.upper_closed and other.upper_closed,
        )

    __radd__ = __add__

    def __sub__(self, other):
        """Difference."""
        return self + -as_interval(other)

    def __rsub__(self, other):
        """Difference, this interval last."""
        return as_interval(other) + -self

    def __mul__(self, other):
        """Product."""
        other = as_interval(other)
        ends = [_product(a, b) for a in (self._low, self._high) for b in (other._low, other._high)]
        # zero times anything is attained as soon as zero is, whatever the other end
        if self.contains(0) or other.contains(0):
            ends = [(value, closed or value == 0) for value, closed in ends]
        (lower, lower_closed), (upper, upper_closed) = _least(ends), _greatest(ends)
        return Interval(lower, upper, lower_closed, upper_closed)

    __rmul__ = __mul__

    def __truediv__(self, other):
        """Quotient; an error where the divisor may be zero."""
        return self * as_interval(other)._reciprocal()

    def __rtruediv__(self, other):
        """Quotient, this interval below."""
        return as_interval(other) * self._reciprocal()

    def _reciprocal(self):
        if self.contains(0) or self.lower < 0 < self.upper:
            raise IntervalError(f"Division by {self}, which holds zero.")
        lower = -math.inf if self.upper == 0 else 1 / self.upper
        upper = math.inf if self.lower == 0 else 1 / self.lower
        return Interval(lower, upper, self.upper_closed, self.lower_closed)

    def __pow__(self, exponent):
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

    def _whole_power(self, power):
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

    def __format__(self, spec):
        """Both ends in the given number format, with their brackets; a point without."""
        spec = spec or ".12g"
        if self.is_point:
            return format(self.lower, spec)
        lower, upper = (str(end).replace("inf", "∞") if math.isinf(end) else format(end, spec) for end in self._ends)
        return f"{'[' if self.lower_closed else '('}{lower}, {upper}{']' if self.upper_closed else ')'}"

    def __str__(self):
        """As in "[7.95, 8.05)"."""
        return format(self, "")

    @property
    def _ends(self):
        return self.lower, self.upper

    def prose(self, decimals=2):
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


def as_interval(value):
    """Turn a number into a point; leave an interval as it is."""
    return value if isinstance(value, Interval) else Interval.point(value)


def exp(interval):
    """Exponential of every number in the interval."""
    return _rising(math.exp, as_interval(interval))


def log(interval):
    """Natural logarithm; an error where the interval reaches below zero or holds it."""
    interval = as_interval(interval)
    if interval.lower < 0 or interval.contains(0):
        raise IntervalError(f"Logarithm of {interval}, which is not positive throughout.")
    return _rising(lambda end: -math.inf if end == 0 else math.log(end), interval)


def sqrt(interval):
    """Square root; an error where the interval reaches below zero."""
    return as_interval(interval) ** 0.5


def minimum(*intervals):
    """Least of one number drawn from each interval."""
    intervals = [as_interval(i) for i in intervals]
    lower, lower_closed = _least([i._low for i in intervals])
    upper = min(i.upper for i in intervals)
    # the top is attained only if every interval that ends there attains it
    return Interval(lower, upper, lower_closed, all(i.upper_closed for i in intervals if i.upper == upper))


def maximum(*intervals):
    """Greatest of one number drawn from each interval."""
    return -minimum(*(-as_interval(i) for i in intervals))


def _rising(function, interval):
    return Interval(function(interval.lower), function(interval.upper), interval.lower_closed, interval.upper_closed)


def _product(a, b):
    # a bounded number times zero is zero, also where the number may be as large as one likes
    value = 0.0 if 0 in (a[0], b[0]) else a[0] * b[0]
    return value, a[1] and b[1]


def _least(ends):
    value = min(value for value, _ in ends)
    return value, any(closed for other, closed in ends if other == value)


def _greatest(ends):
    value = max(value for value, _ in ends)
    return value, any(closed for other, closed in ends if other == value)
