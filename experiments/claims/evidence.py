"""What claims are judged by: paired ensembles simulated once, the calculator, and the compiled facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from experiments.effects import effects, interval
from sim.tables import Tables, load_tables

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet

Verdict = Literal["supported", "conditional", "contradicted", "not testable"]
VERDICTS: tuple[Verdict, ...] = ("supported", "conditional", "contradicted", "not testable")
FIRM_COLUMNS = (
    "run", "month", "firm", "size", "strategy", "alive", "connected_mw", "ai_delivered_mw", "ai_contracted_mw",
    "mining_revenue_usd", "ai_revenue_usd", "ebitda_usd",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A verdict with the numbers it follows from and the condition under which the claim would hold."""

    verdict: Verdict
    numbers: dict[str, Any]
    shows: str
    condition: str = ""


@dataclass(frozen=True)
class Effect:
    """Mean paired difference from the baseline with its 95 % interval, and both means."""

    baseline: float
    mean: float
    effect: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the interval leaves out zero, else 0."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    def numbers(self) -> dict[str, float]:
        """For the record, rounded to four digits."""
        return {name: _short(getattr(self, name)) for name in ("baseline", "mean", "effect", "low", "high")}


class Evidence:
    """Results by the name of the experiment; the same seed in all, so that differences are paired."""

    def __init__(self, results: Mapping[str, ResultSet]) -> None:
        self.of = results
        self.tables: Tables = load_tables()

    @property
    def baseline(self) -> ResultSet:
        return self.of["baseline"]

    def effect(self, name: str, outcome: str, month: str | None = None) -> Effect:
        """Effect of an experiment on an outcome of sim.outcomes, at the end or in a month."""
        when = month or self.baseline.months[-1]
        row = effects(self.baseline, self.of[name], [outcome], [when]).iloc[0]
        return Effect(*(float(row[key]) for key in ("baseline_mean", "mean", "effect", "ci_low", "ci_high")))

    def exits(self, name: str) -> Effect:
        """Effect on all exits up to the end, firms of every size."""
        there, here = (self.of[key].series("exits").sum(axis=1).to_numpy(dtype=float) for key in ("baseline", name))
        mean, low, high = (float(part[0]) for part in interval((here - there)[:, None]))
        return Effect(there.mean(), here.mean(), mean, low, high)

    def firms(self, name: str = "baseline") -> pd.DataFrame:
        """The firm table of an experiment that kept all firms (FIRM_COLUMNS)."""
        return self.of[name].table("firms")

    def spread(self, values: Any) -> dict[str, float]:
        """Mean over runs with its 95 % interval."""
        mean, low, high = (float(part[0]) for part in interval(np.asarray(values, dtype=float).reshape(-1, 1)))
        return {"mean": _short(mean), "low": _short(low), "high": _short(high)}


def by_sign(sign: int, expected: int) -> Verdict:
    """Supported where the effect has the expected sign, contradicted where the other, else conditional."""
    if sign == 0:
        return "conditional"
    return "supported" if sign == expected else "contradicted"


def _short(value: float) -> float:
    return float(f"{value:.4g}")
