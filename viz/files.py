"""Files from visitors: only their text is ever used, never a path."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sim.scenario import Scenario, ScenarioError
from sim.scenario.resolve import library_names
from sim.tables import load_tables
from sim.tables.check import TableError
from viz.state import Setting, from_file

MOST_LETTERS = 200_000
FIRMS = "firms_2026.csv"
MOST_FOLDERS = 50  # of visitors' firms kept at a time
MOST_PROBLEMS = 8  # told at once


@dataclass(frozen=True)
class OwnFirms:
    """A visitor's table of firms: what it was called, how many firms, and the server's own folder that holds it."""

    name: str
    firms: int
    folder: Path


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


def read_firms(name: str, text: str) -> OwnFirms:
    """A table of listed firms, checked as ``--data`` checks it. Raises TableError with the line of every problem."""
    if len(text) > MOST_LETTERS:
        raise TableError([f"{name} is longer than {MOST_LETTERS:,} letters: a table of firms has a few thousand."])
    folder = _folder() / hashlib.sha256(text.encode("utf-8")).hexdigest()[:20]
    folder.mkdir(exist_ok=True)
    (folder / FIRMS).write_text(text, encoding="utf-8")
    try:
        tables = load_tables(folder)
    except TableError as error:
        shutil.rmtree(folder, ignore_errors=True)
        problems = [problem.replace(str(folder / FIRMS), name) for problem in error.problems]
        more = [f"And {len(problems) - MOST_PROBLEMS} more."] if len(problems) > MOST_PROBLEMS else []
        raise TableError([*problems[:MOST_PROBLEMS], *more]) from None
    kept = sorted(_folder().iterdir(), key=lambda path: path.stat().st_mtime)
    for old in kept[:-MOST_FOLDERS]:
        shutil.rmtree(old, ignore_errors=True)
    return OwnFirms(name[:80], len(tables.firms_2026), folder)


@cache
def _folder() -> Path:
    """Where this server keeps visitors' tables; emptied with the machine's other temporary files."""
    return Path(tempfile.mkdtemp(prefix="hashpivot-firms-"))


def with_line(message: str, text: str) -> str:
    """The message with the line of the file that sets its key, where one does."""
    key = message.partition(" ")[0].partition(":")[0].rpartition(".")[2]
    pattern = re.compile(rf"^\s*\[*\s*{re.escape(key)}\s*[=\]]")
    line = next((number for number, words in enumerate(text.splitlines(), 1) if key and pattern.match(words)), None)
    plain = message.replace(" [scenario.toml]", "")
    return f"Line {line}: {plain}" if line else plain
