import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.linkages import (
    downstreamness,
    hypothetical_extraction,
    influence_vector,
    local_content,
    ras,
    rasmussen_linkages,
)
from analysis.tables import ASSUMPTIONS, ImportTreatmentError, TableError, load
from analysis.uncertainty import MEASURES, flow_draws, linkage_draws
from analysis.uncertainty.draws import _balanced, _factors
from tests.examples import miller_blair, table, tables

INDICES = ["backward_index", "forward_index"]
SIDES = ["backward", "forward", *INDICES]


def shanghai(assumption="supply pool"):
    loaded = load("Shanghai", 2017)
    return loaded if assumption == "competitive" else loaded.local(assumption)


def published(t, share=0.4):
    """Build a table whose local and imported flows were published apart, cell by cell."""
    rng = np.random.default_rng(4)
    own = t.Z * rng.uniform(share, 1, t.Z.shape)
    idle = ~t.active
    own[idle] = 0.0
    own.loc[idle] = 0.0
    final = t.final_uses.mul(0.5)
    # Exports close the rows.
    out = t.output - own.sum(axis=1) - final.sum(axis=1)
    return table(
        own,
        t.output,
        final={c: final[c].to_numpy() for c in final},
        exports=out.to_numpy(),
        value_added={c: t.value_added.loc[c].to_numpy() for c in t.value_added.index},
        sectors=t.sectors,
        imported=t.Z - own,
        imported_final=t.final_uses - final,
        imports="local",
        assumption="published",
        row_tolerance=1e-6,
    )


