"""What pages ask of the service, and what they get: orders of runs, snapshots of them, calls of functions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.store import code_version
from sim.results import ResultSet
from sim.runs import Assumptions, FirmTables

if TYPE_CHECKING:
    from sim.scenario import Scenario


@dataclass(frozen=True)
class Order:
    """What to simulate. ``firms`` "first" also keeps the firm tables of run 0, "listed" what pages show of listed
    firms over runs; ``keep`` writes to disk.
    """

    scenario: Scenario
    runs: int
    seed: int = 0
    assumptions: Assumptions = "sampled"
    firms: FirmTables = "none"
    keep: bool = False
    data: Path | None = None  # folder whose name tells its content, with tables that replace shipped ones

    @property
    def key(self) -> str:
        """The same for orders that have the same runs, however many."""
        parts = (self.scenario.content_hash()[:20], str(self.seed), self.assumptions, self.firms)
        own = (self.data.name,) if self.data else ()
        return "-".join((*parts, code_version().rpartition("+")[2], *own))


@dataclass(frozen=True)
class Snapshot:
    """Where an ensemble stands. ``results`` holds the runs that are in, None before the first."""

    results: ResultSet | None = None
    done: int = 0
    wanted: int = 0
    share: float = 0.0  # of the wanted run-months, unfinished batches included
    rate: float = 0.0  # runs a second
    first_answer: float | None = None  # seconds from the order
    seconds: float = 0.0
    stopped: bool = False
    failed: int = 0  # runs that ended with an error
    error: str = ""

    @property
    def running(self) -> bool:
        """Whether runs are still to come."""
        return not self.stopped and not self.error and self.done + self.failed < self.wanted


class Task:
    """One call of a function on a worker: ``function(**arguments, on_progress=, should_stop=)``."""

    def __init__(self, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
        self.function = function
        self.arguments = arguments
        self.finished = threading.Event()
        self.stopped = False
        self.share = 0.0
        self.result: Any = None
        self.error = ""

    def stop(self) -> None:
        """Nobody waits for it any more."""
        self.stopped = True

    def settle(self, kind: str, content: Any) -> None:
        """Take what the worker sent last."""
        if kind == "failed":
            self.error = str(content)
        else:
            self.result = content
        self.finished.set()
