"""Options within mining by hand: new rigs, rigs moved, sites left."""

from typing import Any

import numpy as np
import pytest

from sim.kernels import mines, mining, rigs
from sim.kernels.cases import CLIENT, HOST, OWN
from sim.kernels.mining import FORBIDDEN, NO_BUYER, NO_EQUITY, NOT_OURS, NOTHING, OPEN, WORSE, Lot
from sim.kernels.options import OptionTable

NONE = Lot(0.0, 0.0, 0.0)
CODES = mines.Codes(np.arange(1, 6), 10 * np.arange(7))  # option k in column k + 1, gate g written as 10 g
ONE = np.ones((1, 1))
INDICES = ("run", "firm", "site", "region", "role")
NO_DEVELOPERS = mining.Developers(np.zeros(1), np.zeros(1), np.zeros(1))


def cases(n: int, **columns: Any) -> mines.Mines:
    """n cases of own sites in one region where all is nothing but what is given; values in USD."""
    given = {name: np.zeros((n, 2) if name.startswith("old_") else n) for name in mines.Mines._fields}
    given |= {name: np.zeros(n, np.int64) for name in INDICES} | {"unit": np.ones(n)}
    return mines.Mines(**given | {name: np.asarray(values) for name, values in columns.items()})


def valued(
    at: mines.Mines, *, offers: Any = None, moves: Any = None, exits: Any = None, hashing: float = 1.0,
    elsewhere: float = 0.0,
) -> tuple[OptionTable, mines.Plans]:  # fmt: skip
    """The table of these cases; new rigs are worth 100 in place of old ones and 90 beside them."""
    n, zero, allowed = len(at.run), np.zeros(1), hashing * ONE
    offers = offers or mines.Offers(zero, zero, zero, 0 * ONE, ONE, 0 * ONE)
    moves = moves or mines.Moves(False, mines.FreeRacks(np.full((1, 1), -1), 0 * ONE, 0 * ONE), at.region[None], ONE)
    exits = exits or mines.Exits(zero, zero, zero, zero, ONE, 0 * ONE, ONE > 0, NO_DEVELOPERS)
    found = mines.prospects(at, offers, moves.free, allowed)
    there = np.where(np.isfinite(found.cost_elsewhere), elsewhere, 0.0)
    worth = mines.Worth(np.full(n, 100.0), np.full(n, 90.0), there)
    table = OptionTable.blank(n)
    return table, mines.value_mines(at, offers, moves, exits, allowed, found, worth, table, CODES)


# ------------------------------------------------------------------ new rigs


def test_refresh_by_hand() -> None:
    # 10 MW at 100 of value and 60 of price; the old rigs are worth 200 running and 50 as scrap
    found = mining.refresh(Lot(10.0, 200.0, 50.0), 100.0, 60.0, 0.5, 1e9)
    assert found.worth == pytest.approx(1000 - 200 - (600 - 50))
    assert (found.equity, found.mw, found.gate) == (300.0, 10.0, OPEN)
    assert found.gain == pytest.approx(0.3 * 800)


def test_money_for_a_part_does_a_part() -> None:
    whole, half, little = (
        mining.refresh(Lot(10.0, 200.0, 50.0), 100.0, 60.0, 0.5, own) for own in (1e9, 150.0, 14.0)
    )
    assert half.worth == pytest.approx(whole.worth / 2)
    assert (half.mw, half.gate) == (5.0, OPEN)
    assert little.gate == NO_EQUITY


def test_old_rigs_worth_a_rack_stay_beside_the_new_while_there_is_room() -> None:
    assert [mining.replaced(8.0, idle) for idle in (0.0, 2.0, 8.0, 20.0)] == [1.0, 0.75, 0.0, 0.0]
    # a quarter of the good ones goes: 4 MW, which are worth 30 here and 8 as scrap
    assert mining.to_replace(Lot(2.0, 10.0, 4.0), Lot(8.0, 80.0, 16.0), 6.0, 20.0) == (4.0, 30.0, 8.0)
    assert mining.refresh(Lot(4.0, 30.0, 8.0), 100.0, 60.0, 0.0, 1e9).worth == pytest.approx(400 - 30 - (240 - 8))


