"""Firms, network, stress, calculator and Learn in a real browser: what only a browser can show."""

from __future__ import annotations

from experiments.shocks import SHOCKS

FIRM = "firms?show-firm=Core%20Scientific"
# Path, and what is there when the page is complete.
PAGES = {
    "firms": ".hp-data tbody tr >> nth=5",
    FIRM: ".hp-over .hp-footer:has-text('16 runs')",
    "network?show-node=t%3ACoreWeave": "h2:text-is('If it defaults')",
    "network?show-network=information": "h2:text-is('Most observed')",
    "network?show-network=regions": ".hp-tile >> nth=17",
    "stress": ".hp-data tbody tr",
    "calculator": ".hp-plot canvas",
    "learn": ".hp-story .hp-plot canvas",
    "learn?show-story=rents": ".hp-story .hp-plot canvas",
    "learn?show-story=steps": ".hp-data tbody tr",
}
UNNAMED = """() => ["button", "input", "select", "[role=button]", "[role=img]"]
  .flatMap((kind) => [...document.querySelectorAll("main " + kind)])
  .filter((item) => item.offsetParent !== null || item.tagName === "g")
  .filter((item) => !(item.innerText || item.getAttribute("aria-label") || item.getAttribute("aria-labelledby")
    || (item.labels && item.labels.length)))
  .map((item) => item.outerHTML.slice(0, 120))"""
SMALL_TARGETS = """() => [...document.querySelectorAll("main .hp-foot button, main .hp-icon, main .hp-chips button")]
  .map((item) => item.getBoundingClientRect()).filter((box) => box.width && box.height < 24).length"""


def test_no_page_scrolls_sideways_on_a_phone_and_every_control_has_a_name(window, address):
    with window(width=400, has_touch=True) as page:
        for path, there in PAGES.items():
            page.goto(f"{address}/{path}")
            page.wait_for_selector(there)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, path
            assert page.evaluate(UNNAMED) == [], path
            assert page.evaluate(SMALL_TARGETS) == 0, path


def test_tables_and_drawings_are_taken_away(window, address, tmp_path):
    with window() as page:
        page.goto(f"{address}/{FIRM}")
        page.wait_for_selector(PAGES[FIRM])
        with page.expect_download() as download:
            page.get_by_label("Numbers (CSV): What becomes of it").click()
        download.value.save_as(tmp_path / "fates.csv")
        told = (tmp_path / "fates.csv").read_text(encoding="utf-8").splitlines()
        assert told[0] == "# What becomes of Core Scientific over 16 runs of “Baseline”"
        assert [line.split(",")[0] for line in told[2:4]] == ["Closed or liquidated", "Bought by another"]
        page.goto(f"{address}/firms")
        page.get_by_label("Search firms or regions").fill("texas")
        page.get_by_label("Search firms or regions").fill("ERCOT")
        page.get_by_role("button", name="Cash").click()
        first = page.locator(".hp-data tbody tr td").first.inner_text()
        with page.expect_download() as download:
            page.get_by_label("Numbers (CSV): Firms").click()
        download.value.save_as(tmp_path / "firms.csv")
        told = (tmp_path / "firms.csv").read_text(encoding="utf-8").splitlines()
        assert told[2].startswith(first)  # sorted and filtered as on the page
        assert all("ERCOT" in line for line in told[2:])
        page.goto(f"{address}/network")
        page.wait_for_selector(".hp-node >> nth=5")
        with page.expect_download() as download:
            page.get_by_label("Picture (PNG): Who leases from whom").click()
        download.value.save_as(tmp_path / "network.png")
        picture = (tmp_path / "network.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 30_000


def test_a_stress_test_is_cancelled_run_again_and_outlives_a_change(window, address, tmp_path):
    with window() as page:
        page.goto(f"{address}/stress?show-shocks={'%2C'.join(SHOCKS)}&show-until=0.5")  # long enough to be cancelled
        page.wait_for_selector("text=Nothing has run yet.")
        page.get_by_role("button", name="Run the stress test").focus()
        page.keyboard.press("Enter")
        page.locator(".hp-progress").get_by_role("button", name="Cancel").click()
        page.wait_for_selector("text=Cancelled: nothing is kept")
        page.goto(f"{address}/stress?show-until=0.5")
        page.wait_for_selector("text=Nothing has run yet.")
        page.get_by_role("button", name="Run the stress test").click()
        page.wait_for_selector(".hp-heat tbody tr >> nth=4")
        page.wait_for_selector("h3:text-is('How severe it must be')")
        page.locator("label.hp-check", has_text="Power spike").click()
        page.wait_for_selector("text=The choices have changed since.")
        page.wait_for_selector(".hp-heat thead th >> nth=2")
        with page.expect_download() as download:
            page.get_by_label("Picture (PNG): Distress by firm and shock").click()
        download.value.save_as(tmp_path / "heat.png")
        assert len((tmp_path / "heat.png").read_bytes()) > 30_000


def test_a_node_is_chosen_by_keys_and_leads_to_its_page(window, address):
    with window() as page:
        page.goto(f"{address}/network")
        node = page.locator(".hp-node[aria-label^='IREN']")
        node.focus()
        page.keyboard.press("Space")
        page.wait_for_selector("h2:text-is('IREN')")
        assert page.locator(".hp-node[aria-pressed=true]").count() == 1
        page.get_by_role("button", name="Open its page").click()
        page.wait_for_selector("h1:text-is('IREN')")
