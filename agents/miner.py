"""Miners: firms that own sites and rigs. How they choose stands in ``agents.rules``."""

from __future__ import annotations

import numpy as np

from agents import rules
from agents.observations import Index, MinerObservation
from agents.views import Column, RowAgent


class Miner(RowAgent):
    """A mining firm; a view on its row of the firms. Override ``decide`` to give it another mind."""

    population = "firms"
    alive = Column("firms", "alive")
    coins_btc = Column("firms", "coins_btc")
    size_class = Column("firms", "size")

    @property
    def cash(self) -> float:
        """Free cash, USD."""
        return self.model.sector.books.stock["cash"][0, self.row].item()

    @property
    def strategy(self) -> str:
        """BTC, HYBRID, AI or EXITED, by fact."""
        return self.model.sector.strategy_name(self.row)

    @property
    def connected_mw(self) -> float:
        """Grid MW that can draw power now, over all sites of the firm."""
        sites = self.model.sector.sites
        own = sites.owner[0] == self.row
        return float(np.sum(sites.connected[0][own]))

    def decide(self, observation: MinerObservation) -> Index:
        """An option (index in ``OPTIONS``) for each of the firm's sites under review."""
        return rules.decide(observation)
