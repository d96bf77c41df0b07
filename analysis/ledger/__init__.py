"""The paper's own figures: what is printed, the interval it stands for, and the rules that figures must obey."""

from __future__ import annotations

from analysis.ledger.audit import NO_RULE, OUTCOMES, RuleResult, audit, findings, standing, table, uses
from analysis.ledger.expression import ExpressionError, evaluate
from analysis.ledger.folder import Report, read_folder, summary, write_template
from analysis.ledger.interval import Interval, IntervalError
from analysis.ledger.ledger import Figure, Ledger, LedgerError, load
from analysis.ledger.reading import QUALIFIERS, ReadingError, in_words, read_printed
from analysis.ledger.rules import Rule, RuleError, load_rules, parse_rules

__all__ = [
    "NO_RULE",
    "OUTCOMES",
    "QUALIFIERS",
    "ExpressionError",
    "Figure",
    "Interval",
    "IntervalError",
    "Ledger",
    "LedgerError",
    "ReadingError",
    "Report",
    "Rule",
    "RuleError",
    "RuleResult",
    "audit",
    "evaluate",
    "findings",
    "in_words",
    "load",
    "load_rules",
    "parse_rules",
    "read_folder",
    "read_printed",
    "standing",
    "summary",
    "table",
    "uses",
    "write_template",
]
