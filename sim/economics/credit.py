"""Credit and equity: payments of a loan and the room a firm has to borrow or to issue shares.

Rates are fractions per year; money in any one unit.
"""

import numpy as np

from sim.economics import Floats, Numbers, elementwise
from sim.kernels import projects

UNDELIVERED = 0.5  # of the EBITDA of a contract signed and not yet delivered that investors count


def annuity_factor(rate: Numbers, years: Numbers) -> Floats:
    """Present value of 1 at the end of each of `years` years: (1 - (1 + rate)^-years) / rate; years at 0."""
    rates = np.asarray(rate, dtype=np.float64)
    flat = np.abs(rates) < 1e-12
    safe = np.where(flat, 1.0, rates)
    return np.where(flat, years, -np.expm1(-years * np.log1p(safe)) / safe)


def loan_payment(principal: Numbers, rate_annual: Numbers, months_left: Numbers) -> Floats:
    """Level monthly payment that repays `principal` in `months_left` months; at or past the end all of it.

    The monthly rate is a twelfth of the yearly one, as loans quote it.
    """
    months = np.maximum(months_left, 1.0)
    final = interest(principal, rate_annual) + principal
    return np.where(np.less_equal(months_left, 1), final, principal / annuity_factor(_monthly(rate_annual), months))


def interest(balance: Numbers, rate_annual: Numbers) -> Floats:
    """Interest of one month on `balance`."""
    return np.asarray(balance) * _monthly(rate_annual)


def coupon(base_rate: Numbers, spread: Numbers) -> Floats:
    """Yearly coupon of a new loan: base rate plus spread, never below zero."""
    return np.maximum(np.add(base_rate, spread), 0.0)


def coin_loan_room(coins_usd: Numbers, ltv: Numbers, balance: Numbers) -> Floats:
    """What can still be borrowed against the treasury: ltv x coins less what is owed, not below zero."""
    return np.maximum(np.multiply(coins_usd, ltv) - balance, 0.0)


def contract_equity(ebitda: Numbers, ai_multiple: Numbers, issue_share_per_year: Numbers) -> Floats:
    """Shares that a new AI contract of yearly `ebitda` lets a listed firm sell: its share of half the value.

    Half, as of every contract signed and not yet delivered: `UNDELIVERED`.
    """
    return UNDELIVERED * np.multiply(ebitda, ai_multiple) * issue_share_per_year


def fundable_size(own: Numbers, equity_per_mw: Numbers, shares_per_mw: Numbers, most: Numbers) -> Floats:
    """MW a firm can fund, at most `most`, with its `own` money and the shares that the contract itself sells.

    `equity_per_mw` is the part of a MW that no lender pays. A firm without money of its own funds nothing that
    costs any, however much its shares would bring: they are sold on the contract, not before it.
    """
    return elementwise(projects.fundable_sizes, own, equity_per_mw, shares_per_mw, most)


def _monthly(rate_annual: Numbers) -> Floats:
    return np.asarray(rate_annual) / 12.0
