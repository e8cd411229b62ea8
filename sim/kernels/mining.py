"""What an owner could do with a site within mining: new rigs for old, more racks, rigs moved, site sold or closed.

Values are USD above holding. Each option is a function of its own; below them stand the loops over all cases, which
fill the table of options.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled
from sim.kernels.options import OptionTable

SCRAP_DISCOUNT = 0.7  # of second-hand value when a whole site is cleared at once
SHIPPED_DISCOUNT = 0.8  # of second-hand value when rigs are shipped off while the site is kept
SALE_DISCOUNT = 0.9  # of the expected bid that the seller keeps
SMALLEST_STEP = 0.05  # a firm that can pay for less than this share of a plan does not begin it
SMALLEST_PLAN_MW = 0.05  # there is nothing to do with less
FIRST_YEAR = 0.3  # of what rigs are worth comes back in the first year: gives payback and return of new rigs
WHOLE_FIRM = 0.95
REFRESH, EXPAND, RELOCATE, SELL, CLOSE = range(5)  # options, by their place in ``Codes.option``
OPEN, NOTHING, NO_EQUITY, FORBIDDEN, WORSE, NO_BUYER, NOT_OURS = range(7)  # gates, by their place in ``Codes.gate``


class Codes(NamedTuple):
    """Where the table has the ``option`` (5,) of a number here, and how it writes a ``gate`` (7,)."""

    option: Index
    gate: Index


class Lot(NamedTuple):
    """Some rigs at a site: MW, and USD of what they are worth running and second-hand."""

    mw: float
    value: float
    scrap: float


class Purchase(NamedTuple):
    """An option to buy rigs: USD of ``worth``, ``equity``, first year's ``gain``; ``gate``; MW of rigs and racks."""

    worth: float
    equity: float
    gain: float
    gate: int
    mw: float
    racks: float


# ------------------------------------------------------------------ new rigs


@compiled
def payable(need: float, own: float) -> float:
    """Share of a plan whose own part ``need`` the firm's money can pay."""
    return min(own / need, 1.0) if need > 0.0 else 1.0


@compiled
def _closed_by(mw: float, done: float, worth: float) -> int:
    """The gate of a purchase of ``mw`` of which a part can be ``done``."""
    if mw < SMALLEST_PLAN_MW:
        return NOTHING
    if done < SMALLEST_STEP:
        return NO_EQUITY
    return WORSE if worth <= 0.0 else OPEN


@compiled
def replaced(good_mw: float, idle: float) -> float:
    """Share of outdated rigs worth a rack that is replaced: as many stay as find room for one on ``idle`` MW."""
    return 1.0 - min(good_mw, idle) / good_mw if good_mw > 0.0 else 1.0


@compiled
def refresh(
    old: Lot, good: Lot, idle: float, racks: float, value: float, price: float, lent: float, own: float
) -> Purchase:
    """New rigs for outdated ones, of which the ``good`` are worth more than second-hand price and a new rack.

    While connected MW lie ``idle`` these stay: new rigs had better stand beside them.
    """
    part = replaced(good.mw, idle)
    mw = min(old.mw + part * good.mw, racks)
    lost, scrap = old.value + part * good.value, old.scrap + part * good.scrap
    need = mw * price * (1.0 - lent)  # the old rigs bring their money only when the new ones are there
    done = payable(need, own)
    worth = done * (mw * value - lost - max(mw * price - scrap, 0.0))
    gain = done * (mw * value - lost) * FIRST_YEAR
    return Purchase(worth, done * need, gain, _closed_by(mw, done, worth), done * mw, 0.0)


@compiled
def expand(
    empty: float, idle: float, value: float, price: float, rack_cost: float, lent: float, own: float
) -> Purchase:
    """Rigs for ``empty`` racks and, on ``idle`` connected MW, racks with rigs where these are worth their cost."""
    racks = idle if idle * (value - price) > idle * rack_cost else 0.0
    mw = empty + racks
    rigs, build = mw * price, racks * rack_cost
    need = rigs * (1.0 - lent) + build  # lenders take rigs as security, not racks
    done = payable(need, own)
    worth = done * (mw * value - rigs - build)
    gain = done * mw * value * FIRST_YEAR
    return Purchase(worth, done * need, gain, _closed_by(mw, done, worth), done * mw, done * racks)


class NewRigs(NamedTuple):
    """Offers of new rigs. (R,): USD per MW of ``price`` before duty and of ``rack_cost``, the part of the price that
    is ``lent``; (R, X): import ``duty``, share of ``hashing`` allowed; (R, F): USD of ``own`` money for each case."""

    price: Array
    rack_cost: Array
    lent: Array
    duty: Array
    hashing: Array
    own: Array


