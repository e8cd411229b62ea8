"""The dashboard in a real browser: every request elsewhere is refused, every console error fails the test."""

from __future__ import annotations

import re
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
FIRMS = (Path(__file__).resolve().parents[2] / "sim" / "data" / "firms_2026.csv").read_text(encoding="utf-8")
CARBON = "policy.carbon_price_usd_per_t"
# All runs are in, every chart shows them, and, where there is something to compare with, every card its interval.
# A page tells so in several messages: one of them alone may belong to the setting before.
SETTLED = """(compared) => {
  const words = (query) => [...document.querySelectorAll(query)].map((element) => element.innerText);
  const footers = words(".hp-grid .hp-footer"), cards = words(".hp-card-change");
  return words(".hp-progress-done").some((text) => text.startsWith("22 runs"))
    && footers.length === 15 && footers.every((text) => text.startsWith("22 runs"))
    && !document.querySelector(".hp-older") && (!compared || cards.every((text) => text.includes("(")));
}"""
# Cancels as soon as that is offered: a quick machine may be done before a test has looked.
CANCEL = """() => {
  const look = () => {
    const button = [...document.querySelectorAll(".hp-progress button")].find((one) => one.innerText === "Cancel");
    if (button) { watcher.disconnect(); button.click(); }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { subtree: true, childList: true });
}"""


def wait_for_band(page, compared: bool = True) -> None:
    """Until all runs are in and the whole page shows them; ``compared``: against the baseline."""
    page.wait_for_function(SETTLED, arg=compared)


def move(page, key: str, presses: int) -> None:
    """Move a lever by keys, as somebody without a mouse does."""
    slider = page.locator(f"[data-key='{key}'] input[type=range]")
    slider.focus()
    for _ in range(presses):
        page.keyboard.press("ArrowRight")


def test_explore_from_lever_to_band_to_link_in_a_fresh_window(window, address, tmp_path):
    with window() as page:
        page.goto(address)
        page.wait_for_selector("h1:has-text('Baseline')")
        wait_for_band(page, compared=False)
        expect(page.locator(".hp-chart")).to_have_count(15)
        expect(page.locator(".hp-plot canvas")).to_have_count(15)
        move(page, CARBON, 20)
        value = page.locator(f"[data-key='{CARBON}'] .hp-value input").input_value()
        page.wait_for_url(re.compile(rf"{re.escape(CARBON)}={value}(\.0)?$"))  # the answer to the last of the keys
        page.wait_for_selector("h1:has-text('Carbon price')")
        expect(page.locator("#hp-scenario option:checked")).to_have_text("Custom, from “Baseline”")
        wait_for_band(page)
        changes = page.locator(".hp-card-change").all_inner_texts()
        page.locator("[aria-label='Table: Hashprice']").click()
        page.wait_for_selector("#chart-hashprice tbody tr >> nth=7")
        link = page.url
        title = page.locator("h1").inner_text()
        page.get_by_role("button", name="Download").first.click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Scenario (TOML)").click()
        download.value.save_as(tmp_path / "scenario.toml")
        saved = tomllib.loads((tmp_path / "scenario.toml").read_text(encoding="utf-8"))
        assert saved["policy"]["carbon_price_usd_per_t"] == float(value)
        page.get_by_role("button", name="Undo").first.click()
        page.wait_for_selector("h1:has-text('Baseline')")
        page.get_by_role("button", name="Redo").first.click()
        page.wait_for_selector("h1:has-text('Carbon price')")
    with window() as page:
        page.goto(link)
        page.wait_for_selector(f"h1:text-is('{title}')")
        wait_for_band(page)
        assert page.locator(f"[data-key='{CARBON}'] .hp-value input").input_value() == value
        assert page.locator(".hp-card-change").all_inner_texts() == changes


def test_a_lever_stays_where_the_hand_left_it(window, address):
    with window() as page:
        page.goto(address)
        page.wait_for_selector(f"[data-key='{CARBON}']")
        field = page.locator(f"[data-key='{CARBON}'] .hp-value input")
        shown = []
        for _ in range(12):  # answers to earlier keys come in between
            move(page, CARBON, 1)
            shown.append(float(field.input_value()))
        assert shown == sorted(set(shown))
        page.wait_for_url(re.compile(rf"{re.escape(CARBON)}={field.input_value()}(\.0)?$"))
        assert float(field.input_value()) == shown[-1]


