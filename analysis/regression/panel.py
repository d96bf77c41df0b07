"""Linear regression with any number of fixed effects and clustered standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import linalg, sparse
from scipy.special import stdtr, stdtrit

from analysis.labels import InputError, as_frame, few, fraction


@dataclass(frozen=True, eq=False)
class Design:
    """What was estimated, with the fixed effects taken out: the raw material of the bootstrap and of diagnostics.

    Attributes
    ----------
    data : DataFrame
        The rows used, with the columns used.
    y, X : ndarray, n and n x k
        Outcome and regressors, each times the root of the weight, less their projection on the fixed effects.
    codes : ndarray, n
        Cluster number of each row, from 0.
    names : Index, G
        Name of each cluster.
    effects : FixedEffects
        Takes the fixed effects out of other columns.
    weights : str or None
        Name of the column of weights.
    """

    data: pd.DataFrame
    y: np.ndarray
    X: np.ndarray
    codes: np.ndarray
    names: pd.Index
    effects: FixedEffects
    weights: str | None


@dataclass(frozen=True, eq=False)
class Regression:
    """Estimates with their intervals, and what a reader needs to judge them.

    Attributes
    ----------
    table : DataFrame
        One row a term: estimate, standard_error, lower, upper, t, p_value, n, clusters.
    covariance : DataFrame, k x k
        Of the estimates.
    outcome : str
        Name of the explained column.
    effects : tuple of str
        Fixed effects taken out; empty for a pooled regression with a constant.
    clusters_by : str or None
        Column of the clusters; None if each row is one by itself.
    n, clusters : int
        Rows and clusters.
    absorbed : int
        Rank of the fixed effects.
    degrees_of_freedom : int
        Of the t distribution behind intervals and p values.
    r2_within : float
        Share of the variation left after the fixed effects that the regressors explain.
    confidence : float
        Level of the intervals.
    fitted, residuals : Series, n
        In the unit and with the labels of the outcome; the fitted values include the fixed effects.
    design : Design
        For :func:`wild_cluster_bootstrap` and :func:`cluster_influence`.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    outcome: str
    effects: tuple[str, ...]
    clusters_by: str | None
    n: int
    clusters: int
    absorbed: int
    degrees_of_freedom: int
    r2_within: float
    confidence: float
    fitted: pd.Series = field(repr=False)
    residuals: pd.Series = field(repr=False)
    design: Design = field(repr=False)


class FixedEffects:
    """Takes the columns of dummies of several groupings out of other columns, exactly, balanced or not.

    The grouping with most levels is taken out by its (weighted) means; the dummies of the others, less their own
    means, by projection: the Frisch-Waugh-Lovell theorem, without the large matrix of all dummies.
    """

    def __init__(self, groupings: Sequence[np.ndarray], weights: np.ndarray) -> None:
        self.root = np.sqrt(weights)[:, None]
        self.rank = 0
        self._means: tuple[sparse.csr_array, sparse.csr_array] | None = None
        self._basis: np.ndarray | None = None
        ordered = sorted(groupings, key=lambda codes: codes.max(), reverse=True)
        if not ordered:
            return
        first, *others = ordered
        member = _indicator(first)
        self._means = (member, sparse.diags_array(1 / (member @ weights)) @ member * weights)
        self.rank = member.shape[0]
        if others:
            dummies = np.hstack([_indicator(codes).toarray().T for codes in others])
            # on a common scale, so that a level of little weight is not taken for a redundant one
            columns = self._demean(dummies, self._means) * self.root / np.sqrt(dummies.T @ weights)
            # The dummies are redundant (each grouping sums to one): the small Gram matrix finds their rank, and a
            # factorisation of what is left restores the digits that squaring lost.
            values, vectors = linalg.eigh(columns.T @ columns)
            kept = values > values[-1] * 1e-11
            self._basis = np.linalg.qr(columns @ (vectors[:, kept] / np.sqrt(values[kept])))[0]
            self.rank += int(kept.sum())

    def leverage(self) -> np.ndarray:
        """Diagonal of the projection on the fixed effects."""
        share = np.zeros(len(self.root))
        if self._means is not None:
            member, average = self._means
            share = (member.T.multiply(average.T)).sum(axis=1)
        return share if self._basis is None else share + (self._basis**2).sum(axis=1)

    def _demean(self, columns: np.ndarray, means: tuple[sparse.csr_array, sparse.csr_array]) -> np.ndarray:
        member, average = means
        result: np.ndarray = columns - member.T @ (average @ columns)
        return result

    def remove(self, columns: np.ndarray) -> np.ndarray:
        """Residuals of columns (n x m) on the fixed effects, times the root of the weights."""
        if self._means is not None:
            columns = self._demean(columns, self._means)
        columns = columns * self.root
        if self._basis is not None:
            columns = columns - self._basis @ (self._basis.T @ columns)
        return columns


