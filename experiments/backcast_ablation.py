"""The back-cast of the pivot without one mechanism at a time, and over the range of its one free parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import composition as comp
from experiments.backcast import END, FIRST_DEAL, SCENARIO, START, TRAIN_END, portraits, real_months, run_case
from experiments.scores import log_rmse
from sim.months import month_number
from sim.scenario import Scenario
from sim.scenario.registry import describe
from sim.tables import load_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sim.results import ResultSet

# mechanisms that scenario keys can switch off: what, and the keys; "=key" stands for the value of another key
SWITCHES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pipeline: only what is connected already", {
        "power.pipeline_realisation": 0.0, "power.request_share_per_quarter": 0.0,
    }),
    ("look-ahead: offers only of connected MW", {"behaviour.look_ahead_months": 0}),
    ("loans for halls", {"finance.ltc_scale": 0.0}),
    ("loans by tenant: all as for the unrated", {
        **{f"finance.ltc_{rating}": "=finance.ltc_unrated"
           for rating in ("investment_grade", "backstopped", "speculative")},
        **{f"finance.spread_{rating}": "=finance.spread_corporate"
           for rating in ("investment_grade", "backstopped", "speculative")},
    }),
    ("backstops", {"finance.backstop_share": 0.0}),
    ("halls paid by tenants", {"ai.tenant_funded_share": 0.0}),
    ("new shares", {"finance.equity_issue_share_per_year": 0.0}),
    ("AI income at higher multiples than mining's", {
        "finance.ai_ebitda_multiple": "=finance.mining_ebitda_multiple",
    }),
    ("rents that follow scarcity", {"ai.rent_adjustment": 0.0}),
    ("demand that falls with rent", {"ai.rent_elasticity": 0.0}),
    ("reluctance to leave mining", {
        "behaviour.reluctance_mean_usd_m_per_mw": 0.0, "behaviour.reluctance_sd_usd_m_per_mw": 0.0,
        "behaviour.reluctance_treasury_weight": 0.0,
    }),
    ("pull of peers", {"behaviour.peer_weight_usd_m_per_mw": 0.0}),
    ("talks that take months", {"ai.match_share": 1.0}),
)  # fmt: skip
DEMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("spending of three clouds", {}),
    ("leasing as counted", {"ai.demand_path": "base"}),
)
FIRMS_SHOWN, SMALL_MW = 20, 25.0
MONTHS_SHOWN = ("2025-06", "2025-12", "2026-06")
FREE = "ai.miner_demand_share"


def ablate(runs: int, seed: int = 0, switches: tuple[tuple[str, dict[str, Any]], ...] = SWITCHES) -> pd.DataFrame:
    """One row for the whole model ("nothing"), then one for each mechanism switched off; columns of ``summary``."""
    import pandas as pd

    rows = [{"without": "nothing", **summary(_case({}, runs, seed))}]
    rows += [{"without": name, **summary(_case(keys, runs, seed))} for name, keys in switches]
    return pd.DataFrame(rows)


def profile(values: tuple[float, ...], runs: int, seed: int = 0) -> pd.DataFrame:
    """The back-cast at several values of the miners' share of demand; columns of ``summary`` and ``share``."""
    import pandas as pd

    return pd.DataFrame([{"share": value, **summary(_case({FREE: value}, runs, seed))} for value in values])


