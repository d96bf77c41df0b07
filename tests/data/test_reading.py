"""Records, checked loading, and the seal, on tables written for the purpose."""

import shutil

import numpy as np
import pytest
import yaml

from analysis.data import DataError, catalogue, check_sums, data_directory, list_sums, read, record, seal
from analysis.data.__main__ import main

BASE = {
    "kind": "test table",
    "title": {"en": "Test", "zh": "测试"},
    "publisher": {"en": "Nobody", "zh": "无"},
    "year": 2017,
    "reference": "none",
    "licence": "MIT",
    "unit": "100 million CNY",
    "price_basis": "current prices",
    "vintage": "only",
    "derived": "invented",
}
COLUMNS = {
    "id": {"description": "Id", "pattern": r"F\d{2}", "unique": True},
    "word": {"description": "Word", "allowed": ["about", "over"], "nullable": True},
    "count": {"description": "Count", "dtype": "int", "minimum": 0},
    "low": {"description": "Lower bound", "dtype": "float", "nullable": True, "maximum": 10},
    "sure": {"description": "Whether sure", "dtype": "bool"},
}
TABLE = "id,word,count,low,sure\nF01,about,3,7.95,true\nF02,,0,,false\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder, in place of the project's own."""
    monkeypatch.setenv("SHANGHAI_CHAINS_DATA", str(tmp_path))
    (tmp_path / "report").mkdir()
    return tmp_path


def store(folder, table=TABLE, name="report/figures", **changes):
    (folder / f"{name}.csv").write_text(table, encoding="utf-8")
    content = {**BASE, "columns": COLUMNS, **changes}
    content = {key: value for key, value in content.items() if value is not None}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def put(folder, table, name="report/figures"):
    (folder / f"{name}.csv").write_text(table, encoding="utf-8")


def test_types_missing_cells_and_attributes(folder):
    store(folder)
    seal("report/figures")
    frame = read("report/figures")
    assert frame.dtypes.astype(str).to_dict() == {
        "id": "str",
        "word": "str",
        "count": "int64",
        "low": "float64",
        "sure": "bool",
    }
    assert frame["word"].tolist() == ["about", ""]
    assert frame["low"].tolist()[0] == 7.95
    assert np.isnan(frame["low"].iloc[1])
    assert frame["sure"].tolist() == [True, False]
    assert frame.attrs == {
        "id": "report/figures",
        "unit": "100 million CNY",
        "price_basis": "current prices",
        "vintage": "only",
    }


def test_what_read_returns_is_the_readers_own(folder):
    store(folder)
    seal("report/figures")
    mine = read("report/figures")
    mine.loc[0, "count"] = 99
    assert read("report/figures").loc[0, "count"] == 3


def test_a_table_read_before_is_still_held_to_its_files(folder):
    store(folder)
    seal("report/figures")
    first = read("report/figures")
    first.attrs["unit"] = "mine"
    first.index.name = "mine"
    again = read("report/figures")
    assert again.attrs["unit"] == "100 million CNY"
    assert again.index.name is None
    path = folder / "report/figures.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("maximum: 10", "maximum: 5"), encoding="utf-8")
    with pytest.raises(DataError, match=r"7\.95 must not be above 5"):
        read("report/figures")
    path.write_text(path.read_text(encoding="utf-8").replace("maximum: 5", "maximum: 10"), encoding="utf-8")
    assert read("report/figures").loc[0, "low"] == 7.95
    put(folder, TABLE.replace("7.95", "7.96"))
    with pytest.raises(DataError, match="sha256 differs"):
        read("report/figures")


def test_any_changed_byte_breaks_the_seal(folder):
    store(folder)
    seal("report/figures")
    put(folder, TABLE.replace("7.95", "7.96"))
    with pytest.raises(DataError, match=r"report/figures.csv: the file is not the one .*seal report/figures"):
        read("report/figures")
    assert main(["seal", "report/figures"]) == 0
    assert read("report/figures").loc[0, "low"] == 7.96


def test_an_unsealed_table_is_not_read(folder):
    store(folder)
    with pytest.raises(DataError, match="sha256"):
        read("report/figures")


