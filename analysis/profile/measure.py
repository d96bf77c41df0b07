"""What a profile holds: every measure of one table, under every import assumption that the table can carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.linkages import (
    INVENTORIES,
    foreign_shares,
    import_content,
    input_origins,
    key_sectors,
    output_multipliers,
    positions,
    rank_stability,
    technical_coefficients,
    total_linkages,
    vertical_specialisation,
)
from analysis.structure import cosine_similarity, krugman_index, location_quotient
from analysis.tables import (
    ASSUMPTIONS,
    Draft,
    Finding,
    ImportTreatmentError,
    InputOutputTable,
    TableError,
    inspect,
    short_names,
    to_common_sectors,
)
from analysis.tables.draft import passes_through
from analysis.uncertainty import choice_ranges, linkage_draws, probability_of_key_sector, rank_intervals
from analysis.verdicts import clusters

DRAWS, SEED = 500, 2017
NOISE = (0.1, 0.2)
"""Coefficients of variation of a flow that rankings are put to; both assumed, since one table measures none."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The measures of one table.

    Attributes
    ----------
    table : InputOutputTable
        As it was given.
    local : dict of str to InputOutputTable
        The table with local flows, by import assumption, the main one first.
    reference : InputOutputTable or None
        What it is compared with.
    names : Series
        Short names of the sectors.
    structure, linkages, position, dependence, ranks, clusters, comparison : DataFrame or None
        See the function of the same name. None where it could not be worked out.
    alike : dict of str to float
        How alike the table and the reference are, see ``comparison``.
    warned : tuple of Finding
        What :func:`analysis.tables.inspect` has to say of the table.
    left_out : dict of str to str
        What was left out, and why.
    """

    table: InputOutputTable
    local: Mapping[str, InputOutputTable]
    reference: InputOutputTable | None
    names: pd.Series
    structure: pd.DataFrame
    linkages: pd.DataFrame
    position: pd.DataFrame | None
    dependence: pd.DataFrame
    ranks: pd.DataFrame | None
    clusters: pd.DataFrame | None
    comparison: pd.DataFrame | None
    alike: Mapping[str, float] = field(default_factory=dict)
    warned: tuple[Finding, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """The import assumption whose figures stand first."""
        return next(iter(self.local))

    @property
    def place(self) -> str:
        """Region and year."""
        return f"{self.table.region} {self.table.year}"


def profile(
    table: InputOutputTable,
    reference: InputOutputTable | None = None,
    imports: str | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Profile:
    """Work out the profile of a table.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local, in any sectors.
    reference : InputOutputTable, optional
        What it is compared with: in the same sectors, or both in sectors that lead to the 38 common ones.
    imports : str, optional
        The main import assumption; the first that the table can carry if not given.
    draws, seed : int
        For the ranges of ranks.

    Returns
    -------
    Profile

    Raises
    ------
    TableError
        If the table cannot carry the assumption that was asked for, or none.
    """
    left_out: dict[str, str] = {}
    local = local_tables(table, imports, left_out)
    names = short_names(table)
    alike: dict[str, float] = {}

    def attempt(what: str, work: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
        try:
            return work()
        except ValueError as problem:
            left_out[what] = str(problem)
            return None

    def compared() -> pd.DataFrame:
        frame, found = comparison(table, reference, next(iter(local)))
        alike.update(found)
        return frame

    return Profile(
        table,
        local,
        reference,
        names,
        structure(table, names),
        linkages(table, local, names),
        attempt("position in the chain", lambda: position(table, local, names)),
        dependence(table, local, names),
        attempt("ranges of ranks", lambda: ranks(local, names, draws, seed)),
        attempt("clusters", lambda: cluster_cards(table, local)),
        None if reference is None else attempt("comparison", compared),
        alike,
        # a file may carry codes alone, which tell a reader nothing
        tuple(inspect(Draft.of(replace(table, names=table.names.assign(name_en=names))))),
        left_out,
    )


def local_tables(table: InputOutputTable, imports: str | None, left_out: dict[str, str]) -> dict[str, InputOutputTable]:
    """Return a table with local flows under every assumption that it can carry, the main one first.

    Parameters
    ----------
    table : InputOutputTable
        Competitive or local; a local one has its own assumption alone.
    imports : str or None
        The main assumption.
    left_out : dict
        Takes up the assumptions that the table cannot carry, with the reason.

    Raises
    ------
    TableError
        If the main assumption, or every one, is among these.
    """
    if table.imports == "local":
        if imports not in (None, table.assumption):
            raise ImportTreatmentError(
                f"{table.region} {table.year} holds local flows already ({table.assumption}): leave --imports away"
            )
        return {table.assumption: table}
    order = ([] if imports is None else [imports]) + [name for name in ASSUMPTIONS if name != imports]
    found: dict[str, InputOutputTable] = {}
    for name in order:
        try:
            found[name] = table.local(name)
        except TableError as problem:
            if name == imports:
                raise
            left_out[f"import assumption {name}"] = str(problem)
    if not found:
        raise TableError(f"{table.region} {table.year} can carry no import assumption: {'; '.join(left_out.values())}")
    return found


def structure(table: InputOutputTable, names: pd.Series) -> pd.DataFrame:
    """Size, value added and trade by sector, the largest first.

    Returns
    -------
    DataFrame, n rows
        ``sector``; ``output`` and ``value_added`` in the unit of the table; in per cent ``output_share``, ``rate``
        (value added in output), ``leaves`` (exports and outflows in output) and ``comes`` (imports and inflows in
        supply). Where the table publishes net trade, both are the net figure. Rates of a sector without output are
        missing.
    """
    output = table.output.where(table.active)
    comes = table.inflows
    if table.imports == "local":
        comes = table.imported.sum(axis=1) + table.imported_final.sum(axis=1)
    frame = pd.DataFrame(
        {
            "sector": names,
            "output": table.output,
            "output_share": 100 * table.output / table.output.sum(),
            "value_added": table.total_value_added,
            "rate": 100 * table.total_value_added / output,
            "leaves": 100 * table.exports / output,
            "comes": 100 * comes / (table.output + comes).where(table.output + comes > 0),
        }
    )
    return frame.sort_values("output", ascending=False, kind="stable").rename_axis("code")


def transit(table: InputOutputTable) -> pd.Series:
    """Tell the sectors in which more leaves than is made, so that goods from elsewhere pass through.

    Returns
    -------
    Series of bool, n
        By sector code. Never true where net trade alone is published, which hides what passes through.
    """
    return passes_through(table.exports, table.output)


def linkages(table: InputOutputTable, local: Mapping[str, InputOutputTable], names: pd.Series) -> pd.DataFrame:
    """Backward and forward linkages of the sectors with output, the strongest pull first.

    Returns
    -------
    DataFrame, m rows
        ``sector``; ``technology``, the backward linkage with suppliers anywhere (competitive tables); ``backward`` and
        ``forward`` with local suppliers and users under the main assumption, each with ``_lowest`` and ``_highest``
        over all admissible ones; ``backward_index``, ``forward_index``, ``class`` and ``key_in``, the number of
        assumptions under which the sector is key.
    """
    every = {name: total_linkages(each) for name, each in local.items()}
    main = next(iter(every.values()))
    frame = pd.DataFrame({"sector": names[main.index]})
    if table.imports == "competitive":
        frame["technology"] = output_multipliers(table)[main.index]
    for side in ("backward", "forward"):
        values = pd.DataFrame({name: each[side] for name, each in every.items()})
        frame[side] = main[side]
        frame[f"{side}_lowest"], frame[f"{side}_highest"] = values.min(axis=1), values.max(axis=1)
    frame["backward_index"], frame["forward_index"] = main["backward_index"], main["forward_index"]
    classes = pd.DataFrame({name: key_sectors(each) for name, each in every.items()})
    frame["class"] = classes.iloc[:, 0]
    frame["key_in"] = (classes == "key").sum(axis=1)
    return frame.sort_values("backward", ascending=False, kind="stable").rename_axis("code")


def position(table: InputOutputTable, local: Mapping[str, InputOutputTable], names: pd.Series) -> pd.DataFrame:
    """Distance from final use and from primary inputs, the most upstream first.

    Returns
    -------
    DataFrame, m rows, steps
        ``sector``; ``upstreamness`` and ``downstreamness`` with the correction for an open economy;
        ``local_upstreamness`` and ``local_downstreamness``, without it, on the table with local flows (main
        assumption); ``passing``, whether more leaves than is made and the correction more than doubles a distance:
        such a distance is that of goods that pass through. ``attrs["inventories"]`` names the column of inventory
        change that the correction used, if any.

    Raises
    ------
    TableError
        If some sector has no use in the region that the correction could be taken from.
    """
    inventories = next((column for column in INVENTORIES if column in table.final_uses), None)
    try:
        corrected = positions(table, inventories=inventories)
    except TableError:
        if inventories is None:
            raise
        # Additions to stocks of one sector can exceed its use in the region; without them the measure stands.
        inventories, corrected = None, positions(table, inventories=None)
    apart = positions(next(iter(local.values())), "none", None).add_prefix("local_")
    frame = corrected.join(apart)
    frame.insert(0, "sector", names[frame.index])
    stretched = [frame[side] > 2 * frame[f"local_{side}"] for side in ("upstreamness", "downstreamness")]
    frame["passing"] = transit(table)[frame.index] & (stretched[0] | stretched[1])
    frame = frame.sort_values("upstreamness", ascending=False, kind="stable").rename_axis("code")
    frame.attrs = {"inventories": inventories}
    return frame


def dependence(table: InputOutputTable, local: Mapping[str, InputOutputTable], names: pd.Series) -> pd.DataFrame:
    """Outside content of the final demand for each product, over all local rounds, the largest sector first.

    Returns
    -------
    DataFrame, m rows, per cent
        ``sector``, ``output`` (unit of the table); ``outside`` under the main assumption with ``lowest`` and
        ``highest`` over all; its parts ``abroad`` and ``other_provinces`` where the table tells them; ``imported``,
        ``bought`` and ``value_added``, what a unit of output takes directly from outside, from local suppliers, and of
        primary inputs. ``attrs["exports"]`` holds the outside content of all exports by assumption, as far as there
        are any.
    """
    outside = pd.DataFrame({name: 100 * import_content(each)["outside"] for name, each in local.items()})
    main = next(iter(local.values()))
    frame = pd.DataFrame({"sector": names[outside.index], "output": main.output[outside.index]})
    frame["outside"] = outside.iloc[:, 0]
    frame["lowest"], frame["highest"] = outside.min(axis=1), outside.max(axis=1)
    try:
        foreign = foreign_shares(table).reindex(table.sectors, fill_value=0.0)
    except ImportTreatmentError:
        foreign = None
    if foreign is not None:
        frame = frame.join(100 * import_content(main, foreign)[["abroad", "other_provinces"]])
    origins = 100 * input_origins(main)
    frame["imported"], frame["bought"] = origins["imported"], origins["local"]
    frame["value_added"] = origins["value_added"]
    exports = {}
    for name, each in local.items():
        if each.exports[each.active].sum() > 0:
            exports[name] = 100 * vertical_specialisation(each).attrs["share"]
    frame = frame.sort_values("output", ascending=False, kind="stable").rename_axis("code")
    frame.attrs = {"exports": exports}
    return frame


def ranks(
    local: Mapping[str, InputOutputTable], names: pd.Series, draws: int = DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Ranks of both linkages with noise in the flows, and over the import assumptions.

    Returns
    -------
    DataFrame
        One row a side (``pull``, ``push``), sector and level of noise, by rank: ``code``, ``sector``, ``noise``,
        ``rank`` under the main assumption, ``best_rank`` and ``worst_rank`` in 95 % of the draws, ``best_assumed`` and
        ``worst_assumed`` over the assumptions (as under the main one if there is no other), ``key``, the share of draws
        in which both indices are above one. ``attrs["draws"]`` is their number.

    Raises
    ------
    TableError
        If the table has negative flows, to which noise cannot be put.
    """
    main = next(iter(local.values()))
    base = total_linkages(main)
    frames = []
    for noise in NOISE:
        drawn = linkage_draws(main, ["backward_index", "forward_index"], draws, noise, seed)
        key = probability_of_key_sector(drawn)["key"]
        for name, side in (("pull", "backward"), ("push", "forward")):
            found = rank_intervals(drawn[f"{side}_index"])[["best_rank", "worst_rank"]]
            rank = base[side].rank(ascending=False, method="min").astype(int)
            assumed = pd.DataFrame({"best_rank": rank, "worst_rank": rank})
            if len(local) > 1:
                assumed = choice_ranges({each: total_linkages(t)[side] for each, t in local.items()})
            frames.append(
                pd.DataFrame(
                    {
                        "side": name,
                        "sector": names[found.index],
                        "noise": f"{noise:g}",
                        "rank": rank,
                        "best_rank": found["best_rank"],
                        "worst_rank": found["worst_rank"],
                        "best_assumed": assumed["best_rank"],
                        "worst_assumed": assumed["worst_rank"],
                        "key": key,
                    }
                ).rename_axis("code")
            )
    whole = pd.concat(frames).reset_index()
    whole = whole.sort_values(["side", "rank", "noise"], kind="stable", ignore_index=True)
    whole.attrs = {"draws": draws}
    return whole


