"""Phase 3: new rig generations ship, prices form, deliveries and racks arrive, rigs make room for halls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Rows
from sim.economics.mining import rig_present_value
from sim.kernels import deliveries as kernels
from sim.state import NEVER

if TYPE_CHECKING:
    from sim.sector import Sector

RAMP_MONTHS = 9.0  # a new generation ramps up beside the previous one (prototype: 6-12 months)
SMALLEST_CAPACITY = 0.1  # of the start's: vendors do not close altogether
# of a connection's ordinary price in a slump: Helios fetched 0.36 M USD per MW at the bottom of 2022-12, sites of
# 2024-25 0.32 to 0.46 (facts: operating_costs, exits); forced sellers of private sites get less (assumed)
LOWEST_MOOD = 0.5
SHRINKS = 1 / 3  # speed of shrinking over growing: chips are booked ahead, unsold rigs wait for the next month
ORDER_MEMORY = 2 / 3  # vendors look at the orders of about a quarter, in which every firm reviews once


def update_market(s: Sector) -> None:
    """Generations on sale, their mix and price, vendors' capacity, and what used rigs are worth."""
    rigs, p = s.rigs, s.P.rigs
    out = rigs.release <= s.t
    newest = np.argmax(np.where(out, rigs.release, -np.inf), axis=1)
    second = np.argmax(np.where(out & (np.arange(out.shape[1]) != newest[:, None]), rigs.release, -np.inf), axis=1)
    s.on_sale = np.stack((newest, second), axis=1)
    rows = np.arange(s.n_runs)
    age = s.t - rigs.release[rows, newest]
    share = np.clip(age / RAMP_MONTHS, 0.1, 1.0)
    s.sale_mix = np.stack((share, 1 - share), axis=1)
    value = buyers_value(s)
    floor = p.vendor_cost_usd_per_w * s.now.inflation[:, None] * rigs.j_per_th
    launch = 1 + p.launch_premium * np.exp(-np.maximum(s.t - rigs.release, 0.0) / p.launch_decay_months)
    rigs.price = np.maximum(floor, p.payback_price_share * value * launch)
    rigs.used = (1 - p.resale_discount) * np.minimum(value, rigs.price)
    _adapt_capacity(s)
    profitability = value[rows, newest] / rigs.price[rows, newest]
    s.mining_mood = np.clip(profitability - 0.5, LOWEST_MOOD, 2.0)
    s.profitability = profitability


def buyers_value(s: Sector) -> Array:
    """What a TH/s of each generation is worth to a median miner (R, G), USD."""
    return rig_present_value(
        s.now.hashprice[:, None], s.rigs.j_per_th, s.reference_power_cost(),
        s.expected_decline, s.P.finance.mining_discount_rate, s.P.rigs.life_months / 12,
        s.P.power.availability,
    )  # fmt: skip


def _adapt_capacity(s: Sector) -> None:
    """Vendors expand while orders press on capacity, up to what chips allow; else they shrink more slowly."""
    growth = s.P.rigs.capacity_growth_per_month[:, 0]
    start = s.P.rigs.capacity_mw_per_month[:, 0]
    s.rigs.order_book = ORDER_MEMORY * s.rigs.order_book + (1 - ORDER_MEMORY) * s.rigs.wanted_mw
    pressed = s.rigs.order_book > 0.9 * s.rigs.capacity
    target = np.maximum(s.rigs.order_book, SMALLEST_CAPACITY * start)
    shrunk = np.minimum(np.maximum(s.rigs.capacity * (1 - SHRINKS * growth), target), s.rigs.capacity)
    limit = s.P.rigs.capacity_limit_mw_per_month[:, 0]
    s.rigs.capacity = np.where(pressed, np.minimum(s.rigs.capacity * (1 + growth), limit), shrunk)


def receive_rigs(s: Sector) -> None:
    """Rigs ordered some months ago arrive; on full racks they replace the hungriest, which are sold."""
    rigs = s.rigs
    slot = s.t % rigs.ordered.shape[0]
    generation = rigs.ordered_generation[slot]
    mw_per_ehs = np.take_along_axis(rigs.j_per_th, generation, axis=1) * s.P.power.mining_overhead
    kernels.receive(rigs.ordered[slot], generation, mw_per_ehs, rigs.ehs, rigs.ordered_mw)
    _clear_oldest(s)


def _clear_oldest(s: Sector) -> None:
    """Rigs beyond the racks, those being built and some spares are sold second-hand, the hungriest first."""
    rigs = s.rigs
    installed = s.installed_mw()
    room = SPARES * (s.sites.racks + s.sites.racks_ordered)
    at = Rows.where(installed > room + 1e-9)
    mw = at.get(rigs.ehs) * rigs.j_per_th[at.run] * s.P.power.mining_overhead[at.run]
    newest_first = np.cumsum(mw[:, ::-1], axis=1)[:, ::-1]
    beyond = np.clip(newest_first - at.get(room)[:, None], 0.0, mw)
    s.sell_rigs(at, at.get(rigs.ehs) * np.divide(beyond, mw, out=np.zeros_like(mw), where=mw > 0))
    s.rig_mw_by_site = installed
    s.rig_mw_by_site[at.run, at.row] = np.ascontiguousarray(mw - beyond).sum(axis=-1)


SPARES = 1.02  # rigs kept per powered rack: spares for repairs


def finish_racks(s: Sector) -> None:
    """Racks whose building time has passed are powered; racks in the way of a hall are taken down."""
    sites = s.sites
    ready = sites.racks_month <= s.t
    room = np.maximum(sites.connected - sites.racks - sites.ai_gross - sites.vacant - sites.legacy_gpu, 0.0)
    done = np.where(ready, np.minimum(sites.racks_ordered, room), 0.0)
    sites.racks += done
    sites.racks_ordered = np.where(ready, 0.0, sites.racks_ordered)
    sites.racks_month = np.where(ready, NEVER, sites.racks_month)
    leaving = sites.leaving_month <= s.t
    sites.racks = np.where(leaving, np.maximum(sites.racks - sites.racks_leaving, 0.0), sites.racks)
    sites.racks_leaving = np.where(leaving, 0.0, sites.racks_leaving)
    sites.leaving_month = np.where(leaving, NEVER, sites.leaving_month)
