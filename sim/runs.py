"""Run a scenario many times in this process, in batches: the plain ``simulate``.

``Job`` and ``run_job`` are what workers elsewhere run as well: a batch of runs whose values do not depend on the
batch it is in, and in which only the guilty run fails.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from sim.errors import RunError, UserError

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet
    from sim.scenario import Scenario
    from sim.scenario.variants import Variants

Assumptions = Literal["fixed", "sampled"]
FirmTables = Literal["first", "all", "none", "listed"]
Frames = dict[str, "pd.DataFrame"]
Progress = Callable[[int, int], None]
BATCH = 16


@dataclass(frozen=True)
class Job:
    """A batch of runs: everything a worker needs to know.

    In a sweep each row has its own scenario and ``points`` its point, which becomes a first column of all tables.
    """

    scenario: Scenario | Variants
    seed: int
    runs: tuple[int, ...]
    months: int
    assumptions: Assumptions = "sampled"
    firms: FirmTables = "first"
    data: Path | None = None
    plugins: tuple[str, ...] = ()
    points: tuple[int, ...] = ()

    def part(self, first: int, last: int) -> Job:
        """The runs from place ``first`` up to, not including, ``last``."""
        scenario = self.scenario.part(first, last) if self.points else self.scenario  # type: ignore[union-attr]
        return replace(self, scenario=scenario, runs=self.runs[first:last], points=self.points[first:last])

    @property
    def run_months(self) -> int:
        return len(self.runs) * self.months

    @property
    def special(self) -> dict[str, Any]:
        """What tells the job from a plain simulation of its scenario: part of the identity of a result folder."""
        return {}

    def compute(self, on_progress: Callable[[int], None] | None, stop: Callable[[], bool]) -> Frames:
        """The tables of the batch, in one go: any run that fails raises; see run_job."""
        return _run_batch(self, on_progress, stop)

    @property
    def shared(self) -> Scenario:
        """The one scenario of all runs; raises UserError where each run has its own, as in a sweep."""
        from sim.scenario import Scenario

        if not isinstance(self.scenario, Scenario):
            raise UserError("the runs of this job have scenarios of their own.")
        return self.scenario


def simulate(
    scenario: Scenario | str,
    seed: int = 0,
    runs: int = 32,
    *,
    months: int | None = None,
    assumptions: Assumptions = "sampled",
    firms: FirmTables = "first",
    data: Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ResultSet:
    """Simulate ``runs`` runs of a scenario one batch after the other; see experiments.simulate for workers.

    ``scenario`` is a Scenario or the name of one; ``months`` shortens it; ``assumptions`` "sampled" draws each
    run's assumptions from their distributions, "fixed" takes the given values; ``firms`` says whose firm tables
    to keep (of run 0: "first", of "all" runs, "none", or the books of "listed" firms in all runs); ``data`` is a
    folder of starting tables instead of those that come with hashpivot. ``on_progress(done, total)`` counts
    run-months. When ``should_stop()`` turns true the complete batches remain. Run k is the same whatever ``runs``
    is. Raises UserError for wrong input, RunError if no run finished.
    """
    from sim.results import ResultSet

    plan = make_job(scenario, seed, runs, months=months, assumptions=assumptions, firms=firms, data=data)
    done = 0
    kept: list[Frames] = []
    for job in split(plan):

        def progress(part: int, done: int = done) -> None:
            if on_progress:
                on_progress(done + part, plan.run_months)

        tables = run_job(job, progress, should_stop)
        if tables is None:
            break
        kept.append(tables)
        done += job.run_months
    if not kept:
        raise RunError("Stopped before the first batch of runs was complete.")
    results = ResultSet.from_batches(kept, describe(plan))
    raise_if_nothing_finished(results)
    return results


def make_job(
    scenario: Scenario | str,
    seed: int,
    runs: int,
    *,
    months: int | None = None,
    assumptions: Assumptions = "sampled",
    firms: FirmTables = "first",
    data: Path | None = None,
    plugins: tuple[str, ...] = (),
) -> Job:
    """All runs of a simulation as one job; raises UserError for what no simulation can be made of."""
    from sim.scenario.registry import field_table

    load_plugins(plugins)
    if isinstance(scenario, str):
        from sim.scenario import Scenario

        scenario = Scenario.load(scenario)
    months = scenario.world.months if months is None else months
    runs, months, seed = _whole("runs", runs, 1), _whole("months", months, 1), _whole("seed", seed, 0)
    most = field_table()["world.months"].high
    if most is not None and months > most:
        raise UserError(f"months must be at most {most:g}, not {months}.")
    for name, word, known in (
        ("assumptions", assumptions, ("fixed", "sampled")),
        ("firms", firms, get_args(FirmTables)),
    ):
        if word not in known:
            raise UserError(f"{name} must be one of {', '.join(known)}, not {word!r}.")
    return Job(scenario, seed, tuple(range(runs)), months, assumptions, firms, data, plugins)


def _whole(name: str, value: object, least: int) -> int:
    """A whole number of Python or NumPy, as one of Python; raises UserError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise UserError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return int(value)


