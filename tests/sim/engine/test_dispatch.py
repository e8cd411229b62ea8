"""Dispatch by hand: one site, one generation, known prices; and what settles the network's month."""

from copy import deepcopy

import numpy as np
import pytest

from sim.economics import mining
from sim.kernels import blocks as kernels
from sim.phases import dispatch
from sim.sector import Sector

HOURS = 730.5
SITE, GENERATION = 0, 8
EHS, CONTRACT, LEVEL = 1.0, 50.0, 40.0


@pytest.fixture
def lone(make) -> Sector:
    """One site with 1 EH/s of one generation, enough racks, all power at a fixed price, no resale."""
    sector = make(runs=(0,))
    s, r = sector.sites, sector.regions
    sector.rigs.ehs[:] = 0.0
    sector.rigs.ehs[0, SITE, GENERATION] = EHS
    s.racks[0, SITE] = s.connected[0, SITE] = 100.0
    s.contract[0, SITE], s.fixed_share[0, SITE], s.resale[0, SITE] = CONTRACT, 1.0, 0.0
    r.price[:], r.hashing_allowed[:] = LEVEL, 1.0
    for column in (r.programme_hours, r.carbon_price, r.excise, r.tariff):
        column[:] = 0.0
    sector.now.inflation[:] = 1.0
    return sector


def megawatts(s: Sector) -> float:
    """MW at the plug of the fleet while it runs."""
    return EHS * s.rigs.j_per_th[0, GENERATION] * s.P.power.mining_overhead[0, 0] * s.P.power.availability[0, 0]


def strike(s: Sector, hashprice: float) -> float:
    """Highest power price at which the fleet hashes, USD/MWh at the plug."""
    j = s.rigs.j_per_th[0, GENERATION] * s.P.power.mining_overhead[0, 0]
    earned = hashprice * (1 - s.P.bitcoin.pool_fee[0, 0]) * 1000.0 / (24.0 * j)
    return float(earned - s.P.power.other_cost_usd_per_mwh[0, 0])


def hashprice_for(s: Sector, wanted: float) -> float:
    """Hashprice that gives this strike price."""
    return (wanted + s.P.power.other_cost_usd_per_mwh[0, 0]) / (strike(s, 1.0) - strike(s, 0.0))


def run(s: Sector, hashprice: float):
    return dispatch.run_at(s, np.array([hashprice]))


def test_at_a_strike_equal_to_the_contract_half_of_the_block_runs(lone: Sector) -> None:
    done = run(lone, hashprice_for(lone, CONTRACT))
    assert done.mw[0, SITE] == pytest.approx(0.5 * megawatts(lone))
    assert done.ehs[0, SITE] == pytest.approx(0.5 * EHS * lone.P.power.availability[0, 0])
    assert done.mwh[0, SITE] == pytest.approx(0.5 * megawatts(lone) * HOURS)
    assert done.power_cost[0, SITE] == pytest.approx(0.5 * megawatts(lone) * HOURS * CONTRACT)
    assert done.curtailed_mwh[0, SITE] == pytest.approx(0.5 * megawatts(lone) * HOURS)
    assert done.resale[0, SITE] == 0


def test_at_a_strike_ten_per_cent_above_it_runs_three_quarters(lone: Sector) -> None:
    # logistic in the log of strike over cost, width 0.1: 1 / (1 + exp(-ln(1.1) / 0.1)) = 0.7217
    done = run(lone, hashprice_for(lone, 1.1 * CONTRACT))
    assert done.mw[0, SITE] / megawatts(lone) == pytest.approx(0.7217, abs=1e-4)


def test_rigs_beyond_the_racks_stand_still(lone: Sector) -> None:
    full = run(lone, 200.0).ehs[0, SITE]
    j = lone.rigs.j_per_th[0, GENERATION] * lone.P.power.mining_overhead[0, 0]
    lone.sites.racks[0, SITE] = 0.25 * EHS * j
    assert run(lone, 200.0).ehs[0, SITE] == pytest.approx(0.25 * full)


