"""Places where writing goes wrong: a full disk, a folder that may only be read."""

import errno
import os
import subprocess
from pathlib import Path

import pytest


def _mounted(folder, options):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True).returncode == 0


@pytest.fixture
def full_disk(tmp_path, monkeypatch):
    """A folder on a disk that has no room left.

    A small disk in memory where that may be mounted; elsewhere every file that is opened for writing there refuses as
    such a disk does.
    """
    folder = tmp_path / "full"
    folder.mkdir()
    if _mounted(folder, "size=64k"):
        yield _Filled(folder)
        subprocess.run(["umount", "-l", folder], check=True)
    else:
        yield _Refusing(folder, monkeypatch, errno.ENOSPC)


@pytest.fixture
def read_only(tmp_path, monkeypatch):
    """A folder in which nothing may be written, not even by root."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    if os.geteuid() != 0:
        yield _ReadOnly(folder, lambda: folder.chmod(0o555))
        folder.chmod(0o755)
    elif _mounted(folder, "size=1m"):
        yield _ReadOnly(folder, lambda: subprocess.run(["mount", "-o", "remount,ro", folder], check=True))
        subprocess.run(["umount", "-l", folder], check=True)
    else:
        yield _Refusing(folder, monkeypatch, errno.EROFS)


class _Place:
    """A folder that can still be prepared, until :meth:`close` makes it what it is for."""

    def __init__(self, folder: Path):
        self.folder = folder

    def content(self):
        """All files and what is in them, hidden ones too."""
        return {p.name: p.read_bytes() for p in self.folder.iterdir() if p.is_file() and p.name != "filler"}


class _Filled(_Place):
    def close(self):
        with (self.folder / "filler").open("wb", buffering=0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError as problem:
                    assert problem.errno == errno.ENOSPC


class _ReadOnly(_Place):
    def __init__(self, folder, close):
        super().__init__(folder)
        self.close = close


class _Refusing(_Place):
    def __init__(self, folder, monkeypatch, number):
        super().__init__(folder)
        self.monkeypatch, self.number = monkeypatch, number

    def close(self):
        usual = os.open

        def refuse(path, flags, *rest, **named):
            if flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(self.folder)):
                raise OSError(self.number, os.strerror(self.number), path)
            return usual(path, flags, *rest, **named)

        plain = open

        def refuse_open(file, mode="r", *rest, **named):
            if set(mode) & set("wax+") and str(file).startswith(str(self.folder)):
                raise OSError(self.number, os.strerror(self.number), file)
            return plain(file, mode, *rest, **named)

        self.monkeypatch.setattr(os, "open", refuse)
        self.monkeypatch.setattr("builtins.open", refuse_open)
        self.monkeypatch.setattr("io.open", refuse_open)
