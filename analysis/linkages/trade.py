"""Value added in trade between regions: who earns what in whose exports.

An interregional table is an :class:`~analysis.tables.InputOutputTable` whose sectors are region-sector pairs; one
Series says which region each belongs to, another in which region each final-use column is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.labels import as_series
from analysis.linkages.core import coefficients, describe, full_inverse
from analysis.linkages.regions import region_of
from analysis.tables import InputOutputTable, TableError


def value_added_in_regional_exports(
    table: InputOutputTable, regions: pd.Series, final_regions: pd.Series
) -> pd.DataFrame:
    """Value added of every sector in the exports of every sector, v̂ L ê, in a system of regions.

    Parameters
    ----------
    table : InputOutputTable
        Local, all regions in it; deliveries to the outside world (its trade columns) count as exports.
    regions : Series, n
        Region of each sector.
    final_regions : Series
        Region of each final-use column.

    Returns
    -------
    DataFrame, n x n, in the unit of the table
        Row: sector that earns; column: sector that exports. Column sums over the rows of other regions are vertical
        specialisation (foreign content); row sums over the columns of other regions are value added that others
        export.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector or final use has no region.

    References
    ----------
    Hummels, Ishii & Yi (2001); Koopman, Wang & Wei (2014), section 2; Kummritz & Quast (2016) for the worked example.
    """
    table.require("local", "value_added_in_regional_exports")
    home, exports, _ = _exports_between(table, regions, final_regions)
    earned = _value_added_coefficients(table)[:, None] * full_inverse(table, None) * exports
    result = pd.DataFrame(earned, index=home.index, columns=home.index)
    result.attrs = describe(table, unit=table.unit)
    return result


def new_revealed_comparative_advantage(
    table: InputOutputTable, regions: pd.Series, final_regions: pd.Series, industries: pd.Series
) -> pd.Series:
    """Revealed comparative advantage in value added: (d_ri / Σ_i d_ri) / (Σ_r d_ri / ΣΣ d).

    d_ri is the value added that industry i of region r earns in the region's own exports, through whichever of its
    sectors they leave: the gross exports of the usual index count what others earned, and miss what is sold through
    others.

    Parameters
    ----------
    table, regions, final_regions
        As in :func:`value_added_in_regional_exports`.
    industries : Series, n
        Industry of each sector, named alike in all regions.

    Returns
    -------
    Series, n
        Above one where the region earns more of its exports in the industry than the regions together. Sectors of an
        industry that earns nothing from exports anywhere are left out.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector lacks a region or an industry, a final use lacks a region, or a region earns nothing from exports.

    References
    ----------
    Koopman, Wang & Wei (2014), section 4.3; Kummritz & Quast (2016) for the worked example.
    """
    table.require("local", "new_revealed_comparative_advantage")
    lacking = table.sectors.difference(as_series(industries, "industries").dropna().index, sort=False).tolist()
    if lacking:
        raise TableError(f"sectors {lacking} have no industry")
    matrix = value_added_in_regional_exports(table, regions, final_regions)
    home, industry = region_of(table, regions), industries[table.sectors]
    own = home.to_numpy()[:, None] == home.to_numpy()
    earned = matrix.where(own, 0.0).sum(axis=1)
    in_region, in_industry = earned.groupby(home).transform("sum"), earned.groupby(industry).transform("sum")
    without = home[in_region == 0].unique().tolist()
    if without:
        raise TableError(f"regions {without} earn nothing from exports: there is no advantage to reveal")
    found = ((earned / in_region) / (in_industry / earned.sum()).where(in_industry > 0))[in_industry > 0]
    found = found.rename("new revealed comparative advantage")
    found.attrs = describe(table)
    return found


def koopman_wang_wei(table: InputOutputTable, regions: pd.Series, final_regions: pd.Series) -> pd.DataFrame:
    """Gross exports of each region in the nine terms of Koopman, Wang and Wei.

    Parameters
    ----------
    table, regions, final_regions
        As in :func:`value_added_in_regional_exports`; without trade with the outside world, for the decomposition
        holds for a closed system.

    Returns
    -------
    DataFrame, regions x 9, in the unit of the table
        Own value added in exports: ``DVA_FIN`` (final goods), ``DVA_INT`` (inputs, used up by the buyer),
        ``DVA_INTrex`` (inputs, exported again to third regions); come home: ``RDV_FIN``, ``RDV_INT``; counted twice:
        ``DDC``; value added of others: ``FVA_FIN``, ``FVA_INT``; counted twice: ``FDC``. Rows sum to gross exports.

    Raises
    ------
    ImportTreatmentError
        If the table is competitive.
    TableError
        If a sector or final use has no region, or the table trades with the outside, has imported inputs or an error
        column.

    References
    ----------
    Koopman, Wang & Wei (2014), equation 36.
    """
    table.require("local", "koopman_wang_wei")
    w = _closed_system(table, regions, final_regions)
    L, A, v, Y, own = w.inverse, w.coefficients, w.value_added, w.final, w.own
    terms = pd.DataFrame(
        0.0,
        index=list(own),
        columns=["DVA_FIN", "DVA_INT", "DVA_INTrex", "RDV_FIN", "RDV_INT", "DDC", "FVA_FIN", "FVA_INT", "FDC"],
    )
    for s, here in own.items():
        others = [r for r in own if r != s]
        v_own = v[here] @ L[here]  # own value added in a unit of any product
        v_foreign = v @ L[:, here] - v_own[here]  # others' value added in a unit of own product
        final_exports = w.bought(here, others)
        terms.loc[s, "DVA_FIN"] = v_own[here] @ final_exports
        terms.loc[s, "FVA_FIN"] = v_foreign @ final_exports
        for r in others:
            there = own[r]
            terms.loc[s, "DVA_INT"] += v_own[there] @ Y[r][there]
            terms.loc[s, "DVA_INTrex"] += v_own[there] @ w.bought(there, [t for t in others if t != r])
            terms.loc[s, "RDV_FIN"] += v_own[there] @ Y[s][there]
            sold_back = v_own[there] @ A[np.ix_(there, here)]
            terms.loc[s, "RDV_INT"] += sold_back @ w.at_home[s]
            terms.loc[s, "DDC"] += sold_back @ w.for_export[s]
            passed_on = v_foreign @ A[np.ix_(here, there)]
            terms.loc[s, "FVA_INT"] += passed_on @ w.at_home[r]
            terms.loc[s, "FDC"] += passed_on @ w.for_export[r]
    terms.attrs = describe(table, unit=table.unit)
    return terms


def wang_wei_zhu(table: InputOutputTable, regions: pd.Series, final_regions: pd.Series) -> pd.DataFrame:
    """Gross exports of each sector to each other region in the sixteen terms of Wang, Wei and Zhu.

    Parameters
    ----------
    table, regions, final_regions
        As in :func:`koopman_wang_wei`, a closed system.

    Returns
    -------
    DataFrame, n (number of regions - 1) rows x 16, in the unit of the table
        One row for each sector and region that it exports to. Own value added that stays abroad: ``DVA_FIN`` (in final
        goods), ``DVA_INT`` (in inputs that the importer uses up), ``DVA_INTrexI1``, ``DVA_INTrexF`` and
        ``DVA_INTrexI2`` (in inputs that it exports again: as inputs for what others use at home, as final goods, as
        inputs for what others export). Come home: ``RDV_INT`` (in inputs), ``RDV_FIN`` and ``RDV_FIN2`` (in final
        goods, from the importer and from third regions). Value added of the importer, ``MVA``, and of others, ``OVA``,
        in final goods (``_FIN``) and inputs (``_INT``). Counted twice: ``DDC_FIN`` and ``DDC_INT`` (own), ``MDC`` (the
        importer's), ``ODC`` (others'). Rows sum to gross exports.

    Raises
    ------
    ImportTreatmentError, TableError
        As :func:`koopman_wang_wei`.

    References
    ----------
    Wang, Wei & Zhu (2013), NBER Working Paper 19677; Kummritz & Quast (2016) for the worked example.
    """
    table.require("local", "wang_wei_zhu")
    w = _closed_system(table, regions, final_regions)
    L, A, v, own = w.inverse, w.coefficients, w.value_added, w.own
    pieces, names = [], ["sector", "importer"]
    for s, here in own.items():
        # Own value added in a unit of own product: through own suppliers only, and through all.
        alone, whole = v[here] @ w.alone[s], v[here] @ L[np.ix_(here, here)]
        abroad = [r for r in own if r != s]
        for r in abroad:
            there, third = own[r], [t for t in abroad if t != r]
            sold, final = A[np.ix_(here, there)], w.final[r][here]
            behind = {
                "DVA_INT": [(r, [r])],
                "DVA_INTrexI1": [(t, [t]) for t in third],
                "DVA_INTrexF": [(r, third)],
                "DVA_INTrexI2": [(t, [u for u in abroad if u != t]) for t in third],
                "RDV_INT": [(s, [s])],
                "RDV_FIN": [(r, [s])],
                "RDV_FIN2": [(t, [s]) for t in third],
                "DDC_FIN": [(s, abroad)],
            }
            terms = {"DVA_FIN": whole * final}
            for term, deliveries in behind.items():
                terms[term] = alone * (sold @ w.output_behind(r, deliveries))
            terms["DDC_INT"] = (whole - alone) * (sold @ w.output[there])
            of_importer = v[there] @ L[np.ix_(there, here)]
            of_others = v @ L[:, here] - whole - of_importer
            for letter, value in (("M", of_importer), ("O", of_others)):
                terms[f"{letter}VA_FIN"] = value * final
                terms[f"{letter}VA_INT"] = value * (sold @ w.at_home[r])
                terms[f"{letter}DC"] = value * (sold @ w.for_export[r])
            rows = pd.MultiIndex.from_product([table.sectors[here], [r]], names=names)
            pieces.append(pd.DataFrame(terms, index=rows))
    if not pieces:
        raise TableError(f"all sectors of {table.region} {table.year} lie in one region: there are no exports to split")
    result = pd.concat(pieces)
    # Regions in the order of the table, and within each its sectors, each with all its importers.
    result = result.reindex(table.sectors, level="sector")
    result.attrs = describe(table, unit=table.unit)
    return result


@dataclass(frozen=True, eq=False)
class _ClosedSystem:
    """Regions that trade with one another only, as arrays in the order of the table."""

    own: dict[str, np.ndarray]  # positions of each region's sectors
    inverse: np.ndarray
    coefficients: np.ndarray
    value_added: np.ndarray  # per unit of output
    output: np.ndarray
    final: dict[str, np.ndarray]  # final demand for every product, by region of the user
    alone: dict[str, np.ndarray]  # inverse of each region without the others
    at_home: dict[str, np.ndarray]  # output that a region needs of itself alone for its final demand for own products
    for_export: dict[str, np.ndarray]  # the same for its exports

    def bought(self, products: np.ndarray, users: list[str]) -> np.ndarray:
        """Add up what some regions' final users buy of some products."""
        return sum((self.final[r][products] for r in users), np.zeros(len(products)))

    def output_behind(self, region: str, deliveries: list[tuple[str, list[str]]]) -> np.ndarray:
        """Add up a region's output behind deliveries of a region to the final users of others."""
        at = self.own[region]
        parts = (self.inverse[np.ix_(at, self.own[k])] @ self.bought(self.own[k], users) for k, users in deliveries)
        return sum(parts, np.zeros(len(at)))


