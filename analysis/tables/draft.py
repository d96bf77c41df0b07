"""A table before it is known to be one: what a file says, where it says so, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import counted
from analysis.tables.table import TRADE, InputOutputTable, TableError

SEVERITIES = ("error", "warning", "note")
"""How much a finding matters: the accounts do not hold; look at it before you rely on it; worth knowing."""

_MOST_EIGENVALUES = 400


class LayoutError(TableError):
    """A file that does not hold a table in a layout that is read here; the message says where, and what to do."""


@dataclass(frozen=True)
class Finding:
    """Something about a table that its user should know.

    Attributes
    ----------
    severity : str
        ``"error"``, ``"warning"`` or ``"note"``.
    subject : str
        What was looked at, such as ``"row balance"``.
    sector : str
        Code of the sector, or of the published total; empty where the whole table is meant.
    where : str
        Where in the file, where the table is from one.
    size : float or None
        By how much, in the unit of the table (a share or a number, where ``text`` says so).
    text : str
        A sentence.
    """

    severity: str
    subject: str
    sector: str
    where: str
    size: float | None
    text: str


@dataclass
class Draft:
    """The parts of a table, not yet held to its identities.

    Attributes
    ----------
    source : str
        File and sheet, or the name of the table.
    parts : dict
        Keyword arguments of :class:`~analysis.tables.InputOutputTable`.
    rows, columns : mapping of str to str
        Where sectors and value-added rows, and uses, stand in the file.
    totals : list of tuple
        Published totals: name, published Series, sum of the parts.
    notes : list of str
        What the reader did, or saw, that its user should know.
    whole : InputOutputTable or None
        The table itself, where it is one already.
    """

    source: str
    parts: dict[str, Any]
    rows: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    totals: list[tuple[str, pd.Series, pd.Series]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    whole: InputOutputTable | None = None

    @classmethod
    def of(cls, table: InputOutputTable) -> Draft:
        """Take a table apart again, so that it can be looked at like any file."""
        names = [
            "Z", "final_uses", "trade", "value_added", "output", "year", "region", "unit", "price_basis", "vintage",
            "error", "imported", "imported_final", "imports", "assumption", "names", "row_tolerance",
            "column_tolerance",
        ]  # fmt: skip
        return cls(f"{table.region} {table.year}", {name: getattr(table, name) for name in names}, whole=table)

    def gaps(self) -> dict[str, pd.Series]:
        """Return by how much output exceeds its uses (``"row"``) and its inputs (``"column"``), by sector.

        Returns
        -------
        dict of str to Series, n
            In the unit of the table. The published error column counts among the uses.
        """
        p, x = self.parts, self.parts["output"]
        uses = p["Z"].sum(axis=1) + p["final_uses"].sum(axis=1)
        uses = uses + sum((TRADE[c] * p["trade"][c] for c in p["trade"]), pd.Series(0.0, index=x.index))
        if p.get("error") is not None:
            uses = uses + p["error"]
        inputs = p["Z"].sum(axis=0) + p["value_added"].sum(axis=0)
        if p.get("imported") is not None:
            inputs = inputs + p["imported"].sum(axis=0)
        return {"row": x - uses, "column": x - inputs}

    def table(self) -> InputOutputTable:
        """Return the table, if its accounts hold.

        Raises
        ------
        LayoutError
            If they do not; the message names the file, the rows and columns, and by how much they are off.
        """
        if self.whole is not None:
            return self.whole
        try:
            return InputOutputTable(**self.parts)
        except TableError as problem:
            # the table stops at the first thing that is wrong, and does not know the file
            wrong = [finding for finding in inspect(self) if finding.severity == "error"]
            if not wrong:
                raise LayoutError(f"{self.source}: {problem}") from problem
            shown = "; ".join(f"{f.where}: {f.text}" if f.where else f.text for f in wrong[:3])
            more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise LayoutError(f"{self.source}: {shown}{more}") from problem


def inspect(draft: Draft) -> list[Finding]:
    """Hold a table to everything that a table should keep, and say what it does not.

    Parameters
    ----------
    draft : Draft
        From a reader, or :meth:`Draft.of` a table.

    Returns
    -------
    list of Finding
        Errors first (a row or column that does not balance, negative output, inputs without output, a spectral radius
        that is not below one), then warnings (published totals that are not the sum of their parts, negative flows or
        imports), then notes (sectors without output, the published error column, transit trade, rows of B above one,
        and what the reader did). Empty for a table of which nothing can be said.

    References
    ----------
    Miller & Blair (2009), sections 2.2 (identities), 2.4 (spectral radius) and 12.1 (allocation coefficients).
    """
    p = draft.parts
    unit, x, Z = p["unit"], p["output"], p["Z"]
    sectors = x.index
    local = p.get("imports", "competitive") == "local"
    found: list[Finding] = []

    def say(severity: str, subject: str, sector: Any, size: float | None, text: str, where: Any = None) -> None:
        place = draft.rows.get(sector, "") if where is None else where
        found.append(Finding(severity, subject, sector, place, None if size is None else float(size), text))

    def name(code: Any) -> str:
        names = p.get("names")
        label = "" if names is None else str(names.at[code, "name_en"])
        return f"{code} ({label})" if label and label != str(code) else str(code)

    error = p.get("error")
    error = pd.Series(0.0, index=sectors) if error is None else error
    places, gaps = {"row": draft.rows, "column": draft.columns}, draft.gaps()
    for side, parts in (("row", "uses"), ("column", "inputs")):
        limit = p[f"{side}_tolerance"]
        # a gap that is no number is not below the limit either
        wrong = gaps[side][~(gaps[side].abs() <= limit)]
        for code in wrong.abs().sort_values(ascending=False).index:
            text = (
                f"output of {name(code)}, {x[code]:.10g}, is {abs(wrong[code]):.6g} {unit}"
                f" {'more' if wrong[code] > 0 else 'less'} than its {parts} (tolerance {limit:g})"
            )
            say("error", f"{side} balance", code, wrong[code], text, places[side].get(code, ""))
    for code, value in x[x < 0].items():
        say("error", "sign", code, value, f"output of {name(code)} is negative: {value:.6g} {unit}")
    flows = Z.abs().sum(axis=0) + p["value_added"].abs().sum(axis=0)
    if local:
        flows = flows + p["imported"].abs().sum(axis=0)
    for code, value in flows[(x == 0) & (flows > p["column_tolerance"])].items():
        say("error", "sign", code, value, f"{name(code)} has inputs of {value:.6g} {unit} but no output",
            draft.columns.get(code, ""))  # fmt: skip
    radius = spectral_radius(Z, x)
    if not radius < 1:
        say("error", "spectral radius", "", radius, f"the spectral radius of the input coefficients is {radius:.6f}:"
            " no finite output meets any final demand")  # fmt: skip

    for total, published, computed in draft.totals:
        gap = (published - computed).dropna()
        limit = max(p["row_tolerance"], p["column_tolerance"])
        wrong = gap[gap.abs() > limit]
        if len(wrong):
            at: Any = wrong.abs().idxmax()
            text = (
                f"published {total} differs from the sum of its parts in {_many(wrong, 'place')}, most at {at}: by"
                f" {wrong[at]:.6g} {unit}"
            )
            say("warning", "published total", total, wrong[at], text, draft.rows.get(total) or draft.columns.get(total))
    for what, frame in (("intermediate flow", Z), ("imported flow", p.get("imported") if local else None)):
        if frame is None:
            continue
        values = frame.to_numpy()
        if (values < 0).any():
            i, j = np.unravel_index(values.argmin(), values.shape)
            text = (
                f"negative in {_many(values[values < 0], what)}, the largest from {name(sectors[i])} to"
                f" {name(sectors[j])}: {values[i, j]:.6g} {unit}"
            )
            say("warning", "sign", sectors[i], values[i, j], text)
    trade = p["trade"]
    for column in trade:
        wrong = trade[column][trade[column] < 0]
        if column != "NOF" and len(wrong):
            text = (
                f"{column} is negative in {_many(wrong, 'row')}, most in {name(wrong.idxmin())}: {wrong.min():.6g}"
                f" {unit}"
            )
            say("warning", "sign", wrong.idxmin(), wrong.min(), text)

    idle = [name(code) for code in sectors[x == 0]]
    if idle:
        say("note", "zero sectors", "", len(idle), f"{_many(idle, 'sector')} without output: {', '.join(idle[:6])}"
            + (f" and {len(idle) - 6} more" if len(idle) > 6 else ""), "")  # fmt: skip
    for row in p["value_added"].index:
        wrong = p["value_added"].loc[row][p["value_added"].loc[row] < 0]
        if len(wrong):
            text = (
                f"{row} is negative in {_many(wrong, 'column')}, most in {name(wrong.idxmin())}: {wrong.min():.6g}"
                f" {unit}"
            )
            say("note", "sign", wrong.idxmin(), wrong.min(), text, draft.rows.get(row, ""))
    for column in p["final_uses"]:
        values = p["final_uses"][column]
        wrong = values[values < 0]
        if len(wrong):
            text = (
                f"{column} is negative in {_many(wrong, 'row')}, most in {name(wrong.idxmin())}: {wrong.min():.6g}"
                f" {unit}"
            )
            say("note", "sign", wrong.idxmin(), wrong.min(), text)
    if (error != 0).any():
        at = error.abs().idxmax()
        share = f" ({abs(error[at]) / x[at]:.1%} of its output)" if x[at] > 0 else ""
        say("note", "error column", at, error[at], f"rows close only with the published error, which is largest in"
            f" {name(at)}: {error[at]:.6g} {unit}{share}")  # fmt: skip
    outward = trade[[c for c in trade if TRADE[c] > 0 and c != "NOF"]].sum(axis=1)
    transit = [name(code) for code in sectors[passes_through(outward, x)]]
    if transit:
        say("note", "transit trade", "", len(transit), f"in {_many(transit, 'sector')} more leaves than is made:"
            f" {', '.join(transit[:4])}{' ...' if len(transit) > 4 else ''}", "")  # fmt: skip
    busy = x > 0
    over = sectors[busy & (Z.sum(axis=1) > x)]
    if len(over) and not local:
        say("note", "allocation", "", len(over), f"in {_many(over, 'row')} inputs to other sectors exceed output,"
            " because they hold imports: Ghosh forward linkages of the published table are inflated there",
            "")  # fmt: skip
    for note in draft.notes:
        say("note", "reading", "", None, note, "")
    order = {severity: k for k, severity in enumerate(SEVERITIES)}
    return sorted(found, key=lambda finding: order[finding.severity])


def _many(things: Sequence[Any], what: str) -> str:
    return counted(len(things), what)


def passes_through(outward: pd.Series, output: pd.Series) -> pd.Series:
    """Tell the sectors in which more leaves than is made, by more than the last digits of a sum."""
    return outward > output * (1 + 1e-12)


def spectral_radius(Z: pd.DataFrame, output: pd.Series) -> float:
    """Largest absolute eigenvalue of the input coefficients.

    Parameters
    ----------
    Z : DataFrame, n x n
        Intermediate flows.
    output : Series, n
        Output of the same sectors.

    Returns
    -------
    float
        Below one in a table that works. Columns of sectors without output count as nought.

    References
    ----------
    Miller & Blair (2009), section 2.4.
    """
    values, x = Z.to_numpy(), output.to_numpy()
    with np.errstate(over="ignore"):
        A = np.divide(values, x, out=np.zeros_like(values), where=x > 0)
    if not np.isfinite(A).all():
        return float("inf")
    if len(A) <= _MOST_EIGENVALUES:
        return float(np.abs(np.linalg.eigvals(A)).max())
    # All eigenvalues of a large matrix cost far more than its inverse; the largest alone does not.
    from scipy.sparse.linalg import eigs

    start = np.ones(len(A)) / np.sqrt(len(A))
    return float(np.abs(eigs(A, k=1, which="LM", v0=start, return_eigenvectors=False)).max())
