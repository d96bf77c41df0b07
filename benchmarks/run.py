"""Speed and memory against this machine's own LAPACK, other packages, and the plain definitions.

Run as ``make bench`` or ``python -m benchmarks.run [--threads N] [SIZE ...]``. All is measured in one process, in turn;
on one thread by its processor time, which other work on the machine hardly touches. What counts is the ratio of
medians. Writes ``results.md`` and ``results.csv`` beside this file.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pymrio
from ipfn import ipfn
from scipy import linalg, sparse
from shapley_decomposition import shapley_change
from threadpoolctl import threadpool_info, threadpool_limits

from analysis.growth import polar_sda, shapley_sda
from analysis.linkages import (
    direct_linkages,
    fields_of_influence,
    ghosh_inverse,
    hypothetical_extraction,
    key_sectors,
    leontief_inverse,
    net_linkages,
    positions,
    ras,
    rasmussen_linkages,
    total_linkages,
)
from analysis.tables import InputOutputTable
from analysis.uncertainty import draws

HERE = Path(__file__).parent
SIZES = (38, 500, 2000, 5000)
FACTORS = 6


@dataclass(frozen=True)
class Row:
    """One comparison: ``seconds`` of ours or of a peer, over those of the baseline."""

    n: int
    what: str
    against: str
    ratio: float
    limit: float | None
    seconds: float
    note: str = ""


def rounds(n: int) -> int:
    """How often each call is timed; small ones are quick and noisy."""
    return next(count for size, count in ((100, 51), (1000, 15), (3000, 5), (np.inf, 3)) if n <= size)


def clock() -> Callable[[], float]:
    """Choose processor time on one thread; on more, which wait for each other, time on the wall."""
    threads = max(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
    return time.process_time if threads == 1 else time.perf_counter


def medians(calls: dict[str, Callable | tuple[Callable, Callable]], times: int, warm: bool = True) -> dict[str, float]:
    """Median seconds of each call, taken in turn; of a pair, the first makes the argument of the second, untimed."""
    found, now = {name: [] for name in calls}, clock()
    gc.collect()
    gc.disable()
    for turn in range(times + warm):
        for name, call in calls.items():
            prepare, work = call if isinstance(call, tuple) else (None, call)
            arguments = (prepare(),) if prepare else ()
            start = now()
            result = work(*arguments)
            seconds = now() - start
            del result, arguments
            if turn or not warm:  # the first round warms up
                found[name].append(seconds)
    gc.enable()
    return {name: float(np.median(values)) for name, values in found.items()}


def economy(n: int, seed: int = 1) -> InputOutputTable:
    """Draw a closed economy of n sectors whose inputs are six tenths of output, as local flows."""
    rng = np.random.default_rng(seed)
    shares = rng.random((n, n))
    shares *= 0.6 / shares.sum(axis=0)
    final = rng.uniform(50, 150, n)
    x = np.linalg.solve(np.eye(n) - shares, final)
    codes = pd.Index([f"S{i}" for i in range(n)])
    shares *= x
    return InputOutputTable(
        Z=pd.DataFrame(shares, codes, codes, copy=False),
        final_uses=pd.DataFrame({"FU102": x - shares.sum(axis=1)}, index=codes),
        trade=pd.DataFrame({"EX": np.zeros(n)}, index=codes),
        value_added=pd.DataFrame([x - shares.sum(axis=0)], index=["VA001"], columns=codes),
        output=pd.Series(x, codes),
        year=2017,
        region="Benchmark",
        unit="100 million CNY",
        price_basis="current",
        vintage="drawn",
    ).local("supply pool")


def inverses(rows: np.ndarray, columns: np.ndarray) -> dict[str, tuple[Callable, Callable]]:
    """Ways of this machine to invert I - A, each given the matrix in the order of memory that suits it."""

    def in_place(matrix):
        lu, pivots, _ = linalg.lapack.dgetrf(matrix, overwrite_a=True)
        return linalg.lapack.dgetri(lu, pivots, lwork=64 * len(lu), overwrite_lu=True)

    return {
        "dgetrf and dgetri": (partial(columns.copy, order="F"), in_place),
        "numpy.linalg.inv": (rows.copy, np.linalg.inv),
        "scipy.linalg.inv": (
            partial(columns.copy, order="F"),
            partial(linalg.inv, overwrite_a=True, check_finite=False, assume_a="general"),
        ),
    }


def linear_algebra(n: int) -> list[Row]:
    """Inverses, linkages, positions, extraction and fields of influence."""
    t = economy(n)
    Z, x = t.Z, t.output
    rows = np.eye(n) - Z.to_numpy() / x.to_numpy()
    columns = np.asfortranarray(rows)
    L = leontief_inverse(t)
    ways = inverses(rows, columns)

    def pymrio_inverse():
        return pymrio.calc_L(pymrio.calc_A(Z, x))

    def pymrio_linkages():
        G = pymrio.calc_G(pymrio.calc_B(Z, x))
        return pymrio_inverse().sum(axis=0), G.sum(axis=1)

    def naive_inverse():
        return np.linalg.inv(np.eye(n) - Z.to_numpy() / x.to_numpy())

    def naive_linkages():
        G = np.linalg.inv(np.eye(n) - Z.to_numpy() / x.to_numpy()[:, None])
        return naive_inverse().sum(axis=0), G.sum(axis=1)

    def naive_extraction_of_one():
        return np.linalg.solve(rows[1:, 1:], rows[1:, 1:].sum(axis=1))

    def naive_field_of_one():
        return np.linalg.norm(np.outer(L.to_numpy()[:, 0], L.to_numpy()[0]))

    calls = {
        **ways,
        "LU": (partial(columns.copy, order="F"), partial(linalg.lapack.dgetrf, overwrite_a=True)),
        "leontief_inverse": partial(leontief_inverse, t),
        "ghosh_inverse": partial(ghosh_inverse, t, L),
        "linkages": partial(total_linkages, t),
        "positions": partial(positions, t, "none"),
        "extraction": partial(hypothetical_extraction, t),
        "extraction, L given": partial(hypothetical_extraction, t, L),
        "fields": partial(fields_of_influence, t, L),
        "pymrio inverse": pymrio_inverse,
        "pymrio linkages": pymrio_linkages,
        "naive inverse": naive_inverse,
        "naive linkages": naive_linkages,
        "naive extraction": naive_extraction_of_one,
        "naive field": naive_field_of_one,
    }
    s = medians(calls, rounds(n), warm=n < 3000)
    name = min(ways, key=s.get)
    best, inverse = f"best inverse ({name})", s[name]
    lu = "LU (dgetrf)"
    again = 3 * n * s["naive extraction"]
    norms = n * n * s["naive field"]
    return [
        Row(n, "leontief_inverse", best, s["leontief_inverse"] / inverse, 1.2, s["leontief_inverse"]),
        Row(n, "… pymrio (calc_A, calc_L)", best, s["pymrio inverse"] / inverse, None, s["pymrio inverse"]),
        Row(n, "… naive (eye, inv)", best, s["naive inverse"] / inverse, None, s["naive inverse"]),
        Row(
            n,
            "ghosh_inverse, L given",
            best,
            s["ghosh_inverse"] / inverse,
            0.02 if n >= 5000 else None,
            s["ghosh_inverse"],
        ),
        Row(n, "total_linkages", lu, s["linkages"] / s["LU"], 1.3, s["linkages"]),
        Row(n, "positions (up- and downstreamness)", lu, s["positions"] / s["LU"], 1.3, s["positions"]),
        Row(n, "… pymrio (L, G and their sums)", lu, s["pymrio linkages"] / s["LU"], None, s["pymrio linkages"]),
        Row(n, "… naive (L, G and their sums)", lu, s["naive linkages"] / s["LU"], None, s["naive linkages"]),
        Row(n, "hypothetical_extraction", best, s["extraction"] / inverse, 1.05, s["extraction"]),
        Row(n, "… beyond L", best, s["extraction, L given"] / inverse, None, s["extraction, L given"]),
        Row(n, "… naive (solving again)", best, again / inverse, None, again, f"one times {3 * n}"),
        Row(n, "fields_of_influence, L given", best, s["fields"] / inverse, 0.05, s["fields"]),
        Row(n, "… naive (every field)", best, norms / inverse, None, norms, f"one times {n * n}"),
    ]


def memory(n: int) -> list[Row]:
    """Most memory in use at once, beyond the table's own, in matrices of n x n."""
    t = economy(n)
    matrix = 8 * n * n

    def suite():
        """Every linkage and position, extraction, and the two inverses, kept until the end."""
        L = leontief_inverse(t)
        results = [L, ghosh_inverse(t, L), direct_linkages(t), total_linkages(t), net_linkages(t)]
        results += [rasmussen_linkages(t, inverse=L), hypothetical_extraction(t, L), positions(t, "none")]
        return [*results, key_sectors(results[3])]

    def peer():
        A = pymrio.calc_A(t.Z, t.output)
        L = pymrio.calc_L(A)
        G = pymrio.calc_G(pymrio.calc_B(t.Z, t.output))
        return A, L, G, L.sum(axis=0), G.sum(axis=1)

    def peak(call):
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        now = clock()
        start = now()
        kept = call()
        seconds = now() - start
        most = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        del kept
        return most / matrix, seconds

    (ours, seconds), (theirs, their_seconds) = peak(suite), peak(peer)
    # At n = 38 the matrix has the size of a few labels.
    limit = 5.0 if n >= 500 else None
    against = "memory of one matrix"
    return [
        Row(n, "whole suite: L, G, linkages, positions, extraction", against, ours, limit, seconds),
        Row(n, "… pymrio (A, L, G and their sums)", against, theirs, None, their_seconds),
    ]


