"""What a reader can rely on, on every page of the built site."""

import importlib
import itertools
import json
import re
import tomllib
from collections import Counter
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
import yaml

from book._tools import finish
from book._tools.build import ROOT
from book._tools.sphinx_site import SearchEnglishChinese

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# what a browser fetches by itself, as opposed to what a reader follows
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "embed": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "track": "src",
    "input": "src",
    "object": "data",
    "link": "href",
}
ABOUT = {"canonical", "next", "prev", "index", "search", "author", "license", "alternate"}


def entries(toc):
    """Yield every file that a table of contents names."""
    if isinstance(toc, dict):
        yield from (str(toc[key]) for key in ("root", "file") if key in toc)
        for value in toc.values():
            yield from entries(value)
    elif isinstance(toc, list):
        for item in toc:
            yield from entries(item)


def every(pages, *names, **attributes):
    return [(where, tag) for where, page in pages.items() for tag in page.find_all(*names, **attributes)]


def test_pages_are_those_of_the_table_of_contents(pages):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    named = {re.sub(r"\.(md|ipynb)$", "", entry) + ".html" for entry in entries(toc)}
    moved = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]["moved"]
    assert set(pages) == named | {"index.html", "search.html", "404.html"} | set(moved)


def test_every_source_page_is_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    sources = {p.relative_to(ROOT).with_suffix("").as_posix() for p in (ROOT / "book").rglob("*") if is_page(p)}
    assert sources == {re.sub(r"\.(md|ipynb)$", "", entry) for entry in entries(toc)}


def is_page(path):
    return path.suffix in (".md", ".ipynb") and not any(
        part.startswith((".", "_")) for part in path.relative_to(ROOT).parts
    )


def test_carries_no_hidden_or_foreign_file(site):
    files = [path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()]
    assert [name for name in files if any(part.startswith(".") for part in name.split("/"))] == []
    known = {".html", ".js", ".css", ".svg", ".png", ".woff", ".inv", ".txt", ".ipynb", ".md", ".csv"}
    assert [name for name in files if "." + name.rsplit(".", 1)[-1] not in known] == []


def test_pages_load_nothing_from_another_host(pages):
    loads = []
    for names, attribute in ((name, attribute) for name, attribute in LOADS.items()):
        for where, tag in every(pages, names):
            if not ABOUT.issuperset(tag.get("rel") or ["load"]):
                loads.append((where, tag.get(attribute)))
            loads.extend((where, part.split()[0]) for part in (tag.get("srcset") or "").split(",") if part.strip())
    loads = [(where, url) for where, url in loads if url]
    assert loads
    assert [
        (where, url) for where, url in loads if urlsplit(url).netloc or urlsplit(url).scheme not in ("", "data")
    ] == []


def test_styles_load_nothing_from_another_host(site, pages):
    sheets = {path.name: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}
    sheets |= {where: tag.string for where, tag in every(pages, "style")}
    sheets |= {where: tag["style"] for where, tag in every(pages, style=True)}
    asked = [(where, url) for where, sheet in sheets.items() for url in re.findall(r"@import[^;]*|url\([^)]*\)", sheet)]
    assert asked
    assert [(where, url) for where, url in asked if re.search(r"//", url) and "data:" not in url] == []


def test_scripts_name_no_other_host(site, pages):
    scripts = {path.name: path.read_text(encoding="utf-8") for path in site.rglob("*.js")}
    scripts.pop("searchindex.js")  # the words of the book, addresses in its sources included
    inline = Counter()
    for where, tag in every(pages, "script", src=False):
        inline[where] += 1
        scripts[f"{where} {inline[where]}"] = tag.string
    named = []
    for where, script in scripts.items():
        script = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", script, flags=re.DOTALL)
        named += [(where, url) for url in re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z0-9./-]+", script)]
    # names of languages, pages named in messages to developers, a menu that is not shown; none is fetched
    harmless = (
        "http://www.w3.org/",
        "https://pydata-sphinx-theme.readthedocs.io/en/stable/user",
        "https://vega.github.io/",
        "https://github.com/vega/",
    )
    assert [(where, url) for where, url in named if not url.startswith(harmless)] == []


def test_links_within_the_site_lead_somewhere(site, pages):
    ids = {where: {tag["id"] for tag in page.find_all(id=True)} for where, page in pages.items()}
    broken = []
    for where, tag in [*every(pages, href=True), *every(pages, src=True)]:
        url = tag.get("href") or tag.get("src")
        if urlsplit(url).scheme or urlsplit(url).netloc:
            continue
        path, anchor = urldefrag(url)
        path = unquote(path.split("?")[0])
        start = site if path.startswith("/") else (site / where).parent
        target = start.joinpath(path.lstrip("/")).resolve() if path else (site / where).resolve()
        if target.is_dir():
            target = target / "index.html"
        if not target.is_file():
            broken.append((where, url))
        elif anchor and target.suffix == ".html" and unquote(anchor) not in ids[target.relative_to(site).as_posix()]:
            broken.append((where, url))
    assert broken == []


