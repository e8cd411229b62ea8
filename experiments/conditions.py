"""Conditions on outcomes as users write them: ``exits_small_share > 0.5``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import UserError

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
FORM = re.compile(r"\s*([A-Za-z]\w*)\s*(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


@dataclass(frozen=True)
class Condition:
    """An outcome compared with a number."""

    outcome: str
    sign: str
    limit: float

    def holds(self, values: pd.Series) -> np.ndarray:
        """Where the outcome's values fulfil it. Raises UserError for values that are not numbers."""
        numbers = values.to_numpy(dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise UserError(f"{self.outcome} is not a number in {int((~np.isfinite(numbers)).sum())} runs.")
        return np.asarray(COMPARE[self.sign](numbers, self.limit))

    def __str__(self) -> str:
        return f"{self.outcome} {self.sign} {self.limit:g}"


def parse(text: str) -> Condition:
    """The condition a user wrote. Raises UserError if it is not an outcome, a comparison and a number."""
    match = FORM.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r}: must be an outcome, one of > >= < <= and a number: exits_small_share > 0.5")
    return Condition(match[1], match[2], float(match[3]))
