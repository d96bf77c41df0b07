"""Derive the tables in data/io and data/statistics again from the source files: ``python data/derive.py SOURCES``."""

import argparse
import decimal
import shutil
import sys
from pathlib import Path

from derivation import detailed, employment, input_output, interregional, province_sectors, readers, statistics
from derivation.source import SourceError

from analysis.data import DataError, list_sums


def derive(sources, folder):
    """Write every derived table and its record into `folder`, reading published files below `sources`."""
    sources, folder = Path(sources), Path(folder)
    if not (sources / "io").is_dir():
        raise SourceError(f"{sources}: a source folder holds io/, stats/ and deflators/")
    print("sectors and concordances", flush=True)
    input_output.write_sectors(folder, sources)
    print("provincial tables", flush=True)
    tables = input_output.read_provinces(sources)
    input_output.write_delta(folder, tables)
    print("national tables", flush=True)
    tables |= input_output.write_nation(folder, sources, tables)
    print("detailed national tables", flush=True)
    detailed.write_tables(folder, sources)
    print("sectors of all provinces", flush=True)
    province_sectors.write(folder, tables)
    print("other provinces, eight regions, distances", flush=True)
    interregional.write_others(folder, tables)
    interregional.write_eight_regions(folder, sources)
    interregional.write_distances(folder)
    print("what the readers make of every table", flush=True)
    readers.write(folder, sources)
    print("statistics", flush=True)
    statistics.write_series(folder, sources)
    statistics.write_deflators(folder, sources)
    statistics.write_regions(folder)
    detailed.write_quotients(folder, sources)
    employment.write(folder, sources)


def replace(sources, folder):
    """Derive beside the tables of `folder`, and put all in their place when the last one is written."""
    folder = Path(folder)
    # hidden, and on the same disk, so that what a killed run left behind is no table and the next one removes it
    half = folder / ".derived"
    shutil.rmtree(half, ignore_errors=True)
    try:
        half.mkdir(parents=True)
        derive(sources, half)
        for path in sorted(half.rglob("*.*")):
            target = folder / path.relative_to(half)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def main(arguments=None):
    """Run from the command line; return 0, or 1 with the reason on the error stream."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path, help="folder with io/, stats/ and deflators/")
    parser.add_argument("--into", type=Path, default=Path(__file__).resolve().parent, help="data folder to write")
    options = parser.parse_args(arguments)
    try:
        # Wide enough for the longest published figure beside the largest; anything that would round is an error.
        with decimal.localcontext(prec=60, traps=[decimal.Inexact, decimal.InvalidOperation]):
            replace(options.sources, options.into)
        list_sums(options.into)
    except (SourceError, DataError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