def test_newest_rigs_take_the_racks_first(lone: Sector) -> None:
    newer = GENERATION + 1
    j = lone.rigs.j_per_th[0] * lone.P.power.mining_overhead[0, 0]
    assert j[newer] < j[GENERATION]
    lone.rigs.ehs[0, SITE, newer] = 0.5
    lone.sites.racks[0, SITE] = 0.5 * j[newer] + 0.1 * j[GENERATION]
    running = run(lone, 500.0).ehs[0, SITE] / lone.P.power.availability[0, 0]
    assert running == pytest.approx(0.6, rel=1e-6)


def spot_hours(s: Sector) -> tuple[np.ndarray, np.ndarray]:
    """Prices of the region's month over its mean and their share of hours, from the curve itself."""
    shape = int(s.price_shape[s.sites.region[0, SITE]])
    edges = np.exp(np.linspace(np.log(0.05), np.log(60.0), 20_001))
    below, paid = s.curves.evaluate(np.full(edges.shape, shape), edges)
    share = np.diff(below, prepend=0.0)
    value = np.diff(paid, prepend=0.0)
    kept = share > 1e-15
    return value[kept] / share[kept], share[kept]


@pytest.mark.parametrize("wanted", [25.0, 50.0, 90.0])
def test_fixed_power_with_resale_runs_and_sells_against_the_spot_price(lone: Sector, wanted: float) -> None:
    lone.sites.resale[0, SITE] = 1.0
    done = run(lone, hashprice_for(lone, wanted))
    prices, share = spot_hours(lone)
    prices = prices * LEVEL
    runs = share[prices <= wanted].sum()
    dear = prices > max(wanted, CONTRACT)
    # the curve is read off a grid: hence the tolerances
    assert done.mw[0, SITE] / megawatts(lone) == pytest.approx(runs, abs=0.006)
    assert done.power_cost[0, SITE] / (megawatts(lone) * HOURS) == pytest.approx(runs * CONTRACT, rel=0.01)
    gained = (share[dear] * (prices[dear] - CONTRACT)).sum()
    assert done.resale[0, SITE] / (megawatts(lone) * HOURS) == pytest.approx(gained, rel=0.03, abs=0.03)


def test_power_at_spot_is_bought_in_the_hours_worth_it(lone: Sector) -> None:
    lone.sites.fixed_share[0, SITE] = 0.0
    done = run(lone, hashprice_for(lone, 45.0))
    prices, share = spot_hours(lone)
    cheap = prices * LEVEL <= 45.0
    assert done.mw[0, SITE] / megawatts(lone) == pytest.approx(share[cheap].sum(), abs=0.006)
    paid = (share[cheap] * prices[cheap]).sum() * LEVEL
    assert done.power_cost[0, SITE] / (megawatts(lone) * HOURS) == pytest.approx(paid, rel=0.02)
    assert done.resale[0, SITE] == 0


@pytest.mark.parametrize(("fixed", "resale"), [(1.0, 0.0), (1.0, 1.0), (0.0, 0.0), (0.6, 0.0), (0.6, 1.0)])
def test_uptime_falls_as_power_gets_dearer(lone: Sector, fixed: float, resale: float) -> None:
    lone.sites.fixed_share[0, SITE], lone.sites.resale[0, SITE] = fixed, resale
    running = []
    for factor in (0.5, 0.8, 1.0, 1.3, 2.0, 5.0):
        lone.regions.price[:], lone.sites.contract[0, SITE] = factor * LEVEL, factor * CONTRACT
        running.append(run(lone, hashprice_for(lone, 55.0)).mw[0, SITE])
    assert np.all(np.diff(running) < 0)
    assert running[0] > 0.9 * megawatts(lone)
    assert running[-1] < 0.2 * megawatts(lone)  # some hours stay cheap at spot


def test_costs_of_running_lower_the_strike_like_dearer_power(lone: Sector) -> None:
    hashprice = hashprice_for(lone, 70.0)
    region = lone.sites.region[0, SITE]
    lone.regions.carbon[0, region] = 400.0
    lone.regions.carbon_price[0, region] = 50.0  # 400 kg/MWh at 50 USD/t are 20 USD/MWh
    with_carbon = run(lone, hashprice).mw[0, SITE]
    lone.regions.carbon_price[0, region] = 0.0
    lone.regions.excise[0, region] = 20.0
    assert run(lone, hashprice).mw[0, SITE] == pytest.approx(with_carbon)
    assert with_carbon == pytest.approx(0.5 * megawatts(lone))  # the strike falls from 70 to the contract's 50


