"""What the calculator shows, away from Solara: inputs of an address, rows of inputs, figures, tables, a chart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.calculator import Calculation, SiteInputs
from experiments.figures.palette import Palette
from experiments.figures.scales import linear_axis, push_apart
from experiments.wording import DASH, decimals, number
from sim.state import CREDITS
from sim.tables import load_tables
from viz.charts.parts import FONT, Option, exact
from viz.places import within

Data = dict[str, Any]
# Key: name, unit, lowest and highest of the slider, allowed from and to, decimals, help.
NUMBERS: dict[str, tuple[str, str, float, float, float, float, int, str]] = {
    "mw": ("Site", "MW", 1, 500, 0.01, 10_000, 0, "Grid MW of the connection."),
    "power_price_usd_per_mwh": ("Power price", "USD/MWh", 0, 150, 0, 1_000, 0, "All in, at the plug."),
    "hashprice_usd_per_ph_day": (
        "Hashprice",
        "USD/PH/day",
        5,
        120,
        0.1,
        10_000,
        1,
        "Revenue per PH/s and day. It wins over the coin price.",
    ),
    "coin_price_usd": (
        "Coin price",
        "USD",
        10_000,
        250_000,
        1,
        1e8,
        0,
        "Hashprice follows, at today's network hashrate and fees.",
    ),
    "rent_usd_m_per_mw_year": (
        "Rent",
        "M USD/MW/year",
        0.3,
        4,
        0.01,
        100,
        2,
        "Of a new colocation hall, per MW of critical IT.",
    ),
    "replaces_j_per_th": (
        "Rigs in the way",
        "J/TH",
        10,
        60,
        1,
        1_000,
        1,
        "Efficiency of running rigs that a hall would displace.",
    ),
    "capex_limit_usd": (
        "Limit of capex",
        "M USD",
        1,
        2_000,
        0,
        1e7,
        0,
        "Bounds the best mix. Without one: no limit.",
    ),
}
HEIGHT = 230  # px of the chart
SCALE = {"capex_limit_usd": 1e6}  # units of the input in that of the slider
CREDIT_WORDS = {
    "investment_grade": "Investment grade",
    "backstopped": "Backstopped",
    "speculative": "Speculative",
    "unrated": "Unrated",
}
COLUMNS = (
    {"name": "Use of a MW", "left": True},
    {"name": "Revenue", "unit": "USD/MWh"},
    {"name": "Margin", "unit": "USD/MWh"},
    {"name": "Margin", "unit": "k USD/MW-year"},
    {"name": "Capex", "unit": "k USD/MW"},
    {"name": "Payback", "unit": "years"},
    {"name": "Return on equity", "unit": "% a year"},
    {"name": "Value (NPV)", "unit": "k USD/MW"},
    {"name": "Breakeven power", "unit": "USD/MWh"},
    {"name": "Breakeven hashprice", "unit": "USD/PH/day"},
    {"name": "Breakeven rent", "unit": "M USD/MW/year"},
)
MIX_COLUMNS = (
    {"name": "Mix", "left": True},
    {"name": "Margin", "unit": "M USD/year"},
    {"name": "Capex", "unit": "M USD"},
    {"name": "Own money", "unit": "M USD"},
    {"name": "Payback", "unit": "years"},
    {"name": "Value (NPV)", "unit": "M USD"},
)
MEANINGS = {"rigs": "btc", "flexibility": "power", "hosting": "ai", "gpu cloud": "ai", "legacy gpus": "ai"}


def inputs(options: Mapping[str, str]) -> SiteInputs:
    """The site of an address; what is no number there is left out."""
    given: Data = {}
    for key in NUMBERS:
        try:
            given[key] = float(options[f"site-{key}"]) * SCALE.get(key, 1.0)
        except (KeyError, ValueError):
            continue
    regions = [str(code) for code in load_tables().regions["code"]]
    if options.get("site-region") in regions:
        given["region"] = options["site-region"]
    if options.get("site-tenant") in CREDITS:
        given["tenant"] = options["site-tenant"]
    return SiteInputs(**given)


def rows(site: SiteInputs, base: Data, filled: Data) -> list[Data]:
    """Lever rows; ``base`` is the site without any input, ``filled`` the site with every default."""
    known = load_tables().regions
    names = zip(map(str, known["code"]), map(str, known["name"]), strict=True)
    found: list[Data] = [
        _choice("region", "Region", [{"id": code, "label": name} for code, name in names], site.region, "ERCOT"),
        _choice(
            "tenant",
            "Credit of the tenant",
            [{"id": c, "label": CREDIT_WORDS[c]} for c in CREDITS],
            site.tenant,
            "investment_grade",
        ),
    ]
    for key, (name, unit, low, high, least, most, places, told) in NUMBERS.items():
        scale = SCALE.get(key, 1.0)
        usual = base[key] / scale if base.get(key) is not None else high
        value = filled[key] / scale if filled.get(key) is not None else high
        blank = "" if filled.get(key) is not None else "none"
        changed = getattr(site, key) is not None and (key != "mw" or site.mw != base["mw"])
        found.append(
            {
                "key": key,
                "kind": "number",
                "name": name,
                "unit": unit,
                "value": value,
                "base": usual,
                "low": low,
                "high": high,
                "least": least,
                "most": most,
                "places": places,
                "changed": changed,
                "help": told,
                "blank": blank,
            }
        )
    return found


def _choice(key: str, name: str, choices: list[Data], value: str, usual: str) -> Data:
    return {
        "key": key,
        "kind": "choice",
        "name": name,
        "choices": choices,
        "value": value,
        "help": "",
        "changed": value != usual,
    }


def about(found: Calculation) -> str:
    """The site in words, for whoever takes its numbers away."""
    site = found.site
    return f"One site of {site['mw']:g} MW in {within(str(site['region']))}, prices of {site['date']} unless set."


def headline(found: Calculation) -> list[Data]:
    """Four figures: the best rig, the hall, what each dollar earns, and the best mix."""
    uses = found.workloads
    rig = uses[uses["kind"] == "rigs"].sort_values("npv_usd_per_mw").iloc[-1]
    hall = found.use("Colocation")
    mix = found.best_mix
    parts = ", ".join(f"{100 * share:.0f} % {name}" for name, share in mix["shares"].items()) or "leave it unused"
    return [
        {
            "name": f"Margin, {rig['name']}",
            "figure": thousands(rig["margin_usd_per_mw_year"]),
            "unit": "k USD/MW-year",
            "note": f"{percent(rig['equity_return'])} on own money",
        },
        {
            "name": "Margin, colocation hall",
            "figure": thousands(hall["margin_usd_per_mw_year"]),
            "unit": "k USD/MW-year",
            "note": f"{percent(hall['equity_return'])} on own money",
        },
        {
            "name": "Breakeven rent of a hall",
            "figure": plain(hall["breakeven_rent_usd_m_per_mw_year"], 2),
            "unit": "M USD/MW/year",
            "note": f"today {plain(found.site['rent_usd_m_per_mw_year'], 2)}",
        },
        {"name": "Best mix, value", "figure": millions(mix["npv_usd"]), "unit": "M USD", "note": parts},
    ]


def workloads(found: Calculation) -> list[Data]:
    """One row a use."""
    names = (
        ("revenue_usd_per_mwh", 1.0, 0),
        ("margin_usd_per_mwh", 1.0, 0),
        ("margin_usd_per_mw_year", 1e-3, 0),
        ("capex_usd_per_mw", 1e-3, 0),
        ("payback_years", 1.0, 1),
        ("equity_return", 100.0, 0),
        ("npv_usd_per_mw", 1e-3, 0),
        ("breakeven_usd_per_mwh", 1.0, 0),
        ("breakeven_hashprice_usd_per_ph_day", 1.0, 1),
        ("breakeven_rent_usd_m_per_mw_year", 1.0, 2),
    )
    out = []
    for row in found.workloads.to_dict("records"):
        cells: list[Data] = [{"words": str(row["name"]), "meaning": MEANINGS[row["kind"]]}]
        for name, factor, places in names:
            value = float(row[name]) * factor if row[name] is not None else math.nan
            never = name == "payback_years" and math.isinf(value)
            cells.append(
                {
                    "words": "never" if never else number(value, places),
                    "value": value if math.isfinite(value) else None,
                }
            )
        out.append({"id": str(row["name"]), "cells": cells})
    return out


def mixes(found: Calculation) -> list[Data]:
    """Rows of the mixes, the best one first; the same decimals down each column."""
    mixed = [found.best_mix | {"name": "Best mix"}]
    mixed += [{str(k): v for k, v in row.items()} for row in found.mixes.to_dict("records")]
    columns = (
        ("margin_usd_per_year", 1e-6), ("capex_usd", 1e-6), ("equity_usd", 1e-6), ("payback_years", 1.0),
        ("npv_usd", 1e-6),
    )  # fmt: skip
    values = [[_scaled(row.get(name), factor) for row in mixed] for name, factor in columns]
    places = [min(1, max(0, decimals(column))) for column in values]
    rows = []
    for place, row in enumerate(mixed):
        numbers = [column[place] for column in values]
        cells: list[Data] = [{"words": row["name"], "under": _under(row, best=not place)}]
        for value, digits, (name, _) in zip(numbers, places, columns, strict=True):
            known = math.isfinite(value)
            never = "never" if name == "payback_years" else DASH
            cells.append({"words": number(value, digits) if known else never, "value": value if known else None})
        rows.append({"id": row["name"], "strong": not place, "cells": cells})
    return rows


def _scaled(value: float | None, factor: float) -> float:
    return math.nan if value is None else value * factor


def _under(row: Data, best: bool) -> str:
    """What a mix is made of, or why no tenant takes part of it."""
    if small := row.get("too_small_for_a_tenant"):
        return f"too small for a tenant: {', '.join(small)}"
    return ", ".join(f"{100 * share:.0f} % {name}" for name, share in row["shares"].items()) if best else ""


def sensitivity(found: Calculation, field: str, colours: Palette) -> Option:
    """Margins when one input moves by up to 30 %, as lines over its value."""
    table = found.sensitivity[found.sensitivity["input"] == field]
    lines = [(str(name), own) for name, own in table.groupby("name", sort=False)]
    vertical = linear_axis(*_reach([own["margin_usd_per_mw_year"] / 1e6 for _, own in lines]))
    ends = [float(own["margin_usd_per_mw_year"].iloc[-1]) / 1e6 for _, own in lines]
    plot = HEIGHT - 44
    wished = [(1 - float(vertical.place(end))) * plot for end in ends]
    moved = push_apart(wished, 4, plot - 2)
    series = [
        _line(name, own, shift - at, colours) for (name, own), at, shift in zip(lines, wished, moved, strict=True)
    ]
    look: Option = {"type": "value", "axisLine": {"show": False}, "axisTick": {"show": False}}
    look |= {"axisLabel": {"color": colours.third, "fontSize": 11}}
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT},
        "series": series,
        "grid": {"left": 36, "right": 92, "top": 18, "bottom": 26},
        "xAxis": look | {"type": "category", "boundaryGap": False, "data": _steps(lines[0][1])},
        "yAxis": look
        | {
            "min": exact(vertical.low),
            "max": exact(vertical.high),
            "interval": exact(vertical.ticks[1] - vertical.ticks[0]),
            "splitLine": {"lineStyle": {"color": colours.grid}},
        },
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "backgroundColor": colours.page,
            "borderColor": colours.strong_rule,
            "textStyle": {"color": colours.ink, "fontSize": 12},
            "extraCssText": "box-shadow:none",
        },
    }


def _steps(own: Any) -> list[str]:
    """The values that an input takes, in words with the same decimals."""
    values = own["value"].to_list()
    return [number(value, max(0, decimals(values))) for value in values]


def sensitivity_table(found: Calculation, field: str) -> Data:
    """The numbers of the chart: one row for each value of the input."""
    table = found.sensitivity[found.sensitivity["input"] == field]
    lines = [(str(name), own) for name, own in table.groupby("name", sort=False)]
    margins = [[number(value / 1e6, 2) for value in own["margin_usd_per_mw_year"]] for _, own in lines]
    rows = [list(row) for row in zip(_steps(lines[0][1]), *margins, strict=True)]
    return {"columns": [NUMBERS[field][1], *(name for name, _ in lines)], "rows": rows}


def _reach(values: list[Any]) -> tuple[float, float]:
    return min(float(own.min()) for own in values), max(float(own.max()) for own in values)


def _line(name: str, own: Any, offset: float, colours: Palette) -> Option:
    meaning: Any = "ai" if name in ("Colocation", "GPU cloud") else "btc"
    shade = 0.55 if name == "GPU cloud" else 1.0
    margins = own["margin_usd_per_mw_year"] / 1e6
    label = {"show": True, "formatter": name.partition(",")[0], "color": colours.words[meaning], "fontSize": 12}
    return {
        "type": "line",
        "name": name,
        "data": [float(f"{margin:.4g}") for margin in margins],
        "symbolSize": 5,
        "symbol": "circle",
        "lineStyle": {"color": colours.marks[meaning], "width": 2.25, "opacity": shade},
        "itemStyle": {"color": colours.marks[meaning], "opacity": shade},
        "endLabel": label | {"fontWeight": 600, "offset": [0, offset]},
    }


def thousands(value: float) -> str:
    return number(value / 1e3, 0)


def millions(value: float) -> str:
    return number(value / 1e6, 1 if abs(value) < 1e8 else 0)


def percent(value: float) -> str:
    return f"{number(100 * value, 0)} %" if math.isfinite(value) else "nothing put in"


def plain(value: float | None, places: int) -> str:
    return DASH if value is None else number(value, places)
