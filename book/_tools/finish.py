"""Finish the written site: nothing is asked of another host, nothing is carried that no page uses.

The theme draws its icons with a script of 1.5 MB, or a font of 2,000 glyphs. Both come down here to the glyphs that
are used, cut from the font of the installed package; nothing third-party is kept in the repository.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urldefrag, urlsplit
from xml.sax.saxutils import escape

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString
from fontTools import subset
from sphinx.search import languages

from analysis import show

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff][\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]*")
ICON = re.compile(r"\bfa-[a-z-]+")
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
FONT_FACE = re.compile(r"@font-face\{[^}]*fontawesome[^}]*\}")
LONGEST_DESCRIPTION = 200
# a name that is longer than a line on a phone
LONG_NAME = re.compile(r"[\w./(]{36}")
SHORT_NAME = re.compile(r"[\w.]+-\w+")
# of a function or a source record, too long for the first column of a table on a phone
RECORD_NAME = re.compile(r"(?=[\w./]{14})\b[A-Za-z]+(?:[._/][A-Za-z0-9]+)+\b")
# no search engine is to list a page that only shows the way
BARE_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
"""
# What a page may do: show and run what lies beside it, and nothing that was written into it. On a disk, browsers
# (Chromium, Firefox) take a file beside the page for the page's own.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
SCRIPT_TYPES = {"", "module", "text/javascript", "application/javascript"}
# the theme's: the first is done by house.js, the others are for what this site has not, the last finds the wrong field
THEME_SCRIPTS = re.compile(
    r"\s*(document\.documentElement\.dataset\.mode|DOCUMENTATION_OPTIONS\.(pagename|search_as)|// Activate the search)"
)
# what is loaded only by pages that have something for it
LOADED_FOR = {
    "#search-results": ("searchtools.js", "language_data.js", "searchindex.js"),
    "div.highlight": ("clipboard.min.js", "copybutton.js", "copybutton.css", "pygments.css"),
    "div.cell": ("mystnb.",),
}
WRITERS = {"chart", "glue_text", "table", "table_html", "with_ranges"}
# what draws the charts of chapters, as chapters call it
DRAWN_BY = {name: f"analysis.show.{name}" for name in show.__all__ if name not in WRITERS} | {
    "curve": "analysis.show.verdicts.curve"
}
NOT_PROSE = {"script", "style", "svg", "math", "title", "code", "pre"}


def site(folder: Path, address: str = "", moved: Mapping[str, str] | None = None) -> None:
    """Finish all files of a written site.

    Parameters
    ----------
    folder : Path
        The folder that holds ``_static`` and the pages.
    address : str
        Where the site is published. Without one, nothing that would need it is written: no site map, and no address
        in what other sites show of a page.
    moved : mapping of str to str, optional
        Places that pages had in earlier editions, each with the place that it has now.

    Raises
    ------
    ValueError
        If a page is said to have moved and is still there, or to a place that is none.
    """
    static = folder / "_static"
    for unused in [*static.rglob("*.map"), *static.rglob("*.html"), static / "scripts/fontawesome.js"]:
        unused.unlink()
    shutil.rmtree(static / "locales")
    _write_entrance(folder / "index.html")
    icons: set[str] = set()
    pages = {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in sorted(folder.rglob("*.html"))
    }
    boxes = {tag["id"]: path for path, page in pages.items() for tag in page.select(".verdict[id]")}
    for path, page in pages.items():
        for link in page.select(":is(table.overview, .claim) a[href^='#verdict-']"):
            holder = boxes.get(link["href"][1:], path)
            link["href"] = f"{os.path.relpath(holder, path.parent)}{link['href']}".removeprefix(path.name)
        _finish_page(page)
        _load_explorer(page, os.path.relpath(static, path.parent))
        place = path.relative_to(folder).as_posix()
        _describe(page, address and f"{address.rstrip('/')}/{place}")
        set_policy(page)
        for tag in page.find_all(class_=ICON):
            icons.update(ICON.findall(" ".join(tag["class"])))
        path.write_text(str(page), encoding="utf-8", newline="\n")
    for script in static.glob("scripts/*.js"):
        icons.update(ICON.findall(script.read_text(encoding="utf-8")))
    rank_words(folder / "searchindex.js", {p.relative_to(folder).as_posix(): page for p, page in pages.items()})
    _cut_icons(static, icons)
    _quiet_search(static / "searchtools.js")
    write_missing(folder / "404.html", address)
    if any(page.select_one("[data-vega]") for page in pages.values()):
        write_vega(static / "vega.js")
    if address:
        write_map(folder, address)
    for old, new in (moved or {}).items():
        write_moved(folder, old, new, address)
    for path in sorted([*static.rglob("*.js"), *static.rglob("*.css")]):
        text = path.read_text(encoding="utf-8")
        short = re.sub(r"\n?(//# sourceMappingURL=\S*|/\*# sourceMappingURL=[^*]*\*/)", "", text)
        if short != text:
            path.write_text(short, encoding="utf-8", newline="\n")


