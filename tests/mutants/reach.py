"""What each file of tests reaches: the lines of analysis/ and the files of data/. Only those tests can notice a change.

Each file of tests runs once, in a fork of its own, since what another test has cached would hide a line or a file. What
was found is kept until the tests, data/ or analysis/ change.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import coverage
import pytest

ROOT = Path(__file__).parents[2]
REACHED = ROOT / "_build" / "reached.json"
# These need the built site, a browser or all notebooks, or look at the text of the code and not at what it does.
NOT_ASKED = ("browser", "faults", "mutants", "notebooks", "site", "test_dependencies.py", "test_typed.py",
             "test_workflows.py")  # fmt: skip
# plug-ins that are there already are not rewritten, which is no fault here
QUIET = ["-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
# of processor time, which does not depend on how busy the machine is
MOST_SECONDS = 600

T = TypeVar("T")


def test_files() -> list[str]:
    """The files of tests that are asked."""
    paths = (path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py")))
    return [path.as_posix() for path in paths if path.parts[1] not in NOT_ASKED]


@dataclass(frozen=True)
class Reach:
    """How long a file of tests takes, the lines of each module that it reaches, and the files of data/ it opens."""

    seconds: float
    lines: dict[str, set[int]]
    data: set[str]


def digest(paths: list[Path]) -> str:
    """One checksum of the content of files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def reached(jobs: int) -> dict[str, Reach]:
    """What each file of tests reaches; files run anew if they, what they share, data/ or analysis/ have changed.

    Stops if tests fail without any change: they would seem to notice everything. Forks share the libraries, and read
    analysis/ and the tests anew.
    """
    # what a mutant brings about must neither be kept for others nor be taken from what was kept
    os.environ.pop("SHANGHAI_CHAINS_KEEP", None)
    os.chdir(ROOT)
    pytest.main(["--collect-only", "-qq", *QUIET, *test_files()])
    forget()
    shared = [*(ROOT / "analysis").rglob("*.py"), *(ROOT / "data").rglob("*.*")]
    shared += [path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")]
    common = digest([path for path in shared if path.parent != Path(__file__).parent])
    keys = {file: common + digest([ROOT / file]) for file in test_files()}
    kept = json.loads(REACHED.read_text()) if REACHED.exists() else {}
    kept = {file: found for file, found in kept.items() if keys.get(file) == found["key"]}
    missing = [file for file in keys if file not in kept]
    REACHED.parent.mkdir(exist_ok=True)
    for k, (file, status) in enumerate(forked(missing, lambda file: record_reach(file, keys[file]), jobs), start=1):
        if status:
            raise SystemExit(f"{file} fails without any change: mend that first.")
        place = _place_of(file)
        kept[file] = json.loads(place.read_text())
        place.unlink()
        REACHED.write_text(json.dumps(kept))
        print(f"  what tests reach: {k} of {len(missing)} files", file=sys.stderr, flush=True)
    return {
        file: Reach(found["seconds"], {name: set(lines) for name, lines in found["lines"].items()}, set(found["data"]))
        for file, found in kept.items()
    }


def forget() -> None:
    """Let modules of this project be imported anew."""
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or sys.prefix)
        if path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix) and name != "__main__":
            del sys.modules[name]


def _place_of(file: str) -> Path:
    return REACHED.parent / f"reached-{file.replace('/', '-')}.json"


def record_reach(file: str, key: str) -> int:
    """Run one file of tests under coverage, and write down what it reaches."""
    started, opened = time.process_time(), set()

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            with contextlib.suppress(ValueError):
                opened.add(Path(arguments[0]).absolute().relative_to(ROOT / "data").as_posix())

    sys.addaudithook(note)
    watch = coverage.Coverage(data_file=None, source=[str(ROOT / "analysis")], config_file=False)
    watch.start()
    code = int(pytest.main(["-x", "-q", *QUIET, file]))
    watch.stop()
    seen = watch.get_data()
    lines = {str(Path(name).relative_to(ROOT)): sorted(seen.lines(name) or []) for name in seen.measured_files()}
    seconds = time.process_time() - started
    _place_of(file).write_text(json.dumps({"key": key, "seconds": seconds, "lines": lines, "data": sorted(opened)}))
    return code


def ask(files: list[str], reach: dict[str, Reach], seconds: float) -> bool:
    """Run files of tests one by one, until one fails or they would take too long; return whether one failed."""
    left = seconds
    for file in files:
        if int(pytest.main(["-x", "-q", *QUIET, file])):
            return True
        left -= reach[file].seconds
        if left < 0:
            break
    return False


def forked(tasks: list[T], work: Callable[[T], int], jobs: int) -> Iterator[tuple[T, int]]:
    """Do each task in a fork, a few at a time and silently, and give how it ended."""
    waiting, running = list(reversed(tasks)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            task = waiting.pop()
            child = os.fork()
            if child == 0:
                _work_silently(task, work)
            running[child] = task
        child, status = os.wait()
        yield running.pop(child), status


def _work_silently(task: T, work: Callable[[T], int]) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    code = 70
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            code = work(task)
    finally:
        os._exit(code)
