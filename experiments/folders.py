"""Folders of experiments that hold several simulations: whose they are, and when they are complete.

A JSON file marks such a folder. It is written first, with what the folder is for, and again last, with the results
and ``finished``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.store import write_whole
from sim.errors import UserError

HOLDS = "holds"


def refuse_foreign(folder: Path, marker: str) -> None:
    """Raise UserError if there is something in the folder, but not its marker."""
    if not folder.exists() or (folder / marker).exists():
        return
    # a process killed at its very beginning leaves an unfinished marker under its temporary name
    if not folder.is_dir() or any(not path.name.startswith(f".{marker}.") for path in folder.iterdir()):
        raise UserError(f"{folder} exists and holds something else: choose another --out.")


def claim(folder: Path, marker: str, holds: Sequence[str]) -> None:
    """Make a folder for these parts, or go on in it; raises UserError if it holds something else."""
    file = folder / marker
    refuse_foreign(folder, marker)
    if file.exists():
        there = _read(file)[HOLDS]
        if there != list(holds):
            raise UserError(f"{folder} holds {', '.join(map(str, there))}: choose another --out.")
        return
    for leftover in folder.glob(f".{marker}.*"):
        leftover.unlink(missing_ok=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be created ({error.strerror}): choose another --out.") from None
    _write(file, {HOLDS: list(holds), "finished": False})


def finish(folder: Path, marker: str, holds: Sequence[str], results: Mapping[str, Any]) -> None:
    """Write the results into the marker, which says that the folder is complete."""
    _write(folder / marker, {HOLDS: list(holds), "finished": True} | dict(results))


def read_finished(folder: Path, marker: str) -> dict[str, Any]:
    """The results in the marker; raises UserError if it cannot be read, or the folder is not complete."""
    told = _read(folder / marker)
    if not told.get("finished"):
        raise UserError(f"{folder} is not finished: start the same command again.")
    return told


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = None
    if not isinstance(told, dict) or HOLDS not in told:
        raise UserError(f"{file} cannot be read: remove the folder and run again.")
    return told


def known(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: null for what is not a finite number."""
    return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in row.items()}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8"))
