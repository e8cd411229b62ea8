"""Blocks of the pages beside Explore and Compare: each a Vue template with the data it shows and its events."""

from __future__ import annotations

import solara

from viz.components.parts import Data, Event, _ignore


@solara.component_vue("facts.vue")
def Facts(facts: list[Data]) -> None:  # noqa: N802
    """A row of figures (name, figure, unit, note)."""


@solara.component_vue("sheet.vue")
def Sheet(  # noqa: N802
    columns: list[Data],
    rows: list[Data],
    sortable: bool = False,
    first: int = -1,
    search: str = "",
    groups: list[Data] = [],  # noqa: B006
    chosen: str = "",
    empty: str = "",
    event_open: Event = _ignore,
    event_choose: Event = _ignore,
) -> None:
    """A table: columns (name, unit, left), rows (id, cells of words, value, under, meaning). ``first``: sorted by."""


@solara.component_vue("months.vue")
def Months(months: list[str], chosen: str, event_choose: Event, label: str = "Month") -> None:  # noqa: N802
    """A slider over months with play."""


@solara.component_vue("reasons.vue")
def Reasons(  # noqa: N802
    records: list[Data],
    lede: str,
    kinds: list[Data],
    kind: str,
    earlier: int,
    empty: str,
    event_show: Event,
    event_mark: Event,
    event_more: Event,
) -> None:
    """Decision records, newest first; see viz.reviews."""


@solara.component_vue("net.vue")
def Net(  # noqa: N802
    label: str,
    width: int,
    height: int,
    columns: list[Data],
    nodes: list[Data],
    edges: list[Data],
    chosen: str,
    empty: str,
    event_pick: Event,
) -> None:
    """A network drawn in columns; places come from viz.network."""


@solara.component_vue("heat.vue")
def Heat(  # noqa: N802
    label: str, head: str, columns: list[str], rows: list[Data], event_open: Event = _ignore
) -> None:
    """A table whose cells (words, step 0 to 5, told) are shaded in one hue."""


@solara.component_vue("inputs.vue")
def Inputs(rows: list[Data], event_change: Event) -> None:  # noqa: N802
    """Lever rows for numbers and choices; sends key and value, None to reset."""


@solara.component_vue("spreads.vue")
def Spreads(rows: list[Data]) -> None:  # noqa: N802
    """Where one stands among others: rows (name, words, at, p10, p25, p75, p90), places in %."""


def words(tag: str, text: str, class_: str = "") -> solara.Element:
    """Plain text in an element."""
    return solara.v.Html(tag=tag, class_=class_, children=[text])


def link(text: str, on_click: Event, class_: str = "hp-link") -> solara.Element:
    """A button that looks like a link."""
    button = solara.v.Html(tag="button", class_=class_, children=[text])
    solara.v.use_event(button, "click", lambda *_: on_click(None))
    return button


@solara.component_vue("tiles.vue")
def Tiles(label: str, tiles: list[Data], chosen: str, event_pick: Event) -> None:  # noqa: N802
    """Regions as tiles roughly where they lie: tiles (id, name, short, words, step 0 to 5, column, row)."""


def pairs(found: list[tuple[str, str]]) -> None:
    """Names with their values, one a row."""
    rows = [solara.v.Html(tag="div", children=[words("dt", name), words("dd", value)]) for name, value in found]
    solara.v.Html(tag="dl", class_="hp-pairs", children=rows)


@solara.component_vue("checks.vue")
def Checks(label: str, items: list[Data], event_flip: Event) -> None:  # noqa: N802
    """Boxes to tick with words (id, label, text, on)."""