def cluster_cards(table: InputOutputTable, local: Mapping[str, InputOutputTable]) -> pd.DataFrame:
    """Size and linkages of the paper's six clusters, by the sectors that stand for them.

    Returns
    -------
    DataFrame
        One row a cluster: ``section``, ``cluster``, ``sectors`` (their codes among the 38), ``idle`` (those without
        output), ``share`` and ``value_added_share`` of the region, per cent; ``local pull``, ``push``, ``kept``,
        ``loss`` and ``others' loss`` as in :data:`analysis.verdicts.clusters.MEASURES` under the main assumption, each
        with ``_lowest`` and ``_highest``. Measures of a cluster without any output are missing.

    Raises
    ------
    TableError
        If the sectors of the table do not lead to the 38 common ones.
    """
    common = to_common_sectors(table)
    # A local table is merged as it is; a competitive one first, so that local shares are those of the merged sectors.
    each = {name: to_common_sectors(t) if table.imports == "local" else common.local(name) for name, t in local.items()}
    rows = []
    for section, cluster in clusters.CLUSTERS.items():
        codes = clusters.cluster_sectors(section)
        alive = [code for code in codes if common.active[code]]
        row = {
            "section": section,
            "cluster": cluster,
            "sectors": ", ".join(codes),
            "idle": ", ".join(code for code in codes if code not in alive),
            "share": 100 * common.output[codes].sum() / common.output.sum(),
            "value_added_share": 100 * common.total_value_added[codes].sum() / common.total_value_added.sum(),
        }
        found = [clusters.assumed_measures(one, alive) for one in each.values()] if alive else []
        for name in clusters.ASSUMED:
            values = [one[name] for one in found] or [np.nan]
            row |= {name: values[0], f"{name}_lowest": min(values), f"{name}_highest": max(values)}
        rows.append(row)
    return pd.DataFrame(rows)


