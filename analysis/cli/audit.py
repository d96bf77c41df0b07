"""The audit of a report as a page: what does not fit first, then every rule, then every figure."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from analysis.data import whole_files
from analysis.ledger import OUTCOMES, RuleResult, standing
from analysis.ledger.folder import Report
from analysis.ledger.interval import Interval
from analysis.show import table_html
from analysis.show.standalone import standalone

# The sign repeats the word in shape, so that colour is never the only carrier.
_LOOK = {
    "inconsistent": ("bad", "✗", "no numbers within the intervals obey the rule"),
    "cannot be tested": ("mixed", "?", "a statistic that the rule needs is not here"),
    "consistent": ("good", "✓", "some numbers within the intervals obey the rule"),
    "derived": ("", "=", "the rule holds by construction, so that it is no evidence"),
}
_WIDTH, _MARGIN = 360, 6


def write_audit(report: Report, results: tuple[RuleResult, ...], path: str | Path) -> None:
    """Write the audit as a page: Markdown if the path ends in ``.md``, else HTML in one file.

    Parameters
    ----------
    report : Report
        From :func:`analysis.ledger.folder.read_folder`.
    results : tuple of RuleResult
        Its audit.
    path : str or Path
        Of the page.
    """
    if Path(path).suffix == ".md":
        report.write_page(results, path)
        return
    with whole_files(path) as (half,):
        half.write_text(_page(report, results), encoding="utf-8", newline="\n")


def _page(report: Report, results: tuple[RuleResult, ...]) -> str:
    groups = {outcome: [r for r in results if r.outcome == outcome] for outcome in OUTCOMES}
    groups = {outcome: found for outcome, found in groups.items() if found}
    parts = [f'<p class="muted">Source: {html.escape(report.source)}</p>'] if report.source else []
    parts += [
        f'<p class="lead">{_sentence(report, groups)}</p>',
        "<p>Every printed figure is read as the interval that it stands for: <em>about</em>, <em>over</em> and the"
        " digits that were rounded away leave room. A rule fails only if no numbers within the intervals can save it."
        " Where it fails, the figures cannot all be right, or do not mean what the rule takes them to mean.</p>",
    ]
    for outcome, found in groups.items():
        _, _, meaning = _LOOK[outcome]
        name = outcome.replace(" ", "-")
        parts += [f'<h2 id="{name}">{outcome.capitalize()}</h2>', f'<p class="muted">That is: {meaning}.</p>']
        parts += [_box(result) for result in found]
    parts += ['<h2 id="figures">The figures</h2>', _figures(report, results)]
    made = f"Worked out by shanghai-chains {html.escape(version('shanghai-chains'))} from the figures and rules of the"
    return standalone(f"Audit: {report.title}", "\n".join(parts), footer=f"{made} ledger. No result was typed.")


def _sentence(report: Report, groups: Mapping[str, Sequence[RuleResult]]) -> str:
    said = [f'<a href="#{o.replace(" ", "-")}">{len(found)} {o}</a>' for o, found in groups.items()]
    count = sum(map(len, groups.values()))
    figures = f"{len(report.ledger)} figures and {count} rule{'s' * (count != 1)}"
    return f'<a href="#figures">{figures}</a>: {", ".join(said)}.'


def _box(result: RuleResult) -> str:
    look, sign, _ = _LOOK[result.outcome]
    rule = result.rule
    lines = [
        f'<article class="{look}" id="rule-{html.escape(rule.id, quote=True)}">',
        f"<h3>{html.escape(rule.id)}. {html.escape(rule.title)}</h3>",
        f'<p class="word"><span aria-hidden="true">{sign} </span>{result.outcome}</p>',
        f"<p>{html.escape(result.explanation.strip())}</p>",
    ]
    if result.computed is not None and result.stated is not None:
        lines.append(_two_intervals(result.computed, result.stated))
    if result.without:
        lines.append(f"<p>What would be needed: {html.escape('; '.join(result.without))}.</p>")
    if rule.condition:
        lines.append(f'<p class="muted">On the condition: {html.escape(rule.condition)}</p>')
    if rule.figures:
        lines.append(f'<p class="muted">Figures: {html.escape(", ".join(dict.fromkeys(rule.figures)))}</p>')
    return "\n".join([*lines, "</article>"])


def _two_intervals(computed: Interval, stated: Interval) -> str:
    """Draw both sides of a comparison on one scale; an end without a limit runs off the edge."""
    ends = [e for side in (computed, stated) for e in (side.lower, side.upper) if math.isfinite(e)]
    if not ends:
        return ""
    low, high = min(ends), max(ends)
    room = (high - low) * 0.08 or abs(high) * 0.01 or 1.0
    low, high = low - room, high + room

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)

    said = f"computed {computed.prose()}, against {stated.prose()}"
    lines = [f'<svg viewBox="0 0 {_WIDTH} 92" role="img" aria-label="{html.escape(said, quote=True)}">']
    for k, (name, side) in enumerate((("computed", computed), ("against", stated))):
        y, left, right = 34 + 44 * k, at(side.lower), at(side.upper)
        look = ("first", "second")[k]
        lines.append(f'<line class="axis" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y}" y2="{y}"/>')
        lines.append(f'<line class="{look}" x1="{left}" x2="{right}" y1="{y}" y2="{y}" stroke-width="6"/>')
        if right - left < 6:
            lines.append(f'<circle class="{look}" cx="{(left + right) / 2:.1f}" cy="{y}" r="4"/>')
        lines.append(f'<text x="{_MARGIN}" y="{y - 14}">{name} {html.escape(side.prose())}</text>')
    return "\n".join([*lines, "</svg>"])


def _figures(report: Report, results: Sequence[RuleResult]) -> str:
    nothing = pd.DataFrame({"id": pd.Series(dtype=str), "figures": pd.Series(dtype=str)})
    rows = standing(report.ledger, results, nothing)
    shown = pd.DataFrame(
        {
            "Figure": rows.index,
            "What": rows["subject"],
            "Printed": rows["printed"],
            "Stands for": [str(i) if i is not None else "no number" for i in rows["interval"]],
            "Unit": rows["unit"],
            "How it fares": rows["outcome"],
            "Rules": rows["rules"].str.join(", "),
        }
    ).reset_index(drop=True)
    return table_html(shown, "Every figure, what it stands for, and how it fares", "figures-of-the-report")
