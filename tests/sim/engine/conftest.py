"""Small sectors for tests of the engine: real tables, few private firms, few months."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from sim.scenario import Scenario
from sim.sector import Sector

SMALL = {"world.firms": 120, "world.sites": 240, "world.months": 36, "world.entrant_firms": 20}
POPULATIONS = ("firms", "sites", "rigs", "leases", "tenants", "regions", "now", "facilities", "dispatched")
RUN_AXIS = {"rigs.ordered": 1, "rigs.ordered_generation": 1}  # months stand first in these


def make_sector(
    name: str = "baseline",
    overrides: Mapping[str, Any] | None = None,
    *,
    months: int = 0,
    runs: Iterable[int] = (0, 1),
    seed: int = 1,
    mode: str = "fixed",
    small: bool = True,
    **more: Any,
) -> Sector:
    """A sector of a library scenario after ``months`` months; ``more`` goes to ``Sector``."""
    scenario = Scenario.load(name, {**(SMALL if small else {}), **(overrides or {})})
    sector = Sector(scenario, seed, tuple(runs), mode=mode, **more)
    for _ in range(months):
        sector.advance()
    return sector


def state_of(sector: Sector) -> dict[str, np.ndarray]:
    """Every array of the state by name; run on the first axis throughout."""
    found = {}
    for population in POPULATIONS:
        table = getattr(sector, population)
        found |= {f"{population}.{field.name}": getattr(table, field.name) for field in fields(table)}
    for part in ("stock", "outside", "lines", "opening", "owed", "claims"):
        found |= {f"books.{part}.{name}": values for name, values in getattr(sector.books, part).items()}
    return {name: np.moveaxis(values, RUN_AXIS.get(name, 0), 0) for name, values in found.items()}


def differing(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> list[str]:
    """Names of arrays that are not the same to the last bit."""
    return [
        name
        for name, values in ours.items()
        if values.shape != theirs[name].shape
        or not np.array_equal(values, theirs[name], equal_nan=values.dtype.kind == "f")
    ]


@pytest.fixture
def make() -> Callable[..., Sector]:
    """The factory ``make_sector``."""
    return make_sector


@pytest.fixture
def state() -> Callable[[Sector], dict[str, np.ndarray]]:
    """The function ``state_of``."""
    return state_of


@pytest.fixture
def differ() -> Callable[..., list[str]]:
    """The function ``differing``."""
    return differing


@pytest.fixture
def shock() -> Callable[..., dict[str, Any]]:
    """Maker of a shock from the fourth month on, unless said otherwise."""

    def make_shock(kind: str, size: float, start: str = "2026-10", months: int = 60) -> dict[str, Any]:
        return {"kind": kind, "size": size, "start": start, "months": months}

    return make_shock
