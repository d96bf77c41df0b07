"""Small source folders with invented figures, laid out as the published files are."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "data"))

from derivation import employment  # noqa: E402
from derivation.detailed import EMPLOYMENT, EMPLOYMENT_YEARS, INDUSTRIES  # noqa: E402
from derivation.input_output import DETAILED, SPLIT  # noqa: E402
from derivation.interregional import EIGHT, EIGHT_YEARS, SEVENTEEN  # noqa: E402
from derivation.sectors import CHINESE, TO_COMMON, YEARS  # noqa: E402
from derivation.statistics import ACTIVITIES, DEFLATOR_YEARS, SOURCE_COLUMNS  # noqa: E402

REGIONS = ("China", "Shanghai", "Jiangsu", "Zhejiang", "Anhui", "Hebei", "Guangdong")
FINAL = ["FU101", "FU102", "FU103", "FU201", "FU202"]
VALUE_ADDED = ["VA001", "VA002", "VA003", "VA004"]
TRADE = {
    2002: ({"NOF": 1}, False),
    2007: ({"FU302": 1, "FU304": -1}, True),
    2012: ({"EX": 1, "OF": 1, "IM": -1, "IF": -1}, True),
    2017: ({"EX": 1, "OF": 1, "IM": -1, "IF": -1}, True),
}


class Accounts:
    """A table of whole numbers (10,000 CNY) that balances, with its margins."""

    def __init__(self, seed, size, trade, error, idle=()):
        draw = np.random.default_rng(seed)
        self.size, self.trade = size, trade
        self.Z = draw.integers(0, 50, (size, size)) * (draw.random((size, size)) < 0.6)
        self.final = draw.integers(-5, 400, (size, 5))
        self.final[:, 0] += 8000
        self.flows = {name: draw.integers(0, 300, size) for name in trade}
        self.error = draw.integers(-20, 20, size) if error else None
        for i in idle:
            # No production: what is used comes from elsewhere.
            self.Z[:, i] = 0
            inflow = next(name for name, sign in trade.items() if sign < 0)
            for flow in self.flows.values():
                flow[i] = 0
            if error:
                self.error[i] = 0
            self.flows[inflow][i] = self.Z[i].sum() + self.final[i].sum()
        self.close()

    def close(self):
        """Let output follow from uses, and the surplus from output."""
        self.output = self.Z.sum(axis=1) + self.final.sum(axis=1)
        self.output = self.output + sum(sign * self.flows[name] for name, sign in self.trade.items())
        if self.error is not None:
            self.output = self.output + self.error
        added = self.output - self.Z.sum(axis=0)
        shares = [added // 2, added // 7, added // 5]
        self.added = np.array([*shares, added - sum(shares)])

    def lines(self):
        """Return the cells by row and column label, margins included."""
        codes = self.codes
        columns = {code: self.Z[:, j] for j, code in enumerate(codes)} | {"TIU": self.Z.sum(axis=1)}
        columns |= dict(zip(FINAL, self.final.T, strict=True))
        columns["TC"], columns["GCF"] = self.final[:, :3].sum(axis=1), self.final[:, 3:].sum(axis=1)
        columns |= self.flows | ({} if self.error is None else {"ERR": self.error}) | {"GO": self.output}
        rows = {code: {name: values[i] for name, values in columns.items()} for i, code in enumerate(codes)}
        bottom = {"TII": self.Z.sum(axis=0)} | dict(zip(VALUE_ADDED, self.added, strict=True))
        bottom |= {"TVA": self.added.sum(axis=0), "TI": self.output}
        return rows | {name: dict(zip(codes, values, strict=True)) for name, values in bottom.items()}

    @property
    def codes(self):
        return [f"{i:0{max(2, len(str(self.size)))}d}" for i in range(1, self.size + 1)]

    def merged(self, members):
        """Return the same accounts with neighbouring sectors added up; ``members`` counts them."""
        start = np.concatenate([[0], np.cumsum(members)[:-1]])
        other = object.__new__(Accounts)
        other.size, other.trade = len(members), self.trade
        other.Z = np.add.reduceat(np.add.reduceat(self.Z, start, axis=0), start, axis=1)
        other.final = np.add.reduceat(self.final, start, axis=0)
        other.flows = {name: np.add.reduceat(flow, start) for name, flow in self.flows.items()}
        other.error = None if self.error is None else np.add.reduceat(self.error, start)
        other.output = np.add.reduceat(self.output, start)
        other.added = np.add.reduceat(self.added, start, axis=1)
        return other


def write_csv(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_table(path, lines, origin=None):
    """Write a table in the provincial layout, or, under china_national, in the nation's."""
    national = path.parent.name == "china_national"
    header = list(dict.fromkeys(column for cells in lines.values() for column in cells))
    labels = ["Code", "Description", "DescriptionInChinese"] if national else ["code"]
    labels += ["Origin"] if origin else []
    body = []
    for row, cells in lines.items():
        code = row.split("/")[-1]
        label = [code, f"Sector {code}", f"部门{code}"] if national else [code]
        label += [origin[row]] if origin else []
        body.append(label + [f"{cells[c]:.6f}" if c in cells else "NA" if national else "" for c in header])
    write_csv(path, labels + header, body)


