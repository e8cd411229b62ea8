"""Compare scenarios on common random numbers: the effect of each on the outcomes, against the first of them."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.effects import (
    CONFIDENCE,
    convergence,
    differences,
    effects,
    find_outcome,
    precise,
    records,
    with_runs_needed,
)
from experiments.ensemble import batch_size, choose_runner, run_plans
from experiments.folders import claim, finish, known
from experiments.store import gap
from experiments.told import Told
from experiments.wording import DASH, plural
from sim.errors import UserError
from sim.outcomes import HEADLINE
from sim.results import ResultSet
from sim.runs import BATCH, Assumptions, Job, Progress, make_job, raise_if_nothing_finished

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["Comparison", "compare", "convergence", "differences", "effects"]
PRECISION = 0.05
MARKER = "compare.json"
# what two results must share to be paired, and what to say if they do not
PAIRED = {
    "seed": "seeds",
    "assumptions": "modes of assumptions",
    "data_hash": "starting tables",
    "code": "versions of hashpivot",
}


@dataclass(frozen=True, repr=False)
class Comparison(Told):
    """Paired results of scenarios, the baseline first.

    ``table`` has one row per scenario, headline outcome and month (year ends and the last): the columns of
    experiments.effects and ``runs_needed`` for ``precision``. ``notes`` are remarks worth telling.
    """

    baseline: str
    results: dict[str, ResultSet]
    table: pd.DataFrame
    precision: float
    notes: tuple[str, ...] = field(default=())

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios held against the baseline."""
        return [name for name in self.results if name != self.baseline]

    @property
    def runs(self) -> int:
        """Runs that all scenarios share."""
        return int(self.table["runs"].min())

    @property
    def months(self) -> list[str]:
        return self.results[self.baseline].months

    def at_end(self) -> pd.DataFrame:
        """The rows of the last month."""
        return self.table[self.table["month"] == self.months[-1]]

    def path(self, scenario: str, outcome: str) -> pd.DataFrame:
        """Paired differences of an outcome, run x month."""
        return differences(self.results[self.baseline], self.results[scenario], outcome)

    def convergence(self, scenario: str, outcome: str) -> pd.DataFrame:
        """The effect at the end and its interval by number of runs."""
        return convergence(self.results[self.baseline], self.results[scenario], outcome)

    def settling(self) -> pd.DataFrame:
        """Headline effects at the end by number of runs: scenario, outcome, unit, runs, effect, ci_low, ci_high."""
        parts = []
        for scenario, outcome in itertools.product(self.scenarios, HEADLINE):
            part = self.convergence(scenario, outcome.name)
            parts.append(part.assign(scenario=scenario, outcome=outcome.name, unit=outcome.unit))
        return pd.concat(parts)[["scenario", "outcome", "unit", "runs", "effect", "ci_low", "ci_high"]]

    def save(self, folder: Path) -> None:
        """Write ``compare.json``, which says that the folder is complete."""
        finish(folder, MARKER, list(self.results), self.to_json())

    def to_json(self) -> dict[str, Any]:
        """What ``compare --json`` prints; what is not known (with one run, the intervals) is null."""
        meta = self.results[self.baseline].meta
        return {
            "runs": self.runs,
            "baseline": self.baseline,
            "scenarios": self.scenarios,
            "seed": meta.get("seed"),
            "assumptions": meta.get("assumptions"),
            "code": meta.get("code"),
            "months": len(self.months),
            "confidence": CONFIDENCE,
            "interval": "Student's t, mean of paired differences",
            "precision": self.precision,
            "notes": list(self.notes),
            "outcomes": [known(row) for row in records(self.at_end())],
        }


