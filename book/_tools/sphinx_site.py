"""Sphinx extension: what makes the site ours.

Figures of notebooks, formulas as MathML, a search that finds Chinese, the edition in the footer; the written pages
are finished by `book._tools.finish`.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from myst_nb import sphinx_ as myst_nb_sphinx
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.search.en import SearchEnglish
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.math import get_node_equation_number

from book._tools import about, finish

logger = logging.getLogger(__name__)
# the packages whose public names have an entry in the reference
REFERENCE = (
    "data",
    "ledger",
    "tables",
    "linkages",
    "growth",
    "structure",
    "regression",
    "scenarios",
    "uncertainty",
    "interregional",
    "verdicts",
    "show",
    "profile",
)


class NotebookRenderer(myst_nb_sphinx.SphinxNbRenderer):
    """Renders the outputs of a cell so that only its picture becomes the numbered figure.

    The stock renderer wraps every output of a cell in the cell's figure; the table under a chart would then be a
    second figure of the same name.
    """

    def _render_nb_cell_code_outputs(self, token: Any, outputs: list[Any]) -> None:
        metadata = token.meta["metadata"]
        plain = {**metadata, "mystnb": {k: v for k, v in metadata.get("mystnb", {}).items() if k != "figure"}}
        for output in outputs:
            picture = any(mime.startswith("image/") for mime in output.get("data", {}))
            token.meta["metadata"] = metadata if picture else plain
            super()._render_nb_cell_code_outputs(token, [output])
        token.meta["metadata"] = metadata


class SearchEnglishChinese(SearchEnglish):
    """English words, stemmed, and every pair of neighbouring Chinese characters.

    A query is cut the same way in the page, so that a compound word is found wherever its characters meet.
    """

    lang = "en-zh"
    language_name = "English and Chinese"
    _han = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
    js_splitter_code = r"""
function splitQuery(query) {
  const words = [];
  for (const word of query.match(/[\p{L}\p{N}_]+/gu) || []) {
    for (const part of word.match(/[\u3400-\u9fff\uf900-\ufaff]+|[^\u3400-\u9fff\uf900-\ufaff]+/g)) {
      if (!/[\u3400-\u9fff\uf900-\ufaff]/.test(part) || part.length === 1) words.push(part);
      else for (let i = 0; i + 1 < part.length; i++) words.push(part.slice(i, i + 2));
    }
  }
  return words;
}
"""

    def split(self, input: str) -> list[str]:
        """Return the words of a text."""
        words = []
        for word in super().split(input):
            for run in self._han.findall(word):
                words.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
            words.extend(part for part in self._han.split(word) if part)
        return words


def mathml(latex: str, display: str, location: nodes.Node) -> str:
    """Return a formula as MathML, and warn of a command that would be printed instead of understood."""
    markup = convert(latex, display=display)
    unknown = re.findall(r"\\[A-Za-z]+", markup)
    if unknown:
        logger.warning("formula %r: %s cannot be shown", latex, ", ".join(unknown), location=location)
    return markup


def visit_math(self: Any, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(mathml(node.astext(), "inline", node))
    raise nodes.SkipNode


def visit_math_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula of its own line, numbered if it has a label."""
    # the theme's script makes what bears the second class a stop for the keyboard, where it is too wide for the page
    self.body.append(self.starttag(node, "div", CLASS="math-block pst-scrollable-table-container"))
    self.body.append(mathml(node.astext(), "block", node))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


class Citation(SphinxDirective):
    """``{citation} sentence`` or ``{citation} bibtex``: how to cite the book, in a block that can be copied."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the block."""
        forms = {"sentence": (about.citation, "text"), "bibtex": (about.bibtex, "bibtex")}
        if self.arguments[0] not in forms:
            raise self.error(f"there is no citation {self.arguments[0]!r}; there is {' and '.join(forms)}")
        written, language = forms[self.arguments[0]]
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "CITATION.cff"))
        text = written(about.read(root), self.config.html_baseurl)
        block = nodes.literal_block(text, text, language=language)
        self.set_source_info(block)
        return [block]


