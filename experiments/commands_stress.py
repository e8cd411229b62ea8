"""The command ``stress``."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.options import (
    AssumptionsOption,
    DataOption,
    DebugOption,
    JsonOption,
    OutOption,
    PluginOption,
    ScenarioArgument,
    SchedulerOption,
    SeedOption,
    SetOption,
    WorkersOption,
)

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.stress import StressResult


def stress(
    scenario: ScenarioArgument = "baseline",
    shock: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="coin-crash, rent-collapse, ...; all by default.")
    ] = None,
    severity: Annotated[float, typer.Option(help="1 is the shock as described, 2 is it twice over.")] = 1.0,
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="First month; by default a year after the start.")
    ] = None,
    months: Annotated[int, typer.Option(help="Months to follow from the date on.")] = 24,
    until: Annotated[
        float | None, typer.Option(help="Also find how severe each shock must be until this share of hashrate fails.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Number of runs.")] = 16,
    seed: SeedOption = 0,
    set_: SetOption = None,
    out: OutOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    assumptions: AssumptionsOption = "sampled",
    data: DataOption = None,
    plugin: PluginOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Strike a forecast with named shocks: who gets into trouble, why, when, and what breaks first.

    Started again with the same options, it goes on where it stopped.
    """
    from typing import cast

    from experiments.stress import StressPlan, run_stress
    from experiments.terminal import progress, resumable
    from sim.runs import Assumptions, load_plugins
    from sim.scenario import Scenario, parse_set

    load_plugins(tuple(plugin or ()))
    chosen = Scenario.load(scenario, dict(parse_set(change) for change in set_ or ()))
    plan = StressPlan.of(
        chosen, tuple(shock or ()), severity, date, runs, seed, follow=months, until=until,
        assumptions=cast(Assumptions, assumptions), data=data, plugins=tuple(plugin or ()),
    )  # fmt: skip
    folder = out or plan.default_folder
    with resumable(folder), progress(runs, plan.run_months // runs) as count:
        result = run_stress(plan, workers, scheduler, folder, on_progress=count)
    write(result, plan.holds, folder)
    for note in result.notes:
        print(f"hashpivot: {note}", file=sys.stderr)
    if json:
        print(json_module.dumps({"out": str(folder)} | result.to_json(), indent=2, allow_nan=False))
    else:
        print_result(result, folder)


def write(result: StressResult, holds: Sequence[str], folder: Path) -> None:
    """Write the tables, the heat map, stress.json, which says that the folder is complete, and report.html."""
    from experiments.figures.heatmap import heat_map, render_heat_map
    from experiments.folders import finish
    from experiments.report import write_report
    from experiments.store import write_csv
    from experiments.stress import MARKER

    for name, table in (("firms", result.firms), ("sector", result.sector), ("months", result.months)):
        write_csv(folder / f"{name}.csv", table)
    render_heat_map(heat_map(result), folder / "firms-by-shock.png")
    finish(folder, MARKER, holds, result.to_json())
    write_report(folder)


def print_result(result: StressResult, folder: Path) -> None:
    """The sector under each shock, the listed firms in most danger, and what a reverse test found."""
    from rich.console import Console

    from experiments.wording import month, plural

    console = Console(highlight=False)
    told = f"{plural(result.runs, 'run')}, seed {result.seed}, followed for {plural(result.follow, 'month')}"
    console.print(f"[bold]{result.scenario}[/bold], shocks in {month(result.date, full=True)}, {told}\n")
    _print_sector(result, console)
    _print_firms(result, console)
    if len(result.reverse):
        _print_reverse(result, console)
    if result.failed:
        words = f"{plural(result.failed, 'run')} failed and left out (all in {folder}/runs/errors)."
        console.print(words, markup=False, soft_wrap=True)
    console.print(
        "[dim]Distress: payables overdue, debts above assets, a restructuring or an exit. Failed: a restructuring "
        "or an exit. In brackets: without the shock. Means over runs.[/dim]"
    )
    console.print(f"\nTables, heat map and report.html in {folder}/", markup=False, soft_wrap=True)


def _table(console: Console, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], wrapped: str = "") -> None:
    """The first column and the ``wrapped`` one, which may go over several lines, to the left."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for k, words in enumerate(head):
        table.add_column(words, justify="left" if k == 0 or words == wrapped else "right", no_wrap=words != wrapped)
    for row in rows:
        table.add_row(*row)
    if not console.is_terminal:
        console.width = 170
    console.print(table)
    console.print()


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _print_sector(result: StressResult, console: Console) -> None:
    from experiments.effects import records
    from experiments.wording import DASH, month, number

    head = ("Shock", "Firms failed", "In distress", "Hashrate failed", "Worst month", "Breaks first", "EBITDA bn USD")
    rows = [
        (
            "no shock" if row["shock"] == "none" else str(row["shock"]),
            f"{row['firms_failed']:.0f} of {row['firms']:.0f}",
            f"{row['firms_in_distress']:.0f}",
            _percent(row["failed_hashrate_share"]),
            month(row["worst_month"]) if row["worst_month"] else DASH,
            row["breaks_first"] or DASH,
            number(row["ebitda_usd"] / 1e9, 1),
        )
        for row in records(result.sector)
    ]
    _table(console, head, rows)


def _print_firms(result: StressResult, console: Console) -> None:
    from experiments.effects import records
    from experiments.stress import most_endangered
    from experiments.wording import DASH, number

    most = most_endangered(result.firms)
    rows = [
        (
            str(row["shock"]), str(row["firm"]),
            f"{_percent(row['probability'])} ({_percent(row['baseline_probability'])})", row["first_cause"] or DASH,
            f"{row['months_to_failure']:.0f}" if row["months_to_failure"] == row["months_to_failure"] else DASH,
            number(row["loss_usd"] / 1e6, 0),
        )
        for shock in dict.fromkeys(result.firms["shock"]) for row in records(most[most["shock"] == shock])
    ]  # fmt: skip
    _table(console, ("Shock", "Listed firm", "In distress", "First cause", "Months to failure", "Loss M USD"), rows)


def _print_reverse(result: StressResult, console: Console) -> None:
    from experiments.effects import records

    until = _percent(float(result.reverse["until"].iloc[0]))
    rows = []
    for row in records(result.reverse):
        if row["severity"] != row["severity"]:
            words = f"not reached at severity 4 ({_percent(row['failed_hashrate_share'])})"
        elif row["severity"] == 0.0:
            words = "reached without a shock"
        else:
            words = f"{row['severity']:.2f}"
        rows.append((str(row["shock"]), words, row["meaning"] if row["severity"] else ""))
    _table(console, ("Shock", f"Severity at which {until} of hashrate fails", "That is"), rows, "That is")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(stress)
