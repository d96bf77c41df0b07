"""Statistics in one tidy form: what the bureaus published, every vintage, with the doubts that were noted."""

import decimal
import re
from decimal import Decimal

from . import records
from .sectors import REGIONS
from .source import SourceError, number, read_csv
from .tables import text

COLUMNS = ("series", "region", "year", "value", "unit", "price_basis", "vintage", "source", "note")
SHARED = ("region", "year", "value", "unit", "price_basis", "vintage", "note")
SOURCE_COLUMNS = ("series_id", *SHARED, "source_title", "source_url_or_repo")

# Sources whose titles are long, by how the title begins.
SHORT = {
    "China Provincial Energy Consumption panel": "energy_panel",
    "Kaggle concyclics": "gdp_in_province",
    "shoukewei/data": "shoukewei",
}
# A teaching dataset with planted errors: its GDP is kept, as a second vintage, and nothing else.
ONLY_GDP = "shoukewei"
LAST_YEAR = {"province_value_added": 2020}
LEFT_OUT = {"energy_consumption"}

OPEN_REPOSITORIES = (
    "No open licence is stated for the official figures. Of the repositories they were read from, techme is under the "
    "MIT licence; the others state none that is known here"
)
PROVINCIAL = {
    "en": "National Bureau of Statistics of China; provincial bureaus of statistics",
    "zh": "国家统计局；各省（区、市）统计局",
}
FILES = {
    "shanghai": {
        "file": "stats/shanghai_series.csv",
        "title": {
            "en": "Shanghai: GDP, value added, pillar and emerging industries",
            "zh": "上海市：地区生产总值、增加值、重点行业与战略性新兴产业",
        },
        "publisher": {
            "en": "Shanghai Bureau of Statistics; Shanghai Commission of Economy and Informatization",
            "zh": "上海市统计局；上海市经济和信息化委员会",
        },
        "reference": "《上海统计年鉴》, 《上海市国民经济和社会发展统计公报》, monthly bulletins, and press "
        "reports that quote them; each row names its own (see sources)",
        "left_out": "Energy use is left out.",
        "notes": [
            "The same year may stand in several vintages: choose one, and do not join two in one growth rate.",
            "GDP of 2017 is 30,632.99 in the input-output table of the city; the two vintages here are higher.",
            "Definitions of artificial intelligence, biomedicine and strategic emerging industries change in 2020.",
            "Series named Jan_Jun, Jan_Sep or Jan_Nov are cumulative or average for part of a year.",
        ],
    },
    "province_gdp": {
        "file": "stats/province_gdp_panel.csv",
        "title": {"en": "GDP of 31 provinces, 1992-2020, nominal", "zh": "31个省份地区生产总值，1992—2020年，现价"},
        "publisher": PROVINCIAL,
        "reference": "《中国统计年鉴》, regional accounts, as two open repositories carry them (see sources)",
        "left_out": "Of the teaching dataset only GDP is kept.",
        "notes": ["The second source is a teaching dataset of five provinces: it serves to compare vintages only."],
    },
    "province_value_added": {
        "file": "stats/province_value_added_panel.csv",
        "title": {
            "en": "GDP and value added of industry, secondary and tertiary sector by province, 1990-2020",
            "zh": "各省地区生产总值及工业、第二、第三产业增加值，1990—2020年",
        },
        "publisher": PROVINCIAL,
        "reference": "Provincial statistical yearbooks as an open panel carries them, and tables of 《中国统计年鉴》 "
        "and of the Chongqing, Shandong and Qinghai yearbooks (see sources)",
        "left_out": "Energy use and years after 2020 are left out.",
        "notes": [
            "Vintages differ by province and year; a note that begins with FLAG marks a suspect row.",
            "Years after 2020 are left out because some provinces mix quarters and cumulated figures there.",
        ],
    },
    "province_rd": {
        "file": "stats/province_rd_panel.csv",
        "title": {
            "en": "Research, patents and high-technology industry by province, 2000-2023",
            "zh": "各省研发投入、专利与高技术产业，2000—2023年",
        },
        "publisher": {
            "en": "National Bureau of Statistics and Ministry of Science and Technology of China",
            "zh": "国家统计局；科学技术部",
        },
        "reference": "《中国科技统计年鉴》; 《全国科技经费投入统计公报》",
        "left_out": "",
        "notes": [
            "A note that begins with FLAG marks a year-on-year change outside 0.4 to 2.5: possibly a misread figure.",
            "Tibet is sparse; some cells are missing, among them Zhejiang's invention patents in force in 2014.",
        ],
    },
}


