"""Asking agents one by one: what an overridden ``decide`` is shown, and how its answer enters the month.

Agents whose class keeps the usual ``decide`` are not asked; the vectorised decision of ``agents.rules`` and
``agents.conduct`` holds for their rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from agents.observations import HOLD, OPEN, OPTIONS, Index, MinerObservation


@dataclass
class AskMiners:
    """Lets each miner decide on all its cases of the month, in one call per miner.

    ``agents`` are the miners by row. The answer is an option per case, or one for all of them. An option whose
    gate is closed cannot be carried out: the site is held. Raises ValueError for what is no option at all.
    """

    agents: Mapping[int, Any]

    def __call__(self, observation: MinerObservation, choice: Index) -> Index:
        choice = choice.copy()
        order = np.argsort(observation.firm, kind="stable")
        firms, starts = np.unique(observation.firm[order], return_index=True)
        for firm, cases in zip(firms.tolist(), np.split(order, starts[1:]), strict=False):
            shown = observation.take(cases)
            choice[cases] = hold_if_closed(shown, options(self.agents[firm], shown))
        return choice


def options(agent: Any, observation: MinerObservation) -> Index:
    """The options (n,) a miner chooses for its n cases; raises ValueError where they are none."""
    answer = np.asarray(agent.decide(observation))
    n = len(observation.firm)
    if answer.shape not in ((), (n,)) or answer.dtype.kind not in "iu":
        raise ValueError(
            f"{agent!r}.decide returned {answer!r}: it must return a whole number from OPTIONS for each of its "
            f"{n} cases, or one for all."
        )
    if np.any((answer < 0) | (answer >= len(OPTIONS))):
        raise ValueError(
            f"{agent!r}.decide returned {answer!r}: options are numbered 0 ({OPTIONS[0]}) to "
            f"{len(OPTIONS) - 1} ({OPTIONS[-1]})."
        )
    return np.broadcast_to(answer, (n,)).astype(np.int64)


def hold_if_closed(observation: MinerObservation, choice: Index) -> Index:
    """Replace options (N,) whose gate is closed by holding, which is always open."""
    gate = observation.gate[np.arange(len(choice)), choice]
    return np.where(gate == OPEN, choice, HOLD)


@dataclass
class AskEach:
    """Lets each tenant, grid operator or regulator decide for itself.

    ``agents`` by row. Each is shown its own row, arrays of shape (1, 1), and answers with a decision of the
    usual type whose fields hold one number each. Raises ValueError where a field is not one number >= 0.
    """

    agents: Mapping[int, Any]

    def __call__(self, observation: Any, decision: Any) -> Any:
        answers = {f.name: getattr(decision, f.name).copy() for f in fields(decision)}
        for row, agent in self.agents.items():
            answer = agent.decide(one_row(observation, row))
            for name, values in answers.items():
                values[:, row] = number(agent, name, getattr(answer, name))
        return replace(decision, **answers)


def one_row(observation: Any, row: int) -> Any:
    """A copy of an observation with one row only: arrays (R, rows) become (R, 1)."""
    return replace(observation, **{f.name: getattr(observation, f.name)[:, [row]] for f in fields(observation)})


def number(agent: Any, name: str, value: Any) -> float:
    """One number of a decision, given as a number or as an array of one; raises ValueError for others."""
    answer = np.asarray(value, dtype=np.float64)
    if answer.size != 1 or not answer.item() >= 0:  # NaN is not >= 0 either
        raise ValueError(f"{agent!r}.decide returned {name} = {value!r}: it must be one number, zero or more.")
    return answer.item()
