"""What a site could earn with AI: products, tenants it is good enough for, money needed, value above holding."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index, Mask
from sim.economics import credit, hosting
from sim.economics.credit import annuity_factor
from sim.kernels import projects
from sim.kernels.options import OptionTable
from sim.phases import finance
from sim.phases.cases import CLIENT, HOST
from sim.population import SUITABILITY_SPREAD
from sim.state import CLASSES, CLOUD, COLOCATION, CREDITS, RETROFIT

if TYPE_CHECKING:
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
# Of a miner's portfolio 20 % has the power, fibre and land for AI (facts: ai_costs, share_portfolio_convertible): so
# much of a mine's halls can be refitted, and new halls replace the racks of the best fifth of a region's mines only
CONVERTIBLE_SHARE = 0.2
BEST_OF_REGION = SUITABILITY_SPREAD * NormalDist().inv_cdf(1 - CONVERTIBLE_SHARE)  # above the region's suitability
HYBRID_RACKS = 0.4  # of racks a hybrid share takes at most where no MW lies idle
PRODUCT_OF_OPTION = (COLOCATION, RETROFIT, CLOUD, COLOCATION)
# how far through the gates an option got, by gate code: the furthest is the reason that is shown
OFFER_GATES = np.array([ob.NO_TENANT, ob.TOO_SMALL, ob.NO_EQUITY, ob.SLOW_PAYBACK, ob.OPEN])
PROGRESS = np.zeros(len(ob.GATES), dtype=np.int64)
PROGRESS[OFFER_GATES] = (1, 2, 3, 4, 5)
CODES = projects.Codes(  # the options and the kernel's gates in their order
    product=np.array(PRODUCT_OF_OPTION), beside=np.array(ob.AI_OPTIONS) == ob.HYBRID, column=np.array(ob.AI_OPTIONS),
    gate=np.array([*OFFER_GATES, ob.FORBIDDEN, ob.NOTHING, ob.UNSUITABLE, ob.UNDER_CONTRACT, ob.NOT_OURS]),
)  # fmt: skip


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
    """For each case and AI option (n, 4): ``lead`` months, of the best way to fund it the critical IT MW and the
    smallest a tenant asks for, 0 where no terms could open it; and what all ways of funding follow from."""

    lead: Array
    it_mw: Array
    minimum: Array
    terms: list[Terms]
    funding: projects.Funding
    hosts: projects.Hosts
    limits: projects.Limits

    def offered(self, cases: Index, option: Index) -> tuple[Array, Array]:
        """What some cases (m,) offer with one of the four options each, by funding mode (m, M).

        The critical IT MW it would let, 0 where a gate closes it, and the lowest part of the market rent at which
        that is worth holding.
        """
        return projects.offers(self.funding, self.hosts, cases, option, CODES)

    def whatever_closes(self, cases: Index) -> tuple[OptionTable, projects.Found]:
        """What the options of some cases (m,) would be worth, also where sites, rules or contracts close them."""
        table = OptionTable.blank(len(cases))
        return table, projects.value_projects(self.funding, self.hosts, self.limits, cases, True, table, CODES)

    def spare(self, cases: Index, option: Index) -> Array:
        """Grid MW of any use (m,) that the option has at these cases."""
        return self.hosts.spare[option, cases]


def lenders(s: Sector) -> tuple[Array, Array]:
    """Loan to cost and coupon of project loans by the tenant's credit or funding (R, M)."""
    rating = np.repeat(np.minimum(np.arange(len(MODES)), len(CREDITS) - 1)[None, :], s.n_runs, axis=0)
    rating[:, TENANT_FUNDED] = CREDITS.index("speculative")
    return finance.loan_to_cost(s, rating), finance.project_coupon(s, rating)


