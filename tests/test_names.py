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
    """What modules of tables and methods name in capitals: what can be asked for, what it is called, limits."""
    found, of = {}, ("tables", "ledger", "linkages", "growth", "structure", "uncertainty", "scenarios")
    for module in modules():
        for name, value in vars(module).items() if module.__name__.split(".")[1] in of else ():
            if name.isupper() and name[0] != "_" and isinstance(value, str | int | float | tuple | list | set | dict):
                found[f"{module.__name__}.{name}"] = literal(value)
    return found


def literal(value):
    """The words and numbers of a value, and the names of functions and classes."""
    if isinstance(value, dict):
        return {str(key): literal(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [literal(part) for part in value]
    if isinstance(value, set):
        return sorted(literal(part) for part in value)
    return value if isinstance(value, str | bool | int | float | None) else getattr(value, "__name__", str(type(value)))


def modules():
    """Every module of the library."""
    found = [module.name for module in pkgutil.walk_packages(analysis.__path__, "analysis.")]
    return [importlib.import_module(name) for name in found if not name.endswith("__main__")]


def defaults():
    """What each function, class and method that is public does unless told otherwise."""
    found = {}
    for package in modules():
        for name in getattr(package, "__all__", []):
            top = getattr(package, name)
            parts = {name: top} if callable(top) else {}
            if inspect.isclass(top) and top.__module__.startswith("analysis."):
                parts |= {f"{name}.{part}": value for part, value in vars(top).items() if part[0] != "_"}
            for part, what in parts.items():
                what = getattr(what, "__func__", what)  # of a class method
                if inspect.isfunction(what) or dataclasses.is_dataclass(what):
                    parameters = inspect.signature(what).parameters.items()
                    given = {key: p.default for key, p in parameters if p.default != p.empty}
                    given = {key: getattr(value, "__name__", str(value)) for key, value in given.items()}
                    found |= {f"{package.__name__}.{part}": given} if given else {}
    return found


def test_words_for_what_can_be_asked_for_stay():
    assert constants() == NAMES["constants"]


def test_what_is_done_unless_told_otherwise_stays():
    assert defaults() == NAMES["defaults"]


@pytest.mark.parametrize("name", sorted(CALLS))
def test_names_in_results_stay(name):
    assert called(name) == NAMES[name]


def test_what_is_no_longer_there_is_taken_out():
    assert sorted(NAMES) == sorted([*CALLS, "constants", "defaults"])


def test_dataclasses_are_frozen():
    classes = {c for module in modules() for _, c in inspect.getmembers(module, dataclasses.is_dataclass)}
    own = {c for c in classes if inspect.isclass(c) and c.__module__.startswith("analysis.")}
    assert len(own) > 20
    # these are filled while a file is read
    assert sorted(c.__qualname__ for c in own if not c.__dataclass_params__.frozen) == ["Draft", "_Line"]


if __name__ == "__main__":
    listed = {name: called(name) for name in sorted(CALLS)} | {"constants": constants(), "defaults": defaults()}
    PLACE.write_text(yaml.safe_dump(listed, allow_unicode=True, default_flow_style=None, width=120), encoding="utf-8")
