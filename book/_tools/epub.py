"""The book as an EPUB: the pages of the site in a file that electronic readers open."""

from __future__ import annotations

import time
import uuid
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup, Tag
from lxml import etree

from book._tools import about, archive, pages
from book._tools.pages import Entry, Page

STYLE = Path(__file__).with_name("epub.css")
XHTML = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en"'
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
MEDIA = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# what helps whom, in the words of the EPUB accessibility vocabulary
ACCESS = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual",),
    "accessibilityFeature": ("alternativeText", "MathML", "tableOfContents", "structuralNavigation", "longDescription"),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Every chart has a text that tells what it shows, and a table of its data. Formulas are MathML. Tables have"
        " captions and marked headers. Chinese words are marked as Chinese.",
    ),
}


def build(site: Path, root: Path, target: Path) -> None:
    """Write the EPUB.

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
    ValueError
        If a page is not there, or holds what cannot be put into an EPUB; the message names it.
    """
    book = pages.read(site, root / "_toc.yml")
    names = {page.place: f"{number:03d}-{PurePosixPath(page.place).stem}.xhtml" for number, page in enumerate(book)}
    pages.connect(
        book, site, about.address(root), lambda place, anchor: names[place] + (f"#{quote(anchor)}" if anchor else "")
    )
    pictures: dict[str, str] = {}
    files: dict[str, bytes] = {"META-INF/container.xml": CONTAINER.encode(), "style.css": STYLE.read_bytes()}
    properties: dict[str, str] = {}
    for page in book:
        for image in page.article.find_all("img"):
            source = site / PurePosixPath(page.place).parent / unquote(image["src"])
            if source.suffix not in MEDIA:
                raise ValueError(f"{page.place} shows {source.name}, a kind of picture that an EPUB may not hold")
            content = source.read_bytes()
            name = pictures.setdefault(source.name, f"pictures/{len(pictures) + 1:03d}{source.suffix}")
            files[name] = content
            image["src"] = name
        marks = {"math": "mathml", "svg": "svg"}
        properties[page.place] = " ".join(mark for tag, mark in marks.items() if page.article.find(tag))
        files[names[page.place]] = _page(page).encode("utf-8")
    files["title.xhtml"] = _title_page(root).encode("utf-8")
    files["contents.xhtml"] = _contents(pages.contents(book), names, names[book[0].place]).encode("utf-8")
    files["book.opf"] = _package(root, names, properties, list(pictures.values())).encode("utf-8")
    archive.write(target, files, first={"mimetype": b"application/epub+zip"})


def _page(page: Page) -> str:
    article = page.article
    if article.find("svg"):
        # names of attributes that are partly in capitals, which only this parser knows
        article = BeautifulSoup(str(article), "html5lib").article
    for tag in article.find_all("svg"):
        tag["xmlns"] = "http://www.w3.org/2000/svg"
    for tag in article.find_all("math"):
        tag["xmlns"] = "http://www.w3.org/1998/Math/MathML"
    for tag in article.find_all(lang=True):
        tag["xml:lang"] = tag["lang"]
    # the page scrolls as a whole on a device, and has no stops for a keyboard
    for tag in article.find_all(tabindex=True):
        del tag["tabindex"]
    if page.part:
        article.insert(0, _new("p", page.part, "part"))
    text = _document(page.title, f"<main>{article.decode(formatter='minimal')}</main>")
    try:
        etree.fromstring(text.encode("utf-8"))
    except etree.XMLSyntaxError as problem:
        raise ValueError(f"{page.place} cannot be put into an EPUB: {problem}") from None
    return text


def _new(name: str, words: str, kind: str) -> Tag:
    tag = BeautifulSoup("", "html.parser").new_tag(name, attrs={"class": kind})
    tag.string = words
    return tag


def _document(title: str, body: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html {XHTML}>
<head>
<meta charset="utf-8"/>
<title>{escape(title)}</title>
<link rel="stylesheet" href="style.css"/>
</head>
<body>
{body}
</body>
</html>
"""


def _title_page(root: Path) -> str:
    title = about.read(root)["title"]
    lines = "".join(f"<p>{escape(line)}</p>" for line in about.front_matter(root))
    body = f'<section class="titlepage" epub:type="titlepage"><h1>{escape(title)}</h1>{lines}</section>'
    return _document(title, body)


def _contents(lines: list[Entry], names: dict[str, str], first: str) -> str:
    """Return the table of contents, nested as that of the site."""

    def nested(entries: list[Entry]) -> str:
        rows = (
            f'<li><a href="{names[e.page.place]}">{escape(e.title)}</a>{nested(e.below) if e.below else ""}</li>'
            for e in entries
        )
        return f"<ol>{''.join(rows)}</ol>"

    return _document(
        "Contents",
        f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{nested(lines)}</nav>'
        '<nav epub:type="landmarks" hidden=""><h2>Landmarks</h2><ol>'
        '<li><a epub:type="toc" href="contents.xhtml">Contents</a></li>'
        f'<li><a epub:type="bodymatter" href="{first}">The book</a></li></ol></nav>',
    )


def _package(root: Path, names: dict[str, str], properties: dict[str, str], pictures: list[str]) -> str:
    """Return the package document: what the book is, what it is made of, and in which order it is read."""
    facts = about.read(root)
    moment = time.strftime("%Y-%m-%dT00:00:00Z", about.released(facts))
    # the same for the same edition, another for another
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{facts['title']} {facts['version']}")
    rights = "; ".join(f"{what}: {name} ({url})" for what, name, url, _ in about.LICENCES)
    metadata = [
        f'<dc:identifier id="identity">urn:uuid:{identity}</dc:identifier>',
        f"<dc:title>{escape(facts['title'])}</dc:title>",
        "<dc:language>en</dc:language>",
        *(f"<dc:creator>{escape(name)}</dc:creator>" for name in about.authors(facts)),
        f"<dc:date>{facts['date-released']}</dc:date>",
        f"<dc:description>{escape(' '.join(facts['abstract'].split()))}</dc:description>",
        *(f"<dc:subject>{escape(word)}</dc:subject>" for word in facts["keywords"]),
        f"<dc:rights>{escape(rights)}</dc:rights>",
        *([f"<dc:source>{escape(about.address(root))}</dc:source>"] if about.address(root) else []),
        f'<meta property="dcterms:modified">{moment}</meta>',
        *(f'<meta property="schema:{name}">{word}</meta>' for name, words in ACCESS.items() for word in words),
    ]
    items = [
        '<item id="style" href="style.css" media-type="text/css"/>',
        '<item id="contents" href="contents.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="title" href="title.xhtml" media-type="application/xhtml+xml"/>',
    ]
    for place, name in names.items():
        mark = f' properties="{properties[place]}"' if properties[place] else ""
        items.append(f'<item id="page-{name[:3]}" href="{name}" media-type="application/xhtml+xml"{mark}/>')
    for name in pictures:
        path = PurePosixPath(name)
        items.append(f'<item id="picture-{path.stem}" href="{name}" media-type="{MEDIA[path.suffix]}"/>')
    order = ["title", "contents", *(f"page-{name[:3]}" for name in names.values())]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="identity" xml:lang="en">',
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">',
            *metadata,
            "</metadata>",
            "<manifest>",
            *items,
            "</manifest>",
            "<spine>",
            *(f'<itemref idref="{one}"/>' for one in order),
            "</spine>",
            "</package>\n",
        ]
    )
