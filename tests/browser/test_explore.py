"""The explorable pages: what they show after a move is what the functions return for the same setting."""

import base64
import hashlib
import random

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from analysis.interregional import load_estimated
from analysis.scenarios import demand_across_regions, final_demand_shock
from analysis.show import explore
from analysis.show.explore import EFFECTS
from analysis.verdicts import ClaimError, leading, restrict
from analysis.verdicts.evidence import table_of, verdicts
from analysis.verdicts.leading import sector_names
from analysis.verdicts.measures import estimated_tables
from tests.browser.conftest import DESK, PHONE, QUICK, until

EXPLORERS = {
    "map": "book/en/explore/linkage-map.html",
    "scenario": "book/en/explore/scenario.html",
    "verdicts": "book/en/explore/verdicts.html",
}
# relative to one, and to the size of what is shown where that is larger
CLOSE = 1e-9


def opened(one, name, hash_=""):
    """Open an explorer and wait until its script has filled it."""
    tab = one.go(EXPLORERS[name] + hash_)
    until(
        tab,
        """[...document.querySelectorAll('.explore-says, .explore-chart')].every(
          place => place.matches('p') ? place.textContent : place.querySelector('svg'))""",
    )
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
    parts = tab.locator(".explore").locator(".explore-says, table")
    # the one has what is folded, the other leaves out what is hidden
    return parts.all_text_contents(), parts.all_inner_texts()


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
    until(tab2, "!location.hash.includes('=')")
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
    assert tab.locator(".explore svg.marks").count() == len(page.select(".explore-chart"))


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
    fields = tab.locator(".explore form :is(input, select, button):not([hidden])")
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


def slide(tab, code, value):
    """Move a slider as a script of the browser would, and let the page know."""
    tab.locator(f'.explore [name="{code}"]').fill(str(value))


@pytest.mark.parametrize(
    ("demand", "bought", "imports", "effect"),
    [
        ({"C12": 1, "C16": 1, "C17": 1, "C19": 1, "C29": 1}, "anywhere", "supply pool", "value_added"),
        ({"C12": 0, "C16": 0, "C17": 0, "C19": 5, "C29": 0}, "anywhere", "net inflow", "output"),
        ({"C12": -2.5, "C16": 3, "C17": -5, "C19": 4.5, "C29": 0.5}, "locally", "exports first", "leakage"),
        ({"C12": 5, "C16": 5, "C17": 5, "C19": 5, "C29": 5}, "locally", "net inflow", "value_added"),
    ],
)
def test_scenario_shows_what_the_functions_return(visit, demand, bought, imports, effect):
    tab = opened(visit(viewport=DESK), "scenario")
    for code, value in demand.items():
        slide(tab, code, value)
    for name, value in (("bought", bought), ("imports", imports), ("effect", effect)):
        choose(tab, name, value)
    # a billion yuan is ten units of the table, and a thousand of what is shown, million yuan
    change = {code: 10.0 * value for code, value in demand.items()}
    size = 1000 * sum(abs(value) for value in demand.values())
    shock = final_demand_shock(table_of("Shanghai", 2017), change, bought=bought)
    across = 100 * demand_across_regions(load_estimated(2017), change, "Shanghai", bought=bought)
    regions = list(across.index.unique("region"))
    sums = table(tab)
    for key, label in EFFECTS.items():
        city = 100 * shock.totals.loc[key]
        wanted = [city[imports], city["lowest"], city["highest"], *across[key].groupby("region").sum()[regions]]
        assert max(abs(a - b) for a, b in zip(sums[label], wanted, strict=True)) <= CLOSE * size
    rows = table(tab, 1)
    names = sector_names()
    assert len(rows) == len(names)
    for code, name in names.items():
        wanted = [100 * shock.cases.loc[(imports, code), effect], *(across.loc[(r, code), effect] for r in regions)]
        assert max(abs(a - b) for a, b in zip(rows[name], wanted, strict=True)) <= CLOSE * size


@pytest.mark.parametrize("bought", ["anywhere", "locally"])
def test_ranges_that_the_scenario_draws_are_those_of_the_functions(visit, bought):
    tab = opened(visit(viewport=DESK), "scenario")
    choose(tab, "bought", bought)
    tab.wait_for_timeout(500)  # the chart follows a moment later
    demand = {code: 10.0 * float(tab.locator(f'[name="{code}"]').input_value()) for code in explore.sliders()["code"]}
    tables = [load_estimated(2017), *estimated_tables(2017)]
    across = [
        demand_across_regions(t, demand, "Shanghai", bought=bought)["value_added"].groupby("region", sort=False).sum()
        for t in tables
    ]
    shock = final_demand_shock(table_of("Shanghai", 2017), demand, bought=bought)
    city = shock.effects["value_added"].to_frame("value").join(shock.range["value_added"])
    city = city.sort_values("value", ascending=False, key=abs)
    spread = pd.DataFrame(
        {"lowest": pd.DataFrame(across).min(), "value": across[0], "highest": pd.DataFrame(across).max()}
    )
    for name, wanted in (("regions", spread), ("sectors", city[["lowest", "value", "highest"]])):
        # the axis begins at nought in the corner, so that places are values by one factor; Abroad has no value added
        drawn = tab.locator(f'[data-chart="{name}"] svg').evaluate(
            """chart => {
              const at = (mark) => mark.transform.baseVal[0].matrix.e;
              const lines = [...chart.querySelectorAll(".layer_2_marks line")];
              const dots = [...chart.querySelectorAll(".layer_3_marks path")];
              return lines.map((line, k) => [at(line), at(dots[k]), at(line) + line.x2.baseVal.value]);
            }"""
        )
        drawn = np.array(drawn)[: len(wanted)]
        assert len(drawn) >= 5
        values = wanted.iloc[: len(drawn)].to_numpy()
        np.testing.assert_allclose(drawn / drawn[0, 1], values / values[0, 1], rtol=0, atol=1e-5)


