"""The one registry of parameters: what can be set, within which bounds, on what evidence, and by whom."""

from sim.scenario.blocks import Measure, Shock
from sim.scenario.catalogue import Entry, catalogue, parse_set, schema, validate
from sim.scenario.errors import ScenarioError
from sim.scenario.params import Params, idle_keys
from sim.scenario.registry import FieldInfo, describe, fields
from sim.scenario.scenario import Scenario

__all__ = [
    "Entry",
    "FieldInfo",
    "Measure",
    "Params",
    "Scenario",
    "ScenarioError",
    "Shock",
    "catalogue",
    "describe",
    "fields",
    "idle_keys",
    "parse_set",
    "schema",
    "validate",
]
