"""The named shocks of a stress test: what each does at severity 1, and how it grows with severity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors import UserError, did_you_mean
from sim.months import month_name, month_number
from sim.scenario import Shock
from sim.scenario.blocks.shocks import BOUNDS, FACTOR, Kind

MOST_SEVERE = 10.0


@dataclass(frozen=True)
class Part:
    """One dated shock of the scenario language, ``after`` months into the stress; ``size`` at severity 1."""

    kind: Kind
    size: float
    months: int
    ramp_months: int = 0
    after: int = 0


@dataclass(frozen=True)
class NamedShock:
    """A named shock: what happens, in words, why that much, and its parts."""

    text: str
    why: str
    parts: tuple[Part, ...]


DEFINITIONS: dict[str, NamedShock] = {
    "coin-crash": NamedShock(
        "The coin price halves within three months and stays there for three years.",
        "Milder than 2021-11 to 2022-12, when the monthly mean lost three quarters.",
        (Part("coin_price", 0.5, 36, 2),),
    ),
    "rent-collapse": NamedShock(
        "AI demand and GPU rents halve, rents of new leases fall by 40 %, for three years.",
        "H100 rents fell by 79 % from 2023 to late 2025.",
        (Part("ai_demand", 0.5, 36, 5), Part("rent", 0.6, 36, 5), Part("gpu_rent", 0.5, 36, 5)),
    ),
    "tenant-default": NamedShock(
        "One in four tenants without an investment grade fails at once, and demand is down by a fifth for a year.",
        "Most leases of miners are with tenants that are not rated, or rest on a guarantee.",
        (Part("tenant_default", 0.25, 1), Part("ai_demand", 0.8, 12)),
    ),
    "power-spike": NamedShock(
        "Power prices rise by half in every region for eighteen months.",
        "Hosting rose by a third in 2021-22, across all contracts.",
        (Part("power_price", 1.5, 18, 2),),
    ),
    "credit-freeze": NamedShock(
        "For eighteen months loans cost six points more, lenders finance half, shares fetch 40 % less.",
        "Rig loans cost 12 to 18 % in 2022 against about 10 % today.",
        (Part("credit_spread", 0.06, 18, 1), Part("ltc", 0.5, 18, 1), Part("equity_multiple", 0.6, 18, 1)),
    ),
    "combined-adverse": NamedShock(
        "A coin price 40 % lower, power a quarter dearer, rents 20 % and AI demand 30 % lower, loans four points "
        "dearer and a third smaller, and one weak tenant in seven fails after half a year.",
        "Each is milder than the shock of its own name; downturns of 2022 came together in this way.",
        (
            Part("coin_price", 0.6, 36, 2), Part("power_price", 1.25, 18, 2), Part("rent", 0.8, 36, 5),
            Part("ai_demand", 0.7, 36, 5), Part("credit_spread", 0.04, 18, 1), Part("ltc", 0.67, 18, 1),
            Part("equity_multiple", 0.7, 18, 1), Part("tenant_default", 0.15, 1, after=6),
        ),
    ),
}  # fmt: skip
SHOCKS: dict[str, str] = {name: shock.text for name, shock in DEFINITIONS.items()}


def scaled(kind: str, size: float, severity: float) -> float:
    """Size of a shock at a severity, inside the bounds of its kind.

    A factor is raised to the severity, so that 2 is the shock twice over and half a price can never become less
    than nothing; a spread is multiplied; a default probability p becomes 1 - (1 - p) ** severity, that of as many
    independent strikes.
    """
    if kind == "credit_spread":
        value = size * severity
    elif kind == "tenant_default":
        value = 1.0 - (1.0 - size) ** severity
    else:
        value = size**severity
    low, high = BOUNDS.get(kind, FACTOR)
    return min(max(value, low), high)


def dated(name: str, date: str, severity: float = 1.0) -> tuple[Shock, ...]:
    """A named shock that begins in a month, as shocks of a scenario. Raises UserError for an unknown name."""
    check_names((name,))
    if not 0.0 <= severity <= MOST_SEVERE:
        raise UserError(f"severity must lie between 0 and {MOST_SEVERE:g}, not {severity:g}.")
    return tuple(
        Shock(
            kind=part.kind,
            start=month_name(month_number(date) + part.after),
            months=part.months,
            size=scaled(part.kind, part.size, severity),
            ramp_months=part.ramp_months,
            regions=(),
            tenants=(),
        )
        for part in DEFINITIONS[name].parts
    )


def check_names(names: Sequence[str]) -> None:
    """Raise UserError with the nearest name for one that is none."""
    for name in names:
        if name not in DEFINITIONS:
            raise UserError(did_you_mean(name, list(DEFINITIONS), "shock"))
