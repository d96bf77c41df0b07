"""Concentration against published examples, bounds, and the definitions written out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.structure import gini, herfindahl, location_quotient, mean_log_deviation, theil

CASE = json.loads((Path(__file__).parents[1] / "cases" / "concentration_reat.json").read_text())
VALUES = st.lists(st.floats(0.01, 100), min_size=2, max_size=8).map(pd.Series)


def test_published_herfindahl(tie):
    case = CASE["herfindahl"]
    values = pd.Series(case["x"])
    found = [herfindahl(values), herfindahl(values, normalised=True)]
    tie(herfindahl, found, [case["value"], case["normalised"]], kind="computed", source=CASE["source"], atol=5e-11)
    assert round(1 / herfindahl(values), 2) == case["equivalent"]


@pytest.mark.parametrize(
    ("case", "part", "whole"),
    [("gini_specialisation", "region", "nation"), ("gini_concentration", "industry", "all")],
)
def test_published_gini_of_quotients(case, part, whole, tie):
    quotients = location_quotient(pd.DataFrame({"x": CASE[case][part]}), pd.Series(CASE[case][whole]))
    tie(gini, gini(quotients)["x"], CASE[case]["value"], kind="computed", source=CASE["source"], atol=5e-11)


def test_what_a_peer_calls_theil_is_the_second_index(tie):
    values = pd.Series(CASE["mean_log_deviation"]["x"])
    found, expected = mean_log_deviation(values), CASE["mean_log_deviation"]["value"]
    tie(mean_log_deviation, found, expected, kind="computed", source=CASE["source"], atol=5e-10)
    by_hand = 0.5 * np.log(0.5) * 3 / 5 + 2.5 * np.log(2.5) / 5
    tie(theil, theil(values), by_hand, kind="naive", source="by hand", rtol=1e-13)


@given(VALUES)
def test_definitions_written_out(tie, values):
    n, mean = len(values), values.mean()
    pairs = sum(abs(a - b) for a in values for b in values)
    definitions = {
        gini: pairs / (2 * n**2 * mean),
        theil: np.mean(values / mean * np.log(values / mean)),
        mean_log_deviation: np.mean(np.log(mean / values)),
        herfindahl: np.mean((values / mean) ** 2) / n,
    }
    for index, expected in definitions.items():
        tie(index, index(values), expected, kind="naive", source="the definition written out", atol=1e-12)


@pytest.mark.parametrize("n", [2, 5])
def test_bounds(n):
    equal, single = pd.Series(np.ones(n)), pd.Series([1.0] + [0.0] * (n - 1))
    assert [f(equal) for f in (gini, theil, mean_log_deviation)] == pytest.approx([0, 0, 0], abs=1e-15)
    assert (gini(single), theil(single), herfindahl(single)) == pytest.approx((1 - 1 / n, np.log(n), 1))
    assert herfindahl(equal, normalised=True) == pytest.approx(0, abs=1e-15)


def test_columns_are_distributions():
    table = pd.DataFrame({"a": [1.0, 2, 3], "b": [5.0, 0, 0]})
    for index in (gini, theil, herfindahl):
        assert index(table).to_dict() == pytest.approx({name: index(table[name]) for name in table})


def test_bad_input_is_named():
    with pytest.raises(InputError, match="total is zero in b"):
        gini(pd.DataFrame({"a": [1.0], "b": [0.0]}))
    with pytest.raises(InputError, match="values is not positive at 1 = 0"):
        mean_log_deviation(pd.Series([1.0, 0]))
    with pytest.raises(InputError, match="two values or more"):
        herfindahl(pd.Series([1.0]), normalised=True)