def _load_explorer(page: BeautifulSoup, static: str) -> None:
    """Load what an explorable page needs, on this page alone, once the page stands."""
    explorer = page.select_one("[data-explore]")
    if explorer is None:
        return
    page.head.append(page.new_tag("link", attrs={"rel": "stylesheet", "href": f"{static}/explore.css"}))
    scripts = ["explore", f"explore-{explorer['data-explore']}"]
    for name in ["vega", *scripts] if explorer.has_attr("data-vega") else scripts:
        page.head.append(page.new_tag("script", attrs={"src": f"{static}/{name}.js", "defer": ""}))


def write_vega(path: Path) -> None:
    """Write Vega from the installed package, in a scope of its own: other scripts use its short names too."""
    import vl_convert

    notice = (
        "/*! Vega, Vega-Lite, Vega-Embed and vega-interpreter: Copyright University of Washington Interactive Data Lab,"
        " BSD-3-Clause; D3: Copyright Mike Bostock, ISC; and what they call. Their licences: vega-licences.txt, beside"
        f" this file. Bundled by vl-convert {vl_convert.__version__}. */"
    )
    text = f"{notice}\n(() => {{\n{vl_convert.javascript_bundle()}\n}})();\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def set_policy(page: BeautifulSoup) -> None:
    """Let a page run no script but those that it loads from beside it, and use no style written into it but its own.

    The policy stands in the page, so that it holds wherever the site is hosted, and on a disk.
    """
    for script in page.find_all("script", src=False):
        if (script.get("type") or "") in SCRIPT_TYPES:
            raise ValueError(f"a script is written into a page; put it in a file: {script.get_text()[:80]!r}")
    hashes = {hashlib.sha256(style.get_text().encode()).digest() for style in page.find_all("style")}
    styles = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in sorted(hashes))
    rules = POLICY | {"style-src": POLICY["style-src"] + styles}
    content = "; ".join(f"{name} {sources}" for name, sources in rules.items())
    policy = page.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy", "content": content})
    page.head.find("meta", charset=True).insert_after("\n", policy)


def _write_entrance(path: Path) -> None:
    """Write the page that leads from the site's own folder to the cover, in full rather than as a bare redirect."""
    cover = re.search(r"url=([^\"]+)", path.read_text(encoding="utf-8")).group(1)
    path.write_text(
        f'''<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Shanghai's Industrial Chains</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={cover}">
</head>
<body><p><a href="{cover}">Go to the cover of the book</a></p></body>
</html>
''',
        encoding="utf-8",
        newline="\n",
    )


def _write_bare(path: Path, text: str) -> None:
    """Write a page that only shows the way, with the policy of all others; the text begins inside its head."""
    page = BeautifulSoup(BARE_HEAD + text, "html.parser")
    set_policy(page)
    path.write_text(str(page), encoding="utf-8", newline="\n")


def write_missing(path: Path, address: str) -> None:
    """Write the page for an address that is none; shown at any depth, it loads nothing and names no neighbour."""
    root = urlsplit(address).path.rstrip("/") + "/"
    _write_bare(
        path,
        f"""<title>No such page — Shanghai's Industrial Chains</title>
<link rel="icon" href="data:,">
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}}</style>
</head>
<body>
<main>
<h1>There is no such page</h1>
<p>The address may be mistyped, or the page may have a new one. Each section of the book keeps its number, so the
cover and its contents will lead you there.</p>
<p lang="zh-Hans">没有这个页面。请从封面目录重新查找。</p>
<p><a href="{root}">Go to the cover of the book</a></p>
</main>
</body>
</html>
""",
    )


