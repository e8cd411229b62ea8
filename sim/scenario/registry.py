"""All parameters as a flat list: for documentation, sliders, sweep axes, and for finding the nearest key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import AfterValidator
from pydantic.fields import FieldInfo as PydanticField

from agents.rules import RULES
from sim.scenario import blocks
from sim.scenario.declare import SAME_RULE, Block, Declaration, Role, check_month, check_own_rule, check_rule
from sim.scenario.distributions import Distribution, in_words
from sim.scenario.errors import ScenarioError

BLOCKS: MappingProxyType[str, type[Block]] = MappingProxyType(
    {
        "world": blocks.World,
        "bitcoin": blocks.Bitcoin,
        "power": blocks.Power,
        "rigs": blocks.Rigs,
        "ai": blocks.AI,
        "finance": blocks.Finance,
        "behaviour": blocks.Behaviour,
        "policy": blocks.Policy,
    }
)
SHOCKS, MEASURES = "shocks", "measures"
LISTS = (SHOCKS, MEASURES)  # what a scenario has beside parameters: lists of dated tables
Kind = Literal["float", "int", "bool", "text", "choice", "month", "list"]


@dataclass(frozen=True)
class FieldInfo:
    """One parameter. ``low``, ``high``, ``default`` and ``distribution`` are in ``unit``."""

    key: str
    block: str
    name: str
    kind: Kind
    unit: str
    low: float | None
    high: float | None
    default: Any
    choices: tuple[str, ...]
    text: str
    source: str
    role: Role
    distribution: Distribution | None

    @property
    def numeric(self) -> bool:
        """Can it be drawn, swept or put on a slider?"""
        return self.kind in ("float", "int")

    def __str__(self) -> str:
        rows = [
            ("default", f"{self.default} {self.unit}".strip()),
            ("role", self.role),
            ("bounds", f"{self.low:g} to {self.high:g}" if self.low is not None and self.high is not None else ""),
            ("choices", ", ".join(self.choices)),
            ("distribution", in_words(self.distribution) if self.distribution else ""),
            ("source", self.source),
        ]
        return "\n".join([self.key, f"  {self.text}", *(f"  {name}: {value}" for name, value in rows if value)])


def fields() -> Iterator[FieldInfo]:
    """Every parameter of every block, in the order of the documentation; dated lists are not among them."""
    yield from field_table().values()


@cache
def field_table() -> MappingProxyType[str, FieldInfo]:
    """All parameters by their dotted key."""
    found = (_info(block, *named) for block, model in BLOCKS.items() for named in model.model_fields.items())
    return MappingProxyType({info.key: info for info in found})


def describe(key: str) -> FieldInfo:
    """The parameter of that dotted key; printing it explains it. ScenarioError names the nearest key.

    >>> print(describe("rigs.shipping_months"))
    rigs.shipping_months
      ...
      role: ...
    """
    try:
        return field_table()[key]
    except KeyError:
        raise ScenarioError([unknown_key(key)]) from None


def unknown_key(key: str) -> str:
    """Message for a key that does not exist, with the nearest one that does."""
    near = max([*field_table(), *LISTS], key=lambda known: _likeness(key, known))
    hint = f"; did you mean {near}?" if _likeness(key, near) > 0.6 else ""
    return f"{key}: unknown key{hint}"


def _likeness(key: str, known: str) -> float:
    """How alike two keys are, 0-1. The name counts most, and the start of a name may stand for the whole."""
    (block, _, name), (known_block, _, known_name) = key.rpartition("."), known.rpartition(".")
    alike = max(
        SequenceMatcher(None, name, known_name).ratio(), SequenceMatcher(None, name, known_name[: len(name)]).ratio()
    )
    return 0.9 * alike + 0.1 * (block == known_block)


def _info(block: str, name: str, field: PydanticField) -> FieldInfo:
    declaration = cast(Declaration, field.json_schema_extra)
    kind, choices = _kind(field)
    return FieldInfo(
        key=f"{block}.{name}",
        block=block,
        name=name,
        kind=kind,
        unit=declaration.unit,
        low=declaration.low,
        high=declaration.high,
        default=field.default,
        choices=choices,
        text=field.description or "",
        source=declaration.source,
        role=declaration.role,
        distribution=declaration.spread,
    )


def _kind(field: PydanticField) -> tuple[Kind, tuple[str, ...]]:
    """Kind of a field and, where it must be one of a few words, those words."""
    annotation: Any = field.annotation
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    if get_origin(annotation) is tuple:
        return "list", get_args(get_args(annotation)[0])
    if any(isinstance(part, AfterValidator) and part.func is check_month for part in field.metadata):
        return "month", ()
    if any(isinstance(part, AfterValidator) and part.func is check_rule for part in field.metadata):
        return "choice", tuple(RULES)
    if any(isinstance(part, AfterValidator) and part.func is check_own_rule for part in field.metadata):
        return "choice", (SAME_RULE, *RULES)
    kinds: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    return kinds[annotation], ()
