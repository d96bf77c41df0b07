"""Tables for tests: published cases, and random ones that balance by construction."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from analysis.tables import InputOutputTable

CASES = Path(__file__).parent / "cases"


def case(name):
    return json.loads((CASES / f"{name}.json").read_text())


def codes(n):
    return pd.Index([f"S{i + 1}" for i in range(n)])


def parts(Z, x, final=None, exports=None, inflows=None, sectors=None, trade=None, value_added=None, **options):
    """Keyword arguments of a balanced table; final uses and value added close what is not given."""
    Z, x = np.asarray(Z, float), np.asarray(x, float)
    sectors = codes(len(x)) if sectors is None else pd.Index(sectors)
    if trade is None:
        trade = {"EX": exports, "IM": inflows}
    trade = pd.DataFrame({k: v for k, v in trade.items() if v is not None}, index=sectors, dtype=float)
    signs = {"IM": -1, "IF": -1, "IMIF": -1}
    net = sum((signs.get(c, 1) * trade[c].to_numpy() for c in trade), np.zeros(len(x)))
    if final is None:
        final = x - Z.sum(axis=1) - net
    if not isinstance(final, dict):
        final = {"FU102": final}
    if value_added is None:
        value_added = {"VA001": x - Z.sum(axis=0)}
    return {
        "Z": pd.DataFrame(Z, sectors, sectors),
        "final_uses": pd.DataFrame(final, index=sectors, dtype=float),
        "trade": trade,
        "value_added": pd.DataFrame(value_added, index=sectors, dtype=float).T,
        "output": pd.Series(x, sectors),
        "year": 2017,
        "region": "Shanghai",
        "unit": "100 million CNY",
        "price_basis": "current producers' prices",
        "vintage": "first",
    } | options


def table(Z, x, **options):
    return InputOutputTable(**parts(Z, x, **options))


def closed(Z, x, **options):
    """Build a table of an economy without inflows, as local flows: the book examples."""
    return table(Z, x, **options).local("supply pool")


def miller_blair(local=True):
    """Build the two-sector table of Miller & Blair's chapter 2."""
    c = case("miller_blair_2x2")
    return closed(c["Z"], c["x"]) if local else table(c["Z"], c["x"])


@st.composite
def tables(draw, most=7, idle=True, trade=True, inventories=True):
    """Competitive tables that balance, with transit trade, negative inventories and sectors without output."""
    n = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.uniform(1, 1000, n)
    if idle and n > 1 and draw(st.booleans()):
        x[rng.integers(n)] = 0
    shares = rng.dirichlet(np.ones(n + 2), n).T  # columns: n inputs and two value-added rows
    shares[:n] *= rng.random((n, n)) < 0.8
    Z = shares[:n] * x
    rest = x - Z.sum(axis=0)
    value_added = {"VA001": rest * 0.6, "VA004": rest * 0.4}
    consumption = rng.uniform(0, 500, n) * (rng.random(n) < 0.9)
    stocks = rng.uniform(-5, 5, n) if inventories else np.zeros(n)
    # Uses beyond output come from outside, and what is left over leaves; crossing trade comes on top.
    gap = x - Z.sum(axis=1) - consumption - stocks
    crossing = rng.uniform(0, 300, n) * (rng.random(n) < 0.5)
    exports, inflows = np.maximum(gap, 0) + crossing, np.maximum(-gap, 0) + crossing
    if not trade:
        consumption, exports, inflows = consumption + gap, None, None
    return table(
        Z, x, final={"FU102": consumption, "FU202": stocks}, exports=exports, inflows=inflows, value_added=value_added
    )
