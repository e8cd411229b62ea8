"""What the page of firms shows, away from Solara: the table, one firm's facts, figures, books, leases and peers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.figures.model import Figure, Line
from experiments.wording import DASH, decimals, month, number, plural
from sim.months import month_name, month_number
from sim.results import ResultSet
from sim.tables import load_tables
from viz.places import short, within

Data = dict[str, Any]
TIMES = "\N{MULTIPLICATION SIGN}"
MEANING = {"BTC": "btc", "HYBRID": "hybrid", "AI": "ai", "EXITED": "exited"}
STRATEGY = {"BTC": "BTC", "HYBRID": "Hybrid", "AI": "AI", "EXITED": "Exited"}
SIZE = {"small": "under 10 MW", "medium": f"10{DASH}100 MW", "large": f"100{DASH}500 MW", "mega": "over 500 MW"}
COLUMNS = (
    {"name": "Firm", "left": True}, {"name": "Strategy", "left": True}, {"name": "Size", "left": True},
    {"name": "Home", "left": True}, {"name": "Connected", "unit": "MW"}, {"name": "AI delivered", "unit": "MW IT"},
    {"name": "Hashrate", "unit": "EH/s"}, {"name": "EBITDA, 12 months", "unit": "M USD"},
    {"name": "Cash", "unit": "M USD"}, {"name": "Debt", "unit": "M USD"},
)  # fmt: skip
ASSETS = (
    ("Cash", "cash_usd"), ("Coins", "coins_usd"), ("Receivables", "receivables_usd"), ("Rigs", "rigs_usd"),
    ("Sites and connections", "sites_usd"), ("AI halls", "halls_usd"), ("GPUs", "gpus_usd"),
    ("Construction in progress", "construction_usd"),
)  # fmt: skip
CLAIMS = (
    ("Loans", "loans_usd"), ("Convertible notes", "converts_usd"), ("Tenant prepayments", "prepayments_usd"),
    ("Payables", "payables_usd"), ("Equity", "equity_usd"),
)  # fmt: skip
BASIS = {"sourced": "read in a source", "carried": "carried forward", "estimated": "estimated", "assumed": "assumed"}
LEAST_SHARE = 0.02  # of the best month: layers of a stack below it are left out
FACTS_TOLD = {
    "energised_mw": "Power in service", "operating_ehs": "Hashrate", "fleet_j_per_th": "Efficiency of rigs",
    "region_split": "Where its sites are", "pipeline_mw": "Power to come", "power_price_usd_per_mwh": "Power price",
    "cash_usd_m": "Cash", "debt_usd_m": "Debt", "btc_held": "Coins held",
}  # fmt: skip


def run_of(results: ResultSet) -> int:
    """The run whose firms were kept."""
    return results.runs[0]


def chosen_month(results: ResultSet, wanted: str) -> str:
    """The wanted month if it was simulated, else the last."""
    return wanted if wanted in results.months else results.months[-1]


def at(results: ResultSet, when: str) -> pd.DataFrame:
    """Firms of a month with EBITDA of the 12 months up to it, by name."""
    firms = results.table("firms")
    first = month_name(month_number(when) - 11)
    year = firms[(firms["month"] <= when) & (firms["month"] >= first)].groupby("firm")["ebitda_usd"]
    now = firms[firms["month"] == when].set_index("firm")
    months = year.size()
    return now.assign(ebitda_year=year.sum() * 12 / months, debt_usd=now["loans_usd"] + now["converts_usd"])


def table(results: ResultSet, when: str) -> list[Data]:
    """Rows of the table of firms."""
    now = at(results, when)
    names = [name for name in now.index if now.at[name, "alive"] or now.at[name, "listed"]]
    gone = set(now.index[~now["alive"]]) & _ever(results, when)
    kept = now.loc[[name for name in now.index if name in gone or name in names]]
    return [_row(str(row["firm"]), row) for row in records(kept.reset_index())]


def records(frame: pd.DataFrame) -> list[Data]:
    """Rows with their names as text."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def one(results: ResultSet, firm: str, when: str) -> Data:
    """A firm in a month; raises KeyError for one that is not there."""
    return records(at(results, when).loc[[firm]])[0]


