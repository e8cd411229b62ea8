"""One Mesa model stepped by hand: what a page shows of it after each step, as plain data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from experiments.figures.model import Figure, Line
from experiments.wording import plural
from sim.model import SectorModel
from sim.scenario import Scenario
from viz.firms import MEANING, SIZE, STRATEGY, even
from viz.places import short
from viz.settings import settings
from viz.state import BASELINE

Data = dict[str, Any]
WORLD = {"world.firms": 120, "world.sites": 240}  # small, so that a step answers at once
SHOWN = 15
TITLES = {"agents": "Miners by strategy", "step-price": "Hashprice"}  # of the charts
COLUMNS = (
    {"name": "Miner", "left": True}, {"name": "Strategy", "left": True}, {"name": "Size", "left": True},
    {"name": "Home", "left": True}, {"name": "Connected", "unit": "MW"}, {"name": "AI leased", "unit": "MW IT"},
    {"name": "Hashrate", "unit": "EH/s"}, {"name": "Cash", "unit": "M USD"},
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """The model after a step. ``kinds`` counts agents; ``data`` is the data collector's frame."""

    month: str = ""
    steps: int = 0
    horizon: int = 0
    kinds: str = ""
    error: str = ""
    rows: list[Data] = field(default_factory=list)
    data: pd.DataFrame = field(default_factory=pd.DataFrame)


class Walk:
    """A model of one visitor, stepped on a thread of its own; ``told`` gets what to show after each step."""

    def __init__(self, run: int, told: Callable[[Shown], None]) -> None:
        self.run = run
        self.told = told
        self.model: SectorModel | None = None
        self.lock = threading.Lock()
        self.left = 0
        self.closed = False
        threading.Thread(target=self._work, args=(0,), daemon=True).start()

    def step(self, months: int) -> None:
        """Some months more, unless it is walking already; 0 halts it."""
        if self.left or not months:
            self.left = 0
            return
        self.left = months
        threading.Thread(target=self._work, args=(months,), daemon=True).start()

    def close(self) -> None:
        """The visitor turned away."""
        self.closed = True
        self.left = 0

    def _work(self, months: int) -> None:
        try:
            self._walk(months)
        except Exception as error:  # whatever it is, the page must tell
            self.told(Shown(error=f"{type(error).__name__}: {error}"))

    def _walk(self, months: int) -> None:
        with self.lock:
            if self.model is None:
                scenario = Scenario.load(BASELINE, {**WORLD, **settings().world})
                self.model = SectorModel(scenario, run=self.run)
                self._tell()
            while self.left and not self.closed and self.model.sector.t < self.model.sector.months:
                self.model.step()
                self.left -= 1
                self._tell()
            if months:
                self.left = 0

    def _tell(self) -> None:
        if self.model is not None and not self.closed:
            self.told(look(self.model))


def look(model: SectorModel) -> Shown:
    """What there is to see of a model now."""
    names = {kind.__name__: len(agents) for kind, agents in model.agents_by_type.items()}
    miners = next((list(agents) for kind, agents in model.agents_by_type.items() if kind.__name__ == "Miner"), [])
    largest = sorted(miners, key=lambda miner: -miner.connected_mw)[:SHOWN]
    return Shown(
        model.month, model.sector.t, model.sector.months,
        ", ".join(plural(count, _spaced(name)) for name, count in names.items()), "",
        [_row(str(model.sector.labels.firms[miner.row]), miner) for miner in largest],
        model.datacollector.get_model_vars_dataframe(),
    )  # fmt: skip


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _row(name: str, miner: Any) -> Data:
    cells = [
        {"words": name}, {"words": STRATEGY[miner.strategy], "meaning": MEANING[miner.strategy]},
        {"words": SIZE[miner.size]}, {"words": short(miner.region)}, {"words": even(miner.connected_mw, 0)},
        {"words": even(miner.ai_contracted_mw, 0)}, {"words": even(miner.hashrate_ehs, 1)},
        {"words": even(miner.cash_usd / 1e6, 0)},
    ]  # fmt: skip
    return {"id": name, "cells": cells}


def figures(shown: Shown) -> list[Figure]:
    """Two charts of what the data collector holds; none before the second step."""
    if len(shown.data) < 2:
        return []
    months = shown.data["month"].astype(str).to_list()

    def line(label: str, meaning: Any, column: str) -> Line:
        return Line(label, meaning, shown.data[column].astype(float).to_list())

    columns: tuple[tuple[str, Any], ...] = (("BTC", "btc"), ("Hybrid", "hybrid"), ("AI", "ai"))
    stack = tuple(line(label, meaning, f"firms_{meaning}") for label, meaning in columns)
    price = (line("Hashprice", "money", "hashprice_usd_per_ph_day"),)
    source = "DataCollector"
    return [
        Figure("agents", TITLES["agents"], "Agents counted by the model's data collector.", "firms", "stack",
               months, stack, 1, source, whole=True),
        Figure("step-price", TITLES["step-price"], "USD per PH/s per day, from the data collector.", "USD/PH/day",
               "lines", months, price, 1, source),
    ]  # fmt: skip
