"""Networks of one run as columns of nodes with fixed places, and what is told about a chosen one."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.networks import contract_graph, peers_graph
from experiments.wording import number, plural
from sim.results import ResultSet
from viz.firms import MEANING, amount, even, run_of

if TYPE_CHECKING:
    from sim.scenario import Scenario

Data = dict[str, Any]
MOST_MINERS, MOST_TENANTS = 12, 10
WIDTH, TOP, STEP = 940, 76, 52
X = {"m": 262, "t": 560, "b": 822}
SIDES = {"m": 220, "c": 470, "b": 720}  # of the information network
LARGEST, SMALLEST = 21.0, 4.0  # px of a node's radius
REST = {"m": "Other miners", "t": "Other tenants", "b": "Others"}
COLOURS = "Blue: AI, violet: hybrid, orange: BTC."
LABEL = 24  # px that a label above its node takes
STRATEGY_WORDS = {"btc": "BTC", "hybrid": "hybrid", "ai": "AI"}
SHOWN_LINKS = 9  # firms on each side of the information network


def layout(results: ResultSet) -> dict[str, Data]:
    """Every node that ever has a lease, by id, with its place; the same in all months."""
    table = results.table("contracts")
    table = table[table["run"] == run_of(results)]
    columns = {
        "m": _ranked(table, "firm", "m", MOST_MINERS), "t": _ranked(table, "tenant", "t", MOST_TENANTS),
        "b": _ranked(table[table["backstop"] != ""], "backstop", "b", MOST_TENANTS),
    }  # fmt: skip
    most = max((mw for column in columns.values() for mw in column.values()), default=1.0)
    room = {
        kind: {name: _room(kind, mw, most) for name, mw in column.items()} for kind, column in columns.items()
    }  # fmt: skip
    height = max(6 * STEP, 1.25 * max(sum(column.values()) for column in room.values()))
    credit = table.groupby("tenant")["credit"].first().to_dict()
    nodes: dict[str, Data] = {}
    for kind, column in room.items():
        slack = (height - sum(column.values())) / max(1, len(column))
        y = float(TOP)
        for name, need in column.items():
            below = 0.5 if kind == "m" else 1 - (need - LABEL) / 2 / need  # a label above pushes its node down
            nodes[f"{kind}:{name}"] = {
                "id": f"{kind}:{name}", "kind": kind, "name": name, "x": X[kind],
                "y": round(y + slack / 2 + need * below, 1),
                "ring": kind == "t" and credit.get(name, "investment_grade") != "investment_grade",
                "whole": columns[kind][name],
            }  # fmt: skip
            y += need + slack
    return nodes


def _room(kind: str, mw: float, most: float) -> float:
    """Height a node needs at its largest, px: tenants and backstops have their label above, miners beside them."""
    across = 2 * max(SMALLEST, LARGEST * math.sqrt(mw / most))
    return max(across + 6, LABEL + 6) if kind == "m" else across + LABEL


def _ranked(table: pd.DataFrame, column: str, kind: str, most: int) -> dict[str, float]:
    """MW of the whole run by name, largest first; those beyond ``most`` stand together as one."""
    mw = table.groupby(column)["it_mw"].sum().sort_values(ascending=False)
    found = {str(name): float(value) for name, value in mw.items()}
    if len(found) <= most + 1:
        return found
    names = list(found)
    return {name: found[name] for name in names[:most]} | {REST[kind]: sum(found[name] for name in names[most:])}


def contracts(results: ResultSet, when: str, chosen: str) -> Data:
    """The contract network of a month, ready to draw: columns, nodes, edges, height."""
    places = layout(results)
    graph = contract_graph(results, run_of(results), when)
    edges: dict[tuple[str, str], float] = defaultdict(float)
    for source, target, data in graph.edges(data=True):
        leases = graph.nodes[source]["kind"] == "miner"
        ends = (_id("m", source, places), _id("t", target, places))
        edges[ends if leases else (_id("t", source, places), f"b:{target}")] += data["it_mw"]
    size: dict[str, float] = defaultdict(float)
    for (source, target), mw in edges.items():
        size[source] += mw if source.startswith("m:") else 0.0
        size[target] += mw
    most = max((node["whole"] for node in places.values()), default=1.0)  # one scale for all months
    near = {chosen} | {end for ends in edges if chosen in ends for end in ends}
    strategy = {str(name): data.get("strategy", "") for name, data in graph.nodes(data=True)}
    nodes = []
    for name, node in places.items():
        mw = size[name]
        meaning = "money" if node["kind"] == "b" else "exited"
        if node["kind"] == "m":
            meaning = MEANING.get(strategy.get(node["name"], ""), "exited")
        nodes.append(_node(node, mw, most, meaning, dim=bool(chosen) and name not in near))
    return {
        "columns": _columns(results, when, nodes),
        "nodes": nodes,
        "edges": [_edge(places, nodes, ends, mw, most, chosen) for ends, mw in edges.items()],
        "height": round(max(node["y"] for node in places.values()) + LARGEST + 8) if places else 200,
    }


def leased(results: ResultSet, when: str) -> pd.DataFrame:
    """Who leases from whom in a month, all of them: landlord, tenant, backstop, credit, MW and rent."""
    table = in_force(results, when)
    columns = ["firm", "tenant", "credit", "backstop", "product", "region", "it_mw", "rent_usd_m_per_mw_year"]
    return table.sort_values("it_mw", ascending=False)[[*columns, "signed", "delivered"]]


def _id(kind: str, name: str, places: dict[str, Data]) -> str:
    return f"{kind}:{name}" if f"{kind}:{name}" in places else f"{kind}:{REST[kind]}"


def _node(node: Data, mw: float, most: float, meaning: str, dim: bool) -> Data:
    radius = round(max(SMALLEST, LARGEST * math.sqrt(mw / most)), 1) if mw else 2.5
    beside = node["kind"] == "m"
    shape = "diamond" if node["kind"] == "b" else "ring" if node["ring"] and mw else "dot"
    words = amount(mw) if mw else ""
    return node | {
        "r": radius, "shape": shape, "meaning": meaning, "dim": dim or not mw, "words": words,
        "tx": node["x"] - radius - 8 if beside else node["x"],
        "ty": round(node["y"] + 4.5 if beside else node["y"] - radius - 7, 1),
        "anchor": "end" if beside else "middle",
        "aria": ", ".join(filter(None, (node["name"], f"{words or 'no'} MW", STRATEGY_WORDS.get(meaning)))),
    }  # fmt: skip


def _edge(
    places: dict[str, Data], nodes: list[Data], ends: tuple[str, str], mw: float, most: float, chosen: str
) -> Data:
    source, target = places[ends[0]], places[ends[1]]
    meaning = next(node["meaning"] for node in nodes if node["id"] == ends[0])
    return {
        "x1": source["x"], "y1": source["y"], "x2": target["x"], "y2": target["y"],
        "meaning": meaning if ends[0].startswith("m:") else "money",
        "width": round(max(1.2, 30 * mw / most), 1), "dim": bool(chosen) and chosen not in ends,
        "words": f"{source['name']} to {target['name']}: {amount(mw)} MW",
    }  # fmt: skip


def _columns(results: ResultSet, when: str, nodes: list[Data]) -> list[Data]:
    firms = results.table("firms")
    alive = int((firms["month"].eq(when) & firms["alive"]).sum())
    leasing = results.table("contracts")
    held = leasing[(leasing["signed"] <= when) & ((leasing["ended"] == "") | (leasing["ended"] > when))]
    count = held[held["run"] == run_of(results)]["firm"].nunique()
    return [
        {"name": "Miners", "x": 0, "anchor": "start", "text": f"{count} of {alive} have a lease. {COLOURS}"},
        {"name": "Tenants", "x": X["t"], "anchor": "middle", "text": "Solid: investment grade. Ring: not."},
        {"name": "Backstops", "x": WIDTH, "anchor": "end", "text": "Guarantee a tenant's rent."},
    ]


# ------------------------------------------------------------------ what is told about it


def in_force(results: ResultSet, when: str) -> pd.DataFrame:
    """Leases of the run in force at a month's end, with their share of the landlord's revenue as ``rent_usd``."""
    table = results.table("contracts")
    table = table[(table["run"] == run_of(results)) & (table["signed"] <= when)]
    table = table[(table["ended"] == "") | (table["ended"] > when)]
    paying = table["delivered"] <= when
    return table.assign(rent_usd=(table["rent_usd_m_per_mw_year"] * table["it_mw"]).where(paying, 0.0) * 1e6)


def revenue(results: ResultSet, when: str) -> pd.Series:
    """Revenue of a month at a year's rate by firm, USD."""
    firms = results.table("firms")
    now = firms[firms["month"] == when].set_index("firm")
    names = ["mining_revenue_usd", "hosting_revenue_usd", "ai_revenue_usd", "demand_response_revenue_usd"]
    return 12 * now[names].sum(axis=1)


