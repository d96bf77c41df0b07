"""The pages of the written site, in the order of the contents, as the editions use them: without the site around them.

What a page shows on the site and in an edition is thus the same text, with the same numbers on its figures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urlsplit

from bs4 import BeautifulSoup, Comment, SoupStrainer, Tag
from sphinx_external_toc.api import FileItem, SiteMap
from sphinx_external_toc.parsing import parse_toc_yaml

# what points at another place of its own page
REFERENCES = ("aria-labelledby", "aria-describedby", "headers", "for")
# what does something only on a screen, and in a browser that may run scripts
ONLY_ON_SITE = (
    "script",
    "style",
    "template",
    "form",
    "button",
    "input",
    "select",
    "textarea",
    "progress",
    "a.headerlink",
)


@dataclass(frozen=True)
class Page:
    """A page of the book."""

    place: str
    """Where it is in the site, such as ``book/en/how-to-read.html``."""
    title: str
    depth: int
    """1 for the cover and for the first page of a part, more for what stands below."""
    part: str
    """The caption of the part that this page opens, or nothing."""
    article: Tag
    """What the page says, ready to be changed."""


def read(site: Path, toc: Path) -> list[Page]:
    """Return the pages of a site in the order of its table of contents.

    Parameters
    ----------
    site : Path
        The folder of the written and finished site.
    toc : Path
        The table of contents it was built from.

    Raises
    ------
    ValueError
        If a page of the table of contents is not in the site, or says nothing.
    """
    pages = []
    for place, depth, part in _order(parse_toc_yaml(str(toc))):
        path = site / place
        if not path.is_file():
            raise ValueError(f"{place} is in {toc.name} and not in the site; build the site first")
        text = path.read_text(encoding="utf-8")
        article = BeautifulSoup(text, "html.parser", parse_only=SoupStrainer("article")).article
        if article is None or article.h1 is None:
            raise ValueError(f"{place} has no article with a title")
        _strip(article)
        title = re.sub(r"\s+", " ", article.h1.get_text()).strip()
        pages.append(Page(place, title, depth, part, article))
    return pages


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents."""

    title: str
    page: Page
    """Where the line leads."""
    opens: bool
    """Whether the line names a part with several pages of equal rank, of which ``page`` is the first."""
    below: list[Entry]


def contents(pages: list[Page]) -> list[Entry]:
    """Return the table of contents.

    A part whose pages all stand below one page is that page, under the name of the part.
    """

    def nested(group: list[Page]) -> list[Entry]:
        heads = [i for i, page in enumerate(group) if page.depth == group[0].depth]
        ends = [*heads, len(group)][1:]
        return [
            Entry(group[i].title, group[i], False, nested(group[i + 1 : end]))
            for i, end in zip(heads, ends, strict=True)
        ]

    parts: list[list[Page]] = [[]]
    for page in pages:
        if page.part:
            parts.append([])
        parts[-1].append(page)
    lines: list[Entry] = []
    for part in parts:
        entries = nested(part)
        caption = part[0].part if part else ""
        if caption and len(entries) > 1:
            lines.append(Entry(caption, part[0], True, entries))
        elif caption and entries[0].below:
            lines.append(Entry(caption, part[0], False, entries[0].below))
        else:
            lines += entries
    return lines


def _order(toc: SiteMap) -> Iterator[tuple[str, int, str]]:
    """Yield place, depth, and the caption of the part that the page opens."""

    def below(document: str, depth: int, part: str) -> Iterator[tuple[str, int, str]]:
        yield re.sub(r"\.(md|ipynb|rst)$", "", document) + ".html", depth, part
        for tree in toc[document].subtrees:
            for number, item in enumerate(tree.items):
                # an address of another site, or a pattern, would be of another type
                if isinstance(item, FileItem):
                    yield from below(item, depth + 1, tree.caption or "" if number == 0 else "")

    root = toc.root.docname
    for place, depth, part in below(root, 0, ""):
        yield place, max(depth, 1), part


def _strip(article: Tag) -> None:
    """Take away what only the site needs: code behind a fold, controls, links to files that it alone carries."""
    for fold in article.select(".cell details.above-input"):
        fold.decompose()
    for tag in article.find_all("noscript"):
        tag.unwrap()
    for tag in article.select(", ".join((*ONLY_ON_SITE, ".table-csv", "[hidden]"))):
        tag.decompose()
    for comment in article.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for cell in article.select(".cell"):
        if not cell.get_text(strip=True) and cell.find("img") is None and cell.find(id=True) is None:
            cell.decompose()
    for image in article.find_all("img"):
        del image["loading"], image["decoding"]
    for link in article.find_all("a", title=True):
        # the theme's hint to the reader's mouse
        del link["title"]


def connect(pages: list[Page], site: Path, address: str, inside: Callable[[str, str], str]) -> None:
    """Let all links lead somewhere in an edition that holds these pages and no other file of the site.

    Parameters
    ----------
    pages : list of Page
        Their articles are changed.
    site : Path
        The folder of the site.
    address : str
        Where the site is published; without it, a link to a file that the edition does not hold becomes plain text.
    inside : callable
        Returns the link to a place (first argument) and anchor (second) of the edition.
    """
    places = {page.place: {tag["id"] for tag in page.article.find_all(id=True)} for page in pages}
    for page in pages:
        for link in page.article.find_all("a", href=True):
            url = link["href"]
            if urlsplit(url).scheme not in ("", "data") or urlsplit(url).netloc:
                continue
            path, anchor = urldefrag(url)
            place = page.place
            if path:
                place = os.path.normpath((Path(page.place).parent / unquote(path)).as_posix()).replace(os.sep, "/")
            if place in places:
                # what only scripts show is not in the edition; its page is
                link["href"] = inside(place, unquote(anchor) if unquote(anchor) in places[place] else "")
            elif address and not url.startswith("data:") and (site / place).is_file():
                link["href"] = f"{address.rstrip('/')}/{quote(place)}" + (f"#{anchor}" if anchor else "")
            else:
                link.unwrap()
