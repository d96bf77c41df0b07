"""Write tables as publishers lay them out: sheets of cells, and files of three kinds with these cells in them."""

import csv
import struct

import numpy as np

from tests.examples import parts

FINAL = ("FU101", "FU102", "FU103", "FU201", "FU202")
ADDED = ("VA001", "VA002", "VA003", "VA004")
TRADE = {
    "net": {"NOF": 1},
    "together": {"FU302": 1, "FU304": -1},
    "apart": {"EX": 1, "OF": 1, "IM": -1, "IF": -1},
    "nation": {"EX": 1, "IM": -1},
}
OURS = {"FU302": "EXOF", "FU304": "IMIF"}
CHINESE = {
    "TIU": "中间使用合计", "FU101": "农村居民消费", "FU102": "城镇居民消费", "THC": "居民消费小计", "FU103": "政府消费",
    "TC": "最终消费支出合计", "FU201": "固定资本形成总额", "FU202": "存货变动", "GCF": "资本形成总额合计",
    "TFU": "最终使用合计", "NOF": "净流出", "EX": "出口", "OF": "国内省外流出", "FU302": "流出", "IM": "进口",
    "IF": "国内省外流入", "FU304": "流入", "ERR": "其他", "GO": "总产出", "TII": "中间投入合计", "VA001": "劳动者报酬",
    "VA002": "生产税净额", "VA003": "固定资产折旧", "VA004": "营业盈余", "TVA": "增加值合计", "TI": "总投入",
}  # fmt: skip
ENGLISH = {
    "TIU": "Total Intermediate Use", "FU101": "Rural Household Consumption", "FU102": "Urban Household Consumption",
    "THC": "Total Household Consumption", "FU103": "Government Consumption Expenditure",
    "TC": "Total Final Consumption Expenditure", "FU201": "Gross Fixed Capital Formation",
    "FU202": "Changes in Inventories", "GCF": "Gross Capital Formation", "TFU": "Total Final Use", "NOF": "Net Outflow",
    "EX": "Exports", "OF": "Outflow to Other Provinces", "FU302": "Outflow", "IM": "Imports",
    "IF": "Inflow from Other Provinces", "FU304": "Inflow", "ERR": "Others", "GO": "Gross Output",
    "TII": "Total Intermediate Inputs", "VA001": "Compensation of Employees", "VA002": "Net Taxes on Production",
    "VA003": "Depreciation of Fixed Assets", "VA004": "Operating Surplus", "TVA": "Total Value Added",
    "TI": "Total Inputs",
}  # fmt: skip


class Accounts:
    """Random accounts in 10,000 CNY that balance, and their published totals, all worked out cell by cell."""

    def __init__(self, n=6, trade="apart", imports=False, seed=0, idle=True):
        rng = np.random.default_rng(seed)
        self.n, self.trade, self.imports = n, TRADE["nation" if imports else trade], imports
        width = max(2, len(str(n)))
        self.codes = [f"{k + 1:0{width}d}" for k in range(n)]
        x = rng.uniform(1e5, 9e6, n).round(2)
        if idle:
            x[2] = 0.0
        share = rng.dirichlet(np.ones(n + 4), n).T
        self.Z = (share[:n] * x * 0.8).round(4)
        self.M = (share[:n] * x * 0.1).round(4) if imports else np.zeros((n, n))
        added = {row: (share[n + k] * x).round(4) for k, row in enumerate(ADDED[:3])}
        added["VA004"] = (x - self.Z.sum(axis=0) - self.M.sum(axis=0) - sum(added.values())).round(4)
        self.added = added
        self.final = {column: rng.uniform(0, 1e6, n).round(4) for column in FINAL}
        self.final["FU202"] -= 5e5
        self.flows = {column: rng.uniform(0, 1e6, n).round(4) for column in self.trade}
        self.x = x
        net = sum(sign * self.flows[column] for column, sign in self.trade.items() if sign > 0 or not imports)
        self.error = (x - self.Z.sum(axis=1) - sum(self.final.values()) - net).round(4)
        # imported products: what users take of them is what enters
        self.M_final = {column: rng.uniform(0, 1e4, n).round(4) for column in FINAL} if imports else {}
        self.M_again = rng.uniform(0, 1e3, n).round(4)

    def columns(self):
        leaving = [c for c, sign in self.trade.items() if sign > 0]
        entering = [c for c, sign in self.trade.items() if sign < 0 and not self.imports]
        totals = ["TIU", "FU101", "FU102", "THC", "FU103", "TC", "FU201", "FU202", "GCF", *leaving, "TFU", *entering]
        return [*self.codes, *totals, "ERR", "GO"]

    def row(self, i, imported=False):
        Z, final = (self.M, self.M_final) if imported else (self.Z, self.final)
        f = {c: final[c][i] for c in FINAL}
        leaving = {c: self.M_again[i] if imported else self.flows[c][i] for c, s in self.trade.items() if s > 0}
        entering = {c: self.flows[c][i] for c, s in self.trade.items() if s < 0 and not self.imports}
        used = Z[i].sum()
        cells = dict(zip(self.codes, Z[i], strict=True))
        cells |= {"TIU": used, **f, "THC": f["FU101"] + f["FU102"], "GCF": f["FU201"] + f["FU202"]}
        cells |= {"TC": cells["THC"] + f["FU103"], **leaving, **entering}
        cells["TFU"] = cells["TC"] + cells["GCF"] + sum(leaving.values())
        cells["ERR"] = 0.0 if imported else self.error[i]
        cells["GO"] = used + cells["TFU"] if imported else self.x[i]
        return [float(cells[c]) for c in self.columns()]

    def below(self):
        inputs = self.Z.sum(axis=0) + self.M.sum(axis=0)
        value_added = sum(self.added.values())
        lines = {"TII": inputs, **self.added, "TVA": value_added, "TI": inputs + value_added}
        rest = [None] * (len(self.columns()) - self.n)
        return {row: [*map(float, values), *rest] for row, values in lines.items()}

    def expected(self):
        """Keyword arguments of the table in 100 million CNY, by another road: no sheet, no reader."""
        scaled = {c: v / 1e4 for c, v in self.final.items()}
        flows = {OURS.get(c, c): v / 1e4 for c, v in self.flows.items() if not (self.imports and self.trade[c] < 0)}
        return parts(
            self.Z / 1e4,
            self.x / 1e4,
            final=scaled,
            trade=flows,
            value_added={row: v / 1e4 for row, v in self.added.items()},
            sectors=self.codes,
            unit="100 million CNY",
        )