def write_nation(folder, year, size):
    members = [size // 42 + (i < size % 42) for i in range(42)]
    split = year in SPLIT
    detailed = Accounts(year, size, {"EX": 1, "IM": -1}, not split)
    national = folder / "io/china_national"
    if split:
        small = detailed.merged(members)
        imported = {name: part // 10 for name, part in (("Z", small.Z), ("final", small.final.clip(0)))}
        imported["EX"] = small.flows["EX"] // 20
        total = imported["Z"].sum(axis=1) + imported["final"].sum(axis=1) + imported["EX"]
        detailed.flows["IM"] = np.zeros(size, dtype=int)
        detailed.flows["IM"][np.concatenate([[0], np.cumsum(members)[:-1]])] = total
        detailed.final[:, 0] += 60000
        detailed.close()
        small = detailed.merged(members)
        write_table(national / f"china_{year}_{size}.csv", detailed.lines())
        lines, origin = {}, {}
        for name in ("Domestic", "Imports"):
            Z = imported["Z"] if name == "Imports" else small.Z - imported["Z"]
            final = imported["final"] if name == "Imports" else small.final - imported["final"]
            exports = imported["EX"] if name == "Imports" else small.flows["EX"] - imported["EX"]
            for i, code in enumerate(small.codes):
                cells = dict(zip(small.codes, Z[i], strict=True)) | {"TIU": Z[i].sum(), "TC": final[i, :3].sum()}
                cells |= {"FU201": final[i, 3], "FU202": final[i, 4], "EX": exports[i]}
                cells["GO"] = Z[i].sum() + final[i].sum() + exports[i]
                lines[f"{name}/{code}"], origin[f"{name}/{code}"] = cells, name
        margins = {row: cells for row, cells in small.lines().items() if row not in small.codes}
        write_table(national / f"china_{year}_42.csv", lines | margins, origin | dict.fromkeys(margins, "TOT"))
    else:
        write_table(national / f"china_{year}_{size}.csv", detailed.lines())
        write_table(folder / f"io/province_42/{year}_中国.csv", detailed.merged(members).lines())


def write_eight_regions(folder, year):
    """Write an interregional table of whole numbers, with the totals that its publishers print."""
    draw = np.random.default_rng(year)
    letters, numbers = list(EIGHT), range(1, len(SEVENTEEN) + 1)
    labels = [f"{letter}{k:03d}" for letter in letters for k in numbers]
    final = [f"F{letter}{k:03d}" for letter in letters for k in range(1, 5)]
    size = len(labels)
    Z, uses = draw.integers(0, 9, (size, size)), draw.integers(0, 90, (size, len(final) + 3))
    uses[:, 0] += 900
    uses[:, len(final)] -= 50
    output = Z.sum(axis=1) + uses.sum(axis=1)
    primary = np.array([output - Z.sum(axis=0)]) // np.array([[5], [3], [9], [7]])
    primary = np.vstack([primary, output - Z.sum(axis=0) - primary.sum(axis=0)])
    blank = [""] * 5
    header = ["code", *labels, *final, "STK", "EX", "ERR", "ET", "XX"]
    rows = [[name, *Z[i], *uses[i], Z[i].sum(), output[i]] for i, name in enumerate(labels)]
    rows.append(["IM", *primary[0], *draw.integers(0, 9, len(final)), *blank])
    rows += [[f"VA00{k}", *primary[k], *[""] * len(final), *blank] for k in range(1, 5)]
    rows += [["VA", *primary[1:].sum(axis=0), *[""] * len(final), *blank]]
    rows += [["XX", *output, *[""] * len(final), *blank]]
    write_csv(folder / f"io/sic_8region/{year}_17sectors_wide.csv", header, rows)
    provinces = {letter: ["北京"] if letter == "B" else ["上海", "江苏"] if letter == "D" else [] for letter in letters}
    provinces |= {
        letter: [name] for letter, name in zip("ACEFGH", ["辽宁", "河北", "广东", "安徽", "陕西", "四川"], strict=True)
    }
    lines = [
        (f"{letter}0{code[1:]}", letter, letter, EIGHT[letter], "、".join(provinces[letter]), name)
        for letter in letters
        for code, _, name in SEVENTEEN
    ]
    header = ["code", "region", "region_zh", "region_en", "provinces", "sector_zh"]
    write_csv(folder / "io/sic_8region/labels_17.csv", header, lines)


def write_people(path):
    """Write employment by section and division whose sums hold, with one person lost to rounding in the total."""
    rows = {code: 100 + k for k, code in enumerate(employment.SECTIONS)} | {employment.LEFT_OUT: 0.7}
    for section, commons in employment.DIVISIONS.items():
        parts = {f"{section}{k:02d}": 10 * k + 1 for k in range(1, len(commons.split()) + 1)}
        rows |= {section: sum(parts.values())} | parts
    total = sum(number for code, number in rows.items() if len(code) == 1)
    rows = {"TOT": round(total) - 1} | rows
    header = ["Code", "Description", "DescriptionInChinese", *map(str, employment.YEARS)]
    write_csv(path, header, [[code, code, code, *[people] * len(employment.YEARS)] for code, people in rows.items()])


def write_sources(folder):
    """Write a whole source folder: six provinces and the nation, eight regions, statistics, deflators."""
    for year in YEARS:
        trade, error = TRADE[year]
        for k, region in enumerate(REGIONS[1:]):
            idle = (3,) if year > 2002 else ()
            table = Accounts(year + k, 42, trade, error, idle)
            write_table(folder / f"io/province_42/{year}_{CHINESE[region]}.csv", table.lines())
    for year, size in DETAILED.items():
        write_nation(folder, year, size)
    for year in EIGHT_YEARS:
        write_eight_regions(folder, year)
    rows = [
        (year, code, f"部门{code}", f"Sector {code}", common, "x")
        for year, codes in TO_COMMON.items()
        for code, common in codes.items()
    ]
    header = ["year", "code42", "name_zh", "name_en", "code38", "name38_zh"]
    write_csv(folder / "io/yrd_c38/concordance_42_to_38.csv", header, rows)
    for name in ("shanghai_series", "province_gdp_panel", "province_value_added_panel", "province_rd_panel"):
        series = [
            (
                "gdp_nominal",
                "Shanghai",
                2017,
                "30632.990",
                "100 million CNY",
                "nominal",
                "first",
                "",
                "Yearbook 2018",
                "u",
            ),
            ("gdp_nominal", "Shanghai", 2017, "32925.0", "100 million CNY", "nominal", "second", "", "Panel", "v"),
            ("gdp_nominal", "Shanghai", 2022, "9", "100 million CNY", "nominal", "second", "FLAG odd", "Panel", "v"),
            ("energy_consumption", "Shanghai", 2017, "1", "10^4 tce", "n/a", "second", "", "Panel", "v"),
        ]
        write_csv(folder / f"stats/{name}.csv", SOURCE_COLUMNS, series)
    people = [
        (f"{kind}|{name}", region, year, f"{100 + k * (1 + r)}.0", unit, "n/a", "as published", "Panel", "v", "")
        for r, region in enumerate(REGIONS[1:5])
        for k, name in enumerate([*INDUSTRIES, "纺织业"])
        for year in (EMPLOYMENT_YEARS[0] - 1, *EMPLOYMENT_YEARS)
        for kind, unit in (("urban_unit_employment", "persons"), ("urban_unit_avg_wage", "CNY per year"))
    ]
    header = ["series_id", "region", "year", "value", "unit", "price_basis", "vintage", "source_title"]
    write_csv(folder / EMPLOYMENT, [*header, "source_url_or_repo", "note"], people)
    write_people(folder / employment.SOURCE)
    years = [*map(str, DEFLATOR_YEARS)]
    lines = []
    for k, name in enumerate(ACTIVITIES):
        for measure, base in (("current_CNY", 100 + k), ("constant2015_CNY", 200)):
            cells = [str(base + int(year) - 2000) for year in years]
            if "ISIC D" in name:
                cells[:4] = [""] * 4
            lines.append([measure, name, *cells])
    write_csv(folder / "deflators/china_un_ama_1990_2020.csv", ["measure", "IndicatorName", *years], lines)
    return folder


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """A source folder to read from; copy it before changing anything."""
    return write_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture
def change():
    """Return a function that edits one cell of a CSV file, found by its row and column labels."""

    def edit(path, row, column, new, where=0):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        j = rows[0].index(column)
        line = [r for r in rows[1:] if r[0] == row][where]
        line[j] = new(line[j]) if callable(new) else new
        write_csv(path, rows[0], rows[1:])

    return edit
