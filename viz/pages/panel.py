"""The lever panel as a component: the visitor's setting in, changes of it out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import solara

from experiments.wording import plural
from sim.scenario import Scenario, ScenarioError
from sim.scenario.catalogue import catalogue
from sim.scenario.registry import field_table
from sim.tables.check import TableError
from viz import files, levers, session
from viz.components.parts import Panel, packed
from viz.state import Setting


@solara.component
def LeverPanel() -> None:  # noqa: N802
    """Scenario field, levers, assumptions, undo and redo, loading of files."""
    view = session.view()
    setting, history = view.setting, session.history.value
    wrong, set_wrong = solara.use_state(list[str]())
    presets = solara.use_memo(lambda: [entry._asdict() for entry in catalogue()], [])
    base = Scenario.load(setting.scenario).values()
    values = base | dict(setting.changes)
    keys = [key for key, info in field_table().items() if info.role in ("lever", "assumption")]
    chosen = next(preset for preset in presets if preset["name"] == setting.scenario)

    def change(data: dict[str, Any]) -> None:
        value = tuple(data["value"]) if isinstance(data["value"], list) else data["value"]
        if isinstance(base[data["key"]], float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        _try(setting.changed(data["key"], value), set_wrong)

    def load(data: dict[str, str]) -> None:
        try:
            session.adjust(files.read_scenario(data["name"], data["text"]))
            set_wrong([])
        except ScenarioError as error:
            set_wrong([*error.messages, "Nothing was changed."])

    def load_firms(data: dict[str, str]) -> None:
        try:
            session.firms.value = files.read_firms(data["name"], data["text"])
            set_wrong([])
        except TableError as error:
            set_wrong([*error.problems, "Nothing was changed."])

    def step(forward: bool) -> None:
        set_wrong([])
        session.history.value = history.redo() if forward else history.undo()

    Panel(
        groups=_groups(),
        values={key: values[key] for key in keys},
        base={key: base[key] for key in keys},
        neutral={key: field_table()[key].default for key in keys},
        changed_keys=list(setting.changes),
        scenario=setting.scenario,
        custom=f"Custom, from “{chosen['title']}”" if setting.changes else "",
        presets=[{"name": preset["name"], "title": preset["title"]} for preset in presets],
        summary="" if setting.changes else chosen["summary"],
        modified=view.modified_baseline,
        can_undo=bool(history.past),
        can_redo=bool(history.future),
        problems=wrong,
        event_change=change,
        event_reset=lambda key: _try(setting.without([key]), set_wrong),
        event_reset_all=lambda _: _try(Setting(setting.scenario), set_wrong),
        event_undo=lambda _: step(forward=False),
        event_redo=lambda _: step(forward=True),
        event_preset=lambda name: _try(Setting(name), set_wrong),
        event_modify=lambda on: session.go(replace(view, modified_baseline=on)),
        firms=firms_words(session.firms.value),
        event_load_file=load,
        event_load_firms=load_firms,
        event_drop_firms=lambda _: session.firms.set(None),
    )


@cache
def _groups() -> str:
    return packed(levers.panel())


def firms_words(firms: files.OwnFirms | None) -> str:
    """What is told of a loaded table of firms; empty for the shipped one."""
    return f"{plural(firms.firms, 'firm')} from {firms.name}. A link does not hold them." if firms else ""


def _try(setting: Setting, set_wrong: Any) -> None:
    """Take a setting if it can be simulated; else say why and leave everything as it is."""
    try:
        setting.load()
    except ScenarioError as error:
        set_wrong([*error.messages, "Nothing was changed."])
        return
    set_wrong([])
    session.adjust(setting)
