"""The figures of a report: what is printed, and the interval for which it stands."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data import read
from analysis.ledger.interval import Interval, IntervalError
from analysis.ledger.reading import in_words, read_printed

UNITS = (
    "%",
    "pp",
    "100m CNY",
    "count",
    "rank",
    "ordinal",
    "year",
    "nm",
    "mm",
    "level",
    "times",
    "sets",
)


class LedgerError(ValueError):
    """A ledger that contradicts itself, or a question that it cannot answer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a report.

    Attributes
    ----------
    id, section : str
        Name of the figure, and the section that prints it.
    subject_en, subject_zh, region : str
        What is measured, and where.
    year_start, year_end : int or None
        Period, where the report or its context gives one.
    printed : str
        The figure as printed, with its qualifier word.
    interval : Interval or None
        The numbers for which it stands; None for a standing without a number.
    qualifier, unit, kind, group, note : str
        How it is qualified, its unit, its kind, the figures it belongs with, and remarks.
    """

    id: str
    section: str
    subject_en: str
    subject_zh: str
    region: str
    year_start: int | None
    year_end: int | None
    printed: str
    interval: Interval | None
    qualifier: str
    unit: str
    kind: str
    group: str
    note: str

    @property
    def words(self) -> str:
        """The figure in English words, without its unit: "8.0", "about 4.4", "over 600"."""
        return in_words(self.printed, self.qualifier, self.unit)


@dataclass(frozen=True)
class Ledger:
    """All figures of a report, in the order of the report.

    Parameters
    ----------
    figures : tuple of Figure
    units : tuple of str
        Units that figures may have.

    Raises
    ------
    LedgerError
        If a figure comes twice, has an unknown unit, has no printed text, or has an interval that does not follow
        from what is printed.
    """

    figures: tuple[Figure, ...]
    units: tuple[str, ...] = UNITS

    def __post_init__(self) -> None:
        """Refuse a ledger that contradicts itself."""
        seen = set()
        for figure in self.figures:
            if figure.id in seen:
                raise LedgerError(f"Figure {figure.id} comes twice: give each figure an id of its own.")
            seen.add(figure.id)
            if figure.unit not in self.units:
                known = ", ".join(self.units)
                raise LedgerError(f"Figure {figure.id}: unknown unit {figure.unit!r}; use one of {known}.")
            reading = read_printed(figure.printed, figure.qualifier, figure.unit, figure.kind)
            if reading != figure.interval:
                raise LedgerError(
                    f"Figure {figure.id}: {figure.printed!r} ({figure.qualifier}) reads as {reading}, "
                    f"and the ledger says {figure.interval}: correct the bounds or the qualifier."
                )

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Ledger:
        """Ledger from a table with the columns of ``report/figures``.

        Parameters
        ----------
        frame : DataFrame
            Columns as the attributes of `Figure`, with lower, upper, lower_closed and upper_closed for the interval; an
            empty end stands for none.

        Raises
        ------
        LedgerError
            As the class, and for a malformed interval; the message names the figure.
        """
        return cls(tuple(_figure(row) for row in frame.to_dict("records")))

    @cached_property
    def _by_id(self) -> dict[str, Figure]:
        return {figure.id: figure for figure in self.figures}

    def __len__(self) -> int:
        """Count the figures."""
        return len(self.figures)

    def figure(self, figure_id: str) -> Figure:
        """Figure with this id; an error that names the nearest ids where there is none."""
        try:
            return self._by_id[figure_id]
        except KeyError:
            section = str(figure_id).rpartition("-")[0]
            near = [known for known in self._by_id if known.rpartition("-")[0] == section]
            hint = f"section {section} has {', '.join(near)}" if near else "ids look like s2.1.1-c08"
            raise LedgerError(f"No figure {figure_id!r} in the ledger: {hint}.") from None

    def interval(self, figure_id: str) -> Interval:
        """Interval of a figure; an error where the figure has no number."""
        figure = self.figure(figure_id)
        if figure.interval is None:
            raise LedgerError(f"Figure {figure_id} ({figure.printed}) has no number: nothing can be computed from it.")
        return figure.interval

    def by_section(self, section: str) -> tuple[Figure, ...]:
        """Figures of a section and of the sections below it."""
        return tuple(f for f in self.figures if f.section == section or f.section.startswith(f"{section}."))

    def replace(self, figure_id: str, printed: str) -> Ledger:
        """Ledger in which a figure had been printed otherwise, with the same qualifier."""
        old = self.figure(figure_id)
        interval = read_printed(printed, old.qualifier, old.unit, old.kind)
        new = dataclasses.replace(old, printed=printed, interval=interval)
        return Ledger(tuple(new if figure is old else figure for figure in self.figures), self.units)


def load() -> Ledger:
    """Ledger of the report, from ``data/report/figures.csv``."""
    return Ledger.from_frame(read("report/figures"))


def _figure(row: Mapping[Hashable, Any]) -> Figure:
    interval = None
    if row["qualifier"] != "none":
        lower = -math.inf if pd.isna(row["lower"]) else row["lower"]
        upper = math.inf if pd.isna(row["upper"]) else row["upper"]
        try:
            interval = Interval(lower, upper, bool(row["lower_closed"]), bool(row["upper_closed"]))
        except IntervalError as error:
            raise LedgerError(f"Figure {row['id']}: {error}") from error
    texts: dict[str, Any] = {name: "" if pd.isna(row[name]) else str(row[name]) for name in _TEXTS}
    years: dict[str, Any] = {
        name: None if pd.isna(row[name]) else int(row[name]) for name in ("year_start", "year_end")
    }
    return Figure(interval=interval, **texts, **years)


_TEXTS = [
    field.name for field in dataclasses.fields(Figure) if field.name not in ("interval", "year_start", "year_end")
]
