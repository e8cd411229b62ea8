"""What must hold in every month of every run. Each law is a function that names the runs that break it.

``world.check_laws = true`` checks them after every month of any simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Mask, row_sum, sum_by
from sim.books import ASSETS, FINANCIAL, KINDS, LIABILITIES, LINES
from sim.state import BUILDING, RUNNING

if TYPE_CHECKING:
    from sim.sector import Sector

TOLERANCE = 1e-9
ROUNDING_USD = 1e6  # what years of rounding leave where nothing is left otherwise, over the tolerance
Law = Callable[["Sector"], Mask]


class LawBrokenError(RuntimeError):
    """A law does not hold; the message names it, the runs and the month."""


def check_laws(s: Sector) -> None:
    """Raise LawBrokenError naming every law that fails this month."""
    broken = [f"{law.__doc__} (runs {_names(s, bad)})" for law in LAWS if (bad := law(s)).any()]
    if broken:
        raise LawBrokenError(f"month {s.t}: " + "; ".join(broken))


def _names(s: Sector, bad: Mask) -> str:
    return ", ".join(str(s.runs[k]) for k in np.flatnonzero(bad)[:5])


def _off(a: Array, b: Array, scale: Array) -> Mask:
    """Runs in which two arrays (R, n) differ by more than the tolerance times their scale."""
    return (np.abs(a - b) > TOLERANCE * np.maximum(scale, 1.0)).any(axis=1)


def hashrate_adds_up(s: Sector) -> Mask:
    """network hashrate is the sum over rig owners"""
    return _off(row_sum(s.ehs_by_firm)[:, None], s.now.hashrate[:, None], s.now.hashrate[:, None])


def coins_add_up(s: Sector) -> Mask:
    """coins mined are subsidy plus fees, and all go to rig owners"""
    mined = row_sum(s.coins_mined_by_firm)
    return _off(mined[:, None], (s.now.subsidy_coins + s.now.fee_coins)[:, None], mined[:, None])


def power_by_use_fits(s: Sector) -> Mask:
    """power by use fits the connection of every site"""
    used = s.sites.racks + s.sites.ai_gross + s.sites.vacant + s.sites.legacy_gpu
    running = s.dispatched.mw + s.sites.ai_gross + s.sites.vacant
    kept = s.sites.owner >= 0  # sites given up at the end of the month ran during it
    return ((used > s.sites.connected + 1e-6) | kept & (running > s.sites.connected + 1e-6)).any(axis=1)


def signed_fits(s: Sector) -> Mask:
    """AI capacity signed at a site fits what is or will be connected there"""
    sites = s.sites
    kept = sites.racks - np.minimum(sites.racks_leaving, sites.racks)
    return (kept + sites.ai_gross + sites.ai_building > sites.connected + sites.pipeline + 1e-6).any(axis=1)


def leases_match_sites(s: Sector) -> Mask:
    """AI MW of the sites, delivered and under construction, are the MW of their owners' leases"""
    live = (s.leases.status == BUILDING) | (s.leases.status == RUNNING)
    ratio = np.divide(s.leases.gross_mw, s.leases.it_mw, out=np.zeros_like(s.leases.it_mw), where=s.leases.it_mw > 0)
    gross = sum_by(s.leases.site, np.where(live, s.leases.delivered_mw * ratio, 0.0), s.n_sites)
    building = sum_by(s.leases.site, np.where(live, (s.leases.it_mw - s.leases.delivered_mw) * ratio, 0.0), s.n_sites)
    landlord = np.take_along_axis(s.sites.owner, np.maximum(s.leases.site, 0), axis=1)
    bad = (np.abs(gross - s.sites.ai_gross) > 1e-6) | (np.abs(building - s.sites.ai_building) > 1e-6)
    return bad.any(axis=1) | (live & (landlord != s.leases.firm)).any(axis=1)


