import subprocess
import sys

import pytest
from bs4 import BeautifulSoup

from book._tools.build import ROOT


@pytest.fixture(scope="session")
def site():
    """The folder of the site, built if it is not fresh."""
    command = [sys.executable, "-m", "book._tools.build", "--stored"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        pytest.fail(f"make book fails:\n{result.stdout}\n{result.stderr}", pytrace=False)
    return ROOT / "_build/html"


@pytest.fixture(scope="session")
def pages(site):
    """Every page of the site, parsed as a browser parses it, by its place in the site."""
    paths = sorted(site.rglob("*.html"))
    return {p.relative_to(site).as_posix(): BeautifulSoup(p.read_text(encoding="utf-8"), "html5lib") for p in paths}


@pytest.fixture(scope="session")
def chapters(pages):
    """The pages that the table of contents names: not those that only lead to where a page has moved."""
    return {name: page for name, page in pages.items() if name.startswith("book/") and page.find("article")}
