"""What whoever starts the dashboard may set, read from the environment once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """``runs`` per scenario, worker ``processes``, ``months`` (None: the scenario's own), ``firms`` and ``sites``
    of the world (None: the scenario's own), and the folder in which finished baselines are kept.
    """

    runs: int
    processes: int
    months: int | None
    firms: int | None
    sites: int | None
    cache: Path

    @property
    def world(self) -> dict[str, int]:
        """Overrides that make every scenario's world smaller, for tests and small machines."""
        sizes = {"world.firms": self.firms, "world.sites": self.sites, "world.months": self.months}
        return {key: value for key, value in sizes.items() if value is not None}


@cache
def settings() -> Settings:
    """Settings of this process; raises ValueError for a number that is none."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Settings(
        runs=_number("RUNS") or 96,
        processes=_number("WORKERS") or min(2, os.cpu_count() or 1),
        months=_number("MONTHS"),
        firms=_number("FIRMS"),
        sites=_number("SITES"),
        cache=Path(os.environ.get("HASHPIVOT_DASHBOARD_CACHE") or home / "hashpivot" / "dashboard"),
    )


def _number(name: str) -> int | None:
    text = os.environ.get(f"HASHPIVOT_DASHBOARD_{name}", "")
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"HASHPIVOT_DASHBOARD_{name} must be a whole number above 0, not {text!r}.")
    return int(text)
