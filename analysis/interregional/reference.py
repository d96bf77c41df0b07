"""One estimate a year, with every assumption stated: the table that is stored for whoever needs a single one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis import data
from analysis.interregional.accounts import delta_accounts, distances_between, eight_regions
from analysis.interregional.blind import learned_from
from analysis.interregional.estimate import InterregionalEstimate, estimate_interregional
from analysis.interregional.gravity import spread_effects
from analysis.tables import InterregionalTable

REFERENCE: Mapping[str, Any] = MappingProxyType(
    {"rest": "residual", "measure": "centres", "learned": 2007, "transit": "pool", "misfit": "error"}
)
# Of the stored figures, in 100 million CNY: to a thousand yuan.
DECIMALS = 5


def estimated_id(year: int) -> str:
    """Name of the stored table in the data folder."""
    return f"io/interregional_{year}_estimated"


def reference_estimate(year: int) -> InterregionalEstimate:
    """Estimate the table of the delta and the rest of China once, under ``REFERENCE``.

    The rest of China is the nation less the four; distances are those between centres; decay and pair effects are
    those of the published table of 2007; transit follows the supply pool; what trade leaves unexplained stays in the
    error column; margins are as published.

    Parameters
    ----------
    year : int
        2012 or 2017.

    Returns
    -------
    InterregionalEstimate

    Notes
    -----
    One among the many that the sources admit, and no better than others: results go with the range of the ensemble.
    """
    accounts = delta_accounts(year, REFERENCE["rest"])
    units, wide = accounts.membership.index, eight_regions()
    decay, effects = learned_from(REFERENCE["learned"], REFERENCE["measure"])
    return estimate_interregional(
        accounts,
        distances=distances_between(pd.Series(units, index=units), REFERENCE["measure"]),
        decay=decay,
        effects=spread_effects(effects, wide[units]),
        transit=REFERENCE["transit"],
        misfit=REFERENCE["misfit"],
    )


def load_estimated(year: int) -> InterregionalTable:
    """Load the stored table of :func:`reference_estimate`; its accounts are checked again.

    Parameters
    ----------
    year : int
        2012 or 2017.

    Returns
    -------
    InterregionalTable
        With ``estimated`` true.
    """
    stored = data.record(estimated_id(year))
    return InterregionalTable.from_cells(
        data.read(stored.id),
        year=int(stored.year),
        **stored.terms,
        estimated=True,
        provenance=stored.derived,
        notes=stored.notes,
    )


__all__ = ["DECIMALS", "REFERENCE", "estimated_id", "load_estimated", "reference_estimate"]
