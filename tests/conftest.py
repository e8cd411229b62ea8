"""Made-up result tables with every declared column, for tests of what happens after a simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from sim.columns import TABLES, Column

settings.register_profile("hashpivot", deadline=None)  # the first call of a kernel compiles it
settings.load_profile("hashpivot")

SIZES = ("small", "medium", "large", "mega")
REGIONS = ("ERCOT", "PJM", "NORDICS", "QUEBEC", "GULF")
FIRMS = ("Alpha", "Beta", "Gamma")
GENERATIONS = ("S19 class", "S21 class")


def month_names(start: str, count: int) -> list[str]:
    """Consecutive months from ``start``: month_names("2026-11", 3) -> 2026-11, 2026-12, 2027-01."""
    first = int(start[:4]) * 12 + int(start[5:]) - 1
    return [f"{m // 12}-{m % 12 + 1:02d}" for m in range(first, first + count)]


def _values(column: Column, progress: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Plausible numbers: a trend over the run with noise; ``progress`` runs from 0 to 1."""
    noise = np.exp(0.1 * rng.standard_normal(len(progress)))
    if column.dtype == "int64":
        return rng.integers(0, 3, len(progress)) if column.kind == "flow" else (100 + 60 * progress).astype(np.int64)
    scale = {"USD": 1e8, "MW": 4000.0, "0-1": 0.1, "share": 0.2}.get(column.unit, 50.0)
    return scale * (0.5 + progress) * noise


def _table(name: str, runs: list[int], months: list[str], keys: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([runs, months, *keys.values()], names=["run", "month", *keys])
    data = {key: index.get_level_values(key).to_numpy() for key in index.names}
    progress = index.codes[1] / len(months)
    for column in TABLES[name]:
        if column.name in data:
            continue
        if column.dtype in ("float64", "int64") and column.kind != "key":
            rng = np.random.default_rng([len(name), len(column.name), runs[0], len(runs)])
            data[column.name] = _values(column, progress, rng)
        elif column.dtype == "bool":
            data[column.name] = np.ones(len(index), bool)
        else:
            data[column.name] = np.full(len(index), "x") if column.dtype == "str" else np.arange(len(index))
    return pd.DataFrame({c.name: pd.Series(data[c.name], dtype=c.dtype) for c in TABLES[name]})


def made_up_tables(runs: list[int], start: str = "2026-07", count: int = 30) -> dict[str, pd.DataFrame]:
    """Every table of sim.columns but ``errors``, for these runs and months."""
    months = month_names(start, count)
    tables = {
        "sector": _table("sector", runs, months, {}),
        "classes": _table("classes", runs, months, {"size": SIZES}),
        "firms": _table("firms", runs[:1], months, {"firm": FIRMS}),
        "fleet": _table("fleet", runs[:1], months, {"firm": FIRMS, "generation": GENERATIONS}),
        "regions": _table("regions", runs, months, {"region": REGIONS}),
        "contracts": _table("contracts", runs, months[:3], {}),
        "events": _table("events", runs, months[:4], {}),
        "decisions": _table("decisions", runs, months[::3], {"firm": FIRMS}),
    }
    tables["classes"]["firms_ever"] = 500
    tables["contracts"]["signed"] = tables["contracts"]["delivered"] = months[0]
    return tables


@pytest.fixture
def make_tables():
    """The factory ``made_up_tables(runs, start, count)``."""
    return made_up_tables
