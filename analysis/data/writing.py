"""Write files whole or not at all: under another name in the same folder first, in place once everything is written."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .records import DataError


@contextmanager
def whole_files(*paths: str | Path) -> Iterator[tuple[Path, ...]]:
    """Give temporary paths to write to; they take the names that were asked for when the block ends without an error.

    Parameters
    ----------
    *paths : str or Path
        Files to write. What stands there stays as it is until all are written.

    Yields
    ------
    tuple of Path
        Where to write, in the same order: hidden names in the same folders.

    Raises
    ------
    DataError
        If a path is no ordinary file, or the system refuses (a full disk, a read-only folder); nothing is changed then.

    Notes
    -----
    What a killed process leaves behind is hidden, and removed by the next one that writes the same file.
    """
    targets = [Path(os.path.realpath(path)) for path in paths]
    halves = [target.with_name(f".{target.name}.{os.getpid()}.part") for target in targets]
    for path, target in zip(paths, targets, strict=True):
        if target.exists() and not target.is_file():
            raise DataError(path, "is no ordinary file and cannot be written: give the path of a file")
        if not target.parent.is_dir():
            raise DataError(path, f"cannot be written: there is no folder {target.parent}")
    try:
        for target in targets:
            _sweep(target)
        yield tuple(halves)
        for half, target in zip(halves, targets, strict=True):
            with half.open("rb+") as file:
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, half)
        for half, target in zip(halves, targets, strict=True):
            half.replace(target)
    except OSError as problem:
        shown = ", ".join(map(str, paths))
        raise DataError(shown, f"cannot be written: {problem.strerror or problem}; nothing was changed") from problem
    finally:
        for half in halves:
            # on a disk that fails, the reason is what should be heard of
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)


def _sweep(target: Path) -> None:
    """Remove what dead processes began to write in place of a file."""
    for half in target.parent.glob(f".{_literal(target.name)}.*.part"):
        number = half.name.removesuffix(".part").rpartition(".")[2]
        if number.isdigit() and not _alive(int(number)):
            half.unlink(missing_ok=True)


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _alive(process: int) -> bool:
    # elsewhere, asking after a process may end it
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
