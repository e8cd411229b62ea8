"""How results of analyses show themselves: what was asked, and how large the tables are, in one line."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

SHORT = 60  # characters up to which a value is told whole


class Told:
    """For dataclasses that hold tables, declared with ``repr=False``: printing one must not print the tables."""

    def __repr__(self) -> str:
        told = (_words(field.name, getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(told)})"


def _words(name: str, value: Any) -> str:
    if hasattr(value, "columns") and hasattr(value, "index"):
        return f"{name}: {len(value):,} rows"
    told = repr(value)
    if len(told) <= SHORT:
        return f"{name}={told}"
    if isinstance(value, dict):
        return f"{name}: {', '.join(map(str, value))}"
    return f"{name}: {len(value)}" if hasattr(value, "__len__") else f"{name}={told[: SHORT - 1]}…"
