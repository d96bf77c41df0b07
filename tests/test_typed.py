"""What the README and the tutorials tell a reader to type works as it is written, in a fresh folder."""

import ast
import re
import shlex
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from analysis.cli import cli
from analysis.cli.terminal import terminal

ROOT = Path(__file__).parents[1]
LEARN = sorted(path for path in (ROOT / "book/en/learn").iterdir() if path.suffix in (".md", ".ipynb"))
FENCE = re.compile(r"^```(sh|python) *\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
# what sets a machine up rather than asks the library; followed by hand in a fresh clone
SETUP = ("make", "git", "python3 -m venv", "source", "pip install", "mkdir", "cd")


def prose(path):
    """The text of a page, without its code cells."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")


def typed(path):
    """Yield what a page tells to type, in its order: the language, and a line of the shell or a block of Python."""
    for language, block in FENCE.findall(prose(path)):
        yield from (
            ((language, line) for line in block.splitlines() if line.strip())
            if language == "sh"
            else [(language, block)]
        )


def promised(line):
    """The exit code that a line's comment tells of; nought without one."""
    told = re.search(r"# exit code (\d+)$", line)
    return int(told[1]) if told else 0


PAGES = [path for path in (ROOT / "README.md", *LEARN) if list(typed(path))]
NOTEBOOKS = [path for path in PAGES if path.suffix == ".ipynb"]


def test_the_readme_and_the_tutorials_tell_what_to_type():
    assert {"README", "first-table", "audit"} <= {path.stem for path in PAGES}


def test_the_readme_lists_every_command():
    listed = re.findall(r"^\| `chains (\w+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(cli.commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_what_is_typed_works(page, tmp_path, monkeypatch, capsys):
    steps = list(typed(page))
    # the folder of the project is at hand, by what the pages name of it
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    session = {}
    for language, step in steps:
        if language == "python":
            exec(compile(step, f"{page.name}", "exec"), session)
            continue
        if step.startswith(SETUP):
            continue
        program, *arguments = shlex.split(step, comments=True)
        assert program == "chains", step
        result = CliRunner().invoke(cli, arguments, prog_name=program)
        assert result.exit_code == promised(step), (step, result.output, result.exception)
        assert result.output.strip(), step


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_shown_is_what_was_typed(page):
    """The outputs of a tutorial come from the very lines and blocks that its text tells to type."""
    run = {"sh": [], "python": ""}
    for cell in nbformat.read(page, as_version=4).cells:
        if cell.cell_type == "code":
            run["python"] += cell.source + "\n\n"
            calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
            run["sh"] += [c.args[0].value for c in calls if getattr(c.func, "id", "") == "terminal"]
    steps = list(typed(page))
    assert [s for language, s in steps if language == "sh" and not s.startswith(SETUP)] == run["sh"]
    for block in (step for language, step in steps if language == "python"):
        statements = [ast.unparse(node) for node in ast.parse(block).body]
        executed = [ast.unparse(node) for node in ast.parse(run["python"]).body]
        assert [s for s in statements if s not in executed] == []


def test_terminal_prints_what_a_shell_would(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    terminal("chains check nothing.csv  # exit code 2")
    assert re.fullmatch(r"error: .*nothing\.csv.*\n\[exit code 2\]\n", capsys.readouterr().out, flags=re.DOTALL)
    terminal("chains --help")
    assert "[exit code" not in capsys.readouterr().out
    with pytest.raises(ValueError, match="does not start with 'chains'"):
        terminal("ls")


def test_terminal_hides_no_fault_of_the_library(monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("a fault")

    monkeypatch.setattr("analysis.cli.find.own_tables", broken)
    with pytest.raises(RuntimeError, match="a fault"):
        terminal("chains tables")
