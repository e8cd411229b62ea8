"""pivot_targets: what the back-cast of 2024-12 to 2026-06 is held against beside the signed leases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.tables.schema import QUANTITIES
from sim.tables.sources.common import Built, Row, origin, read_rows, rounded
from sim.tables.sources.history import build_btc_history

HASHRATE, HASHPRICE = QUANTITIES[:2]
SUBSIDY_BTC_PER_DAY = 144 * 3.125
DAYS = 30.4375


@dataclass(frozen=True)
class Target:
    """A number and the fact behind it: ``key`` is a cell of its row. ``estimated``: after arithmetic of ours."""

    quantity: str
    month: str
    value: float
    table: str
    key: str
    estimated: bool = False
    low: float | None = None
    high: float | None = None


NETWORK, FORECASTS = "network_structure", "market_forecasts"
KNOWN = (
    Target(HASHRATE, "2025-02", 841.0, NETWORK, "us_listed_share_of_hashrate_2025-02", True),  # 244 EH/s are 29 %
    Target(HASHRATE, "2025-09", 1031.0, NETWORK, "jpm_revenue_per_EH_2025-09"),
    Target(HASHRATE, "2025-10", 1030.0, NETWORK, "us_listed_share_of_hashrate_2025-10"),
    Target(HASHRATE, "2026-04", 965.6, NETWORK, "network_hashrate_2026Q2"),  # to the 22nd
    Target(HASHRATE, "2026-05", 959.0, NETWORK, "difficulty_2026-05-01"),
    Target(HASHRATE, "2026-06", 905.0, NETWORK, "network_hashrate_2026Q2", True),  # ended the month at 886
    Target(HASHPRICE, "2024-12", 56.9, NETWORK, "jpm_revenue_per_EH_2025-12", True),  # 38.7 is 32 % less
    Target(HASHPRICE, "2025-06", 55.3, NETWORK, "jpm_revenue_per_EH_2025-06"),
    Target(HASHPRICE, "2025-09", 49.7, NETWORK, "jpm_revenue_per_EH_2025-09"),
    Target(HASHPRICE, "2025-11", 41.6, NETWORK, "jpm_revenue_per_EH_2025-12", True),  # 38.7 is 7 % less
    Target(HASHPRICE, "2025-12", 38.7, NETWORK, "jpm_revenue_per_EH_2025-12"),
    Target(HASHPRICE, "2026-01", 42.4, FORECASTS, "gross profit per EH/s and day"),  # of a revenue of 42.35
    # the quarter's mean of 34.1 with January as above leaves 30 for the other two months
    Target(HASHPRICE, "2026-03", 30.0, "operating_costs", "revenue_per_mw_btc_2026Q1", True),
    # published 25 %, row by row 16 % (9 to 22)
    Target("delivered_share", "2026-06", 0.2, FORECASTS, "share of leased AI capacity delivered", True, 0.15, 0.25),
    Target("top10_with_ai_revenue", "2025-11", 7.0, NETWORK, "top10_miners_with_ai_revenue"),
    Target("listed_restructurings", "2026-06", 1.0, "exits_and_restructurings", "Argo Blockchain"),  # since 2024-12
)  # fmt: skip


def build_pivot_targets(facts: Path, data: Path) -> Built:
    """One row per quantity and month; hashrate and hashprice imply each other where only one is known."""
    rows = {(t.quantity, t.month): _row(facts, t) for t in KNOWN}
    days = {str(row["month"]): _usd_per_day(row) for row in build_btc_history(data)}
    for (quantity, month), row in list(rows.items()):
        other = {HASHRATE: HASHPRICE, HASHPRICE: HASHRATE}.get(quantity)
        if other and (other, month) not in rows:
            implied = days[month] / 1000.0 / _number(row["value"])  # USD a day = EH/s x USD/PH/day x 1000
            rows[other, month] = {**row, "quantity": other, "value": rounded(implied, 3), "basis": "estimated"}
    return sorted(rows.values(), key=lambda row: (QUANTITIES.index(str(row["quantity"])), str(row["month"])))


def _row(facts: Path, target: Target) -> dict[str, object]:
    return {
        "quantity": target.quantity,
        "month": target.month,
        "value": target.value,
        "low": "" if target.low is None else target.low,
        "high": "" if target.high is None else target.high,
        **origin(_fact(facts, target), "estimated" if target.estimated else "sourced"),
    }


def _fact(facts: Path, target: Target) -> Row:
    """The fact that the target rests on: of several of the same key the last."""
    rows = read_rows(facts / f"{target.table}.csv")
    return [row for row in rows if target.key in row.values()][-1]


def _usd_per_day(month: dict[str, object]) -> float:
    """What all miners earn in a day at the subsidy of 2024-28."""
    return _number(month["price_usd"]) * (SUBSIDY_BTC_PER_DAY + _number(month["fees_btc"]) / DAYS)


def _number(value: object) -> float:
    return float(str(value))
