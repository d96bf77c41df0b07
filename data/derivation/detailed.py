"""The nation's detailed tables as they are, and where industries gather: what the 38 common sectors cannot part."""

from decimal import Decimal

from . import records
from .input_output import COMPILED, DETAILED, PRIMARY, SPLIT, USES
from .sectors import REGIONS
from .source import FINAL_USES, VALUE_ADDED, SourceError, number, read_csv, read_table
from .tables import TO_HUNDRED_MILLION, check_subtotals, round_up, text

TRADE = ("EX", "IM")
# Industries of the employment panel that the six clusters of the paper are in -> English name
INDUSTRIES = {
    "化学原料和化学制品制造业": "Chemicals",
    "医药制造业": "Medicines",
    "通用设备制造业": "General machinery",
    "专用设备制造业": "Special machinery",
    "汽车制造业": "Cars and car parts",
    "铁路、船舶、航空航天和其他运输设备制造业": "Trains, ships, aircraft",
    "电气机械和器材制造业": "Electrical machinery",
    "计算机、通信和其他电子设备制造业": "Electronics",
    "仪器仪表制造业": "Instruments",
}
EMPLOYMENT = "stats/province_industry_employment_wage_2005_2016.csv"
# Coverage changes between 2010 and 2012.
EMPLOYMENT_YEARS = range(2012, 2017)
DELTA = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")


def write_tables(folder, sources):
    """Write the detailed national tables of the years that publish imports apart, sector by sector as published."""
    for year in SPLIT:
        size = DETAILED[year]
        table = read_table(sources / f"io/china_national/china_{year}_{size}.csv", size)
        check_subtotals(table)
        uses = (*FINAL_USES, *TRADE, "GO")
        cells = {
            row: {column: table.value(row, column).scaleb(TO_HUNDRED_MILLION) for column in columns}
            for rows, columns in ((table.sectors, (*table.sectors, *uses)), (VALUE_ADDED, table.sectors))
            for row in rows
        }
        gaps = {
            "row": [
                cells[s]["GO"] - sum(cells[s][c] for c in (*table.sectors, *FINAL_USES, "EX")) + cells[s]["IM"]
                for s in table.sectors
            ],
            "column": [
                cells[s]["GO"] - sum(cells[r][s] for r in (*table.sectors, *VALUE_ADDED)) for s in table.sectors
            ],
        }
        record = {
            "kind": "detailed table",
            "title": {
                "en": f"Input-output table of China in {size} sectors, {year}",
                "zh": f"中国{year}年投入产出表（{size}部门）",
            },
            "publisher": records.NATIONAL_BUREAU,
            "region": "China",
            "year": year,
            "reference": f"《{year}年中国投入产出表》, China Statistics Press; table of {size} sectors",
            "compiled_by": COMPILED["nation"],
            "licence": records.LICENCES["nation"],
            "unit": records.UNIT,
            "price_basis": "current producers' prices",
            "vintage": "as first published with the table, before later economic censuses",
            "derived": "As published; 10,000 CNY are shifted to 100 million CNY, in exact decimal arithmetic. "
            "Subtotals are compared with the sums of their parts and dropped.",
            "notes": [
                f"Added up with io/concordance_national and io/concordance_42_38 it is io/china_{year}.",
                "Flows hold imported inputs and do not say which; some English sector names of the compiler are wrong.",
            ],
            "tolerance": {side: float(round_up(max(abs(gap) for gap in found))) for side, found in gaps.items()},
            "key": ["row", "column"],
            "layout": {"sectors": list(table.sectors), "uses": list(uses), "primary": list(VALUE_ADDED)},
            "balance": {
                "row": {"total": "GO", "add": [*FINAL_USES, "EX"], "subtract": ["IM"]},
                "column": {"total": "GO", "add": list(VALUE_ADDED)},
            },
            "columns": {
                "row": {
                    "description": "Supplying sector, see io/concordance_national, or value added: "
                    + "; ".join(f"{code} {label}" for code, label in PRIMARY.items())
                },
                "column": {
                    "description": "Using sector, or: " + "; ".join(f"{code} {USES[code]}" for code in uses),
                },
                "value": {
                    "dtype": "float",
                    "description": "Flow in 100 million CNY; noughts are written out, no cell is left away",
                },
            },
        }
        rows = ((row, column, text(value)) for row, columns in cells.items() for column, value in columns.items())
        records.write(folder, f"io/china_{year}_{size}", rows, record)


