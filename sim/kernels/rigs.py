"""Rigs: what machines are worth, whose they are, and who buys used ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernels.compiled import Array, Index, compiled


@compiled
def _continuous_annuity(rate: float, years: float) -> float:
    """Present value of 1 a year flowing for ``years``: (1 - exp(-rate x years)) / rate, ``years`` at rate 0."""
    exponent = rate * years
    return years if abs(exponent) < 1e-12 else years * (-np.expm1(-exponent) / exponent)


@compiled
def present_value(
    revenue: float, cost: float, decline: float, discount: float, life_years: float
) -> float:
    """Present value of ``revenue`` a year, which falls at the rate ``decline``, less ``cost`` a year.

    Until revenue has fallen to cost or ``life_years`` are over; nothing if it is below from the start. All rates
    are continuous.
    """
    if revenue <= cost:
        return 0.0
    years = min(np.log(revenue / max(cost, 1e-300)) / max(decline, 1e-12), life_years)
    earned = revenue * _continuous_annuity(discount + decline, years)
    return max(earned - cost * _continuous_annuity(discount, years), 0.0)


@compiled
def present_values(revenue: Array, cost: Array, decline: Array, discount: Array, life_years: Array) -> Array:
    """``present_value`` of n machines, all arguments (n,)."""
    values = np.empty(len(revenue))
    for k in range(len(values)):
        values[k] = present_value(revenue[k], cost[k], decline[k], discount[k], life_years[k])
    return values


@compiled
def fleets(ehs: Array, miner: Index, asked: Array) -> Array:
    """EH/s (R, F) of the firms for which ``asked`` (R, F) is positive, 0 for others; ``ehs`` (R, S, G)."""
    total = np.zeros(asked.shape)
    for run in range(ehs.shape[0]):
        for site in range(ehs.shape[1]):
            firm = miner[run, site]
            if firm >= 0 and asked[run, firm] > 0.0:
                total[run, firm] += ehs[run, site].sum()
    return total


@compiled
def installed_mw(ehs: Array, mw_per_ehs: Array) -> Array:
    """MW at the plug of all rigs at each site (R, S); ``ehs`` (R, S, G), ``mw_per_ehs`` (R, G)."""
    total = np.zeros(ehs.shape[:2])
    for run in range(ehs.shape[0]):
        for site in range(ehs.shape[1]):
            for generation in range(ehs.shape[2]):
                total[run, site] += ehs[run, site, generation] * mw_per_ehs[run, generation]
    return total


class Machines(NamedTuple):
    """Generations of each run, (R, G): ``mw_per_ehs`` at the plug, USD per EH/s of a ``used`` one, years of ``life``
    left; (R,): ``decline`` and ``discount`` rates, ``uptime``."""

    mw_per_ehs: Array
    used: Array
    life: Array
    decline: Array
    discount: Array
    uptime: Array


class Buyers(NamedTuple):
    """Sites with empty racks, n entries in the order of runs: ``run`` and ``site``, MW ``free``, USD of ``budget``,
    the USD/PH/day that their owners reckon with, after pool fee, and what hashing costs them, USD/MWh."""

    run: Index
    site: Index
    free: Array
    budget: Array
    hashprice: Array
    cost: Array


HOURS_PER_YEAR = 8766.0
PH_DAYS_PER_YEAR = 365.25 * 1000.0  # of an EH/s


@compiled
def _wanted(
    machines: Machines, buyers: Buyers, markup: float, k: int, generation: int, free: Array, paid: Array
) -> float:
    """EH/s of a generation that a buyer would take: as racks and money allow, if worth more than asked."""
    run = buyers.run[k]
    asked, mw = markup * machines.used[run, generation], machines.mw_per_ehs[run, generation]
    wanted = min(free[k] / mw, (buyers.budget[k] - paid[k]) / asked)
    if wanted <= 0.0:
        return 0.0
    uptime = machines.uptime[run]
    worth = present_value(
        buyers.hashprice[k] * PH_DAYS_PER_YEAR * uptime, mw * HOURS_PER_YEAR * uptime * buyers.cost[k],
        machines.decline[run], machines.discount[run], machines.life[run, generation],
    )  # fmt: skip
    return wanted if worth > asked else 0.0


@compiled
def sell_used(machines: Machines, buyers: Buyers, markup: float, dealers: Array, ehs: Array, paid: Array) -> Array:
    """Sell the stock of ``dealers`` (R, G) EH/s, newest first, to all who want it in equal parts of what they want.

    Dealers ask ``markup`` times the price of used rigs.

    Changes ``dealers``, the rigs ``ehs`` (R, S, G) and ``paid`` (n,) USD; returns what is left free (n,), MW.
    """
    free, n = buyers.free.copy(), len(buyers.run)
    wanted, begin = np.zeros(n), 0
    while begin < n:
        run, end = buyers.run[begin], begin
        while end < n and buyers.run[end] == run:
            end += 1
        for generation in range(dealers.shape[1] - 1, -1, -1):
            total = 0.0
            if dealers[run, generation] > 0.0 and machines.used[run, generation] > 0.0:
                for k in range(begin, end):
                    wanted[k] = _wanted(machines, buyers, markup, k, generation, free, paid)
                    total += wanted[k]
            if total <= 0.0:
                continue
            part, sold = min(dealers[run, generation] / total, 1.0), 0.0
            for k in range(begin, end):
                bought = wanted[k] * part
                ehs[run, buyers.site[k], generation] += bought
                free[k] -= bought * machines.mw_per_ehs[run, generation]
                paid[k] += bought * markup * machines.used[run, generation]
                sold += bought
            dealers[run, generation] = max(dealers[run, generation] - sold, 0.0)
        begin = end
    return free


class Fleets(NamedTuple):
    """What rigs at n places are worth, USD: by generation (n, G), and in all (n,) ``value``, ``scrap`` at dealers'
    prices, ``margin`` a year at full uptime; ``mw`` at the plug."""

    by_generation: Array
    value: Array
    scrap: Array
    margin: Array
    mw: Array


@compiled
def value_fleets(
    ehs: Array, run: Index, hashprice: Array, cost_per_mwh: Array, machines: Machines
) -> Fleets:
    """Values of the rigs ``ehs`` (n, G) of some ``run`` (n,), whose owner reckons with ``hashprice`` (n,)
    USD/PH/day after pool fee and ``cost_per_mwh`` (n,) USD at the plug."""
    n, generations = ehs.shape
    by_generation, total = np.zeros((n, generations)), np.zeros((4, n))
    for k in range(n):
        r = run[k]
        uptime = machines.uptime[r]
        for g in range(generations):
            rigs = ehs[k, g]
            if rigs == 0.0:
                continue
            revenue = hashprice[k] * PH_DAYS_PER_YEAR
            spent = machines.mw_per_ehs[r, g] * HOURS_PER_YEAR * cost_per_mwh[k]
            worth = present_value(
                revenue * uptime, spent * uptime, machines.decline[r], machines.discount[r], machines.life[r, g]
            )
            by_generation[k, g] = rigs * worth
            total[0, k] += rigs * worth
            total[1, k] += rigs * machines.used[r, g]
            total[2, k] += rigs * max(revenue - spent, 0.0)
            total[3, k] += rigs * machines.mw_per_ehs[r, g]
    return Fleets(by_generation, total[0], total[1], total[2], total[3])
