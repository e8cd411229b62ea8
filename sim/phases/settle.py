"""Phase 9: payables are settled; who cannot pay draws credit, raises equity, sells; else creditors decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Mask, Rows, among, safe_divide, sum_by
from sim.economics.credit import coin_loan_room
from sim.kernels import sites as kernels
from sim.phases import auction, bills, finance, mining_options, orders
from sim.state import ACQUIRED, BUILDING, CLOSED, COIN, CORPORATE, ENDED, LIQUIDATED, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

RESTRUCTURE_AGAIN_MONTHS = 24
RELIEF_YEARS = 1.0  # of losses to come, which creditors fund when they keep a firm alive


def settle(s: Sector) -> None:
    """Last month's receivables come in, then everything due is paid as far as money can be found."""
    books = s.books
    books.collect()
    due = sum_owed(s)
    find_money(s, due)
    cash = np.maximum(books.stock["cash"], 0.0)
    fraction = np.minimum(safe_divide(cash, due, 1.0), 1.0)
    books.pay(fraction)
    short = (due > 0) & (fraction < 0.995)
    s.firms.arrears = np.where(s.firms.alive & short, s.firms.arrears + 1, 0)


def sum_owed(s: Sector) -> Array:
    """All payables of a firm (R, F), USD, in the order of the outside sectors."""
    total = np.zeros((s.n_runs, s.n_firms))
    for owed in s.books.owed.values():
        total += owed
    return total


def find_money(s: Sector, due: Array) -> None:
    """Close the gap between cash and what is due: credit on coins, coins, new shares, idle rigs."""
    books, f = s.books, s.P.finance
    gap = np.where(s.firms.alive, np.maximum(due - books.stock["cash"], 0.0), 0.0)
    room = coin_loan_room(books.stock["coins"], f.coin_loan_ltv, s.facilities.balance[:, :, COIN])
    borrowed = np.minimum(gap, np.where(s.firms.listed, room, 0.0)) * (s.now.ltc_factor > 0.5)[:, None]
    finance.borrow(s, COIN, borrowed)
    gap -= borrowed
    pledged = safe_divide(s.facilities.balance[:, :, COIN], f.margin_call_ltv + 0.0 * gap)
    sold = np.minimum(gap, np.maximum(books.stock["coins"] - pledged, 0.0))
    finance.sell_coins(s, sold)
    gap -= sold
    issued = np.minimum(gap, finance.issue_room(s))
    finance.raise_equity(s, issued)
    gap -= issued
    sell_idle_rigs(s, gap)


def sell_idle_rigs(s: Sector, gap: Array) -> None:
    """Sell rigs that did not run last month second-hand, as far as needed."""
    gap = np.where(gap > 1.0, gap, 0.0)
    if not gap.any():
        return
    at = Rows.where(among(gap > 0, s.sites.miner))
    uptime = safe_divide(at.get(s.dispatched.mw), at.get(s.rig_mw_by_site))
    idle = np.clip(1 - uptime / 0.95, 0.0, 1.0)
    miner = at.get(s.sites.miner)
    offered = at.sum_into(s.used_value(at) * idle, s.n_runs, s.n_firms, miner)
    share = np.minimum(safe_divide(gap, offered), 1.0)
    part = idle * share[at.run, miner]
    at, part = at.keep(part > 0), part[part > 0]
    s.sell_rigs(at, at.get(s.rigs.ehs) * part[:, None])
    s.rig_mw_by_site[at.run, at.row] *= 1 - part


def resolve_distress(s: Sector) -> None:
    """After some months of arrears creditors keep alive what is worth more so, and liquidate the rest."""
    firms = s.firms
    luck = s.streams.uniforms("auction", (s.n_firms,))  # drawn every month, whoever fails
    failing = firms.alive & (firms.arrears >= s.P.finance.arrears_months)
    if not failing.any():
        return
    losses = yearly_losses(s)
    alive, sold = worth_to_creditors(s, failing, losses)
    claims = sum_owed(s) + finance.debt(s)
    recent = s.t - firms.restructured < RESTRUCTURE_AGAIN_MONTHS
    keep = failing & (alive > sold)
    extend(s, keep & (alive >= claims), losses)
    restructure(s, keep & (alive < claims) & ~recent)
    liquidate(s, failing & (firms.arrears > 0), luck)


