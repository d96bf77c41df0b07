"""The wild cluster bootstrap against estimating every draw anew with statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.labels import InputError
from analysis.regression import fixed_effects, wild_cluster_bootstrap

FEW = [f"P{i}" for i in range(7)]


def naive(data, effects, null, draws, weights=None):
    """P value of x by full regressions, with dummies, of y made anew in every draw."""
    dummies = pd.get_dummies(data[list(effects)].astype(str), dtype=float).to_numpy()
    # a basis of the dummies, so that no column is redundant
    U, s, _ = np.linalg.svd(dummies, full_matrices=False)
    others = np.column_stack([data["z"], U[:, s > 1e-9]])
    full = np.column_stack([data["x"], others])
    codes = pd.factorize(data["province"], sort=True)[0]
    weights = np.ones(len(data)) if weights is None else data[weights].to_numpy()

    def t(y):
        fit = sm.WLS(y, full, weights).fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
        return (fit.params[0] - null) / fit.bse[0]

    y = data["y"].to_numpy()
    restricted = sm.WLS(y - null * data["x"].to_numpy(), others, weights).fit()
    fitted = null * data["x"].to_numpy() + restricted.fittedvalues
    drawn = np.array([t(fitted + restricted.resid * v[codes]) for v in draws])
    return np.mean(np.abs(drawn) >= abs(t(y)) * (1 - 1e-9))


@pytest.mark.parametrize("effects", [["province"], ["province", "year"], ["sector", "year"]])
@pytest.mark.parametrize(("null", "weights"), [(0.0, None), (0.3, None), (0.0, "size")])
def test_equals_estimating_each_draw(panel, effects, null, weights, tie):
    data = panel[panel["province"].isin(FEW)]
    regression = fixed_effects(data, "y", ["x", "z"], effects=effects, clusters="province", weights=weights)
    ours = wild_cluster_bootstrap(regression, "x", null=null)
    assert ours.enumerated and ours.draws == 2**7 and ours.seed is None
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 7)).reshape(7, -1).T
    expected, source = naive(data, effects, null, signs, weights), "every draw estimated anew with statsmodels"
    tie(wild_cluster_bootstrap, ours.p_value, expected, kind="naive", source=source)


def test_interval_holds_what_is_not_rejected(panel):
    regression = fixed_effects(panel, "y", ["x", "z"], effects=["province"], clusters="province", confidence=0.9)
    found = wild_cluster_bootstrap(regression, "x", draws=999)
    width = found.upper - found.lower
    assert found.lower < found.estimate < found.upper
    for null, rejected in [
        (found.lower - 0.001 * width, True),
        (found.lower + 0.001 * width, False),
        (found.upper - 0.001 * width, False),
        (found.upper + 0.001 * width, True),
    ]:
        assert (wild_cluster_bootstrap(regression, "x", null=null, draws=999).p_value <= 0.1) == rejected


def test_webb_weights_and_seed(panel):
    regression = fixed_effects(panel, "y", ["x", "z"], effects=["province"], clusters="province")
    one = wild_cluster_bootstrap(regression, "x", weights="webb", draws=1999, seed=5)
    assert one == wild_cluster_bootstrap(regression, "x", weights="webb", draws=1999, seed=5)
    other = wild_cluster_bootstrap(regression, "x", weights="webb", draws=1999, seed=6)
    assert (one.lower, one.upper) != (other.lower, other.upper)
    assert one.p_value == pytest.approx(other.p_value, abs=0.05)
    assert not one.enumerated


def test_many_clusters_agree_with_the_normal_interval():
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"g": np.repeat(np.arange(60), 20), "x": rng.normal(size=1200)})
    data["y"] = 0.1 * data["x"] + rng.normal(size=60)[data["g"]] + rng.normal(size=1200)
    regression = fixed_effects(data, "y", ["x"], effects=["g"], clusters="g")
    found = wild_cluster_bootstrap(regression, "x")
    wanted = regression.table.loc["x", ["lower", "upper"]]
    np.testing.assert_allclose([found.lower, found.upper], wanted, atol=0.1 * (wanted["upper"] - wanted["lower"]))


def test_the_bootstrap_keeps_its_size_where_clusters_are_few():
    """Ten clusters, a regressor that is constant within them, and no effect: 5 % of the tests may reject."""
    rng = np.random.default_rng(8)
    rejections = {"t": 0, "bootstrap": 0}
    trials = 200
    for _ in range(trials):
        data = pd.DataFrame({"g": np.repeat(np.arange(10), 6)})
        data["x"] = np.exp(rng.normal(size=10))[data["g"]]
        data["y"] = rng.normal(size=10)[data["g"]] + rng.normal(size=60)
        regression = fixed_effects(data, "y", ["x"], clusters="g")
        rejections["t"] += regression.table.loc["x", "p_value"] < 0.05
        rejections["bootstrap"] += wild_cluster_bootstrap(regression, "x", draws=1023).p_value < 0.05
    assert rejections["bootstrap"] / trials < 0.1 < rejections["t"] / trials


def test_five_clusters_bound_nothing(panel):
    data = panel[panel["province"].isin(FEW[:5])]
    regression = fixed_effects(data, "y", ["x", "z"], effects=["sector"], clusters="province")
    found = wild_cluster_bootstrap(regression, "x")
    assert (found.lower, found.upper) == (-np.inf, np.inf)
    assert found.p_value >= 2**-4


def test_bad_input_is_named(panel):
    regression = fixed_effects(panel, "y", ["x"], clusters="province")
    with pytest.raises(InputError, match="no term 'w'"):
        wild_cluster_bootstrap(regression, "w")
    with pytest.raises(InputError, match="rademacher"):
        wild_cluster_bootstrap(regression, "x", weights="normal")
    with pytest.raises(InputError, match="too few"):
        wild_cluster_bootstrap(regression, "x", draws=10)
