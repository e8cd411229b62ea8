"""Result folders: one Parquet file per table and batch of runs, written so that nothing half-done looks complete.

A folder holds ``manifest.json`` (what was run, by which code), ``scenario.toml`` (the resolved scenario) and
``<table>/batch-00000.parquet``. Files are written under another name and renamed. A batch counts once its
``sector`` file stands, which is written last; what is complete is never computed again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from sim.columns import TABLES, Column, columns, empty
from sim.errors import RunError, UserError
from sim.results import has_rows, read_manifest
from sim.runs import Job, split

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sim.results import ResultSet
    from sim.scenario import Scenario

IDENTITY = {
    "design": "the results of another sweep design",
    "shocks": "the runs of a stress test with other shocks",
    "date": "shocks of",
    "scenario_hash": "another version of the scenario",
    "seed": "seed",
    "runs": "runs",
    "months": "months",
    "assumptions": "assumptions",
    "firms": "firm tables",
    "data_hash": "other starting tables",
    "plugins": "plugins",
    "code": "results of another version of hashpivot",
}


# columns of the tables of sweeps and stress tests that those of a plain simulation do not have
MORE = {
    column.name: column
    for column in (
        Column("point", "", "Point of the sweep's design: a row of points.csv", "key", "int64"),
        Column("shock", "", "Shock of the stress test; none is the run without", "key", "str"),
        Column("first_signs", "firms", "Firms with a first sign of distress", "flow", "int64"),
        Column("failures", "firms", "Firms that failed", "flow", "int64"),
        Column("failed_hashrate_share", "0-1", "Share of the hashrate at the date failed so far", "stock", "float64"),
        Column("distress_month", "", "Month of the first sign of distress, or empty", "label", "str"),
        Column("failure_month", "", "Month in which the firm failed, or empty", "label", "str"),
        Column("first_cause", "", "Cause of the first sign of distress, or empty", "label", "str"),
    )
}


class Plan(Protocol):
    """What a result folder can be opened for."""

    def identity(self) -> dict[str, Any]:
        """What makes two result folders the same (see IDENTITY); goes into the manifest."""
        ...

    def batches(self, size: int) -> Iterator[Job]:
        """All the work, in batches of at most ``size`` runs."""
        ...

    def files(self) -> dict[str, str]:
        """Text files that tell what was run."""
        ...


@dataclass(frozen=True)
class RunPlan:
    """The runs of one scenario."""

    job: Job

    def identity(self) -> dict[str, Any]:
        return identity(self.job)

    def batches(self, size: int) -> Iterator[Job]:
        return split(self.job, size)

    def files(self) -> dict[str, str]:
        return {"scenario.toml": one_scenario(self.job).to_toml()}


class ResultStore:
    """A result folder opened for a job; ``notes`` are remarks worth telling the user."""

    def __init__(self, folder: Path, plan: Plan, manifest: dict[str, Any], notes: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.plan = plan
        self.manifest = manifest
        self.notes = notes

    @classmethod
    def open(cls, folder: Path, plan: Job | Plan, batch: int) -> ResultStore:
        """Create the folder, or open it to go on where it stopped (then with the batch size it began with).

        Raises UserError if the folder holds something else or the results of another job.
        """
        plan = RunPlan(plan) if isinstance(plan, Job) else plan
        wanted = plan.identity()
        if not (folder / "manifest.json").exists():
            if folder.exists() and not _is_free(folder):
                raise UserError(f"{folder} exists and is no result folder: choose another --out.")
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError(f"{folder} cannot be created ({error.strerror}): choose another --out.") from None
            store = cls(folder, plan, wanted | {"batch": batch, "finished": False, "cpu": cpu()})
            store._write_manifest()
            store._write_files()
            return store
        manifest = read_manifest(folder)
        for key, words in IDENTITY.items():
            if manifest.get(key) != wanted.get(key):
                raise UserError(f"{folder} holds {_difference(words, manifest.get(key), wanted.get(key))}: {_MEND}")
        for leftover in (*folder.glob(".*.tmp"), *folder.glob("*/.*.tmp")):
            leftover.unlink(missing_ok=True)
        store = cls(folder, plan, manifest, _cpu_notes(folder, manifest))
        store._write_files()
        return store

    def missing(self) -> Iterator[tuple[int, Job]]:
        """Number and job of each batch that is not complete."""
        tables = [name for name in TABLES if name not in ("sector", "errors") and (self.folder / name).is_dir()]
        for number, job in enumerate(self.plan.batches(self.manifest["batch"])):
            if not self._is_complete(number, tables):
                yield number, job

    def _is_complete(self, number: int, tables: Sequence[str]) -> bool:
        """Whether a batch has its ``sector`` file and, unless all of its runs failed, those of these tables."""
        sector = self._path("sector", number)
        if not sector.exists():
            return False
        return all(self._path(name, number).exists() for name in tables) or not has_rows(sector)

    def write(self, number: int, tables: Mapping[str, pd.DataFrame]) -> None:
        """Store a batch, ``sector`` last; raises RunError if the disk is full or the folder cannot be written."""
        for name in (*(name for name in tables if name != "sector"), "sector"):
            frame = tables[name] if name in tables else self._nothing(name)
            self._replace(self._path(name, number), partial(write_parquet, table=name, frame=frame))

    def finish(self, seconds: float) -> None:
        """Mark the folder as finished, once every batch is there."""
        if any(self.missing()):
            return
        if not self.manifest["finished"]:
            self.manifest |= {"finished": True, "seconds": round(seconds, 2)}
            self._write_manifest()

    def _nothing(self, table: str) -> pd.DataFrame:
        frame = empty(table)
        for mark, key in (("design", "point"), ("shocks", "shock")):
            if mark in self.manifest:
                frame.insert(0, key, frame["run"])
        return frame

    def _path(self, table: str, number: int) -> Path:
        return self.folder / table / f"batch-{number:05d}.parquet"

    def _write_files(self) -> None:
        """The plan's text files, as far as they are not there."""
        for name, text in self.plan.files().items():
            if not (self.folder / name).exists():
                self._write_text(name, text)

    def _write_manifest(self) -> None:
        self._write_text("manifest.json", json.dumps(self.manifest, indent=2) + "\n")

    def _write_text(self, name: str, text: str) -> None:
        self._replace(self.folder / name, lambda path: path.write_text(text, encoding="utf-8"))

    def _replace(self, path: Path, write: Callable[[Path], object]) -> None:
        write_whole(path, write, "complete batches are kept, the same command goes on.")


