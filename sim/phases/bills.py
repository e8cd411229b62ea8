"""Phase 5 and 6: mining income, programme payments, bills, debt service and tax become payables; coins sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Mask, Rows, row_sum, safe_divide, spread, sum_by
from sim.books import COSTS, REVENUE
from sim.economics import elementwise
from sim.economics.credit import interest, loan_payment
from sim.economics.power import demand_response_income
from sim.kernels import firms as firm_kernels
from sim.kernels import sites as kernels
from sim.kernels.sites import Accounts
from sim.phases import finance
from sim.state import BUILDING, CORPORATE, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

RIG_LIFE_MONTHS = 48  # straight-line, as most listed miners book it
CONVERT_COUPON = 0.01  # facts: 0-1.75 %


def mining_income(s: Sector) -> None:
    """Coins to whoever's rigs ran, pool fee off; power, hosting and resale on the site's account."""
    books, p, carbon = s.books, s.P, s.regions.carbon * s.regions.carbon_price / 1000.0
    accounts = _accounts(s, carbon)
    s.ehs_by_firm = accounts.ehs
    coins = accounts.ehs / s.now.hashrate[:, None] * s.now.coins[:, None]
    s.firms.coins_btc += coins
    revenue = coins * s.now.btc_price[:, None]
    s.coins_mined_by_firm = coins
    books.post("mining_revenue", "vendors", coins=revenue)
    books.bill("pool_fee", "vendors", p.bitcoin.pool_fee * revenue)
    _power(s, accounts)
    other = accounts.mwh * p.power.other_cost_usd_per_mwh * s.now.inflation[:, None]
    books.bill("other_cost", "vendors", other)
    books.bill("carbon_cost", "governments", accounts.carbon)
    books.bill("excise", "governments", accounts.excise)


def _accounts(s: Sector, carbon: Array) -> Accounts:
    """The month's hashing by firm; ``carbon`` (R, X) USD per MWh."""
    sites, d, r = s.sites, s.dispatched, s.regions
    hashing = kernels.Hashing(
        sites.owner, sites.miner, sites.region, d.ehs, d.mwh, d.power_cost, d.resale, sites.supply, sites.legacy_gpu
    )
    rented = s.leases
    gpus = kernels.Gpus(rented.product, rented.site, rented.delivered_mw, rented.gross_mw, rented.it_mw)
    prices = kernels.Prices(r.tariff, r.excise, carbon, s.now.inflation)
    return kernels.mining_accounts(hashing, gpus, prices, s.hours, s.n_firms)


def _power(s: Sector, accounts: Accounts) -> None:
    """Sites pay the utility; hosted rigs pay their host for the same energy."""
    books = s.books
    books.bill("power_cost", "utilities", accounts.power)
    books.bill("hosting_fees", "clearing", accounts.fees)
    books.post("hosting_revenue", "clearing", receivables=accounts.earned)
    books.post("resale", "utilities", receivables=accounts.resale)
    s.power_bill = row_sum(accounts.bill)


def programme_income(s: Sector) -> None:
    """Demand-response programmes and capacity payments for hashing load that can be called off."""
    payment = s.regions.programme * s.P.power.demand_response_scale
    per_mw = demand_response_income(1.0, payment, 1.0)  # the region's payment is the programme part
    income = s.dispatched.mw * spread(per_mw, s.sites.region)
    s.books.post("demand_response", "utilities", receivables=sum_by(s.sites.owner, income, s.n_firms))


def fixed_costs(s: Sector) -> None:
    """Sites, duties, corporate overhead, wear."""
    sites, books, power = s.sites, s.books, s.P.power
    per_mw = power.site_cost_usd_per_mw_year * s.now.inflation[:, None] / 12
    racks = kernels.Racks(sites.owner, sites.region, sites.connected, sites.racks, s.dispatched.mw)
    cost, duty = kernels.fixed_costs(
        racks, per_mw, power.standby_cost_share, s.regions.large_load, s.regions.duty / 12, s.n_firms
    )
    books.bill("site_cost", "vendors", cost)
    books.bill("duties", "governments", duty)
    s.overhead = overhead(s)
    books.bill("overhead", "vendors", s.overhead)
    for asset, months in (("rigs", RIG_LIFE_MONTHS), ("halls", 240), ("gpus", 60)):
        books.post("depreciation", "vendors", "revaluation", **{asset: -books.stock[asset] / months})


