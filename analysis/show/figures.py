"""Figures of the report on the page: what a section prints, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from analysis import ledger
from analysis.data import compute_once, read
from analysis.show.page import table

if TYPE_CHECKING:
    from analysis.ledger import Figure


# What is counted stands beside the number already.
_BARE = ("count", "rank", "ordinal", "year", "level", "times", "sets")


def figures(listed: Iterable[Figure], caption: str, name: str) -> None:
    """Display figures of the ledger as a table.

    Parameters
    ----------
    listed : iterable of Figure
        As from :meth:`analysis.ledger.Ledger.by_section`.
    caption, name : str
        As in :func:`analysis.show.table`.
    """
    note = "Read as: a square bracket belongs to the interval, a round one does not. How it fares: in the audit."
    table(figures_frame(listed), caption, name, note=note)


def figures_frame(listed: Iterable[Figure]) -> pd.DataFrame:
    """Return the rows of :func:`figures`."""
    fares = _standing()
    return pd.DataFrame(
        [
            {
                "Figure": figure.id,
                "What": figure.subject_en,
                "Printed": figure.printed,
                "Read as": _reading(figure),
                "When": _span(figure),
                "Where": figure.region,
                "How it fares": fares[figure.id],
            }
            for figure in listed
        ]
    )


@cache
def _standing() -> dict[str, str]:
    """Return what the audit says of each figure, with the rules that say it."""
    return compute_once(_audited, "standing of the figures", {})


def _audited(_: object) -> dict[str, str]:
    known = ledger.load()
    results = ledger.audit(known, ledger.load_rules())
    outcome = {result.id: result.outcome for result in results}
    rows = ledger.standing(known, results, read("report/claims"))
    said = {}
    for figure, row in rows.iterrows():
        telling = [rule for rule in row["rules"] if outcome[rule] == row["outcome"]]
        said[str(figure)] = row["outcome"] + (f" ({', '.join(telling)})" if telling else "")
    return said


def _reading(figure: Figure) -> str:
    if figure.interval is None:
        return "no number"
    unit = "" if figure.unit in _BARE else figure.unit
    return f"{figure.interval:.8g} {unit}".rstrip()


def _span(figure: Figure) -> str:
    if figure.year_start is None:
        return "not said"
    if figure.year_end in (None, figure.year_start):
        return str(figure.year_start)
    return f"{figure.year_start}-{figure.year_end}"
