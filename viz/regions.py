"""Regions of one run: a map of tiles, a table, and the course of one region."""

from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.figures.model import Figure, Line
from experiments.wording import number
from sim.results import ResultSet
from sim.tables import load_tables
from viz.firms import run_of
from viz.places import short

Data = dict[str, Any]
# Column and row of each region's tile, roughly where it lies on a map.
PLACES = {
    "BC": (1, 1), "ALBERTA": (2, 1), "QUEBEC": (4, 1), "NORDICS": (6, 1), "RUSSIA": (8, 1), "WECC_US": (1, 2),
    "SPP": (2, 2), "MISO": (3, 2), "PJM": (4, 2), "NYISO": (5, 1), "KAZAKHSTAN": (8, 2), "CHINA": (9, 2),
    "ERCOT": (2, 3), "SERC_TVA": (3, 3), "GULF": (7, 2), "ETHIOPIA": (7, 3), "PARAGUAY": (4, 4), "ROW": (9, 3),
}  # fmt: skip
# Measure: name, unit, column, factor, decimals.
MEASURES = {
    "headroom": ("Headroom", "MW", "headroom_mw", 1.0, 0),
    "wait": ("Wait", "months", "wait_months", 1.0, 0),
    "price": ("Power price", "USD/MWh", "power_price_usd_per_mwh", 1.0, 0),
    "margin": ("Reserve margin", "%", "reserve_margin", 100.0, 1),
    "mining": ("Mining power", "MW", "mining_power_mw", 1.0, 0),
    "ai": ("AI, grid", "MW", "ai_gross_mw", 1.0, 0),
    "pipeline": ("Queue of miners", "MW", "pipeline_mw", 1.0, 0),
}
TOLD = {
    "headroom": "Large loads the grid operator may still admit.",
    "wait": "Months a new large load waits for its connection.",
    "price": "Mean price of the month at the region's market.",
    "margin": "Firm supply over peak load, less one.",
    "mining": "Mean grid power of mining.",
    "ai": "Grid MW of AI capacity in operation at miners' sites.",
    "pipeline": "Dated connections of miners still to come.",
}


def at(results: ResultSet, when: str) -> pd.DataFrame:
    """Regions of a month by code."""
    table = results.table("regions")
    return table[(table["run"] == run_of(results)) & (table["month"] == when)].set_index("region")


def names() -> dict[str, str]:
    """Region codes with their names in full."""
    known = load_tables().regions
    return dict(zip(map(str, known["code"]), map(str, known["name"]), strict=True))


def tiles(results: ResultSet, when: str, measure: str) -> list[Data]:
    """One tile a region, shaded in five steps of the measure's range over the whole run."""
    _, unit, column, factor, places = MEASURES[measure]
    table = results.table("regions")
    reach = factor * table.loc[table["run"] == run_of(results), column]
    low, high = float(reach.quantile(0.02)), float(reach.quantile(0.98))
    full = names()
    found = []
    for code, value in (factor * at(results, when)[column]).items():
        share = (float(value) - low) / (high - low) if high > low else 0.0
        column_at, row = PLACES.get(str(code), (9, 4))
        found.append({
            "id": code, "name": full.get(str(code), str(code)), "short": short(str(code)),
            "words": number(float(value), places), "step": 0 if value <= 0 else min(5, max(1, 1 + int(5 * share))),
            "column": column_at, "row": row, "unit": unit,
        })  # fmt: skip
    return found


def columns() -> list[Data]:
    """Columns of the table."""
    return [{"name": "Region", "left": True}, *({"name": m[0], "unit": m[1]} for m in MEASURES.values())]


def rows(results: ResultSet, when: str, chosen: str) -> list[Data]:
    """One row a region with every measure."""
    table, full = at(results, when), names()
    found = []
    for code in table.index:
        name, whole = short(str(code)), full.get(str(code), "")
        cells: list[Data] = [{"words": name, "under": whole if whole != name else ""}]
        for _, _, column, factor, places in MEASURES.values():
            value = factor * float(table.loc[code, column])
            cells.append({"words": number(value, places), "value": value})
        found.append({"id": code, "open": code, "chosen": code == chosen, "cells": cells})
    return found


def course(results: ResultSet, code: str, measure: str) -> Figure:
    """A measure of one region through the months."""
    name, unit, column, factor, _ = MEASURES[measure]
    table = results.table("regions")
    own = table[(table["run"] == run_of(results)) & (table["region"] == code)]
    values = (factor * own[column]).to_list()
    line = Line(short(code), "power", values)
    return Figure(
        "region", f"{name}, {short(code)}", f"{TOLD[measure]} {unit}, one run.", unit, "lines",
        own["month"].astype(str).to_list(), (line,), 1, "hashpivot",
    )  # fmt: skip
