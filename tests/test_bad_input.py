"""Bad input to any public function is refused in words, with the label or the value concerned, and never becomes NaN.

Every function is called once with data that it takes. Then each argument is spoilt in each way that its kind knows. A
function may refuse what it gets, in an error of its own that names what is wrong, or, where the spoilt data are still
data (a sector less in a single series), give a result without a missing value.

What it says is held word for word. ``python -m tests.test_bad_input`` writes it down, after a change that is meant.
"""

import copy
import dataclasses
import inspect
import re
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import analysis
from analysis import growth, linkages, regression, scenarios, structure, uncertainty
from analysis.interregional import load_estimated
from analysis.tables import load
from tests.examples import table

ROOT = Path(analysis.__file__).parent
SECTORS = ["farms", "mills", "shops"]
YEARS = [2017, 2018, 2019, 2020]
PLACE = Path(__file__).with_suffix(".yaml")
SAID = yaml.safe_load(PLACE.read_text(encoding="utf-8"))
REGIONS = ["north", "south", "east", "west", "centre", "coast"]


# --- data that the functions take


def competitive(scale=1.0, year=2017):
    Z = np.array([[30.0, 40, 10], [20, 90, 60], [15, 50, 40]])
    x = np.array([200.0, 400, 300])
    rest = x - Z.sum(axis=0)
    t = table(
        Z * scale,
        x * scale,
        sectors=SECTORS,
        final={"FU101": np.array([20.0, 30, 40]) * scale, "FU102": np.array([30.0, 60, 70]) * scale},
        trade={
            "EX": (x - Z.sum(axis=1) - [50, 90, 110] + [40, 70, 30]) * scale,
            "IM": np.array([30.0, 50, 30]) * scale,
            "IF": np.array([10.0, 20, 0]) * scale,
        },
        value_added={"VA001": rest * 0.6 * scale, "VA004": rest * 0.4 * scale},
        year=year,
    )
    return t


def local():
    return competitive().local("supply pool")


def closed():
    """Two regions, no trade outside: what the decompositions of exports ask for."""
    Z, x = np.array([[30.0, 40, 10], [20, 90, 60], [15, 50, 40]]), np.array([200.0, 400, 300])
    rest = x - Z.sum(axis=1)
    return table(Z, x, sectors=SECTORS, final={"FU101": rest * 0.4, "FU102": rest * 0.6}).local("supply pool")


def series(*values, name=None, index=SECTORS):
    return pd.Series([float(v) for v in values], index=list(index), name=name)


def homes():
    return linkages.household_coefficients(local(), ["VA001"], ["FU101", "FU102"], total=1000.0)


HOME = pd.Series(["north", "north", "south"], SECTORS)
USERS = pd.Series(["north", "south"], ["FU101", "FU102"])
L = linkages.leontief_inverse(local())
REGION, NATION = series(20, 40, 30), series(200, 300, 500)
WIDE = pd.DataFrame([[3.0, 5, 2], [4, 4, 4], [7, 1, 3]], SECTORS, REGIONS[:3])
# Regions that come closer, by an eighth of their distance a year, and some noise
PANEL = (
    pd.DataFrame(
        np.exp(
            3 + np.outer(np.linspace(-1, 1, 6), 0.88 ** np.arange(4)) + np.random.default_rng(5).normal(0, 0.01, (6, 4))
        )
    )
    .set_axis(REGIONS)
    .set_axis(YEARS, axis=1)
)
LONG = PANEL.stack().rename_axis(["region", "year"]).rename("income").reset_index()
LONG["capital"] = np.exp(np.random.default_rng(6).normal(size=len(LONG)))
LONG["size"] = np.linspace(1.0, 2.0, len(LONG))
FIT = regression.fixed_effects(LONG, "income", ["capital"], effects=["region", "year"], clusters="region")
DRAWS = uncertainty.linkage_draws(local(), "backward", draws=20, cv=0.1, seed=1)
FACTORS = pd.DataFrame({"scale": [10.0, 20, 30], "rate": [0.2, 0.4, 0.3]}, SECTORS)
COSTS = pd.DataFrame({"capital": [0.4] * 4, "labour": [0.6] * 4}, YEARS)
QUANTITIES = pd.DataFrame({"capital": [5.0, 6, 7, 8], "labour": [3.0, 3, 4, 4]}, YEARS)
T, C = local, competitive
COUNTS = pd.DataFrame([[2.0, 3, 4, 5], [6, 7, 7, 8], [9, 8, 9, 9]], SECTORS, YEARS)

