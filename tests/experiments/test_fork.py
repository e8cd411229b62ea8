"""Futures from a fork: the same as from the start, bit for bit; what cannot change is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.fork import Fork, futures
from sim import simulate
from sim.errors import RunError, UserError
from sim.forking import dated_group
from sim.recorder import Recorder
from sim.runs import make_job
from sim.scenario import Scenario
from sim.sector import Sector

BASE = Scenario.load("baseline", {"world.firms": 100, "world.sites": 200})
DATE = "2026-10"
SHOCK = {"kind": "coin_price", "start": "2026-11", "months": 4, "size": 0.4}
MEASURE = {"lever": "policy.large_load_duty_usd_per_mw_year", "value": 2e5, "start": "2026-10", "ramp_months": 3}
LATER = {
    "as before": {},
    "carbon": {
        "policy.carbon_price_usd_per_t": 80, "policy.carbon_from": "2026-10", "policy.carbon_ramp_months": 2,
    },
    "ban": {"policy.mining_ban_regions": ["ERCOT"], "policy.mining_ban_from": "2026-11"},
    "crash": {"shocks": [SHOCK]},
    "measure": {"measures": [MEASURE]},
    "dear power": {"measures": [{"lever": "power.price_scale", "value": 1.5, "start": "2026-10", "ramp_months": 3}]},
}  # fmt: skip


def test_futures_equal_runs_from_the_start():
    scenarios = {name: BASE.with_overrides(changes) for name, changes in LATER.items()}
    found = futures(BASE, DATE, scenarios, 2, 5, months=9)
    for name, scenario in scenarios.items():
        whole = simulate(scenario, 5, 2, months=9)
        assert set(whole.tables) == set(found[name].tables)
        for table in whole.tables:
            pd.testing.assert_frame_equal(found[name].table(table), whole.table(table), obj=f"{name}: {table}")
        assert found[name].scenario == name
    hashrates = [found[name].series("network_hashrate_ehs").iloc[0, -1] for name in LATER]
    assert len(set(hashrates)) == len(LATER)


def test_a_run_that_fails_in_one_future_is_a_row_of_all_and_the_others_go_on(monkeypatch):
    whole = futures(BASE, DATE, {"x": BASE, "y": BASE.with_overrides(LATER["ban"])}, 3, 5, months=5)
    advance = Sector.advance

    def breaks(self):
        advance(self)
        if 1 in self.runs and self.t == 4 and self.P.policy.mining_ban_regions:
            raise ValueError("made up")

    monkeypatch.setattr(Sector, "advance", breaks)
    found = futures(BASE, DATE, {"x": BASE, "y": BASE.with_overrides(LATER["ban"])}, 3, 5, months=5)
    for name, results in found.items():
        assert results.runs == [0, 2]
        assert results.table("errors")[["run", "error"]].to_numpy().tolist() == [[1, "ValueError: made up"]]
        pd.testing.assert_frame_equal(results.outcome("hashprice"), whole[name].outcome("hashprice").loc[[0, 2]])
    with pytest.raises(RunError, match="Stopped"):
        futures(BASE, DATE, {"x": BASE}, 1, 5, months=5, should_stop=lambda: True)


def test_futures_do_not_touch_each_other():
    """A second future from the same fork is that of a fresh one."""
    one = futures(BASE, DATE, {"x": BASE.with_overrides(LATER["ban"]), "y": BASE}, 2, 5, months=7)
    two = futures(BASE, DATE, {"y": BASE}, 2, 5, months=7)
    pd.testing.assert_frame_equal(one["y"].table("sector"), two["y"].table("sector"))


def test_a_monthly_parameter_changes_from_the_date_on():
    dearer = BASE.with_overrides({"finance.overhead_usd_m_listed": 60.0})
    found = futures(BASE, DATE, {"base": BASE, "dearer": dearer}, 2, 5, months=7)
    cash = {name: part.series("cash_usd") for name, part in found.items()}
    before = [month for month in cash["base"] if month < DATE]
    pd.testing.assert_frame_equal(cash["base"][before], cash["dearer"][before])
    assert (cash["dearer"].iloc[:, -1] < cash["base"].iloc[:, -1]).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"world.sites": 210}, "world.sites acts from the start"),
        ({"bitcoin.price_usd": 50_000.0}, "bitcoin.price_usd acts from the start"),
        ({"behaviour.pivot_allowed": False}, "behaviour.pivot_allowed acts from the start"),
        ({"power.price_scale": 1.2}, "power.price_scale acts from the start"),
        (LATER["carbon"] | {"policy.carbon_from": "2026-08"}, r"the policy \(carbon\) is in force"),
        (
            {"measures": [{"lever": "power.price_scale", "value": 1.5, "start": "2026-09"}]},
            "a measure is in force before 2026-10",
        ),
        ({"shocks": [SHOCK | {"start": "2026-09"}]}, "moves btc_price_usd before 2026-10"),
        ({"measures": [MEASURE | {"start": "2026-09"}]}, "a measure is in force before 2026-10"),
    ],
)
def test_what_cannot_change_is_refused(changes, words, fork):
    with pytest.raises(UserError, match=words):
        fork.copy(BASE.with_overrides(changes))


@pytest.fixture(scope="module")
def fork():
    return Fork(make_job(BASE, 1, 1, months=6), DATE, Recorder)


def test_date_outside_the_simulation_is_refused():
    for date in ("2026-07", "2027-01"):
        with pytest.raises(UserError, match="not within the simulation"):
            Fork(make_job(BASE, 1, 1, months=6), date, Recorder)


def test_keys_of_a_dated_measure_belong_together():
    assert dated_group("policy.carbon_ramp_months") == dated_group("policy.carbon_price_usd_per_t") == "carbon"
    assert dated_group("policy.mining_excise_usd_per_mwh") == "excise"
    assert dated_group("policy.mining_ban_compliance") == "mining_ban"
    assert dated_group("policy.regulator") == dated_group("power.price_scale") == ""
