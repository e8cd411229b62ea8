"""Phase 3: new rig generations ship, prices form, deliveries and racks arrive, rigs make room for halls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Rows
from sim.economics.mining import rig_present_value
from sim.state import NEVER

if TYPE_CHECKING:
    from sim.sector import Sector

RAMP_MONTHS = 9.0  # a new generation ramps up beside the previous one (prototype: 6-12 months)
SMALLEST_CAPACITY = 0.1  # of the start's: vendors do not close altogether


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
    s.mining_mood = np.clip(profitability - 0.5, 0.0, 2.0)
    s.profitability = profitability


def buyers_value(s: Sector) -> Array:
    """What a TH/s of each generation is worth to a median miner (R, G), USD."""
    return rig_present_value(
        s.now.hashprice[:, None], s.rigs.j_per_th, s.reference_power_cost(),
        s.expected_decline, s.P.finance.mining_discount_rate, s.P.rigs.life_months / 12,
        s.P.power.availability,
    )  # fmt: skip


def _adapt_capacity(s: Sector) -> None:
    """Vendors expand while orders press on capacity and shrink towards demand otherwise."""
    growth = s.P.rigs.capacity_growth_per_month[:, 0]
    start = s.P.rigs.capacity_mw_per_month[:, 0]
    pressed = s.rigs.wanted_mw > 0.9 * s.rigs.capacity
    target = np.maximum(s.rigs.wanted_mw, SMALLEST_CAPACITY * start)
    shrunk = np.maximum(s.rigs.capacity * (1 - growth), target)
    s.rigs.capacity = np.where(pressed, s.rigs.capacity * (1 + growth), shrunk)


def receive_rigs(s: Sector) -> None:
    """Rigs ordered some months ago arrive; on full racks they replace the hungriest, which are sold."""
    rigs = s.rigs
    slot = s.t % rigs.ordered.shape[0]
    run = np.arange(s.n_runs)
    for k in range(2):
        rigs.ehs[run, :, rigs.ordered_generation[slot, :, k]] += rigs.ordered[slot, :, :, k]
    rigs.ordered[slot] = 0.0
    mw = (rigs.ordered * _mw_per_ehs(s)).sum(axis=-1)
    total = np.zeros((s.n_runs, s.n_sites))
    for row in mw:
        total += row
    rigs.ordered_mw = total
    _clear_oldest(s)


def _mw_per_ehs(s: Sector) -> Array:
    """MW at the plug per EH/s of what stands on order (D, R, 1, 2)."""
    run = np.arange(s.n_runs)[None, :, None]
    j = s.rigs.j_per_th[run, s.rigs.ordered_generation]
    return (j * s.P.power.mining_overhead[None])[:, :, None, :]


def _clear_oldest(s: Sector) -> None:
    """Rigs beyond twice the racks (spares) leave, the hungriest first, at second-hand value."""
    rigs = s.rigs
    mw = rigs.ehs * rigs.j_per_th[:, None, :] * s.P.power.mining_overhead[:, :, None]
    newest_first = np.cumsum(mw[:, :, ::-1], axis=2)[:, :, ::-1]
    beyond = np.clip(newest_first - SPARES * s.sites.racks[:, :, None], 0.0, mw)
    gone = np.divide(beyond, mw, out=np.zeros_like(mw), where=mw > 0)
    at = Rows.where(gone.any(axis=2))
    s.sell_rigs(at, at.get(rigs.ehs) * at.get(gone))
    s.rig_mw_by_site = np.ascontiguousarray(mw * (1 - gone)).sum(axis=-1)


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
