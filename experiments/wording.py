"""Numbers and months in words, the same in the terminal, in charts and on pages."""

from __future__ import annotations

import math
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
MOST_DECIMALS = 3
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_IN_FULL = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """Decimals that give the largest of the values ``digits`` significant digits; below zero: tens, hundreds.

    One answer for a whole row, so that a value and its interval carry the same decimals.
    """
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    if largest == 0.0:
        return 0
    places = min(MOST_DECIMALS, digits - 1 - math.floor(math.log10(largest)))
    # 99.96 with one decimal would read 100.0
    return places - 1 if places > 0 and round(largest, places) >= 10 ** (digits - places) else places


def number(value: float, places: int) -> str:
    """1270.4 with -1 decimals -> "1,270"; a true minus sign; an en dash for what is not a number."""
    if not math.isfinite(value):
        return DASH
    rounded = round(value, places)
    text = f"{abs(rounded):,.{max(places, 0)}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def span(low: float, high: float, places: int) -> str:
    """A range: "1,050 to 1,480" with an en dash, or with the word where a minus sign would blur it."""
    words = number(low, places), number(high, places)
    return f" {'to'} ".join(words) if MINUS in "".join(words) else DASH.join(words)


def month(name: str, full: bool = False) -> str:
    """2030-12 -> "Dec 2030", in full "December 2030"."""
    names = MONTHS_IN_FULL if full else MONTHS
    return f"{names[int(name[5:7]) - 1]} {name[:4]}"


def plural(count: int, noun: str) -> str:
    """1 run, 32 runs, 1,000 runs."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
