"""Loans, coupons and room for new money."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.economics import credit
from sim.kernels import firms


def test_annuity_factor_by_hand() -> None:
    assert credit.annuity_factor(0.10, 2.0) == pytest.approx(1 / 1.1 + 1 / 1.21)
    np.testing.assert_allclose(credit.annuity_factor(np.array([0.0, 1e-9]), 7.0), 7.0, rtol=1e-6)


@given(rate=st.floats(0.0, 0.3), months=st.integers(1, 240), principal=st.floats(0.0, 1e9))
def test_level_payments_repay_the_loan(rate: float, months: int, principal: float) -> None:
    balance = principal
    for left in range(months, 0, -1):
        balance += float(credit.interest(balance, rate)) - float(credit.loan_payment(balance, rate, left))
        assert balance >= -1e-6 * principal
    assert balance == pytest.approx(0.0, abs=1e-6 * max(principal, 1.0))


def test_level_payment_by_hand() -> None:
    # 1000 at 12 % over 12 months: 88.85 a month, the textbook case
    assert credit.loan_payment(1000.0, 0.12, 12) == pytest.approx(88.8488, abs=1e-4)


def test_overdue_balance_is_due_in_full() -> None:
    np.testing.assert_allclose(credit.loan_payment(100.0, 0.12, np.array([1, 0, -3])), 101.0)


def test_coupon_never_below_zero() -> None:
    np.testing.assert_allclose(credit.coupon(np.array([0.04, -0.05]), 0.022), [0.062, 0.0])


def test_coin_loan_room() -> None:
    np.testing.assert_allclose(credit.coin_loan_room(np.array([200.0, 60.0]), 0.5, 40.0), [60.0, 0.0])


def test_equity_room_by_hand() -> None:
    # AI EBITDA 100 x 12, mining loss counts nothing, 500 MW x 0.4, debt 300: worth 1100, a quarter a year.
    value = firms.firm_value(100.0, -20.0, 300.0, 500.0, 12.0, 5.0, 0.4)
    assert value == pytest.approx(1100.0)
    assert firms.equity_room(value, 0.25, 75.0) == pytest.approx(200.0)
    assert firms.equity_room(value, 0.25, 0.0, access=0.15) == pytest.approx(41.25)
    assert firms.equity_room(value, 0.25, 400.0) == 0.0
    assert firms.firm_value(0.0, 0.0, 1e9, 10.0, 12.0, 5.0, 0.4) == 0.0


def test_a_contract_sells_shares_on_half_its_value() -> None:
    # 1.5 M a year and MW at 12 years' EBITDA: half of 18 M counts, a quarter of that is issued
    assert credit.contract_equity(1.5, 12.0, 0.25) == pytest.approx(2.25)


def test_what_a_firm_can_fund_by_hand() -> None:
    # 20 M of its own at 2.5 M of equity per MW; shares of 1.5 M per MW leave 1 M to pay
    assert credit.fundable_size(20e6, 2.5e6, 0.0, 100.0) == pytest.approx(8.0)
    assert credit.fundable_size(20e6, 2.5e6, 1.5e6, 100.0) == pytest.approx(20.0)
    assert credit.fundable_size(20e6, 2.5e6, 1.5e6, 15.0) == 15.0
    # more shares than equity: any size, but not for a firm without money; what costs nothing is open to all
    np.testing.assert_allclose(credit.fundable_size(np.array([1e6, 0.0]), 2.5e6, 3e6, 100.0), [100.0, 0.0])
    assert credit.fundable_size(0.0, 0.0, 0.0, 100.0) == 100.0
