"""AI hosting: what a lease or a GPU cloud returns on a MW, before and after debt, and what it displaces.

Capacity is MW of critical IT; one IT MW takes `gross_per_it` MW of grid connection. Money in one unit
throughout (M USD in the tables); flows per year.
"""

from dataclasses import dataclass

import numpy as np

from sim.economics import DAYS_PER_YEAR, HOURS_PER_YEAR, Floats, Numbers, elementwise
from sim.economics.credit import annuity_factor
from sim.economics.mining import payback_years
from sim.kernels import projects

# Share of the purchase price a GPU fetches after 0 to 5 years: middle of the ranges 60-65, 40-45, 25-35,
# 15-20 and 10-15 % (facts, ai_costs: residual_h100_year1 to _year5).
RESIDUAL_AGES = np.arange(6.0)
RESIDUAL_SHARES = np.array([1.0, 0.625, 0.425, 0.30, 0.175, 0.125])


@dataclass(frozen=True)
class ProjectReturn:
    """An AI project per IT MW. `forgone` is the mining margin the same grid connection would have earned."""

    ebitda: Floats
    """Operating profit per year."""
    forgone: Floats
    """Mining margin given up per year."""
    capex: Floats
    """Spent before the first rent, prepayments not deducted."""
    prepayment: Floats
    """Received from the tenant at signing, credited evenly against rent over the term."""
    loan: Floats
    """Project loan at the start of operation."""
    debt_service: Floats
    """Level interest and repayment per year while the loan runs."""
    equity: Floats
    """The owner's part of capex."""
    equity_cash: Floats
    """Cash to the owner per year while the loan runs, forgone margin deducted."""

    @property
    def equity_return(self) -> Floats:
        """Cash on equity: equity_cash / equity; infinite where no equity is needed."""
        needs_equity = self.equity > 0.0
        without_equity = np.where(self.equity_cash >= 0.0, np.inf, -np.inf)
        return np.where(needs_equity, self.equity_cash / np.where(needs_equity, self.equity, 1.0), without_equity)

    @property
    def unlevered_return(self) -> Floats:
        """(ebitda - forgone) / capex."""
        return (self.ebitda - self.forgone) / self.capex

    @property
    def unlevered_payback(self) -> Floats:
        """Years, on ebitda less forgone margin."""
        return payback_years(self.capex, self.ebitda - self.forgone)

    @property
    def equity_payback(self) -> Floats:
        """Years on equity_cash alone, infinite where it is not positive; what is left at the end counts nothing."""
        return payback_years(self.equity, self.equity_cash)


def lease_economics(
    rent: Numbers,
    margin: Numbers,
    capex: Numbers,
    ltc: Numbers,
    coupon: Numbers,
    term_years: Numbers,
    loan_years: Numbers,
    forgone_margin: Numbers,
    gross_per_it: Numbers,
) -> ProjectReturn:
    """A hall leased to one tenant, per IT MW.

    `rent` per IT MW-year, `margin` the share of it that is operating profit, `capex` per IT MW, `ltc` loan to
    cost, `coupon` per year, `forgone_margin` per **grid** MW-year (zero on an unused connection). The loan is
    repaid in level payments within the lease, at the latest.
    """
    return _project(
        np.multiply(rent, margin), capex, 0.0, term_years, ltc, coupon, np.minimum(loan_years, term_years),
        np.multiply(forgone_margin, gross_per_it),
    )  # fmt: skip


def cloud_economics(
    revenue: Numbers,
    margin: Numbers,
    hall_capex: Numbers,
    gpu_capex: Numbers,
    prepayment_share: Numbers,
    term_years: Numbers,
    ltc: Numbers,
    coupon: Numbers,
    forgone_margin: Numbers,
    gross_per_it: Numbers,
) -> ProjectReturn:
    """A GPU cloud sold to one customer, per IT MW; the loan runs as long as the contract.

    `prepayment_share` of the contract's value is paid at signing; lenders finance what is left of the capex.
    """
    prepayment = np.asarray(revenue) * term_years * prepayment_share
    return _project(
        np.multiply(revenue, margin), np.add(hall_capex, gpu_capex), prepayment, term_years, ltc, coupon,
        term_years, np.multiply(forgone_margin, gross_per_it),
    )  # fmt: skip


