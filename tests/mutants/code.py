"""Change one operator at a time in the core of analysis/, and see whether the tests notice.

Start-up of the libraries takes longer than most tests. So one process imports them once, and each mutant is a fork of
it, which imports analysis/ and the tests afresh, with the changed module in the place of the true one. No file is
written for a mutant. (mutmut leaves out functions with a decorator, so every property and cached table here.)

Only tests that come to the changed line are run, and then, as what one test has cached is what others take, the files
that hold such tests; see ``tests.mutants.reach``.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib.machinery
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import runs
from tests.mutants.reach import ROOT, Reach, ask, ask_those_at, forked, reached

FOUND = ROOT / "_build" / "mutants.csv"

# the modules whose errors would be errors of a result
CORE = (
    "linkages/*.py", "growth/*.py", "tables/*.py", "structure/*.py", "ledger/interval.py", "ledger/rules.py",
    "verdicts/rule.py", "uncertainty/*.py", "scenarios/*.py",
)  # fmt: skip
CAUGHT = {"caught", "endless"}
# Tests, then files of tests, are asked, the module's own first and the quick ones next, for this long each.
ASKED_SECONDS = 60
QUICK_SECONDS = 15

_PAIRS = [
    (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.BitAnd, ast.BitOr), (ast.And, ast.Or), (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn), (ast.Is, ast.IsNot),
]  # fmt: skip
OPERATORS = dict(_PAIRS) | {b: a for a, b in _PAIRS}
OPERATORS |= {ast.MatMult: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.USub: ast.UAdd}
_NAMES = [("min", "max"), ("minimum", "maximum"), ("any", "all"), ("lower", "upper"), ("first", "last")]
NAMES = dict(_NAMES) | {b: a for a, b in _NAMES}

# Arguments of NumPy, SciPy and pandas that let them work in place, or spare them a check that was made.
SPEED = {"overwrite_a", "overwrite_b", "check_finite", "copy"}


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

    @property
    def lines(self) -> range:
        """Those of the statement."""
        return range(self.line, self.last + 1)


def mutants(path: Path, source: str) -> Iterator[Mutant]:
    """Every mutant of a module; annotations, docstrings, the wording of errors and what is for speed alone stay."""
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
        if isinstance(node, ast.Call):
            below += [keyword for keyword in node.keywords if keyword.arg in SPEED]
            below += node.args[:1] if isinstance(node.func, ast.Name) and node.func.id == "cast" else []
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
            yield "text", "value", "another text"
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


def asked(mutant: Mutant, reach: dict[str, Reach]) -> list[str]:
    """Files of tests that reach a mutant, those that are likely to notice first.

    What runs on import is reached by all who import the module: those that come to most of it know it best.
    """
    module = Path(mutant.module)
    own, folder = f"tests/{module.parts[1]}/test_{module.stem}.py", f"tests/{module.parts[1]}/"
    files = [file for file, found in reach.items() if found.lines.get(mutant.module, {}).keys() & set(mutant.lines)]
    known = {file: sum(bits > 0 for bits in reach[file].lines[mutant.module].values()) for file in files}
    # of what is public, this one knows each name and default
    first = {own, "tests/test_names.py", *sorted(files, key=lambda file: -known[file])[:2]}
    quick = {file for file in files if reach[file].seconds < QUICK_SECONDS}
    return sorted(files, key=lambda f: (f not in first, f not in quick, not f.startswith(folder), reach[f].seconds))


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


def main() -> None:
    """Draw mutants, run the tests against each, and write down what was caught."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--draws", type=int, default=300, help="how many; 0 for all")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=ASKED_SECONDS, help="of tests, and again of files, a mutant")
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
    reach = reached(options.jobs)
    rows = []

    def noticed(mutant: Mutant) -> bool:
        _put_in_place(mutant)
        files = asked(mutant, reach)
        return ask_those_at(mutant.lines, mutant.module, files, reach, options.seconds) or ask(
            files, reach, options.seconds
        )

    with FOUND.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PLACE, "line", "outcome"])
        for mutant, status in forked(chosen, noticed, options.jobs):
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
