"""The audit: every rule put to the ledger and to the data, and what comes out."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import read
from analysis.ledger.expression import Comparison, Test, evaluate
from analysis.ledger.interval import Interval
from analysis.ledger.ledger import Ledger
from analysis.ledger.rules import MOST_DECIMALS, Read, Rule, RuleError, comparisons

OUTCOMES = ("inconsistent", "cannot be tested", "consistent", "derived")
"""What a rule may come to, the most telling first."""

NO_RULE = "in no rule"

_SAMPLES = 50
_ROUNDING = 1e-9


@dataclass(frozen=True)
class RuleResult:
    """What came of one rule.

    Attributes
    ----------
    rule : Rule
    outcome : str
        One of `OUTCOMES`. A rule is inconsistent if no choice of numbers within the intervals passes its test, and
        consistent if some choice does. It is derived if the test holds by construction.
    decisive : Comparison
        The comparison that decides.
    computed, stated : Interval or None
        Its left and right side; None where a statistic is missing.
    without : tuple of str
        Statistics without which the rule cannot be tested.
    values : mapping of str to Interval
        All inputs and quantities that could be computed, by name.
    explanation : str
        The rule's explanation, with numbers.
    """

    rule: Rule
    outcome: str
    decisive: Comparison
    computed: Interval | None
    stated: Interval | None
    without: tuple[str, ...]
    values: Mapping[str, Interval]
    explanation: str

    @property
    def id(self) -> str:
        """Id of the rule."""
        return self.rule.id


def audit(ledger: Ledger, rules: Iterable[Rule], read: Read = read) -> tuple[RuleResult, ...]:
    """Put every rule to the figures and the data.

    Parameters
    ----------
    ledger : Ledger
    rules : iterable of Rule
    read : callable
        From a record id to a table.

    Returns
    -------
    tuple of RuleResult
        In the order of the rules.

    Raises
    ------
    RuleError
        If a rule asks for a figure, row or table that is not there, declares an identity that is none, or cannot be
        computed; the message names the rule and the reason.
    """
    once = cache(read)  # many rules look into the same table
    return tuple(_result(rule, ledger, once) for rule in rules)


def findings(results: Iterable[RuleResult]) -> tuple[RuleResult, ...]:
    """Results that an audit leads with, in their order."""
    places = [(r.rule.finding, r) for r in results if r.rule.finding is not None]
    return tuple(r for _, r in sorted(places, key=lambda pair: pair[0]))


def table(results: Sequence[RuleResult]) -> pd.DataFrame:
    """Results as a table.

    Returns
    -------
    DataFrame
        Index: id of the rule. Columns: title, kind, outcome, computed, stated, without, condition, explanation,
        figures, records.
    """
    return pd.DataFrame(
        {
            "title": [r.rule.title for r in results],
            "kind": [r.rule.kind for r in results],
            "outcome": [r.outcome for r in results],
            "computed": [r.computed for r in results],
            "stated": [r.stated for r in results],
            "without": ["; ".join(r.without) for r in results],
            "condition": [r.rule.condition for r in results],
            "explanation": [r.explanation for r in results],
            "figures": [r.rule.figures for r in results],
            "records": [r.rule.records for r in results],
        },
        index=pd.Index([r.id for r in results], name="rule"),
    )


def uses(ledger: Ledger, rules: Iterable[Rule], claims: pd.DataFrame) -> pd.DataFrame:
    """Which rules and which claims rest on each figure.

    Parameters
    ----------
    ledger : Ledger
    rules : iterable of Rule
    claims : DataFrame
        Columns id and figures, the latter ids joined by ";".

    Returns
    -------
    DataFrame
        Index: id of the figure. Columns rules and claims: tuples of ids.

    Raises
    ------
    LedgerError
        If a rule or a claim names a figure that is not in the ledger.
    """
    by_rule: dict[str, list[str]] = {figure.id: [] for figure in ledger.figures}
    by_claim: dict[str, list[str]] = {figure.id: [] for figure in ledger.figures}
    for rule in rules:
        for figure in rule.figures:
            by_rule[ledger.figure(figure).id].append(rule.id)
    for claim, figures in zip(claims["id"], claims["figures"], strict=True):
        for figure in filter(None, figures.split(";")):
            by_claim[ledger.figure(figure).id].append(claim)
    return pd.DataFrame(
        {"rules": map(tuple, by_rule.values()), "claims": map(tuple, by_claim.values())},
        index=pd.Index(list(by_rule), name="figure"),
    )


def standing(ledger: Ledger, results: Iterable[RuleResult], claims: pd.DataFrame) -> pd.DataFrame:
    """How every figure fares.

    Returns
    -------
    DataFrame
        Index: id of the figure. Columns: section, subject, printed, interval, qualifier, unit, rules, claims, and
        outcome: the most telling outcome among the rules that use the figure, or `NO_RULE`.
    """
    used = uses(ledger, [r.rule for r in results], claims)
    outcome = {r.id: r.outcome for r in results}
    figures = ledger.figures
    return pd.DataFrame(
        {
            "section": [f.section for f in figures],
            "subject": [f.subject_en for f in figures],
            "printed": [f.printed for f in figures],
            "interval": [f.interval for f in figures],
            "qualifier": [f.qualifier for f in figures],
            "unit": [f.unit for f in figures],
            "rules": used["rules"].tolist(),
            "claims": used["claims"].tolist(),
            "outcome": [
                min((outcome[r] for r in rules), key=OUTCOMES.index, default=NO_RULE) for rules in used["rules"]
            ],
        },
        index=used.index,
    )


def _result(rule: Rule, ledger: Ledger, read: Read) -> RuleResult:
    try:
        box = {name: given.interval(ledger, read) for name, given in rule.inputs.items()}
        missing = {name: given.missing for name, given in rule.inputs.items() if given.missing}
        known = {name: interval for name, interval in box.items() if interval is not None}
        values = dict(known)
        for name, quantity in rule.quantities.items():
            formula = rule.in_inputs(quantity.formula)
            if not missing.keys() & formula.names.keys():
                values[name] = evaluate(formula, known)
        explanation = _explain(rule, values, ledger)
        if rule.identity:
            return _identity(rule, known, values, explanation)
        truths = {id(c): _possible(rule, c, known, missing) for c in comparisons(rule.test)}
        truth = _join(rule.test, truths)
        outcome = {True: "consistent", False: "inconsistent", None: "cannot be tested"}[truth]
        decisive = next(c for c in comparisons(rule.test) if truths[id(c)] is truth)
        needed = [n for c in comparisons(rule.test) for s in (c.left, c.right) for n in rule.in_inputs(s).names]
        without = tuple(dict.fromkeys(missing[n] for n in needed if n in missing)) if truth is None else ()
        computed, stated = _sides(rule, decisive, known)
        return RuleResult(rule, outcome, decisive, computed, stated, without, values, explanation)
    except (ValueError, ArithmeticError) as error:
        raise RuleError(f"Rule {rule.id}: {error}") from error


def _sides(rule: Rule, comparison: Comparison, known: Mapping[str, Interval]) -> Iterator[Interval | None]:
    formulas = [rule.in_inputs(side) for side in (comparison.left, comparison.right)]
    return (evaluate(f, known) if f.names.keys() <= known.keys() else None for f in formulas)


def _possible(
    rule: Rule, comparison: Comparison, known: Mapping[str, Interval], missing: Mapping[str, str]
) -> bool | None:
    """Whether some numbers within the intervals pass a comparison; None if a statistic is missing."""
    left, right = rule.in_inputs(comparison.left), rule.in_inputs(comparison.right)
    if missing.keys() & (left.names + right.names).keys():
        return None
    if any(not known[name].is_point for name in left.names.keys() & right.names.keys()):
        # the sides move together: only their difference tells
        difference, zero = evaluate(left - right, known), Interval.point(0)
    else:
        difference, zero = evaluate(left, known), evaluate(right, known)
    match comparison.operator:
        case "==":
            return difference.overlaps(zero)
        case "<=" | "<":
            return difference.may_be_below(zero, strictly=comparison.operator == "<")
        case _:  # >= or >
            return zero.may_be_below(difference, strictly=comparison.operator == ">")


def _join(test: Test, truths: Mapping[int, bool | None]) -> bool | None:
    """Truth of a test in three values: a missing statistic leaves open only what nothing else decides."""
    if isinstance(test, Comparison):
        return truths[id(test)]
    parts = [_join(part, truths) for part in test.parts]
    decides = test.word == "or"
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _identity(
    rule: Rule, known: Mapping[str, Interval], values: Mapping[str, Interval], explanation: str
) -> RuleResult:
    """Check at random points of the box that a test holds by construction, and so cannot fail."""
    draw = np.random.default_rng(0)
    for comparison in comparisons(rule.test):
        sides = [rule.in_inputs(side) for side in (comparison.left, comparison.right)]
        for _ in range(_SAMPLES):
            point = {n: Interval.point(draw.uniform(i.lower, i.upper)) for n, i in known.items()}
            left, right = (evaluate(side, point).midpoint for side in sides)
            if abs(left - right) > _ROUNDING * max(abs(left), abs(right), 1):
                raise RuleError(
                    f"{comparison.left.text} = {comparison.right.text} is declared an identity, and they "
                    f"differ by {left - right:g}."
                )
    decisive = comparisons(rule.test)[0]
    # the sides are the same number, so that the one more easily bounded tells both
    common = evaluate(rule.in_inputs(decisive.right), known)
    return RuleResult(rule, "derived", decisive, common, common, (), values, explanation)


@dataclass(frozen=True)
class _Shown:
    """What a template prints for a name: a printed figure in words, anything else as numbers.

    The format spec is the number of decimals.
    """

    interval: Interval
    decimals: int
    words: str = ""

    def __format__(self, spec: str) -> str:
        if spec and not (spec.isascii() and spec.isdigit() and int(spec) <= MOST_DECIMALS):
            raise RuleError(
                f"the explanation asks for {spec!r} decimals: a whole number up to {MOST_DECIMALS} is meant."
            )
        return self.words or self.interval.prose(int(spec) if spec else self.decimals)


class _Template(string.Formatter):
    """Names in braces and their decimals, nothing else: no attributes, items or conversions of what is shown."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Look a name up as it stands: with a dot or a bracket in it, it is none."""
        return self.get_value(field_name, args, kwargs), field_name

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what is shown for a name."""
        return kwargs[str(key)]

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        """Refuse a conversion."""
        if conversion:
            raise RuleError(f"the explanation asks for !{conversion}: write the name, and decimals after a colon.")
        return value


def _explain(rule: Rule, values: Mapping[str, Interval], ledger: Ledger) -> str:
    shown = {}
    for name, interval in values.items():
        if name in rule.quantities:
            shown[name] = _Shown(interval, rule.quantities[name].decimals)
        else:
            given = rule.inputs[name]
            as_printed = given.figure and not given.end and not given.allow
            shown[name] = _Shown(interval, 0, ledger.figure(given.figure).words if as_printed else "")
    try:
        return _Template().vformat(rule.explanation, (), shown)
    except KeyError as error:
        raise RuleError(f"the explanation shows {error}, which is missing or unknown.") from None
