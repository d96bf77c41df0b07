import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.linkages import (
    betweenness_centrality,
    eigenvector_centrality,
    influence_vector,
    leontief_inverse,
    structural_paths,
    technical_coefficients,
)
from analysis.tables import TableError
from tests.examples import closed, miller_blair, table, tables

ACEMOGLU = "Acemoglu et al. (2012), Econometrica 80(5)"


def economy(W, alpha):
    """Build the Cobb-Douglas economy of Acemoglu et al.: even final demand, one primary share."""
    A = (1 - alpha) * np.asarray(W, float)
    x = np.linalg.solve(np.eye(len(A)) - A, np.full(len(A), 100.0))
    return closed(A * x, x)


# --- influence vector


@pytest.mark.parametrize("alpha", [0.2, 0.5])
def test_influence_in_the_star_and_in_the_even_economy(alpha, tie):
    n = 5
    star = np.zeros((n, n))
    star[0] = 1  # one sector supplies all others, and itself
    found = influence_vector(economy(star, alpha))
    hub = alpha / n + np.array([1 - alpha, 0, 0, 0, 0])
    tie(influence_vector, found, hub, kind="computed", source=f"{ACEMOGLU}: the star, by hand", rtol=1e-12)
    even = influence_vector(economy(np.full((n, n), 1 / n), alpha))
    source = f"{ACEMOGLU}: the balanced economy"
    tie(influence_vector, even, np.full(n, 1 / n), kind="computed", source=source, rtol=1e-12)
    assert found.attrs["primary_share"] == pytest.approx(alpha)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.floats(0.1, 0.9))
def test_influence_is_the_sales_share_where_the_model_holds(tie, seed, n, alpha):
    W = np.random.default_rng(seed).dirichlet(np.ones(n), n).T
    t = economy(W, alpha)
    sales, source = t.output / t.output.sum(), f"{ACEMOGLU}: equal to sales shares"
    tie(influence_vector, influence_vector(t), sales, kind="identity", source=source, rtol=1e-9)


@given(tables(), st.floats(0.05, 0.95))
def test_influence_adds_up_the_rounds(tie, t, alpha):
    found = influence_vector(t, alpha)
    active = t.sectors[t.active]
    Z = t.Z.loc[active, active].to_numpy()
    spent = Z.sum(axis=0)
    W = Z / np.where(spent > 0, spent, 1)
    total, layer = np.zeros(len(active)), np.full(len(active), alpha / len(active))
    for _ in range(800):
        total, layer = total + layer, (1 - alpha) * W @ layer
    tie(influence_vector, found, total, kind="naive", source="the sum of 800 rounds", rtol=1e-9)
    assert found.sum() <= 1 + 1e-9
    if (spent > 0).all():
        assert found.sum() == pytest.approx(1)
    if len(active) > 1:  # networkx cannot do with one
        katz = nx.katz_centrality_numpy(nx.from_numpy_array(W.T, create_using=nx.DiGraph), 1 - alpha, weight="weight")
        katz = np.array([katz[i] for i in range(len(active))])
        source = "networkx: Katz centrality"
        tie(influence_vector, found / found.sum(), katz / katz.sum(), kind="naive", source=source, rtol=1e-9)


# --- eigenvector centrality


@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.sampled_from(["supply", "use"]))
def test_eigenvector_against_networkx(tie, seed, n, side):
    rng = np.random.default_rng(seed)
    t = closed(rng.dirichlet(np.ones(n + 1), n)[:, :n].T * 100, np.full(n, 100.0))
    A = technical_coefficients(t).to_numpy()
    found = eigenvector_centrality(t, side)
    graph = nx.from_numpy_array(A.T if side == "supply" else A, create_using=nx.DiGraph)
    power = nx.eigenvector_centrality(graph, max_iter=5000, tol=1e-13, weight="weight")
    expected = np.array([power[i] for i in range(n)])
    source = "networkx: power iteration"
    tie(eigenvector_centrality, found, expected / expected.sum(), kind="naive", source=source, atol=1e-9)
    root, source = found.attrs["eigenvalue"], "A c = ρ c"
    turned = A if side == "supply" else A.T
    tie(eigenvector_centrality, turned @ found, root * found, kind="identity", source=source, atol=1e-12)
    assert root == pytest.approx(np.abs(np.linalg.eigvals(A)).max())


def test_a_sector_that_does_not_lead_to_the_core_has_no_centrality():
    t = closed([[40.0, 10.0, 0.0], [20.0, 5.0, 0.0], [0.0, 0.0, 1.0]], [100.0, 50.0, 50.0])
    assert eigenvector_centrality(t)["S3"] == pytest.approx(0, abs=1e-12)
    ring = closed(np.roll(np.eye(3), 1, axis=1) * 50, [100.0] * 3)
    np.testing.assert_allclose(eigenvector_centrality(ring), 1 / 3, rtol=1e-12)


