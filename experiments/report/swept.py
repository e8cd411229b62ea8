"""What a report says about a folder of ``sweep``: the design, its points, and what the analyses in it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from experiments.axes import value_words
from experiments.figures.marks import label_of, month_words
from experiments.report.sections import changes
from experiments.report.tables import Section, Table, cell, numbers, percent, pictures_of, with_range
from experiments.robustness import unit_of
from experiments.sensitivity import LEADING, SECOND
from experiments.sweep_result import SweepResult
from experiments.wording import decimals, plural
from sim.errors import UserError
from sim.scenario import Scenario
from sim.scenario.registry import field_table

POINTS_SHOWN = 24
OUTCOMES_SHOWN = ("network_hashrate", "ai_contracted", "exits_small", "ebitda")
METHODS = {
    "lhs": "Latin hypercube", "factorial": "Full factorial design", "sobol": "Design for Sobol' indices",
    "morris": "Morris trajectories",
}  # fmt: skip
METHOD = (
    "Run k of every point draws the same random numbers, so that points differ by what they set and not by luck. "
    "Axes are sampled together by the method; every combination of levers meets every sample."
)


def of_sweep(folder: Path) -> dict[str, Any]:
    """Everything the template needs about a folder of ``sweep``; raises UserError if it holds no results."""
    result = SweepResult.load(folder)
    design, failed = result.design, len(result.errors)
    gaps = f" {failed:,} runs failed and are left out." if failed else ""
    gaps += f" {result.gap}" if result.gap else ""
    analyses = [
        make(told, folder / "charts")
        for name, make in ANALYSES.items()
        if (told := _read(folder / f"{name}.json")) is not None
    ]
    size = f"{plural(len(result.points), 'point')}, {plural(design.runs, 'run')} each"
    return {
        "title": f"Sweep of {result.manifest['scenario']}",
        "lede": f"{METHODS[design.method]}: {size}.{gaps}",
        "sections": [
            Section("What was asked", "", _asked(result)),
            Section("Outcomes over the points", OVER_POINTS, (("", _outcomes(result)),)),
            *analyses,
            Section("Points", POINTS, (("", _points(result)),)),
        ],
        "method": METHOD,
        "facts": [
            (label, str(result.manifest[key])[:40])
            for key, label in {
                "method": "Design", "points": "Points", "runs": "Runs per point", "seed": "Seed",
                "assumptions": "Assumptions", "code": "hashpivot", "scenario_hash": "Scenario hash",
                "data_hash": "Start tables", "design": "Design hash",
            }.items()
            if key in result.manifest
        ],
    }  # fmt: skip


OVER_POINTS = "At the end, of each point's mean over its runs."
POINTS = f"Means over runs at the end. The first {POINTS_SHOWN}; all stand in points.csv, their runs in the tables."


def _read(file: Path) -> dict[str, Any] | None:
    """What an analysis wrote, or nothing where it was not asked for."""
    if not file.exists():
        return None
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{file} cannot be read: run the same analysis again.") from None
    return told


def _asked(result: SweepResult) -> tuple[tuple[str, Table], ...]:
    known = field_table()
    rows = [
        [axis.key, kind, axis.words, known[axis.key].unit if axis.key in known else ""]
        for kind, axes in (("axis", result.design.axes), ("lever", result.design.levers))
        for axis in axes
    ]
    varied = Table(("Parameter", "Is", "Values", "Unit"), rows, left=(0, 1, 2, 3))
    changed = changes(Scenario.load(str(result.folder / "scenario.toml")))
    fixed = (("What the scenario sets otherwise than the baseline", changed),) if changed else ()
    return ("What is varied", varied), *fixed


def _outcomes(result: SweepResult) -> Table:
    rows = [
        [label_of(row["outcome"]), *numbers([row["median"], row["p10"], row["p90"]]), row["unit"]]
        for row in result.headline().to_dict(orient="records")
    ]
    return Table(("Outcome", "Median", "10 %", "90 %", "Unit"), rows, left=(0, 4))


def _points(result: SweepResult) -> Table:
    means, keys = result.means(OUTCOMES_SHOWN), result.design.keys
    places = {name: decimals(means[name].tolist()) for name in OUTCOMES_SHOWN}
    rows = [
        [str(row["point"]), *(value_words(row[key]) for key in keys),
         *(cell(row[name], places[name]) for name in OUTCOMES_SHOWN)]
        for row in result.points.join(means, how="inner").head(POINTS_SHOWN).reset_index().to_dict(orient="records")
    ]  # fmt: skip
    return Table(("Point", *keys, *map(label_of, OUTCOMES_SHOWN)), rows)


SENSITIVITY = {
    "sobol": (
        ("Axis", "Total", "Alone"),
        "Share of the variance over points in which an axis has a part, and which it explains alone; 95 % intervals "
        "by bootstrap.",
    ),
    "morris": (
        ("Axis", "Mean effect", "Spread"),
        "Mean absolute effect of moving an axis over its range, and its standard deviation; 95 % intervals.",
    ),
    "ranks": (
        ("Axis", "Partial rank correlation", "Rank correlation"),
        "Rank correlation (Spearman) of an axis with the outcome, and the partial one, with the ranks of all other "
        "axes taken out; 95 % intervals by Fisher's z. Both see effects that go one way, up or down.",
    ),
}


def _sensitivity(told: dict[str, Any], charts: Path) -> Section:
    measure = told["measure"]
    lead, second = LEADING[measure], SECOND[measure]
    levers = [key for key in (told["indices"] or [{}])[0] if "." in key]
    rows: list[list[Any]] = []
    group = ""
    for row in told["indices"]:
        name = row["outcome"]
        unit = f", {unit_of(name)}" if measure == "morris" and unit_of(name) else ""
        head = ", ".join([label_of(name) + unit, *(f"{key} {row[key]}" for key in levers)])
        if head != group:
            group = head
            rows.append([head])
        places = decimals([row["mu_star"]]) if measure == "morris" else 2
        more = cell(row[second], places) if measure == "morris" else with_range(row, second, places)
        rows.append([row["axis"], with_range(row, lead, places), more])
    heads, text = SENSITIVITY[measure]
    same = f"The same at every point: {', '.join(map(label_of, told['constant']))}." if told["constant"] else ""
    same += f" {plural(told['left_out'], 'point')} left out, of which a run failed." if told["left_out"] else ""
    pictures = pictures_of(charts, {
        "sensitivity.png": "Sensitivity by outcome and axis",
        "sensitivity-samples.png": "How the estimates settle with samples",
    })  # fmt: skip
    return Section("Sensitivity", text, (("", Table(heads, rows, note=same)),), pictures)


def _discovery(told: dict[str, Any], charts: Path) -> Section:
    tables = []
    for place, box in enumerate(told["boxes"], 1):
        rows = [[limit["words"], cell(limit["p_value"], 3)] for limit in box["limits"]]
        shares = ", ".join(f"{name} {percent(box[name])}" for name in ("coverage", "density"))
        tables.append((f"Box {place}: {shares}", Table(("Limit", "p by chance"), rows)))
    share = f"{percent(told['share_of_interest'])} of {told['cases']:,} runs"
    text = f"Where {told['outcome']}, {month_words(told['month'])}: {share}."
    pictures = pictures_of(charts, {"discovery.png": "Search for boxes: coverage and density, and their limits"})
    return Section("Scenario discovery", text, tuple(tables), pictures)


def _robustness(told: dict[str, Any], charts: Path) -> Section:
    heads, rows = ["Policy"], []
    if told["outcome"]:
        heads += [f"{label_of(told['outcome'])}, mean", "Regret, mean", "90 %", "worst", "Best in"]
    if told["require"]:
        heads.append(" and ".join(told["require"]))
    for row in told["policies"]:
        names = ("mean", "mean_regret", "p90_regret", "max_regret") if told["outcome"] else ()
        cells = numbers([row[name] for name in names])
        cells += [percent(row["best_share"])] if told["outcome"] else []
        cells += [percent(row["satisficing"])] if told["require"] else []
        rows.append([str(row["policy"]), *cells])
    left = f" {told['left_out']:,} left out, where a run failed." if told["left_out"] else ""
    text = (
        f"{plural(told['futures'], 'future')}, {month_words(told['month'])}.{left} Regret: how far a policy stays "
        f"behind the best of each future ({told['goal']} is good)."
    )
    pictures = pictures_of(charts, {"robustness.png": "Regret and satisficing by policy"})
    return Section("Robustness of policies", text, (("", Table(tuple(heads), rows)),), pictures)


ANALYSES = {"sensitivity": _sensitivity, "discovery": _discovery, "robustness": _robustness}
