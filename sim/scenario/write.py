"""A resolved scenario as TOML (the standard library reads TOML but does not write it)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sim.scenario.registry import LISTS, FieldInfo, fields

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario


def literal(value: Any) -> str:
    """A value as a TOML literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return repr(value)


def to_toml(scenario: Scenario, sources: bool) -> str:
    """All values, block by block; ``explicit`` keeps which of them somebody set on purpose."""
    lines = [f"{key} = {literal(getattr(scenario, key))}" for key in ("title", "summary", "why", "explicit")]
    block = ""
    for info in fields():
        if info.block != block:
            block = info.block
            lines += ["", f"[{block}]"]
        lines += _entry(info, getattr(getattr(scenario, block), info.name), sources)
    for name in LISTS:
        for entry in getattr(scenario, name):
            facts = entry.model_dump(exclude_none=True).items()
            lines += ["", f"[[{name}]]", *(f"{key} = {literal(value)}" for key, value in facts)]
    return "\n".join(lines) + "\n"


def _entry(info: FieldInfo, value: Any, sources: bool) -> list[str]:
    line = f"{info.name} = {literal(value)}" + (f"  # {info.unit}" if info.unit else "")
    return ["", f"# {info.text}", f"# {info.role}; source: {info.source}", line] if sources else [line]