def fixed_effects(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    effects: Sequence[str] = (),
    clusters: str | None = None,
    weights: str | None = None,
    confidence: float = 0.95,
) -> Regression:
    """Least squares with fixed effects and standard errors clustered on one column.

    The covariance is ``c (X'X)⁻¹ (Σ_g X_g' u_g u_g' X_g) (X'X)⁻¹`` over the clusters g, X less the fixed effects, with
    ``c = G/(G-1) · (n-1)/(n-K)``, where K counts regressors and fixed effects; intervals from t with G - 1 degrees of
    freedom.

    Parameters
    ----------
    data : DataFrame
        One row an observation; the panel need not be balanced.
    outcome : str
        Column to explain.
    regressors : sequence of str
        Numeric columns.
    effects : sequence of str
        Columns whose every value gets an intercept of its own (province; year; province and year as one). None: a
        pooled regression with a constant.
    clusters : str, optional
        Column within whose values errors may be correlated. Without it each row is a cluster, which makes the errors
        robust to heteroskedasticity (HC1), with n - K degrees of freedom.
    weights : str, optional
        Column of positive weights.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Regression
        With estimates in units of the outcome per unit of the regressor.

    Raises
    ------
    InputError
        For columns that are missing or not numeric, missing values (with their number), fewer than two clusters, no
        degrees of freedom left, or regressors that the fixed effects or each other determine.

    Notes
    -----
    Coefficients, fitted values and standard errors equal those of statsmodels on a full set of dummies. Counting all
    dummies in K is conservative where they lie within clusters. With few clusters (below about 40, or very unequal
    ones) these intervals are too narrow: see :func:`wild_cluster_bootstrap` and :func:`cluster_influence`.

    References
    ----------
    Cameron & Miller (2015), Journal of Human Resources 50(2); Frisch & Waugh (1933), Econometrica 1(4).
    """
    fraction(confidence, "confidence")
    regressors, effects = list(regressors), list(effects)
    used = _check_data(data, outcome, regressors, effects, clusters, weights)
    n = len(used)
    weight = np.ones(n) if weights is None else used[weights].to_numpy(dtype=float)
    codes, names = (np.arange(n), used.index) if clusters is None else pd.factorize(used[clusters], sort=True)
    if len(names) < 2:
        raise InputError(f"{clusters} has one value: clustered errors need two clusters or more")
    remover = FixedEffects([pd.factorize(used[name])[0] for name in effects], weight)

    explained = used[outcome].to_numpy(dtype=float)
    columns = used[regressors].to_numpy(dtype=float)
    terms = regressors
    if not effects:
        terms = ["constant", *regressors]
        columns = np.column_stack([np.ones(n), columns])
    y, X = remover.remove(explained[:, None])[:, 0], remover.remove(columns)
    _check_rank(X, columns * remover.root, terms, effects)
    K = X.shape[1] + remover.rank
    if n <= K:
        raise InputError(f"{n} rows cannot bear {X.shape[1]} regressors and {remover.rank} fixed effects")

    # The pseudo-inverse by singular values, of which X'X would lose half the digits.
    U, singular, V = np.linalg.svd(X, full_matrices=False)
    pseudo = V.T @ ((1 / singular)[:, None] * U.T)
    estimate = pseudo @ y
    left = y - X @ estimate
    G = len(names)
    scores = np.column_stack([np.bincount(codes, x * left) for x in X.T])
    inverse = pseudo @ pseudo.T
    covariance = G / (G - 1) * (n - 1) / (n - K) * (inverse @ (scores.T @ scores) @ inverse.T)
    freedom = n - K if clusters is None else G - 1
    error = np.sqrt(np.diag(covariance))
    half = stdtrit(freedom, 0.5 + confidence / 2) * error
    t = estimate / error
    table = pd.DataFrame(
        {
            "estimate": estimate,
            "standard_error": error,
            "lower": estimate - half,
            "upper": estimate + half,
            "t": t,
            "p_value": 2 * stdtr(freedom, -np.abs(t)),
            "n": n,
            "clusters": G,
        },
        index=pd.Index(terms, name="term"),
    )

    residuals = pd.Series(left / remover.root[:, 0], used.index, name=outcome)
    around = y if effects else (explained - np.average(explained, weights=weight)) * remover.root[:, 0]
    return Regression(
        table=table,
        covariance=pd.DataFrame(covariance, index=terms, columns=terms),
        outcome=outcome,
        effects=tuple(effects),
        clusters_by=clusters,
        n=n,
        clusters=G,
        absorbed=remover.rank,
        degrees_of_freedom=freedom,
        r2_within=float(1 - left @ left / (around @ around)),
        confidence=confidence,
        fitted=used[outcome] - residuals,
        residuals=residuals,
        design=Design(used, y, X, codes, pd.Index(names), remover, weights),
    )


