"""The command ``attribute``."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.options import (
    AssumptionsOption,
    DataOption,
    DebugOption,
    JsonOption,
    MonthsOption,
    OutOption,
    PluginOption,
    ScenarioArgument,
    SchedulerOption,
    SeedOption,
    SetOption,
    WorkersOption,
)

if TYPE_CHECKING:
    from experiments.attribution import Attribution


def attribute(
    scenario: ScenarioArgument,
    against: Annotated[str, typer.Option(help="Scenario to start from.")] = "baseline",
    method: Annotated[
        str, typer.Option(help="shapley, or first-last: mean of adding a lever first and last, with interaction.")
    ] = "shapley",
    orders: Annotated[int, typer.Option(help="Orders to sample where there are more than four levers.")] = 8,
    outcome: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Outcome to split; all headline ones by default.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Number of runs of each combination of levers.")] = 16,
    seed: SeedOption = 0,
    months: MonthsOption = None,
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
    """Split the effect of a scenario among the levers it changes: wedges that add up."""
    from typing import cast

    from experiments.attribution import Method, default_folder
    from experiments.attribution import attribute as run_attribute
    from experiments.terminal import progress, resumable
    from sim.runs import Assumptions, load_plugins
    from sim.scenario import Scenario, parse_set

    plugins = tuple(plugin or ())
    load_plugins(plugins)
    changes = dict(parse_set(change) for change in set_ or ())
    world = {key: value for key, value in changes.items() if key.startswith("world.")}  # no lever: for both
    top, base = Scenario.load(scenario, changes), Scenario.load(against, world)
    settled = (runs, seed, months, assumptions, method, orders, str(data), plugins)
    folder = out or default_folder(top, base, settled)
    with resumable(folder), progress(runs, months or top.world.months) as count:
        result = run_attribute(
            top, base, runs, seed, method=cast(Method, method), orders=orders, outcomes=tuple(outcome or ()),
            months=months, assumptions=cast(Assumptions, assumptions), data=data, plugins=plugins, workers=workers,
            scheduler=scheduler, out=folder, on_progress=count,
        )  # fmt: skip
    write(result, folder)
    if json:
        print(json_module.dumps({"out": str(folder)} | result.to_json(), indent=2, allow_nan=False))
    else:
        print_attribution(result, folder)


def write(result: Attribution, folder: Path) -> None:
    """Write the tables, wedges.png, attribution.json, which says that the folder is complete, and report.html."""
    from experiments.attribution import MARKER
    from experiments.figures.wedges import render_wedges
    from experiments.folders import finish
    from experiments.report import write_report
    from experiments.store import write_csv

    write_csv(folder / "wedges.csv", result.wedges)
    write_csv(folder / "total.csv", result.total)
    render_wedges(result, folder / "wedges.png")
    finish(folder, MARKER, [result.against, result.scenario, *result.levers], result.to_json())
    write_report(folder)


def print_attribution(result: Attribution, folder: Path) -> None:
    """One row per outcome at the end: the total, and each lever's part of it."""
    from rich.console import Console
    from rich.table import Table

    from experiments.effects import records
    from experiments.figures.paired import SCALES, signed, unit_of
    from experiments.wording import decimals, month, plural
    from sim.outcomes import BY_NAME

    console = Console(highlight=False)
    end = result.months[-1]
    told = f"{plural(result.runs, 'run')} of {plural(result.simulated, 'combination')}, seed {result.seed}"
    console.print(f"[bold]{result.scenario}[/bold] against {result.against}, {month(end, full=True)}, {told}\n")
    parts = result.wedges[result.wedges["month"] == end]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    labels = list(dict.fromkeys(parts["lever"]))
    for words in ("Together", *labels):
        table.add_column(words, justify="right")
    for row in records(result.total[result.total["month"] == end]):
        outcome = BY_NAME[row["outcome"]]
        scale = SCALES.get(outcome.unit, 1.0)
        wedges = parts[parts["outcome"] == outcome.name].set_index("lever").loc[labels, "effect"].tolist()
        values = [scale * value for value in (row["effect"], *wedges)]
        places = min(decimals(values), 1) if outcome.unit == "firms" else decimals(values)
        table.add_row(f"{outcome.label} [dim]{unit_of(outcome)}[/dim]", *(signed(value, places) for value in values))
    if not console.is_terminal:
        console.width = 60 + 24 * len(labels)
    console.print(table)
    how = {
        "shapley": "Shapley values: mean over the orders in which levers can be added",
        "first-last": "Mean of adding a lever first and last; interaction: what levers do only together",
    }
    sampled = f", {result.sampled_orders} of them sampled" if result.sampled_orders else ""
    console.print(f"\n[dim]{how[result.method]}{sampled}. Rows add up to the first column.[/dim]")
    console.print(f"\nTables, wedges and report.html in {folder}/", markup=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(attribute)
