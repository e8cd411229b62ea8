"""Whatever is interrupted leaves files that are whole or not there, and folders that the same command takes up."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from experiments.export import gap_of
from experiments.figures.draw import Canvas
from experiments.folders import claim, finish, read_finished
from experiments.report import write_report
from experiments.report.sections import of_results
from experiments.store import ResultStore, write_csv
from sim.errors import RunError, UserError
from sim.results import ResultSet
from sim.runs import make_job


def full_disk(path: str | Path, *_: object, **__: object) -> None:
    """Writes a part and finds the disk full."""
    Path(path).write_bytes(b"half a li")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_table_on_a_full_disk_leaves_the_one_that_was_there(tmp_path, monkeypatch):
    write_csv(tmp_path / "effects.csv", pd.DataFrame({"effect": [1.5]}))
    monkeypatch.setattr(pd.DataFrame, "to_csv", lambda self, path, **options: full_disk(path))
    with pytest.raises(RunError, match=r"effects.csv cannot be written \(the disk is full\)"):
        write_csv(tmp_path / "effects.csv", pd.DataFrame({"effect": [2.5]}))
    assert [path.name for path in tmp_path.iterdir()] == ["effects.csv"]
    assert (tmp_path / "effects.csv").read_text() == "effect\n1.5\n"


def test_a_picture_on_a_full_disk_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(Image.Image, "save", lambda self, path, **options: full_disk(path))
    with pytest.raises(RunError, match="the disk is full"):
        Canvas(1, 1, (40, 30)).save(tmp_path / "chart.png")
    assert list(tmp_path.iterdir()) == []


def test_a_marker_on_a_full_disk_is_not_there_and_the_folder_is_taken_up(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", lambda self, text, **options: full_disk(self))
        with pytest.raises(RunError, match="the disk is full"):
            claim(folder, "compare.json", ["a", "b"])
    assert list(folder.iterdir()) == []
    claim(folder, "compare.json", ["a", "b"])
    with pytest.raises(UserError, match="not finished"):
        read_finished(folder, "compare.json")
    finish(folder, "compare.json", ["a", "b"], {"runs": 2})
    assert read_finished(folder, "compare.json")["runs"] == 2


def test_a_folder_of_a_process_killed_while_it_wrote_its_marker_is_taken_up(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / ".compare.json.4711.tmp").write_text('{"holds": [')
    claim(folder, "compare.json", ["a", "b"])
    assert [path.name for path in folder.iterdir()] == ["compare.json"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="holds something else"):
        claim(tmp_path / "mine", "compare.json", ["a"])


@pytest.fixture
def lacking(tmp_path, make_tables):
    """A folder begun for five runs of which the first two are there."""
    store = ResultStore.open(tmp_path / "out", make_job("baseline", 3, 5, months=4), 2)
    store.write(0, make_tables([0, 1], count=4))
    return store


def test_what_shows_or_exports_a_folder_says_what_it_lacks(lacking):
    assert gap_of(lacking.folder) == "3 of 5 runs are still missing."
    assert "3 of 5 runs are still missing." in of_results(ResultSet.load(lacking.folder))["lede"]


def test_a_table_that_was_lost_is_said_and_its_batch_computed_again(lacking, make_tables):
    lacking.write(1, make_tables([2, 3], count=4))
    assert [number for number, _ in lacking.missing()] == [2]
    (lacking.folder / "classes" / "batch-00001.parquet").unlink()
    with pytest.raises(UserError, match=r"classes/batch-00001.parquet is missing: run the same command again"):
        ResultSet.load(lacking.folder).table("classes")
    with pytest.raises(UserError, match="is missing"):
        write_report(lacking.folder)
    assert [number for number, _ in lacking.missing()] == [1, 2]
    lacking.write(1, make_tables([2, 3], count=4))
    assert ResultSet.load(lacking.folder).table("classes")["run"].nunique() == 4


def test_a_batch_of_which_every_run_failed_is_complete_without_its_tables(lacking):
    failed = pd.DataFrame({"run": [2, 3], "error": "ValueError: made up", "traceback": ""})
    lacking.write(1, {"errors": failed})
    assert [number for number, _ in lacking.missing()] == [2]
    results = ResultSet.load(lacking.folder)
    assert (results.runs, len(results.table("errors"))) == ([0, 1], 2)
    assert len(results.table("classes")["run"].unique()) == 2
    assert gap_of(lacking.folder) == "1 of 5 runs are still missing."
