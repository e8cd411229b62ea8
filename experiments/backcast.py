"""The pivot of 2024-12 to 2026-06 run again: real coin price and fees and what the clouds spent in, leases out.

The same engine as everywhere else, with the scenario ``pivot-2024``. What came of it is compared month by month and,
since the total of leases is a weak test, by composition (``experiments.composition``) with the leases that were
signed, and with a null rule by which every miner takes every AI deal he can get. No target reaches the simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import composition as comp
from experiments import scores
from experiments.null_rule import NULL_RULE
from sim.errors import UserError
from sim.months import month_number
from sim.tables import Tables, load_tables

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet
    from sim.runs import Progress
    from sim.scenario import Scenario

Array = np.ndarray
SCENARIO = "pivot-2024"
START, TRAIN_END, END = "2024-12", "2025-12", "2026-06"
FIRST_DEAL = "2025-01"  # what was signed by the end of 2024 is given to the run
TOP, TOP_MONTH = 10, "2025-11"
PAUSE = ("2026-01", "2026-03")
FAILURES = ("restructuring", "exit")
SHOWN = {
    "signed_it_mw": "ai_contracted_mw", "delivered_it_mw": "ai_delivered_mw",
    "ai_rent_usd_m_per_mw_year": "ai_rent_usd_m_per_mw_year", "network_hashrate_ehs": "network_hashrate_ehs",
    "hashprice_usd_per_ph_day": "hashprice_usd_per_ph_day",
}  # fmt: skip
LEVELS = (10, 25, 75, 90)


@dataclass(frozen=True)
class Backcast:
    """``months``: a row per month with medians, quantiles and what happened (``_real``, nan where not known).

    ``windows``: errors of the median path, of the null rule and of no change. ``composition``: score and its parts.
    ``shares``: MW by class, real, simulated and by the null rule. ``outcomes``: single numbers beside what happened.
    """

    months: pd.DataFrame
    windows: list[dict[str, Any]]
    composition: dict[str, Any]
    shares: pd.DataFrame
    outcomes: dict[str, dict[str, float | None]]
    runs: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """The object of ``hindcast --case pivot --json``; what is not known is None."""
        rows = self.months.astype(object).where(self.months.notna(), None).to_dict(orient="records")
        return {
            "case": "pivot", "runs": self.runs, "seed": self.seed, "windows": self.windows,
            "composition": self.composition, "outcomes": self.outcomes, "months": rows,
        }  # fmt: skip

    def window(self, name: str) -> dict[str, Any]:
        """The errors of the window "train" or "test"."""
        return next(window for window in self.windows if window["name"] == name)


def backcast(
    train_end: str = TRAIN_END,
    end: str = END,
    runs: int = 32,
    seed: int = 0,
    *,
    workers: int = 1,
    scenario: Scenario | None = None,
    null: ResultSet | None = None,
    on_progress: Progress | None = None,
) -> Backcast:
    """Run 2024-12 to ``end`` again, under the scenario's rule and under the null rule, and score both.

    ``train_end`` only moves the windows. ``null`` are results of the null rule if they are at hand already.
    Raises UserError for months that cannot be used.
    """
    _check_months(train_end, end)
    months = month_number(end) - month_number(START) + 1
    whole = _two_halves(on_progress, runs * months)
    results = run_case(scenario, months, runs, seed, workers=workers, on_progress=whole(0))
    if null is None:
        changed = _loaded(scenario).with_overrides({"behaviour.rule": NULL_RULE})
        null = run_case(changed, months, runs, seed, workers=workers, on_progress=whole(1))
    tables = load_tables()
    frame, plain = _months(results, tables), _months(null, tables)
    scored, parts, shares = _composition(results, null, tables, end)
    return Backcast(
        frame, _windows(frame, plain, train_end), {**scored, "parts": parts}, shares,
        _outcomes(results, null, tables), runs, seed,
    )  # fmt: skip


def run_case(
    scenario: Scenario | None, months: int, runs: int, seed: int, *, workers: int = 1,
    on_progress: Progress | None = None,
) -> ResultSet:  # fmt: skip
    """Results of the case with firm tables of all runs; ``scenario`` None is the shipped one."""
    from experiments.ensemble import simulate

    return simulate(
        _loaded(scenario), seed, runs, months=months, assumptions="fixed", firms="all", workers=workers,
        plugins=("experiments.null_rule",), on_progress=on_progress,
    )  # fmt: skip


def _loaded(scenario: Scenario | None) -> Scenario:
    from sim.scenario import Scenario as Loaded

    return scenario or Loaded.load(SCENARIO)


def _two_halves(on_progress: Progress | None, each: int) -> Any:
    """Progress of two simulations of ``each`` run-months told as one."""

    def part(number: int) -> Progress | None:
        return on_progress and (lambda done, _: on_progress(number * each + done, 2 * each))

    return part


def _check_months(train_end: str, end: str) -> None:
    if not START <= end <= END:
        raise UserError(f"--end must lie between {START} and {END} in this case, not {end}: prices end there.")
    if not train_end >= START:
        raise UserError(f"--train-end {train_end} lies before the start, {START}.")


# ------------------------------------------------------------------ months


def real_months(tables: Tables, months: list[str]) -> dict[str, Array]:
    """What happened by the names of SHOWN, (M,); nan where not known."""
    leases = tables.leases
    signed, mw = leases["signed"], leases["it_mw"]
    known = {(str(q), str(m)): float(v) for q, m, v in zip(*(tables.pivot_targets[c] for c in
             ("quantity", "month", "value")), strict=True)}  # fmt: skip
    real = {name: np.array([known.get((name, month), np.nan) for month in months]) for name in SHOWN}
    real["signed_it_mw"] = np.array([float(mw[signed <= month].sum()) for month in months])
    delivered = float(leases["delivered_it_mw_2026_06"].sum())
    real["delivered_it_mw"] = np.array([delivered if month == END else np.nan for month in months])
    hall = (leases["product"] == "colocation") & (leases["funding"] == "landlord")
    rent = leases["rent_usd_m_per_mw_year"]
    real["ai_rent_usd_m_per_mw_year"] = np.array([_mean(rent, mw, hall & (signed == month)) for month in months])
    return real


def _mean(values: Array, weights: Array, rows: Array) -> float:
    return float(np.average(values[rows], weights=weights[rows])) if rows.any() else np.nan


def _months(results: ResultSet, tables: Tables) -> pd.DataFrame:
    import pandas as pd

    real = real_months(tables, results.months)
    columns: dict[str, Any] = {
        "month": results.months, "btc_price_usd": np.median(results.series("btc_price_usd").to_numpy(), axis=0)
    }  # fmt: skip
    for name, column in SHOWN.items():
        values = results.series(column).to_numpy(float)
        columns[name] = np.median(values, axis=0)
        for level in LEVELS:
            columns[f"{name}_p{level}"] = np.percentile(values, level, axis=0)
        columns[f"{name}_real"] = real[name]
    return pd.DataFrame(columns)


def _windows(frame: pd.DataFrame, null: pd.DataFrame, train_end: str) -> list[dict[str, Any]]:
    train = (frame["month"] <= train_end).to_numpy()
    windows = []
    for name, inside in (("train", train), ("test", ~train)):
        if inside.any():
            first = int(np.flatnonzero(inside)[0])
            windows.append(_window(name, frame[inside], null[inside], frame.iloc[max(first - 1, 0)]))
    return windows


def _window(name: str, frame: pd.DataFrame, null: pd.DataFrame, before: pd.Series) -> dict[str, Any]:
    """Errors of a window; ``before`` is the row of the last month before it, or its first."""
    rules = {NULL_RULE: null, "no_change": None}
    return {
        "name": name, "start": frame["month"].iloc[0], "end": frame["month"].iloc[-1], "months": len(frame),
        **_errors(frame), "power_mape": None,
        "benchmarks": {rule: _errors(frame, path, before) for rule, path in rules.items()},
    }  # fmt: skip


SCORED = {
    "hashrate": "network_hashrate_ehs", "hashprice": "hashprice_usd_per_ph_day", "signed": "signed_it_mw",
    "rent": "ai_rent_usd_m_per_mw_year",
}  # fmt: skip


def _errors(frame: pd.DataFrame, path: pd.DataFrame | None = None, before: Any = None) -> dict[str, Any]:
    """Errors of the simulated columns, of those of ``path``, or of the row ``before`` for all months."""
    errors: dict[str, Any] = {}
    for name, column in SCORED.items():
        real = frame[f"{column}_real"].to_numpy(float)
        if before is None:
            values = frame[column].to_numpy(float)
        else:
            values = path[column].to_numpy(float) if path is not None else np.full(len(real), _last(before, column))
        errors[f"{name}_mape"] = scores.mape(values, real)
        errors[f"{name}_log_rmse"] = scores.log_rmse(values, real)
        errors[f"{name}_bias"] = scores.bias(values, real)
    return errors


def _last(row: Any, column: str) -> float:
    """What was known in a month, or simulated if nothing was."""
    real = float(row[f"{column}_real"])
    return float(row[column]) if np.isnan(real) else real


# ------------------------------------------------------------------ composition


def _composition(
    results: ResultSet, null: ResultSet, tables: Tables, end: str
) -> tuple[dict[str, Any], dict[str, dict[str, float]], pd.DataFrame]:
    """The object ``composition``, the parts of both scores, and the shares of MW by class."""
    share = float(tables.pivot_targets["value"][list(tables.pivot_targets["quantity"]).index("delivered_share")])
    real = comp.portrait(comp.real_deals(tables, FIRST_DEAL, end), share)
    own, other = portraits(results, end), portraits(null, end)
    parts = {"simulated": mean_parts(own, real), "null": mean_parts(other, real)}
    each = [np.array([comp.score(comp.distances(seen, real)) for seen in runs]) for runs in (own, other)]
    gain = each[1] - each[0]  # paired: run k of both has the same random numbers
    composition = {
        "score": float(each[0].mean()), "null_score": float(each[1].mean()), "null_rule": NULL_RULE,
        "gain_standard_error": float(gain.std(ddof=1) / len(gain) ** 0.5) if len(gain) > 1 else None,
        "top10_with_ai_revenue_2025_11": _if_reached(top_with_ai(results), end, TOP_MONTH),
        "signed_2026q1_mw": _if_reached(signed_between(results, *PAUSE), end, PAUSE[1]),
    }  # fmt: skip
    return composition, parts, _shares(real, own, other)


def _if_reached(values: Array, end: str, month: str) -> float | None:
    return float(np.median(values)) if end >= month else None


def portraits(results: ResultSet, end: str) -> list[comp.Portrait]:
    """The portrait of each run's new leases."""
    contracts, firms = results.table("contracts"), results.table("firms")[["run", "month", "firm", "size", "listed"]]
    deals = dict(iter(contracts.groupby("run")))
    leased = results.series("ai_contracted_mw").iloc[:, -1]
    delivered = results.series("ai_delivered_mw").iloc[:, -1]
    made, named = [], comp.named_kinds(load_tables())
    for run, rows in firms.groupby("run"):
        new = comp.simulated_deals(deals.get(run, contracts.iloc[:0]), rows, named, FIRST_DEAL, end)
        made.append(comp.portrait(new, float(delivered[run] / max(leased[run], 1e-9))))
    return made


