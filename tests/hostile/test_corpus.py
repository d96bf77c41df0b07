"""Broken input ends in one clear error of its own, says where and what to do, and nothing is written.

What it says is held word for word. ``python -m tests.hostile.test_corpus`` writes down what it is after a change.
"""

import functools
import math
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from analysis.cli import REFUSED, cli
from analysis.data import DataError
from analysis.data.reading import file_bytes, load_yaml
from analysis.ledger import ExpressionError, Interval, IntervalError, LedgerError, RuleError
from analysis.ledger.expression import parse_formula
from analysis.ledger.folder import read_folder
from analysis.tables import TableError, read_table
from tests.examples import table
from tests.hostile.corpus import CASES, NAME, UNIT, read, rows
from tests.tables.layouts import Accounts, compiled, write_csv

PLACE = Path(__file__).with_suffix(".yaml")
OWN = (DataError, TableError, LedgerError, RuleError, ExpressionError)


def contents(folder):
    """Every path below a folder, with what it holds where it is a file."""
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@functools.cache
def told(name):
    """What the command line says of a case, in one line, with the folder left out."""
    make, _, _ = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "out").mkdir()
        arguments = [str(a) for a in make(folder)]
        before = contents(folder)
        result = CliRunner().invoke(cli, arguments)
        assert contents(folder) == before, "something was written"
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == REFUSED, result.output
    assert result.stdout == "" and "Traceback" not in result.stderr
    return " ".join(result.stderr.replace(str(folder), "FOLDER").split())


def said():
    """What is said of each case; of a wrong command line, the library that reads it has its own words."""
    return {name: told(name) for name in CASES if told(name).startswith("error: ")}


@pytest.mark.parametrize("name", CASES)
def test_each_has_a_clear_error_and_writes_nothing(name):
    message = told(name)
    for words in CASES[name][1]:
        assert words in message, message
    assert message.startswith(("error: ", "Usage: ")) and len(message) < 1200


def test_what_is_said_stays():
    assert said() == yaml.safe_load(PLACE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [name for name, (_, _, reader) in CASES.items() if reader])
def test_the_library_refuses_in_errors_of_its_own(name, tmp_path):
    (tmp_path / "out").mkdir()
    verb, path, *rest = CASES[name][0](tmp_path)
    said = {rest[k].removeprefix("--").replace("-", "_"): rest[k + 1] for k in range(len(rest)) if k + 1 < len(rest)
            and str(rest[k]).startswith("--")}  # fmt: skip
    kinds = {"year": int, "tolerance": float, "most_mb": float}
    said = {key: kinds.get(key, str)(value) for key, value in said.items()}
    with pytest.raises(OWN) as caught:
        read_folder(path).audit() if verb == "audit" else read_table(path, **said)
    assert any(words in " ".join(str(caught.value).split()) for words in CASES[name][1])


def test_there_are_enough_and_no_two_causes_have_one_message():
    assert len(CASES) >= 60
    seen = {}
    for name in CASES:
        # what a message quotes may be the same; the words around it must then differ
        seen.setdefault(re.sub(r"FOLDER/\S+", "FILE", told(name)), []).append(name)
    assert [names for names in seen.values() if len(names) > 1] == []


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = write_csv(tmp_path / NAME, rows())

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    result = CliRunner().invoke(cli, [str(a) for a in read(path, *UNIT)])
    assert result.exit_code == REFUSED and "may not be read: ask for permission" in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb2312", "gb18030"])
def test_chinese_encodings_are_read_alike(encoding, tmp_path):
    good = read_table(write_csv(tmp_path / NAME, rows()), unit="10,000 CNY")
    assert read_table(write_csv(tmp_path / NAME, rows(), encoding), unit="10,000 CNY") == good


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_other_separators_are_read_alike(delimiter, line_end, tmp_path):
    path = write_csv(tmp_path / NAME, rows())
    good = read_table(path, unit="10,000 CNY")
    text = path.read_bytes().decode().replace("\r\n", line_end).replace(",", delimiter)
    path.write_bytes(text.encode())
    assert read_table(path, unit="10,000 CNY") == good


def test_digits_of_a_chinese_keyboard_and_thousands_are_read(tmp_path):
    made = compiled(Accounts(3, idle=False))
    good = read_table(write_csv(tmp_path / NAME, made), unit="10,000 CNY")
    wide = {ord("0") + k: ord("０") + k for k in range(10)} | {ord("."): "．", ord("-"): "－", ord(","): "，"}
    for row in made[1:]:
        row[3:] = [None if c is None else f"{c:,.4f}".translate(wide) for c in row[3:]]
    read_again = read_table(write_csv(tmp_path / NAME, made), unit="10,000 CNY", tolerance=0.01)
    assert (read_again.Z - good.Z).abs().max().max() < 1e-7


def test_a_larger_file_is_read_when_it_is_allowed(tmp_path):
    path = write_csv(tmp_path / NAME, rows())
    with pytest.raises(DataError, match="not read unasked"):
        read_table(path, unit="10,000 CNY", most_mb=0.0001)
    assert read_table(path, unit="10,000 CNY", most_mb=1.0).n == 3


def test_semicolons_and_thousands_that_show_what_they_are(tmp_path):
    made = compiled(Accounts(3, idle=False))
    good = read_table(write_csv(tmp_path / NAME, made), unit="10,000 CNY")
    lines = [";".join("" if c is None else f"{c:,.4f}" if isinstance(c, float) else c for c in row) for row in made]
    (tmp_path / NAME).write_text("\n".join(lines), encoding="utf-8")
    again = read_table(tmp_path / NAME, unit="10,000 CNY", tolerance=0.01)
    assert (again.output - good.output).abs().max() < 1e-7


def test_what_the_system_says_of_a_file_is_passed_on(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="is no path"):
        file_bytes("a\0.csv")

    def fail(self):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(DataError, match="cannot be read: Input/output error"):
        file_bytes(path)


def test_yaml_of_a_stranger_and_of_our_own():
    with pytest.raises(DataError, match="a description has at most 16"):
        load_yaml(b"a: " + b"x" * 17_000_000, "a.yaml")
    text = b"a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\n"
    assert load_yaml(text, "a.yaml", aliases=True) == {"a": {"x": 1}, "b": {"x": 2}}
    with pytest.raises(DataError, match=r"line 3: refers to another part \(\*a\)"):
        load_yaml(text, "a.yaml")


def test_texts_and_numbers_that_are_none_are_refused_by_formulas_and_intervals():
    for text in ("\ud800", "(" * 500, "-" * 1999):
        with pytest.raises(ExpressionError):
            parse_formula(text)
    for end in ("abc", None, 10**400):
        with pytest.raises(IntervalError, match="is not a number"):
            Interval(end, 1)


@pytest.mark.parametrize("limit", [math.nan, math.inf, -1.0, True, "1"])
def test_no_table_is_built_with_a_limit_that_lets_all_pass(limit):
    with pytest.raises(TableError, match=r"row_tolerance is .*: a finite number, 0 or more, is meant"):
        table([[1.0]], [2.0], row_tolerance=limit)


def test_an_output_that_is_almost_nothing_has_no_coefficients():
    with pytest.raises(TableError, match="too small for its inputs"):
        table([[1.0]], [1e-320], row_tolerance=10.0, column_tolerance=10.0)


if __name__ == "__main__":
    PLACE.write_text(yaml.safe_dump(said(), allow_unicode=True, width=120), encoding="utf-8")
