"""What a split effect tells apart, in plain words: what a shipped scenario changes together is one lever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from experiments.attribution import Lever, levers_of
from experiments.wording import month, number
from sim.scenario import Scenario
from viz.levers import name_of, told
from viz.state import BASELINE

TIMES = "\N{MULTIPLICATION SIGN}"
KINDS = {
    "coin_price": "Coin price",
    "fees": "Fees",
    "ai_demand": "AI demand",
    "rent": "Rents",
    "power_price": "Power price",
    "credit_spread": "Credit spread",
    "equity_multiple": "Share prices",
    "ltc": "Lending",
    "tenant_default": "Tenants failing",
    "gpu_rent": "GPU rents",
    "outside_capacity": "Outside developers",
}


def bundled(base: Scenario, top: Scenario, world: Mapping[str, int]) -> list[Lever]:
    """The levers of ``top``; those that make up a shipped scenario, but are not all of ``top``, are one."""
    levers = levers_of(base, top)
    left, found = list(levers), list[tuple[int, Lever]]()
    for title, parts in _library(tuple(world.items())):
        if len(parts) < len(levers) and all(part in left for part in parts):
            left = [lever for lever in left if lever not in parts]
            found.append((min(levers.index(part) for part in parts), _together(title, parts)))
    found += [(levers.index(lever), lever) for lever in left]
    return _named([lever for _, lever in sorted(found, key=lambda item: item[0])])


@cache
def _library(world: tuple[tuple[str, int], ...]) -> list[tuple[str, list[Lever]]]:
    """Title and levers of the shipped scenarios of several levers, the largest first."""
    base = Scenario.load(BASELINE, dict(world))
    scenarios = [Scenario.load(name, dict(world)) for name in Scenario.names()]
    known = [(scenario.title or scenario.name, levers_of(base, scenario)) for scenario in scenarios]
    return sorted(((title, parts) for title, parts in known if len(parts) > 1), key=lambda item: -len(item[1]))


def _together(title: str, parts: Sequence[Lever]) -> Lever:
    return Lever(
        title,
        {key: value for part in parts for key, value in part.values.items()},
        tuple(entry for part in parts for entry in part.entries),
        tuple(entry for part in parts for entry in part.dropped),
    )


def _named(levers: Sequence[Lever]) -> list[Lever]:
    """Levers under plain names; where two would read the same their months tell them apart, or else a number."""
    names = [_words(lever) for lever in levers]
    for add in (lambda i: f", {_start(levers[i])}", lambda i: f" ({i + 1})"):
        often = Counter(names)
        names = [name + add(i) if often[name] > 1 else name for i, name in enumerate(names)]
    return [replace(lever, name=name) for lever, name in zip(levers, names, strict=True)]


def _words(lever: Lever) -> str:
    dated = (*lever.entries, *lever.dropped)
    if len(lever.values) + len(dated) > 1 and not lever.name.startswith("policy: "):
        return lever.name
    if not dated:
        return name_of(next((key for key in lever.values if not told(key).needs), next(iter(lever.values))))
    said = _entry(dated[0][1])
    return f"without {said[0].lower()}{said[1:]}" if lever.dropped else said


def _entry(entry: Any) -> str:
    """A dated shock or measure in words: what it hits and how hard."""
    if not hasattr(entry, "kind"):
        return name_of(entry.lever)
    if entry.kind == "credit_spread":
        points = number(100 * entry.size, 1).removesuffix(".0")
        return f"{KINDS[entry.kind]} {'+' if entry.size > 0 else ''}{points} points"
    if entry.kind == "tenant_default":
        return f"{KINDS[entry.kind]}, {number(100 * entry.size, 0)} %"
    return f"{KINDS[entry.kind]} {TIMES} {number(entry.size, 2).rstrip('0').rstrip('.')}"


def _start(lever: Lever) -> str:
    dated = (*lever.entries, *lever.dropped)
    return month(dated[0][1].start) if dated else "from the start"