def test_networks_without_one_vector_are_refused():
    line = np.zeros((3, 3))
    line[0, 1] = line[1, 2] = 10
    with pytest.raises(TableError, match="no chain of inputs of Shanghai 2017 leads back"):
        eigenvector_centrality(closed(line, [100.0] * 3))
    with pytest.raises(TableError, match=r"parts \[\['S1'\], \['S2'\]\] of Shanghai 2017 weigh the same"):
        eigenvector_centrality(closed(np.diag([20.0, 20.0]), [100.0, 100.0]))
    with pytest.raises(TableError, match="of Shanghai 2017 weigh the same and are not tied both ways"):
        eigenvector_centrality(closed([[20.0, 10.0], [0.0, 20.0]], [100.0, 100.0]))  # tied one way only
    with pytest.raises(ValueError, match="side must be"):
        eigenvector_centrality(miller_blair(), "both")


# --- betweenness


def share_of_chains(A):
    """Betweenness by listing every chain without repetition."""
    n = len(A)
    through = np.zeros(n)
    for start, end in itertools.permutations(range(n), 2):
        best, chain = 0.0, ()
        rest = [k for k in range(n) if k not in (start, end)]
        for length in range(n - 1):
            for middle in itertools.permutations(rest, length):
                weight = np.prod([A[a, b] for a, b in itertools.pairwise((start, *middle, end))])
                if weight > best:
                    best, chain = weight, middle
        for k in chain:
            through[k] += 1
    return through / max((n - 1) * (n - 2), 1)


@given(tables(most=5))
def test_betweenness_against_listing_all_chains(tie, t):
    A = technical_coefficients(t).loc[t.active, t.active].to_numpy()
    found, source = betweenness_centrality(t), "every chain listed"
    tie(betweenness_centrality, found, share_of_chains(A), kind="naive", source=source, atol=1e-12)


def test_betweenness_of_a_line_and_of_a_star(tie):
    line = np.zeros((4, 4))
    line[0, 1] = line[1, 2] = line[2, 3] = 10
    found = betweenness_centrality(closed(line, [100.0] * 4))
    source = "Freeman (1977): the line and the star, by hand"
    tie(betweenness_centrality, found, [0, 2 / 6, 2 / 6, 0], kind="computed", source=source, atol=1e-15)
    star = np.zeros((4, 4))
    star[0, 1:] = star[1:, 0] = 10
    found = betweenness_centrality(closed(star, [100.0] * 4))
    tie(betweenness_centrality, found, [1, 0, 0, 0], kind="computed", source=source, atol=1e-15)


def test_a_strong_detour_beats_a_weak_direct_delivery():
    t = closed([[0.0, 50.0, 10.0], [0.0, 0.0, 50.0], [0.0, 0.0, 0.0]], [100.0] * 3)
    assert betweenness_centrality(t)["S2"] == pytest.approx(1 / 2)
    paths = structural_paths(t, "S3", count=10).set_index("path")["value"]
    assert paths["S3", "S2", "S1"] > paths["S3", "S1"]


def test_coefficients_of_one_or_more_have_no_strongest_chain():
    t = table([[0.0, 120.0], [5.0, 0.0]], [100.0, 100.0], value_added={"VA001": [95.0, -20.0]}, inflows=[200.0, 0.0])
    with pytest.raises(TableError, match=r"input coefficient of S1 to S2 is 1\.2: strongest chains"):
        betweenness_centrality(t)


# --- all three

METHODS = (influence_vector, eigenvector_centrality, betweenness_centrality)


@given(tables(most=5))
def test_idle_sectors_are_no_part_of_the_network(t):
    assume(leontief_inverse(t).to_numpy().max() > 1.01)
    for method in (influence_vector, betweenness_centrality):
        assert method(t).index.equals(t.sectors[t.active])
        assert method(t).attrs["imports"] == "competitive"


def test_one_sector():
    t = closed([[25.0]], [100.0])
    assert influence_vector(t).tolist() == pytest.approx([1])
    assert eigenvector_centrality(t).tolist() == [1]
    assert betweenness_centrality(t).tolist() == [0]


def test_what_networks_refuse():
    with pytest.raises(ValueError, match=r"primary_share.* is 0: a number that is above 0 and at most 1 is meant"):
        influence_vector(miller_blair(), 0)
    for method in METHODS:
        with pytest.raises(TableError, match=rf"{method.__name__}: the flow from S1 to S1 is negative \(-1\)"):
            method(table([[-1.0, 0.0], [0.0, 0.0]], [10.0, 10.0]))
        with pytest.raises(TableError, match="no sector with output"):
            method(table([[0.0]], [0.0]))
