"""AI hosting against the worked numbers of the model description and the check of claim 2."""

import numpy as np
import pytest

from sim.economics import hosting

HASHPRICES = np.array([28.0, 30.0, 38.0, 45.0, 55.0])


def margin_m(hashprice: float | np.ndarray) -> np.ndarray:
    """Mining margin of the worked example, M USD per grid MW-year."""
    return hosting.mining_margin(hashprice, 18.0, 45.0, 8.0) / 1e6


def colocation(forgone: float | np.ndarray, ltc: float = 0.85, coupon: float = 0.062, years: float = 15.0):
    return hosting.lease_economics(1.77, 0.85, 10.5, ltc, coupon, 15.0, years, forgone, 1.4)


def test_mining_margin_per_grid_mw() -> None:
    np.testing.assert_allclose(margin_m(np.array([45.0, 38.0, 30.0])), [0.385, 0.257, 0.110], atol=0.001)


def test_colocation_on_an_unused_connection() -> None:
    lease = colocation(0.0)
    assert lease.ebitda / 1.4 == pytest.approx(1.07, abs=0.005)  # per grid MW
    assert lease.capex / 1.4 == pytest.approx(7.5)
    assert lease.equity / 1.4 == pytest.approx(1.1, abs=0.03)
    assert lease.equity_cash / 1.4 == pytest.approx(0.41, abs=0.005)
    assert lease.equity_return == pytest.approx(0.36, abs=0.005)
    assert lease.equity_payback == pytest.approx(1 / 0.364, abs=0.01)
    assert lease.unlevered_payback == pytest.approx(7.0, abs=0.05)  # pages: 5.7 to 10 years


def test_equity_return_on_a_running_mine() -> None:
    lease = colocation(margin_m(np.array([45.0, 38.0, 30.0])))
    np.testing.assert_allclose(lease.equity_return, [0.02, 0.14, 0.27], atol=0.005)


def test_dearer_and_shorter_debt_leaves_little() -> None:
    # claims.md: 80 % at 7.75 % over 10 years only 13 %
    assert colocation(0.0, ltc=0.80, coupon=0.0775, years=10.0).equity_return == pytest.approx(0.13, abs=0.005)


def test_converting_a_site_that_is_paid_for() -> None:
    # claims.md: (rent profit less mining profit given up) / capex about 13, 9, 7 % at 30, 45, 55
    lease = colocation(margin_m(np.array([30.0, 45.0, 55.0])))
    np.testing.assert_allclose(lease.unlevered_return, [0.13, 0.09, 0.07], atol=0.005)


def test_claim_two_table() -> None:
    """Every column of "Claim 2 in detail": mining capex 14 USD/TH plus 0.6 M USD of site per grid MW."""
    mining_capex = 14.0 / (18.0 * 1.05) + 0.6
    mining_revenue = 1000.0 / (18.0 * 1.05) * HASHPRICES * 365.25 * 0.95 / 1e6
    mining = margin_m(HASHPRICES)
    colo = colocation(0.0)
    cloud = hosting.cloud_economics(9.7, 0.85, 13.0, 29.0, 0.0, 5.0, 0.0, 0.08, 0.0, 1.4)
    np.testing.assert_allclose(mining / mining_capex, [0.05, 0.08, 0.19, 0.29, 0.42], atol=0.005)
    assert colo.unlevered_return == pytest.approx(0.14, abs=0.005)
    assert cloud.unlevered_return == pytest.approx(0.20, abs=0.005)
    np.testing.assert_allclose(1.77 / 1.4 / mining_revenue, [2.5, 2.3, 1.8, 1.5, 1.3], atol=0.05)
    np.testing.assert_allclose(9.7 / 1.4 / mining_revenue, [13.5, 12.6, 9.9, 8.4, 6.9], atol=0.06)
    np.testing.assert_allclose(colo.ebitda / 1.4 / mining, [14.8, 9.8, 4.2, 2.8, 1.9], atol=0.05)
    np.testing.assert_allclose(cloud.ebitda / 1.4 / mining, [81, 54, 23, 15, 10], rtol=0.04)
    ratios = mining / mining_capex
    np.testing.assert_allclose(colo.unlevered_return / ratios, [2.6, 1.8, 0.75, 0.5, 0.35], atol=0.06)
    np.testing.assert_allclose(cloud.unlevered_return / ratios, [3.6, 2.4, 1.0, 0.7, 0.5], atol=0.06)


def test_retrofit_pays_back_fast() -> None:
    # Riot-AMD: 3.6 years (facts, claims.md), rent 0.68 of 1.77 at a capex of 3.6
    lease = hosting.lease_economics(0.68 * 1.77, 0.85, 3.6, 0.0, 0.08, 10.0, 10.0, 0.0, 1.42)
    assert lease.unlevered_payback == pytest.approx(3.5, abs=0.1)


def test_cloud_on_the_terms_of_iren_and_microsoft() -> None:
    cloud = hosting.cloud_economics(9.7, 0.85, 13.0, 29.0, 0.2, 5.0, 0.0, 0.08, 0.0, 1.4)
    assert cloud.unlevered_payback == pytest.approx(5.1, abs=0.05)  # facts, claims.md
    assert cloud.prepayment * 200 == pytest.approx(1940.0)  # a fifth of 9.7 bn USD for 200 MW
    assert cloud.equity == pytest.approx(42.0 - 9.7)
    assert cloud.equity_cash == pytest.approx(9.7 * 0.85 - 9.7 * 0.2)  # credited over the five years


