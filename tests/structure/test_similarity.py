"""Similarity and quotients against published examples and plain loops."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.labels import InputError
from analysis.structure import bray_curtis, cosine_similarity, krugman_index, location_quotient, shares

CASE = json.loads((Path(__file__).parents[1] / "cases" / "concentration_reat.json").read_text())
TABLES = arrays(float, (5, 3), elements=st.floats(0.01, 100))


def frame(values):
    return pd.DataFrame(values, columns=["Shanghai", "Jiangsu", "Zhejiang"])


def test_published_location_quotient(tie):
    sector, region, national_sector, nation = CASE["location_quotient"]["args"]
    values = pd.DataFrame({"here": {"this": sector, "rest": region - sector}})
    reference = pd.Series({"this": national_sector, "rest": nation - national_sector})
    found, expected = location_quotient(values, reference).loc["this", "here"], CASE["location_quotient"]["value"]
    tie(location_quotient, found, expected, kind="computed", source=CASE["source"], atol=5e-11)


def test_published_krugman_index(tie):
    case = CASE["krugman_goettingen_2017"]
    values = pd.DataFrame({"Göttingen": case["goettingen"], "Germany": case["germany"]}, index=case["industries"])
    found = krugman_index(values).loc["Göttingen", "Germany"]
    tie(krugman_index, found, case["value"], kind="computed", source=CASE["source"], atol=5e-11)
    extreme = pd.DataFrame({key: CASE["krugman_extreme"][key] for key in "ab"})
    assert krugman_index(extreme).loc["a", "b"] == CASE["krugman_extreme"]["value"]
    assert cosine_similarity(extreme).loc["a", "b"] == 0


@given(TABLES)
def test_pairs_against_the_written_out_sums(tie, values):
    table = frame(values)
    krugman, cosine, bray = krugman_index(table), cosine_similarity(table), bray_curtis(table)
    for r in table:
        for q in table:
            a, b = table[r], table[q]
            sa, sb = a / a.sum(), b / b.sum()
            definitions = {
                krugman_index: (krugman, sum(abs(x - y) for x, y in zip(sa, sb, strict=True))),
                cosine_similarity: (cosine, (a @ b) / np.sqrt((a @ a) * (b @ b))),
                bray_curtis: (bray, (a - b).abs().sum() / (a + b).sum()),
            }
            for index, (found, expected) in definitions.items():
                tie(index, found.loc[r, q], expected, kind="naive", source="the definition written out", atol=1e-12)


@given(TABLES, st.floats(0.1, 10))
def test_size_of_a_region_does_not_matter(tie, values, factor):
    table = frame(values)
    scaled = table.assign(Jiangsu=table["Jiangsu"] * factor)
    np.testing.assert_allclose(krugman_index(scaled), krugman_index(table), atol=1e-12)
    np.testing.assert_allclose(cosine_similarity(scaled), cosine_similarity(table), atol=1e-12)
    cells, source = values / values.sum(axis=0), "each cell over the sum of its column"
    tie(shares, shares(table), cells, kind="naive", source=source, rtol=1e-13)
    doubled, source = bray_curtis(shares(table)) * 2, "half the Krugman index, on shares"
    tie(bray_curtis, doubled, krugman_index(table), kind="identity", source=source, atol=1e-12)


@given(TABLES)
def test_quotients_average_to_one(tie, values):
    table = frame(values)
    quotients = location_quotient(table, table.sum(axis=1))
    weighted = (quotients * table.sum() / table.sum().sum()).sum(axis=1)
    source = "quotients weighted by size average one"
    tie(location_quotient, weighted, 1, kind="identity", source=source, rtol=1e-12)


def test_bad_input_is_named():
    table = frame(np.ones((2, 3)))
    with pytest.raises(InputError, match="total is zero in Jiangsu"):
        krugman_index(table.assign(Jiangsu=0.0))
    with pytest.raises(InputError, match="total is zero in Jiangsu"):
        bray_curtis(table.assign(Jiangsu=0.0))
    with pytest.raises(InputError, match="negative at 0, Jiangsu = -1"):
        cosine_similarity(table.assign(Jiangsu=[-1.0, 2]))
    with pytest.raises(InputError, match="sectors that the reference lacks: 1"):
        location_quotient(table, pd.Series([1.0, 0]))
    assert location_quotient(frame([[1.0, 1, 1], [0, 0, 0]]), pd.Series([1.0, 0])).index.tolist() == [0]
