"""No network, no font: what needs neither works, and what needs one says so."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_NETWORK = """
import socket, sys

def refuse(self, address, *rest):
    if self.family != socket.AF_UNIX:
        raise OSError(101, "Network is unreachable")
    return usual(self, address, *rest)

usual = socket.socket.connect
socket.socket.connect = refuse
socket.getaddrinfo = lambda *_, **__: (_ for _ in ()).throw(socket.gaierror(-3, "no network"))
"""


def offline(script, *arguments):
    """Run a script without a network: in a namespace that has none where that is allowed, and refused in Python."""
    apart = ["unshare", "--net"] if shutil.which("unshare") else []
    if apart and subprocess.run([*apart, "true"], capture_output=True).returncode != 0:
        apart = []
    command = [*apart, sys.executable, "-c", NO_NETWORK + script, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_there_is_no_network_in_these_tests():
    assert "no network" in offline("socket.create_connection(('127.0.0.1', 9))").stderr


def test_the_command_line_works_without_a_network():
    done = offline("from analysis.cli import main; main(['compute', 'linkages', 'Shanghai 2017', '--top', '1'])")
    assert done.returncode == 0 and "linkages: Shanghai 2017" in done.stdout and done.stderr == ""


def test_a_chart_without_its_font_is_refused_not_drawn_otherwise(monkeypatch):
    from matplotlib import font_manager

    from analysis.show import style

    with style.house():
        pass
    style.font_file.cache_clear()
    kept = [font for font in font_manager.fontManager.ttflist if font.name != "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    with pytest.raises(RuntimeError, match=r"DejaVu Sans.*comes with matplotlib"), style.house():
        pytest.fail("nothing is to be drawn")
    monkeypatch.undo()
    style.font_file.cache_clear()
    assert Path(style.font_file()).is_file()
