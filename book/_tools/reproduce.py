"""Build all editions twice, under different conditions, and compare the bytes: ``python -m book._tools.reproduce``.

Both builds start from a copy of the project's own files. The first takes the stored outputs of the notebooks; the
second executes every notebook. They differ in folder, time zone, locale, umask, user name, number of processors, hash
seed and, where it can be chosen, in the kernel of the linear algebra. With ``--quick`` only a few notebooks are
executed, those that draw or regress. The changelog holds the digest of a release, which so cannot depend on itself: the
copies have noughts in its place.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from book._tools import notebooks
from book._tools.build import ROOT, copy_inputs

# draws of flows, a bootstrap, the estimated interregional table
QUICK = ("1-1-1-linkages", "2-1-5", "3-2")
HERE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "USER": "reader", "LOGNAME": "reader", "PYTHONHASHSEED": "0"}
THERE = {
    "TZ": "Asia/Shanghai",
    "LC_ALL": "C",
    "LANGUAGE": "zh_CN",
    "USER": "another",
    "LOGNAME": "another",
    "PYTHONHASHSEED": "7",
    "PYTHONUTF8": "0",
    "SOURCE_DATE_EPOCH": "1",
}
if platform.machine() == "x86_64":
    HERE["OPENBLAS_CORETYPE"] = "Haswell"
    THERE["OPENBLAS_CORETYPE"] = "Nehalem"
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
"""A digest in the changelog."""


def copy_without_digests(root: Path, target: Path) -> None:
    """Copy all that the site is made of, with noughts for the digests in the changelog."""
    copy_inputs(root, target)
    path = target / "CHANGELOG.md"
    text = DIGEST.sub("0" * 64, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8", newline="\n")


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder, by its place."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def overall(files: dict[str, str]) -> str:
    """Return one digest of all files, the same as ``sha256sum`` gives of the list that ``sha256sum`` writes."""
    listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()


def _start(folder: Path, commands: list[list[str]], extra: dict[str, str], umask: int, processors: set[int]):
    """Run the tools one after another in a folder, in a process of its own; what is said goes to its log."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "TZ"))}
    environment |= extra | {"PYTHONPATH": "", "HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    script = " && ".join(" ".join(f"'{word}'" for word in [sys.executable, "-m", *command]) for command in commands)

    def conditions() -> None:
        os.umask(umask)
        os.sched_setaffinity(0, processors)

    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            ["sh", "-c", script],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=conditions,
        )


def compare(quick: bool = False) -> tuple[dict[str, str], list[str]]:
    """Build twice and return the digests of the first site and the names of the files that differ.

    Parameters
    ----------
    quick : bool
        Execute only a few notebooks in the second build.

    Raises
    ------
    RuntimeError
        If a build fails; the message ends with what it said last.
    """
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "here", Path(name) / "some where else"
        copy_without_digests(ROOT, first)
        copy_without_digests(ROOT, second)
        executed = [str(p.relative_to(ROOT)) for p in notebooks.find() if p.name.startswith(QUICK)] if quick else []
        available = os.sched_getaffinity(0)
        build = ["book._tools.editions", "--stored"]
        one = _start(first, [build], HERE, 0o022, {min(available)})
        again = [["book._tools.notebooks", "--force", *executed], build]
        other = _start(second, again, THERE, 0o077, available)
        for process, folder in ((one, first), (other, second)):
            if process.wait() != 0:
                said = (folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"the build in {folder.name!r} failed:\n{said[-3000:]}")
        here, there = digests(first / "_build/published"), digests(second / "_build/published")
        here |= {place: digest for place, digest in digests(first / "book").items() if place.endswith(".ipynb")}
        there |= {place: digest for place, digest in digests(second / "book").items() if place.endswith(".ipynb")}
        return here, [place for place in sorted({*here, *there}) if here.get(place) != there.get(place)]


def main(arguments: list[str] | None = None) -> int:
    """Compare two builds; return 0 if they are the same byte for byte, else 1."""
    parser = argparse.ArgumentParser(description="Build all editions twice under different conditions and compare.")
    parser.add_argument("--quick", action="store_true", help="execute only a few notebooks")
    options = parser.parse_args(arguments)
    print("Building twice, once with every notebook executed anew (some minutes)", flush=True)
    start = time.monotonic()
    try:
        files, different = compare(quick=options.quick)
    except RuntimeError as problem:
        print(problem, file=sys.stderr)
        return 1
    if different:
        print(f"{len(different)} of {len(files)} files differ:", *different[:20], sep="\n  ", file=sys.stderr)
        return 1
    print(f"{len(files)} files, the same byte for byte ({time.monotonic() - start:.0f} s)")
    digest = overall(files)
    named = digest in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    print(f"{digest}  ({'as' if named else 'not'} in the changelog)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
