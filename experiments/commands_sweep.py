"""The command ``sweep``."""

from __future__ import annotations

import json as json_module
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from experiments.options import (
    DataOption,
    DebugOption,
    JsonOption,
    OutOption,
    PluginOption,
    SchedulerOption,
    WorkersOption,
)

if TYPE_CHECKING:
    from experiments.sweep_result import SweepResult


def sweep(
    design: Annotated[Path, typer.Argument(help="TOML file that names scenario, method, samples, runs and axes.")],
    out: OutOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    firms: Annotated[str, typer.Option(help="Firm tables of every point's first run, of all or none.")] = "none",
    data: DataOption = None,
    plugin: PluginOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Simulate every point of a design; started again, goes on where it stopped."""
    from experiments.ensemble import choose_runner
    from experiments.report import write_report
    from experiments.sweeps import SweepPlan, read_design, run_sweep
    from experiments.terminal import progress, resumable
    from sim.runs import FirmTables

    started = time.monotonic()
    plan = SweepPlan.of(read_design(design), cast(FirmTables, firms), data, tuple(plugin or ()))
    if plan.design.base_samples != plan.design.samples:
        raised = f"samples raised from {plan.design.samples} to {plan.design.base_samples}"
        print(f"hashpivot: {raised}, a power of two, which Sobol' sequences need.", file=sys.stderr)
    runner = choose_runner(workers, scheduler)
    folder = out or plan.default_folder
    with resumable(folder), progress(plan.runs, max(plan.run_months // plan.runs, 1)) as count:
        result = run_sweep(plan, folder, runner, workers, on_progress=count)
    for note in result.notes:
        print(f"hashpivot: {note}", file=sys.stderr)
    write_report(folder)
    told = summary(result, time.monotonic() - started)
    if json:
        print(json_module.dumps(told, indent=2, allow_nan=False))
    else:
        print_sweep(result, told)


def summary(result: SweepResult, seconds: float) -> dict[str, Any]:
    """What ``sweep --json`` prints: the quantiles are over points, of each point's mean over runs at the end."""
    from experiments.effects import records

    design = result.design
    return {
        "out": str(result.folder),
        "scenario": result.manifest["scenario"],
        "method": design.method,
        "axes": {axis.key: axis.words for axis in (*design.axes, *design.levers)},
        "samples": design.base_samples,
        "points": len(result.points),
        "runs": design.runs,
        "seed": design.seed,
        "assumptions": design.assumptions,
        "failed": len(result.errors),
        "seconds": round(seconds, 3),
        "headline": records(result.headline()),
    }


def print_sweep(result: SweepResult, told: dict[str, Any]) -> None:
    """What was varied, the range of each outcome over points, and what to do next."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from experiments.wording import number, plural

    console = Console(highlight=False)
    size = f"{plural(told['points'], 'point')}, {plural(told['runs'], 'run')} each, seed {told['seed']}"
    console.print(f"[bold]{escape(told['scenario'])}[/bold], {METHODS[told['method']]}, {size}\n")
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in ("Axis", "Values", "Unit"):
        table.add_column(heading)
    for key, words in told["axes"].items():
        table.add_row(key, escape(words), unit_of(key))
    console.print(table)
    console.print()
    console.print(outcome_table(told["headline"]))
    console.print("[dim]Over points, of each point's mean over its runs at the end: median, 10 and 90 %.[/dim]")
    if told["failed"]:
        first = result.errors.iloc[0]
        console.print(
            f"{plural(told['failed'], 'run')} failed and left out; point {first['point']}: {first['error']} "
            f"(all in {told['out']}/errors).",
            markup=False,
            soft_wrap=True,
        )
    done = f"\n{number(told['seconds'], 1)} s. Points, tables and report.html in {told['out']}/"
    console.print(done, markup=False, soft_wrap=True)


METHODS = {
    "lhs": "Latin hypercube",
    "factorial": "full factorial",
    "sobol": "Sobol' design",
    "morris": "Morris design",
}


def unit_of(key: str) -> str:
    """Unit of a parameter; nothing for the axis of scenarios."""
    from sim.scenario.registry import field_table

    info = field_table().get(key)
    return info.unit if info else ""


def outcome_table(rows: list[dict[str, Any]]) -> Any:
    """Median and range of each outcome as a table for people."""
    from rich.table import Table

    from experiments.wording import decimals, number
    from sim.outcomes import BY_NAME

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("At the end")
    for heading in ("Median", "10 %", "90 %"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    for row in rows:
        values = [row[name] for name in ("median", "p10", "p90")]
        places = decimals(values)
        table.add_row(BY_NAME[row["outcome"]].label, *(number(value, places) for value in values), row["unit"])
    return table


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(sweep)
