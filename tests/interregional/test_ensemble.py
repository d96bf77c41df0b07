"""The ensemble: equal however it is computed, as wide as what it was calibrated on, and what each member says."""

from dataclasses import replace

import distributed
import numpy as np
import pandas as pd
import pytest

from analysis.interregional import delta_accounts, distances_between, ensemble, estimate_interregional
from analysis.interregional.ensemble import (
    ABROAD,
    OTHERS,
    Assumptions,
    coverage,
    decay_range,
    estimate_member,
    interregional_ensemble,
    noisy_prior,
    places,
    prior_error,
    summarise,
    system_results,
)
from analysis.labels import InputError
from analysis.linkages import interregional_multipliers, spillover_multipliers
from analysis.tables import load_eight_regions

GROUPS = {"electronics": ("C19",), "equipment": ("C16", "C17")}
PLAIN = Assumptions((1.3, 1.9), None, 0.2, 0.3, 0.35, 0.8)


@pytest.fixture(scope="module")
def few():
    return interregional_ensemble(2017, 5, PLAIN, GROUPS, seed=3)


@pytest.fixture(scope="module")
def table():
    accounts = delta_accounts(2017)
    units = accounts.membership.index
    distances = distances_between(pd.Series(units, index=units))
    return estimate_interregional(accounts, distances=distances, decay=1.7).table


def test_a_member_depends_on_the_seed_and_its_number_alone(few):
    part = interregional_ensemble(2017, range(3, 5), PLAIN, GROUPS, seed=3)
    pd.testing.assert_frame_equal(part.results, few.results.loc[[3, 4]])
    pd.testing.assert_frame_equal(part.options, few.options.loc[[3, 4]])
    other = interregional_ensemble(2017, range(3, 5), PLAIN, GROUPS, seed=4)
    assert not np.allclose(other.results, part.results)


def test_processes_and_a_cluster_give_the_same(few):
    reported = []
    processes = interregional_ensemble(
        2017, 5, PLAIN, GROUPS, seed=3, workers=2, progress=lambda done, total: reported.append((done, total))
    )
    pd.testing.assert_frame_equal(processes.results, few.results, rtol=1e-12)
    assert reported[-1] == (5, 5)
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        spread = interregional_ensemble(2017, 5, PLAIN, GROUPS, seed=3, scheduler=cluster.scheduler_address)
    pd.testing.assert_frame_equal(spread.results, few.results, rtol=1e-12)


def test_results_are_those_of_the_textbook_functions(table, tie):
    found = system_results(table, GROUPS)
    accounts, home = table.accounts, table.home
    spread, parts = spillover_multipliers(accounts, home), interregional_multipliers(accounts, home)
    x, region = accounts.output[spread.index], home[spread.index]
    weights = x / x.groupby(region).transform("sum")
    pull = spread.mul(weights, axis=0).groupby(region).sum()
    feedback = (parts["feedback"] * weights).groupby(region).sum()
    wanted = {("pull", "all", r, s): pull.loc[r, s] for r in table.regions for s in table.regions}
    wanted |= {("feedback", "all", r, r): feedback[r] for r in table.regions}
    tie(
        system_results,
        found[list(wanted)].to_numpy(),
        list(wanted.values()),
        kind="naive",
        source="spillover_multipliers and interregional_multipliers, weighted by output",
        atol=1e-10,
    )
    electronics = [label for label in spread.index if str(label).endswith("C19") and home[label] == "Shanghai"]
    assert found["pull", "electronics", "Shanghai", "Anhui"] == pytest.approx(spread.loc[electronics[0], "Anhui"])


def test_value_added_in_exports_is_all_of_them(table):
    found = system_results(table, {})["value added", "all"]
    assert found.groupby(level=0).sum().to_numpy() == pytest.approx(1)
    # by a loop over rounds of supply, for one region
    x, n = table.output.to_numpy(), len(table.sectors)
    A = np.divide(table.Z.to_numpy(), x, out=np.zeros_like(table.Z.to_numpy()), where=x > 0)
    v = np.divide(table.value_added.sum().to_numpy(), x, out=np.zeros_like(x), where=x > 0)
    demand = np.where(np.arange(len(x)) < n, table.exports.to_numpy(), 0.0)
    earned, wave = np.zeros(len(x)), demand.copy()
    for _ in range(400):
        earned += v * wave
        wave = A @ wave
    shares = earned.reshape(-1, n).sum(axis=1) / demand.sum()
    assert [found["Shanghai", r] for r in table.regions] == pytest.approx(shares.tolist(), abs=1e-9)
    assert found["Shanghai", ABROAD] == pytest.approx(1 - shares.sum())


def test_strongest_pull_is_one_of_the_three(few):
    chosen = few.results["strongest pull"]
    for group in ("all", "electronics"):
        assert (chosen[group]["Shanghai"].sum(axis=1) == 1).all()


