"""The explorable pages: what they show after a move is what the functions return for the same setting."""

import base64
import hashlib

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from analysis.verdicts import leading
from tests.browser.conftest import DESK, PHONE

EXPLORERS = {"map": "book/en/explore/linkage-map.html"}
MAP = EXPLORERS["map"]
# relative to one, and to the size of what is shown where that is larger
CLOSE = 1e-9


def opened(one, name, hash_=""):
    """Open an explorer and wait until its script has filled it."""
    tab = one.go(EXPLORERS[name] + hash_)
    tab.wait_for_function("document.querySelector('.explore-says').textContent !== ''")
    return tab


def table(tab, place=0):
    """Rows of a table of the explorer, by their header; numbers as the script holds them."""
    rows = (
        tab.locator(".explore table")
        .nth(place)
        .evaluate(
            """table => [...table.tBodies[0].rows].map(row => [...row.cells].map(
          cell => cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value)))"""
        )
    )
    return {row[0]: row[1:] for row in rows}


def shown(tab):
    """What the explorer says and tables; its chart follows a moment later."""
    return tab.locator(".explore").locator(".explore-says, table").all_inner_texts()


def choose(tab, name, value):
    """Choose an option as a reader would."""
    field = tab.locator(f'.explore [name="{name}"]').first
    if field.evaluate("field => field.type") == "radio":
        tab.locator(f'.explore [name="{name}"][value="{value}"]').check()
    else:
        field.select_option(value)


@pytest.mark.parametrize("name", EXPLORERS)
def test_still_chart_stands_in_without_scripts(visit, name):
    tab = visit(java_script_enabled=False).go(EXPLORERS[name])
    explorer = tab.locator(".explore")
    assert not explorer.is_visible()
    still = tab.locator(f"#{explorer.get_attribute('data-still')}")
    assert still.is_visible()


@pytest.mark.parametrize("name", EXPLORERS)
def test_explorer_replaces_the_still_chart(visit, name):
    tab = opened(visit(viewport=DESK), name)
    explorer = tab.locator(".explore")
    assert explorer.is_visible()
    assert not tab.locator(f"#{explorer.get_attribute('data-still')}").is_visible()


@pytest.mark.parametrize("name", EXPLORERS)
def test_explorer_works_from_a_disk_and_keeps_its_setting(visit, folder, name):
    one = visit(host=folder.as_uri(), offline=True, viewport=DESK)
    tab = opened(one, name)
    before = shown(tab)
    last = tab.locator(".explore form input[type=radio]:not(:checked):not(:disabled)").last
    last.check()
    assert shown(tab) != before
    assert f"{last.get_attribute('name')}=" in tab.evaluate("location.hash")
    address = tab.url
    changed = shown(tab)
    again = visit(host=folder.as_uri(), offline=True, viewport=DESK)
    tab2 = opened(again, name, "#" + address.partition("#")[2])
    assert shown(tab2) == changed
    tab2.get_by_role("button", name="Reset").click()
    tab2.wait_for_function("!location.hash.includes('=')")
    assert shown(tab2) == before
    assert one.complaints == again.complaints == []


@pytest.mark.parametrize("name", EXPLORERS)
def test_explorer_lives_under_a_strict_policy(visit, host, folder, name):
    """No eval, no script but the site's own files and the inline ones that are named by their hash."""
    page = BeautifulSoup((folder / EXPLORERS[name]).read_text(encoding="utf-8"), "html.parser")
    inline = [tag.string for tag in page.find_all("script", src=False) if tag.get("type") != "application/json"]
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline}
    policy = (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' "
        + " ".join(f"'sha256-{value}'" for value in sorted(hashes))
    )
    one = visit(viewport=DESK)
    one.tab.route(
        f"{host}/{EXPLORERS[name]}",
        lambda route: (
            lambda got: route.fulfill(response=got, headers=got.headers | {"content-security-policy": policy})
        )(route.fetch()),
    )
    tab = opened(one, name)
    tab.locator(".explore form input[type=radio]:not(:checked):not(:disabled)").first.check()
    tab.wait_for_timeout(300)
    # whether the theme's own handlers pass is not the explorer's business
    assert [said for said in one.complaints if "inline event handler" not in said] == []
    assert tab.locator(".explore svg.marks").count() == (1 if page.select_one("[data-vega]") else 0)


@pytest.mark.parametrize("name", EXPLORERS)
def test_explorer_is_accessible_after_a_move(visit, name):
    one = visit()
    tab = opened(one, name)
    tab.locator(".explore form input[type=radio]:not(:checked):not(:disabled)").last.check()
    for size, theme in ((PHONE, "dark"), (DESK, "light")):
        one.show(size, theme)
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
        found = Axe().run(tab, context=".explore").response["violations"]
        assert [(rule["id"], node["html"][:160]) for rule in found for node in rule["nodes"]] == []


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_control_has_a_name_and_a_turn_of_the_keyboard(visit, name):
    tab = opened(visit(viewport=DESK), name)
    fields = tab.locator(".explore form :is(input, select, button)")
    groups = set(fields.evaluate_all("all => all.map(field => field.name || field.type)"))
    tab.locator(".explore form :is(input, select, button):not(:disabled)").first.focus()
    seen = set()
    for _ in range(len(groups) + 60):
        seen.add(tab.evaluate("document.activeElement.name || document.activeElement.type"))
        tab.keyboard.press("Tab")
        if groups <= seen:
            break
    assert groups <= seen


@pytest.mark.parametrize(
    ("region", "year", "imports"),
    [
        ("Shanghai", 2017, "supply pool"),
        ("Shanghai", 2007, "exports first"),
        ("Jiangsu", 2012, "net inflow"),
        ("Zhejiang", 2002, "net inflow"),
        ("Anhui", 2017, "exports first"),
        ("China", 2020, "supply pool"),
    ],
)
def test_map_shows_what_the_function_returns(visit, region, year, imports):
    tab = opened(visit(viewport=DESK), "map")
    choose(tab, "region", region)
    choose(tab, "year", str(year))
    choose(tab, "imports", imports)
    wanted = leading.linkage_map(year, imports, region)
    found = table(tab)
    assert set(found) == set(wanted["sector"])
    for row in wanted.itertuples():
        pull, pull_rank, push, push_rank, _ = found[row.sector]
        assert abs(pull - row.backward_index) <= CLOSE
        assert abs(push - row.forward_index) <= CLOSE
        assert pull_rank == 1 + (wanted["backward_index"] > row.backward_index).sum()
        assert push_rank == 1 + (wanted["forward_index"] > row.forward_index).sum()
    assert f"{region} {year}, {imports}" in tab.locator(".explore caption").inner_text()


def test_map_offers_only_what_a_table_can_carry(visit):
    tab = opened(visit(viewport=DESK), "map")
    assert tab.locator('[name="year"][value="2020"]').is_disabled()
    choose(tab, "year", "2002")
    assert tab.locator('[name="imports"][value="supply pool"]').is_disabled()
    assert tab.locator('[name="imports"][value="net inflow"]').is_checked()
    choose(tab, "region", "China")
    choose(tab, "year", "2020")
    choose(tab, "region", "Anhui")
    assert tab.locator('[name="year"][value="2017"]').is_checked()


def test_map_turns_by_arrow_keys(visit):
    tab = opened(visit(viewport=DESK), "map")
    tab.locator('[name="year"]:checked').focus()
    tab.keyboard.press("ArrowLeft")
    says = tab.locator(".explore-says").inner_text()
    assert says.startswith("Shanghai 2012")
    assert tab.locator(".explore [role=graphics-document]").get_attribute("aria-label") == says