def test_scenario_says_that_estimates_are_estimates(visit):
    tab = opened(visit(viewport=DESK), "scenario")
    heads = tab.locator(".explore table").first.locator("thead th").all_inner_texts()
    assert heads[4:] and all(head.endswith(", estimated") for head in heads[4:])
    for effect in EFFECTS:
        choose(tab, "effect", effect)
        assert "estimated" in tab.locator('[data-title="regions"]').inner_text()
    assert "Estimated" in tab.locator('[data-chart="regions"]').inner_text()
    assert "estimated table" in tab.locator(".explore-says").inner_text()


def test_sliders_move_by_the_keyboard_and_say_where_they_are(visit):
    tab = opened(visit(viewport=DESK), "scenario")
    slider = tab.locator('[name="C19"]')
    before = tab.locator(".explore-says").inner_text()
    slider.focus()
    tab.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "+1.5 billion yuan"
    assert tab.locator(".explore-says").inner_text() != before
    assert "C19=1.5" in tab.evaluate("location.hash")


@pytest.fixture(scope="module")
def judged():
    return explore.testable(verdicts())


@pytest.fixture(scope="module")
def board(browser, host):
    context = browser.new_context(viewport=DESK)
    tab = context.new_page()
    tab.goto(f"{host}/{EXPLORERS['verdicts']}")
    until(tab, "document.querySelector('.explore-says').textContent !== ''")
    yield tab
    context.close()


WORDS = """(admitted) => {
  const data = JSON.parse(document.querySelector('.explore script[type="application/json"]').textContent);
  return data.map((claim, place) => {
    const { word, counts, primary, flips } = explore.judge(claim, admitted[place]);
    return [claim.id, word, counts.s, counts.u, counts.c, primary, flips.length];
  });
}"""


def by_function(v, admitted):
    """What the page's rule should say of some options, by the book's."""
    choices = v.claim.choices
    options = {
        choice: [o for o, stays in zip(every, row, strict=True) if stays]
        for (choice, every), row in zip(choices.items(), admitted, strict=True)
    }
    try:
        found = restrict(v, options)
    except ClaimError:
        return [v.claim.id, "nothing left", 0, 0, 0, None, 0]
    primary = [every.index(found.primary[choice]) for choice, every in choices.items()]
    return [v.claim.id, found.outcome, *(int(n) for n in found.counts), primary, len(found.flips)]


def test_rule_of_the_page_is_the_rule_of_the_book(board, judged):
    """All claims as declared, and forty random choices of options for each, ten of them if it must be quick."""
    draw = random.Random(6)
    for turn in range(11 if QUICK else 41):
        share = 1.0 if turn == 0 else draw.choice((0.5, 0.7, 0.9))
        admitted = [
            [[draw.random() < share for _ in every] for every in v.claim.choices.values()] for v in judged.values()
        ]
        found = board.evaluate(WORDS, admitted)
        wanted = [by_function(v, rows) for v, rows in zip(judged.values(), admitted, strict=True)]
        assert found == wanted
        if turn == 0:
            assert [row[1] for row in found] == [v.outcome for v in judged.values()]


def test_numbers_of_the_board_are_those_of_the_specifications(board, judged):
    claim = judged["1.1.1-stays"]
    board.locator('[data-claim="1.1.1-stays"] summary').click()
    rows = board.locator('[data-claim="1.1.1-stays"] tbody tr').all_inner_texts()
    for row in claim.readings[claim.readings["changed"] <= 1].itertuples():
        assert any(f"{row.value:.2f}" in text and row.reading[:8] in text for text in rows), rows
    assert len(rows) == sum(len(every) for every in claim.claim.choices.values())


def test_a_switch_for_all_claims_and_one_for_a_claim(visit, judged):
    tab = opened(visit(viewport=DESK), "verdicts")
    tab.locator('[name="imports=net inflow"]').uncheck()
    wanted = {}
    for key, v in judged.items():
        others = {"imports": [o for o in v.claim.choices.get("imports", ()) if o != "net inflow"]}
        wanted[key] = restrict(v, others).outcome if "imports" in v.claim.choices else v.outcome
    found = {place.get_attribute("data-claim"): place for place in tab.locator(".claim").all()}
    assert set(found) == set(judged)
    for key, place in found.items():
        assert wanted[key] in place.locator(".claim-word").inner_text(), key
    moved = sum(wanted[key] != v.outcome for key, v in judged.items())
    assert f"{moved} differ from the verdicts as declared" in tab.locator(".explore-says").inner_text()
    choose(tab, "show", "changed")
    assert tab.locator(".claim:visible").count() == moved
    # and by the keyboard, one option of one claim
    tab.get_by_role("button", name="Reset").click()
    claim = tab.locator('[data-claim="1.1.1-stays"]')
    claim.locator("summary").focus()
    tab.keyboard.press("Enter")
    box = claim.get_by_role("checkbox", name="Admit imports: net inflow")
    box.focus()
    tab.keyboard.press("Space")
    v = restrict(judged["1.1.1-stays"], {"imports": ["supply pool", "exports first"]})
    assert v.outcome in claim.locator(".claim-word").inner_text()
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "Admit imports: net inflow"
    assert "off=" in tab.evaluate("location.hash")
