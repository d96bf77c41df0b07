"""What is exported is safe to open in a spreadsheet and in a browser, whatever the labels are."""

import csv
import html
import io
from urllib.parse import unquote

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from analysis.cli.output import emit
from analysis.data import DataError
from analysis.data.labels import FORMULA, fault, tame
from analysis.data.sheets import read_sheets, write_sheet
from analysis.ledger.folder import read_folder, write_template
from analysis.show.page import table_html
from analysis.tables import read_table, to_csv, to_eurostat, to_published
from tests.examples import table
from tests.hostile.corpus import NAME, rows
from tests.tables.layouts import write_csv

EVIL = [
    "=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("https://example.org")', "<script>alert(1)</script>",
    '" onmouseover="alert(1)', "</table>", "a,b", 'a"b', "a\nb", "&lt;", "＝1", "'x",
]  # fmt: skip
labels = st.one_of(
    st.sampled_from(EVIL), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
)


def runs(text):
    return text.startswith(FORMULA)


@given(st.lists(labels, min_size=2, max_size=4, unique=True), st.floats(-1e6, 1e6))
def test_a_table_on_a_page_holds_its_labels_as_text_and_its_file_runs_nothing(names, value):
    data = pd.DataFrame({names[0]: names[1:], "number": [value] * (len(names) - 1)})
    page = BeautifulSoup(table_html(data, f"Caption {names[0]}", "a-table", note=names[1]), "html.parser")
    allowed = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "a", "span"}
    assert {tag.name for tag in page.find_all()} <= allowed
    assert not any(name.startswith("on") for tag in page.find_all() for name in tag.attrs)
    uri = page.find("a")["href"]
    head, _, body = uri.partition(",")
    assert head == "data:text/csv;charset=utf-8" and "<" not in body and '"' not in body
    cells = list(csv.reader(io.StringIO(unquote(body).removeprefix("\ufeff"), newline="")))
    assert not any(runs(row[0]) for row in cells)
    # an apostrophe that a spreadsheet does not show is all that is added
    told = [row[0].removeprefix("'") if runs(row[0].removeprefix("'")) else row[0] for row in cells[1:]]
    assert told == names[1:]
    assert float(cells[1][1]) == pytest.approx(value, abs=0.006)


@given(labels)
def test_results_get_an_apostrophe_and_numbers_stay_numbers(tmp_path_factory, label):
    path = tmp_path_factory.mktemp("results") / "a.csv"
    frame = pd.DataFrame({"name_en": [label], "change": [-1.5]}, index=pd.Index(["-C01"], name="sector"))
    emit(frame, "title", output=str(path))
    _, row = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))
    plain = label.replace("\r", " ")
    assert row == ["'-C01", f"'{plain}" if runs(label) else plain, "-1.5"]
    assert tame(label).removeprefix("'" * runs(label)) == plain


@pytest.mark.parametrize("label", [label for label in EVIL if fault(label)])
def test_no_table_with_such_a_label_is_written(label, tmp_path):
    evil = table([[1.0, 2.0], [3.0, 1.0]], [10.0, 10.0], sectors=["01", label])
    for write, name in ((to_csv, "a.csv"), (to_published, "a.csv"), (to_published, "a.xlsx"), (to_eurostat, "a.csv")):
        with pytest.raises((DataError, ValueError), match=r"not written|no place|no code"):
            write(evil, tmp_path / name)
    with pytest.raises(DataError, match="begins like a formula"):
        write_sheet(tmp_path / "a.xlsx", [[label, 1.0]])
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_holds_texts_and_numbers_and_no_formula(tmp_path):
    write_sheet(tmp_path / "a.xlsx", [["<script>", "a,b", -1.5]])
    kinds = [cell.data_type for cell in next(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows())]
    assert kinds == ["s", "s", "n"]
    assert read_sheets(tmp_path / "a.xlsx")["Sheet"] == [["<script>", "a,b", -1.5]]


def test_markup_in_a_name_is_read_as_a_name(tmp_path):
    made = rows()
    made[2][1] = "<script>alert(1)</script>"
    read = read_table(write_csv(tmp_path / NAME, made), unit="10,000 CNY")
    assert read.names.at["02", "name_en"] == "<script>alert(1)</script>"
    shown = table_html(read.names.reset_index(), "Names", "names")
    assert "<script>" not in shown and html.escape("<script>alert(1)</script>") in shown


def test_the_page_of_an_audit_lets_no_markup_through(tmp_path):
    write_template(tmp_path / "report")
    rules = tmp_path / "report/rules.yaml"
    text = rules.read_text(encoding="utf-8").replace("title: Does", "title: <img src=x onerror=alert(1)> Does")
    rules.write_text(text, encoding="utf-8")
    figures = tmp_path / "report/figures.csv"
    text = figures.read_text(encoding="utf-8").replace("All employees", '"<script>|\n| x"')
    figures.write_text(text, encoding="utf-8")
    report = read_folder(tmp_path / "report")
    report.write_page(report.audit(), tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "<" not in page and "&lt;img src=x" in page and "&lt;script&gt;\\| \\| x" in page
