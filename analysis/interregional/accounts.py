"""What each region publishes, and the rest of the nation built from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis import data
from analysis.labels import few
from analysis.linkages import balance_stack
from analysis.tables import (
    InputOutputTable,
    InterregionalTable,
    TableError,
    load,
    load_other_provinces,
)

DELTA = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")
REST = "Rest of China"
RESTS = {"residual": "the nation less the delta's four", "sum": "the other 27 provinces added up"}
_TRADE = ("EX", "OF", "IM", "IF")


@dataclass(frozen=True, eq=False)
class RegionalAccounts:
    """The accounts from which an interregional table is estimated: no flow between regions is among them.

    Parameters
    ----------
    tables : mapping of region to InputOutputTable
        Competitive: inputs from all suppliers, with exports (``EX``), outflow to other regions (``OF``), imports
        (``IM``) and inflow (``IF``). Same sectors, final uses, year and unit.
    units : DataFrame, U n x 2, optional
        Outflow and inflow by ``(unit, code)``, columns ``outflow`` and ``inflow``, not negative: the places that trade.
        Without it, each region is one. A region of several units also trades within itself.
    membership : mapping of unit to region, optional
        With ``units``.
    nation : InputOutputTable, optional
        What the regions are compared with.
    adjustments : DataFrame, optional
        What was changed in published figures while building the accounts.
    provenance : str

    Raises
    ------
    TableError
        If tables do not fit together, lack a trade column or have negative outflow or inflow, units lie in no region,
        or a region of one unit has other margins than its table.
    """

    tables: Mapping[str, InputOutputTable]
    # Accounts may be made without these two; those that are there have both.
    units: pd.DataFrame = None  # type: ignore[assignment]
    membership: pd.Series = None  # type: ignore[assignment]
    nation: InputOutputTable | None = None
    adjustments: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_ADJUSTED))
    provenance: str = ""

    def __post_init__(self) -> None:
        """Check that the tables fit together and the units add up."""
        tables = dict(self.tables)
        if len(tables) < 2:
            raise TableError("an interregional table needs at least two regions")
        first = next(iter(tables.values()))
        for name, table in tables.items():
            table.require("competitive", "RegionalAccounts")
            for what, mine, theirs in (
                ("sectors", list(table.sectors), list(first.sectors)),
                ("final uses", list(table.final_uses), list(first.final_uses)),
                ("value-added rows", list(table.value_added.index), list(first.value_added.index)),
                ("year and unit", (table.year, table.unit), (first.year, first.unit)),
            ):
                if mine != theirs:
                    raise TableError(
                        f"{name} has other {what} than {first.region}: {few(mine, 3)}, not {few(theirs, 3)}"
                    )
            lacking = [column for column in _TRADE if column not in table.trade]
            if lacking:
                raise TableError(f"{name} {table.year} does not publish {lacking}: outflow and inflow must stand apart")
        sectors, regions = first.sectors, list(tables)
        if (self.units is None) != (self.membership is None):
            raise TableError("give units together with their membership, or neither")
        if self.units is None:
            margins = pd.concat({r: t.trade[["OF", "IF"]] for r, t in tables.items()}, names=["unit", "code"])
            margins = margins.set_axis(["outflow", "inflow"], axis=1)
            membership = pd.Series(regions, index=regions)
        else:
            membership = pd.Series(self.membership, dtype=object)
            wanted = pd.MultiIndex.from_product([membership.index, sectors], names=["unit", "code"])
            margins = pd.DataFrame(self.units)[["outflow", "inflow"]].reindex(wanted)
        if set(membership) != set(regions):
            raise TableError(f"units lie in {few(sorted(set(membership)))}, but the regions are {few(regions)}")
        values = margins.to_numpy(dtype=float)
        if not (np.isfinite(values).all() and (values >= 0).all()):
            wrong = margins.index[~((values >= 0) & np.isfinite(values)).all(axis=1)]
            raise TableError(f"outflow or inflow is missing or negative in {few(wrong, 4)}")
        for region, count in Counter(membership).items():
            if count == 1:
                unit = membership.index[membership == region][0]
                own = tables[region].trade[["OF", "IF"]].to_numpy()
                gap = np.abs(own - margins.loc[unit].to_numpy()).max(axis=1)
                if gap.max() > 1e-6 * max(np.abs(own).max(), 1.0):
                    k = int(gap.argmax())
                    raise TableError(f"{unit} {sectors[k]}: margins differ from the table of {region} by {gap[k]:.6g}")
        object.__setattr__(self, "tables", tables)
        object.__setattr__(self, "units", margins.astype(float))
        object.__setattr__(self, "membership", membership)

    @property
    def regions(self) -> list[str]:
        """Regions, in order."""
        return list(self.tables)

    @property
    def sectors(self) -> pd.Index:
        """Sector codes."""
        return next(iter(self.tables.values())).sectors

    @property
    def year(self) -> int:
        """Year of all tables."""
        return next(iter(self.tables.values())).year

    @cached_property
    def kept(self) -> pd.Series:
        """Units that are a region of their own: their margins are kept before those of the others."""
        return self.membership.map(self.membership.value_counts()) == 1

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Figures as arrays, regions first; margins are units x sectors. Computed once, not to be changed."""
        tables, n = list(self.tables.values()), len(self.sectors)
        margins = self.units.to_numpy().reshape(-1, n, 2)
        member = pd.get_dummies(self.membership)[self.regions].to_numpy(dtype=float)
        found = {
            "Z": np.stack([t.Z.to_numpy() for t in tables]),
            "final": np.stack([t.final_uses.to_numpy() for t in tables]),
            "value_added": np.stack([t.value_added.to_numpy() for t in tables]),
            "output": np.stack([t.output.to_numpy() for t in tables]),
            "error": np.stack([t.error.to_numpy() for t in tables]),
            "exports": np.stack([t.trade["EX"].to_numpy() for t in tables]),
            "imports": np.stack([t.trade["IM"].to_numpy() for t in tables]),
            "outflow": margins[:, :, 0],
            "inflow": margins[:, :, 1],
            "member": member,
        }
        for values in found.values():
            values.setflags(write=False)
        return found


