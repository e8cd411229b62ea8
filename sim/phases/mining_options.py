"""What a site could do within mining: new rigs for old, more racks, rigs moved, site sold or closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index, Mask, Rows, first_in_group, safe_divide, spread
from sim.economics.credit import annuity_factor
from sim.economics.mining import rig_present_value
from sim.kernels.rigs import value_fleets
from sim.phases import bills, finance
from sim.phases import cases as case_module
from sim.phases.cases import CLIENT

if TYPE_CHECKING:
    from sim.phases.cases import Cases, OptionTable
    from sim.sector import Sector

OUTDATED = 1.3  # rigs this much hungrier than the newest on sale may be replaced
TRANSPORT_USD_PER_MW = 25_000.0  # dismantle, ship, reinstall a MW of rigs (assumed: about 1 USD per TH/s)
SCRAP_DISCOUNT = 0.7  # of second-hand value when a whole site is cleared at once
SHIPPED_DISCOUNT = 0.8  # of second-hand value when rigs are shipped off while the site is kept
SALE_DISCOUNT = 0.9  # of the expected bid that the seller keeps
SMALLEST_STEP = 0.05  # a firm that can pay for less than this share of a plan does not begin it
AI_SITE_VALUE = 1.2e6  # USD per MW an AI developer bids for a suitable connected site (facts: 3 M at the very best)
DEVELOPER_MINIMUM_MW = 25.0
WHOLE_FIRM = 0.95
FUTURE_YEARS = 3.0  # fixed cost of a site that a closing firm saves


@dataclass
class Plans:
    """Per case (n,): MW of rigs to order for refresh and expansion, racks to build, where rigs could move."""

    refresh_mw: Array
    expand_mw: Array
    new_racks: Array
    target: Index
    moved_share: Array
    bid_per_mw: Array

    @classmethod
    def blank(cls, n: int) -> Plans:
        return cls(np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, -1), np.zeros(n), np.zeros(n))


def rig_offer(s: Sector, c: Cases, kept: Array | float = 1.0) -> tuple[Array, Array]:
    """Value and price of new rigs (n,), USD per grid MW, for the mix of generations on sale.

    ``kept`` is the part of hashprice a further rig adds to the firm's revenue.
    """
    return new_rigs_per_mw(s, c.run, c.region, c.hashprice * kept, c.power_cost)


def new_rigs_per_mw(s: Sector, run: Index, region: Index, hashprice: Array, cost: Array) -> tuple[Array, Array]:
    """The same at any site (n,): ``hashprice`` net of the pool's fee, ``cost`` USD per MWh with site overhead."""
    value, price = np.zeros(len(run)), np.zeros(len(run))
    for k in range(2):
        generation, weight = s.on_sale[run, k], s.sale_mix[run, k]
        j = s.rigs.j_per_th[run, generation]
        th_per_mw = 1e6 / (j * s.P.power.mining_overhead[run, 0])
        per_th = rig_present_value(
            hashprice, j, cost, s.expected_decline[run, 0], s.P.finance.mining_discount_rate[run, 0],
            s.P.rigs.life_months[run, 0] / 12, s.P.power.availability[run, 0],
        )  # fmt: skip
        value += weight * per_th * th_per_mw
        price += weight * s.rigs.price[run, generation] * th_per_mw * (1 + s.regions.asic_tariff[run, region])
    return value, price


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """Fill the mining columns of the option table and return the plans behind them."""
    value, price = rig_offer(s, c)
    share = safe_divide(s.ehs_by_firm[c.run, c.firm], s.now.hashrate[c.run])
    marginal, _ = rig_offer(s, c, 1 - share)  # more hashrate takes revenue, not cost, from the fleet a firm has
    own = funds[c.run, c.firm] / s.cases_of_firm[c.run, c.firm]
    lent = c.p(finance.rig_loan_share(s))
    allowed = s.regions.hashing_allowed[c.run, c.region] > 0.5
    plans = Plans.blank(len(c))
    _refresh(s, c, table, plans, value, price, own, lent, allowed)
    _expand(s, c, table, plans, marginal, price, own, lent, allowed)
    _relocate(s, c, table, plans)
    _leave(s, c, table, plans)
    return plans


