"""``python -m analysis``: the command line, where it is not installed under a name of its own."""

from analysis.cli import main

main()
