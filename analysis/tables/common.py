"""From the sectors in which a table was published to the 38 that all of the project's tables share."""

from __future__ import annotations

import pandas as pd

from analysis import data
from analysis.tables.stored import sectors
from analysis.tables.table import InputOutputTable, TableError


def published_names(table: InputOutputTable) -> pd.DataFrame | None:
    """Find the list of sectors that a Chinese table follows, by its codes and its year.

    Parameters
    ----------
    table : InputOutputTable
        In any sectors.

    Returns
    -------
    DataFrame or None
        One row a sector of the table: ``name_en``, ``name_zh`` of the list and ``code``, the common sector that holds
        it. None if no list of the year, or of the last list before it, has exactly these codes.
    """
    narrow, fine = data.read("io/concordance_42_38"), data.read("io/concordance_national")
    years = sorted(year for year in narrow["year"].unique() if year <= table.year)
    if not years:
        return None
    list_42 = narrow[narrow["year"] == years[-1]]
    to_38 = list_42.set_index("code_42")["code"]
    columns = ["own", "en", "zh", "code"]
    lists = [list_42.rename(columns={"code_42": "own", "name_42_en": "en", "name_42_zh": "zh"})[columns]]
    for year in sorted((year for year in fine["year"].unique() if year <= table.year), reverse=True):
        rows = fine[fine["year"] == year]
        renamed = rows.rename(columns={"code": "own", "name_en": "en", "name_zh": "zh"})
        lists.append(renamed.assign(code=renamed["code_42"].map(to_38))[columns])
    for rows in lists:
        if set(rows["own"]) == set(table.sectors):
            found: pd.DataFrame = rows.set_index("own").loc[table.sectors]
            return found.set_axis(["name_en", "name_zh", "code"], axis=1)
    return None


def to_common_sectors(table: InputOutputTable) -> InputOutputTable:
    """Merge the sectors of a table into the 38 common ones.

    Parameters
    ----------
    table : InputOutputTable
        In the 38 sectors already, in the 42 of a Chinese table of 2002 or later, or in a detailed national list.

    Returns
    -------
    InputOutputTable
        In 38 sectors, with their names, in the order in which the table comes upon them.

    Raises
    ------
    TableError
        If the codes are those of no list of the table's year, or those of a list under other names.
    """
    common = sectors()
    if set(table.sectors) == set(common.index):
        return table
    found = published_names(table)
    if found is None:
        raise TableError(
            f"the {table.n} sectors of {table.region} {table.year} are those of no list that leads to the"
            f" {len(common)} common sectors"
        )
    # A file may carry codes alone; where it carries names, most have to be those of the list.
    named = table.names["name_zh"] != table.sectors
    agree = (table.names["name_zh"].map(_plain) == found["name_zh"].map(_plain))[named]
    english = (table.names["name_en"].map(_plain) == found["name_en"].map(_plain))[named]
    if len(agree) and max(agree.mean(), english.mean()) < 0.5:
        first = agree.index[~agree][0]
        raise TableError(
            f"sector {first} of {table.region} {table.year} is {table.names.loc[first, 'name_zh']}, and"
            f" {found.loc[first, 'name_zh']} in the list with the same codes: the table has a list of its own"
        )
    return table.aggregate(found["code"], common)


def _plain(name: str) -> str:
    return "".join(c for c in str(name).lower() if c.isalnum())


def short_names(table: InputOutputTable) -> pd.Series:
    """Return English names of the sectors that fit beside a point of a chart, each once.

    Parameters
    ----------
    table : InputOutputTable
        In any sectors. A sector that is the only one in its common sector gets the name of the latter.

    Returns
    -------
    Series
        By sector code.
    """
    names = table.names["name_en"].astype(str)
    try:
        found, common = published_names(table), sectors()["name_en"]
    except data.DataError:
        found, common = None, pd.Series(dtype=str)
    if found is not None:
        names = names.where(names != table.sectors, found["name_en"])
        alone = ~found["code"].duplicated(keep=False)
        names = names.where(~alone, found["code"].map(common))
    for opening in ("Manufacture of ", "Production and supply of ", "Mining and processing of ", "Processing of "):
        names = names.str.removeprefix(opening)
    cut = names.str[:_LONGEST].str.rsplit(" ", n=1).str[0].str.rstrip(",") + " …"
    names = names.where(names.str.len() <= _LONGEST, cut)
    names = names.str[:1].str.upper() + names.str[1:]
    twice = names.duplicated(keep=False)
    return names.where(~twice, names + " (" + table.sectors.to_series().astype(str) + ")")


_LONGEST = 50
