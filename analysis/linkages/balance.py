"""Balancing a matrix to given margins: RAS, and GRAS for matrices with negative cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from analysis.labels import InputError, few, mismatch, numeric_frame, numeric_series


class BalancingError(ValueError):
    """Margins that a matrix cannot be brought to; the message says which, and by how much."""


@dataclass(frozen=True, eq=False)
class Balance:
    """A balanced matrix, and how it was reached.

    Attributes
    ----------
    matrix : DataFrame, ndarray or sparse array
        Of the kind that was given.
    row_factors, column_factors : Series or ndarray
        r and s. Their scale is free: r k and s / k give the same matrix.
    sweeps, newton_steps : int
        How many of each were needed.
    gap : float
        Largest gap between a margin and its target, as a share of the absolute cells in the row or column.
    """

    matrix: pd.DataFrame | np.ndarray | sparse.sparray
    row_factors: pd.Series | np.ndarray
    column_factors: pd.Series | np.ndarray
    sweeps: int
    newton_steps: int
    gap: float


def ras(
    matrix: pd.DataFrame | npt.ArrayLike,
    rows: pd.Series | npt.ArrayLike,
    columns: pd.Series | npt.ArrayLike,
    tolerance: float = 1e-12,
    sweeps: int = 100,
    newton_steps: int = 50,
) -> Balance:
    """Biproportional balancing: the matrix r̂ X ŝ with given row and column sums.

    Parameters
    ----------
    matrix : DataFrame, ndarray or sparse array, n x m
        X, not negative. Zeros stay zero.
    rows, columns : Series or array_like, n and m
        Row and column sums to reach, not negative, equal in total. With a DataFrame, Series must have its labels.
    tolerance : float
        Largest gap that is left, see :class:`Balance`.
    sweeps : int
        Alternate scalings before Newton's method on the dual takes over; it needs a few steps where scaling crawls.
    newton_steps : int
        The most of these.

    Returns
    -------
    Balance

    Raises
    ------
    InputError
        For negative cells or sums (see :func:`gras`), values that are not finite, labels or shapes that differ, or
        sums that disagree in total.
    BalancingError
        If no matrix with these zeros has these sums; the rows and columns are named.

    References
    ----------
    Stone & Brown (1962); Bacharach (1970); Miller & Blair (2009), section 7.4.
    """
    X, u, v, _ = problem = _read(matrix, rows, columns)
    if X.data.min(initial=0) < 0:
        at = int(np.argmin(X.data))
        raise InputError(f"the matrix has negative cells, such as {X.data[at]:g}: use gras")
    for name, sums in (("row", u), ("column", v)):
        if sums.min(initial=0) < 0:
            raise InputError(f"{name} sum {sums.min():g} is negative, which cells that are not cannot reach: use gras")
    return _balance(*problem, tolerance, sweeps, newton_steps)


def gras(
    matrix: pd.DataFrame | npt.ArrayLike,
    rows: pd.Series | npt.ArrayLike,
    columns: pd.Series | npt.ArrayLike,
    tolerance: float = 1e-12,
    sweeps: int = 100,
    newton_steps: int = 50,
) -> Balance:
    """Generalised RAS for matrices with negative cells: r̂ P ŝ - r̂⁻¹ N ŝ⁻¹, with X = P - N.

    Cells keep their sign, zeros stay zero, and the factors are as near to one as the sums allow.

    Parameters
    ----------
    matrix, rows, columns, tolerance, sweeps, newton_steps
        As in :func:`ras`, of any sign.

    Returns
    -------
    Balance

    Raises
    ------
    InputError
        For values that are not finite, labels or shapes that differ, or sums that disagree in total.
    BalancingError
        If no matrix with these zeros and signs has these sums; the rows and columns are named.

    References
    ----------
    Junius & Oosterhaven (2003); Lenzen, Wood & Gallego (2007) for the target; Temurshoev, Miller & Bouwmeester (2013)
    for rows without positive cells; Miller & Blair (2009), section 7.4.
    """
    return _balance(*_read(matrix, rows, columns), tolerance, sweeps, newton_steps)


def balance_stack(
    matrices: npt.ArrayLike, rows: npt.ArrayLike, columns: npt.ArrayLike, tolerance: float = 1e-10, sweeps: int = 400
) -> np.ndarray:
    """Balance many matrices at once: RAS, or GRAS for those with negative cells.

    Parameters
    ----------
    matrices : array_like, b x n x m
        Starting matrices.
    rows, columns : array_like, b x n and b x m
        Sums to reach, equal in total for each matrix.
    tolerance : float
        Largest gap that is left, see :class:`Balance`.
    sweeps : int
        Alternate scalings, over the whole stack. Matrices that are not there yet go to :func:`gras` one by one, whose
        Newton steps do not crawl.

    Returns
    -------
    ndarray, b x n x m

    Raises
    ------
    InputError
        For shapes that do not fit, values that are not finite, or sums that disagree in total.
    BalancingError
        If a matrix cannot reach its sums; its place in the stack, its rows and columns are named.

    Notes
    -----
    Fast for many small matrices, where the work of each call of :func:`ras` would be mostly overhead. Lines whose sum
    is zero though their cells have one sign are emptied.

    References
    ----------
    As :func:`ras` and :func:`gras`.
    """
    X = np.array(matrices, dtype=float)
    u, v = np.asarray(rows, dtype=float), np.asarray(columns, dtype=float)
    if X.ndim != 3 or u.shape != X.shape[:2] or v.shape != (X.shape[0], X.shape[2]):
        raise InputError(f"matrices {X.shape} need rows {X.shape[:2]} and columns, not {u.shape} and {v.shape}")
    for name, values in (("matrices", X), ("row sums", u), ("column sums", v)):
        if not np.isfinite(values).all():
            raise InputError(f"the {name} hold {np.count_nonzero(~np.isfinite(values))} values that are not finite")
    apart = np.abs(u.sum(axis=1) - v.sum(axis=1)) > 1e-9 * np.maximum(np.abs(u).sum(axis=1), np.abs(v).sum(axis=1))
    if apart.any():
        k = int(np.argmax(apart))
        raise InputError(
            f"matrix {k}: row sums add up to {u[k].sum():.10g}, column sums to {v[k].sum():.10g}: scale one of them"
        )
    signed = bool((X < 0).any())
    filled = -1
    while filled != (filled := int(np.count_nonzero(X))):
        for sums, lines in ((u, X), (v, X.transpose(0, 2, 1))):
            mixed = signed and (lines > 0).any(axis=2) & (lines < 0).any(axis=2)
            lines[(sums == 0) & ~np.asarray(mixed, dtype=bool)] = 0.0
    P, N = (np.maximum(X, 0), np.maximum(-X, 0)) if signed else (X, None)
    r, s = np.ones_like(u), np.ones_like(v)
    open_ = np.arange(len(X))  # matrices that still have a gap
    for count in range(1, sweeps + 1):
        Pk, Nk = P[open_], None if N is None else N[open_]
        sk, uk, vk = s[open_], u[open_], v[open_]
        rk = _stack_factor(np.matmul(Pk, sk[..., None])[..., 0], Nk, 1 / sk, uk, 2)
        down = np.matmul(rk[:, None, :], Pk)[:, 0, :]
        sk = _stack_factor(down, Nk, 1 / rk, vk, 1)
        r[open_], s[open_] = rk, sk
        # Columns are met after each sweep; rows tell how far it is. Looking at every fourth sweep costs little.
        if count % 4 == 0 or count == sweeps:
            across = np.matmul(Pk, sk[..., None])[..., 0] * rk
            mass = across
            if Nk is not None:
                back = np.matmul(Nk, (1 / sk)[..., None])[..., 0] / rk
                across, mass = across - back, across + back
            gap = np.abs(across - uk) / np.where(mass > 0, mass, 1.0)
            open_ = open_[~(gap.max(axis=1) <= tolerance)]
            if not len(open_):
                break
    Y: np.ndarray = P * r[:, :, None] * s[:, None, :]
    if N is not None:
        Y -= N / r[:, :, None] / s[:, None, :]
    for k in open_.tolist():
        try:
            Y[k] = gras(X[k], u[k], v[k], tolerance=max(tolerance, 1e-12)).matrix
        except BalancingError as problem:
            raise BalancingError(f"matrix {k} of the stack: {problem}") from None
    return Y


def _stack_factor(
    positive: np.ndarray, N: np.ndarray | None, other: np.ndarray, target: np.ndarray, axis: int
) -> np.ndarray:
    """Factors of one side for a whole stack; lines without cells keep one."""
    if N is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((positive > 0) & (target > 0), target / positive, 1.0)
    negative = np.matmul(N, other[..., None])[..., 0] if axis == 2 else np.matmul(other[:, None, :], N)[:, 0, :]
    return _factor(positive, negative, target)


def _read(
    matrix: Any, rows: Any, columns: Any
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray, tuple[Callable[[np.ndarray], Any], Any]]:
    """Sparse matrix, the sums to reach, and the function that turns arrays back into what was given."""
    if isinstance(matrix, pd.DataFrame):
        for name, sums, labels in (("row", rows, matrix.index), ("column", columns, matrix.columns)):
            if labels.has_duplicates:
                raise InputError(f"{name} labels occur twice: {few(labels[labels.duplicated()])}")
            if isinstance(sums, pd.Series) and not sums.index.equals(labels):
                raise InputError(
                    f"{name} sums have other labels than the matrix: their index {mismatch(sums.index, labels)};"
                    " reindex them"
                )
        X = sparse.csr_array(numeric_frame(matrix, "the matrix").to_numpy())

        def back(values: Any) -> Any:
            frame = pd.DataFrame(values.toarray(), index=matrix.index, columns=matrix.columns)
            return frame, lambda r, s: (pd.Series(r, matrix.index), pd.Series(s, matrix.columns))
    else:
        X = sparse.csr_array(matrix, dtype=float)

        def back(values: Any) -> Any:
            return values if sparse.issparse(matrix) else values.toarray(), lambda r, s: (r, s)

    X.sum_duplicates()
    X.eliminate_zeros()
    u, v = (
        numeric_series(sums, f"the {name} sums").to_numpy()
        if isinstance(sums, pd.Series)
        else np.asarray(sums, dtype=float)
        for name, sums in (("row", rows), ("column", columns))
    )
    if u.ndim != 1 or v.ndim != 1 or X.ndim != 2:
        raise InputError(
            f"a table with one sum for each row and column is meant, not shapes {X.shape}, {u.shape} and {v.shape}"
        )
    if (len(u), len(v)) != X.shape:
        raise InputError(f"a matrix of shape {X.shape} needs as many sums, not {len(u)} and {len(v)}")
    for name, values in (("matrix", X.data), ("row sums", u), ("column sums", v)):
        if not np.isfinite(values).all():
            raise InputError(f"the {name} hold {np.count_nonzero(~np.isfinite(values))} values that are not finite")
    if abs(u.sum() - v.sum()) > 1e-9 * max(np.abs(u).sum(), np.abs(v).sum()):
        raise InputError(
            f"row sums add up to {u.sum():.10g}, column sums to {v.sum():.10g}, {u.sum() - v.sum():.6g} apart: scale"
            " one of them first"
        )
    names = (matrix.index, matrix.columns) if isinstance(matrix, pd.DataFrame) else (range(len(u)), range(len(v)))
    return X, u, v, (back, names)


def _balance(
    X: sparse.csr_array, u: np.ndarray, v: np.ndarray, context: Any, tolerance: float, sweeps: int, newton_steps: int
) -> Balance:
    back, names = context
    X, keep = _drop_vanishing(X, u, v)
    _check_signs(X, u, v, names)
    P, N = X.maximum(0).tocsr(), (-X).maximum(0).tocsr()
    PT, NT = P.T.tocsr(), N.T.tocsr()
    r, s = np.ones(len(u)), np.ones(len(v))
    gap, count, steps = np.inf, 0, 0
    while count < sweeps:
        r = _factor(P @ s, N @ (1 / s), u)
        s = _factor(PT @ r, NT @ (1 / r), v)
        count += 1
        gap = _gap(X, r, s, u, v)
        if gap <= tolerance:
            break
    else:
        a, b, steps, gap = _newton(X, np.log(r), np.log(s), u, v, tolerance, newton_steps)
        r, s = np.exp(a), np.exp(b)
        if gap > tolerance:
            _explain(X, r, s, u, v, names, gap, tolerance)
    matrix, label = back(_scaled(X, r, s))
    # Rows and columns whose sum is zero though their cells have one sign vanish: their factor is zero.
    r, s = label(np.where(keep[0], r, 0.0), np.where(keep[1], s, 0.0))
    return Balance(matrix, r, s, count, steps, float(gap))


def _factor(positive: np.ndarray, negative: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Solve f positive - negative / f = target for f > 0, without cancellation; lines without cells keep one."""
    root = np.sqrt(target**2 + 4 * positive * negative)
    up, down = target + root, root - target
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(target > 0, up / (2 * positive), 2 * negative / down)
    return np.where((positive == 0) & (negative == 0), 1.0, factor)