def test_seal_changes_nothing_but_its_line(folder):
    store(folder)
    path = folder / "report/figures.yaml"
    path.write_text("# kept\n" + path.read_text(encoding="utf-8") + "notes: [a, b]\n", encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    seal("report/figures")
    once = path.read_text(encoding="utf-8")
    assert once.startswith(before)
    put(folder, TABLE.replace("F01", "F03"))
    seal("report/figures")
    twice = path.read_text(encoding="utf-8")
    changed = [a for a, b in zip(once.splitlines(), twice.splitlines(), strict=True) if a != b]
    assert [line.split()[0] for line in changed] == ["sha256:"]
    assert twice.startswith(before)


@pytest.mark.parametrize(
    ("old", "new", "message", "row", "column"),
    [
        ("F01", "X01", r"line 2, column id: 'X01' must look like F\\d\{2\}", 2, "id"),
        ("F02", "F01", r"column id: 'F01' must not repeat", 2, "id"),
        ("F02", "", r"line 3, column id: '' must", 3, "id"),
        ("about", "roughly", r"line 2, column word: 'roughly' must be one of about, over", 2, "word"),
        (",3,", ",-3,", r"line 2, column count: -3 must not be below 0", 2, "count"),
        (",3,", ",3.5,", r"line 2, column count: '3.5' is not of type int", 2, "count"),
        (",3,", ",,", r"line 2, column count: the cell must not be empty", 2, "count"),
        ("7.95", "17.95", r"line 2, column low: 17.95 must not be above 10", 2, "low"),
        ("7.95", "about 8", r"line 2, column low: 'about 8' is not of type float", 2, "low"),
        ("7.95", "inf", r"line 2, column low: 'inf' is not of type float", 2, "low"),
        ("true", "yes", r"line 2, column sure: 'yes' is not of type bool", 2, "sure"),
    ],
)
def test_a_bad_cell_is_named_and_never_sealed(folder, old, new, message, row, column):
    store(folder, TABLE.replace(old, new))
    with pytest.raises(DataError, match=message) as caught:
        seal("report/figures")
    assert (caught.value.file, caught.value.row, caught.value.column) == ("report/figures.csv", row, column)
    assert "sha256" not in (folder / "report/figures.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.replace("word,", "wort,"), "columns are .*wort.*the record has"),
        ("id,word,count,low,sure\n", "no rows"),
        ("", "not readable as CSV"),
        (TABLE + "F03,about,1,1,true,extra\n", "not readable as CSV"),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(folder, table, message):
    store(folder, table)
    with pytest.raises(DataError, match=message):
        seal("report/figures")


def test_a_key_over_several_columns_must_not_repeat(folder):
    columns = {"a": {"description": "A"}, "b": {"description": "B"}}
    store(folder, "a,b\nx,y\nx,z\nx,y\n", columns=columns, key=["a", "b"])
    with pytest.raises(DataError, match="must not repeat"):
        seal("report/figures")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"publisher": None}, "entries are missing: publisher"),
        ({"licence": ""}, "entries are missing: licence"),
        ({"title": {"en": "Test"}}, "title needs both languages"),
        ({"licenze": "MIT"}, "unknown entries: licenze"),
        ({"id": "report/other"}, "not the name of the file"),
        ({"columns": {"id": {"dtype": "str"}}}, "column id has no description"),
        ({"columns": {"id": {"description": "x", "dtype": "number"}}}, "dtype 'number'; use one of"),
        ({"columns": {"id": {"description": "x", "type": "str"}}}, "unknown entries: type"),
        ({"key": ["id", "nowhere"]}, "columns that are not there: nowhere"),
    ],
)
def test_a_poor_record_is_refused(folder, changes, message):
    store(folder, **changes)
    with pytest.raises(DataError, match=message) as caught:
        record("report/figures")
    assert caught.value.file == "report/figures.yaml"


def test_unknown_ids_and_folders_are_refused(folder, monkeypatch):
    with pytest.raises(DataError, match=r"report/nothing.yaml: no such file"):
        read("report/nothing")
    for wrong in ("../secret", "/etc/passwd", "figures", "report/Figures"):
        with pytest.raises(DataError, match="not a record id"):
            record(wrong)
    monkeypatch.setenv("SHANGHAI_CHAINS_DATA", str(folder / "gone"))
    with pytest.raises(DataError, match="SHANGHAI_CHAINS_DATA"):
        data_directory()


def test_identities_name_the_line_and_the_size(folder):
    columns = {"code": {"description": "Code"}}
    columns |= {
        name: {"description": name, "dtype": "float", "nullable": True} for name in ("output", "in", "out", "tax")
    }
    rule = {"total": "output", "add": ["in", "tax"], "subtract": ["out"], "tolerance": 1e-6}
    good = "code,output,in,out,tax\nC01,5,7,2,\nC02,3,3,1,1\n"
    store(folder, good, columns=columns, key=["code"], identities=[rule])
    seal("report/figures")
    put(folder, good.replace("C02,3", "C02,3.5"))
    with pytest.raises(
        DataError, match=r"line 3 \(C02\): output differs from in \+ tax - out by 0.5 100 million CNY .*sha256"
    ):
        read("report/figures")
    assert main(["seal", "report/figures"]) == 1