def source_key(title):
    """Return a short key for a source title."""
    for beginning, key in SHORT.items():
        if title.startswith(beginning):
            return key
    if dataset := re.match(r"R package techme .*dataset (\w+)", title):
        return f"techme_{dataset[1].lower()}"
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def columns(keys, series, units):
    """Describe the columns of a statistics table."""
    return {
        "series": {"description": "What is measured", "allowed": sorted(series)},
        "region": {
            "description": "Province, or China; see statistics/regions",
            "allowed": [name for name, *_ in REGIONS],
        },
        "year": {"dtype": "int", "description": "Year of the figure", "minimum": 1990, "maximum": 2025},
        "value": {"dtype": "float", "description": "The figure, in the unit of its row"},
        "unit": {"description": "Unit of the figure", "allowed": sorted(units)},
        "price_basis": {"description": "Price basis; empty where the source does not say", "nullable": True},
        "vintage": {"description": "Which publication or revision the figure belongs to"},
        "source": {"description": "Key into the sources of the record", "allowed": sorted(keys)},
        "note": {"description": "Doubts and particulars; FLAG marks a suspect row", "nullable": True},
    }


def read_series(path):
    """Return the rows of a source file as dicts with a ``source`` key, and what each key stands for."""
    header, lines = read_csv(path)
    if absent := [column for column in SOURCE_COLUMNS if column not in header]:
        raise SourceError(f"{path.name}: columns are missing: {', '.join(absent)}")
    regions = {name for name, *_ in REGIONS}
    rows, sources = [], {}
    for line, cells in enumerate(lines, start=2):
        row = dict(zip(header, cells, strict=True))
        where = f"{path.name}, line {line}"
        if row["region"] not in regions:
            raise SourceError(f"{where}: unknown region {row['region']!r}")
        if not re.fullmatch(r"\d{4}", row["year"]):
            raise SourceError(f"{where}: {row['year']!r} is not a year")
        key = source_key(row["source_title"])
        title = re.sub(r" \[[^]]*]", "", row["source_title"])
        meaning = f"{title}. {row['source_url_or_repo']}"
        if sources.setdefault(key, meaning) != meaning:
            raise SourceError(f"{where}: two sources share the key {key}: {sources[key]!r} and {meaning!r}")
        row |= {"source": key, "value": text(number(row["value"], where)), "year": int(row["year"])}
        rows.append(row)
    return rows, sources


def write_series(folder, sources_folder):
    """Write the tables of statistics."""
    for name, about in FILES.items():
        rows, sources = read_series(sources_folder / about["file"])
        kept = [
            tuple(r[column] for column in ("series_id", *COLUMNS[1:]))
            for r in rows
            if r["series_id"] not in LEFT_OUT
            and r["year"] <= LAST_YEAR.get(name, r["year"])
            and (r["source"] != ONLY_GDP or r["series_id"] == "gdp_nominal")
        ]
        kept.sort(key=lambda r: (r[0], r[1], r[2], r[6], r[7]))
        used = {row[7] for row in kept}
        years = sorted({row[2] for row in kept})
        record = {
            "kind": "statistics",
            "title": about["title"],
            "publisher": about["publisher"],
            "year": f"{years[0]}-{years[-1]}",
            "reference": about["reference"],
            "compiled_by": "Open repositories and press, row by row (see sources)",
            "licence": OPEN_REPOSITORIES,
            "unit": "see column unit",
            "price_basis": "see column price_basis",
            "vintage": "see column vintage",
            "derived": f"Rows as published, sorted; long source titles became keys. {about['left_out']}".strip(),
            "notes": about["notes"],
            "sources": {key: meaning for key, meaning in sorted(sources.items()) if key in used},
            "key": ["series", "region", "year", "vintage", "source"],
            "columns": columns(used, {row[0] for row in kept}, {row[4] for row in kept}),
        }
        records.write(folder, f"statistics/{name}", kept, record)


