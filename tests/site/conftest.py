import pytest
from bs4 import BeautifulSoup

from tests.building import built


@pytest.fixture(scope="session")
def site():
    """The folder of the site, built if it is not fresh."""
    return built("build", "html")


@pytest.fixture(scope="session")
def pages(site):
    """Every page of the site, parsed as a browser parses it, by its place in the site."""
    paths = sorted(site.rglob("*.html"))
    return {p.relative_to(site).as_posix(): BeautifulSoup(p.read_text(encoding="utf-8"), "html5lib") for p in paths}


@pytest.fixture(scope="session")
def chapters(pages):
    """The pages that the table of contents names: not those that only lead to where a page has moved."""
    return {name: page for name, page in pages.items() if name.startswith("book/") and page.find("article")}
