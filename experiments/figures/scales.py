"""From data to places on a figure: axes with few, round grid lines, ticks of time, and labels kept apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.wording import MONTHS, number

STEPS = (1.0, 2.0, 2.5, 3.0, 5.0, 10.0, 20.0)
LABEL_GAP = 14.0  # px between the baselines of neighbouring labels


@dataclass(frozen=True)
class Axis:
    """A vertical axis: the values at its ends, its grid lines with their words, linear or logarithmic."""

    low: float
    high: float
    ticks: list[float]
    words: list[str]
    log: bool = False

    def place(self, values: ArrayLike) -> NDArray[np.float64]:
        """Values as a share of the height, 0 at the bottom."""
        data = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        if self.log:
            return np.log(data / self.low) / math.log(self.high / self.low)
        return (data - self.low) / (self.high - self.low)


def linear_axis(low: float, high: float, *, percent: bool = False, whole: bool = False, tight: bool = False) -> Axis:
    """Zero included, round grid lines, three to five steps; ends at a grid line unless ``tight``."""
    low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        high = 1.0
    step, first, last = _round_steps(low, high, whole)
    ticks = [n * step for n in range(first, last + 1)]
    if tight and high - low > step:
        ticks = [tick for tick in ticks if tick <= high]
    top = high if tight else ticks[-1]
    return Axis(min(ticks[0], low), top, ticks, _tick_words(ticks, step, percent))


def log_axis(low: float, high: float) -> Axis:
    """From one 1-2-5 step to another, every such step labelled."""
    steps = [m * 10.0**e for e in range(-9, 16) for m in (1, 2, 5)]
    first = max(i for i, step in enumerate(steps) if step <= low * (1 + 1e-9))
    last = min(i for i, step in enumerate(steps) if step >= high * (1 - 1e-9))
    ticks = steps[first : max(last, first + 1) + 1]
    return Axis(
        ticks[0], ticks[-1], ticks, [number(tick, max(0, -math.floor(math.log10(tick)))) for tick in ticks], True
    )


def years(months: Sequence[str]) -> NDArray[np.float64]:
    """Months as fractions of years: 2026-07 is 2026.5."""
    return np.array([int(m[:4]) + (int(m[5:7]) - 1) / 12 for m in months])


def time_ticks(months: Sequence[str]) -> list[tuple[float, str]]:
    """Places and words of a time axis: every second year, every year, or quarters when the time is short."""
    count = len(months)
    if count >= 24:
        every = 2 if count > 60 else 1
        return [
            (float(x), m[:4])
            for x, m in zip(years(months), months, strict=True)
            if m.endswith("-01") and int(m[:4]) % every == 0
        ]
    every = 1 if count <= 6 else 3
    return [
        (float(x), f"{MONTHS[int(m[5:7]) - 1]} {m[:4]}")
        for x, m in zip(years(months), months, strict=True)
        if (int(m[5:7]) - 1) % every == 0
    ][:: 2 if count > 15 else 1]


def push_apart(places: Sequence[float], low: float, high: float, gap: float = LABEL_GAP) -> list[float]:
    """The nearest places in the same order that are ``gap`` apart; inside low..high where there is room."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    groups: list[tuple[float, int]] = []  # labels that touch: their middle, their number
    for i in order:
        middle, count = min(max(places[i], low), high), 1
        while groups and middle - groups[-1][0] < gap * (count + groups[-1][1]) / 2:
            other, more = groups.pop()
            middle, count = (middle * count + other * more) / (count + more), count + more
            reach = gap * (count - 1) / 2
            middle = max(low + reach, min(high - reach, middle))
        groups.append((middle, count))
    moved = [middle + gap * (k - (count - 1) / 2) for middle, count in groups for k in range(count)]
    return [moved[order.index(i)] for i in range(len(places))]


def _round_steps(low: float, high: float, whole: bool) -> tuple[float, int, int]:
    """The round step that wastes least of the axis, and its multiples at the ends."""
    power = 10.0 ** math.floor(math.log10((high - low) / 5))
    steps = [s * power for s in STEPS if not whole or (s * power).is_integer()] or [1.0]
    ends = [(step, math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)) for step in steps]

    def badness(end: tuple[float, int, int]) -> tuple[bool, float, int, int]:
        step, count = end[0], end[2] - end[1]
        return not 3 <= count <= 5, round(count * step / power, 6), abs(count - 4), count

    return min(ends, key=badness)


def _tick_words(ticks: Sequence[float], step: float, percent: bool) -> list[str]:
    scale, sign = (100.0, " %") if percent else (1.0, "")
    step *= scale
    places = next(n for n in range(20) if abs(round(step, n) - step) < 1e-9 * step)
    return [number(tick * scale, places) + sign for tick in ticks]
