"""Mining economics against hand-worked numbers, the standard calculator and the contest's theory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.economics import mining


def test_breakeven_of_one_machine() -> None:
    # 18 J/TH at 45 USD/PH/day: a PH/s draws 18 kW = 0.432 MWh a day, so 45 / 0.432.
    assert mining.breakeven_usd_per_mwh(45.0, 18.0) == pytest.approx(104.1667, abs=1e-4)


def test_coins_per_day_of_one_machine() -> None:
    # 100 TH/s at difficulty 100 T and 3.125 coins: 1e14 * 86400 / (1e14 * 2^32) * 3.125
    assert mining.coins_per_day(100.0, 100e12, 3.125) == pytest.approx(86_400 / 2**32 * 3.125)


def test_calculator_and_hashprice_agree() -> None:
    difficulty = 124.93e12
    hashrate = mining.network_hashrate_from_difficulty(difficulty)
    assert hashrate == pytest.approx(894.3, abs=0.1)  # facts: 894 EH/s from difficulty 124.93 T
    by_calculator = mining.coins_per_day(1000.0, difficulty, 3.125) * 63_000
    assert mining.hashprice(63_000.0, 144 * 3.125, hashrate) == pytest.approx(by_calculator)


def test_hashprice_of_the_start() -> None:
    # facts/README: 63 000 USD x (450 + 2.6) / 905 EH/s = 31.5
    assert mining.hashprice(63_000.0, 452.6, 905.0) == pytest.approx(31.5, abs=0.01)


@pytest.mark.parametrize(
    ("height", "subsidy"),
    [(0, 50), (209_999, 50), (210_000, 25), (840_000, 3.125), (1_049_999, 3.125), (1_050_000, 1.5625)],
)
def test_subsidy_at(height: int, subsidy: float) -> None:
    assert mining.subsidy_at(height) == subsidy


def test_subsidy_is_whole_satoshi_and_ends() -> None:
    assert mining.subsidy_at(10 * 210_000) == 0.04882812  # 4882812.5 satoshi, rounded down
    assert mining.subsidy_at(33 * 210_000) == 0.0


def test_month_is_split_at_a_halving() -> None:
    heights = np.array([[840_000.0], [839_000.0], [835_620.0]])
    coins = mining.coins_of_blocks(heights, np.array([4380.0]))
    np.testing.assert_allclose(coins[:, 0], [4380 * 3.125, 1000 * 6.25 + 3380 * 3.125, 4380 * 6.25])


@given(height=st.floats(0, 2_000_000), first=st.floats(0, 20_000), second=st.floats(0, 20_000))
def test_blocks_mined_in_two_parts_give_the_same_coins(height: float, first: float, second: float) -> None:
    parts = mining.coins_of_blocks(height, first) + mining.coins_of_blocks(height + first, second)
    assert mining.coins_of_blocks(height, first + second) == pytest.approx(float(parts), rel=1e-9, abs=1e-6)


def test_rig_value_against_a_daily_sum() -> None:
    hashprice, efficiency, cost, decline, discount, life, uptime = 45.0, 18.0, 53.0, 0.2, 0.16, 5.0, 0.95
    step = 1e-4
    years = np.arange(0.0, life, step) + step / 2
    revenue = hashprice / 1000 * 365.25 * uptime * np.exp(-decline * years)
    margin = np.maximum(revenue - efficiency * 8766 / 1e6 * uptime * cost, 0.0)
    expected = float((margin * np.exp(-discount * years)).sum() * step)
    value = mining.rig_present_value(hashprice, efficiency, cost, decline, discount, life, uptime)
    assert value == pytest.approx(expected, rel=1e-6)


def test_rig_value_without_decline_or_discount_is_margin_times_life() -> None:
    yearly = 0.95 * (45 / 1000 * 365.25 - 18e-6 * 8766 * 53)
    assert mining.rig_present_value(45.0, 18.0, 53.0, 0.0, 0.0, 4.0) == pytest.approx(4 * yearly)


def test_rig_below_cost_is_worth_nothing() -> None:
    values = mining.rig_present_value(np.array([10.0, 0.0]), 30.0, 53.0, 0.2, 0.16, 5.0)
    np.testing.assert_array_equal(values, 0.0)


def test_rig_value_of_arrays() -> None:
    values = mining.rig_present_value(
        np.full((2, 1, 1), 45.0), np.full((3, 1), 18.0), np.full(4, 53.0), 0.2, 0.16, 5.0
    )
    assert values.shape == (2, 3, 4)


def test_payback_years() -> None:
    np.testing.assert_array_equal(mining.payback_years(np.array([7.5, 7.5]), np.array([1.5, -0.1])), [5.0, np.inf])


def test_irr_of_known_annuities() -> None:
    # 100 against 23.097 a year for 5 years is 5 %; money back exactly is 0 %; half of it is a loss.
    rates = mining.irr_annuity(100.0, np.array([23.09748, 20.0, 10.0]), 5.0)
    np.testing.assert_allclose(rates[:2], [0.05, 0.0], atol=1e-6)
    assert -0.3 < rates[2] < -0.1
    assert ((10.0 / (1 + rates[2]) ** np.arange(1, 6)).sum()) == pytest.approx(100.0)


def test_contest_of_three_by_hand() -> None:
    # Costs 1, 1, 1.5: all active with c* = 3.5 / 2; the dear fourth (2.0 > 1.75) stays out.
    shares = mining.contest_shares(np.array([1.0, 1.0, 1.5, 2.0]))
    np.testing.assert_allclose(shares, [3 / 7, 3 / 7, 1 / 7, 0.0])


def test_absent_firms_have_no_share() -> None:
    np.testing.assert_allclose(mining.contest_shares(np.array([[np.inf, 2.0, 2.0]])), [[0.0, 0.5, 0.5]])


@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(2, 12)), elements=st.floats(1.0, 20.0)))
def test_contest_is_a_natural_oligopoly(costs: np.ndarray) -> None:
    shares = mining.contest_shares(costs)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-12)
    active = shares > 1e-12
    bound = 1.0 - costs[:, None, :] / costs[:, :, None]  # [run, i, j]: share_j >= 1 - c_j / c_i
    assert np.all((shares[:, None, :] >= bound - 1e-9) | ~active[:, :, None])
    # First-order condition: marginal revenue (1 - share) x reward equals cost for every active firm.
    threshold = (costs / np.where(active, 1.0 - shares, np.nan)).max(axis=-1, initial=0.0, where=active)
    np.testing.assert_allclose(np.where(active, (1 - shares) * threshold[:, None], costs), costs, rtol=1e-9)
