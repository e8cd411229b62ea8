"""What the recorder counts and adds up, by hand."""

from __future__ import annotations

import numpy as np

from sim.kernels import records as kernels
from sim.kernels.options import OptionTable
from sim.kernels.projects import Found
from sim.state import ACQUIRED, AI, ALIVE, BTC, CLOSED, EXITED, HYBRID


def test_firms_are_counted_by_class_and_fate() -> None:
    # one stays, one enters, one closes, one is bought, one has not come yet
    def one(*values: int) -> np.ndarray:
        return np.array([values])

    firms = kernels.Life(
        before=one(1, 0, 1, 1, 0) > 0, alive=one(1, 1, 0, 0, 0) > 0, founded=one(1, 0, 1, 0, 0) > 0,
        entered=one(-1, 5, -1, 2, -1), exited=one(ALIVE, ALIVE, CLOSED, ACQUIRED, ALIVE),
        strategy=one(AI, BTC, EXITED, EXITED, BTC), size=one(1, 0, 1, 1, 0),
    )  # fmt: skip
    counts = dict(zip(kernels.COUNTS, kernels.count_firms(firms, 2)[:, 0].tolist(), strict=True))
    assert counts == {
        "firms_btc": [1, 0], "firms_hybrid": [0, 0], "firms_ai": [0, 1], "firms_active": [1, 1],
        "firms_ever": [1, 3], "exits": [0, 1], "entries": [1, 0], "acquisitions": [0, 1],
    }  # fmt: skip
    assert [kernels.COUNTS[code] for code in (BTC, HYBRID, AI)] == ["firms_btc", "firms_hybrid", "firms_ai"]


def test_capacity_of_two_sites_and_one_without_an_owner() -> None:
    def one(*values: float) -> np.ndarray:
        return np.array([values], dtype=np.float64)

    sites = kernels.Connections(
        owner=np.array([[1, 1, -1]]), region=np.array([[0, 1, 1]]), connected=one(10, 20, 99), pipeline=one(0, 3, 0),
        racks=one(6, 5, 99), ai_gross=one(0, 8, 0), ai_building=one(9, 0, 0), legacy_gpu=one(1, 0, 0),
    )  # fmt: skip
    found = kernels.capacity(sites, np.array([[0, 2]]), 3, 2, np.array([0]))
    # connected, to come, hashing, AI, of what is left building and idle: of 10 - 6 - 1 MW all three are built on
    first, second = np.array([10, 0, 6, 0, 3, 1, 0.0]), np.array([20, 3, 5, 8, 0, 0, 7.0])
    np.testing.assert_array_equal(found.regions[:, 0].T, [first, second])
    np.testing.assert_array_equal(found.firms[:, 0].T, [0 * first, first + second])
    np.testing.assert_array_equal(found.classes[:, 0].T, [0 * first, 0 * first, first + second])
    none = kernels.capacity(sites, np.array([[0, 2]]), 3, 2, np.array([], dtype=np.int64))
    assert none.firms.shape == (7, 0, 2)
    np.testing.assert_array_equal(none.classes, found.classes)


def test_choice_and_the_best_of_the_others_that_were_open() -> None:
    value = np.array([[9.0, 9.0, 9.0], [0.0, 2.0, 5.0], [0.0, -1.0, -2.0]])
    gate = np.array([[0, 0, 0], [0, 0, 4], [7, 0, 3]])
    found = kernels.chosen(value, gate, value + 10, value + 20, np.array([0, 1, 1]), np.array([1, 2]), 10)
    assert found.chosen.tolist() == [1, 1]
    assert (found.value.tolist(), found.equity.tolist(), found.earned.tolist()) == ([2, -1], [12, 9], [22, 19])
    assert (found.second.tolist(), found.gates.tolist()) == ([0, -1], [400, 307])
    np.testing.assert_array_equal(found.rival, [0.0, np.nan])


def test_the_option_that_got_furthest_and_of_equals_the_most_valuable() -> None:
    table = OptionTable.blank(2)
    table.value[:, :4] = [[0, 5, 7, 6], [0, 5, 7, 9]]
    table.equity[:], table.earn[:], table.payback[:] = 1 + table.value, 2 + table.value, 3 + table.value
    found = Found(*(np.arange(6.0).reshape(2, 3) + k for k in (1, 2)))
    gate = np.array([[0, 0, 0, 0], [0, 1, 2, 2], [0, 1, 2, 3]])
    best = kernels.furthest(
        gate, table, found, np.array([1, 2, 3]), np.array([9, 0, 5, 1]), np.array([1, 2])
    )  # fmt: skip
    assert best.option.tolist() == best.gate.tolist() == [2, 2]
    assert (best.value.tolist(), best.it_mw.tolist(), best.minimum.tolist()) == ([7, 7], [2, 5], [3, 6])
    assert (best.equity.tolist(), best.earned.tolist(), best.payback.tolist()) == ([8, 8], [9, 9], [10, 10])
