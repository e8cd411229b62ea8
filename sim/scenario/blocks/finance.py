"""Capital: interest, loans, share issues, valuations, distress, tax and overhead."""

from sim.scenario.declare import Block, param
from sim.scenario.distributions import Lognormal, Normal, Triangular


class Finance(Block):
    """Terms on which firms get money, and what happens when they cannot pay."""

    base_rate: float = param(
        0.04,
        "assumption",
        "Interest rate of safe long loans, on which every spread is added.",
        unit="1/year",
        low=0,
        high=0.3,
        spread=Normal(0.04, 0.005, 0.025, 0.06),
        source="assumption: yield of ten-year US bonds in 2026; coupons in ai_costs stand 2 to 5 points above",
    )
    base_rate_volatility: float = param(
        0.008,
        "assumption",
        "Yearly standard deviation of the safe interest rate.",
        unit="1/year",
        low=0,
        high=0.1,
        spread=Triangular(0.005, 0.008, 0.012),
        source="assumption: yields of ten-year US bonds over decades",
    )
    spread_investment_grade: float = param(
        0.022,
        "assumption",
        "Interest above the safe rate for a hall leased to a tenant of investment grade.",
        unit="1/year",
        low=0,
        high=0.3,
        spread=Triangular(0.018, 0.022, 0.028),
        source="facts: ai_costs, coupon_hut8_ig_bond 6.192 %",
    )
    spread_backstopped: float = param(
        0.03,
        "assumption",
        "Interest above the safe rate for a hall whose tenant is weak but has its rent guaranteed by a strong firm.",
        unit="1/year",
        low=0,
        high=0.3,
        spread=Triangular(0.025, 0.03, 0.0375),
        source="facts: ai_costs, coupon_cipher_ssn 7.125, coupon_terawulf_ssn 7.75 %",
    )
    spread_speculative: float = param(
        0.055,
        "assumption",
        "Interest above the safe rate for a hall leased to a tenant of speculative grade without guarantee.",
        unit="1/year",
        low=0,
        high=0.3,
        spread=Triangular(0.0375, 0.055, 0.07),
        source="facts: ai_costs, coupon_corz_project_bond 7.75, coupon_applied_ssn 9.25 %",
    )
    spread_corporate: float = param(
        0.06,
        "assumption",
        "Interest above the safe rate for loans to a mining firm without a lease behind them.",
        unit="1/year",
        low=0,
        high=0.5,
        spread=Triangular(0.04, 0.06, 0.08),
        source="facts: operating_costs, interest_core_convert_2021 10, interest_stronghold_2022 9.99 %",
    )
    spread_coin_loan: float = param(
        0.055,
        "assumption",
        "Interest above the safe rate for loans secured by coins.",
        unit="1/year",
        low=0,
        high=0.5,
        spread=Triangular(0.04, 0.055, 0.075),
        source="facts: operating_costs, Bitdeer 9 % plus benchmark as upper end",
    )
    ltc_investment_grade: float = param(
        0.85,
        "assumption",
        "Share of building cost that lenders finance when the tenant is of investment grade.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.80, 0.85, 0.88),
        source="facts: ai_costs, ltc_hut8 85 %",
    )
    ltc_backstopped: float = param(
        0.82,
        "assumption",
        "Share of building cost that lenders finance when a strong firm guarantees the rent.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.78, 0.82, 0.86),
        source="facts: ai_costs, ltc_galaxy 80, ltc_hut8 85 %",
    )
    ltc_speculative: float = param(
        0.70,
        "assumption",
        "Share of building cost that lenders finance for a tenant of speculative grade without guarantee.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.55, 0.70, 0.80),
        source="facts: ai_costs, 80 % for Galaxy's CoreWeave hall as upper end",
    )
    ltc_unrated: float = param(
        0.5,
        "assumption",
        "Share of building cost that lenders finance for a tenant without rating.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.3, 0.5, 0.65),
        source="facts: ai_costs, gpu_loan_ltv 50-65 % as upper end",
    )
    ltc_scale: float = param(
        1.0,
        "lever",
        "Multiplies the share of building cost that lenders finance, for every tenant: easier or tighter credit.",
        unit="factor",
        low=0,
        high=1.17,
        source="neutral: 1 leaves the shares unchanged",
    )
    mining_discount_rate: float = param(
        0.16,
        "assumption",
        "Yearly return that investments in mining must promise.",
        unit="1/year",
        low=0,
        high=1,
        spread=Triangular(0.12, 0.16, 0.21),
        source="facts: operating_costs, rig loans at 12-18 % (2021-22)",
    )
    hosting_equity_hurdle: float = param(
        0.13,
        "assumption",
        "Yearly return that the equity part of a leased hall must promise.",
        unit="1/year",
        low=0,
        high=1,
        spread=Triangular(0.10, 0.13, 0.165),
        source="assumption: above debt at 6-9 %, below mining",
    )
    cloud_equity_hurdle: float = param(
        0.18,
        "assumption",
        "Yearly return that the equity part of a GPU cloud must promise.",
        unit="1/year",
        low=0,
        high=1,
        spread=Triangular(0.14, 0.18, 0.23),
        source="assumption: short contracts, GPUs that age; IREN cites 35 % (facts: ai_costs)",
    )
    ai_ebitda_multiple: float = param(
        12,
        "assumption",
        "What markets pay for contracted AI income, in years of EBITDA.",
        unit="years",
        low=0,
        high=60,
        spread=Triangular(10, 12, 15),
        source="assumption: 10-15 for contracted rent; EV/sales of AI miners is 12.3 against 5.9 (facts: ai_costs)",
    )
    mining_ebitda_multiple: float = param(
        5,
        "assumption",
        "What markets pay for mining income, in years of EBITDA.",
        unit="years",
        low=0,
        high=60,
        spread=Triangular(4, 5, 6),
        source="assumption: 4-6 for income that follows the coin price",
    )
    connected_mw_value_usd_m: float = param(
        0.4,
        "assumption",
        "What markets and buyers pay for a connected megawatt as such.",
        unit="M USD/MW",
        low=0,
        high=100,
        spread=Triangular(0.3, 0.4, 0.55),
        source="facts: operating_costs and exits, sites sold at 0.32-0.46; ai_costs, 3 for a site marked for AI",
    )
    multiple_volatility: float = param(
        0.25,
        "assumption",
        "Yearly standard deviation of the logarithm of both multiples, around their means.",
        unit="1/sqrt(year)",
        low=0,
        high=2,
        spread=Triangular(0.15, 0.25, 0.40),
        source="facts: market_forecasts, value of 14 listed miners plus 23 % in one month (2026-01)",
    )
    equity_issue_share_per_year: float = param(
        0.25,
        "assumption",
        "Most that a listed firm can raise in new shares per year, as a share of its value.",
        unit="1/year",
        low=0,
        high=2,
        spread=Triangular(0.10, 0.25, 0.40),
        source="assumption: at-the-market programmes of listed miners",
    )
    private_equity_scale: float = param(
        0.15,
        "assumption",
        "How much of a listed firm's access to new shares a firm that is not listed has.",
        unit="factor",
        low=0,
        high=1,
        spread=Triangular(0.05, 0.15, 0.25),
        source="assumption: a few rounds a year among hundreds of private firms",
    )
    coin_loan_ltv: float = param(
        0.5,
        "assumption",
        "Most that is lent against coins, as a share of their value.",
        unit="share",
        low=0,
        high=0.65,
        spread=Triangular(0.4, 0.5, 0.6),
        source="assumption: usual terms of coin lenders",
    )
    margin_call_ltv: float = param(
        0.75,
        "assumption",
        "Loan as a share of coin value at which the lender asks for coins or money.",
        unit="share",
        low=0.66,
        high=1,
        spread=Triangular(0.70, 0.75, 0.82),
        source="assumption: as above; Cango sold 4 451 coins in 2026-02",
    )
    rig_loan_ltv: float = param(
        0.5,
        "assumption",
        "Most that is lent against rigs, as a share of their price.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.4, 0.5, 0.6),
        source="assumption: rig loans of 2021-22; a fleet halves within a year in a slump",
    )
    debt_ebitda_covenant: float = param(
        6,
        "assumption",
        "Debt in years of EBITDA above which lenders give no new corporate loan.",
        unit="years",
        low=0,
        high=30,
        spread=Triangular(4.5, 6, 7.5),
        source="assumption: leveraged loans; below 0.5 at most large miners after 2023 (operating_costs)",
    )
    refinancing_share: float = param(
        0.8,
        "assumption",
        "Share of a loan falling due that can be borrowed anew while the covenant holds.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.65, 0.8, 0.95),
        source="assumption: maturities and covenants are not collected",
    )
    restructuring_haircut: float = param(
        0.45,
        "assumption",
        "Share of unsecured debt that lenders give up in a restructuring.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.3, 0.45, 0.6),
        source="facts: exits_and_restructurings, Stronghold, Greenidge, Core Scientific",
    )
    arrears_months: int = param(
        3,
        "assumption",
        "Months a firm may owe bills before it is restructured or closed.",
        unit="months",
        low=1,
        high=24,
        source="assumption: a quarter",
    )
    creditor_patience_years: float = param(
        1.5,
        "assumption",
        "How long creditors would pay a failed firm's losses to escape a fire sale, before they liquidate it.",
        unit="years",
        low=0,
        high=10,
        spread=Triangular(0.75, 1.5, 2.5),
        source="facts: exits_and_restructurings, Core Scientific 13 months in chapter 11 (2022-12 to 2024-01)",
    )
    liquidation_cost: float = param(
        0.15,
        "assumption",
        "Share of the proceeds lost when a failed firm's sites and rigs are auctioned.",
        unit="share",
        low=0,
        high=1,
        spread=Triangular(0.10, 0.15, 0.22),
        source="assumption: fees, delay and removal",
    )
    tax_rate: float = param(
        0.21,
        "assumption",
        "Tax on a firm's profits. Earlier losses are set against them first.",
        unit="share",
        low=0,
        high=0.9,
        spread=Triangular(0.18, 0.21, 0.25),
        source="assumption: US federal rate; state taxes and reliefs differ",
    )
    overhead_usd_m_listed: float = param(
        1.2,
        "assumption",
        "Yearly overhead of a listed firm with one connected megawatt; it grows with size by overhead_exponent.",
        unit="M USD/year",
        low=0,
        high=100,
        spread=Lognormal(1.2, 0.25, 0.7, 2.0),
        source="facts: operating_costs, sgna_cash_riot (31.5 M USD a quarter at about 1 100 MW; formula gives 28.5)",
    )
    overhead_usd_m_private: float = param(
        0.12,
        "assumption",
        "Yearly overhead of a firm that is not listed, with one connected megawatt; it grows likewise.",
        unit="M USD/year",
        low=0,
        high=100,
        spread=Lognormal(0.12, 0.3, 0.06, 0.24),
        source="assumption: a tenth of a listed firm's",
    )
    overhead_exponent: float = param(
        0.65,
        "assumption",
        "How overhead grows with size: a firm pays the overhead of one megawatt times its megawatts to this power.",
        unit="power",
        low=0,
        high=1.5,
        spread=Triangular(0.55, 0.65, 0.75),
        source="assumption: economies of scale; fits Riot and firms of 50-100 MW",
    )
    target_cash_months: float = param(
        4,
        "assumption",
        "Cash a firm wants to hold, in months of its running costs.",
        unit="months",
        low=0,
        high=36,
        spread=Triangular(2, 4, 6),
        source="assumption: treasurers plan for a quarter or two",
    )
    backstop_share: float = param(
        1,
        "lever",
        "Probability that a tenant with a guarantor brings the guarantee to a new lease. Without it the tenant "
        "counts as unrated; leases signed before keep theirs.",
        unit="share",
        low=0,
        high=1,
        source="neutral: facts: ai_contracts, Google stands behind every Fluidstack lease with miners",
    )