def compare(
    scenarios: Sequence[Scenario | ResultSet | str | Path],
    runs: int = 32,
    seed: int = 0,
    *,
    months: int | None = None,
    assumptions: Assumptions = "sampled",
    data: Path | None = None,
    plugins: tuple[str, ...] = (),
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    precision: float = PRECISION,
    stop_when_precise: bool = False,
    outcomes: Sequence[str] = (),
) -> Comparison:
    """Simulate scenarios with the same seed and hold each against the first.

    Each of ``scenarios`` is a Scenario, the name or file of one, a result folder or a ResultSet; results are used
    as they are and must fit the others. ``out`` gets a result folder per scenario and is resumed from. With
    ``stop_when_precise`` batches of runs are added until the interval of each of ``outcomes`` (all headline ones if
    empty) at the end is at least as narrow as ``precision`` asks (see experiments.effects.wished), at most ``runs``.
    Other options as in experiments.simulate. Raises UserError for results that cannot be paired.

    >>> found = compare(["baseline", "carbon-tax"], runs=2, months=2)
    >>> bool((found.at_end()["effect"] == 0).all())  # the tax comes in 2027
    True
    """
    if not (math.isfinite(precision) and precision > 0):
        raise UserError(f"precision must be above 0, not {precision}.")
    chosen = [find_outcome(name).name for name in outcomes] or [outcome.name for outcome in HEADLINE]
    named = _named(scenarios)
    given = {name: item for name, item in named.items() if isinstance(item, ResultSet)}
    plans = {
        name: make_job(item, seed, runs, months=months, assumptions=assumptions, data=data, plugins=plugins)
        for name, item in named.items()
        if not isinstance(item, ResultSet)
    }
    _check_pairs(plans, given)
    if out is not None:
        claim(Path(out), MARKER, list(named))

    def joined(new: Sequence[ResultSet]) -> dict[str, ResultSet]:
        there = given | dict(zip(plans, new, strict=True))
        for name, results in there.items():
            results.meta["scenario"] = name
        return {name: there[name] for name in named}

    def enough(new: list[ResultSet]) -> bool:
        base, *others = joined(new).values()
        return all(precise(effects(base, other, chosen, base.months[-1:]), precision) for other in others)

    new = run_plans(
        list(plans.values()),
        choose_runner(workers, scheduler),
        BATCH if stop_when_precise else batch_size(runs, workers),
        [Path(out) / name if out is not None else None for name in plans],
        on_progress,
        should_stop,
        enough if stop_when_precise else None,
    )
    for part in new:
        raise_if_nothing_finished(part)
    gaps = [f"{name}: {words}" for name, results in given.items() if (words := gap(results))]
    notes = [*_notes(plans), *gaps, *(note for part in new for note in part.meta.get("notes", ()))]
    found = comparison(joined(new), precision, notes)
    return replace(found, notes=(*notes, *_outcome_notes(found, chosen, runs if stop_when_precise else None)))


def comparison(results: dict[str, ResultSet], precision: float = PRECISION, notes: Sequence[str] = ()) -> Comparison:
    """A Comparison of results that are there, the baseline first."""
    baseline, *others = results
    parts = [effects(results[baseline], results[other]) for other in others]
    return Comparison(
        baseline, results, with_runs_needed(pd.concat(parts, ignore_index=True), precision), precision, tuple(notes)
    )


def scenarios_of(words: Sequence[str], changes: Sequence[str] = ()) -> list[Scenario | ResultSet]:
    """What the words on the command line name: result folders, or scenarios with key=value changes laid over them."""
    from sim.scenario import Scenario, parse_set

    overrides = dict(parse_set(change) for change in changes)
    return [ResultSet.load(w) if Path(w).is_dir() else Scenario.load(w, overrides) for w in words]


def resolve(
    items: Sequence[Scenario | ResultSet],
    runs: int | None,
    seed: int | None,
    months: int | None,
    assumptions: str | None,
) -> dict[str, Any]:
    """Number of runs, seed, months and mode of assumptions: as given, else those of a result folder, else defaults.

    ``planned`` counts the runs to simulate.
    """
    there = next((item for item in items if isinstance(item, ResultSet)), None)
    known = {} if there is None else there.meta | {"runs": len(there), "months": len(there.months)}
    plans = [item for item in items if not isinstance(item, ResultSet)]
    runs = runs if runs is not None else known.get("runs", 32)
    months = months if months is not None else known.get("months", plans[0].world.months if plans else None)
    return {
        "runs": runs,
        "seed": seed if seed is not None else known.get("seed", 0),
        "months": months,
        "assumptions": assumptions or known.get("assumptions", "sampled"),
        "planned": runs * max(len(plans), 1),
    }


