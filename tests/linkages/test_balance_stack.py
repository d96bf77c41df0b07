"""Many matrices balanced at once: the same as one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.linkages import BalancingError, balance, balance_stack, gras, ras


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**31), st.booleans())
def test_stack_is_each_by_itself(tie, b, n, m, seed, signed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.1, 9, (b, n, m))
    if signed:
        X[:, rng.integers(n), rng.integers(m)] *= -0.01
    goal = X * rng.uniform(0.7, 1.4, X.shape)
    found = balance_stack(X, goal.sum(axis=2), goal.sum(axis=1), tolerance=1e-12)
    for k in range(b):
        one = (gras if signed else ras)(X[k], goal[k].sum(axis=1), goal[k].sum(axis=0)).matrix
        tie(balance_stack, found[k], one, kind="naive", source="one matrix at a time", atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=2), goal.sum(axis=2), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), goal.sum(axis=1), rtol=1e-9, atol=1e-9)


def test_sums_of_nought_empty_their_lines():
    X = np.array([[[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, -1.0]]])
    found = balance_stack(X, [[0.0, 5.0], [0.0, 2.0]], [[2.0, 3.0], [3.0, -1.0]])
    assert (found[:, 0] == 0).all()
    np.testing.assert_allclose(found[:, 1], [[2, 3], [3, -1]])


def test_a_line_of_both_signs_keeps_its_cells_at_a_sum_of_nought():
    X = np.array([[[1.0, -1.0, 2.0], [3.0, 4.0, -5.0]]])
    rows, columns = np.array([[0.0, 3.0]]), np.array([[4.0, 3.0, -4.0]])
    found = balance_stack(X, rows, columns)
    assert (np.sign(found) == np.sign(X)).all()
    np.testing.assert_allclose(found[0], gras(X[0], rows[0], columns[0]).matrix, rtol=1e-7)


def test_slow_matrices_get_there_by_newton_steps():
    # One cell must all but vanish: alternate scaling crawls.
    X = np.array([[[1e-9, 1.0], [1.0, 1e-3]], [[1.0, 1.0], [1.0, 1.0]]])
    rows, columns = np.array([[1.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 1.0], [2.0, 2.0]])
    found = balance_stack(X, rows, columns, tolerance=1e-9, sweeps=2)
    np.testing.assert_allclose(found.sum(axis=2), rows, atol=1e-8)
    np.testing.assert_allclose(found.sum(axis=1), columns, atol=1e-8)


@pytest.mark.parametrize("signed", [False, True])
def test_ordinary_matrices_need_no_newton_steps(monkeypatch, signed):
    """They are what the time is saved for."""
    monkeypatch.setattr(balance, "gras", None)
    rng = np.random.default_rng(5)
    X = rng.uniform(1, 9, (20, 6, 7)) * 1e-6
    if signed:
        X[:, 2, 3] *= -0.2
    goal = X * rng.uniform(0.8, 1.25, X.shape)
    found = balance_stack(X, goal.sum(axis=2), goal.sum(axis=1), tolerance=1e-10)
    np.testing.assert_allclose(found.sum(axis=2), goal.sum(axis=2), rtol=1e-8)


def test_bad_input_is_named():
    X = np.ones((2, 2, 2))
    with pytest.raises(InputError, match=r"matrices \(2, 2, 2\) need rows"):
        balance_stack(X, np.ones((2, 3)), np.ones((2, 2)))
    with pytest.raises(InputError, match="matrix 1: row sums add up to 3"):
        balance_stack(X, [[1, 1], [1, 2]], [[1, 1], [1, 1]])
    for k, name in enumerate(("matrices", "row sums", "column sums")):
        given = [X.copy(), np.ones((2, 2)), np.ones((2, 2))]
        given[k].flat[1] = np.nan
        with pytest.raises(InputError, match=f"the {name} hold 1 values that are not finite"):
            balance_stack(*given)
    X[1, 0] = 0.0
    with pytest.raises(BalancingError, match="matrix 1 of the stack: no cell of the right sign in rows 0"):
        balance_stack(X, np.ones((2, 2)), np.ones((2, 2)))
