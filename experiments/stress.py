"""Stress tests: named shocks on a forecast, who gets into trouble, why and when, and how large a shock must be.

All shocks go on from the same state before the date (experiments.stress_runs) and meet the same chances as the run
without a shock, so that what differs is the shock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.ensemble import batch_size, choose_runner, run_plans
from experiments.folders import claim
from experiments.shocks import DEFINITIONS, SHOCKS, check_names, dated, scaled
from experiments.stress_runs import CALM, StressJob
from experiments.stress_sums import Sums, failed_shares
from experiments.told import Told
from sim.errors import RunError, UserError
from sim.months import is_month, month_name, month_number
from sim.results import ResultSet
from sim.runs import Assumptions, Progress, make_job, raise_if_nothing_finished
from sim.scenario import Scenario

__all__ = ["SHOCKS", "StressResult", "stress"]
MARKER = "stress.json"  # of a folder that holds a stress test
FOLLOW = 24
MONTHS_BEFORE = 12  # a shock without a date strikes a year after the start
HIGHEST_SEVERITY, BISECTIONS = 4.0, 6


@dataclass(frozen=True, repr=False)
class StressResult(Told):
    """What a stress test found.

    ``firms``: per shock and firm alive at the date: shock, firm, size, listed, probability (of distress within the
    months followed), baseline_probability, first_cause, months_to_failure (median where it fails, else NaN),
    loss_usd (mean equity lost against the run without a shock), failure_probability,
    baseline_failure_probability, hashrate_ehs, and the 95 % intervals probability_low, probability_high,
    failure_probability_low, failure_probability_high (Wilson's, over the runs in which the firm is there).
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
    failed: int = 0  # runs that raised and are left out
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What ``stress --json`` prints; what is not known is null."""
        from experiments.effects import records
        from experiments.folders import known
        from experiments.store import code_version

        keys = ("scenario", "date", "severity", "runs", "seed", "follow", "assumptions", "failed")
        about = {key: getattr(self, key) for key in keys} | {"code": code_version()}
        tables = {"sector": self.sector, "reverse": self.reverse, "firms": self.firms}
        rows = {name: [known(row) for row in records(table)] for name, table in tables.items()}
        return about | {"shocks": {name: SHOCKS[name] for name in self.firms["shock"].unique()}} | rows


@dataclass(frozen=True)
class StressPlan:
    """What a stress test simulates: the forecast and each shock; and, with ``until``, a reverse test after it."""

    job: StressJob
    severity: float
    until: float | None

    @classmethod
    def of(
        cls,
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
    ) -> StressPlan:
        """The plan for the options of stress. Raises UserError for what no test can be made of."""
        check_names(shocks)
        names = list(dict.fromkeys(shocks)) or list(SHOCKS)
        if until is not None and not 0 < until < 1:
            raise UserError(f"until must be a share between 0 and 1, not {until:g}.")
        if isinstance(follow, bool) or not isinstance(follow, int) or follow < 1:
            raise UserError(f"the months to follow must be a whole number of at least 1, not {follow!r}.")
        plan = make_job(scenario, seed, runs, assumptions=assumptions, firms="all", data=data, plugins=plugins)
        first = _months_before(plan.shared, date)
        if first < 1 or first + follow > plan.months:
            start = month_number(plan.shared.world.start)
            raise UserError(
                f"a shock in {month_name(start + first)} followed for {follow} months is not within the scenario, "
                f"which ends in {month_name(start + plan.months - 1)} (the date must lie after its first month)."
            )
        for name in names:
            dated(name, month_name(month_number(plan.shared.world.start) + first), severity)
        hits = ((CALM, 0.0), *((name, severity) for name in names))
        job = StressJob(**vars(plan) | {"months": first + follow, "first": first, "hits": hits})
        return cls(job, severity, until)

    @property
    def names(self) -> list[str]:
        """The shocks."""
        return [name for name, _ in self.job.hits if name != CALM]

    @property
    def holds(self) -> list[str]:
        """What the marker of a result folder says; the folder of the runs beside it knows the rest."""
        return [self.job.shared.name, self.job.date, f"{self.severity:g}"]

    @property
    def run_months(self) -> int:
        """Months of all runs together, at most (a reverse test may end early)."""
        rounds = 0 if self.until is None else BISECTIONS + 1
        return self.job.run_months + rounds * self.round(dict.fromkeys(self.names, 0.0)).run_months

    def round(self, severities: dict[str, float]) -> StressJob:
        """The job that says how much hashrate fails at these severities."""
        return replace(self.job, hits=tuple(severities.items()), firms="none")

    @property
    def default_folder(self) -> Path:
        """``results/stress-<scenario>-<date>-<short hash>``: the same one for the same test, until aside."""
        from experiments.store import identity

        digest = hashlib.sha256(json.dumps(identity(self.job), sort_keys=True).encode()).hexdigest()
        return Path("results") / f"stress-{self.job.shared.name}-{self.job.date}-{digest[:8]}"


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
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> StressResult:
    """Strike a forecast with named shocks (all of SHOCKS if empty) in a month and follow it for some months.

    ``severity`` scales the shocks (see experiments.shocks.scaled); without ``date`` they strike a year after the
    start. ``until``, a share, asks for each shock how severe it must be until that share of the hashrate fails,
    by bisection over paired runs. ``workers``, ``scheduler`` and ``out`` as in experiments.simulate: the values are
    the same, and a folder is filled only with what it lacks. Raises UserError for wrong input, RunError if no run
    finished, it was stopped, the disk is full or the scheduler is lost.
    """
    plan = StressPlan.of(
        scenario, shocks, severity, date, runs, seed, follow=follow, until=until, assumptions=assumptions, data=data,
        plugins=plugins,
    )  # fmt: skip
    return run_stress(plan, workers, scheduler, out, on_progress, should_stop)


def run_stress(
    plan: StressPlan,
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> StressResult:
    """Compute what the folder lacks of a plan, and put the result together; see stress."""
    folder = Path(out) if out is not None else None
    runner = choose_runner(workers, scheduler)
    if folder:
        claim(folder, MARKER, plan.holds)
    size, before = batch_size(len(plan.job.runs), workers), 0

    def simulate(job: StressJob, name: str) -> ResultSet:
        nonlocal before

        def count(done: int, _total: int) -> None:
            if on_progress:
                on_progress(before + done, plan.run_months)

        results = run_plans([job], runner, size, [folder / name if folder else None], count, should_stop)[0]
        raise_if_nothing_finished(results)
        if len(results) + len(results.table("errors")) < len(job.runs):
            raise RunError("Stopped before all runs were complete.")
        before += job.run_months
        return results

    job = plan.job
    results = simulate(job, "runs")
    sums = Sums.of(results, [name for name, _ in job.hits], job.date, job.months - job.first)
    sector = sums.sector_table()
    reverse: list[dict[str, Any]] = []
    if plan.until is not None:
        calm = float(sector["failed_hashrate_share"].iloc[0])
        reverse = _reverse(plan, calm, lambda job, name: failed_shares(simulate(job, name)))
    return StressResult(
        job.shared.name, job.date, plan.severity, sums.runs, job.seed, job.months - job.first,
        firms=sums.firm_table(), sector=sector, months=sums.month_table(), reverse=pd.DataFrame(reverse),
        assumptions=job.assumptions, failed=len(results.table("errors")), notes=results.meta.get("notes", ()),
    )  # fmt: skip


def _months_before(scenario: Scenario, date: str | None) -> int:
    """Months simulated before the date."""
    if date is None:
        return MONTHS_BEFORE
    if not is_month(date):
        raise UserError(f"date must be a month such as 2027-07, not {date!r}.")
    return month_number(date) - month_number(scenario.world.start)


def most_endangered(firms: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """The listed firms whose probability of distress each shock raises most."""
    listed = firms[firms["listed"]]
    listed = listed.assign(more=listed["probability"] - listed["baseline_probability"])
    order = listed[listed["more"] > 0].sort_values(["more", "hashrate_ehs"], ascending=False)
    return order.groupby("shock").head(count)


def _reverse(
    plan: StressPlan, calm: float, failed: Callable[[StressJob, str], dict[str, float]]
) -> list[dict[str, Any]]:
    """Severity at which the mean share of hashrate that fails reaches ``until``; NaN where none up to 4 does.

    All shocks are halved in step, so that every round is one job of many runs.
    """
    until = plan.until
    assert until is not None
    low = dict.fromkeys(plan.names, 0.0)
    high = dict.fromkeys(plan.names, HIGHEST_SEVERITY)
    at_low, at_high = dict.fromkeys(plan.names, calm), dict.fromkeys(plan.names, math.nan)
    asked = {} if calm >= until else dict(high)
    for number in range(BISECTIONS + 1):
        if not asked:
            break
        told = json.dumps(sorted(asked.items()))  # another share to look for asks for other severities
        folder = f"reverse-{number}-{hashlib.sha256(told.encode()).hexdigest()[:6]}"
        for name, share in failed(plan.round(asked), folder).items():
            sides = (high, at_high) if share >= until or number == 0 else (low, at_low)
            sides[0][name], sides[1][name] = asked[name], share
        asked = {name: (low[name] + high[name]) / 2 for name in asked if at_high[name] >= until}
    rows = []
    for name in plan.names:
        reached = at_high[name] >= until
        severity = high[name] if reached else (0.0 if calm >= until else math.nan)
        rows.append({
            "shock": name, "until": until, "severity": severity,
            "failed_hashrate_share": calm if calm >= until else at_high[name],
            "above_severity": low[name] if reached else math.nan, "meaning": meaning(name, severity),
        })  # fmt: skip
    return rows


def meaning(name: str, severity: float) -> str:
    """Sizes of a shock's parts at a severity: "coin_price 0.31"."""
    if not math.isfinite(severity):
        return ""
    return ", ".join(f"{part.kind} {scaled(part.kind, part.size, severity):.2g}" for part in DEFINITIONS[name].parts)
