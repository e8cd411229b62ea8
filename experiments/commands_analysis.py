"""The commands ``sensitivity``, ``discover`` and ``robust``: what follows from a sweep."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.options import DebugOption, JsonOption

if TYPE_CHECKING:
    import pandas as pd

    from experiments.discovery import Discovery
    from experiments.robustness import Robustness
    from experiments.sensitivity import Sensitivity

FolderArgument = Annotated[Path, typer.Argument(help="Result folder of a sweep.")]
MonthOption = Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Month to look at; by default the last.")]
AXES_PRINTED = 3


def sensitivity(
    folder: FolderArgument,
    outcome: Annotated[list[str] | None, typer.Option(help="Outcome or column; by default the headlines.")] = None,
    month: MonthOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Which axes of a sweep matter: Sobol' or Morris indices of designs made for them, else rank correlations."""
    from experiments.figures.draw_marks import render
    from experiments.figures.draw_paired import render_settling
    from experiments.figures.marks import sensitivity_panels, settling_panels
    from experiments.report import write_report
    from experiments.sensitivity import sensitivity as analyse
    from experiments.store import write_csv

    found = analyse(folder, outcome, month)
    _write(folder, "sensitivity", found.to_json(), found.table)
    panels = sensitivity_panels(found)
    chart = render(panels, folder / "charts" / "sensitivity.png") if panels else None
    write_csv(folder / "sensitivity-samples.csv", found.settling)
    if settling := settling_panels(found):
        render_settling(settling, folder / "charts" / "sensitivity-samples.png")
    write_report(folder)
    _print(json, found.to_json(), lambda: print_sensitivity(found, len(outcome or ()) > 0), chart)


