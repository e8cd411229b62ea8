"""Rigs: what machines are worth, whose they are, and who buys used ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled, inlined
from sim.kernels.maths import expm1, ln

HOURS_PER_YEAR = 8766.0
PH_DAYS_PER_YEAR = 365.25 * 1000.0  # of an EH/s


@inlined
def _annuity(over: float, rate: float, years: float) -> float:
    """Present value of 1 a year flowing for ``years``: ``over`` / rate, ``years`` at rate 0.

    ``over`` is 1 - exp(-rate x years), the part of all that flows for ever which these years have.
    """
    return over / rate if abs(rate * years) >= 1e-12 else years


@inlined
def present_value(
    revenue: float, cost: float, decline: float, discount: float, life_years: float
) -> float:
    """Present value of ``revenue`` a year, which falls at the rate ``decline``, less ``cost`` a year.

    Until revenue has fallen to cost or ``life_years`` are over; nothing if it is below from the start. All rates
    are continuous.
    """
    if revenue <= cost:
        return 0.0
    left = cost / revenue
    years, fallen = -ln(left) / max(decline, 1e-12), 1.0 - left
    if years > life_years:
        years, fallen = life_years, -expm1(-decline * life_years)
    over = -expm1(-discount * years)
    # exp(-(discount + decline) years) = (1 - over) (1 - fallen)
    earned = revenue * _annuity(over + fallen - over * fallen, discount + decline, years)
    return max(earned - cost * _annuity(over, discount, years), 0.0)


@compiled
def present_values(revenue: Array, cost: Array, decline: Array, discount: Array, life_years: Array) -> Array:
    """``present_value`` of n machines, all arguments (n,)."""
    values = np.empty(len(revenue))
    for k in range(len(values)):
        values[k] = present_value(revenue[k], cost[k], decline[k], discount[k], life_years[k])
    return values


@inlined
def yearly_flows(hashprice: float, cost_per_mwh: float, uptime: float) -> tuple[float, float]:
    """USD a year that an EH/s earns at a hashprice in USD/PH/day, and that a MW at the plug costs."""
    return hashprice * PH_DAYS_PER_YEAR * uptime, HOURS_PER_YEAR * cost_per_mwh * uptime


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


@inlined
def _wanted(
    machines: Machines, buyers: Buyers, markup: float, begin: int, end: int, generation: int, free: Array,
    paid: Array, wanted: Array,
) -> float:  # fmt: skip
    """EH/s of a generation that the buyers of a run would take, ``wanted`` (n,), and their sum.

    As racks and money allow, if worth more than asked. In two loops: the first the compiler does for several buyers
    at a time.
    """
    run = buyers.run[begin]
    asked, mw = markup * machines.used[run, generation], machines.mw_per_ehs[run, generation]
    decline, discount, life = machines.decline[run], machines.discount[run], machines.life[run, generation]
    uptime, total = machines.uptime[run], 0.0
    for k in range(begin, end):
        earned, spent = yearly_flows(buyers.hashprice[k], buyers.cost[k], uptime)
        wanted[k] = present_value(earned, mw * spent, decline, discount, life)
    for k in range(begin, end):
        most = min(free[k] / mw, (buyers.budget[k] - paid[k]) / asked)
        wanted[k] = most if most > 0.0 and wanted[k] > asked else 0.0
        total += wanted[k]
    return total


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
                total = _wanted(machines, buyers, markup, begin, end, generation, free, paid, wanted)
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
    """What rigs at n places are worth, USD: ``value``, ``scrap`` at dealers' prices, ``margin`` a year at full
    uptime; ``mw`` at the plug (n,). Of the outdated ones (n, 2) MW, value and scrap: first of those worth no more
    than second-hand price and a new rack, then of the others."""

    value: Array
    scrap: Array
    margin: Array
    mw: Array
    old_mw: Array
    old_value: Array
    old_scrap: Array


@compiled
def value_fleets(
    ehs: Array, run: Index, hashprice: Array, cost_per_mwh: Array, outdated: Mask, rack_cost: Array,
    machines: Machines,
) -> Fleets:  # fmt: skip
    """Values of the rigs ``ehs`` (n, G) of some ``run`` (n,), whose owner reckons with ``hashprice`` (n,)
    USD/PH/day after pool fee and ``cost_per_mwh`` (n,) USD at the plug.

    ``outdated`` generations (R, G); ``rack_cost`` USD per MW (R,).
    """
    first, kind = _blocks(ehs, cost_per_mwh)
    values = _values(first, kind, run, hashprice, cost_per_mwh, machines.mw_per_ehs, machines.life, machines)
    total, old = np.zeros((4, len(run))), np.zeros((3, len(run), 2))
    for k in range(len(run)):
        r, (earned, spent) = run[k], yearly_flows(hashprice[k], cost_per_mwh[k], 1.0)
        for j in range(first[k], first[k + 1]):
            g = kind[j]
            rigs, draw = ehs[k, g], machines.mw_per_ehs[r, g]
            value, scrap, mw = rigs * values[j], rigs * machines.used[r, g], rigs * draw
            total[0, k] += value
            total[1, k] += scrap
            total[2, k] += rigs * max(earned - draw * spent, 0.0)
            total[3, k] += mw
            if outdated[r, g]:
                good = 1 if value - scrap > mw * rack_cost[r] else 0
                old[0, k, good] += mw
                old[1, k, good] += value
                old[2, k, good] += scrap
    return Fleets(total[0], total[1], total[2], total[3], old[0], old[1], old[2])


@compiled
def _blocks(ehs: Array, cost_per_mwh: Array) -> tuple[Index, Index]:
    """Generations of the rigs in ``ehs`` (n, G) where the cost (n,) is finite; of case k from ``first[k]`` on."""
    first, kind, j = np.empty(len(ehs) + 1, np.int64), np.empty(np.count_nonzero(ehs) + 1, np.int64), 0
    for k in range(ehs.shape[0]):
        first[k] = j
        if cost_per_mwh[k] < np.inf:
            for g in range(ehs.shape[1]):
                kind[j] = g  # the next overwrites it if there is none: quicker than to ask before
                j += ehs[k, g] != 0.0
    first[len(ehs)] = j
    return first, kind[:j]


@compiled
def _values(
    first: Index, kind: Index, run: Index, hashprice: Array, cost_per_mwh: Array, mw_per_ehs: Array, life: Array,
    machines: Machines,
) -> Array:  # fmt: skip
    """Values per EH/s of some kinds of machine (R, kinds); those at case k from ``first[k]`` on.

    All flows are written down first: the loop over these, without look-ups, does several machines at a time.
    """
    flows = np.empty((5, len(kind)))
    for k in range(len(run)):
        r = run[k]
        earned, spent = yearly_flows(hashprice[k], cost_per_mwh[k], machines.uptime[r])
        for j in range(first[k], first[k + 1]):
            flows[0, j], flows[1, j] = earned, mw_per_ehs[r, kind[j]] * spent
            flows[2, j], flows[3, j], flows[4, j] = machines.decline[r], machines.discount[r], life[r, kind[j]]
    return present_values(flows[0], flows[1], flows[2], flows[3], flows[4])


@compiled
def values_elsewhere(ehs: Array, run: Index, hashprice: Array, cost_per_mwh: Array, machines: Machines) -> Array:
    """Value of rigs (n,) as in ``value_fleets`` at another cost; nothing where that is infinite."""
    first, kind = _blocks(ehs, cost_per_mwh)
    values = _values(first, kind, run, hashprice, cost_per_mwh, machines.mw_per_ehs, machines.life, machines)
    total = np.zeros(len(run))
    for k in range(len(run)):
        for j in range(first[k], first[k + 1]):
            total[k] += ehs[k, kind[j]] * values[j]
    return total


class OnSale(NamedTuple):
    """The generations on sale (R, 2): MW of an EH/s, EH/s in a MW of the mix, years they will serve."""

    mw_per_ehs: Array
    ehs_per_mw: Array
    life: Array


@compiled
def new_rig_values(run: Index, hashprice: Array, cost_per_mwh: Array, sale: OnSale, machines: Machines) -> Array:
    """Value of new rigs (n,), USD per MW, to owners who reckon with this hashprice after pool fee and this cost."""
    kinds = sale.ehs_per_mw.shape[1]
    first, kind = np.empty(len(run) + 1, np.int64), np.empty(kinds * len(run), np.int64)
    for k in range(len(first)):
        first[k] = kinds * k
    for j in range(len(kind)):
        kind[j] = j % kinds
    values = _values(first, kind, run, hashprice, cost_per_mwh, sale.mw_per_ehs, sale.life, machines)
    total = np.zeros(len(run))
    for k in range(len(run)):
        for j in range(kinds):
            total[k] += sale.ehs_per_mw[run[k], j] * values[kinds * k + j]
    return total