PLAIN = (
    "technical_coefficients allocation_coefficients leontief_inverse output_multipliers primary_input_coefficients"
    " primary_input_multipliers direct_linkages net_linkages betweenness_centrality input_origins local_content"
    " value_added_in_exports vertical_specialisation foreign_shares"
).split()
INVERSE = (
    "average_propagation_length coefficient_elasticities fields_of_influence ghosh_inverse hypothetical_extraction"
).split()
POSITION = "upstreamness downstreamness positions".split()
STRUCTURE = "bray_curtis cosine_similarity gini herfindahl krugman_index mean_log_deviation shares theil".split()
QUOTIENTS = "cilq rlq flq aflq".split()


# How each function is called; what it takes beside a table is spoilt.
CALLS = {
    **{name: {"table": local} for name in PLAIN},
    **{name: {"table": local, "inverse": lambda: L} for name in INVERSE},
    **{name: {"table": local, "correction": "open economy", "inventories": "FU102"} for name in POSITION},
    **{name: {"region": REGION, "nation": NATION} for name in QUOTIENTS},
    "flq": {"region": REGION, "nation": NATION, "delta": 0.3},
    "aflq": {"region": REGION, "nation": NATION, "delta": 0.3},
    "foreign_shares": {"table": competitive},
    "closed_inverse": {"table": local, "households": homes},
    "closed_output_multipliers": {"table": local, "households": homes},
    "eigenvector_centrality": {"table": local, "side": "supply"},
    "embodied_inputs": {"table": local, "suppliers": ["farms", "mills"]},
    "input_shares": {"table": local, "suppliers": ["farms", "mills"]},
    "employment_multipliers": {"table": local, "employment": series(9, 8, 7), "households": homes},
    "extract_group": {"table": local, "sectors": ["farms", "mills"], "inverse": lambda: L},
    "field_of_influence": {
        "table": local, "row": "farms", "column": "mills", "change": 0.01, "inverse": lambda: L,
    },
    "final_demand_content": {"table": local, "foreign": series(0.1, 0.2, 0.3)},
    "import_content": {"table": local, "foreign": series(0.1, 0.2, 0.3)},
    "household_coefficients": {
        "table": local, "income": ["VA001"], "consumption": ["FU101", "FU102"], "total": 1000.0,
    },
    "income_multipliers": {"table": local, "income": ["VA001", "VA004"], "households": homes},
    "influence_vector": {"table": local, "primary_share": 0.4},
    "interregional_feedback": {"table": local, "regions": HOME, "region": "north"},
    "interregional_multipliers": {"table": local, "regions": HOME, "inverse": lambda: L},
    "spillover_multipliers": {"table": local, "regions": HOME, "inverse": lambda: L},
    "value_added_in_regional_exports": {"table": local, "regions": HOME, "final_regions": USERS},
    "koopman_wang_wei": {"table": closed, "regions": HOME, "final_regions": USERS},
    "wang_wei_zhu": {"table": closed, "regions": HOME, "final_regions": USERS},
    "new_revealed_comparative_advantage": {
        "table": local, "regions": HOME, "final_regions": USERS, "industries": pd.Series(["a", "b", "a"], SECTORS),
    },
    "key_sectors": {"linkages": lambda: linkages.rasmussen_linkages(local())[["backward_index", "forward_index"]]},
    "leontief_price_model": {"table": local, "change": series(0.1, 0.2, 0.3)},
    "rank_stability": {"values": {"one": series(1, 2, 3), "two": series(2, 1, 3)}},
    "rasmussen_linkages": {"table": local, "weights": "equal", "inverse": lambda: L},
    "total_linkages": {"table": local, "weights": "equal"},
    "regional_coefficients": {"national": L, "quotients": series(0.5, 2, 1)},
    "structural_paths": {"table": local, "sector": "farms", "count": 5, "intensity": series(0.1, 0.2, 0.3)},
    "tolerable_limits": {"table": local, "bound": 0.01, "inverse": lambda: L},
    "ras": {"matrix": WIDE, "rows": series(12, 14, 10), "columns": series(15, 11, 10, index=REGIONS[:3])},
    "gras": {"matrix": WIDE, "rows": series(12, 14, 10), "columns": series(15, 11, 10, index=REGIONS[:3])},
    "balance_stack": {
        "matrices": np.stack([WIDE.to_numpy()] * 2), "rows": np.array([[12.0, 14, 10]] * 2),
        "columns": np.array([[15.0, 11, 10]] * 2),
    },
    # growth
    "compound_growth_rate": {"start": series(1, 2, 3), "end": series(2, 3, 4), "years": 5.0},
    "contribution_to_growth": {"start": series(1, 2, 3), "end": series(2, 3, 4)},
    "deflate": {
        "values": series(5, 6, 7, 8, index=YEARS), "deflator": series(1, 2, 3, 4, index=YEARS, name="p"), "base": 2018,
    },
    "dynamic_shift_share": {"region": COUNTS, "nation": COUNTS * 10, "method": "classic"},
    "growth_accounting": {
        "output": series(9, 10, 12, 13, index=YEARS), "inputs": QUANTITIES, "cost_shares": COSTS,
    },
    "lmdi": {
        "start": FACTORS, "end": FACTORS * 1.1, "form": "additive",
        "totals": (FACTORS.prod(axis=1), (FACTORS * 1.1).prod(axis=1)), "tolerance": 1e-9,
    },
    "logarithmic_mean": {"a": series(1, 2, 3), "b": series(2, 2, 4)},
    "output_growth_sources": {
        "start": competitive, "end": lambda: competitive(1.5, 2020), "assumption": "supply pool", "method": "shapley",
    },
    "perpetual_inventory": {
        "investment": pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 2, 2, 2]}, YEARS), "depreciation_rate": 0.1,
        "initial": series(5, 6, index=["a", "b"]),
    },
    "polar_sda": {
        "function": lambda: lambda a, b: a * b, "start": {"a": series(1, 2, 3), "b": series(2, 2, 2)},
        "end": {"a": series(1, 3, 3), "b": series(2, 3, 2)}, "form": "additive",
    },
    "shapley_sda": {
        "function": lambda: lambda a, b: a * b, "start": {"a": series(1, 2, 3), "b": series(2, 2, 2)},
        "end": {"a": series(1, 3, 3), "b": series(2, 3, 2)}, "form": "multiplicative",
    },
    "share_identity": {"share0": 0.4, "share1": 0.5, "years": 5.0, "whole_rate": 0.06},
    "shift_share": {
        "region0": REGION, "region1": REGION * 1.2, "nation0": NATION, "nation1": NATION * 1.1, "method": "classic",
    },
    "steady_state_capital": {"first_investment": series(1, 2, 3), "depreciation_rate": 0.1, "growth_rate": 0.05},
    "value_added_lmdi": {
        "output0": REGION, "value_added0": REGION * 0.3, "output1": REGION * 1.3, "value_added1": REGION * 0.5,
        "form": "additive",
    },
    # structure
    **{
        name: {"values": WIDE}
        for name in STRUCTURE
    },
    "coupling_coordination": {
        "scores": WIDE / 10, "weights": series(0.5, 0.3, 0.2, index=REGIONS[:3]), "definition": "revised",
    },
    "location_quotient": {"values": WIDE, "reference": NATION},
    # regression
    "beta_convergence": {
        "start": PANEL[2017], "end": PANEL[2020], "years": 3.0,
        "controls": PANEL[[2018]] / 10, "inference": "robust", "confidence": 0.95, "seed": 0,
    },
    "cluster_influence": {"regression": lambda: FIT, "term": "capital"},
    "diagnostics": {"regression": lambda: FIT, "unit": "region", "time": "year"},
    "elasticity": {
        "data": LONG, "outcome": "income", "regressors": ["capital"], "effects": ["region"], "clusters": "region",
        "weights": "size", "confidence": 0.95,
    },
    "fixed_effects": {
        "data": LONG, "outcome": "income", "regressors": ["capital"], "effects": ["region"], "clusters": "region",
        "weights": "size", "confidence": 0.95,
    },
    "panel_convergence": {
        "levels": PANEL.T, "effects": ("region", "year"), "inference": "clustered", "confidence": 0.95, "seed": 0,
    },
    "row_influence": {"regression": lambda: FIT, "term": "capital"},
    "sigma_convergence": {"levels": PANEL.T, "confidence": 0.95},
    "wild_cluster_bootstrap": {
        "regression": lambda: FIT, "term": "capital", "null": 0.0, "draws": 99, "weights": "rademacher", "seed": 0,
    },
    # uncertainty
    "calibrate_noise": {"first": lambda: load("Shanghai", 2017), "second": lambda: load("Jiangsu", 2017)},
    "choice_ranges": {"values": {"one": series(1, 2, 3), "two": series(2, 1, 3)}, "names": ("choice",)},
    "flow_draws": {"table": local, "draws": 5, "cv": 0.1, "seed": 1, "distribution": "lognormal"},
    "linkage_covariance": {
        "table": local, "measure": "backward", "cv": L * 0 + 0.1, "balanced": True, "weights": "equal",
    },
    "linkage_derivatives": {"table": local, "sector": "farms", "measure": "backward"},
    "linkage_draws": {
        "table": local, "measure": "backward", "draws": 5, "cv": L * 0 + 0.1, "seed": 1, "distribution": "lognormal",
        "weights": "equal", "batch": 2,
    },
    "linkage_standard_errors": {
        "table": local, "measure": "backward", "cv": 0.1, "level": 0.95, "balanced": True, "weights": "equal",
    },
    "probability_of_key_sector": {
        "draws": lambda: uncertainty.linkage_draws(local(), ["backward_index", "forward_index"], 20, 0.1, 1)
    },
    "rank_intervals": {"draws": DRAWS, "level": 0.95},
    "rank_probability": {"draws": DRAWS, "rank": 1},
    # scenarios
    "demand_across_regions": {
        "table": lambda: load_estimated(2017), "change": {"C19": 0.1}, "region": "Shanghai", "bought": "anywhere",
    },
    "final_demand_shock": {
        "table": competitive, "change": {"farms": 0.1}, "bought": "anywhere", "assumption": "supply pool",
    },
    "import_substitution": {"table": competitive, "share": {"farms": 0.1}, "assumption": "supply pool"},
    "sourcing_shift": {
        "table": competitive, "share": {"farms": 0.1}, "users": ["mills", "shops"], "assumption": "supply pool",
    },
    "supply_loss": {"table": competitive, "share": {"farms": 0.1}, "assumption": "supply pool"},
}  # fmt: skip


