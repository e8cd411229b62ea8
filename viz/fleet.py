"""Rigs of one firm by generation, away from Solara: bars of a month, and a stack through the months."""

from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.figures.model import Figure, Line
from experiments.wording import number
from sim.results import ResultSet

Data = dict[str, Any]
SHADES = (1.0, 0.75, 0.55, 0.4)  # newest first; more generations than this stand together as the rest
LEAST_MW = 0.05
REST = "Other rigs"


def of(results: ResultSet, firm: str) -> pd.DataFrame:
    """A firm's rigs through the months of the run whose firms were kept."""
    table = results.table("fleet")
    return table[(table["run"] == results.runs[0]) & (table["firm"] == firm)]


def label(row: Data) -> str:
    """A generation as "13.5 J/TH, 2027"."""
    return f"{number(row['j_per_th'], 0 if row['j_per_th'] >= 20 else 1)} J/TH, {row['released'][:4]}"


def bars(results: ResultSet, firm: str, when: str) -> list[Data]:
    """One bar for each generation of a month, newest first: its share of the longest, and the share that ran."""
    own = of(results, firm)
    now = own[(own["month"] == when) & (own["installed_mw"] >= LEAST_MW)].sort_values("released", ascending=False)
    most = float(now["installed_mw"].max()) if len(now) else 1.0
    places = 0 if most >= 20 else 1
    found = []
    for row in now.to_dict("records"):
        mw, on = row["installed_mw"], 1 - row["off_mw"] / row["installed_mw"]
        told = (
            f"{row['generation']}: {number(row['installed_ehs'], 2)} EH/s, ran {number(100 * on, 0)} % of the hours"
        )
        width = 100 * mw / most
        found.append({
            "name": label({str(k): v for k, v in row.items()}), "words": f"{number(mw, places)} MW",
            "width": round(width, 1), "part": round(width * on, 1), "told": told,
        })  # fmt: skip
    return found


def figure(results: ResultSet, firm: str) -> Figure | None:
    """Installed MW by generation through the months; None for a firm that never has rigs."""
    own = of(results, firm)
    if own["installed_mw"].max() < LEAST_MW or own.empty:
        return None
    months = results.table("firms").loc[results.table("firms")["firm"] == firm, "month"].astype(str).to_list()
    kinds = own.drop_duplicates("generation").set_index("generation")
    values = own.pivot(index="month", columns="generation", values="installed_mw").reindex(months).fillna(0.0)
    shown = values.max().sort_values(ascending=False).index[: len(SHADES)]
    if len(values.columns) > len(SHADES):
        shown = shown[:-1]
    order = kinds.loc[shown].sort_values("released", ascending=False).index
    layers = [
        Line(label({str(k): v for k, v in kinds.loc[name].items()}), "btc", values[name].to_list(), shade)
        for name, shade in zip(order, SHADES, strict=False)
    ]
    rest = values.drop(columns=order).sum(axis=1)
    if rest.max() >= LEAST_MW:
        layers.append(Line(REST, "btc", rest.to_list(), SHADES[-1]))
    return Figure(
        "rigs", "Rigs by generation", "MW installed at own and others' sites, running or not, month end. One run.",
        "MW", "stack", months, tuple(reversed(layers)), 1, "efficiency and year of release",
    )  # fmt: skip


def csv(results: ResultSet, firm: str) -> bytes:
    """Every month and generation of the firm, as recorded."""
    return of(results, firm).to_csv(index=False).encode("utf-8")
