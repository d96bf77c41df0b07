"""Shift-share against the published example."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.growth import dynamic_shift_share, shift_share
from analysis.labels import InputError

CASE = json.loads((Path(__file__).parents[1] / "cases" / "shift_share_reat.json").read_text())
NATION = [pd.Series(CASE[key], dtype=float) for key in ("nation0", "nation1")]


def region(name):
    return [pd.Series(CASE["regions"][name][key], dtype=float) for key in ("start", "end")]


@pytest.mark.parametrize("name", "ABC")
def test_published_example(name, tie):
    effects = shift_share(*region(name), *NATION)
    expected = pd.Series(CASE["regions"][name]["classic"])
    found = effects.sum()[expected.index]
    tie(shift_share, found, expected, kind="published", source=CASE["source"], atol=1e-12)


@pytest.mark.parametrize("name", "ABC")
def test_esteban_marquillas(name, tie):
    effects = shift_share(*region(name), *NATION, method="esteban-marquillas")
    for effect in ("competitive", "allocation"):
        expected = CASE["regions"][name][effect]
        tie(shift_share, effects[effect], expected, kind="computed", source=CASE["source"], atol=1e-11)
    classic = shift_share(*region(name), *NATION)
    np.testing.assert_allclose(effects["competitive"] + effects["allocation"], classic["regional"], atol=1e-12)


def test_freiburg(tie):
    case = CASE["freiburg"]
    given_ = [pd.Series(case[key], case["industries"]) for key in ("region0", "region1", "nation0", "nation1")]
    effects = shift_share(*given_).sum()
    expected = [case[key] for key in effects.index]
    tie(shift_share, effects, expected, kind="computed", source=CASE["source"], atol=5e-7)


def test_index_form_of_gerfin(tie):
    """Gerfin's indices are ratios of sums of the classic effects."""
    expected, start = CASE["gerfin_A"], region("A")[0].sum()
    effects = shift_share(*region("A"), *NATION).sum()
    as_nation, as_mix = start + effects["national"], start + effects["national"] + effects["mix"]
    end = as_mix + effects["regional"]
    found = [as_mix / as_nation, end / as_mix, end / as_nation]
    printed = [expected[name] for name in ("mix", "regional", "total")]
    tie(shift_share, found, printed, kind="computed", source=CASE["source"], atol=5e-11)


def test_dynamic(tie):
    start, end = region("A")
    later = CASE["dynamic_A"]
    effects = dynamic_shift_share(
        pd.DataFrame({2000: start, 2001: end, 2002: later["region2"]}),
        pd.DataFrame({2000: NATION[0], 2001: NATION[1], 2002: later["nation2"]}),
    )
    total = effects.sum()
    expected = [later[key] for key in total.index]
    tie(dynamic_shift_share, total, expected, kind="computed", source=CASE["source"], atol=5e-11)
    assert effects.loc[2001].equals(shift_share(start, end, *NATION).rename_axis("industry"))


@given(arrays(float, (4, 5), elements=st.floats(1, 100)), st.sampled_from(["classic", "esteban-marquillas"]))
def test_effects_sum_to_the_change(tie, values, method):
    effects = shift_share(*(pd.Series(row) for row in values), method=method)
    found, change, source = effects.sum(axis=1), values[1] - values[0], "effects sum to the change"
    tie(shift_share, found, change, kind="identity", source=source, atol=1e-8, rtol=1e-9)


def test_an_industry_new_to_the_region_is_regional():
    effects = shift_share(
        *(pd.Series(v, ["old", "new"], dtype=float) for v in ([10, 0], [12, 5], [100, 50], [110, 60]))
    )
    assert effects.loc["new"].tolist() == [0, 0, 5]


def test_bad_input_is_named():
    start, end = region("A")
    with pytest.raises(InputError, match="industries at the start that the nation lacks: 1"):
        shift_share(start, end, NATION[0].where(NATION[0].index != 1, 0.0), NATION[1])
    with pytest.raises(InputError, match="start at zero: 2"):
        shift_share(start.where(start.index != 2, 0.0), end, *NATION, method="esteban-marquillas")
    with pytest.raises(InputError, match="only region0 has 3"):
        shift_share(start, end.iloc[:3], *NATION)
    with pytest.raises(InputError, match=r"\bregion\b.*negative"):
        dynamic_shift_share(pd.DataFrame({0: [-1.0], 1: [2.0]}), pd.DataFrame({0: [1.0], 1: [2.0]}))
    with pytest.raises(InputError, match="ascending"):
        dynamic_shift_share(pd.DataFrame({2001: start, 2000: end}), pd.DataFrame({2001: NATION[0], 2000: NATION[1]}))


def test_two_years_are_one_step_and_one_year_is_none():
    region = pd.DataFrame({2017: [20.0, 40], 2018: [22.0, 50]}, index=["a", "b"])
    nation = region * 10
    step = dynamic_shift_share(region, nation)
    once = shift_share(region[2017], region[2018], nation[2017], nation[2018])
    np.testing.assert_allclose(step.to_numpy(float), once.to_numpy(float))
    with pytest.raises(InputError, match="years must be at least two"):
        dynamic_shift_share(region[[2017]], nation[[2017]])