def mean_parts(portraits: list[comp.Portrait], real: comp.Portrait) -> dict[str, float]:
    """Each distance, the mean over runs: a run is one possible history, as the real one is."""
    each = [comp.distances(portrait, real) for portrait in portraits]
    return {name: float(np.mean([parts[name] for parts in each])) for name in comp.PARTS}


def _shares(real: comp.Portrait, own: list[comp.Portrait], other: list[comp.Portrait]) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name in comp.SHARES:
        known = {label for portrait in (real, *own, *other) for label in portrait.shares[name]}
        rows.extend({
            "what": name, "class": label, "real": real.shares[name].get(label, 0.0),
            "simulated": _mean_share(own, name, label), "null": _mean_share(other, name, label),
        } for label in sorted(known))  # fmt: skip
    return pd.DataFrame(rows)


def _mean_share(portraits: list[comp.Portrait], name: str, label: str) -> float:
    return float(np.mean([portrait.shares[name].get(label, 0.0) for portrait in portraits]))


def top_with_ai(results: ResultSet) -> Array:
    """How many of the ten listed firms with the most hashrate had AI revenue in TOP_MONTH (R,)."""
    firms = results.table("firms")
    month = firms[(firms["month"] == TOP_MONTH) & firms["listed"]]
    largest = month.sort_values("hashrate_ehs", ascending=False, kind="stable").groupby("run").head(TOP)
    return (largest["ai_revenue_usd"] > 0).groupby(largest["run"]).sum().to_numpy(float)