@pytest.fixture
def shanghai(tmp_path, monkeypatch):
    """A copy of one real table, to be damaged."""
    own = data_directory() / "io"
    (tmp_path / "io").mkdir()
    for suffix in (".csv", ".yaml"):
        shutil.copy(own / f"shanghai_2017{suffix}", tmp_path / "io")
    monkeypatch.setenv("SHANGHAI_CHAINS_DATA", str(tmp_path))
    return tmp_path / "io/shanghai_2017.csv"


def nudge(path, row, column, by):
    lines = path.read_text(encoding="utf-8").splitlines()
    start = f"{row},{column},"
    i = next(k for k, line in enumerate(lines) if line.startswith(start))
    lines[i] = f"{start}{float(lines[i].removeprefix(start)) + by:.10f}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "column", "where"),
    [
        ("C19", "C17", r"row C19 is off by -0.01\d*; column C17 is off by -0.01"),
        ("C19", "EX", r"row C19 is off by -0.01"),
        ("C19", "IM", r"row C19 is off by 0.01"),
        ("VA004", "C30", r"column C30 is off by -0.01"),
        ("C12", "GO", r"row C12 is off by 0.01\d*; column C12 is off by 0.01"),
    ],
)
def test_a_changed_figure_is_found_even_after_sealing_is_tried(shanghai, row, column, where):
    nudge(shanghai, row, column, 0.01)
    with pytest.raises(DataError, match=rf"io/shanghai_2017.csv: {where}.*sha256 differs"):
        read("io/shanghai_2017")
    with pytest.raises(DataError, match=where):
        seal("io/shanghai_2017")


def test_a_change_of_one_yuan_still_breaks_the_seal(shanghai):
    text = shanghai.read_text(encoding="utf-8")
    shanghai.write_text(text.replace("C01,C01,53.6857208913", "C01,C01,53.6857208914"), encoding="utf-8")
    assert shanghai.read_text(encoding="utf-8") != text
    with pytest.raises(DataError, match="sha256 differs"):
        read("io/shanghai_2017")


def test_missing_and_strange_cells_of_a_table_are_named(shanghai):
    text = shanghai.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    shanghai.write_text("".join(line for line in lines if not line.startswith("C05,C06,")), encoding="utf-8")
    with pytest.raises(DataError, match="1 cells are missing, first row C05, column C06"):
        read("io/shanghai_2017")
    shanghai.write_text(text + "VA001,EX,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="1 cells are not part of the table, first row VA001, column EX"):
        read("io/shanghai_2017")


def test_command_line_lists_and_checks(shanghai, capsys):
    assert main(["list"]) == 0
    assert "Input-output table of Shanghai, 2017" in capsys.readouterr().out
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "io/shanghai_2017: 2014 rows\n"
    nudge(shanghai, "C01", "C02", 1)
    assert main(["check", "io/shanghai_2017"]) == 1
    assert "column C02 is off" in capsys.readouterr().err


def test_catalogue_has_one_row_a_record(folder):
    store(folder)
    store(folder, name="report/claims", notes=["one", "two"])
    table = catalogue()
    assert list(table.index) == ["report/claims", "report/figures"]
    assert table.loc["report/claims", "notes"] == "one\ntwo"
    assert table.loc["report/figures", "title_zh"] == "测试"
    assert not table.isna().any(axis=None)


def test_the_list_of_checksums_seals_the_records_too(folder):
    store(folder)
    seal("report/figures")
    check_sums()  # a folder may do without a list
    list_sums()
    check_sums()
    path = folder / "report/figures.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("invented", "invanted"), encoding="utf-8")
    with pytest.raises(DataError, match=r"report/figures.yaml: is not the file that was listed .*seal report/figures"):
        check_sums()
    assert main(["check"]) == 1
    seal("report/figures")
    check_sums()
    store(folder, name="report/others")
    with pytest.raises(DataError, match=r"report/others.csv: is not listed in SHA256SUMS, and 1 more"):
        check_sums()
    seal("report/others")
    check_sums()
    (folder / "report/others.csv").unlink()
    with pytest.raises(DataError, match=r"report/others.csv: is listed and not there"):
        check_sums()
    (folder / "SHA256SUMS").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(DataError, match="SHA256SUMS: line 1 is not a checksum"):
        check_sums()


def test_sealing_one_table_does_not_vouch_for_another(folder):
    store(folder)
    store(folder, name="report/others")
    for name in ("report/figures", "report/others"):
        seal(name)
    list_sums()
    put(folder, TABLE.replace("7.95", "7.96"), name="report/others")
    seal("report/figures")
    with pytest.raises(DataError, match=r"report/others.csv: is not the file that was listed"):
        check_sums()
