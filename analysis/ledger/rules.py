"""Consistency rules as data: what is put in, what is computed, and what is asked of the result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis.data import document
from analysis.ledger.expression import MOST_NODES, MOST_NUMBER, Comparison, Formula, Test, parse_formula, parse_test
from analysis.ledger.interval import Interval
from analysis.ledger.ledger import Ledger

Read = Callable[[str], pd.DataFrame]
"""From the id of a record to its table."""

KINDS = ("arithmetic", "decomposition", "external", "forecast", "plausibility", "structural")
TAKES = ("value", "sum", "count", "distinct", "span")

MOST_DECIMALS = 12

_ENDS = {"lower": "lower", "upper": "upper", "middle": "midpoint"}


class RuleError(ValueError):
    """A rule that is not well formed; the message names the rule."""


@dataclass(frozen=True)
class Input:
    """One interval that goes into a rule.

    Attributes
    ----------
    figure : str
        A figure of the ledger; ``end`` ("lower", "upper" or "middle") takes one number of it.
    record, where, column, take : str, mapping, str, str
        Rows of a table in ``data/``: ``where`` maps columns to a value, to a list of values, or to ``{from, to}`` or
        ``{starts}``. ``take`` is "value" (exactly one row), "sum", "count", "distinct" (different entries) or "span"
        (least to greatest) of ``column``.
    number : float
        A number that is a convention of the rule, not a figure of anybody.
    missing : str
        The statistic that would be needed and is not in ``data/``.
    allow : str or float
        Allowance either side: "5%" of the middle, or an amount.
    """

    figure: str = ""
    end: str = ""
    record: str = ""
    where: dict[str, Any] = field(default_factory=dict)
    column: str = "value"
    take: str = "value"
    number: float | None = None
    missing: str = ""
    allow: str | float = 0

    def interval(self, ledger: Ledger, read: Read) -> Interval | None:
        """Look the interval up; None for a missing statistic.

        Parameters
        ----------
        ledger : Ledger
        read : callable
            From a record id to a table.
        """
        if self.missing:
            return None
        if self.figure:
            found = ledger.interval(self.figure)
            found = Interval.point(getattr(found, _ENDS[self.end])) if self.end else found
        elif self.number is not None:
            found = Interval.point(self.number)
        else:
            found = self._look_up(read(self.record))
        if not self.allow:
            return found
        middle = found.midpoint
        share = isinstance(self.allow, str) and self.allow.endswith("%")
        give = abs(middle) * float(str(self.allow)[:-1]) / 100 if share else float(self.allow)
        return Interval(middle - give, middle + give)

    def _look_up(self, table: pd.DataFrame) -> Interval:
        if lacking := [column for column in (*self.where, self.column) if column not in table]:
            raise RuleError(
                f"{self.record} has no column {', '.join(map(str, lacking))}: it has {', '.join(table.columns)}."
            )
        for column, wanted in self.where.items():
            cells = table[column]
            try:
                match wanted:
                    case {"from": first, "to": last}:
                        table = table[(cells >= first) & (cells <= last)]
                    case {"starts": start}:
                        table = table[cells.str.startswith(start)]
                    case list():
                        table = table[cells.isin(wanted)]
                    case _:
                        table = table[cells == wanted]
            except (TypeError, AttributeError, ValueError) as error:
                raise RuleError(f"{self.record}: column {column} cannot be held against {wanted!r}.") from error
        rows = table[self.column]
        where = ", ".join(f"{column} = {wanted}" for column, wanted in self.where.items())
        if rows.empty:
            raise RuleError(f"{self.record} has no row with {where}.")
        if self.take not in ("count", "distinct"):
            # a sum would pass over a missing value as if it were nought
            if rows.isna().any():
                raise RuleError(f"{self.record} has no value in {self.column} for {int(rows.isna().sum())} rows of it.")
            if not pd.api.types.is_numeric_dtype(rows) or not all(map(math.isfinite, rows)):
                raise RuleError(f"{self.record}: column {self.column} holds values that are no numbers.")
        match self.take:
            case "value":
                if len(rows) > 1:
                    raise RuleError(f"{self.record} has {len(rows)} rows with {where}, and one is needed.")
                return Interval.point(rows.iloc[0])
            case "sum":
                return Interval.point(rows.sum())
            case "count":
                return Interval.point(len(rows))
            case "distinct":
                return Interval.point(rows.nunique())
            case _:  # span
                return Interval(rows.min(), rows.max())


@dataclass(frozen=True)
class Quantity:
    """Something a rule computes: its formula in inputs and earlier quantities, its label, unit and decimals shown."""

    formula: Formula
    label: str
    unit: str = ""
    decimals: int = 2


@dataclass(frozen=True)
class Rule:
    """One consistency rule.

    Attributes
    ----------
    id, title, kind : str
        Name, what is asked, and the sort of rule (`KINDS`).
    inputs, quantities : mapping
        By the name used in formulas.
    test : Comparison or Junction
        What must be possible for the rule to be consistent.
    identity : bool
        Whether the test holds by construction, so that it cannot fail.
    condition : str
        What must be so for the outcome to count.
    explanation : str
        Sentences with quantities in braces.
    finding : int or None
        Place among the findings that an audit leads with.
    """

    id: str
    title: str
    kind: str
    inputs: MappingProxyType[str, Input]
    quantities: MappingProxyType[str, Quantity]
    test: Test
    explanation: str
    identity: bool = False
    condition: str = ""
    finding: int | None = None

    @property
    def figures(self) -> tuple[str, ...]:
        """Ids of the figures it uses, in order."""
        return tuple(dict.fromkeys(i.figure for i in self.inputs.values() if i.figure))

    @property
    def records(self) -> tuple[str, ...]:
        """Ids of the tables it uses, in order."""
        return tuple(dict.fromkeys(i.record for i in self.inputs.values() if i.record))

    def in_inputs(self, formula: Formula) -> Formula:
        """Write a formula in inputs alone: names of quantities replaced by their formulas."""
        while used := {name: self.quantities[name].formula for name in formula.names if name in self.quantities}:
            # quantities of quantities double at every step: a few lines would fill the memory
            size = formula.size + sum(formula.names[name] * part.size for name, part in used.items())
            if size > MOST_NODES:
                raise RuleError(f"{formula.text!r} grows beyond {MOST_NODES:,} operations when quantities are put in.")
            formula = formula.substitute(used)
        return formula


def load_rules() -> tuple[Rule, ...]:
    """Rules of the report, from ``data/report/rules.yaml``."""
    return parse_rules(document("report/rules")["rules"])


def parse_rules(entries: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Rules from their entries, as YAML gives them.

    Parameters
    ----------
    entries : list of mapping
        Keys as the attributes of `Rule`. An input is the id of a figure, or a mapping of attributes of `Input`. A
        quantity is a mapping of attributes of `Quantity`.

    Raises
    ------
    RuleError
        If a rule comes twice, has an unknown key or kind, or uses a name that is neither input nor earlier quantity.
    ExpressionError
        If a formula or test is outside the language.
    """
    rules = {}
    for entry in entries:
        rule = _rule(entry)
        if rule.id in rules:
            raise RuleError(f"Rule {rule.id} comes twice: give each rule an id of its own.")
        rules[rule.id] = rule
    return tuple(rules.values())


