"""Dispatch: blocks of rigs, the hours they run, and the hashprice at which that adds up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernels.compiled import Array, Index, compiled, inlined
from sim.kernels.maths import ln

CONTRACT_STEEPNESS = 10  # one over the log spread of costs within a block under fixed price: its rigs are not alike
BLOCKS_PER_DAY = 144.0
LOWEST_STRIKE = 1e-3  # USD/MWh: rigs that earn less than their running cost count as this


class Curves(NamedTuple):
    """Price-duration curves on a grid of ln(price / mean), tables (shapes, nodes) with the rise to the next node."""

    origin: float
    per_step: float
    uptime: Array
    uptime_rise: Array
    paid: Array
    paid_rise: Array


class SitePower(NamedTuple):
    """What all blocks of a site share, (R, S): MW of racks, share of hours ``ready`` to run, USD/MWh: ``adder``
    only running incurs, mean spot ``level``, ``contract``; ``at_spot`` share of load decided by the spot price;
    ``shape`` of prices."""

    racks: Array
    ready: Array
    adder: Array
    level: Array
    contract: Array
    at_spot: Array
    shape: Index


class Blocks(NamedTuple):
    """Blocks of rigs that could run: n entries of run, site and generation, the newest of a site first.

    ``mw`` at the plug and ``ehs`` that find a rack and may run; ``racked`` share that finds a rack; ``most`` share
    of hours it can run at most, since rigs that were off are not all back; others as in ``SitePower``;
    ``strike_per_hashprice`` USD/MWh of revenue per USD/PH/day. Run r has the entries ``first[r]`` to
    ``first[r + 1]``.
    """

    first: Index
    run: Index
    site: Index
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


@compiled
def rig_blocks(
    ehs: Array, off: Array, restart: Array, mw_per_ehs: Array, strike_per_hashprice: Array, power: SitePower
) -> Blocks:
    """Blocks of the rigs ``ehs`` (R, S, G); the newest generations of a site take its racks first.

    ``off`` (R, S, G) share of last month's hours each stood still, of which the part ``restart`` (R,) is back;
    ``mw_per_ehs`` and ``strike_per_hashprice`` (R, G).
    """
    runs, sites, generations = ehs.shape
    n = np.count_nonzero(ehs)
    row, kind, shape = np.empty((2, n), np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    first = np.zeros(runs + 1, np.int64)
    values = np.empty((9, n))
    k = 0
    for run in range(runs):
        for site in range(sites):
            filled = 0.0
            for generation in range(generations - 1, -1, -1):
                rigs = ehs[run, site, generation]
                if rigs == 0.0:
                    continue
                mw = rigs * mw_per_ehs[run, generation]
                fits = min(max((power.racks[run, site] - filled) / mw, 0.0), 1.0)
                filled += mw
                usable = fits * power.ready[run, site]
                row[0, k], row[1, k], kind[k], shape[k] = run, site, generation, power.shape[run, site]
                values[0, k], values[1, k], values[2, k] = rigs * usable, mw * usable, fits
                values[3, k], values[4, k] = strike_per_hashprice[run, generation], power.adder[run, site]
                values[5, k], values[6, k] = power.level[run, site], power.contract[run, site]
                values[7, k] = power.at_spot[run, site]
                values[8, k] = 1.0 - (1.0 - restart[run]) * off[run, site, generation]
                k += 1
        first[run + 1] = k
    return Blocks(
        first, row[0], row[1], kind, values[0], values[1], values[2], values[8], values[3], values[4], values[5],
        values[6], values[7], shape,
    )  # fmt: skip


@inlined
def _place(ratio: float, origin: float, per_step: float, last: float) -> float:
    """Where ln(ratio) lies on the grid of the curves, in nodes; the ends beyond the ends."""
    return min(max((ln(ratio) - origin) * per_step, 0.0), last)


@inlined
def _look_up(values: Array, rise: Array, shape: int, place: float) -> float:
    """Value of a curve at a place of its grid."""
    node = int(place)
    return values[shape, node] + (place - node) * rise[shape, node]


@inlined
def _under_contract(strike: float, contract: float) -> float:
    """Share of a block under fixed price that runs: logistic in ln(strike / contract), one half at 0."""
    return 1.0 / (1.0 + (contract / strike) ** CONTRACT_STEEPNESS)


@compiled
def _hashrate(blocks: Blocks, curves: Curves, run: int, hashprice: float, on: Array, place: Array) -> float:
    """EH/s of one run at a hashprice. ``on`` and ``place`` (n,) are room to work in.

    As in ``run_blocks``, in two loops: the first the compiler does for several blocks at a time.
    """
    part = slice(blocks.first[run], blocks.first[run + 1])
    ehs, level, contract, shape = blocks.ehs[part], blocks.level[part], blocks.contract[part], blocks.shape[part]
    per_hashprice, adder, at_spot = blocks.strike_per_hashprice[part], blocks.adder[part], blocks.at_spot[part]
    most, on, place = blocks.most[part], on[part], place[part]
    origin, per_step, last = curves.origin, curves.per_step, curves.uptime.shape[1] - 1.0
    for k in range(len(ehs)):
        strike = max(hashprice * per_hashprice[k] - adder[k], LOWEST_STRIKE)
        place[k] = _place(strike / level[k], origin, per_step, last)
        on[k] = (1.0 - at_spot[k]) * _under_contract(strike, contract[k])
    total = 0.0
    for k in range(len(ehs)):
        wanted = on[k] + at_spot[k] * _look_up(curves.uptime, curves.uptime_rise, shape[k], place[k])
        total += ehs[k] * min(wanted, most[k])
    return total


@compiled
def hashrate(blocks: Blocks, curves: Curves, hashprice: Array) -> Array:
    """EH/s (R,) that run at a hashprice per run (R,)."""
    total, on, place = np.empty(len(hashprice)), np.empty(len(blocks.run)), np.empty(len(blocks.run))
    for run in range(len(total)):
        total[run] = _hashrate(blocks, curves, run, hashprice[run], on, place)
    return total


class Network(NamedTuple):
    """What makes a hashprice of a hashrate, (R,): USD per coin, coins a block and of fees a day, and by
    ``lag`` the part of difficulty that follows last month's hashrate."""

    price: Array
    subsidy: Array
    fees_per_day: Array
    lag: Array
    last_hashrate: Array


