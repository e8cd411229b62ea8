"""Phases 1 and 2: exogenous drivers move, regulators set rules, grid operators price, admit and call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Rows, among, running_total, safe_divide, spread, sum_by
from sim.economics import mining, power
from sim.months import days_in_month
from sim.phases import finance
from sim.phases.cases import due_firms
from sim.population import HOST_MARGIN
from sim.state import NEVER

if TYPE_CHECKING:
    from sim.sector import Sector

OUTFIT_USD_PER_MW = 1.0e6  # racks and half the rigs: what a firm must have at hand per MW it asks for
SMALLEST_REQUEST_MW = 0.02
FULL = 0.85  # share of a firm's connections in use before it asks for more
MOST_PENDING = 0.5  # a firm's requests pending, over what it has
HOSTING_MONTHS = 24
LARGE_LOAD_MW = 75.0  # threshold of large-load rules where a region has none of its own (Texas SB6)


def move_drivers(s: Sector) -> None:
    """Coin price, fees, rates, multiples and AI demand of the month; coins are marked to market."""
    d, t, now = s.drivers, s.t, s.now
    now.last_hashrate = now.hashrate
    now.btc_price = d.btc_price_usd[:, t].copy()
    now.fees_per_day = d.fees_btc_per_day[:, t].copy()
    now.inflation = d.inflation_index[:, t].copy()
    now.base_rate = d.base_rate[:, t].copy()
    now.spread_shock = d.credit_spread_shock[:, t].copy()
    now.ltc_factor = d.ltc_factor[:, t].copy()
    now.multiple = d.equity_multiple_factor[:, t].copy()
    now.ai_demand = d.ai_demand_gw[:, t] * 1000.0
    now.gpu_rent = d.gpu_rent_usd_per_hour[:, t].copy()
    now.gpu_scarcity = d.gpu_scarcity[:, t].copy()
    s.days = float(days_in_month(s.start_month + t))
    blocks = np.full(s.n_runs, mining.BLOCKS_PER_DAY * s.days)
    now.subsidy = mining.coins_of_blocks(now.height, blocks) / blocks
    value = s.firms.coins_btc * now.btc_price[:, None]
    s.books.post("gains", "households", "revaluation", coins=value - s.books.stock["coins"])


def set_rules(s: Sector) -> None:
    """Regulators apply the dated policy, the rules in force, and what an adaptive regulator adds."""
    r, policy = s.regions, s.policy
    observation = ob.RegulatorObservation(
        carbon_price=policy.carbon_price(s.t), excise=policy.excise(s.t), hashing_allowed=policy.hashing_allowed(s.t),
        emissions=r.emissions, start_emissions=s.start_emissions, reserve_margin=r.reserve_margin, price=r.price,
        start_price=r.base_price * s.now.inflation[:, None],
        strength=np.broadcast_to(policy.adaptive_strength, r.price.shape).copy(),
    )  # fmt: skip
    decision = s.ask("regulators", observation)
    r.carbon_price, r.excise = decision.carbon_price, decision.excise
    r.hashing_allowed = np.clip(decision.hashing_allowed, 0.0, 1.0)
    r.connection_share = np.clip(decision.connection_share, 0.0, 1.0)
    r.new_mining, r.new_ai = policy.new_mining(s.t), policy.new_ai(s.t)
    if (s.start_month + s.t) % 12 == 0:
        r.ai_signed_this_year[:] = 0.0
    r.new_ai = r.new_ai * (r.ai_signed_this_year < policy.level("ai_cap_mw_per_year", s.t, np.inf))
    r.tariff, r.ai_tariff, r.asic_tariff = policy.tariff(s.t), policy.ai_tariff(s.t), policy.asic_tariff(s.t)
    r.large_load[:] = policy.level("large_load_threshold_mw", s.t, LARGE_LOAD_MW)
    r.duty = np.broadcast_to(s.P.policy.large_load_duty_usd_per_mw_year, r.price.shape).copy()


def run_grids(s: Sector) -> None:
    """Price curves from last month's load, connections within the month's headroom, programme calls."""
    r = s.regions
    ready = (s.sites.pipeline > 0) & (queue_date(s) <= s.t) & (s.sites.owner >= 0)
    queue = sum_by(s.sites.region, np.where(ready, s.sites.pipeline, 0.0), s.n_regions)
    headroom = r.headroom * s.P.power.headroom_scale
    r.budget = np.minimum(r.budget + headroom / 12, 0.5 * headroom) * r.connection_share
    observation = ob.GridObservation(
        load_mw=r.load, load_change_mw=r.load - r.load0, peak_mw=r.peak, queue_mw=queue, budget_mw=r.budget,
        reserve_margin=r.reserve_margin, programme_hours=r.base_programme_hours * s.P.power.demand_response_scale,
        elasticity=np.broadcast_to(s.P.power.load_price_elasticity, r.load.shape).copy(),
    )  # fmt: skip
    decision = s.ask("grid_operators", observation)
    admitted = connect(s, Rows.where(ready), np.minimum(decision.admit_mw, queue))
    r.budget = np.maximum(r.budget - admitted, 0.0)
    r.programme_hours = decision.called_hours * 12
    noise = s.drivers.power_noise[:, s.t]
    r.price = r.base_price * s.P.power.price_scale * noise * decision.price_factor
    growth = (1 + s.P.power.load_growth_per_year) ** (s.t / 12) - 1
    r.reserve_margin = power.reserve_margin(r.reserve, r.peak, r.load - r.load0, growth)


def connect(s: Sector, ready: Rows, admit: Array) -> Array:
    """Energise waiting MW in the order of their dates within what each region admits; returns MW (R, X)."""
    sites = s.sites
    region, date = ready.get(sites.region), ready.get(queue_date(s))
    order = np.lexsort((ready.row, date, region, ready.run))
    run, row, region = ready.run[order], ready.row[order], region[order]
    mw = sites.pipeline[run, row]
    before = running_total(mw, run * s.n_regions + region) - mw
    energised = np.clip(admit[run, region] - before, 0.0, mw)
    sites.connected[run, row] += energised
    left = mw - energised
    sites.pipeline[run, row] = left
    sites.pipeline_month[run, row] = np.where(left > 1e-9, sites.pipeline_month[run, row], NEVER)
    return Rows(run, row).sum_into(energised, s.n_runs, s.n_regions, region)


def queue_date(s: Sector) -> Array:
    """Month in which a site's request is due (R, S); one behind a signed AI lease moves forward by its priority."""
    forward = np.where(s.sites.ai_building > 0, s.P.policy.ai_priority_months, 0.0)
    return s.sites.pipeline_month.astype(np.float64) - forward


