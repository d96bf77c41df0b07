"""Labels that are safe to open in a spreadsheet and to print in a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would run as a formula."""


def fault(label: object) -> str:
    """Say what makes a label unsafe; nothing if it is safe.

    Parameters
    ----------
    label : object
        What is not text is safe.

    Returns
    -------
    str
        A phrase that follows the label.
    """
    if not isinstance(label, str):
        return ""
    if label.startswith(FORMULA):
        return "begins like a formula, which a spreadsheet would run: rename it"
    # Controls move a terminal's cursor, and marks of direction let a text read as another.
    strange = [
        c for c in label if unicodedata.category(c) in ("Cc", "Cs") or c in "\u202a\u202b\u202d\u202e\u2066\u2067"
    ]
    strange = [c for c in strange if c not in "\n\t"]
    return f"holds the control character U+{ord(strange[0]):04X}: take it out" if strange else ""


def unsafe(labels: Iterable[object]) -> tuple[str, str] | None:
    """Return the first unsafe label with its fault, or None."""
    return next(((str(label), found) for label in labels if (found := fault(label))), None)


def tame(cell: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; a spreadsheet does not show it.

    A carriage return, which would end the row, becomes a blank.
    """
    if not isinstance(cell, str):
        return cell
    return ("'" if cell.startswith(FORMULA) else "") + cell.replace("\r", " ")
