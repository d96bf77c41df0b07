import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from analysis.show import charts, labels, style
from analysis.show.page import svg

SECTORS = [f"Sector {number}" for number in range(1, 39)]


@pytest.fixture
def points():
    rng = np.random.default_rng(1)
    x, y = rng.normal(1, 0.2, (2, len(SECTORS)))
    group = ["goods" if number < 25 else "services" for number in range(len(SECTORS))]
    return pd.DataFrame({"sector": SECTORS, "backward": x, "forward": y, "group": group})


@pytest.fixture
def panel():
    rows = itertools.product(["Shanghai", "Jiangsu", "Zhejiang"], [2002, 2007, 2012, 2017])
    panel = pd.DataFrame(rows, columns=["region", "year"])
    return panel.assign(value=np.arange(len(panel)) / 7, low=-1.0, high=3.0)


@pytest.fixture
def specifications():
    choices = itertools.product(["local", "technology"], ["2012", "2017"], ["OLS", "fixed effects"])
    table = pd.DataFrame(choices, columns=["imports", "sample", "estimator"])
    b = np.array([0.3, -0.1, 0.2, 0.25, 0.0, 0.15, 0.1, 0.05])
    return table.assign(b=b, low=b - 0.1, high=b + 0.1, primary=table.index == 3)


def quadrant(data, **options):
    texts = {"title": "Linkages", "xlabel": "backward", "ylabel": "forward"}
    return charts.quadrant(data, "backward", "forward", "sector", **texts, **options)


def ranges(data):
    data = data.assign(side=np.where(data["region"] == "Anhui", "inland", "coast"))
    names = {"panel": "side", "title": "What is shown", "xlabel": "rank"}
    return charts.ranges(data, "region", "year", "value", "low", "high", **names)


def panels(data, **more):
    return charts.panels(data, "year", "region", "value", "low", "high", title="What is shown", **more)


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def every_chart(points, panel, specifications):
    named = {"title": "What is shown", "ylabel": "per cent"}
    rows = panel[panel["year"] == 2017]
    yield quadrant(points, highlight=SECTORS[:4])
    yield quadrant(points, group="group", corners=("a", "b", "c", "d"))
    yield charts.slopes(panel, "year", "value", "region", **named)
    yield charts.lines(panel, "year", "value", "region", low="low", high="high", **named)
    yield charts.intervals(
        rows, "region", "value", "low", "high", title="What is shown", xlabel="per cent", reference=1
    )
    yield charts.dumbbells(rows, "region", ["low", "value", "high"], title="What is shown", xlabel="per cent")
    yield ranges(panel[panel["year"] > 2002])
    yield panels(panel, highlight=["Shanghai"])
    yield charts.contributions(panel, "year", "region", "value", title="What is shown", xlabel="points")
    choices = ["imports", "sample", "estimator"]
    yield charts.specification_curve(specifications, "b", "low", "high", choices, **named)


def test_charts_are_of_one_width_and_the_same_each_time(points, panel, specifications):
    first = list(every_chart(points, panel, specifications))
    assert {fig.get_figwidth() for fig in first} == {style.WIDTH}
    assert [svg(fig) for fig in first] == [svg(fig) for fig in every_chart(points, panel, specifications)]


def test_charts_do_not_depend_on_the_last_bits(points):
    nudged = points.assign(backward=points["backward"] * (1 + 1e-14))
    assert svg(quadrant(points)) == svg(quadrant(nudged))


def test_charts_leave_their_data_and_the_session_alone(points):
    import matplotlib as mpl

    before, settings = points.copy(), dict(mpl.rcParams)
    quadrant(points)
    pd.testing.assert_frame_equal(points, before)
    assert dict(mpl.rcParams) == settings


def test_quadrant_names_the_highlighted_and_overlaps_nothing(points):
    fig = quadrant(points, highlight=SECTORS[:6])
    assert set(SECTORS[:6]) <= set(texts(fig))
    with style.house():
        fig.draw_without_rendering()
    renderer = fig._get_renderer()
    boxes = [text.get_window_extent(renderer) for text in fig.axes[0].texts if text.get_text()]
    # the names themselves, not the white behind them; half a pixel is lost in rounding
    overlaps = [a for a, b in itertools.combinations(boxes, 2) if a.overlaps(b) and overlap(a, b) > 1]
    assert overlaps == []


