"""Where results go: the screen, a file, another program."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from analysis.data import whole_files
from analysis.data.labels import tame
from analysis.data.sheets import optional
from analysis.tables import Finding, InputOutputTable, TableError

_COLOURS = {"error": "red", "warning": "yellow", "note": None}


def table_facts(table: InputOutputTable | dict[str, Any]) -> dict[str, Any]:
    """Return what a table speaks of, in plain values."""
    parts = table if isinstance(table, dict) else {name: getattr(table, name) for name in (
        "region", "year", "unit", "imports", "assumption", "price_basis", "vintage", "output")}  # fmt: skip
    facts = {
        name: parts.get(name, "")
        for name in ("region", "year", "unit", "imports", "assumption", "price_basis", "vintage")
    }
    return {**facts, "imports": facts["imports"] or "competitive", "sectors": len(parts["output"])}


def emit(
    frame: pd.DataFrame,
    title: str,
    *,
    sort: str | None = None,
    top: int | None = None,
    output: str | None = None,
    as_json: bool = False,
    more: dict[str, Any] | None = None,
    prose: str = "",
) -> None:
    """Send a result where it was asked for.

    Parameters
    ----------
    frame : DataFrame
        The result.
    title : str
        For the screen.
    sort, top
        Largest first by a column; only the first rows.
    output : str, optional
        A file: ``.csv`` and ``.parquet`` hold the frame, ``.json`` also ``more``; other kinds never come here.
    as_json : bool
        Print JSON instead of a table.
    more : dict, optional
        What goes beside the rows in JSON.
    prose : str
        A column that is written out under its row on the screen.

    Raises
    ------
    TableError
        If there is no column to sort by.
    DataError
        If Parquet needs a package that is not installed.
    """
    if sort is not None:
        if sort not in frame:
            raise TableError(f"no column {sort!r} to sort by: there are {', '.join(map(str, frame.columns))}")
        frame = frame.sort_values(sort, ascending=False, kind="stable")
    if top is not None:
        frame = frame.head(top)
    document = {**(more or {}), "rows": plain(frame)}
    if output is not None:
        write(frame, document, output)
    if as_json:
        click.echo(json.dumps(_plain(document), ensure_ascii=False, allow_nan=False))
        return
    if output is not None:
        click.echo(f"{output}: {len(frame)} rows, {len(frame.columns)} columns", err=True)
        return
    click.secho(title, bold=True)
    if prose:
        for label, row in frame.iterrows():
            head = "  ".join(str(value) for name, value in row.items() if name != prose and str(value))
            click.echo(f"\n{label}  {head}\n{click.wrap_text(str(row[prose]), 100, '    ', '    ')}")
        return
    with pd.option_context("display.unicode.east_asian_width", True, "display.width", None, "display.max_colwidth", 46):
        click.echo(frame.to_string(float_format=_number, na_rep="-", index_names=False))


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries of plain values, the labels among them."""
    names = [name if name is not None else "sector" for name in frame.index.names]
    rows = frame.copy()
    rows.index.names = names
    return [{str(k): _plain(v) for k, v in row.items()} for row in rows.reset_index().to_dict("records")]


def _plain(value: Any) -> Any:
    """Turn a value into one that JSON knows; what is no finite number is null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _number(value: float) -> str:
    """Write a number with four digits that count, and large ones with commas."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def write(frame: pd.DataFrame, document: dict[str, Any], output: str) -> None:
    """Write a result to a file of a kind in :data:`analysis.cli.RESULTS`."""
    path = Path(output)
    names = [name if name is not None else "sector" for name in frame.index.names]
    flat = frame.rename_axis(names).reset_index()
    if path.suffix == ".parquet":
        optional("pyarrow", path, "Parquet")
        flat.attrs = {}
    with whole_files(path) as (half,):
        if path.suffix == ".csv":
            # a text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers
            texts = flat.select_dtypes(exclude=["number", "bool"]).columns
            flat[texts] = flat[texts].map(tame)
            flat = flat.rename(columns=tame)
            flat.to_csv(half, index=False, lineterminator="\n")
        elif path.suffix == ".parquet":
            flat.to_parquet(half, index=False)
        else:
            text = json.dumps(_plain(document), ensure_ascii=False, indent=1, allow_nan=False)
            half.write_text(text, encoding="utf-8")


