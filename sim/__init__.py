"""The simulator: scenarios, the engine, one run with Mesa agents, results."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.model import SectorModel
    from sim.results import Results, ResultSet
    from sim.runs import simulate
    from sim.scenario import Scenario

__all__ = ["ResultSet", "Results", "Scenario", "SectorModel", "simulate"]
# Looked up when first asked for: Mesa and pandas take seconds to import, and few commands need them.
_HOME = {
    "Results": "sim.results",
    "ResultSet": "sim.results",
    "Scenario": "sim.scenario",
    "SectorModel": "sim.model",
    "simulate": "sim.runs",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    from sim.errors import did_you_mean

    raise AttributeError(did_you_mean(name, __all__, f"name in {__name__}"))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