def chosen_leases(results: ResultSet, when: str, node: str) -> tuple[pd.DataFrame, str]:
    """Leases of a chosen node, and the column that names the other side."""
    table = in_force(results, when)
    kind, _, name = node.partition(":")
    column = {"m": "firm", "t": "tenant", "b": "backstop"}.get(kind, "tenant")
    other = "tenant" if kind == "m" else "firm"
    if name in REST.values():
        named = {key.partition(":")[2] for key in layout(results)}
        return table[~table[column].isin(named)], other
    return table[table[column] == name], other


def lease_rows(results: ResultSet, when: str, node: str) -> list[Data]:
    """Rows of the table beside the drawing: other side, MW, share of the landlord's revenue."""
    table, other = chosen_leases(results, when, node)
    earned = revenue(results, when)
    firms = results.table("firms")
    strategy = firms[firms["month"] == when].set_index("firm")["strategy"]
    rows = []
    grouped = table.groupby(other).agg(mw=("it_mw", "sum"), rent=("rent_usd", "sum"), firm=("firm", "first"))
    for name, mw, rent, firm in grouped.sort_values("mw", ascending=False).itertuples():
        whole = float(earned.get(firm, 0.0))
        share = f"{number(min(100.0, 100 * rent / whole), 0)} %" if whole > 0 and rent else "not yet"
        first: Data = {"words": str(name)}
        if other == "firm":
            first["meaning"] = MEANING.get(str(strategy.get(name, "")), "exited")
        row: Data = {"id": str(name), "cells": [first, {"words": even(mw, 0), "value": mw}, {"words": share}]}
        rows.append(row | ({"open": str(name)} if other == "firm" else {}))
    return rows


