"""Mesa agents as thin views on a row of the sector's arrays."""

from __future__ import annotations

from typing import Any

import mesa


class Column:
    """An attribute that reads and writes one cell of a population's array in run 0 of the agent's sector."""

    def __init__(self, population: str, column: str) -> None:
        self.population, self.column = population, column

    def _array(self, agent: RowAgent) -> Any:
        holder = getattr(agent.model.sector, self.population)
        return holder[self.column] if isinstance(holder, dict) else getattr(holder, self.column)

    def __get__(self, agent: RowAgent | None, owner: type) -> Any:
        # .item: a NumPy scalar must not leak into agents' Python code
        return self if agent is None else self._array(agent)[0, agent.row].item()

    def __set__(self, agent: RowAgent, value: Any) -> None:
        self._array(agent)[0, agent.row] = value


class RowAgent(mesa.Agent):
    """An agent whose state is row ``row`` of a population (kept apart from Mesa's ``unique_id``)."""

    population = ""

    def __init__(self, model: mesa.Model, row: int) -> None:
        super().__init__(model)
        self.row = row

    @property
    def label(self) -> str:
        """Name of the firm, tenant or region."""
        return getattr(self.model.sector.labels, self.population)[self.row]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"
