"""The pictures of a hindcast and of the pivot's: what was simulated, its band over seeds, what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.figures.model import Band, Figure, Line
from experiments.wording import month

if TYPE_CHECKING:
    from experiments.backcast import Backcast
    from experiments.figures.palette import Meaning
    from experiments.hindcast import Hindcast

SHOWN: tuple[tuple[str, str, str, Meaning, str], ...] = (
    ("hashrate_ehs", "Network hashrate", "EH/s", "btc", "happened: the chain"),
    ("hashprice_usd_per_ph_day", "Hashprice", "USD/PH/s a day", "money", "happened: the chain"),
    ("power_gw", "Power of all mines", "GW", "power", "happened: Cambridge index"),
    ("fleet_j_per_th", "Energy per hash, whole network", "J/TH", "hybrid", "happened: Cambridge index"),
)


PIVOT: tuple[tuple[str, str, str, Meaning, float, str], ...] = (
    ("signed_it_mw", "AI capacity leased from miners", "GW of critical IT", "ai", 1e-3, "happened: contract table"),
    ("delivered_it_mw", "Of it delivered", "GW of critical IT", "ai", 1e-3, "happened: row by row, 0.44 to 1.02"),
    ("ai_rent_usd_m_per_mw_year", "Rent of new colocation leases", "M USD per MW of IT and year", "money", 1.0,
     "happened: leases of the month"),
    ("network_hashrate_ehs", "Network hashrate", "EH/s", "btc", 1.0, "happened: points of reports"),
    ("hashprice_usd_per_ph_day", "Hashprice", "USD/PH/day", "money", 1.0, "happened: points of reports"),
)  # fmt: skip


def pivot_figures(result: Backcast) -> list[Figure]:
    """Leased, delivered, rent, hashrate, hashprice: median and band over seeds, and what is known of them."""
    frame = result.months
    span = f"{month(frame['month'].iloc[0])} to {month(frame['month'].iloc[-1])}"
    made = []
    for column, title, unit, meaning, scale, source in PIVOT:
        band = Band(*((frame[f"{column}_p{share}"] * scale).tolist() for share in (10, 25, 75, 90)))
        simulated = (frame[column] * scale).tolist()
        lines = [Line("Simulated", meaning, simulated, band=band if result.runs > 1 else None)]
        happened = (frame[f"{column}_real"] * scale).tolist()
        if not np.isnan(happened).all():
            points = bool(np.isnan(happened).any())
            lines.append(Line("Happened", "baseline", happened, points=points))
        made.append(
            Figure(
                key=f"pivot-{column}", title=title, subtitle=f"{unit}, {span}", unit=unit, kind="lines",
                months=frame["month"].tolist(), lines=tuple(lines), runs=result.runs, source=source,
            )
        )  # fmt: skip
    return made


def figures(result: Hindcast) -> list[Figure]:
    """Hashrate, hashprice, power and J/TH over the months with a known hashrate (all months, if none is known)."""
    known = np.flatnonzero(result.months["hashrate_ehs_real"].notna())
    frame = result.months.iloc[: known[-1] + 1] if len(known) else result.months
    span = f"{month(frame['month'].iloc[0])} to {month(frame['month'].iloc[-1])}"
    made = []
    for column, title, unit, meaning, source in SHOWN:
        band = Band(*(frame[f"{column}_p{share}"].tolist() for share in (10, 25, 75, 90)))
        lines = [Line("Simulated", meaning, frame[column].tolist(), band=band if result.runs > 1 else None)]
        if frame[f"{column}_real"].notna().iloc[-1]:
            lines.append(Line("Happened", "baseline", frame[f"{column}_real"].tolist()))
        made.append(
            Figure(
                key=f"hindcast-{column}", title=title, subtitle=f"{unit}, {span}, logarithmic", unit=unit,
                kind="lines", months=frame["month"].tolist(), lines=tuple(lines), runs=result.runs, source=source,
                log=True,
            )
        )  # fmt: skip
    return made


def draw(result: Hindcast | Backcast, path: Path) -> Path:
    """Write the figures of either case on one page as PNG."""
    from experiments.figures.draw import render_page
    from experiments.hindcast import Hindcast as History

    path.parent.mkdir(parents=True, exist_ok=True)
    return render_page(figures(result) if isinstance(result, History) else pivot_figures(result), path)
