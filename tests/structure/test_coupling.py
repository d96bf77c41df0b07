"""Coupling coordination: the two-system formulas written out, bounds, and the variant that cannot reach one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.labels import InputError
from analysis.structure import coupling_coordination

SCORES = arrays(float, (4, 3), elements=st.floats(0.01, 1)).map(lambda u: pd.DataFrame(u, columns=list("abc")))


def test_two_systems_written_out(tie):
    scores = pd.DataFrame({"finance": [0.4], "industry": [0.9]}, index=["Shanghai"])
    weights = pd.Series({"finance": 0.3, "industry": 0.7})
    standard = coupling_coordination(scores, weights).loc["Shanghai"]
    expected = [2 * np.sqrt(0.4 * 0.9) / 1.3, 0.75, np.sqrt(2 * np.sqrt(0.4 * 0.9) / 1.3 * 0.75)]
    source = "the formula of two systems written out"
    found = standard[["coupling", "development", "coordination"]]
    tie(coupling_coordination, found, expected, kind="naive", source=source, rtol=1e-13)
    revised = coupling_coordination(scores, weights, definition="revised").loc["Shanghai"]
    assert revised["coupling"] == pytest.approx(np.sqrt((1 - 0.5) * 0.4 / 0.9))


@given(SCORES, st.sampled_from(["standard", "revised"]))
def test_bounds_and_order_of_systems(scores, definition):
    result = coupling_coordination(scores, definition=definition)
    assert (result >= 0).all(axis=None) and (result <= 1 + 1e-12).all(axis=None)
    turned = coupling_coordination(scores[["c", "a", "b"]], definition=definition)
    pd.testing.assert_frame_equal(result, turned, rtol=1e-12)


@pytest.mark.parametrize("definition", ["standard", "revised"])
def test_equal_systems_are_fully_coupled(definition):
    result = coupling_coordination(pd.DataFrame({"a": [0.25], "b": [0.25], "c": [0.25]}), definition=definition)
    assert result.loc[0].tolist() == pytest.approx([1, 0.25, 0.5])


def test_revised_against_the_double_sum(tie):
    u = np.array([0.2, 0.7, 0.5, 0.9])
    pairs = sum(np.sqrt((u[i] - u[j]) ** 2) for j in range(3) for i in range(j + 1, 4))
    wanted = np.sqrt((1 - pairs / 6) * np.prod(u / 0.9) ** (1 / 3))
    found = coupling_coordination(pd.DataFrame([u]), definition="revised")
    found, source = found.loc[0, "coupling"], "the double sum over pairs"
    tie(coupling_coordination, found, wanted, kind="naive", source=source, rtol=1e-13)


def test_bad_input_is_named():
    scores = pd.DataFrame({"a": [0.2, 0.0], "b": [0.5, 0.0]})
    with pytest.raises(InputError, match="all scores are zero in 1"):
        coupling_coordination(scores)
    with pytest.raises(InputError, match="exceed 1 in b"):
        coupling_coordination(scores.assign(b=1.1))
    with pytest.raises(InputError, match=r"sum to 0\.9"):
        coupling_coordination(scores.iloc[:1], pd.Series({"a": 0.4, "b": 0.5}))
    with pytest.raises(InputError, match="two systems"):
        coupling_coordination(scores[["a"]])
    with pytest.raises(InputError, match="definition"):
        coupling_coordination(scores.iloc[:1], definition="other")
