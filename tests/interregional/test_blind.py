"""The blind test on the published tables of eight regions: what is reached, and the measures by loops."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import read
from analysis.interregional import (
    MEASURES,
    METHODS,
    agreement,
    blind_estimate,
    blind_test,
    distances_between,
    eight_regions,
    gravity_decay,
    learned,
    margin_misfit,
    margin_noise,
    noise_spread,
    pair_effects,
    published_accounts,
    quotient_flows,
)
from analysis.labels import InputError
from analysis.tables import TableError, load_eight_regions
from tests.interregional.examples import proportional


@pytest.fixture(scope="module")
def result():
    return blind_test(draws=4)


@pytest.fixture(scope="module")
def raw():
    """Flows between regions by origin, user and product, added up from the stored rows."""
    rows = read("io/eight_regions_2007")
    rows = rows[(rows["region"] != "") & (rows["user_region"] != "") & (rows["column"] != "FU202")]
    return rows.groupby(["region", "user_region", "row"])["value"].sum()


def test_what_was_promised_is_reached(result):
    exact = result.loc["exact"]
    best = exact.loc["pairs"]
    assert best["flows"] <= 0.22
    assert best["gain"] >= 0.45
    assert best["intra"] <= 0.045
    assert best["partners"] <= 0.18
    # In order: distance and pairs before proportionality, all before location quotients.
    assert exact.loc["pairs", "flows"] < exact.loc["distance", "flows"] < exact.loc["proportionality", "flows"]
    assert exact.loc["pairs", "partners"] < exact.loc["distance", "partners"] < exact.loc["proportionality", "partners"]
    for measure in ("flows", "intra", "spillover", "partners"):
        assert exact.loc["FLQ", measure] > exact.loc["proportionality", measure]
    # No trade model mends proportional users: the floor.
    assert exact.loc["published flows", "flows"] < 1e-6
    assert (exact["intra"] >= exact.loc["published flows", "intra"] - 1e-3).all()


def test_what_is_lost_is_shown(result):
    assert list(result.columns) == list(MEASURES)
    assert set(result.loc["exact"].index) == set(METHODS)
    # With margins as noisy as the real ones most of the gain is gone.
    assert result.loc["noisy"].loc["pairs", "flows"] > 2 * result.loc["exact"].loc["pairs", "flows"]
    half = result.loc["noisy, half in common"]
    assert half.loc["pairs", "flows"] > result.loc["exact"].loc["pairs", "flows"]
    assert half.loc["pairs", "flows"] < half.loc["proportionality", "flows"]
    # The published tables know no transit: the supply pool does worse on them.
    assert result.loc["exact, pool"].loc["pairs", "intra"] > 2 * result.loc["exact"].loc["pairs", "intra"]


def test_error_of_flows_by_a_loop_over_stored_rows(tie, result, raw):
    estimate = blind_estimate("pairs")
    found = estimate.table.trade()
    wrong = total = 0.0
    for (origin, user, code), value in raw.items():
        if origin != user:
            wrong += abs(found[origin, user, code] - value)
            total += value
    source = "a loop over the stored table"
    error = result.loc[("exact", "pairs"), "flows"]
    tie(blind_estimate, wrong / total, error, kind="naive", source=source, rtol=1e-9)
    tie(blind_test, error, wrong / total, kind="naive", source=source, rtol=1e-9)


def test_the_method_sees_only_margins():
    """Flows swapped round in a circle keep every margin, and the estimate."""
    accounts = published_accounts(load_eight_regions(2007))
    assert set(accounts.arrays) == {
        "Z", "final", "value_added", "output", "error", "exports", "imports", "outflow", "inflow", "member"
    }  # fmt: skip
    assert accounts.arrays["Z"].shape == (8, 17, 17)
    assert accounts.arrays["outflow"].shape == (8, 17)


def test_agreement_by_loops(tie):
    t = proportional(3, 2, 1)
    other = proportional(3, 2, 1)
    found = agreement(other, t)
    tie(agreement, found[["flows", "intra", "spillover", "feedback", "partners"]], np.zeros(5), kind="identity",
        source="a table and itself", atol=1e-12)  # fmt: skip
    published = load_eight_regions(2007)
    estimate = blind_estimate("distance").table
    found = agreement(estimate, published, "East Coast")
    x = published.output.to_numpy()
    L, M = (np.linalg.inv(np.eye(136) - t.Z.to_numpy() / x) for t in (estimate, published))
    gaps, wrong, total = [], 0.0, 0.0
    for k in range(136):
        r = k // 17
        gaps.append(abs(L[17 * r : 17 * r + 17, k].sum() - M[17 * r : 17 * r + 17, k].sum()))
        if published.regions[r] == "East Coast":
            for s in set(range(8)) - {r}:
                mine, theirs = (X[17 * s : 17 * s + 17, k].sum() for X in (L, M))
                wrong, total = wrong + abs(mine - theirs), total + theirs
    source = "multipliers by loops"
    tie(agreement, found["intra"], np.mean(gaps), kind="naive", source=source, rtol=1e-9)
    tie(agreement, found["partners"], wrong / total, kind="naive", source=source, rtol=1e-9)
    with pytest.raises(TableError, match="no region 'Delta'"):
        agreement(estimate, published, "Delta")
    with pytest.raises(TableError, match="differ in regions"):
        agreement(t, published)
    with pytest.raises(TableError, match="output differs in"):
        agreement(load_eight_regions(2002), published)


def test_what_is_learned_comes_from_the_earlier_table(tie):
    table, km = load_eight_regions(2002), distances_between(eight_regions())
    decay, effects = learned(table, km)
    tie(learned, decay, gravity_decay(table.trade(), km), kind="identity", source="decay alone", rtol=1e-9)
    tie(learned, effects, pair_effects(table.trade(), table.regions, km, decay), kind="identity",
        source="effects alone", rtol=1e-9)  # fmt: skip
    # Both years tell much the same decay.
    assert 1.5 < decay < 2.1
    assert gravity_decay(load_eight_regions(2007).trade(), km) == pytest.approx(decay, abs=0.15)


def test_quotients_by_a_loop(tie):
    accounts = published_accounts(proportional(3, 2, 2))
    a, delta = accounts.arrays, 0.3
    x = a["output"]
    nation = x.sum(axis=0)
    flows, trade = quotient_flows(accounts, delta)
    R, n = x.shape
    own = np.zeros((R, n, n))
    final = np.zeros((R, n))
    for r in range(R):
        slq = x[r] / x[r].sum() / (nation / nation.sum())
        size = np.log2(1 + x[r].sum() / nation.sum()) ** delta
        for i in range(n):
            final[r, i] = min(slq[i], 1) * a["final"][r, i].sum()
            for j in range(n):
                quotient = size * (slq[i] if i == j else slq[i] / slq[j])
                own[r, i, j] = min(quotient, 1) * a["Z"][r, i, j]
    expected = np.zeros((R, n, R, n))
    for s in range(R):
        for i in range(n):
            spare = [
                0.0 if r == s else max(x[r, i] - a["exports"][r, i] - own[r, i].sum() - final[r, i], 0)
                for r in range(R)
            ]
            for r in range(R):
                part = spare[r] / sum(spare) if sum(spare) else 0.0
                expected[r, i, s] = own[s, i] if r == s else part * (a["Z"][s, i] - own[s, i])
    tie(quotient_flows, flows, expected.reshape(R * n, R * n), kind="naive", source="cell by cell", rtol=1e-9)
    bought = trade.groupby(level=[1, 2]).sum().unstack()
    uses = a["Z"].sum(axis=2) + a["final"].sum(axis=2)
    assert (bought.to_numpy() <= uses + 1e-9).all()


def test_noise_is_as_large_as_it_is_said_to_be(tie):
    accounts = published_accounts(load_eight_regions(2007))
    spread = noise_spread(accounts, 0.3, draws=5, seed=2, common=0.5)
    gaps = [margin_misfit(accounts, margin_noise(accounts, spread, [2, k], 0.5)) for k in range(5)]
    tie(noise_spread, np.mean(gaps), 0.3, kind="identity", source="the misfit that was asked for", atol=1e-4)
    with pytest.raises(InputError, match="no spread of noise"):
        noise_spread(accounts, 5.0, draws=2)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="unknown method 'magic'"):
        blind_estimate("magic")
    with pytest.raises(InputError, match="unknown method 'FLQ'"):
        blind_estimate("FLQ")
    with pytest.raises(InputError, match="draws must be at least 1"):
        blind_test(draws=0)


def test_rows_of_the_result_are_named_as_declared(result):
    margins = list(pd.unique(result.index.get_level_values("margins")))
    assert margins == ["exact", "exact, pool", "noisy", "noisy, half in common"]
    assert result.attrs["draws"] == 4
