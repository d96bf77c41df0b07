"""Entry checks: what they refuse, and that they name it."""

import numpy as np
import pandas as pd
import pytest

from analysis.labels import InputError, few, numeric_frame, numeric_series, same_labels


def test_numbers_come_back_as_floats_with_their_labels():
    series = numeric_series(pd.Series([1, 2], ["a", "b"], name="x"), "x")
    assert series.dtype == float and series.to_dict() == {"a": 1, "b": 2} and series.name == "x"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.Series([1.0, np.nan], ["a", "b"]), "x is not a finite number at b = nan"),
        (pd.Series([1.0, -2], ["a", "b"]), "x is negative at b = -2"),
        (pd.Series(["1", "2"]), "x holds values that are not numbers"),
        (pd.Series([1.0, 2, 3], ["a", "b", "a"]), "x: label a occurs more than once"),
        (pd.Series([], dtype=float), "x is empty"),
    ],
)
def test_series_that_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        numeric_series(values, "x", "not negative")


def test_frames_name_row_and_column():
    frame = pd.DataFrame({"p": [1.0, 0], "q": [2.0, np.inf]}, index=["a", "b"])
    with pytest.raises(InputError, match="not a finite number at b, q = inf"):
        numeric_frame(frame, "x")
    with pytest.raises(InputError, match="not positive at b, p = 0"):
        numeric_frame(frame.replace(np.inf, 1.0), "x", "positive")
    with pytest.raises(InputError, match="not numbers in column r"):
        numeric_frame(frame.assign(r="text"), "x")
    with pytest.raises(InputError, match="column p occurs more than once"):
        numeric_frame(frame.set_axis(["p", "p"], axis=1), "x")


def test_labels_must_agree_in_content_and_order():
    one, two = pd.Series([1, 2], ["a", "b"]), pd.Series([1, 2], ["b", "c"])
    with pytest.raises(InputError, match="only one has a; only two has c"):
        same_labels(one=one, two=two)
    with pytest.raises(InputError, match="in another order"):
        same_labels(one=one, two=one[::-1])
    same_labels(one=one, two=one, three=one.index)


def test_long_lists_are_cut():
    assert few(range(8), 3) == "0, 1, 2 and 5 more"
