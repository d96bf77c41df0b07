"""Random tables that keep their accounts, and the linkages of each (Monte Carlo, in stacks, without a loop).

The sums of a table are known better than its cells. A draw multiplies every intermediate flow by noise and balances
the result to the published row and column sums (RAS), so that output, value added, final uses and trade stay what they
are: the noise is about who supplies whom. Draw k depends on the seed and on k alone, and the noise of a cell on its
labels, so that neither the number of draws, nor their split into batches or processes, nor the order of sectors
matters.

How large the noise is, the caller says. A number is an assumption, and what follows is a sensitivity range, not a
confidence interval. A :class:`~analysis.uncertainty.Noise` from ``calibrate_noise`` is measured; results say in
``attrs["reading"]`` which of the two they are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few, whole_number
from analysis.linkages import ras
from analysis.linkages.core import describe
from analysis.linkages.network import influence
from analysis.tables import InputOutputTable, TableError
from analysis.uncertainty.cells import Cells, cell_noise, cells_of
from analysis.uncertainty.noise import Noise

MEASURES = {
    "backward": "i'L",
    "forward": "G i",
    "backward_index": "i'L over its mean",
    "forward_index": "G i over its mean",
    "local_content": "v'L, on a local table",
    "extraction": "(i'L)_j x_j / l_jj, loss of output when sector j is extracted, on a local table",
    "influence": "(α/n) [I - (1 - α) W]⁻¹ i, see influence_vector",
}
_LOCAL = ("local_content", "extraction")
_TOLERANCE = 1e-12
# Then Newton's method takes over.
_SWEEPS = 300
# A stack of this many cells (1 MB) stays in the cache of a processor core.
_STACK = 2**17


@dataclass(frozen=True, eq=False)
class FlowDraws:
    """Drawn flows of a table.

    Attributes
    ----------
    table : InputOutputTable
        The table they were drawn around.
    Z : ndarray, k x n x n
        Intermediate flows, in the unit of the table; sectors in its order.
    imported : ndarray, k x n x n, or None
        Imported intermediate flows of a local table.
    numbers : range
        Which draws they are.
    attrs : dict
        Seed, distribution, coefficient of variation, and what a range over the draws may be called.
    """

    table: InputOutputTable
    Z: np.ndarray
    imported: np.ndarray | None
    numbers: range
    attrs: dict[Hashable | None, Any]

    def __len__(self) -> int:
        """Count the draws."""
        return len(self.numbers)

    @property
    def coefficients(self) -> np.ndarray:
        """Input coefficients of every draw, k x n x n; zero for a sector without output."""
        return _coefficients(self.table, self.Z)

    def draw(self, position: int) -> InputOutputTable:
        """Return one draw as a table, whose accounts are checked again.

        Parameters
        ----------
        position : int
            From 0 to k - 1.
        """
        t = self.table
        frames: dict[str, Any] = {"Z": pd.DataFrame(self.Z[position], t.sectors, t.sectors)}
        if self.imported is not None:
            frames["imported"] = pd.DataFrame(self.imported[position], t.sectors, t.sectors)
        # What balancing leaves open, far below the rounding of any published figure.
        rest = 1e-10 * float(t.output.max())
        return replace(t, **frames, row_tolerance=t.row_tolerance + rest, column_tolerance=t.column_tolerance + rest)


def flow_draws(
    table: InputOutputTable,
    draws: int | range,
    cv: float | pd.DataFrame | Noise,
    seed: int,
    *,
    distribution: str = "lognormal",
) -> FlowDraws:
    """Draw tables: intermediate flows times noise of mean one, balanced again to the published sums.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local. In a table made local by an assumption the noise is in the whole flow, the assumption
        splits it; where local and imported flows are published apart, each has its own.
    draws : int or range
        How many, or which: ``range(500, 1000)`` are the second half of 1000.
    cv : float, DataFrame n x n, or Noise
        Coefficient of variation of a flow before balancing: one for all, one for each cell, or as calibrated.
    seed : int
        Not negative.
    distribution : {"lognormal", "gamma"}
        Of the factors.

    Returns
    -------
    FlowDraws
        All in memory: 8 n² bytes a draw, twice that for a local table. :func:`linkage_draws` needs a batch at a time.

    Raises
    ------
    InputError
        For a number of draws, seed, distribution or coefficient of variation that cannot be.
    TableError
        For negative flows, or draws that are not productive (only where value added is negative in sum).

    Notes
    -----
    Zero flows stay zero. Row and column sums of Z are kept to 1e-12 of themselves; in a local table those of local and
    imported inputs together by column, and each by product. Balancing shrinks the noise of flows that make up most of
    their row or column.

    References
    ----------
    Bullard & Sebald (1988) and Jackson (1986) for Monte Carlo; Stone & Brown (1962) for the balancing; Miller & Blair
    (2009), sections 7.4 and 12.3.
    """
    numbers = _numbers(draws)
    cells, noise, about = _prepare(table, cv, seed, distribution)
    drawn = np.concatenate([part for _, part in _batches(table, cells, numbers, noise, seed, distribution, None)])
    Z, imported = cells.split(drawn)
    apart = None if table.imports == "competitive" else imported
    return FlowDraws(table, Z, apart, numbers, describe(table, **about))


def linkage_draws(
    table: InputOutputTable,
    measure: str | Sequence[str] | Callable[[InputOutputTable], pd.Series],
    draws: int | range,
    cv: float | pd.DataFrame | Noise,
    seed: int,
    *,
    distribution: str = "lognormal",
    weights: str = "equal",
    batch: int | None = None,
) -> pd.DataFrame:
    """Linkages of drawn tables, one row a draw.

    Parameters
    ----------
    table, draws, cv, seed, distribution
        See :func:`flow_draws`.
    measure : str, sequence of str, or callable
        Keys of :data:`MEASURES`; several at once share their draws. A function of a table that returns a Series by
        sector also will do, one table at a time: some hundred times slower, and good for any ranking.
    weights : {"equal", "output"}
        How the mean is taken for the indices.
    batch : int, optional
        Draws worked on at once. The result does not depend on it, to the last digit.

    Returns
    -------
    DataFrame, k x m, for the m sectors with output
        Index ``draw``. With several measures, columns have two levels, ``measure`` and ``sector``. ``attrs`` say what
        was drawn, and in ``reading`` what a range over the draws may be called: with a number for ``cv`` it is a
        sensitivity range, not a confidence interval.

    Raises
    ------
    InputError, TableError
        See :func:`flow_draws`; also for an unknown measure, weights or batch.
    ImportTreatmentError
        If the measure needs a local table.

    References
    ----------
    Miller & Blair (2009), sections 12.2 and 12.3.
    """
    numbers = _numbers(draws)
    mean_weights(table, weights)
    if batch is not None:
        whole_number(batch, "batch", 1)
    cells, noise, about = _prepare(table, cv, seed, distribution)
    parts = _batches(table, cells, numbers, noise, seed, distribution, batch)
    result: Any
    if callable(measure):
        rows = []
        for some, drawn in parts:
            Z, imported = cells.split(drawn)
            stack = FlowDraws(table, Z, imported if table.imports == "local" else None, some, {})
            rows += [measure(stack.draw(k)) for k in range(len(some))]
        result = pd.DataFrame([row.to_numpy() for row in rows], columns=rows[0].index)
        about |= {"measure": getattr(measure, "__name__", "function")}
    else:
        names = _measures(table, measure)
        values = [_linkages(table, cells.split(drawn)[0], names, weights) for _, drawn in parts]
        active = table.sectors[table.active]
        frames = {name: np.concatenate([part[name] for part in values]) for name in names}
        result = pd.concat({k: pd.DataFrame(v, columns=active) for k, v in frames.items()}, axis=1)
        result.columns.names = ["measure", "sector"]
        if isinstance(measure, str):
            result = result[measure]
        about |= {"measure": measure if isinstance(measure, str) else tuple(names), "weights": weights}
    result.index = pd.Index(numbers, name="draw")
    result.attrs = describe(table, **about)
    drawn_linkages: pd.DataFrame = result
    return drawn_linkages


def _numbers(draws: int | Iterable[int]) -> range:
    if isinstance(draws, range):
        if len(draws) and draws.step == 1 and draws.start >= 0:
            return draws
    elif isinstance(draws, int | np.integer) and not isinstance(draws, bool) and draws > 0:
        return range(int(draws))
    raise InputError(f"draws is {draws!r}: a positive number, or a range of draws counted from zero")


def _prepare(
    table: InputOutputTable, cv: Any, seed: int, distribution: str
) -> tuple[Cells, np.ndarray, dict[str, Any]]:
    if distribution not in ("lognormal", "gamma"):
        raise InputError(f"distribution must be 'lognormal' or 'gamma', not {distribution!r}")
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise InputError(f"seed is {seed!r}: a whole number, zero or more, so that the draws can be repeated")
    cells = cells_of(table)
    noise, about = cell_noise(table, cv)
    return cells, noise, {**about, "seed": int(seed), "distribution": distribution}


def _measures(table: InputOutputTable, measure: str | Sequence[str]) -> list[str]:
    names = [measure] if isinstance(measure, str) else list(measure)
    unknown = [name for name in names if name not in MEASURES]
    if unknown or not names or len(set(names)) < len(names):
        raise InputError(f"measures {names} are unknown or repeated: take from {few(MEASURES, 9)}, or give a function")
    for name in names:
        if name in _LOCAL:
            table.require("local", name)
    return names


def _batches(
    table: InputOutputTable,
    cells: Cells,
    numbers: range,
    noise: np.ndarray,
    seed: int,
    distribution: str,
    batch: int | None,
) -> Iterator[tuple[range, np.ndarray]]:
    """Balanced cells, batch by batch."""
    size = batch or max(1, _STACK // cells.flows.size)
    order = np.argsort(table.sectors.astype(str), kind="stable")
    rows = np.concatenate([order + k for k in range(0, len(cells.flows), table.n)])
    place, back = np.ix_(rows, order), (np.argsort(rows), np.argsort(order))
    in_order = bool((order == np.arange(table.n)).all())
    # With value added not negative, every draw is productive: its columns of A sum to what they did before.
    doubtful = bool((cells.columns > table.output.to_numpy())[table.active].any())
    for start in range(0, len(numbers), size):
        some = numbers[start : start + size]
        # Noise is dealt out in the order of the labels, so that a cell gets the same one wherever it stands.
        drawn = _factors(noise[place], seed, some, distribution)
        if not in_order:
            drawn = np.ascontiguousarray(drawn[:, back[0][:, None], back[1]])
        drawn *= cells.flows
        drawn = _balanced(drawn, cells.rows, cells.columns)
        if doubtful:
            _refuse_unproductive(table, cells.split(drawn)[0])
        yield some, drawn


def _factors(cv: np.ndarray, seed: int, numbers: range, distribution: str) -> np.ndarray:
    """Noise of mean one, each draw from a generator of its own: the child of the seed with the draw's number."""
    square = np.where(cv > 0, cv**2, 1.0)
    factors = np.empty((len(numbers), *cv.shape))
    for factor, k in zip(factors, numbers, strict=True):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(k,))))
        if distribution == "lognormal":
            rng.standard_normal(out=factor)
        else:
            factor[:] = rng.standard_gamma(1 / square)
    if distribution == "gamma":
        return np.where(cv > 0, factors * square, 1.0)
    variance = np.log1p(cv**2)
    factors *= np.sqrt(variance)
    factors -= variance / 2
    return np.exp(factors, out=factors)


