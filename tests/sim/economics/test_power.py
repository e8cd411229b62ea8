"""Price-duration curves and regional prices."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.economics.power import (
    GRID_NODES,
    PriceDuration,
    demand_response_income,
    reserve_margin,
)
from sim.tables import load_tables

FLAT = ([0.25, 0.5, 0.25], [0.9, 1.0, 1.1])
PEAKY = ([0.1, 0.3, 0.4, 0.18, 0.02], [-0.2, 0.5, 0.9, 1.5, 12.0])


def curve(*shapes: tuple[list[float], list[float]]) -> PriceDuration:
    rows: dict[str, list[object]] = {"shape": [], "block": [], "weight": [], "ratio": []}
    for number, (weights, ratios) in enumerate(shapes):
        mean = sum(w * r for w, r in zip(weights, ratios, strict=True))
        rows["shape"] += [f"shape{number}"] * len(weights)
        rows["block"] += list(range(len(weights)))
        rows["weight"] += weights
        rows["ratio"] += [r / mean for r in ratios]
    return PriceDuration(rows)


def sampled_prices(weights: list[float], ratios: list[float]) -> np.ndarray:
    """Prices of 100,000 equal hours, built independently from the documented rule for the blocks."""
    mean = sum(w * r for w, r in zip(weights, ratios, strict=True))
    means = [r / mean for r in ratios]
    edges = [0.5 * (a + b) for a, b in pairwise(means)]
    edges = [2 * means[0] - edges[0], *edges, 2 * means[-1] - edges[-1]]
    prices = []
    for weight, middle, low, high in zip(weights, means, edges[:-1], edges[1:], strict=True):
        cheap = round(100_000 * weight * (high - middle) / (high - low))
        dear = round(100_000 * weight) - cheap
        prices += [np.linspace(low, middle, cheap), np.linspace(middle, high, dear)]
    return np.concatenate(prices)


@pytest.mark.parametrize("shape", [FLAT, PEAKY])
def test_look_up_matches_hours_counted_one_by_one(shape: tuple[list[float], list[float]]) -> None:
    duration = curve(FLAT, PEAKY)
    prices = sampled_prices(*shape)
    for strike in (0.3, 0.7, 0.95, 1.0, 1.05, 1.4, 3.0, 9.0):
        uptime, paid = duration.evaluate(int(shape is PEAKY), strike)
        running = prices <= strike
        # One grid step is 5 % in price: a steep curve is smoothed over it.
        near = (prices > strike / 1.06) & (prices <= strike * 1.06)
        tolerance = 0.002 + 0.3 * near.mean()
        assert uptime == pytest.approx(running.mean(), abs=tolerance)
        assert paid == pytest.approx(prices[running].sum() / len(prices), abs=tolerance * max(strike, 1.0))


def test_mean_is_one_and_nothing_runs_for_free() -> None:
    duration = curve(FLAT, PEAKY)
    uptime, paid = duration.evaluate(np.array([[0], [1]]), np.array([1e6, 0.0, -3.0]))
    np.testing.assert_allclose(uptime, [[1, 0, 0], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(paid, [[1, 0, 0], [1, 0, 0]], atol=1e-12)


def test_shipped_shapes_can_be_looked_up() -> None:
    duration = PriceDuration(load_tables().price_duration)
    shapes = np.arange(len(duration.shapes))
    np.testing.assert_allclose(duration.evaluate(shapes, 1e3), 1.0, atol=1e-9)
    uptime, _ = duration.evaluate(duration.index("ercot"), np.array([0.5, 2.0]))
    assert uptime[0] > 0.2  # a peaky market: many cheap hours,
    assert uptime[1] < 0.95  # and some above twice the mean


def test_blocks_keep_their_means() -> None:
    # Cheap half at 0.5, dear half at 1.5: at the edge between them (1.0) half the hours at half the price.
    uptime, paid = curve(([0.5, 0.5], [0.5, 1.5])).evaluate(0, 1.0)
    assert uptime == pytest.approx(0.5, abs=0.01)
    assert paid == pytest.approx(0.25, abs=0.01)


@given(st.lists(st.floats(0.001, 50.0), min_size=2, max_size=40))
@settings(max_examples=50)
def test_uptime_rises_with_the_strike_and_is_continuous(strikes: list[float]) -> None:
    uptime, paid = curve(FLAT, PEAKY).evaluate(1, np.sort(strikes))
    assert np.all(np.diff(uptime) >= -1e-12)
    assert np.all((uptime >= 0.0) & (uptime <= 1.0 + 1e-12))
    assert np.all(paid <= 1.0 + 1e-12)
    nudged, _ = curve(FLAT, PEAKY).evaluate(1, np.sort(strikes) * (1 + 1e-9))
    np.testing.assert_allclose(nudged, uptime, atol=1e-6)


def test_shapes_are_found_by_name_and_the_object_pickles() -> None:
    duration = pickle.loads(pickle.dumps(curve(FLAT, PEAKY)))
    assert duration.shapes == ("shape0", "shape1")
    assert duration.index("shape1") == 1
    with pytest.raises(ValueError, match="no price shape 'texas'"):
        duration.index("texas")


def test_evaluate_broadcasts_shape_index_over_runs_and_rigs() -> None:
    uptime, paid = curve(FLAT, PEAKY).evaluate(np.array([[0], [1]]), np.full((3, 2, 4), 0.95))
    assert uptime.shape == paid.shape == (3, 2, 4)
    assert np.all(uptime[:, 0] < uptime[:, 1])  # most hours of the peaky shape are below its mean
    assert GRID_NODES <= 128


@pytest.mark.parametrize(
    ("weights", "ratios", "words"),
    [
        ([0.5, 0.5], [1.5, 0.5], "rising ratios"),
        ([0.5, 0.4], [0.5, 1.5], "sum to 1"),
        ([0.5, 0.5], [0.5, 2.5], "sum to 1"),
        ([1.0], [1.0], "two blocks"),
    ],
)
def test_bad_tables_are_refused(weights: list[float], ratios: list[float], words: str) -> None:
    size = len(weights)
    with pytest.raises(ValueError, match=words):
        PriceDuration({"shape": ["a"] * size, "block": range(size), "weight": weights, "ratio": ratios})


def test_reserve_margin() -> None:
    # 115 GW firm against 100 GW: new load of 5 GW leaves 115/105 - 1; growth of 2 % on top 115/107 - 1.
    assert reserve_margin(0.15, 100_000.0, 0.0) == pytest.approx(0.15)
    assert reserve_margin(0.15, 100_000.0, 5_000.0) == pytest.approx(115 / 105 - 1)
    assert reserve_margin(0.15, 100_000.0, 5_000.0, 0.02) == pytest.approx(115 / 107 - 1)


def test_demand_response_pays_the_programme_part_only() -> None:
    assert demand_response_income(100.0, 67_000.0, 0.25) == pytest.approx(100 * 67_000 / 4 / 12)
    assert demand_response_income(100.0, 67_000.0, 0.25, months=12.0) == pytest.approx(1_675_000)