def _ever(results: ResultSet, when: str) -> set[str]:
    """Firms that were alive up to a month; later entrants are in the table from the start, not yet alive."""
    firms = results.table("firms")
    return set(firms.loc[(firms["month"] <= when) & firms["alive"], "firm"])


def _row(name: str, row: Data) -> Data:
    strategy = row["strategy"] if row["alive"] else "EXITED"
    groups = ["alive" if row["alive"] else "exited", "listed" if row["listed"] else "private", strategy]
    numbers = (
        (row["connected_mw"], 0), (row["ai_delivered_mw"], 0), (row["hashrate_ehs"], 1),
        (row["ebitda_year"] / 1e6, 0), (row["cash_usd"] / 1e6, 0), (row["debt_usd"] / 1e6, 0),
    )  # fmt: skip
    cells: list[Data] = [
        {"words": name},
        {"words": STRATEGY[strategy], "meaning": MEANING[strategy]},
        {"words": SIZE[row["size"]], "value": list(SIZE).index(row["size"])},
        {"words": short(row["region"])},
        *({"words": even(value, digits), "value": float(value)} for value, digits in numbers),
    ]
    return {"id": name, "open": name, "groups": groups, "cells": cells}


def amount(value: float) -> str:
    """Three digits or whole; nothing as an en dash."""
    if not np.isfinite(value) or abs(value) < 0.005:
        return DASH
    return number(value, 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2)


def even(value: float, digits: int) -> str:
    """The same decimals down a column; nothing as an en dash, next to nothing as such."""
    if not np.isfinite(value) or abs(value) < 0.005:
        return DASH
    least = 10.0**-digits
    return f"<{number(least, digits)}" if 0 < value < least / 2 else number(value, digits)


def sentence(results: ResultSet, firm: str, when: str) -> str:
    """What a firm is, in one or two sentences."""
    row = one(results, firm, when)
    if not row["alive"]:
        return (
            f"{_ending(results, firm)} It was a {'listed' if row['listed'] else 'private'} firm with its home "
            f"in {within(row['region'])}."
        )
    kind = "Listed firm" if row["listed"] else "Private firm, made up to match the rest of the sector,"
    parts = [f"{kind} with its home in {within(row['region'])}, {SIZE[row['size']]} at the start."]
    doing = []
    if row["hashrate_ehs"] > 0.005:
        doing.append(f"runs {amount(row['hashrate_ehs'])} EH/s")
    held = leases(results, firm, when)
    if len(held):
        tenants = held["tenant"].nunique()
        doing.append(f"leases {amount(held['it_mw'].sum())} MW of critical IT to {plural(tenants, 'tenant')}")
    parts.append(f"It {' and '.join(doing)}." if doing else "It neither mines nor leases at this time.")
    if row["announced_strategy"] != row["strategy"]:
        parts.append(f"It says it is {STRATEGY[row['announced_strategy']]}.")
    return " ".join(parts)


def _ending(results: ResultSet, firm: str) -> str:
    events = results.table("events")
    ends = events[(events["firm"] == firm) & events["kind"].isin(["exit", "acquisition"])]
    if not len(ends):
        return "It does not exist at this time."
    last = ends.iloc[-1]
    detail = f": {last['detail']}" if last["detail"] else ""
    return f"Gone since {month(last['month'], full=True)}{detail}."


def since(results: ResultSet, firm: str, when: str) -> tuple[str, str]:
    """Strategy of a month and the words "Hybrid since March 2028"."""
    own = history(results, firm)
    own = own[own["month"] <= when]
    strategies = own["strategy"].where(own["alive"], "EXITED").to_list()
    now = strategies[-1]
    place = len(strategies) - 1
    while place and strategies[place - 1] == now:
        place -= 1
    start = f" since {month(str(own['month'].iloc[place]), full=True)}" if place else ""
    return str(now), f"{STRATEGY[now]}{start}"


def history(results: ResultSet, firm: str) -> pd.DataFrame:
    """A firm's rows through the months."""
    firms = results.table("firms")
    return firms[firms["firm"] == firm]


