"""How a parameter is declared: one helper, so that no field can lack unit, bounds, text, source or role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agents.rules import RULES
from sim.errors import did_you_mean
from sim.months import is_month
from sim.scenario.distributions import Distribution, as_dict

Role = Literal["lever", "assumption", "structural"]


@dataclass(frozen=True)
class Declaration:
    """What a field carries beside its value; pydantic calls it to add the same facts to the JSON schema."""

    unit: str
    role: Role
    source: str
    low: float | None
    high: float | None
    spread: Distribution | None

    def __call__(self, schema: dict[str, Any]) -> None:
        schema |= {"unit": self.unit, "role": self.role, "source": self.source}
        if self.spread is not None:
            schema["distribution"] = as_dict(self.spread)


def param(
    default: Any,
    role: Role,
    text: str,
    *,
    source: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    spread: Distribution | None = None,
) -> Any:
    """Declare one parameter of a block.

    ``role``: a lever can be chosen by somebody; an assumption is known by nobody (``spread`` says how badly);
    a structural setting shapes the simulation itself and is never sampled.
    ``low`` and ``high`` are inclusive and, like ``default`` and ``spread``, in ``unit``.
    """
    declaration = Declaration(unit, role, source, low, high, spread)
    return Field(default, ge=low, le=high, description=text, json_schema_extra=declaration)


class Block(BaseModel):
    """A group of parameters. Immutable, without unknown keys, without silent conversion ("5" is not 5)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True)

    if not TYPE_CHECKING:  # type checkers know the fields, and would take any name as known

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # pydantic's own
                return super().__getattr__(name)
            known = list(type(self).model_fields)
            raise AttributeError(did_you_mean(name, known, f"parameter of {type(self).__name__}"))


def check_month(value: str) -> str:
    """Return ``value`` if it is a month written YYYY-MM, else raise ValueError."""
    if not is_month(value):
        raise ValueError("must be a month such as 2027-01")
    return value


Month = Annotated[str, AfterValidator(check_month)]


def check_rule(value: str) -> str:
    """Return ``value`` if a decision rule of that name is registered, else raise ValueError."""
    if value not in RULES:
        raise ValueError(f"must be one of {', '.join(sorted(RULES))}, or a rule of a module given with --plugin")
    return value


SAME_RULE = "same"  # in place of a rule of one's own


def check_own_rule(value: str) -> str:
    """Like ``check_rule``, but "same" stands for the rule of all firms."""
    return value if value == SAME_RULE else check_rule(value)


Rule = Annotated[str, AfterValidator(check_rule)]
OwnRule = Annotated[str, AfterValidator(check_own_rule)]
Region = Literal[
    "ERCOT", "PJM", "NYISO", "MISO", "SPP", "SERC_TVA", "WECC_US", "ALBERTA", "BC", "QUEBEC", "NORDICS",
    "PARAGUAY", "ETHIOPIA", "GULF", "KAZAKHSTAN", "RUSSIA", "CHINA", "ROW",
]  # fmt: skip
Regions = tuple[Region, ...]
Tenant = Literal[
    "MICROSOFT", "AWS", "GOOGLE", "IG_UNDISCLOSED", "COREWEAVE", "FLUIDSTACK", "CORE42", "NSCALE", "ONEQODE",
    "NEOCLOUD_OTHER", "NVIDIA", "AMD", "CEREBRAS", "BELL", "ENTERPRISE_OTHER",
]  # fmt: skip
