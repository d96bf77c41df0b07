"""Where a region's output and final demand come from: local, other provinces, abroad (tables with local flows)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import as_series, numeric_series
from analysis.linkages.core import Factored, describe
from analysis.tables import ImportTreatmentError, InputOutputTable, TableError


def input_origins(table: InputOutputTable) -> pd.DataFrame:
    """Direct inputs of a unit of output by origin: local inputs, imported inputs, value added.

    Parameters
    ----------
    table : InputOutputTable
        Local.

    Returns
    -------
    DataFrame, m x 3
        ``local``, ``imported``, ``value_added``; the rows, sectors with output, sum to one.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.

    References
    ----------
    Miller & Blair (2009), section 2.2.
    """
    table.require("local", "input_origins")
    columns = {
        "local": table.Z.sum(axis=0),
        "imported": table.imported.sum(axis=0),
        "value_added": table.total_value_added,
    }
    return _labelled(pd.DataFrame(columns)[table.active].div(table.output[table.active], axis=0), table)


def local_content(table: InputOutputTable) -> pd.Series:
    """Local value added in a unit of final demand for local output, v'L.

    Parameters
    ----------
    table : InputOutputTable
        Local. The rest, up to one, is imported; see :func:`import_content`.

    Returns
    -------
    Series, m
        For the sectors that have output.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.

    References
    ----------
    Miller & Blair (2009), section 6.2; Hummels, Ishii & Yi (2001), whose import content is one minus this.
    """
    table.require("local", "local_content")
    v = _per_output(table.total_value_added, table)
    content = pd.Series(Factored(table).rows(v), index=table.sectors, name="local content")[table.active]
    content.attrs = describe(table)
    return content


def foreign_shares(table: InputOutputTable) -> pd.Series:
    """Share of foreign imports in all inflows of a product, IM / (IM + IF).

    Parameters
    ----------
    table : InputOutputTable
        Competitive, with ``IM`` and ``IF`` published apart (2012 and later).

    Returns
    -------
    Series
        For the products that have inflows.

    Raises
    ------
    ImportTreatmentError
        If the table does not tell foreign imports from inflows of other provinces.
    """
    if not {"IM", "IF"} <= set(table.trade):
        raise ImportTreatmentError(
            f"table {table.region} {table.year} has trade columns {list(table.trade)}: foreign imports and inflows from"
            " other provinces must be published apart (IM and IF); take the table as loaded, of 2012 or later"
        )
    both = table.trade["IM"] + table.trade["IF"]
    return (table.trade["IM"] / both[both > 0])[both > 0].rename("foreign share of inflows")


def import_content(table: InputOutputTable, foreign: pd.Series | None = None) -> pd.DataFrame:
    """Find imported inputs, over all local rounds, in a unit of final demand for local output: m'L.

    Parameters
    ----------
    table : InputOutputTable
        Local.
    foreign : Series, optional
        Share of foreign imports in the inflows of each product, from :func:`foreign_shares`; all users of a product
        then get the same mix, which is an assumption.

    Returns
    -------
    DataFrame, m rows
        ``outside``; with ``foreign`` also its parts, ``abroad`` and ``other_provinces``. Together with
        :func:`local_content` the first is one.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If ``foreign`` lacks a product with imported inputs, or is not between 0 and 1.

    References
    ----------
    Hummels, Ishii & Yi (2001), equation 3.
    """
    table.require("local", "import_content")
    m = {"outside": table.imported.sum(axis=0)}
    if foreign is not None:
        m["abroad"] = _foreign_part(table, table.imported, foreign)
        m["other_provinces"] = m["outside"] - m["abroad"]
    coefficients = np.column_stack([_per_output(row, table) for row in m.values()])
    content = pd.DataFrame(Factored(table).rows(coefficients), index=table.sectors, columns=list(m))
    return _labelled(content[table.active], table)


def final_demand_content(table: InputOutputTable, foreign: pd.Series | None = None) -> pd.DataFrame:
    """Origin of each final use and of exports: v'L f local, m'L f imported in the making, and imported as such.

    Parameters
    ----------
    table : InputOutputTable
        Local.
    foreign : Series, optional
        See :func:`import_content`.

    Returns
    -------
    DataFrame, k + 1 rows, in the unit of the table
        One row for each final use, and ``exports``. ``local`` (local value added), ``outside_in_production``
        (imported inputs of local producers), ``outside_directly`` (imported for the final user), ``total``,
        ``local_share``; with ``foreign`` also ``abroad``, the foreign part of the two outside columns. Exports hold
        local output only; transit trade is not in them.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If ``foreign`` does not fit, or a use is zero in sum, so that it has no shares.

    References
    ----------
    Miller & Blair (2009), section 6.2; Hummels, Ishii & Yi (2001).
    """
    table.require("local", "final_demand_content")
    uses = table.final_uses.assign(exports=table.exports)
    direct = table.imported_final.assign(exports=0.0)
    L = Factored(table)
    v = L.rows(_per_output(table.total_value_added, table))
    m = L.rows(_per_output(table.imported.sum(axis=0), table))
    result = pd.DataFrame(
        {"local": v @ uses, "outside_in_production": m @ uses, "outside_directly": direct.sum(axis=0)},
        index=uses.columns,
    )
    result["total"] = result.sum(axis=1)
    empty = result.index[result["total"] == 0].difference(["exports"]).tolist()
    if empty:
        raise TableError(f"final uses {empty} of {table.region} {table.year} are zero in sum: drop or merge them first")
    result["local_share"] = result["local"] / result["total"].where(result["total"] != 0)
    if result["total"]["exports"] == 0:
        result = result.drop(index="exports")
    if foreign is not None:
        abroad = L.rows(_per_output(_foreign_part(table, table.imported, foreign), table)) @ uses
        result["abroad"] = abroad + _foreign_part(table, direct, foreign)
    return _labelled(result, table, unit=table.unit)


def vertical_specialisation(table: InputOutputTable) -> pd.DataFrame:
    """Vertical specialisation of Hummels, Ishii and Yi: imported inputs in exports, m'L ê.

    Parameters
    ----------
    table : InputOutputTable
        Local. Exports are what local output serves outside, in other provinces and abroad.

    Returns
    -------
    DataFrame, m rows, one for each sector with output
        ``exports`` and ``imported`` in the unit of the table, ``share`` (imported per unit of export).
        ``attrs["share"]`` is the region's, imported over exports.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If nothing is exported.

    References
    ----------
    Hummels, Ishii & Yi (2001), equations 2 and 3.
    """
    table.require("local", "vertical_specialisation")
    exports = _exports(table)
    share = import_content(table)["outside"]
    result = pd.DataFrame({"exports": exports, "imported": share * exports, "share": share})
    return _labelled(result, table, unit=table.unit, share=float(result["imported"].sum() / exports.sum()))


def value_added_in_exports(table: InputOutputTable) -> pd.DataFrame:
    """Local value added in exports, by the sector that exports, v'L ê, and by the sector that earns it, v̂ L e.

    Parameters
    ----------
    table : InputOutputTable
        Local.

    Returns
    -------
    DataFrame, m rows, one for each sector with output, in the unit of the table
        ``exports``, ``by_exporter``, ``by_earner``; the last two have the same sum.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If nothing is exported.

    References
    ----------
    Johnson & Noguera (2012); Koopman, Wang & Wei (2014), section 2.
    """
    table.require("local", "value_added_in_exports")
    exports = _exports(table)
    v, L = _per_output(table.total_value_added, table), Factored(table)
    earned = pd.Series(v * L.columns(table.exports.to_numpy()), index=table.sectors)[table.active]
    made = pd.Series(L.rows(v), index=table.sectors)[table.active] * exports
    return _labelled(
        pd.DataFrame({"exports": exports, "by_exporter": made, "by_earner": earned}), table, unit=table.unit
    )


def _exports(table: InputOutputTable) -> pd.Series:
    exports = table.exports[table.active]
    if exports.sum() == 0:
        raise TableError(f"table {table.region} {table.year} has no exports of local output")
    return exports


def _per_output(values: pd.Series, table: InputOutputTable) -> np.ndarray:
    x = table.output.to_numpy()
    result: np.ndarray = np.divide(values.to_numpy(), x, out=np.zeros(table.n), where=x > 0)
    return result


def _foreign_part(table: InputOutputTable, imported: pd.DataFrame, foreign: pd.Series) -> pd.Series:
    """Foreign imports in each column of imported flows."""
    needed = imported.index[(imported != 0).any(axis=1)]
    lacking = [s for s in needed if s not in as_series(foreign, "foreign").index]
    foreign = numeric_series(foreign, "foreign")
    wrong = foreign[~foreign.between(0, 1)]
    if lacking or len(wrong):
        raise TableError(
            f"foreign shares lack the imported products {lacking}, or leave [0, 1] in {wrong.index.tolist()}:"
            " take them from foreign_shares of the same table"
        )
    return imported.loc[needed].mul(foreign[needed], axis=0).sum(axis=0)


def _labelled(frame: pd.DataFrame, table: InputOutputTable, **more: Any) -> pd.DataFrame:
    frame.attrs = describe(table, **more)
    return frame
