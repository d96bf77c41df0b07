"""Structural decomposition against Miller & Blair's example, and the Shapley value against all orders."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.growth import polar_sda, shapley_sda
from analysis.labels import InputError

CASE = json.loads((Path(__file__).parents[1] / "cases" / "sda_miller_blair_3x3.json").read_text())


def leontief(Z, f):
    Z, f = np.array(Z), np.array(f)
    return np.linalg.inv(np.eye(3) - Z / (Z.sum(axis=1) + f)), f


START = dict(zip(["technology", "demand"], leontief(CASE["Z0"], CASE["f0"]), strict=True))
END = dict(zip(["technology", "demand"], leontief(CASE["Z1"], CASE["f1"]), strict=True))


def output(technology, demand):
    return pd.Series(technology @ demand, index=["s1", "s2", "s3"])


@pytest.mark.parametrize("method", [polar_sda, shapley_sda])
def test_miller_blair_example(method, tie):
    effects = method(output, START, END)
    tie(method, effects.T, CASE["mean"], kind="computed", source=CASE["source"], rtol=1e-12)
    np.testing.assert_allclose(effects.sum(axis=1), np.subtract(CASE["x1"], CASE["x0"]), rtol=1e-12)
    assert effects.index.tolist() == ["s1", "s2", "s3"]


def test_each_order_and_the_interaction_of_miller_blair():
    """The book's equations 13.3 to 13.6, which a mean over orders does not need."""
    (L0, f0), (L1, f1) = START.values(), END.values()
    first, last = CASE["first_technology_then_demand"], CASE["first_demand_then_technology"]
    np.testing.assert_allclose([(L1 - L0) @ f0, L1 @ (f1 - f0)], first, rtol=1e-11)
    np.testing.assert_allclose([(L1 - L0) @ f1, L0 @ (f1 - f0)], last, rtol=1e-11)
    interaction = (L1 - L0) @ (f1 - f0)
    np.testing.assert_allclose(interaction, CASE["interaction"], rtol=1e-10)
    # Weights of the first year leave the interaction out, weights of the last year count it twice.
    change = np.subtract(CASE["x1"], CASE["x0"])
    np.testing.assert_allclose(np.add(first[0], last[1]) + interaction, change, rtol=1e-11)
    np.testing.assert_allclose(np.add(last[0], first[1]) - interaction, change, rtol=1e-11)


def test_the_mean_is_that_of_the_two_orders():
    orders = np.mean([CASE["first_technology_then_demand"], CASE["first_demand_then_technology"]], axis=0)
    np.testing.assert_allclose(shapley_sda(output, START, END).T, orders, rtol=1e-12)


def random_factors(k=4, n=3):
    rng = np.random.default_rng(7)
    names = [f"f{i}" for i in range(k)]
    return [{name: rng.uniform(0.5, 2, n) for name in names} for _ in range(2)]


def model(f0, f1, f2, f3):
    return pd.Series(f0 * f1 + f2 / (f0 + f3), index=["x", "y", "z"])


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
def test_shapley_is_the_mean_over_all_orders(form, tie):
    start, end = random_factors()
    naive = pd.DataFrame(0.0, index=["x", "y", "z"], columns=list(start))
    orders = list(permutations(start))
    for order in orders:
        state = dict(start)
        for name in order:
            before = model(**state)
            state[name] = end[name]
            after = model(**state)
            naive[name] += (np.log(after / before) if form == "multiplicative" else after - before) / len(orders)
    naive = np.exp(naive) if form == "multiplicative" else naive
    effects = shapley_sda(model, start, end, form=form)
    tie(shapley_sda, effects, naive, kind="naive", source="mean over all orders of change", rtol=1e-12)
    total = effects.prod(axis=1) if form == "multiplicative" else effects.sum(axis=1)
    wanted = model(**end) / model(**start) if form == "multiplicative" else model(**end) - model(**start)
    np.testing.assert_allclose(total, wanted, rtol=1e-12)


def test_evaluations_number_two_to_the_k():
    calls = []
    start, end = random_factors()

    def counted(**factors):
        calls.append(1)
        return model(**factors)

    shapley_sda(counted, start, end)
    assert len(calls) == 2**4
    calls.clear()
    polar_sda(counted, start, end)
    assert len(calls) == 2 * 4


def test_polar_goes_both_ways(tie):
    start, end = random_factors()
    effects = polar_sda(model, start, end)
    forward = model(**{**start, "f0": end["f0"]}) - model(**start)
    backward = model(**end) - model(**{**end, "f0": start["f0"]})
    found, mean, source = effects["f0"], (forward + backward) / 2, "mean of changing first and last"
    tie(polar_sda, found, mean, kind="naive", source=source, rtol=1e-12)


def test_outcomes_of_other_shapes():
    number = shapley_sda(lambda a, b: a * b, {"a": 2.0, "b": 3.0}, {"a": 4.0, "b": 5.0})
    assert number.to_dict() == {"a": 8.0, "b": 6.0}
    table = pd.DataFrame([[1.0, 2], [3, 4]], index=["r", "s"], columns=["p", "q"])
    stacked = polar_sda(lambda a, b: a * b, {"a": table, "b": 1.0}, {"a": table * 2, "b": 1.0})
    assert stacked.loc[("s", "q")].to_dict() == {"a": 4.0, "b": 0.0}


def test_bad_input_is_named():
    with pytest.raises(InputError, match="only one year has: b"):
        shapley_sda(lambda a: a, {"a": 1.0}, {"a": 1.0, "b": 2.0})
    with pytest.raises(InputError, match="with a changed, the outcome at s2 is not positive"):
        shapley_sda(lambda a: pd.Series(a, index=["s1", "s2"]), {"a": [1.0, 1]}, {"a": [1.0, 0]}, form="multiplicative")
    with pytest.raises(InputError, match="shape"):
        shapley_sda(lambda a: np.ones(a), {"a": 2}, {"a": 3})
    with pytest.raises(InputError, match="not a finite number"):
        polar_sda(lambda a: a, {"a": 1.0}, {"a": np.inf})
