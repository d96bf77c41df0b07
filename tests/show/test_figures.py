"""Figures of the ledger on the page."""

from analysis.ledger import load
from analysis.show.figures import figures_frame


def test_every_figure_of_a_section_has_a_row():
    listed = load().by_section("2.1.4")
    frame = figures_frame(listed).set_index("Figure")
    assert len(frame) == len(listed)
    assert frame.loc["s2.1.4-c03", ["When", "Read as"]].tolist() == ["2013", "[25.75, 25.85) %"]
    assert frame.loc["s2.1.4-c07", "When"] == "2013-2017"
    assert frame.loc["s2.1.4-c09", "When"] == "not said"
    assert frame.loc["s2.1.4-c01", "Read as"] == "4"
    assert frame.loc["s2.1.4-c22", "Read as"] == "no number"


def test_audit_result_stands_beside_each_figure():
    frame = figures_frame(load().by_section("2.1.1")).set_index("Figure")["How it fares"]
    assert frame["s2.1.1-c01"] == "in no rule"
    # K03 finds the pair of value added wrong, K01 finds its rate right: the telling one is named
    assert frame["s2.1.1-c04"].startswith("inconsistent (K03") and "K01" not in frame["s2.1.1-c04"]
