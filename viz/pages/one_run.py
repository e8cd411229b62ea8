"""One run with its firms, for the pages that look at single firms and networks."""

from __future__ import annotations

from typing import Any

from experiments.wording import DASH, month
from sim.results import ResultSet
from sim.runs import FirmTables
from sim.scenario import Scenario, ScenarioError
from viz import firm_runs, levers, screen, session
from viz.components.blocks import words
from viz.ensembles import Following, own_data, use_ensemble
from viz.frame import Problem
from viz.orders import Order, Snapshot
from viz.settings import settings
from viz.state import BASELINE


def use_one_run() -> tuple[Scenario | None, Following]:
    """Run 0 of the scenario in the address with its firm tables; the scenario None when it cannot be simulated."""
    setting = session.view().setting
    scenario: Scenario | None
    try:
        scenario = setting.load(settings().world)
    except ScenarioError:
        scenario = None
    return scenario, _follow(_order(scenario, 1, "first") if scenario else None)


def use_listed_firms(scenario: Scenario | None) -> Following:
    """A few runs of the scenario with the books of its listed firms."""
    runs = min(firm_runs.RUNS, settings().runs)
    return _follow(_order(scenario, runs, "listed") if scenario else None)


def _order(scenario: Scenario, runs: int, firms: FirmTables) -> Order:
    setting, data = session.view().setting, own_data()
    plain = setting.scenario == BASELINE and not setting.changes
    return Order(scenario, runs, firms=firms, keep=plain and data is None, data=data)


def _follow(wanted: Order | None) -> Following:
    """Follow an order, without what is left of the one before."""
    following = use_ensemble(wanted)
    if wanted is None or not following.key.startswith(wanted.key):
        return Following("", Snapshot(wanted=wanted.runs if wanted else 1), following.watch)
    return following


def results_of(scenario: Scenario | None, following: Following) -> ResultSet | None:
    """The run once it is in; until then the page says so, or what is wrong."""
    snapshot = following.snapshot
    if scenario is None or snapshot.error:
        lines = [snapshot.error] if snapshot.error else ["Its levers do not fit together: undo the last change."]
        Problem("This scenario cannot be simulated", lines, "Undo", _undo)
        return None
    if snapshot.results is None:
        share = f" {100 * snapshot.share:.0f} % done." if snapshot.share else ""
        words("p", f"One run with every firm's books and decisions is under way.{share}", "hp-wait")
    return snapshot.results


def about(what: str, scenario: Scenario | None, when: str = "") -> str:
    """What a table holds, where it comes from and when it is, for whoever takes its numbers away."""
    at = f", {month(when, full=True)}" if when else ""
    return f"{what}{at}. Scenario “{title_of(scenario)}”, run 0."


def title_of(scenario: Scenario | None) -> str:
    """Name of the scenario in the address."""
    setting = session.view().setting
    if scenario is None:
        return setting.scenario
    before = Scenario.load(setting.scenario, settings().world).values()
    return setting.name or levers.title_of(scenario, dict(setting.changes), before)


def progress(following: Following) -> dict[str, Any]:
    """Progress for the head of a page."""
    return screen.progress(following.snapshot, None, quiet=following.snapshot.results is not None)


def span(results: ResultSet) -> str:
    """2026-2033 of a run."""
    return f"{results.months[0][:4]}{DASH}{results.months[-1][:4]}"


def _undo() -> None:
    session.history.value = session.history.value.undo()