def facts(results: ResultSet, firm: str, when: str, data: Path | None = None) -> list[Data]:
    """The six figures at the top."""
    row = one(results, firm, when)
    net = row["debt_usd"] - row["cash_usd"]
    earned = row["ebitda_year"]
    ratio = number(net / earned, 1) if earned > 0 and net > 0 else "none" if net <= 0 else DASH
    covered = coverage(firm, data)
    return [
        _fact("Connected", row["connected_mw"], "MW"),
        _fact("AI, delivered", row["ai_delivered_mw"], "MW IT"),
        _fact("Hashrate", row["hashrate_ehs"], "EH/s"),
        _fact("Cash", row["cash_usd"] / 1e6, "M USD"),
        {"name": "Net debt / EBITDA", "figure": ratio, "unit": TIMES if ratio[0].isdigit() else ""},
        {
            "name": "Data coverage",
            "figure": number(100 * covered[0], 0) if covered else "made up",
            "unit": "% sourced" if covered else "",
        },
    ]


def _fact(name: str, value: float, unit: str) -> Data:
    words = amount(value)
    return (
        {"name": name, "figure": "none", "unit": ""}
        if words == DASH
        else {"name": name, "figure": words, "unit": unit}
    )


def coverage(firm: str, data: Path | None = None) -> tuple[float, list[tuple[str, str, str]]] | None:
    """Share of a listed firm's facts that is read in a source, and (fact, value, basis); None for made-up firms."""
    known = load_tables(data).firms_2026
    names = [str(name) for name in known["firm"]]
    if firm not in names:
        return None
    row = names.index(firm)
    told = []
    for name, words in FACTS_TOLD.items():
        basis = str(known[f"{name}_basis"][row])
        told.append((words, _written(known[name][row]), BASIS.get(basis, basis)))
    return float(known["data_coverage"][row]), told


def _written(value: Any) -> str:
    if isinstance(value, str):
        parts = [part.split(":") for part in value.split()] or [part.split(":") for part in value.split(";")]
        return ", ".join(part[0] for part in parts) if len(parts) < 4 else f"{len(parts)} regions"
    try:
        return number(float(value), decimals([float(value)]))
    except (TypeError, ValueError):
        return "several regions"


def figures(results: ResultSet, firm: str) -> list[Figure]:
    """Power by use, books, revenue and hashrate through the months."""
    own = history(results, firm)
    months = own["month"].astype(str).to_list()

    def of(*names: str, factor: float = 1.0) -> list[float]:
        return (own[list(names)].sum(axis=1) * factor).to_list()

    def line(label: str, meaning: Any, values: list[float], shade: float = 1.0) -> Line:
        return Line(label, meaning, values, shade)

    power = (
        line("Hashing", "btc", of("hashing_mw")), line("AI", "ai", of("ai_gross_mw", "legacy_gpu_mw")),
        line("Building", "ai", of("ai_building_mw"), 0.4), line("Idle", "exited", of("idle_mw"), 0.55),
    )  # fmt: skip
    money = 1e-6
    books = (
        line("Cash", "money", of("cash_usd", factor=money)),
        line("Debt", "risk", of("loans_usd", "converts_usd", factor=money)),
    )
    sales = (
        line("Mining", "btc", of("mining_revenue_usd", factor=money)),
        line("Hosting", "btc", of("hosting_revenue_usd", factor=money), 0.5),
        line("AI", "ai", of("ai_revenue_usd", factor=money)),
        line("Grid", "power", of("demand_response_revenue_usd", "resale_revenue_usd", factor=money)),
    )
    hashrate = (line("Own rigs", "btc", of("hashrate_ehs")),)

    def figure(key: str, title: str, subtitle: str, unit: str, kind: Any, lines: tuple[Line, ...]) -> Figure:
        return Figure(key, title, subtitle, unit, kind, months, lines, 1, "hashpivot")

    debt = "Million USD, month end. Debt: loans and convertible notes."
    own_rigs = "Own rigs, at own and others' sites, EH/s, mean of the month."
    return [
        figure("power", "Power by use", "Grid MW at its sites, month end. One run.", "MW", "stack", _layers(power)),
        figure("books", "Books", debt, "M USD", "lines", books),
        figure("sales", "Revenue by source", "Million USD a month, nominal.", "M USD", "stack", _layers(sales)),
        figure("rate", "Hashrate", own_rigs, "EH/s", "lines", hashrate),
    ]


def _layers(stack: tuple[Line, ...]) -> tuple[Line, ...]:
    """The first layer of a stack, and of the others those that ever matter."""
    most = max(sum(values) for values in zip(*(layer.median for layer in stack), strict=True))
    return (stack[0], *(layer for layer in stack[1:] if max(layer.median) > LEAST_SHARE * most))


