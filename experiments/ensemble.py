"""Many runs with workers and a result folder: ``simulate`` as users call it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
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
    size = batch_size(len(plan.runs), workers)
    results = run_plans([plan], runner, size, [Path(out) if out is not None else None], on_progress, should_stop)[0]
    raise_if_nothing_finished(results)
    return results


def run_plans(
    plans: Sequence[Job],
    runner: Runner,
    size: int,
    folders: Sequence[Path | None],
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    enough: Callable[[list[ResultSet]], bool] | None = None,
) -> list[ResultSet]:
    """Run several jobs together, batch 0 of each before batch 1 of any; ``size`` runs a batch.

    ``folders`` hold each job's result folder, or None. ``enough`` is asked whenever one more batch of every job is
    there, with the results so far; at its first True the work ends with exactly these, whatever the order in which
    batches came. Raises RunError if it was stopped before every job had a batch.
    """
    started = time.monotonic()
    parts = [_Part(plan, folder, size) for plan, folder in zip(plans, folders, strict=True)]
    order = sorted((number, k) for k, part in enumerate(parts) for number in part.missing)
    jobs = [(place, parts[k].missing[number]) for place, (number, k) in enumerate(order)]
    total = sum(plan.run_months for plan in plans)
    counter = Counter(total, total - sum(job.run_months for _, job in jobs), on_progress)
    asked = 0

    def satisfied() -> bool:
        nonlocal asked
        while enough and asked < min(part.rounds for part in parts):
            asked += 1
            if enough([part.results(asked) for part in parts]):
                return True
        return False

    done = satisfied()
    if jobs and not done:
        with closing(runner(jobs, counter.report, should_stop)) as batches:
            for place, tables in batches:
                number, k = order[place]
                parts[k].add(number, tables)
                counter.report(place, jobs[place][1].run_months)
                done = satisfied()
                if done:
                    break
    for part in parts:
        if part.store:
            part.store.finish(time.monotonic() - started)
    return [part.results(asked if done else None) for part in parts]


class _Part:
    """A job in work: its batches in a result folder or in memory, and those that are missing."""

    def __init__(self, plan: Job, folder: Path | None, size: int) -> None:
        self.plan = plan
        self.store = ResultStore.open(folder, plan, size) if folder else None
        batch = self.store.manifest["batch"] if self.store else size
        self.batches = math.ceil(len(plan.runs) / batch)
        self.missing: dict[int, Job] = dict(self.store.missing() if self.store else enumerate(split(plan, batch)))
        self.kept: dict[int, Frames] = {}

    def add(self, number: int, tables: Frames) -> None:
        if self.store:
            self.store.write(number, tables)
        else:
            self.kept[number] = tables
        del self.missing[number]

    @property
    def rounds(self) -> int:
        """Batches that are there without a gap from the first."""
        return min(self.missing, default=self.batches)

    def results(self, rounds: int | None = None) -> ResultSet:
        """What is there, or only the first ``rounds`` batches."""
        if self.store:
            results = ResultSet.of_folder(self.store.folder, rounds)
            results.meta["notes"] = self.store.notes
            return results
        if not self.kept:
            raise RunError("Stopped before the first batch of runs was complete.")
        return ResultSet.from_batches((self.kept[n] for n in sorted(self.kept)[:rounds]), describe(self.plan))


def batch_size(runs: int, workers: int) -> int:
    """Runs per batch: about 16, fewer when that would leave a worker idle."""
    return min(BATCH, math.ceil(runs / workers))


def choose_runner(workers: int, scheduler: str | None) -> Runner:
    """The runner for these options; raises UserError for a number of workers that makes no sense."""
    if workers < 1:
        raise UserError(f"workers must be at least 1, not {workers}.")
    return serial if workers == 1 and scheduler is None else DaskRunner(workers, scheduler)
