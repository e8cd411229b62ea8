"""Reports: one HTML file that holds everything, readable without a network and on paper."""

from __future__ import annotations

from experiments.report.write import write_report

__all__ = ["write_report"]
