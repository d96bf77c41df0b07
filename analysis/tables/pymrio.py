"""Tables from a ``pymrio.IOSystem``: the whole system, one region of it, or regions and the flows between them.

pymrio itself is not imported: anything with the same frames will do (``Z``, ``Y``, ``x``, ``A``, ``unit``, and
extensions that hold ``F``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.labels import counted
from analysis.tables.interregional import InterregionalTable
from analysis.tables.table import InputOutputTable, TableError, finite_numbers, label_text, parse_unit

# How the parsers of pymrio write scales.
_SCALES = {
    "": "", "k": "thousand", "1000": "thousand", "000": "thousand", "thousand": "thousand", "m": "million",
    "mill": "million", "mio": "million", "mn": "million", "million": "million", "bn": "billion", "billion": "billion",
}  # fmt: skip
_RESIDUAL = "value added (residual)"


def from_pymrio(
    system: Any,
    region: str | None = None,
    *,
    year: int,
    price_basis: str,
    imports: str = "competitive",
    value_added: str | None = None,
    unit: str | None = None,
    vintage: str | None = None,
    tolerance: float = 1e-6,
) -> InputOutputTable:
    """Turn a ``pymrio.IOSystem`` into a table: all its regions, or one of them.

    Parameters
    ----------
    system : pymrio.IOSystem
        Or anything with its frames: ``Z`` by pairs (region, sector), ``Y`` with the pairs as rows and columns by
        region and category. ``x`` is taken from ``Z`` and ``Y`` where it is missing, ``Z`` from ``A`` and ``x``.
    region : str, optional
        Without it, the whole system is one table whose sectors are the pairs, labelled ``"region sector"``; see Notes.
        With it, that region's table: sectors are its own, and all trade with the other regions is exports (``EX``)
        and imports (``IM``).
    year, price_basis
        What the figures speak of; a system does not say it in a form that can be relied on.
    imports : {"competitive", "local"}
        For one region: whether what it buys from others stays among the flows (and is subtracted in ``IM``), or apart
        from them. The system says which user buys what from where, so that ``"local"`` rests on no assumption of ours.
    value_added : str, optional
        Name of the extension whose rows are value added, such as ``"factor_inputs"``. Without it, value added is one
        row: what inputs leave of output.
    unit : str, optional
        In place of the system's own where it is missing or spelt strangely, see :func:`parse_unit`.
    vintage : str, optional
        By default name and version from the metadata of the system.
    tolerance : float
        Largest gap in an identity, as a share of the largest output.

    Returns
    -------
    InputOutputTable
        The whole system is a local table, as published: what crosses a border inside it is a flow.

    Raises
    ------
    TableError
        If the system lacks what cannot be computed, labels differ, there is no such region, units are mixed, value
        added is not what inputs leave of output, or the accounts do not balance; with labels and sizes.

    Notes
    -----
    ``pandas.Series(system.Z.index.get_level_values(0), table.sectors)`` is the region of each sector of the whole: what
    functions of several regions, such as ``interregional_multipliers``, ask for.

    Categories of ``Y`` stay final uses of the region that they are listed under, whatever they are called.

    References
    ----------
    Stadler (2021), "Pymrio: a Python based multi-regional input-output analysis toolbox", Journal of Open Research
    Software 9(1).
    """
    parts = _read(system, value_added, unit, vintage, tolerance)
    described: dict[str, Any] = {"year": year, "price_basis": price_basis, "unit": parts.unit, "vintage": parts.vintage}
    described |= {"row_tolerance": parts.gap, "column_tolerance": parts.gap}
    if imports not in ("competitive", "local"):
        raise TableError(f"imports must be 'competitive' or 'local', not {imports!r}")
    if region is not None:
        return _one_region(parts, region, imports, described)
    pairs, users = parts.Z.index, parts.Y.columns
    labels, columns = _joined(pairs), _joined(users)
    sectors = pairs.get_level_values(1).astype(str)
    return InputOutputTable(
        Z=parts.Z.set_axis(labels).set_axis(labels, axis=1),
        final_uses=parts.Y.set_axis(labels).set_axis(columns, axis=1),
        trade=pd.DataFrame({"EX": 0.0}, index=labels),
        value_added=parts.value_added.set_axis(labels, axis=1),
        output=parts.x.set_axis(labels),
        imported=pd.DataFrame(0.0, labels, labels),
        imported_final=pd.DataFrame(0.0, labels, columns),
        imports="local",
        assumption="published",
        region=", ".join(map(str, pairs.unique(0))),
        names=pd.DataFrame({"name_en": sectors, "name_zh": sectors}, index=labels),
        **described,
    )


def interregional_from_pymrio(
    system: Any,
    *,
    year: int,
    price_basis: str,
    estimated: bool,
    value_added: str | None = None,
    unit: str | None = None,
    vintage: str | None = None,
    tolerance: float = 1e-6,
) -> InterregionalTable:
    """Turn a ``pymrio.IOSystem`` into an :class:`InterregionalTable`.

    Parameters
    ----------
    system, year, price_basis, value_added, unit, vintage, tolerance
        See :func:`from_pymrio`. Each region needs the same sectors in the same order.
    estimated : bool
        Whether flows between regions were estimated, not observed: they are in every global table.

    Returns
    -------
    InterregionalTable
        Without a world outside: exports and imported flows are zero.

    Raises
    ------
    TableError
        See :func:`from_pymrio`; further for negative flows between sectors, or sectors that differ between regions.
    """
    parts = _read(system, value_added, unit, vintage, tolerance)
    return InterregionalTable(
        Z=parts.Z,
        final_uses=parts.Y,
        value_added=parts.value_added,
        output=parts.x,
        exports=pd.Series(0.0, index=parts.Z.index),
        year=year,
        unit=parts.unit,
        price_basis=price_basis,
        vintage=parts.vintage,
        estimated=estimated,
        provenance=f"read from a pymrio system: {parts.vintage}",
        tolerance=tolerance,
    )


@dataclass(frozen=True)
class _Parts:
    Z: pd.DataFrame
    Y: pd.DataFrame
    x: pd.Series
    value_added: pd.DataFrame
    unit: str
    vintage: str
    gap: float


def _read(system: Any, value_added: str | None, unit: str | None, vintage: str | None, tolerance: float) -> _Parts:
    Y, x = getattr(system, "Y", None), getattr(system, "x", None)
    Z, A = getattr(system, "Z", None), getattr(system, "A", None)
    if Y is None:
        raise TableError("the system has no final demand Y, and nothing that says who uses what is left: load it whole")
    if Z is None and (A is None or x is None):
        raise TableError("the system has no flows Z, and not both A and x to compute them: call its calc_all() first")
    flows: Any = A if Z is None else Z
    what = "A" if Z is None else "Z"
    pairs = _pairs(flows.index, f"rows of {what}")
    flows = _numbers(flows, what, pairs, _pairs(flows.columns, f"columns of {what}"), square=True)
    Y = _numbers(Y, "Y", pairs, _users(Y.columns, pairs))
    if x is None:
        output = flows.sum(axis=1) + Y.sum(axis=1)
    else:
        frame = x.to_frame() if isinstance(x, pd.Series) else pd.DataFrame(x)
        if frame.shape[1] != 1:
            raise TableError(f"x has {frame.shape[1]} columns where one, of gross output, is expected")
        output = _numbers(frame, "x", pairs, frame.columns).iloc[:, 0]
    Z = flows if what == "Z" else flows.mul(output, axis=1)
    largest = float(output.abs().max())
    gap = tolerance * largest
    own = _unit(getattr(system, "unit", None), unit)
    parse_unit(own)
    left = output - Z.sum(axis=0)
    if value_added is None:
        rows = left.to_frame(_RESIDUAL).T
    else:
        rows = _extension(system, value_added, pairs, own)
        off = rows.sum(axis=0) - left
        wrong = off[off.abs() > gap]
        if len(wrong):
            worst: Any = wrong.abs().idxmax()
            raise TableError(
                f"the rows of {value_added!r} are not value added: in {label_text(worst)} they sum to"
                f" {rows[worst].sum():.6g} {own}, where inputs leave {left[worst]:.6g} of output, a gap of"
                f" {abs(off[worst]):.6g} (tolerance {gap:.3g}); {len(wrong)} of {len(pairs)} sectors differ. Without"
                " value_added, it is what inputs leave"
            )
    return _Parts(Z, Y, output.rename(None), rows, own, vintage or _version(system), gap)


def _one_region(parts: _Parts, region: str | None, imports: str, described: Any) -> InputOutputTable:
    pairs, users = parts.Z.index, parts.Y.columns
    origin = pairs.get_level_values(0)
    if region not in origin:
        raise TableError(f"no region {region!r} in the system; its regions are {', '.join(map(str, pairs.unique(0)))}")
    codes = pairs[origin == region].get_level_values(1)
    own, home = origin == region, users.get_level_values(0) == region

    def split(flows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Flows from the region itself, and from all others, by product."""
        inside = flows[own].set_axis(codes)
        outside = flows[~own].groupby(level=1, sort=False).sum()
        lacking = outside.index[~outside.index.isin(codes) & (outside.abs().sum(axis=1) > parts.gap).to_numpy()]
        if len(lacking):
            raise TableError(
                f"{region} buys products from other regions that it has no sector for: {', '.join(map(str, lacking))}."
                " Aggregate the sectors of the system first, so that all regions have the same"
            )
        return inside, outside.reindex(codes, fill_value=0.0)

    sectors = pd.Index(codes, name=None)
    Z, imported = (f.set_axis(sectors).set_axis(sectors, axis=1) for f in split(parts.Z.loc[:, own]))
    kinds = users[home].get_level_values(1)
    final, imported_final = (f.set_axis(sectors).set_axis(kinds, axis=1) for f in split(parts.Y.loc[:, home]))
    sold = parts.Z.loc[own, ~own].sum(axis=1) + parts.Y.loc[own, ~home].sum(axis=1)
    common = {
        "value_added": parts.value_added.loc[:, own].set_axis(sectors, axis=1),
        "output": parts.x[own].set_axis(sectors),
        "region": str(region),
    } | described
    exports = {"EX": sold.to_numpy()}
    if imports == "local":
        return InputOutputTable(
            Z=Z,
            final_uses=final,
            trade=pd.DataFrame(exports, index=sectors),
            imported=imported,
            imported_final=imported_final,
            imports="local",
            assumption="published",
            **common,
        )
    bought = imported.sum(axis=1) + imported_final.sum(axis=1)
    return InputOutputTable(
        Z=Z + imported,
        final_uses=final + imported_final,
        trade=pd.DataFrame(exports | {"IM": bought.to_numpy()}, index=sectors),
        **common,
    )


