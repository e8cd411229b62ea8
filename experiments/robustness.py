"""Robustness of policies over assumptions: regret and satisficing, from a sweep whose levers meet every sample.

A future is one sample of the assumptions and one run, the same chances under every policy. The regret of a policy in
a future is how far it stays behind the policy that is best there. A policy satisfices where all its
conditions hold. Neither needs the probabilities of futures, beyond how the design samples them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.axes import SCENARIO, value_words
from experiments.conditions import Condition, parse
from experiments.sweep_result import SweepResult
from experiments.told import Told
from sim.errors import UserError
from sim.outcomes import BY_NAME

GOALS = ("high", "low")


@dataclass(frozen=True, repr=False)
class Robustness(Told):
    """``table``: one row per policy, the one with the smallest worst regret first (or else the one that satisfices
    most often). ``regrets``: future x policy, in the unit of the outcome; empty without one."""

    outcome: str | None
    goal: str
    conditions: tuple[Condition, ...]
    month: str | None
    futures: int
    left_out: int
    table: pd.DataFrame
    regrets: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """The object of ``robust --json``."""
        return {
            "outcome": self.outcome, "goal": self.goal, "require": [str(one) for one in self.conditions],
            "month": self.month, "futures": self.futures, "left_out": self.left_out,
            "policies": self.table.astype(object).where(self.table.notna(), None).to_dict(orient="records"),
        }  # fmt: skip


def robustness(
    result: SweepResult | str | Path,
    levers: Sequence[str] = (),
    outcome: str | None = None,
    goal: str = "high",
    require: Sequence[str] = (),
    month: str | None = None,
) -> Robustness:
    """Compare the policies of a sweep: every combination of ``levers``, by default those of its [levers].

    ``outcome`` with its ``goal`` "high" or "low" gives regrets, ``require`` (conditions such as
    "exits_small_share < 0.3") the share of futures in which all hold. Futures in which a run failed under any
    policy are left out under all. Raises UserError if the levers do not meet every sample.
    """
    result = SweepResult.load(result) if isinstance(result, str | Path) else result
    if goal not in GOALS:
        raise UserError(f"goal must be high or low, not {goal!r}.")
    if outcome is None and not require:
        raise UserError("name an outcome to compare by, a condition to require, or both.")
    conditions = tuple(parse(text) for text in require)
    names = list(dict.fromkeys([*([outcome] if outcome else []), *(one.outcome for one in conditions)]))
    result.require_complete(failed_too=False)
    values = result.outcomes(names, month)
    policy, future = _policies(result, levers)
    keys = values.index.get_level_values("point")
    values = values.assign(policy=policy[keys].to_numpy(), future=future[keys].to_numpy())
    cases = values.reset_index("run").set_index(["future", "run", "policy"])
    wide = {name: cases[name].unstack("policy") for name in names}
    whole = np.all([frame.notna().all(axis=1).to_numpy() for frame in wide.values()], axis=0)
    wide = {name: frame.loc[whole] for name, frame in wide.items()}
    if not whole.any():
        raise UserError(f"{result.folder}: there is no future in which every policy was simulated.")
    table = pd.DataFrame({"policy": wide[names[0]].columns})
    regrets = pd.DataFrame()
    if conditions:
        table["satisficing"] = _satisficing(wide, conditions)
    if outcome:
        gains = wide[outcome] * (1.0 if goal == "high" else -1.0)
        regrets = gains.rsub(gains.max(axis=1), axis=0)
        table = table.join(_measures(wide[outcome], regrets).reset_index(drop=True))
    by = "max_regret" if outcome else "satisficing"
    table = table.sort_values(by, ascending=bool(outcome), kind="stable", ignore_index=True)
    futures = int(whole.sum())
    left_out = future.nunique() * result.design.runs - futures
    return Robustness(outcome, goal, conditions, month, futures, left_out, table, regrets)


def unit_of(outcome: str) -> str:
    """Unit of an outcome, or nothing for a column of ``sector``, whose name has it."""
    return BY_NAME[outcome].unit if outcome in BY_NAME else ""


def _policies(result: SweepResult, levers: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """Policy and future of each point, as words."""
    design = result.design
    keys = list(levers) or [axis.key for axis in design.levers]
    unknown = [key for key in keys if key not in design.keys]
    if unknown:
        raise UserError(f"{unknown[0]} is no axis of this sweep: axes are {', '.join(design.keys)}.")
    if not keys:
        raise UserError("this sweep has no [levers]: name the axes that are policies with --lever.")
    if len(result.points[keys].drop_duplicates()) < 2:
        raise UserError("there is one policy only: nothing to compare.")
    rest = [key for key in design.keys if key not in keys]
    told = [key for key in keys if result.points[key].nunique() > 1]
    policy = result.points[told].apply(lambda row: ", ".join(_words(told, row)), axis=1)
    if set(keys) >= {axis.key for axis in design.levers} and not set(keys) & {axis.key for axis in design.axes}:
        future = result.points["sample"].astype(str)
    else:
        future = result.points[rest].astype(str).agg(" ".join, axis=1)
    meetings = pd.crosstab(future, policy)
    if not (meetings == 1).all(axis=None):
        raise UserError(
            f"{', '.join(keys)}: not every policy meets every sample. Put policies into [levers] of the design, or "
            'use method = "factorial".'
        )
    return policy, future


def _words(keys: list[str], row: pd.Series) -> list[str]:
    """What a policy sets: "carbon_price_usd_per_t 60", "mining_ban_regions none"; a scenario by its name."""
    words = [" + ".join(row[key].split(";")) or "none" if isinstance(row[key], str) else row[key] for key in keys]
    return [
        value_words(word) if key == SCENARIO else f"{key.partition('.')[2]} {value_words(word)}"
        for key, word in zip(keys, words, strict=True)
    ]


def _satisficing(wide: dict[str, pd.DataFrame], conditions: Sequence[Condition]) -> np.ndarray:
    """Share of futures in which all conditions hold, per policy."""
    names = wide[conditions[0].outcome].columns
    met = [[one.holds(wide[one.outcome][name]) for one in conditions] for name in names]
    return np.array([np.logical_and.reduce(each).mean() for each in met])


def _measures(values: pd.DataFrame, regrets: pd.DataFrame) -> pd.DataFrame:
    low, high = values.quantile(0.1), values.quantile(0.9)
    equal = 1e-12 * np.abs(values.to_numpy(dtype=np.float64)).max()
    return pd.DataFrame(
        {
            "mean": values.mean(),
            "p10": low,
            "p90": high,
            "mean_regret": regrets.mean(),
            "p90_regret": regrets.quantile(0.9),
            "max_regret": regrets.max(),
            "best_share": (regrets <= equal).mean(),
        }
    )
