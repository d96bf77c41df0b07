"""What more processes save: one ensemble in one process, in two, and on a Dask cluster of two workers.

Run as ``make bench-ensemble`` or ``python -m benchmarks.ensemble [MEMBERS]``, in the environment of the tests, where
Dask is. The three are timed in turn, on one thread of linear algebra each, and must give equal results. Writes
``ensemble.md`` beside this file.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

# before numpy is loaded, here and in the processes that are started
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import distributed
import numpy as np
import pandas as pd

from analysis.interregional import interregional_ensemble
from analysis.interregional.__main__ import SEED, cluster_groups, stored_assumptions

HERE = Path(__file__).parent
WORKERS = 2
YEAR = 2017
ALONE = "one process"
# Largest relative difference between two ways to compute a result.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Run:
    """One timed run: seconds on the wall, processor seconds of all processes and of the busiest, if that is known."""

    wall: float
    processor: float
    busiest: float | None


def own_time() -> dict[str, float]:
    """Processor time of this process."""
    return {"own": time.process_time()}


def children_time() -> dict[str, float]:
    """Processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"all": used.ru_utime + used.ru_stime}


def measure(members: int, rounds: int) -> tuple[dict[str, list[Run]], float, float]:
    """Time each way in turn; return the runs, the largest relative difference of any result, and the mean load."""
    assumptions, groups = stored_assumptions(), cluster_groups()
    found: dict[str, list[Run]] = {}
    first, apart, loads = None, 0.0, []

    def run(name: str, clock: Callable[[], dict[str, float]], **options) -> None:
        nonlocal first, apart
        before, start = clock(), time.perf_counter()
        results = interregional_ensemble(YEAR, members, assumptions, groups, SEED, **options).results
        wall, after = time.perf_counter() - start, clock()
        used = [after[key] - before[key] for key in before]
        one = Run(wall, sum(used), None if "all" in before else max(used))
        found.setdefault(name, []).append(one)
        loads.append(os.getloadavg()[0])
        first = results if first is None else first
        pd.testing.assert_frame_equal(results, first, rtol=TOLERANCE)
        size = first.abs().clip(lower=1e-300)
        apart = max(apart, float(((results - first).abs() / size).to_numpy().max()))
        print(f"{name}: {one.wall:.1f} s, {one.processor:.1f} s of processors", flush=True)

    with (
        distributed.LocalCluster(
            WORKERS, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=logging.ERROR
        ) as cluster,
        distributed.Client(cluster) as client,
    ):

        def workers_time() -> dict[str, float]:
            return client.run(time.process_time)

        for _ in range(rounds):
            run(ALONE, own_time)
            run(f"{WORKERS} processes", children_time, workers=WORKERS)
            run(f"Dask, {WORKERS} workers of one thread", workers_time, scheduler=cluster.scheduler_address)
    return found, apart, float(np.mean(loads))


def markdown(found: dict[str, list[Run]], members: int, apart: float, load: float) -> str:
    """Write the page that results are kept in."""

    def median(name: str, what: str) -> float:
        return float(np.median([getattr(run, what) for run in found[name]]))

    packages = ("numpy", "pandas", "dask", "distributed")
    lines = [
        "# The ensemble on more than one process",
        "",
        f"{members} members of {YEAR}, {len(found[ALONE])} rounds in turn, on {os.cpu_count()} cores"
        f" ({platform.machine()}); mean load of the machine during the run {load:.1f}, so that"
        f" {'other work shared the cores' if load > WORKERS + 0.5 else 'little else ran'}."
        f" Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in packages)}; one thread"
        " of linear algebra a process.",
        "",
        f"Results are equal: the largest relative difference of any number is {apart:.0e}.",
        "",
        "| how | seconds on the wall | times as fast | processor seconds, all | of the busiest | times less |",
        "|---|---|---|---|---|---|",
    ]
    wall, alone = median(ALONE, "wall"), median(ALONE, "busiest")
    for name, runs in found.items():
        known = runs[0].busiest is not None
        busiest = f"{median(name, 'busiest'):.1f} | {alone / median(name, 'busiest'):.2f}" if known else "not known |"
        lines.append(
            f"| {name} | {median(name, 'wall'):.1f} | {wall / median(name, 'wall'):.2f}"
            f" | {median(name, 'processor'):.1f} | {busiest} |"
        )
    lines += [
        "",
        "Medians. Time on the wall suffers from all else that the machine does. The processor time of the busiest"
        " process hardly does: it is how long the work takes where every process has a core to itself. Times hold what"
        " processes need to start and to load their tables: those of the second row each time, the Dask workers once.",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ensemble", description=__doc__.partition("\n")[0])
    parser.add_argument("members", nargs="?", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    found, apart, load = measure(options.members, options.rounds)
    page = markdown(found, options.members, apart, load)
    (HERE / "ensemble.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
