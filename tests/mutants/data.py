"""Change one cell of the data at a time and count what notices: ``python -m tests.mutants.data --draws 1000``.

Every file of the data folder gets its turn, the records too. A changed digit, letter or empty cell goes through what
reads the data, once with the checksums and once without: then only types, allowed values, keys and sums are left to
notice, and the tests that open the file: they compare tables with each other, and with figures that are known from
elsewhere. What would be noticed without any change is refused first.
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
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from analysis import data
from analysis.data import DataError, records
from analysis.data.records import DATA_VARIABLE, SUMS
from tests import runs
from tests.mutants.reach import Reach, ask, forget, forked, reached

# Files of tests are asked, the quick ones first, until they would take this long.
ASKED_SECONDS = 30
# what of the data folder is no data
IGNORED = shutil.ignore_patterns("__pycache__", "*.py", "*.md")
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
        noticed = False  # any other error is no clear one
        try:
            noticed = work()
        finally:
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
    from analysis.data import records, tables

    records.checksum = tables.checksum = lambda content: Unsealed()
    tables._kept.clear()
    records._kept.clear()


def noticed_on_reading(place: str) -> bool:
    """Whether types, allowed values, keys or sums notice, without checksums."""
    unseal()
    try:
        read_again(place)
    except DataError:
        return True
    return False


@dataclass(frozen=True)
class Change:
    """A file of the data folder with one cell changed, and the words for it."""

    place: str
    after: str
    where: str


def noticed_by_tests(change: Change | None, files: list[str], reach: dict[str, Reach], seconds: float) -> bool:
    """Whether some tests notice, without checksums, in a data folder of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        shutil.copytree(data.data_directory(), folder, ignore=IGNORED)
        if change:
            (folder / change.place).write_text(change.after, encoding="utf-8", newline="\n")
        os.environ[DATA_VARIABLE] = str(folder)
        forget()
        unseal()
        return ask(files, reach, seconds)


def run(draws: int, seed: int) -> tuple[Counter[str], list[Change]]:
    """Draw changes one by one; return counts by what noticed, and the changes that reading let pass."""
    rng = random.Random(seed)
    own = data.data_directory()
    counts: Counter[str] = Counter()
    passed: list[Change] = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name) / "data"
        shutil.copytree(own, folder, ignore=IGNORED)
        patch.setenv(DATA_VARIABLE, str(folder))
        places = [*sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.*")), SUMS]
        for place in places:
            for work in (noticed_with_seals, noticed_on_reading)[: 1 if place == SUMS else 2]:
                if in_child(lambda work=work, place=place: work(place)):
                    raise SystemExit(f"{place}: {work.__name__} without any change: mend that first.")
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
                else:
                    passed.append(Change(place, after, where))
            path.write_text(before, encoding="utf-8", newline="\n")
            if draw % 50 == 0:
                print(f"  {draw} of {draws}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return counts, passed


def send_through_tests(changes: list[Change], jobs: int) -> list[tuple[Change, bool]]:
    """Let the tests that open a changed file look for each change, without checksums."""
    reach = reached(jobs)
    needed = {change.place for change in changes}
    opening = [file for file, found in reach.items() if found.data & needed and found.seconds <= ASKED_SECONDS]
    # some are about the checksums themselves
    sound = [f for f, status in forked(opening, lambda f: noticed_by_tests(None, [f], reach, 1.0), jobs) if not status]

    def noticed(change: Change) -> bool:
        files = sorted((f for f in sound if change.place in reach[f].data), key=lambda f: reach[f].seconds)
        return noticed_by_tests(change, files, reach, ASKED_SECONDS)

    results = []
    for k, (tried, status) in enumerate(forked(changes, noticed, jobs), start=1):
        results.append((tried, bool(status)))
        print(f"  {k} of {len(changes)} sent through the tests", file=sys.stderr, flush=True)
    return results


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 if a change went unnoticed."""
    parser = argparse.ArgumentParser(description="Change one cell of the data at a time and count what notices.")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument(
        "--tested", type=int, default=100, help="how many, of those that reading lets pass, to send through the tests"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", action="store_true", help="keep the figures for the page on reliability")
    options = parser.parse_args(arguments)
    counts, passed = run(options.draws, options.seed)
    chosen = random.Random(options.seed).sample(passed, min(options.tested, len(passed)))
    results = send_through_tests(chosen, options.jobs) if chosen else []
    counts["of the rest, sent through the tests"] = len(results)
    counts["noticed by tests, without checksums"] = sum(noticed for _, noticed in results)
    only_seal = [f"{change.place}, {change.where}" for change, noticed in results if not noticed]
    if options.keep:
        runs.keep("data, one cell at a time", {**counts, "seed": options.seed})
    for name, count in counts.items():
        print(f"{name}: {count}")
    if only_seal:
        print("Of those sent through the tests, noticed by a checksum only:", *only_seal, sep="\n  ")
    return 0 if counts["noticed"] == counts["draws"] else 1


if __name__ == "__main__":
    sys.exit(main())
