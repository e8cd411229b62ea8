"""What firms under review see alike in a month of the Mesa reference: AI terms, machines on sale, bids for sites."""

from __future__ import annotations

from math import exp, inf, log1p
from typing import Any

from mesa_choices import Mode, MonthView, Terms, rig_value_rule

NEOCLOUD = 1  # class of tenants
BACKSTOPPED = 1  # credit
RENT_BY_MODE, LANDLORDS_PART = (0.98, 1.09, 1.03, 1.13, 0.81), (1.0, 1.0, 1.0, 1.0, 0.15)
TENANT_FUNDED = 4  # modes: the four credits in their order, and tenants who pay the fit-out themselves
RESIDUAL_SHARES = (1.0, 0.625, 0.425, 0.30, 0.175, 0.125)  # of a GPU's price after 0 to 5 years
Project = tuple[float, float, float, float]  # yearly income, capex, prepayment, value at the end; M USD per MW


def month_view(model: Any) -> MonthView:
    """Work out once what does not depend on the firm or the site."""
    p, now, market = model.p, model.now, model.market
    f, a, b = p.finance, p.ai, p.behaviour
    hunger = min(market.wanted_total / max(market.start_wanted, 1.0), 1.5)
    kept = 1.0 - f.liquidation_cost
    age = [max(model.month - release, 0.0) for release in market.release]
    for site in model.sites.values():
        site.price_per_mwh = site.power_price()
        site.free_racks = site.racks - site.rig_mw - site.ordered_mw
    for firm in model.firms.values():
        installed = sum(site.ehs for site in firm.sites if site.miner == firm.row)
        installed += sum(site.ehs for site in firm.hosted_at)
        firm.share_of_hashrate = installed / now.hashrate
        firm.connected = sum(site.connected for site in firm.sites)
        firm.mw_run = firm.connected + sum(site.racks for site in firm.hosted_at)
    return MonthView(
        month=model.month, ai_priority=p.policy.ai_priority_months, hosting_notice=p.power.hosting_notice_months,
        look_ahead=b.look_ahead_months, overhead=p.power.mining_overhead,
        net_of_pool=1.0 - p.bitcoin.pool_fee, availability=p.power.availability, j_per_th=model.j_per_th,
        used=market.used, price=market.price, on_sale=market.on_sale, distance=model.distance,
        rig_value=rig_value_rule(market.expected_decline, f.mining_discount_rate, p.power.availability),
        new_life=p.rigs.life_months / 12,
        remaining_life=[max(p.rigs.life_months - 0.5 * years, 12.0) / 12 for years in age],
        lent=f.rig_loan_ltv * min(now.ltc_factor, 1.0), rack_capex=p.rigs.rack_capex_usd_per_mw * now.inflation,
        relocation_allowed=b.relocation_allowed, pivot_allowed=b.pivot_allowed,
        connected_value=f.connected_mw_value_usd_m * 1e6, min_suitability=a.min_suitability,
        developer_bid=1.2e6 * hunger * kept if b.pivot_allowed else 0.0,
        miner_bid=f.connected_mw_value_usd_m * 1e6 * market.mining_mood * kept,
        site_cost=p.power.site_cost_usd_per_mw_year, saved_years=annuity(f.mining_discount_rate, 3.0),
        gross_per_it=a.gross_per_it, payback_limit=b.payback_limit_years,
        inertia=b.inertia_usd_m_per_mw, peer_weight=b.peer_weight_usd_m_per_mw, temperature=b.temperature,
        **ai_terms(model),
    )  # fmt: skip


def smallest_asks(model: Any, cloud: bool) -> list[float]:
    """Smallest IT MW a solvent tenant of each credit, or one that funds the fit-out, would take now.

    Neoclouds have cards of their own and take no one else's cloud.
    """
    asks = [inf] * 5
    for tenant in model.tenants:
        interested = not cloud or tenant.klass != NEOCLOUD
        if interested and tenant.solvent and tenant.wanted >= tenant.min_mw and model.now.rent <= tenant.max_rent:
            asks[tenant.credit] = min(asks[tenant.credit], tenant.min_mw)
            pays = tenant.klass == NEOCLOUD and tenant.own_credit != BACKSTOPPED
            if pays and model.market.fit_out_mw >= tenant.min_mw:
                asks[TENANT_FUNDED] = min(asks[TENANT_FUNDED], tenant.min_mw)
    return asks


