"""The declarations in data/report/tests.yaml can be evaluated, and name things that exist."""

import inspect

import pytest

from analysis.ledger import load
from analysis.tables import sectors
from analysis.verdicts import declared, evidence, groups

CLAIMS = declared()
TESTABLE = [c for c in CLAIMS.values() if not c.cannot_be_tested]


@pytest.mark.parametrize("claim", TESTABLE, ids=lambda c: c.id)
def test_evidence_takes_exactly_the_declared_settings(claim):
    function = getattr(evidence, claim.evidence)
    wanted = set(inspect.signature(function).parameters)
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


def test_every_section_of_both_chapters_has_a_claim():
    wanted = {"1.1.1", "1.1.2", "1.1.3", "1.1.4", *(f"2.1.{i}" for i in range(1, 7))}
    assert wanted == {c.section for c in CLAIMS.values()}