def sector_name(k):
    return f"第{'甲乙丙丁戊己庚辛壬癸'[k % 10]}{k}业", f"Industry {'ABCDEFGHIJ'[k % 10]}{k}"


def compiled(accounts):
    """Lay out like compiled CSV files: one row of codes, codes (and names, and origins) at the left."""
    labels = ["Code", "Description", "DescriptionInChinese", *(["Origin"] if accounts.imports else [])]
    rows = [[*labels, *accounts.columns()]]
    for origin in ("Domestic", "Imports") if accounts.imports else ("",):
        for k, code in enumerate(accounts.codes):
            zh, en = sector_name(k)
            rows.append([code, en, zh, *([origin] if origin else []), *accounts.row(k, origin == "Imports")])
    for code, cells in accounts.below().items():
        rows.append([code, ENGLISH[code], CHINESE[code], *(["TOT"] if accounts.imports else []), *cells])
    return rows


def printed(accounts, codes=True, language="both", title="2017年江苏省投入产出表", unit="单位:万元"):
    """Lay out like the printed volumes: title and unit, two rows of headings, groups at the left, names, codes."""

    def label(code):
        zh, en = CHINESE[code], ENGLISH[code]
        return {"both": f"{zh}\n{en}", "zh": zh, "en": en}[language]

    def named(k):
        zh, en = sector_name(k)
        return {"both": f"{zh}\n{en}", "zh": zh, "en": en}[language]

    columns = accounts.columns()
    n, width = accounts.n, len(columns)
    side = 3 if codes else 2
    headings = [named(k) if k < n else label(c) for k, c in enumerate(columns)]
    group = {"both": "中间使用 Intermediate Use", "zh": "中间使用", "en": "Intermediate Use"}[language]
    inputs = {"both": "中间投入 Intermediate Input", "zh": "中间投入", "en": "Intermediate Input"}[language]
    rows = [
        [title],
        ["按当年生产者价格计算", None, None, unit],
        [None] * side + [group] + [None] * (width - 1),
        [None] * side + headings,
    ]
    if codes:
        rows.append([None, None, "代码 Code", *columns])
    for origin in ("国内产品中间投入", "进口产品中间投入") if accounts.imports else (inputs,):
        for k, code in enumerate(accounts.codes):
            left = [origin if k == 0 else None, named(k), *([code] if codes else [])]
            rows.append([*left, *accounts.row(k, origin.startswith("进口"))])
    for code, cells in accounts.below().items():
        rows.append([None, label(code), *([code] if codes else []), *cells])
    rows.append(["注:数据为随机生成。"])
    return rows


