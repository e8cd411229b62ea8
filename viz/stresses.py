"""What the page of stress tests shows, away from Solara: the heat map, what breaks first, choices of the date."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from experiments.figures.model import Figure, Line
from experiments.shocks import DEFINITIONS, scaled
from experiments.stress import HIGHEST_SEVERITY as MOST_SEVERE
from experiments.stress import StressResult
from experiments.wording import DASH, month, number, plural
from sim.months import month_name, month_number
from sim.scenario import Scenario
from viz.firms import SIZE

Data = dict[str, Any]
STEPS = (0.05, 0.2, 0.4, 0.6, 0.8)  # probabilities from which a cell is one step darker
FOLLOWED = 24  # months after the shock
LEAST_FOLLOWED = 6
SHADES = (1.0, 0.75, 0.55, 0.4)
UNTIL = ("0.05", "0.1", "0.25", "0.5")  # shares of the hashrate that a reverse test may ask for


def dates(scenario: Scenario) -> list[str]:
    """Months in which a shock may strike: every quarter that leaves time to follow it."""
    start, months = month_number(scenario.world.start), scenario.world.months
    last = max(1, months - min(FOLLOWED, max(LEAST_FOLLOWED, months // 2)))
    return [month_name(start + k) for k in range(min(3, last), last + 1, 3)]


def usual_date(scenario: Scenario) -> str:
    """A year after the start, or the latest that leaves time."""
    found = dates(scenario)
    wanted = month_name(month_number(scenario.world.start) + 12)
    return wanted if wanted in found else found[-1]


def followed(scenario: Scenario, date: str) -> int:
    """Months that can be followed from a date."""
    left = month_number(scenario.world.start) + scenario.world.months - month_number(date)
    return min(FOLLOWED, left)


def label(name: str) -> str:
    """coin-crash as "Coin crash"."""
    return name.replace("-", " ").capitalize()


def heat(result: StressResult, listed: bool) -> tuple[list[str], list[Data]]:
    """Columns and rows of the heat map: size classes first, then firms, the most shaken on top."""
    table = result.firms
    shocks = [str(name) for name in table["shock"].unique()]
    rows = [_class_row(table, size, shocks) for size in SIZE if (table["size"] == size).any()]
    kept = table[table["listed"]] if listed else table[table["hashrate_ehs"] > 0]
    order = kept.groupby("firm")["probability"].max().sort_values(ascending=False).index
    by_cell = {(row["shock"], row["firm"]): row for row in kept.to_dict("records")}
    for firm in order:
        cells = [by_cell.get((shock, firm)) for shock in shocks]
        first = next(cell for cell in cells if cell is not None)
        rows.append(
            {
                "name": str(firm),
                "open": str(firm),
                "under": SIZE[first["size"]],
                "cells": [_cell(cell) for cell in cells],
            }
        )
    return [label(shock) for shock in shocks], rows


def _class_row(table: pd.DataFrame, size: str, shocks: list[str]) -> Data:
    own = table[table["size"] == size]
    count = own["firm"].nunique()
    parts = [own[own["shock"] == shock] for shock in shocks]
    cells = [_shaded(float(p["probability"].mean()), float(p["baseline_probability"].mean()), "") for p in parts]
    return {"name": f"All firms {SIZE[size]}", "open": "", "under": plural(count, "firm"), "cells": cells}


def _cell(row: dict[Any, Any] | None) -> Data:
    if row is None:
        return {"words": DASH, "step": 0, "told": "not there at the date"}
    cause = f" First sign: {row['first_cause']}." if row["first_cause"] else ""
    months = row["months_to_failure"]
    fails = f" Where it fails, after {months:.0f} months." if math.isfinite(months) else ""
    low, high = (number(100 * row[f"probability_{end}"], 0) for end in ("low", "high"))
    chance = f" So many runs leave {low}{DASH}{high} % possible (95 %)."
    return _shaded(float(row["probability"]), float(row["baseline_probability"]), f"{chance}{cause}{fails}")


def _shaded(probability: float, calm: float, more: str) -> Data:
    told = f"{100 * probability:.0f} % in distress, {100 * calm:.0f} % without the shock.{more}"
    return {"words": f"{100 * probability:.0f} %", "step": sum(probability >= s for s in STEPS), "told": told}


SECTOR_COLUMNS = (
    {"name": "Shock", "left": True},
    {"name": "Breaks first", "left": True},
    {"name": "Firms in distress"},
    {"name": "Firms failed"},
    {"name": "Hashrate of firms that fail", "unit": "%"},
    {"name": "Lowest hashprice", "unit": "USD/PH/day"},
    {"name": "EBITDA", "unit": "bn USD"},
    {"name": "Worst month"},
)


def first_told(words: str) -> str:
    """ "medium BTC firms (+13 points)" with its sizes in MW."""
    size, _, rest = words.partition(" ")
    kind, _, more = rest.partition(" (")
    return f"{kind} of {SIZE[size]} ({more}" if size in SIZE and more else words or "no group"


def sector(result: StressResult) -> list[Data]:
    """Rows of the table of the sector, the run without a shock first."""
    rows = []
    for row in result.sector.to_dict("records"):
        calm = row["shock"] == "none"
        words = (
            "No shock" if calm else label(str(row["shock"])),
            "" if calm else first_told(str(row["breaks_first"])),
            f"{number(row['firms_in_distress'], 0)} of {number(row['firms'], 0)}",
            number(row["firms_failed"], 1),
            number(100 * row["failed_hashrate_share"], 0),
            number(row["hashprice_low"], 1),
            number(row["ebitda_usd"] / 1e9, 1),
            month(row["worst_month"]) if row["worst_month"] else DASH,
        )
        rows.append({"id": str(row["shock"]), "cells": [{"words": text} for text in words]})
    return rows


# ------------------------------------------------------------------ what strikes, and how severe it must be

STRUCK_COLUMNS = (
    {"name": "Shock", "left": True}, {"name": "What it moves", "left": True}, {"name": "To"},
    {"name": "After", "unit": "months"}, {"name": "For", "unit": "months"},
)  # fmt: skip
REVERSE_COLUMNS = (
    {"name": "Shock", "left": True}, {"name": "Severity needed"}, {"name": "What that is", "left": True},
)  # fmt: skip
MOVED = {
    "coin_price": "Coin price", "power_price": "Power price", "rent": "Rents of new leases", "gpu_rent": "GPU rents",
    "ai_demand": "AI demand", "credit_spread": "Cost of loans", "ltc": "Part that lenders finance",
    "equity_multiple": "Price of shares", "tenant_default": "Tenants without investment grade that fail",
}  # fmt: skip


def size_told(kind: str, size: float, severity: float) -> str:
    """A shock's part at a severity: "50 %" of what it would be, "+6.0 points", "25 % of them"."""
    value = 100 * scaled(kind, size, severity)
    if kind == "credit_spread":
        return f"+{number(value, 1)} points"
    return f"{number(value, 0)} %{' of them' if kind == 'tenant_default' else ''}"


