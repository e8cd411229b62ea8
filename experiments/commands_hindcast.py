"""The commands ``hindcast`` and ``calibrate``."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.terminal import Debug

if TYPE_CHECKING:
    from experiments.hindcast import Hindcast


def _remember_debug(value: bool) -> None:
    Debug.on = Debug.on or value


DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", callback=_remember_debug, is_eager=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
DataOption = Annotated[
    Path | None,
    typer.Option(help="CSV with month, price_usd_mean, fees_btc, hashrate_ehs_mean and, if known, power_gw_guess."),
]


def hindcast(
    case: Annotated[str, typer.Option(help="history: hashrate, hashprice and power since 2016.")] = "history",
    data: DataOption = None,
    start: Annotated[str, typer.Option(help="First month.")] = "2016-07",
    train_end: Annotated[str, typer.Option(help="Last month of the window that is scored as training.")] = "2021-12",
    end: Annotated[str | None, typer.Option(help="Last month; by default the last with a known hashrate.")] = None,
    runs: Annotated[int, typer.Option(help="Number of runs.")] = 32,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for the table, the errors and the chart.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Run the past again: real price in, simulated hashrate, hashprice and power out, with their errors."""
    from experiments.hindcast import hindcast as run_hindcast
    from experiments.terminal import progress
    from sim.months import month_number

    span = month_number(end) - month_number(start) + 1 if end and _is_month(end) and _is_month(start) else 66
    with progress(runs, max(span, 1)) as count:
        result = run_hindcast(case, data, start, train_end, end, runs, seed, workers=workers, on_progress=count)
    if out:
        save(result, out)
    if json:
        print(json_module.dumps(result.to_json(), indent=2, allow_nan=False))
    else:
        print_windows(result)
        if out:
            print(f"\nTable, errors and chart in {out}/")


def calibrate(
    data: DataOption = None,
    train_end: Annotated[str, typer.Option(help="Last month of the window that is fitted.")] = "2021-12",
    runs: Annotated[int, typer.Option(help="Runs per evaluation, on the same random numbers in all of them.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the runs and of the search.")] = 0,
    blind: Annotated[bool, typer.Option("--blind", help="Do not begin at the scenario's own values.")] = False,
    evaluations: Annotated[int, typer.Option(help="Evaluations of the search; about 1 s each.")] = 480,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File for the scenario fragment with values and fit.")] = None,
    log: Annotated[Path | None, typer.Option(help="Log of evaluations; a search goes on from it.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Fit the free parameters of the past to the training window; tell the fit and what it does not determine."""
    from experiments.calibrate import calibrate as fit
    from experiments.terminal import progress

    with progress(evaluations, 1) as count:
        result = fit(
            data, train_end, runs, seed, evaluations=evaluations, workers=workers, log=log, blind=blind,
            on_progress=count,
        )  # fmt: skip
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(result.to_toml(), encoding="utf-8")
    if json:
        print(json_module.dumps(result.to_json(), indent=2, allow_nan=False))
    else:
        print(result.to_toml() + f"\n# {result.evaluations} evaluations, {result.seconds:.0f} s")


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[:4].isdigit() and text[4] == "-" and text[5:].isdigit()


def save(result: Hindcast, out: Path) -> None:
    """Write months.csv, hindcast.json and hindcast.png into a folder."""
    from experiments.hindcast_figures import draw

    out.mkdir(parents=True, exist_ok=True)
    result.months.to_csv(out / "months.csv", index=False)
    (out / "hindcast.json").write_text(json_module.dumps(result.to_json(), indent=2, allow_nan=False) + "\n")
    draw(result, out / "hindcast.png")


def print_windows(result: Hindcast) -> None:
    """The errors of each window and, below them, those of the rules of thumb."""
    from rich.console import Console
    from rich.table import Table

    from experiments.wording import month, plural

    console = Console(highlight=False)
    told = f"{plural(result.runs, 'run')}, seed {result.seed}; errors of the median path"
    console.print(f"[bold]hindcast[/bold], {told}\n")
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("")
    for window in result.windows:
        name = "Training" if window["name"] == "train" else "Test"
        table.add_column(f"{name}, {month(window['start'])} to {month(window['end'])}", justify="right")
    rows = {
        "Hashrate, mean error": "hashrate_mape", "Hashrate, log RMSE": "hashrate_log_rmse",
        "Hashrate, bias": "hashrate_bias", "Hashprice, mean error": "hashprice_mape",
        "Power, mean error": "power_mape", "Power, bias": "power_bias",
    }  # fmt: skip
    for words, key in rows.items():
        table.add_row(words, *(percent(window[key], key.endswith("rmse")) for window in result.windows))
    for rule in result.windows[0]["benchmarks"]:
        words = f"Hashrate by rule: {rule.replace('_', ' ')}"
        table.add_row(words, *(percent(window["benchmarks"][rule]["hashrate_mape"]) for window in result.windows))
    console.print(table)


def percent(value: float | None, plain: bool = False) -> str:
    """0.083 -> "8.3 %"; "plain" numbers keep two decimals; an en dash for what is not known."""
    from experiments.wording import DASH, number

    if value is None:
        return DASH
    return number(value, 2) if plain else f"{number(100 * value, 1)} %"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(hindcast)
    app.command()(calibrate)
