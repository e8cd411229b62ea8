"""AI projects by hand: what closes them, how far a way of funding gets, which one stands, what can be offered."""

import numpy as np
import pytest

from sim.kernels import projects
from sim.kernels.cases import CLIENT, HOST, OWN
from sim.kernels.options import OptionTable
from sim.kernels.projects import (
    FORBIDDEN,
    NO_EQUITY,
    NO_TENANT,
    NOT_OURS,
    NOTHING,
    OPEN,
    SLOW_PAYBACK,
    TOO_SMALL,
    UNDER_CONTRACT,
    UNSUITABLE,
    Space,
)  # fmt: skip
from sim.state import CLOUD, COLOCATION, RETROFIT

CODES = projects.Codes(np.array([0, 0]), np.array([False, True]), np.array([3, 4]), 10 * np.arange(10))


def funding() -> projects.Funding:
    """One product, two ways of 10 USD a MW; the second earns more, but its tenant asks for more than there is."""
    one = np.ones((1, 1, 2))
    return projects.Funding(
        pv=np.array([[[30.0, 50.0]]]), equity=10 * one, shares=0 * one, cash=5 * one, residual=0 * one,
        rent_value=40 * one, asks=np.array([[[2.0, 9.0]]]), term_years=np.array([[10.0]]), hurdle=np.zeros((1, 1)),
        discount=np.ones((1, 1)), lead_months=np.array([[6.0]]), gross_per_it=np.array([1.5]),
        patience=np.array([4.0]),
    )  # fmt: skip


def hosts() -> projects.Hosts:
    """Three firms with room for 8 IT MW, 12 of grid: on idle power, half in place of racks, with little money."""
    zero = np.zeros(3, np.int64)
    return projects.Hosts(
        run=zero, firm=np.arange(3), region=zero, role=np.full(3, OWN), racks=np.array([0.0, 6.0, 0.0]),
        idle=np.array([9.0, 6.0, 12.0]), vacant=np.array([3.0, 0.0, 0.0]), months_to_power=np.array([0.0, 9.0, 0.0]),
        yearly_margin=np.array([0.0, 6.0, 0.0]), rig_value=np.array([0.0, 16.0, 0.0]),
        rig_scrap=np.array([0.0, 8.0, 0.0]), suitability=np.full(3, 0.6), hosting_end=zero + 24, unit=np.ones(3),
        own=np.array([[80.0, 80.0, 10.0]]), access=np.zeros((1, 3)),
    )  # fmt: skip


def limits(**changes: np.ndarray) -> projects.Limits:
    one = np.ones((1, 1))
    usual = projects.Limits(
        allowed=one, convertible=0.6 * one, suitable=np.array([0.5]), notice=np.array([12.0]), month=14
    )
    return usual._replace(**changes)


def valued(
    closed: bool = False, at: projects.Hosts | None = None, **changes: np.ndarray
) -> tuple[OptionTable, projects.Found]:
    table = OptionTable.blank(3)
    found = projects.value_projects(funding(), at or hosts(), limits(**changes), np.arange(3), closed, table, CODES)
    return table, found


def test_best_way_of_funding_by_hand() -> None:
    table, _ = valued()
    # 8 MW need 12 of grid: the second gives up its 6 MW of racks; the third can pay for 1 MW of 2 asked
    np.testing.assert_array_equal(table.gate[:, 3], 10 * np.array([OPEN, OPEN, NO_EQUITY]))
    np.testing.assert_allclose(table.value[:, 3], [8 * 20, 8 * 20 - 12, 1 * 20])
    np.testing.assert_allclose(table.payback[:, 3], [2.0, 80 / 34, 2.0])
    np.testing.assert_allclose(table.equity[:, 3], [80, 80, 10])
    np.testing.assert_allclose(table.earn[:, 3], [0.5, 34 / 80, 0.5])


def test_values_are_told_in_the_cases_unit() -> None:
    table, _ = valued(at=hosts()._replace(unit=np.full(3, 4.0)))
    np.testing.assert_allclose(table.value[:, 3], [40, 37, 5])
    np.testing.assert_allclose(table.equity[:, 3], [20, 20, 2.5])


def test_figures_behind_all_options_by_hand() -> None:
    _, found = valued(closed=True)
    np.testing.assert_allclose(found.minimum[:, 0], 2.0)
    np.testing.assert_allclose(found.it_mw[:, 0], [8, 8, 1])
    np.testing.assert_allclose(found.it_mw[1, 1], 6 / 1.5)  # beside racks, none of which give way


def test_offers_of_every_way_by_hand() -> None:
    cases = np.array([2, 1])
    found = projects.offers(funding(), hosts(), limits(), cases, np.zeros(2, np.int64), CODES)
    np.testing.assert_allclose(found.mw, [[0, 0], [8, 0]])
    np.testing.assert_allclose(found.lowest_rent[:, 0], [1 - 20 / 40, 1 - 148 / 320])
    np.testing.assert_allclose((found.spare, found.lead), [[12, 6], [6, 9]])


