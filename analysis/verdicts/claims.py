"""Declared claims: what is measured, against which threshold, under which specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from analysis.data import catalogue, document


class ClaimError(ValueError):
    """A declaration or an estimate that cannot be used."""


ORIGINS = {"paper": "the paper's", "implied": "follows from it", "ours": "ours"}
_DIRECTIONS = ("above", "below", "between")
# Columns that a verdict's readings have beside the choices.
RESERVED = ("value", "lower", "upper", "interval", "reading", "primary", "changed")


@dataclass(frozen=True)
class Claim:
    """One claim of the paper and the test that was declared for it.

    Attributes
    ----------
    id, section, statement : str
        Own key, section of the paper, and the claim in our words.
    figures : tuple of str
        Ledger ids that it rests on.
    quantity, unit : str
        What is measured.
    direction : {"above", "below", "between"}
        Which side of the threshold supports the claim.
    threshold : float or tuple of two floats
        The end of an interval that lies on the threshold does not meet it.
    choices : mapping of str to tuple
        The options of each choice, the primary one first.
    fixed : mapping
        Settings that hold in every specification.
    excluded : tuple of mapping
        ``when`` (choice to options) and ``because``: combinations that are not admissible.
    not_admitted : tuple of str
        Specifications that were left out altogether, with the reason.
    cannot_be_tested : str
        The statistic that would be needed; empty for a testable claim.
    evidence : str
        The function that measures the quantity: its module in ``analysis.verdicts`` and its name.
    origin : {"paper", "implied", "ours"}
        Whether the paper says so, has to hold if it is right, or is a question that we add.
    found_later : str
        A weakness of the test that came to light after it was declared. The declaration stands, and the weakness is
        shown beside the verdict.
    """

    id: str
    section: str
    statement: str
    figures: tuple[str, ...] = ()
    quantity: str = ""
    unit: str = ""
    direction: str = ""
    threshold: float | tuple[float, float] = 0.0
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    excluded: tuple[Mapping[str, Any], ...] = ()
    not_admitted: tuple[str, ...] = ()
    cannot_be_tested: str = ""
    evidence: str = ""
    origin: str = "paper"
    found_later: str = ""

    def __post_init__(self) -> None:
        """Refuse a declaration that could not be evaluated."""
        if self.origin not in ORIGINS:
            raise ClaimError(f"{self.id}: origin must be one of {', '.join(ORIGINS)}, not {self.origin!r}")
        if self.cannot_be_tested:
            return
        if self.direction not in _DIRECTIONS:
            raise ClaimError(f"{self.id}: direction must be one of {', '.join(_DIRECTIONS)}, not {self.direction!r}")
        if (self.direction == "between") != isinstance(self.threshold, tuple):
            raise ClaimError(f"{self.id}: 'between' takes two thresholds, the other directions one")
        if not self.choices:
            raise ClaimError(f"{self.id}: declare at least one choice with a primary option")
        taken = sorted(set(self.choices) & set(RESERVED))
        if taken:
            raise ClaimError(f"{self.id}: choices cannot be named {taken}, as columns of the readings are; rename them")
        for row in self.excluded:
            unknown = set(row["when"]) - set(self.choices)
            if unknown:
                raise ClaimError(f"{self.id}: an exclusion speaks of unknown choices {sorted(unknown)}")
        if self._is_excluded(self.primary):
            raise ClaimError(f"{self.id}: the primary specification is excluded")

    @property
    def primary(self) -> dict[str, Any]:
        """The primary specification: the first option of every choice."""
        return {choice: options[0] for choice, options in self.choices.items()}

    def specifications(self) -> list[dict[str, Any]]:
        """All admissible specifications, the primary one first."""
        every = (dict(zip(self.choices, options, strict=True)) for options in product(*self.choices.values()))
        return [s for s in every if not self._is_excluded(s)]

    def settings(self, specification: Mapping[str, Any]) -> dict[str, Any]:
        """Keywords for the evidence function: the choices, and the fixed settings that are not choices."""
        return {k: v for k, v in self.fixed.items() if k not in self.choices} | dict(specification)

    def read(self, lower: float, upper: float) -> str:
        """Return the reading of an interval: ``"supports"``, ``"contradicts"`` or ``"undecided"``."""
        if isinstance(self.threshold, tuple):
            low, high = self.threshold
            if low <= lower and upper < high:
                return "supports"
            return "contradicts" if upper < low or lower >= high else "undecided"
        if self.direction == "below":
            lower, upper, threshold = -upper, -lower, -self.threshold
        else:
            threshold = self.threshold
        if lower > threshold:
            return "supports"
        return "contradicts" if upper <= threshold else "undecided"

    def _is_excluded(self, specification: Mapping[str, Any]) -> bool:
        return any(all(specification[c] in options for c, options in row["when"].items()) for row in self.excluded)


# Read once: a specification curve asks for the groups hundreds of times.
@cache
def declared() -> dict[str, Claim]:
    """Every declared claim, by id, in the order of the paper.

    Returns
    -------
    dict of str to Claim
        From ``data/report/tests_<chapter>.yaml``.

    Raises
    ------
    ClaimError
        For a malformed declaration or an id used twice.
    """
    claims = {}
    chapters = [name for name in catalogue().index if name.startswith("report/tests_")]
    for row in (row for chapter in chapters for row in document(chapter)):
        row = dict(row)
        for name in ("figures", "not_admitted", "excluded"):
            row[name] = tuple(row.get(name, ()))
        row["choices"] = {c: (o["primary"], *o["others"]) for c, o in row.get("choices", {}).items()}
        if isinstance(row.get("threshold"), Sequence):
            row["threshold"] = tuple(row["threshold"])
        claim = Claim(**row)
        if claim.id in claims:
            raise ClaimError(f"{claim.id} is declared twice")
        claims[claim.id] = claim
    return claims


@cache
def groups() -> dict[str, dict[str, tuple[str, ...]]]:
    """Sector codes of each declared group, under each of its readings.

    Returns
    -------
    dict of str to dict of str to tuple of str
        Group, option, sector codes.
    """
    rows = document("report/groups")
    return {name: {o: tuple(codes) for o, codes in row["options"].items()} for name, row in rows.items()}
