"""Who decides: miners, hyperscalers, grid operators, regulators, and the rules they decide by."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from agents.rules import RULES, register_rule

if TYPE_CHECKING:
    from agents.grid_operator import GridOperator
    from agents.hyperscaler import Hyperscaler
    from agents.miner import Miner
    from agents.regulator import Regulator

__all__ = ["RULES", "GridOperator", "Hyperscaler", "Miner", "Regulator", "register_rule"]

_HOMES = {
    "Miner": "agents.miner",
    "Hyperscaler": "agents.hyperscaler",
    "GridOperator": "agents.grid_operator",
    "Regulator": "agents.regulator",
}


def __getattr__(name: str) -> Any:
    # Mesa takes seconds to import and ensembles do not need it: the agent classes load on first use
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    near = get_close_matches(name, __all__, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(__all__)}."
    raise AttributeError(f"Unknown name in agents '{name}': {hint}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
