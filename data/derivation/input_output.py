"""The input-output tables: eastern China's four, the nation's five, sectors and concordances."""

from decimal import Decimal

from . import records
from .sectors import CHINESE, CODES, LIST_OF_YEAR, SECTORS, TO_COMMON, YEARS, published_names
from .source import FINAL_USES, VALUE_ADDED, SourceError, province_files, read_table
from .tables import (
    SIGNS,
    TO_HUNDRED_MILLION,
    CommonTable,
    aggregate,
    compare,
    match_by_output,
    province,
    round_up,
    split_table,
    text,
    to_common,
    tolerance,
)

DELTA = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")
# Detailed national tables: year -> number of sectors. Those of SPLIT years tell domestic from imported rows in a
# companion table of 42 sectors.
DETAILED = {2002: 122, 2007: 135, 2012: 139, 2017: 149, 2020: 153}
SPLIT = (2017, 2020)

USES = {
    "FU101": "consumption of rural households",
    "FU102": "consumption of urban households",
    "FU103": "consumption of government",
    "FU201": "gross fixed capital formation",
    "FU202": "change in inventories",
    "EX": "exports",
    "OF": "outflow to other provinces",
    "EXOF": "outflow to other provinces and exports together",
    "NOF": "net outflow (outflow and exports less inflow and imports)",
    "IM": "imports, stored positive and subtracted",
    "IF": "inflow from other provinces, stored positive and subtracted",
    "IMIF": "inflow from other provinces and imports together, stored positive and subtracted",
    "ERR": "published statistical discrepancy",
    "GO": "gross output",
    "TC": "all consumption, households and government",
}
PRIMARY = {
    "VA001": "compensation of employees",
    "VA002": "net taxes on production",
    "VA003": "depreciation of fixed capital",
    "VA004": "operating surplus",
}
COMPILED = {
    "province": "R packages CHNIO (Pu Chen) and ionet (Xiao, Yan, Zhang)",
    "nation": "R packages CHNIO (Pu Chen) and ionet (Xiao, Yan, Zhang); ChinaBalancedSAM4 (zhangda1021)",
}


def _columns(uses):
    """Return the column descriptions of a table in (row, column, value) form."""
    meaning = "; ".join(f"{code} {USES[code]}" for code in uses)
    primary = "; ".join(f"{code} {label}" for code, label in PRIMARY.items())
    return {
        "row": {
            "description": f"Supplying sector C01 to C38 (see io/sectors), or value added: {primary}",
        },
        "column": {
            "description": f"Using sector C01 to C38, or: {meaning}",
        },
        "value": {
            "dtype": "float",
            "description": "Flow in 100 million CNY; noughts are written out, no cell is left away",
        },
    }


def _balance(table):
    """Return the row and column identities of a table as its record states them."""
    plus = [*FINAL_USES, *(c for c in table.trade if SIGNS[c] > 0), *(("ERR",) if "ERR" in table.uses else ())]
    return {
        "row": {"total": "GO", "add": plus, "subtract": [c for c in table.trade if SIGNS[c] < 0]},
        "column": {"total": "GO", "add": list(VALUE_ADDED)},
    }


def table_record(table, *, publisher, title, reference, derived, compiled_by, notes):
    """Return the source record of a table in common sectors."""
    return {
        "kind": "input-output table",
        "title": title,
        "publisher": publisher,
        "region": table.region,
        "year": table.year,
        "reference": reference,
        "compiled_by": compiled_by,
        "licence": records.LICENCES["nation" if table.region == "China" else "province"],
        "unit": records.UNIT,
        "price_basis": "current producers' prices",
        "vintage": "as first published with the table, before later economic censuses",
        "derived": derived,
        "notes": notes,
        "tolerance": {side: float(limit) for side, limit in tolerance(table).items()},
        "key": ["row", "column"],
        "layout": {"sectors": list(CODES), "uses": list(table.uses), "primary": list(VALUE_ADDED)},
        "balance": _balance(table),
        "columns": _columns(table.uses),
    }


