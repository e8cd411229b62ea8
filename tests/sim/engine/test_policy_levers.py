"""Dated levers in the engine, the levers of AI policy, and regulators that react."""

import numpy as np
import pytest

from agents import observations as ob
from sim.phases import ai_options, cases, finance, world
from sim.phases.cases import HOST
from sim.scenario import fields
from sim.state import CLOUD, COLOCATION, CREDITS, NEVER, RETROFIT

LEVERS = [f for f in fields() if f.role == "lever" and f.numeric and not f.key.endswith("_ramp_months")]
BESIDE = {
    "policy.mining_ban_compliance": {"policy.mining_ban_regions": ("ERCOT",), "policy.mining_ban_from": "2026-08"},
    "policy.adaptive_strength": {"policy.regulator": "adaptive"},
    "policy.carbon_price_usd_per_t": {"policy.carbon_from": "2026-08"},
    "policy.mining_excise_usd_per_mwh": {"policy.excise_from": "2026-08"},
}
TINY = {"world.firms": 80, "world.sites": 160}


@pytest.mark.parametrize("key", [lever.key for lever in LEVERS])
def test_every_lever_can_be_dated(make, state, differ, key: str) -> None:
    """Nothing happens before the first month; after it the state is another."""
    lever = next(f for f in LEVERS if f.key == key)
    beside = {**TINY, **BESIDE.get(key, {})}
    value = lever.low if lever.default != lever.low else lever.high
    measures = [{"lever": key, "value": float(value), "start": "2026-10"}]
    plain, dated = make("baseline", beside, months=3), make("baseline", {**beside, "measures": measures}, months=3)
    assert differ(state(plain), state(dated)) == []
    for _ in range(12):
        plain.advance()
        dated.advance()
    assert differ(state(plain), state(dated))


# ------------------------------------------------------------------ the levers of AI policy


def test_requests_behind_a_lease_move_forward(make) -> None:
    s = make("baseline", {"policy.ai_priority_months": 12.0})
    s.begin_month()
    s.sites.pipeline[:], s.sites.pipeline_month[:] = 0.0, NEVER
    for site, leased in ((0, 0.0), (1, 50.0)):  # both asked for the same month, eleven from now
        s.sites.pipeline[:, site], s.sites.pipeline_month[:, site] = 5.0, s.t + 11
        s.sites.ai_building[:, site] = leased
    before = s.sites.connected[:, :2].copy()
    s.regions.budget[:] = 1000.0
    s.regions.connection_share[:] = 1.0
    world.run_grids(s)
    np.testing.assert_allclose(s.sites.connected[:, :2] - before, [[0.0, 5.0]] * 2)


def test_firms_count_on_the_priority(make) -> None:
    waits = []
    for months in (0.0, 6.0):
        s = make("baseline", {"policy.ai_priority_months": months}, months=3)
        seen = cases.gather(s)
        waits.append((seen.at.row, seen.months_to_power))
    assert np.array_equal(waits[0][0], waits[1][0])
    waiting = (waits[0][1] > 6) & (waits[1][1] > 0)
    assert waiting.any()
    np.testing.assert_allclose(waits[0][1][waiting] - waits[1][1][waiting], 6.0)


def test_guarantees_take_interest_off_ai_loans_only(make) -> None:
    rating = np.array([[0, 1, 2, 3]] * 2)
    plain, eased = (
        make("baseline", {"policy.ai_interest_relief": relief}, months=1) for relief in (0.0, 0.01)
    )
    gap = finance.project_coupon(plain, rating) - finance.project_coupon(eased, rating)
    np.testing.assert_allclose(gap, 0.01)
    np.testing.assert_array_equal(plain.facilities.coupon, eased.facilities.coupon)


def test_skills_save_cost_and_time_of_halls(make) -> None:
    plain, skilled = (make("baseline", {"behaviour.skills_transfer": share}, months=1) for share in (0.0, 0.1))
    for product, capex in ((COLOCATION, 10.5), (RETROFIT, 3.6), (CLOUD, 13.0)):
        np.testing.assert_allclose(ai_options.hall_capex(skilled, product), 0.9 * capex)
    usual, better = (ai_options.terms_of_products(s) for s in (plain, skilled))
    np.testing.assert_allclose(better.lead_months, 0.9 * usual.lead_months)
    assert (better.equity < usual.equity).all()


def test_notice_frees_hosts(make) -> None:
    """With contracts that bind no host may convert before the end; with three months' notice none is bound."""
    gates = []
    for notice in (120.0, 3.0):
        s = make("baseline", {"power.hosting_notice_months": notice}, months=1)
        bound = 0
        for _ in range(3):
            s.advance()
            seen, observation = s.last_review[:2]
            colocation = observation.gate[seen.role == HOST, ob.COLOCATION]
            assert len(colocation)
            bound += int((colocation == ob.UNDER_CONTRACT).sum())
        gates.append(bound)
    assert gates[0] > 0 == gates[1]


