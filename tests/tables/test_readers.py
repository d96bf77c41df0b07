"""Readers: every layout read back to the accounts it was written from, and every fault named with its place."""

import gzip
import re
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.data import DataError, write_pair
from analysis.tables import InputOutputTable, LayoutError, inspect, load, read_draft, read_table, to_csv
from analysis.tables.domestic import load_domestic
from analysis.tables.draft import passes_through
from analysis.tables.eurostat import looks_eurostat
from analysis.tables.published import PROVINCES
from data.derivation.sectors import CHINESE as DERIVED
from tests.tables.layouts import (
    CHINESE,
    Accounts,
    bulk,
    compiled,
    eurostat,
    printed,
    sdmx,
    sector_name,
    write_csv,
    write_tsv,
    write_xls,
    write_xlsx,
)

SAID = {"unit": "10,000 CNY", "year": 2017, "region": "Jiangsu"}


def same_accounts(table, accounts):
    expected = InputOutputTable(**accounts.expected() | {"error": pd.Series(accounts.error / 1e4, accounts.codes)}) if (
        not accounts.imports
    ) else None  # fmt: skip
    wanted = accounts.expected()
    assert list(table.sectors) == accounts.codes
    np.testing.assert_allclose(table.Z, wanted["Z"], rtol=1e-15)
    np.testing.assert_allclose(table.output, wanted["output"], rtol=1e-15)
    np.testing.assert_allclose(table.error, accounts.error / 1e4, rtol=1e-15)
    for block in ("final_uses", "trade", "value_added"):
        pd.testing.assert_frame_equal(
            getattr(table, block), wanted[block], check_like=True, check_names=False, rtol=1e-15
        )
    if accounts.imports:
        np.testing.assert_allclose(table.imported, accounts.M / 1e4, rtol=1e-15)
        for column, values in accounts.M_final.items():
            np.testing.assert_allclose(table.imported_final[column], values / 1e4, rtol=1e-15)
        assert (table.imports, table.assumption) == ("local", "published")
    else:
        assert expected is not None and table.imports == "competitive"
    assert table.unit == "100 million CNY"


@pytest.mark.parametrize("trade", ["net", "together", "apart", "nation"])
@pytest.mark.parametrize("n", [6, 42])
def test_compiled_csv_of_every_table_year(tmp_path, trade, n):
    accounts = Accounts(n, trade)
    table = read_table(write_csv(tmp_path / "2017_江苏.csv", compiled(accounts)), unit="10,000 CNY")
    same_accounts(table, accounts)
    assert (table.region, table.year) == ("Jiangsu", 2017)
    assert table.names.loc[accounts.codes[1]].tolist() == list(sector_name(1)[::-1])


def test_about_150_sectors(tmp_path):
    accounts = Accounts(149, "nation")
    table = read_table(write_csv(tmp_path / "china_2017_149.csv", compiled(accounts)), unit="10,000 CNY")
    same_accounts(table, accounts)
    assert table.sectors[0] == "001" and table.region == "China"


def test_imports_in_rows_of_their_own(tmp_path):
    accounts = Accounts(7, imports=True)
    table = read_table(write_csv(tmp_path / "china_2018_42.csv", compiled(accounts)), unit="10,000 CNY")
    same_accounts(table, accounts)


@pytest.mark.parametrize("codes", [True, False])
@pytest.mark.parametrize("language", ["both", "zh", "en"])
@pytest.mark.parametrize("imports", [False, True])
def test_printed_volumes_in_both_languages_with_and_without_codes(tmp_path, codes, language, imports):
    accounts = Accounts(9, imports=imports)
    path = write_xlsx(tmp_path / "table.xlsx", {"说明": [["目录"]], "42部门": printed(accounts, codes, language)})
    table = read_table(path)
    same_accounts(table, accounts)
    assert (table.region, table.year, table.price_basis) == ("Jiangsu", 2017, "current producers' prices")
    zh, en = sector_name(3)
    names = {"both": [en, zh], "zh": [zh, zh], "en": [en, en]}[language]
    assert table.names.loc["04"].tolist() == names


# As the nation and the provinces published: year, sectors, trade, imported rows apart, language, codes, kind of file.
PUBLICATIONS = [
    (2002, 42, "net", False, "zh", False, "xls"),
    (2002, 122, "nation", False, "zh", True, "xls"),
    (2005, 42, "nation", False, "both", True, "xls"),
    (2007, 42, "together", False, "both", True, "xls"),
    (2007, 135, "nation", False, "en", True, "csv"),
    (2010, 41, "nation", False, "zh", False, "xlsx"),
    (2012, 42, "apart", False, "both", False, "xlsx"),
    (2012, 139, "nation", False, "both", True, "csv"),
    (2015, 42, "nation", False, "en", False, "csv"),
    (2017, 42, "apart", False, "both", True, "csv"),
    (2017, 42, "nation", True, "both", True, "xlsx"),
    (2017, 149, "nation", False, "zh", False, "csv"),
    (2018, 42, "nation", True, "zh", False, "xls"),
    (2018, 153, "nation", True, "both", True, "xls"),
    (2020, 153, "nation", False, "both", True, "xlsx"),
    (2020, 42, "nation", True, "en", False, "csv"),
]


