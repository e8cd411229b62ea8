"""The state of the sector: populations as structs of arrays with a leading run axis.

Rows are never compacted: capacity is fixed at the start with room for entrants, ``alive`` and ``owner`` mark
what exists. Everything that has no row of its own (current prices, last month's load) stands in ``Now``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from sim.arrays import Array, Index, Mask

SIZES = ("small", "medium", "large", "mega")
SIZE_BOUNDS_MW = (10.0, 100.0, 500.0)
STRATEGIES = ("BTC", "HYBRID", "AI", "EXITED")
BTC, HYBRID, AI, EXITED = range(4)
PRODUCTS = ("colocation", "retrofit", "gpu_cloud")
COLOCATION, RETROFIT, CLOUD = range(3)
CREDITS = ("investment_grade", "backstopped", "speculative", "unrated")
CLASSES = ("hyperscaler", "neocloud", "enterprise")
CORPORATE, COIN, RIG = range(3)
EMPTY, BUILDING, RUNNING, ENDED = range(4)
END_REASONS = ("", "expired", "tenant default", "cancelled", "landlord liquidated")
ALIVE, LIQUIDATED, CLOSED, ACQUIRED = range(4)
NEVER = 10_000  # a month beyond every horizon


@dataclass
class Firms:
    """Miners, (R, F). Money stocks are in the books; coins are counted here in BTC."""

    alive: Mask
    listed: Mask
    named: Mask
    home: Index
    size: Index
    entered: Index
    strategy: Index
    announced: Index
    coins_btc: Array
    reluctance: Array
    review_phase: Index
    arrears: Index
    issued_12m: Array
    tax_losses: Array
    record: Array
    restructured: Index
    convert_maturity: Index
    exited: Index
    coverage: Array
    hashprice_view: Array
    mining_ebitda_12m: Array
    ai_ebitda_12m: Array
    mining_revenue_12m: Array
    ai_revenue_12m: Array


@dataclass
class Facilities:
    """Firm loans, (R, F, 3): corporate (bonds and converts by share), coin-backed, rig-backed; USD."""

    balance: Array
    coupon: Array
    maturity: Index


@dataclass
class Sites:
    """Sites, (R, S). ``owner`` has the connection, ``miner`` the rigs; they differ where rigs are hosted.

    ``contract`` is what the rig operator pays per MWh under fixed price (for hosted rigs the hosting fee),
    ``supply`` what the owner pays the utility for it, both in prices of the start. MW are grid MW.
    """

    owner: Index
    miner: Index
    region: Index
    connected: Array
    pipeline: Array
    pipeline_month: Index
    racks: Array
    racks_ordered: Array
    racks_month: Index
    fixed_share: Array
    resale: Array
    contract: Array
    supply: Array
    suitability: Array
    hosting_end: Index
    ai_gross: Array
    ai_building: Array
    vacant: Array
    legacy_gpu: Array
    racks_leaving: Array
    leaving_month: Index


@dataclass
class Rigs:
    """Rig stock in EH/s by site and generation, and the market that fills it.

    ``ehs`` (R, S, G); ``ordered`` (D, R, S, 2) EH/s that arrive in D months, newest and second generation;
    ``ordered_generation`` (D, R, 2); ``j_per_th``, ``release`` (months from the start, may be negative),
    ``price`` new and ``used`` USD/TH, all (R, G); ``capacity`` (R,) MW a month; ``dealers``
    (R, G) EH/s of used rigs looking for a buyer; ``off`` (R, S, G) share of last month's hours not run.
    """

    ehs: Array
    ordered: Array
    ordered_generation: Index
    j_per_th: Array
    release: Array
    price: Array
    used: Array
    capacity: Array
    wanted_mw: Array
    order_book: Array
    dealers: Array
    ordered_mw: Array
    off: Array


@dataclass
class Leases:
    """AI contracts, (R, L); slots are filled in order and never used twice."""

    status: Index
    firm: Index
    site: Index
    tenant: Index
    product: Index
    it_mw: Array
    gross_mw: Array
    delivered_mw: Array
    rent: Array
    escalator: Array
    signed: Index
    first: Index
    full: Index
    term: Index
    tenant_funded: Mask
    backstopped: Mask
    credit: Index
    capex: Array
    spent: Array
    booked: Array
    equity_part: Array
    loan: Array
    loan_limit: Array
    coupon: Array
    ended: Index
    end_reason: Index
    known: Index
    used: Index = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass
class Tenants:
    """Hyperscalers, neoclouds and enterprises, (R, T)."""

    solvent: Mask
    klass: Index
    own_credit: Index
    credit: Index
    backstop: Index
    min_mw: Array
    share: Array
    wanted: Array
    max_rent: Array
    history: Array


@dataclass
class Regions:
    """Regions with their grid operator and regulator, (R, X)."""

    base_price: Array
    price: Array
    carbon: Array
    peak: Array
    reserve: Array
    reserve_margin: Array
    load0: Array
    load: Array
    budget: Array
    headroom: Array
    wait: Array
    programme: Array
    base_programme_hours: Array
    programme_hours: Array
    connection_share: Array
    suitability: Array
    new_mining: Array
    new_ai: Array
    carbon_price: Array
    excise: Array
    duty: Array
    hashing_allowed: Array
    tariff: Array
    ai_tariff: Array
    asic_tariff: Array
    large_load: Array
    ai_signed_this_year: Array
    emissions: Array
    mining_mw: Array


@dataclass
class Now:
    """What is true this month for a whole run, (R,) each.

    Prices USD, ``hashprice`` USD/PH/day, ``hashrate`` EH/s, ``rent`` M USD per critical IT MW-year, ``gpu_rent``
    USD per GPU-hour and ``gpu_scarcity`` its part that is not the cards' age, ``subsidy`` BTC per block (mean of
    the month), ``ai_demand``, ``ai_outside`` (capacity of developers who are not miners) and ``ai_offered`` MW;
    ``outside_rent`` like ``rent``.
    """

    btc_price: Array
    fees_per_day: Array
    inflation: Array
    base_rate: Array
    spread_shock: Array
    ltc_factor: Array
    multiple: Array
    hashprice: Array
    hashrate: Array
    last_hashrate: Array
    height: Array
    rent: Array
    gpu_rent: Array
    gpu_scarcity: Array
    subsidy: Array
    ai_demand: Array
    ai_outside: Array
    outside_rent: Array
    ai_offered: Array
    difficulty_hashrate: Array
    blocks: Array
    subsidy_coins: Array
    fee_coins: Array
    coins: Array

    @classmethod
    def blank(cls, runs: int) -> Now:
        return cls(*(np.zeros(runs) for _ in fields(cls)))


@dataclass
class Dispatch:
    """What ran this month, (R, S): EH/s, mean MW at the plug, MWh, USD of power and resale, MWh not run."""

    ehs: Array
    mw: Array
    mwh: Array
    power_cost: Array
    resale: Array
    curtailed_mwh: Array
