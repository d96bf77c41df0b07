"""Claims, their admissible specifications, and the rule that turns results into a word."""

from __future__ import annotations

from analysis.verdicts.claims import Claim, ClaimError, declared, groups
from analysis.verdicts.rule import OUTCOMES, RULE, Estimate, Verdict, judge, restrict

__all__ = [
    "OUTCOMES",
    "RULE",
    "Claim",
    "ClaimError",
    "Estimate",
    "Verdict",
    "declared",
    "groups",
    "judge",
    "restrict",
]
