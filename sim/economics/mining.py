"""Bitcoin mining: what a machine earns, what it is worth, and where the network settles.

Units: hashprice USD/PH/day, network hashrate EH/s, machine hashrate TH/s, efficiency J/TH, power USD/MWh.
"""

import numpy as np

from sim.economics import DAYS_PER_YEAR, HOURS_PER_YEAR, Floats, Numbers, elementwise
from sim.kernels.rigs import present_values

BLOCKS_PER_HALVING = 210_000
BLOCK_SECONDS = 600.0
BLOCKS_PER_DAY = 86_400.0 / BLOCK_SECONDS
HASHES_PER_DIFFICULTY = 2.0**32  # expected hashes for a block at difficulty 1
SATOSHI_PER_COIN = 1e8


def breakeven_usd_per_mwh(hashprice: Numbers, j_per_th: Numbers) -> Floats:
    """Power price at which a running machine earns nothing [USD/MWh], other variable cost not deducted.

    One PH/s draws `j_per_th` kW, so a day of it takes 24 x J/TH / 1000 MWh (MODEL, section 3).
    """
    return np.asarray(hashprice) * 1000.0 / (24.0 * np.asarray(j_per_th))


def coins_per_day(hashrate_ths: Numbers, difficulty: Numbers, subsidy_btc: Numbers) -> Floats:
    """Expected coins per day of a machine [BTC], the standard calculator formula.

    hashrate x seconds / (difficulty x 2^32) x reward per block; `subsidy_btc` may include fees per block.
    """
    blocks = np.asarray(hashrate_ths) * 1e12 * 86_400.0 / (np.asarray(difficulty) * HASHES_PER_DIFFICULTY)
    return blocks * subsidy_btc


def network_hashrate_from_difficulty(difficulty: Numbers) -> Floats:
    """Hashrate [EH/s] that finds a block every ten minutes at this difficulty."""
    return np.asarray(difficulty) * HASHES_PER_DIFFICULTY / BLOCK_SECONDS / 1e18


def subsidy_at(height: Numbers) -> Floats:
    """Coins created by the block at `height` [BTC]: 50 halved every 210,000 blocks, in whole satoshi."""
    halvings = np.floor_divide(height, BLOCKS_PER_HALVING)
    return np.floor(50.0 * SATOSHI_PER_COIN * 0.5**halvings) / SATOSHI_PER_COIN


def coins_of_blocks(height: Numbers, blocks: Numbers) -> Floats:
    """Coins created by `blocks` blocks (may be fractional) of which the first has `height` [BTC].

    Split where a halving falls inside; `blocks` stays below 210,000 (four years), so at most one does.
    """
    next_halving = (np.floor_divide(height, BLOCKS_PER_HALVING) + 1.0) * BLOCKS_PER_HALVING
    before = np.minimum(blocks, next_halving - height)
    return before * subsidy_at(height) + (blocks - before) * subsidy_at(next_halving)


def hashprice(price_usd: Numbers, coins_per_day: Numbers, hashrate_ehs: Numbers) -> Floats:
    """Revenue of a PH/s in a day [USD/PH/day]: all coins of the network's day shared over its hashrate."""
    return np.asarray(price_usd) * coins_per_day / (np.asarray(hashrate_ehs) * 1000.0)


def rig_present_value(
    hashprice: Numbers,
    j_per_th: Numbers,
    cost_usd_per_mwh: Numbers,
    decline: Numbers,
    discount: Numbers,
    life_years: Numbers,
    uptime: Numbers = 0.95,
) -> Floats:
    """Present value of the margins of a machine from now on [USD/TH]; never negative.

    Hashprice is expected to fall at the continuous yearly rate `decline` >= 0 while cost stays; the machine
    runs until revenue has fallen to cost or its life ends. Closed form: two annuities up to that moment,
    the revenue's at rate discount + decline, the cost's at rate discount (both continuous).
    """
    revenue = np.asarray(hashprice) / 1000.0 * DAYS_PER_YEAR * uptime  # USD per TH-year
    cost = np.asarray(j_per_th) / 1e6 * HOURS_PER_YEAR * uptime * cost_usd_per_mwh
    return elementwise(present_values, revenue, cost, decline, discount, life_years)


def payback_years(capex: Numbers, annual_margin: Numbers) -> Floats:
    """Years until a level margin has returned `capex` (same money unit); infinite without a margin."""
    margin = np.asarray(annual_margin)
    return np.where(margin > 0.0, capex / np.where(margin > 0.0, margin, 1.0), np.inf)


def irr_annuity(capex: Numbers, annual: Numbers, years: Numbers) -> Floats:
    """Internal rate of return [1/year] of `capex` now against `annual` at the end of each of `years` years.

    Fixed-step bisection in ln(1 + rate) between -90 % and +1000 %; beyond these the nearer end is returned.
    """
    shape = np.broadcast_shapes(np.shape(capex), np.shape(annual), np.shape(years))
    low, high = np.full(shape, np.log(0.1)), np.full(shape, np.log(11.0))
    for _ in range(52):
        middle = 0.5 * (low + high)
        rate = np.expm1(middle)
        safe_rate = np.where(np.abs(rate) < 1e-12, 1.0, rate)
        factor = np.where(np.abs(rate) < 1e-12, years, -np.expm1(-middle * years) / safe_rate)
        worthwhile = annual * factor > capex
        low, high = np.where(worthwhile, middle, low), np.where(worthwhile, high, middle)
    return np.expm1(0.5 * (low + high))


def contest_shares(costs: Floats) -> Floats:
    """Equilibrium shares of hashrate when each firm has a cost per hash and nothing else binds.

    Costs (..., firms) > 0, infinite for absent firms, at least two finite; returns shares of the same shape,
    which sum to 1 over the last axis. Tullock contest: share_i = max(0, 1 - c_i / c*), where c* makes them
    sum to 1. With the k cheapest active c* = (their sum) / (k - 1), smallest at the true k. Hence an active i
    implies share_j >= 1 - c_j / c_i (Arnosti and Weinberg 2022, Bitcoin: a natural oligopoly).
    """
    ordered = np.sort(costs, axis=-1)
    others = np.arange(1.0, ordered.shape[-1])
    threshold = np.min(np.cumsum(ordered, axis=-1)[..., 1:] / others, axis=-1, keepdims=True)
    return np.maximum(0.0, 1.0 - costs / threshold)
