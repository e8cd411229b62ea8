"""One batch of runs from start to end: the sector advances, the recorder takes notes, frames come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from sim.recorder import FirmTables, Recorder
from sim.sector import Sector

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario
    from sim.scenario.variants import Variants
    from sim.tables import Tables


def run_batch(
    scenario: Scenario | Variants,
    seed: int,
    runs: Sequence[int],
    *,
    months: int | None = None,
    mode: Literal["fixed", "sampled"] = "sampled",
    firms: FirmTables = "first",
    tables: Tables | None = None,
    labels: Sequence[int] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, pd.DataFrame]:
    """Simulate some runs of a scenario together and return the tables of ``sim.columns`` (without errors).

    ``months`` shortens the scenario; ``firms`` says whose firm and decision tables to keep; ``on_progress(done,
    total)`` counts months. When ``should_stop()`` turns true the tables hold the months done by then. Run k is
    the same in whatever batch it is. ``labels`` name the runs in the tables where their numbers repeat, as in a
    batch of several points of a sweep. Raises UserError where scenario and tables cannot be put together.
    """
    sector = Sector(scenario, seed, runs, months=months, mode=mode, tables=tables)
    recorder = Recorder(sector, firms)
    while sector.t < sector.months and not (should_stop and should_stop()):
        sector.advance()
        recorder.record()
        if on_progress:
            on_progress(sector.t, sector.months)
    if labels is not None:
        sector.runs = tuple(labels)  # everything is drawn by now
    return recorder.tables()
