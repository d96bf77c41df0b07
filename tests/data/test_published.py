"""The project's own tables: complete, sealed, and in agreement with each other and with known figures."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import check_sums, data_directory, read, record
from analysis.data.tables import wide

DELTA = ("shanghai", "jiangsu", "zhejiang", "anhui")
YEARS = (2002, 2007, 2012, 2017)
TABLES = {"input-output table", "detailed table", "imports table"}
KINDS = TABLES | {"sector panel", "classification", "concordance", "statistics"}
KINDS |= {"sum of input-output tables", "interregional table", "estimate", "estimated interregional table"}


@pytest.fixture(scope="module")
def sectors():
    return list(read("io/sectors")["code"])


@pytest.fixture(scope="module")
def panel():
    return read("io/province_sectors").set_index(["region", "year", "code"]).sort_index()


def derived():
    folders = [data_directory() / name for name in ("io", "statistics")]
    return sorted(f"{folder.name}/{path.stem}" for folder in folders for path in folder.glob("*.csv"))


def test_every_table_of_the_plan_is_there():
    expected = {f"io/{region}_{year}" for region in DELTA for year in YEARS}
    expected |= {f"io/china_{year}" for year in (*YEARS, 2020)} | {"io/china_2017_imports", "io/china_2020_imports"}
    assert expected <= set(derived())


def test_every_table_has_a_record_and_every_record_a_table():
    files = {path.relative_to(data_directory()).as_posix() for path in data_directory().glob("*/*.*")}
    tables = {name.removesuffix(".csv") for name in files if name.endswith(".csv")}
    documents = {name.removesuffix(".record.yaml") for name in files if name.endswith(".record.yaml")}
    others = {name.removesuffix(".yaml") for name in files if name.endswith(".yaml") and ".record." not in name}
    assert others == tables | documents


@pytest.mark.parametrize("record_id", derived())
def test_table_reads_and_its_record_tells_where_it_is_from(record_id):
    frame, found = read(record_id), record(record_id)
    assert len(frame) > 0
    assert found.kind in KINDS
    if "source" in frame:
        assert set(frame["source"]) == set(found.sources)


# Published totals of value added, 100 million CNY, to the digits the bureaus print.
@pytest.mark.parametrize(
    ("table", "value_added"),
    [
        ("shanghai_2002", 5408.76),
        ("shanghai_2007", 12188.85),
        ("shanghai_2012", 20184.18),
        ("shanghai_2017", 30632.99),
        ("jiangsu_2017", 85869.76),
        ("china_2017", 823215.71),
        ("china_2020", 1016422.00),
    ],
)
def test_value_added_is_the_published_total(table, value_added):
    rows = ["VA001", "VA002", "VA003", "VA004"]
    assert wide(read(f"io/{table}")).loc[rows].sum().sum() == pytest.approx(value_added, abs=0.006)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("region", ["Shanghai", "Jiangsu", "Zhejiang", "Anhui", "China"])
def test_panel_repeats_the_tables(panel, sectors, region, year):
    table, rows = wide(read(f"io/{region.lower()}_{year}")), panel.loc[region, year]
    square = table.loc[sectors]
    trade = {"EX": "exports", "OF": "outflow", "IM": "imports", "IF": "inflow", "NOF": "net_outflow"}
    trade |= {"EXOF": "exports_and_outflow", "IMIF": "imports_and_inflow", "GO": "output", "ERR": "error"}
    for column, name in trade.items():
        if column in table:
            np.testing.assert_allclose(rows[name], square[column], rtol=0, atol=1e-9, err_msg=name)
        else:
            assert rows[name].isna().all()
    np.testing.assert_allclose(rows["intermediate_use"], square[sectors].sum(axis=1), atol=1e-7)
    np.testing.assert_allclose(rows["intermediate_input"], square[sectors].sum(axis=0), atol=1e-7)
    np.testing.assert_allclose(rows["surplus"], table.loc["VA004", sectors], atol=1e-9)


def test_panel_covers_all_provinces(panel):
    counts = panel.groupby("year").size() / 38
    assert counts.to_dict() == {2002: 31, 2007: 31, 2012: 32, 2017: 32}
    assert ("Tibet", 2007) not in panel.index.droplevel("code")


def test_linkages_are_missing_where_there_is_no_output_and_nowhere_else(panel):
    idle = panel["output"] == 0
    for name in ("backward_linkage", "forward_linkage"):
        assert (panel[name].isna() == idle).all()
        assert (panel[name].dropna() >= 1).all()
    local = panel["local_backward_linkage"]
    known = (panel["trade"] != "net") & ~idle
    assert (local.notna() == known).all()
    assert (local[known] <= panel.loc[known, "backward_linkage"] + 1e-6).all()


def test_shanghais_electronics_pulls_hardest_on_paper_and_sixth_at_home(panel):
    shanghai = panel.loc["Shanghai", 2017]
    assert shanghai["backward_linkage"].idxmax() == "C19"
    assert shanghai.loc["C19", "backward_linkage"] == pytest.approx(4.78, abs=0.005)
    assert shanghai.loc["C19", "local_backward_linkage"] == pytest.approx(1.66, abs=0.005)
    assert shanghai["local_backward_linkage"].rank(ascending=False)["C19"] == 6


@pytest.mark.parametrize("year", [2017, 2020])
def test_imports_are_part_of_the_whole(sectors, year):
    whole, part = wide(read(f"io/china_{year}")).loc[sectors], wide(read(f"io/china_{year}_imports"))
    np.testing.assert_allclose(part["IM"], whole["IM"], rtol=0, atol=1e-9)
    shared = [*sectors, "FU201", "EX"]
    assert (part[shared] >= 0).all(axis=None)
    assert (whole[shared] - part[shared] >= 0).all(axis=None)


def test_concordances_lead_to_the_common_sectors(sectors):
    table = read("io/concordance_42_38")
    for year, rows in table.groupby("year"):
        assert list(rows["code_42"]) == [f"{i:02d}" for i in range(1, 43)], year
        assert set(rows["code"]) == set(sectors)
    detail = read("io/concordance_national")
    assert detail.groupby("year").size().to_dict() == {2002: 122, 2007: 135, 2012: 139, 2017: 149, 2020: 153}
    assert (detail.groupby("year")["code_42"].nunique() == 42).all()
    electronics = detail[(detail["year"] == 2017) & (detail["code_42"] == "20")]["name_zh"]
    assert {"计算机", "通信设备", "电子元器件"} <= set(electronics)


def test_shanghai_gdp_of_2017_stands_in_several_vintages():
    rows = read("statistics/shanghai").query("series == 'gdp_nominal' and year == 2017")
    assert rows["vintage"].nunique() == len(rows) == 2
    values = set(rows["value"])
    # Neither is what the input-output table of the year holds.
    assert values == {32925.0, 34378.28}


def test_what_sources_warn_of_is_left_out_or_flagged():
    added = read("statistics/province_value_added")
    assert added["year"].max() == 2020
    assert added["note"].str.startswith("FLAG").sum() > 100
    rd = read("statistics/province_rd")
    in_force = rd[(rd["series"] == "invention_patents_in_force") & (rd["region"] == "Zhejiang")]
    assert 2014 not in set(in_force["year"])


def test_deflators_are_one_in_the_base_year():
    frame = read("statistics/deflators")
    base = frame[frame["year"] == 2015]["value"]
    assert len(base) == frame["series"].nunique() == 9
    assert (base == 1).all()


def test_regions_are_those_of_the_panel(panel):
    regions = read("statistics/regions")
    assert set(regions["region"]) == set(panel.index.get_level_values("region"))
    for name in ("shanghai", "province_gdp", "province_value_added", "province_rd"):
        assert set(pd.unique(read(f"statistics/{name}")["region"])) <= set(regions["region"])


def test_every_file_is_the_one_that_was_listed():
    check_sums()


def test_every_provincial_and_national_table_is_read(panel):
    rows = read("verification/read_tables").set_index("file")
    provinces = rows[rows.index.str.startswith("province_42/")]
    assert (len(provinces), len(rows)) == (125, 137)
    assert set(rows["outcome"]) == {"as it stands", "with a stated tolerance"}
    assert set(rows.loc[rows["tolerance"] > 1].index) == {"province_42/2002_江苏.csv", "province_42/2002_福建.csv"}
    assert (rows["spectral_radius"] < 1).all() and not rows.loc[rows["tolerance"] == 1, "errors"].any()
    assert set(rows.loc[rows["imports"] == "apart", "year"]) == {2017, 2018, 2020}
    # what the readers add up in floating point is what the derivation adds up in decimals
    sums = panel.groupby(["region", "year"])[["output", "value_added"]].sum()
    told = provinces.set_index(["region", "year"])[["output", "value_added"]]
    assert set(told.index) <= set(sums.index)
    np.testing.assert_allclose(told, sums.loc[told.index], atol=5.1e-7)
    for year in (2017, 2020):
        whole = wide(read(f"io/china_{year}"))["GO"].sum()
        assert rows.loc[f"china_national/china_{year}_42.csv", "output"] == pytest.approx(whole, abs=5.1e-7)


def test_what_was_said_of_a_table_is_counted():
    rows = read("verification/read_tables")
    for severity in ("error", "warning", "note"):
        assert (rows["said"].str.count(f"(?:^|; ){severity}: ") == rows[f"{severity}s"]).all()