def write_moved(folder: Path, old: str, new: str, address: str = "") -> None:
    """Write, where a page has been, a page that leads to where it is now; it does so without scripts.

    Raises
    ------
    ValueError
        If the page is still there, or the new place is none.
    """
    path, target = folder / old, folder / urldefrag(new).url
    anchor = urldefrag(new).fragment
    if path.exists():
        raise ValueError(f"{old} is said to have moved, and is still there")
    if not target.is_file():
        raise ValueError(f"{old} is said to have moved to {new}, where no page is")
    page = BeautifulSoup(target.read_text(encoding="utf-8"), "html.parser")
    if anchor and page.find(id=anchor) is None:
        raise ValueError(f"{old} is said to have moved to {new}; the page has no such anchor")
    title = escape(page.h1.find(string=True, recursive=False).strip())
    link = quote(os.path.relpath(target, path.parent)) + (f"#{quote(anchor)}" if anchor else "")
    there = f"{address.rstrip('/')}/{quote(new, safe='/#')}"
    canonical = f'<link rel="canonical" href="{escape(there)}">\n' if address else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_bare(
        path,
        f"""<title>Moved: {title}</title>
<meta http-equiv="refresh" content="0; url={link}">
<link rel="icon" href="data:,">
{canonical}</head>
<body>
<main>
<h1>This page has moved</h1>
<p>It is now at <a href="{link}">{title}</a>.</p>
</main>
</body>
</html>
""",
    )


def write_map(folder: Path, address: str) -> None:
    """List the pages for search engines."""
    places = sorted(path.relative_to(folder).as_posix() for path in (folder / "book").rglob("*.html"))
    rows = "".join(f"<url><loc>{escape(address.rstrip('/'))}/{quote(place)}</loc></url>\n" for place in places)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    (folder / "sitemap.xml").write_text(text, encoding="utf-8", newline="\n")


def offer(folder: Path, cover: str, editions: Iterable[tuple[str, str, str]]) -> None:
    """Add to the cover of a finished site a line that leads to its editions.

    Parameters
    ----------
    folder : Path
        The folder of the site; the editions are in it.
    cover : str
        The place of the cover.
    editions : iterable of (place, name, size)
        What the line offers.
    """
    path = folder / cover
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    line = page.new_tag("p", attrs={"class": "editions"})
    line.append("To keep, to print, to read elsewhere: ")
    for number, (place, name, size) in enumerate(editions):
        link = page.new_tag("a", href=quote(os.path.relpath(folder / place, path.parent)))
        link.string = name
        line.extend([", " if number else "", link, f" ({size})"])
    line.append(".")
    page.article.find("p").insert_after(line)
    path.write_text(str(page), encoding="utf-8", newline="\n")


def _describe(page: BeautifulSoup, url: str) -> None:
    """Say in a page's head what other sites show of it: its title, and its first sentences, which hold the finding."""
    article = page.find("article")
    if article is None:
        return
    first = article.find("p")
    words = re.sub(r"\s+", " ", first.get_text()).strip()
    if len(words) > LONGEST_DESCRIPTION:
        words = words[:LONGEST_DESCRIPTION].rsplit(" ", 1)[0] + " …"
    title = page.h1.find(string=True, recursive=False).strip()
    page.head.append(page.new_tag("meta", attrs={"name": "description", "content": words}))
    facts = {"title": title, "description": words, "type": "article", "site_name": "Shanghai's Industrial Chains"}
    for name, content in (facts | ({"url": url} if url else {})).items():
        page.head.append(page.new_tag("meta", attrs={"property": f"og:{name}", "content": content}))


def rank_words(path: Path, pages: Mapping[str, BeautifulSoup]) -> None:
    """Put the pages that the search index lists under a word in order of how often they say it.

    The index holds no counts; the order costs nothing, and the ranking of hits (``scorer.js``) reads it.
    """
    start, end = "Search.setIndex(", ")"
    index = json.loads(path.read_text(encoding="utf-8").removeprefix(start).removesuffix(end))
    language = languages["en-zh"]({})
    counts = [
        Counter(language.stem(word.lower()) for word in language.split(_said(pages[f"{name}.html"])))
        for name in index["docnames"]
    ]
    for word, places in index["terms"].items():
        if isinstance(places, list):
            # a long page says everything more often; half of that is its length
            places.sort(key=lambda place: (-counts[place][word] / (counts[place].total() or 1) ** 0.5, place))
    text = json.dumps(index, separators=(",", ":"), sort_keys=True)
    path.write_text(f"{start}{text}{end}", encoding="utf-8", newline="\n")


