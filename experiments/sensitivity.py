"""Sensitivity of a sweep's outcomes to its axes: which of them matter, and how much.

The method follows from the design. Sobol' (Saltelli's estimators): S1 is the share of the variance over points that
an axis explains alone, ST the share that it has a part in. Morris: mu* is the mean absolute effect of moving an axis
over its range (scaled from steps of two thirds of it), sigma its standard deviation, which is large where the effect
depends on the other axes or is curved. Their intervals are 95 %, by bootstrap over the design. Latin hypercubes and
factorial designs: rank correlations, partial and plain (experiments.rank_correlation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.designs import MORRIS_LEVELS, Design, in_file, salib
from experiments.rank_correlation import LEVEL, least_cases, rank_table
from experiments.sweep_result import HEADLINES, SweepResult, read_csv
from experiments.told import Told
from sim.errors import UserError
from sim.outcomes import BY_NAME

Array = np.ndarray
RESAMPLES = 400
LEAST_TRAJECTORIES = 2
SETTLED = ("network_hashrate", "ai_contracted", "exits_small", "ebitda")  # by samples, unless others are asked for
SETTLING = (8, 4, 2, 1)  # parts of the samples
COLUMNS = {
    "sobol": ["s1", "s1_low", "s1_high", "st", "st_low", "st_high"],
    "morris": ["mu_star", "mu_star_low", "mu_star_high", "mu", "sigma"],
    "ranks": ["prcc", "prcc_low", "prcc_high", "rho", "rho_low", "rho_high"],
}
LEADING = {"sobol": "st", "morris": "mu_star", "ranks": "prcc"}  # what axes are ranked by, in size
SECOND = {"sobol": "s1", "morris": "sigma", "ranks": "rho"}  # what stands beside it


@dataclass(frozen=True, repr=False)
class Sensitivity(Told):
    """``table``: one row per combination of levers (if any), outcome and axis, the most important axis first.

    ``constant`` names outcomes that do not vary over the points, for which no index is defined (one that does not
    vary under some combinations of levers only has no rows there). ``settling``: the
    leading index (``value``, ``low``, ``high``) by number of ``samples``, an eighth of them up to all, of the
    outcomes asked for, else of some.
    """

    design: Design
    month: str | None
    table: pd.DataFrame
    constant: tuple[str, ...]
    left_out: int  # points of which a run failed
    settling: pd.DataFrame

    @property
    def measure(self) -> str:
        """What the design allows: sobol, morris or ranks."""
        return measure_of(self.design)

    @property
    def leading(self) -> str:
        """The column by which axes are ranked."""
        return LEADING[self.measure]

    @property
    def second(self) -> str:
        """The column beside it."""
        return SECOND[self.measure]

    def to_json(self) -> dict[str, Any]:
        """The object of ``sensitivity --json``; an interval that has none is null."""
        rows, settling = (
            table.astype(object).where(table.notna(), None).to_dict(orient="records")
            for table in (self.table, self.settling)
        )
        design = self.design
        head: dict[str, Any] = {"method": design.method, "samples": design.base_samples, "runs": design.runs}
        head |= {"measure": self.measure, "left_out": self.left_out}
        return head | {"month": self.month, "level": LEVEL, "constant": list(self.constant), "indices": rows} | {
            "settling": settling
        }


def sensitivity(
    result: SweepResult | str | Path, outcomes: Sequence[str] | None = None, month: str | None = None
) -> Sensitivity:
    """Indices for each outcome (by default the headline outcomes) at ``month``, by default the end.

    Raises UserError for missing runs and for values that are not numbers: one gap would make every index wrong.
    Failed runs are refused too, but for rank correlations, which leave their points out.
    """
    result = SweepResult.load(result) if isinstance(result, str | Path) else result
    design = result.design
    measure = measure_of(design)
    if measure == "morris" and design.samples < LEAST_TRAJECTORIES:
        raise UserError(f"{result.folder} holds one Morris trajectory: indices need samples = 2 at least, better 10.")
    failed = sorted(set(result.errors["point"])) if measure == "ranks" else []
    result.require_complete(failed_too=len(failed) in (0, len(result.points)))
    values = result.means(outcomes or HEADLINES, month).drop(index=failed, errors="ignore")
    _refuse_gaps(values)
    analyse = _ranks(result) if measure == "ranks" else _indices(result)
    rows, settling, constant = [], [], []
    combinations = _by_levers(result)
    for chosen, points in combinations:
        there = [point for point in points if point in values.index]
        for name in map(str, values):
            y = values.loc[there, name]
            if np.ptp(y.to_numpy()) <= 1e-12 * y.abs().max():
                constant.append(name)
            else:
                found = _ranked(analyse(y), LEADING[measure])
                rows.append(found.assign(outcome=name, **chosen))
                if name in (outcomes or SETTLED):
                    parts = _settling(design, y, analyse, len(found))
                    settling += [part.assign(outcome=name, **chosen) for part in parts]
    keys = [axis.key for axis in design.levers]
    names = [*keys, "outcome", "axis", *COLUMNS[measure]]
    table = pd.concat(rows, ignore_index=True)[names] if rows else pd.DataFrame(columns=names)
    units = {name: BY_NAME[name].unit if name in BY_NAME else "" for name in values}
    table.insert(len(keys) + 1, "unit", table["outcome"].map(units))
    names = [*keys, "outcome", "axis", "samples", "value", "low", "high"]
    settled = pd.concat(settling, ignore_index=True)[names] if settling else pd.DataFrame(columns=names)
    still = tuple(name for name in dict.fromkeys(constant) if constant.count(name) == len(combinations))
    return Sensitivity(design, month, table, still, len(failed), settled)


def measure_of(design: Design) -> str:
    """What can be said of a design: sobol, morris, or else ranks."""
    return design.method if design.method in ("sobol", "morris") else "ranks"


def _indices(result: SweepResult) -> Callable[[pd.Series], pd.DataFrame]:
    unit = read_csv(result.folder / "unit.csv").drop(columns="sample").to_numpy(dtype=np.float64)
    return lambda y: indices(result.design, unit[: len(y)], y.to_numpy(dtype=np.float64))


def _ranks(result: SweepResult) -> Callable[[pd.Series], pd.DataFrame]:
    """Rank correlations with the axes; of words the presence of each but the first that the design states."""
    causes = {}
    for axis in result.design.axes:
        values = result.points[axis.key]
        if pd.api.types.is_numeric_dtype(values):
            causes[axis.key] = values.astype(np.float64)
        else:
            words, stated = values.astype(str), [in_file(value) for value in axis.values]
            causes |= {f"{axis.key} = {word}": (words == word).astype(np.float64) for word in stated[1:]}
    table = pd.DataFrame({name: values for name, values in causes.items() if values.nunique() > 1})

    def analyse(y: pd.Series) -> pd.DataFrame:
        if len(y) < least_cases(table.shape[1]):
            wanted = least_cases(table.shape[1])
            raise UserError(
                f"{result.folder}: rank correlations of {table.shape[1]} axes (or values) need {wanted} points, "
                f"better {10 * wanted}; there are {len(y)}."
            )
        return rank_table(table.loc[y.index], y)

    return analyse


def indices(design: Design, unit: Array, y: Array) -> pd.DataFrame:
    """Indices of one outcome ``y`` (points,) at the design's points in the unit cube: one row per axis."""
    rng = np.random.default_rng([design.seed, 2])
    analyze = salib(f"analyze.{design.method}").analyze
    with np.errstate(all="ignore"):  # a resample without variation has no index; it becomes "not known" below
        if design.method == "sobol":
            options = {"calc_second_order": False, "num_resamples": RESAMPLES, "conf_level": LEVEL, "seed": rng}
            found = analyze(design.problem, y, **options)
            pairs = {name: (found[name.upper()], found[f"{name.upper()}_conf"]) for name in ("s1", "st")}
            more = {}
        else:
            options = {"num_resamples": RESAMPLES, "conf_level": LEVEL, "num_levels": MORRIS_LEVELS, "seed": rng}
            found = analyze(design.problem, unit, y, **options)
            pairs = {"mu_star": (found["mu_star"], found["mu_star_conf"])}
            more = {name: found[name] for name in ("mu", "sigma")}
    frame = pd.DataFrame({"axis": [axis.key for axis in design.axes]})
    for name, (value, half) in pairs.items():
        middle, width = np.asarray(value, dtype=np.float64), np.asarray(half, dtype=np.float64)
        low = np.maximum(middle - width, 0.0) if name == "mu_star" else middle - width  # a mean of sizes
        frame = frame.assign(**{name: middle, f"{name}_low": low, f"{name}_high": middle + width})
    return frame.assign(**{name: np.asarray(value, dtype=np.float64) for name, value in more.items()})