def test_what_comes_later_is_worth_less() -> None:
    yearly = np.log1p([[0.2]])
    found = projects.discounts(yearly, np.array([[6.0]]))
    np.testing.assert_allclose(found, 1.2**-0.5)
    dear = funding()._replace(hurdle=yearly, discount=found)
    offered = projects.offers(dear, hosts(), limits(), np.arange(2), np.zeros(2, np.int64), CODES)
    one, later = offered.lowest_rent[:, 0]
    assert one == pytest.approx(1 - (30 * 8 / 1.2**0.5 - 80) / (320 / 1.2**0.5))
    assert later == pytest.approx(1 - (30 * 8 / 1.2**0.75 - 92) / (320 / 1.2**0.75))


def test_what_is_closed_is_valued_for_the_record_only() -> None:
    ban = {"suitable": np.array([0.7])}
    shown, recorded = valued(**ban)[0], valued(closed=True, **ban)[0]
    assert (shown.gate[:, 3] == 10 * UNSUITABLE).all()
    np.testing.assert_array_equal(shown.gate, recorded.gate)
    assert not shown.value.any()
    np.testing.assert_array_equal(recorded.value[:, 3], valued()[0].value[:, 3])


def test_rules_of_regions_quality_and_contracts_reach_the_gates() -> None:
    def gates(**changes: np.ndarray) -> list[int]:
        at = hosts()._replace(role=np.array([OWN, HOST, CLIENT]))
        return (valued(at=at, **changes)[0].gate[:, 3] // 10).tolist()

    # the contract has 10 months to run, the notice is longer, power comes after 9
    assert gates() == [OPEN, UNDER_CONTRACT, NOT_OURS]
    assert gates(notice=np.array([9.0])) == [OPEN, OPEN, NOT_OURS]
    assert gates(month=15) == [OPEN, OPEN, NOT_OURS]
    assert gates(allowed=np.zeros((1, 1))) == [FORBIDDEN, UNDER_CONTRACT, NOT_OURS]
    assert gates(suitable=np.array([0.61])) == [UNSUITABLE, UNDER_CONTRACT, NOT_OURS]


def test_space_by_hand() -> None:
    # 10 MW of racks, 4 idle, 3 vacant; then none free
    assert projects.space(COLOCATION, False, 10.0, 4.0, 3.0, True) == Space(17.0, 17.0, 7.0)
    assert projects.space(CLOUD, False, 10.0, 4.0, 3.0, False) == Space(17.0, 7.0, 7.0)
    assert projects.space(RETROFIT, False, 10.0, 4.0, 3.0, False) == Space(5.0, 5.0, 3.0)
    assert projects.space(COLOCATION, True, 10.0, 4.0, 3.0, True) == Space(7.0, 7.0, 7.0)
    assert projects.space(COLOCATION, True, 10.0, 0.0, 0.0, True) == Space(4.0, 4.0, 0.0)
    assert projects.space(COLOCATION, True, 10.0, 0.0, 0.0, False) == Space(4.0, 0.0, 0.0)


def test_smallest_asks_by_hand() -> None:
    # two of the second way, the smaller not asking; one of the first that also pays for halls, the third way
    smallest, credit = np.array([[5.0, 2.0, 9.0]]), np.array([[1, 1, 0]])
    asking, pays = np.array([[True, False, True]]), np.array([[False, False, True]])
    np.testing.assert_array_equal(projects.smallest_asks(smallest, credit, asking, pays, 3), [[9, 5, 9]])
    np.testing.assert_array_equal(projects.smallest_asks(smallest, credit, asking, pays & False, 3), [[9, 5, np.inf]])


def test_site_and_contracts_close_before_terms() -> None:
    usual = {"role": OWN, "allowed": True, "suitable": True, "bound": False, "beside": False,
             "room": Space(14.0, 12.0, 12.0), "racks": 4.0}  # fmt: skip

    def closed_by(**changes: object) -> int:
        return projects.closed_by(*(usual | changes).values())

    little = Space(0.4, 0.4, 0.4)
    assert closed_by() == OPEN
    assert closed_by(bound=True) == OPEN  # whose rigs are there binds hosts only
    assert closed_by(suitable=False) == UNSUITABLE
    assert closed_by(room=Space(14.0, 0.4, 0.4)) == UNSUITABLE  # racks that are not convertible
    assert closed_by(suitable=False, room=little) == NOTHING
    assert closed_by(suitable=False, room=little, allowed=False) == FORBIDDEN
    assert closed_by(beside=True, racks=0.4, allowed=False) == NOTHING
    assert closed_by(role=HOST, bound=True, allowed=False) == UNDER_CONTRACT
    assert closed_by(role=HOST, bound=True, beside=True) == closed_by(role=CLIENT) == NOT_OURS


def test_gates_of_terms_in_their_order() -> None:
    steps = [projects.reached(*case) for case in (
        (np.inf, 8.0, 8.0, 2.0, 4.0), (9.0, 8.0, 8.0, 2.0, 4.0), (5.0, 8.0, 4.0, 2.0, 4.0), (5.0, 8.0, 6.0, 5.0, 4.0),
        (5.0, 8.0, 6.0, 4.0, 4.0),
    )]  # fmt: skip
    assert steps == [NO_TENANT, TOO_SMALL, NO_EQUITY, SLOW_PAYBACK, OPEN]
