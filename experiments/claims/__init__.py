"""The claims of the source article, and of the debate around it, each as an experiment with a computed verdict."""

from __future__ import annotations

from experiments.claims.run import Judged, judge_claims

__all__ = ["Judged", "judge_claims"]