def worth_to_creditors(s: Sector, failing: Mask, losses: Array) -> tuple[Array, Array]:
    """What failing firms are worth in orderly hands, less what waiting costs, and in a fire sale (R, F), USD.

    Sites at what the market gives, rigs at second-hand value, leases at an auction's multiple (their loans are
    among the claims), coins and cash. A fire sale loses ``liquidation_cost`` on sites and a part of the rigs;
    keeping the firm costs its operating losses, or what mothballs cost if that is less, for as long as creditors
    have patience. Firms that earn at all are therefore kept.
    """
    sites, books, cost = s.sites, s.books, s.P.finance.liquidation_cost
    leases, _ = auction.lease_value(s)
    bid = mining_options.site_bid(s) * sites.connected  # after the cost of an auction
    theirs = Rows.where(among(failing, sites.miner))
    halls = sum_by(sites.owner, leases, s.n_firms)
    liquid = books.stock["coins"] + books.stock["cash"] + books.stock["restricted"] + books.stock["receivables"]
    machines = theirs.sum_into(s.used_value(theirs), s.n_runs, s.n_firms, theirs.get(sites.miner))
    land = sum_by(sites.owner, bid, s.n_firms)
    alive = land / (1 - cost) + machines + halls + liquid - losses * s.P.finance.creditor_patience_years
    return alive, land + orders.SCRAP_DISCOUNT * machines + halls + liquid


def yearly_losses(s: Sector) -> Array:
    """What a firm in creditors' hands loses a year (R, F), USD: last year's loss, in mothballs if that is less."""
    lost = np.maximum(-(s.firms.mining_ebitda_12m + s.firms.ai_ebitda_12m), 0.0)
    return np.minimum(lost, 12 * bills.mothball_cost(s))


def extend(s: Sector, which: Mask, losses: Array) -> None:
    """Assets cover every claim: lenders pay the suppliers and the next year's losses, against later repayment."""
    if not which.any():
        return
    fresh = np.where(which, sum_owed(s) + RELIEF_YEARS * losses, 0.0)
    _stretch(s, which, fresh)
    at = Rows.where(which)
    s.note("debt extended", at.run, firm=at.row, value=at.get(fresh))


def restructure(s: Sector, which: Mask) -> None:
    """Creditors take a loss on corporate debt and converts, stretch the rest, and suppliers are paid by them."""
    if not which.any():
        return
    books, facility = s.books, s.facilities
    haircut = s.P.finance.restructuring_haircut
    cut = np.where(which, haircut * facility.balance[:, :, CORPORATE], 0.0)
    facility.balance[:, :, CORPORATE] -= cut
    books.post("restructuring", "banks", "writeoff", loans=-cut)
    books.post(
        "restructuring", "households", "writeoff", converts=-np.where(which, haircut * books.stock["converts"], 0.0)
    )
    _stretch(s, which, np.where(which, sum_owed(s), 0.0))
    s.firms.restructured = np.where(which, s.t, s.firms.restructured)
    s.counters["restructurings"] += np.ascontiguousarray(which).sum(axis=-1)
    at = Rows.where(which)
    s.note("restructuring", at.run, firm=at.row, value=at.get(cut))


def _stretch(s: Sector, which: Mask, fresh: Array) -> None:
    """Corporate debt and converts fall due years later, and lenders add ``fresh`` USD to pay what is overdue."""
    facility, firms = s.facilities, s.firms
    corporate, later = facility.balance[:, :, CORPORATE], s.t + 48
    facility.maturity[:, :, CORPORATE] = np.where(which, later, facility.maturity[:, :, CORPORATE])
    due_soon = which & (firms.convert_maturity < later)
    firms.convert_maturity = np.where(due_soon, later, firms.convert_maturity)
    price = (s.now.base_rate + s.now.spread_shock)[:, None] + s.P.finance.spread_corporate
    blended = safe_divide(corporate * facility.coupon[:, :, CORPORATE] + fresh * price, corporate + fresh)
    facility.coupon[:, :, CORPORATE] = np.where(fresh > 0, blended, facility.coupon[:, :, CORPORATE])
    facility.balance[:, :, CORPORATE] += fresh
    s.books.post("balance_only", "banks", cash=fresh, loans=fresh)
    firms.arrears = np.where(which, 0, firms.arrears)


