"""The derivation, on invented sources in the published layouts."""

import os
import shutil
from decimal import Decimal

import derive
import numpy as np
import pandas as pd
import pytest
from derivation import employment, interregional, province_sectors, readers
from derivation.sectors import CODES, TO_COMMON
from derivation.source import SourceError, read_table
from derivation.tables import check_subtotals, match_by_output, round_up, text
from hypothesis import given
from hypothesis import strategies as st

from analysis.data import catalogue, read, record
from analysis.data.tables import wide
from tests.data.conftest import REGIONS


@pytest.fixture(scope="module")
def written(pristine, tmp_path_factory):
    """The tables derived once from the generated folder."""
    folder = tmp_path_factory.mktemp("derived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(province_sectors, "REGIONS", [(name, "", "") for name in REGIONS])
        assert derive.main([str(pristine), "--into", str(folder)]) == 0
    return folder


@pytest.fixture
def derived(written, monkeypatch):
    """The derived tables in place of the project's own."""
    monkeypatch.setenv("SHANGHAI_CHAINS_DATA", str(written))
    return written


@pytest.fixture
def few_provinces(monkeypatch):
    """Let the panel expect the few regions that the generated folder has."""
    monkeypatch.setattr(province_sectors, "REGIONS", [(name, "", "") for name in REGIONS])


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.*"))}


def add(number):
    return lambda cell: f"{float(cell) + number:.6f}"


def test_every_derived_table_reads_back(derived):
    ids = catalogue().index
    assert len([i for i in ids if i.startswith("io/")]) == 16 + 5 + 2 + 2 + 3 + 1 + 2 + 4
    for found in ids:
        assert len(read(found)) > 0


def test_second_run_gives_the_same_bytes(derived, pristine, few_provinces, tmp_path_factory):
    again = tmp_path_factory.mktemp("again")
    derive.main([str(pristine), "--into", str(again)])
    assert content(again) == content(derived)


@pytest.mark.parametrize("year", [2002, 2007, 2012, 2017])
def test_sums_and_units_survive_aggregation(derived, pristine, year):
    source = pd.read_csv(pristine / f"io/province_42/{year}_上海.csv", index_col="code", dtype={"code": str})
    table = wide(read(f"io/shanghai_{year}"))
    groups = TO_COMMON[year]
    expected = source.loc[list(groups), list(groups)].groupby(groups).sum().T.groupby(groups).sum().T / 1e4
    np.testing.assert_allclose(table.loc[list(CODES), list(CODES)], expected.loc[list(CODES), list(CODES)], atol=1e-12)
    assert table["GO"].sum() == pytest.approx(source.loc["TI", list(groups)].sum() / 1e4, abs=1e-9)
    assert table["FU103"].sum() == pytest.approx(source.loc[list(groups), "FU103"].sum() / 1e4, abs=1e-9)


def test_trade_columns_by_year(derived):
    assert record("io/shanghai_2002").layout["uses"][5:] == ["NOF", "GO"]
    assert record("io/shanghai_2007").layout["uses"][5:] == ["EXOF", "IMIF", "ERR", "GO"]
    assert record("io/shanghai_2017").layout["uses"][5:] == ["EX", "OF", "IM", "IF", "ERR", "GO"]


@pytest.mark.parametrize("year", [2017, 2020])
def test_imported_part_adds_up_to_imports_of_the_whole(derived, year):
    whole, imported = wide(read(f"io/china_{year}")), wide(read(f"io/china_{year}_imports"))
    np.testing.assert_allclose(imported["IM"], whole.loc[list(CODES), "IM"], atol=1e-12)
    domestic = whole.loc[list(CODES), list(CODES)] - imported[list(CODES)]
    assert (domestic.to_numpy() >= 0).all()
    assert (imported["TC"] <= whole.loc[list(CODES), ["FU101", "FU102", "FU103"]].sum(axis=1)).all()


def test_panel_agrees_with_the_tables_and_leaves_unknown_cells_empty(derived):
    panel = read("io/province_sectors").set_index(["region", "year", "code"]).sort_index()
    table = wide(read("io/shanghai_2012"))
    shanghai = panel.loc["Shanghai", 2012]
    np.testing.assert_allclose(shanghai["output"], table.loc[list(CODES), "GO"], atol=1e-12)
    np.testing.assert_allclose(shanghai["compensation"], table.loc["VA001", list(CODES)], atol=1e-12)
    np.testing.assert_allclose(shanghai["inflow"], table.loc[list(CODES), "IF"], atol=1e-12)
    assert (shanghai["trade"] == "split").all()
    assert shanghai["exports_and_outflow"].isna().all()
    # C04 has no output in the generated tables after 2002.
    assert shanghai.loc["C04", "backward_linkage":].isna().all()
    assert shanghai.drop("C04").loc[:, "backward_linkage":].notna().all(axis=None)
    assert panel.loc["Shanghai", 2002]["local_backward_linkage"].isna().all()
    assert panel.loc["China", 2002]["local_backward_linkage"].notna().all()


def test_panel_linkages_by_another_way(derived):
    table = wide(read("io/anhui_2007"))
    Z, x = table.loc[list(CODES), list(CODES)].to_numpy(), table.loc[list(CODES), "GO"].to_numpy()
    active = x > 0
    share = x / (x + table.loc[list(CODES), "IMIF"].to_numpy())
    panel = read("io/province_sectors").query("region == 'Anhui' and year == 2007")[active]
    for name, flows in (("backward_linkage", Z), ("local_backward_linkage", share[:, None] * Z)):
        # A power series instead of an inverse.
        total = term = np.ones(len(x))
        for _ in range(400):
            term = term @ np.divide(flows, x, out=np.zeros_like(flows), where=active)
            total = total + term
        np.testing.assert_allclose(panel[name], total[active], atol=1e-6)


def test_a_table_that_tells_foreign_trade_only_leaves_the_rest_empty(
    pristine, few_provinces, tmp_path, change, monkeypatch
):
    sources = tmp_path / "sources"
    shutil.copytree(pristine, sources)
    path = sources / "io/province_42/2012_安徽.csv"
    frame = pd.read_csv(path, dtype={"code": str}, index_col="code")
    sectors = frame.index[:42]
    frame.loc[sectors, "EX"] += frame.loc[sectors, "OF"]
    frame.loc[sectors, "IM"] += frame.loc[sectors, "IF"]
    frame.loc[sectors, ["OF", "IF"]] = 0
    frame.to_csv(path, float_format="%.6f")
    folder = tmp_path / "data"
    assert derive.main([str(sources), "--into", str(folder)]) == 0
    monkeypatch.setenv("SHANGHAI_CHAINS_DATA", str(folder))
    anhui = read("io/province_sectors").query("region == 'Anhui' and year == 2012")
    assert (anhui["trade"] == "no outflow").all()
    assert anhui["outflow"].isna().all()
    assert anhui["exports"].notna().all()


def test_statistics_keep_vintages_and_drop_what_is_declared(derived):
    shanghai = read("statistics/shanghai")
    assert list(shanghai["vintage"]) == ["first", "second", "second"]
    assert shanghai["value"].tolist() == [30632.99, 32925.0, 9.0]
    assert set(shanghai["series"]) == {"gdp_nominal"}
    assert shanghai["note"].tolist() == ["", "", "FLAG odd"]
    assert record("statistics/shanghai").sources["yearbook_2018"] == "Yearbook 2018. u"
    assert read("statistics/province_value_added")["year"].max() == 2017


def test_deflators_are_current_over_constant(derived):
    frame = read("statistics/deflators").set_index(["series", "year"])["value"]
    assert frame["agriculture", 2000] == pytest.approx(100 / 200, abs=5e-7)
    assert frame["gdp", 2020] == pytest.approx(128 / 220, abs=5e-7)
    assert ("manufacturing", 2003) not in frame.index
    assert ("manufacturing", 2004) in frame.index


TABLE = "io/province_42/2017_上海.csv"


@pytest.mark.parametrize(
    ("row", "column", "edit", "message"),
    [
        ("05", "07", add(3), r"published TI[UI] differs from the sum of its parts by 3"),
        ("05", "TIU", add(2), r"published TIU .* by 2.* at 05"),
        ("TVA", "09", add(-4), r"published TVA .* by 4.* at 09"),
        ("11", "GO", add(7), r"published GO .* by 7.* at 11"),
        ("11", "FU101", "n.a.", r"2017_上海.csv, row 11, column FU101: 'n.a.' is not a number"),
        ("11", "FU101", "inf", r"not a finite number"),
        ("11", "FU101", "", r"no figure in row 11, column FU101"),
    ],
)
def test_a_wrong_figure_is_named(pristine, tmp_path, change, row, column, edit, message):
    path = tmp_path / "2017_上海.csv"
    shutil.copy(pristine / TABLE, path)
    change(path, row, column, edit)
    with pytest.raises(SourceError, match=message):
        check_subtotals(read_table(path, 42))


def test_missing_sectors_rows_and_columns_are_named(pristine, tmp_path):
    frame = pd.read_csv(pristine / TABLE, dtype=str, keep_default_na=False)
    path = tmp_path / "table.csv"
    frame.drop(columns=["07"]).to_csv(path, index=False)
    with pytest.raises(SourceError, match=r"columns of 1 of 42 sectors are missing: 07"):
        read_table(path, 42)
    frame.drop(columns=["GO"]).to_csv(path, index=False)
    with pytest.raises(SourceError, match=r"columns are missing: GO"):
        read_table(path, 42)
    frame[frame["code"] != "33"].to_csv(path, index=False)
    with pytest.raises(SourceError, match=r"rows are missing: 33"):
        read_table(path, 42)
    pd.concat([frame, frame.iloc[[4]]]).to_csv(path, index=False)
    with pytest.raises(SourceError, match=r"line 51: row 05 appears twice"):
        read_table(path, 42)


def test_one_blank_in_value_added_follows_from_the_total_two_do_not(pristine, tmp_path, change):
    path = tmp_path / "2017_上海.csv"
    shutil.copy(pristine / TABLE, path)
    whole = read_table(path, 42)
    change(path, "VA003", "40", "")
    assert read_table(path, 42).value("VA003", "40") == whole.value("VA003", "40")
    change(path, "VA001", "40", "")
    with pytest.raises(SourceError, match="VA001, VA003 are all blank in column 40"):
        read_table(path, 42)


def test_detail_that_does_not_add_up_is_refused(pristine, tmp_path, change):
    path = tmp_path / "china_2017_149.csv"
    shutil.copy(pristine / "io/china_national/china_2017_149.csv", path)
    small = read_table(pristine / "io/china_national/china_2017_42.csv", 42)["TOT"]
    change(path, "TI", "010", add(25))
    with pytest.raises(SourceError, match="no run of sectors adds up to the output of 03"):
        match_by_output(read_table(path, 149), small)


def test_disagreement_between_two_publications_is_named(pristine, few_provinces, tmp_path, change, capsys):
    sources = tmp_path / "sources"
    shutil.copytree(pristine, sources)
    path = sources / "io/china_national/china_2020_42.csv"
    change(path, "06", "12", add(5))
    assert derive.main([str(sources), "--into", str(tmp_path / "data")]) == 1
    error = capsys.readouterr().err
    assert "Z differs from china_2020_153.csv by 5" in error
    assert "row 06, column 12" in error


@pytest.mark.parametrize(
    "gone", ["io/province_42/2007_浙江.csv", "stats/province_rd_panel.csv", "io/china_national/china_2020_42.csv"]
)
def test_a_missing_file_is_named(pristine, few_provinces, tmp_path, capsys, gone):
    sources = tmp_path / "sources"
    shutil.copytree(pristine, sources)
    (sources / gone).unlink()
    assert derive.main([str(sources), "--into", str(tmp_path / "data")]) == 1
    error = capsys.readouterr().err
    assert ("Zhejiang 2007" if "浙江" in gone else gone.split("/")[-1]) in error


def test_a_folder_that_is_no_source_folder_is_refused(tmp_path, capsys):
    assert derive.main([str(tmp_path), "--into", str(tmp_path / "data")]) == 1
    assert "a source folder holds io/, stats/ and deflators/" in capsys.readouterr().err


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**6), max_value=10**6))
def test_text_is_exact_and_plain(value):
    written = text(value)
    assert Decimal(written) == value
    assert "E" not in written.upper()
    assert written != "-0"


