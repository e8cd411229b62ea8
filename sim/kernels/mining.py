"""What an owner could do with a site within mining: new rigs for old, more racks, rigs moved, site sold or closed.

Values are USD above holding. Each option is a function of its own; ``sim.kernels.mines`` goes through all cases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, compiled
from sim.kernels.rigs import Lot, added

SCRAP_DISCOUNT = 0.7  # of second-hand value when a whole site is cleared at once
SHIPPED_DISCOUNT = 0.8  # of second-hand value when rigs are shipped off while the site is kept
SALE_DISCOUNT = 0.9  # of the expected bid that the seller keeps
SMALLEST_STEP = 0.05  # a firm that can pay for less than this share of a plan does not begin it
SMALLEST_PLAN_MW = 0.05  # there is nothing to do with less
FIRST_YEAR = 0.3  # of what rigs are worth comes back in the first year: gives payback and return of new rigs
DEVELOPER_MINIMUM_MW = 25.0
OPEN, NOTHING, NO_EQUITY, FORBIDDEN, WORSE, NO_BUYER, NOT_OURS = range(7)  # gates, by their place in ``Codes.gate``


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
def to_replace(old: Lot, good: Lot, idle: float, racks: float) -> Lot:
    """Rigs that new ones would replace: outdated ones, of which the ``good`` are worth more than second-hand price
    and a new rack. While connected MW lie ``idle`` these stay: new rigs had better stand beside them."""
    gone = added(old, good, replaced(good.mw, idle))
    return Lot(min(gone.mw, racks), gone.value, gone.scrap)


@compiled
def refresh(gone: Lot, value: float, price: float, lent: float, own: float) -> Purchase:
    """New rigs in place of those ``gone``."""
    mw = gone.mw
    need = mw * price * (1.0 - lent)  # the old rigs bring their money only when the new ones are there
    done = payable(need, own)
    worth = done * (mw * value - gone.value - max(mw * price - gone.scrap, 0.0))
    gain = done * (mw * value - gone.value) * FIRST_YEAR
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


# ------------------------------------------------------------------ rigs moved


class Move(NamedTuple):
    """An option to move rigs: USD of ``worth``; whether to the firm's other site, else to dealers."""

    worth: float
    own: bool


@compiled
def move(fits: float, there: float, here: float, transport: float, scrap: float) -> Move:
    """Rigs, worth so much ``here``, go where a part of them ``fits`` and they are worth ``there``.

    Without a site of his own to go to the owner can ship them off to dealers.
    """
    moved = fits * (there - here - transport) if fits >= SMALLEST_STEP else 0.0
    return Move(moved, True) if moved > 0.0 else Move(SHIPPED_DISCOUNT * scrap - here, False)


# ------------------------------------------------------------------ sites left


class Developers(NamedTuple):
    """What AI developers bid. (R,): USD per MW of the best site, the part of it the seller keeps, the least
    suitability."""

    price: Array
    kept: Array
    suitable: Array


@compiled
def developers_bid(developers: Developers, run: int, suitability: float, connected: float) -> float:
    """USD per MW that an AI developer gives for a site, nothing for a small or unsuitable one."""
    if suitability < developers.suitable[run] or connected < DEVELOPER_MINIMUM_MW:
        return 0.0
    return developers.price[run] * suitability * developers.kept[run]


@compiled
def developers_bids(developers: Developers, suitability: Array, connected: Array) -> Array:
    """``developers_bid`` for all sites (R, S)."""
    bids = np.empty(connected.shape)
    for run in range(connected.shape[0]):
        for site in range(connected.shape[1]):
            bids[run, site] = developers_bid(developers, run, suitability[run, site], connected[run, site])
    return bids


@compiled
def leave(
    connected: float, bid: float, miners_bid: float, reservation: float, rigs: float, saved: float
) -> tuple[float, float]:
    """What it is worth to sell a site to a developer for ``bid`` a MW, and to close it.

    A closed site's connection is sold for what miners give. Both give up the connection, whose worth in ordinary
    times (``reservation``, USD per MW) is what an owner asks for at least. ``rigs`` is what they fetch less what
    they are worth here, ``saved`` the value of fixed cost that ends.
    """
    asked = reservation * connected
    sold = SALE_DISCOUNT * bid * connected + rigs + saved - asked
    return sold, rigs + saved - max(asked - miners_bid * connected, 0.0)