@compiled
def coins_per_day(network: Network, run: int, hashrate: float) -> float:
    """Subsidy and fees a day, BTC: faster blocks while hashrate runs ahead of difficulty."""
    lag = network.lag[run]
    pace = hashrate / (lag * network.last_hashrate[run] + (1.0 - lag) * hashrate)
    return BLOCKS_PER_DAY * pace * network.subsidy[run] + network.fees_per_day[run]


@compiled
def _excess(
    blocks: Blocks, curves: Curves, network: Network, run: int, log_hashprice: float, idle_ehs: float, on: Array,
    place: Array,
) -> float:  # fmt: skip
    """ln of a hashprice less ln of what the rigs that run at it earn; rises with it."""
    hashrate = max(_hashrate(blocks, curves, run, np.exp(log_hashprice), on, place), idle_ehs)
    earned = network.price[run] * coins_per_day(network, run, hashrate) / (hashrate * 1000.0)
    return log_hashprice - np.log(earned)


@compiled
def _secant(a: float, b: float, fa: float, fb: float) -> float:
    """Where the chord from (a, fa < 0) to (b, fb > 0) crosses zero; the middle if an end is not finite."""
    share = -fa / (fb - fa) if np.isfinite(fa) and np.isfinite(fb) else 0.5
    return a + share * (b - a)


@compiled
def itp_guess(a: float, b: float, fa: float, fb: float, width: float, step: int) -> float:
    """Next point of a root search: the secant, pulled to the middle, kept within bisection's own schedule.

    ITP method (Oliveira and Takahashi 2020, doi:10.1145/3423597) for a function that rises from fa < 0 to
    fb > 0: fast on smooth curves, and never worse than bisection by more than one step on stairs. ``width`` is
    that of the first bracket, ``step`` counts from 0.
    """
    middle, secant = 0.5 * (a + b), _secant(a, b, fa, fb)
    to_middle, nudge = middle - secant, 0.2 / width * (b - a) ** 2
    truncated = middle if abs(to_middle) <= nudge else secant + np.copysign(nudge, to_middle)
    # one step of slack over bisection: after this step the bracket is at most width / 2^step wide
    radius = width * 0.5**step - 0.5 * (b - a)
    return min(max(truncated, middle - radius), middle + radius)


@compiled
def solve_hashprice(
    blocks: Blocks, curves: Curves, network: Network, usual: Array, brackets: Array, idle_ehs: float
) -> Array:
    """Hashprice (R,) at which the rigs that run at it earn it, near the ``usual`` one (R,).

    ``brackets`` (n, 2): a factor around the usual hashprice and the solver's steps within it; the next one is
    tried where no root lies inside. Beyond the last the nearer end is returned.
    """
    found, on, place = np.empty(len(usual)), np.empty(len(blocks.run)), np.empty(len(blocks.run))
    for run in range(len(usual)):
        for bracket in range(len(brackets)):
            low, high = np.log(usual[run] / brackets[bracket, 0]), np.log(usual[run] * brackets[bracket, 0])
            ends = np.empty(2)
            ends[0] = _excess(blocks, curves, network, run, low, idle_ehs, on, place)
            ends[1] = _excess(blocks, curves, network, run, high, idle_ehs, on, place)
            if ends[0] >= 0.0 or ends[1] <= 0.0:
                found[run] = np.exp(low if ends[0] >= 0.0 else high)
                continue
            a, b, fa, fb, width = low, high, ends[0], ends[1], high - low
            for step in range(int(brackets[bracket, 1])):
                x = itp_guess(a, b, fa, fb, width, step)
                fx = _excess(blocks, curves, network, run, x, idle_ehs, on, place)
                if fx < 0.0:
                    a, fa = x, fx
                else:
                    b, fb = x, fx
            found[run] = np.exp(_secant(a, b, fa, fb))
            break
    return found


