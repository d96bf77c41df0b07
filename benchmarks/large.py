"""A large interregional system from the command line: time against LAPACK's own, and memory.

Run as ``python -m benchmarks.large [REGIONS] [SECTORS]`` in the environment of the tests. A generated system of REGIONS
times SECTORS pairs is written as one Parquet file; then ``check``, and ``compute`` with linkages, position and
extraction, run as commands, each in a process of its own on one thread. Beside them stand the calls of LAPACK that the
method cannot do without, measured on the same matrix in the same run. Writes ``large.md`` beside this file.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

# before numpy is loaded, here and in the processes that are started
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.tables import InterregionalTable

HERE = Path(__file__).parent
ROOT = HERE.parent
COMMANDS = {
    "check": ["check", "{table}"],
    "linkages": ["compute", "linkages", "{table}", "-o", "{folder}/linkages.parquet"],
    "position": ["compute", "position", "{table}", "-o", "{folder}/position.parquet"],
    "extraction": ["compute", "extraction", "{table}", "-o", "{folder}/extraction.parquet"],
}
# What each cannot do without.
NEEDED = {"check": (), "linkages": ("inverse",), "position": ("LU", "two solves"), "extraction": ("inverse",)}
# Reads the table as every command does, and says how long that took after all was imported.
LOAD = (
    "import sys, time\n"
    "from analysis.cli import find, methods\n"
    "start = time.process_time()\n"
    "find.find_table(sys.argv[1], {})\n"
    "print(time.process_time() - start)"
)


@dataclass(frozen=True)
class Run:
    """A finished process: processor seconds, most memory in bytes, and what it printed."""

    seconds: float
    memory: int
    printed: str


def system(regions: int, sectors: int, seed: int = 1) -> InterregionalTable:
    """Draw a system of regions that trade with each other and with the world outside, inputs half of output."""
    rng = np.random.default_rng(seed)
    size = regions * sectors
    pairs = pd.MultiIndex.from_product([[f"R{r:03d}" for r in range(regions)], [f"S{s:02d}" for s in range(sectors)]])
    flows = rng.random((size, size))
    flows *= 0.5 / flows.sum(axis=0)
    bought, sold = rng.uniform(50, 150, (size, regions)), rng.uniform(0, 50, size)
    x = np.linalg.solve(np.eye(size) - flows, bought.sum(axis=1) + sold)
    flows *= x
    # what is imported stands in the row of its product, a tenth of the inputs from inside
    from_abroad = 0.1 * flows.reshape(regions, sectors, size).sum(axis=0)
    codes, users = pairs.unique(1), pd.MultiIndex.from_product([pairs.unique(0), ["final demand"]])
    return InterregionalTable(
        Z=pd.DataFrame(flows, pairs, pairs, copy=False),
        final_uses=pd.DataFrame(bought, pairs, users, copy=False),
        value_added=pd.DataFrame([x - flows.sum(axis=0) - from_abroad.sum(axis=0)], ["value added"], pairs),
        output=pd.Series(x, pairs),
        exports=pd.Series(sold, pairs),
        imported=pd.DataFrame(from_abroad, codes, pairs, copy=False),
        year=2017,
        unit="million CNY",
        price_basis="drawn",
        vintage="drawn",
        estimated=False,
        provenance="drawn at random for a benchmark",
    )


def command(arguments: list[str]) -> Run:
    """Run Python in a process of its own."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, printed)


def lapack(A: np.ndarray, times: int) -> dict[str, float]:
    """Processor seconds of the calls themselves, medians."""
    matrix = np.asfortranarray(np.eye(len(A)) - A)
    ones = np.ones(len(A))
    found: dict[str, list[float]] = {"LU": [], "two solves": [], "inverse": []}

    def timed(name: str, call: Callable):
        start = time.process_time()
        result = call()
        found[name].append(time.process_time() - start)
        return result

    for _ in range(times):
        copy = matrix.copy(order="F")
        lu, pivots, _ = timed("LU", lambda m=copy: linalg.lapack.dgetrf(m, overwrite_a=True))
        timed("two solves", lambda f=lu, p=pivots: [linalg.lapack.dgetrs(f, p, ones, trans=t) for t in (0, 1)])
        start = found["LU"][-1]
        timed("inverse", lambda f=lu, p=pivots: linalg.lapack.dgetri(f, p, lwork=64 * len(A), overwrite_lu=True))
        found["inverse"][-1] += start
    return {name: float(np.median(values)) for name, values in found.items()}


