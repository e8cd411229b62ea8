"""The command ``claims``."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from experiments.options import DebugOption, JsonOption, SeedOption, WorkersOption


def claims(
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Judge this claim; may be repeated.")] = None,
    runs: Annotated[int, typer.Option(help="Number of paired runs of each experiment.")] = 12,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    docs: Annotated[Path | None, typer.Option(help="Write the page docs/claims.md to this file.")] = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Judge the claims of the source article by simulation: verdict, numbers, condition."""
    from experiments.claims import judge_claims
    from experiments.claims.page import page, print_table
    from experiments.claims.run import EXPERIMENTS
    from experiments.terminal import progress

    with progress(len(EXPERIMENTS), 1) as count:
        judged = judge_claims(tuple(only or ()), runs, seed, workers=workers, on_progress=count)
    if docs:
        docs.write_text(page(judged, runs, seed), encoding="utf-8")
    if json:
        print(json_module.dumps({"claims": [entry.to_json() for entry in judged]}, indent=2, allow_nan=False))
    else:
        print_table(judged)


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(claims)
