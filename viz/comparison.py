"""What Compare shows, away from Solara: outcomes as small figures, and paired differences at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from experiments.figures.model import RUNS_FOR_BANDS, Figure, line
from experiments.figures.paired import unit_of
from experiments.figures.palette import Meaning
from experiments.figures.wedges import Wedges
from experiments.wording import decimals, month
from sim.outcomes import BY_NAME, REVENUE, over_12_months, total
from sim.results import ResultSet
from viz.headline import HEADLINES, Headline, paired, signed
from viz.levers import lowered


@dataclass(frozen=True)
class Row:
    """One outcome through the months, the same scale in every column."""

    key: str
    title: str
    subtitle: str
    unit: str
    meaning: Meaning
    compute: Callable[[ResultSet], pd.DataFrame]
    percent: bool = False
    log: bool = False


def _exit_share(results: ResultSet) -> pd.DataFrame:
    sizes = ("small", "medium", "large", "mega")
    ever = sum(results.series("firms_ever", "classes", size=size) for size in sizes)
    return results.series("exits").cumsum(axis=1) / ever


ROWS = (
    Row("delivered", "AI capacity delivered", "GW of critical IT", "GW", "ai",
        lambda r: r.series("ai_delivered_mw") / 1000),
    Row("closed", "Firms closed or liquidated", "% of firms active at start or entry", "% of firms", "risk",
        _exit_share, percent=True),
    Row("hashprice", "Hashprice", "USD per PH/s per day, log scale", "USD/PH/day", "money",
        lambda r: r.outcome("hashprice"), log=True),
    Row("hashrate", "Network hashrate", "EH/s", "EH/s", "btc", lambda r: r.outcome("network_hashrate")),
    Row("revenue", "Sector revenue", "Billion USD over 12 months, nominal", "bn USD", "money",
        lambda r: over_12_months(total(r, REVENUE)) / 1e9),
    Row("emissions", "Emissions", "Mt CO₂ over 12 months", "Mt CO₂", "power", lambda r: r.outcome("emissions")),
    Row("rent", "Rent for colocation", "Million USD per MW of critical IT and year", "M USD/MW/year", "money",
        lambda r: r.outcome("ai_rent")),
    Row("power", "Power for mining", "GW, mean of the month", "GW", "power", lambda r: r.outcome("mining_power")),
)  # fmt: skip
FIRST_ROWS = ("delivered", "closed", "hashprice")
MOST_TOLD = 3  # levers of a split named in its subtitle


def levels(row: Row, results: ResultSet, base: ResultSet | None) -> Figure:
    """The outcome of a scenario, the baseline's median dotted."""
    figure = _figure(row, results.months, row.compute(results))
    if base is None or base.months != results.months:
        return figure
    return figure.against(_figure(row, base.months, row.compute(base)))


def differences(row: Row, results: ResultSet, base: ResultSet) -> Figure:
    """Paired differences of the outcome from the baseline, month by month; those of shares in points."""
    before, after = row.compute(base), row.compute(results)
    runs = before.index.intersection(after.index)
    values = (after.loc[runs] - before.loc[runs]) * (100.0 if row.percent else 1.0)
    return replace(_figure(row, results.months, values), log=False, percent=False)


def subtitle(row: Row, as_differences: bool) -> str:
    """Unit and definition of a row."""
    if not as_differences:
        return row.subtitle
    return f"Difference from the baseline, {'points' if row.percent else row.unit}"


def _figure(row: Row, months: list[str], values: pd.DataFrame) -> Figure:
    drawn = line("", row.meaning, values, spread=True)
    return Figure(
        row.key, row.title, row.subtitle, row.unit, "lines", months, (drawn,), len(values), "",
        log=row.log, percent=row.percent,
    )  # fmt: skip


def shared_reach(figures: list[Figure]) -> tuple[float, float]:
    """Lowest and highest value over the columns of a row."""
    from viz.charts.axes import reach

    reaches = [reach(figure) for figure in figures] or [(0.0, 1.0)]
    return min(low for low, _ in reaches), max(high for _, high in reaches)


def difference_rows(base: ResultSet, others: list[ResultSet | None]) -> list[dict[str, Any]]:
    """The table of differences at the end: per outcome and scenario a strip and its words; one scale per row."""
    return [_difference_row(headline, base, others) for headline in HEADLINES]


def _difference_row(headline: Headline, base: ResultSet, others: list[ResultSet | None]) -> dict[str, Any]:
    before = headline.compute(base)
    found = [paired(before, headline.compute(other)) if other is not None else None for other in others]
    quantiles = [
        values.quantile([0.1, 0.25, 0.5, 0.75, 0.9]).to_list() if values is not None and len(values) else None
        for values in found
    ]
    known = [edge for spread in quantiles if spread for edge in spread]
    far = max((abs(edge) for edge in known), default=0.0) * 1.1 or 1.0
    low, high = (min([*known, 0.0]), max([*known, 0.0])) if known else (-1.0, 1.0)
    low, high = low - 0.08 * far, high + 0.08 * far
    places = 0 if headline.whole else decimals(known, 2)
    cells: list[dict[str, Any] | None] = []
    for values, spread in zip(found, quantiles, strict=True):
        if spread is None or values is None:
            cells.append(None)
            continue
        p10, p25, median, p75, p90 = spread
        enough = len(values) >= RUNS_FOR_BANDS
        place = [round(100 * (edge - low) / (high - low), 2) for edge in (p10, p25, median, p75, p90, 0.0)]
        interval = f"{signed(p10, places)} to {signed(p90, places)}" if enough else f"{len(values)} runs so far"
        cells.append(
            {
                "place": place,
                "enough": enough,
                "faint": p10 <= 0 <= p90,
                "median": signed(median, places),
                "interval": interval,
            }
        )
    name = headline.name.partition(",")[0]
    return {"name": name, "unit": headline.unit, "meaning": headline.meaning, "cells": cells}


def split_words(chart: Wedges, names: Sequence[str]) -> str:
    """A sentence on a split effect: what adds most and what takes most at the end."""
    places = decimals([*(wedge.values[-1] for wedge in chart.wedges), chart.total[-1]])
    ends = [(name, wedge.values[-1]) for name, wedge in zip(names, chart.wedges, strict=True)]
    told = ", ".join(f"{lowered(name) if i else name} {signed(end, places)}"
                     for i, (name, end) in enumerate(ends[:MOST_TOLD]))  # fmt: skip
    outcome = BY_NAME[chart.key]
    return f"Difference from the baseline, {unit_of(outcome) or outcome.unit}. {month(chart.months[-1])}: {told}."


def split_table(chart: Wedges, names: Sequence[str]) -> dict[str, Any]:
    """The wedges month by month, the whole in the last column."""
    columns = [*(wedge.values for wedge in chart.wedges), chart.total]
    places = decimals([value for column in columns for value in column])
    rows = [
        [month(name), *(signed(value, places) for value in values)]
        for name, *values in zip(chart.months, *columns, strict=True)
    ]
    return {"columns": ["Month", *names, "Together"], "rows": rows}
