"""The commands that look at scenarios without running one."""

from __future__ import annotations

import json
import sys

from experiments.terminal import DONE, WRONG_INPUT
from sim.scenario import Scenario, catalogue, validate
from sim.scenario import schema as scenario_schema


def list_scenarios(as_json: bool) -> None:
    """Print one line per scenario of the library."""
    entries = catalogue()
    if as_json:
        print(json.dumps({"scenarios": [entry._asdict() for entry in entries]}, indent=2))
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        print(f"{entry.name:{width}}  {entry.summary or entry.title}")


def show_scenario(name: str, as_json: bool) -> None:
    """Print one scenario resolved: as TOML with text and source of each key, or its values as JSON."""
    scenario = Scenario.load(name)
    if as_json:
        facts = {"name": scenario.name, "title": scenario.title, "summary": scenario.summary}
        print(json.dumps(facts | {"values": scenario.values()}, indent=2))
    else:
        print(scenario.to_toml(sources=True), end="")


def print_schema() -> None:
    """Print the JSON schema of a scenario file."""
    print(json.dumps(scenario_schema(), indent=2))


def check_scenario(file: str, as_json: bool) -> int:
    """Print whether a scenario file can be used, and every problem if not; return the exit code."""
    problems = validate(file)
    if as_json:
        print(json.dumps({"file": file, "valid": not problems, "problems": problems}, indent=2))
    elif problems:
        print("\n".join(problems), file=sys.stderr)
    else:
        print(f"{file} is a valid scenario.")
    return WRONG_INPUT if problems else DONE
