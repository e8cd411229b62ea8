"""Pages without a browser: every state of Explore's charts, Compare on a few runs, as the widgets they hand over."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType

import ipyvue
import ipyvuetify
import pytest
import solara

from experiments.wording import DASH
from sim.results import ResultSet
from sim.runs import simulate
from sim.scenario import Scenario
from viz import ensembles, screen, session, standing
from viz.ensembles import Following
from viz.orders import Order, Snapshot
from viz.pages import compare, explore
from viz.state import History, Setting, View

WORLD = {"FIRMS": "110", "SITES": "220", "MONTHS": "4", "RUNS": "22"}
pytestmark = pytest.mark.usefixtures("small_world")
CARBON = Setting("baseline", {"policy.carbon_price_usd_per_t": 50.0})


@pytest.fixture(scope="module")
def runs() -> dict[str, ResultSet]:
    """A small world: 22 runs of the baseline, and of a carbon price."""
    world = {"world.firms": 110, "world.sites": 220, "world.months": 4}
    baseline = Scenario.load(overrides=world)
    taxed = CARBON.load(world)
    return {name: simulate(s, 0, 22, firms="none") for name, s in (("baseline", baseline), ("own", taxed))}


def given(monkeypatch, module: ModuleType, base: Snapshot, own: Snapshot, key: str = "") -> None:
    """Pages get these snapshots instead of runs; ``key`` makes the own one belong to another order."""

    def use_ensemble(wanted: Order | None) -> Following:
        if wanted is None:
            return Following("", Snapshot(), None)
        now = f"{wanted.key}/{wanted.runs}"
        is_base = wanted.scenario.values()["policy.carbon_price_usd_per_t"] == 0
        snapshot = base if is_base else own
        return Following(now, snapshot, None, snapshot.results, now if is_base else key or now)

    monkeypatch.setattr(module, "use_ensemble", use_ensemble)


def widgets(element: solara.Element, trait: str) -> list[ipyvue.VueTemplate]:
    """All widgets of a rendered element that have a trait of this name."""
    _, rc = solara.render(element, handle_error=False)
    try:
        return [widget for widget in rc.find(ipyvue.VueTemplate).widgets if widget.has_trait(trait)]
    finally:
        rc.close()


def texts(widget: ipyvuetify.Html) -> list[str]:
    """All plain words below a widget."""
    return [
        text
        for child in getattr(widget, "children", ())
        for text in ([child] if isinstance(child, str) else texts(child))
    ]


def full(results: ResultSet, **more) -> Snapshot:
    return replace(Snapshot(results, len(results), 22, 1.0), **more)


def first(results: ResultSet, count: int) -> ResultSet:
    kept = {name: table[table["run"] < count] for name, table in results.tables.items()}
    return ResultSet(kept, results.meta)


def charts(monkeypatch, base: Snapshot, own: Snapshot, key: str = "") -> dict[str, ipyvue.VueTemplate]:
    session.history.value = History(now=View(CARBON))
    given(monkeypatch, explore, base, own, key)
    return {chart.name: chart for chart in widgets(explore.Explore(), "footer")}


def test_waiting_draws_frame_and_baseline_at_once(monkeypatch, runs):
    found = charts(monkeypatch, full(runs["baseline"]), Snapshot(wanted=22))
    assert len(found) == 15
    assert {chart.footer for chart in found.values()} == {"Baseline: 22 runs · scenario: starting"}
    names = [series.get("name") for series in json.loads(found["hashprice"].option)["series"]]
    assert "Baseline" in names


def test_the_first_answer_has_paths_and_no_bands(monkeypatch, runs):
    few = first(runs["own"], 8)
    found = charts(monkeypatch, full(runs["baseline"]), Snapshot(few, 8, 22, 0.4))
    assert found["hashprice"].footer == "8 runs as paths, baseline of the same · bands from 20 runs"
    assert not any("band" in str(series.get("stack")) for series in json.loads(found["hashprice"].option)["series"])


def test_an_older_setting_says_so_and_fades(monkeypatch, runs):
    found = charts(monkeypatch, full(runs["baseline"]), full(runs["own"]), key="older")
    assert found["hashprice"].older
    assert found["hashprice"].footer == "Shows an older setting · Carbon price is running"
    other = Setting("baseline", {"policy.carbon_price_usd_per_t": 40.0})
    assert standing.apart(other, CARBON) == ("carbon price 40 USD/t CO₂", "50 USD/t CO₂")
    both = Setting("baseline", {**CARBON.changes, "power.interconnection_wait_scale": 0.5})
    assert standing.apart(other, both) == ("Carbon price", "Carbon price, faster grid")
    assert standing.apart(Setting("ai-bust"), CARBON) == ("AI bust", "Carbon price")


def test_few_runs_are_compared_with_the_same_runs_of_the_baseline(monkeypatch, runs):
    few = first(runs["own"], 3)
    found = charts(monkeypatch, full(runs["baseline"]), Snapshot(few, 3, 22, 0.1))
    series = json.loads(found["hashprice"].option)["series"]
    dots = next(item for item in series if item.get("name") == "Baseline")["data"]
    same = runs["baseline"].outcome("hashprice").loc[[0, 1, 2]].median()
    assert [value for _, value in dots] == pytest.approx(same.to_list(), rel=1e-3)
    assert screen.fair(runs["baseline"], runs["own"]) is runs["baseline"]


def test_the_full_band(monkeypatch, runs):
    found = charts(monkeypatch, full(runs["baseline"]), full(runs["own"]))
    assert found["hashprice"].footer.startswith(f"22 runs · bands 10{DASH}90 %, 25{DASH}75 %")
    assert any("band" in str(series.get("stack")) for series in json.loads(found["hashprice"].option)["series"])
    assert not found["hashprice"].older


def test_a_cancelled_run_can_go_on_from_each_chart(monkeypatch, runs):
    stopped = Snapshot(first(runs["own"], 20), 20, 22, 0.9, stopped=True)
    found = charts(monkeypatch, full(runs["baseline"]), stopped)
    assert {chart.footer for chart in found.values()} == {"Stopped at 20 of 22 runs"}
    assert {chart.more for chart in found.values()} == {"Continue"}
    found = charts(monkeypatch, full(runs["baseline"]), Snapshot(wanted=22, stopped=True))
    assert {chart.footer for chart in found.values()} == {"Stopped at 0 of 22 runs"}
    assert {chart.more for chart in found.values()} == {"Continue"}


def test_failed_runs_are_told_once_at_the_head_and_the_rest_holds(monkeypatch, runs):
    def shown(own: Snapshot) -> tuple[list[str], list[ipyvue.VueTemplate]]:
        found = charts(monkeypatch, full(runs["baseline"]), own)
        _, rc = solara.render(explore.Explore(), handle_error=False)
        told = [text for html in rc.find(ipyvuetify.Html).widgets for text in texts(html)]
        rc.close()
        return told, list(found.values())

    told, found = shown(Snapshot(wanted=22, error="Cash is undefined."))
    assert told.count("No run of this scenario finished") == 1
    assert "Undo the last change" in told
    assert any("Cash is undefined." in text for text in told)
    assert [chart.notice for chart in found] == [None] * 15
    told, found = shown(Snapshot(first(runs["own"], 21), 21, 22, 1.0, failed=1))
    assert told.count("1 of 22 runs did not finish") == 1
    assert any("The other 21 are sound" in text for text in told)
    assert [chart.notice for chart in found] == [None] * 15
    assert found[1].footer.endswith("1 run did not finish")


def test_nothing_to_show_names_the_lever(monkeypatch, runs):
    setting = Setting("baseline", {**CARBON.changes, "behaviour.pivot_allowed": False})
    tables = {name: table.copy() for name, table in runs["own"].tables.items()}
    leases = [name for name in tables["sector"].columns if name.startswith(("ai_", "firms_ai"))]
    tables["sector"][leases] = 0.0
    empty = ResultSet(tables, runs["own"].meta)
    session.history.value = History(now=View(setting))
    given(monkeypatch, explore, full(runs["baseline"]), full(empty))
    found = {chart.name: chart for chart in widgets(explore.Explore(), "footer")}
    assert found["ai-capacity"].notice["head"] == "No lease in this scenario"
    assert found["ai-capacity"].notice["actions"][0]["label"] == "Miners may turn to AI: back to on"
    assert found["hashprice"].notice is None


def test_a_combination_that_cannot_be_simulated_leaves_the_panel(monkeypatch):
    session.history.value = History(now=View(Setting("baseline", {"world.months": -3})))
    assert len(widgets(explore.Explore(), "changed_keys")) == 1


def test_compare_has_a_column_per_pin_and_no_runs_shared_between_settings(monkeypatch, runs):
    session.history.value = History(now=View(pins=(CARBON, Setting())))
    given(monkeypatch, compare, full(runs["baseline"]), full(runs["own"]))
    element = compare.Compare()
    heads = [widget.name for widget in widgets(element, "letter")]
    assert heads == ["Carbon price", "Baseline"]
    table = widgets(element, "rows")[0]
    emissions = next(row for row in table.rows if row["name"] == "Emissions")
    assert [cell["median"] for cell in emissions["cells"]][1] == "0"
    assert not emissions["cells"][0]["median"].startswith("+")


def test_nothing_pinned_offers_a_beginning():
    heads = widgets(compare.Compare(), "actions")
    assert [item["id"] for item in heads[0].actions] == ["all"]
    _, rc = solara.render(compare.Compare(), handle_error=False)
    told = [text for html in rc.find(ipyvuetify.Html).widgets for text in texts(html)]
    rc.close()
    assert [text for text in told if text == "Compare with the baseline"] == ["Compare with the baseline"] * 3


def test_the_usual_order_takes_the_visitors_firms(tmp_path):
    from viz.files import OwnFirms

    shipped = ensembles.order(Scenario.load(), keep=True)
    session.firms.value = OwnFirms("mine.csv", 3, tmp_path)
    own = ensembles.order(Scenario.load(), keep=True)
    assert (own.data, own.keep) == (tmp_path, False)
    assert own.key != shipped.key