def test_a_ban_leaves_its_share(lone: Sector) -> None:
    free = run(lone, 200.0).ehs[0, SITE]
    lone.regions.hashing_allowed[:] = 0.2
    assert run(lone, 200.0).ehs[0, SITE] == pytest.approx(0.2 * free)


# ------------------------------------------------------------------ the network's month


def test_hashprice_is_revenue_over_hashrate_in_every_month(make) -> None:
    sector = make(runs=range(4), mode="sampled")
    for _ in range(14):
        sector.advance()
        now = sector.now
        revenue = now.btc_price * now.coins / sector.days
        np.testing.assert_allclose(now.hashprice, revenue / (1000.0 * now.hashrate), rtol=1e-12)
        np.testing.assert_allclose(now.coins, now.subsidy_coins + now.fee_coins, rtol=1e-12)
        income = sector.books.lines["mining_revenue"].sum(axis=-1)
        np.testing.assert_allclose(income, now.btc_price * now.coins, rtol=1e-9)
        share = sector.ehs_by_firm / now.hashrate[:, None]
        np.testing.assert_allclose(sector.coins_mined_by_firm, share * now.coins[:, None], rtol=1e-9)


def cleared(s: Sector) -> tuple[np.ndarray, np.ndarray]:
    """The hashprice at which the rigs earn what they run at, and their hashrate at it; nothing leaves."""
    found, _ = kernels.dispatch(dispatch.fleet(deepcopy(s)), dispatch.network(s), np.zeros(s.n_runs), 0.0)
    return found, dispatch.run_at(s, found).ehs.sum(axis=-1)


def test_rigs_run_at_the_hashprice_they_make(make) -> None:
    # what runs at the hashprice found earns that hashprice, also far beyond the usual bracket
    sector = make(months=6, runs=range(4), mode="sampled")
    usual = sector.now.btc_price.copy()
    for factor in (1.0, 0.5, 0.05, 0.01, 2.0, 20.0):
        sector.now.btc_price = factor * usual
        found, hashrate = cleared(sector)
        made = mining.hashprice(sector.now.btc_price, dispatch.coins_per_day(sector, hashrate), hashrate)
        close = 5e-3 if 0.05 <= factor <= 2 else 0.04  # few steps: exact only in the month's own accounts
        np.testing.assert_allclose(found, made, rtol=close, err_msg=f"coin price times {factor}")


@pytest.mark.parametrize("cost", [0.0, 100.0, 3000.0])
def test_running_costs_raise_hashprice_until_the_cheapest_rigs_pay(make, cost: float) -> None:
    sector = make(months=2, runs=range(3))
    sector.regions.excise[:] = cost
    found, hashrate = cleared(sector)
    made = mining.hashprice(sector.now.btc_price, dispatch.coins_per_day(sector, hashrate), hashrate)
    np.testing.assert_allclose(found, made, rtol=5e-3)
    best = dispatch.fleet(sector).rigs.strike_per_hashprice[sector.rigs.ehs.any(axis=1)].max()
    assert (found * best > cost).all()


def test_a_halving_splits_its_month(make) -> None:
    sector = make(runs=range(2))
    sector.now.height[:] = 1_050_000 - 1500.0
    sector.advance()
    blocks = sector.now.blocks
    assert (blocks > 3000).all()
    np.testing.assert_allclose(sector.now.subsidy_coins, 1500 * 3.125 + (blocks - 1500) * 1.5625)
    np.testing.assert_allclose(sector.now.height, 1_050_000 - 1500 + blocks)
    sector.advance()
    np.testing.assert_allclose(sector.now.subsidy_coins, sector.now.blocks * 1.5625)


