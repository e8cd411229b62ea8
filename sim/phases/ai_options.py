"""What a site could earn with AI: products, tenants it is good enough for, money needed, value above holding."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index, safe_divide
from sim.economics import hosting
from sim.phases import finance
from sim.phases.cases import CLIENT, Cases, OptionTable
from sim.state import CLASSES, CLOUD, COLOCATION, CREDITS, RETROFIT

if TYPE_CHECKING:
    from sim.sector import Sector

MODES = (*CREDITS, "tenant-funded")
TENANT_FUNDED = len(CREDITS)
NEOCLOUD = CLASSES.index("neocloud")
RENT_LESS_FUNDING = 0.81  # rent where the tenant pays the fit-out (facts: 1.44-1.46 against 1.77)
HALL_LIFE_YEARS = 20.0  # straight line; what is left at the end of a term can be let again, at a discount
RELET_VALUE = 0.8
RETROFIT_SHARE = 0.2  # of a mine's halls that can be refitted (facts: convertible share of a miner's portfolio)
LARGEST_LEASE_MW = 350.0  # critical IT; the largest single lease of the facts is 393
# how far through the gates an option got, by gate code: the furthest is the reason that is shown
PROGRESS = np.zeros(len(ob.GATES), dtype=np.int64)
PROGRESS[[ob.NO_TENANT, ob.TOO_SMALL, ob.NO_EQUITY, ob.SLOW_PAYBACK, ob.OPEN]] = (1, 2, 3, 4, 5)
HYBRID_RACKS = 0.4  # of racks a hybrid share takes at most where no MW lies idle


@dataclass
class Terms:
    """Economics per critical IT MW (R, M) for the modes of one product, USD: what credit does to an offer."""

    pv: Array
    equity: Array
    cash: Array
    prepayment: Array
    rent: Array
    lead_months: Array
    hurdle: Array


@dataclass
class Plans:
    """For each case and AI option (n, 4): critical IT MW, mode, racks given up; ``lead`` months, ``product``."""

    it_mw: Array
    mode: Index
    displaced: Array
    lead: Array
    minimum: Array
    terms: list[Terms]

    @classmethod
    def blank(cls, n: int, terms: list[Terms]) -> Plans:
        def zeros() -> Array:
            return np.zeros((n, len(ob.AI_OPTIONS)))

        return cls(zeros(), np.zeros((n, len(ob.AI_OPTIONS)), np.int64), zeros(), zeros(), zeros(), terms)


def product_terms(s: Sector, product: int) -> Terms:
    """Present value at delivery, equity part and yearly cash on it, by the tenant's credit or funding."""
    a, f = s.P.ai, s.P.finance
    rating = np.repeat(np.minimum(np.arange(len(MODES)), len(CREDITS) - 1)[None, :], s.n_runs, axis=0)
    rating[:, TENANT_FUNDED] = CREDITS.index("speculative")
    ltc, coupon = finance.loan_to_cost(s, rating), finance.project_coupon(s, rating)
    part = np.ones((1, len(MODES)))
    rent_part = np.ones((1, len(MODES)))
    part[0, TENANT_FUNDED], rent_part[0, TENANT_FUNDED] = finance.TENANT_FUNDED_PART, RENT_LESS_FUNDING
    if product == CLOUD:
        scarcity = (s.now.gpu_rent[:, None] / s.P.ai.gpu_rent_usd_per_hour) ** 0.5
        revenue = a.cloud_revenue_usd_m_per_mw_year * scarcity * np.ones((1, len(MODES)))
        years = a.cloud_term_years
        project = hosting.cloud_economics(
            revenue, a.cloud_margin, hall_capex(s, CLOUD), a.cloud_gpu_capex_usd_m_per_mw,
            a.cloud_prepayment_share, years, ltc, coupon, 0.0, a.gross_per_it,
        )  # fmt: skip
        hall = hall_capex(s, CLOUD)
        residual = hall_residual(hall, years) + hosting.gpu_residual(years) * a.cloud_gpu_capex_usd_m_per_mw
        hurdle, lead = f.cloud_equity_hurdle, a.cloud_lead_months
    else:
        retrofit = product == RETROFIT
        rent = s.now.rent[:, None] * rent_part * (a.retrofit_rent_share if retrofit else 1.0)
        capex = hall_capex(s, product) * part
        years = a.retrofit_term_years if retrofit else a.colocation_term_years
        project = hosting.lease_economics(
            rent, a.colocation_margin, capex, ltc, coupon, years, years, 0.0, a.gross_per_it
        )
        revenue, residual, hurdle = rent, hall_residual(capex, years), f.hosting_equity_hurdle
        lead = a.retrofit_lead_months if retrofit else a.colocation_lead_months
    lead = lead * (1 - s.P.behaviour.skills_transfer)
    compliance = s.P.ai.compliance_cost_usd_per_mw_year / 1e6
    cash = project.equity_cash - compliance
    pv = hosting.equity_npv(0.0, cash, years, residual, hurdle, 0.0)
    return Terms(pv * 1e6, project.equity * 1e6, cash * 1e6, project.prepayment * 1e6, revenue * 1e6, lead, hurdle)


