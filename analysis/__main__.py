"""``python -m analysis``: the command line, where it is not installed under a name of its own."""

from __future__ import annotations

from analysis.cli import main

main()
