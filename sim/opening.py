"""The start, second part: leases in force, the network scaled to its real total, opening balance sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.arrays import Array, row_sum, safe_divide, sum_by
from sim.economics.mining import rig_present_value
from sim.errors import UserError
from sim.phases import dispatch, finance
from sim.population import size_class
from sim.state import (
    BUILDING,
    CLASSES,
    COIN,
    CORPORATE,
    CREDITS,
    EMPTY,
    NEVER,
    PRODUCTS,
    RIG,
    RUNNING,
    Facilities,
    Leases,
    Tenants,
)

if TYPE_CHECKING:
    from sim.sector import Sector

SITE_VALUE = 0.35e6  # USD per connected MW (facts: mining sites changed hands at 0.32-0.43 M USD per MW)
MOST_SCALED = 50.0  # synthetic rigs are scaled to the network's total; beyond this the start is not of this world
LEASES_KNOWN_TO = "2026-06"  # dates of delivery in the table of leases are facts until then, plans after it
CASH_SPREAD = 0.8  # log spread of months of cost that private miners hold in cash
PRIVATE_DEBT = 0.25  # mean debt of private miners over rig and site value (assumed)


def build_tenants(s: Sector) -> Tenants:
    """Tenants as rows of the table, the same in every run."""
    t = s.tables.tenants
    shape = (s.n_runs, len(t))
    codes = {str(code): i for i, code in enumerate(t["tenant"])}

    def column(values: Any) -> Any:
        return np.repeat(np.asarray(values)[None, :], s.n_runs, axis=0)

    backstop = [codes.get(str(b), -1) for b in t["backstop_by"]]
    return Tenants(
        solvent=np.ones(shape, bool),
        klass=column([CLASSES.index(str(k)) for k in t["class"]]),
        own_credit=column([CREDITS.index(str(c)) for c in t["credit"]]),
        credit=column([CREDITS.index(str(c)) for c in t["credit"]]),
        backstop=column(np.array(backstop)),
        min_mw=column(t["min_it_mw"].astype(float)),
        share=column(t["demand_share"].astype(float)),
        wanted=np.zeros(shape),
        max_rent=np.full(shape, np.inf),
        history=np.ones(shape),
    )


def blank_leases(s: Sector, capacity: int) -> Leases:
    shape = (s.n_runs, capacity)

    def zeros() -> Array:
        return np.zeros(shape)

    def ints(value: int = 0) -> np.ndarray:
        return np.full(shape, value, dtype=np.int64)

    return Leases(
        status=ints(EMPTY), firm=ints(-1), site=ints(-1), tenant=ints(-1), product=ints(), it_mw=zeros(),
        gross_mw=zeros(), delivered_mw=zeros(), rent=zeros(), escalator=zeros(), signed=ints(), first=ints(NEVER),
        full=ints(NEVER), term=ints(), tenant_funded=np.zeros(shape, bool), backstopped=np.zeros(shape, bool),
        credit=ints(), capex=zeros(), spent=zeros(), equity_part=zeros(), loan=zeros(), loan_limit=zeros(),
        coupon=zeros(), booked=zeros(), ended=ints(NEVER), end_reason=ints(), known=ints(-1),
        used=np.zeros(s.n_runs, dtype=np.int64),
    )  # fmt: skip


def sign_known_leases(s: Sector) -> None:
    """Leases of the table that were signed before the start, at their firms' sites in the lease's region."""
    table, leases = s.start_leases, s.leases
    tenants = {str(code): i for i, code in enumerate(s.tables.tenants["tenant"])}
    region_of = s.tables.regions.index("code")
    slip = s.streams.uniforms("delivery_slip", (s.lease_capacity,))
    known = s.month_index(LEASES_KNOWN_TO)
    for k in range(len(table["ticker"])):
        firm = s.labels.tickers.get(str(table["ticker"][k]), -1)
        if firm < 0:
            continue
        region = region_of[str(table["region"][k])]
        mine = (s.sites.owner[0] == firm) & (s.sites.miner[0] == firm) & (s.sites.region[0] == region)
        site = int(np.flatnonzero(mine)[0])
        slot = int(leases.used[0])
        product = PRODUCTS.index(str(table["product"][k]))
        delivered = float(table["delivered_mw"][k])
        it_mw = float(table["it_mw"][k])
        first, full = s.month_index(str(table["first_delivery"][k])), s.month_index(str(table["full_delivery"][k]))
        # plans slip by 3-12 months as a rule (facts, delivery_slip_months); what has happened slips no more
        late = (6 * slip[:, slot]).astype(np.int64)
        late_first, late_full = (np.where(date > known, late, 0) for date in (first, full))
        credit = CREDITS.index(str(table["credit"][k]))
        capex = float(table["capex_usd_m_per_mw"][k]) * 1e6 * it_mw
        tenant_funded = str(table["funding"][k]) == "tenant"
        values = {
            "status": RUNNING if delivered >= it_mw - 0.5 else BUILDING, "firm": firm, "site": site,
            "tenant": tenants[str(table["tenant"][k])], "product": product, "it_mw": it_mw,
            "gross_mw": float(table["gross_mw"][k]), "delivered_mw": delivered,
            "rent": float(table["rent_usd_m_per_mw_year"][k]) * 1e6, "signed": s.month_index(str(table["signed"][k])),
            "term": round(12 * float(table["term_years"][k])), "tenant_funded": tenant_funded,
            "backstopped": credit == 1, "credit": credit, "known": k,
            "capex": capex * float(table["landlord_share"][k]),
        }  # fmt: skip
        for name, value in values.items():
            getattr(leases, name)[:, slot] = value
        leases.escalator[:, slot] = s.P.ai.escalator_per_year[:, 0]
        start = np.maximum(first, 1 if delivered < it_mw - 0.5 else first) + (late_first if delivered < it_mw else 0)
        leases.first[:, slot] = np.minimum(start, full + late_full)
        leases.full[:, slot] = np.maximum(full + late_full, leases.first[:, slot])
        leases.used += 1
    _connect_leased_sites(s)


def _connect_leased_sites(s: Sector) -> None:
    """Delivered halls stand on connected MW; what is signed beyond that has pipeline MW dated before delivery."""
    leases, sites = s.leases, s.sites
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    ratio = safe_divide(leases.gross_mw, leases.it_mw)
    done = np.where(live, leases.delivered_mw * ratio, 0.0)
    todo = np.where(live, leases.gross_mw, 0.0) - done
    sites.ai_gross += sum_by(leases.site, done, s.n_sites)
    sites.ai_building += sum_by(leases.site, todo, s.n_sites)
    sites.connected = np.maximum(sites.connected, sites.racks + sites.ai_gross + sites.legacy_gpu)
    short = np.maximum(sites.racks + sites.ai_gross + sites.ai_building + sites.legacy_gpu - sites.connected, 0.0)
    sites.pipeline += short
    first = np.full(sites.pipeline.shape, NEVER)
    for slot in range(int(leases.used.max(initial=0))):
        where = (np.arange(s.n_runs), leases.site[:, slot])
        first[where] = np.minimum(first[where], leases.first[:, slot])
    sites.pipeline_month = np.where(short > 0, np.maximum(first - 1, 0), sites.pipeline_month)
    sites.suitability = np.where(sites.ai_gross + sites.ai_building > 0, 1.0, sites.suitability)
    if s.start_firms is not None:
        _claimed_pipeline(s)


def _claimed_pipeline(s: Sector) -> None:
    """What named firms claim beyond their leases, discounted, at their main site, at a drawn date."""
    n = len(s.start_firms["ticker"])
    region_of = s.tables.regions.index("code")
    realised = s.P.power.pipeline_realisation
    claimed = s.start_firms["pipeline_mw"][None, :] * realised
    used = sum_by(s.sites.owner, s.sites.pipeline, s.n_firms)[:, :n]
    extra = np.maximum(claimed - used, 0.0)
    draw = s.streams.uniforms("pipeline_date", (s.n_firms,))[:, :n]
    for i in range(n):
        main = region_of[str(s.start_firms["main_region"][i])]
        mine = np.flatnonzero((s.sites.owner[0] == i) & (s.sites.miner[0] == i))
        if not len(mine):
            continue
        at_main = mine[s.sites.region[0, mine] == main]
        choices = np.concatenate((at_main, mine))
        runs = np.arange(s.n_runs)
        # the first site without a request of its own, else the first of all
        site = choices[np.argmax(s.sites.pipeline[:, choices] == 0, axis=1)]
        s.sites.pipeline[runs, site] += extra[:, i]
        date = (3 + draw[:, i] * 42 * s.P.power.interconnection_wait_scale[:, 0]).astype(np.int64)
        late = np.where(s.sites.pipeline_month[runs, site] < NEVER, s.sites.pipeline_month[runs, site], date)
        s.sites.pipeline_month[runs, site] = np.where(extra[:, i] > 0, late, s.sites.pipeline_month[runs, site])


def place_own_gpus(s: Sector) -> None:
    """GPUs that named firms run without a lease, at their first own site (grid MW)."""
    gpus = s.start_firms["ai_uncontracted_gpu_it_mw"] if s.start_firms is not None else np.zeros(0)
    for firm in np.flatnonzero(gpus > 0):
        site = int(np.flatnonzero((s.sites.owner[0] == firm) & (s.sites.miner[0] == firm))[0])
        s.sites.legacy_gpu[:, site] += gpus[firm] * s.P.ai.gross_per_it[:, 0]


def scale_network(s: Sector) -> None:
    """Scale the synthetic rigs so that the network runs at its real total at the start's coin price."""
    target = s.P.bitcoin.network_hashrate_ehs[:, 0]
    hashprice = s.now.btc_price * dispatch.coins_per_day(s, target) / (target * 1000)
    running, start = dispatch.run_at(s, hashprice).ehs, s.counts["named_sites"]
    fixed, synthetic = (row_sum(np.ascontiguousarray(part)) for part in (running[:, :start], running[:, start:]))
    factor = np.maximum(target - fixed, 0.05 * target) / synthetic
    if (factor > MOST_SCALED).any():
        raise UserError(
            f"bitcoin.price_usd = {s.now.btc_price[0]:.0f} and bitcoin.network_hashrate_ehs = {target[0]:.0f} do not "
            f"go together: at a hashprice of {hashprice[0]:.1f} USD/PH/day hardly any rig of the start would run"
        )
    s.rigs.ehs[:, start:] *= factor[:, None, None]
    for column in (s.sites.racks, s.sites.connected):
        column[:, start:] *= factor[:, None]
    s.now.hashprice = hashprice
    connected = sum_by(s.sites.owner, s.sites.connected, s.n_firms)
    s.firms.size = size_class(connected)
    s.firms.home = _home_regions(s)


