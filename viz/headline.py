"""Headline cards: a figure of a scenario, its spread, and its paired change against the baseline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.figures.model import RUNS_FOR_BANDS
from experiments.figures.palette import Meaning
from experiments.figures.scales import linear_axis
from experiments.wording import DASH, MINUS, decimals, number
from sim.outcomes import REVENUE, over_12_months, total
from sim.results import ResultSet

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
NO_CHANGE = "no clear change"
SIZES = ("small", "medium", "large", "mega")


@dataclass(frozen=True)
class Headline:
    """One figure per run. ``name`` has {end} and {year} for the last month; ``relative`` tells changes in %."""

    key: str
    name: str
    unit: str
    meaning: Meaning
    goto: str  # the chart that shows its course
    compute: Callable[[ResultSet], pd.Series]
    relative: bool = False
    whole: bool = False


def _last(frame: pd.DataFrame) -> pd.Series:
    return frame.iloc[:, -1]


def _delivered(results: ResultSet) -> pd.Series:
    return _last(results.series("ai_delivered_mw")) / 1000


def _closed(results: ResultSet) -> pd.Series:
    return results.series("exits").sum(axis=1)


def _hashrate(results: ResultSet) -> pd.Series:
    return _last(results.series("network_hashrate_ehs"))


def _revenue(results: ResultSet) -> pd.Series:
    return _last(over_12_months(total(results, REVENUE))) / 1e9


def _emissions(results: ResultSet) -> pd.Series:
    return results.series("emissions_mtco2").sum(axis=1)


HEADLINES = (
    Headline("delivered", "AI capacity delivered, {end}", "GW", "ai", "ai-capacity", _delivered),
    Headline("closed", "Firms closed or liquidated", "firms", "risk", "exits", _closed, whole=True),
    Headline("hashrate", "Network hashrate, {end}", "EH/s", "btc", "hashrate", _hashrate, relative=True),
    Headline("revenue", "Sector revenue, {year}", "bn USD", "money", "revenue", _revenue),
    Headline("emissions", "Emissions, {span}", "Mt CO₂", "power", "emissions", _emissions),
)


def firms_ever(results: ResultSet) -> int:
    """Firms there at the start or since, median over runs."""
    return round(float(sum(_last(results.series("firms_ever", "classes", size=size)).median() for size in SIZES)))


def paired(base: pd.Series, other: pd.Series) -> pd.Series:
    """Differences run by run, of the runs that both have."""
    both = base.index.intersection(other.index)
    return other[both] - base[both]


def cards(results: ResultSet | None, base: ResultSet | None, scale: ResultSet | None) -> list[dict[str, Any]]:
    """All cards as plain data; ``base`` None when there is nothing to compare with, ``scale`` sets the strips."""
    return [_card(headline, results, base, scale) for headline in HEADLINES]


def _card(
    headline: Headline, results: ResultSet | None, base: ResultSet | None, scale: ResultSet | None
) -> dict[str, Any]:
    card: dict[str, Any] = {
        "name": _named(headline, results or scale),
        "meaning": headline.meaning,
        "goto": headline.goto,
        "figure": DASH,
        "unit": headline.unit,
        "strip": None,
        "base": None,
        "change": "waiting for the first run" if scale is None else "",
        "interval": "",
    }
    place = _scale(headline.compute(scale)) if scale is not None else None
    if base is not None and place is not None:
        card["base"] = place(float(headline.compute(base).median()))
    if results is None or place is None:
        return card
    values = headline.compute(results)
    median = float(values.median())
    card["figure"] = _figure(median, headline.whole)
    if headline.whole:
        card["unit"] = f"of {firms_ever(results):,}"
    quantile = values.quantile(SHARES).to_list()
    names = ("p10", "p25", "median", "p75", "p90")
    enough = len(values) >= RUNS_FOR_BANDS
    card["strip"] = {
        name: place(value) if enough or name == "median" else None
        for name, value in zip(names, quantile, strict=True)
    }
    return card | _change(headline, values, base)


def _change(headline: Headline, values: pd.Series, base: ResultSet | None) -> dict[str, str]:
    """Change in words with its interval, 10 to 90 % of paired differences; nothing for the baseline itself."""
    if base is None:
        spread = values.quantile([0.1, 0.9]).to_list()
        if len(values) < RUNS_FOR_BANDS:
            return {"change": "", "interval": f"{len(values)} runs, interval to come"}
        told = " to ".join(_figure(value, headline.whole) for value in spread)
        return {"change": "", "interval": f"10\N{EN DASH}90 %: {told}"}
    before = headline.compute(base)
    differences = paired(before, values)
    if not len(differences):
        return {"change": "", "interval": "baseline to come"}
    unit = _short_unit(headline.unit)
    if headline.relative:
        differences, unit = 100 * differences / before[differences.index], "%"
    low, middle, high = differences.quantile([0.1, 0.5, 0.9]).to_list()
    places = 0 if headline.whole or headline.relative else decimals([middle, low, high], 2)
    if len(differences) < RUNS_FOR_BANDS:
        interval = "interval to come"
        return {"change": f"{signed(middle, places)} {unit}", "interval": interval}
    interval = f"({signed(low, places)} to {signed(high, places)})"
    if low <= 0 <= high:
        return {"change": NO_CHANGE, "interval": interval}
    return {"change": f"{signed(middle, places)} {unit}", "interval": interval}


def signed(value: float, places: int) -> str:
    """A change: always with its sign, but 0 without."""
    text = number(value, places)
    return text if text.startswith(MINUS) or not float(text.replace(",", "")) else f"+{text}"


def _short_unit(unit: str) -> str:
    return "bn" if unit == "bn USD" else "Mt" if unit == "Mt CO₂" else unit


def _figure(value: float, whole: bool) -> str:
    return number(value, 0 if whole else decimals([value], 3 if abs(value) >= 100 else 2))


def _named(headline: Headline, results: ResultSet | None) -> str:
    if results is None:
        return headline.name.partition(",")[0]
    first, last = results.months[0], results.months[-1]
    return headline.name.format(
        end=f"end {last[:4]}" if last.endswith("-12") else last,
        year=last[:4] if last.endswith("-12") else "12 months",
        span=f"{first[:4]}\N{EN DASH}{last[:4]}",
    )


def _scale(values: pd.Series) -> Callable[[float], float]:
    """Place of a value on a strip in %, by the baseline's spread, so that the dot moves and not the scale."""
    low, high = (float(edge) for edge in np.quantile(values, [0.02, 0.98]))
    room = max(high - low, 0.4 * abs(float(values.median())), 1e-9)
    axis = linear_axis(0.0, high + 0.75 * room)
    least = 0.0 if low - 0.75 * room <= 0.25 * axis.high else math.floor((low - 0.75 * room) / room) * room
    return lambda value: round(100 * min(1.0, max(0.0, (value - least) / (axis.high - least))), 2)
