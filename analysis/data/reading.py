"""Open files that somebody else made: nothing but ordinary files of a bearable size, and YAML that is plain data."""

from __future__ import annotations

import errno
import stat
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from .records import LOADER, DataError

MOST_MB = 256.0
"""Largest file, once unpacked, that is read unless the caller allows more, in MB."""
MOST_YAML_MB = 16.0
MOST_DEPTH = 40
"""How deep YAML may nest."""

_WHY = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file",
    errno.EACCES: "may not be read: ask for permission to read it, or copy it",
    errno.EPERM: "may not be read: ask for permission to read it, or copy it",
    errno.ELOOP: "is a link that leads back to itself: give the path of the file",
    errno.ENAMETOOLONG: "the name is too long for a file",
}


def file_bytes(path: str | Path, most_mb: float = MOST_MB) -> bytes:
    """Return the content of an ordinary file.

    Parameters
    ----------
    path : str or Path
    most_mb : float
        Larger files are refused.

    Raises
    ------
    DataError
        If there is no such file, it is a folder, a pipe or a device, may not be read, is empty or too large.
    """
    path = Path(path)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise DataError(path, "is a folder: give the path of a file in it")
        if not stat.S_ISREG(about.st_mode):
            raise DataError(path, "is a pipe or a device: save what it holds to a file")
        refuse_size(path, about.st_size, most_mb)
        content = path.read_bytes()
    except OSError as problem:
        raise DataError(
            path, _WHY.get(problem.errno or 0, f"cannot be read: {problem.strerror or problem}")
        ) from problem
    except ValueError as problem:
        raise DataError(repr(str(path)), f"is no path: {problem}") from problem
    if not content:
        raise DataError(path, "is empty: fetch or save the file again")
    return content


def refuse_size(path: str | Path, size: float, most_mb: float, verb: str = "has") -> None:
    """Refuse a size in bytes that is above what was allowed, and say how to allow it."""
    if not most_mb > 0:
        raise DataError(path, f"a limit of {most_mb:g} MB lets nothing through: give a positive number")
    if size > most_mb * 1e6:
        raise DataError(
            path,
            f"{verb} {size / 1e6:,.0f} MB, and files of more than {most_mb:,.0f} MB are not read unasked: if it is"
            " meant to be that large, allow more (--most-mb, in Python most_mb=)",
        )


def load_yaml(content: bytes, where: str | Path, *, aliases: bool = False) -> Any:
    """Return what a YAML text says, as plain values.

    Parameters
    ----------
    content : bytes
        In UTF-8.
    where : str or Path
        For messages.
    aliases : bool
        Whether the text may refer to parts of itself. Where many references stand for many more, a small file fills
        the memory of whoever writes it out, so that texts of strangers may not.

    Raises
    ------
    DataError
        For text that is not YAML, asks for anything but plain values, names an entry twice, or nests too deep; the
        message has the line.
    """
    if len(content) > MOST_YAML_MB * 1e6:
        raise DataError(where, f"has {len(content) / 1e6:,.0f} MB: a description has at most {MOST_YAML_MB:.0f}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(where, f"not readable as YAML: not in UTF-8 ({problem.reason})") from problem
    try:
        _refuse_traps(text, where, aliases)
        return yaml.load(text, _Plain)
    except yaml.YAMLError as problem:
        raise DataError(where, f"not readable as YAML: {problem}") from problem
    # dates, numbers and bytes that are none, each as the parser lets it through
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as problem:
        if isinstance(problem, DataError):
            raise
        raise DataError(where, f"holds a value that is none: {problem}") from problem


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse_traps(text: str, where: str | Path, aliases: bool) -> None:
    depth = 0
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                line = _line(event)
                raise DataError(where, f"line {line}: nests deeper than {MOST_DEPTH} levels, which no record does")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and not aliases:
            line = _line(event)
            raise DataError(where, f"line {line}: refers to another part (*{event.anchor}): write the values out")


class _Plain(LOADER):  # type: ignore[misc, valid-type]  # the parser in C, where there is one
    """Plain values, and no entry twice: the second would silently stand for both."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a mapping that names an entry twice."""
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            # entries that are merged in (<<) may be named again: that is what merging is for
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the entry {key.value} stands twice", key.start_mark
                    )
                seen.add((key.tag, key.value))
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found
