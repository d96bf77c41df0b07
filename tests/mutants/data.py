"""Change one cell of the data at a time and count what notices: ``python -m tests.mutants.data --draws 1000``.

Every file of the data folder gets its turn, the records too. A changed digit, letter or empty cell goes through what
reads the data, once with the checksums and once without: then only types, allowed values, keys, sums and the tests that
compare tables with each other are left to notice.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from analysis import data
from analysis.data import DataError, records, tables
from analysis.data.records import DATA_VARIABLE, SUMS
from tests import runs

# what compares tables with one another, or with figures that are known from elsewhere
CROSS_CHECKS = ("tests/data/test_published.py", "tests/ledger", "tests/interregional/test_accounts.py")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def change(text: str, rng: random.Random) -> str:
    """Return a text with one digit, or else one letter, replaced by another; something in place of nothing."""
    digits = [place for place, letter in enumerate(text) if letter.isascii() and letter.isdigit()]
    places = digits or [place for place, letter in enumerate(text) if letter.isalnum()]
    if not places:
        return text + "1"
    place = rng.choice(places)
    others = "0123456789" if digits else LETTERS
    return text[:place] + rng.choice([one for one in others if one != text[place]]) + text[place + 1 :]


def mutate_table(content: str, rng: random.Random) -> tuple[str, str]:
    """Change one cell of a CSV table; return the new text and where it is changed."""
    rows = list(csv.reader(io.StringIO(content)))
    line, column = rng.randrange(1, len(rows)), rng.randrange(len(rows[0]))
    before = rows[line][column]
    rows[line][column] = change(before, rng)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue(), f"line {line + 1}, {rows[0][column]}: {before!r} to {rows[line][column]!r}"


def mutate_document(content: str, rng: random.Random) -> tuple[str, str]:
    """Change one entry of a YAML file."""
    scalars = [token for token in yaml.scan(content) if isinstance(token, yaml.ScalarToken) and token.value]
    token = rng.choice(scalars)
    start, end = token.start_mark.index, token.end_mark.index
    new = change(content[start:end], rng)
    where = f"line {token.start_mark.line + 1}: {content[start:end]!r} to {new!r}"
    return content[:start] + new + content[end:], where


def read_again(place: str) -> None:
    """Read a file of the data folder as the analyses would; raise DataError if it is noticed."""
    found = records.record_of(place)
    if data.record(found).columns:
        data.read(found)
    else:
        data.document(found)


class Unsealed(str):
    """A checksum that equals every other: how the data would be read if there were no seals."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def in_child(work: Callable[[], bool]) -> bool:
    """Run something in a forked process, warm and without trace; return whether it noticed (returned true)."""
    child = os.fork()
    if child == 0:
        with open(os.devnull, "w") as silence:
            os.dup2(silence.fileno(), 1)
            os.dup2(silence.fileno(), 2)
        try:
            noticed = work()
        except BaseException:
            noticed = True
        os._exit(1 if noticed else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def noticed_with_seals(place: str) -> bool:
    """Whether the list of checksums, or reading, notices."""
    try:
        data.check_sums()
        if place != SUMS:
            read_again(place)
    except DataError:
        return True
    return False


def unseal() -> None:
    """Take every checksum for right, and read everything anew."""
    records.checksum = tables.checksum = lambda content: Unsealed()
    tables._kept.clear()
    records._kept.clear()


def noticed_on_reading(place: str) -> bool:
    """Whether types, allowed values, keys or sums notice, without checksums."""
    unseal()
    try:
        read_again(place)
    except (DataError, ValueError, KeyError, TypeError):
        return True
    return False


def noticed_by_comparing() -> bool:
    """Whether the tests that compare tables notice, without checksums."""
    unseal()
    return pytest.main(["-q", "-x", "-p", "no:cacheprovider", *CROSS_CHECKS]) != 0


def run(draws: int, seed: int, comparing: int) -> tuple[Counter[str], list[str]]:
    """Draw changes one by one; return counts by what noticed, and the changes that nothing but a checksum noticed."""
    rng = random.Random(seed)
    own = data.data_directory()
    counts: Counter[str] = Counter()
    only_seal: list[str] = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name) / "data"
        shutil.copytree(own, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py", "*.md"))
        patch.setenv(DATA_VARIABLE, str(folder))
        places = [*sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.*")), SUMS]
        order: list[str] = []
        for draw in range(1, draws + 1):
            # every file once before any twice
            order = order or rng.sample(places, len(places))
            path = folder / (place := order.pop())
            before = path.read_text(encoding="utf-8")
            if place == SUMS:
                after, where = change(before, rng), "a digit of a checksum"
            else:
                after, where = (mutate_table if place.endswith(".csv") else mutate_document)(before, rng)
            path.write_text(after, encoding="utf-8", newline="\n")
            counts["draws"] += 1
            if in_child(lambda place=place: noticed_with_seals(place)):
                counts["noticed"] += 1
            else:
                print(f"NOT NOTICED  {place}, {where}", flush=True)
            if place != SUMS:
                if in_child(lambda place=place: noticed_on_reading(place)):
                    counts["noticed on reading, without checksums"] += 1
                elif counts["compared"] < comparing:
                    counts["compared"] += 1
                    if in_child(noticed_by_comparing):
                        counts["noticed by comparing, without checksums"] += 1
                    else:
                        only_seal.append(f"{place}, {where}")
            path.write_text(before, encoding="utf-8", newline="\n")
            if draw % 50 == 0:
                print(f"  {draw} of {draws}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return counts, only_seal


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 if a change went unnoticed."""
    parser = argparse.ArgumentParser(description="Change one cell of the data at a time and count what notices.")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument(
        "--comparing",
        type=int,
        default=40,
        help="how many, of those that reading lets pass, to send through the slow tests that compare tables",
    )
    parser.add_argument("--keep", action="store_true", help="keep the figures for the page on reliability")
    options = parser.parse_args(arguments)
    counts, only_seal = run(options.draws, options.seed, options.comparing)
    if options.keep:
        runs.keep("data, one cell at a time", {**counts, "seed": options.seed})
    for name, count in counts.items():
        print(f"{name}: {count}")
    if only_seal:
        print("Of those compared, noticed by a checksum only:", *only_seal, sep="\n  ")
    return 0 if counts["noticed"] == counts["draws"] else 1


if __name__ == "__main__":
    sys.exit(main())
