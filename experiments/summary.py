"""The headline outcomes as a table for people: at each year end the median and, below it, the 10 to 90 % range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from experiments.wording import DASH, decimals, month, number, plural, span
from sim.outcomes import HEADLINE, Outcome

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet

LABEL_WIDTH = 30
CELL_WIDTH = 15
WIDTH_OF_FILES = 150  # where no terminal sets a width
UNITS = {
    "0-1": "",
    "firms": "",
    "share": "%",
    "Mt CO2": "Mt CO₂",
    "M USD/MW/year": "M USD/MW a year",
    "USD/PH/day": "USD/PH/s a day",
}


def print_summary(results: ResultSet, headline: pd.DataFrame, console: Console) -> None:
    """Print the tables, as many years side by side as the terminal is wide."""
    months = list(dict.fromkeys(headline["month"]))
    width = console.width if console.is_terminal else WIDTH_OF_FILES
    beside = max(1, (width - LABEL_WIDTH) // CELL_WIDTH)
    rows = {str(name): group.set_index("month") for name, group in headline.groupby("outcome")}
    console.width = width
    for first in range(0, len(months), beside):
        if first:
            console.print()
        console.print(_table(rows, months, months[first : first + beside], one_run=len(results) == 1))
    console.print(f"[dim]{_caption(results)}[/dim]")


def _caption(results: ResultSet) -> str:
    count = len(results)
    spread = "" if count == 1 else f"Median, below it 10{DASH}90 % of {plural(count, 'run')}"
    how = f"assumptions {results.meta['assumptions']}" if "assumptions" in results.meta else ""
    return ", ".join(part for part in (spread or "One run", how, "money nominal") if part) + "."


def _table(rows: dict[str, pd.DataFrame], months: list[str], shown: list[str], one_run: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    table.add_column("At year end" if shown[0].endswith("-12") else "At the end", width=LABEL_WIDTH - 2, no_wrap=True)
    for name in shown:
        table.add_column(name[:4] if name.endswith("-12") else month(name), justify="right", width=CELL_WIDTH - 2)
    group = ""
    for outcome in HEADLINE:
        if outcome.group != group:
            group = outcome.group
            table.add_row(f"\n[dim]{group}[/dim]")
        table.add_row(*_cells(outcome, rows[outcome.name].loc[months], shown, one_run))
    return table


def _cells(outcome: Outcome, values: pd.DataFrame, shown: list[str], one_run: bool) -> list[str]:
    """Label and one cell per month; the decimals are one choice for the whole row."""
    scale = 100.0 if outcome.unit == "share" else 1.0
    numbers = values[["median", "p10", "p90"]] * scale
    places = 0 if outcome.unit == "firms" else decimals(numbers["median"].tolist())
    unit = UNITS.get(outcome.unit, outcome.unit)
    cells = [f"{outcome.label} [dim]{unit}[/dim]"]
    for middle, low, high in numbers.loc[shown].to_numpy(dtype=float).tolist():
        below = "" if one_run else f"\n[dim]{span(low, high, places)}[/dim]"
        cells.append(number(middle, places) + below)
    return cells
