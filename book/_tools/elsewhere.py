"""Run chapters of the book for another province of the delta, table year or import assumption.

Run as ``python -m book._tools.elsewhere --region Jiangsu``, with ``--year``, ``--imports``, ``-o FOLDER`` and chapters.

The chapters are the book's own notebooks. Their measures and declared claims follow the place
(:mod:`analysis.verdicts.place`). Their prose was written for Shanghai's numbers: what holds anywhere is listed in
``book/elsewhere.yaml``, the rest is left out, and so are the numbers that only it uses. Captions keep their words with
the place exchanged, unless that file has others; alternative texts are made anew from the data of each chart.
"""

from __future__ import annotations

import argparse
import ast
import html
import os
import re
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import yaml
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from analysis.profile import page, words
from analysis.verdicts import place
from book._tools.notebooks import CELL_TIMEOUT, ROOT

LIST = ROOT / "book" / "elsewhere.yaml"
PROSE_ONLY = "glue_text"
_VERDICT = re.compile(r"<verdict ([\w.-]+): ([a-z ]+)>")


class ElsewhereError(Exception):
    """A chapter that is not listed, or does not run for the place."""


def listed() -> dict:
    """Return what ``book/elsewhere.yaml`` says: ``chapters`` and ``left_out``."""
    return yaml.safe_load(LIST.read_text(encoding="utf-8"))


def exchanged(text: str, region: str, year: int) -> str:
    """Put the place into a text of the code: another name, and the year where the text speaks of one table."""
    text = text.replace("Shanghai", region).replace("the city", "the region")
    # "2007 to 2017" and "2007-2017" are periods, which stay.
    return re.sub(r"(?<!to )(?<![\d-])2017(?![\d-])", str(year), text)


def assumption_exchanged(text: str, imports: str) -> str:
    """Put another import assumption into a text."""
    return re.sub("Supply[ -]pool", imports.capitalize(), re.sub("supply[ -]pool", imports, text))


def assumed_cells(trees: list[ast.Module]) -> list[bool]:
    """Tell which cells rest on an assumption that the code names in a call, directly or through a variable."""

    def names_it(node: ast.AST) -> bool:
        calls = (call for call in ast.walk(node) if isinstance(call, ast.Call))
        return any(isinstance(a, ast.Constant) and a.value == "supply pool" for call in calls for a in _arguments(call))

    def reads(node: ast.AST, names: set[str]) -> bool:
        return any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names for n in ast.walk(node))

    resting: set[str] = set()
    cells = []
    for tree in trees:
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and (names_it(statement) or reads(statement, resting)):
                resting |= _bound(statement)
        cells.append(names_it(tree) or reads(tree, resting))
    return cells


class Resettle(ast.NodeTransformer):
    """Put another place into the code of a cell, and take out what only its sentences used."""

    def __init__(self, settings: dict, region: str, year: int, imports: str, assumed: bool):
        self.settings, self.region, self.year, self.imports, self.assumed = settings, region, year, imports, assumed
        self.texts = {old: " ".join(new.split()) for old, new in settings.get("texts", {}).items()}
        self.years_stay = False

    def visit_Tuple(self, node):  # noqa: D102
        if _regions(node) or _period(node):
            return node
        before, self.years_stay = self.years_stay, self.years_stay or _texts_of_years(node)
        node = self.generic_visit(node)
        self.years_stay = before
        return node

    visit_List = visit_Tuple

    def visit_Constant(self, node):  # noqa: D102
        if node.value == 2017 and type(node.value) is int:
            return ast.copy_location(ast.Constant(self.year), node)
        if not isinstance(node.value, str):
            return node
        if node.value in self.texts:
            value = self.texts[node.value].format(region=self.region, year=self.year, imports=self.imports)
        else:
            value = exchanged(node.value, self.region, place.USUAL["year"] if self.years_stay else self.year)
        if self.assumed:
            value = assumption_exchanged(value, self.imports)
        return ast.copy_location(ast.Constant(value), node)

    def visit_Expr(self, node):  # noqa: D102
        if isinstance(node.value, ast.Call):
            said = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
            if _name(node.value) == PROSE_ONLY or said & set(self.settings.get("leave", ())):
                return None
        return self.generic_visit(node)

    def visit_For(self, node):  # noqa: D102
        node = self.generic_visit(node)
        return node if node.body else None


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _values(node: ast.Tuple | ast.List) -> list:
    return [each.value for each in node.elts if isinstance(each, ast.Constant)]


def _regions(node) -> bool:
    """Tell whether a list names several regions, which it does wherever the chapter stands."""
    return len(set(_values(node)) & {*place.DELTA, "China"}) > 1


def _period(node) -> bool:
    return len([value for value in _values(node) if type(value) is int and 1990 < value < 2030]) > 1


