"""What is written in a layout of others comes back the same, or is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import DataError
from analysis.tables import TableError, load, load_detailed, read_table, to_eurostat, to_published
from analysis.tables.domestic import load_domestic
from tests.examples import table
from tests.tables.layouts import eurostat, sdmx, write_csv

BLOCKS = ("Z", "final_uses", "trade", "value_added", "output", "error", "imported", "imported_final")


def difference(one, other):
    largest = 0.0
    for name in BLOCKS:
        a, b = getattr(one, name), getattr(other, name)
        if a is None:
            assert b is None, name
            continue
        if a.ndim == 2:
            assert list(a.columns) == list(b.columns), name
        assert list(a.index) == list(b.index), name
        largest = max(largest, float(np.abs(a.to_numpy() - b.to_numpy()).max()))
    return largest


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: load("Shanghai", 2002),
        lambda: load("Jiangsu", 2007),
        lambda: load("Shanghai", 2017),
        lambda: load("China", 2012),
        lambda: load("Shanghai", 2017).local("supply pool"),
        lambda: load_detailed(2017),
    ],
    ids=["net", "together", "apart", "nation", "local", "149"],
)
def test_the_published_layout_holds_our_tables(tmp_path, make, suffix):
    ours = make()
    to_published(ours, tmp_path / f"t.{suffix}")
    back = read_table(tmp_path / f"t.{suffix}")
    assert difference(ours, back) <= 1e-15 * ours.output.max() * 10
    assert (back.region, back.year, back.unit, back.imports) == (ours.region, ours.year, ours.unit, ours.imports)
    assert back.names.equals(ours.names) or ours.n == 149  # a compiler's double names merge into one language


def test_headings_are_those_of_the_published_layout(tmp_path):
    to_published(load("Shanghai", 2017), tmp_path / "t.csv")
    title, unit, heads = [line.split(",") for line in (tmp_path / "t.csv").read_text("utf-8-sig").splitlines()[:3]]
    assert title[0] == "2017年上海投入产出表 Input-Output Table of Shanghai 2017"
    assert ",".join(unit).strip(',"') == "Unit: 10,000 yuan"
    assert heads[:4] == ["Code", "Description", "DescriptionInChinese", "C01"]
    assert heads[41:] == ["TIU", "FU101", "FU102", "FU103", "FU201", "FU202", "EX", "OF", "TFU", "IM", "IF", "GO"]


def test_other_money_stays_in_its_unit(tmp_path):
    final = {"FU101": [40, 50], "FU102": [2, 4], "FU103": [1, 1], "FU201": [1, 6], "FU202": [2, 5]}
    traded = {"exports": [5, 6], "inflows": [1, 2]}
    ours = table([[20, 30], [10, 40]], [100, 120], final=final, unit="million EUR", **traded)
    to_published(ours, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv")
    assert back.unit == "million EUR"
    assert difference(ours, back) < 1e-12


def test_what_has_no_place_is_refused(tmp_path):
    cells, _ = eurostat()
    foreign = read_table(write_csv(tmp_path / "e.csv", sdmx(cells)), unit="million CZK")
    with pytest.raises(TableError, match=r"P3_S13.* have no place in the published layout"):
        to_published(foreign, tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"\.csv or \.xlsx"):
        to_published(load("Shanghai", 2017), tmp_path / "t.ods")
    with pytest.raises(TableError, match=r"published error, 865\.083 100 million CNY in C06"):
        to_eurostat(load("China", 2012), tmp_path / "t.csv")
    with pytest.raises(TableError, match=r"are written as \.csv"):
        to_eurostat(load("Shanghai", 2017), tmp_path / "t.xlsx")


@pytest.mark.parametrize(
    "make", [lambda: load("Shanghai", 2017), lambda: load_domestic(2020)], ids=["total", "domestic"]
)
def test_eurostat_codes_hold_what_a_nation_has(tmp_path, make):
    ours = make()
    to_eurostat(ours, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv", unit="million CNY")
    scale = 100
    np.testing.assert_allclose(back.Z, ours.Z * scale)
    np.testing.assert_allclose(back.exports, ours.exports * scale)
    np.testing.assert_allclose(back.total_value_added, ours.total_value_added * scale, rtol=1e-9)
    np.testing.assert_allclose(back.final_demand, ours.final_demand * scale, rtol=1e-9, atol=1e-6)
    if ours.imports == "local":
        np.testing.assert_allclose(back.imported, ours.imported * scale)
    else:
        np.testing.assert_allclose(back.inflows, ours.inflows * scale)
        households = ours.final_uses[["FU101", "FU102"]].sum(axis=1)
        np.testing.assert_allclose(back.final_uses["P3_S14"], households * scale)


@pytest.mark.parametrize(
    ("final", "codes"),
    [
        (("FU101", "FU102", "FU103", "FU201", "FU202"), ["P3_S14", "P3_S13", "P51G", "P52"]),
        (("THC", "FU103", "GCF"), ["P3_S14", "P3_S13", "P5G"]),
        (("TC", "GCF"), ["P3", "P5G"]),
    ],
)
@pytest.mark.parametrize(
    ("added", "rows"),
    [(("VA001", "VA002", "VA003", "VA004"), ["D1", "D29X39", "P51C", "B2A3N"]), (("TVA",), ["B1G"])],
)
def test_every_use_and_input_has_its_code(tmp_path, final, codes, added, rows):
    uses = {use: [k + 1.0, 20 - k] for k, use in enumerate(final)}
    exports = [100 - 50 - sum(v[0] for v in uses.values()), 120 - 50 - sum(v[1] for v in uses.values())]
    inputs = {row: [70 / len(added), 50 / len(added)] for row in added}
    ours = table([[20, 30], [10, 40]], [100, 120], final=uses, exports=exports, value_added=inputs)
    to_eurostat(ours, tmp_path / "t.csv")
    cells = pd.read_csv(tmp_path / "t.csv").query("stk_flow == 'TOTAL'")
    assert list(cells["prd_use"].unique()) == ["S1", "S2", *codes, "P6"]
    assert list(cells["prd_ava"].unique()) == ["S1", "S2", *rows, "P1", "P7"]