def _gap_notes(gaps):
    """Say where published subtotals miss the sum of their parts by ten yuan (0.001 of the source's unit) or more."""
    worth = {total: found for total, found in gaps.items() if found[0] >= Decimal("0.001")}
    if not worth:
        return []
    listed = "; ".join(f"{total} by up to {text(gap)} at {where}" for total, (gap, where) in worth.items())
    return [
        f"Published totals differ from the sums of their parts (GO from total inputs, TI), in 10,000 CNY, at published "
        f"sector: {listed}. Detail is kept, subtotals are dropped."
    ]


TRADE_NOTES = {
    ("NOF",): "Only net outflow is published: exports, imports and trade with other provinces are not told apart.",
    ("EXOF", "IMIF"): "Exports stand together with outflow to other provinces, imports with inflow from them.",
    ("EX", "IM"): "",
    ("EX", "OF", "IM", "IF"): "",
}


def _rows(table):
    return ((row, column, text(value)) for row, column, value in table.records())


def _publisher(region):
    if region == "China":
        return records.NATIONAL_BUREAU
    rank = "市" if region == "Shanghai" else "省"
    return {
        "en": f"{region} Bureau of Statistics; National Bureau of Statistics of China",
        "zh": f"{CHINESE[region]}{rank}统计局；国家统计局",
    }


def read_provinces(sources):
    """Return {(region, year): table in common sectors} for every table of the 42-sector collection."""
    tables = {}
    for (year, chinese), path in province_files(sources / "io/province_42").items():
        region = next((english for english, name in CHINESE.items() if name == chinese), None)
        if region is None or year not in TO_COMMON:
            raise SourceError(f"{path.name}: no region {chinese} or no table year {year} is known")
        tables[region, year] = province(read_table(path, 42), region, year)
    return tables


def write_delta(folder, tables):
    """Write the sixteen tables of the Yangtze River Delta."""
    for region in DELTA:
        for year in YEARS:
            if (region, year) not in tables:
                raise SourceError(f"the table of {region} {year} is not in the source folder")
            table = tables[region, year]
            notes = [TRADE_NOTES[table.trade], *_gap_notes(table.gaps)]
            record = table_record(
                table,
                publisher=_publisher(region),
                title={
                    "en": f"Input-output table of {region}, {year}",
                    "zh": f"{CHINESE[region]}{year}年投入产出表",
                },
                reference=f"《中国地区投入产出表—{year}》, China Statistics Press; table of {region}",
                compiled_by=COMPILED["province"],
                derived="The 42 published sectors are added up to 38 with io/concordance_42_38, and 10,000 CNY are "
                "shifted to 100 million CNY, in exact decimal arithmetic. Published subtotals are compared with the "
                "sum of their parts and dropped. Output is the published GO column.",
                notes=[note for note in notes if note],
            )
            records.write(folder, f"io/{region.lower()}_{year}", _rows(table), record)


def _nation_reference(year, sectors):
    return f"《{year}年中国投入产出表》, China Statistics Press; table of {sectors} sectors"


def write_nation(folder, sources, tables):
    """Write the five tables of the nation, two with an imported part, and the lists that lead from detail to 42.

    Returns
    -------
    dict
        {("China", year): table in common sectors}.
    """
    members, nation = [], {}
    for year, size in DETAILED.items():
        detailed = read_table(sources / f"io/china_national/china_{year}_{size}.csv", size)
        title = {"en": f"Input-output table of China, {year}", "zh": f"中国{year}年投入产出表"}
        if year in SPLIT:
            parts = read_table(sources / f"io/china_national/china_{year}_42.csv", 42)
            published = split_table(parts)
        else:
            parts = None
            published = read_table(sources / f"io/province_42/{year}_中国.csv", 42)
        mapping = match_by_output(detailed, published)
        gaps = compare(detailed, published, mapping)
        worst = max(gaps.items(), key=lambda item: item[1][0])
        agreement = (
            f"The table of {size} sectors, added up to 42, agrees with this one to {text(worst[1][0] * 10_000)} yuan "
            f"in every flow, use, value-added row and output; the largest difference is in {worst[0]}."
        )
        members += [
            (str(year), code, detailed.names[code][1], detailed.names[code][0], mapping[code]) for code in mapping
        ]
        to_38 = TO_COMMON[LIST_OF_YEAR[year]]
        if parts is None:
            table, notes = tables["China", year], [*_gap_notes(tables["China", year].gaps), agreement]
            reference = _nation_reference(year, 42)
            derived = (
                "The 42 published sectors are added up to 38 with io/concordance_42_38, and 10,000 CNY are shifted to "
                "100 million CNY, in exact decimal arithmetic. Rows close only with the published discrepancy (ERR)."
            )
        else:
            to_common_sector = {code: to_38[member] for code, member in mapping.items()}
            table = _join_split(to_common(detailed, "China", year, to_common_sector), published)
            notes = [*_gap_notes(table.gaps), agreement]
            notes.append(
                f"Exports include re-exported imports; io/china_{year}_imports has them apart. "
                f"Domestic flows are this table less io/china_{year}_imports, cell by cell."
            )
            reference = f"{_nation_reference(year, size)}, and its companion of 42 with domestic and imported rows"
            derived = (
                "Flows, capital formation, inventories and exports are domestic plus imported rows of the 42-sector "
                f"table; the three consumption columns, imports and output are added up from {size} sectors with "
                "io/concordance_national; both are added up to 38 with io/concordance_42_38. 10,000 CNY are shifted to "
                "100 million CNY. All in exact decimal arithmetic."
            )
        record = table_record(
            table,
            publisher=records.NATIONAL_BUREAU,
            title=title,
            reference=reference,
            compiled_by=COMPILED["nation"],
            derived=derived,
            notes=notes,
        )
        nation["China", year] = table
        records.write(folder, f"io/china_{year}", _rows(table), record)
        if parts is not None:
            _write_imports(folder, table, parts["Imports"], year)
    _write_members(folder, members)
    return nation