def hall_capex(s: Sector, product: int) -> Array:
    """Cost of the hall of a product (R, 1), M USD per critical IT MW, less what a miner's own crews save."""
    a = s.P.ai
    full = (a.colocation_capex_usd_m_per_mw, a.retrofit_capex_usd_m_per_mw, a.cloud_hall_capex_usd_m_per_mw)[product]
    return full * (1 - s.P.behaviour.skills_transfer)


def hall_residual(capex: Array, years: Array) -> Array:
    """What a hall is worth at the end of a term, in the unit of ``capex``."""
    return RELET_VALUE * capex * np.clip(1 - years / HALL_LIFE_YEARS, 0.0, 1.0)


def smallest_ask(s: Sector, product: int) -> Array:
    """Smallest critical IT MW some solvent tenant of each mode would take now (R, M); infinite: no tenant.

    Neoclouds have cards of their own: they do not buy another's GPU cloud.
    """
    t = s.tenants
    asking = t.solvent & (t.wanted >= t.min_mw) & (s.now.rent[:, None] <= t.max_rent)
    asking &= (t.klass != NEOCLOUD) | (product != CLOUD)
    ask = np.where(asking, t.min_mw, np.inf)
    smallest = np.full((s.n_runs, len(MODES)), np.inf)
    for mode in range(len(CREDITS)):
        smallest[:, mode] = np.min(np.where(t.credit == mode, ask, np.inf), axis=1)
    smallest[:, TENANT_FUNDED] = np.min(np.where(s.funds_fit_out, ask, np.inf), axis=1)
    return smallest


@dataclass
class Best:
    """The best funding mode of one product at each case (n,); USD, critical IT MW, grid MW displaced."""

    worth: Array
    payback: Array
    equity: Array
    earn: Array
    mode: Index
    it_mw: Array
    displaced: Array
    minimum: Array
    gate: Index