# --- ways to spoil an argument: what it becomes, and the words of which a refusal must hold one


def in_a_cell(data, value):
    """Put a value into the second row, and the last column."""
    changed = data.copy() if isinstance(value, float) else data.astype(object)
    changed.iloc[(1, -1) if isinstance(data, pd.DataFrame) else 1] = value
    return changed


def with_labels(data, axis, change):
    labels = list(data.axes[axis])
    stranger = (*labels[-1][:-1], "unknown") if isinstance(labels[-1], tuple) else "unknown"
    labels[-1] = {"repeated": labels[0], "unknown": stranger}[change]
    return data.set_axis(pd.Index(labels, dtype=None if data.axes[axis].nlevels > 1 else object), axis=axis)


def name_of(label):
    return str(label[-1] if isinstance(label, tuple) else label)


def spoilt_data(data):
    """Spoil a Series or a DataFrame, in values, labels and shape."""
    row, last = str(data.index[1]), str(data.index[-1])
    column = name_of(data.columns[-1]) if isinstance(data, pd.DataFrame) else row
    numbers = data.iloc[:, -1] if isinstance(data, pd.DataFrame) else data
    yield "missing value", in_a_cell(data, np.nan), [row, column]
    if numbers.dtype.kind == "f":
        yield "infinite value", in_a_cell(data, np.inf), [row, column]
        yield "text", in_a_cell(data, "n.a."), ["n.a.", row, column, "not numbers"]
    yield "no rows", data.iloc[:0], ["empty", "no ", "0 ", last]
    yield "row repeated", with_labels(data, 0, "repeated"), [str(data.index[0]), last]
    yield "row unknown", with_labels(data, 0, "unknown"), ["unknown", last]
    yield "row lost", data.iloc[:-1], [last]
    if isinstance(data, pd.DataFrame):
        yield "no columns", data.iloc[:, :0], ["empty", "no ", "0 ", column, "none"]
        yield "column repeated", with_labels(data, 1, "repeated"), [name_of(data.columns[0]), column]
        yield "column unknown", with_labels(data, 1, "unknown"), ["unknown", column]
        yield "column lost", data.iloc[:, :-1], [column, "empty"]
        yield "one column alone", data.iloc[:, 0], ["table", "DataFrame", "one", "two ", column, "lack"]
    else:
        yield "a table", data.to_frame("a").assign(b=data), ["Series", "columns", "shape"]
    yield "no labels", data.to_numpy(), ["labels", "Series", "DataFrame", row, "0"]


