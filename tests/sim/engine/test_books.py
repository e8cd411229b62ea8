"""The books by hand: what a posting moves, on both sides, and how bills and claims are settled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.books import ASSETS, FINANCIAL, KINDS, LIABILITIES, LINES, SECTORS, Books


def usd(*amounts: float) -> np.ndarray:
    """Amounts of the firms of one run."""
    return np.array([amounts])


def outside(books: Books, name: str, sector: str) -> float:
    return float(books.outside[name][0, SECTORS.index(sector)])


@pytest.fixture
def books() -> Books:
    """Two firms; the first starts with 100 of cash, half of it borrowed."""
    books = Books(1, 2)
    books.post("opening", "banks", cash=usd(100, 0), loans=usd(50, 0))
    books.begin_month()
    return books


def test_opening_is_equity(books: Books) -> None:
    np.testing.assert_array_equal(books.equity(), usd(50, 0))
    assert outside(books, "cash", "banks") == -100
    assert outside(books, "loans", "banks") == 50


def test_rigs_on_credit_move_no_income(books: Books) -> None:
    books.post("balance_only", "vendors", rigs=usd(30, 0), payables=usd(30, 0))
    np.testing.assert_array_equal(books.equity(), usd(50, 0))
    assert not books.total(LINES).any()
    assert outside(books, "payables", "vendors") == 30
    np.testing.assert_array_equal(books.owed["vendors"], usd(30, 0))


def test_a_bill_is_a_cost_now_and_cash_later(books: Books) -> None:
    books.bill("power_cost", "utilities", usd(40, 0))
    assert books.lines["power_cost"][0, 0] == -40
    assert books.stock["cash"][0, 0] == 100
    np.testing.assert_array_equal(books.equity(), usd(10, 0))
    books.pay(usd(0.75, 1.0))
    assert books.stock["cash"][0, 0] == 70
    assert books.stock["payables"][0, 0] == 10
    assert books.owed["utilities"][0, 0] == 10
    assert outside(books, "cash", "utilities") == 30
    assert outside(books, "payables", "utilities") == 10


def test_fees_between_firms_meet_in_the_clearing(books: Books) -> None:
    books.bill("hosting_fees", "clearing", usd(20, 0))
    books.post("hosting_revenue", "clearing", receivables=usd(0, 20))
    books.pay(np.ones((1, 2)))
    books.begin_month()
    books.collect()
    np.testing.assert_array_equal(books.stock["cash"], usd(80, 20))
    assert outside(books, "cash", "clearing") == 0
    assert outside(books, "payables", "clearing") == 0
    assert outside(books, "receivables", "clearing") == 0


def test_what_is_earned_this_month_comes_in_next_month(books: Books) -> None:
    books.post("ai_revenue", "tenants", receivables=usd(10, 0))
    books.collect()
    assert books.stock["cash"][0, 0] == 100
    books.begin_month()
    books.post("ai_revenue", "tenants", receivables=usd(7, 0))
    books.collect()
    assert books.stock["cash"][0, 0] == 110
    assert books.stock["receivables"][0, 0] == 7


def test_a_written_off_claim_does_not_come_in(books: Books) -> None:
    books.post("ai_revenue", "tenants", receivables=usd(10, 0))
    books.begin_month()
    books.post("defaults", "tenants", "writeoff", receivables=usd(-10, 0))
    books.post("ai_revenue", "tenants", receivables=usd(7, 0))
    books.collect()
    assert books.stock["cash"][0, 0] == 100
    assert books.stock["receivables"][0, 0] == 7


def test_kinds_of_movement_are_kept_apart(books: Books) -> None:
    books.post("mining_revenue", "vendors", coins=usd(20, 0))
    books.post("gains", "households", "revaluation", coins=usd(-5, 0))
    books.post("defaults", "vendors", "writeoff", coins=usd(-15, 0))
    assert [float(books.moved[kind]["coins"][0, 0]) for kind in KINDS] == [20, -5, -15]
    assert books.stock["coins"][0, 0] == 0
    assert books.gross[0, 0] == 40
    assert books.total(("mining_revenue", "gains", "defaults"))[0, 0] == 0


def test_loans_forgiven_are_income(books: Books) -> None:
    books.post("restructuring", "banks", "writeoff", loans=usd(-20, 0))
    assert books.lines["restructuring"][0, 0] == 20
    np.testing.assert_array_equal(books.equity(), usd(70, 0))


def test_ebitda_leaves_out_what_stands_below_it(books: Books) -> None:
    books.post("mining_revenue", "vendors", coins=usd(100, 0))
    books.bill("power_cost", "utilities", usd(60, 0))
    books.bill("interest", "banks", usd(10, 0))
    books.post("depreciation", "vendors", "revaluation", rigs=usd(-5, 0))
    assert books.ebitda()[0, 0] == 40
    assert books.total(LINES)[0, 0] == 25


def test_unknown_names_are_refused(books: Books) -> None:
    for line, sector, stock in (("profit", "banks", "cash"), ("gains", "banks", "gold")):
        with pytest.raises(KeyError):
            books.post(line, sector, **{stock: usd(1, 1)})


AMOUNT = st.integers(-1000, 1000)
POSTING = st.tuples(
    st.sampled_from(LINES), st.sampled_from(SECTORS), st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(ASSETS + LIABILITIES), st.tuples(AMOUNT, AMOUNT), min_size=1, max_size=4),
)  # fmt: skip


@given(st.lists(POSTING, max_size=12), st.lists(POSTING, max_size=12))
def test_any_postings_keep_the_books_closed(before, now) -> None:
    books = Books(1, 2)
    for month in (before, now):
        books.begin_month()
        start = books.equity()
        for line, sector, kind, changes in month:
            books.post(line, sector, kind, **{name: usd(*pair) for name, pair in changes.items()})
    np.testing.assert_array_equal(books.equity(), start + books.total(LINES))
    for name in FINANCIAL:
        held = books.stock[name].sum() * (-1 if name in LIABILITIES else 1)
        assert held + books.outside[name].sum() == 0
    for name, closing in books.stock.items():
        moved = sum(books.moved[kind][name] for kind in KINDS)
        np.testing.assert_array_equal(books.opening[name] + moved, closing)
    assert sum(owed.sum() for owed in books.owed.values()) == books.stock["payables"].sum()
    assert sum(claim.sum() for claim in books.claims.values()) == books.stock["receivables"].sum()