def overlap(a, b):
    across = min(a.x1, b.x1) - max(a.x0, b.x0)
    up = min(a.y1, b.y1) - max(a.y0, b.y0)
    return min(across, up)


def test_dumbbells_span_their_values(panel):
    rows = panel[panel["year"] == 2017]
    fig = charts.dumbbells(rows, "region", ["value", "low", "high"], title="Spans", xlabel="points")
    spans, *dots = fig.axes[0].collections
    for span, (_, row) in zip(spans.get_segments(), rows.iterrows(), strict=True):
        assert tuple(span[:, 0]) == (row["low"], row["high"])
    np.testing.assert_allclose(dots[0].get_offsets()[:, 0], rows["value"], rtol=1e-5)
    assert [text.get_text() for text in fig.legends[0].texts] == ["value", "low", "high"]


def test_ranges_lie_in_one_row_under_their_group(panel):
    data = panel[panel["year"] > 2002].assign(region=panel["region"].replace("Zhejiang", "Anhui"))
    fig = ranges(data.assign(high=data["year"] / 1000))
    *levels, dots = fig.axes[0].collections
    ends = [[tuple(span[:, 0]) for span in level.get_segments()] for level in levels]
    assert ends == [[(-1.0, year / 1000)] * 3 for year in (2007, 2012, 2017)]
    widths = [level.get_linewidth()[0] for level in levels]
    assert widths == sorted(widths, reverse=True)
    assert [text.get_text() for text in fig.axes[0].get_yticklabels()] == [
        "coast",
        "Shanghai",
        "Jiangsu",
        "inland",
        "Anhui",
    ]
    assert list(dots.get_offsets()[:, 1]) == [1, 2, 4]


def test_panels_have_scales_of_their_own_and_do_not_touch(panel):
    data = panel.assign(value=panel["value"] * panel["year"] ** 2, high=1e8).astype({"year": str})
    data.loc[data["year"] == "2002", "high"] = data["value"]
    fig = panels(data, highlight=["Shanghai"], reference={"2012": 3.0})
    assert [text.get_text() for text in fig.texts][1:] == ["2002", "2007", "2012", "2017"]
    assert len({ax.get_xlim() for ax in fig.axes}) == 2
    boxes = [ax.get_position() for ax in fig.axes]
    assert all(upper.y0 > lower.y1 for upper, lower in itertools.pairwise(boxes))
    for ax, (_, rows) in zip(fig.axes, data.groupby("year"), strict=True):
        spans, dots = ax.collections
        np.testing.assert_allclose([s[:, 0] for s in spans.get_segments()], rows[["low", "high"]], rtol=1e-5)
        np.testing.assert_allclose(dots.get_offsets()[:, 0], rows["value"], rtol=1e-5)
        assert [text.get_text() for text in ax.get_yticklabels()] == rows["region"].tolist()
        assert to_rgb(dots.get_facecolor()[0]) == to_rgb(style.PALETTE[0]) != to_rgb(dots.get_facecolor()[1])
    assert [len(ax.lines) for ax in fig.axes] == [0, 0, 1, 0]


def test_contributions_add_up(panel):
    fig = charts.contributions(panel, "year", "region", "value", title="Sum", xlabel="points")
    marks = fig.axes[0].collections[-1].get_offsets()
    sums = panel.groupby("year")["value"].sum()
    np.testing.assert_allclose(marks[:, 0], sums, rtol=1e-5)


def test_contributions_stack_away_from_nought():
    data = pd.DataFrame({"bar": ["x"] * 4, "part": list("abcd"), "value": [2.0, -1.0, 3.0, -0.5]})
    fig = charts.contributions(data, "bar", "part", "value", title="Signed", xlabel="points")
    spans = sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in fig.axes[0].patches)
    assert sorted(tuple(sorted(span)) for span in spans) == [(-1.5, -1.0), (-1.0, 0.0), (0.0, 2.0), (2.0, 5.0)]


def test_specification_curve_is_sorted_and_marks_one_choice_of_each_kind(specifications):
    choices = ["imports", "sample", "estimator"]
    fig = charts.specification_curve(
        specifications, "b", "low", "high", choices, title="Specifications", ylabel="points"
    )
    ax, grid = fig.axes
    points = ax.collections[-1].get_offsets()
    assert list(points[np.argsort(points[:, 0]), 1]) == sorted(specifications["b"])
    # over the others, and so last
    assert points[-1, 1] == specifications.loc[specifications["primary"], "b"].item()
    hits = [point for dots in grid.collections[1::2] for point in dots.get_offsets()]
    # each of the eight specifications takes one option of each of the three choices
    assert sorted(int(x) for x, _ in hits) == sorted(list(range(8)) * 3)
    assert "primary" in texts(fig)


