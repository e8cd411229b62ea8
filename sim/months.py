"""Calendar months: "YYYY-MM" outside, whole numbers inside."""

import re
from calendar import monthrange

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import UserError

FORM = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def is_month(text: str) -> bool:
    """Whether a text is a month written YYYY-MM."""
    return FORM.fullmatch(text) is not None


def month_number(month: str) -> int:
    """Months since year 0 of a "YYYY-MM"; differences of two are month counts, modulo 12 is January = 0.

    Raises UserError for anything else, such as a thirteenth month.
    """
    found = FORM.fullmatch(month)
    if found is None:
        raise UserError(f"{month!r} is no month such as 2027-07.")
    return 12 * int(found[1]) + int(found[2]) - 1


def month_name(number: int) -> str:
    """The "YYYY-MM" of a month number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def phased_in(elapsed: int, ramp_months: ArrayLike) -> NDArray[np.float64]:
    """Share of a measure in force ``elapsed`` months after its first: equal steps over its ramp, 0 before it."""
    return np.clip((elapsed + 1) / np.maximum(ramp_months, 1.0), 0.0, 1.0)


def days_in_month(number: int) -> int:
    """Days of the calendar month with this number."""
    return monthrange(number // 12, number % 12 + 1)[1]
