"""The command ``compare``."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.options import (
    DataOption,
    DebugOption,
    JsonOption,
    MonthsOption,
    OutOption,
    PluginOption,
    SchedulerOption,
    SetOption,
    WorkersOption,
)

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.comparison import Comparison


def compare(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="A B [C]...", help="Scenarios: names, TOML files or result folders.")
    ],
    runs: Annotated[int | None, typer.Option(help="Number of runs of each; 32 by default.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, the same for all; 0 by default.")] = None,
    months: MonthsOption = None,
    set_: SetOption = None,
    out: OutOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    assumptions: Annotated[
        str | None, typer.Option(help="fixed, or sampled (default): drawn for each run, the same for all scenarios.")
    ] = None,
    data: DataOption = None,
    plugin: PluginOption = None,
    precision: Annotated[
        float, typer.Option(help="Half width of an interval to aim at, as a share of the outcome's mean.")
    ] = 0.05,
    until_precise: Annotated[
        bool, typer.Option("--until-precise", help="Add batches until the precision is reached, at most --runs.")
    ] = False,
    outcome: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Outcome that --until-precise asks for; all by default.")
    ] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare scenarios on the same random numbers: the effect of each on every outcome, against the first."""
    from experiments.comparison import compare as run_compare
    from experiments.comparison import default_folder, resolve, scenarios_of
    from experiments.terminal import progress, resumable

    items = scenarios_of(scenarios, set_ or ())
    settled = resolve(items, runs, seed, months, assumptions)
    folder = out or default_folder(items, settled, data, plugin or ())
    with resumable(folder), progress(settled.pop("planned"), settled["months"]) as count:
        found = run_compare(
            items, **settled, data=data, plugins=tuple(plugin or ()), workers=workers, scheduler=scheduler,
            out=folder, on_progress=count, precision=precision, stop_when_precise=until_precise,
            outcomes=tuple(outcome or ()),
        )  # fmt: skip
    write(found, folder)
    if json:
        print(json_module.dumps({"out": str(folder)} | found.to_json(), indent=2, allow_nan=False))
    else:
        print_comparison(found, folder)


def write(found: Comparison, folder: Path) -> None:
    """Write the tables, the charts, compare.json, which says that the folder is complete, and report.html."""
    from experiments.figures.draw_paired import render_comparison
    from experiments.report import write_report
    from experiments.store import write_csv

    write_csv(folder / "effects.csv", found.table)
    write_csv(folder / "effects-by-runs.csv", found.settling())
    render_comparison(found, folder / "charts")
    found.save(folder)
    write_report(folder)


def print_comparison(found: Comparison, folder: Path) -> None:
    """A table of effects per scenario, what the pairing gains, and where everything is."""
    from rich.console import Console

    from experiments.wording import month, plural

    console = Console(highlight=False)
    meta = found.results[found.baseline].meta
    told = f"{plural(found.runs, 'run')} each, seed {meta.get('seed')}, assumptions {meta.get('assumptions')}"
    for scenario in found.scenarios:
        console.print(f"[bold]{scenario}[/bold] against {found.baseline}, {told}\n")
        print_effects(found, scenario, console)
    end = month(found.months[-1])
    wish = f"{100 * found.precision:g}"
    console.print(
        "[dim]Mean of paired differences, below it its 95 % interval (t); no clear change: the interval holds zero, "
        "or the runs are too few to tell. "
        f"Spread: standard deviation of the effect, {end}, as a share of that of unpaired runs. Runs: for a half "
        f"width of {wish} % of the outcome's mean (shares: {wish} points).[/dim]"
    )
    for note in found.notes:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)
    console.print(f"\nTables, charts and report.html in {folder}/", markup=False, soft_wrap=True)


def print_effects(found: Comparison, scenario: str, console: Console) -> None:
    """One row per headline outcome: baseline at the end, effects at up to four months, spread, runs needed."""
    from rich.table import Table

    from experiments.effects import records
    from experiments.figures.paired import SCALES, places_of, some_months, unit_of
    from experiments.wording import DASH, decimals, month, number
    from sim.outcomes import HEADLINE

    part = found.table[found.table["scenario"] == scenario]
    shown = some_months(part["month"])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", width=32)
    for name in ("Baseline", *(month(m) for m in shown), "Spread", "Runs"):
        table.add_column(name, justify="right", no_wrap=True)
    for outcome in HEADLINE:
        rows = records(part[(part["outcome"] == outcome.name) & part["month"].isin(shown)])
        scale, last = SCALES.get(outcome.unit, 1.0), rows[-1]
        places = places_of(outcome, rows)
        ratio = last["sd_paired"] / last["sd_unpaired"] if last["sd_unpaired"] > 0 else float("nan")
        needed = last["runs_needed"]
        table.add_row(
            f"{outcome.label} [dim]{unit_of(outcome)}[/dim]",
            number(scale * last["baseline_mean"], decimals([scale * last["baseline_mean"]])),
            *(effect_cell(row, scale, places) for row in rows),
            number(ratio, 2),
            number(needed, 0) if needed < float("inf") else DASH,
        )
    console.width = max(console.width, 48 + 22 * len(shown) + 18) if not console.is_terminal else console.width
    console.print(table)
    console.print()


def effect_cell(row: dict[str, Any], scale: float, places: int) -> str:
    """The effect and, below it, its interval."""
    from experiments.figures.paired import NONE, NOT_CLEAR, effect_words

    words, range_ = effect_words(row, scale, places)
    words = f"[dim]{words}[/dim]" if words in (NONE, NOT_CLEAR) else words
    return f"{words}\n[dim]{range_}[/dim]" if range_ else words


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(compare)
