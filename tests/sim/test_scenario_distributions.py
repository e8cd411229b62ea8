"""Inverse distribution functions: hand numbers, bounds, monotony, agreement with scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.scenario.distributions import Lognormal, Normal, Triangular, Uniform, as_dict, in_words

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=20)
NUMBERS = st.tuples(*[st.floats(0.01, 100)] * 3).map(sorted).filter(lambda n: n[0] * 1.01 < n[2])


def kinds(low: float, middle: float, high: float):
    width = high - low
    return (
        Uniform(low, high),
        Triangular(low, middle, high),
        Normal(middle, width / 3, low, high),
        Lognormal(middle, 0.5, low, high),
    )


@given(NUMBERS, SHARES)
def test_values_rise_with_the_share_and_stay_inside(numbers, shares):
    u = np.sort(np.array([0.0, *shares, 1.0]))
    for distribution in kinds(*numbers):
        x = distribution.ppf(u)
        assert x.shape == u.shape
        assert np.all(np.isfinite(x))
        slack = 1e-9 * numbers[2]
        assert np.all(np.diff(x) >= -slack)
        assert x.min() >= numbers[0] - slack
        assert x.max() <= numbers[2] + slack


def test_hand_numbers():
    assert Uniform(2, 4).ppf(0.25) == 2.5
    # Symmetric triangle 0-1-2: an eighth of the area lies below 0.5, half below the mode.
    assert Triangular(0, 1, 2).ppf([0.125, 0.5, 0.875]) == pytest.approx([0.5, 1.0, 1.5])
    # Cut symmetrically, a bell curve keeps its median; one sd covers 15.87 % to 84.13 % when hardly cut.
    assert Normal(10, 2, 0, 20).ppf([0.5, 0.8413447]) == pytest.approx([10, 12], abs=1e-4)
    assert Lognormal(8, np.log(2), 1, 64).ppf(0.5) == pytest.approx(8)


def test_one_sided_triangles():
    assert Triangular(1, 1, 3).ppf([0.0, 0.75, 1.0]) == pytest.approx([1, 2, 3])
    assert Triangular(1, 3, 3).ppf([0.0, 0.25, 1.0]) == pytest.approx([1, 2, 3])


def test_agreement_with_scipy():
    u = np.linspace(0.01, 0.99, 25)
    assert Triangular(1, 2, 5).ppf(u) == pytest.approx(stats.triang(0.25, 1, 4).ppf(u))
    assert Normal(1, 2, 0, 3).ppf(u) == pytest.approx(stats.truncnorm(-0.5, 1, 1, 2).ppf(u))
    bounds = np.log([0.5, 4]) / 0.5
    assert Lognormal(1, 0.5, 0.5, 4).ppf(u) == pytest.approx(np.exp(0.5 * stats.truncnorm(*bounds).ppf(u)))


def test_as_data_and_in_words():
    assert as_dict(Uniform(0, 2)) == {"kind": "uniform", "low": 0, "high": 2}
    assert in_words(Triangular(0.5, 1, 2)) == "triangular 0.5 / 1 / 2"
