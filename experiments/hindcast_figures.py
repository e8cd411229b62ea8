"""The picture of a hindcast: what was simulated, with its band over seeds, against what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.figures.model import Band, Figure, Line
from experiments.wording import month

if TYPE_CHECKING:
    from experiments.figures.palette import Meaning
    from experiments.hindcast import Hindcast

SHOWN: tuple[tuple[str, str, str, Meaning, str], ...] = (
    ("hashrate_ehs", "Network hashrate", "EH/s", "btc", "happened: the chain"),
    ("hashprice_usd_per_ph_day", "Hashprice", "USD/PH/s a day", "money", "happened: the chain"),
    ("power_gw", "Power of all mines", "GW", "power", "happened: Cambridge index"),
    ("fleet_j_per_th", "Energy per hash, whole network", "J/TH", "hybrid", "happened: Cambridge index"),
)


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


def draw(result: Hindcast, path: Path) -> Path:
    """Write the four figures on one page as PNG."""
    from experiments.figures.draw import render_page

    path.parent.mkdir(parents=True, exist_ok=True)
    return render_page(figures(result), path)
