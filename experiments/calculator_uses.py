"""The uses of a megawatt that the calculator compares: rigs of every generation, their extras, and AI hosting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.economics import HOURS_PER_YEAR, hosting, mining
from sim.economics.credit import annuity_factor
from sim.kernels import projects
from sim.phases import ai_options, finance

if TYPE_CHECKING:
    from experiments.calculator import Market

LEGACY_COST_SHARE = 0.4  # of the revenue of old GPU rigs, power included (as in the engine)


@dataclass(frozen=True)
class Use:
    """One use of a grid MW. Money USD per MWh drawn or per MW-year; NaN or infinite where a measure has no meaning.

    ``hours`` a year it draws power. ``equity_return``: cash on equity on an unused connection,
    ``equity_return_replacing`` where running rigs make room. ``smallest_mw`` of grid connection a tenant asks.
    """

    name: str
    kind: str
    revenue: float
    power: float
    other: float
    hours: float
    capex: float
    life_years: float
    equity: float
    equity_return: float
    npv: float
    breakeven: float
    breakeven_net: float
    efficiency: float = np.nan
    equity_return_replacing: float = np.nan
    breakeven_hashprice: float = np.nan
    breakeven_rent: float = np.nan
    smallest_mw: float = 0.0
    largest_share: float = 1.0

    @property
    def margin(self) -> float:
        """USD per MWh."""
        return self.revenue - self.power - self.other

    @property
    def margin_per_mw_year(self) -> float:
        """USD per grid MW-year."""
        return self.margin * self.hours

    @property
    def payback_years(self) -> float:
        """Years without debt at today's margin."""
        return float(mining.payback_years(self.capex, self.margin_per_mw_year))

    @property
    def irr(self) -> float:
        """Internal rate of return without debt: today's margin over the life, no value left at its end."""
        if self.capex <= 0.0:
            return np.nan
        return float(mining.irr_annuity(self.capex, self.margin_per_mw_year, self.life_years))

    def row(self) -> dict[str, Any]:
        """The columns of ``Calculation.workloads``."""
        return {
            "name": self.name, "kind": self.kind, "efficiency_j_per_th": self.efficiency,
            "revenue_usd_per_mwh": self.revenue, "power_cost_usd_per_mwh": self.power,
            "other_cost_usd_per_mwh": self.other, "margin_usd_per_mwh": self.margin,
            "margin_usd_per_mw_year": self.margin_per_mw_year, "capex_usd_per_mw": self.capex,
            "payback_years": self.payback_years, "irr": self.irr, "equity_usd_per_mw": self.equity,
            "equity_return": self.equity_return, "equity_return_replacing_rigs": self.equity_return_replacing,
            "npv_usd_per_mw": self.npv, "breakeven_usd_per_mwh": self.breakeven,
            "breakeven_net_usd_per_mwh": self.breakeven_net,
            "breakeven_hashprice_usd_per_ph_day": self.breakeven_hashprice,
            "breakeven_rent_usd_m_per_mw_year": self.breakeven_rent, "smallest_mw": self.smallest_mw,
        }  # fmt: skip


def all_uses(market: Market) -> list[Use]:
    """Every use, rigs from the newest generation to the oldest first."""
    rigs = rig_uses(market)
    best = max(rigs, key=lambda use: use.npv)
    return [*rigs, *extras(market, best), *leases(market), cloud(market), legacy_gpus(market)]


def rig_uses(market: Market) -> list[Use]:
    """Rigs of every generation that is out, at today's price: new if on sale, else second-hand."""
    rigs = market.sector.rigs
    out = np.flatnonzero(rigs.release[0] <= 0)
    return [_rigs(market, int(g)) for g in out[np.argsort(-rigs.release[0, out], kind="stable")]]


