import csv
import io
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from analysis.show import page


@pytest.fixture
def data():
    return pd.DataFrame(
        {
            "sector": ["Chemicals", "R&D <new>", "Finance"],
            "year": [2012, 2017, 2017],
            "output, 100m CNY": [12345.678, -0.004, np.nan],
            "share": [0.125, -1.5, 3.0],
        }
    )


def parse(text):
    return BeautifulSoup(text, "html5lib")


def rows_of(text):
    """Return the rows of the CSV that a table links to."""
    uri = parse(text).find("a", download=True)["href"]
    content = unquote(uri.removeprefix("data:text/csv;charset=utf-8,"))
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))


def test_table_has_caption_and_scoped_headers(data):
    table = parse(page.table_html(data, "Output & share", "output")).table
    assert table.caption.get_text() == "Output & share"
    assert [th["scope"] for th in table.thead.find_all("th")] == ["col"] * 4
    assert [th.get_text() for th in table.tbody.find_all("th", scope="row")] == list(data["sector"])


def test_table_shows_numbers_as_a_reader_expects(data):
    table = parse(page.table_html(data, "Output", "output", decimals={"share": 1})).table
    rows = [[td.get_text() for td in tr.find_all("td")] for tr in table.tbody.find_all("tr")]
    assert rows == [["2012", "12,345.68", "0.1"], ["2017", "0.00", "−1.5"], ["2017", "n/a", "3.0"]]


def test_table_escapes_what_looks_like_markup(data):
    text = page.table_html(data, "a <b> c", "output", note="x < y & z")
    assert "<new>" not in text
    assert parse(text).find(class_="table-note").get_text() == "x < y & z"


def test_a_named_index_becomes_the_row_headers(data):
    assert page.table_html(data.set_index("sector"), "Output", "output") == page.table_html(data, "Output", "output")


def test_csv_holds_what_the_table_shows(data):
    assert rows_of(page.table_html(data, "Output", "output")) == [
        ["sector", "year", "output, 100m CNY", "share"],
        ["Chemicals", "2012", "12345.68", "0.12"],
        ["R&D <new>", "2017", "0.00", "-1.50"],
        ["Finance", "2017", "", "3.00"],
    ]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1, max_size=5))
def test_csv_carries_any_text_and_runs_none(texts):
    rows = rows_of(page.table_html(pd.DataFrame({"text": texts, "n": 1}), "Texts", "texts"))
    read = [row[0] for row in rows[1:]]
    for cell, text in zip(read, texts, strict=True):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell in (text, "'" + text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.head(0), "is empty"),
        (lambda d: d.set_axis(["a", "b", "a", "c"], axis=1), "repeats the columns"),
        (lambda d: d.set_axis(pd.MultiIndex.from_product([["a"], list("bcde")]), axis=1), "one row of headers"),
    ],
)
def test_table_refuses_what_it_cannot_show(data, change, message):
    with pytest.raises(ValueError, match=message):
        page.table_html(change(data), "Output", "output")


def test_table_refuses_a_misspelt_column_or_name(data):
    with pytest.raises(ValueError, match="decimals are given for"):
        page.table_html(data, "Output", "output", decimals={"shares": 1})
    with pytest.raises(ValueError, match="is no name"):
        page.table_html(data, "Output", "My Output")


def test_svg_is_the_same_each_time_and_holds_no_date():
    def draw():
        fig = Figure(figsize=(3, 2))
        fig.add_subplot().plot([0, 1], [0, 1], clip_on=True)
        return page.svg(fig)

    first = draw()
    assert first == draw()
    assert "dc:date" not in first
    assert "Matplotlib" not in first


@pytest.fixture
def shown(monkeypatch):
    """What is displayed and glued, in order."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: seen.append(bundle))
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: seen.append((name, value, display)))
    return seen


def test_chart_displays_the_picture_and_then_its_data(data, shown):
    fig = Figure(figsize=(3, 2))
    page.chart(fig, data, "output", note="Source: the tables.")
    picture, table = shown
    assert picture["image/svg+xml"] == page.svg(fig)
    details = parse(table["text/html"]).details
    assert details.summary.get_text() == "The data of this chart"
    assert "open" not in details.attrs
    assert details.find("a", download="output.csv")


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (1.25, ".1f", "1.2"),
        (np.float64(-3.14159), ".2f", "−3.14"),
        (0.053, ".1%", "5.3%"),
        (38, "", "38"),
        (np.int64(-4), "+d", "−4"),
        ("north-east", "", "north-east"),
    ],
)
def test_glue_text_formats(shown, value, spec, text):
    page.glue_text("some-number", value, spec)
    assert shown == [("some-number", text, False)]


@pytest.mark.parametrize(("value", "message"), [(np.nan, "nan"), (np.inf, "inf"), (1.5, "format specification")])
def test_glue_text_refuses_what_would_read_badly(shown, value, message):
    with pytest.raises(ValueError, match=message):
        page.glue_text("some-number", value, ".1f" if not np.isfinite(value) else "")
    assert shown == []


def test_estimates_are_laid_out_with_their_ranges():
    rows = pd.DataFrame(
        {
            "of": ["b", "b", "a"],
            "in": ["y", "x", "y"],
            "value": [0.1834, -1.5, 2.0],
            "lower": [0.086, -2.0, 1.0],
            "upper": [0.317, 0.001, 3.0],
        }
    )
    shown = page.with_ranges(rows, "of", "in")
    assert list(shown.index) == ["b", "a"] and list(shown.columns) == ["y", "x"]
    assert shown.loc["b"].tolist() == ["0.18 (0.09 to 0.32)", "\N{MINUS SIGN}1.50 (\N{MINUS SIGN}2.00 to 0.00)"]
    assert shown.loc["a"].tolist() == ["2.00 (1.00 to 3.00)", ""]
    assert page.with_ranges(rows, "of", "in", 0).loc["a", "y"] == "2 (1 to 3)"
    with pytest.raises(ValueError, match=r"two estimates are called \['b', 'y'\]"):
        page.with_ranges(rows.iloc[[0, 0]], "of", "in")
