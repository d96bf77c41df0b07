"""Formulas over intervals: a small, safe language, and the exact range of a formula over a box.

A formula is arithmetic on names and numbers: ``+ - * / **`` and ``exp``, ``log``, ``sqrt``, ``min``, ``max``. A test
joins comparisons (``== < <= > >=``) of formulas with ``and`` and ``or``. Nothing else is parsed, and nothing is run.

Plain interval arithmetic takes every use of a name as independent, so ``x / (1 + x)`` comes out too wide. `evaluate`
therefore looks at the slope of the formula, itself computed with intervals. Where the slope keeps its sign over the
whole box the range lies between two corners and is exact. Elsewhere the box is cut into smaller ones until the range
from outside and the values seen inside agree.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, reduce

from analysis.ledger.interval import Interval, IntervalError, exp, log, maximum, minimum, sqrt

Box = Mapping[str, Interval]
"""An interval for each name."""

FUNCTIONS: dict[str, Callable[..., Interval]] = {"exp": exp, "log": log, "sqrt": sqrt, "min": minimum, "max": maximum}
OPERATORS: dict[type[ast.cmpop], str] = {ast.Eq: "==", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
PRECISION = 1e-7
"""Where a range has no exact form: the largest gap between bounds from outside and inside, as part of the range."""
MOST_BOXES = 20_000
MOST_STEPS = 200_000
"""How many operations the range of one formula may take: a few seconds."""
MOST_CHARACTERS = 2_000
MOST_DEPTH = 60
MOST_NODES = 10_000
MOST_NUMBER = 1e100
"""How long and how deep a formula may be, and how large once quantities stand for their own formulas."""

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


class ExpressionError(ValueError):
    """A formula outside the language, or one whose range cannot be bounded."""


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    text : str
        As written.
    tree : ast.expr
        As parsed.
    """

    text: str
    tree: ast.expr

    @cached_property
    def names(self) -> Counter[str]:
        """How often each name is used."""
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        return Counter(n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in called)

    def substitute(self, formulas: Mapping[str, Formula]) -> Formula:
        """Put formulas in the place of names, once."""
        return Formula(self.text, _Substitution(formulas).visit(deepcopy(self.tree)))

    @cached_property
    def size(self) -> int:
        """How many operations, names and numbers it has."""
        return sum(1 for _ in ast.walk(self.tree))

    def __sub__(self, other: Formula) -> Formula:
        """Subtract, as formulas."""
        return Formula(f"{self.text} - ({other.text})", ast.BinOp(self.tree, ast.Sub(), other.tree))


@dataclass(frozen=True)
class Comparison:
    """Two formulas and what is asked of them: ``left operator right``."""

    left: Formula
    operator: str
    right: Formula


@dataclass(frozen=True)
class Junction:
    """Tests that must all hold ("and"), or of which one must ("or")."""

    word: str
    parts: tuple[Test, ...]


Test = Comparison | Junction


class _Substitution(ast.NodeTransformer):
    def __init__(self, formulas: Mapping[str, Formula]) -> None:
        self.formulas = formulas

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Leave the name of a function alone."""
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a name that has a formula."""
        return self.formulas[node.id].tree if node.id in self.formulas else node


def parse_formula(text: str | float) -> Formula:
    """Parse arithmetic; anything outside the language is an error that points at it."""
    tree = _tree(text)
    _check(tree, text, MOST_DEPTH)
    return Formula(str(text), tree)


def parse_test(text: str) -> Test:
    """Parse comparisons joined by ``and`` and ``or``."""
    return _test(_tree(text), text, MOST_DEPTH)


