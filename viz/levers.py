"""Sliders from the registry: names, groups, ranges and words of every lever and assumption.

Everything follows from the registry. ``TOLD`` only adds what it does not hold: a shorter name, words for the ends
of the slider, a narrower range than what is allowed, and which levers matter only when another is set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from experiments.wording import number
from sim.scenario.distributions import in_words
from sim.scenario.registry import FieldInfo, describe, fields
from sim.scenario.scenario import Scenario

GROUPS = {
    "grid": "Power and grid policy",
    "regulation": "Regulation",
    "ai": "AI demand and contracts",
    "bitcoin": "Bitcoin and rigs",
    "finance": "Finance",
    "behaviour": "Firm behaviour",
}
BLOCK_GROUPS = {
    "power": "grid", "policy": "regulation", "ai": "ai", "bitcoin": "bitcoin", "rigs": "bitcoin",
    "finance": "finance", "behaviour": "behaviour",
}  # fmt: skip
# Unit in the registry -> unit on the page and factor.
UNITS = {
    "share": ("%", 100.0),
    "1/year": ("% a year", 100.0),
    "1/month": ("% a month", 100.0),
    "1/sqrt(year)": ("% a year", 100.0),
    "factor": ("\N{MULTIPLICATION SIGN}", 1.0),
    "USD/t": ("USD/t CO₂", 1.0),
    "USD/MW-year": ("k USD/MW-year", 1e-3),
    "log": ("log points", 1.0),
    "month": ("", 1.0),
    "region codes": ("", 1.0),
}
NAME_ENDS = (
    "_usd_m_per_mw_year", "_usd_per_mw_year", "_usd_m_per_mw", "_usd_per_mwh", "_usd_per_mw", "_usd_per_t",
    "_usd_per_hour", "_usd_per_w", "_mw_per_month", "_btc_per_day", "_per_quarter", "_per_year", "_per_month",
    "_j_per_th", "_ehs", "_usd_m", "_usd", "_scale", "_months", "_years",
)  # fmt: skip
ACRONYMS = {"ai": "AI", "gpu": "GPU", "ltv": "LTV", "ltc": "LTC", "btc": "BTC", "it": "IT", "sla": "SLA",
            "sd": "spread", "gbm": "GBM", "ebitda": "EBITDA"}  # fmt: skip
STEPS = 100  # of a slider, about


@dataclass(frozen=True)
class Told:
    """What a page says about a parameter beyond the registry. Ranges are in the registry's unit."""

    name: str = ""
    ends: tuple[str, str] = ("", "")
    span: tuple[float, float] | None = None
    more: str = ""  # words of a title when it is raised, or set at all
    less: str = ""
    group: str = ""
    needs: str = ""  # shown only when this other key is off its neutral value