def _pairs(index: pd.Index, what: str) -> pd.MultiIndex:
    if not isinstance(index, pd.MultiIndex) or index.nlevels != 2:
        raise TableError(
            f"{what} are labelled by {counted(index.nlevels, 'level')}, where pairs (region, sector) are expected"
        )
    _once(index, what)
    return index.set_names([None, None])


def _users(columns: Any, pairs: pd.MultiIndex) -> pd.MultiIndex:
    """Region and category of each final use; a system may have regions only, or uses of nobody's region."""
    if columns.nlevels == 1:
        columns = pd.MultiIndex.from_product([columns, ["final demand"]])
    if columns.nlevels != 2:
        raise TableError(f"columns of Y have {columns.nlevels} levels, where region and category are expected")
    _once(columns, "columns of Y")
    unknown = columns.unique(0).difference(pairs.unique(0))
    if len(unknown):
        raise TableError(
            f"Y has final uses in {', '.join(map(str, unknown))}, but the rows of Z only the regions"
            f" {', '.join(map(str, pairs.unique(0)))}"
        )
    named: pd.MultiIndex = columns.set_names([None, None])
    return named


def _once(index: pd.Index, what: str) -> None:
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise TableError(f"{what} repeat {', '.join(map(label_text, twice[:5]))}: aggregate them first")


