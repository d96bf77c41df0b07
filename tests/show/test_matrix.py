"""The matrix of links draws each link once, in its place, and shades what nothing reaches."""

import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from analysis.show import link_matrix, style
from analysis.show.page import svg

ROWS = {"Measures": ["Base", "Firms"], "Sectors": ["Machinery", "Software"]}
COLUMNS = {"Bottlenecks": ["Forge", "Fuse"], "Clusters": ["Chips", "Vehicles"]}
MARKS = ["named", "meant", "holds"]


@pytest.fixture
def links():
    rows = [
        ("Measures", "Base", "Bottlenecks", "Forge", "named"),
        ("Measures", "Firms", "Bottlenecks", "Fuse", "meant"),
        ("Measures", "Base", "Clusters", "Chips", "named"),
        ("Measures", "Firms", "Clusters", "Chips", "named"),
        ("Sectors", "Machinery", "Clusters", "Vehicles", "holds"),
        ("Sectors", "Software", "Clusters", "Chips", "holds"),
    ]
    return pd.DataFrame(rows, columns=["row_group", "row", "column_group", "column", "mark"])


def draw(links, **more):
    return link_matrix(links, **{"rows": ROWS, "columns": COLUMNS, "marks": MARKS, "title": "What serves what"} | more)


def shaded(fig):
    """Corners of the shaded fields."""
    return sorted(
        (round(p.get_x(), 6), round(p.get_y(), 6), p.get_width(), p.get_height())
        for p in fig.axes[0].patches
        if isinstance(p, Rectangle)
    )


def places(fig):
    """Where each name stands: across for columns, which are written upwards, down for rows."""
    texts = fig.axes[0].texts
    across = {t.get_text(): t.get_position()[0] for t in texts if t.get_rotation() == 90}
    down = {t.get_text(): t.get_position()[1] for t in texts if t.get_ha() == "right"}
    return across, down


def test_each_link_has_one_mark_where_its_names_are(links):
    fig = draw(links)
    across, down = places(fig)
    drawn = {
        (round(x, 6), round(y, 6))
        for layer in fig.axes[0].collections
        if layer.get_sizes()[0] > 10
        for x, y in layer.get_offsets()
    }
    assert drawn == {(across[c], down[r]) for r, c in zip(links["row"], links["column"], strict=True)}


def test_groups_that_no_link_joins_have_no_block(links):
    fig = draw(links)
    across, down = places(fig)
    dots = {
        (round(x, 6), round(y, 6))
        for layer in fig.axes[0].collections
        if layer.get_sizes()[0] < 10
        for x, y in layer.get_offsets()
    }
    assert len(dots) == 3 * 4
    assert (across["Forge"], down["Machinery"]) not in dots and (across["Chips"], down["Machinery"]) in dots


def test_what_no_link_reaches_is_shaded(links):
    across, down = places(draw(links))
    # within the block of measures and clusters, no measure serves vehicles
    [field] = shaded(draw(links))
    assert field == (across["Vehicles"] - 0.5, down["Base"] - 0.5, 1, 2)
    # a weak mark is drawn and does not count
    fields = shaded(draw(links, weak=["meant"]))
    assert (across["Fuse"] - 0.5, down["Base"] - 0.5, 1, 2) in fields
    assert (across["Forge"] - 0.5, down["Firms"] - 0.5, 2, 1) in fields and len(fields) == 3
    assert len(shaded(draw(links, weak=["meant"], shade=["row"]))) == 1


def test_width_is_the_house_width_and_the_picture_the_same_each_time(links):
    assert draw(links).get_size_inches()[0] == pytest.approx(style.WIDTH)
    assert svg(draw(links)) == svg(draw(links.copy()))


def test_names_of_columns_stay_inside_the_figure(links):
    long = links.replace({"column": {"Chips": "Communications and networks"}})
    fig = draw(long, columns=COLUMNS | {"Clusters": ["Communications and networks", "Vehicles"]})
    fig.draw_without_rendering()
    height = fig.bbox.height
    for text in fig.axes[0].texts:
        box = text.get_window_extent()
        assert box.y1 < height and box.x0 > 0 and box.x1 < fig.bbox.width


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row": "Talent"}, "rows that are not drawn"),
        ({"column": "Ships"}, "columns that are not drawn"),
        ({"mark": "guessed"}, "marks \\['guessed'\\]"),
    ],
)
def test_refuses_what_it_cannot_draw(links, change, message):
    with pytest.raises(ValueError, match=message):
        draw(links.assign(**change))


def test_refuses_a_link_drawn_twice_and_an_empty_frame(links):
    with pytest.raises(ValueError, match="linked twice"):
        draw(pd.concat([links, links.iloc[[0]]]))
    with pytest.raises(ValueError, match="no rows"):
        draw(links.iloc[:0])
    with pytest.raises(ValueError, match="no columns \\['mark'\\]"):
        draw(links.drop(columns="mark"))
    with pytest.raises(ValueError, match="6 kinds of marks"):
        draw(links, marks=[*MARKS, "a", "b", "c"])
