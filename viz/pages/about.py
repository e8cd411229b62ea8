"""About: what the model is for and not for, its data, its test against history, sources and limits."""

from __future__ import annotations

from importlib import metadata

import solara

from experiments.figures.model import TODAY
from experiments.store import code_version
from experiments.wording import month, number
from sim.tables import load_tables
from viz import theme
from viz.components.blocks import Sheet, pairs, words
from viz.components.parts import Head
from viz.pages.calculator import QUIET

FOR = (
    "Comparing policies and shocks: what a carbon price, a faster grid or dearer credit changes, and for whom.",
    "Seeing ranges over many possible futures, and which mechanism moves an outcome.",
    "Finding out why a simulated firm did what it did, down to the gate that closed an option.",
)
NOT_FOR = (
    "Forecasting the coin price, or the fate of a named company: a name is a label for a starting balance sheet.",
    "Buying or selling anything, or lending to anybody.",
    "Grid studies by the hour: a step is a month, and regions are single nodes.",
)
LIMITS = (
    "Most of the hashrate belongs to invented firms, drawn so that the total matches what is known.",
    "Cash, debt and power prices of named firms are mostly carried forward or assumed; each firm's page says which.",
    "The coin price comes from outside, calmer than any five years so far; crashes are scenarios and stress tests.",
    "Tenants' total demand is a path; only timing, rent and who signs come from the model.",
    "Emissions use average grid carbon: use differences between scenarios, not levels.",
    "Bands are spreads over judged distributions, not frequencies.",
)
TABLES = {
    "firms_2026": ("Listed firms, 2026", "company reports and press"),
    "firms_2024": ("Listed firms, 2024", "company reports and press"),
    "leases": ("Signed AI leases", "filings and press"),
    "tenants": ("Tenants", "filings; demand shares estimated from leases"),
    "regions": ("Regions", "grid operators, statistics, Cambridge survey"),
    "rigs": ("Rigs", "vendors' data sheets and price lists"),
    "costs": ("Costs", "reports and press"),
    "hyperscaler_capex": ("Hyperscalers' capital spending", "company reports"),
    "btc_history": ("Bitcoin, by month", "the chain"),
    "pivot_targets": ("Network since 2024-12", "banks' and trade reports"),
}
COLUMNS = (
    {"name": "Table", "left": True},
    {"name": "Rows"},
    {"name": "Read in a source"},
    {"name": "From", "left": True},
)


@solara.component
def About() -> None:  # noqa: N802
    """The page."""
    router = solara.use_router()
    with solara.v.Html(tag="main", class_="hp-wide"):
        Head(
            title="About hashpivot",
            lede="Bitcoin miners, their power, and the pull of AI: an agent-based model of the sector.",
            progress=QUIET,
        )
        with solara.v.Html(tag="div", class_="hp-story"):
            with solara.v.Html(tag="article", class_="hp-prose"):
                _list("What it is for", FOR)
                _list("What it is not for", NOT_FOR)
                words("h2", "Held against history")
                words(
                    "p",
                    "The same engine starts in July 2016, is given the real coin price, fees and dates of new rigs, "
                    "and makes its own hashrate, hashprice and power. The path of 32 runs against what happened:",
                )
                if theme.hindcast() is not None:
                    solara.v.Html(
                        tag="img",
                        attributes={
                            "src": f"{router.root_path}/static/assets/{theme.HINDCAST}",
                            "alt": "Simulated and real hashrate, hashprice, power and energy per hash, 2016 to 2021",
                        },
                    )
                words(
                    "p",
                    "Errors by year, rules of thumb to beat, and the back-cast of the turn to AI are in the "
                    "documentation: validation and pivot.",
                    "hp-subtitle",
                )
                _list("Limits", LIMITS)
            with solara.v.Html(tag="div", class_="hp-stack"):
                with solara.v.Html(tag="section", class_="hp-block"):
                    words("h3", "This version")
                    pairs(
                        [
                            ("Version", metadata.version("hashpivot")),
                            ("Code", code_version().rpartition("+")[2]),
                            ("Data to", month(TODAY, full=True)),
                            ("Digest of the data", load_tables().digest[:12]),
                            ("Internet", "not used; nothing is sent anywhere"),
                        ]
                    )
                with solara.v.Html(tag="section", class_="hp-block hp-wrap"):
                    words("h3", "Sources")
                    words(
                        "p",
                        "Every row says where it is from and how far to trust it; the rest is carried forward, "
                        "estimated or assumed.",
                        "hp-subtitle",
                    )
                    Sheet(columns=list(COLUMNS), rows=source_rows())
                    words(
                        "p",
                        "Each lever and assumption names its source behind its question mark on Explore.",
                        "hp-footer",
                    )


def _list(head: str, lines: tuple[str, ...]) -> None:
    words("h2", head)
    solara.v.Html(tag="ul", children=[solara.v.Html(tag="li", children=[line]) for line in lines])


def source_rows() -> list[dict[str, object]]:
    """One row a table: rows, and the share of them read in a source where the table says so."""
    tables = load_tables()
    rows: list[dict[str, object]] = []
    for key, (name, origin) in TABLES.items():
        table = getattr(tables, key)
        share = "see firms" if key.startswith("firms") else "mixed"
        if "basis" in table.columns:  # a column per row; firms have one per fact
            basis = [str(value) for value in table["basis"]]
            share = f"{number(100 * basis.count('sourced') / max(1, len(basis)), 0)} %"
        cells = [{"words": name}, {"words": number(len(table), 0)}, {"words": share}, {"words": origin}]
        rows.append({"id": key, "cells": cells})
    return rows
