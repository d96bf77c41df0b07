"""The ensemble: equal however it is computed, as wide as what it was calibrated on, and what each member says."""

from dataclasses import replace

import dask
import distributed
import numpy as np
import pandas as pd
import pytest

from analysis.data import read
from analysis.interregional import (
    ABROAD,
    EVERYWHERE,
    OTHERS,
    RESULTS,
    Assumptions,
    calibrated_assumptions,
    coverage,
    decay_range,
    delta_accounts,
    distances_between,
    eight_regions,
    ensemble,
    estimate_interregional,
    estimate_member,
    gravity_decay,
    gravity_prior,
    interregional_ensemble,
    learned,
    margin_noise,
    noisy_prior,
    places,
    prior_error,
    published_accounts,
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


def test_an_ensemble_is_its_members_one_by_one(few, tie):
    rows = [
        system_results(estimate_member(lambda rest: delta_accounts(2017, rest), PLAIN, 3, k)[1], GROUPS)
        for k in range(5)
    ]
    tie(
        interregional_ensemble,
        few.results.to_numpy(),
        np.array([row[few.results.columns].to_numpy() for row in rows]),
        kind="naive",
        source="members in a loop",
    )
    assert set(few.results.columns.get_level_values("measure")) == set(RESULTS)


def test_a_member_is_the_estimate_under_what_it_drew(tie):
    drawn, table = estimate_member(lambda rest: delta_accounts(2017, rest), PLAIN, 5, 2)
    rng = np.random.default_rng([5, 2])
    decay, transit, weight = rng.uniform(1.3, 1.9), rng.uniform(0, 1), rng.uniform(0, 1)
    chosen = [str(rng.choice(pair)) for pair in (PLAIN.measures, PLAIN.rests, PLAIN.misfits)]
    rng.integers(2)
    accounts = delta_accounts(2017, chosen[1])
    units = accounts.membership.index
    base = gravity_prior(distances_between(pd.Series(units, index=units), chosen[0]).loc[units, units], decay)
    prior = noisy_prior(base, places(units), PLAIN, 38, rng)
    noise = margin_noise(accounts, 0.8, rng)
    wanted = estimate_interregional(
        accounts, prior=prior, noise=noise, outflow_weight=weight, transit=transit, misfit=chosen[2]
    )
    assert [drawn[name] for name in ("measure", "rest", "misfit")] == chosen
    tie(estimate_member, table.Z, wanted.table.Z, kind="naive", source="what the seed draws, in order", atol=1e-9)


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
    pd.testing.assert_frame_equal(processes.results, few.results, check_exact=True)
    assert reported[-1] == (5, 5)
    # a busy machine may take long to start two processes
    patient = {"distributed.comm.timeouts.connect": "180s", "distributed.comm.timeouts.tcp": "180s"}
    with (
        dask.config.set(patient),
        distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
    ):
        spread = interregional_ensemble(2017, 5, PLAIN, GROUPS, seed=3, scheduler=cluster.scheduler_address)
    pd.testing.assert_frame_equal(spread.results, few.results, check_exact=True)


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
    near = found["Shanghai"].drop(["Shanghai", "Rest of China", ABROAD]).sum()
    assert system_results(table, {})["neighbours' value added", "all", "Shanghai", OTHERS] == pytest.approx(near)
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
    assert found["spillover", "equipment", "Shanghai", EVERYWHERE] == pytest.approx(away)
    assert found["spillover", "equipment", "Anhui", OTHERS] == pytest.approx(out["Anhui"])
    assert found["share", "equipment", "Shanghai", OTHERS] == pytest.approx(out["Shanghai"] / away)
    assert found["pole", "equipment", "Shanghai", OTHERS] == pytest.approx(out["Shanghai"] / max(out[r] for r in three))
    made = {r: table.output.loc[[(r, "C16"), (r, "C17")]].sum() for r in three}
    back = sum(made[r] * pull.loc[r, "Shanghai"] for r in three) / sum(made.values())
    assert found["lead", "equipment", "Shanghai", OTHERS] == pytest.approx(out["Shanghai"] / back)


def test_noise_of_a_prior_in_loops(tie):
    units = pd.Index(["Shanghai", "Jiangsu", "Beijing", "Tianjin"])
    base = pd.DataFrame(np.arange(1.0, 17).reshape(4, 4), units, units)
    where = {"Shanghai": 0, "Jiangsu": 1, "Beijing": 2, "Tianjin": 2}
    rng = np.random.default_rng(7)
    pairs, cells = rng.standard_normal((3, 3)), rng.standard_normal((2, 3, 3))
    wanted = np.empty((2, 4, 4))
    for k in range(2):
        for i, u in enumerate(units):
            for j, v in enumerate(units):
                p, q = where[u], where[v]
                spread = PLAIN.inside_spread if p < 2 and q < 2 else PLAIN.pair_spread
                wanted[k, i, j] = base.loc[u, v] * np.exp(spread * pairs[p, q] + PLAIN.cell_spread * cells[k, p, q])
    found = noisy_prior(base, places(units), PLAIN, 2, np.random.default_rng(7))
    tie(noisy_prior, found, wanted, kind="naive", source="in loops", rtol=1e-12)


def test_places_are_the_four_and_eight_regions(tie):
    listed = read("io/eight_regions")
    wanted = [
        r if r in ("Shanghai", "Jiangsu", "Zhejiang", "Anhui") else e
        for r, e in zip(listed["region"], listed["eight"], strict=True)
    ]
    tie(places, places(pd.Index(listed["region"])), wanted, kind="naive", source="row by row from io/eight_regions")


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


def test_coverage_by_counting(tie):
    published = load_eight_regions(2007)
    known, regions = published_accounts(published), published.regions
    exact = replace(PLAIN, margin_spread=0.0, transit=(1.0, 1.0), rests=("published",), misfits=("error",))
    drawn = []
    for k in range(10):
        t = estimate_member(lambda _: known, exact, 0, k)[1]
        drawn.append(spillover_multipliers(t.accounts, t.home))
    seen = spillover_multipliers(published.accounts, published.home)
    inside = []
    for r in regions:
        mine = seen.index[(published.home[seen.index] == r).to_numpy()]
        made = published.accounts.output[mine]
        for s in regions:
            if s != r:
                pulls = np.sort([np.average(m.loc[mine, s], weights=made) for m in drawn])
                low, high = np.quantile(pulls, [0.05, 0.95])
                inside.append(low <= np.average(seen.loc[mine, s], weights=made) <= high)
    tie(coverage, coverage(PLAIN, 10), np.mean(inside), kind="naive", source="counted pair by pair", atol=1e-12)


def test_wider_assumptions_cover_more():
    narrow = replace(PLAIN, pair_spread=0.01, inside_spread=0.01, cell_spread=0.01, decay=(1.5, 1.5))
    assert coverage(narrow, 20) < 0.4 < 0.6 < coverage(PLAIN, 20)


def test_departures_from_the_published_table_in_loops(tie):
    train, test = load_eight_regions(2002), load_eight_regions(2007)
    regions = train.regions
    distances = distances_between(eight_regions()).loc[regions, regions]
    decay, effects = learned(train, distances)
    estimate = estimate_interregional(
        published_accounts(test), distances=distances, decay=decay, effects=effects, transit=1.0
    )
    seen, found = test.trade(), estimate.trade()
    rows = {}
    for r in regions:
        for s in regions:
            if r != s:
                cells = [(seen[r, s, c], found[r, s, c]) for c in test.sectors]
                rows[r, s] = [(f, np.log(f / g)) for f, g in cells if f > 0 and g > 0]
    total = sum(f for cells in rows.values() for f, _ in cells)
    weight = {pair: sum(f for f, _ in cells) for pair, cells in rows.items()}
    mean = {pair: sum(f * gap for f, gap in cells) / weight[pair] for pair, cells in rows.items()}
    centre = sum(weight[pair] * mean[pair] for pair in rows) / total
    between = np.sqrt(sum(weight[pair] * (mean[pair] - centre) ** 2 for pair in rows) / total)
    within = np.sqrt(sum(f * (gap - mean[pair]) ** 2 for pair, cells in rows.items() for f, gap in cells) / total)
    shown = learned(test, distances)[1]
    beyond = np.std([np.log(shown.loc[r, s]) for r in regions for s in regions if r != s])
    tie(prior_error, prior_error(), [between, within, beyond], kind="naive", source="in loops", rtol=1e-9)


def test_decay_range_is_that_of_tables_that_lack_a_region(tie):
    found = []
    for year in (2002, 2007):
        table = load_eight_regions(year)
        for measure in ("capitals", "centres"):
            far = distances_between(eight_regions(), measure)
            for out in table.regions:
                left = [r for r in table.regions if r != out]
                flows = {key: flow for key, flow in table.trade().items() if out not in key[:2]}
                index = pd.MultiIndex.from_tuples(flows, names=["origin", "user", "code"])
                found.append(gravity_decay(pd.Series(list(flows.values()), index), far.loc[left, left]))
    tie(decay_range, decay_range(), [min(found), max(found)], kind="naive", source="flow by flow", rtol=1e-6)


def test_calibration_widens_until_it_covers(tie):
    found, tried = calibrated_assumptions(members=10, level=0.8)
    between, within, beyond = prior_error()
    factor = tried["factor"].iloc[-1]
    tie(
        calibrated_assumptions,
        [found.pair_spread, found.cell_spread, found.inside_spread**2],
        [factor * between, factor * within, (factor * between) ** 2 + beyond**2],
        kind="identity",
        source="a factor times the departures; inside the delta, more",
        rtol=1e-12,
    )
    assert (tried["coverage"].iloc[:-1] < 0.8).all() and tried["coverage"].iloc[-1] >= 0.8
    assert coverage(found, 10, 0.8) == tried["coverage"].iloc[-1]
    assert found.decay == decay_range()


def test_summary_by_sorting(few, tie):
    values = np.arange(101.0)
    cut = summarise(pd.DataFrame({"a": values, "b": values[::-1] ** 2}), 0.9)
    tie(summarise, cut.loc["a"], [50, 5, 95, 50], kind="naive", source="ranks of a hundred and one numbers", atol=1e-12)
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
