"""What came out of a sweep: its points, its tables, and outcomes by point and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.designs import Design
from experiments.store import missing_words
from sim.columns import TABLES, columns
from sim.errors import UserError, did_you_mean
from sim.outcomes import BY_NAME, HEADLINE
from sim.results import ResultSet, is_lacking, read_manifest, read_parquet

NEEDED = ("sector", "classes")  # tables that outcomes are made of
HEADLINES = tuple(outcome.name for outcome in HEADLINE)
KEYS = ["point", "run"]


class SweepResult:
    """The result folder of a sweep, finished or not. Tables are read batch by batch, when asked for."""

    def __init__(self, folder: Path, design: Design, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.design = design
        self.manifest = manifest
        self.notes: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: str | Path) -> SweepResult:
        """Open a folder. Raises UserError if it is not that of a sweep or holds no complete batch."""
        folder = Path(folder)
        manifest = read_manifest(folder)
        if "design" not in manifest:
            raise UserError(f"{folder} holds no sweep: hashpivot sweep DESIGN.toml makes one.")
        result = cls(folder, Design.load(folder / "design.toml"), manifest)
        if not result.batches:
            raise UserError(f"{folder} holds no complete batch of runs yet: run the same sweep again to fill it.")
        return result

    def __repr__(self) -> str:
        done = f"{self.finished_runs} of {len(self.points) * self.design.runs} runs"
        return f"SweepResult({str(self.folder)!r}, {self.design.method}, {len(self.points)} points, {done})"

    @cached_property
    def batches(self) -> list[str]:
        """File names of the complete batches."""
        return sorted(path.name for path in (self.folder / "sector").glob("batch-*.parquet"))

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per point, indexed by ``point``: ``sample`` and the value of every axis, as it was run."""
        path = self.folder / "points.csv"
        table = read_csv(path)
        lacking = [key for key in ("point", "sample", *self.design.keys) if key not in table]
        if lacking:
            raise UserError(f"{path} has no column {lacking[0]}: remove it and run the same command again.")
        return table.set_index("point")

    @property
    def errors(self) -> pd.DataFrame:
        """Runs that failed: point, run, error, traceback."""
        return self.table("errors")

    @cached_property
    def finished_runs(self) -> int:
        """Number of runs that finished."""
        return sum(len(self._read("sector", batch, KEYS).drop_duplicates()) for batch in self.batches)

    def table(self, name: str, point: int | None = None) -> pd.DataFrame:
        """One table of all points or of one, sorted by point and run. Raises UserError for an unknown name."""
        if name not in TABLES:
            raise UserError(did_you_mean(name, list(TABLES), "table"))
        frames = [frame for batch in self.batches if len(frame := self._read(name, batch))]
        if point is not None:
            frames = [frame[frame["point"] == point] for frame in frames]
        if not frames:
            return pd.DataFrame({key: pd.Series(dtype="int64") for key in ("point", *columns(name))})
        return pd.concat(frames, ignore_index=True).sort_values(KEYS, kind="stable", ignore_index=True)

    def outcomes(self, names: Sequence[str] = HEADLINES, month: str | None = None) -> pd.DataFrame:
        """Outcomes of sim.outcomes, or columns of ``sector``, of every run that finished: index point, run.

        ``month`` (YYYY-MM) is by default each run's last. Reads one batch at a time. Raises UserError for an
        unknown name or a month that was not simulated.
        """
        known = [*BY_NAME, *(name for name, column in columns("sector").items() if column.kind != "key")]
        for name in names:
            if name not in known:
                raise UserError(did_you_mean(name, list(dict.fromkeys(known)), "outcome or column"))
        frames = [self._of_batch(batch, names, month) for batch in self.batches]
        return pd.concat(frames).sort_index()

    def means(self, names: Sequence[str] = HEADLINES, month: str | None = None) -> pd.DataFrame:
        """Outcomes of every point, averaged over its runs; index point. See outcomes and require_complete."""
        return self.outcomes(names, month).groupby(level="point").mean()

    def headline(self) -> pd.DataFrame:
        """Median and 10 and 90 % over points of each point's mean at the end: outcome, unit, median, p10, p90."""
        bands = self.means().quantile([0.5, 0.1, 0.9])
        rows = [(outcome.name, outcome.unit, *bands[outcome.name].tolist()) for outcome in HEADLINE]
        return pd.DataFrame(rows, columns=["outcome", "unit", "median", "p10", "p90"])

    @property
    def gap(self) -> str:
        """What the folder still lacks, in words; nothing if every run is there or failed."""
        wanted = len(self.points) * self.design.runs
        return missing_words(wanted - self.finished_runs - len(self.errors), wanted)

    def require_complete(self, failed_too: bool = True) -> None:
        """Raise UserError unless every run of every point is there, or, without ``failed_too``, has failed."""
        wanted = len(self.points) * self.design.runs
        failed, there = len(self.errors), self.finished_runs
        if failed and failed_too:
            first = self.errors.iloc[0]
            raise UserError(
                f"{self.folder}: {failed} of {wanted} runs failed (point {first['point']}: {first['error']}). The "
                f"analysis of a {self.design.method} design needs every one: mend the cause and sweep into another "
                "folder."
            )
        if failed == wanted:
            raise UserError(f"{self.folder}: every run failed ({self.errors.iloc[0]['error']}): nothing to analyse.")
        if lacking := wanted - there - failed:
            raise UserError(f"{self.folder} lacks {lacking} of {wanted} runs: start the same sweep again.")

    def _of_batch(self, batch: str, names: Sequence[str], month: str | None) -> pd.DataFrame:
        return outcomes_of({name: self._read(name, batch) for name in NEEDED}, names, month)

    def _read(self, table: str, batch: str, only: list[str] | None = None) -> pd.DataFrame:
        path = self.folder / table / batch
        return pd.DataFrame(columns=["point", *columns(table)]) if is_lacking(path) else read_parquet(path, only)


def outcomes_of(tables: Mapping[str, pd.DataFrame], names: Sequence[str], month: str | None = None) -> pd.DataFrame:
    """Outcomes of the runs in tables with a column ``point``: index point, run; see SweepResult.outcomes."""
    rows = tables["sector"][KEYS].drop_duplicates()
    label = pd.MultiIndex.from_frame(rows.astype("int64"))
    if rows.empty:
        return pd.DataFrame(index=label, columns=list(names), dtype="float64")
    numbered = {}
    for name in NEEDED:
        places = label.get_indexer(pd.MultiIndex.from_frame(tables[name][KEYS]))
        numbered[name] = tables[name].drop(columns="point").assign(run=places)
    results = ResultSet(numbered)
    found = {name: (results.outcome if name in BY_NAME else results.series)(name) for name in names}
    if month is not None and month not in results.months:
        raise UserError(f"month {month}: the runs go from {results.months[0]} to {results.months[-1]}.")
    data = {name: frame[month or frame.columns[-1]].to_numpy() for name, frame in found.items()}
    return pd.DataFrame(data, index=label, dtype="float64")


def read_csv(path: Path, numbers: bool = False) -> pd.DataFrame:
    """A table of the folder as CSV, with NaN for empty cells if its gaps are ``numbers``, else empty words.

    Raises UserError naming the file if it cannot be read.
    """
    try:
        return pd.read_csv(path, keep_default_na=numbers)
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise UserError(f"{path} cannot be read ({reason}): run the same command again to write it.") from None

