"""Phase 8, end: dealers' used rigs find new owners with empty racks.

Rigs that firms sell (replaced, idle, from closed or banned sites) go to dealers. A miner with an empty powered
rack buys the best generations that are worth more to him than dealers ask; what stays too long is scrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, Rows, safe_divide, spread
from sim.kernels import rigs as kernels
from sim.phases import cases, finance, orders, rig_market

if TYPE_CHECKING:
    from sim.sector import Sector

SMALLEST_GAP_MW = 0.02
COMMISSION = 1.1  # what buyers pay over what sellers get


def take_in(s: Sector, at: Rows, ehs: Array) -> None:
    """Rigs sold at some sites, EH/s by generation (n, G), go to the dealers' stock."""
    generations = ehs.shape[1]
    cell = at.run[:, None] * generations + np.arange(generations)
    total = np.bincount(cell.ravel(), ehs.ravel(), s.n_runs * generations)
    s.rigs.dealers += total.reshape(s.n_runs, generations)


def worth_a_rack(s: Sector) -> Array:
    """MW (R,) of dealers' rigs that would pay for a new rack, beyond those that find an empty one."""
    rigs, overhead = s.rigs, s.P.power.mining_overhead
    mw = rigs.dealers * rigs.j_per_th * overhead
    gain = (rig_market.buyers_value(s) - COMMISSION * rigs.used) * 1e6 / (rigs.j_per_th * overhead)
    pays = (rigs.used > 0) & (gain > s.P.rigs.rack_capex_usd_per_mw * s.now.inflation[:, None])
    waiting = np.where(s.sites.owner >= 0, s.sites.racks + s.sites.racks_ordered, 0.0) * _open(s)
    empty = np.maximum(waiting - s.rig_mw_by_site - rigs.ordered_mw, 0.0).sum(axis=-1)
    return np.maximum((mw * pays).sum(axis=-1) - empty, 0.0)


def _open(s: Sector) -> Mask:
    """Sites where hashing is allowed (R, S)."""
    return spread(s.regions.hashing_allowed, s.sites.region) > 0.99


def trade(s: Sector) -> None:
    """Fill empty racks from the dealers' stock, newest generation first."""
    rigs = s.rigs
    rigs.dealers *= 1 - s.P.rigs.retirement_per_month
    gaps = s.empty_racks_mw()
    at = Rows.where((gaps > SMALLEST_GAP_MW) & (s.sites.miner >= 0) & _open(s))
    if not len(at):
        return
    firm, free = at.get(s.sites.miner), at.get(gaps)
    funds = 0.5 * finance.own_funds(s)
    asked = at.sum_into(free, s.n_runs, s.n_firms, firm)
    budget = safe_divide(funds[at.run, firm] * free, asked[at.run, firm])
    cost = np.zeros(len(at))
    left = kernels.sell_used(
        cases.machines(s), _buyers(s, at, firm, free, budget), COMMISSION, rigs.dealers, rigs.ehs, cost
    )
    paid = at.sum_into(cost, s.n_runs, s.n_firms, firm)
    orders.pay_from_funds(s, paid)
    s.books.post("balance_only", "vendors", cash=-paid, rigs=paid)
    s.rig_mw_by_site[at.run, at.row] += free - left


def _buyers(s: Sector, at: Rows, firm: Index, free: Array, budget: Array) -> kernels.Buyers:
    """Who has empty racks, and what a rig would earn there."""
    view = s.firms.hashprice_view[at.run, firm] * (1 - s.P.bitcoin.pool_fee[at.run, 0])
    return kernels.Buyers(at.run, at.row, free, budget, view, cases.power_cost(s, at))
