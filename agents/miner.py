"""Miners: firms that own sites and rigs. How they choose stands in ``agents.rules``."""

from __future__ import annotations

from typing import Any

from agents import rules
from agents.observations import Index, MinerObservation
from agents.views import Column, RowAgent


class Miner(RowAgent):
    """A mining firm; a view on its row of the firms. Override ``decide`` to give it another mind."""

    population = "firms"
    coins_btc = Column("firms", "coins_btc")
    listed = Column("firms", "listed")
    reluctance = Column("firms", "reluctance")

    def decide(self, observation: MinerObservation) -> Index:
        """An option (its index in ``OPTIONS``) for each of the firm's cases of the month, or one for all.

        Called in the months of the firm's review only, with all cases of the firm: leading axis of every array.
        An option whose ``gate`` is closed cannot be carried out; the site is then held. Taking an AI option
        means offering the site to tenants: without an award in the month's tender it stays as it is.
        """
        return rules.decide(observation)

    @property
    def alive(self) -> bool:
        """False once the firm has been closed, liquidated or bought; it has then left Mesa's registry."""
        return self.model.sector.firms.alive[0, self.row].item()

    @property
    def strategy(self) -> str:
        """BTC, HYBRID, AI or EXITED, by what the firm does, not by what it says."""
        return self.model.strategy_of(self.row)

    @property
    def size(self) -> str:
        """Size class at start or entry: small, medium, large or mega."""
        return self.model.size_of(self.row)

    @property
    def region(self) -> str:
        """Code of the home region."""
        sector = self.model.sector
        return sector.labels.regions[sector.firms.home[0, self.row]]

    @property
    def cash_usd(self) -> float:
        """Free cash, USD; without the cash set aside for construction.

        Setting it books the difference as money put in or taken out by the owners, so that the books close.
        """
        return self.model.sector.books.stock["cash"][0, self.row].item()

    @cash_usd.setter
    def cash_usd(self, usd: float) -> None:
        self.model.put_cash(self.row, usd - self.cash_usd)

    @property
    def equity_usd(self) -> float:
        """Assets less liabilities at book value, USD."""
        return self.model.sector.books.equity()[0, self.row].item()

    @property
    def hashrate_ehs(self) -> float:
        """EH/s of the firm's rigs that ran in the last month, at its own sites and at hosts."""
        return self.model.sector.ehs_by_firm[0, self.row].item()

    @property
    def connected_mw(self) -> float:
        """Grid MW that can draw power now, over all sites of the firm."""
        return sum(site["connected_mw"] for site in self.sites)

    @property
    def ai_contracted_mw(self) -> float:
        """Critical IT MW under lease, delivered or not."""
        return sum(lease["it_mw"] for lease in self.leases)

    @property
    def sites(self) -> list[dict[str, Any]]:
        """The sites the firm owns: name, region and grid MW by use."""
        return self.model.sites_of(self.row)

    @property
    def leases(self) -> list[dict[str, Any]]:
        """The firm's AI leases in force: tenant, product, critical IT MW, rent and dates."""
        return self.model.leases_of(firm=self.row)
