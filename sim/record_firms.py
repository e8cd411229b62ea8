"""Numbers of firms for the result tables: capacity by use, income and balance sheet of the month just done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.arrays import Array, Index, Mask, safe_divide
from sim.kernels import sites as kernels
from sim.kernels import sums
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
    return dict(zip(kernels.USES, kernels.uses(_connections(s)), strict=True))


def _connections(s: Sector) -> kernels.Connections:
    sites = s.sites
    return kernels.Connections(
        sites.owner, sites.region, sites.connected, sites.pipeline, sites.racks, sites.ai_gross, sites.ai_building,
        sites.legacy_gpu,
    )  # fmt: skip


def added_up(columns: dict[str, Array], index: Index, size: int) -> dict[str, Array]:
    """Columns (R, N) summed by groups ``index`` (R, N) -> (R, size); what has the index -1 is left out."""
    return dict(zip(columns, sums.add_columns(np.stack(list(columns.values())), index, size), strict=True))


class Capacity(NamedTuple):
    """MW by use and critical IT MW under contract, by firm (R, F) and by region (R, X)."""

    firms: dict[str, Array]
    regions: dict[str, Array]


def capacity(s: Sector) -> Capacity:
    """MW at work or to come, of what belongs to firms and of what lies in regions."""
    leases = s.leases
    by_use = kernels.capacity(_connections(s), s.n_firms, s.n_regions)
    let = kernels.leased(
        leases.status, leases.firm, leases.site, leases.it_mw, leases.delivered_mw, s.sites.region, s.n_firms,
        s.n_regions,
    )  # fmt: skip
    firms, regions = (
        dict(zip((*kernels.USES, "ai_contracted_mw", "ai_delivered_mw"), (*mw, *it_mw), strict=True))
        for mw, it_mw in zip(by_use, let, strict=True)
    )
    return Capacity(firms, regions)


def firm_columns(s: Sector, mw: Capacity) -> dict[str, Array]:
    """What tables of firms and of size classes have in common (R, F), units as in ``sim.columns``."""
    lines, stock = s.books.lines, s.books.stock
    return {
        "hashrate_ehs": s.ehs_by_firm,
        **mw.firms,
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


def statements(s: Sector, rows: Index | slice = slice(None)) -> dict[str, Array]:
    """Costs as positive numbers and the balance sheet of each firm of some runs (rows, F), USD; coins also in BTC."""
    lines, stock = s.books.lines, s.books.stock
    return {
        **{name: 0.0 - lines[line][rows] for name, line in COSTS.items()},
        **{f"{name}_usd": stock[name][rows] for name in BALANCE},
        "coins_btc": s.firms.coins_btc[rows],
        "equity_usd": s.books.equity(rows),
    }


def region_columns(s: Sector, mw: Capacity) -> dict[str, Array]:
    """The regions table's numbers (R, X)."""
    r, d = s.regions, s.dispatched
    running = added_up({"hashrate_ehs": d.ehs, "curtailed_mwh": d.curtailed_mwh}, s.sites.region, s.n_regions)
    return {
        "power_price_usd_per_mwh": r.price, "reserve_margin": r.reserve_margin, "peak_load_mw": r.peak,
        "headroom_mw": r.budget, "wait_months": r.wait * s.P.power.interconnection_wait_scale,
        "mining_power_mw": r.mining_mw, **running, **mw.regions, "emissions_mtco2": r.emissions / 1e6,
        "carbon_price_usd_per_t": r.carbon_price, "mining_excise_usd_per_mwh": r.excise,
        "mining_allowed_share": r.hashing_allowed,
    }  # fmt: skip


def firm_labels(s: Sector, distressed: Mask) -> dict[str, Index | Mask]:
    """Labels of firms that change (R, F): codes of strategies, and whether a firm exists and is ``distressed``."""
    firms = s.firms
    return {
        "strategy": firms.strategy, "announced": firms.announced, "alive": firms.alive, "in_distress": distressed,
    }  # fmt: skip


def in_distress(s: Sector, month: int) -> Mask:
    """Firms with payables overdue, restructured in the last 12 months, or with debts above assets (R, F)."""
    firms = s.firms
    return firms.alive & ((firms.arrears > 0) | (month - firms.restructured < 12) | (s.books.equity() < 0))


def concentration(values: Array) -> Array:
    """Herfindahl index over the last axis (R,); 0 where there is nothing."""
    total = np.ascontiguousarray(values).sum(axis=-1)
    return np.square(safe_divide(values, total[:, None])).sum(axis=-1)
