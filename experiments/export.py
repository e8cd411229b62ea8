"""Results in other programs' formats: IAMC long table, CSV with a dictionary of columns, GraphML networks."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.iamc import to_iamc
from experiments.store import write_whole
from sim.columns import TABLES
from sim.errors import UserError, did_you_mean
from sim.results import ResultSet

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("iamc", "csv", "graphml")
__all__ = ["FORMATS", "column_dictionary", "export", "to_iamc"]


def export(results: ResultSet | str | Path, format: str, out: str | Path | None = None) -> list[Path]:
    """Write results (or a result folder) as ``iamc`` (one CSV), ``csv`` (a file per table) or ``graphml``.

    ``out`` is a folder, by default ``export`` inside the result folder. Returns the files written. Raises UserError
    for an unknown format, a folder that holds no results, or results in memory without ``out``.
    """
    if format not in FORMATS:
        raise UserError(did_you_mean(format, list(FORMATS), "format"))
    if not isinstance(results, ResultSet):
        results = ResultSet.load(results)
    if out is None:
        if "folder" not in results.meta:
            raise UserError("Results in memory need a folder to export to: give out.")
        out = Path(results.meta["folder"]) / "export"
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be created ({error.strerror}): choose another --out.") from None
    return {"iamc": _iamc, "csv": _csv, "graphml": _graphml}[format](results, folder)


def column_dictionary() -> pd.DataFrame:
    """Table, column, unit, meaning and how months add up, of every column of every result table."""
    import pandas as pd

    rows = [
        (table, column.name, column.unit, column.text, column.over_months)
        for table, declared in TABLES.items()
        for column in declared
    ]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "description", "over_months"])


def _iamc(results: ResultSet, folder: Path) -> list[Path]:
    path = folder / f"{results.scenario}-iamc.csv"
    write_whole(path, partial(to_iamc(results).to_csv, index=False))
    return [path]


def _csv(results: ResultSet, folder: Path) -> list[Path]:
    written = []
    for name in TABLES:
        frame = results.table(name)
        if len(frame):
            path = folder / f"{name}.csv"
            write_whole(path, partial(frame.to_csv, index=False))
            written.append(path)
    path = folder / "columns.csv"
    write_whole(path, partial(column_dictionary().to_csv, index=False))
    written.append(path)
    if "folder" in results.meta:
        path = folder / f"{results.scenario}.toml"
        write_whole(path, partial(shutil.copyfile, Path(results.meta["folder"]) / "scenario.toml"))
        written.append(path)
    return written


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
