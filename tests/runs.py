"""Keep the last figures of the long runs in data/verification/runs.csv, which the page on reliability shows.

``python -m tests.runs RUN FIGURE=VALUE ...`` keeps figures of a run that has no place of its own to keep them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

import pandas as pd

from analysis.data import data_directory, seal, whole_files

RECORD = "verification/runs"
COLUMNS = ["run", "figure", "value", "date"]


def keep(run: str, figures: Mapping[str, object]) -> None:
    """Replace the figures of a run with today's, and seal the table."""
    path = data_directory() / f"{RECORD}.csv"
    others = pd.read_csv(path, dtype=str).query("run != @run") if path.is_file() else pd.DataFrame(columns=COLUMNS)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    rows = pd.DataFrame([[run, name, str(value), today] for name, value in figures.items()], columns=COLUMNS)
    table = pd.concat([others, rows]).sort_values("run", kind="stable")
    with whole_files(path) as (half,):
        half.write_bytes(table.to_csv(index=False, lineterminator="\n").encode())
    seal(RECORD)


if __name__ == "__main__":
    keep(sys.argv[1], dict(argument.split("=", 1) for argument in sys.argv[2:]))