@given(st.decimals(min_value=0, max_value=1000, places=10))
def test_a_tolerance_covers_its_gap_and_is_not_twice_as_wide(gap):
    bound = round_up(gap)
    assert bound > gap
    assert bound <= max(Decimal("1e-8"), 2 * gap + Decimal("1e-8"))


def test_detailed_tables_keep_every_sector(derived, pristine):
    for year, size in ((2017, 149), (2020, 153)):
        published = pd.read_csv(pristine / f"io/china_national/china_{year}_{size}.csv", dtype={"Code": str})
        published = published.set_index("Code")
        table = wide(read(f"io/china_{year}_{size}"))
        codes = [f"{k:03d}" for k in range(1, size + 1)]
        np.testing.assert_allclose(table.loc[codes, codes], published.loc[codes, codes].astype(float) / 1e4)
        np.testing.assert_allclose(table.loc[codes, "IM"], published.loc[codes, "IM"] / 1e4)


def test_quotients_by_hand(derived, pristine):
    people = pd.read_csv(pristine / "stats/province_industry_employment_wage_2005_2016.csv")
    people = people[people["series_id"].str.startswith("urban_unit_employment") & (people["year"] == 2016)]
    total = people.groupby("region")["value"].sum()
    cars = people[people["series_id"].str.endswith("汽车制造业")].set_index("region")["value"]
    expected = cars["Anhui"] / total["Anhui"] / (cars.sum() / total.sum())
    rows = read("statistics/industry_quotients").set_index(["year", "region", "industry"])
    row = rows.loc[(2016, "Anhui", "Cars and car parts")]
    assert row["quotient"] == pytest.approx(expected, abs=5e-5)
    assert row["quotient_delta"] == row["quotient"]  # the four are all there is here


