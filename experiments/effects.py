"""Effects of one scenario against another, run by run: paired differences with their intervals.

Run k of both scenarios meets the same chances, so that the difference is the effect of what was changed. Intervals
are Student's t intervals of the mean paired difference, 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sim.errors import UserError, did_you_mean
from sim.outcomes import BY_NAME, HEADLINE, Outcome
from sim.results import ResultSet

CONFIDENCE = 0.95
COLUMNS = (
    "scenario", "outcome", "unit", "month", "runs", "baseline_mean", "mean", "effect", "ci_low", "ci_high", "clear",
    "p10", "p90", "sd_paired", "sd_unpaired",
)  # fmt: skip
SHARES = ("share",)
FEWEST, FEWEST_SAME = 3, 6  # runs for a clear effect, and where all differences are the same


def effects(
    base: ResultSet, other: ResultSet, names: Sequence[str] | None = None, months: Sequence[str] | None = None
) -> pd.DataFrame:
    """Effect of ``other`` against ``base`` on outcomes (all headline ones by default) in some months.

    One row per outcome and month, columns as in COLUMNS: ``effect`` is the mean paired difference, ``ci_low`` to
    ``ci_high`` its 95 % t interval, ``clear`` as in the function, ``p10`` and ``p90`` quantiles of the
    differences over runs, ``sd_paired`` their standard deviation and ``sd_unpaired`` that of a difference of two
    independent runs, sqrt(var_A + var_B). With one run interval and deviations are NaN. ``months`` are by default
    the year ends and the last month. Runs that failed in one of the two are left out.
    Raises UserError if no run is in both, or for an unknown outcome or month.
    """
    outcomes = [find_outcome(name) for name in names] if names is not None else list(HEADLINE)
    months = list(months) if months is not None else year_ends(base.months)
    parts = [_effect(outcome, *_pairs(base, other, outcome.name, months), months) for outcome in outcomes]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "scenario", other.scenario)
    return frame[list(COLUMNS)]


def differences(base: ResultSet, other: ResultSet, name: str, months: Sequence[str] | None = None) -> pd.DataFrame:
    """Paired differences of an outcome, run x month, of the runs in both."""
    columns = list(months) if months is not None else base.months
    there, here = _pairs(base, other, name, columns)
    return here - there


def year_ends(months: Sequence[str]) -> list[str]:
    """Decembers among the months, and the last one."""
    return [*(m for m in months[:-1] if m.endswith("-12")), *months[-1:]]


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and bounds of its t interval over the first axis; bounds are NaN for a single value."""
    n = len(values)
    mean = values.mean(axis=0)
    if n < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) * values.std(axis=0, ddof=1) / math.sqrt(n)
    return mean, mean - half, mean + half


def share_interval(hits: np.ndarray, runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % interval (n,) of a probability of which ``hits`` of some ``runs`` (n,) are known.

    Wilson's score interval (1927, doi:10.1080/01621459.1927.10502953), which says something of no hits, too.
    """
    z = stats.norm.ppf(0.975)
    share, weight = hits / runs, z**2 / runs
    middle = (share + weight / 2) / (1 + weight)
    half = np.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def clear(runs: int, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether effects are told: the interval leaves out zero, and there are enough runs to speak of one.

    Where all differences are the same (counts often are) the interval has no width and says nothing; then the sign
    test decides, for which six runs of one sign are the fewest (2 x 0.5^6 = 3 %).
    """
    same = high - low <= 1e-12 * np.abs(low)
    return ((low > 0) | (high < 0)) & (runs >= np.where(same, FEWEST_SAME, FEWEST))


def runs_needed(sd: float, half_width: float) -> float:
    """Fewest runs whose t interval is no wider than ``half_width`` to each side, at standard deviation ``sd``.

    At least 2; infinite where the wish is zero but the spread is not, NaN where the spread is not known.
    """
    if math.isnan(sd) or math.isnan(half_width):
        return math.nan
    if sd == 0.0:
        return 2.0
    if half_width <= 0.0:
        return math.inf
    # the t quantile falls with n, so the normal quantile's answer is a lower bound and a few steps are enough
    n = max(2, math.ceil((stats.norm.ppf(0.5 + CONFIDENCE / 2) * sd / half_width) ** 2))
    while stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) * sd / math.sqrt(n) > half_width:
        n += 1
    return float(n)


