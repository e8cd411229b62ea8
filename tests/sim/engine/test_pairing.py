"""Common random numbers: scenarios with the same seed differ only by what they change, and only from then on."""

import numpy as np
import pytest

PATHS = (
    "btc_price_usd", "fees_btc_per_day", "inflation_index", "base_rate", "credit_spread_shock", "ltc_factor",
    "equity_multiple_factor", "ai_demand_flow_gw", "ai_demand_gw", "rent_shock_factor", "gpu_rent_usd_per_hour",
    "outside_capacity_factor", "tenant_default_probability", "power_noise",
)  # fmt: skip
POLICIES = {
    "carbon": {"policy.carbon_price_usd_per_t": 500.0, "policy.carbon_from": "2026-08"},
    "excise": {"policy.mining_excise_usd_per_mwh": 100.0, "policy.excise_from": "2026-08"},
    "ban": {"policy.mining_ban_regions": ("ERCOT", "CHINA", "RUSSIA"), "policy.mining_ban_from": "2026-08"},
    "adaptive": {"policy.regulator": "adaptive"},
    "no guarantees": {"finance.backstop_share": 0.0},
    "no pivot": {"behaviour.pivot_allowed": False},
    "no entry": {"behaviour.entry_allowed": False},
    "random rule": {"behaviour.rule": "random"},
    "dear power": {"power.price_scale": 3.0},
    "impatient creditors": {"finance.arrears_months": 1, "finance.target_cash_months": 0.0},
}


@pytest.mark.parametrize("mode", ["fixed", "sampled"])
@pytest.mark.parametrize("policy", POLICIES)
def test_exogenous_paths_do_not_know_the_policy(make, policy: str, mode: str) -> None:
    plain, with_policy = make(mode=mode), make("baseline", POLICIES[policy], mode=mode)
    for path in PATHS:
        np.testing.assert_array_equal(getattr(plain.drivers, path), getattr(with_policy.drivers, path), err_msg=path)


def positions(sector) -> dict[str, list[dict]]:
    """Where each stream of each run stands."""
    streams = sector.streams._generators
    return {name: [source.bit_generator.state for source in streams[name]] for name in sorted(streams)}


@pytest.mark.parametrize("policy", POLICIES)
def test_streams_stay_in_step_whatever_happens(make, policy: str) -> None:
    # a draw too many or too few in one scenario would shift all luck that follows
    assert positions(make(months=14)) == positions(make("baseline", POLICIES[policy], months=14))


@pytest.mark.parametrize("mode", ["fixed", "sampled"])
@pytest.mark.parametrize(
    "name", ["carbon-tax", "mining-excise", "mining-ban", "power-price-shock", "btc-bull", "credit-crunch"]
)
def test_before_its_first_date_a_scenario_is_the_baseline(make, state, differ, name: str, mode: str) -> None:
    plain, other = make(months=6, mode=mode), make(name, months=6, mode=mode)  # 2026-07 to 2026-12
    assert differ(state(plain), state(other)) == []
    assert [*plain.events] == [*other.events]
    for sector in (plain, other):
        for _ in range(6):
            sector.advance()
    assert differ(state(plain), state(other)) != []


def test_tables_before_the_first_date_are_the_baselines() -> None:
    from sim.engine import run_batch
    from sim.scenario import Scenario

    sizes = {"world.firms": 120, "world.sites": 240, "world.entrant_firms": 20, "world.months": 8}
    plain, taxed = (run_batch(Scenario.load(name, sizes), 0, (0, 1)) for name in ("baseline", "carbon-tax"))
    for table in ("sector", "classes", "regions", "firms", "decisions", "events"):
        early = [
            frames[table][frames[table]["month"] < "2027-01"].reset_index(drop=True) for frames in (plain, taxed)
        ]
        assert len(early[0]) or table == "events"
        assert early[0].equals(early[1]), table
    late = [frames["sector"].query("month >= '2027-01'") for frames in (plain, taxed)]
    assert (late[1]["carbon_cost_usd"] > 0).all()
    assert (late[0]["carbon_cost_usd"] == 0).all()


def test_a_longer_run_has_the_same_first_months(make, state, differ) -> None:
    short = state(make("baseline", {"world.months": 24}, months=8))
    long = state(make("baseline", {"world.months": 30}, months=8))
    rigs = [name for name in short if name.startswith("rigs.") and short[name].shape != long[name].shape]
    shared = {name: values for name, values in short.items() if name not in rigs}
    assert differ(shared, long) == []
