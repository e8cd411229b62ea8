"""Figures of a comparison, as plain data: effects as strips, their paths over time, how they settle with runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.comparison import Comparison
from experiments.effects import records
from experiments.figures.model import Figure, line
from experiments.figures.palette import Meaning
from experiments.wording import DASH, decimals, month, number, plural
from sim.outcomes import BY_NAME, HEADLINE, Outcome

MEANINGS: dict[str, Meaning] = {
    "network_hashrate": "btc", "hashprice": "money", "mining_power": "btc", "emissions": "power", "firms_btc": "btc",
    "firms_hybrid": "hybrid", "firms_ai": "ai", "hhi_hashrate": "btc", "hhi_ai_mw": "ai", "ai_contracted": "ai",
    "ai_delivered": "ai", "ai_revenue_share": "ai", "ai_rent": "money", "ebitda": "money",
    "listed_in_distress": "risk", "grid_income": "power", "public_revenue": "money", "power_price": "power",
}  # fmt: skip
SHOWN = ("network_hashrate", "emissions", "ai_contracted", "exits_small", "ebitda", "power_price")
SCALES = {"share": 100.0, "0-1": 10_000.0}  # shares change in points, concentration in points of 10,000
UNITS = {
    "0-1": "of 10,000",
    "firms": "",
    "share": "points",
    "Mt CO2": "Mt CO₂",
    "M USD/MW/year": "M USD/MW a year",
    "USD/PH/day": "USD/PH/s a day",
}
NOT_CLEAR, NONE = "no clear change", "no change"
MONTHS_SHOWN = 4


@dataclass(frozen=True)
class Strip:
    """One effect: dot, bar of its interval, hairline of the paired runs' 10 to 90 %; faint where not ``clear``."""

    scenario: str
    effect: float
    ci: tuple[float, float]
    runs: tuple[float, float]
    clear: bool
    words: str


@dataclass(frozen=True)
class StripRow:
    """The effects of all scenarios on one outcome, on one scale around zero."""

    label: str
    unit: str
    group: str
    meaning: Meaning
    reach: float
    strips: tuple[Strip, ...]


@dataclass(frozen=True)
class Strips:
    """A page of effects."""

    title: str
    subtitle: str
    rows: tuple[StripRow, ...]
    footer: str


@dataclass(frozen=True)
class Settling:
    """An effect and its interval by number of runs, or another estimate by what it is made of."""

    title: str
    unit: str
    meaning: Meaning
    runs: list[int]
    effect: list[float]
    low: list[float]
    high: list[float]
    subtitle: str = "Effect by number of runs, 95 %"
    across: str = "runs"


def meaning_of(outcome: str) -> Meaning:
    """Colour of an outcome; exits are risk."""
    return MEANINGS.get(outcome, "risk")


def unit_of(outcome: Outcome) -> str:
    """Unit of a difference of an outcome, in words."""
    return UNITS.get(outcome.unit, outcome.unit)


def signed(value: float, places: int) -> str:
    """A change with its sign: "+1.5", "-0.3", "0"."""
    text = number(value, places)
    return f"+{text}" if round(value, places) > 0 else text