def test_blocks_come_faster_while_hashrate_grows(make) -> None:
    sector = make(months=2, runs=range(2))
    sector.now.hashrate[:] *= 0.5  # as if the network had doubled since last month
    sector.advance()
    lag = sector.P.bitcoin.difficulty_lag[0, 0]
    ratio = sector.now.last_hashrate / sector.now.hashrate
    pace = sector.now.blocks / (144 * sector.days)
    np.testing.assert_allclose(pace, 1 / (lag * ratio + 1 - lag))
    assert (pace > 1.1).all()


def test_nobody_hashes_nobody_earns(make) -> None:
    sector = make(months=2)
    hashprice = sector.now.hashprice.copy()
    sector.rigs.ehs[:] = 0.0
    sector.rigs.ordered[:] = 0.0
    sector.advance()
    assert (sector.now.coins == 0).all()
    assert (sector.now.blocks == 0).all()
    assert (sector.books.lines["mining_revenue"] == 0).all()
    np.testing.assert_array_equal(sector.now.hashprice, hashprice)


def leave(s: Sector, share: float) -> None:
    """Let idle rigs go after a month in which the blocks were on this share of hours."""
    fleet = dispatch.fleet(s)
    _, blocks = kernels.listed(fleet, 0, kernels.room(fleet))
    blocks.share[:] = share
    kernels.leave_idle(fleet, 0, blocks, s.P.rigs.retirement_per_month[0, 0], dispatch.LAST_RIGS_MW)


def test_idle_rigs_are_scrapped_slowly(lone: Sector) -> None:
    before = lone.rigs.ehs[0, SITE, GENERATION]
    leave(lone, 0.25)
    rate = lone.P.rigs.retirement_per_month[0, 0]
    assert lone.rigs.ehs[0, SITE, GENERATION] == pytest.approx(before * (1 - 0.75 * rate))


def test_rigs_without_a_rack_count_as_idle(lone: Sector) -> None:
    lone.sites.racks[0, SITE] *= 0.5 * EHS * lone.rigs.j_per_th[0, GENERATION] / lone.sites.racks[0, SITE]
    leave(lone, 1.0)
    rate = lone.P.rigs.retirement_per_month[0, 0]
    idle = 1 - 0.5 / lone.P.power.mining_overhead[0, 0]
    assert lone.rigs.ehs[0, SITE, GENERATION] == pytest.approx(EHS * (1 - rate * idle))


def test_rigs_that_stood_still_are_not_all_back(lone: Sector) -> None:
    """At a high hashprice a block that was off all last month runs what a month brings back, and pays for that."""
    ready, back = run(lone, 500.0), lone.P.rigs.restart_per_month[0, 0]
    lone.rigs.off[0, SITE, GENERATION] = 1.0
    done = run(lone, 500.0)
    assert done.ehs[0, SITE] == pytest.approx(back * ready.ehs[0, SITE])
    assert done.power_cost[0, SITE] == pytest.approx(back * ready.power_cost[0, SITE])
    lone.rigs.off[0, SITE, GENERATION] = 0.4
    assert run(lone, 500.0).ehs[0, SITE] == pytest.approx((0.6 + 0.4 * back) * ready.ehs[0, SITE])


def test_what_runs_anyway_is_not_held_back(lone: Sector) -> None:
    before = run(lone, hashprice_for(lone, CONTRACT)).ehs[0, SITE]
    lone.rigs.off[0, SITE, GENERATION] = 0.5  # what such a month leaves behind
    assert run(lone, hashprice_for(lone, CONTRACT)).ehs[0, SITE] == before


def test_idle_rigs_come_back_month_by_month(lone: Sector) -> None:
    stays_off = 1 - lone.P.rigs.restart_per_month[0, 0]
    left = []
    for hashprice in (1.0, 500.0, 500.0):
        fleet = dispatch.fleet(lone)
        kinds, blocks = kernels.listed(fleet, 0, kernels.room(fleet))
        kernels.run_blocks(fleet, 0, kinds, blocks, hashprice, np.empty((5, lone.n_sites)))
        kernels.leave_idle(fleet, 0, blocks, 0.0, dispatch.LAST_RIGS_MW)
        left.append(lone.rigs.off[0, SITE, GENERATION])
    assert left == pytest.approx([1.0, stays_off, stays_off**2], abs=1e-4)
    assert np.count_nonzero(lone.rigs.off) == 1
