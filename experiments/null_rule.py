"""The null rule of the pivot's back-cast, registered when this module is imported."""

from __future__ import annotations

import numpy as np

from agents.observations import AI_OPTIONS, OPEN, Index, MinerObservation
from agents.rules import npv, register_rule

NULL_RULE = "accept_every_feasible_deal"


@register_rule(NULL_RULE)
def accept_every_feasible_deal(observation: MinerObservation) -> Index:
    """Whoever passes the gates of an AI option takes it, the one with the highest value; the others decide by npv.

    No inertia, no reluctance, no peers, no chance, and no question whether mining is worth more.
    """
    columns = np.array(AI_OPTIONS)
    worth = np.where(observation.gate[:, columns] == OPEN, observation.value[:, columns], -np.inf)
    best = columns[np.argmax(worth, axis=1)]
    return np.where(np.isfinite(worth).any(axis=1), best, npv(observation))