@pytest.mark.parametrize(
    ("year", "n", "trade", "imports", "language", "codes", "suffix"), PUBLICATIONS, ids=lambda value: str(value)
)
def test_printed_volumes_of_every_year_as_every_kind_of_file(
    tmp_path, year, n, trade, imports, language, codes, suffix
):
    accounts = Accounts(n, trade, imports=imports, seed=year)
    place, region = ("中国", "China") if trade == "nation" else ("江苏省", "Jiangsu")
    title = f"Input-Output Table of {region}, {year}" if language == "en" else f"{year}年{place}投入产出表({n}部门)"
    unit = "Unit: 10,000 yuan" if language == "en" else "单位:万元"
    rows = printed(accounts, codes, language, title, unit)
    path = tmp_path / f"table.{suffix}"
    if suffix == "xlsx":
        write_xlsx(path, {"说明": [["目录"]], f"{n}部门": rows})
    elif suffix == "xls":
        write_xls(path, rows)
    else:
        write_csv(path, rows, "gb18030" if language == "zh" else "utf-8")
    table = read_table(path)
    same_accounts(table, accounts)
    assert (table.region, table.year) == (region, year)


def test_numbers_as_text_spreadsheet_numbers_as_codes_blanks_and_chinese_encoding(tmp_path):
    accounts = Accounts(12)
    rows = printed(accounts, title="2012年内蒙古自治区投入产出表")
    for row in rows[5:]:
        row[3:] = ["" if c in (None, 0.0) else f"{c:,.4f}" if c > 0 else f"－{-c:.4f}" for c in row[3:]]
    table = read_table(write_csv(tmp_path / "t.csv", rows, "gb18030"))
    assert (table.region, table.year) == ("Inner Mongolia", 2012)
    np.testing.assert_allclose(table.Z, accounts.Z / 1e4, atol=1e-8)
    np.testing.assert_allclose(table.final_uses["FU202"], accounts.final["FU202"] / 1e4, atol=1e-8)
    rows = printed(accounts)
    rows[4] = [float(c) if str(c).isdigit() else c for c in rows[4]]
    for row in rows[5:]:
        if len(row) > 2 and str(row[2]).isdigit():
            row[2] = float(row[2])
    same_accounts(read_table(write_xlsx(tmp_path / "t.xlsx", {"a": rows})), accounts)


