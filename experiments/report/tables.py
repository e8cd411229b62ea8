"""Tables of a report: plain rows that the template sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.wording import number


@dataclass(frozen=True)
class Table:
    """Heads and rows. A row of one cell is a subheading; a cell (value, range) shows the range below.

    ``left`` are the columns of words, the others are set right; ``note`` stands below.
    """

    heads: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    left: tuple[int, ...] = (0,)
    note: str = field(default="")


def cell(value: float, places: int) -> str:
    """A number of a table; an en dash for none."""
    return number(float(value), places)
