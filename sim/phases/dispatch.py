"""Phase 4: which rigs run in which hours, and the hashprice at which that adds up.

Every generation at every site is a block of load. It runs in the hours in which hashing is worth more than
not running: against the spot price where the power could be resold or is bought at spot, against the
contract price where it could not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Rows, running_total, safe_divide, spread
from sim.economics import HOURS_PER_YEAR, mining
from sim.economics.power import smooth_step
from sim.state import Dispatch

if TYPE_CHECKING:
    from sim.sector import Sector

HOURS = HOURS_PER_YEAR / 12
CONTRACT_SPREAD = 0.10  # log spread of costs within a block under fixed price: rigs of a row are not all alike
# Hashprice is sought within such a factor of what last month's hashrate would give, in so many steps; beyond it only
# after a shock that moves the network further. Five steps leave less than 1e-6, and the month's own hashprice is
# revenue over hashrate, exactly.
BRACKETS = ((1.5, 5), (6.0, 14), (6e5, 48))
LAST_RIGS_MW = 0.003  # less than a rig or two is no fleet: keeps the list of blocks short
IDLE_EHS = 1e-9  # stands for no hashrate at all, where something is divided by it
CHEAPEST_USD_PER_MWH = 0.01  # mean spot price at least, whatever shocks do


@dataclass
class Blocks:
    """Blocks of rigs that could run: n entries of (run, site, generation), the newest of a site first.

    ``mw`` at the plug, ``ehs``; ``racked`` share that finds a rack; ``most`` share of hours it can run at most,
    since rigs that were off are not all back; ``strike_per_hashprice`` USD/MWh of revenue per USD/PH/day;
    ``adder`` USD/MWh of cost that only running incurs; ``level`` USD/MWh mean spot price; ``at_spot`` share of
    load decided by the spot price.
    """

    at: Rows
    generation: Index
    ehs: Array
    mw: Array
    racked: Array
    most: Array
    strike_per_hashprice: Array
    adder: Array
    level: Array
    contract: Array
    at_spot: Array
    shape: Index
    log_level: Array
    log_contract: Array


def running_cost(s: Sector) -> Array:
    """Cost beside power that only running rigs incur (R, X), USD per MWh: other, carbon, excise."""
    carbon = s.regions.carbon_price * s.regions.carbon / 1000.0
    return s.P.power.other_cost_usd_per_mwh * s.now.inflation[:, None] + carbon + s.regions.excise


def rig_blocks(s: Sector) -> Blocks:
    """All blocks with rigs that find a powered rack; the newest generations take the racks first."""
    run, site, back = np.nonzero(s.rigs.ehs[:, :, ::-1])
    generation = s.rigs.ehs.shape[2] - 1 - back
    at, at_site, at_generation = Rows(run, site), run * s.n_sites + site, run * s.rigs.j_per_th.shape[1] + generation
    cell = at_site * s.rigs.ehs.shape[2] + generation
    ehs = np.take(s.rigs.ehs, cell)
    mw_per_ehs = s.rigs.j_per_th * s.P.power.mining_overhead
    strike = 1000.0 * (1 - s.P.bitcoin.pool_fee) / (24.0 * mw_per_ehs)
    mw = ehs * np.take(mw_per_ehs, at_generation)
    filled = running_total(mw, at_site)
    fits = np.clip((np.take(s.sites.racks, at_site) - (filled - mw)) / mw, 0.0, 1.0)
    usable = fits * np.take(spread(_ready(s), s.sites.region), at_site)
    # what all blocks of a site share is worked out for the sites, which are fewer
    level = spread(np.maximum(s.regions.price, CHEAPEST_USD_PER_MWH), s.sites.region)
    contract = s.sites.contract * s.now.inflation[:, None] + spread(s.regions.tariff, s.sites.region)
    return Blocks(
        at=at,
        generation=generation,
        ehs=ehs * usable,
        mw=mw * usable,
        racked=fits,
        most=1 - (1 - s.P.rigs.restart_per_month[run, 0]) * np.take(s.rigs.off, cell),
        strike_per_hashprice=np.take(strike, at_generation),
        adder=np.take(spread(running_cost(s), s.sites.region), at_site),
        level=np.take(level, at_site),
        contract=np.take(contract, at_site),
        at_spot=np.take(1 - s.sites.fixed_share * (1 - s.sites.resale), at_site),
        shape=np.take(s.price_shape[s.sites.region], at_site),
        log_level=np.take(np.log(level), at_site),
        log_contract=np.take(np.log(np.maximum(contract, CHEAPEST_USD_PER_MWH)), at_site),
    )


def _ready(s: Sector) -> Array:
    """Share of a month's hours in which racked rigs may run (R, X): no outage, no ban, no programme call."""
    outage = (1 - s.P.power.availability) * (1 - s.P.ai.downtime_reduction)
    return (1 - outage) * s.regions.hashing_allowed * (1 - s.regions.programme_hours / HOURS_PER_YEAR)


def uptime(s: Sector, blocks: Blocks, hashprice: Array) -> Array:
    """Share of available hours each block runs at a hashprice per run (R,)."""
    strike = np.log(np.maximum(hashprice[blocks.at.run] * blocks.strike_per_hashprice - blocks.adder, 1e-3))
    at_spot = s.curves.hours(blocks.shape, strike - blocks.log_level)
    at_contract = smooth_step(strike - blocks.log_contract, CONTRACT_SPREAD)
    return np.minimum(blocks.at_spot * at_spot + (1 - blocks.at_spot) * at_contract, blocks.most)


