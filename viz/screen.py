"""From runs to what Explore shows, away from Solara: figures, their data as tables, words of the progress."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.figures import FIGURES, Figure
from experiments.figures.model import RUNS_FOR_BANDS
from experiments.wording import decimals, month, number, plural
from sim.results import ResultSet
from sim.scenario import Scenario
from viz import levers
from viz.orders import Snapshot
from viz.past import Past
from viz.state import BASELINE, Setting

PATHS_SHOWN = 12  # sample paths on demand


def title(setting: Setting, scenario: Scenario) -> str:
    """What a setting is called: its own name, or what was changed, after the scenario it was changed from."""
    base = Scenario.load(setting.scenario)
    words = levers.title_of(scenario, dict(setting.changes), base.values())
    if setting.name or not setting.changes or setting.scenario == BASELINE:
        return setting.name or words
    return f"{base.title or base.name}, {levers.lowered(words)}"


def figures(results: ResultSet) -> dict[str, Figure]:
    """All figures of a set of runs, in their order."""
    return {key: build(results) for key, build in FIGURES.items()}


def against(figure: Figure, base: Figure | None) -> Figure:
    """The figure with the baseline dotted into it, if both cover the same months."""
    if base is None or base.months != figure.months or len(base.lines) != len(figure.lines):
        return figure
    return figure.against(base)


def shown(drawn: Mapping[str, Figure], dotted: Mapping[str, Figure]) -> dict[str, Figure]:
    """The figures of a scenario with the baseline's dotted into them, or those of the baseline until it has some."""
    if not drawn:
        return {key: only_baseline(figure) for key, figure in dotted.items()}
    return {key: against(figure, dotted.get(key)) for key, figure in drawn.items()}


def with_paths(figure: Figure, few: Figure) -> Figure:
    """The figure with the paths of another one of a few runs, line by line."""
    lines = tuple(replace(line, paths=other.paths) for line, other in zip(figure.lines, few.lines, strict=True))
    return replace(figure, lines=lines)


def first_runs(results: ResultSet, count: int = PATHS_SHOWN) -> ResultSet:
    """The first runs of a set."""
    return _only(results, results.runs[: min(count, RUNS_FOR_BANDS - 1)])


def fair(base: ResultSet | None, results: ResultSet | None) -> ResultSet | None:
    """What a scenario is compared with: all runs of the baseline, or the same ones while the scenario has few.

    A few runs against the median of all would show their luck as an effect.
    """
    if base is None or results is None or len(results) >= RUNS_FOR_BANDS or len(results) >= len(base):
        return base
    return _only(base, results.runs)


def _only(results: ResultSet, runs: list[int]) -> ResultSet:
    kept = set(runs)
    tables = {name: results.tables[name] for name in results.tables}
    return ResultSet({name: table[table["run"].isin(kept)] for name, table in tables.items()}, results.meta)


def as_lines(figure: Figure) -> Figure:
    """A stack as separate lines, for reading one layer."""
    return replace(figure, kind="lines", baseline=())


def only_baseline(figure: Figure) -> Figure:
    """The frame and the baseline, while a scenario's first run is under way."""
    unknown = [math.nan] * len(figure.months)
    waiting = tuple(replace(line, median=unknown, band=None, paths=()) for line in figure.lines)
    return replace(figure.against(figure), lines=waiting)


def with_past(figure: Figure, known: Past | None) -> pd.DataFrame:
    """The numbers drawn as a frame, what is known of the months before on top of what is simulated."""
    frame = figure.frame()
    if known is None:
        return frame
    months = [name for name in known.months if any(name in line for line in known.lines.values())]
    before = pd.DataFrame(np.nan, index=pd.Index(months, name="month"), columns=frame.columns)
    for label, line in known.lines.items():
        before[label, "median"] = before.index.map(line)
    return pd.concat([before, frame])


