"""What came out of a simulation: one vocabulary for one run and for many.

``ResultSet`` holds the tables of ``sim.columns`` as pandas frames, from memory or from a result folder;
``Results`` is a ResultSet of exactly one run. Tables of a folder are read when first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.columns import TABLES, empty
from sim.errors import UserError, did_you_mean
from sim.outcomes import BY_NAME, HEADLINE

OTHER_FOLDERS = {"design": "a sweep of many points", "shocks": "the runs of a stress test"}
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


class ResultSet:
    """Results of one or many runs of a scenario.

    ``tables`` maps table names to frames with a ``run`` column; tables left out are empty. ``meta`` says where
    they come from: scenario, seed, assumptions and, for a folder, its manifest.

    >>> from sim import simulate
    >>> results = simulate("baseline", seed=7, runs=2, months=2)
    >>> results
    ResultSet of 'baseline', runs 0 to 1, 2026-07 to 2026-08 (2 months), seed 7, assumptions sampled
      rows: sector 4, classes 16, ...
    >>> results.outcome("hashprice").shape
    (2, 2)
    >>> results.run(1).series("exits", "classes", size="small").index.tolist()
    [1]
    >>> results.outcome("hashpirce")
    Traceback (most recent call last):
    ...
    sim.errors.UserError: Unknown outcome 'hashpirce': did you mean hashprice or hhi_hashrate?
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], meta: Mapping[str, Any] | None = None) -> None:
        self.tables = tables
        self.meta: dict[str, Any] = dict(meta or {})
        self._outcomes: dict[str, pd.DataFrame] = {}
        self._grids: dict[tuple[Any, ...], _Grid | None] = {}

    @classmethod
    def from_batches(
        cls, batches: Iterable[Mapping[str, pd.DataFrame]], meta: Mapping[str, Any] | None = None
    ) -> ResultSet:
        """Join the tables of several batches of runs, in the order given."""
        parts: dict[str, list[pd.DataFrame]] = {}
        for batch in batches:
            for name, frame in batch.items():
                parts.setdefault(name, []).append(frame)
        return cls({name: _joined(name, frames) for name, frames in parts.items()}, meta)

    @classmethod
    def load(cls, folder: str | Path, batches: int | None = None) -> ResultSet:
        """Read a result folder, finished or not: the batches that are complete, or only the first ``batches``.

        Raises UserError if it is no result folder or holds no complete batch.
        """
        folder = Path(folder)
        meta = read_manifest(folder)
        for key, what in OTHER_FOLDERS.items():
            if key in meta:
                raise UserError(f"{folder} holds {what}, not the runs of one scenario.")
        return cls.of_folder(folder, batches)

    @classmethod
    def of_folder(cls, folder: Path, batches: int | None = None) -> ResultSet:
        """As load, also where runs have more keys than their number: a point of a sweep, a shock of a stress test."""
        tables = FolderTables(folder, batches)
        if not tables.batches:
            raise UserError(f"{folder} holds no complete batch of runs yet: run the same command again to fill it.")
        return cls(tables, read_manifest(folder) | {"folder": str(folder)})

    def parts(self) -> Iterator[ResultSet]:
        """The same results batch by batch, one after the other: for tables that may not fit into memory together."""
        if not isinstance(self.tables, FolderTables):
            yield self
            return
        for batch in self.tables.batches:
            yield type(self)(FolderTables(self.tables.folder, only=[batch]), self.meta)

    @property
    def runs(self) -> list[int]:
        """Numbers of the runs that finished."""
        return sorted(set(self.table("sector")["run"].tolist()))

    @property
    def months(self) -> list[str]:
        """Months simulated, as YYYY-MM."""
        return sorted(set(self.table("sector")["month"].tolist()))

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return str(self.meta.get("scenario", "unnamed"))

    def table(self, name: str) -> pd.DataFrame:
        """One table as a frame (see sim.columns); raises UserError with the nearest name if there is none."""
        if name not in TABLES:
            raise UserError(did_you_mean(name, list(TABLES), "table"))
        return self.tables[name] if name in self.tables else empty(name)

    def series(self, column: str, table: str = "sector", **where: str) -> pd.DataFrame:
        """One column as a frame run x month; ``where`` picks rows by their label, as in
        ``series("exits", "classes", size="small")``.

        Raises UserError for a column that the table does not have.
        """
        frame = self.table(table)
        for name in (column, *where):
            if name not in frame:
                raise UserError(did_you_mean(name, frame.columns.tolist(), f"column of {table}"))
        key = (table, *sorted(where.items()))
        if key not in self._grids:
            self._grids[key] = _Grid.of(frame, where)
        grid = self._grids[key]
        if grid is not None:
            return grid.spread(frame[column])
        for name, value in where.items():
            frame = frame[frame[name] == value]
        return frame.pivot(index="run", columns="month", values=column)

    def outcome(self, name: str) -> pd.DataFrame:
        """An outcome of sim.outcomes as a frame run x month."""
        if name not in BY_NAME:
            raise UserError(did_you_mean(name, list(BY_NAME), "outcome"))
        if name not in self._outcomes:
            self._outcomes[name] = BY_NAME[name].compute(self)
        return self._outcomes[name]

    def bands(self, name: str, q: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Quantiles over runs, month x quantile, of an outcome or else of a column of ``sector``."""
        known = [*BY_NAME, *self.table("sector").columns.drop(["run", "month"])]
        if name not in known:
            raise UserError(did_you_mean(name, known, "outcome or column"))
        return quantiles(self.outcome(name) if name in BY_NAME else self.series(name), q)

    def headline(self) -> pd.DataFrame:
        """Headline outcomes at each year end: year, month, outcome, unit, median, p10, p90.

        A simulation that reaches no December answers for its last month.
        """
        months = self.months
        ends = [month for month in months if month.endswith("-12")] or months[-1:]
        rows = []
        for outcome in HEADLINE:
            bands = quantiles(self.outcome(outcome.name)[ends], (0.5, 0.1, 0.9))
            for month, (median, low, high) in zip(ends, bands.to_numpy().tolist(), strict=True):
                rows.append((int(month[:4]), month, outcome.name, outcome.unit, median, low, high))
        return pd.DataFrame(rows, columns=["year", "month", "outcome", "unit", "median", "p10", "p90"])

    def run(self, number: int) -> Results:
        """One run by its number; raises UserError if it is not among ``runs``."""
        if number not in self.runs:
            raise UserError(f"There is no run {number}: runs are {_spans(self.runs)}.")
        picked = {}
        for name in self.tables:
            frame = self.tables[name]
            picked[name] = frame[frame["run"] == number].reset_index(drop=True)
        return Results(picked, self.meta)

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(self.tables[name]):,}" for name in TABLES if name in self.tables)
        months = self.months
        span = f"{months[0]} to {months[-1]} ({len(months)} months)" if months else "no month"
        told = [f"{key} {self.meta[key]}" for key in ("seed", "assumptions") if key in self.meta]
        head = [f"{type(self).__name__} of {self.scenario!r}", f"runs {_spans(self.runs)}", span, *told]
        return f"{', '.join(head)}\n  rows: {rows}"


class Results(ResultSet):
    """Results of one run: the same questions, the same methods."""

    @property
    def number(self) -> int:
        """Number of the run."""
        return self.runs[0]


class FolderTables(Mapping[str, pd.DataFrame]):
    """The tables of a result folder, each read when first asked for.

    A batch counts when its ``sector`` file is there: that one is written last.
    """

    def __init__(self, folder: Path, batches: int | None = None, only: list[str] | None = None) -> None:
        self.folder = folder
        there = sorted(path.name for path in (folder / "sector").glob("batch-*.parquet"))[:batches]
        self.batches = there if only is None else only
        self._names = [name for name in TABLES if any((folder / name / batch).exists() for batch in there)]
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            paths = [self.folder / name / batch for batch in self.batches]
            self._read[name] = _joined(name, [read_parquet(path) for path in paths if not is_lacking(path)])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class _Grid:
    """Where the rows of a table lie in frames run x month: found once, for a page asks for dozens of columns."""

    rows: np.ndarray  # of the table, in the order of the frame
    runs: pd.Index
    months: pd.Index

    @classmethod
    def of(cls, frame: pd.DataFrame, where: Mapping[str, str]) -> _Grid | None:
        """The grid of the rows with these labels; None unless each run has each month once."""
        chosen = np.ones(len(frame), dtype=bool)
        for name, value in where.items():
            chosen &= (frame[name] == value).to_numpy(dtype=bool)
        rows = np.flatnonzero(chosen)
        run, runs = pd.factorize(frame["run"].iloc[rows], sort=True)
        month, months = pd.factorize(frame["month"].iloc[rows], sort=True)
        place = run * len(months) + month
        if len(rows) != len(runs) * len(months) or len(np.unique(place)) != len(rows):
            return None
        return cls(rows[np.argsort(place)], pd.Index(runs, name="run"), pd.Index(months, name="month"))

    def spread(self, column: pd.Series) -> pd.DataFrame:
        """A column as a frame run x month."""
        values = column.to_numpy()[self.rows].reshape(len(self.runs), len(self.months))
        return pd.DataFrame(values, index=self.runs, columns=self.months, dtype=column.dtype)


def quantiles(frame: pd.DataFrame, q: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """Quantiles over runs of a frame run x month -> month x quantile."""
    values = np.quantile(frame.to_numpy(dtype=np.float64), q, axis=0)
    return pd.DataFrame(values.T, index=frame.columns, columns=pd.Index(q, name="quantile"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result folder; raises UserError if there is none or it cannot be read."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{folder} is no result folder: it has no manifest.json.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): remove the folder and run again.") from None
    if not isinstance(manifest, dict):
        raise UserError(f"{path} is no manifest: remove the folder and run again.")
    return manifest


def read_parquet(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """One Parquet file, or some of its columns; raises UserError naming the file if it cannot be read."""
    try:
        return pd.read_parquet(path, columns=columns)
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        reason = str(error).splitlines()[0]
        beside = "" if path.parent.name == "sector" else f" and sector/{path.name}"
        mend = f"remove it{beside} and run the same command again"
        raise UserError(f"{path} cannot be read ({reason}): {mend}.") from None


def is_lacking(path: Path) -> bool:
    """Whether a batch has no file of this table, as one of which every run failed, and tables of which none did.

    Raises UserError where the batch has runs that finished: then the file was lost.
    """
    if path.exists():
        return False
    sector = path.parent.parent / "sector" / path.name
    if path.parent.name != "errors" and has_rows(sector):
        raise UserError(f"{path} is missing: run the same command again to write it.")
    return True


def has_rows(path: Path) -> bool:
    """Whether a Parquet file holds rows; raises UserError naming the file if it cannot be read."""
    return len(read_parquet(path, ["run"])) > 0


def _joined(name: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return frames[0] if frames else empty(name)
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def _spans(numbers: list[int]) -> str:
    """[0, 1, 2, 5] -> "0 to 2, 5"."""
    if not numbers:
        return "none"
    breaks = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
    parts = [numbers[a:b] for a, b in zip([0, *breaks], [*breaks, len(numbers)], strict=True)]
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts)
