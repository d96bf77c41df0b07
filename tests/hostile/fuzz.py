"""Throw broken input at everything that reads: ``python -m tests.hostile.fuzz --cases 1000000 --seed 1``.

Each target takes what a generator makes, mostly by spoiling a good example, and either gives a result that holds no
NaN and whose accounts balance, or raises an error of the library's own kinds. Anything else, a case that takes longer
than its limit among it, is a finding. With ``--atheris`` the bytes come from a fuzzer that follows the code it covers.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

from analysis.data.reading import load_yaml
from analysis.data.records import DataError, _parse
from analysis.data.sheets import decoded
from analysis.ledger import (
    ExpressionError,
    Interval,
    IntervalError,
    LedgerError,
    ReadingError,
    RuleError,
    evaluate,
    parse_rules,
    read_printed,
)
from analysis.ledger.expression import parse_test
from analysis.ledger.folder import read_folder
from analysis.tables import TableError, read_draft
from analysis.tables.cells import amount
from tests import runs
from tests.tables.layouts import Accounts, bulk, compiled, eurostat, printed, sdmx, write_csv, write_tsv

OWN = (DataError, TableError, LedgerError, ReadingError, RuleError, ExpressionError, IntervalError)
LIMIT = 10  # seconds of the processor for one case
SCRATCH = Path(tempfile.gettempdir())

# Tokens that have hurt readers before; they are put where a number, a label or a sign stands.
TOKENS = [
    "", " ", "-", "nan", "NaN", "inf", "-inf", "1e400", "1e308", "-1e308", "1e-320", "1_000", "0x10", "1,234",
    "1.234,5", "12%", "１２３", "①", "²", "一百", "10万", "(5)", "=1+1", "@x", "+x", "'", '"', '""', ",", ";", '\t',
    '\n', '\r', '\x00', '\ufeff', '\u202e', '\x1b[2J', "<script>", "../../etc/passwd", "#REF!", "true", "None",
    "9" * 400, "TII", "TIU", "GO", "TI", "VA001", "01", "02", "合计", "中间投入合计", "进口", "2017", "单位:元",
    "单位:亿元", ":", ": c", "P1", "P3", "TOTAL",
]  # fmt: skip


class Slow(Exception):
    """A case that takes longer than the limit."""


def spoil(draw: random.Random, content: bytes) -> bytes:
    """Change a good example in one to four places: bytes, tokens, lines, cells."""
    for _ in range(draw.randint(1, 4)):
        what, at = draw.randrange(8), draw.randrange(len(content) + 1)
        token = draw.choice(TOKENS).encode("utf-8", "surrogatepass")
        if what == 0:
            content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
        elif what == 1:
            content = content[:at] + token + content[at:]
        elif what == 2:
            content = content[:at]
        elif what == 3:
            content = content[:at] + content[at + draw.randint(1, 40) :]
        else:
            lines = content.split(b"\n")
            k = draw.randrange(len(lines))
            if what == 4:
                lines.insert(draw.randrange(len(lines)), lines[k])
            elif what == 5:
                del lines[k]
            else:
                mark = b"\t" if b"\t" in lines[k] else b","
                cells = lines[k].split(mark)
                j = draw.randrange(len(cells))
                if what == 6:
                    cells[j] = token
                elif draw.random() < 0.5:
                    del cells[j]
                else:
                    cells.insert(j, draw.choice(cells))
                lines[k] = mark.join(cells)
            content = b"\n".join(lines)
    return content


# ---- what must hold --------------------------------------------------------------------------------------------------


def sound(table) -> None:
    """Fail if a table that was accepted holds what is no number, or does not balance."""
    for name in ("Z", "final_uses", "trade", "value_added", "output", "error", "imported", "imported_final"):
        block = getattr(table, name)
        assert block is None or np.isfinite(block.to_numpy(dtype=float)).all(), f"{name} holds what is no number"
    uses = table.Z.sum(axis=1) + table.final_uses.sum(axis=1) + table.error
    uses = uses + table.exports - table.inflows
    inputs = table.Z.sum(axis=0) + table.value_added.sum(axis=0)
    if table.imports == "local":
        inputs = inputs + table.imported.sum(axis=0)
    scale = 1e-9 * max(1.0, float(table.output.max()))
    assert (table.output - uses).abs().max() <= table.row_tolerance + scale, "rows do not balance"
    assert (table.output - inputs).abs().max() <= table.column_tolerance + scale, "columns do not balance"


def finite(interval) -> None:
    """Fail if the range of a formula has an end that is no number."""
    if interval is not None:
        assert isinstance(interval, Interval) and not math.isnan(interval.lower + 0) and not math.isnan(interval.upper)


# ---- targets: what makes a case, and what is done with it ----------------------------------------------------------


def _text_of(write, rows) -> bytes:
    path = SCRATCH / "example.csv"
    write(path, rows)
    return path.read_bytes()


class Examples:
    """Good examples to spoil, made once."""

    def __init__(self):
        self.published = [
            _text_of(write_csv, compiled(Accounts(3, idle=False))),
            _text_of(write_csv, compiled(Accounts(3, imports=True, idle=False))),
            _text_of(write_csv, printed(Accounts(3, trade="together", idle=False))),
            _text_of(write_csv, printed(Accounts(3, trade="net", idle=False), codes=False, language="zh")),
        ]
        cells = eurostat(n=3, kinds=("TOTAL",))[0]
        self.eurostat = [(_text_of(write_csv, sdmx(cells)), ".csv"), (_text_of(write_tsv, bulk(cells)), ".tsv")]
        path = SCRATCH / "2017_江苏.csv"
        path.with_suffix(".yaml").unlink(missing_ok=True)
        path.write_bytes(self.published[0])
        from analysis.tables import to_csv

        table = read_draft(path, unit="10,000 CNY").table()
        to_csv(table, SCRATCH / "tidy.csv")
        self.tidy = (SCRATCH / "tidy.csv").read_bytes(), (SCRATCH / "tidy.yaml").read_bytes()
        folder = Path(__file__).parents[2] / "examples/communique_2023"
        self.ledger = {path.name: path.read_bytes() for path in folder.glob("*.*")}
        self.figures = next(content for name, content in self.ledger.items() if name.startswith("figures"))
        self.rules = yaml.safe_load(self.ledger["rules.yaml"])
        self.record = (Path(__file__).parents[2] / "data/report/lingang.yaml").read_bytes()


def read_published(draw, examples, content=None):
    """Spoil a table in the published layout and read it."""
    path = SCRATCH / "2017_江苏.csv"
    path.write_bytes(content if content is not None else spoil(draw, draw.choice(examples.published)))
    draft = read_draft(path, unit="10,000 CNY" if draw.random() < 0.9 else draw.choice(TOKENS), year=2017)
    sound(draft.table())


def read_eurostat(draw, examples, content=None):
    """Spoil a table of Eurostat and read it."""
    example, suffix = draw.choice(examples.eurostat)
    path = SCRATCH / f"naio{suffix}"
    path.write_bytes(content if content is not None else spoil(draw, example))
    sound(read_draft(path, unit="million CZK").table())


def read_tidy(draw, examples, content=None):
    """Spoil a table in the own form, or its description, seal it again as a forger would, and read it."""
    from analysis.data.records import checksum

    table, description = examples.tidy
    if draw.random() < 0.6:
        table = content if content is not None else spoil(draw, table)
    else:
        description = spoil(draw, description)
    if draw.random() < 0.9:
        lines = [line for line in description.split(b"\n") if not line.startswith(b"sha256")]
        description = b"\n".join([*lines, b"sha256: " + checksum(table).encode()])
    (SCRATCH / "tidy.csv").write_bytes(table)
    (SCRATCH / "tidy.yaml").write_bytes(description)
    sound(read_draft(SCRATCH / "tidy.csv").table())


def read_number(draw, _, content=None):
    """Read a cell as an amount."""
    text = "".join(draw.choice([*TOKENS, *"0123456789.,-+eE%"]) for _ in range(draw.randint(1, 6)))
    value = amount(text if content is None else content.decode("utf-8", "replace"))
    assert isinstance(value, str) or math.isfinite(value)


def read_text(draw, examples, content=None):
    """Decode a file whose encoding nobody states."""
    if content is None:
        content = draw.choice(examples.published)[:400]
        if draw.random() < 0.5:
            content = content.decode().encode(draw.choice(["gb18030", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))
        content = spoil(draw, content)
    assert "\0" not in decoded(Path("text.csv"), content)


def read_yaml(draw, examples, content=None):
    """Read YAML of a stranger."""
    if content is None:
        example = draw.choice([examples.tidy[1], examples.ledger["report.yaml"], examples.record])[:600]
        extra = draw.choice([b"", b"&a [*a]", b"!!python/object/apply:os.system [x]", b"[" * 60, b"<<: {a: 1}", b"? ",
                             b"!!timestamp 2017-99-99", b"- - - :", b"!!binary x", b"%YAML 9\n---"])  # fmt: skip
        content = spoil(draw, example + b"\n" + extra)
    load_yaml(content, "text.yaml")


def read_record(draw, examples, content=None):
    """Read the source record of a table."""
    text = spoil(draw, examples.record) if content is None else content
    _parse("report/lingang", ".yaml", text)


def _formula(draw, depth=0) -> str:
    if depth > 5 or draw.random() < 0.25:
        numbers = ["0", "1", "2", "0.5", "-3", "1e9", "1e300", "1e-300"]
        return draw.choice(["a", "b", "c", "d", "p", "nought", *numbers])
    kind = draw.randrange(12)
    if kind < 7:
        sign = draw.choice(["+", "-", "*", "/", "**"])
        return f"({_formula(draw, depth + 1)} {sign} {_formula(draw, depth + 1)})"
    if kind < 10:
        name = draw.choice(["exp", "log", "sqrt", "min", "max"])
        return (
            f"{name}({_formula(draw, depth + 1)}{', ' + _formula(draw, depth + 1) if name in ('min', 'max') else ''})"
        )
    return draw.choice(["-{}", "+{}", "({})", "{}.real", "{}[0]", "[{}]", "{} if 1 else 2", "f({})", "{}()"]).format(
        _formula(draw, depth + 1)
    )


_BOX = {
    "a": Interval(1, 2),
    "b": Interval(-1, 3, False, True),
    "c": Interval(0, 1, False, False),
    "d": Interval(5, math.inf),
    "p": Interval.point(0.3),
    "nought": Interval.point(0),
}


def run_formula(draw, _, content=None):
    """Parse a formula and bound its range; where every name is a point, hold it against plain arithmetic."""
    text = _formula(draw) if content is None else content.decode("utf-8", "replace")
    if draw.random() < 0.2:
        text = spoil(draw, text.encode()).decode("utf-8", "replace")
    if draw.random() < 0.2:
        parse_test(f"{text} {draw.choice(['<', '==', '>=', 'and', 'or', 'in'])} {_formula(draw)}")
    finite(evaluate(text, _BOX))


def run_printed(draw, _, content=None):
    """Read a printed figure as an interval."""
    parts = [
        "约", "超", "左右", "8.0", "7109.94", "1/3", "2/3", "1/0", "900", "～", "-", "%", "亿", "万亿", "三", "十", ",",
        "e5", "多", "１２", " ", "９" * 40,
    ]  # fmt: skip
    text = "".join(draw.choice(parts) for _ in range(draw.randint(1, 5)))
    text = text if content is None else content.decode("utf-8", "replace")
    kinds = ["exact", "rounded", "about", "fraction", "over", "at least", "nearly", "and some", "range", "none", "?"]
    finite(
        read_printed(text, draw.choice(kinds), draw.choice(["%", "100m CNY", "count", ""]), draw.choice(["", "share"]))
    )


_VALUES = [
    "",
    "a",
    0,
    1,
    -1,
    1e400,
    math.nan,
    True,
    None,
    [],
    {},
    [1],
    {"a": 1},
    "s1-c01",
    "5%",
    "-5%",
    "x" * 50,
    10**40,
]


def run_rules(draw, examples, content=None):
    """Change entries of rules, and parse them."""
    rules = [dict(rule) for rule in examples.rules["rules"]]
    rule = draw.choice(rules)
    for _ in range(draw.randint(1, 3)):
        key = draw.choice([*rule, "test", "strange"])
        nested = rule.get(key)
        if isinstance(nested, dict) and nested and draw.random() < 0.7:
            inner = draw.choice(list(nested))
            made = [
                {"formula": _formula(draw), "label": "x"},
                {"number": draw.choice(_VALUES)},
                {"record": "x", "where": []},
            ]
            rule[key] = {**nested, inner: draw.choice([*_VALUES, *made])}
        else:
            rule[key] = draw.choice([*_VALUES, _formula(draw)])
    parse_rules([rule])


def audit_folder(draw, examples, content=None):
    """Spoil a file of a ledger, and audit it."""
    folder = SCRATCH / "ledger"
    name = draw.choice([name for name in examples.ledger if name.endswith((".csv", ".yaml"))])
    for each, kept in examples.ledger.items():
        (folder / each).write_bytes(spoil(draw, kept) if each == name else kept)
    report = read_folder(folder)
    for result in report.audit():
        finite(result.computed)
        finite(result.stated)


_WORDS = [
    "check", "convert", "compute", "compare", "audit", "scenario", "demand", "loss", "shift", "substitute",
    "tables", "linkages", "paths", "gone.csv", "", "-", "--", "--json", "--top", "0", "-1", "nan", "inf",
    "1e999", "--year", "--unit", "10,000 CNY", "--tolerance", "--imports", "supply-pool", "-o", "/proc/x.csv",
    'a.csv\udcff', "Atlantis 2017", "江苏", "C19=1_0", "C19=nan", "=", "C19=", "--sector", "--draws", "--cv",
    "--seed", "--most-mb", "../..", "x" * 300, "--new", "<script>", "%s", "{}", "--help", "--sort",
    "backward", "--users", ",",
]  # fmt: skip


def run_command(draw, _, content=None):
    """Give the command line words in any order; those that do reach a table find none."""
    from analysis.cli import main

    words = [draw.choice(_WORDS) for _ in range(draw.randint(1, 7))]
    if "--new" in words:
        words.remove("--new")
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            main(words)
    except SystemExit as left:
        assert left.code in (0, 1, 2), f"left with {left.code}"
    assert "Traceback" not in out.getvalue()


TARGETS: dict[str, tuple[Callable, float]] = {
    "numbers in cells": (read_number, 0.36),
    "formulas": (run_formula, 0.12),
    "printed figures": (run_printed, 0.22),
    "encodings": (read_text, 0.20),
    "rules": (run_rules, 0.03),
    "YAML": (read_yaml, 0.05),
    "command lines": (run_command, 0.008),
    "records": (read_record, 0.004),
    "published layout": (read_published, 0.003),
    "Eurostat": (read_eurostat, 0.002),
    "tidy layout": (read_tidy, 0.0025),
    "ledger folders": (audit_folder, 0.0025),
}
"""What is fuzzed, and which share of the cases it gets: what is slow gets fewer."""


def attempt(target: Callable, seed, examples: Examples, content: bytes | None = None) -> str:
    """Run one case; return what went wrong, or nothing."""
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        target(random.Random(seed), examples, content)
    except OWN as problem:
        if not str(problem).strip():
            return "an error without words"
    except (Exception, Slow, RecursionError) as problem:
        where = traceback.extract_tb(problem.__traceback__)
        at = next((f for f in reversed(where) if "analysis" in f.filename), where[-1])
        return f"{type(problem).__name__}: {str(problem)[:160]} ({Path(at.filename).name}, {at.name})"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""


def _too_slow(*_):
    raise Slow(f"took longer than {LIMIT} s")


@contextlib.contextmanager
def scratch():
    """Work in a folder of its own, in memory where there is one, and let slow cases be stopped."""
    global SCRATCH
    where = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        SCRATCH = Path(folder)
        (SCRATCH / "ledger").mkdir()
        before = signal.signal(signal.SIGPROF, _too_slow)
        try:
            yield Examples()
        finally:
            signal.signal(signal.SIGPROF, before)


def run(cases: int, seed: int, names: list[str], report=print) -> dict:
    """Run so many cases, shared out over the targets; return figures by target, and findings with their seeds."""
    figures, findings = {}, {}
    total = sum(TARGETS[name][1] for name in names)
    with scratch() as examples:
        for name in names:
            target, share = TARGETS[name]
            count, start = max(1, round(cases * share / total)), time.monotonic()
            for k in range(count):
                wrong = attempt(target, f"{seed} {name} {k}", examples)
                if wrong and f"{name}: {wrong}" not in findings and len(findings) < 200:
                    findings[f"{name}: {wrong}"] = f"{seed} {name} {k}"
                    report(f"  {name}: {wrong}\n    case: {seed} {name} {k}")
            seconds = time.monotonic() - start
            figures[name] = {"cases": count, "a second": round(count / max(seconds, 1e-9))}
            report(
                f"{name}: {count:,} cases, {count / max(seconds, 1e-9):,.0f} a second, {len(findings)} findings so far"
            )
    return {
        "cases": sum(part["cases"] for part in figures.values()),
        "seed": seed,
        "targets": figures,
        "findings": findings,
    }


def follow_coverage(cases: int, seed: int) -> None:
    """Let atheris choose the bytes for the targets that take any; it leaves the process when it is done."""
    import atheris

    stack = contextlib.ExitStack()
    examples = stack.enter_context(scratch())
    targets = [read_text, read_yaml, run_formula, run_printed, read_number, read_record]
    for module in ("analysis.data.sheets", "analysis.data.reading", "analysis.ledger.expression",
                   "analysis.ledger.interval", "analysis.ledger.reading", "analysis.tables.cells"):  # fmt: skip
        for value in list(vars(sys.modules[module]).values()):
            if callable(value) and getattr(value, "__module__", "") == module and hasattr(value, "__code__"):
                atheris.instrument_func(value)

    def one(data: bytes) -> None:
        if not data:
            return
        wrong = attempt(targets[data[0] % len(targets)], data[0], examples, data[1:])
        if wrong:
            raise AssertionError(wrong)

    atheris.Setup([sys.argv[0], f"-runs={cases}", f"-seed={seed}", "-max_len=400", "-print_final_stats=1"], one)
    atheris.Fuzz()


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return 1 if there is any finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="one of the targets only; may repeat")
    parser.add_argument("--atheris", action="store_true", help="let atheris choose the bytes")
    parser.add_argument("--record", action="store_true", help="keep the figures for the page on reliability")
    options = parser.parse_args(arguments)
    if options.atheris:
        follow_coverage(options.cases, options.seed)
        return 0
    result = run(options.cases, options.seed, options.target or list(TARGETS), lambda text: print(text, flush=True))
    if options.record and not options.target:
        figures = {"cases": result["cases"], "findings": len(result["findings"]), "seed": options.seed}
        figures |= {f"cases, {name}": found["cases"] for name, found in result["targets"].items()}
        runs.keep("broken input, invented", figures)
    return 1 if result["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
