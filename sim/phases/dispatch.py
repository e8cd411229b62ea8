"""Phase 4: which rigs run in which hours, and the hashprice at which that adds up.

Every generation at every site is a block of load. It runs in the hours in which hashing is worth more than
not running: against the spot price where the power could be resold or is bought at spot, against the
contract price where it could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, spread
from sim.economics import HOURS_PER_YEAR, mining
from sim.kernels import blocks as kernels
from sim.kernels.blocks import Blocks, Network, SitePower
from sim.state import Dispatch

if TYPE_CHECKING:
    from sim.sector import Sector

HOURS = HOURS_PER_YEAR / 12
# Hashprice is sought within such a factor of what last month's hashrate would give, in so many steps; beyond it only
# after a shock that moves the network further. Five steps leave less than 1e-6, and the month's own hashprice is
# revenue over hashrate, exactly.
BRACKETS = np.array(((1.5, 5), (6.0, 14), (6e5, 48)))
LAST_RIGS_MW = 0.003  # less than a rig or two is no fleet: keeps the list of blocks short
IDLE_EHS = 1e-9  # stands for no hashrate at all, where something is divided by it
CHEAPEST_USD_PER_MWH = 0.01  # mean spot price at least, whatever shocks do


def running_cost(s: Sector) -> Array:
    """Cost beside power that only running rigs incur (R, X), USD per MWh: other, carbon, excise."""
    carbon = s.regions.carbon_price * s.regions.carbon / 1000.0
    return s.P.power.other_cost_usd_per_mwh * s.now.inflation[:, None] + carbon + s.regions.excise


def rig_blocks(s: Sector) -> Blocks:
    """All blocks with rigs; the newest generations of a site take its powered racks first."""
    mw_per_ehs = s.rigs.j_per_th * s.P.power.mining_overhead
    contract = s.sites.contract * s.now.inflation[:, None] + spread(s.regions.tariff, s.sites.region)
    power = SitePower(
        racks=s.sites.racks,
        ready=spread(_ready(s), s.sites.region),
        adder=spread(running_cost(s), s.sites.region),
        level=spread(np.maximum(s.regions.price, CHEAPEST_USD_PER_MWH), s.sites.region),
        contract=contract,
        at_spot=1 - s.sites.fixed_share * (1 - s.sites.resale),
        shape=s.price_shape[s.sites.region],
    )
    strike_per_hashprice = 1000.0 * (1 - s.P.bitcoin.pool_fee) / (24.0 * mw_per_ehs)
    restart = s.P.rigs.restart_per_month[:, 0]
    return kernels.rig_blocks(s.rigs.ehs, s.rigs.off, restart, mw_per_ehs, strike_per_hashprice, power)


def _ready(s: Sector) -> Array:
    """Share of a month's hours in which racked rigs may run (R, X): no outage, no ban, no programme call."""
    outage = (1 - s.P.power.availability) * (1 - s.P.ai.downtime_reduction)
    return (1 - outage) * s.regions.hashing_allowed * (1 - s.regions.programme_hours / HOURS_PER_YEAR)


def coins_per_day(s: Sector, hashrate: Array) -> Array:
    """Subsidy and fees a day (R,), BTC: faster blocks while hashrate runs ahead of difficulty."""
    lag = s.P.bitcoin.difficulty_lag[:, 0]
    pace = hashrate / (lag * s.now.last_hashrate + (1 - lag) * hashrate)
    return mining.BLOCKS_PER_DAY * pace * s.now.subsidy + s.now.fees_per_day


def solve(s: Sector, blocks: Blocks) -> Array:
    """Hashprice (R,) at which the rigs that run at it earn it."""
    now = s.now
    usual = mining.hashprice(now.btc_price, coins_per_day(s, now.last_hashrate), now.last_hashrate)
    usual = np.where(now.last_hashrate > IDLE_EHS, usual, now.hashprice)
    lag = s.P.bitcoin.difficulty_lag[:, 0]
    network = Network(now.btc_price, now.subsidy, now.fees_per_day, lag, now.last_hashrate)
    return kernels.solve_hashprice(blocks, s.curves.grid, network, usual, BRACKETS, IDLE_EHS)


def run(s: Sector, blocks: Blocks, hashprice: Array) -> tuple[Dispatch, Array]:
    """What the rigs do and cost at a hashprice (R,), and the share of hours each block is on (n,)."""
    done = np.zeros((5, s.n_runs, s.n_sites))
    share = kernels.run_blocks(blocks, s.curves.grid, hashprice, s.sites.fixed_share, s.sites.resale, done)
    ehs, mw, bought, sold, still = done
    return Dispatch(ehs, mw, mw * HOURS, bought * HOURS, sold * HOURS, still * HOURS), share


def run_at(s: Sector, hashprice: Array) -> Dispatch:
    """What the installed rigs would do at a given hashprice (R,)."""
    return run(s, rig_blocks(s), hashprice)[0]


def dispatch(s: Sector) -> None:
    """Solve the hashprice and run the rigs; the idle ones age out and are remembered; settle the network's month."""
    blocks = rig_blocks(s)
    s.dispatched, share = run(s, blocks, solve(s, blocks))
    _retire_idle(s, blocks, share)
    kernels.remember_idle(s.rigs.off, blocks, share)
    _settle_network(s)


def _retire_idle(s: Sector, blocks: Blocks, share: Array) -> None:
    """Rigs that stay off are scrapped slowly; rigs without a rack count as off."""
    leaving = s.P.rigs.retirement_per_month[:, 0]
    kernels.retire_idle(s.rigs.ehs, blocks, share, leaving, s.rigs.j_per_th, LAST_RIGS_MW)


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
