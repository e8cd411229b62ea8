"""Options within mining by hand: new rigs, rigs moved, sites left."""

import numpy as np
import pytest

from sim.kernels import mining, rigs
from sim.kernels.mining import NO_BUYER, NO_EQUITY, NOTHING, OPEN, WORSE, Lot
from sim.kernels.options import OptionTable

NONE = Lot(0.0, 0.0, 0.0)
CODES = mining.Codes(np.arange(1, 6), 10 * np.arange(7))  # option k in column k + 1, gate g written as 10 g


def table(n: int) -> OptionTable:
    return OptionTable.blank(n)


# ------------------------------------------------------------------ new rigs


def test_refresh_by_hand() -> None:
    # 10 MW at 100 of value and 60 of price; the old rigs are worth 200 running and 50 as scrap
    found = mining.refresh(Lot(10.0, 200.0, 50.0), NONE, 0.0, 20.0, 100.0, 60.0, 0.5, 1e9)
    assert found.worth == pytest.approx(1000 - 200 - (600 - 50))
    assert (found.equity, found.mw, found.gate) == (300.0, 10.0, OPEN)
    assert found.gain == pytest.approx(0.3 * 800)


def test_money_for_a_part_does_a_part() -> None:
    whole, half, little = (
        mining.refresh(Lot(10.0, 200.0, 50.0), NONE, 0.0, 20.0, 100.0, 60.0, 0.5, own) for own in (1e9, 150.0, 14.0)
    )
    assert half.worth == pytest.approx(whole.worth / 2)
    assert (half.mw, half.gate) == (5.0, OPEN)
    assert little.gate == NO_EQUITY


def test_old_rigs_worth_a_rack_stay_beside_the_new_while_there_is_room() -> None:
    assert [mining.replaced(8.0, idle) for idle in (0.0, 2.0, 8.0, 20.0)] == [1.0, 0.75, 0.0, 0.0]
    good = Lot(8.0, 80.0, 16.0)
    found = mining.refresh(Lot(2.0, 10.0, 4.0), good, 6.0, 20.0, 100.0, 60.0, 0.0, 1e9)
    # a quarter of the good ones goes: 4 MW, which are worth 30 here and 8 as scrap
    assert found.mw == 4.0
    assert found.worth == pytest.approx(400 - 30 - (240 - 8))


def test_nothing_is_refreshed_without_old_rigs_or_at_a_loss() -> None:
    assert mining.refresh(NONE, NONE, 0.0, 20.0, 100.0, 60.0, 0.5, 1e9).gate == NOTHING
    assert mining.refresh(Lot(10.0, 200.0, 0.0), NONE, 0.0, 20.0, 70.0, 60.0, 0.5, 1e9).gate == WORSE


def test_expand_builds_racks_only_where_they_are_worth_their_cost() -> None:
    with_racks = mining.expand(2.0, 3.0, 100.0, 60.0, 30.0, 0.5, 1e9)
    assert with_racks.worth == pytest.approx(5 * (100 - 60) - 3 * 30)
    assert (with_racks.mw, with_racks.racks, with_racks.equity) == (5.0, 3.0, 5 * 30 + 3 * 30)
    too_dear = mining.expand(2.0, 3.0, 100.0, 60.0, 50.0, 0.5, 1e9)
    assert (too_dear.mw, too_dear.racks) == (2.0, 0.0)
    assert too_dear.worth == pytest.approx(2 * 40)
    assert mining.expand(0.0, 0.0, 100.0, 60.0, 30.0, 0.5, 1e9).gate == NOTHING


def test_purchases_are_written_with_return_and_payback() -> None:
    one = np.ones((1, 1))
    offers = mining.NewRigs(np.array([50.0]), np.array([30.0]), np.array([0.5]), 0.2 * one, one, 1e9 * one)
    zero, none = np.zeros(2, np.int64), np.zeros(2)
    at = mining.Racks(
        run=zero, firm=zero, region=zero, racks=none + 20, empty=none + 2, idle=none,
        old_mw=np.array([[10.0, 0.0]] * 2), old_value=np.array([[200.0, 0.0]] * 2),
        old_scrap=np.array([[50.0, 0.0]] * 2), new=none + 100, added=none + 90, own_rigs=np.array([True, True]),
        own_site=np.array([True, False]),
    )  # fmt: skip
    found = table(2)
    np.testing.assert_allclose(mining.buy_rigs(offers, at, found, CODES), [[10, 10], [2, 2], [0, 0]])
    np.testing.assert_allclose(found.value[:, 1:3], [[250, 60]] * 2)  # price 50 and a duty of a fifth on it
    np.testing.assert_allclose(found.earn[:, 1:3], [[240 / 300, 54 / 60]] * 2)
    np.testing.assert_allclose(found.payback[:, 1:3], [[300 / 240, 60 / 54]] * 2)
    np.testing.assert_array_equal(found.gate[:, 1:3], [[0, 0], [0, 10 * mining.NOT_OURS]])