def write_csv(path, rows, encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(
            [["" if c is None else repr(c) if isinstance(c, float) else c for c in r] for r in rows]
        )
    return path


def write_xlsx(path, sheets):
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def write_xls(path, rows):
    """Write the records of an Excel 2 worksheet: the oldest kind, and the only one that fits into a few lines."""

    def record(kind, body):
        return struct.pack("<HH", kind, len(body)) + body

    stream = [record(0x0009, struct.pack("<HH", 2, 0x10)), record(0x0042, struct.pack("<H", 936))]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            at = struct.pack("<HH3x", i, j)
            if isinstance(cell, float):
                stream.append(record(0x0003, at + struct.pack("<d", cell)))
            elif cell is not None:
                text = str(cell).encode("gbk")
                stream.append(record(0x0004, at + struct.pack("<B", len(text)) + text))
    path.write_bytes(b"".join([*stream, record(0x000A, b"")]))
    return path


def eurostat(n=5, seed=1, kinds=("DOM", "IMP", "TOTAL"), geo="CZ", year="2015", unit="MIO_NAC"):
    """Accounts of a country as rows (unit, stk_flow, use, product, geo, year, value), and what they should become."""
    rng = np.random.default_rng(seed)
    codes = [f"CPA_A{k + 1:02d}" for k in range(n - 2)] + ["CPA_L68A", "CPA_L68B"]
    x = rng.uniform(1e3, 9e4, n).round(1)
    share = rng.dirichlet(np.ones(n + 4), n).T
    Z, M = (share[:n] * x * 0.7).round(1), (share[:n] * x * 0.2).round(1)
    rest = x - Z.sum(axis=0) - M.sum(axis=0)
    taxes, wages, other = (rest * 0.1).round(1), (rest * 0.5).round(1), (rest * 0.1).round(1)
    surplus = (rest - taxes - wages - other).round(1)
    use = ["P3_S13", "P3_S14", "P3_S15", "P51G", "P52", "P53"]
    F = rng.uniform(0, 1e3, (n, 6)).round(1)
    F[:, 4] -= 400
    MF = rng.uniform(0, 1e2, (n, 6)).round(1)
    out = (x - Z.sum(axis=1) - F.sum(axis=1)).round(1)
    again = rng.uniform(0, 10, n).round(1)
    cells = []

    def add(kind, row, column, value):
        cells.append([unit, kind, column, row, geo, year, f"{value:.1f}"])

    arrived = (M.sum(axis=1) + MF.sum(axis=1) + again).round(1)
    blocks = {"DOM": (Z, F, out), "IMP": (M, MF, again), "TOTAL": (Z + M, F + MF, out + again)}
    for kind in kinds:
        flows, final, leaving = blocks[kind]
        for i, code in enumerate(codes):
            for j, user in enumerate(codes):
                add(kind, code, user, flows[i, j])
            for j, user in enumerate(use):
                add(kind, code, user, final[i, j])
            add(kind, code, "P6", leaving[i])
            add(kind, code, "TU", flows[i].sum() + final[i].sum() + leaving[i])
            if kind == "IMP":
                continue
            for row, values in {"D21X31": taxes, "D1": wages, "D29X39": other, "B2A3G": surplus, "P1": x}.items():
                add(kind, row, code, values[i])
            add(kind, "B1G", code, wages[i] + other[i] + surplus[i])
            add(kind, "P7", code, arrived[i] if kind == "TOTAL" else M[:, i].sum())
        if kind != "IMP":
            # A sector beside its two parts, as the industry classification has it.
            add(kind, "P1", "CPA_L68", x[-2] + x[-1])
            add(kind, "CPA_L68", "CPA_L68", flows[-2:, -2:].sum())
    truth = {"codes": codes, "x": x, "Z": Z, "M": M, "F": F, "MF": MF, "out": out, "again": again, "arrived": arrived,
             "use": use, "primary": {"D21X31": taxes, "D1": wages, "D29X39": other, "B2A3G": surplus}}  # fmt: skip
    return cells, truth


def sdmx(cells, rows="prd_ava", columns="prd_use"):
    heads = ["DATAFLOW", "freq", "unit", "stk_flow", columns, rows, "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"]
    return [heads, *(["ESTAT:NAIO_10_CP1700(1.0)", "A", u, k, c, r, g, t, v, "p"] for u, k, c, r, g, t, v in cells)]


def bulk(cells, rows="ind_ava", columns="ind_use"):
    """Lay out as bulk text: the dimensions in one cell, the years beside it, flags behind the figures."""
    years = sorted({cell[5] for cell in cells})
    lines = {}
    for u, k, c, r, g, t, v in cells:
        lines.setdefault(f"A,{u},{k},{c},{r},{g}", {})[t] = f"{v} p"
    head = f"freq,unit,stk_flow,{columns},{rows},geo\\TIME_PERIOD"
    return [[head, *(f"{y} " for y in years)], *([key, *(v.get(y, ": c") for y in years)] for key, v in lines.items())]


def write_tsv(path, rows):
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n", encoding="utf-8")
    return path
