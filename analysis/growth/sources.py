"""Sources of output growth in an open input-output table: demand, exports, sourcing and technology."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.growth.sda import polar_sda, shapley_sda
from analysis.labels import InputError, few, same_labels
from analysis.tables import InputOutputTable


def output_growth_sources(
    start: InputOutputTable, end: InputOutputTable, *, assumption: str = "supply pool", method: str = "shapley"
) -> pd.DataFrame:
    """Split the change of each sector's output into final uses, exports, local sourcing and technology.

    Output obeys ``x = (I - r̂ A)⁻¹ r̂ (d + e)`` if inflows are exported in proportion ("supply pool"), and
    ``x = (I - r̂ A)⁻¹ (r̂ d + e)`` otherwise. A holds the coefficients of technology, d the final uses, r the local share
    in supply, and e the exports and outflows (in the second equation, those made locally). The effects of r, A and
    each column of d and e are Shapley values (:func:`shapley_sda`).

    Parameters
    ----------
    start, end : InputOutputTable, n sectors
        Competitive tables of one region in two years, with the same sectors, final uses and unit.
    assumption : {"supply pool", "exports first", "net inflow"}
        How inflows are spread over users, see :meth:`~analysis.tables.InputOutputTable.local_shares`.
    method : {"shapley", "polar"}
        Mean over all orders in which the factors may change, or over the two polar ones (:func:`polar_sda`).

    Returns
    -------
    DataFrame, n x (k + 3 or k + 4)
        In the unit of the tables: one column a final use, ``exports``, ``error`` (only where a table has a balancing
        column), ``local_sourcing`` (a positive effect is import substitution) and ``technology``. Rows sum to the
        change of output.

    Raises
    ------
    TableError
        For tables that are not competitive, or that cannot carry the assumption.
    InputError
        For tables that do not match in region, unit, sectors or final uses, or an unknown method.

    Notes
    -----
    Chenery, Shishido & Watanabe measure deviations from proportional growth, with one year's weights. Here absolute
    changes are decomposed, as in Syrquin's first-difference form; "exports first" is his equation, with exports
    outside r. The mean over all orders of change replaces the choice between weights of the first and of the last
    year. At current prices the effects hold price changes, and technology those of relative prices.

    Where a sector has no output in one year its inputs cannot be observed: those of the other year stand in, so that
    entry and exit are not read as new technology. The same holds for the local share of a sector without supply.

    References
    ----------
    Chenery, Shishido & Watanabe (1962), Econometrica 30(1); Syrquin (1988), in Handbook of Development Economics 1,
    chapter 7; Miller & Blair (2009), section 13.1.
    """
    decompositions = {"shapley": shapley_sda, "polar": polar_sda}
    if method not in decompositions:
        raise InputError(f"method must be one of {', '.join(decompositions)}, not {method!r}")
    _refuse_mismatch(start, end)
    years = [_factors(table, assumption) for table in (start, end)]
    categories = years[0]["final"].columns.union(years[1]["final"].columns, sort=False)
    for own, other in (years, years[::-1]):
        idle = own["x"].index[own["x"] == 0]
        own["technology"][idle] = other["technology"][idle]
        own["sourcing"] = own["sourcing"].fillna(other["sourcing"]).fillna(1.0)
    for own in years:
        own["final"] = own["final"].reindex(columns=categories, fill_value=0.0)

    through_pool = np.array([assumption == "supply pool" or name != "exports" for name in categories])
    identity = np.eye(start.n)

    def output(sourcing: pd.Series, technology: pd.DataFrame, final: pd.DataFrame) -> pd.DataFrame:
        r = sourcing.to_numpy()[:, None]
        supplied = np.where(through_pool, r, 1.0) * final.to_numpy()
        return pd.DataFrame(
            np.linalg.solve(identity - r * technology.to_numpy(), supplied), index=start.sectors, columns=categories
        )

    # Output is linear in the final uses, and both decompositions are additive over games: with sourcing, technology and
    # the whole matrix of final uses as players, the matrix's effect on a column is that of the column as a player.
    factors = [{name: own[name] for name in ("sourcing", "technology", "final")} for own in years]
    effects = decompositions[method](output, *factors)
    by_use: Any = effects["final"].unstack()[categories]
    shared: Any = effects[["sourcing", "technology"]].groupby(level=0, sort=False).sum()
    result: pd.DataFrame = by_use.join(shared.rename(columns={"sourcing": "local_sourcing"})).loc[start.sectors]
    result.columns = pd.Index(list(result.columns), name="source")
    result.attrs.update(unit=start.unit, assumption=assumption, years=(start.year, end.year))
    return result


def _factors(table: InputOutputTable, assumption: str) -> dict[str, Any]:
    table.local_shares(assumption)  # refuses what the table cannot carry: net trade only, shares outside 0 to 1
    x, pool = table.output, assumption == "supply pool"
    exports = table.exports if pool else table.local(assumption).exports
    final = table.final_uses.assign(exports=exports)
    if (table.error != 0).any():
        final = final.assign(error=table.error)
    own = x if pool else x - exports
    users = table.Z.sum(axis=1) + final.drop(columns=[] if pool else ["exports"]).sum(axis=1)
    # Dividing by the uses, not by output and inflows, puts what the published row leaves open into the share: the
    # equation then holds to the last digit.
    sourcing = own.div(users.where(users > 0))
    lost = sourcing.index[sourcing.isna() & (own > 0)]
    if len(lost):
        raise InputError(
            f"{table.region} {table.year}: local supply without local users in {few(lost)}: aggregate them"
        )
    technology = table.Z.div(x.where(x > 0), axis=1).fillna(0.0)
    return {"x": x, "technology": technology, "sourcing": sourcing, "final": final}


def _refuse_mismatch(start: InputOutputTable, end: InputOutputTable) -> None:
    for table in (start, end):
        table.require("competitive", "output_growth_sources")
    if start.unit != end.unit:
        raise InputError(f"the tables are in different units: {start.unit} and {end.unit}")
    if start.region != end.region:
        raise InputError(f"the tables are of different regions: {start.region} and {end.region}")
    same_labels(sectors_of_the_start=start.sectors, sectors_of_the_end=end.sectors)
    same_labels(final_uses_of_the_start=start.final_uses.columns, final_uses_of_the_end=end.final_uses.columns)
