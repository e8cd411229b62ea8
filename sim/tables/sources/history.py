"""btc_history and hyperscaler_capex: what drove the sector, month by month and quarter by quarter."""

from __future__ import annotations

from pathlib import Path

from sim.tables.sources.common import Built, Row, read_rows, rounded

DIGITS = 3


def build_btc_history(data: Path) -> Built:
    """Price and fees 2012-01 to 2026-06; network and power to 2021-12 only, the end of what may be fitted."""
    power = {row["month"]: row["power_gw_guess"] for row in read_rows(data / "cbeci_monthly_2012_2021.csv")}
    built: Built = []
    for row in read_rows(data / "btc_monthly_2012_2021.csv"):
        built.append(
            {
                "month": row["month"],
                "price_usd": rounded(float(row["price_usd_mean"]), DIGITS),
                "fees_btc": rounded(float(row["fees_btc"]), DIGITS),
                "hashrate_ehs": rounded(float(row["hashrate_ehs_mean"]), DIGITS),
                "difficulty": rounded(float(row["difficulty_mean"]), DIGITS),
                "power_gw": rounded(float(power[row["month"]]), DIGITS),
                "basis": "sourced",
            }
        )
    for row in read_rows(data / "btc_price_monthly_2022_2026.csv"):
        built.append(_recent(row, built[-1]))
    return built


def _recent(row: Row, before: dict[str, object]) -> dict[str, object]:
    """A month after 2021; fees not yet known are those of the month before."""
    return {
        "month": row["month"],
        "price_usd": float(row["price_usd_mean"]),
        "fees_btc": float(row["fees_btc"]) if row["fees_btc"] else before["fees_btc"],
        "hashrate_ehs": "",
        "difficulty": "",
        "power_gw": "",
        "basis": "sourced" if row["fees_btc"] else "carried",
    }


COMPANIES = ("amzn_usd_bn", "goog_usd_bn", "msft_usd_bn")


def build_hyperscaler_capex(data: Path) -> Built:
    """Capital spending of Amazon, Alphabet and Microsoft; a missing cell is the mean of its neighbours."""
    rows = read_rows(data / "hyperscaler_capex_quarterly.csv")
    built: Built = []
    for number, row in enumerate(rows):
        total = sum(
            float(row[name]) if row[name] else (float(rows[number - 1][name]) + float(rows[number + 1][name])) / 2
            for name in COMPANIES
        )
        complete = all(row[name] for name in COMPANIES)
        built.append(
            {
                "quarter": row["quarter"],
                "usd_bn": rounded(total, DIGITS),
                "basis": "sourced" if complete else "estimated",
            }
        )
    return built
