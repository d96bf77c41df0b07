"""Method groups of the command line: each a table of results, made by the functions of the library alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pandas as pd

from analysis import linkages
from analysis.cli.output import progress
from analysis.scenarios import Scenario
from analysis.tables import ImportTreatmentError, InputOutputTable, TableError

Options = dict[str, Any]
"""What was asked for on the command line, by name."""

Method = Callable[[InputOutputTable, Options], pd.DataFrame]

# Draws between two steps of the progress bar.
_STEP = 50


def run(group: str, table: InputOutputTable, options: Options) -> pd.DataFrame:
    """Compute a group.

    Parameters
    ----------
    group : str
        Key of :data:`analysis.cli.GROUPS`.
    table : InputOutputTable
        Local where the group needs it.
    options : dict
        ``weights``, ``sector``, ``extract``, ``top``, ``draws``, ``cv``, ``seed``, ``measure``, ``published``, and
        ``quiet`` if no bar may be shown.

    Returns
    -------
    DataFrame
        By sector, with its English name first, where the result is one of sectors. ``attrs`` are those of the
        library's result.
    """
    result = _GROUPS[group](table, options)
    attrs = dict(result.attrs)
    if result.index.nlevels == 1 and result.index.isin(table.sectors).all():
        result = result.rename_axis("sector")
        if "name_en" not in result:
            result.insert(0, "name_en", table.names["name_en"].reindex(result.index))
    result.attrs = attrs
    return result


def scenario_frame(scenario: Scenario, table: InputOutputTable) -> pd.DataFrame:
    """Return effects by sector under the main assumption, with the range of output over all of them."""
    frame = scenario.effects.rename_axis("sector")
    over = scenario.range["output"]
    frame["output_lowest"], frame["output_highest"] = over["lowest"], over["highest"]
    frame.insert(0, "name_en", table.names["name_en"].reindex(frame.index))
    return frame


def _multipliers(table: InputOutputTable, _: Options) -> pd.DataFrame:
    output = linkages.output_multipliers(table).rename("output")
    return pd.concat([output, linkages.primary_input_multipliers(table).T], axis=1)


def _linkages(table: InputOutputTable, options: Options) -> pd.DataFrame:
    result = linkages.rasmussen_linkages(table, options["weights"])
    return result.assign(**{"class": linkages.key_sectors(result)})


def _direct(table: InputOutputTable, _: Options) -> pd.DataFrame:
    result = linkages.direct_linkages(table)
    return result.assign(**{"class": linkages.key_sectors(result)})


def _net(table: InputOutputTable, _: Options) -> pd.DataFrame:
    return linkages.net_linkages(table).to_frame("net_backward")


def _extraction(table: InputOutputTable, options: Options) -> pd.DataFrame:
    if options["extract"]:
        return linkages.extract_group(table, [code.strip() for code in options["extract"].split(",")])
    return linkages.hypothetical_extraction(table)


def _position(table: InputOutputTable, _: Options) -> pd.DataFrame:
    inventories = next((c for c in linkages.INVENTORIES if c in table.final_uses), None)
    result = linkages.positions(table, inventories=inventories)
    result.attrs["inventories"] = inventories
    return result


def _dependence(table: InputOutputTable, options: Options) -> pd.DataFrame:
    result = linkages.input_origins(table).add_prefix("inputs_")
    result["local_content"] = linkages.local_content(table)
    return result.join(linkages.import_content(table, _foreign(options["published"])))


def _final_demand(table: InputOutputTable, _: Options) -> pd.DataFrame:
    return linkages.final_demand_content(table).rename_axis("use")


def _exports(table: InputOutputTable, _: Options) -> pd.DataFrame:
    imported = linkages.vertical_specialisation(table)
    result = imported.join(linkages.value_added_in_exports(table)[["by_exporter", "by_earner"]])
    result.attrs = imported.attrs
    return result


def _sensitivity(table: InputOutputTable, _: Options) -> pd.DataFrame:
    inverse = linkages.leontief_inverse(table)
    parts = {
        "coefficient": linkages.technical_coefficients(table),
        "influence": linkages.fields_of_influence(table, inverse),
        "elasticity": linkages.coefficient_elasticities(table, inverse),
        "tolerable_limit": linkages.tolerable_limits(table, inverse=inverse),
    }
    return pd.DataFrame({name: _long(frame) for name, frame in parts.items()})


def _network(table: InputOutputTable, _: Options) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "influence": linkages.influence_vector(table),
            "eigenvector_supply": linkages.eigenvector_centrality(table, "supply"),
            "eigenvector_use": linkages.eigenvector_centrality(table, "use"),
            "betweenness": linkages.betweenness_centrality(table),
        }
    )


def _paths(table: InputOutputTable, options: Options) -> pd.DataFrame:
    if not options["sector"]:
        raise TableError("paths need --sector: whose supply chains to follow, such as --sector C19")
    result = linkages.structural_paths(table, options["sector"], options["top"] or 10)
    attrs = result.attrs
    # From the first supplier to the sector, as goods flow.
    result["path"] = [" > ".join(reversed(path)) for path in result["path"]]
    result = result.set_index("path")
    result.attrs = attrs
    return result


def _ranks(table: InputOutputTable, options: Options) -> pd.DataFrame:
    # Noise is wanted by this group alone, and its methods take a while to load.
    from analysis.uncertainty import linkage_draws, rank_intervals

    total = options["draws"]
    parts = []
    # A draw depends on the seed and its number alone, so that parts are the same as the whole.
    with progress(range(0, total, _STEP), "Drawing tables", options["quiet"]) as starts:
        for start in starts:
            some = range(start, min(start + _STEP, total))
            parts.append(linkage_draws(table, options["measure"], some, options["cv"], options["seed"]))
    whole = pd.concat(parts)
    whole.attrs = parts[0].attrs
    return rank_intervals(whole)


def _matrix(function: Callable[[InputOutputTable], pd.DataFrame], name: str) -> Method:
    return lambda table, _: _long(function(table)).to_frame(name)


def _long(frame: pd.DataFrame) -> pd.Series:
    return cast("pd.Series", frame.rename_axis(index="row", columns="column").stack())


def _foreign(table: InputOutputTable | None) -> pd.Series | None:
    """Foreign share of inflows, where the published table tells it."""
    try:
        return None if table is None else linkages.foreign_shares(table)
    except ImportTreatmentError:
        return None


_GROUPS = {
    "multipliers": _multipliers,
    "linkages": _linkages,
    "direct": _direct,
    "net": _net,
    "extraction": _extraction,
    "position": _position,
    "dependence": _dependence,
    "final-demand": _final_demand,
    "exports": _exports,
    "sensitivity": _sensitivity,
    "network": _network,
    "paths": _paths,
    "ranks": _ranks,
    "coefficients": _matrix(linkages.technical_coefficients, "coefficient"),
    "inverse": _matrix(linkages.leontief_inverse, "requirement"),
}
