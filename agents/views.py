"""Mesa agents as thin views on a row of the sector's arrays."""

from __future__ import annotations

from typing import Any

import mesa


class Column:
    """An attribute that reads and writes one cell of a population's array in run 0 of the agent's sector.

    What is written holds until a phase of the month computes that cell anew.
    """

    def __init__(self, population: str, column: str) -> None:
        self.population, self.column = population, column

    def _array(self, agent: RowAgent) -> Any:
        return getattr(getattr(agent.model.sector, self.population), self.column)

    def __get__(self, agent: RowAgent | None, owner: type) -> Any:
        # .item: a NumPy scalar must not leak into agents' Python code
        return self if agent is None else self._array(agent)[0, agent.row].item()

    def __set__(self, agent: RowAgent, value: Any) -> None:
        self._array(agent)[0, agent.row] = value


class RowAgent(mesa.Agent):
    """An agent whose state is row ``row`` of a population (kept apart from Mesa's ``unique_id``).

    It holds no state of its own: after ``remove()`` the view is gone from Mesa's registry, the row lives on.
    """

    population = ""

    def __init__(self, model: mesa.Model, row: int) -> None:
        super().__init__(model)
        self.row = row

    @property
    def label(self) -> str:
        """Name of the firm or tenant, code of the region."""
        return getattr(self.model.sector.labels, self.population)[self.row]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"
