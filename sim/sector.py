"""The sector: all populations of a batch of runs, and what happens in a month.

``Sector.advance()`` is the month; each line is a phase, in the order of the model description.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import conduct
from sim import opening, population
from sim.arrays import Array, Index, Mask, Rows, safe_divide, sum_by
from sim.books import Books
from sim.drivers import Drivers, ai_demand_path
from sim.economics import HOURS_PER_YEAR, mining
from sim.economics.power import PriceDuration
from sim.events import Events
from sim.kernels import rigs as rig_kernels
from sim.laws import check_laws
from sim.months import month_number
from sim.networks import peer_network, region_distances
from sim.phases import (
    ai_sites,
    bills,
    decide,
    dispatch,
    entry,
    rig_market,
    second_hand,
    settle,
    tender,
    world,
)
from sim.rules import Rules
from sim.scenario import Scenario
from sim.scenario.variants import Variants
from sim.starts import Start
from sim.state import EXITED, NEVER, Facilities, Firms, Now, Regions, Rigs, Sites
from sim.streams import Streams
from sim.tables import Tables, load_tables

FLOWS = ("equity_raised", "ai_signed_mw")
MEDIAN_POWER_USD_PER_MWH = 45.0  # what a median miner pays (facts: Cambridge survey 2025, 55.5 all in)
COUNTERS = ("restructurings", "acquired_sites", "entries", "left_mining_for_ai")


class Sector:
    """State and month of R runs; arrays have the run on their leading axis.

    ``runs`` are the run numbers of this batch; ``mode`` "fixed" or "sampled" assumptions. ``tables`` default to
    the shipped ones. Raises UserError where scenario and tables cannot be put together.
    """

    # State that the start and the phases fill in.
    firms: Firms
    sites: Sites
    rigs: Rigs
    facilities: Facilities
    labels: population.Labels
    counts: dict[str, int]
    start_firms: Any  # a Table, or None where all firms are synthetic
    start_leases: dict[str, Any]
    start_height: float
    start_scarcity: Array
    generation_names: list[str]
    generation_j: Array
    generation_release: Array
    fleet_share: Array
    named_j: Array
    region_gap: Array
    days: float
    on_sale: Index
    sale_mix: Array
    profitability: Array
    mining_mood: Array
    coins_mined_by_firm: Array
    overhead: Array
    power_bill: Array
    ebitda: Array
    cases_of_firm: Index
    fit_out_mw: Array
    last_review: tuple[Any, ...]
    start_busy: Array

    def __init__(
        self,
        scenario: Scenario | Variants,
        seed: int = 0,
        runs: Sequence[int] = (0,),
        *,
        months: int | None = None,
        mode: str = "sampled",
        tables: Tables | None = None,
        track: set[str] | None = None,
    ) -> None:
        self.scenario, self.seed, self.runs = scenario, seed, tuple(runs)
        self.tables = tables or load_tables()
        self.P = scenario.draw(seed, self.runs, mode, track=track)  # type: ignore[arg-type]
        self.months = months or int(self.P.world.months)
        self.streams = Streams(seed, self.runs)
        self.start_month = month_number(self.P.world.start)
        self.n_runs, self.n_firms, self.n_sites = len(self.runs), self.P.world.firms, self.P.world.sites
        self.n_regions, self.n_tenants = len(self.tables.regions), len(self.tables.tenants)
        self.t = 0
        self.hours = HOURS_PER_YEAR / 12
        self.overrides: dict[str, Callable[[Any, Any], Any]] = {}
        self.events = Events()
        self._policies()
        self._begin()

    def _policies(self) -> None:
        """What does not change: drivers, price curves, rules, distances, switches."""
        p = self.P
        self.drivers = Drivers(p, self.streams, self.tables, p.world.start, self.months)
        # the start's facts know nothing of a shock that strikes in the first month
        calm = SimpleNamespace(bitcoin=p.bitcoin, power=p.power, ai=p.ai, finance=p.finance, shocks=())
        self.at_start = Drivers(calm, Streams(self.seed, self.runs), self.tables, p.world.start, 1)
        self.expected_flow = ai_demand_path(
            p.ai.demand_path, p.world.start, self.months, self.tables.hyperscaler_capex
        )[0]
        self.curves = PriceDuration(self.tables.price_duration.columns)
        shapes = [str(shape) for shape in self.tables.regions["price_shape"]]
        self.price_shape = np.array([self.curves.index(shape) for shape in shapes])
        self.region_market = np.array([{"ercot": 2.0, "market": 1.0}.get(shape, 0.0) for shape in shapes])
        self.policy = Rules(p, self.tables, self.start_month)
        self.continent = np.unique([str(c) for c in self.tables.regions["continent"]], return_inverse=True)[1]
        self.distance = region_distances(self.tables.regions)
        self.pivot_allowed = bool(p.behaviour.pivot_allowed)
        self.entry_allowed = bool(p.behaviour.entry_allowed)
        self.relocation_allowed = bool(p.behaviour.relocation_allowed)
        self.lease_capacity = 60 + 3 * self.n_sites // 10

    def _begin(self) -> None:
        """Populations, the network scaled to its real total, opening books."""
        Start(self.P, self.tables, self.start_month).apply(self)
        self.now = Now.blank(self.n_runs)
        self.regions = self._regions()
        self.books = Books(self.n_runs, self.n_firms, traced=bool(self.P.world.check_laws))
        population.build_firms_and_sites(self)
        self._tempers()
        self.tenants = opening.build_tenants(self)
        self.leases = opening.blank_leases(self, self.lease_capacity)
        self._first_month()
        opening.place_own_gpus(self)
        opening.sign_known_leases(self)
        opening.scale_network(self)
        opening.place_orders_in_transit(self)
        self.rigs.used = opening.used_rig_value(self)
        opening.open_books(self)
        self._histories()

    def _regions(self) -> Regions:
        t, p = self.tables.regions, self.P
        shape = (self.n_runs, self.n_regions)

        def column(name: str) -> Array:
            return np.repeat(t[name].astype(float)[None, :], self.n_runs, axis=0)

        share = np.where(t["programme_share"] < 1, p.power.demand_response_programme_share, 1.0)
        capacity = column("capacity_price_usd_per_mw_day") * 365.25
        programme = np.maximum(column("programme_usd_per_mw_year") * share, 0.8 * capacity)
        hours = column("programme_hours_per_year")
        fields = {
            "base_price": column("miner_price_usd_per_mwh"), "carbon": column("carbon_kg_per_mwh"),
            "peak": column("peak_load_gw") * 1000, "reserve": column("reserve_margin"),
            "reserve_margin": column("reserve_margin"), "headroom": column("headroom_mw_per_year"),
            "wait": column("wait_months"), "programme": programme, "base_programme_hours": hours,
            "suitability": column("ai_suitability"),
        }  # fmt: skip
        names = Regions.__dataclass_fields__
        regions = Regions(**{name: fields.get(name, np.zeros(shape)) for name in names})
        regions.price = regions.base_price * p.power.price_scale * self.at_start.power_noise[:, 0]
        regions.programme_hours = hours * p.power.demand_response_scale
        regions.hashing_allowed = np.ones(shape)
        regions.connection_share = np.ones(shape)
        return regions

    def _tempers(self) -> None:
        """What differs between firms beside their assets: reluctance, optimism, review month, peers."""
        b = self.P.behaviour
        draw = self.streams.normals("reluctance", (self.n_firms, 2))
        self.firms.reluctance = b.reluctance_mean_usd_m_per_mw + b.reluctance_sd_usd_m_per_mw * draw[:, :, 0]
        self.optimism = np.exp(0.08 * draw[:, :, 1])
        phase = self.streams.uniforms("review_phase", (self.n_firms,))
        self.firms.review_phase = (phase * self.P.behaviour.review_months).astype(np.int64)
        self.peers = peer_network(b.network, int(b.network_degree), self.seed, self.runs, self.n_firms)

    def _first_month(self) -> None:
        """Prices of month 0, needed to put the start together."""
        now, p = self.now, self.P
        now.hashrate = p.bitcoin.network_hashrate_ehs[:, 0].copy()
        now.last_hashrate = now.hashrate.copy()
        now.btc_price = self.at_start.btc_price_usd[:, 0].copy()
        now.fees_per_day = self.at_start.fees_btc_per_day[:, 0].copy()
        now.inflation = np.ones(self.n_runs)
        now.base_rate = self.drivers.base_rate[:, 0].copy()
        now.spread_shock = np.zeros(self.n_runs)
        now.ltc_factor, now.multiple = np.ones(self.n_runs), np.ones(self.n_runs)
        now.height = np.full(self.n_runs, self.start_height)
        now.subsidy = mining.subsidy_at(now.height)
        now.rent = p.ai.rent_usd_m_per_mw_year[:, 0].copy()
        self.growth = p.rigs.hashrate_growth_at_start.copy()
        self.expected_decline = entry.expected_decline(self)
        now.hashprice = now.btc_price * dispatch.coins_per_day(self, now.hashrate) / (now.hashrate * 1000)

    def _histories(self) -> None:
        """Last year's figures of a firm that has none yet: a year at the start's prices."""
        now, firms = self.now, self.firms
        running = dispatch.run_at(self, now.hashprice)
        self.ehs_by_firm = sum_by(self.sites.miner, running.ehs, self.n_firms)
        revenue = self.ehs_by_firm * (now.hashprice * 365_250.0)[:, None]
        self.monthly_costs = self.monthly_cost_guess()
        firms.mining_revenue_12m = revenue
        firms.mining_ebitda_12m = revenue - 12 * self.monthly_costs
        firms.ai_revenue_12m = sum_by(self.leases.firm, self.leases.delivered_mw * self.leases.rent, self.n_firms)
        firms.ai_ebitda_12m = self.P.ai.colocation_margin * firms.ai_revenue_12m
        firms.hashprice_view = now.hashprice[:, None] * self.optimism
        self.smoothed = now.hashprice.copy()
        self.consensus = now.hashprice.copy()
        treasury = safe_divide(self.books.stock["coins"], self.books.equity(), 0.0)
        weight = self.P.behaviour.reluctance_treasury_weight
        firms.reluctance = firms.reluctance + weight * np.clip(treasury, 0.0, 1.0)
        self.regions.load0 = sum_by(self.sites.region, running.mw + 0.9 * self.sites.ai_gross, self.n_regions)
        self.regions.load = self.regions.load0.copy()
        self.regions.emissions = self.regions.load0 * self.hours * self.regions.carbon / 1000
        self.start_emissions = self.regions.emissions.copy()
        self.dispatched = running
        self.overhead = np.zeros((self.n_runs, self.n_firms))
        self.start_rigs = np.ascontiguousarray(self.rigs.ehs).sum(axis=-1)
        self.start_rigs = sum_by(self.sites.miner, self.start_rigs, self.n_firms)
        self.left_mining = np.zeros((self.n_runs, self.n_firms), bool)
        self.rig_mw_by_site = self.installed_mw()
        self.wanted_total = self.start_wanted = np.zeros(self.n_runs)
        self.offer_stock = np.zeros(self.n_runs)
        self.entrant_orders_mw = np.zeros(self.n_runs)
        self.rent_due = np.zeros((self.n_runs, self.lease_capacity))
        self.rigs.wanted_mw = self.rigs.capacity.copy()
        self.rigs.order_book = self.rigs.capacity.copy()
        self.flows = {name: np.zeros(self.n_runs) for name in FLOWS}
        self.counters = {name: np.zeros(self.n_runs, dtype=np.int64) for name in COUNTERS}
        self.lost_leases = 0
        opening.first_backlog(self)
        entry.label_strategies(self)

    # ------------------------------------------------------------------ the month

    def advance(self) -> None:
        """One month of every run."""
        self.begin_month()
        # 1 drivers
        world.move_drivers(self)
        # 2 rules and grids
        world.set_rules(self)
        world.run_grids(self)
        world.lose_pipeline(self)
        world.renew_hosting(self)
        # 3 rigs, racks, halls
        rig_market.update_market(self)
        rig_market.finish_racks(self)
        rig_market.receive_rigs(self)
        ai_sites.end_leases(self)
        ai_sites.build_halls(self)
        ai_sites.deliver(self)
        # 4 dispatch and hashprice
        dispatch.dispatch(self)
        # 5 income and bills
        bills.mining_income(self)
        bills.programme_income(self)
        ai_sites.earn_rent(self)
        bills.fixed_costs(self)
        bills.debt_service(self)
        bills.tax(self)
        # 6 treasury
        bills.manage_treasury(self)
        # 7 and 8 reviews: tender for AI, then orders within mining
        tender.ask_tenants(self)
        decide.review(self)
        tender.adjust_rent(self)
        second_hand.trade(self)
        world.request_connections(self)
        # 9 settlement, distress, entry
        settle.settle(self)
        settle.resolve_distress(self)
        settle.close_empty_firms(self)
        entry.reopen(self)
        entry.enter(self)
        # 10 beliefs, loads, laws
        entry.update_beliefs(self)
        world.measure_load(self)
        if self.P.world.check_laws:
            check_laws(self)
        self.t += 1

    def begin_month(self) -> None:
        """Dated levers come to the month's value; the month's flows are cleared."""
        self.P.set_month(self.start_month + self.t)
        self.books.begin_month()
        for values in (*self.flows.values(), *self.counters.values()):
            values[:] = 0

    # ------------------------------------------------------------------ shared look-ups

    def ask(self, kind: str, observation: Any) -> Any:
        """The decision of tenants, grid operators or regulators: vectorised, or an overriding agent's own."""
        defaults: dict[str, Callable[[Any], Any]] = {
            "tenants": conduct.lease_demand, "grid_operators": conduct.run_grid, "regulators": conduct.regulate,
        }  # fmt: skip
        decision = defaults[kind](observation)
        override = self.overrides.get(kind)
        return override(observation, decision) if override else decision

    def month_index(self, month: str) -> int:
        """Months from the start to "YYYY-MM"; negative before it."""
        return month_number(month) - self.start_month

    def connected_by_firm(self) -> Array:
        """Connected MW of a firm's own sites (R, F)."""
        return sum_by(self.sites.owner, self.sites.connected, self.n_firms)

    def rig_mw_of_clients(self) -> Array:
        """MW of racks that a firm rents at hosts (R, F)."""
        hosted = self.sites.miner != self.sites.owner
        return sum_by(self.sites.miner, np.where(hosted, self.sites.racks, 0.0), self.n_firms)

    def installed_mw(self) -> Array:
        """MW at the plug of all rigs at each site, running or not (R, S)."""
        return rig_kernels.installed_mw(self.rigs.ehs, self.rigs.j_per_th * self.P.power.mining_overhead)

    def empty_racks_mw(self) -> Array:
        """Powered racks without a rig, on order or installed (R, S); negative where rigs wait for a rack."""
        return self.sites.racks - self.rig_mw_by_site - self.rigs.ordered_mw

    def reference_power_cost(self) -> Array:
        """Cost per MWh of a median miner (R, 1), USD: what buyers of rigs reckon with."""
        return MEDIAN_POWER_USD_PER_MWH * self.now.inflation[:, None] + self.P.power.other_cost_usd_per_mwh

    def monthly_cost_guess(self) -> Array:
        """A month's cash cost of each firm at the start (R, F), USD."""
        running = dispatch.run_at(self, self.now.hashprice)
        power = sum_by(self.sites.miner, running.power_cost, self.n_firms)
        other = sum_by(self.sites.miner, running.mwh, self.n_firms) * self.P.power.other_cost_usd_per_mwh
        site = sum_by(self.sites.owner, self.sites.racks, self.n_firms) * self.P.power.site_cost_usd_per_mw_year / 12
        return power + other + site

    def site_book_value(self, run: Index, firm: Index) -> Array:
        """Book value of a firm's sites per connected MW (n,), USD."""
        connected = self.connected_by_firm()[run, firm]
        return safe_divide(self.books.stock["sites"][run, firm], connected)

    def used_value(self, at: Rows) -> Array:
        """What dealers give for all rigs at some sites (n,), USD."""
        return np.ascontiguousarray(at.get(self.rigs.ehs) * self.rigs.used[at.run]).sum(axis=-1) * 1e6

    def sell_rigs(self, at: Rows, sold: Array, part_of_value: float = 1.0) -> None:
        """Sell ``sold`` EH/s (n, G) at some sites to second-hand dealers, for their owners' account."""
        value = np.ascontiguousarray(sold * self.rigs.used[at.run]).sum(axis=-1) * 1e6 * part_of_value
        miner = at.get(self.sites.miner)
        by_firm = at.sum_into(value, self.n_runs, self.n_firms, miner)
        gone = at.sum_into(np.ascontiguousarray(sold).sum(axis=-1), self.n_runs, self.n_firms, miner)
        owned = rig_kernels.fleets(self.rigs.ehs, self.sites.miner, gone)
        book = np.minimum(safe_divide(gone, owned), 1.0) * self.books.stock["rigs"]
        self.books.post("gains", "vendors", cash=by_firm, rigs=-book)
        self.rigs.ehs[at.run, at.row] = np.maximum(at.get(self.rigs.ehs) - sold, 0.0)
        second_hand.take_in(self, at, sold)

    def remove(self, which: Mask, kind: int) -> None:
        """Take firms out of the sector after their books are empty."""
        self.firms.alive = self.firms.alive & ~which
        self.firms.exited = np.where(which, kind, self.firms.exited)
        self.firms.strategy = np.where(which, EXITED, self.firms.strategy)
        self.firms.coins_btc = np.where(which, 0.0, self.firms.coins_btc)
        self.firms.convert_maturity = np.where(which, NEVER, self.firms.convert_maturity)
        self.firms.arrears = np.where(which, 0, self.firms.arrears)
        self.monthly_costs = np.where(which, 0.0, self.monthly_costs)

    def note(self, kind: str, run: Index, **facts: NDArray[Any]) -> None:
        """Note what happened this month in the runs ``run`` (n,), as in ``sim.events``."""
        self.events.note(self.t, kind, run, **facts)