def test_new_rigs_are_worth_their_margins_less_power_for_life() -> None:
    machines = rigs.Machines(*(np.zeros((1, 2)),) * 3, np.zeros(1), np.zeros(1), np.array([0.5]))
    sale = rigs.OnSale(np.array([[10.0, 20.0]]), np.array([[0.1, 0.0]]), np.array([[4.0, 4.0]]))
    # without decline and discount: 40 USD/PH/day against 30 USD/MWh, half of the hours of four years, 0.1 EH/s a MW
    value = rigs.new_rig_values(np.zeros(1, int), np.array([40.0]), np.array([30.0]), sale, machines)
    assert value == pytest.approx(0.1 * 4 * 0.5 * (40 * 365_250 - 10 * 8766 * 30))


# ------------------------------------------------------------------ rigs moved


def test_room_is_the_cheapest_own_site_where_all_may_hash() -> None:
    owner, miner = np.array([[0, 0, 0, 0, 1, 1, 2]]), np.array([[0, 0, 0, 0, 1, 0, 2]])
    empty, cost = np.array([[9.0, 4, 5, 6, 0.4, 9, 9]]), np.array([[50.0, 30, 30, 20, 1, 1, 9]])
    allowed = np.array([[1.0, 1, 1, 0.5, 1, 1, 1]])
    room = mining.cheapest_room(empty, cost, owner, miner, allowed, 4)
    # the dearer, of two equal ones the second, one under a ban; too little room, another's rigs; no site at all
    np.testing.assert_array_equal(room.site, [[1, -1, 6, -1]])
    np.testing.assert_array_equal(room.free, [[4, 0, 9, 0]])
    np.testing.assert_array_equal(room.cost[0, [0, 2]], [30, 9])


def test_rigs_move_where_they_are_worth_the_transport_else_to_dealers() -> None:
    room = mining.Room(np.array([[5]]), np.array([[4.0]]), np.array([[20.0]]))
    million, n = 1e6, 4
    zero = np.zeros(n, np.int64)
    at = mining.Movers(
        run=zero, firm=zero, site=np.array([1, 1, 5, 1]), region=zero, rigs=np.array([8.0, 8.0, 8.0, 0.01]),
        value=np.full(n, million), scrap=np.array([0.5, 2.0, 0.5, 0.5]) * million, there=np.full(n, 2 * million),
        hashing=np.array([1.0, 0.1, 1.0, 1.0]), own_rigs=np.ones(n, bool),
    )  # fmt: skip
    region, freight = np.zeros((1, 6), np.int64), np.array([[50_000.0]])
    found = table(n)
    target, fits = mining.move_rigs(True, room, region, freight, at, found, CODES)
    transport = 8 * 50_000
    # half fits; a ban makes what stays worth less; to its own site nothing moves; too little to move
    np.testing.assert_allclose(fits[:3], 0.5)
    np.testing.assert_array_equal(target[:3], [5, 5, -1])
    moved = [0.5 * (million - transport), 0.5 * (1.9 * million - transport), 0.8 * 0.5 * million - million]
    np.testing.assert_allclose(found.value[:3, 3], moved)
    np.testing.assert_array_equal(found.gate[:, 3], 10 * np.array([OPEN, OPEN, WORSE, NOTHING]))
    mining.move_rigs(False, room, region, freight, at, found, CODES)
    assert (found.gate[:, 3] == 10 * mining.FORBIDDEN).all()


# ------------------------------------------------------------------ sites left


def test_leaving_by_hand() -> None:
    # 40 MW: bids of 5 and 2 a MW against 3 in ordinary times; rigs fetch 10 less than they are worth, 25 is saved
    sold, closed = mining.leave(40.0, 5.0, 2.0, 3.0, -10.0, 25.0)
    assert sold == pytest.approx(0.9 * 200 - 10 + 25 - 120)
    assert closed == pytest.approx(-10 + 25 - (120 - 80))
    assert mining.leave(40.0, 0.0, 9.0, 3.0, -10.0, 25.0)[1] == 15.0  # miners' bids beyond the ordinary are no gain


def test_overhead_is_saved_with_the_last_site_only() -> None:
    column = np.ones((1, 1))
    exits = mining.Exits(np.zeros(1), np.zeros(1), np.array([2.0]), np.array([3.0]), 10 * column, 7 * column)
    zero, connected = np.zeros(3, np.int64), np.array([10.0, 4.0, 0.01])
    at = mining.Leavers(
        run=zero, firm=zero, connected=connected, racks=np.full(3, 5.0), value=np.zeros(3), scrap=np.zeros(3),
        bid=np.array([0.0, 6.0, 6.0]), staffed=np.full(3, 0.5), ai=np.zeros(3, bool), own=np.ones(3, bool),
    )  # fmt: skip
    found = table(3)
    mining.leave_sites(exits, at, found, CODES)
    np.testing.assert_allclose(found.value[:2, 5], [3 * (0.5 * 2 * 5 + 7), 3 * 0.5 * 2 * 5])
    np.testing.assert_array_equal(found.gate[:, 4], 10 * np.array([NO_BUYER, OPEN, NOTHING]))
    assert found.gate[:, 5].tolist() == [10 * OPEN, 10 * OPEN, 10 * NOTHING]
