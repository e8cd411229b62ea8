"""Electricity: prices, contracts, demand response, grid connections, and what running a mine costs beside."""

from sim.scenario.declare import Block, param
from sim.scenario.distributions import Lognormal, Normal, Triangular, Uniform


class Power(Block):
    """Prices and grids of all regions; the regions' own numbers stand in the table of regions."""

    inflation_per_year: float = param(
        0.02,
        "assumption",
        "Yearly rise of power prices and running costs in nominal money.",
        unit="1/year",
        low=-0.05,
        high=0.3,
        spread=Normal(0.02, 0.006, 0.005, 0.04),
        source="data: eia_industrial_price_monthly_2001_2025, 2.2 % a year over the last ten years",
    )
    price_volatility: float = param(
        0.12,
        "assumption",
        "Size of the monthly surprise in a region's power price: standard deviation of its logarithm.",
        unit="log",
        low=0,
        high=1,
        spread=Lognormal(0.12, 0.35, 0.05, 0.28),
        source="data: ercot_prices_hourly_2024_2026, 0.27 for real-time West; contracts and utilities move far less",
    )
    price_persistence: float = param(
        0.7,
        "assumption",
        "How much of a power-price surprise is left a month later: 0 none, 1 all of it.",
        unit="share",
        low=0,
        high=0.99,
        spread=Uniform(0.5, 0.9),
        source="assumption: near 0 for ERCOT spot (data), above 0.9 for retail tariffs (EIA file)",
    )
    load_price_elasticity: float = param(
        1.5,
        "assumption",
        "How much a region's power price rises when the sector draws more: per cent of price per "
        "per cent of the region's peak load.",
        unit="%/%",
        low=0,
        high=10,
        spread=Triangular(0.5, 1.5, 2.5),
        source="assumption: direction from Menati et al. (2023); no measured value found",
    )
    price_scale: float = param(
        1.0,
        "lever",
        "Multiplies the market price of power in every region; power under contract keeps its price.",
        unit="factor",
        low=0.05,
        high=20,
        source="neutral: 1 leaves the table of regions unchanged",
    )
    load_growth_per_year: float = param(
        0.008,
        "assumption",
        "Growth of all other load less new supply. It eats up reserve margin and so raises prices.",
        unit="1/year",
        low=-0.1,
        high=0.2,
        spread=Triangular(-0.004, 0.008, 0.02),
        source="facts: hyperscaler_demand, Grid Strategies (128 GW of US peak growth to 2029, about 2.8 % a year), "
        "most of it met by new supply (assumed)",
    )
    fixed_price_share: float = param(
        0.6,
        "assumption",
        "Share of a site's power bought at a fixed contract price. The rest pays the hourly price of the region.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.4, 0.6, 0.8),
        source="assumption: named firms report both; shares are not published",
    )
    resale_share: float = param(
        0.3,
        "assumption",
        "Share of fixed-price power that may be sold back to the market in dear hours.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.1, 0.3, 0.5),
        source="assumption: Riot may (facts: demand_response), most hosted and utility contracts forbid it",
    )
    contract_cost_sd: float = param(
        0.28,
        "assumption",
        "Spread of power prices among the synthetic firms of a region: standard deviation of the logarithm.",
        unit="log",
        low=0,
        high=1,
        spread=Triangular(0.20, 0.28, 0.36),
        source="assumption: named firms spread by 0.15 (facts: firms_2026_start); small ones vary more",
    )
    demand_response_scale: float = param(
        1.0,
        "lever",
        "Multiplies what grid operators pay for demand response. 0 ends all programmes.",
        unit="factor",
        low=0,
        high=10,
        source="neutral: 1 leaves the table of regions unchanged",
    )
    demand_response_programme_share: float = param(
        0.25,
        "assumption",
        "Share of a miner's published power credits that is programme pay. The rest is resale "
        "of power in dear hours, which dispatch already counts.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.15, 0.25, 0.35),
        source="facts: demand_response, Riot 2023-08 (7.4 of 31.7 M USD)",
    )
    interconnection_wait_scale: float = param(
        1.0,
        "lever",
        "Multiplies the waiting time for a new grid connection in every region. 0.5 halves the queue.",
        unit="factor",
        low=0,
        high=10,
        source="neutral: 1 leaves the table of regions unchanged",
    )
    headroom_scale: float = param(
        1.0,
        "lever",
        "Factor on the megawatts of large load that grids connect for the sector in a year.",
        unit="factor",
        low=0,
        high=100,
        source="neutral: 1 leaves the table of regions unchanged",
    )
    request_share_per_quarter: float = param(
        0.5,
        "assumption",
        "Megawatts a miner asks for at a full site, over what it has, while new rigs are worth twice their price.",
        unit="share",
        low=0,
        high=5,
        spread=Triangular(0.2, 0.5, 0.9),
        source="assumption: the network's power grew by 35 % a quarter in its fastest year (2016-10 to 2018-10)",
    )
    queue_attrition_per_year: float = param(
        0.15,
        "assumption",
        "Share of requested grid connections that are given up each year of waiting.",
        unit="1/year",
        low=0,
        high=1,
        spread=Triangular(0.05, 0.15, 0.25),
        source="assumption: requests vanish once deposits bind (facts: hyperscaler_demand, AEP Ohio -81 %)",
    )
    pipeline_realisation: float = param(
        0.5,
        "assumption",
        "Share of the megawatts that firms claim as pipeline which is ever connected.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.3, 0.5, 0.7),
        source="facts: market_forecasts, Morgan Stanley on TeraWulf's plan (50 %, at best 75 %)",
    )
    mining_overhead: float = param(
        1.05,
        "assumption",
        "Power drawn by a mine per unit of power in its rigs: fans, pumps, transformers.",
        unit="factor",
        low=1,
        high=1.5,
        spread=Triangular(1.02, 1.05, 1.10),
        source="facts: operating_costs, pue_air_mining (1.02 to 1.10)",
    )
    availability: float = param(
        0.95,
        "assumption",
        "Share of hours in which a rig that should run does run.",
        unit="share",
        low=0.3,
        high=1,
        spread=Triangular(0.90, 0.95, 0.98),
        source="facts: claims.md, worked numbers; 0.88 at Riot and MARA includes curtailment (operating_costs)",
    )
    other_cost_usd_per_mwh: float = param(
        4,
        "assumption",
        "Costs that rise with running hours beside power, mostly repair. The pool's fee is apart (bitcoin.pool_fee).",
        unit="USD/MWh",
        low=0,
        high=500,
        spread=Triangular(2, 4, 6),
        source="facts: claims.md (8 USD/MWh in all, half of it here); operating_costs gives 10.5",
    )
    site_cost_usd_per_mw_year: float = param(
        35_000,
        "assumption",
        "Fixed cost of a megawatt of racks in use: staff, lease, insurance. Mothballed it costs standby_cost_share.",
        unit="USD/MW-year",
        low=0,
        high=5e6,
        spread=Triangular(20_000, 35_000, 55_000),
        source="facts: operating_costs, nonpower_direct_opex_per_mw_year (82 000, running costs included)",
    )
    standby_cost_share: float = param(
        0.3,
        "assumption",
        "Share of a site's fixed cost, and of its firm's overhead, that goes on while its racks stand still.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.15, 0.3, 0.5),
        source="assumption: lease, insurance, a guard; sites stand still for years (facts: exits, Hut 8 Drumheller)",
    )
    hosting_notice_months: float = param(
        120,
        "lever",
        "Notice with which a host may end a hosting contract to make room for AI. Above 42 months the end "
        "of the contract binds.",
        unit="months",
        low=0,
        high=120,
        source="assumption: contracts run to their end",
    )
