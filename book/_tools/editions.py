"""Build the editions: ``python -m book._tools.editions [--stored] [epub | pdf | archive ...]``.

Without a name all are built, and beside them ``_build/published``: the site with the editions in it, and with a line on
its cover that leads to them. That folder is what a web server needs. All of it comes from the finished site; what is
as new as the site is not built again.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pikepdf
import yaml

from analysis.data import DataError, whole_files
from book._tools import archive, build, epub, finish, notebooks, pdf

ROOT = build.ROOT
SUFFIXES = {"pdf": ".pdf", "epub": ".epub", "archive": ".zip"}
NAMES = {"pdf": "PDF", "epub": "EPUB", "archive": "this site as an archive"}


def make(names: Iterable[str] = SUFFIXES, root: Path = ROOT, *, stored: bool = False) -> dict[str, Path]:
    """Return the files of editions, built anew if the site is.

    Parameters
    ----------
    names : iterable of {"pdf", "epub", "archive"}
        Which.
    root : Path
        The project folder.
    stored : bool
        Take the outputs that the notebooks hold instead of executing them, as in :func:`book._tools.build.site`.

    Raises
    ------
    book._tools.build.BuildError, book._tools.notebooks.NotebookError
        If the site cannot be built.
    book._tools.pdf.PrintError, ValueError
        If an edition cannot be made of it.
    """
    site = build.site(root, stored=stored)
    folder = root / "_build/editions"
    folder.mkdir(exist_ok=True)
    stem = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    files = {name: folder / f"{stem}{SUFFIXES[name]}" for name in names}
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, file in files.items():
            key = (root / "_build/html.key").read_text() + (_version(pdf.chromium()) if name == "pdf" else "")
            stamp = folder / f".{name}.key"
            if file.exists() and stamp.exists() and stamp.read_text() == key:
                continue
            print(f"Making the {file.suffix[1:]}", flush=True)
            stamp.unlink(missing_ok=True)
            _write(name, site, root, file)
            with whole_files(stamp) as (half,):
                half.write_text(key)
    return files


def publish(root: Path = ROOT, *, stored: bool = False) -> Path:
    """Return the folder of the site with all editions in it; parameters and errors as in :func:`make`."""
    files = make(root=root, stored=stored)
    site, published = root / "_build/html", root / "_build/published"
    new, old = published.with_name("published.new"), published.with_name("published.old")
    stamp = root / "_build/editions/.published.key"
    with (root / "_build/editions/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # the key of the PDF is that of the site and of the browser: all that the folder depends on
        key = stamp.with_name(".pdf.key").read_text()
        if published.is_dir() and stamp.exists() and stamp.read_text() == key:
            return published
        stamp.unlink(missing_ok=True)
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(site, new)
        (new / "editions").mkdir()
        for file in files.values():
            shutil.copyfile(file, new / "editions" / file.name)
        with pikepdf.open(files["pdf"]) as book:
            lengths = {"pdf": f"{len(book.pages)} pages, "}
        rows = [
            (f"editions/{file.name}", NAMES[name], f"{lengths.get(name, '')}{file.stat().st_size / 1e6:.1f} MB")
            for name, file in files.items()
        ]
        finish.offer(new, _cover(root), rows)
        shutil.rmtree(old, ignore_errors=True)
        if published.exists():
            published.rename(old)
        new.rename(published)
        with whole_files(stamp) as (half,):
            half.write_text(key)
        shutil.rmtree(old, ignore_errors=True)
    return published


def _write(name: str, site: Path, root: Path, file: Path) -> None:
    if name == "pdf":
        pdf.build(site, root, file)
    elif name == "epub":
        epub.build(site, root, file)
    else:
        paths = (path for path in site.rglob("*") if path.is_file())
        archive.write(file, {f"{file.stem}/{p.relative_to(site).as_posix()}": p.read_bytes() for p in paths})


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()


def _cover(root: Path) -> str:
    return yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))["root"] + ".html"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build editions and say where they are; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the editions of the book.")
    parser.add_argument("--stored", action="store_true", help="execute nothing, take the outputs that are stored")
    parser.add_argument("names", nargs="*", metavar="edition", help=f"one or more of {', '.join(SUFFIXES)}; else all")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(SUFFIXES):
        parser.error(f"there is no edition {', '.join(sorted(unknown))}; there is {', '.join(SUFFIXES)}")
    start = time.monotonic()
    published = None
    try:
        if not options.names:
            published = publish(stored=options.stored)
        files = make(options.names or SUFFIXES, stored=options.stored)
    except (build.BuildError, notebooks.NotebookError, pdf.PrintError, DataError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(f"\nReady ({time.monotonic() - start:.0f} s):")
    for file in files.values():
        print(f"  {file}  {file.stat().st_size / 1e6:.1f} MB")
        print(f"    sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}")
    if published:
        print(f"  {published}: the site with all of them, for a web server")
    return 0


if __name__ == "__main__":
    sys.exit(main())
