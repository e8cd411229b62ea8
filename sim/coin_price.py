"""Paths of the coin price: constant, from a file, random walk with jumps, two regimes, or real months again.

Every process starts at bitcoin.price_usd in month 0 and adds monthly log returns from month 1 on. The drift is
the mean growth of the logarithm, so that a wilder price does not move the median path. All noise is scaled by
bitcoin.price_volatility_scale.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.economics import Floats
from sim.errors import UserError
from sim.months import days_in_month, month_name, month_number
from sim.streams import Streams

if TYPE_CHECKING:
    from sim.tables import Table

# Months whose returns the bootstrap draws again: the five years since listed miners became large.
BOOTSTRAP_FIRST, BOOTSTRAP_LAST = "2021-07", "2026-06"

# Calm and wild months (both booms and busts): two-state fit to monthly means 2013-01 to 2026-06, log sd 0.51
# and 1.05 a year, rescaled so that the long-run sd is bitcoin.gbm_volatility_per_year.
CALM_SD, WILD_SD = 0.86, 1.77
TURNS_WILD, TURNS_CALM = 0.03, 0.25

# Unit of surprises on a given path: real monthly log returns 2016-07 to 2026-06 have an sd of 0.61 a year.
FILE_SD = 0.61 / 12**0.5


@dataclass(frozen=True)
class CoinPaths:
    """`price` USD/BTC and `surprise` (log return less drift, in standard deviations; 0 in month 0), (R, M);
    `fees` BTC per day (M,), nan where no file gives them."""

    price: Floats
    surprise: Floats
    fees: Floats


def coin_paths(bitcoin: Any, streams: Streams, history: Table, start: str, months: int) -> CoinPaths:
    """Paths of `months` months from `start` under the process named by the scenario's block `bitcoin`.

    `history` holds monthly mean prices (columns month, price_usd). UserError if a price file is not usable.
    """
    runs = len(streams.runs)
    unknown_fees = np.full(months, np.nan)
    if bitcoin.price_process == "constant":
        flat = np.broadcast_to(bitcoin.price_usd, (runs, months)).copy()
        return CoinPaths(flat, np.zeros((runs, months)), unknown_fees)
    if bitcoin.price_process == "csv":
        prices, fees = read_price_file(bitcoin.price_path_csv)
        return _given(bitcoin, f"bitcoin.price_path_csv: {bitcoin.price_path_csv}", prices, fees, runs, start, months)
    if bitcoin.price_process == "history":
        return _given(bitcoin, "table btc_history", *_known(history), runs, start, months)
    walk_sd = bitcoin.gbm_volatility_per_year / 12**0.5
    if bitcoin.price_process == "bootstrap":
        noise, sd = _bootstrap_noise(streams, history, int(bitcoin.bootstrap_block_months), months)
    elif bitcoin.price_process == "gbm":
        noise = walk_sd * _normals(streams, months) + _jumps(bitcoin, streams, months)
        sd = np.sqrt(walk_sd**2 + bitcoin.jump_rate_per_year / 12.0 * bitcoin.jump_size_sd**2)
    elif bitcoin.price_process == "regime":
        wild = _wild_months(streams, months)
        noise, sd = walk_sd * np.where(wild, WILD_SD, CALM_SD) * _normals(streams, months), walk_sd
    else:
        raise UserError(f"bitcoin.price_process: there is no process {bitcoin.price_process!r}")
    noise[:, 0] = 0.0
    returns = bitcoin.price_drift_per_year / 12.0 + bitcoin.price_volatility_scale * noise
    returns[:, 0] = 0.0
    price = bitcoin.price_usd * np.exp(np.cumsum(returns, axis=-1))
    return CoinPaths(price, noise / np.maximum(sd, 1e-12), unknown_fees)


def _normals(streams: Streams, months: int) -> Floats:
    return streams.normals("coin_price", months)


def _jumps(bitcoin: Any, streams: Streams, months: int) -> Floats:
    """Log jumps (R, M), at most one a month: it comes with the chance of one or more Poisson events."""
    comes = streams.uniforms("coin_jump", months) < -np.expm1(-bitcoin.jump_rate_per_year / 12.0)
    return np.where(comes, bitcoin.jump_size_sd * streams.normals("coin_jump_size", months), 0.0)


def _wild_months(streams: Streams, months: int) -> np.ndarray:
    """Which months are wild (R, M): a two-state chain that starts in its long-run distribution."""
    draws = streams.uniforms("coin_regime", months)
    wild = np.empty(draws.shape, dtype=bool)
    wild[:, 0] = draws[:, 0] < TURNS_WILD / (TURNS_WILD + TURNS_CALM)
    for t in range(1, months):
        wild[:, t] = draws[:, t] < np.where(wild[:, t - 1], 1.0 - TURNS_CALM, TURNS_WILD)
    return wild


def _bootstrap_noise(streams: Streams, history: Table, block: int, months: int) -> tuple[Floats, float]:
    """Demeaned real log returns drawn in blocks (R, M), and their standard deviation.

    Circular: a block that starts near the end of the history goes on at its beginning, so that every month is
    equally likely.
    """
    known = np.asarray(history["month"]).astype(str)
    window = (known >= month_name(month_number(BOOTSTRAP_FIRST) - 1)) & (known <= BOOTSTRAP_LAST)
    returns = np.diff(np.log(np.asarray(history["price_usd"], dtype=np.float64)[window]))
    if len(returns) < 2:
        raise UserError(f"table btc_history needs the months {BOOTSTRAP_FIRST} to {BOOTSTRAP_LAST} for the bootstrap")
    returns -= returns.mean()
    # Month 0 has no return: the first block starts in month 1.
    first = (streams.uniforms("coin_price", ceil(months / block)) * len(returns)).astype(np.int64)
    order = (first[:, :, None] + np.arange(block)) % len(returns)
    drawn = np.take(returns, order).reshape(len(first), -1)[:, : months - 1]
    return np.concatenate((np.zeros((len(first), 1)), drawn), axis=-1), float(returns.std())


def _known(history: Table) -> tuple[dict[int, float], dict[int, float]]:
    """Prices and monthly fees of the history table by month number; an unknown fee takes the month's before."""
    prices, fees, last = {}, {}, np.nan
    for month, price, fee in zip(history["month"], history["price_usd"], history["fees_btc"], strict=True):
        last = last if np.isnan(fee) else float(fee)
        prices[month_number(str(month))], fees[month_number(str(month))] = float(price), last
    return prices, fees


