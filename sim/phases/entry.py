"""Entry of new firms, and the beliefs firms carry into the next month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Rows, row_sum, running_total, safe_divide, sum_by
from sim.kernels import auctions as kernels
from sim.kernels import sites as site_kernels
from sim.kernels import sums
from sim.phases import auction, finance, mining_options, orders
from sim.phases.cases import power_cost
from sim.population import size_class
from sim.state import AI, BTC, EXITED, HYBRID

if TYPE_CHECKING:
    from sim.sector import Sector

ENTRY_INDEX = 1.1  # value of new rigs over their price at which outsiders begin to enter
ENTRANT_SHARE = 0.001  # median size of an entrant's first site over the network's power (20 MW in 2026)
FIRST_RIGS_USD_PER_MW = 0.3e6  # who reopens a site must be able to pay for a first part of the rigs too
MEMORY = 0.65  # weight of the past in a firm's smoothed hashprice (prototype 0.6-0.7)
GROWTH_MEMORY = 0.9  # trailing growth of hashrate, about a year
CONSENSUS_MEMORY = 0.92  # the consensus moves with about a year's mean
YEAR = 11 / 12
REOPENED_PER_MONTH = 5  # dormant sites sold in a month at most: each sale takes a search


def reopen(s: Sector) -> None:
    """Miners with money buy dormant sites from investors while new rigs there are worth more than they cost."""
    sites = s.sites
    luck = s.streams.uniforms("reopening", (s.n_firms,))
    dormant = Rows.where((sites.owner < 0) & (sites.connected >= 0.5))
    if not len(dormant):
        return
    region = dormant.get(sites.region)
    gain = reopening_gain(s, dormant)
    usable = (gain > 0) & (s.regions.hashing_allowed[dormant.run, region] > 0.5)
    order = np.lexsort((dormant.row, -gain, dormant.run))
    order = order[usable[order]]
    rank = sums.ranks(dormant.run[order])
    order, rank = order[rank < REOPENED_PER_MONTH], rank[rank < REOPENED_PER_MONTH]
    offered = Rows(dormant.run[order], dormant.row[order])
    mw = offered.get(sites.connected)
    asked = mining_options.miner_bid(s)[offered.run] * mw
    bidders = auction.bidders(s, finance.own_funds(s), luck)
    buyer = kernels.sales(auction.lots(s, offered, asked), FIRST_RIGS_USD_PER_MW * mw, rank, bidders)
    for k in np.unique(rank[buyer >= 0]):
        sold = (rank == k) & (buyer >= 0)
        at, winner = offered.keep(sold), buyer[sold]
        paid = at.sum_into(asked[sold], s.n_runs, s.n_firms, winner)
        orders.pay_from_funds(s, paid)
        s.books.post("balance_only", "households", cash=-paid, sites=paid)
        sites.owner[at.run, at.row] = sites.miner[at.run, at.row] = winner


def reopening_gain(s: Sector, at: Rows) -> Array:
    """Value over price of new rigs at dormant sites (n,), USD per MW, under the consensus hashprice."""
    net = s.consensus[at.run] * (1 - s.P.bitcoin.pool_fee[at.run, 0])
    value = mining_options.new_rig_value(s, at.run, net, power_cost(s, at))
    price = mining_options.new_rig_price(s)[at.run] * (1 + s.regions.asic_tariff[at.run, at.get(s.sites.region)])
    return value - price - mining_options.miner_bid(s)[at.run]


def enter(s: Sector) -> None:
    """Outsiders found miners while new rigs are worth clearly more than they cost; owners bring all the money."""
    s.entrant_orders_mw = np.zeros(s.n_runs)
    draw = s.streams.uniforms("entry", (s.counts["entrants"], 4))
    noise = s.streams.normals("entrant_size", (s.counts["entrants"],))
    first_site = s.n_sites - s.counts["entrants"]
    first_firm = s.n_firms - s.counts["entrants"]
    urge = s.P.behaviour.entry_rate * np.maximum(s.profitability - ENTRY_INDEX, 0.0)[:, None] * s.entry_allowed
    free = s.firms.entered[:, first_firm:] < 0
    rows = Rows.where(free & (draw[:, :, 0] < urge))
    if not len(rows):
        return
    open_share = np.cumsum(s.regions.new_mining * s.regions.budget, axis=1)
    point = draw[rows.run, rows.row, 1][:, None] * open_share[rows.run][:, -1:]
    region = np.minimum((open_share[rows.run] <= point).sum(axis=1), s.n_regions - 1)
    typical = ENTRANT_SHARE * row_sum(s.dispatched.mw)[rows.run]
    size = typical * np.exp(np.clip(0.8 * noise[rows.run, rows.row], -2.0, 2.0))
    size = _within_headroom(s, rows, region, size)
    keep = (size >= 0.05) & (open_share[rows.run, region] > 0)  # nowhere open: nobody enters
    rows, region, size = rows.keep(keep), region[keep], size[keep]
    s.regions.budget -= Rows(rows.run, region).sum_into(size, s.n_runs, s.n_regions)
    s.regions.budget = np.maximum(s.regions.budget, 0.0)
    _found(s, rows.run, first_firm + rows.row, first_site + rows.row, region, size, draw[rows.run, rows.row, 2])


def _within_headroom(s: Sector, rows: Rows, region: Index, size: Array) -> Array:
    """MW of each entrant (n,) that its region can still connect this month, one after the other."""
    order = np.lexsort((rows.row, region, rows.run))
    before = running_total(size[order], rows.run[order] * s.n_regions + region[order]) - size[order]
    fits = np.zeros(len(rows))
    fits[order] = np.clip(s.regions.budget[rows.run[order], region[order]] - before, 0.0, size[order])
    return fits


def _found(s: Sector, run: Index, firm: Index, site: Index, region: Index, size: Array, draw: Array) -> None:
    """Set up the firms: a site, racks under construction, rigs on order, equity for all of it."""
    firms, sites = s.firms, s.sites
    firms.alive[run, firm], firms.entered[run, firm] = True, s.t
    firms.strategy[run, firm], firms.home[run, firm] = BTC, region
    firms.size[run, firm] = size_class(size)
    sites.owner[run, site], sites.miner[run, site], sites.region[run, site] = firm, firm, region
    sites.connected[run, site] = size
    price = s.tables.regions["miner_price_usd_per_mwh"][region] * (0.75 + 0.4 * draw)
    sites.contract[run, site], sites.supply[run, site] = price, price
    sites.fixed_share[run, site] = s.P.power.fixed_price_share[run, 0]
    sites.suitability[run, site] = s.regions.suitability[run, region]
    newest = s.on_sale[run, 0]
    rigs = 1e6 / s.rigs.j_per_th[run, newest] * s.rigs.price[run, newest] * (1 + s.regions.asic_tariff[run, region])
    per_mw = rigs + s.P.rigs.rack_capex_usd_per_mw[run, 0]
    at = Rows(run, site)
    capital = Rows(run, firm).sum_into(1.4 * size * per_mw, s.n_runs, s.n_firms)
    s.books.post("equity_issue", "households", cash=capital)
    racks = 0.96 * size
    orders.begin_racks(s, at, firm, racks, racks * s.P.rigs.rack_capex_usd_per_mw[run, 0])
    orders.place_orders(s, at, firm, racks * 0.98)
    s.entrant_orders_mw = np.bincount(run, racks, s.n_runs)
    s.counters["entries"] += np.bincount(run, minlength=s.n_runs)
    s.note("entry", run, firm=firm, mw=size)


def update_beliefs(s: Sector) -> None:
    """Smoothed hashprice, last year's income, operators' records, strategy by fact."""
    firms, b = s.firms, s.P.behaviour
    now = s.now.hashprice
    s.smoothed = s.smoothed**MEMORY * now ** (1 - MEMORY)
    s.consensus = s.consensus**CONSENSUS_MEMORY * now ** (1 - CONSENSUS_MEMORY)
    anchor, extrapolation = b.forecast_anchor[:, 0], b.forecast_extrapolation[:, 0]
    trend = s.smoothed * (now / s.consensus) ** extrapolation
    firms.hashprice_view = (trend ** (1 - anchor) * s.consensus**anchor)[:, None] * s.optimism
    growth = np.clip(np.log(s.now.hashrate / s.now.last_hashrate) * 12, -1.0, 4.0)[:, None]
    s.growth = GROWTH_MEMORY * s.growth + (1 - GROWTH_MEMORY) * growth
    s.expected_decline = expected_decline(s)
    lines, s.ebitda = s.books.lines, s.books.ebitda()
    ai_income = lines["ai_revenue"] + lines["gpu_revenue"]
    ai = ai_income + lines["ai_cost"] + lines["penalties"]
    mining_income = lines["mining_revenue"] + lines["hosting_revenue"] + lines["demand_response"] + lines["resale"]
    for name, fresh in (
        ("ai_ebitda_12m", ai), ("mining_ebitda_12m", s.ebitda - ai),
        ("ai_revenue_12m", ai_income), ("mining_revenue_12m", mining_income),
    ):  # fmt: skip
        setattr(firms, name, YEAR * getattr(firms, name) + fresh)
    firms.issued_12m = firms.issued_12m * YEAR
    delivered = sum_by(s.leases.firm, s.leases.delivered_mw, s.n_firms)
    firms.record = np.minimum(delivered / 100.0, 1.0)
    label_strategies(s)


def expected_decline(s: Sector) -> Array:
    """Yearly fall of hashprice that investors reckon with (R, 1): steady progress and the network's recent growth."""
    weight = s.P.rigs.growth_extrapolation
    return s.P.rigs.hashprice_decline_per_year + weight * np.maximum(s.growth, 0.0)


