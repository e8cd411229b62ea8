"""The firms' part of a report: who exits and why, who leads, what was leased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.report.tables import Table, cell
from experiments.wording import month
from sim.outcomes import SIZE_WORDS

if TYPE_CHECKING:
    from sim.results import ResultSet

LEAGUE = 20
LARGEST_LEASES = 15
GATES_SHOWN = 8


def exits_by_size(results: ResultSet) -> Table:
    """What became of the firms of each size class by the end, mean over runs."""
    runs, classes = len(results), results.table("classes")
    last = classes[classes["month"] == results.months[-1]].groupby("size").mean(numeric_only=True).to_dict("index")
    gone = classes.groupby("size")["exits"].sum() / runs
    events = results.table("events")
    rows = []
    for size, words in SIZE_WORDS.items():
        if size not in last:
            continue
        ever = float(last[size]["firms_ever"])
        kinds = events[events["size"] == size].groupby("kind").size() / runs
        rows.append([
            f"{size}, {words}", cell(ever, 0), cell(gone[size], 1),
            f"{cell(100 * gone[size] / ever, 0)} %" if ever else "",
            cell(kinds.get("acquisition", 0.0), 1), cell(kinds.get("restructuring", 0.0), 1),
            cell(last[size]["firms_btc"], 1), cell(last[size]["firms_hybrid"], 1),
            cell(last[size]["firms_ai"], 1),
        ])  # fmt: skip
    heads = "Size", "Firms ever", "Exits", "Share", "Acquired", "Restructured", "BTC", "Hybrid", "AI"
    return Table(heads, rows, note="Firms per run. BTC, hybrid and AI: alive in the last month.")


def exit_causes(results: ResultSet) -> Table | None:
    """How firms ended and where, mean number per run."""
    events = results.table("events")
    exits = events[events["kind"] == "exit"]
    if exits.empty:
        return None
    counts = exits.groupby(["region", "detail"]).size().unstack(fill_value=0) / len(results)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index]
    heads = ("Region", *(str(name).capitalize() for name in counts.columns), "Together")
    rows = [
        [str(region), *(cell(value, 1) for value in row), cell(row.sum(), 1)]
        for region, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    return Table(heads, rows, note="Exits per run.")


def closed_gates(results: ResultSet) -> Table | None:
    """What stopped the AI options at reviews: share of closed options by gate and product."""
    decisions = results.table("decisions")
    if decisions.empty:
        return None
    pairs = decisions["gate"].str.split().explode().str.extract(r"^(?P<option>[^:]+):(?P<gate>.+)$")
    pairs = pairs[pairs["option"].isin(AI_OPTIONS)]
    if pairs.empty:
        return None
    counts = pairs.groupby(["gate", "option"]).size().unstack(fill_value=0)
    reviews = len(decisions)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index][:GATES_SHOWN]
    rows = [
        [str(gate).replace("_", " ").capitalize(), *(f"{cell(100 * value / reviews, 0)} %" for value in row)]
        for gate, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    heads = ("What closed the option", *(AI_OPTIONS[name] for name in counts.columns))
    return Table(heads, rows, note=f"Share of {reviews:,} reviews of sites, runs with firm tables.")


AI_OPTIONS = {
    "colocation": "Colocation", "retrofit": "Retrofit", "GPU_cloud": "GPU cloud", "hybrid_share": "Hybrid share",
}  # fmt: skip


def league(results: ResultSet) -> Table | None:
    """The largest firms at the end, by power put to use; mean over the runs whose firm tables were kept."""
    firms = results.table("firms")
    if firms.empty:
        return None
    runs = firms["run"].nunique()
    months = sorted(set(firms["month"]))
    year = firms[firms["month"].isin(months[-12:])].groupby("firm")[["ebitda_usd"]].sum() / runs
    first, last = (firms[firms["month"] == name].groupby("firm") for name in (months[0], months[-1]))
    after = last.mean(numeric_only=True)
    before = first.mean(numeric_only=True).reindex(after.index).fillna(0.0)  # entrants had nothing at the start
    after["alive"] = last["alive"].mean()
    after["strategy"] = last["strategy"].agg(lambda column: column.mode().iat[0])
    size = before["hashing_mw"] + before["ai_gross_mw"] + after["hashing_mw"] + after["ai_gross_mw"]
    shown = size.sort_values(ascending=False).index[:LEAGUE]
    after["year_ebitda_usd"] = year["ebitda_usd"]
    starts, ends = before.loc[shown].to_dict("index"), after.loc[shown].to_dict("index")
    rows = [_league_row(str(name), starts[name], ends[name]) for name in shown]
    heads = (
        "Firm", "Is", f"EH/s {month(months[0])}", "at end", f"AI MW {month(months[0])}", "at end", "Delivered",
        "EBITDA", "Cash", "Debt", "Alive",
    )  # fmt: skip
    told = "run 0" if runs == 1 else f"mean of {runs} runs"
    return Table(
        heads, rows, left=(0, 1), note=f"AI MW: critical IT leased. M USD; EBITDA of 12 months. {told.capitalize()}."
    )


def _league_row(name: str, start: Mapping[Any, Any], end: Mapping[Any, Any]) -> list[str]:
    return [
        name, str(end["strategy"]), cell(start["hashrate_ehs"], 1), cell(end["hashrate_ehs"], 1),
        cell(start["ai_contracted_mw"], 0), cell(end["ai_contracted_mw"], 0), cell(end["ai_delivered_mw"], 0),
        cell(end["year_ebitda_usd"] / 1e6, 0), cell(end["cash_usd"] / 1e6, 0),
        cell((end["loans_usd"] + end["converts_usd"]) / 1e6, 0), f"{cell(100 * end['alive'], 0)} %",
    ]  # fmt: skip


def contracts(results: ResultSet) -> Table | None:
    """The largest leases signed within the simulation, first run."""
    table = results.table("contracts")
    run = table["run"].min() if len(table) else 0
    fresh = table[(table["run"] == run) & (table["signed"] >= results.months[0])]
    if fresh.empty:
        return None
    rows = [
        [
            row["firm"], row["tenant"], row["product"].replace("_", " "), row["region"], cell(row["it_mw"], 0),
            cell(row["rent_usd_m_per_mw_year"], 2), cell(row["term_months"] / 12, 0), row["backstop"] or "none",
            month(row["signed"]), month(row["delivered"]), row["end_reason"],
        ]
        for row in fresh.sort_values("it_mw", ascending=False).head(LARGEST_LEASES).to_dict(orient="records")
    ]  # fmt: skip
    heads = (
        "Landlord", "Tenant", "Product", "Region", "IT MW", "Rent", "Years", "Backstop", "Signed", "Delivered",
        "Ended",
    )  # fmt: skip
    return Table(
        heads, rows, left=(0, 1, 2, 3, 7, 8, 9, 10),
        note=f"Run {run}. Rent at signing, M USD per MW a year of critical IT.",
    )  # fmt: skip
