"""Worker processes: runs come in batches, are shared, stopped, taken up again, kept, and survive a dead worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pandas as pd
import pytest

from sim.runs import simulate
from sim.scenario import Scenario
from viz import service as service_module
from viz.orders import Order, Snapshot, Task
from viz.service import Service, Watch

WORLD = {"world.firms": 110, "world.sites": 220, "world.months": 4}
SMALL = Scenario.load(overrides=WORLD)
OTHER = Scenario.load("carbon-tax", WORLD)


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    made = Service(1, tmp_path_factory.mktemp("kept"))
    yield made
    made.close()


def finish(watch: Watch, seconds: float = 60.0) -> Snapshot:
    end = time.monotonic() + seconds
    for snapshot in watch.updates():
        last = snapshot
        assert time.monotonic() < end, f"not done in time: {snapshot}"
    return last


def wait_for(what, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_runs_equal_those_of_the_engine_and_are_shared(service):
    first, second = service.watch(Order(SMALL, 6)), service.watch(Order(SMALL, 3))
    snapshot = finish(first)
    assert (snapshot.done, snapshot.wanted, snapshot.running, snapshot.error) == (6, 6, False, "")
    assert snapshot.first_answer is not None
    expected = simulate(SMALL, 0, 6, firms="none").table("sector")
    pd.testing.assert_frame_equal(snapshot.results.table("sector"), expected)
    assert finish(second).results is snapshot.results
    first.release()
    second.release()


def test_stopping_keeps_what_there_is_and_going_on_fills_the_rest(service):
    watch = service.watch(Order(OTHER, 40))
    updates = watch.updates()
    wait_for(lambda: next(updates).done >= 2)
    watch.stop()
    snapshot = next(updates)
    assert snapshot.stopped
    assert 2 <= snapshot.done < 40
    watch.runs = snapshot.done + 4
    watch.go_on()
    assert finish(watch).done >= snapshot.done + 4
    watch.release()


def test_nobody_watching_stops_the_worker(service):
    scenario = Scenario.load("ai-bust", WORLD | {"world.months": 90})
    watch = service.watch(Order(scenario, 8))
    wait_for(lambda: service.ensembles[watch._ensemble.order.key].progress)
    watch.release()
    quick = service.watch(Order(SMALL, 2, seed=5))
    assert finish(quick, 30).done == 2
    assert not watch._ensemble.batches
    quick.release()


def test_a_baseline_is_kept_on_disk(service):
    order = Order(SMALL, 4, seed=7, keep=True)
    watch = service.watch(order)
    finish(watch)
    watch.release()
    wait_for(lambda: len(list((service.folder / order.key).glob("*/sector.parquet"))) == 3)
    again = Service(0, service.folder)
    found = again.watch(order)
    snapshot = next(found.updates())
    assert (snapshot.done, snapshot.running) == (4, False)
    pd.testing.assert_frame_equal(
        snapshot.results.table("classes"), watch._ensemble.results().table("classes"), check_dtype=False
    )


def test_a_wrong_scenario_is_an_error_in_one_line(service):
    watch = service.watch(Order(Scenario.load(overrides={"world.firms": 60, "world.sites": 120}), 2))
    snapshot = finish(watch)
    assert "synthetic firms" in snapshot.error
    assert not snapshot.running
    watch.release()


def test_a_dead_worker_is_replaced_and_its_batch_repeated(monkeypatch):
    started = []

    def remember(*args):
        process, line = start(*args)
        started.append(process.pid)
        return process, line

    start = service_module.start_worker
    monkeypatch.setattr(service_module, "start_worker", remember)
    made = Service(1)
    watch = made.watch(Order(Scenario.load(overrides=WORLD | {"world.months": 24}), 2))
    wait_for(lambda: watch._ensemble.progress and started)
    os.kill(started[0], signal.SIGKILL)
    snapshot = finish(watch)
    assert (snapshot.done, snapshot.error) == (2, "")
    assert len(started) == 2
    made.close()


def test_any_function_can_run_on_a_worker(service):
    task = service.submit(Task(simulate, {"scenario": SMALL, "runs": 1, "firms": "none"}))
    assert task.finished.wait(30)
    assert len(task.result) == 1
    wrong = service.submit(Task(simulate, {"scenario": SMALL, "runs": 0}))
    assert wrong.finished.wait(30)
    assert "at least 1" in wrong.error