def _texts_of_years(node: ast.Tuple | ast.List) -> bool:
    """Tell whether texts of a list name several years, as the columns of a table over time do."""
    texts = " ".join(value for value in _values(node) if isinstance(value, str))
    return len(set(re.findall(r"\b(?:19|20)\d\d\b", texts))) > 1


def resettled_code(sources: list[str], settings: dict, region: str, year: int, imports: str) -> list[str]:
    """Return the cells of a chapter for another place.

    Parameters
    ----------
    sources : list of str
        The code cells, in order.
    settings : dict
        Of the chapter, from ``book/elsewhere.yaml``.
    region, year, imports
        The place.

    Returns
    -------
    list of str
        As many cells; one that has nothing left to show is empty.
    """
    trees = [ast.parse(source) for source in sources]
    trees = [
        Resettle(settings, region, year, imports, assumed).visit(tree)
        for tree, assumed in zip(trees, assumed_cells(trees), strict=True)
    ]
    # What was worked out for a sentence alone is used no more; each round may set more free.
    while True:
        spare = [
            (tree, statement)
            for tree in trees
            for statement in tree.body
            if isinstance(statement, ast.Assign | ast.Import | ast.ImportFrom)
            and not any(_used(_bound(statement), other) for each in trees for other in each.body)
        ]
        if not spare:
            return [ast.unparse(ast.fix_missing_locations(tree)) for tree in trees]
        for tree, statement in spare:
            tree.body.remove(statement)


def _used(names: set[str], statement: ast.stmt) -> bool:
    """Whether a statement reads one of the names for anything but to give it a new value."""
    if isinstance(statement, ast.Assign) and names == _bound(statement):
        return False
    return any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names for n in ast.walk(statement))


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Assign):
        return {n.id for target in statement.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}


def kept_prose(source: str, openings: list[str]) -> list[str]:
    """Return the headings of a text cell, and its paragraphs that hold anywhere, as blocks."""
    kept = []
    for block in re.split(r"\n\s*\n", source):
        block = re.sub(r"^\([a-z0-9-]+\)=\n", "", block.strip())
        if re.match(r"#+ ", block):
            heading, _, block = block.partition("\n")
            kept.append(heading)
        if any(block.startswith(opening) for opening in openings):
            # The page stands alone: what the book links to is not on it.
            kept.append(re.sub(r"\[([^\]]+)\]\(#[^)]*\)", r"\1", block).replace("the city", "the region"))
    return kept


def resettled_notebook(notebook: NotebookNode, settings: dict, region: str, year: int, imports: str) -> NotebookNode:
    """Return a chapter for another place, not yet executed.

    Raises
    ------
    ElsewhereError
        If the list names a paragraph, text or table that the chapter has not.
    """
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    captions = [cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "") for cell in code]
    constants = {
        node.value
        for cell in code
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    lacking = [
        *(text for text in settings.get("keep", ()) if text not in prose),
        *(text for text in settings.get("texts", ()) if text not in constants and text not in captions),
        *(name for name in settings.get("leave", ()) if name not in constants),
    ]
    if lacking:
        raise ElsewhereError(f"{LIST.name} speaks of what is no longer in the chapter: {lacking}")
    written = [cell.source for cell in code]
    sources = zip(
        resettled_code(written, settings, region, year, imports),
        assumed_cells([ast.parse(source) for source in written]),
        strict=True,
    )
    texts = settings.get("texts", {})
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cells += [nbformat.v4.new_markdown_cell(each) for each in kept_prose(cell.source, settings.get("keep", []))]
            continue
        source, assumed = next(sources)
        if not source.strip():
            continue
        fresh = nbformat.v4.new_code_cell(source)
        caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        if caption:
            own = " ".join(texts.get(caption, "").split()).format(region=region, year=year, imports=imports)
            caption = own or exchanged(caption, region, year)
            fresh.metadata["caption"] = assumption_exchanged(caption, imports) if assumed else caption
        cells.append(fresh)
    # A heading with nothing under it says nothing.
    kept = [c for k, c in enumerate(cells) if c.cell_type == "code" or not _empty_heading(cells, k)]
    return nbformat.v4.new_notebook(cells=kept, metadata=notebook.metadata)


def _empty_heading(cells: list[NotebookNode], k: int) -> bool:
    if not cells[k].source.startswith("## "):
        return False
    following = cells[k + 1] if k + 1 < len(cells) else None
    return following is None or (following.cell_type == "markdown" and following.source.startswith("#"))


def execute(notebook: NotebookNode, region: str, year: int, imports: str, name: str) -> NotebookNode:
    """Execute a chapter in a kernel that stands in the place.

    Raises
    ------
    ElsewhereError
        If a cell fails.
    """
    environment = {
        place.REGION_VARIABLE: region, place.YEAR_VARIABLE: str(year), place.IMPORTS_VARIABLE: imports,
        "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::FutureWarning",
    }  # fmt: skip
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT, kernel_name="python3",
                            extra_arguments=["--log-level=CRITICAL"])  # fmt: skip
    try:
        return client.execute(env=os.environ | environment)
    except CellExecutionError as problem:
        raise ElsewhereError(
            f"{name} does not run for {region} {year}, {imports}: {problem.ename}: {problem.evalue}"
        ) from problem


