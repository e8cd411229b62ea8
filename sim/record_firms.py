"""Numbers of firms for the result tables: capacity by use, income and balance sheet of the month just done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, safe_divide, spread, sum_by
from sim.state import BUILDING, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

COSTS = {
    "power_cost_usd": "power_cost", "hosting_fees_usd": "hosting_fees", "pool_fee_usd": "pool_fee",
    "other_cost_usd": "other_cost", "site_cost_usd": "site_cost", "ai_cost_usd": "ai_cost",
    "overhead_usd": "overhead", "carbon_cost_usd": "carbon_cost", "excise_usd": "excise", "duties_usd": "duties",
    "penalties_usd": "penalties", "interest_usd": "interest", "depreciation_usd": "depreciation", "tax_usd": "tax",
}  # fmt: skip
BALANCE = (
    "receivables", "coins", "rigs", "sites", "halls", "gpus", "construction", "loans", "converts", "prepayments",
    "payables",
)  # fmt: skip


def live_leases(s: Sector) -> Mask:
    """Leases in force, delivered or not (R, L)."""
    return (s.leases.status == BUILDING) | (s.leases.status == RUNNING)


def site_uses(s: Sector) -> dict[str, Array]:
    """Grid MW of each site by use (R, S); hashing, AI, building, legacy and idle MW add up to the connection.

    A hall that waits for its connection or for the racks in its place is not under construction here; a vacant
    hall is idle. Sites that lie dormant outside the sector count nothing.
    """
    sites = s.sites
    owned = sites.owner >= 0
    connected, racks = np.where(owned, sites.connected, 0.0), np.where(owned, sites.racks, 0.0)
    left = np.maximum(connected - racks - sites.ai_gross - sites.legacy_gpu, 0.0)
    building = np.minimum(sites.ai_building, left)
    return {
        "connected_mw": connected, "pipeline_mw": sites.pipeline, "hashing_mw": racks,
        "ai_gross_mw": sites.ai_gross, "ai_building_mw": building, "legacy_gpu_mw": sites.legacy_gpu,
        "idle_mw": left - building,
    }  # fmt: skip


def firm_columns(s: Sector, uses: dict[str, Array]) -> dict[str, Array]:
    """What tables of firms and of size classes have in common (R, F), units as in ``sim.columns``."""
    lines, stock, leases, live = s.books.lines, s.books.stock, s.leases, live_leases(s)
    return {
        "hashrate_ehs": s.ehs_by_firm,
        **{name: sum_by(s.sites.owner, mw, s.n_firms) for name, mw in uses.items()},
        "ai_contracted_mw": sum_by(leases.firm, np.where(live, leases.it_mw, 0.0), s.n_firms),
        "ai_delivered_mw": sum_by(leases.firm, np.where(live, leases.delivered_mw, 0.0), s.n_firms),
        "mining_revenue_usd": lines["mining_revenue"],
        "hosting_revenue_usd": lines["hosting_revenue"],
        "ai_revenue_usd": lines["ai_revenue"] + lines["gpu_revenue"],
        "gpu_revenue_usd": lines["gpu_revenue"],
        "demand_response_revenue_usd": lines["demand_response"],
        "resale_revenue_usd": lines["resale"],
        "ebitda_usd": s.books.ebitda(),
        "cash_usd": stock["cash"] + stock["restricted"],
        "debt_usd": stock["loans"] + stock["converts"],
    }


def statements(s: Sector) -> dict[str, Array]:
    """Costs as positive numbers and the balance sheet of each firm (R, F), USD; coins also in BTC."""
    lines, stock = s.books.lines, s.books.stock
    return {
        **{name: 0.0 - lines[line] for name, line in COSTS.items()},
        **{f"{name}_usd": stock[name] for name in BALANCE},
        "coins_btc": s.firms.coins_btc,
        "equity_usd": s.books.equity(),
    }


def region_columns(s: Sector, uses: dict[str, Array]) -> dict[str, Array]:
    """The regions table's numbers (R, X)."""
    r, leases, live = s.regions, s.leases, live_leases(s)
    place = np.where(leases.site >= 0, spread(s.sites.region, np.maximum(leases.site, 0)), -1)

    def total(values: Array) -> Array:
        return sum_by(s.sites.region, values, s.n_regions)

    return {
        "power_price_usd_per_mwh": r.price, "reserve_margin": r.reserve_margin, "peak_load_mw": r.peak,
        "headroom_mw": r.budget, "wait_months": r.wait * s.P.power.interconnection_wait_scale,
        "hashrate_ehs": total(s.dispatched.ehs), "mining_power_mw": r.mining_mw,
        **{name: total(mw) for name, mw in uses.items()},
        "ai_contracted_mw": sum_by(place, np.where(live, leases.it_mw, 0.0), s.n_regions),
        "ai_delivered_mw": sum_by(place, np.where(live, leases.delivered_mw, 0.0), s.n_regions),
        "curtailed_mwh": total(s.dispatched.curtailed_mwh), "emissions_mtco2": r.emissions / 1e6,
        "carbon_price_usd_per_t": r.carbon_price, "mining_excise_usd_per_mwh": r.excise,
        "mining_allowed_share": r.hashing_allowed,
    }  # fmt: skip


def firm_labels(s: Sector, month: int) -> dict[str, Index | Mask]:
    """Labels of firms that change (R, F): codes of strategies, and whether a firm exists and is in distress."""
    firms = s.firms
    return {
        "strategy": firms.strategy, "announced": firms.announced, "alive": firms.alive,
        "in_distress": in_distress(s, month),
    }  # fmt: skip


def in_distress(s: Sector, month: int) -> Mask:
    """Firms with payables overdue, restructured in the last 12 months, or with debts above assets (R, F)."""
    firms = s.firms
    return firms.alive & ((firms.arrears > 0) | (month - firms.restructured < 12) | (s.books.equity() < 0))


def concentration(values: Array) -> Array:
    """Herfindahl index over the last axis (R,); 0 where there is nothing."""
    total = np.ascontiguousarray(values).sum(axis=-1)
    return np.square(safe_divide(values, total[:, None])).sum(axis=-1)