def label_strategies(s: Sector) -> None:
    """BTC, HYBRID or AI by the larger of AI's share of power and of revenue: below 10 %, to 90 %, above."""
    firms = s.firms
    ai_mw = sum_by(s.sites.owner, s.sites.ai_gross, s.n_firms)
    ai_mw += sum_by(s.sites.owner, s.sites.legacy_gpu, s.n_firms)
    hashing = sum_by(s.sites.miner, s.dispatched.mw, s.n_firms)
    power = safe_divide(ai_mw, ai_mw + hashing)
    money = safe_divide(firms.ai_revenue_12m, firms.ai_revenue_12m + firms.mining_revenue_12m)
    share = np.maximum(power, money)
    fresh = np.select([share < 0.1, share <= 0.9], [BTC, HYBRID], AI)
    fresh = np.where(firms.alive, fresh, EXITED)
    live_on_ai = firms.alive & (ai_mw > 0) & ~s.left_mining & (s.start_rigs > 0)
    left = live_on_ai & ~site_kernels.have_rigs(s.rigs.ehs, s.sites.miner, live_on_ai)
    s.left_mining |= left
    s.counters["left_mining_for_ai"] += row_sum(np.ascontiguousarray(left.astype(np.float64))).astype(np.int64)
    firms.strategy = fresh
