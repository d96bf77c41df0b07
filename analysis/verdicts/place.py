"""Where the chapters stand: in Shanghai, unless another place is asked for before Python starts.

Three variables of the environment move every measurement that speaks of the paper's own city to another province of
the delta, table year or import assumption: ``SHANGHAI_CHAINS_REGION``, ``SHANGHAI_CHAINS_YEAR`` and
``SHANGHAI_CHAINS_IMPORTS``. The three provinces that Shanghai is held against become the other three of the four. A
region, year or assumption that is named in a call stays what it is.
"""

from __future__ import annotations

import os
from dataclasses import replace

from analysis.tables import ASSUMPTIONS
from analysis.verdicts.claims import Claim, ClaimError

DELTA = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")
YEARS = (2002, 2007, 2012, 2017)
REGION_VARIABLE, YEAR_VARIABLE, IMPORTS_VARIABLE = (f"SHANGHAI_CHAINS_{name}" for name in ("REGION", "YEAR", "IMPORTS"))


def _chosen(variable: str, options, usual):
    said = os.environ.get(variable) or str(usual)
    found = {str(option): option for option in options}
    if said not in found:
        raise ClaimError(f"{variable} is {said!r}: one of {', '.join(found)}")
    return found[said]


HOME: str = _chosen(REGION_VARIABLE, DELTA, "Shanghai")
"""The region that the chapters speak of."""
OTHERS = tuple(region for region in DELTA if region != HOME)
"""The three that it is held against."""
YEAR: int = _chosen(YEAR_VARIABLE, YEARS, 2017)
"""The table year whose figures stand first."""
IMPORTS: str = _chosen(IMPORTS_VARIABLE, ASSUMPTIONS, "supply pool")
"""The import assumption whose figures stand first."""


def moved() -> bool:
    """Say whether the chapters stand anywhere else than the paper does."""
    return (HOME, YEAR, IMPORTS) != ("Shanghai", 2017, "supply pool")


def resettled(claim: Claim, region: str, year: int, imports: str) -> Claim:
    """Put another place into a declared claim: same quantity, threshold and options, other region first.

    Parameters
    ----------
    claim : Claim
        As declared for Shanghai.
    region : str
        One of :data:`DELTA`.
    year : int
        Becomes the primary table year where the claim has it among its options.
    imports : str
        Becomes the primary assumption in the same case. If year and assumption exclude each other, the next assumption
        that the year admits is primary; if none is, the declared year stays.

    Returns
    -------
    Claim
        Without the figures of the paper and the notes on Shanghai's tables.
    """

    def words(text):
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

    def ordered(**first):
        return {
            name: (first[name], *(o for o in options if o != first[name])) if first.get(name) in options else options
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
