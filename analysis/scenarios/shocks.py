"""Four changes to a region's table: demand, import substitution, sourcing, and the loss of a supplier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.labels import InputError, few
from analysis.scenarios.scenario import Before, Scenario, changes, refuse_idle, run
from analysis.tables import InputOutputTable


def final_demand_shock(
    table: InputOutputTable,
    change: Mapping[str, float] | pd.Series,
    *,
    bought: str = "anywhere",
    assumption: str = "supply pool",
) -> Scenario:
    """Change final demand: Δx = L Δf, with Δf the part that local producers get.

    Parameters
    ----------
    table : InputOutputTable
        Competitive; the import assumptions are gone through one by one.
    change : mapping of sector to float
        Change of final demand for its product, in the unit of the table.
    bought : {"anywhere", "locally"}
        ``"anywhere"``: by residents, who buy the local share r of each product locally, Δf = r̂ Δd, and the rest
        outside. ``"locally"``: demand for local products, such as exports, Δf = Δd.
    assumption : str
        For :attr:`Scenario.effects`.

    Returns
    -------
    Scenario
        Value added and leakage add up to the change of demand.

    Raises
    ------
    ImportTreatmentError
        If the table is local already.
    InputError
        For unknown sectors, values that are not finite, an unknown way to buy, output that would fall below zero, or
        local demand for a sector without output.
    TableError
        If the table cannot carry the assumption.

    References
    ----------
    Miller & Blair (2009), sections 2.2 and 6.2.
    """
    if bought not in ("anywhere", "locally"):
        raise InputError(f"bought must be 'anywhere' or 'locally', not {bought!r}")
    name = "final_demand_shock"
    table.require("competitive", name)
    demand = changes(table, change, "change", -np.inf, np.inf)
    if bought == "locally":
        refuse_idle(table, demand, name)

    def step(before: Before, each: str) -> tuple[np.ndarray, np.ndarray, InputOutputTable]:
        if bought == "locally":
            local, uses = demand, {"exports": before.exports + demand}
        else:
            local = table.local_shares(each).to_numpy() * demand
            uses = {"extra": (local, demand - local)}
        output = np.linalg.solve(np.eye(table.n) - before.A, local)
        return local, output, before.after(name, output, **uses)

    return run(table, name, assumption, step)


def import_substitution(
    table: InputOutputTable, share: Mapping[str, float] | pd.Series, *, assumption: str = "supply pool"
) -> Scenario:
    """Make locally a share of what all local users buy outside: r' = r + φ (1 - r).

    With z the intermediate and final uses of each product by local users, Δx = (I - r̂'A)⁻¹ (r' - r)∘z: substitution
    raises output, whose inputs are bought with the new local shares too. Exports stay as they are.

    Parameters
    ----------
    table : InputOutputTable
        Competitive.
    share : mapping of product to float
        φ, from 0 to 1. A share of the inflows, unlike points of the local share, is possible under every assumption;
        under ``"net inflow"`` there is nothing to replace in products of which the region sends out more than it takes.
    assumption : str
        For :attr:`Scenario.effects`.

    Returns
    -------
    Scenario
        ``direct`` is what is replaced at first, (r' - r)∘z. ``leakage`` falls by less, because local production takes
        inputs from outside. ``tables`` hold the new local tables.

    Raises
    ------
    ImportTreatmentError
        If the table is local already.
    InputError
        For unknown sectors, a share outside 0 to 1, or a product whose sector has no output here.
    TableError
        If the table cannot carry the assumption.

    References
    ----------
    Chenery, Shishido & Watanabe (1962) for the local share as a lever; Miller & Blair (2009), section 13.1.
    """
    table.require("competitive", "import_substitution")
    shift = changes(table, share, "share", 0, 1)
    users = [*table.sectors, *table.final_uses.columns]
    return _resourced(table, "import_substitution", shift, users, assumption)


def sourcing_shift(
    table: InputOutputTable,
    share: Mapping[str, float] | pd.Series,
    users: Sequence[str],
    *,
    assumption: str = "supply pool",
) -> Scenario:
    """Let some users buy some products elsewhere: from outside to local suppliers, or the other way.

    The local share of their purchases becomes r + φ (1 - r) for φ > 0, and r (1 + φ) for φ < 0.

    Parameters
    ----------
    table : InputOutputTable
        Competitive.
    share : mapping of product to float
        φ, from -1 to 1: the share of what they buy outside that they buy locally instead; if negative, of what they
        buy locally that they buy outside.
    users : sequence of str
        Sectors, and columns of final use.
    assumption : str
        For :attr:`Scenario.effects`.

    Returns
    -------
    Scenario
        See :func:`import_substitution`, which this is for all users together.

    Raises
    ------
    ImportTreatmentError, InputError, TableError
        See :func:`import_substitution`; also for users that the table does not have.

    References
    ----------
    Dietzenbacher & Lahr (2013) for partial shifts of a single user's inputs; Miller & Blair (2009), section 12.2.
    """
    table.require("competitive", "sourcing_shift")
    return _resourced(table, "sourcing_shift", changes(table, share, "share", -1, 1), users, assumption)


def supply_loss(
    table: InputOutputTable, share: Mapping[str, float] | pd.Series, *, assumption: str = "supply pool"
) -> Scenario:
    """Take away a share α of a sector's output: partial extraction, ``Δx = -L_·S (L_SS)⁻¹ α̂ x_S``.

    The lost output is exogenous; the other sectors go on meeting their final demand, and need fewer inputs from each
    other. Every user of the lost product gets the same share of what is left; local users buy the rest outside,
    exports of it fall. With α = 1 this is the total extraction of
    :func:`~analysis.linkages.extract_group`.

    Parameters
    ----------
    table : InputOutputTable
        Competitive.
    share : mapping of sector to float
        α, above 0 and up to 1.
    assumption : str
        For :attr:`Scenario.effects`.

    Returns
    -------
    Scenario
        ``direct`` is the loss itself, -α x.

    Raises
    ------
    ImportTreatmentError
        If the table is local already.
    InputError
        For unknown sectors, a share that is not above 0 and up to 1, a sector without output, or one that loses more
        through the other losses than by its own.
    TableError
        If the table cannot carry the assumption.

    Notes
    -----
    Users find the lost inputs outside at once. Where they cannot, their own production stops, and the loss is larger;
    Ghosh's supply-driven reading of that case is the forward mode of
    :func:`~analysis.linkages.hypothetical_extraction`.

    References
    ----------
    Dietzenbacher & Lahr (2013) for partial extraction; Miller & Blair (2009), section 12.2, and section 13.2 for
    models with exogenous output.
    """
    name = "supply_loss"
    table.require("competitive", name)
    alpha = changes(table, share, "share", 0, 1)
    if not (alpha > 0).sum() == len(share):
        raise InputError(f"{name}: a share of zero is no loss: leave the sector out")
    refuse_idle(table, alpha, name)
    S = np.flatnonzero(alpha)

    def step(before: Before, each: str) -> tuple[np.ndarray, np.ndarray, InputOutputTable]:
        n, x = table.n, before.x
        inverse = np.linalg.inv(np.eye(n) - before.A)
        weight = np.linalg.solve(inverse[np.ix_(S, S)], (alpha * x)[S])
        slack = table.sectors[S][weight < -1e-12 * x[S]]
        if len(slack):
            raise InputError(
                f"{name}: under {each!r}, {few(slack)} loses more demand through the other sectors than the share"
                " stated: leave it out, or state a larger one"
            )
        change = -inverse[:, S] @ weight
        change[S] = -(alpha * x)[S]
        after = x + change
        # What users of the product ask for, and the part of it that the sector still delivers.
        asked = after[S] + weight
        kept = np.ones(n)
        kept[S] = np.divide(after[S], asked, out=np.zeros(len(S)), where=asked > 0)
        result = before.after(
            name,
            change,
            x=after,
            A=kept[:, None] * before.A,
            final=kept[:, None] * before.final,
            exports=kept * before.exports,
            kept=kept,
        )
        return 0.0 - alpha * x, change, result

    return run(table, name, assumption, step)


def _resourced(table: InputOutputTable, name: str, shift: np.ndarray, users: Any, assumption: str) -> Scenario:
    refuse_idle(table, shift, name)
    users = [users] if isinstance(users, str) else list(users)
    finals = table.final_uses.columns
    unknown = [user for user in users if user not in table.sectors and user not in finals]
    if unknown or not users or len(set(users)) < len(users):
        raise InputError(
            f"{name}: users {few(users) or 'none'}: each once, from the sectors and final uses of"
            f" {table.region} {table.year}" + (f", which has no {few(unknown)}" if unknown else "")
        )
    inputs, uses = table.sectors.isin(users), finals.isin(users)

    def moved(local: np.ndarray, imported: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return what local flows gain: a share of the imported ones, or, if negative, of themselves."""
        result: np.ndarray = np.where(shift[:, None] > 0, shift[:, None] * imported, shift[:, None] * local) * chosen
        return result

    def step(before: Before, each: str) -> tuple[np.ndarray, np.ndarray, InputOutputTable]:
        more = moved(before.A, before.M, inputs)
        more_final = moved(before.final, before.imported_final, uses)
        direct = more @ before.x + more_final.sum(axis=1)
        A = before.A + more
        change = np.linalg.solve(np.eye(table.n) - A, direct)
        return direct, change, before.after(name, change, A=A, final=before.final + more_final)

    return run(table, name, assumption, step)