_ADJUSTED: list[str] = ["region", "block", "code", "user", "published", "used", "reason"]


def published_accounts(table: InterregionalTable) -> RegionalAccounts:
    """Keep of an interregional table what its regions would publish each by itself.

    Own inputs from all suppliers together, final uses, outflow and inflow by product. What the table delivers from own
    output only (exports, change in inventories, discrepancy) is one column, exports: other regions have no part in it.

    Parameters
    ----------
    table : InterregionalTable

    Returns
    -------
    RegionalAccounts
        Without any flow between two named regions.
    """
    tables = {}
    for name in table.regions:
        own = table.region(name)
        stocks = own.final_uses["FU202"] if "FU202" in own.final_uses else 0.0
        trade = own.trade
        trade["EX"] = trade["EX"] + stocks + own.error
        tables[name] = InputOutputTable(
            Z=own.Z,
            final_uses=own.final_uses.drop(columns="FU202", errors="ignore"),
            trade=trade,
            value_added=own.value_added,
            output=own.output,
            year=own.year,
            region=name,
            unit=own.unit,
            price_basis=own.price_basis,
            vintage=own.vintage,
            row_tolerance=own.row_tolerance,
            column_tolerance=own.column_tolerance,
        )
    return RegionalAccounts(tables, provenance=f"regions of: {table.provenance}")


