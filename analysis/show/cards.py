"""The card of a cluster on the page, and the audit of a section's figures."""

from __future__ import annotations

import pandas as pd

from analysis.ledger import Ledger, RuleResult
from analysis.show.page import MISSING, _minus, table

RANGE_NOTE = (
    "In brackets: lowest and highest over the three assumptions about what is local; the figure before them is the"
    " supply pool. Figures without brackets need no assumption on what is local."
)
# The correction is itself an assumption, and one that bites where a region sends out most of what it makes.
STEPS_NOTE = " Upstreamness takes it that what leaves is used like what stays; it comes out long where most leaves."


def card(data: pd.DataFrame, across: str, caption: str, name: str, note: str = RANGE_NOTE) -> None:
    """Display profiles side by side, a row for each measure.

    Parameters
    ----------
    data : DataFrame
        ``measure``, ``unit``, ``decimals``, ``value``, ``lower``, ``upper`` and the column `across`.
    across : str
        Column whose values become columns, in the order in which they appear.
    caption, name, note : str
        As in :func:`analysis.show.table`. What upstreamness rests on is added where it is shown.
    """
    shows_steps = data["measure"].str.startswith("Upstreamness").any()
    table(card_frame(data, across), caption, name, note=note + (STEPS_NOTE if shows_steps else ""))


def card_frame(data: pd.DataFrame, across: str) -> pd.DataFrame:
    """Return the rows of :func:`card`."""
    columns, measures = (list(dict.fromkeys(data[c])) for c in (across, "measure"))
    texts = data.assign(text=[_cell(*row) for row in data[["value", "lower", "upper", "decimals"]].to_numpy()])
    wide = texts.pivot(index="measure", columns=across, values="text").loc[measures, columns]
    units = data.drop_duplicates("measure").set_index("measure")["unit"]
    wide.index = pd.Index([f"{m} ({units[m]})" if units[m] else m for m in measures], name="Measure")
    return wide.rename(columns=str).rename_axis(None, axis=1)


def _cell(value: float, lower: float, upper: float, decimals: float) -> str:
    if pd.isna(value):
        return MISSING
    figure, low, high = (_minus(f"{number:,.{int(decimals)}f}") for number in (value, lower, upper))
    return f"{figure} ({low}\N{EN DASH}{high})" if lower < upper else figure


def audited(results: list[RuleResult], ledger: Ledger, section: str, name: str) -> None:
    """Display what the audit says of the figures of a section.

    Parameters
    ----------
    results : list of RuleResult
        From :func:`analysis.ledger.audit`.
    ledger : Ledger
        With the figures.
    section : str
        Its number.
    name : str
        As in :func:`analysis.show.table`.
    """
    note = "Figures that no rule uses stand alone: nothing else in the paper or in the data here can contradict them."
    table(audited_frame(results, ledger, section), f"The audit of the figures of section {section}", name, note=note)


def audited_frame(results: list[RuleResult], ledger: Ledger, section: str) -> pd.DataFrame:
    """Return the rows of :func:`audited`.

    Raises
    ------
    ValueError
        If no rule uses a figure of the section.
    """
    own = {figure.id for figure in ledger.by_section(section)}
    rows = [
        {
            "Rule": result.id,
            "Question": result.rule.title,
            "Outcome": result.outcome,
            "What it shows": result.explanation,
            "Waits for": "; ".join(result.without),
        }
        for result in results
        if own & {given.figure for given in result.rule.inputs.values()}
    ]
    if not rows:
        raise ValueError(f"no rule of the audit uses a figure of section {section}")
    return pd.DataFrame(rows)