def test_other_provinces_by_adding_up_the_published_files(derived, pristine):
    for year in (2012, 2017):
        files = [pristine / f"io/province_42/{year}_{name}.csv" for name in ("河北", "广东")]
        hebei, guangdong = (pd.read_csv(path, index_col="code", dtype={"code": str}) for path in files)
        table = wide(read(f"io/other_provinces_{year}"))
        for column in ("OF", "IF", "GO", "FU202"):
            codes = list(TO_COMMON[year])
            total = (hebei.loc[codes, column] + guangdong.loc[codes, column]).groupby(TO_COMMON[year]).sum() / 1e4
            np.testing.assert_allclose(table.loc[list(CODES), column], total[list(CODES)], atol=1e-12)
    assert record("io/other_provinces_2017").kind == "sum of input-output tables"


def test_eight_regions_keep_every_published_cell(derived, pristine):
    published = pd.read_csv(pristine / "io/sic_8region/2007_17sectors_wide.csv", index_col="code")
    rows = read("io/eight_regions_2007").set_index(["region", "row", "user_region", "column"])["value"]
    assert rows["East Coast", "S03", "Centre", "S17"] == published.loc["D003", "F017"] / 1e4
    assert rows["East Coast", "S03", "Centre", "FU201"] == published.loc["D003", "FF004"] / 1e4
    assert rows["East Coast", "S03", "East Coast", "FU202"] == published.loc["D003", "STK"] / 1e4
    assert rows["East Coast", "S03", "", "GO"] == published.loc["D003", "XX"] / 1e4
    assert rows["", "IM", "Centre", "S17"] == published.loc["IM", "F017"] / 1e4
    assert len(rows) == 136 * (136 + 32 + 1 + 3) + 136 * 5 + 32
    members = read("io/eight_regions").set_index("region")["eight"]
    assert members["Shanghai"] == members["Jiangsu"] == "East Coast"


