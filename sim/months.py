"""Calendar months: "YYYY-MM" outside, whole numbers inside."""

from calendar import monthrange

import numpy as np
from numpy.typing import ArrayLike, NDArray


def month_number(month: str) -> int:
    """Months since year 0 of a "YYYY-MM"; differences of two are month counts, modulo 12 is January = 0."""
    year, calendar_month = month.split("-")
    return 12 * int(year) + int(calendar_month) - 1


def month_name(number: int) -> str:
    """The "YYYY-MM" of a month number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def phased_in(elapsed: int, ramp_months: ArrayLike) -> NDArray[np.float64]:
    """Share of a measure in force ``elapsed`` months after its first: equal steps over its ramp, 0 before it."""
    return np.clip((elapsed + 1) / np.maximum(ramp_months, 1.0), 0.0, 1.0)


def days_in_month(number: int) -> int:
    """Days of the calendar month with this number."""
    return monthrange(number // 12, number % 12 + 1)[1]
