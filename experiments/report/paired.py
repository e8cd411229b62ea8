"""What a report says about folders of ``compare`` and ``attribute``: effects on common random numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.attribution import MARKER as ATTRIBUTION
from experiments.comparison import MARKER as COMPARISON
from experiments.effects import clear, records
from experiments.figures.paired import NOT_CLEAR, SCALES, effect_words, places_of, some_months, unit_of
from experiments.folders import read_finished
from experiments.report.sections import changes
from experiments.report.tables import Picture, Section, Table, cell, percent, pictures_of
from experiments.sweep_result import read_csv
from experiments.wording import DASH, decimals, month, plural
from sim.outcomes import BY_NAME, HEADLINE
from sim.results import read_manifest
from sim.scenario import Scenario

METHOD = (
    "Run k of every scenario draws the same random numbers, so that what differs is the scenario. Effects are means "
    "of the differences of paired runs with Student's t intervals, 95 %. An effect is told where its interval leaves "
    "out zero and there are three runs or more (six, where all differences are the same)."
)
PATHS, SETTLING = "Effects over time, mean and intervals of paired runs", "How effects settle with runs"


def of_comparison(folder: Path) -> dict[str, Any]:
    """Everything the template needs about a folder of ``compare``; raises UserError if it is not finished."""
    told = read_finished(folder, COMPARISON)
    base, others = str(told["baseline"]), list(map(str, told["scenarios"]))
    effects = read_csv(folder / "effects.csv", numbers=True)
    words = {"effects.png": "Effects on the main outcomes as strips around zero"}
    for name in others:
        words |= {f"{name}-paths.png": f"{name}: {PATHS}", f"{name}-runs.png": f"{name}: {SETTLING}"}
    end = month(str(effects["month"].iloc[-1]), full=True)
    return {
        "title": f"{', '.join(others)} against {base}",
        "lede": f"{plural(told['runs'], 'run')} of each scenario on the same chances, up to {end}. "
        f"Ranges are 95 % intervals; {DASH} stands for what is not known.",
        "sections": [
            Section("What was asked", _notes(told["notes"]), _differences(folder, base, others)),
            Section(
                "Effects",
                f"Mean difference to {base}, below it the 95 % interval; \"{NOT_CLEAR}\" where there may be none.",
                tuple((name, _effects(effects[effects["scenario"] == name], told["precision"])) for name in others),
            ),
            Section("Charts", "", (), pictures_of(folder / "charts", words)),
        ],
        "method": METHOD,
        "facts": facts(folder / base, told),
    }


def facts(folder: Path, told: dict[str, Any]) -> list[tuple[str, str]]:
    """What somebody needs to get the same numbers; ``folder`` is that of the scenario held against."""
    manifest = read_manifest(folder) if folder.is_dir() else {}
    known = manifest | {key: value for key, value in told.items() if value is not None}
    names = {
        "runs": "Runs", "seed": "Seed", "months": "Months", "assumptions": "Assumptions", "code": "hashpivot",
        "scenario_hash": "Hash of the scenario held against", "data_hash": "Start tables",
    }  # fmt: skip
    return [(label, str(known[key])[:40]) for key, label in names.items() if key in known]


def _notes(notes: list[str]) -> str:
    return " ".join(notes)


def _differences(folder: Path, base: str, others: list[str]) -> tuple[tuple[str, Table], ...]:
    """For each scenario that was simulated into this folder what it sets otherwise than the first."""
    found = []
    for name in others:
        if (folder / name / "scenario.toml").exists() and (folder / base / "scenario.toml").exists():
            table = changes(_scenario(folder / name), _scenario(folder / base), base)
            found.append((name, table or Table((f"Nothing is set otherwise than in {base}.",), ())))
    return tuple(found)


def _scenario(folder: Path) -> Scenario:
    return Scenario.load(str(folder / "scenario.toml"))


def _effects(part: pd.DataFrame, precision: float) -> Table:
    shown = some_months(part["month"])
    rows: list[list[Any]] = []
    group = ""
    for outcome in HEADLINE:
        found = records(part[(part["outcome"] == outcome.name) & part["month"].isin(shown)])
        if outcome.group != group:
            group = outcome.group
            rows.append([group])
        scale, last = SCALES.get(outcome.unit, 1.0), found[-1]
        ratio = last["sd_paired"] / last["sd_unpaired"] if last["sd_unpaired"] > 0 else float("nan")
        base = scale * last["baseline_mean"]
        rows.append([
            label(outcome.name), cell(base, decimals([base])),
            *(effect_words(row, scale, places_of(outcome, found)) for row in found),
            cell(ratio, 2), cell(last["runs_needed"], 0),
        ])  # fmt: skip
    return Table(
        ("Outcome", "Baseline", *map(month, shown), "Spread", "Runs"), rows,
        note="Baseline: mean at the end. Spread: standard deviation of the effect as a share of that of unpaired "
        f"runs. Runs: needed for a half width of {100 * precision:g} % of the mean (shares: points).",
    )  # fmt: skip


def label(outcome: str) -> str:
    """An outcome with the unit of its differences."""
    known = BY_NAME[outcome]
    return f"{known.label}, {unit_of(known)}" if unit_of(known) else known.label


def of_attribution(folder: Path) -> dict[str, Any]:
    """Everything the template needs about a folder of ``attribute``; raises UserError if it is not finished."""
    told = read_finished(folder, ATTRIBUTION)
    top, base, levers = str(told["scenario"]), str(told["against"]), list(map(str, told["levers"]))
    end = max(row["month"] for row in told["total"])
    full = folder / "+".join(map(str, range(len(levers))))
    asked = changes(_scenario(full), _scenario(folder / "none"), base) if full.is_dir() else None
    sampled = f" {told['sampled_orders']} orders were sampled." if told["sampled_orders"] else ""
    return {
        "title": f"{top} against {base}, by lever",
        "lede": f"The effect of {top} split among {plural(len(levers), 'lever')}, {month(end, full=True)}, "
        f"{plural(told['runs'], 'run')} of {plural(told['scenarios_simulated'], 'combination')}.",
        "sections": [
            Section("What was asked", "", (("", asked),) if asked else ()),
            Section("Who does how much", WEDGES, (("", _wedges(told, end)),)),
            Section("Charts", "", (), _picture(folder / "wedges.png", "Wedges: effects over time, split by lever")),
        ],
        "method": f"{METHOD} {HOW[told['method']]}{sampled}",
        "facts": [*facts(folder / "none", told), ("Method", str(told["method"]))],
    }


WEDGES = "The parts of an outcome add up to its first line exactly. Share: of the effect of all levers together."
HOW = {
    "shapley": "A lever's part is its Shapley value, the mean of what it adds over the orders of levers.",
    "first-last": "A lever's part is the mean of what it adds first and last; interaction: only together.",
}  # fmt: skip


def _picture(file: Path, words: str) -> tuple[Picture, ...]:
    return pictures_of(file.parent, {file.name: words})


def _wedges(told: dict[str, Any], end: str) -> Table:
    """Per outcome the total and each lever's part at the end."""
    rows: list[list[Any]] = []
    for total in told["total"]:
        if total["month"] != end:
            continue
        outcome = BY_NAME[total["outcome"]]
        parts = [w for w in told["wedges"] if (w["outcome"], w["month"]) == (outcome.name, end)]
        whole = {"lever": "All together", "share": 1.0} | total
        scale = SCALES.get(outcome.unit, 1.0)
        rows.append([label(outcome.name)])
        for wedge in (whole, *parts):
            row = _told(wedge, told["runs"])
            words, range_ = effect_words(row, scale, places_of(outcome, [whole, *parts]))
            rows.append([wedge["lever"], words, range_, percent(wedge["share"])])
    return Table(("Lever", "Effect", "95 % interval", "Share"), rows)


def _told(row: dict[str, Any], runs: int) -> dict[str, Any]:
    """A row of JSON as ``effect_words`` wants it: NaN for null, and whether it is clear."""
    low, high = (float("nan") if row[key] is None else row[key] for key in ("ci_low", "ci_high"))
    return row | {"ci_low": low, "ci_high": high, "clear": bool(clear(runs, np.array(low), np.array(high)))}