def comparison(
    table: InputOutputTable, reference: InputOutputTable, assumption: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Hold a table against another: structure, quotients, linkages.

    Parameters
    ----------
    table, reference : InputOutputTable
        In the same sectors, or both in sectors that lead to the 38 common ones.
    assumption : str
        The import assumption of both.

    Returns
    -------
    DataFrame
        ``sector``; shares in output, per cent: ``share`` and ``reference_share``; ``quotient``, one over the other,
        missing where the reference makes nothing. Where both tables tell local flows in the same way, ``pull`` and
        ``reference_pull``, the backward linkage, missing for a sector without output. The highest quotient first.
    dict of str to float
        ``krugman`` and ``cosine`` of the output shares; in the same case ``pull`` and ``push``, rank correlations of
        the linkages, and ``coefficients``, the difference of the input coefficients as a part of those of the
        reference, weighted by mean output shares.

    Raises
    ------
    TableError
        If the sectors differ and do not lead to common ones, or the reference cannot carry the assumption.
    """
    if not table.sectors.sort_values().equals(reference.sectors.sort_values()):
        table, reference = to_common_sectors(table), to_common_sectors(reference)
    codes = table.sectors
    output = pd.DataFrame({"share": table.output, "reference_share": reference.output[codes]})
    quotients = location_quotient(output[["share"]][output["reference_share"] > 0],
                                  output.loc[output["reference_share"] > 0, "reference_share"])  # fmt: skip
    alike = {
        "krugman": float(krugman_index(output).iloc[0, 1]),
        "cosine": float(cosine_similarity(output).iloc[0, 1]),
    }
    shares = 100 * output / output.sum()
    frame = shares.assign(quotient=quotients["share"].reindex(codes))
    frame.insert(0, "sector", short_names(table))
    made = [
        t if t.imports == "local" or assumption not in ASSUMPTIONS else t.local(assumption) for t in (table, reference)
    ]
    if all(t.imports == "local" for t in made) and made[0].assumption == made[1].assumption:
        sides = [total_linkages(t) for t in made]
        frame["pull"], frame["reference_pull"] = (each["backward"].reindex(codes) for each in sides)
        A, B = (technical_coefficients(t).loc[codes, codes].to_numpy() for t in made)
        weight = (output / output.sum()).mean(axis=1).to_numpy()
        alike["coefficients"] = float((np.abs(A - B).sum(axis=0) * weight).sum() / (B.sum(axis=0) * weight).sum())
        for name, side in (("pull", "backward"), ("push", "forward")):
            alike[name] = float(rank_stability({k: each[side] for k, each in enumerate(sides)}).iloc[0, 1])
    return frame.sort_values("quotient", ascending=False, kind="stable").rename_axis("code"), alike
