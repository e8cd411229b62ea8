"""What every history of mining shows, whatever its parameters: a few runs of the shipped history, 2016-07 to 2021-12.

What happened, beside: correlation of monthly hashrate growth with price growth 0.26 in the same month, 0.41 a month
later, 0.26 and 0.08 after two and three; hashrate stood still in the two months around the halving of May 2020
after growing 7 % a month in the year before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from sim import Scenario
from sim.months import month_number
from sim.sector import Sector
from sim.tables import load_tables

RUNS = 4
LAGS = range(6)


@dataclass
class History:
    """Months by runs: coin price, hashrate, hashprice; and hashrate by firm (months, runs, firms)."""

    price: np.ndarray
    hashrate: np.ndarray
    hashprice: np.ndarray
    firms: np.ndarray

    def month(self, name: str) -> int:
        return month_number(name) - month_number("2016-07")


@pytest.fixture(scope="module")
def history() -> History:
    s = Sector(Scenario.load("history"), 1, range(RUNS), mode="fixed")
    rows = []
    for _ in range(66):
        s.advance()
        rows.append((s.now.btc_price, s.now.hashrate, s.now.hashprice, s.ehs_by_firm.copy()))
    return History(*(np.array([row[k] for row in rows]) for k in range(4)))


def lagged(growth: np.ndarray, price: np.ndarray) -> list[float]:
    """Correlation of hashrate growth with price growth so many months before, for every lag."""
    return [float(np.corrcoef(growth[lag:], price[: len(price) - lag])[0, 1]) for lag in LAGS]


def test_the_yardstick_is_what_happened():
    table = load_tables().btc_history
    train = (table["month"] >= "2016-07") & (table["month"] <= "2021-12")
    found = lagged(np.diff(np.log(table["hashrate_ehs"][train])), np.diff(np.log(table["price_usd"][train])))
    assert found[:4] == pytest.approx([0.26, 0.41, 0.26, 0.08], abs=0.015)


def test_hashrate_follows_price_within_two_months(history: History):
    """Growth goes with the price of the same and the last months, and no longer with that of a quarter ago."""
    price = np.diff(np.log(history.price[:, 0]))
    growth = np.diff(np.log(history.hashrate), axis=0)
    found = np.mean([lagged(growth[:, run], price) for run in range(RUNS)], axis=0)
    assert found[1] > 0.0
    assert found[:3].mean() > 0.03
    assert found.argmax() in (0, 1, 2)
    assert found[:3].mean() > found[3:].mean() + 0.05
    assert found[1] > found[3]


@pytest.mark.parametrize("month", ["2016-07", "2018-12", "2020-04", "2021-12"])
def test_firm_sizes_have_a_heavy_tail(history: History, month: str):
    """A tenth of the firms hold a large part of hashrate; yet sites and money keep the first from taking it all."""
    found = []
    for firms in history.firms[history.month(month)]:
        sizes = np.sort(firms[firms > 0])[::-1]
        tenth = sizes[: max(len(sizes) // 10, 1)]
        found.append((tenth.sum() / sizes.sum(), sizes[0] / sizes.sum(), sizes.mean() / np.median(sizes)))
    top_decile, largest, skew = np.mean(found, axis=0)
    assert top_decile > 0.25
    assert largest < 0.2
    assert skew > 1.2


def test_halving_of_2020_cuts_hashprice_and_slows_growth(history: History):
    """Coins fall by half on 11 May: hashprice falls by nearly as much, and hashrate grows less than before."""
    before, after = history.month("2020-04"), history.month("2020-06")
    per_hash = history.hashprice[after] / history.hashprice[before] / (history.price[after] / history.price[before])
    assert (per_hash > 0.40).all()
    assert (per_hash < 0.60).all()
    log_hashrate = np.log(history.hashrate)
    trend = (log_hashrate[before] - log_hashrate[before - 12]) / 12
    slowed = (log_hashrate[after] - log_hashrate[before]) / 2
    assert slowed.mean() < trend.mean()