def described(table: str) -> str:
    """Say of a chart's data what a reader who cannot see it needs first: what runs from where to where.

    Parameters
    ----------
    table : str
        The HTML of the chart's data.

    Returns
    -------
    str
        For each column of numbers its lowest and highest value and the rows that have them.
    """
    rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(table, "html.parser").find_all("tr")
    ]
    header, body = rows[0], rows[1:]

    def number(text: str) -> float | None:
        try:
            return float(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))
        except ValueError:
            return None

    columns = {name: [number(row[k]) for row in body] for k, name in enumerate(header)}
    years = {name for name in header if name.lower() == "year"}
    numeric = [
        name
        for name, values in columns.items()
        if name not in years and sum(value is not None for value in values) > len(values) / 2
    ]
    labels = [", ".join(row[k] for k, name in enumerate(header) if name not in numeric)[:90] for row in body]
    parts = []
    for name in numeric[:3]:
        known = [(value, label) for value, label in zip(columns[name], labels, strict=True) if value is not None]
        (low, first), (high, last) = min(known), max(known)
        if low == high:
            continue
        where = (f" ({first})", f" ({last})") if first or last else ("", "")
        parts.append(f"{name} runs from {low:g}{where[0]} to {high:g}{where[1]}")
    return f"{len(body)} rows of data. " + "; ".join(parts) + "."


def described_charts(notebook: NotebookNode) -> NotebookNode:
    """Give each chart its caption, and an alternative text made from its data."""
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output, following in pairwise(outputs):
            if "image/svg+xml" in output.get("data", {}):
                table, caption = following["data"]["text/html"], cell.metadata["caption"]
                output.metadata["image/svg+xml"] = {"caption": caption, "alt": described(table)}
                # Regions of a page that can be scrolled need names of their own.
                following["data"]["text/html"] = table.replace(
                    ">The data of this chart</caption>", f">The data of the chart: {html.escape(caption)}</caption>"
                )
    return notebook


def outcomes(notebook: NotebookNode) -> dict[str, str]:
    """Return the verdicts that an executed chapter shows, by claim."""
    texts = (o.get("data", {}).get("text/plain", "") for c in notebook.cells for o in c.get("outputs", []))
    return dict(match.groups() for text in texts if (match := _VERDICT.match(text)))


def opening(here: dict[str, str], there: dict[str, str], region: str, year: int, imports: str) -> str:
    """Say at the top of a chapter what it is, and how its verdicts differ from Shanghai's."""
    lines = [
        f"This chapter was written about Shanghai. Here its code runs on the tables of {region}, with {year} as the"
        f" first table year and {imports} as the first import assumption; what names another year or assumption keeps"
        f" it. The paper made its claims of Shanghai, not of {region}: the same declared specifications and thresholds"
        f" ask whether they would hold here. The three provinces that it is held against are {_others(region)}. Prose"
        " about Shanghai's numbers is left out; alternative texts of charts are"
        " made from their data.",
    ]
    if here:
        same = [claim for claim, word in here.items() if there.get(claim) == word]
        moved = [f"{c}: {there[c]} in Shanghai, {w} here" for c, w in here.items() if c in there and there[c] != w]
        lines.append(
            f"Verdicts that are the same as for Shanghai: {len(same)} of {len(here)}."
            + (f" Others: {'; '.join(moved)}." if moved else "")
        )
    return "\n\n".join(lines)


def _others(region: str) -> str:
    return words.listed([other for other in place.DELTA if other != region])


def chapter(name: str, region: str, year: int, imports: str) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """Run one chapter for another place.

    Returns
    -------
    tuple of str, str, dict, dict
        Title, page, and the verdicts here and in Shanghai by claim.

    Raises
    ------
    ElsewhereError
        If the chapter is not among those that run elsewhere, or fails.
    """
    lists = listed()
    if name not in lists["chapters"]:
        why = lists["left_out"].get(name, "there is no such chapter")
        raise ElsewhereError(f"{name} does not run elsewhere: {' '.join(why.split())}")
    stored = nbformat.read(ROOT / "book" / "en" / f"{name}.ipynb", as_version=4)
    fresh = resettled_notebook(stored, lists["chapters"][name], region, year, imports)
    made = described_charts(execute(fresh, region, year, imports, name))
    title = f"{made.cells[0].source.removeprefix('# ')}: {region}"
    here, there = outcomes(made), outcomes(stored)
    made.cells[0].source = opening(here, there, region, year, imports)
    subtitle = f"{region}, {year}, {imports}. A chapter of Shanghai's Industrial Chains, run for another place."
    return title, page(made, title, subtitle), here, there