def signed_between(results: ResultSet, first: str, last: str) -> Array:
    """MW of critical IT newly leased in the months first..last (R,)."""
    contracts = results.table("contracts")
    new = contracts[(contracts["signed"] >= first) & (contracts["signed"] <= last)]
    return new.groupby("run")["it_mw"].sum().reindex(range(len(results)), fill_value=0.0).to_numpy(float)


# ------------------------------------------------------------------ single numbers


def _outcomes(results: ResultSet, null: ResultSet, tables: Tables) -> dict[str, dict[str, float | None]]:
    """Numbers that are reported, not scored: median of the runs, of the null rule's, and what is known."""
    targets = tables.pivot_targets
    known = dict(zip(targets["quantity"].tolist(), targets["value"].tolist(), strict=True))
    real = comp.portrait(comp.real_deals(tables, FIRST_DEAL, results.months[-1]), 0.0)
    made = {"simulated": _numbers(results), "null": _numbers(null)}
    happened = {
        "median_rent_usd_m_per_mw_year": real.rents[0], "mean_rent_usd_m_per_mw_year": real.rents[1],
        "mean_term_years": real.term, "firms_that_signed": real.signers,
        "delivered_share": known["delivered_share"], "debt_added_usd_bn": _debt_added(tables),
        "listed_failures": known["listed_restructurings"],
    }  # fmt: skip
    return {name: {"real": value, **{who: made[who][name] for who in made}} for name, value in happened.items()}


