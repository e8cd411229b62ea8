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
def present_value(revenue: float, cost: float, decline: float, discount: float, life_years: float) -> float:
    """Present value of ``revenue`` a year, which falls at the rate ``decline``, less ``cost`` a year.

    Until revenue has fallen to cost or ``life_years`` are over; nothing if it is below from the start. All rates
    are continuous.
    """
    return _present_value(revenue, cost, decline, discount, life_years, -expm1(-decline * life_years))


@inlined
def _present_value(
    revenue: float, cost: float, decline: float, discount: float, life_years: float, fallen: float
) -> float:
    """``present_value`` where it is known which part of revenue will have ``fallen`` away by the end of life."""
    if revenue <= cost:
        return 0.0
    left = cost / revenue
    years = -ln(left) / max(decline, 1e-12)
    if years > life_years:
        years = life_years
    else:
        fallen = 1.0 - left
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


class Flows(NamedTuple):
    """Some machines of one run: their ``kind``, what one earns and spends a year now, how many years it has left,
    which part of its revenue will have ``fallen`` away by then; what it is worth."""

    kind: Index
    earned: Array
    spent: Array
    years: Array
    fallen: Array
    value: Array


@inlined
def _blank_flows(n: int) -> Flows:
    columns = np.empty((5, n))
    return Flows(np.empty(n, np.int64), columns[0], columns[1], columns[2], columns[3], columns[4])


@inlined
def _end_of_run(run: Index, begin: int) -> int:
    """Where the entries of the run at ``begin`` end."""
    end = begin
    while end < len(run) and run[end] == run[begin]:
        end += 1
    return end


@inlined
def _list_rigs(flows: Flows, j: int, rigs: Array) -> int:
    """Write the kinds of ``rigs`` (G,) that there are behind the first ``j``; how many are written then."""
    for g in range(len(rigs)):
        flows.kind[j] = g  # the next overwrites it if there is none: quicker than to ask before
        j += rigs[g] != 0.0
    return j


@inlined
def _value_flows(
    flows: Flows, first: Index, r: int, hashprice: Array, cost: Array, mw_per_ehs: Array, life: Array,
    machines: Machines,
) -> None:  # fmt: skip
    """Value per EH/s of machines of run ``r`` at some places (m,), those of place k from ``first[k]`` on.

    ``mw_per_ehs`` and ``life`` (R, kinds). All flows are written down before: the loop over these, without look-ups,
    does several machines at a time.
    """
    decline, discount, lives, draws = machines.decline[r], machines.discount[r], life[r], mw_per_ehs[r]
    fallen = np.empty(len(lives))
    for g in range(len(lives)):
        fallen[g] = -expm1(-decline * lives[g])
    for k in range(len(hashprice)):
        earned, spent = yearly_flows(hashprice[k], cost[k], machines.uptime[r])
        for j in range(first[k], first[k + 1]):
            g = flows.kind[j]
            flows.earned[j], flows.spent[j] = earned, draws[g] * spent
            flows.years[j], flows.fallen[j] = lives[g], fallen[g]
    for j in range(first[len(hashprice)]):
        flows.value[j] = _present_value(
            flows.earned[j], flows.spent[j], decline, discount, flows.years[j], flows.fallen[j]
        )


class Lot(NamedTuple):
    """Some rigs at a site: MW, and USD of what they are worth running and second-hand."""

    mw: float
    value: float
    scrap: float


@inlined
def added(lot: Lot, more: Lot, part: float) -> Lot:
    """A lot with a part of another."""
    return Lot(lot.mw + part * more.mw, lot.value + part * more.value, lot.scrap + part * more.scrap)


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
    ehs: Array, run: Index, site: Index, hashprice: Array, cost_per_mwh: Array, outdated: Mask, rack_cost: Array,
    machines: Machines,
) -> Fleets:  # fmt: skip
    """Values of the rigs ``ehs`` (R, S, G) at some sites (n,) in the order of runs, whose owner reckons with
    ``hashprice`` (n,) USD/PH/day after pool fee and ``cost_per_mwh`` (n,) USD at the plug.

    ``outdated`` generations (R, G); ``rack_cost`` USD per MW (R,).
    """
    total, old, begin = np.empty((4, len(run))), np.empty((3, len(run), 2)), 0
    found = Fleets(total[0], total[1], total[2], total[3], old[0], old[1], old[2])
    rows = np.empty((len(run), ehs.shape[2]))
    flows, first = _blank_flows(ehs.shape[2] * len(run) + 1), np.zeros(len(run) + 1, np.int64)
    while begin < len(run):
        r, end = run[begin], _end_of_run(run, begin)
        for k in range(begin, end):
            rows[k - begin] = ehs[r, site[k]]  # fetched first, so that these loads from afar wait for nothing
        for k in range(end - begin):
            first[k + 1] = _list_rigs(flows, first[k], rows[k])
        _value_flows(
            flows, first, r, hashprice[begin:end], cost_per_mwh[begin:end], machines.mw_per_ehs, machines.life,
            machines,
        )  # fmt: skip
        for k in range(begin, end):
            _add_up(found, k, flows, first[k - begin], first[k - begin + 1], rows[k - begin], outdated[r],
                    machines.mw_per_ehs[r], machines.used[r], rack_cost[r],
                    yearly_flows(hashprice[k], cost_per_mwh[k], 1.0))  # fmt: skip
        begin = end
    return found


