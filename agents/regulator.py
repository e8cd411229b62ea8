"""Regulators: one per jurisdiction, which is a region."""

from __future__ import annotations

from agents import conduct
from agents.observations import RegulatorDecision, RegulatorObservation
from agents.views import Column, RowAgent


class Regulator(RowAgent):
    """The regulator of a region; a view on its row of the regions."""

    population = "regions"
    carbon_price_usd_per_t = Column("regions", "carbon_price")
    excise_usd_per_mwh = Column("regions", "excise")
    hashing_allowed = Column("regions", "hashing_allowed")
    connection_share = Column("regions", "connection_share")
    emissions_t = Column("regions", "emissions")

    def decide(self, observation: RegulatorObservation) -> RegulatorDecision:
        """The rules of the month; ``observation`` has arrays (1, 1). Shares above one count as one."""
        return conduct.regulate(observation)
