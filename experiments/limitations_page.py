"""Renew the measured figures of docs/limitations.md: `python -m experiments.limitations_page --fix`; about a minute.

The page is written by hand; a figure that a simulation measures stands between two comments, ``<!--key-->`` and
``<!---->``, and is measured here. Without --fix the command prints each figure beside what the page says.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.effects import effects
from experiments.ensemble import simulate
from experiments.pages import ROOT
from experiments.store import write_whole
from experiments.wording import number
from sim.scenario import Scenario
from sim.tables import load_tables

if TYPE_CHECKING:
    from sim.results import ResultSet

PAGE = ROOT / "docs" / "limitations.md"
MARKED = re.compile(r"<!--([a-z_]+)-->(.*?)<!---->")
RUNS, RUNS_SAMPLED = 8, 8
FIRST_YEAR = 12  # months
SURVEY = 288.0  # kg CO2 per MWh of mining, Cambridge 2025
LEVERS = ("interconnection-reform", "hosting-eviction", "skills-transfer")  # said to change signed MW by little
FALLS, RISES = -0.15, 0.15  # log growth of the coin price a year, for entries


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description="Measured figures of docs/limitations.md")
    parser.add_argument("--fix", action="store_true", help="write them into the page")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--sampled", type=int, default=RUNS_SAMPLED, help="runs with sampled assumptions")
    options = parser.parse_args(arguments)
    figures = measure(options.runs, options.sampled)
    text = PAGE.read_text(encoding="utf-8")
    for key, there in MARKED.findall(text):
        print(f"{key}: {figures[key]}" + ("" if figures[key] == there else f" (the page says {there})"))
    if options.fix:
        write_whole(PAGE, lambda path: path.write_text(renewed(text, figures), encoding="utf-8"))


def renewed(text: str, figures: dict[str, str]) -> str:
    """The page with these figures; raises KeyError for one that it names and nobody measures."""
    return MARKED.sub(lambda found: f"<!--{found[1]}-->{figures[found[1]]}<!---->", text)


def measure(runs: int = RUNS, sampled: int = RUNS_SAMPLED, months: int | None = None) -> dict[str, str]:
    """Every figure by its key, in words."""
    fixed = simulate("baseline", 0, runs, months=months, assumptions="fixed")
    drawn = simulate("baseline", 0, sampled, months=months, firms="all")
    levers = [simulate(name, 0, runs, months=months, assumptions="fixed", firms="none") for name in LEVERS]
    entries = {
        f"entries_{word}": whole(_entries(drift, runs, months)) for word, drift in (("fall", FALLS), ("rise", RISES))
    }
    baseline = of_start(fixed) | of_paths(fixed) | of_levers(fixed, levers)
    return baseline | of_failures(drawn) | of_clouds(drawn) | entries


def of_start(results: ResultSet) -> dict[str, str]:
    """Named firms' share of hashrate, and mining's carbon at the start and at the end."""
    firms = results.table("firms")
    first = firms[firms["month"] == results.months[0]]
    share = first.loc[first["firm"].isin(named()), "hashrate_ehs"].sum() / first["hashrate_ehs"].sum()
    table, regions = load_tables().regions, results.table("regions")
    carbon = dict(zip(table["code"].tolist(), table["carbon_kg_per_mwh"].tolist(), strict=True))
    told = {"named_share": percent(share), "invented_share": percent(1 - share)}
    for key, month in (("carbon_start", results.months[0]), ("carbon_end", results.months[-1])):
        part = regions[regions["month"] == month]
        mean = np.average(part["region"].map(carbon).to_numpy(float), weights=part["mining_power_mw"])
        told |= {key: whole(mean), f"{key}_above": percent(mean / SURVEY - 1)}
    return told


def of_paths(results: ResultSet) -> dict[str, str]:
    """Power cost, income from flexibility, reserve margins and AI capacity of the baseline, means over runs."""
    cost, regions = results.series("mean_power_price_usd_per_mwh").mean(), results.table("regions")
    last = regions[regions["month"] == results.months[-1]].groupby("region")["reserve_margin"].mean()
    year = {
        key: results.series(column).iloc[:, :FIRST_YEAR].sum(axis=1).mean() / 1e6
        for key, column in (("programmes", "demand_response_revenue_usd"), ("resale", "resale_revenue_usd"))
    }
    return {
        "cost_start": whole(cost.iloc[0]), "cost_end": whole(cost.iloc[-1]),
        "margin_ercot": percent(last["ERCOT"]), "margin_kazakhstan": percent(last["KAZAKHSTAN"]),
        "ai_top": number(results.series("ai_contracted_mw").mean().max() / 1000, 1),
    } | {key: whole(value, 10) for key, value in year.items()}  # fmt: skip


def of_failures(results: ResultSet) -> dict[str, str]:
    """How firms end with sampled assumptions: per run, and of how many."""
    runs, firms, events = len(results), results.table("firms"), results.table("events")
    kinds = events["kind"].where(events["kind"] != "exit", events["detail"]).value_counts() / runs
    last, first = (firms[firms["month"] == month] for month in (results.months[-1], results.months[0]))
    first_names = set(first["firm"])
    left = last[last["alive"] & last["firm"].isin(first_names)]
    return {
        "coin_end": whole(results.series("btc_price_usd").iloc[:, -1].median(), 1000),
        "hashrate_end": whole(results.series("network_hashrate_ehs").iloc[:, -1].median(), 10),
        "restructurings": whole(kinds.get("restructuring", 0)), "liquidations": whole(kinds.get("liquidation", 0)),
        "closures": whole(kinds.get("closure", 0)), "firms_start": whole(len(first) / runs),
        "firms_left": whole(len(left) / runs), "named_start": whole(len(named())),
        "named_left": whole(left["firm"].isin(named()).sum() / runs),
    }  # fmt: skip


def of_clouds(results: ResultSet) -> dict[str, str]:
    """How often a GPU cloud passes its gates, how many are signed, and where AI may not be let at all."""
    decisions, contracts = results.table("decisions"), results.table("contracts")
    closed = decisions["gate"].str.contains("GPU_cloud:", regex=False)
    signed = contracts[(contracts["product"] == "gpu_cloud") & (contracts["signed"] >= results.months[0])]
    return {
        "cloud_open": percent((~closed).mean()),
        "cloud_signed": number(len(signed) / len(results), 1),
        "cloud_without": str(len(results) - signed["run"].nunique()), "cloud_runs": str(len(results)),
        "ai_forbidden": percent(decisions["gate"].str.contains("GPU_cloud:not_permitted", regex=False).mean()),
    }  # fmt: skip


def of_levers(base: ResultSet, others: Sequence[ResultSet]) -> dict[str, str]:
    """Largest effect of the levers that act on supply on signed MW, as a share."""
    rows = [effects(base, other, ["ai_contracted"], base.months[-1:]).iloc[0] for other in others]
    return {"lever_most": percent(max(abs(row["effect"]) / row["baseline_mean"] for row in rows))}


def _entries(drift: float, runs: int, months: int | None) -> float:
    """Entries per run with a smooth coin price."""
    smooth = {"bitcoin.price_drift_per_year": drift, "bitcoin.price_volatility_scale": 0.0}
    scenario = Scenario.load("baseline", smooth)
    results = simulate(scenario, 0, runs, months=months, assumptions="fixed", firms="none")
    return float(results.series("entries").sum(axis=1).mean())


def named() -> set[str]:
    """Names of the real firms."""
    return set(load_tables().firms_2026["firm"].tolist())


def percent(value: float) -> str:
    return f"{number(100 * value, 0)} %"


def whole(value: float, step: int = 1) -> str:
    """Rounded to a multiple of ``step``."""
    return number(step * round(value / step), 0)


if __name__ == "__main__":
    main()
