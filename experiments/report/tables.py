"""Parts of a report as plain values that the templates set: tables, pictures, sections."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.wording import DASH, decimals, number, span


@dataclass(frozen=True)
class Table:
    """Heads and rows. A row of one cell is a subheading; a cell (value, range) shows the range below.

    ``left`` are the columns of words, the others are set right; ``note`` stands below.
    """

    heads: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    left: tuple[int, ...] = (0,)
    note: str = field(default="")


@dataclass(frozen=True)
class Picture:
    """A PNG as a data address, with words for those who do not see it."""

    source: str
    words: str

    @classmethod
    def of(cls, file: Path, words: str) -> Picture:
        """The picture of a file; raises OSError if it cannot be read."""
        return cls("data:image/png;base64," + base64.b64encode(file.read_bytes()).decode(), words)


@dataclass(frozen=True)
class Section:
    """A part of the page: words, tables each under a heading ("" for none), pictures."""

    title: str
    text: str = ""
    tables: tuple[tuple[str, Table], ...] = ()
    pictures: tuple[Picture, ...] = ()


def cell(value: float, places: int) -> str:
    """A number of a table; an en dash for none."""
    return number(float(value), places)


def percent(value: float | None) -> str:
    """A share in whole per cent; an en dash for none."""
    return DASH if value is None or value != value else f"{100 * value:.0f} %"


def numbers(values: Sequence[float]) -> list[str]:
    """Numbers of one row with the same decimals."""
    places = decimals(values)
    return [number(value, places) for value in values]


def with_range(row: Mapping[str, Any], name: str, places: int) -> tuple[str, str]:
    """A value with its interval below: columns NAME, NAME_low, NAME_high; null where there is none."""
    keys = name, f"{name}_low", f"{name}_high"
    value, low, high = (float("nan") if row[key] is None else row[key] for key in keys)
    return number(value, places), "" if low != low or high != high else span(low, high, places)


def pictures_of(folder: Path, words: Mapping[str, str]) -> tuple[Picture, ...]:
    """The pictures of these names that are in a folder."""
    return tuple(Picture.of(folder / name, text) for name, text in words.items() if (folder / name).exists())