class Racks(NamedTuple):
    """n cases: ``run``, ``firm``, ``region``; MW of ``racks``, of ``empty`` ones that wait for nothing, of ``idle``
    connection that may take new ones; of outdated rigs (n, 2) MW, value and scrap, those not worth a rack and those
    that are; value of new rigs per MW in place of old ones, ``new``, and beside the firm's fleet, ``added``; whether
    the rigs and the site are the firm's."""

    run: Index
    firm: Index
    region: Index
    racks: Array
    empty: Array
    idle: Array
    old_mw: Array
    old_value: Array
    old_scrap: Array
    new: Array
    added: Array
    own_rigs: Mask
    own_site: Mask


@compiled
def _put(table: OptionTable, k: int, option: int, found: Purchase, gate: int) -> None:
    """A purchase into the table, with what a year brings on the equity and when that is back."""
    equity, gain = found.equity, found.gain
    table.value[k, option], table.equity[k, option], table.gate[k, option] = found.worth, equity, gate
    table.earn[k, option] = gain / equity if equity > 0.0 else 0.0
    table.payback[k, option] = equity / max(gain, 1.0) if gain > 0.0 else np.inf


@compiled
def buy_rigs(offers: NewRigs, at: Racks, table: OptionTable, codes: Codes) -> Array:
    """Options to replace rigs and to add some; MW of rigs to replace, to add, and of racks to build (3, n)."""
    mw = np.zeros((3, len(at.run)))
    for k in range(len(at.run)):
        run, firm, region = at.run[k], at.firm[k], at.region[k]
        own, lent = offers.own[run, firm], offers.lent[run]
        price = offers.price[run] * (1.0 + offers.duty[run, region])
        banned = offers.hashing[run, region] <= 0.5
        old = Lot(at.old_mw[k, 0], at.old_value[k, 0], at.old_scrap[k, 0])
        good = Lot(at.old_mw[k, 1], at.old_value[k, 1], at.old_scrap[k, 1])
        new = refresh(old, good, at.idle[k], at.racks[k], at.new[k], price, lent, own)
        gate = NOT_OURS if not at.own_rigs[k] else FORBIDDEN if banned else new.gate
        _put(table, k, codes.option[REFRESH], new, codes.gate[gate])
        more = expand(at.empty[k], at.idle[k], at.added[k], price, offers.rack_cost[run], lent, own)
        gate = NOT_OURS if not (at.own_rigs[k] and at.own_site[k]) else FORBIDDEN if banned else more.gate
        _put(table, k, codes.option[EXPAND], more, codes.gate[gate])
        mw[0, k], mw[1, k], mw[2, k] = new.mw, more.mw, more.racks
    return mw


# ------------------------------------------------------------------ rigs moved


class Room(NamedTuple):
    """For each firm (R, F) its cheapest site with an empty powered rack (-1 none), MW ``free`` there, USD/MWh."""

    site: Index
    free: Array
    cost: Array


@compiled
def cheapest_room(empty: Array, cost: Array, owner: Index, miner: Index, allowed: Array, firms: int) -> Room:
    """Where firms could move rigs: ``empty`` racks, MW, and ``cost``, USD/MWh, by site (R, S), with owner and miner.

    Only own sites count, where all hashing is ``allowed`` (R, S); of equally cheap ones the first.
    """
    shape = (len(empty), firms)
    room = Room(np.full(shape, -1), np.zeros(shape), np.full(shape, 1e3))
    for run in range(empty.shape[0]):
        for site in range(empty.shape[1]):
            firm = owner[run, site]
            if firm < 0 or miner[run, site] != firm or empty[run, site] <= 0.5 or allowed[run, site] <= 0.99:
                continue
            if room.site[run, firm] < 0 or cost[run, site] < room.cost[run, firm]:
                room.site[run, firm], room.free[run, firm] = site, empty[run, site]
                room.cost[run, firm] = cost[run, site]
    return room


class Movers(NamedTuple):
    """n cases with rigs that could move: ``run``, ``firm``, ``site``, ``region``; MW of ``rigs``; USD: ``value`` and
    ``scrap`` of them here, value ``there``, in the firm's room; share of ``hashing`` allowed here; whether they are
    the firm's."""

    run: Index
    firm: Index
    site: Index
    region: Index
    rigs: Array
    value: Array
    scrap: Array
    there: Array
    hashing: Array
    own_rigs: Mask


