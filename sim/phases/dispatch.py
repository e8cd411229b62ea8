"""Phase 4: which rigs run in which hours, and the hashprice at which that adds up.

Every generation at every site is a block of load. It runs in the hours in which hashing is worth more than
not running: against the spot price where the power could be resold or is bought at spot, against the
contract price where it could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array
from sim.economics import HOURS_PER_YEAR, mining
from sim.kernels import blocks as kernels
from sim.kernels.blocks import IDLE_EHS, Fleet, Network, RegionPower, Rigs, SitePower
from sim.state import Dispatch

if TYPE_CHECKING:
    from sim.sector import Sector

HOURS = HOURS_PER_YEAR / 12
LAST_RIGS_MW = 0.003  # less than a rig or two is no fleet: keeps the list of blocks short
CHEAPEST_USD_PER_MWH = 0.01  # mean spot price at least, whatever shocks do


def running_cost(s: Sector) -> Array:
    """Cost beside power that only running rigs incur (R, X), USD per MWh: other, carbon, excise."""
    carbon = s.regions.carbon_price * s.regions.carbon / 1000.0
    return s.P.power.other_cost_usd_per_mwh * s.now.inflation[:, None] + carbon + s.regions.excise


def fleet(s: Sector) -> Fleet:
    """The rigs and the power they find."""
    mw_per_ehs = s.rigs.j_per_th * s.P.power.mining_overhead
    strike_per_hashprice = 1000.0 * (1 - s.P.bitcoin.pool_fee) / (24.0 * mw_per_ehs)
    restart, sites = s.P.rigs.restart_per_month[:, 0], s.sites
    level, shape = np.maximum(s.regions.price, CHEAPEST_USD_PER_MWH), np.tile(s.price_shape, (s.n_runs, 1))
    return Fleet(
        Rigs(s.rigs.ehs, s.rigs.off, restart, s.rigs.j_per_th, mw_per_ehs, strike_per_hashprice),
        SitePower(sites.region, sites.racks, sites.contract, s.now.inflation, sites.fixed_share, sites.resale),
        RegionPower(_ready(s), running_cost(s), level, s.regions.tariff, shape),
        s.curves.grid,
    )


def _ready(s: Sector) -> Array:
    """Share of a month's hours in which racked rigs may run (R, X): no outage, no ban, no programme call."""
    outage = (1 - s.P.power.availability) * (1 - s.P.ai.downtime_reduction)
    return (1 - outage) * s.regions.hashing_allowed * (1 - s.regions.programme_hours / HOURS_PER_YEAR)


def coins_per_day(s: Sector, hashrate: Array) -> Array:
    """Subsidy and fees a day (R,), BTC: faster blocks while hashrate runs ahead of difficulty."""
    lag = s.P.bitcoin.difficulty_lag[:, 0]
    pace = hashrate / (lag * s.now.last_hashrate + (1 - lag) * hashrate)
    return mining.BLOCKS_PER_DAY * pace * s.now.subsidy + s.now.fees_per_day


def network(s: Sector) -> Network:
    """What makes a hashprice of a hashrate."""
    now = s.now
    usual = mining.hashprice(now.btc_price, coins_per_day(s, now.last_hashrate), now.last_hashrate)
    usual = np.where(now.last_hashrate > IDLE_EHS, usual, now.hashprice)
    lag = s.P.bitcoin.difficulty_lag[:, 0]
    return Network(now.btc_price, now.subsidy, now.fees_per_day, lag, now.last_hashrate, usual)


def month_of(done: Array) -> Dispatch:
    """What sites do on average (5, R, S), for a month."""
    ehs, mw, bought, sold, still = done
    return Dispatch(ehs, mw, mw * HOURS, bought * HOURS, sold * HOURS, still * HOURS)


def run_at(s: Sector, hashprice: Array) -> Dispatch:
    """What the installed rigs would do at a given hashprice (R,)."""
    return month_of(kernels.run_at(fleet(s), hashprice))


def dispatch(s: Sector) -> None:
    """Solve the hashprice and run the rigs; the idle ones age out and are remembered; settle the network's month."""
    leaving = s.P.rigs.retirement_per_month[:, 0]
    s.dispatched = month_of(kernels.dispatch(fleet(s), network(s), leaving, LAST_RIGS_MW)[1])
    _settle_network(s)


def _settle_network(s: Sector) -> None:
    """Hashrate, coins and hashprice of the month; a halving splits its month.

    Where nobody hashes no block is found and nobody earns; last month's hashprice stands.
    """
    hashrate = np.maximum(s.dispatched.ehs.sum(axis=-1), IDLE_EHS)
    hashing = hashrate > IDLE_EHS
    lag = s.P.bitcoin.difficulty_lag[:, 0]
    s.now.difficulty_hashrate = lag * s.now.last_hashrate + (1 - lag) * hashrate
    s.now.blocks = np.where(hashing, mining.BLOCKS_PER_DAY * s.days * hashrate / s.now.difficulty_hashrate, 0.0)
    s.now.subsidy_coins = mining.coins_of_blocks(s.now.height, s.now.blocks)
    s.now.height = s.now.height + s.now.blocks
    s.now.fee_coins = np.where(hashing, s.now.fees_per_day * s.days, 0.0)
    s.now.coins = s.now.subsidy_coins + s.now.fee_coins
    earned = mining.hashprice(s.now.btc_price, s.now.coins / s.days, hashrate)
    s.now.hashprice = np.where(hashing, earned, s.now.hashprice)
    s.now.hashrate = hashrate