def rest_of_nation(
    nation: InputOutputTable, tables: Mapping[str, InputOutputTable], outflow: pd.Series, inflow: pd.Series
) -> tuple[InputOutputTable, pd.DataFrame]:
    """Subtract regions from the nation, and mend what is negative in the remainder.

    Parameters
    ----------
    nation : InputOutputTable
        Competitive, with ``EX`` and ``IM``.
    tables : mapping of region to InputOutputTable
        The regions, with ``EX``, ``OF``, ``IM``, ``IF``.
    outflow, inflow : Series, n
        Trade of the places in the rest, with the regions and with each other. Only their size is used: the balance of
        the rest's trade with the regions is theirs with the sign turned, so that outflow and inflow move apart equally.

    Returns
    -------
    InputOutputTable
        The rest. Output and value added are the exact remainder, as are the totals of inputs, of each final use and of
        each product's uses.
    DataFrame
        Cells that differ from the exact remainder: ``region``, ``block``, ``code``, ``user``, ``published`` (the
        remainder), ``used``, ``reason``.

    Raises
    ------
    TableError
        If the remainder has a sector with negative output, inputs or uses.
    BalancingError
        If no table without the negative flows has the remainder's totals.

    Notes
    -----
    Negative flows and final uses, other than inventories, are emptied, and the block of flows and final uses is
    balanced to its totals by GRAS (Junius & Oosterhaven 2003), in which inventories keep their sign: cutting the cells
    alone would shift their sum into final uses. Negative exports turn into imports and the reverse; net foreign trade
    stays.
    """
    parts = list(tables.values())

    def remainder(block: str) -> Any:
        result = getattr(nation, block) - sum(getattr(t, block) for t in parts)
        return result

    Z, final, output, added = (remainder(b) for b in ("Z", "final_uses", "output", "value_added"))
    exports, imports = (nation.trade[c] - sum(t.trade[c] for t in parts) for c in ("EX", "IM"))
    net = -sum(t.trade["OF"] - t.trade["IF"] for t in parts)
    uses, inputs = Z.sum(axis=1) + final.sum(axis=1), Z.sum(axis=0)
    for what, values in (("output", output), ("uses", uses), ("inputs", inputs)):
        if (values < 0).any():
            raise TableError(f"the nation less {few(tables)} has negative {what} in {few(values.index[values < 0])}")
    n, stocks = len(output), [k for k, use in enumerate(final) if use == "FU202"]
    before = np.hstack([Z.to_numpy(), final.to_numpy()])
    start = np.maximum(before, 0.0)
    for k in stocks:
        start[:, n + k] = before[:, n + k]
    totals = np.concatenate([inputs, final.sum(axis=0)])
    after = balance_stack(start[None], uses.to_numpy()[None], totals[None], tolerance=1e-12)[0]
    columns = [*Z.columns, *final.columns]
    changes = [
        _changes(before, after, output.index, columns, "flows and final uses", "negative cells emptied, balanced")
    ]
    new_exports = exports.clip(lower=0) + (-imports).clip(lower=0)
    new_imports = imports.clip(lower=0) + (-exports).clip(lower=0)
    trade = np.stack([exports, imports], axis=1), np.stack([new_exports, new_imports], axis=1)
    changes.append(_changes(*trade, output.index, ["EX", "IM"], "foreign trade", "negative trade turned round"))
    gap = net - (outflow - inflow)
    sent, received = outflow + gap / 2, inflow - gap / 2
    short = np.maximum(-np.minimum(sent, received), 0.0)
    sent, received = sent + short, received + short
    rest = InputOutputTable(
        Z=pd.DataFrame(np.maximum(after[:, :n], 0.0), Z.index, Z.columns),
        final_uses=pd.DataFrame(after[:, n:], final.index, final.columns),
        trade=pd.DataFrame({"EX": new_exports, "OF": sent, "IM": new_imports, "IF": received}),
        value_added=added,
        output=output,
        error=remainder("error"),
        year=nation.year,
        region=REST,
        unit=nation.unit,
        price_basis=nation.price_basis,
        vintage=nation.vintage,
        names=nation.names,
        row_tolerance=1e-9 * float(output.max()) + nation.row_tolerance + sum(t.row_tolerance for t in parts),
        column_tolerance=1e-9 * float(output.max()) + nation.column_tolerance + sum(t.column_tolerance for t in parts),
    )
    return rest, pd.concat(changes, ignore_index=True)


def _changes(
    before: np.ndarray, after: np.ndarray, codes: pd.Index, users: Sequence[str], block: str, reason: str
) -> pd.DataFrame:
    """List the cells that changed, by more than a millionth of the largest."""
    i, j = np.nonzero(np.abs(after - before) > 1e-6 * np.abs(before).max())
    return pd.DataFrame(
        {
            "region": REST,
            "block": block,
            "code": codes[i],
            "user": np.asarray(users, dtype=object)[j],
            "published": before[i, j],
            "used": after[i, j],
            "reason": reason,
        }
    )[_ADJUSTED]


def delta_accounts(year: int, rest: str = "residual") -> RegionalAccounts:
    """Accounts of Shanghai, Jiangsu, Zhejiang, Anhui and the rest of China.

    Parameters
    ----------
    year : int
        2012 or 2017.
    rest : {"residual", "sum"}
        ``"residual"``: the nation less the four, see :func:`rest_of_nation`; the sum over regions is then the nation.
        ``"sum"``: the tables of the 27 other provinces added up; the sum over regions misses the nation by the misfit
        between provinces and nation.

    Returns
    -------
    RegionalAccounts
        The units that trade are all 31 provinces.

    Raises
    ------
    TableError
        For another rest.

    Notes
    -----
    Hubei and Qinghai 2012 publish exports and imports only, Inner Mongolia outflow and inflow only, in columns that
    hold both kinds of trade: they are split, product by product, as the same province splits them in 2017; the changes
    are listed in the adjustments.
    """
    if rest not in RESTS:
        raise TableError(f"unknown rest {rest!r}: one of {', '.join(RESTS)}")
    return _delta_accounts(int(year), rest)