def _numbers(frame: pd.DataFrame, what: str, rows: pd.Index, columns: pd.Index, square: bool = False) -> pd.DataFrame:
    """Return the frame in the order of ``rows`` (and, if square, of columns alike), as numbers that are finite."""
    index = _pairs(frame.index, f"rows of {what}")
    for axis, have in (("rows", index), *([("columns", columns)] if square else [])):
        lacking, extra = rows.difference(have), have.difference(rows)
        if len(lacking) or len(extra):
            raise TableError(
                f"{what} has {len(have)} {axis} where the flows have {len(rows)} rows: missing"
                f" {[label_text(p) for p in lacking[:5]]}, not known {[label_text(p) for p in extra[:5]]}"
            )
    values = finite_numbers(pd.DataFrame(frame).set_axis(columns, axis=1), what, ": fill it on purpose")
    ordered = pd.DataFrame(values, index, columns).loc[rows]
    return ordered[rows] if square else ordered


def _unit(stated: Any, given: str | None) -> str:
    if stated is None:
        if given is None:
            raise TableError("the system has no unit: pass unit=, such as 'million USD'")
        return given
    found = pd.DataFrame(stated).iloc[:, 0].astype(str).value_counts()
    if len(found) != 1:
        said = ", ".join(f"{name!r} ({count} sectors)" for name, count in found.head(5).items())
        raise TableError(f"the system mixes units: {said}. A table has one: convert the flows first")
    return given or _spelt(found.index[0])


