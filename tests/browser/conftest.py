"""A browser that reads the built site as a reader's would, from a server that knows no other host."""

import functools
import gzip
import http.server
import os
import threading
import time
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from book._tools.pdf import QUIET, PrintError, chromium
from tests.building import built

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1440, "height": 900}
# make test-browser QUICK=1: less of what repeats
QUICK = bool(os.environ.get("QUICK"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def folder():
    """The folder of the site, built if it is not fresh."""
    return built("build", "html")


@pytest.fixture(scope="session")
def host(folder):
    """The address of a server of the site."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Chromium: the one named in CHROMIUM, else the system's."""
    try:
        found = chromium()
    except PrintError as problem:
        pytest.fail(str(problem), pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield started
        started.close()


def until(tab, condition):
    """Wait until a condition in JavaScript holds: asked from here, for the policy of a page forbids the eval with which
    a wait inside of it would ask again."""
    deadline = time.monotonic() + 30
    while not tab.evaluate(f"Boolean({condition})"):
        assert time.monotonic() < deadline, f"not within 30 s: {condition}"
        tab.wait_for_timeout(50)


class Visit:
    """A page of the site in a tab of its own, with what it asked for and what its scripts complained of."""

    def __init__(self, browser, host, folder, **context):
        self.host, self.folder = host, folder
        self.context = browser.new_context(**({"viewport": PHONE} | context))
        self.tab = self.context.new_page()
        self.asked, self.complaints = [], []
        # said by the page itself, whether or not the browser prints it
        self.context.add_init_script(
            """addEventListener('securitypolicyviolation',
                 event => console.error(`refused by ${event.effectiveDirective}: ${event.blockedURI}`))"""
        )
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def go(self, page):
        """Open a page, wait until all that it asks for has come."""
        self.tab.goto(f"{self.host}/{page}")
        return self.tab

    def load_pictures(self):
        """Load also the pictures that wait until a reader scrolls down to them."""
        self.tab.evaluate(
            """Promise.all([...document.images].map(image => {
              image.loading = 'eager';
              return image.decode();
            }))"""
        )
        # a picture is there before the browser has said so
        self.tab.wait_for_load_state("networkidle")

    def show(self, size, theme):
        """Change the window and the colours."""
        self.tab.set_viewport_size(size)
        self.tab.emulate_media(color_scheme=theme)
        until(self.tab, f"document.documentElement.dataset.theme === {theme!r}")
        # the theme moves its bars and fades its colours; half a state has no fair contrast
        self.tab.wait_for_timeout(400)

    @property
    def weight(self):
        """Bytes over the wire of all that was asked for, compressed as a web server compresses."""
        packed = (".woff", ".woff2", ".png", ".jpg")
        places = {unquote(urlsplit(url).path).lstrip("/") for url in self.asked if url.startswith(self.host)}
        bodies = {place: (self.folder / place).read_bytes() for place in places}
        return sum(
            len(body) if place.endswith(packed) else len(gzip.compress(body, 6)) for place, body in bodies.items()
        )


@pytest.fixture
def visit(browser, host, folder):
    """Open a tab; closed after the test."""
    opened = []

    def opener(**context):
        opened.append(Visit(browser, context.pop("host", host), folder, **context))
        return opened[-1]

    yield opener
    for one in opened:
        one.context.close()


def one_file_holds(browser, path, size, theme):
    """Open a page that is one file, offline: it asks for nothing, fits the window, and axe-core finds nothing."""
    context = browser.new_context(viewport=size, color_scheme=theme, offline=True, bypass_csp=True)
    tab = context.new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert Axe().run(tab).response["violations"] == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()
