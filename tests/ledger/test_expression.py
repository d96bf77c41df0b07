import ast
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ledger.expression import ExpressionError, Formula, evaluate, parse_formula, parse_test
from analysis.ledger.interval import Interval

BOX = {"x": Interval(1, 2, True, False), "y": Interval(-1, 3), "z": Interval(0.5, 0.75)}
# formulas that use names more than once: rising, falling, and turning inside the box
FORMULAS = [
    "x / (1 + x)",
    "x - x",
    "((1 + x) / (1 + x - z)) ** 4",
    "(x - z) / log(x / z)",
    "x * x - 3 * x",
    "y * y * y - y + x * y",
    "x * y / (x + y + 2)",
    "max(x, y) - x",
    "min(x, y, z) + x",
    "exp(x) - x ** 2 / z + sqrt(x)",
    "x ** x - z * x",
    "(1 - z / 2) * x - z * (x - 1)",
]


def sample(text, box, count=4000):
    draw = np.random.default_rng(1)
    # random points, and all corners
    points = {n: draw.uniform(i.lower, i.upper, count) for n, i in box.items()}
    for k in range(2 ** len(box)):
        for bit, (name, interval) in enumerate(box.items()):
            points[name][k] = interval.upper if k >> bit & 1 else interval.lower
    functions = {
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "min": lambda *a: np.minimum.reduce(a),
        "max": lambda *a: np.maximum.reduce(a),
    }
    return eval(text, {"__builtins__": {}}, functions | points)


@pytest.mark.parametrize("text", FORMULAS)
def test_range_holds_all_values_and_is_no_wider_than_needed(text):
    found, values = evaluate(text, BOX), np.broadcast_to(sample(text, BOX), 4000)
    slack = 1e-9
    assert found.lower - slack <= values.min() and values.max() <= found.upper + slack
    # sampling falls short of the ends by a little only
    room = 0.02 * max(values.max() - values.min(), 1e-9)
    assert found.lower >= values.min() - room and found.upper <= values.max() + room


def test_turning_point_inside_the_box():
    assert evaluate("x * x - 3 * x", BOX).lower == pytest.approx(-2.25, abs=1e-6)
    assert evaluate("y * y", BOX) == Interval(0, 9)


def test_open_ends_survive():
    assert evaluate("x / (1 + x)", BOX) == Interval(0.5, 2 / 3, True, False)
    assert evaluate("1 - x", BOX) == Interval(-1, 0, False, True)


@settings(max_examples=50)
@given(st.floats(0.1, 5), st.floats(0.01, 2), st.floats(0.1, 5), st.floats(0.01, 2))
def test_share_identity_equals_its_corners(a, width_a, b, width_b):
    box = {"a": Interval(a, a + width_a), "b": Interval(b, b + width_b)}
    found = evaluate("a / (a + b)", box)
    assert found.lower == pytest.approx(a / (a + b + width_b))
    assert found.upper == pytest.approx((a + width_a) / (a + width_a + b))


def test_a_side_without_end():
    box = {"p": Interval(600, math.inf, False), "q": Interval(1, 2)}
    assert evaluate("p / q", box) == Interval(300, math.inf, False)
    with pytest.raises(ExpressionError, match="no end"):
        evaluate("p / (1 + p)", box)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "x.real",
        "lambda: 1",
        "x if x else 1",
        "'a'",
        "True + 1",
        "max()",
        "x[0]",
        "f(x)",
        "x // 2",
        "x @ x",
    ],
)
def test_nothing_but_arithmetic_is_parsed(text):
    with pytest.raises(ExpressionError, match="not allowed"):
        parse_formula(text)


def test_errors_say_what_is_wrong():
    with pytest.raises(ExpressionError, match="not a formula"):
        parse_formula("x +")
    with pytest.raises(ExpressionError, match="uses w"):
        evaluate("x + w", BOX)
    with pytest.raises(ExpressionError, match="holds zero"):
        evaluate("1 / y", BOX)
    with pytest.raises(ExpressionError, match="not a comparison"):
        parse_test("x + 1")
    with pytest.raises(ExpressionError, match="not a comparison"):
        parse_test("1 < x < 2")


def test_a_name_like_a_function_is_a_name():
    assert parse_formula("max(max, 1)").names == {"max": 1}


def test_a_tree_that_was_never_checked_is_refused():
    unchecked = ast.parse("x % x", mode="eval").body
    with pytest.raises(ExpressionError, match="parse it with parse_formula"):
        evaluate(Formula("x % x", unchecked), BOX | {"x": Interval.point(1)})
    with pytest.raises(ExpressionError, match="parse it with parse_formula"):
        evaluate(Formula("(x, x)", ast.parse("(x, x)", mode="eval").body), BOX)
