"""Figures: what each shows is defined once, as plain data; experiments.figures.draw draws them for PNG."""

from experiments.figures.charts import FIGURES
from experiments.figures.model import Band, Figure, Line

__all__ = ["FIGURES", "Band", "Figure", "Line"]
