"""Results in other programs' formats: IAMC long table, CSV with a dictionary of columns, Parquet, GraphML."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.comparison import MARKER as COMPARISON
from experiments.folders import read_finished
from experiments.iamc import point_table, sweep_to_iamc, to_iamc
from experiments.store import MORE, arrow_table, gap, write_whole
from experiments.stress import MARKER as STRESS
from experiments.sweep_result import SweepResult
from sim.columns import TABLES
from sim.errors import UserError, did_you_mean
from sim.results import ResultSet, read_manifest

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("iamc", "csv", "parquet", "graphml")
__all__ = ["FORMATS", "column_dictionary", "export", "to_iamc"]


def export(results: ResultSet | str | Path, format: str, out: str | Path | None = None) -> list[Path]:
    """Write results, or a folder of run, sweep or compare, in a format.

    ``iamc`` is one CSV with the mean and every run of each scenario, in a sweep with the mean of every point and a
    table of the points; ``csv`` and ``parquet`` a file per table; ``graphml`` the networks of a simulation. ``out``
    is a folder, by default ``export`` inside the result folder. Returns the files written. Raises UserError for an
    unknown format, a folder that holds no results, or results in memory without ``out``.
    """
    if format not in FORMATS:
        raise UserError(did_you_mean(format, list(FORMATS), "format"))
    if isinstance(results, ResultSet):
        if out is None and "folder" not in results.meta:
            raise UserError("Results in memory need a folder to export to: give out.")
        return _writers(results)[format](_made(out or Path(results.meta["folder"]) / "export"))
    folder = Path(results)
    target = Path(out) if out is not None else folder / "export"
    if (folder / STRESS).exists():
        raise UserError(f"{folder} holds a stress test: its tables are there as CSV, by run as Parquet in runs/.")
    if (folder / COMPARISON).exists():
        return _comparison(folder, format, target)
    if "design" in read_manifest(folder):
        return _sweep_writers(SweepResult.load(folder))[format](_made(target))
    return _writers(ResultSet.load(folder))[format](_made(target))


def gap_of(folder: str | Path) -> str:
    """What a folder of run or sweep still lacks, in words; nothing if it is complete or of another kind."""
    folder = Path(folder)
    if not (folder / "manifest.json").exists():
        return ""
    return SweepResult.load(folder).gap if "design" in read_manifest(folder) else gap(ResultSet.load(folder))


def _made(folder: str | Path) -> Path:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be created ({error.strerror}): choose another --out.") from None
    return Path(folder)


Writer = Callable[[Path], list[Path]]
TableWriter = Callable[[Path, str, Iterator["pd.DataFrame"]], Path]  # folder, table, its parts


def _writers(results: ResultSet) -> dict[str, Writer]:
    """What writes the results of one scenario into a folder, by format."""
    folder = results.meta.get("folder")
    beside = {f"{results.scenario}.toml": Path(folder) / "scenario.toml"} if folder else {}
    return {
        "iamc": lambda out: [_append(out / f"{results.scenario}-iamc.csv", [to_iamc(results)])],
        "csv": lambda out: [*_tables(results, out, _csv), _columns(out, ()), *_copies(out, beside)],
        "parquet": lambda out: [*_tables(results, out, _parquet), *_copies(out, beside)],
        "graphml": lambda out: _graphml(results, out),
    }


def _sweep_writers(result: SweepResult) -> dict[str, Writer]:
    """The same for a sweep, batch by batch: it may be larger than memory."""
    name, results = result.manifest["scenario"], ResultSet.of_folder(result.folder)
    beside = {file: result.folder / file for file in ("points.csv", "design.toml", "scenario.toml")}

    def refuse(_out: Path) -> list[Path]:
        raise UserError(f"{result.folder} holds a sweep: networks are those of one simulation; use iamc or csv.")

    return {
        "iamc": lambda out: [
            _append(out / f"{name}-iamc.csv", sweep_to_iamc(result)),
            _append(out / f"{name}-iamc-points.csv", [point_table(result)]),
        ],
        "csv": lambda out: [*_tables(results, out, _csv), _columns(out, ("point",)), *_copies(out, beside)],
        "parquet": lambda out: [*_tables(results, out, _parquet), *_copies(out, beside)],
        "graphml": refuse,
    }


def _comparison(folder: Path, format: str, out: Path) -> list[Path]:
    """All scenarios of a comparison: together as one IAMC table, else each in a folder of its own."""
    results = {name: ResultSet.load(folder / name) for name in read_finished(folder, COMPARISON)["holds"]}
    if format != "iamc":
        return [path for name, each in results.items() for path in _writers(each)[format](_made(out / name))]
    return [_append(_made(out) / f"{folder.resolve().name}-iamc.csv", map(to_iamc, results.values()))]


def column_dictionary(keys: Iterable[str] = ()) -> pd.DataFrame:
    """Table, column, unit, meaning and how months add up, of every column of every result table.

    ``keys`` are first columns that all tables have besides: ``point`` in a sweep.
    """
    import pandas as pd

    first = [MORE[key] for key in keys]
    rows = [
        (table, column.name, column.unit, column.text, column.over_months)
        for table, declared in TABLES.items()
        for column in (*first, *declared)
    ]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "description", "over_months"])


def _columns(folder: Path, keys: Iterable[str]) -> Path:
    return _append(folder / "columns.csv", [column_dictionary(keys)])


def _append(path: Path, frames: Iterable[pd.DataFrame]) -> Path:
    """Frames with the same columns one below the other as CSV."""

    def write(file: Path) -> None:
        for number, frame in enumerate(frames):
            frame.to_csv(file, index=False, mode="a" if number else "w", header=number == 0)

    write_whole(path, write)
    return path


def _tables(results: ResultSet, folder: Path, write: TableWriter) -> list[Path]:
    """Every table that has rows, batch by batch."""
    written = []
    for name in TABLES:
        frames = (part.table(name) for part in results.parts())
        filled = (frame for frame in frames if len(frame))
        first = next(filled, None)
        if first is not None:
            written.append(write(folder, name, chain([first], filled)))
    return written


def _csv(folder: Path, table: str, frames: Iterator[pd.DataFrame]) -> Path:
    return _append(folder / f"{table}.csv", frames)


def _parquet(folder: Path, table: str, frames: Iterator[pd.DataFrame]) -> Path:
    import pyarrow.parquet as pq

    def write(file: Path) -> None:
        first = arrow_table(table, next(frames))
        with pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
            writer.write_table(first)
            for frame in frames:
                writer.write_table(arrow_table(table, frame).cast(first.schema))

    path = folder / f"{table}.parquet"
    write_whole(path, write)
    return path


def _copies(folder: Path, files: dict[str, Path]) -> list[Path]:
    for name, source in files.items():
        write_whole(folder / name, partial(shutil.copyfile, source))
    return [folder / name for name in files]


def _graphml(results: ResultSet, folder: Path) -> list[Path]:
    import networkx as nx

    from experiments.networks import contract_graph, information_graph, regions_graph

    graphs: dict[str, nx.Graph] = {"contracts": contract_graph(results), "regions": regions_graph()}
    if "folder" in results.meta:
        graphs["information"] = information_graph(results)
    written = []
    for name, graph in graphs.items():
        path = folder / f"{name}.graphml"
        write_whole(path, partial(nx.write_graphml, graph))
        written.append(path)
    return written
