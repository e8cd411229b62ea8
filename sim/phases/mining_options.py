"""What a site could do within mining: new rigs for old, more racks, rigs moved, site sold or closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index
from sim.economics.credit import annuity_factor
from sim.kernels import mines, mining, rigs
from sim.phases import bills, finance
from sim.phases import cases as case_module

if TYPE_CHECKING:
    from sim.kernels.options import OptionTable
    from sim.phases.cases import Cases
    from sim.sector import Sector

TRANSPORT_USD_PER_MW = 25_000.0  # dismantle, ship, reinstall a MW of rigs (assumed: about 1 USD per TH/s)
AI_SITE_VALUE = 1.2e6  # USD per MW an AI developer bids for a suitable connected site (facts: 3 M at the very best)
FUTURE_YEARS = 3.0  # fixed cost of a site that a closing firm saves
CODES = mines.Codes(  # the kernels' options and gates in their order
    option=np.array([ob.REFRESH, ob.EXPAND, ob.RELOCATE, ob.SELL, ob.CLOSE]),
    gate=np.array([ob.OPEN, ob.NOTHING, ob.NO_EQUITY, ob.FORBIDDEN, ob.WORSE, ob.NO_BUYER, ob.NOT_OURS]),
)


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> mines.Plans:
    """Fill the mining columns of the option table and return the plans behind them."""
    at, offers, hashing = _mines(s, c), _offers(s, funds), s.regions.hashing_allowed
    moves = _moves(s, c, at)
    found = mines.prospects(at, offers, moves.free, hashing)
    worth = _value_rigs(s, c, found)
    return mines.value_mines(at, offers, moves, _exits(s), hashing, found, worth, table, CODES)


def _mines(s: Sector, c: Cases) -> mines.Mines:
    """The cases as the kernels read them."""
    standby = c.p(s.P.power.standby_cost_share)
    return mines.Mines(
        run=c.run, firm=c.firm, site=c.at.row, region=c.region, role=c.role, connected=c.connected, racks=c.racks,
        racks_ordered=c.racks_ordered, rigs_ordered=c.rigs_ordered, idle=c.idle_now, halls=c.halls, rigs=c.rig_mw,
        cost=c.power_cost, value=c.rig_value, scrap=c.rig_scrap, old_mw=c.old_mw, old_value=c.old_value,
        old_scrap=c.old_scrap, suitability=c.suitability, unit=c.unit,
        staffed=bills.staffed_part(c.at.get(s.dispatched.mw), c.at.get(s.sites.racks), standby),
    )  # fmt: skip


def _value_rigs(s: Sector, c: Cases, found: mines.Prospects) -> mines.Worth:
    """What rigs are worth that may be bought or moved; more hashrate takes revenue from the fleet a firm has."""
    diluted = c.hashprice * (1 - c.by.get(s.ehs_by_firm) / np.take(s.now.hashrate, c.run))
    sale = on_sale(s)
    return mines.Worth(
        rigs.new_rig_values(found.refresh == mining.OPEN, c.run, c.hashprice, c.power_cost, sale, c.machines),
        rigs.new_rig_values(found.expand == mining.OPEN, c.run, diluted, c.power_cost, sale, c.machines),
        rigs.values_elsewhere(s.rigs.ehs, c.run, c.at.row, c.hashprice, found.cost_elsewhere, c.machines),
    )


def _offers(s: Sector, funds: Array) -> mines.Offers:
    """New rigs and racks, and how firms can pay for them."""
    return mines.Offers(
        price=new_rig_price(s), rack_cost=case_module.rack_cost(s), lent=finance.rig_loan_share(s)[:, 0],
        duty=s.regions.asic_tariff, racks=s.regions.new_mining, own=funds / s.cases_of_firm,
    )  # fmt: skip


def _moves(s: Sector, c: Cases, at: mines.Mines) -> mines.Moves:
    """Where rigs could go: to the firm's cheapest other site with free racks."""
    free = mines.free_racks(at, c.empty, s.sites.miner, s.regions.hashing_allowed, s.n_firms)
    return mines.Moves(s.relocation_allowed, free, s.sites.region, TRANSPORT_USD_PER_MW * s.distance)


def _exits(s: Sector) -> mines.Exits:
    """What a site brings that is sold to a developer or closed; boards of listed firms stay."""
    f = s.P.finance
    return mines.Exits(
        reservation=f.connected_mw_value_usd_m[:, 0] * 1e6, bid=miner_bid(s),
        site_cost=s.P.power.site_cost_usd_per_mw_year[:, 0],
        years=annuity_factor(f.mining_discount_rate[:, 0], FUTURE_YEARS), connected=s.connected_by_firm(),
        overhead=s.overhead, listed=s.firms.listed, developers=_developers(s),
    )  # fmt: skip


def on_sale(s: Sector) -> rigs.OnSale:
    """The generations on sale, as their buyers value them."""
    draw = s.P.power.mining_overhead * np.take_along_axis(s.rigs.j_per_th, s.on_sale, axis=1)
    return rigs.OnSale(draw, s.sale_mix / draw, s.P.rigs.life_months / 12 * np.ones_like(draw))


def new_rig_value(s: Sector, run: Index, hashprice: Array, cost: Array) -> Array:
    """Value of new rigs of the mix on sale (n,), USD per grid MW.

    ``hashprice`` net of the pool's fee, ``cost`` USD per MWh at the plug.
    """
    asked = np.ones(len(run), bool)
    return rigs.new_rig_values(asked, run, hashprice, cost, on_sale(s), case_module.machines(s))


def new_rig_price(s: Sector) -> Array:
    """Price of the same before duty (R,), USD per grid MW."""
    draw = s.P.power.mining_overhead * np.take_along_axis(s.rigs.j_per_th, s.on_sale, axis=1)
    per_mw = s.sale_mix * np.take_along_axis(s.rigs.price, s.on_sale, axis=1) * 1e6 / draw
    return per_mw[:, 0] + per_mw[:, 1]


def miner_bid(s: Sector) -> Array:
    """What miners give for a connected MW (R,), USD: more when new rigs earn more than they cost."""
    ordinary = s.P.finance.connected_mw_value_usd_m[:, 0] * 1e6
    return ordinary * s.mining_mood * (1 - s.P.finance.liquidation_cost[:, 0])


def _developers(s: Sector) -> mining.Developers:
    """AI developers as buyers of sites: what they bid grows with the backlog."""
    hunger = np.minimum(s.wanted_total / np.maximum(s.start_wanted, 1.0), 1.5)
    return mining.Developers(
        price=AI_SITE_VALUE * hunger * s.pivot_allowed, kept=1 - s.P.finance.liquidation_cost[:, 0],
        suitable=s.P.ai.min_suitability[:, 0],
    )  # fmt: skip


def developer_bid(s: Sector) -> Array:
    """What an AI developer gives for a connected MW of a suitable large site (R, S), USD."""
    return mining.developers_bids(_developers(s), s.sites.suitability, s.sites.connected)


def site_bid(s: Sector) -> Array:
    """The better of a developer's and a miner's bid (R, S), USD per connected MW."""
    return np.maximum(developer_bid(s), miner_bid(s)[:, None])
