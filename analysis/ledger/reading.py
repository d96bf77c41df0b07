"""How a printed figure is read as an interval: the conventions, stated once.

.. table:: How a printed figure is read

   =============  =============================  ==========================================================
   qualifier      printed                        read as
   =============  =============================  ==========================================================
   exact          counts, years, nominal sizes   the number itself
   rounded        8.0 %, 7109.94                 half a unit of the last printed digit either side, [v-h, v+h)
   about          约, 左右                       5 % of the number either side, both ends included
   fraction       1/3, 2/3                       a phrase, not a decimal: read like "about"
   over           超, 超过, 突破                 above the number, not at it
   at least       以上                           at the number or above
   nearly         近, 接近                       below the number, and within 10 % of it
   and some       300多                          from the number to the next unit of its leading digit
   range          800亿～900亿                   both ends and everything between
   none           a standing without a number    no interval
   =============  =============================  ==========================================================

A share cannot pass 100 %: there an open side ends at 100, included.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from analysis.ledger.interval import Interval

ABOUT = Fraction(5, 100)
"""How far "about" reaches to either side, as part of the number. A convention: the report gives none."""

NEARLY = Fraction(10, 100)
"""How far below the number "nearly" reaches, as part of the number. A convention: the report gives none."""

QUALIFIERS = ("exact", "rounded", "about", "fraction", "over", "at least", "nearly", "and some", "range", "none")

# Chinese magnitudes against the unit in which the ledger keeps a figure
_SCALE = {"100m CNY": {"万亿": 10_000, "亿": 1}}
_DIGITS = dict(zip("一二三四五六七八九十", range(1, 11), strict=True)) | {"两": 2, "双": 2, "首": 1, "最": 1}
_NUMBER = re.compile(r"(\d+/\d+|\d+(?:\.\d+)?)\s*(万亿|亿)?")


# What the pattern of a number would read in pieces, or without what it means
_STRANGE = {
    r"\d[,,]\d": "has a comma inside: write the number without separators",
    r"\d[eE][+-]?\d": "is a power of ten: write the number out",
    r"(^|[^\d%%亿万\s])\s*[-−－]\s*\d": "has a minus sign: write how large the fall is, and say so in the subject",
    r"/0+(?![\d.])": "divides by nought",
    r"\d{30,}": "has more digits than any figure",
    r"\d\.\d*\.\d": "has two decimal points",
}


class ReadingError(ValueError):
    """A printed figure that cannot be read as its qualifier says."""


def read_printed(printed: str, qualifier: str, unit: str = "", kind: str = "") -> Interval | None:
    """Interval for which a printed figure stands.

    Parameters
    ----------
    printed : str
        The figure as printed, with its qualifier word: "8.0%", "超过600家", "2/3左右".
    qualifier : str
        One of `QUALIFIERS`.
    unit : str
        Unit of the ledger: "100m CNY" turns 万亿 and 亿 into it.
    kind : str
        "share" keeps an open side at or below 100.

    Returns
    -------
    Interval or None
        None for the qualifier "none".

    Raises
    ------
    ReadingError
        If the qualifier is unknown, or the text holds no number, or not as many as the qualifier needs.
    """
    if qualifier not in QUALIFIERS:
        raise ReadingError(f"Unknown qualifier {qualifier!r} of {printed!r}: use one of {', '.join(QUALIFIERS)}.")
    if qualifier == "none":
        return None
    _refuse_strange(printed)
    numbers = _numbers(printed, unit)
    wanted = 2 if qualifier == "range" else 1
    if len(numbers) != wanted:
        raise ReadingError(f"{printed!r} holds {len(numbers)} numbers, and {qualifier!r} needs {wanted}.")
    value, step = numbers[0]
    if qualifier in ("rounded", "and some") and step is None:
        raise ReadingError(f"{printed!r} is a fraction, which has no last digit: its qualifier is 'fraction'.")
    if unit == "%" and step is None:
        value *= 100  # a fraction of a share
    ends: tuple[Fraction | float, Fraction | float, bool, bool]
    top = (100, True) if kind == "share" else (math.inf, False)
    match qualifier:
        case "exact":
            ends = value, value, True, True
        case "rounded":
            if step is None:
                raise ReadingError(f"{printed!r} has no last digit to which it is rounded: call it a fraction.")
            ends = value - step / 2, value + step / 2, True, False
        case "about" | "fraction":
            ends = value * (1 - ABOUT), value * (1 + ABOUT), True, True
        case "over":
            ends = value, top[0], False, top[1]
        case "at least":
            ends = value, top[0], True, top[1]
        case "nearly":
            ends = value * (1 - NEARLY), value, False, False
        case "and some":
            ends = value, value + 10 ** (len(str(int(value))) - 1), True, False
        case "range":
            ends = value, numbers[1][0], True, True
    lower, upper, lower_closed, upper_closed = ends
    return Interval(float(lower), float(upper), lower_closed, upper_closed)


def _refuse_strange(printed: str) -> None:
    """Refuse numbers of which only a part would be read."""
    for pattern, why in _STRANGE.items():
        if match := re.search(pattern, printed):
            raise ReadingError(f"{printed!r}: {match[0].strip()!r} {why}.")


_WORDS = {
    "about": "about {}",
    "over": "over {}",
    "at least": "at least {}",
    "nearly": "nearly {}",
    "and some": "some {}",
}


def in_words(printed: str, qualifier: str, unit: str = "") -> str:
    """Word a printed figure in English: "8.0", "about 4.4", "over 600", "800 to 900".

    Parameters
    ----------
    printed, qualifier, unit : str
        As for `read_printed`. The words give the number in the unit of the ledger, to the printed digits, and leave
        the unit out. A figure without a number is given as printed.
    """
    if qualifier == "none":
        return printed
    texts = []
    for text, (value, step) in zip(_texts(printed), _numbers(printed, unit), strict=True):
        decimals = 0 if step is None or step >= 1 else _decimals(text)
        separator = "" if unit == "year" else ","
        texts.append(text if step is None else format(float(value), f"{separator}.{decimals}f"))
    return _WORDS.get(qualifier, "{}").format(" to ".join(texts))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _texts(printed: str) -> list[str]:
    return [text for text, _ in _NUMBER.findall(printed)] or [printed]


def _numbers(printed: str, unit: str) -> list[tuple[Fraction, Fraction | None]]:
    """Numbers in the text, as (value, unit of the last digit or None for a phrase)."""
    found: list[tuple[Fraction, Fraction | None]] = []
    for text, magnitude in _NUMBER.findall(printed):
        scale = _SCALE.get(unit, {}).get(magnitude, 1)
        if "/" in text:
            found.append((Fraction(text) * scale, None))
        else:
            found.append((Fraction(text) * scale, Fraction(scale, 10 ** _decimals(text))))
    if found:
        return found
    words = printed.replace("翻一番", "双")  # to double
    spoken = [_DIGITS[character] for character in words if character in _DIGITS]
    # "three provinces and one city" is four jurisdictions
    return [(Fraction(sum(spoken)), Fraction(1))] if spoken else []
