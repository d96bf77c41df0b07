"""Numbers as they stand in the cells of published tables: what is read as one, and why anything else is not."""

from __future__ import annotations

import math
import re

MOST = 1e24
"""An amount above this, in whatever unit, is no money: sums of such amounts would leave what a float can hold."""

# Full-width forms are the digits of a Chinese keyboard; other signs that look like digits (², ①) are footnotes.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-", 0xA0: " "}
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_REASONS = (
    (r"[-+]?(nan|inf|infinity)", "leave a cell blank that has no figure"),
    (r".*[%‰]", "it is a share, and amounts are meant"),
    (r"=.*", "it is a formula: save the values"),
    (r"#.*", "it is an error of a spreadsheet: correct it there"),
    (r"[-+]?[\d.]*[零〇一二三四五六七八九十百千万亿两]+[零〇一二三四五六七八九十百千万亿两点\d.]*",
     "write it in digits, in the unit of the table"),
    (r"\([\d,.]+\)", "write a negative number with a minus sign"),
    (r"[-+]?\d[\d.,]*,[\d.,]*", "its commas part neither thousands nor, here, decimals: write a decimal point"),
    (r"[-+]?\d+([ '_]\d+)+([.,]\d*)?", "take out what parts its thousands"),
    (r"(?s).*", "write a plain number, or leave the cell blank"),
)  # fmt: skip


def number(cell: object) -> float | None:
    """Read a cell as a number, or return None.

    Parameters
    ----------
    cell : str or float
        A text may have commas between thousands, full-width digits, or an exponent.

    Returns
    -------
    float or None
        Infinite or not a number only where the cell itself is such a float.
    """
    if isinstance(cell, float):
        return cell
    text = str(cell).translate(_WIDE).strip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not _PLAIN.fullmatch(text):
        return None
    return float(text)


def amount(cell: object) -> float | str:
    """Return the amount in a cell, or the words that say why it holds none."""
    value = number(cell)
    if value is None:
        text = str(cell).translate(_WIDE).strip().lower()
        reason = next(why for pattern, why in _REASONS if re.fullmatch(pattern, text))
        return f"{_short(cell)} is not a number: {reason}"
    if not math.isfinite(value):
        return f"{value} is not a number: correct the cell"
    if abs(value) > MOST:
        return f"{value:g} is too large for an amount"
    return value


def _short(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:57]}...'"
