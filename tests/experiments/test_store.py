import errno
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments import store as store_module
from experiments.store import ResultStore, default_folder
from sim.columns import columns
from sim.errors import RunError, UserError
from sim.results import ResultSet
from sim.runs import make_job


@pytest.fixture
def plan():
    return make_job("baseline", 3, 5, months=4)


@pytest.fixture
def filled(tmp_path, plan, make_tables):
    """A store with the first of its three batches."""
    store = ResultStore.open(tmp_path / "out", plan, 2)
    store.write(0, make_tables([0, 1], count=4))
    return store


def test_complete_batches_are_not_missing(filled, plan):
    assert [(number, job.runs) for number, job in filled.missing()] == [(1, (2, 3)), (2, (4,))]
    again = ResultStore.open(filled.folder, plan, 99)
    assert [number for number, _ in again.missing()] == [1, 2]  # with the batch size it began with


def test_a_batch_without_its_sector_file_is_missing(filled):
    (filled.folder / "sector" / "batch-00000.parquet").unlink()
    assert [number for number, _ in filled.missing()] == [0, 1, 2]


def test_folder_reads_back_what_was_written(filled, make_tables):
    results = ResultSet.load(filled.folder)
    wanted = make_tables([0, 1], count=4)
    for name, frame in wanted.items():
        pd.testing.assert_frame_equal(results.table(name), frame)
    assert (results.runs, results.scenario, results.meta["seed"]) == ([0, 1], "baseline", 3)


def test_scenario_file_in_the_folder_loads_to_the_same(filled, plan):
    from sim.scenario import Scenario

    assert Scenario.load(filled.folder / "scenario.toml").content_hash() == plan.scenario.content_hash()


def test_units_stand_in_the_parquet_metadata(filled):
    schema = pq.read_schema(filled.folder / "sector" / "batch-00000.parquet")
    for name, column in columns("sector").items():
        metadata = schema.field(name).metadata
        assert metadata[b"unit"].decode() == column.unit
        assert metadata[b"description"].decode() == column.text


def test_finished_only_when_nothing_is_missing(filled, make_tables):
    def finished():
        return json.loads((filled.folder / "manifest.json").read_text())["finished"]

    filled.finish(1.0)
    assert not finished()
    filled.write(1, make_tables([2, 3], count=4))
    filled.write(2, make_tables([4], count=4))
    filled.finish(1.0)
    assert finished()


def test_no_file_is_left_half_written(filled, make_tables, monkeypatch):
    def break_off(path, table, frame):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module, "write_parquet", break_off)
    with pytest.raises(KeyboardInterrupt):
        filled.write(1, make_tables([2, 3], count=4))
    assert [path.name for path in filled.folder.rglob("*") if "batch-00001" in path.name] == []


def test_leftovers_of_a_killed_process_are_removed(filled, plan):
    leftover = filled.folder / "sector" / ".batch-00001.parquet.99.tmp"
    leftover.write_bytes(b"half")
    ResultStore.open(filled.folder, plan, 2)
    assert not leftover.exists()
    assert ResultSet.load(filled.folder).runs == [0, 1]


@pytest.mark.parametrize(
    ("seed", "runs", "options", "words"),
    [
        (4, 5, {}, "holds seed 3, not 4: choose another --out"),
        (3, 6, {}, "holds runs 5, not 6"),
        (3, 5, {"assumptions": "fixed"}, "holds assumptions sampled, not fixed"),
    ],
)
def test_a_folder_of_something_else_is_refused(filled, seed, runs, options, words):
    with pytest.raises(UserError, match=words):
        ResultStore.open(filled.folder, make_job("baseline", seed, runs, months=4, **options), 2)


def test_another_version_of_the_scenario_is_refused(filled, plan):
    from sim.scenario import Scenario

    other = make_job(Scenario.load("baseline", {"policy.carbon_price_usd_per_t": 60.0}), 3, 5, months=4)
    with pytest.raises(UserError, match="another version of the scenario"):
        ResultStore.open(filled.folder, other, 2)
    assert default_folder(other) != default_folder(plan)


def test_another_version_of_the_code_is_refused(filled, plan, monkeypatch):
    monkeypatch.setattr(store_module, "code_version", lambda: "0.0.1+other")
    with pytest.raises(UserError, match="another version of hashpivot"):
        ResultStore.open(filled.folder, plan, 2)


def test_another_processor_is_worth_a_note(filled, plan, monkeypatch):
    assert ResultStore.open(filled.folder, plan, 2).notes == ()
    monkeypatch.setattr(store_module, "cpu", lambda: {"machine": "other"})
    assert "another kind of processor" in ResultStore.open(filled.folder, plan, 2).notes[0]


def test_a_folder_with_other_things_is_left_alone(tmp_path, plan):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UserError, match="is no result folder"):
        ResultStore.open(tmp_path, plan, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_full_disk_is_one_clear_line(filled, make_tables, monkeypatch):
    def full(path, table, frame):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module, "write_parquet", full)
    with pytest.raises(RunError, match="the disk is full") as caught:
        filled.write(1, make_tables([2], count=4))
    assert "\n" not in str(caught.value)
    assert ResultSet.load(filled.folder).runs == [0, 1]


def test_an_unreadable_file_is_named(filled):
    path = filled.folder / "sector" / "batch-00000.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match=r"sector/batch-00000\.parquet cannot be read"):
        ResultSet.load(filled.folder).table("sector")


def test_no_result_folder_is_said(tmp_path):
    with pytest.raises(UserError, match=r"it has no manifest\.json"):
        ResultSet.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        ResultSet.load(tmp_path)
