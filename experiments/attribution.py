"""Which lever of a scenario does how much: its effect split among what was changed, exactly.

A lever is a changed key, all changed keys of one policy with a first month together, one dated measure or one dated
shock. Every run is split on
its own (all scenarios meet the same chances), so that shares have intervals as effects do.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from experiments.effects import find_outcome, interval, records, year_ends
from experiments.ensemble import batch_size, choose_runner, run_plans
from experiments.folders import claim, known
from experiments.told import Told
from sim.arrays import Array
from sim.errors import UserError
from sim.forking import dated_group
from sim.outcomes import HEADLINE
from sim.results import ResultSet
from sim.runs import Assumptions, Progress, make_job, raise_if_nothing_finished
from sim.scenario import Scenario, fields
from sim.scenario.registry import LISTS

Method = Literal["shapley", "first-last"]
Subset = frozenset[int]
EXACT_UP_TO = 4  # levers; above, Shapley values are means over sampled orders
INTERACTION = "interaction"
MARKER = "attribution.json"


@dataclass(frozen=True)
class Lever:
    """Something that was changed: keys with their values, or a dated entry (of shocks, of measures) in or out."""

    name: str
    values: Mapping[str, Any]
    entries: tuple[tuple[str, Any], ...] = ()  # name of the list, entry that comes in
    dropped: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, repr=False)
class Attribution(Told):
    """An effect split among levers.

    ``wedges``: lever, outcome, unit, month (every month), effect, ci_low, ci_high (95 % t interval over runs),
    share (of the total effect in that month; NaN where that is zero). The effects of a month's levers add up to
    the total exactly. ``total``: outcome, unit, month, effect, ci_low, ci_high.
    """

    scenario: str
    against: str
    method: str
    levers: tuple[str, ...]
    runs: int
    seed: int
    simulated: int
    wedges: pd.DataFrame
    total: pd.DataFrame
    sampled_orders: int

    @property
    def months(self) -> list[str]:
        return list(dict.fromkeys(self.total["month"]))

    def to_json(self) -> dict[str, Any]:
        """What ``attribute --json`` prints: the year ends and the last month."""
        shown = year_ends(self.months)
        about = {
            "scenario": self.scenario, "against": self.against, "method": self.method, "levers": list(self.levers),
            "runs": self.runs, "seed": self.seed, "scenarios_simulated": self.simulated,
            "sampled_orders": self.sampled_orders,
        }  # fmt: skip
        return about | {
            name: [known(row) for row in records(frame[frame["month"].isin(shown)])]
            for name, frame in (("total", self.total), ("wedges", self.wedges))
        }


def attribute(
    scenario: Scenario | str,
    against: Scenario | str = "baseline",
    runs: int = 16,
    seed: int = 0,
    *,
    method: Method = "shapley",
    orders: int = 8,
    outcomes: Sequence[str] = (),
    months: int | None = None,
    assumptions: Assumptions = "sampled",
    data: Path | None = None,
    plugins: tuple[str, ...] = (),
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    levers: Sequence[Lever] | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Attribution:
    """Split the effect of a scenario against another among the levers in which they differ.

    "shapley" is the mean contribution of a lever over the orders in which levers can be added: all orders for up
    to four levers, else ``orders`` sampled ones with their reverses. "first-last" is the mean of adding a lever
    first and last; what the levers do only together is then a wedge of its own, "interaction". ``levers`` are
    those of ``levers_of``, some of them put together or named otherwise; None takes them as they are.
    Other options as in experiments.comparison. Raises UserError if the two do not differ, or cannot be paired.
    """
    chosen = [find_outcome(name) for name in outcomes] or list(HEADLINE)
    base, top = (Scenario.load(s) if isinstance(s, str) else s for s in (against, scenario))
    if method not in ("shapley", "first-last"):
        raise UserError(f"the method must be shapley or first-last, not {method!r}.")
    if orders < 1:
        raise UserError(f"orders must be a whole number of at least 1, not {orders}.")
    levers = levers_of(base, top) if levers is None else list(levers)
    if not levers:
        raise UserError(f"{top.name} does not differ from {base.name}: there is nothing to attribute.")
    worlds = [key for key, _, _ in top.changed(base) if key.startswith("world.")]
    if worlds:
        keys = ", ".join(worlds)
        raise UserError(f"{top.name} and {base.name} differ in {keys}, which is no lever: use one world.")
    weights, sampled = shares_of_subsets(len(levers), method, orders, seed)
    subsets = sorted({s for row in weights for s in row} | {frozenset(), everything(len(levers))}, key=sorted)
    named = {subset: "+".join(str(k) for k in sorted(subset)) or "none" for subset in subsets}
    plans = [
        make_job(
            _scenario(base, top, levers, subset), seed, runs, months=months, assumptions=assumptions, firms="none",
            data=data, plugins=plugins,
        )
        for subset in subsets
    ]  # fmt: skip
    if out is not None:
        claim(Path(out), MARKER, [base.name, top.name, *(lever.name for lever in levers)])
    folders = [Path(out) / named[subset] if out is not None else None for subset in subsets]
    runner = choose_runner(workers, scheduler)
    results = run_plans(plans, runner, batch_size(runs, workers), folders, on_progress, should_stop)
    for part in results:
        raise_if_nothing_finished(part)
    by_subset = dict(zip(subsets, results, strict=True))
    names = [lever.name for lever in levers]
    frames = [_split(by_subset, weights, names, outcome.name, outcome.unit) for outcome in chosen]
    return Attribution(
        top.name, base.name, method, tuple(names), min(len(part) for part in results), seed, len(subsets),
        pd.concat([wedges for wedges, _ in frames], ignore_index=True),
        pd.concat([total for _, total in frames], ignore_index=True), sampled,
    )  # fmt: skip


def default_folder(top: Scenario, base: Scenario, settled: tuple[object, ...]) -> Path:
    """``results/attribute-<scenario>-<short hash>``: another folder for every question, the same one for the same."""
    from experiments.store import code_version

    told = json.dumps([top.content_hash(), base.content_hash(), settled, code_version()])
    return Path("results") / f"attribute-{top.name}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def levers_of(base: Scenario, top: Scenario) -> list[Lever]:
    """What differs between two scenarios, keys of one dated measure together, each shock by itself."""
    changed = {key: value for key, _, value in top.changed(base) if key not in LISTS}
    for info in fields():  # an assumption held fixed in one of the two is a difference, too
        if info.distribution is not None and base.samples(info.key) and not top.samples(info.key):
            changed.setdefault(info.key, top.values()[info.key])
    groups: dict[str, dict[str, Any]] = {}
    for key, value in changed.items():
        groups.setdefault(dated_group(key) or key, {})[key] = value
    levers = [Lever(_words(name, values), values) for name, values in groups.items()]
    for name in LISTS:
        there, here = getattr(base, name), getattr(top, name)
        levers += [Lever(entry_words(entry), {}, entries=((name, entry),)) for entry in here if entry not in there]
        levers += [Lever(f"no {entry_words(e)}", {}, dropped=((name, e),)) for e in there if e not in here]
    return levers


def _words(group: str, values: Mapping[str, Any]) -> str:
    """Name of a lever: its key, or the measure whose keys changed together."""
    return next(iter(values)) if len(values) == 1 else f"policy: {group.replace('_', ' ')}"


def entry_words(entry: Any) -> str:
    """A dated shock or measure in words: "coin_price 0.5 from 2027-01"."""
    what, value = (entry.kind, entry.size) if hasattr(entry, "kind") else (entry.lever, entry.value)
    return f"{what} {value:g} from {entry.start}"


def _scenario(base: Scenario, top: Scenario, levers: Sequence[Lever], subset: Subset) -> Scenario:
    """The base with some of the levers; with all of them it is the scenario itself."""
    if len(subset) in (0, len(levers)):
        return top if subset else base
    used = [levers[k] for k in sorted(subset)]
    values = {key: value for lever in used for key, value in lever.values.items()}
    for name in LISTS:
        there = getattr(base, name)
        entries = [e for e in there if not any((name, e) in lever.dropped for lever in used)]
        entries += [entry for lever in used for where, entry in lever.entries if where == name]
        if tuple(entries) != there:
            values[name] = [entry.model_dump() for entry in entries]
    return base.with_overrides(values)


def everything(count: int) -> Subset:
    return frozenset(range(count))


def shares_of_subsets(count: int, method: str, orders: int, seed: int) -> tuple[list[dict[Subset, float]], int]:
    """For each lever the weights with which the outcomes of subsets of levers make up its wedge.

    Wedge k = sum over subsets of weight x outcome(subset). Also the number of sampled orders, 0 if exact. With
    "first-last" a last row holds the interaction.
    """
    if method == "first-last":
        return _first_last(count), 0
    if count <= EXACT_UP_TO:
        permutations: list[tuple[int, ...]] = list(itertools.permutations(range(count)))
        return _mean_over(permutations, count), 0
    rng = np.random.default_rng(seed)
    half = [tuple(int(k) for k in rng.permutation(count)) for _ in range(math.ceil(orders / 2))]
    permutations = [order for one in half for order in (one, one[::-1])]
    return _mean_over(permutations, count), len(permutations)


def _mean_over(permutations: Sequence[tuple[int, ...]], count: int) -> list[dict[Subset, float]]:
    weights: list[dict[Subset, float]] = [{} for _ in range(count)]
    for order in permutations:
        for place, lever in enumerate(order):
            for subset, sign in ((frozenset(order[: place + 1]), 1.0), (frozenset(order[:place]), -1.0)):
                row = weights[lever]
                row[subset] = row.get(subset, 0.0) + sign / len(permutations)
    return weights


def _first_last(count: int) -> list[dict[Subset, float]]:
    """Half of what a lever does alone plus half of what its absence takes away; then what is left."""
    whole, rows = everything(count), []
    for k in range(count):
        row: dict[Subset, float] = {}
        for subset, weight in (({k}, 0.5), (set(), -0.5), (whole, 0.5), (whole - {k}, -0.5)):
            key = frozenset(subset)
            row[key] = row.get(key, 0.0) + weight
        rows.append(row)
    rest: dict[Subset, float] = {whole: 1.0, frozenset(): -1.0}
    for row in rows:
        for subset, weight in row.items():
            rest[subset] = rest.get(subset, 0.0) - weight
    return [*rows, rest] if count > 1 else rows


def _split(
    results: Mapping[Subset, ResultSet],
    weights: Sequence[Mapping[Subset, float]],
    names: Sequence[str],
    outcome: str,
    unit: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wedges of one outcome by lever and month, and the total."""
    frames = {subset: part.outcome(outcome) for subset, part in results.items()}
    runs = sorted(set.intersection(*(set(frame.index) for frame in frames.values())))
    if not runs:
        raise UserError("no run finished in all scenarios: nothing to attribute.")
    values = {subset: frame.loc[runs].to_numpy(dtype=np.float64) for subset, frame in frames.items()}
    months = next(iter(frames.values())).columns.tolist()
    total = values[everything(len(names))] - values[frozenset()]
    parts = [np.sum([weight * values[subset] for subset, weight in row.items()], axis=0) for row in weights]
    mean = total.mean(axis=0)
    labels = [*names, INTERACTION][: len(parts)]
    wedges = [
        _frame(outcome, unit, months, part).assign(lever=label, share=_share(part.mean(axis=0), mean))
        for label, part in zip(labels, parts, strict=True)
    ]
    order = ["lever", "outcome", "unit", "month", "effect", "ci_low", "ci_high", "share"]
    return pd.concat(wedges, ignore_index=True)[order], _frame(outcome, unit, months, total)


def _share(part: Array, total: Array) -> Array:
    return np.divide(part, total, out=np.full_like(part, np.nan), where=total != 0)


def _frame(outcome: str, unit: str, months: list[str], values: Array) -> pd.DataFrame:
    mean, low, high = interval(values)
    return pd.DataFrame(
        {"outcome": outcome, "unit": unit, "month": months, "effect": mean, "ci_low": low, "ci_high": high}
    )
