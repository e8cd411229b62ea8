"""The table of rigs by owner and generation against the engine's own stock and the tables beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.columns import problems
from sim.engine import run_batch
from sim.kernels import records as kernels
from sim.recorder import Recorder
from sim.scenario import Scenario
from sim.sector import Sector

WORLD = {"world.firms": 110, "world.sites": 220}
MONTHS = 15


@pytest.fixture(scope="module")
def recorded() -> tuple[Sector, Recorder, dict[str, pd.DataFrame]]:
    """Two runs, rigs of both kept, and the sector as it stands after the last month."""
    s = Sector(Scenario.load("baseline", WORLD), 3, [0, 1], months=MONTHS)
    recorder = Recorder(s, "all")
    while s.t < s.months:
        s.advance()
        recorder.record()
    return s, recorder, recorder.tables()


def test_the_last_month_is_the_stock_of_rigs(recorded):
    s, _, tables = recorded
    fleet = tables["fleet"]
    assert problems("fleet", fleet) == []
    last = fleet[fleet["month"] == fleet["month"].max()]
    for run in (0, 1):
        own = last[last["run"] == run]
        by_generation = own.groupby("generation")["installed_ehs"].sum().reindex(s.generation_names, fill_value=0.0)
        np.testing.assert_allclose(by_generation, s.rigs.ehs[run].sum(axis=0), atol=1e-3)
        assert own["installed_mw"].sum() == pytest.approx(s.installed_mw()[run].sum(), rel=1e-4)
        firm = s.labels.firms[int(s.sites.miner[run, s.rigs.ehs[run].sum(axis=1).argmax()])]
        assert firm in set(own["firm"])


def test_power_is_hashrate_times_efficiency_and_part_of_it_is_off(recorded):
    s, _, tables = recorded
    fleet = tables["fleet"]
    overhead = fleet["installed_mw"] / (fleet["installed_ehs"] * fleet["j_per_th"])
    assert (overhead.groupby(fleet["run"]).std() < 1e-9).all()
    np.testing.assert_allclose(overhead.groupby(fleet["run"]).mean(), s.P.power.mining_overhead[:, 0], rtol=1e-9)
    assert fleet["off_mw"].between(0.0, fleet["installed_mw"] + 1e-9).all()
    assert (fleet["installed_ehs"] > 0).all()
    order = fleet.drop_duplicates("generation").sort_values("released")
    assert order["j_per_th"].is_monotonic_decreasing


def test_what_stands_ready_is_about_what_ran(recorded):
    """Of rigs that stand ready some hours are lost to outages, and new ones arrive after the month's dispatch."""
    _, _, tables = recorded
    fleet, sector = tables["fleet"], tables["sector"].set_index(["run", "month"])
    on = fleet["installed_ehs"] * (1 - fleet["off_mw"] / fleet["installed_mw"])
    ran = on.groupby([fleet["run"], fleet["month"]]).sum()
    share = sector["network_hashrate_ehs"].reindex(ran.index) / ran
    assert share.between(0.88, 1.0).all(), share


def test_a_run_has_the_same_rigs_in_any_batch_and_none_unless_firms_are_kept():
    scenario = Scenario.load("baseline", WORLD)
    alone = run_batch(scenario, 3, [1], months=3, firms="all")["fleet"]
    both = run_batch(scenario, 3, [0, 1], months=3, firms="all")["fleet"]
    pd.testing.assert_frame_equal(alone, both[both["run"] == 1].reset_index(drop=True))
    first = run_batch(scenario, 3, [0, 1], months=3, firms="first")["fleet"]
    assert set(first["run"]) == {0}
    assert len(run_batch(scenario, 3, [0, 1], months=3, firms="none")["fleet"]) == 0


def test_rigs_by_owner_and_generation_by_hand():
    # run 1: firm 2 has two sites, of whose newer rigs a half and none are off; the third site's rigs are nobody's
    miner = np.array([[0, 0, 0], [2, 2, -1]])
    ehs = np.array([np.ones((3, 2)), [[1.0, 4.0], [0.0, 2.0], [8.0, 8.0]]])
    off = np.array([np.zeros((3, 2)), [[0.0, 0.5], [0.0, 0.0], [0.0, 0.0]]])
    found = kernels.fleets(miner, ehs, off, np.array([[1.0, 1.0], [30.0, 20.0]]), 3, np.array([1]), 1e-6)
    assert {name: values.tolist() for name, values in found._asdict().items()} == {
        "run": [1, 1], "firm": [2, 2], "generation": [0, 1], "ehs": [1.0, 6.0], "mw": [30.0, 120.0],
        "off": [0.0, 40.0],
    }  # fmt: skip
