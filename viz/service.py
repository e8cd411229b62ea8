"""Runs for pages: worker processes, shared between visitors, that fill ensembles batch by batch.

An ensemble belongs to what is simulated, not to who asked: two visitors of one scenario share its runs. It grows
while somebody watches it, and stops when nobody does. The ensemble with the fewest runs goes first, so that first
answers are quick however many bands are being filled.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.figures.model import RUNS_FOR_BANDS
from sim.results import ResultSet
from sim.runs import Frames, Job, describe, make_job
from viz.cache import read_batches, write_batch
from viz.orders import Order, Snapshot, Task
from viz.settings import settings
from viz.worker import STOP, serve

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess


TABLES = ("sector", "classes", "regions")
FIRM_TABLES = (*TABLES, "firms", "fleet", "contracts", "events", "decisions")
SENT = {"none": TABLES, "first": FIRM_TABLES, "all": FIRM_TABLES, "listed": ("sector", "firms", "events")}
KEPT = 12  # ensembles nobody watches that stay in memory
TRIES = 2  # a batch whose worker dies is tried once more
QUICK = 2  # runs of an ensemble that go before anything else, each on a worker of its own
DIED = "A worker process ended before it was done; memory may be short."
TICK = 0.5  # seconds between looks at the progress
REST = 0.05  # seconds between two snapshots at least
GLANCE = 0.03  # seconds between looks at whether somebody still waits for a batch


@dataclass
class Ensemble:
    """Runs of one order, filled from run 0 on. Guarded by the service's lock."""

    order: Order
    plan: Job
    batches: dict[int, Frames] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    todo: list[tuple[int, ...]] = field(default_factory=list)  # batches to repeat
    claimed: int = 0  # runs handed out, from 0 on
    progress: dict[int, int] = field(default_factory=dict)  # run-months of batches under way, by first run
    watches: list[Watch] = field(default_factory=list)
    tries: dict[int, int] = field(default_factory=dict)
    failed: int = 0
    error: str = ""
    joined: tuple[int, ResultSet] | None = None

    @property
    def wanted(self) -> int:
        """Runs that the most demanding watcher waits for."""
        return max((watch.runs for watch in self.watches if watch.active), default=0)

    def next_batch(self) -> tuple[int, ...] | None:
        """Runs to hand out now: one at first for a quick answer, then as many as bring the bands, then more still,
        for a batch costs much before its runs.
        """
        if self.error:
            return None
        if self.todo and self.wanted:
            return self.todo.pop()
        first = self.claimed
        size = 1 if first < QUICK else (RUNS_FOR_BANDS - QUICK) // 2 if first < RUNS_FOR_BANDS else 16
        runs = tuple(range(first, min(first + size, self.wanted)))
        self.claimed = max(self.claimed, first + len(runs))
        return runs or None

    def results(self) -> ResultSet | None:
        """What is in, joined once per state."""
        if self.joined is None or self.joined[0] != len(self.sizes):
            tables = [self.batches[first] for first in sorted(self.batches) if "sector" in self.batches[first]]
            if not tables:
                return None
            self.joined = len(self.sizes), ResultSet.from_batches(tables, describe(self.plan))
            if not self.progress and not self.todo:  # no gap before what comes next: one copy of all is enough
                self.batches = {0: dict(self.joined[1].tables)}
        return self.joined[1]


class Watch:
    """One visitor's interest in an ensemble; release it when the page turns to something else."""

    def __init__(self, service: Service, ensemble: Ensemble, runs: int) -> None:
        self.runs = runs
        self.active = True
        self.released = False
        self.started = time.monotonic()
        self.first_answer: float | None = None
        self.had = sum(ensemble.sizes.values())
        self._service = service
        self._ensemble = ensemble

    def updates(self) -> Iterator[Snapshot]:
        """Snapshots as runs come in, and of progress twice a second, until nothing is left or it is released."""
        last: tuple[object, ...] = ()
        while not self.released:
            with self._service.changed:
                snapshot = self._look()
                state = (snapshot.done, round(snapshot.share, 3), snapshot.stopped, snapshot.failed, snapshot.error)
                if state == last:
                    self._service.changed.wait(TICK)
                    continue
            last = state
            yield snapshot
            if not snapshot.running and not snapshot.stopped:
                return
            time.sleep(REST)

    def stop(self) -> None:
        """Keep what there is; ``go_on`` fills the rest."""
        self._set(active=False)

    def go_on(self) -> None:
        self.started = time.monotonic()
        self.had = self._look().done
        self._set(active=True)

    def release(self) -> None:
        """Nobody looks any more."""
        self.released = True
        self._set(active=False)
        self._service.forget(self._ensemble, self)

    def _set(self, active: bool) -> None:
        with self._service.changed:
            self.active = active
            self._service.changed.notify_all()

    def _look(self) -> Snapshot:
        ensemble, seconds = self._ensemble, time.monotonic() - self.started
        done = sum(ensemble.sizes.values())
        if done and self.first_answer is None:
            self.first_answer = seconds
        months = ensemble.plan.months
        share = (done * months + sum(ensemble.progress.values())) / max(1, self.runs * months)
        new = done - self.had
        return Snapshot(
            results=ensemble.results(),
            done=done,
            wanted=self.runs,
            share=min(1.0, share),
            rate=new / seconds if new and seconds > 0.2 else 0.0,
            first_answer=self.first_answer,
            seconds=seconds,
            stopped=not self.active,
            failed=ensemble.failed,
            error=ensemble.error,
        )


