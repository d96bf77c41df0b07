"""A change of one region's final demand, followed through all regions of an interregional table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError
from analysis.scenarios.scenario import changes
from analysis.tables import InterregionalTable


def demand_across_regions(
    table: InterregionalTable, change: Mapping[str, float] | pd.Series, region: str, *, bought: str = "anywhere"
) -> pd.DataFrame:
    """Follow a change of final demand through the regions: Δx = (I - A)⁻¹ Δf.

    Parameters
    ----------
    table : InterregionalTable
        Imports that it counts as a primary input, not as products, are no leakage here.
    change : mapping of sector to float
        Change of final demand for its product, in the unit of the table.
    region : str
        Whose demand, or whose products.
    bought : {"anywhere", "locally"}
        ``"anywhere"``: by the region's residents, who buy each product where all users of the region buy it, abroad
        included. ``"locally"``: demand for the region's own products, such as exports.

    Returns
    -------
    DataFrame
        Index ``region``, ``sector``; ``direct`` (first-round change in deliveries), ``output``, ``value_added``, and
        ``leakage``: change in imports from abroad, by the region that takes them and by product. Value added and
        leakage over all regions add up to the change of demand, as far as the columns of the table balance.

    Raises
    ------
    InputError
        For an unknown region, way to buy or sector, or values that are not finite.

    Notes
    -----
    What is said of the table holds of the result: from an estimated table it is an estimate.

    References
    ----------
    Miller & Blair (2009), section 3.3.
    """
    if bought not in ("anywhere", "locally"):
        raise InputError(f"bought must be 'anywhere' or 'locally', not {bought!r}")
    if region not in table.regions:
        raise InputError(f"unknown region {region!r}: one of {', '.join(table.regions)}")
    demand = changes(table, change, "change", -np.inf, np.inf)
    codes, regions = list(table.sectors), list(table.regions)
    shape, place = (len(regions), len(codes)), regions.index(region)
    local, abroad = np.zeros(shape), np.zeros(len(codes))
    if bought == "locally":
        local[place] = demand
    else:
        # of two levels of columns, so that each is a frame
        flows: list[Any] = [
            table.Z[region],
            table.final_uses[region],
            table.imported[region],
            table.imported_final[region],
        ]
        used, final, foreign, foreign_final = (flow.sum(axis=1) for flow in flows)
        inside, outside = (used + final).to_numpy().reshape(shape), (foreign + foreign_final).to_numpy()
        whole = inside.sum(axis=0) + outside
        per_use = np.divide(demand, whole, out=np.zeros_like(demand), where=whole > 0)
        local, abroad = inside * per_use, outside * per_use
    x = table.output.to_numpy()
    per_output = np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
    output = np.linalg.solve(np.eye(len(x)) - table.Z.to_numpy() * per_output, local.ravel())
    imported = (table.imported.to_numpy() * per_output * output).reshape(len(codes), *shape).sum(axis=2).T
    imported[place] += abroad
    return pd.DataFrame(
        {
            "direct": local.ravel(),
            "output": output,
            "value_added": table.total_value_added.to_numpy() * per_output * output,
            "leakage": imported.ravel(),
        },
        index=pd.MultiIndex.from_product([regions, codes], names=["region", "sector"]),
    )
