"""Accounts and linkages of every sector in every province and the nation, in the four years that all have tables."""

from dataclasses import replace
from decimal import Decimal

import pandas as pd

from analysis.linkages import ghosh_inverse, output_multipliers
from analysis.tables import InputOutputTable

from . import records
from .sectors import CODES, REGIONS, YEARS
from .source import FINAL_USES, VALUE_ADDED, SourceError
from .tables import ONE_YUAN, text, tolerance

# our trade columns -> columns of the panel
TRADE_COLUMNS = {
    "EX": "exports",
    "OF": "outflow",
    "IM": "imports",
    "IF": "inflow",
    "EXOF": "exports_and_outflow",
    "IMIF": "imports_and_inflow",
    "NOF": "net_outflow",
}
COVERAGE = {
    ("NOF",): "net",
    ("EXOF", "IMIF"): "combined",
    ("EX", "OF", "IM", "IF"): "split",
    ("EX", "IM"): "nation",
}
INDICATORS = (
    "backward_linkage",
    "forward_linkage",
    "supply_pool_share",
    "local_backward_linkage",
    "local_forward_linkage",
)
HUNDRED_YUAN = Decimal("1e-6")
# Tibet had no table before 2012.
WITHOUT_TABLE = {("Tibet", 2002), ("Tibet", 2007)}
# Whole columns of nought that stand for trade nobody told apart: (missing pair, name of the coverage).
UNTOLD = ((("OF", "IF"), "no outflow"), (("EX", "IM"), "no exports"))


def without_remainders(table):
    """Set to nought the output of a sector that has no inputs and less than 100 yuan of output, of either sign.

    Four sectors in three tables of 2002 (Hunan, Fujian, Qinghai) have no production; what stands as their output is the
    remainder of uses that cancel. It moves to the row gap.
    """
    cells = dict(table.cells)
    for code in CODES:
        idle = not any(table.cells[row][code] for row in (*CODES, *VALUE_ADDED))
        if idle and 0 < abs(cells[code]["GO"]) < HUNDRED_YUAN:
            cells[code] = {**cells[code], "GO": Decimal(0)}
    return replace(table, cells=cells)


def account(table):
    """Return an :class:`InputOutputTable` of a table in common sectors, with the tolerance it needs itself."""
    sectors = pd.Index(CODES, name="sector")
    matrix = pd.DataFrame(
        [
            [float(table.cells[row].get(column, 0)) for column in (*CODES, *table.uses)]
            for row in (*CODES, *VALUE_ADDED)
        ],
        index=[*CODES, *VALUE_ADDED],
        columns=[*CODES, *table.uses],
    )
    limit = tolerance(table)
    square = matrix.loc[list(CODES)].rename_axis(index="sector", columns="sector")
    return InputOutputTable(
        Z=square[list(CODES)],
        final_uses=square[list(FINAL_USES)],
        trade=square[list(table.trade)],
        value_added=matrix.loc[list(VALUE_ADDED), list(CODES)].rename_axis(columns="sector"),
        output=square["GO"].rename_axis(sectors.name),
        year=table.year,
        region=table.region,
        unit=records.UNIT,
        price_basis="current producers' prices",
        vintage="as published with the table",
        error=square["ERR"] if "ERR" in table.uses else None,
        row_tolerance=float(limit["row"]),
        column_tolerance=float(limit["column"]),
    )


def linkages(table):
    """Return the indicator columns of one table as a DataFrame by sector; missing where there is no output."""
    technology = account(table)
    result = pd.DataFrame(index=list(CODES), columns=list(INDICATORS), dtype=float)
    result["backward_linkage"] = output_multipliers(technology)
    result["forward_linkage"] = ghosh_inverse(technology).sum(axis=1)
    if technology.gross_trade:
        local = technology.local("supply pool")
        result["supply_pool_share"] = technology.local_shares("supply pool")[technology.active]
        result["local_backward_linkage"] = output_multipliers(local)
        result["local_forward_linkage"] = ghosh_inverse(local).sum(axis=1)
    return result


def coverage(table):
    """Return what the table tells of trade, and the trade columns it fills."""
    told = COVERAGE[table.trade]
    filled = set(table.trade)
    if told == "split":
        for pair, name in UNTOLD:
            if not any(table.cells[code][column] for code in CODES for column in pair):
                told, filled = name, filled - set(pair)
    return told, filled


def rows(table):
    """Yield one row a sector: accounts exact, indicators to six decimals, cells empty where nothing is published."""
    told, filled = coverage(table)
    row_gaps, column_gaps, indicators = table.row_gaps(), table.column_gaps(), linkages(table)
    for code in CODES:
        cells = table.cells[code]
        primary = [table.cells[row][code] for row in VALUE_ADDED]
        accounts = {
            "output": cells["GO"],
            "intermediate_input": sum(table.cells[row][code] for row in CODES),
            "value_added": sum(primary),
            **dict(zip(("compensation", "net_taxes", "depreciation", "surplus"), primary, strict=True)),
            "intermediate_use": sum(cells[column] for column in CODES),
            "final_use": sum(cells[column] for column in FINAL_USES),
            **{name: cells[column] if column in filled else None for column, name in TRADE_COLUMNS.items()},
            "error": cells.get("ERR"),
            "row_gap": row_gaps[code],
            "column_gap": column_gaps[code],
        }
        exact = ["" if value is None else text(value) for value in accounts.values()]
        derived = ["" if pd.isna(value) else f"{value:.6f}" for value in indicators.loc[code]]
        yield [table.region, table.year, code, told, *exact, *derived]


def money(description, **more):
    """Describe a column in 100 million CNY."""
    return {"dtype": "float", "description": f"{description}, 100 million CNY", **more}