TOLD: dict[str, Told] = {
    "policy.carbon_price_usd_per_t": Told(
        "Carbon price", ("none", "very high"), (0, 300), "carbon price", "lower carbon price", "grid"
    ),
    "policy.carbon_from": Told("Carbon price from", group="grid", needs="policy.carbon_price_usd_per_t"),
    "policy.carbon_ramp_months": Told(
        "Carbon price ramp", ("at once", "slow"), (0, 60), group="grid", needs="policy.carbon_price_usd_per_t"
    ),
    "power.interconnection_wait_scale": Told(
        "Interconnection wait", ("fast", "slow"), (0, 3), "slower grid", "faster grid"
    ),
    "power.demand_response_scale": Told(
        "Demand-response pay", ("none", "high"), (0, 3), "more pay for flexibility", "less pay for flexibility"
    ),
    "power.headroom_scale": Told(
        "Grid headroom", ("none", "ample"), (0, 4), "more grid headroom", "less grid headroom"
    ),
    "power.price_scale": Told("Market price of power", ("cheap", "dear"), (0.5, 2), "dearer power", "cheaper power"),
    "policy.mining_excise_usd_per_mwh": Told("Tax on mining power", ("none", "high"), (0, 60), "tax on mining power"),
    "policy.excise_from": Told("Mining tax from", needs="policy.mining_excise_usd_per_mwh"),
    "policy.excise_ramp_months": Told(
        "Mining tax ramp", ("at once", "slow"), (0, 60), needs="policy.mining_excise_usd_per_mwh"
    ),
    "policy.mining_ban_regions": Told("Regions that ban mining", more="mining ban"),
    "policy.mining_ban_compliance": Told(
        "Compliance with the ban", ("none", "full"), (0, 1), needs="policy.mining_ban_regions"
    ),
    "policy.mining_ban_from": Told("Ban from", needs="policy.mining_ban_regions"),
    "policy.mining_ban_ramp_months": Told(
        "Ban enforced within", ("at once", "slow"), (0, 60), needs="policy.mining_ban_regions"
    ),
    "policy.large_load_duty_usd_per_mw_year": Told(
        "Charge on large loads", ("none", "high"), (0, 200_000), "charge on large loads"
    ),
    "policy.existing_rules": Told("Rules in force apply", less="no existing rules"),
    "policy.regulator": Told("Regulators", more="adaptive regulators"),
    "policy.adaptive_strength": Told(
        "How strongly they react", ("weakly", "strongly"), (0, 4), needs="policy.regulator"
    ),
    "rigs.tariff_share": Told("Extra tariff on rigs", ("none", "double price"), (0, 1), "tariff on rigs"),
    "ai.compliance_cost_usd_per_mw_year": Told(
        "Cost of rules for AI hosts", ("none", "high"), (0, 500_000), "costly AI rules", group="regulation"
    ),
    "ai.downtime_reduction": Told("Outages avoided", ("none", "all"), (0, 1), "fewer outages"),
    "ai.demand_scale": Told("Demand for AI capacity", ("bust", "boom"), (0, 3), "more AI demand", "less AI demand"),
    "ai.miner_demand_share": Told(
        "Miners' share of AI demand", ("none", "large"), (0, 0.5), "more leases for miners", "fewer leases for miners"
    ),
    "finance.ltc_scale": Told("Lending for AI sites", ("none", "easy"), (0, 1.17), "easier credit", "tighter credit"),
    "behaviour.pivot_allowed": Told("Miners may turn to AI", less="no pivot"),
    "behaviour.entry_allowed": Told("New firms may enter", less="no entry"),
    "behaviour.relocation_allowed": Told("Rigs may move", less="no relocation"),
    "bitcoin.price_usd": Told(
        "Coin price at start", ("low", "high"), (20_000, 200_000), "dearer coin", "cheaper coin"
    ),
    "bitcoin.price_drift_per_year": Told(
        "Coin price trend", ("falling", "rising"), (-0.3, 0.5), "rising coin", "falling coin"
    ),
}


def told(key: str) -> Told:
    return TOLD.get(key, Told())


def name_of(key: str) -> str:
    """Plain name of a parameter: "Rent adjustment" for ai.rent_adjustment."""
    if key == "shocks":
        return "Dated shocks"
    if given := told(key).name:
        return given
    words = key.partition(".")[2]
    words = next((words.removesuffix(end) for end in NAME_ENDS if words.endswith(end)), words)
    text = " ".join(ACRONYMS.get(word, word) for word in words.split("_"))
    return text[0].upper() + text[1:]


def group_of(info: FieldInfo) -> str:
    return told(info.key).group or BLOCK_GROUPS.get(info.block, "behaviour")


def unit_of(info: FieldInfo) -> tuple[str, float]:
    """Unit on the page, and what to multiply by to get there."""
    return UNITS.get(info.unit, (info.unit, 1.0))


def span_of(info: FieldInfo) -> tuple[float, float]:
    """Range of the slider in the registry's unit: as told, else what is plausible, else around the default."""
    low, high = info.low if info.low is not None else -math.inf, info.high if info.high is not None else math.inf
    if given := told(info.key).span:
        wished = given
    elif info.distribution is not None:
        drawn = info.distribution
        room = 0.5 * (drawn.high - drawn.low)
        wished = drawn.low - room, drawn.high + room
    elif info.high is not None and info.low is not None and info.high <= 1:
        wished = info.low, info.high
    else:
        wished = 0.0, 3.0 * (float(info.default) or 1.0)
    span = max(low, wished[0]), min(high, wished[1])
    return _outward(span[0], span[1], low, high)


def _outward(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """The range widened to round numbers, within what is allowed."""
    step = _round_step(high - low, 20)
    return max(least, math.floor(low / step + 1e-9) * step), min(most, math.ceil(high / step - 1e-9) * step)


def _round_step(width: float, parts: int) -> float:
    rough = width / parts
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough * (1 - 1e-9))


