"""How firms decide: the rule, its inputs, and what holds them back."""

from typing import Literal

from sim.scenario.declare import SAME_RULE, Block, OwnRule, Rule, param
from sim.scenario.distributions import Lognormal, Normal, Triangular


class Behaviour(Block):
    """Decision rules of the miners."""

    rule: Rule = param(
        "npv",
        "assumption",
        "How a firm ranks its options: net present value, fastest payback, value of waiting, "
        "copying linked firms, or by chance (the null model).",
        source="assumption: net present value is the textbook rule",
    )
    rule_small: OwnRule = param(
        SAME_RULE,
        "assumption",
        "Rule of firms below 10 MW; same: the one of all firms.",
        source="neutral: every class decides alike",
    )
    rule_medium: OwnRule = param(
        SAME_RULE,
        "assumption",
        "Rule of firms of 10 to 100 MW; same: the one of all firms.",
        source="neutral: every class decides alike",
    )
    rule_large: OwnRule = param(
        SAME_RULE,
        "assumption",
        "Rule of firms of 100 to 500 MW; same: the one of all firms.",
        source="neutral: every class decides alike",
    )
    rule_mega: OwnRule = param(
        SAME_RULE,
        "assumption",
        "Rule of firms above 500 MW; same: the one of all firms.",
        source="neutral: every class decides alike",
    )
    rule_listed: OwnRule = param(
        SAME_RULE,
        "assumption",
        "Rule of listed firms, before that of their size; same: the one of all firms.",
        source="neutral: every class decides alike",
    )
    review_months: int = param(
        3,
        "structural",
        "How often a firm reviews its sites; reviews of different firms fall in different months.",
        unit="months",
        low=1,
        high=24,
        source="assumption: firms report by quarter",
    )
    temperature: float = param(
        0.08,
        "assumption",
        "How much chance there is in choices: gaps in value below this are often overlooked.",
        unit="M USD/MW",
        low=0.001,
        high=50,
        spread=Lognormal(0.08, 0.3, 0.04, 0.16),
        source="assumption: about a tenth of the cost of an equipped mining megawatt",
    )
    inertia_usd_m_per_mw: float = param(
        0.10,
        "assumption",
        "Advantage per megawatt that any change must bring before it is made.",
        unit="M USD/MW",
        low=0,
        high=50,
        spread=Triangular(0.03, 0.10, 0.18),
        source="assumption: planning, permits, attention",
    )
    reluctance_mean_usd_m_per_mw: float = param(
        0.35,
        "assumption",
        "Mean dislike of firms to leave mining, as money per megawatt. Each firm draws its own.",
        unit="M USD/MW",
        low=-50,
        high=50,
        spread=Normal(0.35, 0.12, 0.0, 0.7),
        source="facts: market_forecasts, 7 of the 10 largest with AI revenue (2025-11), the others without",
    )
    reluctance_sd_usd_m_per_mw: float = param(
        0.5,
        "assumption",
        "How much firms differ in their dislike to leave mining: standard deviation.",
        unit="M USD/MW",
        low=0,
        high=50,
        spread=Triangular(0.3, 0.5, 0.7),
        source="facts: as above; size alone does not separate them (claims.md row 10)",
    )
    reluctance_treasury_weight: float = param(
        0.5,
        "assumption",
        "Extra reluctance in M USD per MW of a firm whose equity is all in coins; in proportion for others.",
        unit="factor",
        low=-5,
        high=5,
        spread=Triangular(0.0, 0.5, 1.0),
        source="facts: firms_2026_start, holders of most coins (MARA, Riot, CleanSpark) signed least",
    )
    peer_weight_usd_m_per_mw: float = param(
        0.2,
        "assumption",
        "Pull of linked firms: worth per megawatt of an option that all of them have taken.",
        unit="M USD/MW",
        low=0,
        high=50,
        spread=Triangular(0.0, 0.2, 0.4),
        source="assumption: leases came in waves",
    )
    look_ahead_months: int = param(
        24,
        "assumption",
        "How far ahead firms offer power that is not yet connected.",
        unit="months",
        low=0,
        high=120,
        spread=Triangular(18, 24, 30),
        source="facts: ai_contracts, leases signed 10 to 34 months before delivery",
    )
    payback_limit_years: float = param(
        6,
        "assumption",
        "Longest time in which the equity part of an investment must come back.",
        unit="years",
        low=0.25,
        high=50,
        spread=Triangular(4, 6, 8),
        source="facts: claims.md row 3 (5.7 to 10 years without debt)",
    )
    network: Literal["small-world", "scale-free", "none"] = param(
        "small-world",
        "assumption",
        "Shape of the network through which firms watch each other.",
        source="assumption: firms know their neighbours and a few distant ones",
    )
    network_degree: int = param(
        6,
        "structural",
        "Number of firms that a firm watches, on average.",
        unit="firms",
        low=2,
        high=100,
        source="assumption: a handful of peers",
    )
    forecast_anchor: float = param(
        0.5,
        "assumption",
        "Weight of the market's consensus in a firm's forecast; the rest is its own view.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.3, 0.5, 0.7),
        source="assumption: no survey of miners' forecasts found",
    )
    forecast_extrapolation: float = param(
        0.2,
        "assumption",
        "Share of the past year's change in hashprice that a firm expects to happen once more.",
        unit="share",
        low=-1,
        high=1,
        spread=Triangular(0.0, 0.2, 0.4),
        source="assumption: rig orders follow the price by months (literature.md, section 2)",
    )
    treasury_sell_share: float = param(
        0.9,
        "assumption",
        "Share of mined coins that listed firms sell at once; other firms sell all of them.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.8, 0.9, 1.0),
        source="facts: exits_and_restructurings (treasuries sold in 2026Q1); firms with a large treasury keep more",
    )
    entry_rate: float = param(
        0.02,
        "assumption",
        "New firms per month, as a share of the free places, per unit by which mining earns more than it must.",
        unit="1/month",
        low=0,
        high=1,
        spread=Triangular(0.005, 0.02, 0.035),
        source="assumption: no census of entries exists",
    )
    pivot_allowed: bool = param(
        True,
        "lever",
        "May miners turn to AI hosting? Off shows the sector without the pivot.",
        source="neutral: nothing forbids it",
    )
    entry_allowed: bool = param(
        True,
        "lever",
        "May new firms enter? Off follows the initial firms only.",
        source="neutral: nothing forbids it",
    )
    relocation_allowed: bool = param(
        True,
        "lever",
        "May miners move rigs to another region? Off keeps them where they are.",
        source="neutral: nothing forbids it",
    )
    skills_transfer: float = param(
        0,
        "lever",
        "Share of the cost of a hall, chips apart, that miners save by their own crews and plant; halls are "
        "ready sooner by the same share.",
        unit="share",
        low=0,
        high=0.6,
        source="assumption: no measured value found, hence 0",
    )
