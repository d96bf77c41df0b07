"""Whose book it is, which edition, how it is cited and under which licences, all from ``CITATION.cff``."""

from __future__ import annotations

import calendar
import re
import time
import tomllib
from pathlib import Path

import yaml

# what stands under which licence; the page on citing says the same at length
LICENCES = (
    ("Text, tables and figures", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", "licence-text"),
    ("Code", "MIT", "https://opensource.org/license/mit", "licence-code"),
)
CITE_PAGE = "book/en/back/how-to-cite"


def read(root: Path) -> dict:
    """Return what the citation file says.

    Raises
    ------
    ValueError
        If it names another version than ``pyproject.toml``.
    """
    about = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if str(about["version"]) != version:
        raise ValueError(f"CITATION.cff names version {about['version']}, pyproject.toml {version}; make them equal")
    return about


def released(about: dict) -> time.struct_time:
    """Return the day of the edition."""
    return time.strptime(str(about["date-released"]), "%Y-%m-%d")


def epoch(about: dict) -> int:
    """Return the day of the edition in seconds since 1970: the date of all that is built."""
    return calendar.timegm(released(about))


def edition(about: dict) -> str:
    """Return the edition and its date, as the foot of every page names them."""
    date = released(about)
    return f"Edition {about['version']}, {date.tm_mday} {time.strftime('%B %Y', date)}"


def address(root: Path) -> str:
    """Return where the site is published, as ``_config.yml`` says, or nothing."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return (config.get("html") or {}).get("baseurl") or ""


def authors(about: dict) -> list[str]:
    """Return the names of the authors, persons and others."""
    people = ([a.get("given-names", ""), a.get("family-names", "")] for a in about["authors"])
    return [a.get("name") or " ".join(filter(None, names)) for a, names in zip(about["authors"], people, strict=True)]


def citation(about: dict, url: str = "") -> str:
    """Return the sentence to cite."""
    text = f"{', '.join(authors(about))} ({released(about).tm_year}). {about['title']}. {edition(about)}."
    return f"{text} {url}" if url else text


def bibtex(about: dict, url: str = "") -> str:
    """Return the entry for a BibTeX file."""
    date = released(about)
    # braces keep a name that is not a person's, and the capitals of a title, as they are
    names = " and ".join(
        f"{{{a['name']}}}" if "name" in a else f"{a['family-names']}, {a['given-names']}" for a in about["authors"]
    )
    key = re.sub(r"[^a-z]+", "-", about["title"].split(":")[0].lower().replace("'", "")).strip("-")
    fields = {
        "author": names,
        "title": f"{{{about['title']}}}",
        "year": str(date.tm_year),
        "month": time.strftime("%b", date).lower(),
        "edition": str(about["version"]),
        "note": edition(about),
    }
    if url:
        fields["url"] = url
    bare = ("month",)
    rows = "".join(f"  {name} = {value if name in bare else '{' + value + '}'},\n" for name, value in fields.items())
    return f"@misc{{{key}-{about['version']},\n{rows}}}"


def front_matter(root: Path) -> list[str]:
    """Return the lines under the title of an edition: whose, which, under which licences, and where it lives."""
    about = read(root)
    lines = [", ".join(authors(about)), edition(about)]
    lines += [f"{what}: {name} ({url})" for what, name, url, _ in LICENCES]
    lines.append("The official figures in it are their publishers'; the page on data sources names each.")
    return lines + [address(root)] * bool(address(root))