def _spelt(text: Any) -> str:
    match = re.fullmatch(r"\s*([0-9A-Za-z]*?)\.?\s*([A-Z]{3})\s*", text)
    scale = _SCALES.get(match[1].lower()) if match else None
    if match is None or scale is None:
        raise TableError(f"unit {text!r} is not understood: pass unit=, such as 'million USD'")
    return f"{scale} {match[2]}".strip()


def _extension(system: Any, name: str, pairs: pd.MultiIndex, unit: Any) -> pd.DataFrame:
    frame = getattr(getattr(system, name, None), "F", None)
    if frame is None:
        known = [key for key, value in vars(system).items() if getattr(value, "F", None) is not None]
        raise TableError(f"the system has no extension {name!r} with flows F; there are {', '.join(known) or 'none'}")
    columns = _pairs(frame.columns, f"columns of {name}.F")
    _once(frame.index, f"rows of {name}.F")
    rows = _numbers(frame.set_axis(columns, axis=1).T, f"{name}.F", pairs, frame.index).T
    units = getattr(getattr(system, name), "unit", None)
    if units is not None:
        column = pd.DataFrame(units).iloc[:, 0].astype(str)
        strange = column[[text != unit and _spelt_or_none(text) != unit for text in column]]
        if len(strange):
            said = ", ".join(f"{label_text(label)} ({text})" for label, text in strange.head(5).items())
            raise TableError(f"rows of {name!r} that are not in {unit}: {said}")
    return rows.set_axis([label_text(label) for label in rows.index])


def _spelt_or_none(text: object) -> str | None:
    try:
        return _spelt(text)
    except TableError:
        return None


def _version(system: Any) -> str:
    meta = getattr(system, "meta", None)
    words = [getattr(meta, field, None) for field in ("name", "version")]
    return " ".join(str(word) for word in words if word) or "as given"


def _joined(index: pd.Index) -> pd.Index:
    return pd.Index([label_text(label) for label in index])