@inlined
def _add_up(
    found: Fleets, k: int, flows: Flows, begin: int, end: int, rigs: Array, outdated: Mask, mw_per_ehs: Array,
    used: Array, rack_cost: float, yearly: tuple[float, float],
) -> None:  # fmt: skip
    """The fleet of place ``k``: ``rigs`` (G,) whose kinds and values stand in the flows from ``begin`` to ``end``."""
    every, poor, good, margin = Lot(0.0, 0.0, 0.0), Lot(0.0, 0.0, 0.0), Lot(0.0, 0.0, 0.0), 0.0
    for j in range(begin, end):
        g = flows.kind[j]
        lot = Lot(rigs[g] * mw_per_ehs[g], rigs[g] * flows.value[j], rigs[g] * used[g])
        margin += rigs[g] * max(yearly[0] - mw_per_ehs[g] * yearly[1], 0.0)
        old_part = 1.0 if outdated[g] else 0.0
        good_part = old_part if lot.value - lot.scrap > lot.mw * rack_cost else 0.0
        every, good = added(every, lot, 1.0), added(good, lot, good_part)
        poor = added(poor, lot, old_part - good_part)
    found.value[k], found.scrap[k], found.margin[k], found.mw[k] = every.value, every.scrap, margin, every.mw
    found.old_mw[k, 0], found.old_value[k, 0], found.old_scrap[k, 0] = poor.mw, poor.value, poor.scrap
    found.old_mw[k, 1], found.old_value[k, 1], found.old_scrap[k, 1] = good.mw, good.value, good.scrap


@compiled
def values_elsewhere(
    ehs: Array, run: Index, site: Index, hashprice: Array, cost_per_mwh: Array, machines: Machines
) -> Array:
    """Value of rigs (n,) as in ``value_fleets`` at another cost; nothing where that is infinite."""
    total, begin = np.zeros(len(run)), 0
    flows, first = _blank_flows(ehs.shape[2] * len(run) + 1), np.zeros(len(run) + 1, np.int64)
    while begin < len(run):
        r, end = run[begin], _end_of_run(run, begin)
        for k in range(begin, end):
            j = first[k - begin]
            first[k - begin + 1] = _list_rigs(flows, j, ehs[r, site[k]]) if cost_per_mwh[k] < np.inf else j
        _value_flows(
            flows, first, r, hashprice[begin:end], cost_per_mwh[begin:end], machines.mw_per_ehs, machines.life,
            machines,
        )  # fmt: skip
        for k in range(begin, end):
            for j in range(first[k - begin], first[k - begin + 1]):
                total[k] += ehs[r, site[k], flows.kind[j]] * flows.value[j]
        begin = end
    return total


class OnSale(NamedTuple):
    """The generations on sale (R, 2): MW of an EH/s, EH/s in a MW of the mix, years they will serve."""

    mw_per_ehs: Array
    ehs_per_mw: Array
    life: Array


@compiled
def new_rig_values(
    asked: Mask, run: Index, hashprice: Array, cost_per_mwh: Array, sale: OnSale, machines: Machines
) -> Array:
    """Value of new rigs (n,), USD per MW, to owners who reckon with this hashprice after pool fee and this cost.

    Nothing where it is not ``asked`` for (n,).
    """
    kinds, total, begin = sale.ehs_per_mw.shape[1], np.zeros(len(run)), 0
    flows, first = _blank_flows(kinds * len(run)), np.zeros(len(run) + 1, np.int64)
    while begin < len(run):
        r, end = run[begin], _end_of_run(run, begin)
        for k in range(begin, end):
            j = first[k - begin]
            if asked[k]:
                for g in range(kinds):
                    flows.kind[j + g] = g
                j += kinds
            first[k - begin + 1] = j
        _value_flows(
            flows, first, r, hashprice[begin:end], cost_per_mwh[begin:end], sale.mw_per_ehs, sale.life, machines
        )
        for k in range(begin, end):
            for j in range(first[k - begin], first[k - begin + 1]):
                total[k] += sale.ehs_per_mw[r, flows.kind[j]] * flows.value[j]
        begin = end
    return total
