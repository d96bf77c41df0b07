import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, sparse

from analysis.labels import InputError
from analysis.linkages import BalancingError, gras, ras
from tests.examples import case


def plain_ras(X, u, v, sweeps):
    r, s = np.ones(len(u)), np.ones(len(v))
    for _ in range(sweeps):
        r = u / (X @ s)
        s = v / (X.T @ r)
    return r[:, None] * X * s


def test_miller_blair(tie):
    c = case("ras_miller_blair")
    x = np.array(c["x1"])
    result = ras(np.array(c["A0"]) * x, c["u"], c["v"])
    tie(ras, result.matrix / x, c["expected"]["A_ras"], kind="computed", source=c["source"], rtol=1e-10)
    assert result.gap <= 1e-12
    scaled = result.row_factors[:, None] * (np.array(c["A0"]) * x) * result.column_factors
    np.testing.assert_allclose(scaled, result.matrix, rtol=1e-14)


def test_junius_oosterhaven(tie):
    c = case("gras_junius_oosterhaven")
    result = gras(c["X0"], c["u"], c["v"])
    tie(gras, result.matrix, c["expected"]["published"], kind="published", source=c["source"], atol=2e-6)
    tie(gras, result.matrix, c["expected"]["converged"], kind="computed", source=c["source"], atol=1e-9)
    np.testing.assert_allclose(result.matrix.sum(axis=1), c["u"], atol=1e-10)
    np.testing.assert_allclose(result.matrix.sum(axis=0), c["v"], atol=1e-10)
    assert (result.sweeps < 100, result.newton_steps) == (True, 0)
    assert ras([[1.0, 2.0], [3.0, 4.0]], [3.0, 7.0], [4.0, 6.0]).sweeps == 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8))
def test_ras_finds_the_hidden_factors(tie, seed, n, m):
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.1, 10, (n, m)) * (rng.random((n, m)) < 0.7)
    hidden = rng.uniform(0.2, 5, (n, 1)) * X * rng.uniform(0.2, 5, m)
    result = ras(X, hidden.sum(axis=1), hidden.sum(axis=0))
    tie(ras, result.matrix, hidden, kind="identity", source="the factors hidden in the sums", rtol=1e-7, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.integers(1, 7))
