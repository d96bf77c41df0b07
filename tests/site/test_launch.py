"""Links that run a chapter elsewhere: there once the repository has a public address, and not before."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from book._tools import sphinx_site
from book._tools.build import ROOT

SERVICES = ("mybinder.org", "colab.research.google.com")


def launches(page):
    return [a["href"] for a in page.find_all("a", href=True) if any(service in a["href"] for service in SERVICES)]


def test_chapters_have_launch_links_if_the_repository_has_an_address(chapters):
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    wanted = len(SERVICES) if config["sphinx"]["config"]["html_theme_options"]["repository_url"] else 0
    notebooks = {where for where in chapters if (ROOT / where).with_suffix(".ipynb").exists()}
    assert notebooks
    assert {where: len(launches(page)) for where, page in chapters.items()} == {
        where: wanted if where in notebooks else 0 for where in chapters
    }


@pytest.mark.parametrize(("url", "kept"), [("", False), ("https://github.com/some-one/chains", True)])
def test_address_decides(url, kept):
    options = {"repository_url": url, "launch_buttons": {"colab_url": "https://colab.research.google.com"}}
    config = SimpleNamespace(html_theme_options=options)
    sphinx_site.configure(SimpleNamespace(srcdir=str(ROOT)), config)
    assert ("launch_buttons" in config.html_theme_options) is kept


def test_with_an_address_a_chapter_leads_to_both_services(tmp_path):
    """A book of one notebook, built with this book's own configuration and an address."""
    source = tmp_path / "source"
    (source / "book/en").mkdir(parents=True)
    shutil.copytree(ROOT / "book/_static", source / "book/_static")
    for name in ("CITATION.cff", "pyproject.toml", "book/references.bib"):
        shutil.copyfile(ROOT / name, source / name)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"]["html_theme_options"]["repository_url"] = "https://github.com/some-one/chains"
    (source / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (source / "_toc.yml").write_text("format: jb-book\nroot: book/en/first\n", encoding="utf-8")
    cells = [nbformat.v4.new_markdown_cell("# First\n\nOne sentence of prose.", id="a")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, source / "book/en/first.ipynb")
    run = "import pathlib, sys; from book._tools import build; build._run_sphinx(*map(pathlib.Path, sys.argv[1:]))"
    folders = [str(source), str(tmp_path / "html"), str(tmp_path / "doctrees")]
    result = subprocess.run([sys.executable, "-c", run, *folders], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    page = BeautifulSoup((tmp_path / "html/book/en/first.html").read_text(encoding="utf-8"), "html5lib")
    assert launches(page) == [
        "https://mybinder.org/v2/gh/some-one/chains/main?urlpath=lab/tree/book/en/first.ipynb",
        "https://colab.research.google.com/github/some-one/chains/blob/main/book/en/first.ipynb",
    ]
