"""Change one stored output in every notebook, and see whether nbval notices: ``python -m tests.mutants.outputs``."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import nbformat

from book._tools import notebooks
from book._tools.build import ROOT, copy_inputs
from tests import runs
from tests.mutants.data import change


def mutate(notebook: nbformat.NotebookNode, rng: random.Random) -> str:
    """Change one digit, or letter, of one output, or leave one output out; return what was done."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    cell = rng.choice(cells)
    place = rng.randrange(len(cell.outputs))
    output = cell.outputs[place]
    if rng.random() < 0.1:
        del cell.outputs[place]
        return f"cell {cell.execution_count}: output {place + 1} left out"
    if output.output_type == "stream":
        output.text = change(output.text, rng)
        return f"cell {cell.execution_count}: a stream"
    mime = rng.choice(sorted(output.data))
    output.data[mime] = change(output.data[mime], rng)
    return f"cell {cell.execution_count}: {mime} of output {place + 1}"


def main(arguments: list[str] | None = None) -> int:
    """Run one round; return 0 if nbval turns every changed notebook down, else 1."""
    parser = argparse.ArgumentParser(description="Change one stored output in every notebook; does nbval notice?")
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--keep", action="store_true", help="keep the figures for the page on reliability")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "project"
        copy_inputs(ROOT, root)
        done = {}
        for path in notebooks.find(root):
            notebook = nbformat.read(path, as_version=4)
            if any(cell.get("outputs") for cell in notebook.cells):
                done[path.relative_to(root).as_posix()] = mutate(notebook, rng)
                nbformat.write(notebook, path)
        command = ["pytest", "-q", "-n", "auto", "--dist", "loadscope", "--nbval", "--nbval-current-env", "book"]
        command += ["-p", "no:cacheprovider", "--junit-xml", str(Path(name) / "report.xml"), "--tb=no"]
        subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, check=False)
        cases = ElementTree.parse(Path(name) / "report.xml").iter("testcase")
        failed = Counter(case.get("classname", "") for case in cases if case.find("failure") is not None)
    # A case's class is the notebook's place with dots for slashes. Only the changed cell should fail: a notebook that
    # cannot run at all would seem to notice.
    missed = {place for place in done if failed[place.replace("/", ".")] != 1}
    if options.keep:
        figures = {"draws": len(done), "noticed": len(done) - len(missed), "seed": options.seed}
        runs.keep("stored outputs, one a notebook", figures)
    print(f"changed outputs: {len(done)}\nnoticed: {len(done) - len(missed)}")
    for place in sorted(missed):
        print(f"NOT NOTICED  {place}, {done[place]}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
