"""Store one table a year, run the ensemble, store what it says: ``python -m analysis.interregional``.

One machine needs a few minutes for two years of a thousand members; with ``--scheduler`` a Dask cluster does the work.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.data import DataError, data_directory, document, read, seal, whole_files
from analysis.interregional.blind import learned_from
from analysis.interregional.ensemble import (
    Assumptions,
    Ensemble,
    calibrated_assumptions,
    interregional_ensemble,
    summarise,
)
from analysis.interregional.reference import DECIMALS, estimated_id, reference_estimate
from analysis.labels import InputError

RECORD = "io/interregional_estimated_ensemble"
SETTINGS = "io/interregional_ensemble_assumptions"
YEARS = (2012, 2017)
SEED = 20
# Stored one by one, so that a test can compute them again.
SHOWN = 3
_CUTS: dict[str, dict[str, Callable[[pd.Series], pd.Series]]] = {
    "transit": {"pool": lambda v: v < 1 / 3, "netted": lambda v: v > 2 / 3},
    "decay": {"flat": lambda v: v < v.median(), "steep": lambda v: v >= v.median()},
}
_CHOICES = ("measure", "rest", "misfit", "effects")


def cluster_groups() -> dict[str, tuple[str, ...]]:
    """Sectors that stand for highly integrated products, and for each of the paper's clusters, in narrow readings."""
    rows = read("report/clusters")
    rows = rows[rows["reading"] == "narrow"]
    clusters = {name: tuple(part["code"]) for name, part in rows.groupby("name_en", sort=False)}
    assembly = document("report/groups")["assembly"]
    return {assembly["en"]: tuple(assembly["options"]["narrow"])} | clusters


def subsets(ensemble: Ensemble) -> dict[str, pd.Series]:
    """Members that share an assumption: a mask each, named by it; ``"all"`` holds every member."""
    options = ensemble.options
    masks = {"all": pd.Series(True, index=options.index)}
    for option, cuts in _CUTS.items():
        masks |= {f"{option} {name}": cut(options[option]) for name, cut in cuts.items()}
    for option in _CHOICES:
        masks |= {f"{option} {value}": options[option] == value for value in sorted(options[option].unique())}
    return masks


def stored(year: int, ensemble: Ensemble) -> pd.DataFrame:
    """Rows that are stored: summaries of all members and of subsets, and the first members themselves."""
    parts = []
    for name, mask in subsets(ensemble).items():
        rows = ensemble.results[mask]
        parts.append(summarise(rows).assign(subset=name, members=len(rows)))
    for number in ensemble.results.index[:SHOWN]:
        row = ensemble.results.loc[number]
        same = pd.DataFrame({column: row for column in ("value", "lower", "upper", "mean")})
        parts.append(same.assign(subset=f"member {number}", members=1))
    frame = pd.concat(parts).reset_index().assign(year=year)
    names = {name: f"estimated_{name}" for name in ("value", "lower", "upper", "mean")}
    order = ["year", "subset", "members", "measure", "group", "region", "target", *names.values()]
    # in the data folder, a column of sources says who published a row
    return frame.rename(columns=names | {"source": "region"})[order]


def settings(assumptions: Assumptions, tried: pd.DataFrame, failed: dict[int, int], members: int) -> pd.DataFrame:
    """List what the ensemble was drawn from, a row a number."""
    rows: dict[str, Any] = {
        "seed": SEED,
        "members": members,
        **{f"failed {year}": count for year, count in failed.items()},
        "decay from": assumptions.decay[0],
        "decay to": assumptions.decay[1],
        "spread of pairs": assumptions.pair_spread,
        "spread of pairs inside the delta": assumptions.inside_spread,
        "spread of products": assumptions.cell_spread,
        "spread of margins": assumptions.margin_spread,
        **{f"coverage at {row.factor:g} times the departures": row.coverage for row in tried.itertuples()},
    }
    return pd.DataFrame({"setting": list(rows), "value": [round(float(v), 6) for v in rows.values()]})


def stored_assumptions() -> Assumptions:
    """Return the assumptions that the stored ensemble was drawn from, up to the effects of pairs: those are learned."""
    values = read(SETTINGS).set_index("setting")["value"]
    return Assumptions(
        (values["decay from"], values["decay to"]),
        learned_from(2002)[1],
        values["spread of pairs"],
        values["spread of pairs inside the delta"],
        values["spread of products"],
        values["spread of margins"],
    )


def reference_cells(year: int) -> pd.DataFrame:
    """Cells of the one table a year that is stored, rounded as they are stored."""
    cells = reference_estimate(year).table.cells()
    # Adding nought turns a negative nought into a plain one.
    return cells.assign(estimated_value=cells["estimated_value"].round(DECIMALS) + 0.0)


def _write(record: str, frame: pd.DataFrame, **options: Any) -> str:
    """Write a table of the data folder, seal it, and return the start of its checksum."""
    text = frame.to_csv(index=False, lineterminator="\n", **options)
    with whole_files(data_directory() / f"{record}.csv") as (half,):
        half.write_text(text, encoding="utf-8", newline="\n")
    return f"{record} ({seal(record)[:16]})"


def _bar(label: str, start: float) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        width = 30 * done // total
        text = f"\r{label} [{'#' * width}{'.' * (30 - width)}] {done} of {total}, {time.monotonic() - start:.0f} s"
        print(text, end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Store estimated tables, and what an ensemble of them says.")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes on this machine")
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler that does the work instead")
    parser.add_argument("--keep", help="folder for finished members, from which a run that was stopped continues")
    options = parser.parse_args(arguments)
    try:
        done = [_write(estimated_id(year), reference_cells(year)) for year in YEARS]
        print("Calibrating on the published tables of eight regions", file=sys.stderr, flush=True)
        assumptions, tried = calibrated_assumptions()
        # what is stored is what is drawn from
        _write(SETTINGS, settings(assumptions, tried, {}, options.members))
        assumptions, parts, failed = stored_assumptions(), [], {}
        for year in YEARS:
            ensemble = interregional_ensemble(
                year,
                options.members,
                assumptions,
                cluster_groups(),
                SEED,
                workers=options.workers,
                scheduler=options.scheduler,
                keep=options.keep,
                progress=_bar(str(year), time.monotonic()),
            )
            parts.append(stored(year, ensemble))
            failed[year] = len(ensemble.failed)
        done.append(_write(RECORD, pd.concat(parts), float_format="%.4f"))
        done.append(_write(SETTINGS, settings(assumptions, tried, failed, options.members)))
        print(f"stored: {', '.join(done)}")
    except (InputError, DataError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