def about(results: ResultSet, when: str, node: str) -> tuple[str, str, list[Data]]:
    """Title, kind in words and two facts of a chosen node."""
    kind, _, name = node.partition(":")
    table, other = chosen_leases(results, when, node)
    sides = table[other].nunique()
    if kind == "m":
        words = f"Miner · leases to {plural(sides, 'tenant')}"
    elif kind == "b":
        words = f"Backstop · behind leases of {plural(sides, 'miner')}"
    else:
        credit = str(table["credit"].iloc[0]).replace("_", " ") if len(table) else "no lease now"
        words = f"Tenant, {credit} · leases from {plural(sides, 'miner')}"
    whole = float(in_force(results, when)["it_mw"].sum())
    mw = float(table["it_mw"].sum())
    share = number(100 * mw / whole, 0) if whole else "0"
    facts = [
        {"name": "Leased", "figure": amount(mw), "unit": "MW IT"},
        {"name": "Share of all leases", "figure": share, "unit": "%"},
    ]
    return name[0].upper() + name[1:], words, facts


def default_told(results: ResultSet, when: str, node: str) -> str:
    """What stops when a chosen tenant stops paying, from the leases of this run."""
    table, _ = chosen_leases(results, when, node)
    rent = float(table["rent_usd"].sum())
    if not rent:
        return "Nothing is delivered to it yet: no rent would stop, but halls being built would lose their tenant."
    earned = revenue(results, when)
    by_firm = table.groupby("firm")["rent_usd"].sum()
    heavy = sum(1 for firm, lost in by_firm.items() if lost > 0.25 * float(earned.get(firm, 0.0)))
    backed = float(table.loc[table["backstop"] != "", "rent_usd"].sum()) / rent
    words = f"Rents of {number(rent / 1e6, 0)} million USD a year stop. "
    words += f"{plural(heavy, 'landlord')} would lose more than a quarter of revenue. " if heavy else ""
    if backed:
        guard = ", ".join(sorted({str(name) for name in table["backstop"] if name}))
        return f"{words}{guard} stands behind {number(100 * backed, 0)} % of the rent."
    return f"{words}No backstop covers any of it."


def concentration(results: ResultSet, when: str) -> list[tuple[str, str]]:
    """How much hangs on how few."""
    table = in_force(results, when)
    whole = float(table["it_mw"].sum())
    if not whole:
        return [("Leases in force", "none")]

    def shares(column: str, values: str = "it_mw") -> pd.Series:
        parts = table.groupby(column)[values].sum()
        return parts / parts.sum()

    return [
        ("Leased, all", f"{number(whole, 0)} MW IT"),
        ("Largest tenant", f"{number(100 * float(shares('tenant').max()), 0)} %"),
        ("HHI of leased MW, by tenant", number(float(shares("tenant").pow(2).sum()), 2)),
        ("HHI of leased MW, by miner", number(float(shares("firm").pow(2).sum()), 2)),
        (
            "MW with a backstop",
            f"{number(100 * float(table.loc[table['backstop'] != '', 'it_mw'].sum()) / whole, 0)} %",
        ),
    ]


# ------------------------------------------------------------------ who observes whom