def _join_split(table, published):
    """Take the cells that the domestic and imported rows reach from their sum, the others from the detailed table."""
    to_38 = TO_COMMON[LIST_OF_YEAR[table.year]]
    shared = {column: column for column in ("FU201", "FU202", "EX")}
    sums = aggregate(published.cells, to_38, to_38 | shared)
    cells = {
        row: {
            column: sums[row][column].scaleb(TO_HUNDRED_MILLION) if column in sums.get(row, {}) else value
            for column, value in columns.items()
        }
        for row, columns in table.cells.items()
    }
    return CommonTable(table.region, table.year, cells, table.gaps)


def _write_imports(folder, table, imports, year):
    """Write the imported part of a national table, with its own row identity."""
    to_38 = TO_COMMON[LIST_OF_YEAR[year]]
    uses = ("TC", "FU201", "FU202", "EX")
    cells = aggregate(imports.cells, to_38, to_38 | {use: use for use in uses})
    cells = {row: {c: v.scaleb(TO_HUNDRED_MILLION) for c, v in columns.items()} for row, columns in cells.items()}
    gap = 0
    for row, columns in cells.items():
        columns["IM"] = table.cells[row]["IM"]
        gap = max(gap, abs(columns["IM"] - sum(columns[c] for c in (*CODES, *uses))))
        for column in (*CODES, "FU201", "EX"):
            if not 0 <= columns[column] <= table.cells[row][column]:
                raise SourceError(f"{imports.name}: imported {row} in {column} is not between nought and the total")
    described = _columns((*uses, "IM"))
    described["row"] = {"description": "Imported product, C01 to C38 (see io/sectors)"}
    record = {
        "kind": "imports table",
        "title": {
            "en": f"Imported inputs and final uses of China, {year}",
            "zh": f"中国{year}年投入产出表（进口品部分）",
        },
        "publisher": records.NATIONAL_BUREAU,
        "region": "China",
        "year": year,
        "reference": f"《{year}年中国投入产出表》, China Statistics Press; 42 sectors, imported rows",
        "compiled_by": COMPILED["nation"],
        "licence": records.LICENCES["nation" if table.region == "China" else "province"],
        "unit": records.UNIT,
        "price_basis": "current producers' prices",
        "vintage": "as first published with the table, before later economic censuses",
        "derived": "The imported rows of the 42-sector table are added up to 38 with io/concordance_42_38; IM is the "
        "import column of the detailed table. 10,000 CNY are shifted to 100 million CNY, in exact decimal arithmetic.",
        "notes": [
            "Consumption is published as a total (TC) only, not by household or government.",
            "EX holds imports that leave again (re-exports); IM counts them.",
        ],
        "tolerance": {"row": float(round_up(gap))},
        "key": ["row", "column"],
        "layout": {"sectors": list(CODES), "uses": [*uses, "IM"], "primary": []},
        "balance": {"row": {"total": "IM", "add": list(uses)}},
        "columns": described,
    }
    rows = ((row, column, text(cells[row][column])) for row in CODES for column in (*CODES, *uses, "IM"))
    records.write(folder, f"io/china_{year}_imports", rows, record)