@pytest.mark.parametrize(
    ("row", "column", "complaint"),
    [
        ("D003", "F017", "intermediate use of D003"),
        ("D003", "EX", "output of row D003"),
        ("VA001", "A001", "output of col"),
    ],
)
def test_a_wrong_cell_of_the_eight_regions_is_an_error(pristine, tmp_path, change, row, column, complaint):
    shutil.copytree(pristine / "io/sic_8region", tmp_path / "io/sic_8region")
    change(tmp_path / "io/sic_8region/2002_17sectors_wide.csv", row, column, add(1))
    with pytest.raises(SourceError, match=complaint):
        interregional.read_eight_regions(tmp_path, 2002)


def test_a_province_that_is_missing_from_the_sum_is_named(monkeypatch):
    monkeypatch.setattr(province_sectors, "REGIONS", [("China", "", ""), ("Hebei", "", "")])
    with pytest.raises(SourceError, match="tables of 2012 are not in the source folder: Hebei"):
        interregional.write_others("nowhere", {})


def test_distances_by_the_cosine_rule():
    found = {(a, b, how): float(km) for a, b, how, km in interregional.distances()}
    assert len(found) == 2 * 31 * 30
    place = {name: np.radians([float(lat), float(lon)]) for name, _, _, lat, lon in interregional.CAPITALS}
    for pair in (("Shanghai", "Jiangsu"), ("Anhui", "Xinjiang")):
        (a, b), (c, d) = (place[name] for name in pair)
        angle = np.arccos(np.sin(a) * np.sin(c) + np.cos(a) * np.cos(c) * np.cos(b - d))
        assert found[(*pair, "capitals")] == pytest.approx(6371.0088 * angle, abs=0.06)
    # Suzhou lies between Shanghai and Nanjing: the centres of Jiangsu are nearer.
    assert found["Shanghai", "Jiangsu", "centres"] < found["Shanghai", "Jiangsu", "capitals"]
    assert found["Shanghai", "Anhui", "centres"] == found["Shanghai", "Anhui", "capitals"]
    assert all(found[a, b, how] == found[b, a, how] for a, b, how in found)