def spoilt(name, value):
    """Ways to spoil an argument: name of the way, the argument, and words of which a refusal must hold one."""
    if isinstance(value, pd.Series | pd.DataFrame):
        yield from spoilt_data(value)
    elif isinstance(value, np.ndarray):
        for wrong in (np.nan, np.inf):
            changed = value.copy()
            changed[-1, -1] = wrong
            yield f"{wrong}", changed, ["finite"]
        yield "lost", value[:, :-1], [str(value.shape), str(value[:, :-1].shape)]
    elif isinstance(value, float):
        for wrong in (np.nan, np.inf, "much"):
            yield f"{wrong}", wrong, [str(wrong), name]
    elif isinstance(value, int) and not isinstance(value, bool):
        for wrong in (np.nan, -1, 1.5, "many"):
            yield f"{wrong}", wrong, [str(wrong), name]
    elif isinstance(value, str):
        yield "unknown", "unknown", ["unknown"]
    elif isinstance(value, dict) and all(isinstance(v, pd.Series) for v in value.values()):
        first, *others = value
        for way, wrong, words in spoilt_data(value[first]):
            yield f"{way} in one", {first: wrong} | {k: value[k] for k in others}, words
        yield "empty", {}, ["no ", "0 ", "at least", *value]
        yield "other keys", {"unknown" if k == first else k: v for k, v in value.items()}, ["unknown"]
    elif isinstance(value, dict):
        first = next(iter(value))
        for way, wrong in [("missing value", np.nan), ("infinite value", np.inf), ("text", "n.a.")]:
            yield way, value | {first: wrong}, [first]
        yield "unknown label", {"unknown": value[first]}, ["unknown"]
        yield "empty", {}, ["no ", "empty", "at least", name]
    elif isinstance(value, list | tuple) and isinstance(value[0], str):
        yield "unknown label", type(value)([*value[:-1], "unknown"]), ["unknown"]
        yield "empty", type(value)(), ["no ", "empty", "at least", name]
        yield "repeated label", type(value)([*value, value[0]]), [value[0]]
    elif isinstance(value, tuple):
        for way, wrong, words in spoilt_data(value[0]):
            yield f"{way} in the first", (wrong, *value[1:]), words


