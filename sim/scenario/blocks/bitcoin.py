"""Coin price, fees and the network's state at the start."""

from typing import Literal

from sim.scenario.declare import Block, param
from sim.scenario.distributions import Lognormal, Normal, Triangular


class Bitcoin(Block):
    """The network and the market for its coin."""

    price_usd: float = param(
        63_000,
        "assumption",
        "Coin price in the first month. With a CSV path it serves only until the path begins.",
        unit="USD/BTC",
        low=1,
        high=1e9,
        source="data: btc_price_monthly_2022_2026, 2026-06",
    )
    price_process: Literal["constant", "csv", "history", "gbm", "regime", "bootstrap"] = param(
        "bootstrap",
        "assumption",
        "How the coin price moves: not at all, along a file, as a random walk with jumps, "
        "between calm and wild regimes, or by drawing blocks of real months again.",
        source="assumption: real months keep fat tails and clustering without a fitted model",
    )
    price_path_csv: str = param(
        "",
        "structural",
        "File with a given price path, used by the process csv. Columns: month, "
        "price_usd (or price_usd_mean) and, if known, fees_btc of the month.",
        unit="path",
        source="data: format of btc_monthly_2012_2021",
    )
    price_drift_per_year: float = param(
        0.05,
        "assumption",
        "Mean yearly growth of the logarithm of the coin price. Nobody knows it, so each run draws its own.",
        unit="1/year",
        low=-1,
        high=2,
        spread=Normal(0.05, 0.10, -0.25, 0.35),
        source="data: btc_price_monthly_2022_2026, mean log growth 2022-01 to 2026-06 is 0.054",
    )
    price_volatility_scale: float = param(
        1.0,
        "assumption",
        "How wild the price is compared with its source: the real months of 2021-07 to 2026-06 (45 % a year) for the "
        "bootstrap, the stated volatility for the other processes.",
        unit="factor",
        low=0,
        high=3,
        spread=Normal(1.0, 0.12, 0.7, 1.3),
        source="data: btc_monthly_2012_2021 and btc_price_monthly_2022_2026, sd of monthly log returns 2016-07 to "
        "2026-06 is 61 % a year",
    )
    gbm_volatility_per_year: float = param(
        0.6,
        "assumption",
        "Yearly standard deviation of the random walk, before price_volatility_scale. Used by gbm and regime.",
        unit="1/sqrt(year)",
        low=0,
        high=3,
        spread=Triangular(0.45, 0.6, 0.75),
        source="data: as for price_volatility_scale",
    )
    jump_rate_per_year: float = param(
        0.5,
        "assumption",
        "Mean number of sudden price jumps a year. Used by the process gbm.",
        unit="1/year",
        low=0,
        high=12,
        spread=Triangular(0.2, 0.5, 0.8),
        source="assumption: about one monthly move beyond two standard deviations every two years",
    )
    jump_size_sd: float = param(
        0.2,
        "assumption",
        "Standard deviation of the logarithm of a jump: 0.2 is roughly plus or minus 20 %.",
        unit="log",
        low=0,
        high=2,
        spread=Triangular(0.1, 0.2, 0.3),
        source="assumption: largest monthly log moves since 2016",
    )
    bootstrap_block_months: int = param(
        6,
        "structural",
        "Length of the blocks of real months that are drawn. Longer blocks keep longer runs of "
        "rising or falling prices.",
        unit="months",
        low=1,
        high=36,
        source="assumption: half a year",
    )
    fees_btc_per_day: float = param(
        2.6,
        "assumption",
        "Transaction fees that all miners together receive per day. Fees return to this level after a rush.",
        unit="BTC/day",
        low=0,
        high=1000,
        spread=Lognormal(2.6, 0.5, 1.0, 15.0),
        source="data: btc_price_monthly_2022_2026, 2.4 to 2.9 from 2026-02 to 2026-05; 4 to 100 in 2024-25",
    )
    fees_volatility: float = param(
        0.4,
        "assumption",
        "How far fees stray from their level: standard deviation of their logarithm.",
        unit="log",
        low=0,
        high=3,
        spread=Lognormal(0.4, 0.4, 0.15, 1.3),
        source="data: 1.3 over 2016-2026 with all trends and rushes, below 0.2 in the last year",
    )
    pool_fee: float = param(
        0.0125,
        "assumption",
        "Share of mined coins that miners pay to the pool which evens out their luck.",
        unit="share",
        low=0,
        high=0.2,
        spread=Triangular(0.005, 0.0125, 0.02),
        source="facts: operating_costs, pool_fee (0.5 to 2 %, from memory)",
    )
    network_hashrate_ehs: float = param(
        905,
        "assumption",
        "Hashrate of the whole network at the start. Named firms have theirs; the synthetic rest "
        "fills up to this number.",
        unit="EH/s",
        low=0.01,
        high=1e6,
        source="facts: README, What does not add up, row 2 (886 to 930 in June 2026)",
    )
    difficulty_lag: float = param(
        0.43,
        "assumption",
        "Weight of last month's hashrate in this month's difficulty. Difficulty follows with a "
        "delay of about two weeks, so blocks come faster while hashrate grows.",
        unit="share",
        low=0,
        high=1,
        source="data: btc_monthly_2012_2021, regression of hashrate over difficulty-implied hashrate on monthly "
        "growth 2016-07 to 2021-12 gives 0.43 (standard error 0.02); 14 days of 30.4 are 0.46",
    )