def product_terms(s: Sector, product: int, ltc: Array, coupon: Array) -> Terms:
    """Present value at delivery, equity part and yearly cash on it, by the tenant's credit or funding.

    ``ltc`` and ``coupon`` (R, M) as from ``lenders``.
    """
    a, f = s.P.ai, s.P.finance
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

    usd = np.full(cash.shape, 1e6)  # of a M USD; gives all columns the shape of the modes
    return Terms(
        pv=pv * usd, equity=project.equity * usd, cash=cash * usd, prepayment=project.prepayment * usd,
        rent=revenue * usd, capex=project.capex * usd, residual=residual * usd, rent_value=rent_value * usd,
        shares=shares * usd, term_years=years, lead_months=lead, hurdle=hurdle,
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


def can_fit_out(s: Sector) -> Mask:
    """Tenants that pay for halls of their own choice (R, T): neoclouds, but not those that need another's guarantee.

    Facts: ai_contracts, of 980 MW leased with a backstop none is paid for by the tenant, of 1 739 without 700 are.
    """
    return (s.tenants.klass == NEOCLOUD) & (s.tenants.own_credit != CREDITS.index("backstopped"))


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
    pays = can_fit_out(s) & (s.fit_out_mw[:, None] >= t.min_mw)
    smallest[:, TENANT_FUNDED] = np.min(np.where(pays, ask, np.inf), axis=1)
    return smallest


def _funding(s: Sector, terms: list[Terms]) -> projects.Funding:
    """The ways to fund each product, as the kernel reads them."""
    halls, clouds = smallest_ask(s, COLOCATION), smallest_ask(s, CLOUD)

    def by_mode(name: str) -> Array:
        return np.stack([getattr(product, name) for product in terms])

    def by_run(name: str) -> Array:
        return np.stack([getattr(product, name)[:, 0] for product in terms])

    return projects.Funding(
        pv=by_mode("pv"), equity=by_mode("equity"), shares=by_mode("shares"), cash=by_mode("cash"),
        residual=by_mode("residual"), rent_value=by_mode("rent_value"), asks=np.stack((halls, halls, clouds)),
        term_years=by_run("term_years"), lead_months=by_run("lead_months"), hurdle=np.log1p(by_run("hurdle")),
        gross_per_it=s.P.ai.gross_per_it[:, 0], patience=s.P.behaviour.payback_limit_years[:, 0],
    )  # fmt: skip


def _hosts(s: Sector, c: Cases, funds: Array) -> projects.Hosts:
    """What is there to host with; racks give way to new halls only where a site is convertible."""
    idle = c.idle_soon + c.vacant
    refitted = c.vacant + CONVERTIBLE_SHARE * c.racks
    whole, mixed = idle + c.racks, idle + np.where(idle < 1.0, HYBRID_RACKS * c.racks, 0.0)
    best = np.minimum(s.regions.suitability[c.run, c.region] + BEST_OF_REGION, 1.0)
    convertible = c.at.get(s.sites.suitability) >= best
    new_halls = np.where(convertible, whole, idle)
    return projects.Hosts(
        run=c.run, firm=c.firm, racks=c.racks, yearly_margin=c.yearly_margin,
        loss=c.rig_value - 0.5 * c.rig_scrap, months_to_power=c.months_to_power,
        there=np.stack((whole, refitted, whole, mixed)),
        use=np.stack((new_halls, refitted, new_halls, np.where(convertible, mixed, idle))),
        spare=np.stack((idle, c.vacant, idle, idle)), own=funds / s.cases_of_firm, access=finance.equity_access(s),
    )  # fmt: skip


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """Fill the AI columns of the option table and return the plans behind them."""
    loans = lenders(s)
    terms = [product_terms(s, product, *loans) for product in (COLOCATION, RETROFIT, CLOUD)]
    funding, hosts = _funding(s, terms), _hosts(s, c, funds)
    stay = np.minimum(c.at.get(s.sites.hosting_end) - s.t, c.p(s.P.power.hosting_notice_months))
    limits = projects.Limits(
        allowed=s.pivot_allowed & (s.regions.new_ai[c.run, c.region] > 0),
        suitable=c.at.get(s.sites.suitability) >= c.p(s.P.ai.min_suitability),
        host=c.role == HOST, client=c.role == CLIENT, months=stay,
    )  # fmt: skip
    found = projects.value_projects(funding, hosts, limits, np.arange(len(c)), False, table, CODES)
    return Plans(found.lead, found.it_mw, found.minimum, terms, funding, hosts, limits)
