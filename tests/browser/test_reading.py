"""What readers do: search, read from a disk, use the keyboard, look at charts."""

import pytest

from tests.browser.conftest import DESK, PHONE, until
from tests.browser.queries import QUERIES

COVER = "book/en/index.html"
CHAPTER = "book/en/1-why-chains-lead/1-1-how-high-end-industry-leads/1-1-1-linkages.html"


def results(tab):
    """Places of the first five hits, once the search has ended."""
    until(tab, "document.querySelector('#search-results h2, .search-summary') && Search._index !== null")
    tab.wait_for_timeout(200)
    return tab.eval_on_selector_all("ul.search li a", "links => links.map(a => a.getAttribute('href'))")[:5]


@pytest.fixture(scope="module")
def searcher(browser, host):
    context = browser.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("query", "wanted"), QUERIES, ids=[q for q, _ in QUERIES])
def test_search_finds(searcher, host, query, wanted):
    searcher.goto(f"{host}/search.html?q={query}")
    found = results(searcher)
    assert any(wanted in place for place in found), found


def test_search_and_charts_from_a_disk_without_network(visit, folder):
    one = visit(host=folder.as_uri(), offline=True, viewport=DESK)
    tab = one.go("search.html?q=electronics")
    assert results(tab)
    tab = one.go(CHAPTER)
    one.load_pictures()
    widths = tab.eval_on_selector_all("article img", "all => all.map(image => image.naturalWidth)")
    assert widths and min(widths) > 0
    tab.keyboard.press("Control+k")
    tab.keyboard.type("upstreamness")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=upstreamness**")
    assert results(tab)
    assert one.complaints == []


def test_first_stop_of_the_keyboard_skips_to_the_text(visit):
    tab = visit(viewport=DESK).go(CHAPTER)
    tab.keyboard.press("Tab")
    assert "main content" in tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main-content"


def test_everything_that_acts_is_reached_by_the_keyboard(visit):
    """Tab through the whole page: every visible link, button, field, fold and wide table has its turn."""
    tab = visit(viewport=DESK).go(CHAPTER)
    wanted = tab.evaluate(
        """() => {
          const all = document.querySelectorAll(
            'article a[href], article button, article summary, article input, article .table-scroll');
          const seen = [...all].filter(e => e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0);
          seen.forEach((e, i) => e.dataset.stop = i);
          return seen.length;
        }"""
    )
    assert wanted > 20
    assert (
        tab.eval_on_selector_all(
            "article :is(button, summary):not([data-stop])",
            "all => all.filter(e => e.checkVisibility({visibilityProperty: true})).length",
        )
        == 0
    )
    reached = set()
    for _ in range(4 * wanted + 400):
        tab.keyboard.press("Tab")
        stop = tab.evaluate("document.activeElement.dataset.stop")
        if stop is not None:
            reached.add(int(stop))
        if len(reached) == wanted:
            break
    assert sorted(set(range(wanted)) - reached) == []


def test_data_of_a_chart_opens_by_the_keyboard(visit):
    tab = visit(viewport=DESK).go(CHAPTER)
    fold = tab.locator("details.chart-data").first
    assert not fold.locator("table").is_visible()
    fold.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert fold.locator("table").is_visible()


def test_contents_open_and_close_on_a_phone(visit):
    tab = visit().go(CHAPTER)
    contents = tab.locator("#pst-primary-sidebar, #pst-primary-sidebar-modal").get_by_role("link", name="How to read")
    assert not contents.first.is_visible()
    tab.locator("button.primary-toggle").first.focus()
    tab.keyboard.press("Enter")
    contents.first.wait_for(state="visible")
    tab.keyboard.press("Escape")
    contents.first.wait_for(state="hidden")


def test_search_opens_from_the_keyboard_and_goes(visit, host):
    tab = visit(viewport=DESK).go(COVER)
    tab.keyboard.press("Control+k")
    tab.keyboard.type("upstreamness")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=upstreamness**")
    assert results(tab)


def test_page_prints_by_its_button(visit):
    tab = visit(viewport=DESK).go(CHAPTER)
    tab.evaluate("window.print = () => { window.printed = true }")
    tab.locator("button.btn-download-pdf-button").evaluate("button => button.click()")
    assert tab.evaluate("window.printed")


def test_theme_changes_by_button_and_stays(visit):
    one = visit(viewport=DESK, color_scheme="light")
    tab = one.go(COVER)
    button = tab.locator("button.theme-switch-button").first
    button.focus()
    before = tab.evaluate("document.documentElement.dataset.mode")
    tab.keyboard.press("Enter")
    after = tab.evaluate("document.documentElement.dataset.mode")
    assert after != before
    one.go(CHAPTER)
    assert tab.evaluate("document.documentElement.dataset.mode") == after


@pytest.mark.parametrize(
    "page",
    [
        COVER,
        CHAPTER,
        "book/en/1-why-chains-lead/1-2-seven-bottlenecks/index.html",
        "book/en/3-strategy/3-map.html",
        "book/en/4-measures/index.html",
        "book/en/learn/first-table.html",
        "book/en/back/audit.html",
    ],
)
def test_charts_and_captions_fit_a_phone(visit, page):
    """A chart is shown whole and as wide as the window, which keeps its letters large; captions are seen whole."""
    one = visit()
    tab = one.go(page)
    one.load_pictures()
    boxes = "all => all.map(e => [e.getBoundingClientRect(), e]).map(([r, e]) => [r.left, r.right, e.naturalWidth])"
    charts = tab.eval_on_selector_all("article figure > img", boxes)
    assert charts
    for left, right, width in charts:
        assert left >= 0 and right <= PHONE["width"], (left, right)
        assert (right - left) / width > 0.85, (left, right, width)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for left, right, _ in tab.eval_on_selector_all("article caption", boxes):
        assert left >= 0 and right <= PHONE["width"], (left, right)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