def _home_regions(s: Sector) -> np.ndarray:
    """Region of each firm's first site."""
    home = np.zeros((s.n_runs, s.n_firms), dtype=np.int64)
    for site in range(s.n_sites - 1, -1, -1):
        owner = s.sites.miner[:, site]
        rows = np.flatnonzero(owner >= 0)
        home[rows, owner[rows]] = s.sites.region[rows, site]
    return home


def place_orders_in_transit(s: Sector) -> None:
    """Rigs ordered before the start arrive in the months after it: the newest, as many as hashrate grew of late."""
    rigs, growth = s.rigs, np.maximum(s.P.rigs.hashrate_growth_at_start[:, 0], 0.0)
    newest = np.argmax(np.where(rigs.release <= 0, rigs.release, -np.inf), axis=1)
    installed = np.ascontiguousarray(rigs.ehs).sum(axis=-1)
    monthly = installed * (growth / 12 * s.P.bitcoin.network_hashrate_ehs[:, 0] / installed.sum(axis=-1))[:, None]
    for slot in range(1, rigs.ordered.shape[0] - 1):
        rigs.ordered[slot, :, :, 0] = monthly
        rigs.ordered_generation[slot, :, 0] = newest
        j = rigs.j_per_th[np.arange(s.n_runs), newest][:, None]
        rigs.ordered_mw += monthly * j * s.P.power.mining_overhead