def elasticity(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    effects: Sequence[str] = (),
    clusters: str | None = None,
    weights: str | None = None,
    confidence: float = 0.95,
) -> Regression:
    """Elasticities: :func:`fixed_effects` on the logarithms of the outcome and of the regressors.

    Parameters
    ----------
    data, outcome, regressors, effects, clusters, weights, confidence
        As in :func:`fixed_effects`; outcome and regressors positive.

    Returns
    -------
    Regression
        Estimates are per cent of the outcome for one per cent of the regressor.

    Raises
    ------
    InputError
        As :func:`fixed_effects`, and for values that are zero or negative, with their rows.
    """
    logged = as_frame(data, "data").copy()
    for name in (outcome, *regressors):
        if name not in data:
            continue  # named with all other missing columns by fixed_effects
        column = pd.to_numeric(data[name], errors="coerce")
        wrong = data.index[column <= 0]
        if len(wrong):
            raise InputError(f"{name} has no logarithm, being zero or negative, in rows {few(wrong)}")
        logged[name] = np.log(column)
    return fixed_effects(
        logged, outcome, regressors, effects=effects, clusters=clusters, weights=weights, confidence=confidence
    )


def _indicator(codes: np.ndarray) -> sparse.csr_array:
    n = len(codes)
    return sparse.csr_array((np.ones(n), (codes, np.arange(n))), shape=(codes.max() + 1, n))


def _check_data(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    effects: Sequence[str],
    clusters: str | None,
    weights: str | None,
) -> pd.DataFrame:
    as_frame(data, "data")
    numeric = [outcome, *regressors, *([weights] if weights else [])]
    if not regressors or "constant" in regressors:
        raise InputError("name at least one regressor, and none of them 'constant', which is added where it belongs")
    if len(set(numeric)) < len(numeric):
        raise InputError(f"outcome, regressors and weights must be different columns, not {few(numeric)}")
    if len(set(effects)) < len(effects):
        raise InputError(f"each effect is absorbed once, but {few(effects)} repeat one")
    if data.columns.has_duplicates:
        twice = data.columns[data.columns.duplicated()].unique()
        raise InputError(f"the data have several columns called {few(twice)}")
    if not len(data):
        raise InputError("the data are empty: they have no rows")
    columns = list(dict.fromkeys([*numeric, *effects, *([clusters] if clusters else [])]))
    lacking = [name for name in columns if name not in data]
    if lacking:
        raise InputError(f"the data have no column {few(lacking)}; they have {few(data.columns, 12)}")
    used = data[columns]
    kinds = used.dtypes
    text = [name for name in numeric if not pd.api.types.is_numeric_dtype(kinds[name])]
    if text:
        raise InputError(f"not numeric: {few(text)}: convert, or name them as effects")
    missing = used.isna().to_numpy()
    if missing.any():
        with_gaps = pd.Series(missing.sum(axis=0), columns)
        with_gaps = with_gaps[with_gaps > 0]
        gaps = few(f"{name} ({count} rows)" for name, count in with_gaps.items())
        raise InputError(f"missing values in {gaps}: drop or fill them on purpose")
    finite = np.isfinite(used[numeric].to_numpy(dtype=float))
    if not finite.all():
        infinite = [name for name, whole in zip(numeric, finite.all(axis=0), strict=True) if not whole]
        raise InputError(f"infinite values in {few(infinite)}")
    if weights and (used[weights] <= 0).any():
        raise InputError(f"{weights} is not positive in rows {few(used.index[used[weights] <= 0])}")
    return used


def _check_rank(X: np.ndarray, before: np.ndarray, terms: Sequence[str], effects: Sequence[str]) -> None:
    left = np.linalg.norm(X, axis=0) / np.linalg.norm(before, axis=0).clip(min=np.finfo(float).tiny)
    swallowed = [term for term, share in zip(terms, left, strict=True) if share < 1e-9]
    if swallowed:
        raise InputError(f"{few(swallowed)} does not vary within {few(effects)}: leave it out, or an effect")
    R, order = linalg.qr(X / np.linalg.norm(X, axis=0), mode="r", pivoting=True)
    dependent = np.abs(np.diag(R)) < 1e-9
    if dependent.any():
        which = few(terms[i] for i in order[dependent])
        raise InputError(f"{which} is a combination of the other regressors: leave it out")
