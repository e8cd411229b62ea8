"""Which tables a start uses: named firms, leases, generations and the open hashrate of each region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import UserError
from sim.months import month_number
from sim.scenario.params import Params
from sim.scenario.registry import describe
from sim.tables import Tables
from sim.tables.load import Table

if TYPE_CHECKING:
    from sim.sector import Sector

# Block height on the first day of the month of a halving (chain facts), from which heights are counted
HALVING_MONTHS = (("2012-12", 210_600), ("2016-07", 418_800), ("2020-05", 628_500), ("2024-05", 841_500))
BLOCKS_PER_MONTH = 144.6 * 30.4375  # a little more than 144 a day: blocks come faster while hashrate grows
FUTURE_GENERATIONS = 12
STARTS = (("2026-06", "2026"), ("2024-11", "2024"), ("2015-09", "2016"))
FACTS_AS_OF = {"2026": "2026-06", "2024": "2024-12"}  # last day of the month: what was signed in it is in force


class Start:
    """The facts a scenario starts from, by the date of its start."""

    def __init__(self, params: Params, tables: Tables, start_month: int) -> None:
        self.params, self.tables, self.start = params, tables, start_month
        year = next((year for month, year in STARTS if start_month >= month_number(month)), "")
        if not year:
            first = STARTS[-1][0]
            raise UserError(f"world.start must be {first} or later: no starting facts are shipped for earlier months")
        self.year = year
        self.firms: Table | None = getattr(tables, f"firms_{year}", None)  # before 2024 all firms are synthetic

    def apply(self, s: Sector) -> None:
        """Hand the facts to the sector under the names its population uses."""
        s.start_firms = self.firms
        s.start_leases = self.leases()
        s.start_height = self.height()
        names, j, release, share = self.generations(s.n_runs)
        s.generation_names, s.generation_j, s.generation_release, s.fleet_share = names, j, release, share
        s.named_j = np.zeros(0)
        if self.firms is not None:
            s.named_j = np.where(self.firms["fleet_j_per_th"] > 0, self.firms["fleet_j_per_th"], 20.0)
        s.region_gap = self.open_hashrate()

    def height(self) -> float:
        """Block height at the start, counted from the last halving's month."""
        month, base = [m for m in HALVING_MONTHS if month_number(m[0]) <= self.start][-1]
        return base + (self.start - month_number(month)) * BLOCKS_PER_MONTH

    def leases(self) -> dict[str, Any]:
        """Leases signed before the start, or with it if the firms' facts are of that month's end; what was
        delivered by then."""
        t = self.tables.leases
        rows: list[int] = []
        if self.firms is not None:
            end = self.start + (self.start == month_number(FACTS_AS_OF[self.year]))
            rows = [k for k in range(len(t)) if month_number(str(t["signed"][k])) < end]
        table = {name: values[rows] for name, values in t.columns.items()}
        if self.year == "2026":
            table["delivered_mw"] = table["delivered_it_mw_2026_06"]
        else:
            table["delivered_mw"] = np.zeros(len(rows))
        return table

    def generations(self, runs: int) -> tuple[list[str], Any, Any, Any]:
        """Real generations with any share of the fleet, then future ones along the learning curve.

        J/TH falls by ``efficiency_gain`` at each step, towards a floor; one step every
        ``generation_interval_months``. Returns names (G), J/TH and release month (R, G), fleet share (G).
        """
        t, p = self.tables.rigs, self.params.rigs
        share = t[f"fleet_share_{self.year}"]
        release = np.array([month_number(str(m)) - self.start for m in t["release"]])
        kept = np.flatnonzero((share > 0) | (release > 0))
        last = float(release[kept].max())
        # the shortest interval any run may draw, so that arrays have one shape in every batch
        drawn = describe("rigs.generation_interval_months").distribution
        interval = min(float(np.min(p.generation_interval_months)), drawn.low if drawn else np.inf)
        steps = int(np.clip(np.ceil((self.params.world.months - last) / interval), 0, FUTURE_GENERATIONS))
        floor = p.efficiency_floor_j_per_th
        newest = float(t["j_per_th"][kept[-1]])
        k = np.arange(1, steps + 1)
        future_j = floor + (newest - floor) * (1 - p.efficiency_gain) ** k
        future = last + k * p.generation_interval_months
        names = [str(name) for name in t["generation"][kept]] + [f"Future {n}" for n in k]
        j = np.concatenate((np.repeat(t["j_per_th"][kept][None, :], runs, axis=0), future_j), axis=1)
        dates = np.concatenate((np.repeat(release[kept][None, :].astype(float), runs, axis=0), future), axis=1)
        return names, j, dates, np.concatenate((share[kept], np.zeros(steps)))

    def open_hashrate(self) -> Any:
        """EH/s of each region that named firms leave to the synthetic population (X,)."""
        regions = self.tables.regions
        total = float(self.params.bitcoin.network_hashrate_ehs[0, 0])
        target = regions[f"hashrate_share_{self.year}"] * total
        code = regions.index("code")
        named = np.zeros(len(regions))
        known = self.firms.columns if self.firms is not None else {"region_split": (), "operating_ehs": ()}
        for split, ehs in zip(known["region_split"], known["operating_ehs"], strict=True):
            for part in str(split).split(";"):
                name, share = part.split(":")
                named[code[name]] += float(ehs) * float(share)
        return np.maximum(target - named, 0.002 * target)