OWN_WORK = {
    "publisher": {"en": "This project", "zh": "本项目"},
    "compiled_by": "This project",
    "unit": "not applicable",
    "price_basis": "not applicable",
    "vintage": "not applicable",
}


def _write_members(folder, members):
    """Write which detailed national sectors make up each of the 42."""
    record = {
        "kind": "concordance",
        "title": {"en": "From detailed national sectors to 42", "zh": "全国细分部门与42部门对照表"},
        **OWN_WORK,
        "year": "2002-2020",
        "reference": "Sector lists of 《中国投入产出表》 2002, 2007, 2012, 2017, 2020",
        "licence": "MIT for the matching; sector names as published",
        "derived": "Detailed sectors are taken in their order until their outputs reach the output of the published "
        "sector. The match is proved by comparing every flow, use and value-added figure after adding up; the largest "
        "difference of each year stands in the record of io/china_YEAR.",
        "key": ["year", "code"],
        "columns": {
            "year": {"dtype": "int", "description": "Year of the table", "allowed": list(DETAILED)},
            "code": {"description": "Sector of the detailed table", "pattern": r"\d{3}"},
            "name_zh": {"description": "Chinese name, as published"},
            "name_en": {"description": "English name, as compiled"},
            "code_42": {"description": "Sector of the published table of 42", "pattern": r"\d{2}"},
        },
    }
    records.write(folder, "io/concordance_national", members, record)


def write_sectors(folder, sources):
    """Write the 38 sectors and the concordance from the four published lists of 42."""
    record = {
        "kind": "classification",
        "title": {"en": "The 38 sectors common to all table years", "zh": "各年投入产出表通用的38部门分类"},
        **OWN_WORK,
        "year": "2002-2020",
        "reference": "Industrial classification of the national economy (GB/T 4754) as the tables use it",
        "licence": "MIT",
        "derived": "The finest grouping in which the published lists of 42 sectors of 2002, 2007, 2012 and 2017 agree. "
        "Instruments (C20) and public facilities, resident and other services (C34, in 2002 with tourism) match only "
        "roughly.",
        "key": ["code"],
        "columns": {
            "code": {"description": "Sector code, C01 to C38", "pattern": r"C\d{2}"},
            "name_en": {"description": "English name", "unique": True},
            "name_zh": {"description": "Chinese name", "unique": True},
            "group": {
                "description": "Broad group",
                "allowed": ["agriculture", "mining", "manufacturing", "utilities", "construction", "services"],
            },
        },
    }
    records.write(folder, "io/sectors", SECTORS, record)

    names = published_names(sources / "io/yrd_c38/concordance_42_to_38.csv")
    own = {code: (english, chinese) for code, english, chinese, _ in SECTORS}
    rows = [
        (str(year), code, *names[year, code], common, own[common][1], own[common][0])
        for year, codes in TO_COMMON.items()
        for code, common in codes.items()
    ]
    record = {
        "kind": "concordance",
        "title": {"en": "From 42 published sectors to 38", "zh": "42部门与38部门对照表"},
        **OWN_WORK,
        "year": "2002-2020",
        "reference": "Sector lists of 《中国地区投入产出表》 and 《中国投入产出表》 2002, 2007, 2012, 2017",
        "licence": "MIT for the matching; sector names as published",
        "derived": "Each published sector belongs to one of the 38. The list of 2017 also serves the table of 2020.",
        "key": ["year", "code_42"],
        "columns": {
            "year": {"dtype": "int", "description": "Year of the published list", "allowed": list(YEARS)},
            "code_42": {"description": "Published sector, 01 to 42", "pattern": r"\d{2}"},
            "name_42_zh": {"description": "Chinese name, as published"},
            "name_42_en": {"description": "English name, as compiled"},
            "code": {"description": "Common sector", "allowed": list(CODES)},
            "name_zh": {"description": "Chinese name of the common sector"},
            "name_en": {"description": "English name of the common sector"},
        },
    }
    records.write(folder, "io/concordance_42_38", rows, record)