# Activity groups of the UN national accounts, as the file names them -> series
ACTIVITIES = {
    "Agriculture, hunting, forestry, fishing (ISIC A-B)": "agriculture",
    "Mining, Manufacturing, Utilities (ISIC C-E)": "industry",
    "Manufacturing (ISIC D)": "manufacturing",
    "Construction (ISIC F)": "construction",
    "Wholesale, retail trade, restaurants and hotels (ISIC G-H)": "trade_hotels",
    "Transport, storage and communication (ISIC I)": "transport_communication",
    "Other Activities (ISIC J-P)": "other_services",
    "Total Value Added": "total_value_added",
    "Gross Domestic Product (GDP)": "gdp",
}
DEFLATOR_YEARS = range(2000, 2021)


def write_deflators(folder, sources_folder):
    """Write implicit deflators, current over constant prices, of the nation's activity groups."""
    path = sources_folder / "deflators/china_un_ama_1990_2020.csv"
    header, lines = read_csv(path)
    found = {}
    for cells in lines:
        row = dict(zip(header, cells, strict=True))
        found[row["measure"], row["IndicatorName"]] = row
    rows = []
    for name, series in ACTIVITIES.items():
        for measure in ("current_CNY", "constant2015_CNY"):
            if (measure, name) not in found:
                raise SourceError(f"{path.name}: no row {measure}, {name}")
        for year in DEFLATOR_YEARS:
            cells = [found[measure, name].get(str(year), "") for measure in ("current_CNY", "constant2015_CNY")]
            if cells == ["", ""]:
                continue
            current, constant = (number(cell, f"{path.name}, {name}, {year}") for cell in cells)
            if constant <= 0:
                raise SourceError(f"{path.name}, {name}, {year}: constant-price value {constant} is not positive")
            with decimal.localcontext(traps=[decimal.InvalidOperation]):
                ratio = (current / constant).quantize(Decimal("0.000001"))
            rows.append((series, "China", year, text(ratio), "2015 = 1", "deflator", "un_ama", "un_ama", ""))
    rows.sort()
    record = {
        "kind": "statistics",
        "title": {
            "en": "China: implicit deflators by activity, 2000-2020",
            "zh": "中国：分行业增加值隐含平减指数，2000—2020年",
        },
        "publisher": {"en": "United Nations Statistics Division", "zh": "联合国统计司"},
        "region": "China",
        "year": "2000-2020",
        "reference": "National Accounts Main Aggregates Database, country China, current and constant (2015) prices",
        "licence": "No open licence is stated in the file",
        "unit": "2015 = 1",
        "price_basis": "deflator",
        "vintage": "edition with 2020 as last year",
        "derived": "Value at current prices over value at constant prices of 2015, rounded to six decimals.",
        "notes": [
            "National figures: Shanghai's own prices may move otherwise.",
            "Manufacturing begins in 2004. Industry is mining, manufacturing and utilities together.",
        ],
        "sources": {"un_ama": "UN National Accounts Main Aggregates Database"},
        "key": ["series", "region", "year"],
        "columns": columns({"un_ama"}, set(ACTIVITIES.values()), {"2015 = 1"}),
    }
    record["columns"]["value"]["minimum"] = 0
    records.write(folder, "statistics/deflators", rows, record)


def write_regions(folder):
    """Write the names of the provinces."""
    record = {
        "kind": "classification",
        "title": {"en": "Provinces and their names", "zh": "省级行政区名称"},
        "publisher": {"en": "National Bureau of Statistics of China", "zh": "国家统计局"},
        "year": 2020,
        "reference": "《中国统计年鉴》, division into east, centre, west and north-east",
        "compiled_by": "This project",
        "licence": "MIT",
        "unit": "not applicable",
        "price_basis": "not applicable",
        "vintage": "not applicable",
        "derived": "Names as used in all tables here; order of the statistical yearbook.",
        "key": ["region"],
        "columns": {
            "region": {"description": "English name, as in all tables here", "unique": True},
            "name_zh": {"description": "Chinese short name", "unique": True},
            "part": {
                "description": "Part of the country in the bureau's division",
                "allowed": ["nation", "east", "centre", "west", "north-east"],
            },
        },
    }
    records.write(folder, "statistics/regions", REGIONS, record)
