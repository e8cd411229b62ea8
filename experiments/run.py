"""The command ``run``: simulate into a result folder, draw the charts, print the summary."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from experiments.ensemble import choose_runner, run_plan
from experiments.store import default_folder, write_csv
from experiments.terminal import progress, resumable
from experiments.wording import month, number, plural
from sim.runs import Assumptions, FirmTables, Job, load_plugins, make_job

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet


@dataclass(frozen=True)
class RunOptions:
    """The options of ``hashpivot run``; ``changes`` are key=value words."""

    scenario: str
    runs: int
    seed: int
    months: int | None
    changes: tuple[str, ...]
    out: Path | None
    workers: int
    scheduler: str | None
    assumptions: str
    data: Path | None
    plugins: tuple[str, ...]
    firms: str
    check_laws: bool

    def plan(self) -> Job:
        """The job these options ask for; raises UserError or ScenarioError."""
        from sim.scenario import Scenario, parse_set

        load_plugins(self.plugins)
        overrides = dict(parse_set(change) for change in self.changes)
        if self.check_laws:
            overrides["world.check_laws"] = True
        return make_job(
            Scenario.load(self.scenario, overrides),
            self.seed,
            self.runs,
            months=self.months,
            assumptions=cast(Assumptions, self.assumptions),
            firms=cast(FirmTables, self.firms),
            data=self.data,
            plugins=self.plugins,
        )


def run_scenario(options: RunOptions, as_json: bool) -> None:
    """Simulate, write the result folder with its charts, and print the summary or one JSON object."""
    from experiments.report import write_report

    started = time.monotonic()
    plan = options.plan()
    runner = choose_runner(options.workers, options.scheduler)
    out = options.out or default_folder(plan)
    with resumable(out), progress(len(plan.runs), plan.months) as count:
        results = run_plan(plan, runner, options.workers, out, on_progress=count)
    for note in results.meta["notes"]:
        print(f"hashpivot: {note}", file=sys.stderr)
    seconds = time.monotonic() - started
    headline = results.headline()
    write_csv(out / "headline.csv", headline)
    draw_charts(results, out)
    write_report(out, charts=out / "charts")
    if as_json:
        print(json.dumps(summary_json(results, headline, out, seconds), indent=2, allow_nan=False))
    else:
        print_results(results, headline, out, seconds)


def draw_charts(results: ResultSet, out: Path) -> list[Path]:
    """Write every figure as PNG into ``out/charts``."""
    from experiments.figures.draw import render_all

    return render_all(results, out / "charts")


def summary_json(results: ResultSet, headline: pd.DataFrame, out: Path, seconds: float) -> dict[str, Any]:
    """What ``run --json`` prints."""
    return {
        "out": str(out),
        "scenario": results.scenario,
        "seed": results.meta["seed"],
        "assumptions": results.meta["assumptions"],
        "runs": len(results),
        "failed": len(results.table("errors")),
        "months": len(results.months),
        "seconds": round(seconds, 3),
        "headline": headline.to_dict(orient="records"),
    }


def print_results(results: ResultSet, headline: pd.DataFrame, out: Path, seconds: float) -> None:
    """The summary table and where everything is."""
    from rich.console import Console
    from rich.markup import escape

    from experiments.summary import print_summary

    console = Console(highlight=False)
    months = results.months
    told = (f"{month(months[0])} to {month(months[-1])}", plural(len(results), "run"), f"seed {results.meta['seed']}")
    console.print(f"[bold]{escape(results.scenario)}[/bold], {', '.join(told)}\n")
    print_summary(results, headline, console)
    failed = results.table("errors")
    if len(failed):
        first = failed.iloc[0]
        console.print(
            f"{plural(len(failed), 'run')} failed and left out; run {first['run']}: {first['error']} "
            f"(all in {out}/errors).",
            markup=False,
            soft_wrap=True,
        )
    console.print(f"\n{number(seconds, 1)} s. Tables, charts and report.html in {out}/", markup=False, soft_wrap=True)
