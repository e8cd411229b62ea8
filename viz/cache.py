"""Batches of runs kept on disk, so that a baseline is simulated once per version of the code."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.store import write_parquet
from sim.errors import UserError
from sim.results import read_parquet
from sim.runs import Frames

LAST = "sector"  # written last: a batch counts when this table is there


def read_batches(folder: Path) -> dict[tuple[int, int], Frames]:
    """Whole batches of a folder by (first run, number of runs); what cannot be read is left out."""
    found: dict[tuple[int, int], Frames] = {}
    for path in sorted(folder.glob(f"*/{LAST}.parquet")):
        try:
            first, count = (int(part) for part in path.parent.name.split("+"))
            found[first, count] = {table.stem: read_parquet(table) for table in path.parent.glob("*.parquet")}
        except (UserError, ValueError):
            continue
    return found


def write_batch(folder: Path, first: int, count: int, tables: Frames) -> None:
    """Keep one batch; a disk that is full or not ours only costs the next visitor time."""
    place = folder / f"{first:05d}+{count}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name in (*(name for name in tables if name != LAST), LAST):
            _write(place / f"{name}.parquet", name, tables[name])
    except OSError:
        return


def _write(path: Path, table: str, frame: pd.DataFrame) -> None:
    temporary = path.with_suffix(".tmp")
    write_parquet(temporary, table, frame)
    temporary.replace(path)
