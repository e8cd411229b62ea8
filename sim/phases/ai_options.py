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
# new halls replace the racks of the best fifth of a region's mines only: so far above the region's suitability
BEST_OF_REGION = SUITABILITY_SPREAD * NormalDist().inv_cdf(1 - projects.CONVERTIBLE_SHARE)
LANDLORDS_PART = np.ones((3, 1, len(MODES)))  # of a hall's cost, by product and mode
LANDLORDS_PART[[COLOCATION, RETROFIT], 0, TENANT_FUNDED] = finance.TENANT_FUNDED_PART
OF_CLOUDS = (np.arange(3) == CLOUD)[:, None, None]  # by product: what only GPU clouds have
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
    """Economics of the products per critical IT MW (P, R, M) by mode, USD: what credit does to an offer.

    ``rent_value`` is the present value at delivery of the whole rent; ``residual`` what is left at the end of the
    term; ``shares`` what a listed firm can raise in new shares on the contract; ``term_years``, ``lead_months`` and
    ``hurdle`` (P, R).
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
    """What all plans of all cases follow from."""

    terms: Terms
    funding: projects.Funding
    hosts: projects.Hosts
    limits: projects.Limits

    def offered(self, cases: Index, option: Index) -> projects.Offered:
        """What some cases (m,) offer with one of the four options each, by funding mode."""
        return projects.offers(self.funding, self.hosts, self.limits, cases, option, CODES)

    def whatever_closes(self, cases: Index) -> tuple[OptionTable, projects.Found]:
        """What the options of some cases (m,) would be worth, also where sites, rules or contracts close them."""
        table = OptionTable.blank(len(cases))
        return table, projects.value_projects(self.funding, self.hosts, self.limits, cases, True, table, CODES)


def lenders(s: Sector) -> tuple[Array, Array]:
    """Loan to cost and coupon of project loans by the tenant's credit or funding (R, M)."""
    rating = np.repeat(np.minimum(np.arange(len(MODES)), len(CREDITS) - 1)[None, :], s.n_runs, axis=0)
    rating[:, TENANT_FUNDED] = CREDITS.index("speculative")
    return finance.loan_to_cost(s, rating), finance.project_coupon(s, rating)


