"""The declarations in data/report/tests_*.yaml can be evaluated, and name things that exist."""

import inspect

import pytest

from analysis.data import read
from analysis.ledger import load
from analysis.tables import sectors
from analysis.verdicts import declared, evidence, groups

CLAIMS = declared()
TESTABLE = [c for c in CLAIMS.values() if not c.cannot_be_tested]


@pytest.mark.parametrize("claim", TESTABLE, ids=lambda c: c.id)
def test_evidence_takes_exactly_the_declared_settings(claim):
    wanted = set(inspect.signature(evidence.measurement(claim)).parameters)
    assert wanted == set(claim.settings(claim.primary))


@pytest.mark.parametrize("claim", TESTABLE, ids=lambda c: c.id)
def test_declaration_is_complete(claim):
    assert claim.quantity
    assert claim.specifications()[0] == claim.primary
    for row in claim.excluded:
        assert row["because"]


def test_figures_are_in_the_ledger():
    figures = {figure.id for figure in load().figures}
    named = {f for c in CLAIMS.values() for f in c.figures}
    assert named <= figures, sorted(named - figures)


def test_groups_hold_sectors_of_the_tables():
    for name, options in groups().items():
        for option, codes in options.items():
            assert set(codes) <= set(sectors().index), (name, option)


def test_every_section_of_a_declared_chapter_has_a_claim():
    numbers = set(read("report/sections")["number"])
    # A claim of a whole part ("3") stands on the part's page and opens no chapter.
    chapters = {".".join(c.section.split(".")[:2]) for c in CLAIMS.values() if "." in c.section}
    assert {"1.1", "2.1"} <= chapters
    for chapter in chapters:
        parts = {n for n in numbers if n.startswith(chapter + ".") and "fn" not in n} or {chapter}
        assert parts <= {c.section for c in CLAIMS.values()}
