"""Hyperscalers, neoclouds and enterprises: the tenants."""

from __future__ import annotations

from agents import conduct
from agents.observations import TenantDecision, TenantObservation
from agents.views import Column, RowAgent


class Hyperscaler(RowAgent):
    """A tenant of AI capacity (hyperscaler, neocloud or enterprise); a view on its row of the tenants."""

    population = "tenants"
    wanted_mw = Column("tenants", "wanted")
    minimum_mw = Column("tenants", "min_mw")
    solvent = Column("tenants", "solvent")

    def decide(self, observation: TenantObservation) -> TenantDecision:
        """How many MW to lease and at most at which rent; ``observation`` has one row."""
        return conduct.lease_demand(observation)