def used_rig_value(s: Sector) -> Array:
    """Second-hand value of rigs (R, G), USD/TH, from what a median miner can still earn with them."""
    value = rig_present_value(
        s.now.hashprice[:, None], s.rigs.j_per_th, s.reference_power_cost(), s.expected_decline,
        s.P.finance.mining_discount_rate, s.P.rigs.life_months / 24,
    )  # fmt: skip
    return (1 - s.P.rigs.resale_discount) * value


def open_books(s: Sector) -> None:
    """Opening balance sheets: facts for named firms, stated assumptions for the rest; equity is the residual."""
    books, firms, sites = s.books, s.firms, s.sites
    rigs = sum_by(sites.miner, (s.rigs.ehs * s.rigs.used[:, None, :]).sum(axis=-1) * 1e6, s.n_firms)
    for coming, generation in zip(s.rigs.ordered, s.rigs.ordered_generation, strict=True):
        worth = np.take_along_axis(s.rigs.used, generation[:, :1], axis=1) * 1e6
        rigs += sum_by(sites.miner, coming[:, :, 0] * worth, s.n_firms)
    land = sum_by(sites.owner, sites.connected * SITE_VALUE, s.n_firms)
    named = s.counts["named"]
    monthly = s.monthly_cost_guess()
    spread = s.streams.normals("opening_cash", (s.n_firms,))
    cash = s.P.finance.target_cash_months * monthly * np.exp(CASH_SPREAD * spread)
    leverage = s.streams.uniforms("opening_debt", (s.n_firms,))
    debt = PRIVATE_DEBT * 2 * leverage * (rigs + land)
    converts = np.zeros_like(debt)
    if named:
        f = s.start_firms
        cash[:, :named] = np.maximum(f["cash_usd_m"] * 1e6, 0.5 * monthly[:, :named])
        total = f["debt_usd_m"] * 1e6
        converts[:, :named] = total * f["convert_share"]
        debt[:, :named] = total * (1 - f["convert_share"])
        firms.coins_btc[:, :named] = f["btc_held"]
    for values in (cash, debt, converts, rigs, land):
        values *= firms.alive
    s.facilities = _facilities(s, debt)
    coins = firms.coins_btc * s.now.btc_price[:, None]
    books.post("opening", "banks", cash=cash, loans=debt, coins=coins, rigs=rigs, sites=land)
    books.post("opening", "households", converts=converts)
    maturing = s.streams.uniforms("convert_maturity", (s.n_firms,))
    firms.convert_maturity = np.where(converts > 0, (24 + 48 * maturing).astype(np.int64), NEVER)
    _open_projects(s)