def shown(info: FieldInfo, value: Any) -> str:
    """A value in words with its unit: "60 USD/t CO₂", "on", "Russia, China"."""
    if info.kind == "bool":
        return "on" if value else "off"
    if info.kind == "list":
        return ", ".join(value) or "none"
    if not info.numeric:
        return str(value)
    unit, factor = unit_of(info)
    scaled = value * factor
    places = max(0, 2 - math.floor(math.log10(abs(scaled)))) if scaled else 0
    text = number(scaled, min(places, 4))
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}".strip()


def row(info: FieldInfo) -> dict[str, Any]:
    """One lever as plain data for the panel."""
    unit, factor = unit_of(info)
    data: dict[str, Any] = {
        "key": info.key,
        "name": name_of(info.key),
        "kind": info.kind,
        "unit": unit,
        "text": info.text.replace("CO2", "CO₂"),
        "source": info.source,
        "needs": told(info.key).needs,
        "choices": list(info.choices),
        "factor": factor,
        "ends": list(told(info.key).ends),
        "spread": in_words(info.distribution) if info.distribution else "",
    }
    if info.numeric:
        low, high = span_of(info)
        step = max(1.0, _round_step(high - low, STEPS)) if info.kind == "int" else _round_step(high - low, STEPS)
        words = [shown(info, low).removesuffix(unit).strip(), shown(info, high).removesuffix(unit).strip()]
        data |= {"low": low, "high": high, "step": step, "least": info.low, "most": info.high}
        data["ends"] = [end or word for end, word in zip(data["ends"], words, strict=True)]
        least, most = (shown(info, bound) for bound in (info.low or 0.0, info.high or 0.0))
        data["allowed"] = f"{least.removesuffix(unit).strip()} to {most}"
    return data


@cache
def panel() -> dict[str, list[dict[str, Any]]]:
    """Groups of the two tabs, "lever" and "assumption", each with its rows; the same for every visitor."""
    tabs: dict[str, list[dict[str, Any]]] = {}
    for role in ("lever", "assumption"):
        infos = sorted((info for info in fields() if info.role == role), key=_place)
        tabs[role] = [
            {"key": group, "title": title, "rows": [row(info) for info in infos if group_of(info) == group]}
            for group, title in GROUPS.items()
        ]
        tabs[role] = [group for group in tabs[role] if group["rows"]]
    return tabs


def _place(info: FieldInfo) -> int:
    return list(TOLD).index(info.key) if info.key in TOLD else len(TOLD)


def title_of(scenario: Scenario, changes: dict[str, Any], own: dict[str, Any]) -> str:
    """What was changed, in the words of a title: "Carbon price, faster grid". ``own``: the values before."""
    parts = [_phrase(key, own[key], value) for key, value in changes.items() if not _detail(key, changes)]
    if not parts:
        return scenario.title or scenario.name
    if len(parts) > 3:
        parts = [*parts[:2], f"{len(parts) - 2} more changes"]
    text = ", ".join(parts)
    return text[0].upper() + text[1:]


def lede_of(changes: dict[str, Any]) -> str:
    """The changed values: "Carbon price 50 USD/t CO₂, tax on mining power 20 USD/MWh"."""
    parts = [f"{name_of(key)} {_value(key, value)}" for key, value in changes.items()]
    told = ", ".join([part if i == 0 else lowered(part) for i, part in enumerate(parts[:4])])
    return told + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")


def _value(key: str, value: Any) -> str:
    return f"{len(value)}" if key == "shocks" else shown(describe(key), value)


def lowered(text: str) -> str:
    """A name as it stands within a sentence: acronyms stay."""
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def _detail(key: str, changes: dict[str, Any]) -> bool:
    """A date or ramp of another change needs no words of its own."""
    return told(key).needs in changes if key != "shocks" else False


def _phrase(key: str, before: Any, value: Any) -> str:
    name = lowered(name_of(key))
    said = told(key)
    if key == "shocks" or describe(key).kind not in ("float", "int", "bool"):
        return said.more or name
    if describe(key).kind == "bool":
        return (said.more or name) if value else (said.less or f"not {name}")
    if value > before:
        return said.more or f"higher {name}"
    return said.less or f"lower {name}"