def test_nothing_is_refreshed_without_old_rigs_or_at_a_loss() -> None:
    assert mining.refresh(NONE, 100.0, 60.0, 0.5, 1e9).gate == NOTHING
    assert mining.refresh(Lot(10.0, 200.0, 0.0), 70.0, 60.0, 0.5, 1e9).gate == WORSE


def test_expand_builds_racks_only_where_they_are_worth_their_cost() -> None:
    with_racks = mining.expand(2.0, 3.0, 100.0, 60.0, 30.0, 0.5, 1e9)
    assert with_racks.worth == pytest.approx(5 * (100 - 60) - 3 * 30)
    assert (with_racks.mw, with_racks.racks, with_racks.equity) == (5.0, 3.0, 5 * 30 + 3 * 30)
    too_dear = mining.expand(2.0, 3.0, 100.0, 60.0, 50.0, 0.5, 1e9)
    assert (too_dear.mw, too_dear.racks) == (2.0, 0.0)
    assert too_dear.worth == pytest.approx(2 * 40)
    assert mining.expand(0.0, 0.0, 100.0, 60.0, 30.0, 0.5, 1e9).gate == NOTHING


def test_purchases_are_written_with_return_and_payback() -> None:
    offers = mines.Offers(np.array([50.0]), np.array([30.0]), np.array([0.5]), 0.2 * ONE, ONE, 1e9 * ONE)
    # 20 MW of racks, 18 of rigs, 10 of them outdated; once told in units of 2 USD; the last is a guest
    at = cases(
        3, role=[OWN, OWN, CLIENT], racks=np.full(3, 20.0), rigs=np.full(3, 18.0), old_mw=[[10.0, 0.0]] * 3,
        old_value=[[200.0, 0.0]] * 3, old_scrap=[[50.0, 0.0]] * 3, unit=[1.0, 2.0, 1.0],
    )  # fmt: skip
    found, plans = valued(at, offers=offers)
    np.testing.assert_allclose((plans.refresh_mw, plans.expand_mw), [[10, 10, 10], [2, 2, 0]])
    # price 50 and a duty of a fifth on it
    np.testing.assert_allclose(found.value[:, 1:3], [[250, 60], [125, 30], [250, 0]])
    np.testing.assert_allclose(found.equity[:, 1:3], [[300, 60], [150, 30], [300, 0]])
    np.testing.assert_allclose(found.earn[:, 1:3], [[240 / 300, 54 / 60]] * 2 + [[240 / 300, 0]])
    np.testing.assert_allclose(found.payback[:, 1:3], [[300 / 240, 60 / 54]] * 2 + [[300 / 240, np.inf]])
    np.testing.assert_array_equal(found.gate[:, 1:3], [[0, 0], [0, 0], [0, 10 * NOT_OURS]])


def test_new_rigs_are_closed_before_they_are_valued() -> None:
    offers = mines.Offers(*(np.zeros(1),) * 3, 0 * ONE, ONE, ONE)
    free = mines.FreeRacks(np.full((1, 1), -1), 0 * ONE, 0 * ONE)
    # 5 MW of old rigs and 2 idle; a host's, a guest's; no old rigs and nothing idle; 1 MW empty, which waits for rigs
    at = cases(
        5, role=[OWN, HOST, CLIENT, OWN, OWN], racks=[5.0, 5.0, 5.0, 5.0, 6.0], rigs=np.full(5, 5.0),
        rigs_ordered=[0.0, 0.0, 0.0, 0.0, 1.0], old_mw=[[5.0, 0.0]] * 3 + [[0.0, 0.0]] * 2,
        idle=[2.0, 2.0, 2.0, 0.0, 0.0],
    )  # fmt: skip
    found = mines.prospects(at, offers, free, ONE)
    assert found.refresh.tolist() == [OPEN, NOT_OURS, OPEN, NOTHING, NOTHING]
    assert found.expand.tolist() == [OPEN, NOT_OURS, NOT_OURS, NOTHING, NOTHING]
    banned = mines.prospects(at, offers, free, 0.5 * ONE)
    assert banned.refresh.tolist() == [FORBIDDEN, NOT_OURS, FORBIDDEN, FORBIDDEN, FORBIDDEN]
    no_racks = mines.prospects(at, offers._replace(racks=0 * ONE), free, ONE)
    assert no_racks.expand.tolist() == [NOTHING, NOT_OURS, NOT_OURS, NOTHING, NOTHING]


