"""The measurements that decide the declared claims: one function for each quantity in ``data/report/tests.yaml``.

Every function takes the choices and fixed settings of its claim as keywords and returns the quantity in the claim's
unit, as a number or as an :class:`~analysis.verdicts.rule.Estimate` with its interval.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analysis import growth, regression, structure
from analysis.data import read
from analysis.ledger import load as load_ledger
from analysis.linkages import embodied_inputs, input_shares, output_multipliers, rasmussen_linkages
from analysis.tables import InputOutputTable, load, sectors
from analysis.verdicts.claims import Claim, declared, groups
from analysis.verdicts.rule import Estimate, Verdict, judge

DELTA = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")
MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
# The eastern region of the National Bureau of Statistics.
EAST = ("Beijing", "Tianjin", "Hebei", "Shanghai", "Jiangsu", "Zhejiang", "Fujian", "Shandong", "Guangdong", "Hainan")


def verdict(claim_id: str) -> Verdict:
    """Judge one declared claim.

    Parameters
    ----------
    claim_id : str
        As in :func:`~analysis.verdicts.claims.declared`.

    Returns
    -------
    Verdict
        With all readings.

    Raises
    ------
    KeyError
        If no claim of that id is declared.
    """
    claim = declared()[claim_id]
    return judge(claim, None if claim.cannot_be_tested else globals()[claim.evidence])


def verdicts(section: str = "") -> dict[str, Verdict]:
    """Judge all declared claims of a section and its parts, in the order of the paper."""
    return {key: verdict(key) for key, claim in declared().items() if _within(claim, section)}


def _within(claim: Claim, section: str) -> bool:
    return not section or claim.section == section or claim.section.startswith(section + ".")


@cache
def _table(region: str, year: int, imports: str) -> InputOutputTable:
    table = load(region, year)
    return table if imports == "competitive" else table.local(imports)


@cache
def _linkages(region: str, year: int, imports: str, weights: str) -> pd.DataFrame:
    return rasmussen_linkages(_table(region, year, imports), weights)


def _manufacturing() -> pd.Index:
    listed = sectors()
    return listed.index[listed["group"] == "manufacturing"]


def _industry() -> pd.Index:
    listed = sectors()
    return listed.index[listed["group"].isin(["mining", "manufacturing", "utilities"])]


def _years(period: str) -> tuple[int, int]:
    start, end = period.split("-")
    return int(start), int(end)


def _group_mean(values: pd.Series, codes, weights: pd.Series | None = None) -> float:
    codes = [c for c in codes if c in values.index]
    return float(np.average(values[codes], weights=None if weights is None else weights[codes]))


def pull_index(*, of, group, region, year, imports, average) -> float:
    """Mean backward linkage index of a group; with ``average="output"`` sectors count by their output."""
    weights = _table(region, year, imports).output if average == "output" else None
    return _group_mean(_linkages(region, year, imports, average)["backward_index"], groups()[of][group], weights)


local_pull_index = pull_index


def push_index(*, of, group, region, year, imports, average) -> float:
    """Mean forward linkage index of a group; with ``average="output"`` sectors count by their output."""
    weights = _table(region, year, imports).output if average == "output" else None
    return _group_mean(_linkages(region, year, imports, average)["forward_index"], groups()[of][group], weights)


def pull_that_stays(*, sector, region, year, imports) -> float:
    """Local over total indirect output that a unit of final demand for a sector calls for, in per cent."""
    total = output_multipliers(_table(region, year, "competitive"))[sector] - 1
    local = output_multipliers(_table(region, year, imports))[sector] - 1
    return 100 * local / total


def _research(table: InputOutputTable, suppliers, depth: str) -> pd.Series:
    return input_shares(table, suppliers) if depth == "direct" else embodied_inputs(table, suppliers)


def embodied_research_ratio(*, of, group, suppliers, region, year, imports, depth) -> float:
    """Research content of a group's products over that of the other manufacturing sectors, output-weighted."""
    table = _table(region, year, imports)
    content = _research(table, suppliers, depth)
    members = groups()[of][group]
    others = [c for c in _manufacturing() if c not in members]
    return _group_mean(content, members, table.output) / _group_mean(content, others, table.output)


def substitution_effect(*, of, group, region, period, imports, weights) -> float:
    """Part of a group's output growth that comes from local shares of supply, in per cent."""
    effects = sources_of_growth(region, period, imports, weights)
    members = effects.loc[list(groups()[of][group])]
    return 100 * members["import substitution"].sum() / members["change"].sum()


@cache
def sources_of_growth(region: str, period: str, imports: str, weights: str = "shapley") -> pd.DataFrame:
    """Sources of output growth between two tables, by sector, in the tables' unit and current prices."""
    first, last = _years(period)
    start, end = _table(region, first, "competitive"), _table(region, last, "competitive")
    return growth.output_growth_sources(start, end, imports, method=weights)


def _content_per_100(table: InputOutputTable, suppliers, users, depth: str) -> float:
    return 100 * _group_mean(_research(table, suppliers, depth), users, table.output)


def service_content_change(*, of, group, region, period, imports, depth) -> float:
    """Change in service inputs per 100 yuan of manufacturing output between two tables."""
    first, last = (
        _content_per_100(_table(region, year, imports), groups()[of][group], _manufacturing(), depth)
        for year in _years(period)
    )
    return last - first


def finance_content_change(*, suppliers, scope, region, period, imports, depth) -> float:
    """Change in financial services per 100 yuan of output of manufacturing, or of its assembly industries."""
    users = _manufacturing() if scope == "manufacturing" else groups()["assembly"]["narrow"]
    first, last = (_content_per_100(_table(region, year, imports), suppliers, users, depth) for year in _years(period))
    return last - first
