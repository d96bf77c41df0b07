"""The verification record is complete, names tests that exist, and ties notice what is off."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.data import read
from analysis.linkages import key_sectors, ras
from tests.verification import COLUMNS, RECORD, Ties, public_functions, stated

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def rows():
    return read(RECORD)


def test_every_public_function_has_been_compared_with_something(rows):
    assert sorted(set(public_functions()) - set(rows["function"])) == []


def test_every_function_of_the_record_is_public(rows):
    assert sorted(set(rows["function"]) - set(public_functions())) == []


def test_every_test_of_the_record_makes_its_comparison(rows):
    """A row whose test has gone, or no longer names the function, claims what nobody checks."""
    for path, part in rows.groupby(rows["test"].str.split("::").str[0]):
        source = (ROOT / path).read_text(encoding="utf-8")
        tests = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
        for test, function in zip(part["test"].str.split("::").str[1], part["function"], strict=True):
            node = tests[test]
            assert "tie" in [argument.arg for argument in node.args.args], test
            names = {n.id for part in [node, *node.decorator_list] for n in ast.walk(part) if isinstance(n, ast.Name)}
            names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            assert function.rsplit(".", 1)[1] in names, (test, function)


def test_no_difference_of_the_record_exceeds_its_tolerance(rows):
    exact = rows["tolerance"] == 0
    assert (rows["difference"] <= rows["tolerance"])[~exact].all()
    assert (rows["difference"][exact] <= 1e-12).all()


@pytest.mark.parametrize(
    ("difference", "kind", "tolerance", "expected"),
    [
        (4.21e-5, "published", 1e-4, 5e-5),
        (4.00000000001e-5, "published", 1e-4, 4e-5),
        (4.9999e-5, "published", 4.99995e-5, 4.99995e-5),
        (3e-15, "published", 1e-9, 1e-12),
        (3e-11, "naive", 1e-6, 1e-9),
        (0.0, "identity", 0.0, 1e-12),
        (3e-16, "naive", 1e-14, 1e-14),
    ],
)
def test_differences_are_rounded_up(difference, kind, tolerance, expected):
    assert stated(difference, kind, tolerance) == expected
    assert stated(difference, kind, tolerance) >= difference * (1 - 1e-6)


def known(difference):
    test = "tests/test_verification.py::test_a_tie_keeps_what_it_finds"
    return pd.DataFrame([("linkages.ras", "published", "a book", test, "absolute", difference, 0.1)], columns=COLUMNS)


def test_a_tie_keeps_what_it_finds():
    ties = Ties(None)
    ties(ras, [1.0, 2.0], [1.01, 2.0], kind="published", source="a book", atol=0.1)
    ties(ras, [1.02, 2.0], [1.0, 2.0], kind="published", source="a book", atol=0.1)
    pd.testing.assert_frame_equal(ties.rows(), known(0.02))
    Ties(known(0.02))(ras, [1.02], [1.0], kind="published", source="a book", atol=0.1)
    with pytest.raises(pytest.fail.Exception, match=r"linkages\.ras is 0\.03 off, and the record says 0\.02"):
        Ties(known(0.02))(ras, [1.03], [1.0], kind="published", source="a book", atol=0.1)
    with pytest.raises(pytest.fail.Exception, match="is not in data/verification/record"):
        Ties(known(0.02))(ras, [1.0], [1.0], kind="published", source="another book", atol=0.1)


def test_a_relative_difference_is_the_one_that_the_tolerance_bounds():
    ties = Ties(None)
    ties(ras, [1e3, 1e-9, np.nan, np.inf], [1001, 0, np.nan, np.inf], kind="naive", source="x", rtol=1e-2, atol=1e-6)
    ((difference, tolerance),) = ties.found.values()
    assert (difference, tolerance) == (pytest.approx(1 / (1001 + 1e-4)), 1e-2)


def test_ties_fail_like_any_comparison():
    ties = Ties(None)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        ties(ras, [1.0], [1.2], kind="naive", source="x", atol=0.1)
    with pytest.raises(AssertionError, match="Arrays are not equal"):
        ties(key_sectors, ["key"], ["pull"], kind="naive", source="x")
    with pytest.raises(ValueError, match="kind must be one of"):
        ties(ras, [1.0], [1.0], kind="proved", source="x")
    assert ties.found == {}
