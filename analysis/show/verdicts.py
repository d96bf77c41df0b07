"""Verdicts on the page: the box that ends a section, its specification curve, and the board of all of them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from analysis.data import read
from analysis.show.charts import specification_curve
from analysis.show.page import _minus, chart, table
from analysis.verdicts.claims import ORIGINS

if TYPE_CHECKING:
    from analysis.verdicts import Verdict

# The sign repeats the word in shape, so that colour is never the only carrier.
SIGNS = {"supported": "✓", "mixed": "≈", "contradicted": "✗", "cannot be tested": "?"}
# Where a word may break in the head of a narrow column.
HYPHENS = {"supported": "sup&shy;ported", "contradicted": "contra&shy;dicted"}

_READING = {"supports": "supports it", "contradicts": "contradicts it", "undecided": "leaves it open"}


def number(value: float, unit: str, decimals: int = 2) -> str:
    """Format a number with its unit, as a sentence would hold it."""
    text = _minus(f"{value:,.{decimals}f}")
    return f"{text} {unit}".rstrip()


def threshold(v: Verdict, decimals: int = 2) -> str:
    """Say what the quantity had to be."""
    claim = v.claim
    if isinstance(claim.threshold, tuple):
        low, high = claim.threshold
        return f"from {number(low, '', decimals)} to under {number(high, claim.unit, decimals)}"
    return f"{claim.direction} {number(claim.threshold, claim.unit, decimals)}"


def decides(v: Verdict, decimals: int = 2) -> str:
    """State the number that decides, with its interval where it has one."""
    row = v.primary
    text = number(row["value"], v.claim.unit, decimals)
    if row["lower"] < row["upper"]:
        text += f", {row['interval']} {number(row['lower'], '', decimals)} to {number(row['upper'], '', decimals)}"
    return text


def verdict(v: Verdict, decimals: int = 2) -> None:
    """Display the verdict on a claim: the word, the number that decides, and what would flip it.

    Parameters
    ----------
    v : Verdict
        From :func:`analysis.verdicts.judge`.
    decimals : int
        Decimals of the numbers.
    """
    from IPython.display import display

    display({"text/html": verdict_html(v, decimals), "text/plain": f"<verdict {v.claim.id}: {v.outcome}>"}, raw=True)


def verdict_html(v: Verdict, decimals: int = 2) -> str:
    """Return the box of :func:`verdict`."""
    claim, word = v.claim, v.outcome
    lines = [
        f'<div class="verdict verdict-{word.replace(" ", "-")}" id="{box(claim.id)}">',
        f'<p class="verdict-word"><span aria-hidden="true">{SIGNS[word]}</span> {word.capitalize()}</p>',
        f'<p class="verdict-claim">{html.escape(claim.statement)}</p>',
    ]
    if v.readings.empty:
        lines.append(f"<p>The statistic that would decide: {html.escape(claim.cannot_be_tested)}</p>")
    else:
        counts, others = v.counts, len(v.readings) - 1
        primary = "; ".join(f"{c}: {o}" for c, o in claim.primary.items())
        lines += [
            f"<p><strong>{html.escape(decides(v, decimals))}</strong>: {html.escape(_lower(claim.quantity))}."
            f" The claim needs it {html.escape(threshold(v, decimals))}.</p>",
            f"<p>Primary specification: {html.escape(primary)}; it {_READING[v.primary['reading']]}."
            + (
                f" With the {others} other admissible specification{'s' * (others > 1)}, {counts['supports']} in all"
                f" support the claim, {counts['contradicts']} contradict it and {counts['undecided']} leave it"
                " open.</p>"
                if others
                else " No other specification is admissible.</p>"
            ),
            f"<p>{html.escape(flips(v, decimals))}</p>",
        ]
    if claim.found_later:
        lines.append(f"<p><strong>Found after the declaration:</strong> {html.escape(claim.found_later)}</p>")
    return "\n".join([*lines, "</div>"])


def flips(v: Verdict, decimals: int = 2) -> str:
    """Say which single choices move the reading away from the primary one."""
    if v.flips.empty:
        return "No single choice changes this reading." if len(v.readings) > 1 else ""
    parts = [
        f"{row['choice']}: {row['option']} ({number(row['value'], v.claim.unit, decimals)}, {_READING[row['reading']]})"
        for _, row in v.flips.iterrows()
    ]
    return "What changes the reading: " + "; ".join(parts) + "."


def curve(v: Verdict, title: str, name: str, decimals: int = 2) -> None:
    """Display the specification curve of a verdict, with its readings as a table.

    Parameters
    ----------
    v : Verdict
        Testable.
    title : str
        What the curve shows.
    name : str
        Lower-case words joined by hyphens.
    decimals : int
        Decimals in the table.
    """
    data, claim = v.readings, v.claim
    varied = [c for c in claim.choices if data[c].nunique() > 1]
    low, high = ("lower", "upper") if (data["lower"] < data["upper"]).any() else (None, None)
    reference = sum(claim.threshold) / 2 if isinstance(claim.threshold, tuple) else claim.threshold
    unit = f" ({claim.unit})" if claim.unit else ""
    fig = specification_curve(
        data, "value", low, high, varied, title=title, ylabel=f"Estimate{unit}", reference=reference
    )
    shown = data[[*claim.choices, "value", *(b for b in (low, high) if b), "reading", "primary"]]
    chart(fig, shown, name, decimals=decimals)


def board(verdicts: Mapping[str, Verdict], caption: str, name: str, decimals: int = 2) -> None:
    """Display all verdicts in one table.

    Parameters
    ----------
    verdicts : mapping of claim id to Verdict
        In the order in which they are shown.
    caption, name : str
        As in :func:`analysis.show.table`.
    decimals : int
        Decimals of the numbers.
    """
    note = "* A weakness of the test came to light after it was declared; the box in the section names it."
    weak = any(v.claim.found_later for v in verdicts.values())
    table(board_frame(verdicts, decimals), caption, name, note=note if weak else "")


def board_frame(verdicts: Mapping[str, Verdict], decimals: int = 2) -> pd.DataFrame:
    """Return the rows of :func:`board`."""
    rows = []
    for v in verdicts.values():
        testable = not v.readings.empty
        rows.append(
            {
                "Section": v.claim.section,
                "Verdict": f"{SIGNS[v.outcome]} {v.outcome}{' *' * bool(v.claim.found_later)}",
                "Claim": v.claim.statement,
                "Whose": ORIGINS[v.claim.origin],
                "The number that decides": decides(v, decimals) if testable else "",
                "Needed": threshold(v, decimals) if testable else v.claim.cannot_be_tested,
                "Specifications in support": f"{v.counts['supports']} of {len(v.readings)}" if testable else "",
            }
        )
    return pd.DataFrame(rows)


def overview(verdicts: Mapping[str, Verdict], caption: str, name: str) -> None:
    """Display where every claim stands: a row a chapter, a column a word, and each claim a link to its box.

    The links name the boxes that :func:`verdict` writes; on the site they lead to the pages that hold them.

    Parameters
    ----------
    verdicts : mapping of claim id to Verdict
        In the order in which they are shown.
    caption, name : str
        As in :func:`analysis.show.table`.
    """
    from IPython.display import display

    page = overview_html(verdicts, caption, name)
    display({"text/html": page, "text/plain": f"<table {name}: {caption}>"}, raw=True)


def overview_html(verdicts: Mapping[str, Verdict], caption: str, name: str) -> str:
    """Return the table of :func:`overview`."""
    titles = read("report/sections").set_index("number")["title_en"]
    chapters: dict[str, dict[str, list[str]]] = {}
    for v in verdicts.values():
        claim = v.claim
        # what a whole part or the abstract claims has no chapter
        chapter = ".".join(claim.section.split(".")[:2])
        link = (
            f'<a href="#{box(claim.id)}" title="{html.escape(claim.statement)}">{claim.section}'
            f'<span class="visually-hidden"> {html.escape(claim.statement)}</span></a>'
        )
        chapters.setdefault(chapter, {word: [] for word in SIGNS})[v.outcome].append(link)
    header = "".join(
        f'<th scope="col" class="verdict-{word.replace(" ", "-")}">'
        f'<span aria-hidden="true">{sign}</span> {HYPHENS.get(word, word)}</th>'
        for word, sign in SIGNS.items()
    )
    rows = [
        f'<tr><th scope="row">{chapter} {html.escape(titles[chapter])}</th>'
        + "".join(f"<td>{' '.join(links)}</td>" for links in words.values())
        + "</tr>"
        for chapter, words in chapters.items()
    ]
    totals = (str(sum(len(words[word]) for words in chapters.values())) for word in SIGNS)
    return "\n".join(
        [
            f'<div class="table-scroll" role="region" aria-labelledby="caption-{name}" tabindex="0">',
            f'<table class="data overview" id="table-{name}">',
            f'<caption id="caption-{name}">{html.escape(caption)}</caption>',
            f'<thead><tr><th scope="col">Chapter</th>{header}</tr></thead>',
            "<tbody>",
            *rows,
            "</tbody>",
            '<tfoot><tr><th scope="row">Claims</th>' + "".join(f"<td>{n}</td>" for n in totals) + "</tr></tfoot>",
            "</table>",
            "</div>",
        ]
    )


def box(claim_id: str) -> str:
    """Return the anchor of the box that shows a claim's verdict."""
    return f"verdict-{claim_id.replace('.', '-')}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
