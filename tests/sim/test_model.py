"""The Mesa model: in step with the engine, equal to the ensemble's run, and a proper Mesa citizen."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import fields

import mesa
import numpy as np
import pytest

from agents import GridOperator, Hyperscaler, Miner, Regulator
from sim import Results, Scenario, SectorModel
from sim.errors import UserError
from sim.model import REPORTERS
from sim.sector import Sector


@pytest.fixture(scope="module")
def run_down() -> SectorModel:
    """A run with many exits: 24 months of a price crash."""
    model = SectorModel("btc-crash", rng=3)
    model.run_for(24)
    return model


def same_state(a: Sector, run: int, b: Sector) -> list[str]:
    """Names of arrays in which run ``run`` of ``a`` differs from run 0 of ``b``."""
    pairs = [("books", name, a.books.stock[name], b.books.stock[name]) for name in a.books.stock]
    for name in ("firms", "sites", "leases", "tenants", "regions", "now"):
        ours, theirs = getattr(a, name), getattr(b, name)
        pairs += [(name, f.name, getattr(ours, f.name), getattr(theirs, f.name)) for f in fields(ours)]
    pairs += [("rigs", name, getattr(a.rigs, name), getattr(b.rigs, name)) for name in ("ehs", "used", "capacity")]
    return [f"{part}.{name}" for part, name, x, y in pairs if not np.array_equal(x[run], y[0], equal_nan=True)]


@pytest.mark.parametrize("scenario", ["baseline", "btc-crash"])
def test_run_k_of_an_ensemble_is_mesa_run_k_bit_for_bit(scenario):
    together = Sector(Scenario.load(scenario), 7, range(3))
    for _ in range(36):
        together.advance()
    for run in range(3):
        alone = SectorModel(scenario, rng=7, run=run)
        alone.run_for(36)
        assert same_state(together, run, alone.sector) == []


def test_fixed_assumptions_are_those_of_the_scenario():
    model = SectorModel("baseline", rng=1, assumptions="fixed")
    assert model.sector.P.power.availability.item() == Scenario.load("baseline").power.availability


def test_registry_follows_exits_and_entries_to_the_horizon():
    # coins at 200,000 USD draw outsiders in, a crash later drives firms out
    crash = {"kind": "coin_price", "start": "2028-01", "months": 60, "size": 0.2}
    scenario = Scenario.load("baseline", overrides={"bitcoin.price_usd": 200_000.0, "shocks": [crash]})
    model = SectorModel(scenario, rng=0)
    joined: set[int] = set()
    left: set[int] = set()
    before = {miner.row: miner for miner in model.agents_by_type[Miner]}
    for _ in range(model.sector.months):
        model.step()
        now = {miner.row: miner for miner in model.agents_by_type[Miner]}
        assert set(now) == set(np.flatnonzero(model.sector.firms.alive[0]).tolist())
        assert all(before[row] is now[row] for row in before.keys() & now.keys())
        joined |= now.keys() - before.keys()
        left |= before.keys() - now.keys()
        gone = [before[row] for row in before.keys() - now.keys()]
        assert all(not miner.alive and miner.strategy == "EXITED" for miner in gone)
        before = now
    assert joined == set(np.flatnonzero(model.sector.firms.entered[0] >= 0).tolist())
    assert joined
    assert len(left) > 10
    assert len({agent.unique_id for agent in model.agents}) == len(model.agents)


def test_clock_and_horizon():
    model = SectorModel(Scenario.load("baseline", overrides={"world.months": 3}), rng=0)
    assert (model.time, model.month) == (0, "2026-06")
    model.run_model()  # Mesa runs while model.running
    assert (model.time, model.month, model.running) == (3, "2026-09", False)
    for _ in range(2):
        with pytest.raises(UserError, match=r"ends after 3 months, in 2026-09.*world\.months"):
            model.step()
    assert (model.time, model.sector.t) == (3, 3)
    with pytest.raises(UserError, match="ends after 3 months"):
        model.run_for(1)


def test_agent_sets(run_down):
    miners = run_down.agents_by_type[Miner]
    assert {type(agent) for agent in run_down.agents} == {Miner, Hyperscaler, GridOperator, Regulator}
    assert len(miners.select(lambda miner: miner.strategy == "BTC")) == run_down.firms_btc
    assert miners.agg("hashrate_ehs", sum) == pytest.approx(run_down.network_hashrate_ehs)
    assert len(miners.to_list()) == run_down.firms_active
    seen = []
    miners.do(lambda miner: seen.append(miner.label))
    assert sorted(seen) == sorted(miners.get("label"))


def test_datacollector_keeps_what_the_sector_table_keeps(run_down):
    kept = run_down.datacollector.get_model_vars_dataframe()
    results = run_down.results()
    assert isinstance(results, Results)
    assert results.number == 0
    assert list(kept.columns) == list(REPORTERS)
    table = results.table("sector")[list(REPORTERS)]
    assert kept["month"].tolist() == table["month"].tolist()
    columns = list(REPORTERS[1:])
    np.testing.assert_allclose(kept[columns].to_numpy(float), table[columns].to_numpy(float), rtol=1e-12)


def test_own_datacollector_with_agent_reporters():
    model = SectorModel("baseline", rng=0)
    model.datacollector = mesa.DataCollector(agenttype_reporters={Miner: {"mw": "connected_mw"}})
    model.step()
    frame = model.datacollector.get_agenttype_vars_dataframe(Miner)
    assert len(frame) == model.firms_active


@pytest.mark.parametrize("duplicate", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_a_copy_taken_in_mid_run_goes_on_the_same_way(duplicate):
    model = SectorModel("btc-crash", rng=5, run=2)
    model.run_for(6)
    twin = duplicate(model)
    assert twin.sector is not model.sector
    for each in (model, twin):
        for _ in range(6):
            each.step()
    assert same_state(model.sector, 0, twin.sector) == []
    assert twin.time == 12
    assert [a.label for a in twin.agents] == [a.label for a in model.agents]
    assert all(agent.model is twin for agent in twin.agents)
    ours, theirs = (each.datacollector.get_model_vars_dataframe() for each in (model, twin))
    assert ours.equals(theirs)


def test_agents_of_runs_draw_their_own_random_numbers():
    first, again, other = (SectorModel("baseline", rng=4, run=run) for run in (0, 0, 1))
    assert first.rng.random() == again.rng.random() != other.rng.random()
    assert first.random.random() == again.random.random() != other.random.random()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rng": -1}, "rng must be a whole number"),
        ({"rng": None}, "rng must be a whole number"),
        ({"run": 1.5}, "run must be a whole number"),
        ({"classes": {Miner: Regulator}}, "must be a subclass of Miner"),
        ({"classes": {mesa.Agent: Miner}}, "is no kind of agent; kinds are Miner, Hyperscaler"),
        ({"scenario": "bitcoin-crash"}, "btc-crash"),
    ],
)
def test_wrong_input_is_named(arguments, message):
    with pytest.raises(UserError, match=message):
        SectorModel(**arguments)


def test_importing_sim_and_agents_loads_neither_mesa_nor_pandas():
    code = "import sim, agents, sys; assert not {'mesa', 'pandas'} & set(sys.modules); sim.Scenario; agents.RULES"
    subprocess.run([sys.executable, "-c", code], check=True)
