"""Places that others point to stay, and where a page has moved its old place leads on."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml
from bs4 import BeautifulSoup

from book._tools import about, anchors, finish
from book._tools.build import ROOT

BUILD = (
    "import sys; from pathlib import Path; from book._tools import build; build.site(Path(sys.argv[1]), stored=True)"
)
PAGES = {
    "index.md": "# A small book\n\nIt has a cover whose first sentence is long enough for a description.\n",
    "other.md": "# Another page\n\nIt has moved here, as the configuration says of it.\n\n(here)=\n## Here\n\nIt is.\n",
    "back/data-sources.md": "(data-sources)=\n# Data sources\n\nThis page is here for the others to refer to.\n",
}


def test_no_place_is_lost(pages):
    """If this fails, give the place back, or say in _config.yml (`moved`) where the page is now."""
    ids = {where: {tag["id"] for tag in page.find_all(id=True)} for where, page in pages.items()}
    moved = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]["moved"]
    kept = anchors.kept()
    assert len(kept) > 900
    assert anchors.lost(kept, ids, moved) == []


def test_the_list_holds_all_kinds_of_places_once():
    kept = anchors.kept()
    assert kept == sorted(set(kept))
    for kind in ("index.html", "#verdict-", "#fig-", "#table-", "#how-to-cite"):
        assert any(kind in place for place in kept), kind


def test_a_lost_place_is_noticed():
    ids = {"book/en/a.html": {"x"}, "book/en/c.html": {"y"}}
    places = ["book/en/a.html", "book/en/a.html#x", "book/en/a.html#z", "book/en/b.html", "book/en/b.html#y"]
    assert anchors.lost(places, ids, {}) == ["book/en/a.html#z", "book/en/b.html", "book/en/b.html#y"]
    assert anchors.lost(places, ids, {"book/en/b.html": "book/en/c.html"}) == ["book/en/a.html#z"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small book with the project's own configuration, published at an address, one of its pages moved."""
    root = tmp_path_factory.mktemp("small")
    for name in ("CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-text", "pyproject.toml"):
        shutil.copyfile(ROOT / name, root / name)
    shutil.copytree(ROOT / "book/_static", root / "book/_static")
    for name in ("references.bib", "en/back/how-to-cite.md"):
        (root / "book" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "book" / name, root / "book" / name)
    for name, text in PAGES.items():
        (root / "book/en" / name).write_text(text, encoding="utf-8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["html"]["baseurl"] = "https://example.org/chains/"
    config["sphinx"]["config"]["moved"] = {"book/en/old/page.html": "book/en/other.html#here"}
    (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    chapters = [{"file": f"book/en/{name}"} for name in ("other", "back/data-sources", "back/how-to-cite")]
    toc = {"format": "jb-book", "root": "book/en/index", "chapters": chapters}
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    result = subprocess.run([sys.executable, "-c", BUILD, str(root)], cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        pytest.fail(f"{result.stdout}\n{result.stderr}", pytrace=False)
    return root / "_build/html"


def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html5lib")


def test_an_address_reaches_all_that_names_it(small):
    page = read(small / "book/en/other.html")
    here = "https://example.org/chains/book/en/other.html"
    assert page.find("link", rel="canonical")["href"] == here
    assert page.find("meta", property="og:url")["content"] == here
    listed = re.findall("<loc>(.*)</loc>", (small / "sitemap.xml").read_text(encoding="utf-8"))
    names = ("back/data-sources", "back/how-to-cite", "index", "other")
    assert listed == [f"https://example.org/chains/book/en/{name}.html" for name in names]
    assert read(small / "404.html").main.a["href"] == "/chains/"
    cite = read(small / "book/en/back/how-to-cite.html").article
    assert cite.get_text().count("https://example.org/chains/") == 2


def test_a_former_place_leads_on(small):
    page = read(small / "book/en/old/page.html")
    assert page.find("meta", attrs={"http-equiv": "refresh"})["content"] == "0; url=../other.html#here"
    assert page.main.a["href"] == "../other.html#here"
    assert page.main.a.get_text() == "Another page"
    assert page.html["lang"] == "en" and page.title.get_text() == "Moved: Another page"
    canonical = "https://example.org/chains/book/en/other.html#here"
    assert page.find("link", rel="canonical")["href"] == canonical
    assert page.find("script") is None
    assert page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("book/en/other.html", "book/en/index.html", "still there"),
        ("book/en/gone.html", "book/en/nowhere.html", "where no page is"),
        ("book/en/gone.html", "book/en/other.html#nowhere", "no such anchor"),
    ],
)
def test_a_wrong_move_is_refused(small, old, new, says):
    with pytest.raises(ValueError, match=says):
        finish.write_moved(small, old, new)


def test_how_to_cite_is_what_the_citation_file_says(chapters):
    facts = about.read(ROOT)
    blocks = [pre.get_text().strip() for pre in chapters["book/en/back/how-to-cite.html"].select("article pre")]
    assert about.citation(facts) in blocks and about.bibtex(facts) in blocks
    assert (ROOT / "CITATION.cff").read_text(encoding="utf-8").strip() in blocks
    for part in (facts["title"], facts["authors"][0]["name"], facts["version"], str(facts["date-released"].year)):
        assert part in about.citation(facts) and part in about.bibtex(facts)


def test_a_person_is_cited_by_name():
    facts = {
        "title": "A book: of numbers",
        "version": "1.0.0",
        "date-released": "2026-02-01",
        "authors": [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "The project"}],
    }
    url = "https://example.org/"
    assert about.citation(facts, url) == (
        "Ada Lovelace, The project (2026). A book: of numbers. Edition 1.0.0, 1 February 2026. https://example.org/"
    )
    assert about.bibtex(facts, url).splitlines() == [
        "@misc{a-book-1.0.0,",
        "  author = {Lovelace, Ada and {The project}},",
        "  title = {{A book: of numbers}},",
        "  year = {2026},",
        "  month = feb,",
        "  edition = {1.0.0},",
        "  note = {Edition 1.0.0, 1 February 2026},",
        "  url = {https://example.org/},",
        "}",
    ]


def test_another_version_in_the_citation_file_is_refused(tmp_path):
    shutil.copyfile(ROOT / "CITATION.cff", tmp_path / "CITATION.cff")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.9.9"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"pyproject\.toml 9\.9\.9"):
        about.read(tmp_path)


def test_licences_are_on_every_page(pages, chapters):
    cite = pages["book/en/back/how-to-cite.html"]
    for where, page in [*chapters.items(), ("search.html", pages["search.html"])]:
        links = {a.get_text(): a["href"] for a in page.select("footer a[rel~=license]")}
        assert list(links) == [name for _, name, _, _ in about.LICENCES], where
        assert all(cite.find(id=link.split("#")[1]) for link in links.values()), where
        assert page.select("footer a[href$='#how-to-cite']"), where
