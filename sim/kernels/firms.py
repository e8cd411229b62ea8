"""Firms and the capital market: what their contracts earn, still cost, and what shares they can sell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled
from sim.kernels.maths import expm1, ln
from sim.state import BUILDING, CLOUD, CORPORATE, RUNNING


@compiled
def firm_value(
    ai_ebitda: float, mining_ebitda: float, debt: float, connected_mw: float, ai_multiple: float,
    mining_multiple: float, value_per_mw: float,
) -> float:  # fmt: skip
    """What the capital market gives for a firm's shares, not below zero.

    Yearly EBITDA at its multiple (losses count as nothing: a closed line is worth zero), plus the connected
    grid MW, less debt.
    """
    operations = max(ai_ebitda, 0.0) * ai_multiple + max(mining_ebitda, 0.0) * mining_multiple
    return max(operations + connected_mw * value_per_mw - debt, 0.0)


@compiled
def equity_room(value: float, issue_share_per_year: float, issued_last_year: float, access: float = 1.0) -> float:
    """Shares a firm can still sell now: its share of ``value`` a year, less the last twelve months' issues.

    ``access`` is 1 for listed firms and the private scale for others; not below zero.
    """
    return max(value * issue_share_per_year * access - issued_last_year, 0.0)


@compiled
def overheads(mw: Array, alive: Mask, scale: Array, exponent: Array) -> Array:
    """Overhead of firms that run ``mw`` (R, F): ``scale`` (R, F) of one MW, times MW to the ``exponent`` (R, 1)."""
    found = np.zeros(mw.shape)
    for run in range(mw.shape[0]):
        for k in range(mw.shape[1]):
            if alive[run, k] and mw[run, k] > 0.0:
                found[run, k] = scale[run, k] * (1.0 + expm1(exponent[run, 0] * ln(mw[run, k])))
    return found


@compiled
def serve_loans(balance: Array, coupon: Array, maturity: Index, month: int, interest: Array, repaid: Array) -> None:
    """Add the month's ``interest`` and what is ``repaid`` (R, F) of firms' loans (R, F, 3), which shrink by it.

    Loans on coins and rigs are paid back evenly until their ``maturity``, bonds at their end and not here.
    """
    for run in range(balance.shape[0]):
        for firm in range(balance.shape[1]):
            for kind in range(balance.shape[2]):
                interest[run, firm] += balance[run, firm, kind] * (coupon[run, firm, kind] / 12.0)
                if kind != CORPORATE:
                    part = balance[run, firm, kind] / max(maturity[run, firm, kind] - month, 1)
                    balance[run, firm, kind] -= part
                    repaid[run, firm] += part


@compiled
def contracted_ebitda(
    status: Index, firm: Index, product: Index, it_mw: Array, delivered_mw: Array, rent: Array, cloud: Array,
    colocation: Array, undelivered: float, firms: int,
) -> Array:  # fmt: skip
    """Yearly EBITDA of the leases (R, L) in force of each firm (R, firms), USD.

    Of what is not yet delivered counts the part ``undelivered``; ``cloud`` and ``colocation`` are margins (R, 1).
    """
    total = np.zeros((len(status), firms))
    for run in range(len(status)):
        for k in range(status.shape[1]):
            if firm[run, k] >= 0 and (status[run, k] == BUILDING or status[run, k] == RUNNING):
                margin = cloud[run, 0] if product[run, k] == CLOUD else colocation[run, 0]
                mw = delivered_mw[run, k] + undelivered * (it_mw[run, k] - delivered_mw[run, k])
                total[run, firm[run, k]] += mw * rent[run, k] * margin
    return total


@compiled
def unfunded_capex(
    status: Index, firm: Index, capex: Array, spent: Array, loan_limit: Array, loan: Array, firms: int
) -> Array:
    """What leases (R, L) under construction still cost each firm (R, firms) beyond what lenders will pay, USD."""
    total = np.zeros((len(status), firms))
    for run in range(len(status)):
        for k in range(status.shape[1]):
            if firm[run, k] >= 0 and status[run, k] == BUILDING:
                undrawn = max(loan_limit[run, k] - loan[run, k], 0.0)
                total[run, firm[run, k]] += max(max(capex[run, k] - spent[run, k], 0.0) - undrawn, 0.0)
    return total


class Market(NamedTuple):
    """What investors give, (R, 1): multiples of EBITDA, USD ``per_mw`` connected, ``share`` of a firm's value that
    can be issued a year, and the part of it that ``unlisted`` firms reach."""

    ai_multiple: Array
    mining_multiple: Array
    per_mw: Array
    share: Array
    unlisted: Array


class Shares(NamedTuple):
    """Firms as investors see them (R, F): yearly EBITDA and ``debt`` in USD, ``connected`` MW, shares ``issued`` in
    the last year; ``alive`` and ``listed`` or not."""

    ai_ebitda: Array
    mining_ebitda: Array
    debt: Array
    connected: Array
    issued: Array
    alive: Mask
    listed: Mask


@compiled
def issue_rooms(firms: Shares, market: Market) -> Array:
    """Shares that firms can still sell now (R, F), USD; none of those that are gone."""
    room = np.zeros(firms.debt.shape)
    for run in range(room.shape[0]):
        ai, mining, per_mw = market.ai_multiple[run, 0], market.mining_multiple[run, 0], market.per_mw[run, 0]
        for k in range(room.shape[1]):
            if firms.alive[run, k]:
                value = firm_value(
                    firms.ai_ebitda[run, k], firms.mining_ebitda[run, k], firms.debt[run, k],
                    firms.connected[run, k], ai, mining, per_mw,
                )  # fmt: skip
                access = 1.0 if firms.listed[run, k] else market.unlisted[run, 0]
                room[run, k] = equity_room(value, market.share[run, 0], firms.issued[run, k], access)
    return room


class Money(NamedTuple):
    """What firms could pay with (R, F), USD: cash, coins, ``room`` for new shares, ``restricted`` cash; what it is
    kept for: the ``costs`` of a month and what leases still ``need``."""

    cash: Array
    coins: Array
    room: Array
    restricted: Array
    costs: Array
    need: Array


@compiled
def own_funds(money: Money, reserve_months: Array, part_of_coins: float) -> Array:
    """Money for new projects (R, F): cash beyond a reserve of so many months' costs (R, 1), a part of the coins and
    new shares, less what signed leases need beyond the cash that is set aside for them."""
    funds = np.empty(money.cash.shape)
    for run in range(funds.shape[0]):
        for k in range(funds.shape[1]):
            cash = max(money.cash[run, k] - reserve_months[run, 0] * money.costs[run, k], 0.0)
            need = max(money.need[run, k] - money.restricted[run, k], 0.0)
            funds[run, k] = max(cash + part_of_coins * money.coins[run, k] + money.room[run, k] - need, 0.0)
    return funds