def test_cancelling_and_going_on(window, address):
    with window() as page:
        page.add_init_script(f"({CANCEL})()")
        page.goto(f"{address}/?scenario=btc-crash")
        page.wait_for_selector(".hp-progress :text-matches('Stopped at \\\\d+ of 22 runs')")
        page.wait_for_selector("#chart-hashprice .hp-footer:has-text('Stopped at')")
        page.locator("#chart-hashprice .hp-footer").get_by_role("button", name="Continue").click()
        wait_for_band(page)


def test_two_visitors_do_not_see_each_other(window, address):
    with window() as one, window(color_scheme="dark") as two:
        one.goto(address)
        two.goto(f"{address}/?scenario=carbon-tax")
        two.wait_for_selector("h1:has-text('Carbon price')")
        one.wait_for_selector("h1:has-text('Baseline')")
        move(one, "ai.downtime_reduction", 5)
        one.wait_for_selector("h1:has-text('Fewer outages')")
        expect(two.locator("h1")).to_have_text("Carbon price")
        expect(two.locator("html")).to_have_attribute("data-theme", "dark")
        expect(one.locator("html")).to_have_attribute("data-theme", "light")
        expect(two.locator(".v-application").first).to_have_css("background-color", "rgb(21, 24, 29)")


def test_pinning_leads_to_compare(window, address):
    with window() as page:
        page.goto(f"{address}/?scenario=carbon-tax")
        page.get_by_role("button", name="Pin to Compare").click()
        page.wait_for_selector("button:has-text('Pinned to Compare')")
        page.get_by_role("link", name="Compare").click()
        page.wait_for_selector("h1:has-text('One scenario against the baseline')")
        page.wait_for_selector(".hp-diff tbody tr >> nth=4")
        page.wait_for_selector(".hp-words:has-text(' to ')")
        page.wait_for_url(re.compile("pin=scenario%3Dcarbon-tax"))
        page.get_by_role("button", name="Differences").click()
        page.wait_for_selector(".hp-row-name:has-text('Difference from the baseline')")
        page.get_by_role("button", name="Split the effect").click()
        page.wait_for_selector("#chart-wedges canvas")
        page.get_by_role("button", name="Unpin").click()
        page.wait_for_selector("h1:has-text('Compare scenarios')")


def test_files_and_wrong_input_are_answered_in_the_page(window, address):
    with window() as page:
        page.goto(f"{address}/?policy.carbon_prise=3")
        page.wait_for_selector(".hp-problem:has-text('did you mean policy.carbon_price_usd_per_t')")
        load = page.locator("input[aria-label='Scenario file']")
        load.set_input_files({"name": "bad.toml", "mimeType": "text/plain", "buffer": b"[policy]\ncarbon_from = 3\n"})
        page.wait_for_selector(".hp-wrong:has-text('Line 2: policy.carbon_from')")
        good = b'title = "My own"\nextends = ["ai-bust"]\n'
        load.set_input_files({"name": "mine.toml", "mimeType": "text/plain", "buffer": good})
        page.wait_for_selector("h1:has-text('My own')")
        field = page.locator(f"[data-key='{CARBON}'] .hp-value input")
        field.fill("4800")
        field.press("Enter")
        page.wait_for_selector(".hp-wrong:has-text('0 to 2,000 USD/t')")
        expect(field).to_have_value("0")
        page.get_by_role("button", name="Use 2,000").click()
        page.wait_for_selector("h1:has-text('carbon price')")
        firms = page.locator("input[aria-label='Firms file']")
        wrong = FIRMS.replace(",54.3,", ",-54.3,", 1).encode()
        firms.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": wrong})
        page.wait_for_selector(".hp-wrong:has-text('mine.csv, line 2, column operating_ehs')")
        firms.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": FIRMS.encode()})
        page.wait_for_selector("text=/\\d+ firms from mine.csv/")


def test_a_phone_has_a_sheet_of_levers_and_no_sideways_scrolling(window, address):
    with window(width=400, has_touch=True) as page:
        page.goto(address)
        page.wait_for_selector(".hp-plot canvas")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.get_by_role("button", name="Levers", exact=True).click()
        expect(page.locator("#hp-scenario")).to_be_visible()
        page.get_by_role("button", name="Show result").click()
        expect(page.locator("#hp-scenario")).not_to_be_visible()
        page.get_by_role("button", name="Pages").click()
        page.get_by_role("link", name="Compare").click()
        page.wait_for_selector("h1:has-text('Compare scenarios')")


