import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.linkages import leontief_inverse, rasmussen_linkages, technical_coefficients
from analysis.tables import TableError, load
from analysis.uncertainty import linkage_covariance, linkage_derivatives, linkage_draws, linkage_standard_errors
from tests.examples import miller_blair, table, tables
from tests.uncertainty.test_draws import SIDES, published


def linkage(A, x, side):
    L = np.linalg.inv(np.eye(len(A)) - A)
    return L.sum(axis=0) if side == "backward" else L @ x / np.where(x > 0, x, 1)


@given(tables(most=5), st.sampled_from(["backward", "forward"]))
def test_derivatives_against_finite_differences(tie, t, side):
    A, x, step = technical_coefficients(t).to_numpy(), t.output.to_numpy(), 1e-6
    for sector in t.sectors[t.active]:
        slope = linkage_derivatives(t, sector, side)
        j = t.sectors.get_loc(sector)
        numeric = np.empty_like(A)
        for k, m in np.ndindex(A.shape):
            ends = []
            for sign in (1, -1):
                moved = A.copy()
                moved[k, m] += sign * step
                ends.append(linkage(moved, x, side)[j])
            numeric[k, m] = (ends[0] - ends[1]) / (2 * step)
        scale, source = np.abs(numeric).max(), "finite differences, over the largest derivative"
        tie(linkage_derivatives, slope / scale, numeric / scale, kind="naive", source=source, rtol=1e-5, atol=1e-6)


def naive_covariance(t, measure, cv, balanced, weights="equal"):
    """Jacobian, projection and variances written out, all n² flows by all m sectors."""
    side, on = measure.removesuffix("_index"), t.active.to_numpy()
    Z = t.Z.to_numpy()
    stacked = t.imports == "local" and t.assumption == "published"
    if t.imports == "competitive":
        W, local = Z, np.ones_like(Z)
    elif stacked:
        W, local = np.vstack([Z, t.imported]), np.vstack([np.ones_like(Z), np.zeros_like(Z)])
    else:
        W = Z + t.imported.to_numpy()
        local = np.where(W > 0, Z / np.where(W > 0, W, 1), 0)
    A = technical_coefficients(t).to_numpy()
    J = []
    for sector in t.sectors[on]:
        slope = linkage_derivatives(t, sector, side).to_numpy() * A
        J.append((np.vstack([slope, 0 * slope]) if stacked else slope).ravel())
    J = np.array(J)
    assert local.shape == W.shape
    R, n = W.shape
    D = np.zeros((R * n, R + n))
    for i, j in np.ndindex(R, n):
        D[i * n + j, [i, R + j]] = 1
    w = W.ravel()
    P = np.eye(R * n)
    if balanced:
        scale = np.sqrt(w)
        # The projection in weighted coordinates, from an orthonormal base.
        U, s, _ = np.linalg.svd(scale[:, None] * D, full_matrices=False)
        U = U[:, s > 1e-9 * s.max()]
        safe = np.where(scale > 0, scale, 1)
        P = np.eye(R * n) - (U / safe[:, None]) @ (U.T * scale)
    spread = np.broadcast_to(cv, (n, n))
    spread = (np.vstack([spread, spread]) if stacked else spread).ravel()
    G = J @ P * spread
    cov = G @ G.T
    value = rasmussen_linkages(t)[side].to_numpy()
    if measure.endswith("index"):
        share = np.full(len(value), 1 / len(value))
        if weights == "output":
            share = (t.output / t.output.sum()).to_numpy()[on]
        m = share @ value
        K = np.eye(len(value)) / m - np.outer(value, share) / m**2
        cov = K @ cov @ K.T
    return cov


