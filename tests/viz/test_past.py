"""What is known before today stands solid at the left of a few charts, marked as real in tables and files."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from experiments.figures import FIGURES
from experiments.figures.palette import LIGHT
from sim.results import ResultSet
from sim.tables import load_tables
from viz import screen
from viz.charts.axes import SteadyAxes
from viz.charts.options import option
from viz.past import FIRST, past

MONTHS = ["2026-07", "2026-08"]


@pytest.fixture
def results(make_tables) -> ResultSet:
    return ResultSet(make_tables(list(range(24))), {"scenario": "test"})


def drawn(results: ResultSet, key: str) -> dict:
    figure = FIGURES[key](results)
    known = past(key, figure.months)
    axis = SteadyAxes().of(figure, "baseline", known.values if known else ())
    return json.loads(json.dumps(option(figure, LIGHT, axis=axis, past=known), allow_nan=False))


def test_values_are_those_of_the_shipped_tables():
    hashrate = past("hashrate", MONTHS).lines[""]
    assert hashrate["2024-12"] == 799
    assert hashrate["2026-06"] == 905
    assert list(hashrate) == sorted(hashrate)
    contracted = past("ai-capacity", MONTHS).lines["Contracted"]
    leases = load_tables().leases
    assert contracted["2026-06"] == pytest.approx(leases["it_mw"].sum() / 1000)
    assert contracted["2024-12"] == pytest.approx(0.5725)  # Core Scientific twice, TeraWulf
    assert list(contracted.values()) == sorted(contracted.values())
    assert past("rent", MONTHS).lines[""]["2025-06"] == pytest.approx(1.87)  # one lease


def test_only_simulations_that_begin_today_have_a_past():
    assert past("hashrate", ["2024-12", "2025-01"]) is None
    assert past("emissions", MONTHS) is None
    assert past("hashrate", []) is None


def test_the_past_is_solid_and_ends_where_the_simulation_begins(results):
    chart = drawn(results, "hashrate")
    real = next(series for series in chart["series"] if series.get("name") == "Real")
    assert real["lineStyle"]["type"] == "solid"
    assert real["showSymbol"]  # some months are missing
    assert real["data"][0] == [f"{FIRST}-01", 799]
    link = next(s for s in chart["series"] if s.get("data") and s["data"][0] == ["2026-06-01", 905])
    assert link["data"][1][0] == "2026-07-01"
    assert chart["xAxis"]["min"] == f"{FIRST}-01"
    assert chart["yAxis"]["max"] >= 1050


def test_today_stands_between_the_past_and_what_is_simulated(results):
    marks = [s["markLine"]["data"][0] for s in drawn(results, "hashrate")["series"] if "markLine" in s]
    assert [mark["xAxis"] for mark in marks] == ["2026-07-01"]
    assert marks[0]["label"]["align"] == "center"


def test_single_deals_are_dots_without_a_line(results):
    real = next(series for series in drawn(results, "rent")["series"] if series.get("name") == "Real")
    assert real["lineStyle"]["width"] == 0
    assert real["showSymbol"]


def test_tables_and_files_tell_real_months_from_simulated_ones(results):
    figure = FIGURES["hashrate"](results)
    known = past("hashrate", figure.months)
    rows = screen.table(figure, known)["rows"]
    assert rows[0][0] == "Dec 2024, real"
    assert float(rows[0][1]) == pytest.approx(799, rel=0.01)
    assert rows[len(known.lines[""])][0] == "Jul 2026"
    text = screen.csv(figure, known).decode("utf-8")
    frame = pd.read_csv(io.StringIO(text), comment="#", index_col="month")
    assert frame.loc["2026-06", "basis"] == "real"
    assert set(frame.loc["2026-07":, "basis"]) == {"simulated"}
    assert "Before July 2026" in screen.definition(figure, known)
    assert "basis" not in screen.csv(FIGURES["emissions"](results)).decode("utf-8")
