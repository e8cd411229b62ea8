"""The simulator as a plain function of some parameters, for tools that bring their own designs and searches.

``Simulation`` is called with values by name, as EMA workbench does, or with a matrix of points, as SALib does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.axes import read_axis
from experiments.sweep_result import outcomes_of
from sim.errors import RunError, UserError
from sim.runs import BATCH, Assumptions, Job, make_job, run_job
from sim.scenario import Scenario, describe
from sim.scenario.variants import Variants, per_run

SEPARATOR = "__"  # stands for the dot of a key where names must be identifiers


@dataclass(frozen=True)
class Simulation:
    """Outcomes at ``month`` (by default the end) as a function of the parameters ``keys``; means over ``runs``.

    Every call draws the same random numbers, so that differences are due to the values.
    """

    keys: tuple[str, ...]
    outcomes: tuple[str, ...]
    scenario: Scenario | str = "baseline"
    runs: int = 1
    seed: int = 0
    months: int | None = None
    month: str | None = None
    assumptions: Assumptions = "fixed"

    def __call__(self, **values: Any) -> dict[str, float]:
        """Outcomes by name at values by name; ``policy__carbon_price_usd_per_t`` stands for the key with a dot.

        Raises ScenarioError for values that cannot be, RunError if a run failed.
        """
        named = {name.replace(SEPARATOR, "."): value for name, value in values.items()}
        found = self._outcomes([named]).iloc[0]
        return {str(name): float(value) for name, value in found.items()}

    def evaluate(self, points: Any) -> np.ndarray:
        """Outcomes (n, outcomes) at points (n, keys), numbers in the order of ``keys``; (n,) for one outcome.

        Points that differ only in numbers share batches, which is several times as fast as calling one by one.
        Raises ScenarioError for values that cannot be, RunError if a run failed.
        """
        matrix = np.atleast_2d(np.asarray(points, dtype=np.float64))
        if matrix.shape[1] != len(self.keys):
            raise UserError(f"points have {matrix.shape[1]} columns, not one for each of {', '.join(self.keys)}.")
        whole = [describe(key).kind == "int" for key in self.keys]
        rows = [
            {key: round(value) if int_ else value for key, int_, value in zip(self.keys, whole, row, strict=True)}
            for row in matrix.tolist()
        ]
        found = self._outcomes(rows).to_numpy()
        return found[:, 0] if len(self.outcomes) == 1 else found

    @property
    def problem(self) -> dict[str, Any]:
        """The keys with the registry's bounds as a problem of SALib; of a distribution its ends."""
        bounds = [_ends(key) for key in self.keys]
        return {"num_vars": len(self.keys), "names": list(self.keys), "bounds": bounds}

    def _outcomes(self, points: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        parts = []
        for job in self._jobs(points):
            tables = run_job(job) or {}
            if len(failed := tables.get("errors", pd.DataFrame())):
                first = failed.iloc[0]
                raise RunError(f"Point {first['point']}, run {first['run']} failed: {first['error']}")
            parts.append(outcomes_of(tables, self.outcomes, self.month))
        return pd.concat(parts).groupby(level="point").mean()

    def _jobs(self, points: Sequence[Mapping[str, Any]]) -> Iterator[Job]:
        base = make_job(
            self.scenario, self.seed, self.runs, months=self.months, assumptions=self.assumptions, firms="none"
        )
        assert isinstance(base.scenario, Scenario)
        mixed = all(per_run(key) for key in self.keys)
        size = max(1, BATCH // self.runs) if mixed else 1
        for overrides in points:
            base.scenario.with_overrides(overrides)  # raises before anything is computed
        for first in range(0, len(points), size):
            chosen = [(point, points[point]) for point in range(first, min(first + size, len(points)))]
            rows = [(point, overrides, run) for point, overrides in chosen for run in base.runs]
            yield Job(
                Variants(tuple((base.scenario, overrides) for _, overrides, _ in rows)),
                self.seed,
                tuple(run for *_, run in rows),
                base.months,
                self.assumptions,
                "none",
                points=tuple(point for point, *_ in rows),
            )


def _ends(key: str) -> list[float]:
    spread = read_axis(key, True).spread
    if spread is None:
        raise UserError(f"{key}: is no number, SALib needs bounds.")
    return [float(spread.low), float(spread.high)]