def good(name):
    return {key: value() if inspect.isfunction(value) else copy.deepcopy(value) for key, value in CALLS[name].items()}


# --- what is no mistake: a series or a table that stands alone is data with a row less, too

ALONE = {"row unknown", "row lost", "column unknown", "column lost"}
TAKEN = {
    **{(name, "values"): ALONE | {"one column alone", "no labels"} for name in STRUCTURE},
    ("location_quotient", "values"): {"column unknown", "column lost", "one column alone"},
    ("coupling_coordination", "scores"): {"row unknown", "row lost"},
    ("sigma_convergence", "levels"): ALONE | {"no labels"},
    ("panel_convergence", "levels"): {"row lost", "column unknown", "column lost", "no labels"},
    **{(name, "draws"): ALONE for name in ("rank_intervals", "rank_probability")},
    ("probability_of_key_sector", "draws"): {"row unknown", "row lost"},
    ("key_sectors", "linkages"): {"row unknown", "row lost"},
    ("perpetual_inventory", "investment"): {"row lost"},
    ("steady_state_capital", "first_investment"): {"row unknown", "row lost"},
    # the rows of a regression are observations, and need no labels; effects may be none
    **{(name, "data"): {"row repeated", "row unknown", "row lost"} for name in ("fixed_effects", "elasticity")},
    **{(name, "effects"): {"empty"} for name in ("fixed_effects", "elasticity")},
    # another control, under the name of one that is there
    ("beta_convergence", "controls"): {"column repeated", "column unknown"},
    # a change that is not named is none
    ("leontief_price_model", "change"): {"row lost"},
    # ranks are taken over the sectors that all have; keys and names are free
    ("choice_ranges", "values"): {"row unknown in one", "row lost in one", "other keys"},
    ("choice_ranges", "names"): {"unknown label"},
    ("rank_stability", "values"): {"other keys"},
    ("deflate", "values"): {"row lost", "a table"},
    # these take arrays as well
    **{(name, part): {"no labels"} for name in ("ras", "gras") for part in ("matrix", "rows", "columns")},
    **{("compound_growth_rate", part): {"no labels"} for part in ("start", "end")},
    **{("logarithmic_mean", part): {"no labels"} for part in ("a", "b")},
    **{(name, year): {"no labels in one"} for name in ("polar_sda", "shapley_sda") for year in ("start", "end")},
}
# What the caller's own function does with factors that it cannot take is its own error.
CALLERS = {
    (name, year): {"text in one", "a table in one"}
    for name in ("polar_sda", "shapley_sda")
    for year in ("start", "end")
}


