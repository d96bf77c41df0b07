"""What each test reaches: the lines of analysis/, and the files of data/. Only those tests can notice a change.

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
from hypothesis import Phase, settings

ROOT = Path(__file__).parents[2]
REACHED = ROOT / "_build" / "reached.json"
# These need the built site, a browser or all notebooks, or look at the text of the code and not at what it does.
NOT_ASKED = ("browser", "faults", "mutants", "notebooks", "site", "test_dependencies.py", "test_typed.py",
             "test_workflows.py")  # fmt: skip
# An example that fails says enough; to look for a smaller one takes long.
settings.register_profile(
    "first", derandomize=True, deadline=None, max_examples=30, phases=(Phase.explicit, Phase.generate)
)
# plug-ins that are there already are not rewritten, which is no fault here
QUIET = ["-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning",
         "--hypothesis-profile=first"]  # fmt: skip
NOT_NOTICED = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
# of processor time, which does not depend on how busy the machine is
MOST_SECONDS = 600

T = TypeVar("T")


def test_files() -> list[str]:
    """The files of tests that are asked."""
    paths = (path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py")))
    return [path.as_posix() for path in paths if path.parts[1] not in NOT_ASKED]


@dataclass(frozen=True)
class Reach:
    """How long a file of tests takes, and each test in it; what it reaches.

    ``lines`` has the lines of each module, and which tests come there, as bits in the order of ``tests``; none for what
    runs on import. ``data`` are the files of data/ that it opens.
    """

    seconds: float
    tests: dict[str, float]
    lines: dict[str, dict[int, int]]
    data: set[str]

    def of(self, module: str, lines: range) -> dict[str, float]:
        """The tests that come to one of some lines, and how long each takes."""
        bits = 0
        for line in lines:
            bits |= self.lines.get(module, {}).get(line, 0)
        return {test: seconds for k, (test, seconds) in enumerate(self.tests.items()) if bits >> k & 1}


class Watch:
    """Tells coverage which test runs, and adds up how long each takes: a plug-in of pytest."""

    def __init__(self, watch: coverage.Coverage) -> None:
        self.watch, self.seconds = watch, {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.watch.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_runtest_logfinish(self) -> None:
        self.watch.switch_context("")


class Only:
    """Runs some of the tests that pytest collects, the quick ones first: a plug-in of pytest."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.seconds), key=lambda i: self.seconds[i.nodeid])


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
    common = digest([Path(__file__), *(path for path in shared if path.parent != Path(__file__).parent)])
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
        file: Reach(
            found["seconds"],
            found["tests"],
            {
                name: {int(line): int(bits, 16) for line, bits in lines.items()}
                for name, lines in found["lines"].items()
            },
            set(found["data"]),
        )
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
    code = int(pytest.main(["-x", "-q", *QUIET, file], plugins=[plugin := Watch(watch)]))
    watch.stop()
    seconds = time.process_time() - started
    seen, bit = watch.get_data(), {test: 1 << k for k, test in enumerate(plugin.seconds)}
    lines = {
        str(Path(name).relative_to(ROOT)): {
            line: f"{sum(bit[test] for test in tests if test):x}"
            for line, tests in seen.contexts_by_lineno(name).items()
        }
        for name in seen.measured_files()
    }
    found = {"key": key, "seconds": seconds, "tests": plugin.seconds, "lines": lines, "data": sorted(opened)}
    _place_of(file).write_text(json.dumps(found))
    return code


def ask(files: list[str], reach: dict[str, Reach], seconds: float) -> bool:
    """Run files of tests one by one, until one fails or they would take too long; return whether one failed."""
    for file in files:
        if int(pytest.main(["-x", "-q", *QUIET, file])):
            return True
        seconds -= reach[file].seconds
        if seconds < 0:
            break
    return False


def ask_those_at(lines: range, module: str, files: list[str], reach: dict[str, Reach], seconds: float) -> bool:
    """Run the tests that come to some lines, until one fails or they would take too long; whether one failed."""
    for file in files:
        tests = reach[file].of(module, lines)
        if tests:
            if int(pytest.main(["-x", "-q", *QUIET, file], plugins=[Only(tests)])) not in NOT_NOTICED:
                return True
            seconds -= sum(tests.values()) + reach[file].seconds - sum(reach[file].tests.values())
        if seconds < 0:
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