def default_folder(
    items: Sequence[Scenario | ResultSet],
    settled: Mapping[str, Any],
    data: Path | None,
    plugins: Sequence[str] = (),
) -> Path:
    """``results/compare-<A>-<B>-<short hash>``: another folder for every comparison, the same one for the same."""
    from experiments.store import code_version

    words = [
        str(item.meta.get("folder", item.scenario)) if isinstance(item, ResultSet) else item.content_hash()
        for item in items
    ]
    told = json.dumps([words, sorted(settled.items()), str(data), list(plugins), code_version()])
    names = "-".join(item.scenario if isinstance(item, ResultSet) else item.name for item in items[:3])
    return Path("results") / f"compare-{names}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _named(scenarios: Sequence[Scenario | ResultSet | str | Path]) -> dict[str, Scenario | ResultSet]:
    """Scenarios and results under names that differ; the first is the baseline."""
    from sim.scenario import Scenario

    if len(scenarios) < 2:
        raise UserError("a comparison needs at least two scenarios.")
    named: dict[str, Scenario | ResultSet] = {}
    for item in scenarios:
        if isinstance(item, str | Path):
            item = ResultSet.load(item) if Path(item).is_dir() else Scenario.load(item)
        name = item.name if isinstance(item, Scenario) else item.scenario
        if name in named and isinstance(item, ResultSet) and "folder" in item.meta:
            name = Path(item.meta["folder"]).name
        if name in named:
            raise UserError(f"{name} is there twice: give one of the two another name.")
        named[name] = item
    return named


def _check_pairs(plans: dict[str, Job], given: dict[str, ResultSet]) -> None:
    """Raise UserError unless all share months, seed, mode of assumptions, tables and code."""
    from experiments.store import identity

    facts: dict[str, dict[str, Any]] = {}
    for name, plan in plans.items():
        start = plan.shared.world.start
        facts[name] = (identity(plan) if given else {"seed": plan.seed}) | {"span": (start, plan.months)}
    for name, results in given.items():
        span = (results.months[0], len(results.months))
        facts[name] = {key: results.meta[key] for key in PAIRED if key in results.meta} | {"span": span}
    (first, base), *others = facts.items()
    for name, there in others:
        for key, words in (*PAIRED.items(), ("span", "months")):
            if key in base and key in there and base[key] != there[key]:
                raise UserError(
                    f"{first} and {name} cannot be paired: their {words} differ "
                    f"({_short(base[key])} and {_short(there[key])})."
                )


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{value[1]} from {value[0]}"
    return str(value)[-16:]


def _notes(plans: dict[str, Job]) -> list[str]:
    """Assumptions that one scenario fixes and another samples: a part of their effect is that choice."""
    from sim.scenario import fields

    sampled = {name: plan.shared for name, plan in plans.items() if plan.assumptions == "sampled"}
    notes = []
    for info in fields() if len(sampled) > 1 else ():
        if info.distribution is not None:
            fixed = [name for name, scenario in sampled.items() if not scenario.samples(info.key)]
            if fixed and len(fixed) < len(sampled):
                rest = [name for name in sampled if name not in fixed]
                notes.append(f"{info.key} is fixed in {', '.join(fixed)} and sampled in {', '.join(rest)}.")
    return notes


def _outcome_notes(found: Comparison, chosen: Sequence[str], most: int | None) -> list[str]:
    """Runs that failed, and whether the precision asked for was reached with at most ``most`` runs."""
    notes = [
        f"{plural(len(part.table('errors')), 'run')} of {name} failed and {DASH} with its partners {DASH} left out."
        for name, part in found.results.items()
        if len(part.table("errors"))
    ]
    if most is not None:
        end = found.at_end()
        reached = precise(end[end["outcome"].isin(chosen)], found.precision)
        words = "reached" if reached else "not reached: give more runs"
        notes.append(f"Precision {found.precision:g} {words} after {plural(found.runs, 'run')} (at most {most:,}).")
    return notes