@compiled
def _run_one(
    blocks: Blocks, curves: Curves, run: int, hashprice: float, fixed_share: Array, resale: Array, done: Array,
    share: Array, place: Array,
) -> None:  # fmt: skip
    """The blocks of one run: their ``share`` of hours and what they add to ``done``."""
    part = slice(blocks.first[run], blocks.first[run + 1])
    ehs, mws, levels, contracts = blocks.ehs[part], blocks.mw[part], blocks.level[part], blocks.contract[part]
    per_hashprice, adder, at_spot = blocks.strike_per_hashprice[part], blocks.adder[part], blocks.at_spot[part]
    sites, shapes, most = blocks.site[part], blocks.shape[part], blocks.most[part]
    origin, per_step, last = curves.origin, curves.per_step, curves.uptime.shape[1] - 1.0
    for k in range(len(share)):
        strike = max(hashprice * per_hashprice[k] - adder[k], LOWEST_STRIKE)
        place[k] = _place(strike / levels[k], origin, per_step, last)
        share[k] = _under_contract(strike, contracts[k])
    for k in range(len(share)):
        site, shape, mw, level, contract = sites[k], shapes[k], mws[k], levels[k], contracts[k]
        fixed, sold, contract_on = fixed_share[site], resale[site], share[k]
        spot_on = _look_up(curves.uptime, curves.uptime_rise, shape, place[k])
        spot_paid = _look_up(curves.paid, curves.paid_rise, shape, place[k])
        wanted = at_spot[k] * spot_on + (1.0 - at_spot[k]) * contract_on
        on = min(wanted, most[k])
        # bought at spot, at contract without resale, at contract with resale; USD per MW and hour
        at_contract = (1.0 - sold) * contract_on + sold * spot_on
        bought = (1.0 - fixed) * spot_paid * level + fixed * at_contract * contract
        bought *= on / wanted if wanted > 0.0 else 0.0
        done[0, run, site] += ehs[k] * on
        done[1, run, site] += mw * on
        done[2, run, site] += mw * bought
        done[4, run, site] += mw * (1.0 - on)
        share[k] = on
        if fixed * sold > 0.0:  # power of the dear hours goes back to the market, at spot less what it cost
            dear = max(place[k], _place(contract / level, origin, per_step, last))
            dear_on = _look_up(curves.uptime, curves.uptime_rise, shape, dear)
            dear_paid = _look_up(curves.paid, curves.paid_rise, shape, dear)
            credit = (1.0 - dear_paid) * level - (1.0 - dear_on) * contract
            done[3, run, site] += mw * fixed * sold * max(credit, 0.0)


@compiled
def run_blocks(
    blocks: Blocks, curves: Curves, hashprice: Array, fixed_share: Array, resale: Array, done: Array
) -> Array:
    """Share of available hours (n,) each block runs at a hashprice per run (R,).

    ``fixed_share`` and ``resale`` (R, S). Adds up in ``done`` (5, R, S): EH/s and mean MW that run, USD an hour
    of power bought and of power sold on, mean MW that stand still.
    """
    share, place = np.empty(len(blocks.run)), np.empty(len(blocks.run))
    for run in range(len(hashprice)):
        part = slice(blocks.first[run], blocks.first[run + 1])
        _run_one(blocks, curves, run, hashprice[run], fixed_share[run], resale[run], done, share[part], place[part])
    return share


@compiled
def retire_idle(ehs: Array, blocks: Blocks, share: Array, leaving: Array, j_per_th: Array, last_mw: float) -> None:
    """Take the part ``leaving`` (R,) of rigs that stay off from ``ehs`` (R, S, G), and remnants below ``last_mw``.

    ``share`` (n,) of hours each block is on; rigs without a rack count as off.
    """
    for k in range(len(share)):
        run, site, generation = blocks.run[k], blocks.site[k], blocks.generation[k]
        on = share[k] * blocks.racked[k] if blocks.ehs[k] > 0.0 else 0.0
        kept = ehs[run, site, generation] * (1.0 - leaving[run] * (1.0 - on))
        ehs[run, site, generation] = 0.0 if kept * j_per_th[run, generation] < last_mw else kept


@compiled
def remember_idle(off: Array, blocks: Blocks, share: Array) -> None:
    """Share of the month's hours each block stood still into ``off`` (R, S, G), 0 where there is none.

    ``share`` (n,) of hours each block is on. Not all is back next month: staff, repairs, a new deal for the power.
    """
    off[:] = 0.0
    for k in range(len(share)):
        off[blocks.run[k], blocks.site[k], blocks.generation[k]] = 1.0 - share[k]
