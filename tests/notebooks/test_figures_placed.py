"""Every figure of the paper stands in the chapter of its section, with what the audit says of it."""

import re

import nbformat
import pytest

from analysis.ledger import load
from book._tools.build import ROOT

NOTEBOOKS = sorted((ROOT / "book/en").rglob("[0-9]-[0-9]-*.ipynb"))
# The abstract has no chapter: its figure stands on the audit page alone.
FIGURES = [figure for figure in load().figures if figure.section != "0"]


def pages_of(section: str):
    """The pages of a section: its own, else those of the chapter that holds it."""
    parts = section.split(".fn")[0].split(".")
    while parts:
        own = [p for p in NOTEBOOKS if re.match("-".join(parts) + r"-(?!\d)", p.name)]
        own += [p / "index.ipynb" for p in (ROOT / "book/en").rglob("-".join(parts) + "-[a-z]*") if p.is_dir()]
        if own:
            return own
        parts = parts[:-1]
    return []


def rows(path):
    """Ids that head a row of a table, as stored."""
    found = set()
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            page = output.get("data", {}).get("text/html", "")
            found |= set(re.findall(r'<th scope="row">(s[0-9.]+(?:fn\d)?-c\d\d)</th>', page))
    return found


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f.id)
def test_figure_is_placed(figure):
    pages = pages_of(figure.section)
    assert pages, f"section {figure.section} has no page"
    assert any(figure.id in rows(path) for path in pages), [p.name for p in pages]
