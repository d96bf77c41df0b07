"""A ledger from a folder: the template, the worked example, and every way to get it wrong."""

import math
from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis.data import DataError
from analysis.ledger import ExpressionError, Interval, LedgerError, RuleError
from analysis.ledger.folder import _legible, read_folder, summary, write_template

EXAMPLE = Path(__file__).parents[2] / "examples" / "communique_2023"


@pytest.fixture
def report(tmp_path):
    write_template(tmp_path)
    return tmp_path


def rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def outcomes(folder):
    read = read_folder(folder)
    return summary(read.audit())["outcome"].to_dict()


def test_the_template_is_a_ledger_that_works(report):
    assert outcomes(report) == {"R01": "consistent"}
    with pytest.raises(LedgerError, match=r"has report.yaml, figures.csv, rules.yaml already"):
        write_template(report)


def test_the_worked_example_by_hand():
    printed = pd.read_csv(EXAMPLE / "figures.csv", index_col="id")["printed"].str.extract(r"([\d.]+)")[0].astype(float)
    found = outcomes(EXAMPLE)
    regions = printed[["gdp-east", "gdp-centre", "gdp-west", "gdp-northeast"]].sum()
    assert printed["gdp"] - regions == 9651 and found["R04"] == "inconsistent"
    assert (
        printed[["va-primary", "va-secondary", "va-tertiary"]].sum() == printed["gdp"] and found["R01"] == "consistent"
    )
    assert round(printed["va-tertiary"] / printed["gdp"] * 100, 1) == printed["share-tertiary"]
    assert printed["deaths"] - printed["births"] == printed["people-lost"] and found["R05"] == "consistent"
    assert round(printed["urban"] / printed["people"] * 100, 2) == printed["urban-share"]
    assert round(printed["gdp"] * 1e4 / ((141175 + printed["people"]) / 2)) == printed["gdp-person"]
    assert {"R02", "R03", "R06", "R07", "R08"} <= {rule for rule, outcome in found.items() if outcome == "consistent"}
    assert found["R09"] == "derived" and found["R10"] == "cannot be tested"
    read = read_folder(EXAMPLE)
    prices = next(r for r in read.audit() if r.id == "R09").values["prices"]
    by_hand = (1260582 / 1210207 / 1.052 - 1) * 100
    assert prices.lower < by_hand < prices.upper and by_hand < 0


def test_the_page_leads_with_what_does_not_fit(tmp_path):
    read = read_folder(EXAMPLE)
    read.write_page(read.audit(), tmp_path / "audit.md")
    page = (tmp_path / "audit.md").read_text(encoding="utf-8")
    assert page.index("## Inconsistent") < page.index("## Cannot be tested") < page.index("## Consistent")
    assert "9,648 to 9,654" in page and "| gdp |" in page
    assert page.count("\n### ") == len(read.rules)
    with pytest.raises(LedgerError, match=r"written as \.md"):
        read.write_page((), tmp_path / "audit.html")


def test_yaml_figures_and_csv_rules_give_the_same(report):
    before = read_folder(report)
    rows = pd.read_csv(report / "figures.csv", dtype=str, keep_default_na=False).to_dict("records")
    (report / "figures.yaml").write_text(yaml.safe_dump(rows), encoding="utf-8")
    with pytest.raises(LedgerError, match=r"both figures.csv or figures.yaml; keep one"):
        read_folder(report)
    (report / "figures.csv").unlink()
    (report / "rules.yaml").unlink()
    pd.DataFrame(
        [{"id": "R01", "title": "t", "kind": "arithmetic", "test": "share == stated", "explanation": "{share}",
          "inputs": "all = s1-c01; services = s1-c02; stated = s1-c03", "quantities": "share = services / all * 100"}]
    ).to_csv(report / "rules.csv", index=False)  # fmt: skip
    after = read_folder(report)
    assert after.ledger == before.ledger
    (one,), (two,) = before.audit(), after.audit()
    assert (one.outcome, one.computed, one.stated) == (two.outcome, two.computed, two.stated)


