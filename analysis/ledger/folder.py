"""A ledger for another report: figures and rules in a folder of CSV and YAML files, audited like the paper's own."""

from __future__ import annotations

import csv
import html
import io
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import read as read_own
from analysis.data import whole_files
from analysis.data.reading import file_bytes, load_yaml
from analysis.data.records import DataError
from analysis.data.sheets import decoded
from analysis.ledger.audit import OUTCOMES, RuleResult, audit, standing
from analysis.ledger.expression import ExpressionError
from analysis.ledger.interval import Interval
from analysis.ledger.ledger import UNITS, Figure, Ledger, LedgerError
from analysis.ledger.reading import QUALIFIERS, read_printed
from analysis.ledger.rules import Rule, RuleError, parse_rules

NEEDED = ("id", "printed", "qualifier", "unit")
"""Columns that every list of figures has; the others may be left out."""

_TEXTS = ("section", "subject_en", "subject_zh", "region", "kind", "group", "note")
_YEARS = ("year_start", "year_end")
_RULE_COLUMNS = (
    "id",
    "title",
    "kind",
    "inputs",
    "quantities",
    "test",
    "identity",
    "condition",
    "explanation",
    "finding",
)

TEMPLATE = {
    "report.yaml": """\
# What the report is. The title heads the audit.
title: Title of the report
source: Who published it, when, and where it can be read
# Units of figures beyond the usual ones ({units}):
units: [people]
""",
    "figures.csv": """\
id,section,subject_en,region,year_start,year_end,printed,qualifier,unit,kind,note
s1-c01,1,All employees,Exampleshire,,2023,about 400,about,people,level,replace these three figures with yours
s1-c02,1,Employees in services,Exampleshire,,2023,262,exact,people,level,
s1-c03,1,Share of services,Exampleshire,,2023,65.5%,rounded,%,share,
""",
    "rules.yaml": """\
# Each rule says what goes in, what is computed, and what is asked of it. No result is written here.
#
# inputs       name: the id of a figure, or
#                {{figure, end: lower|upper, allow}}      one end of a figure, or an allowance either side
#                {{record, where, column, take, allow}}   rows of data/NAME.csv; take: value, sum, count, distinct, span
#                {{number, allow}}                        a convention of the rule
#                {{missing: statistic}}                   what would be needed; the rule then waits for it
# quantities   name: {{formula, label, unit, decimals}}  in inputs and quantities above
# test         comparisons that must be possible for the rule to be consistent
# kind         one of {kinds}
#
# qualifier of a figure, in figures.csv: one of {qualifiers}

rules:

- id: R01
  title: Does the share follow from the two numbers?
  kind: arithmetic
  inputs: {{all: s1-c01, services: s1-c02, stated: s1-c03}}
  quantities:
    share: {{formula: services / all * 100, label: Share of services, unit: "%", decimals: 1}}
  test: share == stated
  explanation: >-
    Services employ {{services}} of {{all}} people, {{share}} per cent; printed is {{stated}}.
""",
}


@dataclass(frozen=True)
class Report:
    """A report's figures and rules, and where its rules look tables up.

    Attributes
    ----------
    folder : Path
    title, source : str
    ledger : Ledger
    rules : tuple of Rule
    """

    folder: Path
    title: str
    source: str
    ledger: Ledger
    rules: tuple[Rule, ...]

    def read(self, name: str) -> pd.DataFrame:
        """Return a table by its name: ``data/NAME.csv`` in the folder, else the project's own of that id."""
        if not re.fullmatch(r"[\w-]+(/[\w-]+)*", name):
            raise DataError(repr(name), "is no name of a table: letters, digits, - and _, with / between folders")
        path = self.folder / "data" / f"{name}.csv"
        if not path.is_file():
            try:
                return read_own(name)
            except DataError as problem:
                raise DataError(name, f"is neither {path} nor a table of the project ({problem})") from problem
        texts = pd.DataFrame([row for _, row in _csv_rows(path)])
        frame = pd.read_csv(io.StringIO(texts.to_csv(index=False)), keep_default_na=False, na_values=[""])
        return frame

    def audit(self) -> tuple[RuleResult, ...]:
        """Put every rule to the figures and the tables; see :func:`analysis.ledger.audit`."""
        return audit(self.ledger, self.rules, self.read)

    def write_page(self, results: tuple[RuleResult, ...], path: str | Path) -> None:
        """Write the audit as a page in Markdown: what does not fit first, then every rule, then every figure.

        Parameters
        ----------
        results : tuple of RuleResult
            From :meth:`audit`.
        path : str or Path
            Ends in ``.md``.

        Raises
        ------
        LedgerError
            If the path has another ending.
        """
        if Path(path).suffix != ".md":
            raise LedgerError(f"{path}: the page is written as .md")
        with whole_files(path) as (half,):
            half.write_text(_page(self, results), encoding="utf-8", newline="\n")