def discover(
    folder: FolderArgument,
    outcome: Annotated[str, typer.Option(metavar="CONDITION", help='As in "exits_small_share > 0.5".')],
    month: MonthOption = None,
    density: Annotated[float | None, typer.Option(help="Least density wanted, 0 to 1; by default balanced.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Scenario discovery: the boxes of the sampled space in which something happens, with coverage and density."""
    from experiments.discovery import discover as search
    from experiments.figures.draw_marks import render
    from experiments.figures.marks import box_panel, trade_off
    from experiments.report import write_report

    found = search(folder, outcome, month, density)
    _write(folder, "discovery", found.to_json())
    boxes = [box_panel(box, place, found) for place, box in enumerate(found.boxes, 1) if box.limits]
    chart = render([trade_off(found), *boxes], folder / "charts" / "discovery.png")
    write_report(folder)
    _print(json, found.to_json(), lambda: print_discovery(found), chart)


def robust(
    folder: FolderArgument,
    outcome: Annotated[str | None, typer.Option(help="Outcome by which policies are compared, for regret.")] = None,
    goal: Annotated[str, typer.Option(help="Whether high or low values of the outcome are good.")] = "high",
    require: Annotated[
        list[str] | None, typer.Option(metavar="CONDITION", help='To satisfice, as in "exits_small_share < 0.3".')
    ] = None,
    lever: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Axis that is a policy; by default all of [levers].")
    ] = None,
    month: MonthOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Regret and satisficing of the policies of a sweep, over all futures it sampled."""
    from experiments.figures.draw_marks import render
    from experiments.figures.marks import robustness_panels
    from experiments.report import write_report
    from experiments.robustness import robustness

    found = robustness(folder, lever or (), outcome, goal, require or (), month)
    _write(folder, "robustness", found.to_json(), found.table)
    chart = render(robustness_panels(found), folder / "charts" / "robustness.png")
    write_report(folder)
    _print(json, found.to_json(), lambda: print_robustness(found), chart)


def _write(folder: Path, name: str, told: dict[str, Any], table: pd.DataFrame | None = None) -> None:
    """NAME.json and, where there is a table, NAME.csv beside the sweep's own files."""
    from experiments.store import write_csv, write_whole

    if table is not None:
        write_csv(folder / f"{name}.csv", table)
    text = json_module.dumps(told, indent=2, allow_nan=False) + "\n"
    write_whole(folder / f"{name}.json", lambda file: file.write_text(text, encoding="utf-8"))


def _print(json: bool, told: dict[str, Any], words: Any, chart: Path | None) -> None:
    if json:
        print(json_module.dumps(told, indent=2, allow_nan=False))
        return
    words()
    if chart:
        print(f"\nTable, chart and report.html in {chart.parent.parent}/")


def _console() -> Any:
    """A console that does not squeeze its tables where no terminal sets a width."""
    from rich.console import Console

    from experiments.summary import WIDTH_OF_FILES

    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else WIDTH_OF_FILES
    return console


def _table(*headings: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("Outcome", "Axis", "Policy") else "right")
    return table


MEASURES = {
    "sobol": ("Sobol' indices", "Total", "", "Alone", ""),
    "morris": ("Morris indices", "Mean effect", "", "Spread"),
    "ranks": ("Rank correlations", "Partial", "", "Plain", ""),
}


def print_sensitivity(found: Sensitivity, whole: bool) -> None:
    """Indices of each outcome; of the headline outcomes only the axes that matter most."""
    from experiments.figures.marks import label_of, unit_of
    from experiments.wording import decimals, number, plural, span

    console, design, measure = _console(), found.design, found.measure
    method, *more = MEASURES[measure]
    console.print(f"[bold]{method}, {plural(design.runs, 'run')} per point, 95 % intervals[/bold]\n")
    levers = [axis.key for axis in design.levers]
    table = _table("Outcome", *levers, "Axis", *more)
    lead, second = found.leading, found.second
    for key, rows in found.table.groupby([*levers, "outcome"], sort=False):
        *chosen, name = key if isinstance(key, tuple) else (key,)
        label = label_of(str(name)) + (f" [dim]{unit_of(str(name))}[/dim]" if measure == "morris" else "")
        shown = rows if whole else rows.head(AXES_PRINTED)
        for place, row in enumerate(shown.to_dict(orient="records")):
            places = decimals([row["mu_star_high"]]) if measure == "morris" else 2
            cells = [number(row[lead], places), span(row[f"{lead}_low"], row[f"{lead}_high"], places)]
            cells += [number(row[second], places)]
            cells += [] if measure == "morris" else [span(row[f"{second}_low"], row[f"{second}_high"], places)]
            first = [label, *map(str, chosen)] if place == 0 else [""] * (1 + len(levers))
            table.add_row(*first, str(row["axis"]), *cells)
    console.print(table)
    if found.design.levers:
        console.print("\nAn outcome that does not vary under a combination of levers has no rows there.")
    if found.constant:
        console.print(f"\nThe same at every point: {', '.join(map(label_of, found.constant))}.", soft_wrap=True)
    if found.left_out:
        console.print(f"\n{plural(found.left_out, 'point')} left out, of which a run failed.")


def print_discovery(found: Discovery) -> None:
    """The boxes in words."""
    from experiments.discovery import SIGNIFICANT
    from experiments.wording import number

    console = _console()
    console.print(
        f"{found.condition} holds in {100 * found.interest:.0f} % of {found.cases:,} runs"
        + (f" ({found.failed:,} failed and are left out)" if found.failed else ""),
        markup=False,
        soft_wrap=True,
    )
    if found.short:
        console.print(f"No box is as dense as {found.density:g}: the densest is shown.")
    for place, box in enumerate(found.boxes, 1):
        share = f"coverage {100 * box.coverage:.0f} %, density {100 * box.density:.0f} %"
        console.print(f"\n[bold]Box {place}[/bold], {share}, {100 * box.mass:.0f} % of all runs")
        for limit in box.limits:
            chance = f"  (may be chance, p = {number(limit.p_value, 2)})" if limit.p_value > SIGNIFICANT else ""
            console.print(f"  {limit.words}{chance}", markup=False, soft_wrap=True)
        if not box.limits:
            console.print("  no axis tells these runs from the others")


def print_robustness(found: Robustness) -> None:
    """One line per policy."""
    from experiments.figures.marks import label_of, unit_of
    from experiments.wording import decimals, number, plural

    console = _console()
    left = f" ({found.left_out:,} left out, where a run failed)" if found.left_out else ""
    console.print(f"[bold]{plural(found.futures, 'future')}[/bold]{left}\n")
    headings = ["Policy"]
    if found.outcome:
        unit = f" {unit_of(found.outcome)}" if unit_of(found.outcome) else ""
        headings += [f"{label_of(found.outcome)}{unit}, mean", "Regret, mean", "90 %", "worst", "Best in"]
    if found.conditions:
        headings.append(" and ".join(map(str, found.conditions)))
    table = _table(*headings)
    columns = ("mean", "mean_regret", "p90_regret", "max_regret")
    places = decimals(found.table[list(columns)].max().tolist()) if found.outcome else 0
    for row in found.table.to_dict(orient="records"):
        cells = [number(row[name], places) for name in columns] if found.outcome else []
        cells += [f"{100 * row['best_share']:.0f} %"] if found.outcome else []
        cells += [f"{100 * row['satisficing']:.0f} %"] if found.conditions else []
        table.add_row(str(row["policy"]), *cells)
    console.print(table)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (sensitivity, discover, robust):
        app.command()(command)
