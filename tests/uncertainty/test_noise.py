from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.labels import InputError
from analysis.tables import load
from analysis.uncertainty import calibrate_noise, flow_draws, linkage_draws, rank_intervals
from analysis.uncertainty.draws import _balanced
from analysis.uncertainty.noise import _left_by_balancing, _robust
from tests.examples import miller_blair, table


def test_equal_tables_have_no_noise():
    t = load("Shanghai", 2017)
    noise = calibrate_noise(t, t)
    assert noise.cv < 1e-10 and noise.covered == pytest.approx(1)
    assert noise.cells > 1000 and 10 < noise.effective_cells < noise.cells
    assert noise.by_size["share"].sum() == pytest.approx(1)
    assert noise.by_size["cells"].sum() == noise.cells


def test_other_sums_are_not_noise():
    rng = np.random.default_rng(0)
    Z, r, s = rng.uniform(1, 10, (12, 12)), rng.uniform(0.5, 2, 12), rng.uniform(0.5, 2, 12)
    first, second = table(Z, np.full(12, 300.0)), table(r[:, None] * Z * s, np.full(12, 900.0))
    assert calibrate_noise(first, second).cv < 1e-9


@pytest.mark.parametrize("cv", [0.1, 0.4])
def test_known_noise_is_found_again(cv, tie):
    t = load("Zhejiang", 2017)
    flows = flow_draws(t, 40, cv, 21)
    found = [calibrate_noise(flows.draw(2 * i), flows.draw(2 * i + 1)).cv for i in range(20)]
    # Its own sampling error is about a seventh for one pair, and a thirtieth for twenty.
    tie(calibrate_noise, np.mean(found), cv, kind="identity", source="known noise is found again", rtol=0.1)


def test_share_that_balancing_leaves_against_drawing_it():
    rng = np.random.default_rng(5)
    flows = rng.lognormal(0, 1.5, (6, 6))
    left = _left_by_balancing(flows)
    w, n = flows.ravel(), 6
    D = np.zeros((n * n, 2 * n))
    for i, j in np.ndindex(n, n):
        D[i * n + j, [i, n + j]] = 1
    H = D @ np.linalg.pinv(D.T @ (w[:, None] * D)) @ (D.T * w)
    P = np.eye(n * n) - H
    np.testing.assert_allclose(left.ravel(), np.diag(P @ P.T), rtol=1e-9)
    noisy = flows * np.exp(0.001 * rng.standard_normal((20000, n, n)))
    back = np.log(_balanced(noisy, flows.sum(axis=1), flows.sum(axis=0)) / flows) / 0.001
    np.testing.assert_allclose(back.var(axis=0), left, rtol=0.06)


def test_published_tables_of_two_years():
    first, second = load("China", 2017), load("China", 2020)
    noise = calibrate_noise(first, second)
    assert 0 < noise.cv < 0.5
    assert noise.source == "China 2017 and China 2020"
    assert "real differences included" in noise.reading
    # Relative noise falls with the size of a coefficient.
    assert noise.by_size["log_sd"].is_monotonic_decreasing
    drawn = linkage_draws(first, "backward_index", 5, noise, 1)
    assert drawn.attrs["cv"] == noise.cv and drawn.attrs["reading"] == noise.reading
    pd.testing.assert_frame_equal(drawn, linkage_draws(first, "backward_index", 5, noise.cv, 1), check_exact=True)
    assert rank_intervals(drawn).attrs["reading"] == noise.reading


def test_two_publications_of_a_year_give_an_interval():
    t = load("China", 2017)
    other = replace(flow_draws(t, 1, 0.2, 3).draw(0), vintage="revised")
    noise = calibrate_noise(t, other)
    assert noise.reading.startswith("interval") and "(revised)" in noise.source


def test_what_calibration_refuses():
    t = load("China", 2017)
    with pytest.raises(InputError, match="a competitive table cannot be compared with a local one"):
        calibrate_noise(t, t.local("net inflow"))
    with pytest.raises(InputError, match="labels of"):
        calibrate_noise(t, miller_blair(local=False))
    with pytest.raises(InputError, match="only 4 flows are positive in both"):
        calibrate_noise(miller_blair(), miller_blair())
    diagonal = table(np.diag(np.arange(1.0, 13)), np.full(12, 20.0))
    with pytest.raises(InputError, match="only 0 flows are free to differ"):
        calibrate_noise(diagonal, diagonal)


def test_the_robust_spread_is_from_the_weighted_median():
    absolute, quartile = np.array([3.0, 1.0, 2.0]), 0.6744897501960817
    for weights, median in (([1, 1, 1], 2), ([9, 1, 1], 3), ([1, 9, 1], 1)):
        found = _robust(absolute, np.array(weights, dtype=float))
        assert found == pytest.approx(median / quartile / np.sqrt(2))