def read_folder(folder: str | Path) -> Report:
    """Read a report's ledger from a folder.

    Parameters
    ----------
    folder : str or Path
        With ``report.yaml`` (``title``; ``source`` and ``units`` if wanted), ``figures.csv`` or ``figures.yaml``, and
        ``rules.yaml`` or ``rules.csv``. Columns of figures are the attributes of :class:`Figure`, of which
        ``NEEDED`` must be there; intervals follow from what is printed. In a CSV of rules, inputs and quantities
        are written as ``name = figure id`` and ``name = formula``, parted by semicolons.

    Returns
    -------
    Report

    Raises
    ------
    LedgerError, RuleError, ExpressionError
        For files that are missing or twice there, and for figures and rules that are not well formed; the message
        names the file, and the line or the id.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise LedgerError(f"{folder}: no such folder; `audit --new {folder}` writes a template into it")
    about = _yaml(_only(folder, "report.yaml"))
    if not isinstance(about, dict) or not about.get("title"):
        raise LedgerError(f"{folder / 'report.yaml'}: a mapping with a title is needed")
    if strange := sorted(set(about) - {"title", "source", "units"}):
        raise LedgerError(f"{folder / 'report.yaml'}: unknown entries {', '.join(strange)}; use title, source, units")
    wrong = [name for name in ("title", "source") if not isinstance(about.get(name) or "", str)]
    if wrong or not isinstance(about.get("units") or [], list):
        raise LedgerError(f"{folder / 'report.yaml'}: title and source are texts, and units a list of texts")
    units = (*UNITS, *map(str, about.get("units") or ()))
    path = _only(folder, "figures.csv", "figures.yaml")
    ledger = Ledger(tuple(_figure(row, f"{path}, {where}", units) for where, row in _records(path)), units)
    path = _only(folder, "rules.yaml", "rules.csv")
    entries: Any
    if path.suffix == ".csv":
        entries = [_rule_entry(row, f"{path}, {where}") for where, row in _records(path)]
    else:
        content = _yaml(path)
        entries = content.get("rules") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError(f"{path}: a list of rules is needed, each with id, title, kind, inputs, test and explanation")
    try:
        rules = parse_rules(entries)
    except ValueError as problem:
        kind = type(problem) if isinstance(problem, RuleError | ExpressionError) else RuleError
        raise kind(f"{path}: {problem}") from problem
    return Report(folder, str(about["title"]), str(about.get("source") or ""), ledger, rules)


def write_template(folder: str | Path) -> list[Path]:
    """Write a small ledger to fill in: three figures, and a rule that they obey.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    LedgerError
        If one of the files is there already.
    """
    from analysis.ledger.rules import KINDS

    folder = Path(folder)
    there = [name for name in TEMPLATE if (folder / name).exists()]
    if there:
        raise LedgerError(f"{folder} has {', '.join(there)} already: name another folder, or move them away")
    folder.mkdir(parents=True, exist_ok=True)
    words = {"units": ", ".join(UNITS), "kinds": ", ".join(KINDS), "qualifiers": ", ".join(QUALIFIERS)}
    with whole_files(*(folder / name for name in TEMPLATE)) as halves:
        for half, (name, text) in zip(halves, TEMPLATE.items(), strict=True):
            half.write_text(text if name.endswith(".csv") else text.format(**words), encoding="utf-8", newline="\n")
    return [folder / name for name in TEMPLATE]


def summary(results: tuple[RuleResult, ...]) -> pd.DataFrame:
    """Return results as a table for reading: rule, outcome, both sides, and the explanation, the most telling first."""
    frame = pd.DataFrame(
        {
            "outcome": [r.outcome for r in results],
            "title": [r.rule.title for r in results],
            "computed": [_legible(r.computed) for r in results],
            "stated": [_legible(r.stated) for r in results],
            "without": ["; ".join(r.without) for r in results],
            "condition": [r.rule.condition for r in results],
            "explanation": [r.explanation for r in results],
        },
        index=pd.Index([r.id for r in results], name="rule"),
    )
    return frame.sort_values("outcome", key=lambda s: s.map(OUTCOMES.index), kind="stable")


def _legible(interval: Interval | None) -> str:
    """Write an interval with as many digits as tell its ends apart, and one more."""
    if interval is None:
        return ""
    if not 0 < interval.width < math.inf:
        return str(interval)
    places = max(0, 1 - math.floor(math.log10(interval.width)))
    lower, upper = round(interval.lower, places), round(interval.upper, places)
    return str(Interval(lower, upper, interval.lower_closed, interval.upper_closed))


def _only(folder: Path, *names: str) -> Path:
    there = [folder / name for name in names if (folder / name).is_file()]
    if len(there) != 1:
        wanted = " or ".join(names)
        raise LedgerError(f"{folder}: {'both' if there else 'no'} {wanted}{'; keep one' if there else ''}")
    return there[0]


def _yaml(path: Path) -> Any:
    try:
        return load_yaml(file_bytes(path), path)
    except DataError as problem:
        raise LedgerError(str(problem)) from problem


def _records(path: Path) -> list[tuple[str, dict[Any, Any]]]:
    """Rows of a file with the words that name their place."""
    if path.suffix == ".yaml":
        content = _yaml(path)
        rows = content.get("figures") if isinstance(content, dict) else content
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LedgerError(f"{path}: a list of figures is needed, each with {', '.join(NEEDED)}")
        return [(f"figure {k}", row) for k, row in enumerate(rows, start=1)]
    return _csv_rows(path)


def _csv_rows(path: Path) -> list[tuple[str, dict[Any, Any]]]:
    """Rows of a CSV file as texts by heading; a row with more or fewer cells than headings is refused."""
    try:
        reader = csv.reader(io.StringIO(decoded(path, file_bytes(path)), newline=""), strict=True)
    except DataError as problem:
        raise LedgerError(str(problem)) from problem
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as problem:
        raise LedgerError(f"{path}: not readable as CSV: line {reader.line_num}: {problem}") from problem
    if len(lines) < 2:
        raise LedgerError(f"{path}: has headings at most, and no row below them")
    (_, heads), *rows = lines
    heads = [head.strip() for head in heads]
    if twice := sorted({head for head in heads if heads.count(head) > 1}):
        raise LedgerError(f"{path}: the headings name {', '.join(map(repr, twice))} more than once")
    for number, row in rows:
        if len(row) != len(heads):
            raise LedgerError(
                f"{path}, line {number}: {len(row)} cells under {len(heads)} headings: a text with a comma in it stands"
                " in quotes"
            )
    return [(f"line {number}", dict(zip(heads, row, strict=True))) for number, row in rows]


def _figure(row: Mapping[Any, Any], where: str, units: Collection[str]) -> Figure:
    # YAML reads 3.10 as 3.1 and 0123 as 83: what is printed is a text, to the last digit
    for key, value in row.items():
        if value is not None and not isinstance(value, str) and not (key in _YEARS and type(value) is int):
            raise LedgerError(f"{where}: {key} is {value!r}, and a text is meant: put it in quotes, as printed")
    row = {str(key): "" if value is None else str(value).strip() for key, value in row.items()}
    lacking = [name for name in NEEDED if not row.get(name)]
    if lacking and not (lacking == ["unit"] and "" in units):
        raise LedgerError(f"{where}: {', '.join(lacking)} is empty or not there")
    if strange := sorted(set(row) - {*NEEDED, *_TEXTS, *_YEARS}):
        raise LedgerError(
            f"{where}: unknown entries {', '.join(strange)}; known are {', '.join((*NEEDED, *_TEXTS, *_YEARS))}"
        )
    try:
        years: dict[str, Any] = {name: int(row[name]) if row.get(name) else None for name in _YEARS}
        interval = read_printed(row["printed"], row["qualifier"], row["unit"], row.get("kind", ""))
        for year in years.values():
            if year is not None and not 1 <= year <= 9999:
                raise LedgerError(f"{year} is no year")
    except ValueError as problem:
        raise LedgerError(f"{where} ({row['id']}): {problem}") from problem
    texts: dict[str, Any] = {name: row.get(name, "") for name in _TEXTS}
    return Figure(id=row["id"], printed=row["printed"], interval=interval, qualifier=row["qualifier"],
                  unit=row["unit"], **texts, **years)  # fmt: skip


def _rule_entry(row: Mapping[Any, str], where: str) -> dict[str, Any]:
    """Turn one line of a CSV of rules into the entry that YAML would give."""
    if strange := sorted(set(row) - set(_RULE_COLUMNS)):
        raise RuleError(f"{where}: unknown columns {', '.join(strange)}; known are {', '.join(_RULE_COLUMNS)}")
    entry: dict[str, Any] = {key: value.strip() for key, value in row.items() if value.strip()}

    def pairs(text: str) -> dict[str, str]:
        found = {}
        for part in filter(None, (p.strip() for p in text.split(";"))):
            name, sign, value = (piece.strip() for piece in part.partition("="))
            if not sign or not name or not value:
                raise RuleError(f"{where}: {part!r} is not of the form name = value")
            found[name] = value
        return found

    if "inputs" in entry:
        entry["inputs"] = pairs(entry["inputs"])
    if "quantities" in entry:
        entry["quantities"] = {n: {"formula": f, "label": n} for n, f in pairs(entry["quantities"]).items()}
    if "identity" in entry:
        entry["identity"] = entry["identity"].lower() == "true"
    if "finding" in entry:
        if not entry["finding"].isdecimal() or len(entry["finding"]) > 6:
            raise RuleError(f"{where}: finding is {entry['finding']!r}, and a whole number is meant")
        entry["finding"] = int(entry["finding"])
    return entry


def _page(report: Report, results: tuple[RuleResult, ...]) -> str:
    frame = summary(results)
    counts = frame["outcome"].value_counts()
    lines = [f"# Audit: {report.title}", ""]
    if report.source:
        lines += [f"Source: {report.source}", ""]
    said = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if outcome in counts)
    lines += [f"{len(report.ledger)} figures, {len(frame)} rules: {said}.", ""]
    for outcome in OUTCOMES:
        part = frame[frame["outcome"] == outcome]
        if len(part):
            lines += [f"## {outcome.capitalize()}", ""]
        for rule, row in part.iterrows():
            lines += [f"### {rule}. {row['title']}", "", row["explanation"].strip(), ""]
            sides = [f"computed {row['computed']}"] * bool(row["computed"]) + [f"stated {row['stated']}"] * bool(
                row["stated"]
            )
            sides += [f"would need {row['without']}"] * bool(row["without"])
            if sides:
                lines += [f"*{'; '.join(sides)}.*" + (f" {row['condition']}" if row["condition"] else ""), ""]
    lines += ["## The figures", "", "| figure | subject | printed | stands for | unit | rules | outcome |",
              "|---|---|---|---|---|---|---|"]  # fmt: skip
    empty = pd.DataFrame({"id": pd.Series(dtype=str), "figures": pd.Series(dtype=str)})
    for figure, row in standing(report.ledger, results, empty).iterrows():
        cells = [
            figure,
            row["subject"],
            row["printed"],
            row["interval"] or "",
            row["unit"],
            ", ".join(row["rules"]),
            row["outcome"],
        ]
        lines.append("| " + " | ".join(re.sub(r"\s+", " ", str(cell)).replace("|", "\\|") for cell in cells) + " |")
    # Markdown lets HTML through: a text of the ledger must not become a part of the page
    return html.escape("\n".join(lines), quote=False) + "\n"
