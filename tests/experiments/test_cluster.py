"""A scheduler and two workers started with Dask's own commands; one of them is killed during the job."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from experiments import cli, simulate
from sim.errors import RunError

ROOT = Path(cli.__file__).resolve().parent.parent
TESTS = Path(__file__).parent


class Cluster:
    """Processes of a Dask cluster on loopback."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen] = []

    def start(self, *words: str) -> subprocess.Popen:
        environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(TESTS)]), "FAKE_SECONDS_A_MONTH": "0.2"}
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words], cwd=ROOT, env=environ,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen:
        place = ["--scheduler-file", str(self.file), "--host", "127.0.0.1"]
        return self.start("worker", *place, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    @property
    def address(self) -> str:
        end = time.monotonic() + 60
        while not self.file.exists() and time.monotonic() < end:
            time.sleep(0.05)
        return str(json.loads(self.file.read_text())["address"])


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    made.scheduler = made.start(
        "scheduler", "--scheduler-file", str(made.file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"
    )
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


def test_a_worker_killed_during_the_job_costs_time_and_no_results(cluster, fake_engine):
    workers = [cluster.worker(), cluster.worker()]
    killed = []

    def kill_one(done, total):
        if done > 0.3 * total and not killed:
            killed.append(done)
            workers[0].kill()

    options = {"months": 3, "plugins": (fake_engine,)}
    results = simulate("baseline", 0, 96, scheduler=cluster.address, workers=2, on_progress=kill_one, **options)
    here = simulate("baseline", 0, 96, **options)
    assert killed
    assert workers[0].wait() != 0
    for name in ("sector", "classes", "events"):
        pd.testing.assert_frame_equal(results.table(name), here.table(name))


def test_a_lost_scheduler_is_one_clear_line(cluster, fake_engine, tmp_path, monkeypatch):
    cluster.worker()

    def kill(done, total):
        if done > 0.3 * total:
            cluster.scheduler.kill()

    options = {"months": 3, "plugins": (fake_engine,), "out": tmp_path / "out"}
    with pytest.raises(RunError, match=r"scheduler tcp://.* was lost") as caught:
        simulate("baseline", 0, 96, scheduler=cluster.address, on_progress=kill, **options)
    assert "\n" not in str(caught.value)
    assert "the same command goes on" in str(caught.value)
    assert len(simulate("baseline", 0, 96, **options)) == 96


def test_a_scheduler_without_workers_is_told_and_waited_for(cluster, fake_engine, caplog):
    address = cluster.address
    late = threading.Timer(2.0, cluster.worker)
    late.start()
    results = simulate("baseline", 3, 4, months=1, plugins=("fake_engine",), scheduler=address)
    assert results.runs == [0, 1, 2, 3]
    assert [record.getMessage() for record in caplog.records if record.name == "hashpivot"] == [
        f"hashpivot: the Dask scheduler has no worker yet; start some: dask worker {address} --nthreads 1"
    ]


def test_batches_are_handed_out_a_few_at_a_time(fake_engine, monkeypatch):
    """So that neither scheduler nor workers hold more than that, however many runs there are."""
    from distributed import Client

    given, most = [], []
    submit = Client.submit

    def counted(self, function, number, *args, **options):
        future = submit(self, function, number, *args, **options)
        given.append(future.key)
        most.append(sum(1 for key in given if key in self.futures))
        return future

    monkeypatch.setattr(Client, "submit", counted)
    results = simulate("baseline", 0, 192, months=1, plugins=(fake_engine,), workers=2)
    assert len(results) == 192
    assert len(given) == 12
    assert max(most) <= 8
