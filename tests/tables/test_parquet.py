"""Tables as one Parquet file: equal to the last digit, readable by any tool, and every fault named."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import linkages
from analysis.data import DataError, read_blocks, write_blocks
from analysis.tables import (
    ASSUMPTIONS,
    InterregionalTable,
    LayoutError,
    TableError,
    inspect,
    load,
    load_eight_regions,
    read_draft,
    read_parquet,
    read_table,
    to_csv,
    to_parquet,
)
from tests.examples import tables


@settings(max_examples=25)
@given(tables(), st.sampled_from(["competitive", *sorted(ASSUMPTIONS)]))
def test_a_table_comes_back_equal_to_the_last_digit(tmp_path_factory, t, treatment):
    path = tmp_path_factory.mktemp("disk") / "table.parquet"
    written = t if treatment == "competitive" else t.local(treatment)
    to_parquet(written, path)
    assert read_parquet(path) == written


def test_it_holds_what_the_csv_holds(tmp_path):
    table = load("Shanghai", 2017)
    to_parquet(table, tmp_path / "t.parquet")
    to_csv(table, tmp_path / "t.csv")
    one, two = read_table(tmp_path / "t.parquet"), read_table(tmp_path / "t.csv")
    assert one == two == table
    assert one.names.loc["C19", "name_zh"] == table.names.loc["C19", "name_zh"]


def test_other_tools_find_suppliers_in_rows_and_users_in_columns(tmp_path):
    table = load("Shanghai", 2017)
    to_parquet(table, tmp_path / "t.parquet")
    seen = pd.read_parquet(tmp_path / "t.parquet")
    flows = seen[seen["part"] == "Z"].set_index("row")
    assert flows.loc["C14", "Z: C16"] == table.Z.loc["C14", "C16"]
    assert flows.loc["C14", "final_uses: FU201"] == table.final_uses.loc["C14", "FU201"]
    added = seen[seen["part"] == "value_added"].set_index("row")
    assert added.loc["VA001", "Z: C16"] == table.value_added.loc["VA001", "C16"]
    assert added["final_uses: FU201"].isna().all()


@pytest.mark.parametrize("year", [2002, 2007])
def test_an_interregional_table_comes_back_equal(tmp_path, year):
    system = load_eight_regions(year)
    system.to_parquet(tmp_path / "t.parquet")
    system.to_csv(tmp_path / "t.csv")
    assert InterregionalTable.read_parquet(tmp_path / "t.parquet") == system
    # both forms are read as one local table of pairs, or as a region's own
    for name in ("t.parquet", "t.csv"):
        assert read_table(tmp_path / name) == system.accounts
        assert read_table(tmp_path / name, region="East Coast") == system.region("East Coast")
    with pytest.raises(LayoutError, match=f"states the year {year}, and 1999 was given"):
        read_table(tmp_path / "t.parquet", year=1999)
    with pytest.raises(LayoutError, match="states its own tolerance"):
        read_table(tmp_path / "t.parquet", tolerance=1.0)
    with pytest.raises(TableError, match="holds an interregional table"):
        read_parquet(tmp_path / "t.parquet")
    assert {f.severity for f in inspect(read_draft(tmp_path / "t.parquet"))} <= {"note"}


def test_an_estimate_says_so(tmp_path):
    from dataclasses import replace

    system = replace(load_eight_regions(2007), estimated=True)
    with pytest.raises(TableError, match=r"call it interregional_2007_estimated\.parquet"):
        system.to_parquet(tmp_path / "table.parquet")
    path = tmp_path / "interregional_2007_estimated.parquet"
    system.to_parquet(path)
    assert InterregionalTable.read_parquet(path) == system
    blocks, description = read_blocks(path)
    write_blocks(path, blocks, description | {"estimated": False})
    with pytest.raises(TableError, match="say whether it is estimated"):
        InterregionalTable.read_parquet(path)


def test_large_systems_give_the_same_from_disk(tmp_path):
    """Three hundred pairs: what the benchmark does with five thousand."""
    system = generated(15, 20)
    system.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert table == system.accounts and table.n == 300
    A = system.Z.to_numpy() / system.output.to_numpy()
    L = np.linalg.inv(np.eye(300) - A)
    np.testing.assert_allclose(linkages.total_linkages(table)["backward"], L.sum(axis=0), rtol=1e-12)
    x = system.output.to_numpy()
    np.testing.assert_allclose(
        linkages.hypothetical_extraction(table)["total"], L.sum(axis=0) * x / np.diag(L), rtol=1e-12
    )
    assert table.Z.to_numpy().flags.f_contiguous


def generated(regions, sectors, seed=1):
    from benchmarks.large import system

    return system(regions, sectors, seed)


def test_faults_are_named(tmp_path):
    table = load("Shanghai", 2017)
    path = tmp_path / "t.parquet"
    with pytest.raises(DataError, match="no such file"):
        read_table(path)
    with pytest.raises(DataError, match=r"give the path of a \.parquet file"):
        to_parquet(table, tmp_path / "t.feather")
    to_parquet(table, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-200])
    with pytest.raises(DataError, match="a damaged Parquet file"):
        read_table(path)
    # a page has a checksum of its own
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(DataError, match="a damaged Parquet file"):
        read_table(path)
    pd.DataFrame({"a": [1.0]}).to_parquet(path)
    with pytest.raises(DataError, match="not a table written here"):
        read_table(path)
    to_parquet(table, path)
    blocks, description = read_blocks(path)
    del description["year"]
    write_blocks(path, blocks, description)
    with pytest.raises(LayoutError, match="lacks year"):
        read_table(path)
    write_blocks(path, {name: block for name, block in blocks.items() if name != "error"}, description)
    with pytest.raises(TableError, match="does not hold an input-output table"):
        read_table(path)
    blocks["Z"].iloc[2, 3] += 1
    to = {"year": 2017, **description}
    write_blocks(path, blocks, to)
    with pytest.raises(LayoutError, match=r"output of C04 .* less than its inputs"):
        read_table(path)


def test_the_labels_stand_in_the_file_once(tmp_path):
    to_parquet(load("Shanghai", 2017), tmp_path / "t.parquet")
    inside = json.loads(pq.read_schema(tmp_path / "t.parquet").metadata[b"shanghai-chains"])
    assert set(inside["blocks"]) == {"Z", "final_uses", "trade", "value_added", "output", "error"}
    assert len(inside["rows"]) == 2 and inside["rows"][0][18] == "C19"
