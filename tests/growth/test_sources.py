"""Sources of growth: exact sums, against the plain Shapley value with every column a player, and a closed form."""

import numpy as np
import pandas as pd
import pytest

from analysis.growth import output_growth_sources, polar_sda, shapley_sda
from analysis.labels import InputError
from analysis.tables import ImportTreatmentError, InputOutputTable

SECTORS = ["C01", "C02", "C03"]
USES = ["FU101", "FU201"]


def table(seed, year, exports=(20.0, 30, 10), inflows=(15.0, 40, 5), error=0.0, idle=None, scale=1.0):
    rng = np.random.default_rng(seed)
    Z = pd.DataFrame(rng.uniform(1, 12, (3, 3)) * scale, index=SECTORS, columns=SECTORS)
    final = pd.DataFrame(rng.uniform(30, 60, (3, 2)) * scale, index=SECTORS, columns=USES)
    trade = pd.DataFrame({"EXOF": exports, "IMIF": inflows}, index=SECTORS) * scale
    balance = pd.Series([error, 0, 0], SECTORS)
    if idle:
        Z[idle] = 0.0
        Z.loc[idle] = final.loc[idle] = trade.loc[idle] = 0.0
    output = Z.sum(axis=1) + final.sum(axis=1) + trade["EXOF"] - trade["IMIF"] + balance
    value_added = pd.DataFrame([output - Z.sum()], index=["VA001"])
    return InputOutputTable(
        Z=Z, final_uses=final, trade=trade, value_added=value_added, output=output, year=year, region="Testland",
        unit="100 million CNY", price_basis="current", vintage="test", error=balance,
    )  # fmt: skip


@pytest.mark.parametrize("assumption", ["supply pool", "exports first", "net inflow"])
@pytest.mark.parametrize("error", [0.0, 2.0])
def test_sources_sum_to_the_change(assumption, error, tie):
    start, end = table(1, 2012), table(2, 2017, (40, 10, 30), (20, 30, 5), error)
    sources = output_growth_sources(start, end, assumption=assumption)
    found, change, source = sources.sum(axis=1), end.output - start.output, "sources sum to the change"
    tie(output_growth_sources, found, change, kind="identity", source=source, rtol=1e-12)
    assert sources.index.tolist() == SECTORS
    extra = ["error"] if error else []
    assert sources.columns.tolist() == [*USES, "exports", *extra, "local_sourcing", "technology"]


def plainly(start, end, technologies, shares, method=shapley_sda):
    """Every column of final use a player of its own, on the inverse."""

    def factors(t, A, r):
        demand = {name: t.final_uses[name].to_numpy() for name in USES}
        return {"r": r.to_numpy(), "A": A.to_numpy(), "exports": t.trade["EXOF"].to_numpy(), **demand}

    def output(r, A, exports, FU101, FU201):
        x = np.linalg.inv(np.eye(3) - np.diag(r) @ A) @ np.diag(r) @ (FU101 + FU201 + exports)
        return pd.Series(x, SECTORS)

    years = [factors(*year) for year in zip((start, end), technologies, shares, strict=True)]
    return method(output, *years).rename(columns={"r": "local_sourcing", "A": "technology"})


def test_each_column_is_a_player_of_its_own(tie):
    start, end = table(1, 2012), table(2, 2017, (40, 10, 30), (20, 30, 5))
    technologies = [t.Z / t.output for t in (start, end)]
    shares = [t.output / (t.output + t.trade["IMIF"]) for t in (start, end)]
    plain = plainly(start, end, technologies, shares)
    found, source = output_growth_sources(start, end)[plain.columns], "every final use a player, with inverses"
    tie(output_growth_sources, found, plain, kind="naive", source=source, rtol=1e-10, atol=1e-11)


def test_scaling_the_whole_economy_is_all_demand():
    sources = output_growth_sources(table(1, 2012), table(1, 2017, scale=2.0))
    np.testing.assert_allclose(sources[["local_sourcing", "technology"]], 0, atol=1e-12)


def test_a_small_unit_changes_the_figures_by_as_much():
    pairs = [[table(1, 2012, scale=k), table(2, 2017, (40, 10, 30), (20, 30, 5), scale=k)] for k in (1.0, 1e-4)]
    for assumption in ("supply pool", "exports first"):
        large, small = (output_growth_sources(*pair, assumption=assumption) for pair in pairs)
        np.testing.assert_allclose(small, large * 1e-4, rtol=1e-8, atol=1e-12)


def test_more_inflow_at_equal_demand_shows_as_sourcing():
    """Inflows replace output of one sector; its row of uses is unchanged."""
    start, end = table(1, 2012, inflows=(0, 0, 0.0)), table(1, 2017, inflows=(0, 25.0, 0))
    sources = output_growth_sources(start, end, assumption="exports first")
    assert (sources["local_sourcing"] <= 1e-12).all() and sources.loc["C02", "local_sourcing"] < -20
    np.testing.assert_allclose(sources[[*USES, "exports"]], 0, atol=1e-12)


def test_entry_of_a_sector_is_not_new_technology():
    start, end = table(1, 2012, idle="C03"), table(2, 2017)
    technologies = [(start.Z / start.output).assign(C03=end.Z["C03"] / end.output["C03"]), end.Z / end.output]
    shares = [t.output / (t.output + t.trade["IMIF"]) for t in (start, end)]
    shares[0]["C03"] = shares[1]["C03"]
    plain = plainly(start, end, technologies, shares)
    sources = output_growth_sources(start, end)
    np.testing.assert_allclose(sources[plain.columns], plain, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(sources.sum(axis=1), end.output - start.output, rtol=1e-12)


def test_polar_with_every_column_a_player():
    start, end = table(1, 2012), table(2, 2017, (40, 10, 30), (20, 30, 5))
    technologies = [t.Z / t.output for t in (start, end)]
    shares = [t.output / (t.output + t.trade["IMIF"]) for t in (start, end)]
    plain = plainly(start, end, technologies, shares, polar_sda)
    polar = output_growth_sources(start, end, method="polar")
    np.testing.assert_allclose(polar[plain.columns], plain, rtol=1e-10, atol=1e-11)
    assert not np.allclose(polar, output_growth_sources(start, end))


def test_bad_tables_are_refused():
    start, end = table(1, 2012), table(2, 2017)
    with pytest.raises(ImportTreatmentError, match="competitive"):
        output_growth_sources(start.local("supply pool"), end)
    with pytest.raises(ValueError, match="assumption"):
        output_growth_sources(start, end, assumption="guess")
    with pytest.raises(InputError, match="method must be one of shapley, polar"):
        output_growth_sources(start, end, method="guess")
    other = end.aggregate({"C01": "C01", "C02": "C02", "C03": "C02"})
    with pytest.raises(InputError, match="only sectors_of_the_start has C03"):
        output_growth_sources(start, other)
