"""Does the sector settle? Forward runs under three coin prices, with and without an AI bust, and what drives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.figures.model import Figure, Line
from experiments.figures.palette import SHADES, Meaning
from experiments.rank_correlation import rank_correlations
from sim.months import month_number
from sim.outcomes import SIZE_WORDS
from sim.results import quantiles
from sim.scenario import Scenario
from sim.scenario.registry import fields

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet

# log growth of the coin price a year: over 7.5 years to three times, the same, a third
PRICES = {"rising": 0.15, "flat": 0.0, "falling": -0.15}
DEMANDS = {"base demand": "baseline", "AI bust in 2028": "ai-bust"}
YEARS = ("2028-12", "2030-12", "2033-12")
DRIVEN = ("network_hashrate", "ai_contracted", "exits_small_share")  # outcomes whose spread is explained
USED_MONTHS = 6  # every mechanism has had its turn: reviews are quarterly
HALVINGS = ("2028-04", "2032-04")  # about: the model's own date follows its blocks
STEADY = ("network_hashrate_ehs", "ai_rent_usd_m_per_mw_year", "firms_hybrid", "firms_ai", "firms_active")
SHOWN: tuple[tuple[str, str, str, Meaning, float], ...] = (
    ("network_hashrate_ehs", "Network hashrate", "EH/s", "btc", 1.0),
    ("ai_contracted_mw", "AI capacity leased from miners", "GW of critical IT", "ai", 1e-3),
    ("ai_rent_usd_m_per_mw_year", "Rent", "M USD per MW of IT and year", "money", 1.0),
    ("exits", "Exits since the start", "firms", "risk", 1.0),
)


@dataclass(frozen=True)
class Cell:
    """One forward run: a coin price, a demand, and its results."""

    price: str
    demand: str
    results: ResultSet


def forward(runs: int, seed: int = 0, months: int | None = None) -> list[Cell]:
    """The six cells, on the same random numbers; the coin price grows without noise, all else as ever."""
    from experiments.ensemble import simulate

    cells = []
    for demand, name in DEMANDS.items():
        for price, drift in PRICES.items():
            smooth = {"bitcoin.price_drift_per_year": drift, "bitcoin.price_volatility_scale": 0.0}
            scenario = Scenario.load(name).with_overrides(smooth)
            results = simulate(scenario, seed, runs, months=months, assumptions="fixed", firms="none")
            cells.append(Cell(price, demand, results))
    return cells


def table(cells: Sequence[Cell], years: Sequence[str] = YEARS) -> pd.DataFrame:
    """Medians at the months ``years``: hashrate, AI GW leased and delivered, rent, exits so far by size class."""
    import pandas as pd

    rows = []
    for cell in cells:
        for year in years:
            row: dict[str, object] = {"demand": cell.demand, "coin price": cell.price, "month": year}
            for name, column, scale in (
                ("hashrate EH/s", "network_hashrate_ehs", 1.0), ("AI leased GW", "ai_contracted_mw", 1e-3),
                ("AI delivered GW", "ai_delivered_mw", 1e-3), ("rent", "ai_rent_usd_m_per_mw_year", 1.0),
            ):  # fmt: skip
                row[name] = float(cell.results.series(column)[year].median()) * scale
            for size in SIZE_WORDS:
                row[f"exits {size}"] = float(cell.results.outcome(f"exits_{size}")[year].median())
            rows.append(row)
    return pd.DataFrame(rows)


def steadiness(cells: Sequence[Cell]) -> pd.DataFrame:
    """How fast things move, the worst month or quarter of any run of a cell.

    ``pivot``: most firms that turn from mining only in one quarter, as a share of the firms then alive.
    ``hashrate``: largest fall in a month, the months about a halving apart (``halving``). ``rent``: largest change in
    a month, either way.
    """
    import pandas as pd

    rows = []
    for cell in cells:
        series = {name: cell.results.series(name).to_numpy(float) for name in STEADY}
        steps = np.diff(np.log(series["network_hashrate_ehs"]), axis=1)
        months = [month_number(month) for month in cell.results.months[1:]]
        near = np.array([any(abs(month - month_number(h)) <= 1 for h in HALVINGS) for month in months])
        turned = series["firms_hybrid"] + series["firms_ai"]
        quarterly = turned[:, 3:] - turned[:, :-3]
        rows.append({
            "demand": cell.demand, "coin price": cell.price,
            "pivot": float(np.max(quarterly / series["firms_active"][:, 3:], initial=0.0)),
            "hashrate": _fall(steps[:, ~near]), "halving": _fall(steps[:, near]),
            "rent": float(np.max(np.abs(np.expm1(np.diff(np.log(series["ai_rent_usd_m_per_mw_year"]), axis=1))))),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _fall(log_steps: np.ndarray) -> float:
    return float(-np.expm1(np.min(log_steps, initial=0.0)))


def figures(cells: Sequence[Cell]) -> list[Figure]:
    """Small multiples: a row per outcome, a column per demand, a line per coin price."""
    made = []
    for column, title, unit, meaning, scale in SHOWN:
        for demand in DEMANDS:
            lines = []
            for cell, shade in zip([cell for cell in cells if cell.demand == demand], SHADES, strict=False):
                values = cell.results.series(column) * scale
                values = values.cumsum(axis=1) if column == "exits" else values
                lines.append(Line(cell.price.capitalize(), meaning, quantiles(values)[0.5].tolist(), shade))
            one = cells[0].results
            made.append(
                Figure(
                    key=f"stability-{column}-{DEMANDS[demand]}", title=f"{title}, {demand}",
                    subtitle=f"{unit}; by coin price: 15 % more a year, flat, 15 % less a year",
                    unit=unit, kind="lines", months=one.months, lines=tuple(lines), runs=len(one),
                    source="assumptions fixed, coin price without noise",
                )
            )  # fmt: skip
    return made


# ------------------------------------------------------------------ what drives the spread


def drivers(runs: int, seed: int = 0, months: int | None = None, top: int = 10) -> pd.DataFrame:
    """Rank correlation (Spearman) of the drawn assumptions with outcomes in the last month, over runs.

    Columns outcome, key, rho; for each outcome of DRIVEN the ``top`` largest in size. The coin price at the end,
    which is noise and drift together, stands beside the assumptions as ``coin price``.
    """
    import pandas as pd

    from experiments.ensemble import simulate

    scenario = Scenario.load("baseline")
    results = simulate(scenario, seed, runs, months=months, assumptions="sampled", firms="none")
    causes = drawn(scenario, seed, runs)
    causes["coin price"] = results.series("btc_price_usd").iloc[:, -1].to_numpy(float)
    rows: list[dict[str, object]] = []
    for name in DRIVEN:
        rho = rank_correlations(causes, results.outcome(name).iloc[:, -1])
        largest = rho.abs().nlargest(top).index
        rows.extend({"outcome": name, "key": str(key), "rho": float(rho[key])} for key in largest)
    return pd.DataFrame(rows)


def drawn(scenario: Scenario, seed: int, runs: int) -> pd.DataFrame:
    """The drawn value of every assumption with a distribution that this scenario uses, run x key."""
    import pandas as pd

    params = scenario.draw(seed, range(runs), mode="sampled")
    used = _used(scenario, seed)
    sampled = [info for info in fields() if info.distribution is not None and info.key in used]
    return pd.DataFrame({info.key: getattr(getattr(params, info.block), info.name)[:, 0] for info in sampled})


def _used(scenario: Scenario, seed: int) -> set[str]:
    """Keys that a run of some months looks at: a process or rule not chosen leaves its own alone."""
    from sim.sector import Sector

    read: set[str] = set()
    sector = Sector(scenario, seed, [0], months=USED_MONTHS, mode="sampled", track=read)
    while sector.t < sector.months:
        sector.advance()
    return read