def _rule(entry: Mapping[str, Any]) -> Rule:
    entry = dict(entry)
    name = entry.get("id", "without id")
    try:
        inputs = {
            key: Input(figure=value) if isinstance(value, str) else Input(**value)
            for key, value in (entry.pop("inputs", None) or {}).items()
        }
        quantities = {
            key: Quantity(**{**value, "formula": parse_formula(value["formula"])})
            for key, value in (entry.pop("quantities", None) or {}).items()
        }
        entry["test"] = parse_test(entry["test"])
        rule = Rule(inputs=MappingProxyType(inputs), quantities=MappingProxyType(quantities), **entry)
    except (TypeError, KeyError, AttributeError) as error:
        raise RuleError(f"Rule {name}: {error}.") from error
    _refuse_forms(rule)
    if rule.kind not in KINDS:
        raise RuleError(f"Rule {name}: unknown kind {rule.kind!r}; use one of {', '.join(KINDS)}.")
    for key, given in inputs.items():
        if sum(map(bool, (given.figure, given.record, given.missing, given.number is not None))) != 1:
            raise RuleError(f"Rule {name}, input {key}: give one of figure, record, number and missing.")
        if given.take not in TAKES or given.end not in ("", *_ENDS):
            raise RuleError(
                f"Rule {name}, input {key}: take is one of {', '.join(TAKES)}, end one of {', '.join(_ENDS)}."
            )
    known = set(inputs)
    for key, quantity in quantities.items():
        _refuse_unknown(rule, quantity.formula, known)
        if key in known:
            raise RuleError(f"Rule {name}: {key} is both an input and a quantity.")
        known.add(key)
    for comparison in comparisons(rule.test):
        for side in (comparison.left, comparison.right):
            _refuse_unknown(rule, side, known)
    return rule


def _refuse_forms(rule: Rule) -> None:
    """Refuse entries of another kind than a rule has: numbers for texts, texts for numbers."""
    given = {name: getattr(rule, name) for name in ("id", "title", "kind", "explanation", "condition")}
    for key, quantity in rule.quantities.items():
        given |= {f"label of {key}": quantity.label, f"unit of {key}": quantity.unit}
        if type(quantity.decimals) is not int or not 0 <= quantity.decimals <= MOST_DECIMALS:
            raise RuleError(f"Rule {rule.id}: decimals of {key} are a whole number from 0 to {MOST_DECIMALS}.")
    for key, taken in rule.inputs.items():
        given |= {f"{name} of {key}": getattr(taken, name) for name in ("figure", "record", "column", "missing")}
        if not isinstance(taken.where, dict):
            raise RuleError(f"Rule {rule.id}: where of {key} maps columns to what they hold.")
        if taken.number is not None and not _is_number(taken.number):
            raise RuleError(f"Rule {rule.id}: number of {key} is {taken.number!r}, which is none.")
        _allowance(rule, key, taken.allow)
    for name, text in given.items():
        if not isinstance(text, str):
            raise RuleError(f"Rule {rule.id}: {name} is {text!r}, and a text is meant: put it in quotes.")
    if type(rule.identity) is not bool or type(rule.finding) not in (int, type(None)):
        raise RuleError(f"Rule {rule.id}: identity is true or false, and finding a whole number.")


def _allowance(rule: Rule, key: str, allow: Any) -> None:
    number = allow
    if isinstance(allow, str):
        try:
            number = float(allow.removesuffix("%")) if allow else 0
        except ValueError:
            number = math.nan
    if not _is_number(number) or number < 0:
        raise RuleError(
            f"Rule {rule.id}: allow of {key} is {allow!r}: an amount of 0 or more, or a share such as '5%'."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST_NUMBER


def comparisons(test: Test) -> tuple[Comparison, ...]:
    """Comparisons of a test, from left to right."""
    if isinstance(test, Comparison):
        return (test,)
    return tuple(comparison for part in test.parts for comparison in comparisons(part))


def _refuse_unknown(rule: Rule, formula: Formula, known: set[str]) -> None:
    if unknown := sorted(set(formula.names) - known):
        raise RuleError(f"Rule {rule.id}: {formula.text!r} uses {', '.join(unknown)}, which nothing before it defines.")
