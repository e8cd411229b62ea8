"""The start of 2026-07 against the facts it is made from."""

import numpy as np
import pytest

from sim.arrays import sum_by
from sim.errors import UserError
from sim.kernels.rigs import fleets
from sim.scenario import Scenario
from sim.sector import Sector
from sim.state import BUILDING, RUNNING


@pytest.fixture(scope="module")
def start() -> Sector:
    """The default sector before its first month, four runs."""
    return Sector(Scenario.load("baseline"), 3, range(4), mode="fixed")


def test_network_runs_at_its_real_total(start: Sector) -> None:
    np.testing.assert_allclose(start.dispatched.ehs.sum(axis=-1), 905.0, rtol=0.005)
    np.testing.assert_allclose(start.now.hashprice, 31.5, atol=0.3)


def test_the_first_month_goes_on_from_there() -> None:
    sector = Sector(Scenario.load("baseline"), 3, range(4), mode="fixed")
    sector.advance()
    np.testing.assert_allclose(sector.now.hashrate, 905.0, rtol=0.02)
    np.testing.assert_allclose(sector.now.hashprice, 31.5, atol=0.8)


def test_leases_signed_and_delivered(start: Sector) -> None:
    leases = start.leases
    live = (leases.status == BUILDING) | (leases.status == RUNNING)
    np.testing.assert_allclose(np.where(live, leases.it_mw, 0.0).sum(axis=-1), 4730.0, atol=20.0)
    np.testing.assert_allclose(np.where(live, leases.delivered_mw, 0.0).sum(axis=-1), 726.0, atol=1.0)
    assert (leases.signed[live] < 0).all()


def test_requests_of_a_firm_that_only_hosts_have_a_site() -> None:
    """Applied Digital had rigs of others on its sites at the end of 2024, and 1 400 MW of requests."""
    s = Sector(Scenario.load("pivot-2024"), 3, range(2), mode="fixed")
    firm = s.labels.tickers["APLD"]
    claimed = s.start_firms["pipeline_mw"][firm] * s.P.power.pipeline_realisation[:, 0]
    np.testing.assert_allclose(np.where(s.sites.owner == firm, s.sites.pipeline, 0.0).sum(axis=-1), claimed)


def test_what_was_delivered_by_the_last_month_known_does_not_slip() -> None:
    """Core Scientific's 200 MW of June 2024 were complete in March 2026; its next 300 are a plan, and may slip."""
    s = Sector(Scenario.load("pivot-2024"), 3, range(8), mode="fixed")
    months = s.start_leases["signed"][s.leases.known[0, :3]]
    full = {str(month): s.leases.full[:, k] for k, month in enumerate(months)}
    assert (full["2024-06"] == s.month_index("2026-03")).all()
    assert (full["2024-10"] >= s.month_index("2026-12")).all()
    assert full["2024-10"].max() > s.month_index("2026-12")


def test_rent_of_signed_leases_is_near_the_market_rent(start: Sector) -> None:
    leases = start.leases
    colocation = ((leases.status == BUILDING) | (leases.status == RUNNING)) & (leases.product == 0)
    mean = np.where(colocation, leases.rent * leases.it_mw, 0.0).sum() / np.where(colocation, leases.it_mw, 0.0).sum()
    assert mean / 1e6 == pytest.approx(1.77, abs=0.15)


def test_named_firms_hold_their_part_of_the_hashrate(start: Sector) -> None:
    named = start.counts["named"]
    share = start.ehs_by_firm[:, :named].sum(axis=-1) / start.dispatched.ehs.sum(axis=-1)
    np.testing.assert_allclose(share, 0.42, atol=0.05)


def test_regions_hold_their_part_of_the_hashrate(start: Sector) -> None:
    ehs = sum_by(start.sites.region, start.dispatched.ehs, start.n_regions)
    share = ehs / ehs.sum(axis=-1, keepdims=True)
    expected = start.tables.regions["hashrate_share_2026"]
    np.testing.assert_allclose(share, np.broadcast_to(expected, share.shape), atol=0.03)


