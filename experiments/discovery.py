"""Scenario discovery: in which part of the space of a sweep does something happen? (PRIM, by EMA workbench)

The patient rule induction method peels thin slices off the space so that the rest holds ever more of the cases of
interest. Coverage: the share of those cases that lie in the box. Density: the share of the box's cases that are of
interest. Each run of each point is a case.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.axes import value_words
from experiments.conditions import Condition, parse
from experiments.designs import Design
from experiments.sweep_result import SweepResult
from experiments.told import Told
from experiments.wording import MINUS
from sim.errors import UserError
from sim.scenario.registry import field_table

MOST_BOXES = 3
LEAST_LIFT = 1.5  # a further box must be that much denser than what all cases are
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Limit:
    """What a box says of one axis: a range or a set of values, and how likely chance alone makes it so useful."""

    axis: str
    low: float | None
    high: float | None
    values: tuple[Any, ...]
    full: tuple[float, float] | None
    p_value: float

    @property
    def words(self) -> str:
        """ "policy.carbon_price_usd_per_t above 96.2 USD/t"."""
        info = field_table().get(self.axis)
        unit = f" {info.unit}" if info and info.unit else ""
        if self.values:
            return f"{self.axis} is {' or '.join(value_words(value) for value in self.values)}"
        return f"{self.axis} {self.range_words}{unit}"

    @property
    def range_words(self) -> str:
        """The range without its axis and unit: "above 96.2"."""
        low, high = (f"{end:.3g}".replace("-", MINUS) if end is not None else "" for end in (self.low, self.high))
        return f"{low} to {high}" if low and high else f"above {low}" if low else f"below {high}"


@dataclass(frozen=True)
class Box:
    """A part of the space; ``coverage`` and ``density`` as in the module, ``mass`` its share of all cases."""

    coverage: float
    density: float
    mass: float
    limits: tuple[Limit, ...]

    @property
    def words(self) -> str:
        """The box in a sentence."""
        if not self.limits:
            return "everywhere"
        return " and ".join(limit.words for limit in self.limits)


@dataclass(frozen=True, repr=False)
class Discovery(Told):
    """Boxes in the order found. ``trade_off``: coverage, density and restricted axes of each step of the first
    box's search, ``chosen`` the step taken. ``interest`` is the share of all ``cases`` that fulfil the condition."""

    condition: Condition
    month: str | None
    design: Design
    cases: int
    failed: int
    interest: float
    boxes: tuple[Box, ...]
    trade_off: pd.DataFrame
    chosen: int
    density: float | None = None  # asked for

    @property
    def short(self) -> bool:
        """Whether no step of the search reached the density that was asked for."""
        return self.density is not None and bool((self.trade_off["density"] < self.density).all())

    def to_json(self) -> dict[str, Any]:
        """The object of ``discover --json``."""
        boxes = [
            {
                "coverage": box.coverage, "density": box.density, "mass": box.mass, "words": box.words,
                "limits": [
                    {
                        "axis": limit.axis, "low": limit.low, "high": limit.high, "values": list(limit.values),
                        "p_value": limit.p_value, "words": limit.words,
                    }
                    for limit in box.limits
                ],
            }
            for box in self.boxes
        ]  # fmt: skip
        return {
            "outcome": str(self.condition), "month": self.month, "cases": self.cases, "failed": self.failed,
            "share_of_interest": self.interest, "boxes": boxes,
            "trade_off": self.trade_off.to_dict(orient="records"), "chosen": self.chosen,
            "density_wanted": self.density, "density_reached": None if self.density is None else not self.short,
        }  # fmt: skip


