"""A site depends on the project's files, and on nothing else."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys

from book._tools import notebooks
from book._tools.build import INPUTS, ROOT

# draws of flows, a bootstrap, the estimated interregional table
EXECUTED_AGAIN = ("1-1-1-linkages", "2-1-5", "3-2")


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_another_folder_gives_the_same_site(site, tmp_path):
    """Other path, time zone, locale, umask and, where it can be chosen, arithmetic kernel.

    A few notebooks, those that draw or regress, are executed again under these; the others' outputs are those that are
    stored, which nbval compares one by one.
    """
    other = tmp_path / "somewhere else"
    other.mkdir()
    for name in INPUTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, other / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif (ROOT / name).exists():
            shutil.copyfile(ROOT / name, other / name)
    environment = os.environ | {
        "TZ": "Asia/Shanghai",
        "LC_ALL": "C",
        "LANGUAGE": "zh_CN",
        "PYTHONHASHSEED": "7",
        "PYTHONUTF8": "0",
        "PYTHONPATH": "",
        "SOURCE_DATE_EPOCH": "1",
    }
    if platform.machine() == "x86_64":
        environment["OPENBLAS_CORETYPE"] = "Nehalem"
    again = " ".join(str(path) for path in notebooks.find(ROOT) if path.name.startswith(EXECUTED_AGAIN))
    again = again.replace(f"{ROOT}/", "")
    python = f"'{sys.executable}' -m book._tools"
    command = f"umask 077 && {python}.notebooks --force {again} && {python}.build --stored"
    result = subprocess.run(command, shell=True, cwd=other, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    here, there = contents(site), contents(other / "_build/html")
    assert [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)] == []