def _payable(need: Array, own: Array) -> Array:
    """Share of a plan whose own part ``need`` the firm's money can pay."""
    return np.minimum(safe_divide(own, need, 1.0), 1.0)


def _refresh(
    s: Sector, c: Cases, table: OptionTable, plans: Plans, value: Array, price: Array, own: Array, lent: Array,
    allowed: Mask,
) -> None:  # fmt: skip
    by_generation = c.ehs * s.rigs.j_per_th[c.run] * c.p(s.P.power.mining_overhead)[:, None]
    used = c.ehs * s.rigs.used[c.run] * 1e6
    part = _replaced(s, c, by_generation, used)
    mw = np.minimum(np.ascontiguousarray(part * by_generation).sum(axis=-1), c.racks)
    lost = np.ascontiguousarray(part * c.values_by_generation).sum(axis=-1)
    scrap = np.ascontiguousarray(part * used).sum(axis=-1)
    cost = np.maximum(mw * price - scrap, 0.0)
    need = mw * price * (1 - lent)  # the old rigs bring their money only when the new ones are there
    done = _payable(need, own)
    table.value[:, ob.REFRESH] = done * (mw * value - lost - cost)
    table.equity[:, ob.REFRESH] = done * need
    gain = done * (mw * value - lost) * 0.3
    table.earn[:, ob.REFRESH] = safe_divide(gain, table.equity[:, ob.REFRESH])
    table.payback[:, ob.REFRESH] = np.where(gain > 0, table.equity[:, ob.REFRESH] / np.maximum(gain, 1.0), np.inf)
    table.gate[:, ob.REFRESH] = np.select(
        [~allowed, mw < 0.05, done < SMALLEST_STEP, table.value[:, ob.REFRESH] <= 0],
        [ob.FORBIDDEN, ob.NOTHING, ob.NO_EQUITY, ob.WORSE], ob.OPEN,
    )  # fmt: skip
    plans.refresh_mw = done * mw


def _replaced(s: Sector, c: Cases, mw: Array, used: Array) -> Array:
    """Share of each generation (n, G) that new rigs would replace; ``mw`` and second-hand value ``used`` are theirs.

    While connected MW lie idle, an old rig that is worth more than its second-hand price and a new rack stays:
    new rigs had better stand beside it.
    """
    newest = s.rigs.j_per_th[c.run, s.on_sale[c.run, 0]]
    old = s.rigs.j_per_th[c.run] > OUTDATED * newest[:, None]
    rack = mw * (c.p(s.P.rigs.rack_capex_usd_per_mw) * s.now.inflation[c.run])[:, None]
    worth_a_rack = old & (c.values_by_generation - used > rack)
    good = np.ascontiguousarray(np.where(worth_a_rack, mw, 0.0)).sum(axis=-1)
    idle = np.where(s.regions.new_mining[c.run, c.region] > 0.5, c.idle_now, 0.0)
    kept = safe_divide(np.minimum(good, idle), good)
    return np.where(worth_a_rack, 1 - kept[:, None], old.astype(np.float64))


