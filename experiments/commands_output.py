"""The commands ``export`` and ``report``: results in other forms."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import Annotated

import typer

from experiments.options import DebugOption, JsonOption

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Result folder.")]


def export(
    folder: FolderArgument,
    format: Annotated[
        str, typer.Option(help="iamc: long table for pyam; csv, parquet: every table; graphml: the networks.")
    ] = "csv",
    out: Annotated[Path | None, typer.Option(help="Folder to write to; by default export/ in the folder.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the results of a run, a sweep or a comparison in another format."""
    from experiments.export import export as write
    from experiments.export import gap_of

    files = write(folder, format, out)
    if words := gap_of(folder):
        print(f"hashpivot: {folder}: {words}", file=sys.stderr)
    _tell(files, json)


def report(
    folder: FolderArgument,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File; by default report.html in the folder.")
    ] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write one HTML file with tables, charts, firms, contracts, money and method; needs no network to read."""
    from experiments.report import write_report

    _tell([write_report(folder, out)], json)


def _tell(files: list[Path], as_json: bool) -> None:
    if as_json:
        print(json_module.dumps({"files": [str(path) for path in files]}, indent=2))
    else:
        for path in files:
            print(path)


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(export)
    app.command()(report)
