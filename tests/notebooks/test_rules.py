"""Every notebook keeps every rule; and the rules notice when one does not."""

import subprocess
import sys
from collections import Counter

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from book._tools import notebooks
from tests.notebooks import rules

PATHS = notebooks.find()
RULES = {rule.__name__: rule for rule in rules.RULES}


def test_there_are_notebooks():
    assert PATHS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES)
def test_rule(rule, path):
    text = path.read_text(encoding="utf-8")
    assert list(RULES[rule](nbformat.reads(text, as_version=4), text)) == []


def test_names_of_figures_are_unique():
    names = Counter(
        cell.metadata["mystnb"]["figure"]["name"]
        for path in PATHS
        for cell in nbformat.read(path, as_version=4).cells
        if "figure" in cell.metadata.get("mystnb", {})
    )
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("path", [p for p in PATHS if p.parent.name != "learn"], ids=lambda path: path.stem)
def test_code_is_folded_away(path):
    """A chapter is read first; who wants the code opens it. Tutorials show what is to be typed."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.source for cell in cells if "hide-input" not in cell.metadata.get("tags", ())] == []


@pytest.fixture
def good():
    """A small notebook that keeps all rules."""
    figure = {
        "figure": {"caption": "Linkages of three sectors", "name": "fig-linkages"},
        "image": {"alt": "Electronics pulls hardest: its linkage is 1.3, a third above the average of all sectors."},
    }
    chart = new_code_cell("show.chart(fig, data, 'linkages')", metadata={"mystnb": figure})
    chart.outputs = [
        new_output("display_data", {"image/svg+xml": "<svg></svg>\n", "text/plain": "<chart linkages>"}),
        new_output("display_data", {"text/html": '<details class="chart-data">1.25</details>'}),
    ]
    number = new_code_cell("round(1.25, 1)")
    number.outputs = [new_output("execute_result", {"text/plain": "1.2"}, execution_count=2)]
    said = new_code_cell("print('38 sectors')")
    said.outputs = [new_output("stream", name="stdout", text="38 sectors\n")]
    cells = [new_markdown_cell("(why)=\n# 1.1 Linkages"), chart, number, said]
    return nbformat.reads(notebooks.canonical(new_notebook(cells=cells)), as_version=4)


def test_a_good_notebook_keeps_all_rules(good):
    text = notebooks.canonical(good)
    assert [fault for rule in rules.RULES for fault in rule(good, text)] == []


def strip(nb):
    for cell in nb.cells[1:]:
        cell.outputs, cell.execution_count = [], None


MUTATIONS = {
    "executed_in_order": [strip, lambda nb: nb.cells[2].update(execution_count=7)],
    "outputs_are_stored": [
        strip,
        lambda nb: nb.cells[1].update(outputs=[]),
        lambda nb: nb.cells[1].outputs.pop(0),
        lambda nb: nb.cells[2].update(outputs=[]),
        lambda nb: nb.cells[3].update(outputs=[]),
    ],
    "nothing_went_wrong": [
        lambda nb: nb.cells[3].outputs[0].update(name="stderr"),
        lambda nb: nb.cells[3].outputs.append(new_output("error", ename="ValueError", evalue="", traceback=[])),
    ],
    "only_plain_code": [
        lambda nb: nb.cells[2].update(source="!ls"),
        lambda nb: nb.cells[2].update(source="%pip install x"),
        lambda nb: nb.cells[2].update(source="x = 1;"),
        lambda nb: nb.cells[2].update(source="def f():\n    return 1"),
        lambda nb: nb.cells[2].update(source="class C:\n    pass"),
        lambda nb: nb.cells[2].update(source="f = lambda x: x"),
        lambda nb: nb.cells[2].update(source="import urllib.request"),
        lambda nb: nb.cells[2].update(source="import warnings"),
        lambda nb: nb.cells[2].update(source="pd.read_csv('x.csv')"),
        lambda nb: nb.cells[2].update(source="print(fit.summary())"),
    ],
    "few_code_cells": [lambda nb: nb.cells.extend(new_code_cell("x = 1") for _ in range(10))],
    "one_title": [
        lambda nb: nb.cells[0].update(source="## Linkages"),
        lambda nb: nb.cells[0].update(source="# One\n\n# Two"),
    ],
    "figures_are_described": [
        lambda nb: nb.cells[1].metadata.pop("mystnb"),
        lambda nb: nb.cells[1].metadata["mystnb"]["figure"].pop("caption"),
        lambda nb: nb.cells[1].metadata["mystnb"]["figure"].update(name="Figure 1"),
        lambda nb: nb.cells[1].metadata["mystnb"]["image"].update(alt="Linkages"),
        lambda nb: nb.cells[1].metadata["mystnb"]["image"].update(alt="Chart of linkages" + " of many sectors" * 4),
        lambda nb: nb.cells[1].metadata["mystnb"]["image"].update(alt="build/images/" + "a" * 60 + ".svg"),
        lambda nb: nb.cells[1].outputs.pop(1),
        lambda nb: nb.cells[1].outputs.append(nb.cells[1].outputs[0]),
        lambda nb: nb.cells[2].metadata.update(nb.cells[1].metadata),
    ],
    "pictures_are_svg": [
        lambda nb: nb.cells[1].outputs[0].data.update({"image/png": "AAAA"}),
        lambda nb: nb.cells[1].outputs[0].data.update({"image/svg+xml": "<svg><dc:date>2020</dc:date></svg>"}),
    ],
    "tables_are_accessible": [lambda nb: nb.cells[2].outputs[0].data.update({"text/html": "<table></table>"})],
    "nothing_of_the_machine": [
        lambda nb: nb.cells[3].outputs[0].update(text="<object at 0x7f00deadbeef>"),
        lambda nb: nb.cells[3].outputs[0].update(text="saved in /home/someone/x.csv"),
        lambda nb: nb.cells[3].update(source="path = '/tmp/x'"),
    ],
    "numbers_are_rounded": [lambda nb: nb.cells[3].outputs[0].update(text="0.30000000000000004")],
    "nothing_is_excused": [
        lambda nb: nb.cells[2].metadata.update(tags=["nbval-skip"]),
        lambda nb: nb.cells[2].update(source="# NBVAL_IGNORE_OUTPUT\nround(1.25, 1)"),
    ],
}


@pytest.mark.parametrize(
    ("rule", "mutation"), [(rule, mutation) for rule, mutations in MUTATIONS.items() for mutation in mutations]
)
def test_a_broken_rule_is_noticed(good, rule, mutation):
    mutation(good)
    assert list(RULES[rule](good, ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"execution_count": 1', '"execution_count": null'),
        ('"name": "python3"', '"name": "my-kernel"'),
        ('"pygments_lexer": "ipython3"', '"pygments_lexer": "ipython3",\n   "version": "3.11.1"'),
        ('"metadata": {},\n   "outputs"', '"metadata": {"scrolled": true},\n   "outputs"'),
        ('"38 sectors\\n"', '"38 sectors\\n",\n      ""'),
    ],
)
def test_another_form_is_noticed(good, old, new):
    text = notebooks.canonical(good)
    assert old in text
    changed = text.replace(old, new, 1)
    assert list(rules.in_canonical_form(nbformat.reads(changed, as_version=4), changed))


def test_canonical_form_is_a_fixed_point(good):
    text = notebooks.canonical(good)
    assert notebooks.canonical(nbformat.reads(text, as_version=4)) == text


def test_joins_pieces_of_one_stream(good):
    one = notebooks.canonical(good)
    good.cells[3].outputs = [new_output("stream", name="stdout", text=text) for text in ("38 ", "sectors\n")]
    assert notebooks.canonical(good) == one


@pytest.fixture
def project(tmp_path):
    """A project folder with one notebook and nothing else."""
    for name in ("analysis", "data", "book/_tools"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "book/_tools/notebooks.py").write_text("")
    return tmp_path


def write(project, *sources):
    path = project / "book/one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def test_executes_again_only_what_changed(project, capsys):
    (project / "analysis/__init__.py").write_text("")
    (project / "analysis/part.py").write_text("VALUE = 1\n")
    path = write(project, "from analysis.part import VALUE\n\nVALUE")

    def run():
        text = notebooks.execute([path], root=project)[path]
        return text, "executed" in capsys.readouterr().out

    first, executed = run()
    assert executed
    assert '"1"' in first
    assert run() == (first, False)
    (project / "analysis/part.py").write_text("VALUE = 22\n")
    second, executed = run()
    assert executed
    assert '"22"' in second
    (project / "data/figures.csv").write_text("a\n1\n")
    assert run() == (second, True)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys\n\nprint('careful', file=sys.stderr)", "code cell 1, writes to stderr:\ncareful"),
        ("import warnings\n\nwarnings.warn('careful')", "writes to stderr"),
        ("from IPython.display import Image\n\nImage(data=b'x', format='png')", "shows a bitmap"),
    ],
)
def test_refuses_a_notebook_that_fails(project, source, message):
    path = write(project, source)
    with pytest.raises(notebooks.NotebookError, match=r"book/one\.ipynb") as error:
        notebooks.execute([path], root=project)
    assert message in str(error.value)


@pytest.mark.parametrize(("stored", "code"), [("3\n", 0), ("4\n", 1)])
def test_a_changed_output_is_noticed(tmp_path, stored, code):
    cell = new_code_cell("print(1 + 2)", execution_count=1, outputs=[new_output("stream", text=stored)])
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "one.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider", "."]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == code, result.stdout + result.stderr