def test_how_the_delta_pulls_itself_by_hand(table):
    found = system_results(table, GROUPS)
    pull = found["pull", "equipment"].unstack()
    three = ["Jiangsu", "Zhejiang", "Anhui"]
    out = {r: sum(pull.loc[r, s] for s in ["Shanghai", *three] if s != r) for r in ["Shanghai", *three]}
    away = pull.loc["Shanghai"].drop("Shanghai").sum()
    assert found["share", "equipment", "Shanghai", OTHERS] == pytest.approx(out["Shanghai"] / away)
    assert found["pole", "equipment", "Shanghai", OTHERS] == pytest.approx(out["Shanghai"] / max(out[r] for r in three))
    made = {r: table.output.loc[[(r, "C16"), (r, "C17")]].sum() for r in three}
    back = sum(made[r] * pull.loc[r, "Shanghai"] for r in three) / sum(made.values())
    assert found["lead", "equipment", "Shanghai", OTHERS] == pytest.approx(out["Shanghai"] / back)


def test_noise_of_a_prior_stays_where_it_belongs():
    units = pd.Index(["Shanghai", "Jiangsu", "Beijing", "Tianjin", "Guangdong"])
    base = pd.DataFrame(1.0, units, units)
    quiet = replace(PLAIN, pair_spread=0.0, inside_spread=0.0, cell_spread=0.0)
    rng = np.random.default_rng
    assert (noisy_prior(base, places(units), quiet, 3, rng(0)) == 1).all()
    inside = noisy_prior(base, places(units), replace(quiet, inside_spread=1.0), 3, rng(0))
    assert (inside[:, 2:, :] == 1).all() and (inside[:, :, 2:] == 1).all()
    assert (inside[0, :2, :2] != 1).all() and (inside[0] == inside[1]).all()
    # Beijing and Tianjin are one of the eight regions: one factor
    pairs = noisy_prior(base, places(units), replace(quiet, pair_spread=1.0), 3, rng(0))
    assert pairs[0, 0, 2] == pairs[0, 0, 3] != pairs[0, 0, 4]


def test_wider_assumptions_cover_more():
    narrow = replace(PLAIN, pair_spread=0.01, inside_spread=0.01, cell_spread=0.01, decay=(1.5, 1.5))
    assert coverage(narrow, 20) < 0.4 < 0.6 < coverage(PLAIN, 20)


def test_departures_from_the_published_table():
    between, within, beyond = prior_error()
    assert 0.1 < between < 0.25 and 0.15 < within < 0.4 and 0.1 < beyond < 0.4
    low, high = decay_range()
    assert 1.2 < low < 1.5 < 1.8 < high < 2.2


def test_summary_by_sorting(few):
    values = np.arange(101.0)
    cut = summarise(pd.DataFrame({"a": values, "b": values[::-1] ** 2}), 0.9)
    assert cut.loc["a"].tolist() == pytest.approx([50, 5, 95, 50])
    assert cut.loc["b", "upper"] == pytest.approx(95**2)
    assert list(few.summary().index) == list(few.results.columns)


def test_members_that_fail_are_counted(monkeypatch):
    whole = interregional_ensemble(2017, 6, PLAIN, {}, seed=0)
    assert whole.failed == ()
    monkeypatch.setattr(ensemble, "_CAP", 0.3)
    capped = interregional_ensemble(2017, 6, PLAIN, {}, seed=0)
    assert 0 < len(capped.failed) < 6
    pd.testing.assert_frame_equal(capped.results, whole.results.drop(index=list(capped.failed)))
    monkeypatch.setattr(ensemble, "_CAP", 0.01)
    with pytest.raises(InputError, match="none of the 2 members"):
        interregional_ensemble(2017, 2, PLAIN, {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"decay": (2.0, 1.0)}, "decay is drawn between 2.0 and 1.0"),
        ({"transit": (-0.1, 1.0)}, "transit is drawn between"),
        ({"cell_spread": -1.0}, "cell_spread must be a number not below nought"),
        ({"margin_spread": np.nan}, "margin_spread must be a number"),
    ],
)
def test_ranges_that_are_none_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        replace(PLAIN, **change)


def test_bad_requests_are_refused(table):
    with pytest.raises(InputError, match="at least one member"):
        interregional_ensemble(2017, 0, PLAIN, {})
    with pytest.raises(InputError, match="group 'chips' names C99"):
        system_results(table, {"chips": ["C99"]})
    with pytest.raises(InputError, match="level must lie"):
        summarise(pd.DataFrame({"a": [1.0]}), 1.0)
    with pytest.raises(InputError, match="no member"):
        summarise(pd.DataFrame({"a": []}))


def test_a_member_balances():
    drawn, table = estimate_member(lambda rest: delta_accounts(2017, rest), PLAIN, 0, 1)
    x = table.output
    gap = (table.Z.sum(axis=1) + table.final_uses.sum(axis=1) + table.exports + table.error - x).abs().max()
    assert gap <= 1e-6 * x.max()
    assert table.estimated and drawn["rest"] in ("residual", "sum")
    assert (table.Z >= 0).all(axis=None)


def test_published_table_is_inside_its_own_results():
    published = load_eight_regions(2007)
    found = system_results(published, {})
    assert found.notna().all()
    assert found["pull", "all", "East Coast", "East Coast"] > 1
