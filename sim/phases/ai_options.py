"""What a site could earn with AI: products, tenants it is good enough for, money needed, value above holding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array
from sim.economics import credit, hosting
from sim.economics.credit import annuity_factor
from sim.kernels import projects
from sim.phases import finance
from sim.state import CLASSES, CLOUD, COLOCATION, CREDITS, RETROFIT

if TYPE_CHECKING:
    from sim.kernels.options import OptionTable
    from sim.phases.cases import Cases
    from sim.sector import Sector

MODES = (*CREDITS, "tenant-funded")
TENANT_FUNDED = len(CREDITS)
NEOCLOUD = CLASSES.index("neocloud")
# Rent by mode over the mean of all leases, weighted by MW (facts, ai_contracts: 1.73, 1.93, 1.83 and 1.44 over 1.77;
# the two of unrated tenants, 2.16 and 2.75, are small and late: a tenth above the speculative is assumed)
RENT_BY_MODE = np.array([0.98, 1.09, 1.03, 1.13, 0.81])
HALL_LIFE_YEARS = 20.0  # straight line; what is left at the end of a term can be let again, at a discount
RELET_VALUE = 0.8
RETROFIT_SHARE = 0.2  # of a mine's halls that can be refitted (facts: convertible share of a miner's portfolio)
LARGEST_LEASE_MW = 350.0  # critical IT; the largest single lease of the facts is 393
# how far through the gates an option got, by gate code: the furthest is the reason that is shown
OFFER_GATES = np.array([ob.NO_TENANT, ob.TOO_SMALL, ob.NO_EQUITY, ob.SLOW_PAYBACK, ob.OPEN])  # as the kernel counts
PROGRESS = np.zeros(len(ob.GATES), dtype=np.int64)
PROGRESS[OFFER_GATES] = (1, 2, 3, 4, 5)
HYBRID_RACKS = 0.4  # of racks a hybrid share takes at most where no MW lies idle


@dataclass
class Terms:
    """Economics per critical IT MW (R, M) for the modes of one product, USD: what credit does to an offer.

    ``rent_value`` is the present value at delivery of the whole rent; ``residual`` what is left at the end of the
    term; ``shares`` what a listed firm can raise in new shares on the contract; ``term_years``, ``lead_months`` and
    ``hurdle`` (R, 1).
    """

    pv: Array
    equity: Array
    cash: Array
    prepayment: Array
    rent: Array
    capex: Array
    residual: Array
    rent_value: Array
    shares: Array
    term_years: Array
    lead_months: Array
    hurdle: Array


@dataclass
class Plans:
    """For each case and AI option (n, 4): ``lead`` months, grid MW ``spare`` of any use, and of the best way to
    fund it the critical IT MW and the smallest a tenant asks for. By funding mode (n, 4, M): the critical IT MW it
    would let, 0 where a gate closes it, and the lowest part of the market rent at which that is worth holding."""

    lead: Array
    spare: Array
    it_mw: Array
    minimum: Array
    open_mw: Array
    lowest_rent: Array
    terms: list[Terms]

    @classmethod
    def blank(cls, n: int, terms: list[Terms]) -> Plans:
        shape = (n, len(ob.AI_OPTIONS))
        by_mode = (*shape, len(MODES))
        lead, spare, it_mw, minimum = (np.zeros(shape) for _ in range(4))
        return cls(lead, spare, it_mw, minimum, np.zeros(by_mode), np.zeros(by_mode), terms)


def product_terms(s: Sector, product: int) -> Terms:
    """Present value at delivery, equity part and yearly cash on it, by the tenant's credit or funding."""
    a, f = s.P.ai, s.P.finance
    rating = np.repeat(np.minimum(np.arange(len(MODES)), len(CREDITS) - 1)[None, :], s.n_runs, axis=0)
    rating[:, TENANT_FUNDED] = CREDITS.index("speculative")
    ltc, coupon = finance.loan_to_cost(s, rating), finance.project_coupon(s, rating)
    part = np.ones((1, len(MODES)))
    part[0, TENANT_FUNDED] = finance.TENANT_FUNDED_PART
    if product == CLOUD:
        # new cards replace the old at every generation: a new contract feels scarcity, not the cards' age
        revenue = a.cloud_revenue_usd_m_per_mw_year * s.now.gpu_scarcity[:, None] ** 0.5 * np.ones((1, len(MODES)))
        years, margin = a.cloud_term_years, a.cloud_margin
        hall, gpus = hall_capex(s, CLOUD), a.cloud_gpu_capex_usd_m_per_mw
        project = hosting.cloud_economics(
            revenue, margin, hall, gpus, a.cloud_prepayment_share, years, ltc, coupon, 0.0, a.gross_per_it
        )
        residual = hall_residual(hall, years) + hosting.gpu_residual(years) * gpus
        hurdle, lead = f.cloud_equity_hurdle, a.cloud_lead_months
    else:
        retrofit = product == RETROFIT
        revenue = s.now.rent[:, None] * RENT_BY_MODE * (a.retrofit_rent_share if retrofit else 1.0)
        cost = hall_capex(s, product) * part
        years = a.retrofit_term_years if retrofit else a.colocation_term_years
        margin = a.colocation_margin
        project = hosting.lease_economics(revenue, margin, cost, ltc, coupon, years, years, 0.0, a.gross_per_it)
        residual, hurdle = hall_residual(cost, years), f.hosting_equity_hurdle
        lead = a.retrofit_lead_months if retrofit else a.colocation_lead_months
    lead = lead * (1 - s.P.behaviour.skills_transfer)
    cash = project.equity_cash - a.compliance_cost_usd_per_mw_year / 1e6
    pv = hosting.equity_npv(0.0, cash, years, residual, hurdle, 0.0)
    rent_value = revenue * margin * annuity_factor(hurdle, years)

    multiple = f.ai_ebitda_multiple * s.now.multiple[:, None]
    shares = credit.contract_equity(revenue * margin, multiple, f.equity_issue_share_per_year)

    def usd(values: Array) -> Array:
        return np.broadcast_to(values, cash.shape) * 1e6

    return Terms(
        pv=usd(pv), equity=usd(project.equity), cash=usd(cash), prepayment=usd(project.prepayment), rent=usd(revenue),
        capex=usd(project.capex), residual=usd(residual), rent_value=usd(rent_value), shares=usd(shares),
        term_years=years, lead_months=lead, hurdle=hurdle,
    )  # fmt: skip


