"""Hyperscalers, neoclouds and enterprises: the tenants."""

from __future__ import annotations

from typing import Any

from agents import conduct
from agents.observations import TenantDecision, TenantObservation
from agents.views import Column, RowAgent


class Hyperscaler(RowAgent):
    """A tenant of AI capacity (hyperscaler, neocloud or enterprise); a view on its row of the tenants."""

    population = "tenants"
    wanted_mw = Column("tenants", "wanted")
    minimum_mw = Column("tenants", "min_mw")
    max_rent_usd_m_per_mw_year = Column("tenants", "max_rent")
    solvent = Column("tenants", "solvent")

    def decide(self, observation: TenantObservation) -> TenantDecision:
        """How many MW to lease and at most at which rent; ``observation`` has arrays (1, 1)."""
        return conduct.lease_demand(observation)

    @property
    def kind(self) -> str:
        """hyperscaler, neocloud or enterprise."""
        return self.model.tenant_class_of(self.row)

    @property
    def leases(self) -> list[dict[str, Any]]:
        """Leases in force: landlord, product, critical IT MW, rent and dates."""
        return self.model.leases_of(tenant=self.row)
