"""Options within mining of all cases of a month: what closes them, what they are worth, in the table of options.

The formulas of one site stand in ``sim.kernels.mining``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled, inlined
from sim.kernels.cases import HOST, OWN
from sim.kernels.mining import (
    FORBIDDEN,
    NO_BUYER,
    NOT_OURS,
    NOTHING,
    OPEN,
    SCRAP_DISCOUNT,
    SMALLEST_PLAN_MW,
    WORSE,
    Developers,
    Purchase,
    developers_bid,
    expand,
    leave,
    move,
    refresh,
    to_replace,
)
from sim.kernels.options import OptionTable
from sim.kernels.rigs import Lot

WHOLE_FIRM = 0.95
SMALLEST_HALL_MW = 0.01  # of AI that keeps a site from being left
AT_ONCE = 256  # cases whose rows of the table are filled while they are in the cache
REFRESH, EXPAND, RELOCATE, SELL, CLOSE = range(5)  # options, by their place in ``Codes.option``


class Codes(NamedTuple):
    """Where the table has the ``option`` (5,) of a number here, and how it writes a ``gate`` (7,)."""

    option: Index
    gate: Index


class Mines(NamedTuple):
    """n cases: ``run``, ``firm``, ``site``, ``region``, ``role``; MW ``connected``, of ``racks``, of racks and rigs
    on order, of connection that lies ``idle``, of AI ``halls``, of ``rigs``; USD/MWh of their ``cost``, USD of their
    ``value`` and ``scrap``; of outdated ones (n, 2) MW, value and scrap, those not worth a rack and those that are;
    ``suitability`` for AI, ``staffed`` part of the site's cost; USD of the ``unit`` in which values are told."""

    run: Index
    firm: Index
    site: Index
    region: Index
    role: Index
    connected: Array
    racks: Array
    racks_ordered: Array
    rigs_ordered: Array
    idle: Array
    halls: Array
    rigs: Array
    cost: Array
    value: Array
    scrap: Array
    old_mw: Array
    old_value: Array
    old_scrap: Array
    suitability: Array
    staffed: Array
    unit: Array


class Offers(NamedTuple):
    """New rigs. (R,): USD per MW of ``price`` before duty and of ``rack_cost``, the part of the price that is
    ``lent``; (R, X): import ``duty``, where ``racks`` may be connected (positive); (R, F): USD of ``own`` money for
    each case."""

    price: Array
    rack_cost: Array
    lent: Array
    duty: Array
    racks: Array
    own: Array


class FreeRacks(NamedTuple):
    """For each firm (R, F) its cheapest site with an empty powered rack (-1 none), MW of them there, USD/MWh."""

    site: Index
    mw: Array
    cost: Array


class Moves(NamedTuple):
    """Are moves ``allowed``; firms' ``free`` racks; ``region`` (R, S) of sites, ``freight`` (X, X) between regions,
    USD per MW."""

    allowed: bool
    free: FreeRacks
    region: Index
    freight: Array


class Exits(NamedTuple):
    """What giving up a site brings and saves. (R,): USD per MW of ``reservation`` and of miners' ``bid``, USD a year
    of ``site_cost`` per MW of racks, the ``years`` that are saved, as an annuity; (R, F): MW ``connected``, USD a
    month of ``overhead`` that ends with the firm, unless it is ``listed``; developers' bids."""

    reservation: Array
    bid: Array
    site_cost: Array
    years: Array
    connected: Array
    overhead: Array
    listed: Mask
    developers: Developers


# ------------------------------------------------------------------ which rigs have to be valued


class Room(NamedTuple):
    """What new rigs find at a site: those they would replace, MW of empty racks that wait for nothing, and of idle
    connection that may take new ones."""

    old: Lot
    empty: float
    idle: float


@compiled
def room_for_rigs(at: Mines, k: int, racks_allowed: Array) -> Room:
    """What new rigs find in case ``k``; (R, X) where new racks are allowed (positive)."""
    idle = at.idle[k] if racks_allowed[at.run[k], at.region[k]] > 0.5 else 0.0
    empty = max(at.racks[k] + at.racks_ordered[k] - at.rigs[k] - at.rigs_ordered[k], 0.0)
    old = Lot(at.old_mw[k, 0], at.old_value[k, 0], at.old_scrap[k, 0])
    good = Lot(at.old_mw[k, 1], at.old_value[k, 1], at.old_scrap[k, 1])
    return Room(to_replace(old, good, idle, at.racks[k]), empty, idle)