def _settling(
    design: Design, y: pd.Series, analyse: Callable[[pd.Series], pd.DataFrame], causes: int
) -> Iterator[pd.DataFrame]:
    """The leading index of every axis (``causes`` rows) with an eighth of the samples up to all, if they suffice."""
    measure, axes = measure_of(design), len(design.axes)
    block = {"sobol": axes + 2, "morris": axes + 1, "ranks": 1}[measure]  # points of a sample
    least = {"sobol": 4, "morris": LEAST_TRAJECTORIES, "ranks": 2 * least_cases(causes)}[measure]
    if measure == "ranks":  # the points of a factorial design are in order
        y = y.sample(frac=1.0, random_state=np.random.default_rng([design.seed, 4]))
    lead, samples = LEADING[measure], len(y) // block
    for part in SETTLING:
        count = samples // part
        first = y.iloc[: count * block]
        if (count >= least or part == 1) and np.ptp(first.to_numpy()) > 0:
            found = analyse(first).rename(columns={lead: "value", f"{lead}_low": "low", f"{lead}_high": "high"})
            yield found.assign(samples=count)


def _ranked(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    return frame.sort_values(by, ascending=False, kind="stable", key=np.abs)


def _by_levers(result: SweepResult) -> list[tuple[dict[str, Any], list[int]]]:
    """For each combination of levers its values and its points in the order of the samples."""
    keys = [axis.key for axis in result.design.levers]
    count = int(result.points["sample"].max()) + 1
    parts = [result.points.iloc[first : first + count] for first in range(0, len(result.points), count)]
    return [({key: part[key].iloc[0] for key in keys}, part.index.tolist()) for part in parts]


def _refuse_gaps(values: pd.DataFrame) -> None:
    bad = values.isin([np.inf, -np.inf]) | values.isna()
    if bad.to_numpy().any():
        place, column = np.argwhere(bad.to_numpy())[0]
        point, name = values.index[place], values.columns[column]
        raise UserError(f"{name} is not a number at point {point}: no index can be computed with a gap.")
