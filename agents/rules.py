"""The rules by which miners decide: an array of cases in, an option per case out.

This is the place where miners decide. A rule is a function of a ``MinerObservation``; register your own with
``@register_rule("name")`` and choose it with ``behaviour.rule = "name"``, or for one class of firms with
``behaviour.rule_small = "name"`` and the like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from agents.asking import hold_if_closed
from agents.compiled import compiled
from agents.observations import AI_OPTIONS, HOLD, OPEN, Array, Index, MinerObservation

Rule = Callable[[MinerObservation], Index]
RULES: dict[str, Rule] = {}


def register_rule(name: str) -> Callable[[Rule], Rule]:
    """Make an array rule available as ``behaviour.rule``. The last registration of a name holds.

    >>> @register_rule("never")
    ... def never(observation):
    ...     return np.full(len(observation.firm), HOLD)
    >>> RULES.pop("never") is never
    True
    """

    def keep(rule: Rule) -> Rule:
        RULES[name] = rule
        return rule

    return keep


def decide(observation: MinerObservation) -> Index:
    """Options (N,) chosen by the rules it names, closed ones held. Raises KeyError naming the known rules."""
    if isinstance(observation.rule, str):
        return _decide_by(observation.rule, observation)
    choice = np.zeros(len(observation.firm), dtype=np.int64)
    for name in np.unique(observation.rule).tolist():
        cases = np.flatnonzero(observation.rule == name)
        choice[cases] = _decide_by(name, replace(observation.take(cases), rule=name))
    return choice


def _decide_by(name: str, observation: MinerObservation) -> Index:
    if name not in RULES:
        raise KeyError(f"no decision rule '{name}'; known: {', '.join(sorted(RULES))}")
    return hold_if_closed(observation, RULES[name](observation))


@compiled
def logit(utility: Array, gate: Index, temperature: Array, draw: Array) -> Index:
    """One option per case with probability proportional to exp(utility / temperature), closed gates left out."""
    cases, options = utility.shape
    choice, scaled, ladder = np.zeros(cases, np.int64), np.empty(options), np.empty(options)
    for k in range(cases):
        best, height = -np.inf, 0.0
        for option in range(options):
            scaled[option] = utility[k, option] / temperature[k] if gate[k, option] == OPEN else -np.inf
            best = max(best, scaled[option])
        for option in range(options):
            if gate[k, option] == OPEN:
                height += 1.0 if scaled[option] == best else np.exp(scaled[option] - best)
            ladder[option] = height
        while choice[k] < options - 1 and ladder[choice[k]] <= draw[k] * height:
            choice[k] += 1
    return choice


def frictions(observation: MinerObservation) -> Array:
    """What stands between value and choice (N, K): inertia, reluctance to leave mining, the pull of peers."""
    o = observation
    return _frictions(o.peers, o.peer_weight, o.inertia, o.reluctance)


@compiled
def _frictions(peers: Array, peer_weight: Array, inertia: Array, reluctance: Array) -> Array:
    friction = np.empty(peers.shape)
    for k in range(len(peers)):
        for option in range(peers.shape[1]):
            friction[k, option] = peer_weight[k] * peers[k, option]
            if option != HOLD:
                friction[k, option] -= inertia[k]
        for option in AI_OPTIONS:
            friction[k, option] -= reluctance[k]
    return friction


@register_rule("npv")
def npv(observation: MinerObservation) -> Index:
    """Risk-adjusted net present value per MW, then frictions, then a logit choice."""
    o = observation
    utility = frictions(o)
    utility += o.value
    return logit(utility, o.gate, o.temperature, o.draw)


@register_rule("payback")
def payback(observation: MinerObservation) -> Index:
    """The years the equity part takes to come back, against the firm's limit; no discounting beyond it."""
    o = observation
    spare_years = np.clip(o.payback_limit[:, None] - o.payback, -10.0, 10.0)
    gain = np.where(o.equity > 0, o.equity * spare_years / o.payback_limit[:, None], o.value)
    gain[:, HOLD] = 0.0
    return logit(gain + frictions(o), o.gate, o.temperature, o.draw)


@register_rule("real_options")
def real_options(observation: MinerObservation) -> Index:
    """Invest only when value exceeds the worth of waiting (Dixit and Pindyck 1994, ch. 5).

    With volatility s, the firm's discount rate r and no payout drift the trigger is b / (b - 1) times the investment,
    b = 1/2 + sqrt(1/4 + 2 r / s^2); the excess over the investment is what waiting is worth.
    """
    o = observation
    b = 0.5 + np.sqrt(0.25 + 2 * o.discount / np.maximum(o.volatility, 0.05) ** 2)
    waiting = (b / (b - 1) - 1)[:, None] * o.equity
    return logit(o.value - waiting + frictions(o), o.gate, o.temperature, o.draw)


@register_rule("imitation")
def imitation(observation: MinerObservation) -> Index:
    """Do what linked peers do; value only breaks ties."""
    o = observation
    return logit(o.peers * 2.0 + 0.1 * o.value, o.gate, o.temperature, o.draw)


@register_rule("random")
def random(observation: MinerObservation) -> Index:
    """The null model: any open option with equal chance."""
    o = observation
    return logit(np.zeros_like(o.value), o.gate, o.temperature, o.draw)
