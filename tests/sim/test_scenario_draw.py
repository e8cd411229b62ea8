"""Parameters of a batch: shapes, pairing between scenarios, and the record of what was read."""

import copy
import pickle

import numpy as np
import pytest

from sim.scenario import Scenario, describe, fields, idle_keys
from sim.streams import generator

RUNS = [0, 1, 5]


def value(params, key: str):
    block, _, name = key.partition(".")
    return getattr(getattr(params, block), name)


def test_fixed_gives_every_run_the_scenario_values():
    scenario = Scenario.load("carbon-tax")
    params = scenario.draw(seed=3, runs=RUNS, mode="fixed")
    for info in fields():
        expected, got = value(scenario, info.key), value(params, info.key)
        if info.numeric and info.role != "structural":
            assert got.shape == (3, 1)
            assert got.dtype == np.float64
            assert got.flags.c_contiguous
            assert not got.flags.writeable
            assert np.all(got == expected)
        else:
            assert got == expected
            assert type(got) is type(expected)
    assert params.world.months == 90
    assert params.policy.carbon_from == "2027-01"
    assert params.behaviour.pivot_allowed is True


def test_sampled_is_the_inverse_distribution_of_the_keys_own_stream():
    params = Scenario.load().draw(seed=3, runs=RUNS)
    u = [generator(3, run, "assumption:ai.rent_elasticity").random() for run in RUNS]
    expected = describe("ai.rent_elasticity").distribution.ppf(u)
    assert params.ai.rent_elasticity[:, 0].tolist() == expected.tolist()
    assert len(set(expected.tolist())) == 3


def test_two_scenarios_share_every_draw_that_neither_sets():
    plain = Scenario.load("baseline").draw(seed=1, runs=RUNS)
    other = Scenario.load("demand-response-off", {"ai.match_share": 0.45}).draw(seed=1, runs=RUNS)
    for info in fields():
        if info.distribution and info.key not in ("power.resale_share", "ai.match_share"):
            assert np.array_equal(value(plain, info.key), value(other, info.key)), info.key
    assert np.all(other.power.resale_share == 0)  # set in a file
    assert np.all(other.ai.match_share == 0.45)  # set as an override, though to its default
    assert not np.all(plain.ai.match_share == 0.45)


def test_levers_and_structure_are_never_drawn():
    params = Scenario.load().draw(seed=1, runs=RUNS)
    for info in fields():
        if info.role != "assumption" and info.numeric:
            assert np.all(value(params, info.key) == info.default)


def test_a_run_draws_the_same_in_any_batch_and_differs_by_seed():
    scenario = Scenario.load()
    batch, alone = scenario.draw(2, RUNS), scenario.draw(2, [5])
    for info in fields():
        if info.distribution:
            assert value(batch, info.key)[2, 0] == value(alone, info.key)[0, 0]
    assert scenario.draw(3, [5]).ai.gross_per_it != alone.ai.gross_per_it


def test_whole_numbers_stay_whole_and_all_stay_in_bounds():
    params = Scenario.load().draw(seed=4, runs=range(64))
    for info in fields():
        if info.distribution:
            drawn = value(params, info.key)
            assert drawn.min() >= info.low
            assert drawn.max() <= info.high
            assert info.kind == "float" or np.array_equal(drawn, np.rint(drawn))


def test_every_draw_makes_a_valid_scenario():
    scenario = Scenario.load()
    params = scenario.draw(seed=9, runs=range(20))
    for run in range(20):
        drawn = {
            info.key: int(v) if info.kind == "int" else float(v)
            for info in fields()
            if info.distribution
            for v in value(params, info.key)[run]
        }
        scenario.with_overrides(drawn)


def test_a_resolved_file_draws_like_its_origin(tmp_path):
    scenario = Scenario.load("ai-bust", {"ai.match_share": 0.5})
    path = tmp_path / "scenario.toml"
    path.write_text(scenario.to_toml(), encoding="utf-8")
    first, second = scenario.draw(1, RUNS), Scenario.load(path).draw(1, RUNS)
    for info in fields():
        assert np.array_equal(value(first, info.key), value(second, info.key))
    assert first.shocks == second.shocks


def test_track_records_what_is_read_and_nothing_else():
    read: set[str] = set()
    params = Scenario.load().draw(0, [0], "fixed", track=read)
    assert read == set()
    params.power.availability * params.power.price_scale
    assert params.world.start == "2026-07"
    assert params.shocks == ()
    assert read == {"power.availability", "power.price_scale", "world.start", "shocks"}
    assert "policy.carbon_price_usd_per_t" in idle_keys(read)
    assert idle_keys(read | set(idle_keys(read))) == []


@pytest.mark.parametrize("track", [None, set()])
def test_params_copy_pickle_and_refuse_unknown_names(track):
    params = Scenario.load("btc-crash").draw(0, [0, 1], track=track)
    for twin in (copy.deepcopy(params), pickle.loads(pickle.dumps(params))):
        assert np.array_equal(twin.ai.gross_per_it, params.ai.gross_per_it)
        assert twin.shocks == params.shocks
    with pytest.raises(AttributeError, match=r"no parameter ai\.rent"):
        params.ai.rent  # noqa: B018
