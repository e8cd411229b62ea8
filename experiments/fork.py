"""Run to a date once, then go on from there under any number of scenarios.

The state before the date is kept as bytes; each future begins from a fresh copy of it. With dated policies and
shocks that begin at the date or later a future equals the same scenario run from its start, bit for bit.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sim.errors import RunError, UserError
from sim.forking import change_course
from sim.months import month_number
from sim.runs import Assumptions, FirmTables, Job, Progress, describe, make_job, split

if TYPE_CHECKING:
    from sim.results import ResultSet
    from sim.scenario import Scenario
    from sim.sector import Sector


class Observer(Protocol):
    """What looks at a sector after each month; sim.recorder.Recorder is one."""

    def record(self) -> None: ...


class Fork[O: Observer]:
    """A batch of runs halted before a month, with what has been observed so far.

    ``observe(sector)`` makes the observer at the start. Raises UserError for a date outside the simulation.
    """

    def __init__(
        self,
        job: Job,
        date: str,
        observe: Callable[[Sector], O],
        on_progress: Callable[[int], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        from sim.sector import Sector
        from sim.tables import load_tables

        read: set[str] = set()
        sector = Sector(
            job.shared, job.seed, job.runs, months=job.months, mode=job.assumptions, tables=load_tables(job.data),
            track=read,
        )  # fmt: skip
        self.before, self.mode = job.shared, job.assumptions
        self.set_up = frozenset(read)  # parameters that helped to put the start together
        self.t = month_number(date) - sector.start_month
        if not 0 < self.t < sector.months:
            raise UserError(f"a fork in {date} is not within the simulation: it must lie after its first month.")
        observer = observe(sector)
        advance(sector, observer, self.t, on_progress, should_stop)
        self._state = pickle.dumps((sector, observer), pickle.HIGHEST_PROTOCOL)

    def copy(self, scenario: Scenario | None = None) -> tuple[Sector, O]:
        """A fresh sector before the date with its observer, under ``scenario`` from now on (or as it was).

        Raises UserError for a scenario that differs in what cannot change any more.
        """
        sector, observer = pickle.loads(self._state)
        change_course(sector, self.before, scenario or self.before, self.mode, self.set_up)
        return sector, observer


def advance(
    sector: Sector,
    observer: Observer | None,
    until: int,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Simulate up to month ``until``, observing each; ``on_progress`` hears of each run-month more."""
    while sector.t < until:
        if should_stop and should_stop():
            raise RunError("Stopped before the first batch of runs was complete.")
        sector.advance()
        if observer is not None:
            observer.record()
        if on_progress:
            on_progress(sector.n_runs)


def futures(
    scenario: Scenario | str,
    date: str,
    others: Mapping[str, Scenario],
    runs: int = 32,
    seed: int = 0,
    *,
    months: int | None = None,
    assumptions: Assumptions = "sampled",
    firms: FirmTables = "first",
    data: Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, ResultSet]:
    """Results of several scenarios that are one and the same until ``date`` ("YYYY-MM"), which is run once.

    ``scenario`` rules until the month before the date; each of ``others`` from then on. Its name is the key of the
    result. Raises UserError if one differs in what cannot change any more.
    """
    from sim.recorder import Recorder
    from sim.results import ResultSet

    plan = make_job(scenario, seed, runs, months=months, assumptions=assumptions, firms=firms, data=data)
    step = month_number(date) - month_number(plan.shared.world.start)
    count = counter(plan.runs, step + len(others) * (plan.months - step), on_progress)
    parts: dict[str, list[Mapping[str, object]]] = {name: [] for name in others}
    for job in split(plan):
        trunk = Fork(job, date, lambda sector: Recorder(sector, firms), count, should_stop)
        for name, other in others.items():
            sector, recorder = trunk.copy(other)
            advance(sector, recorder, sector.months, count, should_stop)
            parts[name].append(recorder.tables())
    return {
        name: ResultSet.from_batches(parts[name], describe(replace(plan, scenario=other)) | {"scenario": name})  # type: ignore[arg-type]
        for name, other in others.items()
    }


def counter(runs: Sequence[int], months: int, on_progress: Progress | None) -> Callable[[int], None]:
    """Adds up run-months and tells ``on_progress`` how many of all are done."""
    done, total = [0], len(runs) * months

    def count(more: int) -> None:
        done[0] += more
        if on_progress:
            on_progress(done[0], total)

    return count
