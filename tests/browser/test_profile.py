"""Pages of other places in a real browser: a region's profile, and what leads to the chapters of a province."""

import fcntl

import pikepdf
import pytest
from click.testing import CliRunner

from analysis.cli import cli
from book._tools import elsewhere
from tests.browser.conftest import DESK, PHONE, one_file_holds


@pytest.fixture(scope="module")
def folder_of_profile(tmp_path_factory, worker_id):
    """The folder of a profile, made by the worker that asks first."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "profile"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "zhejiang.pdf").exists():
            arguments = ["profile", "Zhejiang 2017", "--draws", "20", "--pdf", "-o", str(folder / "zhejiang.html")]
            result = CliRunner().invoke(cli, arguments)
            assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_profile_is_accessible_and_fits(folder_of_profile, browser, size, theme):
    one_file_holds(browser, folder_of_profile / "zhejiang.html", size, theme)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_that_leads_to_the_chapters_of_a_province_is_accessible_and_fits(tmp_path, browser, size):
    names = list(elsewhere.listed()["chapters"])
    made = {name: (name, "", {"1.1.1-pull": "mixed"}, {"1.1.1-pull": "supported"}) for name in names[1:]}
    failed = {names[0]: "analysis.verdicts.evidence.a_name_without_a_place_to_break_it"}
    text = elsewhere.contents(made, failed, "Zhejiang", 2012, "net inflow")
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    one_file_holds(browser, tmp_path / "index.html", size, "light")


def test_the_pdf_is_tagged_and_has_an_outline(folder_of_profile):
    with pikepdf.open(folder_of_profile / "zhejiang.pdf") as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        with pdf.open_outline() as outline:
            assert "Zhejiang 2017" in outline.root[0].title