def decomposition(n: int) -> list[Row]:
    """Shapley decomposition of output by six factors, each evaluation a solve, against the polar one and all orders."""
    rng = np.random.default_rng(4)
    A = rng.random((n, n))
    A *= 0.6 / A.sum(axis=0)
    sectors = pd.Index([f"S{i}" for i in range(n)])

    def year(shift):
        return {
            "technology": A * (1 + shift * rng.uniform(-0.1, 0.1, (n, n))),
            "sourcing": rng.uniform(0.6, 1, n),
            "level": 100 * (1 + shift),
            "mix": rng.dirichlet(np.ones(n)),
            "deflator": rng.uniform(0.9, 1.1, n),
            "exports": rng.uniform(0, 5, n),
        }

    def output(technology, sourcing, level, mix, deflator, exports):
        demand = sourcing * (level * mix * deflator) + exports
        return pd.Series(np.linalg.solve(np.eye(n) - sourcing[:, None] * technology, demand), sectors)

    start, end = year(0), year(1)

    def one_order(order=tuple(start)):
        state, path = dict(start), [output(**start)]
        for name in order:
            state[name] = end[name]
            path.append(output(**state))
        return [after - before for before, after in pairwise(path)]

    s = medians(
        {
            "shapley": partial(shapley_sda, output, start, end),
            "polar": partial(polar_sda, output, start, end),
            "order": one_order,
        },
        min(rounds(n), 5) if n < 5000 else 1,
        warm=n < 5000,
    )
    orders = len(list(permutations(start)))
    naive = orders * s["order"]
    polar = "polar_sda"
    return [
        Row(n, f"shapley_sda, {FACTORS} factors", polar, s["shapley"] / s["polar"], 100, s["shapley"]),
        Row(n, "… naive (all orders of change)", polar, naive / s["polar"], None, naive, f"one times {orders}"),
    ]


