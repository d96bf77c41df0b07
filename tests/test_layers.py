"""Imports inside analysis/ go down the layers, never up or sideways into another package of the same layer's users."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "analysis"

# A package may import from those of a lower number, and from itself.
LAYERS = {
    "labels": 0,
    "data": 1,
    "ledger": 2,
    "tables": 2,
    "linkages": 3,
    "growth": 3,
    "structure": 3,
    "regression": 3,
    "uncertainty": 4,
    "scenarios": 4,
    "interregional": 5,
    "verdicts": 6,
    "show": 7,
    "profile": 8,
    # on top of all, and what python -m analysis starts
    "cli": 9,
    "__main__": 10,
}


def imported(path: Path) -> set[str]:
    """Packages of analysis that a module imports, wherever in the file."""
    package = path.relative_to(ROOT.parent).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [module] if module != "analysis" else [f"analysis.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("analysis.")}
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    own = parts[0]
    if own == "__init__":
        assert imported(path) == set()
        return
    for other in imported(path) - {own}:
        assert LAYERS[other] < LAYERS[own], f"{own} must not import {other}"


def test_every_package_has_a_layer():
    packages = {p.name for p in ROOT.iterdir() if p.is_dir() and p.name != "__pycache__"}
    modules = {p.stem for p in ROOT.glob("*.py")} - {"__init__"}
    assert packages | modules == set(LAYERS)


def test_nothing_in_analysis_knows_the_book():
    for path in ROOT.rglob("*.py"):
        names = [n for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for n in _modules(node)]
        assert not [n for n in names if n.split(".")[0] == "book"], path


def _modules(node) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