def _facilities(s: Sector, debt: Array) -> Facilities:
    shape = (s.n_runs, s.n_firms, 3)
    balance, coupon = np.zeros(shape), np.zeros(shape)
    maturity = np.full(shape, NEVER, dtype=np.int64)
    balance[:, :, CORPORATE] = debt
    coupon[:, :, CORPORATE] = s.P.finance.base_rate + s.P.finance.spread_corporate
    draw = s.streams.uniforms("debt_maturity", (s.n_firms,))
    maturity[:, :, CORPORATE] = (12 + 60 * draw).astype(np.int64)
    for kind in (COIN, RIG):
        coupon[:, :, kind] = s.P.finance.base_rate + s.P.finance.spread_coin_loan
    return Facilities(balance, coupon, maturity)


def _open_projects(s: Sector) -> None:
    """Halls built so far, loans drawn for them out of the firm's debt, and cash set aside for the rest.

    Bond proceeds not yet spent sit in construction cash, as the firms' reports say.
    """
    leases = s.leases
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    progress = np.where(live, np.maximum(safe_divide(leases.delivered_mw, leases.it_mw), _elapsed(s)), 0.0)
    progress = np.where(leases.status == RUNNING, 1.0, progress)
    leases.spent = leases.capex * progress
    ltc = finance.loan_to_cost(s, leases.credit)
    leases.loan_limit = np.where(live, ltc * leases.capex, 0.0)
    leases.equity_part = np.where(live, leases.capex - leases.loan_limit, 0.0)
    leases.coupon = finance.project_coupon(s, leases.credit)
    have = s.facilities.balance[:, :, CORPORATE]
    limit = sum_by(leases.firm, leases.loan_limit, s.n_firms)
    moved = np.minimum(have, limit)
    s.facilities.balance[:, :, CORPORATE] = have - moved
    share = safe_divide(moved, limit)
    leases.loan = leases.loan_limit * np.where(leases.firm >= 0, _at(share, leases.firm), 0.0)
    spent = sum_by(leases.firm, leases.spent, s.n_firms)
    loan = sum_by(leases.firm, leases.loan, s.n_firms)
    undrawn = limit - loan
    to_spend = sum_by(leases.firm, np.where(live, leases.capex, 0.0) - leases.spent, s.n_firms)
    restricted = np.maximum(to_spend - undrawn, 0.0)
    if s.start_firms is not None:
        named = s.counts["named"]
        reported = s.start_firms["construction_cash_usd_m"] * 1e6
        restricted[:, :named] = np.maximum(restricted[:, :named], reported)
    built = np.where(leases.status == RUNNING, leases.spent, 0.0)
    halls = sum_by(leases.firm, built, s.n_firms)
    leases.booked = built
    s.books.post("opening", "banks", halls=halls, construction=spent - halls, restricted=restricted)


def _at(values: Array, index: np.ndarray) -> Array:
    return np.take_along_axis(values, np.maximum(index, 0), axis=1)


def _elapsed(s: Sector) -> Array:
    """Share of the time between signing and full delivery that has passed at the start."""
    total = np.maximum(s.leases.full - s.leases.signed, 1)
    return np.clip(-s.leases.signed / total, 0.0, 0.95)


def first_backlog(s: Sector) -> None:
    """What tenants still want at the start: half a year of the flow that reaches miners."""
    flow = s.drivers.ai_demand_flow_gw[:, 0] * 1000.0 * s.P.ai.miner_demand_share[:, 0]
    s.tenants.wanted = BACKLOG_MONTHS * flow[:, None] * s.tenants.share


    signed = row_sum(np.where((s.leases.status == BUILDING) | (s.leases.status == RUNNING), s.leases.it_mw, 0.0))
    s.now.ai_outside = OUTSIDE_SHARE_AT_START * np.maximum(signed, 100.0)
    s.now.outside_rent = s.now.rent.copy()


BACKLOG_MONTHS = 6.0
OUTSIDE_SHARE_AT_START = 9.0  # miners are about a tenth of the AI capacity under construction (facts)