class Service:
    """The worker processes and all ensembles of this server."""

    def __init__(self, processes: int, folder: Path | None = None) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.ensembles: OrderedDict[str, Ensemble] = OrderedDict()
        self.tasks: list[Task] = []
        self.folder = folder
        self.closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(processes)]
        for thread in self._threads:
            thread.start()

    def watch(self, order: Order) -> Watch:
        """Ask for runs. Raises UserError for what cannot be simulated."""
        with self.changed:
            ensemble = self.ensembles.get(order.key)
            if ensemble is None or ensemble.error:
                ensemble = Ensemble(order, make_job(
                    order.scenario, order.seed, order.runs, assumptions=order.assumptions, firms=order.firms,
                    data=order.data,
                ))  # fmt: skip
                self._recall(ensemble)
                self.ensembles[order.key] = ensemble
            self.ensembles.move_to_end(order.key)
            watch = Watch(self, ensemble, order.runs)
            ensemble.watches.append(watch)
            self._drop_old()
            self.changed.notify_all()
        return watch

    def submit(self, task: Task) -> Task:
        """Have a worker call a function; it waits for first answers of ensembles, not for their bands."""
        with self.changed:
            self.tasks.append(task)
            self.changed.notify_all()
        return task

    def forget(self, ensemble: Ensemble, watch: Watch) -> None:
        """Take a watch off its ensemble."""
        with self.changed:
            if watch in ensemble.watches:
                ensemble.watches.remove(watch)

    def close(self) -> None:
        """End the workers."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _recall(self, ensemble: Ensemble) -> None:
        if not ensemble.order.keep or self.folder is None:
            return
        for (first, count), tables in sorted(read_batches(self.folder / ensemble.order.key).items()):
            if first == ensemble.claimed:
                ensemble.batches[first], ensemble.sizes[first] = tables, count
                ensemble.claimed += count

    def _drop_old(self) -> None:
        idle = [key for key, ensemble in self.ensembles.items() if not ensemble.watches]
        for key in idle[: max(0, len(idle) - KEPT)]:
            del self.ensembles[key]

    def _work(self) -> None:
        """One worker process and the batches it gets, for as long as the server lives."""
        process, line = start_worker()
        while True:
            with self.changed:
                while not self.closed and (claim := self._claim()) is None:
                    self.changed.wait()
                if self.closed:
                    line.close()
                    process.join(timeout=3)
                    if process.is_alive():
                        process.terminate()
                    return
            assert claim is not None
            try:
                if isinstance(claim, Task):
                    self._call(line, claim)
                else:
                    self._run(line, *claim)
            except (EOFError, OSError):  # the process died
                process, line = start_worker()
                if isinstance(claim, Task):
                    claim.settle("failed", DIED)
                else:
                    self._repeat(*claim)

    def _claim(self) -> Task | tuple[Ensemble, tuple[int, ...]] | None:
        self.tasks = [task for task in self.tasks if not task.stopped]
        waiting = [e for e in self.ensembles.values() if e.wanted > e.claimed or (e.todo and e.wanted)]
        if self.tasks and all(e.claimed >= QUICK for e in waiting):
            return self.tasks.pop(0)
        for ensemble in sorted(waiting, key=lambda e: e.claimed):
            if runs := ensemble.next_batch():
                ensemble.progress[runs[0]] = 0
                return ensemble, runs
        return None

    def _call(self, line: Connection, task: Task) -> None:
        line.send((task.function, task.arguments))
        told = False
        while True:
            if task.stopped and not told:
                line.send(STOP)
                told = True
            if line.poll(GLANCE):
                kind, content = line.recv()
                if kind != "progress":
                    task.settle(kind, content)
                    return
                done, total = content
                task.share = done / max(1, total)

    def _run(self, line: Connection, ensemble: Ensemble, runs: tuple[int, ...]) -> None:
        line.send((replace(ensemble.plan, runs=runs), SENT[ensemble.order.firms]))
        told = False
        while True:
            if not told and not ensemble.wanted:
                line.send(STOP)
                told = True
            if not line.poll(GLANCE):
                continue
            kind, content = line.recv()
            with self.changed:
                if kind == "progress":
                    ensemble.progress[runs[0]] = content
                    continue
                self._settle(ensemble, runs, kind, content)
                self.changed.notify_all()
            break
        if kind == "done" and content and "sector" in content and ensemble.order.keep and self.folder is not None:
            write_batch(self.folder / ensemble.order.key, runs[0], len(runs), content)

    def _settle(self, ensemble: Ensemble, runs: tuple[int, ...], kind: str, content: Frames | str | None) -> None:
        ensemble.progress.pop(runs[0], None)
        if isinstance(content, str):
            ensemble.error = content
        elif content is None:
            ensemble.todo.append(runs)
        else:
            failed = len(content["errors"]) if "errors" in content else 0
            ensemble.batches[runs[0]], ensemble.sizes[runs[0]] = content, len(runs) - failed
            ensemble.failed += failed
            if failed and not sum(ensemble.sizes.values()):
                ensemble.error = str(content["errors"]["error"].iloc[0])

    def _repeat(self, ensemble: Ensemble, runs: tuple[int, ...]) -> None:
        with self.changed:
            ensemble.progress.pop(runs[0], None)
            ensemble.tries[runs[0]] = ensemble.tries.get(runs[0], 1) + 1
            if ensemble.tries[runs[0]] > TRIES:
                ensemble.error = DIED
            else:
                ensemble.todo.append(runs)
            self.changed.notify_all()


def start_worker() -> tuple[BaseProcess, Connection]:
    """A fresh process with its imports under way."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return process, ours


@cache
def service() -> Service:
    """The one service of this server."""
    chosen = settings()
    return Service(chosen.processes, chosen.cache)