def _numbers(results: ResultSet) -> dict[str, float]:
    seen = portraits(results, results.months[-1])
    debt = results.series("debt_usd").to_numpy(float)
    events, firms = results.table("events"), results.table("firms")
    listed = set(firms.loc[firms["listed"], "firm"])
    failed = events[events["kind"].isin(FAILURES) & events["firm"].isin(listed)]
    count = failed.groupby("run")["firm"].nunique().reindex(range(len(results)), fill_value=0)
    return {
        "median_rent_usd_m_per_mw_year": float(np.median([p.rents[0] for p in seen])),
        "mean_rent_usd_m_per_mw_year": float(np.median([p.rents[1] for p in seen])),
        "mean_term_years": float(np.median([p.term for p in seen])),
        "firms_that_signed": float(np.median([p.signers for p in seen])),
        "delivered_share": float(np.median([p.delivered for p in seen])),
        "debt_added_usd_bn": float(np.median(debt[:, -1] - debt[:, 0]) / 1e9),
        "listed_failures": float(count.median()),
    }


def _debt_added(tables: Tables) -> float:
    """Debt of the named firms in mid 2026 less that of those at the end of 2024, bn USD."""
    return float(tables.firms_2026["debt_usd_m"].sum() - tables.firms_2024["debt_usd_m"].sum()) / 1e3
