import dataclasses
import math
import re
from functools import cache

import pandas as pd
import pytest

from analysis.data import document, read
from analysis.ledger import (
    OUTCOMES,
    Ledger,
    LedgerError,
    RuleError,
    audit,
    findings,
    load,
    load_rules,
    parse_rules,
    standing,
    table,
    uses,
)

# The explanations in the rules were written for these outcomes: if one changes, read its explanation again.
INCONSISTENT = {"K03", "K04", "K07", "K08", "K17", "K18", "K25", "K26", "K27", "K28", "K29", "K57", "F02"}
DERIVED = {"K05", "K10"}
WAITING = {
    *("K11", "K16", "K21", "K23", "K24", "K36", "K37", "K40", "K41", "K42", "K43", "K45", "K46", "K47", "K48", "K49"),
    *("K50", "K52", "K53", "K55", "K56", "F11"),
}


@pytest.fixture(scope="module")
def ledger():
    return load()


@pytest.fixture(scope="module")
def rules():
    return {rule.id: rule for rule in load_rules()}


@pytest.fixture(scope="module")
def results(ledger, rules):
    return {result.id: result for result in audit(ledger, rules.values())}


def test_seventy_rules_and_what_they_come_to(results):
    assert len(results) == 70
    assert [k for k in results if k[0] == "K"] == [f"K{n:02}" for n in range(1, 58)]
    assert [k for k in results if k[0] == "F"] == [f"F{n:02}" for n in range(1, 14)]
    by_outcome = {o: {k for k, r in results.items() if r.outcome == o} for o in OUTCOMES}
    assert by_outcome["inconsistent"] == INCONSISTENT
    assert by_outcome["derived"] == DERIVED
    assert by_outcome["cannot be tested"] == WAITING


def test_every_result_tells_what_decides(results):
    for result in results.values():
        assert result.explanation and "{" not in result.explanation
        assert bool(result.without) == (result.outcome == "cannot be tested")
        if result.outcome != "cannot be tested":
            assert result.computed is not None and result.stated is not None
        else:
            assert result.computed is None or result.stated is None


# numbers worked out another way, without intervals
def test_growth_of_value_added(results):
    assert results["K01"].computed.midpoint == pytest.approx(
        100 * (math.exp(math.log(9670.68 / 7109.94) / 4) - 1), abs=1e-4
    )
    assert results["K57"].values["one_vintage"].midpoint == pytest.approx(5.26, abs=0.005)


def test_lead_of_the_delta(results):
    lead = results["K25"].computed
    # 10.41 % a year, and shares of 25.8 and 26.8 %
    middle = 10.41 - 100 * (1.1041 * (25.8 / 26.8) ** 0.25 - 1)
    assert middle in lead and lead.width < 0.25
    extremes = [
        100 * (1 + g / 100) * (1 - (s13 / s17) ** 0.25)
        for g in (10.405, 10.415)
        for s13 in (25.75, 25.85)
        for s17 in (26.75, 26.85)
    ]
    assert (lead.lower, lead.upper) == (pytest.approx(min(extremes)), pytest.approx(max(extremes)))


def test_churn(results):
    assert (results["K17"].computed.lower, results["K17"].computed.upper) == (90, 310)
    low = 100 * (((7109.945 + 4 * 90) / 7109.945) ** 0.25 - 1)
    high = 100 * (((7109.935 + 4 * 310) / 7109.935) ** 0.25 - 1)
    assert results["K18"].computed.lower == pytest.approx(low, abs=1e-5)
    assert results["K18"].computed.upper == pytest.approx(high, abs=1e-5)


def test_effects_add_up(results):
    values = results["K05"].values
    total = values["scale"] + values["rate"]
    assert total.midpoint == pytest.approx(9670.68 - 7109.94, abs=0.1)


def test_tables_settle_depreciation_and_comparison_regions(results):
    shanghai, guangdong = read("io/shanghai_2017"), read("io/province_sectors")
    industry = [f"C{n:02}" for n in range(2, 25)]
    wear = shanghai[(shanghai["row"] == "VA003") & shanghai["column"].isin(industry)]["value"].sum()
    assert results["K22"].values["industry17"].midpoint == pytest.approx(wear)
    guangdong = guangdong.query("region == 'Guangdong' and year == 2017 and code in @industry")["value_added"].sum()
    assert results["K29"].computed.lower > 1.05 * guangdong


def test_findings_lead_in_order(results):
    assert [r.id for r in findings(results.values())] == ["K25", "K57", "K18", "F02"]
    assert all(r.outcome == "inconsistent" and r.rule.condition for r in findings(results.values()))