@compiled
def move_rigs(
    allowed: bool, room: Room, region: Index, freight: Array, at: Movers, table: OptionTable, codes: Codes
) -> tuple[Index, Array]:
    """Option to move rigs, if that is ``allowed``, to the firm's ``room`` or to dealers.

    ``region`` (R, S) of sites, ``freight`` (X, X) between regions, USD per MW. Returns the site they would go to
    (-1 dealers) and the share of them that fits there (n,).
    """
    target, fits = np.full(len(at.run), -1), np.zeros(len(at.run))
    for k in range(len(at.run)):
        run, rigs, here = at.run[k], at.rigs[k], at.value[k] * at.hashing[k]
        site, free = room.site[run, at.firm[k]], room.free[run, at.firm[k]]
        fits[k] = min(free / rigs, 1.0) if rigs > 0.0 else 0.0
        moved = 0.0
        if site >= 0 and site != at.site[k] and fits[k] >= SMALLEST_STEP:
            transport = rigs * freight[at.region[k], region[run, site]]
            moved = fits[k] * (at.there[k] - here - transport)
        # without a site of his own to go to the owner can ship them off to dealers
        worth = moved if moved > 0.0 else SHIPPED_DISCOUNT * at.scrap[k] - here
        target[k] = site if moved > 0.0 else -1
        gate = NOTHING if rigs < SMALLEST_PLAN_MW else WORSE if worth <= 0.0 else OPEN
        gate = NOT_OURS if not at.own_rigs[k] else FORBIDDEN if not allowed else gate
        table.value[k, codes.option[RELOCATE]] = worth
        table.gate[k, codes.option[RELOCATE]] = codes.gate[gate]
    return target, fits


# ------------------------------------------------------------------ sites left


class Exits(NamedTuple):
    """What giving up a site brings and saves. (R,): USD per MW of ``reservation`` and of miners' ``bid``, USD a year
    of ``site_cost`` per MW of racks, the ``years`` that are saved, as an annuity; (R, F): MW ``connected`` and USD a
    year of ``overhead`` that ends with the firm."""

    reservation: Array
    bid: Array
    site_cost: Array
    years: Array
    connected: Array
    overhead: Array


class Leavers(NamedTuple):
    """n cases: ``run``, ``firm``; MW ``connected`` and of ``racks``; USD of ``value`` and ``scrap`` of the rigs, of
    developers' ``bid`` per MW; ``staffed`` part of the site's cost; whether there is ``ai``, whether all is the
    firm's ``own``."""

    run: Index
    firm: Index
    connected: Array
    racks: Array
    value: Array
    scrap: Array
    bid: Array
    staffed: Array
    ai: Mask
    own: Mask


@compiled
def leave(
    connected: float, bid: float, miners_bid: float, reservation: float, rigs: float, saved: float
) -> tuple[float, float]:
    """What it is worth to sell a site to a developer for ``bid`` a MW, and to close it.

    A closed site's connection is sold for what miners give. Both give up the connection, whose worth in ordinary
    times (``reservation``, USD per MW) is what an owner asks for at least. ``rigs`` is what they fetch less what they
    are worth here, ``saved`` the value of fixed cost that ends.
    """
    asked = reservation * connected
    sold = SALE_DISCOUNT * bid * connected + rigs + saved - asked
    return sold, rigs + saved - max(asked - miners_bid * connected, 0.0)


@compiled
def leave_sites(exits: Exits, at: Leavers, table: OptionTable, codes: Codes) -> None:
    """Options to sell sites to developers and to close them."""
    for k in range(len(at.run)):
        run, firm, connected, bid = at.run[k], at.firm[k], at.connected[k], at.bid[k]
        # overhead ends only with the firm: one that closes its one site
        last = connected >= WHOLE_FIRM * exits.connected[run, firm]
        yearly = at.staffed[k] * exits.site_cost[run] * at.racks[k] + (exits.overhead[run, firm] if last else 0.0)
        rigs = SCRAP_DISCOUNT * at.scrap[k] - at.value[k]
        sold, closed = leave(
            connected, bid, exits.bid[run], exits.reservation[run], rigs, yearly * exits.years[run]
        )
        shut = OPEN if connected >= SMALLEST_PLAN_MW else NOTHING
        shut = NOT_OURS if not at.own[k] else FORBIDDEN if at.ai[k] else shut
        selling = shut if shut != OPEN else NO_BUYER if bid <= 0.0 else WORSE if sold <= 0.0 else OPEN
        closing = shut if shut != OPEN else WORSE if closed <= 0.0 else OPEN
        table.value[k, codes.option[SELL]], table.gate[k, codes.option[SELL]] = sold, codes.gate[selling]
        table.value[k, codes.option[CLOSE]], table.gate[k, codes.option[CLOSE]] = closed, codes.gate[closing]
