import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analysis.data import DataError, read, write_pair
from analysis.tables import ASSUMPTIONS, TableError, available, load, load_detailed, read_csv, sectors, to_csv
from tests.examples import table, tables


@given(tables(), st.sampled_from(["competitive", *sorted(ASSUMPTIONS)]))
def test_a_table_comes_back_equal_to_the_last_digit(tmp_path_factory, t, treatment):
    path = tmp_path_factory.mktemp("disk") / "table.csv"
    written = t if treatment == "competitive" else t.local(treatment)
    to_csv(written, path)
    assert read_csv(path) == written


@pytest.mark.parametrize(("region", "year"), [("Shanghai", 2017), ("Anhui", 2002), ("China", 2012)])
def test_a_published_table_comes_back_equal(tmp_path, region, year):
    t = load(region, year)
    to_csv(t, tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv")
    assert back == t
    assert back.names.loc["C19", "name_zh"] == t.names.loc["C19", "name_zh"]


def test_a_changed_digit_on_disk_is_an_error(tmp_path):
    path = tmp_path / "t.csv"
    to_csv(table([[150.0, 500.0], [200.0, 100.0]], [1000.0, 2000.0]), path)
    content = path.read_text()
    path.write_text(content.replace("500.0", "501.0"))
    with pytest.raises(DataError, match=r"t\.csv"):
        read_csv(path)


def test_every_stored_table_keeps_its_accounts():
    listed = available()
    assert len(listed) == 21
    for region, year in listed.itertuples(index=False):
        t = load(region, year)
        assert (t.region, t.year, t.n, t.unit) == (region, year, 38, "100 million CNY")
        assert t.sectors.equals(sectors().index)
        assert t.imports == "competitive"
        assert t.gross_trade == (year > 2002 or region == "China")


def test_value_added_of_shanghai_2017_as_first_published():
    # The bureau's first figure for gross domestic product, 100 million CNY.
    assert load("Shanghai", 2017).total_value_added.sum() == pytest.approx(30632.99, abs=0.005)


def test_net_trade_of_2002_is_refused_for_gross_assumptions():
    with pytest.raises(TableError, match="table Zhejiang 2002 publishes net outflow only"):
        load("Zhejiang", 2002).local("supply pool")


def test_unknown_tables_are_an_error():
    with pytest.raises(DataError, match="1997"):
        load("Shanghai", 1997)


def test_what_is_not_a_table_on_disk_is_refused(tmp_path):
    write_pair(tmp_path / "x.csv", pd.DataFrame({"a": [1.0]}), {"year": 2017})
    with pytest.raises(TableError, match="does not hold an input-output table"):
        read_csv(tmp_path / "x.csv")


@pytest.mark.parametrize("names", [["Steel"], ["Steel", "钢", "x"], "Steel", ["Steel", None]])
def test_a_sector_has_two_names(tmp_path, names):
    t = table([[150.0, 500.0], [200.0, 100.0]], [1000.0, 2000.0])
    to_csv(t, tmp_path / "t.csv")
    beside = tmp_path / "t.yaml"
    said = yaml.safe_load(beside.read_text(encoding="utf-8"))
    said["sectors"]["S1"] = names
    beside.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    with pytest.raises(TableError, match=r"names of sector S1 are .*: one in English, one in Chinese is meant"):
        read_csv(tmp_path / "t.csv")


@pytest.mark.parametrize(("year", "size"), [(2017, 149), (2020, 153)])
def test_detailed_table_adds_up_to_the_common_one(year, size):
    detailed, common = load_detailed(year), load("China", year)
    assert detailed.n == size
    to_42 = read("io/concordance_national").query("year == @year").set_index("code")["code_42"]
    to_38 = read("io/concordance_42_38").query("year == 2017").set_index("code_42")["code"]
    merged = detailed.aggregate(to_42.map(to_38))
    for block in ("Z", "final_uses", "value_added", "output"):
        found, wanted = getattr(merged, block), getattr(common, block)
        found = found.T.reindex(wanted.T.index).T if found.ndim == 2 else found
        np.testing.assert_allclose(found.loc[wanted.index], wanted, atol=1e-3)
    assert detailed.names.loc["050", "name_zh"] == "医药制品"


def test_unknown_detailed_table_is_refused_with_the_years_there_are():
    with pytest.raises(DataError, match=r"\[2017, 2020\]"):
        load_detailed(2012)
