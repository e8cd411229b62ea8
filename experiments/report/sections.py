"""What a report says about a simulation, as plain values for its template: words and tables, no HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.report import firms
from experiments.report.tables import Table, cell
from experiments.store import gap
from experiments.summary import UNITS
from experiments.wording import decimals, month, number, plural, span
from sim.outcomes import HEADLINE
from sim.scenario import Scenario
from sim.scenario.registry import field_table

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet

YEARS_SHOWN = 8


def of_results(results: ResultSet) -> dict[str, Any]:
    """Everything the template ``results.html`` needs, pictures apart."""
    scenario = scenario_of(results)
    return {
        "title": scenario.title if scenario else results.scenario,
        "lede": lede(results, scenario),
        "facts": facts(results),
        "changes": changes(scenario),
        "headline": headline(results),
        "exits": firms.exits_by_size(results),
        "exit_causes": firms.exit_causes(results),
        "gates": firms.closed_gates(results),
        "league": firms.league(results),
        "contracts": firms.contracts(results),
        "flows": money_flows(results),
        "last_month": month(results.months[-1], full=True),
        "first_month": month(results.months[0], full=True),
    }


def scenario_of(results: ResultSet) -> Scenario | None:
    """The resolved scenario of a result folder, with the name it was run under."""
    if "folder" not in results.meta:
        return None
    resolved = Scenario.load(str(Path(results.meta["folder"]) / "scenario.toml"))
    return resolved.model_copy(update={"name": results.scenario})


def lede(results: ResultSet, scenario: Scenario | None) -> str:
    """Two or three sentences under the title."""
    months = results.months
    spread = (
        "Numbers are medians, ranges hold 80 % of the runs (10 to 90 %)." if len(results) > 1 else "A single run."
    )
    lacking = gap(results)
    about = f"{scenario.summary.rstrip('.')}. " if scenario and scenario.summary else ""
    return (
        f"{about}{plural(len(results), 'simulated future')} from {month(months[0], full=True)} to "
        f"{month(months[-1], full=True)}. {spread}{' ' if lacking else ''}{lacking}"
    )


def facts(results: ResultSet) -> list[tuple[str, str]]:
    """What somebody needs to get the same numbers."""
    meta = results.meta
    failed = len(results.table("errors"))
    told = [
        ("Scenario", results.scenario),
        ("Runs", f"{len(results)}" + (f", {failed} failed and are left out" if failed else "")),
        ("Months", f"{len(results.months)}"),
        ("Seed", str(meta.get("seed", "unknown"))),
        ("Assumptions", _ASSUMPTIONS.get(str(meta.get("assumptions")), "unknown")),
        ("hashpivot", str(meta.get("code", "unknown"))),
        ("Scenario hash", str(meta.get("scenario_hash", ""))[:16]),
        ("Start tables", str(meta.get("data_hash", ""))[:16]),
        ("Processor", str((meta.get("cpu") or {}).get("machine", "unknown"))),
    ]
    return [(name, value) for name, value in told if value]


_ASSUMPTIONS = {
    "sampled": "drawn for each run from their distributions",
    "fixed": "held at their given values in every run",
}


def changes(
    scenario: Scenario | None, against: str | Scenario = "baseline", name: str = "Baseline"
) -> Table | None:
    """What the scenario sets otherwise than another, called ``name``."""
    if scenario is None:
        return None
    known = field_table()
    rows = []
    for key, there, here in scenario.changed(against):
        text, unit = (known[key].text, known[key].unit) if key in known else ("Dated shocks", "")
        rows.append([key, _plain(there), _plain(here), unit, text])
    return Table(("Parameter", name, "Here", "Unit", "What it is"), rows, left=(0, 3, 4)) if rows else None


def _plain(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "; ".join(_plain(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items() if item not in ([], (), None))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def headline(results: ResultSet) -> Table:
    """Headline outcomes at each year end."""
    found = results.headline()
    months = list(dict.fromkeys(found["month"]))[:YEARS_SHOWN]
    by_outcome = {str(name): rows.set_index("month") for name, rows in found.groupby("outcome")}
    heads = ["Outcome", *(name[:4] if name.endswith("-12") else month(name) for name in months)]
    rows: list[list[Any]] = []
    group = ""
    for outcome in HEADLINE:
        if outcome.group != group:
            group = outcome.group
            rows.append([group])
        values = by_outcome[outcome.name].loc[months]
        scale = 100.0 if outcome.unit == "share" else 1.0
        places = 0 if outcome.unit == "firms" else decimals((values["median"] * scale).tolist())
        unit = UNITS.get(outcome.unit, outcome.unit)
        label = f"{outcome.label}, {unit}" if unit else outcome.label
        rows.append([label, *(_banded(row, scale, places, len(results)) for _, row in values.iterrows())])
    return Table(tuple(heads), rows)


def _banded(row: pd.Series, scale: float, places: int, runs: int) -> tuple[str, str]:
    middle, low, high = (float(row[name]) * scale for name in ("median", "p10", "p90"))
    return number(middle, places), "" if runs == 1 else span(low, high, places)


def money_flows(results: ResultSet) -> Table:
    """Where the sector's money comes from and goes to in each full year, mean over runs, billion USD.

    What remains is what was invested beyond new shares and sales of coins: the books of all firms close, but the
    sector table does not list those flows one by one.
    """
    table = results.table("sector").assign(year=lambda frame: frame["month"].str[:4])
    full = table.groupby("year")["month"].nunique() == 12
    years = [year for year in full.index if full[year]] or sorted(set(table["year"]))
    flow = table.groupby("year")[list(_FLOWS)].sum() / len(results) / 1e9
    stock = table[table["month"].isin(table.groupby("year")["month"].max())]
    ends = stock.groupby("year")[["cash_usd", "debt_usd"]].sum() / len(results) / 1e9
    first = table[table["month"] == table["month"].min()][["cash_usd", "debt_usd"]].mean() / 1e9
    change = ends.diff()
    change.iloc[0] = ends.iloc[0] - first

    def row(label: str, values: Any) -> list[Any]:
        return [label, *(cell(value, 1) for value in values)]

    revenue = [flow[name] for name in _REVENUE]
    sources = [*revenue, change["debt_usd"]]
    other = flow[list(_REVENUE)].sum(axis=1) - flow["power_cost_usd"] - flow["ebitda_usd"]
    uses = [flow["power_cost_usd"], other, flow["interest_usd"], flow["taxes_usd"], change["cash_usd"]]
    rest = sum(sources[1:], sources[0]) - sum(uses[1:], uses[0])
    labels_in = [*_REVENUE.values(), "New debt, net of repayment and write-offs"]
    labels_out = [
        "Power", "Other operating cost, carbon included", "Interest", "Taxes and duties", "Added to cash",
    ]  # fmt: skip
    rows: list[list[Any]] = [["Sources"]]
    rows += [row(label, values[years]) for label, values in zip(labels_in, sources, strict=True)]
    rows.append(["Uses"])
    rows += [row(label, values[years]) for label, values in zip(labels_out, uses, strict=True)]
    rows.append(row("Invested beyond new shares and coins sold", rest[years]))
    return Table(("Billion USD", *years), rows)


_REVENUE = {
    "mining_revenue_usd": "Mining",
    "ai_revenue_usd": "AI hosting and GPUs",
    "demand_response_revenue_usd": "Demand response",
    "resale_revenue_usd": "Resale of power",
}
_FLOWS = (*_REVENUE, "power_cost_usd", "ebitda_usd", "interest_usd", "taxes_usd")
