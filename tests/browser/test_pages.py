"""Every page in a real browser: alone, light, accessible and within its width, by day and by night, small and large."""

import re
import statistics

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

from book._tools.build import ROOT
from tests.browser.conftest import DESK, PHONE
from tests.site.test_site import entries

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [re.sub(r"\.(md|ipynb)$", "", entry) + ".html" for entry in entries(TOC)]
MOST = 1_200_000
MEDIAN = 300_000
AXE = Axe()


@pytest.mark.parametrize("page", [*PAGES, "search.html"])
def test_page(visit, host, page):
    """One load a page: what it asks for, what it weighs, and what axe-core finds in each window and colour."""
    one = visit()
    tab = one.go(page)
    assert [url for url in one.asked if not url.startswith((host, "data:"))] == []
    assert one.complaints == []
    assert one.weight <= MOST
    found = []
    for size, theme in ((PHONE, "light"), (PHONE, "dark"), (DESK, "dark"), (DESK, "light")):
        one.show(size, theme)
        assert tab.evaluate("document.documentElement.dataset.theme") == theme
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{page} is {width} wide at {size['width']}"
        # each width and each theme once: what a theme changes does not depend on the width
        if (size, theme) in ((PHONE, "light"), (DESK, "dark")):
            found += [
                (size["width"], theme, rule["id"], node["html"][:160])
                for rule in AXE.run(tab).response["violations"]
                for node in rule["nodes"]
            ]
    assert found == []


def test_missing_page_is_accessible_and_leads_back(visit):
    one = visit()
    tab = one.go("404.html")
    assert one.complaints == []
    assert AXE.run(tab).response["violations"] == []
    assert tab.get_by_role("link").get_attribute("href") == "/"


def test_half_of_the_pages_are_light(visit):
    weights = []
    for page in PAGES:
        one = visit()
        one.go(page)
        one.load_pictures()
        weights.append(one.weight)
        one.context.close()
    assert statistics.median(weights) <= MEDIAN
    assert max(weights) <= MOST


def test_pages_read_without_scripts(visit):
    one = visit(java_script_enabled=False)
    for page in PAGES:
        tab = one.go(page)
        title = tab.locator("article h1")
        assert title.is_visible(), page
        assert title.bounding_box()["y"] < PHONE["height"], page
        assert len(tab.locator("article").inner_text()) > 400, page


def test_pages_load_no_script_or_sheet_that_they_do_not_use(visit):
    """Nothing for formulas, widgets or tabs is loaded by a page that has none."""
    one = visit()
    one.go(PAGES[0])
    loaded = {url.rsplit("/", 1)[-1].split("?")[0] for url in one.asked}
    assert not {name for name in loaded if re.search(r"mathjax|require|widget|plotly|vega|thebe|fontawesome", name)}
