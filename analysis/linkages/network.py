"""A table as a network: who matters because of whom it supplies, and who lies between the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import linalg
from scipy.sparse import csgraph, csr_array

from analysis.labels import number
from analysis.linkages.core import coefficients, describe
from analysis.tables import InputOutputTable, TableError


def influence_vector(table: InputOutputTable, primary_share: float | None = None) -> pd.Series:
    """Influence of each sector on the whole economy, v = (α/n) [I - (1 - α) W]⁻¹ i.

    W_ij is the share of sector i in what sector j spends on inputs, so that its columns sum to one. In a Cobb-Douglas
    economy with even final demand, a productivity shock of one per cent to sector i moves the product of the economy by
    v_i per cent. It is the Katz-Bonacich centrality of W with the decay 1 - α, scaled to sum to one.

    Parameters
    ----------
    table : InputOutputTable
        Competitive (influence through technology, wherever the inputs come from) or local.
    primary_share : float, optional
        α, the share of primary inputs in output, above 0 and at most 1, alike in all sectors. Without it, that of the
        table: one less all intermediate inputs over all output.

    Returns
    -------
    Series, m, share
        For the sectors that have output. At least α/n each. They sum to one if every sector buys inputs; a sector that
        buys none passes nothing on. ``attrs["primary_share"]`` is α.

    Raises
    ------
    TableError
        If the table has negative flows, or no sector with output.
    InputError
        If the share is out of bounds.

    Notes
    -----
    One α and even final demand keep size out of it: it ranks sectors by their place in the network alone. With each
    sector's own coefficients and the final demand of the accounts, L f / i'f is the sales share instead (Hulten 1978).

    References
    ----------
    Acemoglu, Carvalho, Ozdaglar & Tahbaz-Salehi (2012), equation 4 (their W is the transpose of this one); Katz
    (1953); Bonacich (1987).
    """
    active, flows = _network(table, "influence_vector")
    spent, x = flows.sum(axis=0), table.output[active].to_numpy()
    alpha = 1 - spent.sum() / x.sum() if primary_share is None else primary_share
    alpha = number(alpha, "primary_share, that of primary inputs,", "above 0 and at most 1", lambda a: 0 < a <= 1)
    result = pd.Series(influence(flows, spent, alpha), index=active, name="influence")
    result.attrs = describe(table, primary_share=float(alpha))
    return result


def influence(flows: np.ndarray, spent: np.ndarray, alpha: float | np.ndarray) -> np.ndarray:
    """Influence vectors of one matrix of flows, or of a stack with as many shares; ``spent`` are its column sums."""
    n, alpha = flows.shape[-1], np.asarray(alpha)[..., None]
    W = np.divide(flows, spent[..., None, :], out=np.zeros_like(flows), where=spent[..., None, :] > 0)
    right = np.broadcast_to(alpha / n, spent.shape)[..., None]
    values: np.ndarray = np.linalg.solve(np.eye(n) - (1 - alpha[..., None]) * W, right)[..., 0]
    return values


def eigenvector_centrality(table: InputOutputTable, side: str = "supply") -> pd.Series:
    """Eigenvector centrality: a sector counts as much as the sectors that it supplies (or buys from), A c = ρ c.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local.
    side : {"supply", "use"}
        ``"supply"``: A c = ρ c, central suppliers of central sectors. ``"use"``: A'c = ρ c, central users of their
        products. ρ is the largest eigenvalue of A.

    Returns
    -------
    Series, m, share
        Not negative, with sum one, for the sectors that have output. Sectors that do not lead to the core of the
        network have none. ``attrs["eigenvalue"]`` is ρ.

    Raises
    ------
    TableError
        If the table has negative flows or no sector with output; if no chain of inputs leads back to its start, so that
        there is no such vector; or if two parts of the network, not tied both ways, have the same ρ, so that there are
        several: take them one by one.
    ValueError
        For an unknown side.

    References
    ----------
    Bonacich (1972); Miller & Blair (2009), section 2.4, on ρ.
    """
    if side not in ("supply", "use"):
        raise ValueError(f"side must be 'supply' or 'use', not {side!r}")
    active, _ = _network(table, "eigenvector_centrality")
    A = _active_coefficients(table)
    # Parts within which every sector reaches every other: each has a root of its own, and no other part can change it.
    count, part = csgraph.connected_components(csr_array(A > 0), directed=True, connection="strong")
    roots = np.array([_root(A[np.ix_(part == k, part == k)]) for k in range(count)])
    largest = roots.max()
    where = f"of {table.region} {table.year}"
    if largest == 0:
        raise TableError(f"no chain of inputs {where} leads back to its start: eigenvector centrality does not exist")
    tied = np.flatnonzero(roots > largest * (1 - 1e-9))
    if len(tied) > 1:
        parts = [active[part == k].tolist() for k in tied]
        raise TableError(f"parts {parts} {where} weigh the same and are not tied both ways: take them one by one")
    values, vectors = linalg.eig(A if side == "supply" else A.T)
    leading = vectors[:, np.argmin(np.abs(values - largest))].real
    # The vector of a matrix that is not negative has one sign, but for rounding.
    leading = np.abs(leading)
    result = pd.Series(leading / leading.sum(), index=active, name=f"eigenvector centrality, {side}")
    result.attrs = describe(table, side=side, eigenvalue=float(largest))
    return result


def betweenness_centrality(table: InputOutputTable) -> pd.Series:
    """Share of the strongest chains between all other sectors that run through a sector.

    The strongest chain from one sector to another is the one with the largest product of input coefficients a_ij, the
    largest single structural path: the shortest one, if a step has the length -ln a_ij.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local. Inputs of a sector from itself are on no chain between others.

    Returns
    -------
    Series, m, share
        From 0 to 1, for the sectors that have output: over the (m - 1)(m - 2) ordered pairs of other sectors, linked or
        not. Chains of the same strength share a pair. Zero where m is below three.

    Raises
    ------
    TableError
        If the table has negative flows, no sector with output, or an input coefficient of one or more between two
        sectors, so that a chain would grow stronger with its length.

    References
    ----------
    Freeman (1977); Brandes (2001), as in networkx; Defourny & Thorbecke (1984) for the strength of a chain.
    """
    active, _ = _network(table, "betweenness_centrality")
    A = _active_coefficients(table)
    np.fill_diagonal(A, 0.0)
    if A.max() >= 1:
        i, j = map(int, np.unravel_index(A.argmax(), A.shape))
        raise TableError(
            f"the input coefficient of {active[i]} to {active[j]} is {A[i, j]:g}: strongest chains need coefficients"
            " below one; aggregate the two, or take a local table"
        )
    import networkx as nx  # slow to load, and used here alone

    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(active)))
    graph.add_weighted_edges_from((i, j, -np.log(A[i, j])) for i, j in np.argwhere(A > 0).tolist())
    between = nx.betweenness_centrality(graph, weight="weight")
    result = pd.Series([between[i] for i in range(len(active))], index=active, name="betweenness")
    result.attrs = describe(table)
    return result


def _network(table: InputOutputTable, method: str) -> tuple[pd.Index, np.ndarray]:
    """Sectors with output, and the flows between them."""
    active = table.sectors[table.active]
    if not len(active):
        raise TableError(f"table {table.region} {table.year} has no sector with output: it is no network")
    flows = table.Z.loc[active, active].to_numpy()
    if (flows < 0).any():
        i, j = np.argwhere(flows < 0)[0]
        raise TableError(f"{method}: the flow from {active[i]} to {active[j]} is negative ({flows[i, j]:g})")
    return active, flows


def _active_coefficients(table: InputOutputTable) -> np.ndarray:
    mask = table.active.to_numpy()
    result: np.ndarray = coefficients(table)[np.ix_(mask, mask)]
    return result


def _root(block: np.ndarray) -> float:
    """Largest eigenvalue of a part; a single sector without own use has none but zero."""
    return float(block[0, 0]) if len(block) == 1 else float(linalg.eigvals(block).real.max())
