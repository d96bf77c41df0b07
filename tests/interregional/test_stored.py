"""The stored ensemble: its first members come out again, and its summaries agree with each other."""

import pandas as pd
import pytest

from analysis.data import read
from analysis.interregional.__main__ import (
    RECORD,
    SEED,
    SETTINGS,
    SHOWN,
    YEARS,
    cluster_groups,
    main,
    stored,
    stored_assumptions,
    subsets,
)
from analysis.interregional.ensemble import interregional_ensemble

KEY = ["measure", "group", "source", "target"]


@pytest.fixture(scope="module")
def kept():
    return read(RECORD).rename(columns={"region": "source"})


@pytest.mark.parametrize("year", YEARS)
def test_first_members_come_out_again(kept, year):
    again = interregional_ensemble(year, SHOWN, stored_assumptions(), cluster_groups(), SEED).results
    for number in range(SHOWN):
        rows = kept[(kept["year"] == year) & (kept["subset"] == f"member {number}")].set_index(KEY)
        # four decimals are stored
        assert (rows["estimated_value"] - again.loc[number]).abs().max() < 6e-5
        assert len(rows) == again.shape[1]


def test_ranges_hold_their_medians_and_members_add_up(kept):
    several = kept[kept["members"] > 1]
    assert (several["estimated_lower"] <= several["estimated_value"]).all()
    assert (several["estimated_value"] <= several["estimated_upper"]).all()
    counts = several.groupby(["year", "subset"])["members"].first()
    settings = read(SETTINGS).set_index("setting")["value"]
    for year in YEARS:
        assert counts[year, "all"] == settings["members"] - settings[f"failed {year}"] >= 990
        for option in ("rest", "measure", "misfit", "effects"):
            parts = [n for name, n in counts[year].items() if name.startswith(option + " ")]
            assert sum(parts) == counts[year, "all"]


def test_columns_say_that_they_are_estimated(kept):
    assert [c for c in kept.columns if kept[c].dtype == float] == [
        f"estimated_{name}" for name in ("value", "lower", "upper", "mean")
    ]


def test_subsets_part_the_members():
    ensemble = interregional_ensemble(2017, 8, stored_assumptions(), {}, 1)
    masks = subsets(ensemble)
    assert (masks["decay flat"] ^ masks["decay steep"]).all()
    assert (masks["rest residual"] ^ masks["rest sum"]).all()
    assert not (masks["transit pool"] & masks["transit netted"]).any()
    rows = stored(2017, ensemble)
    one = rows[(rows["subset"] == "all") & (rows["measure"] == "feedback") & (rows["region"] == "Anhui")].iloc[0]
    assert one["estimated_value"] == pytest.approx(ensemble.results["feedback", "all", "Anhui", "Anhui"].median())


def test_an_impossible_request_is_an_error_not_a_traceback(capsys, monkeypatch, tmp_path):
    import shutil

    from analysis.data import data_directory

    shutil.copytree(data_directory(), tmp_path / "data")
    monkeypatch.setenv("SHANGHAI_CHAINS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(
        "analysis.interregional.__main__.calibrated_assumptions",
        lambda: (stored_assumptions(), pd.DataFrame({"factor": [1.0], "coverage": [0.9]})),
    )
    assert main(["--members", "0"]) == 1
    assert "at least one member" in capsys.readouterr().err
