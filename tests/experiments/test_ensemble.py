import tracemalloc

import pandas as pd
import pytest

from experiments import simulate
from experiments.ensemble import batch_size
from experiments.store import ResultStore
from experiments.workers import Counter
from sim.errors import RunError, UserError
from sim.results import ResultSet
from sim.runs import run_job
from sim.runs import simulate as simulate_here
from sim.scenario import Scenario


@pytest.fixture
def run(fake_engine):
    def call(runs=5, **options):
        return simulate("baseline", 0, runs, months=3, plugins=(fake_engine,), **options)

    return call


def same(a: ResultSet, b: ResultSet) -> None:
    assert set(a.tables) == set(b.tables)
    for name in a.tables:
        pd.testing.assert_frame_equal(a.table(name), b.table(name))


def test_plain_simulate_gives_the_same(run, fake_engine):
    same(simulate_here("baseline", 0, 5, months=3), run())


def test_result_folder_gives_the_same(run, tmp_path):
    same(run(out=tmp_path / "out"), run())


def test_worker_processes_give_the_same(tmp_path):
    """With the real engine: two batches of two on two processes, and one batch of four here."""
    there = simulate("baseline", 2, 4, months=2, workers=2, out=tmp_path / "out")
    same(there, simulate("baseline", 2, 4, months=2))


def test_a_failing_run_on_a_worker_is_a_row(run, monkeypatch):
    monkeypatch.setenv("FAKE_BAD_RUN", "3")
    results = run(workers=2)
    assert results.runs == [0, 1, 2, 4]
    assert results.table("errors")["error"].tolist() == ["ValueError: a made-up failure"]


def test_batches_leave_no_worker_idle():
    assert [batch_size(runs, workers) for runs, workers in ((4, 2), (32, 2), (40, 2), (1, 4), (64, 1))] == [
        2,
        16,
        16,
        1,
        16,
    ]


def test_a_failing_run_is_a_row_and_the_others_go_on(run, monkeypatch):
    whole = run()
    monkeypatch.setenv("FAKE_BAD_RUN", "3")
    results = run()
    assert results.runs == [0, 1, 2, 4]
    error = results.table("errors").iloc[0]
    assert (error["run"], error["error"]) == (3, "ValueError: a made-up failure")
    assert "fake_engine.py" in error["traceback"]
    pd.testing.assert_frame_equal(results.run(4).table("sector"), whole.run(4).table("sector"))


def test_when_every_run_fails_the_first_error_is_raised(run, monkeypatch):
    monkeypatch.setenv("FAKE_BAD_RUN", "0")
    with pytest.raises(RunError, match="Every run failed; run 0: ValueError: a made-up failure"):
        run(runs=1)


def test_what_is_complete_is_not_computed_again(run, tmp_path, monkeypatch):
    whole = run(runs=20)
    run(runs=20, out=tmp_path / "out")
    for path in (tmp_path / "out").glob("*/batch-00001.parquet"):
        path.unlink()
    computed = []

    def watched(job, *args):
        computed.append(job.runs)
        return run_job(job, *args)

    monkeypatch.setattr("experiments.workers.run_job", watched)
    same(run(runs=20, out=tmp_path / "out"), whole)
    assert computed == [(16, 17, 18, 19)]


def test_progress_counts_run_months_up_to_the_total(run):
    seen = []
    run(runs=20, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (60, 60)


def test_progress_of_a_resumed_run_begins_where_it_stopped(run, tmp_path):
    run(runs=20, out=tmp_path / "out")
    (tmp_path / "out" / "sector" / "batch-00001.parquet").unlink()
    seen = []
    run(runs=20, out=tmp_path / "out", on_progress=lambda done, total: seen.append(done))
    assert seen[0] == 48 + 4  # 16 runs of 3 months were there; one month of 4 runs is done
    assert seen[-1] == 60


def test_stopping_keeps_complete_batches(run, tmp_path):
    seen = [0]

    def count(done, total):
        seen[0] = done

    results = run(runs=40, out=tmp_path / "out", on_progress=count, should_stop=lambda: seen[0] > 60)
    assert results.runs == list(range(16))
    assert not results.meta["finished"]
    same(run(runs=40, out=tmp_path / "out"), run(runs=40))


def test_stopping_at_once_is_an_error(run):
    with pytest.raises(RunError, match="Stopped before"):
        run(should_stop=lambda: True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"runs": 0}, "runs must be a whole number of at least 1, not 0"),
        ({"assumptions": "guessed"}, "assumptions must be one of fixed, sampled"),
        ({"firms": "some"}, "firms must be one of first, all, none"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"scheduler": "nowhere"}, "No Dask scheduler answers at nowhere"),
    ],
)
def test_wrong_input_is_said_at_once(run, options, words):
    with pytest.raises(UserError, match=words):
        run(**options)


def test_an_unknown_plugin_is_said(fake_engine):
    with pytest.raises(UserError, match="The plugin 'no_such_module' cannot be imported"):
        simulate("baseline", plugins=("no_such_module",))


def test_memory_does_not_grow_with_the_runs_of_a_folder(tmp_path, monkeypatch):
    scenario = Scenario.load("baseline", {"world.firms": 110, "world.sites": 220})
    held, sizes, write = [], [], ResultStore.write

    def weighed(store, number, tables):
        write(store, number, tables)
        held.append(tracemalloc.get_traced_memory()[0])
        sizes.append(sum(frame.memory_usage().sum() for frame in tables.values()))

    monkeypatch.setattr(ResultStore, "write", weighed)
    simulate(scenario, 0, 1, months=1, firms="all", out=tmp_path / "first")  # what is loaded once
    held.clear()
    sizes.clear()
    tracemalloc.start()
    try:
        simulate(scenario, 0, 256, months=1, firms="all", out=tmp_path / "all")
    finally:
        tracemalloc.stop()
    of_64, of_256 = held[3], held[15]
    assert of_256 - of_64 < max(sizes) / 2, (of_64, of_256, max(sizes))


def test_counter_adds_up_batches_that_report_late():
    seen = []
    counter = Counter(100, 10, lambda done, total: seen.append(done))
    for number, done in ((0, 5), (1, 20), (0, 30), (0, 25)):
        counter.report(number, done)
    assert seen == [15, 35, 60, 60]