def stocks_close(s: Sector) -> Mask:
    """opening plus transactions, revaluations and write-offs is closing, for every instrument"""
    bad = np.zeros(s.n_runs, bool)
    for name, closing in s.books.stock.items():
        moved = s.books.opening[name].copy()
        for kind in KINDS:
            moved += s.books.moved[kind][name]
        bad |= _off(moved, closing, s.books.gross + np.abs(closing))
    return bad


def equity_follows_income(s: Sector) -> Mask:
    """a firm's equity moves by its income statement"""
    before = np.zeros((s.n_runs, s.n_firms))
    for name in ASSETS:
        before += s.books.opening[name]
    for name in LIABILITIES:
        before -= s.books.opening[name]
    return _off(before + s.books.total(LINES), s.books.equity(), s.books.gross + np.abs(before))


def instruments_sum_to_zero(s: Sector) -> Mask:
    """every financial instrument sums to zero over firms and outside sectors"""
    bad = np.zeros(s.n_runs, bool)
    for name in FINANCIAL:
        held = row_sum(s.books.stock[name]) * (-1 if name in LIABILITIES else 1)
        scale = row_sum(np.abs(s.books.stock[name])) + row_sum(np.abs(s.books.outside[name])) + ROUNDING_USD
        bad |= np.abs(held + row_sum(s.books.outside[name])) > TOLERANCE * (scale + row_sum(s.books.gross))
    return bad


def loans_match_contracts(s: Sector) -> Mask:
    """loans in the books are the balances of facilities and project loans"""
    booked = s.books.stock["loans"]
    firm_level = np.ascontiguousarray(s.facilities.balance).sum(axis=-1)
    owed = firm_level + sum_by(s.leases.firm, s.leases.loan, s.n_firms)
    return _off(booked, owed, np.abs(booked) + 1e3 + s.books.gross)


def coins_match_treasury(s: Sector) -> Mask:
    """coins in the books are coins held at the month's price"""
    value = s.firms.coins_btc * s.now.btc_price[:, None]
    return _off(value, s.books.stock["coins"], np.abs(value) + s.books.gross)


def nothing_negative(s: Sector) -> Mask:
    """no stock is negative"""
    bad = np.zeros(s.n_runs, bool)
    for name, values in s.books.stock.items():
        if name != "cash":
            bad |= (values < -TOLERANCE * np.maximum(s.books.gross, 1e6)).any(axis=1)
    bad |= (s.books.stock["cash"] < -1e-6 * np.maximum(s.books.gross, 1e6)).any(axis=1)
    bad |= (s.rigs.ehs < 0).any(axis=(1, 2))
    for values in (s.sites.connected, s.sites.racks, s.sites.ai_gross, s.sites.ai_building, s.sites.pipeline):
        bad |= (values < -1e-9).any(axis=1)
    return bad


def exited_own_nothing(s: Sector) -> Mask:
    """an exited firm owns nothing and owes nothing"""
    gone = ~s.firms.alive
    bad = np.zeros(s.n_runs, bool)
    for values in s.books.stock.values():
        bad |= (np.where(gone, np.abs(values), 0.0) > 1.0).any(axis=1)
    owner = np.where(s.sites.owner >= 0, s.sites.owner, 0)
    orphan = (s.sites.owner >= 0) & np.take_along_axis(gone, owner, axis=1)
    miner = np.where(s.sites.miner >= 0, s.sites.miner, 0)
    rigs = np.ascontiguousarray(s.rigs.ehs).sum(axis=-1) > 0
    return bad | orphan.any(axis=1) | (rigs & np.take_along_axis(gone, miner, axis=1)).any(axis=1)


LAWS: tuple[Law, ...] = (
    hashrate_adds_up, coins_add_up, power_by_use_fits, signed_fits, leases_match_sites, stocks_close,
    equity_follows_income, instruments_sum_to_zero, loans_match_contracts, coins_match_treasury,
    nothing_negative, exited_own_nothing,
)  # fmt: skip
