"""Many runs and what is learnt from them: workers, result folders, figures, the command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.comparison import compare
    from experiments.ensemble import simulate
    from experiments.sweeps import sweep
    from sim.results import Results, ResultSet

__all__ = ["ResultSet", "Results", "compare", "simulate", "sweep"]
# Looked up when first asked for, so that the command line answers --help without importing pandas.
_HOME = {
    "compare": "experiments.comparison",
    "simulate": "experiments.ensemble",
    "sweep": "experiments.sweeps",
    "Results": "sim.results",
    "ResultSet": "sim.results",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