def _said(page: BeautifulSoup) -> str:
    article = page.find("article")
    return article.get_text(" ") if article else ""


def _quiet_search(path: Path) -> None:
    """From a disk, where a browser lets no page read another, have the search show no excerpts rather than fail."""
    asks = "else if (showSearchSummary)"
    text = path.read_text(encoding="utf-8")
    if text.count(asks) != 1:
        raise ValueError(f"{path.name}: {asks!r} is there {text.count(asks)} times, not once; look at the new script")
    text = text.replace(asks, 'else if (showSearchSummary && location.protocol !== "file:")')
    path.write_text(text, encoding="utf-8", newline="\n")


def _finish_page(page: BeautifulSoup) -> None:
    for tag in page.find_all(["script", "link"]):
        if "fontawesome" in (tag.get("src") or tag.get("href") or "") or "thebe" in (tag.get("type") or ""):
            tag.decompose()
    for tag in page.find_all("script", src=False, string=THEME_SCRIPTS):
        tag.decompose()
    unused = tuple(name for wanted, names in LOADED_FOR.items() if not page.select_one(wanted) for name in names)
    for tag in page.find_all(["script", "link"]):
        if (tag.get("src") or tag.get("href") or "").rsplit("/", 1)[-1].startswith(unused):
            tag.decompose()
    for button in page.find_all("button", onclick="window.print()"):
        del button["onclick"]
    # saved, not shown as text in another tab
    for link in page.select("a.btn-download-source-button"):
        del link["target"]
        link["download"] = link["href"].rsplit("/", 1)[-1]
    # Jupyter Book and its theme each say the same of the window
    for repeated in page.find_all("meta", attrs={"name": "viewport"})[1:]:
        repeated.decompose()
    # an empty place for advertisements, and a second heading and contents that only a printer would see
    for name in ("ethical-ad-placement", "jb-print-docs-body"):
        for tag in page.find_all(id=name):
            tag.decompose()
    # the button says "Search", and a key; a label that says less would hide that from a screen reader
    for tag in page.find_all(class_="search-button-field"):
        del tag["aria-label"]
    # its name and search field would be in no landmark
    for sidebar in page.find_all(id="pst-primary-sidebar"):
        sidebar["role"] = "region"
        sidebar["aria-label"] = "Contents and search"
    # drawn as an arrow only
    for summary in page.select(".bd-sidenav details > summary"):
        title = summary.find_parent("li").find("a").get_text(" ", strip=True)
        summary["aria-label"] = f"Pages under {title}"
    # a list's items, by the role that the list wants; the one for entries of a bibliography is withdrawn
    for entry in page.find_all(role="doc-biblioentry"):
        entry["role"] = "listitem"
    _finish_tables(page)
    _name_functions(page)
    _part_names(page)
    for image in page.find_all("img"):
        # the theme would dim pictures in the dark; ours are turned over by the house style
        image["class"] = [*image.get("class", []), "dark-light"]
        image["loading"] = "lazy"
        image["decoding"] = "async"
    _mark_chinese(page)
    _join_per_cent(page)


def _finish_tables(page: BeautifulSoup) -> None:
    for table in page.find_all("table"):
        for header in table.find_all("th"):
            if not header.get_text(strip=True):
                header.name = "td"
            elif not header.get("scope"):
                in_head = header.find_parent("thead") is not None
                header["scope"] = "col" if in_head else "row"


def _name_functions(page: BeautifulSoup) -> None:
    """Say with the data of each chart which function drew it, as the nearest code above it that draws calls it."""
    for fold in page.select("div.cell details.chart-data"):
        above = (code.get_text() for code in fold.find_all_previous("div", class_="cell_input"))
        called = ([name for name in DRAWN_BY if re.search(rf"\b{name}\(", code)] for code in above)
        for name in next(filter(None, called), []):
            line = page.new_tag("p", attrs={"class": "table-note chart-function"})
            function = page.new_tag("code", attrs={"class": "literal"})
            function.string = DRAWN_BY[name]
            line.extend(["Drawn by ", function, ", in the code above the chart."])
            fold.append(line)


def _let_break(page: BeautifulSoup, text: NavigableString, parts: list[str]) -> None:
    """Put a place to break between the parts of a text."""
    text.replace_with(*[new for part in parts for new in (page.new_tag("wbr"), part)][1:])


