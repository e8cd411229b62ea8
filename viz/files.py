"""Files from visitors: only their text is ever used, never a path."""

from __future__ import annotations

import re
import tempfile
import tomllib
from pathlib import Path

from sim.scenario import Scenario, ScenarioError
from sim.scenario.resolve import library_names
from viz.state import Setting, from_file

MOST_LETTERS = 200_000


def read_scenario(name: str, text: str) -> Setting:
    """A scenario file as a setting. Raises ScenarioError with every problem and its line; nothing else is read:
    ``extends`` may name shipped scenarios only.
    """
    if len(text) > MOST_LETTERS:
        raise ScenarioError([f"{name} is longer than {MOST_LETTERS:,} letters: a scenario file is a few thousand."])
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([f"{name} is no TOML: {error}"]) from None
    extends = content.get("extends", [])
    foreign = [str(item) for item in extends if item not in library_names()] if isinstance(extends, list) else []
    if foreign:
        raise ScenarioError([f"{name} extends {', '.join(foreign)}: here it may only extend shipped scenarios."])
    if content.get("bitcoin", {}).get("price_path_csv"):
        raise ScenarioError([f"{name} names a file of coin prices: run it with the command line instead."])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        try:
            scenario = Scenario.load(path)
        except ScenarioError as error:
            raise ScenarioError([with_line(message, text) for message in error.messages]) from None
    return from_file(scenario, Path(name).stem)


def with_line(message: str, text: str) -> str:
    """The message with the line of the file that sets its key, where one does."""
    key = message.partition(" ")[0].partition(":")[0].rpartition(".")[2]
    pattern = re.compile(rf"^\s*\[*\s*{re.escape(key)}\s*[=\]]")
    line = next((number for number, words in enumerate(text.splitlines(), 1) if key and pattern.match(words)), None)
    plain = message.replace(" [scenario.toml]", "")
    return f"Line {line}: {plain}" if line else plain
