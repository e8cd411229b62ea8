"""A firm's decision records in plain words, with its options as bars."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from agents.observations import AI_OPTIONS, OPTIONS
from experiments.reasons import closed_options, known, sentence, title
from experiments.wording import DASH, decimals, month, number
from sim.columns import columns
from sim.results import ResultSet
from viz.headline import signed

Data = dict[str, Any]
AI = {OPTIONS[k] for k in AI_OPTIONS}
KINDS = (
    {"id": "", "label": "Decisions only"},
    {"id": "all", "label": "All reviews"},
    {"id": "held", "label": "Why it held"},
)
LEAVING = ("hold", "close", "sell site")
PAGE = 8
LEDE = "Each review asks what every option is worth against holding: USD per grid MW, as the firm saw it. One run."


def of_firm(results: ResultSet, firm: str, kind: str) -> pd.DataFrame:
    """A firm's records of one kind, newest first; per month what was done comes before what was not."""
    table = results.table("decisions")
    own = table[table["firm"] == firm]
    held = own["choice"] == "hold"
    if kind == "held":
        own = own[held]
    elif not kind:
        own = own[~held]
    order = own.assign(held=own["choice"] == "hold")
    return order.sort_values(["month", "held", "connected_mw"], ascending=[False, True, False]).drop(columns="held")


def records(table: pd.DataFrame, chosen: str, shown: int) -> list[Data]:
    """The newest ``shown`` records as plain data; ``chosen`` is the marked month."""
    rows = table.head(shown).to_dict("records")
    return [_record(str(place), {str(k): v for k, v in row.items()}, chosen) for place, row in enumerate(rows)]


def _record(name: str, row: Data, chosen: str) -> Data:
    where = f"Site {row['site']}, {number(row['connected_mw'], 0)} MW. " if row["connected_mw"] > 0 else ""
    return {
        "id": f"{row['month']}-{row['site']}-{name}",
        "month": row["month"],
        "date": month(row["month"]),
        "chosen": row["month"] == chosen,
        "title": title(row),
        "text": f"{sentence(row)} {where}".strip(),
        "bars": _bars(row),
        "closed": [[option, f"stopped: {gate}"] for option, gate in closed_options(row)],
        "record": _full(row),
    }


def _bars(row: Data) -> list[Data]:
    """Options that passed their gates by value above holding, the chosen one marked."""
    values = {"hold": 0.0, row["choice"]: float(row["value_usd_m_per_mw"] or 0.0)}
    if row["runner_up"]:
        values.setdefault(row["runner_up"], float(row["runner_up_value_usd_m_per_mw"]))
    if row["best_ai"] and row["best_ai_gate"] == "open" and known(row["best_ai_value_usd_m_per_mw"]):
        values.setdefault(row["best_ai"], float(row["best_ai_value_usd_m_per_mw"]))
    values = {name: value for name, value in values.items() if math.isfinite(value)}
    if len(values) < 2:
        return []
    low, high = min(0.0, *values.values()), max(0.0, *values.values())
    small = max(high, -low) < 0.01  # then thousands of USD tell more than millions
    factor, unit = (1e3, "k") if small else (1.0, "M")
    places = decimals([factor * value for value in values.values()], 2)
    span = high - low or 1.0
    return [
        {
            "name": name.capitalize() if name not in AI else _named(name),
            "left": round(100 * (min(0.0, value) - low) / span, 1),
            "width": round(100 * abs(value) / span, 1),
            "words": _worth(factor * value, places, unit),
            "meaning": _meaning(name),
            "chosen": name == row["choice"],
        }
        for name, value in sorted(values.items(), key=lambda item: -item[1])
    ]


def _worth(value: float, places: int, unit: str) -> str:
    if not value:
        return "0"
    return f"{signed(value, places)} {unit}/MW" if abs(value) >= 0.5 * 10**-places else "about 0"


def _meaning(option: str) -> str:
    if option in AI:
        return "hybrid" if option == "hybrid share" else "ai"
    return "exited" if option in LEAVING else "btc"


def _named(option: str) -> str:
    return option.capitalize().replace("Gpu", "GPU")


def _full(row: Data) -> list[list[str]]:
    """Every column of the record with its unit."""
    told = []
    for name, column in columns("decisions").items():
        value = row.get(name)
        if name in ("run", "firm", "month", "gate") or value is None or value == "":
            continue
        if isinstance(value, float):
            words = f"{number(value, decimals([value]))} {column.unit}".strip() if math.isfinite(value) else DASH
        else:
            words = str(value)
        told.append([column.text, words])
    return told