def test_ranks_run_downwards(panel):
    ranked = panel.assign(rank=panel.groupby("year")["value"].rank())
    fig = charts.slopes(ranked, "year", "rank", "region", title="Ranks", ylabel="rank", ranks=True)
    bottom, top = fig.axes[0].get_ylim()
    assert bottom > top


def test_lines_can_start_at_nought(panel):
    high = panel.assign(value=panel["value"] + 50)
    fig = charts.lines(high, "year", "value", "region", title="Levels", ylabel="index", zero=True)
    assert fig.axes[0].get_ylim()[0] <= 0


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda p, q, s: quadrant(p.assign(forward=np.nan)), "not a finite number in rows"),
        (lambda p, q, s: quadrant(p.drop(columns="forward")), "has no columns"),
        (lambda p, q, s: quadrant(p.head(0)), "no rows"),
        (lambda p, q, s: quadrant(p, highlight=["Nowhere"]), "does not have"),
        (lambda p, q, s: quadrant(p, group="sector"), "8 names, and 6 colours: draw fewer"),
        (lambda p, q, s: charts.slopes(q.drop(index=0), "year", "value", "region", title="", ylabel=""), "no value in"),
        (lambda p, q, s: charts.lines(q, "year", "value", "region", title="", ylabel="", low="low"), "needs both"),
        (lambda p, q, s: charts.intervals(q, "year", "high", "low", "value", title="", xlabel=""), "outside its"),
        (lambda p, q, s: panels(q.assign(value=5.0)), "outside its"),
        (lambda p, q, s: panels(q.assign(year=2002)), "the same name twice"),
        (lambda p, q, s: panels(q, reference={"nothing": 1.0}), "does not have"),
        (lambda p, q, s: charts.dumbbells(q, "year", ["value"], title="", xlabel=""), "two to four values"),
        (lambda p, q, s: ranges(q), "line widths"),
        (lambda p, q, s: ranges(q[q["year"] == 2007].assign(high=-2.0)), "ends below where it starts"),
        (lambda p, q, s: charts.contributions(q, "region", "low", "value", title="", xlabel=""), "same part twice"),
        (
            lambda p, q, s: charts.specification_curve(
                s.assign(primary=True), "b", None, None, ["imports"], title="", ylabel=""
            ),
            "exactly one specification",
        ),
    ],
)
def test_charts_refuse_what_they_cannot_draw(points, panel, specifications, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(points, panel, specifications)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 0.5)), min_size=1, max_size=12))
def test_spread_labels_keep_order_and_distance(wanted_and_tall):
    wanted, tall = np.array(sorted(wanted_and_tall)).T
    places = labels.spread(wanted, tall)
    assert (np.diff(places) >= (tall[1:] + tall[:-1]) / 2 - 1e-9).all()
    # least squares: moving all labels alike never helps
    assert abs((places - wanted).sum()) < 1e-9


def test_spread_leaves_labels_that_have_room():
    np.testing.assert_allclose(labels.spread(np.array([0.0, 1.0, 2.0]), np.full(3, 0.2)), [0.0, 1.0, 2.0])


def test_wrap_keeps_within_the_width():
    lines = style.wrap("Communication equipment, computers and other electronics", 1.7).split("\n")
    assert len(lines) > 1
    assert max(style.text_width(line) for line in lines) <= 1.7


def test_a_region_looks_the_same_among_any_others():
    for kind, every in enumerate((style.PALETTE, style.MARKERS)):
        assert style.looks(["Shanghai"])[kind]["Shanghai"] == every[0]
        among = style.looks(["delta", "China", "Anhui", "Shanghai"])[kind]
        assert among["Shanghai"] == every[0]
        assert among["China"] == style.looks(["China", "Jiangsu"])[kind]["China"]
        assert len(set(among.values())) == 4
        assert tuple(style.looks(["a", "b"])[kind].values()) == every[:2]


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", [*style.PALETTE, style.INK, style.MUTED])
def test_colours_of_text_stand_out_from_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_importing_the_package_does_not_import_what_draws():
    code = "import analysis.show, sys; print({'seaborn', 'matplotlib', 'IPython', 'myst_nb'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