def _expand(
    s: Sector, c: Cases, table: OptionTable, plans: Plans, value: Array, price: Array, own: Array, lent: Array,
    allowed: Mask,
) -> None:  # fmt: skip
    """Rigs for empty racks and, on idle connected MW, racks with rigs; the fleet's own dilution is counted."""
    ordered = c.at.get(s.rigs.ordered_mw)
    empty = np.maximum(c.racks + c.at.get(s.sites.racks_ordered) - c.rig_mw - ordered, 0.0)
    new_racks = np.where(s.regions.new_mining[c.run, c.region] > 0.5, c.idle_now, 0.0)
    rack_cost = c.p(s.P.rigs.rack_capex_usd_per_mw) * s.now.inflation[c.run]
    gain = (empty + new_racks) * (value - price) - new_racks * rack_cost
    only_racks_in_place = (gain <= empty * (value - price)) | (new_racks == 0)
    new_racks = np.where(only_racks_in_place, 0.0, new_racks)
    rigs, build = (empty + new_racks) * price, new_racks * rack_cost
    need = rigs * (1 - lent) + build  # lenders take rigs as security, not racks
    done = _payable(need, own)
    table.value[:, ob.EXPAND] = done * ((empty + new_racks) * value - rigs - build)
    table.equity[:, ob.EXPAND] = done * need
    yearly = done * (empty + new_racks) * value * 0.3
    table.earn[:, ob.EXPAND] = safe_divide(yearly, table.equity[:, ob.EXPAND])
    table.payback[:, ob.EXPAND] = np.where(yearly > 0, table.equity[:, ob.EXPAND] / np.maximum(yearly, 1.0), np.inf)
    table.gate[:, ob.EXPAND] = np.select(
        [~allowed, empty + new_racks < 0.05, done < SMALLEST_STEP, table.value[:, ob.EXPAND] <= 0],
        [ob.FORBIDDEN, ob.NOTHING, ob.NO_EQUITY, ob.WORSE], ob.OPEN,
    )  # fmt: skip
    plans.expand_mw, plans.new_racks = done * (empty + new_racks), done * new_racks


def _relocate(s: Sector, c: Cases, table: OptionTable, plans: Plans) -> None:
    """Move rigs to the firm's cheapest other site with free racks, if that is worth the transport."""
    target, free, cost_there = cheapest_free_site(s)
    there = target[c.run, c.firm]
    fits = np.minimum(safe_divide(free[c.run, c.firm], c.rig_mw), 1.0)
    movable = np.where((there >= 0)[:, None], c.ehs, 0.0)
    cost = cost_there[c.run, c.firm]
    worth = value_fleets(movable, c.run, c.hashprice, cost, case_module.machines(s)).value
    here = c.rig_value * s.regions.hashing_allowed[c.run, c.region]
    distance = s.distance[c.region, np.take_along_axis(s.sites.region, np.maximum(target, 0), axis=1)[c.run, c.firm]]
    moved = fits * (worth - here - c.rig_mw * TRANSPORT_USD_PER_MW * distance)
    # without a site of his own to go to the owner can ship them off to dealers
    there = np.where((there == c.at.row) | (fits < SMALLEST_STEP) | (moved <= 0), -1, there)
    table.value[:, ob.RELOCATE] = np.where(there >= 0, moved, SHIPPED_DISCOUNT * c.rig_scrap - here)
    nowhere = c.rig_mw < 0.05
    table.gate[:, ob.RELOCATE] = np.select(
        [np.full(len(c), not s.relocation_allowed), nowhere, table.value[:, ob.RELOCATE] <= 0],
        [ob.FORBIDDEN, ob.NOTHING, ob.WORSE], ob.OPEN,
    )  # fmt: skip
    plans.target, plans.moved_share = there, fits


def cheapest_free_site(s: Sector) -> tuple[Index, Array, Array]:
    """For each firm its cheapest site with an empty powered rack: site (-1 none), free MW, USD/MWh (R, F)."""
    free = s.empty_racks_mw()
    allowed = spread(s.regions.hashing_allowed, s.sites.region) > 0.99
    rows = Rows.where((free > 0.5) & (s.sites.owner >= 0) & (s.sites.miner == s.sites.owner) & allowed)
    cost, firm = rows.get(case_module.power_cost(s)), rows.get(s.sites.miner)
    order = np.lexsort((rows.row, cost, firm, rows.run))
    run, row, firm, cost = rows.run[order], rows.row[order], firm[order], cost[order]
    first = first_in_group(run * s.n_firms + firm)
    shape = (s.n_runs, s.n_firms)
    target, room, price = np.full(shape, -1), np.zeros(shape), np.full(shape, 1e3)
    target[run[first], firm[first]] = row[first]
    room[run[first], firm[first]] = free[run[first], row[first]]
    price[run[first], firm[first]] = cost[first]
    return target, room, price


