"""A batch whose runs have scenarios of their own, as in a sweep: they may differ in numbers drawn per run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from sim.scenario.params import Mode, Params, drawn
from sim.scenario.registry import field_table
from sim.scenario.scenario import Scenario

# One fact for a whole batch, though a number: the start's population is built to it.
WHOLE_BATCH = frozenset({"bitcoin.network_hashrate_ehs"})


def per_run(key: str) -> bool:
    """May runs of one batch differ in this parameter?"""
    info = field_table().get(key)
    return info is not None and info.numeric and info.role != "structural" and key not in WHOLE_BATCH


@dataclass(frozen=True)
class Variants:
    """One scenario per row of a batch: a base and dotted keys laid over it.

    The rows must agree in every parameter for which ``per_run`` is false. Rows of one point share their mapping.
    """

    rows: tuple[tuple[Scenario, Mapping[str, Any]], ...]

    @property
    def name(self) -> str:
        """Name of the first row's base."""
        return self.rows[0][0].name

    def part(self, first: int, last: int) -> Variants:
        """The rows from ``first`` up to, not including, ``last``."""
        return Variants(self.rows[first:last])

    def draw(
        self, seed: int, runs: Sequence[int], mode: Mode = "sampled", track: set[str] | None = None
    ) -> Params:
        """Parameters of the rows; row i is run number ``runs[i]`` of its own scenario (see ``Scenario.draw``).

        Raises ScenarioError if the values of a row do not go together.
        """
        parts, first = [], 0
        for _, group in groupby(self.rows, key=lambda row: id(row[1])):
            rows = list(group)
            base, overrides = rows[0]
            scenario = base.with_overrides(overrides)
            parts.append(drawn(scenario, seed, runs[first : first + len(rows)], mode))
            first += len(rows)
        joined = {key: _joined([part[key] for part in parts]) for key in parts[0]}
        return Params(joined, scenario.shocks, scenario.measures, track)


def _joined(values: list[Any]) -> Any:
    """Columns one below the other; of a plain value, the one that all share."""
    if not isinstance(values[0], np.ndarray):
        return values[0]
    column = np.concatenate(values)
    column.flags.writeable = False
    return column
