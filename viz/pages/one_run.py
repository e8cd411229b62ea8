"""One run with its firms, for the pages that look at single firms and networks."""

from __future__ import annotations

from typing import Any

from experiments.wording import DASH
from sim.results import ResultSet
from sim.scenario import Scenario, ScenarioError
from viz import levers, screen, session
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
    plain = setting.scenario == BASELINE and not setting.changes
    data = own_data()
    wanted = Order(scenario, 1, firms="first", keep=plain and data is None, data=data) if scenario else None
    following = use_ensemble(wanted)
    if wanted is None or not following.key.startswith(wanted.key):
        following = Following("", Snapshot(wanted=1), following.watch)
    return scenario, following


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
