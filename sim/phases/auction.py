"""Auctions of liquidated firms' sites, with their leases and project loans, to the highest bidder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, Rows, running_total, sum_by
from sim.phases import ai_sites, finance, mining_options, orders
from sim.state import AI, BUILDING, CLOUD, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

LEASE_MULTIPLE = 6.0  # yearly EBITDA of a lease that a buyer in distress pays (assumed; healthy: 10-15)
BIDDERS = 0.03  # share of firms that look at a month's auctions: a handful, as in the sales of 2022-24 (assumed)
BID_SPREAD = 0.4  # bids lie between 80 and 120 % of the value
OUTSIDE_BID = 0.9  # of the value: what investors from outside pay
ROUNDS = 40  # sites of one run that can be auctioned in a month; nobody buys the rest
LANDLORD_GONE = 4


def auction_sites(s: Sector, which: Mask, luck: Array) -> Mask:
    """Sell every site of the firms in ``which`` (R, F); one round handles one site of every run.

    A miner with the money wins against an outside developer when he bids more; sites nobody wants fall back.
    ``luck`` (R, F): uniform numbers, which miners look at what is for sale this month and how they like it. Returns
    the firms whose several sites one miner bought: they were taken over rather than broken up.
    """
    rows = Rows.where((s.sites.owner >= 0) & np.take_along_axis(which, np.maximum(s.sites.owner, 0), axis=1))
    seller = rows.get(s.sites.owner)
    if not len(rows):
        return np.zeros_like(which)
    value, loan = lease_value(s)
    bids = mining_options.site_bid(s) * s.sites.connected + np.maximum(value - loan, 0.0)
    scrap = np.ascontiguousarray(s.rigs.ehs * s.rigs.used[:, None, :]).sum(axis=-1) * 1e6 * orders.SCRAP_DISCOUNT
    rigs = rows.get(np.where(s.sites.miner == s.sites.owner, scrap, 0.0))
    worth = rows.get(bids) + rigs
    order = np.lexsort((rows.row, -worth, rows.run))
    rank = running_total(np.ones(len(order)), rows.run[order]).astype(np.int64) - 1
    funds = np.where(s.firms.alive & ~which, finance.own_funds(s), 0.0)
    winner, price = np.full(len(rows), -1), np.zeros(len(rows))
    known = presence(s)
    for k in range(min(int(rank.max()) + 1, ROUNDS)):
        at = order[rank == k]
        fits = may_buy(s, known, rows.run[at], rows.row[at])
        outside = OUTSIDE_BID * (worth[at] - rigs[at])  # outsiders take the site without the rigs
        winner[at], price[at] = _one_round(rows.run[at], worth[at], outside, funds, luck, fits)
    bought = winner >= 0
    _to_miner(s, rows.keep(bought), winner[bought], price[bought], rigs[bought])
    _to_outsiders(s, rows.keep(~bought), price[~bought])
    return which & _to_one_buyer(s, rows, seller, winner)


def _to_one_buyer(s: Sector, rows: Rows, seller: Index, winner: Index) -> Mask:
    """Firms (R, F) with two sites or more that all went to the same miner."""
    sites = rows.sum_into(np.ones(len(rows)), s.n_runs, s.n_firms, seller)
    shape = (s.n_runs, s.n_firms)
    lowest, highest = np.full(shape, s.n_firms), np.full(shape, -1)
    np.minimum.at(lowest, (rows.run, seller), winner)
    np.maximum.at(highest, (rows.run, seller), winner)
    return (sites >= 2) & (lowest == highest) & (lowest >= 0)


def lease_value(s: Sector) -> tuple[Array, Array]:
    """Value of the leases and balance of the project loans at each site (R, S), USD."""
    leases = s.leases
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    margin = np.where(leases.product == CLOUD, s.P.ai.cloud_margin, s.P.ai.colocation_margin)
    yearly = np.where(live, leases.delivered_mw * leases.rent * margin, 0.0)
    unfinished = np.where(live, leases.spent - leases.booked, 0.0)
    value = sum_by(leases.site, LEASE_MULTIPLE * yearly + 0.6 * np.maximum(unfinished, 0.0), s.n_sites)
    return value, sum_by(leases.site, np.where(live, leases.loan, 0.0), s.n_sites)


def presence(s: Sector) -> Mask:
    """Continents (C, R, F) on which a firm owns a site."""
    continents = np.unique(s.continent)
    where = s.continent[s.sites.region]
    return np.stack([sum_by(s.sites.owner, (where == c).astype(np.float64), s.n_firms) > 0 for c in continents])


def may_buy(s: Sector, known: Mask, run: Index, site: Index) -> Mask:
    """Firms that may want a site (n, F): they know the continent, and landlords of AI want sites fit for AI."""
    here = known[s.continent[s.sites.region[run, site]], run]
    mines_only = s.sites.suitability[run, site] < s.P.ai.min_suitability[run, 0]
    return here & ~(mines_only[:, None] & (s.firms.strategy == AI)[run])


def _one_round(
    run: Index, worth: Array, outside: Array, funds: Array, luck: Array, fits: Mask
) -> tuple[Index, Array]:
    """Winner (-1 an outsider) and price of at most one site per run; the best bidder pays the second price."""
    interest = (luck[run] - (1 - BIDDERS)) / BIDDERS  # of those above zero: where between the bounds they bid
    bids = worth[:, None] * (1 - BID_SPREAD / 2 + BID_SPREAD * interest)
    bids = np.where((interest > 0) & (funds[run] >= bids) & fits, bids, -1.0)
    rows, winner = np.arange(len(run)), np.argmax(bids, axis=1)
    best = bids[rows, winner]
    bids[rows, winner] = -1.0
    price = np.minimum(np.maximum(np.max(bids, axis=1), outside), np.maximum(best, outside))
    inside = best > outside
    funds[run[inside], winner[inside]] -= price[inside]
    return np.where(inside, winner, -1), price


def _to_miner(s: Sector, at: Rows, winner: Index, price: Array, rigs: Array) -> None:
    """Site, rigs, leases and project loans pass to the buyer; the price passes through the clearing."""
    if not len(at):
        return
    books, leases, sites = s.books, s.leases, s.sites
    seller = at.get(sites.owner)
    paid = at.sum_into(price, s.n_runs, s.n_firms, winner)
    orders.pay_from_funds(s, paid)
    machines = at.sum_into(np.minimum(rigs, price), s.n_runs, s.n_firms, winner)
    books.post("balance_only", "clearing", cash=-paid, sites=paid - machines, rigs=machines)
    books.post("gains", "clearing", cash=at.sum_into(price, s.n_runs, s.n_firms, seller))
    moved = np.zeros((s.n_runs, s.n_sites), bool)
    moved[at.run, at.row] = True
    buyer = np.full((s.n_runs, s.n_sites), -1)
    buyer[at.run, at.row] = winner
    concerned = (leases.site >= 0) & np.take_along_axis(moved, np.maximum(leases.site, 0), axis=1)
    concerned &= (leases.status == BUILDING) | (leases.status == RUNNING)
    debt = np.where(concerned, leases.loan, 0.0)
    books.post("defaults", "banks", loans=-sum_by(leases.firm, debt, s.n_firms))
    target = np.where(concerned, np.take_along_axis(buyer, np.maximum(leases.site, 0), axis=1), leases.firm)
    leases.firm = target
    books.post("defaults", "banks", loans=sum_by(leases.firm, debt, s.n_firms))
    own_rigs = at.get(sites.miner) == seller
    sites.owner[at.run, at.row] = winner
    sites.miner[at.run, at.row] = np.where(own_rigs, winner, at.get(sites.miner))
    s.counters["acquired_sites"] += np.bincount(at.run, minlength=s.n_runs)
    for run, row, firm, usd in zip(at.run, at.row, winner, price, strict=True):
        s.event(run, "auction", firm=int(firm), site=int(row), mw=float(sites.connected[run, row]), value=float(usd))


def _to_outsiders(s: Sector, at: Rows, price: Array) -> None:
    """Outside investors take the site: with leases or fit for AI it leaves the sector, else it lies dormant."""
    if not len(at):
        return
    books, leases, sites = s.books, s.leases, s.sites
    owner = at.get(sites.owner)
    orders.clear_rigs(s, at, orders.SCRAP_DISCOUNT)
    orders.sell_orders(s, at, orders.SCRAP_DISCOUNT)
    books.post("gains", "developers", cash=at.sum_into(price, s.n_runs, s.n_firms, owner))
    gone = np.zeros((s.n_runs, s.n_sites), bool)
    gone[at.run, at.row] = True
    concerned = (leases.site >= 0) & np.take_along_axis(gone, np.maximum(leases.site, 0), axis=1)
    concerned &= (leases.status == BUILDING) | (leases.status == RUNNING)
    concerned_sites = sum_by(leases.site, concerned.astype(float), s.n_sites) > 0
    ai_sites.end(s, concerned, LANDLORD_GONE)
    for run, row, firm, mw in zip(at.run, at.row, owner, at.get(sites.connected), strict=True):
        s.event(run, "site to outside investors", firm=int(firm), site=int(row), mw=float(mw))
    fit = (mining_options.developer_bid(s) > 0)[at.run, at.row] | concerned_sites[at.run, at.row]
    orders.abandon(s, at.keep(fit), dormant=False)
    orders.abandon(s, at.keep(~fit), dormant=True)