@compiled
def free_racks(at: Mines, empty: Array, miner: Index, hashing: Array, firms: int) -> FreeRacks:
    """Where firms under review could move rigs: ``empty`` racks of each case (n,), MW.

    Only sites count whose owner is their ``miner`` (R, S), in regions (R, X) where all ``hashing`` is allowed; of
    equally cheap ones the first.
    """
    shape = (len(miner), firms)
    free = FreeRacks(np.full(shape, -1), np.zeros(shape), np.full(shape, 1e3))
    for k in range(len(at.run)):
        run, firm, site = at.run[k], at.firm[k], at.site[k]
        if empty[k] <= 0.5 or hashing[run, at.region[k]] <= 0.99 or at.role[k] != OWN or miner[run, site] != firm:
            continue
        if free.site[run, firm] < 0 or at.cost[k] < free.cost[run, firm]:
            free.site[run, firm], free.mw[run, firm], free.cost[run, firm] = site, empty[k], at.cost[k]
    return free


class Prospects(NamedTuple):
    """What can be said of n cases before rigs are valued: the gates that close new rigs whatever they are worth, in
    place of old ones (``refresh``) and beside them (``expand``); USD/MWh where the rigs there could move, infinite
    where they cannot be worth more elsewhere."""

    refresh: Index
    expand: Index
    cost_elsewhere: Array


@inlined
def _barred(ours: bool, banned: bool, mw: float) -> int:
    """What keeps from new rigs whatever they are worth, where there is room for so many MW."""
    shut = NOTHING if mw < SMALLEST_PLAN_MW else OPEN
    return NOT_OURS if not ours else FORBIDDEN if banned else shut


@compiled
def prospects(at: Mines, offers: Offers, free: FreeRacks, hashing: Array) -> Prospects:
    """Where new rigs or other places could come of it; share of ``hashing`` allowed (R, X).

    Rigs cannot be worth more where power is dearer, unless bans leave only a share of hashing here.
    """
    n = len(at.run)
    found = Prospects(np.empty(n, np.int64), np.empty(n, np.int64), np.full(n, np.inf))
    for k in range(n):
        run, firm, role, hash_here = at.run[k], at.firm[k], at.role[k], hashing[at.run[k], at.region[k]]
        room, site = room_for_rigs(at, k, offers.racks), free.site[run, firm]
        found.refresh[k] = _barred(role != HOST, hash_here <= 0.5, room.old.mw)
        found.expand[k] = _barred(role == OWN, hash_here <= 0.5, room.empty + room.idle)
        better = free.cost[run, firm] < at.cost[k] or hash_here < 1.0
        if role != HOST and site >= 0 and site != at.site[k] and better:
            found.cost_elsewhere[k] = free.cost[run, firm]
    return found


# ------------------------------------------------------------------ the table


class Worth(NamedTuple):
    """USD per MW of new rigs in place of old ones, ``new``, and beside the firm's fleet, ``added``; USD of the rigs
    that are there ``elsewhere``, nothing where they could not move (n,)."""

    new: Array
    added: Array
    elsewhere: Array


class Plans(NamedTuple):
    """Per case (n,): MW of rigs to order for refresh and expansion, racks to build, the site where rigs could move
    (-1 dealers) and the share that fits there, what developers bid for the site, USD per MW."""

    refresh_mw: Array
    expand_mw: Array
    new_racks: Array
    target: Index
    moved_share: Array
    bid_per_mw: Array


@compiled
def value_mines(
    at: Mines, offers: Offers, moves: Moves, exits: Exits, hashing: Array, prospects: Prospects, worth: Worth,
    table: OptionTable, codes: Codes,
) -> Plans:  # fmt: skip
    """Fill the options within mining of all cases into the table; the plans behind them.

    Share of ``hashing`` allowed (R, X).
    """
    n = len(at.run)
    plans = Plans(np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, -1), np.zeros(n), np.empty(n))
    for begin in range(0, n, AT_ONCE):
        end = min(begin + AT_ONCE, n)
        _buy(at, begin, end, offers, prospects, worth, plans, table, codes)
        _move(at, begin, end, moves, hashing, worth, plans, table, codes)
        _leave(at, begin, end, exits, plans, table, codes)
    return plans


@inlined
def _put(table: OptionTable, k: int, column: int, found: Purchase, unit: float, codes: Codes) -> None:
    """A purchase into the table, with what a year brings on the equity and when that is back."""
    equity, gain = found.equity, found.gain
    table.value[k, column], table.equity[k, column] = found.worth / unit, equity / unit
    table.gate[k, column] = codes.gate[found.gate]
    table.earn[k, column] = gain / equity if equity > 0.0 else 0.0
    table.payback[k, column] = equity / max(gain, 1.0) if gain > 0.0 else np.inf