def test_identifiers_are_unique(pages):
    repeated = {}
    for where, page in pages.items():
        counts = Counter(tag["id"] for tag in page.find_all(id=True))
        if more := [identifier for identifier, times in counts.items() if times > 1]:
            repeated[where] = more
    assert repeated == {}


def test_per_cent_signs_stay_with_their_numbers(chapters):
    torn = {}
    for where, page in chapters.items():
        article = page.article
        apart = {id(tag) for tag in [*article.find_all(finish.NOT_PROSE), *article.select("dt.sig")]}
        prose = (text for text in article.find_all(string=True) if not any(id(tag) in apart for tag in text.parents))
        torn[where] = re.findall(r".{0,20}\d %", "".join(prose))
    assert {where: found for where, found in torn.items() if found} == {}


def test_names_too_long_for_a_phone_break_between_their_parts(chapters):
    codes = [code for _, code in every(chapters, "code", class_="literal") if not code.find_parent("table")]
    long = [code for code in codes if finish.LONG_NAME.search(code.get_text())]
    assert long and all(code.find("wbr") for code in long)
    whole = [code.get_text() for code in codes if "whole" in code["class"]]
    assert "s1.2.1-c01" in whole
    heads = [
        head
        for _, head in every(chapters, "th", scope="row")
        if finish.RECORD_NAME.search(head.get_text()) and not head.a
    ]
    assert len(heads) > 100 and all(head.find("wbr") for head in heads)


def test_every_picture_is_a_described_figure(chapters):
    pictures = every(chapters, "img")
    assert [(where, img["src"]) for where, img in pictures if img.find_parent("figure") is None] == []
    for where, img in pictures:
        figure = img.find_parent("figure")
        caption, alt = figure.find("figcaption"), img.get("alt", "")
        assert figure.get("id"), (where, img["src"])
        assert re.match(r"Fig\. \d+", caption.get_text(strip=True)), (where, img["src"])
        assert len(alt) >= 60, (where, alt)
        assert alt not in caption.get_text(), (where, alt)


def test_every_figure_leads_to_its_data(chapters):
    for where, figure in every(chapters, "figure"):
        details = figure.find_next("details", class_="chart-data")
        assert details is not None, (where, figure.get("id"))
        assert details.find_previous("figure") is figure, (where, figure.get("id"))
        link = details.find("a", download=True)
        assert link["href"].startswith("data:text/csv"), (where, figure.get("id"))
        # a header and at least a row
        assert len(unquote(link["href"]).strip().split("\r\n")) > 1, (where, figure.get("id"))


def test_every_chart_names_the_function_that_drew_it(chapters):
    for where, fold in every(chapters, "details", class_="chart-data"):
        named = [tag.get_text() for tag in fold.select(".chart-function code")]
        assert len(named) == 1, (where, fold.find("table")["id"], named)
        module, name = named[0].rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), name)), named


def test_figures_are_numbered_through(chapters):
    numbers = [
        int(re.match(r"Fig\. (\d+)", figure.figcaption.get_text(strip=True)).group(1))
        for _, figure in every(chapters, "figure")
    ]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_tables_are_accessible(pages):
    for where, table in every(pages, "table"):
        caption = table.find("caption")
        assert caption is not None and len(caption.get_text(strip=True)) > 5, (where, str(table)[:200])
        headers = table.find_all("th")
        assert headers, (where, caption.get_text())
        assert [str(th) for th in headers if th.get("scope") not in ("col", "row")] == [], (where, caption.get_text())
        assert [str(th) for th in headers if not th.get_text(strip=True)] == [], (where, caption.get_text())


def test_controls_have_names(pages):
    controls = every(pages, ["summary", "button"])
    assert controls
    unnamed = [
        (where, str(tag)[:120])
        for where, tag in controls
        if not (tag.get_text(strip=True) or tag.get("aria-label") or tag.get("title"))
    ]
    assert unnamed == []


def test_text_holds_no_markup(chapters):
    left = []
    for where, page in chapters.items():
        # the names of a function's arguments may begin with two asterisks
        code = {"pre", "code", "script", "style"} | ({"dt"} if "/api/" in where else set())
        for text in page.find("article").find_all(string=re.compile(r"\*\*|\{[a-z:]+\}`|\]\(|\$\$")):
            if not any(parent.name in code for parent in text.parents):
                left.append((where, str(text).strip()[:80]))
    assert left == []