def hall_capex(s: Sector, product: int) -> Array:
    """Cost of the hall of a product (R, 1), M USD per critical IT MW, less what a miner's own crews save.

    It follows the price level, as rents do; chips and what they earn follow no index.
    """
    a = s.P.ai
    full = (a.colocation_capex_usd_m_per_mw, a.retrofit_capex_usd_m_per_mw, a.cloud_hall_capex_usd_m_per_mw)[product]
    return full * s.now.inflation[:, None] * (1 - s.P.behaviour.skills_transfer)


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
    pays = (t.klass == NEOCLOUD) & (s.fit_out_mw[:, None] >= t.min_mw)
    smallest[:, TENANT_FUNDED] = np.min(np.where(pays, ask, np.inf), axis=1)
    return smallest


def _funding(s: Sector, terms: Terms, asks: Array) -> projects.Funding:
    """The ways to fund a product, as the kernel reads them."""

    def per_run(column: Array) -> Array:
        return np.ascontiguousarray(np.broadcast_to(column[:, 0], s.n_runs), dtype=np.float64)

    return projects.Funding(
        pv=terms.pv, equity=terms.equity, shares=terms.shares, cash=terms.cash, residual=terms.residual,
        rent_value=terms.rent_value, asks=asks, term_years=per_run(terms.term_years), hurdle=per_run(terms.hurdle),
        lead_months=per_run(terms.lead_months), gross_per_it=per_run(s.P.ai.gross_per_it),
        patience=per_run(s.P.behaviour.payback_limit_years),
    )  # fmt: skip


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """Fill the AI columns of the option table and return the plans behind them."""
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
    access = finance.equity_access(s)[c.run, c.firm]
    asks = {product: smallest_ask(s, product) for product in (COLOCATION, CLOUD)}
    loss = c.rig_value - 0.5 * c.rig_scrap
    for k, option in enumerate(ob.AI_OPTIONS):
        it_mw = np.minimum(gross[k] / c.p(s.P.ai.gross_per_it), LARGEST_LEASE_MW)
        funding = _funding(s, terms[k], asks[CLOUD if option == ob.CLOUD else COLOCATION])
        best = projects.best_funding(funding, projects.Hosts(
            c.run, own, access, it_mw, spare[k], c.racks, c.yearly_margin, loss, c.months_to_power
        ))  # fmt: skip
        plans.open_mw[:, k], plans.lowest_rent[:, k] = best.open_mw, best.lowest_rent
        table.value[:, option], table.payback[:, option] = best.worth, best.payback
        table.equity[:, option], table.earn[:, option] = best.equity, best.earn
        table.gate[:, option] = np.select(
            [~allowed, gross[k] < 0.5, ~suitable], [ob.FORBIDDEN, ob.NOTHING, ob.UNSUITABLE], OFFER_GATES[best.got]
        )
        plans.it_mw[:, k], plans.minimum[:, k], plans.spare[:, k] = best.it_mw, best.minimum, spare[k]
        plans.lead[:, k] = np.maximum(terms[k].lead_months[c.run, 0], c.months_to_power)
    # without racks to keep, a hybrid share is the same as colocation
    table.gate[c.racks < 0.5, ob.HYBRID] = ob.NOTHING
    return plans
