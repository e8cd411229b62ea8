"""Dated measures: any lever that is a number, from a month on, over a ramp, for good or until an end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.months import month_number
from sim.scenario import Measure, Scenario, ScenarioError
from sim.scenario.variants import Variants

DUTY, WAIT = "policy.large_load_duty_usd_per_mw_year", "power.interconnection_wait_scale"


def measure(lever: str, value: float, start: str = "2027-01", **dates: Any) -> dict[str, Any]:
    return {"lever": lever, "value": value, "start": start, **dates}


def path(key: str, months: list[str], *measures: dict[str, Any], **undated: float) -> list[float]:
    """Values of a lever in some months."""
    scenario = Scenario.load("baseline", {"measures": measures, **undated})
    params = scenario.draw(0, (0, 1), "sampled")
    found = []
    for month in months:
        params.set_month(month_number(month))
        block, _, name = key.partition(".")
        column = getattr(getattr(params, block), name)
        assert column.shape == (2, 1)
        assert not column.flags.writeable
        found.append(float(column[1, 0]))
    return found


def test_a_ramp_in_equal_steps_and_an_end():
    months = ["2026-12", "2027-01", "2027-02", "2027-04", "2029-12", "2030-01"]
    ramp = measure(DUTY, 40_000, ramp_months=4, end="2029-12")
    np.testing.assert_allclose(path(DUTY, months, ramp), [0, 10_000, 20_000, 40_000, 40_000, 0])


def test_at_once_and_for_good_from_the_undated_value():
    assert path(WAIT, ["2026-07", "2027-01", "2040-01"], measure(WAIT, 0.5), **{WAIT: 2.0}) == [2.0, 0.5, 0.5]


def test_a_later_measure_starts_from_the_one_before():
    first, second = measure(DUTY, 100.0), measure(DUTY, 200.0, "2028-01", ramp_months=2)
    assert path(DUTY, ["2027-06", "2028-01", "2028-02"], first, second) == [100.0, 150.0, 200.0]


def test_two_levers_do_not_touch_each_other():
    both = measure(DUTY, 100.0), measure(WAIT, 0.5)
    assert path(DUTY, ["2027-01"], *both) == [100.0]
    assert path(WAIT, ["2027-01"], *both) == [0.5]


def test_each_row_of_a_sweep_starts_from_its_own_value():
    base = Scenario.load("baseline", {"measures": [measure(WAIT, 4.0, ramp_months=2)]})
    params = Variants(((base, {WAIT: 1.0}), (base, {WAIT: 2.0}))).draw(0, (0, 1))
    params.set_month(month_number("2027-01"))
    np.testing.assert_allclose(params.power.interconnection_wait_scale[:, 0], [2.5, 3.0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (measure("power.headrom_scale", 2.0), "did you mean power.headroom_scale?"),
        (measure("power.availability", 0.9), "is no lever that can be dated"),
        (measure("behaviour.pivot_allowed", 0.0), "is no lever that can be dated"),
        (measure("policy.carbon_ramp_months", 3.0), "is no lever that can be dated"),
        (measure(WAIT, 11.0), "must lie between 0 and 10 (factor)"),
        (measure(WAIT, 1.0, "2027-13"), "must be a month such as 2027-01"),
        (measure(WAIT, 1.0, end="2026-12"), "end 2026-12 must not lie before start 2027-01"),
        (measure(WAIT, 1.0, months=3), "unknown key"),
    ],
)
def test_what_is_refused(wrong: dict[str, Any], message: str):
    with pytest.raises(ScenarioError) as caught:
        Scenario.load("baseline", {"measures": [wrong]})
    assert "measures[0]" in caught.value.messages[0]
    assert message in caught.value.messages[0]


def test_measures_of_files_add_up_and_survive_the_round_trip(tmp_path: Path):
    text = f'extends = ["asic-tariff"]\n[[measures]]\nlever = "{WAIT}"\nvalue = 0.5\nstart = "2027-03"\n'
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    scenario = Scenario.load(tmp_path / "own.toml")
    assert [m.lever for m in scenario.measures] == ["rigs.tariff_share", WAIT]
    assert scenario.measures[1] == Measure(**measure(WAIT, 0.5, "2027-03"))
    (tmp_path / "copy.toml").write_text(scenario.to_toml(), encoding="utf-8")
    copy = Scenario.load(tmp_path / "copy.toml")
    assert copy.measures == scenario.measures
    assert copy.content_hash() == scenario.content_hash() != Scenario.load("asic-tariff").content_hash()
    assert [key for key, _, _ in scenario.changed()] == ["measures"]
    assert scenario.with_overrides({DUTY: 5.0}).measures == scenario.measures