def _balanced(stack: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """RAS of every matrix in a stack to the same sums; each stops when it is there, whatever the others need.

    A solution exists always: the matrix that the sums are from has the same zeros.
    """
    turned = stack.transpose(0, 2, 1)
    u, v = np.where(rows > 0, rows, 1.0), np.where(columns > 0, columns, 1.0)
    r = np.ones((len(stack), len(rows)))
    s = v / _sums(turned, r, columns)
    for _ in range(_SWEEPS):
        across = _sums(stack, s, rows)
        short = (np.abs(r * across - u) > _TOLERANCE * u).any(axis=1)
        if not short.any():
            break
        r = np.where(short[:, None], u / across, r)
        s = np.where(short[:, None], v / _sums(turned, r, columns), s)
    stack *= r[:, :, None]
    stack *= s[:, None, :]
    # Scaling crawls where two groups of sectors hardly trade: Newton's method takes over there, one draw at a time.
    for k in np.flatnonzero(short):
        stack[k] = ras(stack[k], rows, columns, tolerance=_TOLERANCE).matrix
    return stack


def _sums(stack: np.ndarray, factors: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Weighted row sums; one for rows that are empty, whose factor does not matter."""
    return np.where(targets > 0, np.matmul(stack, factors[:, :, None])[:, :, 0], 1.0)


def _linkages(table: InputOutputTable, Z: np.ndarray, names: Sequence[str], weights: Any) -> dict[str, np.ndarray]:
    """Measures of a stack of flows, each k x m."""
    x, active = table.output.to_numpy(), table.active.to_numpy()
    matrix = Z * -np.divide(1.0, x, out=np.zeros(table.n), where=x > 0)
    matrix[:, np.arange(table.n), np.arange(table.n)] += 1
    wanted, inverse = set(names), None
    found = {}
    if "extraction" in wanted:
        inverse = np.linalg.inv(matrix)
    if wanted - {"forward", "forward_index", "influence"}:
        v = np.divide(table.total_value_added.to_numpy(), x, out=np.zeros(table.n), where=x > 0)
        left = np.column_stack([np.ones(table.n), v])[:, : 2 if "local_content" in wanted else 1]
        turned = (inverse if inverse is not None else matrix).transpose(0, 2, 1)
        down = np.matmul(turned, left) if inverse is not None else np.linalg.solve(turned, left)
        found["backward"] = down[:, active, 0]
        if "local_content" in wanted:
            found["local_content"] = down[:, active, 1]
    if wanted & {"forward", "forward_index"}:
        right = x[:, None]
        across = np.matmul(inverse, right) if inverse is not None else np.linalg.solve(matrix, right)
        found["forward"] = across[:, active, 0] / x[active]
    if inverse is not None:
        found["extraction"] = found["backward"] * x[active] / np.diagonal(inverse, axis1=1, axis2=2)[:, active]
    if "influence" in wanted:
        # Here too the layout fixes the order of additions.
        flows = np.ascontiguousarray(Z[:, active][:, :, active])
        spent = flows.sum(axis=1)
        found["influence"] = influence(flows, spent, 1 - spent.sum(axis=1) / x.sum())
    share = mean_weights(table, weights)
    for side in ("backward", "forward"):
        if f"{side}_index" in wanted:
            # The order of additions follows the layout in memory: fixed, means are the same for any number of draws.
            weighted = np.ascontiguousarray(found[side] * share)
            found[f"{side}_index"] = found[side] / weighted.sum(axis=1, keepdims=True)
    return {name: found[name] for name in names}


def mean_weights(table: InputOutputTable, weights: str) -> np.ndarray:
    """Weights of the sectors with output in the mean linkage, adding up to one."""
    if weights not in ("equal", "output"):
        raise InputError(f"weights must be 'equal' or 'output', not {weights!r}")
    x = table.output.to_numpy()[table.active]
    if not len(x):
        raise TableError(f"table {table.region} {table.year} has no sector with output: it has no linkages")
    return np.full(len(x), 1 / len(x)) if weights == "equal" else x / x.sum()


def _coefficients(table: InputOutputTable, Z: np.ndarray) -> np.ndarray:
    x = table.output.to_numpy()
    quotients: np.ndarray = np.divide(Z, x, out=np.zeros_like(Z), where=x > 0)
    return quotients


def _refuse_unproductive(table: InputOutputTable, Z: np.ndarray) -> None:
    radius = np.abs(np.linalg.eigvals(_coefficients(table, Z))).max(axis=1)
    if (radius >= 1).any():
        raise TableError(
            f"table {table.region} {table.year}: a draw needs more inputs than it makes (spectral radius"
            f" {radius.max():.4f}), which negative value added allows: draw with less noise, or merge the sector"
        )