def _scaled(X: sparse.csr_array, r: np.ndarray, s: np.ndarray) -> sparse.csr_array:
    Y = X.copy()
    lines = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    factor = r[lines] * s[X.indices]
    Y.data = np.where(X.data > 0, X.data * factor, X.data / factor)
    return Y


def _gap(X: sparse.csr_array, r: np.ndarray, s: np.ndarray, u: np.ndarray, v: np.ndarray) -> float:
    gaps, mass = _gaps(X, r, s, u, v)
    return float((np.abs(gaps) / np.where(mass > 0, mass, 1.0)).max(initial=0.0))


def _gaps(
    X: sparse.csr_array, r: np.ndarray, s: np.ndarray, u: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    Y = _scaled(X, r, s)
    W = abs(Y)
    gaps = np.concatenate([Y.sum(axis=1) - u, Y.sum(axis=0) - v])
    return gaps, np.concatenate([W.sum(axis=1), W.sum(axis=0)])


def _drop_vanishing(
    X: sparse.csr_array, u: np.ndarray, v: np.ndarray
) -> tuple[sparse.csr_array, tuple[np.ndarray, np.ndarray]]:
    """Empty the lines whose sum is zero and whose cells have one sign, which only zero cells can meet."""
    rows, columns = np.ones(len(u), bool), np.ones(len(v), bool)
    while True:
        one_signed = []
        for axis, sums in ((1, u), (0, v)):
            mixed = (X.maximum(0).sum(axis=axis) > 0) & ((-X).maximum(0).sum(axis=axis) > 0)
            filled = abs(X).sum(axis=axis) > 0
            one_signed.append((sums == 0) & filled & ~mixed)
        if not (one_signed[0].any() or one_signed[1].any()):
            return X, (rows, columns)
        rows &= ~one_signed[0]
        columns &= ~one_signed[1]
        X = (sparse.diags_array(rows.astype(float)) @ X @ sparse.diags_array(columns.astype(float))).tocsr()
        X.eliminate_zeros()


def _check_signs(X: sparse.csr_array, u: np.ndarray, v: np.ndarray, names: Any) -> None:
    for kind, axis, sums, labels in (("row", 1, u, names[0]), ("column", 0, v, names[1])):
        up, down = X.maximum(0).sum(axis=axis), (-X).maximum(0).sum(axis=axis)
        wrong = ((sums > 0) & (up == 0)) | ((sums < 0) & (down == 0))
        if wrong.any():
            listed = [f"{labels[i]} (sum {sums[i]:g})" for i in np.flatnonzero(wrong)]
            raise BalancingError(
                f"no cell of the right sign in {kind}s {few(listed)}: give them a cell to start from, or change the sum"
            )


def _newton(
    X: sparse.csr_array, a: np.ndarray, b: np.ndarray, u: np.ndarray, v: np.ndarray, tolerance: float, most: int
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Minimise the convex dual Σ |x| exp(±(a + b)) - u'a - v'b, where scaling is only coordinate descent."""

    def value(a: np.ndarray, b: np.ndarray) -> float:
        with np.errstate(over="ignore"):
            return float(abs(_scaled(X, np.exp(a), np.exp(b))).sum() - u @ a - v @ b)

    for step in range(most + 1):
        Y = _scaled(X, np.exp(a), np.exp(b))
        W = abs(Y).tocsr()
        WT = W.T.tocsr()
        across, down = W.sum(axis=1), W.sum(axis=0)
        across, down = np.where(across > 0, across, 1.0), np.where(down > 0, down, 1.0)
        g, h = Y.sum(axis=1) - u, Y.sum(axis=0) - v
        gap = max(np.abs(g / across).max(initial=0), np.abs(h / down).max(initial=0))
        if gap <= tolerance or step == most:
            break
        db = _laplacian_solve(W, WT, across, down, WT @ (g / across) - h)
        da = -(g + W @ db) / across
        slope = g @ da + h @ db
        size, start = min(1.0, 5.0 / max(np.abs(da).max(), np.abs(db).max(), 1e-300)), value(a, b)
        # Near the minimum the gain drowns in the rounding of the value; the full step is right there.
        while size > 1e-10 and value(a + size * da, b + size * db) > start + 1e-4 * size * slope + 1e-13 * abs(start):
            size /= 2
        a, b = a + size * da, b + size * db
    return a, b, step, gap


def _laplacian_solve(
    W: sparse.csr_array, WT: sparse.csr_array, across: np.ndarray, down: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Solve (D - W' R⁻¹ W) y = right by conjugate gradients, preconditioned with D; singular, but consistent."""
    y, residual = np.zeros_like(right), right.copy()
    z = residual / down
    p, rho = z.copy(), residual @ z
    goal = 1e-24 * rho
    for _ in range(10 * len(right)):
        if rho <= goal or rho == 0:
            break
        q = down * p - WT @ ((W @ p) / across)
        curvature = p @ q
        if curvature <= 0:
            break
        step = rho / curvature
        y += step * p
        residual -= step * q
        z = residual / down
        rho, before = residual @ z, rho
        p = z + (rho / before) * p
    return y


def _explain(
    X: sparse.csr_array,
    r: np.ndarray,
    s: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    names: Any,
    gap: float,
    tolerance: float,
) -> None:
    """Say whether any matrix with these zeros and signs has these sums, and where the gap is."""
    gaps, mass = _gaps(X, r, s, u, v)
    n = len(u)
    order = np.argsort(-np.abs(gaps) / np.where(mass > 0, mass, 1.0))[:4]
    worst = few(
        [
            f"row {names[0][k]} by {gaps[k]:.4g}" if k < n else f"column {names[1][k - n]} by {gaps[k]:.4g}"
            for k in order
        ]
    )
    lines, cells = np.repeat(np.arange(n), np.diff(X.indptr)), np.arange(X.nnz)
    signs = np.sign(X.data)
    A = sparse.coo_array(
        (np.concatenate([signs, signs]), (np.concatenate([lines, X.indices + n]), np.concatenate([cells, cells]))),
        shape=(n + len(v), X.nnz),
    )
    # Sums in units of their mean, so that the solver's own tolerance means something.
    unit = np.abs(np.concatenate([u, v])).mean() or 1.0
    from scipy.optimize import linprog  # slow to load, and used here alone

    found = linprog(
        np.zeros(X.nnz), A_eq=A.tocsr(), b_eq=np.concatenate([u, v]) / unit, bounds=(0, None), method="highs"
    )
    if found.status == 2:
        raise BalancingError(
            f"no matrix with these zeros and signs has these sums; the largest gaps left are in {worst}: fill a zero"
            " cell that connects them, or change the sums"
        )
    raise BalancingError(
        f"the matrix did not reach its sums: a gap of {gap:.3g} is left (tolerance {tolerance:g}), in {worst}. Some"
        " cells must vanish to meet them; allow more newton_steps or a larger tolerance"
    )
