"""Rigs that arrive at sites."""

from __future__ import annotations

from agents.compiled import Array, Index, compiled


@compiled
def receive(coming: Array, generation: Index, mw_per_ehs: Array, ehs: Array, ordered_mw: Array) -> None:
    """Move what is ``coming`` (R, S, 2) EH/s, of the two ``generation`` (R, 2), into the rigs ``ehs`` (R, S, G).

    Its MW, at ``mw_per_ehs`` (R, 2), are no longer among ``ordered_mw`` (R, S).
    """
    for run in range(coming.shape[0]):
        for site in range(coming.shape[1]):
            for k in range(2):
                ehs[run, site, generation[run, k]] += coming[run, site, k]
                ordered_mw[run, site] -= coming[run, site, k] * mw_per_ehs[run, k]
                coming[run, site, k] = 0.0
            ordered_mw[run, site] = max(ordered_mw[run, site], 0.0)