def ai_terms(model: Any) -> dict[str, Terms]:
    """Terms of the three products by who stands behind the rent."""
    a, f, now = model.p.ai, model.p.finance, model.now
    paid = 1.0 - model.p.behaviour.skills_transfer  # of cost and time of a hall
    ltc = [f.ltc_investment_grade, f.ltc_backstopped, f.ltc_speculative, f.ltc_unrated, f.ltc_speculative]
    ltc = [min(max(share * f.ltc_scale * now.ltc_factor, 0.0), 0.95) for share in ltc]
    spreads = [f.spread_investment_grade, f.spread_backstopped, f.spread_speculative, f.spread_corporate]
    spreads.append(f.spread_speculative)
    safe = now.base_rate + now.spread_shock - model.p.policy.ai_interest_relief
    coupons = [max(safe + spread, 0.0) for spread in spreads]
    hosts = list(zip(ltc, coupons, smallest_asks(model, cloud=False), strict=True))
    clouds = list(zip(ltc, coupons, smallest_asks(model, cloud=True), strict=True))
    new, refit = a.colocation_capex_usd_m_per_mw * now.inflation, a.retrofit_capex_usd_m_per_mw * now.inflation
    halls = {
        "colocation": (now.rent, new, a.colocation_term_years, a.colocation_lead_months),
        "retrofit": (now.rent * a.retrofit_rent_share, refit, a.retrofit_term_years, a.retrofit_lead_months),
    }  # fmt: skip
    found, hurdle = {}, f.hosting_equity_hurdle
    # new shares per USD of yearly income: a signed contract counts half before it is delivered
    sold = 0.5 * f.ai_ebitda_multiple * now.multiple * f.equity_issue_share_per_year
    for name, (rent, capex, years, lead) in halls.items():
        capex, lead = capex * paid, lead * paid
        projects = [
            hall(a, rent * over_mean, capex * part, years)
            for over_mean, part in zip(RENT_BY_MODE, LANDLORDS_PART, strict=True)
        ]
        found[name] = Terms(lead, hurdle, years, funding(a, projects, years, hosts, hurdle, sold))
    lead = a.cloud_lead_months * paid
    projects, years = [cloud(a, now, paid)] * 5, a.cloud_term_years
    modes = funding(a, projects, years, clouds, f.cloud_equity_hurdle, sold)
    return found | {"cloud": Terms(lead, f.cloud_equity_hurdle, years, modes)}


def hall(a: Any, rent: float, capex: float, years: float) -> Project:
    """A hall let to one tenant."""
    return rent * a.colocation_margin, capex, 0.0, hall_residual(capex, years)


def cloud(a: Any, now: Any, paid: float) -> Project:
    """GPUs in an own hall (``paid`` part of its usual cost), let to one customer who pays a part ahead."""
    revenue, years = a.cloud_revenue_usd_m_per_mw_year * now.gpu_scarcity**0.5, a.cloud_term_years
    hall_capex = a.cloud_hall_capex_usd_m_per_mw * now.inflation * paid
    gpu_capex = a.cloud_gpu_capex_usd_m_per_mw
    left = hall_residual(hall_capex, years) + gpu_residual(years) * gpu_capex
    return revenue * a.cloud_margin, hall_capex + gpu_capex, revenue * years * a.cloud_prepayment_share, left


def funding(
    a: Any, projects: list[Project], years: float, lenders: list[tuple[float, float, float]], hurdle: float,
    sold: float,
) -> list[Mode]:
    """Of each mode's project in USD: value at delivery, equity, shares it sells, yearly cash, what is left; the
    smallest ask."""
    modes, compliance = [], a.compliance_cost_usd_per_mw_year / 1e6
    for (income, capex, prepaid, left), (share, coupon, ask) in zip(projects, lenders, strict=True):
        own = max(capex - prepaid, 0.0)
        cash = income - own * share / annuity(coupon, years) - prepaid / years - compliance
        worth = cash * annuity(hurdle, years) + left * exp(-log1p(hurdle) * years)
        modes.append((worth * 1e6, own * (1.0 - share) * 1e6, sold * income * 1e6, cash * 1e6, left * 1e6, ask))
    return modes


def annuity(rate: float, years: float) -> float:
    """Present value of 1 at the end of each year."""
    return (1.0 - (1.0 + rate) ** -years) / rate if abs(rate) >= 1e-12 else years


def hall_residual(capex: float, years: float) -> float:
    """A hall's worth at the end of a term: straight line over twenty years, let again at four fifths."""
    return 0.8 * capex * min(max(1.0 - years / 20.0, 0.0), 1.0)


def gpu_residual(years: float) -> float:
    """Share of its price a used GPU fetches."""
    if years >= 5.0:
        return RESIDUAL_SHARES[5] * (RESIDUAL_SHARES[5] / RESIDUAL_SHARES[4]) ** (years - 5.0)
    whole = int(years)
    low, high = RESIDUAL_SHARES[whole], RESIDUAL_SHARES[whole + 1]
    return low + (years - whole) * (high - low)
