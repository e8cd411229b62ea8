"""Phase 8: what was chosen within mining is carried out: rigs ordered, racks begun, rigs moved, sites left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index, Mask, Rows, running_total, safe_divide
from sim.kernels.mines import Plans
from sim.kernels.mining import SALE_DISCOUNT, SCRAP_DISCOUNT, SHIPPED_DISCOUNT
from sim.phases import finance, second_hand
from sim.phases.mining_options import TRANSPORT_USD_PER_MW, miner_bid
from sim.state import NEVER, RIG

if TYPE_CHECKING:
    from sim.phases.cases import Cases
    from sim.sector import Sector

SMALL_MOVE_MW = 2.0  # smaller moves are not worth an event
DEVELOPER_MW_PER_MONTH = 60.0  # outside developers buy mining sites slowly (assumed; about 0.7 GW a year)


def carry_out(s: Sector, c: Cases, choice: Index, plans: Plans) -> None:
    """Carry out every mining choice of the month."""
    _order_rigs(s, c, choice, plans)
    _relocate(s, c, choice, plans)
    _sell_sites(s, c, choice, plans)
    _close_sites(s, c, choice)


def _order_rigs(s: Sector, c: Cases, choice: Index, plans: Plans) -> None:
    """Orders are cut to what vendors can make; old rigs of a refresh are sold when the new ones arrive.

    Racks are also built for used rigs that are worth one.
    """
    mw = np.where(choice == ob.REFRESH, plans.refresh_mw, np.where(choice == ob.EXPAND, plans.expand_mw, 0.0))
    racks = np.where(choice == ob.EXPAND, plans.new_racks, 0.0)
    s.rigs.wanted_mw = np.bincount(c.run, mw, s.n_runs) + s.entrant_orders_mw
    served = np.minimum(safe_divide(s.rigs.capacity, s.rigs.wanted_mw, 1.0), 1.0)
    housed = np.minimum(safe_divide(s.rigs.capacity + second_hand.worth_a_rack(s), s.rigs.wanted_mw, 1.0), 1.0)
    mw, racks = mw * served[c.run], racks * housed[c.run]
    cost = racks * c.p(s.P.rigs.rack_capex_usd_per_mw) * s.now.inflation[c.run]
    begin_racks(s, c.at, c.firm, racks, cost)
    place_orders(s, c.at, c.firm, mw)  # after the racks: loans on rigs lower what shares can be sold for


def place_orders(s: Sector, at: Rows, firm: Index, mw: Array) -> None:
    """Order ``mw`` (n,) of the generations on sale; paid on order, half by a loan on the rigs."""
    depth = s.rigs.ordered.shape[0]
    arrival = (s.t + int(s.P.rigs.shipping_months)) % depth
    s.rigs.ordered_generation[arrival] = s.on_sale
    cost = np.zeros(len(at))
    overhead = s.P.power.mining_overhead[at.run, 0]
    duty = s.regions.asic_tariff[at.run, at.get(s.sites.region)]
    for k in range(2):
        generation = s.on_sale[at.run, k]
        ehs = mw * s.sale_mix[at.run, k] / (s.rigs.j_per_th[at.run, generation] * overhead)
        s.rigs.ordered[arrival, :, :, k] += at.sum_into(ehs, s.n_runs, s.n_sites)
        cost += ehs * 1e6 * s.rigs.price[at.run, generation] * (1 + duty)
    s.rigs.ordered_mw += at.sum_into(mw, s.n_runs, s.n_sites)
    by_firm = at.sum_into(cost, s.n_runs, s.n_firms, firm)
    loan = by_firm * finance.rig_loan_share(s)
    pay_from_funds(s, by_firm - loan)
    finance.borrow(s, RIG, loan)
    customs = at.sum_into(cost * duty / (1 + duty), s.n_runs, s.n_firms, firm)
    s.books.post("balance_only", "vendors", cash=customs - by_firm, rigs=by_firm - customs)
    s.books.post("balance_only", "governments", cash=-customs, rigs=customs)


def begin_racks(s: Sector, at: Rows, firm: Index, racks: Array, cost: Array) -> None:
    """Racks on idle connected MW; ready after the building time (a site's orders are one, at their mean date)."""
    added = at.sum_into(racks, s.n_runs, s.n_sites)
    ready = s.t + int(s.P.rigs.rack_build_months)
    known = np.where(s.sites.racks_ordered > 0, s.sites.racks_month, ready)
    mean = safe_divide(s.sites.racks_ordered * known + added * ready, s.sites.racks_ordered + added)
    s.sites.racks_month = np.where(added > 0, np.ceil(mean - 1e-6).astype(np.int64), s.sites.racks_month)
    s.sites.racks_ordered += added
    by_firm = at.sum_into(cost, s.n_runs, s.n_firms, firm)
    pay_from_funds(s, by_firm)
    s.books.post("balance_only", "vendors", cash=-by_firm, sites=by_firm)


def pay_from_funds(s: Sector, need: Array) -> None:
    """Raise the own part of an investment: cash above the reserve, then new shares, then coins."""
    reserve = s.P.finance.target_cash_months * s.monthly_costs
    spare = np.maximum(s.books.stock["cash"] - reserve, 0.0)
    lacking = np.maximum(need - spare, 0.0)
    if not lacking.any():
        return
    shares = np.minimum(lacking, finance.issue_room(s))
    finance.raise_equity(s, shares)
    coins = np.minimum(np.maximum(need - spare - shares, 0.0), s.books.stock["coins"])
    finance.sell_coins(s, coins)


def _relocate(s: Sector, c: Cases, choice: Index, plans: Plans) -> None:
    """Move rigs to the firm's other site; the first cases of a firm fill the free racks there."""
    abroad = c.at.keep((choice == ob.RELOCATE) & (plans.target < 0))
    if len(abroad):
        clear_rigs(s, abroad, SHIPPED_DISCOUNT)
    moving = np.flatnonzero((choice == ob.RELOCATE) & (plans.target >= 0))
    if not len(moving):
        return
    free = s.empty_racks_mw()
    run, row, target = c.run[moving], c.at.row[moving], plans.target[moving]
    mw = c.rig_mw[moving] * plans.moved_share[moving]
    order = np.lexsort((row, target, run))
    before = running_total(mw[order], run[order] * s.n_sites + target[order]) - mw[order]
    room = np.clip(free[run[order], target[order]] - before, 0.0, None)
    fits = np.zeros(len(moving))
    fits[order] = np.minimum(safe_divide(room, mw[order]), 1.0)
    share = fits * plans.moved_share[moving]
    moved = s.rigs.ehs[run, row] * share[:, None]
    s.rigs.ehs[run, row] -= moved
    for g in range(moved.shape[1]):
        s.rigs.ehs[:, :, g] += Rows(run, target).sum_into(moved[:, g].copy(), s.n_runs, s.n_sites)
    region = s.sites.region[run, row], s.sites.region[run, target]
    cost = mw * fits * TRANSPORT_USD_PER_MW * s.distance[region]
    s.books.bill("other_cost", "vendors", Rows(run, c.firm[moving]).sum_into(cost, s.n_runs, s.n_firms))
    told = mw * fits > SMALL_MOVE_MW
    s.note("relocation", run[told], firm=c.firm[moving][told], site=row[told], mw=(mw * fits)[told])


def _sell_sites(s: Sector, c: Cases, choice: Index, plans: Plans) -> None:
    """Sites go to outside developers, best first, within what these buy in a month; rigs go second-hand."""
    wants = np.flatnonzero(choice == ob.SELL)
    hunger = np.minimum(s.wanted_total / np.maximum(s.start_wanted, 1.0), 1.5)
    order = wants[np.lexsort((c.at.row[wants], -plans.bid_per_mw[wants], c.run[wants]))]
    taken = running_total(c.connected[order], c.run[order]) - c.connected[order]
    sold = order[taken < DEVELOPER_MW_PER_MONTH * hunger[c.run[order]]]
    leave_sites(s, c.at.keep(_mask(len(c), sold)), SALE_DISCOUNT * plans.bid_per_mw[np.sort(sold)], "site sold")


def _mask(n: int, chosen: Index) -> Mask:
    mask = np.zeros(n, bool)
    mask[chosen] = True
    return mask


def _close_sites(s: Sector, c: Cases, choice: Index) -> None:
    """Closed sites lie dormant in the hands of investors, who pay what miners would; rigs go second-hand."""
    closed = c.at.keep(choice == ob.CLOSE)
    leave_sites(s, closed, miner_bid(s)[closed.run], "site closed", dormant=True)


def leave_sites(s: Sector, at: Rows, usd_per_mw: Array, why: str, dormant: bool = False) -> None:
    """A firm gives up sites: rigs scrapped at second-hand value, connection sold (0 = abandoned).

    Hosted rigs on such a site go with it to the second-hand market, for their owner's account.
    """
    if not len(at):
        return
    sites, books = s.sites, s.books
    owner = at.get(sites.owner)
    clear_rigs(s, at, SCRAP_DISCOUNT)
    sell_orders(s, at, SCRAP_DISCOUNT)
    proceeds = usd_per_mw * at.get(sites.connected)
    by_owner = at.sum_into(proceeds, s.n_runs, s.n_firms, owner)
    land = at.sum_into(at.get(sites.connected) * s.site_book_value(at.run, owner), s.n_runs, s.n_firms, owner)
    land = np.minimum(land, np.maximum(books.stock["sites"], 0.0))
    books.post("gains", "households" if dormant else "developers", cash=by_owner, sites=-land)
    s.note(why, at.run, firm=owner, site=at.row, mw=at.get(sites.connected))
    abandon(s, at, dormant)


def clear_rigs(s: Sector, at: Rows, part: float) -> None:
    """Sell all rigs at these sites to dealers for ``part`` of their second-hand value, for their owners' account."""
    s.sell_rigs(at, at.get(s.rigs.ehs), part)


def sell_orders(s: Sector, at: Rows, part: float) -> None:
    """Sell what is on order for these sites for ``part`` of its second-hand value, for the rigs' owners' account."""
    rigs, rows = s.rigs, np.arange(len(at))
    sold = np.zeros((len(at), rigs.ehs.shape[2]))
    for coming, generation in zip(rigs.ordered, rigs.ordered_generation, strict=True):
        for k in range(2):
            sold[rows, generation[at.run, k]] += coming[at.run, at.row, k]
    worth = np.ascontiguousarray(sold * rigs.used[at.run]).sum(axis=-1) * 1e6
    by_firm = at.sum_into(worth, s.n_runs, s.n_firms, at.get(s.sites.miner))
    s.books.post("gains", "vendors", cash=part * by_firm, rigs=-np.minimum(by_firm, s.books.stock["rigs"]))
    rigs.ordered[:, at.run, at.row] = 0.0
    rigs.ordered_mw[at.run, at.row] = 0.0
    second_hand.take_in(s, at, sold)


def abandon(s: Sector, at: Rows, dormant: bool) -> None:
    """Nothing is left of these sites in the sector; a dormant one keeps connection and racks for who reopens it."""
    sites = s.sites
    connected, racks = at.get(sites.connected), at.get(sites.racks)
    for name, empty in (
        ("owner", -1), ("miner", -1), ("connected", 0.0), ("pipeline", 0.0), ("pipeline_month", NEVER),
        ("racks", 0.0), ("racks_ordered", 0.0), ("racks_leaving", 0.0), ("leaving_month", NEVER),
        ("vacant", 0.0), ("legacy_gpu", 0.0), ("ai_gross", 0.0), ("ai_building", 0.0),
    ):  # fmt: skip
        getattr(sites, name)[at.run, at.row] = empty
    if dormant:
        sites.connected[at.run, at.row], sites.racks[at.run, at.row] = connected, racks
    s.rigs.ehs[at.run, at.row] = 0.0
    s.rigs.ordered[:, at.run, at.row] = 0.0
    s.rigs.ordered_mw[at.run, at.row] = 0.0
