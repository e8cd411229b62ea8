"""AI sites: halls are built and paid, capacity is delivered, rent is earned, leases end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, Rows, safe_divide, sum_by
from sim.economics.credit import interest
from sim.phases.ai_options import hall_capex
from sim.state import BUILDING, CLOUD, ENDED, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

GPU_LIFE_MONTHS = 60
EXPIRED, TENANT_DEFAULT, CANCELLED = 1, 2, 3
ORDINARY_LOW = 0.7  # of the expected demand: months below it happen without anybody cancelling
TERMINATION_YEARS = 0.5  # of rent paid by a tenant that cancels what is not yet delivered
RECOVERY_PER_MONTH = 1 / 24  # a failed tenant is reorganised after two years on average


def of_firm(values: Array, firm: Index) -> Array:
    """Values (R, F) at the firm of each lease (R, L); empty slots read firm 0 and must be masked."""
    return np.take_along_axis(values, np.maximum(firm, 0), axis=1)


def build_halls(s: Sector) -> None:
    """Spend the month's capex: loans draw their share, the rest comes from construction cash, then cash.

    What cannot be paid is not built, and the hall comes a month later.
    """
    leases, books = s.leases, s.books
    building = leases.status == BUILDING
    span = np.maximum(leases.full - leases.signed, 1)
    planned = leases.capex * np.clip((s.t + 1 - leases.signed) / span, 0.0, 1.0)
    due = np.where(building, np.maximum(planned - leases.spent, 0.0), 0.0)
    loan_share = safe_divide(leases.loan_limit - leases.loan, leases.capex - leases.spent)
    draw = due * np.clip(loan_share, 0.0, 1.0)
    own = sum_by(leases.firm, due - draw, s.n_firms)
    money = books.stock["restricted"] + 0.5 * np.maximum(books.stock["cash"], 0.0)
    paid_share = np.minimum(safe_divide(money, own, 1.0), 1.0)
    share = np.where(building, of_firm(paid_share, leases.firm), 0.0)
    due, draw = due * share, draw * share
    late = building & (share < 0.999)
    leases.first = leases.first + (late & (leases.delivered_mw == 0))
    leases.full = leases.full + late
    leases.loan = leases.loan + draw
    leases.spent = leases.spent + due
    by_firm, drawn = sum_by(leases.firm, due, s.n_firms), sum_by(leases.firm, draw, s.n_firms)
    from_reserve = np.minimum(by_firm - drawn, books.stock["restricted"])
    books.post("balance_only", "banks", cash=drawn, loans=drawn)
    books.post("balance_only", "banks", cash=from_reserve, restricted=-from_reserve)
    books.post("balance_only", "vendors", cash=-by_firm, construction=by_firm)
    capitalised = np.where(building & (leases.delivered_mw == 0), interest(leases.loan, leases.coupon), 0.0)
    leases.loan = leases.loan + capitalised
    leases.loan_limit = leases.loan_limit + capitalised
    leases.spent, leases.capex = leases.spent + capitalised, leases.capex + capitalised
    total = sum_by(leases.firm, capitalised, s.n_firms)
    books.post("balance_only", "banks", loans=total, construction=total)


def deliver(s: Sector) -> None:
    """Hand over tranches between first and full delivery, as far as the site is connected and paid for."""
    leases, sites = s.leases, s.sites
    building = leases.status == BUILDING
    share = np.clip((s.t - leases.first + 1) / np.maximum(leases.full - leases.first + 1, 1), 0.0, 1.0)
    built = np.clip(safe_divide(leases.spent, leases.capex, 1.0), 0.0, 1.0)
    target = leases.it_mw * np.minimum(share, np.where(built > 0.999, 1.0, built))
    fresh = np.where(building, np.maximum(target - leases.delivered_mw, 0.0), 0.0)
    ratio = safe_divide(leases.gross_mw, leases.it_mw, 1.4)
    room = np.maximum(sites.connected - sites.racks - sites.ai_gross - sites.vacant - sites.legacy_gpu, 0.0)
    asked = sum_by(leases.site, fresh * ratio, s.n_sites)
    fits = np.minimum(safe_divide(room, asked, 1.0), 1.0)
    fresh = fresh * np.where(building, np.take_along_axis(fits, np.maximum(leases.site, 0), axis=1), 0.0)
    gross = sum_by(leases.site, fresh * ratio, s.n_sites)
    sites.ai_gross += gross
    sites.ai_building = np.maximum(sites.ai_building - gross, 0.0)
    before = leases.delivered_mw
    leases.delivered_mw = before + fresh
    finished = building & (leases.delivered_mw >= leases.it_mw * (1 - 1e-9))
    leases.status = np.where(finished, RUNNING, leases.status)
    _capitalise(s, fresh, finished)


def _capitalise(s: Sector, fresh: Array, finished: Mask) -> None:
    """Construction in progress becomes halls and GPUs in proportion to what is handed over."""
    leases, books = s.leases, s.books
    remaining = leases.it_mw - leases.delivered_mw + fresh
    part = np.where(finished, 1.0, safe_divide(fresh, remaining))
    value = np.where(fresh > 0, part * np.maximum(leases.spent - leases.booked, 0.0), 0.0)
    leases.booked = leases.booked + value
    gpu = s.P.ai.cloud_gpu_capex_usd_m_per_mw
    gpu_share = np.where(leases.product == CLOUD, gpu / (gpu + hall_capex(s, CLOUD)), 0.0)
    gpus = sum_by(leases.firm, value * gpu_share, s.n_firms)
    total = np.minimum(sum_by(leases.firm, value, s.n_firms), books.stock["construction"])
    gpus = np.minimum(gpus, total)
    books.post("balance_only", "vendors", construction=-total, halls=total - gpus, gpus=gpus)


def earn_rent(s: Sector) -> None:
    """Rent of delivered capacity less penalties for outages; paid by the tenant next month."""
    leases, books = s.leases, s.books
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    at = Rows.where(live & (leases.delivered_mw > 0))
    firm, delivered, cloud = at.get(leases.firm), at.get(leases.delivered_mw), at.get(leases.product) == CLOUD

    def by_firm(values: Array) -> Array:
        return at.sum_into(values, s.n_runs, s.n_firms, firm)

    years = np.maximum(s.t - at.get(leases.first), 0) / 12
    missed = ((1 - s.P.ai.sla_availability) * (1 - s.P.ai.downtime_reduction))[at.run, 0]
    rent = delivered * at.get(leases.rent) * (1 + at.get(leases.escalator)) ** years / 12 * (1 - missed)
    margin = np.where(cloud, s.P.ai.cloud_margin[at.run, 0], s.P.ai.colocation_margin[at.run, 0])
    fine = np.minimum(rent * missed * s.P.ai.outage_penalty_share[at.run, 0], rent)
    s.rent_due = np.zeros(live.shape)
    s.rent_due[at.run, at.row] = rent - fine
    books.post("ai_revenue", "tenants", receivables=by_firm(np.where(cloud, 0.0, rent)))
    rented, old_gpus = by_firm(np.where(cloud, rent, 0.0)), _legacy_gpus(s)
    books.post("gpu_revenue", "tenants", receivables=rented + old_gpus)
    books.post("penalties", "tenants", receivables=-by_firm(fine))
    # a prepayment was a share of the contract's value and is credited evenly against its rent
    earned = np.minimum(books.stock["prepayments"], s.P.ai.cloud_prepayment_share * rented)
    books.post("balance_only", "tenants", receivables=-earned, prepayments=-earned)
    books.bill("ai_cost", "vendors", by_firm(rent * (1 - margin)) + 0.4 * old_gpus)
    books.bill("duties", "governments", s.P.ai.compliance_cost_usd_per_mw_year * by_firm(delivered) / 12)


def _legacy_gpus(s: Sector) -> Array:
    """Revenue of old GPU rigs without a lease (R, F), USD: rents follow the market and the cards wear out."""
    index = s.now.gpu_rent[:, None] / s.P.ai.gpu_rent_usd_per_hour
    per_mw = s.P.ai.legacy_gpu_revenue_usd_m_per_mw_year * 1e6 * index / 12 / s.P.ai.gross_per_it
    revenue = per_mw * sum_by(s.sites.miner, s.sites.legacy_gpu, s.n_firms)
    s.sites.legacy_gpu = s.sites.legacy_gpu * (1 - 1 / GPU_LIFE_MONTHS)
    return revenue


def end_leases(s: Sector) -> None:
    """Terms run out, tenants default or cancel; what was let stands vacant and can be let again."""
    leases, tenants = s.leases, s.tenants
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    end(s, live & (s.t >= leases.first + leases.term), EXPIRED)
    hazard = np.where(tenants.credit >= 2, s.P.ai.tenant_default_per_year / 12, 0.0)
    hazard = hazard + s.drivers.tenant_default_probability[:, s.t] * (tenants.credit >= 2)
    draw = s.streams.uniforms("tenant_default", (s.n_tenants, 2))
    failed = tenants.solvent & (draw[:, :, 0] < hazard)
    recovered = ~tenants.solvent & (draw[:, :, 1] < RECOVERY_PER_MONTH)
    tenants.solvent = (tenants.solvent & ~failed) | recovered
    tenants.history = tenants.history * np.where(failed, 0.5, 1.0)
    run, tenant = np.nonzero(failed)
    s.note("tenant default", run, tenant=tenant)
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    of_tenant = np.take_along_axis(failed, np.maximum(leases.tenant, 0), axis=1)
    end(s, live & of_tenant & ~leases.backstopped, TENANT_DEFAULT)
    _cancel(s)


def _cancel(s: Sector) -> None:
    """Tenants whose demand has fallen cancel what is not begun to be delivered, against a fee."""
    leases = s.leases
    flow = s.drivers.ai_demand_flow_gw[:, s.t]
    usual = s.expected_flow[s.t] * s.P.ai.demand_scale[:, 0]
    drop = np.clip(1 - safe_divide(flow, usual, 1.0) / ORDINARY_LOW, 0.0, 1.0)[:, None]
    hazard = s.P.ai.cancellation_per_year / 12 * (1 + 20 * drop)
    draw = s.streams.uniforms("cancellation", (s.lease_capacity,))
    hit = (leases.status == BUILDING) & (leases.delivered_mw == 0) & (draw < hazard)
    fee = np.where(hit, leases.rent * leases.it_mw * TERMINATION_YEARS, 0.0)
    s.books.post("ai_revenue", "tenants", receivables=sum_by(leases.firm, fee, s.n_firms))
    end(s, hit, CANCELLED)


def end(s: Sector, which: Mask, reason: int) -> None:
    """End leases: unpaid rent of a failed tenant is lost, halls stand vacant, unfinished ones are written down."""
    if not which.any():
        return
    leases, sites, books = s.leases, s.sites, s.books
    ratio = safe_divide(leases.gross_mw, leases.it_mw, 1.4)
    sites.vacant += sum_by(leases.site, np.where(which, leases.delivered_mw * ratio, 0.0), s.n_sites)
    sites.ai_gross = np.maximum(
        sites.ai_gross - sum_by(leases.site, np.where(which, leases.delivered_mw * ratio, 0.0), s.n_sites), 0.0
    )
    open_mw = np.where(which, (leases.it_mw - leases.delivered_mw) * ratio, 0.0)
    sites.ai_building = np.maximum(sites.ai_building - sum_by(leases.site, open_mw, s.n_sites), 0.0)
    if reason == TENANT_DEFAULT:
        lost = sum_by(leases.firm, np.where(which, s.rent_due, 0.0), s.n_firms)
        lost = np.minimum(lost, np.maximum(books.claims["tenants"], 0.0))
        books.post("defaults", "tenants", "writeoff", receivables=-lost)
    unfinished = sum_by(leases.firm, np.where(which, leases.spent - leases.booked, 0.0), s.n_firms)
    unfinished = np.clip(unfinished, 0.0, np.maximum(books.stock["construction"], 0.0))
    books.post("defaults", "vendors", "writeoff", construction=-unfinished, halls=0.5 * unfinished)
    # the loan stays with the landlord; it is serviced like a corporate loan once no rent stands behind it
    leases.delivered_mw = np.where(which, 0.0, leases.delivered_mw)
    leases.ended = np.where(which, s.t, leases.ended)
    leases.end_reason = np.where(which, reason, leases.end_reason)
    leases.status = np.where(which, ENDED, leases.status)
    _orphan_loans(s, which)


def _orphan_loans(s: Sector, which: Mask) -> None:
    """Project loans of ended leases become corporate debt of the landlord, due within three years."""
    leases, facility = s.leases, s.facilities
    moved = sum_by(leases.firm, np.where(which, leases.loan, 0.0), s.n_firms)
    leases.loan = np.where(which, 0.0, leases.loan)
    leases.loan_limit = np.where(which, 0.0, leases.loan_limit)
    facility.balance[:, :, 0] += moved
    facility.maturity[:, :, 0] = np.where(
        moved > 0, np.minimum(facility.maturity[:, :, 0], s.t + 36), facility.maturity[:, :, 0]
    )
