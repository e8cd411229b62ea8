"""Reading fact files, rounding, and the one-word basis."""

from __future__ import annotations

import csv
from pathlib import Path

from sim.tables.schema import BASES

Row = dict[str, str]
Built = list[dict[str, object]]


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV file as dicts of text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def rounded(value: float, digits: int = 4) -> float:
    """The value to so many significant digits."""
    return float(f"{value:.{digits}g}")


def basis_word(text: str) -> str:
    """First word of a fact's basis, as one of ours: what is not known is filled, so it is assumed."""
    word = text.split()[0] if text else ""
    return word if word in BASES else "assumed"


def origin(fact: Row, basis: str) -> dict[str, object]:
    """Basis, source and confidence of a row that rests on one fact; what was never checked is an assumption."""
    if fact["source"].startswith("memory"):
        return {"basis": "assumed", "source": "unverified", "confidence": "low"}
    derived = fact["source"].startswith("derived:")
    return {
        "basis": basis,
        "source": "derived from company reports" if derived else fact["source"].split(" (")[0],
        "confidence": "low" if basis == "assumed" else fact["confidence"],
    }


def as_cell(value: object) -> str:
    """Text of a cell: whole numbers without a point, flags as 0 and 1, never an exponent."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else format(value, ".12f").rstrip("0")
    return str(value)


def add_months(month: str, count: int) -> str:
    """The month so many months later."""
    total = int(month[:4]) * 12 + int(month[5:7]) - 1 + count
    return f"{total // 12}-{total % 12 + 1:02d}"
