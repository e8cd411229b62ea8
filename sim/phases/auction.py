"""Auctions of liquidated firms' sites, with their leases and project loans, to the highest bidder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, Rows, among, spread, sum_by
from sim.kernels import auctions as kernels
from sim.kernels import sums
from sim.phases import ai_sites, finance, mining_options, orders
from sim.state import AI, BUILDING, CLOUD, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

LEASE_MULTIPLE = 6.0  # yearly EBITDA of a lease that a buyer in distress pays (assumed; healthy: 10-15)
BIDDERS = 0.03  # share of firms that look at a month's auctions: a handful, as in the sales of 2022-24 (assumed)
BID_SPREAD = 0.4  # bids lie between 80 and 120 % of the value
OUTSIDE_BID = 0.9  # of the value: what investors from outside pay
ROUNDS = 40  # sites of one run that can be auctioned in a month; outsiders get the rest for nothing
LANDLORD_GONE = 4


def auction_sites(s: Sector, which: Mask, luck: Array) -> Mask:
    """Sell every site of the firms in ``which`` (R, F); the dearest first.

    A miner with the money wins against an outside developer when he bids more; sites nobody wants fall back.
    ``luck`` (R, F): uniform numbers, which miners look at what is for sale this month and how they like it. Returns
    the firms whose several sites one miner bought: they were taken over rather than broken up.
    """
    rows = Rows.where(among(which, s.sites.owner))
    seller = rows.get(s.sites.owner)
    if not len(rows):
        return np.zeros_like(which)
    value, loan = lease_value(s)
    bids = mining_options.site_bid(s) * s.sites.connected + np.maximum(value - loan, 0.0)
    rigs = np.where(rows.get(s.sites.miner) == seller, s.used_value(rows) * orders.SCRAP_DISCOUNT, 0.0)
    worth = rows.get(bids) + rigs
    order = np.lexsort((rows.row, -worth, rows.run))
    order = order[sums.ranks(rows.run[order]) < ROUNDS]
    funds = np.where(s.firms.alive & ~which, finance.own_funds(s), 0.0)
    winner, price = np.full(len(rows), -1), np.zeros(len(rows))
    outside = OUTSIDE_BID * (worth - rigs)[order]  # outsiders take the site without the rigs
    sold = lots(s, Rows(rows.run[order], rows.row[order]), worth[order])
    winner[order], price[order] = kernels.auction(sold, outside, bidders(s, funds, luck), BIDDERS, BID_SPREAD)
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


def bidders(s: Sector, funds: Array, luck: Array) -> kernels.Bidders:
    """Firms that may want a site, with their ``funds`` and ``luck`` (R, F)."""
    continents = int(s.continent.max()) + 1
    known = kernels.presence(s.sites.owner, s.sites.region, s.continent, continents, s.n_firms)
    return kernels.Bidders(funds, luck, s.firms.strategy == AI, known)


def lots(s: Sector, at: Rows, worth: Array) -> kernels.Lots:
    """Sites that are for sale, in this order."""
    mines_only = at.get(s.sites.suitability) < s.P.ai.min_suitability[at.run, 0]
    return kernels.Lots(at.run, s.continent[at.get(s.sites.region)], mines_only, worth)


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
    concerned = among(moved, leases.site)
    concerned &= (leases.status == BUILDING) | (leases.status == RUNNING)
    debt = np.where(concerned, leases.loan, 0.0)
    books.post("defaults", "banks", loans=-sum_by(leases.firm, debt, s.n_firms))
    target = np.where(concerned, spread(buyer, leases.site), leases.firm)
    leases.firm = target
    books.post("defaults", "banks", loans=sum_by(leases.firm, debt, s.n_firms))
    own_rigs = at.get(sites.miner) == seller
    sites.owner[at.run, at.row] = winner
    sites.miner[at.run, at.row] = np.where(own_rigs, winner, at.get(sites.miner))
    s.counters["acquired_sites"] += np.bincount(at.run, minlength=s.n_runs)
    s.note("auction", at.run, firm=winner, site=at.row, mw=at.get(sites.connected), value=price)


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
    concerned = among(gone, leases.site)
    concerned &= (leases.status == BUILDING) | (leases.status == RUNNING)
    concerned_sites = sum_by(leases.site, concerned.astype(float), s.n_sites) > 0
    ai_sites.end(s, concerned, LANDLORD_GONE)
    s.note("site to outside investors", at.run, firm=owner, site=at.row, mw=at.get(sites.connected))
    fit = (mining_options.developer_bid(s) > 0)[at.run, at.row] | concerned_sites[at.run, at.row]
    orders.abandon(s, at.keep(fit), dormant=False)
    orders.abandon(s, at.keep(~fit), dormant=True)