def table(figure: Figure, known: Past | None = None) -> dict[str, Any]:
    """The numbers drawn, one row a month, the same decimals down a column."""
    frame = with_past(figure, known)
    factor = 100.0 if figure.percent else 1.0
    columns, places = ["Month"], []
    for column in frame.columns:
        label, quantile = tuple(column)
        columns.append(f"{label or figure.title}{'' if quantile == 'median' else f', {quantile[1:]} %'}")
        places.append(0 if figure.whole else decimals(factor * frame[column]))
    rows = [
        [
            f"{month(str(name))}{'' if name in figure.months else ', real'}",
            *(number(factor * value, digits) for value, digits in zip(values, places, strict=True)),
        ]
        for name, values in zip(frame.index, frame.to_numpy().tolist(), strict=True)
    ]
    return {"columns": columns, "rows": rows}


def csv(figure: Figure, known: Past | None = None) -> bytes:
    """The numbers drawn, as they are, with a comment of unit and source."""
    frame = with_past(figure, known)
    frame.columns = frame.columns.map(lambda column: " ".join(part for part in column if part))
    if known is not None:
        frame.insert(0, "basis", ["simulated" if name in figure.months else "real" for name in frame.index])
    told = f" {known.words}" if known else ""
    head = f"# {figure.title}. {figure.subtitle} Unit: {figure.unit}. {figure.footer}.{told}\n"
    return (head + frame.to_csv()).encode("utf-8")


def definition(figure: Figure, known: Past | None = None) -> str:
    """Everything about a chart in words."""
    told = f" {known.words}" if known else ""
    return f"{figure.subtitle} Unit: {figure.unit}. Lines are medians over runs; {figure.footer}.{told}"


def progress(snapshot: Snapshot, base: Snapshot | None, quiet: bool) -> dict[str, Any]:
    """The corner that tells how far the runs are. ``quiet``: nothing is asked for."""
    first = "First answer to come"
    if snapshot.first_answer is not None:
        first = f"First answer {snapshot.first_answer:.1f} s"
    if base is not None and not base.done:
        first = "Baseline under way"
    shared = {"share": snapshot.share, "first": first, "rate": rate(snapshot.rate)}
    if quiet or not snapshot.wanted:
        return {"state": "done", "words": "", **shared}
    if snapshot.stopped:
        words = f"Stopped at {snapshot.done} of {plural(snapshot.wanted, 'run')}"
        return {"state": "stopped", "words": words, **shared, "rate": ""}
    if snapshot.running:
        return {"state": "running", "words": f"{snapshot.done} of {plural(snapshot.wanted, 'run')}", **shared}
    seconds = f" · {snapshot.seconds:.1f} s" if snapshot.rate else ""
    return {"state": "done", "words": f"{plural(snapshot.done, 'run')}{seconds}", **shared}


def together(snapshots: list[Snapshot]) -> dict[str, Any]:
    """Progress of several ensembles as one."""
    done, wanted = sum(s.done for s in snapshots), sum(s.wanted for s in snapshots)
    firsts = [s.first_answer for s in snapshots if s.first_answer is not None]
    joined = Snapshot(
        done=done,
        wanted=wanted,
        share=sum(s.share * s.wanted for s in snapshots) / max(1, wanted),
        rate=sum(s.rate for s in snapshots if s.running),
        first_answer=max(firsts) if len(firsts) == len(snapshots) else None,
        seconds=max(s.seconds for s in snapshots),
        stopped=any(s.stopped and s.done < s.wanted for s in snapshots),
        failed=sum(s.failed for s in snapshots),
    )
    return progress(joined, None, quiet=False)


def rate(runs_a_second: float) -> str:
    """ "41 a second", or by the minute when slow."""
    if runs_a_second <= 0:
        return ""
    if runs_a_second >= 1:
        return f"{number(runs_a_second, 0 if runs_a_second >= 10 else 1)} a second"
    return f"{number(60 * runs_a_second, 0)} a minute"
