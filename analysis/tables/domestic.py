"""The nation's tables with imported flows told apart by the publisher, not by an assumption."""

from __future__ import annotations

from analysis import data
from analysis.tables.stored import load
from analysis.tables.table import InputOutputTable, TableError

_CONSUMPTION = ("FU101", "FU102", "FU103")


def load_domestic(year: int) -> InputOutputTable:
    """Load China's table of a year with its imported flows apart: local, as published.

    Parameters
    ----------
    year : int
        2017 or 2020, the years for which imports by user are published.

    Returns
    -------
    InputOutputTable
        In 100 million CNY, in the 38 common sectors. ``Z`` and ``final_uses`` hold domestic flows, ``imported`` and
        ``imported_final`` the rest; the assumption is ``"published"``. Consumption is one column, ``TC``, because
        imports are published for it as a whole; ``EXOF`` are exports less re-exported imports.

    Raises
    ------
    TableError
        If no imports by user are published for the year.
    """
    record_id = f"io/china_{year}_imports"
    if record_id not in data.catalogue().index:
        raise TableError(f"imports by user are published for China in 2017 and 2020, not in {year}")
    cells = data.read(record_id).pivot(index="row", columns="column", values="value")
    table = load("China", year)
    codes = table.sectors
    finals = table.final_uses
    finals.insert(0, "TC", finals[list(_CONSUMPTION)].sum(axis=1))
    finals = finals.drop(columns=list(_CONSUMPTION))
    imported, imported_final = cells.loc[codes, codes], cells.loc[codes, list(finals.columns)]
    # Two tables are taken apart, so that the gaps of both may add up in a row.
    gap = table.row_tolerance + data.record(record_id).tolerance["row"]
    return InputOutputTable(
        Z=table.Z - imported,
        final_uses=finals - imported_final,
        trade=(table.trade["EX"] - cells.loc[codes, "EX"]).to_frame("EXOF"),
        value_added=table.value_added,
        output=table.output,
        error=table.error,
        imported=imported,
        imported_final=imported_final,
        imports="local",
        assumption="published",
        year=year,
        region=table.region,
        unit=table.unit,
        price_basis=table.price_basis,
        vintage=table.vintage,
        names=table.names,
        row_tolerance=gap,
        column_tolerance=table.column_tolerance,
    )
