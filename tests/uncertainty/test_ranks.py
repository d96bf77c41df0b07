import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.labels import InputError
from analysis.linkages import rasmussen_linkages
from analysis.tables import ASSUMPTIONS, load
from analysis.uncertainty import (
    choice_ranges,
    linkage_draws,
    probability_of_key_sector,
    rank_intervals,
    rank_probability,
)
from tests.examples import tables

DRAWS = pd.DataFrame(
    {"a": [5.0, 5.0, 1.0, 5.0], "b": [4.0, 4.0, 4.0, 4.0], "c": [3.0, 6.0, 3.0, 4.0]},
    index=pd.Index(range(4), name="draw"),
)


def test_ranks_by_hand():
    result = rank_intervals(DRAWS, level=0.9)
    assert result["best_rank"].tolist() == [1, 1, 1]
    assert result["median_rank"].tolist() == [1, 2, 2]
    assert result["worst_rank"].tolist() == [3, 3, 3]
    assert result.loc["b", ["lower", "median", "upper"]].tolist() == [4, 4, 4]
    assert result.loc["a", ["lower", "median", "upper"]].tolist() == [pytest.approx(1.6), 5, 5]
    assert result.attrs["draws"] == 4
    assert rank_probability(DRAWS).tolist() == [0.5, 0.25, 0.25]
    # In the last draw b and c share the second rank.
    assert rank_probability(DRAWS, 2).tolist() == [0.75, 0.75, 0.75]
    assert rank_probability(DRAWS, 3).tolist() == [1, 1, 1]


@given(st.integers(2, 30), st.integers(1, 12), st.integers(0, 1000))
def test_ranks_against_a_loop(tie, k, m, seed):
    draws = pd.DataFrame(np.random.default_rng(seed).normal(size=(k, m)))
    ranks = np.array([[1 + sum(other > value for other in row) for value in row] for row in draws.to_numpy()])
    result = rank_intervals(draws, 0.8)
    for j in range(m):
        ordered = sorted(ranks[:, j])
        ends = [ordered[int(np.floor((k - 1) * 0.1 + 1e-9))], ordered[int(np.ceil((k - 1) * 0.9 - 1e-9))]]
        tie(rank_intervals, result.loc[j, ["best_rank", "worst_rank"]], ends, kind="naive", source="a loop over draws")
    assert (result["best_rank"] <= result["median_rank"]).all()
    assert (result["median_rank"] <= result["worst_rank"]).all()
    for rank in range(1, m + 1):
        assert rank_probability(draws, rank).sum() == pytest.approx(rank)
        found, expected, source = rank_probability(draws, rank), (ranks <= rank).mean(axis=0), "a loop over draws"
        tie(rank_probability, found, expected, kind="naive", source=source, rtol=1e-12)


@given(tables())
def test_key_sectors_of_draws(tie, t):
    draws = linkage_draws(t, ["backward_index", "forward_index"], 4, 0.5, 1)
    found = probability_of_key_sector(draws)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for code in found.index:
        pull, push = draws["backward_index"][code] > 1, draws["forward_index"][code] > 1
        expected = [(pull & push).mean(), (pull & ~push).mean(), (~pull & push).mean(), (~pull & ~push).mean()]
        tie(probability_of_key_sector, found.loc[code], expected, kind="naive", source="sector by sector")


def test_choices_by_hand(tie):
    values = {
        ("pool", 2012): pd.Series({"a": 3.0, "b": 2.0, "c": 1.0, "z": 9.0}),
        ("pool", 2017): pd.Series({"a": 1.0, "b": 2.0, "c": 3.0}),
        ("net", 2012): pd.Series({"c": 1.0, "b": 3.0, "a": 2.0}),
        ("net", 2017): pd.Series({"a": 1.0, "b": 2.0, "c": 3.0}),
    }
    result = choice_ranges(values, ["assumption", "year"])
    assert result.index.tolist() == ["a", "b", "c"]
    assert result["best_rank"].tolist() == [1, 1, 1] and result["worst_rank"].tolist() == [3, 2, 3]
    assert result["lower"].tolist() == [1, 2, 1] and result["upper"].tolist() == [3, 3, 3]
    moved = result[["moved_by_assumption", "moved_by_year"]]
    tie(choice_ranges, moved, [[1, 2], [1, 1], [0, 2]], kind="naive", source="by hand")
    assert result.attrs == {"sectors": 3, "choices": 4}


def test_choices_of_one_dimension():
    t = load("Shanghai", 2017)
    values = {a: rasmussen_linkages(t.local(a))["backward_index"] for a in ASSUMPTIONS}
    result = choice_ranges(values, ["assumption"])
    assert (result["moved_by_assumption"] == result["worst_rank"] - result["best_rank"]).all()
    ranks = pd.DataFrame(values).rank(ascending=False)
    assert (result["best_rank"] == ranks.min(axis=1)).all() and (result["worst_rank"] == ranks.max(axis=1)).all()
    pd.testing.assert_frame_equal(choice_ranges(dict(reversed(values.items())), ["assumption"]), result)


def test_what_ranks_refuse():
    for level in (0, 1, 95):
        with pytest.raises(InputError, match="level is"):
            rank_intervals(DRAWS, level)
    with pytest.raises(InputError, match="1 draw has no spread"):
        rank_intervals(DRAWS.iloc[:1])
    with pytest.raises(InputError, match="draws is not a finite number at 2, a"):
        rank_intervals(DRAWS.where(DRAWS != 1))
    for rank in (0, 4):
        with pytest.raises(InputError, match="from 1 to 3"):
            rank_probability(DRAWS, rank)
    both = pd.concat({"backward_index": DRAWS, "forward_index": DRAWS}, axis=1)
    with pytest.raises(InputError, match="several measures"):
        rank_intervals(both)
    with pytest.raises(InputError, match="lack one of the two indices"):
        probability_of_key_sector(DRAWS)
    with pytest.raises(InputError, match="lack one of the two indices"):
        probability_of_key_sector(both[["backward_index"]])
    with pytest.raises(InputError, match="only one of the indices has sectors a"):
        probability_of_key_sector(both.drop(columns=[("forward_index", "a")]))
    one = pd.Series({"a": 1.0, "b": 2.0})
    with pytest.raises(InputError, match="nothing to compare"):
        choice_ranges({1: one})
    with pytest.raises(InputError, match="do not each name the 2 dimensions"):
        choice_ranges({1: one, 2: one}, ["assumption", "year"])
    with pytest.raises(InputError, match="1 sectors in common"):
        choice_ranges({1: one, 2: one[["a"]]})
    with pytest.raises(InputError, match="not a finite number"):
        choice_ranges({1: one, 2: one * np.nan})
