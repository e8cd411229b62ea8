"""From files and overrides to one set of values: who wins, who set what, and what is wrong with it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.scenario.errors import ScenarioError, suggestion
from sim.scenario.registry import BLOCKS, LISTS, field_table, unknown_key

LIBRARY = Path(__file__).parent / "library"
# Files of defaults: what they set is nobody's deliberate choice, so it may still be sampled.
NEUTRAL = ("base", "baseline")
TEXTS = ("title", "summary", "why")
META = (*TEXTS, "extends", "explicit")


@dataclass
class Draft:
    """Values under construction. Later calls win over earlier ones; problems are collected, not raised."""

    values: dict[str, dict[str, Any]] = field(default_factory=lambda: {block: {} for block in BLOCKS})
    lists: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in LISTS})
    explicit: set[str] = field(default_factory=set)
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add_file(self, path: Path, content: Mapping[str, Any]) -> None:
        """Lay one file's keys over the values; its shocks and measures are appended to those already there."""
        chosen: set[str] = set()
        for name, value in content.items():
            if name in BLOCKS and isinstance(value, dict):
                for key, entry in value.items():
                    self._set(f"{name}.{key}", entry, path.name)
                    chosen.add(f"{name}.{key}")
            elif name in BLOCKS:
                self.problems.append(f"{name}: must be a table of keys, written [{name}] [{path.name}]")
            elif name in LISTS:
                self._append(name, value, path.name)
            elif name not in META:
                hint = suggestion(name, [*BLOCKS, *LISTS, *META])
                self.problems.append(f"{name}: unknown block{hint} [{path.name}]")
        stated = content.get("explicit", [])
        self.problems += [f"explicit: {unknown_key(key)} [{path.name}]" for key in stated if key not in field_table()]
        if not is_neutral(path):
            self.explicit |= set(stated) if "explicit" in content else chosen

    def add_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Lay dotted keys over the values; ``shocks`` or ``measures`` replaces the whole list."""
        for key, value in overrides.items():
            if key in LISTS:
                self.lists[key] = []
                self._append(key, value, "override")
            else:
                self._set(key, value, "override")
                self.explicit.add(key)

    def _set(self, key: str, value: Any, origin: str) -> None:
        if key not in field_table():
            self.problems.append(f"{unknown_key(key)} [{origin}]")
            return
        block, _, name = key.partition(".")
        self.values[block][name] = plain(value)
        self.origins[key] = origin

    def _append(self, name: str, value: Any, origin: str) -> None:
        if not isinstance(value, list | tuple):
            self.problems.append(f"{name}: must be a list of tables, written [[{name}]] [{origin}]")
            return
        for entry in value:
            self.origins[f"{name}[{len(self.lists[name])}]"] = origin
            self.lists[name].append(plain(entry))


def is_neutral(path: Path) -> bool:
    """Is it one of the library's own files of defaults?"""
    return path.parent == LIBRARY and path.stem in NEUTRAL


def plain(value: Any) -> Any:
    """The value as the blocks expect it: tuples for lists, Python numbers for NumPy scalars."""
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value.item() if hasattr(value, "item") else value


def library_names() -> list[str]:
    """Names of the scenarios that come with the package, the baseline first."""
    names = sorted(path.stem for path in LIBRARY.glob("*.toml"))
    return sorted(names, key=lambda name: name not in NEUTRAL)


def find(reference: str | Path, folder: Path | None = None) -> Path:
    """File of a library name or of a path; a relative path in ``extends`` starts at the extending file."""
    if isinstance(reference, str) and reference in library_names():
        return LIBRARY / f"{reference}.toml"
    path = (folder or Path()) / reference
    if path.is_file():
        return path.resolve()
    hint = suggestion(str(reference), library_names())
    raise ScenarioError([f"{reference}: no such scenario and no such file{hint}"])


def read(path: Path) -> dict[str, Any]:
    """Content of a scenario file; ScenarioError if it is not readable TOML or its heading is malformed."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError([f"{path.name}: cannot be read: {error}"]) from error
    wrong = [f"{key}: must be text [{path.name}]" for key in TEXTS if not isinstance(content.get(key, ""), str)]
    for key in ("extends", "explicit"):
        names = content.get(key, [])
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            wrong.append(f'{key}: must be a list of names such as ["base", "carbon-tax"] [{path.name}]')
    if wrong:
        raise ScenarioError(wrong)
    return content


def lineage(path: Path, above: Iterable[Path] = ()) -> dict[Path, dict[str, Any]]:
    """The file after everything it extends, in the order in which they are applied, each file once.

    Once, at its first mention: a second application of a common ancestor would undo what came between.
    """
    chain = (*above, path)
    if path in chain[:-1]:
        raise ScenarioError([f"extends goes in a circle: {' -> '.join(link.stem for link in chain)}"])
    content = read(path)
    found: dict[Path, dict[str, Any]] = {}
    for reference in content.get("extends", []):
        for ancestor, inherited in lineage(find(reference, path.parent), chain).items():
            found.setdefault(ancestor, inherited)
    found[path] = content
    return found
