"""Dispatch: blocks of rigs, the hours they run, and the hashprice at which that adds up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, compiled, inlined
from sim.kernels.maths import ln

CONTRACT_STEEPNESS = 10  # one over the log spread of costs within a block under fixed price: its rigs are not alike
BLOCKS_PER_DAY = 144.0
LOWEST_STRIKE = 1e-3  # USD/MWh: rigs that earn less than their running cost count as this
IDLE_EHS = 1e-9  # stands for no hashrate at all, where something is divided by it
# Hashprice is sought within such a factor of what last month's hashrate would give, in so many steps; beyond it only
# after a shock that moves the network further. Five steps leave less than 1e-6, and the month's own hashprice is
# revenue over hashrate, exactly.
BRACKETS = ((1.5, 5), (6.0, 14), (6e5, 48))


class Curves(NamedTuple):
    """Price-duration curves on a grid of ln(price / mean), tables (shapes, nodes) with the rise to the next node."""

    origin: float
    per_step: float
    uptime: Array
    uptime_rise: Array
    paid: Array
    paid_rise: Array


class Rigs(NamedTuple):
    """Rigs ``ehs`` (R, S, G) and the share of last month's hours that each stood still, ``off``, of which the part
    ``restart`` (R,) is back; ``j_per_th``, ``mw_per_ehs`` at the plug and ``strike_per_hashprice``, USD/MWh of
    revenue per USD/PH/day, (R, G)."""

    ehs: Array
    off: Array
    restart: Array
    j_per_th: Array
    mw_per_ehs: Array
    strike_per_hashprice: Array


class SitePower(NamedTuple):
    """Power of each site, (R, S): MW of racks, USD/MWh of the contract at the start's prices, times ``inflation``
    (R,) now; share of power at a fixed price and the part of that which can be sold on."""

    region: Index
    racks: Array
    contract: Array
    inflation: Array
    fixed_share: Array
    resale: Array


class RegionPower(NamedTuple):
    """What the sites of a region share, (R, X): share of hours ``ready`` to run; USD/MWh: ``adder`` only running
    incurs, mean spot ``level``, ``tariff`` on the contract; ``shape`` of prices."""

    ready: Array
    adder: Array
    level: Array
    tariff: Array
    shape: Index


class Fleet(NamedTuple):
    """All that says which rigs run at a hashprice."""

    rigs: Rigs
    sites: SitePower
    regions: RegionPower
    curves: Curves


class Kinds(NamedTuple):
    """The kinds of rigs in one run, generations in each region (X * G,): what all sites' blocks of a kind share.

    ``strike_per_hashprice``, ``adder``, ``level`` and ``shape`` as above. At the hashprice last asked for: the strike
    to the power ``CONTRACT_STEEPNESS``, its ``place`` on the price curve, the share of hours ``on`` at spot and what
    they are ``paid``, over the mean price.
    """

    strike_per_hashprice: Array
    adder: Array
    level: Array
    shape: Index
    steep_strike: Array
    place: Array
    on: Array
    paid: Array


class Blocks(NamedTuple):
    """Blocks of rigs of one run, n by site and generation, the newest of a site first.

    Site s has the entries ``first[s]`` to ``first[s + 1]``. ``mw`` at the plug and ``ehs`` that find a rack and may
    run; ``racked`` share that finds a rack; ``most`` share of hours it can run at most, since rigs that were off are
    not all back; ``at_spot`` share of load decided by the spot price, the rest by the contract price, here to the
    power ``CONTRACT_STEEPNESS``; ``share`` of hours it is on, once run.
    """

    first: Index
    kind: Index
    ehs: Array
    mw: Array
    racked: Array
    most: Array
    steep_contract: Array
    at_spot: Array
    share: Array


@compiled
def room(fleet: Fleet) -> tuple[Kinds, Blocks]:
    """Room for the kinds and blocks of any run."""
    sites, generations = fleet.rigs.ehs.shape[1:]
    kinds, n = fleet.regions.level.shape[1] * generations, sites * generations
    a, b = np.empty((7, kinds)), np.empty((7, n))
    return (
        Kinds(a[0], a[1], a[2], np.empty(kinds, np.int64), a[3], a[4], a[5], a[6]),
        Blocks(np.zeros(sites + 1, np.int64), np.empty(n, np.int64), b[0], b[1], b[2], b[3], b[4], b[5], b[6]),
    )


@inlined
def _contract(fleet: Fleet, run: int, site: int) -> float:
    """USD/MWh of a site's power at a fixed price, what the region's tariff adds included."""
    sites, region = fleet.sites, fleet.sites.region[run, site]
    return sites.contract[run, site] * sites.inflation[run] + fleet.regions.tariff[run, region]


@compiled
def _list_blocks(fleet: Fleet, run: int, blocks: Blocks) -> Blocks:
    """List the blocks of a run and give their entries; the newest generations of a site take its racks first."""
    rigs, sites, regions = fleet.rigs, fleet.sites, fleet.regions
    generations, k = rigs.ehs.shape[2], 0
    back = 1.0 - rigs.restart[run]
    for site in range(rigs.ehs.shape[1]):
        region, racks, filled = sites.region[run, site], sites.racks[run, site], 0.0
        contract, ready = _contract(fleet, run, site) ** CONTRACT_STEEPNESS, regions.ready[run, region]
        at_spot = 1.0 - sites.fixed_share[run, site] * (1.0 - sites.resale[run, site])
        for generation in range(generations - 1, -1, -1):
            ehs = rigs.ehs[run, site, generation]
            if ehs == 0.0:
                continue
            mw = ehs * rigs.mw_per_ehs[run, generation]
            fits = min(max((racks - filled) / mw, 0.0), 1.0)
            filled += mw
            usable = fits * ready
            blocks.kind[k] = region * generations + generation
            blocks.ehs[k], blocks.mw[k], blocks.racked[k] = ehs * usable, mw * usable, fits
            blocks.most[k] = 1.0 - back * rigs.off[run, site, generation]
            blocks.steep_contract[k], blocks.at_spot[k] = contract, at_spot
            k += 1
        blocks.first[site + 1] = k
    return Blocks(
        blocks.first, blocks.kind[:k], blocks.ehs[:k], blocks.mw[:k], blocks.racked[:k], blocks.most[:k],
        blocks.steep_contract[:k], blocks.at_spot[:k], blocks.share[:k],
    )  # fmt: skip


@compiled
def listed(fleet: Fleet, run: int, room: tuple[Kinds, Blocks]) -> tuple[Kinds, Blocks]:
    """The kinds and blocks of a run, in the room for them."""
    kinds, regions, generations = room[0], fleet.regions, fleet.rigs.ehs.shape[2]
    for region in range(regions.level.shape[1]):
        for generation in range(generations):
            kind = region * generations + generation
            kinds.strike_per_hashprice[kind] = fleet.rigs.strike_per_hashprice[run, generation]
            kinds.adder[kind], kinds.level[kind] = regions.adder[run, region], regions.level[run, region]
            kinds.shape[kind] = regions.shape[run, region]
    return kinds, _list_blocks(fleet, run, room[1])


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
    """Share of a block under fixed price that runs: logistic in ln(strike / contract), one half at 0.

    Both as powers ``CONTRACT_STEEPNESS``: one is taken for many blocks at once, and a block needs one division.
    """
    return strike / (strike + contract)


@compiled
def value_kinds(kinds: Kinds, curves: Curves, hashprice: float) -> None:
    """Strike prices at a hashprice and the hours at spot below them.

    In two loops: the first the compiler does for several kinds at a time.
    """
    origin, per_step, last = curves.origin, curves.per_step, curves.uptime.shape[1] - 1.0
    for kind in range(len(kinds.place)):
        strike = max(hashprice * kinds.strike_per_hashprice[kind] - kinds.adder[kind], LOWEST_STRIKE)
        kinds.steep_strike[kind] = strike**CONTRACT_STEEPNESS
        kinds.place[kind] = _place(strike / kinds.level[kind], origin, per_step, last)
    for kind in range(len(kinds.place)):
        kinds.on[kind] = _look_up(curves.uptime, curves.uptime_rise, kinds.shape[kind], kinds.place[kind])


@compiled
def hashrate(kinds: Kinds, blocks: Blocks, curves: Curves, hashprice: float) -> float:
    """EH/s that run at a hashprice."""
    value_kinds(kinds, curves, hashprice)
    total = 0.0
    for k in range(len(blocks.kind)):
        kind, at_spot = blocks.kind[k], blocks.at_spot[k]
        contract_on = _under_contract(kinds.steep_strike[kind], blocks.steep_contract[k])
        wanted = (1.0 - at_spot) * contract_on + at_spot * kinds.on[kind]
        total += blocks.ehs[k] * min(wanted, blocks.most[k])
    return total


class Network(NamedTuple):
    """What makes a hashprice of a hashrate, (R,): USD per coin, coins a block and of fees a day, and by ``lag`` the
    part of difficulty that follows last month's hashrate; ``usual`` is the hashprice to seek around."""

    price: Array
    subsidy: Array
    fees_per_day: Array
    lag: Array
    last_hashrate: Array
    usual: Array


