"""What a site could do within mining: new rigs for old, more racks, rigs moved, site sold or closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index, spread
from sim.economics.credit import annuity_factor
from sim.kernels import mining, rigs
from sim.phases import bills, finance
from sim.phases import cases as case_module
from sim.phases.cases import CLIENT, HOST

if TYPE_CHECKING:
    from sim.kernels.options import OptionTable
    from sim.phases.cases import Cases
    from sim.sector import Sector

TRANSPORT_USD_PER_MW = 25_000.0  # dismantle, ship, reinstall a MW of rigs (assumed: about 1 USD per TH/s)
AI_SITE_VALUE = 1.2e6  # USD per MW an AI developer bids for a suitable connected site (facts: 3 M at the very best)
DEVELOPER_MINIMUM_MW = 25.0
FUTURE_YEARS = 3.0  # fixed cost of a site that a closing firm saves
CODES = mining.Codes(  # the kernels' options and gates in their order
    option=np.array([ob.REFRESH, ob.EXPAND, ob.RELOCATE, ob.SELL, ob.CLOSE]),
    gate=np.array([ob.OPEN, ob.NOTHING, ob.NO_EQUITY, ob.FORBIDDEN, ob.WORSE, ob.NO_BUYER, ob.NOT_OURS]),
)


@dataclass
class Plans:
    """Per case (n,): MW of rigs to order for refresh and expansion, racks to build, where rigs could move."""

    refresh_mw: Array
    expand_mw: Array
    new_racks: Array
    target: Index
    moved_share: Array
    bid_per_mw: Array


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """Fill the mining columns of the option table and return the plans behind them."""
    refresh_mw, expand_mw, new_racks = _buy_rigs(s, c, funds, table)
    target, moved_share = _move_rigs(s, c, table)
    bid_per_mw = developer_bid(s)[c.run, c.at.row]
    _leave(s, c, bid_per_mw, table)
    return Plans(refresh_mw, expand_mw, new_racks, target, moved_share, bid_per_mw)


def _buy_rigs(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Array:
    """New rigs in place of old ones and in empty racks; more hashrate takes revenue from the fleet a firm has."""
    share = (s.ehs_by_firm / s.now.hashrate[:, None])[c.run, c.firm]
    offers = mining.NewRigs(
        price=new_rig_price(s), rack_cost=case_module.rack_cost(s), lent=finance.rig_loan_share(s)[:, 0],
        duty=s.regions.asic_tariff, hashing=s.regions.hashing_allowed, own=funds / s.cases_of_firm,
    )  # fmt: skip
    racks = mining.Racks(
        run=c.run, firm=c.firm, region=c.region, racks=c.racks,
        empty=np.maximum(c.racks + c.at.get(s.sites.racks_ordered) - c.rig_mw - c.at.get(s.rigs.ordered_mw), 0.0),
        idle=np.where(s.regions.new_mining[c.run, c.region] > 0.5, c.idle_now, 0.0),
        old_mw=c.old_mw, old_value=c.old_value, old_scrap=c.old_scrap,
        new=new_rig_value(s, c.run, c.hashprice, c.power_cost),
        added=new_rig_value(s, c.run, c.hashprice * (1 - share), c.power_cost),
        own_rigs=c.role != HOST, own_site=c.role != CLIENT,
    )  # fmt: skip
    return mining.buy_rigs(offers, racks, table, CODES)


def new_rig_value(s: Sector, run: Index, hashprice: Array, cost: Array) -> Array:
    """Value of new rigs of the mix on sale (n,), USD per grid MW.

    ``hashprice`` net of the pool's fee, ``cost`` USD per MWh at the plug.
    """
    draw = s.P.power.mining_overhead * np.take_along_axis(s.rigs.j_per_th, s.on_sale, axis=1)
    sale = rigs.OnSale(draw, s.sale_mix / draw, s.P.rigs.life_months / 12 * np.ones_like(draw))
    return rigs.new_rig_values(run, hashprice, cost, sale, case_module.machines(s))


def new_rig_price(s: Sector) -> Array:
    """Price of the same before duty (R,), USD per grid MW."""
    draw = s.P.power.mining_overhead * np.take_along_axis(s.rigs.j_per_th, s.on_sale, axis=1)
    per_mw = s.sale_mix * np.take_along_axis(s.rigs.price, s.on_sale, axis=1) * 1e6 / draw
    return per_mw[:, 0] + per_mw[:, 1]


def _move_rigs(s: Sector, c: Cases, table: OptionTable) -> tuple[Index, Array]:
    """Rigs to the firm's cheapest other site with free racks, if that is worth the transport, or to dealers."""
    sites, cost, allowed = s.sites, case_module.power_cost(s), spread(s.regions.hashing_allowed, s.sites.region)
    room = mining.cheapest_room(s.empty_racks_mw(), cost, sites.owner, sites.miner, allowed, s.n_firms)
    there = room.site[c.run, c.firm]
    cost_there = np.where((there >= 0) & (there != c.at.row), room.cost[c.run, c.firm], np.inf)
    movers = mining.Movers(
        run=c.run, firm=c.firm, site=c.at.row, region=c.region, rigs=c.rig_mw, value=c.rig_value, scrap=c.rig_scrap,
        there=rigs.values_elsewhere(c.ehs, c.run, c.hashprice, cost_there, case_module.machines(s)),
        hashing=s.regions.hashing_allowed[c.run, c.region], own_rigs=c.role != HOST,
    )  # fmt: skip
    freight = TRANSPORT_USD_PER_MW * s.distance
    return mining.move_rigs(s.relocation_allowed, room, sites.region, freight, movers, table, CODES)


def _leave(s: Sector, c: Cases, bid_per_mw: Array, table: OptionTable) -> None:
    """Site sold to a developer, or closed; boards of listed firms stay."""
    sites, f = s.sites, s.P.finance
    exits = mining.Exits(
        reservation=f.connected_mw_value_usd_m[:, 0] * 1e6, bid=miner_bid(s),
        site_cost=s.P.power.site_cost_usd_per_mw_year[:, 0],
        years=annuity_factor(f.mining_discount_rate[:, 0], FUTURE_YEARS), connected=s.connected_by_firm(),
        overhead=np.where(s.firms.listed, 0.0, s.overhead * 12),
    )  # fmt: skip
    leavers = mining.Leavers(
        run=c.run, firm=c.firm, connected=c.connected, racks=c.racks, value=c.rig_value, scrap=c.rig_scrap,
        bid=bid_per_mw, staffed=c.at.get(bills.staffed(s)),
        ai=c.at.get(sites.ai_gross) + c.at.get(sites.ai_building) + c.at.get(sites.legacy_gpu) > 0.01,
        own=(c.role != HOST) & (c.role != CLIENT),
    )  # fmt: skip
    mining.leave_sites(exits, leavers, table, CODES)


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
