"""Distress: mothballs, what creditors do, and every dollar of a liquidation and of a tenant's default."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.arrays import Rows, sum_by
from sim.laws import check_laws
from sim.phases import ai_sites, bills, finance, orders, settle
from sim.sector import Sector
from sim.state import BUILDING, CORPORATE, ENDED, RUNNING

WORLD = {"world.firms": 100, "world.sites": 200}


def one_firm(s: Sector, firm: int) -> np.ndarray:
    which = np.zeros((s.n_runs, s.n_firms), bool)
    which[0, firm] = True
    return which


def owner_of_one_site(s: Sector) -> int:
    """A private firm whose only rigs stand on its only site."""
    alone = (sum_by(s.sites.owner, np.ones(s.sites.owner.shape), s.n_firms) == 1)[0]
    mines = (sum_by(s.sites.miner, np.ones(s.sites.owner.shape), s.n_firms) == 1)[0]
    mw = s.connected_by_firm()[0]
    return int(np.argmax(np.where(alone & mines & ~s.firms.listed[0] & s.firms.alive[0], mw, 0.0)))


def test_mothballs_cost_the_standby_share(make) -> None:
    s = make("baseline", {**WORLD, "power.standby_cost_share": 0.25}, months=1, runs=(0,))
    firm = owner_of_one_site(s)
    site = int(np.flatnonzero(s.sites.owner[0] == firm)[0])
    s.dispatched.mw[0, site] = s.sites.racks[0, site]
    full = bills.overhead(s)[0, firm]
    assert bills.staffed(s)[0, site] == 1.0
    s.dispatched.mw[0, site] = 0.0
    assert bills.staffed(s)[0, site] == 0.25
    assert bills.overhead(s)[0, firm] == pytest.approx(0.25 * full)
    site_cost = s.sites.racks[0, site] * s.P.power.site_cost_usd_per_mw_year[0, 0] * s.now.inflation[0] / 12
    assert bills.mothball_cost(s)[0, firm] == pytest.approx(0.25 * (full + site_cost))
    s.dispatched.mw[0, site] = 0.4 * s.sites.racks[0, site]  # who curtails every other hour keeps most of his people
    assert bills.staffed(s)[0, site] == pytest.approx(0.25 + 0.75 * 0.8)


def test_creditors_keep_what_a_fire_sale_would_waste(make) -> None:
    """The same arrears: assets above claims are waited for, earning firms under water cut, hopeless ones sold."""
    s = make("baseline", WORLD, months=1, runs=(0,))
    firm = owner_of_one_site(s)
    cash, books = np.zeros((1, s.n_firms)), s.books

    def fail(loss: float, debt: float) -> list[str]:
        s.firms.mining_ebitda_12m[0, firm], s.firms.ai_ebitda_12m[0, firm] = -loss, 0.0
        extra = cash.copy()
        extra[0, firm] = debt - finance.debt(s)[0, firm]
        s.facilities.balance[0, firm, CORPORATE] += extra[0, firm]
        books.post("balance_only", "households", "revaluation", loans=extra)
        s.firms.arrears[0, firm] = 3
        s.events.notes.clear()
        settle.resolve_distress(s)
        return [event.kind for event in s.events if event.firm == firm]

    alive, sold = (values[0, firm] for values in settle.worth_to_creditors(s, s.firms.alive, settle.yearly_losses(s)))
    assert alive > sold > 0
    before = books.stock["loans"][0, firm]
    assert fail(0.0, before) == ["debt extended"]
    assert s.firms.alive[0, firm]
    assert s.firms.arrears[0, firm] == 0
    assert books.lines["restructuring"][0, firm] == 0
    worth = settle.worth_to_creditors(s, s.firms.alive, settle.yearly_losses(s))[0][0, firm]
    assert fail(0.0, 3 * worth) == ["restructuring"]
    assert books.lines["restructuring"][0, firm] == pytest.approx([*s.events][-1].value)
    assert fail(0.0, 3 * worth)[-1] in ("liquidation", "acquisition")  # twice within two years is once too often
    assert not s.firms.alive[0, firm]


def test_losses_beyond_patience_end_in_a_sale(make) -> None:
    for patience, ends in ((0.0, False), (10.0, True)):
        s = make("baseline", {**WORLD, "finance.creditor_patience_years": patience}, months=1, runs=(0,))
        firm = owner_of_one_site(s)
        s.firms.mining_ebitda_12m[0, firm] = -1e9  # in mothballs it would lose less, and that is what counts
        s.firms.arrears[0, firm] = 3
        settle.resolve_distress(s)
        assert s.firms.alive[0, firm] != ends


def test_every_dollar_of_a_liquidation_is_accounted_for(make) -> None:
    """What buyers pay is what creditors get; what they do not get is written off; the owners get the rest."""
    s = make("baseline", {**WORLD, "world.check_laws": True}, months=6, runs=(0,))
    s.begin_month()
    worth = sum_by(s.sites.owner, s.sites.connected, s.n_firms)[0] * ~s.firms.listed[0] * s.firms.alive[0]
    firm = int(np.argmax(worth))
    books, which = s.books, one_firm(s, firm)
    under_water = np.where(which, 3.0 * books.equity(), 0.0)
    s.facilities.balance[:, :, CORPORATE] += under_water
    books.post("equity_issue", "banks", loans=under_water)
    claims = {name: books.stock[name][0, firm] for name in ("loans", "converts", "prepayments", "payables")}
    liquid = books.stock["cash"][0, firm] + books.stock["restricted"][0, firm] + books.stock["coins"][0, firm]
    outside = {name: values.copy() for name, values in books.outside.items()}
    s.events.notes.clear()
    settle.liquidate(s, which, s.streams.uniforms("auction", (s.n_firms,)))
    assert not s.firms.alive[0, firm]
    for name in books.stock:
        assert books.stock[name][0, firm] == pytest.approx(0.0, abs=1e-6), name
    # proceeds: the firm's gains line holds prices of sites and rigs less the rigs' book value
    rigs_book = -books.moved["transaction"]["rigs"][0, firm]
    proceeds = books.lines["gains"][0, firm] + rigs_book
    assert proceeds > 0
    paid_out = sum(claims.values()) - sum(-books.moved["writeoff"][name][0, firm] for name in claims)
    left = -books.lines["liquidation"][0, firm]
    assert liquid + proceeds == pytest.approx(paid_out + left, rel=1e-9)
    assert 0 < paid_out < sum(claims.values())
    assert left == pytest.approx(0.0, abs=1.0)
    # and on the other side of every instrument somebody else's balance moved by as much
    for name, before in outside.items():
        sign = 1.0 if name in claims else -1.0
        moved = sum(books.moved[kind][name].sum() for kind in books.moved)
        assert (books.outside[name] - before).sum() == pytest.approx(
            sign * (moved - (under_water.sum() if name == "loans" else 0.0)), abs=1.0
        ), name
    buyers = [event for event in s.events if event.kind in ("auction", "site to outside investors")]
    assert buyers
    assert all(event.firm != firm or event.kind != "auction" for event in buyers)


def test_every_dollar_of_a_tenants_default_is_accounted_for(make) -> None:
    """Unpaid rent is lost once, halls stand vacant, unfinished ones are written down, the loan stays a debt."""
    s = make("baseline", {"ai.tenant_default_per_year": 0.0}, months=12, runs=(0,), small=False)
    s.begin_month()
    leases, books = s.leases, s.books
    live = ((leases.status == BUILDING) | (leases.status == RUNNING)) & ~leases.backstopped
    served = np.where(live & (leases.delivered_mw > 0), leases.loan, 0.0)[0]
    tenant = int(np.argmax(np.bincount(np.maximum(leases.tenant[0], 0), served)))
    which = live & (leases.tenant == tenant)
    firms = np.unique(leases.firm[which])
    loan, rent = (sum_by(leases.firm, np.where(which, v, 0.0), s.n_firms)[0] for v in (leases.loan, s.rent_due))
    gross = np.where(which, leases.delivered_mw * leases.gross_mw / np.maximum(leases.it_mw, 1e-9), 0.0)
    corporate, debt = s.facilities.balance[0, :, CORPORATE].copy(), finance.debt(s)[0].copy()
    receivable = books.stock["receivables"][0].copy()
    unfinished = np.where(which, leases.spent - leases.booked, 0.0).sum()
    vacant = s.sites.vacant.sum()
    ai_sites.end(s, which, ai_sites.TENANT_DEFAULT)
    assert loan[firms].sum() > 0
    assert rent[firms].sum() > 0
    assert (leases.status[which] == ENDED).all()
    np.testing.assert_allclose(s.facilities.balance[0, :, CORPORATE] - corporate, loan, atol=1e-3)
    np.testing.assert_allclose(finance.debt(s)[0], debt)  # contagion: who owes the hall's loan owes it still
    np.testing.assert_allclose(receivable - books.stock["receivables"][0], rent, atol=1e-3)
    assert s.sites.vacant.sum() - vacant == pytest.approx(gross.sum())
    lost = -books.lines["defaults"].sum()
    assert lost == pytest.approx(rent.sum() + 0.5 * unfinished, rel=1e-9)
    assert books.outside["receivables"].sum() == pytest.approx(-books.stock["receivables"].sum(), rel=1e-12)


SQUEEZE: dict[str, Any] = {
    "bitcoin.price_process": "constant", "world.check_laws": True, "world.firms": 200, "world.sites": 400,
    "shocks": [
        {"kind": "coin_price", "start": "2026-08", "months": 60, "size": 0.35, "ramp_months": 12},
        {"kind": "power_price", "start": "2026-08", "months": 24, "size": 1.3, "ramp_months": 6},
    ],
}  # fmt: skip


def test_a_squeeze_takes_the_indebted_and_the_old_first(make) -> None:
    """Two thirds off the coin price within a year and dearer power, as in 2022; the laws hold every month."""
    s = make("baseline", SQUEEZE, months=1, runs=(0, 1), small=False)
    books, alive = s.books, s.firms.alive.copy()
    debt = finance.debt(s) / np.maximum(finance.debt(s) + books.equity(), 1.0)
    machines = np.ascontiguousarray(s.rigs.ehs).sum(axis=-1)
    mw = np.ascontiguousarray(s.rigs.ehs * s.rigs.j_per_th[:, None, :]).sum(axis=-1)
    j_per_th = sum_by(s.sites.miner, mw, s.n_firms) / np.maximum(sum_by(s.sites.miner, machines, s.n_firms), 1e-9)
    while s.t < 30:
        s.advance()
    check_laws(s)
    failed = np.zeros_like(alive)
    kinds: dict[str, int] = {}
    for event in s.events:
        if event.kind in ("restructuring", "debt extended", "liquidation", "acquisition"):
            kinds[event.kind] = kinds.get(event.kind, 0) + 1
            failed[event.run, event.firm] = True
    private = alive & ~s.firms.listed & (j_per_th > 0)
    assert failed[private].sum() >= 20
    assert np.median(debt[failed & private]) > np.median(debt[~failed & private])
    assert np.median(j_per_th[failed & private]) > np.median(j_per_th[~failed & private])
    # creditors wait and cut rather than sell (facts, 2022: three restructurings and a sale for one liquidation)
    assert kinds["restructuring"] + kinds["debt extended"] > kinds["liquidation"] + kinds.get("acquisition", 0)
    listed = (failed & alive & s.firms.listed).sum() / (alive & s.firms.listed).sum() / 2.5
    assert 0.02 < listed < 0.35  # a year; 2022: about five of 25


def test_rigs_on_order_for_a_closed_site_are_sold_not_lost(make) -> None:
    world = {**WORLD, "rigs.hashrate_growth_at_start": 0.4, "world.check_laws": True}
    s = make("baseline", world, months=1, runs=(0,))
    s.begin_month()
    row = int(np.argmax(np.where(s.sites.miner == s.sites.owner, s.rigs.ordered_mw, 0.0)[0]))
    firm, ordered = int(s.sites.miner[0, row]), s.rigs.ordered[:, 0, row].sum()
    assert ordered > 0
    dealers, cash = s.rigs.dealers[0].sum(), s.books.stock["cash"][0, firm]
    orders.sell_orders(s, Rows(np.array([0]), np.array([row])), 0.7)
    assert s.rigs.dealers[0].sum() - dealers == pytest.approx(ordered)
    got = s.books.stock["cash"][0, firm] - cash
    assert 0 < got <= 0.7 * ordered * 1e6 * s.rigs.used[0].max()
    assert s.rigs.ordered[:, 0, row].sum() == s.rigs.ordered_mw[0, row] == 0
    assert s.books.lines["gains"][0, firm] == pytest.approx(got + s.books.moved["transaction"]["rigs"][0, firm])