@lru_cache(maxsize=8)
def _delta_accounts(year: int, rest: str) -> RegionalAccounts:
    tables, nation = {name: load(name, year) for name in DELTA}, load("China", year)
    panel = data.read("io/province_sectors")
    panel = panel[panel["region"] != "China"]
    now = panel[panel["year"] == year].set_index(["region", "code"])
    then = panel[panel["year"] == 2017].set_index(["region", "code"])
    told = now["trade"].groupby(level=0, sort=False).first()
    trade = now[["exports", "outflow", "imports", "inflow"]].fillna(0.0)
    changes = []
    for province in told.index[told.isin(["no outflow", "no exports"])]:
        for abroad, inside, block in (("exports", "outflow", "sent"), ("imports", "inflow", "received")):
            whole = trade.loc[province, abroad] + trade.loc[province, inside]
            later = then.loc[province, [abroad, inside]].fillna(0.0)
            total = later.sum(axis=1)
            share = (later[inside] / total.where(total > 0)).fillna(later[inside].sum() / total.sum())
            new = np.stack([whole * (1 - share), whole * share], axis=1)
            old = trade.loc[province, [abroad, inside]].to_numpy()
            found = _changes(old, new, whole.index, [abroad, inside], f"trade {block}", "split as in 2017")
            changes.append(found.assign(region=province))
            trade.loc[province, [abroad, inside]] = new
    others = trade.drop(index=list(DELTA), level=0).groupby(level=1).sum().loc[tables["Shanghai"].sectors]
    if rest == "residual":
        table, mended = rest_of_nation(nation, tables, others["outflow"], others["inflow"])
        changes.append(mended)
    else:
        table = _with_trade(load_other_provinces(year), others)
    units = pd.concat({name: trade.loc[name, ["outflow", "inflow"]] for name in told.index}, names=["unit", "code"])
    membership = pd.Series({name: name if name in DELTA else REST for name in told.index})
    return RegionalAccounts(
        {**tables, REST: table},
        units,
        membership,
        nation,
        pd.concat(changes, ignore_index=True) if changes else pd.DataFrame(columns=_ADJUSTED),
        f"provincial input-output tables and the nation's, {year}; rest of China: {RESTS[rest]}",
    )


def _with_trade(table: InputOutputTable, trade: pd.DataFrame) -> InputOutputTable:
    """Replace the trade columns of a table by others with the same balance."""
    columns = dict(zip(_TRADE, ("exports", "outflow", "imports", "inflow"), strict=True))
    return InputOutputTable(
        **{b: getattr(table, b) for b in ("Z", "final_uses", "value_added", "output", "error", "names")},
        trade=pd.DataFrame({ours: trade[theirs] for ours, theirs in columns.items()}),
        year=table.year,
        region=REST,
        unit=table.unit,
        price_basis=table.price_basis,
        vintage=table.vintage,
        row_tolerance=table.row_tolerance + 1e-9 * float(table.output.max()),
        column_tolerance=table.column_tolerance,
    )


def distances_between(membership: pd.Series, measure: str = "centres") -> pd.DataFrame:
    """Distances between provinces, or between regions that provinces make up.

    Parameters
    ----------
    membership : Series
        Region of each province; a province by itself is its own region.
    measure : {"capitals", "centres"}
        Between capitals, or with the largest city where that is another one: Jiangsu is 270 km from Shanghai by
        Nanjing, 126 km by Nanjing and Suzhou together.

    Returns
    -------
    DataFrame, R x R
        km; harmonic means over the pairs of provinces, each with equal weight (Head & Mayer 2002). Nought on the
        diagonal.

    Raises
    ------
    TableError
        For an unknown measure or province.
    """
    listed = data.read("statistics/distances")
    if measure not in set(listed["measure"]):
        raise TableError(f"unknown measure {measure!r}: one of {', '.join(listed['measure'].unique())}")
    wide = listed[listed["measure"] == measure].pivot(index="region", columns="other", values="distance")
    membership = pd.Series(membership, dtype=object)
    unknown = [name for name in membership.index if name not in wide.index]
    if unknown:
        raise TableError(f"there are no distances for {few(unknown)}")
    inverse = (1 / wide).loc[membership.index, membership.index].to_numpy()
    member = pd.get_dummies(membership)[list(membership.unique())].to_numpy(dtype=float)
    pairs = member.T @ np.ones_like(inverse) @ member
    regions = list(membership.unique())
    mean = pairs / (member.T @ np.nan_to_num(inverse) @ member).clip(min=1e-300)
    np.fill_diagonal(mean, 0.0)
    return pd.DataFrame(mean, regions, regions)


def eight_regions() -> pd.Series:
    """Which of the eight regions of the published interregional tables each province lies in."""
    return data.read("io/eight_regions").set_index("region")["eight"]


__all__ = [
    "DELTA",
    "REST",
    "RESTS",
    "RegionalAccounts",
    "delta_accounts",
    "distances_between",
    "eight_regions",
    "published_accounts",
    "rest_of_nation",
]
