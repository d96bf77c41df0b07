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


def test_published_location_quotient():
    sector, region, national_sector, nation = CASE["location_quotient"]["args"]
    values = pd.DataFrame({"here": {"this": sector, "rest": region - sector}})
    reference = pd.Series({"this": national_sector, "rest": nation - national_sector})
    assert round(location_quotient(values, reference).loc["this", "here"], 10) == CASE["location_quotient"]["value"]


def test_published_krugman_index():
    case = CASE["krugman_goettingen_2017"]
    values = pd.DataFrame({"Göttingen": case["goettingen"], "Germany": case["germany"]}, index=case["industries"])
    assert round(krugman_index(values).loc["Göttingen", "Germany"], 10) == case["value"]
    extreme = pd.DataFrame({key: CASE["krugman_extreme"][key] for key in "ab"})
    assert krugman_index(extreme).loc["a", "b"] == CASE["krugman_extreme"]["value"]
    assert cosine_similarity(extreme).loc["a", "b"] == 0


@given(TABLES)
def test_pairs_against_the_written_out_sums(values):
    table = frame(values)
    krugman, cosine, bray = krugman_index(table), cosine_similarity(table), bray_curtis(table)
    for r in table:
        for q in table:
            a, b = table[r], table[q]
            sa, sb = a / a.sum(), b / b.sum()
            assert krugman.loc[r, q] == pytest.approx(sum(abs(x - y) for x, y in zip(sa, sb, strict=True)), abs=1e-12)
            assert cosine.loc[r, q] == pytest.approx((a @ b) / np.sqrt((a @ a) * (b @ b)), rel=1e-12)
            assert bray.loc[r, q] == pytest.approx((a - b).abs().sum() / (a + b).sum(), abs=1e-12)


@given(TABLES, st.floats(0.1, 10))
def test_size_of_a_region_does_not_matter(values, factor):
    table = frame(values)
    scaled = table.assign(Jiangsu=table["Jiangsu"] * factor)
    np.testing.assert_allclose(krugman_index(scaled), krugman_index(table), atol=1e-12)
    np.testing.assert_allclose(cosine_similarity(scaled), cosine_similarity(table), atol=1e-12)
    np.testing.assert_allclose(bray_curtis(shares(table)) * 2, krugman_index(table), atol=1e-12)


@given(TABLES)
def test_quotients_average_to_one(values):
    table = frame(values)
    quotients = location_quotient(table, table.sum(axis=1))
    weighted = (quotients * table.sum() / table.sum().sum()).sum(axis=1)
    np.testing.assert_allclose(weighted, 1, rtol=1e-12)


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
