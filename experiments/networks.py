"""The three networks of a run as networkx graphs: contracts, who observes whom, and regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

from sim.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import ResultSet
    from sim.scenario import Scenario


def contract_graph(results: ResultSet, run: int | None = None, month: str | None = None) -> nx.DiGraph:
    """Leases in force at a month's end: landlord -> tenant, and tenant -> backstop where somebody guarantees.

    Nodes carry ``kind`` (miner, tenant, backstop), miners ``strategy`` where the firm table has the run; edges the
    critical IT MW (``it_mw``) and, for leases, their mean ``rent_usd_m_per_mw_year`` and the number of ``contracts``.
    By default the first run and the last month. Raises UserError for a run or month that is not there.
    """
    run, month = _moment(results, run, month)
    table = results.table("contracts")
    table = table[(table["run"] == run) & (table["signed"] <= month)]
    table = table[(table["ended"] == "") | (table["ended"] > month)]
    graph: nx.DiGraph = nx.DiGraph(name=f"{results.scenario}, run {run}, {month}")
    firms = results.table("firms")
    firms = firms[(firms["run"] == run) & (firms["month"] == month)].set_index("firm")
    for (firm, tenant), leases in table.groupby(["firm", "tenant"]):
        _add_miner(graph, str(firm), firms)
        graph.add_node(str(tenant), kind="tenant", tenant_class=str(leases["tenant_class"].iloc[0]))
        mw = float(leases["it_mw"].sum())
        rent = float((leases["rent_usd_m_per_mw_year"] * leases["it_mw"]).sum()) / mw if mw else 0.0
        graph.add_edge(str(firm), str(tenant), it_mw=mw, rent_usd_m_per_mw_year=rent, contracts=len(leases))
    backed = table[table["backstop"] != ""]
    for (tenant, guarantor), leases in backed.groupby(["tenant", "backstop"]):
        if str(guarantor) not in graph:
            graph.add_node(str(guarantor), kind="backstop")
        graph.add_edge(str(tenant), str(guarantor), it_mw=float(leases["it_mw"].sum()))
    return graph


def information_graph(results: ResultSet, run: int | None = None) -> nx.DiGraph:
    """Who observes whom in a run: firm -> peer. Built again from the scenario, seed and run number.

    Needs a result folder (its resolved scenario); raises UserError otherwise.
    """
    from sim.scenario import Scenario

    run, _ = _moment(results, run, None)
    if "folder" not in results.meta:
        raise UserError("The information network needs a result folder: run with --out.")
    scenario = Scenario.load(str(Path(results.meta["folder"]) / "scenario.toml"))
    return peers_graph(scenario, int(results.meta["seed"]), run, str(results.meta["assumptions"]))


def peers_graph(scenario: Scenario, seed: int, run: int, assumptions: str, data: Path | None = None) -> nx.DiGraph:
    """Who observes whom in run ``run`` of a scenario, firm -> peer, in its first month; ``data`` as in simulate."""
    from sim.sector import Sector
    from sim.tables import load_tables

    sector = Sector(scenario, seed, (run,), months=1, mode=assumptions, tables=load_tables(data))
    names = sector.labels.firms
    graph: nx.DiGraph = nx.DiGraph(name=f"{scenario.name}, run {run}")
    graph.add_nodes_from(str(name) for name in names)
    for firm, peers in enumerate(sector.peers[0].tolist()):
        graph.add_edges_from((str(names[firm]), str(names[peer])) for peer in peers if peer >= 0)
    return graph


def regions_graph() -> nx.Graph:
    """Regions, with the factor on the cost of moving rigs between them."""
    from sim.networks import region_graph
    from sim.tables import load_tables

    table = load_tables().regions
    return nx.relabel_nodes(region_graph(table), dict(enumerate(str(code) for code in table["code"])))


def _moment(results: ResultSet, run: int | None, month: str | None) -> tuple[int, str]:
    runs, months = results.runs, results.months
    run, month = runs[0] if run is None else run, months[-1] if month is None else month
    if run not in runs:
        raise UserError(f"There is no run {run}: known are {runs[0]} to {runs[-1]}.")
    if month not in months:
        raise UserError(f"There is no month {month}: known are {months[0]} to {months[-1]}.")
    return run, month


def _add_miner(graph: nx.DiGraph, firm: str, firms: pd.DataFrame) -> None:
    known = firm in firms.index
    graph.add_node(firm, kind="miner", strategy=str(firms.loc[firm, "strategy"]) if known else "")
