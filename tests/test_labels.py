"""Entry checks: what they refuse, and that they name it."""

import numpy as np
import pandas as pd
import pytest

from analysis.labels import (
    InputError,
    few,
    fraction,
    mismatch,
    number,
    numeric_frame,
    numeric_series,
    same_labels,
    whole_number,
)


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


@pytest.mark.parametrize("value", ["2", None, True, np.nan, np.inf, [1.0], pd.Series([1.0, 2.0, 3.0])])
def test_a_number_is_a_single_finite_one(value):
    with pytest.raises(InputError, match=r"delta is .*: a number that is finite is meant"):
        number(value, "delta")


def test_numbers_keep_their_bounds():
    assert number(np.float32(0.5), "delta") == 0.5
    assert fraction(0.95, "level") == 0.95
    assert whole_number(np.int64(3), "draws", 1) == 3
    with pytest.raises(InputError, match="delta is -1: a number that is zero or more is meant"):
        number(-1, "delta", "zero or more", lambda value: value >= 0)
    with pytest.raises(InputError, match="level is 1: a number that is between 0 and 1"):
        fraction(1, "level")
    for wrong in (0, 1.0, "2", True):
        with pytest.raises(InputError, match=r"draws is .*: a whole number, 1 or more, is meant"):
            whole_number(wrong, "draws", 1)


def test_a_mismatch_says_what_is_too_much_and_what_is_lacking():
    wanted = pd.Index(list("abc"))
    assert mismatch(wanted, wanted) == ""
    assert mismatch(pd.Index(list("cab")), wanted) == "has the same labels in another order"
    assert mismatch(pd.Index(list("aadb")), wanted) == "repeats a, lacks c, has beside d"