def _project(
    ebitda: Numbers,
    capex: Numbers,
    prepayment: Numbers,
    term_years: Numbers,
    ltc: Numbers,
    coupon: Numbers,
    loan_years: Numbers,
    forgone: Numbers,
) -> ProjectReturn:
    """Returns of any project: capex is paid by prepayment, loan and equity in this order."""
    own_capex = np.maximum(np.subtract(capex, prepayment), 0.0)
    loan = own_capex * ltc
    equity = own_capex - loan
    debt_service = loan / annuity_factor(coupon, loan_years)
    equity_cash = np.subtract(ebitda, forgone) - debt_service - np.divide(prepayment, term_years)
    flows = ebitda, forgone, capex, prepayment, loan, debt_service, equity, equity_cash
    return ProjectReturn(*np.broadcast_arrays(*flows))


def payback_with_residual(equity: Numbers, cash: Numbers, term_years: Numbers, residual: Numbers) -> Floats:
    """Years until the owner's part is back, from yearly ``cash`` and, when the contract ends, from what is left.

    ``residual`` is the value of hall and GPUs at the end of the term net of debt, as in ``equity_npv``. A short
    contract whose loan is repaid out of it leaves its owner little cash but an unencumbered hall: counting the cash
    alone would ask the first tenant to pay for the second's. Infinite where cash is negative (the project must be
    fed until its end) or cash and residual together do not return the equity.
    """
    return elementwise(projects.paybacks, equity, cash, term_years, residual)


def equity_npv(
    equity: Numbers,
    annual_cash_to_equity: Numbers,
    term_years: Numbers,
    residual_value: Numbers,
    hurdle: Numbers,
    lead_years: Numbers,
) -> Floats:
    """Net present value to the owner at the hurdle rate: equity now, cash from delivery to the end of term.

    `residual_value` is what the owner holds at the end of the term, net of debt.
    """
    at_delivery = np.multiply(annual_cash_to_equity, annuity_factor(hurdle, term_years))
    at_delivery = at_delivery + residual_value * _discount(hurdle, term_years)
    return at_delivery * _discount(hurdle, lead_years) - equity


def _discount(rate: Numbers, years: Numbers) -> Floats:
    return np.exp(-np.log1p(rate) * years)


def gpu_residual(age_years: Numbers) -> Floats:
    """Share of its purchase price a used GPU fetches; linear between whole years, geometric after five."""
    tail = (RESIDUAL_SHARES[-1] / RESIDUAL_SHARES[-2]) ** np.maximum(np.subtract(age_years, 5.0), 0.0)
    return np.interp(age_years, RESIDUAL_AGES, RESIDUAL_SHARES) * tail


def margin_per_th(hashprice: Numbers, j_per_th: Numbers, cost: Numbers) -> Floats:
    """Operating profit of a TH/s that always runs [USD per year], negative below breakeven.

    ``cost`` in USD per MWh at the machine's plug, site overhead included.
    """
    revenue = np.multiply(hashprice, DAYS_PER_YEAR / 1000.0)
    return revenue - np.multiply(cost, j_per_th) * (HOURS_PER_YEAR / 1e6)


def mining_margin(
    hashprice: Numbers,
    j_per_th: Numbers,
    power_price: Numbers,
    other_cost: Numbers,
    uptime: Numbers = 0.95,
    overhead: Numbers = 1.05,
) -> Floats:
    """Operating profit of hashing [USD per grid MW-year].

    `power_price` and `other_cost` in USD per MWh drawn from the grid; `overhead` grid MW per MW of machines.
    """
    th_per_mw = 1e6 / (np.asarray(j_per_th) * overhead)
    return margin_per_th(hashprice, j_per_th, np.add(power_price, other_cost) * overhead) * th_per_mw * uptime


def hashprice_of_margin(
    margin: Numbers,
    j_per_th: Numbers,
    power_price: Numbers,
    other_cost: Numbers,
    uptime: Numbers = 0.95,
    overhead: Numbers = 1.05,
) -> Floats:
    """Hashprice [USD/PH/day] at which hashing earns ``margin`` [USD per grid MW-year]: inverse of ``mining_margin``.

    With an AI project's EBITDA per grid MW over 5 and over 3 it gives the band in which "three to five times the
    profit of mining" is true; with its return times a mine's capex, the same for returns on capital.
    """
    petahash_per_mw = 1000.0 / (np.asarray(j_per_th) * overhead)
    cost = np.add(power_price, other_cost) * HOURS_PER_YEAR
    return (np.divide(margin, uptime) + cost) / (petahash_per_mw * DAYS_PER_YEAR)