def write(folder, tables):
    """Write the panel from {(region, year): table in common sectors}."""
    lines = []
    for region, *_ in REGIONS:
        for year in YEARS:
            if (region, year) in tables:
                lines.extend(rows(without_remainders(tables[region, year])))
            elif (region, year) not in WITHOUT_TABLE:
                raise SourceError(f"the table of {region} {year} is not in the source folder")
    trade = {
        "exports": "Exports abroad",
        "outflow": "Outflow to other provinces",
        "imports": "Imports from abroad",
        "inflow": "Inflow from other provinces",
        "exports_and_outflow": "Exports and outflow together (2007)",
        "imports_and_inflow": "Imports and inflow together (2007)",
        "net_outflow": "Outflow and exports less inflow and imports (2002)",
    }
    indicator = {
        "backward_linkage": "Column sum of the Leontief inverse of the published (technology) table, i'(I-A)^-1",
        "forward_linkage": "Row sum of the Ghosh inverse of the published table, (I-B)^-1 i; unreliable where "
        "output is tiny beside what is brought in",
        "supply_pool_share": "Output over output plus imports and inflow: an assumed local share, not a measured one",
        "local_backward_linkage": "Column sum of the Leontief inverse after the supply-pool share made inputs local",
        "local_forward_linkage": "Row sum of the Ghosh inverse after the supply-pool share made inputs local",
    }
    record = {
        "kind": "sector panel",
        "title": {
            "en": "Accounts and linkages by sector, provinces and nation, 2002-2017",
            "zh": "各省及全国分部门核算与关联指标，2002—2017年",
        },
        "publisher": {
            "en": "Provincial bureaus of statistics; National Bureau of Statistics of China",
            "zh": "各省（区、市）统计局；国家统计局",
        },
        "year": "2002, 2007, 2012, 2017",
        "reference": "《中国地区投入产出表》 and 《中国投入产出表》 2002, 2007, 2012, 2017, China Statistics Press",
        "compiled_by": "R packages CHNIO (Pu Chen) and ionet (Xiao, Yan, Zhang)",
        "licence": records.LICENCES["province"],
        "unit": records.UNIT,
        "price_basis": "current producers' prices",
        "vintage": "as first published with each table, before later economic censuses",
        "derived": "Every provincial table, and the nation's, is added up to the 38 common sectors in exact decimal "
        "arithmetic; the accounts are its sums. Linkage indicators are computed with analysis.linkages from the same "
        "tables and rounded to six decimals.",
        "notes": [
            "Tibet has no table in 2002 and 2007.",
            "An empty trade cell means that the table does not tell that kind of trade apart; an empty error cell that "
            "it has no such column; an empty indicator that the sector has no output, or that only net trade is told "
            "(local indicators of provinces, 2002).",
            "Hubei and Qinghai 2012 fill exports and imports only and leave trade with other provinces at nought; "
            "Inner Mongolia 2012 does the reverse. Their filled columns probably hold both kinds of trade.",
            "row_gap and column_gap are what the published figures leave unexplained, after the published error. Only "
            "Fujian 2002 and Jiangsu 2002 exceed 0.01. In Fujian row and column of C34 miss 0.6876 alike: its use of "
            "its own product seems short by that. In Jiangsu the columns C33 and C34 miss 0.179 with opposite signs.",
            "Output of a few yuan, of either sign, in four sectors without inputs (Hunan, Fujian, Qinghai 2002) is set "
            "to nought and stands in row_gap.",
            "The supply-pool share is an assumption; other assumptions move the local indicators.",
            "Over all provinces output does not add up to the nation's, nor outflow to inflow.",
        ],
        "key": ["region", "year", "code"],
        "identities": [
            {
                "total": "value_added",
                "add": ["compensation", "net_taxes", "depreciation", "surplus"],
                "tolerance": float(ONE_YUAN),
            },
            {
                "total": "output",
                "add": ["intermediate_input", "value_added", "column_gap"],
                "tolerance": float(ONE_YUAN),
            },
            {
                "total": "output",
                "add": [
                    "intermediate_use",
                    "final_use",
                    "exports",
                    "outflow",
                    "exports_and_outflow",
                    "net_outflow",
                    "error",
                    "row_gap",
                ],
                "subtract": ["imports", "inflow", "imports_and_inflow"],
                "tolerance": float(ONE_YUAN),
            },
        ],
        "columns": {
            "region": {"description": "Province or China", "allowed": [region for region, *_ in REGIONS]},
            "year": {"dtype": "int", "description": "Year of the table", "allowed": list(YEARS)},
            "code": {"description": "Sector, see io/sectors", "allowed": list(CODES)},
            "trade": {
                "description": "What the table tells of trade: net (one column), combined (foreign and domestic "
                "together), split, nation (foreign only, there is no other), no outflow, no exports",
                "allowed": [*COVERAGE.values(), *(name for _, name in UNTOLD)],
            },
            "output": money("Gross output", minimum=0),
            "intermediate_input": money("Intermediate inputs, local or not"),
            "value_added": money("Value added"),
            "compensation": money("Compensation of employees"),
            "net_taxes": money("Net taxes on production"),
            "depreciation": money("Depreciation of fixed capital"),
            "surplus": money("Operating surplus"),
            "intermediate_use": money("Intermediate use of the sector's product, local or not"),
            "final_use": money("Consumption, capital formation and inventories"),
            **{name: money(description, nullable=True) for name, description in trade.items()},
            "error": money("Published statistical discrepancy", nullable=True),
            "row_gap": money("Output less all uses and the discrepancy"),
            "column_gap": money("Output less intermediate inputs and value added"),
            **{
                name: {"dtype": "float", "description": description, "nullable": True, "minimum": 0}
                for name, description in indicator.items()
            },
        },
    }
    records.write(folder, "io/province_sectors", lines, record)