def struck(names: list[str], severity: float) -> list[Data]:
    """What each chosen shock moves at a severity; factors are per cent of what would be without it."""
    rows = []
    for name in names:
        for place, part in enumerate(DEFINITIONS[name].parts):
            words = (
                "" if place else label(name), MOVED.get(part.kind, part.kind.replace("_", " ").capitalize()),
                size_told(part.kind, part.size, severity), str(part.after + part.ramp_months), str(part.months),
            )  # fmt: skip
            rows.append({"id": f"{name}-{place}", "cells": [{"words": text} for text in words]})
    return rows


def reverse(result: StressResult) -> list[Data]:
    """How severe each shock must be until the asked share of the hashrate fails."""
    rows = []
    for row in result.reverse.to_dict("records"):
        name, severity = str(row["shock"]), float(row["severity"])
        if not math.isfinite(severity):
            failed = number(100 * float(row["failed_hashrate_share"]), 0)
            words = f"above {MOST_SEVERE:g}", f"At severity {MOST_SEVERE:g}, {failed} % of the hashrate fails."
        elif severity == 0:
            words = "none", "As much fails without it."
        else:
            parts = (
                f"{MOVED[p.kind].lower()} {size_told(p.kind, p.size, severity)}" for p in DEFINITIONS[name].parts
            )
            told = ", ".join(parts)
            words = number(severity, 1), f"{told[0].upper()}{told[1:]}"
        cells: list[Data] = [{"words": label(name)}, {"words": words[0]}, {"words": words[1]}]
        rows.append({"id": name, "cells": cells})
    return rows


def course(result: StressResult) -> Figure:
    """Firms that failed since the date, month by month: the shocks with most failures, and without a shock."""
    by_shock = result.months.pivot(index="month", columns="shock", values="failures").cumsum()
    order = by_shock.drop(columns="none").iloc[-1].sort_values(ascending=False).index
    worst = zip(order, SHADES, strict=False)
    lines = [Line(label(str(name)), "risk", by_shock[name].to_list(), shade) for name, shade in worst]
    calm = Line("No shock", "baseline", by_shock["none"].to_list())
    left = f" The {len(lines)} worst of {len(order)}." if len(order) > len(lines) else ""
    return Figure(
        "failures", "Firms failed since the date", f"Mean of the runs, month by month.{left}",
        "firms", "lines", [str(name) for name in by_shock.index], (*lines, calm), result.runs,
        f"severity {result.severity:g}, seed {result.seed}",
    )  # fmt: skip
