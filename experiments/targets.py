"""What a hindcast is fed with and held against: a table of months, checked cell by cell."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.economics import mining
from sim.errors import UserError
from sim.months import days_in_month, is_month, month_name, month_number
from sim.tables import load_tables

Array = np.ndarray
PRICE, FEES, HASHRATE, POWER = "price_usd_mean", "fees_btc", "hashrate_ehs_mean", "power_gw_guess"
SHIPPED_NAMES = {PRICE: "price_usd", HASHRATE: "hashrate_ehs", POWER: "power_gw"}
OPTIONAL = ("issuance_btc", "difficulty_mean", POWER)
HALVING_DAYS = (("2012-11", 28), ("2016-07", 9), ("2020-05", 11), ("2024-04", 20))  # facts of the chain
HASHES_PER_DIFFICULTY = 2.0**32


@dataclass(frozen=True)
class Targets:
    """Months in order without gaps; arrays (M,), nan where not known.

    ``price`` USD, ``fees`` and ``issuance`` BTC in the month, ``hashrate`` EH/s, ``power`` GW.
    """

    months: tuple[str, ...]
    price: Array
    fees: Array
    issuance: Array
    hashrate: Array
    power: Array

    def arrays(self) -> tuple[Array, ...]:
        """Price, fees, issuance, hashrate, power."""
        return self.price, self.fees, self.issuance, self.hashrate, self.power

    @property
    def coins_per_day(self) -> Array:
        """Subsidy and fees a day (M,), BTC."""
        days = np.array([days_in_month(month_number(month)) for month in self.months], dtype=float)
        return (self.issuance + self.fees) / days

    @property
    def revenue(self) -> Array:
        """What all miners earn in a day (M,), USD."""
        return self.price * self.coins_per_day

    @property
    def hashprice(self) -> Array:
        """USD/PH/day (M,), where hashrate is known."""
        return mining.hashprice(self.price, self.coins_per_day, self.hashrate)

    def window(self, start: str, end: str) -> Targets:
        """The months start..end. UserError if prices do not reach that far."""
        known = {month: k for k, month in enumerate(self.months)}
        wanted = [month_name(n) for n in range(month_number(start), month_number(end) + 1)]
        missing = next((month for month in wanted if month not in known or np.isnan(self.price[known[month]])), None)
        if missing:
            raise UserError(f"there is no price for {missing}; the data must hold all months from {start} to {end}.")
        rows = [known[month] for month in wanted]
        parts = (values[rows] for values in self.arrays())
        return Targets(tuple(wanted), *parts)

    def last_known(self) -> str:
        """The last month with a hashrate, or with a price where no hashrate is known at all."""
        for values in (self.hashrate, self.price):
            known = np.flatnonzero(~np.isnan(values))
            if len(known):
                return self.months[known[-1]]
        raise UserError("the data hold no price and no hashrate.")


def shipped_targets() -> Targets:
    """The table that comes with hashpivot: targets to 2021-12, price and fees to 2026-06."""
    table = load_tables().btc_history
    months = [str(month) for month in table["month"]]
    names = (PRICE, FEES, HASHRATE, POWER)
    columns = {name: np.asarray(table[SHIPPED_NAMES.get(name, name)], float) for name in names}
    columns["difficulty_mean"] = np.asarray(table["difficulty"], float)
    return _build(months, columns)


def read_targets(path: str | Path, start: str = "0000-01", end: str = "9999-12") -> Targets:
    """Targets from a CSV file with the columns of the calibration data; rows outside start..end are ignored.

    Columns: month, price_usd_mean, fees_btc, hashrate_ehs_mean; optional power_gw_guess, issuance_btc,
    difficulty_mean. An empty cell is not known; an empty fee takes the month's before, an empty price inside
    the months asked for is an error. UserError names file, line and column.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"there is no file {path}.")
    months: list[str] = []
    rows: list[dict[str, float]] = []
    with path.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        lacking = [n for n in ("month", PRICE, FEES, HASHRATE) if n not in (reader.fieldnames or [])]
        if lacking:
            raise UserError(f"{path}: the column {lacking[0]} is missing (line 1).")
        try:
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                month = _month(row["month"], where)
                if not start <= month <= end:
                    continue
                if months and month_number(month) != month_number(months[-1]) + 1:
                    raise UserError(f"{where}: {month} does not follow {months[-1]}; months must follow each other.")
                months.append(month)
                rows.append({name: _cell(row, name, where) for name in (PRICE, FEES, HASHRATE, *OPTIONAL)})
                if np.isnan(rows[-1][PRICE]):
                    raise UserError(f"{where}: {PRICE} is empty; the simulation needs a price in every month.")
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{path} cannot be read as CSV text: {error}.") from None
    if not months:
        raise UserError(f"{path}: no month between {start} and {end}.")
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return _build(months, columns)


def _month(cell: str | None, where: str) -> str:
    text = (cell or "").strip()
    if is_month(text):
        return text
    raise UserError(f"{where}: the month must look like 2021-05, not {text!r}.")


def _cell(row: dict[str, str], name: str, where: str) -> float:
    """Value of a cell, nan if empty or without the column."""
    text = (row.get(name) or "").strip()
    if not text:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{where}: {name} is not a number: {text!r}.") from None
    least = 0.0 if name == FEES else np.nextafter(0.0, 1.0)
    if not least <= value < np.inf:
        raise UserError(f"{where}: {name} must be {'zero or more' if name == FEES else 'above zero'}, not {text}.")
    return value


def _build(months: list[str], columns: dict[str, Array]) -> Targets:
    fees = columns[FEES].copy()
    for k in range(1, len(fees)):
        fees[k] = fees[k - 1] if np.isnan(fees[k]) else fees[k]
    fees = np.where(np.isnan(fees), 0.0, fees)  # only before the first known fee
    issuance = columns.get("issuance_btc", np.full(len(months), np.nan))
    issuance = np.where(np.isnan(issuance), _issued(months, columns), issuance)
    return Targets(tuple(months), columns[PRICE], fees, issuance, columns[HASHRATE], columns[POWER])


def _issued(months: list[str], columns: dict[str, Array]) -> Array:
    """New coins of each month (M,): subsidy times blocks, which follow from hashrate and difficulty where known."""
    blocks = []
    for k, month in enumerate(months):
        days = days_in_month(month_number(month))
        per_day = columns[HASHRATE][k] * 1e18 * 86_400 / (columns["difficulty_mean"][k] * HASHES_PER_DIFFICULTY)
        blocks.append((mining.BLOCKS_PER_DAY if np.isnan(per_day) else per_day) * days)
    return np.array([subsidy(month) for month in months]) * np.array(blocks)


def subsidy(month: str) -> float:
    """Mean new coins per block in a calendar month; a halving splits its month by days."""
    before = 50.0 * 0.5 ** sum(halving < month for halving, _ in HALVING_DAYS)
    day = dict(HALVING_DAYS).get(month)
    if day is None:
        return before
    share = (day - 1) / days_in_month(month_number(month))
    return before * (share + 0.5 * (1 - share))
