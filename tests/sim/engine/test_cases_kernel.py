"""Cases by hand: who looks at which site, what power lies idle there, what a MWh costs."""

import numpy as np
import pytest

from sim.kernels import cases
from sim.kernels.cases import CLIENT, HOST, OWN


def test_owners_hosts_and_clients_look_in_the_order_of_role_and_site() -> None:
    # sites: hosted for firm 1, own, nobody's, without rigs, hosted for firm 0 by firm 2 that is not due
    owner, miner = np.array([[0, 1, -1, 0, 2]]), np.array([[1, 1, -1, -1, 0]])
    looks = cases.list_cases(owner, miner, np.array([[True, True, False]]))
    assert looks.site.tolist() == [1, 3, 0, 0, 4]
    assert looks.role.tolist() == [OWN, OWN, HOST, CLIENT, CLIENT]
    assert looks.firm.tolist() == [1, 0, 0, 1, 0]


def test_runs_follow_one_another() -> None:
    owner = np.array([[0, 1], [1, 0]])
    looks = cases.list_cases(owner, owner, np.array([[True, False], [True, True]]))
    assert looks.run.tolist() == [0, 1, 1]
    assert looks.firm.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("wait", "power"),
    [(6.0, (10.0, 40.0, 6.0)), (-2.0, (10.0, 40.0, 0.0)), (13.0, (10.0, 15.0, 0.0))],
    ids=["soon", "overdue", "beyond what firms look at"],
)
def test_idle_power_by_hand(wait: float, power: tuple[float, float, float]) -> None:
    # 100 MW, 85 taken, racks of 5 on their way out, 25 to come
    assert cases.idle_power(100.0, 85.0, 5.0, 25.0, wait, 12.0) == power


def test_nobody_waits_for_less_than_lies_idle() -> None:
    assert cases.idle_power(100.0, 50.0, 0.0, 25.0, 6.0, 12.0) == (50.0, 75.0, 0.0)


def test_cost_of_a_mwh_by_hand() -> None:
    column = np.array([[0.25, 1.0]])
    cost = cases.cost_per_mwh(
        np.array([0, 0]), np.array([0, 1]), column, 40 * np.ones((1, 2)), np.array([[1, 0]]), np.array([1.5]),
        np.array([[30.0, 50.0]]), np.array([[1.0, 4.0]]),
    )  # fmt: skip
    np.testing.assert_allclose(cost, [0.25 * 60 + 0.75 * 50 + 4, 60 + 1])
