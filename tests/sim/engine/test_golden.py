"""Yearly sums of a reference run against stored numbers: notices what changes results without meaning to.

After a change that is meant to change results, write the file anew and look at the difference:
``python tests/sim/engine/test_golden.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.columns import TABLES
from sim.engine import run_batch
from sim.scenario import Scenario

GOLDEN = Path(__file__).with_name("golden.json")
SEED, RUNS, MONTHS = 0, (0, 1), 24


def yearly_sums() -> dict[str, dict[str, float]]:
    """Sum over the months of every numeric column of the sector table, by run and calendar year."""
    frame = run_batch(Scenario.load("baseline"), SEED, RUNS, months=MONTHS, mode="fixed", firms="none")["sector"]
    columns = [c.name for c in TABLES["sector"] if c.dtype in ("float64", "int64") and c.name != "run"]
    by_year = frame.groupby(["run", frame["month"].str[:4]])[columns].sum()
    return {f"run {run}, {year}": row.astype(float).to_dict() for (run, year), row in by_year.iterrows()}


def test_yearly_sums_are_those_on_file() -> None:
    stored, found = json.loads(GOLDEN.read_text(encoding="utf-8")), yearly_sums()
    assert found.keys() == stored.keys()
    for year, columns in stored.items():
        assert found[year] == pytest.approx(columns, rel=1e-6, abs=1e-9), year


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(yearly_sums(), indent=1) + "\n", encoding="utf-8")
