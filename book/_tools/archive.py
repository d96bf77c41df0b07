"""Archives that hold the same bytes whenever, and by whomever, they are written."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from analysis.data import whole_files

# the first moment that an archive can name
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def write(target: Path, files: Mapping[str, bytes], *, first: Mapping[str, bytes] | None = None) -> None:
    """Write an archive whose bytes depend on the names and contents of its files only.

    Parameters
    ----------
    target : Path
        The archive; it appears only when it is whole.
    files : mapping of name to content
        Written in the order of their names.
    first : mapping of name to content, optional
        Written before all others, and not compressed.
    """
    with whole_files(target) as (place,), zipfile.ZipFile(place, "w") as pack:
        for name, content in (first or {}).items():
            pack.writestr(_entry(name), content, zipfile.ZIP_STORED)
        for name in sorted(files):
            pack.writestr(_entry(name), files[name], zipfile.ZIP_DEFLATED, 9)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    # as if written on Unix by someone whom all may read, wherever it is written
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry
