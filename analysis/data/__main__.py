"""``python -m analysis.data``: list the tables, check them, or seal one after an intended edit."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import DataError, catalogue, check_sums, document, read, record, seal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 with the reason on the error stream."""
    parser = argparse.ArgumentParser(prog="python -m analysis.data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the tables with their titles")
    for name, purpose in (("check", "read tables, all of them if none is named"), ("seal", "record new checksums")):
        command = commands.add_parser(name, help=purpose)
        command.add_argument("ids", nargs="*" if name == "check" else "+", metavar="id", help="such as report/figures")
    options = parser.parse_args(arguments)
    try:
        if options.command == "list":
            for found, title in catalogue()["title_en"].items():
                print(f"{found:<34}{title}")
        elif options.command == "seal":
            for found in options.ids:
                print(f"{found}: {seal(found)}")
        else:
            check_sums()
            for found in options.ids or catalogue().index:
                if record(found).columns:
                    print(f"{found}: {len(read(found))} rows")
                else:
                    document(found)
                    print(f"{found}: a document")
    except DataError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
