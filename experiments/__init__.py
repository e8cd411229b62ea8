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
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    from sim.errors import did_you_mean

    raise AttributeError(did_you_mean(name, __all__, f"name in {__name__}"))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
