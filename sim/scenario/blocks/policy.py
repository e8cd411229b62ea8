"""What regulators do: prices, taxes, bans and duties, each with its first month and a ramp."""

from typing import Literal

from sim.scenario.declare import Block, Month, Regions, param

CHOICE = "neutral: no measure beyond those in force"


class Policy(Block):
    """Measures in addition to the existing ones of the table of regulations."""

    carbon_price_usd_per_t: float = param(
        0,
        "lever",
        "Price on each tonne of CO2 from the power that miners and AI halls draw, in every region.",
        unit="USD/t",
        low=0,
        high=2000,
        source=f"{CHOICE}; facts: carbon_and_energy (EU 92 EUR, Washington 58 USD)",
    )
    carbon_from: Month = param("2027-01", "lever", "First month of the carbon price.", unit="month", source=CHOICE)
    carbon_ramp_months: int = param(
        12,
        "lever",
        "Months until the carbon price reaches its full height, in equal steps.",
        unit="months",
        low=0,
        high=240,
        source=CHOICE,
    )
    mining_excise_usd_per_mwh: float = param(
        0,
        "lever",
        "Tax on each MWh used for mining, in every region. AI halls do not pay it.",
        unit="USD/MWh",
        low=0,
        high=1000,
        source=f"{CHOICE}; facts: regulation (New York bill 20-50 USD/MWh, federal DAME 30 %)",
    )
    excise_from: Month = param("2027-01", "lever", "First month of the mining tax.", unit="month", source=CHOICE)
    excise_ramp_months: int = param(
        12,
        "lever",
        "Months until the mining tax reaches its full height, in equal steps.",
        unit="months",
        low=0,
        high=240,
        source=CHOICE,
    )
    mining_ban_regions: Regions = param(
        (),
        "lever",
        "Codes of the regions in which mining is forbidden, for instance RUSSIA or NYISO.",
        unit="region codes",
        source=CHOICE,
    )
    mining_ban_compliance: float = param(
        0.8,
        "lever",
        "Share of the mining in banned regions that does stop. China's ban of 2021 left about a fifth.",
        unit="share",
        low=0,
        high=1,
        source="facts: network_structure, China 44-46 % before the ban, 21-22 % of the network after",
    )
    mining_ban_from: Month = param("2027-01", "lever", "First month of the ban.", unit="month", source=CHOICE)
    mining_ban_ramp_months: int = param(
        6,
        "lever",
        "Months until the ban is enforced as far as it ever will be.",
        unit="months",
        low=0,
        high=240,
        source="facts: exits_and_restructurings, China 2021 (two months)",
    )
    large_load_duty_usd_per_mw_year: float = param(
        0,
        "lever",
        "Yearly charge on each connected megawatt of large loads, mining or AI.",
        unit="USD/MW-year",
        low=0,
        high=2e7,
        source=f"{CHOICE}; facts: regulation (AEP Ohio minimum bill, Alberta levy from 75 MW)",
    )
    existing_rules: bool = param(
        True,
        "lever",
        "Apply the measures that are in force or have a date: tariffs, bans and limits of the table of regulations.",
        source="facts: regulation, status in force",
    )
    regulator: Literal["fixed", "adaptive"] = param(
        "fixed",
        "lever",
        "Fixed: measures follow their dates. Adaptive: regulators also react to emissions, scarce "
        "reserves and dear power.",
        source=CHOICE,
    )
    adaptive_strength: float = param(
        1.0,
        "lever",
        "How strongly an adaptive regulator reacts; 0 is not at all.",
        unit="factor",
        low=0,
        high=10,
        source="assumption: 1 is the reaction described in the model description",
    )
    ai_priority_months: float = param(
        0,
        "lever",
        "Months by which a grid request behind a signed AI lease moves forward in the queue.",
        unit="months",
        low=0,
        high=120,
        source=f"{CHOICE}; facts: regulation (Louisiana and North Dakota approve AI campuses within 3 months)",
    )
    ai_interest_relief: float = param(
        0,
        "lever",
        "Interest that public guarantees take off loans for AI halls.",
        unit="1/year",
        low=0,
        high=0.1,
        source=f"{CHOICE}; facts: ai_costs, rated tenants pay 2 to 3 points less than others",
    )
