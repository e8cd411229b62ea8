"""A worker process: waits for batches of runs, tells of progress, stops when told to. Imports no Solara."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

REPORT_EVERY = 0.2  # seconds
STOP = "stop"


def serve(line: Connection) -> None:
    """Answer jobs until the line closes.

    In: (Job, names of the tables to send back), (function, its arguments) or STOP. Out:
    ("progress", run-months), ("done", tables or None
    when stopped) or ("failed", words).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us in good order
    if hasattr(os, "nice"):
        os.nice(5)  # pages come first
    from sim.runs import run_job

    _warm_up()
    while True:
        try:
            message = line.recv()
        except (EOFError, OSError):
            return
        if message == STOP:  # came too late: that batch is done
            continue
        if callable(message[0]):
            _call(line, *message)
            continue
        job, wanted = message
        last = [0.0]

        def report(done: int, last: list[float] = last) -> None:
            if time.monotonic() - last[0] > REPORT_EVERY:
                last[0] = time.monotonic()
                line.send(("progress", done))

        try:
            tables = run_job(job, report, lambda: _told_to_stop(line))
            line.send(("done", None if tables is None else _cut(tables, wanted)))
        except (BrokenPipeError, EOFError):
            return
        except Exception as error:
            line.send(("failed", f"{type(error).__name__}: {error}"))


def _call(line: Connection, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """Any function that tells of its progress and asks whether to stop."""
    last = [0.0]

    def report(done: int, total: int) -> None:
        if time.monotonic() - last[0] > REPORT_EVERY:
            last[0] = time.monotonic()
            line.send(("progress", (done, total)))

    try:
        result = function(**arguments, on_progress=report, should_stop=lambda: _told_to_stop(line))
        line.send(("done", result))
    except (BrokenPipeError, EOFError):
        raise SystemExit from None
    except Exception as error:
        line.send(("failed", str(error) or type(error).__name__))


def _warm_up() -> None:
    """Import, read and compile once what every batch needs, by one month of the baseline."""
    from sim.runs import make_job, run_job
    from sim.scenario import Scenario

    run_job(make_job(Scenario.load(), 0, 1, months=1, firms="none"))
    import_module("experiments.iamc")


def _told_to_stop(line: Connection) -> bool:
    return line.poll() and line.recv() == STOP


def _columns_of_regions() -> list[str]:
    """What charts and the IAMC download read of the regions."""
    from experiments.iamc import REGION_LEVELS, REGIONS

    used = [column for variable in (*REGIONS, *REGION_LEVELS) for column in (*variable.columns, *variable.minus)]
    return list(dict.fromkeys(["run", "month", "region", *used]))


def _cut(tables: Mapping[str, pd.DataFrame], wanted: tuple[str, ...]) -> dict[str, Any]:
    """The wanted tables; of regions, and of firms over runs, only what pages show, for they are the largest."""
    kept = {name: tables[name] for name in (*wanted, "errors") if name in tables}
    if "regions" in kept and "firms" not in wanted:
        kept["regions"] = kept["regions"][_columns_of_regions()]
    if "firms" in kept and "decisions" not in wanted:
        from viz.firm_runs import COLUMNS

        kept["firms"] = kept["firms"][list(COLUMNS)]
    return kept