def write_quotients(folder, sources):
    """Write where the people of some industries work: location quotients, not the published cells."""
    path = sources / EMPLOYMENT
    header, lines = read_csv(path)
    people = {}
    for line, cells in enumerate(lines, start=2):
        row = dict(zip(header, cells, strict=True))
        kind, _, industry = row["series_id"].partition("|")
        if kind != "urban_unit_employment" or int(row["year"]) not in EMPLOYMENT_YEARS:
            continue
        key = int(row["year"]), row["region"], industry
        if key in people:
            raise SourceError(f"{path.name}, line {line}: employment of {key} appears twice")
        people[key] = number(row["value"], f"{path.name}, line {line}")
    names = [name for name, *_ in REGIONS if name != "China"]
    rows = []
    for year in EMPLOYMENT_YEARS:
        totals = {r: sum(v for (y, region, _), v in people.items() if (y, region) == (year, r)) for r in names}
        present = [r for r in names if totals[r]]
        for industry, english in INDUSTRIES.items():
            found = {r: people[year, r, industry] for r in present if (year, r, industry) in people}
            if not any(found.values()):
                raise SourceError(f"{path.name}: nobody works in {industry} in {year}")
            for region in sorted(found):
                quotients = []
                for base in (present, [r for r in DELTA if r in present] if region in DELTA else []):
                    inside = sum((found.get(r, Decimal(0)) for r in base), Decimal(0))
                    whole = sum((totals[r] for r in base), Decimal(0))
                    quotients.append(
                        f"{float(found[region]) / float(totals[region]) / (float(inside) / float(whole)):.4f}"
                        if inside
                        else ""
                    )
                rows.append((region, str(year), english, *quotients))
    record = {
        "kind": "statistics",
        "title": {
            "en": "Location quotients of employment in nine manufacturing industries, 31 provinces, 2012-2016",
            "zh": "各省九个制造业行业就业区位商，2012—2016年",
        },
        "publisher": {"en": "National Bureau of Statistics of China", "zh": "国家统计局"},
        "year": f"{EMPLOYMENT_YEARS[0]}-{EMPLOYMENT_YEARS[-1]}",
        "reference": "Employment of urban units by industry and province, as an open repository carries it",
        "compiled_by": "common2016/FactorandIndustry",
        "licence": "The figures come from a commercial terminal: indices are derived from them, the cells are not "
        "published here",
        "unit": "ratio",
        "price_basis": "not applicable",
        "vintage": "as published",
        "derived": "Share of an industry in the industrial employment of a province (38 industries of mining, "
        "manufacturing and utilities), over the same share in all provinces together, or in the four of the delta.",
        "notes": [
            "Urban units only: small and rural firms are not counted, which moves quotients where they are many.",
            "Industries that a province does not report count as nought in its total.",
        ],
        "key": ["region", "year", "industry"],
        "columns": {
            "region": {"description": "Province", "allowed": names},
            "year": {"dtype": "int", "description": "Year", "allowed": list(EMPLOYMENT_YEARS)},
            "industry": {
                "description": "Industry of the national classification",
                "allowed": list(INDUSTRIES.values()),
            },
            "quotient": {"dtype": "float", "description": "Against all provinces", "minimum": 0},
            "quotient_delta": {
                "dtype": "float",
                "description": "Against the four provinces of the delta, for these",
                "minimum": 0,
                "nullable": True,
            },
        },
    }
    records.write(folder, "statistics/industry_quotients", rows, record)
