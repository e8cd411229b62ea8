"""Calibration: the score by hand, a search that repeats and resumes, and what it writes."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest

from experiments import calibrate
from experiments.calibrate import FREE, POWER_WEIGHT, Calibration, Free, errors
from experiments.targets import Targets
from sim.errors import UserError
from sim.scenario import Scenario
from sim.scenario.registry import field_table

ONE = (Free("rigs.payback_price_share", 0.2, 0.4, "a test"),)


def targets(power) -> Targets:
    nothing = np.full(2, np.nan)
    return Targets(("2017-01", "2017-02"), np.ones(2), nothing, nothing, np.array([100.0, 100.0]), np.array(power))


def test_score_by_hand():
    found = errors(np.array([110.0, 110.0]), np.array([8.0, 8.0]), targets([10.0, np.nan]))
    expected = 0.1 + np.log(1.1) + POWER_WEIGHT * (0.2 - np.log(0.8))
    assert found["score"] == pytest.approx(expected)


def test_score_without_power_counts_hashrate_alone():
    found = errors(np.array([110.0, 110.0]), np.ones(2), targets([np.nan, np.nan]))
    assert found["score"] == pytest.approx(0.1 + np.log(1.1))
    assert "power_mape" not in found


def test_free_parameters_exist_and_the_shipped_values_lie_in_their_ranges():
    scenario, known = Scenario.load("history"), field_table()
    for one in FREE:
        block, name = one.key.split(".")
        assert known[one.key].low <= one.low < one.high <= known[one.key].high
        assert one.low <= getattr(getattr(scenario, block), name) <= one.high, one.key


@pytest.fixture
def short(monkeypatch):
    """A search of one generation over one parameter, profile of two points, no other seeds."""
    monkeypatch.setattr(calibrate, "POPULATION", 5)
    monkeypatch.setattr(calibrate, "PROFILE_STEPS", (-0.15, 0.15))
    monkeypatch.setattr(calibrate, "CHECK_SEEDS", 1)
    return {"train_end": "2016-09", "runs": 1, "evaluations": 10, "free": ONE}


def test_search_repeats_and_resumes(short, tmp_path):
    log = tmp_path / "log.jsonl"
    first = calibrate.calibrate(log=log, **short)
    lines = log.read_text().splitlines()
    log.write_text("\n".join(lines[:4]) + "\n")
    again = calibrate.calibrate(log=log, **short)
    assert again.values == first.values
    assert log.read_text().splitlines() == lines
    assert calibrate.calibrate(**short).values == first.values


def test_two_workers_find_the_same(short, tmp_path):
    alone, together = tmp_path / "alone.jsonl", tmp_path / "together.jsonl"
    first = calibrate.calibrate(log=alone, **short)
    second = calibrate.calibrate(log=together, workers=2, **short)
    assert second.values == first.values
    assert second.other_seeds == first.other_seeds
    assert together.read_text() == alone.read_text()


def test_log_of_another_problem_is_not_used(short, tmp_path):
    log = tmp_path / "log.jsonl"
    calibrate.calibrate(log=log, **short)
    count = len(log.read_text().splitlines())
    calibrate.calibrate(log=log, **short | {"seed": 5})
    assert len(log.read_text().splitlines()) > count


def test_broken_log_is_named(short, tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text("{}\n")
    with pytest.raises(UserError, match="line 1"):
        calibrate.calibrate(log=log, **short)


def result(near: float) -> Calibration:
    fit = {"score": 0.50}
    profile = {"rigs.payback_price_share": [(0.27, 0.50 + near), (0.33, 0.50 + near / 2)]}
    return Calibration(ONE, (0.3,), fit, [{"score": 0.51}], profile, 9, 1.0, ("2016-07", "2016-09"))


def test_flat_profile_is_not_identified():
    assert result(near=0.0).unidentified() == ["rigs.payback_price_share"]
    assert result(near=0.2).unidentified() == []


def test_fragment_is_a_scenario_file(tmp_path):
    text = result(near=0.2).to_toml()
    assert tomllib.loads(text) == {"rigs": {"payback_price_share": 0.3}}
    path = tmp_path / "fit.toml"
    path.write_text('extends = ["history"]\n' + text)
    assert Scenario.load(path).rigs.payback_price_share == 0.3
    assert json.loads(json.dumps(result(near=0.2).to_json()))["values"] == {"rigs.payback_price_share": 0.3}
