"""costs: the facts behind the scenario registry's defaults, each with a range."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.tables.sources.common import Built, Row, origin, read_rows, rounded

AI, SITE = "ai_costs", "operating_costs"
Quote = str | float  # key of a fact, "key<" and "key>" for the ends of its range, or a number of ours


@dataclass(frozen=True)
class Cost:
    """Low, central and high value in `unit`; facts are multiplied by `scale`, numbers of ours are not.

    `known_from` names the fact whose source, date and confidence the row carries.
    """

    table: str
    known_from: str
    low: Quote
    value: Quote
    high: Quote
    unit: str
    scale: float = 1.0
    in_registry: bool = True


PERCENT = 0.01
MILLION = 1e6
IT = "M USD per MW of IT"
IT_YEAR = "M USD per MW of IT and year"
PER_YEAR = "fraction per year"

COSTS = {
    # --- AI halls
    "ai.colocation_capex_usd_m_per_mw": Cost(
        AI, "capex_facility_generic_2026", "capex_ai_colo_coinshares_low", "capex_facility_generic_2026",
        "capex_ai_colo_coinshares_high", IT),
    "ai.retrofit_capex_usd_m_per_mw": Cost(
        AI, "capex_riot_amd_retrofit", 3.0, "capex_riot_amd_retrofit", "capex_whitefiber_mtl3_retrofit", IT),
    "ai.cloud_gpu_capex_usd_m_per_mw": Cost(
        AI, "capex_gpu_iren_microsoft_gb300", "capex_gpu_iren_nvidia_blackwell", 28.0,
        "capex_gpu_iren_microsoft_gb300", IT),
    "ai.cloud_hall_capex_usd_m_per_mw": Cost(
        AI, "capex_iren_horizon_final", "capex_iren_horizon_original", "capex_iren_horizon_final", 15.0, IT),
    "ai.gross_per_it": Cost(
        AI, "gross_to_critical_applied", "gross_to_critical_hut8", 1.42, "gross_to_critical_galaxy", "ratio"),
    "ai.colocation_margin": Cost(AI, "noi_margin_terawulf", 0.8, "noi_margin_terawulf", "ebitda_margin_galaxy",
                                 "fraction", PERCENT),
    "ai.colocation_lead_months": Cost(
        AI, "lead_cipher_barber_lake", "lead_terawulf_cb3_first", 14.0, "lead_hut8_river_bend_first", "months"),
    "ai.retrofit_lead_months": Cost(
        AI, "lead_retrofit_riot", "lead_retrofit_riot", 5.0, "lead_whitefiber_retrofit", "months"),
    "ai.cloud_lead_months": Cost(
        AI, "lead_cipher_barber_lake", "lead_terawulf_cb3_first", 13.0, "lead_hut8_river_bend_first", "months"),
    "ai.delivery_slip_months": Cost(AI, "delivery_slip_months", 3.0, "delivery_slip_months", 12.0, "months",
                                    in_registry=False),
    "ai.non_power_opex_usd_m_per_mw_year": Cost(
        AI, "opex_colo_non_power", 0.15, "opex_colo_non_power", 0.3, IT_YEAR, in_registry=False),
    # --- AI income; rents are those of leases.csv
    "ai.rent_usd_m_per_mw_year": Cost(SITE, "revenue_per_mw_ai_colocation", 1.2, 1.77, 2.8, IT_YEAR),
    "ai.retrofit_rent_share": Cost(AI, "capex_riot_amd_retrofit", 0.6, 0.7, 0.8, "fraction of colocation rent"),
    "ai.cloud_revenue_usd_m_per_mw_year": Cost(
        AI, "capex_gpu_iren_microsoft_gb300", 9.7, 10.2, 11.3, IT_YEAR),
    "ai.cloud_margin": Cost(AI, "ebitda_margin_iren_cloud", 0.75, "ebitda_margin_iren_cloud", 0.9, "fraction",
                            PERCENT),
    "ai.cloud_prepayment_share": Cost(AI, "capex_gpu_iren_microsoft_gb300", 0.0, 0.2, 0.25, "fraction"),
    "ai.gpu_rent_usd_per_hour": Cost(
        AI, "rent_h100_2026Q2", "rent_h100_2025Q4", "rent_h100_2026Q2", "rent_h100_median_37_providers",
        "USD per GPU and hour"),
    "ai.escalator_per_year": Cost(AI, "contract_escalator", 0.0, 0.02, "contract_escalator", PER_YEAR, PERCENT),
    "ai.sla_availability": Cost(AI, "uptime_colocation_tier3", "uptime_gpu_cloud_sla_single_region", 0.999,
                                "uptime_colocation_tier3", "fraction", PERCENT),
    **{
        f"ai.gpu_residual_year_{year}": Cost(AI, f"residual_h100_year{year}", low, f"residual_h100_year{year}",
                                             high, "fraction of new price", PERCENT, in_registry=False)
        for year, low, high in ((1, 0.6, 0.65), (2, 0.4, 0.45), (3, 0.25, 0.35), (4, 0.15, 0.2), (5, 0.1, 0.15))
    },
    # --- mining sites and rigs
    "power.mining_overhead": Cost(SITE, "pue_air_mining", "pue_air_mining<", "pue_air_mining", "pue_air_mining>",
                                  "ratio"),
    "power.availability": Cost(SITE, "uptime_riot_2025Q1", "operating_ratio_riot_2024-12", 0.95, 0.99, "fraction"),
    "power.other_cost_usd_per_mwh": Cost(
        SITE, "nonpower_opex_per_mwh_ccaf", 2.0, 4.0, "nonpower_opex_per_mwh_ccaf", "USD/MWh"),
    "power.site_cost_usd_per_mw_year": Cost(
        SITE, "nonpower_direct_opex_per_mw_year", 20_000.0, 35_000.0, "nonpower_direct_opex_per_mw_year",
        "USD per MW and year"),
    "power.hosting_fee_usd_per_mwh": Cost(
        SITE, "hosting_rate_us_2025", "hosting_rate_us_2025<", "hosting_rate_us_2025", "hosting_rate_us_2025>",
        "USD/MWh, power included", 1000.0, in_registry=False),
    "power.transformer_lead_months": Cost(AI, "transformer_lead_time", 20.0, "transformer_lead_time", 60.0,
                                          "months", in_registry=False),
    "rigs.vendor_cost_usd_per_w": Cost(SITE, "asic_bulk_S21_2023-10", 0.5, 0.8, 1.2, "USD/W"),
    "rigs.newest_price_usd_per_th": Cost(
        SITE, "asic_retail_S23_2026", "asic_retail_S21Pro_2026", 13.5, "asic_retail_S23_2026", "USD/TH",
        in_registry=False),
    "rigs.shipping_months": Cost(SITE, "asic_lead_time", "asic_lead_time<", "asic_lead_time", "asic_lead_time>",
                                 "months"),
    "rigs.life_months": Cost(SITE, "asic_useful_life_accounting", "asic_useful_life_accounting<",
                             "asic_useful_life_accounting", "asic_useful_life_accounting>", "months", 12.0),
    "rigs.rack_capex_usd_per_mw": Cost(
        SITE, "site_capex_hive_paraguay", "site_capex_mining_sabre56<", "site_capex_hive_paraguay",
        "site_capex_mining_coinshares>", "USD per MW", MILLION),
    "rigs.pool_fee_share": Cost(SITE, "pool_fee", "pool_fee<", "pool_fee", "pool_fee>", "fraction of revenue",
                                PERCENT, in_registry=False),
    "rigs.payback_months": Cost(SITE, "asic_payback_2025-07", 18.0, "asic_payback_2025-07", 36.0,
                                             "months", in_registry=False),
    # --- money
    "finance.connected_mw_value_usd_m": Cost(
        SITE, "site_purchase_cango_georgia", "site_purchase_cleanspark_tennessee", "site_purchase_cango_georgia",
        0.85, "M USD per MW"),
    "finance.ltc_investment_grade": Cost(AI, "ltc_hut8", 0.8, "ltc_hut8", 0.9, "fraction", PERCENT),
    "finance.ltc_backstopped": Cost(AI, "ltc_galaxy", 0.75, 0.82, "ltc_hut8", "fraction", PERCENT),
    "finance.ltc_speculative": Cost(AI, "ltc_galaxy", 0.5, 0.7, "ltc_galaxy", "fraction", PERCENT),
    # spreads are coupons less a base rate of 4 %
    "finance.spread_investment_grade": Cost(AI, "coupon_hut8_ig_bond", 0.015, 0.022, 0.03, PER_YEAR),
    "finance.spread_backstopped": Cost(AI, "coupon_cipher_ssn", 0.022, 0.031, 0.04, PER_YEAR),
    "finance.spread_speculative": Cost(AI, "coupon_corz_project_bond", 0.0375, 0.0525, 0.065, PER_YEAR),
    "finance.spread_corporate": Cost(SITE, "interest_stronghold_2022", 0.04, 0.06, 0.09, PER_YEAR),
    "finance.rig_loan_coupon": Cost(SITE, "interest_asic_backed_2021_22", "interest_asic_backed_2021_22<",
                                    "interest_asic_backed_2021_22", "interest_asic_backed_2021_22>", PER_YEAR,
                                    PERCENT, in_registry=False),
    "finance.convertible_coupon": Cost(SITE, "interest_convertibles_2025", "interest_convertibles_2025<",
                                       "interest_convertibles_2025", "interest_convertibles_2025>", PER_YEAR,
                                       PERCENT, in_registry=False),
    "finance.gpu_loan_ltv": Cost(AI, "gpu_loan_ltv", 0.5, "gpu_loan_ltv", 0.65, "fraction", PERCENT,
                                 in_registry=False),
}  # fmt: skip


def build_costs(facts: Path) -> Built:
    """One row per key; a value of ours beside a fact is an estimate, one from memory an assumption."""
    known = {(table, row["key"]): row for table in (AI, SITE) for row in read_rows(facts / f"{table}.csv")}
    return [_cost(key, cost, known) for key, cost in COSTS.items()]


def _cost(key: str, cost: Cost, known: dict[tuple[str, str], Row]) -> dict[str, object]:
    fact = known[cost.table, cost.known_from]
    return {
        "key": key,
        "registry_key": key if cost.in_registry else "",
        **{end: _value(getattr(cost, end), cost, known) for end in ("low", "value", "high")},
        "unit": cost.unit,
        "date": fact["as_of"][:7],
        **origin(fact, "sourced" if isinstance(cost.value, str) else "estimated"),
    }


def _value(quote: Quote, cost: Cost, known: dict[tuple[str, str], Row]) -> float:
    if isinstance(quote, float):
        return quote
    column = {"<": "value_low", ">": "value_high"}.get(quote[-1], "value")
    return rounded(float(known[cost.table, quote.rstrip("<>")][column]) * cost.scale)
