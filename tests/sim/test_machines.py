"""Generations of rigs: which models belong to one, and what energy per hash they have together."""

import pytest

from sim.tables.sources import machines


def test_a_reign_takes_in_every_model_of_its_months() -> None:
    """A MW spread evenly over models of 50 and 100 J/TH computes 15 TH/s per kW: 66.7 J/TH on average."""
    months = {"before": "2018-08", "first": "2018-09", "last": "2019-03", "after": "2019-04"}
    j = {"before": 200, "first": 50, "last": 100, "after": 20}
    known = {name: {"release": month, "efficiency_j_per_th": str(j[name])} for name, month in months.items()}
    step = machines.Generation(("first",), (0, 0, 0), reign=("2018-09", "2019-03"))
    row = machines.generation_row("a class", step, *machines.models_of(known, step))
    assert row["release"] == "2018-09"
    assert row["j_per_th"] == pytest.approx(66.7)
    assert machines.models_of(known, machines.Generation(("last",), (0, 0, 0))) == (known["last"], [known["last"]])