def test_without_guarantees_weak_tenants_count_as_unrated(make) -> None:
    measures = [{"lever": "finance.backstop_share", "value": 0.0, "start": "2026-09"}]
    s = make("baseline", {"measures": measures}, months=2)
    weak = s.tenants.own_credit == CREDITS.index("backstopped")
    assert weak.any()
    np.testing.assert_array_equal(s.tenants.credit, s.tenants.own_credit)
    guaranteed = s.leases.backstopped.sum()
    assert guaranteed > 0
    for _ in range(12):
        s.advance()
        assert (s.tenants.credit[weak] == CREDITS.index("unrated")).all()
    assert s.leases.backstopped.sum() == guaranteed  # none is added, those of before hold


def test_a_shock_can_name_the_tenant_that_fails(make) -> None:
    shock = {"kind": "tenant_default", "start": "2026-09", "months": 1, "size": 1.0, "tenants": ["COREWEAVE"]}
    s = make("baseline", {"shocks": [shock], "ai.tenant_default_per_year": 0.0}, months=3)
    failed = [s.tables.tenants["tenant"][row] for row in np.flatnonzero(~s.tenants.solvent[0])]
    assert failed == ["COREWEAVE"]


def test_busier_outside_developers_leave_less_to_miners(make, shock) -> None:
    plain, surge = make(), make("baseline", {"shocks": [shock("outside_capacity", 2.0)]})
    for s in (plain, surge):
        for _ in range(6):
            s.advance()
    assert (surge.now.outside_rent < plain.now.outside_rent).all()
    # open demand and what was signed of it: what has come to miners at all
    came = [s.wanted_total + np.where(s.leases.signed >= 0, s.leases.it_mw, 0.0).sum(axis=-1) for s in (surge, plain)]
    assert (came[0] < came[1]).all()


# ------------------------------------------------------------------ regulators that react


@pytest.fixture
def adaptive(make):
    s = make("baseline", {"policy.regulator": "adaptive", "power.price_volatility": 0.0}, months=1)
    s.regions.emissions = s.start_emissions.copy()
    s.regions.price = s.regions.base_price * s.now.inflation[:, None]
    s.regions.reserve_margin[:] = 0.2
    world.set_rules(s)
    assert not s.regions.carbon_price.any()
    assert (s.regions.connection_share == 1).all()
    return s


def test_it_reacts_to_emissions(adaptive) -> None:
    excise = adaptive.regions.excise.copy()
    adaptive.regions.emissions = 1.5 * adaptive.start_emissions
    world.set_rules(adaptive)
    emitting = adaptive.start_emissions > 1
    np.testing.assert_allclose(adaptive.regions.carbon_price[emitting], 25.0)
    np.testing.assert_array_equal(adaptive.regions.excise, excise)


def test_it_reacts_to_dear_power(adaptive) -> None:
    excise = adaptive.regions.excise.copy()
    adaptive.regions.price = 1.5 * adaptive.regions.price
    world.set_rules(adaptive)
    np.testing.assert_allclose(adaptive.regions.excise - excise, 15.0)
    assert not adaptive.regions.carbon_price.any()


def test_it_reacts_to_short_reserves_and_grids_then_connect_less(adaptive) -> None:
    adaptive.regions.reserve_margin[:] = 0.05
    world.set_rules(adaptive)
    np.testing.assert_allclose(adaptive.regions.connection_share, 0.5)
    adaptive.sites.pipeline[:] = 0.0
    adaptive.regions.budget[:] = 0.0
    world.run_grids(adaptive)
    np.testing.assert_allclose(
        adaptive.regions.budget, 0.5 * adaptive.regions.headroom * adaptive.P.power.headroom_scale / 12
    )


def test_by_itself_a_growing_sector_brings_it_into_action(make) -> None:
    """In the full month: emissions, prices and reserves of the sector reach the regulator."""
    growth = {"power.load_growth_per_year": 0.2, "power.load_price_elasticity": 10.0}
    fixed, reacting = (
        make("baseline", {**growth, "policy.regulator": kind}, months=30) for kind in ("fixed", "adaptive")
    )
    assert (reacting.regions.carbon_price > 0).any()
    assert not fixed.regions.carbon_price.any()
    assert (reacting.regions.excise > fixed.regions.excise).any()
    assert (reacting.regions.connection_share < 1).any()
    assert (fixed.regions.connection_share == 1).all()