def test_new_rigs_are_worth_their_margins_less_power_for_life() -> None:
    machines = rigs.Machines(*(np.zeros((1, 2)),) * 3, np.zeros(1), np.zeros(1), np.array([0.5]))
    sale = rigs.OnSale(np.array([[10.0, 20.0]]), np.array([[0.1, 0.0]]), np.array([[4.0, 4.0]]))
    # without decline and discount: 40 USD/PH/day against 30 USD/MWh, half of the hours of four years, 0.1 EH/s a MW
    value = rigs.new_rig_values(
        np.array([True, False]), np.zeros(2, int), np.full(2, 40.0), np.full(2, 30.0), sale, machines
    )
    assert value[1] == 0.0  # not asked for
    assert value[0] == pytest.approx(0.1 * 4 * 0.5 * (40 * 365_250 - 10 * 8766 * 30))


# ------------------------------------------------------------------ rigs moved


def test_rigs_go_to_the_cheapest_own_site_where_all_may_hash() -> None:
    # the dearer, of two equal ones the second, one under a ban; too little room, another's rigs, nobody's; one fits
    at = cases(
        8, firm=[0, 0, 0, 0, 1, 1, 1, 2], site=np.arange(8), region=[0, 0, 0, 1, 0, 0, 0, 0],
        role=[OWN, OWN, OWN, OWN, OWN, HOST, OWN, OWN], cost=[50.0, 30, 30, 20, 1, 1, 1, 9],
    )  # fmt: skip
    empty, miner = np.array([9.0, 4, 5, 6, 0.4, 9, 9, 9]), np.array([[0, 0, 0, 0, 1, 0, -1, 2]])
    free = mines.free_racks(at, empty, miner, np.array([[1.0, 0.5]]), 4)
    np.testing.assert_array_equal(free.site, [[1, -1, 7, -1]])
    np.testing.assert_array_equal(free.mw, [[4, 0, 9, 0]])
    np.testing.assert_array_equal(free.cost[0, [0, 2]], [30, 9])


def test_rigs_are_valued_elsewhere_only_where_that_can_be_more() -> None:
    free = mines.FreeRacks(np.array([[5]]), 4 * ONE, 20 * ONE)
    offers = mines.Offers(*(np.zeros(1),) * 3, 0 * ONE, ONE, ONE)
    # dearer here, cheaper here, the free racks themselves, another's rigs
    at = cases(4, site=[1, 1, 5, 1], role=[OWN, OWN, OWN, HOST], cost=[21.0, 20.0, 21.0, 21.0])
    far = np.inf
    assert mines.prospects(at, offers, free, ONE).cost_elsewhere.tolist() == [20.0, far, far, far]
    assert mines.prospects(at, offers, free, 0.9 * ONE).cost_elsewhere.tolist() == [20.0, 20.0, far, far]


def test_moved_rigs_by_hand() -> None:
    assert mining.move(0.5, 20.0, 10.0, 4.0, 5.0) == (3.0, True)
    assert mining.move(0.5, 20.0, 10.0, 12.0, 15.0) == (2.0, False)  # not worth the transport: to dealers
    assert mining.move(0.04, 20.0, 10.0, 4.0, 5.0) == (-6.0, False)  # next to nothing fits


