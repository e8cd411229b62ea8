"""Where batches run: in this process, on worker processes of this machine, or on a running Dask cluster.

Each runner takes numbered jobs and yields (number, tables) as batches finish, in any order. Values do not depend
on the runner, nor on how many workers there are.
"""

from __future__ import annotations

import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from experiments.store import code_version
from sim.errors import RunError, UserError
from sim.runs import Frames, Job, run_job

if TYPE_CHECKING:
    from distributed import Client, Future

Numbered = Sequence[tuple[int, Job]]
Report = Callable[[int, int], None]  # number of the batch, its run-months done
REPORT_EVERY = 0.2  # seconds between a worker's reports
POLL = 0.05  # seconds between looks at what is done
ASK_EVERY = 2.0  # seconds between questions how many workers there are
AHEAD = 3  # batches out per worker thread


class Runner(Protocol):
    """Runs jobs; ``report`` hears of progress within batches; stops early when ``should_stop()`` turns true."""

    def __call__(
        self, jobs: Numbered, report: Report, should_stop: Callable[[], bool] | None
    ) -> Generator[tuple[int, Frames]]: ...


def serial(
    jobs: Numbered, report: Report, should_stop: Callable[[], bool] | None = None
) -> Generator[tuple[int, Frames]]:
    """One batch after the other in this process."""
    for number, job in jobs:
        tables = run_job(job, partial(report, number), should_stop)
        if tables is None:
            return
        yield number, tables


class DaskRunner:
    """Batches on Dask workers: ``workers`` processes started here, or the cluster of ``scheduler``."""

    def __init__(self, workers: int | None = None, scheduler: str | None = None) -> None:
        self.workers = workers
        self.scheduler = scheduler
        self._asked = -math.inf
        self._told = False  # that there is no worker yet
        self._threads = workers or 1

    def __call__(
        self, jobs: Numbered, report: Report, should_stop: Callable[[], bool] | None = None
    ) -> Generator[tuple[int, Frames]]:
        with ExitStack() as stack:
            client = stack.enter_context(self._connect(stack))
            topic = f"hashpivot-{id(self)}-{time.time_ns()}"
            client.subscribe_topic(topic, lambda event: report(*event[1]))
            waiting: dict[Future, int] = {}
            try:
                for _ in self._rounds(client, iter(jobs), topic, waiting, should_stop):
                    for future in [future for future in waiting if future.done()]:
                        # Taken off first: a result that nobody refers to any more leaves the worker's memory.
                        yield waiting.pop(future), self._result(future)
            finally:
                client.cancel(list(waiting), force=True)

    def _connect(self, stack: ExitStack) -> Client:
        import dask
        import distributed

        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what is lost, we say ourselves
        if self.scheduler is None:
            # Dask makes workers hand freed memory back at once, which slows down array work like ours.
            environ = dask.config.get("distributed.nanny.pre-spawn-environ")
            kept = {name: value for name, value in environ.items() if not name.startswith("MALLOC")}
            with _interrupts_ignored(), dask.config.set({"distributed.nanny.pre-spawn-environ": kept}):
                cluster = distributed.LocalCluster(
                    n_workers=self.workers,
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            return distributed.Client(stack.enter_context(cluster))
        try:
            return distributed.Client(self.scheduler, timeout=10)
        except (OSError, ValueError, TimeoutError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise UserError(f"No Dask scheduler answers at {self.scheduler}: {reason}") from None

    def _rounds(
        self,
        client: Client,
        jobs: Iterator[tuple[int, Job]],
        topic: str,
        waiting: dict[Future, int],
        should_stop: Callable[[], bool] | None,
    ) -> Iterator[None]:
        """Hand out batches, a few per worker at a time, until all are done; one round each time some may be."""
        while True:
            for number, job in islice(jobs, max(0, self._room(client) - len(waiting))):
                future = client.submit(run_remotely, number, job, topic, code_version(), pure=False)
                waiting[future] = number
            if not waiting or (should_stop and should_stop()):
                return
            if not any(future.done() for future in waiting):
                if client.status not in ("running", "connecting"):
                    raise RunError(f"The Dask scheduler {self.scheduler or ''} was lost. {_GO_ON}")
                time.sleep(POLL)
            yield

    def _room(self, client: Client) -> int:
        """How many batches may be out: enough that no worker waits, few enough that results do not pile up."""
        now = time.monotonic()
        if now > self._asked + ASK_EVERY and client.status == "running":
            self._asked = now
            with suppress(OSError):  # a lost scheduler is noticed in _rounds
                threads = sum(client.nthreads().values())
                self._threads = threads or self._threads
                self._say_that_nobody_works(threads)
        return AHEAD * self._threads

    def _say_that_nobody_works(self, threads: int) -> None:
        """A scheduler without workers is waited for, they may come yet; but the user should know what is missing."""
        if self.scheduler is not None and threads == 0 and not self._told:
            self._told = True
            logging.getLogger("hashpivot").warning(
                "hashpivot: the Dask scheduler has no worker yet; start some: dask worker %s --nthreads 1",
                self.scheduler,
            )

    def _result(self, future: Future) -> Frames:
        if future.status == "finished":
            return future.result()
        if future.status == "error":
            error = future.exception()
            if isinstance(error, UserError):
                raise error
            raise RunError(f"A worker failed: {type(error).__name__}: {error}. {_GO_ON}") from error
        raise RunError(f"The Dask scheduler {self.scheduler or ''} was lost. {_GO_ON}")


_GO_ON = "Complete batches are kept if --out was given: the same command goes on."


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started meanwhile leave Ctrl-C to this one, which stops them in good order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run_remotely(number: int, job: Job, topic: str, code: str) -> Frames:
    """What a Dask worker does with a job; progress goes back as events of ``topic``."""
    from distributed import get_worker

    if code != code_version():
        raise UserError("A worker has another version of hashpivot: install the same one everywhere.")
    worker = get_worker()
    last = [0.0]

    def report(done: int) -> None:
        if time.monotonic() - last[0] > REPORT_EVERY:
            last[0] = time.monotonic()
            worker.log_event(topic, (number, done))

    return run_job(job, report) or {}


class Counter:
    """Adds up the run-months of batches that advance at the same time, and tells ``on_progress`` the total."""

    def __init__(self, total: int, done: int, on_progress: Callable[[int, int], None] | None) -> None:
        self.total = total
        self.on_progress = on_progress
        self._parts: dict[int, int] = {-1: done}
        self._lock = threading.Lock()

    def report(self, number: int, done: int) -> None:
        with self._lock:
            self._parts[number] = max(done, self._parts.get(number, 0))
            if self.on_progress:
                self.on_progress(sum(self._parts.values()), self.total)