def test_employment_adds_up_to_the_printed_total(derived, pristine):
    source = pd.read_csv(pristine / "io/china_national/china_employment.csv", index_col="Code")["2017"]
    people = read("statistics/employment").query("year == 2017").set_index("code")["persons"]
    assert people.index.tolist() == list(CODES)
    assert people.sum() == pytest.approx(source["TOT"] + 1 - source["T"], abs=0.5)
    # Food, and not agriculture: the file's C01 is the first division of manufacturing.
    assert people["C06"] == source[["C01", "C02", "C03", "C04"]].sum()
    assert people["C01"] == source["A"]
    assert people["C34"] == source["N"] + source["O"]


@pytest.mark.parametrize("row", ["C", "TOT"])
def test_employment_whose_parts_do_not_add_up_is_refused(pristine, tmp_path, change, row):
    folder = tmp_path / "sources"
    shutil.copytree(pristine, folder)
    change(folder / employment.SOURCE, row, "2017", add(100))
    with pytest.raises(SourceError, match="add up to"):
        employment.write(tmp_path / "into", folder)


def test_a_derivation_that_fails_halfway_changes_no_table(tmp_path, monkeypatch):
    (tmp_path / "io").mkdir()
    (tmp_path / "io/shanghai_2017.csv").write_text("the last table")

    def half(_, folder):
        (folder / "io").mkdir()
        (folder / "io/shanghai_2017.csv").write_text("new")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(derive, "derive", half)
    assert derive.main([str(tmp_path / "sources"), "--into", str(tmp_path)]) == 1
    assert {p.name for p in tmp_path.iterdir()} == {"io"}
    assert (tmp_path / "io/shanghai_2017.csv").read_text() == "the last table"
    # what a killed run left behind is gone after the next
    (tmp_path / ".derived").mkdir()
    shutil.copytree(tmp_path / "io", tmp_path / ".derived/gone")
    monkeypatch.setattr(derive, "derive", lambda _, folder: (folder / "one.csv").write_text("whole"))
    assert derive.main([str(tmp_path / "sources"), "--into", str(tmp_path)]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"io", "one.csv", "SHA256SUMS"}


def test_readers_tell_of_every_table_what_check_would(derived, pristine):
    rows = read("verification/read_tables").set_index("file")
    assert set(rows.index) == {
        p.relative_to(pristine / "io").as_posix()
        for p in pristine.glob("io/[pc]*_*/[2c]*.csv")
        if "employ" not in p.name
    }
    assert (rows["outcome"] == "as it stands").all() and (rows[["row_gap", "column_gap"]] == 0).all(axis=None)
    one = rows.loc["province_42/2017_上海.csv"]
    table = pd.read_csv(pristine / TABLE, index_col="code", dtype={"code": str})
    assert one["output"] == pytest.approx(table["GO"].sum() / 1e4)
    assert (one["region"], one["sectors"], one["trade"]) == ("Shanghai", 42, "EX OF IM IF")
    assert rows.loc["china_national/china_2017_42.csv", "imports"] == "apart"


def test_readers_state_the_tolerance_that_a_table_needs(pristine, tmp_path, change):
    path = tmp_path / "2017_上海.csv"
    shutil.copy(pristine / TABLE, path)
    change(path, "05", "FU101", add(7.25))
    cells = dict(zip(readers.COLUMNS, readers.read_one("x", path), strict=True))
    assert (cells["row_gap"], cells["row"], cells["tolerance"]) == ("-7.2500", "05", "7.3")
    assert cells["outcome"] == "with a stated tolerance" and cells["said"].startswith("error: output of 05")
    change(path, "06", "GO", "-5")
    cells = dict(zip(readers.COLUMNS, readers.read_one("x", path), strict=True))
    assert cells["outcome"] == "refused" and "output of 06 is negative" in cells["said"]
    change(path, "05", "FU101", "much")
    cells = dict(zip(readers.COLUMNS, readers.read_one("x", path), strict=True))
    assert cells["outcome"] == "refused" and "'much' is not a number" in cells["said"] and not cells["output"]


def test_readers_need_national_tables(pristine, tmp_path):
    shutil.copytree(pristine / "io/province_42", tmp_path / "io/province_42")
    with pytest.raises(SourceError, match="no national table"):
        readers.files(tmp_path)
