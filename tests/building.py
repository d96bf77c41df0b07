"""What tests of pages read: the site or its editions, from the outputs that the notebooks hold."""

import subprocess
import sys

import pytest

from book._tools.build import ROOT


def built(tool, folder):
    """Let one of the book's tools build what is not fresh; return the folder that it builds."""
    command = [sys.executable, "-m", f"book._tools.{tool}", "--stored"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        pytest.fail(f"{' '.join(command[1:])} fails:\n{result.stdout}\n{result.stderr}", pytrace=False)
    return ROOT / "_build" / folder