def by_demand(runs: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The back-cast with each measure of the market's demand in DEMANDS: columns of ``summary``, ``demand``, the
    quantiles ``p10``, ``p90`` of GW leased at the end, and ``paused``, the share of runs with a quarter as poor as
    the poorest real one; and the firms of the first as ``signed_by_firm`` has them."""
    import pandas as pd

    rows, firms = [], pd.DataFrame()
    for name, keys in DEMANDS:
        results = _case(keys, runs, seed)
        firms = firms if len(firms) else signed_by_firm(results)
        low, high = np.percentile(results.series("ai_contracted_mw").iloc[:, -1] / 1e3, (10, 90))
        rows.append({"demand": name, **summary(results), "p10": low, "p90": high, "paused": _paused(results)})
    return pd.DataFrame(rows), firms


def _paused(results: ResultSet) -> float:
    """Share of runs in which some quarter since FIRST_DEAL saw no more MW signed than the poorest real quarter."""
    real = comp.real_deals(load_tables(), FIRST_DEAL, END).groupby("quarters")["it_mw"].sum()
    new = results.table("contracts")
    new = new[(new["signed"] >= FIRST_DEAL) & (new["signed"] <= END)]
    signed = new.groupby(["run", new["signed"].map(comp.quarter)])["it_mw"].sum().unstack(fill_value=0)
    signed = signed.reindex(index=range(len(results)), columns=real.index, fill_value=0.0)
    return float((signed.min(axis=1) <= real.min()).mean())


def signed_by_firm(results: ResultSet) -> pd.DataFrame:
    """MW signed since FIRST_DEAL by firm: ``real``, ``simulated`` (mean of runs) and ``runs``, the share of runs with
    a lease; firms with more than SMALL_MW in either, most real MW first, at most FIRMS_SHOWN."""
    import pandas as pd

    tables = load_tables()
    names = dict(zip(tables.firms_2024["ticker"].tolist(), tables.firms_2024["firm"].tolist(), strict=True))
    real = comp.real_deals(tables, FIRST_DEAL, END)
    real["firm"] = [names[comp.SUCCESSORS.get(ticker, ticker)] for ticker in real["firm"]]
    new = results.table("contracts")
    new = new[(new["signed"] >= FIRST_DEAL) & (new["signed"] <= END)]
    by_firm = new.groupby("firm")
    rows = pd.DataFrame({
        "real": real.groupby("firm")["it_mw"].sum(), "simulated": by_firm["it_mw"].sum() / len(results),
        "runs": by_firm["run"].nunique() / len(results),
    }).fillna(0.0)  # fmt: skip
    rows = rows[rows[["real", "simulated"]].max(axis=1) > SMALL_MW]
    return rows.sort_values(["real", "simulated"], ascending=False).head(FIRMS_SHOWN)


def best_share(rows: pd.DataFrame) -> float:
    """The share with the smallest error of signed MW in 2025; 2026 is not looked at."""
    return float(rows["share"].to_numpy(float)[int(np.argmin(rows["train_log_rmse"].to_numpy(float)))])


def sourced_range(count: int = 5) -> tuple[float, ...]:
    """Values of the free parameter, evenly over the range its source gives."""
    spread = describe(FREE).distribution
    assert spread is not None
    return tuple(round(float(value), 4) for value in np.linspace(spread.low, spread.high, count))


def changed(keys: Mapping[str, Any], scenario: Scenario | None = None) -> Scenario:
    """The scenario with keys changed, "=key" replaced by that key's value."""
    scenario = scenario or Scenario.load(SCENARIO)
    known = scenario.values()
    return scenario.with_overrides({
        key: known[value[1:]] if isinstance(value, str) and value.startswith("=") else value
        for key, value in keys.items()
    })  # fmt: skip


def _case(keys: Mapping[str, Any], runs: int, seed: int) -> ResultSet:
    return run_case(changed(keys), month_number(END) - month_number(START) + 1, runs, seed)


def summary(results: ResultSet) -> dict[str, float]:
    """Medians of signed GW at MONTHS_SHOWN, errors of 2025 and 2026, rent paid, share that tenants fund, score."""
    tables = load_tables()
    real = real_months(tables, results.months)["signed_it_mw"]
    path = np.median(results.series("ai_contracted_mw").to_numpy(float), axis=0)
    train = np.array(results.months) <= TRAIN_END
    target = float(tables.pivot_targets["value"][list(tables.pivot_targets["quantity"]).index("delivered_share")])
    happened = comp.portrait(comp.real_deals(tables, FIRST_DEAL, END), target)
    seen = portraits(results, END)
    parts = [comp.distances(portrait, happened) for portrait in seen]
    return {
        **{f"signed_gw_{month}": float(path[results.months.index(month)]) / 1e3 for month in MONTHS_SHOWN},
        "train_log_rmse": log_rmse(path[train], real[train]) or 0.0,
        "test_log_rmse": log_rmse(path[~train], real[~train]) or 0.0,
        "rent": float(np.median([portrait.rents[1] for portrait in seen])),
        "tenant_funded": float(np.mean([portrait.shares["funding"].get("tenant", 0.0) for portrait in seen])),
        "signers": float(np.median([portrait.signers for portrait in seen])),
        "score": float(np.mean([comp.score(each) for each in parts])),
    }
