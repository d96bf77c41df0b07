"""What the project leans on: ``python -m book._tools.dependencies licences|audit``.

``licences`` writes the table of all packages of the locks with their licences, which the book shows, and refuses one
that is unknown or does not go with the project's own. ``audit`` asks the database of the Python Packaging Authority
whether a weakness of any of them is known.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from book._tools.notebooks import ROOT

LOCKS = {"the book": "requirements.lock", "tests only": "requirements-test.lock"}
AUDITED = ("requirements.lock", "requirements-test.lock", "requirements-trust.lock", "requirements-bench.lock")
TABLE = Path("book/en/back/licences.csv")
HEADER = ("Package", "Version", "Licence", "Used for")

# as packages name them, and as the list of licences (SPDX) does, as far as they say which of several it is
NAMES = {
    "2-clause BSD": "BSD-2-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "BSD License; GNU General Public License (GPL); Public Domain; Python Software Foundation License": (
        "BSD AND GPL-3.0-or-later AND PSF-2.0 AND public domain"
    ),
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# not installed everywhere, or silent in its metadata; read in the package
READ = {
    "aiohappyeyeballs": "PSF-2.0",
    "aiohttp": "Apache-2.0 AND MIT",
    "aiosignal": "Apache-2.0",
    "appnope": "BSD-2-Clause",
    # the package's own is MIT; axe-core, which it carries, is not
    "axe-playwright-python": "MIT AND MPL-2.0",
    "cffi": "MIT",
    "colorama": "BSD-3-Clause",
    # said as BSD by one version in the lock, and in full by the other
    "contourpy": "BSD-3-Clause",
    "frozenlist": "Apache-2.0",
    "multidict": "Apache-2.0",
    "propcache": "Apache-2.0",
    "pycparser": "BSD-3-Clause",
    "yarl": "Apache-2.0",
}
# ask for no more than to be named
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-CMU",
    "PSF-2.0",
    "Zlib",
    "public domain",
}
# bind those who change or pass on the package itself; used as it is, and not passed on, it binds no one here
UNCHANGED = {
    "MPL-2.0": None,
    "LGPL-3.0-only": {"pymrio"},
    # one file for the editor Emacs
    "GPL-3.0-or-later": {"docutils"},
}

CLEAN, WEAK, WRONG, UNREACHED = 0, 1, 2, 3


class LicenceError(ValueError):
    """A package has no known licence, or one that does not go with the project's own."""


class Entry(NamedTuple):
    """A line of a lock."""

    requirement: Requirement
    hashes: list[str]

    @property
    def version(self) -> str:
        """Return the one version that the line allows."""
        (only,) = self.requirement.specifier
        return only.version


def entries(lock: Path) -> Iterator[Entry]:
    """Yield the lines of a lock.

    Raises
    ------
    ValueError
        If a line is no requirement with hashes: an option, an address, a name alone.
    """
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        wanted, *hashes = (part.strip() for part in line.split("--hash="))
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+( *;.*)?", wanted):
            raise ValueError(f"{lock.name}, entry {number}: {line[:60]!r} is no package of one version")
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes):
            raise ValueError(f"{lock.name}, entry {number}: {wanted} has no hashes that are whole")
        yield Entry(Requirement(wanted), hashes)


def licences(root: Path = ROOT) -> list[tuple[str, str, str, str]]:
    """Return the packages of the locks, each with its version, licence and use.

    Raises
    ------
    LicenceError
        If a licence is unknown, or does not go with the project's own.
    """
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--with-system"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    said = {_plain(package["Name"]): package["License"] for package in listed}
    rows: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    faults = []
    for use, lock in LOCKS.items():
        for entry in entries(root / lock):
            name = entry.requirement.name
            licence = READ.get(_plain(name)) or said.get(_plain(name), "UNKNOWN")
            licence = NAMES.get(licence, licence)
            if fault := unfit(name, licence):
                faults.append(fault)
            rows.setdefault((name, entry.version), (name, entry.version, licence, use))
    if faults:
        raise LicenceError("\n".join(faults))
    return [rows[key] for key in sorted(rows)]


def unfit(name: str, licence: str) -> str:
    """Return what speaks against a package's licence, or nothing."""
    parts = re.split(r" AND ", licence)
    for part in parts:
        # of a choice, one is enough
        if not any(one in PERMISSIVE or _used_unchanged(name, one) for one in part.split(" OR ")):
            why = "is unknown" if licence == "UNKNOWN" else f"is {licence}, not among those that go with MIT and CC BY"
            return f"{name}: its licence {why}; read it, then name it in {Path(__file__).name}, or do without {name}"
    return ""


def _used_unchanged(name: str, licence: str) -> bool:
    return licence in UNCHANGED and (UNCHANGED[licence] is None or name in UNCHANGED[licence])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def write_licences(root: Path = ROOT) -> Path:
    """Write the table of licences and return its place."""
    rows = licences(root)
    with (root / TABLE).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])
    return root / TABLE


def audit(root: Path = ROOT) -> int:
    """Ask for known weaknesses of every package of every lock, say what was found, and return the exit code."""
    worst = CLEAN
    for lock in AUDITED:
        # a lock names everything: nothing to resolve, and nothing to install
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json"]
        command += ["--progress-spinner=off", "--requirement", str(root / lock)]
        result = subprocess.run(command, capture_output=True, text=True)
        code, words = judge(lock, result.stdout, result.stderr)
        print(words)
        worst = max(worst, code)
    return worst


def judge(lock: str, output: str, complaint: str) -> tuple[int, str]:
    """Return the exit code for what pip-audit printed of a lock, and the sentence that says it.

    0: nothing known; 1: a weakness is known; 2: pip-audit failed; 3: its database was not reached.
    """
    last = complaint.strip().splitlines()[-1][:200] if complaint.strip() else "no message"
    if not output.strip():
        if re.search(r"connection|timed? ?out|resolve|proxy|HTTPError|SSLError", complaint, re.IGNORECASE):
            return UNREACHED, f"{lock}: NOT CHECKED, the database of weaknesses was not reached ({last})"
        return WRONG, f"{lock}: NOT CHECKED, pip-audit failed ({last})"
    packages = json.loads(output)["dependencies"]
    # a mirror that knows no weaknesses answers that it knows no package, and pip-audit calls that a success
    skipped = [one for one in packages if "skip_reason" in one]
    if skipped:
        amount = f"{len(skipped)} of {len(packages)} packages are not in the database that was asked"
        return UNREACHED, f"{lock}: NOT CHECKED, {amount} ({skipped[0]['skip_reason']})"
    found = [
        f"  {one['name']} {one['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'none'}"
        for one in packages
        for weakness in one["vulns"]
    ]
    if found:
        return WEAK, "\n".join([f"{lock}: {len(found)} known weaknesses in {len(packages)} packages", *found])
    return CLEAN, f"{lock}: no weakness is known of its {len(packages)} packages"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two commands; return the exit code."""
    parser = argparse.ArgumentParser(description="Look at the packages that the project leans on.")
    parser.add_argument("command", choices=("licences", "audit"))
    if parser.parse_args(arguments).command == "audit":
        return audit()
    try:
        print(f"Written: {write_licences().relative_to(ROOT)}")
    except (LicenceError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
