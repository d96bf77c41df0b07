"""Build the site: ``python -m book._tools.build [--stored]``.

The notebooks are executed (or their outputs, kept under a key of all that could change them, are taken), written into
a copy of the sources, and the site is built from that copy, always from a clean start. If nothing has changed since
the last build, the site is left as it is. It is built beside the last one, which stays until the new one is complete:
whatever stops a build leaves a whole site behind, and the next one starts afresh. With ``--stored`` nothing is
executed, and the outputs are those that the notebooks hold: the tests, which execute every notebook and compare, show
that this is the same site.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from analysis.data import DataError, whole_files
from book._tools import about, notebooks

ROOT = notebooks.ROOT
# all that the site is made of: nothing else reaches the builder
INPUTS = (
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "LICENSE-text",
    "_config.yml",
    "_toc.yml",
    "analysis",
    "book",
    "data",
    "examples",
    "pyproject.toml",
    "requirements.lock",
)


class BuildError(Exception):
    """The site could not be built; the messages above say why."""


def site(root: Path = ROOT, *, stored: bool = False) -> Path:
    """Return the folder of the site, built anew if anything it is made of has changed.

    Parameters
    ----------
    root : Path
        The project folder.
    stored : bool
        Take the outputs that the notebooks hold instead of executing them.

    Raises
    ------
    BuildError
        If the builder warns or fails.
    book._tools.notebooks.NotebookError
        If a notebook fails.
    """
    build = root / "_build"
    build.mkdir(exist_ok=True)
    html, stamp = build / "html", build / "html.key"
    with (build / "lock").open("w") as lock:
        _take_turns(lock)
        _settle(html)
        key = notebooks.hash_files(inputs(root), root) + sys.version
        # a site of executed notebooks serves where stored outputs would do, not the other way round
        fresh = {f"{key} executed", f"{key} stored"} if stored else {f"{key} executed"}
        if html.is_dir() and stamp.exists() and stamp.read_text() in fresh:
            return html
        source = _source(root, {} if stored else _executed(root))
        new = _beside(html, "new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(build / "doctrees", ignore_errors=True)
        _run_sphinx(source, new, build / "doctrees")
        (new / ".buildinfo").unlink(missing_ok=True)
        # the stamp goes first and comes last: no site is ever taken for another
        stamp.unlink(missing_ok=True)
        if html.exists():
            html.rename(_beside(html, "old"))
        new.rename(html)
        with whole_files(stamp) as (half,):
            half.write_text(f"{key} {'stored' if stored else 'executed'}")
        shutil.rmtree(_beside(html, "old"), ignore_errors=True)
        return html


def _take_turns(lock) -> None:
    """Wait until no other build of this folder runs; say so if there is one. A build that dies lets go."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another build of this folder is running: waiting for it", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _beside(html: Path, word: str) -> Path:
    return html.with_name(f"{html.name}.{word}")


def _settle(html: Path) -> None:
    """Put the last site back if a build died between moving it away and putting the new one there."""
    old = _beside(html, "old")
    if old.is_dir() and not html.exists():
        old.rename(html)
    shutil.rmtree(old, ignore_errors=True)


def _executed(root: Path) -> dict[Path, str]:
    """Return the notebooks' text as executed now; say which are stored otherwise."""
    paths = notebooks.find(root)
    print(f"Executing the notebooks ({len(paths)})", flush=True)
    texts = notebooks.execute(paths, root=root)
    for path, text in texts.items():
        if path.read_text(encoding="utf-8") != text:
            print(f"  {path.relative_to(root)}: stored otherwise than built here; run make notebooks", flush=True)
    return texts


def inputs(root: Path) -> list[Path]:
    """Return what there is of all that the site is made of."""
    return [root / name for name in INPUTS if (root / name).exists()]


def copy_inputs(root: Path, target: Path) -> None:
    """Copy all that the site is made of, without caches and hidden files, to a folder that is not there yet."""
    target.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for path in inputs(root):
        place = target / path.relative_to(root)
        shutil.copytree(path, place, ignore=ignore) if path.is_dir() else shutil.copyfile(path, place)


def _source(root: Path, texts: dict[Path, str]) -> Path:
    """Copy the inputs to a folder of their own, with the texts of notebooks that differ from what is stored."""
    source = root / "_build/source"
    shutil.rmtree(source, ignore_errors=True)
    copy_inputs(root, source)
    for path, text in texts.items():
        (source / path.relative_to(root)).write_text(text, encoding="utf-8", newline="\n")
    return source


def _run_sphinx(source: Path, html: Path, doctrees: Path) -> None:
    from jupyter_book.sphinx import build_sphinx
    from sphinx.util.console import nocolor

    if not sys.stdout.isatty():
        nocolor()
    # dates in the site are those of the edition, not of the machine that builds it
    os.environ["SOURCE_DATE_EPOCH"] = str(about.epoch(about.read(source)))
    os.environ["TZ"] = "UTC"
    result = build_sphinx(
        source,
        html,
        noconfig=True,
        path_config=str(source / "_config.yml"),
        confoverrides={
            "latex_individualpages": False,
            "external_toc_path": str(source / "_toc.yml"),
            # the outputs in the copy are this minute's
            "nb_execution_mode": "off",
        },
        doctreedir=doctrees,
        warningiserror=True,
        keep_going=True,
        freshenv=True,
    )
    if result != 0:
        raise BuildError(f"the site was not built: {result if isinstance(result, Exception) else 'see the warnings'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the site and say where it is; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--stored", action="store_true", help="execute nothing, take the outputs that are stored")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        html = site(stored=options.stored)
    except (BuildError, notebooks.NotebookError) as error:
        print(error, file=sys.stderr)
        return 1
    except (DataError, OSError) as error:
        print(f"the site was not built: {error}. The last one, if there is one, is as it was", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was executed so far is kept for the next build.", file=sys.stderr)
        return 130
    root_page = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["root"]
    print(f"\nThe book is ready ({time.monotonic() - start:.0f} s):")
    print(f"  open {(html / root_page).with_suffix('.html')}")
    print("  or run make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main())