def test_imports_printed_with_a_minus_sign_are_turned(tmp_path):
    accounts = Accounts(5, "apart")
    rows = compiled(accounts)
    at = rows[0].index("IM")
    for row in rows[1 : accounts.n + 1]:
        row[at] = -row[at]
    draft = read_draft(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    same_accounts(draft.table(), accounts)
    assert any("minus sign" in note for note in draft.notes)


def test_codes_of_2007_name_the_four_flows_of_trade(tmp_path):
    accounts = Accounts(5, "apart")
    rows = compiled(accounts)
    codes = {"EX": "FU301", "OF": "FU302", "IM": "FU303", "IF": "FU304"}
    rows[0] = [codes.get(cell, cell) for cell in rows[0]]
    same_accounts(read_table(write_csv(tmp_path / "2007_江苏.csv", rows), unit="10,000 CNY"), accounts)


def test_what_stands_below_total_inputs_is_no_part_of_the_table(tmp_path):
    accounts = Accounts(5)
    rows = compiled(accounts)
    for code, en, zh in (("01", "of which leased", "其中：租赁"), ("VA001", "of which bonuses", "其中：奖金")):
        rows.append([code, en, zh, *rows[1][3:]])
    same_accounts(read_table(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY"), accounts)


def test_coarser_final_uses_where_the_parts_are_not_published(tmp_path):
    accounts = Accounts(5, "nation")
    rows = compiled(accounts)
    gone = [rows[0].index(c) for c in ("FU101", "FU102", "FU201", "FU202")]
    rows = [[c for j, c in enumerate(row) if j not in gone] for row in rows]
    table = read_table(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    assert list(table.final_uses) == ["THC", "FU103", "GCF"]
    np.testing.assert_allclose(table.final_uses["THC"], (accounts.final["FU101"] + accounts.final["FU102"]) / 1e4)


def test_what_stands_beyond_output_is_left_out_and_said(tmp_path):
    rows = compiled(Accounts(5))
    rows[0].append("—")
    for row in rows[1:]:
        row.append(1.0)
    draft = read_draft(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    assert any("beyond gross output" in note for note in draft.notes)


def test_a_remainder_in_place_of_output_is_set_to_nought_and_said(tmp_path):
    accounts = Accounts(5)
    rows = compiled(accounts)
    rows[3][rows[0].index("GO")] = -0.0003
    draft = read_draft(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    assert draft.table().output["03"] == 0.0
    assert any("sector 03 has no inputs and an output of -3e-08 100 million CNY" in note for note in draft.notes)


def test_tidy_files_of_our_own(tmp_path):
    table = load("Shanghai", 2017).local("supply pool")
    to_csv(table, tmp_path / "mine.csv")
    assert read_table(tmp_path / "mine.csv") == table
    assert read_table(tmp_path / "mine.csv", year=2017, unit="100 million CNY") == table
    loose = read_table(tmp_path / "mine.csv", tolerance=7.0)
    assert (loose.row_tolerance, loose.column_tolerance) == (7.0, 7.0)
    with pytest.raises(LayoutError, match="states the year 2017, and 2012 was given"):
        read_table(tmp_path / "mine.csv", year=2012)
    beside = tmp_path / "mine.yaml"
    exact = yaml.safe_load(beside.read_text(encoding="utf-8")) | {"row_tolerance": 0}
    beside.write_text(yaml.safe_dump(exact, allow_unicode=True), encoding="utf-8")
    assert read_draft(tmp_path / "mine.csv").parts["row_tolerance"] == 0
    texts = ("unit", "region", "price_basis", "vintage", "imports", "assumption")
    for name, value in (("year", "2017"), *((name, 5) for name in texts)):
        beside.write_text(yaml.safe_dump(exact | {name: value}, allow_unicode=True), encoding="utf-8")
        with pytest.raises(LayoutError, match=f"the {name} in the description is {value!r}: correct the YAML file"):
            read_table(tmp_path / "mine.csv")
    beside.unlink()
    with pytest.raises(DataError, match=r"mine\.yaml is missing"):
        read_table(tmp_path / "mine.csv")


@pytest.mark.parametrize("block", ["Z", "final_uses", "trade", "value_added", "imported", "imported_final"])
def test_every_block_of_a_tidy_file_has_amounts_for_the_sectors_of_its_output(tmp_path, block):
    path = tmp_path / "mine.csv"
    to_csv(load_domestic(2020), path)
    cells = pd.read_csv(path, dtype={"row": str, "column": str})
    said = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    said.pop("sha256", None)
    own = cells["block"] == block
    huge = cells.assign(value=cells["value"].where(~(own & (own.cumsum() == 2)), 1e25))
    write_pair(path, huge, said)
    with pytest.raises(LayoutError, match=rf"{block}, row .*: 1e\+25 is no amount"):
        read_table(path)
    axis = "column" if block == "value_added" else "row"
    short = cells[~(own & (cells[axis] == "C19"))]
    write_pair(path, short, said)
    with pytest.raises(LayoutError, match=rf"beside the sectors of the output, {block} .*C19"):
        read_table(path)


@pytest.mark.parametrize("layout", ["sdmx", "bulk", "packed"])
def test_eurostat_domestic_and_imported(tmp_path, layout):
    cells, truth = eurostat()
    if layout == "sdmx":
        path = write_csv(tmp_path / "naio.csv", sdmx(cells))
    else:
        path = write_tsv(tmp_path / "naio.tsv", bulk(cells))
        if layout == "packed":
            packed = tmp_path / "naio.tsv.gz"
            packed.write_bytes(gzip.compress(path.read_bytes()))
            path = packed
    table = read_table(path, unit="million CZK")
    assert list(table.sectors) == truth["codes"]
    assert (table.region, table.year, table.unit, table.assumption) == ("CZ", 2015, "million CZK", "published")
    np.testing.assert_allclose(table.Z, truth["Z"])
    np.testing.assert_allclose(table.imported, truth["M"])
    np.testing.assert_allclose(table.final_uses[truth["use"]], truth["F"])
    np.testing.assert_allclose(table.imported_final[truth["use"]], truth["MF"])
    np.testing.assert_allclose(table.exports, truth["out"], atol=1e-9)
    for row, values in truth["primary"].items():
        np.testing.assert_allclose(table.value_added.loc[row], values)


def test_eurostat_lines_without_figures_say_nothing(tmp_path):
    cells, _ = eurostat()
    rows = bulk(cells)
    empty = [rows[1][0].replace("CPA_A01,CZ", "XX,CZ")] + [""] * (len(rows[0]) - 1)
    plain = read_table(write_tsv(tmp_path / "naio.tsv", rows), unit="million CZK")
    rows[3:3] = [[""], empty]
    assert read_table(write_tsv(tmp_path / "naio.tsv", rows), unit="million CZK") == plain


def test_eurostat_total_flows_hold_imports(tmp_path):
    cells, truth = eurostat()
    path = write_csv(tmp_path / "naio.csv", sdmx(cells, "prod_na", "induse"))
    table = read_table(path, unit="million CZK", flows="total")
    np.testing.assert_allclose(table.Z, truth["Z"] + truth["M"])
    np.testing.assert_allclose(table.inflows, truth["arrived"])
    assert table.imports == "competitive"


def recoded(cells, codes):
    """Lay the same figures out by other codes: what falls into one code is added up, what becomes none is left out."""
    found = {}
    for *head, column, row, geo, year, value in cells:
        column, row = codes.get(column, column), codes.get(row, row)
        if column and row:
            key = (*head, column, row, geo, year)
            found[key] = found.get(key, 0.0) + float(value)
    return [[*key, f"{value:.1f}"] for key, value in found.items()]


NETTED = {"B2A3G": "P51C"}


@pytest.mark.parametrize(
    ("codes", "uses", "inputs"),
    [
        ({"P52": "P52_P53", "P53": "P52_P53"}, ["P3_S13", "P3_S14", "P3_S15", "P51G", "P52_P53"], None),
        ({"P52": "P5M", "P53": "P5M"}, ["P3_S13", "P3_S14", "P3_S15", "P51G", "P5M"], None),
        ({"P51G": "P51"}, ["P3_S13", "P3_S14", "P3_S15", "P51", "P52", "P53"], None),
        ({"P53": "P52"}, ["P3_S13", "P3_S14", "P3_S15", "P51G", "P52"], None),
        (dict.fromkeys(("P51G", "P52", "P53"), "P5G"), ["P3_S13", "P3_S14", "P3_S15", "P5G"], None),
        (dict.fromkeys(("P51G", "P52", "P53"), "P5"), ["P3_S13", "P3_S14", "P3_S15", "P5"], None),
        ({"P3_S15": "P3_S14"}, ["P3_S13", "P3_S14", "P51G", "P52", "P53"], None),
        (dict.fromkeys(("P3_S13", "P3_S14", "P3_S15"), "P3"), ["P3", "P51G", "P52", "P53"], None),
        ({"D29X39": "D29_M_D39", "B2A3G": "B2G_B3G"}, None, ["D1", "D29_M_D39", "B2G_B3G", "D21X31"]),
        (dict.fromkeys(("D1", "D29X39", "B2A3G")), None, ["B1G", "D21X31"]),
        ({"D21X31": "D21_M_D31"}, None, ["D1", "D29X39", "B2A3G", "D21_M_D31"]),
        ({"D21X31": "D21_31"}, None, ["D1", "D29X39", "B2A3G", "D21_31"]),
        ({"TU": "B2A3N"} | NETTED, None, ["D1", "D29X39", "P51C", "B2A3N", "D21X31"]),
        ({"TU": "B2A3N", "B2A3G": "K1"}, None, ["D1", "D29X39", "K1", "B2A3N", "D21X31"]),
        ({"TU": "B2N_B3N", "B2A3G": "K1", "D29X39": "D29_M_D39"}, None, ["D1", "D29_M_D39", "K1", "B2N_B3N", "D21X31"]),
        *(({"TU": total}, None, None) for total in ("TOTAL", "CPA_TOTAL", "TFU", "TS_BP", "TII", "P2")),
    ],
)
def test_eurostat_codes_of_every_edition(tmp_path, codes, uses, inputs):
    cells, truth = eurostat()
    plain = read_table(write_csv(tmp_path / "plain.csv", sdmx(cells)), unit="million CZK")
    net = codes.get("TU", "")
    if net.startswith("B"):
        # a part that is nought, so that the parts are whole
        codes = {code: to for code, to in codes.items() if code != "TU"}
        cells = cells + [[*cell[:3], net, *cell[4:6], "0.0"] for cell in cells if cell[3] == "B2A3G"]
    table = read_table(write_csv(tmp_path / "t.csv", sdmx(recoded(cells, codes))), unit="million CZK")
    assert list(table.final_uses.columns) == (uses or truth["use"])
    assert sorted(table.value_added.index) == sorted(inputs or truth["primary"])
    np.testing.assert_allclose(table.Z, plain.Z)
    np.testing.assert_allclose(table.exports, plain.exports, atol=1e-9)
    np.testing.assert_allclose(table.final_demand, plain.final_demand, atol=1e-6)
    np.testing.assert_allclose(table.total_value_added, plain.total_value_added)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prd_ava", "ind_ava"), ("prd_ava", "prod_na"), ("prd_ava", "t_rows2"), ("prd_use", "ind_use"),
        ("prd_use", "induse"), ("prd_use", "t_cols2"), ("OBS_VALUE", "values"), ("OBS_VALUE", "value"),
        ("TIME_PERIOD", "time"),
    ],
)  # fmt: skip
def test_eurostat_heads_of_every_edition(tmp_path, old, new):
    rows = sdmx(eurostat()[0])
    plain = read_table(write_csv(tmp_path / "t.csv", rows), unit="million CZK")
    rows[0][rows[0].index(old)] = new
    assert read_table(write_csv(tmp_path / "t.csv", rows), unit="million CZK") == plain


def test_eurostat_in_two_units_is_read_in_the_one_that_is_named(tmp_path):
    cells, truth = eurostat()
    euros = [["MIO_EUR", *rest, f"{float(value) / 25:.6f}"] for _, *rest, value in cells]
    path = write_csv(tmp_path / "two.csv", sdmx([*cells, *euros]))
    with pytest.raises(LayoutError, match=r"has units MIO_EUR, MIO_NAC: say which \(unit=...\)"):
        read_table(path)
    read = read_draft(path, unit="million EUR").parts
    np.testing.assert_allclose(read["output"], truth["x"] / 25, rtol=1e-5)
    assert read["unit"] == "million EUR"
    assert read_table(path, unit="million CZK").unit == "million CZK"


def test_output_is_total_input_where_its_column_is_not_printed(tmp_path):
    accounts = Accounts(5)
    rows = [row[:-1] if row[-1] is not None else row for row in compiled(accounts)]
    assert "GO" not in rows[0] and len(rows[0]) < len(compiled(accounts)[0])
    same_accounts(read_table(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY"), accounts)


def test_of_two_years_in_a_heading_the_caller_names_one(tmp_path):
    rows = printed(Accounts(5), title="2012年、2017年江苏省投入产出表")
    path = write_xlsx(tmp_path / "table.xlsx", {"表": rows})
    assert read_table(path, year=2012).year == 2012
    for said in ({}, {"year": 2015}):
        with pytest.raises(LayoutError, match="more than one year is named, 2012, 2017: say which"):
            read_table(path, **said)


def test_eurostat_is_known_by_rows_and_columns_both():
    assert looks_eurostat([["freq", "unit", "prd_use", "ind_ava", "geo", "TIME_PERIOD", "OBS_VALUE"]])
    assert not looks_eurostat([["freq", "unit", "prd_use", "geo", "TIME_PERIOD", "OBS_VALUE"]])
    assert not looks_eurostat([["freq", "unit", "ind_ava", "geo", "TIME_PERIOD", "OBS_VALUE"]])


def test_what_leaves_is_transit_beyond_all_that_is_made():
    made = pd.Series([10.0, 10.0, 10.0])
    assert passes_through(pd.Series([9.9, 10.0, 10.1]), made).tolist() == [False, False, True]


def test_checks_beyond_gross_output_are_left_out(tmp_path):
    accounts = Accounts(5)
    rows = printed(accounts, codes=False)
    rows = [[*row, 0.5] if len(row) > 10 and isinstance(row[-1], float) else row for row in rows]
    same_accounts(read_table(write_csv(tmp_path / "t.csv", rows)), accounts)


def test_a_year_is_the_first_part_of_a_date(tmp_path):
    cells = [cell for year in ("2015-01", "2016-01") for cell in eurostat(year=year)[0]]
    path = write_csv(tmp_path / "t.csv", sdmx(cells))
    assert read_table(path, unit="million CZK", year=2016).year == 2016


@pytest.mark.parametrize("unit", ["THS_NAC", "T_NAC"])
def test_eurostat_thousands_of_the_nations_money(tmp_path, unit):
    path = write_csv(tmp_path / "t.csv", sdmx(eurostat(unit=unit)[0]))
    assert read_table(path, unit="thousand CZK").unit == "thousand CZK"
    with pytest.raises(LayoutError, match="million CZK was given"):
        read_table(path, unit="million CZK")


def test_eurostat_says_what_is_not_told(tmp_path):
    cells, _ = eurostat()
    path = write_csv(tmp_path / "naio.csv", sdmx(cells))
    with pytest.raises(LayoutError, match="millions of national currency: name it"):
        read_table(path)
    with pytest.raises(LayoutError, match="thousand CZK was given"):
        read_table(path, unit="thousand CZK")
    both = write_csv(tmp_path / "two.csv", sdmx(cells + eurostat(seed=2, geo="DE")[0]))
    with pytest.raises(LayoutError, match=r"say which country .* has CZ, DE"):
        read_table(both, unit="million CZK")
    assert read_table(both, unit="million CZK", region="DE").region == "DE"
    coins = [cell for unit in ("MIO_EUR", "MIO_NAC", "THS_EUR") for cell in eurostat(unit=unit)[0]]
    with pytest.raises(LayoutError, match="has units MIO_EUR, MIO_NAC, THS_EUR: say which"):
        read_table(write_csv(tmp_path / "coins.csv", sdmx(coins)))
    euros = write_csv(tmp_path / "euros.csv", sdmx(eurostat(unit="MIO_EUR")[0]))
    # seventeen figures with one decimal may add up to so much rounding
    assert (read_table(euros).unit, read_table(euros).row_tolerance) == ("million EUR", pytest.approx(17 * 0.05))
    with pytest.raises(LayoutError, match="is in million EUR, and million USD was given"):
        read_table(euros, unit="million USD")
    for unit in ("million EUR", "million CZK", "thousand EUR"):
        assert read_table(tmp_path / "coins.csv", unit=unit).unit == unit
    alone = write_csv(tmp_path / "alone.csv", sdmx(eurostat(kinds=("DOM",))[0]))
    with pytest.raises(LayoutError, match="has DOM: imports must be told from domestic flows"):
        read_table(alone, unit="million CZK", flows="domestic")
    spoilt = [list(cell) for cell in cells]
    spoilt[3][6] = "many"
    with pytest.raises(LayoutError, match="row CPA_A01, column CPA_L68A: 'many' is not a number"):
        read_table(write_csv(tmp_path / "spoilt.csv", sdmx(spoilt)), unit="million CZK")


# ---- faults, each with its place ------------------------------------------------------------------------------------


def refused(tmp_path, rows, match, name="2017_江苏.csv", **said):
    path = write_csv(tmp_path / name, rows)
    with pytest.raises(LayoutError, match=match) as caught:
        read_table(path, **({"unit": "10,000 CNY"} | said))
    assert str(path) in str(caught.value)


def test_the_unit_is_never_guessed(tmp_path):
    refused(tmp_path, compiled(Accounts(5)), "the unit is not stated", unit=None)
    refused(tmp_path, printed(Accounts(5)), "states the unit 10,000 CNY, and 100 million CNY was given",
            unit="100 million CNY")  # fmt: skip
    both = printed(Accounts(5), unit="单位:万元 Unit: 100 million yuan")
    refused(tmp_path, both, "two units, 10,000 CNY and 100 million CNY", unit=None)


@pytest.mark.parametrize(
    ("text", "divisor"),
    [
        ("单位：亿元", 1),
        ("Unit: 10,000 yuan", 1e4),
        ("(Unit: 10 000 RMB)", 1e4),
        ("单位:万元\nUnit: 10 thousand CNY", 1e4),
        ("单位:千元", 1e5),
        ("in million yuan", 100),
        ("单 位： 万 元", 1e4),
        ("（万元）", 1e4),
        ("Unit: hundred million yuan", 1),
        ("Units: 10,000 CNY", 1e4),
        ("单位:元", 1e8),
        ("单位:百万元", 100),
        ("Unit: thousand yuan", 1e5),
        ("Unit: 1000 yuan", 1e5),
        ("Unit: ten thousand yuan", 1e4),
        ("Unit: 10000 yuan", 1e4),
        ("Unit: 100 million yuan", 1),
        ("Unit: billion yuan", 0.1),
    ],
)
def test_units_of_headings(tmp_path, text, divisor):
    accounts = Accounts(4)
    table = read_table(write_xlsx(tmp_path / "t.xlsx", {"a": printed(accounts, unit=text)}), tolerance=1e-3)
    np.testing.assert_allclose(table.output, accounts.x / divisor)


# what offices and compilers have written over a column or beside a row, other than the layouts above do
HEADINGS = {
    "TIU": ["中间使用小计", "Intermediate uses, total"],
    "FU101": ["农村居民", "农村居民消费支出", "Rural", "Rural households"],
    "FU102": ["城镇居民", "城镇居民消费支出", "Urban households consumption expenditure"],
    "THC": ["居民消费", "居民消费支出合计", "Household consumption expenditure", "Households"],
    "FU103": ["政府", "政府消费支出", "Government consumption"],
    "TC": ["最终消费", "消费合计", "Final consumption expenditure", "Final consumption total"],
    "FU201": ["固定资本形成"],
    "FU202": ["存货增加", "存货净增加", "Change in inventory", "Inventories increase", "Inventory changes"],
    "GCF": ["资本形成总额", "资本形成小计", "Total gross capital formation"],
    "TFU": ["最终使用小计", "Final uses", "Final use total"],
    "EX": ["国外出口", "境外出口", "Export"],
    "OF": ["省外流出", "国内流出", "Outflows to provinces", "Domestic outflow"],
    "IM": ["国外进口", "境外进口", "Import"],
    "IF": ["省外流入", "国内流入", "Inflows from provinces", "Domestic inflow"],
    "ERR": ["其它", "误差", "误差项", "统计误差", "平衡项", "Other", "Error", "Statistical discrepancy"],
    "GO": ["Total output"],
    "TII": ["中间投入小计", "Intermediate input total"],
    "VA001": ["Remuneration of labourers", "Compensation of laborers"],
    "VA002": ["Net tax on production"],
    "VA003": ["Depreciation of fixed capital"],
    "TVA": ["增加值小计", "Value added", "Value added total"],
    "TI": ["Total input"],
}
NET = {"NOF": ["Net outflows"]}
TOGETHER = {
    "FU302": ["调出(含出口)", "流出含出口", "出口和国内省外流出", "出口及流出", "Exports and outflows",
              "Outflows, including exports"],
    "FU304": ["调入（含进口）", "流入含进口", "进口和国内省外流入", "进口加流入", "Imports and inflow",
              "Inflows including imports"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("trade", "code", "heading"),
    [
        (trade, code, heading)
        for trade, words in (("apart", HEADINGS), ("net", NET), ("together", TOGETHER))
        for code, headings in words.items()
        for heading in headings
    ],
)
def test_headings_in_the_words_of_others(tmp_path, trade, code, heading):
    accounts = Accounts(4, trade)
    swapped = {CHINESE[code]: heading}
    rows = [
        [swapped.get(cell, cell) if isinstance(cell, str) else cell for cell in row]
        for row in printed(accounts, codes=False, language="zh")
    ]
    assert any(heading in row for row in rows)
    same_accounts(read_table(write_csv(tmp_path / "t.csv", rows)), accounts)


def test_the_last_column_of_totals_ends_the_uses_inside(tmp_path):
    """A heading over a group may say the same as that of its total."""
    accounts = Accounts(4)
    rows = printed(accounts, codes=False, language="zh")
    rows[2][rows[2].index("中间使用")] = "中间使用合计"
    same_accounts(read_table(write_csv(tmp_path / "t.csv", rows)), accounts)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("\u22121234.5", -1234.5),
        ("１２３４．５", 1234.5),
        ("－5", -5.0),
        ("1,234.5", 1234.5),
        ("\u00a012\u3000", 12.0),
        ("+3e2", 300),
    ],
)
def test_numbers_in_the_hand_of_others(tmp_path, cell, value):
    accounts = Accounts(4)
    rows = compiled(accounts)
    at = rows[0].index("FU202")
    accounts.error[0] += rows[1][at] - value
    rows[1][rows[0].index("ERR")] = float(accounts.error[0])
    rows[1][at], accounts.final["FU202"][0] = cell, value
    for total in ("GCF", "TFU"):
        rows[1][rows[0].index(total)] += float(value - Accounts(4).final["FU202"][0])
    same_accounts(read_table(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY"), accounts)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("nan", "leave a cell blank"),
        ("12%", "it is a share"),
        ("=A1", "it is a formula"),
        ("#REF!", "it is an error of a spreadsheet"),
        ("一百二十万", "write it in digits, in the unit of the table"),
        ("3.5亿", "write it in digits, in the unit of the table"),
        ("(1,200)", "write a negative number with a minus sign"),
        ("1.234,5", "its commas part neither thousands nor, here, decimals"),
        ("1 234.5", "take out what parts its thousands"),
    ],
)
def test_a_cell_that_is_no_amount_is_told_why(tmp_path, cell, reason):
    rows = compiled(Accounts(5))
    rows[2][4] = cell
    refused(tmp_path, rows, re.escape(cell) + ".* is not a number: " + re.escape(reason))


def test_a_tidy_file_is_known_by_its_first_columns(tmp_path):
    rows = [["block", "row", "column", "value", "my notes"], ["Z", "a", "a", "1", ""]]
    with pytest.raises(DataError, match=r"mine\.yaml is missing"):
        read_table(write_csv(tmp_path / "mine.csv", rows))


def test_year_and_region_are_never_guessed(tmp_path):
    rows = compiled(Accounts(5))
    refused(tmp_path, rows, "the year is not stated", "江苏.csv")
    refused(tmp_path, rows, "the region is not stated", "2017.csv")
    refused(tmp_path, rows, "more than one region is named, Anhui, Jiangsu", "2017_江苏_安徽.csv")
    refused(tmp_path, rows, "states the year 2017, and 2012 was given", year=2012)
    assert read_table(write_csv(tmp_path / "t.csv", rows), **SAID).year == 2017
    named = read_table(write_csv(tmp_path / "table_Jiangsu_2017.csv", rows), unit="10,000 CNY")
    assert (named.region, named.year) == ("Jiangsu", 2017)


def test_cells_that_are_not_numbers(tmp_path):
    rows = compiled(Accounts(5))
    rows[2][4] = "n.k."
    refused(tmp_path, rows, r"cell E3 \(row 02, column 02\): 'n.k.' is not a number")


def test_a_row_that_does_not_balance(tmp_path):
    accounts = Accounts(5)
    rows = compiled(accounts)
    rows[4][5] += 250.0
    refused(tmp_path, rows, r"row 5: output of 04 .* 0\.025 100 million CNY less than its uses \(tolerance 0\.0001\)")
    table = read_table(tmp_path / "2017_江苏.csv", unit="10,000 CNY", tolerance=251)
    assert table.row_tolerance == pytest.approx(0.0251)


def test_a_sheet_without_its_totals_was_cut_short(tmp_path):
    rows = [["Table", "of", "many", "words"], *compiled(Accounts(5))[:4]]
    refused(tmp_path, rows, "row 2 has the headings of a table")


def test_many_countries_are_not_all_listed(tmp_path):
    cells = [cell for k in range(13) for cell in eurostat(n=3, geo=f"C{k:02d}")[0]]
    with pytest.raises(LayoutError, match=r"C10, C11 \.\.\.$"):
        read_table(write_csv(tmp_path / "many.csv", sdmx(cells)), unit="million CZK")
    dozen = [cell for cell in cells if "C12" not in cell]
    with pytest.raises(LayoutError, match=r"C10, C11$"):
        read_table(write_csv(tmp_path / "dozen.csv", sdmx(dozen)), unit="million CZK")


def test_headings_that_are_not_understood(tmp_path):
    rows = compiled(Accounts(5))
    rows[0][rows[0].index("FU201")] = "FU999"
    refused(tmp_path, rows, "cell O1: a column of numbers headed 'FU999'")
    rows = compiled(Accounts(5))
    rows.insert(4, ["Q1", "Whatever", "什么", *rows[4][3:]])
    refused(tmp_path, rows, "row 5: a row of numbers headed Q1 / Whatever / 什么, which is neither a sector")
    rows = compiled(Accounts(5))
    del rows[3]
    refused(tmp_path, rows, "cell F1: a column of numbers headed '03', which is neither the code of a row")
    rows = printed(Accounts(5, imports=True))
    del rows[-9]
    refused(tmp_path, rows, "imported rows do not fit the 5 columns of sectors: none for 05")
    rows = compiled(Accounts(5))
    rows.insert(4, rows[3])
    refused(tmp_path, rows, "03 more than once, first at row 4")
    refused(tmp_path, [["a", "b"], ["1", "2"]], "no table found")
    rows = printed(Accounts(5), codes=False)
    rows[3][rows[3].index("其他\nOthers")] = "Mystery"
    refused(tmp_path, rows, "a column of numbers headed .*Mystery, which is no use known here")
    rows = printed(Accounts(5), codes=False)
    rows[6][1], rows[7][1] = rows[7][1], rows[6][1]
    refused(tmp_path, rows, "the order must be the same")


def test_final_uses_that_are_not_published(tmp_path):
    rows = compiled(Accounts(5, "nation"))
    gone = [rows[0].index(c) for c in ("FU101", "THC", "TC")]
    refused(tmp_path, [[c for j, c in enumerate(r) if j not in gone] for r in rows], "final uses lack .* TFU alone")


def test_two_tables_in_one_workbook(tmp_path):
    one, two = Accounts(5), Accounts(5, seed=3)
    path = write_xlsx(tmp_path / "t.xlsx", {"a": printed(one), "b": printed(two)})
    with pytest.raises(LayoutError, match="sheets 'a', 'b' all hold a table"):
        read_table(path)
    same_accounts(read_table(path, sheet="b"), two)
    with pytest.raises(LayoutError, match="no sheet 'c': there are 'a', 'b'"):
        read_table(path, sheet="c")


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "gone.xlsx")
    with pytest.raises(DataError, match=r"files of kind \.pdf are not read"):
        read_table(tmp_path / "table.pdf")
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")
    with pytest.raises(DataError, match="not readable as a workbook"):
        read_table(broken)
    (tmp_path / "broken.xls").write_bytes(b"no workbook either")
    with pytest.raises(DataError, match="not readable as a workbook"):
        read_table(tmp_path / "broken.xls")
    (tmp_path / "raw.csv").write_bytes(b"\xff\xff\xff\x80")
    with pytest.raises(DataError, match="neither in utf-8-sig nor in gb18030"):
        read_table(tmp_path / "raw.csv")
    rows = printed(Accounts(4))
    rows[6][5] = "=1+1"
    with pytest.raises(DataError, match=r"sheet a, cell F7: a formula without a value"):
        read_table(write_xlsx(tmp_path / "f.xlsx", {"a": rows}))
    rows[6][5] = "#REF!"
    with pytest.raises(DataError, match=r"sheet a, cell F7 holds the error #REF!"):
        read_table(write_xlsx(tmp_path / "e.xlsx", {"a": rows}))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "xlrd", None)
    with pytest.raises(DataError, match="pip install openpyxl"):
        read_table(tmp_path / "e.xlsx")
    with pytest.raises(DataError, match="pip install xlrd"):
        read_table(tmp_path / "broken.xls")


# ---- what is wrong, and where ---------------------------------------------------------------------------------------


def by_subject(findings):
    return {(f.severity, f.subject, f.sector): f for f in findings}


def test_inspection_measures_every_fault(tmp_path):
    accounts = Accounts(6)
    rows = compiled(accounts)
    go, tiu = rows[0].index("GO"), rows[0].index("TIU")
    rows[1][go] += 500.0  # sector 01: output above uses and inputs, and above TI
    rows[5][tiu] += 40.0  # sector 05: a published total that is no sum
    rows[2][3 + 4] = -70.0  # from 02 to 05
    draft = read_draft(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    found = by_subject(inspect(draft))
    assert found["error", "row balance", "01"].size == pytest.approx(0.05)
    assert found["error", "row balance", "01"].where == "row 2"
    assert found["error", "column balance", "01"].size == pytest.approx(0.05)
    assert found["error", "column balance", "01"].where == "column D"
    assert found["warning", "published total", "GO"].size == pytest.approx(0.05)
    # the total of row 02 is off too, by the flow that was changed; it is the larger one
    off = (accounts.Z[1, 4] + 70) / 1e4
    assert abs(found["warning", "published total", "TIU"].size) == pytest.approx(max(off, 0.004))
    assert found["note", "reading", ""].where == found["note", "zero sectors", ""].where == ""
    negative = found["warning", "sign", "02"]
    assert negative.size == pytest.approx(-0.007) and "from 02" in negative.text and "to 05" in negative.text
    assert found["note", "zero sectors", ""].text == "1 sector without output: 03 (Industry C2)"


def test_a_refusal_counts_the_errors_it_does_not_show(tmp_path):
    for wrong, said in ((3, "row 4:[^;]*;[^;]*;[^;]*$"), (4, "row 5:[^;]*;[^;]*;[^;]*; and 1 more$")):
        rows = compiled(Accounts(6, idle=False))
        for k in range(1, wrong + 1):
            rows[k][rows[0].index("FU102")] += 50.0 * k
        refused(tmp_path, rows, said)


def test_inspection_finds_impossible_output(tmp_path):
    accounts = Accounts(6, idle=False)
    rows = compiled(accounts)
    go = rows[0].index("GO")
    rows[2][go], rows[4][go] = -5e5, 0.0
    draft = read_draft(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    found = by_subject(inspect(draft))
    assert found["error", "sign", "02"].size == pytest.approx(-50)
    assert "has inputs of" in found["error", "sign", "04"].text
    rows = compiled(accounts)
    for row in rows[1 : accounts.n + 1]:
        row[go] /= 20
    draft = read_draft(write_csv(tmp_path / "2017_江苏.csv", rows), unit="10,000 CNY")
    radius = next(f for f in inspect(draft) if f.subject == "spectral radius")
    by_hand = max(abs(np.linalg.eigvals(accounts.Z / (accounts.x / 20))))
    assert radius.size == pytest.approx(by_hand) and radius.size > 1


def test_nothing_is_wrong_with_our_own_tables():
    from analysis.tables import Draft

    for region, year in (("Shanghai", 2017), ("Jiangsu", 2002), ("China", 2012)):
        findings = inspect(Draft.of(load(region, year)))
        assert {f.severity for f in findings} == {"note"}


def test_the_largest_eigenvalue_alone_of_a_large_table(monkeypatch):
    from analysis.tables import draft

    accounts = Accounts(30, idle=True)
    Z, x = pd.DataFrame(accounts.Z), pd.Series(accounts.x)
    whole = draft.spectral_radius(Z, x)
    monkeypatch.setattr(draft, "_MOST_EIGENVALUES", 10)
    assert draft.spectral_radius(Z, x) == pytest.approx(whole, rel=1e-9)


def test_names_of_provinces_are_those_of_the_data():
    assert {zh: en for zh, en in PROVINCES.items() if zh != "全国"} == {zh: en for en, zh in DERIVED.items()}


def test_every_message_of_a_refusal_says_what_to_do(tmp_path):
    path = write_csv(tmp_path / "2017_江苏.csv", compiled(Accounts(5)))
    with pytest.raises(LayoutError) as caught:
        read_table(path)
    assert re.search(r"give unit, such as '10,000 CNY'", str(caught.value))