def balance(results: ResultSet, firm: str, when: str) -> list[Data]:
    """Balance sheet of a month with the change over 12 months, million USD."""
    months = {row["month"]: row for row in records(history(results, firm))}
    now, then = months[when], months.get(month_name(month_number(when) - 12))

    def row(label: str, names: list[str], **look: bool) -> Data:
        value = sum(now[name] for name in names) / 1e6
        change = value - sum(then[name] for name in names) / 1e6 if then is not None else float("nan")
        sign = "+" if change >= 0.5 else ""
        told = f"{sign}{number(change, 0)}" if np.isfinite(change) else DASH
        cells = [{"words": label}, {"words": number(value, 0)}, {"words": told}]
        return {"id": label, "cells": cells, "empty": abs(value) < 0.5 and not abs(change) >= 0.5, **look}

    def part(head: str, rows: tuple[tuple[str, str], ...]) -> list[Data]:
        lines = [row(label, [name]) for label, name in rows]
        whole = row("Total", [name for _, name in rows], strong=True) | {"id": f"total {head}", "empty": False}
        title = {"id": head, "section": True, "cells": [{"words": head}, {"words": ""}, {"words": ""}]}
        return [title, *(line for line in lines if not line["empty"]), whole]

    return part("Assets", ASSETS) + part("Liabilities and equity", CLAIMS)


def leases(results: ResultSet, firm: str, when: str) -> pd.DataFrame:
    """Leases of a landlord in force or under construction at a month's end."""
    table = results.table("contracts")
    table = table[(table["run"] == run_of(results)) & (table["firm"] == firm) & (table["signed"] <= when)]
    return table[(table["ended"] == "") | (table["ended"] > when)]


def lease_rows(results: ResultSet, firm: str, when: str) -> list[Data]:
    """Rows of the table of contracts."""
    held = leases(results, firm, when).sort_values("it_mw", ascending=False)
    rows = []
    for lease in records(held):
        state = "delivered" if lease["delivered"] <= when else f"due {month(lease['delivered'])}"
        backed = f"backed by {lease['backstop']}, " if lease["backstop"] else ""
        rows.append({
            "id": str(lease["contract"]),
            "cells": [
                {"words": lease["tenant"], "under": f"{backed}{lease['product'].replace('_', ' ')}, {state}"},
                {"words": even(lease["it_mw"], 0), "value": lease["it_mw"]},
                {"words": number(lease["rent_usd_m_per_mw_year"], 2)},
                {"words": f"{lease['term_months'] / 12:.0f} y"},
            ],
        })  # fmt: skip
    return rows


def peers(results: ResultSet, firm: str, when: str) -> tuple[int, list[Data]]:
    """Where a firm stands among living firms of its size: their number and rows of Spreads."""
    now = at(results, when)
    like = now[now["alive"] & (now["size"] == now.at[firm, "size"])]
    used = like["hashing_mw"] + like["ai_gross_mw"]
    connected = like["connected_mw"].where(like["connected_mw"] > 0)
    measures = {
        "AI share of power": (100 * like["ai_gross_mw"] / used.where(used > 0), "%", 0),
        "EBITDA per MW": (
            like["ebitda_year"] / 1e6 / like["connected_mw"].where(like["connected_mw"] > 0),
            "M USD",
            2,
        ),
        "Debt per MW": (like["debt_usd"] / 1e6 / connected, "M USD", 2),
        "Idle share of power": (100 * like["idle_mw"] / connected, "%", 0),
    }
    rows = []
    for name, (values, unit, places) in measures.items():
        known = values.dropna()
        if firm not in known.index or len(known) < 3:
            continue
        spread = known.quantile([0.1, 0.25, 0.75, 0.9]).to_list()
        own = float(known[firm])
        low, high = min(spread[0], own), max(spread[3], own)
        places_at = [round(6 + 88 * (value - low) / (high - low or 1.0), 2) for value in (own, *spread)]
        row = dict(zip(("at", "p10", "p25", "p75", "p90"), places_at, strict=True))
        rows.append({"name": name, "words": f"{number(own, places)} {unit}", **row})
    return len(like), rows
