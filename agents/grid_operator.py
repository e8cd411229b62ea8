"""Grid operators: one per region."""

from __future__ import annotations

from agents import conduct
from agents.observations import GridDecision, GridObservation
from agents.views import Column, RowAgent


class GridOperator(RowAgent):
    """The operator of a region's grid; a view on its row of the regions."""

    population = "regions"
    price_usd_per_mwh = Column("regions", "price")
    load_mw = Column("regions", "load")
    peak_mw = Column("regions", "peak")
    budget_mw = Column("regions", "budget")
    reserve_margin = Column("regions", "reserve_margin")

    def decide(self, observation: GridObservation) -> GridDecision:
        """MW to admit from the queue, factor on the region's price, hours in which the programme is called.

        ``observation`` has arrays (1, 1). More than ``budget_mw`` may be admitted, never more than the queue.
        """
        return conduct.run_grid(observation)

    @property
    def connected_mw(self) -> float:
        """Grid connections in service at sites of the sector, used or not."""
        return self.model.connected_mw_of(self.row)
