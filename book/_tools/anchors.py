"""The places that others may point to, and that stay: ``python -m book._tools.anchors`` adds those that are new.

They are listed in ``tests/site/anchors.txt``: every page, and in it every label, figure, table, verdict and term.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urldefrag

from bs4 import BeautifulSoup
from sphinx.util.inventory import InventoryFile

from analysis.data import whole_files
from book._tools import build

LIST = build.ROOT / "tests/site/anchors.txt"
# what Sphinx labels by itself, on pages that this site does not have
GENERATED = ("genindex", "modindex", "py-modindex", "search")


def kept() -> list[str]:
    """Return the list."""
    return LIST.read_text(encoding="utf-8").splitlines()


def found(site: Path) -> list[str]:
    """Return the places of a written site that belong into the list, sorted: pages, and anchors given by hand."""
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda _, place: place)
    places = {entry[2] for entry in inventory["std:doc"].values() if entry[2].startswith("book/")}
    for kind in ("std:label", "std:term"):
        places |= {entry[2] for name, entry in inventory.get(kind, {}).items() if name not in GENERATED}
    for path in sorted((site / "book").rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        place = path.relative_to(site).as_posix()
        named = page.select("article :is(.verdict, figure, table, .math-block)[id]")
        places |= {f"{place}#{tag['id']}" for tag in named}
    return sorted(places)


def lost(places: Iterable[str], ids: Mapping[str, set[str]], moved: Mapping[str, str]) -> list[str]:
    """Return the places that lead nowhere any more.

    Parameters
    ----------
    places : iterable of str
        Pages, and anchors after a ``#``.
    ids : mapping of str to set of str
        The identifiers in every page of the site.
    moved : mapping of str to str
        Former places of pages, each with the present one. An anchor has to be on the page that is there now.
    """
    gone = []
    for place in places:
        page, anchor = urldefrag(place)
        page = urldefrag(moved.get(page, page)).url
        if page not in ids or (anchor and anchor not in ids[page]):
            gone.append(place)
    return gone


def main() -> int:
    """Add to the list what is new in the site; return the exit code."""
    before = set(kept()) if LIST.exists() else set()
    new = set(found(build.site(stored=True))) - before
    with whole_files(LIST) as (half,):
        half.write_text("".join(f"{place}\n" for place in sorted(before | new)), encoding="utf-8", newline="\n")
    print(f"{LIST.relative_to(build.ROOT)}: {len(new)} added, {len(before | new)} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
