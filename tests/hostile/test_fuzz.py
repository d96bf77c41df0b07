"""A little of what ``make fuzz`` does at length, on every run; and that the fuzzer would see what it looks for."""

import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data import read
from analysis.data.sheets import decoded
from analysis.ledger import evaluate, parse_rules, read_printed
from analysis.ledger.expression import parse_test
from analysis.ledger.reading import QUALIFIERS
from analysis.tables import read_table
from analysis.tables.cells import amount, number
from tests.hostile import fuzz
from tests.hostile.corpus import NAME
from tests.tables.layouts import Accounts, compiled, write_csv

names = st.sampled_from(list(fuzz._BOX))
signs = st.sampled_from(["+", "-", "*", "/", "**", "%", "//", "@"])
functions = st.sampled_from(["exp", "log", "sqrt", "min", "max", "eval", "abs"])
formulas = st.recursive(
    names | st.floats(-1e6, 1e6).map(repr) | st.integers(0, 10**40).map(str),
    lambda inner: st.one_of(
        st.tuples(inner, signs, inner).map(lambda parts: "({} {} {})".format(*parts)),
        st.tuples(functions, inner).map(lambda parts: "{}({})".format(*parts)),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_some_cases_of_every_target_find_nothing(name):
    cases = {"published layout": 25, "Eurostat": 15, "tidy layout": 25, "command lines": 40}.get(name, 60)
    told = fuzz.run(cases, 7, [name], lambda _: None)
    assert told["findings"] == {} and told["cases"] == cases


@given(formulas)
def test_a_formula_has_a_range_or_a_reason(text):
    try:
        found = evaluate(text, fuzz._BOX)
    except fuzz.OWN as problem:
        assert str(problem)
    else:
        fuzz.finite(found)


@given(st.text(max_size=60) | formulas.map(lambda text: f"{text} < {text}"))
def test_a_test_is_parsed_or_refused(text):
    try:
        parse_test(text)
    except fuzz.OWN as problem:
        assert str(problem)


@given(st.text(max_size=12), st.sampled_from([*QUALIFIERS, "?"]), st.sampled_from(["%", "count", "100m CNY"]))
def test_a_printed_figure_is_read_or_refused(text, qualifier, unit):
    try:
        fuzz.finite(read_printed(text, qualifier, unit))
    except fuzz.OWN as problem:
        assert str(problem)


@given(st.text(max_size=12) | st.floats() | st.sampled_from(fuzz.TOKENS))
def test_a_cell_is_an_amount_or_a_reason(cell):
    found = amount(cell)
    assert isinstance(found, str) or np.isfinite(found)
    assert isinstance(found, str) or found == number(cell)


@given(st.floats(-1e20, 1e20))
def test_what_python_writes_is_read_as_it_was(value):
    assert amount(repr(value)) == value and amount(value) == value


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_bytes_are_text_or_refused(content):
    try:
        assert "\0" not in decoded(fuzz.Path("a.csv"), content)
    except fuzz.OWN as problem:
        assert str(problem)


cells = st.one_of(st.none(), st.floats(), st.text(max_size=8), st.sampled_from(fuzz.TOKENS))


@settings(max_examples=25)
@given(st.integers(0, 9), st.integers(0, 24), cells)
def test_any_cell_of_a_table_may_be_anything(tmp_path_factory, i, j, cell):
    rows = compiled(Accounts(3, idle=False))
    i, j = i % len(rows), j % len(rows[0])
    rows[i][j] = cell
    path = tmp_path_factory.getbasetemp() / NAME
    write_csv(path, [[c if not isinstance(c, str) else c.encode("utf-8", "replace").decode() for c in r] for r in rows])
    try:
        fuzz.sound(read_table(path, unit="10,000 CNY"))
    except fuzz.OWN as problem:
        assert str(problem)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
KEYS = ["title", "kind", "inputs", "quantities", "test", "explanation", "identity", "condition", "finding", "mood"]


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=4))
def test_a_rule_of_any_form_is_parsed_or_refused(entries):
    rule = {"id": "R", "title": "t", "kind": "arithmetic", "inputs": {"a": "s1"}, "test": "a > 0", "explanation": "e"}
    try:
        parse_rules([rule | entries])
    except fuzz.OWN as problem:
        assert str(problem)


def test_a_foreign_error_a_silent_nan_a_hang_and_a_wordless_error_are_findings(monkeypatch):
    monkeypatch.setattr(fuzz, "LIMIT", 0.2)

    def work(*_):
        while True:
            sum(range(1000))

    def wordless(*_):
        raise fuzz.TableError(" ")

    with fuzz.scratch() as examples:
        assert fuzz.attempt(lambda *_: {}["x"], 1, examples).startswith("KeyError")
        assert fuzz.attempt(work, 1, examples).startswith("Slow")
        assert fuzz.attempt(wordless, 1, examples) == "an error without words"
        assert fuzz.attempt(lambda *_: None, 1, examples) == ""
        path = fuzz.SCRATCH / NAME
        path.write_bytes(examples.published[0])
        table = read_table(path, unit="10,000 CNY")
    fuzz.sound(table)
    spoilt = table.output * 1.01
    object.__setattr__(table, "output", spoilt)
    with pytest.raises(AssertionError, match="rows do not balance"):
        fuzz.sound(table)
    object.__setattr__(table, "output", spoilt * np.nan)
    with pytest.raises(AssertionError, match="no number"):
        fuzz.sound(table)


def test_cases_come_back_by_their_seed():
    content = b"a,b\n1,2\n"
    assert fuzz.spoil(random.Random("3 x 4"), content) == fuzz.spoil(random.Random("3 x 4"), content)
    assert len({fuzz.spoil(random.Random(k), content) for k in range(40)}) > 20


def test_a_long_formula_is_answered_in_time():
    start = time.process_time()
    text = " + ".join(["a / (a + b * b + 5)"] * 40)
    try:
        fuzz.finite(evaluate(text, fuzz._BOX))
    except fuzz.ExpressionError as problem:
        assert "No range" in str(problem)
    assert time.process_time() - start < fuzz.LIMIT


def test_the_last_run_on_record_covers_every_target_and_found_nothing():
    told = read("verification/runs").query("run == 'broken input, invented'").set_index("figure")["value"]
    targets = {name.removeprefix("cases, "): int(told[name]) for name in told.index if name.startswith("cases, ")}
    assert int(told["findings"]) == 0 and set(targets) == set(fuzz.TARGETS)
    assert sum(targets.values()) == int(told["cases"]) > 0