def test_balance_sheets_of_named_firms_are_the_facts(start: Sector) -> None:
    facts, named, stock = start.tables.firms_2026, start.counts["named"], start.books.stock
    assert start.labels.firms[:named] == facts["firm"].tolist()
    rows = np.arange(named)
    # nobody starts with less cash than half a month's costs
    cash, given = stock["cash"][:, :named], facts["cash_usd_m"] * 1e6
    assert (cash >= given - 1.0).all()
    well_off = facts["cash_usd_m"] > 5.0
    np.testing.assert_allclose(cash[:, well_off], np.broadcast_to(given[well_off], (4, well_off.sum())))
    debt = (stock["loans"] + stock["converts"])[:, :named]
    np.testing.assert_allclose(debt, np.broadcast_to(facts["debt_usd_m"] * 1e6, debt.shape))
    converts = facts["debt_usd_m"] * facts["convert_share"] * 1e6
    np.testing.assert_allclose(stock["converts"][:, :named], np.broadcast_to(converts, debt.shape))
    np.testing.assert_array_equal(start.firms.coins_btc[0, rows], facts["btc_held"])
    np.testing.assert_allclose(stock["coins"][0, rows], facts["btc_held"] * start.now.btc_price[0])
    reserved = facts["construction_cash_usd_m"] * 1e6
    assert (stock["restricted"][:, :named] >= reserved - 1.0).all()


def test_project_loans_are_part_of_the_reported_debt(start: Sector) -> None:
    owed = np.ascontiguousarray(start.facilities.balance).sum(axis=-1)
    owed += sum_by(start.leases.firm, start.leases.loan, start.n_firms)
    np.testing.assert_allclose(owed, start.books.stock["loans"], rtol=1e-9, atol=1.0)
    assert start.leases.loan.sum() > 0


def test_fleets_of_named_firms_are_as_efficient_as_published(start: Sector) -> None:
    facts, named = start.tables.firms_2026, start.counts["named"]
    mw = start.rigs.ehs * start.rigs.j_per_th[:, None, :]
    mw_by_firm = sum_by(start.sites.miner, np.ascontiguousarray(mw).sum(axis=-1), start.n_firms)[0, :named]
    ehs = fleets(start.rigs.ehs, start.sites.miner, np.ones((start.n_runs, start.n_firms)))[0, :named]
    with_fleet = (ehs > 1.0) & (facts["fleet_j_per_th"] > 0)
    np.testing.assert_allclose(
        mw_by_firm[with_fleet] / ehs[with_fleet], facts["fleet_j_per_th"][with_fleet], rtol=0.12
    )


def test_places_for_entrants_are_empty(start: Sector) -> None:
    entrants = slice(start.n_firms - start.counts["entrants"], None)
    assert not start.firms.alive[:, entrants].any()
    assert (start.books.equity()[:, entrants] == 0).all()
    assert start.firms.alive[:, : entrants.start].all()


def test_runs_differ_where_facts_are_unknown_only(start: Sector) -> None:
    named_sites = start.counts["named_sites"]
    assert np.ptp(start.sites.connected[:, :named_sites], axis=0).max() < 1e-9
    assert np.ptp(start.sites.connected[:, named_sites:-40], axis=0).max() > 1.0


def test_a_shock_in_the_first_month_does_not_change_the_facts() -> None:
    shock = {"kind": "coin_price", "start": "2026-07", "months": 12, "size": 0.5}
    plain, shocked = (
        Sector(Scenario.load("baseline", {"shocks": shocks}), 3, (0,), mode="fixed") for shocks in ([], [shock])
    )
    np.testing.assert_array_equal(plain.rigs.ehs, shocked.rigs.ehs)
    np.testing.assert_array_equal(plain.books.stock["coins"], shocked.books.stock["coins"])
    shocked.advance()
    assert shocked.now.btc_price == 0.5 * plain.now.btc_price


def test_a_network_that_cannot_run_is_refused() -> None:
    with pytest.raises(UserError, match=r"bitcoin.price_usd = 5000 .* do not go together"):
        Sector(Scenario.load("baseline", {"bitcoin.price_usd": 5000.0}), 3, (0,), mode="fixed")
