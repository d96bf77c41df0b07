"""Docstrings of what analysis/ offers: sections, order and parameters as numpydoc checks them."""

import inspect
import pkgutil
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.validate import ERROR_MSGS, validate

import analysis

SETTINGS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LEFT_OUT = set(SETTINGS["numpydoc_validation"]["checks"]) - {"all"}
MODULES = [m.name for m in pkgutil.walk_packages(analysis.__path__, "analysis.") if not m.name.endswith("__main__")]


def offered(module: str) -> Iterator[str]:
    """Names under which the functions, classes and methods of a module are reached."""
    for name, thing in vars(import_module(module)).items():
        # not what is imported, nor what a factory made
        own = getattr(thing, "__module__", None) == module and getattr(thing, "__qualname__", None) == name
        if name.startswith("_") or not own or not (inspect.isfunction(thing) or inspect.isclass(thing)):
            continue
        yield f"{module}.{name}"
        if inspect.isclass(thing):
            for part, method in vars(thing).items():
                # what a class inherits, and a field's default, is no method of its own
                if not part.startswith("_") and (callable(method) or isinstance(method, property)):
                    yield f"{module}.{name}.{part}"


def test_the_checks_left_out_exist():
    assert set(ERROR_MSGS) > LEFT_OUT


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_are_well_formed(module):
    wrong = []
    for name in offered(module):
        found = validate(name)
        sections = found["docstring"]
        for code, message in found["errors"]:
            incomplete = code == "PR01" and "\nParameters\n---" in sections
            if code not in LEFT_OUT or incomplete:
                wrong.append(f"{name}: {code} {message}")
    assert not wrong, "\n".join(wrong)