def wished(frame: pd.DataFrame, precision: float) -> pd.Series:
    """Half width of the interval that a precision asks for, per row of ``effects``.

    ``precision`` times the larger of the two scenarios' means; for shares ``precision`` itself (0.05: five
    points).
    """
    level = frame[["baseline_mean", "mean"]].abs().max(axis=1) * precision
    return level.mask(frame["unit"].isin(SHARES), precision)


def with_runs_needed(frame: pd.DataFrame, precision: float) -> pd.DataFrame:
    """The frame of ``effects`` with a column ``runs_needed`` for a precision (see wished)."""
    pairs = zip(frame["sd_paired"], wished(frame, precision), strict=True)
    return frame.assign(runs_needed=[runs_needed(sd, wish) for sd, wish in pairs])


def precise(frame: pd.DataFrame, precision: float) -> bool:
    """Whether every row's interval is at least as narrow as asked for."""
    half = (frame["ci_high"] - frame["ci_low"]) / 2
    return bool((half <= wished(frame, precision)).all())


def convergence(base: ResultSet, other: ResultSet, name: str, month: str | None = None) -> pd.DataFrame:
    """How an effect and its interval settle as runs are added: runs, effect, ci_low, ci_high; from 2 runs on."""
    values = differences(base, other, name, [month or base.months[-1]]).to_numpy()[:, 0]
    rows = [(n, *(float(part[0]) for part in interval(values[:n, None]))) for n in range(2, len(values) + 1)]
    return pd.DataFrame(rows, columns=["runs", "effect", "ci_low", "ci_high"])


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as dictionaries."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict(orient="records")]


def find_outcome(name: str) -> Outcome:
    """An outcome by its name; raises UserError with the nearest one."""
    if name not in BY_NAME:
        raise UserError(did_you_mean(name, list(BY_NAME), "outcome"))
    return BY_NAME[name]


def _pairs(
    base: ResultSet, other: ResultSet, name: str, months: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """An outcome of both, of the runs they share, in the same order."""
    there, here = base.outcome(name), other.outcome(name)
    runs = there.index.intersection(here.index).sort_values()
    if not len(runs):
        raise UserError("no run is in both results: nothing to compare.")
    columns = list(months)
    for frame, results in ((there, base), (here, other)):
        lacking = [month for month in columns if month not in frame]
        if lacking:
            raise UserError(f"the results of {results.scenario} have no month {lacking[0]}.")
    return there.loc[runs, columns], here.loc[runs, columns]


def _effect(outcome: Outcome, there: pd.DataFrame, here: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    a, b = there.to_numpy(dtype=np.float64), here.to_numpy(dtype=np.float64)
    n, difference = len(a), b - a
    mean, low, high = interval(difference)
    nothing = np.full(len(months), np.nan)
    p10, p90 = np.quantile(difference, (0.1, 0.9), axis=0)
    return pd.DataFrame({
        "outcome": outcome.name, "unit": outcome.unit, "month": months, "runs": n,
        "baseline_mean": a.mean(axis=0), "mean": b.mean(axis=0), "effect": mean, "ci_low": low, "ci_high": high,
        "clear": clear(n, low, high), "p10": p10, "p90": p90,
        "sd_paired": difference.std(axis=0, ddof=1) if n > 1 else nothing,
        "sd_unpaired": np.sqrt(a.var(axis=0, ddof=1) + b.var(axis=0, ddof=1)) if n > 1 else nothing,
    })  # fmt: skip