def configure(app: Sphinx, config: Config) -> None:
    """Put the ranking of hits into the search, and launch links where they can lead."""
    # by its full name: the builder reads it from wherever it was started
    config.html_search_scorer = str(Path(__file__).with_name("scorer.js"))
    # Binder and Colab fetch a notebook from the repository: without its public address there is nowhere to lead
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def add_foot(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the edition, the licences and the way to cite at the foot of a page."""
    lines = [f'<p class="edition">{about.edition(about.read(Path(app.srcdir)))}</p>']
    # a book of other chapters may do without the page
    if about.CITE_PAGE in app.env.found_docs:
        there = app.builder.get_relative_uri(page, about.CITE_PAGE)
        licences = "; ".join(
            f'{what}: <a rel="license" href="{there}#{anchor}">{name}</a>' for what, name, _, anchor in about.LICENCES
        )
        lines.append(f'<p class="licences">{licences}. <a href="{there}#how-to-cite">How to cite</a></p>')
    context["theme_extra_footer"] = "\n".join(lines)


def link_types(app: Sphinx, config: Config) -> None:
    """Make links of the project's own types where docstrings name them, and of no others.

    The documentation of other libraries is on other hosts, and numpydoc knows it only by its address.
    """
    config.numpydoc_xref_ignore = "all"
    config.numpydoc_xref_aliases_complete = {"InputError": "analysis.labels.InputError"}
    for group in REFERENCE:
        module = importlib.import_module(f"analysis.{group}")
        for name in module.__all__:
            if inspect.isclass(getattr(module, name)):
                config.numpydoc_xref_aliases_complete[name] = f"{module.__name__}.{name}"


def keep_typed(app: Sphinx, command: Any, lines: list[str]) -> None:
    """Show what a manual of the command line tells to type as it is typed: no other quotes or dashes, columns kept."""
    kept: list[str] = []
    literal = False
    for line in lines:
        if line.startswith("| "):
            kept += ["", ".. code-block:: none", ""] * (not literal) + [f"    {line[2:]}"]
        else:
            kept.append(re.sub(r"`[^`]+`|--[a-z]+(?: \"[^\"]+\")?", lambda typed: f"``{typed[0].strip('`')}``", line))
        literal = line.startswith("| ")
    lines[:] = kept


def check_tables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Warn of a table without a caption: a screen reader announces a table by it."""
    for table in doctree.findall(nodes.table):
        if not any(isinstance(child, nodes.title) for child in table.children):
            logger.warning("a table has no caption; write it inside ```{table} Caption", location=table)


def show_value(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Describe a constant by what it holds: a dictionary and a tuple item by item, a text as it is."""
    if what != "data":
        return
    if isinstance(value, dict):
        lines[:] = [f"- ``{key}``: {text}" for key, text in value.items()]
    else:
        lines[:] = [f"- ``{item}``" for item in value] if isinstance(value, tuple) else [str(value)]
    lines.append("")


def finish_site(app: Sphinx, exception: Exception | None) -> None:
    """Finish the pages once all are written."""
    if exception is None and app.builder.name == "html":
        finish.site(Path(app.outdir), app.config.html_baseurl, app.config.moved)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect everything to Sphinx."""
    myst_nb_sphinx.SphinxNbRenderer = NotebookRenderer
    from sphinx.search import languages

    languages[SearchEnglishChinese.lang] = SearchEnglishChinese
    # Jupyter Book sets it even where the extension it belongs to is not loaded
    app.add_config_value("comments_config", {}, "html")
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    # places that pages had in earlier editions, each with the place that it has now
    app.add_config_value("moved", {}, "html", (dict,))
    app.add_directive("citation", Citation)
    app.connect("config-inited", configure)
    # after numpydoc has listed the types of others
    app.connect("config-inited", link_types, priority=900)
    app.connect("html-page-context", add_foot)
    app.connect("doctree-resolved", check_tables)
    app.connect("autodoc-process-docstring", show_value)
    app.connect("sphinx-click-process-description", keep_typed)
    app.connect("build-finished", finish_site)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
