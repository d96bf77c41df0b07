"""The rule that turns readings into a word."""

import pandas as pd
import pytest

from analysis.verdicts import OUTCOMES, Claim, ClaimError, Estimate, judge, restrict


def claim(**changes):
    basics = {
        "id": "x",
        "section": "1.1",
        "statement": "It rises.",
        "quantity": "Change",
        "direction": "above",
        "threshold": 0.0,
        "choices": {"year": (2017, 2012), "imports": ("pool", "net", "first")},
        "evidence": "none",
    }
    return Claim(**(basics | changes))


def test_all_near_specifications_in_support():
    v = judge(claim(), lambda year, imports: 1.0)
    assert v.outcome == "supported"
    assert v.flips.empty
    assert v.counts.to_dict() == {"supports": 6, "undecided": 0, "contradicts": 0}


def test_only_single_choices_decide():
    """A reading two choices away from the primary one is counted, and decides nothing."""
    v = judge(claim(), lambda year, imports: -1.0 if (year, imports) == (2012, "first") else 1.0)
    assert v.outcome == "supported"
    assert v.counts["contradicts"] == 1
    assert v.readings.loc[v.readings["value"] < 0, "changed"].tolist() == [2]


def test_one_choice_that_flips_makes_it_mixed_and_is_named():
    v = judge(claim(), lambda year, imports: -1.0 if imports == "net" else 1.0)
    assert v.outcome == "mixed"
    assert v.flips.to_dict("records") == [
        {"choice": "imports", "option": "net", "value": -1.0, "reading": "contradicts"}
    ]


def test_an_undecided_neighbour_is_not_support():
    v = judge(claim(), lambda year, imports: Estimate(1, -0.5, 2) if year == 2012 else 1.0)
    assert v.outcome == "mixed"
    assert v.flips["reading"].tolist() == ["undecided"]


def test_contradicted_needs_all_of_them():
    assert judge(claim(), lambda **_: -1.0).outcome == "contradicted"
    assert judge(claim(), lambda year, imports: -1.0 if year == 2017 else 1.0).outcome == "mixed"


def test_primary_is_the_first_option_of_each_choice():
    v = judge(claim(), lambda year, imports: float(year))
    assert v.primary["value"] == 2017.0
    assert (v.primary["year"], v.primary["imports"]) == (2017, "pool")
    assert v.readings["primary"].sum() == 1


def test_exclusions_are_left_out_and_fixed_settings_passed_on():
    seen = []

    def evidence(**settings):
        seen.append(settings)
        return 1.0

    excluded = ({"when": {"year": [2012], "imports": ["pool", "first"]}, "because": "net trade only"},)
    v = judge(claim(excluded=excluded, fixed={"region": "Shanghai"}), evidence)
    assert len(v.readings) == len(seen) == 4
    assert {s["region"] for s in seen} == {"Shanghai"}
    assert [s["imports"] for s in seen if s["year"] == 2012] == ["net"]


@pytest.mark.parametrize(
    ("direction", "threshold", "low", "high", "reading"),
    [
        ("above", 1.0, 1.1, 2.0, "supports"),
        ("above", 1.0, 1.0, 1.0, "contradicts"),
        ("above", 1.0, 0.9, 1.1, "undecided"),
        ("below", 1.0, 0.2, 0.9, "supports"),
        ("below", 1.0, 1.0, 1.0, "contradicts"),
        ("below", 1.0, 0.2, 1.5, "undecided"),
        ("between", (7.95, 8.05), 7.95, 8.04, "supports"),
        ("between", (7.95, 8.05), 8.05, 8.05, "contradicts"),
        ("between", (7.95, 8.05), 5.26, 5.26, "contradicts"),
        ("between", (7.95, 8.05), 7.0, 9.0, "undecided"),
    ],
)
def test_reading_of_an_interval(direction, threshold, low, high, reading):
    assert claim(direction=direction, threshold=threshold).read(low, high) == reading


def test_untestable_claims_need_no_evidence():
    v = judge(Claim(id="x", section="1", statement="s", cannot_be_tested="Counts of firms by year."))
    assert v.outcome == "cannot be tested"
    assert v.counts.sum() == 0
    with pytest.raises(ClaimError, match="cannot be tested"):
        v.primary  # noqa: B018


