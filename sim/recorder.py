"""Records what a sector does, month by month, and hands it over as the frames of ``sim.columns``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sim.columns import TABLES, empty
from sim.events import Events
from sim.record_decisions import Decisions, contracts_frame, events_frame, frame_of, month_names, note_bans, pick
from sim.record_firms import (
    added_up,
    capacity,
    firm_columns,
    firm_labels,
    in_distress,
    let,
    region_columns,
    statements,
)  # fmt: skip
from sim.record_fleet import Fleets
from sim.record_sector import class_counts, sector_columns, sums_of_parts
from sim.state import SIZES, STRATEGIES

if TYPE_CHECKING:
    from sim.arrays import Array, Index
    from sim.sector import Sector

FirmTables = Literal["first", "all", "none", "listed"]
LABELS_KEPT = ("strategy", "announced", "alive", "in_distress")  # of firms, kept as codes every month


class Recorder:
    """Call ``record()`` after each ``sector.advance()``, then ``tables()`` whenever the frames are wanted.

    ``firms`` says whose tables of firms, rigs and decisions to keep: of run number 0 ("first"), of "all" runs, of
    "none"; "listed" keeps of all runs the books of listed firms and nothing else.
    """

    def __init__(self, sector: Sector, firms: FirmTables = "first") -> None:
        self.s = sector
        runs, months = sector.n_runs, sector.months
        every = list(range(runs))
        first = [k for k, run in enumerate(sector.runs) if run == 0]
        kept = {"first": first, "all": every, "none": [], "listed": every}
        self.rows = np.array(kept[firms], dtype=np.int64)
        listed = np.flatnonzero(sector.firms.listed.any(axis=0))
        self.listed = slice(None), slice(0, listed.max(initial=-1) + 1)  # where listed firms stand: all in front
        self.kept_firms = listed if firms == "listed" else np.arange(sector.n_firms)
        side_by_side = len(self.rows) and self.rows[-1] - self.rows[0] == len(self.rows) - 1
        self.taken = slice(self.rows[0], self.rows[-1] + 1) if side_by_side else self.rows  # a view, where it can be
        self.classes = blank("classes", (months, runs, len(SIZES)))
        self.regions = blank("regions", (months, runs, sector.n_regions))
        summed = sums_of_parts(self.classes, self.regions)
        self.sector = {name: v for name, v in blank("sector", (months, runs)).items() if name not in summed}
        shape = (months, len(self.rows), len(self.kept_firms))
        self.firms = blank("firms", shape) | {name: np.zeros(shape, dtype=np.int8) for name in LABELS_KEPT}
        in_detail = self.rows[:0] if firms == "listed" else self.rows
        self.fleets = Fleets(in_detail)
        self.decisions = Decisions(in_detail, runs)
        self.events = Events()
        self.founded = sector.firms.alive.copy()
        self.alive = sector.firms.alive.copy()
        self.allowed = sector.regions.hashing_allowed.copy()

    def record(self) -> None:
        """Keep the month just done."""
        s, t = self.s, self.s.t - 1
        mw, (let_by_firms, let_in_regions) = capacity(s, self.rows), let(s)
        firms = firm_columns(s) | let_by_firms
        classes = class_counts(s, self.alive, self.founded) | mw.classes | added_up(firms, s.firms.size, len(SIZES))
        distressed = s.firms.listed[self.listed] & in_distress(s, t, self.listed)
        bought = classes.pop("acquisitions").sum(axis=-1)
        put(self.sector, t, sector_columns(s, firms, bought, distressed.sum(axis=-1)))
        put(self.classes, t, classes)
        put(self.regions, t, region_columns(s) | mw.regions | let_in_regions)
        if len(self.rows):
            self._firms(t, {name: values[self.taken] for name, values in firms.items()} | mw.firms)
            self.fleets.record(s, t)
            self.decisions.record(s, t)
        note_bans(s, self.allowed, self.events)
        self.alive, self.allowed = s.firms.alive.copy(), s.regions.hashing_allowed.copy()

    def _firms(self, t: int, columns: dict[str, Array]) -> None:
        shown: dict[str, Any] = {name: values for name, values in columns.items() if name in self.firms}
        shown |= statements(self.s, self.taken) | firm_labels(self.s, self.taken, t)
        if len(self.kept_firms) < self.s.n_firms:
            shown = {name: np.take(values, self.kept_firms, axis=1) for name, values in shown.items()}
        put(self.firms, t, shown)

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables of the months done so far, with the columns and types of ``sim.columns``."""
        s = self.s
        runs = np.array(s.runs, dtype=np.int64)
        sector = self.sector | sums_of_parts(self.classes, self.regions)
        return {
            "sector": self._grid("sector", sector, runs, None, []),
            "classes": self._grid("classes", self.classes, runs, "size", list(SIZES)),
            "firms": self._firms_frame(runs[self.rows]),
            "fleet": self.fleets.frame(s),
            "regions": self._grid("regions", self.regions, runs, "region", s.labels.regions),
            "contracts": contracts_frame(s),
            "events": events_frame(s, self.events),
            "decisions": self.decisions.frame(s),
        }

    def _grid(
        self, table: str, values: dict[str, Any], runs: Index, key: str | None, names: list[str]
    ) -> pd.DataFrame:
        """A frame of one row per run, month and, where there is one, ``key``."""
        run, month, row = self._keys(len(runs), max(len(names), 1))
        data = {name: array[: self.s.t].swapaxes(0, 1).ravel() for name, array in values.items()}
        data |= {"run": runs[run], "month": pick(month_names(self.s), month)}
        return frame_of(table, data | ({key: pick(names, row)} if key else {}))

    def _keys(self, runs: int, rows: int) -> tuple[Index, Index, Index]:
        """Run row, month and row number of each cell of a table."""
        run, month, row = np.indices((runs, self.s.t, rows), dtype=np.int64)
        return run.ravel(), month.ravel(), row.ravel()

    def _firms_frame(self, runs: Index) -> pd.DataFrame:
        """Firms from their first month on, those that are gone included."""
        s = self.s
        if not len(runs):
            return empty("firms")
        run, month, place = self._keys(len(runs), len(self.kept_firms))
        row, firm = self.rows[run], self.kept_firms[place]
        there = self.founded[row, firm] | ((s.firms.entered[row, firm] >= 0) & (s.firms.entered[row, firm] <= month))
        cell = (month * len(runs) + run) * len(self.kept_firms) + place
        run, month, firm, row, cell = run[there], month[there], firm[there], row[there], cell[there]
        data: dict[str, Any] = {name: np.take(array, cell) for name, array in self.firms.items()}
        data |= {
            "run": runs[run], "month": pick(month_names(s), month), "firm": pick(s.labels.firms, firm),
            "size": pick(SIZES, s.firms.size[row, firm]), "listed": s.firms.listed[row, firm],
            "region": pick(s.labels.regions, s.firms.home[row, firm]), "strategy": pick(STRATEGIES, data["strategy"]),
            "announced_strategy": pick(STRATEGIES, data["announced"]), "alive": data["alive"] > 0,
            "in_distress": data["in_distress"] > 0,
        }  # fmt: skip
        return frame_of("firms", data)


def blank(table: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """An array of ``shape`` for each number of a table."""
    kinds = ("int64", "float64")
    return {c.name: np.zeros(shape, c.dtype) for c in TABLES[table] if c.kind != "key" and c.dtype in kinds}


def put(store: dict[str, Any], t: int, values: Mapping[str, Any]) -> None:
    """Write a month's values (R, ...) of some columns. Raises KeyError for one the table does not have."""
    for name, array in values.items():
        store[name][t] = array