def best_mode(s: Sector, c: Cases, terms: Terms, asks: Array, own: Array, it_mw: Array, spare: Array) -> Best:
    """Try every funding mode; keep the most valuable open one, else the one that got furthest.

    ``own`` USD the firm can put in at this site, ``it_mw`` capacity, ``spare`` grid MW that need no rack taken down.
    """
    n, run = len(c), c.run
    wait = np.maximum(terms.lead_months[run, 0], c.months_to_power)
    discount = np.exp(-np.log1p(terms.hurdle[run, 0]) * wait / 12)
    none, inf = np.zeros(n), np.full(n, np.inf)
    best = Best(-inf, inf, none, none, np.zeros(n, np.int64), none, none, inf, np.full(n, ob.NO_TENANT))
    for mode in range(len(MODES)):
        part, ask = terms.equity[run, mode], asks[run, mode]
        size = np.where(part > 0, np.minimum(it_mw, own / np.maximum(part, 1.0)), it_mw)
        racks = np.clip(size * s.P.ai.gross_per_it[run, 0] - spare, 0.0, c.racks)
        given_up = safe_divide(racks, c.racks)
        cash, need = terms.cash[run, mode] * size - c.yearly_margin * given_up, part * size
        years = np.where(cash > 0, need / np.maximum(cash, 1.0), np.inf)
        gate = np.select(
            [ask == np.inf, it_mw < ask, size < ask, years > s.P.behaviour.payback_limit_years[run, 0]],
            [ob.NO_TENANT, ob.TOO_SMALL, ob.NO_EQUITY, ob.SLOW_PAYBACK], ob.OPEN,
        )  # fmt: skip
        worth = terms.pv[run, mode] * size * discount - need - (c.rig_value - 0.5 * c.rig_scrap) * given_up
        fresh = Best(worth, years, need, safe_divide(cash, need), np.full(n, mode), size, racks, ask, gate)
        further = PROGRESS[gate] > PROGRESS[best.gate]
        take = further | (PROGRESS[gate] == PROGRESS[best.gate]) & (worth > best.worth)
        best = Best(*(np.where(take, getattr(fresh, f.name), getattr(best, f.name)) for f in fields(Best)))
    return best


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """Fill the AI columns of the option table and return the plans behind them.

    Only cases that may host AI are worked out: half of all are not a landlord's or where AI is not permitted.
    """
    allowed = s.pivot_allowed & (s.regions.new_ai[c.run, c.region] > 0)
    rows = np.flatnonzero(allowed & (c.role != CLIENT))
    part = OptionTable.blank(len(rows))
    found = _evaluate(s, c.take(rows), funds, part)
    table.gate[:, ob.AI_OPTIONS] = ob.FORBIDDEN
    table.gate[c.racks < 0.5, ob.HYBRID] = ob.NOTHING
    cells = np.ix_(rows, ob.AI_OPTIONS)
    for column in fields(OptionTable):
        getattr(table, column.name)[cells] = getattr(part, column.name)[:, ob.AI_OPTIONS]
    plans = Plans.blank(len(c), found.terms)
    for column in fields(Plans):
        if column.name != "terms":
            getattr(plans, column.name)[rows] = getattr(found, column.name)
    lead = np.stack([np.take(terms.lead_months, c.run) for terms in found.terms], axis=1)
    plans.lead = np.maximum(lead, c.months_to_power[:, None])
    return plans


def _evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """The AI columns and plans of cases that may host AI."""
    terms = [product_terms(s, product) for product in (COLOCATION, RETROFIT, CLOUD)]
    terms.append(terms[COLOCATION])
    plans = Plans.blank(len(c), terms)
    idle = c.idle_soon + c.vacant
    hybrid_racks = np.where(idle < 1.0, HYBRID_RACKS * c.racks, 0.0)
    refitted = RETROFIT_SHARE * c.racks
    gross = (idle + c.racks, c.vacant + refitted, idle + c.racks, idle + hybrid_racks)
    spare = (idle, c.vacant, idle, idle)
    suitable = c.at.get(s.sites.suitability) >= c.p(s.P.ai.min_suitability)
    allowed = s.pivot_allowed & (s.regions.new_ai[c.run, c.region] > 0)
    own = funds[c.run, c.firm] / s.cases_of_firm[c.run, c.firm]
    for k, option in enumerate(ob.AI_OPTIONS):
        it_mw = np.minimum(gross[k] / c.p(s.P.ai.gross_per_it), LARGEST_LEASE_MW)
        asks = smallest_ask(s, CLOUD if option == ob.CLOUD else COLOCATION)
        best = best_mode(s, c, terms[k], asks, own, it_mw, spare[k])
        table.value[:, option], table.payback[:, option] = best.worth, best.payback
        table.equity[:, option], table.earn[:, option] = best.equity, best.earn
        table.gate[:, option] = np.select(
            [~allowed, gross[k] < 0.5, ~suitable], [ob.FORBIDDEN, ob.NOTHING, ob.UNSUITABLE], best.gate
        )
        plans.it_mw[:, k], plans.mode[:, k], plans.minimum[:, k] = best.it_mw, best.mode, best.minimum
        plans.displaced[:, k] = best.displaced
        plans.lead[:, k] = np.maximum(terms[k].lead_months[c.run, 0], c.months_to_power)
    # without racks to keep, a hybrid share is the same as colocation
    table.gate[c.racks < 0.5, ob.HYBRID] = ob.NOTHING
    return plans
