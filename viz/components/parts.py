"""The blocks of pages: each a Vue template, its arguments the data it shows and the events it sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import solara

Data = dict[str, Any]
Event = Callable[[Any], None]


def _ignore(_: Any) -> None:
    """An event nobody listens to."""


@solara.component_vue("shell.vue")
def Shell(  # noqa: N802
    pages: list[Data],
    current: str,
    query: str,
    version: str,
    downloads: list[Data],
    dark: bool,
    event_navigate: Event,
    event_theme: Event,
    event_download: Event = _ignore,
) -> None:
    """Top bar: pages (path, label), copy link, downloads (id, label), theme."""


@solara.component_vue("head.vue")
def Head(  # noqa: N802
    title: str,
    lede: str,
    progress: Data,
    actions: list[Data] = [],  # noqa: B006
    event_cancel: Event = _ignore,
    event_go_on: Event = _ignore,
    event_action: Event = _ignore,
) -> None:
    """Title, sentence below it, and how far the runs are; see viz.screen.progress."""


@solara.component_vue("cards.vue")
def Cards(cards: list[Data], older: bool = False) -> None:  # noqa: N802
    """Headline cards; see viz.headline. ``older``: they belong to the setting before."""


@solara.component_vue("chart.vue")
def _Chart(  # noqa: N802
    name: str,
    title: str,
    subtitle: str,
    footer: str,
    option: str,
    height: int,
    older: bool,
    bare: bool,
    table: Data | None,
    notice: Data | None,
    more: str,
    definition: str,
    switches: list[Data],
    event_toggle: Event,
    event_open_table: Event,
    event_csv: Event,
    event_action: Event,
    event_go_on: Event,
) -> None:
    """The widget of ChartBlock, its option as text."""


def ChartBlock(  # noqa: N802
    name: str,
    title: str,
    subtitle: str,
    footer: str,
    option: Data,
    height: int = 200,
    older: bool = False,
    bare: bool = False,
    table: Data | None = None,
    notice: Data | None = None,
    more: str = "",
    definition: str = "",
    switches: list[Data] = [],  # noqa: B006
    event_toggle: Event = _ignore,
    event_open_table: Event = _ignore,
    event_csv: Event = _ignore,
    event_action: Event = _ignore,
    event_go_on: Event = _ignore,
) -> solara.Element:
    """One chart with its words. ``bare`` leaves only the plot; ``notice`` (head, text, actions) takes its place;
    ``more`` is a button behind the footer.

    The option travels as text: as data, every number of it would be visited at each rendering of a page.
    """
    return _Chart(
        name=name, title=title, subtitle=subtitle, footer=footer, option=packed(option), height=height, older=older,
        bare=bare, table=table, notice=notice, more=more, definition=definition, switches=switches,
        event_toggle=event_toggle, event_open_table=event_open_table, event_csv=event_csv, event_action=event_action,
        event_go_on=event_go_on,
    )  # fmt: skip


def packed(data: Any) -> str:
    """Data as text for a template that takes it so."""
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


@solara.component_vue("panel.vue")
def Panel(  # noqa: N802
    groups: str,
    values: Data,
    base: Data,
    neutral: Data,
    changed_keys: list[str],
    scenario: str,
    custom: str,
    presets: list[Data],
    summary: str,
    modified: bool,
    can_undo: bool,
    can_redo: bool,
    problems: list[str],
    firms: str,
    event_change: Event,
    event_reset: Event,
    event_reset_all: Event,
    event_undo: Event,
    event_redo: Event,
    event_preset: Event,
    event_modify: Event,
    event_load_file: Event,
    event_load_firms: Event,
    event_drop_firms: Event,
) -> None:
    """Scenario field, levers and assumptions. ``groups``: those of viz.levers as text; ``base``: the values of the
    scenario before changes; ``firms``: words on a loaded table of firms, empty for the shipped one.
    """


@solara.component_vue("saver.vue")
def Saver(file: Data | None) -> None:  # noqa: N802
    """Hands a new file (name, mime, content in base64, number) to the browser."""


@solara.component_vue("segment.vue")
def Segment(  # noqa: N802
    parts: list[Data],
    chosen: str,
    event_choose: Event,
    label: str = "",
    choices: list[Data] = [],  # noqa: B006
    event_check: Event = _ignore,
) -> None:
    """A choice of one (id, label), and a list of boxes to tick (id, label, on) behind ``label``."""


@solara.component_vue("columns.vue")
def ColumnHead(  # noqa: N802
    letter: str, name: str, text: str, progress: str, event_unpin: Event, event_explore: Event
) -> None:
    """Head of a compared scenario."""


@solara.component_vue("differences.vue")
def Differences(names: list[str], rows: list[Data]) -> None:  # noqa: N802
    """Paired differences as strips; see viz.comparison.difference_rows."""


@solara.component_vue("wedges.vue")
def Wedges(  # noqa: N802
    names: list[str],
    chosen: str,
    outcomes: list[Data],
    outcome: str,
    note: str,
    action: str,
    event_choose: Event,
    event_pick: Event,
    event_act: Event,
) -> None:
    """Which scenario and outcome to split among levers, and the button that starts or stops it."""