def staffed(s: Sector) -> Array:
    """Part of a site's fixed cost that is spent (R, S): all of it from half use on, the standby part in mothballs."""
    return staffed_part(s.dispatched.mw, s.sites.racks, s.P.power.standby_cost_share)


def staffed_part(mw: Array, racks: Array, standby: Array) -> Array:
    """The same of any sites with so many MW of ``racks`` that draw ``mw``."""
    return elementwise(kernels.staffed_parts, mw, racks, standby)


def overhead(s: Sector) -> Array:
    """Corporate overhead of the month (R, F), USD; a firm whose MW stand still cuts it to the standby part."""
    sites = s.sites
    halls = sites.ai_gross + sites.ai_building + sites.legacy_gpu
    mw, used = kernels.megawatts(
        sites.owner, sites.miner, sites.connected, sites.racks, s.dispatched.mw, halls, s.n_firms
    )
    return full_overhead(s, mw) * staffed_part(used, mw, s.P.power.standby_cost_share)


def full_overhead(s: Sector, mw: Array) -> Array:
    """Overhead of a month of firms that run ``mw`` (R, F), USD: grows less than in proportion to it."""
    f = s.P.finance
    scale = np.where(s.firms.listed, f.overhead_usd_m_listed, f.overhead_usd_m_private)
    return firm_kernels.overheads(mw, s.firms.alive, scale * 1e6 * s.now.inflation[:, None] / 12, f.overhead_exponent)


def mothball_cost(s: Sector) -> Array:
    """What a firm would spend in a month with all its racks switched off (R, F), USD."""
    sites = sum_by(s.sites.owner, s.sites.racks, s.n_firms) * s.P.power.site_cost_usd_per_mw_year / 12
    full = sites * s.now.inflation[:, None] + full_overhead(s, s.connected_by_firm() + s.rig_mw_of_clients())
    return s.P.power.standby_cost_share * full


def debt_service(s: Sector) -> None:
    """Interest and repayments of all loans fall due; maturing corporate debt and converts are rolled over in part."""
    books, facility = s.books, s.facilities
    due, repaid = _project_loans(s)
    firm_kernels.serve_loans(facility.balance, facility.coupon, facility.maturity, s.t, due, repaid)
    books.bill("interest", "banks", due)
    books.bill("interest", "households", books.stock["converts"] * CONVERT_COUPON / 12)
    _repayment_due(s, repaid)
    _roll_over(s)


def _project_loans(s: Sector) -> tuple[Array, Array]:
    """Interest and repayment (R, F) of project loans: level payments over what is left of a lease that delivers."""
    leases = s.leases
    live = ((leases.status == RUNNING) | (leases.status == BUILDING)) & (leases.delivered_mw > 0)
    at = Rows.where(live & (leases.loan > 0))
    loan, coupon, firm = at.get(leases.loan), at.get(leases.coupon), at.get(leases.firm)
    left = np.maximum(at.get(leases.first) + at.get(leases.term) - s.t, 1)
    due = interest(loan, coupon)
    repaid = np.minimum(np.maximum(loan_payment(loan, coupon, left) - due, 0.0), loan)
    repaid = np.where(at.get(leases.status) == RUNNING, repaid, 0.0)
    leases.loan[at.run, at.row] -= repaid
    size = s.n_runs, s.n_firms
    return at.sum_into(due, *size, firm), at.sum_into(repaid, *size, firm)


def _repayment_due(s: Sector, amount: Array) -> None:
    """Repayments (R, F) become a payable to banks."""
    s.books.post("balance_only", "banks", loans=-amount, payables=amount)