def discover(
    result: SweepResult | str | Path, outcome: str, month: str | None = None, density: float | None = None
) -> Discovery:
    """Boxes of the sampled space in which a condition such as "exits_small_share > 0.5" holds.

    Of each search the step with the best balance is taken, the harmonic mean of coverage and of how much of the way
    from the density of all cases to 1 the box has come; or with ``density`` the one of that density that covers
    most, else the densest. Levers count as axes. Runs that failed are left out. Raises UserError for a sweep that is
    not complete, a condition that is never or always true, or if EMA workbench is not installed.
    """
    result = SweepResult.load(result) if isinstance(result, str | Path) else result
    condition = parse(outcome)
    if density is not None and not 0 < density <= 1:
        raise UserError(f"density must lie between 0 and 1, not {density:g}.")
    result.require_complete(failed_too=False)
    values = result.outcomes([condition.outcome], month)[condition.outcome]
    y = condition.holds(values)
    if y.all() or not y.any():
        told = f"{values.min():.4g} to {values.max():.4g}"
        raise UserError(f"{condition} holds in {'all' if y.any() else 'none'} of {len(y)} runs (values {told}).")
    x = _cases(result, values.index.get_level_values("point"))
    names = dict(enumerate(map(str, x)))
    prim = _prim(x.set_axis([f"axis {k}" for k in names], axis=1), y)  # EMA drops a column named "scenario"
    boxes: list[Box] = []
    trade_off, chosen = pd.DataFrame(), 0
    while len(boxes) < MOST_BOXES:
        found = prim.find_box()
        if found is None:
            break
        step = _choose(found.peeling_trajectory, density)
        found.select(step)
        box = _box(found, step, {f"axis {k}": name for k, name in names.items()})
        if not boxes:
            trade_off, chosen = _trade_off(found.peeling_trajectory), step
        elif not box.limits or box.density < LEAST_LIFT * y.mean():
            break
        boxes.append(box)
        if box.coverage == 0 or not box.limits:
            break
    return Discovery(
        condition, month, result.design, len(y), len(result.errors), float(y.mean()), tuple(boxes), trade_off, chosen,
        density,
    )  # fmt: skip


def _cases(result: SweepResult, points: pd.Index) -> pd.DataFrame:
    """Axis values of each case; axes that vary, words and switches as categories."""
    x = result.points.loc[points, result.design.keys].reset_index(drop=True)
    x = x[[key for key in x if x[key].nunique() > 1]]
    for key in x:
        if not pd.api.types.is_numeric_dtype(x[key]) or pd.api.types.is_bool_dtype(x[key]):
            x[key] = x[key].astype(str).astype("category")
    return x


def _prim(x: pd.DataFrame, y: np.ndarray) -> Any:
    """EMA workbench's PRIM on these cases, without its remarks on what else could be installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from ema_workbench.analysis import prim
    except ImportError:
        raise UserError(
            "Scenario discovery needs EMA workbench, which comes with the extra 'analysis': uv sync --extra analysis."
        ) from None
    logging.getLogger("EMA").setLevel(logging.CRITICAL)
    return prim.Prim(x, y.astype(bool), peel_alpha=0.05, mass_min=max(0.05, min(0.5, 5 / len(y))))


def _choose(steps: pd.DataFrame, density: float | None) -> int:
    """The step of a search to take."""
    coverage, dense = steps["coverage"].to_numpy(dtype=float), steps["density"].to_numpy(dtype=float)
    if density is not None and (dense >= density).any():
        return int(np.argmax(np.where(dense >= density, coverage, -1.0)))
    if density is not None:
        return int(np.argmax(dense))
    # 0 for all cases together, 1 where only those of interest are left; by plain density, the whole space would be
    # the best box of a condition that often holds
    gained = (dense - dense[0]) / max(1.0 - dense[0], 1e-12)
    return int(np.argmax(coverage * gained / np.maximum(coverage + gained, 1e-12)))


def _trade_off(steps: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "coverage": steps["coverage"].astype(float),
            "density": steps["density"].astype(float),
            "mass": steps["mass"].astype(float),
            "restricted": steps["res_dim"].astype(int),
        }
    )


def _box(found: Any, step: int, names: dict[str, str]) -> Box:
    row = found.peeling_trajectory.loc[step]
    limits = []
    for column, p_values in found.p_values[step].items():
        axis, box, whole = names[column], found.box_lims[step][column], found.box_lims[0][column]
        chance = max((float(p) for p in p_values if p >= 0), default=0.0)
        if isinstance(box.iloc[0], set):
            limits.append(Limit(axis, None, None, tuple(sorted(map(str, box.iloc[0]))), None, chance))
        else:
            full = float(whole.iloc[0]), float(whole.iloc[1])
            low, high = float(box.iloc[0]), float(box.iloc[1])
            limits.append(
                Limit(axis, low if low > full[0] else None, high if high < full[1] else None, (), full, chance)
            )
    limits.sort(key=lambda limit: limit.p_value)
    return Box(float(row["coverage"]), float(row["density"]), float(row["mass"]), tuple(limits))