def _leave(s: Sector, c: Cases, table: OptionTable, plans: Plans) -> None:
    """Sell the site to a developer, or close it: the connection is sold for what miners give, fixed cost is saved.

    Both give up the connection, whose worth in ordinary times is what an owner asks for at least.
    """
    has_ai = c.at.get(s.sites.ai_gross) + c.at.get(s.sites.ai_building) + c.at.get(s.sites.legacy_gpu) > 0.01
    plans.bid_per_mw = developer_bid(s)[c.run, c.at.row]
    rigs = SCRAP_DISCOUNT * c.rig_scrap - c.rig_value
    reservation = c.p(s.P.finance.connected_mw_value_usd_m) * 1e6 * c.connected
    # overhead ends only with the firm: an owner-run firm that closes its one site; boards of listed ones stay
    last = (c.connected >= WHOLE_FIRM * s.connected_by_firm()[c.run, c.firm]) & ~s.firms.listed[c.run, c.firm]
    overhead = np.where(last, bills.overhead(s)[c.run, c.firm] * 12, 0.0)
    yearly = c.at.get(bills.staffed(s)) * c.p(s.P.power.site_cost_usd_per_mw_year) * c.racks + overhead
    saved = yearly * annuity_factor(c.p(s.P.finance.mining_discount_rate), FUTURE_YEARS)
    table.value[:, ob.SELL] = SALE_DISCOUNT * plans.bid_per_mw * c.connected + rigs + saved - reservation
    missed = np.maximum(reservation - miner_bid(s)[c.run] * c.connected, 0.0)
    table.value[:, ob.CLOSE] = rigs + saved - missed
    small = c.connected < 0.05
    sellable = [has_ai | (c.role == CLIENT), small, plans.bid_per_mw <= 0, table.value[:, ob.SELL] <= 0]
    table.gate[:, ob.SELL] = np.select(sellable, [ob.FORBIDDEN, ob.NOTHING, ob.NO_BUYER, ob.WORSE], ob.OPEN)
    closable = [has_ai | (c.role == CLIENT), small, table.value[:, ob.CLOSE] <= 0]
    table.gate[:, ob.CLOSE] = np.select(closable, [ob.FORBIDDEN, ob.NOTHING, ob.WORSE], ob.OPEN)


def miner_bid(s: Sector) -> Array:
    """What miners give for a connected MW (R,), USD: more when new rigs earn more than they cost."""
    ordinary = s.P.finance.connected_mw_value_usd_m[:, 0] * 1e6
    return ordinary * s.mining_mood * (1 - s.P.finance.liquidation_cost[:, 0])


def developer_bid(s: Sector) -> Array:
    """What an AI developer gives for a connected MW of a suitable large site (R, S), USD; grows with the backlog."""
    hunger = np.minimum(s.wanted_total / np.maximum(s.start_wanted, 1.0), 1.5)[:, None]
    wanted = (s.sites.suitability >= s.P.ai.min_suitability) & (s.sites.connected >= DEVELOPER_MINIMUM_MW)
    bid = AI_SITE_VALUE * hunger * s.sites.suitability * (1 - s.P.finance.liquidation_cost)
    return np.where(wanted & s.pivot_allowed, bid, 0.0)


def site_bid(s: Sector) -> Array:
    """The better of a developer's and a miner's bid (R, S), USD per connected MW."""
    return np.maximum(developer_bid(s), miner_bid(s)[:, None])
