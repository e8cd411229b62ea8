"""The command ``hashpivot``. Only Typer is imported here: what a command needs, it imports when it runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from experiments import (
    commands_analysis,
    commands_attribute,
    commands_calculator,
    commands_claims,
    commands_compare,
    commands_dashboard,
    commands_hindcast,
    commands_output,
    commands_stress,
    commands_sweep,
)
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
from experiments.terminal import exit_code

app = typer.Typer(
    name="hashpivot",
    help="Simulate the Bitcoin mining sector as its power, sites and capital move to AI hosting.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _about() -> None:
    """Exit codes: 0 done, 1 the run failed, 2 the input is wrong."""


@app.command()
def run(
    scenario: ScenarioArgument = "baseline",
    runs: Annotated[int, typer.Option(help="Number of runs.")] = 32,
    seed: SeedOption = 0,
    months: MonthsOption = None,
    set_: SetOption = None,
    out: OutOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    assumptions: AssumptionsOption = "sampled",
    data: DataOption = None,
    plugin: PluginOption = None,
    firms: Annotated[str, typer.Option(help="Firm tables: first run, all, none, or listed firms of all.")] = "first",
    check_laws: Annotated[bool, typer.Option("--check-laws", help="Check the books every month; slower.")] = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Simulate a scenario: summary table, charts, result folder."""
    from experiments.run import RunOptions, run_scenario

    run_scenario(
        RunOptions(
            scenario=scenario,
            runs=runs,
            seed=seed,
            months=months,
            changes=tuple(set_ or ()),
            out=out,
            workers=workers,
            scheduler=scheduler,
            assumptions=assumptions,
            data=data,
            plugins=tuple(plugin or ()),
            firms=firms,
            check_laws=check_laws,
        ),
        as_json=json,
    )


@app.command()
def scenarios(
    name: Annotated[str | None, typer.Argument(help="Show this one, resolved and with sources.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the scenarios, or show one with the value and source of every parameter."""
    from experiments.library import list_scenarios, show_scenario

    if name is None:
        list_scenarios(json)
    else:
        show_scenario(name, json)


@app.command()
def schema(json: JsonOption = False, debug: DebugOption = False) -> None:
    """Print the JSON schema of a scenario file, for editors and checks."""
    from experiments.library import print_schema

    print_schema()


@app.command()
def validate(
    file: Annotated[str, typer.Argument(help="Scenario file to check.")],
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Check a scenario file: every problem at once, each with its key."""
    from experiments.library import check_scenario

    raise typer.Exit(check_scenario(file, json))


for module in (
    commands_analysis,
    commands_attribute,
    commands_calculator,
    commands_claims,
    commands_compare,
    commands_dashboard,
    commands_hindcast,
    commands_output,
    commands_stress,
    commands_sweep,
):
    module.register(app)


@app.command()
def bench(
    months: Annotated[int, typer.Option(help="Months to measure; times are scaled to the whole scenario.")] = 24,
    batch: Annotated[int, typer.Option(help="Runs of the batch.")] = 32,
    repeats: Annotated[int, typer.Option(help="How often everything is measured.")] = 3,
    scaling: Annotated[bool, typer.Option("--scaling", help="Also how time grows with firms, months, runs.")] = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure the engine's speed on this machine."""
    from experiments.bench import run_bench

    run_bench(months, batch, repeats, json, scaling)


def main() -> None:
    """Entry point of the command."""
    sys.exit(exit_code(lambda: app(standalone_mode=False)))
