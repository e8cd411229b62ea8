"""The commands ``hindcast`` and ``calibrate``."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.terminal import Debug

if TYPE_CHECKING:
    from experiments.backcast import Backcast
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
    case: Annotated[
        str, typer.Option(help="history: hashrate, hashprice, power since 2016; pivot: AI leases since 2024-12.")
    ] = "history",
    data: DataOption = None,
    start: Annotated[str | None, typer.Option(help="First month; by default 2016-07, pivot: 2024-12.")] = None,
    train_end: Annotated[
        str | None, typer.Option(help="Last month scored as training; by default 2021-12, pivot: 2025-12.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last month; by default the last that is known.")] = None,
    runs: Annotated[int, typer.Option(help="Number of runs.")] = 32,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for the table, the errors and the chart.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Run the past again: real price in; simulated hashrate, hashprice, power or leases out, with their errors."""
    from sim.errors import UserError
    from sim.months import is_month

    if case not in CASES:
        raise UserError(f"there is no case {case!r}; known are {' and '.join(CASES)}.")
    for name, month in (("start", start), ("train-end", train_end), ("end", end)):
        if month is not None and not is_month(month):
            raise UserError(f"--{name} must be a month such as 2025-06, not {month!r}.")
    result = CASES[case](data, start, train_end, end, runs, seed, workers)
    if out:
        save(result, out)
    if json:
        print(json_module.dumps(result.to_json(), indent=2, allow_nan=False))
    else:
        print_windows(result)
        if out:
            print(f"\nTable, errors and chart in {out}/")


def _history(
    data: Path | None, start: str | None, train_end: str | None, end: str | None, runs: int, seed: int, workers: int
) -> Hindcast:
    from experiments.hindcast import START, TRAIN_END
    from experiments.hindcast import hindcast as run_hindcast
    from experiments.terminal import progress
    from sim.months import month_number

    start = start or START
    span = month_number(end) - month_number(start) + 1 if end else 66
    with progress(runs, max(span, 1)) as count:
        return run_hindcast(
            data, start, train_end or TRAIN_END, end, runs, seed, workers=workers, on_progress=count
        )


def _pivot(
    data: Path | None, start: str | None, train_end: str | None, end: str | None, runs: int, seed: int, workers: int
) -> Backcast:
    from experiments.backcast import END, START, TRAIN_END, backcast
    from experiments.terminal import progress
    from sim.errors import UserError
    from sim.months import month_number

    if data is not None:
        raise UserError("--data is for the case history; the pivot is held against the shipped tables.")
    if start not in (None, START):
        raise UserError(f"--start can only be {START} in the case pivot, the month its facts are of, not {start}.")
    span = month_number(end or END) - month_number(START) + 1
    with progress(2 * runs, max(span, 1)) as count:  # once more under the null rule
        return backcast(train_end or TRAIN_END, end or END, runs, seed, workers=workers, on_progress=count)


CASES: dict[str, Callable[..., Hindcast | Backcast]] = {"history": _history, "pivot": _pivot}


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
    from experiments.store import write_whole
    from experiments.terminal import progress

    with progress(evaluations, 1) as count:
        result = fit(
            data, train_end, runs, seed, evaluations=evaluations, workers=workers, log=log, blind=blind,
            on_progress=count,
        )  # fmt: skip
    if out:
        write_whole(out, lambda file: file.write_text(result.to_toml(), encoding="utf-8"))
    if json:
        print(json_module.dumps(result.to_json(), indent=2, allow_nan=False))
    else:
        print(result.to_toml() + f"\n# {result.evaluations} evaluations, {result.seconds:.0f} s")


def save(result: Hindcast | Backcast, out: Path) -> None:
    """Write months.csv, hindcast.json and hindcast.png into a folder."""
    from experiments.hindcast_figures import draw
    from experiments.store import write_csv, write_whole

    text = json_module.dumps(result.to_json(), indent=2, allow_nan=False) + "\n"
    write_csv(out / "months.csv", result.months)
    write_whole(out / "hindcast.json", lambda file: file.write_text(text, encoding="utf-8"))
    draw(result, out / "hindcast.png")


HISTORY_ROWS = {
    "Hashrate, mean error": "hashrate_mape", "Hashrate, log RMSE": "hashrate_log_rmse",
    "Hashrate, bias": "hashrate_bias", "Hashprice, mean error": "hashprice_mape",
    "Power, mean error": "power_mape", "Power, bias": "power_bias",
}  # fmt: skip
PIVOT_ROWS = {
    "Signed GW, mean error": "signed_mape", "Signed GW, bias": "signed_bias", "Rent, mean error": "rent_mape",
    "Hashrate, mean error": "hashrate_mape", "Hashrate, bias": "hashrate_bias",
    "Hashprice, mean error": "hashprice_mape",
}  # fmt: skip


def print_windows(result: Hindcast | Backcast) -> None:
    """The errors of each window and, below them, those of the rules of thumb; for the pivot its composition."""
    from rich.console import Console
    from rich.table import Table

    from experiments.wording import month, plural

    composition = result.to_json().get("composition")
    rows, compared = (PIVOT_ROWS, "signed") if composition else (HISTORY_ROWS, "hashrate")
    console = Console(highlight=False)
    told = f"{plural(result.runs, 'run')}, seed {result.seed}; errors of the median path"
    console.print(f"[bold]hindcast[/bold], {told}\n")
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("")
    for window in result.windows:
        name = "Training" if window["name"] == "train" else "Test"
        table.add_column(f"{name}, {month(window['start'])} to {month(window['end'])}", justify="right")
    for words, key in rows.items():
        table.add_row(words, *(percent(window[key], key.endswith("rmse")) for window in result.windows))
    for rule in result.windows[0]["benchmarks"]:
        words = f"{next(iter(rows)).split(',')[0]} by rule: {rule.replace('_', ' ')}"
        errors = (window["benchmarks"][rule][f"{compared}_mape"] for window in result.windows)
        table.add_row(words, *map(percent, errors))
    console.print(table)
    if composition:
        console.print(
            f"\nComposition of the leases (0 as it was, 1 nothing like it): {composition['score']:.2f}; "
            f"null rule, {composition['null_rule'].replace('_', ' ')}: {composition['null_score']:.2f}"
        )


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