def observed(
    scenario: Scenario,
    data: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, list[str]]:
    """Whom each firm observes in run 0; a worker calls it, for the sector must be set up."""
    graph = peers_graph(scenario, 0, 0, "sampled", data)
    return {str(firm): [str(peer) for peer in graph.successors(firm)] for firm in graph}


def information(results: ResultSet, links: dict[str, list[str]], when: str, chosen: str) -> Data:
    """Who observes a firm, the firm, and whom it observes, ready to draw."""
    firms = results.table("firms")
    now = firms[firms["month"] == when].set_index("firm")
    size = now["connected_mw"]
    observers, observed_ = around(results, links, when, chosen)
    sides = {"m": observers[:SHOWN_LINKS], "b": observed_[:SHOWN_LINKS]}
    rows = max(len(sides["m"]), len(sides["b"]), 4)
    places = {f"c:{chosen}": {"kind": "t", "name": chosen, "x": SIDES["c"], "y": TOP + rows * STEP / 2}}
    for kind, names in sides.items():
        gap = rows * STEP / max(1, len(names))
        places |= {
            f"{kind}:{name}": {"kind": kind, "name": name, "x": SIDES[kind], "y": TOP + gap * (place + 0.5)}
            for place, name in enumerate(names)
        }
    most = float(size.max()) or 1.0
    nodes = []
    for key, place in places.items():
        mw = float(size.get(place["name"], 0.0))
        strategy = now["strategy"].get(place["name"], "") if place["name"] in now.index else ""
        node = _node(place | {"id": key, "ring": False}, mw, most, MEANING.get(str(strategy), "exited"), dim=False)
        nodes.append(node | {"shape": "dot"} | _beside(place, node))
    edges = []
    for key in places:
        if key.startswith("c:"):
            continue
        ends = (key, f"c:{chosen}") if key.startswith("m:") else (f"c:{chosen}", key)
        drawn = _edge(places, nodes, ends, 0.0, most, "")
        edges.append(
            drawn | {"meaning": "exited", "words": f"{places[ends[0]]['name']} observes {places[ends[1]]['name']}"}
        )
    columns = [
        {"name": "Observe it", "x": 0, "anchor": "start", "text": _counted(observers, sides["m"])},
        {"name": "Chosen firm", "x": SIDES["c"], "anchor": "middle", "text": f"Size: connected MW. {COLOURS}"},
        {"name": "It observes", "x": WIDTH, "anchor": "end", "text": _counted(observed_, sides["b"])},
    ]
    return {"columns": columns, "nodes": nodes, "edges": edges, "height": round(TOP + rows * STEP + 20)}


def _beside(place: Data, node: Data) -> Data:
    """Words at the outer side of the outer columns."""
    if place["kind"] == "b":
        return {
            "tx": place["x"] + node["r"] + 6,
            "ty": place["y"] + 4.5,
            "anchor": "start",
            "words": "",
            "x": place["x"],
        }
    return {"words": ""}


def around(results: ResultSet, links: dict[str, list[str]], when: str, chosen: str) -> tuple[list[str], list[str]]:
    """Firms of a month that observe the chosen one, and those that it observes, largest first."""
    firms = results.table("firms")
    now = firms[(firms["month"] == when) & firms["alive"]].set_index("firm")["connected_mw"]
    observers = [firm for firm, peers in links.items() if chosen in peers]
    return _there(observers, now), _there(links.get(chosen, []), now)


def _there(names: list[str], size: pd.Series) -> list[str]:
    return sorted((name for name in names if name in size.index), key=lambda name: -float(size[name]))


def _counted(names: list[str], shown: list[str]) -> str:
    return plural(len(names), "firm") if len(names) == len(shown) else f"{len(shown)} largest of {len(names)} firms"


def linked(links: dict[str, list[str]]) -> pd.DataFrame:
    """Every link of the information network."""
    rows = [(firm, peer) for firm, peers in links.items() for peer in peers]
    return pd.DataFrame(rows, columns=["firm", "observes"])


def most_observed(results: ResultSet, links: dict[str, list[str]], when: str, most: int = 12) -> list[Data]:
    """Rows of the table of firms that most others look at in a month, of equals the largest."""
    firms = results.table("firms")
    size = firms[(firms["month"] == when) & firms["alive"]].set_index("firm")["connected_mw"].to_dict()
    counts = Counter(peer for firm, peers in links.items() if firm in size for peer in peers if peer in size)
    ranked = sorted(counts, key=lambda name: (-counts[name], -size[name]))[:most]
    return [
        {
            "id": name,
            "open": name,
            "cells": [
                {"words": name},
                {"words": str(counts[name])},
                {"words": str(sum(peer in size for peer in links.get(name, [])))},
            ],
        }
        for name in ranked
    ]