def contents(made: dict[str, tuple], failed: dict[str, str], region: str, year: int, imports: str) -> str:
    """Return the page that leads to the chapters, with all verdicts, and what stays in Shanghai."""
    rows, links = [], []
    for name, (title, _, here, there) in made.items():
        file = f"{Path(name).name}.html"
        links.append(f'<li><a href="{file}">{html.escape(title)}</a></li>')
        rows += [
            f'<tr><th scope="row">{claim}</th><td>{word}</td><td>{there.get(claim, "")}</td></tr>'
            for claim, word in here.items()
        ]
    reasons = "".join(
        f"<li><strong>{html.escape(name)}</strong>: {html.escape(' '.join(why.split()))}</li>"
        for name, why in (failed | listed()["left_out"]).items()
    )
    table = (
        '<div class="table-scroll" role="region" aria-labelledby="caption-verdicts" tabindex="0"><table class="data">'
        '<caption id="caption-verdicts">Verdicts here and in Shanghai</caption><thead><tr><th scope="col">Claim</th>'
        f'<th scope="col">{region}</th><th scope="col">Shanghai</th></tr></thead><tbody>'
        f"{''.join(rows)}</tbody></table></div>"
    )
    outputs = [
        nbformat.v4.new_output("display_data", data={"text/html": text})
        for text in (f"<ul>{''.join(links)}</ul>", table)
    ]
    left = nbformat.v4.new_output("display_data", data={"text/html": f"<ul>{reasons}</ul>"})
    cells = [
        nbformat.v4.new_markdown_cell("## Chapters and verdicts"),
        nbformat.v4.new_code_cell("", outputs=outputs),
        nbformat.v4.new_markdown_cell("## Left out, and why"),
        nbformat.v4.new_code_cell("", outputs=[left]),
    ]
    title = f"{region} in place of Shanghai"
    subtitle = f"Table year {year}, import assumption {imports}. The paper made its claims of Shanghai."
    return page(nbformat.v4.new_notebook(cells=cells), title, subtitle)


def run(names: list[str], region: str, year: int, imports: str, folder: Path) -> list[Path]:
    """Write the pages of chapters for another place, and the page that leads to them; those of an earlier run go.

    A chapter that the place does not admit (a year without the columns that it needs, say) is named on that page with
    the reason.

    Raises
    ------
    ElsewhereError
        If no chapter runs.
    """
    made, failed = {}, {}
    for name in names:
        print(name, flush=True)
        try:
            made[name] = chapter(name, region, year, imports)
        except ElsewhereError as problem:
            print(f"  left out: {problem}", flush=True)
            failed[name] = str(problem)
    if not made:
        raise ElsewhereError("no chapter runs: " + "; ".join(failed.values()))
    folder.mkdir(parents=True, exist_ok=True)
    # what an earlier run left there may be of another year or assumption
    for name in listed()["chapters"]:
        (folder / f"{Path(name).name}.html").unlink(missing_ok=True)
    pages = {f"{Path(name).name}.html": text for name, (_, text, _, _) in made.items()}
    pages["index.html"] = contents(made, failed, region, year, imports)
    for file, text in pages.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return [folder / file for file in pages]


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run the chapters."""
    chapters = list(listed()["chapters"])
    short = {Path(name).name: name for name in chapters}
    parser = argparse.ArgumentParser(prog="python -m book._tools.elsewhere", description=__doc__.split("\n\n")[0],
                                     epilog="Example: make elsewhere REGION=Jiangsu")  # fmt: skip
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help=f"of {', '.join(short)}; all if none is named")
    parser.add_argument("--region", default=place.HOME, choices=place.DELTA)
    parser.add_argument("--year", type=int, default=place.YEAR, choices=place.YEARS, help="first table year")
    parser.add_argument("--imports", default=place.IMPORTS, choices=list(place.ASSUMPTIONS), help="first assumption")
    parser.add_argument("-o", "--output", type=Path, help="folder of the pages (_build/elsewhere/REGION)")
    said = parser.parse_args(arguments)
    folder = said.output or ROOT / "_build" / "elsewhere" / said.region.lower()
    try:
        names = [short.get(name, name) for name in said.chapters] or chapters
        written = run(names, said.region, said.year, said.imports, folder)
    except ElsewhereError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(*written, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
