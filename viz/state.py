"""What one visitor looks at. Plain values; the address holds what differs from the default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote

from sim.scenario import Scenario, ScenarioError
from sim.scenario.catalogue import parse_set
from sim.scenario.registry import SHOCKS, describe, field_table
from sim.scenario.write import literal

BASELINE = "baseline"
MOST_PINS = 4
MOST_STEPS = 100  # of undo


@dataclass(frozen=True)
class Setting:
    """A scenario as somebody set it: a shipped one, with keys changed. ``name`` is a name given to it."""

    scenario: str = BASELINE
    changes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    def load(self, also: Mapping[str, Any] | None = None) -> Scenario:
        """The scenario; raises ScenarioError with every problem. ``also`` is laid over it."""
        return Scenario.load(self.scenario, {**self.changes, **(also or {})})

    def changed(self, key: str, value: Any) -> Setting:
        """The same with one key set; a value as in the scenario itself is no change."""
        kept = {name: old for name, old in self.changes.items() if name != key}
        if value != Scenario.load(self.scenario).values()[key]:
            kept[key] = value
        return replace(self, changes=kept, name="")

    def without(self, keys: Iterable[str]) -> Setting:
        """The same with these keys as in the scenario itself."""
        dropped = set(keys)
        return replace(self, changes={key: value for key, value in self.changes.items() if key not in dropped})

    @property
    def words(self) -> str:
        """Its parts as they stand in an address, without encoding."""
        parts = [] if self.scenario == BASELINE else [("scenario", self.scenario)]
        parts += [(key, _written(value)) for key, value in self.changes.items()]
        parts += [("name", self.name)] if self.name else []
        return _query(parts)


@dataclass(frozen=True)
class View:
    """Everything that makes a page look as it does, apart from the theme."""

    setting: Setting = Setting()
    pins: tuple[Setting, ...] = ()
    modified_baseline: bool = False
    options: Mapping[str, str] = field(default_factory=dict)  # of pages: charts on a log axis, a chosen firm, ...

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)

    def with_option(self, name: str, value: str) -> View:
        """The same with an option set, or dropped when ``value`` is empty."""
        kept = {key: old for key, old in self.options.items() if key != name}
        return replace(self, options={**kept, name: value} if value else kept)

    def pin(self, setting: Setting) -> View:
        """The same with one scenario more to compare; the oldest gives way to a fifth."""
        others = tuple(pin for pin in self.pins if pin != setting)
        return replace(self, pins=(*others, setting)[-MOST_PINS:])

    def unpin(self, place: int) -> View:
        return replace(self, pins=tuple(pin for i, pin in enumerate(self.pins) if i != place))

    @property
    def query(self) -> str:
        """The address after the question mark; empty for the default view."""
        parts = [self.setting.words] if self.setting.words else []
        parts += ["modified-baseline=1"] if self.modified_baseline else []
        parts += [_query([("pin", pin.words or BASELINE)]) for pin in self.pins]
        parts += [_query([(f"show-{name}", value)]) for name, value in self.options.items()]
        return "&".join(parts)


@dataclass(frozen=True)
class History:
    """Views gone through, for undo and redo."""

    past: tuple[View, ...] = ()
    now: View = View()
    future: tuple[View, ...] = ()

    def to(self, view: View) -> History:
        if view == self.now:
            return self
        key = _only_change(self.now, view)
        if key and self.past and not self.future and _only_change(self.past[-1], self.now) == key:
            return History(self.past, view)  # a lever on its way is one step
        return History((*self.past, self.now)[-MOST_STEPS:], view)

    def undo(self) -> History:
        return History(self.past[:-1], self.past[-1], (self.now, *self.future)) if self.past else self

    def redo(self) -> History:
        return History((*self.past, self.now), self.future[0], self.future[1:]) if self.future else self


def _only_change(before: View, after: View) -> str:
    """The key in which two views differ, if it is the only difference."""
    old, new = before.setting.changes, after.setting.changes
    missing = object()
    moved = [key for key in {*old, *new} if old.get(key, missing) != new.get(key, missing)]
    same = replace(before, setting=after.setting) == after and before.setting.scenario == after.setting.scenario
    return moved[0] if same and len(moved) == 1 else ""


def read_query(query: str) -> tuple[View, list[str]]:
    """The view of an address and what in it could not be used, one line each."""
    pins: list[Setting] = []
    options: dict[str, str] = {}
    own: list[tuple[str, str]] = []
    problems: list[str] = []
    for key, value in parse_qsl(query):
        if key == "pin":
            setting, wrong = _setting([] if value == BASELINE else parse_qsl(value))
            pins.append(setting)
            problems += wrong
        elif key.startswith("show-"):
            options[key.removeprefix("show-")] = value
        else:
            own.append((key, value))
    modified = ("modified-baseline", "1") in own
    setting, wrong = _setting([pair for pair in own if pair[0] != "modified-baseline"])
    return View(setting, tuple(pins[:MOST_PINS]), modified, options), problems + wrong


def _setting(pairs: list[tuple[str, str]]) -> tuple[Setting, list[str]]:
    scenario, name, problems = BASELINE, "", list[str]()
    changes: dict[str, Any] = {}
    for key, value in pairs:
        if key == "scenario" and value in Scenario.names():
            scenario = value
        elif key == "scenario":
            problems.append(f"There is no scenario {value!r}; the baseline is shown instead.")
        elif key == "name":
            name = value[:80]
        else:
            try:
                changes.update([parse_set(f"{key}={value}")])
            except ScenarioError as error:
                problems += error.messages
    for key in list(changes):
        try:
            Scenario.load(scenario, {key: changes[key]})
        except ScenarioError as error:
            problems += error.messages
            del changes[key]
    return Setting(scenario, _typed(changes), name), problems


def _typed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as tuples, as scenarios hold them, so that equal settings compare equal."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()}


def assumptions_of(setting: Setting) -> dict[str, Any]:
    """The changed assumptions of a setting: what a modified baseline shares with it."""
    return {key: value for key, value in setting.changes.items() if key in field_table() and is_assumption(key)}


def is_assumption(key: str) -> bool:
    return describe(key).role == "assumption"


def from_file(scenario: Scenario, name: str) -> Setting:
    """A loaded scenario as changes to the baseline, so that an address can hold it."""
    changes = {key: value for key, _, value in scenario.changed(BASELINE)}
    return Setting(BASELINE, changes, (scenario.title or name)[:80])


def _written(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Mapping):
        return f"[{', '.join(_inline(item) for item in value)}]"
    return value if isinstance(value, str) else literal(value)


def _inline(table: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{key} = {literal(value)}' for key, value in table.items())}}}"


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{quote(key, safe='.-_')}={quote(value, safe='.-_')}" for key, value in pairs)


__all__ = ["BASELINE", "SHOCKS", "History", "Setting", "View", "assumptions_of", "from_file", "read_query"]