def _given(
    bitcoin: Any, source: str, prices: dict[int, float], fees: dict[int, float], runs: int, start: str, months: int
) -> CoinPaths:
    """A given path, equal for all runs; before its first month the price stays at the start value."""
    numbers = range(month_number(start), month_number(start) + months)
    begin = min(prices)
    missing = [month_name(number) for number in numbers if number >= begin and number not in prices]
    if missing:
        raise UserError(f"{source} has no price for {missing[0]}")
    path = np.array([prices.get(number, np.nan) for number in numbers])
    price = np.where(np.isnan(path), bitcoin.price_usd, np.broadcast_to(path, (runs, months)))
    returns = np.diff(np.log(price), axis=-1, prepend=np.log(price[:, :1]))
    daily_fees = np.array([fees.get(number, np.nan) / days_in_month(number) for number in numbers])
    return CoinPaths(price, returns / FILE_SD, daily_fees)


def read_price_file(path: str) -> tuple[dict[int, float], dict[int, float]]:
    """Prices (USD/BTC) and fees (BTC in the month, where given) by month number, from a CSV file.

    Columns: month, price_usd (or price_usd_mean), and fees_btc if known. UserError names what is wrong, where.
    """
    if not path:
        raise UserError("bitcoin.price_process csv needs a file: set bitcoin.price_path_csv")
    if not Path(path).is_file():
        raise UserError(f"bitcoin.price_path_csv: there is no file {path}")
    with Path(path).open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        columns = reader.fieldnames or []
        column = next((name for name in ("price_usd", "price_usd_mean") if name in columns), None)
        if "month" not in columns or column is None:
            raise UserError(f"bitcoin.price_path_csv: {path} needs the columns month and price_usd")
        prices: dict[int, float] = {}
        fees: dict[int, float] = {}
        for row in reader:
            try:
                number = month_number(row["month"])
                prices[number] = _amount(row[column], least=1e-9)
                if row.get("fees_btc"):
                    fees[number] = _amount(row["fees_btc"], least=0.0)
            except (ValueError, TypeError, AttributeError):
                raise UserError(
                    f"bitcoin.price_path_csv: {path}, line {reader.line_num}: needs a month such as 2027-01, "
                    "a price above zero, and fees that are empty or not negative"
                ) from None
    if not prices:
        raise UserError(f"bitcoin.price_path_csv: {path} holds no month")
    return prices, fees


def _amount(cell: str, least: float) -> float:
    value = float(cell)
    if not least <= value < float("inf"):
        raise ValueError
    return value
