"""Gravity over distance and effects of pairs: what was put into flows is found again."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.interregional import gravity_decay, gravity_prior, pair_effects, spread_effects
from analysis.labels import InputError


def places(R, seed=0):
    points = np.random.default_rng(seed).uniform(0, 10, (R, 2))
    labels = [f"r{k}" for k in range(R)]
    return pd.DataFrame(np.hypot(*(points[:, None] - points).transpose(2, 0, 1)), labels, labels)


def flows(distances, decay, effects=None, n=4, seed=1):
    """Draw origin and user sizes for each product, and compute the flows cell by cell."""
    rng, labels = np.random.default_rng(seed), list(distances)
    found = {}
    for i in range(n):
        a, b = rng.uniform(1, 5, len(labels)), rng.uniform(1, 5, len(labels))
        for r, here in enumerate(labels):
            for s, there in enumerate(labels):
                pair = 1.0 if effects is None else effects.loc[here, there]
                away = here != there
                found[here, there, f"C{i}"] = a[r] * b[s] * distances.loc[here, there] ** -decay * pair if away else 7.0
    return pd.Series(found)


def test_prior_by_hand(tie):
    distances = pd.DataFrame([[0, 2, 4], [2, 0, 5], [4, 5, 0]], list("abc"), list("abc"))
    effects = pd.DataFrame([[1, 3, 1], [1, 1, 1], [2, 1, 1]], list("abc"), list("abc"))
    expected = [[0, 3 / 4, 1 / 16], [1 / 4, 0, 1 / 25], [2 / 16, 1 / 25, 0]]
    tie(gravity_prior, gravity_prior(distances, 2, effects), expected, kind="naive", source="by hand", rtol=1e-12)
    assert (gravity_prior(distances, 0).to_numpy() == 1 - np.eye(3)).all()
    # Labels in another order are put right.
    turned = gravity_prior(distances, 2, effects.loc[["c", "a", "b"], ["b", "c", "a"]])
    pd.testing.assert_frame_equal(turned, gravity_prior(distances, 2, effects))


@settings(max_examples=15)
@given(st.floats(0.1, 3), st.integers(0, 50), st.floats(0.01, 100))
def test_decay_is_found_again_whatever_the_unit_of_length(tie, decay, seed, scale):
    distances = places(5, seed)
    found = gravity_decay(flows(distances, decay), distances * scale)
    tie(gravity_decay, found, decay, kind="identity", source="decay that made the flows", atol=1e-4)


def test_effects_of_pairs_are_found_again_up_to_scale(tie):
    distances, rng = places(5, 3), np.random.default_rng(4)
    effects = pd.DataFrame(rng.uniform(0.5, 2, (5, 5)), distances.index, distances.columns)
    found = pair_effects(flows(distances, 1.3, effects), list(distances), distances, 1.3)
    # Only ratios are identified: a double ratio loses every factor of an origin or a user.
    for r, s, t, u in ((0, 1, 2, 3), (4, 2, 1, 0), (3, 4, 0, 2)):
        mine, theirs = (
            e.iloc[r, s] * e.iloc[t, u] / (e.iloc[r, u] * e.iloc[t, s]) for e in (found, effects)
        )  # fmt: skip
        tie(pair_effects, mine, theirs, kind="identity", source="double ratios of what made the flows", rtol=1e-4)
    log = np.log(found.to_numpy())
    np.testing.assert_allclose(log.sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(log.sum(axis=1), 0, atol=1e-9)
    # Where distance says all, pairs add nothing.
    np.testing.assert_allclose(pair_effects(flows(distances, 1.3), list(distances), distances, 1.3), 1, atol=1e-5)


def test_effects_spread_to_the_units_of_regions(tie):
    effects = pd.DataFrame([[1, 3.0], [5.0, 1]], ["a", "b"], ["a", "b"])
    found = spread_effects(effects, {"x": "a", "y": "b", "z": "a"})
    expected = [[1, 3, 1], [5, 1, 5], [1, 3, 1]]
    tie(spread_effects, found, expected, kind="naive", source="by hand", rtol=1e-12)


def test_bad_input_is_named():
    distances = places(3)
    with pytest.raises(InputError, match="decay must not be negative"):
        gravity_prior(distances, -1)
    with pytest.raises(InputError, match="distances is not positive at r0, r1"):
        gravity_prior(distances.mask(distances == distances.loc["r0", "r1"], 0.0), 1)
    with pytest.raises(InputError, match="effects must be square"):
        gravity_prior(distances, 1, distances.rename({"r0": "x"}))
    with pytest.raises(InputError, match="no decay to estimate"):
        gravity_decay(flows(distances, -2), distances)
    with pytest.raises(InputError, match="origin, user and code"):
        gravity_decay(pd.Series([1.0]), distances)
    with pytest.raises(InputError, match="1 flows between the regions are missing"):
        gravity_decay(flows(distances, 1).drop(("r0", "r1", "C0")), distances)
    quiet = flows(distances, 1)
    quiet[[k for k in quiet.index if k[:2] == ("r0", "r1")]] = 0.0
    with pytest.raises(InputError, match="no trade from r0 to r1"):
        pair_effects(quiet, list(distances))
    with pytest.raises(InputError, match="no effects for the regions b of y"):
        spread_effects(pd.DataFrame([[1.0]], ["a"], ["a"]), {"x": "a", "y": "b"})