@pytest.mark.parametrize(
    ("figure", "printed", "rule", "before", "after"),
    [
        ("s2.1.4-c08", "约1.0个百分点", "K25", "inconsistent", "consistent"),
        ("s2.1.1-c08", "5.3%", "K01", "consistent", "inconsistent"),
        ("s1.2.2-c05", "1640亿元左右", "K17", "inconsistent", "consistent"),
        ("s3.1.4-c03", "六大", "F02", "inconsistent", "inconsistent"),
        ("s2.1.4-c06", "12.2%", "K29", "inconsistent", "inconsistent"),
        ("s2.1.5-c03", "11所", "K39", "consistent", "inconsistent"),
        ("s2.1.1-c11", "26.0%", "K09", "consistent", "inconsistent"),
        ("s3.4.2-c01", "六大", "F08", "consistent", "inconsistent"),
    ],
)
def test_outcomes_follow_the_figures(ledger, rules, results, figure, printed, rule, before, after):
    assert results[rule].outcome == before
    (changed,) = audit(ledger.replace(figure, printed), [rules[rule]])
    assert changed.outcome == after
    assert (changed.outcome, changed.decisive, changed.computed, changed.stated) != (
        before,
        results[rule].decisive,
        results[rule].computed,
        results[rule].stated,
    )


class Moved:
    """A ledger in which one figure stands for higher numbers."""

    def __init__(self, ledger, figure):
        self.ledger, self.moved, self.figure = ledger, figure, ledger.figure

    def interval(self, figure):
        found = self.ledger.interval(figure)
        return found * 1.5 + 1 if figure == self.moved else found


def test_every_figure_of_a_rule_matters_to_it(ledger, rules, results):
    """A figure that changes shows in a quantity, an interval that decides, or the outcome."""
    read_once = cache(read)
    for rule in rules.values():
        for figure in rule.figures:
            (after,) = audit(Moved(ledger, figure), [rule], read_once)
            before, after = (
                (r.outcome, r.computed, r.stated, *(r.values.get(name) for name in rule.quantities))
                for r in (results[rule.id], after)
            )
            assert before != after, (rule.id, figure)


def test_uses_and_standing(ledger, rules, results):
    claims = read("report/claims")
    used = uses(ledger, rules.values(), claims)
    assert {"K01", "K57"} <= set(used.at["s2.1.1-c08", "rules"])
    assert "2.1.1-growth" in used.at["s2.1.1-c08", "claims"]
    fares = standing(ledger, results.values(), claims)
    assert len(fares) == 157
    assert fares.at["s2.1.1-c08", "outcome"] == "inconsistent"
    assert fares.at["s2.2.1-c02", "outcome"] == "in no rule" and fares.at["s2.2.1-c02", "rules"] == ()
    broken = pd.DataFrame({"id": ["x"], "figures": ["s9-c01"]})
    with pytest.raises(LedgerError, match="s9-c01"):
        uses(ledger, rules.values(), broken)
    listed = table(results.values())
    assert len(listed) == 70 and listed.at["K48", "computed"].prose(0) == "1,267 to 1,402"


def test_no_result_is_typed_in_an_explanation():
    """Numbers in templates are names in braces; only years, section numbers and round conventions are written."""
    for entry in document("report/rules")["rules"]:
        text = re.sub(r"\{[^}]*\}", "", entry["explanation"])
        text = re.sub(
            r"\b[KF]\d\d\b|\b\d\.\d\.\d\b|\b4\.6\b|\b3\.3\b|\b20\d\d\b|10 % either side|\(?100 million", "", text
        )
        text = text.replace("7+5+4", "").replace("4+4+6+4", "")
        assert not re.search(r"\d", text), (entry["id"], re.search(r".{0,20}\d.{0,20}", text)[0])


RULE = {
    "id": "T1",
    "title": "Test",
    "kind": "arithmetic",
    "inputs": {"a": "s2.1.1-c04", "b": "s2.1.1-c06"},
    "quantities": {"c": {"formula": "b / a", "label": "Ratio"}},
    "test": "c >= 1",
    "explanation": "{c}",
}


