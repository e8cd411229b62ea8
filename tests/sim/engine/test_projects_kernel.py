"""AI projects by hand: what closes them, how far a way of funding gets, which one stands, what can be offered."""

import numpy as np
import pytest

from sim.kernels import projects
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
)  # fmt: skip

CODES = projects.Codes(np.array([0, 0]), np.array([False, True]), np.array([3, 4]), 10 * np.arange(10))


def funding() -> projects.Funding:
    """One product, two ways of 10 USD a MW; the second earns more, but its tenant asks for more than there is."""
    one = np.ones((1, 1, 2))
    return projects.Funding(
        pv=np.array([[[30.0, 50.0]]]), equity=10 * one, shares=0 * one, cash=5 * one, residual=0 * one,
        rent_value=40 * one, asks=np.array([[[2.0, 9.0]]]), term_years=np.array([[10.0]]), hurdle=np.zeros((1, 1)),
        lead_months=np.array([[6.0]]), gross_per_it=np.array([1.5]), patience=np.array([4.0]),
    )  # fmt: skip


def hosts() -> projects.Hosts:
    """Three firms with room for 8 IT MW, 12 of grid: on idle power, half in place of racks, with little money."""
    use, spare = np.full(3, 12.0), np.array([12.0, 6.0, 12.0])
    return projects.Hosts(
        run=np.zeros(3, np.int64), firm=np.arange(3), racks=np.array([4.0, 12.0, 4.0]),
        yearly_margin=np.array([0.0, 12.0, 0.0]), loss=np.array([0.0, 24.0, 0.0]),
        months_to_power=np.array([0.0, 9.0, 0.0]), there=np.stack((use, use)),
        use=np.stack((use, use)), spare=np.stack((spare, spare)),
        own=np.array([[80.0, 80.0, 10.0]]), access=np.zeros((1, 3)),
    )  # fmt: skip


def limits(**changes: np.ndarray) -> projects.Limits:
    yes, no = np.ones(3, bool), np.zeros(3, bool)
    return projects.Limits(allowed=yes, suitable=yes, host=no, client=no, months=np.zeros(3))._replace(**changes)


def valued(closed: bool = False, **changes: np.ndarray) -> tuple[OptionTable, projects.Found]:
    table = OptionTable.blank(3)
    found = projects.value_projects(funding(), hosts(), limits(**changes), np.arange(3), closed, table, CODES)
    return table, found


def test_best_way_of_funding_by_hand() -> None:
    table, found = valued()
    # 8 MW need 12 of grid: the second gives up 6 of 12 MW of racks; the third can pay for 1 MW of 2 asked
    np.testing.assert_array_equal(table.gate[:, 3], 10 * np.array([OPEN, OPEN, NO_EQUITY]))
    np.testing.assert_allclose(table.value[:, 3], [8 * 20, 8 * 20 - 12, 1 * 20])
    np.testing.assert_allclose(table.payback[:, 3], [2.0, 80 / 34, 2.0])
    np.testing.assert_allclose(table.equity[:, 3], [80, 80, 10])
    np.testing.assert_allclose(table.earn[:, 3], [0.5, 34 / 80, 0.5])
    np.testing.assert_allclose(found.minimum[:, 0], 2.0)
    np.testing.assert_allclose(found.it_mw[:, 0], [8, 8, 1])
    np.testing.assert_allclose(found.lead[:, 0], [6, 9, 6])


def test_offers_of_every_way_by_hand() -> None:
    cases = np.array([2, 1])
    open_mw, lowest = projects.offers(funding(), hosts(), cases, np.zeros(2, np.int64), CODES)
    np.testing.assert_allclose(open_mw, [[0, 0], [8, 0]])
    np.testing.assert_allclose(lowest[:, 0], [1 - 20 / 40, 1 - 148 / 320])


def test_what_is_closed_is_valued_for_the_record_only() -> None:
    ban = {"allowed": np.array([True, False, True])}
    shown, recorded = valued(**ban)[0], valued(closed=True, **ban)[0]
    assert shown.gate[1, 3] == recorded.gate[1, 3] == 10 * FORBIDDEN
    assert shown.value[1, 3] == 0.0
    assert recorded.value[1, 3] == pytest.approx(8 * 20 - 12)
    np.testing.assert_array_equal(shown.value[[0, 2]], recorded.value[[0, 2]])


def test_site_and_contracts_close_before_terms() -> None:
    usual = {"host": False, "client": False, "allowed": True, "suitable": True, "bound": False, "beside": False,
             "there": 14.0, "use": 12.0, "racks": 4.0}  # fmt: skip

    def closed_by(**changes: bool | float) -> int:
        return projects.closed_by(*(usual | changes).values())

    assert closed_by() == OPEN
    assert closed_by(bound=True) == OPEN  # whose rigs are there binds hosts only
    assert closed_by(suitable=False) == UNSUITABLE
    assert closed_by(use=0.4) == UNSUITABLE  # racks that are not convertible
    assert closed_by(suitable=False, there=0.4, use=0.4) == NOTHING
    assert closed_by(suitable=False, there=0.4, use=0.4, allowed=False) == FORBIDDEN
    assert closed_by(beside=True, racks=0.4, allowed=False) == NOTHING
    assert closed_by(host=True, bound=True, allowed=False) == UNDER_CONTRACT
    assert closed_by(host=True, bound=True, beside=True) == closed_by(client=True) == NOT_OURS


def test_gates_of_terms_in_their_order() -> None:
    steps = [projects.reached(*case) for case in (
        (np.inf, 8.0, 8.0, 2.0, 4.0), (9.0, 8.0, 8.0, 2.0, 4.0), (5.0, 8.0, 4.0, 2.0, 4.0), (5.0, 8.0, 6.0, 5.0, 4.0),
        (5.0, 8.0, 6.0, 4.0, 4.0),
    )]  # fmt: skip
    assert steps == [NO_TENANT, TOO_SMALL, NO_EQUITY, SLOW_PAYBACK, OPEN]
