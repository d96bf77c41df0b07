"""The report's own figures: what is printed, the interval it stands for, and the rules that figures must obey."""

from analysis.ledger.interval import Interval, IntervalError
from analysis.ledger.ledger import Figure, Ledger, LedgerError, load
from analysis.ledger.reading import QUALIFIERS, ReadingError, read_printed

__all__ = [
    "QUALIFIERS",
    "Figure",
    "Interval",
    "IntervalError",
    "Ledger",
    "LedgerError",
    "ReadingError",
    "load",
    "read_printed",
]
