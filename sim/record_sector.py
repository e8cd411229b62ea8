"""The sector's row of the month and the counts of firms, of runs on the leading axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.arrays import Array, Index, Mask, row_sum, safe_divide
from sim.kernels import sums
from sim.record_firms import concentration
from sim.state import ACQUIRED, AI, BTC, HYBRID, SIZES

if TYPE_CHECKING:
    from sim.sector import Sector

SUMS = (
    "mining_revenue_usd", "ai_revenue_usd", "demand_response_revenue_usd", "resale_revenue_usd", "ebitda_usd",
    "cash_usd", "debt_usd", "ai_contracted_mw", "ai_delivered_mw", "ai_gross_mw",
)  # fmt: skip
STRATEGY_COLUMNS = {"firms_btc": BTC, "firms_hybrid": HYBRID, "firms_ai": AI}


def class_counts(s: Sector, alive_before: Mask, ever: Mask) -> dict[str, Index]:
    """Firms and what became of them by size class (R, 4); a firm bought by another is no exit."""
    firms, gone = s.firms, alive_before & ~s.firms.alive
    groups = {name: firms.alive & (firms.strategy == code) for name, code in STRATEGY_COLUMNS.items()}
    groups |= {
        "firms_active": firms.alive, "firms_ever": ever, "exits": gone & (firms.exited != ACQUIRED),
        "entries": firms.alive & ~alive_before,
    }  # fmt: skip
    counted = sums.count_by(np.stack(list(groups.values())), firms.size, len(SIZES))
    return dict(zip(groups, counted, strict=True))


def sector_columns(
    s: Sector, firms: dict[str, Array], counts: dict[str, Index], acquired: Mask, distressed: Mask
) -> dict[str, NDArray[Any]]:
    """The sector table's numbers (R,); ``acquired`` (R, F) firms bought this month, ``distressed`` now."""
    return _network(s) | _people(s, counts, acquired, distressed) | _ai(s, firms) | _money(s, firms)


def _network(s: Sector) -> dict[str, Array]:
    now, d = s.now, s.dispatched
    mw, mwh, ehs = row_sum(d.mw), row_sum(d.mwh), row_sum(s.ehs_by_firm)
    return {
        "btc_price_usd": now.btc_price, "network_hashrate_ehs": now.hashrate,
        "hashprice_usd_per_ph_day": now.hashprice,
        "difficulty": now.difficulty_hashrate * 1e18 * 600.0 / 2.0**32,
        "blocks": now.blocks, "block_subsidy_btc": now.subsidy_coins / now.blocks, "subsidy_btc": now.subsidy_coins,
        "fees_btc": now.fee_coins, "coins_mined_btc": now.coins,
        "fleet_efficiency_j_per_th": safe_divide(mw / s.P.power.mining_overhead[:, 0], ehs),
        "mining_power_gw": mw / 1e3, "mining_energy_twh": mwh / 1e6, "curtailed_mwh": row_sum(d.curtailed_mwh),
        "emissions_mtco2": row_sum(s.regions.emissions) / 1e6,
        "asic_price_usd_per_th": s.rigs.price[np.arange(s.n_runs), s.on_sale[:, 0]],
        "mean_power_price_usd_per_mwh": safe_divide(s.power_bill, mwh),
        "treasury_btc": row_sum(s.firms.coins_btc),
    }  # fmt: skip


def _people(s: Sector, counts: dict[str, Index], acquired: Mask, distressed: Mask) -> dict[str, NDArray[Any]]:
    total: dict[str, NDArray[Any]] = {
        name: values.sum(axis=-1) for name, values in counts.items() if name != "firms_ever"
    }
    by_size = {f"exits_{size}": counts["exits"][:, k] for k, size in enumerate(SIZES)}
    counted = {name: s.counters[name] for name in ("restructurings", "left_mining_for_ai")}
    return total | by_size | counted | {
        "acquisitions": acquired.sum(axis=-1),
        "listed_in_distress": (s.firms.listed & distressed).sum(axis=-1),
        "hhi_hashrate": concentration(s.ehs_by_firm),
        "top_share_hashrate": safe_divide(s.ehs_by_firm.max(axis=-1), s.now.hashrate),
    }  # fmt: skip


def _ai(s: Sector, firms: dict[str, Array]) -> dict[str, Array]:
    open_mw = firms["ai_contracted_mw"] - firms["ai_delivered_mw"]
    return {
        "hhi_ai_mw": concentration(firms["ai_contracted_mw"]), "ai_demand_mw": s.now.ai_demand,
        "ai_offered_mw": s.now.ai_offered,
        "ai_outside_supply_mw": s.now.ai_outside, "ai_under_construction_mw": row_sum(np.maximum(open_mw, 0.0)),
        "ai_rent_usd_m_per_mw_year": s.now.rent, "gpu_rent_usd_per_hour": s.now.gpu_rent,
    }  # fmt: skip


def _money(s: Sector, firms: dict[str, Array]) -> dict[str, Array]:
    lines = s.books.lines
    return {
        **{name: row_sum(firms[name]) for name in SUMS},
        "power_cost_usd": 0.0 - row_sum(lines["power_cost"]),
        "interest_usd": 0.0 - row_sum(lines["interest"]),
        "taxes_usd": 0.0 - row_sum(lines["tax"] + lines["excise"] + lines["duties"]),
        "carbon_cost_usd": 0.0 - row_sum(lines["carbon_cost"]),
    }
