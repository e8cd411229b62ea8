"""Mining machines: how good they get, what they cost, how fast they are made, how they age."""

from sim.scenario.declare import Block, param
from sim.scenario.distributions import Lognormal, Triangular


class Rigs(Block):
    """The market for ASICs."""

    vendor_cost_usd_per_w: float = param(
        0.8,
        "assumption",
        "What it costs a vendor to make a rig, per watt it draws. Rigs are never sold for less.",
        unit="USD/W",
        low=0,
        high=50,
        spread=Triangular(0.6, 0.8, 1.0),
        source="facts: operating_costs, bulk prices of 14-16 USD/TH at 17.5-19 J/TH (2023-10 to 2024-03)",
    )
    payback_price_share: float = param(
        0.4,
        "assumption",
        "Share of what a rig will earn its buyer that vendors can ask as its price. They never sell below cost.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.2, 0.4, 0.6),
        source="facts: operating_costs, 120 USD/TH in 2021, 16 at the end of 2022 and payback of 24 months in 2025",
    )
    launch_premium: float = param(
        0.8,
        "assumption",
        "Extra price of a new generation when it appears: 0.8 means 80 % dearer per TH than later.",
        unit="share",
        low=0,
        high=5,
        spread=Triangular(0.4, 0.8, 1.2),
        source="facts: operating_costs, retail 2026-06 (S23 21.7 against S21 Pro 8.8 USD/TH)",
    )
    launch_decay_months: float = param(
        12,
        "assumption",
        "Months in which the launch premium falls to about a third.",
        unit="months",
        low=1,
        high=60,
        spread=Triangular(6, 12, 18),
        source="assumption: output of a generation ramps over about a year",
    )
    capacity_mw_per_month: float = param(
        450,
        "assumption",
        "Power of the rigs that all vendors can make per month at the start.",
        unit="MW/month",
        low=1,
        high=100_000,
        spread=Lognormal(450, 0.25, 250, 800),
        source="assumption: replaces a network of about 18 GW in 40 months",
    )
    capacity_growth_per_month: float = param(
        0.15,
        "assumption",
        "Most that vendors can add to (or take from) their capacity in a month, as a share. Slow "
        "growth made rigs scarce in 2021.",
        unit="1/month",
        low=0,
        high=1,
        spread=Triangular(0.05, 0.15, 0.25),
        source="assumption: wafers are booked quarters ahead; lead times of 9-12 months in 2021 (operating_costs)",
    )
    capacity_limit_mw_per_month: float = param(
        1200,
        "assumption",
        "Power of the rigs that all vendors could ever make per month with the chips that foundries leave them.",
        unit="MW/month",
        low=1,
        high=1e6,
        spread=Triangular(800, 1200, 1800),
        source="assumption: chips ran short in 2018 and 2021 at 300-600 MW a month (hindcast); more since",
    )
    shipping_months: int = param(
        3,
        "structural",
        "Months from order to arrival when vendors have capacity.",
        unit="months",
        low=0,
        high=12,
        source="facts: operating_costs, asic_lead_time (3 to 6 with production)",
    )
    retirement_per_month: float = param(
        0.03,
        "assumption",
        "Share of the rigs that stay switched off which is scrapped each month.",
        unit="1/month",
        low=0,
        high=1,
        spread=Triangular(0.01, 0.03, 0.05),
        source="assumption: half of idle rigs are gone in two years",
    )
    restart_per_month: float = param(
        0.5,
        "assumption",
        "Share of the rigs switched off last month that can be back on this month, once running pays again.",
        unit="1/month",
        low=0,
        high=1,
        spread=Triangular(0.3, 0.5, 0.8),
        source="facts: literature.md section 2, hashrate follows price by one to six weeks",
    )
    efficiency_gain: float = param(
        0.20,
        "assumption",
        "Fall of energy per hash from one generation to the next.",
        unit="share",
        low=0,
        high=0.9,
        spread=Triangular(0.12, 0.20, 0.28),
        source="facts: asic_models, S19 Pro 29.5, S19 XP 21.5, S21 17.5, S21 XP 13.5, S23 11 J/TH",
    )
    generation_interval_months: int = param(
        18,
        "assumption",
        "Months between two generations of rigs.",
        unit="months",
        low=3,
        high=120,
        spread=Triangular(12, 18, 24),
        source="facts: asic_models, the same five rigs in 68 months, 2020-05 to 2026-01",
    )
    efficiency_floor_j_per_th: float = param(
        4,
        "assumption",
        "Energy per hash below which rigs do not get.",
        unit="J/TH",
        low=0.1,
        high=50,
        spread=Triangular(2.5, 4, 5.5),
        source="assumption: two more process nodes and low-voltage designs",
    )
    life_months: float = param(
        60,
        "assumption",
        "Months of service that buyers reckon with. Rigs leave when they stay off or are replaced, not by age.",
        unit="months",
        low=12,
        high=240,
        spread=Triangular(48, 60, 72),
        source="facts: operating_costs, asic_useful_life_accounting (3-5 years; Cambridge index cap 5 years)",
    )
    tariff_share: float = param(
        0.0,
        "lever",
        "Import tariff on rigs in every region, as a share of their price, on top of the tariffs in force "
        "(21.6 % in the United States).",
        unit="share",
        low=0,
        high=3,
        source="neutral: none beyond those in force; facts: regulation, 21.6 and 57.6 % of 2025-08-07",
    )
    rack_capex_usd_per_mw: float = param(
        400_000,
        "assumption",
        "Cost of a powered place for rigs, without the rigs.",
        unit="USD/MW",
        low=0,
        high=2e7,
        spread=Triangular(300_000, 400_000, 550_000),
        source="facts: operating_costs, sites sold at 0.32-0.46, new 0.30-0.35 or 0.7-1.0 M USD/MW",
    )
    rack_build_months: int = param(
        6,
        "structural",
        "Months to build powered places for rigs on connected land.",
        unit="months",
        low=0,
        high=36,
        source="assumption: container and transformer delivery",
    )
    resale_discount: float = param(
        0.35,
        "assumption",
        "How far below its value in use a second-hand rig sells.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.2, 0.35, 0.5),
        source="facts: operating_costs, asic_retail_S21_2026 (32 % of the price of new after 2.5 years)",
    )
    hashprice_decline_per_year: float = param(
        0.15,
        "assumption",
        "Yearly fall of hashprice that investors reckon with when the network does not grow: rigs get better.",
        unit="1/year",
        low=-0.5,
        high=0.9,
        spread=Triangular(0.08, 0.15, 0.28),
        source="facts: asic_models, J/TH of the best rig fell 13-15 % a year 2020-2026 (progress lowers the barrier "
        "of Prat and Walter 2021); a fit to 2019 alone finds 0.146, prototypes 0.15-0.28",
    )
    growth_extrapolation: float = param(
        0.3,
        "assumption",
        "Part of the network's recent growth that investors expect to go on and to push hashprice down further.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.1, 0.3, 0.6),
        source="assumption: adaptive expectations; with a coin price nobody can forecast, hashprice falls as fast as "
        "hashrate grows; the hindcast fits 0.23",
    )
    hashrate_growth_at_start: float = param(
        0.06,
        "assumption",
        "Growth of network hashrate in the year before the start, continuous rate.",
        unit="1/year",
        low=-2,
        high=5,
        source="facts: network_structure, about 850 EH/s in mid 2025 and 905 in June 2026",
    )
