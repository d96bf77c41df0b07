"""The book as one PDF: the site's pages in a row, printed by Chromium; tagged, with an outline and page numbers."""

from __future__ import annotations

import datetime
import io
import mimetypes
import os
import re
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

import pikepdf
from playwright.sync_api import Browser, Route, sync_playwright

from analysis.data import whole_files
from book._tools import about, pages
from book._tools.pages import Entry

STYLE = Path(__file__).with_name("print.css")
# the only host that the printing browser is shown, and there is none of this name
HOST = "http://book.invalid/"
# A4 less its margins, in dots of which an inch has 96
COLUMN = 642
# as root, as in a container, Chromium starts only without its sandbox; and it is not to look for its maker's hosts
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# Chromium would print the whole book smaller so that the widest thing in it fits: make that smaller, and only that
FIT = """
column => {
  for (const table of document.querySelectorAll('article table')) {
    for (const size of ['smaller', 'smallest', 'broken']) {
      if (table.offsetWidth > column) table.classList.add(size);
    }
  }
  const right = e => e.getBoundingClientRect().right;
  const wide = () => [...document.querySelectorAll('article *')].filter(e => right(e) > column + 1);
  for (const e of wide()) e.style.overflowWrap = 'anywhere';
  for (const e of wide().filter(e => right(e.parentElement) <= column + 1)) {
    const left = e.getBoundingClientRect().left;
    e.style.zoom = (column - left) / (right(e) - left);
  }
  return wide().map(e => `${e.closest('article').id}: ${e.tagName.toLowerCase()} ${e.id || e.className}`);
}
"""
NUMBER = """
numbers => {
  for (const place of document.querySelectorAll('nav [data-page]')) place.textContent = numbers[place.dataset.page];
}
"""


class PrintError(Exception):
    """The PDF could not be printed; the message says why."""


def build(site: Path, root: Path, target: Path) -> int:
    """Write the PDF, and return its number of pages.

    Parameters
    ----------
    site : Path
        The folder of the finished site.
    root : Path
        The project folder, for what the citation file and the configuration say.
    target : Path
        The file; it appears only when it is whole.

    Raises
    ------
    PrintError
        If there is no Chromium, or something is too wide for the paper.
    ValueError
        If a page of the table of contents is not in the site.
    """
    program = chromium()
    text = document(site, root)

    def answer(route: Route) -> None:
        place = unquote(urlsplit(route.request.url).path).lstrip("/")
        file = site / place
        if not route.request.url.startswith(HOST) or (place and not file.is_file()):
            route.abort()
        elif place:
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(place)[0] or "")
        else:
            route.fulfill(body=text, content_type="text/html; charset=utf-8")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        # where each page of the book begins shows only in print
        numbers = _starts(*_print(browser, answer))
        printed, places = _print(browser, answer, numbers)
        browser.close()
    if _starts(printed, places) != numbers:
        raise PrintError("writing the page numbers into the contents has moved the pages; give them more room")
    return _finish(printed, root, target)


