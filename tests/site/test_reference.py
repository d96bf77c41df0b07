"""The reference holds every public name of the library and every command, and so does the inventory of the site."""

import importlib
import pkgutil

import pytest
from sphinx.util.inventory import InventoryFile

import analysis
from analysis.cli import cli
from book._tools.sphinx_site import REFERENCE


@pytest.fixture(scope="module")
def inventory(site):
    with (site / "objects.inv").open("rb") as file:
        return InventoryFile.load(file, "", lambda base, place: place)


def test_every_package_with_public_names_has_a_page(site):
    packages = {m.name for m in pkgutil.iter_modules(analysis.__path__) if m.ispkg}
    assert packages == {*REFERENCE, "cli"}
    assert all((site / f"book/en/api/{name}.html").is_file() for name in REFERENCE)


@pytest.mark.parametrize("package", REFERENCE)
def test_every_public_name_has_an_entry(inventory, chapters, package):
    entries = {
        name: entry[2] for kind in inventory if kind.startswith("py:") for name, entry in inventory[kind].items()
    }
    page = f"book/en/api/{package}.html"
    public = {f"analysis.{package}.{name}" for name in importlib.import_module(f"analysis.{package}").__all__}
    assert public
    assert {name: entries.get(name) for name in public} == {name: f"{page}#{name}" for name in public}
    for name in public:
        described = chapters[page].find(id=name).find_parent("dl").find("dd").get_text(strip=True)
        assert len(described) > 15, name


def test_every_command_is_described(chapters):
    page = chapters["book/en/api/command-line.html"]
    titles = {title.find(string=True, recursive=False).strip() for title in page.find_all(["h2", "h3", "h4"])}
    assert {*cli.commands, *cli.commands["scenario"].commands} <= titles


def test_commands_stand_as_they_are_typed(chapters):
    article = chapters["book/en/api/command-line.html"].find("article")
    assert 'scenario demand "Shanghai 2017" C19=100' in article.get_text()
    assert "“Shanghai" not in article.get_text()
    assert [text for text in article.find_all(string=lambda text: "–" in text)] == []