def _closed_system(table: InputOutputTable, regions: pd.Series, final_regions: pd.Series) -> _ClosedSystem:
    outside = {
        "exports": table.exports.abs().sum(),
        "imported inputs": table.imported.abs().to_numpy().sum(),
        "error": table.error.abs().sum(),
    }
    if any(outside.values()):
        listed = ", ".join(f"{what} of {size:.6g}" for what, size in outside.items() if size)
        raise TableError(f"the terms hold for a system without trade outside, but the table has {listed} {table.unit}")
    home, exports, final = _exports_between(table, regions, final_regions)
    A = coefficients(table)
    own = {r: np.flatnonzero(home == r) for r in home.unique()}
    alone = {r: np.linalg.inv(np.eye(len(at)) - A[np.ix_(at, at)]) for r, at in own.items()}
    return _ClosedSystem(
        own=own,
        inverse=full_inverse(table, None),
        coefficients=A,
        value_added=_value_added_coefficients(table),
        output=table.output.to_numpy(),
        final=final,
        alone=alone,
        at_home={r: alone[r] @ final[r][at] for r, at in own.items()},
        for_export={r: alone[r] @ exports[at] for r, at in own.items()},
    )


def _value_added_coefficients(table: InputOutputTable) -> np.ndarray:
    return (table.total_value_added / table.output.where(table.active, 1.0)).to_numpy()


