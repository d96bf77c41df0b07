"""Change one operator at a time in the core of analysis/, and see whether the tests notice.

Start-up of the libraries takes longer than most tests. So one process imports them once, and each mutant is a fork of
it, which imports analysis/ and the tests afresh, with the changed module in the place of the true one. No file is
written for a mutant. (mutmut leaves out functions with a decorator, so every property and cached table here.)

Only the files of tests that reach the changed line can notice. Each file runs once under coverage to know which those
are, in a fork of its own, since a table that another test has cached would hide the line; what was found is kept until
the tests or analysis/ change.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import hashlib
import importlib.machinery
import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import coverage
import pytest

from tests import runs

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "_build" / "mutants.csv"

REACHED = ROOT / "_build" / "reached.json"

# the modules whose errors would be errors of a result
CORE = (
    "linkages/*.py", "growth/*.py", "tables/*.py", "structure/*.py", "ledger/interval.py", "ledger/rules.py",
    "verdicts/rule.py", "uncertainty/*.py", "scenarios/*.py",
)  # fmt: skip
# These need the built site, a browser or all notebooks, or look at the text of the code and not at what it does.
NOT_ASKED = ("browser", "faults", "mutants", "notebooks", "site", "test_dependencies.py", "test_typed.py",
             "test_workflows.py")  # fmt: skip
CAUGHT = {"caught", "endless"}
# of processor time, which does not depend on how busy the machine is
MOST_SECONDS = 600
# Files of tests are asked, the module's own first and the quick ones next, until they would take this long.
ASKED_SECONDS = 90

# plug-ins that are there already are not rewritten, which is no fault here
QUIET = ["-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]

_PAIRS = [
    (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.BitAnd, ast.BitOr), (ast.And, ast.Or), (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn), (ast.Is, ast.IsNot),
]  # fmt: skip
OPERATORS = dict(_PAIRS) | {b: a for a, b in _PAIRS}
OPERATORS |= {ast.MatMult: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.USub: ast.UAdd}
_NAMES = [("min", "max"), ("minimum", "maximum"), ("any", "all"), ("lower", "upper"), ("first", "last")]
NAMES = dict(_NAMES) | {b: a for a, b in _NAMES}


T = TypeVar("T")


@dataclass(frozen=True)
class Mutant:
    """One change at one place: the node's number in the tree, the field that changes, and what it becomes.

    Its statement, or the head of one that holds others, goes from ``line`` to ``last``.
    """

    module: str
    function: str
    line: int
    last: int
    operator: str
    before: str
    after: str
    node: int
    field: str
    value: object

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """What stays the same when lines move."""
        return self.module, self.function, self.operator, self.before, self.after


def mutants(path: Path, source: str) -> Iterator[Mutant]:
    """Every mutant of a module; annotations, docstrings and the wording of errors stay as they are."""
    tree = ast.parse(source)
    left_out, where, span = set(), {}, {}
    for node in ast.walk(tree):
        below = [node.annotation] if isinstance(node, ast.arg | ast.AnnAssign) else []
        if isinstance(node, ast.FunctionDef):
            below.append(node.returns)
        # a text that stands alone is a docstring; one in an f-string is wording
        if isinstance(node, ast.Raise | ast.JoinedStr) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            below.append(node)
        left_out |= {inner for top in below if top is not None for inner in ast.walk(top)}
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno
            span |= dict.fromkeys(ast.walk(node), (node.lineno, last))
        if isinstance(node, ast.FunctionDef | ast.ClassDef):  # walked from outside in: the innermost name stays
            where |= dict.fromkeys(ast.walk(node), node.name)
    for number, node in enumerate(ast.walk(tree)):
        if node in left_out:
            continue
        for operator, field, value in _changes(node):
            # of a condition, what it guards is no part of the change
            if field == "test":
                before, after = ast.unparse(node.test), ast.unparse(value)
            else:
                before, kept = ast.unparse(node), getattr(node, field)
                setattr(node, field, value)
                after = ast.unparse(node)
                setattr(node, field, kept)
            name = str(path.relative_to(ROOT))
            yield Mutant(name, where.get(node, ""), *span[node], operator, before, after, number, field, value)


def _changes(node: ast.AST) -> Iterator[tuple[str, str, object]]:
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op) if type(op) in OPERATORS:
            yield f"{type(op).__name__} to {OPERATORS[type(op)].__name__}", "op", OPERATORS[type(op)]()
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                if type(op) in OPERATORS:
                    other = OPERATORS[type(op)]
                    yield f"{type(op).__name__} to {other.__name__}", "ops", [*ops[:i], other(), *ops[i + 1 :]]
        case ast.UnaryOp(op=ast.USub()):
            yield "sign", "op", ast.UAdd()
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield "negation", "operand", ast.UnaryOp(node.op, node.operand)
        case ast.Constant(value=bool()):
            yield "truth", "value", not node.value
        case ast.Constant(value=int() | float()):
            yield "number", "value", node.value + 1
        case ast.Constant(value=str()):
            yield "text", "value", f"XX{node.value}"
        case ast.Attribute(attr=name) if name in NAMES:
            yield "name", "attr", NAMES[name]
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield "name", "id", NAMES[name]
        case (
            ast.If(test=ast.Name() | ast.Call() | ast.Attribute())
            | ast.IfExp(test=ast.Name() | ast.Call() | ast.Attribute())
        ):
            yield "condition", "test", ast.UnaryOp(ast.Not(), node.test)


def every_mutant() -> list[Mutant]:
    """All mutants of the core modules, in the order of files and trees."""
    paths = sorted({path for pattern in CORE for path in (ROOT / "analysis").glob(pattern)})
    paths = [path for path in paths if path.name != "__init__.py"]
    return [mutant for path in paths for mutant in mutants(path, path.read_text(encoding="utf-8"))]


def test_files() -> list[str]:
    """The files of tests that are asked."""
    paths = (path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py")))
    return [path.as_posix() for path in paths if path.parts[1] not in NOT_ASKED]


@dataclass(frozen=True)
class Reach:
    """How long a file of tests takes, and the lines of each module that it reaches in functions."""

    seconds: float
    lines: dict[str, set[int]]


def digest(paths: list[Path]) -> str:
    """One checksum of the content of files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def reached(jobs: int) -> dict[str, Reach]:
    """What each file of tests reaches; files run anew if they, what they share or analysis/ have changed.

    Stops if tests fail without any change: they would seem to notice everything.
    """
    shared = [*(ROOT / "analysis").rglob("*.py"), *(ROOT / "data").rglob("*.csv")]
    shared += [path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")]
    common = digest([path for path in shared if path.parent != Path(__file__).parent])
    keys = {file: common + digest([ROOT / file]) for file in test_files()}
    kept = json.loads(REACHED.read_text()) if REACHED.exists() else {}
    kept = {file: found for file, found in kept.items() if keys.get(file) == found["key"]}
    missing = [file for file in keys if file not in kept]
    for k, (file, status) in enumerate(forked(missing, lambda file: record_reach(file, keys[file]), jobs), start=1):
        if status:
            raise SystemExit(f"{file} fails without any change: mend that first.")
        place = _place_of(file)
        kept[file] = json.loads(place.read_text())
        place.unlink()
        REACHED.write_text(json.dumps(kept))
        print(f"  what tests reach: {k} of {len(missing)} files", file=sys.stderr, flush=True)
    return {
        file: Reach(found["seconds"], {name: set(lines) for name, lines in found["lines"].items()})
        for file, found in kept.items()
    }


def _place_of(file: str) -> Path:
    return REACHED.parent / f"reached-{file.replace('/', '-')}.json"


def record_reach(file: str, key: str) -> int:
    """Run one file of tests under coverage, and write down what it reaches."""
    started = time.process_time()
    watch = coverage.Coverage(data_file=None, source=[str(ROOT / "analysis")], config_file=False)
    watch.start()
    code = int(pytest.main(["-x", "-q", *QUIET, file]))
    watch.stop()
    seen = watch.get_data()
    lines = {str(Path(name).relative_to(ROOT)): sorted(seen.lines(name) or []) for name in seen.measured_files()}
    seconds = time.process_time() - started
    _place_of(file).write_text(json.dumps({"key": key, "seconds": seconds, "lines": lines}))
    return code


def asked(mutant: Mutant, reach: dict[str, Reach]) -> list[str]:
    """Files of tests that reach a mutant, those that are likely to notice first.

    What runs on import is reached by all who import the module.
    """
    module = Path(mutant.module)
    own, folder = f"tests/{module.parts[1]}/test_{module.stem}.py", f"tests/{module.parts[1]}/"
    files = [
        file
        for file, found in reach.items()
        if not found.lines.get(mutant.module, set()).isdisjoint(range(mutant.line, mutant.last + 1))
    ]
    files.sort(key=lambda file: (file != own, not file.startswith(folder), reach[file].seconds))
    chosen, seconds = [], 0.0
    for file in files:
        seconds += reach[file].seconds
        if chosen and seconds > ASKED_SECONDS:
            break
        chosen.append(file)
    return chosen


def run_tests(mutant: Mutant, files: list[str]) -> int:
    """Run files of tests against a mutant until one notices; return pytest's code."""
    _put_in_place(mutant)
    for file in files:
        code = int(pytest.main(["-x", "-q", *QUIET, file]))
        if code:
            return code
    return 0


def _put_in_place(mutant: Mutant) -> None:
    path = ROOT / mutant.module
    tree = ast.parse(path.read_text(encoding="utf-8"))
    node = next(node for number, node in enumerate(ast.walk(tree)) if number == mutant.node)
    setattr(node, mutant.field, mutant.value)
    changed = compile(ast.fix_missing_locations(tree), str(path), "exec")
    name, true = ".".join(Path(mutant.module).with_suffix("").parts), importlib.machinery.SourceFileLoader.get_code
    importlib.machinery.SourceFileLoader.get_code = lambda self, module: (
        changed if module == name else true(self, module)
    )


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


def main() -> None:
    """Draw mutants, run the tests against each, and write down what was caught."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--draws", type=int, default=300, help="how many; 0 for all")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="modules whose path holds this text")
    parser.add_argument("--again", action="store_true", help="only those that survived last time")
    parser.add_argument("--record", action="store_true", help="keep the figures for the page on reliability")
    options = parser.parse_args()
    found = [mutant for mutant in every_mutant() if options.only in mutant.module]
    if options.again:
        with FOUND.open(encoding="utf-8", newline="") as file:
            last = {tuple(row[c] for c in PLACE) for row in csv.DictReader(file) if row["outcome"] == "survived"}
        chosen = [mutant for mutant in found if mutant.place in last]
    else:
        number = min(options.draws or len(found), len(found))
        chosen = random.Random(options.seed).sample(found, number)
    os.chdir(ROOT)
    # what a mutant brings about must neither be kept for others nor be taken from what was kept
    os.environ.pop("SHANGHAI_CHAINS_KEEP", None)
    # what all forks share: the libraries; what each reads anew: analysis/ and the tests
    pytest.main(["--collect-only", "-qq", *QUIET, *test_files()])
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or sys.prefix)
        if path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix) and name != "__main__":
            del sys.modules[name]
    reach = reached(options.jobs)
    FOUND.parent.mkdir(exist_ok=True)
    rows = []
    with FOUND.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PLACE, "line", "outcome"])
        for mutant, status in forked(chosen, lambda mutant: run_tests(mutant, asked(mutant, reach)), options.jobs):
            # what never ends runs into its limit of processor time
            outcome = "endless" if os.WIFSIGNALED(status) else "caught" if status else "survived"
            rows.append((mutant, outcome))
            writer.writerow([*mutant.place, mutant.line, outcome])
            file.flush()
            if outcome == "survived":
                print(f"{mutant.module}:{mutant.line} {mutant.function}: {mutant.before}  became  {mutant.after}")
    caught = sum(outcome in CAUGHT for _, outcome in rows)
    print(f"{caught} of {len(rows)} mutants caught ({caught / max(len(rows), 1):.1%}), out of {len(found)} there are")
    if options.record:
        figures = {"possible": len(found), "draws": len(rows), "caught": caught, "survived": len(rows) - caught}
        runs.keep("code, one operator at a time", figures | {"seed": options.seed})


PLACE = ["module", "function", "operator", "before", "after"]

if __name__ == "__main__":
    main()
