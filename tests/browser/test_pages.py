"""Every page in a real browser: alone, light, accessible and within its width, by day and by night, small and large."""

import re
import statistics
from urllib.parse import urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

from book._tools.build import ROOT
from tests.browser.conftest import DESK, PHONE, QUICK
from tests.site.test_site import entries

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [re.sub(r"\.(md|ipynb)$", "", entry) + ".html" for entry in entries(TOC)]
# each page in each window and colour; axe-core where both change: what a theme changes does not depend on the width
VIEWS = ((PHONE, "light"), (PHONE, "dark"), (DESK, "dark"), (DESK, "light"))
# if it must be quick: the two that axe-core reads, and it reads one of them a page
READ = ((PHONE, "light"), (DESK, "dark"))
MOST = 1_200_000
MEDIAN = 300_000
AXE = Axe()


# what a script or sheet is for, and what on a page needs it; None: every page
USES = {
    "house.js": None,
    "house.css": None,
    # names the site's root and language to the scripts of search and marks
    "documentation_options.js": None,
    "doctools.js": None,
    # marks the words that a reader searched for, on the page that was found
    "sphinx_highlight.js": None,
    "bootstrap.js": "[data-bs-toggle]",
    "pydata-sphinx-theme.js": "#pst-search-dialog",
    "sphinx-book-theme.js": ".bd-sidebar-primary",
    "theme.css": None,
    "pydata-sphinx-theme.css": None,
    "sphinx-book-theme.css": None,
    "basic.css": None,
    "pygments.css": "div.highlight",
    "copybutton.css": "div.highlight pre",
    "copybutton.js": "div.highlight pre",
    "clipboard.min.js": "div.highlight pre",
    "mystnb.css": "div.cell",
    "searchtools.js": "#search-results",
    "language_data.js": "#search-results",
    "searchindex.js": "#search-results",
    "explore.css": "[data-explore]",
    "explore.js": "[data-explore]",
    "vega.js": "[data-explore][data-vega]",
}
# the one script of an explorable page
EXPLORES = re.compile(r"explore-([a-z-]+)\.js")


@pytest.fixture(scope="session")
def weights(tmp_path_factory, worker_id):
    """The file that holds what a page weighs, by page; all workers share them."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "weights"
    folder.mkdir(exist_ok=True)
    return lambda page: folder / page.replace("/", " ")


def weigh(one, page, weights):
    """Load all pictures of a page that was opened, and keep what everything it loaded weighs."""
    one.load_pictures()
    weight = one.weight
    weights(page).write_text(str(weight))
    return weight


def loads_what_it_uses(one, page):
    """Each script and sheet is loaded where something on the page needs it, and only there."""
    tab = one.tab
    loaded = {urlsplit(url).path.rsplit("/", 1)[-1] for url in one.asked}
    loaded = {re.sub(r"^(mystnb)\.\w+", r"\1", name) for name in loaded if name.endswith((".js", ".css"))}
    own = {name for name in loaded if EXPLORES.fullmatch(name)}
    explorers = [tag.get_attribute("data-explore") for tag in tab.query_selector_all("[data-explore]")]
    assert own == {f"explore-{name}.js" for name in explorers}, page
    loaded -= own
    assert loaded <= set(USES), page
    needed = {name for name, selector in USES.items() if selector is None or tab.query_selector(selector)}
    assert loaded == needed, page


@pytest.mark.parametrize("page", [*PAGES, "search.html"])
def test_page(visit, host, page, weights):
    """One load a page: what it asks for, uses and weighs, and what axe-core finds in each window and colour."""
    one = visit()
    tab = one.go(page)
    assert [url for url in one.asked if not url.startswith((host, "data:"))] == []
    assert one.complaints == []
    loads_what_it_uses(one, page)
    assert weigh(one, page, weights) <= MOST
    found = []
    read = READ[len(page) % 2 :][:1] if QUICK else READ
    for size, theme in READ if QUICK else VIEWS:
        one.show(size, theme)
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{page} is {width} wide at {size['width']}"
        if (size, theme) in read:
            found += [
                (size["width"], theme, rule["id"], node["html"][:160])
                for rule in AXE.run(tab).response["violations"]
                for node in rule["nodes"]
            ]
    assert found == []


def test_entrance_leads_to_the_cover(visit):
    one = visit()
    tab = one.go("index.html")
    tab.wait_for_url("**/book/en/index.html")
    assert one.complaints == []


@pytest.mark.parametrize("page", [TOC["root"] + ".html", "search.html", "404.html"])
@pytest.mark.parametrize("disk", [False, True], ids=["from a server", "from a disk"])
def test_nothing_that_gets_into_a_page_runs(visit, host, folder, page, disk):
    """Script, handler, address, style and request, put into the page as an attacker would."""
    one = visit(host=folder.as_uri() if disk else host)
    tab = one.go(page)
    assert one.complaints == []
    tab.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = 'script'";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend",
            `<img src="data:," onerror="window.ran = 'handler'">
             <a id="link" href="javascript:window.ran = 'address'">x</a>
             <p id="styled" style="color: rgb(1, 2, 3)">x</p><style>#styled { opacity: 0.5 }</style>
             <script src="https://example.org/x.js"></` + `script><base href="https://example.org/">`);
          const foreign = document.createElement("script");
          foreign.src = "https://example.org/x.js";
          document.body.append(foreign);
          document.getElementById("link").click();
          fetch("https://example.org/").catch(() => {});
        }"""
    )
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.ran") is None
    style = "(({color, opacity}) => [color, opacity])(getComputedStyle(document.getElementById('styled')))"
    colour, opacity = tab.evaluate(style)
    assert (colour != "rgb(1, 2, 3)", opacity) == (True, "1")
    assert not tab.evaluate("document.baseURI").startswith("https://example.org")
    refused = {said.removeprefix("refused by ") for said in one.complaints if said.startswith("refused by ")}
    wanted = {"script-src-elem", "script-src-attr", "style-src-attr", "style-src-elem"}
    assert {f"{name}: inline" for name in wanted} <= refused
    foreign = {"script-src-elem: https://example.org/x.js", "connect-src: https://example.org/"}
    assert foreign <= refused
    assert any(said.startswith("base-uri:") for said in refused)


def test_missing_page_is_accessible_and_leads_back(visit):
    one = visit()
    tab = one.go("404.html")
    assert one.complaints == []
    assert AXE.run(tab).response["violations"] == []
    assert tab.get_by_role("link").get_attribute("href") == "/"


def test_pages_read_without_scripts(visit):
    one = visit(java_script_enabled=False)
    for page in PAGES:
        one.tab.goto(f"{one.host}/{page}", wait_until="domcontentloaded")
        top, shown, letters = one.tab.evaluate(
            """() => {
              const article = document.querySelector('article'), title = article.querySelector('h1');
              return [title.getBoundingClientRect().y, title.checkVisibility(), article.innerText.length];
            }"""
        )
        assert shown and top < PHONE["height"], page
        assert letters > 400, page


def test_half_of_the_pages_are_light(visit, weights):
    """Last, when most pages were opened; the others are weighed here."""
    found = []
    for page in PAGES:
        kept = weights(page)
        if kept.exists() and (text := kept.read_text()):
            found.append(int(text))
            continue
        one = visit()
        one.go(page)
        found.append(weigh(one, page, weights))
        one.context.close()
    assert statistics.median(found) <= MEDIAN