def _roll_over(s: Sector) -> None:
    """Bonds and converts that mature: a part is rolled over where lenders are willing, the rest falls due."""
    firms, facility = s.firms, s.facilities
    balance, maturity, coupon = (
        values[:, :, CORPORATE] for values in (facility.balance, facility.maturity, facility.coupon)
    )
    bonds, converts = (maturity <= s.t) & (balance > 0), firms.convert_maturity == s.t
    asking = Rows.where(bonds | converts)
    granted = refinancing_open(s, asking)
    refused = asking.keep(~granted & asking.get(bonds & firms.alive))
    s.note("refinancing refused", refused.run, firm=refused.row, value=refused.get(balance))
    falls_due = np.ones((s.n_runs, s.n_firms))
    falls_due[asking.run, asking.row] -= np.where(granted, s.P.finance.refinancing_share[asking.run, 0], 0.0)
    repaid = np.where(bonds, balance * falls_due, 0.0)
    balance -= repaid
    _repayment_due(s, repaid)
    maturity[bonds] = s.t + 36
    fresh = (s.now.base_rate + s.now.spread_shock)[:, None] + s.P.finance.spread_corporate
    coupon[:] = np.where(bonds, fresh, coupon)
    paid = np.where(converts, s.books.stock["converts"] * falls_due, 0.0)
    s.books.post("balance_only", "households", converts=-paid, payables=paid)
    firms.convert_maturity = np.where(converts, s.t + 60, firms.convert_maturity)


def refinancing_open(s: Sector, asking: Rows) -> Mask:
    """Whether lenders roll some firms over (n,): debt within the covenant multiple of EBITDA or covered by assets."""
    ebitda = asking.get(s.firms.mining_ebitda_12m) + asking.get(finance.contracted_ebitda(s))
    debt, covenant = asking.get(finance.debt(s)), s.P.finance.debt_ebitda_covenant[asking.run, 0]
    within = debt <= covenant * np.maximum(ebitda, 0.0)
    covered = s.books.equity((asking.run, asking.row)) > 0.5 * debt
    return (within | covered) & (s.now.ltc_factor > 0.5)[asking.run]


def tax(s: Sector) -> None:
    """Tax on the month's operating income after interest, wear and earlier losses; gains on coins are left out."""
    books, firms = s.books, s.firms
    income = books.total((*REVENUE, *COSTS, "interest", "depreciation"))
    usable = np.minimum(firms.tax_losses, np.maximum(income, 0.0))
    firms.tax_losses = np.where(firms.alive, firms.tax_losses - usable + np.maximum(-income, 0.0), 0.0)
    due = np.maximum(income - usable, 0.0) * s.P.finance.tax_rate
    books.bill("tax", "governments", due)
    s.monthly_costs = np.where(
        firms.alive, 0.7 * s.monthly_costs + 0.3 * sum(np.maximum(v, 0.0) for v in books.owed.values()), 0.0
    )


def manage_treasury(s: Sector) -> None:
    """Sell the stated share of the month's coins; listed holders keep more. Ease coin loans that grew risky."""
    share = np.where(s.firms.listed, s.P.behaviour.treasury_sell_share, 1.0)
    value = share * s.coins_mined_by_firm * s.now.btc_price[:, None]
    finance.sell_coins(s, np.minimum(value, s.books.stock["coins"]))
    owed = s.facilities.balance[:, :, 1]
    limit = s.P.finance.margin_call_ltv * s.books.stock["coins"]
    called = owed > limit
    target = s.P.finance.coin_loan_ltv
    # selling x coins and repaying x restores the ratio: (owed - x) = target (coins - x)
    x = safe_divide(owed - target * s.books.stock["coins"], 1 - target + 0.0 * owed)
    amount = np.where(called, np.clip(x, 0.0, np.minimum(owed, s.books.stock["coins"])), 0.0)
    finance.sell_coins(s, amount)
    finance.repay(s, 1, amount)
    at = Rows.where(amount > 0)
    s.note("margin call", at.run, firm=at.row, value=at.get(amount))
