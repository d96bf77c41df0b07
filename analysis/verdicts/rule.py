"""The rule: how readings under all admissible specifications become one word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.verdicts.claims import Claim, ClaimError

OUTCOMES = ("supported", "mixed", "contradicted", "cannot be tested")

RULE = (
    "Each admissible specification gives an estimate, with an interval where one can be drawn. It supports the claim"
    " if the whole interval meets the declared threshold, contradicts it if the whole interval misses it, and is"
    " undecided otherwise. The claim is supported if the primary specification supports it and so does every"
    " specification that differs from it in one choice only; contradicted if all of these contradict it; mixed in"
    " every other case. It cannot be tested where no admissible data exist. The remaining specifications are shown and"
    " counted, but the count decides nothing."
)


SAMPLING = "95 % interval"
ROUNDING = "rounding allows"
ENSEMBLE = "central 90 % of the estimates"


@dataclass(frozen=True, init=False)
class Estimate:
    """What one specification says.

    Parameters
    ----------
    value : float
        Point estimate, in the claim's unit.
    lower, upper : float, optional
        Ends of its interval; the point itself where the figure has no stated uncertainty.
    interval : str
        What the interval is: ``SAMPLING``, ``ROUNDING`` or ``ENSEMBLE`` of this module.
    """

    value: float
    lower: float
    upper: float
    interval: str

    # written out, as an end may be left out but is never missing
    def __init__(
        self, value: float, lower: float | None = None, upper: float | None = None, interval: str = SAMPLING
    ) -> None:
        """Fill a missing interval with the point, and refuse what is no number."""
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "lower", value if lower is None else lower)
        object.__setattr__(self, "upper", value if upper is None else upper)
        object.__setattr__(self, "interval", interval)
        if not np.isfinite([self.value, self.lower, self.upper]).all():
            raise ClaimError(f"an estimate must be finite, not {self.value} in [{self.lower}, {self.upper}]")
        if not self.lower <= self.value <= self.upper:
            raise ClaimError(f"the estimate {self.value} lies outside its interval [{self.lower}, {self.upper}]")


@dataclass(frozen=True)
class Verdict:
    """The outcome for one claim, with all that led to it.

    Attributes
    ----------
    claim : Claim
        As declared.
    outcome : str
        One of :data:`OUTCOMES`.
    readings : DataFrame
        One row a specification: its choices, ``value``, ``lower``, ``upper``, ``interval``, ``reading``, ``primary``
        and ``changed`` (in how many choices it differs from the primary one). Empty if the claim cannot be tested.
    flips : DataFrame
        The single choices that move the reading away from the primary one: ``choice``, ``option``, ``value``,
        ``reading``.
    """

    claim: Claim
    outcome: str
    readings: pd.DataFrame
    flips: pd.DataFrame

    @property
    def primary(self) -> pd.Series:
        """The row of the primary specification.

        Raises
        ------
        ClaimError
            If the claim cannot be tested.
        """
        if self.readings.empty:
            raise ClaimError(f"{self.claim.id} cannot be tested, so it has no primary estimate")
        return self.readings.loc[self.readings["primary"]].iloc[0]

    @property
    def counts(self) -> pd.Series:
        """How many specifications support, contradict, or leave the claim undecided."""
        order = ["supports", "undecided", "contradicts"]
        if self.readings.empty:
            return pd.Series(0, index=order)
        return self.readings["reading"].value_counts().reindex(order, fill_value=0)


def estimates(claim: Claim, evidence: Callable[..., Estimate | float]) -> Iterator[Estimate]:
    """Yield what the evidence says under every specification of a claim, in their order."""
    for specification in claim.specifications():
        found = evidence(**claim.settings(specification))
        yield found if isinstance(found, Estimate) else Estimate(float(found))


def judge(claim: Claim, evidence: Callable[..., Estimate | float] | None = None) -> Verdict:
    """Evaluate a claim under every admissible specification and apply :data:`RULE`.

    Parameters
    ----------
    claim : Claim
        As declared.
    evidence : callable, optional
        Called with one keyword for each choice (and each fixed setting that is not a choice); returns the estimate in
        the claim's unit. Not needed for a claim declared as untestable.

    Returns
    -------
    Verdict
        With one reading for every specification.

    Raises
    ------
    ClaimError
        If a testable claim comes without evidence, or an estimate is not finite.
    """
    if claim.cannot_be_tested:
        return Verdict(claim, "cannot be tested", pd.DataFrame(), pd.DataFrame())
    if evidence is None:
        raise ClaimError(f"{claim.id} is testable: pass the function that measures it")
    rows = []
    for specification, estimate in zip(claim.specifications(), estimates(claim, evidence), strict=True):
        rows.append(
            specification
            | {
                "value": estimate.value,
                "lower": estimate.lower,
                "upper": estimate.upper,
                "interval": estimate.interval,
                "reading": claim.read(estimate.lower, estimate.upper),
                "primary": specification == claim.primary,
                "changed": sum(specification[c] != claim.primary[c] for c in claim.choices),
            }
        )
    return _concluded(claim, pd.DataFrame(rows))


def restrict(v: Verdict, options: Mapping[str, Sequence[Any]]) -> Verdict:
    """Apply :data:`RULE` as if only some options had been declared; nothing is measured again.

    Parameters
    ----------
    v : Verdict
        Of a testable claim.
    options : mapping of choice to options
        What stays of these choices; the others keep all. Of the specifications that stay, the one that differs from
        the declared primary one in the fewest choices is primary, the first of these in the declared order.

    Returns
    -------
    Verdict
        Of the claim with these choices.

    Raises
    ------
    ClaimError
        If the claim cannot be tested or has no such choice or option, or if no admissible specification is left.
    """
    claim = v.claim
    if v.readings.empty:
        raise ClaimError(f"{claim.id} cannot be tested: there is nothing to restrict")
    for choice, kept in options.items():
        unknown = [option for option in kept if option not in claim.choices.get(choice, ())]
        if choice not in claim.choices or unknown:
            raise ClaimError(f"{claim.id} has no choice {choice!r} with options {unknown or list(kept)}")
    stays = pd.concat([v.readings[c].isin(options.get(c, every)) for c, every in claim.choices.items()], axis=1)
    readings = v.readings[stays.all(axis=1)].reset_index(drop=True)
    if readings.empty:
        raise ClaimError(f"{claim.id}: no admissible specification is left")
    first = readings.loc[readings["changed"].idxmin()]
    left = {
        choice: (first[choice], *(o for o in every if o in options.get(choice, every) and o != first[choice]))
        for choice, every in claim.choices.items()
    }
    claim = replace(claim, choices=left)
    changed = sum((readings[c] != claim.primary[c]).astype(int) for c in left)
    return _concluded(claim, readings.assign(primary=changed == 0, changed=changed))


def _concluded(claim: Claim, readings: pd.DataFrame) -> Verdict:
    """Turn the readings of all specifications into a word."""
    main = readings.loc[readings["primary"], "reading"].iloc[0]
    near = readings[readings["changed"] == 1]
    decided = readings.loc[readings["changed"] <= 1, "reading"]
    if (decided == "supports").all():
        outcome = "supported"
    elif (decided == "contradicts").all():
        outcome = "contradicted"
    else:
        outcome = "mixed"
    flips = []
    for _, row in near[near["reading"] != main].iterrows():
        choice = next(c for c in claim.choices if row[c] != claim.primary[c])
        flips.append({"choice": choice, "option": row[choice], "value": row["value"], "reading": row["reading"]})
    return Verdict(claim, outcome, readings, pd.DataFrame(flips, columns=["choice", "option", "value", "reading"]))
