"""Figures of a sweep's analysis, as plain data: rows of marks on a common scale, and a search's trade-off."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.discovery import Box, Discovery
from experiments.figures.paired import Settling
from experiments.figures.palette import Meaning
from experiments.robustness import Robustness, unit_of
from experiments.sensitivity import Sensitivity
from experiments.wording import decimals, month, number, plural
from sim.outcomes import BY_NAME

SHOWN = 10  # rows of a panel
SETTLING_AXES, SETTLING_PANELS = 3, 24
SETTLING_WORDS = {"sobol": "total index", "morris": "mean effect", "ranks": "partial rank correlation"}
WORDS_OF_METHOD = {
    "sobol": "Dot and bar: share of the variance the axis has a part in (total index), 95 %. Pale dot: alone.",
    "morris": "Dot and bar: mean absolute effect of the axis over its range, 95 %. Pale dot: standard deviation.",
    "ranks": "Dot and bar: partial rank correlation, the other axes taken out, 95 %. Pale dot: rank correlation.",
}


@dataclass(frozen=True)
class Mark:
    """A dot with, if known, its interval; pale where it is the second of a row."""

    value: float
    low: float | None = None
    high: float | None = None
    pale: bool = False


@dataclass(frozen=True)
class Row:
    """A labelled row: dots, or a ``bar`` from one value to another; ``words`` stand at its right."""

    label: str
    words: str
    marks: tuple[Mark, ...] = ()
    bar: tuple[float, float] | None = None


@dataclass(frozen=True)
class Panel:
    """Rows on one scale from ``low`` to ``high``."""

    title: str
    subtitle: str
    meaning: Meaning
    rows: tuple[Row, ...]
    low: float
    high: float
    footer: str
    ticks: bool = True


@dataclass(frozen=True)
class TradeOff:
    """Coverage against density at each step of a search, and the step taken."""

    title: str
    subtitle: str
    steps: tuple[tuple[float, float], ...]
    chosen: int
    interest: float
    meaning: Meaning
    footer: str


def meaning_of(outcome: str) -> Meaning:
    """Colour of an outcome, by what it counts."""
    starts: dict[str, Meaning] = {"exits": "risk", "listed": "risk", "ai_": "ai", "firms_ai": "ai", "hhi_ai": "ai"}
    found = (meaning for start, meaning in starts.items() if outcome.startswith(start))
    units: dict[str, Meaning] = {"Mt CO2": "power", "USD/MWh": "power", "bn USD": "money", "M USD": "money"}
    return next(found, units.get(unit_of(outcome), "btc"))


def sensitivity_panels(found: Sensitivity) -> list[Panel]:
    """One panel per outcome (and combination of levers): its axes, the most important first."""
    levers = [axis.key for axis in found.design.levers]
    panels = []
    for key, rows in found.table.groupby([*levers, "outcome"], sort=False):
        parts = list(key) if isinstance(key, tuple) else [key]
        name = str(parts[-1])
        lead, second, measure = found.leading, found.second, found.measure
        top = rows.head(SHOWN)
        high = top[[f"{lead}_high", second]].to_numpy(float).max() if measure == "morris" else 1.0
        places = decimals([high]) if measure == "morris" else 2
        made = tuple(
            Row(
                str(row["axis"]),
                number(row[lead], places),
                (Mark(row[second], pale=True), Mark(row[lead], row[f"{lead}_low"], row[f"{lead}_high"])),
            )
            for row in top.to_dict(orient="records")
        )
        unit = f" Unit: {unit_of(name)}." if measure == "morris" and unit_of(name) else ""
        where = ", ".join(str(part) for part in parts[:-1])
        panels.append(
            Panel(
                label_of(name) + (f" ({where})" if where else ""),
                WORDS_OF_METHOD[measure] + unit,
                meaning_of(name),
                made,
                -1.0 if measure == "ranks" else 0.0,
                high,
                _footer(found, len(rows)),
            )
        )
    return panels


def settling_panels(found: Sensitivity) -> list[Settling]:
    """How the leading index of the most important axes settles with the samples, outcome by outcome."""
    levers = [axis.key for axis in found.design.levers]
    keys, panels = [*levers, "outcome"], []
    leading = {key: rows["axis"].head(SETTLING_AXES).tolist() for key, rows in found.table.groupby(keys, sort=False)}
    across = {"sobol": "samples", "morris": "trajectories", "ranks": "points"}[found.measure]
    for key, rows in found.settling.groupby(keys, sort=False):
        *chosen, name = key if isinstance(key, tuple) else (key,)
        for axis in leading[key]:
            part = rows[rows["axis"] == axis]
            if len(part) < 2:
                continue
            value, low, high = (part[column].astype(float).tolist() for column in ("value", "low", "high"))
            where = f" ({', '.join(map(str, chosen))})" if chosen else ""
            unit = unit_of(str(name)) if found.measure == "morris" else ""
            panels.append(Settling(
                axis, unit, meaning_of(str(name)), part["samples"].tolist(), value, low, high,
                subtitle=f"{label_of(str(name))}{where}: {SETTLING_WORDS[found.measure]}, 95 %", across=across,
            ))  # fmt: skip
    return panels[:SETTLING_PANELS]


def trade_off(found: Discovery) -> TradeOff:
    """The search for the first box."""
    return TradeOff(
        f"Where {found.condition}",
        "Each dot is a step of the search for the first box: the share of all such cases inside (coverage) and the "
        "share of such cases among those inside (density). Ringed: the step taken.",
        tuple(zip(found.trade_off["coverage"], found.trade_off["density"], strict=True)),
        found.chosen,
        found.interest,
        meaning_of(found.condition.outcome),
        f"{found.cases:,} cases, {100 * found.interest:.0f} % of interest · {month_words(found.month)}",
    )


def box_panel(box: Box, place: int, found: Discovery) -> Panel:
    """The ranges of a box within those of the axes (0 to 1 is an axis's whole range)."""
    rows = []
    for limit in box.limits:
        if limit.full is None:
            rows.append(Row(limit.axis, " or ".join(limit.values)))
            continue
        low, high = limit.full
        start = low if limit.low is None else limit.low
        end = high if limit.high is None else limit.high
        width = high - low
        rows.append(Row(limit.axis, limit.range_words, bar=((start - low) / width, (end - low) / width)))
    shares = f"Coverage {100 * box.coverage:.0f} %, density {100 * box.density:.0f} %"
    told = f"{shares}, {100 * box.mass:.0f} % of all cases."
    return Panel(
        f"Box {place}", f"{told} Bar: the box within each axis's whole range.", meaning_of(found.condition.outcome),
        tuple(rows), 0.0, 1.0, f"{found.condition} · {month_words(found.month)}", ticks=False,
    )  # fmt: skip


def robustness_panels(found: Robustness) -> list[Panel]:
    """Regret and satisficing of each policy."""
    panels, footer = [], f"{plural(found.futures, 'future')} · {month_words(found.month)}"
    rows = found.table.head(SHOWN).to_dict(orient="records")
    if found.outcome:
        high = float(found.table["max_regret"].max()) or 1.0
        places = decimals([high])
        made = tuple(
            Row(
                str(row["policy"]),
                f"worst {number(row['max_regret'], places)}",
                (Mark(row["p90_regret"], pale=True), Mark(row["mean_regret"], row["mean_regret"], row["max_regret"])),
            )
            for row in rows
        )
        unit = f", {unit_of(found.outcome)}" if unit_of(found.outcome) else ""
        panels.append(
            Panel(
                f"Regret in {label_of(found.outcome)}{unit}",
                f"How far a policy stays behind the best of each future ({found.goal} is good). Dot: mean; pale dot: "
                f"90 %; bar: up to the worst future.",
                meaning_of(found.outcome), made, 0.0, high, footer,
            )
        )  # fmt: skip
    if found.conditions:
        made = tuple(
            Row(str(row["policy"]), f"{100 * row['satisficing']:.0f} %", (Mark(row["satisficing"]),)) for row in rows
        )
        told = " and ".join(str(one) for one in found.conditions)
        panels.append(
            Panel("Satisficing", f"Share of futures in which {told}.", "power", made, 0.0, 1.0, footer)
        )
    return panels


def label_of(outcome: str) -> str:
    """Outcome in words; a column of ``sector`` by its name."""
    return BY_NAME[outcome].label if outcome in BY_NAME else outcome


def month_words(name: str | None) -> str:
    """The month of an analysis in words."""
    return month(name) if name else "at the end"


def _footer(found: Sensitivity, axes: int) -> str:
    design = found.design
    size = plural(design.points["sample"].nunique(), "point")
    more = f" · {SHOWN} of {axes} axes" if axes > SHOWN else ""
    return f"{size}, {plural(design.runs, 'run')} each{more} · {month_words(found.month)}"
