"""The audit of a report as one page, in a real browser: accessible, as wide as the window, asking for nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis.cli import FINDINGS, cli
from tests.browser.conftest import DESK, PHONE, one_file_holds

EXAMPLE = Path(__file__).parents[2] / "examples" / "communique_2023"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "audit.html"
    result = CliRunner().invoke(cli, ["audit", str(EXAMPLE), "-o", str(path)])
    assert result.exit_code == FINDINGS, result.output
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_an_audit_is_accessible_and_fits(page, browser, size, theme):
    one_file_holds(browser, page, size, theme)


def test_the_style_passes_its_own_policy(page, browser):
    tab = browser.new_page(viewport=DESK, color_scheme="light")
    told = []
    tab.on("console", lambda message: told.append(message.text))
    tab.goto(page.as_uri())
    assert told == []
    assert tab.evaluate("getComputedStyle(document.querySelector('article.bad')).borderLeftColor") == "rgb(168, 58, 0)"
    tab.close()