def write_whole(path: Path, write: Callable[[Path], object], advice: str = "the same command tries again.") -> None:
    """Let ``write`` fill a file beside the target and rename it, so that a file is whole or not there.

    Raises RunError, with ``advice``, if the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else error.strerror or str(error)
        raise RunError(f"{path} cannot be written ({reason}): {advice}") from None
    finally:
        if temporary.exists():
            temporary.unlink()


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """A table as CSV without its index, whole or not at all."""
    write_whole(path, partial(frame.to_csv, index=False))


def _is_free(folder: Path) -> bool:
    """Nothing in the folder but what a process killed at its very beginning leaves."""
    return folder.is_dir() and all(path.name.startswith(".manifest.json.") for path in folder.iterdir())


_MEND = "choose another --out, or remove the folder."


def gap(results: ResultSet) -> str:
    """What a result folder still lacks, in words: "10 of 40 runs are still missing."; nothing if it is complete."""
    wanted = results.meta.get("runs", 0) if "folder" in results.meta else 0
    return missing_words(wanted - len(results) - len(results.table("errors")), wanted)


def missing_words(missing: int, wanted: int) -> str:
    return f"{missing:,} of {wanted:,} runs are still missing." if missing > 0 else ""


def write_parquet(path: Path, table: str, frame: pd.DataFrame) -> None:
    """One table as Parquet; see arrow_table."""
    import pyarrow.parquet as pq

    pq.write_table(arrow_table(table, frame), path, compression="zstd")


def arrow_table(table: str, frame: pd.DataFrame) -> pa.Table:
    """A table with unit, description and aggregation over months in each column's metadata."""
    import pyarrow as pa

    declared = MORE | columns(table) if table in TABLES else {}
    data = pa.Table.from_pandas(frame, preserve_index=False)
    for position, field in enumerate(data.schema):
        if column := declared.get(field.name):
            about = {"unit": column.unit, "description": column.text, "over_months": column.over_months}
            data = data.set_column(position, field.with_metadata(about), data.column(position))
    return data


def one_scenario(plan: Job) -> Scenario:
    """The scenario of a job whose runs all have the same."""
    assert not plan.points
    return cast("Scenario", plan.scenario)


def identity(plan: Job) -> dict[str, Any]:
    """What makes two result folders the same: scenario, numbers, data and code."""
    from sim.tables import load_tables

    return {
        "hashpivot": metadata.version("hashpivot"),
        "scenario": plan.scenario.name,
        "scenario_hash": one_scenario(plan).content_hash(),
        "seed": plan.seed,
        "runs": len(plan.runs),
        "months": plan.months,
        "assumptions": plan.assumptions,
        "firms": plan.firms,
        "data_hash": load_tables(plan.data).digest,
        "plugins": {name: _module_hash(name) for name in plan.plugins},
        "code": code_version(),
    } | plan.special


def default_folder(plan: Job) -> Path:
    """``results/<scenario>-<short hash>``: another folder for every job, the same one for the same."""
    digest = hashlib.sha256(json.dumps(identity(plan), sort_keys=True).encode()).hexdigest()
    return Path("results") / f"{plan.scenario.name}-{digest[:8]}"


@cache
def code_version() -> str:
    """Package version and a hash of everything that decides values: agents, sim and the compiled data."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for folder in ("agents", "sim"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".csv", ".toml"):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
    return f"{metadata.version('hashpivot')}+{digest.hexdigest()[:16]}"


def cpu() -> dict[str, Any]:
    """Kind of processor: exp, log and power may differ in the last bit between kinds."""
    from numpy._core._multiarray_umath import __cpu_features__ as features

    return {"machine": platform.machine(), "features": sorted(name for name, has in features.items() if has)}


def _cpu_notes(folder: Path, manifest: dict[str, Any]) -> tuple[str, ...]:
    if manifest.get("cpu") == cpu():
        return ()
    return (f"{folder} was begun on another kind of processor: values may differ in the last digits.",)


def _difference(words: str, there: object, wanted: object) -> str:
    short = all(isinstance(value, int | str) and len(str(value)) < 12 for value in (there, wanted))
    return f"{words} {there}, not {wanted}" if short else words


def _module_hash(name: str) -> str:
    spec = find_spec(name)
    path = Path(spec.origin) if spec and spec.origin else None
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path and path.exists() else ""