def _exports_between(
    table: InputOutputTable, regions: pd.Series, final_regions: pd.Series
) -> tuple[pd.Series, np.ndarray, dict[str, np.ndarray]]:
    """Region of each sector, its exports to other regions and the world, and final demand by region of the user."""
    home = region_of(table, regions)
    lacking = [c for c in table.final_uses if c not in as_series(final_regions, "final_regions").index]
    if final_regions.index.has_duplicates:
        twice = final_regions.index[final_regions.index.duplicated()].tolist()
        raise TableError(f"final uses {twice} are given more than one region")
    users = final_regions[table.final_uses.columns.intersection(final_regions.index)]
    lacking += users.index[users.isna()].tolist()
    unknown = sorted(set(users.dropna()) - set(home))
    if lacking or unknown:
        raise TableError(f"final uses {lacking} have no region, or lie in regions {unknown} that have no sector")
    Z, final = table.Z.to_numpy(), table.final_uses
    Y = {r: final.loc[:, (final_regions[final.columns] == r).to_numpy()].sum(axis=1).to_numpy() for r in home.unique()}
    exports = table.exports.to_numpy().copy()
    for r in home.unique():
        own = (home == r).to_numpy()
        exports[own] += Z[np.ix_(own, ~own)].sum(axis=1) + sum((Y[s][own] for s in Y if s != r), np.zeros(own.sum()))
    return home, exports, Y
