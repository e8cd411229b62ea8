"""Run to a date once, then go on from there under any number of scenarios.

The state before the date is kept as bytes; each future begins from a fresh copy of it. With dated policies and
shocks that begin at the date or later a future equals the same scenario run from its start, bit for bit.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from sim.errors import RunError, UserError
from sim.forking import change_course
from sim.months import month_number
from sim.runs import (
    Assumptions,
    FirmTables,
    Frames,
    Job,
    Progress,
    describe,
    make_job,
    raise_if_nothing_finished,
    run_job,
    split,
)

if TYPE_CHECKING:
    from sim.results import ResultSet
    from sim.scenario import Scenario
    from sim.sector import Sector


FUTURE = "future"  # column of the tables of FuturesJob


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
    result. A run that fails is a row of the table ``errors``; the others go on. Raises UserError if one differs in
    what cannot change any more, RunError if no run finished.
    """
    from sim.results import ResultSet

    plan = make_job(scenario, seed, runs, months=months, assumptions=assumptions, firms=firms, data=data)
    work = FuturesJob(**vars(plan) | {"when": date, "others": tuple(others.items())})
    done, batches = 0, []
    for job in split(work):

        def progress(part: int, done: int = done) -> None:
            if on_progress:
                on_progress(done + part, work.run_months)

        tables = run_job(job, progress, should_stop)
        if tables is None:
            break
        batches.append(tables)
        done += job.run_months
    if not batches:
        raise RunError("Stopped before the first batch of runs was complete.")
    found = {}
    for name, other in others.items():
        about = describe(replace(plan, scenario=other)) | {"scenario": name}
        found[name] = ResultSet.from_batches([_of_future(tables, name) for tables in batches], about)
        raise_if_nothing_finished(found[name])
    return found


@dataclass(frozen=True)
class FuturesJob(Job):
    """Runs that are one until month ``when`` and go on under each of ``others`` (name, scenario) from then on.

    The tables have the name of the future as a further column; a run that fails in one of them fails in all.
    """

    when: str = ""
    others: tuple[tuple[str, Scenario], ...] = ()

    @property
    def run_months(self) -> int:
        step = month_number(self.when) - month_number(self.shared.world.start)
        return len(self.runs) * (step + len(self.others) * (self.months - step))

    def compute(self, on_progress: Callable[[int], None] | None, stop: Callable[[], bool]) -> Frames:
        from sim.recorder import Recorder

        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            if on_progress:
                on_progress(done)

        trunk = Fork(self, self.when, lambda sector: Recorder(sector, self.firms), count, stop)
        parts: dict[str, list[pd.DataFrame]] = {}
        for name, other in self.others:
            sector, recorder = trunk.copy(other)
            advance(sector, recorder, sector.months, count, stop)
            for table, frame in recorder.tables().items():
                parts.setdefault(table, []).append(frame.assign(**{FUTURE: name}))
        return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}


def _of_future(tables: Frames, name: str) -> Frames:
    """The tables of one future; of runs that failed, there is one row for all."""
    found = {}
    for table, frame in tables.items():
        mine = frame[frame[FUTURE] == name].drop(columns=FUTURE) if FUTURE in frame else frame
        found[table] = mine.reset_index(drop=True)
    return found
