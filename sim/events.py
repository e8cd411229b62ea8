"""What happened in a batch: exits, sales, defaults. Noted as arrays, read event by event or as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.arrays import Index

FACTS = {"firm": -1, "site": -1, "region": -1, "tenant": -1, "mw": 0.0, "value": 0.0}  # and what stands for none


class Note(NamedTuple):
    """Events of one kind in month ``t``, of the runs ``run`` (n,); ``facts`` by name (n,), ``words`` about all."""

    t: int
    kind: str
    run: Index
    facts: dict[str, NDArray[Any]]
    words: str = ""


class Event(NamedTuple):
    """One event: rows of firm, site, region and tenant (-1 none), grid MW and USD concerned."""

    run: int
    t: int
    kind: str
    firm: int = -1
    site: int = -1
    region: int = -1
    tenant: int = -1
    mw: float = 0.0
    value: float = 0.0


@dataclass
class Events:
    """The notes of a batch in the order in which things happened; iteration goes through the single events."""

    notes: list[Note] = field(default_factory=list)

    def note(self, t: int, kind: str, run: Index, **facts: NDArray[Any]) -> None:
        """Note events of one kind, none if ``run`` (n,) is empty; ``facts`` (n,) are some of FACTS."""
        if len(run):
            self.notes.append(Note(t, kind, run, facts))

    def __iter__(self) -> Iterator[Event]:
        for t, kind, run, facts, _ in self.notes:
            for k in range(len(run)):
                yield Event(int(run[k]), t, kind, **{name: values[k].item() for name, values in facts.items()})


def columns(notes: Iterable[Note]) -> dict[str, NDArray[Any]]:
    """The events of notes one after the other: place of the ``note`` and ``run``, and all FACTS."""
    notes = list(notes)
    lengths = np.array([len(note.run) for note in notes], dtype=np.int64)
    found = {name: np.full(lengths.sum(), none) for name, none in FACTS.items()}
    for note, end in zip(notes, np.cumsum(lengths), strict=True):
        for name, values in note.facts.items():
            found[name][end - len(note.run) : end] = values
    run = np.concatenate([note.run for note in notes])
    return {"note": np.repeat(np.arange(len(notes)), lengths), "run": run, **found}
