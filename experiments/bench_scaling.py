"""How the engine's time grows with firms, months and runs: the table of ``hashpivot bench --scaling``.

Started as a module it draws the picture of the page on benchmarks.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.terminal import ROOT
from experiments.wording import decimals, number
from sim.engine import run_batch
from sim.scenario import Scenario

if TYPE_CHECKING:
    from rich.table import Table

FIRMS, MONTHS, RUNS = (100, 300, 1000, 3000, 10_000), (12, 24, 48, 90), (4, 8, 16, 32)
FIRMS_TOGETHER = 3000  # firms of a batch on the way through the sizes: what each batch costs by itself weighs alike
MONTHS_OF_FIRMS, RUNS_OF_MONTHS, MONTHS_OF_RUNS = 12, 4, 12  # what stays the same while the other grows


def seconds(firms: int, months: int, runs: int, repeats: int) -> float:
    """Least seconds of a batch of the baseline with so many firms and twice as many sites."""
    sizes = {"world.firms": firms, "world.sites": 2 * firms, "world.entrant_firms": max(firms // 10, 1)}
    scenario = Scenario.load("baseline", sizes)
    taken = []
    for _ in range(repeats):
        started = perf_counter()
        run_batch(scenario, 0, range(runs), months=months, firms="none")
        taken.append(perf_counter() - started)
    return min(taken)


def scaling(repeats: int) -> dict[str, Any]:
    """Seconds at each size, and the exponent of size in time for each of firms, months and runs (1: linear).

    Firms are counted per run, in batches of about as many firms in all; months and runs at 500 firms.
    """
    points = [
        *(("firms", size, MONTHS_OF_FIRMS, max(FIRMS_TOGETHER // size, 1)) for size in FIRMS),
        *(("months", 500, size, RUNS_OF_MONTHS) for size in MONTHS),
        *(("runs", 500, MONTHS_OF_RUNS, size) for size in RUNS),
    ]
    seconds(FIRMS[0], 1, 1, 1)  # compiles what is not kept on disk yet
    rows = []
    for axis, firms, months, runs in points:
        taken = seconds(firms, months, runs, repeats)
        size = {"firms": firms, "months": months, "runs": runs}[axis]
        per_run = taken / runs if axis == "firms" else taken
        rows.append({
            "axis": axis, "size": size, "seconds": per_run, "us_per_firm_month": 1e6 * taken / (firms * months * runs)
        })  # fmt: skip
    return {"rows": rows, "exponents": {axis: exponent(rows, axis) for axis in ("firms", "months", "runs")}}


def exponent(rows: list[dict[str, Any]], axis: str) -> float:
    """Slope of ln seconds on ln size by least squares."""
    size, taken = (np.log([row[name] for row in rows if row["axis"] == axis]) for name in ("size", "seconds"))
    return float(np.polyfit(size, taken, 1)[0])


def add_rows(table: Table, told: dict[str, Any]) -> Table:
    """Fill a table of four columns: what grows, seconds, microseconds per firm-month, exponent."""
    for row in told["rows"]:
        last = [other["size"] for other in told["rows"] if other["axis"] == row["axis"]][-1] == row["size"]
        slope = number(told["exponents"][row["axis"]], 2) if last else ""
        taken = number(row["seconds"], decimals([row["seconds"]]))
        table.add_row(f"{row['size']:,} {row['axis']}", taken, number(row["us_per_firm_month"], 1), slope)
    return table


def main() -> None:
    """Measure once and draw docs/images/scaling.png."""
    from experiments.figures.growth import draw_growth

    print(draw_growth(scaling(1), ROOT / "docs" / "images" / "scaling.png"))


if __name__ == "__main__":
    main()