def liquidate(s: Sector, which: Mask, luck: Array) -> None:
    """Sell everything, pay creditors what it brings, write off the rest; the firm is gone."""
    if not which.any():
        return
    mw, owed = s.connected_by_firm(), sum_owed(s)
    leave_hosts(s, which)
    taken_over = auction.auction_sites(s, which, luck)
    finance.sell_coins(s, np.where(which, s.books.stock["coins"], 0.0))
    wind_up(s, which)
    for kind, those in (("liquidation", which & ~taken_over), ("acquisition", taken_over)):
        at = Rows.where(those)
        s.note(kind, at.run, firm=at.row, mw=at.get(mw), value=at.get(owed))
    s.remove(which & ~taken_over, LIQUIDATED)
    s.remove(taken_over, ACQUIRED)


def leave_hosts(s: Sector, which: Mask) -> None:
    """Rigs of failed firms at other firms' sites are sold; the racks are their host's again."""
    sites = s.sites
    clients = Rows.where((sites.miner != sites.owner) & among(which, sites.miner))
    if not len(clients):
        return
    orders.clear_rigs(s, clients, orders.SCRAP_DISCOUNT)
    orders.sell_orders(s, clients, orders.SCRAP_DISCOUNT)
    sites.miner[clients.run, clients.row] = clients.get(sites.owner)


def wind_up(s: Sector, which: Mask) -> None:
    """Pay what cash there is to creditors in proportion, then write off what is left on both sides."""
    books, at = s.books, Rows.where(which)

    def of(name: str) -> Array:
        return at.get(books.stock[name])

    reserve = of("restricted")
    books.post_some("balance_only", "banks", at, cash=reserve, restricted=-reserve)
    owed = np.zeros(len(at))
    for due in books.owed.values():
        owed += at.get(due)
    claims = owed + of("loans") + of("converts") + of("prepayments")
    share = np.minimum(safe_divide(np.maximum(of("cash"), 0.0), claims), 1.0)
    for sector, owed_to in books.owed.items():
        due = share * at.get(owed_to)
        books.post_some("balance_only", sector, at, payables=-due, cash=-due)
    for name, sector in (("loans", "banks"), ("converts", "households"), ("prepayments", "tenants")):
        paid = share * of(name)
        books.post_some("balance_only", sector, at, "transaction", cash=-paid, **{name: -paid})
        books.post_some("defaults", sector, at, "writeoff", **{name: -of(name)})
    for sector, owed_to in books.owed.items():
        books.post_some("defaults", sector, at, "writeoff", payables=-at.get(owed_to))
    for sector, claim in books.claims.items():
        books.post_some("defaults", sector, at, "writeoff", receivables=-at.get(claim))
    s.facilities.balance[at.run, at.row] = 0.0
    for name in ("rigs", "sites", "halls", "gpus", "construction"):
        books.post_some("defaults", "vendors", at, "writeoff", **{name: -of(name)})
    books.post_some("liquidation", "households", at, cash=-of("cash"))
    leases = s.leases
    mine = among(which, leases.firm)
    orphaned = mine & ((leases.status == BUILDING) | (leases.status == RUNNING))
    leases.end_reason = np.where(orphaned, 4, leases.end_reason)
    leases.ended = np.where(orphaned, s.t, leases.ended)
    leases.delivered_mw = np.where(orphaned, 0.0, leases.delivered_mw)
    leases.status = np.where(orphaned, ENDED, leases.status)
    leases.loan = np.where(mine, 0.0, leases.loan)
    leases.loan_limit = np.where(mine, 0.0, leases.loan_limit)


def close_empty_firms(s: Sector) -> None:
    """Firms without a site, rigs or leases close: debts are paid, what is left goes to the owners."""
    gone = s.firms.alive & ~kernels.have_sites(s.sites.owner, s.sites.miner, s.n_firms)
    if not gone.any():
        return
    at = Rows.where(gone)
    s.note("closure", at.run, firm=at.row)
    finance.sell_coins(s, np.where(gone, s.books.stock["coins"], 0.0))
    wind_up(s, gone)
    s.remove(gone, CLOSED)