def test_rules_reach_tables_of_the_folder_and_of_the_project(report):
    (report / "data").mkdir()
    (report / "data" / "staff.csv").write_text("what,value\nall,395\nservices,258\n", encoding="utf-8")
    rewrite(report / "rules.yaml", "{all: s1-c01,", "{all: {record: staff, where: {what: all}},")
    (result,) = read_folder(report).audit()
    assert result.computed.lower == pytest.approx(262 / 395 * 100) and result.outcome == "inconsistent"
    rewrite(report / "rules.yaml", "{record: staff, where: {what: all}}",
            "{record: io/sectors, column: code, take: count}")  # fmt: skip
    (result,) = read_folder(report).audit()
    assert result.computed.lower == pytest.approx(262 / 38 * 100)
    rewrite(report / "rules.yaml", "record: io/sectors", "record: nowhere/to_be_found")
    with pytest.raises((DataError, RuleError), match="nowhere/to_be_found"):
        read_folder(report).audit()


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "match"),
    [
        (
            "figures.csv",
            "about 400,about",
            "about 400,roughly",
            LedgerError,
            r"figures.csv, line 2 \(s1-c01\): Unknown qual",
        ),
        ("figures.csv", "262,exact", "many,exact", LedgerError, r"line 3 \(s1-c02\): 'many' holds 0 numbers"),
        ("figures.csv", "s1-c02,1", "s1-c01,1", LedgerError, "Figure s1-c01 comes twice"),
        ("figures.csv", "262,exact,people", "262,exact,souls", LedgerError, "unknown unit 'souls'"),
        ("figures.csv", "262,exact", ",exact", LedgerError, "line 3: printed is empty"),
        ("figures.csv", "subject_en", "subject", LedgerError, "line 2: unknown entries subject"),
        ("figures.csv", "2023,262", "soon,262", LedgerError, r"line 3 \(s1-c02\)"),
        ("rules.yaml", "kind: arithmetic", "kind: guess", RuleError, "rules.yaml: Rule R01: unknown kind"),
        ("rules.yaml", "services / all", "services // all", ExpressionError, "rules.yaml"),
        ("rules.yaml", "rules:\n", "rules: none\nx:\n", RuleError, "a list of rules is needed"),
        ("rules.yaml", "- id: R01", "- id: [", LedgerError, "not readable as YAML"),
        ("report.yaml", "title:", "name:", LedgerError, "a mapping with a title is needed"),
        ("report.yaml", "source:", "sauce:", LedgerError, "unknown entries sauce"),
    ],
)
def test_faults_are_named_with_their_place(report, file, old, new, error, match):
    rewrite(report / file, old, new)
    with pytest.raises(error, match=match):
        read_folder(report)


def test_a_rule_about_a_figure_that_is_not_there(report):
    rewrite(report / "rules.yaml", "services: s1-c02", "services: s1-c09")
    with pytest.raises(RuleError, match="Rule R01: No figure 's1-c09'"):
        read_folder(report).audit()


def test_csv_rules_name_their_lines(report):
    (report / "rules.yaml").unlink()
    (report / "rules.csv").write_text("id,title,kind,inputs,test\nR01,t,arithmetic,s1-c01,a == 1\n", encoding="utf-8")
    with pytest.raises(RuleError, match="line 2: 's1-c01' is not of the form name = value"):
        read_folder(report)
    (report / "rules.csv").write_text("id,name\nR01,t\n", encoding="utf-8")
    with pytest.raises(RuleError, match="line 2: unknown columns name"):
        read_folder(report)


def test_a_folder_without_a_ledger(tmp_path):
    with pytest.raises(LedgerError, match="no such folder; `audit --new"):
        read_folder(tmp_path / "gone")
    with pytest.raises(LedgerError, match=r"no report\.yaml"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("ends", "legible"),
    [
        ((62.38095238095, 68.94736842105), "[62.4, 68.9]"),
        ((7.12008139094, 7.12016636766, False, False), "(7.120081, 7.120166)"),
        ((1260581.5, 1260582.5, True, False), "[1260581.5, 1260582.5)"),
        ((600, math.inf, False, False), "(600, ∞)"),
        ((100, 100), "100"),
    ],
)
def test_intervals_are_shown_with_the_digits_that_tell_their_ends_apart(ends, legible):
    assert _legible(Interval(*ends)) == legible
