"""Array helpers against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sim.arrays import Rows, row_sum, running_total, safe_divide, spread, sum_by

SIZE = 5
AMOUNTS = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def grouped(draw):
    """Values (R, N) with group numbers, some of them negative."""
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=7))
    index = draw(arrays(np.int64, shape, elements=st.integers(-1, SIZE - 1)))
    return index, draw(arrays(float, shape, elements=AMOUNTS))


@given(grouped())
def test_sum_by_is_a_loop_without_negative_groups(case) -> None:
    index, values = case
    expected = np.zeros((index.shape[0], SIZE))
    for run, column in np.ndindex(*index.shape):
        if index[run, column] >= 0:
            expected[run, index[run, column]] += values[run, column]
    result = sum_by(index, values, SIZE)
    np.testing.assert_array_equal(result, expected)
    assert result.flags.c_contiguous


@given(grouped())
def test_rows_sum_into_and_get_are_loops(case) -> None:
    index, values = case
    rows = Rows.where(index >= 0)
    assert len(rows) == (index >= 0).sum()
    np.testing.assert_array_equal(rows.get(values), [values[r, c] for r, c in zip(rows.run, rows.row, strict=True)])
    summed = rows.sum_into(rows.get(values), index.shape[0], SIZE, rows.get(index))
    np.testing.assert_array_equal(summed, sum_by(index, values, SIZE))


def test_rows_sum_into_drops_negative_rows_and_uses_own_rows() -> None:
    rows = Rows(np.array([0, 0, 1]), np.array([2, 2, 0]))
    np.testing.assert_array_equal(rows.sum_into(np.array([1.0, 2.0, 4.0]), 2, 3), [[0, 0, 3], [4, 0, 0]])
    other = np.array([-1, 1, -1])
    np.testing.assert_array_equal(rows.sum_into(np.array([1.0, 2.0, 4.0]), 2, 3, other), [[0, 2, 0], [0, 0, 0]])


def test_rows_keep_the_chosen_pairs() -> None:
    rows = Rows(np.array([0, 0, 1]), np.array([2, 3, 0])).keep(np.array([True, False, True]))
    assert (rows.run.tolist(), rows.row.tolist()) == ([0, 1], [2, 0])


@given(st.lists(st.tuples(st.integers(0, 4), AMOUNTS), max_size=30))
def test_running_total_restarts_at_every_group(pairs) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[0])
    group = np.array([g for g, _ in pairs], dtype=np.int64)
    values = np.array([v for _, v in pairs], dtype=float)
    expected, total, last = [], 0.0, None
    for g, v in pairs:
        total = v if g != last else total + v
        last = g
        expected.append(total)
    np.testing.assert_array_equal(running_total(values, group), np.array(expected, dtype=float))


@given(st.lists(AMOUNTS, min_size=1, max_size=12), st.lists(AMOUNTS, max_size=12))
def test_a_groups_running_total_does_not_depend_on_those_before_it(mine, others) -> None:
    alone = running_total(np.array(mine), np.zeros(len(mine), np.int64))
    values = np.array(others + mine)
    group = np.repeat([0, 1], [len(others), len(mine)])
    np.testing.assert_array_equal(running_total(values, group)[len(others) :], alone)


def test_row_sum_refuses_layouts_whose_sums_depend_on_the_batch() -> None:
    values = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(row_sum(values), [3.0, 12.0])
    with pytest.raises(ValueError, match="C-contiguous"):
        row_sum(values.T)


@given(arrays(float, (9, 400), elements=AMOUNTS))
def test_row_sum_of_a_row_is_the_same_alone(values) -> None:
    together = row_sum(values)
    for k in range(len(values)):
        assert row_sum(np.ascontiguousarray(values[k : k + 1])) == together[k]


def test_safe_divide_where_the_divisor_is_not_positive() -> None:
    a, b = np.array([1.0, 1.0, 1.0, 0.0]), np.array([2.0, 0.0, -1.0, 0.0])
    np.testing.assert_array_equal(safe_divide(a, b), [0.5, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(safe_divide(a, b, 9.0), [0.5, 9.0, 9.0, 9.0])
    np.testing.assert_array_equal(safe_divide(np.ones((2, 1)), np.array([[1.0, 4.0]])), [[1.0, 0.25]] * 2)


def test_spread_looks_up_per_run() -> None:
    np.testing.assert_array_equal(
        spread(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 0, 1], [0, 0, 1]])), [[2, 1, 2], [3, 3, 4]]
    )