def one(**changes):
    return parse_rules([RULE | changes])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "magic"}, "unknown kind 'magic'"),
        ({"test": "c >= d"}, "uses d, which nothing before it defines"),
        ({"quantities": {"c": {"formula": "e / a", "label": "x"}}}, "uses e"),
        ({"quantities": {"a": {"formula": "b", "label": "x"}}}, "both an input and a quantity"),
        ({"inputs": {"a": {"figure": "s2.1.1-c04", "number": 1}, "b": "s2.1.1-c06"}}, "give one of figure"),
        ({"inputs": {"a": {"record": "io/sectors", "take": "guess"}, "b": "s2.1.1-c06"}}, "take is one of"),
        ({"colour": "red"}, "colour"),
        ({"identity": "yes"}, "identity is true or false"),
        ({"finding": "three"}, "finding a whole number"),
        *(
            (
                {"quantities": {"c": {"formula": "b / a", "label": "Ratio", "decimals": wrong}}},
                "decimals of c are a whole",
            )
            for wrong in (-1, 99, 1.5, True, "one")
        ),
        ({"quantities": {"c": {"formula": "b / a", "label": 3}}}, "label of c is 3, and a text is meant"),
        ({"inputs": {"a": {"number": True}, "b": "s2.1.1-c06"}}, "number of a is True, which is none"),
        ({"inputs": {"a": {"record": "io/sectors", "where": "code"}, "b": "s2.1.1-c06"}}, "where of a maps columns"),
    ],
)
def test_malformed_rules_are_refused(changes, message):
    with pytest.raises(RuleError, match=f"Rule T1.*{message}"):
        one(**changes)


def test_a_rule_comes_once():
    with pytest.raises(RuleError, match="comes twice"):
        parse_rules([RULE, RULE])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": {"a": "s2.1.1-c99", "b": "s2.1.1-c06"}}, "No figure 's2.1.1-c99'"),
        ({"inputs": {"a": "s3.3.6-c02", "b": "s2.1.1-c06"}}, "has no number"),
        ({"inputs": {"a": {"record": "io/nowhere"}, "b": "s2.1.1-c06"}}, "io/nowhere"),
        (
            {"inputs": {"a": {"record": "io/sectors", "where": {"code": "C99"}, "column": "code"}, "b": "s2.1.1-c06"}},
            "no row",
        ),
        (
            {"inputs": {"a": {"record": "statistics/shanghai", "where": {"series": "gdp_nominal"}}, "b": "s2.1.1-c06"}},
            "rows with",
        ),
        ({"test": "c == a", "identity": True}, "declared an identity"),
        ({"explanation": "{d}"}, "the explanation shows 'd'"),
    ],
)
def test_rules_that_cannot_be_computed_are_refused(ledger, changes, message):
    with pytest.raises(RuleError, match=f"Rule T1: .*{message}"):
        audit(ledger, one(**changes))


def test_a_missing_statistic_leaves_open_only_what_nothing_else_decides(ledger):
    inputs = RULE["inputs"] | {"m": {"missing": "the weather"}}
    outcomes = {
        test: audit(ledger, one(inputs=inputs, test=test))[0].outcome
        for test in ("c == m", "c < 1 and c == m", "c >= 1 or c == m", "c >= 1 and c == m", "c < 1 or c == m")
    }
    assert outcomes == {
        "c == m": "cannot be tested",
        "c < 1 and c == m": "inconsistent",
        "c >= 1 or c == m": "consistent",
        "c >= 1 and c == m": "cannot be tested",
        "c < 1 or c == m": "cannot be tested",
    }
    (result,) = audit(ledger, one(inputs=inputs, test="c == m"))
    assert result.without == ("the weather",) and result.stated is None


def test_sides_that_share_a_figure_move_together(ledger):
    # as independent intervals a + 0.001 and a would overlap
    (result,) = audit(ledger, one(test="a + 0.001 == a"))
    assert result.outcome == "inconsistent"


def test_another_paper_needs_no_code():
    """Figures and rules of any paper, from tables and YAML alone."""
    columns = {f.name: [""] for f in dataclasses.fields(load().figures[0]) if f.name != "interval"}
    base = pd.DataFrame(columns | {"year_start": [None], "year_end": [None], "unit": ["%"], "kind": ["share"]})
    rows = [("a", "12.5%", 12.45, 12.55), ("b", "7.5%", 7.45, 7.55), ("sum", "21.0%", 20.95, 21.05)]
    frame = pd.concat(
        [
            base.assign(
                id=i, printed=p, qualifier="rounded", lower=low, upper=high, lower_closed=True, upper_closed=False
            )
            for i, p, low, high in rows
        ],
        ignore_index=True,
    )
    rule = {
        "id": "R",
        "title": "Do the parts add up?",
        "kind": "arithmetic",
        "inputs": {"a": "a", "b": "b", "total": "sum"},
        "quantities": {"parts": {"formula": "a + b", "label": "Sum", "decimals": 1}},
        "test": "parts == total",
        "explanation": "The parts are {parts}, the total {total}.",
    }
    (result,) = audit(Ledger.from_frame(frame), parse_rules([rule]))
    assert result.outcome == "inconsistent"
    assert result.explanation == "The parts are 19.9 to 20.1, the total 21.0."