def some_months(months: Iterable[str]) -> list[str]:
    """At most four months, evenly apart, the last among them."""
    found = list(dict.fromkeys(months))
    return [m for k, m in enumerate(reversed(found)) if k % -(-len(found) // MONTHS_SHOWN) == 0][::-1]


def places_of(outcome: Outcome, rows: Sequence[Mapping[str, Any]]) -> int:
    """Decimals for the effects of a row of a table; of firms one at most."""
    scale = SCALES.get(outcome.unit, 1.0)
    places = decimals([scale * float(row["effect"]) for row in rows])
    return min(places, 1) if outcome.unit == "firms" else places


def effect_words(row: Mapping[str, Any], scale: float, places: int) -> tuple[str, str]:
    """An effect of experiments.effects, and its interval ("" where there is none)."""
    effect, low, high = (scale * float(row[key]) for key in ("effect", "ci_low", "ci_high"))
    if low == high == 0.0:
        return NONE, ""
    if low != low:  # one run
        return signed(effect, places), ""
    words = signed(effect, places) if row["clear"] else NOT_CLEAR
    return words, f"{signed(low, places)} to {signed(high, places)}"


def in_words(row: Mapping[str, Any]) -> str:
    """An effect of experiments.effects with its interval: "-8.9 (-9.8 to -8.0)"; shares in points."""
    scale = SCALES.get(row["unit"], 1.0)
    places = decimals(scale * float(row[key]) for key in ("effect", "ci_low", "ci_high"))
    places = min(places, 1) if row["unit"] == "firms" else places
    words, range_ = effect_words(row, scale, places)
    if words == NONE:
        return words
    return f"{words} ({range_ or 'one run, no interval'})"


def strips(comparison: Comparison, at: str | None = None) -> Strips:
    """Effects of all scenarios on the headline outcomes in a month, by default the last."""
    at = at or comparison.months[-1]
    table = comparison.table[comparison.table["month"] == at]
    rows = []
    for outcome in HEADLINE:
        part = table[table["outcome"] == outcome.name]
        reach = float(part[["ci_low", "ci_high", "p10", "p90"]].abs().max().max()) or 1.0
        found = tuple(_strip(row) for row in records(part))
        rows.append(
            StripRow(outcome.label, unit_of(outcome), outcome.group, meaning_of(outcome.name), reach, found)
        )
    against = comparison.scenarios[0] if len(comparison.scenarios) == 1 else "Scenarios"
    return Strips(
        f"{against} against {comparison.baseline}, {month(at, full=True)}",
        "Mean difference between paired runs. Bar: 95 % interval of the mean; hairline: 10"
        f"{DASH}90 % of paired runs; faint: no clear change. Each row has its own scale around zero.",
        tuple(rows),
        _footer(comparison),
    )


def paths(comparison: Comparison, scenario: str, outcomes: tuple[str, ...] | None = None) -> list[Figure]:
    """Effect on each outcome over time: median and spread of the paired differences."""
    names = outcomes or tuple(outcome.name for outcome in HEADLINE)
    return [_path(comparison, scenario, BY_NAME[name]) for name in names]


def settling(comparison: Comparison, scenario: str, outcomes: tuple[str, ...] = SHOWN) -> list[Settling]:
    """How the effects at the end settle with the number of runs."""
    found = []
    for name in outcomes:
        outcome, frame = BY_NAME[name], comparison.convergence(scenario, name)
        values = frame[["effect", "ci_low", "ci_high"]].to_numpy().T * SCALES.get(outcome.unit, 1.0)
        words = (outcome.label, unit_of(outcome), meaning_of(name))
        found.append(Settling(*words, frame["runs"].tolist(), *values.tolist()))
    return found


def _strip(row: Mapping[str, Any]) -> Strip:
    pair = {key: float(row[key]) for key in ("effect", "ci_low", "ci_high", "p10", "p90")}
    return Strip(
        str(row["scenario"]), pair["effect"], (pair["ci_low"], pair["ci_high"]), (pair["p10"], pair["p90"]),
        bool(row["clear"]), in_words(row),
    )  # fmt: skip


def _path(comparison: Comparison, scenario: str, outcome: Outcome) -> Figure:
    difference: pd.DataFrame = comparison.path(scenario, outcome.name) * SCALES.get(outcome.unit, 1.0)
    unit = unit_of(outcome)
    return Figure(
        outcome.name,
        outcome.label,
        f"{scenario} minus {comparison.baseline}, run by run{', ' + unit if unit else ''}. {outcome.text}.",
        unit,
        "lines",
        comparison.months,
        (line("", meaning_of(outcome.name), difference, spread=True),),
        len(difference),
        f"seed {comparison.results[comparison.baseline].meta.get('seed', '')}",
    )


def _footer(comparison: Comparison) -> str:
    meta = comparison.results[comparison.baseline].meta
    told = [f"{plural(comparison.runs, 'run')} each", f"seed {meta['seed']}" if "seed" in meta else ""]
    told.append("assumptions sampled" if meta.get("assumptions") == "sampled" else "")
    return " · ".join(part for part in told if part)