def terms_of_products(s: Sector) -> Terms:
    """Present value at delivery, equity part and yearly cash on it, by product and the tenant's credit or funding."""
    a, f = s.P.ai, s.P.finance
    years = np.stack((a.colocation_term_years, a.retrofit_term_years, a.cloud_term_years))
    lead = np.stack((a.colocation_lead_months, a.retrofit_lead_months, a.cloud_lead_months))
    hurdle = np.stack((f.hosting_equity_hurdle, f.hosting_equity_hurdle, f.cloud_equity_hurdle))
    margin = np.stack((a.colocation_margin, a.colocation_margin, a.cloud_margin))
    let = s.now.rent[:, None] * RENT_BY_MODE
    # new cards replace the old at every generation: a new contract feels scarcity, not the cards' age
    sold = a.cloud_revenue_usd_m_per_mw_year * s.now.gpu_scarcity[:, None] ** 0.5 * np.ones(len(MODES))
    revenue = np.stack((let, let * a.retrofit_rent_share, sold))
    halls = np.stack([hall_capex(s, product) for product in (COLOCATION, RETROFIT, CLOUD)]) * LANDLORDS_PART
    gpus, prepaid = OF_CLOUDS * a.cloud_gpu_capex_usd_m_per_mw, OF_CLOUDS * a.cloud_prepayment_share
    # a hall let as it stands is a cloud without cards that is not paid for ahead
    project = hosting.cloud_economics(revenue, margin, halls, gpus, prepaid, years, *lenders(s), 0.0, a.gross_per_it)
    residual = hall_residual(halls, years) + hosting.gpu_residual(years) * gpus
    cash = project.equity_cash - a.compliance_cost_usd_per_mw_year / 1e6
    multiple = f.ai_ebitda_multiple * s.now.multiple[:, None]
    return Terms(
        pv=hosting.equity_npv(0.0, cash, years, residual, hurdle, 0.0) * 1e6, equity=project.equity * 1e6,
        cash=cash * 1e6, prepayment=project.prepayment * 1e6, rent=revenue * 1e6, capex=project.capex * 1e6,
        residual=residual * 1e6, rent_value=revenue * margin * annuity_factor(hurdle, years) * 1e6,
        shares=credit.contract_equity(revenue * margin, multiple, f.equity_issue_share_per_year) * 1e6,
        term_years=years[:, :, 0], lead_months=(lead * (1 - s.P.behaviour.skills_transfer))[:, :, 0],
        hurdle=hurdle[:, :, 0],
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


def smallest_asks(s: Sector) -> Array:
    """Smallest critical IT MW of a product some solvent tenant of each mode would take now (P, R, M).

    Infinite: no tenant. Neoclouds have cards of their own: they do not buy another's GPU cloud.
    """
    t = s.tenants
    asking = t.solvent & (t.wanted >= t.min_mw) & (s.now.rent[:, None] <= t.max_rent)
    pays = asking & can_fit_out(s) & (s.fit_out_mw[:, None] >= t.min_mw)
    halls = projects.smallest_asks(t.min_mw, t.credit, asking, pays, len(MODES))
    buys = t.klass != NEOCLOUD
    clouds = projects.smallest_asks(t.min_mw, t.credit, asking & buys, pays & buys, len(MODES))
    return np.stack((halls, halls, clouds))


def _funding(s: Sector, terms: Terms) -> projects.Funding:
    """The ways to fund each product, as the kernel reads them."""
    hurdle = np.log1p(terms.hurdle)
    return projects.Funding(
        pv=terms.pv, equity=terms.equity, shares=terms.shares, cash=terms.cash, residual=terms.residual,
        rent_value=terms.rent_value, asks=smallest_asks(s), term_years=terms.term_years,
        lead_months=terms.lead_months, hurdle=hurdle, discount=projects.discounts(hurdle, terms.lead_months),
        gross_per_it=s.P.ai.gross_per_it[:, 0], patience=s.P.behaviour.payback_limit_years[:, 0],
    )  # fmt: skip


def _hosts(s: Sector, c: Cases, funds: Array) -> projects.Hosts:
    """What is there to host with."""
    return projects.Hosts(
        run=c.run, firm=c.firm, region=c.region, role=c.role, racks=c.racks, idle=c.idle_soon, vacant=c.vacant,
        months_to_power=c.months_to_power, yearly_margin=c.yearly_margin, rig_value=c.rig_value,
        rig_scrap=c.rig_scrap, suitability=c.suitability, hosting_end=c.hosting_end,
        unit=c.unit, own=funds / s.cases_of_firm, access=finance.equity_access(s),
    )  # fmt: skip


def _limits(s: Sector) -> projects.Limits:
    """Rules of regions, quality asked for, contracts: what may close a site whatever the terms."""
    return projects.Limits(
        allowed=s.regions.new_ai if s.pivot_allowed else np.zeros_like(s.regions.new_ai),
        convertible=np.minimum(s.regions.suitability + BEST_OF_REGION, 1.0),
        suitable=s.P.ai.min_suitability[:, 0], notice=s.P.power.hosting_notice_months[:, 0], month=s.t,
    )  # fmt: skip


def evaluate(s: Sector, c: Cases, funds: Array, table: OptionTable) -> Plans:
    """Fill the AI columns of the option table and return the plans behind them."""
    terms = terms_of_products(s)
    funding, hosts, limits = _funding(s, terms), _hosts(s, c, funds), _limits(s)
    projects.value_projects(funding, hosts, limits, np.arange(len(c)), False, table, CODES)
    return Plans(terms, funding, hosts, limits)
