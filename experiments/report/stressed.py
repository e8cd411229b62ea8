"""What a report says about a folder of ``stress``: who gets into trouble, why, when, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.figures.heatmap import SIZE_LABELS
from experiments.folders import read_finished
from experiments.report.tables import Section, Table, cell, percent, pictures_of
from experiments.stress import CALM, MARKER, most_endangered
from experiments.wording import DASH, month, number, plural

FIRMS_SHOWN = 30
METHOD = (
    "All shocks go on from the same state in the month before and meet the same chances as the run without a "
    "shock, so that what differs is the shock. Distress is payables overdue, debts above assets, a restructuring or "
    "an exit; failure a restructuring or an exit. The first sign of distress of a firm gets a cause: a lease lost to "
    "a tenant's default since the date, else an operating loss over the quarter before, else debts that cannot be "
    "served, debts above assets, or a closure."
)


def of_stress(folder: Path) -> dict[str, Any]:
    """Everything the template needs about a folder of ``stress``; raises UserError if it is not finished."""
    told = read_finished(folder, MARKER)
    firms = pd.DataFrame(told["firms"])
    shocks = [str(name) for name in told["shocks"]]
    date = month(told["date"], full=True)
    sections = [
        Section(
            "What was asked",
            f"Shocks of severity {told['severity']:g} in {date} (1 is the shock as described), followed for "
            f"{plural(told['follow'], 'month')}.",
            (("", Table(("Shock", "What happens"), list(told["shocks"].items()), left=(0, 1))),),
        ),
        Section("The sector", "Means over runs.", (("", _sector(told["sector"])),)),
    ]
    if told["reverse"]:
        sections.append(Section("How much it takes", REVERSE, (("", _reverse(told["reverse"])),)))
    heat = "Heat map: probability of distress by firm and shock"
    sections += [
        Section("Who gets into trouble", LISTED, _firms(firms, shocks), pictures_of(folder, {PICTURE: heat})),
        Section("Why", CAUSES, (("", _causes(firms, shocks)),)),
    ]
    endangered = _endangered(firms, shocks)
    if endangered.rows:
        sections.append(Section("When, and what owners lose", ENDANGERED, (("", endangered),)))
    return {
        "title": f"{told['scenario']} under stress",
        "lede": f"{plural(len(shocks), 'shock')} in {date}, {plural(told['runs'], 'run')}. Probabilities are shares "
        "of runs: an illustration, no forecast of any single firm.",
        "sections": sections,
        "method": METHOD,
        "facts": [
            ("Scenario", str(told["scenario"])), ("Runs", str(told["runs"])), ("Seed", str(told["seed"])),
            ("Assumptions", str(told["assumptions"])), ("hashpivot", str(told["code"])),
        ],
    }  # fmt: skip


PICTURE = "firms-by-shock.png"
REVERSE = "The severity at which this share of the hashrate fails, by bisection over paired runs, up to severity 4."
LISTED = "Probability of distress, below it the most frequent first cause."
CAUSES = (
    "Firms in distress by first cause, expected number: each firm counts with its probability of distress under its "
    "most frequent first cause."
)
ENDANGERED = "The listed firms whose probability of distress rises most. Loss: of equity, against no shock."


def _sector(rows: Sequence[dict[str, Any]]) -> Table:
    heads = (
        "Shock", "Firms failed", "In distress", "of firms", "Hashrate failed", "Worst month", "Breaks first",
        "Lowest hashprice", "EBITDA bn USD",
    )  # fmt: skip
    made = [
        [
            "no shock" if row["shock"] == CALM else row["shock"], cell(row["firms_failed"], 1),
            cell(row["firms_in_distress"], 1), cell(row["firms"], 0), percent(row["failed_hashrate_share"]),
            month(row["worst_month"]) if row["worst_month"] else DASH, row["breaks_first"] or DASH,
            cell(row["hashprice_low"], 1), cell(row["ebitda_usd"] / 1e9, 1),
        ]
        for row in rows
    ]  # fmt: skip
    return Table(heads, made, left=(0, 5, 6), note="Worst month: most first signs of distress beyond those without.")


def _reverse(rows: Sequence[dict[str, Any]]) -> Table:
    made = []
    for row in rows:
        severity = row["severity"]
        words = "not up to 4" if severity is None else "without a shock" if severity == 0 else number(severity, 2)
        made.append([
            row["shock"], percent(row["until"]), words, percent(row["failed_hashrate_share"]), row["meaning"] or DASH,
        ])  # fmt: skip
    return Table(("Shock", "Share", "Severity", "Fails then", "That is"), made, left=(0, 4))


def _firms(firms: pd.DataFrame, shocks: list[str]) -> tuple[tuple[str, Table], ...]:
    """Size classes and listed firms by shock."""
    heads = ("no shock", *shocks)
    columns = ["probability", "baseline_probability"]
    means = firms.groupby(["size", "shock"])[columns].mean()
    classes = [
        [f"Firms {words}", percent(means.loc[size]["baseline_probability"].iloc[0]),
         *(percent(means["probability"].get((size, shock))) for shock in shocks)]
        for size, words in SIZE_LABELS.items()
        if size in means.index
    ]  # fmt: skip
    listed = firms[firms["listed"]]
    order = listed.groupby("firm")["hashrate_ehs"].max().sort_values(ascending=False).index[:FIRMS_SHOWN]
    rows = []
    for name in order:
        found = listed[listed["firm"] == name].set_index("shock").to_dict("index")
        cells = [(percent(found[s]["probability"]), found[s]["first_cause"]) if s in found else DASH for s in shocks]
        rows.append([str(name), percent(next(iter(found.values()))["baseline_probability"]), *cells])
    tables = [("By size", Table(("Mean", *heads), classes))]
    return (*tables, ("Listed firms", Table(("Firm", *heads), rows))) if rows else tuple(tables)


def _causes(firms: pd.DataFrame, shocks: list[str]) -> Table:
    told = firms[firms["first_cause"] != ""].pivot_table(
        index="first_cause", columns="shock", values="probability", aggfunc="sum", fill_value=0.0
    )
    told = told.reindex(columns=shocks, fill_value=0.0)
    told = told.loc[told.sum(axis=1).sort_values(ascending=False).index]
    rows = [[str(cause), *(cell(value, 1) for value in told.loc[cause])] for cause in told.index]
    return Table(("First cause", *shocks), rows)


def _endangered(firms: pd.DataFrame, shocks: list[str]) -> Table:
    rows: list[list[Any]] = []
    worst = most_endangered(firms.assign(months_to_failure=pd.to_numeric(firms["months_to_failure"])))
    for shock in shocks:
        part = worst[worst["shock"] == shock]
        if len(part):
            rows.append([shock])
        rows += [
            [row["firm"], percent(row["probability"]), percent(row["baseline_probability"]), row["first_cause"],
             percent(row["failure_probability"]), cell(row["months_to_failure"], 0), cell(row["loss_usd"] / 1e6, 0)]
            for row in part.to_dict(orient="records")
        ]  # fmt: skip
    heads = ("Firm", "In distress", "no shock", "First cause", "Fails", "Months to failure", "Loss M USD")
    return Table(heads, rows, left=(0, 3))