def test_gras_finds_the_hidden_factors_and_keeps_signs(tie, seed, n, m):
    rng = np.random.default_rng(seed)
    X = rng.normal(2, 3, (n, m)) * (rng.random((n, m)) < 0.8)
    r, s = rng.uniform(0.5, 2, (n, 1)), rng.uniform(0.5, 2, m)
    hidden = np.where(X > 0, r * X * s, X / r / s)
    result = gras(X, hidden.sum(axis=1), hidden.sum(axis=0))
    tie(gras, result.matrix, hidden, kind="identity", source="the factors hidden in the sums", rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(np.sign(result.matrix), np.sign(X))


def test_gras_minimises_the_information_gain():
    c = case("gras_junius_oosterhaven")
    X = np.array(c["X0"])
    live = X != 0

    def gain(z):
        return float(np.sum(np.abs(X[live]) * (z * np.log(z) - z + 1)))

    cells = np.argwhere(live)
    rows = np.array([[X[i, j] * (i == k) for i, j in cells] for k in range(3)])
    columns = np.array([[X[i, j] * (j == k) for i, j in cells] for k in range(4)])
    equal = {"type": "eq", "fun": lambda z: np.concatenate([rows @ z - c["u"], (columns @ z - c["v"])[:3]])}
    best = optimize.minimize(
        gain,
        np.ones(len(cells)),
        constraints=[equal],
        bounds=[(1e-6, None)] * len(cells),
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    np.testing.assert_allclose(gras(X, c["u"], c["v"]).matrix[live] / X[live], best.x, atol=1e-4)


def test_the_example_has_the_inputs_of_the_printed_objective():
    """The peer prints the least Σ (a + a0)²/a0 on these sums: with a plus, where a deviation wants a minus."""
    c = case("ras_miller_blair")
    a0, x = np.array(c["A0"]), np.array(c["x1"])
    rows = np.kron(np.eye(3), np.ones(3)) * np.tile(x, 3)
    columns = np.kron(np.ones(3), np.eye(3)) * np.tile(x, 3)
    equal = {"type": "eq", "fun": lambda a: np.concatenate([rows @ a - c["u"], (columns @ a - c["v"])[:2]]) / 300}
    bounds = [(1e-5, None)] * 9

    def least(sign):
        return optimize.minimize(
            lambda a: ((a + sign * a0.ravel()) ** 2 / a0.ravel()).sum(),
            a0.ravel(),
            constraints=[equal],
            bounds=bounds,
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )

    printed, meant = least(1), least(-1)
    assert printed.fun == pytest.approx(c["expected"]["objective_with_a_sum"], abs=5e-5)
    # The sums fix Σ a, so that the sign moves the objective and not the solution.
    np.testing.assert_allclose(printed.x, meant.x, atol=1e-4)
    # RAS minimises another distance: by that one it is nearer, by this one farther.
    balanced = ras(a0 * x, c["u"], c["v"]).matrix
    assert ((balanced / x - a0) ** 2 / a0).sum() > meant.fun + 0.01
    squared = np.maximum(meant.x.reshape(3, 3), 1e-5) * x
    assert (balanced * np.log(balanced / (a0 * x))).sum() < (squared * np.log(squared / (a0 * x))).sum()


def test_gras_of_a_positive_matrix_is_ras():
    c = case("ras_miller_blair")
    Z = np.array(c["A0"]) * c["x1"]
    np.testing.assert_allclose(gras(Z, c["u"], c["v"]).matrix, ras(Z, c["u"], c["v"]).matrix, rtol=1e-10)


def test_labels_and_kind_survive():
    X = pd.DataFrame([[1.0, 2.0], [3.0, 0.0]], index=["a", "b"], columns=["p", "q"])
    u, v = pd.Series([4.0, 3.0], index=X.index), pd.Series([4.0, 3.0], index=X.columns)
    framed = ras(X, u, v)
    assert framed.matrix.index.equals(X.index)
    assert framed.row_factors.index.tolist() == ["a", "b"]
    thin = ras(sparse.csr_array(X.to_numpy()), u.to_numpy(), v.to_numpy())
    assert sparse.issparse(thin.matrix)
    np.testing.assert_allclose(thin.matrix.toarray(), framed.matrix, rtol=1e-14)
    np.testing.assert_allclose(ras(X.to_numpy(), u, v).matrix, framed.matrix, rtol=1e-14)
    np.testing.assert_allclose(framed.matrix, [[1.0, 3.0], [3.0, 0.0]], rtol=1e-10)


def crawling(n=60, weak=1e-7):
    """Two dense blocks, tied by a few tiny cells, whose sums ask for a lot to cross."""
    rng = np.random.default_rng(3)
    X = np.kron(np.eye(2), rng.uniform(0.5, 1, (n // 2, n // 2)))
    X[0, -1] = X[-1, 0] = weak
    hidden = X * np.exp(rng.normal(0, 1, (n, 1)) + rng.normal(0, 1, n))
    return X, hidden.sum(axis=1), hidden.sum(axis=0), hidden


def test_newton_takes_over_where_scaling_crawls():
    X, u, v, hidden = crawling()
    slow = plain_ras(X, u, v, 2000)
    assert np.abs(slow.sum(axis=1) / u - 1).max() > 1e-12
    result = ras(X, u, v)
    assert result.sweeps == 100
    assert 1 <= result.newton_steps <= 20
    assert result.gap <= 1e-12
    np.testing.assert_allclose(result.matrix, hidden, rtol=1e-3)
    np.testing.assert_allclose(result.matrix.sum(axis=1), u, rtol=1e-11)


def test_large_and_sparse():
    rng = np.random.default_rng(5)
    n = 2000
    X = sparse.random_array((n, n), density=0.005, rng=rng, data_sampler=lambda size: rng.lognormal(0, 2, size)).tocsr()
    X = X + sparse.eye_array(n).tocsr()
    hidden = sparse.diags_array(rng.lognormal(0, 2, n)) @ X @ sparse.diags_array(rng.lognormal(0, 2, n))
    u, v = hidden.sum(axis=1), hidden.sum(axis=0)
    result = ras(X, u, v, tolerance=1e-10)
    assert result.gap <= 1e-10
    assert result.matrix.nnz == X.nnz
    np.testing.assert_allclose(result.matrix.sum(axis=0), v, rtol=1e-9)


def test_a_sum_of_zero_empties_its_line():
    result = ras([[1.0, 2.0], [3.0, 4.0]], [0.0, 7.0], [3.0, 4.0])
    np.testing.assert_allclose(result.matrix, [[0, 0], [3, 4]])
    assert result.row_factors[0] == 0
    mixed = gras([[1.0, -2.0], [3.0, 4.0]], [0.0, 7.0], [4.0, 3.0])
    np.testing.assert_allclose(mixed.matrix.sum(axis=1), [0, 7], atol=1e-10)
    assert mixed.matrix[0, 0] > 0
    # a line without cells has nothing to scale: its factor is one
    for method in (ras, gras):
        empty = method([[0.0, 0.0], [3.0, 4.0]], [0.0, 14.0], [6.0, 8.0])
        np.testing.assert_allclose(empty.row_factors, [1, 2])


@pytest.mark.parametrize("method", [ras, gras])
def test_margins_that_disagree_or_do_not_fit(method):
    X = [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(InputError, match="row sums add up to 10, column sums to 11, -1 apart"):
        method(X, [5, 5], [5, 6])
    with pytest.raises(InputError, match=r"shape \(2, 2\) needs as many sums, not 3 and 2"):
        method(X, [5, 5, 1], [5, 6])
    with pytest.raises(InputError, match="row sums hold 1 values that are not finite"):
        method(X, [5, np.nan], [5, 6])
    with pytest.raises(InputError, match="matrix hold 1 values that are not finite"):
        method([[1.0, np.inf], [3.0, 4.0]], [5, 5], [5, 5])
    frame = pd.DataFrame(X, index=["a", "b"], columns=["p", "q"])
    with pytest.raises(InputError, match="row sums have other labels"):
        method(frame, pd.Series([5, 5], index=["b", "a"]), [5, 5])
    with pytest.raises(InputError, match="column labels occur twice: p"):
        method(frame.rename(columns={"q": "p"}), [5, 5], [5, 5])


def test_ras_sends_negative_cells_to_gras():
    with pytest.raises(InputError, match="negative cells, such as -1: use gras"):
        ras([[1.0, -1.0], [1.0, 1.0]], [1, 1], [1, 1])
    with pytest.raises(InputError, match=r"row sum -1 is negative.*use gras"):
        ras([[1.0, 1.0], [1.0, 1.0]], [-1, 3], [1, 1])

    with pytest.raises(InputError, match=r"column sum -1 is negative.*use gras"):
        ras([[1.0, 1.0], [1.0, 1.0]], [1, 1], [-1, 3])


def test_the_widest_gap_for_its_line_is_named_first():
    # Row c is met by nothing but a cell of column r; by far the largest gap in yuan is small for its row.
    X = pd.DataFrame([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], index=list("abc"), columns=list("pqr"))
    with pytest.raises(BalancingError, match=r"largest gaps left are in (row c|column r) by"):
        ras(X, [1000, 1010, 1], [1000, 1005, 6])


def test_lines_without_a_cell_of_the_right_sign_are_named():
    frame = pd.DataFrame([[0.0, 0.0], [3.0, 4.0]], index=["a", "b"], columns=["p", "q"])
    with pytest.raises(BalancingError, match=r"no cell of the right sign in rows a \(sum 2\)"):
        ras(frame, [2, 5], [3, 4])
    with pytest.raises(BalancingError, match=r"in columns 0 \(sum -1\)"):
        gras([[1.0, 2.0], [3.0, 4.0]], [3, 3], [-1, 7])


def test_infeasible_sums_are_told_from_slow_ones():
    # Row a can only reach column p, which is smaller than row a.
    frame = pd.DataFrame([[1.0, 0.0], [1.0, 1.0]], index=["a", "b"], columns=["p", "q"])
    with pytest.raises(BalancingError, match=r"no matrix with these zeros and signs has these sums; .*row a"):
        ras(frame, [5, 2], [3, 4])
    # sums so small that a solver's own tolerance would let anything pass
    with pytest.raises(BalancingError, match=r"no matrix with these zeros and signs has these sums; .*row a"):
        ras(frame, [5e-12, 2e-12], [3e-12, 4e-12])
    # Reached only if a cell vanishes, which scaling approaches and never meets.
    for how in ({}, {"sweeps": 2, "newton_steps": 0}, {"sweeps": 2, "newton_steps": 3}):
        with pytest.raises(BalancingError, match=r"did not reach its sums.*Some cells must vanish"):
            ras(frame, [3, 4], [3, 4], tolerance=1e-300, **how)


@given(st.integers(0, 2**32 - 1))
def test_scale_and_order_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.1, 1, (4, 3))
    hidden = rng.uniform(0.5, 2, (4, 1)) * X * rng.uniform(0.5, 2, 3)
    u, v = hidden.sum(axis=1), hidden.sum(axis=0)
    order = rng.permutation(4)
    turned = ras(X[order] * 7, u[order] * 1e6, v * 1e6).matrix
    np.testing.assert_allclose(turned / 1e6, ras(X, u, v).matrix[order], rtol=1e-9)


def test_one_cell():
    assert ras([[2.0]], [3.0], [3.0]).matrix.tolist() == [[pytest.approx(3.0)]]
    assert gras([[-2.0]], [-3.0], [-3.0]).matrix.tolist() == [[pytest.approx(-3.0)]]
