"""Pages of firms, network and stress without a browser: their states, and whose firms they ask for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import ipyvue
import pytest
import solara

from experiments.stress import StressResult, stress
from sim.results import ResultSet
from sim.runs import simulate
from sim.scenario import Scenario
from viz import network, session
from viz.ensembles import Following
from viz.files import OwnFirms, read_firms
from viz.orders import Order, Snapshot
from viz.pages import firms as firms_page
from viz.pages import network as network_page
from viz.pages import one_run
from viz.pages import stress as stress_page
from viz.state import History, View
from viz.tasks import Outcome

ROOT = Path(__file__).resolve().parents[2]
WORLD = {"FIRMS": "110", "SITES": "220", "MONTHS": "14", "RUNS": "22"}
pytestmark = pytest.mark.usefixtures("small_world")
OVERRIDES = {"world.firms": 110, "world.sites": 220, "world.months": 14}
FIRM = "Riot Platforms"


@pytest.fixture(scope="module")
def one() -> ResultSet:
    return simulate(Scenario.load("baseline", OVERRIDES), runs=1, firms="first")


@pytest.fixture(scope="module")
def listed() -> ResultSet:
    return simulate(Scenario.load("baseline", OVERRIDES), runs=2, firms="listed")


@pytest.fixture(scope="module")
def stressed() -> StressResult:
    scenario = Scenario.load("baseline", OVERRIDES)
    return stress(scenario, ["coin-crash"], date="2026-10", runs=2, follow=6, until=0.5)


@dataclass
class Shown:
    """What a page shows: the widgets of blocks, and all plain words."""

    blocks: list[ipyvue.VueTemplate]
    html: list[ipyvue.Html]

    @property
    def words(self) -> str:
        return " | ".join(child for html in self.html for child in html.children if isinstance(child, str))

    def press(self, text: str) -> None:
        """Click a button."""
        next(html for html in self.html if html.children == [text]).click()

    def with_trait(self, trait: str) -> list[ipyvue.VueTemplate]:
        return [block for block in self.blocks if block.has_trait(trait)]

    def tables(self) -> dict[str, ipyvue.VueTemplate]:
        return {block.label: block for block in self.with_trait("saves") if block.has_trait("rows")}


@contextmanager
def rendered(element: solara.Element) -> Iterator[Callable[[], Shown]]:
    """A rendered page; the function reads what it shows now."""
    box, rc = solara.render(element, handle_error=False)
    try:
        yield lambda: Shown(list(rc.find(ipyvue.VueTemplate).widgets), list(html_of(box)))
    finally:
        rc.close()


def html_of(widget: Any) -> Iterator[ipyvue.Html]:
    """All plain elements below a widget."""
    for child in getattr(widget, "children", []):
        if isinstance(child, ipyvue.Html):
            yield child
        if not isinstance(child, str):
            yield from html_of(child)


def render(element: solara.Element) -> Shown:
    with rendered(element) as look:
        return look()


def look_at(**options: str) -> None:
    session.history.value = History(now=View(options=options))


def given(monkeypatch, one: ResultSet, over: Snapshot) -> list[Order]:
    """Pages get these runs: ``one`` where they ask for a story, ``over`` for listed firms. Returns what they ask."""
    asked: list[Order] = []

    def use_ensemble(wanted: Order | None) -> Following:
        assert wanted is not None
        asked.append(wanted)
        snapshot = Snapshot(one, 1, 1, 1.0) if wanted.firms == "first" else replace(over, wanted=wanted.runs)
        return Following(f"{wanted.key}/{wanted.runs}", snapshot, None)

    monkeypatch.setattr(one_run, "use_ensemble", use_ensemble)
    return asked


def tasks(monkeypatch, module: ModuleType, result: Any) -> list[dict[str, Any]]:
    """Functions on workers are done at once with ``result``. Returns the arguments they got."""
    asked: list[dict[str, Any]] = []

    def use_task(key: str, function: Any, arguments: dict[str, Any]) -> Outcome:
        if function is not None:
            asked.append(arguments)
        return Outcome(result if function else None, key=key)

    monkeypatch.setattr(module, "use_task", use_task)
    return asked


# ------------------------------------------------------------------ a firm over runs


def test_a_firm_is_shown_over_runs_and_its_story_is_run_0(monkeypatch, one, listed):
    look_at(firm=FIRM)
    asked = given(monkeypatch, one, Snapshot(listed, 2, 16, 0.2))
    shown = render(firms_page.Firms())
    assert [(order.runs, order.firms) for order in asked[:2]] == [(1, "first"), (16, "listed")]
    assert "Over 16 runs" in shown.words
    assert "2 of 16 are in." in shown.words
    assert "Cancel" in shown.words
    assert "One run, month by month" in shown.words
    tables = shown.tables()
    assert {"What becomes of it", "Books over runs", "Balance sheet", "Contracts", "Data coverage"} <= set(tables)
    assert all(table.saves for name, table in tables.items() if table.rows), "a table without its numbers"
    assert tables["What becomes of it"].rows[0]["cells"][1]["words"].endswith(" of 2")
    charts = {chart.name for chart in shown.with_trait("option")}
    assert charts == {"power", "sales", "rigs", "books", "rate", "firm-runs"}
    bars = shown.with_trait("meaning")
    assert len(bars) == 1
    assert bars[0].rows


def test_before_the_first_run_the_frame_stands(monkeypatch, one):
    look_at(firm=FIRM)
    given(monkeypatch, one, Snapshot())
    shown = render(firms_page.Firms())
    tables = shown.tables()
    assert {row["cells"][1]["words"] for row in tables["What becomes of it"].rows} == {"\N{EN DASH}"}
    assert not tables["What becomes of it"].saves
    assert next(chart for chart in shown.with_trait("notice") if chart.name == "firm-runs").notice["text"]


def test_stopped_and_failed_runs_are_told_and_the_story_stays(monkeypatch, one, listed):
    look_at(firm=FIRM)
    given(monkeypatch, one, Snapshot(listed, 2, 16, 0.2, stopped=True, failed=1))
    words = render(firms_page.Firms()).words
    assert "Stopped at 2 of 16." in words
    assert "Continue" in words
    assert "1 run did not finish and is left out." in words
    given(monkeypatch, one, Snapshot(error="Cash is undefined."))
    shown = render(firms_page.Firms())
    assert "These runs ended with an error" in shown.words
    assert "Cash is undefined." in shown.words
    assert "Balance sheet" in shown.tables()


def test_a_made_up_firm_is_not_followed_over_runs(monkeypatch, one):
    look_at(firm="Private miner 003")
    asked = given(monkeypatch, one, Snapshot())
    words = render(firms_page.Firms()).words
    assert {order.firms for order in asked} == {"first"}
    assert "drawn anew in each run" in words


def test_the_table_of_firms_and_the_network_offer_their_numbers(monkeypatch, one):
    look_at()
    given(monkeypatch, one, Snapshot())
    assert render(firms_page.Firms()).tables()["Firms"].saves
    held = network.in_force(one, one.months[-1])
    tenant = str(held.groupby("tenant")["it_mw"].sum().idxmax())
    look_at(node=f"t:{tenant}")
    shown = render(network_page.Network())
    assert shown.tables()[f"Leases of {tenant}"].saves
    foot = shown.with_trait("picture")
    assert [(block.name, block.saves) for block in foot] == [("network", True)]
    look_at(network="regions")
    shown = render(network_page.Network())
    assert shown.tables()["All regions"].saves
    assert [block.name for block in shown.with_trait("picture")] == ["regions-map"]


# ------------------------------------------------------------------ whose firms


@pytest.fixture
def own() -> OwnFirms:
    """The shipped table with one firm under another name."""
    text = (ROOT / "sim" / "data" / "firms_2026.csv").read_text(encoding="utf-8")
    assert FIRM in text
    return read_firms("mine.csv", text.replace(FIRM, "My Own Mine"))


def test_every_page_asks_for_the_visitors_own_firms(monkeypatch, own, listed):
    session.firms.value = own
    mine = simulate(
        Scenario.load("baseline", OVERRIDES | {"world.months": 3}), runs=1, firms="first", data=own.folder
    )
    assert "My Own Mine" in set(mine.table("firms")["firm"])
    asked = given(monkeypatch, mine, Snapshot(listed, 2, 16, 0.2))
    look_at(firm="My Own Mine")
    shown = render(firms_page.Firms())
    assert "My Own Mine" in shown.words
    assert {row["cells"][0]["words"] for row in shown.tables()["Data coverage"].rows}
    look_at(network="information")
    links = network.observed(Scenario.load("baseline", OVERRIDES), own.folder)
    assert "My Own Mine" in links
    observed = tasks(monkeypatch, network_page, links)
    render(network_page.Network())
    assert {order.firms for order in asked} == {"first", "listed"}
    assert {order.data for order in asked} == {own.folder}
    assert not any(order.keep for order in asked)
    assert [arguments["data"] for arguments in observed] == [own.folder] * len(observed)
    look_at()
    wanted = stress_page.chosen_test(Scenario.load("baseline", OVERRIDES))
    assert wanted.arguments()["data"] == own.folder
    key = wanted.key
    session.firms.value = None
    assert wanted.arguments()["data"] is None
    assert wanted.key != key


# ------------------------------------------------------------------ stress


def state(monkeypatch, outcome: Outcome, press: bool = True, **options: str) -> Shown:
    """The page of stress with a task that stands like this, after the button was pressed."""

    def use_task(key: str, function: Any, arguments: dict[str, Any]) -> Outcome:
        return replace(outcome, key=key) if function else Outcome()

    monkeypatch.setattr(stress_page, "use_task", use_task)
    look_at(**options)
    with rendered(stress_page.Stress()) as look:
        if press:
            look().press("Run the stress test")
        return look()


def test_stress_before_anything_runs_says_what_would(monkeypatch):
    shown = state(monkeypatch, Outcome(), press=False)
    assert "Nothing has run yet." in shown.words
    assert "What strikes" in shown.tables()
    shown = state(monkeypatch, Outcome(), press=False, shocks="none")
    assert "Choose at least one shock." in shown.words
    assert "What strikes" not in shown.tables()


def test_stress_tells_how_far_it_is_and_can_be_cancelled(monkeypatch):
    shown = state(monkeypatch, Outcome(running=True, share=0.42), shocks="coin-crash", until="0.1")
    head = shown.with_trait("progress")[0]
    assert (head.progress["state"], head.progress["rate"]) == ("running", "42 %")
    assert "Runs now: coin crash, severity 1, from" in shown.words
    assert "Running" in shown.words


def test_stress_shows_what_it_found_and_every_number(monkeypatch, stressed):
    shown = state(monkeypatch, Outcome(stressed), shocks="coin-crash", until="0.5")
    tables = shown.tables()
    assert {"What breaks first", "How severe it must be", "What strikes"} == set(tables)
    assert all(table.saves for table in tables.values())
    assert [block.name for block in shown.with_trait("picture")] == ["stress-firms"]
    assert [chart.name for chart in shown.with_trait("option")] == ["failures"]
    assert shown.with_trait("progress")[0].progress["state"] == "done"


def test_stress_that_fails_says_so_in_words(monkeypatch):
    shown = state(monkeypatch, Outcome(error="A shock in 2027-01 is not within the scenario."))
    assert "The stress test ended with an error" in shown.words
    assert "not within the scenario" in shown.words
    assert "Asked for: coin crash, tenant default, severity 1" in shown.words


def test_what_makes_no_sense_in_an_address_is_left_out():
    scenario = Scenario.load("baseline", OVERRIDES)
    look_at(shocks="coin-crash,earthquake", severity="many", date="1999-01", until="0.3")
    wanted = stress_page.chosen_test(scenario)
    assert (wanted.shocks, wanted.severity, wanted.until) == (("coin-crash",), 1.0, None)
    assert wanted.date == stress_page.stresses.usual_date(scenario)
    look_at(severity="99", until="0.1")
    assert (stress_page.chosen_test(scenario).severity, stress_page.chosen_test(scenario).until) == (4.0, 0.1)


def test_a_test_that_is_done_stays_while_choices_change(monkeypatch, stressed):
    tasks(monkeypatch, stress_page, stressed)
    look_at(shocks="coin-crash", date="2026-10")
    with rendered(stress_page.Stress()) as look:
        look().press("Run the stress test")
        look_at(shocks="coin-crash", date="2026-10", severity="2")
        shown = look()
        assert "The choices have changed since. Below: coin crash, severity 1, from October 2026." in shown.words
        assert "What breaks first" in shown.tables()


def test_a_cancelled_test_leaves_the_page_as_it_was(monkeypatch):
    monkeypatch.setattr(
        stress_page, "use_task",
        lambda key, function, _: Outcome(running=True, share=0.3, key=key) if function else Outcome(),
    )  # fmt: skip
    look_at()
    with rendered(stress_page.Stress()) as look:
        look().press("Run the stress test")
        look().with_trait("progress")[0].vue_cancel(None)
        shown = look()
        assert "Cancelled: nothing is kept" in shown.words
        assert shown.with_trait("progress")[0].progress["state"] == "done"
        assert "Run the stress test" in shown.words


def test_numbers_of_a_table_are_handed_to_the_browser(monkeypatch, one):
    look_at()
    given(monkeypatch, one, Snapshot())
    with rendered(firms_page.Firms()) as look:
        table = look().tables()["Firms"]
        shown = [row["id"] for row in table.rows][:2]
        table.vue_csv(shown)
    file = session.saved.value
    assert file is not None
    assert file["name"] == "hashpivot-firms.csv"
    lines = base64.b64decode(file["content"]).decode().splitlines()
    assert lines[0] == "# Firms, August 2027. Scenario “Baseline”, run 0."
    assert [line.split(",")[0] for line in lines[2:]] == shown
