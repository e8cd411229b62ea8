"""Options that several commands share, with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.terminal import Debug


def _remember_debug(value: bool) -> None:
    Debug.on = Debug.on or value


DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", callback=_remember_debug, is_eager=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
ScenarioArgument = Annotated[str, typer.Argument(help="Name of a scenario (see hashpivot scenarios) or a TOML file.")]
SeedOption = Annotated[int, typer.Option(help="Seed of the random numbers.")]
MonthsOption = Annotated[int | None, typer.Option(help="Months to simulate; by default the scenario's.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter, as in policy.carbon_price_usd_per_t=60."),
]
OutOption = Annotated[Path | None, typer.Option(help="Result folder; by default one under results/.")]
WorkersOption = Annotated[int, typer.Option(help="Worker processes; with --scheduler: workers to cut batches for.")]
SchedulerOption = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to use instead.")]
AssumptionsOption = Annotated[
    str, typer.Option(help="fixed, or sampled: drawn for each run from their distributions.")
]
DataOption = Annotated[Path | None, typer.Option(help="Folder of tables that replace those of hashpivot.")]
PluginOption = Annotated[list[str] | None, typer.Option(metavar="MODULE", help="Module that registers rules.")]