def _part_names(page: BeautifulSoup) -> None:
    """Let a name too long for a phone break between its parts, and a signature after its bracket, not within a word.

    The short name of a figure does not break at its hyphen. In a table of the text, which can scroll, all names stay
    whole; those of functions and records head rows of data, and break like others.
    """
    for text in page.find_all(string=RECORD_NAME):
        if text.find_parent("table", class_="data") and not text.find_parent(["code", "a"]):
            parts = RECORD_NAME.sub(lambda name: re.sub("[._/]", "\\g<0>\n", name[0]), text).split("\n")
            _let_break(page, text, parts)
    for code in page.select("article code.literal:not(table *)"):
        if SHORT_NAME.fullmatch(code.get_text()):
            code["class"] = [*code["class"], "whole"]
        for text in code.find_all(string=LONG_NAME):
            parts = re.split(r"(?<=[./])(?=\w)", text)
            if len(parts) == 1:  # a digest has none
                parts = re.findall(".{1,16}", text, re.DOTALL)
            _let_break(page, text, parts)
    for bracket in page.select("dt.sig > .sig-paren:has(+ .sig-param)"):
        bracket.insert_after(page.new_tag("wbr"))


def _mark_chinese(page: BeautifulSoup) -> None:
    """Say of Chinese words that they are, so that they are spoken, and drawn, as Chinese."""
    if page.body is None:
        return
    for text in page.body.find_all(string=HAN):
        parents = list(text.parents)
        if isinstance(text, PreformattedString) or any(p.name in NOT_PROSE for p in parents):
            continue
        if any((p.get("lang") or "").startswith("zh") for p in parents if isinstance(p, Tag) and p.name != "html"):
            continue
        parts: list[NavigableString | Tag] = []
        end = 0
        for run in HAN.finditer(text):
            parts.append(NavigableString(text[end : run.start()]))
            span = page.new_tag("span", lang="zh-Hans")
            span.string = run.group()
            parts.append(span)
            end = run.end()
        parts.append(NavigableString(text[end:]))
        text.replace_with(*(part for part in parts if isinstance(part, Tag) or part))


def _join_per_cent(page: BeautifulSoup) -> None:
    """Keep a number and its per cent sign on one line, where the number comes out of a cell, too."""
    if page.body is None:
        return
    for text in page.body.find_all(string=re.compile(r"(^|\d) %")):
        if isinstance(text, PreformattedString) or any(p.name in NOT_PROSE for p in text.parents):
            continue
        joined = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)
        before = text.previous_sibling
        if joined.startswith(" %") and before is not None and before.get_text()[-1:].isdigit():
            joined = f"\N{NO-BREAK SPACE}{joined[1:]}"
        text.replace_with(joined)


def _cut_icons(static: Path, icons: set[str]) -> None:
    """Keep of the icon font, and of the rules that name its glyphs, what the pages use."""
    sheets = {path: path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.css"))}
    # what style sheets draw by themselves: written as a character, or, in the book theme, as its code
    glyphs = {ord(sign) for sheet in sheets.values() for sign in sheet if "\ue000" <= sign <= "\uf8ff"}
    book_theme = sheets[static / "styles/sphinx-book-theme.css"]
    glyphs.update(int(code, 16) for code in re.findall(r'content:"\\(f[0-9a-f]{3})"', book_theme))

    def used(rule: re.Match[str]) -> str:
        names = re.findall(r"fa-[\w-]+", rule.group(1))
        if not icons.intersection(names):
            return ""
        glyphs.add(int(rule.group(2), 16))
        return rule.group()

    for path, sheet in sheets.items():
        if "fontawesome" in sheet:
            kept = ICON_RULE.sub(used, sheet)
            kept = FONT_FACE.sub("", kept)
            kept += (
                '@font-face{font-family:"Font Awesome 6 Free";font-style:normal;font-weight:900;font-display:block;'
                'src:url(../icons.woff) format("woff")}'
            )
            path.write_text(kept, encoding="utf-8", newline="\n")
    fonts = static / "vendor/fontawesome/webfonts"
    options = subset.Options(flavor="woff", hinting=False, layout_features=[], recalc_timestamp=False)
    font = subset.load_font(str(fonts / "fa-solid-900.ttf"), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=glyphs)
    cutter.subset(font)
    subset.save_font(font, str(static / "icons.woff"), options)
    for path in fonts.iterdir():
        path.unlink()
    fonts.rmdir()