@given(tables(most=5), st.sampled_from(SIDES), st.booleans(), st.sampled_from(["competitive", "pool", "published"]))
def test_covariance_against_the_jacobian_written_out(tie, t, measure, balanced, kind):
    t = {"competitive": lambda: t, "pool": lambda: t.local("supply pool"), "published": lambda: published(t)}[kind]()
    cv = pd.DataFrame(np.random.default_rng(1).uniform(0.1, 0.5, (t.n, t.n)), t.sectors, t.sectors)
    for weights in ("equal", "output"):
        found = linkage_covariance(t, measure, cv, balanced=balanced, weights=weights)
        expected = naive_covariance(t, measure, cv.to_numpy(), balanced, weights)
        scale = np.abs(naive_covariance(t, measure, cv.to_numpy(), False, weights)).max()
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9 * scale + 1e-14)
        if scale > 1e-5:
            source = "the Jacobian written out, over the largest variance"
            tie(linkage_covariance, found / scale, expected / scale, kind="naive", source=source, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("measure", SIDES)
@pytest.mark.parametrize("assumption", ["competitive", "supply pool"])
def test_standard_errors_agree_with_draws_of_small_noise(measure, assumption):
    t = load("Shanghai", 2017)
    t = t if assumption == "competitive" else t.local(assumption)
    drawn = linkage_draws(t, measure, 3000, 0.05, 1)
    errors = linkage_standard_errors(t, measure, 0.05)["standard_error"]
    ratio = drawn.std() / errors
    # Simulation error of a standard deviation is 1.3 per cent here; the worst of 35 sectors may be three of these.
    assert ratio.between(0.95, 1.05).all()
    assert ratio.mean() == pytest.approx(1, abs=0.015)
    near = linkage_covariance(t, measure, 0.05).to_numpy() / np.outer(errors, errors)
    assert np.abs(np.corrcoef(drawn.to_numpy().T) - near).max() < 0.1


def test_free_coefficients_of_miller_blair_by_hand(tie):
    t = miller_blair()
    L, A = leontief_inverse(t).to_numpy(), technical_coefficients(t).to_numpy()
    by_hand = [
        sum((L.sum(axis=0)[k] * L[m, j] * 0.1 * A[k, m]) ** 2 for k in range(2) for m in range(2)) ** 0.5
        for j in range(2)
    ]
    errors = linkage_standard_errors(t, "backward", 0.1, balanced=False)
    found, source = errors["standard_error"], "by hand"
    tie(linkage_standard_errors, found, by_hand, kind="naive", source=source, rtol=1e-12)
    np.testing.assert_allclose(errors["upper"] - errors["value"], 1.959963984540054 * np.array(by_hand), rtol=1e-12)
    np.testing.assert_allclose(errors["value"], rasmussen_linkages(t)["backward"], rtol=1e-12)


def test_balancing_takes_uncertainty_away():
    t = load("Shanghai", 2017)
    free, held = (
        linkage_standard_errors(t, "backward", 0.1, balanced=balanced)["standard_error"] for balanced in (False, True)
    )
    assert (held < free).all()
    assert linkage_standard_errors(table([[25.0]], [100.0]), "backward", 0.5)["standard_error"].iloc[0] < 1e-8


@given(tables(), st.sampled_from(["backward_index", "forward_index"]))
def test_errors_of_indices_cancel_in_their_mean(t, measure):
    for weights in ("equal", "output"):
        cov = linkage_covariance(t, measure, 0.2, weights=weights).to_numpy()
        w = np.ones(len(cov)) if weights == "equal" else t.output[t.active].to_numpy() / t.output.mean()
        np.testing.assert_allclose(w @ cov, 0, atol=1e-9)


@given(tables())
def test_errors_grow_with_the_noise(t):
    one, two = (linkage_standard_errors(t, "backward", cv)["standard_error"] for cv in (0.1, 0.2))
    np.testing.assert_allclose(two, 2 * one, rtol=1e-9)
    assert (linkage_standard_errors(t, "forward", 0.0)["standard_error"] == 0).all()


@pytest.mark.parametrize("measure", ["backward", "forward_index"])
@pytest.mark.parametrize("kind", ["competitive", "supply pool"])
def test_the_unit_does_not_matter(measure, kind):
    t = load("Shanghai", 2017)
    parts = ("Z", "final_uses", "trade", "value_added", "output", "error")
    small = dataclasses.replace(t, **{name: getattr(t, name) * 1e-7 for name in parts})
    found = [linkage_standard_errors(s if kind == "competitive" else s.local(kind), measure, 0.1) for s in (t, small)]
    pd.testing.assert_frame_equal(*found, rtol=1e-9, check_flags=False)


def test_what_the_delta_method_refuses():
    t = miller_blair()
    with pytest.raises(InputError, match="measure must be one of"):
        linkage_standard_errors(t, "extraction", 0.1)
    with pytest.raises(InputError, match="measure must be 'backward' or 'forward'"):
        linkage_derivatives(t, "S1", "backward_index")
    with pytest.raises(TableError, match="has no sectors"):
        linkage_derivatives(t, "S9")
    with pytest.raises(TableError, match="no output"):
        linkage_derivatives(table([[1.0, 0.0], [0.0, 0.0]], [10.0, 0.0]), "S2")
    with pytest.raises(InputError, match="level is 95"):
        linkage_standard_errors(t, "backward", 0.1, level=95)
    with pytest.raises(InputError, match="weights must be"):
        linkage_standard_errors(t, "backward", 0.1, weights="value")
    with pytest.raises(TableError, match="no sector with output"):
        linkage_standard_errors(table([[0.0]], [0.0]), "backward", 0.1)
    assert linkage_standard_errors(t, "backward", 0.1).attrs["reading"].startswith("sensitivity")
