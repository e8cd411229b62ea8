"""The engine held against what happened: real coin price and fees in; hashrate, hashprice and power out.

The same engine and the same scenario as everywhere else (``history``); a hindcast only feeds it a given path and
scores what comes out. Errors are those of the median path over runs.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import scores
from experiments.benchmarks_naive import benchmark_paths
from experiments.targets import Targets, read_targets, shipped_targets
from sim.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from sim.runs import Progress
    from sim.scenario import Scenario

Array = np.ndarray
START, TRAIN_END = "2016-07", "2021-12"
FIRST_START, LAST_START = "2015-09", "2017-06"  # starts for which the fleet of mid-2016 is a fair beginning
SIMULATED = {
    "hashrate_ehs": "network_hashrate_ehs",
    "hashprice_usd_per_ph_day": "hashprice_usd_per_ph_day",
    "power_gw": "mining_power_gw",
    "fleet_j_per_th": "fleet_j_per_th",
}


@dataclass(frozen=True)
class Hindcast:
    """``months``: one row per month, simulated medians and quantiles, and what happened (``_real``).

    ``windows``: the errors of each window, those of the rules of thumb under ``benchmarks``.
    """

    months: pd.DataFrame
    windows: list[dict[str, Any]]
    runs: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """The object of ``hindcast --json``; what is not known is None."""
        rows = self.months.astype(object).where(self.months.notna(), None).to_dict(orient="records")
        return {"case": "history", "runs": self.runs, "seed": self.seed, "windows": self.windows, "months": rows}

    def window(self, name: str) -> dict[str, Any]:
        """The errors of the window "train" or "test"."""
        return next(window for window in self.windows if window["name"] == name)


def hindcast(
    data: str | Path | None = None,
    start: str = START,
    train_end: str = TRAIN_END,
    end: str | None = None,
    runs: int = 32,
    seed: int = 0,
    *,
    workers: int = 1,
    scenario: Scenario | None = None,
    on_progress: Progress | None = None,
) -> Hindcast:
    """Run the past again from ``start`` to ``end`` and score it on the windows up to and after ``train_end``.

    ``data`` is a CSV file (see ``read_targets``), by default the shipped table; ``end`` is by default the last
    month with a known hashrate. Neither ``train_end`` nor hashrate or power of the data change what is simulated
    (but for the network's hashrate in a ``start`` other than 2016-07, from which the run begins).
    Raises UserError for input that cannot be used.
    """
    targets = _targets(data, start, end)
    _check_months(start, train_end, targets.months[-1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coin.csv"
        write_coin_path(targets, path)
        results = _simulate(targets, path, start, runs, seed, workers, scenario, on_progress)
    frame = _months(results, targets)
    return Hindcast(frame, _windows(frame, targets, train_end), runs, seed)


def _targets(data: str | Path | None, start: str, end: str | None) -> Targets:
    known = shipped_targets() if data is None else read_targets(data, start, end or "9999-12")
    return known.window(start, end or known.last_known())


def _check_months(start: str, train_end: str, end: str) -> None:
    if not FIRST_START <= start <= LAST_START:
        raise UserError(
            f"--start must lie between {FIRST_START} and {LAST_START}, not {start}: the fleet that a run begins with "
            "is that of mid-2016."
        )
    if not start <= end:
        raise UserError(f"--end {end} lies before --start {start}.")
    if not start <= train_end:
        raise UserError(f"--train-end {train_end} lies before --start {start}.")


def write_coin_path(targets: Targets, path: Path) -> None:
    """Price and fees, and nothing else of the data, as the engine reads them."""
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(("month", "price_usd", "fees_btc"))
        writer.writerows(zip(targets.months, targets.price.tolist(), targets.fees.tolist(), strict=True))


def _simulate(
    targets: Targets, path: Path, start: str, runs: int, seed: int, workers: int,
    scenario: Scenario | None, on_progress: Progress | None,
) -> Any:  # fmt: skip
    from experiments.ensemble import simulate
    from sim.scenario import Scenario as Loaded

    changes: dict[str, Any] = {"bitcoin.price_process": "csv", "bitcoin.price_path_csv": str(path)}
    if start != START:
        if np.isnan(targets.hashrate[0]):
            raise UserError(f"a run from {start} needs the network's hashrate in that month.")
        changes |= {"world.start": start, "bitcoin.network_hashrate_ehs": float(targets.hashrate[0])}
    fed = (scenario or Loaded.load("history")).with_overrides(changes)
    return simulate(
        fed, seed, runs, months=len(targets.months), assumptions="fixed", firms="none", workers=workers,
        on_progress=on_progress,
    )  # fmt: skip


def _months(results: Any, targets: Targets) -> pd.DataFrame:
    """The table of months: median and quantiles over runs, and what happened under the same name + ``_real``."""
    import pandas as pd

    sector = results.table("sector")
    # the sites' overhead included, as in the index
    sector["fleet_j_per_th"] = 1000 * sector["mining_power_gw"] / sector["network_hashrate_ehs"]
    columns: dict[str, Any] = {"month": list(targets.months), "price_usd": targets.price}
    real = {
        "hashrate_ehs": targets.hashrate, "hashprice_usd_per_ph_day": targets.hashprice, "power_gw": targets.power,
        "fleet_j_per_th": 1000 * targets.power / targets.hashrate,
    }  # fmt: skip
    for name, column in SIMULATED.items():
        values = sector.pivot(index="month", columns="run", values=column).loc[list(targets.months)].to_numpy(float)
        columns[name] = np.median(values, axis=1)
        for share in (10, 25, 75, 90):
            columns[f"{name}_p{share}"] = np.percentile(values, share, axis=1)
        columns[f"{name}_real"] = real[name]
    return pd.DataFrame(columns)


def _windows(frame: pd.DataFrame, targets: Targets, train_end: str) -> list[dict[str, Any]]:
    months = np.array(targets.months)
    train = months <= train_end
    paths = benchmark_paths(targets, train)
    windows = []
    for name, inside in (("train", train), ("test", ~train)):
        if inside.any():
            windows.append(_window(name, frame[inside], months[inside], {k: p[inside] for k, p in paths.items()}))
    return windows


def _window(name: str, frame: pd.DataFrame, months: Array, benchmarks: dict[str, Array]) -> dict[str, Any]:
    def pair(column: str) -> tuple[Array, Array]:
        return frame[column].to_numpy(float), frame[f"{column}_real"].to_numpy(float)

    hashrate, hashprice, power = pair("hashrate_ehs"), pair("hashprice_usd_per_ph_day"), pair("power_gw")
    real = hashrate[1]
    return {
        "name": name, "start": str(months[0]), "end": str(months[-1]), "months": len(months),
        "hashrate_mape": scores.mape(*hashrate), "hashrate_log_rmse": scores.log_rmse(*hashrate),
        "hashrate_bias": scores.bias(*hashrate), "hashprice_mape": scores.mape(*hashprice),
        "hashprice_bias": scores.bias(*hashprice),
        "power_mape": scores.mape(*power), "power_log_rmse": scores.log_rmse(*power),
        "power_bias": scores.bias(*power),
        "turning_points": scores.turning_point_score(*hashrate),
        "benchmarks": {
            rule: {"hashrate_mape": scores.mape(path, real), "hashrate_log_rmse": scores.log_rmse(path, real)}
            for rule, path in benchmarks.items()
        },
    }  # fmt: skip