@compiled
def coins_per_day(network: Network, run: int, hashrate: float) -> float:
    """Subsidy and fees a day, BTC: faster blocks while hashrate runs ahead of difficulty."""
    lag = network.lag[run]
    pace = hashrate / (lag * network.last_hashrate[run] + (1.0 - lag) * hashrate)
    return BLOCKS_PER_DAY * pace * network.subsidy[run] + network.fees_per_day[run]


@compiled
def _excess(kinds: Kinds, blocks: Blocks, curves: Curves, network: Network, run: int, log_hashprice: float) -> float:
    """ln of a hashprice less ln of what the rigs that run at it earn; rises with it."""
    running = max(hashrate(kinds, blocks, curves, np.exp(log_hashprice)), IDLE_EHS)
    earned = network.price[run] * coins_per_day(network, run, running) / (running * 1000.0)
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
def solve(kinds: Kinds, blocks: Blocks, curves: Curves, network: Network, run: int) -> float:
    """Hashprice at which the rigs that run at it earn it; beyond the last bracket its nearer end."""
    found = 0.0
    for factor, steps in BRACKETS:
        low, high = np.log(network.usual[run] / factor), np.log(network.usual[run] * factor)
        a, fa = low, _excess(kinds, blocks, curves, network, run, low)
        b, fb = high, _excess(kinds, blocks, curves, network, run, high)
        if fa >= 0.0 or fb <= 0.0:
            found = np.exp(low if fa >= 0.0 else high)
            continue
        for step in range(steps):
            x = itp_guess(a, b, fa, fb, high - low, step)
            fx = _excess(kinds, blocks, curves, network, run, x)
            if fx < 0.0:
                a, fa = x, fx
            else:
                b, fb = x, fx
        return np.exp(_secant(a, b, fa, fb))
    return found