def coins_per_day(s: Sector, hashrate: Array) -> Array:
    """Subsidy and fees a day (R,), BTC: faster blocks while hashrate runs ahead of difficulty."""
    lag = s.P.bitcoin.difficulty_lag[:, 0]
    pace = hashrate / (lag * s.now.last_hashrate + (1 - lag) * hashrate)
    return mining.BLOCKS_PER_DAY * pace * s.now.subsidy + s.now.fees_per_day


def solve(s: Sector, blocks: Blocks) -> Array:
    """Hashprice (R,) at which the rigs that run at it earn it."""

    def excess(hashprice: Array) -> Array:
        hashrate = np.bincount(blocks.at.run, blocks.ehs * uptime(s, blocks, hashprice), s.n_runs)
        hashrate = np.maximum(hashrate, IDLE_EHS)
        return np.log(hashprice) - np.log(
            mining.hashprice(s.now.btc_price, coins_per_day(s, hashrate), hashrate)
        )

    last = mining.hashprice(s.now.btc_price, coins_per_day(s, s.now.last_hashrate), s.now.last_hashrate)
    last = np.where(s.now.last_hashrate > IDLE_EHS, last, s.now.hashprice)
    found, outside = last, np.ones(s.n_runs, bool)
    for factor, steps in BRACKETS:
        low, high = last / factor, last * factor
        tried = mining.solve_log_root(excess, low, high, steps)
        found = np.where(outside, tried, found)
        outside &= (tried <= low) | (tried >= high)
        if not outside.any():
            break
    return found


def run(s: Sector, blocks: Blocks, hashprice: Array) -> tuple[Dispatch, Array]:
    """What the rigs do and cost at a hashprice, and the share of hours each block is on (n,)."""
    strike = np.maximum(hashprice[blocks.at.run] * blocks.strike_per_hashprice - blocks.adder, 1e-3)
    fixed, resale = blocks.at.get(s.sites.fixed_share), blocks.at.get(s.sites.resale)
    spot_on, spot_paid = s.curves.evaluate(blocks.shape, strike / blocks.level)
    contract_on = smooth_step(np.log(strike / blocks.contract), CONTRACT_SPREAD)
    wanted = blocks.at_spot * spot_on + (1 - blocks.at_spot) * contract_on
    hours_on = np.minimum(wanted, blocks.most)
    # power bought at spot, at contract without resale, at contract with resale; USD per MW and hour
    bought = (
        (1 - fixed) * spot_paid * blocks.level
        + fixed * (1 - resale) * contract_on * blocks.contract
        + fixed * resale * spot_on * blocks.contract
    ) * safe_divide(hours_on, wanted)
    dear_on, dear_paid = s.curves.evaluate(blocks.shape, np.maximum(strike, blocks.contract) / blocks.level)
    credit = fixed * resale * ((1 - dear_paid) * blocks.level - (1 - dear_on) * blocks.contract)

    def per_site(values: Array) -> Array:
        return blocks.at.sum_into(values, s.n_runs, s.n_sites)

    done = Dispatch(
        ehs=per_site(blocks.ehs * hours_on),
        mw=per_site(blocks.mw * hours_on),
        mwh=per_site(blocks.mw * hours_on) * HOURS,
        power_cost=per_site(blocks.mw * bought) * HOURS,
        resale=per_site(blocks.mw * np.maximum(credit, 0.0)) * HOURS,
        curtailed_mwh=per_site(blocks.mw * (1 - hours_on)) * HOURS,
    )
    return done, hours_on


def run_at(s: Sector, hashprice: Array) -> Dispatch:
    """What the installed rigs would do at a given hashprice (R,)."""
    return run(s, rig_blocks(s), hashprice)[0]


def dispatch(s: Sector) -> None:
    """Solve the hashprice and run the rigs; the idle ones age out; the network's month is settled."""
    blocks = rig_blocks(s)
    s.dispatched, hours_on = run(s, blocks, solve(s, blocks))
    _retire_idle(s, blocks, hours_on)
    _remember_idle(s, blocks, hours_on)
    _settle_network(s)


def _retire_idle(s: Sector, blocks: Blocks, hours_on: Array) -> None:
    """Rigs that stay off are scrapped slowly; rigs without a rack count as off."""
    run, cell = blocks.at.run, (blocks.at.run, blocks.at.row, blocks.generation)
    on = np.where(blocks.ehs > 0, hours_on * blocks.racked, 0.0)
    kept = s.rigs.ehs[cell] * (1 - s.P.rigs.retirement_per_month[run, 0] * (1 - on))
    crumbs = kept * s.rigs.j_per_th[run, blocks.generation] < LAST_RIGS_MW
    s.rigs.ehs[cell] = np.where(crumbs, 0.0, kept)


def _remember_idle(s: Sector, blocks: Blocks, hours_on: Array) -> None:
    """What stood still is not all back next month: staff, repairs, a new deal for the power."""
    s.rigs.off[:] = 0.0
    s.rigs.off[blocks.at.run, blocks.at.row, blocks.generation] = 1 - hours_on


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
