"""A batch of runs of a stress test: halted before the date, then continued without a shock and with each.

Its tables are those of a simulation with the shock as first key, so that workers, result folders and what goes on
where it stopped are the same as for plain runs. ``sector``, key shock, run, month: hashprice and EBITDA, first signs
of distress, failures and the share of hashrate that failed so far, from the date on. ``firms``, key shock, run,
firm: each firm alive at the date, as it stood then, when and why it got into trouble, and its equity at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.fork import Fork, advance
from experiments.shocks import dated
from experiments.stress_watch import CAUSES, Watch
from sim.arrays import row_sum, safe_divide
from sim.months import month_name, month_number
from sim.runs import Frames, Job
from sim.state import SIZES, STRATEGIES

if TYPE_CHECKING:
    from sim.arrays import Array, Index
    from sim.scenario import Scenario

CALM = "none"  # the run without a shock


@dataclass(frozen=True)
class StressJob(Job):
    """Runs under each of ``hits`` (shock, severity) from month ``first`` of the simulation on.

    The shock CALM is the run without. With ``firms`` "none" only the table ``sector`` is kept.
    """

    first: int = 1
    hits: tuple[tuple[str, float], ...] = ()

    @property
    def date(self) -> str:
        """Month of the shocks, YYYY-MM."""
        return month_name(month_number(self.shared.world.start) + self.first)

    @property
    def run_months(self) -> int:
        return len(self.runs) * (self.first + (self.months - self.first) * len(self.hits))

    @property
    def special(self) -> dict[str, Any]:
        return {"date": self.date, "shocks": dict(self.hits)}

    def compute(self, on_progress: Callable[[int], None] | None, stop: Callable[[], bool]) -> Frames:
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            if on_progress:
                on_progress(done)

        trunk = Fork(self, self.date, lambda sector: Watch(sector, self.first), count, stop)
        parts = []
        for name, severity in self.hits:
            sector, watch = trunk.copy(None if name == CALM else struck(self.shared, name, self.date, severity))
            advance(sector, watch, self.months, count, stop)
            parts.append(self._tables(name, watch))
        return {table: pd.concat([part[table] for part in parts], ignore_index=True) for table in parts[0]}

    def _tables(self, shock: str, watch: Watch) -> Frames:
        tables = {"sector": self._sector(shock, watch)}
        return tables if self.firms == "none" else tables | {"firms": self._firms(shock, watch)}

    def _months(self, number: Index) -> list[str]:
        """Names of months counted from the date; empty for none."""
        first = month_number(self.date)
        return [month_name(first + k) if k >= 0 else "" for k in number.tolist()]

    def _sector(self, shock: str, watch: Watch) -> pd.DataFrame:
        months = self.months - self.first
        share = safe_divide(watch.ehs, row_sum(watch.ehs)[:, None])
        failed = np.stack([row_sum(np.where(watch.fail == k, share, 0.0)) for k in range(months)], axis=1)
        return pd.DataFrame({
            "shock": shock,
            "run": np.repeat(np.array(self.runs, dtype=np.int64), months),
            "month": self._months(np.arange(months)) * len(self.runs),
            "hashprice_usd_per_ph_day": np.stack(watch.hashprice, axis=1).ravel(),
            "ebitda_usd": np.stack(watch.ebitda, axis=1).ravel(),
            "first_signs": _counts(watch.distress, months),
            "failures": _counts(watch.fail, months),
            "failed_hashrate_share": np.cumsum(failed, axis=1).ravel(),
        })  # fmt: skip

    def _firms(self, shock: str, watch: Watch) -> pd.DataFrame:
        place, firm = there = np.nonzero(watch.there)
        return pd.DataFrame({
            "shock": shock,
            "run": np.array(self.runs, dtype=np.int64)[place],
            "firm": np.array(watch.s.labels.firms, dtype=object)[firm],
            "size": np.array(SIZES, dtype=object)[watch.size[there]],
            "strategy": np.array(STRATEGIES, dtype=object)[watch.strategy[there]],
            "listed": watch.listed[there],
            "hashrate_ehs": watch.ehs[there],
            "distress_month": self._months(watch.distress[there]),
            "failure_month": self._months(watch.fail[there]),
            "first_cause": np.array((*CAUSES, ""), dtype=object)[watch.cause[there]],
            "equity_usd": watch.equity()[there],
        })  # fmt: skip


def struck(scenario: Scenario, name: str, date: str, severity: float) -> Scenario:
    """The scenario with a named shock in a month beside its own."""
    shocks = (*scenario.shocks, *dated(name, date, severity))
    return scenario.with_overrides({"shocks": [shock.model_dump() for shock in shocks]})


def _counts(when: Array | Index, months: int) -> Array:
    """Firms whose month is k, run after run (runs x months,)."""
    return np.stack([(when == k).sum(axis=1) for k in range(months)], axis=1).ravel().astype(np.int64)
