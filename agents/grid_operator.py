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
    reserve_margin = Column("regions", "reserve_margin")

    def decide(self, observation: GridObservation) -> GridDecision:
        """Connections, price curve and calls of the month; ``observation`` has one row."""
        return conduct.run_grid(observation)