def functions():
    packages = (linkages, growth, structure, regression, uncertainty, scenarios)
    found = {name: getattr(package, name) for package in packages for name in package.__all__}
    return {name: function for name, function in found.items() if inspect.isfunction(function)}


def finite(result) -> bool:
    if dataclasses.is_dataclass(result):
        return all(finite(getattr(result, field.name)) for field in dataclasses.fields(result))
    if isinstance(result, pd.DataFrame):
        result = result.select_dtypes("number")
    numbers = np.asarray(result) if isinstance(result, pd.DataFrame | pd.Series | np.ndarray | float) else np.zeros(0)
    return numbers.dtype.kind != "f" or bool(np.isfinite(numbers).all())


def complaint(function, arguments, words, taken, complete):
    """What a function says of an argument, and what is wrong with how it meets it; nothing if it is right."""
    try:
        result = function(**arguments)
    except Exception as error:
        said, place = str(error), Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        if taken:
            return said, f"refuses what it is said to take: {said}"
        if not isinstance(error, ValueError) or ROOT not in place.parents:
            return said, f"{type(error).__name__} of {place.name}: {said}"
        return said, None if any(word in said for word in words) else f"names none of {words}: {said}"
    if not taken:
        return None, "takes it"
    return None, None if finite(result) or not complete else "gives a missing value"


