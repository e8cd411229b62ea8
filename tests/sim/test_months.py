"""Months as texts and as numbers."""

from __future__ import annotations

import pytest

from sim.errors import UserError
from sim.months import is_month, month_name, month_number


def test_numbers_count_months_and_go_back_to_names():
    assert month_number("2027-01") - month_number("2026-07") == 6
    assert [month_name(month_number("2026-11") + k) for k in range(3)] == ["2026-11", "2026-12", "2027-01"]


NONE = ["2026-13", "2026-00", "2027-1", "27-01", "2027-01-01", "2027", "soon", "", "2027-०१"]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_month_is_not_taken_for_a_later_one(text):
    assert not is_month(text)
    with pytest.raises(UserError, match="is no month"):
        month_number(text)