@compiled
def run_blocks(fleet: Fleet, run: int, kinds: Kinds, blocks: Blocks, hashprice: float, done: Array) -> None:
    """Run the blocks of a run at a hashprice: their ``share`` of hours, and what its sites do into ``done`` (5, S).

    EH/s and mean MW that run, USD an hour of power bought and of power sold on, mean MW that stand still.
    """
    sites, curves = fleet.sites, fleet.curves
    value_kinds(kinds, curves, hashprice)
    for kind in range(len(kinds.paid)):
        kinds.paid[kind] = _look_up(curves.paid, curves.paid_rise, kinds.shape[kind], kinds.place[kind])
    for site in range(len(blocks.first) - 1):
        level, contract = fleet.regions.level[run, sites.region[run, site]], _contract(fleet, run, site)
        fixed, resale = sites.fixed_share[run, site], sites.resale[run, site]
        ehs = running = cost = still = 0.0
        for k in range(blocks.first[site], blocks.first[site + 1]):
            kind, mw, at_spot = blocks.kind[k], blocks.mw[k], blocks.at_spot[k]
            spot_on, contract_on = kinds.on[kind], _under_contract(kinds.steep_strike[kind], blocks.steep_contract[k])
            wanted = at_spot * spot_on + (1.0 - at_spot) * contract_on
            on = min(wanted, blocks.most[k])
            # bought at spot, at contract without resale, at contract with resale; USD per MW and hour
            at_contract = (1.0 - resale) * contract_on + resale * spot_on
            bought = (1.0 - fixed) * kinds.paid[kind] * level + fixed * at_contract * contract
            bought *= on / wanted if wanted > 0.0 else 0.0
            ehs += blocks.ehs[k] * on
            running += mw * on
            cost += mw * bought
            still += mw * (1.0 - on)
            blocks.share[k] = on
        sold = _sold_on(fleet, run, site, kinds, blocks) if fixed * resale > 0.0 else 0.0
        done[0, site], done[1, site], done[2, site], done[3, site], done[4, site] = ehs, running, cost, sold, still