def _rigs(market: Market, generation: int) -> Use:
    s, site = market.sector, market.site
    hashprice, price = site.hashprice_usd_per_ph_day, site.power_price_usd_per_mwh
    assert hashprice is not None
    assert price is not None
    j = float(s.rigs.j_per_th[0, generation])
    overhead, uptime = market.p("power.mining_overhead"), market.p("power.availability")
    hours = HOURS_PER_YEAR * uptime
    # the site's fixed cost is spread over the hours its rigs run, so that the margin is what is left
    other = market.p("power.other_cost_usd_per_mwh") + market.p("power.site_cost_usd_per_mw_year") / hours
    kept = 1.0 - market.p("bitcoin.pool_fee")
    gross_revenue = float(mining.breakeven_usd_per_mwh(hashprice, j))
    revenue = gross_revenue * kept / overhead
    margin = float(hosting.mining_margin(hashprice * kept, j, price, other, uptime, overhead))
    on_sale = generation in s.on_sale[0]
    per_th = float((s.rigs.price if on_sale else s.rigs.used)[0, generation])
    th_per_mw = 1e6 / (j * overhead)
    capex, life = per_th * th_per_mw, market.p("rigs.life_months") / 12
    equity = capex * (1.0 - float(finance.rig_loan_share(s)[0, 0]))
    coupon = float(s.now.base_rate[0] + s.now.spread_shock[0]) + market.p("finance.spread_coin_loan")
    service = (capex - equity) / float(annuity_factor(coupon, life))
    worth = mining.rig_present_value(
        hashprice * kept, j, (price + other) * overhead, float(s.expected_decline[0, 0]),
        market.p("finance.mining_discount_rate"), life, uptime,
    )  # fmt: skip
    return Use(
        name=f"{s.generation_names[generation]}, {'new' if on_sale else 'used'}",
        kind="rigs",
        efficiency=j,
        revenue=revenue,
        power=price,
        other=other,
        hours=hours,
        capex=capex,
        life_years=life,
        equity=equity,
        equity_return=(margin - service) / equity if equity > 0 else np.nan,
        npv=float(worth) * th_per_mw - capex,
        breakeven=gross_revenue,
        breakeven_net=revenue - other,
        breakeven_hashprice=hashprice * (price + other) / revenue,
    )


def extras(market: Market, rigs: Use) -> list[Use]:
    """What flexible load earns on top of mining with ``rigs``: programme payments, and resale in dear hours."""
    s, site, region = market.sector, market.site, market.region
    programme, called = float(s.regions.programme[0, region]), float(s.regions.programme_hours[0, region])
    hours = HOURS_PER_YEAR * market.p("power.availability")
    lost = max(rigs.margin, 0.0) * called * market.p("power.availability")
    level = float(s.tables.regions["wholesale_usd_per_mwh"][region])
    # contract power fetches the spot price in the hours in which that beats hashing, as in the month's dispatch
    strike = max(rigs.revenue - rigs.other, 0.0)
    on, paid = s.curves.evaluate(int(s.price_shape[region]), strike / level)
    hashing_on = 1.0 if rigs.margin > 0 else 0.0
    resold = hours * (level * (1.0 - float(paid)) - hashing_on * strike * (1.0 - float(on)))
    found = []
    if programme > 0:
        found.append(_extra("Demand response, on top of rigs", programme, lost, hours, site.mw))
    if resold > 0:
        found.append(_extra("Resale of fixed-price power, on top of rigs", resold, 0.0, hours, site.mw))
    return found


def _extra(name: str, yearly: float, lost: float, hours: float, mw: float) -> Use:
    revenue, cost = yearly / hours, lost / hours
    return Use(
        name=name, kind="flexibility", revenue=revenue, power=0.0, other=cost, hours=hours, capex=0.0,
        life_years=1.0, equity=0.0, equity_return=np.nan, npv=0.0, breakeven=revenue, breakeven_net=revenue - cost,
    )  # fmt: skip


def leases(market: Market) -> list[Use]:
    """Colocation and retrofit for a tenant of the site's credit."""
    rent = market.site.rent_usd_m_per_mw_year
    assert rent is not None
    refitted = rent * market.p("ai.retrofit_rent_share")
    return [
        _lease(market, "Colocation", rent),
        _lease(market, "Retrofit", refitted, largest_share=projects.CONVERTIBLE_SHARE),
    ]


def _lease(market: Market, name: str, rent: float, largest_share: float = 1.0) -> Use:
    key = f"ai.{name.lower()}"
    capex, term = market.p(f"{key}_capex_usd_m_per_mw"), market.p(f"{key}_term_years")
    lead = market.p(f"{key}_lead_months")
    margin, (ltc, coupon) = market.p("ai.colocation_margin"), _credit(market)

    def project(rent: float, forgone: float) -> hosting.ProjectReturn:
        terms = margin, capex, ltc, coupon, term, term, forgone, market.gross_per_it
        return hosting.lease_economics(rent, *terms)

    residual = float(ai_options.hall_residual(np.asarray(capex), np.asarray(term)))
    found = project(rent, 0.0)
    # cash on equity is a straight line in rent: where it crosses zero, nothing is left for the owner
    slope = (float(found.equity_cash) - float(project(0.0, 0.0).equity_cash)) / rent
    broke = rent - float(found.equity_cash) / slope
    return _hall(
        market, name, found, project(rent, forgone_margin(market)), rent, term, lead, residual,
        hurdle=market.p("finance.hosting_equity_hurdle"), breakeven_rent=broke,
        largest_share=largest_share,
    )  # fmt: skip


