"""Runs for a component: asks the service, follows what comes in, lets go when the page turns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import solara

from sim.results import ResultSet
from sim.scenario import Scenario
from viz import session
from viz.orders import Order, Snapshot
from viz.service import Watch, service
from viz.settings import settings
from viz.state import BASELINE


@dataclass(frozen=True)
class Following:
    """An ensemble as a component sees it. ``key`` says which order the snapshot belongs to.

    ``results`` are the latest runs there are, and ``of`` the order they belong to: the one before this until the
    first run of this one is in.
    """

    key: str
    snapshot: Snapshot
    watch: Watch | None
    results: ResultSet | None = None
    of: str = ""

    def cancel(self, _: object = None) -> None:
        if self.watch:
            self.watch.stop()

    def go_on(self, _: object = None) -> None:
        if self.watch:
            self.watch.go_on()


def order(scenario: Scenario, *, runs: int | None = None, keep: bool = False) -> Order:
    """The dashboard's usual order for a scenario, with the visitor's own firms if there are any."""
    data = own_data()
    return Order(scenario, runs or settings().runs, keep=keep and data is None, data=data)


def own_data() -> Path | None:
    """Folder of the visitor's own tables."""
    return session.firms.value.folder if session.firms.value else None


def prewarm() -> None:
    """Start the workers, and fill the baseline before anybody asks: everything is compared with it."""
    service().watch(order(Scenario.load(BASELINE, settings().world), keep=True))


def use_ensemble(wanted: Order | None) -> Following:
    """Follow an order; a new one lets go of the old, whose results stay until the first run is in.

    ``wanted`` None follows nothing.
    """
    current, set_current = solara.use_state(Following("", Snapshot(), None))
    key = f"{wanted.key}/{wanted.runs}" if wanted else ""

    def start() -> Callable[[], None] | None:
        if wanted is None:
            set_current(Following("", Snapshot(), None))
            return None
        watch = service().watch(wanted)
        older = (current.results, current.of)

        def follow() -> None:
            for snapshot in watch.updates():
                if watch.released:
                    return
                latest = (snapshot.results, key) if snapshot.results or snapshot.error else older
                set_current(Following(key, snapshot, watch, *latest))

        threading.Thread(target=follow, daemon=True).start()
        return watch.release

    solara.use_effect(start, [key])
    return current