@pytest.mark.parametrize("hashing", [1.0, 0.1], ids=["allowed", "banned for the most part"])
def test_rigs_move_where_they_are_worth_the_transport_else_to_dealers(hashing: float) -> None:
    free = mines.FreeRacks(np.array([[5]]), 4 * ONE, 20 * ONE)
    moves = mines.Moves(True, free, np.zeros((1, 6), np.int64), 50_000 * ONE)
    million, n = 1e6, 3
    at = cases(
        n, site=[1, 5, 1], rigs=[8.0, 8.0, 0.01], value=np.full(n, million), scrap=np.full(n, 0.5 * million),
        cost=np.full(n, 30.0),
    )  # fmt: skip
    found, plans = valued(at, moves=moves, hashing=hashing, elsewhere=2 * million)
    here, transport = hashing * million, 8 * 50_000
    # half fits; to its own site nothing moves; too little to move
    np.testing.assert_array_equal(plans.target[:2], [5, -1])
    np.testing.assert_allclose(plans.moved_share[:2], [0.5, 0.0])
    np.testing.assert_allclose(found.value[:2, 3], [0.5 * (2 * million - here - transport), 0.4 * million - here])
    assert found.gate[:, 3].tolist() == [10 * OPEN, 10 * (WORSE if hashing == 1.0 else OPEN), 10 * NOTHING]
    found, _ = valued(at, moves=moves._replace(allowed=False))
    assert (found.gate[:, 3] == 10 * FORBIDDEN).all()


# ------------------------------------------------------------------ sites left


def test_leaving_by_hand() -> None:
    # 40 MW: bids of 5 and 2 a MW against 3 in ordinary times; rigs fetch 10 less than they are worth, 25 is saved
    sold, closed = mining.leave(40.0, 5.0, 2.0, 3.0, -10.0, 25.0)
    assert sold == pytest.approx(0.9 * 200 - 10 + 25 - 120)
    assert closed == pytest.approx(-10 + 25 - (120 - 80))
    assert mining.leave(40.0, 0.0, 9.0, 3.0, -10.0, 25.0)[1] == 15.0  # miners' bids beyond the ordinary are no gain


def test_developers_bid_for_large_suitable_sites() -> None:
    developers = mining.Developers(np.array([100.0]), np.array([0.9]), np.array([0.4]))
    suitability, connected = np.array([[0.5, 0.3, 0.5]]), np.array([[30.0, 30.0, 24.0]])
    np.testing.assert_allclose(mining.developers_bids(developers, suitability, connected), [[45.0, 0.0, 0.0]])


def test_overhead_is_saved_with_the_last_site_only() -> None:
    exits = mines.Exits(
        reservation=np.zeros(1), bid=np.zeros(1), site_cost=np.array([2.0]), years=np.array([3.0]),
        connected=100 * ONE, overhead=7 / 12 * ONE, listed=ONE < 0,
        developers=mining.Developers(np.array([10.0]), np.ones(1), np.array([0.5])),
    )  # fmt: skip
    at = cases(
        5, connected=[100.0, 40.0, 0.01, 100.0, 40.0], racks=np.full(5, 5.0), staffed=np.full(5, 0.5),
        suitability=[0.4, 0.5, 0.5, 0.5, 0.5], halls=[0.0, 0.0, 0.0, 1.0, 0.0], role=[OWN, OWN, OWN, OWN, HOST],
    )  # fmt: skip
    found, plans = valued(at, exits=exits)
    np.testing.assert_allclose(plans.bid_per_mw, [0, 5, 0, 5, 5])
    np.testing.assert_allclose(found.value[:2, 5], [3 * (0.5 * 2 * 5 + 7), 3 * 0.5 * 2 * 5])
    np.testing.assert_allclose(found.value[1, 4], 0.9 * 5 * 40 + 3 * 0.5 * 2 * 5)
    assert found.gate[:, 4].tolist() == [10 * g for g in (NO_BUYER, OPEN, NOTHING, FORBIDDEN, NOT_OURS)]
    assert found.gate[:, 5].tolist() == [10 * g for g in (OPEN, OPEN, NOTHING, FORBIDDEN, NOT_OURS)]
    found, _ = valued(at, exits=exits._replace(listed=ONE > 0))
    np.testing.assert_allclose(found.value[0, 5], 3 * 0.5 * 2 * 5)  # boards stay