def scalar_decomposition() -> list[Row]:
    """Decompose one number, which is what the peer does, given as text."""
    names = [f"x{k + 1}" for k in range(FACTORS)]
    rng = np.random.default_rng(5)
    values = pd.DataFrame(rng.uniform(1, 2, (FACTORS, 2)), index=names, columns=["1", "2"])
    product = values.prod().rename("y")
    frame = pd.concat([product.to_frame().T, values])

    def output(**factors):
        return float(np.prod(list(factors.values())))

    def peer():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return shapley_change.decomposition(frame, "*".join(names))

    start, end = (values[year].to_dict() for year in values)
    ours, theirs = shapley_sda(output, start, end), peer()["shapley"][names]
    np.testing.assert_allclose(ours[names], theirs.astype(float), rtol=1e-9)
    s = medians(
        {
            "ours": partial(shapley_sda, output, start, end),
            "polar": partial(polar_sda, output, start, end),
            "peer": peer,
        },
        21,
    )
    polar = "polar_sda"
    return [
        Row(1, f"shapley_sda, {FACTORS} factors, one number", polar, s["ours"] / s["polar"], 100, s["ours"]),
        Row(1, "… shapley-decomposition", polar, s["peer"] / s["polar"], None, s["peer"]),
    ]


def balancing(n: int) -> list[Row]:
    """RAS of a sparse matrix whose sums are far from its own, to 1e-10."""
    rng = np.random.default_rng(5)
    density = 0.005 if n >= 2000 else min(1.0, 10 / n)
    cells = sparse.random_array((n, n), density=density, rng=rng, data_sampler=lambda size: rng.lognormal(0, 2, size))
    X = (cells.tocsr() + sparse.eye_array(n)).tocsr()
    hidden = sparse.diags_array(rng.lognormal(0, 2, n)) @ X @ sparse.diags_array(rng.lognormal(0, 2, n))
    u, v = hidden.sum(axis=1), hidden.sum(axis=0)
    dense = X.toarray()
    most = 2000 if n <= 500 else 100
    done = {}

    def gap(matrix):
        return max(np.abs(matrix.sum(axis=1) / u - 1).max(), np.abs(matrix.sum(axis=0) / v - 1).max())

    def ours():
        done["ours"] = ras(X, u, v, tolerance=1e-10)

    def naive():
        matrix, sweeps = dense.copy(), 0
        while gap(matrix) > 1e-10 and sweeps < most:
            matrix *= (u / matrix.sum(axis=1))[:, None]
            matrix *= v / matrix.sum(axis=0)
            sweeps += 1
        done["naive"] = f"{sweeps} sweeps, gap {gap(matrix):.0e}"

    def peer():
        margins = {"aggregates": [u, v], "dimensions": [[0], [1]]}
        solver = ipfn.ipfn(dense.copy(), **margins, convergence_rate=1e-10, max_iteration=most, rate_tolerance=0)
        done["peer"] = f"at most {most} sweeps, gap {gap(np.asarray(solver.iteration())):.0e}"

    calls = {"ours": ours, "naive": naive, "peer": peer}
    if n > 2000:  # the peer loops over rows and columns, for minutes
        del calls["peer"]
    s = medians(calls, 3 if n <= 500 else 1, warm=n <= 500)
    tracemalloc.start()
    ours()
    peak = tracemalloc.get_traced_memory()[1] / (8 * n * n)
    tracemalloc.stop()
    against, result = "naive (dense, a matrix a sweep)", done["ours"]
    note = f"{result.sweeps} sweeps, {result.newton_steps} Newton steps, gap {result.gap:.0e}"
    found = [
        Row(n, f"ras, density {X.nnz / n**2:.3f}", against, s["ours"] / s["naive"], None, s["ours"], note),
        Row(n, "… naive", against, 1.0, None, s["naive"], done["naive"]),
        Row(n, "ras, most memory", "memory of one dense matrix", peak, 1.0 if n >= 2000 else None, s["ours"]),
    ]
    if "peer" in calls:
        found.insert(2, Row(n, "… ipfn", against, s["peer"] / s["naive"], None, s["peer"], done["peer"]))
    return found


