"""A listed firm over several runs, away from Solara: what becomes of it, and its books, by two dates."""

from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.figures.model import RUNS_FOR_BANDS, Band, Figure, Line
from experiments.wording import DASH, decimals, month, number, span
from sim.results import ResultSet

Data = dict[str, Any]
RUNS = 16
CHECKPOINT = "2028-12"
# What is kept of the table of firms; see viz.worker.
COLUMNS = (
    "run", "month", "firm", "alive", "in_distress", "strategy", "connected_mw", "ai_delivered_mw", "hashrate_ehs",
    "ebitda_usd", "cash_usd", "loans_usd", "converts_usd",
)  # fmt: skip
FATES = (
    "Closed or liquidated",
    "Bought by another",
    "Ever in distress",
    "AI then",
    "Hybrid then",
    "BTC then",
)
# Name with unit, columns added up, factor; EBITDA is that of the 12 months before, AI what is delivered.
BOOKS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("Cash, M USD", ("cash_usd",), 1e-6), ("Debt, M USD", ("loans_usd", "converts_usd"), 1e-6),
    ("EBITDA, M USD a year", ("ebitda_usd",), 1e-6), ("AI, MW IT", ("ai_delivered_mw",), 1.0),
    ("Connected, MW", ("connected_mw",), 1.0), ("Hashrate, EH/s", ("hashrate_ehs",), 1.0),
)  # fmt: skip
EBITDA = ("ebitda_usd",)


def dates(months: list[str]) -> list[str]:
    """The months looked at: the end of 2028, if it is simulated, and the last."""
    return [CHECKPOINT, months[-1]] if CHECKPOINT in months[:-1] else months[-1:]


def fate_columns(months: list[str]) -> list[Data]:
    """Columns of the table of what becomes of it."""
    return [{"name": "Runs, by the end of", "left": True}, *({"name": month(name)} for name in dates(months))]


def book_columns(months: list[str]) -> list[Data]:
    """Columns of the table of books: median and band at each date."""
    columns: list[Data] = [{"name": "Where it still exists", "left": True}]
    for name in dates(months):
        columns += [{"name": month(name), "unit": "median"}, {"name": "", "unit": f"10{DASH}90 %"}]
    return columns


def fates(results: ResultSet | None, firm: str, months: list[str]) -> list[Data]:
    """Rows of the table of what becomes of it; dashes before the first run is in."""
    found = [dict[str, int]() if results is None else _fates(results, firm, name) for name in dates(months)]
    rows = []
    for name in FATES:
        cells: list[Data] = [{"words": name}]
        for counts in found:
            if results is None:
                cells.append({"words": DASH})
            else:
                told = f"{counts[name]} of {len(results)}"
                cells.append({"words": told, "value": counts[name] / len(results)})
        rows.append({"id": name, "cells": cells})
    return rows


def _fates(results: ResultSet, firm: str, when: str) -> dict[str, int]:
    """In how many runs each fate has met the firm by a month's end."""
    own, events = _own(results, firm), results.table("events")
    own, events = own[own["month"] <= when], events[(events["firm"] == firm) & (events["month"] <= when)]
    now = own[own["month"] == when].set_index("run")
    bought = set(events.loc[events["kind"] == "acquisition", "run"])
    failed = set(events.loc[(events["kind"] == "exit") & (events["detail"] == "liquidation"), "run"])
    gone = set(now.index[~now["alive"]])
    troubled = set(own.loc[own["in_distress"], "run"]) | failed
    kinds = now.loc[now["alive"], "strategy"].value_counts()
    counts = (
        len(gone - bought),
        len(gone & bought),
        len(troubled),
        *(kinds.get(k, 0) for k in ("AI", "HYBRID", "BTC")),
    )
    return {name: int(count) for name, count in zip(FATES, counts, strict=True)}


def books(results: ResultSet | None, firm: str, months: list[str]) -> list[Data]:
    """Rows of the table of books; dashes before the first run is in."""
    rows = []
    for name, columns, factor in BOOKS:
        values = None if results is None else _paths(results, firm, columns) * factor
        cells: list[Data] = [{"words": name}]
        for when in dates(months):
            cells += _spread(None if values is None else values[when].dropna())
        rows.append({"id": name, "cells": cells})
    return rows


def _spread(values: pd.Series | None) -> list[Data]:
    if values is None or values.empty:
        return [{"words": DASH}, {"words": ""}]
    low, middle, high = (float(value) for value in values.quantile([0.1, 0.5, 0.9]))
    places = max(0, decimals([low, middle, high], 2))
    return [{"words": number(middle, places), "value": middle}, {"words": span(low, high, places)}]


def still_there(results: ResultSet, firm: str, months: list[str]) -> str:
    """In how many runs the firm exists at each date, in words."""
    cash, runs = _paths(results, firm, ("cash_usd",)), len(results)
    told = [f"in {cash[when].count()} of {runs} at the end of {month(when, full=True)}" for when in dates(months)]
    return f"It still exists {' and '.join(told)}."


def figure(results: ResultSet, firm: str) -> Figure:
    """Cash and debt through the months, over the runs in which the firm exists."""
    lines = []
    for label, meaning, columns in (("Cash", "money", BOOKS[0][1]), ("Debt", "risk", BOOKS[1][1])):
        values = _paths(results, firm, columns) * 1e-6
        lines.append(_line(label, meaning, values))
    few = len(results) < RUNS_FOR_BANDS
    told = "Pale: single runs" if few else f"Bands: 10{DASH}90 and 25{DASH}75 %"
    return Figure(
        "firm-runs", "Cash and debt", f"Million USD, month end, while it exists. Line: median. {told}.", "M USD",
        "lines", results.months, tuple(lines), len(results), "listed firms start alike",
    )  # fmt: skip


def _line(label: str, meaning: Any, values: pd.DataFrame) -> Line:
    middle = values.median().to_list()
    if len(values) < RUNS_FOR_BANDS:
        return Line(label, meaning, middle, paths=tuple(values.to_numpy().tolist()) if len(values) > 1 else ())
    edges = (values.quantile(share).to_list() for share in (0.1, 0.25, 0.75, 0.9))
    return Line(label, meaning, middle, band=Band(*edges))


def _own(results: ResultSet, firm: str) -> pd.DataFrame:
    table = results.table("firms")
    return table[table["firm"] == firm]


def _paths(results: ResultSet, firm: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """A sum of columns as run x month, not a number where the firm is gone; EBITDA over the 12 months before."""
    own = _own(results, firm)
    values = own.assign(value=own[list(columns)].sum(axis=1)).pivot(index="run", columns="month", values="value")
    alive = own.pivot(index="run", columns="month", values="alive").astype(bool)
    if columns == EBITDA:
        values = (values.T.rolling(12, min_periods=1).mean() * 12).T
    return values.where(alive)
