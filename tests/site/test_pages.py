"""What the editions take from the pages of a site."""

import zipfile

import pytest
import yaml

from book._tools import archive, pages

COVER = """<html><body><nav><a href="away.html">around</a></nav>
<article><h1>Cover<a class="headerlink" href="#c">#</a></h1>
<p id="c"><a href="part/one.html#x">one</a> <a href="#c">here</a> <a href="files/data.csv">data</a>
<a href="https://example.org/">outside</a></p>
<div class="cell"><details class="hide above-input"><pre>code</pre></details><div><p>shown</p></div></div>
<div class="cell"><details class="hide above-input"><pre>code that shows nothing</pre></details></div>
<div hidden><p>for scripts</p></div><form><input></form><script>run()</script>
<noscript><p>without scripts</p></noscript>
<p class="table-csv"><a download="a.csv" href="data:text/csv,a">Download</a></p><!-- aside -->
<img src="a.svg" alt="A" loading="lazy" decoding="async"></article></body></html>"""
PLAIN = '<html><body><article><h1>{}</h1><p id="x">Text.</p></article></body></html>'


@pytest.fixture
def book(tmp_path):
    """A small site, and its table of contents: two parts, one of them with pages under its only page."""
    part = [{"file": "part/one", "sections": [{"file": "part/two"}]}]
    parts = [
        {"caption": "1 First", "chapters": part},
        {"caption": "Back", "chapters": [{"file": "back/a"}, {"file": "back/b"}]},
    ]
    toc = tmp_path / "_toc.yml"
    toc.write_text(yaml.safe_dump({"format": "jb-book", "root": "cover", "parts": parts}), encoding="utf-8")
    site = tmp_path / "html"
    for place in ("part/one", "part/two", "back/a", "back/b"):
        (site / place).parent.mkdir(parents=True, exist_ok=True)
        (site / f"{place}.html").write_text(PLAIN.format(place), encoding="utf-8")
    (site / "files").mkdir()
    (site / "files/data.csv").write_text("a\n1\n", encoding="utf-8")
    (site / "cover.html").write_text(COVER, encoding="utf-8")
    return site, toc


def test_pages_come_in_the_order_of_the_contents(book):
    read = pages.read(*book)
    assert [(page.place, page.depth, page.part) for page in read] == [
        ("cover.html", 1, ""),
        ("part/one.html", 1, "1 First"),
        ("part/two.html", 2, ""),
        ("back/a.html", 1, "Back"),
        ("back/b.html", 1, ""),
    ]


def test_contents_name_parts_once(book):
    def shown(lines):
        return [(line.title, line.page.place, line.opens, shown(line.below)) for line in lines]

    assert shown(pages.contents(pages.read(*book))) == [
        ("Cover", "cover.html", False, []),
        ("1 First", "part/one.html", False, [("part/two", "part/two.html", False, [])]),
        ("Back", "back/a.html", True, [("back/a", "back/a.html", False, []), ("back/b", "back/b.html", False, [])]),
    ]


def test_pages_lose_what_only_the_site_needs(book):
    article = pages.read(*book)[0].article
    said = article.get_text(" ", strip=True)
    assert said == "Cover one here data outside shown without scripts"
    assert len(article.select(".cell")) == 1
    assert article.img.attrs == {"src": "a.svg", "alt": "A"}
    assert article.find(["script", "form", "noscript", "details"]) is None


@pytest.mark.parametrize(
    ("address", "data"), [("", None), ("https://example.org/b/", "https://example.org/b/files/data.csv")]
)
def test_links_lead_inside_outside_or_nowhere(book, address, data):
    read = pages.read(*book)
    pages.connect(read, book[0], address, lambda place, anchor: f"<{place}|{anchor}>")
    links = {a.get_text(): a["href"] for a in read[0].article.find_all("a")}
    wanted = {"one": "<part/one.html|x>", "here": "<cover.html|c>", "outside": "https://example.org/"}
    assert links == wanted | ({"data": data} if data else {})
    assert "data" in read[0].article.get_text()


def test_a_page_that_is_not_there_is_named(book):
    (book[0] / "back/b.html").unlink()
    with pytest.raises(ValueError, match=r"back/b\.html is in _toc\.yml and not in the site"):
        pages.read(*book)


def test_archives_depend_on_names_and_contents_only(tmp_path):
    files = {"b/two.txt": b"2" * 999, "a.txt": b"1"}
    archive.write(tmp_path / "one.zip", files, first={"mimetype": b"kind"})
    archive.write(tmp_path / "two.zip", dict(reversed(files.items())), first={"mimetype": b"kind"})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as pack:
        assert pack.namelist() == ["mimetype", "a.txt", "b/two.txt"]
        assert [entry.compress_type for entry in pack.infolist()] == [zipfile.ZIP_STORED, *[zipfile.ZIP_DEFLATED] * 2]
        assert {name: pack.read(name) for name in files} == files
