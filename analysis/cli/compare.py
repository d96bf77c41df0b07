"""Two tables side by side: how much they make, in what proportions, by which technology, with which linkages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import few
from analysis.linkages import rank_stability, technical_coefficients, total_linkages
from analysis.structure import cosine_similarity, krugman_index
from analysis.tables import InputOutputTable, TableError, parse_unit


def _outside(table: InputOutputTable, part: str) -> float:
    """Add up what a local table keeps apart."""
    frame = getattr(table, part)
    return 0.0 if frame is None else float(frame.to_numpy().sum())


_TOTALS: dict[str, Callable[[InputOutputTable], float]] = {
    "output": lambda t: t.output.sum(),
    "value added": lambda t: t.total_value_added.sum(),
    "intermediate inputs": lambda t: t.Z.to_numpy().sum() + _outside(t, "imported"),
    "final uses": lambda t: t.final_demand.sum() + _outside(t, "imported_final"),
    "exports and outflow": lambda t: t.exports.sum(),
    # An inflow that no local user takes is in a published table only.
    "imports and inflow": lambda t: t.inflows.sum() + _outside(t, "imported") + _outside(t, "imported_final"),
}


def compare_tables(first: InputOutputTable, second: InputOutputTable) -> tuple[dict[str, Any], pd.DataFrame]:
    """Hold the second table against the first.

    Parameters
    ----------
    first, second : InputOutputTable, n sectors
        The same sectors, in any order, and the same treatment of imports. Amounts are compared in the unit of the
        first, as they stand: nothing is deflated.

    Returns
    -------
    dict
        ``totals`` (each with ``first``, ``second`` and ``ratio``), and on what they make and how: ``krugman_index`` and
        ``cosine_similarity`` of output, ``coefficient_difference`` (Σ|A₂ - A₁| x̄ / Σ A₁ x̄, weighted by mean output
        shares), ``largest_coefficient_change``, ``rank_correlation`` of backward and forward linkages.
    DataFrame, n rows
        ``name_en``, output in both and its ratio (``output_change``, less one), backward and forward linkage in both,
        and how far each rank moved (positive: up). What a sector without output has not got is missing.

    Raises
    ------
    TableError
        If sectors, currencies or the treatment of imports differ.
    """
    apart = first.sectors.symmetric_difference(second.sectors)
    if len(apart):
        raise TableError(
            f"{first.region} {first.year} and {second.region} {second.year} have different sectors ({first.n} and"
            f" {second.n}; {few(apart)} in one only): aggregate them to common ones first"
        )
    if first.imports != second.imports or first.assumption != second.assumption:
        kinds = " and ".join(t.assumption or t.imports for t in (first, second))
        raise TableError(
            f"imports are treated differently ({kinds}): give both the same, such as --imports supply-pool"
        )
    (scale, currency), (other, money) = parse_unit(first.unit), parse_unit(second.unit)
    if currency != money:
        raise TableError(f"amounts in {first.unit} and in {second.unit} are not compared: convert one on purpose")
    factor, codes = other / scale, first.sectors
    totals = {}
    for name, total in _TOTALS.items():
        one, two = float(total(first)), float(total(second)) * factor
        totals[name] = {"first": one, "second": two, "ratio": two / one if one else None}
    output = pd.DataFrame({"first": first.output, "second": second.output.reindex(codes) * factor})
    A, B = technical_coefficients(first), technical_coefficients(second).loc[codes, codes]
    weight = (output / output.sum()).mean(axis=1)
    change = (B - A).to_numpy()
    i, j = np.unravel_index(np.abs(change).argmax(), change.shape)
    sides = [total_linkages(t).reindex(codes) for t in (first, second)]
    frame = pd.DataFrame({"name_en": first.names["name_en"], "output_first": output["first"]})
    frame["output_second"] = output["second"]
    frame["output_change"] = (output["second"] / output["first"].where(output["first"] > 0)) - 1
    correlation = {}
    for side in ("backward", "forward"):
        before, after = sides[0][side], sides[1][side]
        frame[f"{side}_first"], frame[f"{side}_second"] = before, after
        frame[f"{side}_rank_change"] = before.rank(ascending=False) - after.rank(ascending=False)
        alike = rank_stability({"first": before.dropna(), "second": after.dropna()})
        correlation[side] = float(alike["second"]["first"])
    base = float((A.sum(axis=0) * weight).sum())
    whole = {
        "unit": first.unit,
        "totals": totals,
        "krugman_index": float(krugman_index(output)["second"]["first"]),
        "cosine_similarity": float(cosine_similarity(output)["second"]["first"]),
        "coefficient_difference": float((np.abs(change).sum(axis=0) * weight).sum()) / base if base else None,
        "largest_coefficient_change": {"row": codes[i], "column": codes[j], "change": float(change[i, j])},
        "rank_correlation": correlation,
    }
    return whole, frame
