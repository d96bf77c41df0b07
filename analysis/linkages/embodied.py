"""Inputs of a kind in a sector's product, at once and through all rounds of supply."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.linkages.core import Factored, describe
from analysis.tables import InputOutputTable, TableError


def input_shares(table: InputOutputTable, suppliers: Sequence[str]) -> pd.Series:
    """Direct inputs from some suppliers per unit of output, i_S' A.

    Parameters
    ----------
    table : InputOutputTable
        On a competitive table inputs of any origin, on a local one local inputs only.
    suppliers : sequence of sector codes
        For instance the research, software and finance sectors.

    Returns
    -------
    Series, m
        For the sectors that have output.

    Raises
    ------
    TableError
        If a supplier is not a sector of the table, occurs twice, or none is given.

    References
    ----------
    Miller & Blair (2009), section 2.2.
    """
    active = table.sectors[table.active]
    bought = table.Z.loc[known_sectors(table, suppliers), active].sum()
    return _labelled(bought / table.output[active], "direct input share", table)


def embodied_inputs(table: InputOutputTable, suppliers: Sequence[str]) -> pd.Series:
    """Add up inputs from some suppliers, over all rounds, in a unit of final demand: i_S' A L.

    The first term of A L is the direct input, the rest comes with the inputs of inputs. With research services as
    the supplier, this is the flow that carries purchased innovation to each sector.

    Parameters
    ----------
    table : InputOutputTable
        On a competitive table inputs of any origin, on a local one local inputs only.
    suppliers : sequence of sector codes
        Rows to be summed.

    Returns
    -------
    Series, m
        Output of the suppliers that a unit of final demand for each sector uses up as an input somewhere in its
        chain, for the sectors that have output.

    Raises
    ------
    TableError
        If a supplier is not a sector of the table, occurs twice, or none is given.

    References
    ----------
    Papaconstantinou, Sakurai & Wyckoff (1998) for embodied technology; A L = L - I, Miller & Blair (2009), section 2.4.
    """
    chosen = table.sectors.isin(known_sectors(table, suppliers)).astype(float)
    total = pd.Series(Factored(table).rows(chosen) - chosen, index=table.sectors)
    return _labelled(total[table.active], "embodied inputs", table)


def known_sectors(table: InputOutputTable, chosen: Sequence[str]) -> list[str]:
    """Return the codes as a list; refuse codes that are unknown, given twice, or none at all."""
    chosen = [chosen] if isinstance(chosen, str) else list(chosen)
    unknown = [s for s in chosen if s not in table.sectors]
    if unknown or not chosen:
        raise TableError(f"{table.region} {table.year} has no sectors {unknown}: use codes of table.sectors")
    if len(set(chosen)) < len(chosen):
        raise TableError(f"sectors {sorted({s for s in chosen if chosen.count(s) > 1})} are given twice")
    return chosen


def _labelled(values: pd.Series, name: str, table: InputOutputTable) -> pd.Series:
    values = values.rename(name)
    values.attrs = describe(table)
    return values