def monte_carlo(n: int = 42, count: int = 1000) -> list[Row]:
    """Linkages and extraction of a thousand tables, before balancing, against the inverses alone."""
    t = economy(n)
    rng = np.random.default_rng(6)
    Z = t.Z.to_numpy() * rng.lognormal(0, 0.05, (count, n, n))
    x = t.output.to_numpy()
    matrices = np.eye(n) - Z / x
    wanted = ["backward", "forward", "extraction"]
    size = max(1, draws._STACK // (n * n))

    def ours():
        return [draws._linkages(t, Z[k : k + size], wanted, "equal") for k in range(0, count, size)]

    def one_by_one():
        for flows in Z:
            L = np.linalg.inv(np.eye(n) - flows / x)
            backward = L.sum(axis=0)
            yield backward, L @ x / x, backward * x / np.diag(L)

    s = medians({"inverses": partial(np.linalg.inv, matrices), "ours": ours, "loop": lambda: list(one_by_one())}, 15)
    against = "numpy.linalg.inv of the stack"
    return [
        Row(n, f"{count} draws: L, linkages, extraction", against, s["ours"] / s["inverses"], 1.6, s["ours"]),
        Row(n, "… naive (a loop)", against, s["loop"] / s["inverses"], None, s["loop"]),
    ]


def table(rows: list[Row]) -> pd.DataFrame:
    """Collect all comparisons, with a verdict where there is a target."""
    frame = pd.DataFrame(rows)
    frame["target"] = ["" if pd.isna(limit) else f"≤ {limit:g}" for limit in frame["limit"]]
    frame["met"] = ["" if pd.isna(r.limit) else "yes" if r.ratio <= r.limit else "**no**" for r in frame.itertuples()]
    return frame


def markdown(frame: pd.DataFrame, about: list[str]) -> str:
    """Write the page that results are kept in."""
    head = ["n", "what", "against", "ratio", "target", "met", "seconds", "note"]
    lines = ["# Speed and memory", "", *about, "", f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in frame.itertuples():
        cells = [row.n, row.what, row.against, f"{row.ratio:.3g}", row.target, row.met, f"{row.seconds:.3g}", row.note]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def machine(threads: int) -> list[str]:
    """Say what the numbers were measured on, and how to read them."""
    blas = {f"{each['internal_api']} {each['version']}" for each in threadpool_info() if each["user_api"] == "blas"}
    packages = ("numpy", "scipy", "pandas", "pymrio", "ipfn", "shapley-decomposition")
    return [
        f"Threads: {threads}, of {os.cpu_count()} cores ({platform.machine()}). Python {platform.python_version()},"
        f" {', '.join(f'{name} {version(name)}' for name in packages)}, {', '.join(sorted(blas))}.",
        "",
        "A ratio is the median time of what stands under *what* over that of what stands under *against*, or its memory"
        " over that of one matrix. Seconds are those of *what*, and say little about another machine: processor time on"
        " one thread, time on the wall on more. All calls of a size are timed in turn. *One times k* is an estimate:"
        " one piece was timed, and all of them would take k times as long. Up to some hundred sectors, labels and"
        " checks, a fraction of a millisecond a call, outweigh the arithmetic.",
    ]


def main(arguments=None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE", help="numbers of sectors")
    parser.add_argument("--threads", type=int, default=1, help="of the linear algebra")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results.md and results.csv")
    options = parser.parse_args(arguments)
    rows = []
    with threadpool_limits(options.threads):
        print(f"threads: {options.threads} of {os.cpu_count()} cores", flush=True)
        for n in options.sizes:
            for measure in (linear_algebra, memory, decomposition, balancing):
                found = measure(n)
                rows += found
                print(
                    table(found)[["n", "what", "ratio", "target", "met", "seconds"]].to_string(
                        header=False, float_format="%.3g".__mod__
                    ),
                    flush=True,
                )
        for found in (scalar_decomposition(), monte_carlo()):
            rows += found
            print(
                table(found)[["n", "what", "ratio", "target", "met", "seconds"]].to_string(
                    header=False, float_format="%.3g".__mod__
                ),
                flush=True,
            )
        about = machine(options.threads)
    frame = table(rows)
    frame.drop(columns=["target", "met"]).to_csv(options.out / "results.csv", index=False, lineterminator="\n")
    (options.out / "results.md").write_text(markdown(frame, about), encoding="utf-8")
    missed = frame[frame["met"] == "**no**"]
    print(f"{len(missed)} of {int(frame['limit'].notna().sum())} targets missed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