def refusals(name):
    """What a function says of each spoilt argument, and what is wrong with how it meets them."""
    function, said, wrong = functions()[name], {}, []
    complete = finite(function(**good(name)))
    for argument, value in good(name).items():
        for way, changed, words in spoilt(argument, value):
            if way in CALLERS.get((name, argument), ()):
                continue
            taken = way in TAKEN.get((name, argument), ())
            message, complaint_ = complaint(function, good(name) | {argument: changed}, words, taken, complete)
            if message:
                said[f"{argument}, {way}"] = message
            if complaint_:
                wrong.append(f"{argument}, {way}: {complaint_}")
    return said, wrong


def unmet(name):
    """What is said of a condition that does not hold."""
    with pytest.raises(ValueError) as refused:
        CONDITIONS[name][0]()
    return str(refused.value)


def test_every_public_function_is_called_here():
    assert sorted(functions()) == sorted(CALLS)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_bad_input_is_refused_in_words(name):
    said, wrong = refusals(name)
    assert not wrong, "\n" + "\n".join(wrong)
    assert said == SAID[name]


# what an argument is called in words, where not by its name
SPOKEN = {
    "rows": "row sums", "columns": "column sums", "regions": "region", "final_regions": "region",
    "industries": "industry", "data": "size",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_missing_value_is_said_of_the_argument_that_has_it(name):
    for argument, value in good(name).items():
        if not isinstance(value, pd.Series | pd.DataFrame) or "missing value" in TAKEN.get((name, argument), ()):
            continue
        changed = next(changed for way, changed, _ in spoilt(argument, value) if way == "missing value")
        with pytest.raises(ValueError) as refused:
            functions()[name](**good(name) | {argument: changed})
        assert SPOKEN.get(argument, argument) in str(refused.value), argument


# --- conditions that a whole call must meet


def idle(**parts):
    """A table whose last sector makes nothing, and that may have parts replaced."""
    Z = np.array([[30.0, 40, 0], [20, 90, 0], [0, 0, 0]])
    return table(Z, [100.0, 200, 0], sectors=SECTORS, **parts)


NEGATIVE = series(1, -2, 3)
CONDITIONS = {
    "singular I - A": (
        lambda: table([[50.0, 60], [50, 140]], [100.0, 200], value_added={"VA001": [0.0, 0]}),
        "spectral radius of the input coefficients is 1.0000",
    ),
    "households spend all": (
        lambda: linkages.closed_inverse(
            closed(), linkages.household_coefficients(closed(), ["VA001"], ["FU101", "FU102"], total=300.0)
        ),
        "of each unit of income households bring about .* must be below one",
    ),
    "inputs without output": (
        lambda: table([[30.0, 5], [20, 0]], [100.0, 0]), r"inputs but no output in S2 \(10\)",
    ),
    "extraction of a sector without output": (
        lambda: linkages.extract_group(idle().local("supply pool"), ["shops"]), "shops",
    ),
    "a scenario of a sector without output": (lambda: scenarios.supply_loss(idle(), {"shops": 0.1}), "shops"),
    "all sectors without output": (lambda: linkages.total_linkages(table([[0.0]], [0.0])), "no sector with output"),
    "logarithm of what is negative": (
        lambda: growth.lmdi(FACTORS, FACTORS.assign(rate=NEGATIVE)), "end is negative at mills, rate = -2",
    ),
    "logarithm of zero": (
        lambda: growth.growth_accounting(series(1, 0, 2, 3, index=YEARS), QUANTITIES, COSTS),
        "output is not positive at 2018 = 0",
    ),
    "elasticity of zero": (
        lambda: regression.elasticity(
            LONG.assign(capital=LONG["capital"].where(LONG.index != 7, 0.0)), "income", ["capital"]
        ),
        "capital has no logarithm, being zero or negative, in rows 7",
    ),
    "multiplicative effects on what is negative": (
        lambda: growth.shapley_sda(lambda a: a, {"a": NEGATIVE}, {"a": NEGATIVE}, form="multiplicative"),
        "outcome at mills is not positive",
    ),
    "noise on negative flows": (
        lambda: uncertainty.linkage_draws(table([[-1.0, 2], [3, 4]], [10.0, 20]), "backward", 5, 0.1, 1),
        "negative intermediate flows, S1",
    ),
    "noise on many negative flows": (
        lambda: uncertainty.linkage_draws(table(-np.ones((3, 3)), [10.0, 20, 30]), "backward", 5, 0.1, 1),
        "negative intermediate flows, S1 to S1",
    ),
    "terms of exports of a system with trade outside": (
        lambda: linkages.koopman_wang_wei(local(), HOME, USERS), "the table has exports of 374.936, imported inputs",
    ),
    "factors that do not multiply to the total": (
        lambda: growth.lmdi(FACTORS, FACTORS, totals=(series(2, 8, 9.5), series(2, 8, 9))),
        "do not multiply to the totals in shops: in shops they give 9, the total is 9.5",
    ),
    "shares that do not sum to one": (
        lambda: growth.growth_accounting(series(1, 2, 3, 4, index=YEARS), QUANTITIES, COSTS * 0.9),
        "cost shares do not sum to one in 2017, 2018, 2019, 2020",
    ),
    "margins that disagree": (
        lambda: linkages.ras(WIDE, series(12, 14, 11), series(15, 11, 10, index=REGIONS[:3])),
        "row sums add up to 37, column sums to 36, 1 apart",
    ),
    "margins out of reach": (
        lambda: linkages.ras(
            WIDE.mul(series(1, 0, 1), axis=0), series(12, 14, 10), series(15, 11, 10, index=REGIONS[:3])
        ),
        "mills",
    ),
    "tables of different units": (
        lambda: growth.output_growth_sources(
            competitive(), dataclasses.replace(competitive(), unit="million CNY")
        ),
        "different units: 100 million CNY and million CNY",
    ),
    "tables of different sectors": (
        lambda: growth.output_growth_sources(
            competitive(), competitive().aggregate({"farms": "farms", "mills": "mills", "shops": "mills"})
        ),
        "sectors_of_the_start has shops",
    ),
    "an industry that only the region has": (
        lambda: growth.shift_share(REGION, REGION, NATION.where(NATION != 300, 0), NATION), "nation lacks: mills",
    ),
    "scores beyond one in one system": (
        lambda: structure.coupling_coordination(pd.DataFrame({"a": [0.5, 0.6], "b": [0.5, 1.2]})),
        "scores exceed 1 in b",
    ),
    "an inverse with one column of texts": (
        lambda: linkages.hypothetical_extraction(
            local(), linkages.leontief_inverse(local()).assign(mills=["much", "more", "most"])
        ),
        "not numbers",
    ),
    "a change that leaves a sector less than nothing": (
        lambda: scenarios.final_demand_shock(competitive(), {"farms": -1e6}), "farms",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_that_does_not_hold_is_named_with_its_place_and_size(name):
    said = unmet(name)
    assert re.search(CONDITIONS[name][1], said)
    assert said == SAID["conditions"][name]


def test_what_is_no_longer_said_is_taken_out():
    assert sorted(SAID) == sorted([*CALLS, "conditions"])
    assert sorted(SAID["conditions"]) == sorted(CONDITIONS)


if __name__ == "__main__":
    said = {name: refusals(name)[0] for name in sorted(CALLS)} | {
        "conditions": {name: unmet(name) for name in CONDITIONS}
    }
    PLACE.write_text(yaml.safe_dump(said, allow_unicode=True, width=120), encoding="utf-8")