def show_facts(whole: dict[str, Any], title: str) -> None:
    """Print what a comparison says of the whole."""
    click.secho(f"{title} ({whole['unit']})", bold=True)
    for name, total in whole["totals"].items():
        ratio = "" if total["ratio"] is None else f"  x {total['ratio']:.3f}"
        click.echo(f"  {name:<22}{total['first']:>16,.1f}{total['second']:>16,.1f}{ratio}")
    largest = whole["largest_coefficient_change"]
    click.echo(f"  Krugman index of output {whole['krugman_index']:.4f} (0 alike, 2 nothing in common)")
    click.echo(f"  cosine similarity of output {whole['cosine_similarity']:.4f}")
    if whole["coefficient_difference"] is not None:
        click.echo(f"  input coefficients differ by {whole['coefficient_difference']:.1%} of themselves; most"
                   f" {largest['row']} to {largest['column']}: {largest['change']:+.4f}")  # fmt: skip
    click.echo("  rank correlation of linkages: backward {backward:.3f}, forward {forward:.3f}\n".format(
        **whole["rank_correlation"]))  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What a check found in one table, or why it could not be read."""

    name: str
    parts: dict[str, Any] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    refused: str = ""

    def document(self) -> dict[str, Any]:
        """Return it in plain values."""
        if self.refused:
            return {"argument": self.name, "error": self.refused}
        return {"argument": self.name, **table_facts(self.parts), "findings": [vars(f) for f in self.findings]}

    def show(self) -> None:
        """Print it."""
        if self.refused:
            click.secho(f"{self.name}: not read", bold=True)
            click.echo(f"  {click.style('error', fg='red')}   {self.refused}")
            return
        facts, counts = table_facts(self.parts), {s: sum(f.severity == s for f in self.findings) for s in _COLOURS}
        verdict = ", ".join(f"{n} {s}{'s' * (n != 1)}" for s, n in counts.items() if n) or "nothing to report"
        kind = facts["assumption"] or facts["imports"]
        click.secho(
            f"{self.name}: {facts['region']} {facts['year']}, {facts['sectors']} sectors, {facts['unit']}, {kind}",
            bold=True,
        )
        for f in self.findings:
            where = f"{f.where}: " if f.where else ""
            line = click.style(f"{f.severity:<8}", fg=_COLOURS[f.severity])
            click.echo(f"  {line}{f.subject:<16} {where}{f.text}")
        click.echo(f"  {verdict}")


def show_findings(reports: Sequence[Report], output: str | None, as_json: bool) -> None:
    """Send what checks found where it was asked for: all findings in one file, or table by table."""
    document = {"tables": [report.document() for report in reports]}
    if output is not None:
        rows = [{"table": r.name, **vars(f)} for r in reports for f in r.findings]
        rows += [{"table": r.name, "severity": "error", "subject": "reading", "text": r.refused}
                 for r in reports if r.refused]  # fmt: skip
        columns = ["table", "severity", "subject", "sector", "where", "size", "text"]
        frame = pd.DataFrame(rows, columns=columns).set_index("table")
        write(frame, document, output)
        if not as_json:
            click.echo(f"{output}: {len(frame)} findings in {len(reports)} tables", err=True)
    if as_json:
        click.echo(json.dumps(_plain(document), ensure_ascii=False, allow_nan=False))
    elif output is None:
        for report in reports:
            report.show()


def progress(steps: Any, label: str, as_json: bool = False) -> Any:
    """Show a bar on the error stream while steps run, if a person is looking and there is more than one step."""
    steps = list(steps)
    hidden = as_json or len(steps) < 2 or not sys.stderr.isatty()
    return click.progressbar(steps, label=label, file=sys.stderr, hidden=hidden)


@contextmanager
def counted(label: str, as_json: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how much is done of how much, and shows it as :func:`progress` does."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=as_json or not sys.stderr.isatty()) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield tell