def test_a_choice_cannot_hide_a_column_of_the_readings():
    with pytest.raises(ClaimError, match="choices cannot be named \\['reading'\\]"):
        claim(choices={"year": (2017, 2012), "reading": ("narrow", "wide")})


def test_refusals():
    with pytest.raises(ClaimError, match="pass the function"):
        judge(claim())
    with pytest.raises(ClaimError, match="must be finite"):
        judge(claim(), lambda **_: float("nan"))
    with pytest.raises(ClaimError, match="outside its interval"):
        Estimate(3, 1, 2)
    with pytest.raises(ClaimError, match="direction must be"):
        claim(direction="over")
    with pytest.raises(ClaimError, match="origin must be one of paper, implied, ours"):
        claim(origin="hearsay")
    with pytest.raises(ClaimError, match="takes two thresholds"):
        claim(direction="between")
    with pytest.raises(ClaimError, match="at least one choice"):
        claim(choices={})
    with pytest.raises(ClaimError, match="unknown choices"):
        claim(excluded=({"when": {"colour": ["red"]}, "because": ""},))
    with pytest.raises(ClaimError, match="primary specification is excluded"):
        claim(excluded=({"when": {"year": [2017]}, "because": ""},))


def test_outcomes_are_the_four_words():
    assert OUTCOMES == ("supported", "mixed", "contradicted", "cannot be tested")
    assert isinstance(judge(claim(), lambda **_: 1.0).readings, pd.DataFrame)


def by_year(year, imports):
    return {2017: 1.0, 2012: -1.0}[year] * (1 if imports != "net" or year == 2012 else -1)


@pytest.mark.parametrize(
    ("options", "outcome", "primary"),
    [
        ({}, "mixed", (2017, "pool")),
        ({"year": [2017]}, "mixed", (2017, "pool")),
        ({"year": [2017], "imports": ["pool", "first"]}, "supported", (2017, "pool")),
        ({"year": [2012]}, "contradicted", (2012, "pool")),
        ({"year": [2017], "imports": ["net"]}, "contradicted", (2017, "net")),
    ],
)
def test_restricted_to_some_options(options, outcome, primary):
    v = restrict(judge(claim(), by_year), options)
    assert v.outcome == outcome
    assert (v.primary["year"], v.primary["imports"]) == primary
    # the same as if nothing else had been declared
    again = judge(v.claim, by_year)
    assert again.outcome == outcome
    columns = list(again.readings)
    pd.testing.assert_frame_equal(
        again.readings.sort_values(columns[:2], ignore_index=True),
        v.readings[columns].sort_values(columns[:2], ignore_index=True),
    )


def test_restricting_keeps_to_what_is_admissible_and_near():
    excluded = ({"when": {"year": [2012], "imports": ["pool"]}, "because": "net trade only"},)
    v = judge(
        claim(choices={"year": (2017, 2012, 2007), "imports": ("pool", "net")}, excluded=excluded), lambda **_: 1.0
    )
    # 2012 with the pool is not admissible; 2007 with it differs in one choice, 2012 without it in two
    assert tuple(restrict(v, {"year": [2012, 2007]}).primary[["year", "imports"]]) == (2007, "pool")
    assert tuple(restrict(v, {"year": [2012]}).primary[["year", "imports"]]) == (2012, "net")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"year": []}, "no admissible specification is left"),
        ({"year": [2012], "imports": ["pool"]}, "no admissible specification is left"),
        ({"year": [1999]}, "has no choice 'year' with options"),
        ({"region": ["Shanghai"]}, "has no choice 'region'"),
    ],
)
def test_refuses_to_restrict_to_nothing(options, message):
    excluded = ({"when": {"year": [2012], "imports": ["pool"]}, "because": "net trade only"},)
    v = judge(claim(excluded=excluded), lambda **_: 1.0)
    with pytest.raises(ClaimError, match=message):
        restrict(v, options)
    untestable = judge(claim(cannot_be_tested="a panel of firms"))
    with pytest.raises(ClaimError, match="nothing to restrict"):
        restrict(untestable, {})
