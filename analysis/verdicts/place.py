"""Where the chapters stand: in Shanghai, unless another place is asked for before Python starts.

Three variables of the environment move every measurement that speaks of the paper's own city to another province of
the delta, table year or import assumption: ``SHANGHAI_CHAINS_REGION``, ``SHANGHAI_CHAINS_YEAR`` and
``SHANGHAI_CHAINS_IMPORTS``. The three provinces that Shanghai is held against become the other three of the four. A
region, year or assumption that is named in a call stays what it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from analysis.tables import ASSUMPTIONS
from analysis.verdicts.claims import Claim, ClaimError

DELTA = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")
YEARS = (2002, 2007, 2012, 2017)
USUAL = {"region": "Shanghai", "year": 2017, "imports": "supply pool"}
"""Where the book stands."""
REGION_VARIABLE, YEAR_VARIABLE, IMPORTS_VARIABLE = (f"SHANGHAI_CHAINS_{name}" for name in ("REGION", "YEAR", "IMPORTS"))


def _chosen(variable: str, options: Iterable[Any], usual: Any) -> Any:
    said = os.environ.get(variable) or str(usual)
    found = {str(option): option for option in options}
    if said not in found:
        raise ClaimError(f"{variable} is {said!r}: one of {', '.join(found)}")
    return found[said]


HOME: str = _chosen(REGION_VARIABLE, DELTA, USUAL["region"])
"""The region that the chapters speak of."""
OTHERS = tuple(region for region in DELTA if region != HOME)
"""The three that it is held against."""
YEAR: int = _chosen(YEAR_VARIABLE, YEARS, USUAL["year"])
"""The table year whose figures stand first."""
IMPORTS: str = _chosen(IMPORTS_VARIABLE, ASSUMPTIONS, USUAL["imports"])
"""The import assumption whose figures stand first."""


def moved() -> bool:
    """Say whether the chapters stand anywhere else than the paper does."""
    return (HOME, YEAR, IMPORTS) != tuple(USUAL.values())


def resettled(claim: Claim, region: str, year: int, imports: str) -> Claim:
    """Put another place into a declared claim: same quantity, threshold and options, other region first.

    Parameters
    ----------
    claim : Claim
        As declared for Shanghai.
    region : str
        One of :data:`DELTA`.
    year : int
        Becomes the primary table year of a claim that has it among its options, and 2017 as its declared one.
    imports : str
        Becomes the primary assumption of a claim that has it among its options, and the supply pool as its declared
        one; a claim that counts every supplier needs none. If year and assumption exclude each other, the next
        assumption that the year admits is primary; if none is, the declared year stays.

    Returns
    -------
    Claim
        Without the figures of the paper and the notes on Shanghai's tables.
    """

    def words(text: Any) -> Any:
        for old, new in (("inside Shanghai", f"inside {region}"), ("Shanghai", region), ("the city", "the region")):
            text = text.replace(old, new) if isinstance(text, str) else text
        return text

    choices = {name: tuple(words(option) for option in options) for name, options in claim.choices.items()}
    fixed = {name: words(value) for name, value in claim.fixed.items()}
    excluded = tuple(
        {
            "because": words(row["because"]),
            "when": {name: [words(option) for option in options] for name, options in row["when"].items()},
        }
        for row in claim.excluded
    )
    if "region" in choices:
        choices["region"] = tuple(dict.fromkeys(choices["region"]))
    text = {name: words(getattr(claim, name)) for name in ("statement", "quantity", "cannot_be_tested")}

    def ordered(**first: Any) -> dict[str, tuple[Any, ...]]:
        return {
            name: (first[name], *(option for option in options if option != first[name]))
            if first.get(name) in options and options[0] == USUAL[name]
            else options
            for name, options in choices.items()
        }

    assumptions = (imports, *(name for name in ASSUMPTIONS if name != imports))
    tries = [{"year": year, "imports": name} for name in assumptions] + [{"imports": imports}, {}]
    for each in tries:
        try:
            return replace(
                claim, **text, choices=ordered(**each), fixed=fixed, excluded=excluded, figures=(), found_later=""
            )
        except ClaimError:
            continue
    raise ClaimError(f"{claim.id} has no admissible primary specification for {region} {year}")