def lose_pipeline(s: Sector) -> None:
    """Requests that are not under a lease are given up at the queue's attrition rate."""
    stays = 1 - s.P.power.queue_attrition_per_year / 12
    backed = s.sites.ai_building > 0
    s.sites.pipeline = np.where(backed, s.sites.pipeline, s.sites.pipeline * stays)


def renew_hosting(s: Sector) -> None:
    """Hosting contracts that end go on for two years, at the host's cost and margin of the day if that is more."""
    sites = s.sites
    ends = (sites.hosting_end <= s.t) & (sites.miner != sites.owner) & (sites.owner >= 0)
    fee = np.maximum(sites.contract, sites.supply + HOST_MARGIN)
    sites.contract = np.where(ends, fee, sites.contract)
    sites.hosting_end = np.where(ends, s.t + HOSTING_MONTHS, sites.hosting_end)


def request_connections(s: Sector) -> None:
    """Firms under review ask for more MW at their home sites while mining or AI hosting pays.

    Requests respond to what new rigs are worth over their price and to the backlog of tenants; they stand in
    the region's queue for its wait, and a deposit keeps firms without money out.
    """
    pull = np.clip(s.profitability - 1.0, 0.0, 1.0)[:, None] * s.regions.new_mining
    hunger = np.clip(s.now.rent / s.P.ai.rent_usd_m_per_mw_year[:, 0] / s.now.inflation - 1.0, 0.0, 1.0)[:, None]
    pull = pull + hunger * s.regions.new_ai * s.regions.suitability * s.pivot_allowed
    due = among(due_firms(s) & (s.firms.arrears == 0), s.sites.owner)
    rate = s.P.power.request_share_per_quarter * spread(pull, s.sites.region)
    used = s.rig_mw_by_site + s.rigs.ordered_mw + s.sites.ai_gross + s.sites.ai_building
    connected = s.connected_by_firm()
    pending = sum_by(s.sites.owner, s.sites.pipeline, s.n_firms)
    full = sum_by(s.sites.owner, used, s.n_firms) >= FULL * connected
    free = among(full & (pending <= MOST_PENDING * connected), s.sites.owner)
    mw = np.where(due & free & (s.sites.miner == s.sites.owner), rate * s.sites.connected, 0.0)
    affordable = finance.own_funds(s) / (OUTFIT_USD_PER_MW * s.now.inflation[:, None])
    asked = sum_by(s.sites.owner, mw, s.n_firms)
    mw = mw * spread(np.minimum(safe_divide(affordable, asked, 1.0), 1.0), s.sites.owner)
    mw = np.where(mw >= SMALLEST_REQUEST_MW, mw, 0.0)
    wait = spread(s.regions.wait, s.sites.region) * s.P.power.interconnection_wait_scale
    draw = s.streams.uniforms("requests", (s.n_sites,))
    date = s.t + np.maximum(wait * (0.7 + 0.6 * draw), 1.0).astype(np.int64)
    # a site's requests are kept as one, at the mean of their dates
    known = np.where(s.sites.pipeline > 0, s.sites.pipeline_month, date)
    mean = safe_divide(s.sites.pipeline * known + mw * date, s.sites.pipeline + mw)
    s.sites.pipeline_month = np.where(mw > 0, np.floor(mean + 1e-6).astype(np.int64), s.sites.pipeline_month)
    s.sites.pipeline = s.sites.pipeline + mw


def measure_load(s: Sector) -> None:
    """The sector's load and emissions by region, for next month's prices and rules."""
    r = s.regions
    ai = s.sites.ai_gross * 0.9 + s.sites.legacy_gpu  # halls draw nine tenths of their MW
    mwh = s.dispatched.mwh + ai * s.hours
    r.load = sum_by(s.sites.region, s.dispatched.mw + ai, s.n_regions)
    r.mining_mw = sum_by(s.sites.region, s.dispatched.mw, s.n_regions)
    r.emissions = sum_by(s.sites.region, mwh, s.n_regions) * r.carbon / 1000.0
