"""What the commands ``scenarios``, ``schema`` and ``validate`` print, as plain data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from sim.scenario.errors import ScenarioError
from sim.scenario.registry import describe
from sim.scenario.resolve import LIBRARY, META, TEXTS, library_names, read
from sim.scenario.scenario import Scenario


class Entry(NamedTuple):
    """One scenario of the library."""

    name: str
    title: str
    summary: str
    why: str


def catalogue() -> list[Entry]:
    """The scenarios that come with the package, one line each."""
    contents = {name: read(LIBRARY / f"{name}.toml") for name in library_names()}
    return [Entry(name, *(content.get(key, "") for key in TEXTS)) for name, content in contents.items()]


def validate(path: str | Path) -> list[str]:
    """Every problem of a scenario file (or library name), one line each; empty if it can be used."""
    try:
        Scenario.load(path)
    except ScenarioError as error:
        return error.messages
    return []


def schema() -> dict[str, Any]:
    """JSON schema of a scenario file, for editors: with unit, role, source and distribution of every key."""
    described = Scenario.model_json_schema()
    properties = described["properties"]
    del properties["name"]  # the file's own name
    properties["extends"] = {"type": "array", "items": {"type": "string"}, "description": "Fragments, later wins."}
    properties |= {key: {"type": "string"} for key in TEXTS}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "hashpivot scenario"}


def parse_set(text: str) -> tuple[str, Any]:
    """``key=value`` of the command line as (dotted key, value).

    The value is a TOML literal; text, months and choices may stand bare, lists as words with commas.

    >>> parse_set("policy.carbon_price_usd_per_t=60")
    ('policy.carbon_price_usd_per_t', 60)
    >>> parse_set("policy.mining_ban_regions = RUSSIA, CHINA")
    ('policy.mining_ban_regions', ['RUSSIA', 'CHINA'])
    """
    key, equals, raw = (part.strip() for part in text.partition("="))
    if not equals or not raw:
        raise ScenarioError([f"{text}: must be written key=value, for instance policy.carbon_price_usd_per_t=60"])
    if key in META:
        raise ScenarioError([f"{key}: belongs into a file, it cannot be set"])
    kind = "list" if key == "shocks" else describe(key).kind
    if kind in ("text", "choice", "month") and raw[0] not in "\"'":
        return key, raw
    if kind == "list" and not raw.startswith("["):
        return key, [word.strip() for word in raw.split(",")]
    try:
        parsed = tomllib.loads(f"value = {raw}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    if set(parsed) != {"value"}:
        raise ScenarioError([f'{key} = {raw}: is not a TOML value (number, true, false, "text" or [list])'])
    return key, parsed["value"]