@given(tables())
def test_without_noise_linkages_are_the_tables_own(t):
    local = t.local("supply pool")
    for each in (t, local):
        own = rasmussen_linkages(each)
        for weights in ("equal", "output"):
            own = rasmussen_linkages(each, weights)
            drawn = linkage_draws(each, SIDES, 2, 0.0, 1, weights=weights)
            for name in SIDES:
                np.testing.assert_allclose(drawn[name], np.tile(own[name], (2, 1)), rtol=1e-9)
    drawn = linkage_draws(local, list(MEASURES), 1, 0.0, 1)
    np.testing.assert_allclose(drawn["local_content"].iloc[0], local_content(local), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(drawn["extraction"].iloc[0], hypothetical_extraction(local)["total"], rtol=1e-9)
    np.testing.assert_allclose(drawn["influence"].iloc[0], influence_vector(local), rtol=1e-9)
    for name in SIDES:
        np.testing.assert_allclose(drawn[name].iloc[0], rasmussen_linkages(local)[name], rtol=1e-9)


@given(tables())
def test_draws_keep_sums_zeros_and_accounts(tie, t):
    for each in (t, t.local("exports first"), published(t)):
        flows = flow_draws(each, 3, 0.5, 7)
        observed, drawn = each.Z.to_numpy(), flows.Z
        if each.imports == "local":
            observed, drawn = observed + each.imported.to_numpy(), drawn + flows.imported
        sums, source = np.tile(observed.sum(axis=0), (3, 1)), "draws keep the sums of the table"
        tie(flow_draws, drawn.sum(axis=1), sums, kind="identity", source=source, rtol=1e-9)
        np.testing.assert_allclose(drawn.sum(axis=2), np.tile(observed.sum(axis=1), (3, 1)), rtol=1e-9)
        np.testing.assert_allclose(flows.Z.sum(axis=2), np.tile(each.Z.sum(axis=1), (3, 1)), rtol=1e-9)
        assert (flows.Z[:, each.Z.to_numpy() == 0] == 0).all()
        assert (flows.Z >= 0).all()
        for k in range(len(flows)):
            checked = flows.draw(k)
            pd.testing.assert_series_equal(checked.output, each.output)
            pd.testing.assert_frame_equal(checked.value_added, each.value_added)


def test_draws_differ_and_scatter_about_the_table():
    t = shanghai("competitive")
    drawn = linkage_draws(t, "backward", 400, 0.2, 3)
    assert drawn.round(12).nunique().min() == 400
    own = rasmussen_linkages(t)["backward"]
    assert ((drawn.mean() - own).abs() < 5 * drawn.std() / 20 + 1e-3 * own).all()


@pytest.mark.parametrize("assumption", ["competitive", *ASSUMPTIONS])
def test_stacks_against_a_loop_of_tables(assumption, tie):
    t = shanghai(assumption)
    names = SIDES if assumption == "competitive" else list(MEASURES)
    fast = linkage_draws(t, names, 5, 0.3, 11)
    whole = t.Z if assumption == "competitive" else t.Z + t.imported
    order = np.argsort(t.sectors)
    assert (order == np.arange(t.n)).all()
    for k in range(5):
        rng = np.random.default_rng(np.random.SeedSequence(11).spawn(5)[k])
        sigma = np.sqrt(np.log(1 + 0.3**2))
        noisy = whole * np.exp(rng.normal(-(sigma**2) / 2, sigma, whole.shape))
        flows = ras(noisy, whole.sum(axis=1), whole.sum(axis=0)).matrix
        share = t.Z / whole.where(whole > 0, 1.0)
        A = (flows * share / t.output.where(t.active, 1.0)).to_numpy()
        L, x, on = np.linalg.inv(np.eye(t.n) - A), t.output.to_numpy(), t.active.to_numpy()
        naive = {"backward": L.sum(axis=0)[on], "forward": (L @ x)[on] / x[on]}
        naive |= {f"{side}_index": naive[side] / naive[side].mean() for side in ("backward", "forward")}
        if assumption != "competitive":
            v = t.total_value_added.to_numpy() / np.where(on, x, 1)
            naive["local_content"] = (v @ L)[on]
            naive["extraction"] = (L.sum(axis=0) * x / np.diag(L))[on]
            local = (flows * share).to_numpy()[np.ix_(on, on)]
            alpha = 1 - local.sum() / x.sum()
            W = np.nan_to_num(local / local.sum(axis=0))
            naive["influence"] = alpha / on.sum() * np.linalg.inv(np.eye(on.sum()) - (1 - alpha) * W).sum(axis=1)
        for name in names:
            tie(linkage_draws, fast[name].iloc[k], naive[name], kind="naive", source="a loop of tables", rtol=1e-9)


def test_a_function_of_a_table_gives_the_same():
    t = shanghai()
    named = linkage_draws(t, "forward", 3, 0.2, 5)
    free = linkage_draws(t, lambda each: rasmussen_linkages(each)["forward"], 3, 0.2, 5)
    pd.testing.assert_frame_equal(free.rename_axis(columns="sector"), named, rtol=1e-9)
    assert linkage_draws(t, downstreamness, 2, 0.2, 5).attrs["measure"] == "downstreamness"


def test_batches_ranges_and_processes_agree_to_the_last_digit():
    t = shanghai()
    whole = linkage_draws(t, list(MEASURES), 40, 0.3, 9)
    for batch in (1, 7, 40):
        pd.testing.assert_frame_equal(
            linkage_draws(t, list(MEASURES), 40, 0.3, 9, batch=batch), whole, check_exact=True
        )
    work = partial(linkage_draws, t, list(MEASURES), cv=0.3, seed=9)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        halves = list(pool.map(work, [range(0, 17), range(17, 40)]))
    pd.testing.assert_frame_equal(pd.concat(halves), whole, check_exact=True)
    pd.testing.assert_frame_equal(linkage_draws(t, list(MEASURES), 12, 0.3, 9), whole.iloc[:12], check_exact=True)


def test_measures_drawn_together_or_alone_are_the_same():
    t = shanghai("competitive")
    both = linkage_draws(t, INDICES, 6, 0.2, 1)
    for name in INDICES:
        pd.testing.assert_frame_equal(linkage_draws(t, name, 6, 0.2, 1), both[name], check_exact=True)


def shuffled(t, seed=0):
    order = t.sectors[np.random.default_rng(seed).permutation(t.n)]
    return table(
        t.Z.loc[order, order],
        t.output[order],
        sectors=order,
        final={c: t.final_uses.loc[order, c].to_numpy() for c in t.final_uses},
        trade={c: t.trade.loc[order, c].to_numpy() for c in t.trade},
        value_added={c: t.value_added.loc[c, order].to_numpy() for c in t.value_added.index},
        row_tolerance=t.row_tolerance,
        column_tolerance=t.column_tolerance,
    )


def test_the_order_of_sectors_does_not_matter():
    t = load("Shanghai", 2017)
    other = shuffled(t)
    for make in (lambda each: each, lambda each: each.local("supply pool")):
        for distribution in ("lognormal", "gamma"):
            a = linkage_draws(make(t), INDICES, 5, 0.4, 2, distribution=distribution)
            b = linkage_draws(make(other), INDICES, 5, 0.4, 2, distribution=distribution)
            assert not a.columns.equals(b.columns)
            pd.testing.assert_frame_equal(b[a.columns], a, rtol=1e-9)
            alone = linkage_draws(make(other), INDICES, 5, 0.4, 2, distribution=distribution, batch=1)
            pd.testing.assert_frame_equal(alone, b, check_exact=True)
    sizes = pd.DataFrame(np.linspace(0, 1, t.n**2).reshape(t.n, t.n), t.sectors, t.sectors)
    a, b = (linkage_draws(each, "backward", 5, sizes, 2) for each in (t, other))
    pd.testing.assert_frame_equal(b[a.columns], a, rtol=1e-9)


@given(tables(), st.sampled_from([1e-6, 1e3]))
def test_the_unit_does_not_matter(t, scale):
    kept = {
        "final": {c: scale * t.final_uses[c].to_numpy() for c in t.final_uses},
        "trade": {c: scale * t.trade[c].to_numpy() for c in t.trade},
        "value_added": {c: scale * t.value_added.loc[c].to_numpy() for c in t.value_added.index},
    }
    other = table(scale * t.Z, scale * t.output, **kept, row_tolerance=1e-3, column_tolerance=1e-3)
    a, b = (linkage_draws(each, SIDES, 2, 0.5, 3) for each in (t, other))
    np.testing.assert_allclose(a, b, rtol=1e-7)


@pytest.mark.parametrize("distribution", ["lognormal", "gamma"])
@pytest.mark.parametrize("cv", [0.1, 0.8])
def test_noise_has_mean_one_and_the_stated_spread(distribution, cv):
    factors = _factors(np.full((500, 800), cv), 5, range(1), distribution)
    assert factors.mean() == pytest.approx(1, abs=5 * cv / np.sqrt(400_000))
    assert factors.std() == pytest.approx(cv, rel=0.03)
    assert (factors > 0).all()


def test_cells_without_noise_stay_put_where_sums_allow():
    t = shanghai("competitive")
    cv = pd.DataFrame(0.0, t.sectors, t.sectors)
    Z = t.Z.to_numpy()
    np.testing.assert_allclose(flow_draws(t, 2, cv, 1, distribution="gamma").Z, np.stack([Z, Z]), rtol=1e-12)
    cv.loc[["C01", "C06"], ["C06", "C07"]] = 0.5
    drawn = flow_draws(t, 2, cv, 1).Z
    touched = np.abs(drawn / np.where(Z > 0, Z, 1) - (Z > 0))
    block = touched[:, [0, 5]][:, :, [5, 6]]
    assert block.min() > 1e-4
    assert np.median(touched[:, Z > 0]) < 0.01 < block.max()


def test_a_local_draw_is_the_competitive_one_split_by_the_assumption():
    t = load("Shanghai", 2017)
    whole, local = flow_draws(t, 3, 0.3, 8), flow_draws(t.local("supply pool"), 3, 0.3, 8)
    share = t.local_shares("supply pool").to_numpy()[:, None]
    np.testing.assert_allclose(local.Z, whole.Z * share, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(local.Z + local.imported, whole.Z, rtol=1e-9, atol=1e-12)


def test_a_single_sector_has_no_freedom():
    t = table([[25.0]], [100.0])
    np.testing.assert_allclose(linkage_draws(t, "backward", 20, 1.0, 1), 100 / 75, rtol=1e-12)
    # Sums of a 2 x 2 matrix leave one cell free.
    two = linkage_draws(miller_blair(), "backward", 20, 0.5, 1)
    assert (two.std() > 1e-4).all()


def test_groups_that_hardly_trade_are_balanced_too():
    rng = np.random.default_rng(3)
    # Scaling gains half a per cent a sweep here: thousands of sweeps, or a few of Newton's steps.
    block = rng.uniform(1, 2, (4, 4))
    X = np.block([[block, np.full((4, 4), 1e-3)], [np.full((4, 4), 1e-3), block.T]])
    X[0, 4] = 0
    u, v = X.sum(axis=1), X.sum(axis=0)
    drawn = _balanced(X * rng.lognormal(0, 0.5, (3, 8, 8)), u, v)
    np.testing.assert_allclose(drawn.sum(axis=2), np.tile(u, (3, 1)), rtol=1e-9)
    np.testing.assert_allclose(drawn.sum(axis=1), np.tile(v, (3, 1)), rtol=1e-9)
    assert (drawn[:, 0, 4] == 0).all()


def test_results_say_what_they_are():
    drawn = linkage_draws(miller_blair(), "backward", 3, 0.2, 1)
    assert drawn.attrs["cv"] == 0.2 and drawn.attrs["seed"] == 1 and drawn.attrs["assumption"] == "supply pool"
    assert drawn.attrs["reading"].startswith("sensitivity range")
    assert drawn.index.name == "draw" and drawn.columns.name == "sector"
    assert linkage_draws(miller_blair(), INDICES, range(4, 6), 0.2, 1).index.tolist() == [4, 5]


def test_what_draws_refuse():
    t = miller_blair()
    for draws in (0, -1, 2.5, True, range(0), range(0, 4, 2), range(-2, 2)):
        with pytest.raises(InputError, match="draws is"):
            linkage_draws(t, "backward", draws, 0.2, 1)
    for cv in (-0.1, np.nan, np.inf, "a", None):
        with pytest.raises(InputError, match="cv is"):
            linkage_draws(t, "backward", 2, cv, 1)
    with pytest.raises(InputError, match=r"cv reaches 20"):
        linkage_draws(t, "backward", 2, 20, 1)
    one = pd.DataFrame(0.1, t.sectors, t.sectors)
    one.iloc[1, 0] = 20
    with pytest.raises(InputError, match=r"cv reaches 20"):
        linkage_draws(t, "backward", 2, one, 1)
    with pytest.raises(InputError, match="lack S2"):
        linkage_draws(t, "backward", 2, pd.DataFrame([[0.1]], ["S1"], ["S1"]), 1)
    with pytest.raises(InputError, match="cv is negative"):
        linkage_draws(t, "backward", 2, pd.DataFrame(-0.1, t.sectors, t.sectors), 1)
    for seed in (-1, 0.5, None):
        with pytest.raises(InputError, match="seed is"):
            linkage_draws(t, "backward", 2, 0.2, seed)
    with pytest.raises(InputError, match="distribution must be"):
        flow_draws(t, 2, 0.2, 1, distribution="normal")
    with pytest.raises(InputError, match="weights must be"):
        linkage_draws(t, "backward", 2, 0.2, 1, weights="value")
    with pytest.raises(InputError, match="batch is 0"):
        linkage_draws(t, "backward", 2, 0.2, 1, batch=0)
    for measure in ("upward", [], ["backward", "backward"]):
        with pytest.raises(InputError, match="unknown or repeated"):
            linkage_draws(t, measure, 2, 0.2, 1)
    for measure in ("local_content", "extraction"):
        with pytest.raises(ImportTreatmentError, match=r"table\.local"):
            linkage_draws(miller_blair(local=False), measure, 2, 0.2, 1)
    with pytest.raises(TableError, match=r"negative intermediate flows, S1 to S1 \(-1\)"):
        linkage_draws(table([[-1.0, 0.0], [0.0, 0.0]], [10.0, 10.0]), "backward", 2, 0.2, 1)
    with pytest.raises(TableError, match="no sector with output"):
        linkage_draws(table([[0.0]], [0.0]), "backward", 2, 0.2, 1)


def test_draws_that_are_not_productive_are_refused():
    # Sectors 1 and 2 buy and sell more than they make. Noise can close their circle, at the third one's cost.
    fragile = table([[46.0, 46, 13], [46, 46, 13], [13, 13, 6]], [100.0, 100, 100])
    with pytest.raises(TableError, match=r"needs more inputs than it makes \(spectral radius 1\.0"):
        linkage_draws(fragile, "backward", 300, 1.5, 1)
    assert (linkage_draws(fragile, "backward", 300, 0.1, 1) >= 1).all(axis=None)
