import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.wording import DASH, MINUS, decimals, month, number, plural, span


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([1270.4], -1),
        ([38.21], 1),
        ([0.034, 0.121], 3),
        ([6.1, 5.0], 2),
        ([100.0], 0),
        ([99.96], 0),
        ([0.0], 0),
        ([], 0),
    ],
)
def test_three_significant_digits_of_the_largest(values, places):
    assert decimals(values) == places


@pytest.mark.parametrize(
    ("value", "places", "words"),
    [
        (1274.4, -1, "1,270"),
        (-2.04, 1, f"{MINUS}2.0"),
        (-0.04, 1, "0.0"),
        (5e9, 0, "5,000,000,000"),
        (float("nan"), 1, DASH),
    ],
)
def test_number(value, places, words):
    assert number(value, places) == words


def test_span_keeps_minus_signs_apart():
    assert span(1050, 1480, -1) == f"1,050{DASH}1,480"
    assert span(-2.8, -1.2, 1) == f"{MINUS}2.8 to {MINUS}1.2"


def test_months_and_counts():
    assert (month("2030-12"), month("2030-12", full=True)) == ("Dec 2030", "December 2030")
    assert (plural(1, "run"), plural(1000, "run")) == ("1 run", "1,000 runs")


@given(st.floats(0.1, 1e12))
def test_two_or_three_digits_carry_the_value(value):
    shown = float(number(value, decimals([value])).replace(",", ""))
    assert shown == pytest.approx(value, rel=0.051 if decimals([value]) > 0 else 0.0051)
