"""The sector's row of the month and the counts of firms, of runs on the leading axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.arrays import Array, Index, Mask, row_sum, safe_divide
from sim.kernels import records as kernels
from sim.record_firms import concentration
from sim.state import SIZES

if TYPE_CHECKING:
    from sim.sector import Sector

OF_CLASSES = (  # columns of the sector that are sums of its size classes
    "firms_btc", "firms_hybrid", "firms_ai", "firms_active", "exits", "entries", "mining_revenue_usd",
    "ai_revenue_usd", "demand_response_revenue_usd", "resale_revenue_usd", "ebitda_usd", "cash_usd", "debt_usd",
    "ai_contracted_mw", "ai_delivered_mw", "ai_gross_mw",
)  # fmt: skip


def class_counts(s: Sector, before: Mask, founded: Mask) -> dict[str, Index]:
    """Firms and what became of them by size class (R, 4); ``before`` alive a month ago, ``founded`` at the start."""
    f = s.firms
    firms = kernels.Life(before, f.alive, founded, f.entered, f.exited, f.strategy, f.size)
    return dict(zip(kernels.COUNTS, kernels.count_firms(firms, len(SIZES)), strict=True))


def sector_columns(
    s: Sector, firms: dict[str, Array], acquired: NDArray[Any], distressed: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """The sector table's numbers of the month (R,) that are not sums of its parts; ``firms`` (R, F) by column.

    ``acquired`` firms and listed firms ``distressed`` are numbers of them (R,).
    """
    counted = {name: s.counters[name] for name in ("restructurings", "left_mining_for_ai")}
    counted |= {"acquisitions": acquired, "listed_in_distress": distressed}
    return _network(s) | _ai(s, firms) | _costs(s) | counted


def sums_of_parts(
    classes: dict[str, NDArray[Any]], regions: dict[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """The sector table's other numbers (...,), from those of size classes (..., 4) and regions (..., X)."""
    added = {name: row_sum(classes[name]) for name in OF_CLASSES}
    exits = {f"exits_{size}": classes["exits"][..., k] for k, size in enumerate(SIZES)}
    return added | exits | {"curtailed_mwh": row_sum(regions["curtailed_mwh"])}


def _network(s: Sector) -> dict[str, Array]:
    now, d = s.now, s.dispatched
    mw, mwh, ehs = row_sum(s.regions.mining_mw), row_sum(d.mwh), row_sum(s.ehs_by_firm)
    return {
        "btc_price_usd": now.btc_price, "network_hashrate_ehs": now.hashrate,
        "hashprice_usd_per_ph_day": now.hashprice,
        "difficulty": now.difficulty_hashrate * 1e18 * 600.0 / 2.0**32,
        "blocks": now.blocks, "block_subsidy_btc": now.subsidy_coins / now.blocks, "subsidy_btc": now.subsidy_coins,
        "fees_btc": now.fee_coins, "coins_mined_btc": now.coins,
        "fleet_efficiency_j_per_th": safe_divide(mw / s.P.power.mining_overhead[:, 0], ehs),
        "mining_power_gw": mw / 1e3, "mining_energy_twh": mwh / 1e6,
        "emissions_mtco2": row_sum(s.regions.emissions) / 1e6,
        "asic_price_usd_per_th": s.rigs.price[np.arange(s.n_runs), s.on_sale[:, 0]],
        "mean_power_price_usd_per_mwh": safe_divide(s.power_bill, mwh),
        "treasury_btc": row_sum(s.firms.coins_btc), "hhi_hashrate": concentration(s.ehs_by_firm),
        "top_share_hashrate": safe_divide(s.ehs_by_firm.max(axis=-1), now.hashrate),
    }  # fmt: skip


def _ai(s: Sector, firms: dict[str, Array]) -> dict[str, Array]:
    open_mw = firms["ai_contracted_mw"] - firms["ai_delivered_mw"]
    return {
        "hhi_ai_mw": concentration(firms["ai_contracted_mw"]), "ai_demand_mw": s.now.ai_demand,
        "ai_offered_mw": s.now.ai_offered,
        "ai_outside_supply_mw": s.now.ai_outside, "ai_under_construction_mw": row_sum(np.maximum(open_mw, 0.0)),
        "ai_rent_usd_m_per_mw_year": s.now.rent, "gpu_rent_usd_per_hour": s.now.gpu_rent,
    }  # fmt: skip


def _costs(s: Sector) -> dict[str, Array]:
    lines = s.books.lines
    return {
        "power_cost_usd": 0.0 - row_sum(lines["power_cost"]),
        "interest_usd": 0.0 - row_sum(lines["interest"]),
        "taxes_usd": 0.0 - row_sum(lines["tax"] + lines["excise"] + lines["duties"]),
        "carbon_cost_usd": 0.0 - row_sum(lines["carbon_cost"]),
    }