def test_no_sentence_has_a_hole(chapters):
    """A number that is glued into a sentence and comes out empty, or as nan, or as a type's name."""
    holes = []
    for where, page in chapters.items():
        for tag in page.find("article").find_all(class_="pasted-text"):
            if not tag.get_text(strip=True) or re.search(r"\bnan\b|\binf\b|float64", tag.get_text()):
                holes.append((where, str(tag)))
    assert holes == []


def test_no_path_of_the_machine(site):
    found = []
    for path in site.rglob("*"):
        if path.suffix in (".html", ".js", ".css", ".ipynb", ".md", ".svg", ".txt"):
            text = path.read_text(encoding="utf-8")
            found += [(path.name, mark) for mark in (str(ROOT), "/home/", "/root/", "site-packages") if mark in text]
    assert found == []


def test_language_is_marked(pages):
    assert {page.html["lang"] for page in pages.values()} == {"en"}
    unmarked = []
    for where, page in pages.items():
        for text in page.body.find_all(string=HAN):
            parents = list(text.parents)
            if any(parent.name in ("script", "style", "code", "pre", "math", "svg") for parent in parents):
                continue
            if not any(
                (parent.get("lang") or "").startswith("zh") for parent in parents if parent.name != "[document]"
            ):
                unmarked.append((where, str(text)[:40]))
    assert unmarked == []


def test_one_title_a_page(chapters):
    assert {where: len(page.find_all("h1")) for where, page in chapters.items()} == dict.fromkeys(chapters, 1)


def test_edition_is_on_every_page(chapters):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    released = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["date-released"]
    edition = f"Edition {version}, {released.day} {released:%B %Y}"
    footers = {where: " ".join(tag.get_text() for tag in page.find_all("footer")) for where, page in chapters.items()}
    assert [where for where, footer in footers.items() if edition not in footer] == []


def test_cover_leads_to_the_verdict_on_every_claim(pages):
    cover = "book/en/index.html"
    links = [a["href"] for a in pages[cover].select("table.overview a")]
    boxes = {tag["id"] for page in pages.values() for tag in page.select(".verdict[id]")}
    assert {link.split("#")[1] for link in links} == boxes
    assert len(links) == len(boxes) > 20


def test_every_page_says_what_it_holds_to_who_links_to_it(chapters):
    for where, page in chapters.items():
        said = {
            tag.get("property") or tag.get("name"): tag["content"] for tag in page.head.find_all("meta", content=True)
        }
        assert said["og:title"] in page.h1.get_text(), where
        assert 40 < len(said["description"]) <= 210, (where, said["description"])
        assert said["description"] == said["og:description"], where


def test_published_site_has_a_map_and_a_way_back(pages, tmp_path):
    (tmp_path / "book/en").mkdir(parents=True)
    for name in ("index", "a&b"):
        (tmp_path / f"book/en/{name}.html").write_text("<html></html>")
    finish.write_map(tmp_path, "https://example.org/chains/")
    listed = re.findall("<loc>(.*)</loc>", (tmp_path / "sitemap.xml").read_text())
    assert listed == ["https://example.org/chains/book/en/a%26b.html", "https://example.org/chains/book/en/index.html"]
    finish.write_missing(tmp_path / "404.html", "https://example.org/chains/")
    assert 'href="/chains/"' in (tmp_path / "404.html").read_text()


def test_every_chapter_can_be_downloaded_as_its_source(site, chapters):
    """The very file that was executed, byte for byte, and saved rather than shown as text."""
    for where, page in chapters.items():
        (link,) = page.find_all("a", class_="btn-download-source-button")
        given = (site / where).parent.joinpath(link["href"]).resolve()
        source = (ROOT / where).with_suffix(given.suffix)
        assert link["download"] == source.name, where
        assert given.read_bytes() == source.read_bytes(), where


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("value added", ["value", "added"]),
        ("集成电路", ["集成", "成电", "电路"]),
        ("AI芯片2025", ["芯片", "AI", "2025"]),
        ("链", ["链"]),
    ],
)
def test_search_cuts_words(text, words):
    assert SearchEnglishChinese({}).split(text) == words


def test_search_index_holds_the_chinese_words_of_the_pages(site, chapters):
    script = (site / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    words = {run for page in chapters.values() for run in re.findall(r"[\u3400-\u9fff]{2,}", page.article.get_text())}
    assert words
    missing = {w for w in words for a, b in itertools.pairwise(w) if a + b not in terms}
    assert missing == set()


def test_search_page_cuts_queries_alike(site):
    assert "function splitQuery" in (site / "_static/language_data.js").read_text(encoding="utf-8")
