"""Many runs with workers and a result folder: ``simulate`` as users call it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store import ResultStore
from experiments.workers import Counter, DaskRunner, Runner, serial
from sim.errors import RunError, UserError
from sim.results import ResultSet
from sim.runs import (
    BATCH,
    Assumptions,
    FirmTables,
    Frames,
    Job,
    Progress,
    describe,
    make_job,
    raise_if_nothing_finished,
    split,
)

if TYPE_CHECKING:
    from sim.scenario import Scenario


def simulate(
    scenario: Scenario | str,
    seed: int = 0,
    runs: int = 32,
    *,
    months: int | None = None,
    assumptions: Assumptions = "sampled",
    firms: FirmTables = "first",
    data: Path | None = None,
    plugins: tuple[str, ...] = (),
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ResultSet:
    """Simulate runs of a scenario; as sim.simulate, and in addition:

    ``workers`` above 1 runs batches in that many processes, ``scheduler`` on a running Dask cluster (its address);
    the values are the same. ``out`` is a result folder: filled batch by batch, and only with what it lacks.
    ``plugins`` are modules that register rules, imported on workers too.
    A run that fails is a row of the table ``errors``; the others go on. Raises UserError for wrong input,
    RunError if no run finished, the disk is full or the scheduler is lost.
    """
    plan = make_job(
        scenario, seed, runs, months=months, assumptions=assumptions, firms=firms, data=data, plugins=plugins
    )
    return run_plan(plan, choose_runner(workers, scheduler), workers, out, on_progress, should_stop)


def run_plan(
    plan: Job,
    runner: Runner,
    workers: int = 1,
    out: str | Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ResultSet:
    """Run a job batch by batch with ``runner``; see simulate."""
    started = time.monotonic()
    size = batch_size(len(plan.runs), workers)
    store = ResultStore.open(Path(out), plan, size) if out is not None else None
    jobs = list(store.missing()) if store else list(enumerate(split(plan, size)))
    known = plan.run_months - sum(job.run_months for _, job in jobs)
    counter = Counter(plan.run_months, known, on_progress)
    kept: dict[int, Frames] = {}
    for number, tables in runner(jobs, counter.report, should_stop) if jobs else ():
        if store:
            store.write(number, tables)
        else:
            kept[number] = tables
        counter.report(number, dict(jobs)[number].run_months)
    if store:
        store.finish(time.monotonic() - started)
        results = ResultSet.load(store.folder)
        results.meta["notes"] = store.notes
    elif kept:
        results = ResultSet.from_batches((kept[number] for number in sorted(kept)), describe(plan))
    else:
        raise RunError("Stopped before the first batch of runs was complete.")
    raise_if_nothing_finished(results)
    return results


def batch_size(runs: int, workers: int) -> int:
    """Runs per batch: about 16, fewer when that would leave a worker idle."""
    return min(BATCH, math.ceil(runs / workers))


def choose_runner(workers: int, scheduler: str | None) -> Runner:
    """The runner for these options; raises UserError for a number of workers that makes no sense."""
    if workers < 1:
        raise UserError(f"workers must be at least 1, not {workers}.")
    return serial if workers == 1 and scheduler is None else DaskRunner(workers, scheduler)