def test_every_page_opens_by_its_address(window, address):
    with window() as page:
        page.goto(address)
        page.wait_for_selector(".hp-nav a[aria-current=page]:has-text('Explore')")
        pages = {link.inner_text(): link.get_attribute("href") for link in page.locator(".hp-nav a").all()}
        assert list(pages)[:2] == ["Explore", "Compare"]
        for name, path in pages.items():
            page.goto(address + path)
            page.wait_for_selector(f".hp-nav a[aria-current=page]:has-text('{name}')")
            page.wait_for_selector("h1")
            page.wait_for_load_state("networkidle")  # what is asked for shall come before the next page is opened
            assert page.locator("text=This page met an error").count() == 0


def test_an_unknown_address_is_no_dead_page(address):
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{address}/nowhere", timeout=10)
    assert error.value.code == 404
    page = error.value.read().decode("utf-8")
    assert "There is no such page" in page
    assert 'href="/"' in page


def test_a_firm_is_opened_and_tells_why_it_decided_so(window, address):
    with window() as page:
        page.goto(f"{address}/firms")
        page.locator(".hp-data .hp-link", has_text="Core Scientific").click()
        page.wait_for_selector("h1:text-is('Core Scientific')")
        page.wait_for_selector(".hp-plot canvas >> nth=3")
        page.locator(".hp-reasons select").select_option("all")
        page.wait_for_url(re.compile("show-reviews=all"))
        date = page.locator(".hp-reason-date").first
        date.click()
        page.wait_for_selector(".hp-reason-chosen")
        link = page.url
        words = page.locator(".hp-reason-chosen h4").first.inner_text()
    with window(width=400) as page:
        page.goto(link)
        page.wait_for_selector(f".hp-reason-chosen h4:text-is('{words}')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_network_keeps_its_places_while_months_go_by(window, address):
    with window() as page:
        page.goto(f"{address}/network")
        page.wait_for_selector(".hp-node >> nth=5")
        places = "all => all.map((circle) => circle.getAttribute('cy'))"
        before = page.locator(".hp-node-target").evaluate_all(places)
        slider = page.locator(".hp-months input")
        slider.focus()
        for _ in range(6):  # of 8 months, from February 2027
            page.keyboard.press("ArrowLeft")
        page.wait_for_url(re.compile("show-month=2026-08"))
        page.wait_for_selector(".hp-lede:has-text('August 2026')")
        after = page.locator(".hp-node-target").evaluate_all(places)
        assert before == after
        page.locator(".hp-node[aria-label^='CoreWeave']").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("h2:text-is('If it defaults')")
        page.get_by_role("button", name="Regions").click()
        page.wait_for_selector(".hp-tile >> nth=17")
        page.get_by_role("button", name="Information").click()
        page.wait_for_selector("h2 >> nth=0")


def test_the_calculator_answers_as_an_input_moves(window, address):
    with window() as page:
        page.goto(f"{address}/calculator")
        best = page.locator(".hp-fact dd").last
        best.wait_for()
        before = best.inner_text()
        slider = page.locator("[data-key='rent_usd_m_per_mw_year'] input[type=range]")
        slider.focus()
        for _ in range(20):
            page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile("show-site-rent"))
        other = "before => [...document.querySelectorAll('.hp-fact dd')].pop().innerText !== before"
        page.wait_for_function(other, arg=before)
        field = page.locator("[data-key='mw'] .hp-value input")
        field.fill("-3")
        field.press("Enter")
        page.wait_for_selector(".hp-wrong:has-text('Nothing was changed')")


def test_a_stress_test_runs_and_shades_what_it_found(window, address):
    with window() as page:
        page.goto(f"{address}/stress?show-shocks=coin-crash")
        page.get_by_role("button", name="Run the stress test").click()
        page.wait_for_selector(".hp-heat tbody tr >> nth=4")
        assert page.locator(".hp-heat td").first.inner_text().endswith("%")


def test_every_story_is_told_and_a_model_is_stepped(window, address, months):
    with window() as page:
        page.goto(f"{address}/learn")
        names = page.locator(".hp-story-list button")
        names.nth(5).wait_for()
        for place in range(5):
            names.nth(place).click()
            page.wait_for_selector(".hp-story .hp-plot canvas")
        names.nth(5).click()
        page.wait_for_selector(f"text=/step 0 of {months}/")
        page.get_by_role("button", name="Step", exact=True).click()
        page.wait_for_selector(f"text=/step 1 of {months}/")
        page.get_by_role("button", name="12 months").click()
        page.wait_for_selector(f"text=/step {months} of {months}/")
        page.wait_for_selector("#chart-agents canvas")


def test_about_shows_the_picture_of_the_hindcast(window, address):
    with window() as page:
        page.goto(f"{address}/about")
        page.wait_for_selector(".hp-prose img")
        page.wait_for_function("() => document.querySelector('.hp-prose img').naturalWidth > 500")
