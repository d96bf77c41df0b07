"""Accounts of regions whose flows are known because they were made up."""

import numpy as np
import pandas as pd

from analysis.interregional import RegionalAccounts
from analysis.tables import InputOutputTable, InterregionalTable

USES = ["FU102", "FU202"]


def proportional(R=3, n=2, seed=0, imports=True):
    """Make an interregional table in which all users of a product in a region draw on all origins alike."""
    rng = np.random.default_rng(seed)
    regions, codes = [f"r{k}" for k in range(R)], [f"C{k:02d}" for k in range(1, n + 1)]
    pairs = pd.MultiIndex.from_product([regions, codes])
    columns = pd.MultiIndex.from_product([regions, USES[:1]])
    shares = rng.dirichlet(np.ones(R + 1) * 2, (n, R))  # product, user: origins and abroad
    if not imports:
        shares[:, :, R] = 0.0
        shares /= shares.sum(axis=2, keepdims=True)
    Z, final = rng.uniform(1, 9, (R, n, n)), rng.uniform(20, 60, (R, n, 1))
    flows = np.einsum("isr,sij->risj", shares[:, :, :R], Z).reshape(R * n, R * n)
    bought = np.einsum("isr,sik->risk", shares[:, :, :R], final).reshape(R * n, R)
    imported = np.einsum("is,sij->isj", shares[:, :, R], Z).reshape(n, R * n)
    imported_final = np.einsum("is,sik->isk", shares[:, :, R], final).reshape(n, R)
    exports = rng.uniform(1, 9, R * n) + n * 9.0
    x = flows.sum(axis=1) + bought.sum(axis=1) + exports
    left = x - flows.sum(axis=0) - imported.sum(axis=0)
    return InterregionalTable(
        Z=pd.DataFrame(flows, pairs, pairs),
        final_uses=pd.DataFrame(bought, pairs, columns),
        value_added=pd.DataFrame([left], ["VA001"], pairs),
        output=pd.Series(x, pairs),
        exports=pd.Series(exports, pairs),
        imported=pd.DataFrame(imported, codes, pairs),
        imported_final=pd.DataFrame(imported_final, codes, columns),
        year=2017,
        unit="100 million CNY",
        price_basis="current",
        vintage="made up",
        estimated=False,
        provenance="made up",
    )


def own_table(region, Z, x, final, trade, codes=None):
    """Build a competitive table of one region; value added closes the columns, the error column the rows."""
    Z, x = np.atleast_2d(np.asarray(Z, float)), np.atleast_1d(np.asarray(x, float))
    codes = codes or [f"C{k:02d}" for k in range(1, len(x) + 1)]
    trade = pd.DataFrame({c: np.atleast_1d(v) for c, v in trade.items()}, index=codes, dtype=float)
    final = pd.DataFrame({"FU102": np.atleast_1d(final)}, index=codes, dtype=float)
    net = trade["EX"] + trade["OF"] - trade["IM"] - trade["IF"]
    return InputOutputTable(
        Z=pd.DataFrame(Z, codes, codes),
        final_uses=final,
        trade=trade,
        value_added=pd.DataFrame([x - Z.sum(axis=0)], ["VA001"], codes),
        output=pd.Series(x, codes),
        error=pd.Series(x, codes) - Z.sum(axis=1) - final.sum(axis=1) - net,
        year=2017,
        region=region,
        unit="100 million CNY",
        price_basis="current",
        vintage="made up",
    )


def random_accounts(R=3, n=2, seed=0, transit=True, kept=True):
    """Make tables with transit trade and a loose end, whose outflows and inflows add up to the same."""
    rng = np.random.default_rng(seed)
    trade = rng.uniform(1, 20, (n, R, R)) * (1 - np.eye(R))
    if transit:
        trade[:, 0] *= 10
    tables = {}
    for r in range(R):
        x = rng.uniform(50, 150, n)
        Z = rng.dirichlet(np.ones(n + 1), n).T[:n] * x
        columns = {"EX": rng.uniform(0, 9, n), "OF": trade[:, r].sum(axis=1), "IM": rng.uniform(0, 9, n)}
        columns["IF"] = trade[:, :, r].sum(axis=1)
        tables[f"r{r}"] = own_table(f"r{r}", Z, x, rng.uniform(0, 50, n), columns)
    return RegionalAccounts(tables, provenance="made up"), trade
