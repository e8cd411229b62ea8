"""Rigs of firms for the result tables: what each owns of every generation, and how much of it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.columns import empty
from sim.kernels import sites as kernels
from sim.record_decisions import dates, frame_of, in_order, month_names, pick

if TYPE_CHECKING:
    from sim.arrays import Array, Index
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
        ehs, mw, off = fleets(s, self.rows)
        run, firm, generation = np.nonzero(ehs > SMALLEST_EHS)
        at = run, firm, generation
        row = self.rows[run]
        self.parts.append({
            "row": row, "month": np.full(len(row), month), "firm": firm, "generation": generation,
            "installed_ehs": ehs[at], "installed_mw": mw[at], "off_mw": off[at],
        })  # fmt: skip

    def frame(self, s: Sector) -> pd.DataFrame:
        """The table ``fleet`` of the months so far."""
        if not self.parts:
            return empty("fleet")
        data = in_order(self.parts, "row")
        row, generation = data.pop("row"), data["generation"]
        cell = row * s.rigs.release.shape[1] + generation
        data |= {
            "run": np.array(s.runs, dtype=np.int64)[row], "month": pick(month_names(s), data["month"]),
            "firm": pick(s.labels.firms, data["firm"]), "generation": pick(s.generation_names, generation),
            "released": dates(s, np.ceil(s.rigs.release).astype(np.int64).ravel()).take(cell),
            "j_per_th": s.rigs.j_per_th[row, generation],
        }  # fmt: skip
        return frame_of("fleet", data)


def fleets(s: Sector, rows: Index) -> tuple[Array, Array, Array]:
    """Rigs of some runs by owner and generation (K, F, G): EH/s, MW at the plug, MW of it that stood still."""
    owned, still = kernels.rigs_of_firms(s.sites.miner[rows], s.rigs.ehs[rows], s.rigs.off[rows], s.n_firms)
    mw_per_ehs = (s.rigs.j_per_th * s.P.power.mining_overhead)[rows][:, None, :]
    return owned, owned * mw_per_ehs, still * mw_per_ehs
