"""Sales of sites: who buys which, one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled


class Bidders(NamedTuple):
    """Firms as buyers of sites, (R, F): their ``funds`` in USD, ``luck`` from 0 to 1, and those that live on AI
    (``landlord``); ``known`` (R, C, F) the continents on which they own a site."""

    funds: Array
    luck: Array
    landlord: Mask
    known: Mask


class Lots(NamedTuple):
    """Sites for sale, n in the order in which they are sold: ``run`` and ``continent``; ``mines_only`` where AI has
    no use for them; what they are ``worth`` to a miner, or what he is ``asked``, USD."""

    run: Index
    continent: Index
    mines_only: Mask
    worth: Array


@compiled
def _may_buy(lots: Lots, k: int, bidders: Bidders, firm: int) -> bool:
    """A firm that may want a site: it knows the continent, and landlords of AI want sites fit for AI."""
    run = lots.run[k]
    return bidders.known[run, lots.continent[k], firm] and not (lots.mines_only[k] and bidders.landlord[run, firm])


@compiled
def auction(lots: Lots, outside: Array, bidders: Bidders, share: float, spread: float) -> tuple[Index, Array]:
    """Winner (-1 an outsider) and price (n,), USD, of each site; the best bidder pays the second price.

    Outsiders bid ``outside`` (n,). The luckiest ``share`` of the miners looks at a sale; their bids lie within
    ``spread`` around what the site is worth. Takes the price from the winner's funds.
    """
    winner, price = np.full(len(outside), -1), outside.copy()
    for k in range(len(outside)):
        run, best, second, buyer = lots.run[k], -1.0, -1.0, -1
        for firm in range(bidders.funds.shape[1]):
            interest = (bidders.luck[run, firm] - (1 - share)) / share
            if interest <= 0.0:
                continue
            bid = lots.worth[k] * (1 - spread / 2 + spread * interest)
            if bidders.funds[run, firm] < bid or not _may_buy(lots, k, bidders, firm):
                continue
            if bid > best:
                best, second, buyer = bid, best, firm
            elif bid > second:
                second = bid
        if best > outside[k]:
            winner[k], price[k] = buyer, max(second, outside[k])
            bidders.funds[run, buyer] -= price[k]
    return winner, price


@compiled
def sales(lots: Lots, outfit: Array, rank: Index, bidders: Bidders) -> Index:
    """Buyer of each site at the price asked (n,), -1 none: of those who can pay it and an ``outfit`` (n,) USD.

    Luck falls anew for each ``rank`` (n,) of a sale. Takes the price from the buyer's funds.
    """
    buyer = np.full(len(rank), -1)
    for k in range(len(rank)):
        run, best = lots.run[k], 0.0
        for firm in range(bidders.funds.shape[1]):
            chance = (bidders.luck[run, firm] * (rank[k] + 1)) % 1.0 + 1e-9
            able = bidders.funds[run, firm] > lots.worth[k] + outfit[k]
            if able and chance > best and _may_buy(lots, k, bidders, firm):
                best, buyer[k] = chance, firm
        if buyer[k] >= 0:
            bidders.funds[run, buyer[k]] -= lots.worth[k]
    return buyer


@compiled
def presence(owner: Index, region: Index, continent: Index, continents: int, firms: int) -> Mask:
    """Continents (R, continents, firms) on which a firm owns a site."""
    known = np.zeros((len(owner), continents, firms), np.bool_)
    for run in range(owner.shape[0]):
        for k in range(owner.shape[1]):
            if owner[run, k] >= 0:
                known[run, continent[region[run, k]], owner[run, k]] = True
    return known