def measure(regions: int, sectors: int, times: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Run every command; return a row each, and what stands beside them."""
    with TemporaryDirectory() as folder:
        drawn = system(regions, sectors)
        path = Path(folder) / "system.parquet"
        start = time.process_time()
        drawn.to_parquet(path)
        beside = {"write": time.process_time() - start, "file": float(path.stat().st_size)}
        A = drawn.Z.to_numpy() / drawn.output.to_numpy()
        beside["matrix"] = float(A.nbytes)
        del drawn
        calls = lapack(A, times)
        del A
        loads = [command(["-c", LOAD, str(path)]) for _ in range(times)]
        load = float(np.median([float(run.printed) for run in loads]))
        start_up = float(np.median([run.seconds - float(run.printed) for run in loads]))
        beside |= {"start": start_up, "load": load, **calls}
        rows = []
        for name, words in COMMANDS.items():
            arguments = ["-m", "analysis", *(word.format(table=path, folder=folder) for word in words)]
            runs = [command(arguments) for _ in range(times)]
            whole = float(np.median([run.seconds for run in runs]))
            needed = sum(calls[call] for call in NEEDED[name])
            rows.append(
                {
                    "command": name,
                    "seconds": whole,
                    "beyond": whole - start_up - load,
                    "needed": needed,
                    "memory": max(run.memory for run in runs),
                }
            )
            print(f"{name}: {whole:.1f} s, {rows[-1]['memory'] / 1e9:.2f} GB", flush=True)
    return pd.DataFrame(rows).set_index("command"), beside


def markdown(rows: pd.DataFrame, beside: dict[str, float], regions: int, sectors: int, times: int) -> str:
    """Write the page that results are kept in."""
    total = rows.sum()
    counted = f"Medians of {times} runs" if times > 1 else "One run each"
    load = os.getloadavg()[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas", "pyarrow"))
    lines = [
        "# A large system from the command line",
        "",
        f"{regions} regions with {sectors} sectors each: n = {regions * sectors}. {counted}, processor time on"
        f" one thread ({platform.machine()}, Python {platform.python_version()}, {packages}); mean load of the machine"
        f" at the end {load:.0f} on {os.cpu_count()} cores, which moves processor time by some tenths.",
        "",
        f"The Parquet file has {beside['file'] / 1e6:.0f} MB; writing it takes {beside['write']:.1f} s. Every command"
        f" starts in {beside['start']:.1f} s and reads and checks the table in {beside['load']:.1f} s. LAPACK on the"
        f" same matrix: LU {beside['LU']:.2f} s, two solves {beside['two solves']:.2f} s, inverse"
        f" {beside['inverse']:.2f} s.",
        "",
        "| command | seconds, all | beyond start and reading | LAPACK in it | ratio | most memory, GB | in matrices |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.iterrows():
        ratio = f"{row['beyond'] / row['needed']:.2f}" if row["needed"] else ""
        lines.append(
            f"| {name} | {row['seconds']:.1f} | {row['beyond']:.1f} | {row['needed']:.2f} | {ratio} |"
            f" {row['memory'] / 1e9:.2f} | {row['memory'] / beside['matrix']:.1f} |"
        )
    lines += [
        f"| all four | {total['seconds']:.1f} | {total['beyond']:.1f} | {total['needed']:.2f} |"
        f" {total['beyond'] / total['needed']:.2f} | {rows['memory'].max() / 1e9:.2f} |"
        f" {rows['memory'].max() / beside['matrix']:.1f} |",
        "",
        "A check needs no factorisation: it adds up rows and columns, and finds the largest eigenvalue by products with"
        " the matrix. Linkages need the inverse for their dispersion; without it, one LU and two solves would do.",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__.partition("\n")[0])
    parser.add_argument("regions", nargs="?", type=int, default=100)
    parser.add_argument("sectors", nargs="?", type=int, default=50)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args(arguments)
    size = options.regions, options.sectors
    page = markdown(*measure(*size, options.times), *size, options.times)
    (HERE / "large.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