@compiled
def _sold_on(fleet: Fleet, run: int, site: int, kinds: Kinds, blocks: Blocks) -> float:
    """USD an hour of a site's power that goes back to the market in the dear hours, at spot less what it cost."""
    sites, curves, region = fleet.sites, fleet.curves, fleet.sites.region[run, site]
    level, contract = fleet.regions.level[run, region], _contract(fleet, run, site)
    fixed, resale, shape = sites.fixed_share[run, site], sites.resale[run, site], fleet.regions.shape[run, region]
    worth_it, sold = _place(contract / level, curves.origin, curves.per_step, curves.uptime.shape[1] - 1.0), 0.0
    for k in range(blocks.first[site], blocks.first[site + 1]):
        dear = max(kinds.place[blocks.kind[k]], worth_it)
        on = _look_up(curves.uptime, curves.uptime_rise, shape, dear)
        paid = _look_up(curves.paid, curves.paid_rise, shape, dear)
        sold += blocks.mw[k] * fixed * resale * max((1.0 - paid) * level - (1.0 - on) * contract, 0.0)
    return sold


@compiled
def leave_idle(fleet: Fleet, run: int, blocks: Blocks, leaving: float, last_mw: float) -> None:
    """The part ``leaving`` of a run's rigs that stayed off is scrapped, and remnants below ``last_mw``.

    Rigs without a rack count as off. What stood still is not all back next month (staff, repairs, a new deal for the
    power): ``off`` remembers its share of hours, 0 where there is no block.
    """
    ehs, off, j_per_th = fleet.rigs.ehs[run], fleet.rigs.off[run], fleet.rigs.j_per_th[run]
    off[:] = 0.0
    for site in range(len(blocks.first) - 1):
        oldest = fleet.sites.region[run, site] * len(j_per_th)
        for k in range(blocks.first[site], blocks.first[site + 1]):
            generation = blocks.kind[k] - oldest
            on = blocks.share[k] * blocks.racked[k] if blocks.ehs[k] > 0.0 else 0.0
            kept = ehs[site, generation] * (1.0 - leaving * (1.0 - on))
            ehs[site, generation] = 0.0 if kept * j_per_th[generation] < last_mw else kept
            off[site, generation] = 1.0 - blocks.share[k]


@compiled
def run_at(fleet: Fleet, hashprice: Array) -> Array:
    """What the sites do at a hashprice (R,), (5, R, S) as in ``run_blocks``."""
    runs, sites = fleet.sites.racks.shape
    done = np.empty((5, runs, sites))
    space = room(fleet)
    for run in range(runs):
        kinds, blocks = listed(fleet, run, space)
        run_blocks(fleet, run, kinds, blocks, hashprice[run], done[:, run])
    return done


@compiled
def dispatch(fleet: Fleet, network: Network, leaving: Array, last_mw: float) -> tuple[Array, Array]:
    """A month: solve the hashprice (R,), run the rigs at it (5, R, S) as in ``run_blocks``, and let the idle leave.

    Run by run from end to end: what one needs stays in the cache. ``leaving`` (R,).
    """
    runs, sites = fleet.sites.racks.shape
    found, done = np.empty(runs), np.empty((5, runs, sites))
    space = room(fleet)
    for run in range(runs):
        kinds, blocks = listed(fleet, run, space)
        found[run] = solve(kinds, blocks, fleet.curves, network, run)
        run_blocks(fleet, run, kinds, blocks, found[run], done[:, run])
        leave_idle(fleet, run, blocks, leaving[run], last_mw)
    return found, done