def split(plan: Job, size: int = BATCH) -> Iterator[Job]:
    """The batches of a job, of ``size`` runs each (the last may be smaller)."""
    for first in range(0, len(plan.runs), size):
        yield plan.part(first, first + size)


def run_job(
    job: Job,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Frames | None:
    """The tables of a batch, or None if it was stopped; ``on_progress`` gets the run-months done.

    If the batch raises, its runs are repeated one by one: each that fails becomes a row of ``errors``, the
    others keep their values. UserError passes through, for it would meet every run (but not every point).
    """
    stop = _Stop(should_stop)
    try:
        load_plugins(job.plugins)
        tables = job.compute(on_progress, stop)
    except Exception as error:
        if isinstance(error, UserError) and not job.points:
            raise
        tables = _failed(job, error) if len(job.runs) == 1 else _run_one_by_one(job, on_progress, stop)
    return None if stop.stopped else tables


def describe(plan: Job) -> dict[str, object]:
    """What a ResultSet tells about where it comes from."""
    return {"scenario": plan.scenario.name, "seed": plan.seed, "assumptions": plan.assumptions}


def raise_if_nothing_finished(results: ResultSet) -> None:
    """Raise RunError with the first run's error if not one run finished."""
    if not results.runs:
        first = results.table("errors").iloc[0]
        raise RunError(f"Every run failed; run {first['run']}: {first['error']}\n{first['traceback']}")


def load_plugins(modules: tuple[str, ...]) -> None:
    """Import modules that register rules by name; raises UserError for one that cannot be imported.

    Modules of the working folder are found too: a command, unlike ``python``, does not look there by itself.
    """
    here = os.getcwd()
    if modules and here not in sys.path:
        sys.path.append(here)  # last, so that nothing there can stand in for what is installed
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise UserError(f"The plugin {name!r} cannot be imported: {error}.") from None


class _Stop:
    """Asks ``should_stop`` and remembers a yes, so that an unfinished batch is told from a finished one."""

    def __init__(self, ask: Callable[[], bool] | None) -> None:
        self.ask = ask
        self.stopped = False

    def __call__(self) -> bool:
        self.stopped = self.stopped or (self.ask is not None and self.ask())
        return self.stopped


def _run_batch(job: Job, on_progress: Callable[[int], None] | None, stop: Callable[[], bool]) -> Frames:
    from sim.engine import run_batch
    from sim.tables import load_tables

    def progress(months: int, _total: int) -> None:
        if on_progress:
            on_progress(months * len(job.runs))

    tables = run_batch(
        job.scenario,
        job.seed,
        job.runs,
        months=job.months,
        mode=job.assumptions,
        firms=job.firms,
        tables=load_tables(job.data),
        labels=range(len(job.runs)) if job.points else None,
        on_progress=progress,
        should_stop=stop,
    )
    return {name: _with_points(job, frame) for name, frame in tables.items()} if job.points else tables


def _with_points(job: Job, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the point as first column, and run numbers for places in the batch."""
    place = frame["run"].to_numpy()
    frame = frame.assign(run=np.array(job.runs, dtype=np.int64)[place])
    frame.insert(0, "point", np.array(job.points, dtype=np.int64)[place])
    return frame


def _run_one_by_one(job: Job, on_progress: Callable[[int], None] | None, stop: _Stop) -> Frames:
    import pandas as pd

    parts = []
    for number in range(len(job.runs)):
        if stop():
            break
        parts.append(run_job(job.part(number, number + 1), None, stop) or {})
        if on_progress:
            on_progress((number + 1) * job.run_months // len(job.runs))
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: pd.concat([part[name] for part in parts if name in part], ignore_index=True) for name in names}


def _failed(job: Job, error: Exception) -> Frames:
    import pandas as pd

    line = (str(error).splitlines() or [""])[0]
    told = "".join(traceback.format_exception(error))
    where = {"point": job.points[0]} if job.points else {}
    row = where | {"run": job.runs[0], "error": f"{type(error).__name__}: {line}", "traceback": told}
    return {"errors": pd.DataFrame([row])}
