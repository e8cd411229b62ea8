"""Rigs of firms for the result tables: what each owns of every generation, and how much of it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.columns import empty
from sim.kernels import records as kernels
from sim.record_decisions import dates, frame_of, in_order, month_names, pick

if TYPE_CHECKING:
    from sim.arrays import Index
    from sim.sector import Sector

SMALLEST_EHS = 1e-6  # a rig has 1e-4


class Fleets:
    """Rigs by owner and generation of the recorded runs; only what is there is kept, month by month."""

    def __init__(self, rows: Index) -> None:
        self.rows = rows
        self.parts: list[dict[str, NDArray[Any]]] = []

    def record(self, s: Sector, month: int) -> None:
        """Keep the rigs that stand at the month's end."""
        if not len(self.rows):
            return
        found = kernels.fleets(
            s.sites.miner, s.rigs.ehs, s.rigs.off, s.rigs.j_per_th * s.P.power.mining_overhead, s.n_firms, self.rows,
            SMALLEST_EHS,
        )  # fmt: skip
        self.parts.append({"month": np.full(len(found.run), month), **found._asdict()})

    def frame(self, s: Sector) -> pd.DataFrame:
        """The table ``fleet`` of the months so far."""
        if not self.parts:
            return empty("fleet")
        kept = in_order(self.parts, "run")
        run, generation = kept["run"], kept["generation"]
        cell = run * s.rigs.release.shape[1] + generation
        data = {
            "run": np.array(s.runs, dtype=np.int64)[run], "month": pick(month_names(s), kept["month"]),
            "firm": pick(s.labels.firms, kept["firm"]), "generation": pick(s.generation_names, generation),
            "released": dates(s, np.ceil(s.rigs.release).astype(np.int64).ravel()).take(cell),
            "j_per_th": s.rigs.j_per_th[run, generation], "installed_ehs": kept["ehs"], "installed_mw": kept["mw"],
            "off_mw": kept["off"],
        }  # fmt: skip
        return frame_of("fleet", data)
