"""The speed measurement: what it counts, what it scales, what it says without the source tree."""

from __future__ import annotations

import json
import sys
import time
from types import FunctionType

import pytest

from experiments import bench as bench_module
from experiments.bench import (
    BETWEEN,
    COMPARED,
    NO_REFERENCE,
    RECORDING,
    SET_UP,
    Measured,
    Stopwatch,
    bench,
    phases_of_a_month,
)
from experiments.cli import app
from experiments.terminal import exit_code
from sim.phases import decide, dispatch


def nap():
    time.sleep(0.02)


def test_stopwatch_times_only_what_it_was_given():
    started = time.perf_counter()
    with Stopwatch([nap]) as watch:
        nap()
        nap()
        time.sleep(0.02)
    nap()
    assert 0.04 <= watch.of([nap]) <= time.perf_counter() - started - 0.04
    assert sys.monitoring.get_tool(sys.monitoring.PROFILER_ID) is None


def test_stopwatch_lets_go_after_an_error():
    with pytest.raises(ZeroDivisionError), Stopwatch([nap]):
        raise ZeroDivisionError
    assert sys.monitoring.get_tool(sys.monitoring.PROFILER_ID) is None


def test_phases_are_those_of_the_month_in_its_order():
    phases = phases_of_a_month()
    names = list(phases)
    assert phases["dispatch.dispatch"] is dispatch.dispatch
    assert phases["decide.review"] is decide.review
    assert names.index("world.move_drivers") == 0
    assert names.index("dispatch.dispatch") < names.index("bills.mining_income") < names.index("settle.settle")
    assert all(isinstance(phase, FunctionType) for phase in phases.values())


def test_books_compared_are_phases_of_the_month():
    phases = set(phases_of_a_month().values())
    assert set(COMPARED["dispatch"][1]) | set(COMPARED["books"][1][1:]) <= phases


def test_a_longer_simulation_pays_its_set_up_once():
    measured = Measured({SET_UP: 1.0, "dispatch.dispatch": 2.0}, {})
    assert measured.scaled(90 / 24) == {SET_UP: 1.0, "dispatch.dispatch": 7.5}


@pytest.fixture(scope="module")
def told():
    return bench(months=3, batch=2, repeats=2)


def test_all_measurements_are_there_and_sound(told):
    assert (told["firms"], told["sites"], told["months"]) == (500, 1000, 90)
    assert (told["measured_months"], told["batch"], told["repeats"]) == (3, 2, 2)
    assert 0 < told["start_up_seconds"] < 10
    assert 0 < told["recording_share"] < 1
    assert 0 < told["recording_share_later"] < 1
    assert sum(told["phases"].values()) == pytest.approx(1.0, abs=0.05)  # medians of shares that add up to one
    assert {SET_UP, RECORDING, BETWEEN, *phases_of_a_month()} <= set(told["phases"])
    for name, (low, high) in told["intervals"].items():
        assert 0 < low <= told[name] <= high


def test_firm_months_follow_from_the_seconds(told):
    low, high = told["intervals"]["seconds_per_run_batch"]
    assert 500 * 90 / high <= told["firm_months_per_second"] <= 500 * 90 / low


def test_the_engine_outruns_the_reference_in_dispatch(told):
    assert set(told["compared"]) == {"dispatch", "project choice", "books"}
    assert told["ratio_to_mesa"] > 1
    for row in told["compared"].values():
        assert min(row.values()) > 0


@pytest.fixture
def canned(monkeypatch, told):
    """The command with the measurement above in place of a new one."""
    monkeypatch.setattr(bench_module, "bench", lambda months, batch, repeats: told)

    def call(*words):
        return exit_code(lambda: app(["bench", *words], standalone_mode=False))

    return call


def test_json_is_one_object(canned, told, capsys):
    assert canned("--json") == 0
    assert json.loads(capsys.readouterr().out) == told


def test_tables_name_the_figures(canned, capsys):
    assert canned() == 0
    out = capsys.readouterr().out
    for words in ("500 firms, 1,000 sites, 90 months", "Seconds per run, alone", "project choice", "decide.review"):
        assert words in out


def test_without_the_source_tree_there_is_no_ratio_but_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(bench_module, "ROOT", tmp_path)
    told = bench(months=1, batch=1, repeats=1)
    assert (told["ratio_to_mesa"], told["compared"], told["note"]) == (None, {}, NO_REFERENCE)
    assert "ratio_to_mesa" not in told["intervals"]


@pytest.mark.parametrize("option", ["--months", "--batch", "--repeats"])
def test_nothing_to_measure_is_wrong_input(option, capsys):
    assert exit_code(lambda: app(["bench", option, "0"], standalone_mode=False)) == 2
    assert f"{option} must be a whole number of at least 1, not 0." in capsys.readouterr().err
