"""The page of a region's profile in a real browser: accessible, as wide as the window, and printed."""

import pikepdf
import pytest
from click.testing import CliRunner

from analysis.cli import cli
from tests.browser.conftest import DESK, PHONE, one_file_holds


@pytest.fixture(scope="module")
def folder_of_profile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    arguments = ["profile", "Zhejiang 2017", "--draws", "20", "--pdf", "-o", str(folder / "zhejiang.html")]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_profile_is_accessible_and_fits(folder_of_profile, browser, size, theme):
    one_file_holds(browser, folder_of_profile / "zhejiang.html", size, theme)


def test_the_pdf_is_tagged_and_has_an_outline(folder_of_profile):
    with pikepdf.open(folder_of_profile / "zhejiang.pdf") as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        with pdf.open_outline() as outline:
            assert "Zhejiang 2017" in outline.root[0].title