@compiled
def _buy(
    at: Mines, begin: int, end: int, offers: Offers, prospects: Prospects, worth: Worth, plans: Plans,
    table: OptionTable, codes: Codes,
) -> None:  # fmt: skip
    """New rigs in place of old ones, and in empty racks."""
    for k in range(begin, end):
        run, region, unit = at.run[k], at.region[k], at.unit[k]
        own, lent, room = offers.own[run, at.firm[k]], offers.lent[run], room_for_rigs(at, k, offers.racks)
        price = offers.price[run] * (1.0 + offers.duty[run, region])
        table.gate[k, codes.option[REFRESH]] = codes.gate[prospects.refresh[k]]
        if prospects.refresh[k] == OPEN:
            found = refresh(room.old, worth.new[k], price, lent, own)
            _put(table, k, codes.option[REFRESH], found, unit, codes)
            plans.refresh_mw[k] = found.mw
        table.gate[k, codes.option[EXPAND]] = codes.gate[prospects.expand[k]]
        if prospects.expand[k] == OPEN:
            found = expand(room.empty, room.idle, worth.added[k], price, offers.rack_cost[run], lent, own)
            _put(table, k, codes.option[EXPAND], found, unit, codes)
            plans.expand_mw[k], plans.new_racks[k] = found.mw, found.racks


@compiled
def _move(
    at: Mines, begin: int, end: int, moves: Moves, hashing: Array, worth: Worth, plans: Plans, table: OptionTable,
    codes: Codes,
) -> None:  # fmt: skip
    """Rigs to the firm's free racks or to dealers."""
    for k in range(begin, end):
        run, region, firm, rigs = at.run[k], at.region[k], at.firm[k], at.rigs[k]
        site, fits, transport = moves.free.site[run, firm], 0.0, 0.0
        if worth.elsewhere[k] > 0.0:
            fits = min(moves.free.mw[run, firm] / rigs, 1.0)
            transport = rigs * moves.freight[region, moves.region[run, site]]
        found = move(fits, worth.elsewhere[k], at.value[k] * hashing[run, region], transport, at.scrap[k])
        if found.own:
            plans.target[k], plans.moved_share[k] = site, fits
        gate = NOTHING if rigs < SMALLEST_PLAN_MW else WORSE if found.worth <= 0.0 else OPEN
        gate = NOT_OURS if at.role[k] == HOST else FORBIDDEN if not moves.allowed else gate
        table.value[k, codes.option[RELOCATE]] = found.worth / at.unit[k]
        table.gate[k, codes.option[RELOCATE]] = codes.gate[gate]


@compiled
def _leave(at: Mines, begin: int, end: int, exits: Exits, plans: Plans, table: OptionTable, codes: Codes) -> None:
    """The site sold to a developer, or closed."""
    for k in range(begin, end):
        run, firm, connected, unit = at.run[k], at.firm[k], at.connected[k], at.unit[k]
        bid = developers_bid(exits.developers, run, at.suitability[k], connected)
        # overhead ends only with the firm: one that closes its one site, and has no board that stays
        last = connected >= WHOLE_FIRM * exits.connected[run, firm] and not exits.listed[run, firm]
        yearly = at.staffed[k] * exits.site_cost[run] * at.racks[k]
        yearly += exits.overhead[run, firm] * 12 if last else 0.0
        sold, closed = leave(
            connected, bid, exits.bid[run], exits.reservation[run], SCRAP_DISCOUNT * at.scrap[k] - at.value[k],
            yearly * exits.years[run],
        )  # fmt: skip
        shut = OPEN if connected >= SMALLEST_PLAN_MW else NOTHING
        shut = FORBIDDEN if at.halls[k] > SMALLEST_HALL_MW else shut
        shut = NOT_OURS if at.role[k] != OWN else shut
        selling = shut if shut != OPEN else NO_BUYER if bid <= 0.0 else WORSE if sold <= 0.0 else OPEN
        closing = shut if shut != OPEN else WORSE if closed <= 0.0 else OPEN
        plans.bid_per_mw[k] = bid
        table.value[k, codes.option[SELL]], table.gate[k, codes.option[SELL]] = sold / unit, codes.gate[selling]
        table.value[k, codes.option[CLOSE]], table.gate[k, codes.option[CLOSE]] = closed / unit, codes.gate[closing]
