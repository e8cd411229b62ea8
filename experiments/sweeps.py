"""Sweeps: the runs of every point of a design, in one result folder whose tables have the point as first column."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments.axes import SCENARIO
from experiments.designs import Design
from experiments.ensemble import batch_size, choose_runner
from experiments.store import ResultStore, identity
from experiments.sweep_result import SweepResult
from experiments.workers import Counter, Runner
from sim.errors import RunError
from sim.runs import FirmTables, Job, Progress, make_job, split
from sim.scenario import Scenario
from sim.scenario.variants import Variants, per_run


@dataclass(frozen=True)
class SweepPlan:
    """All the runs of a design; see experiments.store.Plan."""

    design: Design
    base: Job

    @classmethod
    def of(
        cls, design: Design, firms: FirmTables = "none", data: Path | None = None, plugins: tuple[str, ...] = ()
    ) -> SweepPlan:
        """The plan of a design. Raises UserError for what no simulation can be made of."""
        base = make_job(
            design.scenario,
            design.seed,
            design.runs,
            months=design.months,
            assumptions=design.assumptions,
            firms=firms,
            data=data,
            plugins=plugins,
        )
        return cls(design, base)

    @property
    def runs(self) -> int:
        """Runs of all points together."""
        return len(self.design.points) * self.design.runs

    @cached_property
    def run_months(self) -> int:
        """Months of all runs together."""
        return sum(len(points) * self.design.runs * months for _, months, points in self._groups)

    def identity(self) -> dict[str, Any]:
        own = {"design": self.design.digest, "method": self.design.method, "points": len(self.design.points)}
        return identity(self.base) | {"months": self.design.months} | own

    def files(self) -> dict[str, str]:
        return {
            "scenario.toml": self._scenario(self.design.scenario).to_toml(),
            "design.toml": self.design.to_toml("scenario.toml"),
            "points.csv": self.design.points_csv(),
            "unit.csv": self.design.unit_csv(),
        }

    def batches(self, size: int) -> Iterator[Job]:
        """Batches of runs that differ in numbers only, those of one point side by side."""
        for base, months, points in self._groups:
            rows = [(point, overrides, run) for point, overrides in points for run in self.base.runs]
            variants = Variants(tuple((base, overrides) for _, overrides, _ in rows))
            yield from split(
                Job(
                    variants,
                    self.base.seed,
                    tuple(run for _, _, run in rows),
                    months,
                    self.base.assumptions,
                    self.base.firms,
                    self.base.data,
                    self.base.plugins,
                    tuple(point for point, _, _ in rows),
                ),
                size,
            )

    @cached_property
    def _groups(self) -> list[tuple[Scenario, int, list[tuple[int, dict[str, Any]]]]]:
        """(base, months, points with what they set) of the points whose runs can share a batch."""
        groups: dict[tuple[Any, ...], list[tuple[int, dict[str, Any]]]] = {}
        for point, row in enumerate(self.design.points[self.design.keys].to_dict(orient="records")):
            overrides = {str(key): value for key, value in row.items()}
            shape = tuple(value for key, value in overrides.items() if not per_run(key))
            groups.setdefault(shape, []).append((point, overrides))
        return [self._group(points) for points in groups.values()]

    def _group(
        self, points: list[tuple[int, dict[str, Any]]]
    ) -> tuple[Scenario, int, list[tuple[int, dict[str, Any]]]]:
        first = points[0][1]
        base = self._scenario(str(first.get(SCENARIO, self.design.scenario)))
        plain = [(point, {key: v for key, v in set_.items() if key != SCENARIO}) for point, set_ in points]
        months = self.design.months or int(first.get("world.months", base.world.months))
        return base, months, plain

    def _scenario(self, name: str) -> Scenario:
        return Scenario.load(name)

    @property
    def default_folder(self) -> Path:
        """``results/<design>-<short hash>``: the same one for the same design."""
        digest = hashlib.sha256(json.dumps(self.identity(), sort_keys=True).encode()).hexdigest()
        return Path("results") / f"{self.design.name}-{digest[:8]}"


def sweep(
    design: Design | Mapping[str, Any] | str | Path,
    *,
    out: str | Path | None = None,
    firms: FirmTables = "none",
    data: Path | None = None,
    plugins: Sequence[str] = (),
    workers: int = 1,
    scheduler: str | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SweepResult:
    """Simulate every point of a design (a Design, its content, or a file) into the result folder ``out``.

    Run k of every point draws the same random numbers, so points differ by what they set and not by luck. The
    folder is filled batch by batch and only with what it lacks; by default it is one under results/. A run that
    fails, or a point whose values do not go together, is a row of the table ``errors`` and the others go on.
    ``workers`` and ``scheduler`` as in experiments.simulate. ``on_progress(done, total)`` counts run-months.
    Raises UserError for wrong input or the folder of another design or version, RunError if no run finished, the
    disk is full or the scheduler is lost.
    """
    plan = SweepPlan.of(read_design(design), firms, data, tuple(plugins))
    folder = Path(out) if out is not None else plan.default_folder
    return run_sweep(plan, folder, choose_runner(workers, scheduler), workers, on_progress, should_stop)


def read_design(design: Design | Mapping[str, Any] | str | Path) -> Design:
    """A design from what may stand for one."""
    if isinstance(design, Design):
        return design
    return Design.of(design) if isinstance(design, Mapping) else Design.load(design)


def run_sweep(
    plan: SweepPlan,
    folder: Path,
    runner: Runner,
    workers: int = 1,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SweepResult:
    """Compute what the folder lacks of a plan; see sweep."""
    started = time.monotonic()
    store = ResultStore.open(folder, plan, batch_size(plan.runs, workers))
    jobs = list(store.missing())
    sizes = {number: job.run_months for number, job in jobs}
    counter = Counter(plan.run_months, plan.run_months - sum(sizes.values()), on_progress)
    if jobs:
        with closing(runner(jobs, counter.report, should_stop)) as batches:
            for number, tables in batches:
                store.write(number, tables)
                counter.report(number, sizes[number])
    store.finish(time.monotonic() - started)
    result = SweepResult.load(folder)
    result.notes = store.notes
    if not result.finished_runs:
        first = result.errors.iloc[0]
        raise RunError(f"Every run failed; point {first['point']}: {first['error']}\n{first['traceback']}")
    return result
