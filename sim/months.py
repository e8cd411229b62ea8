"""Calendar months: "YYYY-MM" outside, whole numbers inside."""

from calendar import monthrange


def month_number(month: str) -> int:
    """Months since year 0 of a "YYYY-MM"; differences of two are month counts, modulo 12 is January = 0."""
    year, calendar_month = month.split("-")
    return 12 * int(year) + int(calendar_month) - 1


def month_name(number: int) -> str:
    """The "YYYY-MM" of a month number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def days_in_month(number: int) -> int:
    """Days of the calendar month with this number."""
    return monthrange(number // 12, number % 12 + 1)[1]
