"""Stress tests: named shocks on a forecast, who gets into trouble, why and when, and how large a shock must be.

All shocks go on from the same state before the date (experiments.fork) and meet the same chances as the run without
a shock, so that what differs is the shock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.fork import Fork, advance, counter
from experiments.shocks import DEFINITIONS, SHOCKS, check_names, dated, scaled
from experiments.stress_watch import CAUSES, Tally, Watch, tally
from experiments.told import Told
from sim.errors import UserError
from sim.months import month_name, month_number
from sim.runs import Assumptions, Job, Progress, make_job, split
from sim.scenario import Scenario
from sim.state import SIZES, STRATEGIES

if TYPE_CHECKING:
    from sim.arrays import Array

__all__ = ["SHOCKS", "StressResult", "stress"]
CALM = "none"
MARKER = "stress.json"  # of a folder that holds a stress test
FOLLOW = 24
MONTHS_BEFORE = 12  # a shock without a date strikes a year after the start
HIGHEST_SEVERITY, BISECTIONS = 4.0, 6
EARLY = 6  # months in which what breaks first is looked for
FEWEST = 1.0  # firms of a group per run, on average, to be told as what breaks first


@dataclass(frozen=True, repr=False)
class StressResult(Told):
    """What a stress test found.

    ``firms``: per shock and firm alive at the date: shock, firm, size, listed, probability (of distress within the
    months followed), baseline_probability, first_cause, months_to_failure (median where it fails, else NaN),
    loss_usd (mean equity lost against the run without a shock), failure_probability,
    baseline_failure_probability, hashrate_ehs.
    ``sector``: per shock (the first row, "none", is the run without): failed_hashrate_share, firms_failed,
    firms_in_distress, worst_month (most first signs of distress above the run without), breaks_first,
    hashprice_low (lowest month), ebitda_usd (of the months followed).
    ``months``: per shock and month: first signs, failures, failed_hashrate_share, hashprice, EBITDA; means.
    ``reverse``: per shock the severity at which ``until`` of the hashrate fails; empty without ``until``.
    """

    scenario: str
    date: str
    severity: float
    runs: int
    seed: int
    follow: int
    firms: pd.DataFrame
    sector: pd.DataFrame
    months: pd.DataFrame
    reverse: pd.DataFrame
    assumptions: str = "sampled"

    def to_json(self) -> dict[str, Any]:
        """What ``stress --json`` prints; what is not known is null."""
        from experiments.effects import records
        from experiments.folders import known
        from experiments.store import code_version

        keys = ("scenario", "date", "severity", "runs", "seed", "follow", "assumptions")
        about = {key: getattr(self, key) for key in keys} | {"code": code_version()}
        tables = {"sector": self.sector, "reverse": self.reverse, "firms": self.firms}
        rows = {name: [known(row) for row in records(table)] for name, table in tables.items()}
        return about | {"shocks": {name: SHOCKS[name] for name in self.firms["shock"].unique()}} | rows


def stress(
    scenario: Scenario | str = "baseline",
    shocks: Sequence[str] = (),
    severity: float = 1.0,
    date: str | None = None,
    runs: int = 16,
    seed: int = 0,
    *,
    follow: int = FOLLOW,
    until: float | None = None,
    assumptions: Assumptions = "sampled",
    data: Path | None = None,
    plugins: tuple[str, ...] = (),
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> StressResult:
    """Strike a forecast with named shocks (all of SHOCKS if empty) in a month and follow it for some months.

    ``severity`` scales the shocks (see experiments.shocks.scaled); without ``date`` they strike a year after the
    start. ``until``, a share, asks for each shock how severe it must be until that share of the hashrate fails,
    by bisection over paired runs. Raises UserError for wrong input.
    """
    check_names(shocks)
    names = list(dict.fromkeys(shocks)) or list(SHOCKS)
    if until is not None and not 0 < until < 1:
        raise UserError(f"until must be a share between 0 and 1, not {until:g}.")
    plan, date, first = _plan(scenario, date, runs, seed, follow, assumptions, data, plugins)
    struck = {name: _struck(plan.shared, dated(name, date, severity)) for name in names}
    steps = first + follow * (1 + len(names)) + (0 if until is None else len(names) * follow * (BISECTIONS + 1))
    count = counter(plan.runs, steps, on_progress)
    sums: dict[str, Tally] = {}
    labels: list[str] = []
    trunks: list[Fork[Watch]] = []
    for job in split(plan):
        trunk = Fork(job, date, lambda sector: Watch(sector, first), count, should_stop)
        calm = _follow(trunk, None, count, should_stop)
        labels = calm.s.labels.firms
        found = {CALM: tally(calm, calm)}
        for name, hit in struck.items():
            found[name] = tally(_follow(trunk, hit, count, should_stop), calm)
        sums = {name: sums[name] + part if name in sums else part for name, part in found.items()}
        if until is not None:
            trunks.append(trunk)
    return StressResult(
        plan.shared.name, date, severity, runs, seed, follow,
        firms=_firms(sums, labels),
        sector=pd.DataFrame([_sector(name, part, sums[CALM], date) for name, part in sums.items()]),
        months=pd.concat([_months(name, part, date) for name, part in sums.items()], ignore_index=True),
        reverse=pd.DataFrame([
            _reverse(name, until, plan.shared, date, trunks, sums[CALM], count, should_stop)
            for name in (names if until is not None else ())
        ]),
        assumptions=assumptions,
    )  # fmt: skip


def _plan(
    scenario: Scenario | str, date: str | None, runs: int, seed: int, follow: int, assumptions: Assumptions,
    data: Path | None, plugins: tuple[str, ...],
) -> tuple[Job, str, int]:  # fmt: skip
    """The job up to the last month followed, the date, and its number from the start."""
    if isinstance(follow, bool) or not isinstance(follow, int) or follow < 1:
        raise UserError(f"the months to follow must be a whole number of at least 1, not {follow!r}.")
    plan = make_job(scenario, seed, runs, assumptions=assumptions, firms="none", data=data, plugins=plugins)
    start = month_number(plan.shared.world.start)
    if date is None:
        date = month_name(start + MONTHS_BEFORE)
    try:
        first = month_number(date) - start
    except ValueError:
        raise UserError(f"date must be a month such as 2027-07, not {date!r}.") from None
    last = first + follow
    if first < 1 or last > plan.months:
        end = month_name(start + plan.months - 1)
        raise UserError(
            f"a shock in {date} followed for {follow} months is not within the scenario, which ends in {end} "
            "(the date must lie after its first month)."
        )
    return make_job(
        plan.shared, seed, runs, months=last, assumptions=assumptions, firms="none", data=data, plugins=plugins
    ), month_name(start + first), first


def _struck(scenario: Scenario, shocks: Sequence[Any]) -> Scenario:
    return scenario.with_overrides({"shocks": [shock.model_dump() for shock in (*scenario.shocks, *shocks)]})


def _follow(
    trunk: Fork[Watch], scenario: Scenario | None, count: Callable[[int], None], stop: Callable[[], bool] | None
) -> Watch:
    sector, watch = trunk.copy(scenario)
    advance(sector, watch, sector.months, count, stop)
    return watch


def _firms(sums: dict[str, Tally], labels: list[str]) -> pd.DataFrame:
    calm = sums[CALM]
    frames = []
    for name, part in sums.items():
        if name == CALM:
            continue
        rows = np.flatnonzero(part.there > 0)
        there = part.there[rows]
        fails = part.fail[rows].sum(axis=1)
        causes = part.causes[rows]
        cause = np.where(causes.sum(axis=1) > 0, causes.argmax(axis=1), -1)
        frames.append(pd.DataFrame({
            "shock": name,
            "firm": [labels[row] for row in rows],
            "size": [SIZES[k] for k in part.sizes[rows].argmax(axis=1)],
            "listed": part.listed[rows] > part.runs / 2,
            "probability": part.distress[rows].sum(axis=1) / there,
            "baseline_probability": calm.distress[rows].sum(axis=1) / there,
            "first_cause": [CAUSES[k] if k >= 0 else "" for k in cause],
            "months_to_failure": [middle(counts) for counts in part.fail[rows]],
            "loss_usd": part.loss[rows] / there,
            "failure_probability": fails / there,
            "baseline_failure_probability": calm.fail[rows].sum(axis=1) / there,
            "hashrate_ehs": part.ehs[rows] / part.runs,
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def most_endangered(firms: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """The listed firms whose probability of distress each shock raises most."""
    listed = firms[firms["listed"]]
    listed = listed.assign(more=listed["probability"] - listed["baseline_probability"])
    order = listed[listed["more"] > 0].sort_values(["more", "hashrate_ehs"], ascending=False)
    return order.groupby("shock").head(count)


def middle(counts: Array) -> float:
    """Median month (1 is the shock's own) of failures counted by month; NaN where there are none."""
    total = counts.sum()
    if total == 0:
        return math.nan
    return float(np.searchsorted(np.cumsum(counts), total / 2) + 1)


def _sector(name: str, part: Tally, calm: Tally, date: str) -> dict[str, Any]:
    signs = part.distress.sum(axis=0) - (0.0 if name == CALM else calm.distress.sum(axis=0))
    worst = month_name(month_number(date) + int(signs.argmax())) if signs.max() > 0 else ""
    return {
        "shock": name,
        "failed_hashrate_share": float(part.failed_share[-1] / part.runs),
        "firms_failed": float(part.fail.sum() / part.runs),
        "firms_in_distress": float(part.distress.sum() / part.runs),
        "firms": float(part.there.sum() / part.runs),
        "worst_month": worst,
        "breaks_first": "" if name == CALM else breaks_first(part, calm),
        "hashprice_low": float(part.hashprice.min() / part.runs),
        "ebitda_usd": float(part.ebitda.sum() / part.runs),
    }


def breaks_first(part: Tally, calm: Tally) -> str:
    """The kind of firm whose share in distress within six months rises most above the run without a shock."""
    more = (part.broken - calm.broken)[:, :EARLY].sum(axis=1) / np.maximum(part.groups, 1.0)
    more = np.where(part.groups >= FEWEST * part.runs, more, -1.0)
    best = int(more.argmax())
    if more[best] <= 0:
        return ""
    size, strategy = divmod(best, len(STRATEGIES))
    kind = {"BTC": "BTC", "HYBRID": "hybrid", "AI": "AI"}[STRATEGIES[strategy]]
    return f"{SIZES[size]} {kind} firms (+{100 * more[best]:.0f} points)"


def _months(name: str, part: Tally, date: str) -> pd.DataFrame:
    k = np.arange(len(part.hashprice))
    return pd.DataFrame({
        "shock": name,
        "month": [month_name(month_number(date) + int(step)) for step in k],
        "first_signs": part.distress.sum(axis=0) / part.runs,
        "failures": part.fail.sum(axis=0) / part.runs,
        "failed_hashrate_share": part.failed_share / part.runs,
        "hashprice_usd_per_ph_day": part.hashprice / part.runs,
        "ebitda_usd": part.ebitda / part.runs,
    })  # fmt: skip


def _reverse(
    name: str,
    until: float | None,
    scenario: Scenario,
    date: str,
    trunks: Sequence[Fork[Watch]],
    calm: Tally,
    count: Callable[[int], None],
    stop: Callable[[], bool] | None,
) -> dict[str, Any]:
    """Severity at which the mean share of hashrate that fails reaches ``until``; NaN where none up to 4 does."""

    def failed(severity: float) -> float:
        struck = _struck(scenario, dated(name, date, severity))
        shares = [_failed_share(_follow(trunk, struck, count, stop)) for trunk in trunks]
        return float(np.concatenate(shares).mean())

    assert until is not None
    low, high = 0.0, HIGHEST_SEVERITY
    at_low, at_high = float(calm.failed_share[-1] / calm.runs), math.nan
    reached = at_low < until and (at_high := failed(high)) >= until
    for _ in range(BISECTIONS if reached else 0):
        middle_ = (low + high) / 2
        share = failed(middle_)
        low, high, at_low, at_high = (
            (low, middle_, at_low, share) if share >= until else (middle_, high, share, at_high)
        )
    severity = high if reached else (0.0 if at_low >= until else math.nan)
    return {
        "shock": name, "until": until, "severity": severity,
        "failed_hashrate_share": at_low if at_low >= until else at_high,
        "above_severity": low if reached else math.nan, "meaning": meaning(name, severity),
    }  # fmt: skip


def _failed_share(watch: Watch) -> Array:
    """Share of the hashrate at the date whose owners failed (R,)."""
    lost = np.where(watch.fail >= 0, watch.ehs, 0.0).sum(axis=1)
    return lost / watch.ehs.sum(axis=1)


def meaning(name: str, severity: float) -> str:
    """Sizes of a shock's parts at a severity: "coin_price 0.31"."""
    if not math.isfinite(severity):
        return ""
    return ", ".join(f"{part.kind} {scaled(part.kind, part.size, severity):.2g}" for part in DEFINITIONS[name].parts)
