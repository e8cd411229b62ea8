"""Networks: who looks at whom among miners, and how far regions lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import networkx as nx
import numpy as np

from sim.arrays import Array, Index
from sim.streams import generator
from sim.tables.load import Table

SAME_REGION, SAME_CONTINENT, OVERSEAS = 0.5, 1.0, 2.0  # factors on the cost of moving rigs
REWIRED = 0.1


def information_network(kind: str, degree: int, firms: int, seed: int) -> nx.Graph:
    """Graph of who observes whom: "small-world" (Watts-Strogatz), "scale-free" (Barabasi-Albert) or "none"."""
    if kind == "none":
        return nx.empty_graph(firms)
    if kind == "scale-free":
        return nx.barabasi_albert_graph(firms, max(degree // 2, 1), seed=seed)
    return nx.watts_strogatz_graph(firms, degree, REWIRED, seed=seed)


def peer_network(kind: str, degree: int, seed: int, runs: Sequence[int], firms: int) -> Index:
    """Peers of each firm (R, F, K), -1 where it has fewer than K = 2 x degree; firms are laid out at random."""
    return np.stack([_peers_of_run(kind, degree, seed, run, firms) for run in runs])


@lru_cache(maxsize=64)  # scenarios are compared run by run: the same networks come again
def _peers_of_run(kind: str, degree: int, seed: int, run: int, firms: int) -> Index:
    """Peers of each firm of one run (F, K)."""
    width = 2 * degree
    peers = np.full((firms, width), -1)
    source = generator(seed, run, "network")
    order = np.argsort(source.random(firms))
    graph = information_network(kind, degree, firms, int(source.random() * 2**31))
    for node, neighbours in graph.adjacency():
        chosen = order[list(neighbours)[:width]]
        peers[order[node], : len(chosen)] = chosen
    return peers


def region_distances(regions: Table) -> Array:
    """Factor on transport cost between regions (X, X)."""
    graph = region_graph(regions)
    n = len(regions)
    distance = np.full((n, n), SAME_REGION)
    factor: float
    for a, b, factor in graph.edges(data="cost"):
        distance[a, b] = distance[b, a] = factor
    return distance


def region_graph(regions: Table) -> nx.Graph:
    """Regions as a complete graph whose edges carry the relocation cost factor."""
    graph = nx.complete_graph(len(regions))
    continent = [str(c) for c in regions["continent"]]
    for a, b in graph.edges:
        graph.edges[a, b]["cost"] = SAME_CONTINENT if continent[a] == continent[b] else OVERSEAS
    return graph
