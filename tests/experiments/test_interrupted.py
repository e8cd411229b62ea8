"""Jobs that were interrupted, killed or ran out of disk: nothing lost, and in the end the same results."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from experiments import cli, simulate, sweep
from sim.errors import RunError

ROOT = Path(cli.__file__).resolve().parent.parent
TESTS = Path(__file__).parent
CARBON = "policy.carbon_price_usd_per_t"
KILLS = 5


@pytest.fixture
def started(monkeypatch):
    """Start hashpivot with the made-up engine as a process of its own."""
    path = os.pathsep.join([str(ROOT), str(TESTS)])
    processes = []

    def call(*words: str, seconds_a_month: float = 0.0):
        environ = os.environ | {"PYTHONPATH": path, "FAKE_SECONDS_A_MONTH": str(seconds_a_month)}
        code = f"import sys; sys.argv = {['hashpivot', *words]!r}; from experiments.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
            # started in the background, a test run ignores Ctrl-C, and so would everything it starts
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        processes.append(process)
        return process

    yield call
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def batches(folder: Path) -> int:
    return len(list((folder / "sector").glob("batch-*.parquet")))


def same_folders(a: Path, b: Path) -> None:
    for table in ("sector", "classes", "regions", "events"):
        files = [sorted(path.name for path in (folder / table).iterdir()) for folder in (a, b)]
        assert files[0] == files[1]
        for name in files[0]:
            pd.testing.assert_frame_equal(*(pd.read_parquet(folder / table / name) for folder in (a, b)))


@pytest.fixture
def design(tmp_path):
    """A design of six batches of 16 runs."""
    path = tmp_path / "design.toml"
    axes = f'[axes]\n"{CARBON}" = [0, 150]\n'
    path.write_text(f'method = "lhs"\nsamples = 48\nruns = 2\nmonths = 2\n{axes}')
    return path


def test_killed_again_and_again_a_sweep_ends_as_if_it_never_was(started, design, tmp_path, fake_engine):
    words = ("sweep", str(design), "--out", str(tmp_path / "killed"), "--plugin", "fake_engine")
    done = []
    for kill in range(KILLS):
        process = started(*words, seconds_a_month=0.5)
        wait_for(lambda kill=kill: batches(tmp_path / "killed") > kill, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        done.append(batches(tmp_path / "killed"))
        assert 0 < done[-1] < 6
    assert done == sorted(done)
    sweep(design, out=tmp_path / "killed", plugins=("fake_engine",))
    sweep(design, out=tmp_path / "whole", plugins=("fake_engine",))
    same_folders(tmp_path / "killed", tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob("*.tmp"))


def test_killed_at_its_very_beginning_a_folder_can_be_used(design, tmp_path, fake_engine):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / ".manifest.json.7.tmp").write_text("{")
    result = sweep(design, out=folder, plugins=("fake_engine",))
    (folder / "points.csv").unlink()  # as if killed after the manifest
    again = sweep(design, out=folder, plugins=("fake_engine",))
    pd.testing.assert_frame_equal(again.points, result.points)


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_a_run_says_how_to_go_on(started, tmp_path, fake_engine, workers):
    folder = tmp_path / "out"
    words = ("run", "--runs", "48", "--months", "2", "--out", str(folder), "--plugin", "fake_engine")
    process = started(*words, "--workers", str(workers), seconds_a_month=0.3)
    wait_for(lambda: batches(folder) > 0, process)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.splitlines()[-1] == (
        f"hashpivot: stopped; complete batches are in {folder}, the same command goes on."
    )
    assert "Traceback" not in told
    assert 0 < batches(folder) < 3
    results = simulate("baseline", 0, 48, months=2, out=folder, plugins=("fake_engine",))
    whole = simulate("baseline", 0, 48, months=2, plugins=("fake_engine",))
    pd.testing.assert_frame_equal(results.table("sector"), whole.table("sector"))


def test_a_disk_that_is_full_in_the_middle_loses_nothing(design, tmp_path, fake_engine, monkeypatch):
    import experiments.store as store

    write, room = store.write_parquet, [9]

    def write_while_there_is_room(path, table, frame):
        room[0] -= 1
        if room[0] < 0:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        write(path, table, frame)

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_parquet", write_while_there_is_room)
        with pytest.raises(RunError, match=r"the disk is full.*the same command goes on"):
            sweep(design, out=tmp_path / "full", plugins=("fake_engine",))
    assert batches(tmp_path / "full") == 1
    assert not list((tmp_path / "full").rglob("*.tmp"))
    sweep(design, out=tmp_path / "full", plugins=("fake_engine",))
    sweep(design, out=tmp_path / "whole", plugins=("fake_engine",))
    same_folders(tmp_path / "full", tmp_path / "whole")
