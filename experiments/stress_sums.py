"""Sums over the runs of a stress test, and what they say of firms, months and the sector.

Runs are added one after the other in their order, batch by batch: neither the size of batches nor the number of
workers changes the last bit, and memory grows with firms, not with runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.effects import share_interval
from experiments.stress_watch import CAUSES
from sim.months import month_name, month_number
from sim.results import ResultSet
from sim.state import SIZES, STRATEGIES

if TYPE_CHECKING:
    from sim.arrays import Array, Index

EARLY = 6  # months in which what breaks first is looked for
FEWEST = 1.0  # firms of a group per run, on average, to be told as what breaks first
ROOM = 256  # firms for which room is made at a time
LEVELS = ("first_signs", "failures", "failed_hashrate_share", "hashprice_usd_per_ph_day", "ebitda_usd")


class Sums:
    """Sums by shock (S, the run without one first), by firm (F, in the order met) and by month from the date (K)."""

    def __init__(self, shocks: Sequence[str], date: str, months: int) -> None:
        self.shocks, self.date, self.first = list(shocks), date, month_number(date)
        self.runs = 0
        self.labels: dict[str, int] = {}
        rows = len(self.shocks)
        self.months = {name: np.zeros((rows, months)) for name in LEVELS}
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("there", "listed", "ehs", "distress", "equity"), ())
        shapes |= {"fail": (months,), "causes": (len(CAUSES),), "sizes": (len(SIZES),)}
        self.firms = {name: np.zeros((rows, 0, *shape)) for name, shape in shapes.items()}
        groups = len(SIZES) * len(STRATEGIES)
        self.groups, self.broken = np.zeros((rows, groups)), np.zeros((rows, groups, months))

    @classmethod
    def of(cls, results: ResultSet, shocks: Sequence[str], date: str, months: int) -> Sums:
        """The sums of all runs that finished."""
        sums = cls(shocks, date, months)
        for part in results.parts():
            sums._add_months(part.table("sector"))
            sums._add_firms(part.table("firms"))
        return sums

    def _add_months(self, table: pd.DataFrame) -> None:
        shock, month = self._shock(table), self._month(table["month"])
        for name, total in self.months.items():
            np.add.at(total, (shock, month), table[name].to_numpy(dtype=np.float64))
        self.runs += table["run"].nunique()

    def _add_firms(self, table: pd.DataFrame) -> None:
        for name in table["firm"].unique():
            self.labels.setdefault(str(name), len(self.labels))
        self._make_room()
        shock, firm = self._shock(table), table["firm"].map(self.labels).to_numpy(dtype=np.int64)
        np.add.at(self.firms["there"], (shock, firm), 1.0)
        for name, column in (("listed", "listed"), ("ehs", "hashrate_ehs"), ("equity", "equity_usd")):
            np.add.at(self.firms[name], (shock, firm), table[column].to_numpy(dtype=np.float64))
        size, strategy = _codes(table["size"], SIZES), _codes(table["strategy"], STRATEGIES)
        np.add.at(self.firms["sizes"], (shock, firm, size), 1.0)
        group = size * len(STRATEGIES) + strategy
        np.add.at(self.groups, (shock, group), 1.0)
        hit = self._month(table["distress_month"])
        was = hit >= 0
        np.add.at(self.firms["distress"], (shock[was], firm[was]), 1.0)
        np.add.at(self.broken, (shock[was], group[was], hit[was]), 1.0)
        cause = _codes(table["first_cause"], CAUSES)
        np.add.at(self.firms["causes"], (shock[was], firm[was], cause[was]), 1.0)
        failed = self._month(table["failure_month"])
        was = failed >= 0
        np.add.at(self.firms["fail"], (shock[was], firm[was], failed[was]), 1.0)

    def _make_room(self) -> None:
        more = len(self.labels) - self.firms["there"].shape[1]
        if more > 0:
            more = math.ceil(more / ROOM) * ROOM
            for name, total in self.firms.items():
                self.firms[name] = np.pad(total, [(0, 0), (0, more), *[(0, 0)] * (total.ndim - 2)])

    def _shock(self, table: pd.DataFrame) -> Index:
        return _codes(table["shock"], self.shocks)

    def _month(self, names: pd.Series) -> Index:
        """Months from the date on; -1 for none."""
        known = {str(name): month_number(str(name)) - self.first for name in names.unique() if name}
        return np.asarray(names.map(known).fillna(-1), dtype=np.int64)

    # ------------------------------------------------------------------ what they say

    def firm_table(self) -> pd.DataFrame:
        """One row per shock and firm alive at the date in some run; see StressResult."""
        return pd.concat([self._of_shock(k) for k in range(1, len(self.shocks))], ignore_index=True)

    def _of_shock(self, k: int) -> pd.DataFrame:
        mine, calm = ({name: total[j] for name, total in self.firms.items()} for j in (k, 0))
        rows = np.flatnonzero(mine["there"] > 0)
        mine, calm = ({name: total[rows] for name, total in part.items()} for part in (mine, calm))
        names, there = list(self.labels), mine["there"]
        cause = np.where(mine["distress"] > 0, mine["causes"].argmax(axis=1), -1)
        failures = mine["fail"].sum(axis=1)
        distress, failing = share_interval(mine["distress"], there), share_interval(failures, there)
        return pd.DataFrame({
            "shock": self.shocks[k],
            "firm": [names[row] for row in rows],
            "size": [SIZES[size] for size in mine["sizes"].argmax(axis=1)],
            "listed": mine["listed"] > self.runs / 2,
            "probability": mine["distress"] / there,
            "baseline_probability": calm["distress"] / there,
            "first_cause": [CAUSES[code] if code >= 0 else "" for code in cause],
            "months_to_failure": [middle(counts) for counts in mine["fail"]],
            "loss_usd": (calm["equity"] - mine["equity"]) / there,
            "failure_probability": failures / there,
            "baseline_failure_probability": calm["fail"].sum(axis=1) / there,
            "hashrate_ehs": mine["ehs"] / self.runs,
            "probability_low": distress[0],
            "probability_high": distress[1],
            "failure_probability_low": failing[0],
            "failure_probability_high": failing[1],
        })  # fmt: skip

    def sector_table(self) -> pd.DataFrame:
        """One row per shock, the first without one; see StressResult."""
        return pd.DataFrame([self._sector(k, name) for k, name in enumerate(self.shocks)])

    def _sector(self, k: int, name: str) -> dict[str, Any]:
        level = {column: total[k] / self.runs for column, total in self.months.items()}
        signs = self.months["first_signs"][k] - (self.months["first_signs"][0] if k else 0.0)
        return {
            "shock": name,
            "failed_hashrate_share": float(level["failed_hashrate_share"][-1]),
            "firms_failed": float(level["failures"].sum()),
            "firms_in_distress": float(level["first_signs"].sum()),
            "firms": float(self.firms["there"][k].sum() / self.runs),
            "worst_month": month_name(self.first + int(signs.argmax())) if signs.max() > 0 else "",
            "breaks_first": breaks_first(self.groups[k], self.broken[k], self.broken[0], self.runs) if k else "",
            "hashprice_low": float(level["hashprice_usd_per_ph_day"].min()),
            "ebitda_usd": float(level["ebitda_usd"].sum()),
        }

    def month_table(self) -> pd.DataFrame:
        """One row per shock and month from the date on: means over runs; see StressResult."""
        names = [month_name(self.first + k) for k in range(self.months["failures"].shape[1])]
        columns = {name: total / self.runs for name, total in self.months.items()}
        frames = [
            pd.DataFrame({"shock": shock, "month": names} | {name: level[k] for name, level in columns.items()})
            for k, shock in enumerate(self.shocks)
        ]
        return pd.concat(frames, ignore_index=True)


def _codes(words: pd.Series, known: Sequence[str]) -> Index:
    places: Mapping[str, int] = {word: code for code, word in enumerate(known)}
    return np.asarray(words.map(places).fillna(-1), dtype=np.int64)


def middle(counts: Array) -> float:
    """Median month (1 is the shock's own) of failures counted by month; NaN where there are none."""
    total = counts.sum()
    if total == 0:
        return math.nan
    return float(np.searchsorted(np.cumsum(counts), total / 2) + 1)


def breaks_first(groups: Array, broken: Array, calm: Array, runs: int) -> str:
    """The kind of firm whose share in distress within six months rises most above the run without a shock.

    ``groups`` (sizes x strategies,) counts firms at the date, ``broken`` and ``calm`` (sizes x strategies, K) their
    first signs of distress.
    """
    more = (broken - calm)[:, :EARLY].sum(axis=1) / np.maximum(groups, 1.0)
    more = np.where(groups >= FEWEST * runs, more, -1.0)
    best = int(more.argmax())
    if more[best] <= 0:
        return ""
    size, strategy = divmod(best, len(STRATEGIES))
    kind = {"BTC": "BTC", "HYBRID": "hybrid", "AI": "AI"}[STRATEGIES[strategy]]
    return f"{SIZES[size]} {kind} firms (+{100 * more[best]:.0f} points)"


def failed_shares(results: ResultSet) -> dict[str, float]:
    """By shock, the mean over runs of the share of hashrate that failed by the last month."""
    table = results.table("sector")
    last = table[table["month"] == table["month"].max()].sort_values(["shock", "run"])
    return {str(name): float(part.to_numpy().mean()) for name, part in last.groupby("shock")["failed_hashrate_share"]}
