"""The table of options that firms under review choose from, as the kernels fill it."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from agents.compiled import Array, Index
from agents.observations import OPTIONS


class OptionTable(NamedTuple):
    """What each case's options are worth, (n, options): ``value``, ``equity`` in USD, ``payback`` years,
    ``earn`` cash on equity a year, ``gate`` index of ``GATES`` of ``agents.observations``."""

    value: Array
    gate: Index
    payback: Array
    equity: Array
    earn: Array

    @classmethod
    def blank(cls, n: int) -> Self:
        """A table of ``n`` cases in which every option is open and worth nothing."""
        shape = (n, len(OPTIONS))
        gate = np.zeros(shape, np.int64)
        return cls(np.zeros(shape), gate, np.full(shape, np.inf), np.zeros(shape), np.zeros(shape))
