import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def panel():
    """An unbalanced panel of provinces, sectors and years with correlated errors within provinces."""
    rng = np.random.default_rng(11)
    rows = pd.MultiIndex.from_product(
        [[f"P{i}" for i in range(9)], [f"S{i}" for i in range(5)], [2007, 2012, 2017]],
        names=["province", "sector", "year"],
    ).to_frame(index=False)
    rows = rows[rng.random(len(rows)) < 0.8].reset_index(drop=True)
    shock = pd.Series(rng.normal(size=9), [f"P{i}" for i in range(9)])
    rows["x"] = rng.normal(size=len(rows)) + rows["province"].map(shock)
    rows["z"] = rng.uniform(1, 3, len(rows))
    rows["y"] = 0.5 * rows["x"] - rows["z"] + rows["province"].map(shock) * rng.normal(size=len(rows))
    rows["size"] = rng.uniform(0.5, 4, len(rows))
    return rows
