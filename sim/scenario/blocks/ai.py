"""AI hosting: demand and rents, three products (colocation, retrofit, GPU cloud), and what can go wrong.

Megawatts are of critical IT unless a name says otherwise.
"""

from typing import Literal

from sim.scenario.declare import Block, param
from sim.scenario.distributions import Lognormal, Normal, Triangular


class AI(Block):
    """The market for AI capacity."""

    demand_path: Literal["low", "base", "high", "capex"] = param(
        "base",
        "assumption",
        "Which forecast of the AI capacity that tenants want is used; capex is none: it follows what the large "
        "clouds have spent, up to the last quarter known.",
        source="facts: hyperscaler_demand (Goldman Sachs, BNEF, Morgan Stanley, Wood Mackenzie)",
    )
    demand_scale: float = param(
        1.0,
        "assumption",
        "Multiplies that forecast in every month.",
        unit="factor",
        low=0,
        high=10,
        spread=Lognormal(1.0, 0.2, 0.6, 1.7),
        source="facts: hyperscaler_demand, BNEF raised its outlook by 36 % within seven months",
    )
    miner_demand_share: float = param(
        0.15,
        "assumption",
        "Share of the wanted AI capacity for which miners are asked at all. The rest is built by "
        "tenants themselves or by other developers.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.08, 0.15, 0.22),
        source="facts: hyperscaler_demand, miners hold about 10 % of US AI capacity under construction (2026-06)",
    )
    rent_usd_m_per_mw_year: float = param(
        1.77,
        "assumption",
        "Colocation rent at the start, per megawatt of IT. Later rents form in the tenders.",
        unit="M USD/MW-year",
        low=0.01,
        high=100,
        spread=Normal(1.77, 0.08, 1.5, 2.05),
        source="facts: market_forecasts, MW-weighted mean of 21 signed leases (range 1.24 to 2.75)",
    )
    rent_elasticity: float = param(
        1.5,
        "assumption",
        "How much demand falls when rents rise: per cent of megawatts per per cent of rent.",
        unit="%/%",
        low=0,
        high=10,
        spread=Triangular(0.5, 1.5, 2.5),
        source="assumption: tenants can build for themselves",
    )
    rent_adjustment: float = param(
        0.1,
        "assumption",
        "How fast rents follow scarcity: change per month per unit of excess demand.",
        unit="1/month",
        low=0,
        high=1,
        spread=Triangular(0.04, 0.10, 0.16),
        source="facts: ai_costs, colo_rent_growth 12.6 to 18.6 % a year in the shortage of 2022-24",
    )
    match_share: float = param(
        0.45,
        "assumption",
        "Share of the offers a tenant could accept that close within a month.",
        unit="1/month",
        low=0,
        high=1,
        spread=Triangular(0.25, 0.45, 0.65),
        source="assumption: talks last one to a few months; leases came in bursts (facts: ai_contracts)",
    )
    gross_per_it: float = param(
        1.42,
        "assumption",
        "Grid power that a megawatt of IT needs, with cooling and reserves.",
        unit="MW/MW",
        low=1,
        high=3,
        spread=Triangular(1.35, 1.42, 1.52),
        source="facts: ai_costs, gross_to_critical of Hut 8 1.35, Applied 1.43, Cipher 1.45, Galaxy 1.52",
    )
    colocation_capex_usd_m_per_mw: float = param(
        10.5,
        "assumption",
        "Cost of building an AI hall without chips.",
        unit="M USD/MW",
        low=0,
        high=500,
        spread=Triangular(8, 10.5, 14),
        source="facts: ai_costs, capex_facility_generic_2026; 8 to 15 by CoinShares",
    )
    colocation_margin: float = param(
        0.85,
        "assumption",
        "Share of the rent that is left after running the hall. Tenants pay for their power.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.80, 0.85, 0.90),
        source="facts: ai_costs, noi_margin_terawulf 85, noi_margin_cipher 82.5, ebitda_margin_galaxy 90 %",
    )
    colocation_term_years: float = param(
        13,
        "assumption",
        "Length of a new colocation lease.",
        unit="years",
        low=1,
        high=40,
        source="facts: ai_contracts, median between 12 and 15 years, MW-weighted mean 14.1",
    )
    colocation_lead_months: int = param(
        14,
        "assumption",
        "Months from lease to the first delivered hall.",
        unit="months",
        low=1,
        high=60,
        spread=Triangular(10, 14, 18),
        source="facts: ai_costs, TeraWulf 10, Cipher 12, Hut 8 16 and 17 to the first hall; 34-40 to the last",
    )
    retrofit_capex_usd_m_per_mw: float = param(
        3.6,
        "assumption",
        "Cost of turning an existing mining building into a simple AI hall.",
        unit="M USD/MW",
        low=0,
        high=500,
        spread=Triangular(3.0, 3.6, 5.5),
        source="facts: ai_costs, capex_riot_amd_retrofit 3.6; capex_whitefiber_mtl3_retrofit 8",
    )
    retrofit_rent_share: float = param(
        0.68,
        "assumption",
        "Rent of a retrofit relative to that of a new hall.",
        unit="share",
        low=0,
        high=2,
        spread=Triangular(0.60, 0.68, 0.78),
        source="facts: ai_contracts, Riot and AMD 1.24 against 1.77",
    )
    retrofit_lead_months: int = param(
        5,
        "assumption",
        "Months from lease to delivery of a retrofit.",
        unit="months",
        low=1,
        high=60,
        spread=Triangular(4, 5, 7),
        source="facts: ai_costs, lead_retrofit_riot 4.5, lead_whitefiber_retrofit 6",
    )
    retrofit_term_years: float = param(
        10,
        "assumption",
        "Length of a new lease of a retrofit.",
        unit="years",
        low=1,
        high=40,
        source="facts: ai_contracts, Riot and AMD",
    )
    cloud_hall_capex_usd_m_per_mw: float = param(
        13,
        "assumption",
        "Cost of the hall of a GPU cloud.",
        unit="M USD/MW",
        low=0,
        high=500,
        spread=Triangular(11, 13, 15),
        source="facts: ai_costs, capex_iren_horizon_final",
    )
    cloud_gpu_capex_usd_m_per_mw: float = param(
        28,
        "assumption",
        "Cost of the GPUs with network and racks.",
        unit="M USD/MW",
        low=0,
        high=1000,
        spread=Triangular(25, 28, 31),
        source="facts: ai_costs, capex_gpu_iren_microsoft_gb300 29, capex_gpu_iren_nvidia_blackwell 26.7",
    )
    cloud_revenue_usd_m_per_mw_year: float = param(
        10.2,
        "assumption",
        "What a tenant pays for a GPU cloud under contract, at the start.",
        unit="M USD/MW-year",
        low=0,
        high=500,
        spread=Triangular(9.5, 10.2, 11.3),
        source="facts: ai_contracts, IREN 9.7 and 11.33",
    )
    cloud_margin: float = param(
        0.85,
        "assumption",
        "Share of GPU-cloud revenue left after power, staff and repair.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.77, 0.85, 0.90),
        source="facts: ai_costs, ebitda_margin_iren_cloud (management figure)",
    )
    cloud_term_years: float = param(
        5,
        "assumption",
        "Length of a new GPU-cloud contract.",
        unit="years",
        low=1,
        high=40,
        source="facts: ai_contracts, IREN with Microsoft and NVIDIA",
    )
    cloud_prepayment_share: float = param(
        0.2,
        "assumption",
        "Share of a GPU-cloud contract that the tenant pays in advance.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.1, 0.2, 0.3),
        source="facts: claims.md row 5 (Microsoft 20 %)",
    )
    cloud_lead_months: int = param(
        13,
        "assumption",
        "Months from contract to the first running GPUs.",
        unit="months",
        low=1,
        high=60,
        spread=Triangular(10, 13, 17),
        source="facts: ai_costs, lead times of halls",
    )
    gpu_rent_usd_per_hour: float = param(
        2.6,
        "assumption",
        "Rent of one H100 GPU at the start.",
        unit="USD/hour",
        low=0.01,
        high=500,
        spread=Normal(2.6, 0.15, 2.2, 3.0),
        source="facts: ai_costs, rent_h100_2026Q2",
    )
    gpu_rent_decline_per_year: float = param(
        0.15,
        "assumption",
        "Yearly fall of the rent of a given GPU as better ones appear.",
        unit="1/year",
        low=-0.5,
        high=0.9,
        spread=Triangular(0.05, 0.15, 0.28),
        source="facts: ai_costs, H100 from 8 (2023) to 1.7 (2025-10) and back to 2.6 USD/hour (2026-06)",
    )
    gpu_rent_volatility: float = param(
        0.25,
        "assumption",
        "Yearly standard deviation of the logarithm of GPU rents around that trend.",
        unit="1/sqrt(year)",
        low=0,
        high=2,
        spread=Triangular(0.15, 0.25, 0.40),
        source="facts: ai_costs, plus 40 % in half a year to 2026-03",
    )
    legacy_gpu_revenue_usd_m_per_mw_year: float = param(
        4.5,
        "assumption",
        "What miners' own GPUs without a long lease earn, from old cards of other coins to small GPU clouds.",
        unit="M USD/MW-year",
        low=0,
        high=100,
        spread=Triangular(1.0, 4.5, 8.0),
        source="facts: IREN 17.3 M USD a quarter on 15 MW (network_structure, ai_revenue_share_iren); old cards less",
    )
    escalator_per_year: float = param(
        0.02,
        "assumption",
        "Yearly rise of the rent written into a lease.",
        unit="1/year",
        low=0,
        high=0.2,
        spread=Triangular(0.01, 0.02, 0.03),
        source="facts: ai_costs, contract_escalator 3 % (Hut 8 Beacon Point)",
    )
    sla_availability: float = param(
        0.999,
        "assumption",
        "Share of hours in which a hall must deliver; below it rent is deducted.",
        unit="share",
        low=0.9,
        high=1,
        spread=Triangular(0.9975, 0.999, 0.9999),
        source="facts: ai_costs, uptime_colocation_tier3 0.9998, uptime_gpu_cloud_sla_single_region 0.99",
    )
    outage_penalty_share: float = param(
        2.0,
        "assumption",
        "Rent deducted per unit of missed availability: 2 means two hours of rent per hour missed.",
        unit="factor",
        low=0,
        high=50,
        spread=Triangular(1, 2, 3.5),
        source="assumption: service credits usually exceed the loss",
    )
    tenant_default_per_year: float = param(
        0.03,
        "assumption",
        "Probability per year that an unrated or speculative tenant fails.",
        unit="1/year",
        low=0,
        high=1,
        spread=Triangular(0.01, 0.03, 0.055),
        source="assumption: long-run default rate of speculative-grade companies, 3 to 4 % a year",
    )
    cancellation_per_year: float = param(
        0.02,
        "assumption",
        "Share of leased but undelivered megawatts cancelled per year while demand falls.",
        unit="1/year",
        low=0,
        high=1,
        spread=Triangular(0.005, 0.02, 0.04),
        source="facts: hyperscaler_demand, Microsoft 2025 (over 1 GW dropped, mostly not yet committed)",
    )
    outside_growth_per_year: float = param(
        0.25,
        "assumption",
        "Yearly growth of the AI capacity that other developers can build.",
        unit="1/year",
        low=-0.5,
        high=2,
        spread=Triangular(0.15, 0.25, 0.37),
        source="facts: hyperscaler_demand, US 31 GW (2025) to 66 (2027, Goldman Sachs) or 106 (2035, BNEF)",
    )
    tenant_funded_share: float = param(
        0.25,
        "assumption",
        "Share of what neoclouds without a guarantor need where the tenant pays most of the fit-out and gets it back "
        "as lower rent.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.1, 0.25, 0.4),
        source="facts: ai_costs, capex_corz_own_share; ai_contracts, 700 of 1 739 MW leased to neoclouds without a "
        "guarantee, 200 of 1 166 since 2025",
    )
    compliance_cost_usd_per_mw_year: float = param(
        0,
        "lever",
        "Yearly cost of rules for AI hosts, per megawatt of IT.",
        unit="USD/MW-year",
        low=0,
        high=1e7,
        source="facts: regulation, EU AI Act (burdens users, not hosts), hence 0",
    )
    min_suitability: float = param(
        0.3,
        "assumption",
        "Lowest suitability of a site (0 to 1: fibre, firm power, size) at which AI can be hosted.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.2, 0.3, 0.4),
        source="facts: operating_costs, convertible_share_of_mining_site_for_ai (20 % of a portfolio)",
    )
    downtime_reduction: float = param(
        0,
        "lever",
        "Share of outage hours avoided by predictive maintenance, in mines and AI halls.",
        unit="share",
        low=0,
        high=1,
        source="facts: claims.md row 12 (no measured value), hence 0",
    )
