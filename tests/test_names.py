"""Names in results stay: other people's code selects by them, and files, charts and tables show them.

``python -m tests.test_names`` writes down what they are now, after a change that is meant.
"""

import dataclasses
import importlib
import inspect
import pkgutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import analysis
from analysis.tables import InputOutputTable
from tests.test_bad_input import CALLS, functions, good

PLACE = Path(__file__).with_suffix(".yaml")
NAMES = yaml.safe_load(PLACE.read_text(encoding="utf-8"))


def plain(value):
    """Texts as they are; numbers have tests of their own, and other machines their own last digits."""
    if isinstance(value, float | np.floating):
        return "number"
    if isinstance(value, list | tuple | range):
        return [plain(part) for part in value]
    return value if isinstance(value, str | bool | int | None) else str(value)


def axis(labels):
    """Names and, of at most a dozen, the labels themselves."""
    return {"names": plain(list(labels.names)), "labels": plain(list(labels[:12]))}


def names(result):
    """What a result and its parts are called."""
    if isinstance(result, pd.DataFrame):
        parts = {"rows": axis(result.index), "columns": axis(result.columns)}
        texts = result.select_dtypes(exclude="number")
        parts |= {f"texts of {column}": plain(list(texts[column].astype(str)[:12])) for column in map(plain, texts)}
    elif isinstance(result, pd.Series):
        parts = {"rows": axis(result.index), "name": plain(result.name)}
    elif isinstance(result, InputOutputTable) or not dataclasses.is_dataclass(result):
        return plain(result) if isinstance(result, str | bool | int | float | None) else type(result).__name__
    else:
        return {field.name: names(getattr(result, field.name)) for field in dataclasses.fields(result)}
    return parts | ({"attrs": {key: plain(value) for key, value in result.attrs.items()}} if result.attrs else {})


def called(name):
    """Names in the result of a function, with the data of ``tests.test_bad_input``."""
    return names(functions()[name](**good(name)))


def constants():
    """Public lists of what can be asked for, and their words."""
    packages = (analysis.linkages, analysis.tables, analysis.scenarios, analysis.uncertainty)
    found = {name: getattr(package, name) for package in packages for name in package.__all__ if name.isupper()}
    return {name: {str(k): str(v) for k, v in dict(value).items()} if isinstance(value, dict) else plain(list(value))
            for name, value in found.items()}  # fmt: skip


def test_words_for_what_can_be_asked_for_stay():
    assert constants() == NAMES["constants"]


@pytest.mark.parametrize("name", sorted(CALLS))
def test_names_in_results_stay(name):
    assert called(name) == NAMES[name]


def test_what_is_no_longer_there_is_taken_out():
    assert sorted(NAMES) == sorted([*CALLS, "constants"])


def test_dataclasses_are_frozen():
    found = [module.name for module in pkgutil.walk_packages(analysis.__path__, "analysis.")]
    modules = [importlib.import_module(name) for name in found if not name.endswith("__main__")]
    classes = {c for module in modules for _, c in inspect.getmembers(module, dataclasses.is_dataclass)}
    own = {c for c in classes if inspect.isclass(c) and c.__module__.startswith("analysis.")}
    assert len(own) > 20
    # these are filled while a file is read
    assert sorted(c.__qualname__ for c in own if not c.__dataclass_params__.frozen) == ["Draft", "_Line"]


if __name__ == "__main__":
    listed = {name: called(name) for name in sorted(CALLS)} | {"constants": constants()}
    PLACE.write_text(yaml.safe_dump(listed, allow_unicode=True, default_flow_style=None, width=120), encoding="utf-8")