def cloud(market: Market) -> Use:
    """A GPU cloud sold to one customer of the site's credit."""
    ltc, coupon = _credit(market)
    s, term = market.sector, market.p("ai.cloud_term_years")
    scarcity = float(s.now.gpu_rent[0]) / market.p("ai.gpu_rent_usd_per_hour")
    revenue = market.p("ai.cloud_revenue_usd_m_per_mw_year") * scarcity**0.5
    hall, gpus = market.p("ai.cloud_hall_capex_usd_m_per_mw"), market.p("ai.cloud_gpu_capex_usd_m_per_mw")

    def project(forgone: float) -> hosting.ProjectReturn:
        return hosting.cloud_economics(
            revenue, market.p("ai.cloud_margin"), hall, gpus, market.p("ai.cloud_prepayment_share"), term, ltc,
            coupon, forgone, market.gross_per_it,
        )  # fmt: skip

    residual = float(ai_options.hall_residual(np.asarray(hall), np.asarray(term)))
    residual += float(hosting.gpu_residual(term)) * gpus
    return _hall(
        market, "GPU cloud", project(0.0), project(forgone_margin(market)), revenue, term,
        market.p("ai.cloud_lead_months"), residual, hurdle=market.p("finance.cloud_equity_hurdle"),
        kind="gpu cloud",
    )  # fmt: skip


def _hall(
    market: Market, name: str, idle: hosting.ProjectReturn, replacing: hosting.ProjectReturn, revenue: float,
    term: float, lead: float, residual: float, hurdle: float, breakeven_rent: float = np.nan, kind: str = "hosting",
    largest_share: float = 1.0,
) -> Use:  # fmt: skip
    """A hall per grid MW from its economics per IT MW in M USD; power is the tenant's or inside the cost share."""
    to_grid = 1e6 / market.gross_per_it
    ebitda, income = float(idle.ebitda) * to_grid, revenue * to_grid
    npv = hosting.equity_npv(idle.equity, idle.equity_cash, term, residual, hurdle, lead / 12)
    return Use(
        name=name,
        kind=kind,
        revenue=income / HOURS_PER_YEAR,
        power=0.0,
        other=(income - ebitda) / HOURS_PER_YEAR,
        hours=HOURS_PER_YEAR,
        capex=float(idle.capex) * to_grid,
        life_years=term,
        equity=float(idle.equity) * to_grid,
        equity_return=float(idle.equity_return),
        equity_return_replacing=float(replacing.equity_return),
        npv=float(npv) * to_grid,
        breakeven=income / HOURS_PER_YEAR,
        breakeven_net=ebitda / HOURS_PER_YEAR,
        breakeven_rent=breakeven_rent,
        smallest_mw=_smallest_lease(market) * market.gross_per_it,
        largest_share=largest_share,
    )


def legacy_gpus(market: Market) -> Use:
    """GPU rigs of older years, rented at low rates; they are there already, so nothing is spent."""
    s = market.sector
    index = float(s.now.gpu_rent[0]) / market.p("ai.gpu_rent_usd_per_hour")
    yearly = market.p("ai.legacy_gpu_revenue_usd_m_per_mw_year") * index * 1e6 / market.gross_per_it
    revenue = yearly / HOURS_PER_YEAR
    net = revenue * (1 - LEGACY_COST_SHARE)
    return Use(
        name="Legacy GPUs", kind="legacy gpus", revenue=revenue, power=0.0, other=revenue - net,
        hours=HOURS_PER_YEAR, capex=0.0, life_years=5.0, equity=0.0, equity_return=np.nan, npv=0.0,
        breakeven=revenue, breakeven_net=net,
    )  # fmt: skip


def forgone_margin(market: Market) -> float:
    """Mining margin of the rigs a hall displaces, M USD per grid MW-year; rigs that lose money are no loss."""
    site, hours = market.site, HOURS_PER_YEAR * market.p("power.availability")
    assert site.hashprice_usd_per_ph_day is not None
    assert site.power_price_usd_per_mwh is not None
    other = market.p("power.other_cost_usd_per_mwh") + market.p("power.site_cost_usd_per_mw_year") / hours
    margin = hosting.mining_margin(
        site.hashprice_usd_per_ph_day * (1 - market.p("bitcoin.pool_fee")), site.replaces_j_per_th or 0.0,
        site.power_price_usd_per_mwh, other, market.p("power.availability"), market.p("power.mining_overhead"),
    )  # fmt: skip
    return max(float(margin), 0.0) / 1e6


def _credit(market: Market) -> tuple[float, float]:
    """Loan to cost and coupon that the tenant's credit allows."""
    rating = np.array([[market.credit]])
    return (
        float(finance.loan_to_cost(market.sector, rating)[0, 0]),
        float(finance.project_coupon(market.sector, rating)[0, 0]),
    )


def _smallest_lease(market: Market) -> float:
    """Smallest critical IT MW that a tenant of this credit takes."""
    table = market.sector.tables.tenants
    fits = [str(credit) == market.site.tenant for credit in table["credit"]]
    sizes = [float(mw) for mw, fit in zip(table["min_it_mw"], fits, strict=True) if fit]
    return min(sizes, default=np.inf)
