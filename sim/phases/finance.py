"""Terms of credit and the room to raise equity: what firms can fund this month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Rows, row_sum, safe_divide, spread
from sim.economics import credit
from sim.kernels import firms as kernels

if TYPE_CHECKING:
    from sim.sector import Sector

TENANT_FUNDED_PART = 0.15  # of capex that stays with the landlord (facts: 1.5 of 9-10 M USD per MW)
COIN_HAIRCUT = 0.5  # of the treasury that a board counts as money for a project


def loan_to_cost(s: Sector, rating: Index) -> Array:
    """Share of capex lenders fund by the tenant's credit (R, n), after lever and the state of credit markets."""
    f = s.P.finance
    table = np.concatenate(
        (f.ltc_investment_grade, f.ltc_backstopped, f.ltc_speculative, f.ltc_unrated), axis=1
    )
    scale = f.ltc_scale * s.now.ltc_factor[:, None]
    return np.clip(spread(table, rating) * scale, 0.0, 0.95)


def project_coupon(s: Sector, rating: Index) -> Array:
    """Coupon of a project loan by the tenant's credit (R, n), fraction per year."""
    f = s.P.finance
    spreads = np.concatenate(
        (f.spread_investment_grade, f.spread_backstopped, f.spread_speculative, f.spread_corporate), axis=1
    )
    base = (s.now.base_rate + s.now.spread_shock)[:, None] - s.P.policy.ai_interest_relief
    return credit.coupon(base, spread(spreads, rating))


def rig_loan_share(s: Sector) -> Array:
    """Share of new rigs' price that lenders give on them (R, 1), less when credit is tight."""
    return s.P.finance.rig_loan_ltv * np.minimum(s.now.ltc_factor[:, None], 1.0)


def contracted_ebitda(s: Sector) -> Array:
    """Yearly AI EBITDA of a firm's leases (R, F), what is not yet delivered counted half."""
    leases, ai = s.leases, s.P.ai
    return kernels.contracted_ebitda(
        leases.status, leases.firm, leases.product, leases.it_mw, leases.delivered_mw, leases.rent, ai.cloud_margin,
        ai.colocation_margin, credit.UNDELIVERED, s.n_firms,
    )  # fmt: skip


def debt(s: Sector) -> Array:
    """All loans and converts of a firm (R, F), USD."""
    return s.books.stock["loans"] + s.books.stock["converts"]


def equity_access(s: Sector) -> Array:
    """Access to new shares (R, F): 1 for listed firms, a fraction for others."""
    return np.where(s.firms.listed, 1.0, s.P.finance.private_equity_scale)


def issue_room(s: Sector) -> Array:
    """Shares that can still be sold now (R, F), USD; unlisted firms reach a fraction of it."""
    f, firms, multiple = s.P.finance, s.firms, s.now.multiple[:, None]
    market = kernels.Market(
        f.ai_ebitda_multiple * multiple, f.mining_ebitda_multiple * multiple, f.connected_mw_value_usd_m * 1e6,
        f.equity_issue_share_per_year, f.private_equity_scale,
    )  # fmt: skip
    shares = kernels.Shares(
        contracted_ebitda(s), firms.mining_ebitda_12m, debt(s), s.connected_by_firm(), firms.issued_12m, firms.alive,
        firms.listed,
    )  # fmt: skip
    return kernels.issue_rooms(shares, market)


def own_funds(s: Sector) -> Array:
    """Money for new projects (R, F), USD: cash above the reserve, half of the coins, new shares, less what
    signed leases still need beyond their loans and construction cash."""
    stock = s.books.stock
    money = kernels.Money(
        stock["cash"], stock["coins"], issue_room(s), stock["restricted"], s.monthly_costs, unfunded_capex(s)
    )
    return kernels.own_funds(money, s.P.finance.target_cash_months, COIN_HAIRCUT)


def unfunded_capex(s: Sector) -> Array:
    """Capex of signed leases that no loans cover (R, F), USD."""
    leases = s.leases
    return kernels.unfunded_capex(
        leases.status, leases.firm, leases.capex, leases.spent, leases.loan_limit, leases.loan, s.n_firms
    )


def raise_equity(s: Sector, amount: Array) -> None:
    """Sell new shares for ``amount`` (R, F) USD to households and funds."""
    if not amount.any():
        return
    s.books.post("equity_issue", "households", cash=amount)
    s.firms.issued_12m += amount
    s.flows["equity_raised"] += row_sum(amount)


def sell_coins(s: Sector, usd: Array) -> None:
    """Sell coins worth ``usd`` (R, F) at the month's price."""
    if not usd.any():
        return
    s.books.post("balance_only", "households", coins=-usd, cash=usd)
    s.firms.coins_btc = np.maximum(s.firms.coins_btc - usd / s.now.btc_price[:, None], 0.0)


def borrow(s: Sector, kind: int, amount: Array) -> None:
    """Draw ``amount`` (R, F) USD on a firm facility (coin- or rig-backed) from banks at today's terms."""
    at = Rows.where(amount > 0)
    if not len(at):
        return
    facility, loan = s.facilities, (at.run, at.row, kind)
    before, drawn = facility.balance[loan], at.get(amount)
    fresh = (s.now.base_rate + s.now.spread_shock)[at.run] + s.P.finance.spread_coin_loan[at.run, 0]
    facility.coupon[loan] = safe_divide(before * facility.coupon[loan] + drawn * fresh, before + drawn, 0.09)
    facility.maturity[loan] = s.t + 24
    facility.balance[loan] = before + drawn
    s.books.post("balance_only", "banks", cash=amount, loans=amount)


def repay(s: Sector, kind: int, amount: Array) -> None:
    """Pay back ``amount`` (R, F) USD of a firm facility out of cash."""
    s.facilities.balance[:, :, kind] -= amount
    s.books.post("balance_only", "banks", cash=-amount, loans=-amount)