def test_loan_is_repaid_within_the_lease() -> None:
    long_loan = hosting.lease_economics(1.77, 0.85, 10.5, 0.5, 0.07, 10.0, 20.0, 0.0, 1.4)
    assert long_loan.debt_service == pytest.approx(5.25 / 7.02358, rel=1e-5)  # annuity factor, 7 %, 10 years


def test_fully_funded_projects_need_no_equity() -> None:
    lease = hosting.lease_economics(np.array([1.77, 0.1]), 0.85, 10.5, 1.0, 0.062, 15.0, 15.0, 0.0, 1.4)
    np.testing.assert_array_equal(lease.equity, 0.0)
    np.testing.assert_array_equal(lease.equity_return, [np.inf, -np.inf])


def test_fields_share_the_broadcast_shape() -> None:
    lease = hosting.lease_economics(np.full((2, 1), 1.8), 0.85, 10.5, np.full(3, 0.8), 0.07, 13.0, 13.0, 0.1, 1.42)
    assert all(field.shape == (2, 3) for field in vars(lease).values())


def test_equity_npv_by_hand() -> None:
    # 100 now; after 1 year of building 60 a year for 2 years and 20 at the end, at 10 %.
    expected = -100 + 60 / 1.1**2 + (60 + 20) / 1.1**3
    assert hosting.equity_npv(100.0, 60.0, 2.0, 20.0, 0.10, 1.0) == pytest.approx(expected)


def test_gpu_residual_follows_the_resale_curve() -> None:
    ages = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    expected = [1.0, 0.8125, 0.625, 0.425, 0.30, 0.175, 0.125, 0.125**2 / 0.175]
    np.testing.assert_allclose(hosting.gpu_residual(ages), expected)


def test_what_is_left_counts_when_a_short_contract_ends() -> None:
    # 6 put in, 0.6 a year for 5 years is 3 back: a hall worth 4 returns the rest, one worth 2 does not
    left = np.array([4.0, 2.0, 4.0, 4.0, 9.0])
    cash = np.array([0.6, 0.6, 2.0, 0.0, -0.1])
    years = hosting.payback_with_residual(6.0, cash, 5.0, left)
    np.testing.assert_allclose(years, [5.0, np.inf, 3.0, np.inf, np.inf])
    assert hosting.payback_with_residual(6.0, 0.0, 5.0, 6.0) == 5.0


def test_cloud_of_a_strong_tenant_returns_its_equity_within_the_contract() -> None:
    """The scenario's defaults: cash alone would take twice the contract; hall and cards bring it back."""
    cloud = hosting.cloud_economics(10.2, 0.85, 13.0, 28.0, 0.2, 5.0, 0.84, 0.062, 0.0, 1.42)
    left = 0.8 * 13.0 * 0.75 + 0.125 * 28.0
    assert cloud.equity_payback > 8.0
    assert hosting.payback_with_residual(cloud.equity, cloud.equity_cash, 5.0, left) == 5.0


def test_returns_of_the_worked_example_side_by_side() -> None:
    """MODEL section 4: unlevered and on equity, on an unused connection and on a running mine."""
    unused, running = colocation(0.0), colocation(margin_m(np.array([30.0, 38.0, 45.0])))
    assert unused.unlevered_return == pytest.approx(0.143, abs=0.001)
    np.testing.assert_allclose(running.unlevered_return, [0.129, 0.109, 0.092], atol=0.001)
    np.testing.assert_allclose(unused.equity_return - running.equity_return, [0.098, 0.229, 0.342], atol=0.002)
    np.testing.assert_allclose(running.forgone, 1.4 * margin_m(np.array([30.0, 38.0, 45.0])))


def test_where_three_to_five_times_holds() -> None:
    """Per MW of operating profit only between 36 and 44 USD/PH/day, on capital between 26 and 27."""
    colo = colocation(0.0)
    per_mw = float(colo.ebitda) / 1.4 * 1e6
    low, high = hosting.hashprice_of_margin(per_mw / np.array([5.0, 3.0]), 18.0, 45.0, 8.0)
    assert (low, high) == (pytest.approx(35.7, abs=0.1), pytest.approx(43.5, abs=0.1))
    np.testing.assert_allclose(per_mw / hosting.mining_margin(np.array([low, high]), 18.0, 45.0, 8.0), [5.0, 3.0])
    mining_capex = (14.0 / (18.0 * 1.05) + 0.6) * 1e6
    on_capital = hosting.hashprice_of_margin(
        float(colo.unlevered_return) * mining_capex / np.array([5.0, 3.0]), 18.0, 45.0, 8.0
    )
    np.testing.assert_allclose(on_capital, [26.0, 27.4], atol=0.2)
    # on equity with a guaranteed tenant and an unused connection: more than three times at 30, not at 38
    mining_return = margin_m(np.array([30.0, 38.0])) * 1e6 / mining_capex
    ratio = float(colo.equity_return) / mining_return
    assert ratio[0] > 3.0 > ratio[1]