def _tree(text: str | float) -> ast.expr:
    if len(str(text)) > MOST_CHARACTERS:
        raise ExpressionError(f"{str(text)[:40]!r}... has {len(str(text))} characters: {MOST_CHARACTERS} at most.")
    try:
        with warnings.catch_warnings():
            # Python remarks on what reads oddly; it is refused below, or means what it says
            warnings.simplefilter("ignore")
            return ast.parse(str(text), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{text!r} is not a formula: {error.msg}.") from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(f"{str(text)[:40]!r} is not a formula: it nests too deep, or is no text.") from None


def _too_deep(text: str | float) -> ExpressionError:
    return ExpressionError(f"{str(text)[:40]!r}... nests deeper than {MOST_DEPTH} levels: use quantities in between.")


def _test(node: ast.expr, text: str, depth: int) -> Test:
    if not depth:
        raise _too_deep(text)
    if isinstance(node, ast.BoolOp):
        word = "and" if isinstance(node.op, ast.And) else "or"
        return Junction(word, tuple(_test(v, text, depth - 1) for v in node.values))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
        sides = [node.left, node.comparators[0]]
        for side in sides:
            _check(side, text, depth)
        left, right = (Formula(ast.unparse(side), side) for side in sides)
        return Comparison(left, OPERATORS[type(node.ops[0])], right)
    raise ExpressionError(f"{ast.unparse(node)!r} in {text!r} is not a comparison of two formulas.")


def _check(node: ast.expr, text: str | float, depth: int) -> None:
    if not depth:
        raise _too_deep(text)
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if abs(number) > MOST_NUMBER:
                raise ExpressionError(f"{text!r} holds a number beyond {MOST_NUMBER:g}.")
            return
        case ast.Name():
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            parts = [node.operand]
        case ast.BinOp() if isinstance(node.op, _ARITHMETIC):
            parts = [node.left, node.right]
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS and node.args:
            parts = node.args
        case _:
            raise ExpressionError(
                f"{ast.unparse(node)!r} in {text!r} is not allowed: formulas are numbers, names, + - * / ** "
                f"and {', '.join(FUNCTIONS)}."
            )
    for part in parts:
        _check(part, text, depth - 1)


def evaluate(formula: Formula | str, box: Box) -> Interval:
    """Range of a formula over a box.

    Parameters
    ----------
    formula : Formula or str
    box : mapping of str to Interval
        An interval for each name.

    Returns
    -------
    Interval
        Every value that the formula takes while each name runs through its interval. Exact, open and closed ends
        included, if each name that may vary is used once, or if the formula rises or falls throughout in those used
        more often; otherwise the ends lie within `PRECISION` of the range outside the true ones. Where a formula is
        flat along an open edge of the box, an end that is attained may come out open.

    Raises
    ------
    ExpressionError
        If a name has no interval, an operation is not defined on the box, or a name without an end is used more than
        once so that no bound follows.
    """
    if isinstance(formula, str):
        formula = parse_formula(formula)
    if unknown := [name for name in formula.names if name not in box]:
        raise ExpressionError(f"{formula.text!r} uses {', '.join(unknown)}, which has no value.")
    again = [name for name, count in formula.names.items() if count > 1 and not box[name].is_point]
    try:
        if not again:
            return _value(formula.tree, box)
        bounds = _corners(formula.tree, box, again)
        return _cut(formula, box, again) if bounds is None else bounds
    except IntervalError as error:
        raise ExpressionError(f"{formula.text!r}: {error}") from error
    except ArithmeticError as error:
        raise ExpressionError(f"{formula.text!r} leaves the numbers that a computer can hold.") from error


def _value(node: ast.expr, box: Box) -> Interval:
    """Plain interval arithmetic."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return Interval.point(number)
        case ast.Name():
            return box[node.id]
        case ast.UnaryOp():
            value = _value(node.operand, box)
            return -value if isinstance(node.op, ast.USub) else value
        case ast.Call(func=ast.Name(id=function)):
            return FUNCTIONS[function](*(_value(argument, box) for argument in node.args))
        case ast.BinOp():
            left, right = _value(node.left, box), _value(node.right, box)
            match node.op:
                case ast.Add():
                    return left + right
                case ast.Sub():
                    return left - right
                case ast.Mult():
                    return left * right
                case ast.Div():
                    return left / right
                case ast.Pow():
                    return left**right
    raise ExpressionError(f"{ast.unparse(node)!r} is no formula: parse it with parse_formula.")


def _slope(node: ast.expr, box: Box, name: str) -> tuple[Interval, Interval]:
    """Value of a formula and interval that holds its partial derivative in one name everywhere in the box."""
    nothing = Interval.point(0)
    match node:
        case ast.Constant():
            return _value(node, box), nothing
        case ast.Name():
            return box[node.id], Interval.point(1) if node.id == name else nothing
        case ast.UnaryOp():
            value, slope = _slope(node.operand, box, name)
            return (-value, -slope) if isinstance(node.op, ast.USub) else (value, slope)
        case ast.Call(func=ast.Name(id=function)):
            return _call_slope(function, node.args, box, name)
        case ast.BinOp(left=left, op=operator, right=right):
            return _joint_slope(operator, _slope(left, box, name), _slope(right, box, name))
    raise ExpressionError(f"{ast.unparse(node)!r} is no formula: parse it with parse_formula.")


def _joint_slope(
    operator: ast.operator, left: tuple[Interval, Interval], right: tuple[Interval, Interval]
) -> tuple[Interval, Interval]:
    (a, da), (b, db) = left, right
    nothing = Interval.point(0)
    match operator:
        case ast.Add():
            return a + b, da + db
        case ast.Sub():
            return a - b, da - db
        case ast.Mult():
            return a * b, da * b + a * db
        case ast.Div():
            return a / b, (da * b - a * db) / b**2
    if db == nothing:
        return a**b, nothing if da == nothing else b * a ** (b - 1) * da
    return a**b, a**b * (db * log(a) + b * da / a)


def _call_slope(function: str, arguments: list[ast.expr], box: Box, name: str) -> tuple[Interval, Interval]:
    parts = [_slope(argument, box, name) for argument in arguments]
    values = [value for value, _ in parts]
    result = FUNCTIONS[function](*values)
    value, slope = parts[0]
    match function:
        case "exp":
            return result, result * slope
        case "log":
            return result, slope / value
        case "sqrt":
            return result, slope / (2 * result)
    # the slope of a least or greatest value is that of any argument which may be the one chosen
    chosen = [s for v, s in parts if v.overlaps(result)]
    for other in chosen[1:]:
        chosen[0] = chosen[0].hull(other)
    return result, chosen[0]


def _corners(tree: ast.expr, box: Box, names: Sequence[str]) -> Interval | None:
    """Exact range, if the formula rises or falls throughout in each of the names; None if that cannot be told."""
    low, high = dict(box), dict(box)
    attained = [True, True]
    for name in names:
        side, (_, slope) = box[name], _slope(tree, box, name)
        if slope.lower >= 0:
            ends = [(side.lower, side.lower_closed), (side.upper, side.upper_closed)]
        elif slope.upper <= 0:
            ends = [(side.upper, side.upper_closed), (side.lower, side.lower_closed)]
        else:
            return None
        if math.isinf(side.width):
            raise ExpressionError(
                f"{name} has no end and is used more than once in {ast.unparse(tree)!r}: write it so that {name} "
                "comes once."
            )
        low[name], high[name] = (Interval.point(end) for end, _ in ends)
        moves = slope != Interval.point(0)
        attained = [was and (closed or not moves) for was, (_, closed) in zip(attained, ends, strict=True)]
    bottom, top = _value(tree, low), _value(tree, high)
    if bottom.lower >= top.upper:
        return Interval.point((bottom.lower + top.upper) / 2)  # no more than rounding apart
    return Interval(bottom.lower, top.upper, bottom.lower_closed and attained[0], top.upper_closed and attained[1])


def _cut(formula: Formula, box: Box, names: Sequence[str]) -> Interval:
    """Range by cutting the box until what is seen from outside and from inside agree."""
    if endless := [name for name in names if math.isinf(box[name].width)]:
        raise ExpressionError(f"No bound for {formula.text!r}: {endless[0]} has no end and is used more than once.")
    waiting: list[Box] = [box]
    seen: list[Interval] = []
    left = MOST_STEPS / formula.size
    for _ in range(64):
        rough: list[tuple[Box, Interval]] = []
        left -= len(waiting) * (len(names) + 1)
        for part in waiting:
            bounds = _corners(formula.tree, part, names)
            if bounds is None:
                rough.append((part, _value(formula.tree, part)))
                middle = {**part} | {name: Interval.point(part[name].midpoint) for name in names}
                bounds = _value(formula.tree, middle)
            seen.append(bounds)
        done = reduce(Interval.hull, seen)
        seen = [done]
        outside = reduce(Interval.hull, (bounds for _, bounds in rough), done)
        if outside.width - done.width <= PRECISION * outside.width:
            return outside
        # only a box that may reach beyond what has been seen can still widen the range
        wider = [part for part, bounds in rough if bounds.lower < done.lower or bounds.upper > done.upper]
        waiting = [half for part in wider for half in _halves(part, box, names)]
        if len(waiting) > MOST_BOXES or len(waiting) * (len(names) + 1) > left:
            break
    raise ExpressionError(
        f"No range for {formula.text!r}: between {done} and {outside} after cutting the box into {len(waiting)} "
        "pieces. Write the formula so that names come once."
    )


def _halves(part: Box, box: Box, names: Sequence[str]) -> Iterator[Box]:
    name = max(names, key=lambda n: part[n].width / box[n].width)
    side, middle = part[name], part[name].midpoint
    yield {**part} | {name: Interval(side.lower, middle, side.lower_closed, True)}
    yield {**part} | {name: Interval(middle, side.upper, True, side.upper_closed)}
