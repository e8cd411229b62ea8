"""Numbers of firms for the result tables: capacity by use, income and balance sheet of the month just done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.arrays import Array, Index, Mask, sum_by
from sim.kernels import records as kernels
from sim.kernels import sums
from sim.state import BUILDING, RUNNING, SIZES

if TYPE_CHECKING:
    from sim.sector import Sector

COSTS = {
    "power_cost_usd": "power_cost", "hosting_fees_usd": "hosting_fees", "pool_fee_usd": "pool_fee",
    "other_cost_usd": "other_cost", "site_cost_usd": "site_cost", "ai_cost_usd": "ai_cost",
    "overhead_usd": "overhead", "carbon_cost_usd": "carbon_cost", "excise_usd": "excise", "duties_usd": "duties",
    "penalties_usd": "penalties", "interest_usd": "interest", "depreciation_usd": "depreciation", "tax_usd": "tax",
}  # fmt: skip
CRITICAL_IT = ("ai_contracted_mw", "ai_delivered_mw")
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


class Sums(NamedTuple):
    """Numbers by name of firms (K, F) of some runs, of all size classes (R, 4) and of all regions (R, X)."""

    firms: dict[str, Array]
    classes: dict[str, Array]
    regions: dict[str, Array]


def capacity(s: Sector, rows: Index) -> Sums:
    """Grid MW at work or to come, by use; of firms in the runs ``rows`` (K,) only."""
    found = kernels.capacity(_connections(s), s.firms.size, len(SIZES), s.n_regions, rows)
    return Sums(*(dict(zip(kernels.USES, mw, strict=True)) for mw in found))


def let(s: Sector) -> tuple[dict[str, Array], dict[str, Array]]:
    """Critical IT MW under contract, of firms (R, F) and in regions (R, X)."""
    leases = s.leases
    of_firms, of_regions = kernels.leased(
        leases.status, leases.firm, leases.site, leases.it_mw, leases.delivered_mw, s.sites.region, s.n_firms,
        s.n_regions,
    )  # fmt: skip
    return dict(zip(CRITICAL_IT, of_firms, strict=True)), dict(zip(CRITICAL_IT, of_regions, strict=True))


def firm_columns(s: Sector) -> dict[str, Array]:
    """Beside capacity, what tables of firms and of size classes have in common (R, F)."""
    lines, stock = s.books.lines, s.books.stock
    return {
        "hashrate_ehs": s.ehs_by_firm,
        "mining_revenue_usd": lines["mining_revenue"],
        "hosting_revenue_usd": lines["hosting_revenue"],
        "ai_revenue_usd": lines["ai_revenue"] + lines["gpu_revenue"],
        "gpu_revenue_usd": lines["gpu_revenue"],
        "demand_response_revenue_usd": lines["demand_response"],
        "resale_revenue_usd": lines["resale"],
        "ebitda_usd": s.ebitda,
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


def region_columns(s: Sector) -> dict[str, Array]:
    """The regions table's numbers (R, X) beside capacity."""
    r, d = s.regions, s.dispatched
    return {
        "power_price_usd_per_mwh": r.price, "reserve_margin": r.reserve_margin, "peak_load_mw": r.peak,
        "headroom_mw": r.budget, "wait_months": r.wait * s.P.power.interconnection_wait_scale,
        "hashrate_ehs": sum_by(s.sites.region, d.ehs, s.n_regions), "mining_power_mw": r.mining_mw,
        "curtailed_mwh": sum_by(s.sites.region, d.curtailed_mwh, s.n_regions), "emissions_mtco2": r.emissions / 1e6,
        "carbon_price_usd_per_t": r.carbon_price, "mining_excise_usd_per_mwh": r.excise,
        "mining_allowed_share": r.hashing_allowed,
    }  # fmt: skip


def firm_labels(s: Sector, rows: Index | slice, month: int) -> dict[str, Index | Mask]:
    """Labels of firms that change (rows, F): codes of strategies, whether a firm exists, whether in distress."""
    firms = s.firms
    return {
        "strategy": firms.strategy[rows], "announced": firms.announced[rows], "alive": firms.alive[rows],
        "in_distress": in_distress(s, month, rows),
    }  # fmt: skip


def in_distress(s: Sector, month: int, at: Any = slice(None)) -> Mask:
    """Firms with payables overdue, restructured in the last 12 months, or with debts above assets, of those ``at``.

    ``at`` is whatever picks some cells of arrays (R, F).
    """
    firms = s.firms
    stretched = (firms.arrears[at] > 0) | (month - firms.restructured[at] < 12)
    return firms.alive[at] & (stretched | (s.books.equity(at) < 0))


def concentration(values: Array) -> Array:
    """Herfindahl index over the last axis (R,); 0 where there is nothing."""
    total = np.ascontiguousarray(values).sum(axis=-1, keepdims=True)
    return np.square(values / np.where(total > 0, total, np.inf)).sum(axis=-1)
