"""Fit the declared free parameters of the scenario ``history`` to the training window, and tell what is identified.

Differential evolution (scipy) on common random numbers. Every evaluation is a line of a log; a search that is
started again with the same settings replays the log and goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from experiments import scores
from experiments.hindcast import START, TRAIN_END, write_coin_path
from experiments.targets import Targets, read_targets, shipped_targets
from sim.errors import UserError
from sim.scenario import Scenario
from sim.sector import Sector

Array = np.ndarray
POPULATION = 24
POWER_WEIGHT = 0.8  # of power's errors over hashrate's: the index is a model itself
PROFILE_STEPS = (-0.3, -0.15, -0.05, 0.05, 0.15, 0.3)  # of a parameter's range, around the optimum
CHECK_SEEDS = 4


@dataclass(frozen=True)
class Free:
    """A free parameter: its key, the range it may take, and why it is free and why in this range."""

    key: str
    low: float
    high: float
    why: str


FREE: tuple[Free, ...] = (
    Free("rigs.payback_price_share", 0.2, 0.6, "what vendors asked of buyers' value (registry 0.2-0.6)"),
    Free("rigs.growth_extrapolation", 0.1, 0.6, "how far growth was expected to go on (registry 0.1-0.6)"),
    Free("rigs.capacity_growth_per_month", 0.08, 0.25, "how fast vendors grew (registry 0.05-0.25)"),
    Free("rigs.capacity_mw_per_month", 8, 60, "rigs made in mid-2016; hashrate grew by 10-60 MW of S9 a month"),
    Free("rigs.capacity_limit_mw_per_month", 250, 1200, "what chips allowed; 300-600 MW a month came in 2018"),
    Free("power.request_share_per_quarter", 0.5, 2.5, "new connections; power grew by 35 % a quarter in 2016-18"),
    Free("power.headroom_scale", 8, 30, "grid connections; 2-3 GW a year in China in 2017-18"),
)


@dataclass(frozen=True)
class Problem:
    """One fit: the fed scenario, what it is held against, and which random numbers all evaluations share."""

    scenario: Scenario
    targets: Targets
    free: tuple[Free, ...]
    runs: int
    seed: int

    def fit(self, values: Sequence[float], seed: int | None = None) -> dict[str, float]:
        """Errors of the median path with these values of the free parameters; ``score`` is what is minimised."""
        changes = {one.key: float(value) for one, value in zip(self.free, values, strict=True)}
        months = len(self.targets.months)
        sector = Sector(
            self.scenario.with_overrides(changes), self.seed if seed is None else seed, range(self.runs),
            mode="fixed", months=months,
        )  # fmt: skip
        hashrate, power = np.empty(months), np.empty(months)
        for t in range(months):
            sector.advance()
            hashrate[t] = np.median(sector.now.hashrate)
            power[t] = np.median(sector.dispatched.mw.sum(axis=-1)) / 1000.0
        return errors(hashrate, power, self.targets)

    def identity(self) -> str:
        """Hash of everything an evaluation depends on beside the values, the engine included."""
        targets = [self.targets.months, *(np.nan_to_num(a, nan=-1.0).tolist() for a in self.targets.arrays())]
        rest = self.scenario.with_overrides({one.key: one.low for one in self.free}).content_hash()
        told = [rest, targets, [one.key for one in self.free], self.runs, self.seed, engine_hash()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def engine_hash() -> str:
    """Hash of the code and tables that an evaluation runs."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for pattern in ("agents/**/*.py", "sim/**/*.py", "sim/data/*.csv"):
        for path in sorted(root.glob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def errors(hashrate: Array, power: Array, targets: Targets) -> dict[str, float]:
    """Errors of a path; the score adds mean error and log RMSE of hashrate and, with less weight, of power."""
    found = {
        "hashrate_mape": scores.mape(hashrate, targets.hashrate),
        "hashrate_log_rmse": scores.log_rmse(hashrate, targets.hashrate),
        "power_mape": scores.mape(power, targets.power),
        "power_log_rmse": scores.log_rmse(power, targets.power),
    }
    known = {name: value for name, value in found.items() if value is not None}
    score = sum((1.0 if name.startswith("hashrate") else POWER_WEIGHT) * value for name, value in known.items())
    return {"score": score, **known}


class Log:
    """Evaluations on disk: JSON lines of problem, values and errors; without a path they are only remembered."""

    def __init__(self, path: Path | None, identity: str) -> None:
        self.path, self.identity = path, identity
        self.known: dict[tuple[float, ...], dict[str, float]] = {}
        if path and path.is_file():
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    entry = json.loads(line)
                    if entry["problem"] == identity:
                        self.known[tuple(entry["values"])] = entry["errors"]
                except (ValueError, KeyError, TypeError):
                    raise UserError(f"{path}, line {number}: not a line of this log; remove it.") from None

    def add(self, values: tuple[float, ...], found: dict[str, float]) -> None:
        self.known[values] = found
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as lines:
                entry = {"problem": self.identity, "values": values, "errors": found}
                lines.write(json.dumps(entry) + "\n")


@dataclass(frozen=True)
class Calibration:
    """The result: best values, their fit, the same on other seeds, and the profile of every parameter."""

    free: tuple[Free, ...]
    values: tuple[float, ...]
    fit: dict[str, float]
    other_seeds: list[dict[str, float]]
    profile: dict[str, list[tuple[float, float]]]
    evaluations: int
    seconds: float
    window: tuple[str, str]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def noise(self) -> float:
        """Standard deviation of the score over seeds: differences below it mean nothing."""
        return float(np.std([self.fit["score"], *(other["score"] for other in self.other_seeds)]))

    def unidentified(self) -> list[str]:
        """Parameters that moving by 15 % of their range, either way, costs less than twice the noise."""
        weak = []
        for one, value in zip(self.free, self.values, strict=True):
            near = [
                score for at, score in self.profile.get(one.key, ())
                if abs(at - value) <= 0.16 * (one.high - one.low)
            ]  # fmt: skip
            if near and max(near) - self.fit["score"] < 2 * self.noise:
                weak.append(one.key)
        return weak

    def to_json(self) -> dict[str, Any]:
        """What ``calibrate --json`` prints."""
        return {
            "window": {"start": self.window[0], "end": self.window[1]},
            "values": {one.key: value for one, value in zip(self.free, self.values, strict=True)},
            "fit": self.fit, "other_seeds": self.other_seeds, "noise": self.noise,
            "profile": self.profile, "unidentified": self.unidentified(),
            "evaluations": self.evaluations, "seconds": round(self.seconds, 1),
        }  # fmt: skip

    def to_toml(self) -> str:
        """A fragment of a scenario file: the values, each with its range and reason, under what they achieve."""
        fit = ", ".join(f"{name} {value:.3f}" for name, value in self.fit.items())
        lines = [
            f"# Fitted to {self.window[0]} .. {self.window[1]} in {self.evaluations} evaluations: {fit}",
            f"# Spread of the score over seeds {self.noise:.3f}; not identified: "
            + (", ".join(self.unidentified()) or "none"),
        ]
        for block in dict.fromkeys(one.key.partition(".")[0] for one in self.free):
            lines.append(f"\n[{block}]")
            for one, value in zip(self.free, self.values, strict=True):
                if one.key.startswith(block + "."):
                    name = one.key.partition(".")[2]
                    lines.append(f"{name} = {value:.4g}  # {one.low:g} to {one.high:g}: {one.why}")
        return "\n".join(lines) + "\n"


def calibrate(
    data: str | Path | None = None,
    train_end: str = TRAIN_END,
    runs: int = 4,
    seed: int = 0,
    *,
    evaluations: int = 480,
    workers: int = 1,
    log: str | Path | None = None,
    free: tuple[Free, ...] = FREE,
    blind: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Search the ranges of ``free`` for the smallest error on 2016-07..``train_end``; see the module.

    ``evaluations`` limits the search (profiles and other seeds come on top); the scenario's own values are the
    first candidate, unless the search is ``blind`` to them. The same settings give the same result on any number of
    ``workers``. Raises UserError for data that cannot be used.
    """
    started = time.monotonic()
    known = shipped_targets() if data is None else read_targets(data, START, train_end)
    targets = known.window(START, train_end)
    if np.isnan(targets.hashrate).all():
        raise UserError(f"no hashrate is known between {START} and {train_end}: there is nothing to fit to.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coin.csv"
        write_coin_path(targets, path)
        scenario = Scenario.load("history")
        problem = Problem(scenario, targets, free, runs, seed)
        book = Log(Path(log) if log else None, problem.identity())
        fed = {"bitcoin.price_process": "csv", "bitcoin.price_path_csv": str(path)}
        problem = Problem(scenario.with_overrides(fed), targets, free, runs, seed)
        pool = get_context("spawn").Pool(workers) if workers > 1 else nullcontext()
        with pool as processes:
            search = _Search(problem, book, processes.imap if processes else map, on_progress, evaluations)
            values = search.run(blind)
            profile = {one.key: search.profile(values, place) for place, one in enumerate(free)}
            others = list(search.map(partial(problem.fit, values), range(seed + 1, seed + 1 + CHECK_SEEDS)))
    return Calibration(
        free, values, book.known[values], others, profile, len(book.known), time.monotonic() - started,
        (START, train_end),
    )  # fmt: skip


class _Search:
    """Evaluates what the log does not know yet, in parallel where a pool is given."""

    def __init__(
        self, problem: Problem, book: Log, map_: Callable[..., Iterable[Any]],
        on_progress: Callable[[int, int], None] | None, evaluations: int,
    ) -> None:  # fmt: skip
        self.problem, self.book, self.map, self.on_progress = problem, book, map_, on_progress
        self.generations = max(evaluations // POPULATION - 1, 0)
        self.done, self.total = 0, (self.generations + 1) * POPULATION + len(PROFILE_STEPS) * len(problem.free)

    def scores(self, points: Iterable[Sequence[float]]) -> list[float]:
        """Score of each point, from the log or by simulation."""
        wanted = [_rounded(point) for point in points]
        fresh = [values for values in dict.fromkeys(wanted) if values not in self.book.known]
        self._count(len(wanted) - len(fresh))
        for values, found in zip(fresh, self.map(self.problem.fit, fresh), strict=True):
            self.book.add(values, found)
            self._count(1)
        return [self.book.known[values]["score"] for values in wanted]

    def _count(self, more: int) -> None:
        self.done = min(self.done + more, self.total)
        if self.on_progress:
            self.on_progress(self.done, self.total)

    def run(self, blind: bool) -> tuple[float, ...]:
        """The best values found; unless ``blind``, the scenario's own are tried as well."""
        from scipy.optimize import differential_evolution

        bounds = [(one.low, one.high) for one in self.problem.free]
        own = [np.clip(_value(self.problem.scenario, one.key), one.low, one.high) for one in self.problem.free]

        def all_scores(_: Any, points: Any) -> list[float]:
            return self.scores(points)

        settings: dict[str, Any] = {
            "x0": None if blind else np.array(own), "maxiter": self.generations, "seed": self.problem.seed,
            "init": _first_population(bounds, self.problem.seed), "mutation": (0.4, 0.9), "recombination": 0.8,
            "tol": 0.0, "polish": False, "updating": "deferred", "workers": all_scores,
        }  # fmt: skip

        def one_score(point: Any) -> float:
            return self.scores([point])[0]

        found = differential_evolution(one_score, bounds, **settings)
        return _rounded(found.x.tolist())

    def profile(self, values: tuple[float, ...], place: int) -> list[tuple[float, float]]:
        """(value, score) with one parameter moved and the others at their best."""
        one = self.problem.free[place]
        moved = [values[place] + step * (one.high - one.low) for step in PROFILE_STEPS]
        moved = [value for value in moved if one.low <= value <= one.high]
        points = [_rounded([*values[:place], value, *values[place + 1 :]]) for value in moved]
        return [(point[place], score) for point, score in zip(points, self.scores(points), strict=True)]


def _first_population(bounds: Sequence[tuple[float, float]], seed: int) -> Array:
    """Points spread evenly over the ranges: each range is cut in as many parts as there are points."""
    rng = np.random.default_rng(seed)
    columns = [rng.permutation(POPULATION) + rng.random(POPULATION) for _ in bounds]
    low, high = np.array(bounds).T
    return low + np.stack(columns, axis=1) / POPULATION * (high - low)


def _rounded(point: Sequence[float]) -> tuple[float, ...]:
    """Four significant digits: what a scenario file shows is what was simulated."""
    return tuple(float(f"{value:.4g}") for value in point)


def _value(scenario: Scenario, key: str) -> float:
    block, name = key.split(".")
    return float(getattr(getattr(scenario, block), name))