def chromium() -> str:
    """Return the Chromium to print with: the one named in ``CHROMIUM``, else the system's."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise PrintError("no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM")
    return found


def _print(
    browser: Browser, answer: Callable[[Route], None], numbers: dict[str, int] | None = None
) -> tuple[bytes, list[str]]:
    """Return the printed book, and the places that its contents name.

    Each print has a tab of its own: one that has printed before may break its pages elsewhere.
    """
    tab = browser.new_page(viewport={"width": COLUMN, "height": 900})
    # a whole book takes a while on a busy machine
    tab.set_default_timeout(0)
    missing: list[str] = []
    tab.on("requestfailed", lambda request: missing.append(request.url))
    tab.route("**/*", answer)
    tab.emulate_media(media="print", color_scheme="light")
    tab.goto(HOST)
    if missing:
        raise PrintError(f"the pages ask for what the site does not hold: {', '.join(sorted(missing))}")
    if wide := tab.evaluate(FIT, COLUMN):
        raise PrintError("too wide for the paper:\n  " + "\n  ".join(wide))
    if numbers:
        tab.evaluate(NUMBER, numbers)
    places = tab.eval_on_selector_all("nav [data-page]", "all => all.map(place => place.dataset.page)")
    printed = tab.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    tab.close()
    return printed, places


def _starts(printed: bytes, places: list[str]) -> dict[str, int]:
    """Return the numbers of the pages on which places lie that something in the document links to."""
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        number = {page.obj.objgen: n for n, page in enumerate(pdf.pages, 1)}
        return {place: number[pdf.Root.Dests[f"/{place}"][0].objgen] for place in places}


def _finish(printed: bytes, root: Path, target: Path) -> int:
    """Say in the file what it is, and leave out when, and with what, it was printed."""
    facts = about.read(root)
    moment = datetime.datetime.fromtimestamp(about.epoch(facts), datetime.UTC)
    rights = "; ".join(f"{what}: {name} ({url})" for what, name, url, _ in about.LICENCES)
    with pikepdf.open(io.BytesIO(printed)) as pdf, whole_files(target) as (place,):
        stamp = moment.strftime("D:%Y%m%d%H%M%SZ")
        pdf.docinfo["/Author"] = ", ".join(about.authors(facts))
        pdf.docinfo["/Subject"] = about.edition(facts)
        pdf.docinfo["/Keywords"] = ", ".join(facts["keywords"])
        pdf.docinfo["/CreationDate"] = pdf.docinfo["/ModDate"] = pikepdf.String(stamp)
        # it names the browser's version and system
        del pdf.docinfo["/Creator"]
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata.load_from_docinfo(pdf.docinfo)
            metadata["dc:language"] = ["en"]
            metadata["dc:rights"] = rights
            metadata["xmpRights:WebStatement"] = about.LICENCES[0][2]
            if about.address(root):
                metadata["dc:identifier"] = about.address(root)
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        _renumber(pdf)
        pdf.save(place, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return len(pdf.pages)


def _renumber(pdf: pikepdf.Pdf) -> None:
    """Count the parts that tags name from one on: Chromium goes on from whatever it has shown before."""
    found: list[tuple[pikepdf.Object, str | int, str]] = []

    def look(held: pikepdf.Object) -> None:
        if isinstance(held, pikepdf.Dictionary):
            within = list(held.items())
        elif isinstance(held, pikepdf.Array):
            within = list(enumerate(held))
        else:
            return
        for key, value in within:
            if isinstance(value, pikepdf.String) and re.fullmatch(r"node\d+", str(value)):
                found.append((held, key, str(value)))
            elif isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                look(value)

    for one in pdf.objects:
        look(one)
    names = {name: f"node{number:08d}" for number, name in enumerate(sorted({name for _, _, name in found}), 1)}
    for holder, key, name in found:
        holder[key] = pikepdf.String(names[name])


def document(site: Path, root: Path) -> str:
    """Return the book as one page that shows nothing but the book, pictures by their place in the site.

    Every identifier carries the place of its page, so that no two pages share one.
    """
    book = pages.read(site, root / "_toc.yml")
    pages.connect(book, site, about.address(root), lambda place, anchor: "#" + quote(_identifier(place, anchor)))
    facts = about.read(root)
    lines = pages.contents(book)
    body = "\n".join(_printed(entry, 1) for entry in lines)
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" style="--running-foot: {_css_text(f"{facts['title']}. {about.edition(facts)}")}">
<head>
<meta charset="utf-8">
<title>{escape(facts["title"])}</title>
<link rel="stylesheet" href="_static/pygments.css">
<link rel="stylesheet" href="_static/house.css">
<style>
{STYLE.read_text(encoding="utf-8")}
</style>
</head>
<body>
{_front(root, facts)}
<nav aria-label="Contents"><h1 class="title">Contents</h1>{_contents(lines)}</nav>
<main>
{body}
</main>
</body>
</html>
"""


def _identifier(place: str, anchor: str = "") -> str:
    return place.removesuffix(".html") + (f"/{anchor}" if anchor else "")


def _css_text(text: str) -> str:
    return escape('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


def _front(root: Path, facts: dict) -> str:
    mark = quote((root / "book/_static/icon.svg").read_text(encoding="utf-8"))
    lines = "".join(f"<p>{escape(line)}</p>" for line in about.front_matter(root))
    return (
        f'<section class="front"><img class="mark" alt="" src="data:image/svg+xml,{mark}">'
        f'<p class="name">{escape(facts["title"])}</p>{lines}'
        '<p class="note">On paper the code of each chapter and the data of each chart are left out. The site, its'
        " offline archive and the EPUB hold the data, the site and its notebooks the code.</p></section>"
    )


def _contents(lines: list[Entry]) -> str:
    rows = []
    for entry in lines:
        place = _place(entry)
        number = f'<span class="number" data-page="{escape(place)}">000</span>'
        words = f'<span>{escape(entry.title)}</span><span class="dots"></span>{number}'
        below = _contents(entry.below) if entry.below else ""
        rows.append(f'<li><a href="#{quote(place)}">{words}</a>{below}</li>')
    return f"<ol>{''.join(rows)}</ol>"


def _place(entry: Entry) -> str:
    return _identifier(entry.page.place) + ("/part" if entry.opens else "")


def _printed(entry: Entry, level: int) -> str:
    """Return a line of the contents with all that stands below it, headings as deep as they stand."""
    below = "\n".join(_printed(e, level + 1) for e in entry.below)
    if entry.opens:
        return f'<h{level} class="part" id="{escape(_place(entry))}">{escape(entry.title)}</h{level}>\n{below}'
    page = entry.page
    article = page.article
    for tag in article.find_all(True):
        if tag.get("id"):
            tag["id"] = _identifier(page.place, tag["id"])
        for name in pages.REFERENCES:
            if tag.get(name):
                tag[name] = " ".join(_identifier(page.place, one) for one in str(tag[name]).split())
    for image in article.find_all("img"):
        image["src"] = quote(os.path.normpath(PurePosixPath(page.place).parent / unquote(image["src"])))
    for tag in article.find_all(["h1", "h2", "h3", "h4", "h5"]):
        rank = int(tag.name[1])
        tag["class"] = ["title", "section", "subsection"][min(rank, 3) - 1]
        tag.name = f"h{min(level + rank - 1, 6)}"
    for fold in article.find_all("details"):
        fold["open"] = ""
    for tag in article.find_all(tabindex=True):
        del tag["tabindex"]
    article["id"] = _identifier(page.place)
    return f"{article}\n{below}"
